//! What commits that can be taken back, or made again, have replaced.

use super::{Definition, DefinitionMeta, Kind};
use crate::heap::Value;
use gc_arena::{Collect, Gc};

/// What a definition was before a commit that has given it another value.
#[derive(Clone, Collect)]
#[collect(no_drop)]
pub struct Before<'gc> {
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

/// What one commit has replaced.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Replaced<'gc> {
    /// The number of the commit in the history.
    pub commit: u32,
    /// Whether it is the undo of that commit.
    pub is_undo: bool,
    /// The definitions.
    pub definitions: Vec<Before<'gc>>,
}
