//! `let` in blocks, and assignment. The target's parts are evaluated first, then the value, then the target is written.

use super::Compiler;
use super::function::{Label, Limit, Reg};
use super::scope::{Place, Variable};
use crate::bytecode::{Insn, Op};
use crate::image::Const;
use lang::ast::*;
use lang::source::Span;

/// An assignable place whose parts have been evaluated.
enum Slot<'a> {
    /// A variable.
    Variable(Place, Span),
    /// `R[object].name`
    Member(Reg, &'a Ident),
    /// `R[object][R[index]]`
    Item(Reg, Reg, Span),
    /// A tuple (false) or list (true) of places; the flags say which is the rest.
    Items(bool, Vec<(bool, Slot<'a>)>, Span),
    /// Not assignable: refused before.
    None,
}

impl<'a> Compiler<'a> {
    /// `let` or `const` in a block.
    pub(super) fn local_let(&mut self, decl: &'a LetDecl, span: Span) {
        self.declare_pattern(&decl.pattern);
        let mark = self.fun.mark();
        match &*decl.pattern.kind {
            PatternKind::Bind(id, name) => {
                if let Some(local) = self.local_of(*id) {
                    let value = match &decl.value {
                        // The box is there: the value can be put into it from where it is.
                        Some(value) if self.fun.local(local).box_made => self.expr_any(value),
                        _ => {
                            let landing = self.landing(local);
                            self.let_value(decl, span, landing);
                            landing
                        }
                    };
                    self.bind_local(name.span, local, value);
                }
            }
            _ => self.let_parts(decl, span),
        }
        self.fun.release(mark);
    }

    /// `dst` = the initialiser, nil without one.
    fn let_value(&mut self, decl: &'a LetDecl, span: Span, dst: Reg) {
        match &decl.value {
            Some(value) => self.expr_to(value, dst),
            None => self.fun.emit(span, Insn::abc(Op::LoadNil, dst.0, 0, 0)),
        }
    }

    /// A destructuring `let` whose names have their registers.
    pub(super) fn let_parts(&mut self, decl: &'a LetDecl, span: Span) {
        if let (PatternKind::Tuple(patterns), Some(value)) = (&*decl.pattern.kind, &decl.value)
            && let Some(pairs) = matching_parts(patterns, value)
        {
            // The tuple would be taken apart at once, so it is not made.
            let mut parts = Vec::with_capacity(pairs.len());
            for (pattern, value) in &pairs {
                let part = match &*pattern.kind {
                    PatternKind::Bind(id, _) => self.part_register(*id),
                    _ => self.fun.alloc(),
                };
                self.expr_to(value, part);
                parts.push(part);
            }
            for ((pattern, _), part) in pairs.into_iter().zip(parts) {
                match &*pattern.kind {
                    PatternKind::Bind(id, name) => self.bind_part(*id, name.span, part),
                    _ => self.destructure_declared(pattern, part),
                }
            }
            return;
        }
        let value = match &decl.value {
            Some(value) => self.expr_any(value),
            None => {
                let nil = self.fun.alloc();
                self.fun.emit(span, Insn::abc(Op::LoadNil, nil.0, 0, 0));
                nil
            }
        };
        self.destructure_declared(&decl.pattern, value);
    }

    /// `target op= value`
    pub(super) fn assign(&mut self, assign: &'a Assign, span: Span) {
        let mark = self.fun.mark();
        match assign.op {
            None => self.assign_plain(&assign.target, &assign.value, span),
            Some(op) => self.assign_compound(&assign.target, op, &assign.value, span),
        }
        self.fun.release(mark);
    }

    fn assign_plain(&mut self, target: &'a Target, value: &'a Expr, span: Span) {
        if let Target::Name(id, _) = target
            && let Place::Reg(reg) = self.variable(*id).place
        {
            return self.expr_to(value, reg);
        }
        if let (Target::Tuple(targets, _), ExprKind::Tuple(values)) = (target, &*value.kind)
            && let Some(values) = plain_parts(targets, values)
        {
            return self.assign_parts(targets, &values, span);
        }
        let slot = self.slot(target, value.span);
        let value = self.expr_any(value);
        self.write(&slot, value, span);
    }

    /// `(a, b) = (x, y)` without the tuple.
    fn assign_parts(&mut self, targets: &'a [TargetItem], values: &[&'a Expr], span: Span) {
        let slots: Vec<Slot<'a>> =
            targets.iter().map(|(TargetItem::One(target) | TargetItem::Rest(target))| self.slot(target, span)).collect();
        let mut parts: Vec<Reg> = Vec::with_capacity(values.len());
        for (at, value) in values.iter().enumerate() {
            // Nothing reads the last local before all is written, so that it gets its value at once.
            let part = match last_local(&slots) {
                Some(reg) if at + 1 == values.len() => reg,
                _ => self.fun.alloc(),
            };
            self.expr_to(value, part);
            parts.push(part);
        }
        for (slot, part) in slots.iter().zip(parts) {
            self.write(slot, part, span);
        }
    }

    /// Evaluates the parts of a target. `later`: what is evaluated before it is written.
    fn slot(&mut self, target: &'a Target, later: Span) -> Slot<'a> {
        match target {
            Target::Name(id, name) => Slot::Variable(self.variable(*id).place, name.span),
            Target::Member(object, name) => match self.definition_in(object, name) {
                Some(definition) => Slot::Variable(Place::Global(definition), name.span),
                None => Slot::Member(self.operand(object, None, later), name),
            },
            Target::Index(object, index, span) => {
                let object = self.operand(object, None, index.span.to(later));
                let index = self.operand(index, None, later);
                Slot::Item(object, index, *span)
            }
            // The names among the targets are written before the places behind them.
            Target::Tuple(items, span) => Slot::Items(false, self.slots(items, span.to(later)), *span),
            Target::List(items, span) => Slot::Items(true, self.slots(items, span.to(later)), *span),
            Target::Error(_) => Slot::None,
        }
    }

    fn slots(&mut self, items: &'a [TargetItem], later: Span) -> Vec<(bool, Slot<'a>)> {
        let slot = |item: &'a TargetItem| match item {
            TargetItem::One(target) => (false, self.slot(target, later)),
            TargetItem::Rest(target) => (true, self.slot(target, later)),
        };
        items.iter().map(slot).collect()
    }

    /// Writes `value` to an evaluated target.
    fn write(&mut self, slot: &Slot<'a>, value: Reg, span: Span) {
        match slot {
            Slot::Variable(place, span) => self.store(*span, place, value),
            Slot::Member(object, name) => {
                let index = self.fun.constant(Const::Str(name.name.0.clone()));
                self.fun.emit_with(name.span, Insn::abc(Op::SetAttr, object.0, value.0, 0), &[index, 0]);
            }
            Slot::Item(object, index, span) => {
                self.fun.emit(*span, Insn::abc(Op::SetIndex, object.0, index.0, value.0));
            }
            Slot::Items(is_list, items, span) => {
                let fails = self.fun.label();
                self.write_items(*is_list, items, *span, value, fails);
                self.fun.match_fails(*span, fails, value);
            }
            Slot::None => self.nil(span, super::Dest::Discard),
        }
    }

    fn write_items(&mut self, is_list: bool, items: &[(bool, Slot<'a>)], span: Span, value: Reg, fails: Label) {
        let rest = items.iter().position(|(is_rest, _)| *is_rest);
        let count = items.len() - usize::from(rest.is_some());
        let kind = u8::from(is_list) + if rest.is_some() { 2 } else { 0 };
        let count8 = self.fun.operand8(count);
        self.fun.jump(span, Insn::abc(Op::MatchSeq, value.0, kind, count8), fails);
        for (at, (is_rest, slot)) in items.iter().enumerate() {
            let mark = self.fun.mark();
            let part = match slot {
                Slot::Variable(Place::Reg(reg), _) if *reg != value => *reg,
                _ => self.fun.alloc(),
            };
            if *is_rest {
                let insn = Insn::abc(Op::SeqRest, part.0, value.0, self.fun.operand8(at));
                self.fun.emit_with(span, insn, &[(count - at) as u32]);
            } else {
                let is_behind = rest.is_some_and(|rest| at > rest);
                let position = if is_behind { at as i64 - items.len() as i64 } else { at as i64 };
                if i8::try_from(position).is_err() {
                    self.fun.exceed(Limit::Operand);
                }
                self.fun.emit(span, Insn::abc(Op::SeqItem, part.0, value.0, position as u8));
            }
            self.write(slot, part, span);
            self.fun.release(mark);
        }
    }

    // Compound assignment.

    fn assign_compound(&mut self, target: &'a Target, op: AssignOp, value: &'a Expr, span: Span) {
        if let Target::Name(id, name) = target {
            let variable = self.variable(*id);
            if let Place::Reg(reg) = variable.place {
                self.check_set(name.span, &variable, reg);
                return self.update_local(reg, op, value, span);
            }
        }
        let slot = self.slot(target, value.span);
        let current = self.fun.alloc();
        self.read(target, &slot, current);
        match op {
            AssignOp::Binary(op) => {
                self.arithmetic(op, current, value, span, current);
                self.write(&slot, current, span);
            }
            AssignOp::Coalesce => {
                let done = self.fun.label();
                self.fun.jump(span, Insn::abc(Op::JumpNotNil, current.0, 0, 0), done);
                self.expr_to(value, current);
                self.write(&slot, current, span);
                self.fun.bind(done);
            }
        }
    }

    fn update_local(&mut self, reg: Reg, op: AssignOp, value: &'a Expr, span: Span) {
        match op {
            AssignOp::Binary(op) => {
                let mut current = reg;
                if self.is_assigned_inside(reg, value.span) {
                    current = self.fun.alloc();
                    self.copy(span, current, reg);
                }
                self.arithmetic(op, current, value, span, reg);
            }
            AssignOp::Coalesce => {
                let done = self.fun.label();
                self.fun.jump(span, Insn::abc(Op::JumpNotNil, reg.0, 0, 0), done);
                self.expr_to(value, reg);
                self.fun.bind(done);
            }
        }
    }

    /// `dst` = the value of an evaluated target.
    fn read(&mut self, target: &Target, slot: &Slot<'a>, dst: Reg) {
        match slot {
            Slot::Variable(place, span) => {
                let check = match target {
                    Target::Name(id, _) => self.variable(*id).check,
                    _ => None,
                };
                self.load(*span, &Variable { place: place.clone(), check }, dst);
            }
            Slot::Member(object, name) => {
                let index = self.fun.constant(Const::Str(name.name.0.clone()));
                self.fun.emit_with(name.span, Insn::abc(Op::GetAttr, dst.0, object.0, 0), &[index, 0]);
            }
            Slot::Item(object, index, span) => {
                self.fun.emit(*span, Insn::abc(Op::GetIndex, dst.0, object.0, index.0));
            }
            Slot::Items(..) | Slot::None => {}
        }
    }
}

/// The local that the last of several different plain locals is.
fn last_local(slots: &[Slot<'_>]) -> Option<Reg> {
    let local = |slot: &Slot<'_>| match slot {
        Slot::Variable(Place::Reg(reg), _) => Some(*reg),
        _ => None,
    };
    let registers: Option<Vec<Reg>> = slots.iter().map(local).collect();
    let registers = registers?;
    let (last, others) = registers.split_last()?;
    (!others.contains(last)).then_some(*last)
}

/// Patterns of a tuple with the expressions that they get, if both are of one length and nothing is spread or rest.
fn matching_parts<'a>(patterns: &'a [PatternItem], value: &'a Expr) -> Option<Vec<(&'a Pattern, &'a Expr)>> {
    let ExprKind::Tuple(values) = &*value.kind else { return None };
    if patterns.len() != values.len() {
        return None;
    }
    let pair = |(pattern, value): (&'a PatternItem, &'a Element)| match (pattern, value) {
        (PatternItem::One(pattern), Element::One(value)) => Some((pattern, value)),
        _ => None,
    };
    patterns.iter().zip(values).map(pair).collect()
}

/// The expressions that the targets get, one each.
fn plain_parts<'a>(targets: &[TargetItem], values: &'a [Element]) -> Option<Vec<&'a Expr>> {
    if targets.len() != values.len() || targets.iter().any(|target| matches!(target, TargetItem::Rest(_))) {
        return None;
    }
    let value = |value: &'a Element| match value {
        Element::One(value) => Some(value),
        Element::Spread(_) => None,
    };
    values.iter().map(value).collect()
}
