//! Tasks that an error has ended: an edit of the code that raised it does not bring them back, and its report says so.

use super::check::{Place, Reason};
use super::codes;
use super::report::Report;
use super::stale::is_of;
use crate::embed::{Error, Vm};
use std::collections::VecDeque;

/// A task that an error has ended.
pub(crate) struct EndedTask {
    name: String,
    /// Qualified names of the functions in the error's trace.
    functions: Vec<String>,
    /// The error in one line.
    error: String,
}

/// How many are remembered, the last ones.
const ENDED_MAX: usize = 64;

impl Vm {
    /// Remembers a task that an error has ended, for the report of an edit that mends it.
    pub(crate) fn remember_ended(&mut self, name: &str, error: &Error) {
        let Error::Raised { trace, .. } = error else { return };
        let own = trace.frames.iter().filter(|frame| !frame.is_library);
        let functions: Vec<String> = own.map(|frame| frame.function.to_string()).collect();
        let text = error.to_string().lines().next().unwrap_or_default().to_owned();
        let ended: &mut VecDeque<EndedTask> = &mut self.files.ended_tasks;
        if ended.len() == ENDED_MAX {
            ended.pop_front();
        }
        ended.push_back(EndedTask { name: name.to_owned(), functions, error: text });
    }

    /// Warns of tasks that errors have ended in functions which an edit has changed; each is told of once.
    pub(super) fn warn_of_ended(&mut self, report: &mut Report) {
        let mut told = Vec::new();
        self.files.ended_tasks.retain(|task| {
            let changed = report.changed.iter().chain(&report.restored).chain(&report.renamed);
            let mended = changed.into_iter().find(|entry| task.functions.iter().any(|function| is_of(function, entry)));
            let Some(entry) = mended else { return true };
            told.push((entry.clone(), format!("task `{}` has ended, and no edit brings it back: {}", task.name, task.error)));
            false
        });
        for (entry, message) in told {
            let image = self.image_of(&entry.file);
            let definition = image.as_ref().and_then(|image| image.definition(&entry.name));
            let place = image.as_ref().zip(definition).map(|(image, found)| Place::new(&image.source, found.name_span));
            report.warnings.push(Reason {
                code: codes::ENDED.id,
                message,
                file: entry.file,
                line: entry.line,
                remedy: "start it again: `task.spawn` as before, or `live.reset` of the variable that holds it".into(),
                detail: String::new(),
                place,
            });
        }
    }
}
