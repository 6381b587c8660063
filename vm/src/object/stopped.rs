//! A program that has stopped at an error, with all its calls alive.

use super::{Fiber, Task};
use crate::heap::Value;
use gc_arena::{Collect, Gc};

/// Whether and where the program has stopped.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub struct Stopping<'gc> {
    /// Whether errors that nothing would catch stop the program.
    pub is_on: bool,
    /// Where it has stopped.
    pub stopped: Option<Stopped<'gc>>,
    /// The error that was let go on up: it stops nothing any more.
    pub given_up: Value<'gc>,
    /// What the call returns to which the stack is being unwound.
    pub given: Value<'gc>,
}

/// An error at which the program has stopped.
#[derive(Collect, Clone, Copy)]
#[collect(no_drop)]
pub struct Stopped<'gc> {
    /// The wait of the task that has stopped.
    pub ticket: u64,
    /// The error.
    pub error: Value<'gc>,
    /// The task.
    pub task: Gc<'gc, Task<'gc>>,
    /// The fiber in which the error was raised.
    pub fiber: Option<Gc<'gc, Fiber<'gc>>>,
}

/// How a program goes on that has stopped. Calls are given by their depth: how many others are below them, those of resumers included.
#[derive(Collect, Clone, Copy)]
#[collect(no_drop)]
pub enum GoOn<'gc> {
    /// The error goes on up.
    Abort,
    /// A call is made once more, with its original arguments.
    Retry(usize),
    /// A call returns a value.
    Return(usize, Value<'gc>),
    /// The innermost loop of a call goes on, in the newest code.
    Turn(usize),
    /// The instruction that failed is carried out again.
    Again,
}
