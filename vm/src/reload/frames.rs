//! Calls that are running or suspended, and closures, with the text they are in: what is old of them, and why.

use super::uses::Met;
use crate::embed::{Error, Handle, Vm};
use crate::heap::Value;
use crate::interp::places_of;
use crate::object::{Cx, Fiber, FiberState, Frame, Linked, Proto, SavedStack, Task, TraceFrame};
use gc_arena::Gc;
use rustc_hash::{FxHashMap, FxHashSet};

/// Code that a call or closure has.
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
    pub stale: Option<&'static str>,
}

/// A call that has begun and not ended.
pub struct Call {
    /// Where it is.
    pub place: CodePlace,
    /// The fiber in which it runs or is suspended.
    pub fiber: Option<Handle>,
    /// The task it belongs to, where that is known.
    pub task: Option<String>,
}

/// A closure.
pub struct Closure {
    /// Its code.
    pub place: CodePlace,
    /// The closure itself.
    pub function: Handle,
}

/// Something that holds an object.
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

    /// The program's closures that are alive. Looks at everything alive.
    pub fn closures(&mut self) -> Vec<Closure> {
        self.enter(|cx| {
            let closures = cx.closures();
            closures.into_iter().map(|(place, function)| Closure { place, function: Handle::new(cx.world, function) }).collect()
        })
    }

    /// Objects and variables that hold what `held` gives; running calls are left out. Looks at everything alive.
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
    /// Stacks that are kept by tasks and by the fibers that run: they hold what goes on later.
    pub(super) fn saved_stacks(&self) -> Vec<&SavedStack<'gc>> {
        let mut all = Vec::new();
        for (task, _) in self.waiting_tasks() {
            all.push(Gc::as_ref(task).stack());
            all.extend(resumers(task.fiber()).map(|fiber| Gc::as_ref(fiber).stack()));
        }
        let running = std::iter::once(self.world.fiber).chain(self.world.parked.iter().map(|parked| parked.fiber));
        for fiber in running.flat_map(resumers) {
            all.push(Gc::as_ref(fiber).stack());
        }
        all
    }

    /// Tasks that do not run, and whose stacks are with themselves.
    fn waiting_tasks(&self) -> Vec<(Gc<'gc, Task<'gc>>, String)> {
        let tasks = &self.world.tasks;
        let busy: Vec<_> = tasks.current.iter().chain(self.world.parked.iter().filter_map(|parked| parked.task.as_ref())).collect();
        let all = tasks.levels.iter().flat_map(|level| level.main.iter().chain(level.tasks.values()));
        all.filter(|task| !busy.iter().any(|busy| Gc::ptr_eq(**busy, **task))).map(|task| (*task, task.name.to_string())).collect()
    }

    fn calls(&self) -> Vec<FoundCall<'gc>> {
        let mut calls = Vec::new();
        let current = |task: Option<Gc<'gc, Task<'gc>>>| task.map(|task| task.name.to_string());
        let mut seen = FxHashSet::default();
        let world = &self.world;
        let running = std::iter::once((&world.stack, world.fiber, world.tasks.current));
        let parked = world.parked.iter().rev().map(|parked| (&parked.stack, parked.fiber, parked.task));
        for (stack, fiber, task) in running.chain(parked) {
            self.calls_of(&stack.frames, fiber, current(task), &mut calls);
            self.calls_of_resumers(fiber, current(task), &mut seen, &mut calls);
        }
        for (task, name) in self.waiting_tasks() {
            task.stack().with_frames(|frames| self.calls_of(frames, task.fiber(), Some(name.clone()), &mut calls));
            self.calls_of_resumers(task.fiber(), Some(name), &mut seen, &mut calls);
        }
        for met in self.met_in_a_walk(&|value, is_first| is_first && matches!(value, Value::Fiber(_))) {
            let Value::Fiber(fiber) = met.value else { continue };
            if fiber.state.get() == FiberState::Suspended && seen.insert(Gc::as_ptr(fiber) as usize) {
                fiber.stack().with_frames(|frames| self.calls_of(frames, Some(fiber), None, &mut calls));
            }
        }
        calls
    }

    /// Calls on the stacks of those who resumed a running fiber: each fiber keeps that of its resumer.
    fn calls_of_resumers(
        &self,
        fiber: Option<Gc<'gc, Fiber<'gc>>>,
        task: Option<String>,
        seen: &mut FxHashSet<usize>,
        calls: &mut Vec<FoundCall<'gc>>,
    ) {
        for fiber in resumers(fiber) {
            seen.insert(Gc::as_ptr(fiber) as usize);
            fiber.stack().with_frames(|frames| self.calls_of(frames, fiber.resumer(), task.clone(), calls));
        }
    }

    fn calls_of(
        &self,
        frames: &[Frame<'gc>],
        fiber: Option<Gc<'gc, Fiber<'gc>>>,
        task: Option<String>,
        calls: &mut Vec<FoundCall<'gc>>,
    ) {
        for (proto, frame) in places_of(self.world, frames) {
            if !frame.is_library {
                calls.push((place(proto, &frame, old_call(proto)), fiber, task.clone()));
            }
        }
    }

    fn closures(&self) -> Vec<(CodePlace, Value<'gc>)> {
        let functions = self.met_in_a_walk(&|value, is_first| is_first && matches!(value, Value::Function(_)));
        let mut inner: FxHashMap<usize, FxHashSet<usize>> = FxHashMap::default();
        let mut closures = Vec::new();
        for met in functions {
            let Value::Function(function) = met.value else { continue };
            let proto = latest(function.proto());
            let within = inner.entry(Gc::as_ptr(proto.linked) as usize).or_insert_with(|| inner_protos(proto.linked));
            if self.world.is_library(&proto.linked.module.namespace) || !within.contains(&(Gc::as_ptr(proto) as usize)) {
                continue;
            }
            let place = CodePlace {
                function: proto.qualified.to_string(),
                file: proto.linked.module.path.to_string(),
                line: proto.image.source.line(proto.image.span.lo),
                version: proto.version.get(),
                stale: old_closure(proto),
            };
            closures.push((place, met.value));
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

fn resumers<'gc>(fiber: Option<Gc<'gc, Fiber<'gc>>>) -> impl Iterator<Item = Gc<'gc, Fiber<'gc>>> {
    std::iter::successors(fiber, |fiber| fiber.resumer())
}

/// The code that a function has at its next call.
pub(super) fn latest<'gc>(proto: Gc<'gc, Proto<'gc>>) -> Gc<'gc, Proto<'gc>> {
    std::iter::successors(Some(proto), |proto| proto.successor()).last().expect("begins with one")
}

/// Code within other code of a text.
pub(super) fn inner_protos(linked: Gc<'_, Linked<'_>>) -> FxHashSet<usize> {
    let nested = linked.image.protos.iter().flat_map(|image| image.nested.iter());
    nested.map(|id| Gc::as_ptr(linked.proto(*id)) as usize).collect()
}

fn place<'gc>(proto: Gc<'gc, Proto<'gc>>, frame: &TraceFrame, stale: Option<&'static str>) -> CodePlace {
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

fn old_call(proto: Gc<'_, Proto<'_>>) -> Option<&'static str> {
    match standing(proto) {
        Standing::Current => None,
        Standing::Edited => Some("it was edited after this call had begun"),
        Standing::Gone => Some("no text has it any more since this call had begun"),
    }
}

pub(super) fn old_closure(proto: Gc<'_, Proto<'_>>) -> Option<&'static str> {
    match standing(proto) {
        Standing::Current => None,
        // Lambdas have no names to tell these apart.
        Standing::Edited | Standing::Gone => Some("nothing in the text that runs continues it for certain"),
    }
}
