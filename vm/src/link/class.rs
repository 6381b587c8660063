//! Classes from their images: slots, members, hooks.

use super::hierarchy::{note_hashability, relayout, settle};
use super::renames::continued;
use crate::heap::Value;
use crate::image::{ClassImage, Const, EnumImage, MemberImage, MemberRole, ProtoId, SlotDefault};
use crate::object::{
    BoxCell, Class, ClassKind, Control, Cx, EnumValue, Function, HookText, Intrinsic, Member, OwnSlot, SlotInit, Symbol, SymbolMap,
    Undo, Variant, Was, World,
};
use gc_arena::Gc;
use std::sync::Arc;

pub(super) type LinkResult<'gc, T> = Result<T, Box<Control<'gc>>>;

/// Makes the function object of a prototype; local classes capture variables on the way.
pub type MakeFunction<'f, 'gc> = &'f mut dyn FnMut(&mut Cx<'_, 'gc>, ProtoId) -> Gc<'gc, Function<'gc>>;

/// What is left to run once a class exists.
#[derive(Clone, Copy, gc_arena::Collect)]
#[collect(no_drop)]
pub enum ClassTask<'gc> {
    /// Call the initialiser with the class; the result is the shared slot's value.
    Shared {
        /// The slot.
        cell: Gc<'gc, BoxCell<'gc>>,
        /// Its initialiser.
        init: Value<'gc>,
    },
    /// Call the decorating unit with the member; the result takes its place.
    Decorate {
        /// The member's name.
        name: Symbol<'gc>,
        /// Its use.
        #[collect(require_static)]
        role: MemberRole,
        /// The undecorated function.
        original: Value<'gc>,
        /// The unit.
        unit: Value<'gc>,
    },
}

/// Gives `class` the content of `image`. Afterwards the class is complete except for the tasks returned.
pub fn build_class<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    image: &ClassImage,
    bases: Vec<Gc<'gc, Class<'gc>>>,
    make: MakeFunction<'_, 'gc>,
) -> LinkResult<'gc, Vec<ClassTask<'gc>>> {
    let tasks = stage_class(cx, class, image, bases, make)?;
    settle(cx, &[class]).map_err(|unfit| unfit.control)?;
    Ok(tasks)
}

/// Gives `class` the body of `image`. Its place among the other classes, and its layout, follow when all are staged: see [`settle`].
pub fn stage_class<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    image: &ClassImage,
    bases: Vec<Gc<'gc, Class<'gc>>>,
    make: MakeFunction<'_, 'gc>,
) -> LinkResult<'gc, Vec<ClassTask<'gc>>> {
    for base in &bases {
        if base.kind != ClassKind::Plain {
            let text = format!("`{}` cannot inherit from `{}`: it is not an ordinary class", image.name, base.name().as_str());
            return Err(cx.type_error(text));
        }
    }
    let mut tasks = Vec::new();
    let mut own_slots = Vec::new();
    for slot in &image.slots {
        let name = cx.world.intern(cx.mc, &slot.name);
        let init = match &slot.default {
            SlotDefault::Unset => SlotInit::Unset,
            SlotDefault::Const(value) => SlotInit::Value(constant(cx, value)),
            SlotDefault::EmptyList => SlotInit::EmptyList,
            SlotDefault::EmptyMap => SlotInit::EmptyMap,
            SlotDefault::Code(proto) => SlotInit::Code(make(cx, *proto)),
        };
        own_slots.push(OwnSlot { name, init, is_transient: slot.transient });
    }
    let hooks: Vec<HookText<'gc>> = image
        .migrate
        .iter()
        .map(|(from, proto)| {
            let function = make(cx, *proto);
            Function::set_home(function, cx.mc, class);
            HookText { from: *from, fingerprint: function.proto().image.fingerprint, function }
        })
        .collect();
    let filler = image.slot_init.map(|proto| make(cx, proto));
    let mut members = SymbolMap::default();
    let mut shared_inits = SymbolMap::default();
    for shared in &image.shared {
        let name = cx.world.intern(cx.mc, &shared.name);
        let cell = BoxCell::new(cx.mc, Value::Nil);
        members.insert(name, Member::Shared(cell));
        if let Some(proto) = shared.init {
            let init = make(cx, proto);
            shared_inits.insert(name, init);
            tasks.push(ClassTask::Shared { cell, init: Value::Function(init) });
        }
    }
    add_members(cx, class, &image.members, &mut members, &mut tasks, make);
    if let Some(slot) = own_slots.iter().find(|s| members.contains_key(&s.name)) {
        let text = format!("`{}.{}` is declared as a slot and as another member", image.name, slot.name.as_str());
        return Err(cx.type_error(text));
    }
    let slots =
        image.slots.iter().map(|slot| (&slot.name, &slot.was)).chain(image.shared.iter().map(|slot| (&slot.name, &slot.was)));
    let was = continued_members(cx, class, slots.chain(image.members.iter().map(|member| (&member.name, &member.was))));
    set_bases(cx, class, bases);
    Class::update(class, cx.mc, |body| {
        body.own_slots = own_slots;
        body.was = was;
        body.filler = filler;
        body.shared_inits = shared_inits;
        body.members = members;
        body.hooks = hooks;
        body.doc = image.doc.clone();
    });
    Ok(tasks)
}

