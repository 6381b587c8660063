//! Strings: where they end, and the run of tokens that one with interpolation becomes.
//!
//! Escapes and indentation are not touched here: the parser reads them from the text that the tokens span.

use super::Pass;
use super::brackets::FrameKind;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::token::Token;

/// How a string is quoted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Quotes {
    /// `"…"`
    Plain,
    /// `'…'`
    Raw,
    /// `"""…"""`
    Plain3,
    /// `'''…'''`
    Raw3,
}

impl Quotes {
    /// The quotes that open and close it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Quotes::Plain => "\"",
            Quotes::Raw => "'",
            Quotes::Plain3 => "\"\"\"",
            Quotes::Raw3 => "'''",
        }
    }

    /// The quotes at the start of `text`.
    pub(crate) fn of(text: &str) -> Quotes {
        [Quotes::Plain3, Quotes::Raw3, Quotes::Raw].into_iter().find(|q| text.starts_with(q.text())).unwrap_or(Quotes::Plain)
    }

    /// Neither escapes nor interpolation.
    pub(crate) fn is_raw(self) -> bool {
        matches!(self, Quotes::Raw | Quotes::Raw3)
    }

    /// May contain newlines.
    pub(crate) fn spans_lines(self) -> bool {
        matches!(self, Quotes::Plain3 | Quotes::Raw3)
    }
}

/// Why a scan of string text stopped.
enum Stop {
    /// Before the closing quotes.
    Close,
    /// Before `${`.
    Interp,
    /// The line or text ends first.
    Unterminated,
}

impl Pass<'_> {
    /// A string whose opening quotes span `lo..hi`.
    pub(super) fn string(&mut self, quotes: Quotes, lo: usize, hi: usize) {
        let (stop, end) = self.scan(quotes, hi);
        match stop {
            Stop::Close => self.finish_string(Token::Str, lo, end + quotes.text().len()),
            Stop::Interp => {
                self.emit(Token::StrOpen, lo, hi);
                self.text_part(hi, end);
                self.open_interp(quotes, end);
            }
            Stop::Unterminated if self.ends_enclosing_string(quotes, lo) => {}
            Stop::Unterminated => {
                self.unterminated(quotes, Span::new(lo, hi));
                self.finish_string(Token::Str, lo, end);
            }
        }
    }

    /// The rest of a string after the `}` of an interpolation.
    pub(super) fn string_rest(&mut self, quotes: Quotes, at: usize) {
        let (stop, end) = self.scan(quotes, at);
        self.text_part(at, end);
        match stop {
            Stop::Close => self.finish_string(Token::StrClose, end, end + quotes.text().len()),
            Stop::Interp => self.open_interp(quotes, end),
            Stop::Unterminated => {
                let open = self.string_start();
                self.unterminated(quotes, open);
                self.finish_string(Token::StrClose, end, end);
            }
        }
    }

    fn text_part(&mut self, lo: usize, hi: usize) {
        if lo < hi {
            self.emit(Token::StrText, lo, hi);
        }
    }

    fn open_interp(&mut self, quotes: Quotes, at: usize) {
        self.skip_to(at + 2);
        self.open(FrameKind::Interp(quotes), Token::InterpOpen, at, at + 2);
    }

    fn finish_string(&mut self, token: Token, lo: usize, hi: usize) {
        self.emit(token, lo, hi);
        self.skip_to(hi);
    }

    /// Continues reading at `at`, which lies ahead.
    fn skip_to(&mut self, at: usize) {
        let here = self.raw.span().end;
        if let Some(newline) = self.text.get(here..at).and_then(|skipped| skipped.rfind('\n')) {
            self.line_start = here + newline + 1;
        }
        self.raw.bump(at - here);
    }

    /// Where string text that begins at `from` stops.
    fn scan(&self, quotes: Quotes, from: usize) -> (Stop, usize) {
        let bytes = self.text.as_bytes();
        let close = quotes.text().as_bytes();
        let mut at = from;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\n' if !quotes.spans_lines() => {
                    let end = if at > from && bytes[at - 1] == b'\r' { at - 1 } else { at };
                    return (Stop::Unterminated, end);
                }
                b'\\' if !quotes.is_raw() => {
                    at += 1;
                    at += self.text[at..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
                    continue;
                }
                b'$' if !quotes.is_raw() && bytes.get(at + 1) == Some(&b'{') => return (Stop::Interp, at),
                b if *b == close[0] && bytes[at..].starts_with(close) => return (Stop::Close, at),
                _ => {}
            }
            at += 1;
        }
        (Stop::Unterminated, at)
    }

    fn unterminated(&mut self, quotes: Quotes, open: Span) {
        let text = quotes.text();
        let mut diagnostic =
            Diagnostic::new(&codes::UNTERMINATED_STRING, open, format!("this string has no closing `{text}`")).label("begins here");
        diagnostic.help = Some(if quotes.spans_lines() {
            self.out.open_at_end = true;
            format!("add `{text}` where it ends")
        } else {
            let three = if quotes.is_raw() { "'''…'''" } else { "\"\"\"…\"\"\"" };
            format!("add `{text}` before the end of the line; a string over several lines is written `{three}`")
        });
        self.report(diagnostic);
    }

    /// Opening quotes of the string that is being read.
    fn string_start(&self) -> Span {
        let mut depth = 0;
        for lexeme in self.out.tokens.iter().rev() {
            match lexeme.token {
                Token::StrClose => depth += 1,
                Token::StrOpen if depth == 0 => return lexeme.span(),
                Token::StrOpen => depth -= 1,
                _ => {}
            }
        }
        Span::default()
    }

    /// `"a ${b"`: what looks like the start of a string that does not end is the end of the string around it.
    fn ends_enclosing_string(&mut self, quotes: Quotes, lo: usize) -> bool {
        let enclosing = self
            .frames
            .iter()
            .rposition(|frame| !matches!(frame.kind, FrameKind::Paren | FrameKind::Bracket | FrameKind::Map | FrameKind::Bar));
        let Some(depth) = enclosing.filter(|depth| self.frames[*depth].kind == FrameKind::Interp(quotes)) else { return false };
        if quotes.spans_lines() {
            return false;
        }
        self.report(
            Diagnostic::new(&codes::UNCLOSED, self.frames[depth].open, "expected `}` to close this `${`")
                .label("not closed before the end of the string"),
        );
        while self.frames.len() > depth {
            let Some(frame) = self.pop_frame() else { break };
            match frame.kind {
                FrameKind::Paren => self.emit(Token::ParenClose, lo, lo),
                FrameKind::Bracket => self.emit(Token::BracketClose, lo, lo),
                FrameKind::Map => self.emit(Token::MapClose, lo, lo),
                FrameKind::Interp(_) => self.emit(Token::InterpClose, lo, lo),
                _ => {}
            }
        }
        self.emit(Token::StrClose, lo, lo + 1);
        true
    }

    /// The `:` of a format, at `lo`, up to the `}`.
    pub(super) fn format_spec(&mut self, lo: usize, hi: usize) {
        let rest = &self.text[hi..];
        let len = rest.find(['}', '\n', '"']).unwrap_or(rest.len());
        self.raw.bump(len);
        self.emit(Token::FormatSpec, lo, hi + len);
    }
}
