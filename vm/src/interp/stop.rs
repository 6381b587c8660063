//! Stopping at an error that nothing would catch, with all calls alive, and going on from there.
//!
//! An error looks for its handler before a frame is given up. If there is none, the task waits where it stands, as if for the clock, until
//! the host says how to go on. The idea is Common Lisp's: a handler is found first, and the stack is unwound when something has been chosen.
//! To go back to an outer call, a value travels up the frames that only `finally` clauses see, as for `exit`.

use super::call::Called;
use super::loops;
use super::run::Flow;
use super::unwind::{Leaving, place_in_code};
use crate::bytecode::{Insn, Op};
use crate::heap::Value;
use crate::image::{Catches, DefinitionKind, Handler, LoopKind, ProtoKind};
use crate::object::{
    Class, Cx, Definition, Exit, Fiber, Frame, Function, GoOn, Member, OnError, Proto, Resumption, Stopped, Task, Wait, Way,
};
use gc_arena::Gc;
use std::rc::Rc;

/// What happens to the call to which the stack is unwound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arrival {
    /// It is made again.
    Retry,
    /// It returns `Stopping::given`.
    Return,
    /// The turn of its loop is begun again.
    Turn,
}

/// The call to which the stack is unwound, as it is known again when it has come to the top. A `finally` on the way may do anything, even yield out of
/// its fiber: the call may be gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Target {
    /// Number of the stop.
    number: u64,
    arrival: Arrival,
    /// Frames of its stack, itself included.
    frames: usize,
    /// Address of the fiber whose stack it is on; 0: that of the task.
    fiber: usize,
    /// Address of its code.
    proto: usize,
}

/// The call to which the stack is unwound, once its frame is on top.
pub(super) struct Goal {
    number: u64,
    arrival: Arrival,
    /// For a turn: the first and the last word of the loop.
    inside: Option<(u32, u32)>,
}

impl Goal {
    /// Whether the region of a handler of that frame is left.
    pub(super) fn is_left(&self, handler: &Handler) -> bool {
        self.inside.is_none_or(|(start, end)| start <= handler.start && handler.end <= end)
    }
}

/// A call of the program that has stopped.
#[derive(Clone, Copy)]
pub(crate) struct Stalled<'gc> {
    /// Its frame.
    pub(crate) frame: Frame<'gc>,
    /// What was called.
    pub(crate) callee: Value<'gc>,
    /// How many calls are below it.
    pub(crate) depth: usize,
    /// The fiber that keeps its stack; `None`: the stack of the task.
    pub(crate) fiber: Option<Gc<'gc, Fiber<'gc>>>,
    /// Its first register.
    pub(crate) base: usize,
}

/// The way on of a loop whose turn is begun again.
pub(crate) struct TurnAgain {
    way: Rc<Result<Way, String>>,
    /// First register of a `for` that has to step back, and what it goes over.
    step_back: Option<(u8, LoopKind)>,
    inside: (u32, u32),
}

