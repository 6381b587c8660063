//! Code that closures may have and that no text continues at present.

use super::Proto;
use gc_arena::{Collect, GcWeak};

/// Code that a commit has left without a successor. It gets one when a later text has one for it.
#[derive(Collect, Clone)]
#[collect(no_drop)]
pub struct Orphan<'gc> {
    /// The code.
    pub code: GcWeak<'gc, Proto<'gc>>,
    /// Where its successor may come from.
    pub kin: Kin<'gc>,
    /// Why it has none.
    #[collect(require_static)]
    pub why: &'static str,
}

/// Where the successor of an orphan may come from.
#[derive(Collect, Clone, Copy)]
#[collect(no_drop)]
pub enum Kin<'gc> {
    /// The newest code of what made its closures: they may have a place there again.
    Maker(GcWeak<'gc, Proto<'gc>>),
    /// The code at its place in the text that runs, which does not fit its closures.
    Heir(GcWeak<'gc, Proto<'gc>>),
}
