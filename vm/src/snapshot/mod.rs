//! Snapshots: a value and everything that it reaches as plain data, and back.
//!
//! The data is a map with three keys: `snapshot`, the version of this format; `root`, the value; and `objects`, a list of everything that is made of
//! other values, so that sharing and cycles are kept and nothing is nested however deep the value is. Nil, bools, ints, floats and strings
//! stand for themselves. In the place of any other value there is a map:
//!
//! | in the place of a value | it is |
//! |---|---|
//! | `{"ref": 3}` | item 3 of `objects` |
//! | `{"int": "-0x1f"}`, `{"float": "nan"}` | an int beyond 64 bits, a float that is no number of JSON |
//! | `{"function": "m.f"}`, `{"class": "m.C"}`, `{"namespace": "m"}`, `{"definition": "m.x"}` | what has this name |
//! | `{"variant": "Circle", "of": "m.Shape"}` | the constructor of a variant |
//! | `{"is": "unset"}`, `{"is": "stop"}` | the mark of a slot without value, `stop` |
//!
//! | in `objects` | it is |
//! |---|---|
//! | `{"class": "m.C", "layout": 2, "slots": {"x": 1}}` | an instance, with the number and the slots of the layout that it has |
//! | `{"list": […]}`, `{"tuple": […]}`, `{"set": […]}` | |
//! | `{"map": {"a": 1}}`, `{"pairs": [[k, v], …]}` | a map whose keys are strings, any other map |
//! | `{"enum": "m.Shape", "variant": "Circle", "payload": {"r": 1}}` | a value of an enum |
//! | `{"range": [1, 9], "step": 2, "inclusive": false}`, `{"bytes": "00ff"}` | |
//! | `{"method": "hurt", "of": …}` | a method of a value or a class |
//!
//! What is made of an instance's layout when it comes back: see `shape.rs`.

mod fixed;
mod names;
mod read;
mod shape;
mod write;

pub use read::restore;
pub use write::snapshot;

use crate::embed::{Error, Handle, Vm};

/// The version of the format. A reader refuses a later one.
const FORMAT: i64 = 1;

/// Classes of the library whose instances are of no use outside of the program that runs.
const LIVING: &[&str] = &["task.Task", "task.Channel"];

impl Vm {
    /// A held value as plain data: maps, lists, strings, numbers, bools and nil, as `live.snapshot` gives it.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "class Hero { slot hp = 10 }\nlet hero = Hero(7)")?;
    /// let hero = vm.handle("game.hero")?;
    /// let data = vm.snapshot(&hero)?;
    /// // It is plain data, which a file can keep.
    /// let saved: serde_json::Value = vm.from_value(&data)?;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "class Hero { slot life was hp = 10 }\nfn life(hero) { hero.life }")?;
    /// let data = vm.to_value(&saved)?;
    /// let hero = vm.restore(&data)?;
    /// assert_eq!(vm.call::<_, i64>("game.life", (&hero,))?, 7);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// What cannot be written, such as a fiber, as a TypeError with the way to it; [`Error::Host`] if the handle is another VM's.
    pub fn snapshot(&mut self, value: &Handle) -> Result<Handle, Error> {
        self.check_handle(value)?;
        let value = value.clone();
        self.run(move |cx| snapshot(cx, value.value_in(cx.world)))
    }

    /// The value of which [`Vm::snapshot`] has made this data, in this VM or in another one.
    ///
    /// See the example of [`Vm::snapshot`].
    ///
    /// # Errors
    /// What the data does not say, or what the program does not have, as a raised error; [`Error::Host`] if the handle is another VM's.
    pub fn restore(&mut self, data: &Handle) -> Result<Handle, Error> {
        self.check_handle(data)?;
        let data = data.clone();
        self.run(move |cx| restore(cx, data.value_in(cx.world)))
    }
}
