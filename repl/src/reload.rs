//! `--reload`: brings edits to the running program.
//!
//! The watcher tells of a save; at the next safe point of the program, or while it waits, all files of the save are one commit. An edit
//! that is refused stays pending and is tried again together with the next save, so that what runs never lags behind the disk without
//! need. Files that were looked for when something was refused are watched too: the missing import may be what is saved next.
//!
//! A commit runs code of the program, which may take long or never end. It is given up when something else is saved meanwhile, and by
//! Ctrl-C. The load of the whole program runs code, too: while that is a statement, say a loop at the top level, edits are commits as ever.

use crate::attach;
use crate::diagnostics;
use crate::engine::{self, plain};
use crate::entry::Entry;
use crate::hangup;
use crate::host::{self, Texts, is_program_text};
use crate::keys::{self, Screen};
use crate::output::output;
use crate::progress::Progress;
use crate::report_log::ReportLog;
use crate::stop;
use crate::summary::{self, Program};
use embed::watch::{Edit, Notice, Watch, print_of};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use vm::embed::{Error, Restart, Vm};
use vm::object::Interrupt;
use vm::reload::{Drift, FileText, ReloadOptions, Report, RunningCode};
use vm::session::Server;

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
    /// How many commits there had been when the program stopped at an error.
    stopped: Option<u64>,
    /// Whether `main`, which has stopped, is to be called again.
    is_main_due: bool,
    /// The epoch in which edits of the loaded program began to be refused, if the last one was.
    rejected_since: Option<u64>,
    /// The last report of a reload.
    last_report: Option<Report>,
    /// Where reports go beside what is shown.
    log: Option<ReportLog>,
    /// The load or commit that is under way.
    progress: Option<Progress>,
    /// Status line and keys, if they are wanted.
    screen: Option<Screen>,
    /// Where clients ask, if they may.
    server: Option<Rc<Server>>,
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
            stopped: None,
            is_main_due: false,
            rejected_since: None,
            last_report: None,
            log: None,
            progress: None,
            screen: None,
            server: None,
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

    /// Whether an edit has come for the sake of which `main` was ended.
    pub fn take_main_due(&mut self) -> bool {
        std::mem::take(&mut self.is_main_due)
    }

    /// From now on reports go there, too.
    pub fn set_log(&mut self, log: ReportLog) {
        self.log = Some(log);
    }

    /// From now on there are a status line and keys, if the terminal can have them.
    pub fn set_screen(&mut self, screen: Screen) {
        self.screen = Some(screen);
    }

    /// Status line and keys, if they are wanted.
    pub fn screen_mut(&mut self) -> Option<&mut Screen> {
        self.screen.as_mut()
    }

    /// From now on clients are served.
    pub fn set_server(&mut self, server: Rc<Server>) {
        self.server = Some(server);
    }

    /// Where clients ask, if they may.
    pub fn server(&self) -> Option<Rc<Server>> {
        self.server.clone()
    }

    /// Counts a commit that was made without this.
    pub fn note_commit(&mut self, vm: &mut Vm) {
        self.commits += 1;
        self.watch_files(vm);
    }

    /// What is chosen about commits.
    pub fn options(&self) -> &ReloadOptions {
        &self.options
    }

    /// What the program does.
    pub fn program(&self) -> Program {
        self.program
    }

    /// The epoch in which edits began to be refused, if the last one was.
    pub fn rejected_since(&self) -> Option<u64> {
        self.rejected_since
    }

    /// The last report of a reload.
    pub fn last_report(&self) -> Option<&Report> {
        self.last_report.as_ref()
    }

    /// Whether keys can do something now: nothing is being loaded or committed, or it is a statement of the top level that runs.
    pub fn takes_keys(&self, vm: &Vm) -> bool {
        match self.stage {
            Stage::Running => true,
            Stage::Loading => vm.running_code().is_some_and(|code| code.is_statement),
            Stage::Committing { .. } => false,
        }
    }

    /// Has what was refused tried once more, at the next look. False if nothing was.
    pub fn retry(&mut self, vm: &mut Vm) -> bool {
        if self.pending.is_empty() && self.entry.is_loaded(vm) {
            if self.is_refused {
                vm.reload_handle().request();
            }
        } else {
            self.is_due |= self.is_refused;
        }
        self.is_refused
    }

    /// Whether there are edits that were refused.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// What the disk has that does not run, without trying it.
    pub fn texts_to_plan(&mut self, vm: &mut Vm) -> Result<Vec<FileText>, String> {
        let mut files = vm.differing_files()?;
        for (path, content) in &self.pending {
            let text = content.as_deref().and_then(|content| std::str::from_utf8(content).ok());
            if !vm.is_loaded(path) && files.iter().all(|file| file.path != *path) {
                files.extend(text.map(|text| FileText { path: path.clone(), text: Some(text.to_owned()) }));
            }
        }
        Ok(files)
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
        if let Some(progress) = &mut self.progress {
            progress.look(vm);
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
                // Its content is no text.
                Some(_) if Vm::is_bundle(path) => return Attempt::Files(self.pending.keys().cloned().collect()),
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
    pub fn end(&mut self, vm: &mut Vm, interrupt: Interrupt) {
        self.stop = Some(interrupt);
        vm.cancel_flag().store(true, Ordering::Relaxed);
    }

    /// Draws the consequences of an attempt.
    fn settle(&mut self, vm: &mut Vm, report: &Report) {
        self.is_refused = !report.ok;
        self.rejected_since = match self.rejected_since {
            _ if report.ok || !self.entry.is_loaded(vm) => None,
            since => since.or(Some(report.epoch)),
        };
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
                (None, Some(left)) if !Vm::is_bundle(path) => left.map(|text| print_of(text.as_bytes())),
                (None, _) => vm.running_content(path).map(|content| print_of(&content)),
            };
            watched.insert(path.clone(), print);
        }
        if let Some(entry) = entry {
            watched.entry(entry).or_insert(None);
        }
        drop(texts);
        self.watch.set_files(watched);
    }

    /// Says where the program has stopped.
    fn tell_stop(&mut self, vm: &mut Vm) {
        let Some(stopped) = vm.stopped() else { return };
        if let Some(log) = &mut self.log {
            log.write(&stopped.to_json());
        }
        match self.detail {
            Detail::Json => output().note(&stopped.to_json()),
            Detail::Full | Detail::Short => stop::tell(&stopped),
        }
    }

    fn show(&mut self, vm: &mut Vm, report: &Report, was_refused: bool) {
        let mut report = report.clone();
        vm.count_instances(&mut report);
        if let Some(log) = &mut self.log {
            log.write(&report.to_json());
        }
        let report = self.last_report.insert(report);
        if report.ok && !report.committed && was_refused && self.detail != Detail::Json {
            return output()
                .note(&format!("reload: the refused edit is taken back; what is saved is what runs (epoch {})", report.epoch));
        }
        let text = match self.detail {
            Detail::Json => report.to_json(),
            Detail::Full if report.ok => {
                let (warnings, rest) = summary::in_full(report, diagnostics::Report::for_stderr());
                format!("{warnings}reload: {rest}")
            }
            Detail::Full | Detail::Short => summary::of_reload(report, self.program, diagnostics::Report::for_stderr()),
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
            this.progress = Some(Progress::of_load());
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
        this.progress = None;
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
    let may_stop = matches!(shared.borrow().stage, Stage::Running);
    if may_stop && vm.is_stopped() && shared.borrow().stopped.is_none() {
        let mut this = shared.borrow_mut();
        (this.stopped, this.program) = (Some(this.commits), Program::Stopped);
        this.tell_stop(vm);
    }
    take_in(shared, vm);
    attach::attend(shared, vm);
    let is_edited = || shared.borrow().stopped.is_some_and(|commits| commits < shared.borrow().commits);
    if may_stop && is_edited() {
        go_on(shared, vm, None);
    }
    keys::attend(shared, vm);
}

/// Lets the program go on that has stopped at an error, as it does after an edit, or as is given. What speaks against it is told.
pub fn go_on(shared: &SharedReloader, vm: &mut Vm, how: Option<Restart>) {
    if let Err(error) = try_to_go_on(shared, vm, how) {
        let mut this = shared.borrow_mut();
        this.stopped = Some(this.commits);
        output().note(&diagnostics::Report::for_stderr().error(&error));
    }
}

/// The same; gives what speaks against it, and the program stays stopped.
pub fn try_to_go_on(shared: &SharedReloader, vm: &mut Vm, how: Option<Restart>) -> Result<(), Error> {
    let is_main_due = stop::go_on(vm, how)?;
    let mut this = shared.borrow_mut();
    (this.stopped, this.program) = (None, Program::Runs);
    this.is_main_due = is_main_due;
    Ok(())
}

fn take_in(shared: &SharedReloader, vm: &mut Vm) {
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
    let (was_refused, attempt, options) = {
        let mut this = shared.borrow_mut();
        this.is_due = false;
        (this.is_refused, this.attempt(vm), this.options.clone())
    };
    let what = match &attempt {
        Attempt::Texts(texts) => counted(texts.len()),
        Attempt::Files(paths) => counted(paths.len()),
    };
    let (report, end) = within_commit(shared, vm, &what, |vm| match attempt {
        Attempt::Texts(texts) => vm.reload(texts, &options),
        Attempt::Files(paths) => vm.reload_files_with(&paths, &options),
    });
    let mut this = shared.borrow_mut();
    this.settle(vm, &report);
    this.conclude(vm, &report, was_refused, end);
}

fn counted(files: usize) -> String {
    if files == 1 { "reading 1 file".into() } else { format!("reading {files} files") }
}

/// Makes a commit of another kind than an edit, as edits are made. What was refused of these stays so.
pub fn carry_out(shared: &SharedReloader, vm: &mut Vm, what: &str, make: impl FnOnce(&mut Vm) -> Option<Report>) -> bool {
    let (report, end) = within_commit(shared, vm, what, make);
    let Some(report) = report else { return false };
    let mut this = shared.borrow_mut();
    this.commits += u64::from(report.committed);
    this.watch_files(vm);
    this.conclude(vm, &report, false, end);
    true
}

/// How something ended that edits are kept from in the meantime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Of itself.
    Own,
    /// For the sake of what was saved since.
    Abandoned,
}

