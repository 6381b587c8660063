//! Source text and places in it.
//!
//! A [`Span`] is a half-open range of byte offsets into one [`Source`]. Lines and columns are derived on
//! demand from the line table; nothing else stores them.

use std::fmt;
use std::sync::Arc;

/// A half-open range of byte offsets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// Offset of the first byte.
    pub lo: u32,
    /// Offset just after the last byte.
    pub hi: u32,
}

impl Span {
    /// A span from byte offset `lo` up to, not including, `hi`.
    pub fn new(lo: usize, hi: usize) -> Self {
        Self { lo: u32::try_from(lo).unwrap_or(u32::MAX), hi: u32::try_from(hi).unwrap_or(u32::MAX) }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.lo, self.hi)
    }
}

/// One text with the name it is reported under. Cheap to clone.
#[derive(Clone)]
pub struct Source(Arc<SourceInner>);

struct SourceInner {
    name: String,
    text: String,
    /// Byte offset of the start of each line; the first is 0.
    line_starts: Vec<u32>,
}

impl Source {
    /// The largest text accepted, in bytes: offsets are `u32` and files of this size are never programs.
    pub const BYTES_MAX: usize = 256 * 1024 * 1024;

    /// Wraps a text. `name` is a path or a label such as `<repl>`.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut line_starts = vec![0];
        line_starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
        Self(Arc::new(SourceInner { name: name.into(), text, line_starts }))
    }

    /// The name it is reported under.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Number of lines; an empty text has one.
    pub fn line_count(&self) -> usize {
        self.0.line_starts.len()
    }

    /// One-based line that contains byte offset `at`.
    pub fn line(&self, at: u32) -> u32 {
        self.0.line_starts.partition_point(|start| *start <= at) as u32
    }

    /// One-based line and one-based column, in characters, of byte offset `at`.
    pub fn line_column(&self, at: u32) -> (u32, u32) {
        let line = self.line(at);
        let start = self.0.line_starts[line as usize - 1] as usize;
        let end = (at as usize).min(self.0.text.len());
        let column = self.0.text.get(start..end).map_or(end.saturating_sub(start), |s| s.chars().count());
        (line, column as u32 + 1)
    }

    /// Byte offset of the start of one-based `line`; of the end of the text when there is no such line.
    pub fn line_start(&self, line: u32) -> u32 {
        let start = (line as usize).checked_sub(1).and_then(|i| self.0.line_starts.get(i));
        start.copied().unwrap_or(self.0.text.len() as u32)
    }

    /// Text of one-based `line`, without its line break; empty when there is no such line.
    pub fn line_text(&self, line: u32) -> &str {
        let Some(start) = (line as usize).checked_sub(1).and_then(|i| self.0.line_starts.get(i)) else { return "" };
        let rest = &self.0.text[*start as usize..];
        rest.lines().next().unwrap_or("")
    }

    /// The text a span covers; empty when the span is outside the text.
    pub fn slice(&self, span: Span) -> &str {
        self.0.text.get(span.lo as usize..span.hi as usize).unwrap_or("")
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?}, {} bytes)", self.name(), self.text().len())
    }
}
