//! What a commit does to slots, for reports.

use super::LayoutId;
use serde::Serialize;

/// A class whose layout was replaced, for reports.
#[derive(Clone, Debug, Serialize)]
pub struct LayoutChange {
    /// Qualified name.
    pub class: String,
    /// Number of the old layout.
    pub from: u32,
    /// Number of the new one.
    pub to: u32,
    /// Slots that come into being.
    pub added: Vec<String>,
    /// Slots whose values go to the attic.
    pub discarded: Vec<String>,
    /// Slots that have another name: old, new.
    pub renamed: Vec<(String, String)>,
    /// Slots that were shared, and instance slots that are shared now.
    pub shared: Vec<String>,
    /// Those of `added` that have no default, and for which no hook of the edit can provide: instances have them without a value.
    pub unset: Vec<String>,
    /// Slots that had no default and have got one, for instances in which they have no value yet.
    pub filled: Vec<String>,
    /// Whether the slots that stay stand in another order.
    #[serde(skip)]
    pub is_reordered: bool,
    /// The old layout.
    #[serde(skip)]
    pub old: LayoutId,
    /// How many living instances have yet to follow, once somebody has counted them.
    pub instances: Option<usize>,
}

/// Shared slots that a commit is about, as `main.C.slot`.
#[derive(Default)]
pub struct SharedChanges {
    /// Those that are kept though their initialisers, or what these compute with, have changed.
    pub conflicts: Vec<String>,
    /// Those that are evaluated anew because of what their initialisers compute with.
    pub recomputed: Vec<String>,
    /// Members that are decorated again because of what their decorators use.
    pub decorated: Vec<String>,
}
