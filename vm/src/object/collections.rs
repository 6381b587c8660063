//! Tuples, lists, byte strings and ranges.

use super::{Control, Cx};
use crate::heap::{Value, note_marked, write_barrier};
use gc_arena::collect::Trace;
use gc_arena::lock::RefLock;
use gc_arena::{Collect, Gc, Mutation};
use std::cell::Ref;

/// An immutable sequence: a head with the items behind it, or in a buffer of their own when they are many.
#[repr(C)]
pub struct Tuple<'gc> {
    items: *const Value<'gc>,
    len: usize,
}

// SAFETY: a head alone is never traced: the collector knows tuples as `FewItems` and `ManyItems`, which trace all items. Items never
// change.
unsafe impl<'gc> Collect<'gc> for Tuple<'gc> {
    const NEEDS_TRACE: bool = false;
}

#[derive(Collect)]
#[collect(no_drop)]
#[repr(C)]
struct FewItems<'gc, const N: usize> {
    head: Tuple<'gc>,
    items: [Value<'gc>; N],
}

#[repr(C)]
struct ManyItems<'gc> {
    head: Tuple<'gc>,
    items: Box<[Value<'gc>]>,
}

// SAFETY: traces all items, which never change. There is no `Drop`.
unsafe impl<'gc> Collect<'gc> for ManyItems<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        note_marked(size_of_val(&*self.items));
        self.items.trace(cc);
    }
}

impl<'gc> Tuple<'gc> {
    /// A tuple of these items.
    #[inline]
    pub fn new(mc: &Mutation<'gc>, items: impl AsRef<[Value<'gc>]>) -> Gc<'gc, Tuple<'gc>> {
        let items = items.as_ref();
        match items.len() {
            0..=2 => Self::few::<2>(mc, items),
            3 => Self::few::<3>(mc, items),
            4 => Self::few::<4>(mc, items),
            5..=8 => Self::few::<8>(mc, items),
            _ => {
                let boxed: Box<[Value<'gc>]> = items.into();
                let head = Tuple { items: boxed.as_ptr(), len: boxed.len() };
                // SAFETY: `ManyItems` is `repr(C)` and begins with a `Tuple`.
                unsafe { Gc::cast(Gc::new(mc, ManyItems { head, items: boxed })) }
            }
        }
    }

    #[inline(always)]
    fn few<const N: usize>(mc: &Mutation<'gc>, items: &[Value<'gc>]) -> Gc<'gc, Tuple<'gc>> {
        let mut values = [Value::Nil; N];
        values[..items.len()].copy_from_slice(items);
        let tuple = Gc::new(mc, FewItems { head: Tuple { items: std::ptr::null(), len: items.len() }, items: values });
        // SAFETY: `FewItems` is `repr(C)` and begins with a `Tuple`.
        unsafe { Gc::cast(tuple) }
    }

    /// Its items.
    #[inline]
    pub fn items(&self) -> &[Value<'gc>] {
        // SAFETY: tuples are made in this file only: without address the items stand behind the head, whose size is a multiple of
        // their alignment.
        unsafe {
            let behind = std::ptr::from_ref(self).add(1).cast();
            std::slice::from_raw_parts(if self.items.is_null() { behind } else { self.items }, self.len)
        }
    }
}

/// A growable sequence.
pub struct List<'gc> {
    items: RefLock<Vec<Value<'gc>>>,
}

// SAFETY: traces its only field, whose changes run a barrier. There is no `Drop`.
unsafe impl<'gc> Collect<'gc> for List<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        note_marked(self.items.borrow().capacity() * size_of::<Value<'gc>>());
        self.items.trace(cc);
    }
}

impl<'gc> List<'gc> {
    /// A list of these items.
    pub fn new(mc: &Mutation<'gc>, items: Vec<Value<'gc>>) -> Gc<'gc, List<'gc>> {
        if items.len() > 64 {
            mc.metrics().adjust_debt((items.len() / 4) as f64);
        }
        Gc::new(mc, List { items: RefLock::new(items) })
    }

    /// Number of items.
    #[inline]
    pub fn len(&self) -> usize {
        self.items.borrow().len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the next item makes the buffer grow.
    #[inline]
    pub fn is_full(&self) -> bool {
        let items = self.items.borrow();
        items.len() == items.capacity()
    }

    /// Item `index`.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Value<'gc>> {
        self.items.borrow().get(index).copied()
    }

    /// All items, for reading; the list must not be changed while the borrow lives.
    pub fn items(&self) -> Ref<'_, Vec<Value<'gc>>> {
        self.items.borrow()
    }

