//! `lang run`: loads a file, calls its `main`, and says what went wrong.

use crate::attach;
use crate::diagnostics::Report as Style;
use crate::engine;
use crate::entry::Entry;
use crate::hangup;
use crate::host::Texts;
use crate::interrupt;
use crate::keys::Screen;
use crate::output::output;
use crate::reload::{self, Detail, Reloader, SharedReloader};
use crate::report_log::{ReportLog, Target};
use crate::summary::{self, Program};
use crate::terminal;
use std::cell::Cell;
use std::io::ErrorKind;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use vm::embed::{Error, OnError, Vm};
use vm::object::Interrupt;
use vm::reload::{Mode, ReloadOptions, Report, Sharing};
use vm::session::{Rights, Server};

/// Between two looks while nothing runs.
const IDLE: Duration = Duration::from_millis(5);

/// Presses of Ctrl-C of which a program may take no notice.
const PRESSES_MAX: u32 = 2;

/// What to run, and how.
#[derive(Debug)]
pub struct Options {
    /// The file or directory.
    pub path: String,
    /// The program's arguments.
    pub args: Vec<String>,
    /// Further directories in which imports are looked for.
    pub roots: Vec<String>,
    /// Which files share a namespace.
    pub sharing: Sharing,
    /// What clients may ask, if it serves any.
    pub serve: Option<Rights>,
    /// Whether edits are brought to the running program.
    pub reload: Option<Reload>,
}

/// How edits are brought to the running program.
#[derive(Debug)]
pub struct Reload {
    /// Interval at which to look at the files, instead of relying on the system.
    pub poll: Option<Duration>,
    /// How much is said about a commit.
    pub detail: Detail,
    /// What an edit means where nothing else says so.
    pub mode: Mode,
    /// What else is chosen about commits.
    pub choices: ReloadOptions,
    /// Where reports go beside what is shown.
    pub report_to: Option<Target>,
    /// What there is on a terminal beside lines.
    pub screen: OnTerminal,
    /// Whether an error ends the program.
    pub exit_on_error: bool,
}

/// What there is on a terminal beside lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnTerminal {
    /// A status line and keys.
    Keys,
    /// Nothing.
    Lines,
}

/// What became of one run of `main`.
enum Outcome {
    /// It returned.
    Returned,
    /// The program has no `main`.
    NoMain,
    /// It raised an error that nothing caught.
    Failed(Error),
    /// It is not clear which `main` is meant; what to say.
    Unclear(String),
    /// It was stopped.
    Stopped(Interrupt),
}

/// Runs; gives the process's status.
pub fn run(options: &Options) -> i32 {
    let mut log = None;
    if let Some(reload) = &options.reload {
        match reload.report_to.as_ref().map(ReportLog::open).transpose() {
            Ok(opened) => log = opened,
            Err(message) => {
                output().note(&Style::for_stderr().failure(&message));
                return 1;
            }
        }
        wait_for_file(&options.path);
    }
    let entry = match Entry::of(&options.path) {
        Ok(entry) => entry,
        Err(message) => {
            output().note(&Style::for_stderr().failure(&message));
            return 1;
        }
    };
    let texts = Texts::default();
    // The process ends with the VM, so nobody waits for the memory of single objects.
    let mut vm = ManuallyDrop::new(engine::new_vm(&texts, &options.args, PRESSES_MAX));
    vm.set_namespace_sharing(options.sharing);
    vm.add_root(entry.root());
    engine::add_roots(&mut vm, &options.roots);
    let server = match options.serve.map(|rights| attach::start(&vm, &options.path, rights)).transpose() {
        Ok(server) => server,
        Err(message) => {
            output().note(&Style::for_stderr().failure(&message));
            return 1;
        }
    };
    let status = run_program(&mut vm, &entry, &texts, options, log, server.as_ref());
    if let Some(server) = server {
        server.end();
    }
    status
}