impl<'gc> Cx<'_, 'gc> {
    /// Whether the program is to stop here, instead of losing its calls to an error.
    pub(super) fn is_to_stop(&mut self, error: Value<'gc>) -> bool {
        let stopping = &self.world.stopping;
        if stopping.on_error == OnError::Unwind
            || self.world.parked.len() != 1
            || stopping.given_up.iter().any(|other| is_same(*other, error))
        {
            return false;
        }
        let is_main = self.world.tasks.current.is_some_and(|task| task.is_main() && task.goal.get().is_none());
        // What runs in a commit, or for the sake of an instance on its way, is taken back instead.
        let is_free = self.world.commit_start.is_none() && self.world.migrating.is_empty() && self.world.replacing == 0;
        is_main && is_free && self.is_error(&error) && !self.is_caught_above(error)
    }

    /// Whether a frame catches an error, or may; also if there is no call of a function of the program at all.
    fn is_caught_above(&self, error: Value<'gc>) -> bool {
        let mut has_calls = false;
        let mut catches = |frames: &[Frame<'gc>]| {
            frames.iter().rev().any(|frame| {
                let is_library = || self.world.is_library(&frame.proto.linked.module.namespace);
                has_calls |= !self.is_stub(frame.proto) && frame.proto.image.kind != ProtoKind::Unit && !is_library();
                let at = place_in_code(frame);
                let mut around = frame.proto.image.handlers.iter().filter(|h| h.start <= at && at < h.end);
                around.any(|handler| self.may_catch(frame.proto, handler, error))
            })
        };
        if catches(&self.world.stack.frames) {
            return true;
        }
        let mut fiber = self.world.fiber;
        while let Some(running) = fiber {
            let is_wanted = running.resumption.get() == Resumption::Cancel && self.is_cancellation(error);
            if is_wanted || running.stack().with_frames(&mut catches) {
                return true;
            }
            fiber = running.resumer();
        }
        !has_calls
    }

    fn may_catch(&self, proto: Gc<'gc, Proto<'gc>>, handler: &Handler, error: Value<'gc>) -> bool {
        match &handler.catches {
            Catches::Nothing => false,
            Catches::Everything => !self.is_uncatchable(&error),
            Catches::Unknown => true,
            Catches::Classes(classes) => classes.iter().any(|constant| {
                let Value::Definition(cell) = proto.const_at(*constant as usize) else { return true };
                match Definition::holder(cell).value() {
                    Value::Class(class) => self.is_of_caught_class(error, class),
                    // To evaluate it is an error of its own.
                    _ => true,
                }
            }),
        }
    }

    fn is_stub(&self, proto: Gc<'gc, Proto<'gc>>) -> bool {
        [self.world.halt_stub, self.world.resume_stub].into_iter().flatten().any(|stub| Gc::ptr_eq(stub, proto))
    }

    /// The running task waits at an error until it is said how to go on.
    pub(super) fn stop_at(&mut self, error: Value<'gc>) -> Flow<'gc> {
        let task = self.world.tasks.current.expect("a task runs");
        let ticket = self.world.tasks.fresh();
        let older = self.world.stopping.stopped.take();
        self.world.stopping.older.extend(older);
        let top = self.world.stack.frames.last().filter(|frame| !self.is_stub(frame.proto));
        let missing = top.and_then(|frame| self.missing_definition(frame, error));
        self.world.stopping.stopped = Some(Stopped { ticket, error, task, fiber: self.world.fiber, missing, is_answered: false });
        self.world.tasks.park(task, Wait { ticket, deadline: None, what: "at an error".to_owned() });
        Flow::Leave(Exit::Wait)
    }

    /// Whether the main part of the running level waits at an error.
    pub(super) fn waits_at_error(&mut self) -> bool {
        let main = self.world.tasks.level().main;
        let stopped = self.world.stopping.stopped;
        stopped.zip(main).is_some_and(|(stopped, main)| Gc::ptr_eq(stopped.task, main))
    }

    /// Keeps the stack of a main part that has stopped and whose driver returns. False if it has not stopped.
    pub(crate) fn keep_stopped(&mut self, main: u64) -> bool {
        let Some(stopped) = self.world.stopping.stopped else { return false };
        let is_running = self.world.tasks.current.is_some_and(|task| task.id() == main);
        if self.world.stopping.on_error != OnError::Return || stopped.task.id() != main || !is_running {
            return false;
        }
        Task::swap(stopped.task, self.mc, &mut self.world.stack, &mut self.world.fiber);
        true
    }

    /// The driver of a main part returns. What it had stopped at is gone, unless it was kept.
    pub(crate) fn forget_main(&mut self, main: Gc<'gc, Task<'gc>>) {
        if self.world.stopping.stopped.is_some_and(|stopped| Gc::ptr_eq(stopped.task, main)) {
            if self.world.stopping.on_error == OnError::Return {
                return;
            }
            self.world.stopping.stopped = None;
        }
        if self.world.parked.is_empty() {
            self.world.stopping.given_up.clear();
            self.world.stopping.given.clear();
        }
        self.abandon_fibers(main.fiber());
    }

    /// The task that had stopped goes on.
    pub(super) fn go_on_from_stop(&mut self, how: GoOn<'gc>) -> Flow<'gc> {
        let Some(stopped) = self.world.stopping.stopped.take() else { return Flow::Reload };
        let (depth, arrival) = match how {
            GoOn::Abort => {
                self.world.stopping.given_up.push(stopped.error);
                return self.unwind(stopped.error);
            }
            GoOn::Again => {
                let frame = *self.world.stack.frames.last().expect("the frame that has failed");
                self.go_to(start_of(frame.proto, place_in_code(&frame)));
                return Flow::Reload;
            }
            GoOn::Retry(depth) => (depth, Arrival::Retry),
            GoOn::Turn(depth) => (depth, Arrival::Turn),
            GoOn::Return(depth, value) => {
                self.world.stopping.given.push((stopped.ticket, value));
                (depth, Arrival::Return)
            }
        };
        match self.target(depth, stopped.ticket, arrival) {
            Some(target) => self.leave_for(Leaving::To(target)),
            None => self.lost_way(),
        }
    }

    /// The call with this depth, as it is known again on the way to it.
    fn target(&self, depth: usize, number: u64, arrival: Arrival) -> Option<Target> {
        let mut below = self.depth_of_stacks();
        let mut fiber = self.world.fiber;
        let find = |frames: &[Frame<'gc>], below: usize, fiber: Option<Gc<'gc, Fiber<'gc>>>| {
            let frame = frames.get(depth.checked_sub(below)?)?;
            let is_meant = !self.is_stub(frame.proto);
            is_meant.then(|| Target {
                number,
                arrival,
                frames: depth - below + 1,
                fiber: address(fiber),
                proto: Gc::as_ptr(frame.proto) as usize,
            })
        };
        below -= self.world.stack.frames.len();
        if depth >= below {
            return find(&self.world.stack.frames, below, fiber);
        }
        while let Some(running) = fiber {
            fiber = running.resumer();
            let count = running.stack().with_frames(<[_]>::len);
            below -= count;
            if depth >= below {
                return running.stack().with_frames(|frames| find(frames, below, fiber));
            }
        }
        None
    }

    /// What is to happen to the top frame if it is the one that is meant.
    pub(super) fn goal_here(&self, leaving: Leaving, frame: &Frame<'gc>) -> Option<Goal> {
        let Leaving::To(Target { number, arrival, frames, fiber, proto }) = leaving else { return None };
        let is_meant = self.world.stack.frames.len() == frames
            && address(self.world.fiber) == fiber
            && Gc::as_ptr(frame.proto) as usize == proto
            && !self.is_stub(frame.proto);
        if !is_meant {
            return None;
        }
        let is_turn = arrival == Arrival::Turn;
        let inside = is_turn.then(|| self.turn_again(frame, self.callee_of_top())).flatten().map(|turn| turn.inside);
        Some(Goal { number, arrival, inside })
    }

    /// The top frame is the one that was meant, and no `finally` is left in it.
    pub(super) fn reach(&mut self, goal: Goal) -> Flow<'gc> {
        let frame = *self.world.stack.frames.last().expect("the frame that was looked for");
        match goal.arrival {
            Arrival::Turn => {
                let turn = self.turn_again(&frame, self.callee_of_top());
                // That it can was seen when this was chosen, and nothing has been committed since.
                let Some(turn) = turn else { return self.lost_way() };
                self.begin_turn_again(&turn)
            }
            Arrival::Return => {
                let given = &mut self.world.stopping.given;
                let at = given.iter().position(|(number, _)| *number == goal.number);
                let value = at.map_or(Value::Nil, |at| given.swap_remove(at).1);
                self.return_value(value)
            }
            Arrival::Retry => {
                let base = self.world.stack.base;
                let callee = self.callee_of_top();
                let given = arguments(&frame, &self.world.stack.values[base..]);
                let Ok(args) = given else { return self.lost_way() };
                let Some(function) = self.function_for(&frame, callee, args.first().copied()) else { return self.lost_way() };
                self.world.stack.pop();
                let first = self.world.stack.scratch() + 1;
                if !self.world.stack.reserve(first + args.len() + crate::limits::SCRATCH_SLOTS) {
                    let error = self.stack_overflow();
                    return self.control(error, frame.dst, frame.mode);
                }
                self.world.stack.values[first..][..args.len()].copy_from_slice(&args);
                // One that was decorated meanwhile is called as it is now; else nothing that stands in for it stands in once more.
                let called = match self.world.decoration_of(function) {
                    Some(_) => self.call_window(Value::Function(function), first, args.len(), frame.dst, frame.mode),
                    None => self.enter_again(function, first, args.len(), frame.dst, frame.mode),
                };
                match called {
                    Ok(Called::Entered) => Flow::Reload,
                    Ok(Called::Value(value)) => {
                        self.deliver(value, frame.dst, frame.mode);
                        Flow::Reload
                    }
                    Err(control) => self.control(control, frame.dst, frame.mode),
                }
            }
        }
    }

    /// A `finally` has changed what the way on was found for.
    fn lost_way(&mut self) -> Flow<'gc> {
        let error =
            self.value_error("the program cannot go on there: a `finally` clause on the way has changed what is needed for it");
        self.control(error, 0, crate::object::ReturnMode::Discard)
    }

    fn callee_of_top(&self) -> Value<'gc> {
        let base = self.world.stack.base;
        if base > 0 { self.world.stack.values[base - 1] } else { Value::Nil }
    }

    /// Frames of the running stack and of those who resumed it.
    fn depth_of_stacks(&self) -> usize {
        let mut depth = self.world.stack.frames.len();
        let mut fiber = self.world.fiber;
        while let Some(running) = fiber {
            depth += running.stack().with_frames(<[_]>::len);
            fiber = running.resumer();
        }
        depth
    }

    /// The function that is called when a call is made again: the one that was called, in its newest text, as long as it is where it was. What has
    /// taken its place in its file or class is called instead.
    fn function_for(&self, frame: &Frame<'gc>, callee: Value<'gc>, this: Option<Value<'gc>>) -> Option<Gc<'gc, Function<'gc>>> {
        let Value::Function(function) = callee else { return None };
        let newest = self.newest_code(frame, callee);
        let in_place = |value: Value<'gc>| match value {
            Value::Function(now) => Some(now),
            Value::Decorated(decorated) => match decorated.original.get() {
                Value::Function(now) => Some(now),
                _ => None,
            },
            _ => None,
        };
        let linked = newest.linked;
        let is_it = |kind: &DefinitionKind| matches!(kind, DefinitionKind::Function(id) if Gc::ptr_eq(linked.proto(*id), newest));
        if let Some(definition) = linked.image.definitions.iter().find(|definition| is_it(&definition.kind)) {
            let namespace = linked.module.namespace;
            let cell = namespace.definitions().into_iter().find(|cell| cell.name.as_str() == &*definition.name)?;
            return in_place(Definition::holder(cell).value());
        }
        let name = newest.image.name.rsplit('.').next()?;
        // What fills slots is a part of making the instance.
        if name == "<slots>" {
            return None;
        }
        let (Some(home), Some(Value::Instance(_))) = (function.home(), this) else { return Some(function) };
        let member_of = |class: Gc<'gc, Class<'gc>>| {
            let body = class.body();
            body.members.iter().find(|(known, _)| known.as_str() == name).map(|(_, member)| *member)
        };
        let class = self.world.class_of(&this?);
        let elsewhere = || class.body().linearisation.iter().find_map(|class| member_of(*class));
        match member_of(home) {
            Some(Member::Method(value)) => in_place(value),
            Some(_) => Some(function),
            None => match elsewhere() {
                Some(Member::Method(value)) => in_place(value),
                _ => None,
            },
        }
    }

    /// Whether a call can be made again, and if not, why.
    pub(crate) fn can_retry(&self, call: &Stalled<'gc>, slots: &[Value<'gc>]) -> Result<(), String> {
        if self.world.is_library(&call.frame.proto.linked.module.namespace) {
            return Err("it is a call of the library's".to_owned());
        }
        if call.frame.proto.image.kind == ProtoKind::Unit {
            return Err("what stands outside functions runs once".to_owned());
        }
        let args = arguments(&call.frame, slots)?;
        let Some(function) = self.function_for(&call.frame, call.callee, args.first().copied()) else {
            return Err("its text has left its place".to_owned());
        };
        let mut newest = function.proto();
        while let Some(successor) = newest.successor() {
            newest = successor;
        }
        let image = &newest.image;
        let own = usize::from(newest.is_method());
        let (least, most) = (own + usize::from(image.required), own + image.params.len());
        let fits = args.len() >= least
            && (args.len() <= most || image.rest.is_some())
            && newest.is_method() == call.frame.proto.is_method();
        if fits { Ok(()) } else { Err("its new text takes other arguments".to_owned()) }
    }

    /// How the turn of the innermost loop of a frame is begun again, if that is possible.
    pub(crate) fn turn_again(&self, frame: &Frame<'gc>, callee: Value<'gc>) -> Option<TurnAgain> {
        let new = self.newest_code(frame, callee);
        if new.is_tentative.get() || new.linked.is_overwritten.get() {
            return None;
        }
        let image = &frame.proto.image;
        let innermost = loops::loop_at(image, place_in_code(frame))?;
        let entry = &image.loops[innermost];
        let back_edge = entry.back_edges.first().copied().unwrap_or(entry.next);
        let way = self.way(frame.proto, (innermost, back_edge), new);
        if way.is_err() {
            return None;
        }
        let step_back = (entry.kind != LoopKind::While).then_some((entry.state, entry.kind));
        Some(TurnAgain { way, step_back, inside: (entry.start, entry.end) })
    }

    /// Whether a loop over what stands in these registers can step back by one.
    pub(crate) fn can_step_back(turn: &TurnAgain, slots: &[Value<'gc>]) -> bool {
        match turn.step_back {
            None => true,
            Some((state, LoopKind::Count)) => matches!(slots[usize::from(state) + 1], Value::Int(left) if left != -1),
            Some((state, _)) => {
                let (over, position) = (slots[usize::from(state)], slots[usize::from(state) + 1]);
                matches!((over, position), (Value::List(_) | Value::Tuple(_), Value::Int(1..)))
            }
        }
    }

    /// The top frame begins a turn of its loop again.
    fn begin_turn_again(&mut self, turn: &TurnAgain) -> Flow<'gc> {
        let Ok(way) = &*turn.way else { return self.lost_way() };
        let base = self.world.stack.base;
        let callee = self.callee_of_top();
        let frame = *self.world.stack.frames.last().expect("the frame that was looked for");
        let new = self.newest_code(&frame, callee);
        let can = Self::can_step_back(turn, &self.world.stack.values[base..]) && self.has_values(base, way);
        if !can || !self.world.stack.reserve(base + usize::from(new.frame_slots)) {
            return self.lost_way();
        }
        if let Some((state, kind)) = turn.step_back {
            let at = base + usize::from(state);
            let values = &mut self.world.stack.values;
            let changed = match kind {
                LoopKind::Count => [(0, -1), (1, 1)],
                _ => [(0, 0), (1, -1)],
            };
            for (i, by) in changed {
                if let Value::Int(value) = values[at + i] {
                    values[at + i] = Value::Int(value.wrapping_add(by));
                }
            }
        }
        if let Value::Function(function) = callee {
            Function::set_proto(function, self.mc, new);
        }
        self.enter_at(new, way, 0);
        Flow::Reload
    }

    /// The calls of the program that has stopped, innermost first, each with its registers.
    pub(crate) fn stalled_calls(&self, tell: &mut dyn FnMut(&Stalled<'gc>, &[Value<'gc>])) {
        let Some(stopped) = self.world.stopping.stopped else { return };
        let is_current = self.world.tasks.current.is_some_and(|task| Gc::ptr_eq(task, stopped.task));
        let mut depth = 0;
        let mut each = |stack: &crate::object::Stack<'gc>, fiber, depth: usize| {
            for (i, (frame, base)) in stack.frames.iter().zip(stack.bases()).enumerate().rev() {
                if self.is_stub(frame.proto) {
                    continue;
                }
                let callee = if base > 0 { stack.values[base - 1] } else { Value::Nil };
                let end = (base + usize::from(frame.proto.frame_slots)).min(stack.values.len());
                tell(&Stalled { frame: *frame, callee, depth: depth + i, fiber, base }, &stack.values[base..end]);
            }
        };
        let resumers: Vec<_> = std::iter::successors(stopped.fiber, |fiber| fiber.resumer()).collect();
        depth += resumers.iter().map(|fiber| fiber.stack().with_frames(<[_]>::len)).sum::<usize>();
        let running = if is_current && self.world.parked.len() == 1 {
            Some(&self.world.stack)
        } else {
            self.world
                .parked
                .get(1)
                .filter(|parked| parked.task.is_some_and(|task| Gc::ptr_eq(task, stopped.task)))
                .and_then(|parked| parked.stack.as_deref())
        };
        match running {
            Some(stack) => each(stack, stopped.fiber, depth),
            None => stopped.task.stack().with_stack(|stack| each(stack, stopped.fiber, depth)),
        }
        for fiber in resumers {
            depth -= fiber.stack().with_frames(<[_]>::len);
            fiber.stack().with_stack(|stack| each(stack, fiber.resumer(), depth));
        }
    }

    /// The definition without value that the instruction looked for at which the top frame has failed, if that was all it did.
    fn missing_definition(&self, frame: &Frame<'gc>, error: Value<'gc>) -> Option<Gc<'gc, Definition<'gc>>> {
        let Value::Instance(instance) = error else { return None };
        let name_error = self.world.error_class(crate::object::ErrorKind::NameError);
        if !Gc::ptr_eq(self.world.class_of_instance(instance), name_error) {
            return None;
        }
        let code = &frame.proto.image.code;
        let word = start_of(frame.proto, place_in_code(frame)) as usize;
        let insn = Insn(code[word]);
        let constant = match Op::from_byte(insn.op_byte())? {
            Op::GetGlobal => usize::from(insn.bx()),
            Op::CallGlobal => *code.get(word + 1)? as usize,
            _ => return None,
        };
        match frame.proto.const_at(constant) {
            Value::Definition(cell) => Some(Definition::holder(cell)).filter(|cell| cell.value().is_unset()),
            _ => None,
        }
    }
}

