//! Attributes: reading and writing `object.name`.

use super::call::symbol_of;
use super::lookup::AttrOrCall;
use super::signature::signature;
use super::trace::trace_of;
use crate::heap::{Str, Value};
use crate::object::{
    Binding, Bound, BoxCell, Class, ClassKind, Control, Cx, Definition, EnumValue, ErrorKind, Found, Instance, Layout, List,
    Namespace, NativeResult, Symbol, Variant, World,
};
use crate::ops;
use gc_arena::{Collect, Gc};

type AttrResult<'gc> = Result<AttrOrCall<'gc>, Box<Control<'gc>>>;

impl<'gc> Cx<'_, 'gc> {
    /// `GetAttr` whose inline cache missed. `site` points to the instruction word.
    pub(super) fn get_attr_at(&mut self, site: *mut u32, object: Value<'gc>) -> NativeResult<'gc> {
        let proto = self.world.stack.frames.last().expect("a frame runs").proto;
        // SAFETY: the words of a verified `GetAttr`.
        let name = symbol_of(proto.const_at(unsafe { *site.add(1) } as usize));
        self.migrate_for(object, 3)?;
        if let Value::Instance(instance) = object {
            let layout = self.world.layout(instance.layout());
            if let Found::Slot(slot) = self.find_in_layout(layout, name) {
                self.fill_slot_cache(site, layout, slot);
                let value = Instance::get(instance, &layout, slot as usize);
                if !value.is_unset() {
                    return Ok(value);
                }
            }
        }
        match self.get_attr_now(object, name)? {
            AttrOrCall::Value(value) => Ok(value),
            AttrOrCall::Getter(getter) => self.call_accessor(getter, &[object]),
        }
    }

    fn fill_slot_cache(&mut self, site: *mut u32, layout: Gc<'gc, Layout<'gc>>, slot: u32) {
        // The cache has eight bits for the slot, and no instance that is obsolete may ever meet its layout in one.
        let (place, id) = match slot.checked_sub(layout.inside) {
            None => (slot, layout.id.0),
            // The first item of an extra is the attic.
            Some(beyond) => (beyond + 1, layout.id.in_extra()),
        };
        if self.world.stress.no_caches || place > u32::from(u8::MAX) || !layout.is_current() {
            return;
        }
        // SAFETY: the words of a verified `GetAttr` or `SetAttr`: operand C is the place, the second extra word the layout.
        unsafe {
            *site = (*site & 0x00ff_ffff) | place << 24;
            *site.add(2) = id;
        }
    }

    /// Reads an attribute; the host's and the library's way. A property is called.
    pub fn get_attr(&mut self, object: Value<'gc>, name: &str) -> NativeResult<'gc> {
        let name = self.world.intern(self.mc, name);
        let migrated = self.migrate(object);
        ops::and_then(self, migrated, Get { object, name })
    }

    /// Reads an attribute, or says which getter to call. The object is up to date.
    pub(super) fn get_attr_now(&mut self, object: Value<'gc>, name: Symbol<'gc>) -> AttrResult<'gc> {
        if let Value::Namespace(namespace) = object {
            let cell = namespace.get(name).filter(|d| !d.value().is_unset());
            return match cell {
                Some(cell) => {
                    self.record_read(Definition::holder(cell));
                    Ok(AttrOrCall::Value(cell.value()))
                }
                None => {
                    let names: Vec<_> = namespace.definitions().iter().map(|d| d.name.as_str()).collect();
                    self.world.spend_on_near(name.as_str(), names.len());
                    let near = ops::suggestion(name.as_str(), names.into_iter());
                    let text = format!("`{}` does not exist in namespace `{}`{near}", name.as_str(), namespace.name);
                    Err(self.raise(ErrorKind::NameError, text))
                }
            };
        }
        let value = match self.find(&object, name) {
            Found::Slot(slot) => {
                let Value::Instance(instance) = object else { unreachable!("only instances have slots") };
                let value = Instance::get(instance, &self.world.layout(instance.layout()), slot as usize);
                if value.is_unset() {
                    let class = self.type_name(&object);
                    return Err(self.raise(ErrorKind::SlotError, format!("slot `{}` of `{class}` is unset", name.as_str())));
                }
                value
            }
            Found::Method(method) => self.bind_method(object, method, name),
            Found::Static(value) => match value {
                Value::Function(function) if !function.proto().is_method() => value,
                Value::Function(_) | Value::Decorated(_) | Value::Native(_) => self.bind_method(object, value, name),
                other => other,
            },
            Found::Unbound { method, home } => {
                self.world.charge(64);
                let binding = Binding::Unbound(home);
                Value::Bound(Gc::new(self.mc, Bound { receiver: Value::Nil, method, name, binding }))
            }
            Found::Property { getter: Some(getter), .. } => return Ok(AttrOrCall::Getter(getter)),
            Found::Property { getter: None, .. } => {
                let text = format!("property `{}` can be written but not read", name.as_str());
                return Err(self.raise(ErrorKind::SlotError, text));
            }
            Found::Shared(cell) => cell.get(),
            Found::None => match self.built_in_attr(&object, name) {
                Some(value) => value,
                None => return Err(self.missing_attr(&object, name)),
            },
        };
        Ok(AttrOrCall::Value(value))
    }

    /// A method taken as a value.
    pub(super) fn bind_method(&mut self, receiver: Value<'gc>, method: Value<'gc>, name: Symbol<'gc>) -> Value<'gc> {
        self.world.charge(64);
        Value::Bound(Gc::new(self.mc, Bound { receiver, method, name, binding: Binding::Receiver }))
    }

    /// SlotError with the nearest name.
    fn missing_attr(&mut self, object: &Value<'gc>, name: Symbol<'gc>) -> Box<Control<'gc>> {
        let class = self.world.class_of(object);
        let names = self.attribute_names(object);
        self.world.spend_on_near(name.as_str(), names.len());
        let near = match ops::instead_of_member(name.as_str()).filter(|_| self.is_built_in_data(object)) {
            Some(instead) => format!("; {instead}"),
            None => ops::suggestion(name.as_str(), names.iter().map(String::as_str)),
        };
        let text = match object {
            Value::Nil => format!("nil has no member `{}`", name.as_str()),
            Value::EnumValue(value) => {
                let value = EnumValue::now(*value);
                let variant = format!("{}.{}", class.name().as_str(), value.variant.name.as_str());
                let fields: Vec<String> = value.variant.fields.iter().flatten().map(|f| format!("`{}`", f.as_str())).collect();
                let known = if fields.is_empty() { near } else { format!("; its payload is {}", fields.join(", ")) };
                format!("`{variant}` has no payload or method `{}`{known}", name.as_str())
            }
            Value::Map(_) if near.is_empty() => {
                let name = name.as_str();
                format!("Map has no method `{name}`{near}; the value of a key is written `m[\"{name}\"]`")
            }
            Value::Class(own) => format!("class `{}` has no member `{}`{near}", own.name().as_str(), name.as_str()),
            Value::Instance(old) if self.is_old(*old) => super::old::missing_slot(self, *old, name, &near),
            Value::Instance(_) => format!("`{}` has no slot or method `{}`{near}", class.name().as_str(), name.as_str()),
            _ => format!("{} has no method `{}`{near}", class.name().as_str(), name.as_str()),
        };
        self.raise(ErrorKind::SlotError, text)
    }

    /// Whether it is a collection, text or number, which other languages have, too.
    fn is_built_in_data(&self, object: &Value<'gc>) -> bool {
        !matches!(object, Value::Nil | Value::Class(_) | Value::Instance(_) | Value::EnumValue(_))
    }

    /// Names that could stand after the dot.
    pub fn attribute_names(&self, object: &Value<'gc>) -> Vec<String> {
        let mut names = Vec::new();
        let mut add = |class: Gc<'gc, Class<'gc>>| {
            for class in &class.body().linearisation {
                let body = class.body();
                names.extend(body.own_slots.iter().map(|s| s.name.as_str().to_owned()));
                names.extend(body.members.keys().map(|n| n.as_str().to_owned()));
            }
        };
        if let Value::Class(class) = object {
            add(*class);
        }
        add(self.world.class_of(object));
        if let Value::Namespace(namespace) = object {
            names.extend(namespace.definitions().iter().map(|d| d.name.as_str().to_owned()));
        }
        if let Value::EnumValue(value) = object {
            let value = EnumValue::now(*value);
            names.extend(value.variant.fields.iter().flatten().map(|f| f.as_str().to_owned()));
        }
        // Operators and internal slots are not written after a dot.
        names.retain(|n| n.starts_with(|c: char| c.is_alphabetic() || c == '_'));
        names
    }

    fn optional_text(&self, text: Option<&str>) -> Value<'gc> {
        text.map_or(Value::Nil, |t| self.str(t))
    }

    /// Attributes that the engine knows of values of its own.
    fn built_in_attr(&mut self, object: &Value<'gc>, name: Symbol<'gc>) -> Option<Value<'gc>> {
        let text = name.as_str();
        match object {
            Value::Function(function) => {
                let proto = function.proto();
                let image = proto.image.clone();
                Some(match text {
                    "name" => self.str(image.name.rsplit('.').next().unwrap_or(&image.name)),
                    "doc" => self.optional_text(image.doc.as_deref()),
                    "params" => {
                        let mut names: Vec<Value<'gc>> = image.params.iter().map(|p| self.str(&p.name)).collect();
                        names.extend(image.rest.as_ref().map(|r| self.str(&format!("...{r}"))));
                        Value::List(List::new(self.mc, names))
                    }
                    "file" => self.str(image.source.name()),
                    "line" => Value::Int(i64::from(image.source.line(image.span.lo))),
                    "version" => Value::Int(i64::from(proto.version.get())),
                    "signature" => self.string(signature(&image)),
                    _ => return None,
                })
            }
            Value::Native(native) => Some(match text {
                "name" => Value::Str(native.name),
                "doc" => self.str(&native.doc),
                "params" => {
                    let names = native.keywords.positional.iter().map(|n| self.str(n)).collect();
                    Value::List(List::new(self.mc, names))
                }
                "version" => Value::Int(1),
                _ => return None,
            }),
            Value::Decorated(decorated) => {
                let original = decorated.original.get();
                self.built_in_attr(&original, name)
            }
            Value::Bound(bound) => match text {
                "receiver" => Some(bound.receiver),
                _ => {
                    let method = self.method_of(*bound);
                    self.built_in_attr(&method, name)
                }
            },
            Value::Class(class) => {
                let variant = {
                    let body = class.body();
                    let retired = body.retired.iter().map(|(v, _)| v).rev().filter(|_| self.world.replacing > 0);
                    body.variants.iter().chain(retired).find(|v| v.name == name).copied()
                };
                if let Some(variant) = variant {
                    return Some(World::variant_value(self.mc, variant));
                }
                Some(match text {
                    "name" => Value::Str(class.name().0),
                    "doc" => self.optional_text(class.body().doc.as_deref()),
                    "qualified_name" => self.str(&class.qualified()),
                    "bases" => {
                        let bases = class.body().bases.iter().map(|c| Value::Class(*c)).collect();
                        Value::List(List::new(self.mc, bases))
                    }
                    "variants" if class.kind == ClassKind::Enum => {
                        let variants = class.body().variants.clone();
                        let values = variants.into_iter().map(|v| World::variant_value(self.mc, v)).collect();
                        Value::List(List::new(self.mc, values))
                    }
                    "slots" if class.has_layout() => {
                        let layout = class.layout();
                        let visible = layout.slots.iter().filter(|slot| !slot.name.as_str().starts_with('$'));
                        let names = visible.map(|slot| Value::Str(slot.name.0)).collect();
                        Value::List(List::new(self.mc, names))
                    }
                    _ => return None,
                })
            }
            Value::EnumValue(value) => {
                let value = EnumValue::now(*value);
                let field = value.variant.fields.iter().flatten().position(|f| *f == name);
                match (field, text) {
                    (Some(i), _) => Some(value.payload[i]),
                    (None, "name") => Some(Value::Str(value.variant.name.0)),
                    (None, "ordinal") => Some(Value::Int(i64::from(value.variant.ordinal.get()))),
                    _ => None,
                }
            }
            Value::Variant(variant) => match text {
                "name" => Some(Value::Str(variant.name.0)),
                "ordinal" => Some(Value::Int(i64::from(variant.ordinal.get()))),
                _ => None,
            },
            Value::Instance(_) if text == "trace" && self.is_error(object) => {
                let lines = trace_of(self.world, object).map_or_else(Vec::new, |t| t.frames);
                let lines = lines.iter().map(|f| self.string(f.to_string())).collect();
                Some(Value::List(List::new(self.mc, lines)))
            }
            Value::Definition(cell) => self.definition_attr(*cell, text),
            _ => None,
        }
    }

    fn definition_attr(&mut self, cell: Gc<'gc, Definition<'gc>>, text: &str) -> Option<Value<'gc>> {
        let meta = cell.meta();
        Some(match text {
            "name" => Value::Str(cell.name.0),
            "kind" => self.str(cell.kind().text()),
            "value" if cell.value().is_unset() => Value::Nil,
            "value" => cell.value(),
            "version" => Value::Int(i64::from(meta.version)),
            "contributor" => meta.contributor.map_or(Value::Nil, |m| self.str(&m.path)),
            "doc" => self.optional_text(meta.doc.as_deref()),
            "namespace" => Value::Namespace(cell.namespace),
            _ => return None,
        })
    }

    /// `SetAttr` whose inline cache missed. `site` points to the instruction word.
    pub(super) fn set_attr_at(&mut self, site: *mut u32, object: Value<'gc>, value: Value<'gc>) -> NativeResult<'gc> {
        let proto = self.world.stack.frames.last().expect("a frame runs").proto;
        // SAFETY: the words of a verified `SetAttr`.
        let name = symbol_of(proto.const_at(unsafe { *site.add(1) } as usize));
        self.migrate_for(object, 3)?;
        if let Value::Instance(instance) = object {
            let layout = self.world.layout(instance.layout());
            if let Found::Slot(slot) = self.find_in_layout(layout, name) {
                self.fill_slot_cache(site, layout, slot);
            }
        }
        self.set_attr_now(object, name, value)
    }

    /// Writes an attribute; the host's and the library's way. Ok: nil. A property's setter is called.
    pub fn set_attr(&mut self, object: Value<'gc>, name: Symbol<'gc>, value: Value<'gc>) -> NativeResult<'gc> {
        let migrated = self.migrate(object);
        ops::and_then(self, migrated, Set { object, name, value })
    }

    fn set_attr_now(&mut self, object: Value<'gc>, name: Symbol<'gc>, value: Value<'gc>) -> NativeResult<'gc> {
        let text = name.as_str();
        if let Value::Namespace(namespace) = object {
            let cell = Definition::holder(Namespace::cell_or_new(namespace, self.mc, name));
            if !cell.is_assignable() {
                return self.cannot_assign(cell);
            }
            cell.note_assigned();
            Definition::set(cell, self.mc, value);
            return Ok(Value::Nil);
        }
        match (self.find(&object, name), object) {
            (Found::Slot(slot), Value::Instance(instance)) => {
                let layout = self.world.layout(instance.layout());
                Instance::put(instance, self.mc, &layout, slot as usize, value);
            }
            (Found::Shared(cell), Value::Class(_)) => BoxCell::set(cell, self.mc, value),
            (Found::Shared(_), _) => {
                let class = self.type_name(&object);
                let message = format!("`{text}` is shared by all instances; write `{class}.{text} = …`");
                return Err(self.raise(ErrorKind::SlotError, message));
            }
            (Found::Property { setter: Some(setter), .. }, _) => {
                return self.call_accessor(setter, &[object, value]);
            }
            (Found::Property { setter: None, .. }, _) => {
                return Err(self.raise(ErrorKind::SlotError, format!("property `{text}` can be read but not written")));
            }
            (Found::Method(_) | Found::Static(_) | Found::Unbound { .. }, _) => {
                return Err(self.raise(ErrorKind::SlotError, format!("`{text}` is a method and cannot be assigned")));
            }
            _ => return Err(self.missing_attr(&object, name)),
        }
        Ok(Value::Nil)
    }

    /// What a getter or setter gives; one of the host's gives it at once.
    fn call_accessor(&mut self, accessor: Value<'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
        match accessor {
            Value::Native(native) if self.world.detours.is_empty() && native.takes(args.len()) => {
                Gc::as_ref(native).body.call(self, args)
            }
            _ => Err(Box::new(Control::Call { callee: accessor, args: args.to_vec(), then: None })),
        }
    }

    /// A slot or payload for a pattern; unset when it has no value.
    pub(super) fn slot_item(&mut self, object: Value<'gc>, name: Value<'gc>) -> NativeResult<'gc> {
        let name = symbol_of(name);
        self.migrate_for(object, 3)?;
        if let Value::EnumValue(value) = object
            && let value = EnumValue::now(value)
            && let Some(i) = value.variant.fields.iter().flatten().position(|f| *f == name)
        {
            return Ok(value.payload[i]);
        }
        if let Value::EnumValue(value) = object
            && has_payload_since(EnumValue::now(value).variant, name)
        {
            return Ok(Value::Unset);
        }
        if let (Found::Slot(slot), Value::Instance(instance)) = (self.find(&object, name), object) {
            return Ok(Instance::get(instance, &self.world.layout(instance.layout()), slot as usize));
        }
        match self.get_attr_now(object, name)? {
            AttrOrCall::Value(value) => Ok(value),
            AttrOrCall::Getter(getter) => self.call_accessor(getter, &[object]),
        }
    }

    /// `value is class`, for an instruction of so many words.
    pub(super) fn is_instance(&mut self, value: Value<'gc>, class: Value<'gc>, words: usize) -> NativeResult<'gc> {
        if let Value::EnumValue(_) = value {
            self.migrate_for(value, words)?;
        }
        ops::is_instance(self, value, class).map(Value::bool)
    }

    /// `is_set(x, "name")`
    pub fn is_slot_set(&mut self, object: Value<'gc>, name: Gc<'gc, Str>) -> NativeResult<'gc> {
        let name = self.world.intern(self.mc, name.as_str());
        let migrated = self.migrate(object);
        ops::and_then(self, migrated, IsSet { object, name })
    }
}

