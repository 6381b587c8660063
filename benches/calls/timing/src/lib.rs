//! Times what crosses the border between a host and an engine. Every engine measures the same things under the same names, so that their lines can be put
//! side by side: `engine<tab>what<tab>figure`.

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::Instant;

/// All engines get the same allocator, which counts.
#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that are allocated.
static ALLOCATED: AtomicIsize = AtomicIsize::new(0);

/// Bytes that are allocated now.
pub fn allocated() -> isize {
    ALLOCATED.load(Ordering::Relaxed)
}

/// Calls or turns in one round.
pub const COUNT: i64 = 100_000;

/// Rounds, of which the fastest counts.
const ROUNDS: usize = 25;

/// VMs that are made in one round.
const MADE: usize = 20;

/// What scripts do, and the functions of the engines' scripts that do it so many times as they are told.
const RUNS: [(&str, &str); 7] = [
    ("script calls add(int, int)", "calls"),
    ("script calls length(text)", "texts"),
    ("script calls a method", "methods"),
    ("script reads a property", "properties"),
    ("script writes a property", "writes"),
    ("script makes an object", "objects"),
    ("script calls a host function that calls it back", "callbacks"),
];

/// One engine's measurements.
pub struct Timing(pub &'static str);

impl Timing {
    /// Prints a figure.
    fn print(&self, what: &str, figure: f64) {
        println!("{}\t{what}\t{figure:.2}", self.0);
    }

    /// Prints how many nanoseconds one of `count` takes that `round` does.
    fn of(&self, what: &str, count: i64, mut round: impl FnMut()) {
        let best = (0..ROUNDS).map(|_| {
            let begin = Instant::now();
            round();
            begin.elapsed()
        });
        let best = best.min().expect("there are rounds").as_secs_f64();
        self.print(what, best * 1e9 / count as f64);
    }

    /// Times making and dropping VMs, and counts the bytes that one has allocated.
    pub fn vms<T>(&self, mut make: impl FnMut() -> T) {
        // What is made once for all of them.
        drop(make());
        self.of("making and dropping a VM (ns)", MADE as i64, || (0..MADE).for_each(|_| drop(make())));
        let before = allocated();
        let made: Vec<T> = (0..MADE).map(|_| make()).collect();
        let grown = allocated() - before;
        self.print("memory of a VM (bytes)", grown as f64 / MADE as f64);
        drop(made);
    }

    /// Times calls from the host to a function of two ints.
    pub fn adds<T>(&self, call: impl FnMut(i64) -> T) {
        self.calls("host calls add(int, int)", call);
    }

    /// Times calls from the host to a function of a text.
    pub fn lengths<T>(&self, call: impl FnMut(i64) -> T) {
        self.calls("host calls length(text)", call);
    }

    fn calls<T>(&self, what: &str, mut call: impl FnMut(i64) -> T) {
        self.of(what, COUNT, || {
            for n in 0..COUNT {
                black_box(call(black_box(n)));
            }
        });
    }

    /// Times what scripts do: `run` calls one of their functions with [`COUNT`].
    pub fn runs<T>(&self, mut run: impl FnMut(&'static str) -> T) {
        for (what, name) in RUNS {
            self.of(what, COUNT, || drop(black_box(run(name))));
        }
    }
}

/// The allocator of all engines.
struct Counting;

/// Only one thread allocates while something is measured: no locked instruction is needed.
fn count(bytes: isize) {
    ALLOCATED.store(ALLOCATED.load(Ordering::Relaxed) + bytes, Ordering::Relaxed);
}

// SAFETY: every call goes on to the allocator that is counted, as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        unsafe { MiMalloc.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { MiMalloc.dealloc(pointer, layout) }
    }
}
