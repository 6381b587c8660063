//! What nREPL's operations ask of a session, and the messages that its replies become.

use super::bencode::Value;
use crate::describe::way;
use std::collections::BTreeMap;
use vm::session::{FailureKind, Inspected, Position, RegionKind, Reply, Request};

/// A message.
pub type Message = BTreeMap<String, Value>;

/// The operations that there are.
pub const OPS: [&str; 12] = [
    "clone",
    "close",
    "completions",
    "describe",
    "eval",
    "forward-system-output",
    "inspect",
    "interrupt",
    "load-file",
    "lookup",
    "ls-sessions",
    "stdin",
];

/// The text under a key.
pub fn text<'a>(message: &'a Message, key: &str) -> Option<&'a str> {
    match message.get(key) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn number(message: &Message, key: &str) -> Option<u32> {
    match message.get(key)? {
        Value::Int(number) => u32::try_from(*number).ok(),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// `eval`; `namespace` is that of the session.
pub fn evaluation(message: &Message, namespace: &str) -> Option<Request> {
    let code = text(message, "code")?.to_owned();
    // Of what is typed clients send a name that is no file.
    let file = text(message, "file").filter(|file| file.ends_with(".lang")).map(str::to_owned);
    let line = number(message, "line").filter(|line| *line > 0).unwrap_or(1);
    let column = number(message, "column").filter(|column| *column > 0).unwrap_or(1);
    let at = file.as_ref().map(|_| Position { line, column });
    let namespace = text(message, "ns").filter(|other| !other.is_empty() && *other != namespace && file.is_none());
    Some(Request::Evaluate { code, namespace: namespace.map(str::to_owned), file, at })
}

/// `load-file`.
pub fn load(message: &Message) -> Option<Request> {
    let path = text(message, "file-path").filter(|path| !path.is_empty()).or_else(|| text(message, "file-name"));
    let file = path.unwrap_or("loaded.lang").to_owned();
    let at = Position { line: 1, column: 1 };
    Some(Request::EvaluateRegion { file, text: text(message, "file")?.to_owned(), kind: RegionKind::File, at, to: None })
}

/// The messages, without the last, for what was evaluated; `namespace` is where.
pub fn evaluated(reply: &Reply, namespace: &str) -> Vec<Message> {
    let mut messages = Vec::new();
    if !reply.output.is_empty() {
        messages.push(message([("out", Value::text(&reply.output))]));
    }
    match &reply.error {
        Some(error) if error.kind == FailureKind::Interrupted => {
            messages.push(message([("status", Value::texts(&["interrupted"]))]))
        }
        Some(error) => {
            let line_break = if error.text.ends_with('\n') { "" } else { "\n" };
            messages.push(message([("err", Value::text(format!("{}{line_break}", error.text)))]));
            let class = error.class.clone().unwrap_or_else(|| format!("{:?}", error.kind));
            let status = Value::texts(&["eval-error"]);
            messages.push(message([("ex", Value::text(&class)), ("root-ex", Value::text(&class)), ("status", status)]));
        }
        None => {
            let value = reply.value.clone().or_else(|| reply.text.clone()).unwrap_or_else(|| "nil".to_owned());
            messages.push(message([("value", Value::text(value.trim_end())), ("ns", Value::text(namespace))]));
        }
    }
    messages
}

/// `completions`: words are whole, as what they replace is `prefix`.
pub fn completions(reply: &Reply, prefix: &str, namespace: &str) -> Message {
    let found = reply.completions.as_ref();
    let items = found.into_iter().flat_map(|found| found.items.iter().map(|item| (found.start, item)));
    let items = items.map(|(start, item)| {
        let home = if item.home.is_empty() { namespace } else { &item.home };
        let candidate = format!("{}{}", prefix.get(..start).unwrap_or(""), item.text);
        let kind = if item.is_leaked { format!("leaked {}", item.kind) } else { item.kind.to_string() };
        Value::dict([("candidate", Value::Text(candidate)), ("type", Value::Text(kind)), ("ns", Value::text(home))])
    });
    message([("completions", Value::List(items.collect()))])
}

/// `inspect`; `None` if it says a part that is no number.
pub fn inspection(message: &Message) -> Option<Request> {
    let (what, mut path) = way(text(message, "what").or_else(|| text(message, "sym")).unwrap_or_default());
    match message.get("path") {
        None => {}
        Some(Value::List(parts)) => {
            for part in parts {
                let Value::Int(part) = part else { return None };
                path.push(usize::try_from(*part).ok()?);
            }
        }
        Some(_) => return None,
    }
    let from = number(message, "from").unwrap_or(0) as usize;
    Some(Request::Inspect { what: what.to_owned(), path, from })
}

/// The message, without the last, for a value that was looked into.
pub fn inspected(inspected: &Inspected, shown: &str) -> Message {
    let number = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let parts = inspected.parts.iter().enumerate().map(|(at, part)| {
        let (name, value) = (Value::text(&part.name), Value::text(&part.shown));
        let has_parts = Value::Int(i64::from(part.has_parts));
        Value::dict([("number", number(inspected.from + at)), ("name", name), ("value", value), ("has-parts", has_parts)])
    });
    let facts = inspected.facts.iter().map(|(name, fact)| (name.clone(), Value::text(fact)));
    message([
        ("value", Value::text(&inspected.shown)),
        ("class", Value::text(&inspected.class)),
        ("facts", Value::Dict(facts.collect())),
        ("count", number(inspected.count)),
        ("from", number(inspected.from)),
        ("parts", Value::List(parts.collect())),
        ("text", Value::text(shown)),
    ])
}

/// `lookup`.
pub fn looked_up(reply: &Reply) -> Message {
    let Some(entry) = &reply.entry else { return message([("info", Value::Dict(BTreeMap::new()))]) };
    let (namespace, name) = entry.qualified.rsplit_once('.').unwrap_or(("", &entry.qualified));
    let mut info = message([("name", Value::text(name)), ("ns", Value::text(namespace)), ("type", Value::text(&entry.kind))]);
    let texts = [("arglists-str", &entry.signature), ("doc", &entry.doc)];
    info.extend(texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), Value::text(text.clone()?)))));
    if let Some((file, line)) = entry.place.as_ref().and_then(|place| place.rsplit_once(':'))
        && let Ok(line) = line.parse()
    {
        info.insert("file".into(), Value::text(file));
        info.insert("line".into(), Value::Int(line));
    }
    message([("info", Value::Dict(info))])
}

/// `describe`.
pub fn description(namespace: &str) -> Message {
    let version = |text: &str| {
        let mut parts = text.split('.').map(|part| Value::Int(part.parse().unwrap_or(0)));
        let mut next = || parts.next().unwrap_or(Value::Int(0));
        let (major, minor, incremental) = (next(), next(), next());
        let whole = Value::text(text);
        Value::dict([("major", major), ("minor", minor), ("incremental", incremental), ("version-string", whole)])
    };
    let versions = Value::dict([("nrepl", version("1.3.0")), ("lang", version(env!("CARGO_PKG_VERSION")))]);
    let ops = Value::dict(OPS.map(|op| (op, Value::Dict(BTreeMap::new()))));
    message([("ops", ops), ("versions", versions), ("aux", Value::dict([("current-ns", Value::text(namespace))]))])
}

/// A message of these entries.
pub fn message<const N: usize>(entries: [(&str, Value); N]) -> Message {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
