//! How an operation asks for a method of the program and goes on with its result.
//!
//! An operation that cannot end without the program keeps what it needs in a [`Resume`] and returns a request to call the method.
//! Requests compose: [`and_then`] puts another step behind an operation that may itself be waiting, so that operations are written in
//! terms of each other as if none of them ever waited.

use crate::heap::Value;
use crate::object::{Class, Continuation, Control, Cx, ErrorKind, Found, Member, NativeResult, Symbol, Then, World};
use gc_arena::lock::RefLock;
use gc_arena::{Collect, Gc, unsize};

/// What an operation keeps while it waits, and how it goes on.
pub trait Resume<'gc>: Collect<'gc> + Sized + 'gc {
    /// Goes on with the result that was waited for.
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc>;

    /// What was waited for raised `error`. Gives what goes on to the caller: that error, another one, or a result as if nothing had happened.
    fn failed(self, _: &mut Cx<'_, 'gc>, error: Value<'gc>) -> NativeResult<'gc> {
        raise(error)
    }
}

/// A step that waits, behind an operation that may wait too.
#[derive(Collect)]
#[collect(no_drop, bound = "where R: Collect<'gc> + 'gc")]
struct Waiting<'gc, R: 'gc> {
    /// What gets the result of the call first.
    inner: Option<Gc<'gc, Continuation<'gc>>>,
    /// What gets the result of `inner`; taken when that is there.
    outer: RefLock<Option<R>>,
}

impl<'gc, R: Resume<'gc>> Then<'gc> for Waiting<'gc, R> {
    fn then(&self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        let outer = self.outer.take().expect("a call returns once");
        let result = match self.inner {
            Some(inner) => inner.then.then(cx, result),
            None => Ok(result),
        };
        and_then(cx, result, outer)
    }

    fn failed(&self, cx: &mut Cx<'_, 'gc>, error: Value<'gc>) -> NativeResult<'gc> {
        let result = match self.inner {
            Some(inner) => inner.then.failed(cx, error),
            None => raise(error),
        };
        let Some(outer) = self.outer.take() else { return result };
        match result {
            Ok(value) => outer.resume(cx, value),
            Err(control) => match *control {
                Control::Raise(error) => outer.failed(cx, error),
                other => suspend(cx, Box::new(other), outer),
            },
        }
    }
}

/// Goes on with `next` when `result` is there, at once or after the calls it asks for.
pub fn and_then<'gc, R: Resume<'gc>>(cx: &mut Cx<'_, 'gc>, result: NativeResult<'gc>, next: R) -> NativeResult<'gc> {
    match result {
        Ok(value) => next.resume(cx, value),
        Err(control) => suspend(cx, control, next),
    }
}

/// Puts `next` behind what `control` asks for. For loops, which handle values themselves.
#[cold]
#[expect(clippy::boxed_local, reason = "requests travel in boxes")]
pub fn suspend<'gc, R: Resume<'gc>>(cx: &mut Cx<'_, 'gc>, control: Box<Control<'gc>>, next: R) -> NativeResult<'gc> {
    match *control {
        Control::Call { callee, args, then: inner } => {
            let waiting = Gc::new(cx.mc, Waiting { inner, outer: RefLock::new(Some(next)) });
            let then = Gc::new(cx.mc, Continuation { then: unsize!(waiting => dyn Then<'gc>) });
            Err(Box::new(Control::Call { callee, args, then: Some(then) }))
        }
        other => Err(Box::new(other)),
    }
}

/// This error goes on to the caller.
pub fn raise<'gc>(error: Value<'gc>) -> NativeResult<'gc> {
    Err(Box::new(Control::Raise(error)))
}

/// A request whose result is the operation's.
pub fn call<'gc>(callee: Value<'gc>, args: Vec<Value<'gc>>) -> NativeResult<'gc> {
    Err(Box::new(Control::Call { callee, args, then: None }))
}

/// A request whose result goes to `next`.
pub fn call_then<'gc, R: Resume<'gc>>(
    cx: &mut Cx<'_, 'gc>,
    callee: Value<'gc>,
    args: Vec<Value<'gc>>,
    next: R,
) -> NativeResult<'gc> {
    and_then(cx, call(callee, args), next)
}

/// The method of this name that the value's class has, from any file.
pub fn method_of<'gc>(world: &World<'gc>, value: &Value<'gc>, name: Symbol<'gc>) -> Option<Value<'gc>> {
    if let Value::Instance(instance) = value
        && let Some(Found::Method(method)) = world.method_cache.get(instance.layout().0, name)
    {
        return Some(method);
    }
    match world.class_of(value).find(name) {
        Some((_, Member::Method(method))) => Some(method),
        _ => None,
    }
}

/// Whether the value is an instance of an error class.
pub fn is_error<'gc>(world: &World<'gc>, value: &Value<'gc>) -> bool {
    let Value::Instance(instance) = value else { return false };
    is_error_class(world, world.class_of_instance(*instance))
}

/// Whether the class is an error class.
pub(super) fn is_error_class<'gc>(world: &World<'gc>, class: Gc<'gc, Class<'gc>>) -> bool {
    world.errors.get(ErrorKind::Error as usize).is_some_and(|root| class.is_subclass_of(*root))
}

/// The truthiness of a result. Operators that the interpreter jumps on give what the program's method gave; whoever hands such a
/// result to the program passes it through here.
pub fn truth<'gc>(cx: &mut Cx<'_, 'gc>, result: NativeResult<'gc>) -> NativeResult<'gc> {
    and_then(cx, result, Truth::Same)
}

/// The opposite of [`truth`].
pub(super) fn not_truth<'gc>(cx: &mut Cx<'_, 'gc>, result: NativeResult<'gc>) -> NativeResult<'gc> {
    and_then(cx, result, Truth::Opposite)
}

#[derive(Collect)]
#[collect(require_static)]
enum Truth {
    Same,
    Opposite,
}

impl<'gc> Resume<'gc> for Truth {
    fn resume(self, _: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        Ok(Value::bool(result.is_truthy() == matches!(self, Truth::Same)))
    }
}
