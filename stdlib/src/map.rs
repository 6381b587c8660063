//! Methods of maps. Keys may need the program's `hash` and `==`, so that loops over keys can wait and go on.

use crate::args::{self, given, new_list, new_tuple, with_room};
use crate::items::{Give, WithItems, WithLists, collect, collect_all, list_items};
use crate::sequence;
use crate::table::{Row, row};
use gc_arena::{Collect, Gc};
use vm::heap::Value;
use vm::object::{Cx, ErrorKind, Map, NativeResult};
use vm::ops::{self, Resume};

/// Methods of maps.
pub(crate) const METHODS: &[Row] = &[
    row("len", &[], sequence::len, "`len()`: the number of pairs."),
    row("iter", &[], sequence::iter, "`iter()`: an iterator over the pairs `(key, value)` in the order the keys were added."),
    row("get", &["key", "default"], get, "`get(key, default = nil)`: the value of a key, or the default.").optional(1),
    row("has", &["key"], has, "`has(key)`: whether the key is there; `key in m`."),
    row("contains", &["key"], has, "`contains(key)`: whether the key is there; the same as `has`."),
    row("keys", &[], keys, "`keys()`: a list of the keys."),
    row("values", &[], values, "`values()`: a list of the values."),
    row("items", &[], items, "`items()`: a list of the pairs `(key, value)`."),
    row("set", &["key", "value"], set, "`set(key, value)`: gives a key a value; `m[key] = value`."),
    row("remove", &["key"], remove, "`remove(key)`: removes a key and gives its value. KeyError if it is not there."),
    row(
        "pop",
        &["key", "default"],
        pop,
        "`pop(key, default)`: removes a key and gives its value, or the default. KeyError without default.",
    )
    .optional(1),
    row("discard", &["key"], discard, "`discard(key)`: removes a key; whether it was there."),
    row(
        "get_or_insert",
        &["key", "default"],
        get_or_insert,
        "`get_or_insert(key, default)`: the value of a key, which gets the default if it is not there.",
    ),
    row("update", &[], update, "`update(...others)`: takes over the pairs of maps, or of iterables of pairs.").rest(),
    row("merge", &[], merge, "`merge(...others)`: a new map of the pairs of all; later ones win; `a | b`.").rest(),
    row("|", &["other"], merge_operator, "`|(other)`: a new map of the pairs of both; those of the right one win."),
    row("inverted", &[], inverted, "`inverted()`: a map from the values to the keys."),
    row("clear", &[], clear, "`clear()`: removes all pairs."),
    row("copy", &[], copy, "`copy()`: a new map of the same pairs."),
];

fn new_map<'gc>(cx: &mut Cx<'_, 'gc>) -> Gc<'gc, Map<'gc>> {
    cx.world.charge(96);
    Map::new(cx.mc)
}

fn copy_of<'gc>(cx: &mut Cx<'_, 'gc>, map: Gc<'gc, Map<'gc>>) -> Gc<'gc, Map<'gc>> {
    let copy = new_map(cx);
    cx.world.charge(map.len() * 64);
    for entry in map.table().iter() {
        Map::push(copy, cx.mc, *entry);
    }
    copy
}

/// What to do when a key is not there.
#[derive(Collect)]
#[collect(no_drop)]
enum Missing<'gc> {
    /// Give this instead.
    Default(Value<'gc>),
    /// KeyError for this key.
    Raise(Value<'gc>),
    /// Give whether it was there.
    Tell,
    /// Store this value under this key of this map, and give it.
    Insert(Gc<'gc, Map<'gc>>, Value<'gc>, Value<'gc>),
}

impl<'gc> Resume<'gc> for Missing<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, found: Value<'gc>) -> NativeResult<'gc> {
        match self {
            Missing::Tell => Ok(Value::bool(!found.is_unset())),
            _ if !found.is_unset() => Ok(found),
            Missing::Default(default) => Ok(default),
            Missing::Raise(key) => {
                let message = format!("the map has no key {}", ops::describe(cx, &key));
                Err(cx.raise(ErrorKind::KeyError, message))
            }
            Missing::Insert(map, key, value) => {
                let stored = ops::map_set(cx, map, key, value);
                ops::and_then(cx, stored, Give(value))
            }
        }
    }
}

fn get<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    let found = ops::map_get(cx, map, args[1]);
    let default = given(args, 2).unwrap_or_default();
    ops::and_then(cx, found, Missing::Default(default))
}

fn has<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    ops::map_contains(cx, map, args[1])
}

fn keys<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    let keys = map.table().iter().map(|entry| entry.key).collect();
    Ok(new_list(cx, keys))
}

fn values<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    let values = map.table().iter().map(|entry| entry.value).collect();
    Ok(new_list(cx, values))
}

fn items<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    let mut pairs = with_room(cx, map.len())?;
    for entry in map.table().iter() {
        pairs.push(new_tuple(cx, [entry.key, entry.value]));
    }
    Ok(new_list(cx, pairs))
}

