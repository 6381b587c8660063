//! Tasks as a host sees them, and who is next.

use super::error::Error;
use super::handle::Handle;
use super::vm::Vm;
use crate::heap::Value;
use crate::interp::Next;
use crate::object::{Control, Goal};
use std::time::Duration;

/// Longest wait without a look at edited files and at the flag that stops the program.
const PIECE: Duration = Duration::from_millis(5);

impl Vm {
    /// Sets what is called when an error has ended a task and nobody waits for it, with the task's name and the error. Without it, the
    /// host's stream for messages gets the text.
    pub fn on_task_error(&mut self, tell: impl FnMut(&str, &Error) + 'static) {
        self.on_task_error = Some(Box::new(tell));
    }

    /// Whether there are tasks that have not ended.
    pub fn has_tasks(&mut self) -> bool {
        self.enter(|cx| !cx.world.tasks.level().tasks.is_empty())
    }

    /// How many tasks, so far, were ended by an error that nobody waited for.
    pub fn failed_tasks(&self) -> usize {
        self.failed_tasks
    }

    /// A point in time, for [`Vm::end_tasks_since`].
    pub fn task_mark(&mut self) -> u64 {
        self.enter(|cx| cx.world.tasks.fresh())
    }

    /// Ends the tasks that were started after a point in time, except those that the top levels of files have started. How many.
    pub fn end_tasks_since(&mut self, mark: u64) -> usize {
        self.enter(|cx| cx.end_tasks(mark, |task| !task.is_of_commit.get()))
    }

    /// Runs tasks until all of them have ended. Fails when they wait for each other.
    pub fn run_tasks(&mut self) -> Result<(), Error> {
        self.run_until(Goal::AllEnded, None)
    }

    /// Runs tasks until all of them have ended, or for so long.
    pub fn run_tasks_for(&mut self, duration: Duration) -> Result<(), Error> {
        self.run_until(Goal::AllEnded, Some(duration.as_secs_f64()))
    }

    /// Runs the tasks that can go on at once, until all of them wait.
    pub fn run_ready_tasks(&mut self) -> Result<(), Error> {
        self.run_until(Goal::AllWait, None)
    }

    /// The same, for so long at most: a task that only lets others go on never waits.
    pub fn run_ready_tasks_for(&mut self, duration: Duration) -> Result<(), Error> {
        self.run_until(Goal::AllWait, Some(duration.as_secs_f64()))
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
        let now = match self.host(|host| host.monotonic()) {
            // Without a clock no task sleeps: only the host can end this wait.
            Err(_) if self.enter(|cx| cx.world.stopping.stopped.is_some()) => {
                std::thread::sleep(PIECE);
                return Ok(());
            }
            now => now?,
        };
        let left = until.saturating_sub(now);
        if left.is_zero() { Ok(()) } else { self.host(|host| host.sleep(left.min(PIECE))) }
    }

    /// Tells the host what has become of tasks that nobody waits for.
    pub(super) fn tell_failures(&mut self) {
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
