//! The write barrier for containers that the engine mutates in place.

use super::Value;
use gc_arena::{Gc, Mutation};

/// Must be called in the same slice as a store of `child` into the heap entity `parent`, before or after it.
///
/// Marks the child at once (a forward barrier): large containers that change all the time would otherwise be traced again in every
/// slice of a collection.
#[inline]
pub fn write_barrier<'gc>(mc: &Mutation<'gc>, parent: Gc<'gc, ()>, child: &Value<'gc>) {
    if let Some(child) = child.heap_pointer() {
        mc.forward_barrier(Some(parent), child);
    }
}
