//! The VM as a host sees it, and the driver of the interpreter.

use super::convert::{FromScript, IntoScript};
use super::error::Error;
use super::handle::Handle;
use super::remote::RemoteEnd;
use super::request::{OnReload, ReloadHandle};
use super::search::{Search, Work};
use crate::heap::Value;
use crate::host::{Host, NoHost};
use crate::interp;
use crate::limits;
use crate::object::{
    Control, Cx, Definition, ErrorKind, Exit, Fiber, Interrupt, Kind, Namespace, NativeResult, Stack, Stress, Task, Wake, World,
};
use crate::ops;
use gc_arena::arena::CollectionPhase;
use gc_arena::metrics::Pacing;
use gc_arena::{Arena, Gc, Rootable};
use std::cell::Cell;
use std::mem;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

/// How a VM is made.
pub struct VmOptions {
    /// Effects; by default everything is refused.
    pub host: Box<dyn Host>,
    /// Bytes of live objects after which LimitError is raised.
    pub memory_limit: Option<usize>,
    /// Loop turns and calls after which execution stops with [`Interrupt::Fuel`].
    pub fuel: Option<u64>,
    /// Calls within calls after which StackOverflow is raised.
    pub depth_limit: usize,
    /// Switches of the test worlds.
    pub stress: Stress,
}

impl Default for VmOptions {
    fn default() -> Self {
        VmOptions {
            host: Box::new(NoHost),
            memory_limit: None,
            fuel: None,
            depth_limit: limits::DEPTH_MAX,
            stress: Stress::default(),
        }
    }
}

/// Called between slices of a running program, at safe points, and while it waits.
type Poll = Box<dyn FnMut(&mut Vm)>;

/// Called with the name of a task that nobody waits for and the error that has ended it.
type OnTaskError = Box<dyn FnMut(&str, &Error)>;

/// Layouts that are made before the collector looks which of them no instance has any more.
const LAYOUTS_KEPT_MAX: usize = 64;

/// One engine with its own heap, namespaces and loaded files.
pub struct Vm {
    pub(super) arena: Arena<Rootable![World<'_>]>,
    pub(super) pool: Arc<crate::object::HandlePool>,
    cancel: Arc<AtomicBool>,
    stress: Stress,
    poll: Option<Poll>,
    pub(super) remote_end: RemoteEnd,
    pub(super) requested: ReloadHandle,
    pub(super) on_requested: Option<OnReload>,
    pub(super) on_task_error: Option<OnTaskError>,
    pub(super) failed_tasks: usize,
    /// The stop after which a call was made again last: what it was, and how many times it had come.
    pub(super) retried: Option<(String, u64)>,
    pub(super) caught_failures: Option<super::tests::CaughtFailures>,
    /// When the test that runs is stopped.
    pub(super) time_limit: Option<super::tests::TimeLimit>,
    /// Whether the ticks that are left are those of a slice which goes on with the next call.
    pub(super) slice_goes_on: bool,
    memory_limit: Option<usize>,
    /// Bytes of buffers that were alive at the end of the last collection.
    live_bytes: usize,
    /// Bytes of buffers found alive by the collection that goes on.
    marked_bytes: usize,
    /// Bytes allocated since the last collection ended.
    new_bytes: usize,
    /// How many layouts had been made when those without instances were freed last.
    layouts_when_freed: usize,
    /// The search for obsolete instances that a migration in slices has begun.
    pub(super) search: Option<Search>,
    /// The migration that is under way: instances that it has begun, and how many there are.
    pub(super) migration: Option<(Rc<Cell<usize>>, usize)>,
    /// What is known of files, beside the heap.
    pub(crate) files: crate::reload::Files,
}

/// What a native asks the driver to do while the program stands at a safe point.
pub struct Request(Answer);

/// How the driver answers a request. `None`: the call's result is in `Tasks::wake` already.
type Answer = Box<dyn FnOnce(&mut Vm) -> Result<Option<Handle>, Error>>;

/// For natives that need the VM itself, such as `live.reload`: `f` is called at once, while the program stands at a safe point; the call
/// has its result. Errors that are not the program's own become ReloadError.
pub fn outside<'gc>(f: impl FnOnce(&mut Vm) -> Result<Handle, Error> + 'static) -> Box<Control<'gc>> {
    outside_at_once(move |vm| f(vm).map(Some))
}

