//! What lists and tuples have in common.

use crate::args::{self, Raised, clamp_bound, given, new_int, position, wrong_receiver};
use crate::table::{Row, row};
use gc_arena::Collect;
use vm::heap::Value;
use vm::object::{Cx, ErrorKind, List, NativeResult};
use vm::ops::{self, Resume};

/// Methods of lists and of tuples.
pub(crate) const METHODS: &[Row] = &[
    row("len", &[], len, "`len()`: the number of items."),
    row("iter", &[], iter, "`iter()`: an iterator over the items."),
    row("get", &["index", "default"], get, "`get(index, default = nil)`: the item, or the default where there is none.")
        .optional(1),
    row(
        "slice",
        &["from", "to"],
        slice,
        "`slice(from, to = nil)`: the items from one index up to, not including, another; `xs[from..to]`.",
    )
    .optional(1),
    row(
        "index_of",
        &["value", "from"],
        index_of,
        "`index_of(value, from = 0)`: the index of the first item that is equal to the value, or nil.",
    )
    .optional(1),
    row(
        "last_index_of",
        &["value"],
        last_index_of,
        "`last_index_of(value)`: the index of the last item that is equal to the value, or nil.",
    ),
];

/// `len(x)` as a method of built-in types.
pub(crate) fn len<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    ops::length(cx, args[0])
}

/// `iter(x)` as a method of built-in types.
pub(crate) fn iter<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    ops::iterator(cx, args[0])
}

/// `xs.get(index, default)` of everything with int indices.
pub(crate) fn get<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let index = args::bound(cx, "get", "index", args[1])?;
    let default = given(args, 2).unwrap_or_default();
    let length = match args[0] {
        Value::Str(text) => text.char_len(),
        Value::Bytes(bytes) => bytes.data.len(),
        Value::Range(range) => usize::try_from(range.len()).unwrap_or(usize::MAX),
        other => length(cx, &other)?,
    };
    match (position(index, length), args[0]) {
        (Some(at), Value::Range(range)) => Ok(Value::Int(range.get(at as u64))),
        (Some(at), sequence) => ops::get_index(cx, sequence, new_int(at)),
        (None, _) => Ok(default),
    }
}

/// `xs.slice(from, to)` of everything that can be sliced.
pub(crate) fn slice<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    ops::slice(cx, args[0], args[1], given(args, 2).unwrap_or_default(), false)
}

fn length<'gc>(cx: &mut Cx<'_, 'gc>, sequence: &Value<'gc>) -> Result<usize, Raised<'gc>> {
    match sequence {
        Value::List(list) => Ok(list.len()),
        Value::Tuple(tuple) => Ok(tuple.items().len()),
        other => Err(wrong_receiver(cx, "a List or a Tuple", Some(other))),
    }
}

fn index_of<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let from = given(args, 2).unwrap_or(Value::Int(0));
    let from = args::bound(cx, "index_of", "from", from)?;
    let at = clamp_bound(from, length(cx, &args[0])?);
    Search { sequence: args[0], value: args[1], at, found: Found::Index }.forwards(cx)
}

fn last_index_of<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let at = length(cx, &args[0])?;
    Search { sequence: args[0], value: args[1], at, found: Found::LastIndex }.backwards(cx)
}

/// `xs.remove(value)`
pub(crate) fn remove<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    args::list(cx, args)?;
    Search { sequence: args[0], value: args[1], at: 0, found: Found::Remove }.forwards(cx)
}

/// `xs.discard(value)`
pub(crate) fn discard<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    args::list(cx, args)?;
    Search { sequence: args[0], value: args[1], at: 0, found: Found::Discard }.forwards(cx)
}

/// What is done with the first equal item.
#[derive(Clone, Copy, PartialEq, Eq, Collect)]
#[collect(require_static)]
enum Found {
    /// Its index, or nil.
    Index,
    /// Its index, or nil; the search goes backwards.
    LastIndex,
    /// It is removed; ValueError if there is none.
    Remove,
    /// It is removed; whether there was one.
    Discard,
}

/// A search for an item that is equal to a value. The items are looked up afresh each time: `==` of the program may change them.
#[derive(Collect)]
#[collect(no_drop)]
struct Search<'gc> {
    sequence: Value<'gc>,
    value: Value<'gc>,
    /// The next index; one more than that when the search goes backwards.
    at: usize,
    found: Found,
}

impl<'gc> Search<'gc> {
    fn item(&self, i: usize) -> Option<Value<'gc>> {
        match self.sequence {
            Value::List(list) => list.get(i),
            Value::Tuple(tuple) => tuple.items().get(i).copied(),
            _ => None,
        }
    }

    fn forwards(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(item) = self.item(self.at) {
            self.at += 1;
            match self.is_equal(cx, item) {
                Ok(Value::True) => return Ok(self.act(cx, self.at - 1)),
                Ok(_) => {}
                Err(control) => return ops::suspend(cx, control, self),
            }
        }
        self.not_found(cx)
    }

    fn backwards(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while self.at > 0 {
            self.at -= 1;
            let Some(item) = self.item(self.at) else { continue };
            match self.is_equal(cx, item) {
                Ok(Value::True) => return Ok(self.act(cx, self.at)),
                Ok(_) => {}
                Err(control) => return ops::suspend(cx, control, self),
            }
        }
        self.not_found(cx)
    }

    fn is_equal(&self, cx: &mut Cx<'_, 'gc>, item: Value<'gc>) -> NativeResult<'gc> {
        if item.same(&self.value) {
            return Ok(Value::True);
        }
        let equal = ops::equal(cx, item, self.value)?;
        Ok(Value::bool(equal.is_truthy()))
    }

    fn act(&self, cx: &mut Cx<'_, 'gc>, i: usize) -> Value<'gc> {
        match (self.found, self.sequence) {
            (Found::Remove | Found::Discard, Value::List(list)) => {
                List::modify(list, cx.mc, |items| {
                    if i < items.len() {
                        items.remove(i);
                    }
                });
                if self.found == Found::Discard { Value::True } else { Value::Nil }
            }
            _ => new_int(i),
        }
    }

    fn not_found(&self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        match self.found {
            Found::Index | Found::LastIndex => Ok(Value::Nil),
            Found::Discard => Ok(Value::False),
            Found::Remove => {
                let message = format!("the list has no item {}", ops::describe(cx, &self.value));
                Err(cx.raise(ErrorKind::ValueError, message))
            }
        }
    }
}

impl<'gc> Resume<'gc> for Search<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, equal: Value<'gc>) -> NativeResult<'gc> {
        let backwards = self.found == Found::LastIndex;
        if equal.is_truthy() {
            return Ok(self.act(cx, if backwards { self.at } else { self.at - 1 }));
        }
        if backwards { self.backwards(cx) } else { self.forwards(cx) }
    }
}
