//! Order: `<` and `<=`; `>` and `>=` are these with the operands exchanged.
//!
//! Numbers by exact value, strings by code point, byte strings by byte, tuples and lists lexicographically. Classes define `<`, and `<=`
//! if it is not to be derived. Because `a > b` is `b < a`, an operand without methods is ordered by those of the other one.
//!
//! Nested sequences are walked with an explicit list: the first pair of items that differ decides.

use super::call::{Resume, call, call_then, method_of, not_truth, suspend, truth};
use super::compare::{Visited, equal, equal_now, item};
use super::number::compare_numbers;
use super::work;
use crate::heap::Value;
use crate::limits;
use crate::object::{Cx, NativeResult, World};
use gc_arena::Collect;
use std::cmp::Ordering;

/// `a < b`. The result of a method of the program comes back as it is; its truthiness counts.
pub fn less<'gc>(cx: &mut Cx<'_, 'gc>, a: Value<'gc>, b: Value<'gc>) -> NativeResult<'gc> {
    ordered(cx, Relation::Less, a, b)
}

/// `a <= b`. The result of a method of the program comes back as it is; its truthiness counts.
pub fn less_equal<'gc>(cx: &mut Cx<'_, 'gc>, a: Value<'gc>, b: Value<'gc>) -> NativeResult<'gc> {
    ordered(cx, Relation::LessEqual, a, b)
}

/// The order of two values if it can be told without the program. The outer `None`: it cannot; the inner one: they have no order,
/// either because of a NaN or because of their types; [`less`] says which.
pub fn order_now<'gc>(world: &World<'gc>, a: &Value<'gc>, b: &Value<'gc>) -> Option<Option<Ordering>> {
    match shallow(a, b) {
        Shallow::Known(order) => {
            world.spend(looked_at(a, b));
            Some(order)
        }
        Shallow::Open => match Comparison::new(*a, *b).run(world) {
            Outcome::Known(order) => Some(Some(order)),
            Outcome::Leaf(a, b) => match shallow(&a, &b) {
                Shallow::Known(order) => Some(order),
                _ if has_methods(world, &a, &b) => None,
                _ => Some(None),
            },
            Outcome::Equal(..) => None,
            Outcome::TooDeep => Some(None),
        },
        Shallow::Other if has_methods(world, a, b) => None,
        Shallow::Other => Some(None),
    }
}

fn has_methods<'gc>(world: &World<'gc>, a: &Value<'gc>, b: &Value<'gc>) -> bool {
    let has = |v| method_of(world, v, world.symbols.lt).is_some() || method_of(world, v, world.symbols.le).is_some();
    has(a) || has(b)
}

#[derive(Clone, Copy, PartialEq, Eq, Collect)]
#[collect(require_static)]
enum Relation {
    Less,
    LessEqual,
}

impl Relation {
    fn holds(self, order: Option<Ordering>) -> bool {
        match order {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => self == Relation::LessEqual,
            Some(Ordering::Greater) | None => false,
        }
    }
}

/// What a look at the outermost level tells.
enum Shallow {
    /// Their order; `None` for NaN.
    Known(Option<Ordering>),
    /// The items must be compared.
    Open,
    /// Not values with a built-in order.
    Other,
}

/// Loop turns of comparing two values with a built-in order.
fn looked_at(a: &Value<'_>, b: &Value<'_>) -> usize {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => a.byte_len().min(b.byte_len()) / 64,
        (Value::Bytes(a), Value::Bytes(b)) => a.data.len().min(b.data.len()) / 64,
        (Value::BigInt(a), _) => work::look(a.0.bits()),
        _ => 0,
    }
}

#[inline]
fn shallow(a: &Value<'_>, b: &Value<'_>) -> Shallow {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => Shallow::Known(Some(a.as_str().cmp(b.as_str()))),
        (Value::Tuple(_), Value::Tuple(_)) | (Value::List(_), Value::List(_)) => Shallow::Open,
        (Value::Bytes(a), Value::Bytes(b)) => Shallow::Known(Some(a.data.cmp(&b.data))),
        _ => compare_numbers(a, b).map_or(Shallow::Other, Shallow::Known),
    }
}

fn ordered<'gc>(cx: &mut Cx<'_, 'gc>, relation: Relation, a: Value<'gc>, b: Value<'gc>) -> NativeResult<'gc> {
    match shallow(&a, &b) {
        Shallow::Known(order) => {
            cx.world.spend(looked_at(&a, &b));
            Ok(Value::bool(relation.holds(order)))
        }
        Shallow::Open => Sequences { comparison: Comparison::new(a, b), relation, last: (a, b) }.go(cx),
        Shallow::Other => by_method(cx, relation, a, b),
    }
}

