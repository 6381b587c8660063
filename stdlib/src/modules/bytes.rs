//! The module `bytes`: bytes as text and as numbers.

use crate::args::{self, Raised, check_room, given, given_not_nil, new_bytes, new_string};
use crate::items::{WithItems, collect};
use crate::table::{Row, row};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gc_arena::{Collect, Gc};
use num_bigint::{BigInt, Sign};
use vm::heap::Value;
use vm::object::{Cx, NativeResult};
use vm::ops;

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("to_hex", &["data"], to_hex, "`to_hex(data)`: two hexadecimal digits for each byte."),
    row("from_hex", &["text"], from_hex, "`from_hex(text)`: the bytes that pairs of hexadecimal digits name. ValueError if it is none."),
    row("to_base64", &["data"], to_base64, "`to_base64(data, url: false)`: the bytes in base 64; for addresses, without `+ / =`, if `url`.")
        .only(&["url"]),
    row("from_base64", &["text"], from_base64, "`from_base64(text, url: false)`: the bytes of a text in base 64. ValueError if it is none.")
        .only(&["url"]),
    row("concat", &["parts"], concat, "`concat(parts)`: the bytes of all parts, one behind the other."),
    row(
        "from_int",
        &["value", "length"],
        from_int,
        "`from_int(value, length, signed: false, little: false)`: an int as so many bytes, the highest first, or the lowest if `little`. \
         ValueError if it does not fit.",
    )
    .only(&["signed", "little"]),
    row("to_int", &["data"], to_int, "`to_int(data, signed: false, little: false)`: the int that these bytes are.").only(&["signed", "little"]),
    row("from_float", &["value", "length"], from_float, "`from_float(value, length = 8, little: false)`: a float as 8 or 4 bytes of IEEE 754.")
        .optional(1)
        .only(&["little"]),
    row("to_float", &["data"], to_float, "`to_float(data, little: false)`: the float that 8 or 4 bytes are.").only(&["little"]),
];

fn data<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: Value<'gc>) -> Result<&'gc [u8], Raised<'gc>> {
    match value {
        Value::Bytes(bytes) => Ok(&Gc::as_ref(bytes).data),
        _ => Err(args::wrong(cx, native, "data", "Bytes", &value)),
    }
}

fn is_on(args: &[Value<'_>], i: usize) -> bool {
    given(args, i).is_some_and(|value| value.is_truthy())
}

fn to_hex<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    data(cx, "to_hex", args[0])?;
    crate::bytes::hex(cx, args)
}

fn from_hex<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    crate::bytes::from_hex(cx, &[Value::Nil, args[0]])
}

fn to_base64<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let data = data(cx, "to_base64", args[1])?;
    check_room(cx, data.len() / 3 * 4 + 4)?;
    let text = if is_on(args, 0) { URL_SAFE_NO_PAD.encode(data) } else { STANDARD.encode(data) };
    new_string(cx, text)
}

fn from_base64<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "from_base64", "text", args[1])?;
    let data = if is_on(args, 0) { URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')) } else { STANDARD.decode(text) };
    match data {
        Ok(data) => Ok(new_bytes(cx, data)),
        Err(error) => Err(cx.value_error(format!("not base 64: {}", error.to_string().to_lowercase()))),
    }
}

fn concat<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(require_static)]
    struct Concat;
    impl<'gc> WithItems<'gc> for Concat {
        fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
            let mut all = Vec::new();
            for item in items {
                let Value::Bytes(part) = item else { return Err(args::wrong(cx, "concat", "parts", "made of Bytes", &item)) };
                check_room(cx, all.len() + part.data.len())?;
                all.extend_from_slice(&part.data);
            }
            Ok(new_bytes(cx, all))
        }
    }
    collect(cx, args[0], Concat)
}

/// Bytes with the lowest first, from or to the wanted order.
fn in_order(mut bytes: Vec<u8>, little: bool) -> Vec<u8> {
    if !little {
        bytes.reverse();
    }
    bytes
}

fn from_int<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let signed = is_on(args, 0);
    let value = match args[2] {
        Value::Int(i) => BigInt::from(i),
        Value::BigInt(big) => big.0.clone(),
        other => return Err(args::wrong(cx, "from_int", "value", "an Int", &other)),
    };
    let length = args::size(cx, "from_int", "length", args[3])?;
    check_room(cx, length)?;
    let negative = value.sign() == Sign::Minus;
    let mut bytes = if signed { value.to_signed_bytes_le() } else { value.magnitude().to_bytes_le() };
    if bytes.len() > length || (negative && !signed) {
        let kind = if signed { "signed" } else { "unsigned" };
        let value = ops::describe(cx, &args[2]);
        return Err(cx.value_error(format!("`from_int`: {value} does not fit {length} {kind} bytes")));
    }
    bytes.resize(length, if negative { 0xff } else { 0 });
    Ok(new_bytes(cx, in_order(bytes, is_on(args, 1))))
}

fn to_int<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = in_order(data(cx, "to_int", args[2])?.to_vec(), is_on(args, 1));
    let big = if is_on(args, 0) { BigInt::from_signed_bytes_le(&bytes) } else { BigInt::from_bytes_le(Sign::Plus, &bytes) };
    Ok(ops::big_int(cx, big))
}

fn from_float<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let value = args::float(cx, "from_float", "value", args[1])?;
    let length = match given_not_nil(args, 2) {
        Some(length) => args::int(cx, "from_float", "length", length)?,
        None => 8,
    };
    let bytes = match length {
        8 => value.to_le_bytes().to_vec(),
        4 => (value as f32).to_le_bytes().to_vec(),
        _ => return Err(cx.value_error(format!("`from_float`: `length` must be 8 or 4, but is {length}"))),
    };
    Ok(new_bytes(cx, in_order(bytes, is_on(args, 0))))
}

fn to_float<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let bytes = in_order(data(cx, "to_float", args[1])?.to_vec(), is_on(args, 0));
    if let Ok(bytes) = <[u8; 8]>::try_from(bytes.as_slice()) {
        return Ok(Value::Float(f64::from_le_bytes(bytes)));
    }
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => Ok(Value::Float(f64::from(f32::from_le_bytes(bytes)))),
        Err(_) => Err(cx.value_error(format!("`to_float`: `data` must have 8 or 4 bytes, but has {}", bytes.len()))),
    }
}
