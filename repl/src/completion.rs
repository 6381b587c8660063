//! What could be meant by what has been typed so far: commands, files, and what the session's core knows. Runs no code of the program.

use crate::command::{COMMANDS, named};
use crate::session::Session;
use std::path::Path;
use std::sync::Arc;
use vm::session::{self, Completions, candidate};

/// What the word at the end of `line` could become.
pub fn complete(session: &mut Session, line: &str) -> Completions {
    let Some((before, command)) = line.split_once(':').filter(|(before, _)| before.trim().is_empty()) else {
        return of_code(session, line);
    };
    let Some((name, argument)) = command.split_once(' ') else {
        let words = COMMANDS.iter().map(|command| command.name).filter(|name| name.starts_with(command));
        return of_words(before.len() + 1, "command", words.map(str::to_owned));
    };
    match named(name).map(|command| command.argument) {
        Some(what) if what.contains("FILE") => {
            let (folder, start) =
                argument.rsplit_once('/').map_or(("", argument), |(folder, start)| (&argument[..=folder.len()], start));
            of_words(line.len() - start.len(), "file", programs_in(folder, start))
        }
        Some(what) if ["NAME", "TEXT", "CLASS", "WHAT"].iter().any(|code| what.contains(code)) => {
            let found = of_code(session, argument);
            Completions { start: line.len() - argument.len() + found.start, ..found }
        }
        _ => of_words(line.len(), "", []),
    }
}

/// The same for code and questions.
fn of_code(session: &mut Session, line: &str) -> Completions {
    let (vm, core) = session.parts();
    session::complete(vm, core, line)
}

/// Words that are no code.
pub fn of_words(start: usize, kind: &'static str, words: impl IntoIterator<Item = String>) -> Completions {
    let nothing = Arc::default();
    Completions { start, items: words.into_iter().map(|word| candidate(word, kind, &nothing)).collect() }
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
        let mut file = |line: &str, start: usize, word: Option<&str>| {
            let found = complete(&mut session, line);
            assert_eq!(found, of_words(start, "file", word.map(str::to_owned)));
        };
        file(":load sr", 6, Some("src/"));
        file(":load ../examples/adventure/ma", 28, Some("main.lang"));
        file(":load nosuch/x", 13, None);
    }

    /// What a word at the end of a line could become, with the definitions of `text`.
    fn completed(text: &str, line: &str) -> Vec<String> {
        let mut session = Session::new(1);
        session.evaluate_file("<test>", text).expect("it is a program");
        complete(&mut session, line).items.into_iter().map(|item| item.text).collect()
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
        session.evaluate_file("<test>", &text).expect("it is a program");
        for (line, count) in [("name_9999", 11), ("name_", 100_000), ("print(nam", 100_000)] {
            let start = std::time::Instant::now();
            let found = complete(&mut session, line).items;
            let taken = start.elapsed();
            assert!(found.len() >= count, "`{line}`: {}", found.len());
            assert!(taken.as_millis() < 500, "`{line}` took {taken:?}");
            println!("{line}: {taken:?}");
        }
    }
}
