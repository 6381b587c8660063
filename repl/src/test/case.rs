//! One test: a program of its own is loaded, the test runs in it, and what became of it is said.

use super::diff::difference;
use super::suite::{Suite, Test};
use super::watch::Edits;
use crate::diagnostics::Report as Style;
use crate::engine;
use crate::host::{Captured, Console, Texts};
use crate::summary;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use vm::embed::{Error, Vm};
use vm::interp::place_of;
use vm::object::Interrupt;
use vm::reload::{Images, Sharing};

/// What a test is run with.
pub struct Setting<'a> {
    /// Further directories in which imports are looked for.
    pub roots: &'a [String],
    /// Which files share a namespace.
    pub sharing: Sharing,
    /// Longest time for loading, and then for the test.
    pub timeout: Duration,
    /// Texts that are compiled.
    pub images: Images,
    /// Whether Ctrl-C was pressed.
    pub stop: Arc<AtomicBool>,
    /// Edits by which a run is overtaken, with `--watch`.
    pub edits: Option<Rc<Edits>>,
    /// How errors are written.
    pub style: Style,
}

/// What became of a test.
pub struct Outcome {
    /// Whether it passed.
    pub verdict: Verdict,
    /// How long it ran, without loading.
    pub time: Duration,
    /// What the program printed, loading included.
    pub output: String,
    /// Warnings of the program's text.
    pub warnings: Vec<String>,
    /// Program texts that were read or looked for.
    pub texts: Texts,
}

/// Whether a test passed.
pub enum Verdict {
    /// It has ended without error.
    Passed,
    /// It left itself out, for this reason.
    Skipped(String),
    /// It failed.
    Failed(Failure),
    /// Its program cannot be loaded.
    Unloadable(String),
    /// Ctrl-C was pressed, or an edit has overtaken it.
    Interrupted,
}

/// Why a test failed.
pub struct Failure {
    /// The error's class, or what else it was.
    pub kind: String,
    /// In one line.
    pub message: String,
    /// All there is to say.
    pub text: String,
}

/// When the program has to be done, and where it was if it was not.
#[derive(Clone, Default)]
struct Deadline {
    at: Rc<Cell<Option<Instant>>>,
    /// The place at which the time was up; empty if nothing of the program was running.
    passed: Rc<RefCell<Option<String>>>,
}

/// Runs a test.
pub fn run(setting: &Setting<'_>, suite: &Suite, test: &Test) -> Outcome {
    let texts = Texts::default();
    let captured = Captured::default();
    let deadline = Deadline::default();
    let failed_tasks: Rc<RefCell<Vec<(String, Error)>>> = Rc::default();
    let written = setting.edits.as_ref().map(|edits| edits.written.clone()).unwrap_or_default();
    let mut vm = engine::with_host(Console::captured(texts.clone(), written, captured.clone()));
    vm.share_images(&setting.images);
    let failures = failed_tasks.clone();
    vm.on_task_error(move |name, error| failures.borrow_mut().push((name.to_owned(), error.clone())));
    watch_over(&mut vm, &deadline, setting, &texts);

    deadline.at.set(Instant::now().checked_add(setting.timeout));
    let mut warnings = Vec::new();
    let loaded = load(&mut vm, setting, suite, &deadline, &mut warnings);
    let start = Instant::now();
    let verdict = match loaded {
        Err(verdict) => verdict,
        Ok(()) => {
            deadline.at.set(start.checked_add(setting.timeout));
            let result = vm.run_test(&suite.path, test.index);
            let failures = failed_tasks.take();
            verdict(&mut vm, setting, &deadline, result, &failures)
        }
    };
    Outcome { verdict, time: start.elapsed(), output: captured.text(), warnings, texts }
}

