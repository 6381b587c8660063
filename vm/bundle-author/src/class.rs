//! Rust types as classes of a program.
//!
//! A value is a `Box<RefCell<T>>` that an instance owns. The program has it until the collector finds that nothing does; then it is dropped by the library
//! that has made it. A library that takes the place of that one may be lent the value if the type has the same name and the same layout.

use crate::convert::no_native;
use crate::function::{Outcome, Parameter};
use crate::{Body, Bundle, Raise, abi, c_text};
use std::any::TypeId;
use std::cell::RefCell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{PoisonError, RwLock};

/// Types whose values programs have as instances of a class: what [`native!`](crate::native) makes of a struct.
///
/// See the example of [`native!`](crate::native).
///
/// # Safety
/// Two types of the same name and layout, in whatever two builds of a library, are laid out alike in memory.
pub unsafe trait Native: Sized + 'static {
    /// Name of the class.
    const NAME: &'static str;
    /// Says how values lie in memory.
    const LAYOUT: u64;
}

/// Types that are registered, with their numbers. Each library has its own.
static NUMBERS: RwLock<Vec<(TypeId, u32)>> = RwLock::new(Vec::new());

fn number<T: Native>() -> Option<u32> {
    let numbers = NUMBERS.read().unwrap_or_else(PoisonError::into_inner);
    numbers.iter().find(|(id, _)| *id == TypeId::of::<T>()).map(|(_, number)| *number)
}

/// A value that becomes the program's.
pub(crate) fn owned<T: Native>(value: T) -> Result<abi::Value, Raise> {
    let Some(number) = number::<T>() else {
        return Err(Raise::new("Error", format!("the bundle has not registered `{}`", T::NAME)));
    };
    let pointer = Box::into_raw(Box::new(RefCell::new(value))).cast();
    Ok(abi::Value::new(abi::tag::NATIVE, number, abi::Payload { pointer }))
}

/// Looks at a value that the program lends.
pub(crate) fn lent<T: Native>(value: &abi::Value, f: impl FnOnce(&RefCell<T>) -> Result<T, Raise>) -> Result<T, Raise> {
    f(cell(value)?)
}

fn cell<T: Native>(value: &abi::Value) -> Result<&RefCell<T>, Raise> {
    if value.tag != abi::tag::NATIVE || number::<T>() != Some(value.kind) {
        return Err(no_native(T::NAME, value));
    }
    // SAFETY: the engine gives as a native value of this number only what `owned` has made for the type, in this library or in one that registered the same
    // name and layout; the instance is alive during the call.
    Ok(unsafe { &*value.payload.pointer.cast::<RefCell<T>>() })
}

unsafe extern "C" fn destroy<T: Native>(pointer: *mut c_void) {
    // SAFETY: the engine gives back what `owned` has made, once.
    let value = unsafe { Box::from_raw(pointer.cast::<RefCell<T>>()) };
    // A panic must not leave the library; what it would tell, the hook for panics has told.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

/// A class that is being registered.
///
/// See the example of the [crate].
pub struct Class<'a, T> {
    bundle: &'a mut Bundle,
    of: PhantomData<fn() -> T>,
}

impl<'a, T: Native> Class<'a, T> {
    pub(crate) fn new(bundle: &'a mut Bundle) -> Self {
        let name = c_text(T::NAME);
        // SAFETY: the registrar is good during the registration; the text lives until the call returns.
        let number = unsafe { (bundle.host.type_)(bundle.registrar, name.as_ptr(), T::LAYOUT, Some(destroy::<T>)) };
        NUMBERS.write().unwrap_or_else(PoisonError::into_inner).push((TypeId::of::<T>(), number));
        Class { bundle, of: PhantomData }
    }

    /// A method: `"name(a, b = 10): what it does"`. Its first parameter is `&T` or `&mut T`.
    ///
    /// See the example of the [crate].
    pub fn method<M, F: Method<T, M>>(self, signature: &str, method: F) -> Self {
        self.bundle.register(&format!("{}.{signature}", T::NAME), method.into_body(), 0);
        self
    }
}

