//! Maps and sets whose keys may hash or compare in another way: they notice it by a number that a commit counts up, at their next use.
//!
//! What `hash` and `==` do depends on everything that they reach: functions, members by their names alone, operators, slot defaults, values.
//! So every commit that changes something that ran before counts, if there are classes with methods of these names.

use crate::object::{Cx, Undo};

impl<'gc> Cx<'_, 'gc> {
    /// Containers notice that `hash` or `==` of their keys may do something else since the commit whose undo log starts there.
    pub(super) fn note_keys(&mut self, log_start: usize) {
        let changes = |undo: &Undo<'gc>| match undo {
            Undo::Definition { cell, value, .. } => !value.is_unset() && !cell.value().same(value),
            Undo::Class(_, _, layout) => layout.is_some(),
            Undo::Code(..) | Undo::Superseded(_) | Undo::Decorated(..) | Undo::Decoration(..) | Undo::Shared(..) => true,
            _ => false,
        };
        if self.world.has_key_methods && self.world.undo[log_start..].iter().any(changes) {
            self.hashes_differ();
        }
    }
}
