//! Patterns: tests that jump away when they fail, and names that get parts of the value.
//!
//! A pattern's names are declared before it is tested, so that they keep their registers when the temporaries of the test are given
//! back. A test that fails leaves names of the pattern with values that nobody looks at.

use super::Compiler;
use super::function::{Label, Limit, Reg};
use crate::bytecode::{Insn, Op};
use crate::image::Const;
use lang::ast::walk::with_stack;
use lang::ast::*;
use lang::source::Span;

/// The names that a pattern binds, in the order of its text. Alternatives bind the same ones; only the first counts.
pub(super) fn bindings(pattern: &Pattern, out: &mut Vec<NodeId>) {
    with_stack(|| match &*pattern.kind {
        PatternKind::Wildcard | PatternKind::Is(_) | PatternKind::Value(_) | PatternKind::Range { .. } | PatternKind::Error => {}
        PatternKind::Bind(id, _) | PatternKind::BindIs(id, _, _) => out.push(*id),
        PatternKind::Tuple(items) | PatternKind::List(items) => {
            for item in items {
                match item {
                    PatternItem::One(inner) => bindings(inner, out),
                    PatternItem::Rest(rest) => out.extend(rest.iter().map(|(id, _)| *id)),
                }
            }
        }
        PatternKind::Map(items) => {
            for item in items {
                match item {
                    MapPatternItem::Pair(_, inner) => bindings(inner, out),
                    MapPatternItem::Rest(rest) => out.extend(rest.iter().map(|(id, _)| *id)),
                }
            }
        }
        PatternKind::Class { slots, .. } => slots.iter().for_each(|slot| bindings(&slot.pattern, out)),
        PatternKind::Or(alternatives) => alternatives.iter().take(1).for_each(|first| bindings(first, out)),
    });
}

/// Whether it is a float literal.
fn is_float(bound: &Expr) -> bool {
    match &*bound.kind {
        ExprKind::Float(_) => true,
        ExprKind::Unary(UnaryOp::Neg, inner) => is_float(inner),
        _ => false,
    }
}

impl<'a> Compiler<'a> {
    /// Gives the names of a pattern their registers.
    pub(super) fn declare_pattern(&mut self, pattern: &Pattern) {
        let mut ids = Vec::new();
        bindings(pattern, &mut ids);
        for id in ids {
            match self.resolved.res(id) {
                lang::resolve::Res::Local(local) => {
                    self.declare(*local);
                }
                lang::resolve::Res::Name(name) => {
                    let reg = self.fun.alloc();
                    self.fun.unit_names.push((name.clone(), reg));
                }
                _ => {}
            }
        }
    }

    /// Takes `value` apart by a pattern whose names are new; MatchError if it does not fit.
    pub(super) fn destructure(&mut self, pattern: &'a Pattern, value: Reg) {
        self.declare_pattern(pattern);
        self.destructure_declared(pattern, value);
    }

    /// The same for a pattern whose names have their registers.
    pub(super) fn destructure_declared(&mut self, pattern: &'a Pattern, value: Reg) {
        let fails = self.fun.label();
        self.pattern(pattern, value, fails);
        self.fun.match_fails(pattern.span, fails, value);
    }

    /// Goes to `fails` unless `value` matches; binds the names of the pattern.
    pub(super) fn pattern(&mut self, pattern: &'a Pattern, value: Reg, fails: Label) {
        with_stack(|| {
            let mark = self.fun.mark();
            self.pattern_kind(pattern, value, fails);
            self.fun.release(mark);
        });
    }

