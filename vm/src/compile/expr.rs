//! Expressions and statements: where their values go.
//!
//! [`Compiler::expr_to`] puts a value into a register; [`Compiler::expr_any`] says where it is and spares the move if that is a
//! local's own register. A register that is the destination serves as scratch while its value is computed, unless it holds a local
//! that code can see: then the value is written in one last step.

use super::function::Reg;
use super::scope::Place;
use super::{Compiler, Dest};
use crate::bytecode::{Insn, Op};
use crate::image::{Const, ProtoKind};
use lang::ast::walk::with_stack;
use lang::ast::*;
use lang::source::Span;

impl<'a> Compiler<'a> {
    // Statements.

    /// Compiles a block: a scope of its own whose value is that of its last statement.
    pub(super) fn block(&mut self, block: &'a Block, dest: Dest) {
        self.scoped(|compiler| compiler.stmts(&block.stmts, block.span, dest));
    }

    fn stmts(&mut self, stmts: &'a [Stmt], span: Span, dest: Dest) {
        self.hoist(stmts);
        for (at, stmt) in stmts.iter().enumerate() {
            let is_last = at + 1 == stmts.len();
            self.stmt(stmt, if is_last { dest } else { Dest::Discard });
        }
        if stmts.is_empty() {
            self.nil(span, dest);
        }
    }

    /// Compiles a statement of a block.
    pub(super) fn stmt(&mut self, stmt: &'a Stmt, dest: Dest) {
        if let StmtKind::Expr(expr) = &stmt.kind {
            return with_stack(|| self.expr_dest(expr, dest));
        }
        with_stack(|| self.plain_stmt(stmt));
        self.nil(stmt.span, dest);
    }

