//! Tasks: how one begins to wait, and which one is next.

use super::run::Flow;
use super::trace::place_of;
use crate::heap::Value;
use crate::image::{ProtoKind, UnitKind};
use crate::limits;
use crate::object::{Control, Cx, ErrorKind, Exit, Frame, Goal, Maker, ReturnMode, Stack, StartedBy, Task, Wait, Wake};
use gc_arena::Gc;
use std::fmt::Write as _;
use std::time::Duration;

/// Waiting tasks that the message about a deadlock names.
const NAMED_MAX: usize = 10;

/// What the scheduler has found.
pub enum Next {
    /// A task goes on.
    Go,
    /// Nothing can go on before this moment.
    Sleep(Duration),
}

impl<'gc> Cx<'_, 'gc> {
    /// A task that calls `body`, and at its end `at_end` with the result, the error, and whether that is its cancellation. Gives its
    /// number.
    pub fn spawn(&mut self, body: Value<'gc>, name: &str, at_end: Value<'gc>) -> u64 {
        self.spawn_call(body, Vec::new(), name, at_end)
    }

    /// As [`Cx::spawn`], with arguments for the body.
    pub fn spawn_call(&mut self, body: Value<'gc>, args: Vec<Value<'gc>>, name: &str, at_end: Value<'gc>) -> u64 {
        let id = self.world.tasks.fresh();
        self.world.charge(256);
        let task = Task::new(self.mc, id, name, at_end);
        Task::set_wake(task, self.mc, Wake::Start(body, args));
        let is_of_commit =
            self.world.commit_start.is_some() || self.world.tasks.current.is_some_and(|maker| maker.is_of_commit.get());
        task.is_of_commit.set(is_of_commit);
        *task.started_by.borrow_mut() = self.running_statement();
        let level = self.world.tasks.level();
        level.tasks.insert(id, task);
        level.ready.push_back(task);
        id
    }

    /// The statement of a file that is running.
    fn running_statement(&self) -> Option<StartedBy> {
        let proto = self.world.stack.frames.iter().map(|frame| frame.proto).find(|proto| proto.image.kind == ProtoKind::Unit)?;
        let unit = proto.linked.image.units.iter().find(|unit| unit.proto == proto.id && unit.kind == UnitKind::Statement)?;
        Some(StartedBy { path: proto.linked.module.path.clone(), shape: unit.shape })
    }

    /// What at the top level of a file is running, if it is one that runs.
    pub(crate) fn maker(&self) -> Option<Maker> {
        let proto = self.world.stack.frames.iter().map(|frame| frame.proto).find(|proto| proto.image.kind == ProtoKind::Unit)?;
        let (path, image) = (proto.linked.module.path.clone(), proto.linked.image.clone());
        let unit = image.units.iter().position(|unit| unit.proto == proto.id).map(|unit| unit as u32);
        // What is evaluated is in no file.
        (!path.starts_with('<')).then_some(Maker { path, image, unit })
    }

    /// The running task begins to wait; what ends the wait goes to `dst`.
    pub(super) fn park(&mut self, ticket: u64, seconds: Option<f64>, what: String, dst: u8, mode: ReturnMode) -> Flow<'gc> {
        let task = self.world.tasks.current.expect("a task runs");
        if task.is_cancelled.get() {
            task.cancels.set(task.cancels.get() + 1);
            let error = self.raise(ErrorKind::CancelledError, "the task was cancelled");
            if task.cancels.get() <= limits::CANCELS_MAX {
                return self.control(error, dst, mode);
            }
            let text =
                format!("the task was ended by force: it went on to a wait after each of {} CancelledErrors", limits::CANCELS_MAX);
            let Control::Raise(error) = *self.value_error(text) else { unreachable!("an error is made to be raised") };
            return Flow::Leave(Exit::Error(error));
        }
        if let Err(error) = self.refuse_halfway(None, "wait") {
            return self.control(error, dst, mode);
        }
        let deadline = match seconds {
            None => None,
            Some(seconds) => match self.world.host.monotonic() {
                Ok(now) => Some(now.saturating_add(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))),
                Err(error) => {
                    let error = self.raise(ErrorKind::IOError, error.to_string());
                    return self.control(error, dst, mode);
                }
            },
        };
        task.wanted.set((dst, mode));
        self.world.tasks.park(task, Wait { ticket, deadline, what });
        Flow::Leave(Exit::Wait)
    }

    /// Ends the wait with this number; what waits gets `value`. False when nobody waits so any more.
    pub fn wake(&mut self, ticket: u64, value: Value<'gc>) -> bool {
        self.world.tasks.wake(self.mc, ticket, Wake::Value(value))
    }

    /// CancelledError is raised where a task waits, or at its next wait. One that has not started only ends.
    pub fn cancel_task(&mut self, id: u64) {
        let Some(task) = self.world.tasks.get(id) else { return };
        if task.is_ending.get() || task.is_cancelled.replace(true) {
            return;
        }
        self.forget_what_is_outside();
        let error = self.error_value_of(ErrorKind::CancelledError, "the task was cancelled");
        let ticket = task.wait.borrow().as_ref().map(|wait| wait.ticket);
        match ticket {
            Some(ticket) => {
                task.cancels.set(1);
                self.world.tasks.wake(self.mc, ticket, Wake::Raise(error));
            }
            None if task.is_new() => {
                task.is_ending.set(true);
                task.is_cancelled.set(false);
                Task::set_wake(task, self.mc, Wake::Start(task.at_end, vec![Value::Nil, error, Value::True]));
            }
            None => {}
        }
    }

    /// As `cancel_task`; a task that computes need not come to a wait.
    pub fn cancel_task_soon(&mut self, id: u64) {
        self.cancel_task(id);
        if let Some(task) = self.world.tasks.get(id).filter(|task| task.is_cancelled.get() && task.cancels.get() == 0) {
            task.is_cancelled_soon.set(true);
        }
    }

    /// At a safe point: the running task goes on with CancelledError if that was asked for and it has not come to a wait.
    pub fn raise_cancelled(&mut self) {
        if self.must_not_be_left() {
            return;
        }
        let task = self.world.tasks.current.filter(|task| task.is_cancelled_soon.replace(false));
        if let Some(task) = task.filter(|task| task.is_cancelled.get() && !task.is_ending.get() && task.cancels.get() == 0) {
            task.cancels.set(1);
            let error = self.error_value_of(ErrorKind::CancelledError, "the task was cancelled");
            self.world.tasks.wake = Some(Wake::Raise(error));
        }
    }

    /// Whether what runs goes on with something first, or with an instance half way that nobody may see.
    fn must_not_be_left(&self) -> bool {
        self.world.tasks.wake.is_some() || !self.world.migrating.is_empty() || self.world.replacing > 0
    }

    /// Has the host look soon whether anybody still waits for what is outside.
    fn forget_what_is_outside(&self) {
        if !self.world.outside_waits.is_empty() {
            self.world.tower.ring();
        }
    }

    fn error_value_of(&mut self, kind: ErrorKind, message: &str) -> Value<'gc> {
        Value::Instance(self.new_error(kind, message))
    }

    /// The running task has ended, or an error has left it. What is called at its end runs next.
    pub fn end_task(&mut self, result: Value<'gc>, error: Value<'gc>) {
        let task = self.world.tasks.current.expect("a task runs");
        let fiber = self.world.fiber.take();
        self.abandon_fibers(fiber);
        self.world.stack = Stack::empty();
        if task.is_ending.replace(true) {
            self.world.tasks.level().forget(task);
            self.world.tasks.current = None;
            if !error.is_nil() {
                self.world.tasks.failures.push((task.id(), task.name.to_string(), error));
            }
            return;
        }
        let was_cancelled = task.is_cancelled.replace(false) && self.is_cancellation(error);
        self.world.tasks.wake = Some(Wake::Start(task.at_end, vec![result, error, Value::bool(was_cancelled)]));
    }

    /// The running task waits or has ended: makes another one the running one.
    pub fn next_task(&mut self) -> Next {
        if self.world.tasks.wake.is_some() {
            return Next::Go;
        }
        if let Some(main) = self.main_whose_time_is_up() {
            return self.wake_main(main, Wake::Value(Value::Nil));
        }
        let earliest = self.world.tasks.level().sleeping.keys().next().copied();
        let mut until = None;
        if let Some((deadline, _)) = earliest {
            // A host without clock has refused every wait with a deadline.
            let now = self.world.host.monotonic().unwrap_or_default();
            if deadline > u64::try_from(now.as_nanos()).unwrap_or(u64::MAX) {
                until = Some(Duration::from_nanos(deadline));
            } else {
                self.wake_sleepers(now);
            }
        }
        if let Some(task) = self.world.tasks.level().ready.pop_front() {
            self.switch_to(task);
            return Next::Go;
        }
        if self.waits_at_error() {
            // The host decides when it goes on.
            let now = self.world.host.monotonic().unwrap_or_default();
            let soon = now.saturating_add(limits::STOPPED_PIECE);
            return Next::Sleep(until.map_or(soon, |until| until.min(soon)));
        }
        let main = self.world.tasks.level().main.expect("something runs");
        let goal = main.goal.get();
        let is_reached = match goal {
            Some(Goal::AllWait) => true,
            Some(Goal::AllEnded) => self.world.tasks.level().tasks.is_empty(),
            Some(Goal::EndedAbove(serial)) => self.world.tasks.level().tasks.keys().all(|id| *id <= serial),
            None => false,
        };
        if is_reached {
            let wake = match self.world.tasks.level().deadlock.take() {
                Some(error) => Wake::Raise(error),
                None => Wake::Value(Value::Nil),
            };
            return self.wake_main(main, wake);
        }
        let waits = &self.world.tasks.levels.last().expect("there is always a level").waiting;
        if self.world.outside_waits.iter().any(|wait| waits.contains_key(&wait.ticket)) {
            let now = self.world.host.monotonic().unwrap_or_default();
            let soon = now.saturating_add(limits::STOPPED_PIECE);
            return Next::Sleep(until.map_or(soon, |until| until.min(soon)));
        }
        if let Some(until) = until {
            return Next::Sleep(until);
        }
        let message = self.deadlock_message();
        let error = self.error_value_of(ErrorKind::Error, &message);
        if goal.is_none() {
            return self.wake_main(main, Wake::Raise(error));
        }
        // The program has ended but for these: they end, too, with their `finally` blocks.
        self.world.tasks.level().deadlock = Some(error);
        let ids: Vec<u64> = self.world.tasks.level().tasks.keys().copied().collect();
        for id in ids {
            self.cancel_task(id);
        }
        self.next_task()
    }

    /// The running task gives way to the main part of the run, if that waits no longer than it has; it goes on where it stands when its turn comes.
    pub fn give_way(&mut self) {
        if self.must_not_be_left() {
            return;
        }
        let Some(main) = self.main_whose_time_is_up() else { return };
        let Some(task) = self.world.tasks.current.filter(|task| !Gc::ptr_eq(*task, main)) else { return };
        self.world.tasks.level().ready.push_back(task);
        self.wake_main(main, Wake::Value(Value::Nil));
    }

    /// The main part of the run, if it runs others and has no more time or fuel for them, or was woken because its time is up.
    fn main_whose_time_is_up(&mut self) -> Option<Gc<'gc, Task<'gc>>> {
        let main = self.world.tasks.level().main.filter(|main| main.goal.get().is_some())?;
        if main.wait.borrow().is_none() {
            return self.world.tasks.level().ready.iter().any(|ready| Gc::ptr_eq(*ready, main)).then_some(main);
        }
        let deadline = main.wait.borrow().as_ref().and_then(|wait| wait.deadline);
        let is_up = self.world.budget == Some(0)
            || deadline.is_some_and(|deadline| self.world.host.monotonic().is_ok_and(|now| now >= deadline));
        is_up.then_some(main)
    }

    fn wake_main(&mut self, main: Gc<'gc, Task<'gc>>, wake: Wake<'gc>) -> Next {
        // If its time has come with that of others who sleep, it is woken already, and behind those that are ready.
        let ticket = main.wait.borrow().as_ref().map(|wait| wait.ticket);
        if let Some(ticket) = ticket {
            self.world.tasks.wake(self.mc, ticket, wake);
        }
        let ready = &mut self.world.tasks.level().ready;
        let at = ready.iter().rposition(|ready| Gc::ptr_eq(*ready, main)).expect("who has been woken is ready");
        ready.remove(at);
        self.switch_to(main);
        Next::Go
    }

    /// Wakes who has slept long enough, in the order of their deadlines.
    fn wake_sleepers(&mut self, now: Duration) {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        while let Some((deadline, ticket)) = self.world.tasks.level().sleeping.keys().next().copied() {
            if deadline > now {
                return;
            }
            self.world.tasks.wake(self.mc, ticket, Wake::Value(Value::Nil));
        }
    }

    fn switch_to(&mut self, task: Gc<'gc, Task<'gc>>) {
        let world = &mut *self.world;
        match world.tasks.current {
            Some(current) if Gc::ptr_eq(current, task) => {}
            current => {
                if let Some(current) = current {
                    Task::swap(current, self.mc, &mut world.stack, &mut world.fiber);
                }
                world.stack = Stack::empty();
                Task::swap(task, self.mc, &mut world.stack, &mut world.fiber);
            }
        }
        task.goal.set(None);
        world.tasks.current = Some(task);
        world.tasks.wake = Task::take_wake(task, self.mc);
        self.match_recording();
    }

    /// Forgets the tasks of the running level that came after number `serial`.
    pub(crate) fn drop_tasks(&mut self, serial: u64) {
        self.end_tasks(serial, |_| true);
    }

    /// Forgets those that are meant of the tasks of the running level that came after number `serial`. How many.
    pub(crate) fn end_tasks(&mut self, serial: u64, is_meant: impl Fn(&Task<'gc>) -> bool) -> usize {
        let forgotten = self.world.tasks.level().forget_above(serial, is_meant);
        self.forget_what_is_outside();
        for task in &forgotten {
            self.abandon_fibers(task.fiber());
        }
        forgotten.len()
    }

    /// Who waits for what.
    fn deadlock_message(&mut self) -> String {
        let mut waiting: Vec<_> = self.world.tasks.level().waiting.values().copied().collect();
        waiting.retain(|task| task.goal.get().is_none());
        waiting.sort_by_key(|task| (!task.is_main(), task.id()));
        let mut text = "deadlock: nothing can go on any more".to_owned();
        for (at, task) in waiting.iter().take(NAMED_MAX).enumerate() {
            let who = if task.is_main() { "the main part".to_owned() } else { format!("task `{}`", task.name) };
            let what = task.wait.borrow().as_ref().map_or_else(String::new, |wait| wait.what.clone());
            let _ = write!(text, "{} {who} waits {what}", if at == 0 { ":" } else { ";" });
            let is_running = self.world.tasks.current.is_some_and(|current| Gc::ptr_eq(current, *task));
            let place = |frames: &[Frame<'gc>]| place_of(self.world, frames);
            let place = if is_running { place(&self.world.stack.frames) } else { task.stack().with_frames(place) };
            if let Some(place) = place {
                let _ = write!(text, " ({}:{})", place.source.name(), place.line());
            }
        }
        if waiting.len() > NAMED_MAX {
            let _ = write!(text, "; and {} more", waiting.len() - NAMED_MAX);
        }
        text
    }
}
