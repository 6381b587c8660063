//! Expressions. The levels of operators are those of the grammar; they decide only where a chain may break.

use super::layout::{Hug, Op};
use super::shaper::Shaper;
use crate::ast::walk::with_stack;
use crate::token::Token;

// Levels of operators, loosest first.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARE: u8 = 4;
const COALESCE: u8 = 5;
const RANGE: u8 = 6;
const BIT_OR: u8 = 7;
pub(super) const BIT_XOR: u8 = 8;
const BIT_AND: u8 = 9;
const SHIFT: u8 = 10;
const SUM: u8 = 11;
const PRODUCT: u8 = 12;
const UNARY: u8 = 13;
const POWER: u8 = 14;

impl Shaper<'_> {
    /// An expression; gives whether a list may hug it.
    pub fn expr(&mut self) -> Hug {
        with_stack(|| self.operators(OR))
    }

    /// Operands and the operators between them, of at least this level.
    pub fn operators(&mut self, least: u8) -> Hug {
        let start = self.ops.len();
        let mut hug = with_stack(|| self.operand());
        while let Some(level) = self.operator_level().filter(|level| *level >= least) {
            hug = Hug::Never;
            if level == RANGE {
                self.token();
                if self.begins_operand() {
                    self.operators(level + 1);
                }
                continue;
            }
            self.chain(start, |cx| {
                let (mut last, mut is_broken) = (start, false);
                while cx.operator_level() == Some(level) {
                    if matches!(cx.kind(), Token::And | Token::Or | Token::Coalesce) {
                        is_broken |= cx.is_on_new_line();
                        cx.line(" ");
                        cx.token();
                        cx.space();
                    } else {
                        cx.space();
                        cx.token();
                        // `not in`, `is not`
                        if level == COMPARE && matches!(cx.kind(), Token::Not | Token::In) {
                            cx.space();
                            cx.token();
                        }
                        is_broken |= cx.is_on_new_line();
                        cx.line(" ");
                    }
                    last = cx.ops.len();
                    cx.operators(level + 1);
                }
                (last, is_broken)
            });
        }
        hug
    }

    /// The level of the operator that comes next, if one does.
    fn operator_level(&self) -> Option<u8> {
        use Token::*;
        if self.is_separated() {
            return None;
        }
        Some(match self.kind() {
            Or => OR,
            And => AND,
            EqEq | NotEq | Lt | Le | Gt | Ge | In | Is => COMPARE,
            Not if self.kind_after(1) == In => COMPARE,
            Coalesce => COALESCE,
            DotDot | DotDotEq => RANGE,
            Bar => BIT_OR,
            Caret => BIT_XOR,
            Amp => BIT_AND,
            Shl | Shr => SHIFT,
            Plus | Minus => SUM,
            Star | Slash | SlashSlash | Percent => PRODUCT,
            StarStar => POWER,
            _ => return None,
        })
    }

    /// Whether the next piece goes on with the statement, and an operand begins with it.
    pub fn begins_operand(&self) -> bool {
        use Token::*;
        let kind = self.kind();
        let begins = matches!(
            kind,
            Name | Number
                | Str
                | True
                | False
                | Nil
                | SelfKw
                | Super
                | ParenOpen
                | BracketOpen
                | MapOpen
                | BarOpen
                | BarEmpty
                | Minus
                | Tilde
                | Not
                | If
                | While
                | For
                | Match
                | Try
                | Do
                | Fn
                | Return
                | Yield
                | Throw
                | Break
                | Continue
        );
        begins && !self.is_separated()
    }

    fn operand(&mut self) -> Hug {
        use Token::*;
        match self.kind() {
            Minus | Tilde => {
                self.token();
                self.operators(UNARY);
                Hug::Never
            }
            Not => {
                self.token();
                self.space();
                self.operators(NOT);
                Hug::Never
            }
            BarOpen | BarEmpty => self.lambda(),
            Return | Yield | Throw => {
                self.token();
                if self.begins_operand() {
                    self.space();
                    self.expr();
                }
                Hug::Never
            }
            Break | Continue => {
                self.token();
                if self.is(Name) && !self.is_separated() {
                    self.space();
                    self.token();
                }
                Hug::Never
            }
            _ => self.postfix(),
        }
    }

    /// `|a, b| body`
    fn lambda(&mut self) -> Hug {
        if self.is(Token::BarOpen) {
            self.token();
            while !matches!(self.kind(), Token::BarClose | Token::Newline) {
                self.param();
                if self.is(Token::Comma) {
                    self.drop_comma();
                    if !self.is(Token::BarClose) {
                        self.text(",");
                        self.space();
                    }
                }
            }
        }
        self.token();
        self.space();
        match self.body() {
            Hug::Forced => Hug::Always,
            hug => hug,
        }
    }

    /// The body of a lambda or arm: a block, an expression or an assignment.
    pub fn body(&mut self) -> Hug {
        if self.is(Token::BlockOpen) {
            self.group(Hug::Never, Self::block);
            return Hug::Always;
        }
        self.simple_stmt()
    }

    /// A primary with its calls, indexes and members. With two or more calls of methods they may stand on lines of their own.
    fn postfix(&mut self) -> Hug {
        let start = self.ops.len();
        let mut hug = self.primary();
        let (methods, is_commented) = self.methods_ahead();
        if methods < 2 && !is_commented {
            let mut is_call = false;
            while self.begins_postfix() {
                is_call = self.is(Token::ParenOpen);
                hug = Hug::Never;
                self.postfix_part();
            }
            return if is_call { Hug::Alone } else { hug };
        }
        self.chain(start, |cx| {
            let (mut last, mut is_broken) = (start, false);
            while cx.begins_postfix() {
                if matches!(cx.kind(), Token::Dot | Token::QuestionDot) && (cx.calls_method(0) || cx.has_comments_after(0)) {
                    last = cx.ops.len();
                    is_broken |= cx.is_on_new_line();
                    cx.line("");
                }
                cx.postfix_part();
            }
            (last, is_broken)
        });
        Hug::Never
    }

    fn begins_postfix(&self) -> bool {
        use Token::*;
        matches!(self.kind(), ParenOpen | BracketOpen | Dot | QuestionDot) && !self.is_separated()
    }

    /// Whether the `.` behind the next `n` pieces begins the call of a method.
    fn calls_method(&self, n: usize) -> bool {
        self.kind_after(n + 2) == Token::ParenOpen
    }

    /// How many calls of methods follow, and whether a comment stands before one of their points.
    fn methods_ahead(&self) -> (usize, bool) {
        use Token::*;
        let (mut n, mut methods, mut is_commented) = (0, 0, false);
        loop {
            match self.kind_after(n) {
                Dot | QuestionDot => {
                    methods += usize::from(self.calls_method(n));
                    is_commented |= self.has_comments_after(n);
                    n += 2;
                }
                ParenOpen | BracketOpen if !self.is_separated_after(n) => n += self.bracket_len(n),
                _ => return (methods, is_commented),
            }
        }
    }

    fn postfix_part(&mut self) {
        match self.kind() {
            Token::ParenOpen => self.arguments(Self::argument),
            Token::BracketOpen => self.in_brackets(|cx| {
                if matches!(cx.kind(), Token::DotDot | Token::DotDotEq) {
                    cx.token();
                    if cx.begins_operand() {
                        cx.operators(BIT_OR);
                    }
                } else {
                    cx.expr();
                }
            }),
            _ => {
                self.token();
                self.token();
            }
        }
    }

    fn primary(&mut self) -> Hug {
        use Token::*;
        match self.kind() {
            Super => {
                self.token();
                self.token();
                self.token();
                Hug::Never
            }
            ParenOpen if self.holds_tuple() => {
                self.list(Self::element);
                Hug::Always
            }
            ParenOpen => {
                self.in_brackets(|cx| {
                    cx.expr();
                });
                Hug::Never
            }
            BracketOpen => {
                self.list(Self::element);
                Hug::Always
            }
            MapOpen => {
                self.list(Self::map_entry);
                Hug::Always
            }
            If => self.if_else(),
            While | For => self.loop_(),
            Match => self.match_(),
            Try => self.try_(),
            Do => {
                self.group(Hug::Never, |cx| {
                    cx.token();
                    cx.space();
                    cx.block();
                });
                Hug::Forced
            }
            Fn => {
                self.group(Hug::Never, |cx| {
                    cx.token();
                    cx.list(Self::param);
                    cx.space();
                    cx.block();
                });
                Hug::Always
            }
            _ => {
                self.token();
                Hug::Never
            }
        }
    }

    /// Whether the next bracket, a `(` where an operand or pattern begins, holds a tuple.
    pub fn holds_tuple(&self) -> bool {
        let mut kinds = self.kinds_inside();
        kinds.next().is_none_or(|first| first == Token::Ellipsis) || kinds.any(|kind| kind == Token::Comma)
    }

    /// `(inner)`, `[inner]`
    pub fn in_brackets(&mut self, inner: impl FnOnce(&mut Self)) {
        self.group(Hug::Never, |cx| {
            cx.token();
            cx.ops.push(Op::Indent);
            cx.line("");
            cx.hanging(0, inner);
            cx.closing_line("");
            cx.token();
        });
    }

    fn argument(&mut self) -> Hug {
        if self.is(Token::Name) && self.kind_after(1) == Token::Colon {
            self.token();
            self.token();
            return self.after_space(Self::element);
        }
        self.element()
    }

    fn element(&mut self) -> Hug {
        self.token_if(Token::Ellipsis);
        self.expr()
    }

    fn map_entry(&mut self) -> Hug {
        if self.is(Token::Ellipsis) {
            return self.element();
        }
        self.map_key();
        if !self.is(Token::Colon) {
            return Hug::Never;
        }
        self.token();
        self.after_space(Self::expr)
    }

    /// A key of a map or of its pattern.
    pub fn map_key(&mut self) {
        if self.is(Token::BracketOpen) {
            self.token();
            self.hanging(1, |cx| {
                cx.expr();
            });
        } else if self.is(Token::Minus) {
            self.token();
        } else if self.is(Token::ParenOpen) {
            self.primary();
            return;
        }
        self.token();
    }
}
