//! Leaks: definitions that no file has any more, kept for those who use them.

use super::members::values_of;
use super::uses::{Detail, Uses};
use crate::embed::Vm;
use crate::heap::Value;
use crate::limits;
use crate::object::{Cx, Definition, Kind, Undo};
use gc_arena::Gc;

/// A leak, and who uses it.
///
/// See the example of [`Vm::leaks`].
#[derive(Clone, Debug)]
pub struct LeakEntry {
    /// Bare name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// What it is.
    pub kind: &'static str,
    /// The file that contributed it.
    pub file: String,
    /// The last version of the file that had it.
    pub origin_version: u32,
    /// The commit that removed it.
    pub removed_in: u64,
    /// Qualified name of the definition that it goes on as.
    pub forwards_to: Option<String>,
    /// Who uses it.
    pub uses: Uses,
}

/// When to look for leaks that nothing uses: after ordinary collections, and the more seldom the longer nothing comes of it.
#[derive(Debug, Default)]
pub(crate) struct LeakWatch {
    /// Collections until the next look.
    wait: u32,
    /// Collections between the last look and the next one.
    pause: u32,
}

/// Most collections between two looks.
const PAUSE_MAX: u32 = 64;

impl Vm {
    /// A collection has ended. Looks, now and then, which leaks nothing uses; they end at the end of the next commit. Large heaps are not
    /// walked: there, leaks end when somebody asks ([`Vm::release_leaks`]).
    pub(crate) fn look_for_unused_leaks(&mut self) {
        if let Some(wait) = self.files.leak_watch.wait.checked_sub(1) {
            self.files.leak_watch.wait = wait;
            return;
        }
        if self.files.commits_running > 0 || self.object_count() > limits::COLLECT_AT_ONCE_MAX {
            return;
        }
        let found = self.enter(|cx| {
            let cells: Vec<_> = cx.leaks().into_iter().filter(|cell| !cell.unused.get()).collect();
            let members = cx.members_leaked();
            let mut uses = cx.uses_of(&cells, &values_of(&members), Detail::Numbers);
            let of_members = uses.split_off(cells.len());
            let unused = cells.into_iter().zip(uses).filter(|(_, uses)| uses.is_empty());
            let count = unused.map(|(cell, _)| cell.unused.set(true)).count();
            count + cx.mark_unused_members(&members, &of_members)
        });
        let watch = &mut self.files.leak_watch;
        watch.pause = if found > 0 { 0 } else { (watch.pause * 2).clamp(1, PAUSE_MAX) };
        watch.wait = watch.pause;
    }

    /// Ends leaks of earlier commits that nothing has used since somebody looked. Gives their qualified names.
    pub(super) fn release_unused_leaks(&mut self) -> Vec<String> {
        self.files.leak_watch = LeakWatch::default();
        self.enter(|cx| {
            let unused = cx.leaks().into_iter().filter(|cell| cell.unused.get());
            // Code that was made since then may name it, and what it holds may have been taken out.
            let unused: Vec<_> = unused.filter(|cell| !cx.is_named_through_its_namespace(*cell)).collect();
            let members: Vec<_> = cx.members_leaked().into_iter().filter(|member| member.leak.is_unused).collect();
            if unused.is_empty() && members.is_empty() {
                return Vec::new();
            }
            let mut uses = cx.uses_of(&unused, &values_of(&members), Detail::Numbers);
            let of_members = uses.split_off(unused.len());
            let old_names = cx.old_names();
            let mut released = cx.end_unused_members(members, &of_members);
            for (cell, uses) in unused.into_iter().zip(uses) {
                if uses.is_empty() {
                    released.push(cx.end_leak(cell, &old_names));
                } else {
                    cell.unused.set(false);
                }
            }
            released
        })
    }

