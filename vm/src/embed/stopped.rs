//! A program that has stopped at an error, for the host: its calls, their variables, and the ways to go on.

use super::error::{Error, Problem};
use super::handle::Handle;
use super::vm::Vm;
use crate::heap::Value;
use crate::interp::{Stalled, places_of};
use crate::object::{BoxCell, Control, Cx, Definition, Fiber, GoOn, OnError, Stack, Task, TraceFrame, Wake};
use crate::ops;
use gc_arena::Gc;
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::fmt::Write as _;

/// How a program goes on that has stopped at an error: what restarts are in Common Lisp, chosen before the stack is unwound. Calls are numbered as in [`StoppedProgram::calls`]: 0 is the innermost.
///
/// ```
/// use embed::prelude::*;
/// use embed::{OnError, Restart};
///
/// let mut vm = Vm::new();
/// vm.load_text("bank.lang", "fn fee(days) { 100 // days }\nfn total(list) { list.map(fee).sum() }")?;
/// vm.on_error(OnError::Return);
/// assert!(vm.call::<_, i64>("bank.total", (vec![5, 0, 4],)).is_err());
/// // The innermost call is the one of `fee` with 0.
/// let nothing = vm.to_value(&0)?;
/// let total = vm.resume(&Restart::Return(0, nothing))?;
/// assert_eq!(vm.read::<i64>(&total)?, 45);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Restart {
    /// The error goes on up, as it would have without the stop.
    Abort,
    /// The call is left and made again with its original arguments, in its newest text.
    Retry(usize),
    /// The call returns this value.
    Return(usize, Handle),
    /// The call goes on: a name that did not exist is looked up again, else the turn of the innermost loop is begun again in the newest text.
    Continue(usize),
}

/// A call of a program that has stopped.
///
/// ```
/// use embed::prelude::*;
/// use embed::OnError;
///
/// let mut vm = Vm::new();
/// vm.load_text("bank.lang", "fn fee(days) { 100 // days }")?;
/// vm.on_error(OnError::Return);
/// assert!(vm.call::<_, i64>("bank.fee", (0,)).is_err());
/// let call = &vm.stopped().expect("the call is alive").calls[0];
/// assert_eq!((&*call.place.function, call.place.line()), ("bank.fee", 1));
/// assert_eq!(call.locals, [("days".to_owned(), "0".to_owned())]);
/// assert!(call.stale.is_none() && call.retry.is_ok());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StoppedCall {
    /// Its function and the place where it stands, in the text that it runs.
    pub place: TraceFrame,
    /// Why it is in an old text, if it is.
    pub stale: Option<String>,
    /// Whether [`Restart::Retry`] is possible, and if not, why.
    pub retry: Result<(), String>,
    /// Whether [`Restart::Continue`] is possible, and if not, why.
    pub go_on: Result<(), String>,
    /// Its variables with their values as text, `self` and parameters first. Nothing of the program runs for that.
    pub locals: Vec<(String, String)>,
}

/// What a program has stopped at.
///
/// As a text it is the error, and a line for each call.
///
/// ```
/// use embed::prelude::*;
/// use embed::OnError;
///
/// let mut vm = Vm::new();
/// vm.load_text("bank.lang", "fn fee(days) { 100 // days }\nfn total(list) { list.map(fee).sum() }")?;
/// vm.on_error(OnError::Return);
/// assert!(vm.call::<_, i64>("bank.total", (vec![5, 0, 4],)).is_err());
/// let stopped = vm.stopped().expect("the calls are alive");
/// let functions: Vec<_> = stopped.calls.iter().map(|call| &*call.place.function).collect();
/// assert_eq!(functions, ["bank.fee", "bank.total"]);
/// assert!(stopped.to_string().ends_with("#0 bank.fee (bank.lang:1)  days = 0\n#1 bank.total (bank.lang:2)  list = [5, 0, 4]\n"), "{stopped}");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StoppedProgram {
    /// Tells this stop from others of the VM.
    pub number: u64,
    /// The error that nothing would catch.
    pub error: Error,
    /// The program's own calls, innermost first.
    pub calls: Vec<StoppedCall>,
    /// The namespace and the name that the innermost call has looked for in vain.
    pub missing: Option<(String, String)>,
    /// How many times it has stopped at the same error in the same function, each time after a retry.
    pub times: u64,
}

