//! Rust functions that scripts call.

use super::convert::{FromScript, IntoScript};
use super::error::{Error, HostSource};
use super::handle::Handle;
use super::vm::{Vm, outside_at_once};
use crate::heap::Value;
use crate::object::{Control, Cx, ErrorKind, HostFn, HostObject, Instance, NativeResult, Wake};
use crate::ops;
use gc_arena::Gc;
use std::rc::Rc;
use std::sync::Arc;

/// Rust functions and closures of up to eight parameters that scripts can call.
///
/// Parameters are [`FromScript`]; the last one may be a [`Rest`]. A function whose first parameter is `&mut Vm` runs between two slices of the program
/// and may call it, load files and reload; the others run inside the interpreter and cost less. The result is [`IntoScript`], or a `Result`.
/// `Marker` tells the shapes apart and is always inferred.
///
/// ```
/// use embed::prelude::*;
/// use embed::HostFunction;
///
/// /// Gives scripts a function, and says so.
/// fn offer<M>(vm: &mut Vm, signature: &str, function: impl HostFunction<M>) -> String {
///     vm.define_function("host", signature, function);
///     format!("host.{signature}")
/// }
///
/// let mut vm = Vm::new();
/// assert_eq!(offer(&mut vm, "double(n)", |n: i64| n * 2), "host.double(n)");
/// offer(&mut vm, "twice(f)", |vm: &mut Vm, f: Hot<fn()>| f.call(vm).and_then(|()| f.call(vm)));
/// assert_eq!(vm.eval::<i64>("import host\nlet n = 1\nhost.twice(|| { n = host.double(n) })\nn")?, 4);
/// # Ok::<(), Error>(())
/// ```
pub trait HostFunction<Marker>: 'static {
    /// Number of parameters without the VM, a [`Rest`] included.
    const COUNT: usize;
    /// Whether the last one is a [`Rest`].
    const HAS_REST: bool;

    /// The function in the engine's shape. Of its parameters `hidden` are not counted in messages: the instance of a method.
    fn into_native(self, hidden: usize) -> Box<HostFn>;
}

/// Marks functions whose first parameter is the VM.
///
/// It is inferred; see the example of [`HostFunction`], whose second function is one of them.
pub struct WithVm<Args>(std::marker::PhantomData<Args>);

/// What is given behind the other arguments: the last parameter of a function that takes any number.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.define_function("text", "join(between, ...parts)", |between: String, Rest(parts): Rest<String>| parts.join(&between));
/// assert_eq!(vm.eval::<String>("import text\ntext.join(\"-\", \"a\", \"b\")")?, "a-b");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rest<T>(pub Vec<T>);

/// Types of parameters of host functions: whatever is [`FromScript`], and [`Rest`].
///
/// ```
/// use embed::prelude::*;
/// use embed::Parameter;
///
/// fn takes_all_that_is_left<P: Parameter>() -> bool {
///     P::IS_REST
/// }
/// assert!(takes_all_that_is_left::<Rest<i64>>() && !takes_all_that_is_left::<Vec<i64>>());
/// ```
pub trait Parameter: Sized {
    /// Whether it takes all arguments that are left.
    const IS_REST: bool;

    /// The value from the arguments, of which it is number `at`, where the first `hidden` are not counted in messages.
    fn take<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>], at: usize, hidden: usize) -> Result<Self, Box<Control<'gc>>>;
}

impl<T: FromScript> Parameter for T {
    const IS_REST: bool = false;

    #[inline]
    fn take<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>], at: usize, hidden: usize) -> Result<Self, Box<Control<'gc>>> {
        let value = args.get(at).unwrap_or(&Value::Nil);
        if value.is_unset() {
            return Err(missing_argument(cx, at, hidden));
        }
        match T::from_script(cx, *value) {
            Ok(value) => Ok(value),
            Err(text) => Err(wrong_argument(cx, at, hidden, &text)),
        }
    }
}

