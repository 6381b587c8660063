//! What the call is called with in whose brackets somebody writes: the signature of what is called, and which of its parameters is meant.
//! Runs no code of the program.

use super::lookup::{self, is_chain};
use super::request::Signature;
use super::{Entry, Session};
use crate::embed::Vm;
use lang::outline::{TokenClass, highlight};
use lang::source::Span;

/// A call whose bracket is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenCall {
    /// What is called: names with dots between them.
    pub callee: String,
    /// Where that stands.
    pub span: Span,
    /// Arguments before the one that is written.
    pub given: usize,
    /// The name that the one has which is written.
    pub named: Option<String>,
}

/// The innermost call in whose brackets a text ends. What is called is a chain of names.
pub fn call_around(text: &str) -> Option<OpenCall> {
    /// A bracket that is open.
    struct Open<'a> {
        bracket: &'a str,
        at: usize,
        commas: usize,
        /// The first two tokens behind the last comma.
        first: Vec<&'a str>,
    }
    let mut open: Vec<Open> = Vec::new();
    let mut is_in_bars = false;
    for (span, class) in highlight(text) {
        let token = &text[span.lo as usize..span.hi as usize];
        let is_text_end = span.hi as usize == text.len();
        match (class, token) {
            // What is written about a call is none of its arguments.
            (TokenClass::Comment | TokenClass::Doc, _) if is_text_end => return None,
            (TokenClass::Comment | TokenClass::Doc, _) => continue,
            (TokenClass::Punctuation, "|") => is_in_bars = !is_in_bars,
            (TokenClass::Punctuation, "," | ";") if is_in_bars => {}
            (TokenClass::Punctuation | TokenClass::Interpolation, ")" | "]" | "}") => {
                open.pop();
            }
            (TokenClass::Punctuation, ",") => {
                if let Some(open) = open.last_mut() {
                    open.commas += 1;
                    open.first.clear();
                }
                continue;
            }
            _ => {}
        }
        if let Some(open) = open.last_mut().filter(|open| open.first.len() < 2) {
            open.first.push(token);
        }
        if matches!((class, token), (TokenClass::Punctuation | TokenClass::Interpolation, "(" | "[" | "{" | "${")) {
            is_in_bars = false;
            open.push(Open { bracket: token, at: span.lo as usize, commas: 0, first: Vec::new() });
        }
    }
    let call = open.last().filter(|open| open.bracket == "(")?;
    let before = &text[..call.at];
    let is_part = |c: char| c == '_' || c == '.' || c.is_alphanumeric();
    let callee = &before[before.trim_end_matches(is_part).len()..];
    let is_definition = before[..before.len() - callee.len()].trim_end().ends_with("fn");
    let named = match &*call.first {
        [name, ":"] if is_chain(name) => Some((*name).to_owned()),
        _ => None,
    };
    let span = Span::new(call.at - callee.len(), call.at);
    (is_chain(callee) && !is_definition).then(|| OpenCall { callee: callee.to_owned(), span, given: call.commas, named })
}

/// The signature of what an entry is about; what makes a class takes `made_with`.
pub fn of_entry(entry: &Entry, made_with: &[String], call: &OpenCall) -> Option<Signature> {
    let label = match &entry.signature {
        Some(text) if !matches!(&*entry.kind, "class" | "enum") => callable(text)?.to_owned(),
        _ if entry.kind == "class" => format!("{}({})", entry.name().rsplit('.').next().unwrap_or_default(), made_with.join(", ")),
        _ => return None,
    };
    Some(signature(label, entry.doc.clone(), call))
}

/// A signature as it is called: without the words before its name. `None`: it cannot be.
pub fn callable(text: &str) -> Option<&str> {
    let open = text.find('(')?;
    let name = text[..open].rfind(char::is_whitespace).map_or(0, |at| at + 1);
    text.trim_end().ends_with(')').then(|| text[name..].trim_end())
}

