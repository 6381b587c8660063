//! `#[derive(Class)]` and `#[methods]`: Rust types as classes of scripts. Both only write calls of `embed::ClassBuilder`, so that what they can do can
//! be done without them. Examples of a proc macro would have the whole engine built a second time, for the compiler's machine: they are in `embed`.

mod class;
mod methods;
mod options;

use proc_macro::TokenStream;

/// The derive macro that `embed` re-exports and describes: see the example of `embed::Class`.
#[proc_macro_derive(Class, attributes(script))]
pub fn derive_class(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    class::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// The attribute that `embed` re-exports and describes: see the example of `embed::methods`.
#[proc_macro_attribute]
pub fn methods(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = syn::parse_macro_input!(item as syn::ItemImpl);
    methods::expand(item).unwrap_or_else(syn::Error::into_compile_error).into()
}
