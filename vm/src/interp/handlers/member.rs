//! Slots and items.

use crate::bytecode::Insn;
use crate::heap::{Str, Tag, Value, copy_value};
use crate::interp::run::Flow;
use crate::interp::state::{State, handler_fn, int, pointer, slow, tag, through};
use crate::object::{Exit, Frame, Instance, List, ReturnMode, World};
use crate::ops;
use gc_arena::{Gc, Mutation};

#[inline(always)]
pub(super) unsafe fn get_attr<'gc>(s: State<'gc>) {
    let object = s.b();
    if tag(object) == Tag::INSTANCE {
        let instance: Gc<'gc, Instance<'gc>> = pointer(object);
        if instance.layout().0 == s.word(1) {
            let slot = Instance::slots(instance).add(s.insn.c() as usize);
            if tag(slot) != Tag::UNSET {
                copy_value(s.a(), slot);
                return s.skip(2).next();
            }
        }
    }
    s.go(get_other_attr);
}

handler_fn! {
    /// `GetAttr` of what the cache does not know, or of a slot that stands in the extra of its instance.
    #[inline(never)]
    fn get_other_attr<'gc>(s) {
        // SAFETY: see the head of state.rs.
        unsafe {
            if let Some(slot) = slot_in_extra(s, s.b())
                && tag(slot) != Tag::UNSET
            {
                copy_value(s.a(), slot);
                return s.skip(2).next();
            }
            if tag(s.b()) == Tag::NAMESPACE {
                return s.go(get_namespace_attr);
            }
            through!(s.skip(2), |s, cx| cx.get_attr_at(s.pc.sub(3).cast_mut(), *s.b()));
        }
    }
}

handler_fn! {
    /// `GetAttr` of a namespace.
    #[inline(never)]
    fn get_namespace_attr<'gc>(s) {
        // SAFETY: see the head of state.rs.
        unsafe {
            s.skip(2).slow(|s, cx| {
                let site = s.pc.sub(3);
                if let Value::Str(name) = *s.k.add(*site.add(1) as usize)
                    && cx.needs_of(*s.b(), name.as_str())
                {
                    s.set_pc(site);
                    return Flow::Leave(Exit::Need);
                }
                let result = cx.get_attr_at(site.cast_mut(), *s.b());
                cx.finish(result, s.insn.a(), ReturnMode::Store)
            });
        }
    }
}

#[inline(always)]
pub(super) unsafe fn set_attr<'gc>(s: State<'gc>) {
    let object = s.a();
    if tag(object) == Tag::INSTANCE {
        let instance: Gc<'gc, Instance<'gc>> = pointer(object);
        if instance.layout().0 == s.word(1) && !s.is_marking() {
            copy_value(Instance::slots(instance).add(s.insn.c() as usize), s.b());
            return s.skip(2).next();
        }
    }
    s.go(set_other_attr);
}

handler_fn! {
    /// `SetAttr`, as [`get_other_attr`].
    #[inline(never)]
    fn set_other_attr<'gc>(s) {
        // SAFETY: see the head of state.rs.
        unsafe {
            if !s.is_marking()
                && let Some(slot) = slot_in_extra(s, s.a())
            {
                copy_value(slot, s.b());
                return s.skip(2).next();
            }
            through!(s.skip(2), |s, cx| cx.set_attr_at(s.pc.sub(3).cast_mut(), *s.a(), *s.b()), 0, ReturnMode::Discard);
        }
    }
}

/// The slot of an instance that stands in its extra, if the inline cache knows it there.
#[inline(always)]
unsafe fn slot_in_extra<'gc>(s: State<'gc>, object: *const Value<'gc>) -> Option<*mut Value<'gc>> {
    if tag(object) != Tag::INSTANCE {
        return None;
    }
    let instance: Gc<'gc, Instance<'gc>> = pointer(object);
    if instance.layout().in_extra() != s.word(1) {
        return None;
    }
    let extra = Instance::slots(instance).add(instance.capacity() - 1);
    if tag(extra) == Tag::LIST { item(extra, s.insn.c() as usize) } else { None }
}

#[inline(always)]
pub(super) unsafe fn get_super(s: State<'_>) {
    through!(s.skip(1), |s, cx| cx.get_super(*s.k.add(*s.pc.sub(1) as usize), *s.b()));
}