/// Stops the program when its time is up, when Ctrl-C was pressed, or when one of its files has been edited.
fn watch_over(vm: &mut Vm, deadline: &Deadline, setting: &Setting<'_>, texts: &Texts) {
    let (deadline, stop, cancel) = (deadline.clone(), setting.stop.clone(), vm.cancel_flag());
    let (edits, texts) = (setting.edits.clone(), texts.clone());
    vm.on_safe_point(move |vm| {
        if stop.load(Ordering::Relaxed) || edits.as_ref().is_some_and(|edits| edits.overtake(&texts)) {
            cancel.store(true, Ordering::Relaxed);
        } else if deadline.at.get().is_some_and(|at| at <= Instant::now()) {
            deadline.passed.borrow_mut().get_or_insert_with(|| place(vm));
            cancel.store(true, Ordering::Relaxed);
        }
    });
}

/// Where the program is.
fn place(vm: &mut Vm) -> String {
    vm.enter(|cx| place_of(cx.world, &cx.world.stack.frames)).map(|frame| frame.to_string()).unwrap_or_default()
}

fn load(vm: &mut Vm, setting: &Setting<'_>, suite: &Suite, deadline: &Deadline, warnings: &mut Vec<String>) -> Result<(), Verdict> {
    vm.set_namespace_sharing(setting.sharing);
    vm.add_root(&suite.root);
    engine::add_roots(vm, setting.roots);
    if let Some(tested) = &suite.tested {
        vm.assign_namespace(&suite.path, &tested.namespace);
    }
    let report = vm.reload_files(&suite.files());
    warnings.extend(report.warnings.iter().map(|warning| setting.style.warning(warning)));
    if report.ok {
        return Ok(());
    }
    Err(match &report.error {
        Some(Error::Interrupted(Interrupt::Cancelled)) => match &*deadline.passed.borrow() {
            Some(place) => {
                Verdict::Unloadable(setting.style.failure(&format!("`{}` {}", suite.path, too_late("loading", setting, place))))
            }
            None => Verdict::Interrupted,
        },
        Some(Error::Interrupted(Interrupt::Exit(status))) => {
            let message = format!("`{}` calls `exit({status})` when it is loaded; move the call into `main`", suite.path);
            Verdict::Unloadable(setting.style.failure(&message))
        }
        _ => Verdict::Unloadable(summary::refusal(&report, setting.style)),
    })
}

fn verdict(
    vm: &mut Vm,
    setting: &Setting<'_>,
    deadline: &Deadline,
    result: Result<(), Error>,
    failed_tasks: &[(String, Error)],
) -> Verdict {
    let plain = |kind: &str, message: String| {
        Verdict::Failed(Failure { kind: kind.to_owned(), text: setting.style.failure(&message), message })
    };
    match &result {
        Err(Error::Interrupted(Interrupt::Cancelled)) => match &*deadline.passed.borrow() {
            Some(place) => plain("timeout", format!("the test {}", too_late("running", setting, place))),
            None => Verdict::Interrupted,
        },
        Err(Error::Interrupted(Interrupt::Exit(status))) => plain("exit", format!("the test called `exit({status})`")),
        Err(error) => match vm.skip_reason(error) {
            Some(reason) => Verdict::Skipped(reason),
            None => Verdict::Failed(failure(vm, setting.style, "", error)),
        },
        Ok(()) => match failed_tasks {
            [] => Verdict::Passed,
            [(name, error), ..] => Verdict::Failed(failure(vm, setting.style, &format!("task `{name}` failed"), error)),
        },
    }
}

fn too_late(doing: &str, setting: &Setting<'_>, place: &str) -> String {
    let place = if place.is_empty() { String::new() } else { format!(", {place}") };
    let seconds = setting.timeout.as_secs_f64();
    format!("was stopped: it was still {doing} after {seconds} s{place}; `--timeout` sets the time that it may take")
}

/// An error as the reason of a failure; `before` is said first.
fn failure(vm: &mut Vm, style: Style, before: &str, error: &Error) -> Failure {
    let (kind, message) = match error {
        Error::Raised { class, message, .. } => (class.clone(), message.lines().next().unwrap_or_default().to_owned()),
        other => ("Error".to_owned(), other.to_string()),
    };
    let mut text = if before.is_empty() { String::new() } else { style.failure(before) };
    text.push_str(&style.error(error));
    if let Some(compared) = vm.compared(error) {
        text.push_str(&difference(&compared, style));
    }
    Failure { kind, message, text }
}
