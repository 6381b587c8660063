//! `assert`: on failure it shows the values of the sub-expressions.
//!
//! A condition is taken apart at `and` and `or` into comparisons, tests and calls. Of each of these, the parts that say most are shown:
//! names, calls, members, items, and the operands of a comparison. Names are read again when it has failed; other parts are
//! kept in registers while the condition is evaluated, so that nothing is evaluated twice. Of an equation both sides go into the error, for
//! those who show how they differ.

use super::Compiler;
use super::expr::literal;
use super::function::{Label, Reg};
use super::scope::Place;
use crate::bytecode::{Insn, Op};
use crate::image::Const;
use lang::ast::*;
use lang::source::Span;
use std::sync::Arc;

/// Most values shown.
const SHOWN_MAX: usize = 8;

/// Longest text of a sub-expression, in characters.
const TEXT_MAX: usize = 60;

/// Most parts of an `and` that are asserted one by one, each with the message of its own.
const PARTS_MAX: usize = 4;

/// A sub-expression that is shown.
struct Shown<'a> {
    expr: &'a Expr,
    /// Where its value is kept; none for a name.
    kept: Option<Reg>,
}

/// A sub-expression whose value is kept while the condition is evaluated.
pub(super) struct Kept {
    /// Which node of the tree.
    node: usize,
    /// Where.
    reg: Reg,
    /// The code that keeps it has been emitted.
    is_done: bool,
}

impl<'a> Compiler<'a> {
    /// `assert condition, message`
    pub(super) fn assert(&mut self, condition: &'a Expr, message: Option<&'a Expr>, span: Span) {
        let mut parts = Vec::new();
        conjuncts(condition, &mut parts);
        if parts.len() > PARTS_MAX {
            parts = vec![condition];
        }
        for part in parts {
            self.assert_part(part, message, span);
        }
    }

    fn assert_part(&mut self, condition: &'a Expr, message: Option<&'a Expr>, span: Span) {
        let mark = self.fun.mark();
        let holds = self.fun.label();
        let mut leaves = Vec::new();
        disjuncts(condition, &mut leaves);
        let sides = match leaves[..] {
            [leaf] => compared_sides(leaf),
            _ => None,
        };
        let mut shown = Vec::new();
        let mut compared = Vec::new();
        for leaf in leaves {
            compared = self.leaf(leaf, sides, holds, &mut shown);
        }
        self.fail(&shown, &compared, message, span);
        self.fun.bind(holds);
        self.fun.release(mark);
    }

    /// Goes to `holds` if the leaf does; keeps the values of its parts, and of its two sides if these are given. Gives the sides.
    fn leaf(&mut self, leaf: &'a Expr, sides: Option<[&'a Expr; 2]>, holds: Label, shown: &mut Vec<Shown<'a>>) -> Vec<Shown<'a>> {
        let mut parts = Vec::new();
        interesting(leaf, &mut parts);
        let before = std::mem::take(&mut self.kept);
        let first = shown.len();
        for expr in parts {
            let is_known = shown.iter().any(|known| self.same_text(known.expr, expr));
            if shown.len() >= SHOWN_MAX || is_known || self.is_namespace(expr) {
                continue;
            }
            let kept = if is_name(expr) { None } else { Some(self.fun.alloc()) };
            shown.push(Shown { expr, kept });
            self.kept.extend(kept.map(|reg| Kept { node: address(expr), reg, is_done: false }));
        }
        let mut compared = Vec::new();
        for expr in sides.into_iter().flatten() {
            let known = self.kept.iter().find(|kept| kept.node == address(expr)).map(|kept| kept.reg);
            let kept = if is_name(expr) || literal(expr).is_some() { None } else { known.or_else(|| Some(self.fun.alloc())) };
            if let (None, Some(reg)) = (known, kept) {
                self.kept.push(Kept { node: address(expr), reg, is_done: false });
            }
            compared.push(Shown { expr, kept });
        }
        self.jump_if(leaf, holds, true);
        let kept = std::mem::replace(&mut self.kept, before);
        let is_done = |reg: Reg| kept.iter().any(|kept| kept.reg == reg && kept.is_done);
        let mut at = 0;
        shown.retain(|part| {
            at += 1;
            at <= first || part.kept.is_none_or(is_done)
        });
        if compared.iter().all(|side| side.kept.is_none_or(is_done)) { compared } else { Vec::new() }
    }

    fn is_namespace(&mut self, expr: &Expr) -> bool {
        matches!(&*expr.kind, ExprKind::Name(id, _) if matches!(self.variable(*id).place, Place::Namespace(_)))
    }

    fn same_text(&self, a: &Expr, b: &Expr) -> bool {
        is_name(a) && is_name(b) && self.source.slice(a.span) == self.source.slice(b.span)
    }

