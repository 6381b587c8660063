//! Writing JSON.

use super::DEPTH_MAX;
use crate::args::{self, Raised, check_room, given, given_not_nil, new_string};
use gc_arena::{Collect, Gc};
use std::fmt::Write as _;
use vm::heap::Value;
use vm::object::{Cx, NativeResult};
use vm::ops::{self, Resume};

/// Bytes of `\u001f`; no byte of a text becomes more.
const ESCAPE_LENGTH: usize = 6;

/// Texts that take no more bytes than this, whatever is in them, are not looked at before they are written.
const SHORT: usize = 4096;

/// `json.stringify(value, …)`
pub(crate) fn stringify<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let indent = match given_not_nil(args, 0) {
        None => None,
        Some(Value::Str(text)) => Some(text.as_str().to_owned()),
        Some(value @ Value::Int(_)) => {
            let count = args::count(cx, "stringify", "indent", value)?;
            check_room(cx, count)?;
            Some(" ".repeat(count))
        }
        Some(other) => return Err(args::wrong(cx, "stringify", "indent", "an Int, a String or nil", &other)),
    };
    let is_on = |i: usize| given(args, i).is_some_and(|value| value.is_truthy());
    let style = Style { indent, sort_keys: is_on(1), ascii: is_on(2) };
    let mut writing = Writing { style, default: given_not_nil(args, 3), open: Vec::new(), out: String::new() };
    match writing.value(cx, args[4], 0) {
        Ok(()) => writing.go(cx),
        Err(control) => ops::suspend(cx, control, Given { writing, depth: 0 }),
    }
}

#[derive(Collect)]
#[collect(require_static)]
struct Style {
    indent: Option<String>,
    sort_keys: bool,
    ascii: bool,
}

/// A list or map that is not written to its end.
#[derive(Collect)]
#[collect(no_drop)]
struct Open<'gc> {
    /// Its items, as they were when it was begun. A map has keys too.
    items: Vec<(Option<Value<'gc>>, Value<'gc>)>,
    next: usize,
    end: char,
    /// How many results of `default` it is inside of, all in all.
    given: usize,
}

#[derive(Collect)]
#[collect(no_drop)]
struct Writing<'gc> {
    style: Style,
    default: Option<Value<'gc>>,
    open: Vec<Open<'gc>>,
    out: String,
}

