//! Parts of classes that code of the program computes: shared slots, and decorated members. They are computed anew when their texts change or
//! something that they were computed from does.

use super::classes::Texts;
use super::plan::PlannedFile;
use crate::heap::Value;
use crate::image::{DefinitionKind, MemberImage, MemberRole, ProtoId};
use crate::link::{self, ClassTask};
use crate::object::{BoxCell, Class, Cx, Decorated, Function, Linked, Member, Part, Symbol, SymbolMap, Undo};
use gc_arena::Gc;
use rustc_hash::FxHashMap;

impl<'gc> Cx<'_, 'gc> {
    /// Notes which parts of classes are computed from something that changes.
    pub(super) fn note_stirred(&mut self, files: &[&PlannedFile], linked: &Texts<'gc>) {
        for (file, (new, _)) in files.iter().zip(linked) {
            for definition in file.definitions.iter().filter(|d| d.index.is_some() && !d.parts.is_empty()) {
                let name = self.world.intern(self.mc, &definition.name);
                let cell = new.module.namespace.cell(name);
                if let Some(Value::Class(class)) = cell.map(|cell| cell.value()) {
                    let names = definition.parts.iter().map(|part| self.world.intern(self.mc, part)).collect();
                    self.world.loading.stirred.push((class, names));
                }
            }
        }
    }

    pub(super) fn stirred(&self, class: Gc<'gc, Class<'gc>>) -> Vec<Symbol<'gc>> {
        let all = self.world.loading.stirred.iter();
        all.filter(|(of, _)| Gc::ptr_eq(*of, class)).flat_map(|(_, names)| names.iter().copied()).collect()
    }

    /// What is to run for classes of a file that is not edited, because parts of them were computed from something that changes: the place
    /// of the class, and its tasks.
    pub(super) fn compute_parts(&mut self, file: &PlannedFile, linked: Gc<'gc, Linked<'gc>>) -> Vec<(u32, usize)> {
        let mut queued = Vec::new();
        for definition in file.definitions.iter().filter(|d| !d.parts.is_empty()) {
            let Some(index) = definition.index else { continue };
            let (shared, members) = match file.image.definitions[index].kind {
                DefinitionKind::Class(id) => {
                    let image = &linked.image.classes[id.0 as usize];
                    (&*image.shared, &image.members)
                }
                DefinitionKind::Enum(id) => (&[][..], &linked.image.enums[id.0 as usize].members),
                _ => continue,
            };
            let name = self.world.intern(self.mc, &definition.name);
            let Some(Value::Class(class)) = linked.module.namespace.cell(name).map(|cell| cell.value()) else { continue };
            let stirred = self.stirred(class);
            self.world.undo.push(Undo::class(class));
            let mut tasks = Vec::new();
            for shared in shared {
                let name = self.world.intern(self.mc, &shared.name);
                let (Some(Member::Shared(cell)), Some(init)) = (class.body().members.get(&name).copied(), shared.init) else {
                    continue;
                };
                if stirred.contains(&name) {
                    let init = Function::new(self.mc, linked.proto(init), None, std::iter::empty());
                    tasks.push(ClassTask::Shared { cell, init: Value::Function(init) });
                    self.keep_shared(class, (name, name), (cell, cell), SharedChange::Stirred, &mut tasks);
                }
            }
            for member in members {
                let name = self.world.intern(self.mc, &member.name);
                let Some(unit) = member.decorate.filter(|_| stirred.contains(&name)) else { continue };
                let function = link::member_function(&class.body().members, name, member.role);
                let Some(function) = function else { continue };
                let original = match (self.decoration(&function), function) {
                    (Some(decorated), _) => decorated.original.get(),
                    // Its decorators have returned it as it was: they get another one now.
                    (None, Value::Function(function)) => {
                        let original = Function::new(self.mc, function.proto(), None, std::iter::empty());
                        function.home().into_iter().for_each(|home| Function::set_home(original, self.mc, home));
                        Value::Function(original)
                    }
                    _ => continue,
                };
                let unit = Value::Function(Function::new(self.mc, linked.proto(unit), None, std::iter::empty()));
                tasks.push(ClassTask::Decorate { name, role: member.role, original, unit });
                self.note_decorated_again(class, name);
            }
            queued.extend(self.queue_or_hand_over(class, tasks).map(|tasks| (file.image.definitions[index].span.lo, tasks)));
        }
        queued
    }

    /// Hashes of decorated members with their decorators.
    pub(super) fn decorated_texts(&mut self, linked: Gc<'gc, Linked<'gc>>, members: &[MemberImage]) -> FxHashMap<Part<'gc>, u64> {
        let hash = |proto: ProtoId| linked.image.protos[proto.0 as usize].fingerprint;
        let decorated = members.iter().filter_map(|member| Some((member, hash(member.decorate?))));
        let texts = decorated.map(|(member, decorator)| {
            let part = Part { name: self.world.intern(self.mc, &member.name), role: Some(member.role) };
            (part, hash(member.proto).rotate_left(1) ^ decorator)
        });
        texts.collect()
    }

    /// Functions of a member that were decorated before: decorated again, they stay what they are; with a text that no longer decorates
    /// them, whoever holds them calls the plain ones. Decorators of those that are as before do not run again, unless what they use has changed.
    pub(super) fn settle_decoration(
        &mut self,
        (class, members): (Gc<'gc, Class<'gc>>, &SymbolMap<'gc, Member<'gc>>),
        name: Symbol<'gc>,
        is_stirred: bool,
        tasks: &mut Vec<ClassTask<'gc>>,
        is_as_before: impl Fn(Part<'gc>) -> bool,
    ) {
        for role in [MemberRole::Method, MemberRole::Static, MemberRole::Getter, MemberRole::Setter] {
            let Some(function) = link::member_function(members, name, role) else { continue };
            let is_its =
                |task: &ClassTask<'gc>| matches!(task, ClassTask::Decorate { name: n, role: r, .. } if *n == name && *r == role);
            let task = tasks.iter().position(is_its);
            let decorated = self.decoration(&function).map(|decorated| (decorated, decorated.original.get()));
            let stays = task.is_some() && is_as_before(Part { name, role: Some(role) });
            if stays && is_stirred {
                self.note_decorated_again(class, name);
            }
            match (task, decorated) {
                (Some(at), _) if stays && !is_stirred => drop(tasks.remove(at)),
                (Some(at), Some((_, before))) => {
                    if let ClassTask::Decorate { original, .. } = &mut tasks[at] {
                        *original = before;
                    }
                }
                (None, Some((decorated, before))) => {
                    self.world.undo.push(Undo::Decorated(decorated, before, decorated.target.get()));
                    Decorated::set(decorated, self.mc, before, before);
                }
                (_, None) => {}
            }
        }
    }

    /// For the report: a member that is not edited is decorated again.
    pub(super) fn note_decorated_again(&mut self, class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>) {
        let member = format!("{}.{}", class.qualified(), name.as_str());
        // A property has two functions.
        let noted = &mut self.world.shared_changes.decorated;
        if noted.last() != Some(&member) {
            noted.push(member);
        }
    }

    /// A shared slot keeps its cell and, unless it is untouched and has another initialiser, its value.
    pub(super) fn keep_shared(
        &mut self,
        class: Gc<'gc, Class<'gc>>,
        (name, origin): (Symbol<'gc>, Symbol<'gc>),
        (cell, fresh): (Gc<'gc, BoxCell<'gc>>, Gc<'gc, BoxCell<'gc>>),
        change: SharedChange,
        tasks: &mut Vec<ClassTask<'gc>>,
    ) {
        let is_first = self.tasks_outside().flat_map(|(_, tasks)| tasks).any(|task| fills(task, cell));
        let is_untouched = is_first || self.is_shared_untouched(class, origin, cell);
        let slot = || format!("{}.{}", class.qualified(), name.as_str());
        match change {
            SharedChange::None => {}
            _ if !is_untouched => self.world.shared_changes.conflicts.push(slot()),
            SharedChange::Stirred if !is_first => self.world.shared_changes.recomputed.push(slot()),
            _ => {}
        }
        let stays = change == SharedChange::None || !is_untouched;
        if !is_first && (stays || self.put_shared_back(class, origin, cell)) {
            tasks.retain(|task| !fills(task, fresh));
        }
        for task in tasks.iter_mut().filter(|task| fills(task, fresh)) {
            self.note_shared_replaced(class, origin, cell);
            if let ClassTask::Shared { cell: target, .. } = task {
                *target = cell;
            }
        }
    }

    /// Whether a shared slot still holds what its initialiser built.
    pub(super) fn is_shared_untouched(&self, class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>, cell: Gc<'gc, BoxCell<'gc>>) -> bool {
        let body = class.body();
        body.shared_digests.get(&name).is_some_and(|initial| super::digest::digest(cell.get()) == Some(*initial))
    }

    /// Remembers what the initialisers of these shared slots of a class have built.
    pub(super) fn note_shared(&mut self, class: Value<'gc>, names: &[String]) {
        let Value::Class(class) = class else { return };
        for name in names {
            let name = self.world.intern(self.mc, name);
            let Some(Member::Shared(cell)) = class.body().members.get(&name).copied() else { continue };
            let digest = super::digest::digest(cell.get());
            Class::update(class, self.mc, |body| match digest {
                Some(digest) => drop(body.shared_digests.insert(name, digest)),
                None => drop(body.shared_digests.shift_remove(&name)),
            });
        }
    }
}

