//! What was committed, to look back at and to go back to.
//!
//! A commit is remembered by the texts of its files before and after. Going back is a commit to the earlier texts: functions, classes and
//! constants are as they were, variables and `once` keep their values, and what came with the commit leaves and becomes a leak.

use super::check::Reason;
use super::codes;
use super::load::FileText;
use super::options::{Mode, ReloadOptions, Replace};
use super::plan::{Action, ReloadPlan};
use super::report::Report;
use crate::embed::{Error, Vm};
use crate::image::ModuleImage;
use crate::object::{Cx, Definition, Direction, Kind};
use gc_arena::Gc;
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
    /// Its number among those that were remembered.
    number: u32,
    files: Vec<FileChange>,
    /// How it took them in.
    manner: Manner,
}

/// What of a commit is to be the same when it is taken back.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    /// Files that it has overwritten.
    pub(super) overwritten: Vec<String>,
    /// Whether subclasses elsewhere got new bases.
    pub(super) rebase: bool,
    /// Whether variables elsewhere got new objects.
    pub(super) relink: bool,
    /// What it put in the place of definitions that sessions had evaluated.
    pub(super) patches: Vec<Patch>,
}

/// A definition of a file as a session has evaluated it.
#[derive(Clone, Debug)]
pub(super) struct Patch {
    /// The namespace.
    pub(super) namespace: String,
    /// What messages call the text.
    pub(super) source: String,
    /// The text.
    pub(super) text: String,
}

/// Another qualified name for a definition.
pub(super) struct Rename {
    from: String,
    to: String,
}

impl Rename {
    /// Those of a plan.
    pub(super) fn of(plan: &ReloadPlan) -> Vec<Rename> {
        let all = plan.files.iter().flat_map(|file| file.definitions.iter().map(move |d| (&file.namespace, d)));
        let renamed = all.filter_map(|(namespace, d)| Some((d.from.as_ref()?, format!("{namespace}.{}", d.name))));
        renamed.map(|(from, to)| Rename { from: from.to_string(), to }).collect()
    }
}

/// A version of a definition.
///
/// See the example of [`Vm::history`].
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
    /// How many have been remembered.
    count: u32,
    /// By qualified name, oldest first.
    versions: HashMap<String, Vec<DefinitionVersion>>,
    /// Definitions of files as sessions have evaluated them, by qualified name.
    patches: HashMap<String, Patch>,
}

impl History {
    /// Remembers a commit that is neither undo nor redo.
    fn push(&mut self, files: Vec<FileChange>, manner: Manner) {
        self.undone.clear();
        self.count += 1;
        self.commits.push(Commit { number: self.count, files, manner });
        if self.commits.len() > COMMITS_MAX {
            self.commits.remove(0);
        }
    }

    /// Whether going back or forth leads to this text of a file.
    pub(super) fn mentions(&self, path: &str, text: &str) -> bool {
        let changes = self.commits.iter().chain(&self.undone).flat_map(|commit| &commit.files);
        let mut texts = changes.filter(|file| file.path == path).flat_map(|file| [&file.before, &file.after]);
        texts.any(|known| known.as_deref() == Some(text))
    }

    /// Definitions that have got other names bring their versions along; they may have got the names of each other.
    fn rename(&mut self, renames: &[Rename]) {
        let brought: Vec<_> =
            renames.iter().filter_map(|rename| Some((rename.to.clone(), self.versions.get(&rename.from)?.clone()))).collect();
        self.versions.extend(brought);
    }
}

/// How texts are taken in: as an edit, or back and forth along the history.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    /// Which way.
    pub(super) direction: Direction,
    /// Back and forth: the files that the commit has overwritten.
    overwritten: Vec<String>,
    /// Back: what is to be evaluated again, since it ran before the commit.
    pub(super) patches: Vec<Patch>,
}

impl Course {
    /// The mode of a file, unless it is to be asked for.
    pub(super) fn mode(&self, path: &str) -> Option<Mode> {
        let mode = if self.overwritten.iter().any(|file| file == path) { Mode::Overwrite } else { Mode::Update };
        (self.direction != Direction::Edit).then_some(mode)
    }
}

