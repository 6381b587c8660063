//! Comparisons and jumps.

use crate::bytecode::Insn;
use crate::heap::{Str, Tag, Value};
use crate::interp::state::{State, float, handler_fn, int, pointer, slow, tag, through};
use crate::object::{Frame, HashSource, Instance, ReturnMode, World};
use crate::ops;

macro_rules! equal_value {
    ($name:ident, $sense:literal, $mode:ident) => {
        #[inline(always)]
        pub(super) unsafe fn $name(s: State<'_>) {
            let (x, y) = (s.b(), s.c());
            if tag(x) | tag(y) == Tag::INT {
                return s.give_bool((int(x) == int(y)) == $sense);
            }
            slow!(s, |s, cx| ops::equal(cx, *s.b(), *s.c()), s.insn.a(), ReturnMode::$mode);
        }
    };
}

equal_value!(eq, true, Truth);
equal_value!(ne, false, NotTruth);

macro_rules! order_value {
    ($name:ident, $op:tt, $slow:path) => {
        #[inline(always)]
        pub(super) unsafe fn $name(s: State<'_>) {
            let (x, y) = (s.b(), s.c());
            if tag(x) | tag(y) == Tag::INT {
                return s.give_bool(int(x) $op int(y));
            }
            slow!(s, |s, cx| $slow(cx, *s.b(), *s.c()), s.insn.a(), ReturnMode::Truth);
        }
    };
}

order_value!(lt, <, ops::less);
order_value!(le, <=, ops::less_equal);

#[inline(always)]
pub(super) unsafe fn is(s: State<'_>) {
    through!(s, |s, cx| cx.is_instance(*s.b(), *s.c(), 1));
}

#[inline(always)]
pub(super) unsafe fn contains(s: State<'_>) {
    through!(s, |s, cx| ops::contains(cx, *s.b(), *s.c()), s.insn.a(), ReturnMode::Truth);
}

#[inline(always)]
pub(super) unsafe fn jump(s: State<'_>) {
    s.jump(true);
}

#[inline(always)]
pub(super) unsafe fn back(mut s: State<'_>) {
    let offset = s.word(0) as i32;
    s.pc = s.pc.offset(offset as isize + 1);
    if s.is_due() {
        return s.tick_before(0);
    }
    s.next();
}

#[inline(always)]
pub(super) unsafe fn back_old(s: State<'_>) {
    if s.moves() {
        return State::load(s.world).next();
    }
    back(s);
}

#[inline(always)]
pub(super) unsafe fn truthy(s: State<'_>) {
    s.jump((*s.a()).is_truthy());
}

#[inline(always)]
pub(super) unsafe fn falsy(s: State<'_>) {
    s.jump(!(*s.a()).is_truthy());
}

#[inline(always)]
pub(super) unsafe fn nil(s: State<'_>) {
    s.jump(tag(s.a()) == Tag::NIL);
}

#[inline(always)]
pub(super) unsafe fn not_nil(s: State<'_>) {
    s.jump(tag(s.a()) != Tag::NIL);
}

#[inline(always)]
pub(super) unsafe fn set(s: State<'_>) {
    s.jump(tag(s.a()) != Tag::UNSET);
}

#[inline(always)]
pub(super) unsafe fn uncatchable(s: State<'_>) {
    s.jump(s.cx().is_uncatchable(&*s.a()));
}

/// A slow comparison that jumps when its truthiness is the wanted one.
macro_rules! slow_jump {
    ($s:ident, $sense:literal, |$st:ident, $cx:ident| $result:expr) => {
        slow!($s.skip(1), |$st, $cx| $result, 0, if $sense { ReturnMode::JumpIf } else { ReturnMode::JumpIfNot })
    };
}

/// Whether an instance equals only itself: its class has no `==`.
#[inline(always)]
unsafe fn compares_by_identity<'gc>(s: State<'gc>, value: *const Value<'gc>) -> bool {
    let id = pointer::<Instance<'gc>>(value).layout();
    let layouts = (*s.world).layouts.as_ptr();
    matches!(*layouts.add(id.0 as usize), Some(layout) if layout.class.hashing.get() == HashSource::Identity)
}

