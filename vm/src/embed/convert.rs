//! Values between Rust and scripts.

use super::handle::Handle;
use crate::heap::Value;
use crate::object::{Cx, List, Map};
use crate::ops;
use std::collections::{BTreeMap, HashMap};

/// Rust values that scripts can be given.
pub trait IntoScript {
    /// The script value.
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc>;
}

/// Rust values that can be made from script values.
pub trait FromScript: Sized {
    /// The Rust value, or what was expected instead.
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String>;
}

/// Rust values as the arguments of a call: a tuple of up to eight, `()`, or any number of handles.
pub trait Arguments {
    /// How many there are.
    fn count(&self) -> usize;

    /// Lends them as script values.
    fn with_values<'gc, R>(self, cx: &mut Cx<'_, 'gc>, f: impl FnOnce(&mut Cx<'_, 'gc>, &[Value<'gc>]) -> R) -> R;
}

impl Arguments for () {
    fn count(&self) -> usize {
        0
    }

    fn with_values<'gc, R>(self, cx: &mut Cx<'_, 'gc>, f: impl FnOnce(&mut Cx<'_, 'gc>, &[Value<'gc>]) -> R) -> R {
        f(cx, &[])
    }
}

impl Arguments for &[Handle] {
    fn count(&self) -> usize {
        self.len()
    }

    fn with_values<'gc, R>(self, cx: &mut Cx<'_, 'gc>, f: impl FnOnce(&mut Cx<'_, 'gc>, &[Value<'gc>]) -> R) -> R {
        let values: Vec<Value<'gc>> = self.iter().map(|handle| handle.value_in(cx.world)).collect();
        f(cx, &values)
    }
}

pub(super) fn expected<'gc>(cx: &Cx<'_, 'gc>, what: &str, value: &Value<'gc>) -> String {
    format!("expected {what}, got {}", cx.type_name(value))
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
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        match value {
            Value::True => Ok(true),
            Value::False => Ok(false),
            other => Err(expected(cx, "a bool", &other)),
        }
    }
}

macro_rules! integers {
    ($($t:ty),*) => { $(
        impl IntoScript for $t {
            fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
                match i64::try_from(self) {
                    Ok(i) => Value::Int(i),
                    Err(_) => ops::int_from_big(cx.mc, self.into()),
                }
            }
        }

        impl FromScript for $t {
            fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
                let out_of_range = || format!("the int does not fit {}", stringify!($t));
                match value {
                    Value::Int(i) => i.try_into().map_err(|_| out_of_range()),
                    Value::BigInt(big) => <$t>::try_from(&big.0).map_err(|_| out_of_range()),
                    other => Err(expected(cx, "an int", &other)),
                }
            }
        }
    )* };
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64, usize);

impl IntoScript for f64 {
    fn into_script<'gc>(self, _: &mut Cx<'_, 'gc>) -> Value<'gc> {
        Value::Float(self)
    }
}

impl FromScript for f64 {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        ops::to_float(&value).ok_or_else(|| expected(cx, "a number", &value))
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

impl<T: IntoScript> IntoScript for Option<T> {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        self.map_or(Value::Nil, |v| v.into_script(cx))
    }
}

impl<T: FromScript> FromScript for Option<T> {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        if value.is_nil() { Ok(None) } else { T::from_script(cx, value).map(Some) }
    }
}

impl<T: IntoScript> IntoScript for Vec<T> {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        let items = self.into_iter().map(|v| v.into_script(cx)).collect();
        Value::List(List::new(cx.mc, items))
    }
}

impl<T: FromScript> FromScript for Vec<T> {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        let items = match value {
            Value::List(list) => list.to_vec(),
            Value::Tuple(tuple) => tuple.items().to_vec(),
            other => return Err(expected(cx, "a list", &other)),
        };
        items.into_iter().map(|v| T::from_script(cx, v)).collect()
    }
}

macro_rules! maps {
    ($($map:ident: $($bound:path),*;)*) => { $(
        impl<T: IntoScript> IntoScript for $map<String, T> {
            fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
                let map = Map::new(cx.mc);
                for (key, value) in self {
                    let (key, value) = (cx.string(key), value.into_script(cx));
                    if ops::map_set(cx, map, key, value).is_err() {
                        unreachable!("strings are hashed and compared without the program");
                    }
                }
                Value::Map(map)
            }
        }

        impl<T: FromScript> FromScript for $map<String, T> {
            fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
                let Value::Map(map) = value else { return Err(expected(cx, "a map", &value)) };
                let pairs: Vec<_> = map.table().iter().map(|e| (e.key, e.value)).collect();
                pairs
                    .into_iter()
                    .map(|(k, v)| Ok((String::from_script(cx, k)?, T::from_script(cx, v)?)))
                    .collect()
            }
        }
    )* };
}

maps! {
    HashMap:;
    BTreeMap:;
}

impl IntoScript for &Handle {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        self.value_in(cx.world)
    }
}

impl FromScript for Handle {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        Ok(Handle::new(cx.world, value))
    }
}

impl IntoScript for Handle {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        self.value_in(cx.world)
    }
}

macro_rules! tuples {
    ($($name:ident),*) => {
        impl<$($name: IntoScript),*> IntoScript for ($($name,)*) {
            #[expect(non_snake_case, reason = "one variable for each type")]
            fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
                let ($($name,)*) = self;
                let items = vec![$($name.into_script(cx)),*];
                Value::Tuple(crate::object::Tuple::new(cx.mc, items))
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
                Ok(($($name::from_script(cx, $name)?,)*))
            }
        }
        impl<$($name: IntoScript),*> Arguments for ($($name,)*) {
            fn count(&self) -> usize {
                [$(stringify!($name)),*].len()
            }

            #[expect(non_snake_case, reason = "one variable for each type")]
            fn with_values<'gc, R>(self, cx: &mut Cx<'_, 'gc>, f: impl FnOnce(&mut Cx<'_, 'gc>, &[Value<'gc>]) -> R) -> R {
                let ($($name,)*) = self;
                let values = [$($name.into_script(cx)),*];
                f(cx, &values)
            }
        }
    };
}

tuples!(A);
tuples!(A, B);
tuples!(A, B, C);
tuples!(A, B, C, D);
tuples!(A, B, C, D, E);
tuples!(A, B, C, D, E, F);
tuples!(A, B, C, D, E, F, G);
tuples!(A, B, C, D, E, F, G, H);
