//! Which layout an instance of a snapshot gets.
//!
//! 1. A layout of its class that this VM knows and that has the written slots: that of the written number, if it is among them, else the current one, else
//!    the newest. If it is not the current one the instance is obsolete and takes the way of all others.
//! 2. Otherwise the snapshot comes from a program with another history. The instance gets a layout that is made of the written slots, with an edge to the
//!    current one: slots keep their values by name, also by the `was` that is in the text, others get their defaults, and what has no place goes to the attic. A hook
//!    of the text runs if every old slot that it reads was written and one of them has left the class: then it is about such an instance.
//!
//! Slots that were left out, transient ones, start as in a new instance.

use crate::heap::Value;
use crate::link::read_of_old;
use crate::link::step_between;
use crate::object::{Class, Content, Cx, Edge, Function, Hook, Instance, Layout, LayoutId, List, Map, SlotInfo, SlotInit, Symbol};
use gc_arena::Gc;
use std::rc::Rc;

/// The number of the commit of edges that belong to snapshots: none.
const NO_COMMIT: u32 = 0;

/// How the instances of a class that were written with the same slots are made.
pub(super) struct Shape<'gc> {
    layout: Gc<'gc, Layout<'gc>>,
    /// For each written slot its place.
    pub(super) places: Vec<usize>,
    /// Initial contents, with room for the slots of the current layout.
    template: Vec<Value<'gc>>,
}

impl<'gc> Shape<'gc> {
    /// The shape of instances of a class that were written with this layout number and these slots.
    pub(super) fn of(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, number: u32, names: &[Symbol<'gc>]) -> Rc<Self> {
        let known = known_layout(cx, class, number, names);
        let target = known.unwrap_or_else(|| class.layout());
        let is_left = |slot: &SlotInfo<'gc>| !names.contains(&slot.name);
        let needs_code = target.slots.iter().any(|slot| is_left(slot) && matches!(slot.init, SlotInit::Code(_)));
        let layout = match known {
            Some(_) if !needs_code => target,
            // The defaults run when the instance takes the step.
            Some(_) => layout_of_data(cx, target, number, names, Vec::new()),
            None => {
                let hooks = fitting_hooks(cx, class, number, names);
                layout_of_data(cx, target, number, names, hooks)
            }
        };
        let places = names.iter().map(|name| layout.index[name] as usize).collect();
        let mut template = layout.template.to_vec();
        template.resize(template.len().max(class.layout().slots.len()), Value::Nil);
        Rc::new(Shape { layout, places, template })
    }

    /// A new instance, without the written values.
    pub(super) fn instance(&self, cx: &Cx<'_, 'gc>) -> Gc<'gc, Instance<'gc>> {
        let instance = Instance::new(cx.mc, self.layout.id, &self.template);
        cx.world.charge(24 + 16 * instance.capacity());
        for (place, is_map) in &self.layout.fresh {
            let value = if *is_map { Value::Map(Map::new(cx.mc)) } else { Value::List(List::new(cx.mc, Vec::new())) };
            Instance::set_slot(instance, cx.mc, *place as usize, value);
        }
        instance
    }
}

/// A layout that an edit has made, and not a snapshot, with these slots.
fn known_layout<'gc>(
    cx: &Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    number: u32,
    names: &[Symbol<'gc>],
) -> Option<Gc<'gc, Layout<'gc>>> {
    let fits = |layout: &Gc<'gc, Layout<'gc>>| {
        Gc::ptr_eq(layout.class, class)
            && layout.id == layout.version
            && layout.edge().is_none_or(|edge| edge.commit != NO_COMMIT)
            && names.iter().all(|name| layout.index.contains_key(name))
            && layout.slots.iter().all(|slot| names.contains(&slot.name) || slot.is_transient)
    };
    let known = cx.world.layouts.iter().flatten().copied().filter(fits);
    known.max_by_key(|layout| (layout.number == number, layout.is_current(), layout.id))
}

/// A layout with these slots, from which an edge leads to `to`. One that an earlier snapshot has needed serves again.
fn layout_of_data<'gc>(
    cx: &mut Cx<'_, 'gc>,
    to: Gc<'gc, Layout<'gc>>,
    number: u32,
    names: &[Symbol<'gc>],
    hooks: Vec<Gc<'gc, Hook<'gc>>>,
) -> Gc<'gc, Layout<'gc>> {
    let class = to.class;
    let slot = |name: &Symbol<'gc>| SlotInfo { name: *name, owner: class, init: SlotInit::Unset, is_transient: false };
    let make = |cx: &Cx<'_, 'gc>, id: LayoutId| {
        let template = vec![Value::Unset; names.len()].into();
        let content = Content { slots: names.iter().map(slot).collect(), template, ..Content::empty() };
        Layout::new(cx.mc, id, class, number, content)
    };
    let step = step_between(cx, make(cx, LayoutId(0)), to);
    let texts = |hooks: &[Gc<'gc, Hook<'gc>>]| hooks.iter().map(|hook| text_of(hook)).collect::<Vec<_>>();
    let serves = |other: &Gc<'gc, Layout<'gc>>| {
        let Some(edge) = other.edge().filter(|edge| edge.commit == NO_COMMIT && edge.to == to.id) else { return false };
        Gc::ptr_eq(other.class, class)
            && other.number == number
            && other.slots.iter().map(|slot| slot.name).eq(names.iter().copied())
            && edge.renamed == step.renamed
            && texts(&edge.hooks) == texts(&hooks)
    };
    if let Some(other) = cx.world.layouts.iter().flatten().find(|other| serves(other)) {
        return *other;
    }
    let id = cx.world.fresh_id();
    let layout = make(cx, id);
    let edge = Edge::new(cx.mc, to.id, NO_COMMIT, step, hooks);
    Layout::set_edge(layout, cx.mc, Some(edge));
    cx.world.layouts[id.0 as usize] = Some(layout);
    layout
}

/// The hooks of a class and its bases, bases first, that are about instances with these slots.
fn fitting_hooks<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    number: u32,
    names: &[Symbol<'gc>],
) -> Vec<Gc<'gc, Hook<'gc>>> {
    let current = class.layout();
    let line = class.body().linearisation.clone();
    let mut hooks = Vec::new();
    for owner in line.iter().rev() {
        let text = {
            let body = owner.body();
            let own = body.hooks.iter().find(|hook| hook.from == Some(number) && Gc::ptr_eq(*owner, class));
            own.or_else(|| body.hooks.iter().find(|hook| hook.from.is_none())).copied()
        };
        let Some(text) = text else { continue };
        let reads = read_of_old(cx, text.function);
        let is_known = reads.iter().all(|name| names.contains(name));
        if is_known && reads.iter().any(|name| !current.index.contains_key(name)) {
            hooks.push(hook_of_text(cx, *owner, text.function));
        }
    }
    hooks
}

/// A hook with the function of a text. An edit of it reaches instances that still wait.
fn hook_of_text<'gc>(cx: &Cx<'_, 'gc>, owner: Gc<'gc, Class<'gc>>, function: Gc<'gc, Function<'gc>>) -> Gc<'gc, Hook<'gc>> {
    let open = owner.body().open_hook;
    if let Some(open) = open.filter(|open| text_of(open) == Some(function.proto().image.fingerprint)) {
        return open;
    }
    let hook = Hook::new(cx.mc, owner, Some(function));
    if open.is_none() {
        Class::update(owner, cx.mc, |body| body.open_hook = Some(hook));
    }
    hook
}

/// The hash of a hook's text.
fn text_of(hook: &Hook<'_>) -> Option<u64> {
    hook.function().map(|function| function.proto().image.fingerprint)
}