/// Whether the variant of an obsolete value has a payload of this name in the text that runs.
fn has_payload_since<'gc>(variant: Gc<'gc, Variant<'gc>>, name: Symbol<'gc>) -> bool {
    let body = variant.class.body();
    let now = body.variants.iter().find(|now| now.name == variant.name);
    now.is_some_and(|now| now.fields.iter().flatten().any(|field| *field == name))
}

/// Goes on reading an attribute of an object that is up to date now.
#[derive(Collect)]
#[collect(no_drop)]
struct Get<'gc> {
    object: Value<'gc>,
    name: Symbol<'gc>,
}

impl<'gc> ops::Resume<'gc> for Get<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        match cx.get_attr_now(self.object, self.name)? {
            AttrOrCall::Value(value) => Ok(value),
            AttrOrCall::Getter(getter) => ops::call(getter, vec![self.object]),
        }
    }
}

/// Goes on writing an attribute of an object that is up to date now.
#[derive(Collect)]
#[collect(no_drop)]
struct Set<'gc> {
    object: Value<'gc>,
    name: Symbol<'gc>,
    value: Value<'gc>,
}

impl<'gc> ops::Resume<'gc> for Set<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        cx.set_attr_now(self.object, self.name, self.value)
    }
}

/// Goes on with `is_set` of an object that is up to date now.
#[derive(Collect)]
#[collect(no_drop)]
struct IsSet<'gc> {
    object: Value<'gc>,
    name: Symbol<'gc>,
}

impl<'gc> ops::Resume<'gc> for IsSet<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        match (cx.find(&self.object, self.name), self.object) {
            (Found::Slot(slot), Value::Instance(instance)) => {
                let layout = cx.world.layout(instance.layout());
                Ok(Value::bool(!Instance::get(instance, &layout, slot as usize).is_unset()))
            }
            _ => Err(cx.missing_attr(&self.object, self.name)),
        }
    }
}
