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
//! | give them values of any type that serde knows | [`Serde`], [`Vm::to_value`], [`Vm::from_value`], [`Bytes`] |
//! | give scripts a Rust type | [`macro@Class`], [`macro@methods`], [`ClassBuilder`], [`Own`] |
//! | watch the files that run | [`watch::WatchFiles::watch_files`], [`Vm::poll_reload`] |
//! | change what runs | [`Vm::reload_text`], [`Vm::reload_files`], [`Vm::plan`], [`Vm::undo`], [`Report`] |
//! | keep it within bounds | [`Builder::fuel`], [`Builder::memory`], [`Vm::cancel_flag`], [`Sandbox`] |
//! | let scripts load shared libraries, or not | [`Effect::NativeCode`]; the feature `bundles`, which is on unless it is turned off |
//! | reach it from other threads | [`Vm::remote`] |
//! | use the engine's own values, without conversion | [`engine`] |
//! | let editors and terminals in | [`session::Server`] |
//!
//! A [`Vm`] stays on the thread that has made it; a program may have many. Nothing of it has a lifetime.

mod create;
pub mod engine;
mod system;
pub mod watch;

#[doc(hidden)]
pub mod private;

pub use create::{Builder, Create, Limits};
/// Makes a Rust type a class: its name, its doc text, and the fields that scripts see.
///
/// On a field, `#[script(get)]` makes it a property that is read, `#[script(get, set)]` one that is also assigned; its type has to be `Clone`. On the
/// type, `#[script(name = "…")]` gives the class another name. What [`macro@methods`] finds in an `impl` belongs to the class, too.
///
/// ```
/// use embed::prelude::*;
///
/// #[derive(Class)]
/// #[script(name = "Enemy")]
/// struct Foe {
///     #[script(get)]
///     name: String,
///     #[script(get, set)]
///     hp: i64,
///     /// Not for scripts.
///     blows: u32,
/// }
///
/// let mut vm = Vm::new();
/// vm.module("game").class::<Foe>();
/// let orc = Own::new(&mut vm, Foe { name: "orc".into(), hp: 10, blows: 0 });
/// vm.load_text("main.lang", "fn hurt(e) { e.hp -= 3; repr(e) }")?;
/// assert_eq!(vm.call::<_, String>("main.hurt", (&orc,))?, "Enemy(name: \"orc\", hp: 7)");
/// assert_eq!((orc.borrow()?.hp, orc.borrow()?.blows), (7, 0));
/// # Ok::<(), Error>(())
/// ```
pub use embed_macros::Class;
/// Makes the functions of an `impl` methods of the class.
///
/// | function | what it becomes |
/// |---|---|
/// | `fn new(…) -> Self`, or a `Result` with it | what a call of the class does |
/// | `fn f(&self, …)`, `fn f(&mut self, …)` | a method |
/// | `fn f(this: Own<Self>, …)`, also behind `vm: &mut Vm` | a method that gets its instance as an `Own`, and may call the program |
/// | `fn f(…)` | a function of the class itself |
///
/// `#[script(get)]` makes a function a property, `#[script(set)]` what an assignment to the property does (`set_hp` for `hp`), `#[script(name = "+")]` gives another name,
/// operators included, and `#[script(skip)]` leaves it to Rust. On a parameter, `#[script(default = 10)]` says what it is if it is left out, as a literal of
/// a script. Doc texts become those that `help` shows.
///
/// ```
/// use embed::prelude::*;
///
/// #[derive(Class)]
/// struct Counter(i64);
///
/// #[methods]
/// impl Counter {
///     fn new(#[script(default = 0)] from: i64) -> Counter {
///         Counter(from)
///     }
///
///     /// counts on.
///     fn bump(&mut self, #[script(default = 1)] by: i64) {
///         self.0 += by;
///     }
///
///     #[script(get)]
///     fn count(&self) -> i64 {
///         self.0
///     }
///
///     /// calls a function for each.
///     fn each(vm: &mut Vm, this: Own<Self>, f: Hot<fn(i64)>) -> Result<(), Error> {
///         let count = this.borrow()?.0;
///         (0..count).try_for_each(|at| f.call(vm, at))
///     }
///
///     fn million() -> Counter {
///         Counter(1_000_000)
///     }
/// }
///
/// let mut vm = Vm::new();
/// vm.module("tools").class::<Counter>();
/// vm.eval::<()>("from tools import Counter\nlet c = Counter(from: 2)\nc.bump()")?;
/// assert_eq!(vm.eval::<i64>("c.count")?, 3);
/// assert_eq!(vm.eval::<Vec<i64>>("let seen = []\nc.each(|n| seen.push(n))\nseen")?, [0, 1, 2]);
/// assert_eq!(vm.eval::<i64>("Counter.million().count")?, 1_000_000);
/// # Ok::<(), Error>(())
/// ```
pub use embed_macros::methods;
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
