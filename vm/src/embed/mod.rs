//! The public API for Rust programs.

mod classes;
mod convert;
mod error;
mod function;
mod handle;
mod request;
mod search;
mod stopped;
mod tasks;
mod tests;
mod vm;

pub use crate::object::OnError;
pub use classes::Migrated;
pub use convert::{FromScript, IntoScript};
pub use error::{Error, Problem, marked_line};
pub use function::HostFunction;
pub use handle::Handle;
pub use request::ReloadHandle;
pub use stopped::{Restart, StoppedCall, StoppedProgram, nth_time};
pub use tests::{Compared, TestBlock};
pub use vm::{Request, Vm, VmOptions, outside};
