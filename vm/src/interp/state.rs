//! How one instruction hands over to the next.
//!
//! Every instruction is a function, its *handler*. What the interpreter knows is passed from handler to handler in machine registers
//! ([`State`]), and the last thing a handler does is to jump to the next one: a call in tail position of a function with the same
//! signature, which LLVM compiles to a jump. Nothing of the hot state is ever spilled, whatever the other instructions do; a loop
//! around one `match` kept the base of the registers on the native stack (fib(32): 0.100 s with the loop, 0.066 s with handlers).
//!
//! A tail call becomes a jump only where the compiler optimises, and only in functions without locals in memory. Hence two rules:
//! handlers keep everything that needs memory in functions of their own ([`State::slow`], [`State::through`]); and where nothing is
//! optimised, or the target is not known to do it, a handler returns after each instruction to the loop in `run` (`tail_dispatch` is
//! set by `build.rs`). A test runs a long program on a small native stack.
//!
//! # Safety
//! The verifier has checked every instruction: opcodes, registers below the frame's, constants and their kinds, jump targets, and that
//! code does not run off its end. `Stack` keeps every slot initialised, and a call checks that the callee's slots lie below its
//! limit. Under these two, every access of a handler is in bounds and every slot read holds a value. Inline caches are written only by
//! `fill_*`, with the id of a layout whose instances have the slot.

use super::run::Flow;
use crate::bytecode::{Insn, Op};
use crate::heap::{Tag, Value, copy_value};
use crate::object::{Cx, Exit, Frame, Function, NativeResult, ReturnMode, World};
use gc_arena::{Gc, Mutation};

/// Declares a function with the calling convention of handlers: six machine words in registers.
macro_rules! handler_fn {
    ($(#[$attr:meta])* fn $name:ident<$gc:lifetime $(, $f:ident: $bound:path $(, const $c:ident: $ct:ty)?)?>($state:ident) $body:block) => {
        $(#[$attr])*
        #[cfg(target_arch = "x86_64")]
        unsafe extern "sysv64-unwind" fn $name<$gc $(, $f: $bound $(, const $c: $ct)?)?>(
            world: *mut World<$gc>,
            pc: *const u32,
            base: *mut Value<$gc>,
            k: *const Value<$gc>,
            fp: *mut Frame<$gc>,
            insn: u32,
        ) {
            let $state = State { world, pc, base, k, fp, insn: Insn(insn) };
            $body
        }

        $(#[$attr])*
        #[cfg(not(target_arch = "x86_64"))]
        unsafe extern "C-unwind" fn $name<$gc $(, $f: $bound $(, const $c: $ct)?)?>(
            world: *mut World<$gc>,
            pc: *const u32,
            base: *mut Value<$gc>,
            k: *const Value<$gc>,
            fp: *mut Frame<$gc>,
            insn: u32,
        ) {
            let $state = State { world, pc, base, k, fp, insn: Insn(insn) };
            $body
        }
    };
}
pub(super) use handler_fn;

/// A handler.
#[cfg(target_arch = "x86_64")]
pub(super) type Handler = for<'gc> unsafe extern "sysv64-unwind" fn(
    *mut World<'gc>,
    *const u32,
    *mut Value<'gc>,
    *const Value<'gc>,
    *mut Frame<'gc>,
    u32,
);
/// A handler.
#[cfg(not(target_arch = "x86_64"))]
pub(super) type Handler =
    for<'gc> unsafe extern "C-unwind" fn(*mut World<'gc>, *const u32, *mut Value<'gc>, *const Value<'gc>, *mut Frame<'gc>, u32);

/// What the running instruction knows.
#[derive(Clone, Copy)]
pub(super) struct State<'gc> {
    pub(super) world: *mut World<'gc>,
    /// The word behind the instruction word: its first extra word, or the next instruction.
    pub(super) pc: *const u32,
    /// Register 0 of the running frame.
    pub(super) base: *mut Value<'gc>,
    /// Constant 0 of the running code.
    pub(super) k: *const Value<'gc>,
    /// The running frame.
    pub(super) fp: *mut Frame<'gc>,
    pub(super) insn: Insn,
}

/// What a slow path does; a function without captured values, so that no memory is needed to hand it over.
pub(super) trait Work<'gc>: Copy + FnOnce(State<'gc>, &mut Cx<'_, 'gc>) -> Flow<'gc> {}
impl<'gc, F: Copy + FnOnce(State<'gc>, &mut Cx<'_, 'gc>) -> Flow<'gc>> Work<'gc> for F {}

