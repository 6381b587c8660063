//! Commands of the session that describe what there is.

use crate::command::{Next, complain, write};
use crate::listing;
use crate::lookup::{Entry, chain_of, entry, is_chain, name_of_class};
use crate::repl::show;
use crate::session::Session;
use crate::stop::told;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use vm::embed::{Error, Handle};
use vm::heap::Value;
use vm::reload::Uses;

/// Instances that are shown of those that there are.
const INSTANCES_MAX: usize = 10;

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

/// `:doc NAME`
pub fn doc(session: &mut Session, name: &str) -> Next {
    if name.is_empty() {
        return complain("write `?NAME` or `:doc NAME`, with a dot for members as in `?String.upper`; `??NAME` shows the text");
    }
    match entry(session, name) {
        Ok(entry) => write(&doc_text(&entry)),
        Err(message) => complain(&message),
    }
}

fn doc_text(entry: &Entry) -> String {
    let mut out = String::new();
    if let Some(signature) = &entry.signature {
        let _ = writeln!(out, "{signature}");
    }
    let place = entry.place.as_deref().unwrap_or("the library");
    let _ = write!(out, "  {} {}, {place}", entry.kind, entry.name());
    if let Some(class) = &entry.class {
        let _ = write!(out, "; its value is of class {class}");
    }
    out.push('\n');
    match &entry.doc {
        Some(doc) => out.push_str(doc.trim_end()),
        None if entry.place.is_some() => out.push_str("no doc text: lines above it that begin with `##` are one"),
        None => return out,
    }
    out.push('\n');
    out
}

/// `:source NAME`
pub fn source(session: &mut Session, name: &str) -> Next {
    if name.is_empty() {
        return complain("write `??NAME` or `:source NAME`, with a dot for members as in `??Account.pay`");
    }
    match entry(session, name) {
        Ok(Entry { text: Some(text), place: Some(place), .. }) => write(&format!("# {place}\n{}\n", text.trim_end())),
        Ok(Entry { kind, place: Some(files), .. }) if kind == "namespace" => {
            complain(&format!("a namespace has no text but that of its files: {files}; `:ls {name}` lists its definitions"))
        }
        Ok(entry) => {
            let meant = entry.name();
            complain(&format!("`{meant}` has no text: it is made by the engine or a host; `?{name}` tells what it does"))
        }
        Err(message) => complain(&message),
    }
}

/// Evaluates what stands behind a command. The value of what has none is nil.
fn evaluated(session: &mut Session, text: &str) -> Result<Handle, Error> {
    let value = session.evaluate_unnumbered(text)?;
    Ok(value.unwrap_or_else(|| session.vm().make(|_| Value::Nil)))
}

/// `:type TEXT`
pub fn type_of(session: &mut Session, text: &str) -> Next {
    if text.is_empty() {
        return complain("write `:type TEXT`: the class of its value is shown, as in `:type 1 / 2`");
    }
    let result = evaluated(session, text).map(|value| {
        let name = session.vm().enter(|cx| {
            let value = value.value_in(cx.world);
            name_of_class(cx, &value)
        });
        write(&format!("{name}\n"));
    });
    told(session, result)
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

/// `:ls [WHAT]`
pub fn ls(session: &mut Session, what: &str) -> Next {
    match what {
        "" => return write(&listing::of_session(session)),
        "_" => {
            let values = session.kept_values();
            return if values.is_empty() { complain("no value has been shown yet") } else { write(&values) };
        }
        _ => {}
    }
    if let Some(listing) = listing::of_name(session, what) {
        return write(&listing);
    }
    if is_chain(what)
        && let Err(message) = entry(session, what)
    {
        return complain(&message);
    }
    let result = evaluated(session, what).map(|value| {
        let listing = listing::of_value(session, &value);
        write(&listing);
    });
    told(session, result)
}

/// `:who NAME`
pub fn who(session: &mut Session, name: &str) -> Next {
    if name.is_empty() {
        return complain("write `:who NAME`: who mentions it is shown, as in `:who game.step`");
    }
    let found = match chain_of(session, name).and_then(|chain| entry(session, name).map(|entry| (chain, entry))) {
        Ok(found) => found,
        Err(message) => return complain(&message),
    };
    let (chain, entry) = found;
    let qualified = chain.join(".");
    match session.vm().uses_of(&qualified) {
        Some(uses) => {
            let text = used(session, &qualified, &uses);
            write(&text)
        }
        None if entry.kind == "namespace" => {
            complain(&format!("`{name}` is a namespace; ask for a definition in it, `:ls {name}` lists them"))
        }
        None => {
            let member = chain.last().map_or("", String::as_str);
            let code = session.vm().naming_member(member);
            if code.is_empty() {
                return write(&format!("no function names `.{member}`\n"));
            }
            let lines = placed(session, &code);
            write(&format!("functions that name `.{member}`, of whatever object:\n{lines}"))
        }
    }
}

fn used(session: &mut Session, qualified: &str, uses: &Uses) -> String {
    if uses.is_empty() {
        return format!("nothing uses {qualified}\n");
    }
    let mut out = format!("{qualified} is used by {uses}\n");
    out.push_str(&placed(session, &uses.code));
    if uses.code.is_empty() && !["", "host handle"].contains(&&*uses.path) {
        let _ = writeln!(out, "  reached by {}", uses.path);
    }
    out
}

/// Names of functions with their places, one on each line.
fn placed(session: &mut Session, names: &[String]) -> String {
    let mut out = String::new();
    for name in names {
        match entry(session, name) {
            Ok(Entry { place: Some(place), .. }) => {
                let _ = writeln!(out, "  {name}, {place}");
            }
            _ => {
                let _ = writeln!(out, "  {name}");
            }
        }
    }
    out
}

/// `:instances CLASS`
pub fn instances(session: &mut Session, text: &str) -> Next {
    if text.is_empty() {
        return complain("write `:instances CLASS`: the living instances of a class, and of those below it, are counted and shown");
    }
    let result = evaluated(session, text).and_then(|class| {
        let list = session.vm().instances_of(&class)?;
        let (count, first) = session.vm().enter(|cx| {
            let Value::List(list) = list.value_in(cx.world) else { return (0, Vec::new()) };
            let first: Vec<Value<'_>> = (0..INSTANCES_MAX).map_while(|i| list.get(i)).collect();
            (list.len(), first.iter().map(|value| vm::ops::describe(cx, value)).collect::<Vec<_>>())
        });
        let mut out = format!("{count} {}\n", if count == 1 { "instance" } else { "instances" });
        out.extend(first.iter().map(|text| format!("  {text}\n")));
        if count > first.len() {
            let _ = writeln!(out, "  … {} more", count - first.len());
        }
        write(&out);
        Ok(())
    });
    told(session, result)
}

/// `:save FILE`
pub fn save(session: &mut Session, path: &str) -> Next {
    if path.is_empty() {
        return complain("write `:save FILE`: the definitions and statements of this session become its text");
    }
    if session.record.is_empty() {
        return complain(
            "nothing has been typed yet that belongs into a program: definitions and statements do, expressions do not",
        );
    }
    let path = if path.ends_with(".lang") { path.to_owned() } else { format!("{path}.lang") };
    let text = session.record.program(&session.import_statements());
    match crate::host::write_new(&path, &text) {
        Ok(()) => write(&format!("saved {} lines as `{path}`\n", text.lines().count())),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            complain(&format!("`{path}` exists, and nothing is overwritten; give another name"))
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
