//! What a client asks a program: a session evaluates parts of a text as an editor has it, and tells what it knows.
//!
//! `‹` marks the cursor in a text, `‹` and `›` what is selected; they are not in the text. What is no text is a request as JSON.

use std::fmt::Write as _;
use vm::embed::Vm;
use vm::session::{Note, Position, Range, RegionKind, Reply, Request, Session};

/// A question.
#[derive(Debug)]
pub struct Ask {
    /// Line of the section.
    pub line: u32,
    /// What of the text is evaluated, or nothing.
    pub kind: Option<RegionKind>,
    /// The file.
    pub file: String,
    /// The text with its marks, or the requests, one on each line.
    pub body: String,
}

impl Ask {
    /// What stands behind `#- ask`.
    pub fn parse(line: u32, rest: &str, body: &str) -> Result<Ask, String> {
        let (word, file) = rest.split_once(' ').unwrap_or((rest, "main.lang"));
        let kind = match word {
            "" => None,
            word => {
                let kind = serde_json::from_value(serde_json::Value::String(word.to_owned()));
                Some(kind.map_err(|_| format!("there is no kind of region `{word}`"))?)
            }
        };
        Ok(Ask { line, kind, file: file.to_owned(), body: body.to_owned() })
    }

    /// Asks, and gives what is answered as text.
    pub fn carry_out(&self, vm: &mut Vm, session: &mut Session) -> Result<String, String> {
        let Some(kind) = self.kind else {
            let mut out = String::new();
            for line in self.body.lines() {
                let request: Request = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
                out.push_str(&shown(&session.answer(vm, &request)));
            }
            return Ok(out);
        };
        let (before, rest) = self.body.split_once('‹').ok_or("the text has no cursor `‹`")?;
        let (selected, behind) = rest.split_once('›').unwrap_or(("", rest));
        let at = behind_of(before);
        let to = rest.contains('›').then(|| behind_of(&format!("{before}{selected}")));
        let text = format!("{before}{selected}{behind}");
        let request = Request::EvaluateRegion { file: self.file.clone(), text, kind, at, to };
        Ok(shown(&session.answer(vm, &request)))
    }
}

/// The place behind a text.
fn behind_of(text: &str) -> Position {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Position { line: text.matches('\n').count() as u32 + 1, column: last.chars().count() as u32 + 1 }
}

/// A reply on some lines.
fn shown(reply: &Reply) -> String {
    let mut out = String::new();
    if let Some(region) = reply.region {
        let _ = writeln!(out, "region {}", place(region));
    }
    out.extend(reply.output.lines().map(|line| format!("output {line}\n")));
    out.extend(reply.warnings.iter().map(|note| noted("warning", note)));
    if let (Some(value), Some(class)) = (&reply.value, &reply.class) {
        let _ = writeln!(out, "{class} {value}");
    }
    if let Some(error) = &reply.error {
        let more = if error.is_incomplete { ", incomplete" } else { "" };
        let _ = writeln!(out, "{:?}{more} {}", error.kind, error.message);
        out.extend(error.notes.iter().map(|note| noted("at", note)));
    } else if let Some(text) = &reply.text {
        out.push_str(text.trim_end());
        out.push('\n');
    }
    if let Some(found) = &reply.completions {
        let item = |item: &vm::session::Candidate| {
            let home = if item.home.is_empty() { String::new() } else { format!(" of {}", item.home) };
            format!("{} {}{home}{}", item.kind, item.text.trim_end(), if item.is_leaked { ", leaked" } else { "" })
        };
        let items: Vec<String> = found.items.iter().map(item).collect();
        let _ = writeln!(out, "{}: {}", found.start, items.join(" | "));
    }
    if out.is_empty() { "ok\n".into() } else { out }
}

fn noted(word: &str, note: &Note) -> String {
    let help = if note.help.is_empty() { String::new() } else { format!(" ({})", note.help) };
    format!("{word} {}:{} {}{help}\n", note.file, place(note.range), note.message)
}

fn place(range: Range) -> String {
    format!("{}:{}-{}:{}", range.start.line, range.start.column, range.end.line, range.end.column)
}
