//! What scripts register with the host, and how long it lasts.
//!
//! An entry knows what has made it: a statement at the top level of a file, an initialiser, or decorators. It goes when that is not in the running text of
//! its file any more, and when that has run again without making it. So after each reload, made or refused, there are those entries that a cold start would
//! make, as far as an edit has what makes them run again. It does not if only something that a statement reads or calls is edited: statements run again when
//! they are edited themselves, initialisers and decorators also when what they use is. Nor does it if a variable keeps its value over an edit of its
//! initialiser, since the program has assigned to it or into it: then it keeps what it has registered, too.

use super::vm::Vm;
use crate::object::Maker;
use crate::reload::MatchedTexts;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};
use std::sync::Arc;

/// Things that scripts register with the host under names: routes, commands, handlers of events. An entry that the top level of a file has made lasts as long as the statement
/// that has made it is in the text that runs: an edit that takes the statement out takes the entry away, and so does the removal of the file; what runs again without making it does, too. What a statement makes again has the place
/// that it had. Clones are the same registry. [`Vm::registry`] makes one.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// let commands = vm.registry::<Hot<fn(i64) -> i64>>();
/// let registering = commands.clone();
/// vm.define_function("editor", "command(name, f)", move |vm: &mut Vm, name: String, f: Hot<fn(i64) -> i64>| {
///     registering.insert(vm, &name, f);
/// });
/// let text = "import editor\neditor.command(\"double\", |n| n * 2)\neditor.command(\"next\", |n| n + 1)\n";
/// vm.load_text("m.lang", text)?;
/// assert_eq!(commands.names(), ["double", "next"]);
///
/// vm.reload_text("m.lang", &text.replace("\"next\"", "\"after\"").replace("n * 2", "n * 20"));
/// assert_eq!(commands.names(), ["double", "after"]);
/// let double = commands.get("double").expect("it is registered");
/// assert_eq!(double.call(&mut vm, 4)?, 80);
/// # Ok::<(), Error>(())
/// ```
pub struct Registry<T> {
    entries: Rc<RefCell<Vec<Entry<T>>>>,
}

/// What is registered under a name.
struct Entry<T> {
    name: String,
    /// What was registered, the last that counts last: an edit that is refused gives the one before back.
    made: Vec<Made<T>>,
}

/// Something that was registered.
struct Made<T> {
    /// Without: not by the top level of a file.
    maker: Option<Maker>,
    /// How many units the commits under way had run with its maker; 0 if it was there before them.
    run: usize,
    value: T,
}

impl<T> Clone for Registry<T> {
    fn clone(&self) -> Self {
        Registry { entries: self.entries.clone() }
    }
}

impl<T> fmt::Debug for Registry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.names()).finish()
    }
}

impl<T> Registry<T> {
    /// Registers something, in a function of the host that a script has called: a `&mut Vm` is its first parameter. What was there under this name comes back when this goes. What no
    /// top level of a file has asked for lasts until it is removed, or replaced in the same way. Gives the file whose entry of this name it hides, if it is another one.
    ///
    /// See the example of [`Registry`].
    pub fn insert(&self, vm: &mut Vm, name: &str, value: T) -> Option<String> {
        let maker = vm.enter(|cx| cx.maker());
        let run = if maker.is_some() { vm.units_run.len() } else { 0 };
        let mut entries = self.entries.borrow_mut();
        let at = entries.iter().position(|entry| entry.name == name).unwrap_or_else(|| {
            entries.push(Entry { name: name.to_owned(), made: Vec::new() });
            entries.len() - 1
        });
        let made = &mut entries[at].made;
        // What was there before the commit is there again if it is refused.
        made.retain(|other| other.maker != maker || other.run < run);
        let mut matched = MatchedTexts::default();
        let others = made.iter().rev().filter_map(|other| vm.enter(|cx| cx.maker_now(other.maker.as_ref()?, &mut matched)));
        let hidden = others.map(Some).find(|other| *other != maker).flatten();
        let hidden = hidden.filter(|other| maker.as_ref().is_none_or(|maker| maker.path != other.path));
        made.push(Made { maker, run, value });
        hidden.map(|other| other.path.to_string())
    }

    /// Takes away what is registered under a name. Whether there was something.
    ///
    /// See the example of [`Registry`].
    pub fn remove(&self, name: &str) -> bool {
        let mut entries = self.entries.borrow_mut();
        let before = entries.len();
        entries.retain(|entry| entry.name != name);
        entries.len() < before
    }

    /// The names, in the order in which they came.
    ///
    /// See the example of [`Registry`].
    pub fn names(&self) -> Vec<String> {
        self.entries.borrow().iter().map(|entry| entry.name.clone()).collect()
    }

