//! Code that a commit has yet to run, file by file, in text order.
//!
//! Code that needs a definition whose initialiser has not run yet suspends its file until it has; if that file is waiting itself,
//! nothing can go on, and the error names the cycle.

use super::closures::Matcher;
use super::meanwhile::Running;
use crate::embed::{Error, Handle, Vm};
use crate::heap::Value;
use crate::image::{MemberImage, UnitKind};
use crate::link::{self, ClassTask};
use crate::object::{
    Class, Control, Cx, Decorated, Definition, Function, Kind, Linked, Member, Namespace, Recording, SymbolMap, Undo,
};
use gc_arena::Gc;
use std::collections::VecDeque;
use std::sync::Arc;

/// One thing to run.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A unit of the image.
    Unit(u32),
    /// What is left to run of a class or enum: shared slots and decorated members. Index into `Loading::class_tasks`.
    ClassTasks(usize),
    /// A class whose bases did not exist when the others were made.
    LateClass(u32),
}

/// What is left to run of one file.
#[derive(Debug)]
pub struct Queue {
    /// The file.
    pub(super) path: Arc<str>,
    /// In text order.
    pub(super) items: VecDeque<(u32, Item)>,
    /// Names whose initialisers are in `items`.
    pub(super) defines: Vec<Arc<str>>,
    /// The namespace of the file.
    pub(super) namespace: Arc<str>,
    /// The item of it that is running.
    pub(super) running: Option<Running>,
}

impl Vm {
    /// Runs everything that is queued.
    pub(super) fn run_queues(&mut self) -> Result<(), Error> {
        for i in 0..self.files.queues.len() {
            while self.run_next(i)? {}
        }
        Ok(())
    }

    /// Runs the next item of a queue; false when there is none.
    fn run_next(&mut self, i: usize) -> Result<bool, Error> {
        let Some((_, item)) = self.files.queues[i].items.pop_front() else { return Ok(false) };
        let path = self.files.queues[i].path.clone();
        self.files.queues[i].running = Some(self.running(&path, &item));
        let result = self.run_item(i, item);
        self.files.queues[i].running = None;
        result.map(|()| true)
    }

    /// A running program needs `Loading::needed`: runs the file that defines it until it exists.
    pub(crate) fn provide(&mut self) -> Result<(), Error> {
        let (namespace, name) = self.enter(|cx| {
            let cell = cx.world.loading.needed.expect("set when the loop was left for it");
            (cell.namespace.name.clone(), cell.name.as_str().to_owned())
        });
        let queue = self.files.queues.iter().position(|q| q.namespace == namespace && q.defines.iter().any(|d| **d == *name));
        let Some(i) = queue.filter(|i| self.files.queues[*i].running.is_none()) else {
            // The file waits for itself. The code that needs the name gets a NameError.
            let files: Vec<String> = self.files.queues.iter().filter(|q| q.running.is_some()).map(|q| q.path.to_string()).collect();
            self.enter(|cx| {
                let cell = cx.world.loading.needed.expect("set when the loop was left for it");
                cx.world.loading.cycle = (files.len() > 1).then(|| files.join("` → `"));
                cx.world.set_pending(cell, false);
            });
            return Ok(());
        };
        loop {
            let done = self.enter(|cx| cx.world.loading.needed.is_none_or(|cell| !cx.world.is_pending(cell)));
            if done || !self.run_next_for(i, &namespace, &name)? {
                return Ok(());
            }
        }
    }

    fn run_next_for(&mut self, i: usize, namespace: &str, name: &str) -> Result<bool, Error> {
        let more = self.run_next(i)?;
        // What ran may have needed other names; come back to ours.
        self.enter(|cx| {
            let symbol = cx.world.intern(cx.mc, name);
            let cell = cx.world.namespaces.get(namespace).and_then(|n| n.cell(symbol));
            cx.world.loading.needed = cell;
        });
        Ok(more)
    }

    fn run_item(&mut self, queue: usize, item: Item) -> Result<(), Error> {
        let path = self.files.queues[queue].path.clone();
        match item {
            Item::Unit(unit) => self.run_unit(&path, unit).map(|_| ()),
            Item::ClassTasks(i) => {
                let mut evaluated = Vec::new();
                let class = self.run(|cx| {
                    let (class, tasks) = std::mem::take(&mut cx.world.loading.class_tasks[i]).expect("queued once");
                    evaluated = super::classes::shared_slots_of(class, &tasks);
                    cx.run_class_tasks(class, tasks)
                })?;
                self.enter(|cx| cx.note_shared(class.value_in(cx.world), &evaluated));
                Ok(())
            }
            Item::LateClass(index) => {
                let tasks = self.enter(|cx| {
                    let linked = cx.linked_of(&path);
                    let made = cx.make_class_of_file(linked, index as usize, &mut Matcher::default())?;
                    Ok(made.and_then(|(class, tasks)| cx.queue_tasks(class, tasks)))
                })?;
                tasks.map_or(Ok(()), |tasks| self.run_item(queue, Item::ClassTasks(tasks)))
            }
        }
    }