impl Commit {
    /// What has been accepted once is accepted again, the other way round, too.
    fn options(&self) -> ReloadOptions {
        let (rebase, relink) = (self.manner.rebase, self.manner.relink);
        ReloadOptions { replace: Replace::All, rebase, relink, ..ReloadOptions::default() }
    }

    fn course(&self, direction: Direction) -> Course {
        let patches = if direction.is_undo() { self.manner.patches.clone() } else { Vec::new() };
        Course { direction, overwritten: self.manner.overwritten.clone(), patches }
    }
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
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "fn damage(n) { n * 2 }")?;
    /// vm.reload_text("rules.lang", "fn damage(n) { n * 3 }");
    /// assert!(vm.undo().expect("there was a commit").ok);
    /// assert_eq!(vm.call::<_, i64>("rules.damage", (4,))?, 8);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn undo(&mut self) -> Option<Report> {
        self.holding_panics(Vm::undo_held)
    }

    fn undo_held(&mut self) -> Option<Report> {
        self.keep_history();
        let commit = self.files.history.commits.pop()?;
        let files = commit.files.iter().map(|f| FileText { path: f.path.clone(), text: f.before.clone() }).collect();
        // Comments may have been edited since.
        let paths: Vec<Arc<str>> = commit.files.iter().map(|file| file.path.as_str().into()).collect();
        let texts = self.texts_before(&paths);
        let report = self.reload_as(&commit.course(Direction::Undo(commit.number)), files, &commit.options());
        let history = &mut self.files.history;
        if report.ok {
            let undone = texts.into_iter().map(|(path, text)| FileText { path, text });
            self.files.disk.note_undone(undone, report.epoch);
            history.undone.push(commit)
        } else {
            history.commits.push(commit)
        }
        self.forget_older();
        Some(report)
    }

    /// Makes the commit that was undone last again. `None` when there is none.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "fn damage(n) { n * 2 }")?;
    /// vm.reload_text("rules.lang", "fn damage(n) { n * 3 }");
    /// assert!(vm.redo().is_none(), "nothing was undone");
    /// vm.undo().expect("there was a commit");
    /// assert!(vm.redo().expect("there was an undo").ok);
    /// assert_eq!(vm.call::<_, i64>("rules.damage", (4,))?, 12);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn redo(&mut self) -> Option<Report> {
        self.holding_panics(Vm::redo_held)
    }

    fn redo_held(&mut self) -> Option<Report> {
        self.keep_history();
        let commit = self.files.history.undone.pop()?;
        let files = commit.files.iter().map(|f| FileText { path: f.path.clone(), text: f.after.clone() }).collect();
        let report = self.reload_as(&commit.course(Direction::Redo(commit.number)), files, &commit.options());
        let history = &mut self.files.history;
        if report.ok {
            history.commits.push(commit)
        } else {
            history.undone.push(commit)
        }
        self.forget_older();
        Some(report)
    }

    /// Gives up everything that is kept of earlier commits.
    pub(super) fn forget_history(&mut self) {
        self.files.history = History::default();
        self.enter(|cx| cx.world.replaced_before = Default::default());
    }

    /// Versions of a definition by its qualified name, oldest first.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "fn damage(n) { n * 2 }")?;
    /// vm.reload_text("rules.lang", "fn damage(n) { n * 3 }");
    /// let versions: Vec<(u32, String)> = vm.history("rules.damage").into_iter().map(|version| (version.version, version.text)).collect();
    /// assert_eq!(versions, [(1, "fn damage(n) { n * 2 }".into()), (2, "fn damage(n) { n * 3 }".into())]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn history(&self, qualified: &str) -> Vec<DefinitionVersion> {
        self.files.history.versions.get(qualified).cloned().unwrap_or_default()
    }

    /// The texts that run, of the files of a commit that is about to be made.
    pub(super) fn texts_before(&mut self, paths: &[Arc<str>]) -> Vec<(String, Option<String>)> {
        paths.iter().map(|path| (path.to_string(), self.running_text(path))).collect()
    }

    /// What a plan puts in the place of functions, classes and enums that sessions have evaluated.
    pub(super) fn patches_replaced(&mut self, plan: &ReloadPlan) -> Vec<Patch> {
        if self.files.history.patches.is_empty() {
            return Vec::new();
        }
        let all = plan.files.iter().flat_map(|file| file.definitions.iter().map(move |d| (file, d)));
        let replaced = all.filter(|(_, definition)| definition.action != Action::Follow);
        let names: Vec<String> = replaced.map(|(file, definition)| format!("{}.{}", file.namespace, definition.name)).collect();
        let is_patched = |cx: &mut Cx<'_, '_>, name: &str| {
            // Values are put back as they are.
            let has_code = |kind| matches!(kind, Kind::Function | Kind::Class | Kind::Enum);
            cx.find_cell(name).is_some_and(|cell| cell.meta().is_evaluated && has_code(cell.kind()))
        };
        let names: Vec<String> = self.enter(|cx| names.into_iter().filter(|name| is_patched(cx, name)).collect());
        names.iter().filter_map(|name| self.files.history.patches.get(name).cloned()).collect()
    }

    /// The text that runs of a definition with this qualified name: what a session has evaluated, or what its file says.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("rules.lang", "let hits = 0\nfn damage(n) { n * 2 }")?;
    /// assert_eq!(vm.running_definition("rules.damage").as_deref(), Some("fn damage(n) { n * 2 }"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn running_definition(&mut self, qualified: &str) -> Option<String> {
        let (is_evaluated, of_file) = self.enter(|cx| {
            let cell = cx.find_cell(qualified)?;
            let linked = cell.meta().contributor.and_then(|module| module.state().linked);
            let name = cell.name.as_str();
            let of_file = linked.and_then(|linked| {
                let definition = linked.image.definitions.iter().find(|definition| &*definition.name == name)?;
                Some(linked.image.source.slice(definition.span).to_owned())
            });
            Some((cell.meta().is_evaluated, of_file))
        })?;
        let patch = self.files.history.patches.get(qualified).filter(|_| is_evaluated);
        patch.map(|patch| patch.text.clone()).or(of_file)
    }

    /// Remembers what a session has evaluated of files.
    pub(super) fn note_patches(&mut self, namespace: &str, image: &ModuleImage) {
        self.keep_history();
        for definition in &image.definitions {
            let name = format!("{namespace}.{}", definition.name);
            let is_patch = self.enter(|cx| {
                let contributor = |cell: Gc<'_, Definition<'_>>| cell.meta().contributor.is_some_and(|m| !m.path.starts_with('<'));
                cx.find_cell(&name).is_some_and(contributor)
            });
            if is_patch {
                let text = image.source.slice(definition.span).to_owned();
                let patch = Patch { namespace: namespace.to_owned(), source: image.source.name().to_owned(), text };
                self.files.history.patches.insert(name, patch);
            }
        }
    }

    /// Evaluates what ran before a commit that is taken back, as a part of that.
    pub(super) fn evaluate_patches(&mut self, direction: Direction, patches: &[Patch]) -> Result<(), Error> {
        let outer = std::mem::replace(&mut self.files.direction, direction);
        let result = patches.iter().try_for_each(|patch| self.eval_in(&patch.namespace, &patch.source, &patch.text).map(drop));
        self.files.direction = outer;
        result
    }

    /// What was replaced by commits that are no longer known is not, either.
    fn forget_older(&mut self) {
        // A commit that fails around this one brings the history back.
        if self.files.within.is_empty() {
            let numbers = |commits: &[Commit]| commits.iter().map(|commit| commit.number).collect::<Vec<_>>();
            let history = &self.files.history;
            let (back, again) = (numbers(&history.commits), numbers(&history.undone));
            self.forget_replaced(&back, &again);
        }
    }

    /// Remembers a commit that has been made.
    pub(super) fn remember(
        &mut self,
        direction: Direction,
        before: Vec<(String, Option<String>)>,
        manner: Manner,
        renames: Vec<Rename>,
    ) {
        if self.is_frozen() {
            return;
        }
        self.files.history.rename(&renames);
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
        match direction {
            Direction::Edit if is_edit => {
                self.files.history.push(files, manner);
                self.remember_replaced(self.files.history.count, false);
                self.forget_older();
            }
            Direction::Edit => {}
            Direction::Undo(commit) => self.remember_replaced(commit, true),
            Direction::Redo(commit) => self.remember_replaced(commit, false),
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
