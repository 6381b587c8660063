//! What a token means where it stands: blocks and maps, bars, names that look like keywords, soft keywords, operator
//! names, and the operators of other languages.

use super::brackets::{Frame, FrameKind};
use super::strings::Quotes;
use super::{CHAIN_MAX, Pass};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::token::{Token, is_keyword};

/// Operators that a class may define, longest first.
const METHOD_OPERATORS: &[&str] = &["==", "<=", "**", "//", "<", "+", "-", "*", "/", "%"];

impl Pass<'_> {
    /// Emits `token` as what it means here.
    pub(super) fn meaning(&mut self, token: Token, lo: usize, hi: usize) {
        if self.names_operator() && self.operator_name(token, lo, hi) {
            return;
        }
        match token {
            Token::Quote => self.string(Quotes::Plain, lo, hi),
            Token::RawQuote => self.string(Quotes::Raw, lo, hi),
            Token::Quote3 => self.string(Quotes::Plain3, lo, hi),
            Token::RawQuote3 => self.string(Quotes::Raw3, lo, hi),
            Token::BraceOpen => self.brace(lo, hi),
            Token::ParenOpen => self.open(FrameKind::Paren, token, lo, hi),
            Token::BracketOpen => self.open(FrameKind::Bracket, token, lo, hi),
            Token::ParenClose | Token::BracketClose | Token::BraceClose => self.close(token, lo, hi),
            Token::Bar | Token::BarBar => self.bar(token, lo, hi),
            Token::AmpAmp => self.foreign(Token::And, "&&", "and", lo, hi),
            Token::Bang if self.ends_called_name(lo, hi) => self.report(
                Diagnostic::new(&codes::FOREIGN_OPERATOR, Span::new(lo, hi), "a function is called without `!`")
                    .label("leave it out")
                    .help("there are no macros: `print(…)` writes a line"),
            ),
            Token::Bang => self.foreign(Token::Not, "!", "not", lo, hi),
            Token::Colon if matches!(self.top_kind(), FrameKind::Interp(_)) => self.format_spec(lo, hi),
            Token::Name => {
                let token = self.soft_keyword(lo, hi);
                self.word(token, lo, hi);
            }
            token if token.is_hard_keyword() => {
                let token = self.keyword_or_name(token, lo, hi);
                self.word(token, lo, hi);
            }
            token => {
                self.count(token, lo, hi);
                if token == Token::At && self.at_start {
                    self.top().decorated = true;
                }
                if token == Token::Arrow {
                    // The `if` of a guard has no block.
                    self.top().head = None;
                }
                self.emit(token, lo, hi);
            }
        }
    }

    /// Emits a word, and remembers it when a block belongs to it.
    fn word(&mut self, token: Token, lo: usize, hi: usize) {
        use Token::*;
        self.count(token, lo, hi);
        if matches!(token, If | While | For | Match | Fn | Class | Enum | Extend | Catch | Get | Set | Migrate | Test) {
            let span = Span::new(lo, hi);
            self.top().head = Some((token, span));
        }
        if matches!(token, Fn | Class | Enum | Static | Get | Set) {
            self.top().decorated = false;
        }
        self.emit(token, lo, hi);
    }

    /// Bounds what makes the parser's stack grow without opening a bracket.
    fn count(&mut self, token: Token, lo: usize, hi: usize) {
        use Token::*;
        match token {
            Comma => {
                let chain = std::mem::take(&mut self.top().chain);
                self.chain_total -= chain;
            }
            Minus | Tilde if self.after_operand() => {}
            Minus | Tilde | Not | StarStar | Coalesce | Return | Throw | Yield | BarClose | BarEmpty | Else => {
                self.top().chain += 1;
                self.chain_total += 1;
                if self.chain_total == CHAIN_MAX {
                    self.cut(lo, hi, "this expression");
                }
            }
            _ => {}
        }
    }

    // ── Braces and bars ────────────────────────────────────────────────────────────────────────────────────────────

    fn brace(&mut self, lo: usize, hi: usize) {
        use Token::*;
        let before = self.before();
        if !before.is_some_and(|t| t.ends_operand() || matches!(t, Else | Do | Try | Catch | Finally | Arrow | BarClose | BarEmpty))
        {
            return self.open(FrameKind::Map, MapOpen, lo, hi);
        }
        if matches!(before, Some(Arrow | BarClose | BarEmpty)) && looks_like_map(&self.text[hi..]) {
            self.report(
                Diagnostic::new(&codes::BLOCK_FOR_MAP, Span::new(lo, hi), "a block starts here; write `({…})` for a map")
                    .label("opens a block, but a key follows")
                    .help("put the map in brackets: `({key: value})`"),
            );
            return self.open(FrameKind::Map, MapOpen, lo, hi);
        }
        let kind = match self.top().head.take() {
            Some((Class | Extend, _)) => FrameKind::Class,
            Some((Enum, _)) => FrameKind::Enum,
            _ => FrameKind::Block,
        };
        self.open(kind, BlockOpen, lo, hi);
    }

    fn bar(&mut self, token: Token, lo: usize, hi: usize) {
        if self.top_kind() == FrameKind::Bar {
            self.pop_frame();
            self.count(Token::BarClose, lo, hi);
            self.emit(Token::BarClose, lo, lo + 1);
            if token == Token::BarBar {
                self.open_bar(lo + 1);
            }
        } else if self.after_operand() {
            match token {
                Token::BarBar => self.foreign(Token::Or, "||", "or", lo, hi),
                _ => self.emit(Token::Bar, lo, hi),
            }
        } else if token == Token::BarBar {
            self.count(Token::BarEmpty, lo, hi);
            self.emit(Token::BarEmpty, lo, hi);
        } else {
            self.open_bar(lo);
        }
    }

    /// Opens a lambda's parameters. They are no bracket level of their own for the limit: the chain counts them.
    fn open_bar(&mut self, lo: usize) {
        self.frames.push(Frame::new(FrameKind::Bar, Span::new(lo, lo + 1), 0));
        self.emit(Token::BarOpen, lo, lo + 1);
    }

    /// `name!(`
    fn ends_called_name(&self, lo: usize, hi: usize) -> bool {
        self.text[..lo].ends_with(|c: char| c.is_alphanumeric() || c == '_') && self.text[hi..].starts_with('(')
    }

    fn foreign(&mut self, token: Token, wrong: &str, right: &str, lo: usize, hi: usize) {
        self.report(
            Diagnostic::new(&codes::FOREIGN_OPERATOR, Span::new(lo, hi), format!("`{wrong}` is written `{right}`"))
                .label(format!("write `{right}`"))
                .help("the logical operators are the words `and`, `or` and `not`"),
        );
        self.count(token, lo, hi);
        self.emit(token, lo, hi);
    }

    // ── Words ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Whether the word that ends before `rest_at` is followed by the `:` of a key or argument name.
    fn colon_follows(&self, rest_at: usize) -> bool {
        self.text[rest_at..].trim_start().starts_with(':')
    }

    /// Whether the keyword at `lo` stands as the key of a map entry or the name of an argument.
    pub(super) fn is_key(&self, lo: usize) -> bool {
        let word = word_at(&self.text[lo..]);
        matches!(self.top_kind(), FrameKind::Map | FrameKind::Paren)
            && matches!(self.prev, Some(Token::MapOpen | Token::ParenOpen | Token::Comma))
            && self.colon_follows(lo + word.len())
    }

    fn keyword_or_name(&mut self, token: Token, lo: usize, hi: usize) -> Token {
        if matches!(self.prev, Some(Token::Dot | Token::QuestionDot)) {
            return Token::Name;
        }
        if !self.is_key(lo) {
            return token;
        }
        if self.top_kind() == FrameKind::Map && matches!(token, Token::True | Token::False | Token::Nil) {
            let text = &self.text[lo..hi];
            self.report(
                Diagnostic::new(&codes::MAP_KEY, Span::new(lo, hi), format!("`{text}` as a map key is written `[{text}]: …`"))
                    .label("would be the string key of that name")
                    .help(format!("write `[{text}]:` for the value, `\"{text}\":` for the string")),
            );
        }
        Token::Name
    }

    fn soft_keyword(&mut self, lo: usize, hi: usize) -> Token {
        use Token::*;
        let operand = self.after_operand();
        let prev = self.before();
        match &self.text[lo..hi] {
            "once" if self.at_start && self.name_follows(hi) => Once,
            "namespace" if self.at_start && self.name_follows(hi) => Namespace,
            "from" if prev == Some(Migrate) => From,
            "from" if self.at_start && (self.name_follows(hi) || self.quote_follows(hi)) => From,
            "test" if self.at_start && self.quote_follows(hi) => Test,
            "native" if matches!(prev, Some(Import | From)) && self.quote_follows(hi) => Native,
            "as" if operand => As,
            "was" if operand => Was,
            "transient" if operand => Transient,
            "slot" => self.member_keyword(Slot, lo, hi),
            "shared" => self.member_keyword(Shared, lo, hi),
            "static" => self.member_keyword(Static, lo, hi),
            "get" => self.member_keyword(Get, lo, hi),
            "set" => self.member_keyword(Set, lo, hi),
            "migrate" => self.member_keyword(Migrate, lo, hi),
            _ => Name,
        }
    }

    /// A word that begins a member, where members are.
    fn member_keyword(&mut self, token: Token, lo: usize, hi: usize) -> Token {
        let kind = self.top_kind();
        let in_enum = kind == FrameKind::Enum;
        let decorated = self.frames.last().is_some_and(|frame| frame.decorated);
        let at_item = self.at_start || in_enum && self.prev == Some(Token::Comma) || (in_enum || decorated) && self.after_operand();
        if !at_item || !matches!(kind, FrameKind::Class | FrameKind::Enum) || self.prev == Some(Token::Dot) {
            return Token::Name;
        }
        let rest = self.text[hi..].trim_start_matches([' ', '\t']);
        let member = match token {
            Token::Migrate => rest.starts_with('(') || word_at(rest) == "from",
            _ => !word_at(rest).is_empty(),
        };
        if in_enum && !member {
            let text = &self.text[lo..hi];
            self.report(
                Diagnostic::new(&codes::VARIANT_NAME, Span::new(lo, hi), format!("a variant may not be called `{text}`"))
                    .label("begins a member here")
                    .help("choose another name, for instance with a capital letter"),
            );
            return Token::Name;
        }
        token
    }

    /// Whether a name that is no keyword follows on the same line.
    fn name_follows(&self, at: usize) -> bool {
        let word = word_at(self.text[at..].trim_start_matches([' ', '\t']));
        !word.is_empty() && !is_keyword(word)
    }

    fn quote_follows(&self, at: usize) -> bool {
        self.text[at..].trim_start_matches([' ', '\t']).starts_with(['"', '\''])
    }

    // ── Operators as names ─────────────────────────────────────────────────────────────────────────────────────────

    fn names_operator(&self) -> bool {
        self.before() == Some(Token::Fn) || self.before() == Some(Token::Dot) && self.prev2 == Some(Token::Super)
    }

    /// After `fn` or `super.`: an operator, alone or of several tokens, as one name.
    fn operator_name(&mut self, token: Token, lo: usize, hi: usize) -> bool {
        let text = &self.text[lo..];
        let len = METHOD_OPERATORS
            .iter()
            .find(|op| text.starts_with(**op) && hi - lo == op.len())
            .map(|op| op.len())
            .or_else(|| composed_operator(text));
        let after_fn = self.before() == Some(Token::Fn);
        match len {
            Some(len) => {
                if lo + len > hi {
                    self.raw.bump(lo + len - hi);
                }
                self.emit(Token::OpName, lo, lo + len);
                true
            }
            None if after_fn && (token.is_operator() || token == Token::Bang || token == Token::AmpAmp) => {
                let text = &self.text[lo..hi];
                let mut diagnostic =
                    Diagnostic::new(&codes::OPERATOR_METHOD, Span::new(lo, hi), format!("`{text}` cannot be defined"))
                        .label("no method of this name");
                diagnostic.help = Some(match text {
                    "!=" => "`!=` derives from `==`".into(),
                    ">" | ">=" => "`>` and `>=` derive from `<` and `<=`".into(),
                    _ => "a class may define `+ - * / // % ** == < <= [] []= ()`, `unary -` and `in`".into(),
                });
                self.report(diagnostic);
                self.emit(Token::OpName, lo, hi);
                true
            }
            None => false,
        }
    }
}

