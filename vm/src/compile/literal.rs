//! Literals with parts: tuples, lists, maps, ranges, interpolated strings.

use super::Compiler;
use super::function::Reg;
use crate::bytecode::{Insn, Op};
use crate::image::Const;
use lang::ast::*;
use lang::source::Span;

/// Most items, pairs or parts that are evaluated before they are put together; the rest is added one by one.
const RUN_MAX: usize = 40;

/// Whether a tuple or list literal is made in one step.
pub(super) fn is_plain(items: &[Element]) -> bool {
    items.len() <= RUN_MAX && items.iter().all(|item| matches!(item, Element::One(_)))
}

/// Whether a map literal is made in one step.
pub(super) fn is_plain_map(items: &[MapElement]) -> bool {
    items.len() <= RUN_MAX && items.iter().all(|item| matches!(item, MapElement::Pair(..)))
}

impl<'a> Compiler<'a> {
    /// Evaluates expressions into registers in a row, the first of which is `dst` where that saves a register.
    fn run(&mut self, exprs: impl Iterator<Item = &'a Expr>, dst: Reg) -> Reg {
        let mut first = None;
        for expr in exprs {
            let at = match first {
                None if self.fun.is_top(dst) => dst,
                _ => self.fun.alloc(),
            };
            self.expr_to(expr, at);
            first.get_or_insert(at);
        }
        first.unwrap_or(dst)
    }

    /// `dst = (a, b, …)`
    pub(super) fn tuple(&mut self, items: &'a [Element], span: Span, dst: Reg) {
        if is_plain(items) {
            return self.sequence(Op::NewTuple, items, span, dst);
        }
        self.list(items, span, dst);
        self.fun.emit(span, Insn::abc(Op::ListToTuple, dst.0, 0, 0));
    }

    /// `dst = [a, b, …]`; `dst` is scratch unless the literal is plain.
    pub(super) fn list(&mut self, items: &'a [Element], span: Span, dst: Reg) {
        let plain = items.iter().take(RUN_MAX).take_while(|item| matches!(item, Element::One(_))).count();
        let (head, rest) = items.split_at(plain);
        let mark = self.fun.mark();
        self.sequence(Op::NewList, head, span, dst);
        self.fun.release(mark);
        for item in rest {
            match item {
                Element::One(expr) => {
                    let value = self.expr_any(expr);
                    self.fun.emit(expr.span, Insn::abc(Op::ListPush, dst.0, value.0, 0));
                }
                Element::Spread(expr) => self.spread(expr, dst),
            }
            self.fun.release(mark);
        }
    }

    fn sequence(&mut self, op: Op, items: &'a [Element], span: Span, dst: Reg) {
        let exprs = items.iter().map(|(Element::One(expr) | Element::Spread(expr))| expr);
        let first = self.run(exprs, dst);
        let count = self.fun.operand8(items.len());
        self.fun.emit(span, Insn::abc(op, dst.0, first.0, count));
    }

    /// Appends what `expr` iterates over to the list in `list`.
    fn spread(&mut self, expr: &'a Expr, list: Reg) {
        let span = expr.span;
        self.scoped(|compiler| {
            let iterator = compiler.fun.alloc_run(2);
            let item = compiler.fun.alloc();
            compiler.expr_to(expr, iterator);
            compiler.name_temporaries();
            let done = compiler.fun.label();
            compiler.fun.emit(span, Insn::abc(Op::Iter, iterator.0, 1, 0));
            let top = compiler.fun.pc();
            compiler.fun.jump(span, Insn::abc(Op::Next, iterator.0, item.0, 0), done);
            compiler.fun.emit(span, Insn::abc(Op::ListPush, list.0, item.0, 0));
            compiler.fun.back_edge(span, Insn::abc(Op::Loop, 0, 0, 0), top);
            compiler.fun.bind(done);
        });
    }

