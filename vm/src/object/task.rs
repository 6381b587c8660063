//! Tasks: stacks that take turns.
//!
//! A task that does not run keeps its stack, and the fiber that was running on top of it. Whatever calls a task was in when it began to
//! wait, fibers that it had resumed included, goes on together.

use super::{Cx, Fiber, GoOn, NativeResult, ReturnMode, SavedStack, Stack};
use crate::heap::Value;
use crate::image::ModuleImage;
use gc_arena::lock::{Lock, RefLock};
use gc_arena::{Collect, Gc, Mutation};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::thread::Thread;
use std::time::Duration;

/// How a task goes on when its turn has come.
#[derive(Collect)]
#[collect(no_drop)]
pub enum Wake<'gc> {
    /// What it waited for is there.
    Value(Value<'gc>),
    /// An error is raised where it waited.
    Raise(Value<'gc>),
    /// It calls this, on an empty stack.
    Start(Value<'gc>, Vec<Value<'gc>>),
    /// It had stopped at an error, and goes on so.
    GoOn(GoOn<'gc>),
}

impl<'gc> Wake<'gc> {
    /// The values in it.
    pub fn values(&self) -> Vec<Value<'gc>> {
        match self {
            Wake::Value(value) | Wake::Raise(value) => vec![*value],
            Wake::GoOn(GoOn::Return(_, value)) => vec![*value],
            Wake::GoOn(_) => Vec::new(),
            Wake::Start(callee, args) => std::iter::once(*callee).chain(args.iter().copied()).collect(),
        }
    }
}

/// What a task waits for.
#[derive(Debug)]
pub struct Wait {
    /// Number of the wait; whoever has it can end it.
    pub ticket: u64,
    /// When it ends by itself.
    pub deadline: Option<Duration>,
    /// What follows "waits" in messages.
    pub what: String,
}

/// Gives what a wait outside of the program has brought, as the result of a native.
pub type Completion = Box<dyn for<'a, 'gc> FnOnce(&mut Cx<'a, 'gc>) -> NativeResult<'gc>>;

/// Something outside of the program that a task waits for.
pub struct OutsideWait {
    /// Number of the task's wait.
    pub ticket: u64,
    /// What is waited for.
    pub future: Pin<Box<dyn Future<Output = Completion>>>,
    /// Whether it may have come further since it was looked at.
    pub bell: Arc<Bell>,
}

/// Says that something has come further outside: rung from any thread.
pub struct Bell {
    is_rung: AtomicBool,
    tower: Arc<Tower>,
}

/// Where all bells of a VM are heard.
pub struct Tower {
    is_rung: AtomicBool,
    thread: Thread,
    /// Who drives the VM, if an executor does.
    executor: Mutex<Option<Waker>>,
}

impl Tower {
    /// That of a VM on this thread.
    pub fn new() -> Arc<Tower> {
        Arc::new(Tower { is_rung: AtomicBool::new(false), thread: std::thread::current(), executor: Mutex::new(None) })
    }

    /// Whether a bell was rung since it was asked last.
    pub fn was_rung(&self) -> bool {
        self.is_rung.load(Ordering::Relaxed) && self.is_rung.swap(false, Ordering::Acquire)
    }

    /// Lets the VM look soon, from any thread.
    pub fn ring(&self) {
        self.is_rung.store(true, Ordering::Release);
        self.thread.unpark();
        if let Some(executor) = self.executor.lock().unwrap_or_else(PoisonError::into_inner).take() {
            executor.wake();
        }
    }

    /// Sets whom the next ring wakes.
    pub fn set_executor(&self, waker: Waker) {
        *self.executor.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
    }
}

impl Bell {
    /// A bell that is rung already: what it is for has to be looked at once.
    pub fn new(tower: &Arc<Tower>) -> Arc<Bell> {
        tower.is_rung.store(true, Ordering::Release);
        Arc::new(Bell { is_rung: AtomicBool::new(true), tower: tower.clone() })
    }

    /// Whether it was rung since it was asked last.
    pub fn was_rung(&self) -> bool {
        self.is_rung.swap(false, Ordering::Acquire)
    }
}

impl std::task::Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.is_rung.store(true, Ordering::Release);
        self.tower.ring();
    }
}

