//! Functions of the host that wait, and calls that the host starts and does not wait for.

use super::alarm::Alarm;
use super::call::wrong_argument;
use super::convert::{Arguments, FromScript};
use super::error::Error;
use super::function::{HostResult, Parameter};
use super::handle::Handle;
use super::signature::Signature;
use super::tasks::Budget;
use super::vm::Vm;
use crate::heap::Value;
use crate::limits;
use crate::object::{
    Bell, Completion, Control, Cx, ErrorKind, HandlePool, HostFn, Interrupt, Intrinsic, Keywords, NativeBody, NativeFunction,
    OutsideWait, Wake,
};
use gc_arena::Gc;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Rust functions that give a future: the task that calls one waits until it is there, and others go on.
///
/// Functions and closures of up to six parameters, which are as for [`HostFunction`](super::HostFunction).
///
/// ```
/// use embed::prelude::*;
/// use embed::AsyncFunction;
/// use std::future::ready;
///
/// /// Gives scripts one of several ways to get at pages.
/// fn offer<M>(vm: &mut Vm, get: impl AsyncFunction<M>) {
///     vm.module("net").async_function("get(url)", get);
/// }
///
/// let mut vm = Vm::new();
/// offer(&mut vm, |url: String| ready(format!("<{url}>")));
/// assert_eq!(vm.eval::<String>("import net\nnet.get(\"here\")")?, "<here>");
/// # Ok::<(), Error>(())
/// ```
pub trait AsyncFunction<Marker>: 'static {
    /// Number of parameters, a [`Rest`](super::Rest) included.
    const COUNT: usize;
    /// Whether the last one is a [`Rest`](super::Rest).
    const HAS_REST: bool;

    /// The function in the engine's shape. `name` is what messages call it.
    fn into_native(self, name: Rc<str>) -> Box<HostFn>;
}

