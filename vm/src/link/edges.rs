//! Edges between the layouts of a class: made by the commit that replaces one.

use super::late::{self, Place};
use super::renames::{Claim, claims_that_hold};
use crate::heap::Value;
use crate::object::{
    Class, ClassBody, Content, Cx, Direction, Edge, Hook, HookText, Layout, LayoutChange, Member, SlotInfo, Source, Step, Symbol,
    Undo,
};
use gc_arena::Gc;

/// Hangs edges on the layouts that were replaced, and hooks on the edges. `classes` stand bases first, `before` are the layouts that
/// they had.
pub(super) fn connect<'gc>(cx: &mut Cx<'_, 'gc>, classes: &[Gc<'gc, Class<'gc>>], before: &[Option<Gc<'gc, Layout<'gc>>>]) {
    let direction = cx.world.loading.direction;
    connect_with(cx, classes, before, direction, brought_hooks);
}

/// As `connect`; `brought` gives the hooks that each class contributes. The way back has none: it maps slot by slot, and a text that comes back does not
/// bring its hooks again.
fn connect_with<'gc>(
    cx: &mut Cx<'_, 'gc>,
    classes: &[Gc<'gc, Class<'gc>>],
    before: &[Option<Gc<'gc, Layout<'gc>>>],
    direction: Direction,
    brought: impl Fn(&Cx<'_, 'gc>, Gc<'gc, Class<'gc>>) -> Vec<HookText<'gc>>,
) {
    let mut hooks: Vec<Gc<'gc, Hook<'gc>>> = Vec::new();
    for (class, old) in classes.iter().zip(before) {
        let Some(old) = old else { continue };
        let new = class.layout();
        let brought = brought(cx, *class);
        if new.version == old.version {
            for text in brought {
                replace_hook(cx, *class, &text);
            }
            continue;
        }
        let brought = if direction.is_undo() {
            brought.iter().for_each(|text| late::take_back(cx, *class, text));
            Vec::new()
        } else {
            let commit = Some(cx.world.commits_tried);
            brought.into_iter().filter(|text| matches!(late::place(cx, *class, text, *old, commit), Place::Newest)).collect()
        };
        let plain = brought.iter().find(|h| h.from == Some(old.number)).or_else(|| brought.iter().find(|h| h.from.is_none()));
        let hook = Hook::new(cx.mc, *class, plain.map(|h| h.function));
        hook.set_forgives(cx.world.forgives_hooks);
        Class::update(*class, cx.mc, |body| body.open_hook = Some(hook));
        hooks.push(hook);
        // In the order in which the slots stand. The hook of a base that is new to the class is about slots that its instances never had.
        let line = class.body().linearisation.clone();
        let line_before = with_body_before(cx, *class, |body| body.linearisation.clone());
        let runs = |c: &&Gc<'gc, Class<'gc>>| line_before.iter().any(|other| Gc::ptr_eq(*other, **c));
        let own = line.iter().rev().filter(runs).filter_map(|c| hooks.iter().find(|h| Gc::ptr_eq(h.class, *c)).copied()).collect();
        let edge = add_edge(cx, *old, new, own, true);
        match direction {
            Direction::Undo(_) if !line.iter().any(|c| loses_hooks(cx, *c)) => {}
            direction => edge.direction.set(direction),
        }
        for text in brought.iter().filter(|h| h.from.is_some_and(|n| n != old.number)) {
            add_direct(cx, *class, text);
        }
    }
}

