//! Loads and moves: constants, captured variables, definitions.

use crate::heap::{Tag, Value, copy_value, write_barrier};
use crate::interp::run::Flow;
use crate::interp::state::{State, pointer, slow, tag};
use crate::object::{BoxCell, Definition, Exit, Function, ReturnMode};
use gc_arena::Gc;

#[inline(always)]
pub(super) unsafe fn copy(s: State<'_>) {
    s.give(s.b());
}

#[inline(always)]
pub(super) unsafe fn constant(s: State<'_>) {
    s.give(s.kbx());
}

#[inline(always)]
pub(super) unsafe fn constant_wide(s: State<'_>) {
    copy_value(s.a(), s.k.add(s.word(0) as usize));
    s.skip(1).next();
}

#[inline(always)]
pub(super) unsafe fn int(s: State<'_>) {
    s.give_int(i64::from(s.insn.sbx()));
}

#[inline(always)]
unsafe fn give_tag(s: State<'_>, tag: u64) {
    s.set_tag(s.a(), tag);
    s.next();
}

#[inline(always)]
pub(super) unsafe fn nil(s: State<'_>) {
    give_tag(s, Tag::NIL);
}

#[inline(always)]
pub(super) unsafe fn yes(s: State<'_>) {
    give_tag(s, Tag::TRUE);
}

#[inline(always)]
pub(super) unsafe fn no(s: State<'_>) {
    give_tag(s, Tag::FALSE);
}

#[inline(always)]
pub(super) unsafe fn unset(s: State<'_>) {
    give_tag(s, Tag::UNSET);
}

#[inline(always)]
pub(super) unsafe fn check_set(s: State<'_>) {
    if tag(s.a()) == Tag::UNSET {
        return slow!(s, |s, cx| cx.unset_variable(*s.kbx()), 0, ReturnMode::Discard);
    }
    s.next();
}

/// Captured value number B of the running closure.
#[inline(always)]
unsafe fn captured<'gc>(s: State<'gc>) -> *const Value<'gc> {
    let running: Gc<'gc, Function<'gc>> = pointer(s.base.sub(1));
    running.captures().add(s.insn.b() as usize)
}

#[inline(always)]
pub(super) unsafe fn get_up(s: State<'_>) {
    s.give(captured(s));
}

#[inline(always)]
pub(super) unsafe fn get_up_box<'gc>(s: State<'gc>) {
    let cell: Gc<'gc, BoxCell<'gc>> = pointer(captured(s));
    s.give(Gc::as_ptr(cell).cast());
}

#[inline(always)]
pub(super) unsafe fn set_up_box<'gc>(s: State<'gc>) {
    if s.is_marking() {
        return s.slow(|s, cx| {
            BoxCell::set(pointer(captured(s)), cx.mc, *s.a());
            Flow::Reload
        });
    }
    let cell: Gc<'gc, BoxCell<'gc>> = pointer(captured(s));
    copy_value(Gc::as_ptr(cell).cast_mut().cast(), s.a());
    s.next();
}

#[inline(always)]
pub(super) unsafe fn new_box(s: State<'_>) {
    s.through(|s, cx| {
        let value = Value::Box(BoxCell::new(cx.mc, *s.a()));
        copy_value(s.a(), &raw const value);
        cx.world.charge(32);
        Flow::Reload
    });
}

#[inline(always)]
pub(super) unsafe fn get_box<'gc>(s: State<'gc>) {
    let cell: Gc<'gc, BoxCell<'gc>> = pointer(s.b());
    s.give(Gc::as_ptr(cell).cast());
}

#[inline(always)]
pub(super) unsafe fn set_box<'gc>(s: State<'gc>) {
    if s.is_marking() {
        return s.slow(|s, cx| {
            BoxCell::set(pointer(s.a()), cx.mc, *s.b());
            Flow::Reload
        });
    }
    let cell: Gc<'gc, BoxCell<'gc>> = pointer(s.a());
    copy_value(Gc::as_ptr(cell).cast_mut().cast(), s.b());
    s.next();
}

#[inline(always)]
pub(super) unsafe fn get_global<'gc>(s: State<'gc>) {
    let cell: Gc<'gc, Definition<'gc>> = pointer(s.kbx());
    let value = cell.value_ptr();
    if tag(value) == Tag::UNSET || (*s.world).recording.is_some() {
        return s.slow(|s, cx| {
            let cell = Definition::holder(pointer(s.kbx()));
            let value = cell.value();
            if value.is_unset() {
                if cx.needs(cell) {
                    s.set_pc(s.pc.sub(1));
                    return Flow::Leave(Exit::Need);
                }
                let missing = cx.missing_name(cell);
                return cx.finish(missing, s.insn.a(), ReturnMode::Store);
            }
            cx.record_read(cell);
            copy_value(s.a(), &raw const value);
            Flow::Reload
        });
    }
    s.give(value);
}

#[inline(always)]
pub(super) unsafe fn set_global<'gc>(s: State<'gc>) {
    let cell: Gc<'gc, Definition<'gc>> = pointer(s.kbx());
    if !cell.is_assignable() || s.is_marking() || (*s.world).recording.is_some() {
        return s.slow(|s, cx| {
            let cell = Definition::holder(pointer(s.kbx()));
            if !cell.is_assignable() {
                let refused = cx.cannot_assign(cell);
                return cx.finish(refused, 0, ReturnMode::Discard);
            }
            if cx.world.recording.is_some() {
                cx.record_assignment(cell);
            }
            cell.note_assigned();
            write_barrier(cx.mc, Gc::erase(cell), &*s.a());
            copy_value(cell.value_ptr(), s.a());
            Flow::Reload
        });
    }
    cell.note_assigned();
    copy_value(cell.value_ptr(), s.a());
    s.next();
}