macro_rules! async_functions {
    ($($name:ident $i:tt),*) => {
        impl<Func, Fut, $($name,)*> AsyncFunction<($($name,)*)> for Func
        where
            Func: Fn($($name),*) -> Fut + 'static,
            Fut: Future + 'static,
            Fut::Output: HostResult + 'static,
            $($name: Parameter + 'static,)*
        {
            const COUNT: usize = <[&str]>::len(&[$(stringify!($name)),*]);
            const HAS_REST: bool = false $(|| $name::IS_REST)*;

            #[allow(non_snake_case, unused_variables, reason = "one variable for each type; none for functions without parameters")]
            fn into_native(self, name: Rc<str>) -> Box<HostFn> {
                Box::new(move |cx, args| {
                    $(let $name = $name::take(cx, args, $i, 0)?;)*
                    let future = self($($name),*);
                    Err(cx.wait_outside(&name, async move { completion(future.await) }))
                })
            }
        }
    };
}

fn completion(result: impl HostResult + 'static) -> Completion {
    Box::new(move |cx| result.into_result(cx))
}

async_functions!();
async_functions!(A 0);
async_functions!(A 0, B 1);
async_functions!(A 0, B 1, C 2);
async_functions!(A 0, B 1, C 2, D 3);
async_functions!(A 0, B 1, C 2, D 3, E 4);
async_functions!(A 0, B 1, C 2, D 3, E 4, F 5);

impl<'gc> Cx<'_, 'gc> {
    /// Lets the running task wait for a future.
    fn wait_outside(&mut self, name: &str, future: impl Future<Output = Completion> + 'static) -> Box<Control<'gc>> {
        let ticket = self.world.tasks.fresh();
        let bell = Bell::new(&self.world.tower);
        self.world.outside_waits.push(OutsideWait { ticket, future: Box::pin(future), bell });
        Box::new(Control::Park { ticket, seconds: None, what: format!("for `{name}` of the host") })
    }

    /// Ends the wait of a task with what has come from outside.
    fn complete(&mut self, ticket: u64, completion: Completion) {
        let wake = match completion(self) {
            Ok(value) => Wake::Value(value),
            Err(control) => match *control {
                Control::Raise(error) => Wake::Raise(error),
                _ => Wake::Raise(self.error_value(ErrorKind::Error, "what the host was doing has been stopped")),
            },
        };
        self.world.tasks.wake(self.mc, ticket, wake);
    }
}

impl Vm {
    /// Makes a Rust function that gives a future callable as `namespace.name`. The task that calls it waits, and other tasks go on; cancelling the task drops the
    /// future. Whatever drives futures may complete it, on any thread: the VM polls it when it is woken.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::future::ready;
    ///
    /// let mut vm = Vm::new();
    /// vm.define_async_function("net", "get(url): the text at a URL.", |url: String| ready(Ok::<_, Error>(format!("<{url}>"))));
    /// vm.load_text("main.lang", "import net\nfn page() { net.get(\"here\") }")?;
    /// assert_eq!(vm.call::<_, String>("main.page", ())?, "<here>");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// As [`Vm::define_function`].
    pub fn define_async_function<M, F: AsyncFunction<M>>(&mut self, namespace: &str, signature: &str, function: F) {
        let name = Signature::parse(signature).map_or_else(|_| signature.to_owned(), |parsed| parsed.name);
        let native = function.into_native(name.into());
        self.define_prepared(namespace, signature, F::COUNT, F::HAS_REST, native);
    }

    /// Polls what tasks wait for outside, as far as it has come further.
    pub(super) fn look_outside(&mut self) {
        if !self.arena.mutate(|_, world| !world.outside_waits.is_empty() && world.tower.was_rung()) {
            return;
        }
        let mut waits = self.enter(|cx| std::mem::take(&mut cx.world.outside_waits));
        let mut panicked = None;
        waits.retain_mut(|wait| {
            // The task may have been cancelled, or ended.
            let is_awaited = self.enter(|cx| cx.world.tasks.levels.iter().any(|level| level.waiting.contains_key(&wait.ticket)));
            if !is_awaited || !wait.bell.was_rung() {
                return is_awaited;
            }
            let waker = Waker::from(wait.bell.clone());
            match self.host_code(|_| wait.future.as_mut().poll(&mut Context::from_waker(&waker))) {
                Ok(Poll::Pending) => true,
                Ok(Poll::Ready(completion)) => {
                    self.enter(|cx| cx.complete(wait.ticket, completion));
                    false
                }
                Err(panic) => {
                    panicked.get_or_insert(panic);
                    self.enter(|cx| {
                        cx.complete(wait.ticket, Box::new(|cx| Err(cx.raise(ErrorKind::Error, "code of the host has panicked"))))
                    });
                    false
                }
            }
        });
        // Those that were begun meanwhile come behind.
        self.enter(|cx| {
            waits.append(&mut cx.world.outside_waits);
            cx.world.outside_waits = waits;
        });
        if let Some(panic) = panicked {
            resume_unwind(panic)
        }
    }

    /// Starts a call as a task and does not wait for it: it runs when the host runs tasks, as in [`Vm::run_tasks_within`], and beside other calls that wait.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("main.lang", "fn double(n) { n * 2 }")?;
    /// let double = vm.start::<i64, _>("main.double", (21,))?;
    /// assert!(!double.is_done(), "nothing has run yet");
    /// vm.run_tasks()?;
    /// assert_eq!(double.take(&mut vm).expect("it has ended")?, 42);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if there is no such definition.
    pub fn start<T: FromScript, A: Arguments>(&mut self, qualified: &str, args: A) -> Result<TaskHandle<T>, Error> {
        let callee = self.handle(qualified)?;
        self.start_handle(&callee, args)
    }

    /// As [`Vm::start`], of a held function.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let double: Handle = vm.eval("|n| n * 2")?;
    /// let task = vm.start_handle::<i64, _>(&double, (21,))?;
    /// vm.run_tasks()?;
    /// assert_eq!(task.take(&mut vm).expect("it has ended")?, 42);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if the handle is another VM's.
    pub fn start_handle<T: FromScript, A: Arguments>(&mut self, callee: &Handle, args: A) -> Result<TaskHandle<T>, Error> {
        self.check_handle(callee)?;
        let ended = Rc::new(RefCell::new(End::NotYet));
        let slot = ended.clone();
        let own_name = self.enter(|cx| {
            let callee = callee.value_in(cx.world);
            crate::ops::describe(cx, &callee).trim_start_matches("<function ").trim_end_matches('>').to_owned()
        });
        let task_name = own_name.clone();
        let at_end: Box<HostFn> = Box::new(move |cx, args| {
            if let [result, error, was_cancelled, ..] = args {
                if Rc::strong_count(&slot) == 1 && !error.is_nil() && !was_cancelled.is_truthy() {
                    // Nobody asks for it any more.
                    let name = own_name.clone();
                    let id = cx.world.tasks.current.map_or(0, |task| task.id());
                    cx.world.tasks.failures.push((id, name, *error));
                }
                let how = if error.is_nil() { End::Value } else { End::Error };
                *slot.borrow_mut() = how(Handle::new(cx.world, if error.is_nil() { *result } else { *error }));
            }
            Ok(Value::Nil)
        });
        let id = self.enter(|cx| {
            let name = cx.world.intern(cx.mc, "at the end of a task of the host");
            let native = NativeFunction {
                name: name.0,
                body: NativeBody::Host(at_end),
                least: 0,
                most: u8::MAX,
                keywords: Keywords::default(),
                intrinsic: Cell::new(Intrinsic::None),
                doc: "".into(),
            };
            let at_end = Value::Native(Gc::new(cx.mc, native));
            let callee = callee.value_in(cx.world);
            args.with_values(cx, |cx, args| cx.spawn_call(callee, args.to_vec(), &task_name, at_end))
        });
        let id = id.map_err(wrong_argument)?;
        Ok(TaskHandle { id, pool: self.pool.clone(), ended, of: PhantomData })
    }

    /// Calls a held function, and lets an executor do something else while the program waits: in [`Vm::define_async_function`]s and in `task.sleep`. Code that computes holds the
    /// executor up for 10 ms at a time.
    ///
    /// If the future is dropped before it is ready, the call is cancelled, as by [`TaskHandle::cancel`]: its `finally` clauses run when tasks run next, in
    /// another `call_async` or [`Vm::run_tasks`].
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::pin::pin;
    /// use std::task::{Context, Poll, Waker};
    ///
    /// let mut vm = Vm::new();
    /// let double: Handle = vm.eval("|n| n * 2")?;
    /// let mut call = pin!(vm.call_async::<_, i64>(&double, (21,)));
    /// // Your executor's part: `let result = vm.call_async(…).await`.
    /// let result = loop {
    ///     if let Poll::Ready(result) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
    ///         break result;
    ///     }
    /// };
    /// assert_eq!(result?, 42);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Vm::call_handle`]; [`Error::Host`] if the process can start no thread, where it is to wait for a deadline and none watches them yet.
    pub async fn call_async<A: Arguments, T: FromScript>(&mut self, callee: &Handle, args: A) -> Result<T, Error> {
        /// How long the program computes before the executor has its turn.
        const TURN: Duration = Duration::from_millis(10);
        let task = self.start_handle::<T, A>(callee, args)?;
        let mut running = CancelledWithFuture { vm: self, task };
        // The deadline that it is set for, and what is withdrawn with the call.
        let mut alarm: Option<(u64, Option<Alarm>)> = None;
        poll_fn(|cx| {
            let CancelledWithFuture { vm, task } = &mut running;
            vm.enter(|world| world.world.tower.set_executor(cx.waker().clone()));
            vm.look_outside();
            if let Err(error) = vm.look() {
                return Poll::Ready(Err(error));
            }
            // A host without a clock has no time to give.
            let has_clock = vm.host(|host| host.monotonic()).is_ok();
            let budget = if has_clock { Budget::time(TURN) } else { Budget::fuel(limits::TICKS_PER_SLICE as u64) };
            match vm.run_tasks_within(budget) {
                Err(error) => return Poll::Ready(Err(error)),
                Ok(ran) if !ran.is_done && !task.is_done() => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(_) => {}
            }
            if let Some(result) = task.take(vm) {
                return Poll::Ready(result);
            }
            // One alarm for each deadline, not for each look.
            let next = vm.enter(|world| world.world.tasks.level().sleeping.keys().next().map(|(deadline, _)| *deadline));
            if next != alarm.as_ref().map(|(deadline, _)| *deadline) {
                let tower = vm.arena.mutate(|_, world| world.tower.clone());
                let set = vm.until_next_task().map_or(Ok(None), |left| Alarm::set(tower, left));
                let set = set.map_err(|error| {
                    Error::Host(format!("the call cannot wait: no thread can be started that watches deadlines: {error}"))
                });
                match set {
                    Ok(set) => alarm = next.map(|deadline| (deadline, set)),
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            Poll::Pending
        })
        .await
    }

    /// How long it takes until the first sleeping task goes on.
    fn until_next_task(&mut self) -> Option<Duration> {
        let earliest = self.enter(|cx| cx.world.tasks.level().sleeping.keys().next().copied());
        let now = self.host(|host| host.monotonic()).ok()?;
        earliest.map(|(deadline, _)| Duration::from_nanos(deadline).saturating_sub(now))
    }
}

/// The task of a future: if that is dropped before it has ended, it is cancelled.
struct CancelledWithFuture<'a, T: FromScript> {
    vm: &'a mut Vm,
    task: TaskHandle<T>,
}

impl<T: FromScript> Drop for CancelledWithFuture<'_, T> {
    fn drop(&mut self) {
        if !self.task.is_done() {
            self.task.cancel(self.vm);
        }
    }
}

/// How a task has ended.
enum End {
    NotYet,
    Value(Handle),
    Error(Handle),
    /// The host has been told.
    Taken,
}

/// A task that the host has started, and its result when it has ended. Dropping it does not end the task.
///
/// ```
/// use embed::prelude::*;
/// use embed::TaskHandle;
///
/// let mut vm = Vm::new();
/// vm.load_text("main.lang", "fn double(n) { n * 2 }")?;
/// let task: TaskHandle<i64> = vm.start("main.double", (21,))?;
/// vm.run_tasks()?;
/// assert!(task.is_done());
/// assert_eq!(task.take(&mut vm).expect("it has ended")?, 42);
/// # Ok::<(), Error>(())
/// ```
#[must_use = "it is what tells how the task has ended"]
pub struct TaskHandle<T> {
    id: u64,
    pool: Arc<HandlePool>,
    ended: Rc<RefCell<End>>,
    of: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for TaskHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskHandle({})", self.id)
    }
}

