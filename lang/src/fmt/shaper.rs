//! The walk over the pieces: what every construct is made of. The constructs themselves are in `stmt`, `flow`, `expr` and `pattern`.
//!
//! The text has no errors, so that the next piece says what comes. A comment is written before the next piece or possible break; where
//! it stands a line ends, as it does in the text, so that an end of a line is allowed there.

use super::layout::{Hug, Op};
use super::pieces::{Gap, Piece};
use crate::token::Token;
use std::borrow::Cow;

/// State of the walk.
pub(super) struct Shaper<'a> {
    pieces: Vec<Piece<'a>>,
    /// The next piece.
    at: usize,
    pub ops: Vec<Op<'a>>,
    /// Levels by which the further lines of a chain of operators are indented.
    pub hang: usize,
}

impl<'a> Shaper<'a> {
    pub fn new(pieces: Vec<Piece<'a>>) -> Self {
        Self { pieces, at: 0, ops: Vec::new(), hang: 1 }
    }

    /// The whole text as operations.
    pub fn file(mut self) -> Vec<Op<'a>> {
        self.end_line(false);
        while !self.is_end() {
            let before = self.at;
            self.stmt();
            if self.at == before {
                self.token();
            }
            self.end_line(false);
        }
        self.ops
    }

    // ── Pieces ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The next piece.
    pub fn kind(&self) -> Token {
        self.kind_after(0)
    }

    /// The piece behind the next `n`.
    pub fn kind_after(&self, n: usize) -> Token {
        self.pieces.get(self.at + n).map_or(Token::Newline, |piece| piece.kind)
    }

    pub fn is(&self, kind: Token) -> bool {
        self.kind() == kind
    }

    fn is_end(&self) -> bool {
        self.is(Token::Newline)
    }

    /// Whether the next piece begins another statement.
    pub fn is_separated(&self) -> bool {
        self.is_separated_after(0)
    }

    /// The same for the piece behind the next `n`.
    pub fn is_separated_after(&self, n: usize) -> bool {
        self.pieces.get(self.at + n).is_none_or(|piece| piece.separated)
    }

    /// Whether the next piece stands on another line than the one before.
    pub fn is_on_new_line(&self) -> bool {
        self.starts_line_after(0)
    }

    /// The same for the piece behind the next `n`.
    fn starts_line_after(&self, n: usize) -> bool {
        self.pieces.get(self.at + n).is_some_and(|piece| piece.gap.newline)
    }

    fn has_comments(&self) -> bool {
        !self.pieces[self.at].gap.comments.is_empty()
    }

    /// Kinds of the pieces between the next one, a bracket, and the one that closes it; those in inner brackets left out.
    pub fn kinds_inside(&self) -> impl Iterator<Item = Token> {
        let mut at = self.at + 1;
        let end = self.pieces[self.at].close;
        std::iter::from_fn(move || {
            let piece = self.pieces.get(at).filter(|_| at < end)?;
            at = piece.close.max(at) + 1;
            Some(piece.kind)
        })
    }

    /// How many of the next pieces, from the `n`th on, a bracket and what is in it are.
    pub fn bracket_len(&self, n: usize) -> usize {
        (self.pieces[self.at + n].close + 1).saturating_sub(self.at + n).max(1)
    }

    /// Whether a comment stands before the piece behind the next `n`.
    pub fn has_comments_after(&self, n: usize) -> bool {
        self.pieces.get(self.at + n).is_some_and(|piece| !piece.gap.comments.is_empty())
    }

    // ── Writing ────────────────────────────────────────────────────────────────────────────────────────────────────

    pub fn text(&mut self, text: &'static str) {
        self.ops.push(Op::Text(Cow::Borrowed(text)));
    }

    /// Writes the next piece.
    pub fn token(&mut self) {
        if self.has_comments() {
            self.comments(true);
        }
        let Some(piece) = self.pieces.get_mut(self.at).filter(|piece| piece.kind != Token::Newline) else { return };
        let text = std::mem::take(&mut piece.text);
        self.ops.push(Op::Text(text));
        self.at += 1;
    }

    /// Writes the next piece if it is of this kind.
    pub fn token_if(&mut self, kind: Token) -> bool {
        let fits = self.is(kind) && !self.is_separated();
        if fits {
            self.token();
        }
        fits
    }

    /// A space, and no break.
    pub fn space(&mut self) {
        if self.has_comments() { self.comments(true) } else { self.text(" ") }
    }

    /// A space and what `part` writes; on lines of its own, and indented, if there is a comment between.
    pub fn after_space(&mut self, part: impl FnOnce(&mut Self) -> Hug) -> Hug {
        if !self.has_comments() {
            self.text(" ");
            return part(self);
        }
        self.ops.push(Op::Indent);
        self.comments(false);
        let hug = part(self);
        self.ops.push(Op::Dedent);
        hug
    }

    /// A space before `else` and its kin, which stand under the beginning of the statement if they stand on a line of their own.
    pub fn space_at_margin(&mut self) {
        if self.has_comments() { self.comments(false) } else { self.text(" ") }
    }

    /// A possible break.
    pub fn line(&mut self, flat: &'static str) {
        if self.has_comments() {
            self.comments(false);
        } else {
            let blank = self.keeps_blank_line();
            self.ops.push(Op::Break { flat, blank });
        }
    }

    /// A possible break of a list that is filled, but where a line ends in the text.
    pub fn fill(&mut self) {
        if self.has_comments() {
            self.comments(false);
        } else {
            let blank = self.keeps_blank_line();
            let row = self.is_on_new_line();
            self.ops.push(Op::Fill { row, blank });
        }
    }

    /// The last possible break before a closing bracket; ends the indentation.
    pub fn closing_line(&mut self, flat: &'static str) {
        if self.has_comments() {
            self.comments(false);
            self.ops.push(Op::Dedent);
        } else {
            self.ops.push(Op::Dedent);
            self.ops.push(Op::Break { flat, blank: false });
        }
    }

    /// The end of a line.
    pub fn end_line(&mut self, hang: bool) {
        if self.has_comments() {
            self.comments(hang);
        } else {
            let blank = self.keeps_blank_line();
            self.ops.push(Op::Hard { blank, hang });
        }
    }

    /// Whether a blank line before the next piece stays: not next to a bracket, nor at the beginning or end.
    fn keeps_blank_line(&self) -> bool {
        self.pieces[self.at].gap.blank && !self.is_after_open() && !self.is_before_close()
    }

    fn is_after_open(&self) -> bool {
        use Token::*;
        let before = self.at.checked_sub(1).and_then(|at| self.pieces.get(at));
        before.is_none_or(|piece| matches!(piece.kind, BlockOpen | MapOpen | ParenOpen | BracketOpen))
    }

    fn is_before_close(&self) -> bool {
        use Token::*;
        matches!(self.kind(), BlockClose | MapClose | ParenClose | BracketClose | Newline)
    }

    /// Writes the comments before the next piece, and ends the line.
    fn comments(&mut self, hang: bool) {
        let is_after_open = self.is_after_open();
        let is_before_close = self.is_before_close();
        let gap = std::mem::take(&mut self.pieces[self.at].gap);
        for (i, comment) in gap.comments.iter().enumerate() {
            if comment.own_line {
                let blank = comment.blank && !(i == 0 && is_after_open);
                self.ops.push(Op::Hard { blank, hang });
                self.ops.push(Op::Comment(comment.text));
            } else {
                self.ops.push(Op::Suffix(comment.text));
            }
        }
        self.ops.push(Op::Hard { blank: gap.blank && !is_before_close, hang });
        self.pieces[self.at].gap.newline = true;
    }

    /// Takes the next piece, a comma, out; its comments go to the piece behind it.
    pub fn drop_comma(&mut self) {
        let gap: Gap<'a> = std::mem::take(&mut self.pieces[self.at].gap);
        self.at += 1;
        self.pieces[self.at].gap.prepend(gap);
    }

    // ── Groups ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// What `parts` writes is a group.
    pub fn group(&mut self, hug: Hug, parts: impl FnOnce(&mut Self)) {
        self.ops.push(Op::Open(hug));
        parts(self);
        self.ops.push(Op::Close);
    }

    /// Runs `parts` with another indentation of chains.
    pub fn hanging<R>(&mut self, hang: usize, parts: impl FnOnce(&mut Self) -> R) -> R {
        let before = std::mem::replace(&mut self.hang, hang);
        let result = parts(self);
        self.hang = before;
        result
    }

    /// Makes what was written from `start` on, and what `more` writes, a group; further lines are indented. `more` gives where its last
    /// part begins, and whether one of its breaks is the end of a line in the text. If so, the chain does not hug: it may have been
    /// broken because it is too long, and a list in it for the same reason.
    pub fn chain(&mut self, start: usize, more: impl FnOnce(&mut Self) -> (usize, bool)) {
        let hang = self.hang;
        self.ops.insert(start, Op::Open(Hug::Forced));
        self.ops.extend((0..hang).map(|_| Op::Indent));
        let (last, is_broken) = self.hanging(1, more);
        if is_broken {
            self.ops[start] = Op::Open(Hug::Never);
        }
        self.ops.extend((0..hang).map(|_| Op::Dedent));
        self.ops.push(Op::Close);
        self.ops.insert(last, Op::Last);
    }

    /// A list in brackets. One that begins on a line of its own in the text keeps its rows if it is broken; a table is filled; of others
    /// each item gets a line.
    pub fn list(&mut self, item: fn(&mut Self) -> Hug) {
        self.bracketed(item);
    }

    /// Arguments: a list that may hug its last item.
    pub fn arguments(&mut self, item: fn(&mut Self) -> Hug) {
        let has_rows = self.starts_line_after(1);
        let open = self.ops.len();
        let last = self.bracketed(item);
        let hug = match last.hug {
            Hug::Alone if last.count == 1 => Hug::Always,
            // It may have been broken because it was too long, and a block in it for the same reason.
            Hug::Forced if has_rows => Hug::Never,
            Hug::Alone => Hug::Never,
            hug => hug,
        };
        if hug != Hug::Never {
            self.ops[open] = Op::Open(hug);
            self.ops.insert(last.at, Op::Last);
        }
    }

    fn bracketed(&mut self, item: fn(&mut Self) -> Hug) -> LastItem {
        let kinds: Vec<Token> = self.kinds_inside().collect();
        let is_table = self.is(Token::BracketOpen) && kinds.len() > 2 && kinds.iter().all(|kind| is_cell(*kind));
        let is_filled = is_table || self.starts_line_after(1);
        let commas = kinds.iter().filter(|kind| **kind == Token::Comma).count();
        let has_last_comma = kinds.last() == Some(&Token::Comma);
        let is_single_tuple = self.is(Token::ParenOpen) && commas == 1 && has_last_comma && self.is_tuple();
        let mut last = LastItem { at: self.ops.len(), count: 0, hug: Hug::Never };
        self.ops.push(Op::Open(Hug::Never));
        self.token();
        if kinds.is_empty() && !self.has_comments() {
            self.token();
            self.ops.push(Op::Close);
            return last;
        }
        if has_last_comma && !is_single_tuple {
            self.ops.push(Op::Force);
        }
        self.ops.push(Op::Indent);
        self.line("");
        while !self.is_before_close() {
            last = LastItem { at: self.ops.len(), count: last.count + 1, hug: self.hanging(1, item) };
            if !self.is(Token::Comma) {
                break;
            }
            self.drop_comma();
            if !self.is_before_close() {
                self.text(",");
                if is_filled { self.fill() } else { self.line(" ") }
            }
        }
        if is_single_tuple {
            self.text(",");
        } else if last.count > 0 {
            self.ops.push(Op::IfBroken(","));
        }
        self.closing_line("");
        self.token();
        self.ops.push(Op::Close);
        last
    }

    /// Whether the next bracket, a `(`, holds a tuple rather than arguments or one expression: it stands where an operand begins.
    fn is_tuple(&self) -> bool {
        let before = self.at.checked_sub(1).map(|at| self.pieces[at].kind);
        self.is_separated() || !before.is_some_and(|kind| kind.ends_operand() || kind == Token::Fn)
    }
}

/// The last item of a list.
struct LastItem {
    /// Index of its first operation.
    at: usize,
    /// How many items there are.
    count: usize,
    /// Whether it may be hugged.
    hug: Hug,
}

/// Whether a list of nothing but these is a table.
fn is_cell(kind: Token) -> bool {
    use Token::*;
    matches!(kind, Number | Str | True | False | Nil | Name | Minus | Comma)
}
