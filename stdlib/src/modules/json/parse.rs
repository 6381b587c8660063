//! Reading JSON as RFC 8259 defines it, and nothing beside.

use super::DEPTH_MAX;
use crate::args::{self, Raised, new_list, new_string};
use crate::convert;
use gc_arena::Gc;
use vm::heap::Value;
use vm::object::{Cx, Map, NativeResult};
use vm::ops;

/// `json.parse(text)`
pub(crate) fn parse<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let text = args::text(cx, "parse", "text", args[0])?;
    cx.pay(text.len() as u64 / 4)?;
    let mut reader = Reader { text, at: 0 };
    reader.document(cx).map_err(|problem| match problem {
        Problem::Text { at, message } => {
            let before = &text[..at];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            cx.value_error(format!("not JSON: {message} (line {line}, column {column})"))
        }
        Problem::Raised(raised) => raised,
    })
}

/// Why reading ends early.
enum Problem<'gc> {
    /// The text is not JSON.
    Text { at: usize, message: String },
    /// A value cannot be made.
    Raised(Raised<'gc>),
}

type Read<'gc, T> = Result<T, Problem<'gc>>;

impl<'gc> From<Raised<'gc>> for Problem<'gc> {
    fn from(raised: Raised<'gc>) -> Self {
        Problem::Raised(raised)
    }
}

