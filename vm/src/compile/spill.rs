//! Functions with more variables than a frame has registers.
//!
//! Such a function is compiled a second time: once a good part of the frame is in use, variables that no inner function captures go
//! to a list that the function makes for itself, one item each. The list counts as an intermediate value in the table of locals,
//! so that nobody takes the named registers for everything that a frame has.

use super::Compiler;
use super::function::Reg;
use crate::bytecode::{Insn, Op};
use crate::image::Const;
use lang::resolve::LocalId;
use lang::source::Span;

/// Registers in use from which on variables are spilled: what is left is for captured variables and intermediate values.
pub(super) const SPILL_FROM: usize = 100;

/// The spilled variables of a function.
pub(super) struct Spill {
    /// The list.
    list: Reg,
    /// How many items are given to variables.
    count: u16,
}

impl Compiler<'_> {
    /// Makes the list, with room for every variable of the function.
    pub(super) fn start_spill(&mut self) {
        let span = self.fun.span;
        let list = self.fun.alloc();
        let count = self.fun.alloc();
        self.fun.emit(span, Insn::abc(Op::LoadNil, list.0, 0, 0));
        self.fun.emit(span, Insn::abc(Op::NewList, list.0, list.0, 1));
        self.load_literal(span, Const::Int(self.fun.scope.locals.len() as i64), count);
        self.fun.emit(span, Insn::abc(Op::Mul, list.0, list.0, count.0));
        self.fun.open_hidden(&"(temporary)".into(), list, false);
        self.fun.spill = Some(Spill { list, count: 0 });
    }

    /// Gives a local that is being declared an item of the list, if it is to have one.
    pub(super) fn spill(&mut self, id: LocalId) -> bool {
        let is_crowded = self.fun.mark() >= SPILL_FROM;
        let local = &self.fun.scope.locals[id.0 as usize];
        let state = self.fun.local(id);
        if !is_crowded || local.captured || state.boxed || state.may_be_unset {
            return false;
        }
        let Some(spill) = self.fun.spill.as_mut().filter(|spill| spill.count < u16::MAX) else { return false };
        let item = spill.count;
        spill.count += 1;
        self.fun.spill_local(id, item);
        true
    }

    /// `dst` = a spilled variable.
    pub(super) fn load_spilled(&mut self, span: Span, item: u16, dst: Reg) {
        let Some(list) = self.fun.spill.as_ref().map(|spill| spill.list) else { return };
        if let Ok(item) = u8::try_from(item) {
            return self.fun.emit(span, Insn::abc(Op::GetIndexI, dst.0, list.0, item));
        }
        self.load_literal(span, Const::Int(item.into()), dst);
        self.fun.emit(span, Insn::abc(Op::GetIndex, dst.0, list.0, dst.0));
    }

    /// A spilled variable = `value`.
    pub(super) fn store_spilled(&mut self, span: Span, item: u16, value: Reg) {
        let Some(list) = self.fun.spill.as_ref().map(|spill| spill.list) else { return };
        let mark = self.fun.mark();
        let index = self.fun.alloc();
        self.load_literal(span, Const::Int(item.into()), index);
        self.fun.emit(span, Insn::abc(Op::SetIndex, list.0, index.0, value.0));
        self.fun.release(mark);
    }
}
