//! Panics of the host's code.
//!
//! A closure of the host that panics unwinds through the engine to the host that has called the engine, which may catch it and go on with the VM. Two
//! things make that safe. Every main part that runs is given up on the way ([`Entered`]). And what the engine does in several steps, such as a commit,
//! holds a panic within it back: to the engine it is an interrupt, so that everything is taken back as if the program were stopped; then the panic goes on.

use super::error::Error;
use super::vm::Vm;
use crate::heap::Value;
use crate::object::{Cx, ErrorKind, Interrupt, Stack, Task};
use gc_arena::Gc;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

/// Panics that are under way.
#[derive(Default)]
pub(super) struct Panics {
    /// Works of the engine that a panic must not leave halfway, one within the other.
    holding: u32,
    /// The panic that goes on when they have ended.
    held: Option<Box<dyn Any + Send>>,
}

/// A main part that runs. If it is dropped while the main part runs, as by a panic, that is given up.
pub(super) struct Entered<'a> {
    pub(super) vm: &'a mut Vm,
    /// Whether a level was made for it.
    pub(super) has_level: bool,
    /// Whether it runs.
    pub(super) is_running: bool,
}

impl<'a> Entered<'a> {
    #[inline]
    pub(super) fn new(vm: &'a mut Vm) -> Self {
        Entered { vm, has_level: false, is_running: false }
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.is_running {
            self.vm.give_up_main(self.has_level);
        }
    }
}

/// A work that holds panics back, or code of the host within one, for which that does not count. The numbers are those to go back to.
struct Nested<'a> {
    vm: &'a mut Vm,
    holding: u32,
    commits_running: u32,
}

impl<'a> Nested<'a> {
    fn new(vm: &'a mut Vm, holding: u32) -> Self {
        let commits_running = vm.files.commits_running;
        let holding = std::mem::replace(&mut vm.panics.holding, holding);
        Nested { vm, holding, commits_running }
    }
}

impl Drop for Nested<'_> {
    fn drop(&mut self) {
        self.vm.panics.holding = self.holding;
        self.vm.files.commits_running = self.commits_running;
    }
}

impl Vm {
    /// Does a work of several steps, in which a panic is an interrupt. The panic goes on at its end.
    pub(crate) fn holding_panics<R>(&mut self, work: impl FnOnce(&mut Vm) -> R) -> R {
        let within = self.panics.holding + 1;
        let result = work(Nested::new(self, within).vm);
        if self.panics.holding == 0
            && let Some(panic) = self.panics.held.take()
        {
            resume_unwind(panic)
        }
        result
    }

    /// Runs a main part: a panic in it goes on, or is an interrupt of the work that holds it back.
    #[inline]
    pub(super) fn guarded<R>(&mut self, run: impl FnOnce(&mut Vm) -> Result<R, Error>) -> Result<R, Error> {
        if self.panics.holding == 0 { run(self) } else { self.interrupted_by_panic(run) }
    }

    #[cold]
    fn interrupted_by_panic<R>(&mut self, run: impl FnOnce(&mut Vm) -> Result<R, Error>) -> Result<R, Error> {
        match catch_unwind(AssertUnwindSafe(|| run(self))) {
            Ok(result) => result,
            Err(panic) => {
                self.panics.held.get_or_insert(panic);
                Err(Error::Interrupted(Interrupt::Panicked))
            }
        }
    }

    /// Calls code of the host, which has the VM as if nothing were under way. Gives its panic.
    pub(crate) fn host_code<R>(&mut self, run: impl FnOnce(&mut Vm) -> R) -> thread::Result<R> {
        let nested = Nested::new(self, 0);
        catch_unwind(AssertUnwindSafe(|| run(nested.vm)))
    }

    /// As `host_code`, within a work that holds panics back.
    pub(crate) fn held_host_code<R>(&mut self, run: impl FnOnce(&mut Vm) -> R) -> Result<R, Error> {
        self.host_code(run).map_err(|panic| {
            self.panics.held.get_or_insert(panic);
            Error::Interrupted(Interrupt::Panicked)
        })
    }

    /// The main part that runs is given up, and with it the task that runs: a panic has gone through both.
    #[cold]
    fn give_up_main(&mut self, has_level: bool) {
        self.slice_goes_on = false;
        self.enter(|cx| {
            cx.abandon_migrations();
            cx.world.outside = None;
            let main = cx.world.tasks.level().main.take().expect("set when it was entered");
            match cx.world.tasks.current {
                Some(task) if !Gc::ptr_eq(task, main) => cx.end_panicked(task),
                _ => {
                    let fiber = cx.world.fiber.take();
                    cx.abandon_fibers(fiber);
                }
            }
            cx.leave_main();
            let level = cx.world.tasks.level();
            level.forget(main);
            // What it was waiting for may have come.
            level.ready.retain(|task| !Gc::ptr_eq(*task, main));
            cx.forget_main(main);
        });
        self.end_level(has_level);
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// The running task has panicked: whoever waits for it gets an error when tasks run again.
    fn end_panicked(&mut self, task: Gc<'gc, Task<'gc>>) {
        let error = self.error_value(ErrorKind::Error, "code of the host has panicked");
        self.end_task(Value::Nil, error);
        self.world.stack = Stack::empty();
        if let Some(wake) = self.world.tasks.wake.take() {
            Task::set_wake(task, self.mc, wake);
            self.world.tasks.level().ready.push_back(task);
        }
    }
}
