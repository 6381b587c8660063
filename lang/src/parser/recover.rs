//! Recovery: which tokens to give up when one of them does not fit.
//!
//! Smallest first: the item of the bracket list around it, the head of an `if`, `while` or `match`, the statement; and
//! outwards when that did not help.

use crate::lexer::Lexeme;
use crate::token::Token;

/// The tokens to replace when the one at index `at` does not fit; `None` when nothing is left to give up.
pub(super) fn region(tokens: &[Lexeme], at: usize) -> Option<(usize, usize)> {
    let mut at = at;
    loop {
        let open = enclosing(tokens, at);
        let by_comma = open.is_some_and(|open| tokens[open].token != Token::BlockOpen);
        let ends_item = |token: Token| token == Token::Sep || by_comma && token == Token::Comma;
        let lo = item_start(tokens, at);
        let hi = end_of_item(tokens, at, ends_item);
        if let Some(head) = head(tokens, lo, hi, at) {
            return Some(head);
        }
        if !is_spent(tokens, lo, hi) {
            return Some((lo, hi));
        }
        let open = open?;
        let hi = end_of_item(tokens, at, |_| false);
        if !is_spent(tokens, open + 1, hi) && by_comma {
            return Some((open + 1, hi));
        }
        at = open;
    }
}

/// Index of the first token of the item or statement around the one at `at`.
pub(super) fn item_start(tokens: &[Lexeme], at: usize) -> usize {
    let open = enclosing(tokens, at);
    let by_comma = open.is_some_and(|open| tokens[open].token != Token::BlockOpen);
    let ends_item = |token: Token| token == Token::Sep || by_comma && token == Token::Comma;
    start_of_item(tokens, at, open.map_or(0, |open| open + 1), ends_item)
}

/// Nothing to replace, or replaced before.
fn is_spent(tokens: &[Lexeme], lo: usize, hi: usize) -> bool {
    lo >= hi || matches!(tokens[lo..hi], [Lexeme { token: Token::Bad, .. }])
}

/// Index of the opening bracket around the token at `at`.
pub(super) fn enclosing(tokens: &[Lexeme], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for i in (0..at.min(tokens.len())).rev() {
        if tokens[i].token.is_close() {
            depth += 1;
        } else if tokens[i].token.is_open() {
            if depth == 0 {
                return Some(i);
            }
            depth -= 1;
        }
    }
    None
}

/// Index after the last separator before `at` at its bracket level, not before `from`.
fn start_of_item(tokens: &[Lexeme], at: usize, from: usize, ends_item: impl Fn(Token) -> bool) -> usize {
    let mut depth = 0_usize;
    for i in (from..at.min(tokens.len())).rev() {
        let token = tokens[i].token;
        if token.is_close() {
            depth += 1;
        } else if token.is_open() {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && ends_item(token) {
            return i + 1;
        }
    }
    from
}

/// Index of the first separator or closing bracket from `at` on at its bracket level.
fn end_of_item(tokens: &[Lexeme], at: usize, ends_item: impl Fn(Token) -> bool) -> usize {
    let mut depth = 0_usize;
    for (i, lexeme) in tokens.iter().enumerate().skip(at) {
        let token = lexeme.token;
        if token.is_open() {
            depth += 1;
        } else if token.is_close() {
            if depth == 0 {
                return i;
            }
            depth -= 1;
        } else if depth == 0 && ends_item(token) {
            return i;
        }
    }
    tokens.len()
}

/// Between `if`, `while` or `match` and the `{` of its block, when `at` is there.
fn head(tokens: &[Lexeme], lo: usize, hi: usize, at: usize) -> Option<(usize, usize)> {
    let mut depth = 0_usize;
    let mut keyword = None;
    for (i, lexeme) in tokens.iter().enumerate().take(hi).skip(lo) {
        let token = lexeme.token;
        if token == Token::BlockOpen && depth == 0 {
            match keyword {
                Some(keyword) if at > keyword && at <= i => {
                    return (!is_spent(tokens, keyword + 1, i)).then_some((keyword + 1, i));
                }
                _ => keyword = None,
            }
        }
        if token.is_open() {
            depth += 1;
        } else if token.is_close() {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && matches!(token, Token::If | Token::While | Token::Match) {
            keyword = Some(i);
        }
    }
    None
}
