//! What the plan needs to know of the living program, as plain data.

use super::digest::digest;
use crate::object::{Cx, Definition, Kind};
use gc_arena::Gc;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What is known of one definition.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it is.
    pub kind: Kind,
    /// The file that contributes it; `None` for the host and the library.
    pub contributor: Option<Arc<str>>,
    /// The file that contributed it, if it is a leak.
    pub leak_of: Option<Arc<str>>,
    /// Whether no file may define it.
    pub is_locked: bool,
    /// Hash of the text that runs.
    pub fingerprint: u64,
    /// Whether its initialiser built plain data: nothing with an identity.
    pub is_plain: bool,
    /// Whether its value still is what its initialiser built.
    pub untouched: bool,
    /// Constants and functions that its initialiser used, by qualified name.
    pub computed_from: Vec<String>,
}

/// Facts by qualified name.
pub type Facts = FxHashMap<String, Fact>;

impl<'gc> Cx<'_, 'gc> {
    /// Facts of every definition outside the library.
    pub(super) fn survey(&self) -> Facts {
        let mut facts = Facts::default();
        for namespace in self.world.namespaces.values() {
            for cell in namespace.with_leaks() {
                facts.insert(cell.qualified_name(), fact(cell));
            }
        }
        facts
    }
}

fn fact<'gc>(cell: Gc<'gc, Definition<'gc>>) -> Fact {
    let meta = cell.meta();
    Fact {
        kind: cell.kind(),
        contributor: meta.contributor.map(|m| m.path.clone()),
        leak_of: meta.leak.as_ref().map(|leak| leak.file.clone()),
        is_locked: cell.namespace.is_locked(),
        fingerprint: meta.fingerprint,
        is_plain: meta.initial_digest.is_some(),
        // Digests are compared only where it matters: values that were never assigned and are made of plain data.
        untouched: matches!(cell.kind(), Kind::Variable | Kind::Constant)
            && !cell.is_assigned()
            && meta.initial_digest.is_some_and(|d| digest(cell.value()) == Some(d)),
        computed_from: meta.computed_from.iter().map(|d| d.qualified_name()).collect(),
    }
}
