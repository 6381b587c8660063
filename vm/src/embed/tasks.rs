//! Tasks as a host sees them, and who is next.

use super::error::Error;
use super::handle::Handle;
use super::vm::Vm;
use crate::heap::Value;
use crate::interp::Next;
use crate::object::{Control, Goal};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

/// Longest wait without a look at edited files and at the flag that stops the program.
const PIECE: Duration = Duration::from_millis(5);

/// What tasks may use up before the host goes on: see [`Vm::run_tasks_within`]. What comes first ends it.
///
/// ```
/// use embed::prelude::*;
/// use embed::Budget;
/// use std::time::Duration;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "fn endless() { while true { } }")?;
/// let task = vm.start::<(), _>("game.endless", ())?;
/// let both = Budget { fuel: Some(1_000_000_000), time: Some(Duration::from_millis(2)) };
/// assert!(!vm.run_tasks_within(both)?.is_done);
/// assert!(!task.is_done());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Budget {
    /// Calls and loop turns; the same for every run.
    pub fuel: Option<u64>,
    /// Time by the host's clock, held to within some tens of microseconds as long as no native takes longer.
    pub time: Option<Duration>,
}

impl Budget {
    /// So many calls and loop turns.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Budget;
    ///
    /// let mut vm = Vm::new();
    /// assert!(vm.run_tasks_within(Budget::fuel(1_000))?.is_done, "there are no tasks");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn fuel(fuel: u64) -> Budget {
        Budget { fuel: Some(fuel), time: None }
    }

    /// So much time.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Budget;
    /// use std::time::Duration;
    ///
    /// let mut vm = Vm::new();
    /// assert!(vm.run_tasks_within(Budget::time(Duration::from_millis(2)))?.is_done, "there are no tasks");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn time(time: Duration) -> Budget {
        Budget { fuel: None, time: Some(time) }
    }
}

/// What tasks have done within a [`Budget`].
///
/// ```
/// use embed::prelude::*;
/// use embed::Budget;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "fn short() { 1 }")?;
/// let task = vm.start::<i64, _>("game.short", ())?;
/// let ran = vm.run_tasks_within(Budget::fuel(1_000))?;
/// assert!(ran.is_done && ran.fuel < 100 && task.is_done());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ran {
    /// Calls and loop turns that were used.
    pub fuel: u64,
    /// Whether all tasks wait or have ended; else the budget was used up.
    pub is_done: bool,
}

