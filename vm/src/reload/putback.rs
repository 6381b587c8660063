//! What an undo puts back: values that initialisers have built before, and objects that were overwritten.
//!
//! A commit remembers what it has replaced. Taking it back, or making it again, gives the definitions that again and runs none of their
//! initialisers, which may be impure, or fail by now. The last few commits are remembered so; of older ones values are evaluated from
//! their texts.

use super::digest::digest;
use super::plan::{Action, PlannedDefinition, PlannedFile, ReloadPlan, fits};
use crate::embed::Vm;
use crate::image::{DefinitionImage, DefinitionKind};
use crate::object::{Before, Cx, Definition, Direction, Kind, Replaced, Undo};
use gc_arena::Gc;
use rustc_hash::FxHashMap;

/// Commits, and undos that can be made again, of which it is remembered what they have replaced.
const COMMITS_MAX: usize = 16;

impl Vm {
    /// What the last commit has replaced is that of commit `commit` of the history, or of its undo.
    pub(super) fn remember_replaced(&mut self, commit: u32, is_undo: bool) {
        self.enter(|cx| {
            let definitions = std::mem::take(&mut cx.world.replaced_before.1);
            let replaced = &mut cx.world.replaced_before.0;
            replaced.retain(|known| (known.commit, known.is_undo) != (commit, is_undo));
            if !definitions.is_empty() {
                replaced.push(Replaced { commit, is_undo, definitions });
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
                    let Some(before) = cx.before(direction, cell) else { continue };
                    put_back(definition, &file.image.definitions[index], before);
                }
                evaluate_together(file);
            }
        });
    }
}

/// Decides what becomes of a definition of which it is remembered what it was.
fn put_back(definition: &mut PlannedDefinition, image: &DefinitionImage, before: &Before<'_>) {
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
fn is_touched<'gc>(before: &Before<'gc>, cell: Gc<'gc, Definition<'gc>>) -> bool {
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
    fn before(&self, direction: Direction, cell: Gc<'gc, Definition<'gc>>) -> Option<&Before<'gc>> {
        self.all_before(direction).iter().find(|before| Gc::ptr_eq(before.cell, cell))
    }

    fn all_before(&self, direction: Direction) -> &[Before<'gc>] {
        let wanted = match direction {
            Direction::Edit => return &[],
            Direction::Undo(commit) => (commit, false),
            Direction::Redo(commit) => (commit, true),
        };
        let found = self.world.replaced_before.0.iter().find(|replaced| (replaced.commit, replaced.is_undo) == wanted);
        found.map_or(&[], |replaced| &replaced.definitions)
    }

    /// Puts a value or object back.
    pub(super) fn put_back_definition(&mut self, cell: Gc<'gc, Definition<'gc>>) {
        let Some(before) = self.before(self.world.loading.direction, cell).cloned() else { return };
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
        });
        if is_assigned { cell.note_assigned() } else { cell.clear_assigned() }
    }

    /// The variables of a generation that comes back are those of the file again.
    pub(super) fn join_generation(&mut self) {
        for before in self.all_before(self.world.loading.direction).to_vec() {
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
        let mut replaced = Vec::new();
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
                replaced.push(Before { cell, value, kind, meta, after, copy });
            }
        }
        self.world.replaced_before.1 = replaced;
    }
}