/// Order by the methods of the operands' classes.
fn by_method<'gc>(cx: &mut Cx<'_, 'gc>, relation: Relation, a: Value<'gc>, b: Value<'gc>) -> NativeResult<'gc> {
    let (lt, le) = (cx.world.symbols.lt, cx.world.symbols.le);
    let of = |value: &Value<'gc>, name| method_of(cx.world, value, name);
    match relation {
        Relation::Less => {
            if let Some(method) = of(&a, lt) {
                return call(method, vec![a, b]);
            }
            // a < b is b > a, which is: not b <= a.
            if let Some(method) = of(&b, le) {
                return not_truth(cx, call(method, vec![b, a]));
            }
            if let Some(method) = of(&b, lt) {
                let less_or_equal = less_or_equal(cx, method, b, a);
                return not_truth(cx, less_or_equal);
            }
        }
        Relation::LessEqual => {
            if let Some(method) = of(&a, le) {
                return call(method, vec![a, b]);
            }
            if let Some(method) = of(&b, lt) {
                return not_truth(cx, call(method, vec![b, a]));
            }
            if let Some(method) = of(&a, lt) {
                return less_or_equal(cx, method, a, b);
            }
        }
    }
    let message = format!("{} and {} have no order", cx.type_name(&a), cx.type_name(&b));
    Err(cx.type_error(message))
}

/// `a < b or a == b`, where `method` is the `<` of `a`.
fn less_or_equal<'gc>(cx: &mut Cx<'_, 'gc>, method: Value<'gc>, a: Value<'gc>, b: Value<'gc>) -> NativeResult<'gc> {
    call_then(cx, method, vec![a, b], OrEqual { a, b })
}

#[derive(Collect)]
#[collect(no_drop)]
struct OrEqual<'gc> {
    a: Value<'gc>,
    b: Value<'gc>,
}

impl<'gc> Resume<'gc> for OrEqual<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        if result.is_truthy() {
            return Ok(Value::True);
        }
        let result = equal(cx, self.a, self.b);
        truth(cx, result)
    }
}

/// A walk through two nested sequences up to the first items that differ.
#[derive(Collect)]
#[collect(no_drop)]
struct Comparison<'gc> {
    /// Two sequences and the index of their next items, outermost first.
    levels: Vec<(Value<'gc>, Value<'gc>, usize)>,
    visited: Visited,
}

/// Where the walk stops.
enum Outcome<'gc> {
    Known(Ordering),
    /// The order of these two, which differ, decides.
    Leaf(Value<'gc>, Value<'gc>),
    /// Whether these two are equal is for the program to say.
    Equal(Value<'gc>, Value<'gc>),
    TooDeep,
}

impl<'gc> Comparison<'gc> {
    fn new(a: Value<'gc>, b: Value<'gc>) -> Self {
        Comparison { levels: vec![(a, b, 0)], visited: Visited::default() }
    }

    fn run(&mut self, world: &World<'gc>) -> Outcome<'gc> {
        let mut compared = 0;
        let outcome = self.walk(world, &mut compared);
        world.spend(compared / 4);
        outcome
    }

    fn walk(&mut self, world: &World<'gc>, compared: &mut usize) -> Outcome<'gc> {
        while let Some((a, b, i)) = self.levels.last_mut() {
            let (x, y) = match (item(a, *i), item(b, *i)) {
                (Some(x), Some(y)) => (x, y),
                (None, None) => {
                    self.levels.pop();
                    continue;
                }
                (None, Some(_)) => return Outcome::Known(Ordering::Less),
                (Some(_), None) => return Outcome::Known(Ordering::Greater),
            };
            *i += 1;
            *compared += 1 + 4 * looked_at(&x, &y);
            if !matches!(x, Value::Float(_)) && x.same(&y) {
                continue;
            }
            if matches!(shallow(&x, &y), Shallow::Open) {
                if self.levels.len() >= limits::VALUE_DEPTH_MAX {
                    return Outcome::TooDeep;
                }
                if !self.visited.meet(&x, &y) {
                    self.levels.push((x, y, 0));
                }
                continue;
            }
            match equal_now(world, &x, &y) {
                Some(true) => {}
                Some(false) => return Outcome::Leaf(x, y),
                None => return Outcome::Equal(x, y),
            }
        }
        Outcome::Known(Ordering::Equal)
    }
}

/// `<` or `<=` of two sequences.
#[derive(Collect)]
#[collect(no_drop)]
struct Sequences<'gc> {
    comparison: Comparison<'gc>,
    relation: Relation,
    /// The items whose equality is awaited.
    last: (Value<'gc>, Value<'gc>),
}

impl<'gc> Sequences<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        loop {
            match self.comparison.run(cx.world) {
                Outcome::Known(order) => return Ok(Value::bool(self.relation.holds(Some(order)))),
                Outcome::Leaf(a, b) => return ordered(cx, self.relation, a, b),
                Outcome::TooDeep => return Err(cx.value_error("the values are nested too deep to be ordered")),
                Outcome::Equal(a, b) => match equal(cx, a, b) {
                    Ok(same) if same.is_truthy() => {}
                    Ok(_) => return ordered(cx, self.relation, a, b),
                    Err(control) => {
                        self.last = (a, b);
                        return suspend(cx, control, self);
                    }
                },
            }
        }
    }
}

impl<'gc> Resume<'gc> for Sequences<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        if result.is_truthy() {
            return self.go(cx);
        }
        let (a, b) = self.last;
        ordered(cx, self.relation, a, b)
    }
}
