//! What scripts register with the host, and how long it lasts.
//!
//! An entry knows what has made it: a statement at the top level of a file, or an initialiser. It goes when that is not in the running text of its file any
//! more. So after each reload, made or refused, there are those entries that a cold start would make.

use super::vm::Vm;
use crate::object::Maker;
use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};

/// Things that scripts register with the host under names: routes, commands, handlers of events. An entry that the top level of a file has made lasts as long as the statement
/// that has made it is in the text that runs: an edit that takes the statement out takes the entry away, and so does the removal of the file. What a statement makes again has the place
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
    /// What was registered, the last that counts last: an edit that is refused gives the one before back. Without maker: not by the top level of a file.
    made: Vec<(Option<Maker>, T)>,
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
        let mut entries = self.entries.borrow_mut();
        let at = entries.iter().position(|entry| entry.name == name).unwrap_or_else(|| {
            entries.push(Entry { name: name.to_owned(), made: Vec::new() });
            entries.len() - 1
        });
        let made = &mut entries[at].made;
        made.retain(|(other, _)| *other != maker);
        let hidden = made.iter().rev().filter_map(|(other, _)| other.as_ref()).find(|other| vm.enter(|cx| cx.is_in_text(other)));
        let is_of_other = |other: &&Maker| maker.as_ref().is_none_or(|maker| maker.path != other.path);
        let hidden = hidden.filter(is_of_other).map(|other| other.path.to_string());
        made.push((maker, value));
        hidden
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
        let (maker, _) = entries.iter().find(|entry| entry.name == name)?.made.last()?;
        maker.as_ref().map(|maker| maker.path.to_string())
    }
}

impl<T: Clone> Registry<T> {
    /// What is registered under a name.
    ///
    /// See the example of [`Registry`].
    pub fn get(&self, name: &str) -> Option<T> {
        let entries = self.entries.borrow();
        let (_, value) = entries.iter().find(|entry| entry.name == name)?.made.last()?;
        Some(value.clone())
    }

    /// Everything, in the order in which the names came.
    ///
    /// See the example of [`Registry`].
    pub fn all(&self) -> Vec<T> {
        self.entries.borrow().iter().filter_map(|entry| entry.made.last().map(|(_, value)| value.clone())).collect()
    }
}

/// A registry, whatever is in it.
pub(super) trait Registered {
    /// Drops what is not in the text any more.
    fn tidy(&self, is_there: &mut dyn FnMut(&Maker) -> bool);
}

impl<T> Registered for RefCell<Vec<Entry<T>>> {
    fn tidy(&self, is_there: &mut dyn FnMut(&Maker) -> bool) {
        self.borrow_mut().retain_mut(|entry| {
            entry.made.retain(|(maker, _)| maker.as_ref().is_none_or(&mut *is_there));
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

    /// Has all registries drop what the texts that run do not make.
    pub(crate) fn tidy_registries(&mut self) {
        let registries: Vec<Rc<dyn Registered>> = self.registries.iter().filter_map(Weak::upgrade).collect();
        for registry in registries {
            registry.tidy(&mut |maker| self.enter(|cx| cx.is_in_text(maker)));
        }
    }
}