#[expect(unsafe_op_in_unsafe_fn, reason = "one argument for all of them: see the head of this file")]
impl<'gc> State<'gc> {
    /// The state of the stack's top frame, before its next instruction.
    #[inline(always)]
    pub(super) unsafe fn load(world: *mut World<'gc>) -> Self {
        let stack = &mut (*world).stack;
        let fp = stack.frames.as_mut_ptr().add(stack.frames.len() - 1);
        let base = stack.values.as_mut_ptr().add(stack.base);
        State { world, pc: (*fp).pc, base, k: (*fp).k, fp, insn: Insn(0) }
    }

    /// Writes the state back to the stack, for whatever may look at it.
    #[inline(always)]
    pub(super) unsafe fn sync(&self) {
        let stack = &mut (*self.world).stack;
        (*self.fp).pc = self.pc;
        stack.base = self.base.offset_from(stack.values.as_ptr()) as usize;
        stack.frames.set_len(self.fp.offset_from(stack.frames.as_ptr()) as usize + 1);
    }

    /// Goes on with the next instruction. Must be the last thing a handler does.
    #[inline(always)]
    pub(super) unsafe fn next(self) {
        #[cfg(tail_dispatch)]
        self.dispatch();
        #[cfg(not(tail_dispatch))]
        self.sync();
    }

    /// Runs the next instruction, and with `tail_dispatch` all that follow until the loop is left.
    #[inline(always)]
    pub(super) unsafe fn dispatch(self) {
        let insn = *self.pc;
        let handlers = &raw const (*self.world).handlers;
        let handler: Handler = std::mem::transmute::<*const (), Handler>((*handlers)[insn as u8 as usize]);
        handler(self.world, self.pc.add(1), self.base, self.k, self.fp, insn);
    }

    /// Goes on in another handler with the same instruction. Handlers use it to keep what is rare, and the registers it takes, out of
    /// what is frequent. Must be the last thing a handler does.
    #[inline(always)]
    pub(super) unsafe fn go(self, handler: Handler) {
        handler(self.world, self.pc, self.base, self.k, self.fp, self.insn.0);
    }

