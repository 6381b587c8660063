//! `--reload`: brings edits to the running program.
//!
//! The watcher tells of a save; at the next safe point of the program, or while it waits, all files of the save are one commit. An edit
//! that is refused stays pending and is tried again together with the next save, so that what runs never lags behind the disk without
//! need. Files that were looked for when something was refused are watched too: the missing import may be what is saved next.
//!
//! A commit runs code of the program, which may take long or never end. It is given up when something else is saved meanwhile, and by
//! Ctrl-C. The load of the whole program runs code, too: while that is a statement, say a loop at the top level, edits are commits as ever.

use crate::diagnostics;
use crate::engine::{self, plain};
use crate::entry::Entry;
use crate::hangup;
use crate::host::{self, Texts, is_program_text};
use crate::output::output;
use crate::summary::{self, Program};
use crate::watch::{Edit, Notice, Watch, print_of};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use vm::embed::{Error, Vm};
use vm::object::Interrupt;
use vm::reload::{Drift, FileText, ReloadOptions, Report, RunningCode};

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

/// After how long it is said what a commit waits for.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is being done.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// The program runs, or waits for an edit.
    Running,
    /// The program is being loaded, and nothing is known of before.
    Loading,
    /// An edit is brought to the running program.
    Committing {
        /// When it began.
        since: Instant,
        /// Whether it has been said what it waits for.
        is_told: bool,
    },
}

/// Brings edits to one VM.
pub struct Reloader {
    watch: Watch,
    texts: Texts,
    /// What the program was started with.
    entry: Entry,
    /// Edits that do not run yet, by path; `None`: the file is gone.
    pending: BTreeMap<String, Option<Vec<u8>>>,
    /// Whether the last attempt was refused.
    is_refused: bool,
    detail: Detail,
    options: ReloadOptions,
    stage: Stage,
    program: Program,
    /// Whether the files of the program are watched.
    is_watching: bool,
    /// Whether something has been saved that was not tried yet.
    is_due: bool,
    /// Whether what was being done has been given up for the sake of what was saved since.
    is_abandoned: bool,
    /// Commits made so far.
    commits: u64,
    /// Commits that undid something, as far as they are known here.
    undone: u64,
    /// Why the program is to stop, if code that ran in a commit asked for it.
    stop: Option<Interrupt>,
}

/// How pending texts are brought in.
enum Attempt {
    /// As they were when the watcher saw them.
    Texts(Vec<FileText>),
    /// By reading the files.
    Files(Vec<String>),
}

/// A reloader, shared between the hook and who runs the program.
pub type SharedReloader = Rc<RefCell<Reloader>>;

