//! The loop: runs the top frame until something makes it leave.

use super::call::Called;
use super::handlers::TABLE;
use super::state::State;
use crate::heap::Value;
use crate::limits;
use crate::object::{Control, Cx, Definition, ErrorKind, Exit, Interrupt, NativeResult, ReturnMode, Stack, Wake};
use crate::ops;
use gc_arena::{Collect, Gc};

/// What to do after a slow path.
pub(super) enum Flow<'gc> {
    /// Frames or slots may have moved: read the state again and go on.
    Reload,
    /// Leave the loop.
    Leave(Exit<'gc>),
}

/// Runs the top frame until something makes it leave. The stack must not be empty.
pub fn run<'gc>(cx: &mut Cx<'_, 'gc>) -> Exit<'gc> {
    run_to_end(cx).unwrap_or_else(|| Exit::Done(cx.world.stack.result()))
}

/// The same; `None` at the end of everything: the result is [`Stack::result`].
#[inline]
pub fn run_to_end<'gc>(cx: &mut Cx<'_, 'gc>) -> Option<Exit<'gc>> {
    cx.world.mutation = std::ptr::from_ref(cx.mc).cast();
    if cx.world.handlers[0].is_null() {
        cx.world.handlers = TABLE.map(|handler| handler as *const ());
    }
    let world: *mut _ = &raw mut *cx.world;
    loop {
        // SAFETY: the stack has a frame; the rest is argued at the head of state.rs.
        unsafe {
            State::load(world).dispatch();
            if (*world).has_ended {
                (*world).has_ended = false;
                return None;
            }
            if (*world).exit.is_some() {
                return (*world).exit.take();
            }
        }
    }
}

/// Starts a call on an empty stack: `start` has the shape of a native. Gives the exit when nothing is left to run.
pub fn begin<'gc>(cx: &mut Cx<'_, 'gc>, start: impl FnOnce(&mut Cx<'_, 'gc>) -> NativeResult<'gc>) -> Option<Exit<'gc>> {
    let stub = cx.world.halt_stub.expect("stubs exist once a VM runs");
    if !cx.world.stack.push(stub, 1, 0, ReturnMode::Store) {
        unreachable!("an empty stack has room for one frame");
    }
    match start(cx) {
        Ok(value) => Some(Exit::Done(value)),
        Err(control) => match cx.control(control, 0, ReturnMode::Store) {
            Flow::Reload => None,
            Flow::Leave(exit) => Some(exit),
        },
    }
}