    /// All leaks, or those of one namespace, with who uses them. Walks the heap.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "fn old() { 1 }\nlet kept = [old]")?;
    /// vm.reload_text("game.lang", "let kept = [old]");
    /// let leaks = vm.leaks(None);
    /// assert_eq!((&*leaks[0].name, leaks[0].uses.is_empty()), ("old", false));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn leaks(&mut self, namespace: Option<&str>) -> Vec<LeakEntry> {
        self.enter(|cx| {
            let cells: Vec<_> = cx.leaks().into_iter().filter(|c| namespace.is_none_or(|n| *c.namespace.name == *n)).collect();
            let members = cx.members_leaked().into_iter();
            let members: Vec<_> = members.filter(|member| namespace.is_none_or(|n| member.namespace() == n)).collect();
            let mut uses = cx.uses_of(&cells, &values_of(&members), Detail::Ways);
            let of_members = uses.split_off(cells.len());
            let mut entries: Vec<_> = cells.into_iter().zip(uses).map(|(cell, uses)| entry(cell, uses)).collect();
            let held = members.iter().zip(of_members).filter(|(_, uses)| !uses.is_empty());
            entries.extend(held.map(|(member, uses)| member.entry(uses)));
            entries
        })
    }

    /// How many leaks there are, those among them that nothing uses any more. Does not walk the heap.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "fn old() { 1 }\nlet kept = [old]")?;
    /// vm.reload_text("game.lang", "let kept = [old]");
    /// assert_eq!(vm.count_leaks(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn count_leaks(&mut self) -> usize {
        self.enter(|cx| cx.leaks().len() + cx.members_leaked().len())
    }

    /// Ends leaks that nothing alive uses: a full collection and a walk of the heap. Gives their qualified names.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "fn old() { 1 }")?;
    /// let held = vm.handle("game.old")?;
    /// vm.reload_text("game.lang", "");
    /// assert!(vm.release_leaks().is_empty(), "the host holds it");
    /// drop(held);
    /// assert_eq!(vm.release_leaks(), ["game.old"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn release_leaks(&mut self) -> Vec<String> {
        self.collect();
        self.enter(|cx| {
            cx.world.forget_lookups();
            let cells = cx.leaks();
            let members = cx.members_leaked();
            let mut uses = cx.uses_of(&cells, &values_of(&members), Detail::Numbers);
            let of_members = uses.split_off(cells.len());
            let unused: Vec<_> = cells.into_iter().zip(uses).filter(|(_, uses)| uses.is_empty()).map(|(cell, _)| cell).collect();
            let old_names = cx.old_names();
            let mut released: Vec<_> = unused.into_iter().map(|cell| cx.end_leak(cell, &old_names)).collect();
            released.extend(cx.end_unused_members(members, &of_members));
            released
        })
    }

    /// Ends a leak by force: who uses its name gets NameError from now on. False when there is no such leak.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "fn old() { 1 }\nfn user() { old() }")?;
    /// vm.reload_text("game.lang", "fn user() { old() }");
    /// assert_eq!(vm.call::<_, i64>("game.user", ())?, 1);
    /// assert!(vm.drop_leak("game.old"));
    /// assert!(vm.call::<_, i64>("game.user", ()).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn drop_leak(&mut self, qualified: &str) -> bool {
        self.enter(|cx| {
            let cell = cx.leaks().into_iter().find(|cell| cell.qualified_name() == qualified);
            let old_names = cx.old_names();
            cell.map(|cell| cx.end_leak(cell, &old_names)).is_some() || cx.drop_member_leak(qualified)
        })
    }
}

fn entry<'gc>(cell: Gc<'gc, Definition<'gc>>, uses: Uses) -> LeakEntry {
    let meta = cell.meta();
    let leak = meta.leak.as_ref().expect("asked for leaks");
    let mut now = meta.now;
    while let Some(next) = now.and_then(|now| now.meta().now) {
        now = Some(next);
    }
    LeakEntry {
        name: cell.name.as_str().to_owned(),
        namespace: cell.namespace.name.to_string(),
        kind: cell.kind().text(),
        file: leak.file.to_string(),
        origin_version: leak.version,
        removed_in: leak.epoch,
        forwards_to: now.map(|now| now.qualified_name()),
        uses,
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// The cells of all leaks.
    pub(super) fn leaks(&self) -> Vec<Gc<'gc, Definition<'gc>>> {
        let cells = self.world.namespaces.values().flat_map(|namespace| namespace.with_leaks());
        cells.filter(|cell| cell.meta().leak.is_some()).collect()
    }

    /// A definition ceases to be what it is: old names that mean it mean what it is itself now, if it has another name, or keep its value.
    pub(super) fn part_from_old_names(&mut self, cell: Gc<'gc, Definition<'gc>>, old_names: &[Gc<'gc, Definition<'gc>>]) {
        let now = cell.meta().now;
        let is_of = |old: &&Gc<'gc, Definition<'gc>>| old.meta().now.is_some_and(|now| Gc::ptr_eq(now, cell));
        for old in old_names.iter().filter(is_of) {
            self.world.log(|| Undo::definition(*old));
            if old.forwards() && now.is_none() {
                Definition::set(*old, self.mc, cell.value());
            }
            Definition::update_meta(*old, self.mc, |meta| meta.now = now);
        }
    }

    /// Leaks that are another definition now.
    pub(super) fn old_names(&self) -> Vec<Gc<'gc, Definition<'gc>>> {
        self.leaks().into_iter().filter(|leak| leak.meta().now.is_some()).collect()
    }

    fn end_leak(&mut self, cell: Gc<'gc, Definition<'gc>>, old_names: &[Gc<'gc, Definition<'gc>>]) -> String {
        self.part_from_old_names(cell, old_names);
        // Text that is being evaluated, and may fail yet, can have asked for it.
        self.world.log(|| Undo::definition(cell));
        cell.unused.set(false);
        cell.set_kind(Kind::Absent);
        Definition::set(cell, self.mc, Value::Unset);
        Definition::update_meta(cell, self.mc, |meta| {
            meta.leak = None;
            meta.now = None;
        });
        let (namespace, name) = (cell.namespace, cell.name);
        self.relink_name(namespace, name.as_str());
        self.clear_inline_caches();
        cell.qualified_name()
    }
}
