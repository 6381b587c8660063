//! What is said about a load or reload: one line, and what needs attention.

use crate::diagnostics;
use std::fmt::Write as _;
use vm::embed::Error;
use vm::reload::{Entry, Report, codes, conflict_text, layout_text};
use vm::session::listed;

/// What the program does whose text is edited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Program {
    /// It runs.
    Runs,
    /// It has failed, and waits for an edit.
    Waits,
    /// It has stopped at an error, with all its calls alive.
    Stopped,
}

impl Program {
    /// What it does when an edit does not come about.
    pub fn without_edit(self) -> &'static str {
        match self {
            Program::Runs => "the program goes on unchanged",
            Program::Waits => "the program still waits for an edit",
            Program::Stopped => "the program stays stopped",
        }
    }
}

/// The short form of a reload's report.
pub fn of_reload(report: &Report, program: Program, style: diagnostics::Report) -> String {
    if !report.ok {
        let mut out = refusal(report, style) + &warnings(report, style);
        let _ = writeln!(out, "reload: refused; {} (epoch {})", program.without_edit(), report.epoch);
        if !report.ran_statements.is_empty() {
            let _ = writeln!(out, "  ran: {}; what that did to objects and outside stays", ran(report));
        }
        return out;
    }
    let mut out = warnings(report, style) + "reload: ";
    if !report.committed {
        let _ = writeln!(out, "no change (epoch {})", report.epoch);
    } else {
        let _ = write!(out, "committed (epoch {})", report.epoch);
        let groups = [
            ("added", &report.added),
            ("changed", &report.changed),
            ("recomputed", &report.recomputed),
            ("restored", &report.restored),
            ("moved", &report.moved),
            ("renamed", &report.renamed),
            ("adopted", &report.adopted),
        ];
        let mut named: Vec<String> = groups
            .iter()
            .filter(|(_, entries)| !entries.is_empty())
            .map(|(word, entries)| format!("{word} {}", names(entries)))
            .collect();
        let retracted: Vec<Entry> = report.retracted().cloned().collect();
        if !retracted.is_empty() {
            named.push(format!("removed {}", names(&retracted)));
        }
        if report.relinked > 0 {
            named.push(format!("{} holders relinked", report.relinked));
        }
        if !report.ran_statements.is_empty() {
            named.push(format!("ran {}", ran(report)));
        }
        if named.is_empty() {
            named.extend(report.notes.iter().map(ToString::to_string));
        }
        if !named.is_empty() {
            let _ = write!(out, ": {}", named.join("; "));
        }
        out.push('\n');
    }
    attention(&mut out, report);
    out
}

/// The whole report: its warnings, and the rest.
pub fn in_full(report: &Report, style: diagnostics::Report) -> (String, String) {
    (warnings(report, style), Report { warnings: Vec::new(), ..report.clone() }.to_string())
}

fn warnings(report: &Report, style: diagnostics::Report) -> String {
    report.warnings.iter().map(|warning| style.warning(warning)).collect()
}

/// Most reasons of a refusal that are shown.
const REASONS_MAX: usize = 30;

/// Why a load or reload was refused.
pub fn refusal(report: &Report, style: diagnostics::Report) -> String {
    let mut out = String::new();
    let mut errors = report.error.iter().chain(&report.further_errors);
    for reason in report.reasons.iter().take(REASONS_MAX) {
        let error = if reason.code == codes::FAILED.id { errors.next() } else { None };
        match error {
            Some(error @ (Error::Raised { .. } | Error::Interrupted(_))) => out.push_str(&style.error(error)),
            _ => out.push_str(&style.reason(reason)),
        }
    }
    if let Some(left) = report.reasons.len().checked_sub(REASONS_MAX).filter(|left| *left > 0) {
        let _ = writeln!(out, "… and {left} more");
    }
    if out.is_empty()
        && let Some(error) = &report.error
    {
        out.push_str(&style.error(error));
    }
    out
}

/// Lines about what the user may have to do something about.
fn attention(out: &mut String, report: &Report) {
    for entry in report.lost() {
        let _ = writeln!(out, "  leaked: `{entry}` is no longer defined and is kept for those who use it");
    }
    for name in &report.released {
        let _ = writeln!(out, "  released: `{name}` has left; nothing used it any more");
    }
    for entry in &report.conflicts {
        let _ = writeln!(out, "  conflict: `{entry}` {}", conflict_text(entry));
    }
    for change in &report.layouts {
        let _ = writeln!(out, "  layout: {}", layout_text(change));
    }
    for stale in report.stale.iter() {
        let _ = writeln!(out, "  stale: {stale}");
    }
}

fn ran(report: &Report) -> String {
    listed(&report.ran_statements.iter().map(|place| format!("{}:{}", place.file, place.line)).collect::<Vec<_>>())
}

fn names(entries: &[Entry]) -> String {
    listed(&entries.iter().map(Entry::with_origin).collect::<Vec<_>>())
}
