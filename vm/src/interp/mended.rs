//! How an instance gets on for which a step has raised, once a later commit has mended that.
//!
//! The step stays what it is for instances that can take it. For the others it is joined with those after it, up to the first layout in which what has
//! raised is another hook or default. A layout that has the old slots again needs no hook, and a hook that the text no longer has is left out.

use crate::link::read_of_old;
use crate::object::{Class, Cx, Edge, Function, Hook, Layout, SlotInit, Source, Step, Symbol};
use gc_arena::Gc;
use std::cmp::Reverse;

/// What has raised in a step.
#[derive(Clone, Copy)]
pub(super) enum Failed<'gc> {
    /// A hook of its edge.
    Hook(Gc<'gc, Hook<'gc>>),
    /// The default of this slot of the layout that it leads to.
    Default(usize),
}

/// What an instance does instead of the step that has raised.
pub(super) enum WayOn<'gc> {
    /// This step.
    Joined(Gc<'gc, Edge<'gc>>),
    /// The same step, with these hooks alone.
    With(Vec<Gc<'gc, Function<'gc>>>),
}

/// A step and the layout that it leads to.
type StepTo<'gc> = (Gc<'gc, Edge<'gc>>, Gc<'gc, Layout<'gc>>);

impl<'gc> Cx<'_, 'gc> {
    /// What an instance with the layout `from` does instead of a step that has raised; `None` while nothing is mended.
    pub(super) fn way_on(
        &mut self,
        from: Gc<'gc, Layout<'gc>>,
        edge: Gc<'gc, Edge<'gc>>,
        failed: Failed<'gc>,
    ) -> Option<WayOn<'gc>> {
        let steps = self.steps_from(edge);
        let back = (2..=steps.len()).rev().find(|n| Joined::of(from, &steps[..*n]).is_back());
        if let Some(n) = back {
            let joined = Joined { hooks: Vec::new(), ..Joined::of(from, &steps[..n]) };
            return Some(WayOn::Joined(joined.into_edge(self, edge)));
        }
        let mended: Vec<usize> = match failed {
            Failed::Hook(hook) => {
                // The text of a hook that is edited late may be about slots that have come by then.
                let is_by_then = |(edge, _): &StepTo<'gc>| hook.edited_late.get().is_some_and(|commit| edge.commit <= commit);
                let by_then = steps.iter().rposition(is_by_then).map(|at| at + 1);
                let mends = |n: &usize| brings_hook(&steps[n - 1].0, hook.class) || by_then == Some(*n);
                (2..=steps.len()).filter(mends).collect()
            }
            Failed::Default(slot) => mended_default(&steps, slot).into_iter().collect(),
        };
        for n in mended {
            let joined = Joined::of(from, &steps[..n]);
            if self.can_read(from, &joined.hooks, &edge.hooks) {
                return Some(WayOn::Joined(joined.into_edge(self, edge)));
            }
        }
        match failed {
            Failed::Hook(hook) if is_deleted(hook, from) => {
                let kept = edge.hooks.iter().filter(|hook| !is_deleted(**hook, from));
                Some(WayOn::With(kept.filter_map(|hook| hook.function()).collect()))
            }
            _ => None,
        }
    }

    /// A step and those after it.
    fn steps_from(&self, edge: Gc<'gc, Edge<'gc>>) -> Vec<StepTo<'gc>> {
        let mut steps = Vec::new();
        let mut next = Some(edge);
        while let Some(edge) = next {
            let to = self.world.layout(edge.to);
            steps.push((edge, to));
            next = if to.is_current() { None } else { to.edge() };
        }
        steps
    }

    /// Whether hooks other than those `known` read no slots that a layout does not have.
    fn can_read(&mut self, from: Gc<'gc, Layout<'gc>>, hooks: &[Gc<'gc, Hook<'gc>>], known: &[Gc<'gc, Hook<'gc>>]) -> bool {
        let new = hooks.iter().filter(|hook| known.iter().all(|other| !Gc::ptr_eq(*other, **hook)));
        let mut functions = new.filter_map(|hook| hook.function());
        functions.all(|hook| read_of_old(self, hook).iter().all(|name| from.index.contains_key(name)))
    }
}

/// Whether a step has a hook of this class.
fn brings_hook<'gc>(edge: &Edge<'gc>, class: Gc<'gc, Class<'gc>>) -> bool {
    edge.hooks.iter().any(|hook| Gc::ptr_eq(hook.class, class) && hook.function().is_some())
}

