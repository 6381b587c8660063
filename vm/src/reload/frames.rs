//! Calls that are running or suspended, and closures, with the text they are in: what is old of them, and why.

use super::orphans::NO_PLACE;
use super::stacks::{State, calls_of};
use super::uses::Met;
use crate::embed::{Error, Handle, Vm};
use crate::heap::Value;
use crate::interp::places_of;
use crate::object::{Cx, Fiber, Frame, Function, Linked, Proto, Stack, TraceFrame};
use gc_arena::Gc;
use rustc_hash::{FxHashMap, FxHashSet};

/// Code that a call or closure has.
///
/// See the example of [`Thread`].
#[derive(Clone, Debug)]
pub struct CodePlace {
    /// Qualified name of the function.
    pub function: String,
    /// Its file.
    pub file: String,
    /// One-based line: where a call is, or where a closure is written.
    pub line: u32,
    /// Version of the definition.
    pub version: u32,
    /// Why it is old; `None` if it is not.
    pub stale: Option<String>,
}

/// A call that has begun and not ended.
///
/// ```
/// use embed::prelude::*;
/// use std::cell::RefCell;
/// use std::rc::Rc;
///
/// let seen = Rc::new(RefCell::new(Vec::new()));
/// let see = seen.clone();
/// let mut vm = Vm::new();
/// vm.define_function("host", "look()", move |vm: &mut Vm| {
///     see.borrow_mut().extend(vm.calls().into_iter().map(|call| (call.place.function, call.place.line)));
/// });
/// vm.load_text("game.lang", "import host\nfn inner() { host.look() }\nfn outer() { inner(); 1 }")?;
/// vm.call::<_, ()>("game.outer", ())?;
/// assert_eq!(*seen.borrow(), [("game.inner".to_owned(), 2), ("game.outer".to_owned(), 3)]);
/// # Ok::<(), Error>(())
/// ```
pub struct Call {
    /// Where it is.
    pub place: CodePlace,
    /// The fiber in which it runs or is suspended.
    pub fiber: Option<Handle>,
    /// The task it belongs to, where that is known.
    pub task: Option<String>,
}

/// What has calls of its own: the main part of a run, a task, a fiber that is suspended.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "import task\nfn wait() { task.sleep(1000) }")?;
/// let _waits = vm.start::<(), _>("game.wait", ())?;
/// vm.run_ready_tasks()?;
/// let threads = vm.threads();
/// assert_eq!((&*threads[0].calls[0].function, threads[0].calls[0].line), ("game.wait", 2));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Thread {
    /// The name of the task, where that is known.
    pub task: Option<String>,
    /// What it does: `runs`, `waits for a channel`.
    pub state: String,
    /// The calls of functions of the program, innermost first.
    pub calls: Vec<CodePlace>,
}

/// A closure.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "fn adder(n) { |m| m + n }\nlet kept = adder(1)")?;
/// let closures = vm.closures();
/// let adder = closures.iter().find(|closure| closure.place.file == "game.lang").expect("it is kept");
/// assert_eq!(vm.call_handle::<_, i64>(&adder.function, (2,))?, 3);
/// # Ok::<(), Error>(())
/// ```
pub struct Closure {
    /// Its code.
    pub place: CodePlace,
    /// The closure itself.
    pub function: Handle,
}

/// Something that holds an object.
///
/// See the example of [`Vm::referrers`].
pub struct Referrer {
    /// The object that holds it; `None` if a variable does, or the host.
    pub holder: Option<Handle>,
    /// A way from a root to the object that is held.
    pub path: String,
}

/// A call, the fiber and the name of the task it belongs to.
type FoundCall<'gc> = (CodePlace, Option<Gc<'gc, Fiber<'gc>>>, Option<String>);

impl Vm {
    /// The program's calls that have begun and not ended, of all tasks and fibers, innermost first within each.
    ///
    /// See the example of [`Call`].
    pub fn calls(&mut self) -> Vec<Call> {
        self.enter(|cx| {
            let calls = cx.calls();
            let all = calls.into_iter().map(|(place, fiber, task)| {
                let fiber = fiber.map(|fiber| Handle::new(cx.world, Value::Fiber(fiber)));
                Call { place, fiber, task }
            });
            all.collect()
        })
    }

    /// What has calls of its own that have begun and not ended. Looks at everything alive.
    ///
    /// See the example of [`Thread`].
    pub fn threads(&mut self) -> Vec<Thread> {
        self.enter(|cx| cx.threads())
    }

