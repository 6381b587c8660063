//! Methods of byte strings, and their making.

use crate::args::{self, Raised, check_room, given, given_not_nil, new_bytes, new_int, new_string, with_room};
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
    row("find", &["part", "from"], find, "`find(part, from = 0)`: the index of the first place where these bytes stand, or nil.")
        .optional(1),
    row("rfind", &["part"], rfind, "`rfind(part)`: the index of the last place where these bytes stand, or nil."),
    row("index_of", &["byte", "from"], index_of, "`index_of(byte, from = 0)`: the index of the first byte of this value, or nil.")
        .optional(1),
    row(
        "contains",
        &["part"],
        contains,
        "`contains(part)`: whether these bytes, or a byte of this value, stand somewhere; `part in b`.",
    ),
    row(
        "count",
        &["part"],
        count,
        "`count(part)`: how often these bytes stand there, without overlap, or a byte of this value. Without it: the length.",
    )
    .optional(1),
    row(
        "split",
        &["separator", "limit"],
        split,
        "`split(separator, limit = nil)`: a list of the parts between separators, at most `limit`.",
    )
    .optional(1),
    row("replace", &["old", "new"], replace, "`replace(old, new)`: with the new bytes in place of the old ones, everywhere."),
    row("join", &["parts"], join, "`join(parts)`: the parts, which are bytes, with these bytes between them."),
    row("repeat", &["count"], repeat, "`repeat(count)`: that many times one after another; `b * count`."),
    row("take", &["count"], take, "`take(count)`: the first bytes, or all if there are fewer."),
    row("drop", &["count"], drop_first, "`drop(count)`: what follows the first bytes."),
    row("reversed", &[], reversed, "`reversed()`: the bytes, last first."),
    row("is_ascii", &[], is_ascii, "`is_ascii()`: whether all bytes are below 128."),
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
    let digits: Option<Vec<u8>> = text.chars().filter(|c| !c.is_whitespace()).map(|c| Some(c.to_digit(16)? as u8)).collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => {
            let data: Vec<u8> = digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect();
            Ok(new_bytes(cx, data))
        }
        _ => Err(cx.value_error("`from_hex` needs pairs of hexadecimal digits")),
    }
}

/// Where `part` stands in `bytes`, from an index on.
fn place(bytes: &[u8], part: &[u8], from: usize) -> Option<usize> {
    if part.is_empty() {
        return (from <= bytes.len()).then_some(from);
    }
    memchr::memmem::find(&bytes[from.min(bytes.len())..], part).map(|at| at + from)
}

fn from<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: Option<Value<'gc>>, length: usize) -> Result<usize, Raised<'gc>> {
    match value {
        Some(from) => Ok(args::clamp_bound(args::bound(cx, native, "from", from)?, length)),
        None => Ok(0),
    }
}

fn find<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let part = data(cx, "find", "part", args[1])?;
    let from = from(cx, "find", given(args, 2), bytes.len())?;
    Ok(place(bytes, part, from).map_or(Value::Nil, new_int))
}

fn rfind<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let part = data(cx, "rfind", "part", args[1])?;
    Ok(memchr::memmem::rfind(bytes, part).map_or(Value::Nil, new_int))
}

/// A byte, or bytes, as what is looked for.
fn wanted<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: Value<'gc>) -> Result<Vec<u8>, Raised<'gc>> {
    match value {
        Value::Int(byte @ 0..=255) => Ok(vec![byte as u8]),
        Value::Int(_) | Value::BigInt(_) => Err(cx.value_error(format!("`{native}`: a byte is an int from 0 to 255"))),
        Value::Bytes(bytes) => Ok(bytes.data.to_vec()),
        other => Err(args::wrong(cx, native, "part", "Bytes or an Int", &other)),
    }
}

fn index_of<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let byte = wanted(cx, "index_of", args[1])?;
    let from = from(cx, "index_of", given(args, 2), bytes.len())?;
    Ok(place(bytes, &byte, from).map_or(Value::Nil, new_int))
}

