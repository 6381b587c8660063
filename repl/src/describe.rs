//! Commands of the session that describe what there is.

use crate::command::{Next, complain, write};
use crate::repl::show;
use crate::session::Session;
use crate::stop::told;
use std::time::{Duration, Instant};
use vm::embed::Vm;
use vm::session::{self, Trouble, is_chain};

/// Splits `?x`, `x?`, `??x` and `x??` into the command they stand for and its argument.
pub fn question(text: &str) -> Option<(&'static str, &str)> {
    let text = text.trim();
    let behind = text.strip_suffix('?').filter(|rest| is_chain(rest.trim_end_matches('?').trim_end()));
    let (rest, is_twice) = match (text.strip_prefix('?'), behind) {
        (Some(rest), _) => rest.strip_prefix('?').map_or((rest, false), |rest| (rest, true)),
        (None, Some(rest)) => rest.strip_suffix('?').map_or((rest, false), |rest| (rest, true)),
        (None, None) => return None,
    };
    let name = if text.starts_with('?') { rest.trim_end_matches('?') } else { rest };
    Some((if is_twice { "source" } else { "doc" }, name.trim()))
}

/// Shows what the session's core has to tell.
pub fn tell(session: &mut Session, ask: impl FnOnce(&mut Vm, &mut session::Session) -> Result<String, Trouble>) -> Next {
    let (vm, core) = session.parts();
    let answer = ask(vm, core);
    crate::output::output().set_asking(false);
    match answer {
        Ok(text) => write(&text),
        Err(Trouble::Asked(message)) => complain(&message),
        Err(Trouble::Error(error)) => told(session, Err(error)),
    }
}

/// `:inspect [TEXT]`, `:inspect [N]`: numbers in brackets are parts of what was inspected last.
pub fn inspect(session: &mut Session, text: &str) -> Next {
    let (what, path) = way(text);
    let request = session::Request::Inspect { what: what.to_owned(), path, from: 0 };
    answered(session, &request)
}

/// What is inspected, and the numbers of parts behind it.
pub fn way(text: &str) -> (&str, Vec<usize>) {
    let mut path = Vec::new();
    let mut rest = text.trim();
    while rest.starts_with('[')
        && let Some((number, behind)) = rest[1..].split_once(']')
        && let Ok(number) = number.trim().parse()
    {
        path.push(number);
        rest = behind.trim_start();
    }
    if rest.is_empty() { (rest, path) } else { (text.trim(), Vec::new()) }
}

/// `:trace [NAME]`, `:untrace NAME`
pub fn trace(session: &mut Session, name: &str, on: bool) -> Next {
    answered(session, &session::Request::Trace { name: name.to_owned(), on })
}

/// Shows the answer to a request.
fn answered(session: &mut Session, request: &session::Request) -> Next {
    let (vm, core) = session.parts();
    let reply = core.answer(vm, request);
    match reply.error {
        Some(failure) => complain(&failure.text),
        None => write(&reply.text.unwrap_or_default()),
    }
}

/// `:time TEXT`
pub fn time(session: &mut Session, text: &str) -> Next {
    if text.is_empty() {
        return complain("write `:time TEXT`: it is evaluated, and how long that takes is shown");
    }
    let start = Instant::now();
    let result = session.evaluate(text);
    let taken = start.elapsed();
    let result = result.and_then(|value| {
        value.map_or(Ok(()), |value| show(session, &value))?;
        write(&format!("{} to evaluate\n", in_words(taken)));
        session.run_ready_tasks()
    });
    told(session, result)
}

fn in_words(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 0.001 => format!("{:.0} µs", seconds * 1e6),
        seconds if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{seconds:.2} s"),
    }
}

/// `:write FILE`; with a `!` it may be there already.
pub fn write_program(session: &mut Session, path: &str) -> Next {
    let (path, overwrites) = path.strip_prefix('!').map_or((path, false), |path| (path.trim(), true));
    if path.is_empty() {
        return complain("write `:write FILE`: the definitions and statements of this session become its text");
    }
    if session.core.record.is_empty() {
        return complain(
            "nothing has been typed yet that belongs into a program: definitions and statements do, expressions do not",
        );
    }
    let path = if path.ends_with(".lang") { path.to_owned() } else { format!("{path}.lang") };
    let text = session.core.record.program(&session.core.imports.statements());
    let written = if overwrites { std::fs::write(&path, &text) } else { crate::host::write_new(&path, &text) };
    match written {
        Ok(()) => write(&format!("saved {} lines as `{path}`\n", text.lines().count())),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            complain(&format!("`{path}` exists, and nothing is overwritten; give another name, or write `:write! {path}`"))
        }
        Err(error) => complain(&format!("cannot write `{path}`: {}", crate::engine::plain(&error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_from_code() {
        assert_eq!(question("?a.b"), Some(("doc", "a.b")));
        assert_eq!(question(" ?? a "), Some(("source", "a")));
        assert_eq!(question("a.b?"), Some(("doc", "a.b")));
        assert_eq!(question("a??"), Some(("source", "a")));
        assert_eq!(question("?"), Some(("doc", "")));
        for code in ["f(x)?", "1 + a?", "", "a", "\"x?\"", "a ?? b", "let x = y?"] {
            assert_eq!(question(code), None, "{code}");
        }
    }
}
