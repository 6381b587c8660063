//! What a commit that is running has yet to do.

use super::{Class, Definition, Direction, Function, Proto, SharedBefore, Symbol, SymbolMap};
use crate::heap::Value;
use gc_arena::{Collect, Gc};
use lang::source::{Source, Span};

/// What a commit has yet to do while the top level of its files runs.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub struct Loading<'gc> {
    /// Which way it goes. One that takes another one back gives what that has renamed its old name.
    pub direction: Direction,
    /// Classes and enums whose hooks are taken back with the commit that brought them.
    pub hooks_left: Vec<String>,
    /// Edited hooks that are for instances of earlier layouts only.
    #[collect(require_static)]
    pub hooks_late: Vec<LateHook>,
    /// Code that takes the place of other code with loops.
    pub tentative: Vec<Gc<'gc, Proto<'gc>>>,
    /// Definitions whose initialiser has not run yet; code that needs one is suspended until it has.
    pub pending: SymbolMap<'gc, Vec<Gc<'gc, Definition<'gc>>>>,
    /// The definition that the loop was left for.
    pub needed: Option<Gc<'gc, Definition<'gc>>>,
    /// Definitions that get no value, with the reason, for the errors of the code that needs them.
    pub unavailable: Vec<(Gc<'gc, Definition<'gc>>, String)>,
    /// Classes whose shared slots and decorated members are still to be computed.
    pub class_tasks: Vec<Option<ClassTasks<'gc>>>,
    /// New tasks of classes whose turn comes in the load around this commit.
    pub tasks_outside: Vec<ClassTasks<'gc>>,
    /// Functions and classes whose decorators have yet to run, with their definitions.
    pub undecorated: Vec<(Gc<'gc, Definition<'gc>>, Value<'gc>)>,
    /// Classes with the names of their shared slots and decorated members that are computed from something that changes.
    pub stirred: Vec<(Gc<'gc, Class<'gc>>, Vec<Symbol<'gc>>)>,
    /// Functions that have not been decorated before, and are now, with their definitions.
    pub plain: Vec<(Gc<'gc, Definition<'gc>>, Gc<'gc, Function<'gc>>)>,
    /// Definitions that get another object, with the one they had.
    pub overwritten: Vec<(Gc<'gc, Definition<'gc>>, Value<'gc>)>,
    /// The cells with which older generations go on, with those that they were.
    pub copies: Vec<(Gc<'gc, Definition<'gc>>, Gc<'gc, Definition<'gc>>)>,
    /// Definitions that turn out to be older ones with a new name, with the object that they had until now.
    pub interim: Vec<(Gc<'gc, Definition<'gc>>, Value<'gc>)>,
    /// Shared slots that are evaluated anew, or get back what they were.
    pub shared_replaced: Vec<SharedBefore<'gc>>,
}

/// A hook whose text is edited when the slots that it reads have long left.
pub struct LateHook {
    /// Qualified name of the class.
    pub class: String,
    /// Number of the layout whose instances it is not for.
    pub layout: u32,
    /// What it reads and that layout does not have.
    pub missing: Vec<String>,
    /// Where it stands.
    pub source: Source,
    /// Its place there.
    pub span: Span,
}

/// A class with what is left to run of it.
pub type ClassTasks<'gc> = (Gc<'gc, Class<'gc>>, Vec<crate::link::ClassTask<'gc>>);
