//! Calls: everything that the loop's fast path does not do itself.
//!
//! A callee's arguments stand in a window at the top of the stack, with the slot of the callee just below. Depending on what is called
//! this gives a value at once or pushes a frame.

use super::lookup::Super;
use super::run::Flow;
use super::signature::{native_signature, plural, signature};
use crate::bytecode::{Insn, Op};
use crate::heap::{Str, Value};
use crate::image::{ArgShape, CallShape, Const};
use crate::limits;
use crate::object::{
    Class, Continuation, Control, Cx, EnumValue, ErrorKind, Found, Function, List, NativeFunction, NativeResult, Proto, ReturnMode,
    Symbol,
};
use crate::ops::{self, Resume};
use gc_arena::Gc;
use std::fmt::Write as _;
use std::sync::Arc;

/// Result of starting a call.
pub enum Called<'gc> {
    /// It is done: its value.
    Value(Value<'gc>),
    /// A frame was pushed.
    Entered,
}

pub(super) type CallResult<'gc> = Result<Called<'gc>, Box<Control<'gc>>>;

/// Arguments given by name.
pub(super) type Named<'gc> = [(Arc<str>, Value<'gc>)];

impl<'gc> Cx<'_, 'gc> {
    /// Calls `callee` with the `argc` values from slot `first` on. The slot below `first` is free for the callee.
    pub(super) fn call_window(
        &mut self,
        callee: Value<'gc>,
        first: usize,
        argc: usize,
        dst: u8,
        mode: ReturnMode,
    ) -> CallResult<'gc> {
        self.call_named(callee, first, argc, &[], dst, mode)
    }

    pub(super) fn call_named(
        &mut self,
        mut callee: Value<'gc>,
        first: usize,
        mut argc: usize,
        named: &Named<'gc>,
        dst: u8,
        mode: ReturnMode,
    ) -> CallResult<'gc> {
        let passing = self.world.passing.take();
        let mut named = passing.as_ref().map_or(named, |passing| &passing.named);
        let mut is_straight = passing.as_ref().is_some_and(|passing| passing.is_straight);
        loop {
            if !self.world.detours.is_empty()
                && let Some(to) = self.detour_of(&callee)
                && !std::mem::take(&mut is_straight)
            {
                self.pack_arguments(callee, first, argc, named)?;
                (callee, argc, named) = (to, 2, &[]);
            }
            match callee {
                Value::Function(function) => match self.world.decoration_of(function) {
                    Some(decorated) => {
                        if self.world.recording.is_some() {
                            self.record_call(function);
                        }
                        callee = decorated.target.get();
                    }
                    None => return self.enter_function(function, first, argc, named, dst, mode),
                },
                Value::Native(native) => return self.call_native(native, first, argc, named),
                Value::Bound(bound) => {
                    match bound.binding.unbound() {
                        Some(home) => self.check_first_argument(bound.method, home, first, argc)?,
                        None => self.insert_argument(first, &mut argc, bound.receiver)?,
                    }
                    callee = self.method_of(bound);
                }
                Value::Decorated(decorated) => callee = decorated.target.get(),
                Value::Class(class) => return self.construct(class, first, argc, named, dst, mode),
                Value::Variant(variant) => return self.construct_variant(variant, first, argc, named).map(Called::Value),
                Value::Instance(_) | Value::EnumValue(_) => {
                    let call = self.world.symbols.call;
                    let Found::Method(method) = self.find(&callee, call) else {
                        return Err(self.not_callable(&callee));
                    };
                    self.insert_argument(first, &mut argc, callee)?;
                    callee = method;
                }
                _ => return Err(self.not_callable(&callee)),
            }
        }
    }

    fn not_callable(&mut self, callee: &Value<'gc>) -> Box<Control<'gc>> {
        let name = self.type_name(callee);
        let message = match callee {
            Value::EnumValue(value) => {
                let value = EnumValue::now(*value);
                format!(
                    "`{}.{}` has no payload and is not called",
                    value.variant.class.name().as_str(),
                    value.variant.name.as_str()
                )
            }
            Value::Nil => "nil is not callable".to_owned(),
            _ => format!("a value of type {name} is not callable"),
        };
        self.type_error(message)
    }

    /// The call of a method that was taken from its class: the first of the `argc` arguments is `self`.
    pub(super) fn check_first_argument(
        &mut self,
        method: Value<'gc>,
        home: Gc<'gc, Class<'gc>>,
        first: usize,
        argc: usize,
    ) -> Result<(), Box<Control<'gc>>> {
        let receiver = self.world.stack.values[first..first + argc].first().copied();
        if receiver.is_some_and(|receiver| self.world.class_of(&receiver).is_subclass_of(home)) {
            return Ok(());
        }
        let name = ops::describe(self, &method);
        let name = name.trim_start_matches("<function ").trim_end_matches('>');
        let class = home.name().as_str();
        let Some(receiver) = receiver else {
            let text = format!("`{name}` was taken from its class, so its first argument is a {class}; none is given");
            return Err(self.raise(ErrorKind::ArityError, text));
        };
        let given = self.type_name(&receiver);
        Err(self.type_error(format!("`{name}` was taken from its class, so its first argument is a {class}, not {given}")))
    }

    /// Makes room for one more argument in front of the others.
    pub(super) fn insert_argument(&mut self, first: usize, argc: &mut usize, value: Value<'gc>) -> Result<(), Box<Control<'gc>>> {
        if !self.world.stack.reserve(first + *argc + 1) {
            return Err(self.stack_overflow());
        }
        let values = &mut self.world.stack.values;
        values.copy_within(first..first + *argc, first + 1);
        values[first] = value;
        *argc += 1;
        Ok(())
    }

    fn enter_function(
        &mut self,
        function: Gc<'gc, Function<'gc>>,
        first: usize,
        argc: usize,
        named: &Named<'gc>,
        dst: u8,
        mode: ReturnMode,
    ) -> CallResult<'gc> {
        if self.world.recording.is_some() {
            self.record_call(function);
        }
        let mut proto = function.proto();
        while let Some(successor) = proto.successor() {
            proto = successor;
            Function::set_proto(function, self.mc, proto);
            self.keep_detour(function);
        }
        if proto.arity() as usize != argc || !named.is_empty() {
            self.bind(proto, first, argc, named)?;
        }
        self.world.stack.values[first - 1] = Value::Function(function);
        if !self.world.stack.push(proto, first, dst, mode) {
            return Err(self.stack_overflow());
        }
        Ok(Called::Entered)
    }

    /// Calls a function as it is, past all that stands in for it.
    pub(super) fn enter_again(
        &mut self,
        function: Gc<'gc, Function<'gc>>,
        first: usize,
        argc: usize,
        dst: u8,
        mode: ReturnMode,
    ) -> CallResult<'gc> {
        self.enter_function(function, first, argc, &[], dst, mode)
    }

    /// Arranges the arguments as the parameters want them.
    fn bind(&mut self, proto: Gc<'gc, Proto<'gc>>, first: usize, argc: usize, named: &Named<'gc>) -> Result<(), Box<Control<'gc>>> {
        let image = proto.image.clone();
        let own = usize::from(proto.is_method());
        let most = own + image.params.len();
        let end = first + proto.frame_slots as usize + argc;
        if !self.world.stack.reserve(end) {
            return Err(self.stack_overflow());
        }
        if argc < own {
            return Err(self.arity_error(proto, argc, "a method needs its receiver"));
        }
        if argc > most && image.rest.is_none() {
            return Err(self.wrong_count(proto, first + own, argc - own));
        }
        if image.rest.is_some() {
            let given = first + argc.min(most)..first + argc;
            let rest = self.world.stack.values[given].to_vec();
            self.world.charge(64 + 16 * rest.len());
            let rest = Value::List(List::new(self.mc, rest));
            self.world.stack.values[first + most] = rest;
        }
        for slot in &mut self.world.stack.values[first + argc.min(most)..first + most] {
            *slot = Value::Unset;
        }
        for (name, value) in named {
            let Some(i) = image.params.iter().position(|p| p.name == *name) else {
                return Err(self.arity_error(proto, argc - own, &format!("there is no parameter `{name}`")));
            };
            let slot = &mut self.world.stack.values[first + own + i];
            if !slot.is_unset() {
                return Err(self.arity_error(proto, argc - own, &format!("`{name}` is given twice")));
            }
            *slot = *value;
        }
        let missing: Vec<&str> = image
            .params
            .iter()
            .enumerate()
            .filter(|(i, p)| p.default.is_none() && self.world.stack.values[first + own + i].is_unset())
            .map(|(_, p)| &*p.name)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        if named.is_empty() {
            return Err(self.wrong_count(proto, first + own, argc - own));
        }
        Err(self.arity_error(proto, argc - own, &format!("`{}` is missing", missing.join("`, `"))))
    }

    /// ArityError for too many or too few arguments. Of a function that the library calls the program's text does not show how.
    fn wrong_count(&mut self, proto: Gc<'gc, Proto<'gc>>, first: usize, given: usize) -> Box<Control<'gc>> {
        let caller = self.world.stack.frames.last().map(|frame| frame.proto);
        let is_start = |caller: &Gc<'gc, Proto<'gc>>| self.world.halt_stub.is_some_and(|stub| Gc::ptr_eq(stub, *caller));
        let is_library = |caller: &Gc<'gc, Proto<'gc>>| self.world.is_library(&caller.linked.module.namespace);
        let Some(caller) = caller.filter(|caller| is_library(caller) && !is_start(caller)) else {
            return self.arity_error(proto, given, "");
        };
        let params = &proto.image.params;
        let names: Vec<&str> = params.iter().map(|param| if param.name.is_empty() { "_" } else { &*param.name }).collect();
        // What stands in for another function is called by no function that the program knows.
        if caller.qualified.starts_with("live._") {
            let image = &proto.image;
            let (file, line) = (&proto.linked.module.path, image.source.line(image.span.lo));
            let what = format!(
                "at {file}:{line} it stands in for another function, and is called with {given} argument{}: it has the parameters of that, \
                 behind `next` for `around` and behind the result for `after`",
                plural(given)
            );
            return self.arity_error(proto, given, &what);
        }
        let calls = format!("`{}` calls it with {given} argument{}", caller.qualified, plural(given));
        let remedy = match self.world.stack.values[first] {
            Value::Tuple(tuple) if given == 1 && tuple.items().len() == params.len() => {
                format!("a tuple of {}: take it apart with `|({})| …`", params.len(), names.join(", "))
            }
            _ if given == 0 => "so it has no parameter".to_owned(),
            value if given == 1 => format!("such as {}", crate::ops::describe(self, &value)),
            _ => "so it has as many parameters".to_owned(),
        };
        self.arity_error(proto, given, &format!("{calls}, {remedy}"))
    }

    /// ArityError with the signature.
    fn arity_error(&mut self, proto: Gc<'gc, Proto<'gc>>, given: usize, what: &str) -> Box<Control<'gc>> {
        let signature = signature(&proto.image);
        let least = proto.image.params.iter().filter(|p| p.default.is_none()).count();
        let most = proto.image.params.len();
        let expected = match (least, most, proto.image.rest.is_some()) {
            (l, _, true) => format!("at least {l}"),
            (l, m, _) if l == m => l.to_string(),
            (l, m, _) => format!("{l} to {m}"),
        };
        let counted = if proto.image.rest.is_some() { least } else { most };
        let mut message = format!("`{}` takes {expected} argument{}, not {given}", proto.qualified, plural(counted));
        if !what.is_empty() {
            message = format!("wrong arguments for `{}`: {what}", proto.qualified);
        }
        let _ = write!(message, "; its signature is `{signature}`");
        if proto.signature_version.get() > 1 {
            let _ = write!(message, " (v{})", proto.signature_version.get());
        }
        self.raise(ErrorKind::ArityError, message)
    }

    pub(super) fn call_native(
        &mut self,
        native: Gc<'gc, NativeFunction<'gc>>,
        first: usize,
        mut argc: usize,
        named: &Named<'gc>,
    ) -> CallResult<'gc> {
        let keywords = &Gc::as_ref(native).keywords;
        if !named.is_empty() || !keywords.only.is_empty() {
            argc = self.bind_native(native, first, argc, named)?;
        }
        let counted = argc - keywords.only.len();
        if counted < native.least as usize || (native.most != u8::MAX && counted > native.most as usize) {
            return Err(self.native_arity_error(native, counted));
        }
        let args: &[Value<'gc>] = &self.world.stack.values[first..first + argc];
        // SAFETY: a native cannot move or change the slots of the stack: everything it can ask for happens after it has returned.
        let args = unsafe { std::slice::from_raw_parts(args.as_ptr(), argc) };
        Gc::as_ref(native).body.call(self, args).map(Called::Value)
    }

    fn native_arity_error(&mut self, native: Gc<'gc, NativeFunction<'gc>>, given: usize) -> Box<Control<'gc>> {
        // A method's receiver is not counted in what the user reads.
        let own = usize::from(native.name.as_str().contains('.'));
        let (least, most) = (native.least as usize, native.most as usize);
        let expected = match (least.saturating_sub(own), most) {
            (l, 255) => format!("at least {l}"),
            (l, m) if l == m - own => l.to_string(),
            (l, m) => format!("{l} to {}", m - own),
        };
        let name = native.name.as_str();
        let given = given.saturating_sub(own);
        let signature = native_signature(&native.doc);
        let text = format!("`{name}` takes {expected} argument{}, not {given}{signature}", plural(most - own));
        self.raise(ErrorKind::ArityError, text)
    }

    /// Arranges a native's arguments: values of parameters that are given by name only come first.
    fn bind_native(
        &mut self,
        native: Gc<'gc, NativeFunction<'gc>>,
        first: usize,
        argc: usize,
        named: &Named<'gc>,
    ) -> Result<usize, Box<Control<'gc>>> {
        let keywords = &Gc::as_ref(native).keywords;
        let own = usize::from(native.name.as_str().contains('.'));
        let mut only = vec![Value::Unset; keywords.only.len()];
        let mut positional = self.world.stack.values[first..first + argc].to_vec();
        for (name, value) in named {
            if let Some(i) = keywords.only.iter().position(|k| **k == **name) {
                only[i] = *value;
                continue;
            }
            let Some(i) = keywords.positional.iter().position(|k| *k == **name) else {
                let signature = native_signature(&native.doc);
                let text = format!("`{}` has no parameter `{name}`{signature}", native.name.as_str());
                return Err(self.raise(ErrorKind::ArityError, text));
            };
            if i + own < positional.len() && !positional[i + own].is_unset() {
                let text = format!("`{}`: `{name}` is given twice", native.name.as_str());
                return Err(self.raise(ErrorKind::ArityError, text));
            }
            while positional.len() <= i + own {
                positional.push(Value::Unset);
            }
            positional[i + own] = *value;
        }
        only.extend(positional);
        if !self.world.stack.reserve(first + only.len()) {
            return Err(self.stack_overflow());
        }
        self.world.stack.values[first..first + only.len()].copy_from_slice(&only);
        Ok(only.len())
    }

    /// StackOverflow.
    pub(super) fn stack_overflow(&mut self) -> Box<Control<'gc>> {
        let depth = self.world.stack.frames.len();
        self.raise(ErrorKind::StackOverflow, format!("too many calls within calls ({depth} frames)"))
    }

    /// Pushes the frame of a native that waits for the result of a call; the result belongs in its register 1.
    pub(super) fn push_waiting(
        &mut self,
        then: Gc<'gc, Continuation<'gc>>,
        dst: u8,
        mode: ReturnMode,
    ) -> Result<(), Box<Control<'gc>>> {
        let stub = self.world.resume_stub.expect("stubs exist once a VM runs");
        let at = self.world.stack.scratch();
        if !self.world.stack.reserve(at + limits::SCRATCH_SLOTS) || !self.world.stack.push(stub, at, dst, mode) {
            return Err(self.stack_overflow());
        }
        self.world.stack.values[at] = Value::Continuation(then);
        Ok(())
    }

    /// A call with these arguments above the running frame's registers.
    pub(super) fn call_above(&mut self, callee: Value<'gc>, args: &[Value<'gc>], dst: u8, mode: ReturnMode) -> CallResult<'gc> {
        let first = self.world.stack.scratch() + 1;
        if !self.world.stack.reserve(first + args.len() + limits::SCRATCH_SLOTS) {
            self.world.passing = None;
            return Err(self.stack_overflow());
        }
        // One by one: as a rule there are one to three.
        for (slot, arg) in self.world.stack.values[first..].iter_mut().zip(args) {
            *slot = *arg;
        }
        self.call_window(callee, first, args.len(), dst, mode)
    }

    /// The `Resume` stub was reached: its native gets the result in register 1.
    pub(super) fn resume_native(&mut self) -> Flow<'gc> {
        let base = self.world.stack.base;
        let result = self.world.stack.values[base + 1];
        let Value::Continuation(waiting) = self.world.stack.values[base] else {
            unreachable!("a stub's register 0 holds its continuation")
        };
        let frame = self.world.stack.pop();
        match waiting.then.then(self, result) {
            Ok(value) => {
                self.deliver(value, frame.dst, frame.mode);
                Flow::Reload
            }
            Err(control) => self.control(control, frame.dst, frame.mode),
        }
    }

    /// A frame with another mode than `Store` returns `value`.
    pub(super) fn return_value(&mut self, value: Value<'gc>) -> Flow<'gc> {
        let own = self.world.stack.values[self.world.stack.base];
        let frame = self.world.stack.pop();
        let value = if frame.mode == ReturnMode::Construct { own } else { value };
        self.deliver(value, frame.dst, frame.mode);
        Flow::Reload
    }

    /// Hands a result to the top frame in the way its caller wanted.
    pub(super) fn deliver(&mut self, value: Value<'gc>, mut dst: u8, mode: ReturnMode) {
        if mode == ReturnMode::Next
            && let Some(moved) = self.move_waiting_frame()
        {
            dst = moved;
        }
        let stack = &mut self.world.stack;
        let slot = stack.base + dst as usize;
        let jump = match mode {
            ReturnMode::Store | ReturnMode::Construct => {
                stack.values[slot] = value;
                false
            }
            ReturnMode::Discard => false,
            ReturnMode::Truth => {
                stack.values[slot] = Value::bool(value.is_truthy());
                false
            }
            ReturnMode::NotTruth => {
                stack.values[slot] = Value::bool(!value.is_truthy());
                false
            }
            ReturnMode::JumpIf => value.is_truthy(),
            ReturnMode::JumpIfNot => !value.is_truthy(),
            ReturnMode::Next | ReturnMode::Item => {
                let absent = if mode == ReturnMode::Next { matches!(value, Value::Stop) } else { value.is_unset() };
                if absent {
                    true
                } else {
                    stack.values[slot] = value;
                    false
                }
            }
        };
        if jump {
            let frame = stack.frames.last_mut().expect("a result is delivered to a frame");
            // SAFETY: the modes that jump are used by instructions whose last word is a jump offset, and `pc` stands behind it.
            unsafe { frame.pc = frame.pc.offset(*frame.pc.sub(1) as i32 as isize) };
        }
    }

    /// `CallShape`, `CallMethodShape`, `CallSuperShape`: arguments with names and spreads.
    pub(super) fn call_shape(&mut self, op: Op, insn: Insn, words: *const u32) -> CallResult<'gc> {
        let proto = self.world.stack.frames.last().expect("a frame runs").proto;
        let base = self.world.stack.base;
        // SAFETY: `words` points to the extra words of a verified instruction.
        let (name, shape) = unsafe {
            match op {
                Op::CallShape => (None, *words),
                _ => (Some(proto.const_at(*words as usize)), *words.add(1)),
            }
        };
        let Const::Shape(shape) = proto.image.consts[shape as usize].clone() else {
            unreachable!("the verifier has checked the constant's kind")
        };
        let window = base + insn.a() as usize + 1;
        let (receiver, from) = match op {
            Op::CallShape => (None, window),
            _ => (Some(self.world.stack.values[window]), window + 1),
        };
        let (mut positional, named) = self.read_shape(&shape, from, op.words())?;
        let callee = match (op, name, receiver) {
            (Op::CallShape, ..) => self.world.stack.values[window - 1],
            (Op::CallMethodShape, Some(name), Some(receiver)) => {
                self.migrate_for(receiver, op.words())?;
                let (callee, with_receiver) = self.method_for_call(name, receiver)?;
                if let Some(receiver) = with_receiver {
                    positional.insert(0, receiver);
                }
                callee
            }
            (_, Some(name), Some(receiver)) => match self.super_method(name, receiver)? {
                Super::Method(method) => {
                    positional.insert(0, receiver);
                    method
                }
                Super::Slots { instance, home } => {
                    self.put_arguments(window, &positional)?;
                    self.fill_slots_after(home, instance, window, positional.len(), &named)?;
                    return Ok(Called::Value(Value::Nil));
                }
            },
            _ => unreachable!("method calls have a name and a receiver"),
        };
        self.put_arguments(window, &positional)?;
        self.call_named(callee, window, positional.len(), &named, insn.c(), ReturnMode::Store)
    }

    /// Puts arguments into the window of a call.
    fn put_arguments(&mut self, window: usize, args: &[Value<'gc>]) -> Result<(), Box<Control<'gc>>> {
        if !self.world.stack.reserve(window + args.len() + limits::SCRATCH_SLOTS) {
            return Err(self.stack_overflow());
        }
        self.world.stack.values[window..][..args.len()].copy_from_slice(args);
        Ok(())
    }

    /// What must happen first when a spread argument is none of the collections that are read at once: its items take its place.
    fn spread_of_other(&mut self, value: Value<'gc>, at: usize) -> Box<Control<'gc>> {
        let symbols = &self.world.symbols;
        let is_iterable = matches!(value, Value::Str(_) | Value::Bytes(_) | Value::Iterator(_) | Value::Fiber(_))
            || [symbols.iter, symbols.next].into_iter().any(|name| ops::method_of(self.world, &value, name).is_some());
        if !is_iterable {
            let message = format!("`...` in a call takes an iterable or a map, not {}", self.type_name(&value));
            return self.type_error(message);
        }
        let name = self.world.intern(self.mc, "_collect");
        let Some(collect) = self.world.core.get(name).map(|definition| definition.value()) else {
            return self.type_error("this needs `_collect` of the library's prelude, which is not loaded");
        };
        match ops::call_then(self, collect, vec![value], PutSpread { at }) {
            Err(request) => request,
            Ok(_) => unreachable!("a request is no value"),
        }
    }

    #[expect(clippy::type_complexity, reason = "two lists of arguments")]
    fn read_shape(
        &mut self,
        shape: &CallShape,
        from: usize,
        words: usize,
    ) -> Result<(Vec<Value<'gc>>, Vec<(Arc<str>, Value<'gc>)>), Box<Control<'gc>>> {
        let mut positional = Vec::new();
        let mut named: Vec<(Arc<str>, Value<'gc>)> = Vec::new();
        for (i, arg) in shape.args.iter().enumerate() {
            let value = self.world.stack.values[from + i];
            match arg {
                ArgShape::One => positional.push(value),
                ArgShape::Named(name) => {
                    if named.iter().any(|(n, _)| n == name) {
                        return Err(self.raise(ErrorKind::ArityError, format!("`{name}` is given twice")));
                    }
                    named.push((name.clone(), value));
                }
                ArgShape::Spread => match value {
                    Value::List(list) => positional.extend_from_slice(&list.items()),
                    Value::Tuple(tuple) => positional.extend_from_slice(tuple.items()),
                    Value::Set(set) => positional.extend(set.table().iter().map(|e| e.key)),
                    Value::Range(range) if range.len() <= limits::STACK_SLOTS_MAX as u64 / 4 => {
                        positional.extend((0..range.len()).map(|i| Value::Int(range.get(i))));
                    }
                    Value::Map(map) => {
                        for entry in map.table().iter() {
                            let Value::Str(name) = entry.key else {
                                return Err(self.type_error("a map that is spread into arguments needs strings as keys"));
                            };
                            named.push((name.as_str().into(), entry.value));
                        }
                    }
                    Value::Range(range) => {
                        return Err(self.raise(ErrorKind::LimitError, format!("{} values are too many arguments", range.len())));
                    }
                    other => {
                        let first = self.spread_of_other(other, from + i);
                        return Err(Box::new(Control::Again { words, first }));
                    }
                },
            }
            if positional.len() > limits::STACK_SLOTS_MAX / 4 {
                return Err(self.value_error("too many arguments"));
            }
        }
        Ok((positional, named))
    }
}

/// Puts the items of a spread argument in its place.
#[derive(gc_arena::Collect)]
#[collect(require_static)]
struct PutSpread {
    /// Where the argument stands on the stack.
    at: usize,
}

impl<'gc> Resume<'gc> for PutSpread {
    fn resume(self, cx: &mut Cx<'_, 'gc>, items: Value<'gc>) -> NativeResult<'gc> {
        cx.world.stack.values[self.at] = items;
        Ok(Value::Nil)
    }
}

/// A name constant as a symbol.
pub(super) fn symbol_of<'gc>(value: Value<'gc>) -> Symbol<'gc> {
    let Value::Str(name) = value else { unreachable!("the verifier has checked the constant's kind") };
    debug_assert!(Str::is_interned(&name), "constants that are names are interned by the linker");
    Symbol(name)
}
