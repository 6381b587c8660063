//! Classes of tokens for colouring a text while it is typed. Works on any text, also half-written.

use crate::lexer::{Braces, Comment, Lexeme, lex};
use crate::source::{Source, Span};
use crate::token::Token;

/// How a piece of text is shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenClass {
    /// A keyword, soft ones where they are meant included.
    Keyword,
    /// `true`, `false`, `nil`
    Constant,
    /// `self`, `super`
    Receiver,
    /// An ordinary name.
    Name,
    /// A name that is called or defined as a function.
    Function,
    /// A name that begins with a capital letter: by habit a class or enum.
    Type,
    /// A number.
    Number,
    /// Text in quotes, quotes included.
    String,
    /// `${`, `}` and the format of an interpolation.
    Interpolation,
    /// An operator.
    Operator,
    /// Brackets, commas, dots, bars, `@`.
    Punctuation,
    /// `#`
    Comment,
    /// `##`
    Doc,
}

/// The classes of all tokens and comments of `text`, in text order, without overlap. What is between them is white space
/// or a character that begins no token.
pub fn highlight(text: &str) -> Vec<(Span, TokenClass)> {
    if text.len() > Source::BYTES_MAX {
        return Vec::new();
    }
    let lexed = lex(text, Braces::AsWritten);
    let comments = lexed.comments.iter().map(|(span, comment)| {
        let class = match comment {
            Comment::Plain => TokenClass::Comment,
            Comment::Doc => TokenClass::Doc,
        };
        (*span, class)
    });
    let mut out: Vec<_> = lexed
        .tokens
        .iter()
        .enumerate()
        .filter(|(_, lexeme)| lexeme.token != Token::Sep && lexeme.lo < lexeme.hi)
        .map(|(i, lexeme)| (lexeme.span(), class(text, &lexed.tokens, i)))
        .chain(comments)
        .collect();
    out.sort_by_key(|(span, _)| span.lo);
    out
}

fn class(text: &str, tokens: &[Lexeme], i: usize) -> TokenClass {
    use Token::*;
    let lexeme = tokens[i];
    match lexeme.token {
        True | False | Nil => TokenClass::Constant,
        SelfKw | Super => TokenClass::Receiver,
        token if token.is_keyword() => TokenClass::Keyword,
        Name | OpName => name_class(text, tokens, i),
        Number => TokenClass::Number,
        Str | StrOpen | StrText | StrClose => TokenClass::String,
        InterpOpen | InterpClose | FormatSpec => TokenClass::Interpolation,
        token if token.is_operator() || matches!(token, Arrow | QuestionDot) => TokenClass::Operator,
        _ => TokenClass::Punctuation,
    }
}

fn name_class(text: &str, tokens: &[Lexeme], i: usize) -> TokenClass {
    let name = text.get(tokens[i].lo as usize..tokens[i].hi as usize).unwrap_or("");
    let before = i.checked_sub(1).map(|i| tokens[i].token);
    let called = tokens.get(i + 1).is_some_and(|next| next.token == Token::ParenOpen && next.lo == tokens[i].hi);
    if name.starts_with(char::is_uppercase) {
        TokenClass::Type
    } else if called || before == Some(Token::Fn) {
        TokenClass::Function
    } else {
        TokenClass::Name
    }
}