    /// The program's closures that are alive. Looks at everything alive.
    ///
    /// See the example of [`Closure`].
    pub fn closures(&mut self) -> Vec<Closure> {
        self.enter(|cx| {
            let closures = cx.closures();
            closures.into_iter().map(|(place, function)| Closure { place, function: Handle::new(cx.world, function) }).collect()
        })
    }

    /// Objects and variables that hold what `held` gives; running calls are left out. Looks at everything alive.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "class Sword { }\nlet bag = [Sword()]\nfn sword() { bag[0] }")?;
    /// let sword: Handle = vm.call("game.sword", ())?;
    /// let paths: Vec<String> = vm.referrers(&sword)?.into_iter().map(|referrer| referrer.path).collect();
    /// assert!(paths.contains(&"game.bag[0]".to_owned()), "{paths:?}");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if the handle is another VM's, or the value is no object.
    pub fn referrers(&mut self, held: &Handle) -> Result<Vec<Referrer>, Error> {
        self.enter(|cx| {
            let Some(at) = held.value_in(cx.world).heap_pointer() else {
                return Err(Error::Host("numbers, bools and nil are held by value: nothing refers to them".into()));
            };
            let referrers = cx.referrers(at);
            let all = referrers.into_iter().map(|(holder, path)| {
                let holder = (!holder.is_nil()).then(|| Handle::new(cx.world, holder));
                Referrer { holder, path }
            });
            Ok(all.collect())
        })
    }
}

impl<'gc> Cx<'_, 'gc> {
    fn calls(&self) -> Vec<FoundCall<'gc>> {
        let mut calls = Vec::new();
        self.each_stack(&self.held_fibers(), &mut |stack, owner| {
            calls.extend(self.places_on(stack).into_iter().map(|place| (place, owner.fiber, owner.task.clone())));
        });
        calls
    }

    /// Where the calls of functions of the program are that stand on a stack, innermost first.
    fn places_on(&self, stack: &Stack<'gc>) -> Vec<CodePlace> {
        let mut places = Vec::new();
        for (frame, callee) in calls_of(stack) {
            for (proto, place) in places_of(self.world, std::slice::from_ref(frame)) {
                if !place.is_library {
                    places.push(place_in(proto, &place, self.why_old(frame, callee)));
                }
            }
        }
        places
    }

    fn threads(&self) -> Vec<Thread> {
        let mut threads: Vec<Thread> = Vec::new();
        self.each_stack(&self.held_fibers(), &mut |stack, owner| {
            let calls = self.places_on(stack);
            match threads.last_mut().filter(|_| owner.is_resumer) {
                Some(thread) => thread.calls.extend(calls),
                None => {
                    let state = match owner.state {
                        State::Running => "runs".to_owned(),
                        State::Waiting => format!("waits {}", owner.waits.as_deref().unwrap_or("for its turn")),
                        State::Suspended => "is suspended".to_owned(),
                        State::Stopped => "has stopped at an error".to_owned(),
                    };
                    threads.push(Thread { task: owner.task.clone(), state, calls });
                }
            }
        });
        // Where nothing of the program runs, the host does.
        threads.retain(|thread| !thread.calls.is_empty() || thread.state != "runs");
        threads
    }

    /// Why a call is not in the text that runs, if it is not.
    fn why_old(&self, frame: &Frame<'gc>, callee: Value<'gc>) -> Option<String> {
        match self.old_call(frame, callee) {
            Some(old) => Some(old.reason("it returns")),
            None => match standing(self.newest_code(frame, callee)) {
                Standing::Current => None,
                Standing::Edited => Some("it was edited after this call had begun".to_owned()),
                Standing::Overwritten => unreachable!("`old_call` has said so"),
                Standing::Gone => Some("no text has it any more since this call had begun".to_owned()),
            },
        }
    }

    fn closures(&self) -> Vec<(CodePlace, Value<'gc>)> {
        let functions = self.values_in_a_walk(&|value| matches!(value, Value::Function(_)));
        let mut old = OldClosures::default();
        let mut closures = Vec::new();
        for value in functions {
            let Value::Function(function) = value else { continue };
            let Some(proto) = old.code_of(self, function) else { continue };
            let place = CodePlace {
                function: proto.qualified.to_string(),
                file: proto.linked.module.path.to_string(),
                line: proto.image.source.line(proto.image.span.lo),
                version: proto.version.get(),
                stale: self.why_old_closure(proto).map(str::to_owned),
            };
            closures.push((place, value));
        }
        closures
    }

    fn referrers(&self, held: Gc<'gc, ()>) -> Vec<(Value<'gc>, String)> {
        let met = self.met_in_a_walk(&|value, _| value.heap_pointer().is_some_and(|at| Gc::ptr_eq(at, held)));
        let mut seen = FxHashSet::default();
        let is_call = |met: &Met<'gc>| met.by_frame && met.from.is_nil();
        let mut referrers = Vec::new();
        for met in met.into_iter().filter(|met| !is_call(met) && met.path != "host handle") {
            if seen.insert((met.from.heap_pointer().map(|at| Gc::as_ptr(at) as usize), met.path.clone())) {
                referrers.push((met.from, met.path));
            }
        }
        referrers
    }
}