    fn plain_stmt(&mut self, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::Let(decl) => self.local_let(decl, stmt.span),
            StmtKind::Assign(assign) => self.assign(assign, stmt.span),
            StmtKind::Fn(decl) if !super::hoist::is_early(decl) => self.local_fn(decl, stmt.span),
            StmtKind::Class(decl) => self.local_class(decl, stmt.span),
            StmtKind::Enum(decl) => self.local_enum(decl, stmt.span),
            StmtKind::Extend(decl) => self.local_extend(decl, stmt.span),
            StmtKind::Assert(condition, message) => self.assert(condition, message.as_ref(), stmt.span),
            // Made at the start of the block; not in blocks; or refused before.
            StmtKind::Fn(_) | StmtKind::Import(_) | StmtKind::Test(_) | StmtKind::Error | StmtKind::Expr(_) => {}
        }
    }

    // Destinations.

    /// Evaluates an expression to where `dest` says.
    pub(super) fn expr_dest(&mut self, expr: &'a Expr, dest: Dest) {
        match dest {
            Dest::Discard => self.effect(expr),
            Dest::Reg(reg) => self.expr_to(expr, reg),
            Dest::Return => self.result(expr),
        }
    }

    /// The value nil goes to where `dest` says.
    pub(super) fn nil(&mut self, span: Span, dest: Dest) {
        match dest {
            Dest::Discard => {}
            Dest::Reg(reg) => self.fun.emit(span, Insn::abc(Op::LoadNil, reg.0, 0, 0)),
            Dest::Return => match self.result_register() {
                Some(result) => {
                    self.fun.emit(span, Insn::abc(Op::LoadNil, result.0, 0, 0));
                    self.return_register(span, result);
                }
                None => self.fun.emit(span, Insn::abc(Op::ReturnNil, 0, 0, 0)),
            },
        }
    }

    /// Evaluates an expression and returns its value from the function.
    pub(super) fn result(&mut self, expr: &'a Expr) {
        with_stack(|| {
            if is_flow(expr) {
                return self.flow(expr, Dest::Return);
            }
            if let ExprKind::Return(_) | ExprKind::Throw(_) | ExprKind::Break(_) | ExprKind::Continue(_) = &*expr.kind {
                return self.effect(expr);
            }
            let mark = self.fun.mark();
            if let Some(result) = self.result_register() {
                self.expr_to(expr, result);
                self.return_register(expr.span, result);
            } else if let ExprKind::Nil = &*expr.kind {
                self.nil(expr.span, Dest::Return);
            } else {
                let value = self.expr_any(expr);
                self.return_register(expr.span, value);
            }
            self.fun.release(mark);
        });
    }

    /// Evaluates an expression for its effect.
    pub(super) fn effect(&mut self, expr: &'a Expr) {
        with_stack(|| match &*expr.kind {
            ExprKind::Logical(op, left, right) => self.logical_effect(*op, left, right),
            ExprKind::Return(value) => match value {
                Some(value) => self.result(value),
                None => self.nil(expr.span, Dest::Return),
            },
            ExprKind::Throw(value) => {
                let mark = self.fun.mark();
                let error = self.expr_any(value);
                self.fun.emit(expr.span, Insn::abc(Op::Throw, error.0, 0, 0));
                self.fun.release(mark);
            }
            ExprKind::Break(label) => self.leave_loop(expr.span, label.as_ref(), super::exits::Way::Break),
            ExprKind::Continue(label) => self.leave_loop(expr.span, label.as_ref(), super::exits::Way::Continue),
            _ if is_flow(expr) => self.flow(expr, Dest::Discard),
            _ if literal(expr).is_some() => {}
            _ => {
                let mark = self.fun.mark();
                match &*expr.kind {
                    // A name is looked up, so that a wrong one is found; it is not copied.
                    ExprKind::Name(..) | ExprKind::SelfRef(_) => {
                        self.expr_any(expr);
                    }
                    _ => {
                        let scratch = self.fun.alloc();
                        self.expr_to(expr, scratch);
                    }
                }
                self.fun.release(mark);
            }
        });
    }

    fn leave_loop(&mut self, span: Span, label: Option<&Ident>, way: impl FnOnce(usize) -> super::exits::Way) {
        if let Some(at) = self.loop_of(label) {
            self.leave(span, way(at));
        }
    }

    // Values.

    /// Evaluates an expression into `dst`.
    pub(super) fn expr_to(&mut self, expr: &'a Expr, dst: Reg) {
        with_stack(|| {
            let mark = self.fun.mark();
            if self.fun.is_owned(dst) && !writes_once(expr) {
                let value = self.fun.alloc();
                self.expr_kind(expr, value);
                self.copy(expr.span, dst, value);
            } else {
                self.expr_kind(expr, dst);
            }
            self.keep(expr, dst);
            self.fun.release(mark);
        });
    }

    fn expr_kind(&mut self, expr: &'a Expr, dst: Reg) {
        let span = expr.span;
        if let Some(constant) = literal(expr) {
            return self.load_literal(span, constant, dst);
        }
        match &*expr.kind {
            ExprKind::Interp(parts) => self.interpolation(parts, span, dst),
            ExprKind::Tuple(items) => self.tuple(items, span, dst),
            ExprKind::List(items) => self.list(items, span, dst),
            ExprKind::Map(items) => self.map(items, span, dst),
            ExprKind::Range { lo, hi, inclusive } => self.range(lo.as_ref(), hi.as_ref(), *inclusive, span, dst),
            ExprKind::Name(id, _) | ExprKind::SelfRef(id) => {
                let variable = self.variable(*id);
                self.load(span, &variable, dst);
            }
            ExprKind::Super(id, name) => self.super_member(*id, name, dst),
            ExprKind::Member { .. } | ExprKind::Index { .. } => self.access(expr, dst),
            ExprKind::Call { callee, args } => self.call(span, callee, args, dst),
            ExprKind::OptChain(inner) => self.chain(inner, span, dst),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, span, dst),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, span, dst),
            ExprKind::Logical(op, left, right) => self.logical(*op, left, right, dst),
            ExprKind::Is { value, class, negated } => self.membership(Op::Is, value, class, *negated, span, dst),
            ExprKind::In { value, container, negated } => {
                self.membership(Op::In, value, container, *negated, span, dst);
            }
            ExprKind::Fn(func) => {
                let proto = self.function(func, "<lambda>".into(), ProtoKind::Function, None);
                self.closure(span, proto, dst);
            }
            ExprKind::Yield(value) => {
                let value = match value {
                    Some(value) => self.expr_any(value),
                    None => {
                        self.nil(span, Dest::Reg(dst));
                        dst
                    }
                };
                self.fun.emit(span, Insn::abc(Op::Yield, dst.0, value.0, 0));
            }
            ExprKind::Return(_) | ExprKind::Throw(_) | ExprKind::Break(_) | ExprKind::Continue(_) => self.effect(expr),
            _ if is_flow(expr) => self.flow(expr, Dest::Reg(dst)),
            _ => self.nil(span, Dest::Reg(dst)),
        }
    }

    /// Evaluates an expression; gives the register that has its value: a local's own, or a temporary.
    pub(super) fn expr_any(&mut self, expr: &'a Expr) -> Reg {
        self.expr_in(expr, None)
    }

    /// Like [`Compiler::expr_any`], but with `scratch` in the place of a temporary if it is given.
    pub(super) fn expr_in(&mut self, expr: &'a Expr, scratch: Option<Reg>) -> Reg {
        if let ExprKind::Name(id, _) | ExprKind::SelfRef(id) = &*expr.kind {
            let variable = self.variable(*id);
            if let Place::Reg(reg) = variable.place {
                self.check_set(expr.span, &variable, reg);
                return reg;
            }
        }
        let dst = scratch.unwrap_or_else(|| self.fun.alloc());
        self.expr_to(expr, dst);
        dst
    }

    /// Like [`Compiler::expr_in`], for an operand that is used after what stands in `later` has been evaluated: a local that is
    /// assigned there is copied.
    pub(super) fn operand(&mut self, expr: &'a Expr, scratch: Option<Reg>, later: Span) -> Reg {
        let reg = self.expr_in(expr, scratch);
        if Some(reg) == scratch || !self.fun.is_owned(reg) || !self.is_assigned_inside(reg, later) {
            return reg;
        }
        let copy = scratch.unwrap_or_else(|| self.fun.alloc());
        self.copy(expr.span, copy, reg);
        copy
    }

    /// The destination as scratch register, unless it holds a local that code can see.
    pub(super) fn scratch(&self, dst: Reg) -> Option<Reg> {
        (!self.fun.is_owned(dst)).then_some(dst)
    }

    /// `dst` = a literal.
    pub(super) fn load_literal(&mut self, span: Span, constant: Const, dst: Reg) {
        match constant {
            Const::Nil => self.fun.emit(span, Insn::abc(Op::LoadNil, dst.0, 0, 0)),
            Const::Bool(true) => self.fun.emit(span, Insn::abc(Op::LoadTrue, dst.0, 0, 0)),
            Const::Bool(false) => self.fun.emit(span, Insn::abc(Op::LoadFalse, dst.0, 0, 0)),
            Const::Int(value) if i16::try_from(value).is_ok() => {
                self.fun.emit(span, Insn::abx(Op::LoadInt, dst.0, value as u16));
            }
            constant => self.fun.load_constant(span, constant, dst),
        }
    }
}

