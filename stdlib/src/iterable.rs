//! What all iterables have: the methods of the class `Iterable`.
//!
//! `Iterable` is a base of the built-in iterables, and a class of the program may inherit from it: all it needs is `iter()`. Methods
//! that take functions are in the prelude. `Stream`, which inherits from `Iterable`, is a base of iterators and fibers; they may be
//! endless, so that it takes their items one by one where possible.

use crate::args::{self, Raised, check_room, given, given_not_nil, new_int, new_list, new_tuple, with_room};
use crate::items::{self, IntoList, IntoTuple, WithItems, WithLists, call_prelude, collect, collect_all, is_built_in};
use crate::sort::{self, Direction};
use crate::table::{Row, row};
use crate::{map, set};
use gc_arena::Collect;
use num_bigint::BigInt;
use std::cmp::Ordering;
use vm::heap::Value;
use vm::object::{Cx, MapTable, NativeResult, RangeObject};
use vm::ops::{self, ArithOp, Resume};

/// Methods of every iterable.
pub(crate) const METHODS: &[Row] = &[
    row("to_list", &[], to_list, "`to_list()`: a new list of the items."),
    row("to_tuple", &[], to_tuple, "`to_tuple()`: a tuple of the items."),
    row("to_set", &[], set::construct, "`to_set()`: a set of the items."),
    row("to_map", &[], map::construct, "`to_map()`: a map of the items, which must be pairs."),
    row("is_empty", &[], is_empty, "`is_empty()`: whether there are no items."),
    row("first", &["default"], first, "`first(default = nil)`: the first item.").optional(1),
    row("last", &["default"], last, "`last(default = nil)`: the last item.").optional(1),
    row("take", &["count"], take, "`take(count)`: a list of the first items, or of all if there are fewer."),
    row("drop", &["count"], drop_first, "`drop(count)`: a list of the items after the first ones."),
    row("contains", &["value"], contains, "`contains(value)`: whether an item is equal to the value; `value in xs`."),
    row("in", &["value"], contains_operator, "`in(value)`: what `value in xs` gives: the result of `contains`."),
    row("count", &["value"], count, "`count(value)`: how many items are equal to the value. Without it: how many items there are.")
        .optional(1),
    row("sum", &["start"], sum, "`sum(start = 0)`: the items added up.").optional(1),
    row("min", &[], min, "`min(key: nil, default: nil)`: the smallest item, or the one with the smallest key.")
        .only(&["key", "default"]),
    row("max", &[], max, "`max(key: nil, default: nil)`: the largest item, or the one with the largest key.")
        .only(&["key", "default"]),
    row("sorted", &[], sorted, "`sorted(key: nil, reverse: false)`: a new list of the items in order. The sort is stable.")
        .only(&["key", "reverse"]),
    row("min_by", &["key"], min_by, "`min_by(key)`: the item with the smallest result of the function, or nil."),
    row("max_by", &["key"], max_by, "`max_by(key)`: the item with the largest result of the function, or nil."),
    row(
        "sorted_by",
        &["key", "reverse"],
        sorted_by,
        "`sorted_by(key, reverse = false)`: a new list of the items in the order of the function's results. The sort is stable.",
    )
    .optional(1),
    row("join", &["separator"], join, "`join(separator = \"\")`: the texts of the items as one string.").optional(1),
    row(
        "enumerate",
        &["start"],
        enumerate,
        "`enumerate(start = 0)`: a list of pairs of number and item. Of iterators and fibers: an iterator.",
    )
    .optional(1),
    row(
        "zip",
        &[],
        zip,
        "`zip(...others)`: a list of tuples of the items at the same place, up to the end of the shortest. \
         Of iterators and fibers: an iterator.",
    )
    .rest(),
    row(
        "reversed",
        &[],
        reversed,
        "`reversed()`: a new list of the items, last first. Of a range: a range; of a string: a string.",
    ),
    row(
        "unique",
        &[],
        unique,
        "`unique()`: a list of the items without those that are equal to an earlier one. Of iterators and fibers: an iterator.",
    ),
    row("flatten", &["depth"], flatten, "`flatten(depth = 1)`: a list with the items of lists and tuples in their place.")
        .optional(1),
    row(
        "chunks",
        &["size"],
        chunks,
        "`chunks(size)`: a list of lists of `size` items each; the last one may be shorter. Of iterators and fibers: an iterator.",
    ),
    row(
        "windows",
        &["size"],
        windows,
        "`windows(size)`: a list of lists of `size` neighbouring items. Of iterators and fibers: an iterator.",
    ),
];