    /// `dst = {key: value, …}`; `dst` is scratch unless the literal is plain.
    pub(super) fn map(&mut self, items: &'a [MapElement], span: Span, dst: Reg) {
        let pair = |item: &'a MapElement| match item {
            MapElement::Pair(key, value) => Some([key, value]),
            MapElement::Spread(_) => None,
        };
        let plain = items.iter().take(RUN_MAX).take_while(|item| pair(item).is_some()).count();
        let (head, rest) = items.split_at(plain);
        let mark = self.fun.mark();
        let first = self.run(head.iter().filter_map(pair).flatten(), dst);
        self.fun.emit(span, Insn::abc(Op::NewMap, dst.0, first.0, head.len() as u8));
        self.fun.release(mark);
        for item in rest {
            match item {
                MapElement::Pair(key, value) => {
                    let name = self.operand(key, None, value.span);
                    let item = self.expr_any(value);
                    self.fun.emit(key.span, Insn::abc(Op::MapInsert, dst.0, name.0, item.0));
                }
                MapElement::Spread(expr) => {
                    let map = self.expr_any(expr);
                    self.fun.emit(expr.span, Insn::abc(Op::MapExtend, dst.0, map.0, 0));
                }
            }
            self.fun.release(mark);
        }
    }

    /// `dst = lo..hi`; an absent end is nil.
    pub(super) fn range(&mut self, lo: Option<&'a Expr>, hi: Option<&'a Expr>, inclusive: bool, span: Span, dst: Reg) {
        let scratch = self.scratch(dst);
        let later = hi.map_or(Span { lo: span.hi, hi: span.hi }, |hi| hi.span);
        let first = self.end_of_range(lo, scratch, later, span);
        let scratch = scratch.filter(|scratch| *scratch != first);
        let second = self.end_of_range(hi, scratch, Span { lo: span.hi, hi: span.hi }, span);
        let op = if inclusive { Op::NewRangeIncl } else { Op::NewRange };
        self.fun.emit(span, Insn::abc(op, dst.0, first.0, second.0));
    }

    fn end_of_range(&mut self, end: Option<&'a Expr>, scratch: Option<Reg>, later: Span, span: Span) -> Reg {
        match end {
            Some(end) => self.operand(end, scratch, later),
            None => {
                let reg = scratch.unwrap_or_else(|| self.fun.alloc());
                self.fun.emit(span, Insn::abc(Op::LoadNil, reg.0, 0, 0));
                reg
            }
        }
    }

    /// `dst` = an interpolated string.
    pub(super) fn interpolation(&mut self, parts: &'a [InterpPart], span: Span, dst: Reg) {
        let mark = self.fun.mark();
        let first = if self.fun.is_top(dst) { dst } else { self.fun.alloc() };
        let start = self.fun.mark() - 1;
        let mut count = 0;
        for part in parts {
            if count == RUN_MAX {
                self.fun.emit(span, Insn::abc(Op::Concat, first.0, first.0, count as u8));
                self.fun.release(start + 1);
                count = 1;
            }
            let at = if count == 0 { first } else { self.fun.alloc() };
            self.text_part(part, span, at);
            count += 1;
        }
        self.fun.emit(span, Insn::abc(Op::Concat, dst.0, first.0, count as u8));
        self.fun.release(mark);
    }

    fn text_part(&mut self, part: &'a InterpPart, span: Span, at: Reg) {
        match part {
            InterpPart::Text(text) => self.load_literal(span, Const::Str(text.as_str().into()), at),
            InterpPart::Expr(expr, None) => self.expr_to(expr, at),
            InterpPart::Expr(expr, Some(format)) => {
                let mark = self.fun.mark();
                let value = self.expr_in(expr, Some(at));
                let index = self.fun.constant(Const::Str(format.text.as_str().into()));
                self.fun.emit_with(format.span, Insn::abc(Op::Format, at.0, value.0, 0), &[index]);
                self.fun.release(mark);
            }
        }
    }
}
