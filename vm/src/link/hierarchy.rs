//! How classes fit together: the order of inheritance, and the layouts that follow from it.

use super::class::LinkResult;
use crate::heap::Value;
use crate::limits;
use crate::object::{
    Class, ClassBody, Content, Control, Cx, HashSource, Instance, Layout, SlotInfo, SlotInit, Symbol, SymbolMap, Undo,
};
use gc_arena::Gc;
use rustc_hash::{FxHashMap, FxHashSet};

/// A class that does not fit, and why.
pub struct Unfit<'gc> {
    /// The class.
    pub class: Gc<'gc, Class<'gc>>,
    /// An error that says why.
    pub control: Box<Control<'gc>>,
}

/// Computes the order of inheritance and the layouts of these classes, whose bodies are in place, and of all classes below them.
pub fn settle<'gc>(cx: &mut Cx<'_, 'gc>, staged: &[Gc<'gc, Class<'gc>>]) -> Result<(), Unfit<'gc>> {
    let affected = with_subclasses(cx, staged);
    let ordered = bases_first(cx, &affected)?;
    for class in &ordered {
        let unfit = |control| Unfit { class: *class, control };
        if !contains(staged, *class) {
            cx.world.log(|| Undo::class(*class));
        }
        let linearisation = linearise(cx, *class).map_err(unfit)?;
        Class::update(*class, cx.mc, |body| body.linearisation = linearisation);
    }
    let before: Vec<Option<Gc<'gc, Layout<'gc>>>> = ordered.iter().map(|class| class.layout_option()).collect();
    for class in &ordered {
        relayout(cx, *class).map_err(|control| Unfit { class: *class, control })?;
    }
    super::edges::connect(cx, &ordered, &before);
    Ok(())
}

fn contains<'gc>(classes: &[Gc<'gc, Class<'gc>>], class: Gc<'gc, Class<'gc>>) -> bool {
    classes.iter().any(|c| Gc::ptr_eq(*c, class))
}

/// These classes and everything below them that has a layout.
pub(super) fn with_subclasses<'gc>(cx: &Cx<'_, 'gc>, staged: &[Gc<'gc, Class<'gc>>]) -> Vec<Gc<'gc, Class<'gc>>> {
    let mut affected = staged.to_vec();
    let mut known: FxHashSet<*const Class<'gc>> = staged.iter().map(|c| Gc::as_ptr(*c)).collect();
    let mut at = 0;
    while let Some(class) = affected.get(at).copied() {
        at += 1;
        let below = class.body().subclasses.iter().filter_map(|c| c.upgrade(cx.mc)).collect::<Vec<_>>();
        affected.extend(below.into_iter().filter(|c| c.has_layout() && known.insert(Gc::as_ptr(*c))));
    }
    affected
}

/// The classes in an order in which every base stands before the classes below it.
fn bases_first<'gc>(cx: &mut Cx<'_, 'gc>, classes: &[Gc<'gc, Class<'gc>>]) -> Result<Vec<Gc<'gc, Class<'gc>>>, Unfit<'gc>> {
    let set: FxHashSet<*const Class<'gc>> = classes.iter().map(|c| Gc::as_ptr(*c)).collect();
    let mut done: FxHashSet<*const Class<'gc>> = FxHashSet::default();
    let mut ordered = Vec::with_capacity(classes.len());
    for class in classes {
        // The way down to the class that is looked at, with the next base of each.
        let mut path = vec![(*class, 0)];
        while let Some((class, next)) = path.last_mut() {
            let class = *class;
            if done.contains(&Gc::as_ptr(class)) {
                path.pop();
                continue;
            }
            let base = class.body().bases.get(*next).copied();
            *next += 1;
            match base {
                None => {
                    done.insert(Gc::as_ptr(class));
                    ordered.push(class);
                    path.pop();
                }
                Some(base) if path.iter().any(|(c, _)| Gc::ptr_eq(*c, base)) => {
                    let text = format!(
                        "class `{}` cannot inherit from `{}`, which inherits from it",
                        base.name().as_str(),
                        below(&path, base)
                    );
                    return Err(Unfit { class: base, control: cx.type_error(text) });
                }
                Some(base) if set.contains(&Gc::as_ptr(base)) => path.push((base, 0)),
                Some(_) => {}
            }
        }
    }
    Ok(ordered)
}

