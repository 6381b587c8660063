//! Commands of the session about what has changed, would change, and where definitions come from.

use crate::command::{Next, complain, with_ending, write};
use crate::diagnostics::Report as Style;
use crate::output::output;
use crate::session::Session;
use crate::summary::{self, Program, listed};
use std::fmt::Write as _;
use vm::embed::Vm;
use vm::reload::{DefinitionVersion, LeakEntry, Origin, Report};

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

/// `:why NAME`
pub fn why(session: &mut Session, name: &str) -> Next {
    let Some(qualified) = session.qualified(name) else { return complain("write `:why NAME`, with a namespace as in `game.step`") };
    match session.vm().origin_of(&qualified) {
        Some(origin) => write(&format!("{}\n", told(&qualified, &origin))),
        None => complain(&format!("there is no `{qualified}`")),
    }
}

/// Where a definition comes from.
fn told(qualified: &str, origin: &Origin) -> String {
    let mut out = format!("{} {qualified}, version {}", origin.kind, origin.version);
    match &origin.file {
        Some(file) if origin.line > 0 => {
            let _ = write!(out, ", from {file}:{} (version {} of the file)", origin.line, origin.file_version);
        }
        Some(file) => {
            let _ = write!(out, ", was in {file} up to its version {}", origin.file_version);
        }
        None => {}
    }
    if let Some(epoch) = origin.epoch {
        let _ = write!(out, ", commit {epoch}");
    }
    out.push_str(match origin.state {
        "leak" => "; no file defines it any more: `:leaks` tells who uses it",
        "evaluated" => "; evaluated in a session, its file has another text",
        "host" => "; the host has made it",
        _ => "",
    });
    out
}

/// `:history NAME`
pub fn history(session: &mut Session, name: &str) -> Next {
    let Some(qualified) = session.qualified(name) else {
        return complain("write `:history NAME`, with a namespace as in `game.step`");
    };
    let versions = session.vm().history(&qualified);
    if versions.is_empty() {
        return complain(&match session.vm().origin_of(&qualified) {
            Some(_) => format!("no version of `{qualified}` that came from a file is remembered"),
            None => format!("there is no `{qualified}`"),
        });
    }
    let show = |v: &DefinitionVersion| format!("# version {}, commit {}, {}\n{}\n", v.version, v.epoch, v.file, v.text.trim_end());
    write(&versions.iter().map(show).collect::<Vec<_>>().join("\n"))
}

/// `:leaks`
pub fn leaks(session: &mut Session, _: &str) -> Next {
    write(&leaks_text(session.vm()))
}

/// All leaks, with who uses them.
pub fn leaks_text(vm: &mut Vm) -> String {
    let leaks = vm.leaks(None);
    if leaks.is_empty() {
        return "there are no leaks: everything alive is defined by a file or the session\n".into();
    }
    leaks.iter().map(leak).collect()
}

/// What a leak is, and who uses it.
fn leak(leak: &LeakEntry) -> String {
    let mut out = format!(
        "{} {}.{}, in {} up to its version {}, left with commit {}",
        leak.kind, leak.namespace, leak.name, leak.file, leak.origin_version, leak.removed_in
    );
    if let Some(target) = &leak.forwards_to {
        let _ = write!(out, "; it goes on as {target}");
    }
    let ends = if leak.uses.is_empty() { "; it ends by itself" } else { "" };
    let _ = writeln!(out, "\n  used by {}{ends}", leak.uses);
    if !leak.uses.code.is_empty() {
        let _ = writeln!(out, "  mentioned in {}", listed(&leak.uses.code));
    }
    if !leak.uses.path.is_empty() {
        let _ = writeln!(out, "  reached by {}", leak.uses.path);
    }
    out
}

/// `:drift`
pub fn drift(session: &mut Session, _: &str) -> Next {
    let drift: Vec<_> = session.vm().drift().into_iter().filter(|drift| !Session::is_typed(&drift.name)).collect();
    if drift.is_empty() {
        return write("what runs is what a cold start of the files would make\n");
    }
    write(&drift.iter().map(|drift| format!("{} {}: {}\n", drift.kind, drift.name, drift.why)).collect::<String>())
}