    /// A slow path: `work` runs out of line, then the next instruction. Must be the last thing a handler does.
    #[inline(always)]
    pub(super) unsafe fn slow<F: Work<'gc>>(self, work: F) {
        let _ = work;
        outlined::<F>(self.world, self.pc, self.base, self.k, self.fp, self.insn.0);
    }

    /// Work that belongs to the instruction's usual way: out of line, because it needs memory, but not unlikely. Must be the last thing
    /// a handler does.
    #[inline(always)]
    pub(super) unsafe fn through<F: Work<'gc>>(self, work: F) {
        let _ = work;
        continued::<F>(self.world, self.pc, self.base, self.k, self.fp, self.insn.0);
    }

    /// As `through`, for work whose value goes to the register that the operand `TO` names, and which leaves the stack alone when it
    /// gives a value.
    #[inline(always)]
    pub(super) unsafe fn compute<F: Compute<'gc>, const TO: char>(self, work: F) {
        let _ = work;
        computed::<F, TO>(self.world, self.pc, self.base, self.k, self.fp, self.insn.0);
    }

    /// The register that an operand names.
    #[inline(always)]
    unsafe fn operand<const TO: char>(&self) -> u8 {
        match TO {
            'A' => self.insn.a(),
            'B' => self.insn.b(),
            _ => self.insn.c(),
        }
    }

    /// Runs work, then the next instruction.
    #[inline(always)]
    unsafe fn resume_after<F: Work<'gc>>(self) {
        if in_memory::<F>(self.world, self.pc, self.base, self.k, self.fp, self.insn.0) {
            State::load(self.world).next();
        }
    }

    /// Access to the world for a slow path.
    #[inline(always)]
    pub(super) unsafe fn cx<'a>(&self) -> Cx<'a, 'gc> {
        Cx { mc: &*(*self.world).mutation.cast::<Mutation<'gc>>(), world: &mut *self.world }
    }

    /// Where the frame goes on after a slow path; only there.
    #[inline(always)]
    pub(super) unsafe fn set_pc(&self, pc: *const u32) {
        (*self.fp).pc = pc;
    }

    // Operands.

    #[inline(always)]
    pub(super) unsafe fn r(&self, register: u8) -> *mut Value<'gc> {
        self.base.add(register as usize)
    }

    #[inline(always)]
    pub(super) unsafe fn a(&self) -> *mut Value<'gc> {
        self.r(self.insn.a())
    }

    #[inline(always)]
    pub(super) unsafe fn b(&self) -> *mut Value<'gc> {
        self.r(self.insn.b())
    }

    #[inline(always)]
    pub(super) unsafe fn c(&self) -> *mut Value<'gc> {
        self.r(self.insn.c())
    }

    /// Constant number C.
    #[inline(always)]
    pub(super) unsafe fn kc(&self) -> *const Value<'gc> {
        self.k.add(self.insn.c() as usize)
    }

    /// Constant number Bx.
    #[inline(always)]
    pub(super) unsafe fn kbx(&self) -> *const Value<'gc> {
        self.k.add(self.insn.bx() as usize)
    }

    /// Extra word number `i`.
    #[inline(always)]
    pub(super) unsafe fn word(&self, i: usize) -> u32 {
        *self.pc.add(i)
    }

    /// Steps over `n` extra words.
    #[inline(always)]
    pub(super) unsafe fn skip(mut self, n: usize) -> Self {
        self.pc = self.pc.add(n);
        self
    }

    // Results.

    #[inline(always)]
    pub(super) unsafe fn set_int(self, dst: *mut Value<'gc>, v: i64) {
        let dst = dst.cast::<u64>();
        dst.write(Tag::INT);
        dst.add(1).write(v as u64);
    }

    #[inline(always)]
    pub(super) unsafe fn set_float(self, dst: *mut Value<'gc>, v: f64) {
        let dst = dst.cast::<u64>();
        dst.write(Tag::FLOAT);
        dst.add(1).write(v.to_bits());
    }

    #[inline(always)]
    pub(super) unsafe fn set_tag(self, dst: *mut Value<'gc>, tag: u64) {
        dst.cast::<u64>().write(tag);
    }

    #[inline(always)]
    pub(super) unsafe fn set_bool(self, dst: *mut Value<'gc>, v: bool) {
        self.set_tag(dst, Tag::FALSE + u64::from(v));
    }

    /// R[A] = an int; next.
    #[inline(always)]
    pub(super) unsafe fn give_int(self, v: i64) {
        self.set_int(self.a(), v);
        self.next();
    }

    /// R[A] = a float; next.
    #[inline(always)]
    pub(super) unsafe fn give_float(self, v: f64) {
        self.set_float(self.a(), v);
        self.next();
    }

    /// R[A] = a bool; next.
    #[inline(always)]
    pub(super) unsafe fn give_bool(self, v: bool) {
        self.set_bool(self.a(), v);
        self.next();
    }

    /// R[A] = a copy; next.
    #[inline(always)]
    pub(super) unsafe fn give(self, src: *const Value<'gc>) {
        copy_value(self.a(), src);
        self.next();
    }

    // Control.

    /// The next extra word is the offset of a jump: takes it or steps over it.
    #[inline(always)]
    pub(super) unsafe fn jump(mut self, condition: bool) {
        if condition {
            let offset = *self.pc as i32;
            self.pc = self.pc.offset(offset as isize + 1);
            self.next();
        } else {
            self.pc = self.pc.add(1);
            self.next();
        }
    }

    /// Counts a safe point; true when something is due.
    #[inline(always)]
    pub(super) unsafe fn is_due(&self) -> bool {
        let ticks = (*self.world).ticks.get() - 1;
        (*self.world).ticks.set(ticks);
        ticks < 0
    }

    /// Leaves the loop at a safe point. The instruction of `words` words runs again later.
    #[inline(always)]
    pub(super) unsafe fn tick_before(mut self, words: usize) {
        self.pc = self.pc.sub(words);
        self.slow(|_, _| Flow::Leave(Exit::Tick));
    }

    /// At a back-edge of replaced code: whether the frame has gone over to the new code; if so, the state has to be read again.
    #[inline(always)]
    pub(super) unsafe fn moves(&self) -> bool {
        moved(self.world, self.pc, self.base, self.k, self.fp, self.insn.0)
    }

    /// Rewrites the instruction's opcode in place.
    #[inline(always)]
    pub(super) unsafe fn quicken(&self, op: Op) {
        self.pc.sub(1).cast_mut().cast::<u8>().write(op as u8);
    }

    /// Whether stores need a barrier now. Handlers leave such stores to slow paths.
    #[inline(always)]
    pub(super) unsafe fn is_marking(&self) -> bool {
        (*self.world).marking
    }

    /// Makes a frame for a function whose window starts `delta` slots above the base; `None` when the slow way has to do it.
    #[inline(always)]
    pub(super) unsafe fn enter(self, function: Gc<'gc, Function<'gc>>, delta: usize, argc: usize, dst: u8) -> Option<Self> {
        self.enter_as(function, delta, argc, dst, ReturnMode::Store)
    }

    /// As `enter`, with something else to be done with what the function returns.
    #[inline(always)]
    pub(super) unsafe fn enter_as(
        mut self,
        function: Gc<'gc, Function<'gc>>,
        delta: usize,
        argc: usize,
        dst: u8,
        mode: ReturnMode,
    ) -> Option<Self> {
        let proto = function.proto();
        let base = self.base.add(delta);
        let next = self.fp.add(1);
        let stack = &(*self.world).stack;
        if proto.arity() as usize == argc && base.add(proto.frame_slots as usize) <= stack.limit && next < stack.frames_end {
            (*self.fp).pc = self.pc;
            self.pc = proto.code.start();
            self.k = proto.consts();
            next.write(Frame { pc: self.pc, k: self.k, proto, delta: delta as u32, dst, mode });
            self.fp = next;
            self.base = base;
            Some(self)
        } else {
            None
        }
    }
}