impl<T: FromScript> Parameter for Rest<T> {
    const IS_REST: bool = true;

    fn take<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>], at: usize, hidden: usize) -> Result<Self, Box<Control<'gc>>> {
        let rest = args.get(at..).unwrap_or_default().iter().enumerate();
        rest.map(|(i, value)| T::from_script(cx, *value).map_err(|text| wrong_argument(cx, at + i, hidden, &text)))
            .collect::<Result<_, _>>()
            .map(Rest)
    }
}

#[cold]
fn missing_argument<'gc>(cx: &mut Cx<'_, 'gc>, at: usize, hidden: usize) -> Box<Control<'gc>> {
    cx.raise(ErrorKind::ArityError, format!("argument {} is missing", at + 1 - hidden.min(at)))
}

#[cold]
fn wrong_argument<'gc>(cx: &mut Cx<'_, 'gc>, at: usize, hidden: usize, text: &str) -> Box<Control<'gc>> {
    cx.type_error(format!("argument {}: {text}", at + 1 - hidden.min(at)))
}

/// Results of host functions: a value, or a `Result` whose error is raised.
///
/// An [`Error`] that came out of the program goes on as it was, one made with [`Error::raise`] names its class; whatever else is an error in Rust, or a
/// text, becomes an `Error` with its text.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.module("host")
///     .function("level(n)", |n: i64| if n < 1 { Err(Error::value_error("levels begin with 1")) } else { Ok(n) })
///     .function("parse(text)", |text: String| text.parse::<i64>())
///     .function("fail()", || Err::<(), _>("out of order"));
/// let mut told = |code: &str| vm.eval::<i64>(&format!("import host\n{code}")).map_err(|error| error.to_string().lines().next().map(str::to_owned));
/// assert_eq!(told("host.level(0)"), Err(Some("ValueError: levels begin with 1".into())));
/// assert_eq!(told("host.parse(\"x\")"), Err(Some("Error: invalid digit found in string".into())));
/// assert_eq!(told("host.fail()"), Err(Some("Error: out of order".into())));
/// assert_eq!(told("host.parse(\"7\")"), Ok(7));
/// ```
pub trait HostResult {
    /// The result in the engine's shape.
    fn into_result<'gc>(self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc>;
}

impl<T: IntoScript> HostResult for T {
    #[inline]
    fn into_result<'gc>(self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        self.try_into_script(cx).map_err(|problem| wrong_result(cx, &problem))
    }
}

impl<T: IntoScript, E: Into<BoxError>> HostResult for Result<T, E> {
    fn into_result<'gc>(self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        match self {
            Ok(value) => value.into_result(cx),
            Err(error) => Err(raise(cx, error.into())),
        }
    }
}

#[cold]
fn wrong_result<'gc>(cx: &mut Cx<'_, 'gc>, problem: &str) -> Box<Control<'gc>> {
    cx.type_error(format!("the result of the host cannot be given to a script: {problem}"))
}

/// What host functions may return as an error becomes this.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Raises an error of the host's in the script.
#[cold]
pub(super) fn raise<'gc>(cx: &mut Cx<'_, 'gc>, error: BoxError) -> Box<Control<'gc>> {
    match error.downcast::<Error>() {
        Ok(error) => match *error {
            Error::Raised { value, .. } if value.is_of(&cx.world.handle_pool) => Box::new(Control::Raise(value.value_in(cx.world))),
            Error::Interrupted(interrupt) => Box::new(Control::Interrupt(interrupt)),
            Error::Raise { kind, message } => cx.raise(kind, message),
            other => cx.raise(ErrorKind::Error, other.to_string()),
        },
        Err(error) => {
            let raised = cx.raise(ErrorKind::Error, error.to_string());
            if let Control::Raise(Value::Instance(instance)) = *raised {
                keep_source(cx, instance, Arc::new(error));
            }
            raised
        }
    }
}