/// Makes all instances of a class, and of those below it, obsolete: they get a layout with the same slots, on an edge with the hooks of the
/// class's text.
pub fn make_obsolete<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) {
    cx.world.commits_tried += 1;
    let changes = cx.world.layout_changes.len();
    let classes = super::hierarchy::with_subclasses(cx, &[class]);
    let before: Vec<_> = classes.iter().map(|c| c.layout_option()).collect();
    for (class, old) in classes.iter().zip(&before) {
        let Some(old) = *old else { continue };
        let id = cx.world.fresh_id();
        let content = Content {
            slots: old.slots.clone(),
            template: old.template.clone(),
            fresh: old.fresh.clone(),
            fillers: old.fillers.clone(),
        };
        let layout = Layout::new(cx.mc, id, *class, old.number + 1, content);
        cx.world.layouts[id.0 as usize] = Some(layout);
        Class::set_layout(*class, cx.mc, layout);
    }
    connect_with(
        cx,
        &classes,
        &before,
        Direction::Edit,
        |_, c| if Gc::ptr_eq(c, class) { c.body().hooks.clone() } else { Vec::new() },
    );
    cx.world.layout_changes.truncate(changes);
    cx.clear_inline_caches();
}

/// The hooks of a class that its running text did not have.
fn brought_hooks<'gc>(cx: &Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) -> Vec<HookText<'gc>> {
    let hooks = class.body().hooks.clone();
    let known = with_body_before(cx, class, |body| body.hooks.iter().map(|h| (h.from, h.fingerprint)).collect::<Vec<_>>());
    hooks.into_iter().filter(|h| !known.contains(&(h.from, h.fingerprint))).collect()
}

/// Whether a class had hooks before the commit that is running that its text no longer has.
pub fn loses_hooks<'gc>(cx: &Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) -> bool {
    let now: Vec<_> = class.body().hooks.iter().map(|h| (h.from, h.fingerprint)).collect();
    with_body_before(cx, class, |body| body.hooks.iter().any(|h| !now.contains(&(h.from, h.fingerprint))))
}

/// Looks at the body that a class had before the commit that is running.
pub fn with_body_before<'gc, R>(cx: &Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, look: impl FnOnce(&ClassBody<'gc>) -> R) -> R {
    let start = cx.world.commit_start.unwrap_or(cx.world.undo.len());
    let logged = cx.world.undo[start..].iter().find_map(|undo| match undo {
        Undo::Class(c, body, _) if Gc::ptr_eq(*c, class) => Some(body),
        _ => None,
    });
    match logged {
        Some(body) => look(&body.borrow()),
        None => look(&class.body()),
    }
}

/// The value of the shared slot of this name that a class had before the commit that is running.
fn shared_before<'gc>(cx: &Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>) -> Option<Value<'gc>> {
    let line = with_body_before(cx, class, |body| body.linearisation.clone());
    let member = line.iter().find_map(|c| with_body_before(cx, *c, |body| body.members.get(&name).copied()));
    match member {
        Some(Member::Shared(cell)) => Some(cell.get()),
        _ => None,
    }
}

/// An edited hook takes the place of the one on the open edge.
fn replace_hook<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, text: &HookText<'gc>) {
    let open = class.body().open_hook;
    let from = text.from.filter(|from| from + 1 != class.layout().number);
    match (open, from) {
        (Some(hook), None) => {
            let place = match open_edge_from(cx, class, hook) {
                Some(old) => late::place(cx, class, text, old, None),
                None => Place::Newest,
            };
            match place {
                Place::Newest => late::set_hook(cx, hook, Some(text.function)),
                Place::Back => late::set_hook(cx, hook, None),
                Place::Earlier => {}
            }
        }
        (_, Some(_)) => add_direct(cx, class, text),
        (None, None) => {}
    }
}

/// The layout that the last commit has replaced, with the open edge of this hook.
fn open_edge_from<'gc>(cx: &Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, hook: Gc<'gc, Hook<'gc>>) -> Option<Gc<'gc, Layout<'gc>>> {
    let now = class.layout();
    let is_open = |edge: Gc<'gc, Edge<'gc>>| edge.to == now.version && edge.hooks.iter().any(|other| Gc::ptr_eq(*other, hook));
    let mut layouts = cx.world.layouts.iter().flatten().filter(|old| Gc::ptr_eq(old.class, class) && old.number + 1 == now.number);
    layouts.find(|old| old.edge().is_some_and(is_open)).copied()
}

