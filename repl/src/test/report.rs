//! What is told of a run, as it goes on.

use super::case::{Outcome, Verdict};
use super::suite::{Broken, Suite, Test};
use std::time::Duration;

/// The sum of a run.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tally {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests that left themselves out.
    pub skipped: usize,
    /// Files that cannot be loaded.
    pub unloadable: usize,
    /// Whether the run was broken off.
    pub is_interrupted: bool,
    /// How long it took.
    pub time: Duration,
}

impl Tally {
    /// Counts a test.
    pub fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Skipped(_) => self.skipped += 1,
            Verdict::Failed(_) => self.failed += 1,
            Verdict::Unloadable(_) => self.unloadable += 1,
            Verdict::Interrupted => self.is_interrupted = true,
        }
    }

    /// Tests that ran.
    pub fn tests(&self) -> usize {
        self.passed + self.failed + self.skipped
    }
}

/// Somebody who tells of a run. Results come file by file.
pub trait Reporter {
    /// The tests of a file follow.
    fn suite(&mut self, suite: &Suite);
    /// A test has ended: it passed, failed, or was left out.
    fn test(&mut self, suite: &Suite, test: &Test, outcome: &Outcome);
    /// A file cannot be loaded.
    fn unloadable(&mut self, broken: &Broken);
    /// The run has ended.
    fn end(&mut self, tally: &Tally);
}

/// A time as it is shown.
pub fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    if milliseconds < 10.0 { format!("{milliseconds:.1} ms") } else { format!("{milliseconds:.0} ms") }
}