/// Names of the shared slots that tasks are to fill.
pub(super) fn shared_slots_of<'gc>(class: Gc<'gc, Class<'gc>>, tasks: &[ClassTask<'gc>]) -> Vec<String> {
    let body = class.body();
    let is_filled = |member: &Member<'gc>| matches!(member, Member::Shared(cell) if tasks.iter().any(|task| fills(task, *cell)));
    body.members.iter().filter(|(_, member)| is_filled(member)).map(|(name, _)| name.as_str().to_owned()).collect()
}

/// Whether a task is to fill a shared slot.
pub(super) fn fills<'gc>(task: &ClassTask<'gc>, cell: Gc<'gc, BoxCell<'gc>>) -> bool {
    matches!(task, ClassTask::Shared { cell: c, .. } if Gc::ptr_eq(*c, cell))
}

/// What a class task computes.
pub(super) fn part_of<'gc>(class: Gc<'gc, Class<'gc>>, task: &ClassTask<'gc>) -> Option<Part<'gc>> {
    match task {
        ClassTask::Decorate { name, role, .. } => Some(Part { name: *name, role: Some(*role) }),
        ClassTask::Shared { cell, .. } => {
            let body = class.body();
            let is_it = |member: &Member<'gc>| matches!(member, Member::Shared(c) if Gc::ptr_eq(*c, *cell));
            body.members.iter().find(|(_, member)| is_it(member)).map(|(name, _)| Part { name: *name, role: None })
        }
    }
}

/// Why a shared slot may get another value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SharedChange {
    /// There is no reason.
    None,
    /// Its initialiser has another text.
    Edited,
    /// Its initialiser computes with something that changes.
    Stirred,
}