/// What the main task of a run may wait for instead of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal {
    /// That all tasks have ended.
    AllEnded,
    /// That all tasks wait.
    AllWait,
    /// That all tasks with numbers above this one have ended.
    EndedAbove(u64),
}

/// What at the top level of a file has made something.
#[derive(Clone, Debug)]
pub struct Maker {
    /// The file.
    pub path: Arc<str>,
    /// Its text then.
    pub image: Arc<ModuleImage>,
    /// The unit of this text; none if it was a part of a class.
    pub unit: Option<u32>,
}

impl PartialEq for Maker {
    fn eq(&self, other: &Maker) -> bool {
        self.path == other.path && self.unit == other.unit && Arc::ptr_eq(&self.image, &other.image)
    }
}

/// A statement at the top level of a file.
#[derive(Clone, Debug)]
pub struct StartedBy {
    /// The file.
    pub path: Arc<str>,
    /// `UnitImage::shape`.
    pub shape: u64,
}

/// A task, or the main part of a run.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Task<'gc> {
    /// Its number, which is never used twice.
    #[collect(require_static)]
    id: Cell<u64>,
    /// What it is called in messages.
    #[collect(require_static)]
    pub name: Box<str>,
    /// What is called with its result or error at its end; nil for the main part of a run.
    pub at_end: Value<'gc>,
    /// Whether only `at_end` is left to run.
    #[collect(require_static)]
    pub is_ending: Cell<bool>,
    /// What it waits for.
    #[collect(require_static)]
    pub wait: RefCell<Option<Wait>>,
    /// What it waits for beside that.
    #[collect(require_static)]
    pub goal: Cell<Option<Goal>>,
    /// Where its top frame wants the value it waits for.
    #[collect(require_static)]
    pub wanted: Cell<(u8, ReturnMode)>,
    /// Whether it was cancelled.
    #[collect(require_static)]
    pub is_cancelled: Cell<bool>,
    /// Whether CancelledError is raised at its next safe point, too.
    #[collect(require_static)]
    pub is_cancelled_soon: Cell<bool>,
    /// Whether a commit has started it, or a task that one has started.
    #[collect(require_static)]
    pub is_of_commit: Cell<bool>,
    /// The statement of a file that has started it.
    #[collect(require_static)]
    pub started_by: RefCell<Option<StartedBy>>,
    /// How often a wait has raised CancelledError since.
    #[collect(require_static)]
    pub cancels: Cell<u8>,
    stack: SavedStack<'gc>,
    fiber: Lock<Option<Gc<'gc, Fiber<'gc>>>>,
    wake: RefLock<Option<Wake<'gc>>>,
}

/// Tasks of one level: those that can take turns with each other.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub struct Level<'gc> {
    /// The main part of the run that goes on.
    pub main: Option<Gc<'gc, Task<'gc>>>,
    /// Living tasks by number, without the main part.
    pub tasks: BTreeMap<u64, Gc<'gc, Task<'gc>>>,
    /// Tasks that can go on, in order.
    pub ready: VecDeque<Gc<'gc, Task<'gc>>>,
    /// Waiting tasks with a deadline, by deadline in nanoseconds and ticket.
    pub sleeping: BTreeMap<(u64, u64), Gc<'gc, Task<'gc>>>,
    /// Waiting tasks by ticket.
    pub waiting: BTreeMap<u64, Gc<'gc, Task<'gc>>>,
    /// The error for the main part when all tasks, which were cancelled because of it, have ended.
    pub deadlock: Option<Value<'gc>>,
}

/// All tasks.
///
/// Code that runs while a program stands still, as in a commit, is on a level of its own: tasks of the levels below do not go on
/// meanwhile.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Tasks<'gc> {
    /// The one that runs.
    pub current: Option<Gc<'gc, Task<'gc>>>,
    /// How it goes on.
    pub wake: Option<Wake<'gc>>,
    /// Levels, the running one last.
    pub levels: Vec<Level<'gc>>,
    /// Numbers and names of tasks that nobody waits for, with the errors that have ended them, until the host is told.
    pub failures: Vec<(u64, String, Value<'gc>)>,
    /// The last number given to a task or wait.
    serial: u64,
}