    fn fail(&mut self, shown: &[Shown<'a>], compared: &[Shown<'a>], message: Option<&'a Expr>, span: Span) {
        let window = self.fun.alloc();
        match message {
            Some(message) => self.expr_to(message, window),
            None => self.fun.emit(span, Insn::abc(Op::LoadNil, window.0, 0, 0)),
        }
        for part in shown.iter().chain(compared) {
            let at = self.fun.alloc();
            match part.kept {
                Some(kept) => self.copy(part.expr.span, at, kept),
                None => self.expr_to(part.expr, at),
            }
        }
        let texts: Vec<Arc<str>> = shown.iter().map(|part| self.text(part.expr)).collect();
        let index = self.fun.constant(Const::Texts(texts.into()));
        self.fun.emit_with(span, Insn::abc(Op::AssertFail, window.0, shown.len() as u8, compared.len() as u8), &[index]);
    }

    /// The text of an expression on one line, shortened if it is long.
    fn text(&self, expr: &Expr) -> Arc<str> {
        let words: Vec<&str> = self.source.slice(expr.span).split_whitespace().collect();
        let text = words.join(" ");
        match text.char_indices().nth(TEXT_MAX) {
            Some((end, _)) => format!("{}…", &text[..end]).into(),
            None => text.into(),
        }
    }

    /// If the value of `expr` has to be kept for an `assert`, keeps it.
    pub(super) fn keep(&mut self, expr: &Expr, value: Reg) {
        let node = address(expr);
        let Some(kept) = self.kept.iter_mut().find(|kept| kept.node == node) else { return };
        kept.is_done = true;
        let reg = kept.reg;
        self.copy(expr.span, reg, value);
    }
}

/// Identifies a node of the tree, which does not move while it is compiled.
fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

fn conjuncts<'a>(expr: &'a Expr, out: &mut Vec<&'a Expr>) {
    let mut rest = vec![expr];
    while let Some(expr) = rest.pop() {
        match &*expr.kind {
            ExprKind::Logical(LogicalOp::And, left, right) => rest.extend([right, left]),
            _ => out.push(expr),
        }
    }
}

fn disjuncts<'a>(expr: &'a Expr, out: &mut Vec<&'a Expr>) {
    let mut rest = vec![expr];
    while let Some(expr) = rest.pop() {
        match &*expr.kind {
            ExprKind::Logical(LogicalOp::Or, left, right) => rest.extend([right, left]),
            _ => out.push(expr),
        }
    }
}

/// The two sides of an equation whose values may have parts that differ.
fn compared_sides(leaf: &Expr) -> Option<[&Expr; 2]> {
    let ExprKind::Binary(BinaryOp::Eq, left, right) = &*leaf.kind else { return None };
    let has_parts = |expr: &Expr| literal(expr).is_none_or(|constant| matches!(constant, Const::Str(_)));
    (has_parts(left) && has_parts(right)).then_some([left, right])
}

fn is_name(expr: &Expr) -> bool {
    matches!(*expr.kind, ExprKind::Name(..))
}

/// The parts of a condition that are shown, outer ones first. Only what is evaluated whenever the condition is.
fn interesting<'a>(leaf: &'a Expr, out: &mut Vec<&'a Expr>) {
    match &*leaf.kind {
        ExprKind::Unary(UnaryOp::Not, inner) => interesting(inner, out),
        ExprKind::Binary(op, left, right) if super::condition::is_comparison(*op) => {
            operand(left, out);
            operand(right, out);
        }
        ExprKind::Is { value, .. } => operand(value, out),
        ExprKind::In { value, container, .. } => {
            operand(value, out);
            operand(container, out);
        }
        // That its value is falsy is what the failure says.
        ExprKind::Call { .. } => inner_operands(leaf, out),
        _ => operand(leaf, out),
    }
}

/// A value that is shown, and what is inside it.
fn operand<'a>(expr: &'a Expr, out: &mut Vec<&'a Expr>) {
    if out.len() > SHOWN_MAX || literal(expr).is_some() {
        return;
    }
    match &*expr.kind {
        ExprKind::Name(..) => out.push(expr),
        ExprKind::Call { .. } | ExprKind::Member { .. } | ExprKind::Index { .. } | ExprKind::Binary(..) => {
            out.push(expr);
            inner_operands(expr, out);
        }
        ExprKind::OptChain(_) => out.push(expr),
        ExprKind::Unary(UnaryOp::Neg | UnaryOp::BitNot, inner) => operand(inner, out),
        _ => {}
    }
}

fn inner_operands<'a>(expr: &'a Expr, out: &mut Vec<&'a Expr>) {
    match &*expr.kind {
        ExprKind::Call { callee, args } => {
            if let ExprKind::Member { object, .. } = &*callee.kind {
                operand(object, out);
            }
            for Arg::One(arg) | Arg::Named(_, arg) | Arg::Spread(arg) in args {
                operand(arg, out);
            }
        }
        ExprKind::Member { object, .. } => operand(object, out),
        ExprKind::Index { object, index } => {
            operand(object, out);
            operand(index, out);
        }
        ExprKind::Binary(_, left, right) => {
            operand(left, out);
            operand(right, out);
        }
        _ => {}
    }
}
