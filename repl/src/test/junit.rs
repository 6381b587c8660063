//! Results as XML in the form of JUnit, which most servers that run tests read.

use super::case::{Outcome, Verdict};
use super::report::{Reporter, Tally};
use super::suite::{Broken, Suite, Test};
use crate::output::output;
use std::fmt::Write as _;
use std::time::Duration;

/// Collects, and writes to standard output at the end.
#[derive(Default)]
pub struct Junit {
    suites: Vec<SuiteXml>,
}

/// A `testsuite` in the making.
#[derive(Default)]
struct SuiteXml {
    name: String,
    cases: String,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    time: Duration,
}

impl Reporter for Junit {
    fn suite(&mut self, suite: &Suite) {
        self.suites.push(SuiteXml { name: suite.path.clone(), ..SuiteXml::default() });
    }

    fn test(&mut self, suite: &Suite, test: &Test, outcome: &Outcome) {
        let xml = self.suites.last_mut().expect("`suite` comes before its tests");
        xml.tests += 1;
        xml.time += outcome.time;
        let _ = write!(
            xml.cases,
            "    <testcase name=\"{}\" classname=\"{}\" file=\"{1}\" line=\"{}\" time=\"{:.6}\"",
            escaped(&test.name),
            escaped(&suite.path),
            test.line,
            outcome.time.as_secs_f64()
        );
        match &outcome.verdict {
            Verdict::Failed(failure) => {
                xml.failures += 1;
                let (kind, message, text) = (escaped(&failure.kind), escaped(&failure.message), escaped(&failure.text));
                let _ = write!(xml.cases, ">\n      <failure type=\"{kind}\" message=\"{message}\">{text}</failure>\n");
                if !outcome.output.is_empty() {
                    let _ = writeln!(xml.cases, "      <system-out>{}</system-out>", escaped(&outcome.output));
                }
                xml.cases.push_str("    </testcase>\n");
            }
            Verdict::Skipped(reason) => {
                xml.skipped += 1;
                let _ = write!(xml.cases, ">\n      <skipped message=\"{}\"/>\n    </testcase>\n", escaped(reason));
            }
            _ => xml.cases.push_str("/>\n"),
        }
    }

    fn unloadable(&mut self, broken: &Broken) {
        let (path, text) = (escaped(&broken.path), escaped(&broken.text));
        let cases = format!(
            "    <testcase name=\"load\" classname=\"{path}\" file=\"{path}\" time=\"0\">\n      <error type=\"load\" message=\"the file cannot be loaded\">{text}</error>\n    </testcase>\n"
        );
        self.suites.push(SuiteXml { name: broken.path.clone(), cases, tests: 1, errors: 1, ..SuiteXml::default() });
    }

    fn end(&mut self, tally: &Tally) {
        let sum = |part: fn(&SuiteXml) -> usize| self.suites.iter().map(part).sum::<usize>();
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lang test\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.6}\">\n",
            sum(|xml| xml.tests),
            sum(|xml| xml.failures),
            sum(|xml| xml.errors),
            sum(|xml| xml.skipped),
            tally.time.as_secs_f64()
        );
        for xml in &self.suites {
            let _ = write!(
                out,
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.6}\">\n{}  </testsuite>\n",
                escaped(&xml.name),
                xml.tests,
                xml.failures,
                xml.errors,
                xml.skipped,
                xml.time.as_secs_f64(),
                xml.cases
            );
        }
        out.push_str("</testsuites>\n");
        // Nobody reads it any more: that is not for a protocol to tell.
        let _ = output().write(&out);
    }
}

/// Text for an element or an attribute. What XML cannot hold becomes a mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Readers make one space of every line break in an attribute.
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_leaves_its_attribute() {
        assert_eq!(escaped("<a & \"b\">\n\u{1b}é"), "&lt;a &amp; &quot;b&quot;&gt;&#10;\u{fffd}é");
    }
}
