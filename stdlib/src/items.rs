//! The items of iterables.
//!
//! Built-in iterables are read natively. Everything else, which has methods of the program or is a fiber, is collected by a function
//! of the prelude, and the native goes on when that has returned.

use crate::args::{Raised, check_room, new_list, new_str, new_tuple, with_room};
use gc_arena::{Collect, Gc};
use vm::heap::Value;
use vm::object::{Cx, IteratorObject, IteratorState, NativeResult, RangeObject};
use vm::ops::{self, HashResult, Resume};

/// Something that goes on with the items of an iterable.
pub(crate) trait WithItems<'gc>: Collect<'gc> + Sized + 'gc {
    /// Goes on.
    fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc>;
}

/// Something that goes on with the items of several iterables.
pub(crate) trait WithLists<'gc>: Collect<'gc> + Sized + 'gc {
    /// Goes on.
    fn with_lists(self, cx: &mut Cx<'_, 'gc>, lists: Vec<Vec<Value<'gc>>>) -> NativeResult<'gc>;
}

/// Hands all items of `iterable` to `next`.
pub(crate) fn collect<'gc, N: WithItems<'gc>>(cx: &mut Cx<'_, 'gc>, iterable: Value<'gc>, next: N) -> NativeResult<'gc> {
    match items_now(cx, &iterable)? {
        Some(items) => next.with_items(cx, items),
        None => {
            let collected = call_prelude(cx, "_collect", vec![iterable]);
            ops::and_then(cx, collected, Collected(next))
        }
    }
}

#[derive(Collect)]
#[collect(no_drop)]
struct Collected<N>(N);

impl<'gc, N: WithItems<'gc>> Resume<'gc> for Collected<N> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        let items = list_items(&result);
        self.0.with_items(cx, items)
    }
}

/// Hands all items of each of the iterables to `next`.
pub(crate) fn collect_all<'gc, N: WithLists<'gc>>(cx: &mut Cx<'_, 'gc>, iterables: &[Value<'gc>], next: N) -> NativeResult<'gc> {
    let mut pending = iterables.to_vec();
    pending.reverse();
    CollectAll { pending, lists: Vec::new(), next }.go(cx)
}

#[derive(Collect)]
#[collect(no_drop)]
struct CollectAll<'gc, N> {
    /// What is left to read, the next one last.
    pending: Vec<Value<'gc>>,
    lists: Vec<Vec<Value<'gc>>>,
    next: N,
}

impl<'gc, N: WithLists<'gc>> CollectAll<'gc, N> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        while let Some(iterable) = self.pending.pop() {
            match items_now(cx, &iterable)? {
                Some(items) => self.lists.push(items),
                None => {
                    let collected = call_prelude(cx, "_collect", vec![iterable]);
                    return ops::and_then(cx, collected, self);
                }
            }
        }
        self.next.with_lists(cx, self.lists)
    }
}

impl<'gc, N: WithLists<'gc>> Resume<'gc> for CollectAll<'gc, N> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        self.lists.push(list_items(&result));
        self.go(cx)
    }
}

/// The items of a list or tuple.
pub(crate) fn list_items<'gc>(value: &Value<'gc>) -> Vec<Value<'gc>> {
    match value {
        Value::List(list) => list.to_vec(),
        Value::Tuple(tuple) => tuple.items().to_vec(),
        _ => Vec::new(),
    }
}

/// The items of a built-in iterable; `None` when the program must be asked; TypeError for what is not iterable.
pub(crate) fn items_now<'gc>(cx: &mut Cx<'_, 'gc>, iterable: &Value<'gc>) -> Result<Option<Vec<Value<'gc>>>, Raised<'gc>> {
    Ok(Some(match iterable {
        Value::List(list) => list.to_vec(),
        Value::Tuple(tuple) => tuple.items().to_vec(),
        Value::Set(set) => set.table().iter().map(|entry| entry.key).collect(),
        Value::Range(range) => range_items(cx, range, 0, usize::try_from(range.len()).unwrap_or(usize::MAX))?,
        Value::Bytes(bytes) => {
            let mut items = with_room(cx, bytes.data.len())?;
            items.extend(bytes.data.iter().map(|byte| Value::Int(i64::from(*byte))));
            items
        }
        Value::Str(text) => {
            let mut items = with_room(cx, text.char_len())?;
            for c in text.as_str().chars() {
                items.push(new_char(cx, c));
            }
            items
        }
        Value::Map(map) => {
            let mut items = with_room(cx, map.len())?;
            let table = map.table();
            for entry in table.iter() {
                items.push(new_tuple(cx, [entry.key, entry.value]));
            }
            items
        }
        Value::Iterator(iterator) => match iterator.state.get() {
            IteratorState::Object(_) => return Ok(None),
            _ => rest_of(cx, *iterator)?,
        },
        Value::Fiber(_) => return Ok(None),
        _ if is_iterable(cx, iterable) => return Ok(None),
        _ => {
            let message = format!("{} cannot be iterated over", cx.type_name(iterable));
            return Err(cx.type_error(message));
        }
    }))
}

