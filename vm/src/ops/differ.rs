//! Where two values differ that are too large to be shown: paths to the first parts that are not equal.
//!
//! Nothing of the program is called: instances whose class defines `==` are compared by how they look.

use super::compare::equal_now;
use super::display::push_quoted;
use super::text::{Part, Parts, brackets, next_part, shortened};
use crate::heap::Value;
use crate::object::{Cx, World};
use rustc_hash::FxHashMap;

/// Most differences that are told.
const DIFFERENCES_MAX: usize = 5;

/// Containers within containers that are followed.
const DEPTH_MAX: usize = 64;

/// Longest text of a part, in characters.
const PART_MAX: usize = 200;

/// Longest string shown whole, and what is shown around a difference in a longer one, in characters.
const STRING_MAX: usize = 100;
const AROUND: usize = 20;

/// A part in which two values differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Where it is, such as `[3]["name"]`.
    pub path: String,
    /// The part on the left, if there is one.
    pub left: Option<String>,
    /// The part on the right.
    pub right: Option<String>,
}

/// The first parts in which two values differ.
pub fn differences<'gc>(cx: &Cx<'_, 'gc>, left: Value<'gc>, right: Value<'gc>) -> (Vec<Difference>, More) {
    let mut search = Search { world: cx.world, path: Vec::new(), found: Vec::new() };
    search.compare(left, right);
    let more = if search.found.len() > DIFFERENCES_MAX { More::Exists } else { More::None };
    search.found.truncate(DIFFERENCES_MAX);
    (search.found, more)
}

/// Whether there are more differences than are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum More {
    /// All are told.
    None,
    /// There are more.
    Exists,
}

struct Search<'w, 'gc> {
    world: &'w World<'gc>,
    path: Vec<String>,
    found: Vec<Difference>,
}

impl<'gc> Search<'_, 'gc> {
    fn is_done(&self) -> bool {
        self.found.len() > DIFFERENCES_MAX
    }

    fn compare(&mut self, left: Value<'gc>, right: Value<'gc>) {
        if self.is_done() || left.same(&right) || equal_now(self.world, &left, &right) == Some(true) {
            return;
        }
        let goes_on = self.path.len() < DEPTH_MAX && brackets(&left) == brackets(&right);
        match (left, right) {
            (Value::Str(a), Value::Str(b)) => self.strings(a.as_str(), b.as_str()),
            (Value::Map(_), Value::Map(_)) | (Value::Set(_), Value::Set(_)) if goes_on => self.by_key(left, right),
            (Value::List(_), Value::List(_)) | (Value::Tuple(_), Value::Tuple(_)) if goes_on => self.in_order(left, right),
            (Value::EnumValue(a), Value::EnumValue(b)) if goes_on && a.variant.name == b.variant.name => {
                self.in_order(left, right);
            }
            (Value::Instance(_), Value::Instance(_)) if equal_now(self.world, &left, &right).is_none() => {
                let (left, right) = (self.text(&left), self.text(&right));
                if left != right {
                    self.add(Some(left), Some(right));
                }
            }
            _ => self.add(Some(self.text(&left)), Some(self.text(&right))),
        }
    }

    fn text(&self, value: &Value<'gc>) -> String {
        shortened(self.world, value, PART_MAX)
    }

    fn add(&mut self, left: Option<String>, right: Option<String>) {
        self.found.push(Difference { path: self.path.concat(), left, right });
    }

    fn within(&mut self, step: String, left: Option<Value<'gc>>, right: Option<Value<'gc>>) {
        self.path.push(step);
        match (left, right) {
            (Some(left), Some(right)) => self.compare(left, right),
            (left, right) => self.add(left.map(|left| self.text(&left)), right.map(|right| self.text(&right))),
        }
        self.path.pop();
    }

    fn in_order(&mut self, left: Value<'gc>, right: Value<'gc>) {
        let (mut left, mut right) = (Parts::of(left), Parts::of(right));
        for index in 0.. {
            let (a, b) = (next_part(self.world, &mut left), next_part(self.world, &mut right));
            if self.is_done() || (a.is_none() && b.is_none()) {
                return;
            }
            let name = match (&a, &b) {
                (Some(Part::Named(name, _)), _) | (_, Some(Part::Named(name, _))) => Some(*name),
                _ => None,
            };
            let [a, b] = [a, b].map(|part| part.map(value_of));
            if let (Some(a), Some(b)) = (&a, &b)
                && (a.same(b) || equal_now(self.world, a, b) == Some(true))
            {
                continue;
            }
            self.within(name.map_or_else(|| format!("[{index}]"), |name| format!(".{name}")), a, b);
        }
    }

    /// Maps by their keys, sets by their items, which are told apart by how they look; texts by all of it.
    fn by_key(&mut self, left: Value<'gc>, right: Value<'gc>) {
        let mut others: FxHashMap<String, Value<'gc>> = FxHashMap::default();
        let mut parts = Parts::of(right);
        while let Some(part) = next_part(self.world, &mut parts) {
            others.insert(self.identity(&part), value_of(part));
        }
        let mut parts = Parts::of(left);
        while let Some(part) = next_part(self.world, &mut parts) {
            if self.is_done() {
                return;
            }
            let other = others.remove(&self.identity(&part));
            self.within(format!("[{}]", self.key(&part)), Some(value_of(part)), other);
        }
        if others.is_empty() {
            return;
        }
        let mut parts = Parts::of(right);
        while let Some(part) = next_part(self.world, &mut parts).filter(|_| !self.is_done()) {
            if others.contains_key(&self.identity(&part)) {
                self.within(format!("[{}]", self.key(&part)), None, Some(value_of(part)));
            }
        }
    }

    fn key(&self, part: &Part<'gc>) -> String {
        self.text(&key_of(part))
    }

    fn identity(&self, part: &Part<'gc>) -> String {
        match key_of(part) {
            Value::Str(text) => format!("\"{}", text.as_str()),
            key => self.text(&key),
        }
    }

    /// What is around the first character that differs.
    fn strings(&mut self, left: &str, right: &str) {
        let common = left.chars().zip(right.chars()).take_while(|(a, b)| a == b).count();
        let from = if common < STRING_MAX { 0 } else { common - AROUND };
        let shown = |text: &str| {
            let mut out = String::new();
            let part: String = text.chars().skip(from).take(STRING_MAX).collect();
            push_quoted(&mut out, &part);
            let before = if from > 0 { "…" } else { "" };
            let behind = if text.chars().nth(from + STRING_MAX).is_some() { "…" } else { "" };
            format!("{before}{out}{behind}")
        };
        let texts = (shown(left), shown(right));
        self.path.push(format!("{}character {common}", if self.path.is_empty() { "" } else { ", " }));
        self.add(Some(texts.0), Some(texts.1));
        self.path.pop();
    }
}

fn key_of<'gc>(part: &Part<'gc>) -> Value<'gc> {
    match part {
        Part::Pair(value, _) | Part::Item(value) | Part::Named(_, value) => *value,
    }
}

fn value_of<'gc>(part: Part<'gc>) -> Value<'gc> {
    match part {
        Part::Item(value) | Part::Named(_, value) | Part::Pair(_, value) => value,
    }
}
