//! Layouts: the immutable list of slots of one version of a class.
//!
//! An instance names its layout by a [`LayoutId`] that is never used twice; it is obsolete when that is not the id of its class's
//! current layout. Built-in types and class objects have ids too, so that one number keys every inline cache. A cache that
//! names an id needs no tracing: a stale id never matches again.

use super::{Class, Function, SlotInit, Symbol, SymbolMap};
use crate::heap::Value;
use gc_arena::lock::Lock;
use gc_arena::{Collect, Gc};

/// Identifies a layout for the life of the VM. 0 is no layout.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LayoutId(pub u32);

/// One slot of a layout.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct SlotInfo<'gc> {
    /// Its name.
    pub name: Symbol<'gc>,
    /// The class that declares it; for a redeclared slot, the most derived one.
    pub owner: Gc<'gc, Class<'gc>>,
    /// Its initial value.
    pub init: SlotInit<'gc>,
}

/// The slots of one version of a class.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Layout<'gc> {
    /// Its id.
    #[collect(require_static)]
    pub id: LayoutId,
    /// Its class.
    pub class: Gc<'gc, Class<'gc>>,
    /// Which layout of the class, from 1.
    pub number: u32,
    /// Slots in order: bases first, then text order.
    pub slots: Vec<SlotInfo<'gc>>,
    /// Position of each slot.
    pub index: SymbolMap<'gc, u32>,
    /// Initial contents of an instance; slots that need code are unset.
    pub template: Box<[Value<'gc>]>,
    /// Slots that start as a new empty list (false) or map (true).
    pub fresh: Box<[(u32, bool)]>,
    /// Methods that fill the slots whose defaults need code, in order.
    pub fillers: Vec<Value<'gc>>,
    /// Whether a call of a class without `init` fills the slots in order: none of them is internal.
    pub is_open: bool,
    /// What calling the class does, if that is simple. An inline cache: filled by the interpreter, emptied by
    /// [`World::forget_lookups`](super::World::forget_lookups).
    pub construction: Lock<Construction<'gc>>,
}

/// What calling a class does after an instance was made from the template.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub enum Construction<'gc> {
    /// Not known, or not simple.
    Other,
    /// This initialiser is called.
    Init(Gc<'gc, Function<'gc>>),
    /// The arguments fill the first slots.
    Fill,
}
