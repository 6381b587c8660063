//! What can be done at a place, for editors that know nothing of the language: each is a command that the server carries out.

use super::document::Document;
use super::encoding::{Encoding, session_position};
use gen_lsp_types::{Position, Range};
use lang::source::{Source, Span};
use serde_json::{Value, json};
use vm::session::{RegionKind, cells, find};

/// The kind that editors sort these actions under.
pub const KIND: &str = "lang.evaluate";

/// Longest piece of text in a title, in characters.
const TITLE_CHARS_MAX: usize = 40;

/// The commands that evaluate, with what they evaluate. Their arguments are the file and a range.
pub const EVALUATIONS: [(&str, RegionKind); 6] = [
    ("lang.evalExpression", RegionKind::Expression),
    ("lang.evalLine", RegionKind::Line),
    ("lang.evalRegion", RegionKind::Region),
    ("lang.evalForm", RegionKind::Form),
    ("lang.evalCell", RegionKind::Cell),
    ("lang.evalFile", RegionKind::File),
];

/// Stops what the program does.
pub const INTERRUPT: &str = "lang.interrupt";

/// Takes the last change of the program back.
pub const UNDO: &str = "lang.undo";

/// Brings the program to what is on the disk.
pub const RELOAD: &str = "lang.reload";

/// Looks into a value.
pub const INSPECT: &str = "lang.inspect";

/// All commands.
pub fn commands() -> Vec<&'static str> {
    EVALUATIONS.iter().map(|(name, _)| *name).chain([INTERRUPT, UNDO, RELOAD, INSPECT]).collect()
}

fn command_of(kind: RegionKind) -> &'static str {
    EVALUATIONS.iter().find(|(_, of)| *of == kind).map_or("", |(name, _)| name)
}

/// A command of the protocol.
fn command(title: &str, kind: RegionKind, uri: &str, range: Range) -> Value {
    json!({ "title": title, "command": command_of(kind), "arguments": [uri, range] })
}

/// What can be evaluated at a selection.
pub fn actions(document: &Document, range: Range, only: Option<&[String]>, is_busy: bool, encoding: Encoding) -> Vec<Value> {
    let is_wanted = |wanted: &String| KIND == wanted || wanted.is_empty() || KIND.starts_with(&format!("{wanted}."));
    if only.is_some_and(|only| !only.iter().any(is_wanted)) {
        return Vec::new();
    }
    let source = document.source();
    let span = meant(source, encoding.span(source, range));
    let range = encoding.range(source, span);
    let (at, to) = (session_position(source, span.lo as usize), session_position(source, span.hi as usize));
    let words = [
        (RegionKind::Region, "selection"),
        (RegionKind::Expression, "expression"),
        (RegionKind::Form, "form"),
        (RegionKind::Line, "line"),
        (RegionKind::Cell, "cell"),
        (RegionKind::File, "file"),
    ];
    let mut found = Vec::new();
    for (kind, word) in words {
        let is_offered = match kind {
            RegionKind::Region => span.lo < span.hi,
            RegionKind::Cell => cells(source).len() > 1,
            _ => true,
        };
        let Some(part) = find(source, kind, at, Some(to)).ok().filter(|_| is_offered) else { continue };
        let title = match (kind, &part.title) {
            (RegionKind::Expression | RegionKind::Form, _) => format!("Evaluate {word} `{}`", cut(source, part.span)),
            (RegionKind::Cell, Some(title)) => format!("Evaluate cell `{title}`"),
            _ => format!("Evaluate {word}"),
        };
        let action = command(&title, kind, &document.uri, range);
        found.push(json!({ "title": title, "kind": KIND, "command": action }));
    }
    if let Ok(part) = find(source, RegionKind::Expression, at, Some(to)) {
        let title = format!("Inspect `{}`", cut(source, part.span));
        let action = json!({ "title": title, "command": INSPECT, "arguments": [document.uri, range] });
        found.push(json!({ "title": title, "kind": KIND, "command": action }));
    }
    if is_busy {
        let action = json!({ "title": "Interrupt the evaluation", "command": INTERRUPT });
        found.insert(0, json!({ "title": "Interrupt the evaluation", "kind": KIND, "command": action }));
    }
    found
}

/// A selection as it is meant: one character is what the cursor of some editors is on. Behind it something may end.
pub fn meant(source: &Source, span: Span) -> Span {
    let text = source.slice(span);
    let at = if text.trim_end_matches(['\n', '\r']).is_empty() { span.lo } else { span.hi };
    if matches!(text, "\r\n") || text.chars().count() == 1 { Span { lo: at, hi: at } } else { span }
}

/// What stands above definitions and cells.
pub fn lenses(document: &Document, encoding: Encoding) -> Vec<Value> {
    let source = document.source();
    let mut found: Vec<(Position, Value)> = Vec::new();
    let mut add = |span: Span, title: String, kind: RegionKind| {
        let start = encoding.position(source, span.lo as usize);
        let range = Range { start, end: start };
        found.push((start, json!({ "range": range, "command": command(&title, kind, &document.uri, range) })));
    };
    let mut last = None;
    for definition in &document.analysis().outline.definitions {
        // The names of one `let` share a statement.
        if last.replace(definition.stmt) != Some(definition.stmt) {
            add(definition.span, "▶ Evaluate".to_owned(), RegionKind::Form);
        }
    }
    let cells = cells(source);
    for cell in cells.iter().filter(|_| cells.len() > 1) {
        let title = cell.title.as_ref().map_or_else(|| "▶ Evaluate cell".to_owned(), |title| format!("▶ Evaluate cell: {title}"));
        let at = Span { hi: cell.span.lo, ..cell.span };
        if find(source, RegionKind::Cell, session_position(source, at.lo as usize), None).is_ok() {
            add(at, title, RegionKind::Cell);
        }
    }
    found.sort_by_key(|(start, _)| *start);
    found.into_iter().map(|(_, lens)| lens).collect()
}

/// The beginning of a part of a text.
fn cut(source: &Source, span: Span) -> String {
    let text = source.slice(span);
    let code = text.lines().find(|line| !line.trim_start().starts_with('#')).unwrap_or("").trim();
    let is_whole = code.chars().count() <= TITLE_CHARS_MAX && code.len() == text.len();
    let short: String = code.chars().take(TITLE_CHARS_MAX).collect();
    if is_whole { short } else { format!("{} …", short.trim_end().trim_end_matches('{').trim_end()) }
}
