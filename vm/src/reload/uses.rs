//! Who uses a leak: one walk over everything alive, from its roots.
//!
//! The walk knows the program's objects, not the engine's bookkeeping: history, caches and the leak's own cell are no uses. It is made when
//! somebody asks, never by a commit.

use super::unknown::members_named;
use crate::embed::Vm;
use crate::heap::Value;
use crate::image::ProtoKind;
use crate::object::{Class, Cx, Definition, FiberState, IteratorState, Kind, Layout, Member, Proto, SlotInit, Source};
use gc_arena::Gc;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::fmt;

/// Who uses a definition: numbers by kind, and one way to it.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "fn hit(n) { n }\nfn fight() { hit(1) }\nlet kept = [hit]")?;
/// let uses = vm.uses_of("game.hit").expect("it is there");
/// assert_eq!((uses.code, uses.containers), (vec!["game (top level)".to_owned(), "game.fight".to_owned()], 1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Uses {
    /// Functions whose code mentions it, by qualified name.
    pub code: Vec<String>,
    /// Instances of it, if it is a class; values of it, if it is an enum.
    pub instances: usize,
    /// Closures that have captured it.
    pub closures: usize,
    /// Lists, maps and other containers, slots and variables that hold it.
    pub containers: usize,
    /// Calls that are running and hold it.
    pub frames: usize,
    /// Fibers, suspended, that hold it.
    pub fibers: usize,
    /// Handles of the host.
    pub handles: usize,
    /// A way from a root to it, such as `n.L[0]`, or which code mentions it; empty when nothing uses it.
    pub path: String,
}

impl Uses {
    /// Whether nothing uses it.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "fn hit(n) { n }")?;
    /// assert!(vm.uses_of("game.hit").expect("it is there").is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.code.is_empty() && self.instances + self.closures + self.containers + self.frames + self.fibers + self.handles == 0
    }
}

impl fmt::Display for Uses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.code.len(), "function that mentions it", "functions that mention it"),
            (self.instances, "instance", "instances"),
            (self.closures, "closure", "closures"),
            (self.containers, "container", "containers"),
            (self.frames, "running call", "running calls"),
            (self.fibers, "fiber", "fibers"),
            (self.handles, "host handle", "host handles"),
        ];
        let parts: Vec<String> = counts
            .iter()
            .filter(|(n, ..)| *n > 0)
            .map(|(n, one, many)| format!("{n} {}", if *n == 1 { one } else { many }))
            .collect();
        f.write_str(&if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") })
    }
}

/// Where a value was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Container,
    Closure,
    Frame,
    Fiber,
    Handle,
}

/// A value that is to be looked at, and how the walk came there.
struct Step<'gc> {
    value: Value<'gc>,
    /// What holds it; nil for roots.
    from: Value<'gc>,
    holder: Holder,
    /// Index into `Walk::ways`.
    way: usize,
}

/// One step of a way: the way before it, and what comes then.
struct Way {
    before: Option<usize>,
    text: String,
}

struct Walk<'a, 'b, 'gc> {
    cx: &'a Cx<'b, 'gc>,
    targets: &'a [Gc<'gc, Definition<'gc>>],
    by_cell: FxHashMap<usize, usize>,
    by_value: FxHashMap<usize, usize>,
    uses: Vec<Uses>,
    seen: FxHashSet<usize>,
    work: Vec<Step<'gc>>,
    ways: Vec<Way>,
    detail: Detail,
    /// What is looked into; nil while the roots are.
    from: Value<'gc>,
    wanted: Wanted<'a, 'gc>,
    met: Vec<Met<'gc>>,
}

/// Says of a value that a walk comes by, and of its coming by for the first time, whether it is to be noted.
type Wanted<'a, 'gc> = &'a dyn Fn(&Value<'gc>, bool) -> bool;

