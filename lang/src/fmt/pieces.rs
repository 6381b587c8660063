//! A text as pieces: tokens, strings whole, each with the gap before it. The gap holds the comments and what is known of the lines.

use crate::lexer::{Braces, lex};
use crate::source::Span;
use crate::token::Token;
use std::borrow::Cow;

/// A token, or a whole string.
pub(super) struct Piece<'a> {
    /// What it is; [`Token::Newline`] at the end of the text.
    pub kind: Token,
    /// How it is written.
    pub text: Cow<'a, str>,
    /// What stands before it.
    pub gap: Gap<'a>,
    /// A statement, member or arm ended before it.
    pub separated: bool,
    /// Of an opening bracket: index of the closing one.
    pub close: usize,
}

/// What stands between two pieces.
#[derive(Default)]
pub(super) struct Gap<'a> {
    /// Comments in order.
    pub comments: Vec<Comment<'a>>,
    /// It contains the end of a line.
    pub newline: bool,
    /// A blank line stands after the last comment, or anywhere if there is none.
    pub blank: bool,
}

/// A comment.
pub(super) struct Comment<'a> {
    /// From its `#` on.
    pub text: &'a str,
    /// No token stands before it on its line.
    pub own_line: bool,
    /// A blank line stands before it.
    pub blank: bool,
}

impl<'a> Gap<'a> {
    /// Puts the comments of a gap before these: the piece between them is gone, or written before. Doc text stays apart from what
    /// follows, which it did not describe.
    pub fn prepend(&mut self, before: Gap<'a>) {
        self.newline |= before.newline;
        if before.comments.is_empty() {
            return;
        }
        let mut apart = before.comments.iter().any(|comment| comment.text.starts_with("##"));
        for comment in &mut self.comments {
            comment.blank |= std::mem::take(&mut apart);
            if !comment.own_line {
                comment.own_line = true;
                apart = comment.text.starts_with("##");
            }
        }
        self.blank |= apart;
        self.comments.splice(0..0, before.comments);
    }
}

/// The pieces of a text that has no errors. The last is the end of the text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let lexed = lex(text, Braces::AsWritten);
    let mut comments = lexed.comments.iter().map(|(span, _)| *span).peekable();
    let mut out: Vec<Piece<'_>> = Vec::with_capacity(lexed.tokens.len() + 1);
    let mut open = Vec::new();
    let mut separated = false;
    // The place up to which the text is in pieces.
    let mut done = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lexemes = lexed.tokens.iter();
    while let Some(lexeme) = lexemes.next() {
        if lexeme.token == Token::Sep {
            separated = true;
            continue;
        }
        let (lo, mut hi, mut kind) = (lexeme.lo as usize, lexeme.hi as usize, lexeme.token);
        let gap = gap(text, done, lo, &mut comments);
        if kind == Token::StrOpen {
            let mut depth = 1;
            while let Some(part) = lexemes.next().filter(|_| depth > 0) {
                depth += usize::from(part.token == Token::StrOpen);
                depth -= usize::from(part.token == Token::StrClose);
                hi = part.hi as usize;
                if depth == 0 {
                    break;
                }
            }
            kind = Token::Str;
            while comments.next_if(|span| (span.lo as usize) < hi).is_some() {}
        }
        match kind {
            Token::ParenOpen | Token::BracketOpen | Token::MapOpen | Token::BlockOpen | Token::BarOpen => open.push(out.len()),
            Token::ParenClose | Token::BracketClose | Token::MapClose | Token::BlockClose | Token::BarClose => {
                let opened: usize = open.pop().expect("brackets of a text without errors are balanced");
                out[opened].close = out.len();
            }
            _ => {}
        }
        let is_separated = std::mem::take(&mut separated);
        out.push(Piece { kind, text: written(kind, &text[lo..hi]), gap, separated: is_separated, close: 0 });
        done = hi;
    }
    let gap = gap(text, done, text.len(), &mut comments);
    out.push(Piece { kind: Token::Newline, text: Cow::Borrowed(""), gap, separated: true, close: 0 });
    out
}

/// The text of a piece: as it stands, but for the spaces in the name of an operator and the ends of lines in a string.
fn written(kind: Token, text: &str) -> Cow<'_, str> {
    match kind {
        Token::OpName if text.contains([' ', '\t']) => {
            let between = if text.starts_with("unary") { " " } else { "" };
            let words: Vec<&str> = text.split_whitespace().collect();
            Cow::Owned(if words.len() == 1 { text.replace("unary", "unary ") } else { words.join(between) })
        }
        Token::OpName if text == "unary-" => Cow::Borrowed("unary -"),
        Token::Str if text.contains("\r\n") => Cow::Owned(text.replace("\r\n", "\n")),
        _ => Cow::Borrowed(text),
    }
}

fn gap<'a>(text: &'a str, lo: usize, hi: usize, comments: &mut std::iter::Peekable<impl Iterator<Item = Span>>) -> Gap<'a> {
    let mut gap = Gap::default();
    let mut at = lo;
    while let Some(span) = comments.next_if(|span| (span.hi as usize) <= hi) {
        let (before, line) = (&text[at..span.lo as usize], &text[span.lo as usize..span.hi as usize]);
        let own_line = gap.newline || before.contains('\n') || lo == 0 || text[..lo] == *"\u{feff}";
        // Doc text is Markdown, where spaces at the end of a line have a meaning.
        let line = if own_line && line.starts_with("##") { line } else { line.trim_end() };
        gap.comments.push(Comment { text: line, own_line, blank: has_blank_line(before) });
        gap.newline = true;
        at = span.hi as usize;
    }
    gap.newline |= text[at..hi].contains('\n');
    gap.blank = has_blank_line(&text[at..hi]);
    gap
}

/// Whether what stands between two tokens or comments contains a line without either. (A `;` is neither.)
fn has_blank_line(between: &str) -> bool {
    between.bytes().filter(|byte| *byte == b'\n').count() > 1
}
