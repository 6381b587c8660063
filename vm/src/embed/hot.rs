//! Typed handles that follow redefinitions.

use super::convert::{Arguments, FromScript, IntoScript};
use super::error::Error;
use super::handle::Handle;
use super::vm::Vm;
use crate::heap::Value;
use crate::interp::signature;
use crate::object::{Cx, Definition, Found, Member, Proto, Symbol};
use crate::ops;
use gc_arena::Gc;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

/// A definition of a script that the host uses again and again: whatever the name stands for now, with the type that the host expects.
///
/// `Hot<f64>` is a value, which [`Hot::get`] reads. `Hot<fn(i64, i64) -> i64>` is a function, which [`Hot::call`] calls; that it can be called with so many
/// arguments is looked at when the handle is made, and again at the first call after each commit, so that an edit that breaks the host is found where
/// it is used, with both sides named. Arguments and results are checked at every call. As a parameter of a host function, `Hot<fn(…) -> …>` is a
/// function that the script gives; it calls its newest code, too.
///
/// A VM that is not reloaded pays nothing for it: the look at the number of the last commit is part of the entry into the heap.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("rules.lang", "let bonus = 5\nfn damage(n, armour) { n - armour }")?;
/// let damage: Hot<fn(i64, i64) -> i64> = vm.hot("rules.damage")?;
/// let bonus: Hot<i64> = vm.hot("rules.bonus")?;
/// assert_eq!(damage.call(&mut vm, 9, 2)?, 7);
///
/// vm.reload_text("rules.lang", "let bonus = 5\nfn damage(n, armour) { n * 10 }");
/// assert_eq!(damage.call(&mut vm, 9, 2)? + bonus.get(&mut vm)?, 95);
///
/// // Arguments of other types than the declared ones: a `&str` for a `String`.
/// vm.load_text("ui.lang", "fn shout(text) { text + \"!\" }")?;
/// let shout: Hot<fn(String) -> String> = vm.hot("ui.shout")?;
/// assert_eq!(shout.call_with(&mut vm, ("hey",))?, "hey!");
/// # Ok::<(), Error>(())
/// ```
pub struct Hot<T> {
    what: What,
    of: PhantomData<fn() -> T>,
}

/// What a handle is of.
#[derive(Clone)]
enum What {
    /// A definition, with its qualified name.
    Definition(Handle, Rc<str>, Rc<Cell<u64>>),
    /// A value.
    Value(Handle),
}

/// Types that a [`Hot`] can be of: those that are [`FromScript`], and `fn(A, B) -> R` of up to six parameters.
///
/// ```
/// use embed::prelude::*;
/// use embed::HotType;
///
/// /// Whether a plugin has what is asked of it.
/// fn has<T: HotType>(vm: &mut Vm, name: &str) -> bool {
///     vm.hot::<T>(name).is_ok()
/// }
///
/// let mut vm = Vm::new();
/// vm.load_text("plugin.lang", "fn run(text) { text }")?;
/// assert!(has::<fn(String) -> String>(&mut vm, "plugin.run"));
/// assert!(!has::<fn()>(&mut vm, "plugin.run"));
/// assert!(!has::<String>(&mut vm, "plugin.title"));
/// # Ok::<(), Error>(())
/// ```
pub trait HotType {
    /// How many arguments it is called with; `None` for what is not called.
    const ARITY: Option<usize>;

    /// Whether a value is of the type; else what is wrong.
    fn fits<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<(), String>;
}

impl<T: FromScript> HotType for T {
    const ARITY: Option<usize> = None;

    fn fits<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<(), String> {
        T::from_script(cx, value).map(drop)
    }
}

impl<T> Clone for Hot<T> {
    fn clone(&self) -> Self {
        Hot { what: self.what.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Hot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hot({})", self.name())
    }
}

impl<T> Hot<T> {
    /// The qualified name; of a function that a script has given, that it is one.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "fn damage(n) { n }")?;
    /// let damage: Hot<fn(i64) -> i64> = vm.hot("rules.damage")?;
    /// assert_eq!(damage.name(), "rules.damage");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn name(&self) -> &str {
        match &self.what {
            What::Definition(_, name, _) => name,
            What::Value(_) => "a function of the script",
        }
    }
}

