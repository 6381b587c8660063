//! Slices: `x[a..b]`, and a range as index. Negative bounds count from the end; bounds beyond the ends are clamped.

use super::arith::reserve;
use super::call::{call, method_of};
use crate::heap::{Str, Value};
use crate::object::{Bytes, Control, Cx, List, NativeResult, RangeObject, Tuple};
use gc_arena::Gc;

/// `object[lo..hi]`, or `object[lo..=hi]` if `inclusive`; nil for an absent bound. A method `[]` of the program gets a range, from 0 and
/// to the largest int where bounds are absent.
pub fn slice<'gc>(cx: &mut Cx<'_, 'gc>, object: Value<'gc>, lo: Value<'gc>, hi: Value<'gc>, inclusive: bool) -> NativeResult<'gc> {
    let lo = bound(cx, lo, 0)?;
    let inclusive = inclusive && !hi.is_nil();
    let hi = bound(cx, hi, i64::MAX)?;
    let range = RangeObject { lo, hi, inclusive, step: 1 };
    if is_sliceable(&object) {
        return slice_range(cx, object, &range);
    }
    let range = Value::Range(Gc::new(cx.mc, range));
    match method_of(cx.world, &object, cx.world.symbols.get_item) {
        Some(method) => call(method, vec![object, range]),
        None => {
            let message = format!("{} cannot be sliced", cx.type_name(&object));
            Err(cx.type_error(message))
        }
    }
}

fn is_sliceable(object: &Value<'_>) -> bool {
    matches!(object, Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_) | Value::Range(_))
}

/// The bound of a slice. Huge ints are beyond the ends of everything.
fn bound<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, absent: i64) -> Result<i64, Box<Control<'gc>>> {
    match value {
        Value::Int(i) => Ok(i),
        Value::Nil => Ok(absent),
        Value::BigInt(big) => Ok(if big.0.sign() == num_bigint::Sign::Minus { i64::MIN } else { i64::MAX }),
        other => {
            let message = format!("the bounds of a slice must be ints, not {}", cx.type_name(&other));
            Err(cx.type_error(message))
        }
    }
}

/// The items of a built-in sequence at the positions of a range.
pub(super) fn slice_range<'gc>(cx: &mut Cx<'_, 'gc>, object: Value<'gc>, range: &RangeObject) -> NativeResult<'gc> {
    Ok(match object {
        Value::List(list) => {
            let items = pick(cx, &list.items(), range)?;
            Value::List(List::new(cx.mc, items))
        }
        Value::Tuple(tuple) => {
            let items = pick(cx, tuple.items(), range)?;
            Value::Tuple(Tuple::new(cx.mc, items))
        }
        Value::Bytes(bytes) => {
            let data = pick(cx, &bytes.data, range)?;
            Value::Bytes(Gc::new(cx.mc, Bytes { data: data.into() }))
        }
        Value::Str(text) => slice_string(cx, text, range),
        Value::Range(source) => Value::Range(Gc::new(cx.mc, slice_of_range(&source, range))),
        other => {
            let message = format!("{} cannot be sliced", cx.type_name(&other));
            return Err(cx.type_error(message));
        }
    })
}

/// Positions of a slice: first, how many, distance; all within the sequence.
struct Positions {
    first: u64,
    count: u64,
    step: i64,
}

fn positions(range: &RangeObject, length: u64) -> Positions {
    let length = i128::from(length);
    let from_end = |i: i64| if i < 0 { i128::from(i) + length } else { i128::from(i) };
    let (mut first, mut end) = (from_end(range.lo), from_end(range.hi));
    let step = i128::from(range.step);
    if range.inclusive {
        end += step.signum();
    }
    // Clamp to the sequence without leaving the positions that the step reaches.
    if step > 0 {
        if first < 0 {
            first += (-first + step - 1) / step * step;
        }
        end = end.min(length);
    } else {
        if first >= length {
            first += (first - length) / -step * step + step;
        }
        end = end.max(-1);
    }
    let span = if step > 0 { end - first } else { first - end };
    let count = if span <= 0 { 0 } else { (span - 1) / step.abs() + 1 };
    Positions { first: first.clamp(0, length) as u64, count: count as u64, step: range.step }
}

fn pick<'gc, T: Copy>(cx: &mut Cx<'_, 'gc>, items: &[T], range: &RangeObject) -> Result<Vec<T>, Box<Control<'gc>>> {
    let Positions { first, count, step } = positions(range, items.len() as u64);
    let mut picked = reserve(cx, count as usize)?;
    let first = first as usize;
    if step == 1 {
        picked.extend_from_slice(&items[first..first + count as usize]);
    } else {
        picked.extend((0..count as i64).map(|n| items[(first as i64 + n * step) as usize]));
    }
    Ok(picked)
}

fn slice_of_range(source: &RangeObject, range: &RangeObject) -> RangeObject {
    let Positions { first, count, step } = positions(range, source.len());
    if count == 0 {
        return RangeObject { lo: source.lo, hi: source.lo, inclusive: false, step: source.step };
    }
    let lo = source.get(first);
    let last = source.get((i128::from(first) + i128::from(step) * i128::from(count - 1)) as u64);
    let step = source.step.saturating_mul(step);
    match last.checked_add(step.signum()) {
        Some(hi) => RangeObject { lo, hi, inclusive: false, step },
        None => RangeObject { lo, hi: last, inclusive: true, step },
    }
}

fn slice_string<'gc>(cx: &mut Cx<'_, 'gc>, text: Gc<'gc, Str>, range: &RangeObject) -> Value<'gc> {
    let Positions { first, count, step } = positions(range, text.char_len() as u64);
    if step == 1 {
        return slice_text(cx, text, first as usize, (first + count) as usize);
    }
    let at = |n: u64| (first as i64 + n as i64 * step) as usize;
    let picked: String = if text.is_ascii() {
        let bytes = text.as_str().as_bytes();
        (0..count).map(|n| char::from(bytes[at(n)])).collect()
    } else {
        let characters: Vec<char> = text.as_str().chars().collect();
        (0..count).map(|n| characters[at(n)]).collect()
    };
    cx.world.charge(32 + picked.len());
    cx.string(picked)
}

/// The characters of a string from number `from` up to, not including, number `to`; both clamped.
pub fn slice_text<'gc>(cx: &mut Cx<'_, 'gc>, text: Gc<'gc, Str>, from: usize, to: usize) -> Value<'gc> {
    let length = text.char_len();
    let to = to.min(length);
    let from = from.min(to);
    if from == 0 && to == length {
        return Value::Str(text);
    }
    let source = text.as_str();
    let part = if text.is_ascii() {
        &source[from..to]
    } else {
        let start = text.byte_offset(from);
        &source[start..text.byte_offset(to)]
    };
    cx.world.charge(32 + part.len());
    cx.str(part)
}
