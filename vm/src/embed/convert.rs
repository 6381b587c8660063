//! Values between Rust and scripts.

use super::handle::Handle;
use crate::heap::Value;
use crate::object::{Cx, List, Map, Set, Tuple};
use crate::ops::{self, HashResult};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::rc::Rc;
use std::sync::Arc;

/// Rust values that scripts can be given.
///
/// Numbers, texts, `Option`, lists (`Vec`, arrays, sets as sets), maps, tuples, [`Handle`], [`Own`](super::Own), host types, and with
/// [`Serde`](super::Serde) whatever serde knows.
///
/// ```
/// use embed::prelude::*;
/// use embed::IntoScript;
///
/// /// Tells a script something.
/// fn tell(vm: &mut Vm, what: impl IntoScript) -> Result<String, Error> {
///     vm.call("main.told", (what,))
/// }
///
/// let mut vm = Vm::new();
/// vm.load_text("main.lang", "fn told(x) { repr(x) }")?;
/// assert_eq!(tell(&mut vm, 7)?, "7");
/// assert_eq!(tell(&mut vm, vec![Some("a"), None])?, "[\"a\", nil]");
/// assert_eq!(tell(&mut vm, (1.5, true))?, "(1.5, true)");
/// # Ok::<(), Error>(())
/// ```
pub trait IntoScript {
    /// The script value.
    ///
    /// # Panics
    /// If there is none; most types have always one. See [`IntoScript::try_into_script`].
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc>;

    /// The script value, or why there is none. Results of host functions are converted with it.
    ///
    /// # Errors
    /// What is wrong, with the path inside the value.
    fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String>
    where
        Self: Sized,
    {
        Ok(self.into_script(cx))
    }
}

/// Rust values that can be made from script values.
///
/// The types of [`IntoScript`], as far as they own what they have: `String`, and not `&str`.
///
/// ```
/// use embed::prelude::*;
/// use embed::FromScript;
///
/// /// A setting, or what stands in for it.
/// fn setting<T: FromScript>(vm: &mut Vm, name: &str, default: T) -> T {
///     vm.get(&format!("settings.{name}")).unwrap_or(default)
/// }
///
/// let mut vm = Vm::new();
/// vm.load_text("settings.lang", "let width = 640\nlet title = \"Pong\"")?;
/// assert_eq!(setting(&mut vm, "width", 320), 640);
/// assert_eq!(setting(&mut vm, "title", String::new()), "Pong");
/// assert_eq!(setting(&mut vm, "title", 0), 0, "it is no int");
/// # Ok::<(), Error>(())
/// ```
pub trait FromScript: Sized {
    /// The Rust value, or what was expected instead.
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String>;
}

/// Rust values as the arguments of a call: a tuple of up to eight, `()`, or any number of handles.
///
/// ```
/// use embed::prelude::*;
/// use embed::Arguments;
///
/// /// Calls a function of each of two plugins.
/// fn both<A: Arguments + Clone>(vm: &mut Vm, name: &str, args: A) -> Result<i64, Error> {
///     Ok(vm.call::<_, i64>(&format!("a.{name}"), args.clone())? + vm.call::<_, i64>(&format!("b.{name}"), args)?)
/// }
///
/// let mut vm = Vm::new();
/// vm.load_text("a.lang", "fn add(n, m) { n + m }")?;
/// vm.load_text("b.lang", "fn add(n, m) { n * m }")?;
/// assert_eq!(both(&mut vm, "add", (3, 4))?, 7 + 12);
/// assert_eq!(().count() + (1, "x").count(), 2);
/// # Ok::<(), Error>(())
/// ```
pub trait Arguments {
    /// How many there are.
    fn count(&self) -> usize;

    /// Lends them as script values.
    ///
    /// # Errors
    /// Why one of them has no script value.
    fn with_values<'gc, R>(self, cx: &mut Cx<'_, 'gc>, f: impl FnOnce(&mut Cx<'_, 'gc>, &[Value<'gc>]) -> R) -> Result<R, String>;
}

impl Arguments for () {
    fn count(&self) -> usize {
        0
    }

    fn with_values<'gc, R>(self, cx: &mut Cx<'_, 'gc>, f: impl FnOnce(&mut Cx<'_, 'gc>, &[Value<'gc>]) -> R) -> Result<R, String> {
        Ok(f(cx, &[]))
    }
}

impl Arguments for &[Handle] {
    fn count(&self) -> usize {
        self.len()
    }

    fn with_values<'gc, R>(self, cx: &mut Cx<'_, 'gc>, f: impl FnOnce(&mut Cx<'_, 'gc>, &[Value<'gc>]) -> R) -> Result<R, String> {
        let values: Vec<Value<'gc>> = self.iter().map(|handle| handle.own_value(cx)).collect::<Result<_, _>>()?;
        Ok(f(cx, &values))
    }
}

