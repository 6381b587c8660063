//! Stacks and frames.
//!
//! A stack is one run of values and a run of frames beside it. Every slot is always an initialised value. Only the slots below the
//! top frame's end are traced; whatever stands above is cleared before a collection can free what it refers to
//! ([`Stack::clear_above_top`]), so that a callee's registers need not be cleared at each call: what they hold from earlier calls
//! was alive at the last collection, and is kept alive by being traced.

use super::Proto;
use crate::heap::{Value, copy_value};
use crate::limits;
use gc_arena::collect::Trace;
use gc_arena::{Collect, Gc, Mutation};
use std::cell::{Cell, UnsafeCell};

/// What happens with the value a frame returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ReturnMode {
    /// It goes to the caller's register.
    Store,
    /// It is dropped: setters, slot defaults.
    Discard,
    /// It is dropped, and the new instance, register 0 of the returning frame, goes to the caller's register.
    Construct,
    /// Its truthiness goes to the caller's register: comparison methods.
    Truth,
    /// The opposite of its truthiness goes to the caller's register.
    NotTruth,
    /// The caller's compare-and-jump instruction is finished: jump if truthy.
    JumpIf,
    /// The caller's compare-and-jump instruction is finished: jump if falsy.
    JumpIfNot,
    /// The caller's `Next` instruction is finished: `stop` jumps.
    Next,
    /// The caller's `MapItem` or `SlotItem` instruction is finished: unset jumps.
    Item,
}

/// One activation.
#[derive(Clone, Copy)]
pub struct Frame<'gc> {
    /// Where it goes on. Up to date whenever the frame is not the running one, and at every slow path.
    pub pc: *const u32,
    /// Its code's constants.
    pub k: *const Value<'gc>,
    /// Its code.
    pub proto: Gc<'gc, Proto<'gc>>,
    /// Its base register minus its caller's.
    pub delta: u32,
    /// Register of the caller that receives the result.
    pub dst: u8,
    /// What happens with the result.
    pub mode: ReturnMode,
}

/// Values and frames of one fiber.
pub struct Stack<'gc> {
    /// All slots, always initialised.
    pub values: Vec<Value<'gc>>,
    /// Frames, outermost first.
    pub frames: Vec<Frame<'gc>>,
    /// Base of the top frame, as an index; kept while the fiber does not run.
    pub base: usize,
    /// Slots from here on are nil: no frame has used them since they were cleared.
    soft_limit: usize,
    /// Address of slot `soft_limit`; a call that needs more goes the slow way.
    pub limit: *mut Value<'gc>,
    /// One past the last frame there is room for; a call beyond goes the slow way.
    pub frames_end: *mut Frame<'gc>,
    /// Most frames.
    pub depth_limit: usize,
    /// Sends every call the slow way, which records what an initialiser uses.
    force_slow: bool,
}

// SAFETY: traces all frames' code and every slot below the end of the top frame; slots above are cleared by `clear_above_top` before
// each collection slice, and stores to the running stack need no barrier because the root, which owns it, is traced again at the
// end of marking. Stacks that do not run are in a `SavedStack`, which clears them when it is traced.
unsafe impl<'gc> Collect<'gc> for Stack<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        for frame in &self.frames {
            frame.proto.trace(cc);
        }
        for value in &self.values[..self.top()] {
            value.trace(cc);
        }
    }
}

impl<'gc> Stack<'gc> {
    /// A stack without room, which costs nothing.
    pub fn empty() -> Self {
        Stack {
            values: Vec::new(),
            frames: Vec::new(),
            base: 0,
            soft_limit: 0,
            limit: std::ptr::null_mut(),
            frames_end: std::ptr::null_mut(),
            depth_limit: 0,
            force_slow: false,
        }
    }

    /// An empty stack with room for `slots` values.
    pub fn new(slots: usize, depth_limit: usize) -> Self {
        let mut stack = Stack {
            values: vec![Value::Nil; slots],
            frames: Vec::with_capacity(4),
            base: 0,
            soft_limit: slots,
            limit: std::ptr::null_mut(),
            frames_end: std::ptr::null_mut(),
            depth_limit,
            force_slow: false,
        };
        stack.set_limits(slots);
        stack
    }

    fn set_limits(&mut self, soft_limit: usize) {
        self.soft_limit = soft_limit;
        self.limit = self.values.as_mut_ptr().wrapping_add(soft_limit);
        let frames = if self.force_slow { 0 } else { self.frames.capacity().min(self.depth_limit) };
        self.frames_end = self.frames.as_mut_ptr().wrapping_add(frames);
    }