impl<T: FromScript> TaskHandle<T> {
    /// Whether it has ended, with a result or an error.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("main.lang", "import task\nlet is_open = false\nfn wait() { while not is_open { task.sleep(0) } }")?;
    /// let waits = vm.start::<(), _>("main.wait", ())?;
    /// vm.run_tasks_within(embed::Budget::fuel(100))?;
    /// assert!(!waits.is_done());
    /// vm.set("main.is_open", true)?;
    /// vm.run_tasks()?;
    /// assert!(waits.is_done());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_done(&self) -> bool {
        !matches!(*self.ended.borrow(), End::NotYet)
    }

    /// What it has ended with, once: `None` as long as it runs, and when it was taken before. A task that went with others when the program was stopped for good was
    /// interrupted.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("main.lang", "fn half(n) { n // 0 }")?;
    /// let task = vm.start::<i64, _>("main.half", (4,))?;
    /// assert!(task.take(&mut vm).is_none(), "it has not run");
    /// vm.run_tasks()?;
    /// assert!(task.take(&mut vm).expect("it has ended").is_err());
    /// assert!(task.take(&mut vm).is_none(), "it was taken");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn take(&self, vm: &mut Vm) -> Option<Result<T, Error>> {
        let mut ended = self.ended.borrow_mut();
        if matches!(*ended, End::NotYet) {
            let is_alive = !Arc::ptr_eq(&self.pool, &vm.pool) || vm.enter(|cx| cx.world.tasks.get(self.id).is_some());
            if is_alive {
                return None;
            }
            *ended = End::Taken;
            return Some(Err(Error::Interrupted(Interrupt::Cancelled)));
        }
        let end = std::mem::replace(&mut *ended, End::Taken);
        drop(ended);
        match end {
            End::Value(value) => Some(vm.read(&value)),
            End::Error(error) => Some(Err(vm.raised(error))),
            End::NotYet | End::Taken => None,
        }
    }

    /// Cancels it: `CancelledError` is raised where it waits, or at its next safe point if it computes, as in a loop that never waits. Its `finally`
    /// clauses run, when tasks run next.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("main.lang", "import task\nlet has_left = false\nfn wait() { try { task.sleep(1000) } finally { has_left = true } }")?;
    /// let waits = vm.start::<(), _>("main.wait", ())?;
    /// vm.run_ready_tasks()?;
    /// waits.cancel(&mut vm);
    /// vm.run_tasks()?;
    /// assert!(vm.get::<bool>("main.has_left")?);
    /// assert!(matches!(waits.take(&mut vm), Some(Err(Error::Raised { class, .. })) if class == "CancelledError"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cancel(&self, vm: &mut Vm) {
        if !Arc::ptr_eq(&self.pool, &vm.pool) {
            return;
        }
        vm.enter(|cx| cx.cancel_task_soon(self.id));
    }
}
