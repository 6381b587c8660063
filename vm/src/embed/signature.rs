//! Signatures of host functions, as text: `spawn(name, hp = 10, ...tags): adds an enemy.`

use crate::heap::Value;
use crate::object::{Cx, List, Map};

/// A signature, taken apart.
#[derive(Debug, PartialEq)]
pub(crate) struct Signature {
    /// What is called.
    pub(crate) name: String,
    /// The parameters in order, without the last one if it takes the rest.
    pub(crate) params: Vec<Param>,
    /// Name of the parameter that takes the rest.
    pub(crate) rest: Option<String>,
    /// The signature itself, then what is said of the function: empty if the text is only a name.
    pub(crate) doc: String,
    /// What is said of the function.
    pub(crate) about: String,
    /// Whether it says which parameters there are.
    pub(crate) is_complete: bool,
}

/// A parameter.
#[derive(Debug, PartialEq)]
pub(crate) struct Param {
    /// Its name.
    pub(crate) name: String,
    /// What it is if it is left out.
    pub(crate) default: Option<Literal>,
}

/// A value that can stand behind `=`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    EmptyList,
    EmptyMap,
}

impl Literal {
    /// The value; lists and maps are new ones.
    pub(crate) fn value<'gc>(&self, cx: &mut Cx<'_, 'gc>) -> Value<'gc> {
        match self {
            Literal::Nil => Value::Nil,
            Literal::Bool(b) => Value::bool(*b),
            Literal::Int(i) => Value::Int(*i),
            Literal::Float(f) => Value::Float(*f),
            Literal::Text(text) => cx.str(text),
            Literal::EmptyList => Value::List(List::new(cx.mc, Vec::new())),
            Literal::EmptyMap => Value::Map(Map::new(cx.mc)),
        }
    }

    /// How a program writes it.
    pub(crate) fn text(&self) -> String {
        match self {
            Literal::Nil => "nil".to_owned(),
            Literal::Bool(b) => b.to_string(),
            Literal::Int(i) => i.to_string(),
            Literal::Float(f) => format!("{f:?}"),
            Literal::Text(text) => format!("\"{text}\""),
            Literal::EmptyList => "[]".to_owned(),
            Literal::EmptyMap => "{}".to_owned(),
        }
    }

    fn parse(text: &str) -> Option<Literal> {
        let quoted =
            text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|inner| !inner.contains(['"', '\\', '$']));
        Some(match text {
            "nil" => Literal::Nil,
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "[]" => Literal::EmptyList,
            "{}" => Literal::EmptyMap,
            _ if quoted.is_some() => Literal::Text(quoted?.to_owned()),
            _ if text.parse::<i64>().is_ok() => Literal::Int(text.parse().ok()?),
            _ if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => Literal::Float(text.parse().ok()?),
            _ => return None,
        })
    }
}

impl Signature {
    /// Takes a text apart: a name, or a signature, perhaps with `: ` and what is said of the function.
    pub(crate) fn parse(text: &str) -> Result<Signature, String> {
        let colon = text.find(':').unwrap_or(text.len());
        let Some(open) = open_of(text).filter(|open| *open < colon) else {
            let (name, about) = (text[..colon].trim(), text.get(colon + 1..).unwrap_or_default().trim());
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(format!("`{name}` is no name of a function; write `name(parameters): what it does`"));
            }
            return Ok(Signature {
                name: name.to_owned(),
                params: Vec::new(),
                rest: None,
                doc: about.to_owned(),
                about: about.to_owned(),
                is_complete: false,
            });
        };
        let name = text[..open].trim();
        let (inside, behind) = text[open + 1..].split_at(end_of(&text[open + 1..]).ok_or("a `)` is missing")?);
        let (doc, about) = (String::new(), String::new());
        let mut signature = Signature { name: name.to_owned(), params: Vec::new(), rest: None, doc, about, is_complete: true };
        for part in split(inside) {
            if signature.rest.is_some() {
                return Err("nothing can stand behind `...`".to_owned());
            }
            if let Some(rest) = part.strip_prefix("...") {
                signature.rest = Some(checked(rest)?.to_owned());
                continue;
            }
            let (name, default) = match part.split_once('=') {
                Some((name, default)) => {
                    let default = default.trim();
                    let literal = Literal::parse(default).ok_or_else(|| {
                        format!("`{default}` is no default: those are numbers, texts without escapes, `true`, `false`, `nil`, `[]` and `{{}}`")
                    })?;
                    (name.trim(), Some(literal))
                }
                None => (part, None),
            };
            if default.is_none() && signature.params.last().is_some_and(|before| before.default.is_some()) {
                return Err(format!("`{name}` needs a default, since the parameter before it has one"));
            }
            signature.params.push(Param { name: checked(name)?.to_owned(), default });
        }
        let doc = match behind[1..].trim().strip_prefix(':') {
            Some(doc) => doc.trim(),
            None if behind[1..].trim().is_empty() => "",
            None => return Err("behind the `)` there may be `: ` and a description".to_owned()),
        };
        signature.doc = format!("`{}{inside})`: {doc}", &text[..=open].trim_start());
        doc.clone_into(&mut signature.about);
        Ok(signature)
    }

    /// Names of the parameters.
    pub(crate) fn names(&self) -> Box<[Box<str>]> {
        self.params.iter().map(|param| param.name.as_str()).chain(self.rest.as_deref()).map(Box::from).collect()
    }

    /// How many arguments there must be.
    pub(crate) fn least(&self) -> usize {
        self.params.iter().filter(|param| param.default.is_none()).count()
    }
}

