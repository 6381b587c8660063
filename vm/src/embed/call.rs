//! Calls from the host.
//!
//! A call is a main part with a stack. The main part of a call that has ended with a result is kept for the next one; as long as no other call is under
//! way, the stack is the one that is there. So a call that only returns is one entry into the heap; what leaves the interpreter in another way goes on in
//! the general driver (`vm.rs`).

use super::convert::{Arguments, FromScript};
use super::error::Error;
use super::handle::Handle;
use super::panics::Entered;
use super::vm::{Stop, Vm, note};
use crate::heap::Value;
use crate::interp;
use crate::limits;
use crate::object::{Cx, ErrorKind, Exit, Fiber, Level, Parked, Stack, Task};
use gc_arena::Gc;
use std::mem;

/// Stacks of calls within calls that are kept for the next ones.
const IDLE_STACKS_MAX: usize = 8;

/// Slots that the stack of a call begins with.
const STACK_SLOTS: usize = 64;

/// How a call began.
enum Begun<T> {
    /// It has returned.
    Done(Result<T, Error>),
    /// It has left the interpreter in another way: the number of its main part, and how.
    Left(u64, Stop),
}

impl Vm {
    /// Calls `namespace.name` with Rust values: a tuple of them, or `()`.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "fn damage(n, armour = 1) { n - armour }")?;
    /// assert_eq!(vm.call::<_, i64>("rules.damage", (9, 2))?, 7);
    /// assert_eq!(vm.call::<_, i64>("rules.damage", (9,))?, 8);
    /// let error = vm.call::<_, i64>("rules.damages", (9,)).expect_err("there is none");
    /// assert_eq!(error.to_string(), "`rules.damages` does not exist; did you mean `damage`?");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if there is no such definition or its result has another type; else what the program has raised.
    pub fn call<A: Arguments, T: FromScript>(&mut self, qualified: &str, args: A) -> Result<T, Error> {
        self.call_with(|cx| Ok(cx.definition(qualified)?.value()), args)
    }

    /// Calls a held function. `args` is a tuple of Rust values, or `()`.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let double: Handle = vm.eval("|n| n * 2")?;
    /// assert_eq!(vm.call_handle::<_, i64>(&double, (21,))?, 42);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Vm::call`]; [`Error::Host`] if the handle is another VM's.
    pub fn call_handle<A: Arguments, T: FromScript>(&mut self, callee: &Handle, args: A) -> Result<T, Error> {
        self.check_handle(callee)?;
        self.call_with(|cx| Ok(callee.value_in(cx.world)), args)
    }

    /// Calls a held function; the result stays in the VM.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let pair: Handle = vm.eval("|a, b| [a, b]")?;
    /// let list = vm.call_raw(&pair, (1, "x"))?;
    /// assert_eq!(vm.repr(&list)?, "[1, \"x\"]");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Vm::call_handle`].
    pub fn call_raw<A: Arguments>(&mut self, callee: &Handle, args: A) -> Result<Handle, Error> {
        self.call_handle(callee, args)
    }

    /// Evaluates a text in the namespace `main`: its value if it ends with an expression, `nil` otherwise. Definitions stay.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.eval::<()>("fn double(n) { n * 2 }")?;
    /// assert_eq!(vm.eval::<i64>("double(3) + 1")?, 7);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] if the text is wrong, [`Error::Host`] if the value has another type, else what the program has raised.
    pub fn eval<T: FromScript>(&mut self, text: &str) -> Result<T, Error> {
        match self.eval_in("main", "<eval>", text)? {
            Some(value) => self.read(&value),
            None => self
                .enter(|cx| T::from_script(cx, Value::Nil))
                .map_err(|text| Error::Host(format!("the text has no value: {text}"))),
        }
    }

    /// Calls what `callee` finds.
    pub(super) fn call_with<A: Arguments, T: FromScript>(
        &mut self,
        callee: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> Result<Value<'gc>, Error>,
        args: A,
    ) -> Result<T, Error> {
        if !self.slice_goes_on {
            self.begin_slice();
        } else if self.arena.mutate(|_, world| world.ticks.get() <= 0 && world.parked.is_empty()) {
            self.look()?;
            // A program of many short calls comes to no other safe point.
            if let Some(message) = self.memory_excess() {
                return Err(Error::raise(ErrorKind::LimitError, message));
            }
            self.begin_slice();
        }
        self.guarded(|vm| vm.call_guarded(callee, args))
    }

    #[inline]
    fn call_guarded<A: Arguments, T: FromScript>(
        &mut self,
        callee: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> Result<Value<'gc>, Error>,
        args: A,
    ) -> Result<T, Error> {
        let mut entered = Entered::new(self);
        let Entered { vm, has_level, is_running } = &mut entered;
        let begun = vm.arena.mutate_root(|mc, world| {
            let mut cx = Cx { world, mc };
            let callee = callee(&mut cx)?;
            *has_level = cx.begin_level();
            let main = cx.enter_call();
            *is_running = true;
            cx.world.ticks.set(cx.world.ticks.get() - 1);
            let exit = args.with_values(&mut cx, |cx, args| match interp::begin_plain_call(cx, &callee, args) {
                true => None,
                false => interp::begin_call(cx, callee, args),
            });
            Ok(match exit.or_else(|| interp::run_to_end(&mut cx)) {
                None if cx.is_plain_end(main) => {
                    let value = cx.world.stack.result();
                    let result = T::from_script(&mut cx, value).map_err(wrong_result);
                    cx.leave_call(main);
                    cx.end_level(*has_level);
                    *is_running = false;
                    Begun::Done(result)
                }
                None => Begun::Left(main.id(), note(Exit::Done(cx.world.stack.result()), &mut cx)),
                Some(exit) => Begun::Left(main.id(), note(exit, &mut cx)),
            })
        });
        match begun? {
            Begun::Done(result) => result,
            Begun::Left(main, stop) => {
                let result = entered.vm.drive(main, stop);
                entered.is_running = false;
                let value = entered.vm.leave_main(main, entered.has_level, result)?;
                entered.vm.read(&value)
            }
        }
    }
}

