//! `#[script(…)]`.

use quote::ToTokens;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// What the attributes of an item say.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<String>,
    pub(crate) get: bool,
    pub(crate) set: bool,
    pub(crate) skip: bool,
    /// The text of a default.
    pub(crate) default: Option<String>,
}

impl Options {
    pub(crate) fn of(attributes: &[Attribute]) -> syn::Result<Options> {
        let mut options = Options::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("script")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    options.name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
                } else if meta.path.is_ident("get") {
                    options.get = true;
                } else if meta.path.is_ident("set") {
                    options.set = true;
                } else if meta.path.is_ident("skip") {
                    options.skip = true;
                } else if meta.path.is_ident("default") {
                    options.default = Some(literal(&meta.value()?.parse::<Expr>()?));
                } else {
                    return Err(meta.error("`#[script(…)]` knows `name`, `get`, `set`, `skip` and `default`"));
                }
                Ok(())
            })?;
        }
        Ok(options)
    }
}

/// The text of a default. `None` is `nil` there.
fn literal(value: &Expr) -> String {
    match value {
        Expr::Path(path) if path.path.is_ident("None") => "nil".to_owned(),
        _ => value.to_token_stream().to_string().replace("- ", "-"),
    }
}

/// The doc text of an item.
pub(crate) fn doc_of(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines.map(|line| line.strip_prefix(' ').map_or(line.clone(), str::to_owned)).collect();
    lines.join("\n").trim().to_owned()
}