/// After how many steps a slot has another default than the first one gives it, or is gone.
fn mended_default(steps: &[StepTo<'_>], slot: usize) -> Option<usize> {
    let text = |init: &SlotInit<'_>| match init {
        SlotInit::Code(function) => Some(function.proto().image.fingerprint),
        _ => None,
    };
    let bad = text(&steps[0].1.slots[slot].init);
    let mut place = slot;
    for (at, (edge, to)) in steps.iter().enumerate().skip(1) {
        let goes_on = |source: &Source<'_>| matches!(source, Source::Old(old) if *old as usize == place);
        match edge.sources.iter().position(goes_on) {
            Some(slot) if text(&to.slots[slot].init) == bad => place = slot,
            _ => return Some(at + 1),
        }
    }
    None
}

/// Whether the text of a hook's class has no hook any more for instances with this layout.
fn is_deleted<'gc>(hook: Gc<'gc, Hook<'gc>>, from: Gc<'gc, Layout<'gc>>) -> bool {
    hook.class.body().hooks.iter().all(|text| text.from.is_some_and(|number| number != from.number))
}

/// Steps that were put together.
struct Joined<'gc> {
    from: Gc<'gc, Layout<'gc>>,
    to: Gc<'gc, Layout<'gc>>,
    /// For each slot of `to`. Places are those of `from`.
    sources: Vec<Source<'gc>>,
    /// What would be in the attic, with its place in `from`.
    discarded: Vec<(Symbol<'gc>, u32)>,
    /// The last hook that each class has brought, bases first.
    hooks: Vec<Gc<'gc, Hook<'gc>>>,
}

impl<'gc> Joined<'gc> {
    fn of(from: Gc<'gc, Layout<'gc>>, steps: &[StepTo<'gc>]) -> Self {
        let sources = (0..from.slots.len() as u32).map(Source::Old).collect();
        let mut joined = Joined { from, to: from, sources, discarded: Vec::new(), hooks: Vec::new() };
        for (edge, to) in steps {
            joined.join(edge, *to);
        }
        joined
    }

    /// Adds a step.
    fn join(&mut self, edge: &Edge<'gc>, to: Gc<'gc, Layout<'gc>>) {
        let before = std::mem::take(&mut self.sources);
        let discarded = &mut self.discarded;
        self.sources.extend(to.slots.iter().zip(&edge.sources).map(|(slot, source)| match *source {
            Source::Old(place) => before[place as usize],
            Source::Shared(value) => Source::Shared(value),
            Source::Default | Source::Back(_) => match discarded.iter().position(|(name, _)| *name == slot.name) {
                Some(at) => Source::Old(discarded.remove(at).1),
                None => *source,
            },
        }));
        for (name, place) in &edge.discarded {
            if let Source::Old(place) = before[*place as usize] {
                discarded.retain(|(other, _)| other != name);
                discarded.push((*name, place));
            }
        }
        for hook in edge.hooks.iter().filter(|hook| hook.function().is_some()) {
            self.hooks.retain(|other| !Gc::ptr_eq(other.class, hook.class));
            self.hooks.push(*hook);
        }
        let body = to.class.body();
        let place = |hook: &Gc<'gc, Hook<'gc>>| body.linearisation.iter().position(|class| Gc::ptr_eq(*class, hook.class));
        self.hooks.sort_by_key(|hook| Reverse(place(hook)));
        self.to = to;
    }

    /// The name that a slot of `to` had in `from`, unless it comes into being.
    fn name_before(&self, i: usize) -> Option<Symbol<'gc>> {
        match self.sources[i] {
            Source::Old(place) => Some(self.from.slots[place as usize].name),
            _ => None,
        }
    }

    /// Whether the slots are the old ones.
    fn is_back(&self) -> bool {
        let slots = &self.to.slots;
        slots.len() == self.from.slots.len() && (0..slots.len()).all(|i| self.name_before(i) == Some(slots[i].name))
    }

    /// The step that takes the place of `edge`; the same one for all instances that take it.
    fn into_edge(self, cx: &Cx<'_, 'gc>, edge: Gc<'gc, Edge<'gc>>) -> Gc<'gc, Edge<'gc>> {
        let same = |other: &Gc<'gc, Edge<'gc>>| {
            let hooks = other.hooks.iter().zip(&self.hooks);
            other.to == self.to.id && other.hooks.len() == self.hooks.len() && hooks.into_iter().all(|(a, b)| Gc::ptr_eq(*a, *b))
        };
        if let Some(known) = edge.joined().filter(same) {
            return known;
        }
        let names: Vec<_> = self.to.slots.iter().enumerate().map(|(i, slot)| (self.name_before(i), slot.name)).collect();
        let step = Step {
            added: names.iter().filter(|(was, _)| was.is_none()).map(|(_, name)| *name).collect(),
            renamed: names.iter().filter_map(|(was, name)| Some((was.filter(|was| was != name)?, *name))).collect(),
            sources: self.sources,
            discarded: self.discarded,
        };
        let joined = Edge::new(cx.mc, self.to.id, edge.commit, step, self.hooks);
        Edge::set_joined(edge, cx.mc, joined);
        joined
    }
}
