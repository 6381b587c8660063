//! Fibers: `resume`, `yield`, their end.
//!
//! The running stack changes place with the one that the fiber keeps; then the top frame of the other stack goes on. Nothing else has to
//! happen, because everything that waits for something, natives included, is a frame.

use super::run::Flow;
use crate::heap::Value;
use crate::limits;
use crate::object::{Cx, ErrorKind, Fiber, FiberState, Resumption, ReturnMode, Stack};
use gc_arena::Gc;

impl<'gc> Cx<'_, 'gc> {
    /// A fiber that has not started. It can be found as long as it is alive.
    pub fn new_fiber(&mut self, body: Value<'gc>) -> Gc<'gc, Fiber<'gc>> {
        let fiber = Fiber::new(self.mc, body);
        let known = &mut self.world.fibers;
        if known.len() == known.capacity() {
            // As seldom as the list grows, so that this costs next to nothing for each.
            known.retain(|fiber| fiber.upgrade(self.mc).is_some());
            known.reserve(known.len().max(16));
        }
        known.push(Gc::downgrade(fiber));
        fiber
    }

    /// Takes fibers that are no longer alive from the list of those that can be found. Whether there were any.
    pub(crate) fn forget_dead_fibers(&mut self) -> bool {
        let before = self.world.fibers.len();
        self.world.fibers.retain(|fiber| fiber.upgrade(self.mc).is_some());
        self.world.fibers.len() < before
    }

    /// Goes on in a fiber. What it yields goes to `dst` of the top frame.
    pub(super) fn resume_fiber(
        &mut self,
        fiber: Gc<'gc, Fiber<'gc>>,
        value: Option<Value<'gc>>,
        resumption: Resumption,
        dst: u8,
        mode: ReturnMode,
    ) -> Flow<'gc> {
        let state = fiber.state.get();
        match (state, resumption) {
            (FiberState::Suspended, _) | (FiberState::New, Resumption::Resume | Resumption::Next) => {}
            (FiberState::Done, Resumption::Resume) => return self.refuse("the fiber has finished and cannot be resumed"),
            (FiberState::Done, Resumption::Next) => return self.give(Value::Stop, dst, mode),
            (FiberState::New | FiberState::Done, Resumption::Cancel) => {
                fiber.state.set(FiberState::Done);
                return self.give(Value::Nil, dst, mode);
            }
            (FiberState::Running, _) => {
                let verb = if resumption == Resumption::Cancel { "cancelled" } else { "resumed" };
                let is_top = self.world.fiber.is_some_and(|running| Gc::ptr_eq(running, fiber));
                let why = match self.world.tasks.holder_of(fiber) {
                    Some(task) if task.is_main() => "runs in the main part of the program, which waits,".to_owned(),
                    Some(task) => format!("runs in task `{}`, which waits,", task.name),
                    None if is_top => "is running".to_owned(),
                    None => "waits for a fiber that it resumed".to_owned(),
                };
                return self.refuse(&format!("the fiber {why} and cannot be {verb} now"));
            }
        }
        let stack = &self.world.stack;
        let depth = stack.depth_limit.saturating_sub(stack.frames.len() + limits::FIBER_DEPTH);
        let used = fiber.stack().with_frames(<[_]>::len);
        if depth <= used + 1 {
            let error = self.stack_overflow();
            return self.control(error, dst, mode);
        }
        let (own_dst, own_mode) = fiber.wanted.replace((dst, mode));
        fiber.resumption.set(resumption);
        fiber.state.set(FiberState::Running);
        Fiber::swap(fiber, self.mc, &mut self.world.stack);
        fiber.set_resumer(self.world.fiber.replace(fiber));
        if state == FiberState::New {
            return self.start_fiber(fiber, value, depth);
        }
        self.world.stack.limit_depth(depth);
        self.match_recording();
        if resumption == Resumption::Cancel {
            return self.cancel_here(fiber);
        }
        self.deliver(value.unwrap_or_default(), own_dst, own_mode);
        Flow::Reload
    }

    /// The running fiber was resumed for the first time.
    fn start_fiber(&mut self, fiber: Gc<'gc, Fiber<'gc>>, value: Option<Value<'gc>>, depth: usize) -> Flow<'gc> {
        self.world.stack = Stack::new(limits::FIBER_SLOTS_FIRST, depth);
        self.match_recording();
        self.world.charge(self.world.stack.bytes());
        let stub = self.world.halt_stub.expect("stubs exist once a VM runs");
        if !self.world.stack.push(stub, 1, 0, ReturnMode::Store) {
            unreachable!("the depth was checked, and an empty stack has room for one frame")
        }
        let value = value.filter(|_| self.takes_argument(fiber.body));
        let called = self.call_above(fiber.body, value.as_slice(), 0, ReturnMode::Store);
        self.finish_call(called, 0)
    }

    /// Whether a function has a parameter for the value of the first `resume`.
    fn takes_argument(&self, mut callee: Value<'gc>) -> bool {
        let mut own = 0;
        loop {
            match callee {
                Value::Function(function) => {
                    if let Some(decorated) = self.world.decoration_of(function) {
                        callee = decorated.target.get();
                        continue;
                    }
                    let mut proto = function.proto();
                    while let Some(successor) = proto.successor() {
                        proto = successor;
                    }
                    return proto.image.rest.is_some() || !proto.image.params.is_empty();
                }
                Value::Native(native) => return native.most > own,
                Value::Bound(bound) => {
                    own = 1;
                    callee = bound.method;
                }
                Value::Decorated(decorated) => callee = decorated.target.get(),
                _ => return true,
            }
        }
    }

    /// `yield value`; what `resume` passes goes to `dst`.
    pub(super) fn yield_value(&mut self, value: Value<'gc>, dst: u8) -> Flow<'gc> {
        let Some(fiber) = self.world.fiber else {
            let message = "`yield` outside a fiber; make one with `fiber(f)` (in a task, `task.sleep(0)` lets others go on)";
            return self.refuse(message);
        };
        if fiber.cancels.get() > 0 {
            return self.cancel_here(fiber);
        }
        if let Err(error) = self.refuse_halfway(Some(fiber), "yield") {
            return self.control(error, 0, ReturnMode::Discard);
        }
        if !self.world.stack.note_suspension() {
            self.world.has_deep_fibers = true;
        }
        fiber.state.set(FiberState::Suspended);
        let (to, mode) = fiber.wanted.replace((dst, ReturnMode::Store));
        self.leave_fiber(fiber);
        self.deliver(value, to, mode);
        Flow::Reload
    }

    /// Goes back to whoever resumed the running fiber.
    fn leave_fiber(&mut self, fiber: Gc<'gc, Fiber<'gc>>) {
        Fiber::swap(fiber, self.mc, &mut self.world.stack);
        self.world.fiber = fiber.resumer();
        fiber.set_resumer(None);
        self.match_recording();
    }

    /// The running fiber has ended: gives back its stack, and goes on in whoever resumed it.
    fn end_fiber(&mut self, fiber: Gc<'gc, Fiber<'gc>>) {
        fiber.state.set(FiberState::Done);
        self.leave_fiber(fiber);
        Fiber::swap(fiber, self.mc, &mut Stack::empty());
    }

    /// The frame below everything was reached.
    pub(super) fn end_of_stack(&mut self, result: Value<'gc>) -> Flow<'gc> {
        let Some(fiber) = self.world.fiber else { return Flow::Leave(crate::object::Exit::Done(result)) };
        let (dst, mode) = fiber.wanted.get();
        self.end_fiber(fiber);
        let result = match fiber.resumption.get() {
            Resumption::Resume => result,
            Resumption::Next => Value::Stop,
            Resumption::Cancel => Value::Nil,
        };
        self.give(result, dst, mode)
    }

    /// No frame of the running fiber has caught an error. True when whoever resumed it goes on normally: they wanted it to end.
    pub(super) fn error_leaves_fiber(&mut self, fiber: Gc<'gc, Fiber<'gc>>, error: Value<'gc>) -> bool {
        let (dst, mode) = fiber.wanted.get();
        self.end_fiber(fiber);
        let is_wanted = fiber.resumption.get() == Resumption::Cancel && self.is_cancellation(error);
        if is_wanted {
            self.deliver(Value::Nil, dst, mode);
        }
        is_wanted
    }

    /// Raises CancelledError in the running fiber; ends it when it has taken no notice too often.
    fn cancel_here(&mut self, fiber: Gc<'gc, Fiber<'gc>>) -> Flow<'gc> {
        fiber.cancels.set(fiber.cancels.get() + 1);
        if fiber.cancels.get() > limits::CANCELS_MAX {
            self.end_fiber(fiber);
            return self.refuse(&format!(
                "the fiber was ended by force: it went on to a `yield` after each of {} CancelledErrors",
                limits::CANCELS_MAX
            ));
        }
        let error = self.raise(ErrorKind::CancelledError, "the fiber was cancelled");
        self.control(error, 0, ReturnMode::Discard)
    }

    /// Whether it is a CancelledError.
    pub(super) fn is_cancellation(&self, error: Value<'gc>) -> bool {
        let Value::Instance(instance) = error else { return false };
        self.world.class_of_instance(instance).is_subclass_of(self.world.error_class(ErrorKind::CancelledError))
    }

    /// Ends fibers that cannot go on: the given one, and those that wait for it.
    pub(crate) fn abandon_fibers(&mut self, fiber: Option<Gc<'gc, Fiber<'gc>>>) {
        let mut next = fiber;
        while let Some(fiber) = next {
            fiber.state.set(FiberState::Done);
            Fiber::swap(fiber, self.mc, &mut Stack::empty());
            next = fiber.resumer();
            fiber.set_resumer(None);
        }
    }

    /// What an initialiser that is recorded calls is noted, whatever stack it runs on.
    #[inline]
    pub(super) fn match_recording(&mut self) {
        let is_noting = self.world.recording.as_ref().is_some_and(|recording| recording.calls_left > 0);
        self.world.stack.force_slow(is_noting);
    }

    fn give(&mut self, value: Value<'gc>, dst: u8, mode: ReturnMode) -> Flow<'gc> {
        self.deliver(value, dst, mode);
        Flow::Reload
    }

    fn refuse(&mut self, message: &str) -> Flow<'gc> {
        let error = self.value_error(message);
        self.control(error, 0, ReturnMode::Discard)
    }
}
