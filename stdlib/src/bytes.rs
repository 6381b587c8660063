//! Methods of byte strings, and their making.

use crate::args::{self, Raised, given, new_bytes, new_int, new_string, with_room};
use crate::items::{WithItems, collect};
use crate::sequence;
use crate::table::{Row, row};
use gc_arena::{Collect, Gc};
use std::fmt::Write as _;
use vm::heap::Value;
use vm::object::{Cx, NativeResult};

/// Methods of byte strings.
pub(crate) const METHODS: &[Row] = &[
    row("len", &[], sequence::len, "`len()`: the number of bytes."),
    row("iter", &[], sequence::iter, "`iter()`: an iterator over the bytes, as ints."),
    row("get", &["index", "default"], sequence::get, "`get(index, default = nil)`: the byte, or the default where there is none.")
        .optional(1),
    row(
        "slice",
        &["from", "to"],
        sequence::slice,
        "`slice(from, to = nil)`: the bytes from one index up to, not including, another; `b[from..to]`.",
    )
    .optional(1),
    row(
        "decode",
        &[],
        decode,
        "`decode(lossy: false)`: the text that the bytes are as UTF-8. ValueError if they are none, unless lossy.",
    )
    .only(&["lossy"]),
    row("hex", &[], hex, "`hex()`: two hexadecimal digits for each byte."),
    row("find", &["part"], find, "`find(part)`: the index of the first place where these bytes stand, or nil."),
    row("starts_with", &["prefix"], starts_with, "`starts_with(prefix)`: whether it begins with these bytes."),
    row("ends_with", &["suffix"], ends_with, "`ends_with(suffix)`: whether it ends with these bytes."),
];

/// Static functions of the class.
pub(crate) const STATICS: &[Row] =
    &[row("from_hex", &["text"], from_hex, "`from_hex(text)`: the bytes that pairs of hexadecimal digits name.")];

fn data_of<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> Result<&'gc [u8], Raised<'gc>> {
    Ok(&Gc::as_ref(args::bytes(cx, args)?).data)
}

fn data<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<&'gc [u8], Raised<'gc>> {
    match value {
        Value::Bytes(bytes) => Ok(&Gc::as_ref(bytes).data),
        _ => Err(args::wrong(cx, native, param, "Bytes", &value)),
    }
}

fn decode<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, &args[1..])?;
    if given(args, 0).is_some_and(|lossy| lossy.is_truthy()) {
        return new_string(cx, String::from_utf8_lossy(bytes).into_owned());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(args::new_str(cx, text)),
        Err(error) => Err(cx.value_error(format!("the bytes are not UTF-8 from index {} on", error.valid_up_to()))),
    }
}

pub(crate) fn hex<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    args::check_room(cx, bytes.len().saturating_mul(2))?;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes all text");
    }
    new_string(cx, text)
}

pub(crate) fn from_hex<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "from_hex", "text", args[1])?;
    let digits: Option<Vec<u32>> = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => {
            let data: Vec<u8> = digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect();
            Ok(new_bytes(cx, data))
        }
        _ => Err(cx.value_error("`from_hex` needs pairs of hexadecimal digits")),
    }
}

fn find<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let part = data(cx, "find", "part", args[1])?;
    if part.is_empty() {
        return Ok(Value::Int(0));
    }
    Ok(bytes.windows(part.len()).position(|window| window == part).map_or(Value::Nil, new_int))
}

fn starts_with<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let prefix = data(cx, "starts_with", "prefix", args[1])?;
    Ok(Value::bool(bytes.starts_with(prefix)))
}

fn ends_with<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let suffix = data(cx, "ends_with", "suffix", args[1])?;
    Ok(Value::bool(bytes.ends_with(suffix)))
}

/// `bytes(value)`
pub(crate) fn construct<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(require_static)]
    struct IntoBytes;
    impl<'gc> WithItems<'gc> for IntoBytes {
        fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
            let mut data = with_room(cx, items.len())?;
            for item in items {
                match item {
                    Value::Int(byte @ 0..=255) => data.push(byte as u8),
                    Value::Int(_) | Value::BigInt(_) => return Err(cx.value_error("a byte is an int from 0 to 255")),
                    other => return Err(args::wrong(cx, "bytes", "value", "a String or made of ints", &other)),
                }
            }
            Ok(new_bytes(cx, data))
        }
    }
    match given(args, 0) {
        None => Ok(new_bytes(cx, [])),
        Some(value @ Value::Bytes(_)) => Ok(value),
        Some(Value::Str(text)) => Ok(new_bytes(cx, text.as_str().as_bytes())),
        Some(length @ Value::Int(_)) => {
            let length = args::count(cx, "bytes", "value", length)?;
            args::check_room(cx, length)?;
            Ok(new_bytes(cx, vec![0; length]))
        }
        Some(iterable) => collect(cx, iterable, IntoBytes),
    }
}