#[cold]
fn wrong_result(text: String) -> Error {
    Error::Host(format!("the result: {text}"))
}

impl<'gc> Cx<'_, 'gc> {
    /// Whatever runs until `end_level` runs on a level of its own if a program waits for it. True if a level was made.
    pub(super) fn begin_level(&mut self) -> bool {
        let is_new = self.world.tasks.levels.len() <= self.world.parked.len();
        if is_new {
            self.world.tasks.levels.push(Level::default());
        }
        is_new
    }

    /// Ends a level: its tasks go on beside those of the program.
    pub(super) fn end_level(&mut self, is_new: bool) {
        if is_new {
            let level = self.world.tasks.levels.pop().expect("pushed by `begin_level`");
            self.world.tasks.level().absorb(level);
        }
    }

    /// A main part begins; what ran before waits on its own stack.
    pub(super) fn enter_main(&mut self, main: Gc<'gc, Task<'gc>>, stack: Stack<'gc>, fiber: Option<Gc<'gc, Fiber<'gc>>>) {
        let stack = mem::replace(&mut self.world.stack, stack);
        self.put_aside(main, Some(Box::new(stack)));
        self.world.fiber = fiber;
    }

    /// What ran waits, and a main part runs instead. The stack is what the caller says it is.
    #[inline]
    fn put_aside(&mut self, main: Gc<'gc, Task<'gc>>, stack: Option<Box<Stack<'gc>>>) {
        let world = &mut *self.world;
        let fiber = world.fiber.take();
        // As a rule there is none, and nothing large is moved.
        let wake = if world.tasks.wake.is_some() { world.tasks.wake.take().map(Box::new) } else { None };
        let task = world.tasks.current.replace(main);
        world.tasks.level().main = Some(main);
        let budget = if world.parked.is_empty() { world.budget } else { world.budget.take() };
        world.parked.push(Parked { stack, fiber, task, wake, budget });
    }

    /// What ran before the main part that ends is what runs again. Gives what ran last.
    pub(super) fn leave_main(&mut self) -> Option<Gc<'gc, Task<'gc>>> {
        let world = &mut *self.world;
        let before = world.parked.pop().expect("parked by `enter_main`");
        let running = mem::replace(&mut world.tasks.current, before.task);
        world.stack = before.stack.map_or_else(|| Stack::new(STACK_SLOTS, world.depth_limit), |stack| *stack);
        world.fiber = before.fiber;
        world.tasks.wake = before.wake.map(|wake| *wake);
        if !world.parked.is_empty() {
            world.budget = before.budget;
        }
        running
    }

    /// A call begins, in what an earlier one has left.
    #[inline]
    fn enter_call(&mut self) -> Gc<'gc, Task<'gc>> {
        let id = self.world.tasks.fresh();
        let main = match self.world.idle.take() {
            Some(main) => {
                main.renew(id);
                main
            }
            None => Task::new(self.mc, id, "main", Value::Nil),
        };
        let can_use_stack = self.world.parked.is_empty() && self.world.stack.values.len() <= limits::IDLE_SLOTS_MAX;
        let stack = if can_use_stack { None } else { Some(self.put_stack_aside()) };
        self.put_aside(main, stack);
        main
    }

    /// Gives the running stack; an empty one is there instead.
    fn put_stack_aside(&mut self) -> Box<Stack<'gc>> {
        let depth_limit = self.world.depth_limit;
        let mut stack = match self.world.idle_stacks.pop() {
            Some(mut stack) => {
                stack.limit_depth(depth_limit);
                stack.force_slow(false);
                stack
            }
            None => Box::new(Stack::new(STACK_SLOTS, depth_limit)),
        };
        mem::swap(&mut self.world.stack, &mut stack);
        stack
    }

    /// Whether the end of a call leaves nothing to do but to take its result.
    fn is_plain_end(&self, main: Gc<'gc, Task<'gc>>) -> bool {
        let (tasks, stopping) = (&self.world.tasks, &self.world.stopping);
        tasks.current.is_some_and(|task| Gc::ptr_eq(task, main))
            && self.world.fiber.is_none()
            && tasks.failures.is_empty()
            && self.world.forgiven.is_empty()
            && stopping.stopped.is_none()
            && stopping.older.is_empty()
    }

    /// Ends a call of which [`Cx::is_plain_end`] is true.
    #[inline]
    fn leave_call(&mut self, main: Gc<'gc, Task<'gc>>) {
        let world = &mut *self.world;
        let before = world.parked.pop().expect("parked by `enter_call`");
        world.tasks.current = before.task;
        world.tasks.level().main = None;
        world.tasks.wake = before.wake.map(|wake| *wake);
        world.fiber = before.fiber;
        if !world.parked.is_empty() {
            world.budget = before.budget;
        }
        world.stack.reset();
        if let Some(mut stack) = before.stack {
            mem::swap(&mut world.stack, &mut stack);
            if stack.values.len() <= limits::IDLE_SLOTS_MAX && world.idle_stacks.len() < IDLE_STACKS_MAX {
                world.idle_stacks.push(stack);
            }
        }
        world.idle = Some(main);
        self.forget_main(main);
    }
}