/// A value that a walk has come by.
pub(super) struct Met<'gc> {
    /// The value.
    pub(super) value: Value<'gc>,
    /// What holds it; nil if that is a variable, running code or the host.
    pub(super) from: Value<'gc>,
    /// Whether running code holds it.
    pub(super) by_frame: bool,
    /// A way from a root to it.
    pub(super) path: String,
}

/// What a walk is to find out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Detail {
    /// Numbers, and a way to each.
    Ways,
    /// Numbers only.
    Numbers,
}

/// Whether code names a member so, whose namespace it has in hand, as that of a session has. A string that is equal, as in `m["f"]`, is no use.
pub(super) fn has_name(proto: Gc<'_, Proto<'_>>, name: &str) -> bool {
    let is_it = |i: usize| matches!(proto.const_at(i), Value::Str(text) if text.as_str() == name);
    (0..proto.image.consts.len()).any(is_it) && members_named(&proto.image).into_iter().any(is_it)
}

/// Whether code that has the namespace of a definition in hand also has its name.
fn names_member<'gc>(proto: Gc<'gc, Proto<'gc>>, namespace: Gc<'gc, Definition<'gc>>, target: Gc<'gc, Definition<'gc>>) -> bool {
    matches!(namespace.value(), Value::Namespace(namespace) if Gc::ptr_eq(namespace, target.namespace))
        && has_name(proto, target.name.as_str())
}

impl Vm {
    /// Who uses the definition with this qualified name, beside its namespace; `None` when there is none. Of what is no function and no
    /// class it is only said which code mentions it. Walks the heap.
    ///
    /// See the example of [`Uses`].
    pub fn uses_of(&mut self, qualified: &str) -> Option<Uses> {
        self.enter(|cx| {
            let cell = cx.find_cell(qualified)?;
            let mut uses = cx.uses_of(&[cell], &[], Detail::Ways).pop()?;
            if !matches!(cell.kind(), Kind::Function | Kind::Class | Kind::Enum) {
                return Some(Uses { code: uses.code, ..Uses::default() });
            }
            if cell.meta().leak.is_none() {
                uses.containers = uses.containers.saturating_sub(1);
            }
            if uses.path == cell.qualified_name() {
                uses.path.clear();
            }
            Some(uses)
        })
    }

    /// Qualified names of the program's functions whose code has a member of this name behind a dot, of whatever object.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "fn hurt(e) { e.hp -= 1 }\nfn name(e) { e.name }")?;
    /// assert_eq!(vm.naming_member("hp"), ["game.hurt"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn naming_member(&mut self, name: &str) -> Vec<String> {
        self.enter(|cx| {
            let world = &*cx.world;
            let protos = world.protos.iter().filter_map(|proto| proto.upgrade(cx.mc));
            let naming = protos
                .filter(|proto| proto.successor().is_none() && !world.is_library(&proto.linked.module.namespace))
                .filter(|proto| has_name(*proto, name));
            let names: BTreeSet<String> = naming.map(|proto| proto.qualified.to_string()).collect();
            names.into_iter().collect()
        })
    }
}

impl<'b, 'gc> Cx<'b, 'gc> {
    /// Whether living code names a definition through its namespace.
    pub(super) fn is_named_through_its_namespace(&self, target: Gc<'gc, Definition<'gc>>) -> bool {
        // Statements that a session has evaluated do not run again.
        let is_done = |proto: &Proto<'gc>| proto.image.kind == ProtoKind::Unit && proto.linked.module.path.starts_with('<');
        self.world.protos.iter().filter_map(|proto| proto.upgrade(self.mc)).filter(|proto| !is_done(proto)).any(|proto| {
            (0..proto.image.consts.len())
                .any(|i| matches!(proto.const_at(i), Value::Definition(cell) if names_member(proto, cell, target)))
        })
    }