/// Where the parameters begin; the operator `()` has that in its name.
fn open_of(text: &str) -> Option<usize> {
    let from = if text.starts_with("()") { 2 } else { 0 };
    text[from..].find('(').map(|at| at + from)
}

/// Where the parameters end.
fn end_of(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    text.char_indices().find_map(|(at, c)| {
        is_quoted ^= c == '"';
        (c == ')' && !is_quoted).then_some(at)
    })
}

/// The parts between commas, without blanks around them.
fn split(text: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let parts = text.split(|c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    });
    let parts: Vec<&str> = parts.map(str::trim).collect();
    if parts == [""] { Vec::new() } else { parts }
}

fn checked(name: &str) -> Result<&str, String> {
    let is_name =
        name.starts_with(|c: char| c == '_' || c.is_alphabetic()) && name.chars().all(|c| c == '_' || c.is_alphanumeric());
    if is_name && !lang::token::is_keyword(name) { Ok(name) } else { Err(format!("`{name}` is no name of a parameter")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_taken_apart() {
        let parsed =
            Signature::parse("spawn(name, hp = 10, title = \"a, b)\", ...tags): adds an enemy.").expect("it is a signature");
        assert_eq!(parsed.name, "spawn");
        assert_eq!(parsed.names().iter().map(|name| &**name).collect::<Vec<_>>(), ["name", "hp", "title", "tags"]);
        assert_eq!(parsed.params[1].default, Some(Literal::Int(10)));
        assert_eq!(parsed.params[2].default, Some(Literal::Text("a, b)".into())));
        assert_eq!(parsed.least(), 1);
        assert_eq!(parsed.doc, "`spawn(name, hp = 10, title = \"a, b)\", ...tags)`: adds an enemy.");
        let bare = Signature::parse("double").expect("it is a name");
        assert!(!bare.is_complete && bare.doc.is_empty());
        let told = Signature::parse("double: twice as much (or more).").expect("it is a name with a description");
        assert_eq!((&*told.name, &*told.about, told.is_complete), ("double", "twice as much (or more).", false));
        assert_eq!(Signature::parse("()(n)").expect("an operator").name, "()");
        assert_eq!(Signature::parse("+(other)").expect("an operator").name, "+");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, problem) in [
            ("f(a", "a `)` is missing"),
            ("f(a = x)", "`x` is no default"),
            ("f(a = 1, b)", "`b` needs a default"),
            ("f(...a, b)", "nothing can stand behind"),
            ("f(if)", "`if` is no name"),
            ("f(a,)", "`` is no name"),
            ("f(a) b", "behind the `)`"),
            ("f a: b", "`f a` is no name"),
            (": b", "`` is no name"),
        ] {
            let error = Signature::parse(text).expect_err("it is none");
            assert!(error.starts_with(problem), "{text}: {error}");
        }
    }
}
