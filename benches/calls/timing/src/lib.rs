//! Times what crosses the border between a host and an engine. Every engine measures the same things under the same names, so that their lines can be put
//! side by side: `engine<tab>what<tab>nanoseconds`.

use std::hint::black_box;
use std::time::Instant;

/// All engines get the same allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls or turns in one round.
pub const COUNT: i64 = 200_000;

/// Rounds, of which the fastest counts.
const ROUNDS: usize = 9;

/// One engine's measurements.
pub struct Timing(pub &'static str);

impl Timing {
    /// Prints how long one of `count` takes that `round` does.
    pub fn of(&self, what: &str, count: i64, mut round: impl FnMut()) {
        let best = (0..ROUNDS).map(|_| {
            let begin = Instant::now();
            round();
            begin.elapsed()
        });
        let best = best.min().expect("there are rounds").as_secs_f64();
        println!("{}\t{what}\t{:.2}", self.0, best * 1e9 / count as f64);
    }

    /// Times [`COUNT`] calls from the host.
    pub fn calls<T>(&self, what: &str, mut call: impl FnMut(i64) -> T) {
        self.of(what, COUNT, || {
            for n in 0..COUNT {
                black_box(call(black_box(n)));
            }
        });
    }

    /// Prints how many KiB one of the things that `make` makes takes, by the growth of the process.
    pub fn memory<T>(&self, what: &str, mut make: impl FnMut() -> T) {
        const MADE: usize = 40;
        let first = make();
        let before = resident_kib();
        let made: Vec<T> = (0..MADE).map(|_| make()).collect();
        let grown = resident_kib().saturating_sub(before);
        println!("{}\t{what}\t{:.1}", self.0, grown as f64 / MADE as f64);
        drop((first, made));
    }
}

/// KiB of memory that the process has.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
