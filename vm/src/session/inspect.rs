//! Looks into values: their parts, a page at a time, and facts about them. Runs no code of the program and changes nothing: instances of an
//! older layout are shown with the slots that they have.

use super::describe::Trouble;
use super::lookup::{held_handle, name_of_class};
use super::{Inspected, Part, Session};
use crate::embed::{Handle, Vm};
use crate::heap::Value;
use crate::object::{Cx, EnumValue, Instance};
use crate::ops::describe;

/// Parts on a page.
const PAGE: usize = 50;

/// What the way to a value begins with that the host holds.
const HANDLE: &str = "host handle";

/// What a value is called that has no name.
pub(super) const NAMELESS: &str = "the value";

/// Ways to a value that are shown.
const REFERRERS_MAX: usize = 5;

/// Looks into what a name or text stands for, at the end of a way through numbered parts, from a part on.
pub fn inspect(vm: &mut Vm, session: &mut Session, what: &str, path: &[usize], from: usize) -> Result<Inspected, Trouble> {
    let (root, name) = root(vm, session, what)?;
    session.inspected = Some((root.clone(), name.clone()));
    let end = vm.enter(|cx| {
        let mut value = root.value_in(cx.world);
        for number in path {
            match part(cx, &value, *number) {
                Some((_, part)) => value = part,
                None => return Err(format!("{} has no part {number}", describe(cx, &value))),
            }
        }
        Ok(Handle::new(cx.world, value))
    });
    let value = end.map_err(Trouble::Asked)?;
    let mut inspected = vm.enter(|cx| page(cx, value.value_in(cx.world), from));
    // What is held by value has none.
    if let Ok(referrers) = vm.referrers(&value) {
        let ways = referrers.into_iter().map(|referrer| referrer.path).filter(|path| path != HANDLE);
        // The session itself holds what is looked into.
        let ways: Vec<String> =
            ways.map(|path| path.strip_prefix(HANDLE).map_or(path.clone(), |rest| format!("{name}{rest}"))).collect();
        let shown = ways.iter().take(REFERRERS_MAX).cloned().collect::<Vec<_>>().join(", ");
        let left = ways.len().saturating_sub(REFERRERS_MAX);
        let more = if left > 0 { format!(" and {left} more") } else { String::new() };
        if !ways.is_empty() {
            inspected.facts.push(("held by".into(), format!("{shown}{more}")));
        }
    }
    Ok(inspected)
}

/// The value that is meant, and what it is called.
fn root(vm: &mut Vm, session: &mut Session, what: &str) -> Result<(Handle, String), Trouble> {
    if what.is_empty() {
        let last = session.inspected.clone();
        return last.ok_or_else(|| {
            Trouble::Asked("write `:inspect TEXT`: its value is shown with its parts, as in `:inspect game.world`".into())
        });
    }
    if let Some(value) = held_handle(vm, session, what).map_err(Trouble::Asked)? {
        return Ok((value, what.to_owned()));
    }
    let value = session.evaluate_unnumbered(vm, what)?;
    Ok((value.unwrap_or_else(|| vm.make(|_| Value::Nil)), NAMELESS.to_owned()))
}

fn page<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, from: usize) -> Inspected {
    let count = count(cx, &value);
    let parts = (from..count.min(from.saturating_add(PAGE))).filter_map(|i| {
        let (name, part) = part(cx, &value, i)?;
        let shown = if part.is_unset() { "(no value)".to_owned() } else { describe(cx, &part) };
        Some(Part { name, shown, has_parts: self::count(cx, &part) > 0 })
    });
    let parts = parts.collect();
    Inspected { shown: describe(cx, &value), class: name_of_class(cx, &value), facts: facts(cx, &value), count, from, parts }
}