/// `migrate from n`: an edge from layout n to the current one.
fn add_direct<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, text: &HookText<'gc>) {
    let named = |layout: &Gc<'gc, Layout<'gc>>| {
        Gc::ptr_eq(layout.class, class) && Some(layout.number) == text.from && layout.id == layout.version && !layout.is_current()
    };
    let Some(old) = cx.world.layouts.iter().flatten().find(|layout| named(layout)).copied() else { return };
    let hook = Hook::new(cx.mc, class, Some(text.function));
    hook.set_forgives(cx.world.forgives_hooks);
    add_edge(cx, old, class.layout(), vec![hook], false);
}

/// Hangs an edge on `old`. `is_next`: it is the step of the commit that replaces `old`.
fn add_edge<'gc>(
    cx: &mut Cx<'_, 'gc>,
    old: Gc<'gc, Layout<'gc>>,
    new: Gc<'gc, Layout<'gc>>,
    hooks: Vec<Gc<'gc, Hook<'gc>>>,
    is_next: bool,
) -> Gc<'gc, Edge<'gc>> {
    let step = step_of(cx, old, new, is_next.then_some(cx.world.commits_tried));
    if is_next {
        close_edges_into(cx, old);
        let has_hook = hooks.iter().any(|hook| hook.function().is_some());
        let change = describe(cx, old, new, &step, has_hook);
        cx.world.layout_changes.push(change);
        if !old.class.body().written.is_empty() {
            Layout::keep_written(old, cx.mc);
        }
    }
    let edge = Edge::new(cx.mc, new.id, cx.world.commits_tried, step, hooks);
    let previous = old.edge();
    cx.world.log(|| Undo::Edge(old, previous));
    Layout::set_edge(old, cx.mc, Some(edge));
    edge
}

/// The edges into a layout that is no longer the current one forget what crossed them.
fn close_edges_into<'gc>(cx: &Cx<'_, 'gc>, layout: Gc<'gc, Layout<'gc>>) {
    for other in cx.world.layouts.iter().flatten() {
        for edge in other.edge().into_iter().flat_map(Edge::with_joined).filter(|edge| edge.to == layout.version) {
            Edge::close(edge, cx.mc);
        }
    }
}

/// The slots that go on with values of others: pairs of new and old names. `commit` is the one that brings the new slots, if it replaces these old ones.
pub(super) fn renamed_slots<'gc>(
    old: Gc<'gc, Layout<'gc>>,
    slots: &[SlotInfo<'gc>],
    commit: Option<u32>,
) -> Vec<(Symbol<'gc>, Symbol<'gc>)> {
    let claims = slots.iter().filter_map(|slot| {
        let was = slot.owner.body().was.get(&slot.name).copied()?;
        Some(Claim { name: slot.name, was: was.from, is_new: was.since.is_some() && was.since == commit })
    });
    claims_that_hold(claims, |name| old.index.contains_key(&name), |name| slots.iter().any(|slot| slot.name == name))
}

/// Where the slots of `new` come from. Instances of `old` may be of another class.
pub fn step_between<'gc>(cx: &Cx<'_, 'gc>, old: Gc<'gc, Layout<'gc>>, new: Gc<'gc, Layout<'gc>>) -> Step<'gc> {
    step_of(cx, old, new, None)
}

