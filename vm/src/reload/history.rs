//! What was committed, to look back at and to go back to.
//!
//! A commit is remembered by the texts of its files before and after. Going back is a commit to the earlier texts: functions, classes and
//! constants are as they were, variables and `once` keep their values, and what came with the commit leaves and becomes a leak.

use super::check::Reason;
use super::codes;
use super::load::FileText;
use super::options::{ReloadOptions, Replace};
use super::report::Report;
use crate::embed::{Error, Vm};
use std::collections::HashMap;
use std::sync::Arc;

/// Commits that are remembered.
const COMMITS_MAX: usize = 200;
/// Versions that are remembered of one definition.
const VERSIONS_MAX: usize = 50;

/// One file of a commit.
#[derive(Clone, Debug)]
struct FileChange {
    path: String,
    before: Option<String>,
    after: Option<String>,
}

/// One commit.
#[derive(Clone, Debug)]
struct Commit {
    files: Vec<FileChange>,
}

/// A version of a definition.
#[derive(Clone, Debug)]
pub struct DefinitionVersion {
    /// Qualified name.
    pub name: String,
    /// Number of the version.
    pub version: u32,
    /// The commit that brought it.
    pub epoch: u64,
    /// The file.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// Reloads that code of a commit has asked for. If that fails they are taken back with it.
#[derive(Default)]
pub(super) struct Within {
    /// The history before the first of them.
    before: Option<Box<History>>,
    /// Their reports.
    pub(super) reports: Vec<Report>,
}

/// Commits in order, and where among them the program stands.
#[derive(Clone, Default)]
pub struct History {
    commits: Vec<Commit>,
    /// Commits that have been undone, the last one last.
    undone: Vec<Commit>,
    /// By qualified name, oldest first.
    versions: HashMap<String, Vec<DefinitionVersion>>,
}

impl History {
    /// Remembers a commit that is neither undo nor redo.
    fn push(&mut self, commit: Commit) {
        self.undone.clear();
        self.commits.push(commit);
        if self.commits.len() > COMMITS_MAX {
            self.commits.remove(0);
        }
    }
}

/// What has been accepted once is accepted again, the other way round, too.
fn anything() -> ReloadOptions {
    ReloadOptions { replace: Replace::All, ..ReloadOptions::default() }
}

/// How a commit came about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Ordinary,
    Undo,
    Redo,
}

impl Vm {
    /// Keeps the history as it is, for the case that the commit within which it is about to change fails.
    pub(super) fn keep_history(&mut self) {
        if let Some(within) = self.files.within.last_mut().filter(|within| within.before.is_none()) {
            within.before = Some(Box::new(self.files.history.clone()));
        }
    }

    /// A commit begins: code of it may reload.
    pub(super) fn begin_within(&mut self) {
        self.files.within.push(Within::default());
    }

    /// It has ended. If it has failed, what was reloaded within it has never been, and the program's listeners are told so.
    pub(super) fn end_within(&mut self, error: Option<&Error>) {
        let within = self.files.within.pop().expect("pushed when the commit began");
        let Some(error) = error else {
            if let Some(outer) = self.files.within.last_mut() {
                outer.reports.extend(within.reports);
                outer.before = outer.before.take().or(within.before);
            }
            return;
        };
        if let Some(before) = within.before {
            self.files.history = *before;
        }
        for report in within.reports.into_iter().rev() {
            let mut report = Report::refused(report.files, vec![taken_back(error)]);
            report.epoch = self.epoch();
            report.error = Some(error.clone());
            self.tell(&mut report);
        }
    }

