//! Finding members: through the inline caches, the method cache, and the linearisation.

use super::call::{CallResult, Called, symbol_of};
use crate::heap::Value;
use crate::object::{
    Binding, Bound, Caller, Class, Cx, Definition, ErrorKind, Found, Function, Instance, Kind, Layout, Member, ReturnMode, Symbol,
    Undo, World,
};
use crate::ops;
use gc_arena::Gc;

impl<'gc> Cx<'_, 'gc> {
    /// What `name` is for this receiver.
    pub fn find(&mut self, receiver: &Value<'gc>, name: Symbol<'gc>) -> Found<'gc> {
        let id = self.world.receiver_id(receiver);
        if id == World::UNCACHED {
            return Found::None;
        }
        if let Some(found) = self.world.method_cache.get(id, name) {
            return found;
        }
        let found = match receiver {
            Value::Class(class) => match class.find(name) {
                Some((_, Member::Static(f))) => Found::Static(f),
                Some((_, Member::Shared(cell))) => Found::Shared(cell),
                Some((home, Member::Method(method))) if !self.world.class_of(receiver).is_subclass_of(*class) => {
                    let own = self.find_in_class(self.world.class_of(receiver), name);
                    if matches!(own, Found::None) { Found::Unbound { method, home } } else { own }
                }
                _ => self.find_in_class(self.world.class_of(receiver), name),
            },
            Value::Instance(instance) => {
                let layout = self.world.layout(instance.layout());
                return self.find_in_layout(layout, name);
            }
            _ => self.find_in_class(self.world.class_of(receiver), name),
        };
        self.remember(id, name, found);
        found
    }

    /// What `name` is for instances with this layout.
    pub(super) fn find_in_layout(&mut self, layout: Gc<'gc, Layout<'gc>>, name: Symbol<'gc>) -> Found<'gc> {
        if let Some(found) = self.world.method_cache.get(layout.id.0, name) {
            return found;
        }
        let found = match layout.index.get(&name) {
            Some(slot) => Found::Slot(*slot),
            None => self.find_in_class(layout.class, name),
        };
        if layout.is_current() {
            self.remember(layout.id.0, name, found);
        }
        found
    }

    fn find_in_class(&self, class: Gc<'gc, crate::object::Class<'gc>>, name: Symbol<'gc>) -> Found<'gc> {
        match class.find(name) {
            Some((_, Member::Method(f))) => Found::Method(f),
            Some((_, Member::Property { getter, setter })) => Found::Property { getter, setter },
            Some((_, Member::Shared(cell))) => Found::Shared(cell),
            Some((_, Member::Static(_))) | None => Found::None,
        }
    }

    fn remember(&mut self, id: u32, name: Symbol<'gc>, found: Found<'gc>) {
        if !self.world.stress.no_caches {
            self.world.method_cache.put(id, name, found);
        }
    }

    /// A method call whose inline cache missed. `cache` points to the instruction's extra words.
    pub(super) fn call_method(&mut self, cache: *mut u32, first: usize, argc: usize, dst: u8) -> CallResult<'gc> {
        let first = self.world.stack.base + first;
        let proto = self.world.stack.frames.last().expect("a frame runs").proto;
        // SAFETY: the extra words of a verified `CallMethod`.
        let name = symbol_of(proto.const_at(unsafe { *cache } as usize));
        let receiver = self.world.stack.values[first];
        self.migrate_for(receiver, 5)?;
        match self.find(&receiver, name) {
            Found::Method(method) => {
                self.fill_method_cache(cache, &receiver, method, argc);
                self.call_window(method, first, argc, dst, ReturnMode::Store)
            }
            Found::Static(method) if self.passes_class(&method) => {
                self.fill_method_cache(cache, &receiver, method, argc);
                self.call_window(method, first, argc, dst, ReturnMode::Store)
            }
            Found::Unbound { method, home } => {
                self.world.stack.values.copy_within(first + 1..first + argc, first);
                self.check_first_argument(method, home, first, argc - 1)?;
                self.call_window(method, first, argc - 1, dst, ReturnMode::Store)
            }
            _ => {
                // Not a method: what the attribute holds is called without the receiver.
                let callee = self.get_attr_now(receiver, name)?;
                match callee {
                    AttrOrCall::Value(callee) => {
                        self.world.stack.values.copy_within(first + 1..first + argc, first);
                        self.call_window(callee, first, argc - 1, dst, ReturnMode::Store)
                    }
                    AttrOrCall::Getter(getter) => {
                        let args = self.world.stack.values[first + 1..first + argc].to_vec();
                        ops::call_then(self, getter, vec![receiver], CallResultOf { args }).map(Called::Value)
                    }
                }
            }
        }
    }

    /// Whether a static member takes the class as first argument: functions with `self` do, variants and the like do not.
    pub(super) fn passes_class(&self, member: &Value<'gc>) -> bool {
        match member {
            Value::Function(function) => function.proto().is_method(),
            Value::Native(_) | Value::Decorated(_) => true,
            _ => false,
        }
    }

    /// The method of a bound method now: the newest one of its name, or the one that was bound if there is none any more.
    pub fn method_of(&mut self, bound: Gc<'gc, Bound<'gc>>) -> Value<'gc> {
        match bound.binding {
            Binding::Unbound(_) => bound.method,
            Binding::Receiver => match self.find(&bound.receiver, bound.name) {
                Found::Method(method) => method,
                Found::Static(method) if self.passes_class(&method) => method,
                _ => bound.method,
            },
            Binding::Super(home) => {
                let class = match bound.receiver {
                    Value::Class(class) => class,
                    receiver => self.world.class_of(&receiver),
                };
                match class.find_after(home, bound.name) {
                    Some((_, Member::Method(method) | Member::Static(method))) => method,
                    _ => bound.method,
                }
            }
        }
    }

    /// Fills a method call's inline cache. Natives are cached only where the number of arguments is right.
    fn fill_method_cache(&mut self, cache: *mut u32, receiver: &Value<'gc>, method: Value<'gc>, argc: usize) {
        if self.world.stress.no_caches || !self.world.is_cacheable(receiver) {
            return;
        }
        let bits = match method {
            Value::Function(function) => Gc::as_ptr(function) as u64,
            Value::Native(native) if native.takes(argc) => Gc::as_ptr(native) as u64 | 1,
            _ => return,
        };
        let id = self.world.receiver_id(receiver);
        let proto = self.world.stack.frames.last().expect("a frame runs").proto;
        // SAFETY: the extra words of a verified `CallMethod`: name, layout, target low, target high.
        unsafe {
            *cache.add(1) = id;
            *cache.add(2) = bits as u32;
            *cache.add(3) = (bits >> 32) as u32;
        }
        let target = method.heap_pointer().expect("functions and natives are heap entities");
        crate::object::Proto::note_target(proto, self.mc, target);
    }

    /// The callee of a method call with a call shape, and the receiver if it is to be passed.
    pub(super) fn method_for_call(
        &mut self,
        name: Value<'gc>,
        receiver: Value<'gc>,
    ) -> Result<(Value<'gc>, Option<Value<'gc>>), Box<crate::object::Control<'gc>>> {
        let name = symbol_of(name);
        match self.find(&receiver, name) {
            Found::Method(method) => Ok((method, Some(receiver))),
            Found::Static(method) if self.passes_class(&method) => Ok((method, Some(receiver))),
            _ => match self.get_attr_now(receiver, name)? {
                AttrOrCall::Value(callee) => Ok((callee, None)),
                AttrOrCall::Getter(_) => {
                    let text = format!("call the property `{}` in two steps when names or spreads are used", name.as_str());
                    Err(self.type_error(text))
                }
            },
        }
    }

    /// `super.name(…)`: arguments, the receiver first, are in the window.
    pub(super) fn call_super(&mut self, name: Value<'gc>, first: usize, argc: usize, dst: u8) -> CallResult<'gc> {
        let first = self.world.stack.base + first;
        let receiver = self.world.stack.values[first];
        match self.super_method(name, receiver)? {
            Super::Method(method) => self.call_window(method, first, argc, dst, ReturnMode::Store),
            Super::Slots { instance, home } => {
                self.migrate_for(receiver, 2)?;
                self.fill_slots_after(home, instance, first + 1, argc - 1, &[])?;
                Ok(Called::Value(Value::Nil))
            }
        }
    }

    /// The method after the running method's class in the receiver's linearisation.
    pub(super) fn super_method(
        &mut self,
        name: Value<'gc>,
        receiver: Value<'gc>,
    ) -> Result<Super<'gc>, Box<crate::object::Control<'gc>>> {
        let name = symbol_of(name);
        let Value::Function(running) = self.world.stack.values[self.world.stack.base - 1] else {
            return Err(self.type_error("`super` is used outside a method"));
        };
        let Some(home) = running.home() else {
            return Err(self.type_error("`super` is used outside a method"));
        };
        let class = match receiver {
            Value::Class(class) => class,
            _ => self.world.class_of(&receiver),
        };
        let key = (class.own_id.0, Gc::as_ptr(home) as usize, name.address());
        if let Some(method) = self.world.super_cache.get(key) {
            return Ok(Super::Method(method));
        }
        match class.find_after(home, name) {
            Some((_, Member::Method(method) | Member::Static(method))) => {
                if !self.world.stress.no_caches {
                    self.world.super_cache.put(key, method);
                }
                Ok(Super::Method(method))
            }
            Some((_, Member::Property { getter: Some(getter), .. })) => Ok(Super::Method(getter)),
            _ if name == self.world.symbols.eq => Ok(Super::Method(self.identity_native())),
            _ => {
                if let Value::Instance(instance) = receiver
                    && name == self.world.symbols.init
                {
                    return Ok(Super::Slots { instance, home });
                }
                let text = format!("no class after `{}` has a method `{}`", home.name().as_str(), name.as_str());
                Err(self.raise(ErrorKind::SlotError, text))
            }
        }
    }

    fn identity_native(&mut self) -> Value<'gc> {
        let same = self.world.intern(self.mc, "same");
        self.world.core.get(same).map_or(Value::Nil, |d| d.value())
    }

    /// `super.name` as a value.
    pub(super) fn get_super(&mut self, name: Value<'gc>, receiver: Value<'gc>) -> crate::object::NativeResult<'gc> {
        match self.super_method(name, receiver)? {
            Super::Method(method) => {
                let home = match self.world.stack.values[self.world.stack.base - 1] {
                    Value::Function(running) => running.home(),
                    _ => None,
                };
                let binding = Binding::Super(home.expect("`super_method` has looked from there"));
                self.world.charge(64);
                Ok(Value::Bound(Gc::new(self.mc, Bound { receiver, method, name: symbol_of(name), binding })))
            }
            Super::Slots { home, .. } => {
                let text = format!(
                    "no class after `{}` has an `init` to be taken as a value; call it: `super.init(…)`",
                    home.name().as_str()
                );
                Err(self.raise(ErrorKind::SlotError, text))
            }
        }
    }

    /// Who is running, for the recording of an initialiser.
    fn caller(&self) -> Caller {
        self.world.tasks.current.filter(|task| !task.is_main()).map(|task| task.id())
    }

    /// Records that an initialiser calls a function object.
    #[cold]
    pub(super) fn record_call(&mut self, function: Gc<'gc, Function<'gc>>) {
        let caller = self.caller();
        if let Some(recording) = self.world.recording.as_mut().filter(|recording| recording.calls_left > 0) {
            recording.note_call(caller, function);
        }
    }

    /// Records that an initialiser reads a definition as a value.
    #[cold]
    pub(super) fn record_read(&mut self, cell: Gc<'gc, Definition<'gc>>) {
        if cell.kind() != Kind::Function {
            return self.record_use(cell);
        }
        let caller = self.caller();
        if let Some(recording) = &mut self.world.recording
            && !Gc::ptr_eq(cell.namespace, self.world.core)
        {
            recording.note_read(caller, cell);
        }
    }

    /// Before `name` of a value is read: records that an initialiser reads a definition, if the value is a namespace. Whether the definition's
    /// initialiser has to run first.
    #[cold]
    pub(super) fn needs_of(&mut self, object: Value<'gc>, name: &str) -> bool {
        let Value::Namespace(namespace) = object else { return false };
        let name = self.world.intern(self.mc, name);
        let Some(cell) = namespace.get(name).map(Definition::holder) else { return false };
        if cell.value().is_unset() {
            return self.needs(cell);
        }
        self.record_read(cell);
        false
    }

    /// Records that an initialiser reads a constant, or calls a function by its name.
    #[cold]
    pub(super) fn record_use(&mut self, cell: Gc<'gc, Definition<'gc>>) {
        let caller = self.caller();
        let Some(recording) = &mut self.world.recording else { return };
        if recording.calls_left > 0 {
            recording.calls_left -= 1;
            if recording.calls_left == 0 {
                self.world.stack.force_slow(false);
            }
        }
        if caller.is_none() && cell.recorded.replace(recording.serial) == recording.serial {
            return;
        }
        if matches!(cell.kind(), Kind::Function | Kind::Constant) && !Gc::ptr_eq(cell.namespace, self.world.core) {
            recording.note_use(caller, cell);
        }
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Remembers the value that a variable had before the commit that is running, so that a rollback restores it.
    #[cold]
    pub(super) fn record_assignment(&mut self, cell: Gc<'gc, Definition<'gc>>) {
        if cell.logged.replace(self.world.commits_tried) != self.world.commits_tried {
            self.world.undo.push(Undo::definition(cell));
        }
    }
}

/// What `super.name` means.
pub(super) enum Super<'gc> {
    /// This method, or getter.
    Method(Value<'gc>),
    /// `init` where no class has one: the slots of the classes that follow `home` are filled.
    Slots {
        /// The receiver.
        instance: Gc<'gc, Instance<'gc>>,
        /// The class of the running method.
        home: Gc<'gc, Class<'gc>>,
    },
}

/// Reading an attribute: at once, or by calling a getter with the receiver.
pub(super) enum AttrOrCall<'gc> {
    /// Its value.
    Value(Value<'gc>),
    /// The getter to call.
    Getter(Value<'gc>),
}

/// Continuation of `object.property(args)`: calls what the getter returned.
#[derive(gc_arena::Collect)]
#[collect(no_drop)]
struct CallResultOf<'gc> {
    args: Vec<Value<'gc>>,
}

impl<'gc> ops::Resume<'gc> for CallResultOf<'gc> {
    fn resume(self, _: &mut Cx<'_, 'gc>, callee: Value<'gc>) -> crate::object::NativeResult<'gc> {
        ops::call(callee, self.args)
    }
}
