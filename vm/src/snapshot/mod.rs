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
    pub fn snapshot(&mut self, value: &Handle) -> Result<Handle, Error> {
        self.check_handle(value)?;
        let value = value.clone();
        self.run(move |cx| snapshot(cx, value.value_in(cx.world)))
    }

    /// The value of which [`Vm::snapshot`] has made this data, in this VM or in another one.
    pub fn restore(&mut self, data: &Handle) -> Result<Handle, Error> {
        self.check_handle(data)?;
        let data = data.clone();
        self.run(move |cx| restore(cx, data.value_in(cx.world)))
    }
}