handler_fn! {
    /// Tail-called by handlers on unlikely ways.
    #[cold]
    #[inline(never)]
    fn outlined<'gc, F: Work<'gc>>(state) {
        // SAFETY: see the head of this file.
        unsafe { state.resume_after::<F>() }
    }
}

handler_fn! {
    /// Tail-called by handlers.
    #[inline(never)]
    fn continued<'gc, F: Work<'gc>>(state) {
        // SAFETY: see the head of this file.
        unsafe { state.resume_after::<F>() }
    }
}

/// Work that gives a value; see [`State::compute`].
pub(super) trait Compute<'gc>: Copy + FnOnce(State<'gc>, &mut Cx<'_, 'gc>) -> NativeResult<'gc> {}
impl<'gc, F: Copy + FnOnce(State<'gc>, &mut Cx<'_, 'gc>) -> NativeResult<'gc>> Compute<'gc> for F {}

/// What became of work that gives a value.
#[derive(PartialEq, Eq)]
#[repr(u8)]
enum Computed {
    /// The value is in its register, and nothing else has changed.
    Stored,
    /// Frames or slots may have moved.
    Reload,
    /// The loop is to be left.
    Leave,
}

handler_fn! {
    /// Tail-called by handlers.
    #[inline(never)]
    fn computed<'gc, F: Compute<'gc>, const TO: char>(state) {
        // SAFETY: see the head of this file.
        unsafe {
            match compute_in_memory::<F, TO>(state.world, state.pc, state.base, state.k, state.fp, state.insn.0) {
                Computed::Stored => state.next(),
                Computed::Reload => State::load(state.world).next(),
                Computed::Leave => {}
            }
        }
    }
}

#[inline(never)]
unsafe fn compute_in_memory<'gc, F: Compute<'gc>, const TO: char>(
    world: *mut World<'gc>,
    pc: *const u32,
    base: *mut Value<'gc>,
    k: *const Value<'gc>,
    fp: *mut Frame<'gc>,
    insn: u32,
) -> Computed {
    const { assert!(size_of::<F>() == 0, "a slow path captures nothing") };
    let state = State { world, pc, base, k, fp, insn: Insn(insn) };
    // SAFETY: as in `in_memory`.
    unsafe {
        let work = std::ptr::NonNull::<F>::dangling().read();
        state.sync();
        let mut cx = state.cx();
        match work(state, &mut cx) {
            Ok(value) => {
                copy_value(state.r(state.operand::<TO>()), &raw const value);
                Computed::Stored
            }
            Err(control) => match cx.control(control, state.operand::<TO>(), ReturnMode::Store) {
                Flow::Reload => Computed::Reload,
                Flow::Leave(exit) => {
                    cx.world.exit = Some(exit);
                    Computed::Leave
                }
            },
        }
    }
}

