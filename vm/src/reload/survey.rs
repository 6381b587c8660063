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
    /// Whether it is a leak that was computed from something that has changed since.
    pub is_outdated: bool,
    /// Whether no file may define it.
    pub is_locked: bool,
    /// Hash of the text that runs.
    pub fingerprint: u64,
    /// Whether its initialiser built plain data: nothing with an identity.
    pub is_plain: bool,
    /// Whether its value still is what its initialiser built: known of those definitions only that the edit concerns.
    pub untouched: bool,
    /// Constants and functions that its initialiser used, by qualified name.
    pub computed_from: Vec<String>,
}

/// Facts by qualified name.
pub type Facts = FxHashMap<String, Fact>;

impl<'gc> Cx<'_, 'gc> {
    /// Facts of every definition outside the library; nothing is known yet of what the program has done to their values.
    pub(super) fn survey(&self) -> Facts {
        let mut facts = Facts::default();
        for namespace in self.world.namespaces.values() {
            for cell in namespace.with_leaks() {
                facts.insert(cell.qualified_name(), fact(cell));
            }
        }
        facts
    }

    /// Finds out which of these values still are what their initialisers built: this looks at the values.
    pub(super) fn survey_values(&mut self, facts: &mut Facts, names: &[String]) {
        for name in names {
            let Some(fact) = facts.get_mut(name) else { continue };
            let Some(cell) = self.find_cell(name) else { continue };
            fact.untouched = matches!(cell.kind(), Kind::Variable | Kind::Constant)
                && !cell.is_assigned()
                && cell.meta().initial_digest.is_some_and(|initial| digest(cell.value()) == Some(initial));
        }
    }
}

fn fact<'gc>(cell: Gc<'gc, Definition<'gc>>) -> Fact {
    let meta = cell.meta();
    Fact {
        kind: cell.kind(),
        contributor: meta.contributor.map(|m| m.path.clone()),
        leak_of: meta.leak.as_ref().map(|leak| leak.file.clone()),
        is_outdated: meta.is_outdated,
        is_locked: cell.namespace.is_locked(),
        fingerprint: meta.fingerprint,
        is_plain: meta.initial_digest.is_some(),
        untouched: false,
        computed_from: meta.computed_from.iter().map(|d| d.qualified_name()).collect(),
    }
}
