//! The pass between logos and the parser: gives every token its meaning in context, so that the grammar is LR(1).
//!
//! * Newlines become [`Token::Sep`] where they end a statement and vanish elsewhere (`layout`).
//! * `{` becomes the opening of a block or of a map by the token before it; `|` an operator or a lambda's bar; a keyword
//!   after `.` or before a key's `:` a name; `slot`, `once` … keywords where they are meant (`context`).
//! * Strings with interpolation become one flat run of tokens (`strings`).
//! * Brackets leave it balanced, whatever the text says: missing ones are put in, stray ones dropped, each with a
//!   diagnostic (`brackets`). Nesting and chains that would grow the parser's stack are bounded here.
//!
//! A [`Token::Sep`] stands only between two statements: never first or last in a block, never doubled.

mod brackets;
mod context;
mod layout;
mod strings;

pub(crate) use strings::Quotes;

use crate::ast::HEIGHT_MAX;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::token::Token;
use brackets::{Frame, FrameKind};
use logos::Logos;

/// Right-recursive tokens (prefix operators, `**`, `??`, lambdas, `else`) that may be pending at once. Each costs the
/// parser's stack some entries; expressions within [`HEIGHT_MAX`] stay far below.
const CHAIN_MAX: u32 = 10 * HEIGHT_MAX as u32;

/// Problems kept for one text; more say nothing new, and a text of stray brackets would fill the memory with them.
pub(crate) const REPORTS_MAX: usize = 1000;

/// A token with its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lexeme {
    /// What it is.
    pub token: Token,
    /// Offset of its first byte.
    pub lo: u32,
    /// Offset after its last byte; equal to `lo` for tokens that recovery has put in.
    pub hi: u32,
}

impl Lexeme {
    /// Where it stands.
    pub fn span(self) -> Span {
        Span { lo: self.lo, hi: self.hi }
    }
}

/// A whole text as tokens.
#[derive(Default)]
pub(crate) struct Lexed {
    /// Balanced tokens in text order.
    pub tokens: Vec<Lexeme>,
    /// Doc texts by the offset of the token they stand above, ascending.
    pub docs: Vec<(u32, String)>,
    /// Doc text of the file.
    pub file_doc: Option<String>,
    /// Places of all comments; filled for highlighting only.
    pub comments: Vec<(Span, Comment)>,
    /// What is wrong so far.
    pub diagnostics: Vec<Diagnostic>,
    /// A bracket, `${` or string over several lines is open at the end.
    pub open_at_end: bool,
    /// A `{` is among them.
    pub brace_open_at_end: bool,
    /// Nothing after this offset was read: the text nests too deeply there.
    pub cut_at: Option<u32>,
}

/// The kinds of comment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comment {
    /// `#`
    Plain,
    /// `##`
    Doc,
}

/// How to treat a `{` that is not closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Braces {
    /// As the text says.
    AsWritten,
    /// Known to be unbalanced: lines that are indented less than their block end it.
    ByIndentation,
}

/// Splits a text into tokens. Never fails; problems are in the result.
pub(crate) fn lex(text: &str, braces: Braces) -> Lexed {
    Pass::new(text, braces).run()
}

/// State of the pass.
struct Pass<'a> {
    text: &'a str,
    raw: logos::Lexer<'a, Token>,
    braces: Braces,
    out: Lexed,
    /// Open brackets, innermost last. The first is the file itself and is never popped.
    frames: Vec<Frame>,
    /// The two tokens emitted last.
    prev: Option<Token>,
    prev2: Option<Token>,
    /// A statement or member begins with the next token.
    at_start: bool,
    /// A newline or `;` since the last token, and where.
    pending: Option<Pending>,
    /// Lines of a doc comment that waits for what it describes.
    doc: Vec<&'a str>,
    /// Whether the line so far has a token, and whether it has a comment.
    line_has_token: bool,
    line_has_comment: bool,
    /// Offset of the first byte of the line.
    line_start: usize,
    /// Sum of [`Frame::chain`].
    chain_total: u32,
}

