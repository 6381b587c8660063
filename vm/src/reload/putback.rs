//! What an undo puts back: values that initialisers have built before, those of shared slots too, and objects that were overwritten.
//!
//! A commit remembers what it has replaced. Taking it back, or making it again, gives the definitions that again and runs none of their
//! initialisers, which may be impure, or fail by now. The last few commits are remembered so; of older ones values are evaluated from
//! their texts.

use super::digest::digest;
use super::plan::{Action, PlannedDefinition, PlannedFile, ReloadPlan, fits};
use crate::embed::Vm;
use crate::image::{DefinitionImage, DefinitionKind};
use crate::object::{
    Before, BoxCell, Class, Cx, Definition, DefinitionBefore, Direction, Kind, Part, Replaced, SharedBefore, Symbol, Undo,
};
use gc_arena::Gc;
use rustc_hash::FxHashMap;

/// Commits, and undos that can be made again, of which it is remembered what they have replaced.
const COMMITS_MAX: usize = 16;

impl Vm {
    /// What the last commit has replaced is that of commit `commit` of the history, or of its undo.
    pub(super) fn remember_replaced(&mut self, commit: u32, is_undo: bool) {
        self.enter(|cx| {
            let before = std::mem::take(&mut cx.world.replaced_before.1);
            let replaced = &mut cx.world.replaced_before.0;
            replaced.retain(|known| (known.commit, known.is_undo) != (commit, is_undo));
            if !before.is_empty() {
                replaced.push(Replaced { commit, is_undo, before });
            }
            let superfluous = replaced.len().saturating_sub(COMMITS_MAX);
            replaced.drain(..superfluous);
        });
    }

    /// Forgets what was replaced by commits that are no longer `known`, given as those that can be taken back and those that can be made again.
    pub(super) fn forget_replaced(&mut self, back: &[u32], again: &[u32]) {
        self.enter(|cx| {
            let is_known = |replaced: &Replaced<'_>| {
                let known = if replaced.is_undo { again } else { back };
                known.contains(&replaced.commit)
            };
            cx.world.replaced_before.0.retain(is_known);
        });
    }

    /// Lets an undo or redo put back what is remembered instead of evaluating it.
    pub(super) fn put_back(&mut self, plan: &mut ReloadPlan) {
        let direction = plan.direction;
        self.enter(|cx| {
            for file in &mut plan.files {
                for definition in &mut file.definitions {
                    let Some(index) = definition.index else { continue };
                    // What has left with the commit may have ended since.
                    let name = cx.world.intern(cx.mc, &definition.name);
                    let Some(cell) = cx.world.namespaces.get(&file.namespace).and_then(|n| n.cell(name)) else { continue };
                    let Some(before) = cx.definition_before(direction, cell) else { continue };
                    put_back(definition, &file.image.definitions[index], before);
                }
                evaluate_together(file);
            }
        });
    }
}

/// Decides what becomes of a definition of which it is remembered what it was.
fn put_back(definition: &mut PlannedDefinition, image: &DefinitionImage, before: &DefinitionBefore<'_>) {
    if !fits(before.kind, image.kind) {
        return;
    }
    let is_new_object = matches!(definition.action, Action::Overwrite | Action::Replace);
    match image.kind {
        DefinitionKind::Function(_) => {
            definition.is_put_back = is_new_object;
            definition.evaluates &= !is_new_object;
        }
        DefinitionKind::Class(_) | DefinitionKind::Enum(_) => definition.is_put_back = is_new_object,
        _ if !definition.evaluates || before.meta.fingerprint != image.fingerprint => {}
        _ => {
            let is_as_it_was = match image.kind {
                _ if before.copy.is_some() || definition.action == Action::Add => true,
                DefinitionKind::Variable => before.meta.initial_digest.is_some_and(|initial| digest(before.value) == Some(initial)),
                _ => before.cell.value().same(&before.after),
            };
            definition.is_put_back = is_as_it_was;
            definition.evaluates = !is_as_it_was;
        }
    }
}

/// Whether a definition, now in this cell, is no longer what the commit has made of it.
fn is_touched<'gc>(before: &DefinitionBefore<'gc>, cell: Gc<'gc, Definition<'gc>>) -> bool {
    let now = cell.value();
    let is_changed = |initial: u64| digest(now) != Some(initial);
    cell.is_assigned() || !now.same(&before.after) || cell.meta().initial_digest.is_some_and(is_changed)
}

fn is_value(kind: Kind) -> bool {
    matches!(kind, Kind::Variable | Kind::Constant | Kind::Once)
}

