//! Calls, returns, errors, and the engine's own stubs.

use crate::bytecode::Insn;
use crate::heap::{Str, Tag, Value, copy_value};
use crate::interp::call::CallResult;
use crate::interp::run::Flow;
use crate::interp::state::{State, handler_fn, pointer, slow, tag, through};
use crate::object::{
    Class, Construction, Cx, Definition, EnumValue, Exit, Frame, Function, Instance, Intrinsic, Layout, List, NativeBody,
    NativeFunction, Resumption, ReturnMode, World,
};
use crate::ops;
use gc_arena::Gc;

/// Calls what stands at `R[A]`, whatever it is.
#[inline(always)]
unsafe fn call_any<'gc>(s: State<'gc>, cx: &mut Cx<'_, 'gc>, callee: Value<'gc>) -> Flow<'gc> {
    let first = cx.world.stack.base + s.insn.a() as usize + 1;
    let argc = s.insn.b() as usize;
    if let Value::Native(native) = callee
        && let Some(flow) = call_plain_native(s, cx, native, argc)
    {
        return flow;
    }
    let called = cx.call_window(callee, first, argc, s.insn.c(), ReturnMode::Store);
    cx.finish_call(called, s.insn.c())
}

/// Calls a native that takes just these arguments; `None` when more has to be looked at.
#[inline(always)]
unsafe fn call_plain_native<'gc>(
    s: State<'gc>,
    cx: &mut Cx<'_, 'gc>,
    native: Gc<'gc, NativeFunction<'gc>>,
    argc: usize,
) -> Option<Flow<'gc>> {
    // What is of the host may have something that stands in for it.
    let body = &Gc::as_ref(native).body;
    let is_plain = match body {
        NativeBody::Fn(_) => true,
        NativeBody::Host(_) => cx.world.detours.is_empty(),
        NativeBody::Linear(_) => false,
    };
    if !is_plain || !native.takes(argc) {
        return None;
    }
    let args = std::slice::from_raw_parts(s.a().add(1).cast_const(), argc);
    Some(match body.call(cx, args) {
        Ok(value) => {
            copy_value(s.c(), &raw const value);
            Flow::Reload
        }
        Err(control) => cx.control(control, s.insn.c(), ReturnMode::Store),
    })
}

#[inline(always)]
pub(super) unsafe fn call<'gc>(s: State<'gc>) {
    if s.is_due() {
        return s.tick_before(1);
    }
    let callee = s.a();
    if tag(callee) == Tag::FUNCTION {
        let function: Gc<'gc, Function<'gc>> = pointer(callee);
        if let Some(s) = s.enter(function, s.insn.a() as usize + 1, s.insn.b() as usize, s.insn.c()) {
            return s.next();
        }
    }
    if tag(callee) == Tag::CLASS {
        return s.go(construct);
    }
    s.through(|s, cx| call_any(s, cx, *s.a()));
}

handler_fn! {
    /// Calls the class in `R[A]`. Usually that makes an instance and enters its initialiser.
    #[inline(never)]
    fn construct<'gc>(s) {
        // SAFETY: see the head of state.rs.
        unsafe {
            let class: Gc<'gc, Class<'gc>> = pointer(s.a());
            let argc = s.insn.b() as usize;
            if let Some(layout) = class.layout_option() {
                match layout.construction.get() {
                    Construction::Init(init) => {
                        let (delta, dst) = (s.insn.a() as usize + 1, s.insn.c());
                        if let Some(entered) = s.enter_as(init, delta, argc + 1, dst, ReturnMode::Construct) {
                            let instance = new_instance(s.world, layout);
                            let window = entered.base;
                            for i in (0..argc).rev() {
                                copy_value(window.add(i + 1), window.add(i));
                            }
                            set_pointer(window, Tag::INSTANCE, Gc::as_ptr(instance));
                            set_pointer(window.sub(1), Tag::FUNCTION, Gc::as_ptr(init));
                            return entered.next();
                        }
                    }
                    Construction::Fill if argc <= layout.slots.len() && (*s.world).recording.is_none() => {
                        let instance = new_instance(s.world, layout);
                        // A new object needs no barrier: marking has not reached it.
                        for i in 0..argc {
                            copy_value(Instance::slots(instance).add(i), s.a().add(1 + i));
                        }
                        set_pointer(s.c(), Tag::INSTANCE, Gc::as_ptr(instance));
                        return s.next();
                    }
                    _ => {}
                }
            }
            s.through(|s, cx| call_any(s, cx, *s.a()));
        }
    }
}

