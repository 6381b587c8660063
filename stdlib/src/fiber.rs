//! Fibers: `fiber(f)` and the methods of what it gives.

use crate::args::{Raised, given, wrong_receiver};
use crate::sequence;
use crate::table::{Row, row};
use gc_arena::Gc;
use vm::heap::Value;
use vm::object::{ClassKind, Control, Cx, Fiber, FiberState, NativeResult, Resumption};
use vm::ops;

/// Functions of `core`.
pub(crate) const FUNCTIONS: &[Row] =
    &[row("fiber", &["f"], fiber, "`fiber(f)`: a fiber that calls the function when it is resumed for the first time.")];

/// Methods of `Fiber`.
pub(crate) const METHODS: &[Row] = &[
    row(
        "resume",
        &["value"],
        resume,
        "`resume(value)`: goes on in the fiber up to its next `yield`, and gives what that yields, or the function's result at its end. \
         The value is what the `yield` gives in which the fiber is suspended; the first one is the function's argument.",
    )
    .optional(1),
    row("next", &[], next, "`next()`: the next value that the fiber yields; `stop` at its end."),
    row("iter", &[], sequence::iter, "`iter()`: the fiber itself."),
    row(
        "cancel",
        &[],
        cancel,
        "`cancel()`: raises CancelledError in the fiber where it is suspended, so that its `finally` blocks run, and waits for its end.",
    ),
];

/// Properties of `Fiber`.
pub(crate) const PROPERTIES: &[Row] = &[row("done", &[], done, "`done()`: whether the fiber has finished.")];

fn fiber<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    check_callable(cx, "fiber", &args[0])?;
    cx.world.charge(256);
    Ok(Value::Fiber(Fiber::new(cx.mc, args[0])))
}

/// TypeError for what cannot be called.
pub(crate) fn check_callable<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: &Value<'gc>) -> Result<(), Raised<'gc>> {
    if is_callable(cx, value) {
        return Ok(());
    }
    let name = cx.type_name(value);
    Err(cx.type_error(format!("`{native}` needs a function, not {name}")))
}

/// Whether it can be called.
pub(crate) fn is_callable<'gc>(cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> bool {
    match value {
        Value::Function(_) | Value::Native(_) | Value::Bound(_) | Value::Decorated(_) | Value::Variant(_) => true,
        Value::Class(class) => class.kind == ClassKind::Plain,
        _ => ops::method_of(cx.world, value, cx.world.symbols.call).is_some(),
    }
}

/// The fiber that a method was called on.
fn own<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> Result<Gc<'gc, Fiber<'gc>>, Raised<'gc>> {
    match args.first() {
        Some(Value::Fiber(fiber)) => Ok(*fiber),
        other => Err(wrong_receiver(cx, "a Fiber", other)),
    }
}

fn go_on<'gc>(fiber: Gc<'gc, Fiber<'gc>>, value: Option<Value<'gc>>, resumption: Resumption) -> NativeResult<'gc> {
    Err(Box::new(Control::Resume { fiber, value, resumption }))
}

/// The request for the next value that a fiber yields.
pub(crate) fn next_item<'gc>(fiber: Gc<'gc, Fiber<'gc>>) -> NativeResult<'gc> {
    go_on(fiber, None, Resumption::Next)
}

fn resume<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    go_on(own(cx, args)?, given(args, 1), Resumption::Resume)
}

fn next<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    next_item(own(cx, args)?)
}

fn cancel<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    go_on(own(cx, args)?, None, Resumption::Cancel)
}

fn done<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(own(cx, args)?.state.get() == FiberState::Done))
}
