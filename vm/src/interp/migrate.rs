//! Migration: an obsolete instance walks the edges from its layout to its class's current one, before its first access.
//!
//! See docs/design/layouts.md.

use super::mended::{Failed, WayOn};
use crate::heap::Value;
use crate::object::{
    Control, Crossing, Cx, Direction, Edge, EnumValue, ErrorKind, Fiber, Function, Hook, Instance, Layout, LayoutId, List, Map,
    NativeResult, SlotInit, Source, Undo, World,
};
use crate::ops::{self, Resume, and_then, call_then, suspend};
use gc_arena::{Collect, Gc};

fn address<'gc>(instance: Gc<'gc, Instance<'gc>>) -> usize {
    Gc::as_ptr(instance) as usize
}

impl<'gc> World<'gc> {
    /// Whether an instance must be migrated before it is used.
    #[inline]
    pub fn is_obsolete(&self, instance: Gc<'gc, Instance<'gc>>) -> bool {
        !self.layout(instance.layout()).is_current() && !self.migrating.contains_key(&address(instance))
    }

    /// Whether what is found out about a receiver may be remembered under its layout's id.
    pub(super) fn is_cacheable(&self, receiver: &Value<'gc>) -> bool {
        match receiver {
            Value::Instance(instance) => self.layout(instance.layout()).is_current(),
            _ => true,
        }
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Brings a value to the current layout of its class, if it is an obsolete instance, or replaces an obsolete value of an enum. Gives nil, at once or after the calls it
    /// asks for.
    #[inline]
    pub fn migrate(&mut self, value: Value<'gc>) -> NativeResult<'gc> {
        match value {
            Value::Instance(instance) if self.world.is_obsolete(instance) => self.migrate_before(instance, None),
            Value::EnumValue(value) if EnumValue::is_obsolete(value) => self.replace_value(value),
            _ => Ok(Value::Nil),
        }
    }

    /// Brings an instance to the current layout of its class if nothing of the program has to run for that; whether it is up to date now.
    pub(crate) fn migrate_now(&mut self, instance: Gc<'gc, Instance<'gc>>) -> bool {
        if !self.world.is_obsolete(instance) || self.migrate_before(instance, None).is_ok() {
            return true;
        }
        // What has begun is left before its first call.
        self.put_back(instance);
        false
    }

    /// As [`Self::migrate`], for an instruction of so many words that runs again if the program has to be called.
    #[inline]
    pub(super) fn migrate_for(&mut self, value: Value<'gc>, words: usize) -> Result<(), Box<Control<'gc>>> {
        self.migrate(value).map(|_| ()).map_err(|first| Box::new(Control::Again { words, first }))
    }

    /// Walks the edges that were made before commit `until`, or all.
    fn migrate_before(&mut self, instance: Gc<'gc, Instance<'gc>>, until: Option<u32>) -> NativeResult<'gc> {
        loop {
            let layout = self.world.layout(instance.layout());
            if layout.is_current() {
                return Ok(Value::Nil);
            }
            let edge = match self.world.layout(layout.version).edge() {
                Some(edge) => edge,
                None => self.edge_by_name(layout),
            };
            if until.is_some_and(|until| edge.commit >= until) {
                return Ok(Value::Nil);
            }
            if let Err(control) = self.cross(instance, edge, Vec::new()) {
                return suspend(self, control, Walk { instance, until });
            }
        }
    }

    /// The step from a layout that no commit has replaced: slots keep their values by name.
    fn edge_by_name(&mut self, layout: Gc<'gc, Layout<'gc>>) -> Gc<'gc, Edge<'gc>> {
        let to = layout.class.layout();
        let step = crate::link::step_between(self, layout, to);
        Edge::new(self.mc, to.id, 0, step, Vec::new())
    }

    /// Crosses one edge. `more` are hooks that run after those of the edge.
    pub(super) fn cross(
        &mut self,
        instance: Gc<'gc, Instance<'gc>>,
        edge: Gc<'gc, Edge<'gc>>,
        more: Vec<Gc<'gc, Function<'gc>>>,
    ) -> NativeResult<'gc> {
        let mut hooks: Vec<_> = edge.hooks.iter().filter_map(|hook| hook.function()).collect();
        hooks.extend(more);
        self.cross_with(instance, edge, hooks)
    }

    /// Crosses one edge with these hooks instead of its own.
    fn cross_with(
        &mut self,
        instance: Gc<'gc, Instance<'gc>>,
        edge: Gc<'gc, Edge<'gc>>,
        mut hooks: Vec<Gc<'gc, Function<'gc>>>,
    ) -> NativeResult<'gc> {
        let from = self.world.layout(instance.layout());
        let to = self.world.layout(edge.to);
        let old: Vec<Value<'gc>> = (0..from.slots.len()).map(|i| Instance::get(instance, &from, i)).collect();
        let raw = Instance::raw(instance);
        let mut attic = Attic::of(instance, from);
        let mut values = Vec::with_capacity(to.slots.len());
        let mut defaults = Vec::new();
        for (i, slot) in to.slots.iter().enumerate() {
            values.push(match edge.sources[i] {
                Source::Old(place) => old[place as usize],
                Source::Shared(value) => value,
                Source::Back(value) => attic.take(Value::Str(slot.name.0)).unwrap_or(value),
                Source::Default => attic.take(Value::Str(slot.name.0)).unwrap_or(Value::Unset),
            });
            // Also a slot that the instance has had without a value.
            if !values[i].is_unset() {
                continue;
            }
            match slot.init {
                SlotInit::Unset => {}
                SlotInit::Value(value) => values[i] = value,
                SlotInit::EmptyList => values[i] = Value::List(List::new(self.mc, Vec::new())),
                SlotInit::EmptyMap => values[i] = Value::Map(Map::new(self.mc)),
                SlotInit::Code(function) => defaults.push((i, function)),
            }
        }
        for (name, place) in &edge.discarded {
            let value = old[*place as usize];
            if !value.is_unset() {
                attic.put(Value::Str(name.0), value);
            }
        }
        match edge.direction.get() {
            Direction::Undo(commit) => attic.put(Value::Int(commit.into()), Value::Nil),
            Direction::Redo(commit) if attic.take(Value::Int(commit.into())).is_some() => {
                hooks.retain(|hook| !edge.has_hook(*hook));
            }
            _ => {}
        }
        let (layout, content) = self.arrange(instance, to, values, attic);
        let (mc, id) = (self.mc, instance.layout());
        self.world.log(|| Undo::Instance(instance, id, raw.clone()));
        if defaults.is_empty() && hooks.is_empty() {
            Instance::replace(instance, mc, layout, &content);
            return Ok(Value::Nil);
        }
        let view = if hooks.is_empty() { None } else { Some(self.view(from, edge, &old)) };
        if let Some(view) = view
            && hooks.iter().any(|hook| lets_go_of_old(hook))
        {
            Edge::note_crossing(edge, mc, instance, view);
        }
        let (depth, fiber) = (self.world.parked.len(), self.world.fiber);
        self.world.migrating.insert(address(instance), Crossing { instance, layout: id, raw, depth, fiber });
        Instance::replace(instance, mc, layout, &content);
        defaults.reverse();
        hooks.reverse();
        Steps { instance, from, to, edge, view, defaults, hooks, running: None }.go(self)
    }

