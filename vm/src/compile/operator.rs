//! Operators as values: arithmetic with its constant forms, comparison, membership, `and`, `or`, `??`.

use super::expr::{literal, small_int};
use super::function::Reg;
use super::{Compiler, Dest};
use crate::bytecode::{Insn, Op};
use crate::image::Const;
use lang::ast::*;
use lang::source::Span;

impl<'a> Compiler<'a> {
    /// `dst = left op right`
    pub(super) fn binary(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr, span: Span, dst: Reg) {
        let scratch = self.scratch(dst);
        let first = self.operand(left, scratch, right.span);
        self.arithmetic(op, first, right, span, dst);
    }

    /// `dst = left op right` for a left side that has been evaluated.
    pub(super) fn arithmetic(&mut self, op: BinaryOp, left: Reg, right: &'a Expr, span: Span, dst: Reg) {
        if let Some(insn) = self.constant_form(op, left, right, dst) {
            return self.fun.emit(span, insn);
        }
        let scratch = self.scratch(dst).filter(|scratch| *scratch != left);
        let right = self.expr_in(right, scratch);
        let (code, first, second) = match op {
            BinaryOp::Add => (Op::Add, left, right),
            BinaryOp::Sub => (Op::Sub, left, right),
            BinaryOp::Mul => (Op::Mul, left, right),
            BinaryOp::Div => (Op::Div, left, right),
            BinaryOp::FloorDiv => (Op::FloorDiv, left, right),
            BinaryOp::Mod => (Op::Mod, left, right),
            BinaryOp::Pow => (Op::Pow, left, right),
            BinaryOp::BitAnd => (Op::BitAnd, left, right),
            BinaryOp::BitOr => (Op::BitOr, left, right),
            BinaryOp::BitXor => (Op::BitXor, left, right),
            BinaryOp::Shl => (Op::Shl, left, right),
            BinaryOp::Shr => (Op::Shr, left, right),
            BinaryOp::Eq => (Op::Eq, left, right),
            BinaryOp::Ne => (Op::Ne, left, right),
            BinaryOp::Lt => (Op::Lt, left, right),
            BinaryOp::Le => (Op::Le, left, right),
            BinaryOp::Gt => (Op::Lt, right, left),
            BinaryOp::Ge => (Op::Le, right, left),
        };
        self.fun.emit(span, Insn::abc(code, dst.0, first.0, second.0));
    }

    /// The instruction with a constant right operand, if there is one.
    fn constant_form(&mut self, op: BinaryOp, left: Reg, right: &Expr, dst: Reg) -> Option<Insn> {
        let constant = literal(right)?;
        // A negative immediate stands for a subtraction, see the row of `AddI`.
        match (op, &constant) {
            (BinaryOp::Add, Const::Int(value @ 0..=127)) => {
                return Some(Insn::abc(Op::AddI, dst.0, left.0, *value as u8));
            }
            (BinaryOp::Sub, Const::Int(value @ 1..=128)) => {
                return Some(Insn::abc(Op::AddI, dst.0, left.0, (-*value) as u8));
            }
            _ => {}
        }
        let code = match op {
            BinaryOp::Add => Op::AddK,
            BinaryOp::Sub => Op::SubK,
            BinaryOp::Mul => Op::MulK,
            BinaryOp::Div => Op::DivK,
            BinaryOp::FloorDiv => Op::FloorDivK,
            BinaryOp::Mod => Op::ModK,
            _ => return None,
        };
        if !matches!(constant, Const::Int(_) | Const::Float(_)) {
            return None;
        }
        let index = self.fun.constant_narrow(constant)?;
        Some(Insn::abc(code, dst.0, left.0, index))
    }