/// Keeps the error that a raised one was made of, for the host.
fn keep_source<'gc>(cx: &mut Cx<'_, 'gc>, instance: Gc<'gc, Instance<'gc>>, source: HostSource) {
    let layout = cx.world.layout(instance.layout());
    // Without library, errors have no such slot.
    let Some(at) = layout.index.get(&cx.world.symbols.hidden_source) else { return };
    let value = Value::Host(HostObject::new(cx.mc, "Error", source, 0));
    Instance::put(instance, cx.mc, &layout, *at as usize, value);
}

/// The error of the host's that an error value was made of.
pub(super) fn source_of<'gc>(cx: &Cx<'_, 'gc>, instance: Gc<'gc, Instance<'gc>>) -> Option<HostSource> {
    let Value::Host(host) = ops::error_part(cx.world, instance, cx.world.symbols.hidden_source) else { return None };
    host.data.downcast_ref::<HostSource>().cloned()
}

macro_rules! functions {
    ($($name:ident $i:tt),*) => {
        impl<Func, Out, $($name,)*> HostFunction<($($name,)*)> for Func
        where
            Func: Fn($($name),*) -> Out + 'static,
            Out: HostResult,
            $($name: Parameter + 'static,)*
        {
            const COUNT: usize = <[&str]>::len(&[$(stringify!($name)),*]);
            const HAS_REST: bool = false $(|| $name::IS_REST)*;

            #[allow(non_snake_case, unused_variables, reason = "one variable for each type; none for functions without parameters")]
            fn into_native(self, hidden: usize) -> Box<HostFn> {
                Box::new(move |cx, args| {
                    $(let $name = $name::take(cx, args, $i, hidden)?;)*
                    self($($name),*).into_result(cx)
                })
            }
        }

        impl<Func, Out, $($name,)*> HostFunction<WithVm<($($name,)*)>> for Func
        where
            Func: Fn(&mut Vm, $($name),*) -> Out + 'static,
            Out: HostResult + 'static,
            $($name: Parameter + 'static,)*
        {
            const COUNT: usize = <[&str]>::len(&[$(stringify!($name)),*]);
            const HAS_REST: bool = false $(|| $name::IS_REST)*;

            #[allow(non_snake_case, unused_variables, reason = "one variable for each type; none for functions without parameters")]
            fn into_native(self, hidden: usize) -> Box<HostFn> {
                let function = Rc::new(self);
                Box::new(move |cx, args| {
                    $(let $name = $name::take(cx, args, $i, hidden)?;)*
                    let function = function.clone();
                    Err(outside_at_once(move |vm| {
                        let result = function(vm, $($name),*);
                        vm.take_result(result)
                    }))
                })
            }
        }
    };
}

functions!();
functions!(A 0);
functions!(A 0, B 1);
functions!(A 0, B 1, C 2);
functions!(A 0, B 1, C 2, D 3);
functions!(A 0, B 1, C 2, D 3, E 4);
functions!(A 0, B 1, C 2, D 3, E 4, F 5);
functions!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
functions!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

impl<'gc> Cx<'_, 'gc> {
    fn error_handle(&mut self, message: &str) -> Handle {
        let error = self.error_value(ErrorKind::Error, message);
        Handle::new(self.world, error)
    }
}

impl Vm {
    /// The result of a host function that has run outside of the interpreter: what the script goes on with.
    pub(super) fn take_result(&mut self, result: impl HostResult) -> Result<Option<Handle>, Error> {
        let done = self.enter(|cx| match result.into_result(cx) {
            Ok(value) => {
                cx.world.tasks.wake = Some(Wake::Value(value));
                Ok(None)
            }
            Err(control) => Err(match *control {
                Control::Raise(error) => Ok(Handle::new(cx.world, error)),
                Control::Interrupt(interrupt) => Err(interrupt),
                _ => Ok(cx.error_handle("what the host was doing has been stopped")),
            }),
        });
        done.map_err(|error| match error {
            Ok(error) => self.raised(error),
            Err(interrupt) => Error::Interrupted(interrupt),
        })
    }
}
