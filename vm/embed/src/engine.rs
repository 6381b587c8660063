//! The engine's own values, without conversion: for what is called so often that copying into Rust types would be felt, and for types of your own that are to be parameters and
//! results.
//!
//! Everything else of this crate can be used without it. [`Vm::enter`] opens the heap for one piece of code, which gets it as a [`Cx`]. The lifetime `'gc` is another one in
//! each such piece, so that the compiler refuses a [`Value`] that is to be kept beyond it; [`Vm::make`] makes a [`Handle`] of one, which may. (The idea of such a branded lifetime is
//! [gc-arena](https://docs.rs/gc-arena)'s, on which the engine is built.) The program does not run meanwhile: no call can be made in there, and an edit cannot come between.
//!
//! ```
//! use embed::prelude::*;
//! use embed::engine::Value;
//!
//! let mut vm = Vm::new();
//! let samples: Handle = vm.eval("list(0..1000).map(|n| n * 0.5)")?;
//! // The items are looked at where they are.
//! let sum = vm.enter(|cx| match samples.value_in(cx.world) {
//!     Value::List(list) => list.items().iter().map(|item| if let Value::Float(x) = item { *x } else { 0.0 }).sum(),
//!     _ => 0.0,
//! });
//! assert_eq!(sum, 249_750.0);
//! # Ok::<(), Error>(())
//! ```
//!
//! A type of your own that scripts write as plain values:
//!
//! ```
//! use embed::prelude::*;
//! use embed::engine::{Cx, Tuple, Value};
//! use embed::{FromScript, IntoScript};
//!
//! #[derive(Debug, PartialEq)]
//! struct Point(f64, f64);
//!
//! impl IntoScript for Point {
//!     fn into_script<'gc>(self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
//!         Value::Tuple(Tuple::new(cx.mc, [Value::Float(self.0), Value::Float(self.1)]))
//!     }
//! }
//!
//! impl FromScript for Point {
//!     fn from_script<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> Result<Self, String> {
//!         let (x, y) = <(f64, f64)>::from_script(cx, value)?;
//!         Ok(Point(x, y))
//!     }
//! }
//!
//! let mut vm = Vm::new();
//! vm.define_function("host", "mirror(point)", |Point(x, y): Point| Point(-x, y));
//! assert_eq!(vm.eval::<Point>("import host\nhost.mirror((1.0, 2.0))")?, Point(-1.0, 2.0));
//! # Ok::<(), Error>(())
//! ```
//!
//! What is made here counts as memory of the program once [`World::charge`] was told its bytes.

pub use vm::heap::{Str, Value};
pub use vm::object::{Bytes, Control, Cx, Instance, List, Map, NativeResult, Set, Tuple, World};

#[expect(unused_imports, reason = "for the links in the documentation")]
use crate::{Handle, Vm};