/// Whether the expression consists of blocks, to which a destination is passed on.
fn is_flow(expr: &Expr) -> bool {
    matches!(
        *expr.kind,
        ExprKind::If { .. }
            | ExprKind::While { .. }
            | ExprKind::For { .. }
            | ExprKind::Match { .. }
            | ExprKind::Try { .. }
            | ExprKind::Do(_)
    )
}

/// Whether evaluating into a register writes it in one last step, or passes it on to expressions that are asked again.
fn writes_once(expr: &Expr) -> bool {
    match &*expr.kind {
        ExprKind::Logical(..) | ExprKind::OptChain(_) | ExprKind::Try { .. } => false,
        ExprKind::Yield(value) => value.is_some(),
        ExprKind::Tuple(items) | ExprKind::List(items) => super::literal::is_plain(items),
        ExprKind::Map(items) => super::literal::is_plain_map(items),
        _ => true,
    }
}

/// The constant that a literal stands for, a sign included.
pub(super) fn literal(expr: &Expr) -> Option<Const> {
    Some(match &*expr.kind {
        ExprKind::Nil => Const::Nil,
        ExprKind::Bool(value) => Const::Bool(*value),
        ExprKind::Int(value) => Const::Int(*value),
        ExprKind::BigInt(digits) => Const::BigInt(digits.as_str().into()),
        ExprKind::Float(value) => Const::Float(*value),
        ExprKind::Str(text) => Const::Str(text.as_str().into()),
        ExprKind::Unary(UnaryOp::Neg, operand) => match &*operand.kind {
            ExprKind::Int(value) => Const::Int(value.checked_neg()?),
            ExprKind::Float(value) => Const::Float(-value),
            ExprKind::BigInt(digits) if digits == "9223372036854775808" => Const::Int(i64::MIN),
            ExprKind::BigInt(digits) if !digits.starts_with('-') => Const::BigInt(format!("-{digits}").into()),
            _ => return None,
        },
        _ => return None,
    })
}

/// The value of a small int literal.
pub(super) fn small_int(expr: &Expr) -> Option<i8> {
    match literal(expr)? {
        Const::Int(value) => i8::try_from(value).ok(),
        _ => None,
    }
}