/// A list or map that is not read to its end.
enum Open<'gc> {
    List(Vec<Value<'gc>>),
    Map { map: Gc<'gc, Map<'gc>>, key: Value<'gc> },
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads the whole text. Depth is on a list, not on the native stack.
    fn document<'gc>(&mut self, cx: &mut Cx<'_, 'gc>) -> Read<'gc, Value<'gc>> {
        let mut open: Vec<Open<'gc>> = Vec::new();
        loop {
            self.space();
            cx.check_growth()?;
            let mut value = match self.peek() {
                Some(b'[') => {
                    self.open(open.len())?;
                    if self.take_after_space(b']') {
                        new_list(cx, Vec::new())
                    } else {
                        open.push(Open::List(Vec::new()));
                        continue;
                    }
                }
                Some(b'{') => {
                    self.open(open.len())?;
                    cx.world.charge(96);
                    let map = Map::new(cx.mc);
                    if self.take_after_space(b'}') {
                        Value::Map(map)
                    } else {
                        let key = self.key(cx)?;
                        open.push(Open::Map { map, key });
                        continue;
                    }
                }
                _ => self.scalar(cx)?,
            };
            // The value may close what it is in, and so on.
            loop {
                self.space();
                match open.pop() {
                    None if self.peek().is_none() => return Ok(value),
                    None => return Err(self.unexpected("the end")),
                    Some(Open::List(mut items)) => {
                        items.push(value);
                        if self.take(b',') {
                            open.push(Open::List(items));
                            break;
                        }
                        if !self.take(b']') {
                            return Err(self.unexpected("`,` or `]`"));
                        }
                        value = new_list(cx, items);
                    }
                    Some(Open::Map { map, key }) => {
                        cx.world.charge(64);
                        ops::map_set(cx, map, key, value)?;
                        if self.take(b',') {
                            self.space();
                            let key = self.key(cx)?;
                            open.push(Open::Map { map, key });
                            break;
                        }
                        if !self.take(b'}') {
                            return Err(self.unexpected("`,` or `}`"));
                        }
                        value = Value::Map(map);
                    }
                }
            }
        }
    }

    fn open<'gc>(&mut self, depth: usize) -> Read<'gc, ()> {
        if depth >= DEPTH_MAX {
            return Err(self.problem(format!("it is nested deeper than {DEPTH_MAX} levels")));
        }
        self.at += 1;
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn take_after_space(&mut self, byte: u8) -> bool {
        self.space();
        self.take(byte)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn problem<'gc>(&self, message: impl Into<String>) -> Problem<'gc> {
        Problem::Text { at: self.at, message: message.into() }
    }

    fn unexpected<'gc>(&self, expected: &str) -> Problem<'gc> {
        match self.text[self.at..].chars().next() {
            Some(c) if c.is_control() => self.problem(format!("expected {expected}, not the character U+{:04X}", u32::from(c))),
            Some(c) => self.problem(format!("expected {expected}, not `{c}`")),
            None => self.problem(format!("expected {expected}, but the text ends")),
        }
    }

    /// A key and the colon behind it.
    fn key<'gc>(&mut self, cx: &mut Cx<'_, 'gc>) -> Read<'gc, Value<'gc>> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let key = self.string(cx)?;
        if self.take_after_space(b':') { Ok(key) } else { Err(self.unexpected("`:`")) }
    }

    fn scalar<'gc>(&mut self, cx: &mut Cx<'_, 'gc>) -> Read<'gc, Value<'gc>> {
        match self.peek() {
            Some(b'"') => self.string(cx),
            Some(b'-' | b'0'..=b'9') => self.number(cx),
            _ => {
                for (word, value) in [("true", Value::True), ("false", Value::False), ("null", Value::Nil)] {
                    if self.text[self.at..].starts_with(word) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err(self.unexpected("a value"))
            }
        }
    }

    /// Skips digits; how many there were.
    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number<'gc>(&mut self, cx: &mut Cx<'_, 'gc>) -> Read<'gc, Value<'gc>> {
        let start = self.at;
        self.take(b'-');
        if self.take(b'0') {
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.problem("a number does not begin with 0"));
            }
        } else if self.digits() == 0 {
            return Err(self.unexpected("a digit"));
        }
        let mut is_int = true;
        if self.take(b'.') {
            is_int = false;
            if self.digits() == 0 {
                return Err(self.unexpected("a digit"));
            }
        }
        if self.take(b'e') || self.take(b'E') {
            is_int = false;
            if !self.take(b'+') {
                self.take(b'-');
            }
            if self.digits() == 0 {
                return Err(self.unexpected("a digit"));
            }
        }
        let text = &self.text[start..self.at];
        if is_int && let Some(int) = convert::parse_int(cx, text, 10)? {
            return Ok(int);
        }
        match text.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Value::Float(float)),
            _ => Err(Problem::Text { at: start, message: "the number is too large for a float".to_owned() }),
        }
    }

    fn string<'gc>(&mut self, cx: &mut Cx<'_, 'gc>) -> Read<'gc, Value<'gc>> {
        self.at += 1;
        let start = self.at;
        let mut out = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len());
            let part = &self.text[self.at..self.at + plain];
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    if self.at - 1 - start == plain {
                        return Ok(args::new_str(cx, part));
                    }
                    out.push_str(part);
                    return Ok(new_string(cx, out)?);
                }
                Some(b'\\') => {
                    out.push_str(part);
                    let c = self.escape()?;
                    out.push(c);
                }
                Some(_) => return Err(self.unexpected("`\\n` or another escape in a string")),
                None => return Err(self.unexpected("`\"` at the end of a string")),
            }
        }
    }

    fn escape<'gc>(&mut self) -> Read<'gc, char> {
        self.at += 1;
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.code_point();
            }
            _ => return Err(self.unexpected("one of `\" \\ / b f n r t u` after `\\`")),
        };
        self.at += 1;
        Ok(c)
    }

    /// The character of four digits, or of two surrogates.
    fn code_point<'gc>(&mut self) -> Read<'gc, char> {
        let start = self.at - 2;
        let lone = |unit: u32| Problem::Text { at: start, message: format!("the surrogate `\\u{unit:04x}` is not one of a pair") };
        let unit = self.hex()?;
        if !(0xd800..0xe000).contains(&unit) {
            return char::from_u32(unit).ok_or_else(|| lone(unit));
        }
        if unit >= 0xdc00 || !self.text[self.at..].starts_with("\\u") {
            return Err(lone(unit));
        }
        self.at += 2;
        let low = self.hex()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(lone(unit));
        }
        char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or_else(|| lone(unit))
    }

    fn hex<'gc>(&mut self) -> Read<'gc, u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) else {
                return Err(self.unexpected("four hexadecimal digits"));
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }
}
