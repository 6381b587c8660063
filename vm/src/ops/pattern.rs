//! Patterns: `is`, and the parts of sequence and map patterns.

use super::compare::same_variant;
use super::hash::{HashResult, hash_now};
use super::mapping::key_equal;
use crate::heap::Value;
use crate::object::{Control, Cx, Entry, EnumValue, List, Map, NativeResult};
use gc_arena::Gc;

/// `value is class`, where `class` is a class, an enum, a variant or a value of a variant without payload.
pub fn is_instance<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, class: Value<'gc>) -> Result<bool, Box<Control<'gc>>> {
    let variant = match class {
        Value::Class(class) => return Ok(cx.world.class_of(&value).is_subclass_of(class)),
        Value::Variant(variant) => variant,
        Value::EnumValue(value) if EnumValue::now(value).payload.is_empty() => EnumValue::now(value).variant,
        _ => {
            let message = format!("`is` and class patterns need a class, an enum or a variant, not {}", cx.type_name(&class));
            return Err(cx.type_error(message));
        }
    };
    Ok(match value {
        Value::EnumValue(value) => same_variant(EnumValue::now(value).variant, variant),
        _ => false,
    })
}

/// Whether the value is a tuple (mode 0, 2) or list (mode 1, 3) of exactly (mode 0, 1) or at least (mode 2, 3) `count` items.
#[inline]
pub fn match_sequence(value: &Value<'_>, mode: u8, count: usize) -> bool {
    let length = match (value, mode & 1) {
        (Value::Tuple(tuple), 0) => tuple.items().len(),
        (Value::List(list), 1) => list.len(),
        _ => return false,
    };
    if mode < 2 { length == count } else { length >= count }
}

/// Item `i` of a tuple or list that has it; negative counts from the end.
#[inline]
pub fn sequence_item<'gc>(sequence: &Value<'gc>, i: i8) -> Value<'gc> {
    let pick = |items: &[Value<'gc>]| {
        let i = if i < 0 { items.len().checked_sub(usize::from(i.unsigned_abs())) } else { Some(i as usize) };
        i.and_then(|i| items.get(i).copied()).unwrap_or_default()
    };
    match sequence {
        Value::Tuple(tuple) => pick(tuple.items()),
        Value::List(list) => pick(&list.items()),
        _ => Value::Nil,
    }
}

/// A list of the items of a tuple or list from `from` up to the last `tail` ones.
pub fn sequence_rest<'gc>(cx: &Cx<'_, 'gc>, sequence: &Value<'gc>, from: usize, tail: usize) -> Value<'gc> {
    let pick = |items: &[Value<'gc>]| {
        let end = items.len().saturating_sub(tail);
        items.get(from..end).unwrap_or_default().to_vec()
    };
    let rest = match sequence {
        Value::Tuple(tuple) => pick(tuple.items()),
        Value::List(list) => pick(&list.items()),
        _ => Vec::new(),
    };
    cx.world.charge(64 + size_of_val(rest.as_slice()));
    Value::List(List::new(cx.mc, rest))
}

/// A map of the pairs of `map` without these keys, which a pattern has found in it. Keys of a pattern are literals, so that no method
/// of the program is needed to tell them from others.
pub fn map_rest<'gc>(cx: &mut Cx<'_, 'gc>, map: Gc<'gc, Map<'gc>>, keys: &[Value<'gc>]) -> NativeResult<'gc> {
    let rest = Map::new(cx.mc);
    let hashes: Vec<(u32, Value<'gc>)> = keys
        .iter()
        .filter_map(|key| match hash_now(cx.world, key) {
            HashResult::Hash(hash) => Some((hash, *key)),
            _ => None,
        })
        .collect();
    for entry in map.table().iter() {
        let taken = |(hash, key): &(u32, Value<'gc>)| *hash == entry.hash && key_equal(cx.world, &entry.key, key) == Some(true);
        if !hashes.iter().any(taken) {
            Map::push(rest, cx.mc, Entry { ..*entry });
        }
    }
    cx.world.charge(64 * (1 + rest.len()));
    Ok(Value::Map(rest))
}
