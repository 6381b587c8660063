//! Lines that end at words where the terminal would break them anywhere.

use crate::terminal;

/// Fewer columns have no place for words.
const COLUMNS_MIN: usize = 20;

/// A line, broken at spaces so that it fits the terminal, if there is one. What follows is indented by so much.
pub fn wrapped(line: &str, indent: usize) -> String {
    match terminal::size() {
        Some((columns, _)) if columns >= COLUMNS_MIN => wrap(line, columns, indent),
        _ => line.to_owned(),
    }
}

fn wrap(line: &str, columns: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut width = 0;
    // A word with the spaces before it.
    let mut rest = line;
    while !rest.is_empty() {
        let begin = rest.find(|c: char| c != ' ').unwrap_or(rest.len());
        let end = rest[begin..].find(' ').map_or(rest.len(), |at| begin + at);
        let (word, behind) = rest.split_at(end);
        let length = word.chars().count();
        if width > 0 && width + length > columns {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            out.push_str(word.trim_start());
            width = indent + word.trim_start().chars().count();
        } else {
            out.push_str(word);
            width += length;
        }
        rest = behind;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_words() {
        assert_eq!(wrap("one two  three", 20, 2), "one two  three");
        assert_eq!(wrap("  one two  three four", 10, 4), "  one two\n    three\n    four");
        assert_eq!(wrap("averylongword and", 5, 2), "averylongword\n  and");
        assert_eq!(wrap("", 5, 2), "");
    }
}