impl StoppedProgram {
    /// What tells it from other stops.
    fn what(&self) -> String {
        let place = self.calls.first().map_or("", |call| &*call.place.function);
        match &self.error {
            Error::Raised { class, message, .. } => format!("{place} {class} {message}"),
            error => format!("{place} {error}"),
        }
    }
}

/// ` for the 2nd time`; empty for the first.
///
/// ```
/// use embed::prelude::*;
/// use embed::nth_time;
///
/// assert_eq!(format!("it has stopped here{}", nth_time(2)), "it has stopped here for the 2nd time");
/// assert_eq!(nth_time(1), "");
/// ```
pub fn nth_time(times: u64) -> String {
    let ending = match (times % 100, times % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    if times < 2 { String::new() } else { format!(" for the {times}{ending} time") }
}

/// What is known of a call without its texts.
struct Found<'gc> {
    call: Stalled<'gc>,
    slots: Vec<Value<'gc>>,
    is_changed: bool,
}

impl Vm {
    /// Decides what becomes of an error in the main part of the program that nothing would catch; at first it unwinds the stack. With
    /// [`OnError::Wait`] the program waits where the error was raised, and its other tasks go on, until the host calls [`Vm::restart`]: at a
    /// safe point, in what was given to [`Vm::on_safe_point`]. With [`OnError::Return`] the call from the host returns the error, and
    /// [`Vm::resume`] goes on with it later. Errors in tasks, within a commit, and those that a `catch` clause takes, stop nothing.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::OnError;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("bank.lang", "fn fee(days) { 100 // days }")?;
    /// assert!(vm.call::<_, i64>("bank.fee", (0,)).is_err() && !vm.is_stopped());
    /// vm.on_error(OnError::Return);
    /// assert!(vm.call::<_, i64>("bank.fee", (0,)).is_err() && vm.is_stopped());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_error(&mut self, what: OnError) {
        self.enter(|cx| cx.world.stopping.on_error = what);
    }

    /// Whether the program has stopped at an error, and waits for [`Vm::restart`] or [`Vm::resume`].
    ///
    /// See the example of [`Vm::on_error`].
    pub fn is_stopped(&mut self) -> bool {
        self.enter(|cx| cx.world.stopping.open().is_some())
    }

    /// Where the program has stopped.
    ///
    /// `None` if it has not stopped. See the example of [`StoppedProgram`].
    pub fn stopped(&mut self) -> Option<StoppedProgram> {
        let (number, error, calls, missing) = self.enter(|cx| {
            let stopped = cx.world.stopping.open()?;
            let found = cx.found_calls();
            let missing = stopped.missing.map(|cell| (cell.namespace.name.to_string(), cell.name.as_str().to_owned()));
            let calls = found.iter().enumerate().map(|(i, found)| cx.describe_call(found, i == 0 && missing.is_some())).collect();
            Some((stopped.ticket, Handle::new(cx.world, stopped.error), calls, missing))
        })?;
        let mut stopped = StoppedProgram { number, error: self.raised(error), calls, missing, times: 1 };
        if let Some((what, times)) = &self.retried
            && *what == stopped.what()
        {
            stopped.times += times;
        }
        Some(stopped)
    }

    /// Remembers that a call is made again, so that it is known if it stops at the same error once more. The ways to go on do that themselves.
    ///
    /// For hosts that make the call again by themselves.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::OnError;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("bank.lang", "fn fee(days) { 100 // days }")?;
    /// vm.on_error(OnError::Return);
    /// assert!(vm.call::<_, i64>("bank.fee", (0,)).is_err());
    /// let stopped = vm.stopped().expect("the call is alive");
    /// vm.note_retry(&stopped);
    /// assert!(vm.call::<_, i64>("bank.fee", (0,)).is_err());
    /// assert_eq!(vm.stopped().expect("the call is alive").times, 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn note_retry(&mut self, stopped: &StoppedProgram) {
        self.retried = Some((stopped.what(), stopped.times));
    }

    fn note_restart(&mut self, how: &Restart) {
        match self.stopped().filter(|_| matches!(how, Restart::Retry(_))) {
            Some(stopped) => self.note_retry(&stopped),
            None => self.retried = None,
        }
    }

    /// Lets the program go on that has stopped at an error.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::{OnError, Restart};
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("bank.lang", "fn fee(days) { 100 // days }")?;
    /// vm.on_error(OnError::Wait);
    /// vm.on_safe_point(|vm| {
    ///     if vm.is_stopped() {
    ///         let nothing = vm.to_value(&0).expect("an int");
    ///         vm.restart(&Restart::Return(0, nothing)).expect("it has stopped");
    ///     }
    /// });
    /// assert_eq!(vm.call::<_, i64>("bank.fee", (0,))?, 0);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if it has not stopped, or cannot go on in this way; it stays stopped.
    pub fn restart(&mut self, how: &Restart) -> Result<(), Error> {
        if let Restart::Return(_, value) = how {
            self.check_handle(value)?;
        }
        self.note_restart(how);
        self.enter(|cx| {
            let stopped = cx.world.stopping.open().ok_or_else(|| Error::Host("the program has not stopped at an error".into()))?;
            let go_on = cx.way_of(how).map_err(Error::Host)?;
            if !cx.world.tasks.wake(cx.mc, stopped.ticket, Wake::GoOn(go_on)) {
                return Err(Error::Host("the call has returned its error to the host, who can resume it".into()));
            }
            if let Some(stopped) = &mut cx.world.stopping.stopped {
                stopped.is_answered = true;
            }
            Ok(())
        })
    }

    /// Goes on with a call from the host that has returned an error and stays as it was ([`OnError::Return`]). Gives its result.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::{OnError, Restart};
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("bank.lang", "fn fee(days) { 100 // days }")?;
    /// vm.on_error(OnError::Return);
    /// assert!(vm.call::<_, i64>("bank.fee", (0,)).is_err());
    /// vm.reload_text("bank.lang", "fn fee(days) { if days == 0 { 7 } else { 100 // days } }");
    /// let fee = vm.resume(&Restart::Retry(0))?;
    /// assert_eq!(vm.read::<i64>(&fee)?, 7);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the call, and [`Error::Host`] if there is no such call, or if it cannot go on in this way; it stays stopped.
    pub fn resume(&mut self, how: &Restart) -> Result<Handle, Error> {
        if let Restart::Return(_, value) = how {
            self.check_handle(value)?;
        }
        self.enter(|cx| {
            let stopped = cx.world.stopping.stopped.filter(|_| cx.world.parked.is_empty());
            stopped.ok_or_else(|| Error::Host("no call has stopped at an error".into()))?;
            cx.way_of(how).map(|_| ()).map_err(Error::Host)
        })?;
        self.note_restart(how);
        self.holding_panics(|vm| vm.run_stopped(how))
    }

    /// Lets the errors go on up at which the program had stopped before the last one. Their `finally` clauses run; the host got the errors.
    /// Gives what has interrupted that, such as an `exit`.
    pub(super) fn abort_older(&mut self) -> Option<Error> {
        loop {
            let begun = self.enter(|cx| {
                let stopping = &mut cx.world.stopping;
                if stopping.on_error != OnError::Return {
                    return None;
                }
                let older = stopping.older.pop()?;
                let latest = stopping.stopped.replace(older);
                stopping.older.extend(latest);
                stopping.on_error = OnError::Unwind;
                Some(latest.is_some())
            });
            let has_latest = begun?;
            let aborted = self.run_stopped(&Restart::Abort);
            self.enter(|cx| {
                let stopping = &mut cx.world.stopping;
                stopping.on_error = OnError::Return;
                stopping.stopped = if has_latest { stopping.older.pop() } else { None };
            });
            if let Err(interrupted @ Error::Interrupted(_)) = aborted {
                return Some(interrupted);
            }
        }
    }

    /// Runs the call that has stopped to its end.
    fn run_stopped(&mut self, how: &Restart) -> Result<Handle, Error> {
        let how = how.clone();
        self.run_main(
            |cx| {
                let task = cx.world.stopping.stopped.expect("who resumes has looked").task;
                let (mut stack, mut fiber) = (Stack::empty(), None);
                Task::swap(task, cx.mc, &mut stack, &mut fiber);
                (task, stack, fiber)
            },
            move |cx| {
                // What can be done was seen before, and nothing has run since.
                let go_on = cx.way_of(&how).unwrap_or(GoOn::Abort);
                cx.world.tasks.wake = Some(Wake::GoOn(go_on));
                crate::interp::go_on(cx)
            },
        )
    }

    /// The error at which a main part has stopped, if the host is to get it at once.
    pub(super) fn error_to_return(&mut self, main: u64) -> Option<Handle> {
        self.enter(|cx| {
            let stopped = cx.world.stopping.stopped.filter(|stopped| stopped.task.id() == main)?;
            (cx.world.stopping.on_error == OnError::Return).then(|| Handle::new(cx.world, stopped.error))
        })
    }

    /// How a program goes on best after an edit: where it stands, if all it lacked was a name that exists now; else in the innermost call
    /// whose text has changed, or the innermost at all, with the turn of its loop if that can be begun again, and from its beginning if not.
    /// A call that cannot be made again gives way to the one around it; without any the error goes on up.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::{OnError, Restart};
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("bank.lang", "fn fee(days) { 100 // days }")?;
    /// vm.on_error(OnError::Return);
    /// assert!(vm.call::<_, i64>("bank.fee", (0,)).is_err());
    /// vm.reload_text("bank.lang", "fn fee(days) { 100 // (days + 1) }");
    /// let how = vm.restart_after_edit();
    /// assert!(matches!(how, Restart::Retry(0)));
    /// let fee = vm.resume(&how)?;
    /// assert_eq!(vm.read::<i64>(&fee)?, 100);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn restart_after_edit(&mut self) -> Restart {
        self.enter(|cx| {
            let found = cx.found_calls();
            let has_name = cx.missing_now().is_some_and(|cell| !cell.value().is_unset());
            if has_name && found.first().is_some_and(|found| !found.is_changed) {
                return Restart::Continue(0);
            }
            let first = found.iter().position(|found| found.is_changed).unwrap_or(0);
            for (i, found) in found.iter().enumerate().skip(first) {
                if cx.turns(found).is_ok() {
                    return Restart::Continue(i);
                }
                if cx.can_retry(&found.call, &found.slots).is_ok() {
                    return Restart::Retry(i);
                }
            }
            Restart::Abort
        })
    }

    /// Evaluates text within a call of the program that has stopped: with its variables, which assignments change, and in its namespace.
    /// Gives the value of the last statement if it is an expression.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::OnError;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("bank.lang", "fn fee(days) { 100 // days }")?;
    /// vm.on_error(OnError::Return);
    /// assert!(vm.call::<_, i64>("bank.fee", (0,)).is_err());
    /// let value = vm.eval_in_call(0, "days + 1")?.expect("it is not nil");
    /// assert_eq!(vm.read::<i64>(&value)?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Vm::eval_in`], and [`Error::Host`] if there is no such call.
    pub fn eval_in_call(&mut self, number: usize, text: &str) -> Result<Option<Handle>, Error> {
        let before = self.enter(|cx| std::mem::take(&mut cx.world.stopping.on_error));
        self.holding_panics(|vm| {
            let value = vm.eval_with_locals(number, text);
            vm.enter(|cx| cx.world.stopping.on_error = before);
            value
        })
    }

    fn eval_with_locals(&mut self, number: usize, text: &str) -> Result<Option<Handle>, Error> {
        let no_call = || Error::Host(format!("there is no call {number}"));
        let source = Source::new("<call>", text);
        let errors = lang::parse(&source).diagnostics.into_iter().filter(Diagnostic::is_error);
        let problems: Vec<Problem> = errors.map(|diagnostic| Problem { source: source.clone(), diagnostic }).collect();
        if !problems.is_empty() {
            return Err(Error::Refused(problems));
        }
        let (namespace, names, mut args) = self
            .enter(|cx| {
                let found = cx.found_calls().into_iter().nth(number)?;
                let locals = locals_of(&found);
                let this = locals.iter().find(|local| local.name == "self").map_or(Value::Nil, |local| local.value);
                let names: Vec<String> =
                    locals.iter().filter(|local| local.name != "self").map(|local| local.name.clone()).collect();
                let values = locals.iter().filter(|local| local.name != "self").map(|local| local.value);
                let args: Vec<Handle> = std::iter::once(this).chain(values).map(|value| Handle::new(cx.world, value)).collect();
                Some((found.call.frame.proto.linked.module.namespace.name.to_string(), names, args))
            })
            .ok_or_else(no_call)?;
        let list = names.join(", ");
        let mut value = "value_".to_owned();
        while names.contains(&value) || text.contains(&value) {
            value.push('_');
        }
        // The method gives `self` its meaning, the inner function takes what `return` gives; the text stands in lines of its own, so that
        // errors mark it.
        let inner = format!("let {value} = (|| {{\n{text}\n}})(); [{value}, {list}]");
        let code = format!("do {{ class Call_ {{ fn eval({list}) {{ {inner} }} }}; Call_.eval }}");
        let Some(evaluate) = self.eval_in(&namespace, "<call>", &code)? else { return Err(no_call()) };
        let before = args.clone();
        let result = self.run(move |cx| {
            let callee = match evaluate.value_in(cx.world) {
                Value::Bound(bound) => bound.method,
                other => other,
            };
            let args = args.drain(..).map(|arg| arg.value_in(cx.world)).collect();
            Err(Box::new(Control::Call { callee, args, then: None }))
        })?;
        let value = self.enter(|cx| {
            let Value::List(list) = result.value_in(cx.world) else { return result.clone() };
            let items = list.items().to_vec();
            for ((name, old), new) in names.iter().zip(&before[1..]).zip(&items[1..]) {
                if !is_identical(old.value_in(cx.world), *new) {
                    cx.set_local(number, name, *new);
                }
            }
            Handle::new(cx.world, items[0])
        });
        Ok(if self.is_nil(&value) { None } else { Some(value) })
    }
}

