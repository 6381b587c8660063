//! Patterns.

use crate::heap::{Value, copy_value};
use crate::interp::run::Flow;
use crate::interp::state::{State, slow, through};
use crate::object::ReturnMode;
use crate::ops;

#[inline(always)]
pub(super) unsafe fn sequence(s: State<'_>) {
    s.jump(!ops::match_sequence(&*s.a(), s.insn.b(), s.insn.c() as usize));
}

#[inline(always)]
pub(super) unsafe fn sequence_item(s: State<'_>) {
    s.through(|s, _| {
        let value = ops::sequence_item(&*s.b(), s.insn.sc());
        copy_value(s.a(), &raw const value);
        Flow::Reload
    });
}

#[inline(always)]
pub(super) unsafe fn sequence_rest(s: State<'_>) {
    s.skip(1).through(|s, cx| {
        let value = ops::sequence_rest(cx, &*s.b(), s.insn.c() as usize, *s.pc.sub(1) as usize);
        copy_value(s.a(), &raw const value);
        Flow::Reload
    });
}

#[inline(always)]
pub(super) unsafe fn map(s: State<'_>) {
    s.jump(!matches!(*s.a(), Value::Map(_)));
}

#[inline(always)]
pub(super) unsafe fn map_item(s: State<'_>) {
    through!(s.skip(1), |s, cx| cx.map_item(*s.b(), *s.c()), s.insn.a(), ReturnMode::Item);
}

#[inline(always)]
pub(super) unsafe fn map_rest(s: State<'_>) {
    through!(s.skip(1), |s, cx| cx.map_rest(*s.b(), std::slice::from_raw_parts(s.c(), *s.pc.sub(1) as usize)));
}

#[inline(always)]
pub(super) unsafe fn class(s: State<'_>) {
    if s.insn.c() != 0 {
        return through!(s.skip(1), |s, cx| cx.is_caught(*s.a(), *s.b()), 0, ReturnMode::JumpIfNot);
    }
    through!(s.skip(1), |s, cx| cx.is_instance(*s.a(), *s.b(), 2), 0, ReturnMode::JumpIfNot);
}

#[inline(always)]
pub(super) unsafe fn slot_item(s: State<'_>) {
    through!(s.skip(2), |s, cx| cx.slot_item(*s.b(), *s.k.add(*s.pc.sub(2) as usize)), s.insn.a(), ReturnMode::Item);
}

#[inline(always)]
pub(super) unsafe fn bound(s: State<'_>) {
    s.through(|s, cx| {
        let matches = cx.in_bound(&*s.a(), &*s.b(), s.insn.c());
        let offset = if matches { 0 } else { *s.pc as i32 };
        s.set_pc(s.pc.offset(offset as isize + 1));
        Flow::Reload
    });
}

#[inline(always)]
pub(super) unsafe fn fail(s: State<'_>) {
    slow!(s, |s, cx| cx.match_fail(*s.a()), 0, ReturnMode::Discard);
}