/// What separates the next token from the last.
#[derive(Clone, Copy)]
struct Pending {
    at: usize,
    semicolon: bool,
    newline: bool,
}

impl<'a> Pass<'a> {
    fn new(text: &'a str, braces: Braces) -> Self {
        let mut raw = Token::lexer(text);
        if text.starts_with('\u{feff}') {
            raw.bump('\u{feff}'.len_utf8());
        }
        Self {
            text,
            raw,
            braces,
            out: Lexed { tokens: Vec::with_capacity(text.len() / 4), ..Lexed::default() },
            frames: vec![Frame::new(FrameKind::Top, Span::default(), 0)],
            prev: None,
            prev2: None,
            at_start: true,
            pending: None,
            doc: Vec::new(),
            line_has_token: false,
            line_has_comment: false,
            line_start: 0,
            chain_total: 0,
        }
    }

    fn run(mut self) -> Lexed {
        while self.out.cut_at.is_none() {
            let Some(raw) = self.raw.next() else { break };
            let span = self.raw.span();
            match raw {
                Ok(token) => self.raw_token(token, span.start, span.end),
                Err(()) => self.unknown(span.start),
            }
        }
        self.finish()
    }

    fn finish(mut self) -> Lexed {
        if !self.doc.is_empty() {
            self.end_doc_block();
        }
        self.close_all_at_end();
        self.out
    }

    fn raw_token(&mut self, token: Token, lo: usize, hi: usize) {
        match token {
            Token::Newline => self.newline(lo),
            Token::Semicolon => {
                let pending = self.pending.get_or_insert(Pending { at: lo, semicolon: true, newline: false });
                if !pending.semicolon {
                    (pending.semicolon, pending.at) = (true, lo);
                }
            }
            Token::Hash => self.comment(lo),
            Token::Name => {
                let hi = self.extend_name(hi);
                self.significant(Token::Name, lo, hi);
            }
            Token::Number => {
                let hi = self.extend_number(lo, hi);
                self.significant(Token::Number, lo, hi);
            }
            token if token.is_hard_keyword() => {
                let end = self.extend_name(hi);
                self.significant(if end == hi { token } else { Token::Name }, lo, end);
            }
            token => self.significant(token, lo, hi),
        }
    }

    /// A character that begins no token of the table: an identifier outside ASCII, or a mistake.
    fn unknown(&mut self, lo: usize) {
        let c = self.text[lo..].chars().next().unwrap_or(' ');
        let hi = lo + c.len_utf8();
        self.seek(hi);
        if unicode_ident::is_xid_start(c) {
            let hi = self.extend_name(hi);
            self.significant(Token::Name, lo, hi);
            return;
        }
        if self.reports_full() {
            return;
        }
        if c == '`' {
            return self.backtick(lo, hi);
        }
        let span = Span::new(lo, hi);
        let shown = if c.is_control() { format!("{:?}", c) } else { c.to_string() };
        let mut diagnostic = Diagnostic::new(&codes::UNEXPECTED_CHARACTER, span, format!("unexpected character `{shown}`"))
            .label("not part of the language");
        diagnostic.help = match c {
            '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => Some("strings are written with straight quotes: `\"…\"`".into()),
            '?' => Some("a choice is written `if condition { a } else { b }`; `a ?? b` is b when a is nil".into()),
            '$' => Some("`${…}` has its meaning inside `\"…\"` only".into()),
            '\\' => Some("a line goes on after an operator, a comma, or inside brackets; no `\\` is needed".into()),
            c if c.is_whitespace() => Some("this is an unusual white-space character: replace it by a space".into()),
            _ => None,
        };
        self.report(diagnostic);
    }

    /// A string as other languages write it: with its end, if that is on the same line, it stands for one.
    fn backtick(&mut self, lo: usize, hi: usize) {
        let line = self.text[hi..].find('\n').map_or(&self.text[hi..], |end| &self.text[hi..hi + end]);
        let end = line.find('`').map(|at| hi + at + 1);
        self.report(
            Diagnostic::new(&codes::UNEXPECTED_CHARACTER, Span::new(lo, end.unwrap_or(hi)), "a string in backticks")
                .label("not part of the language")
                .help("strings are written `\"…\"`, raw strings `'…'`; values stand in the former as `\"${x}\"`"),
        );
        if let Some(end) = end {
            self.seek(end);
            self.significant(Token::Str, lo, end);
        }
    }

