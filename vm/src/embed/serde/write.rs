//! From Rust to scripts.

use super::super::convert::{entry_step, item_step, slot_step};
use super::{Problem, new_bytes, new_list};
use crate::heap::Value;
use crate::limits;
use crate::object::{Cx, Map, Tuple};
use crate::ops::{self, HashResult};
use gc_arena::Gc;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};

/// The script value of a Rust value.
pub(super) fn to_value<'gc, T: Serialize + ?Sized>(cx: &mut Cx<'_, 'gc>, value: &T) -> Result<Value<'gc>, Problem> {
    value.serialize(Writer { cx, depth: 0, is_key: false })
}

/// Writes one value.
struct Writer<'a, 'c, 'gc> {
    cx: &'a mut Cx<'c, 'gc>,
    /// What it is inside of.
    depth: usize,
    /// Whether it is a key or a part of one, which never changes.
    is_key: bool,
}

impl<'a, 'c, 'gc> Writer<'a, 'c, 'gc> {
    fn text(self, text: &str) -> Value<'gc> {
        self.cx.str(text)
    }

    fn items(self, count: Option<usize>, variant: Option<&'static str>) -> Result<Items<'a, 'c, 'gc>, Problem> {
        let writer = self.inside()?;
        if writer.is_key && variant.is_some() {
            return Err(no_key("a map"));
        }
        // What a type says about its length need not be so.
        let items = Vec::with_capacity(count.unwrap_or(0).min(4096));
        Ok(Items { writer, items, variant })
    }

    fn entries(self, variant: Option<&'static str>) -> Result<Entries<'a, 'c, 'gc>, Problem> {
        let writer = self.inside()?;
        if writer.is_key {
            return Err(no_key("a map"));
        }
        writer.cx.world.charge(96);
        let map = Map::new(writer.cx.mc);
        Ok(Entries { writer, map, key: None, variant })
    }

    fn inside(self) -> Result<Self, Problem> {
        if self.depth >= limits::SERDE_DEPTH_MAX {
            return Err(Problem::new(format!("it is nested deeper than {} levels", limits::SERDE_DEPTH_MAX)));
        }
        Ok(Writer { depth: self.depth + 1, ..self })
    }

    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<Value<'gc>, Problem> {
        value.serialize(Writer { cx: self.cx, depth: self.depth, is_key: self.is_key })
    }
}

fn no_key(what: &str) -> Problem {
    Problem::new(format!("{what} cannot be a key of a map in a script"))
}

/// `{"Variant": payload}`, or the payload.
fn wrapped<'gc>(cx: &mut Cx<'_, 'gc>, variant: Option<&'static str>, payload: Value<'gc>) -> Value<'gc> {
    let Some(variant) = variant else { return payload };
    cx.world.charge(96);
    let map = Map::new(cx.mc);
    put_named(cx, map, variant, payload);
    Value::Map(map)
}

/// Puts an entry whose key is a name of the host's program.
fn put_named<'gc>(cx: &mut Cx<'_, 'gc>, map: Gc<'gc, Map<'gc>>, name: &str, value: Value<'gc>) {
    let key = Value::Str(cx.world.intern(cx.mc, name).0);
    ops::set_plain_item(cx.world, cx.mc, map, &key, &value);
}

macro_rules! ints {
    ($($name:ident $t:ty),*) => { $(
        fn $name(self, value: $t) -> Result<Value<'gc>, Problem> {
            Ok(match i64::try_from(value) {
                Ok(int) => Value::Int(int),
                Err(_) => ops::int_from_big(self.cx.mc, value.into()),
            })
        }
    )* };
}

impl<'a, 'c, 'gc> Serializer for Writer<'a, 'c, 'gc> {
    type Ok = Value<'gc>;
    type Error = Problem;
    type SerializeSeq = Items<'a, 'c, 'gc>;
    type SerializeTuple = Items<'a, 'c, 'gc>;
    type SerializeTupleStruct = Items<'a, 'c, 'gc>;
    type SerializeTupleVariant = Items<'a, 'c, 'gc>;
    type SerializeMap = Entries<'a, 'c, 'gc>;
    type SerializeStruct = Entries<'a, 'c, 'gc>;
    type SerializeStructVariant = Entries<'a, 'c, 'gc>;

    ints!(serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128);
    ints!(serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128);

    fn serialize_bool(self, value: bool) -> Result<Value<'gc>, Problem> {
        Ok(Value::bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Value<'gc>, Problem> {
        Ok(Value::Float(f64::from(value)))
    }

