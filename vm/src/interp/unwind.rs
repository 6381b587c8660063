//! Errors on their way to a handler.

use super::run::Flow;
use super::stop::Target;
use super::trace::{self, Trace};
use crate::heap::Value;
use crate::image::{Catches, Const};
use crate::object::{
    Class, Control, Cx, Definition, ErrorKind, Exit, Found, Frame, HostObject, Instance, Interrupt, Kind, Member, NativeResult,
    Symbol, Tuple, World,
};
use crate::ops;
use gc_arena::Gc;
use std::sync::Arc;

impl<'gc> Cx<'_, 'gc> {
    /// `exit(status)`: goes up the frames like an error that only `finally` clauses see.
    pub(super) fn unwind_exit(&mut self, status: i32) -> Flow<'gc> {
        self.leave_for(Leaving::Exit(status))
    }

    /// Goes up the frames to where `leaving` leads; only `finally` clauses see it.
    pub(super) fn leave_for(&mut self, leaving: Leaving) -> Flow<'gc> {
        let token = World::host_object(self.mc, "Leaving", leaving);
        self.unwind(token)
    }

    /// Goes up the frames to the innermost handler. An error that has none may stop the program instead.
    pub(super) fn unwind(&mut self, mut error: Value<'gc>) -> Flow<'gc> {
        let mut leaving = leaving_of(&error);
        if leaving.is_none() {
            self.attach_trace(error);
            if self.is_to_stop(error) {
                return self.stop_at(error);
            }
        }
        while let Some(frame) = self.world.stack.frames.last().copied() {
            let at = place_in_code(&frame);
            let goal = leaving.and_then(|leaving| self.goal_here(leaving, &frame));
            let mut handlers = frame.proto.image.handlers.iter().filter(|h| h.start <= at && at < h.end);
            let handler = match (leaving, &goal) {
                (None, _) => handlers.next(),
                (Some(_), None) => handlers.find(|h| h.catches == Catches::Nothing),
                (Some(_), Some(goal)) => handlers.find(|h| h.catches == Catches::Nothing && goal.is_left(h)),
            };
            if let Some(handler) = handler {
                let slot = self.world.stack.base + handler.register as usize;
                self.world.stack.values[slot] = error;
                let target = handler.target;
                self.go_to(target);
                return Flow::Reload;
            }
            if let Some(goal) = goal {
                return self.reach(goal);
            }
            let is_bottom = self.world.halt_stub.is_some_and(|stub| Gc::ptr_eq(stub, frame.proto));
            if is_bottom {
                let Some(fiber) = self.world.fiber else { break };
                if self.error_leaves_fiber(fiber, error) {
                    return Flow::Reload;
                }
                continue;
            }
            let waiting = self.world.stack.values[self.world.stack.base];
            self.world.stack.pop();
            if let (true, Value::Continuation(waiting)) =
                (self.world.resume_stub.is_some_and(|s| Gc::ptr_eq(s, frame.proto)), waiting)
            {
                match waiting.then.failed(self, error) {
                    Ok(value) => {
                        self.deliver(value, frame.dst, frame.mode);
                        return Flow::Reload;
                    }
                    Err(control) => match *control {
                        Control::Raise(next) => {
                            error = next;
                            leaving = leaving_of(&error);
                        }
                        other => return self.control(Box::new(other), frame.dst, frame.mode),
                    },
                }
                if leaving.is_none() {
                    self.attach_trace(error);
                    if self.is_to_stop(error) {
                        return self.stop_at(error);
                    }
                }
            }
        }
        match leaving {
            Some(Leaving::Exit(status)) => Flow::Leave(Exit::Interrupt(Interrupt::Exit(status))),
            // It was looked for in vain: a `finally` has led elsewhere.
            Some(Leaving::To(_)) => {
                let message = "the call with which the program was to go on is gone: a `finally` clause on the way has yielded";
                Flow::Leave(Exit::Error(self.error_value(ErrorKind::Error, message)))
            }
            None => Flow::Leave(Exit::Error(error)),
        }
    }

    /// The top frame goes on at the start of an instruction: the target of a handler, which the verifier has checked, or one of those that it
    /// has met from the beginning of the code on.
    pub(super) fn go_to(&mut self, word: u32) {
        let top = self.world.stack.frames.last_mut().expect("a frame runs");
        // SAFETY: see above.
        top.pc = unsafe { top.proto.code.start().add(word as usize) };
    }

    /// Gives an error its trace, unless it has one: an error that is thrown again keeps its first.
    fn attach_trace(&mut self, error: Value<'gc>) {
        let Value::Instance(instance) = error else { return };
        let name = self.world.symbols.hidden_trace;
        if !ops::error_part(self.world, instance, name).is_nil() {
            return;
        }
        let trace = trace::capture(self.world);
        // Each frame was looked at, and some are kept.
        self.world.spend(self.world.stack.frames.len() / 2);
        self.world.charge(64 * trace.frames.len());
        let more = size_of_val(trace.frames.as_slice());
        let value = Value::Host(HostObject::new(self.mc, "Trace", trace, more));
        self.set_error_part(instance, name, value);
    }

    /// `throw value`
    pub(super) fn throw(&mut self, value: Value<'gc>) -> NativeResult<'gc> {
        if self.is_error(&value) || leaving_of(&value).is_some() {
            self.migrate_for(value, 1)?;
            return Err(Box::new(Control::Raise(value)));
        }
        let message = match value {
            Value::Class(class) if class.is_subclass_of(self.world.error_class(ErrorKind::Error)) => {
                let name = class.name();
                format!("a class cannot be thrown, but an instance of it: `throw {}(\"…\")`", name.as_str())
            }
            _ => format!("only errors can be thrown, not {}; write `throw Error(…)`", self.type_name(&value)),
        };
        Err(self.type_error(message))
    }

    /// Whether it is an instance of `Error` or of a class that inherits from it.
    pub fn is_error(&self, value: &Value<'gc>) -> bool {
        let Value::Instance(instance) = value else { return false };
        self.world.class_of_instance(*instance).is_subclass_of(self.world.error_class(ErrorKind::Error))
    }

    /// Whether a `catch` that does not name its class lets it pass.
    pub(super) fn is_uncatchable(&self, value: &Value<'gc>) -> bool {
        let Value::Instance(instance) = value else { return leaving_of(value).is_some() };
        self.needs_its_name(self.world.class_of_instance(*instance))
    }

    /// Whether errors of a class are only caught by name.
    fn needs_its_name(&self, class: Gc<'gc, Class<'gc>>) -> bool {
        [ErrorKind::CancelledError, ErrorKind::LimitError]
            .into_iter()
            .any(|kind| class.is_subclass_of(self.world.error_class(kind)))
    }

    /// Whether a `catch` with this class takes an error, as far as that is known without the program.
    pub(super) fn is_of_caught_class(&self, error: Value<'gc>, class: Gc<'gc, Class<'gc>>) -> bool {
        let Value::Instance(instance) = error else { return false };
        let is_instance = self.world.class_of_instance(instance).is_subclass_of(class);
        is_instance && (self.needs_its_name(class) || !self.is_uncatchable(&error))
    }

    /// Whether a `catch` with this class takes an error. That of a base, `catch e is Error`, does not name those that need it.
    pub(super) fn is_caught(&mut self, error: Value<'gc>, class: Value<'gc>) -> NativeResult<'gc> {
        let is_instance = ops::is_instance(self, error, class)?;
        let is_named = matches!(class, Value::Class(class) if self.needs_its_name(class));
        Ok(Value::bool(is_instance && (is_named || !self.is_uncatchable(&error))))
    }

    /// NameError for a local that is used before it is set.
    pub(super) fn unset_variable(&mut self, name: Value<'gc>) -> NativeResult<'gc> {
        let Value::Str(name) = name else { unreachable!("the verifier has checked the constant's kind") };
        Err(self.raise(ErrorKind::NameError, format!("variable `{}` is used before it is set", name.as_str())))
    }

    /// NameError for a definition without value, with the nearest known names. While its namespace is still loading, the name may
    /// come to exist later; the loader sees that from the error's class.
    pub(super) fn missing_name(&mut self, cell: Gc<'gc, Definition<'gc>>) -> NativeResult<'gc> {
        let name = cell.name.as_str();
        if let Some((_, why)) = self.world.loading.unavailable.iter().find(|(other, _)| Gc::ptr_eq(*other, cell)) {
            let text = format!("`{name}` has no value yet: {why}");
            return Err(self.raise(ErrorKind::NameError, text));
        }
        if cell.kind() != Kind::Absent {
            return Err(self.raise(ErrorKind::NameError, format!("`{name}` is used before its initialiser has run")));
        }
        if let Some(hint) = self.hint_for_name(cell) {
            return Err(self.raise(ErrorKind::NameError, format!("`{name}` does not exist; {hint}")));
        }
        let mut known: Vec<Symbol<'gc>> = cell.namespace.definitions().iter().map(|d| d.name).collect();
        let own = *cell.namespace.name == *self.running_namespace();
        if own {
            known.extend(self.world.core.definitions().iter().map(|d| d.name));
        }
        let locals = self.world.stack.frames.last().filter(|_| own).map(locals_in_scope).unwrap_or_default();
        known.extend(locals.iter().map(|name| self.world.intern(self.mc, name)));
        self.world.spend_on_near(name, known.len());
        let near = ops::nearest(name, known.iter().map(Symbol::as_str));
        let mut message = if own {
            format!("`{name}` does not exist")
        } else {
            format!("`{name}` does not exist in namespace `{}`", cell.namespace.name)
        };
        if let Some(near) = near {
            message.push_str(&format!("; did you mean `{near}`?"));
        }
        Err(self.raise(ErrorKind::NameError, message))
    }

    /// What a name is that exists elsewhere: in other languages, in `self`, in an enum, in the library.
    fn hint_for_name(&mut self, cell: Gc<'gc, Definition<'gc>>) -> Option<String> {
        let name = cell.name.as_str();
        if let Some(instead) = ops::instead_of_name(name) {
            return Some(instead.to_owned());
        }
        let frame = self.world.stack.frames.last()?;
        if frame.proto.is_method() {
            let receiver = self.world.stack.values[self.world.stack.base];
            if !matches!(self.find(&receiver, cell.name), Found::None) {
                return Some(format!("did you mean `self.{name}`?"));
            }
        }
        for known in cell.namespace.definitions() {
            if let Value::Class(class) = known.value()
                && known.kind() == Kind::Enum
                && let Some((_, Member::Static(Value::Variant(_) | Value::EnumValue(_)))) = class.find(cell.name)
            {
                return Some(format!("did you mean `{}.{name}`?", known.name.as_str()));
            }
        }
        self.world.library.contains(&name).then(|| format!("`import {name}` makes the module of this name visible"))
    }

    fn running_namespace(&self) -> String {
        self.world.stack.frames.last().map_or_else(String::new, |f| f.proto.linked.module.namespace.name.to_string())
    }

    /// Why `SetGlobal` does not store.
    pub(super) fn cannot_assign(&mut self, cell: Gc<'gc, Definition<'gc>>) -> NativeResult<'gc> {
        let name = cell.name.as_str();
        let kind = cell.kind();
        if cell.value().is_unset() {
            let text = format!("`{name}` does not exist and cannot be assigned; write `let {name} = …` to make it");
            return Err(self.raise(ErrorKind::NameError, text));
        }
        Err(self.type_error(format!("`{name}` is a {} and cannot be assigned", kind.text())))
    }

    /// MatchError.
    pub(super) fn match_fail(&mut self, value: Value<'gc>) -> NativeResult<'gc> {
        let mut text = format!("no pattern matches {}", ops::describe(self, &value));
        if let Some(hint) = self.hint_for_pattern(&value) {
            text.push_str(&format!("; {hint}"));
        }
        Err(self.raise(ErrorKind::MatchError, text))
    }

    /// What pattern would take the value apart, if the one that did not match is a `let`'s or the like: there the place is the pattern.
    fn hint_for_pattern(&self, value: &Value<'gc>) -> Option<String> {
        let frame = self.world.stack.frames.last()?;
        let pattern = frame.proto.image.source.slice(trace::span_of(frame));
        let inside = |open, close| pattern.strip_prefix(open).and_then(|rest: &str| rest.strip_suffix(close));
        match value {
            Value::List(_) => {
                inside('(', ')').map(|items| format!("`({items})` fits tuples, a list is taken apart by `[{items}]`"))
            }
            Value::Tuple(_) => {
                inside('[', ']').map(|items| format!("`[{items}]` fits lists, a tuple is taken apart by `({items})`"))
            }
            Value::Instance(_) => inside('{', '}').map(|items| {
                let class = self.world.class_of(value).name().as_str().to_owned();
                format!("`{{{items}}}` fits maps, an instance is taken apart by `{class}({})`", items.trim())
            }),
            _ => None,
        }
    }

    /// AssertionError with the values of the sub-expressions. `compared` are the two values that should have been equal, if that was it.
    pub(super) fn assert_fail(&mut self, values: &[Value<'gc>], compared: &[Value<'gc>], texts: usize) -> NativeResult<'gc> {
        let proto = self.world.stack.frames.last().expect("a frame runs").proto;
        let Const::Texts(texts) = proto.image.consts[texts].clone() else {
            unreachable!("the verifier has checked the constant's kind")
        };
        let mut message = match &values[0] {
            Value::Nil => "assertion failed".to_owned(),
            Value::Str(text) => text.as_str().to_owned(),
            other => ops::describe(self, other),
        };
        for (text, value) in texts.iter().zip(&values[1..]) {
            message.push_str(&format!("\n  {text} = {}", ops::describe(self, value)));
        }
        let error = self.new_error(ErrorKind::AssertionError, &message);
        if !compared.is_empty() {
            let pair = Value::Tuple(Tuple::new(self.mc, compared));
            self.set_error_part(error, self.world.symbols.hidden_compared, pair);
        }
        Err(Box::new(Control::Raise(Value::Instance(error))))
    }
}

