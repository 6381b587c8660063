//! Layouts: the immutable list of slots of one version of a class.
//!
//! An instance names its layout by a [`LayoutId`] that is never used twice; it is obsolete when that is not the id of a layout of its
//! class's current version. Built-in types and class objects have ids too, so that one number keys every inline cache. A cache that
//! names an id needs no tracing: a stale id never matches again.

use super::{Class, Edge, Function, SlotInit, Symbol, SymbolMap};
use crate::heap::Value;
use crate::limits;
use gc_arena::barrier::unlock;
use gc_arena::lock::{Lock, RefLock};
use gc_arena::{Collect, Gc, Mutation};

/// Identifies a layout for the life of the VM. 0 is no layout.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LayoutId(pub u32);

impl LayoutId {
    /// What inline caches of slots know it by that stand in the extras of its instances. There are never so many layouts that this is the id of
    /// another one.
    #[inline(always)]
    pub fn in_extra(self) -> u32 {
        self.0 | 1 << 31
    }
}

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
    /// Whether snapshots leave it out.
    pub is_transient: bool,
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
    /// The id that layouts of one version have together: that of its first one.
    #[collect(require_static)]
    pub version: LayoutId,
    /// How many slots stand in the instance itself; the others stand in its extra.
    pub inside: u32,
    /// The step to the next version, once there is one.
    edge: Lock<Option<Gc<'gc, Edge<'gc>>>>,
    /// Layouts of the same version for instances with less room.
    siblings: RefLock<Vec<Gc<'gc, Layout<'gc>>>>,
    /// What calling the class does, if that is simple. An inline cache: filled by the interpreter, emptied by
    /// [`World::forget_lookups`](super::World::forget_lookups).
    pub construction: Lock<Construction<'gc>>,
}

impl<'gc> Layout<'gc> {
    /// The value of [`Self::inside`] when every slot stands in the instance.
    pub const ALL_INSIDE: u32 = u32::MAX;

    /// A layout with these slots whose instances start as `template` says.
    pub fn new(mc: &Mutation<'gc>, id: LayoutId, class: Gc<'gc, Class<'gc>>, number: u32, content: Content<'gc>) -> Gc<'gc, Self> {
        let index = content.slots.iter().enumerate().map(|(i, slot)| (slot.name, i as u32)).collect();
        let is_open = !content.slots.iter().any(|slot| slot.name.as_str().starts_with('$'));
        let Content { slots, template, fresh, fillers } = content;
        let layout = Layout {
            id,
            class,
            number,
            slots,
            index,
            template,
            fresh,
            fillers,
            is_open,
            version: id,
            inside: Self::ALL_INSIDE,
            edge: Lock::new(None),
            siblings: RefLock::default(),
            construction: Lock::new(Construction::Other),
        };
        Gc::new(mc, layout)
    }

    /// The layout of this version for instances that have room for `inside` slots besides their extra. `id` is for a new one.
    pub fn sibling(this: Gc<'gc, Self>, mc: &Mutation<'gc>, id: impl FnOnce() -> LayoutId, inside: u32) -> Gc<'gc, Self> {
        if let Some(sibling) = this.siblings.borrow().iter().find(|s| s.inside == inside) {
            return *sibling;
        }
        let sibling = Layout {
            id: id(),
            class: this.class,
            number: this.number,
            slots: this.slots.clone(),
            index: this.index.clone(),
            template: Box::new([]),
            fresh: Box::new([]),
            fillers: Vec::new(),
            is_open: this.is_open,
            version: this.version,
            inside,
            edge: Lock::new(None),
            siblings: RefLock::default(),
            construction: Lock::new(Construction::Other),
        };
        let sibling = Gc::new(mc, sibling);
        unlock!(Gc::write(mc, this), Layout, siblings).borrow_mut().push(sibling);
        sibling
    }

    /// Takes over the siblings of the layout that it replaces.
    pub fn adopt_siblings(this: Gc<'gc, Self>, mc: &Mutation<'gc>, from: Gc<'gc, Self>) {
        let siblings = from.siblings.borrow().clone();
        *unlock!(Gc::write(mc, this), Layout, siblings).borrow_mut() = siblings;
    }

    /// Ids of the layouts of this version for instances with less room.
    pub fn sibling_ids(&self) -> Vec<LayoutId> {
        self.siblings.borrow().iter().map(|s| s.id).collect()
    }

    /// Whether instances with it are up to date.
    #[inline]
    pub fn is_current(&self) -> bool {
        self.class.layout_option().is_none_or(|current| current.version == self.version)
    }

    /// Whether a snapshot may name it, or its way leads on from one that it names.
    pub fn is_written(&self) -> bool {
        self.class.body().written.iter().any(|written| written.id == self.version)
    }

    /// Keeps it for the return of what a snapshot writes.
    pub fn keep_written(this: Gc<'gc, Self>, mc: &Mutation<'gc>) {
        Class::update(this.class, mc, |body| {
            // One with other defaults may have taken its place under its id.
            body.written.retain(|written| written.id != this.id);
            let at = body.written.partition_point(|written| written.number < this.number);
            body.written.insert(at, this);
            if body.written.len() > limits::WRITTEN_LAYOUTS_MAX {
                body.written.remove(0);
            }
        });
    }

    /// The step to the next version.
    pub fn edge(&self) -> Option<Gc<'gc, Edge<'gc>>> {
        self.edge.get()
    }

    /// Sets the step to the next version.
    pub fn set_edge(this: Gc<'gc, Self>, mc: &Mutation<'gc>, edge: Option<Gc<'gc, Edge<'gc>>>) {
        unlock!(Gc::write(mc, this), Layout, edge).set(edge);
    }
}

/// What instances of a layout have, and how they start.
pub struct Content<'gc> {
    /// Slots in order: bases first, then text order.
    pub slots: Vec<SlotInfo<'gc>>,
    /// Initial contents of an instance; slots that need code are unset.
    pub template: Box<[Value<'gc>]>,
    /// Slots that start as a new empty list (false) or map (true).
    pub fresh: Box<[(u32, bool)]>,
    /// Methods that fill the slots whose defaults need code, in order.
    pub fillers: Vec<Value<'gc>>,
}

impl<'gc> Content<'gc> {
    /// No slots.
    pub fn empty() -> Self {
        Content { slots: Vec::new(), template: Box::new([]), fresh: Box::new([]), fillers: Vec::new() }
    }
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