    /// Who uses each of these definitions, and who holds each of these values.
    pub(super) fn uses_of(&self, targets: &[Gc<'gc, Definition<'gc>>], values: &[Value<'gc>], detail: Detail) -> Vec<Uses> {
        let mut walk = self.walk(targets, detail, &|_, _| false);
        let places = values.iter().enumerate().filter_map(|(i, value)| Some((address(value)?, targets.len() + i)));
        walk.by_value.extend(places);
        walk.uses.resize(targets.len() + values.len(), Uses::default());
        if !walk.uses.is_empty() {
            walk.roots();
            walk.run();
        }
        walk.uses
    }

    /// Values of the living program that are wanted.
    pub(super) fn met_in_a_walk(&self, wanted: Wanted<'_, 'gc>) -> Vec<Met<'gc>> {
        let mut walk = self.walk(&[], Detail::Ways, wanted);
        walk.roots();
        walk.run();
        walk.met
    }

    /// Values of the living program that are wanted, each once, without the ways to them, which take most of the time.
    pub(super) fn values_in_a_walk(&self, wanted: &dyn Fn(&Value<'gc>) -> bool) -> Vec<Value<'gc>> {
        let first = |value: &Value<'gc>, is_first: bool| is_first && wanted(value);
        let mut walk = self.walk(&[], Detail::Numbers, &first);
        walk.roots();
        walk.run();
        walk.met.into_iter().map(|met| met.value).collect()
    }

    fn walk<'a>(&'a self, targets: &'a [Gc<'gc, Definition<'gc>>], detail: Detail, wanted: Wanted<'a, 'gc>) -> Walk<'a, 'b, 'gc> {
        Walk {
            cx: self,
            targets,
            by_cell: targets.iter().enumerate().map(|(i, cell)| (Gc::as_ptr(*cell) as usize, i)).collect(),
            by_value: targets
                .iter()
                .enumerate()
                // What it has become is used under its new name.
                .filter(|(_, cell)| cell.meta().now.is_none())
                .filter_map(|(i, cell)| Some((address(&cell.value())?, i)))
                .collect(),
            uses: vec![Uses::default(); targets.len()],
            seen: FxHashSet::default(),
            work: Vec::new(),
            ways: Vec::new(),
            detail,
            from: Value::Nil,
            wanted,
            met: Vec::new(),
        }
    }
}

fn address(value: &Value<'_>) -> Option<usize> {
    value.heap_pointer().map(|pointer| Gc::as_ptr(pointer) as usize)
}

impl<'gc> Walk<'_, '_, 'gc> {
    fn way(&mut self, before: Option<usize>, text: impl FnOnce() -> String) -> usize {
        if self.detail == Detail::Numbers {
            return 0;
        }
        self.ways.push(Way { before, text: text() });
        self.ways.len() - 1
    }

    fn path(&self, mut way: usize) -> String {
        if self.detail == Detail::Numbers {
            return String::new();
        }
        let mut parts = vec![self.ways[way].text.as_str()];
        while let Some(before) = self.ways[way].before {
            way = before;
            parts.push(&self.ways[way].text);
        }
        parts.reverse();
        parts.concat()
    }

    fn roots(&mut self) {
        for namespace in self.cx.world.namespaces.values() {
            for cell in namespace.definitions() {
                let way = self.way(None, || cell.qualified_name());
                self.push(cell.value(), Holder::Container, way);
            }
        }
        for value in &self.cx.world.handles {
            let way = self.way(None, || "host handle".to_owned());
            self.push(*value, Holder::Handle, way);
        }
        let running =
            std::iter::once(&self.cx.world.stack).chain(self.cx.world.parked.iter().filter_map(|parked| parked.stack.as_deref()));
        for stack in running {
            let frames: Vec<Gc<'gc, Proto<'gc>>> = stack.frames.iter().map(|frame| frame.proto).collect();
            let way = self.way(None, || {
                frames.last().map_or_else(|| "running code".to_owned(), |proto| format!("call of {}", proto.qualified))
            });
            for proto in frames {
                self.proto(proto);
            }
            for value in stack.values() {
                self.push(value, Holder::Frame, way);
            }
        }
        // Tasks that wait, and what has resumed the fibers that run.
        for saved in self.cx.saved_stacks() {
            let protos = saved.with_frames(|frames| frames.iter().map(|frame| frame.proto).collect::<Vec<_>>());
            let way = self.way(None, || protos.last().map_or_else(|| "a task".to_owned(), |p| format!("call of {}", p.qualified)));
            for proto in protos {
                self.proto(proto);
            }
            for value in saved.values() {
                self.push(value, Holder::Frame, way);
            }
        }
        for (task, values) in self.cx.held_by_tasks() {
            let way = self.way(None, || format!("task {task}"));
            for value in values {
                self.push(value, Holder::Frame, way);
            }
        }
        // The top level of the files that run.
        let files: Vec<_> = self.cx.world.modules.values().filter_map(|module| module.state().linked).collect();
        for linked in files {
            for unit in &linked.image.units {
                self.proto(linked.proto(unit.proto));
            }
        }
    }

    fn push(&mut self, value: Value<'gc>, holder: Holder, way: usize) {
        if value.heap_pointer().is_some() {
            self.work.push(Step { value, from: self.from, holder, way });
        }
    }

    fn run(&mut self) {
        while let Some(step) = self.work.pop() {
            let Some(at) = address(&step.value) else { continue };
            if let Some(i) = self.by_value.get(&at).copied() {
                let path = self.path(step.way);
                let uses = &mut self.uses[i];
                match step.holder {
                    Holder::Container => uses.containers += 1,
                    Holder::Closure => uses.closures += 1,
                    Holder::Frame => uses.frames += 1,
                    Holder::Fiber => uses.fibers += 1,
                    Holder::Handle => uses.handles += 1,
                }
                if uses.path.is_empty() {
                    uses.path = path;
                }
            }
            let is_first = self.seen.insert(at);
            if (self.wanted)(&step.value, is_first) {
                let path = self.path(step.way);
                let by_frame = step.holder == Holder::Frame;
                self.met.push(Met { value: step.value, from: step.from, by_frame, path });
            }
            if is_first {
                // A captured variable is a part of the closure.
                self.from = if matches!(step.value, Value::Box(_)) { step.from } else { step.value };
                self.inside(&step);
            }
        }
    }

    /// Notes what code mentions, and the code inside it.
    fn proto(&mut self, proto: Gc<'gc, Proto<'gc>>) {
        let mut work = vec![proto];
        while let Some(proto) = work.pop() {
            if !self.seen.insert(Gc::as_ptr(proto) as usize) {
                continue;
            }
            for i in 0..proto.image.consts.len() {
                let Value::Definition(cell) = proto.const_at(i) else { continue };
                // An old name that forwards is a use of what it is now, too.
                let meant = self.by_cell.get(&(Gc::as_ptr(cell) as usize)).copied();
                let now = cell.forwards().then(|| Definition::holder(cell));
                let meant_now = now.and_then(|now| self.by_cell.get(&(Gc::as_ptr(now) as usize)).copied());
                if meant.is_some() || meant_now.is_some() {
                    meant.into_iter().chain(meant_now).for_each(|i| self.mentioned_by(i, proto));
                } else if let Value::Namespace(_) = cell.value() {
                    let mentioned = (0..self.targets.len()).filter(|i| names_member(proto, cell, self.targets[*i]));
                    for i in mentioned.collect::<Vec<_>>() {
                        self.mentioned_by(i, proto);
                    }
                }
            }
            work.extend(proto.image.nested.iter().map(|id| proto.linked.proto(*id)));
            work.extend(proto.successor());
        }
    }

    /// Notes that code mentions a target, unless it is its own.
    fn mentioned_by(&mut self, target: usize, proto: Gc<'gc, Proto<'gc>>) {
        let own = self.targets[target].qualified_name() == *proto.qualified;
        let name = proto.qualified.to_string();
        let path = format!("{} mentions it", proto.qualified);
        let uses = &mut self.uses[target];
        if !own && !uses.code.contains(&name) {
            uses.code.push(name);
            if uses.path.is_empty() {
                uses.path = path;
            }
        }
    }

    fn instance_of(&mut self, class: Value<'gc>, way: usize) {
        if let Some(i) = address(&class).and_then(|at| self.by_value.get(&at).copied()) {
            let path = self.path(way);
            self.uses[i].instances += 1;
            if self.uses[i].path.is_empty() {
                self.uses[i].path = path;
            }
        }
    }

    fn inside(&mut self, step: &Step<'gc>) {
        let way = step.way;
        match step.value {
            Value::Tuple(tuple) => {
                for (i, item) in tuple.items().iter().enumerate() {
                    self.item(*item, way, i);
                }
            }
            Value::List(list) => {
                let items: Vec<Value<'gc>> = list.items().clone();
                for (i, item) in items.into_iter().enumerate() {
                    self.item(item, way, i);
                }
            }
            Value::Map(map) => {
                let entries: Vec<(Value<'gc>, Value<'gc>)> = map.table().iter().map(|e| (e.key, e.value)).collect();
                for (key, value) in entries {
                    let cx = self.cx;
                    for part in [key, value] {
                        if part.heap_pointer().is_some() {
                            let way = self.way(Some(way), || format!("[{}]", crate::ops::describe(cx, &key)));
                            self.push(part, Holder::Container, way);
                        }
                    }
                }
            }
            Value::Set(set) => {
                let items: Vec<Value<'gc>> = set.table().iter().map(|e| e.key).collect();
                for (i, item) in items.into_iter().enumerate() {
                    self.item(item, way, i);
                }
            }
            Value::Function(function) => {
                for value in function.capture_values() {
                    let way = self.way(Some(way), || " captures it".to_owned());
                    self.push(value, Holder::Closure, way);
                }
                self.proto(function.proto());
                if let Some(decorated) = self.cx.world.decoration_of(function) {
                    self.push(Value::Decorated(decorated), Holder::Container, way);
                }
            }
            Value::Decorated(decorated) => {
                self.push(decorated.original.get(), Holder::Container, way);
                self.push(decorated.target.get(), Holder::Container, way);
            }
            Value::Bound(bound) => {
                self.push(bound.receiver, Holder::Container, way);
                self.push(bound.method, Holder::Container, way);
            }
            Value::Class(class) => {
                let body = class.body();
                let bases: Vec<_> = body.bases.clone();
                let members: Vec<_> = body.members.iter().map(|(name, member)| (*name, *member)).collect();
                let hooks: Vec<_> =
                    body.variants.iter().chain(body.retired.iter().map(|(v, _)| v)).filter_map(|v| v.hook()).collect();
                drop(body);
                // What fills the slots of a new instance, and replaces values of variants that have left.
                for hook in hooks {
                    self.push(Value::Function(hook), Holder::Container, way);
                }
                if let Some(layout) = class.layout_option() {
                    self.layout(layout, way);
                }
                for base in bases {
                    let way = self.way(Some(way), || " has it as base".to_owned());
                    self.push(Value::Class(base), Holder::Container, way);
                }
                for (name, member) in members {
                    let way = self.way(Some(way), || format!(".{}", name.as_str()));
                    let values = match member {
                        Member::Method(value) | Member::Static(value) => vec![value],
                        Member::Property { getter, setter } => getter.into_iter().chain(setter).collect(),
                        Member::Shared(cell) => vec![cell.get()],
                    };
                    for value in values {
                        self.push(value, Holder::Container, way);
                    }
                }
            }
            Value::Instance(instance) => {
                let class = self.cx.world.class_of_instance(instance);
                self.instance_of(Value::Class(class), way);
                let layout = self.cx.world.layout(instance.layout());
                self.layout(layout, way);
                let names: Vec<_> = layout.slots.iter().map(|slot| slot.name).collect();
                for (i, name) in names.into_iter().enumerate() {
                    let value = crate::object::Instance::get(instance, &layout, i);
                    if value.heap_pointer().is_some() {
                        let way = self.way(Some(way), || format!(".{}", name.as_str()));
                        self.push(value, Holder::Container, way);
                    }
                }
                self.push(Value::Class(class), Holder::Container, way);
            }
            Value::EnumValue(value) => {
                let class = value.variant.class;
                self.instance_of(Value::Class(class), way);
                if let Some(hook) = value.variant.hook() {
                    self.push(Value::Function(hook), Holder::Container, way);
                }
                self.methods(class, way);
                for (i, item) in value.payload.iter().enumerate() {
                    self.item(*item, way, i);
                }
            }
            Value::Box(cell) => self.push(cell.get(), step.holder, way),
            Value::Fiber(fiber) => {
                let (protos, values) = fiber
                    .stack()
                    .with_frames(|frames| (frames.iter().map(|f| f.proto).collect::<Vec<_>>(), fiber.stack().values()));
                let way = self.way(Some(way), || " (a fiber)".to_owned());
                if fiber.state.get() == FiberState::New {
                    self.push(fiber.body, Holder::Fiber, way);
                }
                for proto in protos {
                    self.proto(proto);
                }
                for value in values {
                    self.push(value, Holder::Fiber, way);
                }
            }
            Value::Iterator(iterator) => {
                let value = match iterator.state.get() {
                    IteratorState::List(list, _) => Value::List(list),
                    IteratorState::Tuple(tuple, _) => Value::Tuple(tuple),
                    IteratorState::Map(map, ..) => Value::Map(map),
                    IteratorState::Set(set, ..) => Value::Set(set),
                    IteratorState::Object(value) => value,
                    IteratorState::Str(..) | IteratorState::Range(..) | IteratorState::Bytes(..) => Value::Nil,
                };
                self.push(value, Holder::Container, way);
            }
            _ => {}
        }
    }

    /// What an instance of this layout needs to come into being, or to follow to the newest one.
    fn layout(&mut self, layout: Gc<'gc, Layout<'gc>>, way: usize) {
        let mut next = Some(layout);
        while let Some(layout) = next.take() {
            if !self.seen.insert(Gc::as_ptr(layout) as usize) {
                return;
            }
            let mut values: Vec<Value<'gc>> = layout.fillers.clone();
            for slot in &layout.slots {
                match slot.init {
                    SlotInit::Value(value) => values.push(value),
                    SlotInit::Code(function) => values.push(Value::Function(function)),
                    SlotInit::Unset | SlotInit::EmptyList | SlotInit::EmptyMap => {}
                }
            }
            if let Some(edge) = layout.edge() {
                values.extend(edge.hooks.iter().filter_map(|hook| hook.function()).map(Value::Function));
                values.extend(edge.sources.iter().filter_map(|source| match source {
                    Source::Shared(value) | Source::Back(value) => Some(*value),
                    Source::Old(_) | Source::Default => None,
                }));
                next = self.cx.world.layouts[edge.to.0 as usize];
            }
            for value in values.into_iter().filter(|value| value.heap_pointer().is_some()) {
                self.push(value, Holder::Container, way);
            }
        }
    }

    /// The methods that a value of an enum brings with it; its other variants are none of its business.
    fn methods(&mut self, class: Gc<'gc, Class<'gc>>, way: usize) {
        // The class itself, with all that it holds, may be met yet.
        if !self.seen.insert(Gc::as_ptr(class) as usize | 1) {
            return;
        }
        let members: Vec<Member<'gc>> = class.body().members.values().copied().collect();
        for member in members {
            match member {
                Member::Method(value) => self.push(value, Holder::Container, way),
                Member::Property { getter, setter } => {
                    getter.into_iter().chain(setter).for_each(|value| self.push(value, Holder::Container, way));
                }
                Member::Static(_) | Member::Shared(_) => {}
            }
        }
    }

    fn item(&mut self, item: Value<'gc>, way: usize, i: usize) {
        if item.heap_pointer().is_some() {
            let way = self.way(Some(way), || format!("[{i}]"));
            self.push(item, Holder::Container, way);
        }
    }
}
