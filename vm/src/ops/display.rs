//! Text of values without parts: numbers, quoted strings, the names of functions and classes.
//!
//! Ints are written by hand: formatting machinery would cost more than the rest of an interpolation.

use crate::heap::Value;
use crate::limits;
use crate::object::{ClassKind, Control, Cx, ErrorKind, RangeObject};
use num_bigint::BigInt;
use std::fmt::Write;

/// What a text is for.
#[derive(Clone, Copy, PartialEq, Eq, gc_arena::Collect)]
#[collect(require_static)]
pub(super) enum Form {
    /// For readers: strings stand for themselves.
    Str,
    /// For programmers: strings are quoted.
    Repr,
}

/// Something that takes text.
pub(super) trait Sink {
    fn text(&mut self, text: &str);
}

impl Sink for String {
    #[inline]
    fn text(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// A text of up to 64 bytes on the stack. The user makes sure that it fits.
pub(super) struct Short {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Short {
    pub(super) const MAX: usize = 64;

    pub(super) fn new() -> Self {
        Short { bytes: [0; Self::MAX], len: 0 }
    }

    pub(super) fn as_str(&self) -> &str {
        // SAFETY: only whole strings are put in. Checking them again took a tenth of an interpolation's time.
        unsafe { std::str::from_utf8_unchecked(&self.bytes[..self.len]) }
    }
}

impl Sink for Short {
    #[inline]
    fn text(&mut self, text: &str) {
        let end = self.len + text.len();
        self.bytes[self.len..end].copy_from_slice(text.as_bytes());
        self.len = end;
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.text(text);
        Ok(())
    }
}

/// The decimal digits of all numbers below 100.
const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
    2021222324252627282930313233343536373839\
    4041424344454647484950515253545556575859\
    6061626364656667686970717273747576777879\
    8081828384858687888990919293949596979899";

/// Longest text of a 64-bit int.
const INT_TEXT_MAX: usize = 20;

/// Longest text of a float.
pub(super) const FLOAT_TEXT_MAX: usize = 26;

/// Length of the text of an int.
#[inline]
pub(super) fn int_text_len(i: i64) -> usize {
    i.unsigned_abs().checked_ilog10().map_or(1, |n| n as usize + 1) + usize::from(i < 0)
}

/// Appends an int in decimal digits.
pub fn push_int(out: &mut String, i: i64) {
    sink_int(out, i);
}

/// Appends a float: the shortest text that reads as the same number, with a point or an exponent.
pub fn push_float(out: &mut String, f: f64) {
    sink_float(out, f);
}

pub(super) fn sink_int(out: &mut impl Sink, i: i64) {
    let mut buffer = [0; INT_TEXT_MAX];
    let mut at = INT_TEXT_MAX;
    let mut rest = i.unsigned_abs();
    while rest >= 100 {
        let pair = (rest % 100) as usize * 2;
        rest /= 100;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if rest >= 10 {
        let pair = rest as usize * 2;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    } else {
        at -= 1;
        buffer[at] = b'0' + rest as u8;
    }
    if i < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    // SAFETY: digits and a sign. Checking them took a twentieth of a program that writes many numbers.
    out.text(unsafe { std::str::from_utf8_unchecked(&buffer[at..]) });
}

pub(super) fn sink_float(out: &mut impl Sink, f: f64) {
    if f.is_nan() {
        return out.text("nan");
    }
    let mut buffer = Short::new();
    write!(buffer, "{f:?}").expect("a short text does not fail");
    out.text(buffer.as_str());
}

/// Appends a string as a literal: in double quotes, with escapes.
pub fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '$' if characters.peek() == Some(&'{') => out.push_str("\\$"),
            c if is_invisible(c) => push_escape(out, c),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Controls, and marks that change how the text around them is shown.
fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn push_escape(out: &mut String, c: char) {
    write!(out, "\\u{{{:X}}}", u32::from(c)).expect("a String takes all text");
}

/// Bytes that are a text as such, others as ints: either way what is written reads as the same bytes.
pub(super) fn push_bytes(out: &mut String, bytes: &[u8]) {
    out.push_str("bytes(");
    match std::str::from_utf8(bytes) {
        Ok(text) => push_quoted(out, text),
        Err(_) => {
            for (i, byte) in bytes.iter().enumerate() {
                out.push_str(if i == 0 { "[" } else { ", " });
                push_int(out, i64::from(*byte));
            }
            out.push(']');
        }
    }
    out.push(')');
}

fn push_range(out: &mut String, range: &RangeObject) {
    let stepped = range.step != 1;
    if stepped {
        out.push('(');
    }
    push_int(out, range.lo);
    out.push_str(if range.inclusive { "..=" } else { ".." });
    push_int(out, range.hi);
    if stepped {
        out.push_str(").step(");
        push_int(out, range.step);
        out.push(')');
    }
}

/// Whether it would take too long to write an int in this base.
pub(super) fn has_too_many_digits(big: &BigInt, base: u32) -> bool {
    !base.is_power_of_two() && big.bits() > limits::BIGINT_DIGITS_BITS_MAX
}

/// Appends what stands for an int of too many digits in messages.
fn push_int_size(out: &mut String, big: &BigInt) {
    out.push_str("<Int of ");
    push_int(out, big.bits() as i64);
    out.push_str(" bits>");
}

/// The digits of an int; LimitError if that would take too long.
pub fn big_digits<'gc>(cx: &mut Cx<'_, 'gc>, big: &BigInt, base: u32) -> Result<String, Box<Control<'gc>>> {
    if has_too_many_digits(big, base) {
        return Err(too_many_digits(cx));
    }
    if !base.is_power_of_two() {
        cx.pay(super::work::digits_work(big.bits()))?;
    }
    Ok(big.to_str_radix(base))
}

#[cold]
pub(super) fn too_many_digits<'gc>(cx: &mut Cx<'_, 'gc>) -> Box<Control<'gc>> {
    let most = limits::BIGINT_DIGITS_BITS_MAX;
    cx.raise(
        ErrorKind::LimitError,
        format!("an int of more than {most} bits is written in base 2, 4, 8, 16 or 32 only, as by `to_str(16)`"),
    )
}

/// Appends the text of a value that has no parts; false, and nothing, for one that has: containers, instances, enum values.
pub(super) fn push_leaf(out: &mut String, value: &Value<'_>, form: Form) -> bool {
    let mut named = |what: &str, name: &str| {
        for part in ["<", what, " ", name, ">"] {
            out.push_str(part);
        }
    };
    match value {
        Value::Int(i) => push_int(out, *i),
        Value::Float(f) => push_float(out, *f),
        Value::BigInt(big) if has_too_many_digits(&big.0, 10) => push_int_size(out, &big.0),
        Value::BigInt(big) => out.push_str(&big.0.to_str_radix(10)),
        Value::Nil => out.push_str("nil"),
        Value::False => out.push_str("false"),
        Value::True => out.push_str("true"),
        Value::Unset => out.push_str("<unset>"),
        Value::Stop => out.push_str("stop"),
        Value::Str(s) if form == Form::Str => out.push_str(s.as_str()),
        Value::Str(s) => push_quoted(out, s.as_str()),
        Value::Bytes(bytes) => push_bytes(out, &bytes.data),
        Value::Range(range) => push_range(out, range),
        Value::Function(function) => named("function", &function.proto().image.name),
        Value::Native(native) => named("function", native.name.as_str()),
        Value::Bound(bound) if bound.binding.unbound().is_some() => return push_leaf(out, &bound.method, form),
        Value::Bound(bound) => named("method", bound.name.as_str()),
        Value::Decorated(decorated) => return push_leaf(out, &decorated.original.get(), form),
        Value::Class(class) if class.kind == ClassKind::Enum => named("enum", class.name().as_str()),
        Value::Class(class) => named("class", class.name().as_str()),
        Value::Variant(variant) => named("variant", &format!("{}.{}", variant.class.name().as_str(), variant.name.as_str())),
        Value::Namespace(namespace) => named("namespace", &namespace.name),
        Value::Definition(definition) => named("definition", &definition.qualified_name()),
        Value::Host(object) => named("host", object.type_name),
        Value::Fiber(_) => out.push_str("<fiber>"),
        Value::Iterator(_) => out.push_str("<iterator>"),
        Value::Box(_) | Value::Continuation(_) => out.push_str("<internal>"),
        Value::Tuple(_) | Value::List(_) | Value::Map(_) | Value::Set(_) | Value::Instance(_) | Value::EnumValue(_) => {
            return false;
        }
    }
    true
}
