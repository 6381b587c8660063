//! `lang run`: loads a file, calls its `main`, and says what went wrong.

use crate::diagnostics::Report as Style;
use crate::engine;
use crate::host::Texts;
use crate::interrupt;
use crate::output::output;
use crate::reload::{self, Detail, Reloader, SharedReloader};
use crate::summary;
use lang::source::Source;
use std::mem::ManuallyDrop;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use vm::embed::{Error, Vm};
use vm::object::{Interrupt, Kind};
use vm::reload::{Mode, ReloadOptions, normalise};

/// Between two looks while nothing runs.
const IDLE: Duration = Duration::from_millis(5);

/// Presses of Ctrl-C of which a program may take no notice.
const PRESSES_MAX: u32 = 2;

/// What to run, and how.
#[derive(Debug)]
pub struct Options {
    /// The file.
    pub file: String,
    /// The program's arguments.
    pub args: Vec<String>,
    /// Further directories in which imports are looked for.
    pub roots: Vec<String>,
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
}

/// What became of one run of `main`.
enum Outcome {
    /// It returned.
    Returned,
    /// The file has no `main`.
    NoMain,
    /// It raised an error that nothing caught.
    Failed(Error),
    /// It was stopped.
    Stopped(Interrupt),
}

/// Runs; gives the process's status.
pub fn run(options: &Options) -> i32 {
    let file = normalise(&options.file);
    if let Err(message) = check_file(&options.file) {
        output().note(&Style::for_stderr().failure(&message));
        return 1;
    }
    let texts = Texts::default();
    // The process ends with the VM, so nobody waits for the memory of single objects.
    let mut vm = ManuallyDrop::new(engine::new_vm(&texts, &options.args, PRESSES_MAX));
    vm.add_root(engine::directory(&file));
    engine::add_roots(&mut vm, &options.roots);
    match &options.reload {
        None => run_once(&mut vm, &file, &options.args),
        Some(reload) => {
            vm.set_mode(reload.mode);
            match Reloader::install(&mut vm, &texts, &file, reload.poll, reload.detail, reload.choices.clone()) {
                Ok(reloader) => run_live(&mut vm, &file, &options.args, &reloader),
                Err(message) => {
                    output().note(&Style::for_stderr().failure(&message));
                    1
                }
            }
        }
    }
}

/// Says early what would be said about a path less clearly later.
fn check_file(file: &str) -> Result<(), String> {
    let found = std::fs::metadata(file).map_err(|error| format!("cannot read `{file}`: {}", engine::plain(&error)))?;
    if found.len() > Source::BYTES_MAX as u64 {
        return Err(format!("`{file}` is larger than {} MB", Source::BYTES_MAX >> 20));
    }
    if !found.is_dir() {
        return Ok(());
    }
    let main = format!("{}/main.lang", file.trim_end_matches('/'));
    let hint = if std::path::Path::new(&main).is_file() { format!("; did you mean `{main}`?") } else { String::new() };
    Err(format!("`{file}` is a directory, not a file{hint}"))
}

fn run_once(vm: &mut Vm, file: &str, args: &[String]) -> i32 {
    let report = vm.reload_files_with(&[file.to_owned()], &engine::noting_warnings());
    if !report.ok {
        return match &report.error {
            Some(Error::Interrupted(interrupt)) => stopped(*interrupt),
            _ => {
                output().note(&summary::refusal(&report, Style::for_stderr()));
                1
            }
        };
    }
    let main = call_main(vm, file, args);
    let mut has_failed = false;
    // What has ended the main part does not end the tasks.
    for outcome in [main, run_tasks(vm)] {
        match outcome {
            Outcome::Returned | Outcome::NoMain => {}
            Outcome::Stopped(interrupt) => return stopped(interrupt),
            Outcome::Failed(error) => {
                output().note(&Style::for_stderr().error(&error));
                has_failed = true;
            }
        }
    }
    i32::from(has_failed || vm.failed_tasks() > 0)
}

/// Runs with `--reload`. An error of the program ends nothing: the next commit calls `main` again.
fn run_live(vm: &mut Vm, file: &str, args: &[String], reloader: &SharedReloader) -> i32 {
    let report = reload::load(reloader, vm, &engine::noting_warnings());
    if let Some(Error::Interrupted(interrupt)) = report.error {
        return stopped(reloader.borrow().stop().unwrap_or(interrupt));
    }
    if !report.ok {
        output().note(&summary::refusal(&report, Style::for_stderr()));
        output().note("reload: waiting for an edit; Ctrl-C ends");
    }
    let mut is_due = report.ok;
    loop {
        if is_due {
            let outcome = match call_main(vm, file, args) {
                Outcome::Returned => run_tasks(vm),
                outcome => outcome,
            };
            match outcome {
                Outcome::Returned => return 0,
                Outcome::NoMain => {}
                Outcome::Stopped(interrupt) => return stopped(reloader.borrow().stop().unwrap_or(interrupt)),
                Outcome::Failed(error) => {
                    output().note(&Style::for_stderr().error(&error));
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
            reload::poll(reloader, vm);
            thread::sleep(IDLE);
            continue;
        }
        match outcome_of(vm.run_tasks_for(IDLE)) {
            Outcome::Stopped(interrupt) => return Some(interrupt),
            Outcome::Failed(error) => output().note(&Style::for_stderr().error(&error)),
            Outcome::Returned | Outcome::NoMain => {}
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

/// Calls `main` of the file's namespace, if it is a function.
fn call_main(vm: &mut Vm, file: &str, args: &[String]) -> Outcome {
    let Some(namespace) = engine::namespace_of(vm, file) else { return Outcome::NoMain };
    let main = format!("{namespace}.main");
    if engine::kind_of(vm, &main) != Some(Kind::Function) {
        return Outcome::NoMain;
    }
    let result = engine::call_with_texts(vm, &main, args);
    output().set_asking(false);
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
        Interrupt::Fuel => 1,
    }
}
