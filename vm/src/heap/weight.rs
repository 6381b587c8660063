//! How heavy the living buffers are.
//!
//! The collector counts objects, not bytes. Types with a buffer of their own report its size when they are marked; the driver reads the
//! sum after each slice of a collection, so that at the end of a cycle it knows what is alive. Marking runs to its end within one
//! call on one thread, which is why a thread-local is enough for any number of VMs.

use gc_arena::Collect;
use gc_arena::collect::Trace;
use std::cell::Cell;

thread_local! {
    static MARKED: Cell<usize> = const { Cell::new(0) };
    static CYCLE: Cell<u32> = const { Cell::new(1) };
}

/// To be called from `Collect::trace` of an object with a buffer of `bytes`.
#[inline]
pub fn note_marked(bytes: usize) {
    MARKED.with(|marked| marked.set(marked.get() + bytes));
}

/// As [`note_marked`], for what may be traced several times in one cycle. `cycle` belongs to the object.
#[inline]
pub fn note_marked_once(bytes: usize, cycle: &Cell<u32>) {
    let current = CYCLE.with(Cell::get);
    if cycle.replace(current) != current {
        note_marked(bytes);
    }
}

/// To be called at the end of each cycle.
pub fn end_cycle() {
    CYCLE.with(|cycle| cycle.set(cycle.get().wrapping_add(1)));
}

/// Bytes reported since the last call.
pub fn take_marked() -> usize {
    MARKED.with(|marked| marked.replace(0))
}

/// Bytes of the buffers of an object, as a part of it: reported when the object is marked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weight(u32);

impl Weight {
    /// So many bytes; what the collector assumes of every object is left out.
    pub fn of(bytes: usize) -> Weight {
        Weight(u32::try_from(bytes).unwrap_or(u32::MAX))
    }
}

// SAFETY: it holds no pointers of the heap; it is traced only so that it is known.
unsafe impl<'gc> Collect<'gc> for Weight {
    #[inline]
    fn trace<T: Trace<'gc>>(&self, _: &mut T) {
        if self.0 > 0 {
            note_marked(self.0 as usize);
        }
    }
}