impl Reloader {
    /// Starts to watch. From now on `vm` takes in edits at its safe points.
    pub fn install(
        vm: &mut Vm,
        texts: &Texts,
        entry: &Entry,
        poll: Option<Duration>,
        detail: Detail,
        options: ReloadOptions,
    ) -> Result<SharedReloader, String> {
        let directory = match entry {
            Entry::File(_) => None,
            Entry::Directory(directory) => Some(directory.clone()),
        };
        let watch = Watch::start(poll, directory).map_err(|error| format!("cannot watch files: {}", plain(&error)))?;
        let reloader = Reloader {
            watch,
            texts: texts.clone(),
            entry: entry.clone(),
            pending: BTreeMap::new(),
            is_refused: false,
            detail,
            options,
            stage: Stage::Running,
            program: Program::Runs,
            is_watching: false,
            is_due: false,
            is_abandoned: false,
            commits: 0,
            undone: vm.undone_commits(),
            stop: None,
        };
        let shared = Rc::new(RefCell::new(reloader));
        hook(vm, &shared);
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

    /// Takes note of what the program does from now on.
    pub fn set_program(&mut self, program: Program) {
        self.program = program;
    }

    /// Looks at what has been saved. True if it can be tried now.
    fn look(&mut self, vm: &mut Vm) -> bool {
        let code = vm.running_code();
        if matches!(self.stage, Stage::Loading) && code.is_some() && !self.is_watching {
            self.watch_files(vm);
        }
        if vm.undone_commits() != self.undone {
            self.tell_undone(vm);
        }
        while let Some(notice) = self.watch.notice() {
            match notice {
                Notice::Saved(edits) => self.is_due |= self.take(vm, edits),
                Notice::Trouble(text) => output().note(&format!("reload: {text}")),
            }
        }
        let is_in_the_way = match &mut self.stage {
            Stage::Running => false,
            Stage::Loading => code.is_none_or(|code| !code.is_statement),
            Stage::Committing { since, is_told } => {
                let code = code.filter(|_| !self.is_due && !*is_told && since.elapsed() > PATIENCE);
                if let Some(RunningCode { file, line, .. }) = code {
                    *is_told = true;
                    output().note(&format!(
                        "reload: the edit waits for {file}:{line}, which is still running; Ctrl-C gives the edit up, and so does the next save"
                    ));
                }
                true
            }
        };
        if self.is_due && is_in_the_way {
            self.is_abandoned = true;
            vm.abandon();
        }
        self.is_due && !is_in_the_way
    }

    /// Says which texts on the disk do not run any more, because the program has undone a commit.
    fn tell_undone(&mut self, vm: &mut Vm) {
        self.undone = vm.undone_commits();
        for Drift { name, why, .. } in vm.drift_of_files() {
            output().note(&format!("reload: `{name}`: {why}; saved again, it is an edit like any other"));
        }
        self.watch_files(vm);
    }

    /// Notes edits; true if one of them matters.
    fn take(&mut self, vm: &mut Vm, edits: Vec<Edit>) -> bool {
        let mut matters = false;
        for Edit { path, content, is_same, .. } in edits {
            let print = content.as_deref().map(print_of);
            let seen = self.texts.borrow_mut().insert(path.clone(), print);
            let is_loaded = vm.is_loaded(&path);
            // What was refused or undone does not run, whoever asked for it: to save it once more is to ask again.
            let is_left = vm.left_text(&path).is_some_and(|left| left.map(str::as_bytes) == content.as_deref());
            let is_known = match is_loaded {
                _ if is_same => !is_left,
                true => is_left || !self.pending.contains_key(&path) && runs(vm, &path, content.as_deref()),
                false => seen == Some(print),
            };
            if is_known {
                continue;
            }
            if is_loaded || self.entry.includes(&path) {
                self.pending.insert(path, content);
                matters = true;
            } else {
                // A file that was missing or wrong when something was refused.
                matters |= self.is_refused;
            }
        }
        matters
    }

    /// What brings the program to the pending texts.
    fn attempt(&mut self, vm: &mut Vm) -> Attempt {
        let mut texts = Vec::new();
        for (path, content) in &self.pending {
            match content.as_deref().map(std::str::from_utf8) {
                Some(Ok(text)) => texts.push(FileText { path: path.clone(), text: Some(text.to_owned()) }),
                // What cannot be a text is read once more, for the refusal that belongs to it.
                Some(Err(_)) => return Attempt::Files(self.pending.keys().cloned().collect()),
                // It came and went while it was not taken in.
                None if !vm.is_loaded(path) => {}
                None => {
                    output().note(&format!("reload: `{path}` is gone; what it defined is kept for those who use it"));
                    let text = match self.entry {
                        // It stays watched, and can come back.
                        Entry::File(_) => Some(empty_text(vm, path)),
                        Entry::Directory(_) => None,
                    };
                    texts.push(FileText { path: path.clone(), text });
                }
            }
        }
        Attempt::Texts(texts)
    }

    /// Has the program stop.
    fn end(&mut self, vm: &mut Vm, interrupt: Interrupt) {
        self.stop = Some(interrupt);
        vm.cancel_flag().store(true, Ordering::Relaxed);
    }

    /// Draws the consequences of an attempt.
    fn settle(&mut self, vm: &mut Vm, report: &Report) {
        self.is_refused = !report.ok;
        if report.ok {
            if !self.is_due {
                self.pending.clear();
            }
            self.commits += u64::from(report.committed);
        }
        self.watch_files(vm);
    }

    /// Watches the files that are loaded, and those that were looked for.
    fn watch_files(&mut self, vm: &mut Vm) {
        self.is_watching = true;
        let loaded: BTreeSet<String> = vm.loaded_files().into_iter().collect();
        let mut texts = self.texts.borrow_mut();
        if !self.is_refused {
            texts.retain(|path, _| loaded.contains(path));
        }
        let mut watched = texts.clone();
        let entry = match &self.entry {
            Entry::File(file) => Some(file.clone()),
            Entry::Directory(_) => None,
        };
        for path in &loaded {
            // The program may have read, or planned with, what has been saved since.
            let print = match (self.pending.get(path), vm.left_text(path)) {
                (Some(content), _) => content.as_deref().map(print_of),
                (None, Some(left)) => left.map(|text| print_of(text.as_bytes())),
                (None, None) => vm.running_text(path).map(|text| print_of(text.as_bytes())),
            };
            watched.insert(path.clone(), print);
        }
        if let Some(entry) = entry {
            watched.entry(entry).or_insert(None);
        }
        drop(texts);
        self.watch.set_files(watched);
    }

    fn show(&self, vm: &mut Vm, report: &Report, was_refused: bool) {
        if report.ok && !report.committed && was_refused && self.detail != Detail::Json {
            return output()
                .note(&format!("reload: the refused edit is taken back; what is saved is what runs (epoch {})", report.epoch));
        }
        let mut report = report.clone();
        vm.count_instances(&mut report);
        let text = match self.detail {
            Detail::Json => report.to_json(),
            Detail::Full if report.ok => {
                let (warnings, rest) = summary::in_full(&report, diagnostics::Report::for_stderr());
                format!("{warnings}reload: {rest}")
            }
            Detail::Full | Detail::Short => summary::of_reload(&report, self.program, diagnostics::Report::for_stderr()),
        };
        output().note(&text);
    }
}

/// Lets edits be taken in at the safe points of `vm`, also at those of the code that an edit runs.
fn hook(vm: &mut Vm, shared: &SharedReloader) {
    let shared = shared.clone();
    vm.on_safe_point(move |vm| poll(&shared, vm));
}

/// Loads the program. What is saved meanwhile is a commit, or has it loaded anew.
pub fn load(shared: &SharedReloader, vm: &mut Vm, options: &ReloadOptions) -> Report {
    loop {
        let entry = {
            let mut this = shared.borrow_mut();
            this.stage = Stage::Loading;
            this.is_watching = false;
            if let Entry::File(file) = &this.entry
                && !is_program_text(file)
            {
                // The host notes only files with the usual ending.
                let print = host::read(file).ok().map(|content| print_of(&content));
                this.texts.borrow_mut().insert(file.clone(), print);
            }
            this.entry.clone()
        };
        hook(vm, shared);
        let report = entry.load(vm, options);
        let mut this = shared.borrow_mut();
        this.stage = Stage::Running;
        this.settle(vm, &report);
        if !std::mem::take(&mut this.is_abandoned) {
            return report;
        }
        this.is_due = false;
        this.pending.clear();
        output().note("reload: saved while it was being loaded; it is loaded again");
    }
}

/// Takes note of reloads that SIGHUP asks for.
pub fn listen(shared: &SharedReloader, vm: &mut Vm) {
    let shared = shared.clone();
    hangup::listen(vm, move |vm, report| {
        let mut this = shared.borrow_mut();
        if report.ok || report.interrupt().is_none() {
            let was_refused = this.is_refused;
            this.settle(vm, report);
            this.show(vm, report, was_refused);
        }
        if let Some(interrupt) = report.interrupt() {
            this.end(vm, interrupt);
        }
    });
}

/// Takes in what has been saved, if anything.
fn poll(shared: &SharedReloader, vm: &mut Vm) {
    while shared.borrow_mut().look(vm) {
        if shared.borrow().entry.is_loaded(vm) {
            commit(shared, vm);
        } else {
            let options = shared.borrow().options.clone();
            let report = load(shared, vm, &options);
            let mut this = shared.borrow_mut();
            this.is_due = false;
            match report.interrupt() {
                Some(interrupt) => this.end(vm, interrupt),
                None => this.show(vm, &report, false),
            }
        }
    }
}

/// Brings the program to what has been saved.
fn commit(shared: &SharedReloader, vm: &mut Vm) {
    let stage = Stage::Committing { since: Instant::now(), is_told: false };
    let (outer, was_refused, attempt, options) = {
        let mut this = shared.borrow_mut();
        this.is_due = false;
        (std::mem::replace(&mut this.stage, stage), this.is_refused, this.attempt(vm), this.options.clone())
    };
    hook(vm, shared);
    let report = match attempt {
        Attempt::Texts(texts) => vm.reload(texts, &options),
        Attempt::Files(paths) => vm.reload_files_with(&paths, &options),
    };
    let mut this = shared.borrow_mut();
    this.stage = outer;
    this.settle(vm, &report);
    let is_abandoned = std::mem::take(&mut this.is_abandoned);
    match report.error {
        Some(Error::Interrupted(_)) if is_abandoned => {
            output().note("reload: the edit was still being brought in when another one was saved, which takes its place");
        }
        Some(Error::Interrupted(Interrupt::Exit(status))) => {
            output().note(&format!("reload: the new text has called `exit({status})`, which ends the program"));
            this.end(vm, Interrupt::Exit(status));
        }
        Some(Error::Interrupted(Interrupt::Cancelled)) => {
            output().end_line_of_key();
            output().note(&format!(
                "reload: given up; {} (epoch {}); Ctrl-C once more ends it",
                this.program.without_edit(),
                report.epoch
            ));
        }
        Some(Error::Interrupted(interrupt)) => this.end(vm, interrupt),
        _ => this.show(vm, &report, was_refused),
    }
    match report.listener_stopped {
        // For the next edit.
        Some(_) if is_abandoned => {}
        Some(Interrupt::Cancelled) => {
            output().end_line_of_key();
            output().note("reload: Ctrl-C has stopped a listener, and nothing else; Ctrl-C once more ends the program");
        }
        Some(Interrupt::Exit(status)) => {
            output().note(&format!("reload: a listener has called `exit({status})`, which ends the program"));
            this.end(vm, Interrupt::Exit(status));
        }
        Some(interrupt) => this.end(vm, interrupt),
        None => {}
    }
}

/// Whether this is what runs of a loaded file; of one that is gone, that nothing of it does.
fn runs(vm: &mut Vm, path: &str, content: Option<&[u8]>) -> bool {
    let running = vm.running_text(path);
    match content {
        Some(content) => running.is_some_and(|running| running.as_bytes() == content),
        None => running.is_some_and(|running| running == empty_text(vm, path)),
    }
}

/// A text without definitions that contributes to the same namespace as the file did.
fn empty_text(vm: &mut Vm, path: &str) -> String {
    let text = engine::namespace_of(vm, path).map(|namespace| format!("namespace {namespace}\n")).unwrap_or_default();
    let is_text = lang::parse(&lang::source::Source::new(path, text.clone())).diagnostics.is_empty();
    // A namespace that cannot be written comes from the path.
    if is_text { text } else { String::new() }
}