#[cold]
pub(super) fn expected<'gc>(cx: &Cx<'_, 'gc>, what: &str, value: &Value<'gc>) -> String {
    format!("expected {what}, got {}", cx.type_name(value))
}

/// What has to be a value.
pub(super) fn certain<'gc>(value: Result<Value<'gc>, String>) -> Value<'gc> {
    value.unwrap_or_else(|problem| panic!("a value of the host cannot be given to a script: {problem}"))
}

/// The way to an item.
pub(super) fn item_step(at: usize) -> String {
    format!("[{at}]")
}

/// The way to what has a name.
pub(super) fn slot_step(name: &str) -> String {
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name {
        return format!(".{name}");
    }
    let mut step = String::from("[");
    ops::push_quoted(&mut step, name);
    step + "]"
}

/// The way to the value of a key.
pub(super) fn entry_step<'gc>(cx: &Cx<'_, 'gc>, key: &Value<'gc>) -> String {
    match key {
        Value::Str(name) => slot_step(name.as_str()),
        key => format!("[{}]", ops::describe(cx, key)),
    }
}

/// What is wrong with a part, seen from what holds it.
#[cold]
pub(super) fn inside(step: &str, problem: &str) -> String {
    match problem.strip_prefix("at ").filter(|path| path.starts_with(['.', '['])) {
        Some(rest) => format!("at {step}{rest}"),
        None => format!("at {step}: {problem}"),
    }
}

impl IntoScript for () {
    fn into_script<'gc>(self, _: &mut Cx<'_, 'gc>) -> Value<'gc> {
        Value::Nil
    }
}

impl FromScript for () {
    fn from_script<'gc>(_: &mut Cx<'_, 'gc>, _: Value<'gc>) -> Result<Self, String> {
        Ok(())
    }
}

impl IntoScript for bool {
    fn into_script<'gc>(self, _: &mut Cx<'_, 'gc>) -> Value<'gc> {
        Value::bool(self)
    }
}

impl FromScript for bool {
    #[inline]
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        match value {
            Value::True => Ok(true),
            Value::False => Ok(false),
            other => Err(expected(cx, "a bool", &other)),
        }
    }
}

#[cold]
fn out_of_range(name: &str) -> String {
    format!("the int does not fit {name}")
}

macro_rules! integers {
    ($($t:ty),*) => { $(
        impl IntoScript for $t {
            #[inline]
            fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
                match i64::try_from(self) {
                    Ok(i) => Value::Int(i),
                    Err(_) => ops::int_from_big(cx.mc, self.into()),
                }
            }
        }

        impl FromScript for $t {
            #[inline(always)]
            fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
                match value {
                    Value::Int(i) => i.try_into().map_err(|_| out_of_range(stringify!($t))),
                    Value::BigInt(big) => <$t>::try_from(&big.0).map_err(|_| out_of_range(stringify!($t))),
                    other => Err(expected(cx, "an int", &other)),
                }
            }
        }
    )* };
}

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

impl IntoScript for f64 {
    fn into_script<'gc>(self, _: &mut Cx<'_, 'gc>) -> Value<'gc> {
        Value::Float(self)
    }
}

impl FromScript for f64 {
    #[inline]
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        match value {
            Value::Float(f) => Ok(f),
            other => ops::to_float(&other).ok_or_else(|| expected(cx, "a number", &other)),
        }
    }
}

impl IntoScript for f32 {
    fn into_script<'gc>(self, _: &mut Cx<'_, 'gc>) -> Value<'gc> {
        Value::Float(f64::from(self))
    }
}

impl FromScript for f32 {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        f64::from_script(cx, value).map(|f| f as f32)
    }
}

impl IntoScript for &str {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        cx.str(self)
    }
}

impl IntoScript for String {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        cx.string(self)
    }
}

impl FromScript for String {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        match value {
            Value::Str(text) => Ok(text.as_str().to_owned()),
            other => Err(expected(cx, "a string", &other)),
        }
    }
}

macro_rules! texts {
    ($($t:ty),*) => { $(
        impl IntoScript for $t {
            #[inline]
            fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
                cx.str(&self)
            }
        }

        impl FromScript for $t {
            fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
                match value {
                    Value::Str(text) => Ok(text.as_str().into()),
                    other => Err(expected(cx, "a string", &other)),
                }
            }
        }
    )* };
}

texts!(Box<str>, Rc<str>, Arc<str>);

impl IntoScript for Cow<'_, str> {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        cx.str(&self)
    }
}

