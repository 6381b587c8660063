//! The allocator of the command line tool: mimalloc for the many small objects of a program, the system's for large buffers.
//!
//! The system's `realloc` of a large buffer remaps its pages where mimalloc copies into fresh ones: a list that grows to a million items
//! costs a third of the memory and half the time (`benches/run --only sieve`: 59 against 22 MB at the peak).

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout, System};

/// Size in bytes from which a buffer is the system's.
const LARGE: usize = 256 * 1024;

/// See the head of this file.
pub struct BySize;

// SAFETY: each request goes to one of two correct allocators, chosen by the size alone; `dealloc` and `realloc` are given the layout that
// a block was allocated with, and so choose the allocator it came from.
unsafe impl GlobalAlloc for BySize {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's. Whatever mimalloc gives is aligned for words; asking for an alignment takes it a longer way.
        unsafe {
            if layout.size() >= LARGE {
                System.alloc(layout)
            } else if layout.align() <= align_of::<usize>() {
                libmimalloc_sys::mi_malloc(layout.size()).cast()
            } else {
                MiMalloc.alloc(layout)
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        unsafe { if layout.size() < LARGE { MiMalloc.alloc_zeroed(layout) } else { System.alloc_zeroed(layout) } }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's; the layout is the one of the allocation.
        unsafe { if layout.size() < LARGE { MiMalloc.dealloc(block, layout) } else { System.dealloc(block, layout) } }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's; a block that changes sides is copied into one from the other allocator.
        unsafe {
            match (layout.size() < LARGE, size < LARGE) {
                (true, true) => MiMalloc.realloc(block, layout, size),
                (false, false) => System.realloc(block, layout, size),
                _ => {
                    let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                    if !moved.is_null() {
                        moved.copy_from_nonoverlapping(block, layout.size().min(size));
                        self.dealloc(block, layout);
                    }
                    moved
                }
            }
        }
    }
}