/// What members continue, by their names and `was`.
fn continued_members<'i, 'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    members: impl Iterator<Item = (&'i Arc<str>, &'i Option<Arc<str>>)>,
) -> SymbolMap<'gc, Was<'gc>> {
    let intern = |cx: &mut Cx<'_, 'gc>, name: &str| cx.world.intern(cx.mc, name);
    let said: Vec<_> = members.map(|(name, was)| (intern(cx, name), was.as_ref().map(|was| intern(cx, was)))).collect();
    continued(cx, class, &said)
}

/// Gives a class other bases, and takes it from the classes below its old ones.
pub fn set_bases<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, bases: Vec<Gc<'gc, Class<'gc>>>) {
    let weak = Gc::downgrade(class);
    let old = class.body().bases.clone();
    let has = |list: &[Gc<'gc, Class<'gc>>], c: Gc<'gc, Class<'gc>>| list.iter().any(|b| Gc::ptr_eq(*b, c));
    for base in old.iter().chain(&bases) {
        if has(&old, *base) != has(&bases, *base) {
            cx.world.log(|| Undo::class(*base));
        }
        Class::update(*base, cx.mc, |body| {
            body.subclasses.retain(|c| !std::ptr::eq(c.as_ptr(), Gc::as_ptr(class)));
            if has(&bases, *base) {
                body.subclasses.push(weak);
            }
        });
    }
    Class::update(class, cx.mc, |body| body.bases = bases);
}

/// Gives an enum its variants and members.
pub fn build_enum<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    image: &EnumImage,
    make: MakeFunction<'_, 'gc>,
) -> LinkResult<'gc, Vec<ClassTask<'gc>>> {
    let (variants, values, retired) = place_variants(cx, class, image);
    let mut members = SymbolMap::default();
    let mut tasks = Vec::new();
    add_members(cx, class, &image.members, &mut members, &mut tasks, make);
    // A variant is found like a static member; plain values are made once, so that `same` holds.
    for (variant, value) in variants.iter().zip(values) {
        members.insert(variant.name, Member::Static(value));
    }
    let hook = image.migrate.map(|proto| {
        let function = make(cx, proto);
        Function::set_home(function, cx.mc, class);
        HookText { from: None, fingerprint: function.proto().image.fingerprint, function }
    });
    let was = continued_members(cx, class, image.members.iter().map(|member| (&member.name, &member.was)));
    Class::update(class, cx.mc, |body| {
        body.was = was;
        body.variants = variants;
        body.retired = retired;
        body.members = members;
        body.hooks = hook.into_iter().collect();
        body.doc = image.doc.clone();
    });
    relayout(cx, class)?;
    Ok(tasks)
}

type Variants<'gc> = Vec<Gc<'gc, Variant<'gc>>>;