/// What is known beside the parts.
fn facts<'gc>(cx: &mut Cx<'_, 'gc>, value: &Value<'gc>) -> Vec<(String, String)> {
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, text: String| facts.push((name.to_owned(), text));
    match *value {
        Value::Instance(instance) => {
            let layout = cx.world.layout(instance.layout());
            let newest = layout.class.layout_option().map_or(layout.number, |newest| newest.number);
            let is_obsolete = layout.class.layout_option().is_some_and(|newest| newest.version != layout.version);
            let behind = if is_obsolete { format!(" of {newest}: it follows at its next use") } else { String::new() };
            add("layout", format!("{}{behind}", layout.number));
        }
        Value::EnumValue(value) if EnumValue::is_obsolete(value) => {
            add("enum", "of an older version: it follows at its next use".into());
        }
        Value::Function(function) => {
            let image = function.proto().image.clone();
            let source = &image.source;
            if !source.text().is_empty() {
                add("written in", format!("{}:{}", source.name(), source.line(image.span.lo)));
            }
        }
        Value::Class(class) => {
            let bases: Vec<String> =
                class.body().linearisation.iter().skip(1).map(|base| base.name().as_str().to_owned()).collect();
            add("bases", bases.join(", "));
            if let Some(layout) = class.layout_option() {
                add("layout", layout.number.to_string());
            }
        }
        _ => {}
    }
    let class = cx.world.class_of(value).qualified();
    if let Some(cell) = cx.find_cell(&class)
        && let Some(module) = cell.meta().contributor.filter(|module| !module.path.starts_with('<'))
    {
        facts.push(("class from".to_owned(), format!("{}, version {}", module.path, cell.meta().version)));
    }
    facts
}

/// How many parts a value has.
fn count<'gc>(cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> usize {
    match *value {
        Value::List(list) => list.len(),
        Value::Tuple(tuple) => tuple.items().len(),
        Value::Map(map) => map.len(),
        Value::Set(set) => set.len(),
        Value::Instance(instance) => cx.world.layout(instance.layout()).slots.len(),
        Value::EnumValue(value) => value.payload.len(),
        Value::Namespace(namespace) => namespace.definitions().len(),
        Value::Class(class) => class.body().members.len(),
        Value::Function(function) => function.proto().image.capture_names.len(),
        Value::Bound(_) => 2,
        _ => 0,
    }
}

/// A part of a value with its name.
fn part<'gc>(cx: &Cx<'_, 'gc>, value: &Value<'gc>, i: usize) -> Option<(String, Value<'gc>)> {
    match *value {
        Value::List(list) => Some((i.to_string(), list.get(i)?)),
        Value::Tuple(tuple) => Some((i.to_string(), *tuple.items().get(i)?)),
        Value::Map(map) => {
            let table = map.table();
            let entry = table.iter().nth(i)?;
            Some((describe(cx, &entry.key), entry.value))
        }
        Value::Set(set) => Some((i.to_string(), set.table().iter().nth(i)?.key)),
        Value::Instance(instance) => {
            let layout = cx.world.layout(instance.layout());
            let slot = layout.slots.get(i)?;
            Some((slot.name.as_str().to_owned(), Instance::get(instance, &layout, i)))
        }
        Value::EnumValue(value) => {
            let name = value
                .variant
                .fields
                .as_ref()
                .and_then(|fields| fields.get(i))
                .map_or(i.to_string(), |name| name.as_str().to_owned());
            Some((name, *value.payload.get(i)?))
        }
        Value::Namespace(namespace) => {
            let cell = *namespace.definitions().get(i)?;
            Some((cell.name.as_str().to_owned(), cell.value()))
        }
        Value::Class(class) => {
            use crate::object::Member;
            let body = class.body();
            let (name, member) = body.members.get_index(i)?;
            let value = match *member {
                Member::Method(value) | Member::Static(value) => value,
                Member::Shared(cell) => cell.get(),
                Member::Property { getter, setter } => getter.or(setter)?,
            };
            Some((name.as_str().to_owned(), value))
        }
        Value::Function(function) => {
            let name = function.proto().image.capture_names.get(i)?.to_string();
            Some((name, *function.capture_values().get(i)?))
        }
        Value::Bound(bound) => match i {
            0 => Some(("receiver".into(), bound.receiver)),
            1 => Some(("method".into(), bound.method)),
            _ => None,
        },
        _ => None,
    }
}

/// An inspected value as text.
pub fn text(inspected: &Inspected) -> String {
    let mut out = format!("{}, of class {}\n", inspected.shown, inspected.class);
    for (name, fact) in inspected.facts.iter().filter(|(_, fact)| !fact.is_empty()) {
        out.push_str(&format!("  {name}: {fact}\n"));
    }
    for (i, part) in inspected.parts.iter().enumerate() {
        let more = if part.has_parts { " …" } else { "" };
        out.push_str(&format!("  [{}] {} = {}{more}\n", inspected.from + i, part.name, part.shown));
    }
    let shown = inspected.from + inspected.parts.len();
    if inspected.count > shown {
        out.push_str(&format!("  … {} more from [{shown}] on\n", inspected.count - shown));
    }
    out
}
