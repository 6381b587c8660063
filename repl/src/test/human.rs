//! Results for people: each test on a line, then what failed, and the sum.

use super::Shown;
use super::case::{Failure, Outcome, Verdict};
use super::report::{Reporter, Tally, milliseconds};
use super::suite::{Broken, Suite, Test};
use crate::diagnostics::{Report as Style, printable};
use crate::output::output;
use anstyle::AnsiColor;
use std::fmt::Write as _;
use std::time::Duration;

/// A test that takes this long has its time shown.
const SLOW: Duration = Duration::from_secs(1);

/// Writes to standard output.
pub struct Human {
    shown: Shown,
    style: Style,
    /// What is told at the end of the tests that failed.
    failures: String,
}

impl Human {
    /// Tells with this much detail.
    pub fn new(shown: Shown, style: Style) -> Human {
        Human { shown, style, failures: String::new() }
    }

    fn failed(&mut self, id: &str, failure: &Failure, printed: &str) {
        let label = self.style.paint(AnsiColor::BrightRed.on_default().bold(), "FAILED");
        let _ = write!(self.failures, "\n{label} {}\n{}", shown(id), failure.text);
        if !printed.is_empty() {
            self.failures.push_str("output:\n");
            for line in printed.lines() {
                let _ = writeln!(self.failures, "{}", format!("    {}", printable(line)).trim_end());
            }
        }
    }
}

/// A name as it is shown on a line.
fn shown(name: &str) -> String {
    printable(name).replace('\n', " ")
}

/// Writes to standard output. When nobody reads it any more, the process ends.
fn print(text: &str) {
    if let Err(error) = output().write(text) {
        output().note(&Style::for_stderr().failure(&format!("cannot write to standard output: {error}")));
    }
}

impl Reporter for Human {
    fn suite(&mut self, suite: &Suite) {
        if self.shown.passed {
            print(&format!("{}\n", printable(&suite.path)));
        }
    }

    fn test(&mut self, suite: &Suite, test: &Test, outcome: &Outcome) {
        let style = self.style;
        let name = shown(&test.name);
        let mut line = match &outcome.verdict {
            Verdict::Failed(failure) => {
                self.failed(&suite.id(test), failure, &outcome.output);
                format!("  {}   {name}", style.paint(AnsiColor::BrightRed.on_default().bold(), "FAILED"))
            }
            Verdict::Skipped(reason) => {
                let reason = if reason.is_empty() { String::new() } else { format!(": {}", shown(reason)) };
                format!("  {}  {name}{reason}", style.paint(AnsiColor::Yellow.on_default(), "skipped"))
            }
            _ => format!("  {}       {name}", style.paint(AnsiColor::Green.on_default(), "ok")),
        };
        if self.shown.times || outcome.time >= SLOW {
            let _ = write!(line, " ({})", milliseconds(outcome.time));
        }
        if self.shown.passed {
            print(&format!("{line}\n"));
        }
    }

    fn unloadable(&mut self, broken: &Broken) {
        let label = self.style.paint(AnsiColor::BrightRed.on_default().bold(), "NOT LOADED");
        let _ = write!(self.failures, "\n{label} {}\n{}", printable(&broken.path), broken.text);
    }

    fn end(&mut self, tally: &Tally) {
        let failures = std::mem::take(&mut self.failures);
        print(if self.shown.passed { &failures } else { failures.trim_start() });
        let mut parts = Vec::new();
        for (count, word) in [(tally.passed, "passed"), (tally.failed, "failed"), (tally.skipped, "skipped")] {
            if count > 0 || word == "passed" {
                parts.push(format!("{count} {word}"));
            }
        }
        let tests = tally.tests();
        let mut line = format!("{tests} {}: {}", if tests == 1 { "test" } else { "tests" }, parts.join(", "));
        if tally.unloadable > 0 {
            let _ = write!(line, "; {} {} not loaded", tally.unloadable, if tally.unloadable == 1 { "file" } else { "files" });
        }
        if self.shown.times {
            let _ = write!(line, " ({})", milliseconds(tally.time));
        }
        if tally.is_interrupted {
            line.push_str("; interrupted");
        }
        let colour =
            if tally.failed + tally.unloadable > 0 || tally.is_interrupted { AnsiColor::BrightRed } else { AnsiColor::Green };
        print(&format!("\n{}\n", self.style.paint(colour.on_default().bold(), &line)));
    }
}
