//! Methods of lists that change them. What they share with tuples is in `sequence`, with all iterables in `iterable`.
//!
//! Methods that change the list in place give nil, unless they have something to say.

use crate::args::{self, check_room, clamp_bound, given, given_not_nil, new_list, position};
use crate::items::{WithItems, WithLists, collect, collect_all};
use crate::sequence;
use crate::sort::{self, Direction, Refill};
use crate::table::{Row, row};
use gc_arena::{Collect, Gc};
use vm::heap::Value;
use vm::object::{Cx, ErrorKind, List, NativeResult};
use vm::ops;

/// Methods of lists.
pub(crate) const METHODS: &[Row] = &[
    row("push", &[], push, "`push(...values)`: appends the values.").rest(),
    row("append", &[], push, "`append(...values)`: appends the values; the same as `push`.").rest(),
    row(
        "pop",
        &["index"],
        pop,
        "`pop(index = -1)`: removes an item, without index the last one, and gives it. IndexError if there is none.",
    )
    .optional(1),
    row(
        "insert",
        &["index", "value"],
        insert,
        "`insert(index, value)`: makes room before an index. The length as index appends; IndexError beyond.",
    ),
    row("remove", &["value"], sequence::remove, "`remove(value)`: removes the first equal item. ValueError if there is none."),
    row("discard", &["value"], sequence::discard, "`discard(value)`: removes the first equal item; whether there was one."),
    row("clear", &[], clear, "`clear()`: removes all items."),
    row("extend", &[], extend, "`extend(...iterables)`: appends all items of the iterables.").rest(),
    row("sort", &[], sort_in_place, "`sort(key: nil, reverse: false)`: orders the list itself. The sort is stable.")
        .only(&["key", "reverse"]),
    row(
        "sort_by",
        &["key", "reverse"],
        sort_by,
        "`sort_by(key, reverse = false)`: orders the list itself by the function's results. The sort is stable.",
    )
    .optional(1),
    row("reverse", &[], reverse, "`reverse()`: turns the list itself around."),
    row("swap", &["a", "b"], swap, "`swap(a, b)`: exchanges the items at two indices."),
    row("fill", &["value"], fill, "`fill(value)`: makes every item this value."),
    row(
        "splice",
        &["from", "to", "items"],
        splice,
        "`splice(from, to, items = [])`: puts other items in the place of those from one index up to, not including, another; gives a \
         list of those that are gone.",
    )
    .optional(1),
    row("rotate", &["count"], rotate, "`rotate(count = 1)`: moves the first items to the end; with a negative count the last ones to the start.")
        .optional(1),
    row("truncate", &["length"], truncate, "`truncate(length)`: removes the items after the first `length` ones."),
    row("copy", &[], copy, "`copy()`: a new list of the same items."),
];

fn push<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, args)?;
    for value in &args[1..] {
        // The interpreter appends without charge while there is room, so that room is charged for when it is made.
        if list.is_full() {
            check_room(cx, size_of::<Value>() * list.len())?;
            cx.world.charge(size_of::<Value>() * list.len().max(4));
        }
        List::push(list, cx.mc, *value);
    }
    Ok(Value::Nil)
}

fn pop<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, args)?;
    let length = list.len();
    let index = match given(args, 1) {
        Some(index) => args::bound(cx, "pop", "index", index)?,
        None => -1,
    };
    match position(index, length) {
        Some(at) => Ok({
            cx.world.spend((length - at) / 16);
            List::modify(list, cx.mc, |items| if at + 1 == length { items.pop() } else { Some(items.remove(at)) })
                .unwrap_or_default()
        }),
        None if length == 0 => Err(cx.raise(ErrorKind::IndexError, "`pop` of an empty list")),
        None => Err(out_of_range(cx, "pop", index, length)),
    }
}

#[cold]
fn out_of_range<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, index: i64, length: usize) -> args::Raised<'gc> {
    let message = format!("`{native}`: index {index} is out of range for a List of length {length}");
    cx.raise(ErrorKind::IndexError, message)
}

