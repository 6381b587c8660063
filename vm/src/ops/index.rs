//! Items: `x[i]`, `x[i] = v` and `len(x)`.

use super::call::{Resume, call, call_then, method_of, suspend};
use super::iterate::character;
use super::mapping::{map_get, map_set};
use super::number::int_from_u64;
use super::slice::slice_range;
use super::suggestion;
use super::text::describe;
use crate::heap::{Str, Value};
use crate::object::{Control, Cx, ErrorKind, List, Namespace, NativeResult};
use gc_arena::{Collect, Gc};

/// `object[index]`
pub fn get_index<'gc>(cx: &mut Cx<'_, 'gc>, object: Value<'gc>, index: Value<'gc>) -> NativeResult<'gc> {
    match (object, index) {
        (Value::List(list), Value::Int(i)) => {
            let item = position(i, list.len()).and_then(|i| list.get(i));
            item.ok_or_else(|| out_of_range(cx, &object, i, list.len()))
        }
        (Value::Map(map), _) => {
            let result = map_get(cx, map, index);
            get_key(cx, result, index)
        }
        (Value::Str(text), Value::Int(i)) => match character_at(text, i) {
            Some(c) => Ok(character(cx, c)),
            None => Err(out_of_range(cx, &object, i, text.char_len())),
        },
        (Value::Tuple(tuple), Value::Int(i)) => {
            let item = position(i, tuple.items().len()).map(|i| tuple.items()[i]);
            item.ok_or_else(|| out_of_range(cx, &object, i, tuple.items().len()))
        }
        (Value::Bytes(bytes), Value::Int(i)) => {
            let item = position(i, bytes.data.len()).map(|i| Value::Int(i64::from(bytes.data[i])));
            item.ok_or_else(|| out_of_range(cx, &object, i, bytes.data.len()))
        }
        (Value::Range(range), Value::Int(i)) => {
            let length = range.len();
            let at = if i < 0 { length.checked_sub(i.unsigned_abs()) } else { Some(i as u64) };
            match at.filter(|at| *at < length) {
                Some(at) => Ok(Value::Int(range.get(at))),
                None => Err(out_of_range(cx, &object, i, length as usize)),
            }
        }
        (Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_) | Value::Range(_), Value::Range(range)) => {
            slice_range(cx, object, &range)
        }
        (Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_) | Value::Range(_), _) => {
            Err(wrong_index(cx, &object, &index))
        }
        (Value::Namespace(namespace), Value::Str(name)) => namespace_item(cx, namespace, name.as_str()),
        _ => match method_of(cx.world, &object, cx.world.symbols.get_item) {
            Some(method) => call(method, vec![object, index]),
            None => Err(no_items(cx, &object)),
        },
    }
}

/// `object[index] = value`
pub fn set_index<'gc>(cx: &mut Cx<'_, 'gc>, object: Value<'gc>, index: Value<'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    match (object, index) {
        (Value::List(list), Value::Int(i)) => match position(i, list.len()) {
            Some(i) => {
                List::set(list, cx.mc, i, value);
                Ok(Value::Nil)
            }
            None => Err(out_of_range(cx, &object, i, list.len())),
        },
        (Value::Map(map), _) => map_set(cx, map, index, value),
        (Value::Namespace(_), Value::Str(name)) => {
            let name = cx.world.intern(cx.mc, name.as_str());
            cx.set_attr(object, name, value)
        }
        (Value::List(_), Value::Range(_)) => {
            Err(cx.type_error("a part of a List cannot be assigned; replace the items one by one, or build a new list"))
        }
        (Value::List(_), _) => Err(wrong_index(cx, &object, &index)),
        (Value::Tuple(_) | Value::Str(_) | Value::Bytes(_) | Value::Range(_), _) => {
            let message = format!("the items of a {} cannot be assigned: it is immutable", cx.type_name(&object));
            Err(cx.type_error(message))
        }
        _ => match method_of(cx.world, &object, cx.world.symbols.set_item) {
            Some(method) => call(method, vec![object, index, value]),
            None if method_of(cx.world, &object, cx.world.symbols.get_item).is_some() => {
                let message = format!("the items of {} cannot be assigned: it defines `[]` without `[]=`", cx.type_name(&object));
                Err(cx.type_error(message))
            }
            None => Err(no_items(cx, &object)),
        },
    }
}

