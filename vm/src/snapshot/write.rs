//! From a value to plain data. Nothing of the program runs: what is obsolete is written as it is.

use super::names::name_of;
use super::{FORMAT, LIVING};
use crate::heap::Value;
use crate::object::{Control, Cx, EnumValue, Instance, Layout, List, Map, NativeResult, Symbol};
use crate::ops;
use gc_arena::Gc;
use rustc_hash::FxHashMap;

type Written<'gc> = Result<Value<'gc>, Box<Control<'gc>>>;

/// A value and everything that it reaches as plain data; see the head of the module. TypeError for what cannot be written, with the path to it.
pub fn snapshot<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    let mut writer = Writer { found: Vec::new(), ids: FxHashMap::default(), names: FxHashMap::default() };
    let root = writer.place(cx, value, 0, Step::Root)?;
    let mut objects = Vec::new();
    while objects.len() < writer.found.len() {
        cx.check_growth()?;
        let object = writer.object(cx, objects.len())?;
        objects.push(object);
    }
    let objects = list(cx, objects);
    Ok(map(cx, &[("snapshot", Value::Int(FORMAT)), ("root", root), ("objects", objects)]))
}

/// How a value is reached from what holds it.
#[derive(Clone, Copy)]
enum Step<'gc> {
    Root,
    Slot(Symbol<'gc>),
    Item(usize),
    At(Value<'gc>),
    Key(usize),
    Receiver,
}

/// A value with parts.
struct Found<'gc> {
    value: Value<'gc>,
    /// The number of what holds it.
    holder: usize,
    step: Step<'gc>,
}

struct Writer<'gc> {
    found: Vec<Found<'gc>>,
    /// Numbers of values with parts, by address.
    ids: FxHashMap<usize, i64>,
    /// Names of functions and classes, by address.
    names: FxHashMap<usize, Option<String>>,
}