    fn pattern_kind(&mut self, pattern: &'a Pattern, value: Reg, fails: Label) {
        let span = pattern.span;
        match &*pattern.kind {
            PatternKind::Wildcard | PatternKind::Error => {}
            PatternKind::Bind(id, name) => self.bind_name(*id, name.span, value),
            PatternKind::BindIs(id, name, class) => {
                self.match_class(value, class, fails);
                self.bind_name(*id, name.span, value);
            }
            PatternKind::Is(class) => {
                self.match_class(value, class, fails);
            }
            PatternKind::Value(expr) => self.match_value(value, expr, fails),
            PatternKind::Range { lo, hi, inclusive } => {
                // With two ints it is a range of ints, as `in` has it.
                let is_range = lo.is_some() && hi.as_ref().is_some_and(|hi| !is_float(hi));
                self.match_bound(value, lo.as_ref(), if is_range { 3 } else { 0 }, fails);
                self.match_bound(value, hi.as_ref(), if *inclusive { 2 } else { 1 }, fails);
            }
            PatternKind::Tuple(items) => self.match_items(items, 0, value, span, fails),
            PatternKind::List(items) => self.match_items(items, 1, value, span, fails),
            PatternKind::Map(items) => self.match_map(items, value, span, fails),
            PatternKind::Class { class, slots } => {
                self.match_class(value, class, fails);
                for slot in slots {
                    self.match_slot(slot, value, fails);
                }
            }
            PatternKind::Or(alternatives) => self.match_any(alternatives, value, fails),
        }
    }

    // Names.

    /// Where a part of the value goes that `id` is bound to, before [`Compiler::bind_part`].
    pub(super) fn part_register(&mut self, id: NodeId) -> Reg {
        match self.resolved.res(id) {
            lang::resolve::Res::Local(local) => self.landing(*local),
            lang::resolve::Res::Name(name) => {
                let known = self.fun.unit_names.iter().find(|(known, _)| known == name).map(|(_, reg)| *reg);
                known.unwrap_or_else(|| self.fun.alloc())
            }
            _ => self.fun.alloc(),
        }
    }

    /// The name has its value, in what [`Compiler::part_register`] gave.
    pub(super) fn bind_part(&mut self, id: NodeId, span: Span, part: Reg) {
        if let Some(local) = self.local_of(id) {
            self.bind_local(span, local, part);
        }
    }

    fn bind_name(&mut self, id: NodeId, span: Span, value: Reg) {
        match self.local_of(id) {
            // What lands in a temporary can be taken from where it is.
            Some(local) if self.fun.local(local).box_made => self.bind_local(span, local, value),
            _ => {
                let part = self.part_register(id);
                self.copy(span, part, value);
                self.bind_part(id, span, part);
            }
        }
    }

    /// Fetches a part of the value with `fetch` and matches it; a part that is only bound is fetched to its register.
    fn part(&mut self, pattern: &'a Pattern, fails: Label, fetch: impl FnOnce(&mut Self, Reg)) {
        let mark = self.fun.mark();
        match &*pattern.kind {
            PatternKind::Bind(id, name) => {
                let part = self.part_register(*id);
                fetch(self, part);
                self.bind_part(*id, name.span, part);
            }
            _ => {
                let part = self.fun.alloc();
                fetch(self, part);
                self.pattern(pattern, part, fails);
            }
        }
        self.fun.release(mark);
    }

    // Tests.

    fn match_class(&mut self, value: Reg, class: &'a Expr, fails: Label) {
        let mark = self.fun.mark();
        let class_reg = self.expr_any(class);
        self.fun.jump(class.span, Insn::abc(Op::MatchClass, value.0, class_reg.0, 0), fails);
        self.fun.release(mark);
    }

    fn match_value(&mut self, value: Reg, expr: &'a Expr, fails: Label) {
        if let Some(insn) = self.literal_jump(value, expr, false) {
            return self.fun.jump(expr.span, insn, fails);
        }
        let mark = self.fun.mark();
        let other = self.expr_any(expr);
        self.compare_jump(BinaryOp::Eq, value, other, expr.span, fails, false);
        self.fun.release(mark);
    }

    /// `kind`: operand C of `MatchBound`.
    fn match_bound(&mut self, value: Reg, bound: Option<&'a Expr>, kind: u8, fails: Label) {
        let Some(bound) = bound else { return };
        let mark = self.fun.mark();
        let other = self.expr_any(bound);
        self.fun.jump(bound.span, Insn::abc(Op::MatchBound, value.0, other.0, kind), fails);
        self.fun.release(mark);
    }

