//! `#[script(…)]`.

use syn::{Attribute, Expr, ExprLit, ExprUnary, Lit, Meta, UnOp};

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
                    options.default = Some(literal(&meta.value()?.parse::<Expr>()?)?);
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
fn literal(value: &Expr) -> syn::Result<String> {
    let refused = |why: &str| Err(syn::Error::new_spanned(value, why));
    match value {
        Expr::Path(path) if path.path.is_ident("None") => Ok("nil".to_owned()),
        Expr::Group(group) => literal(&group.expr),
        Expr::Array(array) if array.elems.is_empty() => Ok("[]".to_owned()),
        Expr::Block(block) if block.block.stmts.is_empty() => Ok("{}".to_owned()),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match &**expr {
            Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. }) => Ok(format!("-{}", literal(expr)?)),
            _ => refused(DEFAULTS),
        },
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Int(number) => Ok(number.base10_digits().to_owned()),
            Lit::Float(number) => Ok(number.base10_digits().to_owned()),
            Lit::Bool(value) => Ok(value.value.to_string()),
            Lit::Str(text) if text.value().contains(['"', '\\', '$']) => {
                refused("the text of a default has no `\"`, `\\` or `$`: take an `Option`, and write the default in the body")
            }
            Lit::Str(text) => Ok(format!("\"{}\"", text.value())),
            _ => refused(DEFAULTS),
        },
        _ => refused(DEFAULTS),
    }
}

/// What a default may be.
const DEFAULTS: &str = "a default is a number, a text, `true`, `false`, `None`, `[]` or `{}`";

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_literals() {
        for (rust, text) in [
            ("10", "10"),
            ("-10", "-10"),
            ("- 1.5", "-1.5"),
            ("1_000u32", "1000"),
            ("0xff", "255"),
            ("\"a - b- c\"", "\"a - b- c\""),
            ("true", "true"),
            ("None", "nil"),
            ("[]", "[]"),
            ("{}", "{}"),
        ] {
            assert_eq!(literal(&syn::parse_str(rust).expect("it is an expression")).expect(rust), text);
        }
        for rust in ["f(1)", "-true", "1 + 2", "[1]", "'c'", "\"$x\"", "\"a\\\"b\"", "-\"a\""] {
            let error = literal(&syn::parse_str(rust).expect("it is an expression")).expect_err(rust).to_string();
            assert!(error.contains("default"), "{error}");
        }
    }
}
