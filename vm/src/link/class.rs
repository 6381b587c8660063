//! Classes from their images: linearisation, slots, members, layout.

use crate::heap::Value;
use crate::image::{ClassImage, Const, EnumImage, MemberImage, MemberRole, ProtoId, SlotDefault};
use crate::object::{
    BoxCell, Class, ClassBody, ClassKind, Construction, Control, Cx, Function, HashSource, Instance, Layout, LayoutId, Member,
    OwnSlot, SlotInfo, SlotInit, Symbol, SymbolMap, Variant,
};
use gc_arena::Gc;
use gc_arena::lock::Lock;

type LinkResult<'gc, T> = Result<T, Box<Control<'gc>>>;

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
    for base in &bases {
        if base.kind != ClassKind::Plain {
            let text = format!("`{}` cannot inherit from `{}`: it is not an ordinary class", image.name, base.name.as_str());
            return Err(cx.type_error(text));
        }
    }
    let linearisation = linearise(cx, class, &bases)?;
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
        own_slots.push(OwnSlot { name, init });
    }
    let filler = image.slot_init.map(|proto| make(cx, proto));
    let mut members = SymbolMap::default();
    for shared in &image.shared {
        let name = cx.world.intern(cx.mc, &shared.name);
        let cell = BoxCell::new(cx.mc, Value::Nil);
        members.insert(name, Member::Shared(cell));
        if let Some(proto) = shared.init {
            let init = make(cx, proto);
            tasks.push(ClassTask::Shared { cell, init: Value::Function(init) });
        }
    }
    add_members(cx, class, &image.members, &mut members, &mut tasks, make);
    if let Some(slot) = own_slots.iter().find(|s| members.contains_key(&s.name)) {
        let text = format!("`{}.{}` is declared as a slot and as another member", image.name, slot.name.as_str());
        return Err(cx.type_error(text));
    }
    Class::update(class, cx.mc, |body| {
        body.bases = bases;
        body.linearisation = linearisation;
        body.own_slots = own_slots;
        body.filler = filler;
        body.members = members;
        body.doc = image.doc.clone();
    });
    let weak = Gc::downgrade(class);
    for base in class.body().bases.clone() {
        Class::update(base, cx.mc, |body| {
            if !body.subclasses.iter().any(|c| std::ptr::eq(c.as_ptr(), Gc::as_ptr(class))) {
                body.subclasses.push(weak);
            }
        });
    }
    relayout(cx, class)?;
    Ok(tasks)
}

/// Gives an enum its variants and members.
pub fn build_enum<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    image: &EnumImage,
    make: MakeFunction<'_, 'gc>,
) -> LinkResult<'gc, Vec<ClassTask<'gc>>> {
    let mut variants = Vec::new();
    for (i, variant) in image.variants.iter().enumerate() {
        let name = cx.world.intern(cx.mc, &variant.name);
        let fields = variant.fields.as_ref().map(|f| f.iter().map(|n| cx.world.intern(cx.mc, n)).collect());
        variants.push(Gc::new(cx.mc, Variant { class, name, fields, ordinal: i as u32 }));
    }
    let mut members = SymbolMap::default();
    let mut tasks = Vec::new();
    add_members(cx, class, &image.members, &mut members, &mut tasks, make);
    // A variant is found like a static member; plain values are made once, so that `same` holds.
    for variant in &variants {
        let value = crate::object::World::variant_value(cx.mc, *variant);
        members.insert(variant.name, Member::Static(value));
    }
    Class::update(class, cx.mc, |body| {
        body.variants = variants;
        body.members = members;
        body.doc = image.doc.clone();
    });
    relayout(cx, class)?;
    Ok(tasks)
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
                format!("`{}` has a slot `{}`; an extension cannot add a member of that name", class.name.as_str(), image.name);
            return Err(cx.type_error(text));
        }
    }
    add_members(cx, class, images, &mut members, &mut tasks, make);
    Class::update(class, cx.mc, |body| body.members = members);
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
        None => {
            body.members.shift_remove(&name);
        }
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

/// C3: the class, then a merge that keeps every base's own order and the order of the bases.
fn linearise<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    bases: &[Gc<'gc, Class<'gc>>],
) -> LinkResult<'gc, Vec<Gc<'gc, Class<'gc>>>> {
    let mut lists: Vec<Vec<Gc<'gc, Class<'gc>>>> = bases.iter().map(|b| b.body().linearisation.clone()).collect();
    if let Some(base) = lists.iter().zip(bases).find(|(l, _)| l.iter().any(|c| Gc::ptr_eq(*c, class))).map(|(_, b)| b) {
        let text = format!("class `{}` cannot inherit from `{}`, which inherits from it", class.name.as_str(), base.name.as_str());
        return Err(cx.type_error(text));
    }
    if let Some(twice) = (1..bases.len()).find(|at| bases[..*at].iter().any(|base| Gc::ptr_eq(*base, bases[*at]))) {
        let text = format!("class `{}` has `{}` as a base twice", class.name.as_str(), bases[twice].name.as_str());
        return Err(cx.type_error(text));
    }
    lists.push(bases.to_vec());
    let mut result = vec![class];
    loop {
        lists.retain(|l| !l.is_empty());
        if lists.is_empty() {
            return Ok(result);
        }
        let head = lists.iter().map(|l| l[0]).find(|head| !lists.iter().any(|l| l[1..].iter().any(|c| Gc::ptr_eq(*c, *head))));
        let Some(head) = head else {
            let names: Vec<&str> = bases.iter().map(|b| b.name.as_str()).collect();
            let text = format!(
                "the bases of class `{}` ({}) contradict each other in their order; change the order or the bases",
                class.name.as_str(),
                names.join(", ")
            );
            return Err(cx.type_error(text));
        };
        result.push(head);
        for list in &mut lists {
            list.retain(|c| !Gc::ptr_eq(*c, head));
        }
    }
}

