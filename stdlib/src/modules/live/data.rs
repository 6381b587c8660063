//! What `live` tells, as plain data on its way into the language.

use crate::args;
use std::cell::RefCell;
use vm::embed::{Error, Handle, Vm};
use vm::heap::Value;
use vm::object::{Cx, LayoutChange, Map, World};
use vm::ops;
use vm::reload::{CodePlace, Entry, LeakEntry, Reason, Report, Stale, StaleCode, Statement, Uncovered};

/// A value made of plain data.
pub(super) enum Data {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Value(Handle),
    List(Vec<Data>),
    Map(Vec<(&'static str, Data)>),
}

impl Data {
    pub(super) fn text(text: impl Into<String>) -> Data {
        Data::Text(text.into())
    }

    pub(super) fn list<T>(items: impl IntoIterator<Item = T>, f: impl FnMut(T) -> Data) -> Data {
        Data::List(items.into_iter().map(f).collect())
    }

    fn value<'gc>(&self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        match self {
            Data::Nil => Value::Nil,
            Data::Bool(b) => Value::bool(*b),
            Data::Int(i) => Value::Int(*i),
            Data::Float(f) => Value::Float(*f),
            Data::Text(text) => args::new_str(cx, text),
            Data::Value(handle) => handle.value_in(cx.world),
            Data::List(items) => {
                let items = items.iter().map(|item| item.value(cx)).collect();
                args::new_list(cx, items)
            }
            Data::Map(entries) => {
                let map = Map::new(cx.mc);
                for (key, value) in entries {
                    let (key, value) = (args::new_str(cx, key), value.value(cx));
                    ops::set_plain_item(cx.world, cx.mc, map, &key, &value);
                }
                Value::Map(map)
            }
        }
    }

    /// The data in the VM.
    pub(super) fn into_handle(self, vm: &mut Vm) -> Result<Handle, Error> {
        Ok(vm.make(|cx| self.value(cx)))
    }
}

fn entry(entry: &Entry) -> Data {
    Data::Map(vec![
        ("name", Data::text(&entry.name)),
        ("kind", Data::text(entry.kind)),
        ("namespace", Data::text(&entry.namespace)),
        ("file", Data::text(&entry.file)),
        ("line", Data::Int(entry.line.into())),
        ("was", name_or_nil(entry.from.as_ref().or(entry.from_file.as_ref()))),
        ("forwards_to", name_or_nil(entry.forwards_to.as_ref())),
    ])
}

fn name_or_nil(name: Option<&String>) -> Data {
    name.map_or(Data::Nil, Data::text)
}

/// An entry with the text of the initialiser that was not evaluated.
fn conflict(entry_of: &Entry) -> Data {
    let Data::Map(mut fields) = entry(entry_of) else { unreachable!("entries are maps") };
    fields.push(("initial", Data::text(entry_of.initial.as_deref().unwrap_or_default())));
    Data::Map(fields)
}

fn entries(list: &[Entry]) -> Data {
    Data::list(list, entry)
}

fn reason(reason: &Reason) -> Data {
    Data::Map(vec![
        ("code", Data::text(reason.code)),
        ("message", Data::text(&reason.message)),
        ("file", Data::text(&reason.file)),
        ("line", Data::Int(reason.line.into())),
        ("remedy", Data::text(&reason.remedy)),
    ])
}

fn statement(statement: &Statement) -> Data {
    Data::Map(vec![("file", Data::text(&statement.file)), ("line", Data::Int(statement.line.into()))])
}

fn layout(change: &LayoutChange) -> Data {
    let texts = |list: &[String]| Data::list(list, Data::text);
    let renamed = |(old, new): &(String, String)| Data::list([old, new], Data::text);
    Data::Map(vec![
        ("class", Data::text(&change.class)),
        ("from", Data::Int(change.from.into())),
        ("to", Data::Int(change.to.into())),
        ("added", texts(&change.added)),
        ("discarded", texts(&change.discarded)),
        ("renamed", Data::list(&change.renamed, renamed)),
        ("shared", texts(&change.shared)),
        ("unset", texts(&change.unset)),
        ("filled", texts(&change.filled)),
    ])
}

fn uncovered(left: &Uncovered) -> Data {
    Data::Map(vec![
        ("kind", Data::text(left.kind)),
        ("name", Data::text(&left.name)),
        ("count", Data::Int(left.count as i64)),
        ("path", Data::text(&left.path)),
        ("why", Data::text(&left.why)),
        ("text", Data::text(left.to_string())),
    ])
}