    /// The layout and the raw content of an instance that gets these slots.
    fn arrange(
        &mut self,
        instance: Gc<'gc, Instance<'gc>>,
        to: Gc<'gc, Layout<'gc>>,
        mut values: Vec<Value<'gc>>,
        attic: Attic<'gc>,
    ) -> (LayoutId, Vec<Value<'gc>>) {
        let room = instance.capacity();
        let needs_extra = values.len() > room || !attic.0.is_empty();
        if !needs_extra {
            return (to.id, values);
        }
        let attic = attic.into_value(self);
        let inside = room - 1;
        let mut extra = vec![attic];
        let layout = if values.len() <= inside {
            to
        } else {
            extra.extend(values.drain(inside..));
            let world = &mut *self.world;
            let sibling = Layout::sibling(to, self.mc, || world.fresh_id(), inside as u32);
            world.layouts[sibling.id.0 as usize] = Some(sibling);
            sibling
        };
        values.resize(inside, Value::Nil);
        self.world.charge(80 + 16 * extra.len());
        values.push(Value::List(List::new(self.mc, extra)));
        (layout.id, values)
    }

    /// What hooks get as `old`: an instance of a class of its own, with the slots of the old layout.
    fn view(&mut self, from: Gc<'gc, Layout<'gc>>, edge: Gc<'gc, Edge<'gc>>, old: &[Value<'gc>]) -> Gc<'gc, Instance<'gc>> {
        let layout = match edge.view() {
            Some(layout) => layout,
            None => {
                let layout = super::old::make_view_layout(self, from, edge);
                Edge::set_view(edge, self.mc, layout);
                layout
            }
        };
        let view = Instance::new(self.mc, layout.id, &layout.template);
        self.world.charge(24 + 16 * view.capacity());
        for (i, value) in old.iter().enumerate() {
            Instance::set_slot(view, self.mc, i, *value);
        }
        view
    }

    /// `old(other)`: another instance as it was before the commit whose hook runs.
    pub(super) fn old_of(&mut self, edge_commit: u32, other: Gc<'gc, Instance<'gc>>) -> NativeResult<'gc> {
        if self.world.is_obsolete(other) {
            let walked = self.migrate_before(other, Some(edge_commit));
            return and_then(self, walked, OldOf { commit: edge_commit, other });
        }
        Ok(self.old_now(edge_commit, other))
    }

