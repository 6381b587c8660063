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

/// Two values that should have been equal, as texts of which the lines can be compared.
pub struct Sides {
    /// The left one.
    pub left: String,
    /// The right one.
    pub right: String,
    /// Whether something was left out of one.
    pub is_cut: bool,
}

/// Strings of several lines as they are; other strings and containers with each of their parts on a line of its own, as far as they do not fit
/// on one together. None for values without parts.
pub fn side_texts<'gc>(cx: &Cx<'_, 'gc>, left: &Value<'gc>, right: &Value<'gc>) -> Option<Sides> {
    if let (Value::Str(left), Value::Str(right)) = (left, right)
        && (left.as_str().contains('\n') || right.as_str().contains('\n'))
    {
        return Some(Sides { left: left.as_str().to_owned(), right: right.as_str().to_owned(), is_cut: false });
    }
    let has_parts = |value: &Value<'gc>| matches!(value, Value::Str(_)) || is_container(value);
    if !has_parts(left) || !has_parts(right) {
        return None;
    }
    let [left, right] = [left, right].map(|value| {
        let mut lines = Lines { world: cx.world, out: String::new(), is_cut: false };
        lines.write(*value, 0);
        lines
    });
    Some(Sides { left: left.out, right: right.out, is_cut: left.is_cut || right.is_cut })
}

fn is_container(value: &Value<'_>) -> bool {
    matches!(value, Value::List(_) | Value::Tuple(_) | Value::Map(_) | Value::Set(_) | Value::Instance(_) | Value::EnumValue(_))
}

struct Lines<'w, 'gc> {
    world: &'w World<'gc>,
    out: String,
    /// Whether something was left out.
    is_cut: bool,
}

impl<'gc> Lines<'_, 'gc> {
    fn write(&mut self, value: Value<'gc>, depth: usize) {
        let short = shortened(self.world, &value, LINE_MAX + 1);
        let fits = depth > 0 && short.chars().count() <= LINE_MAX;
        if fits || !is_container(&value) || depth >= DEPTH_MAX || next_part(self.world, &mut Parts::of(value)).is_none() {
            return self.leaf(&value);
        }
        push_head(&mut self.out, self.world, &value);
        let (opening, closing) = brackets(&value);
        self.out.push_str(opening);
        let mut parts = Parts::of(value);
        while let Some(part) = next_part(self.world, &mut parts) {
            self.line(depth + 1);
            if self.out.len() > TEXT_MAX {
                self.out.push('…');
                self.is_cut = true;
                break;
            }
            let value = match part {
                Part::Item(value) => value,
                Part::Named(name, value) => {
                    self.out.push_str(name);
                    self.out.push_str(": ");
                    value
                }
                Part::Pair(key, value) => {
                    self.leaf(&key);
                    self.out.push_str(": ");
                    value
                }
            };
            self.write(value, depth + 1);
            self.out.push(',');
        }
        self.line(depth);
        self.out.push_str(closing.trim_start_matches(','));
    }

    fn leaf(&mut self, value: &Value<'gc>) {
        let text = shortened(self.world, value, LEAF_MAX);
        self.is_cut |= text.chars().count() >= LEAF_MAX;
        self.out.push_str(&text);
    }

    fn line(&mut self, depth: usize) {
        self.out.push('\n');
        self.out.push_str(&"    ".repeat(depth));
    }
}