impl FromScript for Cow<'static, str> {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        String::from_script(cx, value).map(Cow::Owned)
    }
}

impl IntoScript for char {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        cx.str(self.encode_utf8(&mut [0; 4]))
    }
}

impl FromScript for char {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        let Value::Str(text) = value else { return Err(expected(cx, "a string of one character", &value)) };
        let mut chars = text.as_str().chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(c),
            _ => Err(format!("expected a string of one character, got one of {}", text.as_str().chars().count())),
        }
    }
}

impl<T: IntoScript> IntoScript for Option<T> {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        self.map_or(Value::Nil, |v| v.into_script(cx))
    }

    fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
        self.map_or(Ok(Value::Nil), |v| v.try_into_script(cx))
    }
}

impl<T: FromScript> FromScript for Option<T> {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        if value.is_nil() { Ok(None) } else { T::from_script(cx, value).map(Some) }
    }
}

/// The script values of items.
fn values_of<'gc, T: IntoScript>(cx: &mut Cx<'_, 'gc>, items: impl IntoIterator<Item = T>) -> Result<Vec<Value<'gc>>, String> {
    let values = items.into_iter().enumerate().map(|(at, item)| {
        let value = item.try_into_script(cx);
        value.map_err(|problem| inside(&item_step(at), &problem))
    });
    values.collect()
}

/// The items of a sequence.
fn items_of<'gc, T: FromScript, All: FromIterator<T>>(cx: &mut Cx<'_, 'gc>, items: &[Value<'gc>]) -> Result<All, String> {
    let items = items.iter().enumerate().map(|(at, item)| {
        let item = T::from_script(cx, *item);
        item.map_err(|problem| inside(&item_step(at), &problem))
    });
    items.collect()
}

fn sequence<'gc>(cx: &Cx<'_, 'gc>, value: &Value<'gc>) -> Result<Vec<Value<'gc>>, String> {
    match value {
        Value::List(list) => Ok(list.to_vec()),
        Value::Tuple(tuple) => Ok(tuple.items().to_vec()),
        other => Err(expected(cx, "a list", other)),
    }
}

fn new_list<'gc>(cx: &Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> Value<'gc> {
    cx.world.charge(64 + items.len() * size_of::<Value>());
    Value::List(List::new(cx.mc, items))
}

impl<T: IntoScript> IntoScript for Vec<T> {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        certain(self.try_into_script(cx))
    }

    fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
        let items = values_of(cx, self)?;
        Ok(new_list(cx, items))
    }
}

impl<T: FromScript> FromScript for Vec<T> {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        let items = sequence(cx, &value)?;
        items_of(cx, &items)
    }
}

impl<T: IntoScript, const N: usize> IntoScript for [T; N] {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        certain(self.try_into_script(cx))
    }

    fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
        let items = values_of(cx, self)?;
        Ok(new_list(cx, items))
    }
}

impl<T: FromScript, const N: usize> FromScript for [T; N] {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        let items = sequence(cx, &value)?;
        let wrong = |count: usize| format!("expected {N} items, got {count}");
        if items.len() != N {
            return Err(wrong(items.len()));
        }
        let items: Vec<T> = items_of(cx, &items)?;
        items.try_into().map_err(|items: Vec<T>| wrong(items.len()))
    }
}

/// Whether a value can be a key; else what is wrong.
fn check_key<'gc>(cx: &Cx<'_, 'gc>, key: &Value<'gc>) -> Result<(), String> {
    match ops::hash_now(cx.world, key) {
        HashResult::Hash(_) => Ok(()),
        _ => Err(format!("{} cannot be a key of a map or a member of a set here", cx.type_name(key))),
    }
}

macro_rules! maps {
    ($($map:ident<$($hasher:ident)?>: $($bound:ident)*;)*) => { $(
        impl<K: IntoScript, T: IntoScript $(, $hasher)?> IntoScript for $map<K, T $(, $hasher)?> {
            fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
                certain(self.try_into_script(cx))
            }

            fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
                cx.world.charge(96);
                let map = Map::new(cx.mc);
                for (at, (key, value)) in self.into_iter().enumerate() {
                    let key = key.try_into_script(cx).and_then(|key| check_key(cx, &key).map(|()| key));
                    let key = key.map_err(|problem| inside(&format!(".keys()[{at}]"), &problem))?;
                    let value = value.try_into_script(cx).map_err(|problem| inside(&entry_step(cx, &key), &problem))?;
                    if ops::map_set(cx, map, key, value).is_err() {
                        return Err("the keys of the map are compared by the program".to_owned());
                    }
                }
                Ok(Value::Map(map))
            }
        }

        impl<K: FromScript $(+ $bound)*, T: FromScript $(, $hasher: BuildHasher + Default)?> FromScript for $map<K, T $(, $hasher)?> {
            fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
                let Value::Map(map) = value else { return Err(expected(cx, "a map", &value)) };
                let pairs: Vec<_> = map.table().iter().map(|e| (e.key, e.value)).collect();
                let pairs = pairs.into_iter().enumerate().map(|(at, (key, value))| {
                    let name = K::from_script(cx, key).map_err(|problem| inside(&format!(".keys()[{at}]"), &problem))?;
                    match T::from_script(cx, value) {
                        Ok(value) => Ok((name, value)),
                        Err(problem) => Err(inside(&entry_step(cx, &key), &problem)),
                    }
                });
                pairs.collect()
            }
        }
    )* };
}

