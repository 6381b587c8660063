//! A program that has stopped at an error, with all its calls alive.

use super::{Definition, Fiber, Task};
use crate::heap::Value;
use gc_arena::{Collect, Gc};

/// What becomes of an error that nothing would catch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnError {
    /// It ends the calls that it goes through, and the host gets it.
    #[default]
    Unwind,
    /// The program stops where the error was raised, with all its calls alive, and waits there.
    Wait,
    /// The same, but the host gets the error at once. The calls stay as they are until the host lets them go on, or the next error comes.
    Return,
}

/// Whether and where the program has stopped.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub struct Stopping<'gc> {
    /// What becomes of errors that nothing would catch.
    #[collect(require_static)]
    pub on_error: OnError,
    /// Where it has stopped.
    pub stopped: Option<Stopped<'gc>>,
    /// Where it had stopped when the next error came: these errors go on up once that one has been told.
    pub older: Vec<Stopped<'gc>>,
    /// Errors that were let go on up: they stop nothing any more.
    pub given_up: Vec<Value<'gc>>,
    /// What calls return to which the stack is being unwound, by the number of the way.
    pub given: Vec<(u64, Value<'gc>)>,
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
    /// The definition without value that the instruction looked for which has failed, if that was all it did.
    pub missing: Option<Gc<'gc, Definition<'gc>>>,
    /// Whether the host has decided how it goes on, though its turn has not come yet.
    pub is_answered: bool,
}

impl<'gc> Stopping<'gc> {
    /// Where it has stopped and waits for an answer.
    pub fn open(&self) -> Option<Stopped<'gc>> {
        self.stopped.filter(|stopped| !stopped.is_answered)
    }

    /// The tasks that have stopped.
    pub fn kept(&self) -> Vec<Gc<'gc, Task<'gc>>> {
        self.stopped.iter().chain(&self.older).map(|stopped| stopped.task).collect()
    }
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
