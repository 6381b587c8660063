//! The VM as a host sees it, and the driver of the interpreter.

use super::convert::{FromScript, IntoScript};
use super::error::Error;
use super::function::HostFunction;
use super::handle::Handle;
use crate::heap::Value;
use crate::host::{Host, NoHost};
use crate::interp;
use crate::limits;
use crate::object::{
    Control, Cx, Definition, ErrorKind, Exit, Instance, Interrupt, Keywords, Kind, Namespace, NativeBody, NativeFunction,
    NativeResult, Stack, Stress, World,
};
use crate::ops::{self, error_slot};
use gc_arena::arena::CollectionPhase;
use gc_arena::metrics::Pacing;
use gc_arena::{Arena, Gc, Rootable};
use std::cell::Cell;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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

/// One engine with its own heap, namespaces and loaded files.
pub struct Vm {
    arena: Arena<Rootable![World<'_>]>,
    pool: Rc<crate::object::HandlePool>,
    cancel: Arc<AtomicBool>,
    stress: Stress,
    poll: Option<Poll>,
    memory_limit: Option<usize>,
    /// Bytes of buffers that were alive at the end of the last collection.
    live_bytes: usize,
    /// Bytes of buffers found alive by the collection that goes on.
    marked_bytes: usize,
    /// Bytes allocated since the last collection ended.
    new_bytes: usize,
    /// What is known of files, beside the heap.
    pub(crate) files: crate::reload::Files,
}

/// Why a slice ended, without heap values: those are in handles.
enum Stop {
    Tick,
    Done(Handle),
    Raised(Handle),
    Wait(f64),
    Need,
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
            memory_limit,
            live_bytes: 0,
            marked_bytes: 0,
            new_bytes: 0,
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

    /// Makes a Rust function callable as `namespace.name`.
    pub fn define_function<Args, F: HostFunction<Args>>(&mut self, namespace: &str, name: &str, function: F) {
        let body = NativeBody::Host(function.into_native());
        self.enter(|cx| {
            let full = cx.world.intern(cx.mc, name);
            let native = NativeFunction {
                name: full.0,
                body,
                least: F::ARITY,
                most: F::ARITY,
                keywords: Keywords::default(),
                intrinsic: Cell::default(),
                doc: "",
            };
            let value = Value::Native(Gc::new(cx.mc, native));
            cx.define(namespace, name, Kind::Function, value);
        });
    }

    /// Gives `namespace.name` a value, as a variable of the host.
    pub fn define_value(&mut self, namespace: &str, name: &str, value: impl IntoScript) {
        self.enter(|cx| {
            let value = value.into_script(cx);
            cx.define(namespace, name, Kind::Variable, value);
        });
    }

    /// The value of `namespace.name`.
    pub fn get<T: FromScript>(&mut self, qualified: &str) -> Result<T, Error> {
        self.enter(|cx| {
            let cell = cx.definition(qualified)?;
            T::from_script(cx, cell.value()).map_err(|text| Error::Host(format!("`{qualified}`: {text}")))
        })
    }

    /// A handle to the value of `namespace.name`.
    pub fn handle(&mut self, qualified: &str) -> Result<Handle, Error> {
        self.enter(|cx| {
            let value = cx.definition(qualified)?.value();
            Ok(Handle::new(cx.world, value))
        })
    }

    /// Calls `namespace.name` with Rust values.
    pub fn call<A: IntoScript, T: FromScript>(&mut self, qualified: &str, args: A) -> Result<T, Error> {
        let callee = self.handle(qualified)?;
        self.call_handle(&callee, args)
    }

    /// Calls a held function. `args` is a tuple of Rust values, or `()`.
    pub fn call_handle<A: IntoScript, T: FromScript>(&mut self, callee: &Handle, args: A) -> Result<T, Error> {
        let result = self.call_raw(callee, args)?;
        self.read(&result)
    }

