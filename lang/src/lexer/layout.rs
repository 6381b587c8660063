//! Lines: where a newline ends a statement, comments, and doc text.

use super::brackets::FrameKind;
use super::{Comment, Pass, Pending};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::token::Token;

impl<'a> Pass<'a> {
    pub(super) fn newline(&mut self, lo: usize) {
        if !self.line_has_token && !self.line_has_comment && !self.doc.is_empty() {
            self.end_doc_block();
        }
        let pending = self.pending.get_or_insert(Pending { at: lo, semicolon: false, newline: true });
        pending.newline = true;
        self.begin_line(lo + 1);
    }

    /// Notes that a line begins at `at`.
    pub(super) fn begin_line(&mut self, at: usize) {
        self.line_start = at;
        self.line_has_token = false;
        self.line_has_comment = false;
    }

    /// Decides what the newline or `;` before the token at `lo` means.
    pub(super) fn separate(&mut self, token: Token, lo: usize) {
        let Some(pending) = self.pending.take() else { return };
        if pending.newline && self.top_kind() == FrameKind::Bar && !self.prev.is_some_and(Token::continues_line) {
            self.pop_frame();
        }
        if pending.newline && self.top_kind().spans_lines() && self.begins_statement_for_sure(token, lo) {
            self.close_unclosed_before(pending.at);
        }
        let kind = self.top_kind();
        if kind.spans_lines() || kind == FrameKind::Bar {
            if pending.semicolon {
                self.emit(Token::Sep, pending.at, pending.at + 1);
            }
            return;
        }
        if self.prev.is_none() || matches!(self.prev, Some(Token::BlockOpen | Token::Sep)) || token == Token::BraceClose {
            return;
        }
        if !pending.semicolon {
            if self.prev.is_some_and(Token::continues_line) || token.continues_previous_line() {
                return;
            }
            if std::mem::take(&mut self.top().decorated) {
                self.at_start = true;
                return;
            }
            if token == Token::BraceOpen && self.head_waits() {
                self.newline_before_brace(lo);
                return;
            }
        }
        let top = self.top();
        let chain = std::mem::take(&mut top.chain);
        top.head = None;
        self.chain_total -= chain;
        self.emit(Token::Sep, pending.at, pending.at + 1);
    }

    /// Whether an `if`, `fn` … of this bracket level still waits for its `{`.
    fn head_waits(&self) -> bool {
        let direct = matches!(self.prev, Some(Token::Else | Token::Do | Token::Try | Token::Catch | Token::Finally));
        direct || self.frames.last().is_some_and(|frame| frame.head.is_some())
    }

    fn newline_before_brace(&mut self, lo: usize) {
        let mut diagnostic = Diagnostic::new(&codes::NEWLINE_BEFORE_BRACE, Span::new(lo, lo + 1), "a newline before `{`")
            .label("move it to the line above");
        diagnostic.help = Some("a newline ends a statement: the `{` of a block stands on the line of its head".into());
        if let Some((head, span)) = self.top().head {
            diagnostic = diagnostic.note(span, format!("the block of this {}", head.human()));
        }
        self.report(diagnostic);
    }

    /// Whether `token`, first on its line, cannot stand inside `(`, `[` or a map, so that a bracket must be missing.
    fn begins_statement_for_sure(&self, token: Token, lo: usize) -> bool {
        use Token::*;
        match token {
            Let | Const | Class | Enum | Extend | Import => !self.is_key(lo),
            Fn => self.text[lo + 2..].trim_start_matches([' ', '\t']).starts_with(|c| unicode_ident::is_xid_start(c) || c == '_'),
            _ => false,
        }
    }

    /// A comment that begins at `lo`: skips it, and keeps it when it is doc text.
    pub(super) fn comment(&mut self, lo: usize) {
        let rest = &self.text[lo..];
        let line = rest.split('\n').next().unwrap_or(rest);
        self.raw.bump(line.len() - 1);
        let text = line.strip_suffix('\r').unwrap_or(line);
        let doc = text.strip_prefix("##").filter(|rest| !rest.starts_with('#') && !self.line_has_token);
        if let Some(doc) = doc {
            self.doc.push(doc.strip_prefix(' ').unwrap_or(doc));
        }
        self.line_has_comment = true;
        let kind = if doc.is_some() { Comment::Doc } else { Comment::Plain };
        self.out.comments.push((Span::new(lo, lo + text.len()), kind));
    }

    /// A blank line after doc lines: they describe the file when nothing came before them but the `namespace` line.
    pub(super) fn end_doc_block(&mut self) {
        let lines = std::mem::take(&mut self.doc);
        if self.out.file_doc.is_none() && self.is_at_head() {
            self.out.file_doc = Some(lines.join("\n"));
        }
    }

    /// Whether there is nothing so far, or nothing but `namespace a.b`.
    fn is_at_head(&self) -> bool {
        let Some((first, rest)) = self.out.tokens.split_first() else { return true };
        let is_path = |lexeme: &super::Lexeme| matches!(lexeme.token, Token::Name | Token::Dot | Token::Sep);
        first.token == Token::Namespace
            && rest.iter().all(is_path)
            && !rest.iter().rev().skip(1).any(|lexeme| lexeme.token == Token::Sep)
    }

    /// The doc lines belong to the token at `lo`.
    pub(super) fn attach_doc(&mut self, lo: usize) {
        let lines = std::mem::take(&mut self.doc);
        self.out.docs.push((Span::new(lo, lo).lo, lines.join("\n")));
    }
}