impl Vm {
    /// A typed handle to `namespace.name`, whatever it stands for from now on.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "fn damage(n) { n * 2 }")?;
    /// let damage: Hot<fn(i64) -> i64> = vm.hot("rules.damage")?;
    /// assert_eq!(damage.call(&mut vm, 4)?, 8);
    ///
    /// let error = vm.hot::<fn() -> i64>("rules.damage").expect_err("it takes an argument");
    /// assert_eq!(error.to_string(), "`rules.damage` does not fit the host: the host gives 0 arguments, and it is `damage(n)`");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if there is no such definition, its value has another type, or it cannot be called with so many arguments.
    pub fn hot<T: HotType>(&mut self, qualified: &str) -> Result<Hot<T>, Error> {
        self.enter(|cx| {
            let cell = cx.definition(qualified)?;
            T::fits(cx, cell.value()).map_err(|problem| unfit(qualified, &problem))?;
            let handle = Handle::new(cx.world, Value::Definition(cell));
            let what = What::Definition(handle, qualified.into(), Rc::new(Cell::new(cx.world.epoch)));
            Ok(Hot { what, of: PhantomData })
        })
    }
}

fn unfit(name: &str, problem: &str) -> Error {
    Error::Host(format!("`{name}` does not fit the host: {problem}"))
}

impl What {
    /// The value there is now; one that is called is looked at after each commit.
    #[inline(always)]
    fn value<'gc>(&self, cx: &mut Cx<'_, 'gc>, arity: Option<usize>) -> Result<Value<'gc>, Error> {
        match self {
            What::Value(handle) => Ok(handle.value_in(cx.world)),
            What::Definition(handle, name, checked) => {
                let Value::Definition(cell) = handle.value_in(cx.world) else { unreachable!("the handle is of a definition") };
                let value = cell.value();
                if checked.get() != cx.world.epoch || value.is_unset() {
                    look_again(cx, cell, name, arity)?;
                    checked.set(cx.world.epoch);
                }
                Ok(value)
            }
        }
    }

    fn handle(&self) -> &Handle {
        let (What::Definition(handle, ..) | What::Value(handle)) = self;
        handle
    }
}

#[cold]
fn look_again<'gc>(cx: &mut Cx<'_, 'gc>, cell: Gc<'gc, Definition<'gc>>, name: &str, arity: Option<usize>) -> Result<(), Error> {
    let value = cell.value();
    if value.is_unset() {
        return Err(cx.definition(name).err().unwrap_or_else(|| unfit(name, "it has no value")));
    }
    match arity {
        Some(count) => cx.check_callable(&value, count).map_err(|problem| unfit(name, &problem)),
        None => Ok(()),
    }
}

impl<T: FromScript> Hot<T> {
    /// The value that the definition has now.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "let bonus = 5")?;
    /// let bonus: Hot<i64> = vm.hot("rules.bonus")?;
    /// vm.set("rules.bonus", 6)?;
    /// assert_eq!(bonus.get(&mut vm)?, 6);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if it does not exist (a deleted one does as long as it is a leak), or its value has another type.
    pub fn get(&self, vm: &mut Vm) -> Result<T, Error> {
        vm.check_handle(self.what.handle())?;
        vm.enter(|cx| {
            let value = self.what.value(cx, None)?;
            T::from_script(cx, value).map_err(|text| unfit(self.name(), &text))
        })
    }
}

/// What is called, for an error.
enum Of<'gc> {
    Proto(Gc<'gc, Proto<'gc>>),
    Name(Symbol<'gc>),
}

