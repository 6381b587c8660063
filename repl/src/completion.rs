//! What could be meant by what has been typed so far. Runs no code of the program.

use crate::command::{COMMANDS, named};
use crate::lookup::{self, is_chain, parameters};
use crate::session::Session;
use lang::token::{KEYWORDS, SOFT_KEYWORDS};
use std::path::Path;

/// Where the word at the end of `line` begins, and what it could become.
pub fn complete(session: &mut Session, line: &str) -> (usize, Vec<String>) {
    let Some((before, command)) = line.split_once(':').filter(|(before, _)| before.trim().is_empty()) else {
        return complete_code(session, line);
    };
    let Some((name, argument)) = command.split_once(' ') else {
        let words = COMMANDS.iter().map(|command| command.name).filter(|name| name.starts_with(command));
        return (before.len() + 1, words.map(str::to_owned).collect());
    };
    match named(name).map(|command| command.argument) {
        Some(what) if what.contains("FILE") => {
            let (folder, start) =
                argument.rsplit_once('/').map_or(("", argument), |(folder, start)| (&argument[..=folder.len()], start));
            (line.len() - start.len(), programs_in(folder, start))
        }
        Some(what) if ["NAME", "TEXT", "CLASS", "WHAT"].iter().any(|code| what.contains(code)) => {
            let (start, words) = complete_code(session, argument);
            (line.len() - argument.len() + start, words)
        }
        _ => (line.len(), Vec::new()),
    }
}

/// The same for code and questions.
fn complete_code(session: &mut Session, line: &str) -> (usize, Vec<String>) {
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    let chain = last_chain(line);
    let mut parts: Vec<&str> = chain.split('.').collect();
    let word = parts.pop().unwrap_or("");
    if parts.iter().any(|part| part.is_empty() || part.starts_with(|c: char| c.is_ascii_digit())) {
        return (line.len(), Vec::new());
    }
    let start = line.len() - word.len();
    let mut names = Vec::new();
    if parts.is_empty()
        && let Some((callee, given)) = open_call(&line[..start])
    {
        let parameters = parameters(session, callee).into_iter().filter(|name| name.starts_with(word));
        let missing = parameters.map(|name| name + ": ").filter(|name| !given.contains(name.trim_end()));
        names.extend(missing);
    }
    if word.is_empty() && parts.is_empty() {
        return (start, names);
    }
    // Operator methods cannot be written behind a dot.
    let fits = |name: &String| name.chars().all(is_part) && (word.starts_with('_') || !name.starts_with('_'));
    names.extend(lookup::names(session, &parts, word).into_iter().filter(fits));
    if parts.is_empty() {
        let words = KEYWORDS.iter().chain(SOFT_KEYWORDS).filter(|keyword| keyword.len() > 2 && keyword.starts_with(word));
        names.extend(words.map(|word| (*word).to_owned()));
        names.sort_unstable();
        names.dedup();
    }
    (start, names)
}

/// The names with dots between them at the end of a text.
fn last_chain(text: &str) -> &str {
    let is_part = |c: char| c == '_' || c == '.' || c.is_alphanumeric();
    let start = text.rfind(|c: char| !is_part(c)).map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    &text[start..]
}

/// What is called by the innermost call whose `(` is open at the end of a text, and the arguments that it has already.
fn open_call(text: &str) -> Option<(&str, &str)> {
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

/// Programs and folders whose names begin like this, folders with a `/` behind.
fn programs_in(folder: &str, start: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(if folder.is_empty() { Path::new(".") } else { Path::new(folder) }) else {
        return Vec::new();
    };
    let names = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let is_folder = entry.path().is_dir();
        let is_wanted =
            name.starts_with(start) && (is_folder || name.ends_with(".lang")) && (!start.is_empty() || !name.starts_with('.'));
        is_wanted.then(|| if is_folder { name + "/" } else { name })
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_behind_a_command_are_completed() {
        let mut session = Session::new(1);
        // Tests run in the folder of the crate.
        assert_eq!(complete(&mut session, ":load sr"), (6, vec!["src/".to_owned()]));
        assert_eq!(complete(&mut session, ":load ../examples/adventure/ma"), (28, vec!["main.lang".to_owned()]));
        assert_eq!(complete(&mut session, ":load nosuch/x"), (13, Vec::new()));
    }

    /// What a word at the end of a line could become, with the definitions of `text`.
    fn completed(text: &str, line: &str) -> Vec<String> {
        let mut session = Session::new(1);
        session.evaluate_as("<test>", text).expect("it is a program");
        complete(&mut session, line).1
    }

    #[test]
    fn members_and_arguments_are_completed() {
        let text = "fn area(width, height = 1) { width * height }
class Box { slot width = 1; slot inner = nil; fn weigh(scale) { 1 }; static fn cube(edge) { Box(edge) } }
class Made { fn init(size) { } }
let box = Box(2, Box(3))
let text = 'a'
let twice = |wanted| wanted * 2";
        for (line, expected) in [
            ("area(wi", "width: "),
            ("print(area(2, he", "height: "),
            ("area(", "width: |height: "),
            ("area(width: 3, ", "height: "),
            ("area(\"(\", [1, 2], hei", "height: "),
            ("box.inner.wi", "width"),
            ("box.weigh(", "scale: "),
            ("Box.cube(", "edge: "),
            ("Box.cu", "cube"),
            ("Box(inn", "inner: "),
            ("Made(", "size: "),
            ("twice(", "wanted: "),
            ("print(1, se", "self|sep: |set"),
            ("text.uppe", "upper"),
            ("\"${area(wid", "width: "),
            ("fn area(wid", ""),
            ("\"area(wid", ""),
            ("?box.wei", "weigh"),
            (":type box.inn", "inner"),
            (":who are", "area"),
            (":ti", "time"),
            (":bt a", ""),
        ] {
            let found = completed(text, line);
            let wanted: Vec<&str> = expected.split('|').filter(|name| !name.is_empty()).collect();
            assert_eq!(found, wanted, "{line}");
        }
    }

    /// A key has to be answered at once: 20 ms are not noticed. The bound is generous, as machines are busy.
    #[test]
    fn many_definitions_are_no_burden() {
        let mut session = Session::new(1);
        let text: String = (0..100_000).map(|i| format!("let name_{i} = {i}\n")).collect();
        session.evaluate_as("<test>", &text).expect("it is a program");
        for (line, count) in [("name_9999", 11), ("name_", 100_000), ("print(nam", 100_000)] {
            let start = std::time::Instant::now();
            let found = complete(&mut session, line).1;
            let taken = start.elapsed();
            assert!(found.len() >= count, "`{line}`: {}", found.len());
            assert!(taken.as_millis() < 500, "`{line}` took {taken:?}");
            println!("{line}: {taken:?}");
        }
    }
}
