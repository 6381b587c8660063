//! Finding instances: the collector passes all that are alive when it marks, and tells which ones if it is asked to.
//!
//! Marking runs to its end within one call on one thread, which is why a thread-local is enough for any number of VMs.

use super::{Instance, LayoutId};
use gc_arena::{Gc, Mutation};
use std::cell::{Cell, RefCell};

thread_local! {
    static WANTED: Cell<bool> = const { Cell::new(false) };
    static FOUND: RefCell<Vec<Found>> = const { RefCell::new(Vec::new()) };
    /// By layout, whether its instances are to be told; those of layouts that are not here are.
    static LAYOUTS: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) };
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
        let layout = instance.layout().0 as usize;
        if LAYOUTS.with_borrow(|layouts| layouts.get(layout) == Some(&false)) {
            return;
        }
        let found = Found { address: std::ptr::from_ref(instance) as usize, layout: instance.layout() };
        FOUND.with_borrow_mut(|all| all.push(found));
    }
}

/// Runs `mark`, which must mark everything once, and gives the instances that it passed.
pub fn take_census(mark: impl FnOnce()) -> Vec<Found> {
    pass_instances(&mut Vec::new(), mark)
}

/// Runs some work of the collector, and gives the instances that it passed, of all layouts but those that `layouts` says false of.
pub fn pass_instances(layouts: &mut Vec<bool>, work: impl FnOnce()) -> Vec<Found> {
    LAYOUTS.set(std::mem::take(layouts));
    WANTED.set(true);
    work();
    WANTED.set(false);
    *layouts = LAYOUTS.take();
    FOUND.take()
}

impl Found {
    /// The instance.
    ///
    /// # Safety
    /// It must have been found in the arena of `mc`, in the marking that ended last.
    pub unsafe fn instance<'gc>(self, _: &Mutation<'gc>) -> Gc<'gc, Instance<'gc>> {
        // SAFETY: what that marking has traced is not freed before the next one has ended.
        unsafe { Gc::from_ptr(self.address as *const Instance<'gc>) }
    }
}
