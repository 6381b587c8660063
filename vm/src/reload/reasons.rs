//! Reasons of the entrances in words: why a text was not read, why a commit was taken back.

use super::check::Reason;
use super::codes;
use crate::embed::Error;

/// Why a file cannot be taken in.
pub(super) fn unreadable(path: &str, message: String) -> Reason {
    Reason {
        code: codes::UNREADABLE.id,
        message,
        file: path.to_owned(),
        line: 0,
        remedy: "correct the file, or restart the program without it".into(),
        detail: String::new(),
        place: None,
    }
}

/// What the hooks of a class have computed is not mapped back with the commit that brought them.
pub(super) fn computed_stays(class: &str) -> Reason {
    Reason {
        code: codes::COMPUTED.id,
        message: format!("what `migrate` of `{class}` has computed stays as it is"),
        file: String::new(),
        line: 0,
        remedy: "an undo gives slots the values that they had before by their names; assign the others".into(),
        detail: String::new(),
        place: None,
    }
}

/// What the host has said about a commit that it does not want.
pub(super) fn refused_by_host(paths: &[String], message: String) -> Reason {
    Reason {
        code: codes::REFUSED_BY_HOST.id,
        message,
        file: paths.first().cloned().unwrap_or_default(),
        line: 0,
        remedy: "correct the text and save again".into(),
        detail: String::new(),
        place: None,
    }
}

/// Why a commit was taken back; `hook` says which one has raised, if it was one.
pub(super) fn failed_reason(error: &Error, hook: Option<String>) -> Reason {
    if let Error::Refused(problems) = error
        && let Some(problem) = problems.first()
    {
        return super::load::reason_of(&problem.source, &problem.diagnostic);
    }
    let text = error.to_string();
    let mut lines = text.lines();
    let message = lines.next().unwrap_or_default().to_owned();
    let (file, line) = match error {
        Error::Raised { trace, .. } => trace.shown().map_or((String::new(), 0), |f| (f.source.name().to_owned(), f.line())),
        _ => (String::new(), 0),
    };
    Reason {
        code: if hook.is_some() { codes::HOOK.id } else { codes::FAILED.id },
        message: format!("{}: {message}", hook.as_deref().unwrap_or("running the new top-level code failed")),
        file,
        line,
        remedy: match hook {
            Some(hook) if hook.starts_with("`before_reload`") => {
                "change what it refuses; an edit of `before_reload` itself is not refused by it".into()
            }
            _ => "correct the text and save again".into(),
        },
        detail: lines.collect::<Vec<_>>().join("\n"),
        place: None,
    }
}

/// Reasons as text, one after the other.
pub(super) fn reasons_text(reasons: &[Reason]) -> String {
    let mut out = String::new();
    for reason in reasons {
        out.push_str(&format!("error[{}]: {}\n", reason.code, reason.message));
        if !reason.detail.is_empty() {
            out.push_str(reason.detail.trim_end());
            out.push('\n');
        }
        if !reason.remedy.is_empty() {
            out.push_str(&format!("  = help: {}\n", reason.remedy));
        }
    }
    out
}