fn to_list<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    collect(cx, args[0], IntoList)
}

fn to_tuple<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    collect(cx, args[0], IntoTuple)
}

fn is_empty<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(require_static)]
    struct IsZero;
    impl<'gc> Resume<'gc> for IsZero {
        fn resume(self, _: &mut Cx<'_, 'gc>, length: Value<'gc>) -> NativeResult<'gc> {
            Ok(Value::bool(matches!(length, Value::Int(0))))
        }
    }
    let has_length = is_built_in(&args[0]) || ops::method_of(cx.world, &args[0], cx.world.symbols.len).is_some();
    if !has_length && !is_stream(cx, &args[0]) {
        return call_prelude(cx, "_is_empty", vec![args[0]]);
    }
    let length = ops::length(cx, args[0]);
    ops::and_then(cx, length, IsZero)
}

/// Whether a value is iterated over only once.
fn is_stream<'gc>(cx: &mut Cx<'_, 'gc>, value: &Value<'gc>) -> bool {
    let name = cx.world.intern(cx.mc, "Stream");
    let stream = cx.world.core.get(name).map(|definition| definition.value());
    matches!(stream, Some(Value::Class(stream)) if cx.world.class_of(value).is_subclass_of(stream))
}

/// Which items of an iterable.
#[derive(Collect)]
#[collect(no_drop)]
enum Pick<'gc> {
    /// The first, or else this.
    First(Value<'gc>),
    /// The last, or else this.
    Last(Value<'gc>),
    /// A list of those from the first number up to the second.
    Slice(usize, usize),
}

impl<'gc> Pick<'gc> {
    /// Picks without copying everything, where that is easy.
    fn go(self, cx: &mut Cx<'_, 'gc>, iterable: Value<'gc>) -> NativeResult<'gc> {
        match iterable {
            Value::List(list) => {
                let items = list.items();
                self.pick(cx, &items)
            }
            Value::Tuple(tuple) => self.pick(cx, tuple.items()),
            Value::Range(range) => {
                let length = range.len();
                match self {
                    Pick::First(default) | Pick::Last(default) if length == 0 => Ok(default),
                    Pick::First(_) => Ok(Value::Int(range.get(0))),
                    Pick::Last(_) => Ok(Value::Int(range.get(length - 1))),
                    Pick::Slice(from, to) => {
                        let items = items::range_items(cx, &range, from, to)?;
                        Ok(new_list(cx, items))
                    }
                }
            }
            _ => match self {
                Pick::First(default) if is_built_in(&iterable) => Ok(end_of(cx, &iterable, End::First).unwrap_or(default)),
                Pick::Last(default) if is_built_in(&iterable) => Ok(end_of(cx, &iterable, End::Last).unwrap_or(default)),
                _ if is_built_in(&iterable) => collect(cx, iterable, self),
                // There may be no end.
                Pick::First(default) => call_prelude(cx, "_first", vec![iterable, default]),
                Pick::Slice(0, to) => call_prelude(cx, "_take", vec![iterable, new_int(to)]),
                _ => collect(cx, iterable, self),
            },
        }
    }

    fn pick(self, cx: &mut Cx<'_, 'gc>, items: &[Value<'gc>]) -> NativeResult<'gc> {
        Ok(match self {
            Pick::First(default) => items.first().copied().unwrap_or(default),
            Pick::Last(default) => items.last().copied().unwrap_or(default),
            Pick::Slice(from, to) => {
                let to = to.min(items.len());
                new_list(cx, items[from.min(to)..to].to_vec())
            }
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// The first or last item of a string, byte string, set or map.
fn end_of<'gc>(cx: &mut Cx<'_, 'gc>, iterable: &Value<'gc>, end: End) -> Option<Value<'gc>> {
    let is_first = end == End::First;
    let of_table =
        |table: &MapTable<'gc>| if is_first { table.next_from(0).map(|(_, entry)| *entry) } else { table.last().copied() };
    match iterable {
        Value::Str(text) => {
            let mut characters = text.as_str().chars();
            let c = if is_first { characters.next() } else { characters.next_back() }?;
            Some(items::new_char(cx, c))
        }
        Value::Bytes(bytes) => {
            let byte = if is_first { bytes.data.first() } else { bytes.data.last() }?;
            Some(Value::Int(i64::from(*byte)))
        }
        Value::Set(set) => of_table(&set.table()).map(|entry| entry.key),
        Value::Map(map) => {
            let entry = of_table(&map.table())?;
            Some(new_tuple(cx, [entry.key, entry.value]))
        }
        _ => None,
    }
}

impl<'gc> WithItems<'gc> for Pick<'gc> {
    fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
        self.pick(cx, &items)
    }
}

fn first<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Pick::First(given(args, 1).unwrap_or_default()).go(cx, args[0])
}

fn last<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Pick::Last(given(args, 1).unwrap_or_default()).go(cx, args[0])
}

fn take<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let count = args::count(cx, "take", "count", args[1])?;
    Pick::Slice(0, count).go(cx, args[0])
}

fn drop_first<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let count = args::count(cx, "drop", "count", args[1])?;
    Pick::Slice(count, usize::MAX).go(cx, args[0])
}

