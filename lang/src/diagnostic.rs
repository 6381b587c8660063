//! What is wrong with a text, as data: a code, a place, a sentence, and what to do.
//!
//! Problems of user text are collected, never returned as `Err`, so that one run reports all of them. Rendering belongs to
//! the front ends; [`Diagnostic::plain`] is the form that tests and embedders without a renderer use.

use crate::source::{Source, Span};
use std::fmt::Write as _;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The program may run.
    Warning,
    /// The text is refused.
    Error,
}

/// A row of the table of diagnostic codes (`codes.rs`).
#[derive(PartialEq, Eq, Debug)]
pub struct Code {
    /// Stable identifier, such as `E0101`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One line that says what it means.
    pub title: &'static str,
    /// Markdown that explains it with an example; shown by `lang explain`.
    pub explanation: &'static str,
}

/// One problem.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Which kind of problem.
    pub code: &'static Code,
    /// What happened, without a full stop.
    pub message: String,
    /// Where.
    pub span: Span,
    /// Short text beside the marked place.
    pub label: String,
    /// Further places, each with a short text.
    pub notes: Vec<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem of kind `code` at `span`.
    pub fn new(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), span, label: String::new(), notes: Vec::new(), help: None }
    }

    /// Adds the short text beside the marked place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a further place.
    #[must_use]
    pub fn note(mut self, span: Span, text: impl Into<String>) -> Self {
        self.notes.push((span, text.into()));
        self
    }

    /// Whether the text is refused because of it.
    pub fn is_error(&self) -> bool {
        self.code.severity == Severity::Error
    }

    /// Text form without colour: `error[E0101]: message`, place, source line and mark, help.
    pub fn plain(&self, source: &Source) -> String {
        let kind = if self.is_error() { "error" } else { "warning" };
        let (line, column) = source.line_column(self.span.lo);
        let text = source.line_text(line);
        let width = source.slice(self.span).chars().take_while(|c| *c != '\n').count().max(1);
        let mut out = format!("{kind}[{}]: {}\n --> {}:{line}:{column}\n", self.code.id, self.message, source.name());
        let shown: String = text.chars().take(200).collect();
        let _ = writeln!(out, "  | {shown}");
        if column <= 200 {
            let _ = writeln!(out, "  | {}{} {}", " ".repeat(column as usize - 1), "^".repeat(width.min(200)), self.label);
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "  = help: {help}");
        }
        out
    }
}