impl<'gc> Cx<'_, 'gc> {
    /// Whether a value can be called with so many arguments by position; else what is wrong.
    pub(super) fn check_callable(&mut self, value: &Value<'gc>, count: usize) -> Result<(), String> {
        let mut value = *value;
        let mut count_own = count;
        // A function that stands in for others takes what its target takes; nothing stands in for itself.
        loop {
            let (least, most, of) = match value {
                Value::Decorated(decorated) => {
                    value = decorated.target.get();
                    continue;
                }
                Value::Bound(bound) => {
                    count_own += usize::from(bound.binding.unbound().is_none());
                    value = self.method_of(bound);
                    continue;
                }
                Value::Class(class) => {
                    let Some((_, Member::Method(init))) = class.find(self.world.symbols.init) else { return Ok(()) };
                    count_own += 1;
                    value = init;
                    continue;
                }
                Value::Instance(_) => {
                    let Found::Method(method) = self.find(&value, self.world.symbols.call) else {
                        return Err(format!("it is {}, which cannot be called", ops::describe(self, &value)));
                    };
                    count_own += 1;
                    value = method;
                    continue;
                }
                Value::Function(function) => {
                    let proto = std::iter::successors(Some(function.proto()), |proto| proto.successor())
                        .last()
                        .expect("there is the first");
                    let own = usize::from(proto.is_method());
                    let params = &proto.image.params;
                    let least = params.iter().filter(|param| param.default.is_none()).count() + own;
                    let most = if proto.image.rest.is_some() { usize::MAX } else { params.len() + own };
                    (least, most, Of::Proto(proto))
                }
                Value::Native(native) => {
                    let most = if native.most == u8::MAX { usize::MAX } else { native.most.into() };
                    (native.least.into(), most, Of::Name(Symbol(native.name)))
                }
                Value::Variant(variant) => {
                    let count = variant.fields.as_ref().map_or(0, |fields| fields.len());
                    (count, count, Of::Name(variant.name))
                }
                _ => return Err(format!("it is {}, which cannot be called", ops::describe(self, &value))),
            };
            if (least..=most).contains(&count_own) {
                return Ok(());
            }
            let text = match of {
                Of::Proto(proto) => signature(&proto.image),
                Of::Name(name) => name.as_str().to_owned(),
            };
            let s = if count == 1 { "" } else { "s" };
            return Err(format!("the host gives {count} argument{s}, and it is `{text}`"));
        }
    }
}

macro_rules! callable {
    ($($arg:ident),*) => {
        impl<$($arg,)* R> HotType for fn($($arg),*) -> R {
            const ARITY: Option<usize> = Some(<[&str]>::len(&[$(stringify!($arg)),*]));

            fn fits<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<(), String> {
                cx.check_callable(&value, <[&str]>::len(&[$(stringify!($arg)),*]))
            }
        }

        impl<$($arg: IntoScript,)* R: FromScript> Hot<fn($($arg),*) -> R> {
            /// Calls the function as it is now.
            ///
            /// See the example of [`Hot`].
            ///
            /// # Errors
            /// [`Error::Host`] if it does not exist (a deleted function goes on as a leak until it is dropped), cannot be called with so many arguments any more, or its result has another type; else what the
            /// program has raised.
            #[allow(non_snake_case, clippy::too_many_arguments, reason = "one for each parameter; there may be none")]
            #[inline]
            pub fn call(&self, vm: &mut Vm, $($arg: $arg),*) -> Result<R, Error> {
                self.call_with(vm, ($($arg,)*))
            }

            /// The same with arguments of other types than the declared ones, such as `&str` for `String`: a tuple.
            ///
            /// See the example of [`Hot`].
            ///
            /// # Errors
            /// As for [`Hot::call`].
            pub fn call_with<Given: Arguments>(&self, vm: &mut Vm, args: Given) -> Result<R, Error> {
                vm.check_handle(self.what.handle())?;
                vm.call_with(|cx| self.what.value(cx, <fn($($arg),*) -> R as HotType>::ARITY), args)
            }
        }

        impl<$($arg: IntoScript,)* R: FromScript> FromScript for Hot<fn($($arg),*) -> R> {
            fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
                let count = <[&str]>::len(&[$(stringify!($arg)),*]);
                cx.check_callable(&value, count)?;
                Ok(Hot { what: What::Value(Handle::new(cx.world, value)), of: PhantomData })
            }
        }
    };
}

callable!();
callable!(A);
callable!(A, B);
callable!(A, B, C);
callable!(A, B, C, D);
callable!(A, B, C, D, E);
callable!(A, B, C, D, E, F);