fn contains<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    if is_built_in(&args[0]) {
        let found = ops::contains(cx, args[1], args[0]);
        return ops::truth(cx, found);
    }
    call_prelude(cx, "_contains", vec![args[0], args[1]])
}

/// `value in xs`, where `xs` is no built-in collection: what its `contains` says.
fn contains_operator<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let name = cx.world.intern(cx.mc, "contains");
    match ops::method_of(cx.world, &args[0], name) {
        Some(method) => ops::call(method, args.to_vec()),
        None => contains(cx, args),
    }
}

fn count<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    collect(cx, args[0], Count { value: given(args, 1), items: Vec::new(), next: 0, found: 0 })
}

/// Counts items that are equal to a value.
#[derive(Collect)]
#[collect(no_drop)]
struct Count<'gc> {
    value: Option<Value<'gc>>,
    items: Vec<Value<'gc>>,
    next: usize,
    found: usize,
}

impl<'gc> Count<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        let Some(value) = self.value else { return Ok(new_int(self.items.len())) };
        while let Some(item) = self.items.get(self.next).copied() {
            self.next += 1;
            if item.same(&value) {
                self.found += 1;
                continue;
            }
            match ops::equal(cx, item, value) {
                Ok(equal) => self.found += usize::from(equal.is_truthy()),
                Err(control) => return ops::suspend(cx, control, self),
            }
        }
        Ok(new_int(self.found))
    }
}

impl<'gc> WithItems<'gc> for Count<'gc> {
    fn with_items(mut self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
        self.items = items;
        self.go(cx)
    }
}

impl<'gc> Resume<'gc> for Count<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, equal: Value<'gc>) -> NativeResult<'gc> {
        self.found += usize::from(equal.is_truthy());
        self.go(cx)
    }
}

/// `sum(items, start = 0)`, as a function and as a method.
pub(crate) fn sum<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let start = given(args, 1).unwrap_or(Value::Int(0));
    if let Value::Range(range) = args[0] {
        return sum_of_range(cx, &range, start);
    }
    collect(cx, args[0], Sum { start })
}

#[derive(Collect)]
#[collect(no_drop)]
struct Sum<'gc> {
    start: Value<'gc>,
}

impl<'gc> WithItems<'gc> for Sum<'gc> {
    fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
        let mut total = self.start;
        for (i, item) in items.iter().enumerate() {
            total = match (total, *item) {
                (Value::Int(a), Value::Int(b)) if a.checked_add(b).is_some() => Value::Int(a + b),
                (Value::Float(a), Value::Float(b)) => Value::Float(a + b),
                (Value::Int(_) | Value::Float(_) | Value::BigInt(_), Value::Int(_) | Value::Float(_) | Value::BigInt(_)) => {
                    ops::arith(cx, ArithOp::Add, total, *item)?
                }
                _ => return sum_of_others(cx, total, &items[i..]),
            };
        }
        Ok(total)
    }
}