/// Starts a call of `callee` on an empty stack. Gives the exit when nothing is left to run.
pub fn begin_call<'gc>(cx: &mut Cx<'_, 'gc>, callee: Value<'gc>, args: &[Value<'gc>]) -> Option<Exit<'gc>> {
    let stub = cx.world.halt_stub.expect("stubs exist once a VM runs");
    if !cx.world.stack.push(stub, 1, 0, ReturnMode::Store) {
        unreachable!("an empty stack has room for one frame");
    }
    match cx.call_above(callee, args, 0, ReturnMode::Store) {
        Ok(Called::Entered) => None,
        Ok(Called::Value(value)) => {
            cx.deliver(value, 0, ReturnMode::Store);
            None
        }
        Err(control) => match cx.control(control, 0, ReturnMode::Store) {
            Flow::Reload => None,
            Flow::Leave(exit) => Some(exit),
        },
    }
}

/// The same as [`begin_call`] for the usual case: a function that nothing stands in for, with just the arguments that it takes. False if it is another one,
/// and nothing has begun.
#[inline]
pub fn begin_plain_call<'gc>(cx: &mut Cx<'_, 'gc>, callee: &Value<'gc>, args: &[Value<'gc>]) -> bool {
    let Value::Function(function) = *callee else { return false };
    let world = &mut *cx.world;
    let proto = function.proto();
    // The arity of code that was replaced, or whose calls go elsewhere, is that of no call.
    if proto.arity() as usize != args.len() || world.recording.is_some() || world.passing.is_some() || !world.detours.is_empty() {
        return false;
    }
    let stub = cx.world.halt_stub.expect("stubs exist once a VM runs");
    cx.world.stack.begin(stub, *callee, proto, args)
}

/// Goes on as `Tasks::wake` says. Gives the exit when nothing is left to run.
pub fn go_on<'gc>(cx: &mut Cx<'_, 'gc>) -> Option<Exit<'gc>> {
    let flow = match cx.world.tasks.wake.take() {
        None => return None,
        Some(Wake::Value(value)) => {
            let (dst, mode) = cx.world.tasks.current.expect("a task was woken").wanted.get();
            cx.deliver(value, dst, mode);
            return None;
        }
        Some(Wake::Raise(error)) => cx.unwind(error),
        Some(Wake::GoOn(how)) => cx.go_on_from_stop(how),
        Some(Wake::Start(callee, args)) => {
            cx.world.stack = Stack::new(limits::FIBER_SLOTS_FIRST, cx.world.depth_limit);
            return begin(cx, |_| Err(Box::new(Control::Call { callee, args, then: None })));
        }
    };
    match flow {
        Flow::Reload => None,
        Flow::Leave(exit) => Some(exit),
    }
}

/// What is asked of the driver runs on the native stack.
const NESTED_TOO_DEEP: &str = "too many runs of the program within each other, as by `live.eval` in evaluated text";

impl<'gc> Cx<'_, 'gc> {
    /// Whether the native stack has no room for one more run within those that wait.
    fn is_nested_too_deep(&self) -> bool {
        self.world.parked.len() >= limits::NESTED_RUNS_MAX
            || stacker::remaining_stack().is_some_and(|left| left < limits::NATIVE_STACK_LEFT)
    }

    /// Whether code that found `cell` without value is to wait for its initialiser.
    #[cold]
    pub(super) fn needs(&mut self, cell: Gc<'gc, Definition<'gc>>) -> bool {
        let pending = self.world.is_pending(cell);
        if pending {
            self.world.loading.needed = Some(cell);
        }
        pending
    }

    /// Carries out what a slow path asked for instead of returning a value. The result belongs in register `dst` of the top frame.
    #[cold]
    #[inline(never)]
    pub(super) fn control(&mut self, control: Box<Control<'gc>>, dst: u8, mode: ReturnMode) -> Flow<'gc> {
        let (mut control, mut dst, mut mode) = (control, dst, mode);
        loop {
            let called = match *control {
                Control::Raise(error) => return self.unwind(error),
                Control::Again { words, first } => {
                    let Err(again) = ops::suspend(self, first, Again { words }) else { unreachable!("a request stays one") };
                    control = again;
                    mode = ReturnMode::Discard;
                    continue;
                }
                Control::Interrupt(Interrupt::Exit(status)) => return self.unwind_exit(status),
                Control::Interrupt(interrupt) => return Flow::Leave(Exit::Interrupt(interrupt)),
                Control::Resume { fiber, value, resumption } => return self.resume_fiber(fiber, value, resumption, dst, mode),
                Control::Wait(seconds) => {
                    let ticket = self.world.tasks.fresh();
                    return self.park(ticket, Some(seconds), "for the clock".to_owned(), dst, mode);
                }
                Control::Outside(_) if self.is_nested_too_deep() => Err(self.raise(ErrorKind::StackOverflow, NESTED_TOO_DEEP)),
                Control::Outside(request) => {
                    self.world.outside = Some(request);
                    let task = self.world.tasks.current.expect("a task runs");
                    task.wanted.set((dst, mode));
                    return Flow::Leave(Exit::Outside);
                }
                Control::Park { ticket, seconds, what } => return self.park(ticket, seconds, what, dst, mode),
                Control::Call { callee, args, then } => {
                    let waiting = match then {
                        Some(then) => {
                            let pushed = self.push_waiting(then, dst, mode);
                            match pushed {
                                Ok(()) => {
                                    (dst, mode) = (1, ReturnMode::Store);
                                    Ok(())
                                }
                                Err(control) => match *control {
                                    Control::Raise(error) => match then.then.failed(self, error) {
                                        Ok(value) => {
                                            self.deliver(value, dst, mode);
                                            return Flow::Reload;
                                        }
                                        Err(next) => Err(next),
                                    },
                                    other => Err(Box::new(other)),
                                },
                            }
                        }
                        None => Ok(()),
                    };
                    waiting.and_then(|()| self.call_above(callee, &args, dst, mode))
                }
            };
            match called {
                Ok(Called::Entered) => return Flow::Reload,
                Ok(Called::Value(value)) => {
                    self.deliver(value, dst, mode);
                    return Flow::Reload;
                }
                Err(next) => control = next,
            }
        }
    }
}

/// Goes back to the beginning of an instruction of so many words.
#[derive(Collect)]
#[collect(require_static)]
struct Again {
    words: usize,
}

impl<'gc> ops::Resume<'gc> for Again {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        let frame = cx.world.stack.frames.last_mut().expect("the frame of the instruction");
        // SAFETY: the frame stands behind this instruction: only instructions ask for `Control::Again`, with their length.
        frame.pc = unsafe { frame.pc.sub(self.words) };
        Ok(Value::Nil)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn exit_is_small() {
        assert!(size_of::<crate::object::Exit<'static>>() <= 24);
    }
}