    /// The file whose top level has registered what there is under a name; `None` if there is nothing, or if it was not one.
    ///
    /// See the example of [`Registry`].
    pub fn file_of(&self, name: &str) -> Option<String> {
        let entries = self.entries.borrow();
        let made = entries.iter().find(|entry| entry.name == name)?.made.last()?;
        made.maker.as_ref().map(|maker| maker.path.to_string())
    }
}

impl<T: Clone> Registry<T> {
    /// What is registered under a name.
    ///
    /// See the example of [`Registry`].
    pub fn get(&self, name: &str) -> Option<T> {
        let entries = self.entries.borrow();
        let made = entries.iter().find(|entry| entry.name == name)?.made.last()?;
        Some(made.value.clone())
    }

    /// Everything, in the order in which the names came.
    ///
    /// See the example of [`Registry`].
    pub fn all(&self) -> Vec<T> {
        self.entries.borrow().iter().filter_map(|entry| entry.made.last().map(|made| made.value.clone())).collect()
    }
}

/// A registry, whatever is in it.
pub(super) trait Registered {
    /// Drops what was made with more units run than these: their commit is taken back.
    fn forget(&self, units_run: usize);

    /// Keeps what `now` knows, with its maker and the last run of that; drops what earlier runs have made.
    fn settle(&self, now: &mut dyn FnMut(&Maker) -> Option<(Maker, usize)>);
}

impl<T> Registered for RefCell<Vec<Entry<T>>> {
    fn forget(&self, units_run: usize) {
        self.borrow_mut().retain_mut(|entry| {
            entry.made.retain(|made| made.run <= units_run);
            !entry.made.is_empty()
        });
    }

    fn settle(&self, now: &mut dyn FnMut(&Maker) -> Option<(Maker, usize)>) {
        self.borrow_mut().retain_mut(|entry| {
            // A file keeps its place among the others, and within it they are in the order of its text.
            let path = |made: &Made<T>| made.maker.as_ref().map(|maker| maker.path.clone());
            let paths: Vec<Option<Arc<str>>> = entry.made.iter().map(path).collect();
            entry.made.retain_mut(|made| {
                let Some(maker) = &mut made.maker else { return true };
                let Some((new, last_run)) = now(maker) else { return false };
                *maker = new;
                std::mem::take(&mut made.run) >= last_run
            });
            entry.made.sort_by_key(|made| {
                let place = paths.iter().position(|other| *other == path(made));
                (place, made.maker.as_ref().and_then(|maker| maker.unit))
            });
            entry.made.reverse();
            entry.made.dedup_by(|before, last| last.maker.is_some() && before.maker == last.maker);
            entry.made.reverse();
            !entry.made.is_empty()
        });
    }
}

impl Vm {
    /// A new registry for what scripts register.
    ///
    /// See the example of [`Registry`].
    pub fn registry<T: 'static>(&mut self) -> Registry<T> {
        let entries = Rc::<RefCell<Vec<Entry<T>>>>::default();
        let registered: Rc<dyn Registered> = entries.clone();
        self.registries.retain(|known| known.strong_count() > 0);
        self.registries.push(Rc::downgrade(&registered));
        Registry { entries }
    }

    /// Has all registries drop what a commit has made that is taken back. So many units had run before it.
    pub(crate) fn forget_registered(&mut self, units_run: usize) {
        self.units_run.truncate(units_run);
        self.registries.iter().filter_map(Weak::upgrade).for_each(|registry| registry.forget(units_run));
    }

    /// Has all registries drop what the texts that run now do not make.
    pub(crate) fn settle_registries(&mut self) {
        let units_run = std::mem::take(&mut self.units_run);
        let registries: Vec<Rc<dyn Registered>> = self.registries.iter().filter_map(Weak::upgrade).collect();
        if registries.is_empty() {
            return;
        }
        // The makers hold the old texts until this has ended.
        let mut matched = MatchedTexts::default();
        let mut last_runs = FxHashMap::default();
        for (i, maker) in units_run.iter().enumerate() {
            if let Some(now) = self.enter(|cx| cx.maker_now(maker, &mut matched)) {
                last_runs.insert((now.path, now.unit), i + 1);
            }
        }
        for registry in registries {
            registry.settle(&mut |maker| {
                let now = self.enter(|cx| cx.maker_now(maker, &mut matched))?;
                let last_run = last_runs.get(&(now.path.clone(), now.unit)).copied().unwrap_or(0);
                Some((now, last_run))
            });
        }
    }
}