fn contains<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let part = wanted(cx, "contains", args[1])?;
    Ok(Value::bool(place(bytes, &part, 0).is_some()))
}

fn count<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let Some(part) = given(args, 1) else { return Ok(new_int(bytes.len())) };
    let part = wanted(cx, "count", part)?;
    if part.is_empty() {
        return Ok(new_int(bytes.len() + 1));
    }
    Ok(new_int(memchr::memmem::find_iter(bytes, &part).count()))
}

fn split<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let separator = data(cx, "split", "separator", args[1])?;
    if separator.is_empty() {
        return Err(cx.value_error("`split`: `separator` must not be empty"));
    }
    let limit = match given_not_nil(args, 2) {
        Some(limit) => args::size(cx, "split", "limit", limit)?,
        None => usize::MAX,
    };
    let mut parts = Vec::new();
    let mut start = 0;
    for at in memchr::memmem::find_iter(bytes, separator).take(limit - 1) {
        cx.check_growth()?;
        parts.push(new_bytes(cx, &bytes[start..at]));
        start = at + separator.len();
    }
    parts.push(new_bytes(cx, &bytes[start..]));
    Ok(args::new_list(cx, parts))
}

fn replace<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let old = data(cx, "replace", "old", args[1])?;
    let new = data(cx, "replace", "new", args[2])?;
    if old.is_empty() {
        return Err(cx.value_error("`replace`: `old` must not be empty"));
    }
    let places: Vec<usize> = memchr::memmem::find_iter(bytes, old).collect();
    let length = (bytes.len() - places.len() * old.len()).saturating_add(places.len().saturating_mul(new.len()));
    let mut out: Vec<u8> = with_room(cx, length)?;
    let mut start = 0;
    for at in places {
        out.extend_from_slice(&bytes[start..at]);
        out.extend_from_slice(new);
        start = at + old.len();
    }
    out.extend_from_slice(&bytes[start..]);
    Ok(new_bytes(cx, out))
}

fn join<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(no_drop)]
    struct Join<'gc>(Value<'gc>);
    impl<'gc> WithItems<'gc> for Join<'gc> {
        fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
            let separator = data(cx, "join", "separator", self.0)?;
            let mut out = Vec::new();
            for (i, item) in items.into_iter().enumerate() {
                let Value::Bytes(part) = item else { return Err(args::wrong(cx, "join", "parts", "made of Bytes", &item)) };
                check_room(cx, out.len() + separator.len() + part.data.len())?;
                if i > 0 {
                    out.extend_from_slice(separator);
                }
                out.extend_from_slice(&part.data);
            }
            Ok(new_bytes(cx, out))
        }
    }
    args::bytes(cx, args)?;
    collect(cx, args[1], Join(args[0]))
}

fn repeat<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let count = args::count(cx, "repeat", "count", args[1])?;
    check_room(cx, bytes.len().saturating_mul(count))?;
    Ok(new_bytes(cx, if bytes.is_empty() { Vec::new() } else { bytes.repeat(count) }))
}

fn take<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let count = args::count(cx, "take", "count", args[1])?.min(bytes.len());
    Ok(new_bytes(cx, &bytes[..count]))
}

fn drop_first<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let count = args::count(cx, "drop", "count", args[1])?.min(bytes.len());
    Ok(new_bytes(cx, &bytes[count..]))
}

fn reversed<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let mut bytes = data_of(cx, args)?.to_vec();
    bytes.reverse();
    Ok(new_bytes(cx, bytes))
}

fn is_ascii<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(data_of(cx, args)?.is_ascii()))
}

fn starts_with<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let prefix = data(cx, "starts_with", "prefix", args[1])?;
    cx.world.spend(prefix.len() / 64);
    Ok(Value::bool(bytes.starts_with(prefix)))
}

fn ends_with<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = data_of(cx, args)?;
    let suffix = data(cx, "ends_with", "suffix", args[1])?;
    cx.world.spend(suffix.len() / 64);
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