    fn serialize_f64(self, value: f64) -> Result<Value<'gc>, Problem> {
        Ok(Value::Float(value))
    }

    fn serialize_char(self, value: char) -> Result<Value<'gc>, Problem> {
        Ok(self.text(value.encode_utf8(&mut [0; 4])))
    }

    fn serialize_str(self, value: &str) -> Result<Value<'gc>, Problem> {
        Ok(self.text(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value<'gc>, Problem> {
        Ok(new_bytes(self.cx, value.into()))
    }

    fn serialize_none(self) -> Result<Value<'gc>, Problem> {
        Ok(Value::Nil)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value<'gc>, Problem> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value<'gc>, Problem> {
        Ok(Value::Nil)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value<'gc>, Problem> {
        Ok(Value::Nil)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value<'gc>, Problem> {
        Ok(Value::Str(self.cx.world.intern(self.cx.mc, variant).0))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Value<'gc>, Problem> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value<'gc>, Problem> {
        let mut entries = self.entries(None)?;
        SerializeStruct::serialize_field(&mut entries, variant, value)?;
        SerializeStruct::end(entries)
    }

    fn serialize_seq(self, count: Option<usize>) -> Result<Items<'a, 'c, 'gc>, Problem> {
        self.items(count, None)
    }

    fn serialize_tuple(self, count: usize) -> Result<Items<'a, 'c, 'gc>, Problem> {
        self.items(Some(count), None)
    }

    fn serialize_tuple_struct(self, _: &'static str, count: usize) -> Result<Items<'a, 'c, 'gc>, Problem> {
        self.items(Some(count), None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Items<'a, 'c, 'gc>, Problem> {
        self.items(Some(count), Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a, 'c, 'gc>, Problem> {
        self.entries(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries<'a, 'c, 'gc>, Problem> {
        self.entries(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'a, 'c, 'gc>, Problem> {
        self.entries(Some(variant))
    }
}

/// A list, or a tuple, that is being written.
struct Items<'a, 'c, 'gc> {
    writer: Writer<'a, 'c, 'gc>,
    items: Vec<Value<'gc>>,
    variant: Option<&'static str>,
}

impl<'gc> Items<'_, '_, 'gc> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        let value = self.writer.part(value).map_err(|problem| {
            let step = self.variant.map(slot_step).unwrap_or_default();
            problem.at(&format!("{step}{}", item_step(self.items.len())))
        })?;
        self.items.push(value);
        Ok(())
    }

    fn finish(self) -> Value<'gc> {
        let Items { writer: Writer { cx, is_key, .. }, items, variant } = self;
        if is_key {
            cx.world.charge(48 + items.len() * size_of::<Value>());
            return Value::Tuple(Tuple::new(cx.mc, items));
        }
        let list = new_list(cx, items);
        wrapped(cx, variant, list)
    }
}

macro_rules! sequences {
    ($($name:ident $add:ident),*) => { $(
        impl<'gc> $name for Items<'_, '_, 'gc> {
            type Ok = Value<'gc>;
            type Error = Problem;

            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
                self.push(value)
            }

            fn end(self) -> Result<Value<'gc>, Problem> {
                Ok(self.finish())
            }
        }
    )* };
}

sequences!(SerializeSeq serialize_element, SerializeTuple serialize_element);
sequences!(SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);

/// A map that is being written.
struct Entries<'a, 'c, 'gc> {
    writer: Writer<'a, 'c, 'gc>,
    map: Gc<'gc, Map<'gc>>,
    key: Option<Value<'gc>>,
    variant: Option<&'static str>,
}

impl<'gc> SerializeMap for Entries<'_, '_, 'gc> {
    type Ok = Value<'gc>;
    type Error = Problem;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Problem> {
        let Writer { cx, depth, .. } = &mut self.writer;
        let key = key.serialize(Writer { cx, depth: *depth, is_key: true })?;
        if !matches!(ops::hash_now(self.writer.cx.world, &key), HashResult::Hash(_)) {
            return Err(no_key(self.writer.cx.type_name(&key)));
        }
        self.key = Some(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        let key = self.key.take().ok_or_else(|| Problem::new("its type gives a value of a map without a key"))?;
        let value = match self.writer.part(value) {
            Ok(value) => value,
            Err(problem) => return Err(problem.at(&entry_step(self.writer.cx, &key))),
        };
        match ops::map_set(self.writer.cx, self.map, key, value) {
            Ok(_) => Ok(()),
            Err(_) => unreachable!("plain data that has a hash is compared without the program"),
        }
    }

    fn end(self) -> Result<Value<'gc>, Problem> {
        Ok(Value::Map(self.map))
    }
}

macro_rules! structs {
    ($($name:ident),*) => { $(
        impl<'gc> $name for Entries<'_, '_, 'gc> {
            type Ok = Value<'gc>;
            type Error = Problem;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Problem> {
                let value = self.writer.part(value).map_err(|problem| {
                    let step = self.variant.map(slot_step).unwrap_or_default();
                    problem.at(&format!("{step}{}", slot_step(name)))
                })?;
                put_named(self.writer.cx, self.map, name, value);
                Ok(())
            }

            fn end(self) -> Result<Value<'gc>, Problem> {
                Ok(wrapped(self.writer.cx, self.variant, Value::Map(self.map)))
            }
        }
    )* };
}

structs!(SerializeStruct, SerializeStructVariant);