/// What waits while the host runs something else.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Parked<'gc> {
    /// The stack; `None` when nothing was on it, so that what runs meanwhile may use the same.
    pub stack: Option<Box<Stack<'gc>>>,
    /// The running fiber.
    pub fiber: Option<Gc<'gc, Fiber<'gc>>>,
    /// The running task.
    pub task: Option<Gc<'gc, Task<'gc>>>,
    /// How it was to go on.
    pub wake: Option<Box<Wake<'gc>>>,
    /// Fuel that is left until it gives way to the host; what runs meanwhile has its own.
    pub budget: Option<u64>,
}

impl<'gc> Task<'gc> {
    /// A task that has not started.
    pub fn new(mc: &Mutation<'gc>, id: u64, name: &str, at_end: Value<'gc>) -> Gc<'gc, Self> {
        Gc::new(
            mc,
            Task {
                id: Cell::new(id),
                name: name.into(),
                at_end,
                is_ending: Cell::new(false),
                wait: RefCell::new(None),
                goal: Cell::new(None),
                wanted: Cell::new((0, ReturnMode::Store)),
                is_cancelled: Cell::new(false),
                is_cancelled_soon: Cell::new(false),
                is_of_commit: Cell::new(false),
                started_by: RefCell::new(None),
                cancels: Cell::new(0),
                stack: SavedStack::new(Stack::empty()),
                fiber: Lock::new(None),
                wake: RefLock::new(None),
            },
        )
    }

    /// Its number, which is never used twice.
    #[inline]
    pub fn id(&self) -> u64 {
        self.id.get()
    }

    /// Makes it the main part of another run, after one that has ended with a result.
    #[inline]
    pub fn renew(&self, id: u64) {
        self.id.set(id);
        self.goal.set(None);
        self.is_of_commit.set(false);
        self.cancels.set(0);
    }

    /// Whether it is the main part of a run.
    pub fn is_main(&self) -> bool {
        self.at_end.is_nil()
    }

    /// Exchanges what it keeps with what runs.
    pub fn swap(this: Gc<'gc, Self>, mc: &Mutation<'gc>, stack: &mut Stack<'gc>, fiber: &mut Option<Gc<'gc, Fiber<'gc>>>) {
        this.stack.swap(Gc::erase(this), mc, stack);
        // SAFETY: the line above has run the barrier.
        *fiber = unsafe { this.fiber.as_cell() }.replace(*fiber);
    }

    /// The stack that it keeps.
    pub fn stack(&self) -> &SavedStack<'gc> {
        &self.stack
    }

    /// The fiber on top of the stack that it keeps.
    pub fn fiber(&self) -> Option<Gc<'gc, Fiber<'gc>>> {
        self.fiber.get()
    }

    /// Says how it goes on.
    pub fn set_wake(this: Gc<'gc, Self>, mc: &Mutation<'gc>, wake: Wake<'gc>) {
        *gc_arena::barrier::unlock!(Gc::write(mc, this), Task, wake).borrow_mut() = Some(wake);
    }

    /// What it goes on with when its turn has come, and what is called at its end.
    pub fn held(&self) -> Vec<Value<'gc>> {
        let wake = self.wake.borrow();
        wake.iter().flat_map(Wake::values).chain([self.at_end]).collect()
    }

    /// How it goes on.
    pub fn take_wake(this: Gc<'gc, Self>, mc: &Mutation<'gc>) -> Option<Wake<'gc>> {
        gc_arena::barrier::unlock!(Gc::write(mc, this), Task, wake).borrow_mut().take()
    }

    /// Whether it has not run yet.
    pub fn is_new(&self) -> bool {
        matches!(&*self.wake.borrow(), Some(Wake::Start(..)))
    }
}