impl<'gc> Writer<'gc> {
    /// What stands in the place of a value.
    fn place(&mut self, cx: &mut Cx<'_, 'gc>, value: Value<'gc>, holder: usize, step: Step<'gc>) -> Written<'gc> {
        Ok(match value {
            Value::Nil | Value::True | Value::False | Value::Int(_) | Value::Str(_) => value,
            Value::Float(number) if number.is_finite() => value,
            Value::Float(number) if number.is_nan() => tag(cx, "float", "nan"),
            Value::Float(number) => tag(cx, "float", if number > 0.0 { "inf" } else { "-inf" }),
            // Hexadecimal takes linear time, however long the number is.
            Value::BigInt(big) => tag(cx, "int", &format!("{:#x}", big.0)),
            Value::Unset => tag(cx, "is", "unset"),
            Value::Stop => tag(cx, "is", "stop"),
            Value::Namespace(namespace) => tag(cx, "namespace", &namespace.name),
            Value::Definition(cell) => tag(cx, "definition", &cell.qualified_name()),
            Value::Variant(variant) => {
                let of = self.class_name(cx, Value::Class(variant.class), holder, step)?;
                let (name, of) = (cx.str(variant.name.as_str()), cx.str(&of));
                map(cx, &[("variant", name), ("of", of)])
            }
            Value::Class(_) => {
                let name = self.class_name(cx, value, holder, step)?;
                tag(cx, "class", &name)
            }
            Value::Function(_) | Value::Native(_) | Value::Decorated(_) => match self.name(cx, &value) {
                Some(name) => tag(cx, "function", &name),
                None if static_name(&value).is_some() => self.reference(cx, value, holder, step),
                None => return Err(self.refuse(cx, "a function that no definition is", holder, step)),
            },
            Value::Fiber(_) => return Err(self.refuse(cx, "a fiber", holder, step)),
            Value::Iterator(_) => return Err(self.refuse(cx, "an iterator", holder, step)),
            Value::Host(object) => {
                let what = format!("what the host has made (`{}`)", object.type_name);
                return Err(self.refuse(cx, &what, holder, step));
            }
            Value::EnumValue(value) => self.reference(cx, Value::EnumValue(EnumValue::now(value)), holder, step),
            Value::Box(_) | Value::Continuation(_) => unreachable!("never reaches a program"),
            Value::Tuple(_)
            | Value::List(_)
            | Value::Map(_)
            | Value::Set(_)
            | Value::Range(_)
            | Value::Bytes(_)
            | Value::Bound(_)
            | Value::Instance(_) => self.reference(cx, value, holder, step),
        })
    }

    fn reference(&mut self, cx: &mut Cx<'_, 'gc>, value: Value<'gc>, holder: usize, step: Step<'gc>) -> Value<'gc> {
        let next = self.found.len() as i64;
        let id = *self.ids.entry(address(&value)).or_insert(next);
        if id == next {
            self.found.push(Found { value, holder, step });
        }
        map(cx, &[("ref", Value::Int(id))])
    }

    /// The entry of a value with parts.
    fn object(&mut self, cx: &mut Cx<'_, 'gc>, id: usize) -> Written<'gc> {
        let items = |writer: &mut Self, cx: &mut Cx<'_, 'gc>, values: &[Value<'gc>]| -> Written<'gc> {
            let mut items = Vec::with_capacity(values.len());
            for (i, value) in values.iter().enumerate() {
                items.push(writer.place(cx, *value, id, Step::Item(i))?);
                if i % 4096 == 0 {
                    cx.check_growth()?;
                }
            }
            Ok(list(cx, items))
        };
        let (key, value) = match self.found[id].value {
            Value::List(found) => ("list", items(self, cx, &found.to_vec())?),
            Value::Tuple(found) => ("tuple", items(self, cx, found.items())?),
            Value::Set(found) => {
                let members: Vec<_> = found.table().iter().map(|entry| entry.key).collect();
                ("set", items(self, cx, &members)?)
            }
            Value::Map(found) => return self.map_entry(cx, id, found),
            Value::Bytes(bytes) => {
                let text: String = bytes.data.iter().map(|byte| format!("{byte:02x}")).collect();
                ("bytes", cx.string(text))
            }
            Value::Range(range) => {
                let bounds = list(cx, vec![Value::Int(range.lo), Value::Int(range.hi)]);
                let (step, inclusive) = (Value::Int(range.step), Value::bool(range.inclusive));
                return Ok(map(cx, &[("range", bounds), ("step", step), ("inclusive", inclusive)]));
            }
            Value::EnumValue(value) => return self.enum_entry(cx, id, value),
            Value::Instance(instance) => return self.instance_entry(cx, id, instance),
            Value::Bound(bound) => {
                let receiver = bound.binding.unbound().map_or(bound.receiver, Value::Class);
                let of = self.place(cx, receiver, id, Step::Receiver)?;
                let name = Value::Str(bound.name.0);
                return Ok(map(cx, &[("method", name), ("of", of)]));
            }
            value => {
                let (class, name) =
                    static_name(&value).expect("`place` gives numbers to values with parts and to static functions");
                let of = self.place(cx, class, id, Step::Receiver)?;
                return Ok(map(cx, &[("method", Value::Str(name.0)), ("of", of)]));
            }
        };
        Ok(map(cx, &[(key, value)]))
    }

    fn map_entry(&mut self, cx: &mut Cx<'_, 'gc>, id: usize, found: Gc<'gc, Map<'gc>>) -> Written<'gc> {
        let entries: Vec<_> = found.table().iter().map(|entry| (entry.key, entry.value)).collect();
        if entries.iter().all(|(key, _)| matches!(key, Value::Str(_))) {
            let written = Map::new(cx.mc);
            for (key, value) in entries {
                let value = self.place(cx, value, id, Step::At(key))?;
                ops::set_plain_item(cx.world, cx.mc, written, &key, &value);
            }
            return Ok(map(cx, &[("map", Value::Map(written))]));
        }
        let mut pairs = Vec::with_capacity(entries.len());
        for (i, (key, value)) in entries.into_iter().enumerate() {
            let pair = vec![self.place(cx, key, id, Step::Key(i))?, self.place(cx, value, id, Step::At(key))?];
            pairs.push(list(cx, pair));
        }
        let pairs = list(cx, pairs);
        Ok(map(cx, &[("pairs", pairs)]))
    }

    fn enum_entry(&mut self, cx: &mut Cx<'_, 'gc>, id: usize, value: Gc<'gc, EnumValue<'gc>>) -> Written<'gc> {
        let Found { holder, step, .. } = self.found[id];
        let name = self.class_name(cx, Value::Class(value.variant.class), holder, step)?;
        let mut entry = vec![("enum", cx.str(&name)), ("variant", Value::Str(value.variant.name.0))];
        if let Some(fields) = &value.variant.fields {
            let payload = Map::new(cx.mc);
            for (field, part) in fields.iter().zip(&value.payload) {
                let part = self.place(cx, *part, id, Step::Slot(*field))?;
                ops::set_plain_item(cx.world, cx.mc, payload, &Value::Str(field.0), &part);
            }
            entry.push(("payload", Value::Map(payload)));
        }
        Ok(map(cx, &entry))
    }

    fn instance_entry(&mut self, cx: &mut Cx<'_, 'gc>, id: usize, instance: Gc<'gc, Instance<'gc>>) -> Written<'gc> {
        let Found { holder, step, .. } = self.found[id];
        let layout = cx.world.layout(instance.layout());
        // The slots of one that has grown are those of its version.
        let version = cx.world.layout(layout.version);
        let line = version.class.body().linearisation.clone();
        if line.iter().any(|class| LIVING.contains(&&*class.qualified())) {
            let what = format!("a {}", version.class.name().as_str());
            return Err(self.refuse(cx, &what, holder, step));
        }
        let name = self.class_name(cx, Value::Class(version.class), holder, step)?;
        keep_way(cx, version);
        let slots = Map::new(cx.mc);
        for (i, slot) in version.slots.iter().enumerate().filter(|(_, slot)| !slot.is_transient) {
            let value = self.place(cx, Instance::get(instance, &layout, i), id, Step::Slot(slot.name))?;
            ops::set_plain_item(cx.world, cx.mc, slots, &Value::Str(slot.name.0), &value);
        }
        let (name, number) = (cx.str(&name), Value::Int(i64::from(version.number)));
        Ok(map(cx, &[("class", name), ("layout", number), ("slots", Value::Map(slots))]))
    }

    /// The name of a class or enum; TypeError if it has none under which it is found again.
    fn class_name(
        &mut self,
        cx: &mut Cx<'_, 'gc>,
        class: Value<'gc>,
        holder: usize,
        step: Step<'gc>,
    ) -> Result<String, Box<Control<'gc>>> {
        self.name(cx, &class).ok_or_else(|| {
            let Value::Class(found) = class else { unreachable!("the caller has a class") };
            let what = format!("the class `{}`, or an instance of it: no definition of the program is it", found.name().as_str());
            self.refuse(cx, &what, holder, step)
        })
    }

    fn name(&mut self, cx: &mut Cx<'_, 'gc>, value: &Value<'gc>) -> Option<String> {
        self.names.entry(address(value)).or_insert_with(|| name_of(cx, value)).clone()
    }

    #[cold]
    fn refuse(&self, cx: &mut Cx<'_, 'gc>, what: &str, holder: usize, step: Step<'gc>) -> Box<Control<'gc>> {
        let mut steps = vec![step];
        let mut holder = holder;
        while !matches!(steps[steps.len() - 1], Step::Root) {
            let found = &self.found[holder];
            steps.push(found.step);
            holder = found.holder;
        }
        let mut path = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Root => {}
                Step::Slot(name) => path.push_str(&format!(".{}", name.as_str())),
                Step::Item(i) => path.push_str(&format!("[{i}]")),
                Step::At(key) => path.push_str(&format!("[{}]", ops::describe(cx, key))),
                Step::Key(i) => path.push_str(&format!(".keys()[{i}]")),
                Step::Receiver => path.push_str(".self"),
            }
        }
        let at = if path.is_empty() { String::new() } else { format!(" at {path}") };
        let remedy = if matches!(step, Step::Slot(_)) { "; a slot that is `transient` is left out" } else { "" };
        cx.type_error(format!("`live.snapshot`: cannot write {what}{at}{remedy}"))
    }
}