/// The same for what may put the call's result into `Tasks::wake` itself, and gives `None` then.
pub(super) fn outside_at_once<'gc>(f: impl FnOnce(&mut Vm) -> Result<Option<Handle>, Error> + 'static) -> Box<Control<'gc>> {
    Box::new(Control::Outside(Box::new(Request(Box::new(f)))))
}

/// Why a slice ended, without heap values: those are in handles.
pub(super) enum Stop {
    Tick,
    Done(Handle),
    Raised(Handle),
    Wait,
    Need,
    Outside(Request),
    Interrupt(Interrupt),
}

impl Vm {
    /// A VM with built-in classes and operators, but without library; `stdlib` offers one with everything.
    pub fn bare(options: VmOptions) -> Vm {
        let VmOptions { host, memory_limit, fuel, depth_limit, stress } = options;
        let cancel = Arc::<AtomicBool>::default();
        let mut arena = Arena::<Rootable![World<'_>]>::new(|mc| World::new(mc, host));
        let pacing = Pacing { sleep_factor: 1.0, min_sleep: 20_000, ..Pacing::default() };
        arena.metrics().set_pacing(pacing);
        arena.mutate_root(|mc, world| {
            world.memory_limit = memory_limit;
            world.fuel = fuel;
            world.stress = stress;
            world.cancel = cancel.clone();
            world.depth_limit = depth_limit;
            world.stack = Stack::new(1024, depth_limit);
            Cx { world, mc }.make_stubs();
        });
        let pool = arena.mutate(|_, world| world.handle_pool.clone());
        Vm {
            arena,
            pool,
            cancel,
            stress,
            poll: None,
            remote_end: RemoteEnd::default(),
            requested: ReloadHandle::default(),
            on_requested: None,
            on_task_error: None,
            failed_tasks: 0,
            retried: None,
            caught_failures: None,
            time_limit: None,
            slice_goes_on: false,
            memory_limit,
            live_bytes: 0,
            marked_bytes: 0,
            new_bytes: 0,
            layouts_when_freed: 0,
            search: None,
            migration: None,
            files: crate::reload::Files::default(),
        }
    }

    /// Access to the heap for one operation that runs no script code: the door for libraries.
    pub fn enter<R>(&mut self, f: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> R) -> R {
        self.arena.mutate_root(|mc, world| f(&mut Cx { world, mc }))
    }

    /// Decides whether files may contribute to a namespace, made if there is none. Those of the library are locked.
    pub fn lock_namespace(&mut self, name: &str, locked: bool) {
        self.enter(|cx| cx.world.namespace(cx.mc, name).set_locked(locked));
    }

    /// A flag that stops the running program from any thread: set it to true.
    pub fn cancel_flag(&self) -> Arc<AtomicBool> {
        self.cancel.clone()
    }

    /// Sets what is called at safe points and while the program waits: the place to poll for edited files.
    pub fn on_safe_point(&mut self, poll: impl FnMut(&mut Vm) + 'static) {
        self.poll = Some(Box::new(poll));
    }

    /// The value of `namespace.name`.
    pub fn get<T: FromScript>(&mut self, qualified: &str) -> Result<T, Error> {
        self.enter(|cx| {
            let cell = cx.definition(qualified)?;
            T::from_script(cx, cell.value()).map_err(|text| Error::Host(format!("`{qualified}`: {text}")))
        })
    }

    /// Assigns to `namespace.name`, as a script would.
    ///
    /// # Errors
    /// [`Error::Host`] if there is no such definition; what the program raises if it cannot be assigned, as constants and functions cannot.
    pub fn set(&mut self, qualified: &str, value: impl IntoScript) -> Result<(), Error> {
        let value = self.make(|cx| value.into_script(cx));
        let (namespace, name) = self.enter(|cx| {
            let cell = cx.definition(qualified)?;
            Ok::<_, Error>((Handle::new(cx.world, Value::Namespace(cell.namespace)), cell.name.as_str().to_owned()))
        })?;
        self.run(move |cx| {
            let (namespace, value) = (namespace.value_in(cx.world), value.value_in(cx.world));
            let name = cx.world.intern(cx.mc, &name);
            cx.set_attr(namespace, name, value)
        })?;
        Ok(())
    }

    /// A handle to the value of `namespace.name`.
    pub fn handle(&mut self, qualified: &str) -> Result<Handle, Error> {
        self.enter(|cx| {
            let value = cx.definition(qualified)?.value();
            Ok(Handle::new(cx.world, value))
        })
    }

    /// The Rust value of a held script value.
    pub fn read<T: FromScript>(&mut self, handle: &Handle) -> Result<T, Error> {
        self.check_handle(handle)?;
        self.enter(|cx| {
            let value = handle.value_in(cx.world);
            T::from_script(cx, value).map_err(Error::Host)
        })
    }

    /// Whether a held value is nil.
    pub fn is_nil(&mut self, handle: &Handle) -> bool {
        self.enter(|cx| handle.value_in(cx.world).is_nil())
    }

    /// The text that `repr` gives for a held value.
    pub fn repr(&mut self, handle: &Handle) -> Result<String, Error> {
        self.check_handle(handle)?;
        let handle = handle.clone();
        let text = self.run(move |cx| {
            let value = handle.value_in(cx.world);
            ops::to_repr(cx, value)
        })?;
        self.read(&text)
    }

    /// The text that shows a held value to somebody: its `repr`, of which long containers and strings are cut, with how much more there is.
    pub fn shown(&mut self, handle: &Handle) -> Result<String, Error> {
        self.check_handle(handle)?;
        let handle = handle.clone();
        let text = self.run(move |cx| {
            let value = handle.value_in(cx.world);
            ops::to_shown(cx, value)
        })?;
        self.read(&text)
    }

    pub(crate) fn check_handle(&self, handle: &Handle) -> Result<(), Error> {
        if handle.is_of(&self.pool) { Ok(()) } else { Err(Error::Host("the handle belongs to another VM".into())) }
    }

    /// Runs something of a native's shape to its end, and tasks while it waits. What ran before waits on its own stack.
    pub fn run(&mut self, start: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> NativeResult<'gc>) -> Result<Handle, Error> {
        self.run_main(
            |cx| {
                let id = cx.world.tasks.fresh();
                (Task::new(cx.mc, id, "main", Value::Nil), Stack::new(64, cx.world.depth_limit), None)
            },
            |cx| interp::begin(cx, start),
        )
    }

    /// Runs a main part to its end: `make` gives its task with the stack and the fiber that it runs on, `start` begins.
    pub(super) fn run_main(
        &mut self,
        make: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> (Gc<'gc, Task<'gc>>, Stack<'gc>, Option<Gc<'gc, Fiber<'gc>>>),
        start: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> Option<Exit<'gc>>,
    ) -> Result<Handle, Error> {
        let level = self.begin_level();
        let main = self.enter(|cx| {
            let (main, stack, fiber) = make(cx);
            cx.enter_main(main, stack, fiber);
            main.id()
        });
        self.begin_slice();
        let stop = self.arena.mutate_root(|mc, world| {
            let mut cx = Cx { world, mc };
            let exit = start(&mut cx).unwrap_or_else(|| interp::run(&mut cx));
            note(exit, &mut cx)
        });
        let result = self.drive(main, stop);
        self.leave_main(main, level, result)
    }

    /// What is to be done when a main part has ended, or is given up.
    pub(super) fn leave_main(&mut self, main: u64, level: bool, result: Result<Handle, Error>) -> Result<Handle, Error> {
        if matches!(result, Err(Error::Interrupted(_))) {
            self.enter(|cx| cx.abandon_migrations());
        }
        let is_over = matches!(result, Ok(_) | Err(Error::Raised { .. })) && self.is_running(main);
        // Beside a test whose time is up, tasks of the program go on.
        let is_stop = matches!(result, Err(Error::Interrupted(_))) && !self.is_test_stopped();
        self.enter(|cx| {
            if !cx.keep_stopped(main) {
                let fiber = cx.world.fiber.take();
                cx.abandon_fibers(fiber);
            }
            if !is_over {
                cx.drop_tasks(if is_stop { 0 } else { main });
            }
            let main = cx.world.tasks.level().main.take().expect("set by `enter_main`");
            let running = cx.leave_main();
            // As a rule it is the main part that runs; when all tasks were dropped, it may be anything.
            for task in running.into_iter().chain([main]) {
                cx.world.tasks.level().forget(task);
            }
            cx.forget_main(main);
        });
        self.end_level(level);
        self.tell_failures();
        if self.enter(|cx| cx.world.parked.is_empty()) {
            self.tell_forgiven();
            if let Some(interrupted) = self.abort_older() {
                return Err(interrupted);
            }
        }
        result
    }

    /// Goes on with what runs, as `stop` says, until the main part with this number has ended.
    pub(super) fn drive(&mut self, main: u64, mut stop: Stop) -> Result<Handle, Error> {
        loop {
            match stop {
                Stop::Tick => {
                    self.look()?;
                    self.check_memory();
                    self.enter(|cx| cx.give_way());
                    self.begin_slice();
                }
                Stop::Done(value) if self.is_running(main) => return Ok(value),
                Stop::Raised(error) if self.is_running(main) => return Err(self.raised(error)),
                Stop::Done(value) => self.end_task(Some(value), None)?,
                Stop::Raised(error) => self.end_task(None, Some(error))?,
                Stop::Wait => match self.error_to_return(main) {
                    Some(error) => return Err(self.raised(error)),
                    None => self.schedule()?,
                },
                Stop::Need => {
                    self.count_fuel()?;
                    self.provide()?;
                    self.begin_slice();
                }
                Stop::Outside(request) => {
                    self.count_fuel()?;
                    self.carry_out_request(request)?;
                    // The ticks that are left are not filled up: a loop over functions of the host comes to a look like every other.
                    if !self.slice_goes_on {
                        self.begin_slice();
                    }
                }
                Stop::Interrupt(interrupt) => return Err(Error::Interrupted(interrupt)),
            }
            self.tell_failures();
            // A slice goes on with another task until its ticks are used up.
            stop = self.arena.mutate_root(|mc, world| {
                let mut cx = Cx { world, mc };
                let exit = interp::go_on(&mut cx).unwrap_or_else(|| interp::run(&mut cx));
                note(exit, &mut cx)
            });
        }
    }

    /// Does what running code asked for; the code goes on with the result, or with an error.
    fn carry_out_request(&mut self, request: Request) -> Result<(), Error> {
        let result = (request.0)(self);
        match result {
            Err(Error::Interrupted(interrupt)) => return Err(Error::Interrupted(interrupt)),
            Ok(None) => return Ok(()),
            _ => {}
        }
        self.enter(|cx| {
            let wake = match result {
                Ok(None) => return,
                Ok(Some(value)) => Wake::Value(value.value_in(cx.world)),
                Err(Error::Raised { value, .. }) => Wake::Raise(value.value_in(cx.world)),
                Err(error) => Wake::Raise(cx.error_value(ErrorKind::ReloadError, &error.to_string())),
            };
            cx.world.tasks.wake = Some(wake);
        });
        Ok(())
    }

    /// Makes a value that stays alive as long as its handle.
    pub fn make(&mut self, f: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> Value<'gc>) -> Handle {
        self.enter(|cx| {
            let value = f(cx);
            Handle::new(cx.world, value)
        })
    }

    /// Begins a slice. What was used of the one before is counted; whether that was too much is found out at the next look.
    pub(super) fn begin_slice(&mut self) {
        self.charge_slice();
        self.slice_goes_on = true;
        let marking = self.arena.collection_phase() == CollectionPhase::Marking;
        let single = self.stress.single_step || self.stress.collect_always || self.stress.collect_slowly;
        self.arena.mutate_root(|_, world| {
            world.marking = marking;
            let slice = if single { 1 } else { limits::TICKS_PER_SLICE };
            // Who waits for the end of a time wants to be near to it.
            let is_timed = world.tasks.level().main.is_some_and(|main| main.goal.get().is_some());
            let slice = if is_timed { slice.min(limits::TICKS_PER_TIMED_SLICE) } else { slice };
            let bounds = [world.fuel, world.budget].into_iter().flatten();
            world.slice = bounds.fold(slice, |slice, bound| slice.min(i64::try_from(bound).unwrap_or(i64::MAX)));
            world.ticks.set(world.slice);
            world.ticks_saved.set(0);
        });
    }

    /// Looks at everything that is due between two slices.
    pub(super) fn look(&mut self) -> Result<(), Error> {
        if self.cancel.swap(false, Ordering::Relaxed) {
            return Err(Error::Interrupted(Interrupt::Cancelled));
        }
        self.count_fuel()?;
        self.look_outside();
        self.collect_if_due();
        self.check_time()?;
        self.tell_forgiven();
        self.poll();
        if mem::take(&mut self.files.is_abandoned) {
            return Err(Error::Interrupted(Interrupt::Cancelled));
        }
        Ok(())
    }

    /// Within the function that was given to [`Vm::on_safe_point`]: ends the load, reload or call that stands at this safe point, as if it
    /// were cancelled.
    pub fn abandon(&mut self) {
        self.files.is_abandoned = true;
    }

    /// Takes what the slice has used since it was counted last from the fuel; fails when none is left.
    pub(super) fn count_fuel(&mut self) -> Result<(), Error> {
        self.charge_slice();
        let is_used_up = self.arena.mutate(|_, world| world.fuel == Some(0));
        if is_used_up { Err(Error::Interrupted(Interrupt::Fuel)) } else { Ok(()) }
    }

    /// Takes what the slice has used since it was counted last from fuel and budget.
    fn charge_slice(&mut self) {
        self.arena.mutate_root(|_, world| {
            let left = if world.ticks_saved.get() > 0 { world.ticks_saved.get() } else { world.ticks.get().max(0) };
            let used = u64::try_from(world.slice - left).unwrap_or(0);
            world.slice = left;
            world.fuel = world.fuel.map(|fuel| fuel.saturating_sub(used));
            world.budget = world.budget.map(|budget| budget.saturating_sub(used));
        });
    }

    /// Raises LimitError in the running task if the program has more than its limit alive.
    fn check_memory(&mut self) {
        if let Some(message) = self.memory_excess() {
            self.enter(|cx| {
                let error = cx.error_value(ErrorKind::LimitError, &message);
                cx.world.tasks.wake = Some(Wake::Raise(error));
            });
        }
    }

    /// Bytes of living objects, roughly: buffers are known exactly at the end of each collection, the rest is an average.
    pub fn memory_used(&self) -> usize {
        const AVERAGE_OBJECT: usize = 48;
        self.live_bytes + self.new_bytes + self.arena.metrics().total_gc_count() * AVERAGE_OBJECT
    }

    /// Whether the program has more than its limit alive, as the message of the error.
    pub(super) fn memory_excess(&mut self) -> Option<String> {
        let limit = self.memory_limit?;
        if self.memory_used() <= limit {
            return None;
        }
        self.collect();
        let used = self.memory_used();
        (used > limit).then(|| format!("the memory limit is reached: {} KB are in use, {} KB are allowed", used >> 10, limit >> 10))
    }

    /// Reads what a slice of a collection has found alive.
    pub(super) fn weigh(&mut self) {
        // What stores have to note depends on what the collector is doing.
        self.slice_goes_on = false;
        self.marked_bytes += crate::heap::take_marked();
        if self.arena.collection_phase() == CollectionPhase::Sleeping {
            crate::heap::end_cycle();
            self.live_bytes = std::mem::take(&mut self.marked_bytes);
            self.new_bytes = 0;
        }
    }

    /// What is done at safe points: calls what the host wants called there, and makes the reload that was asked for by a
    /// [`ReloadHandle`].
    pub fn poll(&mut self) {
        self.carry_out_posted();
        self.carry_out_requested_reload();
        if let Some(mut poll) = self.poll.take() {
            poll(self);
            self.poll.get_or_insert(poll);
        }
    }

    /// Makes a slice of a collection if so much was allocated that one is due.
    pub(crate) fn collect_if_due(&mut self) {
        let allocated = self.arena.mutate_root(|_, world| {
            let allocated = limits::ALLOCATION_SLICE - world.allocation_budget.get();
            world.allocation_budget.set(limits::ALLOCATION_SLICE);
            allocated
        });
        self.new_bytes += usize::try_from(allocated).unwrap_or(0);
        if self.stress.collect_always {
            self.clear_stacks();
            self.collector(Work::Cycle);
            self.end_collection();
            return;
        }
        if self.stress.collect_slowly {
            self.clear_stacks();
            self.arena.metrics().adjust_debt(30.0);
            self.collector(Work::Debt);
            self.end_collection();
            return;
        }
        if self.arena.metrics().allocation_debt() <= 0.0 {
            return;
        }
        self.clear_stacks();
        let small = self.arena.metrics().total_gc_count() < limits::COLLECT_AT_ONCE_MAX;
        if small && self.arena.collection_phase() == CollectionPhase::Sleeping {
            self.finish_cycle();
        } else {
            self.collector(Work::Debt);
        }
        self.end_collection();
    }

    /// After a slice of an ordinary collection.
    fn end_collection(&mut self) {
        self.weigh();
        if self.arena.collection_phase() == CollectionPhase::Sleeping {
            self.enter(|cx| cx.forget_dead_fibers());
            self.look_for_unused_leaks();
        }
    }

    pub(super) fn clear_stacks(&mut self) {
        self.arena.mutate_root(|_, world| {
            world.stack.clear_above_top();
            world.idle_stacks.clear();
            for stack in world.parked.iter_mut().filter_map(|parked| parked.stack.as_mut()) {
                stack.clear_above_top();
            }
            // What the host has let go of.
            let dropped = mem::take(&mut *world.handle_pool.dropped.lock().unwrap_or_else(PoisonError::into_inner));
            for index in &dropped {
                world.handles[*index] = Value::Nil;
            }
            world.handles_free.extend(dropped);
        });
    }

    /// Collects everything that nothing uses.
    pub fn collect(&mut self) {
        self.clear_stacks();
        self.finish_cycle();
        self.weigh();
        if self.enter(|cx| cx.forget_dead_fibers()) {
            // What is listed keeps its place until it is forgotten.
            self.finish_cycle();
            self.weigh();
        }
    }

    /// Ends the cycle of the collector, or makes a whole one. When there are many new layouts, frees those that neither an instance nor a class
    /// has any more: the table of layouts, which instances look in, would keep them and their classes for ever.
    fn finish_cycle(&mut self) {
        let made = self.arena.mutate(|_, world| world.layouts.len());
        if made < self.layouts_when_freed + LAYOUTS_KEPT_MAX {
            self.collector(Work::Cycle);
            return;
        }
        self.layouts_when_freed = made;
        let found = self.take_census();
        let is_any = self.enter(|cx| {
            super::classes::free_layouts(cx, &found);
            super::classes::set_layouts_aside(cx, &found)
        });
        if is_any {
            self.arena.finish_cycle();
            self.enter(super::classes::put_back_layouts);
            self.weigh();
        }
    }

    /// Marks everything once; gives the instances that are alive.
    pub(super) fn take_census(&mut self) -> Vec<crate::object::FoundInstance> {
        self.clear_stacks();
        // It passes all instances itself.
        self.search = None;
        if self.arena.collection_phase() != CollectionPhase::Sleeping {
            self.collector(Work::Cycle);
        }
        let arena = &mut self.arena;
        let found = crate::object::take_census(|| arena.finish_cycle());
        self.weigh();
        found
    }

    /// Number of objects on the heap.
    pub fn object_count(&self) -> usize {
        self.arena.metrics().total_gc_count()
    }

    /// Sets the fuel that is left; `None`: unlimited.
    pub fn set_fuel(&mut self, fuel: Option<u64>) {
        self.charge_slice();
        self.slice_goes_on = false;
        self.arena.mutate_root(|_, world| world.fuel = fuel);
    }

    /// Uses the host's effects.
    pub fn host<R>(&mut self, f: impl FnOnce(&mut dyn Host) -> Result<R, crate::host::HostError>) -> Result<R, Error> {
        self.arena.mutate_root(|_, world| f(&mut *world.host)).map_err(|e| Error::Host(e.to_string()))
    }

    /// The host's view of an error value.
    pub(crate) fn raised(&mut self, error: Handle) -> Error {
        self.enter(|cx| {
            let value = error.value_in(cx.world);
            describe_error(cx, value, 0)
        })
    }
}

fn describe_error<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, depth: usize) -> Error {
    let Value::Instance(instance) = value else { return Error::Host(ops::describe(cx, &value)) };
    let class = cx.world.class_of_instance(instance).name().as_str().to_owned();
    let message = match ops::error_part(cx.world, instance, cx.world.symbols.message) {
        Value::Str(text) => text.as_str().to_owned(),
        Value::Unset => String::new(),
        other => ops::describe(cx, &other),
    };
    let cause = ops::error_part(cx.world, instance, cx.world.symbols.cause);
    let cause = (depth < 8 && cx.is_error(&cause)).then(|| Box::new(describe_error(cx, cause, depth + 1)));
    let trace = Box::new(interp::trace_of(cx.world, &value).unwrap_or_default());
    let source = super::function::source_of(cx, instance);
    let value = Handle::new(cx.world, value);
    Error::Raised { class, message, trace, value, cause, source }
}

/// Brings an exit over the border of the heap.
pub(super) fn note<'gc>(exit: Exit<'gc>, cx: &mut Cx<'_, 'gc>) -> Stop {
    match exit {
        Exit::Tick => Stop::Tick,
        Exit::Done(value) => Stop::Done(Handle::new(cx.world, value)),
        Exit::Error(value) => Stop::Raised(Handle::new(cx.world, value)),
        Exit::Wait => Stop::Wait,
        Exit::Need => Stop::Need,
        Exit::Outside => {
            let request = cx.world.outside.take().and_then(|request| request.downcast().ok());
            Stop::Outside(*request.expect("who leaves for the driver says what for"))
        }
        Exit::Interrupt(interrupt) => Stop::Interrupt(interrupt),
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Defines `namespace.name` as something of the host's or the library's.
    pub fn define(&mut self, namespace: &str, name: &str, kind: Kind, value: Value<'gc>) -> Gc<'gc, Definition<'gc>> {
        let namespace = self.world.namespace(self.mc, namespace);
        let symbol = self.world.intern(self.mc, name);
        let cell = Namespace::cell_or_new(namespace, self.mc, symbol);
        cell.set_kind(kind);
        Definition::set(cell, self.mc, value);
        Definition::update_meta(cell, self.mc, |meta| meta.version = 1);
        cell
    }

    /// The definition with this qualified name.
    ///
    /// # Errors
    /// [`Error::Host`] if there is none, or one without value; it names the nearest.
    pub fn definition(&mut self, qualified: &str) -> Result<Gc<'gc, Definition<'gc>>, Error> {
        let found = qualified.rsplit_once('.').and_then(|(namespace, name)| {
            let namespace = *self.world.namespaces.get(namespace)?;
            let symbol = self.world.intern(self.mc, name);
            namespace.get(symbol).filter(|definition| !definition.value().is_unset())
        });
        found.ok_or_else(|| self.no_definition(qualified))
    }

    #[cold]
    fn no_definition(&self, qualified: &str) -> Error {
        let Some((namespace, name)) = qualified.rsplit_once('.') else {
            return Error::Host(format!("`{qualified}` names no definition: those are written `namespace.name`"));
        };
        let Some(found) = self.world.namespaces.get(namespace) else {
            let near = ops::suggestion(namespace, self.world.namespaces.keys().map(|name| &**name));
            return Error::Host(format!("`{qualified}` does not exist: there is no namespace `{namespace}`{near}"));
        };
        let definitions: Vec<_> = found.definitions().iter().filter(|d| !d.value().is_unset()).map(|d| d.name.as_str()).collect();
        let near = ops::suggestion(name, definitions.into_iter());
        Error::Host(format!("`{qualified}` does not exist{near}"))
    }

    /// An error of a built-in class as a value.
    pub fn error_value(&mut self, kind: ErrorKind, message: &str) -> Value<'gc> {
        Value::Instance(self.new_error(kind, message))
    }
}
