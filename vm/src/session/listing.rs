//! What is in a namespace, or behind the dot of a value, with one line about each: `:ls`.

use super::Session;
use super::lookup::{chain_of, held_value, name_of_class, sources_of_class};
use crate::embed::{Handle, Vm};
use crate::heap::Value;
use crate::interp::signature;
use crate::object::{Cx, Kind, Member};
use lang::docs::{DocItem, docs};
use std::fmt::Write as _;

/// Widest signature beside which others are lined up.
const WIDTH_MAX: usize = 40;

/// How something is written, and the first line of its doc text.
type Line = (String, String);

/// What the session has defined.
pub fn of_session(vm: &mut Vm, session: &Session) -> String {
    let mut out: String = session.imports.statements().iter().map(|statement| format!("{statement}\n")).collect();
    out.push_str(&vm.enter(|cx| of_namespace(cx, session.namespace())));
    if out.is_empty() { "nothing is defined or imported yet\n".to_owned() } else { out }
}

/// What a name leads to, with its namespace or value; `None` if running code is needed to know.
pub fn of_name(vm: &mut Vm, session: &Session, name: &str) -> Option<String> {
    let chain = chain_of(vm, session, name).ok()?;
    vm.enter(|cx| {
        let value = held_value(cx, &chain)?;
        Some(of(cx, value))
    })
}

/// What is behind the dot of a value.
pub fn of_value(vm: &mut Vm, value: &Handle) -> String {
    vm.enter(|cx| {
        let value = value.value_in(cx.world);
        of(cx, value)
    })
}

fn of<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> String {
    match value {
        Value::Namespace(namespace) => {
            let name = namespace.name.to_string();
            match of_namespace(cx, &name) {
                lines if lines.is_empty() => format!("namespace {name} defines nothing\n"),
                lines => lines,
            }
        }
        value => of_classes(cx, value),
    }
}

fn of_namespace(cx: &Cx<'_, '_>, name: &str) -> String {
    let Some(namespace) = cx.world.namespaces.get(name) else { return String::new() };
    let cells = namespace.definitions();
    let shown = cells.iter().filter(|cell| !cell.value().is_unset() && !cell.name.as_str().starts_with('_'));
    let mut lines: Vec<Line> = shown
        .map(|cell| {
            let name = cell.name.as_str();
            let doc = cell.meta().doc.as_deref().map(str::to_owned);
            let (head, of_value) = of_function(&cell.value(), name).unwrap_or_else(|| {
                let class_doc = match cell.value() {
                    Value::Class(class) => class.body().doc.as_deref().map(str::to_owned),
                    _ => None,
                };
                (format!("{} {name}", word(cell.kind())), class_doc.unwrap_or_default())
            });
            (head, first_line(&doc.unwrap_or(of_value)).to_owned())
        })
        .collect();
    lines.sort();
    written(&lines)
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Variable => "let",
        Kind::Constant => "const",
        kind => kind.text(),
    }
}

/// The members of a value by the classes that declare them, the nearest class first.
fn of_classes<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> String {
    let class = if let Value::Class(class) = value { class } else { cx.world.class_of(&value) };
    let classes = class.body().linearisation.clone();
    let mut out = String::new();
    for class in classes {
        let sources = sources_of_class(cx, Value::Class(class));
        let name = class.name().as_str().to_owned();
        let mut items: Vec<DocItem> = Vec::new();
        for source in sources {
            let of_text = docs(&source, &lang::parse(&source).file).items;
            items.extend(of_text.into_iter().filter(|item| item.name == name).flat_map(|item| item.members));
        }
        let body = class.body();
        let mut lines: Vec<Line> = Vec::new();
        let names = body.variants.iter().map(|variant| variant.name).chain(body.own_slots.iter().map(|slot| slot.name));
        let names =
            names.chain(body.members.keys().filter(|name| body.variants.iter().all(|variant| variant.name != **name)).copied());
        for symbol in names {
            let name = symbol.as_str();
            if !name.starts_with(|c: char| c.is_alphabetic()) {
                continue;
            }
            if let Some(item) = items.iter().find(|item| item.name == name) {
                lines.push((item.signature.clone(), first_line(item.doc.as_deref().unwrap_or("")).to_owned()));
                continue;
            }
            lines.push(match body.members.get(&symbol) {
                Some(Member::Method(value) | Member::Static(value)) => {
                    of_function(value, name).unwrap_or_else(|| (format!("fn {name}"), String::new()))
                }
                Some(Member::Property { getter, setter }) => {
                    let doc = getter.or(*setter).and_then(|value| of_function(&value, name)).map_or(String::new(), |(_, doc)| doc);
                    (format!("get {name}"), doc)
                }
                Some(Member::Shared(_)) => (format!("shared {name}"), String::new()),
                None => (format!("slot {name}"), String::new()),
            });
        }
        drop(body);
        if !lines.is_empty() {
            lines.sort_by_key(|(head, _)| !head.starts_with("slot "));
            let title = class.qualified();
            let _ = writeln!(out, "{}", title.strip_prefix("core.").unwrap_or(&title));
            out.extend(written(&lines).lines().map(|line| format!("  {line}\n")));
        }
    }
    if out.is_empty() { format!("a value of class {} has no members\n", name_of_class(cx, &value)) } else { out }
}

/// How a function is called, and the first line of its doc text.
fn of_function(value: &Value<'_>, name: &str) -> Option<Line> {
    match value {
        Value::Native(native) => Some(match native.doc.strip_prefix('`').and_then(|rest| rest.split_once("`: ")) {
            Some((signature, rest)) => (format!("fn {signature}"), first_line(rest).to_owned()),
            None => (format!("fn {name}"), first_line(&native.doc).to_owned()),
        }),
        Value::Function(function) => {
            let image = function.proto().image.clone();
            let whole = signature(&image);
            let params = whole.find('(').map_or("()", |at| &whole[at..]);
            Some((format!("fn {name}{params}"), first_line(image.doc.as_deref().unwrap_or("")).to_owned()))
        }
        Value::Decorated(decorated) => of_function(&decorated.original.get(), name),
        Value::Bound(bound) => of_function(&bound.method, name),
        _ => None,
    }
}

/// One line of a doc text.
fn first_line(doc: &str) -> &str {
    doc.trim_start().lines().next().unwrap_or("").trim()
}

/// The lines in two columns.
fn written(lines: &[Line]) -> String {
    let width = lines.iter().map(|(head, _)| head.chars().count()).filter(|width| *width <= WIDTH_MAX).max().unwrap_or(0);
    let line = |(head, doc): &Line| if doc.is_empty() { format!("{head}\n") } else { format!("{head:<width$}  {doc}\n") };
    lines.iter().map(line).collect()
}