macro_rules! equal_jump {
    ($name:ident, $sense:literal, |$s:ident| $rhs:expr) => {
        #[inline(always)]
        pub(super) unsafe fn $name($s: State<'_>) {
            let (x, y) = ($s.a().cast_const(), $rhs);
            let (tx, ty) = (tag(x), tag(y));
            if tx | ty == Tag::INT {
                return $s.jump((int(x) == int(y)) == $sense);
            }
            if tx < Tag::HEAP && ty < Tag::HEAP && tx | ty != Tag::FLOAT {
                return $s.jump((tx == ty) == $sense);
            }
            $s.go(other);

            handler_fn! {
                /// Not two ints, and not two values without parts.
                #[inline(never)]
                fn other<'gc>($s) {
                    // SAFETY: see the head of state.rs.
                    unsafe {
                        let (x, y) = ($s.a().cast_const(), $rhs);
                        let (tx, ty) = (tag(x), tag(y));
                        if tx == Tag::STR && ty == Tag::STR {
                            let (x, y) = (pointer::<Str>(x), pointer::<Str>(y));
                            if gc_arena::Gc::ptr_eq(x, y) {
                                return $s.jump($sense);
                            }
                            if Str::differ_at_a_glance(x, y) {
                                return $s.jump(!$sense);
                            }
                        }
                        if tx == Tag::INSTANCE && ty < Tag::HEAP && compares_by_identity($s, x) {
                            return $s.jump(!$sense);
                        }
                        slow_jump!($s, $sense, |$s, cx| ops::equal(cx, *$s.a(), *$rhs));
                    }
                }
            }
        }
    };
}

equal_jump!(jump_eq, true, |s| s.b().cast_const());
equal_jump!(jump_ne, false, |s| s.b().cast_const());
equal_jump!(jump_eq_k, true, |s| s.k.add(s.insn.b() as usize));
equal_jump!(jump_ne_k, false, |s| s.k.add(s.insn.b() as usize));

macro_rules! compare {
    ($name:ident, $op:tt, $sense:literal, $slow:path) => {
        #[inline(always)]
        pub(super) unsafe fn $name(s: State<'_>) {
            let (x, y) = (s.a().cast_const(), s.b().cast_const());
            if tag(x) | tag(y) == Tag::INT {
                return s.jump((int(x) $op int(y)) == $sense);
            }
            s.go(other);

            handler_fn! {
                /// Not two ints.
                #[inline(never)]
                fn other<'gc>(s) {
                    // SAFETY: see the head of state.rs.
                    unsafe {
                        let (x, y) = (s.a().cast_const(), s.b().cast_const());
                        if tag(x) == Tag::FLOAT && tag(y) == Tag::FLOAT {
                            return s.jump((float(x) $op float(y)) == $sense);
                        }
                        slow_jump!(s, $sense, |s, cx| $slow(cx, *s.a(), *s.b()));
                    }
                }
            }
        }
    };
}

compare!(jump_lt, <, true, ops::less);
compare!(jump_not_lt, <, false, ops::less);
compare!(jump_le, <=, true, ops::less_equal);
compare!(jump_not_le, <=, false, ops::less_equal);

macro_rules! compare_int {
    ($name:ident, $op:tt, $sense:literal, |$cx:ident, $x:ident, $n:ident| $slow:expr) => {
        #[inline(always)]
        pub(super) unsafe fn $name(s: State<'_>) {
            let x = s.a().cast_const();
            if tag(x) == Tag::INT {
                return s.jump((int(x) $op i64::from(s.insn.sb())) == $sense);
            }
            if tag(x) == Tag::FLOAT {
                return s.jump((float(x) $op f64::from(s.insn.sb())) == $sense);
            }
            slow_jump!(s, $sense, |s, $cx| {
                let ($x, $n) = (*s.a(), Value::Int(i64::from(s.insn.sb())));
                $slow
            });
        }
    };
}

compare_int!(jump_lt_i, <, true, |cx, x, n| ops::less(cx, x, n));
compare_int!(jump_not_lt_i, <, false, |cx, x, n| ops::less(cx, x, n));
compare_int!(jump_le_i, <=, true, |cx, x, n| ops::less_equal(cx, x, n));
compare_int!(jump_not_le_i, <=, false, |cx, x, n| ops::less_equal(cx, x, n));
compare_int!(jump_gt_i, >, true, |cx, x, n| ops::less(cx, n, x));
compare_int!(jump_not_gt_i, >, false, |cx, x, n| ops::less(cx, n, x));
compare_int!(jump_ge_i, >=, true, |cx, x, n| ops::less_equal(cx, n, x));
compare_int!(jump_not_ge_i, >=, false, |cx, x, n| ops::less_equal(cx, n, x));
