//! Step 4: a checked plan is applied, all or nothing.
//!
//! The program stands still at a safe point while a commit runs. Cells, code and files are changed first, each change with its entry in
//! the undo log; then initialisers and new statements run; an error in any of them takes the whole log back.

use super::check::CheckedPlan;
use super::closures::Matcher;
use super::options::Mode;
use super::plan::{Action, PlannedDefinition, PlannedFile, ReloadPlan};
use super::queue::{Item, Queue};
use super::stale::StaleCode;
use crate::embed::{Error, Vm};
use crate::heap::Value;
use crate::image::{DefinitionKind, ModuleImage, UnitKind};
use crate::object::{
    Cx, Decorated, Definition, DefinitionMeta, Direction, Function, Kind, Leak, Linked, Module, Namespace, Proto, Symbol, Undo,
};
use gc_arena::Gc;
use lang::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// What a commit has done beyond its plan.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Classes that functions have made and that keep their old code, with the reason.
    pub(super) stale: Vec<StaleCode>,
    /// Qualified names of variables and shared slots that have got a new object for an old one.
    pub(super) relinked: Vec<String>,
}

/// What happens within a commit beside the commit. An error takes it back.
pub(super) trait Stages {
    /// Before anything changes.
    fn begin(&mut self, _: &mut Vm) -> Result<(), Error> {
        Ok(())
    }

    /// The definitions are in place, and nothing of the program has run yet.
    fn placed(&mut self, _: &mut Vm) -> Result<(), Error> {
        Ok(())
    }

    /// Everything is done.
    fn end(&mut self, _: &mut Vm, _: &Done) -> Result<(), Error> {
        Ok(())
    }
}

/// A definition that moves, or gets another name, as it is before the commit.
struct Origin<'gc> {
    cell: Gc<'gc, Definition<'gc>>,
    value: Value<'gc>,
    assigned: bool,
    meta: DefinitionMeta<'gc>,
    /// Whether its name gets another definition.
    is_defined: bool,
}

/// By qualified name.
type Origins<'gc> = FxHashMap<Arc<str>, Origin<'gc>>;