    /// Takes the last commit that was not undone back: a commit of its own. `None` when there is none to take back.
    pub fn undo(&mut self) -> Option<Report> {
        self.keep_history();
        let commit = self.files.history.commits.pop()?;
        let files = commit.files.iter().map(|f| FileText { path: f.path.clone(), text: f.before.clone() }).collect();
        // Comments may have been edited since.
        let paths: Vec<Arc<str>> = commit.files.iter().map(|file| file.path.as_str().into()).collect();
        let texts = self.texts_before(&paths);
        let report = self.reload_as(Step::Undo, files, &anything());
        let history = &mut self.files.history;
        if report.ok {
            let undone = texts.into_iter().map(|(path, text)| FileText { path, text });
            self.files.disk.note_undone(undone, report.epoch);
            history.undone.push(commit)
        } else {
            history.commits.push(commit)
        }
        Some(report)
    }

    /// Makes the commit that was undone last again. `None` when there is none.
    pub fn redo(&mut self) -> Option<Report> {
        self.keep_history();
        let commit = self.files.history.undone.pop()?;
        let files = commit.files.iter().map(|f| FileText { path: f.path.clone(), text: f.after.clone() }).collect();
        let report = self.reload_as(Step::Redo, files, &anything());
        let history = &mut self.files.history;
        if report.ok {
            history.commits.push(commit)
        } else {
            history.undone.push(commit)
        }
        Some(report)
    }

    /// Versions of a definition by its qualified name, oldest first.
    pub fn history(&self, qualified: &str) -> Vec<DefinitionVersion> {
        self.files.history.versions.get(qualified).cloned().unwrap_or_default()
    }

    /// The texts that run, of the files of a commit that is about to be made.
    pub(super) fn texts_before(&mut self, paths: &[Arc<str>]) -> Vec<(String, Option<String>)> {
        paths.iter().map(|path| (path.to_string(), self.running_text(path))).collect()
    }

    /// Remembers a commit that has been made.
    pub(super) fn remember(&mut self, step: Step, before: Vec<(String, Option<String>)>) {
        let mut files: Vec<FileChange> = Vec::new();
        for (path, before) in before {
            let after = self.running_text(&path);
            if before != after && !files.iter().any(|file| file.path == path) {
                files.push(FileChange { path, before, after });
            }
        }
        let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
        // Files that are only loaded for the first time are no edit, and nothing to go back to.
        let mut is_first =
            |path: &str| self.enter(|cx| cx.world.modules.get(path).is_none_or(|module| module.state().version <= 1));
        let is_edit = files.iter().any(|file| file.before.is_some()) || !paths.iter().all(|path| is_first(path));
        if step == Step::Ordinary && is_edit {
            self.files.history.push(Commit { files });
        }
        let new = self.enter(|cx| {
            let mut new = Vec::new();
            for path in &paths {
                let Some(module) = cx.world.modules.get(path.as_str()).copied() else { continue };
                let Some(linked) = module.state().linked else { continue };
                for definition in &linked.image.definitions {
                    let symbol = cx.world.intern(cx.mc, &definition.name);
                    let Some(cell) = module.namespace.get(symbol) else { continue };
                    let (name, version) = (cell.qualified_name(), cell.meta().version);
                    let text = linked.image.source.slice(definition.span).to_owned();
                    new.push(DefinitionVersion { name, version, epoch: cx.world.epoch, file: path.clone(), text });
                }
            }
            new
        });
        for version in new {
            let versions = self.files.history.versions.entry(version.name.clone()).or_default();
            if versions.iter().all(|known| known.version != version.version) {
                versions.push(version);
                let superfluous = versions.len().saturating_sub(VERSIONS_MAX);
                versions.drain(..superfluous);
            }
        }
    }
}

/// Why a reload that had succeeded has been taken back.
fn taken_back(error: &Error) -> Reason {
    let text = error.to_string();
    Reason {
        code: codes::FAILED.id,
        message: format!(
            "the code that had asked for the reload failed, and the reload is taken back: {}",
            text.lines().next().unwrap_or_default()
        ),
        file: String::new(),
        line: 0,
        remedy: "correct that code, or reload outside of it".into(),
        detail: String::new(),
        place: None,
    }
}