    /// As `old_of`, once all steps before the commit are done.
    fn old_now(&mut self, commit: u32, other: Gc<'gc, Instance<'gc>>) -> Value<'gc> {
        let layout = self.world.layout(other.layout());
        let layout = self.world.layout(layout.version);
        if let (Some(edge), false) = (layout.edge(), self.world.migrating.contains_key(&address(other))) {
            let old: Vec<Value<'gc>> = (0..layout.slots.len()).map(|i| Instance::get(other, &layout, i)).collect();
            return Value::Instance(self.view(layout, edge, &old));
        }
        let edges: Vec<_> = self.world.layouts.iter().flatten().filter_map(|l| l.edge()).collect();
        let crossed =
            edges.into_iter().flat_map(Edge::with_joined).filter(|e| e.commit == commit).find_map(|e| e.crossed(self.mc, other));
        Value::Instance(crossed.unwrap_or(other))
    }

    /// Puts an instance back whose migration was given up.
    fn put_back(&mut self, instance: Gc<'gc, Instance<'gc>>) {
        if let Some(crossing) = self.world.migrating.remove(&address(instance)) {
            Instance::replace(instance, self.mc, crossing.layout, &crossing.raw);
        }
    }

    /// Puts back all instances that set out on a stack that is given up.
    pub(crate) fn abandon_migrations(&mut self) {
        let depth = self.world.parked.len();
        if depth == 0 {
            self.world.replacing = 0;
        }
        let left: Vec<_> = self.world.migrating.values().filter(|c| c.depth >= depth).map(|c| c.instance).collect();
        for instance in left {
            self.put_back(instance);
        }
    }

    /// Refuses to let others go on while an instance that set out in what runs is half way: they would see it so.
    pub(super) fn refuse_halfway(&mut self, fiber: Option<Gc<'gc, Fiber<'gc>>>, verb: &str) -> Result<(), Box<Control<'gc>>> {
        let depth = self.world.parked.len();
        let is_of = |crossing: &Crossing<'gc>| {
            crossing.depth == depth && fiber.is_none_or(|fiber| crossing.fiber.is_some_and(|other| Gc::ptr_eq(other, fiber)))
        };
        let Some(crossing) = self.world.migrating.values().find(|crossing| is_of(crossing)) else { return Ok(()) };
        let class = self.world.layout(crossing.layout).class.name().as_str();
        let message = format!(
            "a migration hook or slot default cannot {verb}, since an instance of `{class}` would be seen half migrated meanwhile; \
             do that before the edit, or bring the instance into its final state afterwards"
        );
        Err(self.raise(ErrorKind::ReloadError, message))
    }

    /// MigrationError.
    fn migration_error(
        &mut self,
        instance: Gc<'gc, Instance<'gc>>,
        from: Gc<'gc, Layout<'gc>>,
        to: Gc<'gc, Layout<'gc>>,
        cause: Value<'gc>,
    ) -> Value<'gc> {
        let class = to.class.name().as_str();
        let kind = self.type_name(&cause);
        let what = ops::error_message(self, &cause);
        let message =
            format!("an instance of `{class}` cannot follow from layout {} to {}: {kind}: {what}", from.number, to.number);
        let error = self.new_error(ErrorKind::MigrationError, &message);
        let values = [
            ("cause", cause),
            ("instance", Value::Instance(instance)),
            ("from", Value::Int(i64::from(from.number))),
            ("to", Value::Int(i64::from(to.number))),
        ];
        for (name, value) in values {
            let name = self.world.intern(self.mc, name);
            self.set_error_part(error, name, value);
        }
        Value::Instance(error)
    }
}

/// Whether a hook does more with its `old` than read its slots: then instances leave their old values at the edge.
fn lets_go_of_old(hook: &Function<'_>) -> bool {
    use crate::bytecode::{Insn, Op};
    const OLD: u8 = 1;
    let image = &hook.proto().image;
    if !image.nested.is_empty() {
        return true;
    }
    let mut at = 0;
    while let Some(op) = image.code.get(at).and_then(|word| Op::from_byte(Insn(*word).op_byte())) {
        let insn = Insn(image.code[at]);
        let passes = match op {
            Op::Move | Op::SetAttr => insn.b() == OLD,
            Op::SetGlobal | Op::Return => insn.a() == OLD,
            Op::SetIndex => insn.c() == OLD,
            _ => false,
        };
        if passes {
            return true;
        }
        at += op.words();
    }
    false
}

/// What an instance keeps of slots that it no longer has: names and values in turn. A number in the place of a name is that of a commit that was taken
/// back, and whose hooks it does not need again.
struct Attic<'gc>(Vec<Value<'gc>>);

