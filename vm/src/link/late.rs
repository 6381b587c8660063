//! Hooks that are edited when the slots that they read have long left: they stay with the instances that still have these.

use super::edges::{renamed_slots, with_body_before};
use super::reads::read_of_old;
use crate::object::{Class, Cx, Edge, Function, Hook, HookText, LateHook, Layout, Symbol, Undo};
use gc_arena::Gc;

/// What becomes of an edited hook.
pub(super) enum Place {
    /// It is one of the newest edge.
    Newest,
    /// The newest edge goes on with what it has.
    Earlier,
    /// The newest edge has had its text, which stands on an earlier one, too: that is where it is from.
    Back,
}

/// The text, before the commit that is running, of the hook that a text is an edit of.
fn text_before<'gc>(cx: &Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, text: &HookText<'gc>) -> Option<u64> {
    if text.from.is_some() {
        return None;
    }
    let before = with_body_before(cx, class, |body| body.hooks.iter().find(|h| h.from.is_none()).map(|h| h.fingerprint));
    before.filter(|before| *before != text.fingerprint)
}

/// What the hook of a class read of `old` before the commit that is running.
fn reads_before<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>) -> Vec<Symbol<'gc>> {
    let before = with_body_before(cx, class, |body| body.hooks.iter().find(|h| h.from.is_none()).map(|h| h.function));
    before.map_or_else(Vec::new, |function| read_of_old(cx, function))
}

/// The hook of the last edge of a class that has this text and that `fits`.
fn find<'gc>(
    cx: &Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    text: u64,
    fits: impl Fn(Gc<'gc, Layout<'gc>>, Gc<'gc, Edge<'gc>>, Gc<'gc, Hook<'gc>>) -> bool,
) -> Option<Gc<'gc, Hook<'gc>>> {
    let layouts = cx.world.layouts.iter().flatten().filter(|layout| Gc::ptr_eq(layout.class, class));
    let edges = layouts.filter_map(|layout| Some((*layout, layout.edge()?)));
    let hooks = edges.flat_map(|(layout, edge)| edge.hooks.clone().into_iter().map(move |hook| (layout, edge, hook)));
    let is_it = |hook: Gc<'gc, Hook<'gc>>| {
        Gc::ptr_eq(hook.class, class) && hook.function().is_some_and(|function| function.proto().image.fingerprint == text)
    };
    let found = hooks.filter(|(layout, edge, hook)| is_it(*hook) && fits(*layout, *edge, *hook));
    found.max_by_key(|(_, edge, _)| edge.commit).map(|(_, _, hook)| hook)
}

/// Decides for the text of a hook whether it is for the step from `old`, and edits the earlier hook otherwise. `commit` is the one that
/// makes this step, if it is the one that is running.
pub(super) fn place<'gc>(
    cx: &mut Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    text: &HookText<'gc>,
    old: Gc<'gc, Layout<'gc>>,
    commit: Option<u32>,
) -> Place {
    let Some(before) = text_before(cx, class, text) else { return Place::Newest };
    let renamed = match old.edge() {
        Some(edge) if commit.is_none() => edge.renamed.clone(),
        _ => renamed_slots(old, &class.layout().slots, commit).into_iter().map(|(new, old)| (old, new)).collect(),
    };
    let reads = read_of_old(cx, text.function);
    let is_there = |name: &Symbol<'gc>| old.index.contains_key(name) || renamed.iter().any(|(_, new)| new == name);
    let missing: Vec<Symbol<'gc>> = reads.iter().copied().filter(|name| !is_there(name)).collect();
    if missing.is_empty() {
        return Place::Newest;
    }
    let is_earlier = |layout: Gc<'gc, Layout<'gc>>| !Gc::ptr_eq(layout, old);
    let open = if commit.is_none() { class.body().open_hook } else { None };
    let is_open = |hook| open.is_some_and(|open| Gc::ptr_eq(open, hook));
    let can_read = |layout: Gc<'gc, Layout<'gc>>| reads.iter().all(|name| layout.index.contains_key(name));
    let place = if let Some(hook) = find(cx, class, before, |layout, _, _| is_earlier(layout) && can_read(layout)) {
        edit(cx, hook, text.function);
        Place::Earlier
    } else if open.is_some_and(|open| open.function().is_some_and(|f| f.proto().image.fingerprint == before)) {
        match find(cx, class, text.fingerprint, |layout, _, hook| is_earlier(layout) && !is_open(hook)) {
            Some(_) => Place::Back,
            None => return Place::Newest,
        }
    } else {
        // The layouts that it is about may be gone. A name that the text before did not read either is a slip, and raises until it is mended.
        let known = reads_before(cx, class);
        if !missing.iter().all(|name| known.contains(name)) {
            return Place::Newest;
        }
        Place::Earlier
    };
    if !cx.world.loading.direction.is_undo() {
        let proto = text.function.proto();
        cx.world.loading.hooks_late.push(LateHook {
            class: class.qualified().to_string(),
            layout: old.number,
            missing: missing.iter().map(|name| name.as_str().to_owned()).collect(),
            source: proto.image.source.clone(),
            span: proto.image.span,
        });
    }
    place
}

/// An undo gives hooks that were edited late the texts back that they had.
pub(super) fn take_back<'gc>(cx: &mut Cx<'_, 'gc>, class: Gc<'gc, Class<'gc>>, text: &HookText<'gc>) {
    let Some(now) = text_before(cx, class, text) else { return };
    if let Some(hook) = find(cx, class, now, |_, _, hook| hook.edited_late.get().is_some()) {
        edit(cx, hook, text.function);
    }
}

fn edit<'gc>(cx: &mut Cx<'_, 'gc>, hook: Gc<'gc, Hook<'gc>>, function: Gc<'gc, Function<'gc>>) {
    set_hook(cx, hook, Some(function));
    hook.edited_late.set(Some(cx.world.commits_tried));
}

/// Gives a hook another function.
pub(super) fn set_hook<'gc>(cx: &mut Cx<'_, 'gc>, hook: Gc<'gc, Hook<'gc>>, function: Option<Gc<'gc, Function<'gc>>>) {
    let (old, forgave, late) = (hook.function(), hook.forgives(), hook.edited_late.get());
    cx.world.log(|| Undo::Hook(hook, old, forgave, late));
    Hook::set(hook, cx.mc, function);
    hook.set_forgives(cx.world.forgives_hooks);
}
