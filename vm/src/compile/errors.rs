//! `try`, `catch`, `finally`.
//!
//! Errors find their way by the handler table. The handler of the `catch` clauses covers the body; that of `finally` covers the body
//! and the clauses. What no clause takes is thrown on, which keeps its first trace.

use super::exits::{Exit, Finally, Way};
use super::function::{Label, Reg};
use super::{Compiler, Dest};
use crate::bytecode::{Insn, Op};
use crate::image::{Catches, Const, Handler};
use lang::ast::*;
use lang::source::Span;
use std::sync::Arc;

impl<'a> Compiler<'a> {
    /// `try body catches finally`
    pub(super) fn attempt(&mut self, body: &'a Block, catches: &'a [Catch], finally: Option<&'a Block>, span: Span, dest: Dest) {
        self.scoped(|compiler| match finally {
            None => {
                let done = compiler.fun.label();
                compiler.attempt_body(body, catches, dest, Some(done));
                compiler.fun.bind(done);
            }
            Some(finally) => compiler.attempt_finally(body, catches, finally, span, dest),
        });
    }

    /// The body and its `catch` clauses; afterwards control goes to `done`, without one it leaves the `finally` region the normal way.
    fn attempt_body(&mut self, body: &'a Block, catches: &'a [Catch], dest: Dest, done: Option<Label>) {
        let start = self.fun.pc();
        self.fun.handler_depth += 1;
        self.block(body, dest);
        self.fun.handler_depth -= 1;
        let end = self.fun.pc();
        self.end_part(body.span, done);
        // An empty region raises nothing.
        if catches.is_empty() || start == end {
            return;
        }
        let error = self.fun.alloc();
        let target = self.fun.pc();
        let caught = self.caught_by(catches);
        self.fun.handlers.push(Handler { start, end, target, register: error.0, catches: caught });
        self.fun.enter_handler();
        for catch in catches {
            let next = self.fun.label();
            self.scoped(|compiler| {
                compiler.catch_matches(catch, error, next);
                if let Some((id, name)) = &catch.binding
                    && let Some(local) = compiler.local_of(*id)
                {
                    compiler.fun.declare_local(local, error);
                    compiler.bind_local(name.span, local, error);
                }
                compiler.block(&catch.body, dest);
            });
            self.end_part(catch.span, done);
            self.fun.bind(next);
        }
        let place = catches.last().map_or(body.span, |catch| catch.span);
        self.fun.emit(place, Insn::abc(Op::Throw, error.0, 0, 0));
    }

    /// What clauses catch, all of them together.
    fn caught_by(&mut self, catches: &'a [Catch]) -> Catches {
        let mut classes = Vec::new();
        for catch in catches {
            if catch.classes.is_empty() {
                return Catches::Everything;
            }
            for class in &catch.classes {
                // Whatever is not the name of a definition would have to be evaluated.
                let Some(name) = self.definition_named(class) else { return Catches::Unknown };
                classes.push(self.fun.constant(Const::Name(name)));
            }
        }
        Catches::Classes(classes)
    }

    /// Control is at the end of the body or of a clause.
    fn end_part(&mut self, span: Span, done: Option<Label>) {
        match done {
            Some(done) => self.fun.goto(span, done),
            None => self.leave(span, Way::Normal),
        }
    }

    /// Goes to `next` unless the clause takes the error.
    fn catch_matches(&mut self, catch: &'a Catch, error: Reg, next: Label) {
        let Some((last, others)) = catch.classes.split_last() else {
            return self.fun.jump(catch.span, Insn::abc(Op::JumpUncatchable, error.0, 0, 0), next);
        };
        let matched = self.fun.label();
        for class in others {
            let other = self.fun.label();
            self.catch_class(class, error, other);
            self.fun.goto(class.span, matched);
            self.fun.bind(other);
        }
        self.catch_class(last, error, next);
        self.fun.bind(matched);
    }

    fn catch_class(&mut self, class: &'a Expr, error: Reg, next: Label) {
        let mark = self.fun.mark();
        let class_reg = self.expr_any(class);
        self.fun.jump(class.span, Insn::abc(Op::MatchClass, error.0, class_reg.0, 1), next);
        self.fun.release(mark);
    }

    fn attempt_finally(&mut self, body: &'a Block, catches: &'a [Catch], finally: &'a Block, span: Span, dest: Dest) {
        let kind = self.fun.alloc();
        let value = self.fun.alloc();
        let name: Arc<str> = "(finally)".into();
        self.fun.open_hidden(&name, kind, false);
        self.fun.open_hidden(&name, value, false);
        let region = self.fun.label();
        let done = self.fun.label();
        self.fun.exits.push(Exit::Finally(Finally::new(kind, value, region)));
        let start = self.fun.pc();
        self.fun.handler_depth += 1;
        // The error register of the clauses is given back before `finally` runs.
        self.scoped(|compiler| compiler.attempt_body(body, catches, dest, None));
        self.fun.handler_depth -= 1;
        let end = self.fun.pc();
        if start != end {
            let target = self.fun.pc();
            self.fun.handlers.push(Handler { start, end, target, register: value.0, catches: Catches::Nothing });
            self.fun.enter_handler();
            self.throw_through(span, kind);
        }
        let Some(Exit::Finally(clause)) = self.fun.exits.pop() else {
            unreachable!("put there above, and inner constructs take off what they put")
        };
        self.fun.bind(region);
        self.block(finally, Dest::Discard);
        self.resume_exit(finally.span, &clause, done);
        self.fun.bind(done);
    }

    /// At the handler of `finally`: the error is in the value register; goes on to the body, which follows.
    fn throw_through(&mut self, span: Span, kind: Reg) {
        if let Some(Exit::Finally(clause)) = self.fun.exits.last_mut() {
            clause.used[1] = true;
        }
        self.fun.emit(span, Insn::abx(Op::LoadInt, kind.0, 1));
    }
}
