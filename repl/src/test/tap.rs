//! Results in the Test Anything Protocol, version 14 (<https://testanything.org/tap-version-14-specification.html>).

use super::case::{Outcome, Verdict};
use super::report::{Reporter, Tally};
use super::suite::{Broken, Suite, Test};
use crate::output::output;
use std::fmt::Write as _;

/// Writes to standard output; the plan comes last.
#[derive(Default)]
pub struct Tap {
    /// Points so far.
    count: usize,
}

impl Tap {
    fn point(&mut self, is_ok: bool, description: &str, directive: &str, details: &[(&str, String)]) {
        let mut out = if self.count == 0 { "TAP version 14\n".to_owned() } else { String::new() };
        self.count += 1;
        let not = if is_ok { "" } else { "not " };
        let _ = writeln!(out, "{not}ok {} - {}{directive}", self.count, escaped(description));
        if !details.is_empty() {
            out.push_str("  ---\n");
            for (key, value) in details {
                let _ = writeln!(out, "  {key}: {value}");
            }
            out.push_str("  ...\n");
        }
        write(&out);
    }
}

fn write(text: &str) {
    // Nobody reads it any more: that is not for a protocol to tell.
    let _ = output().write(text);
}

impl Reporter for Tap {
    fn suite(&mut self, _: &Suite) {}

    fn test(&mut self, suite: &Suite, test: &Test, outcome: &Outcome) {
        let time = ("duration_ms", format!("{:.3}", outcome.time.as_secs_f64() * 1000.0));
        let id = suite.id(test);
        match &outcome.verdict {
            Verdict::Failed(failure) => {
                let mut details = vec![
                    ("message", quoted(&format!("{}: {}", failure.kind, failure.message))),
                    ("at", quoted(&format!("{}:{}", suite.path, test.line))),
                    time,
                    ("details", block(&failure.text)),
                ];
                if !outcome.output.is_empty() {
                    details.push(("output", block(&outcome.output)));
                }
                self.point(false, &id, "", &details);
            }
            Verdict::Skipped(reason) => self.point(true, &id, &format!(" # SKIP {}", escaped(reason)), &[time]),
            _ => self.point(true, &id, "", &[time]),
        }
    }

    fn unloadable(&mut self, broken: &Broken) {
        let message = ("message", quoted("the file cannot be loaded"));
        self.point(false, &broken.path, "", &[message, ("details", block(&broken.text))]);
    }

    fn end(&mut self, tally: &Tally) {
        if tally.is_interrupted {
            write("Bail out! interrupted\n");
        } else {
            write(&format!("1..{}\n", self.count));
        }
    }
}

/// A description in one line, in which nothing begins a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#").replace(['\n', '\r'], " ")
}

/// A YAML string in quotes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A YAML text of several lines.
fn block(text: &str) -> String {
    // The number says how far it is indented: the text may begin with spaces.
    let mut out = String::from("|2-");
    for line in text.trim_end().split('\n') {
        let line: String = line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
        let _ = write!(out, "\n    {line}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_begin_no_directive() {
        assert_eq!(escaped("a # SKIP\nb\\c"), "a \\# SKIP b\\\\c");
    }

    #[test]
    fn texts_are_yaml() {
        assert_eq!(quoted("a \"b\"\\\n\u{1b}"), "\"a \\\"b\\\"\\\\\\n\\u001b\"");
        assert_eq!(block(" a\n\nb\n"), "|2-\n     a\n    \n    b");
    }
}