    /// A token that means something: decides what the newline before it does, then what it is.
    fn significant(&mut self, token: Token, lo: usize, hi: usize) {
        if self.braces == Braces::ByIndentation && !self.line_has_token {
            self.close_by_indentation(token, lo);
        }
        self.separate(token, lo);
        if !self.doc.is_empty() {
            self.attach_doc(lo);
        }
        self.line_has_token = true;
        self.meaning(token, lo, hi);
    }

    /// Adds a token to the output.
    fn emit(&mut self, token: Token, lo: usize, hi: usize) {
        let span = Span::new(lo, hi);
        self.out.tokens.push(Lexeme { token, lo: span.lo, hi: span.hi });
        self.prev2 = self.prev;
        self.prev = Some(token);
        self.at_start = matches!(token, Token::Sep | Token::BlockOpen);
    }

    /// Everything the pass reports is an error, so that one that is left out does not make a text acceptable.
    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.reports_full() {
            self.out.diagnostics.push(diagnostic);
        }
    }

    /// Nothing more is kept: what is expensive to say need not be said.
    fn reports_full(&self) -> bool {
        self.out.diagnostics.len() >= REPORTS_MAX
    }

    /// The innermost open bracket.
    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the frame of the file is never popped")
    }

    fn top_kind(&self) -> FrameKind {
        self.frames.last().map_or(FrameKind::Top, |frame| frame.kind)
    }

    /// The token before, when it belongs to the same statement.
    fn before(&self) -> Option<Token> {
        if self.at_start { None } else { self.prev }
    }

    /// Whether the token before ends an operand of the same statement.
    fn after_operand(&self) -> bool {
        self.before().is_some_and(Token::ends_operand)
    }

    /// Continues reading at offset `at`.
    fn seek(&mut self, at: usize) {
        self.raw = Token::lexer(self.text);
        self.raw.bump(at);
    }

    /// Continues an identifier that ends at `hi` over characters outside ASCII.
    fn extend_name(&mut self, hi: usize) -> usize {
        if self.text.as_bytes().get(hi).is_none_or(|b| b.is_ascii() && !b.is_ascii_alphanumeric() && *b != b'_') {
            return hi;
        }
        let more: usize = self.text[hi..].chars().take_while(|c| unicode_ident::is_xid_continue(*c)).map(char::len_utf8).sum();
        self.seek(hi + more);
        hi + more
    }

    /// Continues a number over its fraction and exponent.
    fn extend_number(&mut self, lo: usize, hi: usize) -> usize {
        let bytes = self.text.as_bytes();
        let word_end = |mut at: usize| {
            while bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
                at += 1;
            }
            at
        };
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let mut end = hi;
        if bytes[lo..hi].iter().all(|b| b.is_ascii_digit() || *b == b'_') && bytes.get(end) == Some(&b'.') && digit(end + 1) {
            end = word_end(end + 1);
        }
        let (digits, last) = bytes[lo..end].split_at(end - lo - 1);
        let plain = digits.iter().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.'));
        if plain && matches!(last, b"e" | b"E") && matches!(bytes.get(end), Some(b'+' | b'-')) && digit(end + 1) {
            end = word_end(end + 1);
        }
        self.raw.bump(end - hi);
        end
    }

    /// Stops reading: the text nests too deeply at `lo`.
    fn cut(&mut self, lo: usize, hi: usize, what: &str) {
        self.report(
            Diagnostic::new(&codes::TOO_DEEP, Span::new(lo, hi), format!("{what} nests more than {HEIGHT_MAX} levels deep"))
                .label("nothing after this place was read")
                .help("name the inner parts with `let`, or move them into functions"),
        );
        self.out.cut_at = Some(Span::new(lo, hi).lo);
    }
}
