//! Rust functions that scripts call.

use super::convert::{FromScript, IntoScript};
use crate::heap::Value;
use crate::object::{Cx, HostFn, NativeResult};
use std::fmt::Display;

/// Rust functions and closures of up to six arguments that scripts can call. `Args` is the tuple of argument types.
pub trait HostFunction<Args>: 'static {
    /// Number of arguments.
    const ARITY: u8;

    /// The function in the engine's shape.
    fn into_native(self) -> Box<HostFn>;
}

/// Results of host functions: a value, or a `Result` whose error is raised as an `Error` with its text.
pub trait HostResult {
    /// The result in the engine's shape.
    fn into_result<'gc>(self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc>;
}

impl<T: IntoScript> HostResult for T {
    fn into_result<'gc>(self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        Ok(self.into_script(cx))
    }
}

impl<T: IntoScript, E: Display> HostResult for Result<T, E> {
    fn into_result<'gc>(self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        match self {
            Ok(value) => Ok(value.into_script(cx)),
            Err(error) => Err(cx.raise(crate::object::ErrorKind::Error, error.to_string())),
        }
    }
}

fn argument<'gc, T: FromScript>(
    cx: &mut Cx<'_, 'gc>,
    args: &[Value<'gc>],
    i: usize,
) -> Result<T, Box<crate::object::Control<'gc>>> {
    let value = args.get(i).copied().unwrap_or_default();
    T::from_script(cx, value).map_err(|text| cx.type_error(format!("argument {}: {text}", i + 1)))
}

macro_rules! functions {
    ($count:literal $($name:ident $i:literal),*) => {
        impl<Func, Out, $($name,)*> HostFunction<($($name,)*)> for Func
        where
            Func: Fn($($name),*) -> Out + 'static,
            Out: HostResult,
            $($name: FromScript + 'static,)*
        {
            const ARITY: u8 = $count;

            #[allow(non_snake_case, reason = "one variable for each type; none for functions without arguments")]
            fn into_native(self) -> Box<HostFn> {
                Box::new(move |cx, args| {
                    let _ = args;
                    $(let $name = argument::<$name>(cx, args, $i)?;)*
                    self($($name),*).into_result(cx)
                })
            }
        }
    };
}

functions!(0);
functions!(1 A 0);
functions!(2 A 0, B 1);
functions!(3 A 0, B 1, C 2);
functions!(4 A 0, B 1, C 2, D 3);
functions!(5 A 0, B 1, C 2, D 3, E 4);
functions!(6 A 0, B 1, C 2, D 3, E 4, F 5);