/// Item `i` of a list, if it has one.
#[inline(always)]
unsafe fn item<'gc>(list: *const Value<'gc>, i: usize) -> Option<*mut Value<'gc>> {
    let items = &mut *pointer::<List<'gc>>(list).raw();
    (i < items.len()).then(|| items.as_mut_ptr().add(i))
}

#[inline(always)]
pub(super) unsafe fn get_index(s: State<'_>) {
    let (object, index) = (s.b(), s.c());
    if tag(object) == Tag::LIST
        && tag(index) == Tag::INT
        && let Some(item) = item(object, int(index) as usize)
    {
        return s.give(item);
    }
    if tag(object) == Tag::MAP && matches!(tag(index), Tag::INT | Tag::STR) {
        return s.go(get_map_item);
    }
    if tag(object) == Tag::STR
        && tag(index) == Tag::INT
        && let Some(byte) = Gc::as_ref(pointer::<Str>(object)).ascii_at(int(index) as usize)
    {
        s.set_tag(s.a(), Tag::STR);
        s.a().cast::<*const Str>().add(1).write(Gc::as_ptr(*(*s.world).ascii.as_ptr().add(byte as usize)));
        return s.next();
    }
    if tag(object) == Tag::NAMESPACE {
        return s.go(get_namespace_item);
    }
    through!(s, |s, cx| ops::get_index(cx, *s.b(), *s.c()));
}

handler_fn! {
    /// `R[A] = R[B][R[C]]` for a namespace.
    #[inline(never)]
    fn get_namespace_item<'gc>(s) {
        // SAFETY: see the head of state.rs.
        unsafe {
            s.slow(|s, cx| {
                let (object, index) = (*s.b(), *s.c());
                if let Value::Str(name) = index
                    && cx.needs_of(object, name.as_str())
                {
                    s.set_pc(s.pc.sub(1));
                    return Flow::Leave(Exit::Need);
                }
                let result = ops::get_index(cx, object, index);
                cx.finish(result, s.insn.a(), ReturnMode::Store)
            });
        }
    }
}

#[inline(always)]
pub(super) unsafe fn get_index_i(s: State<'_>) {
    let object = s.b();
    if tag(object) == Tag::LIST
        && let Some(item) = item(object, s.insn.c() as usize)
    {
        return s.give(item);
    }
    through!(s, |s, cx| ops::get_index(cx, *s.b(), Value::Int(i64::from(s.insn.c()))));
}

#[inline(always)]
pub(super) unsafe fn set_index(s: State<'_>) {
    let (object, index) = (s.a(), s.b());
    if tag(object) == Tag::LIST
        && tag(index) == Tag::INT
        && !s.is_marking()
        && let Some(item) = item(object, int(index) as usize)
    {
        copy_value(item, s.c());
        return s.next();
    }
    if tag(object) == Tag::MAP && matches!(tag(index), Tag::INT | Tag::STR) {
        return s.go(set_map_item);
    }
    through!(s, |s, cx| ops::set_index(cx, *s.a(), *s.b(), *s.c()), 0, ReturnMode::Discard);
}

handler_fn! {
    /// `R[A] = R[B][R[C]]` for a map and a key that needs no class.
    #[inline(never)]
    fn get_map_item<'gc>(s) {
        // SAFETY: see the head of state.rs.
        unsafe {
            if let Some(item) = ops::plain_item(pointer(s.b()), &*s.c())
                && !item.is_null()
            {
                return s.give(item);
            }
            through!(s, |s, cx| ops::get_index(cx, *s.b(), *s.c()));
        }
    }
}

handler_fn! {
    /// `R[A][R[B]] = R[C]` for a map and a key that needs no class.
    #[inline(never)]
    fn set_map_item<'gc>(s) {
        // SAFETY: see the head of state.rs.
        unsafe {
            let mc = &*(*s.world).mutation.cast::<Mutation<'gc>>();
            if ops::set_plain_item(&*s.world, mc, pointer(s.a()), &*s.b(), &*s.c()) {
                return s.next();
            }
            through!(s, |s, cx| ops::set_index(cx, *s.a(), *s.b(), *s.c()), 0, ReturnMode::Discard);
        }
    }
}

#[inline(always)]
pub(super) unsafe fn slice(s: State<'_>) {
    slow!(s.skip(1), |s, cx| ops::slice(cx, *s.b(), *s.c(), *s.c().add(1), *s.pc.sub(1) != 0));
}
