//! Members, items, slices, `super.name`, and optional chains.

use super::Compiler;
use super::expr::literal;
use super::function::{Chain, Reg};
use super::scope::{Place, Variable};
use crate::bytecode::{Insn, Op};
use crate::image::{Const, ImportFrom, NameRef};
use lang::ast::*;
use lang::source::Span;

impl<'a> Compiler<'a> {
    /// The definition that an expression names: a name that is no local, or a member of an imported namespace.
    pub(super) fn definition_named(&mut self, expr: &Expr) -> Option<NameRef> {
        match &*expr.kind {
            ExprKind::Name(id, _) => match self.variable(*id) {
                Variable { place: Place::Global(name), .. } => Some(name),
                _ => None,
            },
            ExprKind::Member { object, name, .. } => self.definition_in(object, name),
            _ => None,
        }
    }

    /// The definition `object.name` if `object` is an imported namespace.
    pub(super) fn definition_in(&mut self, object: &Expr, name: &Ident) -> Option<NameRef> {
        let ExprKind::Name(id, _) = &*object.kind else { return None };
        match self.variable(*id).place {
            Place::Namespace(import) => Some(NameRef::Imported { import, name: name.name.0.clone() }),
            _ => None,
        }
    }

    /// Where the file's import number `import` imports from.
    pub(super) fn import_from(&self, import: u32) -> ImportFrom {
        super::top::import_from(&self.resolved.imports[import as usize].path)
    }

    /// `dst = object.name` or `dst = object[index]`
    pub(super) fn access(&mut self, expr: &'a Expr, dst: Reg) {
        match &*expr.kind {
            ExprKind::Member { object, name, optional } => {
                if let Some(name) = self.definition_named(expr) {
                    return self.load(expr.span, &Variable { place: Place::Global(name), check: None }, dst);
                }
                if *optional && self.fun.chains.is_empty() {
                    return self.chain(expr, expr.span, dst);
                }
                let object_reg = self.expr_in(object, self.scratch(dst));
                self.member_of(object_reg, object.span, name, *optional, dst);
            }
            ExprKind::Index { object, index } => {
                let object_reg = self.operand(object, self.scratch(dst), index.span);
                self.item_of(object_reg, index, expr.span, dst);
            }
            _ => {}
        }
    }

    /// `dst = object.name` for an object in a register.
    pub(super) fn member_of(&mut self, object: Reg, span: Span, name: &Ident, optional: bool, dst: Reg) {
        if optional {
            self.leave_chain_if_nil(span, object);
        }
        let index = self.fun.constant(Const::Str(name.name.0.clone()));
        self.fun.emit_with(name.span, Insn::abc(Op::GetAttr, dst.0, object.0, 0), &[index, 0]);
    }

    /// `dst = object[index]` for an object in a register.
    pub(super) fn item_of(&mut self, object: Reg, index: &'a Expr, span: Span, dst: Reg) {
        if let Some(Const::Int(position @ 0..=255)) = literal(index) {
            return self.fun.emit(span, Insn::abc(Op::GetIndexI, dst.0, object.0, position as u8));
        }
        if let ExprKind::Range { lo, hi, inclusive } = &*index.kind {
            return self.slice(object, [lo.as_ref(), hi.as_ref()], *inclusive, span, dst);
        }
        let index = self.expr_in(index, self.scratch(dst).filter(|scratch| *scratch != object));
        self.fun.emit(span, Insn::abc(Op::GetIndex, dst.0, object.0, index.0));
    }

    fn slice(&mut self, object: Reg, ends: [Option<&'a Expr>; 2], inclusive: bool, span: Span, dst: Reg) {
        let first = self.fun.mark();
        for end in ends {
            let reg = self.fun.alloc();
            match end {
                Some(end) => self.expr_to(end, reg),
                None => self.fun.emit(span, Insn::abc(Op::LoadNil, reg.0, 0, 0)),
            }
        }
        let insn = Insn::abc(Op::Slice, dst.0, object.0, first.min(u8::MAX as usize) as u8);
        self.fun.emit_with(span, insn, &[inclusive.into()]);
    }

    /// `dst = super.name`, bound to `self`.
    pub(super) fn super_member(&mut self, id: NodeId, name: &Ident, dst: Reg) {
        let variable = self.variable(id);
        let receiver = match variable.place {
            Place::Reg(reg) => reg,
            _ => {
                let reg = self.scratch(dst).unwrap_or_else(|| self.fun.alloc());
                self.load(name.span, &variable, reg);
                reg
            }
        };
        let index = self.fun.constant(Const::Str(name.name.0.clone()));
        self.fun.emit_with(name.span, Insn::abc(Op::GetSuper, dst.0, receiver.0, 0), &[index]);
    }

    /// `dst` = the value of a chain with `?.` in it, nil as a whole when an object before `?.` is nil; `dst` is scratch.
    pub(super) fn chain(&mut self, inner: &'a Expr, span: Span, dst: Reg) {
        let done = self.fun.label();
        let nil = self.fun.label();
        self.fun.chains.push(Chain { dst, done, nil });
        self.expr_to(inner, dst);
        self.fun.chains.pop();
        if self.fun.is_used(nil) {
            self.fun.goto(span, done);
            self.fun.bind(nil);
            self.fun.emit(span, Insn::abc(Op::LoadNil, dst.0, 0, 0));
        }
        self.fun.bind(done);
    }

    /// Makes the innermost chain nil if `object` is.
    pub(super) fn leave_chain_if_nil(&mut self, span: Span, object: Reg) {
        let Some(chain) = self.fun.chains.last() else { return };
        let label = if chain.dst == object { chain.done } else { chain.nil };
        self.fun.jump(span, Insn::abc(Op::JumpNil, object.0, 0, 0), label);
    }
}
