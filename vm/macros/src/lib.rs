//! `#[derive(Class)]` and `#[methods]`: Rust types as classes of scripts. Both only write calls of `embed::ClassBuilder`, so that what they can do can
//! be done without them.

mod class;
mod methods;
mod options;

use proc_macro::TokenStream;

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
#[proc_macro_derive(Class, attributes(script))]
pub fn derive_class(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    class::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

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
#[proc_macro_attribute]
pub fn methods(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = syn::parse_macro_input!(item as syn::ItemImpl);
    methods::expand(item).unwrap_or_else(syn::Error::into_compile_error).into()
}
