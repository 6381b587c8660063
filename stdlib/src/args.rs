//! Reading arguments, making results, and the errors when either does not work.

use gc_arena::Gc;
use vm::heap::{Str, Value};
use vm::host::HostError;
use vm::limits;
use vm::object::{Bytes, Control, Cx, ErrorKind, List, Map, NativeResult, RangeObject, Set, Tuple};
use vm::ops;

/// A native's way out other than by a value.
pub(crate) type Raised<'gc> = Box<Control<'gc>>;

/// Argument `i`, unless it is absent.
pub(crate) fn given<'gc>(args: &[Value<'gc>], i: usize) -> Option<Value<'gc>> {
    args.get(i).copied().filter(|value| !value.is_unset())
}

/// Argument `i`, unless it is absent or nil.
pub(crate) fn given_not_nil<'gc>(args: &[Value<'gc>], i: usize) -> Option<Value<'gc>> {
    given(args, i).filter(|value| !value.is_nil())
}

/// TypeError for an argument. `expected` has its article: `an Int`.
#[cold]
pub(crate) fn wrong<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, expected: &str, value: &Value<'gc>) -> Raised<'gc> {
    if value.is_unset() {
        return cx.raise(ErrorKind::ArityError, format!("`{native}`: `{param}` is missing"));
    }
    let message = format!("`{native}`: `{param}` must be {expected}, not {}", cx.type_name(value));
    cx.type_error(message)
}

/// An int argument.
pub(crate) fn int<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<i64, Raised<'gc>> {
    match value {
        Value::Int(i) => Ok(i),
        Value::BigInt(_) => {
            let value = ops::describe(cx, &value);
            Err(cx.value_error(format!("`{native}`: `{param}` must fit 64 bits, but is {value}")))
        }
        _ => Err(wrong(cx, native, param, "an Int", &value)),
    }
}

/// An int argument that is an index, a bound or a size. One beyond 64 bits counts as the nearest that fits: it is out of every range
/// anyway.
pub(crate) fn bound<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<i64, Raised<'gc>> {
    match value {
        Value::Int(i) => Ok(i),
        Value::BigInt(big) if big.0.sign() == num_bigint::Sign::Minus => Ok(i64::MIN),
        Value::BigInt(_) => Ok(i64::MAX),
        _ => Err(wrong(cx, native, param, "an Int", &value)),
    }
}

/// An int argument that must not be negative.
pub(crate) fn count<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<usize, Raised<'gc>> {
    let n = bound(cx, native, param, value)?;
    usize::try_from(n).map_err(|_| {
        let value = ops::describe(cx, &value);
        cx.value_error(format!("`{native}`: `{param}` must not be negative, but is {value}"))
    })
}

/// An int argument that must be above zero.
pub(crate) fn size<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<usize, Raised<'gc>> {
    match count(cx, native, param, value)? {
        0 => Err(cx.value_error(format!("`{native}`: `{param}` must be above 0"))),
        n => Ok(n),
    }
}

/// A string argument.
pub(crate) fn text<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<&'gc str, Raised<'gc>> {
    match value {
        Value::Str(text) => Ok(Gc::as_ref(text).as_str()),
        _ => Err(wrong(cx, native, param, "a String", &value)),
    }
}

/// A number argument as a float.
pub(crate) fn float<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<f64, Raised<'gc>> {
    vm::ops::to_float(&value).ok_or_else(|| wrong(cx, native, param, "a number", &value))
}

macro_rules! receivers {
    ($($(#[$doc:meta])* $name:ident: $variant:ident($type:ty), $expected:literal;)*) => { $(
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> Result<$type, Raised<'gc>> {
            match args.first() {
                Some(Value::$variant(receiver)) => Ok(*receiver),
                other => Err(wrong_receiver(cx, $expected, other)),
            }
        }
    )* };
}