    /// Runs a unit and stores what it defines. Gives its result.
    pub(super) fn run_unit(&mut self, path: &str, unit: u32) -> Result<Handle, Error> {
        // Every unit logs the variables it assigns; initialisers also note what they use.
        const CALLS_NOTED: u32 = 20_000;
        let path_owned = path.to_owned();
        // While it runs, the file may get another text.
        let (kind, namespace) = self.enter(|cx| {
            let linked = cx.linked_of(path);
            (linked.image.units[unit as usize].kind.clone(), linked.module.namespace.name.clone())
        });
        self.enter(|cx| {
            cx.world.recordings += 1;
            let is_value = matches!(kind, UnitKind::Value(_) | UnitKind::Values(_));
            let calls_left = if is_value { CALLS_NOTED } else { 0 };
            let serial = cx.world.recordings;
            let outer = cx.world.recording.replace(Recording { used: Vec::new(), serial, calls_left });
            cx.world.recordings_outer.push(outer);
        });
        let result = self.run(|cx| {
            let noting = cx.world.recording.as_ref().is_some_and(|r| r.calls_left > 0);
            cx.world.stack.force_slow(noting);
            let linked = cx.linked_of(&path_owned);
            cx.start_unit(linked, unit)
        });
        let result = result.and_then(|value| self.store_unit(&namespace, kind, value));
        self.enter(|cx| cx.world.recording = cx.world.recordings_outer.pop().expect("pushed above"));
        result
    }

    fn store_unit(&mut self, namespace: &Arc<str>, kind: UnitKind, result: Handle) -> Result<Handle, Error> {
        let namespace = namespace.clone();
        let value = result.clone();
        self.run(move |cx| {
            let value = value.value_in(cx.world);
            let namespace = cx.world.namespace(cx.mc, &namespace);
            cx.finish_unit(namespace, &kind, value)
        })?;
        Ok(result)
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// The running version of a loaded file.
    pub(super) fn linked_of(&self, path: &str) -> Gc<'gc, Linked<'gc>> {
        self.world.modules[path].state().linked.expect("units are queued for loaded files")
    }

    fn start_unit(&mut self, linked: Gc<'gc, Linked<'gc>>, unit: u32) -> crate::object::NativeResult<'gc> {
        let unit = &linked.image.units[unit as usize];
        if let UnitKind::Extend(index) = unit.kind {
            let image = linked.image.extensions[index as usize].clone();
            let class = self.class_ref(linked, &image.target)?;
            let Some(class) = class else {
                return Err(self.raise(crate::object::ErrorKind::NameError, "the class that `extend` names does not exist"));
            };
            self.world.undo.push(Undo::class(class));
            let before = class.body().members.clone();
            let tasks = link::extend(self, class, &image.members, &mut |cx, id| {
                Function::new(cx.mc, linked.proto(id), None, std::iter::empty())
            })?;
            self.keep_extended_members(class, linked, &image.members, &before);
            return self.run_class_tasks(class, tasks);
        }
        let function = Function::new(self.mc, linked.proto(unit.proto), None, std::iter::empty());
        let args = match &unit.kind {
            UnitKind::Decorate(name) => {
                let symbol = self.world.intern(self.mc, name);
                let cell = linked.module.namespace.cell(symbol).expect("declared before its units run");
                vec![self.undecorated(cell)]
            }
            _ => Vec::new(),
        };
        Err(Box::new(Control::Call { callee: Value::Function(function), args, then: None }))
    }

    /// Members that this file's running text had added already keep their function objects.
    fn keep_extended_members(
        &mut self,
        class: Gc<'gc, Class<'gc>>,
        linked: Gc<'gc, Linked<'gc>>,
        images: &[MemberImage],
        before: &SymbolMap<'gc, Member<'gc>>,
    ) {
        for image in images.iter().filter(|image| image.decorate.is_none()) {
            let name = self.world.intern(self.mc, &image.name);
            let old = before.get(&name).copied().filter(|old| !super::classes::is_from_elsewhere(old, linked));
            let new = class.body().members.get(&name).copied();
            if let (Some(old), Some(new)) = (old, new) {
                let kept = self.keep_member(old, new, &mut Matcher::default());
                Class::update(class, self.mc, |body| body.members.insert(name, kept));
            }
        }
    }