    /// A copy of the items.
    pub fn to_vec(&self) -> Vec<Value<'gc>> {
        self.items.borrow().clone()
    }

    /// The vector itself, for the interpreter's fast paths.
    ///
    /// # Safety
    /// While the pointer is used nothing else may access the list, and stores must be followed by [`write_barrier`].
    #[inline(always)]
    pub unsafe fn raw(&self) -> *mut Vec<Value<'gc>> {
        self.items.as_ptr()
    }

    /// Replaces item `index`; false when there is none.
    pub fn set(this: Gc<'gc, Self>, mc: &Mutation<'gc>, index: usize, value: Value<'gc>) -> bool {
        // The backward barrier of `borrow_mut` would trace the whole list again.
        write_barrier(mc, Gc::erase(this), &value);
        // SAFETY: the stored value has had its barrier, and no borrow outlives a method of this type.
        let items = unsafe { &mut *this.items.as_ptr() };
        match items.get_mut(index) {
            Some(item) => {
                *item = value;
                true
            }
            None => false,
        }
    }

    /// Appends.
    #[inline]
    pub fn push(this: Gc<'gc, Self>, mc: &Mutation<'gc>, value: Value<'gc>) {
        write_barrier(mc, Gc::erase(this), &value);
        // SAFETY: as in `set`.
        let items = unsafe { &mut *this.items.as_ptr() };
        if items.len() == items.capacity() && items.len() >= 64 {
            mc.metrics().adjust_debt((items.len() / 4) as f64);
        }
        items.push(value);
    }

    /// Any change: `f` gets the vector. Everything stored gets its barrier by re-tracing the list.
    pub fn modify<R>(this: Gc<'gc, Self>, mc: &Mutation<'gc>, f: impl FnOnce(&mut Vec<Value<'gc>>) -> R) -> R {
        f(&mut Gc::write(mc, this).items_write().borrow_mut())
    }

    fn items_ref(&self) -> &RefLock<Vec<Value<'gc>>> {
        &self.items
    }
}

/// Projection of a write permission to the items.
trait ItemsWrite<'gc> {
    fn items_write(&self) -> &std::cell::RefCell<Vec<Value<'gc>>>;
}

impl<'gc> ItemsWrite<'gc> for gc_arena::barrier::Write<List<'gc>> {
    fn items_write(&self) -> &std::cell::RefCell<Vec<Value<'gc>>> {
        // SAFETY: `Write` witnesses that the barrier of the whole list has run.
        unsafe { self.items_ref().as_ref_cell() }
    }
}

/// An immutable byte string.
pub struct Bytes {
    /// The bytes.
    pub data: Box<[u8]>,
}

// SAFETY: it holds no pointers of the heap; it is traced only so that its weight is known.
unsafe impl<'gc> Collect<'gc> for Bytes {
    fn trace<T: Trace<'gc>>(&self, _: &mut T) {
        note_marked(self.data.len());
    }
}

/// A range of ints with a step.
#[derive(Collect, Clone, Copy, PartialEq, Eq)]
#[collect(require_static)]
pub struct RangeObject {
    /// First value.
    pub lo: i64,
    /// Bound.
    pub hi: i64,
    /// Whether the bound belongs to it.
    pub inclusive: bool,
    /// Distance of two values; never 0.
    pub step: i64,
}

impl RangeObject {
    /// Refuses the range of all 64-bit ints, whose length does not fit 64 bits.
    pub fn check<'gc>(&self, cx: &mut Cx<'_, 'gc>) -> Result<(), Box<Control<'gc>>> {
        let bounds = [self.lo, self.hi];
        if self.inclusive && self.step.abs() == 1 && bounds.contains(&i64::MIN) && bounds.contains(&i64::MAX) {
            return Err(cx.value_error("a range cannot have all ints of 64 bits: leave one of them out"));
        }
        Ok(())
    }

    /// Number of values.
    pub fn len(&self) -> u64 {
        let (lo, hi, step) = (i128::from(self.lo), i128::from(self.hi), i128::from(self.step));
        let span = if step > 0 { hi - lo } else { lo - hi };
        let span = if self.inclusive { span + 1 } else { span };
        if span <= 0 { 0 } else { u64::try_from((span - 1) / step.abs() + 1).unwrap_or(u64::MAX) }
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Value number `index`, which must be below [`Self::len`].
    pub fn get(&self, index: u64) -> i64 {
        (i128::from(self.lo) + i128::from(self.step) * i128::from(index)) as i64
    }

    /// Whether `value` is one of its values.
    pub fn contains(&self, value: i64) -> bool {
        let offset = i128::from(value) - i128::from(self.lo);
        let step = i128::from(self.step);
        offset % step == 0 && offset / step >= 0 && offset / step < i128::from(self.len())
    }
}
