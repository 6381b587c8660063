//! Goldens: texts recorded in a case.

use crate::case::{Case, Golden};

/// A golden whose text is no longer the recorded one.
#[derive(Clone, Debug)]
pub struct Rewrite {
    /// Line of its section.
    pub line: u32,
    /// What it should say.
    pub text: String,
}

/// Compares; spaces at ends of lines and empty lines at the end do not count.
pub(crate) fn differs(golden: &Golden, text: &str) -> Option<Rewrite> {
    let text = tidy(text);
    (tidy(&golden.body) != text).then_some(Rewrite { line: golden.line, text })
}

fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// The text of the case with the given goldens replaced.
pub(crate) fn rewritten(case: &Case, rewrites: &[Rewrite]) -> String {
    let mut out = String::new();
    let mut skipping = false;
    for (i, line) in case.text.split_inclusive('\n').enumerate() {
        if line.starts_with("#- ") {
            skipping = false;
        }
        if !skipping {
            out.push_str(line);
        }
        if let Some(rewrite) = rewrites.iter().find(|rewrite| rewrite.line as usize == i + 1) {
            skipping = true;
            if !line.ends_with('\n') {
                out.push('\n');
            }
            if !rewrite.text.is_empty() {
                out.push_str(&rewrite.text);
                out.push('\n');
            }
        }
    }
    out
}
