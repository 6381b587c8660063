//! Control flow made of blocks: `if`, `while`, `for`, `match`, `do`. (`try` is in `errors.rs`.)
//!
//! A loop tests at its top and jumps back at its end: conditional jumps go forward only, the way back is a safe point.

use super::exits::{Exit, Loop, Way};
use super::function::{Label, Reg};
use super::{Compiler, Dest};
use crate::bytecode::{Insn, Op};
use crate::image::{LoopImage, LoopKind};
use lang::ast::walk::with_stack;
use lang::ast::*;
use lang::outline::fingerprint_expr;
use lang::source::Span;
use std::sync::Arc;

impl<'a> Compiler<'a> {
    /// Compiles an expression made of blocks, its value to where `dest` says.
    pub(super) fn flow(&mut self, expr: &'a Expr, dest: Dest) {
        let span = expr.span;
        with_stack(|| match &*expr.kind {
            ExprKind::If { cond, then, otherwise } => self.branch(cond, then, otherwise.as_ref(), span, dest),
            ExprKind::While { label, cond, body } => {
                self.while_loop(expr, label.as_ref(), cond, body);
                self.nil(span, dest);
            }
            ExprKind::For { label, pattern, iter, body } => {
                match &*iter.kind {
                    ExprKind::Range { lo: Some(lo), hi: Some(hi), inclusive } => {
                        self.count_loop(expr, label.as_ref(), pattern, [lo, hi], *inclusive, body);
                    }
                    _ => self.for_loop(expr, label.as_ref(), pattern, iter, body),
                }
                self.nil(span, dest);
            }
            ExprKind::Match { value, arms } => self.match_arms(value, arms, span, dest),
            ExprKind::Try { body, catches, finally } => self.attempt(body, catches, finally.as_ref(), span, dest),
            ExprKind::Do(block) => self.block(block, dest),
            _ => {}
        });
    }

    fn branch(&mut self, cond: &'a Expr, then: &'a Block, otherwise: Option<&'a Block>, span: Span, dest: Dest) {
        if otherwise.is_none()
            && dest == Dest::Discard
            && let Some(label) = self.plain_exit(then)
        {
            return self.jump_if(cond, label, true);
        }
        let falsy = self.fun.label();
        self.jump_if(cond, falsy, false);
        self.block(then, dest);
        if otherwise.is_none() && dest == Dest::Discard {
            return self.fun.bind(falsy);
        }
        let done = self.fun.label();
        self.fun.goto(span, done);
        self.fun.bind(falsy);
        match otherwise {
            Some(block) => self.block(block, dest),
            None => self.nil(span, dest),
        }
        self.fun.bind(done);
    }

    /// Where a block goes that consists of nothing but `break` or `continue`.
    fn plain_exit(&self, block: &Block) -> Option<Label> {
        let [Stmt { kind: StmtKind::Expr(expr), .. }] = &block.stmts[..] else { return None };
        let way = match &*expr.kind {
            ExprKind::Break(label) => Way::Break(self.loop_of(label.as_ref())?),
            ExprKind::Continue(label) => Way::Continue(self.loop_of(label.as_ref())?),
            _ => return None,
        };
        self.direct_exit(way)
    }

    // Loops.

    /// Takes down a loop whose code comes next; gives its number.
    fn begin_loop(&mut self, expr: &Expr, label: Option<&Ident>) -> usize {
        let header = match &*expr.kind {
            ExprKind::While { cond: header, .. } | ExprKind::For { iter: header, .. } => header,
            _ => unreachable!("only loops have loops' code"),
        };
        self.fun.loops.push(LoopImage {
            kind: LoopKind::While,
            start: 0,
            end: 0,
            next: 0,
            back_edges: Vec::new(),
            state: 0,
            label: label.map(|label| label.name.0.clone()),
            header: fingerprint_expr(header),
            fingerprint: fingerprint_expr(expr),
        });
        self.fun.loops.len() - 1
    }

