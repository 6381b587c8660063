//! The language for Rust programs: scripts that are edited while they run.
//!
//! ```
//! use embed::prelude::*;
//!
//! let mut vm = Vm::new();
//! assert_eq!(vm.eval::<i64>("1 + 2")?, 3);
//!
//! vm.load_text("rules.lang", "let hits = 0\nfn damage(n) { hits += 1; n * 2 }")?;
//! let damage: Hot<fn(i64) -> i64> = vm.hot("rules.damage")?;
//! assert_eq!(damage.call(&mut vm, 4)?, 8);
//!
//! // An edit: the function is another one, its handle is the same, and the variable keeps its value.
//! let report = vm.reload_text("rules.lang", "let hits = 0\nfn damage(n) { hits += 1; n * 3 }");
//! assert!(report.ok);
//! assert_eq!(damage.call(&mut vm, 4)?, 12);
//! assert_eq!(vm.get::<i64>("rules.hits")?, 2);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Where to look
//!
//! | to do | look at |
//! |---|---|
//! | make a VM, with limits, permissions, parts of the library | [`Create`], [`Builder`] |
//! | run texts and files | [`Vm::eval`], [`Vm::load_text`], [`Vm::load_file`], [`Vm::load_directory`] |
//! | call functions, read and write definitions | [`Vm::call`], [`Hot`], [`Vm::get`], [`Vm::set`] |
//! | give scripts functions and values | [`Vm::module`], [`Vm::define_function`] |
//! | give scripts a Rust type | [`macro@Class`], [`macro@methods`], [`ClassBuilder`], [`Own`] |
//! | watch the files that run | [`watch::WatchFiles::watch_files`], [`Vm::poll_reload`] |
//! | change what runs | [`Vm::reload_text`], [`Vm::reload_files`], [`Vm::plan`], [`Vm::undo`], [`Report`] |
//! | keep it within bounds | [`Builder::fuel`], [`Builder::memory`], [`Vm::cancel_flag`], [`Sandbox`] |
//! | let scripts load shared libraries, or not | [`Effect::NativeCode`]; the feature `bundles`, which is on unless it is turned off |
//! | reach it from other threads | [`Vm::remote`] |
//! | let editors and terminals in | [`session::Server`] |
//!
//! A [`Vm`] stays on the thread that has made it; a program may have many. Nothing of it has a lifetime.

mod create;
mod system;
pub mod watch;

#[doc(hidden)]
pub mod private;

pub use create::{Builder, Create, Limits};
pub use embed_macros::{Class, methods};
pub use stdlib::MODULES;
pub use system::SystemHost;
pub use vm::embed::*;
pub use vm::host::{Effect, FileInfo, FileKind, Host, HostError, NoHost, Sandbox, WriteMode};
pub use vm::object::{ErrorKind, Interrupt};
pub use vm::reload::{self, FileText, Mode, ReloadOptions, Report};
pub use vm::session;

/// What most programs need: `use embed::prelude::*`.
pub mod prelude {
    pub use crate::watch::WatchFiles;
    pub use crate::{Class, ClassBuilder, Create, Error, Handle, HostType, Hot, Own, Rest, Vm, methods};
}
