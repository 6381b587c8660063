//! Fibers.
//!
//! A fiber that is suspended keeps its own stack. One that runs, or waits for a fiber that it has resumed, keeps the stack of whoever
//! resumed it: to resume and to yield is to exchange that stack with the running one.

use super::{ReturnMode, SavedStack, Stack};
use crate::heap::Value;
use gc_arena::lock::Lock;
use gc_arena::{Collect, Gc, Mutation};
use std::cell::Cell;

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

/// What a fiber was resumed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resumption {
    /// `resume`: its function's result is the last value.
    Resume,
    /// The next item of an iteration: its function's end is the end.
    Next,
    /// `cancel`: it is to end.
    Cancel,
}

/// A coroutine.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Fiber<'gc> {
    /// Where it stands.
    #[collect(require_static)]
    pub state: Cell<FiberState>,
    /// What it was resumed for last.
    #[collect(require_static)]
    pub resumption: Cell<Resumption>,
    /// How often a `yield` has raised CancelledError since it was cancelled.
    #[collect(require_static)]
    pub cancels: Cell<u8>,
    /// Where the top frame of the stack that is kept wants the value it waits for.
    #[collect(require_static)]
    pub wanted: Cell<(u8, ReturnMode)>,
    stack: SavedStack<'gc>,
    resumer: Lock<Option<Gc<'gc, Fiber<'gc>>>>,
    /// The function it runs.
    pub body: Value<'gc>,
}

impl<'gc> Fiber<'gc> {
    /// A fiber that has not started.
    pub fn new(mc: &Mutation<'gc>, body: Value<'gc>) -> Gc<'gc, Self> {
        Gc::new(
            mc,
            Fiber {
                state: Cell::new(FiberState::New),
                resumption: Cell::new(Resumption::Resume),
                cancels: Cell::new(0),
                wanted: Cell::new((0, ReturnMode::Store)),
                stack: SavedStack::new(Stack::empty()),
                resumer: Lock::new(None),
                body,
            },
        )
    }

    /// Exchanges the stack that is kept with the running one.
    #[inline]
    pub fn swap(this: Gc<'gc, Self>, mc: &Mutation<'gc>, running: &mut Stack<'gc>) {
        this.stack.swap(Gc::erase(this), mc, running);
    }

    /// The stack that is kept.
    pub fn stack(&self) -> &SavedStack<'gc> {
        &self.stack
    }

    /// The fiber that resumed it, while it runs; `None` when it was resumed outside of all fibers.
    #[inline]
    pub fn resumer(&self) -> Option<Gc<'gc, Fiber<'gc>>> {
        self.resumer.get()
    }

    /// Notes who resumed it. To be called in the same slice as `swap`, whose barrier covers it.
    #[inline]
    pub fn set_resumer(&self, resumer: Option<Gc<'gc, Fiber<'gc>>>) {
        // SAFETY: `swap` runs the barrier in the same slice.
        unsafe { self.resumer.as_cell() }.set(resumer);
    }
}
