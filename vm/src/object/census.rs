//! Finding instances: the collector passes all that are alive when it marks, and tells which ones if it is asked to.
//!
//! Marking runs to its end within one call on one thread, which is why a thread-local is enough for any number of VMs.

use super::{Instance, LayoutId};
use gc_arena::{Gc, Mutation};
use std::cell::{Cell, RefCell};

thread_local! {
    static WANTED: Cell<bool> = const { Cell::new(false) };
    static FOUND: RefCell<Vec<Found>> = const { RefCell::new(Vec::new()) };
}

/// An instance that was alive when the collector marked.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    address: usize,
    /// Its layout.
    pub layout: LayoutId,
}

/// To be called from `Collect::trace` of an instance.
#[inline]
pub(super) fn note(instance: &Instance<'_>) {
    if WANTED.get() {
        let found = Found { address: std::ptr::from_ref(instance) as usize, layout: instance.layout() };
        FOUND.with_borrow_mut(|all| all.push(found));
    }
}

/// Runs `mark`, which must mark everything once, and gives the instances that it passed.
pub fn take_census(mark: impl FnOnce()) -> Vec<Found> {
    WANTED.set(true);
    mark();
    WANTED.set(false);
    FOUND.take()
}

impl Found {
    /// The instance.
    ///
    /// # Safety
    /// It must have been found in the arena of `mc`, in the collection that ended last.
    pub unsafe fn instance<'gc>(self, _: &Mutation<'gc>) -> Gc<'gc, Instance<'gc>> {
        // SAFETY: what that collection marked is alive until the next one.
        unsafe { Gc::from_ptr(self.address as *const Instance<'gc>) }
    }
}
