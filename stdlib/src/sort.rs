//! Sorting: a stable merge sort that needs only `<`.
//!
//! The result is a permutation of the items whatever the comparisons say: NaN, and orders of the program that contradict themselves,
//! give some order. Items whose order only the program can tell are left to the prelude.

use crate::args::{Raised, new_list};
use crate::items::call_prelude;
use gc_arena::{Collect, Gc};
use std::cmp::Ordering;
use vm::heap::Value;
use vm::object::{Control, Cx, List, NativeResult};
use vm::ops::{self, Resume};

/// Which way to sort.
#[derive(Clone, Copy, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub(crate) enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first; equal items keep their order.
    Descending,
}

impl Direction {
    /// The value of a parameter `reverse`.
    pub(crate) fn of_reverse(reverse: Option<Value<'_>>) -> Direction {
        if reverse.is_some_and(|value| value.is_truthy()) { Direction::Descending } else { Direction::Ascending }
    }

    fn reverse(self) -> bool {
        self == Direction::Descending
    }
}

/// A new list of the items in order; by `key` if there is one.
pub(crate) fn sorted<'gc>(
    cx: &mut Cx<'_, 'gc>,
    items: Vec<Value<'gc>>,
    key: Option<Value<'gc>>,
    direction: Direction,
) -> NativeResult<'gc> {
    let reverse = Value::bool(direction.reverse());
    if let Some(key) = key {
        let items = new_list(cx, items);
        return call_prelude(cx, "_sort_by_key", vec![items, key, reverse]);
    }
    let mut ordered = items;
    pay_for(cx, ordered.len())?;
    if sort_ints(&mut ordered, direction) {
        return Ok(new_list(cx, ordered));
    }
    match order(cx, &mut ordered, |item| *item, direction) {
        Ok(()) => Ok(new_list(cx, ordered)),
        Err(Stop::Raised(raised)) => Err(raised),
        Err(Stop::Ask) => {
            let items = new_list(cx, ordered);
            call_prelude(cx, "_merge_sort", vec![items, Value::Nil, reverse])
        }
    }
}

/// `_sort_keys(items, keys, reverse)`: a new list of the items in the order of their keys. For the prelude.
pub(crate) fn sort_keys<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (Value::List(items), Value::List(keys)) = (args[0], args[1]) else {
        return Err(cx.type_error("`_sort_keys` needs two lists"));
    };
    let direction = Direction::of_reverse(Some(args[2]));
    let mut pairs: Vec<(Value<'gc>, Value<'gc>)> = keys.items().iter().copied().zip(items.items().iter().copied()).collect();
    pay_for(cx, pairs.len())?;
    match order(cx, &mut pairs, |pair| pair.0, direction) {
        Ok(()) => Ok(new_list(cx, pairs.into_iter().map(|pair| pair.1).collect())),
        Err(Stop::Raised(raised)) => Err(raised),
        Err(Stop::Ask) => call_prelude(cx, "_merge_sort", args.to_vec()),
    }
}

/// Counts the sorting of so many items.
fn pay_for<'gc>(cx: &mut Cx<'_, 'gc>, count: usize) -> Result<(), Raised<'gc>> {
    cx.pay(count as u64 * u64::from(count.max(1).ilog2()) / 8)
}

/// Why a native sort does not end.
enum Stop<'gc> {
    /// Only the program can tell the order of two items.
    Ask,
    /// Two items have no order.
    Raised(Raised<'gc>),
}

/// Sorts a list of small ints; false, and nothing, if there is anything else. Equal ints cannot be told apart, so that stability does
/// not matter.
fn sort_ints(items: &mut [Value<'_>], direction: Direction) -> bool {
    let ints: Option<Vec<i64>> = items.iter().map(|item| if let Value::Int(i) = item { Some(*i) } else { None }).collect();
    let Some(mut ints) = ints else { return false };
    ints.sort_unstable();
    if direction.reverse() {
        ints.reverse();
    }
    for (item, int) in items.iter_mut().zip(ints) {
        *item = Value::Int(int);
    }
    true
}

/// Orders items by their keys. When it stops early, the items are all there in some order.
fn order<'gc, T: Copy>(
    cx: &mut Cx<'_, 'gc>,
    items: &mut Vec<T>,
    key: impl Fn(&T) -> Value<'gc>,
    direction: Direction,
) -> Result<(), Stop<'gc>> {
    let turn = |ordering: Ordering| if direction.reverse() { ordering.reverse() } else { ordering };
    let has_quick_order = items
        .first()
        .map(&key)
        .is_some_and(|first| items.iter().all(|item| key(item).tag() == first.tag() && quick_order(&key(item), &first).is_some()));
    if has_quick_order {
        items.sort_by(|a, b| turn(quick_order(&key(a), &key(b)).unwrap_or(Ordering::Equal)));
        return Ok(());
    }
    if items.iter().all(|item| matches!(key(item), Value::Tuple(tuple) if !tuple.items().is_empty())) {
        return order_tuples(cx, items, key, direction);
    }
    merge_sort(items, |a, b| {
        let (a, b) = if direction.reverse() { (key(b), key(a)) } else { (key(a), key(b)) };
        less_now(cx, a, b)
    })
}