    /// `kind`: 0 for a tuple, 1 for a list.
    fn match_items(&mut self, items: &'a [PatternItem], kind: u8, value: Reg, span: Span, fails: Label) {
        let rest = items.iter().position(|item| matches!(item, PatternItem::Rest(_)));
        let count = items.len() - usize::from(rest.is_some());
        let kind = if rest.is_some() { kind + 2 } else { kind };
        let count8 = self.fun.operand8(count);
        self.fun.jump(span, Insn::abc(Op::MatchSeq, value.0, kind, count8), fails);
        for (at, item) in items.iter().enumerate() {
            match item {
                PatternItem::One(inner) => {
                    if let PatternKind::Wildcard = &*inner.kind {
                        continue;
                    }
                    // Items behind the rest count from the end.
                    let is_behind = rest.is_some_and(|rest| at > rest);
                    let position = if is_behind { at as i64 - items.len() as i64 } else { at as i64 };
                    let position = self.position(position);
                    self.part(inner, fails, |compiler, part| {
                        compiler.fun.emit(inner.span, Insn::abc(Op::SeqItem, part.0, value.0, position));
                    });
                }
                PatternItem::Rest(None) => {}
                PatternItem::Rest(Some((id, name))) => {
                    let part = self.part_register(*id);
                    let from = self.fun.operand8(at);
                    let behind = self.fun.operand8(count - at);
                    let insn = Insn::abc(Op::SeqRest, part.0, value.0, from);
                    self.fun.emit_with(name.span, insn, &[behind.into()]);
                    self.bind_part(*id, name.span, part);
                }
            }
        }
    }

    /// A signed 8-bit position.
    fn position(&mut self, position: i64) -> u8 {
        i8::try_from(position).map(|position| position as u8).unwrap_or_else(|_| {
            self.fun.exceed(Limit::Operand);
            0
        })
    }

    fn match_map(&mut self, items: &'a [MapPatternItem], value: Reg, span: Span, fails: Label) {
        self.fun.jump(span, Insn::abc(Op::MatchMap, value.0, 0, 0), fails);
        let has_rest = items.iter().any(|item| matches!(item, MapPatternItem::Rest(Some(_))));
        // A named rest leaves out all keys, which therefore stay in a row.
        let first = self.fun.mark();
        let count = items.iter().filter(|item| matches!(item, MapPatternItem::Pair(..))).count();
        let keys = if has_rest { Some(self.fun.alloc_run(count)) } else { None };
        let mut nth = 0;
        for item in items {
            let MapPatternItem::Pair(key, inner) = item else { continue };
            let mark = self.fun.mark();
            let key_reg = match keys {
                Some(first) => {
                    let reg = first.offset(nth);
                    self.expr_to(key, reg);
                    reg
                }
                None => self.expr_any(key),
            };
            nth += 1;
            self.part(inner, fails, |compiler, part| {
                let insn = Insn::abc(Op::MapItem, part.0, value.0, key_reg.0);
                compiler.fun.jump(key.span, insn, fails);
            });
            self.fun.release(mark);
        }
        for item in items {
            if let MapPatternItem::Rest(Some((id, name))) = item {
                let part = self.part_register(*id);
                let first = keys.filter(|_| count > 0).unwrap_or(part);
                let insn = Insn::abc(Op::MapRest, part.0, value.0, first.0);
                self.fun.emit_with(name.span, insn, &[count as u32]);
                self.bind_part(*id, name.span, part);
            }
        }
        self.fun.release(first);
    }

    fn match_slot(&mut self, slot: &'a SlotPattern, value: Reg, fails: Label) {
        let index = self.fun.constant(Const::Str(slot.name.name.0.clone()));
        self.part(&slot.pattern, fails, |compiler, part| {
            let insn = Insn::abc(Op::SlotItem, part.0, value.0, 0);
            compiler.fun.jump_with(slot.name.span, insn, &[index], fails);
        });
    }

    fn match_any(&mut self, alternatives: &'a [Pattern], value: Reg, fails: Label) {
        let matched = self.fun.label();
        for (at, alternative) in alternatives.iter().enumerate() {
            if at + 1 == alternatives.len() {
                self.pattern(alternative, value, fails);
                break;
            }
            if let PatternKind::Value(expr) = &*alternative.kind
                && let Some(insn) = self.literal_jump(value, expr, true)
            {
                self.fun.jump(expr.span, insn, matched);
                continue;
            }
            let next = self.fun.label();
            self.pattern(alternative, value, next);
            self.fun.goto(alternative.span, matched);
            self.fun.bind(next);
        }
        self.fun.bind(matched);
    }
}
