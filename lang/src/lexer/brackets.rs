//! Brackets: a stack of what is open, and what to do when the text does not balance.

use super::strings::Quotes;
use super::{HEIGHT_MAX, Pass};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::token::Token;

/// Unclosed brackets reported at the end of a text; more say nothing new.
const UNCLOSED_REPORTS_MAX: usize = 3;

/// What an open bracket holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FrameKind {
    /// The file.
    Top,
    /// Statements, or the arms of a `match`.
    Block,
    /// Members of a class or `extend`.
    Class,
    /// Variants and members of an enum.
    Enum,
    /// Entries of a map.
    Map,
    /// `(`
    Paren,
    /// `[`
    Bracket,
    /// The expression in `${…}`.
    Interp(Quotes),
    /// Parameters of a lambda.
    Bar,
}

impl FrameKind {
    /// Newlines inside have no meaning.
    pub(super) fn spans_lines(self) -> bool {
        matches!(self, FrameKind::Map | FrameKind::Paren | FrameKind::Bracket | FrameKind::Interp(_))
    }

    fn is_block(self) -> bool {
        matches!(self, FrameKind::Block | FrameKind::Class | FrameKind::Enum)
    }

    /// The raw token that closes it.
    fn closed_by(self) -> Option<Token> {
        match self {
            FrameKind::Top | FrameKind::Bar => None,
            FrameKind::Paren => Some(Token::ParenClose),
            FrameKind::Bracket => Some(Token::BracketClose),
            FrameKind::Block | FrameKind::Class | FrameKind::Enum | FrameKind::Map | FrameKind::Interp(_) => {
                Some(Token::BraceClose)
            }
        }
    }

    /// The token that the parser sees where it closes.
    fn close_token(self) -> Option<Token> {
        match self {
            FrameKind::Top | FrameKind::Bar => None,
            FrameKind::Paren => Some(Token::ParenClose),
            FrameKind::Bracket => Some(Token::BracketClose),
            FrameKind::Map => Some(Token::MapClose),
            FrameKind::Interp(_) => Some(Token::InterpClose),
            FrameKind::Block | FrameKind::Class | FrameKind::Enum => Some(Token::BlockClose),
        }
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            FrameKind::Paren => ("(", ")"),
            FrameKind::Bracket => ("[", "]"),
            FrameKind::Interp(_) => ("${", "}"),
            FrameKind::Bar => ("|", "|"),
            _ => ("{", "}"),
        }
    }
}

/// An open bracket.
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    /// Where it was opened.
    pub(super) open: Span,
    /// Indentation of the line it was opened on, in bytes.
    indent: usize,
    /// The last `if`, `fn` … at this level that waits for its `{`.
    pub(super) head: Option<(Token, Span)>,
    /// The statement began with `@`: the next newline does not end it.
    pub(super) decorated: bool,
    /// Right-recursive tokens since the statement or item began.
    pub(super) chain: u32,
}

impl Frame {
    pub(super) fn new(kind: FrameKind, open: Span, indent: usize) -> Self {
        Self { kind, open, indent, head: None, decorated: false, chain: 0 }
    }
}