/// Orders items whose keys are tuples with items. Having the first items at hand saves two look-ups in memory for most comparisons.
fn order_tuples<'gc, T: Copy>(
    cx: &mut Cx<'_, 'gc>,
    items: &mut [T],
    key: impl Fn(&T) -> Value<'gc>,
    direction: Direction,
) -> Result<(), Stop<'gc>> {
    let parts = |item: &T| if let Value::Tuple(tuple) = key(item) { Gc::as_ref(tuple).items() } else { &[] };
    let mut pairs: Vec<(Value<'gc>, T)> = items.iter().map(|item| (parts(item)[0], *item)).collect();
    let result = merge_sort(&mut pairs, |a, b| {
        let (a, b) = if direction.reverse() { (b, a) } else { (a, b) };
        let quick = match quick_order(&a.0, &b.0) {
            Some(Ordering::Equal) => quick_sequence_order(parts(&a.1), parts(&b.1)),
            other => other,
        };
        match quick {
            Some(ordering) => Ok(ordering.is_lt()),
            None => less_now(cx, key(&a.1), key(&b.1)),
        }
    });
    for (item, pair) in items.iter_mut().zip(pairs) {
        *item = pair.1;
    }
    result
}

/// The order of two sequences of values that are ordered quickly.
fn quick_sequence_order(a: &[Value<'_>], b: &[Value<'_>]) -> Option<Ordering> {
    for (a, b) in a.iter().zip(b) {
        match quick_order(a, b) {
            Some(Ordering::Equal) => {}
            other => return other,
        }
    }
    Some(a.len().cmp(&b.len()))
}

/// The order of two ints, floats or strings; `None` for everything else and for NaN.
fn quick_order(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Str(a), Value::Str(b)) => Some(a.as_str().cmp(b.as_str())),
        _ => None,
    }
}

/// `a < b`, if it can be told without the program.
pub(crate) fn less_or_ask<'gc>(cx: &mut Cx<'_, 'gc>, a: Value<'gc>, b: Value<'gc>) -> Result<Option<bool>, Raised<'gc>> {
    match less_now(cx, a, b) {
        Ok(less) => Ok(Some(less)),
        Err(Stop::Ask) => Ok(None),
        Err(Stop::Raised(raised)) => Err(raised),
    }
}

fn less_now<'gc>(cx: &mut Cx<'_, 'gc>, a: Value<'gc>, b: Value<'gc>) -> Result<bool, Stop<'gc>> {
    match ops::order_now(cx.world, &a, &b) {
        Some(Some(ordering)) => Ok(ordering == Ordering::Less),
        None => Err(Stop::Ask),
        // A NaN, which `less` answers, or types without order, for which it raises.
        Some(None) => match ops::less(cx, a, b) {
            Ok(less) => Ok(less.is_truthy()),
            Err(control) if matches!(*control, Control::Raise(_)) => Err(Stop::Raised(control)),
            Err(_) => Err(Stop::Ask),
        },
    }
}

/// Items that are sorted by insertion before runs are merged.
const RUN: usize = 8;

/// Sorts by `before`, which says whether its first argument must come before its second.
fn merge_sort<T: Copy, E>(items: &mut Vec<T>, mut before: impl FnMut(&T, &T) -> Result<bool, E>) -> Result<(), E> {
    for run in items.chunks_mut(RUN) {
        for end in 1..run.len() {
            let mut at = end;
            while at > 0 && before(&run[at], &run[at - 1])? {
                run.swap(at, at - 1);
                at -= 1;
            }
        }
    }
    let mut width = RUN;
    while width < items.len() {
        let mut merged = Vec::with_capacity(items.len());
        for pair in items.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let (Some(first), Some(second)) = (left.first(), right.first()) {
                if before(second, first)? {
                    merged.push(*second);
                    right = &right[1..];
                } else {
                    merged.push(*first);
                    left = &left[1..];
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        *items = merged;
        width *= 2;
    }
    Ok(())
}

/// Puts the items of a sorted list into another.
#[derive(Collect)]
#[collect(no_drop)]
pub(crate) struct Refill<'gc> {
    /// The list that is to be sorted.
    pub(crate) target: Value<'gc>,
    /// What was in it when the sort began.
    pub(crate) before: Vec<Value<'gc>>,
}

impl<'gc> Resume<'gc> for Refill<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        let (Value::List(target), Value::List(sorted)) = (self.target, result) else { return Ok(Value::Nil) };
        let is_same = {
            let now = target.items();
            now.len() == self.before.len() && now.iter().zip(&self.before).all(|(a, b)| a.same(b) || both_nan(a, b))
        };
        if !is_same {
            return Err(cx.value_error("the list was changed while it was sorted"));
        }
        let items = sorted.to_vec();
        List::modify(target, cx.mc, |target| *target = items);
        Ok(Value::Nil)
    }
}

fn both_nan(a: &Value<'_>, b: &Value<'_>) -> bool {
    matches!((a, b), (Value::Float(a), Value::Float(b)) if a.is_nan() && b.is_nan())
}

/// `_refill(list, before, sorted)`: ends a sort of the prelude.
pub(crate) fn refill<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let before = crate::items::list_items(&args[1]);
    Refill { target: args[0], before }.resume(cx, args[2])
}

#[cfg(test)]
mod tests {
    use super::merge_sort;

    fn sorted(items: &[i32], before: impl Fn(&i32, &i32) -> bool) -> Vec<i32> {
        let mut items = items.to_vec();
        merge_sort::<_, ()>(&mut items, |a, b| Ok(before(a, b))).expect("the comparison does not fail");
        items
    }

    #[test]
    fn sorts_and_is_stable() {
        let items: Vec<i32> = (0..1000).map(|i| i * 7919 % 1000).collect();
        assert!(sorted(&items, |a, b| a < b).is_sorted());
        let by_ten = sorted(&items, |a, b| a / 10 < b / 10);
        let expected = {
            let mut items = items.clone();
            items.sort_by_key(|i| i / 10);
            items
        };
        assert_eq!(by_ten, expected);
    }

    #[test]
    fn lying_comparisons_lose_nothing() {
        let items: Vec<i32> = (0..500).collect();
        for answer in [true, false] {
            let mut result = sorted(&items, |_, _| answer);
            result.sort_unstable();
            assert_eq!(result, items);
        }
    }
}