/// A variable of a call.
struct LocalValue<'gc> {
    name: String,
    value: Value<'gc>,
    /// Where it is kept.
    place: Place<'gc>,
}

#[derive(Clone, Copy)]
enum Place<'gc> {
    /// In a register of the call.
    Register(u8),
    /// In a box, which closures share.
    Box(Gc<'gc, BoxCell<'gc>>),
    /// With the function, which has captured its value.
    Captured,
}

/// The variables that have a value where a call stands, and behind them those that its function has captured; of those with one name the
/// innermost.
fn locals_of<'gc>(found: &Found<'gc>) -> Vec<LocalValue<'gc>> {
    let at = crate::interp::place_in_code(&found.call.frame);
    let image = &found.call.frame.proto.image;
    let seen = image.locals.iter().filter(|local| (local.start..local.end).contains(&at));
    let own = seen.filter_map(|local| {
        let value = found.slots.get(usize::from(local.register))?;
        Some((&*local.name, *value, Place::Register(local.register)))
    });
    let captured = match found.call.callee {
        Value::Function(function) => function.capture_values(),
        _ => Vec::new(),
    };
    let captured = image.capture_names.iter().zip(captured).map(|(name, value)| (&**name, value, Place::Captured));
    let mut locals: Vec<LocalValue<'gc>> = Vec::new();
    let is_named = |name: &str| !name.is_empty() && name != "_" && !name.starts_with('(');
    for (name, value, place) in own.chain(captured).filter(|(name, ..)| is_named(name)) {
        if matches!(place, Place::Captured) && locals.iter().any(|other| other.name == name) {
            continue;
        }
        locals.retain(|other| other.name != name);
        let (value, place) = match value {
            Value::Box(cell) => (cell.get(), Place::Box(cell)),
            other => (other, place),
        };
        if !value.is_unset() {
            locals.push(LocalValue { name: name.to_owned(), value, place });
        }
    }
    locals
}