fn insert<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, args)?;
    let length = list.len();
    let index = args::bound(cx, "insert", "index", args[1])?;
    let at = if index == length as i64 { Some(length) } else { position(index, length) };
    let Some(at) = at else { return Err(out_of_range(cx, "insert", index, length)) };
    cx.world.charge(size_of::<Value>());
    cx.world.spend((length - at) / 16);
    List::modify(list, cx.mc, |items| items.insert(at, args[2]));
    Ok(Value::Nil)
}

fn clear<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, args)?;
    List::modify(list, cx.mc, |items| *items = Vec::new());
    Ok(Value::Nil)
}

fn extend<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(no_drop)]
    struct Extend<'gc>(Gc<'gc, List<'gc>>);
    impl<'gc> WithLists<'gc> for Extend<'gc> {
        fn with_lists(self, cx: &mut Cx<'_, 'gc>, lists: Vec<Vec<Value<'gc>>>) -> NativeResult<'gc> {
            let added: usize = lists.iter().map(Vec::len).sum();
            check_room(cx, (self.0.len() + added).saturating_mul(size_of::<Value>()))?;
            cx.world.charge(added * size_of::<Value>());
            List::modify(self.0, cx.mc, |items| lists.into_iter().for_each(|list| items.extend(list)));
            Ok(Value::Nil)
        }
    }
    let list = args::list(cx, args)?;
    collect_all(cx, &args[1..], Extend(list))
}

fn sort_in_place<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, &args[2..])?;
    let direction = Direction::of_reverse(given(args, 1));
    let before = list.to_vec();
    let sorted = sort::sorted(cx, before.clone(), given_not_nil(args, 0), direction);
    ops::and_then(cx, sorted, Refill { target: args[2], before })
}

fn sort_by<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    sort_in_place(cx, &[args[1], given(args, 2).unwrap_or_default(), args[0]])
}

fn reverse<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, args)?;
    List::modify(list, cx.mc, |items| items.reverse());
    Ok(Value::Nil)
}

fn swap<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, args)?;
    let length = list.len();
    let mut places = [0; 2];
    for (place, (param, value)) in places.iter_mut().zip([("a", args[1]), ("b", args[2])]) {
        let index = args::bound(cx, "swap", param, value)?;
        *place = position(index, length).ok_or_else(|| out_of_range(cx, "swap", index, length))?;
    }
    List::modify(list, cx.mc, |items| items.swap(places[0], places[1]));
    Ok(Value::Nil)
}

fn fill<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, args)?;
    List::modify(list, cx.mc, |items| items.fill(args[1]));
    Ok(Value::Nil)
}

fn splice<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    #[derive(Collect)]
    #[collect(no_drop)]
    struct Splice<'gc> {
        list: Gc<'gc, List<'gc>>,
        from: i64,
        to: Option<i64>,
    }
    impl<'gc> WithItems<'gc> for Splice<'gc> {
        fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
            let length = self.list.len();
            let from = clamp_bound(self.from, length);
            let to = self.to.map_or(length, |to| clamp_bound(to, length)).max(from);
            check_room(cx, (length + items.len()).saturating_mul(size_of::<Value>()))?;
            cx.world.charge(items.len() * size_of::<Value>());
            let gone = List::modify(self.list, cx.mc, |all| all.splice(from..to, items).collect());
            Ok(new_list(cx, gone))
        }
    }
    let list = args::list(cx, args)?;
    let from = args::bound(cx, "splice", "from", args[1])?;
    let to = if args[2].is_nil() { None } else { Some(args::bound(cx, "splice", "to", args[2])?) };
    let splice = Splice { list, from, to };
    match given(args, 3) {
        Some(items) => collect(cx, items, splice),
        None => splice.with_items(cx, Vec::new()),
    }
}

fn rotate<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, args)?;
    let count = args::int(cx, "rotate", "count", given(args, 1).unwrap_or(Value::Int(1)))?;
    List::modify(list, cx.mc, |items| {
        if !items.is_empty() {
            let count = count.rem_euclid(items.len() as i64) as usize;
            items.rotate_left(count);
        }
    });
    Ok(Value::Nil)
}

fn truncate<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, args)?;
    let length = args::count(cx, "truncate", "length", args[1])?;
    List::modify(list, cx.mc, |items| items.truncate(length));
    Ok(Value::Nil)
}

fn copy<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let list = args::list(cx, args)?;
    let items = list.to_vec();
    Ok(new_list(cx, items))
}
