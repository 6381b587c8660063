//! Methods of ranges.

use crate::args::{self, given};
use crate::sequence;
use crate::table::{Row, row};
use gc_arena::Gc;
use vm::heap::Value;
use vm::object::{Cx, NativeResult, RangeObject};
use vm::ops;

/// Methods of ranges.
pub(crate) const METHODS: &[Row] = &[
    row("len", &[], sequence::len, "`len()`: the number of values."),
    row("iter", &[], sequence::iter, "`iter()`: an iterator over the values."),
    row("get", &["index", "default"], sequence::get, "`get(index, default = nil)`: the value at an index, or the default.")
        .optional(1),
    row(
        "slice",
        &["from", "to"],
        sequence::slice,
        "`slice(from, to = nil)`: a range of the values from one index up to, not including, another; `r[from..to]`.",
    )
    .optional(1),
    row(
        "step",
        &["step"],
        step,
        "`step(step)`: the range with this distance of two values. A negative one counts down: `(9..0).step(-1)`.",
    ),
    row("reversed", &[], reversed, "`reversed()`: a range of the same values, last first."),
    row("index_of", &["value"], index_of, "`index_of(value)`: the index of a value, or nil."),
];

/// Properties of ranges.
pub(crate) const PROPERTIES: &[Row] = &[
    row("start", &[], start, "`start()`: the first bound, as written."),
    row("end", &[], end, "`end()`: the second bound, as written."),
    row("is_inclusive", &[], is_inclusive, "`is_inclusive()`: whether the second bound may belong to it."),
];

fn new_range<'gc>(cx: &mut Cx<'_, 'gc>, range: RangeObject) -> Value<'gc> {
    cx.world.charge(48);
    Value::Range(Gc::new(cx.mc, range))
}

fn step<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let range = args::range(cx, args)?;
    match args::int(cx, "step", "step", args[1])? {
        0 => Err(cx.value_error("`step`: the step of a range must not be 0")),
        step => {
            let range = RangeObject { step, ..*range };
            range.check(cx)?;
            Ok(new_range(cx, range))
        }
    }
}

fn reversed<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let range = args::range(cx, args)?;
    let length = range.len();
    let Some(step) = range.step.checked_neg() else {
        // Only the smallest int as step: at most two values.
        return Err(cx.value_error("a range of so large a step cannot be reversed"));
    };
    let reversed = match length {
        0 => RangeObject { lo: range.lo, hi: range.lo, inclusive: false, step },
        _ => RangeObject { lo: range.get(length - 1), hi: range.lo, inclusive: true, step },
    };
    Ok(new_range(cx, reversed))
}

fn index_of<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let range = args::range(cx, args)?;
    Ok(match args[1] {
        Value::Int(value) => place(cx, &range, value),
        Value::Float(value) => ops::float_as_int(value).map_or(Value::Nil, |value| place(cx, &range, value)),
        _ => Value::Nil,
    })
}

/// The index of a value, or nil.
fn place<'gc>(cx: &mut Cx<'_, 'gc>, range: &RangeObject, value: i64) -> Value<'gc> {
    if !range.contains(value) {
        return Value::Nil;
    }
    let index = (i128::from(value) - i128::from(range.lo)) / i128::from(range.step);
    u64::try_from(index).map_or(Value::Nil, |index| ops::int_from_u64(cx.mc, index))
}

fn start<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::Int(args::range(cx, args)?.lo))
}

fn end<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::Int(args::range(cx, args)?.hi))
}

fn is_inclusive<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(args::range(cx, args)?.inclusive))
}

/// `range(end)`, `range(start, end, step)`
pub(crate) fn construct<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let first = args::int(cx, "range", "start", args[0])?;
    let (lo, hi) = match given(args, 1) {
        Some(end) => (first, args::int(cx, "range", "end", end)?),
        None => (0, first),
    };
    let step = match given(args, 2) {
        Some(step) => args::int(cx, "range", "step", step)?,
        None => 1,
    };
    if step == 0 {
        return Err(cx.value_error("`range`: `step` must not be 0"));
    }
    Ok(new_range(cx, RangeObject { lo, hi, inclusive: false, step }))
}