/// The name of what stands behind `class` on the way.
fn below<'gc>(path: &[(Gc<'gc, Class<'gc>>, usize)], class: Gc<'gc, Class<'gc>>) -> &'gc str {
    let at = path.iter().position(|(c, _)| Gc::ptr_eq(*c, class)).unwrap_or(0);
    path.get(at + 1).map_or(class, |(c, _)| *c).name().as_str()
}

/// C3: the class, then a merge that keeps every base's own order and the order of the bases.
fn linearise<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) -> LinkResult<'gc, Vec<Gc<'gc, Class<'gc>>>> {
    let bases = class.body().bases.clone();
    if let Some(twice) = (1..bases.len()).find(|at| contains(&bases[..*at], bases[*at])) {
        let text = format!("class `{}` has `{}` as a base twice", class.name().as_str(), bases[twice].name().as_str());
        return Err(cx.type_error(text));
    }
    let mut lists: Vec<Vec<Gc<'gc, Class<'gc>>>> = bases.iter().map(|b| b.body().linearisation.clone()).collect();
    lists.push(bases.clone());
    // How many lists have a class behind their head.
    let mut behind: FxHashMap<*const Class<'gc>, usize> = FxHashMap::default();
    for class in lists.iter().flat_map(|list| list.iter().skip(1)) {
        *behind.entry(Gc::as_ptr(*class)).or_default() += 1;
    }
    let mut heads = vec![0; lists.len()];
    let mut result = vec![class];
    loop {
        let mut left = lists.iter().zip(&heads).filter_map(|(list, head)| list.get(*head).copied()).peekable();
        if left.peek().is_none() {
            return Ok(result);
        }
        let Some(head) = left.find(|head| behind.get(&Gc::as_ptr(*head)).is_none_or(|count| *count == 0)) else {
            let names: Vec<&str> = bases.iter().map(|b| b.name().as_str()).collect();
            let text = format!(
                "the bases of class `{}` ({}) contradict each other in their order; change the order or the bases",
                class.name().as_str(),
                names.join(", ")
            );
            return Err(cx.type_error(text));
        };
        if result.len() == limits::BASES_MAX {
            let text = format!(
                "class `{}` inherits from {} classes or more, directly and through others; {} are the most",
                class.name().as_str(),
                limits::BASES_MAX,
                limits::BASES_MAX - 1
            );
            return Err(cx.type_error(text));
        }
        result.push(head);
        for (list, at) in lists.iter().zip(&mut heads) {
            if list.get(*at).is_some_and(|c| Gc::ptr_eq(*c, head)) {
                *at += 1;
                if let Some(count) = list.get(*at).and_then(|next| behind.get_mut(&Gc::as_ptr(*next))) {
                    *count -= 1;
                }
            }
        }
    }
}

/// Computes the layout of a class from its linearisation and makes it the current one. The classes below it have to follow.
pub fn relayout<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) -> LinkResult<'gc, ()> {
    let (slots, index) = slots_of(cx, class)?;
    let layout = make_layout(cx, class, slots, &index);
    cx.world.layouts[layout.id.0 as usize] = Some(layout);
    Class::set_layout(class, cx.mc, layout);
    note_own_hashability(cx, class);
    Ok(())
}

