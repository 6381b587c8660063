//! Reports, and what a program has stopped at, as data for editors and other tools: with serde in any of its formats, and as a line of JSON. The names are
//! those of the module `live`.

use super::options::Mode;
use super::report::{Entry, Note, Report};
use super::stale::StaleCode;
use crate::embed::{Error, StoppedCall, StoppedProgram};
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::ser::{Formatter, Serializer as JsonSerializer};
use std::io::{self, Write};
use std::time::Duration;

impl Report {
    /// The report as one line of JSON.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let report = Vm::new().reload_text("game.lang", "let score = 7");
    /// let line = report.to_json();
    /// assert!(line.starts_with("{\"ok\": true, \"committed\": true, ") && !line.contains('\n'), "{line}");
    /// ```
    pub fn to_json(&self) -> String {
        line_of(self)
    }
}

impl StoppedProgram {
    /// What the program has stopped at, as one line of JSON with the one name `stopped`.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::OnError;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("bank.lang", "fn fee(days) { 100 // days }")?;
    /// vm.on_error(OnError::Return);
    /// assert!(vm.call::<_, i64>("bank.fee", (0,)).is_err());
    /// let line = vm.stopped().expect("the call is alive").to_json();
    /// assert!(line.starts_with("{\"stopped\": {\"class\": \"ValueError\", "), "{line}");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            stopped: &'a StoppedProgram,
        }
        line_of(&Line { stopped: self })
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Data<'a> {
            name: &'a str,
            kind: &'static str,
            namespace: &'a str,
            file: &'a str,
            line: u32,
            was: Option<&'a String>,
            forwards_to: Option<&'a String>,
        }
        let Entry { name, kind, namespace, file, line, from, from_file, forwards_to, initial: _ } = self;
        let was = from.as_ref().or(from_file.as_ref());
        Data { name, kind, namespace, file, line: *line, was, forwards_to: forwards_to.as_ref() }.serialize(serializer)
    }
}

/// Entries with the initialisers that were not evaluated.
pub(super) fn conflicts<S: Serializer>(entries: &[Entry], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Conflict<'a> {
        #[serde(flatten)]
        entry: &'a Entry,
        initial: &'a str,
    }
    serializer.collect_seq(entries.iter().map(|entry| Conflict { entry, initial: entry.initial.as_deref().unwrap_or_default() }))
}

impl Serialize for Mode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for StaleCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = serializer.serialize_struct("StaleCode", 8)?;
        data.serialize_field("name", &self.name)?;
        data.serialize_field("kind", self.kind)?;
        data.serialize_field("file", &self.file)?;
        data.serialize_field("line", &self.line)?;
        data.serialize_field("version", &self.version)?;
        data.serialize_field("count", &self.count)?;
        data.serialize_field("reason", &self.reason)?;
        data.serialize_field("text", &self.text)?;
        data.end()
    }
}

/// Thousandths of a second, to the thousandth.
pub(super) fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
}

impl Serialize for StoppedProgram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (class, message) = match &self.error {
            Error::Raised { class, message, .. } => (class.clone(), message.clone()),
            other => ("Error".to_owned(), other.to_string()),
        };
        let mut data = serializer.serialize_struct("StoppedProgram", 4)?;
        data.serialize_field("class", &class)?;
        data.serialize_field("message", &message)?;
        data.serialize_field("calls", &self.calls)?;
        if self.times > 1 {
            data.serialize_field("times", &self.times)?;
        } else {
            data.skip_field("times")?;
        }
        data.end()
    }
}

impl Serialize for StoppedCall {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = serializer.serialize_struct("StoppedCall", 7)?;
        data.serialize_field("function", &*self.place.function)?;
        data.serialize_field("file", self.place.source.name())?;
        data.serialize_field("line", &self.place.line())?;
        data.serialize_field("version", &self.place.version)?;
        data.serialize_field("stale", &self.stale.is_some())?;
        data.serialize_field("retry", &self.retry.is_ok())?;
        data.serialize_field("locals", &Locals(&self.locals))?;
        data.end()
    }
}

/// Variables with their values as text.
struct Locals<'a>(&'a [(String, String)]);

impl Serialize for Locals<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn line_of<T: Serialize>(value: &T) -> String {
    let mut line = Vec::new();
    value
        .serialize(&mut JsonSerializer::with_formatter(&mut line, Spaced))
        .expect("a Vec takes all bytes, and all keys are strings");
    String::from_utf8(line).expect("JSON is text")
}

/// One line, with a space behind commas and colons: it is read by people, too.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        if is_first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        if is_first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, line_of};

    #[test]
    fn lines_are_spaced_and_escaped() {
        assert_eq!(line_of(&serde_json::json!({"a": [1, "b\"\n\u{1}"], "c": {}})), r#"{"a": [1, "b\"\n\u0001"], "c": {}}"#);
    }

    #[test]
    fn names_and_order_stay() {
        let data: serde_json::Value = serde_json::from_str(&Report::default().to_json()).expect("it is JSON");
        assert_eq!(data, serde_json::to_value(Report::default()).expect("it is data"));
        let names = "ok committed planned epoch mode files added changed untouched removed leaked moved renamed restored adopted conflicts recomputed ran_statements layouts released relinked notes stale uncovered would_run warnings reasons duration_ms";
        let line = Report::default().to_json();
        let places: Vec<_> = names.split(' ').map(|name| line.find(&format!("\"{name}\": "))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{line}");
    }
}