    /// Stores what a unit defines.
    fn finish_unit(
        &mut self,
        namespace: Gc<'gc, Namespace<'gc>>,
        kind: &UnitKind,
        value: Value<'gc>,
    ) -> crate::object::NativeResult<'gc> {
        match kind {
            UnitKind::Value(name) => {
                let symbol = self.world.intern(self.mc, name);
                if let Some(cell) = namespace.cell(symbol) {
                    self.initialise(cell, value);
                }
            }
            UnitKind::Values(names) => {
                let Value::Tuple(tuple) = value else { unreachable!("a destructuring unit returns a tuple") };
                for (name, value) in names.iter().zip(tuple.items().to_vec()) {
                    let symbol = self.world.intern(self.mc, name);
                    // Those that are kept are not waiting for a value.
                    if let Some(cell) = namespace.cell(symbol).filter(|cell| self.world.is_pending(*cell)) {
                        self.initialise(cell, value);
                    }
                }
            }
            UnitKind::Decorate(name) => {
                let symbol = self.world.intern(self.mc, name);
                let cell = namespace.cell(symbol).expect("declared before its units run");
                let original = self.undecorated(cell);
                self.world.set_pending(cell, false);
                match (cell.value(), original) {
                    (_, Value::Class(_)) => {
                        if !original.same(&value) {
                            let text = format!("the decorator of class `{name}` must return the class it was given");
                            return Err(self.type_error(text));
                        }
                        Definition::set(cell, self.mc, original);
                    }
                    (Value::Decorated(decorated), _) => {
                        // Refuses what cannot be called.
                        self.decorated(original, value)?;
                        self.world.undo.push(Undo::Decorated(decorated, decorated.original.get(), decorated.target.get()));
                        Decorated::set(decorated, self.mc, original, value);
                    }
                    _ => {
                        let value = self.decorated(original, value)?;
                        Definition::set(cell, self.mc, value);
                    }
                }
            }
            UnitKind::Extend(_) | UnitKind::Statement => {}
        }
        Ok(Value::Nil)
    }

    /// What the decorators of a definition are given.
    fn undecorated(&self, cell: Gc<'gc, Definition<'gc>>) -> Value<'gc> {
        let all = &self.world.loading.undecorated;
        all.iter().find(|(of, _)| Gc::ptr_eq(*of, cell)).map(|(_, value)| *value).unwrap_or_default()
    }

    /// Gives a definition the value that its initialiser built.
    fn initialise(&mut self, cell: Gc<'gc, Definition<'gc>>, value: Value<'gc>) {
        let computed_from = self.used_by_recording();
        self.world.undo.push(Undo::definition(cell));
        Definition::set(cell, self.mc, value);
        cell.clear_assigned();
        Definition::update_meta(cell, self.mc, |meta| {
            meta.initial_digest = super::digest::digest(value);
            meta.computed_from = computed_from;
        });
        self.world.set_pending(cell, false);
    }

    /// What the recorded initialiser used. When calls were too many to be noted one by one, everything that the noted functions
    /// mention, and so on, counts.
    fn used_by_recording(&self) -> Vec<Gc<'gc, Definition<'gc>>> {
        let Some(recording) = &self.world.recording else { return Vec::new() };
        let mut used = recording.used.clone();
        if recording.calls_left > 0 {
            return used;
        }
        let mut at = 0;
        while at < used.len() {
            let mut function = used[at].value();
            if let Value::Decorated(decorated) = function {
                function = decorated.original.get();
            }
            if let Value::Function(function) = function {
                let proto = function.proto();
                for i in 0..proto.image.consts.len() {
                    if let Value::Definition(cell) = proto.const_at(i)
                        && matches!(cell.kind(), Kind::Function | Kind::Constant)
                        && !Gc::ptr_eq(cell.namespace, self.world.core)
                        && !used.iter().any(|d| Gc::ptr_eq(*d, cell))
                    {
                        used.push(cell);
                    }
                }
            }
            at += 1;
        }
        used
    }

    /// Class tasks for a class that was just made: queued for later.
    pub(super) fn queue_tasks(&mut self, class: Gc<'gc, Class<'gc>>, tasks: Vec<ClassTask<'gc>>) -> Option<usize> {
        if tasks.is_empty() {
            return None;
        }
        self.world.loading.class_tasks.push(Some((class, tasks)));
        Some(self.world.loading.class_tasks.len() - 1)
    }
}