/// An instance as its class's template has it.
#[inline(never)]
unsafe fn new_instance<'gc>(world: *mut World<'gc>, layout: Gc<'gc, Layout<'gc>>) -> Gc<'gc, Instance<'gc>> {
    let instance = Instance::new(&*(*world).mutation.cast(), layout.id, &layout.template);
    (*world).charge(24 + 16 * instance.capacity());
    instance
}

#[inline(always)]
unsafe fn set_pointer<T>(slot: *mut Value<'_>, tag: u64, pointer: *const T) {
    slot.cast::<u64>().write(tag);
    slot.cast::<*const T>().add(1).write(pointer);
}

#[inline(always)]
pub(super) unsafe fn call_global<'gc>(s: State<'gc>) {
    if s.is_due() {
        return s.tick_before(1);
    }
    let cell: Gc<'gc, Definition<'gc>> = pointer(s.k.add(s.word(0) as usize));
    let s = s.skip(1);
    let callee = cell.value_ptr();
    if tag(callee) == Tag::FUNCTION {
        copy_value(s.a(), callee);
        let function: Gc<'gc, Function<'gc>> = pointer(callee);
        if let Some(s) = s.enter(function, s.insn.a() as usize + 1, s.insn.b() as usize, s.insn.c()) {
            return s.next();
        }
    }
    s.go(call_other_global);
}

handler_fn! {
    /// `CallGlobal` of something else than a function that takes just these arguments.
    #[inline(never)]
    fn call_other_global<'gc>(s) {
        // SAFETY: see the head of state.rs.
        unsafe {
            let cell: Gc<'gc, Definition<'gc>> = pointer(s.k.add(*s.pc.sub(1) as usize));
            let callee = cell.value_ptr();
            if tag(callee) == Tag::NATIVE
                && s.insn.b() == 1
                && Gc::as_ref(pointer::<NativeFunction<'gc>>(callee)).intrinsic.get() == Intrinsic::Len
                && length(s, s.a().add(1))
            {
                return s.next();
            }
            if tag(callee) == Tag::CLASS && (*s.world).recording.is_none() {
                copy_value(s.a(), callee);
                return s.go(construct);
            }
            s.through(|s, cx| {
                let cell = Definition::holder(pointer(s.k.add(*s.pc.sub(1) as usize)));
                let callee = cell.value();
                if callee.is_unset() {
                    if cx.needs(cell) {
                        s.set_pc(s.pc.sub(2));
                        return Flow::Leave(Exit::Need);
                    }
                    let missing = cx.missing_name(cell);
                    return cx.finish(missing, 0, ReturnMode::Discard);
                }
                cx.record_use(cell);
                call_any(s, cx, callee)
            });
        }
    }
}

/// What a method call's inline cache holds: a function, or a native with its lowest bit set.
#[inline(always)]
unsafe fn cached_target(words: *const u32) -> u64 {
    u64::from(*words.add(2)) | u64::from(*words.add(3)) << 32
}

#[inline(always)]
pub(super) unsafe fn call_method<'gc>(s: State<'gc>) {
    if s.is_due() {
        return s.tick_before(1);
    }
    let receiver = s.a().add(1);
    if tag(receiver) == Tag::INSTANCE && pointer::<Instance<'gc>>(receiver).layout().0 == s.word(1) {
        return call_cached(s);
    }
    s.go(call_other_method);
}

/// Calls what the inline cache holds.
#[inline(always)]
unsafe fn call_cached<'gc>(s: State<'gc>) {
    let target = cached_target(s.pc);
    if target & 1 == 1 {
        return s.go(call_cached_native);
    }
    let s = s.skip(4);
    let function = Gc::<Function<'gc>>::from_ptr(target as usize as *const Function<'gc>);
    set_pointer(s.a(), Tag::FUNCTION, Gc::as_ptr(function));
    if let Some(s) = s.enter(function, s.insn.a() as usize + 1, s.insn.b() as usize + 1, s.insn.c()) {
        return s.next();
    }
    s.through(|s, cx| find_and_call(s, cx));
}

#[inline(always)]
unsafe fn find_and_call<'gc>(s: State<'gc>, cx: &mut Cx<'_, 'gc>) -> Flow<'gc> {
    let called = cx.call_method(s.pc.sub(4).cast_mut(), s.insn.a() as usize + 1, s.insn.b() as usize + 1, s.insn.c());
    cx.finish_call(called, s.insn.c())
}