/// A signature of this text, in which the parameter is marked that the call is about to give.
pub fn signature(label: String, doc: Option<String>, call: &OpenCall) -> Signature {
    let parameters = parameters_of(&label);
    let name_of = |(lo, hi): (usize, usize)| {
        let text = label[lo..hi].trim_start_matches("...");
        text.split([' ', ':', '=']).next().unwrap_or_default().to_owned()
    };
    let rest = parameters.iter().position(|(lo, _)| label[*lo..].starts_with("..."));
    let active = match &call.named {
        Some(name) => parameters.iter().position(|parameter| name_of(*parameter) == *name),
        None => Some(rest.map_or(call.given, |rest| call.given.min(rest))).filter(|at| *at < parameters.len()),
    };
    Signature { label, doc: doc.filter(|doc| !doc.is_empty()), parameters, active }
}

/// Where the parameters of a signature stand in it, in bytes.
fn parameters_of(label: &str) -> Vec<(usize, usize)> {
    let Some(open) = label.find('(') else { return Vec::new() };
    let inside = Span::new(open + 1, label.len() - 1);
    let (mut depth, mut lo, mut found) = (0, inside.lo as usize, Vec::new());
    for (span, class) in highlight(label) {
        if span.lo < inside.lo || inside.hi <= span.lo || class == TokenClass::String {
            continue;
        }
        match &label[span.lo as usize..span.hi as usize] {
            "(" | "[" | "{" | "${" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 0 => {
                found.push((lo, span.lo as usize));
                lo = span.hi as usize;
            }
            _ => {}
        }
    }
    found.push((lo, inside.hi as usize));
    let trimmed = |(lo, hi): (usize, usize)| {
        let text = &label[lo..hi];
        let lo = lo + text.len() - text.trim_start().len();
        (lo, lo + text.trim().len())
    };
    found.into_iter().map(trimmed).filter(|(lo, hi)| lo < hi).collect()
}

/// The signature for the call in whose brackets a text ends, as the program knows it.
pub fn at_end(vm: &mut Vm, session: &Session, code: &str) -> Option<Signature> {
    let call = call_around(code)?;
    let entry = lookup::entry(vm, session, &call.callee).ok()?;
    let made_with = lookup::parameters(vm, session, &call.callee);
    of_entry(&entry, &made_with, &call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_are_open_are_found() {
        let found = |text: &str| call_around(text).map(|call| (call.callee, call.given, call.named));
        let call = |callee: &str, given: usize| Some((callee.to_owned(), given, None));
        assert_eq!(found("f("), call("f", 0));
        assert_eq!(found("a.b.f(1, [2, 3], "), call("a.b.f", 2));
        assert_eq!(found("f(g(1, 2), \"a, b\", 'c"), call("f", 2));
        assert_eq!(found("f(|a, b| a | b, "), call("f", 1));
        assert_eq!(found("# f(\nlet x = \"${g(1, "), call("g", 1));
        assert_eq!(found("f(1,\n  # two, three\n  "), call("f", 1));
        assert_eq!(found("f(1, name: 2"), Some(("f".to_owned(), 1, Some("name".to_owned()))));
        assert_eq!(found("f(1, name"), call("f", 1));
        for nothing in ["", "f", "f(1)", "fn f(", "f()(", "[f, ", "f({", "(", "# f(", "f(1, # g("] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn the_parameter_is_marked() {
        let active = |label: &str, text: &str| {
            let found = signature(label.to_owned(), None, &call_around(text).expect("a call"));
            found.active.map(|at| {
                let (lo, hi) = found.parameters[at];
                found.label[lo..hi].to_owned()
            })
        };
        let label = "area(width, height = max(1, 2), unit = \"a, b\", ...rest)";
        for (text, expected) in [
            ("area(", "width"),
            ("area(1, ", "height = max(1, 2)"),
            ("area(1, 2, ", "unit = \"a, b\""),
            ("area(1, 2, 3, 4, 5", "...rest"),
            ("area(1, unit: ", "unit = \"a, b\""),
        ] {
            assert_eq!(active(label, text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(active("f()", "f("), None);
        assert_eq!(active("f(a)", "f(1, "), None);
        assert_eq!(active("f(a)", "f(b: "), None);
        assert_eq!(callable("static fn make(a)"), Some("make(a)"));
        assert_eq!(callable("slot width = f(1) + 2"), None);
    }
}
