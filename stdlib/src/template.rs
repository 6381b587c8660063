//! `template.format(values)`.
//!
//! ```text
//! {}        the next value
//! {2}       value number 2, counted from 0
//! {name}    the value of this key of the map that is the first value
//! {…:spec}  formatted as by ${x:spec}
//! {{ }}     braces
//! ```

use crate::args::{self, Raised, check_room};
use crate::string::text_of;
use gc_arena::Collect;
use vm::heap::Value;
use vm::object::{Cx, ErrorKind, NativeResult};
use vm::ops::{self, Resume};

/// A part of a template.
#[derive(Collect)]
#[collect(require_static)]
enum Part {
    /// Text that stands for itself.
    Text(String),
    /// A place for a value.
    Place { which: Which, spec: String },
}

/// Which value goes to a place.
#[derive(Collect)]
#[collect(require_static)]
enum Which {
    Number(usize),
    Key(String),
}

pub(crate) fn format<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let template = text_of(cx, args)?;
    let mut parts = match parse(template) {
        Ok(parts) => parts,
        Err(why) => return Err(cx.value_error(format!("bad template: {why}"))),
    };
    parts.reverse();
    Formatting { parts, values: args[1..].to_vec(), out: String::new() }.go(cx)
}

fn parse(template: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut next = 0;
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = rest[at..].chars().next().unwrap_or('{');
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text.push(brace);
            rest = after;
            continue;
        }
        if brace == '}' {
            return Err("a `}` without its `{`; write `}}` for a brace".to_owned());
        }
        let Some(end) = rest.find('}') else { return Err("a `{` without its `}`; write `{{` for a brace".to_owned()) };
        let (name, spec) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        let which = match name.trim() {
            "" => {
                next += 1;
                Which::Number(next - 1)
            }
            name => name.parse().map_or_else(|_| Which::Key(name.to_owned()), Which::Number),
        };
        parts.push(Part::Text(std::mem::take(&mut text)));
        parts.push(Part::Place { which, spec: spec.to_owned() });
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    parts.push(Part::Text(text));
    Ok(parts)
}

/// The filling of a template.
#[derive(Collect)]
#[collect(no_drop)]
struct Formatting<'gc> {
    /// What is left, the next part last.
    parts: Vec<Part>,
    values: Vec<Value<'gc>>,
    out: String,
}

impl<'gc> Formatting<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(part) = self.parts.pop() {
            match part {
                Part::Text(text) => self.out.push_str(&text),
                Part::Place { which, spec } => match self.text(cx, which, spec) {
                    Ok(text) => self.put(cx, &text)?,
                    Err(control) => return ops::suspend(cx, control, self),
                },
            }
        }
        args::new_string(cx, self.out)
    }

    fn put(&mut self, cx: &mut Cx<'_, 'gc>, text: &Value<'gc>) -> Result<(), Raised<'gc>> {
        if let Value::Str(text) = text {
            check_room(cx, self.out.len() + text.byte_len())?;
            self.out.push_str(text.as_str());
        }
        Ok(())
    }

    /// The text for a place.
    fn text(&self, cx: &mut Cx<'_, 'gc>, which: Which, spec: String) -> NativeResult<'gc> {
        match which {
            Which::Number(i) => match self.values.get(i) {
                Some(value) => ops::format_value(cx, *value, &spec),
                None => {
                    let (count, needed) = (self.values.len(), i + 1);
                    let values = |n| if n == 1 { "1 value".to_owned() } else { format!("{n} values") };
                    let message = format!("the template needs {}, but is given {}", values(needed), values(count));
                    Err(cx.raise(ErrorKind::IndexError, message))
                }
            },
            Which::Key(name) => {
                let Some(Value::Map(map)) = self.values.first() else {
                    return Err(cx.type_error(format!("`{{{name}}}` in a template needs a map as first value")));
                };
                let key = cx.str(&name);
                let found = ops::map_get(cx, *map, key);
                ops::and_then(cx, found, FormatFound { name, spec })
            }
        }
    }
}

/// Formats the value of a key.
#[derive(Collect)]
#[collect(require_static)]
struct FormatFound {
    name: String,
    spec: String,
}

impl<'gc> Resume<'gc> for FormatFound {
    fn resume(self, cx: &mut Cx<'_, 'gc>, found: Value<'gc>) -> NativeResult<'gc> {
        if found.is_unset() {
            return Err(cx.raise(ErrorKind::KeyError, format!("the map has no key \"{}\"", self.name)));
        }
        ops::format_value(cx, found, &self.spec)
    }
}

impl<'gc> Resume<'gc> for Formatting<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, text: Value<'gc>) -> NativeResult<'gc> {
        self.put(cx, &text)?;
        self.go(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Which, parse};

    #[test]
    fn parses() {
        let parts = parse("a{{b{}c{1:>3}{name}").expect("well-formed");
        let texts: Vec<String> = parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Place { which: Which::Number(i), spec } => format!("<{i}|{spec}>"),
                Part::Place { which: Which::Key(name), spec } => format!("<{name}|{spec}>"),
            })
            .collect();
        assert_eq!(texts, ["a{b", "<0|>", "c", "<1|>3>", "", "<name|>", ""]);
        assert!(parse("a}").is_err());
        assert!(parse("{a").is_err());
    }
}