handler_fn! {
    /// `CallMethod` of a receiver that is no instance, or that the cache does not know.
    #[inline(never)]
    fn call_other_method<'gc>(s) {
        // SAFETY: see the head of state.rs.
        unsafe {
            let receiver = s.a().add(1);
            // What `World::receiver_id` gives; namespaces are never cached.
            let id = match tag(receiver) {
                Tag::INSTANCE => pointer::<Instance<'gc>>(receiver).layout().0,
                Tag::CLASS => pointer::<Class<'gc>>(receiver).own_id.0,
                Tag::ENUM_VALUE => pointer::<EnumValue<'gc>>(receiver).variant.class.layout().id.0,
                other => other as u32 + 1,
            };
            if s.word(1) == id {
                return call_cached(s);
            }
            s.skip(4).through(|s, cx| find_and_call(s, cx));
        }
    }
}

handler_fn! {
    /// `CallMethod` of a native in the inline cache, which takes just these arguments.
    #[inline(never)]
    fn call_cached_native<'gc>(s) {
        // SAFETY: see the head of state.rs.
        unsafe {
            let native = &*((cached_target(s.pc) & !1) as usize as *const NativeFunction<'gc>);
            let s = s.skip(4);
            let receiver = s.a().add(1);
            let is_done = match native.intrinsic.get() {
                Intrinsic::None => false,
                Intrinsic::Resume if tag(receiver) == Tag::FIBER => return s.go(resume_fiber),
                Intrinsic::Resume => false,
                Intrinsic::Push => s.insn.b() == 1 && push(s, receiver, receiver.add(1)),
                Intrinsic::Len => s.insn.b() == 0 && length(s, receiver),
                Intrinsic::Get => get(s, receiver),
            };
            if is_done {
                return s.next();
            }
            through!(
                s,
                |s, cx| {
                    let native = &*((cached_target(s.pc.sub(4)) & !1) as usize as *const NativeFunction<'_>);
                    let args = std::slice::from_raw_parts(s.a().add(1).cast_const(), s.insn.b() as usize + 1);
                    native.body.call(cx, args)
                },
                'C'
            );
        }
    }
}

handler_fn! {
    /// `fiber.resume(value)`, with the extra words already stepped over.
    #[inline(never)]
    fn resume_fiber<'gc>(s) {
        // SAFETY: see the head of state.rs. Whoever comes here has seen that the receiver is a fiber.
        unsafe {
            s.through(|s, cx| {
                let receiver = s.a().add(1);
                let value = if s.insn.b() == 0 { None } else { Some(*receiver.add(1)) };
                cx.resume_fiber(pointer(receiver), value, Resumption::Resume, s.insn.c(), ReturnMode::Store)
            });
        }
    }
}

/// Appends to a list that has room. False when the native has to do it.
#[inline(always)]
unsafe fn push<'gc>(s: State<'gc>, list: *mut Value<'gc>, item: *const Value<'gc>) -> bool {
    if tag(list) != Tag::LIST {
        return false;
    }
    let list: Gc<'gc, List<'gc>> = pointer(list);
    let items = &mut *list.raw();
    let len = items.len();
    if len == items.capacity() || s.is_marking() {
        return false;
    }
    copy_value(items.as_mut_ptr().add(len), item);
    items.set_len(len + 1);
    s.set_tag(s.c(), Tag::NIL);
    true
}

/// `map.get(key)` and `map.get(key, default)` for a key that needs no class. False when the native has to do it.
#[inline(always)]
unsafe fn get<'gc>(s: State<'gc>, map: *const Value<'gc>) -> bool {
    let count = s.insn.b();
    if tag(map) != Tag::MAP || !(1..=2).contains(&count) {
        return false;
    }
    match ops::plain_item(pointer(map), &*map.add(1)) {
        None => return false,
        Some(item) if !item.is_null() => copy_value(s.c(), item),
        Some(_) if count == 2 => copy_value(s.c(), map.add(2)),
        Some(_) => s.set_tag(s.c(), Tag::NIL),
    }
    true
}

/// The length of a list, or of a string known to be ASCII. False when the native has to say.
#[inline(always)]
unsafe fn length<'gc>(s: State<'gc>, value: *const Value<'gc>) -> bool {
    let len = match tag(value) {
        Tag::LIST => (*pointer::<List<'gc>>(value).raw()).len(),
        Tag::STR => match Gc::as_ref(pointer::<Str>(value)).known_char_len() {
            Some(len) => len,
            None => return false,
        },
        _ => return false,
    };
    s.set_int(s.c(), len as i64);
    true
}

