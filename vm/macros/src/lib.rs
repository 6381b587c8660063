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
#[proc_macro_attribute]
pub fn methods(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = syn::parse_macro_input!(item as syn::ItemImpl);
    methods::expand(item).unwrap_or_else(syn::Error::into_compile_error).into()
}
