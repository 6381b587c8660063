//! Commands of the session that describe what there is: `:doc`, `:source`, `:ls`, `:who`.

use crate::command::{Next, complain, write};
use crate::lookup::{Entry, entry, is_chain};
use crate::session::Session;
use std::fmt::Write as _;

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
