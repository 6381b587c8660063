//! Conditions: expressions of which only the truth matters become jumps, without a bool in between.

use super::Compiler;
use super::expr::literal;
use super::function::{Label, Reg};
use super::operator::{immediate_jump, with_small_int};
use crate::bytecode::{Insn, Op};
use crate::image::Const;
use lang::ast::walk::with_stack;
use lang::ast::*;
use lang::source::Span;

impl<'a> Compiler<'a> {
    /// Goes to `label` if the truth of `expr` is `when`, else on.
    pub(super) fn jump_if(&mut self, expr: &'a Expr, label: Label, when: bool) {
        with_stack(|| {
            let mark = self.fun.mark();
            self.condition(expr, label, when);
            self.fun.release(mark);
        });
    }

    fn condition(&mut self, expr: &'a Expr, label: Label, when: bool) {
        let span = expr.span;
        if let Some(constant) = literal(expr) {
            let truth = !matches!(constant, Const::Nil | Const::Bool(false));
            if truth == when {
                self.fun.goto(span, label);
            }
            return;
        }
        match &*expr.kind {
            ExprKind::Unary(UnaryOp::Not, inner) => self.jump_if(inner, label, !when),
            ExprKind::Logical(LogicalOp::And, left, right) => self.junction(left, right, label, when, false),
            ExprKind::Logical(LogicalOp::Or, left, right) => self.junction(left, right, label, when, true),
            ExprKind::Binary(op, left, right) if is_comparison(*op) => {
                self.comparison(*op, left, right, span, label, when);
            }
            ExprKind::Is { value, class, negated } if *negated == when => {
                let first = self.operand(value, None, class.span);
                let second = self.expr_any(class);
                self.fun.jump(span, Insn::abc(Op::MatchClass, first.0, second.0, 0), label);
            }
            ExprKind::Is { value, class, negated } => {
                let result = self.fun.alloc();
                self.membership(Op::Is, value, class, false, span, result);
                self.jump_on(result, span, label, *negated != when);
            }
            ExprKind::In { value, container, negated } => {
                let result = self.fun.alloc();
                self.membership(Op::In, value, container, false, span, result);
                self.jump_on(result, span, label, *negated != when);
            }
            _ => {
                let value = self.expr_any(expr);
                self.jump_on(value, span, label, when);
            }
        }
    }

    fn jump_on(&mut self, value: Reg, span: Span, label: Label, when: bool) {
        let op = if when { Op::JumpIf } else { Op::JumpIfNot };
        self.fun.jump(span, Insn::abc(op, value.0, 0, 0), label);
    }

    /// `left and right` (`decides` false) or `left or right` (`decides` true).
    fn junction(&mut self, left: &'a Expr, right: &'a Expr, label: Label, when: bool, decides: bool) {
        if when == decides {
            self.jump_if(left, label, when);
            return self.jump_if(right, label, when);
        }
        let decided = self.fun.label();
        self.jump_if(left, decided, decides);
        self.jump_if(right, label, when);
        self.fun.bind(decided);
    }

    fn comparison(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr, span: Span, label: Label, when: bool) {
        if let Some((op, operand, value)) = with_small_int(op, left, right) {
            let jump = immediate_jump(op, when).expect("`with_small_int` gives comparisons only");
            let operand = self.expr_any(operand);
            return self.fun.jump(span, Insn::abc(jump, operand.0, value as u8, 0), label);
        }
        let first = self.operand(left, None, right.span);
        if let Some(insn) = self.equals_constant(op, first, right, when) {
            return self.fun.jump(span, insn, label);
        }
        let second = self.expr_any(right);
        self.compare_jump(op, first, second, span, label, when);
    }

    /// Goes to `label` if `first op second` is `when`.
    pub(super) fn compare_jump(&mut self, op: BinaryOp, first: Reg, second: Reg, span: Span, label: Label, when: bool) {
        let (jump, a, b) = match (op, when) {
            (BinaryOp::Eq, true) | (BinaryOp::Ne, false) => (Op::JumpEq, first, second),
            (BinaryOp::Eq, false) | (BinaryOp::Ne, true) => (Op::JumpNe, first, second),
            (BinaryOp::Lt, true) => (Op::JumpLt, first, second),
            (BinaryOp::Lt, false) => (Op::JumpNotLt, first, second),
            (BinaryOp::Le, true) => (Op::JumpLe, first, second),
            (BinaryOp::Le, false) => (Op::JumpNotLe, first, second),
            (BinaryOp::Gt, true) => (Op::JumpLt, second, first),
            (BinaryOp::Gt, false) => (Op::JumpNotLt, second, first),
            (BinaryOp::Ge, true) => (Op::JumpLe, second, first),
            (BinaryOp::Ge, false) => (Op::JumpNotLe, second, first),
            _ => return debug_assert!(false, "{op:?} is no comparison"),
        };
        self.fun.jump(span, Insn::abc(jump, a.0, b.0, 0), label);
    }

    /// The jump that compares with a literal on the right, if there is one.
    fn equals_constant(&mut self, op: BinaryOp, first: Reg, right: &Expr, when: bool) -> Option<Insn> {
        let equal = match op {
            BinaryOp::Eq => when,
            BinaryOp::Ne => !when,
            _ => return None,
        };
        self.literal_jump(first, right, equal)
    }

    /// The jump that is taken if `value` is equal, or not, to a literal.
    pub(super) fn literal_jump(&mut self, value: Reg, expr: &Expr, equal: bool) -> Option<Insn> {
        let constant = literal(expr).filter(|constant| !matches!(constant, Const::BigInt(_)))?;
        let index = self.fun.constant_narrow(constant)?;
        let op = if equal { Op::JumpEqK } else { Op::JumpNeK };
        Some(Insn::abc(op, value.0, index, 0))
    }
}

/// Whether the operator compares.
pub(super) fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(op, Eq | Ne | Lt | Le | Gt | Ge)
}
