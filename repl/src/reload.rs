//! `--reload`: brings edits to the running program.
//!
//! The watcher tells of a save; at the next safe point of the program, or while it waits, all files of the save are one commit. An edit
//! that is refused stays pending and is tried again together with the next save, so that what runs never lags behind the disk without
//! need. Files that were looked for when something was refused are watched too: the missing import may be what is saved next.

use crate::diagnostics;
use crate::engine::{self, plain};
use crate::host::{self, Texts, is_program_text};
use crate::output::output;
use crate::summary;
use crate::watch::{Edit, Notice, Watch, print_of};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use vm::embed::{Error, Vm};
use vm::object::Interrupt;
use vm::reload::{FileText, ReloadOptions, Report};

/// How much is said about a commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// A line, and what needs attention.
    Short,
    /// The whole report.
    Full,
    /// The whole report as one line of JSON.
    Json,
}

/// Brings edits to one VM.
pub struct Reloader {
    watch: Watch,
    texts: Texts,
    /// The file that the program was started with.
    entry: String,
    /// Edits that do not run yet, by path; `None`: the file is gone.
    pending: BTreeMap<String, Option<Vec<u8>>>,
    /// Whether the last attempt was refused.
    is_refused: bool,
    detail: Detail,
    options: ReloadOptions,
    /// Commits made so far.
    commits: u64,
    /// Why the program is to stop, if code that ran in a commit asked for it.
    stop: Option<Interrupt>,
}

/// A reloader, shared between the hook and who runs the program.
pub type SharedReloader = Rc<RefCell<Reloader>>;

impl Reloader {
    /// Starts to watch. From now on `vm` takes in edits at its safe points.
    pub fn install(
        vm: &mut Vm,
        texts: &Texts,
        entry: &str,
        poll: Option<Duration>,
        detail: Detail,
        options: ReloadOptions,
    ) -> Result<SharedReloader, String> {
        let watch = Watch::start(poll).map_err(|error| format!("cannot watch files: {}", plain(&error)))?;
        let reloader = Reloader {
            watch,
            texts: texts.clone(),
            entry: entry.to_owned(),
            pending: BTreeMap::new(),
            is_refused: false,
            detail,
            options,
            commits: 0,
            stop: None,
        };
        let shared = Rc::new(RefCell::new(reloader));
        let hook = shared.clone();
        vm.on_safe_point(move |vm| {
            // Busy: the hook runs within a commit.
            if let Ok(mut reloader) = hook.try_borrow_mut() {
                reloader.poll(vm);
            }
        });
        Ok(shared)
    }

    /// Commits made so far.
    pub fn commits(&self) -> u64 {
        self.commits
    }

    /// Why the program is to stop, if code that ran in a commit asked for it.
    pub fn stop(&self) -> Option<Interrupt> {
        self.stop
    }

    /// Loads the entry file, or tries again.
    pub fn load(&mut self, vm: &mut Vm) -> Report {
        if !is_program_text(&self.entry) {
            // The host notes only files with the usual ending.
            let print = host::read(&self.entry).ok().map(|content| print_of(&content));
            self.texts.borrow_mut().insert(self.entry.clone(), print);
        }
        let report = vm.reload_files_with(std::slice::from_ref(&self.entry), &engine::noting_warnings());
        self.settle(vm, &report);
        report
    }

    /// Takes in what has been saved, if anything.
    pub fn poll(&mut self, vm: &mut Vm) {
        let mut is_new = false;
        while let Some(notice) = self.watch.notice() {
            match notice {
                Notice::Saved(edits) => is_new |= self.take(vm, edits),
                Notice::Trouble(text) => output().note(&format!("reload: {text}")),
            }
        }
        if is_new {
            self.reload(vm);
        }
    }

    /// Notes edits; true if one of them matters.
    fn take(&mut self, vm: &mut Vm, edits: Vec<Edit>) -> bool {
        let mut matters = false;
        for Edit { path, content } in edits {
            let seen = self.texts.borrow_mut().insert(path.clone(), content.as_deref().map(print_of));
            if seen == Some(content.as_deref().map(print_of)) {
                continue;
            }
            if vm.is_loaded(&path) || path == self.entry {
                self.pending.insert(path, content);
                matters = true;
            } else {
                // A file that was missing or wrong when something was refused.
                matters |= self.is_refused;
            }
        }
        matters
    }

    fn reload(&mut self, vm: &mut Vm) {
        let was_refused = self.is_refused;
        let report = self.attempt(vm);
        self.settle(vm, &report);
        if report.ok && !report.committed && was_refused && self.detail != Detail::Json {
            output().note(&format!("reload: back to what runs (epoch {})", report.epoch));
        } else {
            self.show(&report);
        }
    }

    /// Brings the program to the pending texts.
    fn attempt(&mut self, vm: &mut Vm) -> Report {
        if !vm.is_loaded(&self.entry) {
            return vm.reload_files_with(std::slice::from_ref(&self.entry), &self.options);
        }
        let mut texts = Vec::new();
        for (path, content) in &self.pending {
            match content.as_deref().map(std::str::from_utf8) {
                Some(Ok(text)) => texts.push(FileText { path: path.clone(), text: Some(text.to_owned()) }),
                // What cannot be a text is read once more, for the refusal that belongs to it.
                Some(Err(_)) => return vm.reload_files_with(&self.pending.keys().cloned().collect::<Vec<_>>(), &self.options),
                None => {
                    output().note(&format!("reload: `{path}` is gone; what it defined is kept for those who use it"));
                    texts.push(FileText { path: path.clone(), text: Some(empty_text(vm, path)) });
                }
            }
        }
        vm.reload(texts, &self.options)
    }

    /// Draws the consequences of an attempt.
    fn settle(&mut self, vm: &mut Vm, report: &Report) {
        self.is_refused = !report.ok;
        if report.ok {
            self.pending.clear();
            self.commits += u64::from(report.committed);
        }
        if let Some(Error::Interrupted(interrupt)) = report.error {
            self.stop = Some(interrupt);
            vm.cancel_flag().store(true, Ordering::Relaxed);
        }
        let loaded = vm.loaded_files();
        let mut texts = self.texts.borrow_mut();
        if report.ok {
            texts.retain(|path, _| loaded.contains(path));
        }
        let mut watched = texts.clone();
        for path in loaded.into_iter().chain([self.entry.clone()]) {
            watched.entry(path).or_insert(None);
        }
        drop(texts);
        self.watch.set_files(watched);
    }

    fn show(&self, report: &Report) {
        let text = match self.detail {
            Detail::Json => report.to_json(),
            Detail::Full if report.ok => format!("reload: {report}"),
            Detail::Full | Detail::Short => summary::of_reload(report, diagnostics::Report::for_stderr()),
        };
        output().note(&text);
    }
}

/// A text without definitions that contributes to the same namespace as the file did.
fn empty_text(vm: &mut Vm, path: &str) -> String {
    let text = engine::namespace_of(vm, path).map(|namespace| format!("namespace {namespace}\n")).unwrap_or_default();
    let is_text = lang::parse(&lang::source::Source::new(path, text.clone())).diagnostics.is_empty();
    // A namespace that cannot be written comes from the path.
    if is_text { text } else { String::new() }
}
