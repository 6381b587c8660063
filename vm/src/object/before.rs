//! What commits that can be taken back, or made again, have replaced.

use super::{BoxCell, Definition, DefinitionMeta, Kind};
use crate::heap::Value;
use gc_arena::{Collect, Gc};

/// What a definition was before a commit that has given it another value.
#[derive(Clone, Collect)]
#[collect(no_drop)]
pub struct DefinitionBefore<'gc> {
    /// The definition.
    pub cell: Gc<'gc, Definition<'gc>>,
    /// Its value.
    pub value: Value<'gc>,
    /// What it was.
    #[collect(require_static)]
    pub kind: Kind,
    /// Version, what it was computed from, and so on.
    pub meta: Box<DefinitionMeta<'gc>>,
    /// The value that the commit has given it.
    pub after: Value<'gc>,
    /// If its file was overwritten: the cell with which the older generation goes on.
    pub copy: Option<Gc<'gc, Definition<'gc>>>,
}

/// What a shared slot was before a commit that has given it another value.
#[derive(Clone, Collect)]
#[collect(no_drop)]
pub struct SharedBefore<'gc> {
    /// The slot.
    pub cell: Gc<'gc, BoxCell<'gc>>,
    /// Its value.
    pub value: Value<'gc>,
    /// Digest of what its initialiser had built.
    pub digest: Option<u64>,
    /// Constants and functions that its initialiser had used.
    pub computed_from: Vec<Gc<'gc, Definition<'gc>>>,
}

/// What a commit has replaced.
#[derive(Clone, Collect, Default)]
#[collect(no_drop)]
pub struct Before<'gc> {
    /// Definitions.
    pub definitions: Vec<DefinitionBefore<'gc>>,
    /// Shared slots of classes.
    pub shared: Vec<SharedBefore<'gc>>,
}

impl Before<'_> {
    /// Whether it has replaced nothing.
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty() && self.shared.is_empty()
    }
}

/// What one commit of the history has replaced.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Replaced<'gc> {
    /// The number of the commit in the history.
    pub commit: u32,
    /// Whether it is the undo of that commit.
    pub is_undo: bool,
    /// What was there before.
    pub before: Before<'gc>,
}