fn step_of<'gc>(cx: &Cx<'_, 'gc>, old: Gc<'gc, Layout<'gc>>, new: Gc<'gc, Layout<'gc>>, commit: Option<u32>) -> Step<'gc> {
    let renamed = renamed_slots(old, &new.slots, commit);
    let mut step = Step { sources: Vec::new(), added: Vec::new(), discarded: Vec::new(), renamed: Vec::new() };
    let mut moved = vec![false; old.slots.len()];
    for slot in &new.slots {
        let was = renamed.iter().find(|(name, _)| *name == slot.name).map(|(_, was)| *was);
        let is_taken = renamed.iter().any(|(_, was)| *was == slot.name);
        let source = if let Some(was) = was {
            step.renamed.push((was, slot.name));
            Source::Old(old.index[&was])
        } else if let Some(i) = old.index.get(&slot.name).filter(|_| !is_taken) {
            Source::Old(*i)
        } else {
            step.added.push(slot.name);
            let was = || was_shared(cx, new, slot, commit);
            let is_edit = cx.world.loading.direction == Direction::Edit;
            let source = if is_edit { Source::Shared } else { Source::Back };
            shared_before(cx, new.class, slot.name).or_else(was).map_or(Source::Default, source)
        };
        if let Source::Old(i) = source {
            moved[i as usize] = true;
        }
        step.sources.push(source);
    }
    let left = old.slots.iter().enumerate().filter(|(i, _)| !moved[*i]);
    step.discarded = left.map(|(i, slot)| (slot.name, i as u32)).collect();
    step
}

/// The value of the shared slot that a new slot says it was, if that leaves with the commit.
fn was_shared<'gc>(cx: &Cx<'_, 'gc>, new: Gc<'gc, Layout<'gc>>, slot: &SlotInfo<'gc>, commit: Option<u32>) -> Option<Value<'gc>> {
    let was = slot.owner.body().was.get(&slot.name).copied().filter(|was| was.since.is_some() && was.since == commit)?;
    let claims = |other: &SlotInfo<'gc>| other.owner.body().was.get(&other.name).is_some_and(|other| other.from == was.from);
    if new.slots.iter().take_while(|other| other.name != slot.name).any(claims) {
        return None;
    }
    let stays = new.class.find(was.from).is_some() || new.index.contains_key(&was.from);
    if stays { None } else { shared_before(cx, new.class, was.from) }
}

fn describe<'gc>(
    cx: &Cx<'_, 'gc>,
    old: Gc<'gc, Layout<'gc>>,
    new: Gc<'gc, Layout<'gc>>,
    step: &Step<'gc>,
    has_hook: bool,
) -> LayoutChange {
    let text = |name: Symbol<'gc>| name.as_str().to_owned();
    let was_shared = step.added.iter().filter(|name| shared_before(cx, new.class, **name).is_some());
    let is_shared =
        step.discarded.iter().map(|(name, _)| name).filter(|name| matches!(new.class.find(**name), Some((_, Member::Shared(_)))));
    let slots = || new.slots.iter().zip(&step.sources);
    // In an undo the values are those that the slots had.
    let is_unset = |(slot, source): &(&SlotInfo<'gc>, &Source<'gc>)| matches!(source, Source::Default) && slot.init.is_unset();
    let unset = slots().filter(|pair| !has_hook && !cx.world.loading.direction.is_undo() && is_unset(pair));
    let is_filled = |(slot, source): &(&SlotInfo<'gc>, &Source<'gc>)| match source {
        Source::Old(place) => old.slots[*place as usize].init.is_unset() && !slot.init.is_unset(),
        _ => false,
    };
    let places = step.sources.iter().filter_map(|source| if let Source::Old(place) = source { Some(*place) } else { None });
    LayoutChange {
        class: new.class.qualified().to_string(),
        from: old.number,
        to: new.number,
        added: step.added.iter().copied().map(text).collect(),
        discarded: step.discarded.iter().map(|(name, _)| text(*name)).collect(),
        renamed: step.renamed.iter().map(|(old, new)| (text(*old), text(*new))).collect(),
        shared: was_shared.chain(is_shared).copied().map(text).collect(),
        unset: unset.map(|(slot, _)| text(slot.name)).collect(),
        filled: slots().filter(is_filled).map(|(slot, _)| text(slot.name)).collect(),
        is_reordered: !places.is_sorted(),
        old: old.version,
        instances: None,
    }
}
