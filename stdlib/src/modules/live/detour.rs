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
            Value::Bound(bound) => bound.method,
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