/// An initialiser that gives several names their values runs for all of them if it runs for one.
fn evaluate_together(file: &mut PlannedFile) {
    let image = file.image.clone();
    let unit = |definition: &PlannedDefinition| image.definitions[definition.index?].unit;
    let running: Vec<u32> = file.definitions.iter().filter(|d| d.evaluates).filter_map(unit).collect();
    for definition in file.definitions.iter_mut().filter(|d| d.is_put_back) {
        let is_value = definition.index.is_some_and(|i| fits(Kind::Variable, image.definitions[i].kind));
        if is_value && unit(definition).is_some_and(|unit| running.contains(&unit)) {
            definition.is_put_back = false;
            definition.evaluates = true;
        }
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// What a definition was before the commit that is to be taken back, or before the undo that is.
    fn definition_before(&self, direction: Direction, cell: Gc<'gc, Definition<'gc>>) -> Option<&DefinitionBefore<'gc>> {
        self.before(direction)?.definitions.iter().find(|before| Gc::ptr_eq(before.cell, cell))
    }

    /// What there was before the commit that is to be taken back, or before the undo that is.
    fn before(&self, direction: Direction) -> Option<&Before<'gc>> {
        let wanted = match direction {
            Direction::Edit => return None,
            Direction::Undo(commit) => (commit, false),
            Direction::Redo(commit) => (commit, true),
        };
        let found = self.world.replaced_before.0.iter().find(|replaced| (replaced.commit, replaced.is_undo) == wanted);
        found.map(|replaced| &replaced.before)
    }

    /// Puts a value or object back.
    pub(super) fn put_back_definition(&mut self, cell: Gc<'gc, Definition<'gc>>) {
        let Some(before) = self.definition_before(self.world.loading.direction, cell).cloned() else { return };
        let (value, is_assigned, meta) = match before.copy {
            // The older generation may have assigned it; what the program has made of it since comes first.
            Some(copy) => {
                let parted = self.world.loading.copies.iter().find(|(of, _)| Gc::ptr_eq(*of, cell)).map(|(_, copy)| *copy);
                let from = parted.filter(|now| before.kind == Kind::Variable && is_touched(&before, *now)).unwrap_or(copy);
                (from.value(), from.is_assigned(), from.meta().clone())
            }
            None => (before.value, false, *before.meta),
        };
        Definition::set(cell, self.mc, value);
        Definition::update_meta(cell, self.mc, |now| {
            now.initial_digest = meta.initial_digest;
            now.computed_from = meta.computed_from;
            now.passes_on = meta.passes_on;
            now.is_evaluated = meta.is_evaluated;
            now.evaluated = meta.evaluated;
        });
        if is_assigned { cell.note_assigned() } else { cell.clear_assigned() }
    }

    /// The variables of a generation that comes back are those of the file again.
    pub(super) fn join_generation(&mut self) {
        let before = self.before(self.world.loading.direction).map_or(Vec::new(), |before| before.definitions.clone());
        for before in before {
            let Some(copy) = before.copy.filter(|_| fits(before.kind, DefinitionKind::Variable)) else { continue };
            self.world.undo.push(Undo::definition(copy));
            Definition::forward(copy, self.mc, before.cell);
        }
    }

    /// Remembers what a commit has replaced, of which this is the log.
    pub(super) fn note_replaced(&mut self, plan: &ReloadPlan, log: &[Undo<'gc>]) {
        let mut logged: FxHashMap<usize, usize> = FxHashMap::default();
        for (i, undo) in log.iter().enumerate() {
            if let Undo::Definition { cell, .. } = undo {
                logged.entry(Gc::as_ptr(*cell) as usize).or_insert(i);
            }
        }
        let mut definitions = Vec::new();
        let files = plan.files.iter().filter(|file| !file.path.starts_with('<'));
        for (file, definition) in files.flat_map(|file| file.definitions.iter().map(move |d| (file, d))) {
            let is_new_object = matches!(definition.action, Action::Overwrite | Action::Replace);
            let is_new_value = match definition.index {
                Some(i) => (definition.evaluates || definition.is_put_back) && fits(Kind::Variable, file.image.definitions[i].kind),
                None => definition.action == Action::Leak && definition.old_kind.is_some_and(is_value),
            };
            if !is_new_object && !is_new_value {
                continue;
            }
            let name = format!("{}.{}", file.namespace, definition.name);
            for name in [Some(name.as_str()), definition.from.as_deref()].into_iter().flatten() {
                let Some(cell) = self.find_cell(name) else { continue };
                let Some(Undo::Definition { value, kind, meta, .. }) = logged.get(&(Gc::as_ptr(cell) as usize)).map(|i| &log[*i])
                else {
                    continue;
                };
                if *kind == Kind::Absent {
                    continue;
                }
                let copies = &self.world.loading.copies;
                let copy = copies.iter().find(|(of, _)| Gc::ptr_eq(*of, cell)).map(|(_, copy)| *copy);
                let (value, kind, meta, after) = (*value, *kind, meta.clone(), cell.value());
                definitions.push(DefinitionBefore { cell, value, kind, meta, after, copy });
            }
        }
        let shared = std::mem::take(&mut self.world.loading.shared_replaced);
        self.world.replaced_before.1 = Before { definitions, shared };
    }

    /// Remembers what a shared slot of a class is that gets another value.
    pub(super) fn note_shared_replaced(&mut self, class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>, cell: Gc<'gc, BoxCell<'gc>>) {
        let before = {
            let body = class.body();
            let digest = body.shared_digests.get(&name).copied();
            let computed_from = body.computed_from.get(&Part { name, role: None }).cloned().unwrap_or_default();
            SharedBefore { cell, value: cell.get(), digest, computed_from }
        };
        self.world.loading.shared_replaced.push(before);
        self.world.undo.push(Undo::Shared(cell, cell.get()));
    }

    /// Puts back what a shared slot of a class was, if this undo or redo remembers it. Whether it does.
    pub(super) fn put_shared_back(&mut self, class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>, cell: Gc<'gc, BoxCell<'gc>>) -> bool {
        let before = self.before(self.world.loading.direction);
        let before = before.and_then(|before| before.shared.iter().find(|shared| Gc::ptr_eq(shared.cell, cell)).cloned());
        // What has been changed in place since is not what its initialiser built.
        let Some(before) = before.filter(|before| before.digest.is_some() && digest(before.value) == before.digest) else {
            return false;
        };
        self.note_shared_replaced(class, name, cell);
        BoxCell::set(cell, self.mc, before.value);
        Class::update(class, self.mc, |body| {
            body.shared_digests.extend(before.digest.map(|digest| (name, digest)));
            body.computed_from.insert(Part { name, role: None }, before.computed_from);
        });
        true
    }
}