/// The sum of what are not numbers. Strings and lists are put together in one go.
fn sum_of_others<'gc>(cx: &mut Cx<'_, 'gc>, start: Value<'gc>, items: &[Value<'gc>]) -> NativeResult<'gc> {
    match start {
        Value::Str(_) if items.iter().all(|item| matches!(item, Value::Str(_))) => {
            let parts: Vec<Value<'gc>> = std::iter::once(&start).chain(items).copied().collect();
            ops::concat(cx, &parts)
        }
        Value::List(_) if items.iter().all(|item| matches!(item, Value::List(_))) => {
            let lists = || std::iter::once(&start).chain(items);
            let length = lists().map(|list| if let Value::List(list) = list { list.len() } else { 0 }).sum();
            let mut joined = with_room(cx, length)?;
            lists().for_each(|list| joined.extend(items::list_items(list)));
            Ok(new_list(cx, joined))
        }
        _ => {
            let rest = new_list(cx, items.to_vec());
            call_prelude(cx, "_sum", vec![rest, start])
        }
    }
}

fn sum_of_range<'gc>(cx: &mut Cx<'_, 'gc>, range: &RangeObject, start: Value<'gc>) -> NativeResult<'gc> {
    let total = match range.len() {
        0 => BigInt::ZERO,
        length => (BigInt::from(range.get(0)) + range.get(length - 1)) * length / 2,
    };
    let total = ops::int_from_big(cx.mc, total);
    ops::arith(cx, ArithOp::Add, start, total)
}

fn min<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    extreme(cx, "min", args, Ordering::Less)
}

fn max<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    extreme(cx, "max", args, Ordering::Greater)
}

/// `min` and `max`, as functions and as methods: `args` are key, default, and one iterable or several values.
pub(crate) fn extreme<'gc>(cx: &mut Cx<'_, 'gc>, native: &'static str, args: &[Value<'gc>], wanted: Ordering) -> NativeResult<'gc> {
    let key = given_not_nil(args, 0);
    let extreme = Extreme { native, key, default: given(args, 1), wanted };
    match &args[2..] {
        [Value::Range(range)] if key.is_none() && !range.is_empty() => {
            let (first, last) = (range.get(0), range.get(range.len() - 1));
            Ok(Value::Int(if wanted == Ordering::Less { first.min(last) } else { first.max(last) }))
        }
        [iterable] => collect(cx, *iterable, extreme),
        values => extreme.with_items(cx, values.to_vec()),
    }
}

#[derive(Collect)]
#[collect(no_drop)]
struct Extreme<'gc> {
    native: &'static str,
    key: Option<Value<'gc>>,
    default: Option<Value<'gc>>,
    #[collect(require_static)]
    wanted: Ordering,
}

impl<'gc> WithItems<'gc> for Extreme<'gc> {
    fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
        let Some(first) = items.first() else {
            let missing = || format!("`{}` of nothing; `default:` gives a value for this case", self.native);
            return self.default.ok_or_else(|| cx.value_error(missing()));
        };
        if self.key.is_none()
            && let Some(best) = self.native_best(cx, *first, &items[1..])?
        {
            return Ok(best);
        }
        let items = new_list(cx, items);
        let greatest = Value::bool(self.wanted == Ordering::Greater);
        call_prelude(cx, "_extreme", vec![items, self.key.unwrap_or_default(), greatest])
    }
}

impl<'gc> Extreme<'gc> {
    /// The best item; `None` when only the program can tell.
    fn native_best(&self, cx: &mut Cx<'_, 'gc>, first: Value<'gc>, rest: &[Value<'gc>]) -> Result<Option<Value<'gc>>, Raised<'gc>> {
        let mut best = first;
        for item in rest {
            let (a, b) = if self.wanted == Ordering::Less { (*item, best) } else { (best, *item) };
            match sort::less_or_ask(cx, a, b)? {
                Some(true) => best = *item,
                Some(false) => {}
                None => return Ok(None),
            }
        }
        Ok(Some(best))
    }
}

