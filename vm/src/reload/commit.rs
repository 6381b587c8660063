//! Step 4: a checked plan is applied, all or nothing.
//!
//! The program stands still at a safe point while a commit runs. Cells, code and files are changed first, each change with its entry in
//! the undo log; then initialisers and new statements run; an error in any of them takes the whole log back.

use super::check::CheckedPlan;
use super::closures::Matcher;
use super::codes;
use super::options::Mode;
use super::plan::{Action, PlannedDefinition, PlannedFile, ReloadPlan};
use super::queue::{Item, Queue};
use crate::embed::{Error, Problem, Vm};
use crate::heap::Value;
use crate::image::{ClassRef, DefinitionKind, ExtensionImage, MemberImage, ModuleImage, UnitKind};
use crate::link::{self, ClassTask};
use crate::object::{
    Class, ClassKind, Control, Cx, Decorated, Definition, Function, Kind, Leak, Linked, Member, Module, Namespace, Proto, Symbol,
    Undo,
};
use gc_arena::Gc;
use lang::diagnostic::Diagnostic;
use lang::source::Span;
use std::sync::Arc;

impl Vm {
    /// Applies a plan; `before_running` is called when the definitions are in place and nothing of the program has run yet. On an
    /// error everything is as before.
    pub(super) fn commit(&mut self, plan: CheckedPlan, before_running: impl FnOnce()) -> Result<Vec<String>, Error> {
        let plan = plan.into_plan();
        let queues_outer = std::mem::take(&mut self.files.queues);
        let level = self.begin_level();
        let (undo_start, serial) = self.enter(|cx| {
            cx.world.commits_tried += 1;
            let loading = std::mem::take(&mut cx.world.loading);
            cx.world.loading_outer.push(loading);
            (cx.world.undo.len(), cx.world.tasks.fresh())
        });
        let mut matcher = Matcher::default();
        let applied = self.enter(|cx| cx.apply(&plan, &mut matcher));
        let result = applied.and_then(|queues| {
            self.files.queues = queues;
            before_running();
            self.run_queues()
        });
        let names: Vec<(Arc<str>, Arc<str>)> = plan
            .files
            .iter()
            .flat_map(|f| {
                let added = f.definitions.iter().filter(|d| matches!(d.action, Action::Add | Action::Rename | Action::Move));
                added.map(|d| (f.namespace.clone(), d.name.clone()))
            })
            .collect();
        self.files.queues = queues_outer;
        self.enter(|cx| {
            let log = cx.world.undo.split_off(undo_start);
            if result.is_err() {
                cx.drop_tasks(serial);
                for undo in log.into_iter().rev() {
                    undo.apply(cx.world, cx.mc);
                }
                for (namespace, name) in &names {
                    let namespace = cx.world.namespace(cx.mc, namespace);
                    cx.relink_name(namespace, name);
                }
            }
            cx.world.loading = cx.world.loading_outer.pop().expect("pushed above");
            cx.clear_inline_caches();
            if result.is_ok() {
                cx.settle(&plan);
            }
        });
        self.end_level(level);
        result.map(|()| matcher.stale)
    }
}

/// A plan that evaluates one definition of a file anew.
pub(super) fn evaluation_plan(
    path: Arc<str>,
    namespace: Arc<str>,
    image: Arc<ModuleImage>,
    imports: Vec<Arc<str>>,
    name: &str,
) -> CheckedPlan {
    let index = image.definitions.iter().position(|definition| *definition.name == *name);
    let definition = PlannedDefinition {
        name: name.into(),
        action: Action::Evaluate,
        index,
        evaluates: true,
        is_edited: true,
        from: None,
        from_file: None,
        old_kind: None,
    };
    let file = PlannedFile {
        path,
        namespace,
        image,
        imports,
        definitions: vec![definition],
        statements: Vec::new(),
        extensions: Vec::new(),
        changed: true,
        is_new: false,
        is_removed: false,
        mode: Mode::Update,
    };
    CheckedPlan::for_evaluation(ReloadPlan { files: vec![file] })
}

