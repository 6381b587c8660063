//! Commands of the session about what has changed, would change, and where definitions come from.

use crate::command::{Next, complain, with_ending, write};
use crate::diagnostics::Report as Style;
use crate::output::output;
use crate::session::Session;
use crate::summary::{self, Program};
use vm::reload::Report;

/// What is said when there is nothing to be done.
pub const NOTHING_TO_UNDO: &str = "there is no commit to undo";
pub const NOTHING_TO_REDO: &str = "no commit has been undone, or another one was made since then";

/// `:plan [FILE]`
pub fn plan(session: &mut Session, path: &str) -> Next {
    match session.plan(&with_ending(path)) {
        Ok(report) => write(&plan_text(&report, Style::for_stdout())),
        Err(message) => complain(&message),
    }
}

/// What a plan says.
pub fn plan_text(report: &Report, style: Style) -> String {
    let (warnings, rest) = summary::in_full(report, style);
    format!("{warnings}{rest}")
}

/// `:undo`
pub fn undo(session: &mut Session, _: &str) -> Next {
    tell(session.vm().undo(), NOTHING_TO_UNDO)
}

/// `:redo`
pub fn redo(session: &mut Session, _: &str) -> Next {
    tell(session.vm().redo(), NOTHING_TO_REDO)
}

fn tell(report: Option<Report>, otherwise: &str) -> Next {
    match report {
        Some(report) => {
            output().note(&summary::of_reload(&report, Program::Runs, Style::for_stderr()));
            Next::Input
        }
        None => complain(otherwise),
    }
}
