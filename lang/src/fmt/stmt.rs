//! Statements, definitions and members.

use super::layout::{Hug, Op};
use super::shaper::Shaper;
use crate::ast::walk::with_stack;
use crate::token::Token;

impl Shaper<'_> {
    /// A statement, or a member of a class or enum.
    pub fn stmt(&mut self) {
        with_stack(|| self.stmt_here());
    }

    fn stmt_here(&mut self) {
        use Token::*;
        while self.is(At) {
            self.token();
            self.operators(u8::MAX);
            self.end_line(false);
        }
        match self.kind() {
            Let | Const | Once => {
                self.token();
                self.space();
                self.pattern();
                self.was();
                self.initialiser();
            }
            Fn if self.kind_after(1) == ParenOpen => {
                self.simple_stmt();
            }
            Fn | Static | Set => self.function(),
            Get => self.property(),
            Slot | Shared => {
                self.token();
                self.space();
                self.token();
                self.was();
                if self.is(Transient) && !self.is_separated() {
                    self.space();
                    self.token();
                }
                self.initialiser();
            }
            Migrate => self.migration(),
            Class | Extend => self.class_like(false),
            Enum => self.class_like(true),
            Import => self.import(),
            From => self.import_items(),
            Namespace => {
                self.token();
                self.space();
                self.path();
            }
            Test => self.group(Hug::Never, |cx| {
                cx.token();
                cx.space();
                cx.token();
                cx.space();
                cx.block();
            }),
            Assert => self.assertion(),
            Name if self.kind_after(1) == Colon && matches!(self.kind_after(2), While | For) => {
                self.token();
                self.token();
                self.space();
                self.loop_();
            }
            _ => {
                self.simple_stmt();
            }
        }
    }

    /// An expression or an assignment.
    pub fn simple_stmt(&mut self) -> Hug {
        let hug = self.expr();
        let is_assignment = (Token::Eq as u8..=Token::CoalesceEq as u8).contains(&(self.kind() as u8)) && !self.is_separated();
        if !is_assignment {
            return hug;
        }
        self.space();
        self.token();
        self.after_space(Self::expr);
        Hug::Never
    }

    /// `= value`, if it is there.
    pub fn initialiser(&mut self) -> Hug {
        if !self.is(Token::Eq) || self.is_separated() {
            return Hug::Never;
        }
        self.space();
        self.token();
        self.after_space(Self::expr)
    }

    /// `was a.b`, if it is there.
    fn was(&mut self) {
        if self.is(Token::Was) && !self.is_separated() {
            self.space();
            self.token();
            self.space();
            self.path();
        }
    }

    /// `fn name(…) { … }`, `static fn …`, `set name(v) { … }`
    fn function(&mut self) {
        self.group(Hug::Never, |cx| {
            if cx.is(Token::Static) {
                cx.token();
                cx.space();
            }
            cx.token();
            cx.space();
            cx.token();
            cx.list(Self::param);
            cx.was();
            cx.space();
            cx.block();
        });
    }

    /// `get name { … }`
    fn property(&mut self) {
        self.group(Hug::Never, |cx| {
            cx.token();
            cx.space();
            cx.token();
            cx.was();
            cx.space();
            cx.block();
        });
    }

    /// `migrate(old) { … }`, `migrate from 3 (old) { … }`
    fn migration(&mut self) {
        self.group(Hug::Never, |cx| {
            cx.token();
            if cx.is(Token::From) {
                cx.space();
                cx.token();
                cx.space();
                cx.token();
                cx.space();
            }
            cx.list(Self::param);
            cx.space();
            cx.block();
        });
    }

    /// `class Name(bases) was Old { … }`, `extend a.b { … }`, `enum Name { … }`
    fn class_like(&mut self, is_enum: bool) {
        self.group(Hug::Never, |cx| {
            cx.token();
            cx.space();
            cx.path();
            if cx.is(Token::ParenOpen) {
                cx.list(|cx| {
                    cx.path();
                    Hug::Never
                });
            }
            cx.was();
            cx.space();
            if is_enum { cx.braces(Self::stmt, Self::between_variants) } else { cx.block() }
        });
    }

    /// What separates a variant or member of an enum from the next, on one line.
    fn between_variants(&self) -> &'static str {
        if self.is(Token::Name) { ", " } else { "; " }
    }

    /// `import a.b as c`, `import "file"`, `import native "name"`
    fn import(&mut self) {
        self.token();
        self.space();
        self.import_source();
        if self.is(Token::As) && !self.is_separated() {
            self.space();
            self.token();
            self.space();
            self.token();
        }
    }

    fn import_source(&mut self) {
        if self.token_if(Token::Native) {
            self.space();
        }
        self.path();
    }

    /// `from a.b import x, y as z`
    fn import_items(&mut self) {
        self.token();
        self.space();
        self.import_source();
        self.space();
        self.token();
        self.space();
        self.group(Hug::Never, |cx| {
            cx.ops.push(Op::Indent);
            loop {
                cx.token();
                if cx.is(Token::As) && !cx.is_separated() {
                    cx.space();
                    cx.token();
                    cx.space();
                    cx.token();
                }
                if !cx.is(Token::Comma) {
                    break;
                }
                cx.drop_comma();
                cx.text(",");
                cx.fill();
            }
            cx.ops.push(Op::Dedent);
        });
    }

    /// `assert condition, message`
    fn assertion(&mut self) {
        self.token();
        self.space();
        let start = self.ops.len();
        self.expr();
        if !self.is(Token::Comma) {
            return;
        }
        self.chain(start, |cx| {
            cx.drop_comma();
            cx.text(",");
            let is_broken = cx.is_on_new_line();
            cx.line(" ");
            let last = cx.ops.len();
            cx.expr();
            (last, is_broken)
        });
    }
}