impl<'gc> Cx<'_, 'gc> {
    /// The program's own calls, innermost first.
    fn found_calls(&self) -> Vec<Found<'gc>> {
        let mut found = Vec::new();
        self.stalled_calls(&mut |call, slots| {
            if !self.world.is_library(&call.frame.proto.linked.module.namespace) {
                let newest = self.newest_code(&call.frame, call.callee);
                let is_changed = newest.linked.is_overwritten.get() || self.is_replaced(&call.frame, call.callee);
                found.push(Found { call: *call, slots: slots.to_vec(), is_changed });
            }
        });
        found
    }

    /// The definition that the innermost call has looked for in vain.
    fn missing_now(&self) -> Option<Gc<'gc, Definition<'gc>>> {
        self.world.stopping.stopped?.missing.map(Definition::holder)
    }

    /// Whether a call can begin the turn of its loop again.
    fn turns(&self, found: &Found<'gc>) -> Result<(), String> {
        let Some(turn) = self.turn_again(&found.call.frame, found.call.callee) else {
            return Err("it is in no loop whose turn could be begun again".to_owned());
        };
        if Cx::can_step_back(&turn, &found.slots) { Ok(()) } else { Err("what its loop goes over cannot step back".to_owned()) }
    }

    fn way_of(&self, how: &Restart) -> Result<GoOn<'gc>, String> {
        let found = self.found_calls();
        let call = |number: &usize| found.get(*number).ok_or_else(|| format!("there is no call {number}"));
        Ok(match how {
            Restart::Abort => GoOn::Abort,
            Restart::Retry(number) => {
                let found = call(number)?;
                self.can_retry(&found.call, &found.slots)?;
                GoOn::Retry(found.call.depth)
            }
            Restart::Return(number, value) => GoOn::Return(call(number)?.call.depth, value.value_in(self.world)),
            Restart::Continue(number) => {
                let chosen = call(number)?;
                match self.missing_now().filter(|_| *number == 0 && !chosen.is_changed) {
                    Some(cell) if cell.value().is_unset() => {
                        return Err(format!("`{}` still does not exist", cell.name.as_str()));
                    }
                    Some(_) => GoOn::Again,
                    None => {
                        self.turns(chosen)?;
                        GoOn::Turn(chosen.call.depth)
                    }
                }
            }
        })
    }

    fn describe_call(&self, found: &Found<'gc>, is_missing: bool) -> StoppedCall {
        let call = &found.call;
        let (_, place) =
            places_of(self.world, std::slice::from_ref(&call.frame)).into_iter().next().expect("no frame of the engine's");
        let locals = locals_of(found).into_iter().map(|local| (local.name, ops::describe(self, &local.value))).collect();
        StoppedCall {
            place,
            stale: found.is_changed.then(|| "its text has been edited since it began".to_owned()),
            retry: self.can_retry(call, &found.slots),
            go_on: if is_missing { Ok(()) } else { self.turns(found) },
            locals,
        }
    }

    /// Gives a variable of a call another value.
    fn set_local(&mut self, number: usize, name: &str, value: Value<'gc>) {
        let Some(found) = self.found_calls().into_iter().nth(number) else { return };
        let Some(local) = locals_of(&found).into_iter().find(|local| local.name == name) else { return };
        match local.place {
            Place::Box(cell) => BoxCell::set(cell, self.mc, value),
            Place::Register(register) => {
                let at = found.call.base + usize::from(register);
                self.with_stack_of(&found.call, |stack| stack.values[at] = value);
            }
            // Code does not assign what is captured without a box.
            Place::Captured => {}
        }
    }

    /// Lends the stack on which a call stands.
    fn with_stack_of(&mut self, call: &Stalled<'gc>, f: impl FnOnce(&mut Stack<'gc>)) {
        let Some(stopped) = self.world.stopping.stopped else { return };
        let is_running = |fiber: Option<Gc<'gc, Fiber<'gc>>>| match (fiber, stopped.fiber) {
            (Some(a), Some(b)) => Gc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        if !is_running(call.fiber) {
            // Its stack is kept by the fiber that it has resumed.
            let resumed = std::iter::successors(stopped.fiber, |fiber| fiber.resumer());
            let holder = call.fiber.map(Gc::as_ptr);
            if let Some(keeper) = resumed.into_iter().find(|fiber| fiber.resumer().map(Gc::as_ptr) == holder) {
                let mut stack = Stack::empty();
                Fiber::swap(keeper, self.mc, &mut stack);
                f(&mut stack);
                Fiber::swap(keeper, self.mc, &mut stack);
            }
            return;
        }
        let is_task = |task: Option<Gc<'gc, Task<'gc>>>| task.is_some_and(|task| Gc::ptr_eq(task, stopped.task));
        if is_task(self.world.tasks.current) {
            return f(&mut self.world.stack);
        }
        let parked = self.world.parked.iter_mut().find(|parked| is_task(parked.task));
        if let Some(stack) = parked.and_then(|parked| parked.stack.as_deref_mut()) {
            return f(stack);
        }
        let (mut stack, mut fiber) = (Stack::empty(), None);
        Task::swap(stopped.task, self.mc, &mut stack, &mut fiber);
        f(&mut stack);
        Task::swap(stopped.task, self.mc, &mut stack, &mut fiber);
    }
}

fn is_identical<'gc>(a: Value<'gc>, b: Value<'gc>) -> bool {
    match (a.heap_pointer(), b.heap_pointer()) {
        (Some(a), Some(b)) => Gc::as_ptr(a) == Gc::as_ptr(b),
        (None, None) => match (a, b) {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (a, b) => std::mem::discriminant(&a) == std::mem::discriminant(&b),
        },
        _ => false,
    }
}

impl std::fmt::Display for StoppedProgram {
    /// The error with its place, and the calls with their variables.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.error)?;
        for (i, call) in self.calls.iter().enumerate() {
            let mut line = format!("#{i} {} ({}:{})", call.place.function, call.place.source.name(), call.place.line());
            for (name, value) in &call.locals {
                let _ = write!(line, "  {name} = {value}");
            }
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}