#[inline(always)]
pub(super) unsafe fn call_super(s: State<'_>) {
    s.skip(1).through(|s, cx| {
        let name = *s.k.add(*s.pc.sub(1) as usize);
        let called = cx.call_super(name, s.insn.a() as usize + 1, s.insn.b() as usize + 1, s.insn.c());
        cx.finish_call(called, s.insn.c())
    });
}

/// Calls with names and spreads, `WORDS` extra words.
#[inline(always)]
pub(super) unsafe fn call_shape<const WORDS: usize>(s: State<'_>) {
    s.skip(WORDS).through(|s, cx| {
        let op = crate::bytecode::Op::from_byte(s.insn.op_byte()).expect("verified code");
        let called = cx.call_shape(op, s.insn, s.pc.sub(op.info().extra.len()));
        cx.finish_call(called, s.insn.c())
    });
}

#[inline(always)]
unsafe fn back_to_caller<'gc>(mut s: State<'gc>, delta: usize) -> State<'gc> {
    s.fp = s.fp.sub(1);
    s.base = s.base.sub(delta);
    s.pc = (*s.fp).pc;
    s.k = (*s.fp).k;
    s
}

#[inline(always)]
pub(super) unsafe fn give_back(s: State<'_>) {
    let frame = &*s.fp;
    let delta = frame.delta as usize;
    if frame.mode == ReturnMode::Store {
        copy_value(s.base.sub(delta).add(frame.dst as usize), s.a());
        return back_to_caller(s, delta).next();
    }
    s.through(|s, cx| cx.return_value(*s.a()));
}

#[inline(always)]
pub(super) unsafe fn give_back_nil(s: State<'_>) {
    let frame = &*s.fp;
    let delta = frame.delta as usize;
    if frame.mode == ReturnMode::Store {
        s.set_tag(s.base.sub(delta).add(frame.dst as usize), Tag::NIL);
        return back_to_caller(s, delta).next();
    }
    if frame.mode == ReturnMode::Construct {
        // The new instance is the initialiser's register 0.
        copy_value(s.base.sub(delta).add(frame.dst as usize), s.base);
        return back_to_caller(s, delta).next();
    }
    s.through(|_, cx| cx.return_value(Value::Nil));
}

#[inline(always)]
pub(super) unsafe fn suspend(s: State<'_>) {
    s.through(|s, cx| cx.yield_value(*s.b(), s.insn.a()));
}

#[inline(always)]
pub(super) unsafe fn throw(s: State<'_>) {
    slow!(s, |s, cx| cx.throw(*s.a()), 0, ReturnMode::Discard);
}

#[inline(always)]
pub(super) unsafe fn assert_fail(s: State<'_>) {
    let s = s.skip(1);
    slow!(
        s,
        |s, cx| {
            let shown = s.insn.b() as usize + 1;
            let values = std::slice::from_raw_parts(s.a(), shown + s.insn.c() as usize);
            let (shown, compared) = values.split_at(shown);
            cx.assert_fail(shown, compared, *s.pc.sub(1) as usize)
        },
        0,
        ReturnMode::Discard
    );
}

#[inline(always)]
pub(super) unsafe fn halt(s: State<'_>) {
    if (*s.world).fiber.is_none() {
        s.sync();
        (*s.world).has_ended = true;
        return;
    }
    s.through(|s, cx| cx.end_of_stack(*s.base));
}

#[inline(always)]
pub(super) unsafe fn resume(s: State<'_>) {
    s.through(|_, cx| cx.resume_native());
}

#[inline(always)]
pub(super) unsafe fn trap(s: State<'_>) {
    s.slow(|_, _| unreachable!("verified code ends its flow before its end"));
}

impl<'gc> Cx<'_, 'gc> {
    /// Ends a call that may have pushed a frame.
    #[inline]
    pub(in crate::interp) fn finish_call(&mut self, called: CallResult<'gc>, dst: u8) -> Flow<'gc> {
        use crate::interp::call::Called;
        match called {
            Ok(Called::Entered) => Flow::Reload,
            Ok(Called::Value(value)) => {
                self.deliver(value, dst, ReturnMode::Store);
                Flow::Reload
            }
            Err(control) => self.control(control, dst, ReturnMode::Store),
        }
    }
}
