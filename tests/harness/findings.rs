//! What is wrong with texts, from whichever step found it, against the marks of a case.

use crate::case::{Mark, MarkKind, Text, Wanted};
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use vm::reload::{Reason, Report};

/// An error or warning with its place in the case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Whether it is an error; otherwise a warning.
    pub is_error: bool,
    /// Its code.
    pub code: String,
    /// Message, label and help.
    pub text: String,
    /// Line of the case; 0 if no line of the text is to blame.
    pub line: u32,
}

impl Finding {
    /// A diagnostic; `first_line` is the line of the case on which the source starts.
    pub fn of(diagnostic: &Diagnostic, source: &Source, first_line: u32) -> Finding {
        let mut text = format!("{}\n{}", diagnostic.message, diagnostic.label);
        for (_, note) in &diagnostic.notes {
            text.extend(["\n", note]);
        }
        if let Some(help) = &diagnostic.help {
            text.extend(["\n", help]);
        }
        let line = source.line(diagnostic.span.lo) + first_line - 1;
        Finding { is_error: diagnostic.is_error(), code: diagnostic.code.id.to_owned(), text, line }
    }

    fn of_reason(reason: &Reason, text: &Text, is_error: bool) -> Finding {
        let line = if reason.line == 0 { 0 } else { reason.line + text.first_line - 1 };
        let words = format!("{}\n{}\n{}", reason.message, reason.remedy, reason.detail);
        Finding { is_error, code: reason.code.to_owned(), text: words, line }
    }

    fn fits(&self, mark: &Mark) -> bool {
        let wanted = match (&mark.kind, self.is_error) {
            (MarkKind::Error(wanted), true) | (MarkKind::Warning(wanted), false) => wanted,
            _ => return false,
        };
        let fits = match wanted {
            Wanted::Code(code) => self.code == *code,
            Wanted::Text(text) => self.text.contains(text.as_str()),
        };
        fits && self.line == mark.line
    }

    fn shown(&self) -> String {
        let kind = if self.is_error { "error" } else { "warning" };
        format!("{kind}[{}]: {}", self.code, self.text.replace('\n', " | "))
    }
}

/// What a report says of one of its texts, beyond what `found` has already.
pub fn add_report(report: &Report, text: &Text, found: &mut Vec<Finding>) {
    let of_text = |reason: &&Reason| reason.file == text.name;
    let reasons = report.reasons.iter().filter(of_text).map(|reason| Finding::of_reason(reason, text, true));
    let warnings = report.warnings.iter().filter(of_text).map(|warning| Finding::of_reason(warning, text, false));
    let more: Vec<Finding> =
        reasons.chain(warnings).filter(|new| !found.iter().any(|f| f.code == new.code && f.line == new.line)).collect();
    found.extend(more);
}

/// Marks against findings: every mark needs a finding, and every error needs a mark. Gives what does not fit, by line.
pub fn compare(marks: &[Mark], found: &[Finding]) -> Vec<(u32, String)> {
    let mut wrong = Vec::new();
    for mark in marks {
        let (kind, wanted) = match &mark.kind {
            MarkKind::Error(wanted) => ("error", wanted),
            MarkKind::Warning(wanted) => ("warning", wanted),
            _ => continue,
        };
        if found.iter().any(|finding| finding.fits(mark)) {
            continue;
        }
        let here: Vec<String> = found.iter().filter(|f| f.line == mark.line).map(Finding::shown).collect();
        let got = if here.is_empty() { "nothing on this line".to_owned() } else { here.join("; ") };
        wrong.push((mark.line, format!("expected {kind} {wanted}, got {got}")));
    }
    for finding in found {
        if finding.is_error && !marks.iter().any(|mark| finding.fits(mark)) && !wrong.iter().any(|(line, _)| *line == finding.line)
        {
            wrong.push((finding.line, format!("unexpected {}", finding.shown())));
        }
    }
    wrong
}
