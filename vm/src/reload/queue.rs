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
    Bundles, Class, Control, Cx, Decorated, Definition, Function, Kind, Linked, Maker, Member, Namespace, Recording, SymbolMap,
    Undo,
};
use gc_arena::Gc;
use lang::ast::walk::with_stack;
use std::collections::VecDeque;
use std::sync::Arc;

/// Calls of an initialiser that are noted one by one.
const CALLS_NOTED: u32 = 20_000;

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
    /// While an item of it is running: how many others were when it began.
    pub(super) turn: Option<usize>,
    /// What the running item waits for.
    pub(super) needs: Option<String>,
}

impl Vm {
    /// Runs everything that is queued. Where `Files::failures` collects, the other files go on after an error.
    pub(super) fn run_queues(&mut self) -> Result<(), Error> {
        for i in 0..self.files.queues.len() {
            loop {
                match self.run_next(i) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => self.note_failure(i, error)?,
                }
            }
        }
        match self.files.failures.as_mut().filter(|failures| !failures.is_empty()) {
            None => Ok(()),
            Some(failures) => {
                let mut errors = std::mem::take(failures).into_iter().map(|(_, error)| error);
                let first = errors.next();
                self.files.further_errors = errors.collect();
                Err(first.expect("there is one"))
            }
        }
    }

    /// An item of a queue has failed: the rest of its file does not run. Gives the error back if it ends the load.
    fn note_failure(&mut self, i: usize, error: Error) -> Result<(), Error> {
        match (&mut self.files.failures, error) {
            (Some(failures), error @ Error::Raised { .. }) => {
                let queue = &mut self.files.queues[i];
                queue.items.clear();
                if !failures.iter().any(|(path, _)| *path == queue.path) {
                    failures.push((queue.path.clone(), error));
                }
                Ok(())
            }
            (_, error) => Err(error),
        }
    }

    /// Runs the next item of a queue; false when there is none.
    fn run_next(&mut self, i: usize) -> Result<bool, Error> {
        let turn = self.files.queues.iter().filter(|queue| queue.running.is_some()).count();
        let Some((_, item)) = self.files.queues[i].items.pop_front() else { return Ok(false) };
        let path = self.files.queues[i].path.clone();
        let running = self.running(&path, &item);
        self.files.ran.extend(running.statement());
        self.files.queues[i].running = Some(running);
        self.files.queues[i].turn = Some(turn);
        let result = self.run_item(i, item);
        let queue = &mut self.files.queues[i];
        (queue.running, queue.turn, queue.needs) = (None, None, None);
        result.map(|()| true)
    }

    /// A running program needs `Loading::needed`: runs the file that defines it until it exists.
    pub(crate) fn provide(&mut self) -> Result<(), Error> {
        let (namespace, name) = self.enter(|cx| {
            let cell = cx.world.loading.needed.expect("set when the loop was left for it");
            (cell.namespace.name.clone(), cell.name.as_str().to_owned())
        });
        let running = self.files.queues.iter_mut().filter(|queue| queue.running.is_some());
        if let Some(innermost) = running.max_by_key(|queue| queue.turn) {
            innermost.needs = Some(format!("{namespace}.{name}"));
        }
        let queue = self.files.queues.iter().position(|q| q.namespace == namespace && q.defines.iter().any(|d| **d == *name));
        let Some(i) = queue.filter(|i| self.files.queues[*i].running.is_none()) else {
            let why = self.why_waiting(queue);
            self.end_need(why);
            return Ok(());
        };
        loop {
            let done = self.enter(|cx| cx.world.loading.needed.is_none_or(|cell| !cx.world.is_pending(cell)));
            if done {
                return Ok(());
            }
            match self.run_next_for(i, &namespace, &name) {
                Ok(true) => {}
                Ok(false) => {
                    let why = self.why_waiting(Some(i));
                    self.end_need(why);
                    return Ok(());
                }
                Err(error) => {
                    self.note_failure(i, error)?;
                    self.enter(|cx| cx.need(&namespace, &name));
                }
            }
        }
    }

    /// The code that needs a name gets a NameError instead.
    fn end_need(&mut self, why: Option<String>) {
        self.enter(|cx| {
            let cell = cx.world.loading.needed.expect("set when the loop was left for it");
            cx.world.loading.unavailable.extend(why.map(|why| (cell, why)));
            cx.world.set_pending(cell, false);
        });
    }

    /// Why the file of queue `owner` cannot give what is needed: it has failed, or waits itself for who needs it.
    fn why_waiting(&self, owner: Option<usize>) -> Option<String> {
        let owner = &self.files.queues[owner?];
        let failures = self.files.failures.iter().flatten();
        if failures.into_iter().any(|(path, _)| *path == owner.path) {
            return Some(format!("the top level of `{}` has failed", owner.path));
        }
        let first = owner.turn?;
        let mut circle: Vec<&Queue> = self.files.queues.iter().filter(|queue| queue.turn >= Some(first)).collect();
        if circle.len() < 2 {
            return None;
        }
        circle.sort_by_key(|queue| queue.turn);
        let needs = |queue: &&Queue| format!("`{}` needs `{}`", queue.path, queue.needs.as_deref().unwrap_or_default());
        let circle = circle.iter().map(needs).collect::<Vec<_>>().join(", ");
        Some(format!("files wait for each other's top-level values: {circle}"))
    }

    fn run_next_for(&mut self, i: usize, namespace: &str, name: &str) -> Result<bool, Error> {
        // Files may wait for each other in long chains.
        let more = with_stack(|| self.run_next(i))?;
        // What ran may have needed other names; come back to ours.
        self.enter(|cx| cx.need(namespace, name));
        Ok(more)
    }

    fn run_item(&mut self, queue: usize, item: Item) -> Result<(), Error> {
        let path = self.files.queues[queue].path.clone();
        match item {
            Item::Unit(unit) => self.run_unit(&path, unit).map(|_| ()),
            Item::ClassTasks(i) => {
                let mut evaluated = Vec::new();
                let class = self.recorded(CALLS_NOTED, |vm| {
                    vm.run(|cx| {
                        cx.world.stack.force_slow(true);
                        let (class, tasks) = std::mem::take(&mut cx.world.loading.class_tasks[i]).expect("queued once");
                        evaluated = super::parts::shared_slots_of(class, &tasks);
                        cx.run_noted_tasks(class, tasks)
                    })
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
        let path_owned = path.to_owned();
        // While it runs, the file may get another text.
        let (kind, namespace, maker) = self.enter(|cx| {
            let linked = cx.linked_of(path);
            let maker = Maker { path: linked.module.path.clone(), image: linked.image.clone(), unit: Some(unit) };
            (linked.image.units[unit as usize].kind.clone(), linked.module.namespace.name.clone(), maker)
        });
        self.units_run.push(maker);
        let makes_value = matches!(kind, UnitKind::Value(_) | UnitKind::Values(_) | UnitKind::Decorate(_));
        let calls_left = if makes_value { CALLS_NOTED } else { 0 };
        self.recorded(calls_left, |vm| {
            let result = vm.run(|cx| {
                cx.world.stack.force_slow(calls_left > 0);
                let linked = cx.linked_of(&path_owned);
                cx.start_unit(linked, unit)
            });
            result.and_then(|value| vm.store_unit(&namespace, kind, value))
        })
    }

    /// Runs the last statement of an evaluation, whose commit has ended: nothing takes back what it assigns.
    pub(super) fn run_last(&mut self, path: &str, unit: u32) -> Result<Handle, Error> {
        let path = path.to_owned();
        // What it uses is no matter of an initialiser that evaluates it.
        self.enter(|cx| {
            let outer = cx.world.recording.take();
            cx.world.recordings_outer.push(outer);
        });
        let result = self.run(move |cx| {
            let linked = cx.linked_of(&path);
            cx.start_unit(linked, unit)
        });
        self.enter(|cx| cx.world.recording = cx.world.recordings_outer.pop().expect("pushed above"));
        result
    }

    /// Runs something whose assignments are logged, so that a failing commit takes them back.
    pub(super) fn logging_assignments<T>(&mut self, run: impl FnOnce(&mut Vm) -> T) -> T {
        self.recorded(0, run)
    }

    /// Runs something while assignments are logged and so many calls are noted.
    fn recorded<T>(&mut self, calls_left: u32, run: impl FnOnce(&mut Vm) -> T) -> T {
        self.enter(|cx| {
            cx.world.recordings += 1;
            let serial = cx.world.recordings;
            let outer = cx.world.recording.replace(Recording::new(serial, calls_left));
            cx.world.recordings_outer.push(outer);
        });
        let result = run(self);
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
    /// Says which definition is waited for.
    fn need(&mut self, namespace: &str, name: &str) {
        let symbol = self.world.intern(self.mc, name);
        self.world.loading.needed = self.world.namespaces.get(namespace).and_then(|n| n.cell(symbol));
    }

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
            let mut tasks = link::extend(self, class, &image.members, &mut |cx, id| {
                Function::new(cx.mc, linked.proto(id), None, std::iter::empty())
            })?;
            self.keep_extended_members(class, linked, &image.members, &before, &mut tasks);
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
        tasks: &mut Vec<ClassTask<'gc>>,
    ) {
        for image in images {
            let name = self.world.intern(self.mc, &image.name);
            let old = before.get(&name).copied().filter(|old| !super::classes::is_from_elsewhere(old, linked));
            let new = class.body().members.get(&name).copied();
            if let (Some(old), Some(new)) = (old, new) {
                let kept = self.keep_member(old, new, &mut Matcher::default());
                Class::update(class, self.mc, |body| body.members.insert(name, kept));
                let members = class.body().members.clone();
                self.settle_decoration((class, &members), name, false, tasks, |_| false);
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
                let (mut used, passed_on) = self.used_by_recording();
                used.retain(|used| !Gc::ptr_eq(*used, cell));
                self.world.undo.push(Undo::definition(cell));
                Definition::update_meta(cell, self.mc, |meta| {
                    meta.computed_from = used;
                    meta.passes_on = passed_on;
                });
                self.world.set_pending(cell, false);
                match (self.decoration(&cell.value()), original) {
                    (_, Value::Class(_)) => {
                        if !original.same(&value) {
                            let text = format!("the decorator of class `{name}` must return the class it was given");
                            return Err(self.type_error(text));
                        }
                        Definition::set(cell, self.mc, original);
                    }
                    (Some(decorated), _) => {
                        // Refuses what cannot be called.
                        self.decorated(original, value)?;
                        self.world.undo.push(Undo::Decorated(decorated, decorated.original.get(), decorated.target.get()));
                        let target = self.target_of(&cell.value(), original, value);
                        Decorated::set(decorated, self.mc, original, target);
                    }
                    _ => {
                        let result = self.decorated(original, value)?;
                        let plain = self.world.loading.plain.iter().find(|(of, _)| Gc::ptr_eq(*of, cell)).map(|(_, held)| *held);
                        if let Some(held) = plain {
                            let target = self.target_of(&Value::Function(held), original, value);
                            self.decorate(held, Decorated::new(self.mc, original, target));
                        }
                        Definition::set(cell, self.mc, plain.map_or(result, Value::Function));
                    }
                }
                self.join_decorated(cell);
            }
            UnitKind::Extend(_) | UnitKind::Statement => {}
        }
        Ok(Value::Nil)
    }

    /// What the decorators of a definition are given.
    pub(super) fn undecorated(&self, cell: Gc<'gc, Definition<'gc>>) -> Value<'gc> {
        let all = &self.world.loading.undecorated;
        let noted = all.iter().find(|(of, _)| Gc::ptr_eq(*of, cell)).map(|(_, value)| *value);
        // What has the same text as before, and is decorated again because its decorator has changed, stands in its place.
        noted.unwrap_or_else(|| {
            let value = cell.value();
            self.decoration(&value).map_or(value, |decorated| decorated.original.get())
        })
    }

    /// Notes what the task of a class has used, and begins anew for the next one.
    pub(crate) fn note_part(&mut self, class: Gc<'gc, Class<'gc>>, task: &ClassTask<'gc>) {
        let Some(part) = super::parts::part_of(class, task) else { return };
        let (used, _) = self.used_by_recording();
        Class::update(class, self.mc, |body| drop(body.computed_from.insert(part, used)));
        if self.world.recording.is_some() {
            self.world.recordings += 1;
            self.world.recording = Some(Recording::new(self.world.recordings, CALLS_NOTED));
            self.world.stack.force_slow(true);
        }
    }

    /// Gives a definition the value that its initialiser built.
    fn initialise(&mut self, cell: Gc<'gc, Definition<'gc>>, value: Value<'gc>) {
        let (computed_from, passes_on) = self.used_by_recording();
        self.world.undo.push(Undo::definition(cell));
        Definition::set(cell, self.mc, value);
        cell.clear_assigned();
        Definition::update_meta(cell, self.mc, |meta| {
            meta.initial_digest = super::digest::digest(value);
            meta.computed_from = computed_from;
            meta.passes_on = passes_on;
        });
        self.world.set_pending(cell, false);
    }

    /// What the recorded initialiser used. When calls were too many to be noted one by one, everything that the noted functions
    /// mention, and so on, counts. Also gives the functions that it only passed on.
    fn used_by_recording(&self) -> (Vec<Gc<'gc, Definition<'gc>>>, Vec<Gc<'gc, Definition<'gc>>>) {
        let Some(recording) = &self.world.recording else { return (Vec::new(), Vec::new()) };
        // A task that lives on has no part in the value.
        let (mut used, passed_on) = recording.used(|caller| caller.is_none_or(|task| self.world.tasks.get(task).is_none()));
        // What calls a native function of a bundle stands for it, and the value must not keep its library.
        let is_native = |cell: &Gc<'gc, Definition<'gc>>| Bundles::is_native_name(cell.name.as_str());
        if recording.calls_left > 0 {
            used.retain(|cell| !is_native(cell));
            return (used, passed_on);
        }
        let mut at = 0;
        while at < used.len() {
            let function = used[at].value();
            let function = self.decoration(&function).map_or(function, |decorated| decorated.original.get());
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
        used.retain(|cell| !is_native(cell));
        (used, passed_on)
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