    /// Calls a held function; the result stays in the VM.
    pub fn call_raw<A: IntoScript>(&mut self, callee: &Handle, args: A) -> Result<Handle, Error> {
        self.check_handle(callee)?;
        let callee = callee.clone();
        self.run(move |cx| {
            let args = match args.into_script(cx) {
                Value::Tuple(tuple) => tuple.items().to_vec(),
                Value::Nil => Vec::new(),
                other => vec![other],
            };
            Err(Box::new(Control::Call { callee: callee.value_in(cx.world), args, then: None }))
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

    fn check_handle(&self, handle: &Handle) -> Result<(), Error> {
        if handle.is_of(&self.pool) { Ok(()) } else { Err(Error::Host("the handle belongs to another VM".into())) }
    }

    /// Runs something of a native's shape to its end. What ran before waits on its own stack.
    pub fn run(&mut self, start: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> NativeResult<'gc>) -> Result<Handle, Error> {
        self.arena.mutate_root(|_, world| {
            let limit = world.stack.depth_limit;
            let busy = mem::replace(&mut world.stack, Stack::new(64, limit));
            world.parked.push(busy);
        });
        let result = self.drive(start);
        self.arena.mutate_root(|_, world| {
            world.stack = world.parked.pop().expect("parked above");
        });
        result
    }

    fn drive(&mut self, start: impl for<'gc> FnOnce(&mut Cx<'_, 'gc>) -> NativeResult<'gc>) -> Result<Handle, Error> {
        self.begin_slice();
        let mut stop = self.arena.mutate_root(|mc, world| {
            let mut cx = Cx { world, mc };
            let exit = interp::begin(&mut cx, start);
            let exit = exit.unwrap_or_else(|| interp::run(&mut cx));
            note(exit, &mut cx)
        });
        loop {
            let mut raise = None;
            match stop {
                Stop::Tick => raise = self.look()?,
                Stop::Done(value) => return Ok(value),
                Stop::Raised(error) => return Err(self.raised(error)),
                Stop::Wait(seconds) => self.wait(seconds)?,
                Stop::Need => self.provide()?,
                Stop::Interrupt(interrupt) => return Err(Error::Interrupted(interrupt)),
            }
            self.begin_slice();
            stop = self.arena.mutate_root(|mc, world| {
                let mut cx = Cx { world, mc };
                let exit = match raise {
                    Some(message) => {
                        let control = cx.raise(ErrorKind::LimitError, message);
                        interp::raise(&mut cx, control).unwrap_or_else(|| interp::run(&mut cx))
                    }
                    None => interp::run(&mut cx),
                };
                note(exit, &mut cx)
            });
        }
    }

    fn begin_slice(&mut self) {
        let marking = self.arena.collection_phase() == CollectionPhase::Marking;
        let single = self.stress.single_step || self.stress.collect_always || self.stress.collect_slowly;
        self.arena.mutate_root(|_, world| {
            world.marking = marking;
            let slice = if single { 1 } else { limits::TICKS_PER_SLICE };
            world.slice = world.fuel.map_or(slice, |fuel| slice.min(i64::try_from(fuel).unwrap_or(i64::MAX)));
            world.ticks.set(world.slice);
            world.ticks_saved.set(0);
        });
    }

    /// Looks at everything that is due at a safe point. Gives the message of a LimitError that the program is to get.
    fn look(&mut self) -> Result<Option<String>, Error> {
        if self.cancel.swap(false, Ordering::Relaxed) {
            return Err(Error::Interrupted(Interrupt::Cancelled));
        }
        let out_of_fuel = self.arena.mutate_root(|_, world| {
            let left = if world.ticks_saved.get() > 0 { world.ticks_saved.get() } else { world.ticks.get().max(0) };
            let used = u64::try_from(world.slice - left).unwrap_or(0);
            match &mut world.fuel {
                Some(fuel) => {
                    *fuel = fuel.saturating_sub(used);
                    *fuel == 0
                }
                None => false,
            }
        });
        if out_of_fuel {
            return Err(Error::Interrupted(Interrupt::Fuel));
        }
        self.collect_if_due();
        self.poll();
        Ok(self.memory_excess())
    }

    /// Bytes of living objects, roughly: buffers are known exactly at the end of each collection, the rest is an average.
    pub fn memory_used(&self) -> usize {
        const AVERAGE_OBJECT: usize = 48;
        self.live_bytes + self.new_bytes + self.arena.metrics().total_gc_count() * AVERAGE_OBJECT
    }

    /// Whether the program has more than its limit alive, as the message of the error.
    fn memory_excess(&mut self) -> Option<String> {
        let limit = self.memory_limit?;
        if self.memory_used() <= limit {
            return None;
        }
        self.collect();
        let used = self.memory_used();
        (used > limit).then(|| format!("the memory limit is reached: {} KB are in use, {} KB are allowed", used >> 10, limit >> 10))
    }

    /// Reads what a slice of a collection has found alive.
    fn weigh(&mut self) {
        self.marked_bytes += crate::heap::take_marked();
        if self.arena.collection_phase() == CollectionPhase::Sleeping {
            self.live_bytes = std::mem::take(&mut self.marked_bytes);
            self.new_bytes = 0;
        }
    }

    /// Calls what the host wants called at safe points.
    fn poll(&mut self) {
        if let Some(mut poll) = self.poll.take() {
            poll(self);
            self.poll.get_or_insert(poll);
        }
    }

    fn collect_if_due(&mut self) {
        let allocated = self.arena.mutate_root(|_, world| {
            let allocated = limits::ALLOCATION_SLICE - world.allocation_budget.get();
            world.allocation_budget.set(limits::ALLOCATION_SLICE);
            allocated
        });
        self.new_bytes += usize::try_from(allocated).unwrap_or(0);
        if self.stress.collect_always {
            self.collect();
            return;
        }
        if self.stress.collect_slowly {
            self.clear_stacks();
            self.arena.metrics().adjust_debt(30.0);
            self.arena.collect_debt();
            self.weigh();
            return;
        }
        if self.arena.metrics().allocation_debt() <= 0.0 {
            return;
        }
        self.clear_stacks();
        let small = self.arena.metrics().total_gc_count() < limits::COLLECT_AT_ONCE_MAX;
        if small && self.arena.collection_phase() == CollectionPhase::Sleeping {
            self.arena.finish_cycle();
        } else {
            self.arena.collect_debt();
        }
        self.weigh();
    }

    fn clear_stacks(&mut self) {
        self.arena.mutate_root(|_, world| {
            world.stack.clear_above_top();
            for stack in &mut world.parked {
                stack.clear_above_top();
            }
        });
    }

    /// Collects everything that nothing uses.
    pub fn collect(&mut self) {
        self.clear_stacks();
        self.arena.finish_cycle();
        self.weigh();
    }

    /// Number of objects on the heap.
    pub fn object_count(&self) -> usize {
        self.arena.metrics().total_gc_count()
    }

    /// Sets the fuel that is left; `None`: unlimited.
    pub fn set_fuel(&mut self, fuel: Option<u64>) {
        self.arena.mutate_root(|_, world| world.fuel = fuel);
    }

    /// Waits in short pieces, so that cancellation and reloads are noticed.
    fn wait(&mut self, seconds: f64) -> Result<(), Error> {
        const PIECE: Duration = Duration::from_millis(5);
        let total = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO);
        let start = self.host(|host| host.monotonic())?;
        loop {
            self.poll();
            if self.cancel.swap(false, Ordering::Relaxed) {
                return Err(Error::Interrupted(Interrupt::Cancelled));
            }
            let passed = self.host(|host| host.monotonic())?.saturating_sub(start);
            let Some(left) = total.checked_sub(passed).filter(|left| !left.is_zero()) else { return Ok(()) };
            self.host(|host| host.sleep(left.min(PIECE)))?;
        }
    }

    /// Uses the host's effects.
    pub fn host<R>(&mut self, f: impl FnOnce(&mut dyn Host) -> Result<R, crate::host::HostError>) -> Result<R, Error> {
        self.arena.mutate_root(|_, world| f(&mut *world.host)).map_err(|e| Error::Host(e.to_string()))
    }

    /// The host's view of an error value.
    fn raised(&mut self, error: Handle) -> Error {
        self.enter(|cx| {
            let value = error.value_in(cx.world);
            describe_error(cx, value, 0)
        })
    }
}

fn describe_error<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, depth: usize) -> Error {
    let Value::Instance(instance) = value else { return Error::Host(ops::describe(cx, &value)) };
    let class = cx.world.class_of_instance(instance).name.as_str().to_owned();
    let message = match Instance::slot(instance, error_slot::MESSAGE) {
        Value::Str(text) => text.as_str().to_owned(),
        Value::Unset => String::new(),
        other => ops::describe(cx, &other),
    };
    let cause = Instance::slot(instance, error_slot::CAUSE);
    let cause = (depth < 8 && cx.is_error(&cause)).then(|| Box::new(describe_error(cx, cause, depth + 1)));
    let trace = interp::trace_of(&value).unwrap_or_default();
    let value = Handle::new(cx.world, value);
    Error::Raised { class, message, trace, value, cause }
}

/// Brings an exit over the border of the heap.
fn note<'gc>(exit: Exit<'gc>, cx: &mut Cx<'_, 'gc>) -> Stop {
    match exit {
        Exit::Tick => Stop::Tick,
        Exit::Done(value) => Stop::Done(Handle::new(cx.world, value)),
        Exit::Error(value) => Stop::Raised(Handle::new(cx.world, value)),
        Exit::Yield(_) => Stop::Interrupt(Interrupt::Cancelled),
        Exit::Wait(seconds) => Stop::Wait(seconds),
        Exit::Need => Stop::Need,
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
    pub fn definition(&mut self, qualified: &str) -> Result<Gc<'gc, Definition<'gc>>, Error> {
        let missing = || Error::Host(format!("`{qualified}` does not exist"));
        let (namespace, name) = qualified.rsplit_once('.').ok_or_else(missing)?;
        let namespace = *self.world.namespaces.get(namespace).ok_or_else(missing)?;
        let symbol = self.world.intern(self.mc, name);
        namespace.get(symbol).filter(|d| !d.value().is_unset()).ok_or_else(missing)
    }

    /// An error of a built-in class as a value.
    pub fn error_value(&mut self, kind: ErrorKind, message: &str) -> Value<'gc> {
        Value::Instance(self.new_error(kind, message))
    }
}