fn run_program(
    vm: &mut Vm,
    entry: &Entry,
    texts: &Texts,
    options: &Options,
    log: Option<ReportLog>,
    server: Option<&Rc<Server>>,
) -> i32 {
    match &options.reload {
        None => run_once(vm, entry, &options.args, server),
        Some(reload) => {
            vm.set_mode(reload.mode);
            match Reloader::install(vm, texts, entry, reload.poll, reload.detail, reload.choices.clone()) {
                Ok(reloader) => {
                    if let Some(log) = log {
                        reloader.borrow_mut().set_log(log);
                    }
                    if let Some(server) = server {
                        reloader.borrow_mut().set_server(server.clone());
                    }
                    output().expect_status();
                    if reload.screen == OnTerminal::Keys && terminal::is_usable() {
                        reloader.borrow_mut().set_screen(Screen::new());
                    }
                    run_live(vm, entry, &options.args, &reloader, reload.exit_on_error)
                }
                Err(message) => {
                    output().note(&Style::for_stderr().failure(&message));
                    1
                }
            }
        }
    }
}

/// Waits until a file exists that is to be saved into a directory that exists.
fn wait_for_file(path: &str) {
    let directory = engine::directory(path);
    let is_missing = |path: &str| std::fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    if !is_missing(path) || is_missing(if directory.is_empty() { "." } else { directory }) {
        return;
    }
    output().note(&format!("reload: `{path}` does not exist; waiting for it; Ctrl-C ends"));
    while is_missing(path) {
        thread::sleep(IDLE);
    }
}

fn run_once(vm: &mut Vm, entry: &Entry, args: &[String], server: Option<&Rc<Server>>) -> i32 {
    let stop = Rc::new(Cell::new(None));
    if let Some(server) = server {
        attach::serve_alone(vm, server, &stop);
    }
    let noted = stop.clone();
    hangup::listen(vm, move |vm, report| show_requested(vm, report, &noted));
    let report = entry.load(vm, &engine::noting_warnings());
    if let Some(interrupt) = report.interrupt() {
        return stopped(stop.get().unwrap_or(interrupt));
    }
    if !report.ok {
        output().note(&summary::refusal(&report, Style::for_stderr()));
        return 1;
    }
    let outcome = match call_main(vm, entry, args) {
        Outcome::Returned | Outcome::NoMain => run_tasks(vm),
        outcome => outcome,
    };
    match outcome {
        Outcome::Returned | Outcome::NoMain => return i32::from(vm.failed_tasks() > 0),
        Outcome::Stopped(interrupt) => return stopped(stop.get().unwrap_or(interrupt)),
        Outcome::Failed(error) => output().note(&Style::for_stderr().error(&error)),
        Outcome::Unclear(message) => output().note(&message),
    }
    // It ends with its main part, whatever its tasks would still do.
    1
}

/// Shows what SIGHUP has asked for. Code of an edit, or a listener, that is stopped ends the program.
fn show_requested(vm: &mut Vm, report: &Report, stop: &Cell<Option<Interrupt>>) {
    if report.ok || report.interrupt().is_none() {
        let mut report = report.clone();
        vm.count_instances(&mut report);
        output().note(&summary::of_reload(&report, Program::Runs, Style::for_stderr()));
    }
    if let Some(interrupt) = report.interrupt() {
        stop.set(Some(interrupt));
        vm.cancel_flag().store(true, Ordering::Relaxed);
    }
}