    /// `dst = -operand`, `~operand`, `not operand`
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &'a Expr, span: Span, dst: Reg) {
        // `!=` is what `not ==` is.
        if let (UnaryOp::Not, ExprKind::Binary(BinaryOp::Eq, left, right)) = (op, &*operand.kind) {
            return self.binary(BinaryOp::Ne, left, right, operand.span, dst);
        }
        let value = self.expr_in(operand, self.scratch(dst));
        let code = match op {
            UnaryOp::Neg => Op::Neg,
            UnaryOp::BitNot => Op::BitNot,
            UnaryOp::Not => Op::Not,
        };
        self.fun.emit(span, Insn::abc(code, dst.0, value.0, 0));
    }

    /// `dst = left is right`, `left in right`, or their negation.
    pub(super) fn membership(&mut self, op: Op, left: &'a Expr, right: &'a Expr, negated: bool, span: Span, dst: Reg) {
        let first = self.operand(left, self.scratch(dst), right.span);
        let second = self.expr_in(right, self.scratch(dst).filter(|scratch| *scratch != first));
        self.fun.emit(span, Insn::abc(op, dst.0, first.0, second.0));
        if negated {
            self.fun.emit(span, Insn::abc(Op::Not, dst.0, dst.0, 0));
        }
    }

    /// `dst = left and right`, `left or right`, `left ?? right`; `dst` is scratch.
    pub(super) fn logical(&mut self, op: LogicalOp, left: &'a Expr, right: &'a Expr, dst: Reg) {
        let done = self.fun.label();
        self.expr_to(left, dst);
        self.fun.jump(left.span, Insn::abc(decided_by(op), dst.0, 0, 0), done);
        self.expr_to(right, dst);
        self.fun.bind(done);
    }

    /// The same for its effect.
    pub(super) fn logical_effect(&mut self, op: LogicalOp, left: &'a Expr, right: &'a Expr) {
        let done = self.fun.label();
        match op {
            LogicalOp::And => self.jump_if(left, done, false),
            LogicalOp::Or => self.jump_if(left, done, true),
            LogicalOp::Coalesce => {
                let mark = self.fun.mark();
                let value = self.expr_any(left);
                self.fun.jump(left.span, Insn::abc(Op::JumpNotNil, value.0, 0, 0), done);
                self.fun.release(mark);
            }
        }
        self.expr_dest(right, Dest::Discard);
        self.fun.bind(done);
    }
}

/// The jump that is taken when the left operand is the result.
fn decided_by(op: LogicalOp) -> Op {
    match op {
        LogicalOp::And => Op::JumpIfNot,
        LogicalOp::Or => Op::JumpIf,
        LogicalOp::Coalesce => Op::JumpNotNil,
    }
}

/// A comparison whose fused form has a small number on its right.
pub(super) fn immediate_jump(op: BinaryOp, when: bool) -> Option<Op> {
    Some(match (op, when) {
        (BinaryOp::Lt, true) => Op::JumpLtI,
        (BinaryOp::Lt, false) => Op::JumpNotLtI,
        (BinaryOp::Le, true) => Op::JumpLeI,
        (BinaryOp::Le, false) => Op::JumpNotLeI,
        (BinaryOp::Gt, true) => Op::JumpGtI,
        (BinaryOp::Gt, false) => Op::JumpNotGtI,
        (BinaryOp::Ge, true) => Op::JumpGeI,
        (BinaryOp::Ge, false) => Op::JumpNotGeI,
        _ => return None,
    })
}

/// The comparison with its sides exchanged.
pub(super) fn exchanged(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}

/// The small number and the other operand of a comparison that has one, with the operator that has the number on its right.
pub(super) fn with_small_int<'e>(op: BinaryOp, left: &'e Expr, right: &'e Expr) -> Option<(BinaryOp, &'e Expr, i8)> {
    immediate_jump(op, true)?;
    match (small_int(left), small_int(right)) {
        (_, Some(value)) => Some((op, left, value)),
        (Some(value), None) => Some((exchanged(op), right, value)),
        (None, None) => None,
    }
}
