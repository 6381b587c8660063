//! `#[methods]`

use crate::options::{Options, doc_of};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Error, FnArg, ImplItem, ImplItemFn, ItemImpl, Pat, PatType, Type};

pub(crate) fn expand(mut item: ItemImpl) -> syn::Result<TokenStream> {
    if item.trait_.is_some() || !item.generics.params.is_empty() {
        return Err(Error::new_spanned(&item.self_ty, "`#[methods]` stands before an `impl` of the type itself"));
    }
    let mut described = Vec::new();
    for member in &mut item.items {
        if let ImplItem::Fn(function) = member {
            described.extend(describe(&item.self_ty, function)?);
        }
    }
    let class = &item.self_ty;
    Ok(quote! {
        #item

        impl #class {
            #[doc(hidden)]
            pub fn describe_methods(class: ::embed::ClassBuilder<Self>) -> ::embed::ClassBuilder<Self> {
                class #(#described)*
            }
        }
    })
}

/// The call of the builder for one function; takes the attributes that are ours away.
fn describe(class: &Type, function: &mut ImplItemFn) -> syn::Result<Option<TokenStream>> {
    let options = Options::of(&function.attrs)?;
    function.attrs.retain(|attribute| !attribute.path().is_ident("script"));
    let receiver = function.sig.inputs.first().and_then(|first| match first {
        FnArg::Receiver(receiver) => Some(receiver.clone()),
        FnArg::Typed(_) => None,
    });
    let mut params = Vec::new();
    let mut is_own = false;
    for input in &mut function.sig.inputs {
        let FnArg::Typed(param) = input else { continue };
        let default = Options::of(&param.attrs)?.default;
        param.attrs.retain(|attribute| !attribute.path().is_ident("script"));
        if is_vm(&param.ty) && params.is_empty() && receiver.is_none() {
            continue;
        }
        if params.is_empty() && !is_own && receiver.is_none() && is_own_self(class, &param.ty) {
            is_own = true;
            continue;
        }
        params.push(parameter(param, default)?);
    }
    if options.skip {
        return Ok(None);
    }
    if let Some(receiver) = receiver.as_ref().filter(|receiver| receiver.reference.is_none()) {
        return Err(Error::new_spanned(
            receiver,
            "a script keeps its instance: take `&self`, `&mut self` or `this: Own<Self>`, or write `#[script(skip)]`",
        ));
    }
    if let Some(asyncness) = &function.sig.asyncness {
        return Err(Error::new_spanned(
            asyncness,
            "methods are not `async`: define an async function in a module, which takes an `Own`",
        ));
    }
    let ident = &function.sig.ident;
    let own_name = ident.unraw().to_string();
    let name = options.name.unwrap_or_else(|| own_name.clone());
    let path = quote! { <#class>::#ident };
    if options.get {
        return Ok(Some(quote! { .getter(#name, #path) }));
    }
    if options.set {
        let name = name.strip_prefix("set_").unwrap_or(&name);
        return Ok(Some(quote! { .setter(#name, #path) }));
    }
    let doc = doc_of(&function.attrs);
    let doc = if doc.is_empty() { String::new() } else { format!(": {doc}") };
    let signature = format!("{name}({}){doc}", params.join(", "));
    Ok(Some(match (receiver.is_some(), is_own, own_name.as_str()) {
        (true, ..) => quote! { .method(#signature, #path) },
        (false, true, _) => quote! { .own_method(#signature, #path) },
        (false, false, "new") => quote! { .constructor(#signature, #path) },
        (false, false, _) => quote! { .static_function(#signature, #path) },
    }))
}

/// A parameter as signatures write it.
fn parameter(param: &PatType, default: Option<String>) -> syn::Result<String> {
    let Pat::Ident(pattern) = &*param.pat else {
        let is_rest =
            matches!(&*param.pat, Pat::TupleStruct(rest) if rest.path.segments.last().is_some_and(|last| last.ident == "Rest"));
        if let (true, Pat::TupleStruct(rest)) = (is_rest, &*param.pat) {
            return Ok(format!("...{}", rest.elems.to_token_stream()));
        }
        return Err(Error::new_spanned(&param.pat, "a parameter needs a name, which scripts see"));
    };
    let name = pattern.ident.unraw().to_string();
    let name = name.trim_start_matches('_');
    let is_rest = matches!(&*param.ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Rest"));
    Ok(match (is_rest, default) {
        (true, _) => format!("...{name}"),
        (false, Some(default)) => format!("{name} = {default}"),
        (false, None) => name.to_owned(),
    })
}

/// `&mut Vm`
fn is_vm(of: &Type) -> bool {
    matches!(of, Type::Reference(reference) if reference.mutability.is_some()
        && matches!(&*reference.elem, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Vm")))
}

/// `Own<Self>`, or with the name of the type.
fn is_own_self(class: &Type, of: &Type) -> bool {
    let Type::Path(path) = of else { return false };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Own") else { return false };
    let argument = last.arguments.to_token_stream().to_string().replace(' ', "");
    argument == "<Self>" || argument == format!("<{}>", class.to_token_stream()).replace(' ', "")
}
