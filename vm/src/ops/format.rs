//! Format specifications: `${x:>8.2}`, a blend of Rust's and Python's.
//!
//! ```text
//! [[fill]align][sign][#][0][width][,][.precision][type]
//! align  <  ^  >          without: numbers right, everything else left
//! sign   +  -  space      in front of numbers that are not negative
//! #      0x 0o 0b in front of the digits
//! 0      zeros between sign and digits, up to the width
//! ,      groups of three digits
//! type   x X o b          ints: base 16, 8, 2
//!        d                ints: base 10
//!        f e E g %        numbers: decimals, exponent, whichever is shorter, percent
//!        s ?              anything: as by str, as by repr
//! ```
//!
//! Without a type, a number with a precision has that many decimals, and a text is cut to that many characters. Widths are columns of a
//! terminal: a Chinese character takes two, a combining accent none.

use super::arith::check_size;
use super::call::{Resume, and_then};
use super::display::{push_float, push_int};
use super::number::{big_to_float, to_float};
use super::text::{to_repr, to_str};
use crate::heap::Value;
use crate::object::{Cx, NativeResult};
use gc_arena::Collect;
use unicode_width::UnicodeWidthStr;

/// The text of a value in the form that `spec` asks for.
pub fn format_value<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, spec: &str) -> NativeResult<'gc> {
    let spec = match Spec::parse(spec) {
        Ok(spec) => spec,
        Err(why) => return Err(cx.value_error(format!("bad format specification `{spec}`: {why}"))),
    };
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Centre,
    Right,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Only in front of negative numbers.
    Minus,
    Plus,
    Space,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Default,
    Decimal,
    HexLower,
    HexUpper,
    Octal,
    Binary,
    Fixed,
    ExponentLower,
    ExponentUpper,
    General,
    Percent,
    Str,
    Repr,
}

impl Kind {
    const LETTERS: [(char, Kind); 12] = [
        ('d', Kind::Decimal),
        ('x', Kind::HexLower),
        ('X', Kind::HexUpper),
        ('o', Kind::Octal),
        ('b', Kind::Binary),
        ('f', Kind::Fixed),
        ('e', Kind::ExponentLower),
        ('E', Kind::ExponentUpper),
        ('g', Kind::General),
        ('%', Kind::Percent),
        ('s', Kind::Str),
        ('?', Kind::Repr),
    ];

    fn letter(self) -> char {
        Self::LETTERS.iter().find(|(_, kind)| *kind == self).map_or(' ', |(letter, _)| *letter)
    }

    /// Digits of ints: base, prefix.
    fn base(self) -> Option<(u32, &'static str)> {
        match self {
            Kind::Decimal => Some((10, "")),
            Kind::HexLower => Some((16, "0x")),
            Kind::HexUpper => Some((16, "0X")),
            Kind::Octal => Some((8, "0o")),
            Kind::Binary => Some((2, "0b")),
            _ => None,
        }
    }
}

/// A specification that was read.
#[derive(Clone, Copy, PartialEq, Eq, Collect)]
#[collect(require_static)]
struct Spec {
    fill: char,
    align: Option<Align>,
    sign: Sign,
    alternate: bool,
    zero: bool,
    width: usize,
    grouped: bool,
    precision: Option<usize>,
    kind: Kind,
}

impl Spec {
    /// Longest precision: the standard library's formatting takes 16 bits.
    const PRECISION_MAX: usize = u16::MAX as usize;

    fn parse(text: &str) -> Result<Spec, String> {
        let align_of = |c: char| match c {
            '<' => Some(Align::Left),
            '^' => Some(Align::Centre),
            '>' => Some(Align::Right),
            _ => None,
        };
        let mut rest = text.chars();
        let mut fill = ' ';
        let mut align = None;
        let mut ahead = text.chars();
        match (ahead.next(), ahead.next()) {
            (Some(c), Some(mark)) if align_of(mark).is_some() => {
                (fill, align, rest) = (c, align_of(mark), ahead);
            }
            (Some(mark), _) if align_of(mark).is_some() => {
                align = align_of(mark);
                rest.next();
            }
            _ => {}
        }
        let mut rest = rest.as_str();
        let mut take = |c: char| {
            let found = rest.strip_prefix(c);
            rest = found.unwrap_or(rest);
            found.is_some()
        };
        let sign = if take('+') {
            Sign::Plus
        } else if take(' ') {
            Sign::Space
        } else {
            take('-');
            Sign::Minus
        };
        let alternate = take('#');
        let zero = take('0');
        let width = number(&mut rest)?.unwrap_or(0);
        let grouped = rest.strip_prefix(',').map(|after| rest = after).is_some();
        let precision = match rest.strip_prefix('.') {
            Some(after) => {
                rest = after;
                Some(number(&mut rest)?.ok_or("a number is expected after the point")?)
            }
            None => None,
        };
        if precision.is_some_and(|p| p > Self::PRECISION_MAX) {
            return Err(format!("the precision is above {}", Self::PRECISION_MAX));
        }
        let mut letters = rest.chars();
        let kind = match letters.next() {
            None => Kind::Default,
            Some(c) => match Kind::LETTERS.iter().find(|(letter, _)| *letter == c) {
                Some((_, kind)) => *kind,
                None => return Err(format!("`{c}` is not a type; types are d x X o b f e E g % s ?")),
            },
        };
        let rest = letters.as_str();
        if !rest.is_empty() {
            return Err(format!("`{rest}` follows the type"));
        }
        Ok(Spec { fill, align, sign, alternate, zero, width, grouped, precision, kind })
    }
}

/// Takes a decimal number from the front of the text.
fn number(text: &mut &str) -> Result<Option<usize>, String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok(None);
    }
    *text = rest;
    digits.parse().map(Some).map_err(|_| format!("{digits} is too large"))
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
    check_size(cx, missing.saturating_mul(spec.fill.len_utf8()).saturating_add(text.len()))?;
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
    check_size(cx, spec.width)?;
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
