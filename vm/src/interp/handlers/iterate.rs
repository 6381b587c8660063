//! Loops over ints, lists and iterators.

use crate::heap::{Tag, Value, copy_value};
use crate::interp::state::{State, int, pointer, slow, tag, through};
use crate::object::{List, Resumption, ReturnMode, Tuple};
use crate::ops;
use gc_arena::Gc;

#[inline(always)]
pub(super) unsafe fn iter(s: State<'_>) {
    let iterable = s.a();
    if matches!(tag(iterable), Tag::LIST | Tag::TUPLE) {
        s.set_int(iterable.add(1), 0);
        return s.next();
    }
    // A fiber is its own iterator.
    if tag(iterable) == Tag::FIBER {
        return s.next();
    }
    through!(s, |s, cx| if s.insn.b() == 1 { ops::iterator_into_list(cx, *s.a()) } else { ops::iterator(cx, *s.a()) });
}

/// Gives the next of `len` items at `items`, or jumps.
#[inline(always)]
unsafe fn step<'gc>(s: State<'gc>, items: *const Value<'gc>, len: usize) {
    let position = s.a().add(1);
    let i = int(position) as usize;
    if i < len {
        copy_value(s.b(), items.add(i));
        s.set_int(position, i as i64 + 1);
        return s.jump(false);
    }
    s.jump(true);
}

#[inline(always)]
pub(super) unsafe fn next<'gc>(s: State<'gc>) {
    let iterator = s.a();
    if tag(iterator) == Tag::LIST {
        let items = &*pointer::<List<'gc>>(iterator).raw();
        return step(s, items.as_ptr(), items.len());
    }
    if tag(iterator) == Tag::TUPLE {
        let items = Gc::as_ref(pointer::<Tuple<'gc>>(iterator)).items();
        return step(s, items.as_ptr(), items.len());
    }
    if tag(iterator) == Tag::FIBER {
        return s.skip(1).through(|s, cx| cx.resume_fiber(pointer(s.a()), None, Resumption::Next, s.insn.b(), ReturnMode::Next));
    }
    through!(s.skip(1), |s, cx| cx.iterator_next(*s.a()), s.insn.b(), ReturnMode::Next);
}

/// Changes an int in place.
#[inline(always)]
unsafe fn set_int_payload(slot: *mut Value<'_>, v: i64) {
    slot.cast::<i64>().add(1).write(v);
}

#[inline(always)]
pub(super) unsafe fn for_prep(s: State<'_>) {
    let (lo, hi) = (s.a(), s.a().add(1));
    if tag(lo) | tag(hi) != Tag::INT {
        return slow!(s, |s, cx| cx.new_range(*s.a(), *s.a().add(1), false), 0, ReturnMode::Discard);
    }
    // R[A+1] becomes the number of further turns, so that the loop cannot overflow.
    let (first, last) = (int(lo), int(hi));
    let inclusive = s.insn.b() != 0;
    if first > last || (first == last && !inclusive) {
        return s.jump(true);
    }
    let turns = last.wrapping_sub(first) as u64;
    s.set_int(hi, (if inclusive { turns } else { turns - 1 }) as i64);
    s.set_int(s.a().add(2), first);
    s.jump(false);
}

#[inline(always)]
pub(super) unsafe fn for_loop(mut s: State<'_>) {
    let due = s.is_due();
    let left = int(s.a().add(1)) as u64;
    if left == 0 {
        s = s.skip(1);
    } else {
        // `ForPrep` has made ints of the two hidden registers, so that their tags stand.
        set_int_payload(s.a().add(1), (left - 1) as i64);
        let next = int(s.a()) + 1;
        set_int_payload(s.a(), next);
        s.set_int(s.a().add(2), next);
        s.pc = s.pc.offset(s.word(0) as i32 as isize + 1);
    }
    if due {
        return s.tick_before(0);
    }
    s.next();
}

#[inline(always)]
pub(super) unsafe fn for_loop_old(s: State<'_>) {
    if s.moves() {
        return State::load(s.world).next();
    }
    for_loop(s);
}