/// Runs with `--reload`. An error ends nothing, unless that is wanted: the program stops there, or the next commit calls `main` again.
fn run_live(vm: &mut Vm, entry: &Entry, args: &[String], reloader: &SharedReloader, exit_on_error: bool) -> i32 {
    reload::listen(reloader, vm);
    vm.on_error(if exit_on_error { OnError::Unwind } else { OnError::Wait });
    let report = reload::load(reloader, vm, &engine::noting_warnings());
    if let Some(interrupt) = report.interrupt() {
        return stopped(reloader.borrow().stop().unwrap_or(interrupt));
    }
    if !report.ok {
        output().note(&summary::refusal(&report, Style::for_stderr()));
        if exit_on_error {
            return 1;
        }
        output().note("reload: waiting for an edit; Ctrl-C ends");
        reloader.borrow_mut().set_program(Program::Waits);
    }
    let mut is_due = report.ok;
    let mut mark = vm.task_mark();
    loop {
        if is_due {
            let ended = vm.end_tasks_since(mark);
            if ended > 0 {
                output().note(&match ended {
                    1 => "reload: 1 task of the last call of `main` is ended before the next".to_owned(),
                    _ => format!("reload: {ended} tasks of the last call of `main` are ended before the next"),
                });
            }
            mark = vm.task_mark();
            reloader.borrow_mut().set_program(Program::Runs);
            let failed_before = vm.failed_tasks();
            let outcome = match call_main(vm, entry, args) {
                Outcome::Returned => run_tasks(vm),
                outcome => outcome,
            };
            let is_main_due = reloader.borrow_mut().take_main_due();
            match outcome {
                Outcome::Stopped(interrupt) => return stopped(reloader.borrow().stop().unwrap_or(interrupt)),
                // It was ended for the sake of an edit, which is committed; what happened was said where it had stopped.
                _ if is_main_due => continue,
                Outcome::Returned if vm.failed_tasks() > failed_before && exit_on_error => return 1,
                Outcome::Returned if vm.failed_tasks() > failed_before => {
                    reloader.borrow_mut().set_program(Program::Waits);
                    output().note("reload: a task failed; waiting for an edit, then `main` is called again; Ctrl-C ends");
                }
                Outcome::Returned => return 0,
                Outcome::NoMain => {}
                Outcome::Unclear(message) => {
                    reloader.borrow_mut().set_program(Program::Waits);
                    output().note(&message);
                    output().note("reload: waiting for an edit; Ctrl-C ends");
                }
                Outcome::Failed(error) => {
                    reloader.borrow_mut().set_program(Program::Waits);
                    output().note(&Style::for_stderr().error(&error));
                    if exit_on_error {
                        return 1;
                    }
                    output().note("reload: the program failed; waiting for an edit, then `main` is called again; Ctrl-C ends");
                }
            }
        }
        if let Some(interrupt) = wait_for_commit(vm, reloader) {
            return stopped(reloader.borrow().stop().unwrap_or(interrupt));
        }
        is_due = true;
    }
}

/// Lets tasks go on until there is a commit. Gives what has stopped the program before.
fn wait_for_commit(vm: &mut Vm, reloader: &SharedReloader) -> Option<Interrupt> {
    let commits = reloader.borrow().commits();
    while reloader.borrow().commits() == commits {
        if vm.cancel_flag().swap(false, Ordering::Relaxed) {
            return Some(Interrupt::Cancelled);
        }
        if !vm.has_tasks() {
            vm.poll();
            thread::sleep(IDLE);
            continue;
        }
        match outcome_of(vm.run_tasks_for(IDLE)) {
            Outcome::Stopped(interrupt) => return Some(interrupt),
            Outcome::Failed(error) => output().note(&Style::for_stderr().error(&error)),
            Outcome::Returned | Outcome::NoMain | Outcome::Unclear(_) => {}
        }
    }
    None
}

/// Waits for the end of all tasks.
fn run_tasks(vm: &mut Vm) -> Outcome {
    outcome_of(vm.run_tasks())
}

fn outcome_of<T>(result: Result<T, Error>) -> Outcome {
    match result {
        Ok(_) => Outcome::Returned,
        Err(Error::Interrupted(interrupt)) => Outcome::Stopped(interrupt),
        Err(error) => Outcome::Failed(error),
    }
}

/// Calls the program's `main`, if it has one.
fn call_main(vm: &mut Vm, entry: &Entry, args: &[String]) -> Outcome {
    let main = match entry.main(vm) {
        Ok(Some(main)) => main,
        Ok(None) => return Outcome::NoMain,
        Err(message) => return Outcome::Unclear(message),
    };
    let result = engine::call_with_texts(vm, &main, args);
    if !vm.has_tasks() {
        output().set_asking(false);
    }
    outcome_of(result)
}

/// The status of a program that was stopped.
fn stopped(interrupt: Interrupt) -> i32 {
    match interrupt {
        Interrupt::Exit(status) => status,
        Interrupt::Cancelled => {
            output().end_line_of_key();
            interrupt::STATUS
        }
        Interrupt::Fuel | Interrupt::Panicked => 1,
    }
}
