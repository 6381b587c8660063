//! From plain data to a value. The data may be made by hand, or damaged: whatever is wrong with it is an error that says where.
//!
//! Containers and instances are made empty first, then what never changes (`fixed.rs`), which may contain them; then they are filled. Keys whose
//! class has a `hash` come last: they need the program, and all that they may look at is there.

use super::names::find;
use super::shape::Shape;
use super::{FORMAT, fixed};
use crate::heap::Value;
use crate::object::{Class, ClassKind, Control, Cx, ErrorKind, Instance, Kind, List, Map, NativeResult, Set, Symbol, Variant};
use crate::ops::{self, Resume, suspend};
use gc_arena::{Collect, Gc};
use num_bigint::BigInt;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// What is wrong with the data, and where.
pub(super) struct Problem {
    kind: ErrorKind,
    path: String,
    text: String,
}

pub(super) type Read<T> = Result<T, Problem>;

impl Problem {
    /// The data is none of a snapshot.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Problem { kind: ErrorKind::ValueError, path: String::new(), text: text.into() }
    }

    /// It names what does not exist.
    pub(super) fn unknown(text: impl Into<String>) -> Self {
        Problem { kind: ErrorKind::NameError, path: String::new(), text: text.into() }
    }

    /// The same, seen from what holds it.
    pub(super) fn at(mut self, step: impl std::fmt::Display) -> Self {
        self.path = format!("{step}{}", self.path);
        self
    }

    fn raise<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Box<Control<'gc>> {
        let Problem { kind, path, text } = self;
        let at = if path.is_empty() { String::new() } else { format!(" at {path}:") };
        cx.raise(kind, format!("`live.restore`:{at} {text}"))
    }
}

/// The value of which a snapshot was made; see the head of the module.
pub fn restore<'gc>(cx: &mut Cx<'_, 'gc>, data: Value<'gc>) -> NativeResult<'gc> {
    let read = Reader::of(data).and_then(|mut reader| {
        reader.make_shells(cx)?;
        fixed::make_all(&mut reader, cx)?;
        let waiting = reader.fill(cx)?;
        let root = field(&data, "root").ok_or_else(|| Problem::new("`root` is missing"))?;
        let root = reader.value(cx, root).map_err(|problem| problem.at(".root"))?;
        Ok(Filling { waiting, next: 0, root })
    });
    match read {
        Ok(filling) => filling.go(cx),
        Err(problem) => Err(problem.raise(cx)),
    }
}

/// The value under a key of a map of the format; `None` if it is none, or has no such key.
pub(super) fn field<'gc>(data: &Value<'gc>, name: &str) -> Option<Value<'gc>> {
    let Value::Map(map) = data else { return None };
    let table = map.table();
    table.iter().find(|entry| matches!(entry.key, Value::Str(key) if key.as_str() == name)).map(|entry| entry.value)
}

/// The items of a list under a key.
pub(super) fn list_field<'gc>(data: &Value<'gc>, name: &str) -> Option<Read<Vec<Value<'gc>>>> {
    Some(match field(data, name)? {
        Value::List(list) => Ok(list.to_vec()),
        _ => Err(Problem::new("must be a list").at(format!(".{name}"))),
    })
}

/// The text under a key.
pub(super) fn text_field<'gc>(data: &Value<'gc>, name: &str) -> Option<Read<&'gc str>> {
    Some(match field(data, name)? {
        Value::Str(text) => Ok(Gc::as_ref(text).as_str()),
        _ => Err(Problem::new("must be a string").at(format!(".{name}"))),
    })
}

/// The entries of a map with strings as keys, under a key.
pub(super) fn entries_field<'gc>(
    cx: &mut Cx<'_, 'gc>,
    data: &Value<'gc>,
    name: &str,
) -> Option<Read<Vec<(Symbol<'gc>, Value<'gc>)>>> {
    let Value::Map(map) = field(data, name)? else {
        return Some(Err(Problem::new("must be a map").at(format!(".{name}"))));
    };
    let entries: Vec<_> = map.table().iter().map(|entry| (entry.key, entry.value)).collect();
    let entries = entries.into_iter().map(|(key, value)| match key {
        Value::Str(key) => Ok((cx.world.intern(cx.mc, key.as_str()), value)),
        _ => Err(Problem::new("every key must be a string").at(format!(".{name}"))),
    });
    Some(entries.collect())
}

