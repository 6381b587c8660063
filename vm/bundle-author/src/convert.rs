//! Values between Rust and the program.

use crate::abi::{self, Payload, kind, tag};
use crate::class::{self, Native};
use crate::{Failure, Program, Raise};
use std::ptr;
use std::slice;

/// Rust values that programs can be given.
///
/// ```
/// use bundle_author::{Failure, IntoScript, Object, Program};
///
/// /// Tells a function something, whatever it is.
/// fn tell(program: &mut Program, listener: &Object, what: &dyn IntoScript) -> Result<Object, Failure> {
///     program.call(listener, &[&"event", what])
/// }
/// # let _ = tell;
/// ```
pub trait IntoScript {
    /// The value, good for the call.
    ///
    /// # Errors
    /// If the program cannot have it.
    fn give(&self, program: &mut Program) -> Result<abi::Value, Failure>;
}

/// Rust values that can be made from those of the program.
///
/// ```
/// use bundle_author::{FromScript, Program};
///
/// /// A setting of the program, or what stands in for it.
/// fn setting<T: FromScript>(program: &mut Program, name: &str, default: T) -> T {
///     program.lookup(&format!("settings.{name}")).unwrap_or(default)
/// }
/// # let _ = setting::<i64>;
/// ```
pub trait FromScript: Sized {
    /// The Rust value.
    ///
    /// # Errors
    /// If it has another type.
    fn from_script(program: &mut Program, value: &abi::Value) -> Result<Self, Raise>;
}

/// A value of the program, whatever it is. It is good during the call.
///
/// ```
/// use bundle_author::{Bundle, Object};
///
/// fn register(bundle: &mut Bundle) {
///     bundle.function("or_else(a, b): the first that is not nil.", |a: Object, b: Object| if a.is_nil() { b } else { a });
/// }
/// # bundle_author::bundle!(register);
/// ```
#[derive(Clone, Copy)]
pub struct Object(abi::Value);

impl Object {
    pub(crate) fn of(value: abi::Value) -> Object {
        Object(value)
    }

    pub(crate) fn raw(&self) -> *const abi::Value {
        ptr::from_ref(&self.0)
    }

    /// Whether it is nil.
    ///
    /// See the example of [`Object`].
    pub fn is_nil(&self) -> bool {
        self.0.tag == tag::NIL
    }
}

/// A byte string.
///
/// ```
/// use bundle_author::{Bundle, Bytes};
///
/// fn register(bundle: &mut Bundle) {
///     bundle.function("backwards(bytes)", |Bytes(mut bytes): Bytes| {
///         bytes.reverse();
///         Bytes(bytes)
///     });
/// }
/// # bundle_author::bundle!(register);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Bytes(pub Vec<u8>);

/// What is given behind the other arguments: the last parameter of a function that takes any number.
///
/// ```
/// use bundle_author::{Bundle, Rest};
///
/// fn register(bundle: &mut Bundle) {
///     bundle.function("join(between, ...parts)", |between: String, Rest(parts): Rest<String>| parts.join(&between));
/// }
/// # bundle_author::bundle!(register);
/// ```
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Rest<T>(pub Vec<T>);

fn expected(what: &str, value: &abi::Value) -> Raise {
    let got = match (value.tag, value.kind) {
        (tag::NIL, _) => "nil",
        (tag::BOOL, _) => "a bool",
        (tag::INT, _) => "an int",
        (tag::FLOAT, _) => "a float",
        (tag::STRING, _) => "a string",
        (tag::BYTES, _) => "bytes",
        (tag::OBJECT, kind::LIST) => "a list",
        (tag::OBJECT, kind::TUPLE) => "a tuple",
        (tag::OBJECT, kind::MAP) => "a map",
        (tag::OBJECT, kind::SET) => "a set",
        (tag::OBJECT, kind::CALLABLE) => "a function",
        (tag::OBJECT, kind::BIG_INT) => "an int beyond 64 bits",
        _ => "something else",
    };
    Raise::new("TypeError", format!("expected {what}, got {got}"))
}

macro_rules! plain {
    ($($t:ty, $what:literal, $tag:ident, $field:ident, $into:expr, $from:expr;)*) => { $(
        impl IntoScript for $t {
            fn give(&self, _: &mut Program) -> Result<abi::Value, Failure> {
                Ok(abi::Value::new(tag::$tag, 0, Payload { $field: $into(*self) }))
            }
        }

        impl FromScript for $t {
            fn from_script(_: &mut Program, value: &abi::Value) -> Result<Self, Raise> {
                if value.tag != tag::$tag {
                    return Err(expected($what, value));
                }
                // SAFETY: the tag says that this part of the union was written.
                Ok($from(unsafe { value.payload.$field }))
            }
        }
    )* };
}

plain! {
    bool, "a bool", BOOL, boolean, u32::from, |boolean| boolean != 0;
    i64, "an int", INT, integer, |integer| integer, |integer| integer;
}

impl IntoScript for f64 {
    fn give(&self, _: &mut Program) -> Result<abi::Value, Failure> {
        Ok(abi::Value::new(tag::FLOAT, 0, Payload { number: *self }))
    }
}