receivers! {
    /// The receiver of a method of `List`.
    list: List(Gc<'gc, List<'gc>>), "a List";
    /// The receiver of a method of `Map`.
    map: Map(Gc<'gc, Map<'gc>>), "a Map";
    /// The receiver of a method of `Set`.
    set: Set(Gc<'gc, Set<'gc>>), "a Set";
    /// The receiver of a method of `String`.
    string: Str(Gc<'gc, Str>), "a String";
    /// The receiver of a method of `Bytes`.
    bytes: Bytes(Gc<'gc, Bytes>), "Bytes";
    /// The receiver of a method of `Range`.
    range: Range(Gc<'gc, RangeObject>), "a Range";
}

#[cold]
pub(crate) fn wrong_receiver<'gc>(cx: &mut Cx<'_, 'gc>, expected: &str, value: Option<&Value<'gc>>) -> Raised<'gc> {
    let given = value.map_or("nothing", |value| cx.type_name(value));
    cx.type_error(format!("this method is for {expected}, not for {given}"))
}

/// Position of index `i` in a sequence; negative counts from the end.
pub(crate) fn position(i: i64, length: usize) -> Option<usize> {
    let i = if i < 0 { i128::from(i) + length as i128 } else { i128::from(i) };
    usize::try_from(i).ok().filter(|i| *i < length)
}

/// Place of bound `i` in a sequence: negative counts from the end, and what is beyond an end is that end.
pub(crate) fn clamp_bound(i: i64, length: usize) -> usize {
    let i = if i < 0 { i.saturating_add(length as i64).max(0) } else { i };
    usize::try_from(i).map_or(length, |i| i.min(length))
}

/// Refuses to make something of so many bytes if that is beyond the limits.
pub(crate) fn check_room<'gc>(cx: &mut Cx<'_, 'gc>, bytes: usize) -> Result<(), Raised<'gc>> {
    if bytes < limits::ALLOCATION_MAX && cx.world.memory_limit.is_none_or(|limit| bytes <= limit) {
        return Ok(());
    }
    let message = format!("the result would be too large ({bytes} bytes)");
    Err(cx.raise(ErrorKind::LimitError, message))
}

/// An empty vector with room for `length` items; LimitError if that is too much.
pub(crate) fn with_room<'gc, T>(cx: &mut Cx<'_, 'gc>, length: usize) -> Result<Vec<T>, Raised<'gc>> {
    let bytes = length.saturating_mul(size_of::<T>());
    check_room(cx, bytes)?;
    let mut items = Vec::new();
    if items.try_reserve_exact(length).is_err() {
        let message = format!("there is no memory for {bytes} bytes");
        return Err(cx.raise(ErrorKind::LimitError, message));
    }
    Ok(items)
}

/// A new list.
pub(crate) fn new_list<'gc>(cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> Value<'gc> {
    cx.world.charge(64 + items.len() * size_of::<Value>());
    Value::List(List::new(cx.mc, items))
}

/// A new tuple.
pub(crate) fn new_tuple<'gc>(cx: &mut Cx<'_, 'gc>, items: impl Into<Box<[Value<'gc>]>>) -> Value<'gc> {
    let items = items.into();
    cx.world.charge(48 + items.len() * size_of::<Value>());
    Value::Tuple(Tuple::new(cx.mc, items))
}

/// A new string; LimitError if it is too long.
pub(crate) fn new_string<'gc>(cx: &mut Cx<'_, 'gc>, text: String) -> NativeResult<'gc> {
    check_room(cx, text.len())?;
    cx.world.charge(32 + text.len());
    Ok(cx.string(text))
}

/// A new string from a part of another.
pub(crate) fn new_str<'gc>(cx: &mut Cx<'_, 'gc>, text: &str) -> Value<'gc> {
    cx.world.charge(32 + text.len());
    cx.str(text)
}

/// A new byte string.
pub(crate) fn new_bytes<'gc>(cx: &mut Cx<'_, 'gc>, data: impl Into<Box<[u8]>>) -> Value<'gc> {
    let data = data.into();
    cx.world.charge(32 + data.len());
    Value::Bytes(Gc::new(cx.mc, Bytes { data }))
}

/// An int value of a length or position.
pub(crate) fn new_int<'gc>(n: usize) -> Value<'gc> {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// IOError for an effect that did not happen.
#[cold]
pub(crate) fn host_error<'gc>(cx: &mut Cx<'_, 'gc>, error: &HostError) -> Raised<'gc> {
    cx.raise(ErrorKind::IOError, error.to_string())
}