/// `len(value)`
pub fn length<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    if cx.world.has_extended_len
        && let Some(method @ (Value::Function(_) | Value::Decorated(_))) = method_of(cx.world, &value, cx.world.symbols.len)
    {
        return call_then(cx, method, vec![value], AfterLen { value });
    }
    let length = match value {
        Value::Str(text) => text.char_len(),
        Value::List(list) => list.len(),
        Value::Tuple(tuple) => tuple.items().len(),
        Value::Map(map) => map.len(),
        Value::Set(set) => set.len(),
        Value::Bytes(bytes) => bytes.data.len(),
        Value::Range(range) => return Ok(int_from_u64(cx.mc, range.len())),
        _ => {
            if let Some(method) = method_of(cx.world, &value, cx.world.symbols.len) {
                return call_then(cx, method, vec![value], AfterLen { value });
            }
            let message = format!("{} has no length", cx.type_name(&value));
            return Err(cx.type_error(message));
        }
    };
    Ok(Value::Int(length as i64))
}

/// Checks what a method `len` gives.
#[derive(Collect)]
#[collect(no_drop)]
struct AfterLen<'gc> {
    value: Value<'gc>,
}

impl<'gc> Resume<'gc> for AfterLen<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        if matches!(result, Value::Int(0..) | Value::BigInt(_)) {
            return Ok(result);
        }
        let message = format!(
            "`len` of {} must return an int that is not negative, not {}",
            cx.type_name(&self.value),
            describe(cx, &result)
        );
        Err(cx.type_error(message))
    }
}

/// Position of index `i` in a sequence; negative counts from the end.
#[inline]
pub(super) fn position(i: i64, length: usize) -> Option<usize> {
    let i = if i < 0 { i.checked_add(length as i64)? } else { i };
    usize::try_from(i).ok().filter(|i| *i < length)
}

/// Character number `i`.
fn character_at(text: Gc<'_, Str>, i: i64) -> Option<char> {
    let i = position(i, text.char_len())?;
    if text.is_ascii() {
        return Some(char::from(text.as_str().as_bytes()[i]));
    }
    text.as_str()[text.byte_offset(i)..].chars().next()
}

/// Turns the missing value of a map into a KeyError.
fn get_key<'gc>(cx: &mut Cx<'_, 'gc>, result: NativeResult<'gc>, key: Value<'gc>) -> NativeResult<'gc> {
    match result {
        Ok(Value::Unset) => Err(no_key(cx, &key)),
        Ok(value) => Ok(value),
        Err(control) => suspend(cx, control, AfterGet { key }),
    }
}

#[derive(Collect)]
#[collect(no_drop)]
struct AfterGet<'gc> {
    key: Value<'gc>,
}

impl<'gc> Resume<'gc> for AfterGet<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        get_key(cx, Ok(result), self.key)
    }
}

fn namespace_item<'gc>(cx: &mut Cx<'_, 'gc>, namespace: Gc<'gc, Namespace<'gc>>, name: &str) -> NativeResult<'gc> {
    let symbol = cx.world.intern(cx.mc, name);
    match namespace.get(symbol).map(|d| d.value()) {
        Some(value) if !value.is_unset() => Ok(value),
        _ => {
            let known = namespace.definitions();
            cx.world.spend_on_near(name, known.len());
            let near = suggestion(name, known.iter().map(|d| d.name.as_str()));
            let message = format!("`{name}` does not exist in namespace `{}`{near}", namespace.name);
            Err(cx.raise(ErrorKind::NameError, message))
        }
    }
}

#[cold]
fn no_key<'gc>(cx: &mut Cx<'_, 'gc>, key: &Value<'gc>) -> Box<Control<'gc>> {
    let message = format!("the map has no key {}", describe(cx, key));
    cx.raise(ErrorKind::KeyError, message)
}

#[cold]
fn out_of_range<'gc>(cx: &mut Cx<'_, 'gc>, object: &Value<'gc>, i: i64, length: usize) -> Box<Control<'gc>> {
    let message = format!("index {i} is out of range for a {} of length {length}", cx.type_name(object));
    cx.raise(ErrorKind::IndexError, message)
}

#[cold]
fn wrong_index<'gc>(cx: &mut Cx<'_, 'gc>, object: &Value<'gc>, index: &Value<'gc>) -> Box<Control<'gc>> {
    if let Value::BigInt(big) = index {
        let message = format!("index {} is out of range for a {}", big.0, cx.type_name(object));
        return cx.raise(ErrorKind::IndexError, message);
    }
    let message = format!("the index of a {} must be an int, not {}", cx.type_name(object), cx.type_name(index));
    cx.type_error(message)
}

#[cold]
fn no_items<'gc>(cx: &mut Cx<'_, 'gc>, object: &Value<'gc>) -> Box<Control<'gc>> {
    let message = format!("{} has no items: it does not define `[]`", cx.type_name(object));
    cx.type_error(message)
}
