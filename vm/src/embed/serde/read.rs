//! From scripts to Rust.

use super::super::convert::{FromScript, entry_step, expected, item_step, slot_step};
use super::Problem;
use crate::heap::Value;
use crate::limits;
use crate::object::{Cx, EnumValue, Instance, Map};
use crate::ops;
use gc_arena::Gc;
use rustc_hash::FxHashSet;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use std::vec;

/// The Rust value of a script value.
pub(super) fn from_value<'gc, T: DeserializeOwned>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<T, Problem> {
    let room = cx.world.memory_limit.unwrap_or(limits::ALLOCATION_MAX);
    let mut reading = Reading { cx, open: Vec::new(), room };
    T::deserialize(Part { reading: &mut reading, value })
}

/// What of a value has yet to follow an edit of its class or enum.
pub(super) fn obsolete_parts<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Vec<Value<'gc>> {
    let mut seen = FxHashSet::default();
    let mut left = vec![value];
    let mut found = Vec::new();
    while let Some(value) = left.pop() {
        let is_new = value.heap_pointer().is_some_and(|pointer| seen.insert(Gc::as_ptr(pointer) as usize));
        if !is_new {
            continue;
        }
        match value {
            Value::List(list) => left.extend(list.items().iter()),
            Value::Tuple(tuple) => left.extend(tuple.items()),
            Value::Set(set) => left.extend(set.table().iter().map(|entry| entry.key)),
            Value::Map(map) => left.extend(map.table().iter().flat_map(|entry| [entry.key, entry.value])),
            Value::Instance(instance) if !cx.migrate_now(instance) => found.push(value),
            Value::Instance(instance) => left.extend(slots(cx, instance).into_iter().map(|(_, value)| value)),
            Value::EnumValue(old) if EnumValue::is_obsolete(old) => found.push(value),
            Value::EnumValue(value) => left.extend(EnumValue::now(value).payload.iter()),
            _ => {}
        }
    }
    found
}

/// The slots of an instance that a program can name, and that have values.
fn slots<'gc>(cx: &Cx<'_, 'gc>, instance: Gc<'gc, Instance<'gc>>) -> Vec<(Value<'gc>, Value<'gc>)> {
    let layout = cx.world.layout(instance.layout());
    let slots = layout.slots.iter().enumerate().filter(|(_, slot)| !slot.name.as_str().starts_with('$'));
    let slots = slots.map(|(i, slot)| (Value::Str(slot.name.0), Instance::get(instance, &layout, i)));
    slots.filter(|(_, value)| !value.is_unset()).collect()
}

/// What is known while a value is read.
struct Reading<'a, 'c, 'gc> {
    cx: &'a mut Cx<'c, 'gc>,
    /// Addresses of what the part is inside of.
    open: Vec<usize>,
    /// Bytes that may still be read: what is reached in many ways is read many times.
    room: usize,
}

impl<'gc> Reading<'_, '_, 'gc> {
    fn take_room(&mut self, bytes: usize) -> Result<(), Problem> {
        let left = self.room.checked_sub(bytes);
        self.room = left.ok_or_else(|| {
            Problem::new("the value is too large: with all that is reached in several ways it is beyond the memory limit")
        })?;
        Ok(())
    }

    /// Reads what is in a value.
    fn inside<R>(
        &mut self,
        whole: Value<'gc>,
        count: usize,
        read: impl FnOnce(&mut Self) -> Result<R, Problem>,
    ) -> Result<R, Problem> {
        let address = whole.heap_pointer().map_or(0, |pointer| Gc::as_ptr(pointer) as usize);
        if self.open.contains(&address) {
            return Err(Problem::new("the value contains itself"));
        }
        if self.open.len() >= limits::SERDE_DEPTH_MAX {
            return Err(Problem::new(format!("the value is nested deeper than {} levels", limits::SERDE_DEPTH_MAX)));
        }
        self.take_room(count.saturating_add(1).saturating_mul(size_of::<Value>()))?;
        self.open.push(address);
        let result = read(self);
        self.open.pop();
        result
    }