impl Vm {
    /// Sets what is called when an error has ended a task and nobody waits for it, with the task's name and the error. Without it, the
    /// host's stream for messages gets the text.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// let told = Rc::new(RefCell::new(Vec::new()));
    /// let tell = told.clone();
    /// let mut vm = Vm::new();
    /// vm.on_task_error(move |_task, error| tell.borrow_mut().push(error.to_string()));
    /// vm.eval::<()>("import task\ntask.spawn(|| nil + 1)\nnil")?;
    /// vm.run_tasks()?;
    /// assert!(told.borrow()[0].starts_with("TypeError"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_task_error(&mut self, tell: impl FnMut(&str, &Error) + 'static) {
        self.on_task_error = Some(Box::new(tell));
    }

    /// Whether there are tasks that have not ended.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.eval::<()>("import task\ntask.spawn(|| 1)\nnil")?;
    /// assert!(vm.has_tasks());
    /// vm.run_tasks()?;
    /// assert!(!vm.has_tasks());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn has_tasks(&mut self) -> bool {
        self.enter(|cx| !cx.world.tasks.level().tasks.is_empty())
    }

    /// How many tasks, so far, were ended by an error that nobody waited for.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.on_task_error(|_, _| ());
    /// vm.eval::<()>("import task\ntask.spawn(|| nil + 1)\nnil")?;
    /// vm.run_tasks()?;
    /// assert_eq!(vm.failed_tasks(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn failed_tasks(&self) -> usize {
        self.failed_tasks
    }

    /// A point in time, for [`Vm::end_tasks_since`].
    ///
    /// See the example of [`Vm::end_tasks_since`].
    pub fn task_mark(&mut self) -> u64 {
        self.enter(|cx| cx.world.tasks.fresh())
    }

    /// Ends the tasks that were started after a point in time, except those that the top levels of files have started. How many.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "fn endless() { while true { } }")?;
    /// let mark = vm.task_mark();
    /// let _task = vm.start::<(), _>("game.endless", ())?;
    /// assert_eq!(vm.end_tasks_since(mark), 1);
    /// vm.run_tasks()?;
    /// assert!(!vm.has_tasks());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn end_tasks_since(&mut self, mark: u64) -> usize {
        self.enter(|cx| cx.end_tasks(mark, |task| !task.is_of_commit.get()))
    }

    /// Runs tasks until all of them have ended. Fails when they wait for each other.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("main.lang", "import task\nlet n = 0\nfn count() { for i in 0..3 { n += 1; task.sleep(0) } }")?;
    /// let _one = vm.start::<(), _>("main.count", ())?;
    /// let _two = vm.start::<(), _>("main.count", ())?;
    /// vm.run_tasks()?;
    /// assert_eq!(vm.get::<i64>("main.n")?, 6);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// What waits for ever, as a raised error; [`Error::Interrupted`] if the program was stopped meanwhile. Errors in tasks are told by
    /// [`TaskHandle::take`](super::TaskHandle::take) and [`Vm::on_task_error`].
    /// [`Error::Host`] within a function of the host that the program has called, as in all other functions that wait for tasks: the program stands there, and its tasks
    /// go on when the function has returned.
    pub fn run_tasks(&mut self) -> Result<(), Error> {
        self.expect_outermost()?;
        self.run_until(Goal::AllEnded, None)
    }

    /// Runs tasks until all of them have ended, or for so long.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::time::Duration;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("main.lang", "import task\nfn wait() { task.sleep(1000) }")?;
    /// let waits = vm.start::<(), _>("main.wait", ())?;
    /// vm.run_tasks_for(Duration::from_millis(5))?;
    /// assert!(!waits.is_done());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Vm::run_tasks`]; [`Error::Host`] if the host has no clock.
    pub fn run_tasks_for(&mut self, duration: Duration) -> Result<(), Error> {
        self.expect_outermost()?;
        self.run_until(Goal::AllEnded, Some(duration.as_secs_f64()))
    }

    /// Runs the tasks that can go on at once, until all of them wait. Within a function of the host that the program has called, none can.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("main.lang", "import task\nlet log = []\nfn wait() { log.push(1); task.sleep(1000); log.push(2) }")?;
    /// let waits = vm.start::<(), _>("main.wait", ())?;
    /// vm.run_ready_tasks()?;
    /// assert_eq!(vm.get::<Vec<i64>>("main.log")?, [1]);
    /// assert!(!waits.is_done());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Vm::run_tasks`].
    pub fn run_ready_tasks(&mut self) -> Result<(), Error> {
        self.run_until(Goal::AllWait, None)
    }

    /// The same, for so long at most: a task that only lets others go on never waits.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::time::Duration;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("main.lang", "import task\nfn polite() { while true { task.sleep(0) } }")?;
    /// let polite = vm.start::<(), _>("main.polite", ())?;
    /// vm.run_ready_tasks_for(Duration::from_millis(2))?;
    /// assert!(!polite.is_done());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Vm::run_tasks_for`].
    pub fn run_ready_tasks_for(&mut self, duration: Duration) -> Result<(), Error> {
        self.run_until(Goal::AllWait, Some(duration.as_secs_f64()))
    }

    /// Runs the tasks that can go on at once until all of them wait, or the budget is used up: what a program gets in one frame of a game, or one turn of a
    /// server's loop. What is not done goes on with the next call, where it stands: a loop that never ends takes its share and no more.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Budget;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let n = 0\nfn endless() { while true { n += 1 } }")?;
    /// let task = vm.start::<(), _>("game.endless", ())?;
    /// for _frame in 0..3 {
    ///     let ran = vm.run_tasks_within(Budget::fuel(1000))?;
    ///     assert!(!ran.is_done && ran.fuel >= 1000);
    /// }
    /// assert!(!task.is_done());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Interrupted`] if the program was stopped for good meanwhile, [`Error::Host`] if a time is given and the host has no clock. Errors in tasks are told by
    /// [`TaskHandle::take`](super::TaskHandle::take) and [`Vm::on_task_error`].
    pub fn run_tasks_within(&mut self, budget: Budget) -> Result<Ran, Error> {
        /// More than any program uses.
        const MUCH: u64 = u64::MAX;
        self.expect_outermost()?;
        // What ran before is not the budget's.
        self.begin_slice();
        self.slice_goes_on = false;
        let given = budget.fuel.unwrap_or(MUCH);
        let outer = self.enter(|cx| cx.world.budget.replace(given));
        let seconds = budget.time.map(|time| time.as_secs_f64());
        let ran = catch_unwind(AssertUnwindSafe(|| self.run_until(Goal::AllWait, seconds)));
        let counted = self.count_fuel();
        self.slice_goes_on = false;
        let (left, is_done) = self.enter(|cx| {
            let left = std::mem::replace(&mut cx.world.budget, outer).unwrap_or(given);
            (left, cx.world.tasks.level().ready.is_empty())
        });
        ran.unwrap_or_else(|panic| resume_unwind(panic))?;
        counted?;
        Ok(Ran { fuel: given - left, is_done })
    }

    /// Fails while the program has called the host, and waits for that.
    fn expect_outermost(&mut self) -> Result<(), Error> {
        if self.enter(|cx| cx.world.parked.is_empty()) {
            return Ok(());
        }
        let text = "the program has called this function of the host, and its tasks go on when it has returned; return, and run them from outside";
        Err(Error::Host(format!("tasks cannot be run here: {text}")))
    }

    pub(super) fn run_until(&mut self, goal: Goal, seconds: Option<f64>) -> Result<(), Error> {
        if !self.has_tasks() {
            return Ok(());
        }
        let done = self.run(|cx| {
            let ticket = cx.world.tasks.fresh();
            let main = cx.world.tasks.current.expect("a run has a main part");
            main.goal.set(Some(goal));
            Err(Box::new(Control::Park { ticket, seconds, what: "for all tasks".to_owned() }))
        });
        done.map(|_| ())
    }

    /// Whether the task with this number is running.
    pub(super) fn is_running(&mut self, id: u64) -> bool {
        self.enter(|cx| cx.world.tasks.current.is_some_and(|task| task.id() == id))
    }

    /// The running task waits: another one goes on, as soon as one can.
    pub(super) fn schedule(&mut self) -> Result<(), Error> {
        loop {
            self.look_outside();
            match self.enter(|cx| cx.next_task()) {
                Next::Go => return Ok(()),
                Next::Sleep(until) => self.wait_piece(until)?,
            }
        }
    }

    /// The running task has ended with a result or an error.
    pub(super) fn end_task(&mut self, result: Option<Handle>, error: Option<Handle>) -> Result<(), Error> {
        self.enter(|cx| {
            let result = result.map_or(Value::Nil, |result| result.value_in(cx.world));
            let error = error.map_or(Value::Nil, |error| error.value_in(cx.world));
            cx.end_task(result, error);
        });
        self.schedule()
    }

    /// Waits for a short time, so that cancellation and reloads are noticed.
    fn wait_piece(&mut self, until: Duration) -> Result<(), Error> {
        self.tell_failures();
        self.look()?;
        self.begin_slice();
        let (is_stopped, waits_outside) =
            self.enter(|cx| (cx.world.stopping.stopped.is_some(), !cx.world.outside_waits.is_empty()));
        let now = match self.host(|host| host.monotonic()) {
            // Without a clock no task sleeps: only the host, or what is outside, can end this wait.
            Err(_) if is_stopped || waits_outside => {
                std::thread::park_timeout(PIECE);
                return Ok(());
            }
            now => now?,
        };
        let left = until.saturating_sub(now);
        if left.is_zero() {
            return Ok(());
        }
        if waits_outside {
            return self.host(|host| host.park(left.min(PIECE)));
        }
        self.host(|host| host.sleep(left.min(PIECE)))
    }

    /// Tells the host what has become of tasks that nobody waits for.
    pub(super) fn tell_failures(&mut self) {
        if self.arena.mutate(|_, world| world.tasks.failures.is_empty()) {
            return;
        }
        let failures: Vec<(u64, String, Handle)> = self.enter(|cx| {
            let failures = std::mem::take(&mut cx.world.tasks.failures);
            failures.into_iter().map(|(id, name, error)| (id, name, Handle::new(cx.world, error))).collect()
        });
        for (id, name, error) in failures {
            let error = self.raised(error);
            if let Some(caught) = self.caught_failures.as_mut().filter(|caught| caught.above < id) {
                caught.failures.push((name, error));
                continue;
            }
            self.failed_tasks += 1;
            self.remember_ended(&name, &error);
            match &mut self.on_task_error {
                Some(tell) => tell(&name, &error),
                None => {
                    let text = format!("task `{name}` failed: {error}\n");
                    // A host that refuses messages does not want to know.
                    let _ = self.host(|host| host.write_error(&text));
                }
            }
        }
    }

    /// Whatever runs until `end_level` runs on a level of its own if a program waits for it. True if a level was made.
    pub(crate) fn begin_level(&mut self) -> bool {
        self.enter(|cx| cx.begin_level())
    }

    /// Ends a level: its tasks go on beside those of the program.
    pub(crate) fn end_level(&mut self, is_new: bool) {
        self.enter(|cx| cx.end_level(is_new));
    }
}
