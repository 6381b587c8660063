//! Calls of classes and variants: they make a value, fill its slots or payload, and call `init` if there is one.

use super::call::{CallResult, Called, Named};
use super::signature::plural;
use crate::heap::Value;
use crate::image::{ClassRef, NameRef};
use crate::object::{
    Class, ClassKind, Construction, Continuation, Control, Cx, EnumValue, ErrorKind, Found, Instance, Layout, List, ReturnMode,
    Symbol, Variant,
};
use gc_arena::Gc;

impl<'gc> Cx<'_, 'gc> {
    pub(super) fn construct_variant(
        &mut self,
        variant: Gc<'gc, Variant<'gc>>,
        first: usize,
        argc: usize,
        named: &Named<'gc>,
    ) -> Result<Value<'gc>, Box<Control<'gc>>> {
        let fields = variant.fields.as_deref().unwrap_or(&[]);
        let mut payload = self.world.stack.values[first..first + argc].to_vec();
        payload.resize(fields.len().max(argc), Value::Unset);
        let mut problem = argc > fields.len();
        let mut what = String::new();
        for (name, value) in named {
            match fields.iter().position(|f| f.as_str() == &**name) {
                Some(i) if payload[i].is_unset() => payload[i] = *value,
                Some(_) => what = format!("; `{name}` is given twice"),
                None => what = format!("; it has no `{name}`"),
            }
            problem |= !what.is_empty();
        }
        if problem || payload.iter().any(Value::is_unset) {
            let names: Vec<&str> = fields.iter().map(Symbol::as_str).collect();
            let given = argc + named.len();
            let text = format!(
                "`{}.{}` takes {} argument{}, not {given}: `({})`{what}",
                variant.class.name().as_str(),
                variant.name.as_str(),
                fields.len(),
                plural(fields.len()),
                names.join(", ")
            );
            return Err(self.raise(ErrorKind::ArityError, text));
        }
        self.world.charge(48 + 16 * payload.len());
        Ok(Value::EnumValue(EnumValue::new(self.mc, variant, payload.into())))
    }

    /// Makes an instance and calls its `init`, or fills its slots.
    pub(super) fn construct(
        &mut self,
        class: Gc<'gc, Class<'gc>>,
        first: usize,
        mut argc: usize,
        named: &Named<'gc>,
        dst: u8,
        mode: ReturnMode,
    ) -> CallResult<'gc> {
        if class.kind != ClassKind::Plain {
            return self.construct_built_in(class, first, argc, named);
        }
        if !class.has_layout() {
            let bases = self.missing_bases(class);
            let text = format!("class `{}` cannot be used yet: its base class{bases} does not exist", class.name().as_str());
            return Err(self.raise(ErrorKind::NameError, text));
        }
        let layout = class.layout();
        let instance = Instance::new(self.mc, layout.id, &layout.template);
        self.world.charge(24 + 16 * instance.capacity());
        for (slot, is_map) in &layout.fresh {
            let value =
                if *is_map { Value::Map(crate::object::Map::new(self.mc)) } else { Value::List(List::new(self.mc, Vec::new())) };
            Instance::set_slot(instance, self.mc, *slot as usize, value);
            self.world.charge(64);
        }
        let value = Value::Instance(instance);
        let init = self.world.symbols.init;
        // Only the plain case finishes in the caller's register; the others make do with the value.
        let construct_mode = if mode == ReturnMode::Store { ReturnMode::Construct } else { ReturnMode::Discard };
        let entered = match self.find_in_layout(layout, init) {
            Found::Method(method) => {
                if let Value::Function(function) = method {
                    self.note_construction(layout, Construction::Init(function));
                }
                self.insert_argument(first, &mut argc, value)?;
                match self.call_named(method, first, argc, named, dst, construct_mode)? {
                    Called::Entered => true,
                    Called::Value(_) => false,
                }
            }
            _ => {
                if layout.is_open {
                    self.note_construction(layout, Construction::Fill);
                }
                self.fill_slots(instance, first, argc, named)?;
                false
            }
        };
        if layout.fillers.is_empty() {
            return Ok(if entered { Called::Entered } else { Called::Value(value) });
        }
        if !entered {
            // A frame that does nothing but return the instance, below the fillers.
            let waiting = Gc::new(self.mc, GiveBack(value));
            let then = Gc::new(self.mc, Continuation { then: gc_arena::unsize!(waiting => dyn crate::object::Then<'gc>) });
            self.push_waiting(then, dst, mode)?;
        }
        // The fillers run before `init`: they are pushed on top of its frame, the last one first.
        for filler in layout.fillers.iter().rev() {
            let at = self.world.stack.scratch() + 1;
            if !self.world.stack.reserve(at + 1) {
                return Err(self.stack_overflow());
            }
            self.world.stack.values[at] = value;
            match self.call_window(*filler, at, 1, 1, ReturnMode::Discard)? {
                Called::Entered | Called::Value(_) => {}
            }
        }
        Ok(Called::Entered)
    }

    /// Lets the next calls of a class take a shorter way.
    fn note_construction(&mut self, layout: Gc<'gc, Layout<'gc>>, construction: Construction<'gc>) {
        if self.world.stress.no_caches || !layout.fillers.is_empty() || !layout.fresh.is_empty() {
            return;
        }
        if let Construction::Init(function) = construction {
            self.mc.backward_barrier(Gc::erase(layout), Some(Gc::erase(function)));
        }
        // SAFETY: the barrier has run.
        unsafe { layout.construction.as_cell() }.set(construction);
    }

    /// The bases of an incomplete class, as text.
    fn missing_bases(&self, class: Gc<'gc, Class<'gc>>) -> String {
        let image = self.world.incomplete.iter().find_map(|(linked, id)| {
            let image = linked.image.classes[*id as usize].clone();
            (*format!("{}.{}", linked.module.namespace.name, image.name) == *class.qualified()).then_some(image)
        });
        let Some(image) = image else { return String::new() };
        let names = image.bases.iter().filter_map(|base| match base {
            ClassRef::Path(NameRef::Own(name) | NameRef::Imported { name, .. }, rest) => {
                Some(std::iter::once(name).chain(rest).map(|n| &**n).collect::<Vec<_>>().join("."))
            }
            _ => None,
        });
        let names: Vec<String> = names.map(|n| format!("`{n}`")).collect();
        format!(" {}", names.join(" or "))
    }

    /// Fills the slots of an instance of a class without `init` from the arguments.
    fn fill_slots(
        &mut self,
        instance: Gc<'gc, Instance<'gc>>,
        first: usize,
        argc: usize,
        named: &Named<'gc>,
    ) -> Result<(), Box<Control<'gc>>> {
        let layout = self.world.layout(instance.layout());
        if named.is_empty() && layout.is_open && argc <= layout.slots.len() {
            for i in 0..argc {
                Instance::set_slot(instance, self.mc, i, self.world.stack.values[first + i]);
            }
            return Ok(());
        }
        let slots: Vec<usize> = (0..layout.slots.len()).filter(|i| !is_hidden(layout.slots[*i].name)).collect();
        self.fill_these_slots(layout.class, instance, &slots, first, argc, named)
    }

    /// `super.init(…)` in a method of `home` where no later class has an `init`: fills the slots of these classes, bases first.
    pub(super) fn fill_slots_after(
        &mut self,
        home: Gc<'gc, Class<'gc>>,
        instance: Gc<'gc, Instance<'gc>>,
        first: usize,
        argc: usize,
        named: &Named<'gc>,
    ) -> Result<(), Box<Control<'gc>>> {
        let layout = self.world.layout(instance.layout());
        let linearisation = layout.class.body().linearisation.clone();
        let after = linearisation.iter().position(|c| Gc::ptr_eq(*c, home)).map_or(linearisation.len(), |at| at + 1);
        let mut slots = Vec::new();
        for class in linearisation[after..].iter().rev() {
            for own in &class.body().own_slots {
                let slot = layout.index.get(&own.name).map(|slot| *slot as usize).filter(|slot| !slots.contains(slot));
                slots.extend(slot.filter(|_| !is_hidden(own.name)));
            }
        }
        if slots.is_empty() && argc + named.len() > 0 {
            let text =
                format!("`super.init` takes no arguments in `{}`: no class after it has `init` or slots", home.name().as_str());
            return Err(self.raise(ErrorKind::ArityError, text));
        }
        let class = linearisation.get(after).copied().unwrap_or(home);
        self.fill_these_slots(class, instance, &slots, first, argc, named)
    }

    /// Fills slots from arguments, by position in the order of `slots` and by name; `class` is what the errors name.
    fn fill_these_slots(
        &mut self,
        class: Gc<'gc, Class<'gc>>,
        instance: Gc<'gc, Instance<'gc>>,
        slots: &[usize],
        first: usize,
        argc: usize,
        named: &Named<'gc>,
    ) -> Result<(), Box<Control<'gc>>> {
        let layout = self.world.layout(instance.layout());
        let class = class.name().as_str();
        let name_of = |slot: &usize| layout.slots[*slot].name.as_str();
        let describe = || format!("`{class}({})`", slots.iter().map(name_of).collect::<Vec<_>>().join(", "));
        if argc > slots.len() {
            let (most, s) = (slots.len(), plural(slots.len()));
            let text = format!("`{class}` takes at most {most} argument{s}, not {argc}; its slots are {}", describe());
            return Err(self.raise(ErrorKind::ArityError, text));
        }
        for (i, slot) in slots.iter().take(argc).enumerate() {
            let value = self.world.stack.values[first + i];
            Instance::put(instance, self.mc, &layout, *slot, value);
        }
        for (name, value) in named {
            let Some(at) = slots.iter().position(|slot| *name_of(slot) == **name) else {
                let text = format!("`{class}` has no slot `{name}`; its slots are {}", describe());
                return Err(self.raise(ErrorKind::ArityError, text));
            };
            if at < argc {
                let text = format!("`{class}`: `{name}` is given twice");
                return Err(self.raise(ErrorKind::ArityError, text));
            }
            Instance::put(instance, self.mc, &layout, slots[at], *value);
        }
        Ok(())
    }

    /// `Int(x)` and its like: the conversion functions of `core` with the class's name in lower case.
    fn construct_built_in(&mut self, class: Gc<'gc, Class<'gc>>, first: usize, argc: usize, named: &Named<'gc>) -> CallResult<'gc> {
        let name = class.name().as_str();
        let function = match name {
            "Int" => "int",
            "Float" => "float",
            "String" => "str",
            "Set" => "set",
            "Bool" => "bool",
            "List" => "list",
            "Tuple" => "tuple",
            "Map" => "map",
            "Fiber" => "fiber",
            "Bytes" => "bytes",
            _ => "",
        };
        let symbol = self.world.intern(self.mc, function);
        match self.world.core.get(symbol).map(|d| d.value()) {
            Some(callee @ Value::Native(native)) if !callee.is_unset() => self.call_native(native, first, argc, named),
            _ => Err(self.type_error(format!("`{name}` cannot be called"))),
        }
    }
}

/// Continuation that drops the result of a call and gives a value it kept.
#[derive(gc_arena::Collect)]
#[collect(no_drop)]
struct GiveBack<'gc>(Value<'gc>);

impl<'gc> crate::object::Then<'gc> for GiveBack<'gc> {
    fn then(&self, _: &mut Cx<'_, 'gc>, _: Value<'gc>) -> crate::object::NativeResult<'gc> {
        Ok(self.0)
    }
}

/// Whether a slot is the engine's own.
fn is_hidden(name: Symbol<'_>) -> bool {
    name.as_str().starts_with('$')
}
