//! The public API for Rust programs.

mod call;
mod classes;
mod convert;
mod define;
mod error;
mod function;
mod handle;
mod host_class;
mod hot;
mod outside;
mod remote;
mod request;
mod search;
mod serde;
pub(crate) mod signature;
mod stopped;
mod tasks;
mod tests;
mod vm;

pub use crate::object::OnError;
pub use classes::Migrated;
pub use convert::{Arguments, FromScript, IntoScript};
pub use define::Module;
pub use error::{Error, HostSource, Problem, marked_line};
pub use function::{HostFunction, HostResult, Parameter, Rest, WithVm};
pub use handle::Handle;
pub use host_class::{ClassBuilder, Constructed, Constructor, Exclusive, HostMethod, HostType, Own, Shared};
pub use hot::{Hot, HotType};
pub use outside::{AsyncFunction, TaskHandle};
pub use remote::{Gone, Remote};
pub use request::ReloadHandle;
pub use serde::{Bytes, Serde};
pub use stopped::{Restart, StoppedCall, StoppedProgram, nth_time};
pub use tasks::{Budget, Ran};
pub use tests::{Compared, TestBlock};
pub use vm::{Request, Vm, VmOptions, outside};