impl FromScript for f64 {
    fn from_script(_: &mut Program, value: &abi::Value) -> Result<Self, Raise> {
        match value.tag {
            // SAFETY: the tag says that this part of the union was written.
            tag::FLOAT => Ok(unsafe { value.payload.number }),
            // SAFETY: the same.
            tag::INT => Ok(unsafe { value.payload.integer } as f64),
            _ => Err(expected("a number", value)),
        }
    }
}

impl IntoScript for () {
    fn give(&self, _: &mut Program) -> Result<abi::Value, Failure> {
        Ok(abi::Value::NIL)
    }
}

impl IntoScript for str {
    fn give(&self, program: &mut Program) -> Result<abi::Value, Failure> {
        let mut out = abi::Value::NIL;
        // SAFETY: the call is under way, and the text lives until it returns.
        let status = unsafe { (program.host.string)(program.call, self.as_ptr().cast(), self.len(), &raw mut out) };
        program.done(status)?;
        Ok(out)
    }
}

impl IntoScript for &str {
    fn give(&self, program: &mut Program) -> Result<abi::Value, Failure> {
        (**self).give(program)
    }
}

impl IntoScript for String {
    fn give(&self, program: &mut Program) -> Result<abi::Value, Failure> {
        self.as_str().give(program)
    }
}

/// The bytes of a string, or of bytes.
fn bytes_of(value: &abi::Value) -> Vec<u8> {
    // SAFETY: the callers have looked at the tag; the engine lends the text for the call.
    let text = unsafe { value.payload.text };
    if text.length == 0 {
        return Vec::new();
    }
    // SAFETY: the same.
    unsafe { slice::from_raw_parts(text.data.cast::<u8>(), text.length) }.to_vec()
}

impl FromScript for String {
    fn from_script(_: &mut Program, value: &abi::Value) -> Result<Self, Raise> {
        if value.tag != tag::STRING {
            return Err(expected("a string", value));
        }
        String::from_utf8(bytes_of(value)).map_err(|_| expected("a string", value))
    }
}

impl IntoScript for Bytes {
    fn give(&self, program: &mut Program) -> Result<abi::Value, Failure> {
        let mut out = abi::Value::NIL;
        // SAFETY: as for texts.
        let status = unsafe { (program.host.bytes)(program.call, self.0.as_ptr().cast(), self.0.len(), &raw mut out) };
        program.done(status)?;
        Ok(out)
    }
}

impl FromScript for Bytes {
    fn from_script(_: &mut Program, value: &abi::Value) -> Result<Self, Raise> {
        if value.tag == tag::BYTES { Ok(Bytes(bytes_of(value))) } else { Err(expected("bytes", value)) }
    }
}

impl<T: IntoScript> IntoScript for Option<T> {
    fn give(&self, program: &mut Program) -> Result<abi::Value, Failure> {
        self.as_ref().map_or(Ok(abi::Value::NIL), |value| value.give(program))
    }
}

impl<T: FromScript> FromScript for Option<T> {
    fn from_script(program: &mut Program, value: &abi::Value) -> Result<Self, Raise> {
        if value.tag == tag::NIL { Ok(None) } else { T::from_script(program, value).map(Some) }
    }
}

impl<T: IntoScript> IntoScript for Vec<T> {
    fn give(&self, program: &mut Program) -> Result<abi::Value, Failure> {
        let items = self.iter().map(|item| item.give(program)).collect::<Result<Vec<_>, _>>()?;
        let mut out = abi::Value::NIL;
        // SAFETY: the call is under way, and the items live until it returns.
        let status = unsafe { (program.host.list)(program.call, items.as_ptr(), items.len(), &raw mut out) };
        program.done(status)?;
        Ok(out)
    }
}

impl<T: FromScript> FromScript for Vec<T> {
    fn from_script(program: &mut Program, value: &abi::Value) -> Result<Self, Raise> {
        if value.tag != tag::OBJECT || !matches!(value.kind, kind::LIST | kind::TUPLE) {
            return Err(expected("a list", value));
        }
        // SAFETY: the call is under way, and the value is one of it.
        let length = unsafe { (program.host.length)(program.call, value) };
        let mut items = Vec::new();
        for index in 0..usize::try_from(length).unwrap_or(0) {
            let mut out = abi::Value::NIL;
            // SAFETY: the same.
            let status = unsafe { (program.host.item)(program.call, value, index, &raw mut out) };
            if status != abi::OK {
                return Err(expected("a list that stays as it is", value));
            }
            items.push(T::from_script(program, &out)?);
        }
        Ok(items)
    }
}

impl IntoScript for Object {
    fn give(&self, _: &mut Program) -> Result<abi::Value, Failure> {
        Ok(self.0)
    }
}

impl FromScript for Object {
    fn from_script(_: &mut Program, value: &abi::Value) -> Result<Self, Raise> {
        Ok(Object(*value))
    }
}

/// By value a native one is copied.
impl<T: Native + Clone> FromScript for T {
    fn from_script(_: &mut Program, value: &abi::Value) -> Result<Self, Raise> {
        class::lent::<T>(value, |cell| {
            let borrowed = cell.try_borrow().map_err(|_| Raise::new("Error", format!("this {} is in use", T::NAME)))?;
            Ok(borrowed.clone())
        })
    }
}

pub(crate) fn no_native(name: &str, value: &abi::Value) -> Raise {
    let article = if name.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    expected(&format!("{article} {name}"), value)
}