/// A class, and what is left to run of it.
type Made<'gc> = (Gc<'gc, Class<'gc>>, Vec<ClassTask<'gc>>);

impl<'gc> Cx<'_, 'gc> {
    /// Changes cells, code and files; gives what is left to run.
    fn apply(&mut self, plan: &ReloadPlan, matcher: &mut Matcher) -> Result<Vec<Queue>, Error> {
        for file in &plan.files {
            self.part_generation(file);
        }
        for file in &plan.files {
            self.declare(file);
        }
        let files: Vec<&PlannedFile> = plan.files.iter().filter(|file| !file.is_removed).collect();
        let mut queues = Vec::new();
        let mut linked = Vec::new();
        for file in &files {
            linked.push(self.link_file(file));
        }
        for (file, (linked, old)) in files.iter().zip(&linked) {
            self.apply_functions(file, *linked, *old, matcher);
        }
        for (linked, old) in &linked {
            if let Some(old) = old.filter(|old| !Gc::ptr_eq(*old, *linked)) {
                self.drop_extensions(old, *linked);
            }
        }
        let mut tasks = Vec::new();
        self.apply_classes(&files, &linked, &mut tasks, matcher)?;
        for (at, (file, (linked, _))) in files.iter().zip(&linked).enumerate() {
            queues.push(self.queue_of(at, file, *linked, &tasks));
        }
        Ok(queues)
    }

    /// A class or enum that cannot be made as its text has it.
    fn impossible(&mut self, linked: Gc<'gc, Linked<'gc>>, name: &str, control: Control<'gc>) -> Error {
        let message = match control {
            Control::Raise(error) => crate::ops::error_message(self, &error),
            _ => format!("`{name}` cannot be made"),
        };
        let definition = linked.image.definitions.iter().find(|d| *d.name == *name);
        let span = definition.map_or(Span::default(), |d| d.name_span);
        let diagnostic = Diagnostic::new(&codes::CLASS, span, message);
        Error::Refused(vec![Problem { source: linked.image.source.clone(), diagnostic }])
    }

    /// As [`Cx::make_class`], with the place in the error.
    pub(super) fn make_class_of_file(
        &mut self,
        linked: Gc<'gc, Linked<'gc>>,
        old: Option<Gc<'gc, Linked<'gc>>>,
        id: usize,
        matcher: &mut Matcher,
    ) -> Result<Option<Made<'gc>>, Error> {
        self.make_class(linked, old, id, matcher).map_err(|control| {
            let name = linked.image.classes[id].name.clone();
            self.impossible(linked, &name, *control)
        })
    }

    /// Makes the cells of a file's names, so that linking finds them, and takes care of the names that leave.
    fn declare(&mut self, file: &PlannedFile) {
        let namespace = self.world.namespace(self.mc, &file.namespace);
        let known = self.world.modules.get(&file.path).copied();
        let module = match known.filter(|module| file.is_removed || Gc::ptr_eq(module.namespace, namespace)) {
            Some(module) => module,
            None => {
                let module = Module::new(self.mc, file.path.clone(), namespace);
                self.world.modules.insert(file.path.clone(), module);
                self.world.undo.push(Undo::NewModule(file.path.clone(), known));
                module
            }
        };
        let old = module.state().linked;
        let doc = |linked: Gc<'gc, Linked<'gc>>| linked.image.doc.clone();
        if file.image.doc.is_some() || old.and_then(doc).is_some() {
            self.world.undo.push(Undo::Doc(namespace, namespace.doc()));
            namespace.set_doc(file.image.doc.as_deref().map(Arc::from));
        }
        if file.is_removed {
            let version = module.state().version;
            self.world.undo.push(Undo::Module(module, old, version));
        }
        for definition in &file.definitions {
            if matches!(definition.action, Action::GiveUp | Action::Refuse(_)) {
                continue;
            }
            let name = self.world.intern(self.mc, &definition.name);
            let cell = self.own_cell(namespace, name);
            self.world.undo.push(Undo::definition(cell));
            match definition.index {
                Some(index) => self.declare_definition(file, module, cell, definition, index),
                None if definition.action == Action::Leak => self.make_leak(module, cell),
                None => {}
            }
        }
        if file.is_removed {
            Module::update(module, self.mc, |state| state.linked = None);
        }
    }

    /// The cell of a name in its own namespace: not one that a session has imported under this name.
    fn own_cell(&mut self, namespace: Gc<'gc, Namespace<'gc>>, name: Symbol<'gc>) -> Gc<'gc, Definition<'gc>> {
        match namespace.cell(name).filter(|cell| !Gc::ptr_eq(cell.namespace, namespace)) {
            None => Namespace::cell_or_new(namespace, self.mc, name),
            Some(imported) => {
                let cell = Definition::new(self.mc, namespace, name);
                self.world.undo.push(Undo::Alias(namespace, imported));
                Namespace::alias(namespace, self.mc, name, cell);
                self.relink_name(namespace, name.as_str());
                cell
            }
        }
    }

    /// Makes a definition that its file no longer has a leak.
    fn make_leak(&mut self, module: Gc<'gc, Module<'gc>>, cell: Gc<'gc, Definition<'gc>>) {
        let leak = Leak { file: module.path.clone(), version: module.state().version, epoch: self.world.epoch + 1 };
        Definition::update_meta(cell, self.mc, |meta| {
            meta.contributor = None;
            meta.leak = Some(Arc::new(leak));
        });
    }

    /// Prepares a cell for what the file defines.
    fn declare_definition(
        &mut self,
        file: &PlannedFile,
        module: Gc<'gc, Module<'gc>>,
        cell: Gc<'gc, Definition<'gc>>,
        definition: &PlannedDefinition,
        index: usize,
    ) {
        let image = &file.image.definitions[index];
        let hides_core = cell.kind() == Kind::Absent && self.world.core.get(cell.name).is_some();
        let kind = match image.kind {
            DefinitionKind::Function(_) => Kind::Function,
            DefinitionKind::Class(_) => Kind::Class,
            DefinitionKind::Enum(_) => Kind::Enum,
            DefinitionKind::Variable => Kind::Variable,
            DefinitionKind::Constant => Kind::Constant,
            DefinitionKind::Once => Kind::Once,
        };
        if let Some(from) = &definition.from {
            self.take_over(cell, from);
        }
        if matches!(definition.action, Action::Replace | Action::Overwrite) {
            Definition::set(cell, self.mc, Value::Unset);
        }
        cell.set_kind(kind);
        let is_new_version = match definition.action {
            Action::Add | Action::Redefine | Action::Evaluate | Action::Replace | Action::Overwrite => true,
            Action::Adopt | Action::Restore | Action::Move | Action::Rename => definition.is_edited,
            _ => false,
        };
        let is_evaluation = file.path.starts_with('<');
        let (doc, fingerprint, offset) = (image.doc.clone(), image.fingerprint, image.name_span.lo);
        Definition::update_meta(cell, self.mc, |meta| {
            // What is evaluated belongs to the file that defined it before.
            let keeps_file = is_evaluation && meta.contributor.is_some_and(|file| !file.path.starts_with('<'));
            if !keeps_file {
                meta.contributor = Some(module);
                meta.offset = offset;
                meta.fingerprint = fingerprint;
            }
            if is_new_version {
                meta.is_evaluated = is_evaluation;
            }
            if definition.action == Action::Conflict {
                meta.is_conflict = true;
            } else if definition.evaluates {
                meta.is_conflict = false;
            }
            meta.leak = None;
            meta.doc = doc;
            meta.version += u32::from(is_new_version);
        });
        if hides_core {
            self.relink_name(cell.namespace, &definition.name);
        }
        if definition.evaluates && image.unit.is_some() && matches!(kind, Kind::Variable | Kind::Constant | Kind::Once) {
            Definition::set(cell, self.mc, Value::Unset);
            self.world.set_pending(cell, true);
        }
    }

    /// Gives a cell what the definition `from` has: it moved here, or has a new name.
    fn take_over(&mut self, cell: Gc<'gc, Definition<'gc>>, from: &str) {
        let Some((namespace, name)) = from.rsplit_once('.') else { return };
        let symbol = self.world.intern(self.mc, name);
        let Some(old) = self.world.namespaces.get(namespace).and_then(|namespace| namespace.get(symbol)) else { return };
        Definition::set(cell, self.mc, old.value());
        let meta = old.meta().clone();
        Definition::update_meta(cell, self.mc, |m| *m = meta);
        if old.is_assigned() { cell.note_assigned() } else { cell.clear_assigned() }
    }

    /// What is left to do once everything has run.
    fn settle(&mut self, plan: &ReloadPlan) {
        if plan.files.iter().any(|f| f.changed || f.is_new) {
            self.world.epoch += 1;
        }
    }

    /// Links a file's new text. Gives it with the text that ran before.
    fn link_file(&mut self, file: &PlannedFile) -> (Gc<'gc, Linked<'gc>>, Option<Gc<'gc, Linked<'gc>>>) {
        let module = self.world.modules[&file.path];
        let (old, version) = {
            let state = module.state();
            (state.linked, state.version)
        };
        let same = old.is_some_and(|old| Arc::ptr_eq(&old.image, &file.image));
        if let (true, Some(old)) = (same, old) {
            return (old, Some(old));
        }
        let imports = file.imports.iter().map(|n| self.world.namespace(self.mc, n)).collect();
        let version_new = version + u32::from(file.changed || file.is_new);
        let linked = self.link(file.image.clone(), module, imports, version_new);
        self.number(linked);
        self.world.undo.push(Undo::Module(module, old, version));
        Module::update(module, self.mc, |state| {
            state.linked = Some(linked);
            state.version = version_new;
        });
        (linked, old)
    }

    /// Gives the code of a file the versions of the definitions it stands in.
    fn number(&mut self, linked: Gc<'gc, Linked<'gc>>) {
        let mut places: Vec<(Span, u32)> = Vec::new();
        for definition in &linked.image.definitions {
            let name = self.world.intern(self.mc, &definition.name);
            let cell = linked.module.namespace.cell(name);
            places.extend(cell.map(|cell| (definition.span, cell.meta().version)));
        }
        places.sort_by_key(|(span, _)| span.lo);
        for proto in linked.protos() {
            let own = proto.image.span;
            let before = places.partition_point(|(span, _)| span.lo <= own.lo);
            let around = before.checked_sub(1).map(|i| places[i]).filter(|(span, _)| own.hi <= span.hi);
            proto.version.set(around.map_or(linked.version, |(_, version)| version));
        }
    }

    /// Gives functions their new code; new ones come into being.
    fn apply_functions(
        &mut self,
        file: &PlannedFile,
        linked: Gc<'gc, Linked<'gc>>,
        old: Option<Gc<'gc, Linked<'gc>>>,
        matcher: &mut Matcher,
    ) {
        if let Some(old) = old {
            if Gc::ptr_eq(old, linked) {
                return;
            }
            if file.mode == Mode::Update {
                self.follow_units(old, linked, matcher);
            }
        }
        for definition in &file.definitions {
            let Some(index) = definition.index else { continue };
            let image = &file.image.definitions[index];
            let DefinitionKind::Function(id) = image.kind else { continue };
            let name = self.world.intern(self.mc, &definition.name);
            let cell = linked.module.namespace.cell(name).expect("declared");
            if cell.meta().is_evaluated && definition.action == Action::Follow {
                // What was evaluated in a session stays until the file's text of it changes.
                continue;
            }
            let proto = linked.proto(id);
            let decorated = image.unit.is_some();
            let function = match cell.value() {
                Value::Function(function) => Some(function),
                Value::Decorated(decorated) => match decorated.original.get() {
                    Value::Function(function) => Some(function),
                    _ => None,
                },
                _ => None,
            };
            let function = match function {
                Some(function) => {
                    self.replace_code(function, proto, matcher);
                    function
                }
                None => Function::new(self.mc, proto, None, std::iter::empty()),
            };
            if decorated && definition.evaluates {
                self.world.loading.undecorated.push((cell, Value::Function(function)));
                if !matches!(cell.value(), Value::Decorated(_)) {
                    Definition::set(cell, self.mc, Value::Unset);
                    self.world.set_pending(cell, true);
                }
            } else if !decorated {
                match cell.value() {
                    Value::Decorated(old) => {
                        // Who holds the decorated function calls the plain one from now on.
                        self.world.undo.push(Undo::Decorated(old, old.original.get(), old.target.get()));
                        Decorated::set(old, self.mc, Value::Function(function), Value::Function(function));
                    }
                    _ => Definition::set(cell, self.mc, Value::Function(function)),
                }
            }
        }
    }

    /// Gives a function object other code, and the closures made by its old code the code of their successors.
    fn replace_code(&mut self, function: Gc<'gc, Function<'gc>>, proto: Gc<'gc, Proto<'gc>>, matcher: &mut Matcher) {
        let mut old = function.proto();
        while let Some(successor) = old.successor() {
            old = successor;
        }
        self.world.undo.push(Undo::Code(function, function.proto()));
        Function::set_proto(function, self.mc, proto);
        self.follow_closures(old, proto, matcher);
    }

    /// Makes and redefines classes and enums, bases first, over all files; those whose bases are not there yet are left for later.
    fn apply_classes(
        &mut self,
        files: &[&PlannedFile],
        linked: &[(Gc<'gc, Linked<'gc>>, Option<Gc<'gc, Linked<'gc>>>)],
        queued: &mut Vec<(usize, u32, Item)>,
        matcher: &mut Matcher,
    ) -> Result<(), Error> {
        let mut waiting: Vec<(usize, u32)> = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let (new, old) = linked[at];
            if old.is_some_and(|old| Gc::ptr_eq(old, new)) {
                continue;
            }
            for definition in &file.definitions {
                let Some(index) = definition.index else { continue };
                let image = &file.image.definitions[index];
                match image.kind {
                    DefinitionKind::Class(id) => waiting.push((at, id.0)),
                    DefinitionKind::Enum(id) => {
                        let made = self.make_enum(new, id.0 as usize, matcher);
                        let (class, tasks) = made.map_err(|control| self.impossible(new, &image.name, *control))?;
                        let order = image.span.lo;
                        if let Some(i) = self.queue_tasks(class, tasks) {
                            queued.push((at, order, Item::ClassTasks(i)));
                        }
                    }
                    _ => {}
                }
            }
        }
        loop {
            let before = waiting.len();
            let mut left = Vec::new();
            for (at, id) in waiting {
                let (new, old) = linked[at];
                match self.make_class_of_file(new, old, id as usize, matcher)? {
                    Some((class, tasks)) => {
                        let order = new.image.classes[id as usize].span.lo;
                        if let Some(i) = self.queue_tasks(class, tasks) {
                            queued.push((at, order, Item::ClassTasks(i)));
                        }
                    }
                    None => left.push((at, id)),
                }
            }
            waiting = left;
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        for (at, id) in waiting {
            let new = linked[at].0;
            queued.push((at, new.image.classes[id as usize].span.lo, Item::LateClass(id)));
            self.world.incomplete.push((new, id));
        }
        self.retry_incomplete(matcher)
    }

    /// Takes from their classes the members that the `extend` blocks of a file no longer have.
    fn drop_extensions(&mut self, old: Gc<'gc, Linked<'gc>>, new: Gc<'gc, Linked<'gc>>) {
        let stays = |target: &ClassRef, member: &MemberImage| {
            let same = |m: &MemberImage| m.name == member.name && m.role == member.role;
            extensions_of(new).any(|extension| extension.target == *target && extension.members.iter().any(same))
        };
        for extension in extensions_of(old) {
            // A target that is no class any more has nothing to give back.
            let Ok(Some(class)) = self.class_ref(old, &extension.target) else { continue };
            let gone: Vec<&MemberImage> = extension.members.iter().filter(|member| !stays(&extension.target, member)).collect();
            if gone.is_empty() {
                continue;
            }
            self.world.undo.push(Undo::class(class));
            for member in gone {
                let name = self.world.intern(self.mc, &member.name);
                link::retract(self, class, name, member.role, |value| is_of_module(value, old.module));
            }
        }
    }

    /// Classes of earlier loads whose bases exist now.
    fn retry_incomplete(&mut self, matcher: &mut Matcher) -> Result<(), Error> {
        let incomplete = std::mem::take(&mut self.world.incomplete);
        for (linked, id) in incomplete {
            let current = linked.module.state().linked.is_some_and(|l| Gc::ptr_eq(l, linked));
            if current && self.make_class_of_file(linked, None, id as usize, matcher)?.is_none() {
                self.world.incomplete.push((linked, id));
            }
        }
        Ok(())
    }

    /// The class that a reference means; `None` while it does not exist.
    pub(super) fn class_ref(
        &mut self,
        linked: Gc<'gc, Linked<'gc>>,
        reference: &ClassRef,
    ) -> Result<Option<Gc<'gc, Class<'gc>>>, Box<Control<'gc>>> {
        let ClassRef::Path(name, members) = reference else { unreachable!("classes at top level are referred to by name") };
        let mut value = self.link_name(name, linked).value();
        for member in members {
            if value.is_unset() {
                return Ok(None);
            }
            value = self.get_attr(value, member)?;
        }
        match value {
            Value::Unset => Ok(None),
            Value::Class(class) => Ok(Some(class)),
            other => {
                let name = self.type_name(&other);
                Err(self.type_error(format!("a base class or `extend` needs a class, not {name}")))
            }
        }
    }

    /// Makes or redefines class `id` of a file; `None` when a base does not exist yet.
    pub(super) fn make_class(
        &mut self,
        linked: Gc<'gc, Linked<'gc>>,
        old: Option<Gc<'gc, Linked<'gc>>>,
        id: usize,
        matcher: &mut Matcher,
    ) -> Result<Option<Made<'gc>>, Box<Control<'gc>>> {
        let image = linked.image.classes[id].clone();
        let namespace = linked.module.namespace;
        let name = self.world.intern(self.mc, &image.name);
        let cell = namespace.cell(name).expect("declared");
        let existing = match cell.value() {
            Value::Class(class) => Some(class),
            _ => None,
        };
        let class = match existing {
            Some(class) => class,
            None => {
                let qualified = cell.qualified_name().into();
                let class = self.world.new_class(self.mc, &image.name, qualified, ClassKind::Plain);
                let decorated = linked.image.units.iter().any(|u| matches!(&u.kind, UnitKind::Decorate(n) if *n == image.name));
                if decorated {
                    self.world.loading.undecorated.push((cell, Value::Class(class)));
                    self.world.set_pending(cell, true);
                } else {
                    Definition::set(cell, self.mc, Value::Class(class));
                }
                class
            }
        };
        let mut bases = Vec::new();
        for base in &image.bases {
            match self.class_ref(linked, base)? {
                Some(base) if base.has_layout() => bases.push(base),
                _ => return Ok(None),
            }
        }
        if class.has_layout() {
            let tasks = self.redefine_class(class, linked, old, id, matcher)?;
            return Ok(Some((class, tasks)));
        }
        self.world.undo.push(Undo::class(class));
        let tasks = link::build_class(self, class, &image, bases, &mut |cx, id| {
            Function::new(cx.mc, linked.proto(id), None, std::iter::empty())
        })?;
        Ok(Some((class, tasks)))
    }

    /// Gives a class with the same slots and bases its new members: functions that stay keep their identity.
    fn redefine_class(
        &mut self,
        class: Gc<'gc, Class<'gc>>,
        linked: Gc<'gc, Linked<'gc>>,
        old_linked: Option<Gc<'gc, Linked<'gc>>>,
        id: usize,
        matcher: &mut Matcher,
    ) -> Result<Vec<ClassTask<'gc>>, Box<Control<'gc>>> {
        let image = linked.image.classes[id].clone();
        let image_old = old_linked.and_then(|old| old.image.classes.iter().find(|c| c.name == image.name).cloned());
        // Members that the old text of the class did not have come from an `extend`.
        let is_extension = |name: &str| {
            image_old
                .as_ref()
                .is_some_and(|c| !c.members.iter().any(|m| *m.name == *name) && !c.shared.iter().any(|s| *s.name == *name))
        };
        let old = class.body().clone();
        self.world.undo.push(Undo::class(class));
        let bases = old.bases.clone();
        let mut tasks = link::build_class(self, class, &image, bases, &mut |cx, id| {
            Function::new(cx.mc, linked.proto(id), None, std::iter::empty())
        })?;
        // Members of other files (`extend`) stay, shared slots keep their cells, functions keep their identity.
        let declared: Vec<_> = class.body().members.iter().map(|(n, m)| (*n, *m)).collect();
        let mut members = class.body().members.clone();
        for (name, member) in &old.members {
            match (declared.iter().find(|(n, _)| n == name).map(|(_, m)| *m), *member) {
                (Some(Member::Shared(_)), Member::Shared(cell)) => {
                    members.insert(*name, Member::Shared(cell));
                    tasks.retain(|t| !matches!(t, ClassTask::Shared { cell: c, .. } if declared.iter().any(|(n, m)| n == name && matches!(m, Member::Shared(d) if Gc::ptr_eq(*d, *c)))));
                }
                (Some(new), old) => {
                    members.insert(*name, self.keep_member(old, new, matcher));
                }
                (None, member) if is_extension(name.as_str()) || is_from_elsewhere(&member, linked) => {
                    members.insert(*name, member);
                }
                _ => {}
            }
        }
        Class::update(class, self.mc, |body| body.members = members);
        Ok(tasks)
    }

    /// The new member, with the function objects of the old one where both are of one sort.
    pub(super) fn keep_member(&mut self, old: Member<'gc>, new: Member<'gc>, matcher: &mut Matcher) -> Member<'gc> {
        match (old, new) {
            (Member::Method(old), Member::Method(new)) => Member::Method(self.keep_identity(old, new, matcher)),
            (Member::Static(old), Member::Static(new)) => Member::Static(self.keep_identity(old, new, matcher)),
            (Member::Property { getter: old_getter, setter: old_setter }, Member::Property { getter, setter }) => {
                let mut keep = |old: Option<Value<'gc>>, new: Option<Value<'gc>>| match (old, new) {
                    (Some(old), Some(new)) => Some(self.keep_identity(old, new, matcher)),
                    (_, new) => new,
                };
                Member::Property { getter: keep(old_getter, getter), setter: keep(old_setter, setter) }
            }
            (_, new) => new,
        }
    }

    /// The old function object with the new code.
    fn keep_identity(&mut self, old: Value<'gc>, new: Value<'gc>, matcher: &mut Matcher) -> Value<'gc> {
        match (old, new) {
            (Value::Function(old), Value::Function(new)) => {
                self.replace_code(old, new.proto(), matcher);
                if let Some(home) = new.home() {
                    Function::set_home(old, self.mc, home);
                }
                Value::Function(old)
            }
            (Value::Decorated(decorated), Value::Function(new)) => {
                if let Value::Function(original) = decorated.original.get() {
                    self.replace_code(original, new.proto(), matcher);
                }
                Value::Decorated(decorated)
            }
            _ => new,
        }
    }

    fn make_enum(
        &mut self,
        linked: Gc<'gc, Linked<'gc>>,
        id: usize,
        matcher: &mut Matcher,
    ) -> Result<Made<'gc>, Box<Control<'gc>>> {
        let image = linked.image.enums[id].clone();
        let name = self.world.intern(self.mc, &image.name);
        let cell = linked.module.namespace.cell(name).expect("declared");
        if let Value::Class(class) = cell.value() {
            // The variants are the same: values keep theirs; members get their new code.
            self.world.undo.push(Undo::class(class));
            let variants = class.body().variants.clone();
            let old = class.body().members.clone();
            let tasks = link::build_enum(self, class, &image, &mut |cx, id| {
                Function::new(cx.mc, linked.proto(id), None, std::iter::empty())
            })?;
            let declared: Vec<_> = class.body().members.iter().map(|(n, m)| (*n, *m)).collect();
            let mut members = class.body().members.clone();
            for (name, member) in declared {
                let kept = match old.get(&name) {
                    Some(Member::Static(old)) if variants.iter().any(|v| v.name == name) => Member::Static(*old),
                    Some(old) => self.keep_member(*old, member, matcher),
                    None => member,
                };
                members.insert(name, kept);
            }
            Class::update(class, self.mc, |body| {
                body.variants = variants;
                body.members = members;
            });
            return Ok((class, tasks));
        }
        let class = self.world.new_class(self.mc, &image.name, cell.qualified_name().into(), ClassKind::Enum);
        Definition::set(cell, self.mc, Value::Class(class));
        let tasks =
            link::build_enum(self, class, &image, &mut |cx, id| Function::new(cx.mc, linked.proto(id), None, std::iter::empty()))?;
        Ok((class, tasks))
    }

    /// What is left to run of a file, in text order.
    fn queue_of(&mut self, at: usize, file: &PlannedFile, linked: Gc<'gc, Linked<'gc>>, tasks: &[(usize, u32, Item)]) -> Queue {
        let mut items: Vec<(u32, Item)> =
            tasks.iter().filter(|(a, ..)| *a == at).map(|(_, order, item)| (*order, item.clone())).collect();
        let mut defines = Vec::new();
        for (i, unit) in linked.image.units.iter().enumerate() {
            let i = i as u32;
            let evaluated = |name: &Arc<str>| file.definitions.iter().any(|d| d.name == *name && d.index.is_some() && d.evaluates);
            let runs = match &unit.kind {
                UnitKind::Value(name) | UnitKind::Decorate(name) => evaluated(name),
                UnitKind::Values(names) => names.iter().any(evaluated),
                UnitKind::Extend(_) => file.extensions.contains(&i),
                UnitKind::Statement => file.statements.contains(&i),
            };
            if !runs {
                continue;
            }
            match &unit.kind {
                UnitKind::Value(name) | UnitKind::Decorate(name) => defines.push(name.clone()),
                UnitKind::Values(names) => defines.extend(names.iter().cloned()),
                UnitKind::Extend(_) | UnitKind::Statement => {}
            }
            items.push((unit.span.lo, Item::Unit(i)));
        }
        items.sort_by_key(|(order, item)| (*order, matches!(item, Item::Unit(_))));
        Queue { path: file.path.clone(), items: items.into(), defines, namespace: file.namespace.clone(), active: false }
    }
}