impl<'gc> Writing<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(open) = self.open.last_mut() {
            let Some((key, value)) = open.items.get(open.next).copied() else {
                let (end, is_empty) = (open.end, open.items.is_empty());
                self.open.pop();
                if !is_empty {
                    self.line(cx)?;
                }
                self.out.push(end);
                continue;
            };
            let given = open.given;
            if open.next > 0 {
                self.out.push(',');
            }
            open.next += 1;
            self.line(cx)?;
            if let Some(Value::Str(key)) = key {
                self.string(cx, key.as_str())?;
                self.out.push_str(if self.style.indent.is_some() { ": " } else { ":" });
            }
            if let Err(control) = self.value(cx, value, given) {
                return ops::suspend(cx, control, Given { writing: self, depth: given });
            }
        }
        new_string(cx, self.out)
    }

    /// The line break before an item or a closing bracket.
    fn line(&mut self, cx: &mut Cx<'_, 'gc>) -> Result<(), Raised<'gc>> {
        // Numbers, brackets and the like are short, so that it is enough to look here and before strings.
        let indent = self.style.indent.as_deref().unwrap_or_default();
        check_room(cx, self.out.len().saturating_add(indent.len().saturating_mul(self.open.len())))?;
        if self.style.indent.is_some() {
            self.out.push('\n');
            for _ in 0..self.open.len() {
                self.out.push_str(indent);
            }
        }
        Ok(())
    }

    /// Writes a value without items, or opens one. `given` is how many results of `default` it is inside of.
    fn value(&mut self, cx: &mut Cx<'_, 'gc>, value: Value<'gc>, given: usize) -> Result<(), Raised<'gc>> {
        let items = match value {
            Value::Nil | Value::True | Value::False | Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Str(_) => {
                return self.leaf(cx, value);
            }
            Value::List(list) => list.items().iter().map(|item| (None, *item)).collect(),
            Value::Tuple(tuple) => tuple.items().iter().map(|item| (None, *item)).collect(),
            Value::Map(map) => {
                let pairs = map.table().iter().map(|entry| (Some(entry.key), entry.value)).collect();
                self.pairs(cx, pairs)?
            }
            other => return Err(self.ask(cx, other, given)),
        };
        if self.open.len() + given >= DEPTH_MAX {
            let message =
                format!("the value is nested deeper than {DEPTH_MAX} levels, or contains itself: it cannot be written as JSON");
            return Err(cx.value_error(message));
        }
        let is_map = matches!(value, Value::Map(_));
        self.out.push(if is_map { '{' } else { '[' });
        self.open.push(Open { items, next: 0, end: if is_map { '}' } else { ']' }, given });
        Ok(())
    }

    fn leaf(&mut self, cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<(), Raised<'gc>> {
        match value {
            Value::True => self.out.push_str("true"),
            Value::False => self.out.push_str("false"),
            Value::Int(i) => ops::push_int(&mut self.out, i),
            Value::BigInt(big) => {
                // A bit takes less than a third of a digit.
                check_room(cx, self.out.len() + big.0.bits() as usize / 3)?;
                self.out.push_str(&ops::big_digits(cx, &big.0, 10)?);
            }
            Value::Float(f) if f.is_finite() => ops::push_float(&mut self.out, f),
            Value::Float(f) => {
                let name = if f.is_nan() { "nan" } else { "an infinite float" };
                return Err(cx.value_error(format!("{name} cannot be written as JSON")));
            }
            Value::Str(text) => self.string(cx, text.as_str())?,
            _ => self.out.push_str("null"),
        }
        Ok(())
    }

    /// The pairs in their order. Keys must be strings.
    fn pairs(
        &self,
        cx: &mut Cx<'_, 'gc>,
        mut pairs: Vec<(Option<Value<'gc>>, Value<'gc>)>,
    ) -> Result<Vec<(Option<Value<'gc>>, Value<'gc>)>, Raised<'gc>> {
        if let Some((Some(key), _)) = pairs.iter().find(|(key, _)| !matches!(key, Some(Value::Str(_)))) {
            let message = format!("a key of a JSON object must be a String, not {}: {}", cx.type_name(key), ops::describe(cx, key));
            return Err(cx.type_error(message));
        }
        if self.style.sort_keys {
            pairs.sort_by_key(|(key, _)| if let Some(Value::Str(key)) = key { Gc::as_ref(*key).as_str() } else { "" });
        }
        Ok(pairs)
    }

    /// Asks `default` for a value that can be written.
    fn ask(&self, cx: &mut Cx<'_, 'gc>, value: Value<'gc>, given: usize) -> Raised<'gc> {
        let Some(default) = self.default else {
            let message =
                format!("{} cannot be written as JSON; `default:` gives a function for such values", cx.type_name(&value));
            return cx.type_error(message);
        };
        if given >= DEPTH_MAX {
            return cx.value_error("`default` gives values that cannot be written as JSON again and again");
        }
        match ops::call(default, vec![value]) {
            Err(request) => request,
            Ok(_) => unreachable!("a request is no value"),
        }
    }

    fn string(&mut self, cx: &mut Cx<'_, 'gc>, text: &str) -> Result<(), Raised<'gc>> {
        let most = text.len().saturating_mul(ESCAPE_LENGTH);
        let length = if most <= SHORT { most } else { text.chars().map(|c| self.width(c)).sum() };
        check_room(cx, self.out.len() + length)?;
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                c if self.is_escaped(c) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(self.out, "\\u{unit:04x}").expect("a String takes all text");
                    }
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
        Ok(())
    }

    /// Whether a character is written as its number.
    fn is_escaped(&self, c: char) -> bool {
        u32::from(c) < 0x20 || (self.style.ascii && !c.is_ascii())
    }

    /// Bytes that a character takes, or a few more.
    fn width(&self, c: char) -> usize {
        match c {
            '"' | '\\' => 2,
            c if self.is_escaped(c) => c.len_utf16() * ESCAPE_LENGTH,
            c => c.len_utf8(),
        }
    }
}

/// Goes on with what `default` gave.
#[derive(Collect)]
#[collect(no_drop)]
struct Given<'gc> {
    writing: Writing<'gc>,
    /// How many results of `default` the value is inside of.
    depth: usize,
}

impl<'gc> Resume<'gc> for Given<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> NativeResult<'gc> {
        let depth = self.depth + 1;
        match self.writing.value(cx, value, depth) {
            Ok(()) => self.writing.go(cx),
            Err(control) => ops::suspend(cx, control, Given { writing: self.writing, depth }),
        }
    }
}