impl<'gc> Tasks<'gc> {
    /// The waiting task in which a fiber runs, or waits for a fiber that it has resumed.
    pub fn holder_of(&self, fiber: Gc<'gc, Fiber<'gc>>) -> Option<Gc<'gc, Task<'gc>>> {
        let is_current = |task: &Gc<'gc, Task<'gc>>| self.current.is_some_and(|current| Gc::ptr_eq(current, *task));
        let all = self.levels.iter().flat_map(|level| level.main.into_iter().chain(level.tasks.values().copied()));
        all.filter(|task| !is_current(task)).find(|task| {
            let mut running = std::iter::successors(task.fiber(), |running| running.resumer());
            running.any(|running| Gc::ptr_eq(running, fiber))
        })
    }

    /// No tasks, on one level.
    pub fn new() -> Self {
        Tasks { current: None, wake: None, levels: vec![Level::default()], failures: Vec::new(), serial: 0 }
    }

    /// A number that was never used.
    pub fn fresh(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// The running level.
    pub fn level(&mut self) -> &mut Level<'gc> {
        self.levels.last_mut().expect("there is always a level")
    }

    /// The living task with this number.
    pub fn get(&self, id: u64) -> Option<Gc<'gc, Task<'gc>>> {
        self.levels.iter().rev().find_map(|level| level.tasks.get(&id).copied())
    }

    /// The running task begins to wait.
    pub fn park(&mut self, task: Gc<'gc, Task<'gc>>, wait: Wait) {
        let level = self.level();
        level.waiting.insert(wait.ticket, task);
        if let Some(deadline) = wait.deadline {
            level.sleeping.insert((nanoseconds(deadline), wait.ticket), task);
        }
        *task.wait.borrow_mut() = Some(wait);
    }

    /// The task with this wait goes on; false when nobody waits so any more.
    pub fn wake(&mut self, mc: &Mutation<'gc>, ticket: u64, wake: Wake<'gc>) -> bool {
        let Some(level) = self.levels.iter_mut().rev().find(|level| level.waiting.contains_key(&ticket)) else { return false };
        let task = level.waiting.remove(&ticket).expect("just found");
        let wait = task.wait.borrow_mut().take();
        if let Some(deadline) = wait.and_then(|wait| wait.deadline) {
            level.sleeping.remove(&(nanoseconds(deadline), ticket));
        }
        Task::set_wake(task, mc, wake);
        level.ready.push_back(task);
        true
    }
}

impl Default for Tasks<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'gc> Level<'gc> {
    /// Takes over the tasks of a level that ends.
    pub fn absorb(&mut self, other: Level<'gc>) {
        if other.tasks.is_empty() && other.ready.is_empty() && other.sleeping.is_empty() && other.waiting.is_empty() {
            return;
        }
        self.tasks.extend(other.tasks);
        self.ready.extend(other.ready);
        self.sleeping.extend(other.sleeping);
        self.waiting.extend(other.waiting);
    }

    /// Forgets a task that is not ready.
    pub fn forget(&mut self, task: Gc<'gc, Task<'gc>>) {
        self.tasks.remove(&task.id());
        if let Some(wait) = task.wait.borrow_mut().take() {
            self.waiting.remove(&wait.ticket);
            if let Some(deadline) = wait.deadline {
                self.sleeping.remove(&(nanoseconds(deadline), wait.ticket));
            }
        }
    }

    /// Forgets all tasks with numbers above `serial`; gives them.
    pub fn forget_above(&mut self, serial: u64, is_meant: impl Fn(&Task<'gc>) -> bool) -> Vec<Gc<'gc, Task<'gc>>> {
        let forgotten: Vec<_> = self.tasks.range(serial + 1..).map(|(_, task)| *task).filter(|task| is_meant(task)).collect();
        for task in &forgotten {
            self.forget(*task);
        }
        self.ready.retain(|task| task.id() <= serial || !is_meant(task));
        forgotten
    }
}

/// A moment as a key; the end of time for what is too far away.
fn nanoseconds(moment: Duration) -> u64 {
    u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX)
}