    fn visit_items<'de, V: Visitor<'de>>(
        &mut self,
        whole: Value<'gc>,
        items: Vec<Value<'gc>>,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let count = items.len();
        self.inside(whole, count, |reading| {
            let mut items = Items { reading, items: items.into_iter(), next: 0 };
            let value = visitor.visit_seq(&mut items)?;
            match items.items.len() {
                0 => Ok(value),
                left => Err(Problem::new(format!("expected {} items, got {count}", count - left))),
            }
        })
    }

    fn visit_entries<'de, V: Visitor<'de>>(
        &mut self,
        whole: Value<'gc>,
        entries: Vec<(Value<'gc>, Value<'gc>)>,
        is_struct: bool,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.inside(whole, 2 * entries.len(), |reading| {
            visitor.visit_map(Entries { reading, entries: entries.into_iter(), value: None, next: 0, is_struct })
        })
    }

    /// The payload of a value of an enum with its names.
    fn payload(&self, value: Gc<'gc, EnumValue<'gc>>) -> Option<Vec<(Value<'gc>, Value<'gc>)>> {
        let names = value.variant.fields.as_ref()?;
        Some(names.iter().map(|name| Value::Str(name.0)).zip(value.payload.iter().copied()).collect())
    }

    /// A payload as one value.
    fn map_of(&mut self, entries: &[(Value<'gc>, Value<'gc>)]) -> Value<'gc> {
        self.cx.world.charge(96);
        let map = Map::new(self.cx.mc);
        for (name, value) in entries {
            ops::set_plain_item(self.cx.world, self.cx.mc, map, name, value);
        }
        Value::Map(map)
    }
}

/// A value that is to be read.
struct Part<'r, 'a, 'c, 'gc> {
    reading: &'r mut Reading<'a, 'c, 'gc>,
    value: Value<'gc>,
}

impl<'gc> Part<'_, '_, '_, 'gc> {
    fn read<T: FromScript>(&mut self) -> Result<T, Problem> {
        T::from_script(self.reading.cx, self.value).map_err(Problem::new)
    }

    #[cold]
    fn expected(&self, what: &str) -> Problem {
        Problem::new(expected(self.reading.cx, what, &self.value))
    }

    fn text(&mut self, what: &str) -> Result<&'gc str, Problem> {
        let Value::Str(text) = self.value else { return Err(self.expected(what)) };
        let text = Gc::as_ref(text).as_str();
        self.reading.take_room(text.len())?;
        Ok(text)
    }

    fn items(&self) -> Option<Vec<Value<'gc>>> {
        match self.value {
            Value::List(list) => Some(list.to_vec()),
            Value::Tuple(tuple) => Some(tuple.items().to_vec()),
            Value::Set(set) => Some(set.table().iter().map(|entry| entry.key).collect()),
            _ => None,
        }
    }

    fn entries(&mut self) -> Result<Option<Vec<(Value<'gc>, Value<'gc>)>>, Problem> {
        match self.value {
            Value::Map(map) => Ok(Some(map.table().iter().map(|entry| (entry.key, entry.value)).collect())),
            Value::Instance(instance) => {
                if !self.reading.cx.migrate_now(instance) {
                    return Err(self.not_migrated());
                }
                Ok(Some(slots(self.reading.cx, instance)))
            }
            _ => Ok(None),
        }
    }

    #[cold]
    fn not_migrated(&self) -> Problem {
        let name = self.reading.cx.type_name(&self.value);
        Problem::new(format!(
            "this {name} has yet to follow an edit of its class, which needs the program: `Vm::from_value` of its handle migrates it first"
        ))
    }

    fn enum_value(&self, value: Gc<'gc, EnumValue<'gc>>) -> Result<Gc<'gc, EnumValue<'gc>>, Problem> {
        if EnumValue::is_obsolete(value) { Err(self.not_migrated()) } else { Ok(EnumValue::now(value)) }
    }

    fn sequence<'de, V: Visitor<'de>>(self, what: &str, visitor: V) -> Result<V::Value, Problem> {
        match self.items() {
            Some(items) => self.reading.visit_items(self.value, items, visitor),
            None => Err(self.expected(what)),
        }
    }
}

macro_rules! plain {
    ($($name:ident $visit:ident $t:ty),*) => { $(
        fn $name<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Problem> {
            let value: $t = self.read()?;
            visitor.$visit(value)
        }
    )* };
}