/// The variants of an enum's new text, each with its value or constructor, and those that are no longer among them. A variant with the same
/// name and payload goes on; one that comes back is the one that it was.
#[expect(clippy::type_complexity, reason = "three lists")]
fn place_variants<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    image: &EnumImage,
) -> (Variants<'gc>, Vec<Value<'gc>>, Vec<(Gc<'gc, Variant<'gc>>, Value<'gc>)>) {
    let mut known: Vec<(Gc<'gc, Variant<'gc>>, Value<'gc>)> = {
        let body = class.body();
        let value_of = |variant: &Gc<'gc, Variant<'gc>>| match body.members.get(&variant.name) {
            Some(Member::Static(value)) => *value,
            _ => Value::Variant(*variant),
        };
        body.variants.iter().map(|v| (*v, value_of(v))).chain(body.retired.iter().copied()).collect()
    };
    let mut variants = Vec::new();
    let mut values = Vec::new();
    for (i, variant) in image.variants.iter().enumerate() {
        let name = cx.world.intern(cx.mc, &variant.name);
        let fields: Option<Box<[Symbol<'gc>]>> =
            variant.fields.as_ref().map(|f| f.iter().map(|n| cx.world.intern(cx.mc, n)).collect());
        let at = known.iter().position(|(v, _)| v.name == name && v.fields == fields);
        let (variant, value) = match at.map(|at| known.remove(at)) {
            Some((variant, value)) => {
                let before = variant.ordinal.replace(i as u32);
                cx.world.log(|| Undo::Ordinal(variant, before));
                // The value of one that has been away may have been replaced: it is another one from now on.
                let is_replaced = |value: &Value<'gc>| matches!(value, Value::EnumValue(v) if !Gc::ptr_eq(EnumValue::now(*v), *v));
                let value = if is_replaced(&value) { World::variant_value(cx.mc, variant) } else { value };
                (variant, value)
            }
            None => {
                let variant = Variant::new(cx.mc, class, name, fields, i as u32);
                (variant, World::variant_value(cx.mc, variant))
            }
        };
        variants.push(variant);
        values.push(value);
    }
    (variants, values, known)
}

/// Adds members to a class: `extend`.
pub fn extend<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    images: &[MemberImage],
    make: MakeFunction<'_, 'gc>,
) -> LinkResult<'gc, Vec<ClassTask<'gc>>> {
    let mut members = class.body().members.clone();
    let mut tasks = Vec::new();
    for image in images {
        let name = cx.world.intern(cx.mc, &image.name);
        if class.has_layout() && class.layout().index.contains_key(&name) {
            let text =
                format!("`{}` has a slot `{}`; an extension cannot add a member of that name", class.name().as_str(), image.name);
            return Err(cx.type_error(text));
        }
    }
    let before = members.clone();
    add_members(cx, class, images, &mut members, &mut tasks, make);
    let is_new = |(name, member): &(&Symbol<'gc>, &Member<'gc>)| {
        matches!(member, Member::Method(Value::Native(_)) | Member::Static(Value::Native(_)))
            && images.iter().any(|image| *image.name == *name.as_str())
    };
    let hidden: Vec<_> = before.iter().filter(is_new).map(|(name, member)| (*name, *member)).collect();
    Class::update(class, cx.mc, |body| {
        body.members = members;
        body.hidden.extend(hidden);
    });
    if class.kind == ClassKind::BuiltIn && images.iter().any(|image| *image.name == *cx.world.symbols.len.as_str()) {
        cx.call_extended_len();
    }
    note_hashability(cx, class);
    cx.clear_inline_caches();
    Ok(tasks)
}

/// Takes a member away from a class where it is a function that `is_meant`.
pub fn retract<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    name: Symbol<'gc>,
    role: MemberRole,
    is_meant: impl Fn(&Value<'gc>) -> bool,
) {
    let Some(member) = class.body().members.get(&name).copied() else { return };
    let left = match (member, role) {
        (Member::Method(value), MemberRole::Method) | (Member::Static(value), MemberRole::Static) if is_meant(&value) => None,
        (Member::Property { getter, setter }, MemberRole::Getter) if getter.is_some_and(|g| is_meant(&g)) => {
            setter.map(|_| Member::Property { getter: None, setter })
        }
        (Member::Property { getter, setter }, MemberRole::Setter) if setter.is_some_and(|s| is_meant(&s)) => {
            getter.map(|_| Member::Property { getter, setter: None })
        }
        _ => return,
    };
    Class::update(class, cx.mc, |body| match left {
        Some(member) => {
            body.members.insert(name, member);
        }
        // What came with the engine, or is in the text of the class, is there again.
        None => match body.hidden.get(&name).or(body.own.get(&name)).copied() {
            Some(hidden) => drop(body.members.insert(name, hidden)),
            None => drop(body.members.shift_remove(&name)),
        },
    });
    note_hashability(cx, class);
    cx.clear_inline_caches();
}

fn add_members<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    images: &[MemberImage],
    members: &mut SymbolMap<'gc, Member<'gc>>,
    tasks: &mut Vec<ClassTask<'gc>>,
    make: MakeFunction<'_, 'gc>,
) {
    for image in images {
        let name = cx.world.intern(cx.mc, &image.name);
        let function = make(cx, image.proto);
        Function::set_home(function, cx.mc, class);
        let value = Value::Function(function);
        if let Some(unit) = image.decorate {
            let unit = Value::Function(make(cx, unit));
            tasks.push(ClassTask::Decorate { name, role: image.role, original: value, unit });
        }
        set_member(members, name, image.role, value);
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// From now on `len(value)` looks for methods of the program.
    fn call_extended_len(&mut self) {
        self.world.has_extended_len = true;
        if let Some(Value::Native(native)) = self.world.core.get(self.world.symbols.len).map(|cell| cell.value()) {
            native.intrinsic.set(Intrinsic::None);
        }
    }
}

/// The function of a member of a table.
pub fn member_function<'gc>(members: &SymbolMap<'gc, Member<'gc>>, name: Symbol<'gc>, role: MemberRole) -> Option<Value<'gc>> {
    match (members.get(&name).copied()?, role) {
        (Member::Method(value), MemberRole::Method) | (Member::Static(value), MemberRole::Static) => Some(value),
        (Member::Property { getter, .. }, MemberRole::Getter) => getter,
        (Member::Property { setter, .. }, MemberRole::Setter) => setter,
        _ => None,
    }
}

