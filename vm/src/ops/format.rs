//! Values as a format specification asks for them (`lang::format`).
//!
//! Without a type, a number with a precision has that many decimals, and a text is cut to that many characters. Widths are columns of a
//! terminal: a Chinese character takes two, a combining accent none.

use super::call::{Resume, and_then};
use super::display::{has_too_many_digits, push_float, push_int, too_many_digits};
use super::number::{big_to_float, to_float};
use super::text::{to_repr, to_str};
use crate::heap::Value;
use crate::object::{Control, Cx, NativeResult};
use gc_arena::Collect;
use lang::format::{Align, Kind, Sign, Spec};
use num_bigint::BigInt;
use unicode_width::UnicodeWidthStr;

/// The text of a value in the form that `spec` asks for.
pub fn format_value<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, spec: &str) -> NativeResult<'gc> {
    let spec = match Spec::parse(spec) {
        Ok(spec) => spec,
        Err(why) => return Err(cx.value_error(format!("bad format specification `{spec}`: {why}"))),
    };
    cx.world.spend(spec.width.max(spec.precision.unwrap_or_default()) * 4);
    let is_number = matches!(value, Value::Int(_) | Value::Float(_) | Value::BigInt(_));
    match spec.kind {
        Kind::Repr => {
            let text = to_repr(cx, value);
            and_then(cx, text, Padding { spec })
        }
        Kind::Str => {
            let text = to_str(cx, value);
            and_then(cx, text, Padding { spec })
        }
        Kind::Default if !is_number => {
            let text = to_str(cx, value);
            and_then(cx, text, Padding { spec })
        }
        _ if is_number => format_number(cx, &value, &spec),
        kind => {
            let message = format!("the format type `{}` needs a number, not {}", kind.letter(), cx.type_name(&value));
            Err(cx.value_error(message))
        }
    }
}

/// Cuts and pads a text that is not a number.
#[derive(Collect)]
#[collect(require_static)]
struct Padding {
    spec: Spec,
}

impl<'gc> Resume<'gc> for Padding {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        let Value::Str(text) = result else { return Ok(result) };
        let spec = self.spec;
        let numeric = [(spec.sign != Sign::Minus, "a sign"), (spec.zero, "`0`"), (spec.grouped, "`,`")];
        if let Some((_, what)) = numeric.iter().find(|(used, _)| *used) {
            return Err(cx.value_error(format!("{what} in a format specification needs a number")));
        }
        let mut cut = text.as_str();
        if let Some(precision) = spec.precision
            && let Some((end, _)) = cut.char_indices().nth(precision)
        {
            cut = &cut[..end];
        }
        if cut.len() == text.byte_len() && spec.width <= cut.width() {
            return Ok(result);
        }
        pad(cx, cut, &spec, Align::Left)
    }
}

fn pad<'gc>(cx: &mut Cx<'_, 'gc>, text: &str, spec: &Spec, align: Align) -> NativeResult<'gc> {
    let missing = spec.width.saturating_sub(text.width());
    let before = match spec.align.unwrap_or(align) {
        Align::Left => 0,
        Align::Centre => missing / 2,
        Align::Right => missing,
    };
    let mut padded = String::with_capacity(text.len() + missing * spec.fill.len_utf8());
    padded.extend(std::iter::repeat_n(spec.fill, before));
    padded.push_str(text);
    padded.extend(std::iter::repeat_n(spec.fill, missing - before));
    cx.world.charge(32 + padded.len());
    Ok(cx.string(padded))
}

/// The text of a number, taken apart.
struct NumberText {
    negative: bool,
    prefix: &'static str,
    /// Digits before the point; only these are grouped and extended by zeros.
    whole: String,
    /// Everything behind.
    tail: String,
    /// inf and nan take no zeros.
    finite: bool,
}

fn format_number<'gc>(cx: &mut Cx<'_, 'gc>, value: &Value<'gc>, spec: &Spec) -> NativeResult<'gc> {
    if let Value::BigInt(big) = value {
        check_big(cx, &big.0, spec)?;
    }
    let parts = match (value, spec.kind.base()) {
        (Value::Float(_), Some(_)) => {
            let message = format!("the format type `{}` needs an int, not Float", spec.kind.letter());
            return Err(cx.value_error(message));
        }
        (_, Some(_)) if spec.precision.is_some() => {
            let message = format!("the format type `{}` takes no precision", spec.kind.letter());
            return Err(cx.value_error(message));
        }
        (_, Some((base, prefix))) => int_text(value, base, prefix, spec),
        (Value::Int(_) | Value::BigInt(_), None) if matches!(spec.kind, Kind::Default | Kind::Fixed) => {
            let mut parts = int_text(value, 10, "", spec);
            let decimals = spec.precision.unwrap_or(if spec.kind == Kind::Fixed { 6 } else { 0 });
            if decimals > 0 {
                parts.tail = format!(".{}", "0".repeat(decimals));
            }
            parts
        }
        (Value::BigInt(big), None) => float_text(big_to_float(&big.0), spec),
        _ => float_text(to_float(value).unwrap_or(f64::NAN), spec),
    };
    let sign = match (parts.negative, spec.sign) {
        (true, _) => "-",
        (false, Sign::Plus) => "+",
        (false, Sign::Space) => " ",
        (false, Sign::Minus) => "",
    };
    let around = sign.len() + parts.prefix.len() + parts.tail.len();
    let mut digits = parts.whole;
    if spec.zero && spec.align.is_none() && parts.finite {
        let room = spec.width.saturating_sub(around);
        // Of n grouped characters every fourth from the right is a comma; a comma in front becomes one more zero.
        let at_comma = room > 0 && room.is_multiple_of(4);
        let wanted = if spec.grouped { room - room / 4 + usize::from(at_comma) } else { room };
        if wanted > digits.len() {
            digits.insert_str(0, &"0".repeat(wanted - digits.len()));
        }
    }
    if spec.grouped && parts.finite {
        digits = group(&digits);
    }
    let text = [sign, parts.prefix, &digits, &parts.tail].concat();
    pad(cx, &text, spec, Align::Right)
}