/// Length of `[]`, `[]=`, `()`, `unary -` or `in` at the start of `text`, when its parameters or arguments follow.
fn composed_operator(text: &str) -> Option<usize> {
    let blank = |s: &str| s.len() - s.trim_start_matches([' ', '\t']).len();
    let call_follows = |at: usize| text[at..].trim_start_matches([' ', '\t']).starts_with('(');
    let pair = |open: char, close: char| {
        let rest = text.strip_prefix(open)?;
        let gap = blank(rest);
        rest[gap..].starts_with(close).then_some(1 + gap + 1)
    };
    if let Some(end) = pair('[', ']') {
        let gap = blank(&text[end..]);
        if text[end + gap..].starts_with('=') && call_follows(end + gap + 1) {
            return Some(end + gap + 1);
        }
        return call_follows(end).then_some(end);
    }
    if let Some(end) = pair('(', ')') {
        return call_follows(end).then_some(end);
    }
    match word_at(text) {
        "in" if call_follows(2) => Some(2),
        "unary" => {
            let gap = blank(&text[5..]);
            (text[5 + gap..].starts_with('-') && call_follows(6 + gap)).then_some(6 + gap)
        }
        _ => None,
    }
}

/// The identifier at the start of `text`; empty when there is none.
fn word_at(text: &str) -> &str {
    let mut end = 0;
    for c in text.chars() {
        let fits = if end == 0 { c == '_' || unicode_ident::is_xid_start(c) } else { unicode_ident::is_xid_continue(c) };
        if !fits {
            break;
        }
        end += c.len_utf8();
    }
    &text[..end]
}

/// Whether what follows a `{` is the start of a map rather than of statements: a key and `:`, or `...`.
fn looks_like_map(rest: &str) -> bool {
    let rest = rest.trim_start();
    if rest.starts_with("...") {
        return true;
    }
    let after = if let Some(quoted) = rest.strip_prefix(['"', '\'']) {
        // Only the start is searched: this must not take quadratic time on a long line.
        let quote = rest.as_bytes()[0];
        let Some(end) = quoted.bytes().take(256).take_while(|b| *b != b'\n').position(|b| b == quote) else { return false };
        &quoted[end + 1..]
    } else {
        let word = word_at(rest);
        if word.is_empty() {
            return false;
        }
        &rest[word.len()..]
    };
    let Some(value) = after.trim_start_matches([' ', '\t']).strip_prefix(':') else { return false };
    !matches!(word_at(value.trim_start()), "while" | "for")
}