fn min_by<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    extreme(cx, "min_by", &[args[1], Value::Nil, args[0]], Ordering::Less)
}

fn max_by<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    extreme(cx, "max_by", &[args[1], Value::Nil, args[0]], Ordering::Greater)
}

/// `sorted(items, key:, reverse:)`, as a function and as a method.
pub(crate) fn sorted<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(no_drop)]
    struct Sorted<'gc> {
        key: Option<Value<'gc>>,
        direction: Direction,
    }
    impl<'gc> WithItems<'gc> for Sorted<'gc> {
        fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
            sort::sorted(cx, items, self.key, self.direction)
        }
    }
    let direction = Direction::of_reverse(given(args, 1));
    collect(cx, args[2], Sorted { key: given_not_nil(args, 0), direction })
}

fn sorted_by<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    sorted(cx, &[args[1], given(args, 2).unwrap_or_default(), args[0]])
}

fn join<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let separator = given(args, 1).unwrap_or_else(|| cx.str(""));
    join_with(cx, separator, args[0])
}

/// The texts of the items of `iterable` with `separator` between them.
pub(crate) fn join_with<'gc>(cx: &mut Cx<'_, 'gc>, separator: Value<'gc>, iterable: Value<'gc>) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(no_drop)]
    struct Join<'gc>(Value<'gc>);
    impl<'gc> WithItems<'gc> for Join<'gc> {
        fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
            if matches!(self.0, Value::Str(separator) if separator.byte_len() == 0) {
                return ops::concat(cx, &items);
            }
            let mut parts = with_room(cx, items.len().saturating_mul(2))?;
            for (i, item) in items.into_iter().enumerate() {
                if i > 0 {
                    parts.push(self.0);
                }
                parts.push(item);
            }
            ops::concat(cx, &parts)
        }
    }
    args::text(cx, "join", "separator", separator)?;
    collect(cx, iterable, Join(separator))
}

fn enumerate<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(require_static)]
    struct Enumerate {
        start: i64,
    }
    impl<'gc> WithItems<'gc> for Enumerate {
        fn with_items(self, cx: &mut Cx<'_, 'gc>, mut items: Vec<Value<'gc>>) -> NativeResult<'gc> {
            check_room(cx, items.len().saturating_mul(96))?;
            for (i, item) in items.iter_mut().enumerate() {
                let number = match self.start.checked_add(i as i64) {
                    Some(number) => Value::Int(number),
                    None => ops::int_from_big(cx.mc, BigInt::from(self.start) + i),
                };
                *item = new_tuple(cx, [number, *item]);
            }
            Ok(new_list(cx, items))
        }
    }
    let start = given(args, 1).unwrap_or(Value::Int(0));
    let start = args::int(cx, "enumerate", "start", start)?;
    collect(cx, args[0], Enumerate { start })
}

fn zip<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    if !args.iter().all(is_built_in) {
        let iterables = new_list(cx, args.to_vec());
        return call_prelude(cx, "_zip", vec![iterables]);
    }
    // A range may be as long as it likes if something else is shorter.
    let shortest = args.iter().filter_map(|value| known_length(value)).min().unwrap_or(0);
    let mut iterables = args.to_vec();
    for value in &mut iterables {
        if let Value::Range(range) = value
            && range.len() > shortest
        {
            let cut = items::range_items(cx, range, 0, shortest as usize)?;
            *value = new_list(cx, cut);
        }
    }
    collect_all(cx, &iterables, Zip)
}

/// The length of a built-in iterable.
fn known_length(value: &Value<'_>) -> Option<u64> {
    Some(match value {
        Value::List(list) => list.len() as u64,
        Value::Tuple(tuple) => tuple.items().len() as u64,
        Value::Set(set) => set.len() as u64,
        Value::Map(map) => map.len() as u64,
        Value::Bytes(bytes) => bytes.data.len() as u64,
        Value::Str(text) => text.char_len() as u64,
        Value::Range(range) => range.len(),
        _ => return None,
    })
}

#[derive(Collect)]
#[collect(require_static)]
struct Zip;