/// Keeps the layouts on the way from this one to that of its class, so that what is written now can take it later.
fn keep_way<'gc>(cx: &Cx<'_, 'gc>, layout: Gc<'gc, Layout<'gc>>) {
    let mut layout = layout;
    // Those after one that is kept are kept, too.
    while !layout.is_written() {
        Layout::keep_written(layout, cx.mc);
        let Some(edge) = layout.edge() else { return };
        layout = cx.world.layout(edge.to);
    }
}

/// The class and the name of a function that is found through its class.
fn static_name<'gc>(value: &Value<'gc>) -> Option<(Value<'gc>, Symbol<'gc>)> {
    use crate::object::Member;
    let Value::Function(function) = value else { return None };
    let home = function.home()?;
    let body = home.body();
    let found = body.members.iter().find(|(_, member)| matches!(member, Member::Static(other) if other.same(value)));
    found.map(|(name, _)| (Value::Class(home), *name))
}

fn address(value: &Value<'_>) -> usize {
    value.heap_pointer().map_or(0, |pointer| Gc::as_ptr(pointer) as usize)
}

fn list<'gc>(cx: &Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> Value<'gc> {
    cx.world.charge(64 + items.len() * size_of::<Value>());
    Value::List(List::new(cx.mc, items))
}

fn map<'gc>(cx: &mut Cx<'_, 'gc>, entries: &[(&str, Value<'gc>)]) -> Value<'gc> {
    let map = Map::new(cx.mc);
    for (key, value) in entries {
        let key = Value::Str(cx.world.intern(cx.mc, key).0);
        ops::set_plain_item(cx.world, cx.mc, map, &key, value);
    }
    cx.world.charge(192);
    Value::Map(map)
}

fn tag<'gc>(cx: &mut Cx<'_, 'gc>, key: &str, text: &str) -> Value<'gc> {
    let text = cx.str(text);
    map(cx, &[(key, text)])
}
