//! What could be meant by what has been typed so far. Runs no code of the program.

use crate::command::{COMMANDS, is_command};
use crate::session::Session;
use lang::token::{KEYWORDS, SOFT_KEYWORDS};

/// Where the word at the end of `line` begins, and what it could become.
pub fn complete(session: &mut Session, line: &str) -> (usize, Vec<String>) {
    if let Some((before, command)) = line.split_once(':').filter(|_| is_command(line)) {
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
