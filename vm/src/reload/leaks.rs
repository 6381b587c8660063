//! Leaks: definitions that no file has any more, kept for those who use them.

use super::uses::Uses;
use crate::embed::Vm;
use crate::heap::Value;
use crate::object::{Cx, Definition, Kind};
use gc_arena::Gc;

/// A leak, and who uses it.
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
    /// Who uses it.
    pub uses: Uses,
}

impl Vm {
    /// All leaks, or those of one namespace, with who uses them. Walks the heap.
    pub fn leaks(&mut self, namespace: Option<&str>) -> Vec<LeakEntry> {
        self.enter(|cx| {
            let cells: Vec<_> = cx.leaks().into_iter().filter(|c| namespace.is_none_or(|n| *c.namespace.name == *n)).collect();
            let uses = cx.uses_of(&cells);
            cells.into_iter().zip(uses).map(|(cell, uses)| entry(cell, uses)).collect()
        })
    }

    /// Ends leaks that nothing alive uses: a full collection and a walk of the heap. Gives their qualified names.
    pub fn release_leaks(&mut self) -> Vec<String> {
        self.collect();
        self.enter(|cx| {
            cx.world.forget_lookups();
            let cells = cx.leaks();
            let uses = cx.uses_of(&cells);
            let unused = cells.into_iter().zip(uses).filter(|(_, uses)| uses.is_empty()).map(|(cell, _)| cell);
            unused.map(|cell| cx.end_leak(cell)).collect()
        })
    }

    /// Ends a leak by force: who uses its name gets NameError from now on. False when there is no such leak.
    pub fn drop_leak(&mut self, qualified: &str) -> bool {
        self.enter(|cx| {
            let cell = cx.leaks().into_iter().find(|cell| cell.qualified_name() == qualified);
            cell.map(|cell| cx.end_leak(cell)).is_some()
        })
    }
}

fn entry<'gc>(cell: Gc<'gc, Definition<'gc>>, uses: Uses) -> LeakEntry {
    let meta = cell.meta();
    let leak = meta.leak.as_ref().expect("asked for leaks");
    LeakEntry {
        name: cell.name.as_str().to_owned(),
        namespace: cell.namespace.name.to_string(),
        kind: cell.kind().text(),
        file: leak.file.to_string(),
        origin_version: leak.version,
        removed_in: leak.epoch,
        uses,
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// The cells of all leaks.
    pub(super) fn leaks(&self) -> Vec<Gc<'gc, Definition<'gc>>> {
        let cells = self.world.namespaces.values().flat_map(|namespace| namespace.with_leaks());
        cells.filter(|cell| cell.meta().leak.is_some()).collect()
    }

    fn end_leak(&mut self, cell: Gc<'gc, Definition<'gc>>) -> String {
        cell.set_kind(Kind::Absent);
        Definition::set(cell, self.mc, Value::Unset);
        Definition::update_meta(cell, self.mc, |meta| meta.leak = None);
        let (namespace, name) = (cell.namespace, cell.name);
        self.relink_name(namespace, name.as_str());
        self.clear_inline_caches();
        cell.qualified_name()
    }
}