/// The slots of a class, its bases' first.
fn slots_of<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) -> LinkResult<'gc, (Vec<SlotInfo<'gc>>, SymbolMap<'gc, u32>)> {
    let linearisation = class.body().linearisation.clone();
    let mut slots: Vec<SlotInfo<'gc>> = Vec::new();
    let mut index = SymbolMap::default();
    for owner in linearisation.iter().rev() {
        for slot in &owner.body().own_slots {
            let info = SlotInfo { name: slot.name, owner: *owner, init: slot.init, is_transient: slot.is_transient };
            let Some(at) = index.get(&slot.name).copied() else {
                index.insert(slot.name, slots.len() as u32);
                slots.push(info);
                continue;
            };
            let earlier = slots[at as usize].owner;
            if !owner.is_subclass_of(earlier) && !Gc::ptr_eq(*owner, class) {
                let text = format!(
                    "class `{}` gets slot `{}` from two unrelated bases, `{}` and `{}`; rename one or declare it in `{}`",
                    class.name().as_str(),
                    slot.name.as_str(),
                    earlier.name().as_str(),
                    owner.name().as_str(),
                    class.name().as_str()
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
                class.name().as_str(),
                slot.owner.name().as_str(),
                owner.name().as_str()
            );
            return Err(cx.type_error(text));
        }
    }
    if slots.len() > Instance::SLOTS_MAX {
        let text = format!("class `{}` has more than {} slots", class.name().as_str(), Instance::SLOTS_MAX);
        return Err(cx.type_error(text));
    }
    Ok((slots, index))
}

fn make_layout<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    slots: Vec<SlotInfo<'gc>>,
    index: &SymbolMap<'gc, u32>,
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
    let linearisation = class.body().linearisation.clone();
    let overridden = linearisation.iter().any(|c| {
        c.body().own_slots.iter().any(|own| {
            matches!(own.init, SlotInit::Code(_)) && index.get(&own.name).is_some_and(|i| !Gc::ptr_eq(slots[*i as usize].owner, *c))
        })
    });
    let mut fillers: Vec<Value<'gc>> = linearisation.iter().filter_map(|c| c.body().filler.map(Value::Function)).collect();
    if !overridden {
        fillers.reverse();
    }
    let old = class.layout_option();
    let commit = Some(cx.world.commits_tried);
    let is_undo = cx.world.loading.direction.is_undo();
    let same = |old: &Gc<'gc, Layout<'gc>>| {
        let is_same = old.slots.iter().map(|s| s.name).eq(slots.iter().map(|s| s.name));
        let fills = |(old, new): (&SlotInfo<'gc>, &SlotInfo<'gc>)| old.init.is_unset() && !new.init.is_unset();
        let mut pairs = old.slots.iter().zip(&slots);
        // The way back from a layout that gave a slot its first default is a step, too: who goes it has been filled, or is now.
        let is_filling = pairs.any(|(old, new)| fills((old, new)) || is_undo && fills((new, old)));
        is_same && !is_filling && super::edges::renamed_slots(*old, &slots, commit).is_empty()
    };
    let equal = old.filter(same);
    let (id, number) = match (old, equal) {
        (_, Some(equal)) => (equal.id, equal.number),
        (Some(old), None) => (cx.world.fresh_id(), old.number + 1),
        (None, None) => (cx.world.fresh_id(), 1),
    };
    let content = Content { slots, template: template.into(), fresh: fresh.into(), fillers };
    let layout = Layout::new(cx.mc, id, class, number, content);
    if let Some(equal) = equal {
        Layout::adopt_siblings(layout, cx.mc, equal);
    }
    layout
}

/// Where instances of a class, and of the classes below it, get their hash from: a class that defines `==` without `hash` is not hashable.
pub fn note_hashability<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) {
    let mut known: FxHashSet<*const Class<'gc>> = FxHashSet::default();
    let mut left = vec![class];
    while let Some(class) = left.pop() {
        if known.insert(Gc::as_ptr(class)) {
            note_own_hashability(cx, class);
            left.extend(class.body().subclasses.iter().filter_map(|c| c.upgrade(cx.mc)));
        }
    }
}

fn note_own_hashability<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) {
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
    if [eq, hash].iter().any(|name| class.body().members.contains_key(name)) {
        cx.world.has_key_methods = true;
    }
}