impl Pass<'_> {
    /// Opens a bracket and emits its token.
    pub(super) fn open(&mut self, kind: FrameKind, token: Token, lo: usize, hi: usize) {
        if self.frames.len() > HEIGHT_MAX as usize {
            self.cut(lo, hi, "this");
            return;
        }
        let indent = self.indent_here();
        self.frames.push(Frame::new(kind, Span::new(lo, hi), indent));
        self.emit(token, lo, hi);
    }

    /// Indentation of the current line, in bytes.
    fn indent_here(&self) -> usize {
        let line = &self.text.as_bytes()[self.line_start.min(self.text.len())..];
        line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
    }

    pub(super) fn pop_frame(&mut self) -> Option<Frame> {
        if self.frames.len() <= 1 {
            return None;
        }
        let frame = self.frames.pop()?;
        self.chain_total -= frame.chain;
        Some(frame)
    }

    /// A closing bracket: closes the nearest bracket it fits, putting in the ones that are missing between.
    pub(super) fn close(&mut self, raw: Token, lo: usize, hi: usize) {
        let Some(depth) = self.matching(raw) else {
            if self.reports_full() {
                return;
            }
            let text = raw.human();
            self.report(
                Diagnostic::new(&codes::UNMATCHED_CLOSE, Span::new(lo, hi), format!("{text} closes nothing"))
                    .label("no open bracket fits")
                    .help("remove it, or add the bracket it belongs to"),
            );
            return;
        };
        while self.frames.len() > depth + 1 {
            let Some(frame) = self.pop_frame() else { return };
            self.insert_close(&frame, lo, Some(Span::new(lo, hi)));
        }
        let Some(frame) = self.pop_frame() else { return };
        if let Some(token) = frame.kind.close_token() {
            self.emit(token, lo, hi);
        }
        if let FrameKind::Interp(quotes) = frame.kind {
            self.string_rest(quotes, hi);
        }
    }

    /// Index of the innermost frame that `raw` may close. A `)` or `]` never closes past a block.
    fn matching(&self, raw: Token) -> Option<usize> {
        let fits = |kind: FrameKind| kind.closed_by() == Some(raw);
        for (depth, frame) in self.frames.iter().enumerate().rev() {
            if fits(frame.kind) {
                return Some(depth);
            }
            if raw != Token::BraceClose && (frame.kind.is_block() || matches!(frame.kind, FrameKind::Interp(_))) {
                return None;
            }
        }
        None
    }

    /// Puts in the closing bracket of `frame` before offset `at`, and says so. `found` is what stands there instead.
    fn insert_close(&mut self, frame: &Frame, at: usize, found: Option<Span>) {
        let Some(token) = frame.kind.close_token() else { return };
        self.emit(token, at, at);
        let (open, close) = frame.kind.texts();
        let diagnostic = match found {
            Some(found) => {
                let close_text = &self.text[found.lo as usize..found.hi as usize];
                Diagnostic::new(&codes::UNCLOSED, found, format!("expected `{close}` to close `{open}`, found `{close_text}`"))
                    .label(format!("expected `{close}` before this"))
                    .note(frame.open, format!("`{open}` opened here"))
            }
            None => Diagnostic::new(&codes::UNCLOSED, frame.open, format!("expected `{close}` to close this `{open}`"))
                .label(format!("this `{open}` is never closed")),
        };
        self.report(diagnostic);
        if let FrameKind::Interp(_) = frame.kind {
            self.emit(Token::StrClose, at, at);
        }
    }

    /// A line begins with what can only be a statement: closes the `(`, `[` and maps that are open around it.
    pub(super) fn close_unclosed_before(&mut self, at: usize) {
        while self.top_kind().spans_lines() || self.top_kind() == FrameKind::Bar {
            let Some(frame) = self.pop_frame() else { return };
            self.insert_close(&frame, at, None);
        }
    }

    /// In a text whose braces do not balance: a line that is not indented more than its block's head ends the block.
    pub(super) fn close_by_indentation(&mut self, token: Token, lo: usize) {
        let indent = lo - self.line_start.min(lo);
        let closes = matches!(token, Token::BraceClose);
        loop {
            let Some(frame) = self.frames.last() else { return };
            let ends = frame.kind.is_block() && if closes { indent < frame.indent } else { indent <= frame.indent };
            let on_this_line = frame.open.lo as usize >= self.line_start;
            let continues = matches!(token, Token::Else | Token::Catch | Token::Finally | Token::ParenClose | Token::BracketClose);
            if !ends || on_this_line || (continues && indent == frame.indent) {
                return;
            }
            let Some(frame) = self.pop_frame() else { return };
            let line_end = self.line_start.saturating_sub(1);
            let at = self.pending.get_or_insert(super::Pending { at: line_end, semicolon: false, newline: true }).at;
            self.insert_close(&frame, at, None);
        }
    }

    /// Closes what is still open at the end of the text.
    pub(super) fn close_all_at_end(&mut self) {
        let at = self.text.len();
        let mut reports = 0;
        while let Some(frame) = self.pop_frame() {
            let Some(token) = frame.kind.close_token() else { continue };
            let n = self.out.diagnostics.len();
            let cut = self.out.cut_at.is_some();
            self.out.open_at_end |= !cut;
            self.out.brace_open_at_end |= !cut && frame.kind.is_block();
            if self.out.cut_at.is_some() || reports >= UNCLOSED_REPORTS_MAX {
                self.emit(token, at, at);
                if let FrameKind::Interp(_) = frame.kind {
                    self.emit(Token::StrClose, at, at);
                }
            } else {
                self.insert_close(&frame, at, None);
                reports += self.out.diagnostics.len() - n;
            }
        }
    }
}
