//! The VM as a host sees it, and the driver of the interpreter.

use super::error::Error;
use super::handle::Handle;
use super::panics::{Entered, Panics};
use super::registry::Registered;
use super::remote::RemoteEnd;
use super::request::{OnReload, ReloadHandle};
use super::search::{Search, Work};
use crate::heap::Value;
use crate::host::{Host, NoHost};
use crate::interp;
use crate::limits;
use crate::object::{Control, Cx, ErrorKind, Exit, Fiber, Interrupt, Maker, NativeResult, Stack, Stress, Task, Wake, World};
use crate::ops;
use gc_arena::arena::CollectionPhase;
use gc_arena::metrics::Pacing;
use gc_arena::{Arena, Gc, Rootable};
use std::cell::Cell;
use std::mem;
use std::panic::resume_unwind;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a VM is made.
///
/// For [`Vm::bare`]; as a rule a VM is made by `embed::Builder`.
///
/// ```
/// use embed::prelude::*;
/// use embed::{SystemHost, VmOptions};
///
/// let options = VmOptions { host: Box::new(SystemHost::new()), fuel: Some(1_000), ..VmOptions::default() };
/// assert!(Vm::bare(options).eval::<()>("while true { }").is_err());
/// assert!(VmOptions::default().memory_limit.is_none());
/// ```
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
///
/// It stays on the thread that has made it. [`Vm::remote`] reaches it from others.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("rules.lang", "let hits = 0\nfn damage(n) { hits += 1; n * 2 }")?;
/// assert_eq!(vm.call::<_, i64>("rules.damage", (4,))?, 8);
/// assert_eq!(vm.get::<i64>("rules.hits")?, 1);
/// # Ok::<(), Error>(())
/// ```
pub struct Vm {
    pub(super) arena: Arena<Rootable![World<'_>]>,
    pub(super) pool: Arc<crate::object::HandlePool>,
    cancel: Arc<AtomicBool>,
    pub(super) panics: Panics,
    pub(super) registries: Vec<Weak<dyn Registered>>,
    /// Units that the commits under way have run.
    pub(crate) units_run: Vec<Maker>,
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
///
/// See the example of [`outside`].
pub struct Request(Answer);

/// How the driver answers a request. `None`: the call's result is in `Tasks::wake` already.
type Answer = Box<dyn FnOnce(&mut Vm) -> Result<Option<Handle>, Error>>;

/// For natives that need the VM itself, such as `live.reload`: `f` is called at once, while the program stands at a safe point; the call
/// has its result. Errors that are not the program's own become ReloadError.
///
/// ```
/// use embed::prelude::*;
/// use embed::outside;
///
/// let mut vm = Vm::new();
/// let made = vm.run(|_| Err(outside(|vm| vm.eval::<Handle>("1 + 1"))))?;
/// assert_eq!(vm.read::<i64>(&made)?, 2);
/// # Ok::<(), Error>(())
/// ```
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
    /// A VM without library, which is what libraries are put into: `embed::Create` makes VMs with everything.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::VmOptions;
    ///
    /// let mut vm = Vm::bare(VmOptions::default());
    /// assert_eq!(vm.eval::<i64>("1 + 2")?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// Not this, but what raises an error in such a VM: classes of errors are the library's.
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
            panics: Panics::default(),
            registries: Vec::new(),
            units_run: Vec::new(),
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
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::IntoScript;
    ///
    /// let mut vm = Vm::new();
    /// let is_nil = vm.enter(|cx| None::<i64>.into_script(cx).is_nil());
    /// assert!(is_nil);
    /// ```
    pub fn enter<R>(&mut self, f: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> R) -> R {
        self.arena.mutate_root(|mc, world| f(&mut Cx { world, mc }))
    }

    /// Decides whether files may contribute to a namespace, made if there is none. Those of the library are locked.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.lock_namespace("game", true);
    /// assert!(vm.load_text("game.lang", "let more = 1").is_err());
    /// vm.lock_namespace("game", false);
    /// vm.load_text("game.lang", "let more = 1")?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn lock_namespace(&mut self, name: &str, locked: bool) {
        self.enter(|cx| cx.world.namespace(cx.mc, name).set_locked(locked));
    }

