//! Values over several lines, one part on each: what is compared when it matters where two values differ.
//!
//! Nothing of the program is called. Depth and size are bounded; what is beyond is written on one line, or left out.

use super::text::{Part, Parts, brackets, next_part, push_head, shortened};
use crate::heap::Value;
use crate::object::{Cx, World};

/// Parts of at most so many characters are written on one line.
const LINE_MAX: usize = 60;

/// Longest text without parts, in characters.
const LEAF_MAX: usize = 4_000;

/// Containers within containers that are taken apart.
const DEPTH_MAX: usize = 16;

/// Length of the whole, in bytes, from which on nothing is added.
const TEXT_MAX: usize = 200_000;

/// The `repr` of a value with each of its parts on a line of its own, as far as they do not fit on one together.
fn lines<'gc>(cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> String {
    let mut out = String::new();
    write(&mut out, cx.world, *value, 0);
    out
}

/// Two values as texts of which the lines can be compared: strings of several lines as they are, other strings and containers as [`lines`].
/// None for values without parts.
pub fn side_texts<'gc>(cx: &Cx<'_, 'gc>, left: &Value<'gc>, right: &Value<'gc>) -> Option<(String, String)> {
    if let (Value::Str(left), Value::Str(right)) = (left, right)
        && (left.as_str().contains('\n') || right.as_str().contains('\n'))
    {
        return Some((left.as_str().to_owned(), right.as_str().to_owned()));
    }
    let has_parts = |value: &Value<'gc>| matches!(value, Value::Str(_)) || is_container(value);
    (has_parts(left) && has_parts(right)).then(|| (lines(cx, left), lines(cx, right)))
}

fn is_container(value: &Value<'_>) -> bool {
    matches!(value, Value::List(_) | Value::Tuple(_) | Value::Map(_) | Value::Set(_) | Value::Instance(_) | Value::EnumValue(_))
}

fn write<'gc>(out: &mut String, world: &World<'gc>, value: Value<'gc>, depth: usize) {
    let short = shortened(world, &value, LINE_MAX + 1);
    let fits = depth > 0 && short.chars().count() <= LINE_MAX;
    if fits || !is_container(&value) || depth >= DEPTH_MAX || next_part(world, &mut Parts::of(value)).is_none() {
        out.push_str(&shortened(world, &value, LEAF_MAX));
        return;
    }
    push_head(out, world, &value);
    let (opening, closing) = brackets(&value);
    out.push_str(opening);
    let mut parts = Parts::of(value);
    while let Some(part) = next_part(world, &mut parts) {
        line(out, depth + 1);
        if out.len() > TEXT_MAX {
            out.push('…');
            break;
        }
        let value = match part {
            Part::Item(value) => value,
            Part::Named(name, value) => {
                out.push_str(name);
                out.push_str(": ");
                value
            }
            Part::Pair(key, value) => {
                out.push_str(&shortened(world, &key, LEAF_MAX));
                out.push_str(": ");
                value
            }
        };
        write(out, world, value, depth + 1);
        out.push(',');
    }
    line(out, depth);
    out.push_str(closing.trim_start_matches(','));
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"    ".repeat(depth));
}