    /// Notes where the code of a loop is. Its last instruction is its back-edge.
    fn end_loop(&mut self, number: usize, kind: LoopKind, start: u32, state: Reg) {
        let end = self.fun.pc();
        let next = if kind == LoopKind::Count { end.saturating_sub(2) } else { start };
        let entry = &mut self.fun.loops[number];
        (entry.kind, entry.start, entry.end, entry.next, entry.state) = (kind, start, end, next, state.0);
    }

    fn while_loop(&mut self, expr: &'a Expr, label: Option<&Ident>, cond: &'a Expr, body: &'a Block) {
        let number = self.begin_loop(expr, label);
        let span = expr.span;
        self.scoped(|compiler| {
            compiler.name_temporaries();
            let top = compiler.fun.pc();
            let done = compiler.fun.label();
            compiler.jump_if(cond, done, false);
            compiler.enter_loop(label, number, Some(top), done);
            compiler.block(body, Dest::Discard);
            let next = compiler.leave_loop_body();
            compiler.fun.bind(next);
            compiler.fun.next_turn(span, Insn::abc(Op::Loop, 0, 0, 0), number, top);
            compiler.end_loop(number, LoopKind::While, top, Reg(0));
            compiler.fun.bind(done);
        });
    }

    /// Starts the body of a loop. `done` is behind it.
    fn enter_loop(&mut self, label: Option<&Ident>, number: usize, top: Option<u32>, done: Label) {
        let next = self.fun.label();
        self.fun.exits.push(Exit::Loop(Loop { label: label.map(|label| label.name.clone()), number, done, next, top }));
    }

    /// Ends the body of a loop; gives the label of what starts the next iteration.
    fn leave_loop_body(&mut self) -> Label {
        match self.fun.exits.pop() {
            Some(Exit::Loop(inner)) => inner.next,
            _ => unreachable!("`enter_loop` has put it there, and inner constructs take off what they put"),
        }
    }

    /// `for pattern in iter`
    fn for_loop(&mut self, expr: &'a Expr, label: Option<&Ident>, pattern: &'a Pattern, iter: &'a Expr, body: &'a Block) {
        let number = self.begin_loop(expr, label);
        let span = expr.span;
        self.scoped(|compiler| {
            compiler.name_temporaries();
            let state = compiler.fun.alloc();
            compiler.expr_to(iter, state);
            let rest = compiler.fun.alloc();
            compiler.fun.emit(iter.span, Insn::abc(Op::Iter, state.0, 0, 0));
            compiler.name_loop_state(&[state, rest]);
            let top = compiler.fun.pc();
            let done = compiler.fun.label();
            compiler.enter_loop(label, number, Some(top), done);
            compiler.scoped(|compiler| {
                let landing = compiler.loop_variable(pattern);
                let item = landing.unwrap_or_else(|| compiler.fun.alloc());
                compiler.fun.jump(iter.span, Insn::abc(Op::Next, state.0, item.0, 0), done);
                compiler.bind_loop_variable(pattern, item);
                compiler.block(body, Dest::Discard);
            });
            let next = compiler.leave_loop_body();
            compiler.fun.bind(next);
            compiler.fun.next_turn(span, Insn::abc(Op::Loop, 0, 0, 0), number, top);
            compiler.end_loop(number, LoopKind::Items, top, state);
            compiler.fun.bind(done);
        });
    }