/// Whether the items of a value can be read natively.
pub(crate) fn is_built_in(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::List(_) | Value::Tuple(_) | Value::Set(_) | Value::Range(_) | Value::Bytes(_) | Value::Str(_) | Value::Map(_)
    )
}

/// Whether a value can be a key.
pub(crate) fn is_hashable<'gc>(cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> bool {
    !matches!(ops::hash_now(cx.world, value), HashResult::Unhashable(_))
}

/// Whether a value's class says how it is iterated over.
fn is_iterable<'gc>(cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> bool {
    let symbols = &cx.world.symbols;
    [symbols.iter, symbols.next].into_iter().any(|name| ops::method_of(cx.world, value, name).is_some())
}

/// The values of a range from number `from` up to, not including, number `to`.
pub(crate) fn range_items<'gc>(
    cx: &mut Cx<'_, 'gc>,
    range: &RangeObject,
    from: usize,
    to: usize,
) -> Result<Vec<Value<'gc>>, Raised<'gc>> {
    let to = to.min(usize::try_from(range.len()).unwrap_or(usize::MAX));
    let mut items = with_room(cx, to.saturating_sub(from))?;
    items.extend((from..to).map(|i| Value::Int(range.get(i as u64))));
    Ok(items)
}

/// What is left of a built-in iterator.
fn rest_of<'gc>(cx: &mut Cx<'_, 'gc>, iterator: Gc<'gc, IteratorObject<'gc>>) -> Result<Vec<Value<'gc>>, Raised<'gc>> {
    let mut items = Vec::new();
    loop {
        match ops::iterator_next(cx, iterator)? {
            Value::Stop => return Ok(items),
            item => items.push(item),
        }
        if items.len() == items.capacity() {
            check_room(cx, items.len().saturating_mul(2 * size_of::<Value>()))?;
        }
    }
}

/// A string of one character.
pub(crate) fn new_char<'gc>(cx: &mut Cx<'_, 'gc>, c: char) -> Value<'gc> {
    new_str(cx, c.encode_utf8(&mut [0; 4]))
}

/// The request to call a function of the prelude; TypeError if there is no prelude.
pub(crate) fn call_prelude<'gc>(cx: &mut Cx<'_, 'gc>, name: &str, args: Vec<Value<'gc>>) -> NativeResult<'gc> {
    let symbol = cx.world.intern(cx.mc, name);
    match cx.world.core.get(symbol).map(|definition| definition.value()) {
        Some(function) if !function.is_unset() => ops::call(function, args),
        _ => Err(cx.type_error(format!("this needs `{name}` of the library's prelude, which is not loaded"))),
    }
}

/// `list(items)`
#[derive(Collect)]
#[collect(require_static)]
pub(crate) struct IntoList;

impl<'gc> WithItems<'gc> for IntoList {
    fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
        Ok(new_list(cx, items))
    }
}

/// `tuple(items)`
#[derive(Collect)]
#[collect(require_static)]
pub(crate) struct IntoTuple;

impl<'gc> WithItems<'gc> for IntoTuple {
    fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
        Ok(new_tuple(cx, items))
    }
}

/// Gives a value that was known before.
#[derive(Collect)]
#[collect(no_drop)]
pub(crate) struct Give<'gc>(pub(crate) Value<'gc>);

impl<'gc> Resume<'gc> for Give<'gc> {
    fn resume(self, _: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        Ok(self.0)
    }
}
