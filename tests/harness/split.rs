//! A `run` step as single statements, each of which keeps its lines and columns.

use crate::case::{Case, Step, Text};
use lang::ast::StmtKind;
use lang::diagnostic::Diagnostic;
use lang::source::Source;

/// A step, taken apart.
pub(crate) struct Split {
    /// The whole step, on the lines of the case.
    pub(crate) source: Source,
    /// What the parser says of it.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Its statements.
    pub(crate) statements: Vec<Statement>,
}

/// A top-level statement.
pub(crate) struct Statement {
    /// Its text, on its lines, with the comments above it.
    pub(crate) text: String,
    /// First and last line.
    pub(crate) lines: (u32, u32),
    /// It did not parse.
    pub(crate) is_broken: bool,
}

/// Takes a step apart. `name` is what messages and traces call it.
pub(crate) fn split(step: &Text, name: &str) -> Split {
    let mut text = "\n".repeat(step.first_line as usize - 1);
    text.push_str(&step.body);
    let source = Source::new(name, text);
    let parsed = lang::parse(&source);
    let mut statements = Vec::new();
    let mut end = 0;
    for stmt in &parsed.file.stmts {
        let (lo, hi) = (stmt.span.lo as usize, stmt.span.hi as usize);
        let lines = (source.line(stmt.span.lo), source.line(stmt.span.hi.saturating_sub(1).max(stmt.span.lo)));
        let is_broken = matches!(stmt.kind, StmtKind::Error)
            || parsed.diagnostics.iter().any(|d| d.is_error() && d.span.lo >= stmt.span.lo && d.span.lo <= stmt.span.hi);
        // Comments above are kept: `##` lines are doc text. What stands before them on the line belongs to the statement before.
        let gap = source.text()[end..lo].find('\n').map_or(lo, |at| end + at);
        let text = format!("{}{}", blank(&source.text()[..gap]), &source.text()[gap..hi]);
        statements.push(Statement { text, lines, is_broken });
        end = hi;
    }
    Split { source, diagnostics: parsed.diagnostics, statements }
}

/// Every text that a run of the case compiles.
pub fn texts(case: &Case) -> Vec<String> {
    let mut texts = Vec::new();
    for step in &case.steps {
        match step {
            Step::Load(loaded) => texts.extend(loaded.iter().map(|text| text.body.clone())),
            Step::Save(save) => texts.extend(save.edits.iter().map(|text| text.body.clone())),
            Step::Write(text) => texts.push(text.body.clone()),
            Step::Run(text) => texts.extend(split(text, &case.name).statements.into_iter().map(|statement| statement.text)),
            Step::Refused { .. } | Step::Golden(_) | Step::Input(_) | Step::Ask(_) | Step::Refuse(_) | Step::Stop(_) => {}
        }
    }
    texts
}

/// The text with everything but line breaks replaced by spaces.
fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}
