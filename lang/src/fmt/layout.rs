//! Where lines end: operations → text.
//!
//! A group is written on one line if it fits with what follows it up to the next possible break. Otherwise all its own breaks become
//! ends of lines, unless it may *hug*: then its own breaks stay spaces, and its last part breaks inside, as in
//!
//! ```text
//! items.each(|item| {
//!     …
//! })
//! ```
//!
//! The operations are one flat run, so that nothing here recurses.

use super::{INDENT, LINE_WIDTH};
use std::borrow::Cow;

/// Whether the last part of a group may break while the group does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hug {
    /// No.
    Never,
    /// If it has lines that must end anyway.
    Forced,
    /// Yes.
    Always,
    /// Yes, if it is the only part.
    Alone,
}

/// One operation.
#[derive(Debug)]
pub(super) enum Op<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// A comment on a line of its own; ends of lines stand around it.
    Comment(&'a str),
    /// A comment behind what is on the line.
    Suffix(&'a str),
    /// A group begins.
    Open(Hug),
    /// Its last part begins.
    Last,
    /// It ends.
    Close,
    /// What follows is indented, if the group is broken.
    Indent,
    /// Ends an [`Op::Indent`].
    Dedent,
    /// The end of a line if the group is broken, else the text. `blank`: with a blank line.
    Break { flat: &'static str, blank: bool },
    /// A space; in a broken group the end of a line if the next part does not fit, or for `row`.
    Fill { row: bool, blank: bool },
    /// The end of a line. `hang`: only the next line is indented.
    Hard { blank: bool, hang: bool },
    /// The group is broken.
    Force,
    /// Text that is there if the group is broken.
    IfBroken(&'static str),
}

/// What is known of a group before anything is written.
#[derive(Clone, Copy, Default)]
struct Facts {
    /// Its own breaks must be ends of lines.
    is_forced: bool,
    /// A line must end in a part before the last, and in the last.
    in_head: bool,
    in_last: bool,
    has_last: bool,
}

/// Facts of each group, at the index of its [`Op::Open`].
fn facts(ops: &[Op<'_>]) -> Vec<Facts> {
    let mut all = vec![Facts::default(); ops.len()];
    let mut open: Vec<usize> = Vec::new();
    for (i, op) in ops.iter().enumerate() {
        match op {
            Op::Open(_) => open.push(i),
            Op::Last => {
                if let Some(group) = open.last() {
                    all[*group].has_last = true;
                }
            }
            Op::Hard { .. } | Op::Force => {
                if let Some(group) = open.last() {
                    all[*group].is_forced = true;
                }
            }
            Op::Close => {
                let Some(inner) = open.pop().map(|group| all[group]) else { continue };
                if let Some(outer) = open.last().filter(|_| inner.is_forced || inner.in_head || inner.in_last) {
                    let outer = &mut all[*outer];
                    outer.in_last |= outer.has_last;
                    outer.in_head |= !outer.has_last;
                }
            }
            _ => {}
        }
    }
    all
}

/// Writes the text.
pub(super) fn lay_out(ops: &[Op<'_>]) -> String {
    let mut writer = Writer {
        ops,
        facts: facts(ops),
        broken: vec![true],
        lines: Vec::new(),
        line: Line::default(),
        column: 0,
        indent: 0,
        hang: 0,
    };
    writer.run();
    finish(&writer.lines)
}

/// A line of the result.
#[derive(Default)]
struct Line {
    text: String,
    /// The comment behind it.
    comment: Option<String>,
}

struct Writer<'o, 'a> {
    ops: &'o [Op<'a>],
    facts: Vec<Facts>,
    /// For each open group, whether it is broken. The first is the file.
    broken: Vec<bool>,
    lines: Vec<Line>,
    /// The line that is being written.
    line: Line,
    /// Its characters so far.
    column: usize,
    indent: usize,
    /// Indentation of this line alone.
    hang: usize,
}

impl Writer<'_, '_> {
    fn run(&mut self) {
        let mut indents = Vec::new();
        for (i, op) in self.ops.iter().enumerate() {
            let is_broken = self.broken.last().copied().unwrap_or(true);
            match op {
                Op::Text(text) => self.text(text),
                Op::Comment(text) => {
                    self.text(text);
                    self.lines.push(std::mem::take(&mut self.line));
                    self.column = 0;
                    self.hang = 0;
                }
                Op::Suffix(text) => match &mut self.line.comment {
                    Some(comment) => *comment = format!("{comment} {text}"),
                    none => *none = Some((*text).to_owned()),
                },
                Op::Open(hug) => {
                    let broken = self.breaks(i, *hug);
                    self.broken.push(broken);
                }
                Op::Close => {
                    self.broken.pop();
                }
                Op::Indent => {
                    let depth = if is_broken { INDENT } else { 0 };
                    indents.push(depth);
                    self.indent += depth;
                }
                Op::Dedent => self.indent -= indents.pop().unwrap_or(0),
                Op::Break { blank, .. } if is_broken => self.end_line(*blank),
                Op::Break { flat, .. } => self.text(flat),
                Op::Fill { row, blank } if is_broken && (*row || !self.part_fits(i + 1)) => self.end_line(*blank),
                Op::Fill { .. } => self.text(" "),
                Op::Hard { blank, hang } => {
                    self.end_line(*blank);
                    self.hang = if *hang { INDENT } else { 0 };
                }
                Op::IfBroken(text) if is_broken => self.text(text),
                Op::IfBroken(_) | Op::Force | Op::Last => {}
            }
        }
        self.end_line(false);
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() || text == " " && self.column == 0 {
            return;
        }
        if self.column == 0 {
            self.column = self.indent + self.hang;
            self.line.text.extend(std::iter::repeat_n(' ', self.column));
        }
        self.line.text.push_str(text);
        match text.rfind('\n') {
            Some(at) => self.column = text[at + 1..].chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    /// Ends the line, if anything is on it.
    fn end_line(&mut self, blank: bool) {
        if self.column > 0 || self.line.comment.is_some() {
            let end = self.line.text.trim_end_matches(' ').len();
            self.line.text.truncate(end);
            self.lines.push(std::mem::take(&mut self.line));
        }
        if blank && self.lines.last().is_some_and(|line| !line.text.is_empty()) {
            self.lines.push(Line::default());
        }
        self.column = 0;
        self.hang = 0;
    }

    /// Whether the group that opens at `i` is broken.
    fn breaks(&self, i: usize, hug: Hug) -> bool {
        let facts = self.facts[i];
        if facts.is_forced || facts.in_head {
            return true;
        }
        let may_hug = facts.has_last && (hug == Hug::Always || hug == Hug::Forced && facts.in_last);
        (facts.in_last || !self.fits(i, false)) && !(may_hug && self.fits(i, true))
    }

    /// Whether the line is not too long if the group that opens at `i` is written on it, up to the next end of a line behind it.
    /// `hugging`: up to the first possible one in its last part.
    fn fits(&self, i: usize, hugging: bool) -> bool {
        let start = if self.column == 0 { self.indent + self.hang } else { self.column };
        let mut left = LINE_WIDTH.saturating_sub(start);
        let mut in_last = false;
        // Open groups from the one at `i` on, and those around it that have not ended yet.
        let (mut depth, mut around) = (0_usize, self.broken.len());
        let mut is_behind = false;
        for op in &self.ops[i..] {
            let flat = match op {
                Op::Open(_) => {
                    depth += 1;
                    continue;
                }
                Op::Close if depth > 0 => {
                    depth -= 1;
                    is_behind |= depth == 0;
                    continue;
                }
                Op::Close => {
                    around = around.saturating_sub(1);
                    continue;
                }
                Op::Last => {
                    in_last |= depth == 1 && !is_behind;
                    continue;
                }
                Op::Text(text) => {
                    match after(left, text) {
                        Some(rest) => left = rest,
                        None => return false,
                    }
                    continue;
                }
                Op::Hard { .. } | Op::Comment(_) => return true,
                Op::Break { .. } | Op::Fill { .. } if is_behind && (depth > 0 || self.is_broken(around)) => return true,
                Op::Break { .. } | Op::Fill { .. } if hugging && in_last && !is_behind && depth > 1 => return true,
                Op::Break { flat, .. } => flat.len(),
                Op::Fill { .. } => 1,
                Op::IfBroken(text) if is_behind && depth == 0 && self.is_broken(around) => text.len(),
                _ => continue,
            };
            match left.checked_sub(flat) {
                Some(rest) => left = rest,
                None => return false,
            }
        }
        true
    }

    /// Whether the innermost of the `count` outermost open groups is broken.
    fn is_broken(&self, count: usize) -> bool {
        count.checked_sub(1).and_then(|group| self.broken.get(group)).copied().unwrap_or(true)
    }

    /// Whether what stands between `i` and the next break of the same group fits on the line, with a space before it.
    fn part_fits(&self, i: usize) -> bool {
        let mut left = LINE_WIDTH.saturating_sub(self.column + 1);
        let mut depth = 0_usize;
        for op in &self.ops[i..] {
            let width = match op {
                Op::Text(text) => match after(left, text) {
                    Some(rest) => {
                        left = rest;
                        0
                    }
                    None => return false,
                },
                Op::IfBroken(text) if depth == 0 => text.len(),
                Op::Hard { .. } | Op::Force => return true,
                Op::Break { .. } | Op::Fill { .. } if depth == 0 => return true,
                Op::Break { flat, .. } => flat.len(),
                Op::Fill { .. } => 1,
                Op::Open(_) => {
                    depth += 1;
                    0
                }
                Op::Close => {
                    depth = depth.saturating_sub(1);
                    0
                }
                _ => 0,
            };
            match left.checked_sub(width) {
                Some(rest) => left = rest,
                None => return false,
            }
        }
        true
    }
}

/// What is left of a line, of which `left` characters were left, behind a text.
fn after(left: usize, text: &str) -> Option<usize> {
    let first = text.split('\n').next().unwrap_or_default();
    let rest = left.checked_sub(first.chars().count())?;
    if first.len() == text.len() { Some(rest) } else { LINE_WIDTH.checked_sub(width(text)) }
}

/// The lines as a text. Comments behind adjacent lines of one indentation stand below each other.
fn finish(lines: &[Line]) -> String {
    let mut out = String::new();
    let mut i = 0;
    while let Some(line) = lines.get(i) {
        let run = lines[i..].iter().take_while(|next| is_aligned(line, next)).count().max(1);
        let widest = lines[i..i + run].iter().map(|line| width(&line.text)).max().unwrap_or(0);
        for line in &lines[i..i + run] {
            out.push_str(&line.text);
            if let Some(comment) = &line.comment {
                let gap = if line.text.is_empty() { 0 } else { widest - width(&line.text) + 1 };
                out.extend(std::iter::repeat_n(' ', gap));
                out.push_str(comment);
            }
            out.push('\n');
        }
        i += run;
    }
    out
}

/// Whether the comment of a line stands below that of the first of a run. Lines that open or close something are no part of one.
fn is_aligned(first: &Line, line: &Line) -> bool {
    let indent = |line: &Line| line.text.len() - line.text.trim_start_matches(' ').len();
    let closes = line.text.trim_start_matches(' ').starts_with(['}', ')', ']']);
    let is_edge = closes || line.text.ends_with(['{', '(', '[']) || line.text.contains('\n');
    line.comment.is_some() && indent(first) == indent(line) && !is_edge
}

/// Characters of the last line of a text.
fn width(text: &str) -> usize {
    text.rsplit('\n').next().unwrap_or_default().chars().count()
}