/// The `extend` blocks at the top level of a file.
fn extensions_of<'gc>(linked: Gc<'gc, Linked<'gc>>) -> impl Iterator<Item = Arc<ExtensionImage>> {
    let image = linked.image.clone();
    (0..image.units.len()).filter_map(move |i| match image.units[i].kind {
        UnitKind::Extend(index) => Some(image.extensions[index as usize].clone()),
        _ => None,
    })
}

/// Whether a function is of a file.
fn is_of_module<'gc>(value: &Value<'gc>, module: Gc<'gc, Module<'gc>>) -> bool {
    match value {
        Value::Function(function) => Gc::ptr_eq(function.proto().linked.module, module),
        Value::Decorated(decorated) => is_of_module(&decorated.original.get(), module),
        _ => false,
    }
}

/// Whether a member comes from another file, or the library: an `extend`.
pub(super) fn is_from_elsewhere<'gc>(member: &Member<'gc>, linked: Gc<'gc, Linked<'gc>>) -> bool {
    let of = |value: &Value<'gc>| {
        matches!(value, Value::Function(_) | Value::Native(_) | Value::Decorated(_)) && !is_of_module(value, linked.module)
    };
    match member {
        Member::Method(value) | Member::Static(value) => of(value),
        Member::Property { getter, setter } => getter.iter().chain(setter).any(of),
        Member::Shared(_) => false,
    }
}
