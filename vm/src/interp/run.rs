//! The loop: runs the top frame until something makes it leave.

use super::call::Called;
use super::handlers::TABLE;
use super::state::State;
use crate::heap::Value;
use crate::object::{Control, Cx, Definition, Exit, Interrupt, NativeResult, ReturnMode};
use gc_arena::Gc;

/// What to do after a slow path.
pub(super) enum Flow<'gc> {
    /// Frames or slots may have moved: read the state again and go on.
    Reload,
    /// Leave the loop.
    Leave(Exit<'gc>),
}

/// Runs the top frame until something makes it leave. The stack must not be empty.
pub fn run<'gc>(cx: &mut Cx<'_, 'gc>) -> Exit<'gc> {
    cx.world.mutation = std::ptr::from_ref(cx.mc).cast();
    if cx.world.handlers[0].is_null() {
        cx.world.handlers = TABLE.map(|handler| handler as *const ());
    }
    let world: *mut _ = &raw mut *cx.world;
    loop {
        // SAFETY: the stack has a frame; the rest is argued at the head of state.rs.
        unsafe {
            State::load(world).dispatch();
            if let Some(exit) = (*world).exit.take() {
                return exit;
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

/// Raises an error in the running program from outside, at a safe point. Gives the exit when nothing catches it.
pub fn raise<'gc>(cx: &mut Cx<'_, 'gc>, control: Box<Control<'gc>>) -> Option<Exit<'gc>> {
    match cx.control(control, 0, ReturnMode::Discard) {
        Flow::Reload => None,
        Flow::Leave(exit) => Some(exit),
    }
}

impl<'gc> Cx<'_, 'gc> {
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
                Control::Interrupt(Interrupt::Exit(status)) => return self.unwind_exit(status),
                Control::Interrupt(interrupt) => return Flow::Leave(Exit::Interrupt(interrupt)),
                Control::Yield(value) => return Flow::Leave(Exit::Yield(value)),
                Control::Wait(seconds) => {
                    self.deliver(Value::Nil, dst, mode);
                    return Flow::Leave(Exit::Wait(seconds));
                }
                Control::Call { callee, args, then } => {
                    let waiting = match then {
                        Some(then) => {
                            let pushed = self.push_waiting(then, dst, mode);
                            if pushed.is_ok() {
                                (dst, mode) = (1, ReturnMode::Store);
                            }
                            pushed
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

#[cfg(test)]
mod tests {
    #[test]
    fn exit_is_small() {
        assert!(size_of::<crate::object::Exit<'static>>() <= 24);
    }
}