    /// Sends every call the slow way, or no longer.
    #[inline]
    pub fn force_slow(&mut self, on: bool) {
        if self.force_slow != on {
            self.force_slow = on;
            self.set_limits(self.soft_limit);
        }
    }

    /// Sets how many frames it may have.
    #[inline]
    pub fn limit_depth(&mut self, depth_limit: usize) {
        if self.depth_limit != depth_limit {
            self.depth_limit = depth_limit;
            self.set_limits(self.soft_limit);
        }
    }

    /// Notes in the code of its calls that it is suspended; false if they are so many that only the innermost are noted.
    #[inline]
    pub fn note_suspension(&self) -> bool {
        self.frames.iter().rev().take(limits::NOTED_CALLS_MAX).for_each(|frame| frame.proto.was_suspended.set(true));
        self.frames.len() <= limits::NOTED_CALLS_MAX
    }

    /// Bytes of its buffers.
    pub fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<Value>() + self.frames.capacity() * size_of::<Frame>()
    }

    /// One past the last slot that the top frame may use.
    pub fn top(&self) -> usize {
        let slots = self.frames.last().map_or(0, |f| f.proto.frame_slots as usize);
        (self.base + slots).min(self.values.len())
    }

    /// The values of all frames.
    pub fn values(&self) -> Vec<Value<'gc>> {
        self.values[..self.top()].to_vec()
    }

    /// One past the last register of the top frame: where slow paths put windows of their own.
    pub fn scratch(&self) -> usize {
        self.base + self.frames.last().map_or(0, |f| f.proto.registers as usize)
    }

    /// Clears what earlier calls left above the top frame. Must run before each collection slice.
    pub fn clear_above_top(&mut self) {
        let top = self.top();
        if top < self.soft_limit {
            self.values[top..self.soft_limit].fill(Value::Nil);
        }
        // What a deep call has needed is not kept for ever.
        let kept = (top * 4).max(limits::IDLE_SLOTS_MAX);
        if self.values.len() > kept {
            self.values.truncate(kept);
            self.values.shrink_to(kept);
            self.frames.shrink_to(self.frames.len() * 2);
        }
        self.set_limits((top + 256).min(self.values.len()));
    }

    /// Makes room for slots up to `end`; false when that passes the limit. Moves the slots.
    #[must_use]
    pub fn reserve(&mut self, end: usize) -> bool {
        if end > self.values.len() {
            if end > limits::STACK_SLOTS_MAX {
                return false;
            }
            let grown = (self.values.len() * 2).max(end + 16).min(limits::STACK_SLOTS_MAX);
            self.values.reserve_exact(grown - self.values.len());
            self.values.resize(grown, Value::Nil);
        }
        if end > self.soft_limit {
            let limit = (end * 2).min(self.values.len()).max(end);
            self.set_limits(limit);
        }
        true
    }

    /// Adds a frame whose base is `base`; false when there are too many. The frame before it must have its `pc` up to date.
    #[must_use]
    pub fn push(&mut self, proto: Gc<'gc, Proto<'gc>>, base: usize, dst: u8, mode: ReturnMode) -> bool {
        if self.frames.len() >= self.depth_limit || !self.reserve(base + proto.frame_slots as usize) {
            return false;
        }
        let delta = (base - self.base) as u32;
        self.frames.push(Frame { pc: proto.code.start(), k: proto.consts(), proto, delta, dst, mode });
        self.base = base;
        self.set_limits(self.soft_limit);
        true
    }

    /// Begins on an empty stack: the frame of `stub`, which takes the result into its register 0, and above it that of `proto`, the code of `callee`, which
    /// takes just these arguments. False if there is no room for them yet.
    #[inline]
    #[must_use]
    pub fn begin(
        &mut self,
        stub: Gc<'gc, Proto<'gc>>,
        callee: Value<'gc>,
        proto: Gc<'gc, Proto<'gc>>,
        args: &[Value<'gc>],
    ) -> bool {
        const STUB_BASE: usize = 1;
        let first = STUB_BASE + stub.registers as usize + 1;
        let has_frames = self.frames.is_empty() && self.frames.capacity().min(self.depth_limit) >= 2;
        if self.force_slow || !has_frames || first + proto.frame_slots as usize > self.soft_limit {
            return false;
        }
        let window = &mut self.values[first - 1..first + args.len()];
        window[0] = callee;
        for (slot, arg) in window[1..].iter_mut().zip(args) {
            // SAFETY: both are values. As two words, because they were just written so: see the head of value.rs.
            unsafe { copy_value(slot, arg) };
        }
        let (dst, mode) = (0, ReturnMode::Store);
        let base = Frame { pc: stub.code.start(), k: stub.consts(), proto: stub, delta: STUB_BASE as u32, dst, mode };
        let top = Frame { pc: proto.code.start(), k: proto.consts(), proto, delta: (first - STUB_BASE) as u32, dst, mode };
        self.frames.push(base);
        self.frames.push(top);
        self.base = first;
        true
    }

    /// Register 0 of the top frame: the result when that is the frame below everything.
    #[inline(always)]
    pub fn result(&self) -> Value<'gc> {
        let mut result = Value::Nil;
        // SAFETY: both are values. As two words, because it was just written so: see the head of value.rs.
        unsafe { copy_value(&raw mut result, &raw const self.values[self.base]) };
        result
    }

    /// Removes the top frame.
    pub fn pop(&mut self) -> Frame<'gc> {
        let frame = self.frames.pop().expect("a frame is popped only where one was pushed");
        self.base -= frame.delta as usize;
        frame
    }

    /// Removes all frames, for another use.
    pub fn reset(&mut self) {
        self.frames.clear();
        self.base = 0;
        if self.values.len() > limits::IDLE_SLOTS_MAX {
            self.shrink();
        }
    }

    /// Gives the memory back that a deep call has needed.
    #[cold]
    fn shrink(&mut self) {
        let force_slow = self.force_slow;
        *self = Stack::new(limits::IDLE_SLOTS_MAX / 4, self.depth_limit);
        self.force_slow(force_slow);
    }

    /// Base of every frame, outermost first.
    pub fn bases(&self) -> Vec<usize> {
        let total: usize = self.frames.iter().map(|f| f.delta as usize).sum();
        let mut at = self.base - total;
        self.frames
            .iter()
            .map(|f| {
                at += f.delta as usize;
                at
            })
            .collect()
    }
}