/// Rust functions and closures that are methods.
///
/// ```
/// use bundle_author::{Bundle, Method, native};
///
/// native! {
///     /// Counts.
///     pub struct Counter { value: i64 }
/// }
///
/// /// Registers a method under two names.
/// fn both<M>(bundle: &mut Bundle, method: impl Method<Counter, M> + Copy) {
///     bundle.class::<Counter>().method("bump()", method).method("count_up()", method);
/// }
///
/// fn register(bundle: &mut Bundle) {
///     both(bundle, |this: &mut Counter| this.value += 1);
/// }
/// # bundle_author::bundle!(register);
/// ```
pub trait Method<T, Marker>: 'static {
    /// The method in one shape.
    fn into_body(self) -> Body;
}

/// Marks methods that look at their value.
pub struct Shared<Args>(PhantomData<Args>);

/// Marks methods that change their value.
pub struct Exclusive<Args>(PhantomData<Args>);

fn in_use<T: Native>() -> Raise {
    Raise::new("Error", format!("this {} is in use already", T::NAME))
}

macro_rules! methods {
    ($($name:ident $i:tt),*) => {
        methods!(@one Shared, &T, try_borrow, as_ref, $($name $i),*);
        methods!(@one Exclusive, &mut T, try_borrow_mut, as_mut, $($name $i),*);
    };
    (@one $marker:ident, $this:ty, $borrow:ident, $lend:ident, $($name:ident $i:tt),*) => {
        impl<Func, Out, T: Native, $($name,)*> Method<T, $marker<($($name,)*)>> for Func
        where
            Func: Fn($this, $($name),*) -> Out + 'static,
            Out: Outcome,
            $($name: Parameter + 'static,)*
        {
            #[allow(non_snake_case, unused_mut, unused_variables, reason = "one variable for each type; what is only looked at is not changed")]
            fn into_body(self) -> Body {
                Box::new(move |program, args| {
                    let cell = cell::<T>(args.first().unwrap_or(&abi::Value::NIL))?;
                    let rest = args.get(1..).unwrap_or_default();
                    $(let $name = $name::take(program, rest, $i)?;)*
                    let result = {
                        let mut this = cell.$borrow().map_err(|_| in_use::<T>())?;
                        self(methods!(@lend $marker this), $($name),*)
                    };
                    result.end(program)
                })
            }
        }
    };
    (@lend Shared $this:ident) => { &*$this };
    (@lend Exclusive $this:ident) => { &mut *$this };
}

methods!();
methods!(A 0);
methods!(A 0, B 1);
methods!(A 0, B 1, C 2);
methods!(A 0, B 1, C 2, D 3);
methods!(A 0, B 1, C 2, D 3, E 4);

/// Hash of a text with two numbers: what [`native!`](crate::native) makes a layout of.
#[doc(hidden)]
pub const fn layout(text: &str, size: usize, align: usize) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ (size as u64) ^ ((align as u64) << 32);
    hashed(hashed(start, text), env!("BUNDLE_COMPILER"))
}

const fn hashed(mut hash: u64, text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x100_0000_01b3);
        i += 1;
    }
    hash
}

/// Defines a struct whose values programs have as instances of a class. Its layout is that of C, so that builds of one text agree; it is known by the names and
/// types of its fields, with the compiler's version. A field of a struct of your own is known by its name only: edit the name of the field, too, when that changes.
///
/// ```
/// use bundle_author::{Native, native};
///
/// native! {
///     /// A sum that knows how many numbers are in it.
///     pub struct Mean { sum: f64, count: i64 }
/// }
/// assert_eq!(Mean::NAME, "Mean");
///
/// mod later {
///     bundle_author::native! { pub struct Mean { sum: f64, count: i64, weight: f64 } }
/// }
/// assert_ne!(Mean::LAYOUT, later::Mean::LAYOUT, "values of the first cannot live on in the second");
/// ```
#[macro_export]
macro_rules! native {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[repr(C)]
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $type),* }

        // SAFETY: the layout says the order, the names and the types of the fields, and size and alignment, of a type that is laid out as in C.
        unsafe impl $crate::Native for $name {
            const NAME: &'static str = stringify!($name);
            const LAYOUT: u64 =
                $crate::layout(concat!($(stringify!($field), ":", stringify!($type), ";"),*), size_of::<$name>(), align_of::<$name>());
        }

        impl $crate::Returned for $name {
            fn give_away(self, program: &mut $crate::Program) -> ::std::result::Result<$crate::abi::Value, $crate::Failure> {
                $crate::Returned::give_away($crate::New(self), program)
            }
        }
    };
}
