//! Patterns and parameters.

use super::expr::BIT_XOR;
use super::layout::Hug;
use super::shaper::Shaper;
use crate::ast::walk::with_stack;
use crate::token::Token;

impl Shaper<'_> {
    /// Alternatives.
    pub fn pattern(&mut self) -> Hug {
        with_stack(|| self.alternatives(Self::alternative))
    }

    /// What `part` writes, several times with `|` between.
    pub fn alternatives(&mut self, part: fn(&mut Self) -> Hug) -> Hug {
        let start = self.ops.len();
        let hug = part(self);
        if !self.is(Token::Bar) {
            return hug;
        }
        self.chain(start, |cx| {
            let (mut last, mut is_broken) = (start, false);
            while cx.is(Token::Bar) {
                cx.space();
                cx.token();
                is_broken |= cx.is_on_new_line();
                cx.line(" ");
                last = cx.ops.len();
                part(cx);
            }
            (last, is_broken)
        });
        Hug::Never
    }

    fn alternative(&mut self) -> Hug {
        use Token::*;
        let mut hug = Hug::Never;
        match self.kind() {
            Is => return self.class_test(),
            EqEq => {
                self.token();
                self.space();
                self.operators(BIT_XOR);
            }
            DotDot | DotDotEq => {}
            _ => hug = self.simple_pattern(),
        }
        match self.kind() {
            Is => {
                self.space();
                self.class_test()
            }
            DotDot | DotDotEq => {
                self.token();
                if self.begins_bound() {
                    self.simple_pattern();
                }
                Hug::Never
            }
            _ => hug,
        }
    }

    /// `is Class`
    fn class_test(&mut self) -> Hug {
        self.token();
        self.space();
        self.path();
        Hug::Never
    }

    fn begins_bound(&self) -> bool {
        use Token::*;
        matches!(self.kind(), Number | Minus | Str | True | False | Nil | Name)
    }

    /// What may also be a parameter, and the bounds of ranges.
    fn simple_pattern(&mut self) -> Hug {
        use Token::*;
        match self.kind() {
            Minus => {
                self.token();
                self.token();
                Hug::Never
            }
            ParenOpen if self.holds_tuple() => {
                self.list(Self::pattern_item);
                Hug::Always
            }
            ParenOpen => {
                self.in_brackets(|cx| {
                    cx.pattern();
                });
                Hug::Never
            }
            BracketOpen => {
                self.list(Self::pattern_item);
                Hug::Always
            }
            MapOpen => {
                self.list(Self::map_pattern_item);
                Hug::Always
            }
            Name => {
                self.path();
                if self.is(ParenOpen) && !self.is_separated() {
                    self.list(Self::slot_pattern);
                    return Hug::Alone;
                }
                Hug::Never
            }
            _ => {
                self.token();
                Hug::Never
            }
        }
    }

    fn pattern_item(&mut self) -> Hug {
        if self.is(Token::Ellipsis) {
            self.rest();
            return Hug::Never;
        }
        self.pattern()
    }

    /// `...` or `...name`
    fn rest(&mut self) {
        self.token();
        self.token_if(Token::Name);
    }

    fn map_pattern_item(&mut self) -> Hug {
        if self.is(Token::Ellipsis) {
            self.rest();
            return Hug::Never;
        }
        self.map_key();
        self.pattern_of_key()
    }

    fn slot_pattern(&mut self) -> Hug {
        self.token();
        self.pattern_of_key()
    }

    fn pattern_of_key(&mut self) -> Hug {
        if !self.is(Token::Colon) {
            return Hug::Never;
        }
        self.token();
        self.after_space(Self::pattern)
    }

    /// A parameter with its default.
    pub fn param(&mut self) -> Hug {
        if self.is(Token::Ellipsis) {
            self.rest();
            return Hug::Never;
        }
        let hug = self.simple_pattern();
        if self.is(Token::Eq) { self.initialiser() } else { hug }
    }

    /// `a.b.c`
    pub fn path(&mut self) {
        self.token();
        while self.is(Token::Dot) && !self.is_separated() {
            self.token();
            self.token();
        }
    }
}