fn set<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    ops::map_set(cx, map, args[1], args[2])
}

fn remove<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    let removed = ops::map_remove(cx, map, args[1]);
    ops::and_then(cx, removed, Missing::Raise(args[1]))
}

fn pop<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    let removed = ops::map_remove(cx, map, args[1]);
    let missing = given(args, 2).map_or(Missing::Raise(args[1]), Missing::Default);
    ops::and_then(cx, removed, missing)
}

fn discard<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    let removed = ops::map_remove(cx, map, args[1]);
    ops::and_then(cx, removed, Missing::Tell)
}

fn get_or_insert<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    let found = ops::map_get(cx, map, args[1]);
    ops::and_then(cx, found, Missing::Insert(map, args[1], args[2]))
}

/// Puts pairs into a map one after another, then gives a result.
#[derive(Collect)]
#[collect(no_drop)]
struct PutAll<'gc> {
    map: Gc<'gc, Map<'gc>>,
    pairs: Vec<(Value<'gc>, Value<'gc>)>,
    next: usize,
    result: Value<'gc>,
}

impl<'gc> PutAll<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some((key, value)) = self.pairs.get(self.next).copied() {
            self.next += 1;
            if let Err(control) = ops::map_set(cx, self.map, key, value) {
                return ops::suspend(cx, control, self);
            }
        }
        Ok(self.result)
    }
}

impl<'gc> Resume<'gc> for PutAll<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        self.go(cx)
    }
}

/// The pairs in the items of an iterable.
fn pairs_of<'gc>(cx: &mut Cx<'_, 'gc>, items: &[Value<'gc>]) -> Result<Vec<(Value<'gc>, Value<'gc>)>, args::Raised<'gc>> {
    let mut pairs = with_room(cx, items.len())?;
    for item in items {
        match (list_items(item).as_slice(), item) {
            ([key, value], Value::Tuple(_) | Value::List(_)) => pairs.push((*key, *value)),
            _ => {
                let message = format!("a map is made of pairs `(key, value)`, not of {}", ops::describe(cx, item));
                return Err(cx.type_error(message));
            }
        }
    }
    Ok(pairs)
}

/// Puts the pairs of lists into a map, then gives a result.
#[derive(Collect)]
#[collect(no_drop)]
struct PutLists<'gc> {
    map: Gc<'gc, Map<'gc>>,
    result: Value<'gc>,
}

impl<'gc> WithLists<'gc> for PutLists<'gc> {
    fn with_lists(self, cx: &mut Cx<'_, 'gc>, lists: Vec<Vec<Value<'gc>>>) -> NativeResult<'gc> {
        let pairs = pairs_of(cx, &lists.concat())?;
        PutAll { map: self.map, pairs, next: 0, result: self.result }.go(cx)
    }
}

impl<'gc> WithItems<'gc> for PutLists<'gc> {
    fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
        let pairs = pairs_of(cx, &items)?;
        PutAll { map: self.map, pairs, next: 0, result: self.result }.go(cx)
    }
}

/// Takes over the pairs of `others`, then gives a result.
fn put_others<'gc>(cx: &mut Cx<'_, 'gc>, map: Gc<'gc, Map<'gc>>, others: &[Value<'gc>], result: Value<'gc>) -> NativeResult<'gc> {
    if let [Value::Map(other)] = others {
        let pairs = other.table().iter().map(|entry| (entry.key, entry.value)).collect();
        return PutAll { map, pairs, next: 0, result }.go(cx);
    }
    collect_all(cx, others, PutLists { map, result })
}

fn update<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    put_others(cx, map, &args[1..], Value::Nil)
}

fn merge<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    let merged = copy_of(cx, map);
    put_others(cx, merged, &args[1..], Value::Map(merged))
}

fn merge_operator<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    if matches!(args[1], Value::Map(_)) {
        return merge(cx, args);
    }
    let message = format!("`|` is not defined for {} and {}", cx.type_name(&args[0]), cx.type_name(&args[1]));
    Err(cx.type_error(message))
}

fn inverted<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let source = args::map(cx, args)?;
    let pairs = source.table().iter().map(|entry| (entry.value, entry.key)).collect();
    let map = new_map(cx);
    PutAll { map, pairs, next: 0, result: Value::Map(map) }.go(cx)
}

fn clear<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Map::clear(args::map(cx, args)?);
    Ok(Value::Nil)
}

fn copy<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let map = args::map(cx, args)?;
    Ok(Value::Map(copy_of(cx, map)))
}

/// `map(pairs)`
pub(crate) fn construct<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    match given(args, 0) {
        None => Ok(Value::Map(new_map(cx))),
        Some(Value::Map(map)) => Ok(Value::Map(copy_of(cx, map))),
        Some(pairs) => {
            let map = new_map(cx);
            collect(cx, pairs, PutLists { map, result: Value::Map(map) })
        }
    }
}
