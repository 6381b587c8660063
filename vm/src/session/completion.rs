//! What could be meant by what has been typed so far. Runs no code of the program.

use super::lookup::{self, is_chain, parameters};
use super::{Candidate, Completions, Session};
use crate::embed::Vm;
use lang::token::{KEYWORDS, SOFT_KEYWORDS};
use std::sync::Arc;

/// What the word at the end of a text could become. Without a word only the names of arguments are.
pub fn complete(vm: &mut Vm, session: &Session, line: &str) -> Completions {
    let chain = last_chain(line);
    let mut parts: Vec<&str> = chain.split('.').collect();
    let word = parts.pop().unwrap_or("");
    let start = line.len() - word.len();
    let mut items = Vec::new();
    if let Some(start) = path_of_import(line) {
        let path = &line[start..];
        let names = vm.enter(|cx| lookup::importable(cx));
        let fitting = names.into_iter().filter(|name| name.starts_with(path));
        items.extend(fitting.map(|name| candidate(name, "namespace", &Arc::default())));
        return Completions { start, items };
    }
    if parts.iter().any(|part| part.is_empty() || part.starts_with(|c: char| c.is_ascii_digit())) {
        return Completions { start: line.len(), items };
    }
    if parts.is_empty()
        && let Some((callee, given)) = open_call(&line[..start])
    {
        let parameters = parameters(vm, session, callee).into_iter().filter(|name| name.starts_with(word));
        let missing = parameters.map(|name| name + ": ").filter(|name| !given.contains(name.trim_end()));
        let callee = callee.into();
        items.extend(missing.map(|text| candidate(text, "argument", &callee)));
    }
    if word.is_empty() && parts.is_empty() {
        return Completions { start, items };
    }
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    // Operator methods cannot be written behind a dot.
    let fits = |item: &Candidate| item.text.chars().all(is_part) && (word.starts_with('_') || !item.text.starts_with('_'));
    items.extend(lookup::names(vm, session, &parts, word).into_iter().filter(fits));
    if parts.is_empty() {
        let nothing = Arc::default();
        let words = KEYWORDS.iter().chain(SOFT_KEYWORDS).filter(|keyword| keyword.len() > 2 && keyword.starts_with(word));
        items.extend(words.map(|word| candidate((*word).to_owned(), "keyword", &nothing)));
        if items.len() <= lookup::ORDERED_MAX {
            items.sort_by(|a, b| a.text.cmp(&b.text));
            items.dedup_by(|a, b| a.text == b.text);
        }
    }
    Completions { start, items }
}

/// Where the path of an import begins that ends a text.
fn path_of_import(text: &str) -> Option<usize> {
    let line = text.rsplit(['\n', ';']).next()?.trim_start();
    let path = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "))?.trim_start();
    let is_path = path.chars().all(|c| c == '_' || c == '.' || c.is_alphanumeric());
    is_path.then(|| text.len() - path.len())
}

/// A candidate of something that no file could leave behind.
pub fn candidate(text: String, kind: &'static str, home: &Arc<str>) -> Candidate {
    Candidate { text, kind: kind.into(), home: home.clone(), is_leaked: false }
}

/// The names with dots between them at the end of a text.
fn last_chain(text: &str) -> &str {
    let is_part = |c: char| c == '_' || c == '.' || c.is_alphanumeric();
    let start = text.rfind(|c: char| !is_part(c)).map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    &text[start..]
}

/// What is called by the innermost call whose `(` is open at the end of a text, and the arguments that it has already.
pub fn open_call(text: &str) -> Option<(&str, &str)> {
    // Open brackets, and strings by their quotes.
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let quote = open.last().map(|(c, _)| *c).filter(|c| matches!(c, '"' | '\''));
        match (quote, c) {
            (Some('"'), '\\') => {
                characters.next();
            }
            (Some('"'), '$') if characters.next_if(|(_, c)| *c == '{').is_some() => open.push(('{', at)),
            (Some(quote), c) if c == quote => {
                open.pop();
            }
            (Some(_), _) => {}
            (None, '"' | '\'' | '(' | '[' | '{') => open.push((c, at)),
            (None, ')' | ']' | '}') => {
                open.pop();
            }
            (None, '#') => return None,
            (None, _) => {}
        }
    }
    let (_, at) = *open.last().filter(|(c, _)| *c == '(')?;
    let callee = last_chain(&text[..at]);
    let is_definition = text[..at - callee.len()].trim_end().ends_with("fn");
    (is_chain(callee) && !is_definition).then(|| (callee, &text[at + 1..]))
}
