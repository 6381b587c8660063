//! Reports, and what a program has stopped at, as JSON, for editors and other tools. The names are those of the module `live`.

use super::check::Reason;
use super::report::{Entry, Report};
use super::stale::{Stale, StaleCode};
use super::transition::Uncovered;
use crate::embed::{Error, StoppedCall, StoppedProgram};
use crate::object::LayoutChange;
use std::fmt::Write as _;

impl Report {
    /// The report as one line of JSON.
    pub fn to_json(&self) -> String {
        let texts = |list: &[String]| array(list, |item| text(item));
        let entries = |list: &[Entry]| array(list, entry);
        object(&[
            ("ok", self.ok.to_string()),
            ("committed", self.committed.to_string()),
            ("planned", self.planned.to_string()),
            ("epoch", self.epoch.to_string()),
            ("mode", text(self.mode.text())),
            ("files", texts(&self.files)),
            ("added", entries(&self.added)),
            ("changed", entries(&self.changed)),
            ("untouched", entries(&self.untouched)),
            ("removed", entries(&self.removed)),
            ("leaked", entries(&self.leaked)),
            ("moved", entries(&self.moved)),
            ("renamed", entries(&self.renamed)),
            ("restored", entries(&self.restored)),
            ("adopted", entries(&self.adopted)),
            ("conflicts", array(&self.conflicts, conflict)),
            ("recomputed", entries(&self.recomputed)),
            ("ran_statements", array(&self.ran_statements, |s| object(&[("file", text(&s.file)), ("line", s.line.to_string())]))),
            ("layouts", array(&self.layouts, layout)),
            ("released", texts(&self.released)),
            ("relinked", self.relinked.to_string()),
            ("notes", array(&self.notes, |note| text(&note.to_string()))),
            ("stale", stale(&self.stale)),
            ("uncovered", array(&self.uncovered, uncovered)),
            ("would_run", texts(&self.would_run)),
            ("warnings", array(&self.warnings, reason)),
            ("reasons", array(&self.reasons, reason)),
            ("duration_ms", format!("{:.3}", self.duration.as_secs_f64() * 1e3)),
        ])
    }
}

impl StoppedProgram {
    /// What the program has stopped at, as one line of JSON with the one name `stopped`.
    pub fn to_json(&self) -> String {
        let (class, message) = match &self.error {
            Error::Raised { class, message, .. } => (class.clone(), message.clone()),
            other => ("Error".to_owned(), other.to_string()),
        };
        let call = |call: &StoppedCall| {
            let local = |(name, value): &(String, String)| format!("{}: {}", text(name), text(value));
            object(&[
                ("function", text(&call.place.function)),
                ("file", text(call.place.source.name())),
                ("line", call.place.line().to_string()),
                ("version", call.place.version.to_string()),
                ("stale", call.stale.is_some().to_string()),
                ("retry", call.retry.is_ok().to_string()),
                ("locals", format!("{{{}}}", call.locals.iter().map(local).collect::<Vec<_>>().join(", "))),
            ])
        };
        let mut fields = vec![("class", text(&class)), ("message", text(&message)), ("calls", array(&self.calls, call))];
        if self.times > 1 {
            fields.push(("times", self.times.to_string()));
        }
        object(&[("stopped", object(&fields))])
    }
}

fn entry(entry: &Entry) -> String {
    object(&entry_fields(entry))
}

fn conflict(entry: &Entry) -> String {
    let mut fields = entry_fields(entry).to_vec();
    fields.push(("initial", text(entry.initial.as_deref().unwrap_or_default())));
    object(&fields)
}

fn entry_fields(entry: &Entry) -> [(&'static str, String); 7] {
    let or_null = |name: Option<&String>| name.map_or_else(|| "null".to_owned(), |name| text(name));
    [
        ("name", text(&entry.name)),
        ("kind", text(entry.kind)),
        ("namespace", text(&entry.namespace)),
        ("file", text(&entry.file)),
        ("line", entry.line.to_string()),
        ("was", or_null(entry.from.as_ref().or(entry.from_file.as_ref()))),
        ("forwards_to", or_null(entry.forwards_to.as_ref())),
    ]
}

fn layout(change: &LayoutChange) -> String {
    let texts = |list: &[String]| array(list, |item| text(item));
    object(&[
        ("class", text(&change.class)),
        ("from", change.from.to_string()),
        ("to", change.to.to_string()),
        ("added", texts(&change.added)),
        ("discarded", texts(&change.discarded)),
        ("renamed", array(&change.renamed, |(old, new)| format!("[{}, {}]", text(old), text(new)))),
        ("shared", texts(&change.shared)),
        ("unset", texts(&change.unset)),
        ("filled", texts(&change.filled)),
        ("instances", change.instances.map_or_else(|| "null".to_owned(), |count| count.to_string())),
    ])
}

fn stale(stale: &Stale) -> String {
    let list = |codes: &[StaleCode]| array(codes, stale_code);
    object(&[("frames", list(&stale.frames)), ("closures", list(&stale.closures)), ("objects", list(&stale.objects))])
}

fn stale_code(code: &StaleCode) -> String {
    object(&[
        ("name", text(&code.name)),
        ("kind", text(code.kind)),
        ("file", text(&code.file)),
        ("line", code.line.to_string()),
        ("version", code.version.to_string()),
        ("count", code.count.to_string()),
        ("reason", text(&code.reason)),
        ("text", text(&code.to_string())),
    ])
}

fn uncovered(left: &Uncovered) -> String {
    object(&[
        ("kind", text(left.kind)),
        ("name", text(&left.name)),
        ("count", left.count.to_string()),
        ("path", text(&left.path)),
        ("why", text(&left.why)),
    ])
}

fn reason(reason: &Reason) -> String {
    object(&[
        ("code", text(reason.code)),
        ("message", text(&reason.message)),
        ("file", text(&reason.file)),
        ("line", reason.line.to_string()),
        ("remedy", text(&reason.remedy)),
        ("detail", text(&reason.detail)),
    ])
}

fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    format!("{{{}}}", fields.join(", "))
}

fn array<T>(items: &[T], f: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(f).collect::<Vec<_>>().join(", "))
}

fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c < ' ' || c == '\u{7f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn what_json_cannot_hold_is_escaped() {
        assert_eq!(text("a\"b\\c\n\t"), "\"a\\\"b\\\\c\\n\\u0009\"");
        assert_eq!(text("é"), "\"é\"");
    }
}
