//! Warnings for tasks that statements of a file have started which an edit replaces: they go on beside those that the new statements start.

use super::codes;
use super::options::Mode;
use super::plan::{PlannedFile, ReloadPlan};
use crate::image::{ModuleImage, UnitKind};
use crate::object::{Cx, StartedBy};
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::sync::Arc;

impl Cx<'_, '_> {
    /// Living tasks whose statement a plan replaces by others, or runs again.
    pub(super) fn tasks_that_go_on(
        &self,
        plan: &ReloadPlan,
        running: &[(Arc<str>, Arc<ModuleImage>)],
    ) -> Vec<(Source, Diagnostic)> {
        let mut found = Vec::new();
        for file in plan.files.iter().filter(|file| !file.statements.is_empty()) {
            let Some((_, old)) = running.iter().find(|(path, _)| *path == file.path) else { continue };
            let levels = self.world.tasks.levels.iter();
            for task in levels.flat_map(|level| level.tasks.values()).filter(|task| !task.is_ending.get()) {
                if task.started_by.borrow().as_ref().is_some_and(|by| by.path == file.path && is_replaced(file, old, by)) {
                    let first = &file.image.units[file.statements[0] as usize];
                    let message = format!("task `{}` goes on: a statement that the edit replaces has started it", task.name);
                    let diagnostic = Diagnostic::new(&codes::STARTED_BEFORE, first.span, message);
                    found.push((file.image.source.clone(), diagnostic.label("runs now")));
                }
            }
        }
        found
    }
}

/// Whether a statement of the running text is not in the new one any more, or runs again.
fn is_replaced(file: &PlannedFile, old: &ModuleImage, by: &StartedBy) -> bool {
    let has = |image: &ModuleImage| image.units.iter().any(|unit| unit.kind == UnitKind::Statement && unit.shape == by.shape);
    file.mode == Mode::Overwrite || has(old) && !has(&file.image)
}
