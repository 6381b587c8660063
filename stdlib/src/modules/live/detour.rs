//! `live` sends the calls of functions elsewhere: what `live.override` and `live.variants` are made of.

use crate::args;
use vm::heap::Value;
use vm::object::{Cx, NativeResult};

/// The function that is meant: methods are those of their class.
pub(super) fn target<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let mut thing = args[0];
    loop {
        thing = match thing {
            Value::Definition(cell) => cell.value(),
            Value::Bound(bound) => cx.method_of(bound),
            Value::Function(_) | Value::Decorated(_) => return Ok(thing),
            other => {
                let text = "a function or method that is written in the language, such as `game.step` or `Monster.hurt`";
                return Err(args::wrong(cx, "live.override", "target", text, &other));
            }
        };
    }
}

pub(super) fn check<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = args::text(cx, "live._check", "name", args[1])?;
    crate::fiber::check_callable(cx, name, &args[0])?;
    Ok(Value::Nil)
}

/// The place of a parameter among the arguments of a function, `self` included.
fn place_of<'gc>(callee: Value<'gc>, pair: &Value<'gc>) -> Option<usize> {
    let callee = if let Value::Decorated(decorated) = callee { decorated.original.get() } else { callee };
    let (Value::Function(function), Value::Tuple(pair)) = (callee, pair) else { return None };
    let Some(Value::Str(name)) = pair.items().first() else { return None };
    let proto = function.proto();
    let at = proto.image.params.iter().position(|param| *param.name == *name.as_str())?;
    Some(at + usize::from(proto.is_method()))
}

/// Those of some arguments by name that `is_meant`.
fn of_named<'gc>(cx: &mut Cx<'_, 'gc>, named: Value<'gc>, is_meant: impl Fn(&Value<'gc>) -> bool) -> NativeResult<'gc> {
    let Value::List(named) = named else { return Ok(named) };
    let found: Vec<Value<'gc>> = named.items().iter().copied().filter(is_meant).collect();
    Ok(args::new_list(cx, found))
}

pub(super) fn meant_for<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    of_named(cx, args[1], |pair| place_of(args[0], pair).is_some())
}

pub(super) fn left_of<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let Value::Int(count) = args[1] else { return Ok(args[2]) };
    of_named(cx, args[2], |pair| place_of(args[0], pair).is_none_or(|at| at as i64 >= count))
}

/// Whether a function is of a text that has been overwritten.
pub(super) fn is_overwritten<'gc>(_: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let original = if let Value::Decorated(decorated) = args[0] { decorated.original.get() } else { args[0] };
    Ok(Value::bool(matches!(original, Value::Function(function) if function.proto().linked.is_overwritten.get())))
}

pub(super) fn detour<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    cx.detour(args[0], Some(args[1]).filter(|to| !to.is_nil()));
    Ok(Value::Nil)
}

pub(super) fn pass<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (Value::List(list), Value::List(named)) = (args[1], args[2]) else {
        return Err(args::wrong(cx, "live._pass", "args", "two lists", &args[1]));
    };
    let pair_of = |pair: &Value<'gc>| match pair {
        Value::Tuple(pair) => match pair.items() {
            [Value::Str(name), value] => Some((name.as_str().into(), *value)),
            _ => None,
        },
        _ => None,
    };
    let named = named.items().iter().filter_map(pair_of).collect();
    let values = list.items().clone();
    Err(cx.pass(named, args[3].is_truthy(), args[0], values))
}