/// A report with everything that it has, but for what it finds out when it is asked: that it gets from its source.
pub(super) fn report(vm: &mut Vm, report: &Report) -> Data {
    let copy = Report { error: None, further_errors: Vec::new(), ..report.clone() };
    let source = vm.make(|cx| World::host_object(cx.mc, "Report", RefCell::new(copy)));
    let texts = |list: &[String]| Data::list(list, Data::text);
    Data::Map(vec![
        ("ok", Data::Bool(report.ok)),
        ("committed", Data::Bool(report.committed)),
        ("epoch", Data::Int(i64::try_from(report.epoch).unwrap_or(i64::MAX))),
        ("mode", Data::text(report.mode.text())),
        ("files", texts(&report.files)),
        ("added", entries(&report.added)),
        ("changed", entries(&report.changed)),
        ("untouched", entries(&report.untouched)),
        ("removed", entries(&report.removed)),
        ("leaked", entries(&report.leaked)),
        ("moved", entries(&report.moved)),
        ("renamed", entries(&report.renamed)),
        ("restored", entries(&report.restored)),
        ("adopted", entries(&report.adopted)),
        ("conflicts", Data::list(&report.conflicts, conflict)),
        ("recomputed", entries(&report.recomputed)),
        ("ran_statements", Data::list(&report.ran_statements, statement)),
        ("layouts", Data::list(&report.layouts, layout)),
        ("released", texts(&report.released)),
        ("relinked", Data::Int(report.relinked as i64)),
        ("notes", Data::list(&report.notes, |note| Data::text(note.to_string()))),
        ("_source", Data::Value(source)),
        ("uncovered", Data::list(&report.uncovered, uncovered)),
        ("would_run", texts(&report.would_run)),
        ("warnings", Data::list(&report.warnings, reason)),
        ("reasons", Data::list(&report.reasons, reason)),
        ("duration_ms", Data::Float(report.duration.as_secs_f64() * 1e3)),
    ])
}

/// What goes on in an old text.
pub(super) fn stale(stale: &Stale) -> Data {
    let list = |codes: &[StaleCode]| Data::list(codes, stale_code);
    Data::Map(vec![("frames", list(&stale.frames)), ("closures", list(&stale.closures)), ("objects", list(&stale.objects))])
}

fn stale_code(code: &StaleCode) -> Data {
    Data::Map(vec![
        ("name", Data::text(&code.name)),
        ("kind", Data::text(code.kind)),
        ("file", Data::text(&code.file)),
        ("line", Data::Int(code.line.into())),
        ("version", Data::Int(code.version.into())),
        ("count", Data::Int(code.count as i64)),
        ("reason", Data::text(&code.reason)),
        ("text", Data::text(code.to_string())),
    ])
}

/// A leak with its users.
pub(super) fn leak(leak: &LeakEntry) -> Data {
    let uses = &leak.uses;
    Data::Map(vec![
        ("name", Data::text(&leak.name)),
        ("kind", Data::text(leak.kind)),
        ("namespace", Data::text(&leak.namespace)),
        ("file", Data::text(&leak.file)),
        ("line", Data::Int(0)),
        ("was", Data::Nil),
        ("forwards_to", name_or_nil(leak.forwards_to.as_ref())),
        ("origin_version", Data::Int(leak.origin_version.into())),
        ("removed_in", Data::Int(i64::try_from(leak.removed_in).unwrap_or(i64::MAX))),
        (
            "users",
            Data::Map(vec![
                ("code", Data::list(&uses.code, Data::text)),
                ("instances", Data::Int(uses.instances as i64)),
                ("closures", Data::Int(uses.closures as i64)),
                ("containers", Data::Int(uses.containers as i64)),
                ("frames", Data::Int(uses.frames as i64)),
                ("fibers", Data::Int(uses.fibers as i64)),
                ("handles", Data::Int(uses.handles as i64)),
            ]),
        ),
        ("path", Data::text(&uses.path)),
    ])
}

/// Code that a call or closure has, and what is told beside.
pub(super) fn code_place(place: &CodePlace, more: impl IntoIterator<Item = (&'static str, Data)>) -> Data {
    let mut entries = vec![
        ("function", Data::text(&place.function)),
        ("file", Data::text(&place.file)),
        ("line", Data::Int(place.line.into())),
        ("version", Data::Int(place.version.into())),
        ("stale", Data::Bool(place.stale.is_some())),
        ("reason", place.stale.as_deref().map_or(Data::Nil, Data::text)),
    ];
    entries.extend(more);
    Data::Map(entries)
}