impl<'gc> WithLists<'gc> for Zip {
    fn with_lists(self, cx: &mut Cx<'_, 'gc>, lists: Vec<Vec<Value<'gc>>>) -> NativeResult<'gc> {
        let length = lists.iter().map(Vec::len).min().unwrap_or(0);
        check_room(cx, length.saturating_mul(64 + 16 * lists.len()))?;
        let mut tuples = with_room(cx, length)?;
        for i in 0..length {
            let items: Vec<Value<'gc>> = lists.iter().map(|list| list[i]).collect();
            tuples.push(new_tuple(cx, items));
        }
        Ok(new_list(cx, tuples))
    }
}

fn reversed<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(require_static)]
    struct Reversed;
    impl<'gc> WithItems<'gc> for Reversed {
        fn with_items(self, cx: &mut Cx<'_, 'gc>, mut items: Vec<Value<'gc>>) -> NativeResult<'gc> {
            items.reverse();
            Ok(new_list(cx, items))
        }
    }
    collect(cx, args[0], Reversed)
}

fn unique<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(require_static)]
    struct Unique;
    impl<'gc> WithItems<'gc> for Unique {
        fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
            if items.iter().all(|item| items::is_hashable(cx, item)) {
                let set = set::from_items(cx, items);
                return ops::and_then(cx, set, set::IntoItems);
            }
            let items = new_list(cx, items);
            call_prelude(cx, "_unique", vec![items])
        }
    }
    collect(cx, args[0], Unique)
}

fn flatten<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(require_static)]
    struct Flatten {
        depth: usize,
    }
    impl<'gc> WithItems<'gc> for Flatten {
        fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
            let mut flat = Vec::new();
            // Items that are left, the next one last, with how deep they may still be opened.
            let mut pending: Vec<(Value<'gc>, usize)> = items.into_iter().rev().map(|item| (item, self.depth)).collect();
            let mut opened = 0_usize;
            while let Some((item, depth)) = pending.pop() {
                match item {
                    Value::List(_) | Value::Tuple(_) if depth > 0 => {
                        pending.extend(items::list_items(&item).into_iter().rev().map(|item| (item, depth - 1)));
                        // Shared parts are opened each time they are met, which may be very often.
                        opened += 1;
                        check_room(cx, (opened + pending.len()) * size_of::<(Value, usize)>())?;
                    }
                    _ => flat.push(item),
                }
                if flat.len() == flat.capacity() {
                    check_room(cx, flat.len() * 2 * size_of::<Value>())?;
                }
            }
            Ok(new_list(cx, flat))
        }
    }
    let depth = given(args, 1).unwrap_or(Value::Int(1));
    let depth = args::count(cx, "flatten", "depth", depth)?;
    // Deeper than any value may be; a list that contains itself would go on for ever.
    let depth = depth.min(vm::limits::VALUE_DEPTH_MAX);
    collect(cx, args[0], Flatten { depth })
}

/// How items are put together to lists.
#[derive(Collect)]
#[collect(require_static)]
enum Groups {
    Chunks(usize),
    Windows(usize),
}

impl<'gc> WithItems<'gc> for Groups {
    fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
        let mut lists = Vec::new();
        match self {
            Groups::Chunks(size) => {
                check_room(cx, items.len().div_ceil(size).saturating_mul(64 + size.min(items.len()) * size_of::<Value>()))?;
                for chunk in items.chunks(size) {
                    lists.push(new_list(cx, chunk.to_vec()));
                }
            }
            Groups::Windows(size) if size > items.len() => {}
            Groups::Windows(size) => {
                check_room(cx, (items.len() - size + 1).saturating_mul(64 + size * size_of::<Value>()))?;
                for window in items.windows(size) {
                    lists.push(new_list(cx, window.to_vec()));
                }
            }
        }
        Ok(new_list(cx, lists))
    }
}

fn chunks<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let size = args::size(cx, "chunks", "size", args[1])?;
    collect(cx, args[0], Groups::Chunks(size))
}

fn windows<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let size = args::size(cx, "windows", "size", args[1])?;
    collect(cx, args[0], Groups::Windows(size))
}