/// A stack that does not run, inside a heap entity. Whoever swaps it runs the barrier of that entity.
pub struct SavedStack<'gc> {
    stack: UnsafeCell<Stack<'gc>>,
    /// The cycle in which its weight was noted last.
    weighed: Cell<u32>,
}

// SAFETY: traces the stack. Every change goes through `swap`, with the barrier, so that the owner is traced after its last change and
// before anything is freed; what stands above the top is cleared then, and cannot be used before the next change.
unsafe impl<'gc> Collect<'gc> for SavedStack<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        // SAFETY: nothing else looks at the stack while the collector traces.
        let stack = unsafe { &mut *self.stack.get() };
        stack.clear_above_top();
        crate::heap::note_marked_once(stack.bytes(), &self.weighed);
        stack.trace(cc);
    }
}

impl<'gc> SavedStack<'gc> {
    /// Keeps a stack.
    pub fn new(stack: Stack<'gc>) -> Self {
        SavedStack { stack: UnsafeCell::new(stack), weighed: Cell::new(0) }
    }

    /// Exchanges it with another one. `owner` is the heap entity that it is a part of.
    #[inline]
    pub fn swap(&self, owner: Gc<'gc, ()>, mc: &Mutation<'gc>, other: &mut Stack<'gc>) {
        mc.backward_barrier(owner, None);
        // SAFETY: the barrier has run; nobody holds a reference into it, because `frames` lends only to a function.
        std::mem::swap(unsafe { &mut *self.stack.get() }, other);
    }

    /// The values of all frames.
    pub fn values(&self) -> Vec<Value<'gc>> {
        // SAFETY: as for `with_frames`; what is given is a copy.
        unsafe { &*self.stack.get() }.values()
    }

    /// Lends the stack.
    pub fn with_stack<R>(&self, f: impl FnOnce(&Stack<'gc>) -> R) -> R {
        // SAFETY: as for `with_frames`.
        f(unsafe { &*self.stack.get() })
    }

    /// Lends its frames, outermost first.
    pub fn with_frames<R>(&self, f: impl FnOnce(&[Frame<'gc>]) -> R) -> R {
        // SAFETY: the reference ends with the call, and `f` has no way to swap: that needs the world's stack.
        f(unsafe { &(*self.stack.get()).frames })
    }
}
