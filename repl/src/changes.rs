//! Commands of the session about what has changed, would change, and where definitions come from.

use crate::command::{Next, complain, with_ending, write};
use crate::diagnostics::Report as Style;
use crate::output::output;
use crate::session::Session;
use crate::summary::{self, Program, listed};
use std::fmt::Write as _;
use vm::reload::{DefinitionVersion, LeakEntry, Origin, Report};

/// `:plan [FILE]`
pub fn plan(session: &mut Session, path: &str) -> Next {
    match session.plan(&with_ending(path)) {
        Ok(report) => {
            let (warnings, rest) = summary::in_full(&report, Style::for_stdout());
            write(&format!("{warnings}{rest}"))
        }
        Err(message) => complain(&message),
    }
}

/// `:undo`
pub fn undo(session: &mut Session, _: &str) -> Next {
    tell(session.vm().undo(), "there is no commit to undo")
}

/// `:redo`
pub fn redo(session: &mut Session, _: &str) -> Next {
    tell(session.vm().redo(), "no commit has been undone, or another one was made since then")
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
    let leaks = session.vm().leaks(None);
    if leaks.is_empty() {
        return write("there are no leaks: everything alive is defined by a file or the session\n");
    }
    write(&leaks.iter().map(leak).collect::<String>())
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