/// Computes the layout of a class from its linearisation and makes it the current one.
pub fn relayout<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) -> LinkResult<'gc, ()> {
    let linearisation = class.body().linearisation.clone();
    let mut slots: Vec<SlotInfo<'gc>> = Vec::new();
    let mut index = SymbolMap::default();
    for owner in linearisation.iter().rev() {
        for slot in &owner.body().own_slots {
            let info = SlotInfo { name: slot.name, owner: *owner, init: slot.init };
            let Some(at) = index.get(&slot.name).copied() else {
                index.insert(slot.name, slots.len() as u32);
                slots.push(info);
                continue;
            };
            let earlier = slots[at as usize].owner;
            if !owner.is_subclass_of(earlier) && !Gc::ptr_eq(*owner, class) {
                let text = format!(
                    "class `{}` gets slot `{}` from two unrelated bases, `{}` and `{}`; rename one or declare it in `{}`",
                    class.name.as_str(),
                    slot.name.as_str(),
                    earlier.name.as_str(),
                    owner.name.as_str(),
                    class.name.as_str()
                );
                return Err(cx.type_error(text));
            }
            slots[at as usize] = info;
        }
    }
    for slot in &slots {
        if let Some((owner, _)) = class.find(slot.name) {
            let text = format!(
                "`{}` of class `{}` is a slot (of `{}`) and another member (of `{}`)",
                slot.name.as_str(),
                class.name.as_str(),
                slot.owner.name.as_str(),
                owner.name.as_str()
            );
            return Err(cx.type_error(text));
        }
    }
    if slots.len() > Instance::SLOTS_MAX {
        let text = format!("class `{}` has more than {} slots", class.name.as_str(), Instance::SLOTS_MAX);
        return Err(cx.type_error(text));
    }
    let layout = make_layout(cx, class, &linearisation, slots, index);
    cx.world.layouts[layout.id.0 as usize] = Some(layout);
    Class::set_layout(class, cx.mc, layout);
    note_hashability(cx, class);
    Ok(())
}

fn make_layout<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    linearisation: &[Gc<'gc, Class<'gc>>],
    slots: Vec<SlotInfo<'gc>>,
    index: SymbolMap<'gc, u32>,
) -> Gc<'gc, Layout<'gc>> {
    let mut template = Vec::new();
    let mut fresh = Vec::new();
    for (i, slot) in slots.iter().enumerate() {
        template.push(match slot.init {
            SlotInit::Value(value) => value,
            SlotInit::Unset | SlotInit::Code(_) => Value::Unset,
            SlotInit::EmptyList => {
                fresh.push((i as u32, false));
                Value::Unset
            }
            SlotInit::EmptyMap => {
                fresh.push((i as u32, true));
                Value::Unset
            }
        });
    }
    // Bases fill their slots first, unless a derived class gives another code to a slot that a base also fills.
    let overridden = linearisation.iter().any(|c| {
        c.body().own_slots.iter().any(|own| {
            matches!(own.init, SlotInit::Code(_)) && index.get(&own.name).is_some_and(|i| !Gc::ptr_eq(slots[*i as usize].owner, *c))
        })
    });
    let mut fillers: Vec<Value<'gc>> = linearisation.iter().filter_map(|c| c.body().filler.map(Value::Function)).collect();
    if !overridden {
        fillers.reverse();
    }
    let number = if class.has_layout() { class.layout().number + 1 } else { 1 };
    let id: LayoutId = cx.world.fresh_id();
    let is_open = !slots.iter().any(|slot| slot.name.as_str().starts_with('$'));
    Gc::new(
        cx.mc,
        Layout {
            id,
            class,
            number,
            slots,
            index,
            template: template.into(),
            fresh: fresh.into(),
            fillers,
            is_open,
            construction: Lock::new(Construction::Other),
        },
    )
}

/// Where instances of a class, and of the classes below it, get their hash from: a class that defines `==` without `hash` is not hashable.
fn note_hashability<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) {
    let (eq, hash) = (cx.world.symbols.eq, cx.world.symbols.hash);
    let position = |name: Symbol<'gc>| {
        class.body().linearisation.iter().position(|c| c.body().members.contains_key(&name)).unwrap_or(usize::MAX)
    };
    let unhashable = position(eq) < position(hash);
    class.hashing.set(match (unhashable, position(hash)) {
        (true, _) => HashSource::Unhashable,
        (false, usize::MAX) => HashSource::Identity,
        (false, _) => HashSource::Program,
    });
    Class::update(class, cx.mc, |body: &mut ClassBody<'gc>| body.unhashable = unhashable);
    let subclasses: Vec<_> = class.body().subclasses.iter().filter_map(|c| c.upgrade(cx.mc)).collect();
    for subclass in subclasses {
        note_hashability(cx, subclass);
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