/// The variables of a call that the text can name where it stands, those that the function has captured included.
fn locals_in_scope(frame: &Frame<'_>) -> Vec<Arc<str>> {
    let (image, at) = (&frame.proto.image, place_in_code(frame));
    let own = image.locals.iter().filter(|local| (local.start..local.end).contains(&at) && !local.name.starts_with('('));
    own.map(|local| local.name.clone()).chain(image.capture_names.iter().cloned()).collect()
}

/// What travels up the frames, in place of an error, and what no `catch` clause matches.
#[derive(Clone, Copy)]
pub(super) enum Leaving {
    /// The program ends itself with this status.
    Exit(i32),
    /// A call of a stopped program goes on.
    To(Target),
}

/// What is at the head of a value that travels, if it is no error.
pub(super) fn leaving_of(value: &Value<'_>) -> Option<Leaving> {
    let Value::Host(host) = value else { return None };
    host.data.downcast_ref::<Leaving>().copied()
}

/// The word of its code that a frame is in, by which handlers and places are found: `pc` stands behind the instruction that failed.
pub(crate) fn place_in_code(frame: &Frame<'_>) -> u32 {
    // SAFETY: `pc` points into the code of the frame's prototype.
    let at = unsafe { frame.pc.offset_from(frame.proto.code.start()) } as usize;
    at.saturating_sub(1) as u32
}

/// The trace of an error, if it has been thrown.
pub fn trace_of_instance<'gc>(world: &World<'gc>, instance: Gc<'gc, Instance<'gc>>) -> Option<Trace> {
    let Value::Host(host) = ops::error_part(world, instance, world.symbols.hidden_trace) else { return None };
    host.data.downcast_ref::<Trace>().cloned()
}
