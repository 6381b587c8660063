//! What could be meant by what has been typed so far. Runs no code of the program.

use crate::command::{COMMANDS, is_command};
use crate::session::Session;
use lang::token::{KEYWORDS, SOFT_KEYWORDS};
use std::path::Path;

/// Where the word at the end of `line` begins, and what it could become.
pub fn complete(session: &mut Session, line: &str) -> (usize, Vec<String>) {
    if let Some((before, command)) = line.split_once(':').filter(|_| is_command(line)) {
        if let Some((_, path)) = command.split_once(' ') {
            let (folder, start) = path.rsplit_once('/').map_or(("", path), |(folder, start)| (&path[..=folder.len()], start));
            return (line.len() - start.len(), programs_in(folder, start));
        }
        let words = COMMANDS.iter().map(|command| command.name).filter(|name| name.starts_with(command));
        return (before.len() + 1, words.map(str::to_owned).collect());
    }
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    let chain_start =
        line.rfind(|c: char| !is_part(c) && c != '.').map_or(0, |at| at + line[at..].chars().next().map_or(0, char::len_utf8));
    let chain = &line[chain_start..];
    let mut parts: Vec<&str> = chain.split('.').collect();
    let word = parts.pop().unwrap_or("");
    if parts.iter().any(|part| part.is_empty() || part.starts_with(|c: char| c.is_ascii_digit())) {
        return (line.len(), Vec::new());
    }
    let start = line.len() - word.len();
    if word.is_empty() && parts.is_empty() {
        return (start, Vec::new());
    }
    let mut names = session.names(&parts);
    if parts.is_empty() {
        names.extend(KEYWORDS.iter().chain(SOFT_KEYWORDS).filter(|word| word.len() > 2).map(|word| (*word).to_owned()));
    }
    // Operator methods cannot be written behind a dot.
    let fits =
        |name: &String| name.starts_with(word) && name.chars().all(is_part) && (word.starts_with('_') || !name.starts_with('_'));
    (start, names.into_iter().filter(fits).collect())
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
}