/// See [`State::moves`].
#[inline(never)]
unsafe fn moved<'gc>(
    world: *mut World<'gc>,
    pc: *const u32,
    base: *mut Value<'gc>,
    k: *const Value<'gc>,
    fp: *mut Frame<'gc>,
    insn: u32,
) -> bool {
    let state = State { world, pc, base, k, fp, insn: Insn(insn) };
    // SAFETY: see the head of this file.
    unsafe {
        state.sync();
        state.cx().move_frame()
    }
}

/// Runs slow work with the state in memory. False when the loop is to be left.
#[inline(never)]
unsafe fn in_memory<'gc, F: Work<'gc>>(
    world: *mut World<'gc>,
    pc: *const u32,
    base: *mut Value<'gc>,
    k: *const Value<'gc>,
    fp: *mut Frame<'gc>,
    insn: u32,
) -> bool {
    const { assert!(size_of::<F>() == 0, "a slow path captures nothing") };
    let state = State { world, pc, base, k, fp, insn: Insn(insn) };
    // SAFETY: a value of a type without size has no bytes, and `F` was inhabited where it was named. The rest: see the head of this file.
    unsafe {
        let work = std::ptr::NonNull::<F>::dangling().read();
        state.sync();
        let mut cx = state.cx();
        match work(state, &mut cx) {
            Flow::Reload => true,
            Flow::Leave(exit) => {
                cx.world.exit = Some(exit);
                false
            }
        }
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Ends a slow path with the shape of a native.
    #[inline]
    pub(super) fn finish(&mut self, result: NativeResult<'gc>, dst: u8, mode: ReturnMode) -> Flow<'gc> {
        match result {
            Ok(value) => {
                self.deliver(value, dst, mode);
                Flow::Reload
            }
            Err(control) => self.control(control, dst, mode),
        }
    }
}

/// The slow path of an instruction whose result, made by an expression over the state and the world, goes to a register.
macro_rules! slow {
    ($state:expr, |$s:ident, $cx:ident| $result:expr) => {
        $crate::interp::state::slow!($state, |$s, $cx| $result, $s.insn.a(), ReturnMode::Store)
    };
    ($state:expr, |$s:ident, $cx:ident| $result:expr, $dst:expr) => {
        $crate::interp::state::slow!($state, |$s, $cx| $result, $dst, ReturnMode::Store)
    };
    ($state:expr, |$s:ident, $cx:ident| $result:expr, $dst:expr, $mode:expr) => {
        $state.slow(|$s, $cx| {
            let result = $result;
            $cx.finish(result, $dst, $mode)
        })
    };
}
pub(super) use slow;

/// As `slow`, for what is not unlikely.
macro_rules! through {
    ($state:expr, |$s:ident, $cx:ident| $result:expr) => {
        $state.compute::<_, 'A'>(|$s, $cx| $result)
    };
    ($state:expr, |$s:ident, $cx:ident| $result:expr, $to:literal) => {
        $state.compute::<_, $to>(|$s, $cx| $result)
    };
    ($state:expr, |$s:ident, $cx:ident| $result:expr, $dst:expr, $mode:expr) => {
        $state.through(|$s, $cx| {
            let result = $result;
            $cx.finish(result, $dst, $mode)
        })
    };
}
pub(super) use through;

/// The tag word of the value at an address.
#[inline(always)]
pub(super) unsafe fn tag(value: *const Value<'_>) -> u64 {
    // SAFETY: the caller's: a slot that holds a value; the tag comes first.
    unsafe { *value.cast::<u64>() }
}

/// The payload as an int.
#[inline(always)]
pub(super) unsafe fn int(value: *const Value<'_>) -> i64 {
    // SAFETY: the caller's.
    unsafe { *value.cast::<i64>().add(1) }
}

/// The payload as a float.
#[inline(always)]
pub(super) unsafe fn float(value: *const Value<'_>) -> f64 {
    // SAFETY: the caller's.
    unsafe { f64::from_bits(*value.cast::<u64>().add(1)) }
}

/// The payload as a pointer; the caller has looked at the tag, or the compiler has put such a value there.
#[inline(always)]
pub(super) unsafe fn pointer<'gc, T>(value: *const Value<'gc>) -> Gc<'gc, T> {
    // SAFETY: the caller's.
    unsafe { Gc::from_ptr(*value.cast::<*const T>().add(1)) }
}
