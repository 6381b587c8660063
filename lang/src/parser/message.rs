//! Syntax errors in the user's words: from the tokens that would have fitted to "expected an expression".

use super::{recover, shorten, slips};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::Lexeme;
use crate::source::Span;
use crate::token::Token;

/// What stands where something else was expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// The token at the index.
    Token,
    /// The end of a statement that needs more.
    EndOfLine,
    /// The end of the text.
    EndOfText,
}

/// A place where a statement does not go on as it must.
pub(super) struct Mistake<'a> {
    pub(super) text: &'a str,
    /// The statement.
    pub(super) tokens: &'a [Lexeme],
    /// Index of the token that does not fit; their number at the end.
    pub(super) at: usize,
    /// Terminals of the grammar that would have fitted.
    pub(super) expected: &'a [String],
    pub(super) found: Found,
    /// The statement could end before the token.
    pub(super) may_end: bool,
}

/// Most alternatives that a message lists.
const LISTED_MAX: usize = 4;

impl Mistake<'_> {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let span = self.span();
        if let Some(token) = self.token()
            && token.is_hard_keyword()
            && self.expects("name")
            && !self.expects("self")
        {
            let text = self.text_at(self.at);
            return Diagnostic::new(&codes::KEYWORD_AS_NAME, span, format!("`{text}` is a keyword and cannot be used as a name"))
                .label("expected a name")
                .help(slips::help_for_keyword(self));
        }
        let expected = self.expected_list();
        let found = self.found_text();
        let message =
            if expected.is_empty() { format!("unexpected {found}") } else { format!("expected {expected}, found {found}") };
        let mut diagnostic = Diagnostic::new(&codes::SYNTAX, span, message);
        diagnostic.label = if expected.is_empty() { "does not fit here".into() } else { format!("expected {expected}") };
        diagnostic.help = slips::help(self);
        if let Some(open) = recover::enclosing(self.tokens, self.at).map(|i| self.tokens[i])
            && self.expects_close(open.token)
        {
            diagnostic = diagnostic.note(open.span(), format!("{} opened here", open.token.human()));
        }
        diagnostic
    }

    /// The token that does not fit.
    pub(super) fn token(&self) -> Option<Token> {
        self.tokens.get(self.at).map(|lexeme| lexeme.token)
    }

    /// The token `back` places before the one that does not fit.
    pub(super) fn before(&self, back: usize) -> Option<Token> {
        self.at.checked_sub(back).and_then(|i| self.tokens.get(i)).map(|lexeme| lexeme.token)
    }

    /// Text of the token at index `i`; empty when there is none.
    pub(super) fn text_at(&self, i: usize) -> &str {
        self.tokens.get(i).and_then(|l| self.text.get(l.lo as usize..l.hi as usize)).unwrap_or("")
    }

    /// Whether the tokens at `i` and `i + 1` touch.
    pub(super) fn touches_next(&self, i: usize) -> bool {
        matches!((self.tokens.get(i), self.tokens.get(i + 1)), (Some(a), Some(b)) if a.hi == b.lo)
    }

    /// Whether this terminal of the grammar would have fitted.
    pub(super) fn expects(&self, terminal: &str) -> bool {
        self.expected.iter().any(|expected| expected.trim_matches('"') == terminal)
    }

    fn expects_close(&self, open: Token) -> bool {
        match open {
            Token::ParenOpen => self.expects(")"),
            Token::BracketOpen => self.expects("]"),
            Token::MapOpen => self.expects("map}"),
            Token::InterpOpen => self.expects("}$"),
            _ => false,
        }
    }

    fn span(&self) -> Span {
        match (self.tokens.get(self.at), self.tokens.last()) {
            // A newline is marked at its place, as one character.
            (Some(lexeme), _) => lexeme.span(),
            (None, Some(last)) => Span { lo: last.hi, hi: last.hi },
            (None, None) => Span::default(),
        }
    }

    fn found_text(&self) -> String {
        match (self.found, self.token()) {
            (Found::EndOfText, _) => "the end of the text".into(),
            (Found::EndOfLine, _) => "the end of the line".into(),
            (Found::Token, Some(Token::Sep)) if self.text_at(self.at) == ";" => "`;`".into(),
            (Found::Token, Some(token @ (Token::Name | Token::Number | Token::OpName))) => {
                let text = shorten(self.text_at(self.at));
                if text.is_empty() { token.human().into() } else { format!("`{text}`") }
            }
            (Found::Token, Some(token)) => token.human().into(),
            (Found::Token, None) => "nothing".into(),
        }
    }

    /// "an expression", "`,` or `)`", …
    fn expected_list(&self) -> String {
        let mut items: Vec<&str> = Vec::new();
        if self.expects("slot") {
            items.push("a member (`slot`, `fn`, `get` …)");
        } else if self.expects("let") {
            items.push("a statement");
        } else if self.expects("self") {
            items.push("an expression");
        } else if self.expects("..") && self.expects("number") || self.expects("number") && self.expects("map{") {
            items.push("a pattern");
        } else if self.expects("map{") && self.expects("name") {
            items.push("a parameter");
        } else if self.expects("name") {
            items.push("a name");
        } else if self.expects("number") {
            items.push("a number");
        }
        let operand_next = !items.is_empty();
        const PUNCTUATION: &[(&str, &str)] = &[
            ("str", "a string"),
            ("block{", "`{`"),
            ("=>", "`=>`"),
            ("in", "`in`"),
            ("import", "`import`"),
            ("fn", "`fn`"),
            ("class", "`class`"),
            (":", "`:`"),
            ("=", "`=`"),
            ("(", "`(`"),
            (")bar", "`|`"),
            (",", "`,`"),
            (")", "`)`"),
            ("]", "`]`"),
            ("map}", "`}`"),
            ("}$", "`}`"),
            (".", "`.`"),
        ];
        // Behind a complete operand almost every operator fits: only what ends or separates is worth naming.
        let after_operand = self.expects("+") || self.expects("|");
        for (terminal, human) in PUNCTUATION {
            let noise = match *terminal {
                "str" | "fn" | "class" | "(" | "import" if operand_next => true,
                "=" | "in" if after_operand => !self.head_wants(terminal),
                "(" | "." | "fn" | "class" | ":" if after_operand => true,
                "(" | "=" | "." => self.expects(","),
                _ => false,
            };
            if self.expects(terminal) && !noise {
                items.push(human);
            }
        }
        if self.may_end || self.expects("sep") {
            items.push("the end of the line");
        } else if self.expects("block}") && !operand_next {
            items.push("`}`");
        }
        items.truncate(LISTED_MAX);
        match items.as_slice() {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
        }
    }

    /// `=` after the name of a `let`, `in` in the head of a `for`: not mere operators there.
    fn head_wants(&self, terminal: &str) -> bool {
        let head = self.tokens[..self.at.min(self.tokens.len())].iter().rev().map(|lexeme| lexeme.token);
        let mut head = head.take_while(|token| !matches!(token, Token::Sep | Token::BlockOpen | Token::BlockClose | Token::Eq));
        match terminal {
            "=" => head.any(|token| matches!(token, Token::Let | Token::Const | Token::Once | Token::Slot | Token::Shared)),
            "in" => head.take_while(|token| *token != Token::In).any(|token| token == Token::For),
            _ => false,
        }
    }
}
