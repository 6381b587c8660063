//! Making things.

use crate::heap::{Value, copy_value};
use crate::interp::run::Flow;
use crate::interp::state::{State, slow, through};
use crate::object::{List, ReturnMode, Tuple};
use crate::ops;
use gc_arena::Gc;

#[inline(always)]
pub(super) unsafe fn closure(s: State<'_>) {
    s.through(|s, cx| {
        let value = cx.make_closure((*s.fp).proto, s.base, s.insn.bx());
        copy_value(s.a(), &raw const value);
        Flow::Reload
    });
}

/// The C values from R[B] on.
#[inline(always)]
unsafe fn window<'a, 'gc>(s: State<'gc>) -> &'a [Value<'gc>] {
    std::slice::from_raw_parts(s.b(), s.insn.c() as usize)
}

#[inline(always)]
pub(super) unsafe fn tuple(s: State<'_>) {
    s.through(|s, cx| {
        let value = Value::Tuple(Tuple::new(cx.mc, window(s)));
        copy_value(s.a(), &raw const value);
        cx.world.charge(48 + 16 * s.insn.c() as usize);
        Flow::Reload
    });
}

#[inline(always)]
pub(super) unsafe fn list(s: State<'_>) {
    s.through(|s, cx| {
        let value = Value::List(List::new(cx.mc, window(s).to_vec()));
        copy_value(s.a(), &raw const value);
        cx.world.charge(64 + 16 * s.insn.c() as usize);
        Flow::Reload
    });
}

/// The list in R[A], which the compiler made.
#[inline(always)]
unsafe fn own_list<'gc>(s: State<'gc>) -> Gc<'gc, List<'gc>> {
    let Value::List(list) = *s.a() else { unreachable!("the compiler made the list") };
    list
}

#[inline(always)]
pub(super) unsafe fn list_push(s: State<'_>) {
    s.through(|s, cx| {
        let list = own_list(s);
        if list.is_full()
            && let Err(control) = ops::check_size(cx, size_of::<Value>() * list.len())
        {
            return cx.control(control, 0, ReturnMode::Discard);
        }
        List::push(list, cx.mc, *s.b());
        cx.world.charge(16);
        Flow::Reload
    });
}

#[inline(always)]
pub(super) unsafe fn list_to_tuple(s: State<'_>) {
    s.through(|s, cx| {
        let value = Value::Tuple(Tuple::new(cx.mc, own_list(s).to_vec()));
        copy_value(s.a(), &raw const value);
        cx.world.charge(48);
        Flow::Reload
    });
}

#[inline(always)]
pub(super) unsafe fn map(s: State<'_>) {
    through!(s, |s, cx| cx.new_map(std::slice::from_raw_parts(s.b(), 2 * s.insn.c() as usize)));
}

#[inline(always)]
pub(super) unsafe fn map_insert(s: State<'_>) {
    through!(s, |s, cx| ops::set_index(cx, *s.a(), *s.b(), *s.c()), 0, ReturnMode::Discard);
}

#[inline(always)]
pub(super) unsafe fn map_extend(s: State<'_>) {
    through!(s, |s, cx| cx.map_extend(*s.a(), *s.b()), 0, ReturnMode::Discard);
}

#[inline(always)]
pub(super) unsafe fn range<const INCLUSIVE: bool>(s: State<'_>) {
    through!(s, |s, cx| cx.new_range(*s.b(), *s.c(), INCLUSIVE));
}

#[inline(always)]
pub(super) unsafe fn concat(s: State<'_>) {
    through!(s, |s, cx| ops::concat(cx, window(s)));
}

#[inline(always)]
pub(super) unsafe fn format(s: State<'_>) {
    through!(s.skip(1), |s, cx| cx.format(*s.b(), *s.k.add(*s.pc.sub(1) as usize)));
}

#[inline(always)]
pub(super) unsafe fn class(s: State<'_>) {
    slow!(s, |s, cx| cx.make_local_class(s.insn.a(), s.insn.bx()));
}

#[inline(always)]
pub(super) unsafe fn enumeration(s: State<'_>) {
    slow!(s, |s, cx| cx.make_local_enum(s.insn.bx()));
}

#[inline(always)]
pub(super) unsafe fn extend(s: State<'_>) {
    slow!(s, |s, cx| cx.extend_class(*s.a(), s.insn.bx()), 0, ReturnMode::Discard);
}

#[inline(always)]
pub(super) unsafe fn decorated(s: State<'_>) {
    slow!(s, |s, cx| cx.decorated(*s.a(), *s.b()));
}