impl<'de> Deserializer<'de> for Part<'_, '_, '_, '_> {
    type Error = Problem;

    plain!(deserialize_bool visit_bool bool, deserialize_f32 visit_f32 f32, deserialize_f64 visit_f64 f64);
    plain!(deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64);
    plain!(deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64);
    plain!(deserialize_i128 visit_i128 i128, deserialize_u128 visit_u128 u128, deserialize_char visit_char char);

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::Nil => visitor.visit_unit(),
            Value::True | Value::False => self.deserialize_bool(visitor),
            Value::Int(int) => visitor.visit_i64(int),
            Value::BigInt(big) => match (u64::try_from(&big.0), i128::try_from(&big.0)) {
                (Ok(int), _) => visitor.visit_u64(int),
                (_, Ok(int)) => visitor.visit_i128(int),
                _ => visitor.visit_u128(self.read()?),
            },
            Value::Float(float) => visitor.visit_f64(float),
            Value::Str(_) => self.deserialize_str(visitor),
            Value::Bytes(_) => self.deserialize_bytes(visitor),
            Value::EnumValue(value) => {
                let value = self.enum_value(value)?;
                let name = value.variant.name;
                let Some(payload) = self.reading.payload(value) else { return visitor.visit_str(name.as_str()) };
                let payload = self.reading.map_of(&payload);
                self.reading.visit_entries(self.value, vec![(Value::Str(name.0), payload)], true, visitor)
            }
            _ => {
                if let Some(items) = self.items() {
                    return self.reading.visit_items(self.value, items, visitor);
                }
                match self.entries()? {
                    Some(entries) => self.reading.visit_entries(self.value, entries, false, visitor),
                    None => Err(self.expected("plain data")),
                }
            }
        }
    }

    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(self.text("a string")?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(self.text("a name, which is a string")?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.value {
            Value::Bytes(bytes) => {
                self.reading.take_room(bytes.data.len())?;
                visitor.visit_bytes(&bytes.data)
            }
            _ => self.sequence("Bytes", visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.value.is_nil() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.value.is_nil() { visitor.visit_unit() } else { Err(self.expected("nil")) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.sequence("a list", visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Problem> {
        self.sequence("a tuple or a list", visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, count: usize, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_tuple(count, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Problem> {
        match self.entries()? {
            Some(entries) => self.reading.visit_entries(self.value, entries, false, visitor),
            None => Err(self.expected("a map")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if let Some(entries) = self.entries()? {
            return self.reading.visit_entries(self.value, entries, true, visitor);
        }
        match self.items() {
            Some(items) => self.reading.visit_items(self.value, items, visitor),
            None => Err(self.expected(&format!("a map or an instance for `{name}`"))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let Part { reading, value } = self;
        match value {
            Value::Str(text) => visitor.visit_enum(IntoDeserializer::<Problem>::into_deserializer(text.as_str())),
            Value::EnumValue(found) => {
                let found = Part { reading, value }.enum_value(found)?;
                let payload = reading.payload(found).map_or(Payload::None, Payload::Fields);
                reading.inside(value, found.payload.len(), |reading| {
                    visitor.visit_enum(Variant { reading, name: found.variant.name.as_str(), payload })
                })
            }
            Value::Map(map) if map.len() == 1 => {
                let entry = map.table().last().map(|entry| (entry.key, entry.value));
                let Some((Value::Str(key), payload)) = entry else {
                    return Err(Problem::new(format!("expected the name of a variant of `{name}` as the key")));
                };
                let key = Gc::as_ref(key).as_str();
                reading.inside(value, 1, |reading| {
                    visitor.visit_enum(Variant { reading, name: key, payload: Payload::Value(payload) })
                })
            }
            _ => {
                let what = format!("a variant of `{name}` (its name, or a map with the name as its only key)");
                Err(Part { reading, value }.expected(&what))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }
}

/// What is left of a sequence.
struct Items<'r, 'a, 'c, 'gc> {
    reading: &'r mut Reading<'a, 'c, 'gc>,
    items: vec::IntoIter<Value<'gc>>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, '_, '_, '_> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Problem> {
        let Some(value) = self.items.next() else { return Ok(None) };
        let at = self.next;
        self.next += 1;
        seed.deserialize(Part { reading: self.reading, value }).map(Some).map_err(|problem| problem.at(&item_step(at)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// What is left of a map, or of the slots of an instance.
struct Entries<'r, 'a, 'c, 'gc> {
    reading: &'r mut Reading<'a, 'c, 'gc>,
    entries: vec::IntoIter<(Value<'gc>, Value<'gc>)>,
    /// The key and the value of the entry whose key was read.
    value: Option<(Value<'gc>, Value<'gc>)>,
    next: usize,
    /// Whether the keys are the names of fields.
    is_struct: bool,
}

impl<'de> MapAccess<'de> for Entries<'_, '_, '_, '_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Problem> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some((key, value));
        let at = self.next;
        self.next += 1;
        let read = seed.deserialize(Part { reading: self.reading, value: key });
        match read {
            Err(problem) if !self.is_struct => Err(problem.at(&format!(".keys(){}", item_step(at)))),
            read => read.map(Some),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Problem> {
        let (key, value) = self.value.take().ok_or_else(|| Problem::new("its type asks for a value of a map before the key"))?;
        match seed.deserialize(Part { reading: self.reading, value }) {
            Ok(value) => Ok(value),
            Err(problem) => Err(problem.at(&entry_step(self.reading.cx, &key))),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// What a variant has.
enum Payload<'gc> {
    None,
    /// Under its name in a map.
    Value(Value<'gc>),
    /// In a value of an enum.
    Fields(Vec<(Value<'gc>, Value<'gc>)>),
}

/// A variant whose name is known.
struct Variant<'r, 'a, 'c, 'gc> {
    reading: &'r mut Reading<'a, 'c, 'gc>,
    name: &'gc str,
    payload: Payload<'gc>,
}

impl<'gc> Variant<'_, '_, '_, 'gc> {
    fn mismatch(&self, what: &str) -> Problem {
        Problem::new(format!("`{}` has {what}", self.name))
    }
}

impl<'de, 'r, 'a, 'c, 'gc> EnumAccess<'de> for Variant<'r, 'a, 'c, 'gc> {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Problem> {
        let name: StrDeserializer<'_, Problem> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_, '_, '_> {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        match self.payload {
            Payload::None | Payload::Value(Value::Nil) => Ok(()),
            _ => Err(self.mismatch("a payload, and none is expected")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Problem> {
        match &self.payload {
            Payload::None => Err(self.mismatch("no payload, and one is expected")),
            Payload::Value(value) => {
                seed.deserialize(Part { reading: self.reading, value: *value }).map_err(|problem| problem.at(&slot_step(self.name)))
            }
            Payload::Fields(fields) => match fields.as_slice() {
                [(name, value)] => match seed.deserialize(Part { reading: self.reading, value: *value }) {
                    Ok(value) => Ok(value),
                    Err(problem) => Err(problem.at(&entry_step(self.reading.cx, name))),
                },
                fields => {
                    let value = self.reading.map_of(fields);
                    seed.deserialize(Part { reading: self.reading, value })
                }
            },
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Problem> {
        match self.payload {
            Payload::None => Err(self.mismatch("no payload, and one is expected")),
            Payload::Value(value) => Part { reading: self.reading, value }
                .sequence("a list", visitor)
                .map_err(|problem| problem.at(&slot_step(self.name))),
            Payload::Fields(fields) => {
                let value = self.reading.map_of(&fields);
                self.reading.visit_items(value, fields.into_iter().map(|(_, value)| value).collect(), visitor)
            }
        }
    }

    fn struct_variant<V: Visitor<'de>>(self, names: &'static [&'static str], visitor: V) -> Result<V::Value, Problem> {
        match self.payload {
            Payload::None => Err(self.mismatch("no payload, and one is expected")),
            Payload::Value(value) => {
                let part = Part { reading: self.reading, value };
                part.deserialize_struct("it", names, visitor).map_err(|problem| problem.at(&slot_step(self.name)))
            }
            Payload::Fields(fields) => {
                let value = self.reading.map_of(&fields);
                self.reading.visit_entries(value, fields, true, visitor)
            }
        }
    }
}
