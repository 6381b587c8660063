//! Iteration: what `for` does with a value, and with an iterator.

use super::call::{Resume, call, call_then, method_of};
use crate::heap::Value;
use crate::object::{Control, Cx, Entry, IteratorObject, IteratorState, NativeResult, Tuple};
use gc_arena::{Collect, Gc};

/// An iterator over the value, as a value: `Value::Iterator`. Iterators and fibers are their own.
pub fn iterator<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    if let Some(iterator) = built_in(cx, value) {
        return Ok(iterator);
    }
    if let Some(method) = method_of(cx.world, &value, cx.world.symbols.iter) {
        return call_then(cx, method, vec![value], AfterIter { value });
    }
    if method_of(cx.world, &value, cx.world.symbols.next).is_some() {
        return Ok(new_iterator(cx, IteratorState::Object(value)));
    }
    let message = format!("{} cannot be iterated over", cx.type_name(&value));
    Err(cx.type_error(message))
}

/// As [`iterator`], for values that all go into one list: LimitError if that would be too large.
pub fn iterator_into_list<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    if let Value::Range(range) = value {
        let bytes = range.len().saturating_mul(size_of::<Value>() as u64);
        super::arith::check_size(cx, usize::try_from(bytes).unwrap_or(usize::MAX))?;
    }
    iterator(cx, value)
}

/// The iterator of a value whose type the engine knows.
fn built_in<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Option<Value<'gc>> {
    let state = match value {
        Value::List(list) => IteratorState::List(list, 0),
        Value::Tuple(tuple) => IteratorState::Tuple(tuple, 0),
        Value::Str(text) => IteratorState::Str(text, 0),
        Value::Map(map) => IteratorState::Map(map, 0, map.changes()),
        Value::Set(set) => IteratorState::Set(set, 0, set.changes()),
        Value::Range(range) => IteratorState::Range(range.lo, range.len(), range.step),
        Value::Bytes(bytes) => IteratorState::Bytes(bytes, 0),
        Value::Fiber(_) | Value::Iterator(_) => return Some(value),
        _ => return None,
    };
    Some(new_iterator(cx, state))
}

fn new_iterator<'gc>(cx: &mut Cx<'_, 'gc>, state: IteratorState<'gc>) -> Value<'gc> {
    cx.world.charge(64);
    Value::Iterator(IteratorObject::new(cx.mc, state))
}

/// Takes what `iter()` of an object gives.
#[derive(Collect)]
#[collect(no_drop)]
struct AfterIter<'gc> {
    value: Value<'gc>,
}

impl<'gc> Resume<'gc> for AfterIter<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        if let Some(iterator) = built_in(cx, result) {
            return Ok(iterator);
        }
        if method_of(cx.world, &result, cx.world.symbols.next).is_some() {
            return Ok(new_iterator(cx, IteratorState::Object(result)));
        }
        let (object, given) = (cx.type_name(&self.value), cx.type_name(&result));
        Err(cx.type_error(format!("`iter()` of {object} gave {given}, which has no `next()` and is not a built-in iterable")))
    }
}

/// The next item, or `Value::Stop` at the end.
pub fn iterator_next<'gc>(cx: &mut Cx<'_, 'gc>, iterator: Gc<'gc, IteratorObject<'gc>>) -> NativeResult<'gc> {
    let (state, item) = match iterator.state.get() {
        IteratorState::List(list, i) => match list.get(i) {
            Some(item) => (IteratorState::List(list, i + 1), item),
            None => return Ok(Value::Stop),
        },
        IteratorState::Tuple(tuple, i) => match tuple.items().get(i) {
            Some(item) => (IteratorState::Tuple(tuple, i + 1), *item),
            None => return Ok(Value::Stop),
        },
        IteratorState::Range(_, 0, _) => return Ok(Value::Stop),
        IteratorState::Range(at, left, step) => (IteratorState::Range(at.wrapping_add(step), left - 1, step), Value::Int(at)),
        IteratorState::Str(text, at) => match text.as_str()[at..].chars().next() {
            Some(c) => (IteratorState::Str(text, at + c.len_utf8()), character(cx, c)),
            None => return Ok(Value::Stop),
        },
        IteratorState::Bytes(bytes, i) => match bytes.data.get(i) {
            Some(byte) => (IteratorState::Bytes(bytes, i + 1), Value::Int(i64::from(*byte))),
            None => return Ok(Value::Stop),
        },
        IteratorState::Map(map, i, changes) => {
            check_unchanged(cx, "map", changes, map.changes())?;
            let Some((at, Entry { key, value, .. })) = map.table().next_from(i).map(|(at, e)| (at, *e)) else {
                return Ok(Value::Stop);
            };
            cx.world.charge(80);
            (IteratorState::Map(map, at + 1, changes), Value::Tuple(Tuple::new(cx.mc, [key, value])))
        }
        IteratorState::Set(set, i, changes) => {
            check_unchanged(cx, "set", changes, set.changes())?;
            let Some((at, entry)) = set.table().next_from(i).map(|(at, e)| (at, *e)) else {
                return Ok(Value::Stop);
            };
            (IteratorState::Set(set, at + 1, changes), entry.key)
        }
        IteratorState::Object(object) => {
            return match method_of(cx.world, &object, cx.world.symbols.next) {
                Some(method) => call(method, vec![object]),
                None => {
                    let message = format!("{} has no method `next` any more", cx.type_name(&object));
                    Err(cx.type_error(message))
                }
            };
        }
    };
    iterator.advance(state);
    Ok(item)
}

fn check_unchanged<'gc>(cx: &mut Cx<'_, 'gc>, what: &str, before: u32, now: u32) -> Result<(), Box<Control<'gc>>> {
    if before == now {
        return Ok(());
    }
    Err(cx.value_error(format!("the {what} changed its size while it was iterated over")))
}

/// A string of one character.
pub(super) fn character<'gc>(cx: &mut Cx<'_, 'gc>, c: char) -> Value<'gc> {
    cx.world.charge(32);
    cx.str(c.encode_utf8(&mut [0; 4]))
}
