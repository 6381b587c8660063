//! Every stack of the program, whose it is, and which of its calls go on in an old text.

use crate::heap::Value;
use crate::object::{Cx, Fiber, FiberState, Frame, SavedStack, Stack, Task};
use gc_arena::Gc;
use rustc_hash::FxHashSet;

/// Whose a stack is.
#[derive(Clone)]
pub(super) struct Owner<'gc> {
    /// The fiber whose calls these are.
    pub(super) fiber: Option<Gc<'gc, Fiber<'gc>>>,
    /// The name of the task they belong to, where that is known.
    pub(super) task: Option<String>,
    /// What has to happen before it goes on.
    pub(super) state: State,
    /// What its task waits for, if it waits.
    pub(super) waits: Option<String>,
    /// Whether the stack that was told before stands on this one.
    pub(super) is_resumer: bool,
}

/// What a stack does.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum State {
    /// It runs, or waits for what it has called.
    Running,
    /// It is that of a task that waits.
    Waiting,
    /// It is that of a fiber that is suspended.
    Suspended,
    /// It is that of the program, which has stopped at an error.
    Stopped,
}

/// What becomes of a call that is in an old text.
pub(super) enum OldCall {
    /// Its loop goes on in the new text.
    Moves,
    /// It ends as it began; why its loop cannot go on in the new text, if it is in one.
    Ends(Option<String>),
    /// Its file was overwritten: it ends as it began.
    Overwritten,
}

impl OldCall {
    /// Why it is old, and what becomes of it; `end` says until when it goes on.
    pub(super) fn reason(&self, end: &str) -> String {
        match self {
            OldCall::Moves => "its loop goes on in the new text at its next turn".to_owned(),
            OldCall::Ends(None) => format!("it goes on in its old text until {end}"),
            OldCall::Ends(Some(why)) => format!("it goes on in its old text until {end}: {why}"),
            OldCall::Overwritten => format!("it goes on in its old text until {end}: its file was overwritten"),
        }
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Stacks that are kept by tasks and by the fibers that run: they hold what goes on later.
    pub(super) fn saved_stacks(&self) -> Vec<&SavedStack<'gc>> {
        let mut all = Vec::new();
        for (task, _) in self.waiting_tasks() {
            all.push(Gc::as_ref(task).stack());
            all.extend(resumers(task.fiber()).map(|fiber| Gc::as_ref(fiber).stack()));
        }
        let running = std::iter::once(self.world.fiber).chain(self.world.parked.iter().map(|parked| parked.fiber));
        for fiber in running.flat_map(resumers) {
            all.push(Gc::as_ref(fiber).stack());
        }
        all
    }

    /// Tasks that do not run, and whose stacks are with themselves.
    fn waiting_tasks(&self) -> Vec<(Gc<'gc, Task<'gc>>, String)> {
        let tasks = &self.world.tasks;
        let busy: Vec<_> = tasks.current.iter().chain(self.world.parked.iter().filter_map(|parked| parked.task.as_ref())).collect();
        let all = tasks.levels.iter().flat_map(|level| level.main.iter().chain(level.tasks.values()));
        let kept = self.world.stopping.kept();
        let all = all.chain(
            kept.iter().filter(|task| !tasks.levels.iter().any(|level| level.main.is_some_and(|main| Gc::ptr_eq(main, **task)))),
        );
        all.filter(|task| !busy.iter().any(|busy| Gc::ptr_eq(**busy, **task))).map(|task| (*task, task.name.to_string())).collect()
    }

    /// What tasks hold beside their stacks, with the names of the tasks: what those that have not started will call, and what they go on with.
    pub(super) fn held_by_tasks(&self) -> Vec<(String, Vec<Value<'gc>>)> {
        let tasks = &self.world.tasks;
        let all = tasks.levels.iter().flat_map(|level| level.main.iter().chain(level.tasks.values()));
        let mut held: Vec<_> = all.map(|task| (task.name.to_string(), task.held())).collect();
        let wakes = tasks.wake.iter().chain(self.world.parked.iter().filter_map(|parked| parked.wake.as_deref()));
        held.extend(wakes.map(|wake| ("main".to_owned(), wake.values())));
        held
    }

    /// Fibers that are suspended, those that nothing holds any more until they are collected. Does not look at the heap.
    pub(super) fn known_fibers(&self) -> Vec<Gc<'gc, Fiber<'gc>>> {
        self.world.fibers.iter().filter_map(|fiber| fiber.upgrade(self.mc)).collect()
    }

