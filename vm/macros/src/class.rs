//! `#[derive(Class)]`

use crate::options::{Options, doc_of};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields};

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "a class of scripts is one Rust type: it has no parameters"));
    }
    let class = &input.ident;
    let options = Options::of(&input.attrs)?;
    let name = options.name.unwrap_or_else(|| class.unraw().to_string());
    let doc = doc_of(&input.attrs);
    let mut properties = Vec::new();
    if let Data::Struct(data) = &input.data {
        for (at, field) in data.fields.iter().enumerate() {
            let options = Options::of(&field.attrs)?;
            if !options.get && !options.set {
                continue;
            }
            let Some(ident) = &field.ident else {
                return Err(Error::new_spanned(
                    field,
                    format!("field {at} has no name for scripts: write a getter in an `impl` with `#[methods]`"),
                ));
            };
            let name = options.name.unwrap_or_else(|| ident.unraw().to_string());
            let of = &field.ty;
            if options.get {
                properties.push(quote! { .getter(#name, |this: &#class| ::core::clone::Clone::clone(&this.#ident)) });
            }
            if options.set {
                properties.push(quote! { .setter(#name, |this: &mut #class, value: #of| this.#ident = value) });
            }
        }
        if let Fields::Unit = data.fields {
            properties.clear();
        }
    }
    Ok(quote! {
        impl ::embed::HostType for #class {
            const NAME: &'static str = #name;

            fn describe(class: ::embed::ClassBuilder<Self>) -> ::embed::ClassBuilder<Self> {
                // What `#[methods]` has made, or nothing.
                use ::embed::private::NoMethods as _;
                let class = class.doc(#doc) #(#properties)*;
                #class::describe_methods(class)
            }
        }
    })
}
