//! Instances: a layout id and the slots behind it, in one allocation.
//!
//! An `Instance` is the head of one of a few size classes. Its layout says how many of the slots are used. An instance that was
//! migrated may have an *extra* in its last place: a list of its attic and of the slots that have no room inside.

use super::{Layout, LayoutId, List};
use crate::heap::{Value, copy_value, note_marked, write_barrier};
use gc_arena::collect::Trace;
use gc_arena::{Collect, Gc, Mutation};
use std::cell::{Cell, UnsafeCell};

/// An instance of a class written in the language.
#[repr(C)]
pub struct Instance<'gc> {
    layout: Cell<u32>,
    /// Number of slots behind the head.
    capacity: u32,
    _slots: [UnsafeCell<Value<'gc>>; 0],
}

// SAFETY: a head alone holds no pointers; the collector traces instances through the vtable of `Sized`, whose `Collect` is derived
// from its slots. Stores go through `set_slot`, which runs the barrier.
unsafe impl<'gc> Collect<'gc> for Instance<'gc> {
    const NEEDS_TRACE: bool = false;
}

/// A head with N slots.
#[repr(C)]
struct Sized<'gc, const N: usize> {
    head: Instance<'gc>,
    slots: [UnsafeCell<Value<'gc>>; N],
}

// SAFETY: traces every slot; all N slots are initialised when the object is made. Stores go through `Instance::set_slot`.
unsafe impl<'gc, const N: usize> Collect<'gc> for Sized<'gc, N> {
    #[inline]
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        super::census::note(&self.head);
        if N > 4 {
            note_marked(size_of::<Self>());
        }
        for slot in &self.slots {
            // SAFETY: nothing mutates while the collector traces.
            unsafe { &*slot.get() }.trace(cc);
        }
    }
}

impl<'gc> Instance<'gc> {
    /// Most slots of an instance.
    pub const SLOTS_MAX: usize = 1024;

    /// A new instance whose slots are copied from `template`.
    #[inline]
    pub fn new(mc: &Mutation<'gc>, layout: LayoutId, template: &[Value<'gc>]) -> Gc<'gc, Instance<'gc>> {
        match template.len() {
            0..=1 => Self::new_sized::<1>(mc, layout, template),
            2 => Self::new_sized::<2>(mc, layout, template),
            3 => Self::new_sized::<3>(mc, layout, template),
            4 => Self::new_sized::<4>(mc, layout, template),
            5..=6 => Self::new_sized::<6>(mc, layout, template),
            7..=8 => Self::new_sized::<8>(mc, layout, template),
            9..=12 => Self::new_sized::<12>(mc, layout, template),
            13..=16 => Self::new_sized::<16>(mc, layout, template),
            17..=32 => Self::new_sized::<32>(mc, layout, template),
            33..=64 => Self::new_sized::<64>(mc, layout, template),
            65..=128 => Self::new_sized::<128>(mc, layout, template),
            129..=256 => Self::new_sized::<256>(mc, layout, template),
            257..=512 => Self::new_sized::<512>(mc, layout, template),
            _ => Self::new_sized::<1024>(mc, layout, template),
        }
    }

    #[inline(always)]
    fn new_sized<const N: usize>(mc: &Mutation<'gc>, layout: LayoutId, template: &[Value<'gc>]) -> Gc<'gc, Instance<'gc>> {
        assert!(template.len() <= N, "classes check SLOTS_MAX");
        let head = Instance { layout: Cell::new(layout.0), capacity: N as u32, _slots: [] };
        let mut values = [Value::Nil; N];
        values[..template.len()].copy_from_slice(template);
        let slots = values.map(UnsafeCell::new);
        let gc = Gc::new(mc, Sized::<N> { head, slots });
        // SAFETY: `Sized` is `repr(C)` and begins with an `Instance`.
        unsafe { Gc::cast(gc) }
    }

    /// Its layout.
    #[inline(always)]
    pub fn layout(&self) -> LayoutId {
        LayoutId(self.layout.get())
    }

    /// Number of slots there is room for.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// Slot number `i`.
    #[inline(always)]
    pub fn slot(this: Gc<'gc, Self>, i: usize) -> Value<'gc> {
        assert!(i < this.capacity());
        // SAFETY: in bounds; slots are always initialised.
        unsafe { *Self::slots(this).add(i) }
    }

    /// Address of the first slot. Reads below the capacity are valid; stores must go with a barrier.
    #[inline(always)]
    pub fn slots(this: Gc<'gc, Self>) -> *mut Value<'gc> {
        // The offset of the slots does not depend on N: a head of 8 bytes, then values aligned to 8.
        Gc::as_ptr(this).cast::<u8>().cast_mut().wrapping_add(size_of::<Instance<'gc>>()).cast()
    }

    /// Stores into slot number `i`.
    #[inline]
    pub fn set_slot(this: Gc<'gc, Self>, mc: &Mutation<'gc>, i: usize, value: Value<'gc>) {
        assert!(i < this.capacity());
        write_barrier(mc, Gc::erase(this), &value);
        // SAFETY: in bounds, barrier done.
        unsafe { copy_value(Self::slots(this).add(i), &raw const value) }
    }

    /// The list of an instance's extra, if it has one. `layout` is its layout.
    pub fn extra(this: Gc<'gc, Self>, layout: &Layout<'gc>) -> Option<Gc<'gc, List<'gc>>> {
        let has_place = layout.inside != Layout::ALL_INSIDE || layout.slots.len() < this.capacity();
        match has_place.then(|| Self::slot(this, this.capacity() - 1)) {
            Some(Value::List(extra)) => Some(extra),
            _ => None,
        }
    }

    /// Slot number `i`, wherever it stands. `layout` is the instance's.
    pub fn get(this: Gc<'gc, Self>, layout: &Layout<'gc>, i: usize) -> Value<'gc> {
        if i < layout.inside as usize {
            return Self::slot(this, i);
        }
        let extra = Self::extra(this, layout).expect("slots that do not stand inside have an extra");
        extra.get(1 + i - layout.inside as usize).expect("the extra has every slot that does not stand inside")
    }

    /// Stores into slot number `i`, wherever it stands. `layout` is the instance's.
    pub fn put(this: Gc<'gc, Self>, mc: &Mutation<'gc>, layout: &Layout<'gc>, i: usize, value: Value<'gc>) {
        if i < layout.inside as usize {
            return Self::set_slot(this, mc, i, value);
        }
        let extra = Self::extra(this, layout).expect("slots that do not stand inside have an extra");
        List::set(extra, mc, 1 + i - layout.inside as usize, value);
    }

    /// Everything in the instance, used or not.
    pub fn raw(this: Gc<'gc, Self>) -> Vec<Value<'gc>> {
        (0..this.capacity()).map(|i| Self::slot(this, i)).collect()
    }

    /// Replaces layout and content. What `raw` does not have becomes nil.
    pub fn replace(this: Gc<'gc, Self>, mc: &Mutation<'gc>, layout: LayoutId, raw: &[Value<'gc>]) {
        this.set_layout(layout);
        for i in 0..this.capacity() {
            Self::set_slot(this, mc, i, raw.get(i).copied().unwrap_or_default());
        }
    }

    /// Gives the instance another layout; the caller has arranged the slots.
    fn set_layout(&self, layout: LayoutId) {
        self.layout.set(layout.0);
    }
}
