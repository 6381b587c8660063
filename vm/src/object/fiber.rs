//! Stacks, frames and fibers.
//!
//! A stack is one run of values and a run of frames beside it. Every slot is always an initialised value. Only the slots below the
//! top frame's end are traced; whatever stands above is cleared before a collection can free what it refers to
//! ([`Stack::clear_above_top`]), so that a callee's registers need not be cleared at each call: what they hold from earlier calls
//! was alive at the last collection, and is kept alive by being traced.

use super::Proto;
use crate::heap::Value;
use crate::limits;
use gc_arena::collect::Trace;
use gc_arena::lock::{Lock, RefLock};
use gc_arena::{Collect, Gc};
use std::cell::Cell;

/// What happens with the value a frame returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ReturnMode {
    /// It goes to the caller's register.
    Store,
    /// It is dropped: constructors, setters, slot defaults.
    Discard,
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
}

/// One activation.
#[derive(Clone, Copy)]
pub struct Frame<'gc> {
    /// Where it goes on. Up to date whenever the frame is not the running one, and at every slow path.
    pub pc: *const u32,
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
    pub soft_limit: usize,
}

// SAFETY: traces all frames' code and every slot below the end of the top frame; slots above are cleared by `clear_above_top` before
// each collection slice, and stores to the running stack need no barrier because the root, which owns it, is traced again at the
// end of marking. Suspended stacks are owned by fibers, whose changes run a barrier.
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
    /// An empty stack with room for `slots` values.
    pub fn new(slots: usize) -> Self {
        Stack { values: vec![Value::Nil; slots], frames: Vec::new(), base: 0, soft_limit: slots }
    }

    /// One past the last slot that a frame may use.
    pub fn top(&self) -> usize {
        let registers = self.frames.last().map_or(0, |f| f.proto.registers as usize + limits::SCRATCH_SLOTS);
        (self.base + registers).min(self.values.len())
    }

    /// Clears what earlier calls left above the top frame. Must run before each collection slice.
    pub fn clear_above_top(&mut self) {
        let top = self.top();
        let limit = self.soft_limit.min(self.values.len());
        if top < limit {
            self.values[top..limit].fill(Value::Nil);
        }
        self.soft_limit = (top + 256).min(self.values.len()).max(top);
    }

    /// Makes room for slots up to `end`; false when that passes the limit.
    pub fn reserve(&mut self, end: usize) -> bool {
        if end > self.values.len() {
            if end > limits::STACK_SLOTS_MAX {
                return false;
            }
            let grown = (self.values.len() * 2).max(end + 64).min(limits::STACK_SLOTS_MAX);
            self.values.resize(grown, Value::Nil);
        }
        self.soft_limit = (end * 2).min(self.values.len()).max(end);
        true
    }

    /// Base of every frame, outermost first.
    pub fn bases(&self) -> Vec<usize> {
        let mut at = 0;
        self.frames.iter().map(|f| { at += f.delta as usize; at }).collect()
    }
}

/// Where a fiber stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FiberState {
    /// Not started.
    New,
    /// Suspended in a `yield`.
    Suspended,
    /// Running, or waiting for a fiber that it resumed.
    Running,
    /// Finished.
    Done,
}

/// A coroutine.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Fiber<'gc> {
    /// Where it stands.
    #[collect(require_static)]
    pub state: Cell<FiberState>,
    /// Its stack while it does not run.
    pub stack: RefLock<Option<Box<Stack<'gc>>>>,
    /// The fiber that resumed it.
    pub resumer: Lock<Option<Gc<'gc, Fiber<'gc>>>>,
    /// The function it runs.
    pub body: Value<'gc>,
}