/// What an entry of the data is written into.
enum Shell<'gc> {
    /// Its parts are its own.
    Whole,
    List(Gc<'gc, List<'gc>>, Vec<Value<'gc>>),
    Set(Gc<'gc, Set<'gc>>, Vec<Value<'gc>>),
    Map(Gc<'gc, Map<'gc>>, Vec<(Value<'gc>, Value<'gc>)>),
    Instance(Gc<'gc, Instance<'gc>>, Rc<Shape<'gc>>, Vec<(Symbol<'gc>, Value<'gc>)>),
}

/// The shapes of a class by the number and the slots of the written layout.
type Shapes<'gc> = FxHashMap<(usize, u32), Vec<(Vec<Symbol<'gc>>, Rc<Shape<'gc>>)>>;

pub(super) struct Reader<'gc> {
    /// The entries of `objects`.
    pub(super) entries: Vec<Value<'gc>>,
    /// What has been made of them.
    pub(super) made: Vec<Option<Value<'gc>>>,
    shells: Vec<Shell<'gc>>,
    /// Values of definitions.
    named: FxHashMap<&'gc str, Value<'gc>>,
    shapes: Shapes<'gc>,
}

impl<'gc> Reader<'gc> {
    fn of(data: Value<'gc>) -> Read<Self> {
        match field(&data, "snapshot") {
            Some(Value::Int(FORMAT)) => {}
            Some(Value::Int(other)) => {
                let text = format!("the data has version {other} of the format, and this program reads version {FORMAT}");
                return Err(Problem::new(text).at(".snapshot"));
            }
            _ => return Err(Problem::new("the data is no snapshot: that is a map with the keys `snapshot`, `root` and `objects`")),
        }
        let entries = list_field(&data, "objects").unwrap_or_else(|| Err(Problem::new("`objects` is missing")))?;
        let made = vec![None; entries.len()];
        Ok(Reader { entries, made, shells: Vec::new(), named: FxHashMap::default(), shapes: Shapes::default() })
    }

    /// Makes containers and instances, without their content.
    fn make_shells(&mut self, cx: &mut Cx<'_, 'gc>) -> Read<()> {
        for i in 0..self.entries.len() {
            let shell = self.shell(cx, self.entries[i]).map_err(|problem| problem.at(format!(".objects[{i}]")))?;
            self.made[i] = match &shell {
                Shell::Whole => None,
                Shell::List(list, _) => Some(Value::List(*list)),
                Shell::Set(set, _) => Some(Value::Set(*set)),
                Shell::Map(map, _) => Some(Value::Map(*map)),
                Shell::Instance(instance, ..) => Some(Value::Instance(*instance)),
            };
            self.shells.push(shell);
        }
        Ok(())
    }

    fn shell(&mut self, cx: &mut Cx<'_, 'gc>, entry: Value<'gc>) -> Read<Shell<'gc>> {
        cx.world.charge(96);
        if field(&entry, "class").is_some() {
            return self.instance_shell(cx, entry);
        }
        if let Some(items) = list_field(&entry, "list") {
            return Ok(Shell::List(List::new(cx.mc, Vec::new()), items?));
        }
        if let Some(items) = list_field(&entry, "set") {
            return Ok(Shell::Set(Set::new(cx.mc), items?));
        }
        if let Some(entries) = entries_field(cx, &entry, "map") {
            let entries = entries?.into_iter().map(|(key, value)| (Value::Str(key.0), value)).collect();
            return Ok(Shell::Map(Map::new(cx.mc), entries));
        }
        if let Some(pairs) = list_field(&entry, "pairs") {
            let pair = |(i, pair): (usize, Value<'gc>)| match pair {
                Value::List(pair) if pair.len() == 2 => Ok((pair.items()[0], pair.items()[1])),
                _ => Err(Problem::new("must be a list of a key and a value").at(format!(".pairs[{i}]"))),
            };
            let pairs: Read<Vec<_>> = pairs?.into_iter().enumerate().map(pair).collect();
            return Ok(Shell::Map(Map::new(cx.mc), pairs?));
        }
        Ok(Shell::Whole)
    }

    fn instance_shell(&mut self, cx: &mut Cx<'_, 'gc>, entry: Value<'gc>) -> Read<Shell<'gc>> {
        let name = text_field(&entry, "class").unwrap_or_else(|| Err(Problem::new("`class` is missing")))?;
        let class = self.class(cx, name).map_err(|problem| problem.at(".class"))?;
        if class.kind != ClassKind::Plain || !class.has_layout() {
            return Err(Problem::new(format!("`{name}` is no class with slots")).at(".class"));
        }
        let number = match field(&entry, "layout") {
            Some(Value::Int(number)) if u32::try_from(number).is_ok() => number as u32,
            _ => return Err(Problem::new("must be the number of a layout").at(".layout")),
        };
        let slots = entries_field(cx, &entry, "slots").unwrap_or_else(|| Err(Problem::new("`slots` is missing")))?;
        if slots.len() > Instance::SLOTS_MAX {
            return Err(Problem::new(format!("an instance has no more than {} slots", Instance::SLOTS_MAX)).at(".slots"));
        }
        if let Some((name, _)) = slots.iter().find(|(name, _)| name.as_str().starts_with('$')) {
            return Err(Problem::new("no slot has this name").at(format!(".slots.{}", name.as_str())));
        }
        let names: Vec<_> = slots.iter().map(|(name, _)| *name).collect();
        let known = self.shapes.entry((Gc::as_ptr(class) as usize, number)).or_default();
        let shape = match known.iter().find(|(other, _)| *other == names) {
            Some((_, shape)) => shape.clone(),
            None => {
                let shape = Shape::of(cx, class, number, &names);
                known.push((names, shape.clone()));
                shape
            }
        };
        Ok(Shell::Instance(shape.instance(cx), shape, slots))
    }

    /// Puts the content into containers and instances. Gives the maps and sets with keys that need the program.
    fn fill(&mut self, cx: &mut Cx<'_, 'gc>) -> Read<Vec<Waiting<'gc>>> {
        let mut waiting = Vec::new();
        for (i, shell) in std::mem::take(&mut self.shells).into_iter().enumerate() {
            self.fill_one(cx, i, shell, &mut waiting).map_err(|problem| problem.at(format!(".objects[{i}]")))?;
        }
        // What a container contains stands behind it, and is filled before it.
        waiting.reverse();
        Ok(waiting)
    }

    fn fill_one(&mut self, cx: &mut Cx<'_, 'gc>, number: usize, shell: Shell<'gc>, waiting: &mut Vec<Waiting<'gc>>) -> Read<()> {
        match shell {
            Shell::Whole => {}
            Shell::List(list, items) => {
                let items = self.values(cx, &items, "list")?;
                cx.world.charge(items.len() * size_of::<Value>());
                List::modify(list, cx.mc, |own| *own = items);
            }
            Shell::Instance(instance, shape, slots) => {
                for ((name, data), place) in slots.iter().zip(&shape.places) {
                    let is_unset = matches!(field(data, "is"), Some(Value::Str(what)) if what.as_str() == "unset");
                    let at = |problem: Problem| problem.at(format!(".slots.{}", name.as_str()));
                    let value = if is_unset { Value::Unset } else { self.value(cx, *data).map_err(at)? };
                    Instance::set_slot(instance, cx.mc, *place, value);
                }
            }
            Shell::Set(set, items) => {
                let items = self.values(cx, &items, "set")?;
                waiting.push(Waiting {
                    number,
                    table: Value::Set(set),
                    entries: items.into_iter().map(|v| (v, Value::Nil)).collect(),
                });
            }
            Shell::Map(map, entries) => {
                let mut read = Vec::with_capacity(entries.len());
                for (i, (key, value)) in entries.into_iter().enumerate() {
                    let key = self.value(cx, key).map_err(|problem| problem.at(format!(".pairs[{i}][0]")))?;
                    let at = |problem: Problem| match key {
                        Value::Str(key) => problem.at(format!(".map[{:?}]", key.as_str())),
                        _ => problem.at(format!(".pairs[{i}][1]")),
                    };
                    read.push((key, self.value(cx, value).map_err(at)?));
                }
                if read.iter().all(|(key, _)| matches!(key, Value::Str(_) | Value::Int(_))) {
                    for (key, value) in read {
                        ops::set_plain_item(cx.world, cx.mc, map, &key, &value);
                    }
                } else {
                    waiting.push(Waiting { number, table: Value::Map(map), entries: read });
                }
            }
        }
        Ok(())
    }

    fn values(&mut self, cx: &mut Cx<'_, 'gc>, data: &[Value<'gc>], name: &str) -> Read<Vec<Value<'gc>>> {
        let mut values = Vec::with_capacity(data.len());
        for (i, item) in data.iter().enumerate() {
            values.push(self.value(cx, *item).map_err(|problem| problem.at(format!(".{name}[{i}]")))?);
        }
        Ok(values)
    }

    /// The value that stands in a place.
    pub(super) fn value(&mut self, cx: &mut Cx<'_, 'gc>, data: Value<'gc>) -> Read<Value<'gc>> {
        match data {
            Value::Nil | Value::True | Value::False | Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Str(_) => {
                return Ok(data);
            }
            Value::Map(_) => {}
            other => {
                let text = format!("expected a value of a snapshot, not {}", cx.type_name(&other));
                return Err(Problem::new(text));
            }
        }
        if let Some(number) = self.reference(&data)? {
            return self.made[number].ok_or_else(|| Problem::new(format!("`objects[{number}]` is inside of itself")));
        }
        if let Some(digits) = text_field(&data, "int") {
            return int(cx, digits?);
        }
        if let Some(word) = text_field(&data, "float") {
            return Ok(Value::Float(match word? {
                "nan" => f64::NAN,
                "inf" => f64::INFINITY,
                "-inf" => f64::NEG_INFINITY,
                _ => return Err(Problem::new("must be \"nan\", \"inf\" or \"-inf\"").at(".float")),
            }));
        }
        if let Some(word) = text_field(&data, "is") {
            return match word? {
                "stop" => Ok(Value::Stop),
                "unset" => Err(Problem::new("only a slot can be unset")),
                _ => Err(Problem::new("must be \"stop\" or \"unset\"").at(".is")),
            };
        }
        if let Some(name) = text_field(&data, "variant") {
            let of = text_field(&data, "of").unwrap_or_else(|| Err(Problem::new("`of` is missing")))?;
            let class = self.enum_class(cx, of).map_err(|problem| problem.at(".of"))?;
            return constructor(class, name?).map_err(|problem| problem.at(".variant"));
        }
        for (key, kind) in [("function", "function"), ("class", "class"), ("definition", "definition"), ("namespace", "namespace")]
        {
            if let Some(name) = text_field(&data, key) {
                return self.definition(cx, name?, kind).map_err(|problem| problem.at(format!(".{key}")));
            }
        }
        Err(Problem::new("expected a value of a snapshot, not a map without one of its keys, such as `ref`"))
    }

    /// The number of the object that data in the place of a value refers to, if it does.
    pub(super) fn reference(&self, data: &Value<'gc>) -> Read<Option<usize>> {
        match field(data, "ref") {
            None => Ok(None),
            Some(Value::Int(number)) if usize::try_from(number).is_ok_and(|number| number < self.entries.len()) => {
                Ok(Some(number as usize))
            }
            Some(_) => {
                Err(Problem::new(format!("must be an Int from 0 to {}, the last of `objects`", self.entries.len() as i64 - 1))
                    .at(".ref"))
            }
        }
    }

    fn definition(&mut self, cx: &mut Cx<'_, 'gc>, name: &'gc str, kind: &str) -> Read<Value<'gc>> {
        match kind {
            "namespace" => {
                let found = cx.world.namespaces.get(name).copied().map(Value::Namespace);
                found.ok_or_else(|| Problem::unknown(format!("there is no namespace `{name}`; import it before")))
            }
            "definition" => find(cx, name).map(Value::Definition).map_err(Problem::unknown),
            "class" => self.named(cx, name).and_then(|value| match value {
                Value::Class(_) => Ok(value),
                _ => Err(Problem::new(format!("`{name}` is no class"))),
            }),
            _ => self.named(cx, name).and_then(|value| match value {
                Value::Function(_) | Value::Native(_) | Value::Decorated(_) => Ok(value),
                _ => Err(Problem::new(format!("`{name}` is no function"))),
            }),
        }
    }

    /// The value of a definition.
    fn named(&mut self, cx: &mut Cx<'_, 'gc>, name: &'gc str) -> Read<Value<'gc>> {
        if let Some(value) = self.named.get(name) {
            return Ok(*value);
        }
        let cell = find(cx, name).map_err(Problem::unknown)?;
        let value = match cell.kind() {
            Kind::Variable | Kind::Once => return Err(Problem::new(format!("`{name}` is a variable"))),
            _ => cell.value(),
        };
        self.named.insert(name, value);
        Ok(value)
    }

    /// The class with this name.
    pub(super) fn class(&mut self, cx: &mut Cx<'_, 'gc>, name: &'gc str) -> Read<Gc<'gc, Class<'gc>>> {
        match self.named(cx, name)? {
            Value::Class(class) => Ok(class),
            _ => Err(Problem::new(format!("`{name}` is no class"))),
        }
    }

    /// The enum with this name.
    pub(super) fn enum_class(&mut self, cx: &mut Cx<'_, 'gc>, name: &'gc str) -> Read<Gc<'gc, Class<'gc>>> {
        let class = self.class(cx, name)?;
        if class.kind == ClassKind::Enum { Ok(class) } else { Err(Problem::new(format!("`{name}` is no enum"))) }
    }
}

fn constructor<'gc>(class: Gc<'gc, Class<'gc>>, name: &str) -> Read<Value<'gc>> {
    let body = class.body();
    let is_meant = |variant: &&Gc<'gc, Variant<'gc>>| variant.name.as_str() == name && variant.fields.is_some();
    match body.variants.iter().find(is_meant) {
        Some(variant) => Ok(Value::Variant(*variant)),
        None => Err(fixed::no_variant(&body, name)),
    }
}

/// An int beyond 64 bits.
fn int<'gc>(cx: &Cx<'_, 'gc>, text: &str) -> Read<Value<'gc>> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let bits_max = usize::try_from(crate::limits::BIGINT_BITS_MAX).unwrap_or(usize::MAX);
    let digits = digits.strip_prefix("0x").filter(|digits| digits.len() <= bits_max / 4);
    let number = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    let number = number.and_then(|digits| BigInt::parse_bytes(format!("{sign}{digits}").as_bytes(), 16));
    number
        .map(|number| ops::int_from_big(cx.mc, number))
        .ok_or_else(|| Problem::new("must be a hexadecimal int, such as \"-0x1f\"").at(".int"))
}

/// A map or set whose keys need a closer look.
#[derive(Collect)]
#[collect(no_drop)]
struct Waiting<'gc> {
    /// Its place in `objects`.
    number: usize,
    table: Value<'gc>,
    entries: Vec<(Value<'gc>, Value<'gc>)>,
}

/// Fills maps and sets one after the other; the result is the root.
#[derive(Collect)]
#[collect(no_drop)]
struct Filling<'gc> {
    waiting: Vec<Waiting<'gc>>,
    /// The next entry of the first map or set.
    next: usize,
    root: Value<'gc>,
}

impl<'gc> Filling<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        self.waiting.reverse();
        while let Some(table) = self.waiting.last() {
            let Some((key, value)) = table.entries.get(self.next).copied() else {
                self.waiting.pop();
                self.next = 0;
                continue;
            };
            self.next += 1;
            let (number, put) = (
                table.number,
                match table.table {
                    Value::Map(map) => ops::map_set(cx, map, key, value),
                    Value::Set(set) => ops::set_add(cx, set, key),
                    _ => unreachable!("only maps and sets wait"),
                },
            );
            if let Err(control) = put {
                if let Control::Raise(error) = &*control {
                    let text = ops::error_message(cx, error);
                    return Err(Problem::new(text).at(format!(".objects[{number}]")).raise(cx));
                }
                self.waiting.reverse();
                return suspend(cx, control, self);
            }
        }
        Ok(self.root)
    }
}

impl<'gc> Resume<'gc> for Filling<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        self.go(cx)
    }
}
