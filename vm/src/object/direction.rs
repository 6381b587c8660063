//! Which way a commit goes: on, back or forward again.

use gc_arena::Collect;

/// How a commit came about. The number is that of the commit that is taken back or made again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Collect)]
#[collect(require_static)]
pub enum Direction {
    /// An edit.
    #[default]
    Edit,
    /// It takes an edit back.
    Undo(u32),
    /// It makes an edit again that was taken back.
    Redo(u32),
}

impl Direction {
    /// Whether it takes an edit back.
    pub fn is_undo(self) -> bool {
        matches!(self, Direction::Undo(_))
    }
}