/// Does something that runs code of the program: Ctrl-C and the next save end it.
pub fn within_commit<T>(shared: &SharedReloader, vm: &mut Vm, what: &str, make: impl FnOnce(&mut Vm) -> T) -> (T, End) {
    let (outer, outer_progress) = {
        let mut this = shared.borrow_mut();
        let stage = Stage::Committing { since: Instant::now(), is_told: false };
        let outer_progress = this.progress.replace(Progress::of_commit(what));
        (std::mem::replace(&mut this.stage, stage), outer_progress)
    };
    hook(vm, shared);
    let made = make(vm);
    let mut this = shared.borrow_mut();
    this.stage = outer;
    this.progress = outer_progress;
    let is_abandoned = std::mem::take(&mut this.is_abandoned);
    (made, if is_abandoned { End::Abandoned } else { End::Own })
}

impl Reloader {
    /// Says what has become of a commit, and has the program stop if that is asked for.
    fn conclude(&mut self, vm: &mut Vm, report: &Report, was_refused: bool, end: End) {
        match report.error {
            Some(Error::Interrupted(_)) if end == End::Abandoned => {
                output().note("reload: the edit was still being brought in when another one was saved, which takes its place");
            }
            Some(Error::Interrupted(Interrupt::Exit(status))) => {
                output().note(&format!("reload: the new text has called `exit({status})`, which ends the program"));
                self.end(vm, Interrupt::Exit(status));
            }
            Some(Error::Interrupted(Interrupt::Cancelled)) => {
                output().end_line_of_key();
                output().note(&format!(
                    "reload: given up; {} (epoch {}); Ctrl-C once more ends it",
                    self.program.without_edit(),
                    report.epoch
                ));
            }
            Some(Error::Interrupted(interrupt)) => self.end(vm, interrupt),
            _ => self.show(vm, report, was_refused),
        }
        match report.listener_stopped {
            // For the next edit.
            Some(_) if end == End::Abandoned => {}
            Some(Interrupt::Cancelled) => {
                output().end_line_of_key();
                output().note("reload: Ctrl-C has stopped a listener, and nothing else; Ctrl-C once more ends the program");
            }
            Some(Interrupt::Exit(status)) => {
                output().note(&format!("reload: a listener has called `exit({status})`, which ends the program"));
                self.end(vm, Interrupt::Exit(status));
            }
            Some(interrupt) => self.end(vm, interrupt),
            None => {}
        }
    }
}

/// Whether this is what runs of a loaded file; of one that is gone, that nothing of it does.
fn runs(vm: &mut Vm, path: &str, content: Option<&[u8]>) -> bool {
    match content {
        Some(content) => vm.running_content(path).is_some_and(|running| running == content),
        None => vm.running_text(path).is_some_and(|running| running == empty_text(vm, path)),
    }
}

/// A text without definitions that contributes to the same namespace as the file did.
fn empty_text(vm: &mut Vm, path: &str) -> String {
    let text = engine::namespace_of(vm, path).map(|namespace| format!("namespace {namespace}\n")).unwrap_or_default();
    let is_text = lang::parse(&lang::source::Source::new(path, text.clone())).diagnostics.is_empty();
    // A namespace that cannot be written comes from the path.
    if is_text { text } else { String::new() }
}
