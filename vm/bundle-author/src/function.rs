//! Rust functions as functions of a bundle.

use crate::class::Native;
use crate::convert::{FromScript, IntoScript, Rest};
use crate::{Body, Failure, Program, Raise, abi, class};

/// Rust functions and closures of up to six parameters. Parameters are [`FromScript`], the last one may be a [`Rest`]; a `&mut Program` may stand before
/// them. `Marker` tells the shapes apart and is always inferred.
///
/// ```
/// use bundle_author::{Bundle, Function};
///
/// /// Registers a function under two names.
/// fn both<M>(bundle: &mut Bundle, function: impl Function<M> + Copy) {
///     bundle.function("size(text)", function);
///     bundle.function("length(text)", function);
/// }
///
/// fn register(bundle: &mut Bundle) {
///     both(bundle, |text: String| text.len() as i64);
/// }
/// # bundle_author::bundle!(register);
/// ```
pub trait Function<Marker>: 'static {
    /// The function in one shape.
    fn into_body(self) -> Body;
}

/// Marks functions whose first parameter is the program.
///
/// It is inferred; see the example of [`Program`].
pub struct WithProgram<Args>(std::marker::PhantomData<Args>);

/// Types of parameters.
///
/// They are all that is [`FromScript`], and [`Rest`]; see the example of [`Rest`].
pub trait Parameter: Sized {
    /// The value from the arguments, of which it is number `at`.
    ///
    /// # Errors
    /// If it has another type.
    fn take(program: &mut Program, args: &[abi::Value], at: usize) -> Result<Self, Raise>;
}

fn wrong(at: usize, raise: Raise) -> Raise {
    Raise { message: format!("argument {}: {}", at + 1, raise.message), ..raise }
}

impl<T: FromScript> Parameter for T {
    fn take(program: &mut Program, args: &[abi::Value], at: usize) -> Result<Self, Raise> {
        T::from_script(program, args.get(at).unwrap_or(&abi::Value::NIL)).map_err(|raise| wrong(at, raise))
    }
}

impl<T: FromScript> Parameter for Rest<T> {
    fn take(program: &mut Program, args: &[abi::Value], at: usize) -> Result<Self, Raise> {
        let rest = args.get(at..).unwrap_or_default().iter().enumerate();
        rest.map(|(i, value)| T::from_script(program, value).map_err(|raise| wrong(at + i, raise)))
            .collect::<Result<_, _>>()
            .map(Rest)
    }
}

/// Results: a value, or a `Result` with a [`Raise`], a [`Failure`], or any error, which becomes an `Error` with its text.
///
/// See the example of [`Raise::new`].
pub trait Outcome {
    /// The result.
    ///
    /// # Errors
    /// If there is none.
    fn end(self, program: &mut Program) -> Result<abi::Value, Failure>;
}

impl<T: Returned> Outcome for T {
    fn end(self, program: &mut Program) -> Result<abi::Value, Failure> {
        self.give_away(program)
    }
}

impl<T: Returned, E: Into<Problem>> Outcome for Result<T, E> {
    fn end(self, program: &mut Program) -> Result<abi::Value, Failure> {
        match self {
            Ok(value) => value.give_away(program),
            Err(error) => Err(error.into().0),
        }
    }
}

/// What a function can return: what programs can be given, and new values of native types.
///
/// See the example of [`New`].
pub trait Returned {
    /// The value, which is the program's from now on.
    ///
    /// # Errors
    /// If the program cannot have it.
    fn give_away(self, program: &mut Program) -> Result<abi::Value, Failure>;
}

impl<T: IntoScript> Returned for T {
    fn give_away(self, program: &mut Program) -> Result<abi::Value, Failure> {
        self.give(program)
    }
}

/// A native value on its way to the program.
///
/// What [`native!`](crate::native) defines can be returned as it is; this is for what stands in something else.
///
/// ```
/// use bundle_author::{Bundle, New, native};
///
/// native! {
///     /// Counts.
///     pub struct Counter { value: i64 }
/// }
///
/// fn register(bundle: &mut Bundle) {
///     bundle.class::<Counter>();
///     bundle.function("counter(value)", |value: i64| Counter { value });
///     bundle.function("same(value)", |value: i64| New(Counter { value }));
/// }
/// # bundle_author::bundle!(register);
/// ```
pub struct New<T>(pub T);

impl<T: Native> Returned for New<T> {
    fn give_away(self, _: &mut Program) -> Result<abi::Value, Failure> {
        class::owned(self.0).map_err(Failure::Raise)
    }
}

/// An error of any type.
pub struct Problem(Failure);

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Problem(failure)
    }
}

impl<E: Into<Box<dyn std::error::Error>>> From<E> for Problem {
    fn from(error: E) -> Self {
        Problem(Failure::Raise(match error.into().downcast::<Raise>() {
            Ok(raise) => *raise,
            Err(error) => Raise::new("Error", error.to_string()),
        }))
    }
}

macro_rules! functions {
    ($($name:ident $i:tt),*) => {
        impl<Func, Out, $($name,)*> Function<($($name,)*)> for Func
        where
            Func: Fn($($name),*) -> Out + 'static,
            Out: Outcome,
            $($name: Parameter + 'static,)*
        {
            #[allow(non_snake_case, unused_variables, reason = "one variable for each type; none for functions without parameters")]
            fn into_body(self) -> Body {
                Box::new(move |program, args| {
                    $(let $name = $name::take(program, args, $i)?;)*
                    self($($name),*).end(program)
                })
            }
        }

        impl<Func, Out, $($name,)*> Function<WithProgram<($($name,)*)>> for Func
        where
            Func: Fn(&mut Program, $($name),*) -> Out + 'static,
            Out: Outcome,
            $($name: Parameter + 'static,)*
        {
            #[allow(non_snake_case, unused_variables, reason = "one variable for each type; none for functions without parameters")]
            fn into_body(self) -> Body {
                Box::new(move |program, args| {
                    $(let $name = $name::take(program, args, $i)?;)*
                    self(program, $($name),*).end(program)
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