impl<'gc> Attic<'gc> {
    fn of(instance: Gc<'gc, Instance<'gc>>, layout: Gc<'gc, Layout<'gc>>) -> Self {
        match Instance::extra(instance, &layout).and_then(|extra| extra.get(0)) {
            Some(Value::List(attic)) => Attic(attic.to_vec()),
            _ => Attic(Vec::new()),
        }
    }

    fn take(&mut self, name: Value<'gc>) -> Option<Value<'gc>> {
        let at = self.0.iter().step_by(2).position(|n| n.same(&name))? * 2;
        self.0.drain(at..at + 2).nth(1)
    }

    fn put(&mut self, name: Value<'gc>, value: Value<'gc>) {
        self.take(name);
        self.0.extend([name, value]);
    }

    fn into_value(self, cx: &Cx<'_, 'gc>) -> Value<'gc> {
        if self.0.is_empty() {
            return Value::Nil;
        }
        cx.world.charge(64 + 16 * self.0.len());
        Value::List(List::new(cx.mc, self.0))
    }
}

/// Goes on along the edges after a step whose code has run.
#[derive(Collect)]
#[collect(no_drop)]
struct Walk<'gc> {
    instance: Gc<'gc, Instance<'gc>>,
    until: Option<u32>,
}

impl<'gc> Resume<'gc> for Walk<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        cx.migrate_before(self.instance, self.until)
    }
}

/// Goes on with `old(other)` when `other` has come as far as it was before the commit.
#[derive(Collect)]
#[collect(no_drop)]
struct OldOf<'gc> {
    commit: u32,
    other: Gc<'gc, Instance<'gc>>,
}

impl<'gc> Resume<'gc> for OldOf<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, _: Value<'gc>) -> NativeResult<'gc> {
        Ok(cx.old_now(self.commit, self.other))
    }
}

/// The code of one step: what is left of it, last first.
#[derive(Collect)]
#[collect(no_drop)]
struct Steps<'gc> {
    instance: Gc<'gc, Instance<'gc>>,
    from: Gc<'gc, Layout<'gc>>,
    to: Gc<'gc, Layout<'gc>>,
    edge: Gc<'gc, Edge<'gc>>,
    view: Option<Gc<'gc, Instance<'gc>>>,
    /// Slots whose defaults are code.
    defaults: Vec<(usize, Gc<'gc, Function<'gc>>)>,
    hooks: Vec<Gc<'gc, Function<'gc>>>,
    /// The hook that runs.
    running: Option<Gc<'gc, Function<'gc>>>,
}

impl<'gc> Steps<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        let this = Value::Instance(self.instance);
        if let Some((_, function)) = self.defaults.last() {
            let callee = Value::Function(*function);
            return call_then(cx, callee, vec![this], self);
        }
        if let (Some(hook), Some(view)) = (self.hooks.pop(), self.view) {
            self.running = Some(hook);
            return call_then(cx, Value::Function(hook), vec![this, Value::Instance(view)], self);
        }
        cx.world.migrating.remove(&address(self.instance));
        Ok(Value::Nil)
    }
}

impl<'gc> Resume<'gc> for Steps<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        // While defaults are left, the result is that of the last one.
        if let Some((slot, _)) = self.defaults.pop() {
            let layout = cx.world.layout(self.instance.layout());
            Instance::put(self.instance, cx.mc, &layout, slot, result);
        }
        self.go(cx)
    }

    fn failed(self, cx: &mut Cx<'_, 'gc>, error: Value<'gc>) -> NativeResult<'gc> {
        cx.put_back(self.instance);
        if cx.is_uncatchable(&error) {
            return ops::raise(error);
        }
        let has_raised = |hook: &&Gc<'gc, Hook<'gc>>| match (hook.function(), self.running) {
            (Some(function), Some(running)) => Gc::ptr_eq(function, running),
            _ => false,
        };
        let hook = self.edge.hooks.iter().find(has_raised).copied();
        let error = cx.migration_error(self.instance, self.from, self.to, error);
        if let Some(hook) = hook.filter(|hook| hook.forgives()) {
            if !hook.is_told.replace(true) {
                cx.world.log(|| Undo::Forgiven(hook));
                cx.world.forgiven.push(error);
                cx.world.look_soon();
            }
            return cx.cross_with(self.instance, self.edge, Vec::new());
        }
        let failed = hook.map(Failed::Hook).or_else(|| Some(Failed::Default(self.defaults.last()?.0)));
        match failed.and_then(|failed| cx.way_on(self.from, self.edge, failed)) {
            Some(WayOn::Joined(edge)) => cx.cross(self.instance, edge, Vec::new()),
            Some(WayOn::With(hooks)) => cx.cross_with(self.instance, self.edge, hooks),
            None => ops::raise(error),
        }
    }
}
