//! Rust values of any type that serde knows as plain data, and back.
//!
//! | Rust | script |
//! |---|---|
//! | struct, map | map; a struct is also read from an instance, by its slots |
//! | sequence, tuple | list; a tuple where it is a key |
//! | unit variant | its name |
//! | other variant | `{"Variant": payload}`; a value of an enum is read as the variant of its name |
//! | `None`, unit | nil |
//! | bytes | Bytes |
//! | char | a string of one character |
//!
//! Nothing of the program runs while a value is read.

mod read;
mod write;

use super::convert::{FromScript, IntoScript, certain};
use super::error::Error;
use super::handle::Handle;
use super::vm::Vm;
use crate::heap::Value;
use crate::object::{self, Cx, List};
use gc_arena::Gc;
use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A Rust value that goes to scripts and comes from them by way of serde: as a parameter or result of host functions, as an argument or result
/// of calls, in variables.
///
/// Structs are maps with strings as keys, and are read from instances of script classes, too; enums are as in JSON: the name of a variant, or
/// `{"Variant": payload}`, and are read from values of script enums, too.
///
/// ```
/// use embed::prelude::*;
/// use embed::Serde;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, PartialEq, Debug)]
/// struct Enemy { name: String, hp: i64 }
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "class Orc { slot name; slot hp = 30; fn init(name) { self.name = name } }\nfn hit(e) { e[\"hp\"] -= 1; e }")?;
/// let Serde(orc): Serde<Enemy> = vm.eval("import game\ngame.Orc(\"Ugluk\")")?;
/// assert_eq!(orc, Enemy { name: "Ugluk".into(), hp: 30 });
/// let Serde(orc): Serde<Enemy> = vm.call("game.hit", (Serde(orc),))?;
/// assert_eq!(orc.hp, 29);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serde<T>(pub T);

/// # Panics
/// As an argument, if the value cannot be one of a script: a map in it has keys that are maps, it is deeper than [`crate::limits::SERDE_DEPTH_MAX`], or
/// its type refuses. [`Vm::to_value`] tells that as an error; as the result of a host function it is a TypeError in the script.
impl<T: Serialize> IntoScript for Serde<T> {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        certain(self.try_into_script(cx))
    }

    fn try_into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Result<Value<'gc>, String> {
        write::to_value(cx, &self.0).map_err(|problem| problem.to_string())
    }
}

impl<T: DeserializeOwned> FromScript for Serde<T> {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        read::from_value(cx, value).map(Serde).map_err(|problem| problem.to_string())
    }
}

impl Vm {
    /// A script value of anything that serde can write.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::collections::BTreeMap;
    ///
    /// let mut vm = Vm::new();
    /// let stock = BTreeMap::from([("apples", vec![3, 4]), ("pears", vec![])]);
    /// let value = vm.to_value(&stock)?;
    /// assert_eq!(vm.repr(&value)?, "{\"apples\": [3, 4], \"pears\": []}");
    ///
    /// let error = vm.to_value(&[BTreeMap::from([(BTreeMap::from([(1, 2)]), 3)])]).expect_err("maps are no keys");
    /// assert_eq!(error.to_string(), "at [0]: a map cannot be a key of a map in a script");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] with the path inside the value if it cannot be one of a script; see [`Serde`].
    pub fn to_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<Handle, Error> {
        self.enter(|cx| {
            let value = write::to_value(cx, value).map_err(|problem| Error::Host(problem.to_string()))?;
            Ok(Handle::new(cx.world, value))
        })
    }

    /// The Rust value of a held script value, for any type that serde can read. Instances that have yet to follow an edit of their class are
    /// migrated first.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize, PartialEq, Debug)]
    /// struct Enemy { name: String, loot: Vec<u8> }
    ///
    /// let mut vm = Vm::new();
    /// let value: Handle = vm.eval("{name: \"orc\", loot: [1, 2]}")?;
    /// assert_eq!(vm.from_value::<Enemy>(&value)?, Enemy { name: "orc".into(), loot: vec![1, 2] });
    ///
    /// let value: Handle = vm.eval("{name: \"orc\", loot: [1, -2]}")?;
    /// let error = vm.from_value::<Enemy>(&value).expect_err("-2 is no u8");
    /// assert_eq!(error.to_string(), "at .loot[1]: the int does not fit u8");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] with the path inside the value if a part has another type; what the program raises when it migrates.
    pub fn from_value<T: DeserializeOwned>(&mut self, value: &Handle) -> Result<T, Error> {
        self.check_handle(value)?;
        loop {
            let waiting: Vec<Handle> = self.enter(|cx| {
                let found = read::obsolete_parts(cx, value.value_in(cx.world));
                found.into_iter().map(|value| Handle::new(cx.world, value)).collect()
            });
            if waiting.is_empty() {
                break;
            }
            for instance in waiting {
                self.run(move |cx| cx.migrate(instance.value_in(cx.world)))?;
            }
        }
        self.enter(|cx| {
            let value = value.value_in(cx.world);
            read::from_value(cx, value).map_err(|problem| Error::Host(problem.to_string()))
        })
    }
}

/// Bytes, as scripts have them in the class `Bytes`; a `Vec<u8>` is a list of ints. In a [`Serde`] they are bytes as well.
///
/// ```
/// use embed::prelude::*;
/// use embed::Bytes;
///
/// let mut vm = Vm::new();
/// vm.define_function("net", "receive()", || Bytes(vec![1, 255]));
/// vm.eval::<()>("import net\nlet packet = net.receive()")?;
/// assert_eq!(vm.eval::<i64>("packet[1]")?, 255);
/// assert_eq!(vm.eval::<Bytes>("packet")?, Bytes(vec![1, 255]));
/// assert!(vm.eval::<Bytes>("[1, 255]").is_err(), "a list is a `Vec<u8>`");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bytes(pub Vec<u8>);

impl IntoScript for Bytes {
    fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        new_bytes(cx, self.0.into())
    }
}

impl FromScript for Bytes {
    fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
        match value {
            Value::Bytes(bytes) => Ok(Bytes(bytes.data.to_vec())),
            other => Err(super::convert::expected(cx, "Bytes", &other)),
        }
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }

            /// As formats have them that know no bytes.
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = items.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Read)
    }
}

fn new_bytes<'gc>(cx: &Cx<'_, 'gc>, data: Box<[u8]>) -> Value<'gc> {
    cx.world.charge(32 + data.len());
    Value::Bytes(Gc::new(cx.mc, object::Bytes { data }))
}

fn new_list<'gc>(cx: &Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> Value<'gc> {
    cx.world.charge(64 + items.len() * size_of::<Value>());
    Value::List(List::new(cx.mc, items))
}

/// Why a value cannot be read or written, and where in it.
#[derive(Debug)]
struct Problem {
    path: String,
    text: String,
}

impl Problem {
    #[cold]
    fn new(text: impl Into<String>) -> Self {
        Problem { path: String::new(), text: text.into() }
    }

    /// The same, seen from what holds it.
    #[cold]
    fn at(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "at {}: ", self.path)?;
        }
        f.write_str(&self.text)
    }
}

impl std::error::Error for Problem {}

impl serde::ser::Error for Problem {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Problem::new(text.to_string())
    }
}

impl serde::de::Error for Problem {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Problem::new(text.to_string())
    }

    fn invalid_type(unexpected: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Problem::new(format!("expected {expected}, got {unexpected}"))
    }
}
