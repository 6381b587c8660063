//! Conversions: `int`, `float`, `bool`, and what reads numbers from text.

use crate::args::{self, Raised, given};
use num_bigint::BigInt;
use num_traits::FromPrimitive;
use vm::heap::Value;
use vm::limits;
use vm::object::{Cx, ErrorKind, NativeResult};
use vm::ops;

/// `int(value, base = 10)`
pub(crate) fn int<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let base = given(args, 1);
    match args[0] {
        Value::Str(text) => {
            let base = self::base(cx, "int", base)?;
            match parse_int(cx, text.as_str(), base)? {
                Some(number) => Ok(number),
                None => {
                    let text = ops::describe(cx, &args[0]);
                    let base = if base == 10 { String::new() } else { format!(" in base {base}") };
                    Err(cx.value_error(format!("{text} is not an int{base}")))
                }
            }
        }
        _ if base.is_some() => Err(args::wrong(cx, "int", "value", "a String if there is a base", &args[0])),
        value @ (Value::Int(_) | Value::BigInt(_)) => Ok(value),
        Value::Float(f) => float_to_int(cx, f),
        other => Err(args::wrong(cx, "int", "value", "a number or a String", &other)),
    }
}

/// `float(value)`
pub(crate) fn float<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    match args[0] {
        Value::Str(text) => match parse_float(text.as_str()) {
            Some(number) => Ok(Value::Float(number)),
            None => {
                let text = ops::describe(cx, &args[0]);
                Err(cx.value_error(format!("{text} is not a number")))
            }
        },
        value => match ops::to_float(&value) {
            Some(number) => Ok(Value::Float(number)),
            None => Err(args::wrong(cx, "float", "value", "a number or a String", &value)),
        },
    }
}

/// The whole part of a float.
pub(crate) fn float_to_int<'gc>(cx: &mut Cx<'_, 'gc>, f: f64) -> NativeResult<'gc> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&f) {
        return Ok(Value::Int(f as i64));
    }
    match BigInt::from_f64(f.trunc()) {
        Some(big) => {
            cx.world.charge(160);
            Ok(ops::int_from_big(cx.mc, big))
        }
        None => {
            let what = if f.is_nan() { "nan" } else { "an infinite float" };
            Err(cx.value_error(format!("{what} cannot be made an int")))
        }
    }
}

/// The base of a number's digits.
pub(crate) fn base<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, value: Option<Value<'gc>>) -> Result<u32, Raised<'gc>> {
    let Some(value) = value else { return Ok(10) };
    match args::bound(cx, native, "base", value)? {
        base @ 2..=36 => Ok(base as u32),
        base => Err(cx.value_error(format!("`{native}`: `base` must be from 2 to 36, but is {base}"))),
    }
}

/// The int that a text is: a sign, a prefix that fits the base, digits with `_` between them; white space around them.
pub(crate) fn parse_int<'gc>(cx: &mut Cx<'_, 'gc>, text: &str, base: u32) -> Result<Option<Value<'gc>>, Raised<'gc>> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixes = match base {
        16 => ["0x", "0X"],
        8 => ["0o", "0O"],
        2 => ["0b", "0B"],
        _ => [""; 2],
    };
    let digits = prefixes.iter().find_map(|prefix| digits.strip_prefix(prefix)).unwrap_or(digits);
    let Some(digits) = without_underscores(digits, |c| c.is_digit(base)) else { return Ok(None) };
    if let Ok(number) = i64::from_str_radix(&digits, base) {
        return Ok(Some(Value::Int(if negative { -number } else { number })));
    }
    let most = if base.is_power_of_two() { limits::BIGINT_BITS_MAX } else { limits::BIGINT_DIGITS_BITS_MAX };
    if digits.len() as f64 * f64::from(base).log2() > most as f64 + 1.0 {
        let message = format!("a text of {} digits is too long to be read as an int, which may have {most} bits", digits.len());
        return Err(cx.raise(ErrorKind::LimitError, message));
    }
    if !base.is_power_of_two() {
        cx.pay(ops::work::digits_work(digits.len() as u64 * 4))?;
    }
    let big = BigInt::parse_bytes(digits.as_bytes(), base);
    cx.world.charge(32 + digits.len() / 2);
    Ok(big.map(|big| ops::int_from_big(cx.mc, if negative { -big } else { big })))
}

/// The float that a text is, white space around it.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.contains('_') {
        // Underscores may stand between digits only.
        let bytes = text.as_bytes();
        let is_digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
        let well_placed = (0..bytes.len()).all(|i| bytes[i] != b'_' || (i > 0 && is_digit(i - 1) && is_digit(i + 1)));
        return if well_placed { text.replace('_', "").parse().ok() } else { None };
    }
    text.parse().ok()
}

/// The digits without the `_` between them; `None` for anything but digits.
fn without_underscores(text: &str, is_digit: impl Fn(char) -> bool) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    let mut last_is_digit = false;
    for c in text.chars() {
        match c {
            '_' if last_is_digit => last_is_digit = false,
            c if is_digit(c) => {
                digits.push(c);
                last_is_digit = true;
            }
            _ => return None,
        }
    }
    last_is_digit.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::{parse_float, without_underscores};

    #[test]
    fn floats_are_read() {
        assert_eq!(parse_float(" 1_000.5 "), Some(1000.5));
        assert_eq!(parse_float("-2e-3"), Some(-0.002));
        for bad in ["", "_1", "1_", "1__0", "one", "1,5"] {
            assert_eq!(parse_float(bad), None, "{bad}");
        }
    }

    #[test]
    fn underscores_stand_between_digits() {
        let digits = |text| without_underscores(text, |c| c.is_ascii_digit());
        assert_eq!(digits("1_0").as_deref(), Some("10"));
        for bad in ["", "_1", "1_", "1__0", "x"] {
            assert_eq!(digits(bad), None, "{bad}");
        }
    }
}
