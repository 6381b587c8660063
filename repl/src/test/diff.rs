//! How two values differ that should have been equal.

use crate::diagnostics::{Report as Style, printable};
use anstyle::{AnsiColor, Style as Paint};
use similar::{ChangeTag, TextDiff};
use std::fmt::Write as _;
use std::time::Duration;
use vm::embed::Compared;
use vm::ops::{Difference, More};

/// Equal lines that are shown around a difference.
const CONTEXT: usize = 3;

/// Most lines that are shown.
const LINES_MAX: usize = 60;

/// Longest time for finding the smallest difference.
const TIME_MAX: Duration = Duration::from_secs(1);

const LEFT: Paint = AnsiColor::Red.on_default();
const RIGHT: Paint = AnsiColor::Green.on_default();

/// How two values differ: by the parts that are not equal if they are too large to be shown, else by the lines of their texts.
pub fn difference(compared: &Compared, style: Style) -> String {
    if compared.differences.is_empty() {
        return lines(&compared.left, &compared.right, style);
    }
    let mut out = "difference (- left, + right):\n".to_owned();
    for Difference { path, left, right } in &compared.differences {
        let _ = writeln!(out, "    at {}", printable(path));
        match (left, right) {
            (Some(left), Some(right)) => one_line(&mut out, left, right, style),
            (Some(left), None) => {
                let _ = writeln!(out, "{}", style.paint(LEFT, &format!("  - {}", printable(left))));
            }
            (_, right) => {
                let right = right.as_deref().unwrap_or_default();
                let _ = writeln!(out, "{}", style.paint(RIGHT, &format!("  + {}", printable(right))));
            }
        }
    }
    if compared.more == More::Exists {
        out.push_str("    … and more\n");
    }
    out
}

/// The lines in which the texts of two values differ.
fn lines(left: &str, right: &str, style: Style) -> String {
    if left == right {
        return "both sides look the same: instances are equal if they are the same one, unless their class defines `==`\n"
            .to_owned();
    }
    let mut out = "difference (- left, + right):\n".to_owned();
    if !left.contains('\n') && !right.contains('\n') {
        one_line(&mut out, left, right, style);
        return out;
    }
    // A last line is the same with and without its line break; that is said apart.
    let [left_lines, right_lines] = [left, right].map(|text| format!("{}\n", text.strip_suffix('\n').unwrap_or(text)));
    let diff = TextDiff::configure().timeout(TIME_MAX).diff_lines(&left_lines, &right_lines);
    let mut lines = 0;
    for (at, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if at > 0 {
            out.push_str("    …\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            lines += 1;
            if lines > LINES_MAX {
                out.push_str("    … and more\n");
                return out;
            }
            let text = printable(change.value().trim_end_matches(['\n', '\r']));
            let line = match change.tag() {
                ChangeTag::Equal => format!("    {text}"),
                ChangeTag::Delete => style.paint(LEFT, &format!("  - {text}")),
                ChangeTag::Insert => style.paint(RIGHT, &format!("  + {text}")),
            };
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    if left.ends_with('\n') != right.ends_with('\n') {
        let _ = writeln!(out, "    only the {} side ends with a line break", if left.ends_with('\n') { "left" } else { "right" });
    }
    out
}

/// Two short texts, with a mark under what is not common to both.
fn one_line(out: &mut String, left: &str, right: &str, style: Style) {
    let (left, right) = (printable(left), printable(right));
    let _ = writeln!(out, "{}", style.paint(LEFT, &format!("  - {left}")));
    let _ = writeln!(out, "{}", style.paint(RIGHT, &format!("  + {right}")));
    let (a, b): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let before = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let most = a.len().min(b.len()) - before;
    let behind = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let differs = b.len() - before - behind;
    // Quotes alone are not common text.
    if before > 1 || behind > 1 {
        let _ = writeln!(out, "    {}{}", " ".repeat(before), "^".repeat(differs.max(1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differing_lines_stand_between_common_ones() {
        assert_eq!(
            lines("[\n    1,\n    2,\n]", "[\n    1,\n    3,\n]", Style::plain()),
            "difference (- left, + right):\n    [\n        1,\n  -     2,\n  +     3,\n    ]\n"
        );
        assert_eq!(
            lines("a\nb\n", "A\nb", Style::plain()),
            "difference (- left, + right):\n  - a\n  + A\n    b\n    only the left side ends with a line break\n"
        );
    }

    #[test]
    fn the_differing_part_of_a_line_is_marked() {
        assert_eq!(
            lines("\"hello world\"", "\"hello there\"", Style::plain()),
            "difference (- left, + right):\n  - \"hello world\"\n  + \"hello there\"\n           ^^^^^\n"
        );
        assert_eq!(
            lines("\"ab\"", "\"ab c\"", Style::plain()),
            "difference (- left, + right):\n  - \"ab\"\n  + \"ab c\"\n       ^^\n"
        );
        assert_eq!(lines("\"a\"", "\"b\"", Style::plain()), "difference (- left, + right):\n  - \"a\"\n  + \"b\"\n");
    }
}