    /// `for pattern in lo..hi`: counts without making a range.
    fn count_loop(
        &mut self,
        expr: &'a Expr,
        label: Option<&Ident>,
        pattern: &'a Pattern,
        [lo, hi]: [&'a Expr; 2],
        inclusive: bool,
        body: &'a Block,
    ) {
        let number = self.begin_loop(expr, label);
        let span = expr.span;
        self.scoped(|compiler| {
            compiler.name_temporaries();
            let state = compiler.fun.alloc();
            compiler.expr_to(lo, state);
            let bound = compiler.fun.alloc();
            compiler.expr_to(hi, bound);
            let counter = compiler.fun.alloc();
            let done = compiler.fun.label();
            compiler.enter_loop(label, number, None, done);
            let range = lo.span.to(hi.span);
            compiler.fun.jump(range, Insn::abc(Op::ForPrep, state.0, inclusive.into(), 0), done);
            compiler.name_loop_state(&[state, bound]);
            let top = compiler.fun.pc();
            compiler.scoped(|compiler| {
                compiler.bind_counter(pattern, counter);
                compiler.block(body, Dest::Discard);
            });
            let next = compiler.leave_loop_body();
            compiler.fun.bind(next);
            if compiler.fun.is_reachable() {
                compiler.fun.next_turn(span, Insn::abc(Op::ForLoop, state.0, 0, 0), number, top);
                compiler.end_loop(number, LoopKind::Count, top, state);
            }
            compiler.fun.bind(done);
        });
    }

    fn name_loop_state(&mut self, registers: &[Reg]) {
        let name: Arc<str> = "(for)".into();
        for reg in registers {
            self.fun.open_hidden(&name, *reg, false);
        }
    }

    /// The register of a plain loop variable.
    fn loop_variable(&mut self, pattern: &Pattern) -> Option<Reg> {
        match &*pattern.kind {
            PatternKind::Bind(id, _) => self.local_of(*id).map(|local| self.landing(local)),
            _ => None,
        }
    }

    /// The loop variable, or the names of its pattern, get the item.
    fn bind_loop_variable(&mut self, pattern: &'a Pattern, item: Reg) {
        match &*pattern.kind {
            PatternKind::Bind(id, _) => {
                if let Some(local) = self.local_of(*id) {
                    self.bind_local(pattern.span, local, item);
                }
            }
            _ => self.destructure(pattern, item),
        }
    }

    /// The variable is in the register to which the loop writes each number. It does not read it again, so that the body may change it.
    fn bind_counter(&mut self, pattern: &'a Pattern, counter: Reg) {
        let local = match &*pattern.kind {
            PatternKind::Bind(id, _) => self.local_of(*id),
            _ => None,
        };
        match local {
            Some(local) => self.fun.declare_local(local, counter),
            None => self.name_loop_state(&[counter]),
        }
        self.bind_loop_variable(pattern, counter);
    }

    // Match.

    fn match_arms(&mut self, value: &'a Expr, arms: &'a [Arm], span: Span, dest: Dest) {
        self.scoped(|compiler| compiler.match_scoped(value, arms, span, dest));
    }

    fn match_scoped(&mut self, value: &'a Expr, arms: &'a [Arm], span: Span, dest: Dest) {
        let mut subject = self.expr_any(value);
        // Arms that follow look at the value again.
        let rest = arms.iter().flat_map(|arm| [Some(arm.pattern.span), arm.guard.as_ref().map(|guard| guard.span)]);
        if self.fun.is_owned(subject) && rest.flatten().any(|part| self.is_assigned_inside(subject, part)) {
            let copy = self.fun.alloc();
            self.copy(value.span, copy, subject);
            subject = copy;
        }
        if !self.fun.is_owned(subject) {
            self.fun.open_hidden(&"(match)".into(), subject, false);
        }
        let done = self.fun.label();
        for arm in arms {
            let next = self.fun.label();
            self.scoped(|compiler| {
                compiler.declare_pattern(&arm.pattern);
                compiler.pattern(&arm.pattern, subject, next);
                if let Some(guard) = &arm.guard {
                    compiler.jump_if(guard, next, false);
                }
                compiler.block(&arm.body, dest);
            });
            self.fun.goto(arm.span, done);
            self.fun.bind(next);
        }
        self.fun.emit(span, Insn::abc(Op::MatchFail, subject.0, 0, 0));
        self.fun.bind(done);
    }
}
