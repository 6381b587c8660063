//! Warnings for tasks that statements of a file have started which an edit replaces: they go on beside those that the new statements start.

use super::codes;
use super::options::Mode;
use super::plan::{PlannedFile, ReloadPlan};
use crate::image::{ModuleImage, UnitImage, UnitKind};
use crate::object::{Cx, StartedBy};
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use std::sync::Arc;

impl Cx<'_, '_> {
    /// Living tasks whose statement a plan replaces by others, or runs again.
    pub(super) fn tasks_that_go_on(
        &self,
        plan: &ReloadPlan,
        running: &[(Arc<str>, Arc<ModuleImage>)],
    ) -> Vec<(Source, Diagnostic)> {
        let mut found = Vec::new();
        for file in plan.files.iter().filter(|file| file.changed && !file.is_removed) {
            let Some((_, old)) = running.iter().find(|(path, _)| *path == file.path) else { continue };
            let levels = self.world.tasks.levels.iter();
            for task in levels.flat_map(|level| level.tasks.values()).filter(|task| !task.is_ending.get()) {
                let by = task.started_by.borrow();
                let Some(by) = by.as_ref().filter(|by| by.path == file.path && is_replaced(file, old, by)) else { continue };
                let diagnostic = match successor(file, old, by) {
                    Some(span) => {
                        let message = format!("task `{}` goes on: the statement that has started it is replaced", task.name);
                        Diagnostic::new(&codes::STARTED_BEFORE, span, message).label("runs now")
                    }
                    None => {
                        let message = format!("task `{}` goes on, though the statement that has started it is gone", task.name);
                        Diagnostic::new(&codes::STARTED_BEFORE, Span::default(), message)
                    }
                };
                found.push((file.image.source.clone(), diagnostic));
            }
        }
        found
    }
}

/// The new statement in the place of the one that has started a task, as far as that can be told: as many came as left.
fn successor(file: &PlannedFile, old: &ModuleImage, by: &StartedBy) -> Option<Span> {
    let is_statement = |unit: &&UnitImage| unit.kind == UnitKind::Statement;
    let stays = |unit: &&UnitImage| file.image.units.iter().filter(is_statement).any(|other| other.shape == unit.shape);
    let left: Vec<&UnitImage> = old.units.iter().filter(is_statement).filter(|unit| !stays(unit)).collect();
    let at = left.iter().position(|unit| unit.shape == by.shape).filter(|_| left.len() == file.statements.len())?;
    Some(file.image.units[file.statements[at] as usize].span)
}

/// Whether a statement of the running text is not in the new one any more, or runs again.
fn is_replaced(file: &PlannedFile, old: &ModuleImage, by: &StartedBy) -> bool {
    let has = |image: &ModuleImage| image.units.iter().any(|unit| unit.kind == UnitKind::Statement && unit.shape == by.shape);
    file.mode == Mode::Overwrite || has(old) && !has(&file.image)
}