/// The code that a function has at its next call.
pub(super) fn latest<'gc>(proto: Gc<'gc, Proto<'gc>>) -> Gc<'gc, Proto<'gc>> {
    std::iter::successors(Some(proto), |proto| proto.successor()).last().expect("begins with one")
}

/// Code within other code of a text.
fn inner_protos(linked: Gc<'_, Linked<'_>>) -> FxHashSet<usize> {
    let nested = linked.image.protos.iter().flat_map(|image| image.nested.iter());
    nested.map(|id| Gc::as_ptr(linked.proto(*id)) as usize).collect()
}

fn place_in<'gc>(proto: Gc<'gc, Proto<'gc>>, frame: &TraceFrame, stale: Option<String>) -> CodePlace {
    CodePlace {
        function: proto.qualified.to_string(),
        file: proto.linked.module.path.to_string(),
        line: frame.line(),
        version: frame.version,
        stale,
    }
}

/// Where code stands beside the text of its file that runs.
enum Standing {
    Current,
    /// The file was overwritten.
    Overwritten,
    /// The text has something else under its name.
    Edited,
    /// The text has nothing under its name.
    Gone,
}

fn standing(proto: Gc<'_, Proto<'_>>) -> Standing {
    let module = proto.linked.module;
    // What a session has evaluated is no edit of what it evaluated before.
    if module.path.starts_with('<') {
        return Standing::Current;
    }
    if proto.linked.is_overwritten.get() {
        return Standing::Overwritten;
    }
    let Some(now) = module.state().linked else { return Standing::Gone };
    if Gc::ptr_eq(now, proto.linked) {
        return Standing::Current;
    }
    let mut namesakes = now.protos().into_iter().filter(|p| p.qualified == proto.qualified).peekable();
    if namesakes.peek().is_none() {
        return Standing::Gone;
    }
    if namesakes.any(|p| p.image.fingerprint == proto.image.fingerprint) { Standing::Current } else { Standing::Edited }
}

/// Whether code is a closure's that keeps an old text, provided that it is a closure's.
pub(super) fn is_old_closure(code: Gc<'_, Proto<'_>>) -> bool {
    code.successor().is_none() && !matches!(standing(code), Standing::Current)
}

impl<'gc> Cx<'_, 'gc> {
    /// Why a closure with this code keeps an old text, if it does.
    pub(super) fn why_old_closure(&self, code: Gc<'gc, Proto<'gc>>) -> Option<&'static str> {
        match standing(code) {
            Standing::Current => None,
            Standing::Overwritten => Some("its file was overwritten"),
            // Lambdas have no names to tell these apart.
            Standing::Edited | Standing::Gone => Some(self.why_orphan(code).unwrap_or(NO_PLACE)),
        }
    }
}

/// Tells closures from other functions: which code stands within other code, text by text.
#[derive(Default)]
pub(super) struct OldClosures(FxHashMap<usize, FxHashSet<usize>>);

impl OldClosures {
    /// The code of a closure of the program; `None` for other functions.
    pub(super) fn code_of<'gc>(&mut self, cx: &Cx<'_, 'gc>, function: Gc<'gc, Function<'gc>>) -> Option<Gc<'gc, Proto<'gc>>> {
        let code = latest(function.proto());
        let within = self.0.entry(Gc::as_ptr(code.linked) as usize).or_insert_with(|| inner_protos(code.linked));
        let is_meant = within.contains(&(Gc::as_ptr(code) as usize)) && !cx.world.is_library(&code.linked.module.namespace);
        is_meant.then_some(code)
    }

    /// The code of a closure that keeps an old text, and why.
    pub(super) fn of<'gc>(
        &mut self,
        cx: &Cx<'_, 'gc>,
        function: Gc<'gc, Function<'gc>>,
    ) -> Option<(Gc<'gc, Proto<'gc>>, &'static str)> {
        let code = self.code_of(cx, function)?;
        Some((code, cx.why_old_closure(code)?))
    }
}
