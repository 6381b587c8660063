//! Blocks, and what consists of blocks. The blocks of one `if` or `try` are all on one line, or none is.

use super::layout::{Hug, Op};
use super::shaper::Shaper;
use crate::token::Token;

impl Shaper<'_> {
    /// `{ … }` of statements or members, within the group of its head.
    pub fn block(&mut self) {
        self.braces(Self::stmt, |_| "; ");
    }

    /// Braces whose parts stand on lines of their own if the text has the first of them on a line of its own, or any two on two lines.
    /// `between`: what separates a part from the next one on the same line.
    pub fn braces(&mut self, part: fn(&mut Self), between: fn(&Self) -> &'static str) {
        self.token();
        if self.is(Token::BlockClose) && !self.has_comments_after(0) {
            // Unlike an empty map.
            self.space();
            self.token();
            return;
        }
        if self.is_on_new_line() && !self.is(Token::BlockClose) {
            self.ops.push(Op::Force);
        }
        self.ops.push(Op::Indent);
        self.line(" ");
        while !matches!(self.kind(), Token::BlockClose | Token::Newline) {
            let before = self.ops.len();
            self.hanging(1, part);
            if self.is(Token::Comma) {
                self.drop_comma();
            } else if self.ops.len() == before {
                self.token();
            }
            if !self.is(Token::BlockClose) {
                if self.is_on_new_line() {
                    self.ops.push(Op::Force);
                }
                self.line(between(self));
            }
        }
        self.closing_line(" ");
        self.token();
    }

    /// The expression of a head; further lines of it are indented more than the block.
    fn head(&mut self) {
        self.space();
        self.hanging(2, |cx| {
            cx.expr();
        });
        self.space();
    }

    /// `if … else if … else …`
    pub fn if_else(&mut self) -> Hug {
        self.group(Hug::Never, |cx| {
            cx.token();
            cx.head();
            cx.block();
            while cx.is(Token::Else) {
                cx.space_at_margin();
                cx.token();
                if cx.is(Token::If) {
                    cx.space();
                    cx.token();
                    cx.head();
                } else {
                    cx.space();
                }
                cx.block();
            }
        });
        Hug::Forced
    }

    /// `while …`, `for … in …`
    pub fn loop_(&mut self) -> Hug {
        self.group(Hug::Never, |cx| {
            let is_for = cx.is(Token::For);
            cx.token();
            if is_for {
                cx.space();
                cx.hanging(2, Self::pattern);
                cx.space();
                cx.token();
            }
            cx.head();
            cx.block();
        });
        Hug::Forced
    }

    /// `match … { arms }`
    pub fn match_(&mut self) -> Hug {
        self.group(Hug::Never, |cx| {
            cx.token();
            cx.head();
            cx.braces(Self::arm, |_| ", ");
        });
        Hug::Forced
    }

    fn arm(&mut self) {
        self.pattern();
        if self.is(Token::If) {
            self.space();
            self.token();
            self.space();
            self.expr();
        }
        self.space();
        self.token();
        self.space();
        self.body();
    }

    /// `try … catch … finally …`
    pub fn try_(&mut self) -> Hug {
        self.group(Hug::Never, |cx| {
            cx.token();
            cx.space();
            cx.block();
            while matches!(cx.kind(), Token::Catch | Token::Finally) {
                cx.space_at_margin();
                cx.token();
                if cx.is(Token::Name) {
                    cx.space();
                    cx.token();
                }
                if cx.is(Token::Is) {
                    cx.space();
                    cx.token();
                    cx.space();
                    cx.hanging(2, |cx| cx.alternatives(Self::class));
                }
                cx.space();
                cx.block();
            }
        });
        Hug::Forced
    }

    fn class(&mut self) -> Hug {
        self.path();
        Hug::Never
    }
}