impl Vm {
    /// Applies a plan. On an error everything is as before.
    pub(super) fn commit(&mut self, plan: CheckedPlan, stages: &mut impl Stages) -> Result<Done, Error> {
        let plan = plan.into_plan();
        let queues_outer = std::mem::take(&mut self.files.queues);
        // When a program is loaded, all its errors are told at once; an edit of a running one has as few effects as possible.
        let is_first = plan.files.len() > 1 && plan.files.iter().all(|file| file.is_new && !file.path.starts_with('<'));
        let failures_outer = std::mem::replace(&mut self.files.failures, is_first.then(Vec::new));
        self.files.queues_outer.push(queues_outer);
        let rests = self.rests_of(&plan);
        self.begin_within();
        let units_run = self.units_run.len();
        let level = self.begin_level();
        let noted_outer = self.enter(|cx| {
            let world = &mut cx.world;
            (std::mem::take(&mut world.layout_changes), std::mem::take(&mut world.shared_changes))
        });
        let (undo_start, serial, outer, epoch) = self.enter(|cx| {
            cx.world.commits_tried += 1;
            let loading = std::mem::take(&mut cx.world.loading);
            cx.world.loading_outer.push(loading);
            cx.world.loading.direction = plan.direction;
            let start = cx.world.undo.len();
            (start, cx.world.tasks.fresh(), cx.world.commit_start.replace(start), cx.world.epoch)
        });
        let mut matcher = Matcher::new(self.continued_statements(&plan));
        let result = stages.begin(self).and_then(|()| {
            self.files.queues = self.enter(|cx| {
                let queues = cx.apply(&plan, &mut matcher)?;
                cx.note_keys(undo_start);
                Ok(queues)
            })?;
            stages.placed(self)?;
            self.run_queues()?;
            let relinked = self.enter(|cx| {
                // Decorators and extensions come with what has run.
                cx.note_keys(undo_start);
                let overwritten = std::mem::take(&mut cx.world.loading.overwritten);
                if plan.relink { cx.relink_holders(&overwritten) } else { Vec::new() }
            });
            let done = Done { stale: std::mem::take(&mut matcher.stale), relinked };
            stages.end(self, &done)?;
            Ok(done)
        });
        self.files.queues = self.files.queues_outer.pop().expect("pushed above");
        self.files.failures = failures_outer;
        // It was meant for what has ended.
        self.files.is_abandoned = false;
        self.enter(|cx| {
            let log = cx.world.undo.split_off(undo_start);
            if result.is_ok() {
                cx.note_replaced(&plan, &log);
            }
            cx.world.commit_start = outer;
            if result.is_err() {
                cx.drop_tasks(serial);
                // Commits within this one are taken back with it.
                cx.world.epoch = epoch;
                let names: Vec<_> = log.iter().filter_map(|undo| cx.relinked_by(undo)).collect();
                for undo in log.into_iter().rev() {
                    undo.apply(cx.world, cx.mc);
                }
                for (namespace, name) in names {
                    cx.relink_name(namespace, name.as_str());
                }
            } else if outer.is_some() {
                // What fails outside takes this one back, too.
                cx.world.undo.extend(log);
            }
            // The commit around this one has its own, and gets what this one has not told.
            let (layouts, shared) = noted_outer;
            let layouts_inner = std::mem::replace(&mut cx.world.layout_changes, layouts);
            let shared_inner = std::mem::replace(&mut cx.world.shared_changes, shared);
            if outer.is_some() && result.is_ok() {
                cx.world.layout_changes.extend(layouts_inner);
                cx.world.shared_changes.conflicts.extend(shared_inner.conflicts);
                cx.world.shared_changes.recomputed.extend(shared_inner.recomputed);
                cx.world.shared_changes.decorated.extend(shared_inner.decorated);
            }
            let tasks = std::mem::take(&mut cx.world.loading.tasks_outside);
            let tentative = std::mem::take(&mut cx.world.loading.tentative);
            cx.loosen_again(&tentative);
            cx.world.loading = cx.world.loading_outer.pop().expect("pushed above");
            if result.is_ok() {
                cx.take_over_tasks(tasks);
            }
            cx.clear_inline_caches();
            if result.is_ok() {
                if outer.is_none() {
                    cx.shorten_successions();
                }
                cx.settle(&plan);
            }
        });
        if result.is_ok() {
            self.replace_rests(rests);
        }
        self.end_level(level);
        self.end_within(result.as_ref().err());
        if result.is_err() {
            self.forget_registered(units_run);
        } else if self.files.within.is_empty() {
            self.settle_registries();
        }
        result
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
    let index = image.position(name);
    let definition = PlannedDefinition {
        name: name.into(),
        action: Action::Evaluate,
        index,
        evaluates: true,
        is_edited: true,
        is_put_back: false,
        is_conflict: false,
        from: None,
        from_file: None,
        old_kind: None,
        parts: Vec::new(),
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
        notes: Vec::new(),
    };
    CheckedPlan::for_evaluation(ReloadPlan { files: vec![file], ..ReloadPlan::default() })
}

impl<'gc> Cx<'_, 'gc> {
    /// Changes cells, code and files; gives what is left to run.
    fn apply(&mut self, plan: &ReloadPlan, matcher: &mut Matcher) -> Result<Vec<Queue>, Error> {
        self.keep_orphans();
        self.sweep_member_leaks();
        for file in &plan.files {
            let overwritten = self.part_generation(file);
            self.world.loading.overwritten.extend(overwritten);
        }
        let origins = self.origins(plan);
        let gone: Vec<_> =
            plan.files.iter().filter(|file| file.is_removed).filter_map(|file| self.linked_text(&file.path)).collect();
        for file in &plan.files {
            self.declare(file, &origins);
        }
        self.join_generation();
        for name in &plan.outdated {
            if let Some(cell) = self.find_cell(name).filter(|cell| cell.meta().leak.is_some()) {
                self.world.undo.push(Undo::definition(cell));
                Definition::update_meta(cell, self.mc, |meta| meta.is_outdated = true);
            }
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
                self.drop_extensions(old, Some(*linked));
            }
        }
        gone.into_iter().for_each(|old| self.drop_extensions(old, None));
        let mut tasks = Vec::new();
        self.note_stirred(&files, &linked);
        self.apply_classes(&files, &linked, &mut tasks, matcher)?;
        self.join_interim(matcher).map_err(|misfit| self.misfit(&files, misfit))?;
        let overwritten = self.world.loading.overwritten.clone();
        self.extend_overwritten(&files, &overwritten, &mut tasks).map_err(|misfit| self.misfit(&files, misfit))?;
        if plan.rebase {
            self.rebase(plan, &overwritten).map_err(|misfit| self.misfit(&files, misfit))?;
        }
        // What runs from here on meets the new classes.
        self.clear_inline_caches();
        for (at, (file, (linked, _))) in files.iter().zip(&linked).enumerate() {
            queues.push(self.queue_of(at, file, *linked, &tasks));
        }
        Ok(queues)
    }

    /// The text of a file that runs.
    fn linked_text(&self, path: &str) -> Option<Gc<'gc, Linked<'gc>>> {
        self.world.modules.get(path)?.state().linked
    }

    /// The name that code has to be linked to again when an entry of the log is taken back: whether it hides one of `core`, or which
    /// namespace it comes from, may differ then.
    fn relinked_by(&self, undo: &Undo<'gc>) -> Option<(Gc<'gc, Namespace<'gc>>, Symbol<'gc>)> {
        match undo {
            Undo::Alias(namespace, cell) => Some((*namespace, cell.name)),
            Undo::Definition { cell, .. } if self.world.core.cell(cell.name).is_some() => Some((cell.namespace, cell.name)),
            _ => None,
        }
    }

    /// Makes the cells of a file's names, so that linking finds them, and takes care of the names that leave.
    fn declare(&mut self, file: &PlannedFile, origins: &Origins<'gc>) {
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
            if let Some(old) = old {
                old.image.units.iter().for_each(|unit| self.lose_unit(old.proto(unit.proto)));
            }
        }
        for definition in &file.definitions {
            if matches!(definition.action, Action::GiveUp | Action::Refuse(_)) {
                continue;
            }
            let name = self.world.intern(self.mc, &definition.name);
            let cell = self.own_cell(namespace, name);
            self.world.undo.push(Undo::definition(cell));
            match definition.index {
                Some(index) => self.declare_definition(file, module, cell, definition, index, origins),
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
        cell.unused.set(false);
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
        origins: &Origins<'gc>,
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
        if let Some(origin) = definition.from.as_ref().and_then(|from| origins.get(from)) {
            self.take_over(cell, origin, origins);
        }
        if definition.action == Action::Replace || definition.action == Action::Add && cell.meta().leak.is_some() {
            let old_names = self.old_names();
            self.part_from_old_names(cell, &old_names);
        }
        // What a leak that has moved held is another definition's.
        if matches!(definition.action, Action::Replace | Action::Overwrite)
            || definition.action == Action::Add && cell.meta().leak.is_some()
        {
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
        let initialiser = file.image.initialiser_of(image);
        Definition::update_meta(cell, self.mc, |meta| {
            // What is evaluated belongs to the file that defined it before.
            let keeps_file = is_evaluation && meta.contributor.is_some_and(|file| !file.path.starts_with('<'));
            if !keeps_file {
                meta.contributor = Some(module);
                meta.offset = offset;
                meta.fingerprint = fingerprint;
                meta.initialiser = initialiser;
                // A `was` that nothing has come of yet still may act.
                let has_acted = definition.from.is_some() || definition.action == Action::Conflict;
                let is_done = has_acted || file.is_new || meta.was == image.was;
                meta.was = image.was.clone().filter(|_| is_done);
            }
            if is_new_version || definition.action == Action::Adopt {
                meta.is_evaluated = is_evaluation;
                meta.evaluated = fingerprint;
            }
            if matches!(definition.action, Action::Conflict | Action::Keep) || definition.is_conflict {
                meta.is_conflict = true;
            } else if definition.evaluates {
                meta.is_conflict = false;
            }
            meta.leak = None;
            meta.now = None;
            meta.is_outdated = false;
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
        if definition.is_put_back {
            self.put_back_definition(cell);
        }
    }

    /// What the definitions are that move or get other names, before any of them changes.
    fn origins(&mut self, plan: &ReloadPlan) -> Origins<'gc> {
        let names: Vec<_> = plan.files.iter().flat_map(|file| &file.definitions).filter_map(|d| d.from.clone()).collect();
        if names.is_empty() {
            return Origins::default();
        }
        let defined: FxHashSet<(&str, &str)> = plan
            .files
            .iter()
            .flat_map(|file| file.definitions.iter().filter(|d| d.index.is_some()).map(|d| (&*file.namespace, &*d.name)))
            .collect();
        let found = names.into_iter().filter_map(|name| {
            let cell = self.find_cell(&name)?;
            let is_defined = defined.contains(&(&*cell.namespace.name, cell.name.as_str()));
            Some((name, Origin { cell, value: cell.value(), assigned: cell.is_assigned(), meta: cell.meta().clone(), is_defined }))
        });
        found.collect()
    }

    /// Gives a cell what the definition has that moved here, or has a new name.
    fn take_over(&mut self, cell: Gc<'gc, Definition<'gc>>, origin: &Origin<'gc>, origins: &Origins<'gc>) {
        // What it was itself may live on elsewhere.
        let is_origin = origins.get(&*cell.qualified_name()).is_some_and(|other| Gc::ptr_eq(other.cell, cell));
        if cell.kind() != Kind::Absent && !cell.value().same(&origin.value) && !is_origin {
            self.world.loading.interim.push((cell, cell.value()));
        }
        Definition::set(cell, self.mc, origin.value);
        Definition::update_meta(cell, self.mc, |meta| *meta = origin.meta.clone());
        if origin.assigned {
            cell.note_assigned()
        } else {
            cell.clear_assigned()
        }
        if origin.is_defined {
            return;
        }
        let old = origin.cell;
        self.world.undo.push(Undo::definition(old));
        if matches!(old.kind(), Kind::Variable | Kind::Constant | Kind::Once) {
            Definition::forward(old, self.mc, cell);
        } else {
            Definition::update_meta(old, self.mc, |meta| meta.now = Some(cell));
        }
    }

    /// What is left to do once everything has run.
    fn settle(&mut self, plan: &ReloadPlan) {
        // What an undo evaluates again is a part of it.
        let is_part = plan.direction != Direction::Edit && plan.files.iter().all(|file| file.path.starts_with('<'));
        if !is_part && plan.files.iter().any(|f| f.changed || f.is_new) {
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
        if old.is_some_and(|old| Gc::ptr_eq(old, linked)) {
            return;
        }
        if file.mode == Mode::Update {
            self.follow_units(file, old, linked, matcher);
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
            let before = self.decoration(&cell.value());
            let held = if let Value::Function(function) = cell.value() { Some(function) } else { None };
            if let Some(held) = held {
                self.replace_code(held, proto, matcher);
            }
            let function = match (before.map(|before| before.original.get()), held) {
                (Some(Value::Function(original)), _) => {
                    self.replace_code(original, proto, matcher);
                    original
                }
                // Its decorators get another one, so that those who hold this one call what they return.
                (None, Some(held)) if !(decorated && definition.evaluates) => held,
                _ => Function::new(self.mc, proto, None, std::iter::empty()),
            };
            if decorated && definition.evaluates {
                self.world.loading.undecorated.push((cell, Value::Function(function)));
                if before.is_none() {
                    self.world.loading.plain.extend(held.map(|held| (cell, held)));
                    Definition::set(cell, self.mc, Value::Unset);
                    self.world.set_pending(cell, true);
                }
            } else if !decorated {
                match before {
                    Some(old) => {
                        // Who holds the decorated function calls the plain one from now on.
                        self.world.undo.push(Undo::Decorated(old, old.original.get(), old.target.get()));
                        Decorated::set(old, self.mc, Value::Function(function), Value::Function(function));
                    }
                    None => Definition::set(cell, self.mc, Value::Function(function)),
                }
            }
        }
    }

    /// Gives a function object other code, and the closures made by its old code the code of their successors.
    pub(super) fn replace_code(&mut self, function: Gc<'gc, Function<'gc>>, proto: Gc<'gc, Proto<'gc>>, matcher: &mut Matcher) {
        let mut old = function.proto();
        while let Some(successor) = old.successor() {
            old = successor;
        }
        self.world.undo.push(Undo::Code(function, function.proto()));
        Function::set_proto(function, self.mc, proto);
        self.keep_detour(function);
        proto.keep_signature_of(old);
        if !Gc::ptr_eq(old, proto) {
            self.loosen(old, proto);
        }
        self.follow_closures(old, proto, matcher);
        // Another function object may have joined this one.
        if !Gc::ptr_eq(old, proto) {
            self.world.undo.push(Undo::Superseded(old));
            Proto::supersede(old, self.mc, Some(proto));
        }
    }

    /// What is left to run of a file, in text order.
    fn queue_of(&mut self, at: usize, file: &PlannedFile, linked: Gc<'gc, Linked<'gc>>, tasks: &[(usize, u32, Item)]) -> Queue {
        let mut items: Vec<(u32, Item)> =
            tasks.iter().filter(|(a, ..)| *a == at).map(|(_, order, item)| (*order, item.clone())).collect();
        let mut defines = Vec::new();
        let evaluated: FxHashSet<&Arc<str>> =
            file.definitions.iter().filter(|d| d.index.is_some() && d.evaluates).map(|d| &d.name).collect();
        for (i, unit) in linked.image.units.iter().enumerate() {
            let i = i as u32;
            let runs = match &unit.kind {
                UnitKind::Value(name) | UnitKind::Decorate(name) => evaluated.contains(name),
                UnitKind::Values(names) => names.iter().any(|name| evaluated.contains(name)),
                UnitKind::Extend(_) => file.extensions.contains(&i),
                UnitKind::Statement => file.statements.contains(&i),
            };
            if !runs {
                continue;
            }
            defines.extend(unit.kind.names().iter().cloned());
            items.push((unit.span.lo, Item::Unit(i)));
        }
        items.sort_by_key(|(order, item)| (*order, matches!(item, Item::Unit(_))));
        let (path, namespace) = (file.path.clone(), file.namespace.clone());
        Queue { path, items: items.into(), defines, namespace, running: None, turn: None, needs: None }
    }
}