/// The arguments that a call was made with, `self` first, the rest ones by themselves.
fn arguments<'gc>(frame: &Frame<'gc>, slots: &[Value<'gc>]) -> Result<Vec<Value<'gc>>, String> {
    let image = &frame.proto.image;
    let own = usize::from(frame.proto.is_method());
    let most = own + image.params.len();
    let mut args = slots[..most].to_vec();
    let is_lost = |i: &usize| args[*i].is_unset() && (*i < own || image.params[*i - own].default.is_none());
    if (0..most).any(|i| is_lost(&i)) {
        return Err("its arguments are no longer known".to_owned());
    }
    if image.rest.is_some() {
        match slots[most] {
            Value::List(list) => args.extend_from_slice(&list.items()),
            _ => return Err("its arguments are no longer known".to_owned()),
        }
    }
    // One that was left out, and whose default was not evaluated yet.
    while args.last().is_some_and(Value::is_unset) {
        args.pop();
    }
    Ok(args)
}

/// The word at which the instruction begins that this word belongs to.
fn start_of(proto: Gc<'_, Proto<'_>>, word: u32) -> u32 {
    let code = &proto.image.code;
    let mut at = 0;
    while let Some(op) = code.get(at as usize).and_then(|word| Op::from_byte(Insn(*word).op_byte())) {
        let next = at + op.words() as u32;
        if next > word {
            break;
        }
        at = next;
    }
    at
}

fn address(fiber: Option<Gc<'_, Fiber<'_>>>) -> usize {
    fiber.map_or(0, |fiber| Gc::as_ptr(fiber) as usize)
}

fn is_same<'gc>(a: Value<'gc>, b: Value<'gc>) -> bool {
    match (a, b) {
        (Value::Instance(a), Value::Instance(b)) => Gc::ptr_eq(a, b),
        _ => false,
    }
}