maps! {
    HashMap<S>: Eq Hash;
    BTreeMap<>: Ord;
}

macro_rules! sets {
    ($($set:ident<$($hasher:ident)?>: $($bound:ident)*;)*) => { $(
        impl<T: IntoScript $(, $hasher)?> IntoScript for $set<T $(, $hasher)?> {
            fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
                certain(self.try_into_script(cx))
            }

            fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
                cx.world.charge(96);
                let set = Set::new(cx.mc);
                for member in self {
                    let member = member.try_into_script(cx)?;
                    check_key(cx, &member)?;
                    if ops::set_add(cx, set, member).is_err() {
                        return Err("the members of the set are compared by the program".to_owned());
                    }
                }
                Ok(Value::Set(set))
            }
        }

        impl<T: FromScript $(+ $bound)* $(, $hasher: BuildHasher + Default)?> FromScript for $set<T $(, $hasher)?> {
            fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
                let items = match value {
                    Value::Set(set) => set.table().iter().map(|entry| entry.key).collect(),
                    Value::List(_) | Value::Tuple(_) => sequence(cx, &value)?,
                    other => return Err(expected(cx, "a set", &other)),
                };
                items_of(cx, &items)
            }
        }
    )* };
}

sets! {
    HashSet<S>: Eq Hash;
    BTreeSet<>: Ord;
}

impl IntoScript for &Handle {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        certain(self.try_into_script(cx))
    }

    fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
        self.own_value(cx)
    }
}

impl FromScript for Handle {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        Ok(Handle::new(cx.world, value))
    }
}

impl IntoScript for Handle {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        certain(self.try_into_script(cx))
    }

    fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
        self.own_value(cx)
    }
}

fn new_tuple<'gc>(cx: &Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> Value<'gc> {
    cx.world.charge(48 + items.len() * size_of::<Value>());
    Value::Tuple(Tuple::new(cx.mc, items))
}

macro_rules! tuples {
    ($($name:ident $i:tt),*) => {
        impl<$($name: IntoScript),*> IntoScript for ($($name,)*) {
            #[expect(non_snake_case, reason = "one variable for each type")]
            fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
                let ($($name,)*) = self;
                let items = vec![$($name.into_script(cx)),*];
                new_tuple(cx, items)
            }

            #[expect(non_snake_case, reason = "one variable for each type")]
            fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
                let ($($name,)*) = self;
                let items = vec![$($name.try_into_script(cx)),*];
                let items = items.into_iter().enumerate().map(|(at, item)| item.map_err(|problem| inside(&item_step(at), &problem)));
                let items = items.collect::<Result<_, _>>()?;
                Ok(new_tuple(cx, items))
            }
        }

        impl<$($name: FromScript),*> FromScript for ($($name,)*) {
            #[expect(non_snake_case, reason = "one variable for each type")]
            fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
                let Value::Tuple(tuple) = value else { return Err(expected(cx, "a tuple", &value)) };
                const COUNT: usize = [$(stringify!($name)),*].len();
                let Ok([$($name),*]) = <[Value<'gc>; COUNT]>::try_from(tuple.items()) else {
                    return Err(format!("expected a tuple of {COUNT} items, got one of {}", tuple.items().len()));
                };
                Ok(($($name::from_script(cx, $name).map_err(|problem| inside(&item_step($i), &problem))?,)*))
            }
        }
        impl<$($name: IntoScript),*> Arguments for ($($name,)*) {
            fn count(&self) -> usize {
                [$(stringify!($name)),*].len()
            }

            #[expect(non_snake_case, reason = "one variable for each type")]
            #[inline]
            fn with_values<'gc, R>(self, cx: &mut Cx<'_, 'gc>, f: impl FnOnce(&mut Cx<'_, 'gc>, &[Value<'gc>]) -> R) -> Result<R, String> {
                let ($($name,)*) = self;
                $(let $name = $name.try_into_script(cx)?;)*
                Ok(f(cx, &[$($name),*]))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