    /// Fibers that something holds. Looks at everything alive.
    pub(super) fn held_fibers(&self) -> Vec<Gc<'gc, Fiber<'gc>>> {
        let fibers = self.values_in_a_walk(&|value| matches!(value, Value::Fiber(_)));
        fibers.into_iter().filter_map(|value| if let Value::Fiber(fiber) = value { Some(fiber) } else { None }).collect()
    }

    /// Tells every stack: what runs, what it was resumed by, tasks that wait, and those of `fibers` that are suspended.
    pub(super) fn each_stack(&self, fibers: &[Gc<'gc, Fiber<'gc>>], tell: &mut dyn FnMut(&Stack<'gc>, &Owner<'gc>)) {
        let mut seen = FxHashSet::default();
        let world = &self.world;
        let running = std::iter::once((&world.stack, world.fiber, world.tasks.current));
        let parked = world.parked.iter().rev().filter_map(|parked| Some((parked.stack.as_deref()?, parked.fiber, parked.task)));
        for (stack, fiber, task) in running.chain(parked) {
            let state = if task.is_some_and(|task| self.has_stopped(task)) { State::Stopped } else { State::Running };
            let owner = Owner { fiber, task: task.map(|task| task.name.to_string()), state, waits: None, is_resumer: false };
            tell(stack, &owner);
            each_resumer(&owner, &mut seen, tell);
        }
        for (task, name) in self.waiting_tasks() {
            let state = if self.has_stopped(task) { State::Stopped } else { State::Waiting };
            let waits = task.wait.borrow().as_ref().map(|wait| wait.what.clone());
            let owner = Owner { fiber: task.fiber(), task: Some(name), state, waits, is_resumer: false };
            task.stack().with_stack(|stack| tell(stack, &owner));
            each_resumer(&owner, &mut seen, tell);
        }
        for fiber in fibers {
            if fiber.state.get() == FiberState::Suspended && seen.insert(Gc::as_ptr(*fiber) as usize) {
                let owner = Owner { fiber: Some(*fiber), task: None, state: State::Suspended, waits: None, is_resumer: false };
                fiber.stack().with_stack(|stack| tell(stack, &owner));
            }
        }
    }

    /// Whether a task has stopped at an error, and nothing has been decided yet.
    fn has_stopped(&self, task: Gc<'gc, Task<'gc>>) -> bool {
        let stopping = &self.world.stopping;
        stopping.open().iter().chain(&stopping.older).any(|stopped| Gc::ptr_eq(stopped.task, task))
    }

    /// Of a call whose code has been replaced or overwritten: how it goes on. `callee` is what was called.
    pub(super) fn old_call(&self, frame: &Frame<'gc>, callee: Value<'gc>) -> Option<OldCall> {
        if self.newest_code(frame, callee).linked.is_overwritten.get() {
            return Some(OldCall::Overwritten);
        }
        self.is_replaced(frame, callee).then(|| match self.foresee(frame, callee) {
            Some(Ok(())) => OldCall::Moves,
            Some(Err(why)) => OldCall::Ends(Some(why)),
            None => OldCall::Ends(None),
        })
    }
}

/// Tells the stacks of those who resumed a fiber: each fiber keeps that of its resumer.
fn each_resumer<'gc>(owner: &Owner<'gc>, seen: &mut FxHashSet<usize>, tell: &mut dyn FnMut(&Stack<'gc>, &Owner<'gc>)) {
    for fiber in resumers(owner.fiber) {
        seen.insert(Gc::as_ptr(fiber) as usize);
        let owner = Owner { fiber: fiber.resumer(), is_resumer: true, ..owner.clone() };
        fiber.stack().with_stack(|stack| tell(stack, &owner));
    }
}

fn resumers<'gc>(fiber: Option<Gc<'gc, Fiber<'gc>>>) -> impl Iterator<Item = Gc<'gc, Fiber<'gc>>> {
    std::iter::successors(fiber, |fiber| fiber.resumer())
}

/// The calls of a stack, innermost first, each with what was called: that stands below the first register of its frame.
pub(super) fn calls_of<'a, 'gc>(stack: &'a Stack<'gc>) -> impl Iterator<Item = (&'a Frame<'gc>, Value<'gc>)> {
    let callee = |base: usize| if base > 0 { stack.values[base - 1] } else { Value::Nil };
    stack.frames.iter().zip(stack.bases()).rev().map(move |(frame, base)| (frame, callee(base)))
}