/// Refuses a big int that cannot be written as `spec` asks for.
fn check_big<'gc>(cx: &mut Cx<'_, 'gc>, big: &BigInt, spec: &Spec) -> Result<(), Box<Control<'gc>>> {
    let is_whole = matches!(spec.kind, Kind::Default | Kind::Fixed);
    match spec.kind.base() {
        None if !is_whole && !big_to_float(big).is_finite() => {
            let message = format!("the format type `{}` is for numbers up to the largest Float, about 1.8e308", spec.kind.letter());
            Err(cx.value_error(message))
        }
        base if has_too_many_digits(big, base.map_or(10, |(base, _)| base)) => Err(too_many_digits(cx)),
        _ => Ok(()),
    }
}

/// Puts a comma before every third digit from the right.
fn group(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (i, digit) in digits.char_indices() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn int_text(value: &Value<'_>, base: u32, prefix: &'static str, spec: &Spec) -> NumberText {
    let (negative, digits) = match value {
        Value::Int(i) if base == 10 => {
            let mut digits = String::new();
            push_int(&mut digits, *i);
            (*i < 0, digits.trim_start_matches('-').to_owned())
        }
        Value::Int(i) => {
            let n = i.unsigned_abs();
            let digits = match base {
                16 => format!("{n:x}"),
                8 => format!("{n:o}"),
                _ => format!("{n:b}"),
            };
            (*i < 0, digits)
        }
        Value::BigInt(big) => (big.0.sign() == num_bigint::Sign::Minus, big.0.magnitude().to_str_radix(base)),
        _ => (false, String::new()),
    };
    let whole = if spec.kind == Kind::HexUpper { digits.to_ascii_uppercase() } else { digits };
    let prefix = if spec.alternate { prefix } else { "" };
    NumberText { negative, prefix, whole, tail: String::new(), finite: true }
}

fn float_text(f: f64, spec: &Spec) -> NumberText {
    let magnitude = f.abs();
    let text = if !f.is_finite() {
        let mut text = String::new();
        push_float(&mut text, magnitude);
        text
    } else {
        match (spec.kind, spec.precision) {
            (Kind::Fixed, precision) => format!("{magnitude:.*}", precision.unwrap_or(6)),
            (Kind::Percent, precision) => format!("{:.*}%", precision.unwrap_or(6), magnitude * 100.0),
            (Kind::ExponentLower | Kind::ExponentUpper, None) => format!("{magnitude:e}"),
            (Kind::ExponentLower | Kind::ExponentUpper, Some(precision)) => format!("{magnitude:.precision$e}"),
            (Kind::General, precision) => general(magnitude, precision.unwrap_or(6).max(1), spec.alternate),
            (_, Some(precision)) => format!("{magnitude:.precision$}"),
            (_, None) => {
                let mut text = String::new();
                push_float(&mut text, magnitude);
                text
            }
        }
    };
    let text = if spec.kind == Kind::ExponentUpper { text.to_ascii_uppercase() } else { text };
    let whole_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, tail) = text.split_at(if f.is_finite() { whole_end } else { text.len() });
    NumberText {
        negative: f.is_sign_negative() && !f.is_nan(),
        prefix: "",
        whole: whole.to_owned(),
        tail: tail.to_owned(),
        finite: f.is_finite(),
    }
}

/// So many significant digits, with an exponent where that is shorter; trailing zeros only if `keep_zeros`.
fn general(magnitude: f64, digits: usize, keep_zeros: bool) -> String {
    let scientific = format!("{magnitude:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') && !keep_zeros {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if exponent < -4 || exponent >= digits as i64 {
        return format!("{}e{exponent}", trim(mantissa));
    }
    let decimals = (digits as i64 - 1 - exponent) as usize;
    trim(&format!("{magnitude:.decimals$}"))
}
