//! Overwrite mode beyond the files that are overwritten: who inherits from, or holds, what has been replaced.

use super::classes::extensions_of;
use super::options::Mode;
use super::plan::{PlannedFile, ReloadPlan};
use super::queue::Item;
use crate::heap::Value;
use crate::link::{self, Unfit};
use crate::object::{BoxCell, Class, Cx, Definition, Function, Kind, Member, Undo};
use gc_arena::Gc;
use rustc_hash::FxHashMap;

/// A definition that gets another object, with the one it had.
pub(super) type Overwritten<'gc> = (Gc<'gc, Definition<'gc>>, Value<'gc>);

impl<'gc> Cx<'_, 'gc> {
    /// Gives the new classes of overwritten files what the `extend` blocks of other files have for them: a start of these files would, too.
    pub(super) fn extend_overwritten(
        &mut self,
        files: &[&PlannedFile],
        overwritten: &[Overwritten<'gc>],
        queued: &mut Vec<(usize, u32, Item)>,
    ) -> Result<(), Unfit<'gc>> {
        let mut classes: Vec<Gc<'gc, Class<'gc>>> = Vec::new();
        for (cell, old) in overwritten {
            match self.undecorated(*cell) {
                Value::Class(new) if !old.same(&Value::Class(new)) => classes.push(new),
                _ => {}
            }
        }
        let Some(at) = files.iter().position(|file| file.mode == Mode::Overwrite).filter(|_| !classes.is_empty()) else {
            return Ok(());
        };
        // An overwritten file runs its own `extend` blocks again.
        let is_other = |path: &str| files.iter().all(|file| file.mode != Mode::Overwrite || *file.path != *path);
        let others: Vec<_> = self.world.modules.values().filter(|module| is_other(&module.path)).collect();
        let others: Vec<_> = others.into_iter().filter_map(|module| module.state().linked).collect();
        for linked in others {
            for extension in extensions_of(linked) {
                // A target that is no class is none of these.
                let Ok(Some(class)) = self.class_ref(linked, &extension.target) else { continue };
                if classes.iter().all(|new| !Gc::ptr_eq(*new, class)) {
                    continue;
                }
                let make = &mut |cx: &mut Cx<'_, 'gc>, id| Function::new(cx.mc, linked.proto(id), None, std::iter::empty());
                let tasks = link::extend(self, class, &extension.members, make).map_err(|control| Unfit { class, control })?;
                queued.extend(self.queue_tasks(class, tasks).map(|tasks| (at, u32::MAX, Item::ClassTasks(tasks))));
            }
        }
        Ok(())
    }

    /// Gives living subclasses of overwritten classes that other files define the new class as base.
    pub(super) fn rebase(&mut self, plan: &ReloadPlan, overwritten: &[Overwritten<'gc>]) -> Result<(), Unfit<'gc>> {
        let mut replaced: Vec<(Gc<'gc, Class<'gc>>, Gc<'gc, Class<'gc>>)> = Vec::new();
        for generation in self.generations_of(overwritten) {
            let old = generation.class.and_then(|class| class.upgrade(self.mc));
            if let (Some(old), Value::Class(new)) = (old, self.undecorated(generation.cell))
                && !Gc::ptr_eq(old, new)
            {
                replaced.push((old, new));
            }
        }
        // Earlier generations of the file's own classes stay in their world.
        let is_own = |class: &Gc<'gc, Class<'gc>>| {
            plan.files.iter().filter(|file| file.mode == Mode::Overwrite).any(|file| {
                let qualified = class.qualified();
                file.definitions.iter().any(|d| *qualified == *format!("{}.{}", file.namespace, d.name))
            })
        };
        let mut rebased: Vec<Gc<'gc, Class<'gc>>> = Vec::new();
        for (old, _) in &replaced {
            let below: Vec<_> = old.body().subclasses.iter().filter_map(|class| class.upgrade(self.mc)).collect();
            let below = below.into_iter().filter(|class| class.has_layout() && !is_own(class));
            rebased.extend(below.filter(|class| rebased.iter().all(|known| !Gc::ptr_eq(*known, *class))).collect::<Vec<_>>());
        }
        for class in &rebased {
            self.world.undo.push(Undo::class(*class));
            let bases = class.body().bases.clone();
            let now = |base: &Gc<'gc, Class<'gc>>| replaced.iter().find(|(old, _)| Gc::ptr_eq(*old, *base)).map(|(_, new)| *new);
            let bases = bases.iter().map(|base| now(base).unwrap_or(*base)).collect();
            link::set_bases(self, *class, bases);
        }
        if rebased.is_empty() { Ok(()) } else { link::settle(self, &rebased) }
    }

    /// Gives variables and shared slots elsewhere that hold an old object the new one. Gives their qualified names.
    pub(super) fn relink_holders(&mut self, overwritten: &[Overwritten<'gc>]) -> Vec<String> {
        let address = |value: &Value<'gc>| value.heap_pointer().map(|pointer| Gc::as_ptr(pointer) as usize);
        let generations = self.generations_of(overwritten).into_iter();
        let alive = generations.filter_map(|generation| Some((generation.object.upgrade(self.mc)?, generation.cell.value())));
        let now: FxHashMap<usize, Value<'gc>> = alive.map(|(object, now)| (Gc::as_ptr(object) as usize, now)).collect();
        if now.is_empty() {
            return Vec::new();
        }
        let successor = |value: Value<'gc>| address(&value).and_then(|at| now.get(&at).copied()).filter(|new| !new.is_unset());
        let cells: Vec<_> =
            self.world.namespaces.values().filter(|namespace| !namespace.is_locked()).flat_map(|n| n.with_leaks()).collect();
        let mut relinked = Vec::new();
        for cell in cells {
            let is_value = matches!(cell.kind(), Kind::Variable | Kind::Constant | Kind::Once) && !cell.forwards();
            if is_value && let Some(new) = successor(cell.value()) {
                self.world.undo.push(Undo::definition(cell));
                Definition::set(cell, self.mc, new);
                // It is up to date now.
                Definition::update_meta(cell, self.mc, |meta| meta.is_conflict = false);
                relinked.push(cell.qualified_name());
            }
            let Value::Class(class) = cell.value() else { continue };
            if cell.kind() != Kind::Class {
                continue;
            }
            let shared: Vec<_> = class
                .body()
                .members
                .iter()
                .filter_map(|(name, m)| if let Member::Shared(cell) = m { Some((*name, *cell)) } else { None })
                .collect();
            for (name, holder) in shared {
                if let Some(new) = successor(holder.get()) {
                    self.world.undo.push(Undo::Shared(holder, holder.get()));
                    BoxCell::set(holder, self.mc, new);
                    relinked.push(format!("{}.{}", class.qualified(), name.as_str()));
                }
            }
        }
        relinked
    }
}