/// Puts a member into a table; getter and setter of one name come together.
pub fn set_member<'gc>(members: &mut SymbolMap<'gc, Member<'gc>>, name: Symbol<'gc>, role: MemberRole, value: Value<'gc>) {
    let (old_getter, old_setter) = match members.get(&name) {
        Some(Member::Property { getter, setter }) => (*getter, *setter),
        _ => (None, None),
    };
    let member = match role {
        MemberRole::Method => Member::Method(value),
        MemberRole::Static => Member::Static(value),
        MemberRole::Getter => Member::Property { getter: Some(value), setter: old_setter },
        MemberRole::Setter => Member::Property { getter: old_getter, setter: Some(value) },
    };
    members.insert(name, member);
}

fn constant<'gc>(cx: &mut Cx<'_, 'gc>, value: &Const) -> Value<'gc> {
    match value {
        Const::Bool(b) => Value::bool(*b),
        Const::Int(i) => Value::Int(*i),
        Const::Float(f) => Value::Float(*f),
        Const::Str(text) => Value::Str(cx.world.intern(cx.mc, text).0),
        Const::BigInt(digits) => crate::ops::int_from_big(cx.mc, digits.parse().expect("the compiler checked the digits")),
        Const::Nil | Const::Name(_) | Const::Shape(_) | Const::Texts(_) => Value::Nil,
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Empties everything that remembers what a class has: after any change of one. Code that a redefinition has replaced is included:
    /// frames may still run it.
    pub fn clear_inline_caches(&mut self) {
        self.world.forget_lookups();
        let mc = self.mc;
        self.world.evaluated.retain(|module| module.upgrade(mc).is_some());
        self.world.protos.retain(|proto| {
            let proto = proto.upgrade(mc);
            if let Some(proto) = proto {
                proto.code.clear_caches();
            }
            proto.is_some()
        });
    }
}