    /// A flag that stops the running program from any thread: set it to true.
    ///
    /// The call ends with [`Error::Interrupted`], and the flag is false again.
    ///
    /// While nothing runs, the flag stays set and stops what runs next: so a request that comes just before the call begins is not lost. It is looked at
    /// now and then, not at each call; short calls may return before one that computes for longer is stopped. If a request is not meant for what comes after,
    /// set the flag to false before the next call.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Interrupt;
    /// use std::sync::atomic::Ordering;
    /// use std::thread;
    ///
    /// let mut vm = Vm::new();
    /// let flag = vm.cancel_flag();
    /// let other = thread::spawn(move || flag.store(true, Ordering::Relaxed));
    /// assert!(matches!(vm.eval::<()>("while true { }"), Err(Error::Interrupted(Interrupt::Cancelled))));
    /// # other.join().expect("it ends");
    /// assert_eq!(vm.eval::<i64>("1 + 1")?, 2);
    ///
    /// // Nothing runs: what comes next is not meant.
    /// vm.remote().cancel();
    /// vm.cancel_flag().store(false, Ordering::Relaxed);
    /// assert_eq!(vm.eval::<i64>("let n = 0\nwhile n < 100_000 { n += 1 }\nn")?, 100_000);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cancel_flag(&self) -> Arc<AtomicBool> {
        self.cancel.clone()
    }

    /// Sets what is called at safe points and while the program waits: the place to poll for edited files.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let text = "let turns = 0\nfn run() { while true { turns += 1 } }";
    /// vm.load_text("game.lang", text)?;
    /// // The loop that runs goes on in its new text.
    /// vm.on_safe_point(move |vm| {
    ///     vm.reload_text("game.lang", &text.replace("turns += 1", "return \"edited\""));
    /// });
    /// assert_eq!(vm.call::<_, String>("game.run", ())?, "edited");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_safe_point(&mut self, poll: impl FnMut(&mut Vm) + 'static) {
        self.poll = Some(Box::new(poll));
    }

    /// Runs something of a native's shape to its end, and tasks while it waits. What ran before waits on its own stack.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::IntoScript;
    ///
    /// let mut vm = Vm::new();
    /// let text = vm.run(|cx| Ok("text".into_script(cx)))?;
    /// assert_eq!(vm.read::<String>(&text)?, "text");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// What it raises, and [`Error::Interrupted`] if the program was stopped meanwhile.
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
        self.guarded(|vm| {
            let mut entered = Entered::new(vm);
            entered.has_level = entered.vm.begin_level();
            let main = entered.vm.enter(|cx| {
                let (main, stack, fiber) = make(cx);
                cx.enter_main(main, stack, fiber);
                main.id()
            });
            entered.is_running = true;
            entered.vm.begin_slice();
            let stop = entered.vm.arena.mutate_root(|mc, world| {
                let mut cx = Cx { world, mc };
                let exit = start(&mut cx).unwrap_or_else(|| interp::run(&mut cx));
                note(exit, &mut cx)
            });
            let result = entered.vm.drive(main, stop);
            entered.is_running = false;
            entered.vm.leave_main(main, entered.has_level, result)
        })
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
            if let Some(interrupted) = self.holding_panics(Vm::abort_older) {
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
                    self.enter(|cx| {
                        cx.raise_cancelled();
                        cx.give_way();
                    });
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
        let result = match self.host_code(request.0) {
            Ok(Err(Error::Interrupted(interrupt))) => return Err(Error::Interrupted(interrupt)),
            Ok(Ok(None)) => return Ok(()),
            Ok(Ok(Some(value))) => Ok(value),
            Ok(Err(error)) => Err(error),
            Err(panic) => resume_unwind(panic),
        };
        self.enter(|cx| {
            let wake = match result {
                Ok(value) => Wake::Value(value.value_in(cx.world)),
                Err(Error::Raised { value, .. }) => Wake::Raise(value.value_in(cx.world)),
                Err(error) => Wake::Raise(cx.error_value(ErrorKind::ReloadError, &error.to_string())),
            };
            cx.world.tasks.wake = Some(wake);
        });
        Ok(())
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
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Interrupt;
    ///
    /// let mut vm = Vm::new();
    /// vm.on_safe_point(|vm| vm.abandon());
    /// assert!(matches!(vm.eval::<()>("while true { }"), Err(Error::Interrupted(Interrupt::Cancelled))));
    /// ```
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
            let used = u64::try_from(world.slice - left).unwrap_or(0).saturating_add(world.owed.take());
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

    /// Bytes of living objects, roughly: buffers are known exactly at the end of each collection ([`Vm::collect`] makes one), what was allocated since is added at the
    /// next look, the rest is an average.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.collect();
    /// let before = vm.memory_used();
    /// let _kept: Handle = vm.eval("\"x\" * 1_000_000")?;
    /// vm.collect();
    /// assert!(vm.memory_used() > before + 900_000);
    /// # Ok::<(), Error>(())
    /// ```
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
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.remote().post(|vm| vm.define_value("host", "ready", true)).expect("the VM is there");
    /// vm.poll();
    /// assert!(vm.get::<bool>("host.ready")?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn poll(&mut self) {
        self.carry_out_posted();
        self.carry_out_requested_reload();
        if let Some(mut poll) = self.poll.take() {
            let polled = self.host_code(&mut poll);
            self.poll.get_or_insert(poll);
            if let Err(panic) = polled {
                resume_unwind(panic)
            }
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
            let dropped = mem::take(&mut *world.handle_pool.dropped());
            for index in &dropped {
                world.handles[*index] = Value::Nil;
            }
            world.handles_free.extend(dropped);
        });
    }

    /// Collects everything that nothing uses.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let kept: Handle = vm.eval("list(0..1_000).map(|n| [n])")?;
    /// vm.collect();
    /// let before = vm.object_count();
    /// drop(kept);
    /// vm.collect();
    /// assert!(vm.object_count() < before - 900);
    /// # Ok::<(), Error>(())
    /// ```
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
    ///
    /// Those that nothing uses are among them until they are collected. See the example of [`Vm::collect`].
    pub fn object_count(&self) -> usize {
        self.arena.metrics().total_gc_count()
    }

    /// Sets the fuel that is left; `None`: unlimited.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Interrupt;
    ///
    /// let mut vm = Vm::new();
    /// vm.set_fuel(Some(10_000));
    /// assert!(matches!(vm.eval::<()>("while true { }"), Err(Error::Interrupted(Interrupt::Fuel))));
    /// vm.set_fuel(None);
    /// assert_eq!(vm.eval::<i64>("1 + 1")?, 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_fuel(&mut self, fuel: Option<u64>) {
        self.charge_slice();
        self.slice_goes_on = false;
        self.arena.mutate_root(|_, world| world.fuel = fuel);
    }

    /// Uses the host's effects.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// assert_eq!(vm.host(|host| host.platform())?, std::env::consts::OS);
    /// assert!(Vm::sandboxed().host(|host| host.platform()).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] with the text of what the host refuses, or of what has failed.
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
