//! Runs all cases of a folder in one world, each on a thread of its own with an ordinary stack.

use crate::case::Case;
use crate::golden;
use crate::repository;
use crate::runner::{Outcome, run_case};
use crate::world::World;
use std::cell::RefCell;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Once};
use std::thread;
use std::time::Duration;

/// Native stack of a case, in bytes: what a thread has by default. Neither depth of calls nor of data may need more.
const STACK_BYTES: usize = 2 << 20;

/// Longest time a case may take, before it is interrupted and after.
const PATIENCE: Duration = Duration::from_secs(60);

/// The folders that hold cases.
pub fn folders() -> Vec<String> {
    let entries = fs::read_dir(cases_root()).expect("the cases are there");
    let paths = entries.map(|entry| entry.expect("a readable folder").path()).filter(|path| path.is_dir());
    let mut names: Vec<String> = paths.map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Paths of the cases of a folder and of the folders in it.
pub fn case_paths(folder: &str) -> Vec<PathBuf> {
    repository::files(&format!("tests/cases/{folder}"), "lang")
}

fn cases_root() -> PathBuf {
    repository::root().join("tests/cases")
}

/// Runs the cases of a folder, in a world; fails with the list of everything that is wrong.
pub fn check_folder(world: &str, folder: &str) {
    let world = World::named(world).expect("a world of this name");
    let wanted = std::env::var("CASE").ok();
    let is_update = world == World::Plain && std::env::var_os("UPDATE").is_some();
    let mut failed = 0;
    let mut total = 0;
    let mut messages = Vec::new();
    for path in case_paths(folder) {
        let name = repository::relative(&path);
        if wanted.as_ref().is_some_and(|wanted| !name.contains(wanted.as_str())) {
            continue;
        }
        total += 1;
        let failures = check_case(&path, name, world, wanted.is_some(), is_update);
        failed += usize::from(!failures.is_empty());
        messages.extend(failures);
    }
    assert!(messages.is_empty(), "{failed} of {total} cases fail in world {}:\n\n{}\n", world.name(), messages.join("\n"));
}

/// Runs one case; gives what is wrong.
fn check_case(path: &Path, name: String, world: World, is_loud: bool, is_update: bool) -> Vec<String> {
    let case = match Case::read(path, name.clone()) {
        Ok(case) => Arc::new(case),
        Err(problem) => return vec![format!("{name}:{}: {}", problem.line, problem.message)],
    };
    if is_loud {
        println!("━━ {name} in world {}", world.name());
    }
    let mut outcome = run_guarded(&case, world, is_loud);
    if is_update && !outcome.rewrites.is_empty() {
        fs::write(&case.path, golden::rewritten(&case, &outcome.rewrites)).expect("cases can be written");
        println!("{name}: goldens rewritten; read them");
        outcome = run_guarded(&Arc::new(Case::read(path, name).expect("it was a case before")), world, is_loud);
    }
    outcome.failures
}

/// Runs a case on its own thread. A panic and a case that does not end are failures like any other.
fn run_guarded(case: &Arc<Case>, world: World, is_loud: bool) -> Outcome {
    enum Message {
        Started(Arc<AtomicBool>),
        Ended(Outcome),
        Panicked(String),
    }
    note_panics();
    let (sender, receiver) = mpsc::channel();
    let inner = case.clone();
    let thread = thread::Builder::new().name(case.name.clone()).stack_size(STACK_BYTES);
    let running = thread.spawn(move || {
        let result =
            guarded(|| run_case(&inner, world, is_loud, |flag| sender.send(Message::Started(flag)).expect("somebody waits")));
        let message = match result {
            Ok(outcome) => Message::Ended(outcome),
            Err(message) => Message::Panicked(message),
        };
        // Nobody waits any more when the case took too long.
        let _ = sender.send(message);
    });
    let failure = |text: String| Outcome { failures: vec![format!("{}:1: {text}", case.name)], ..Outcome::default() };
    let running = running.expect("a thread can be started");
    let mut flag: Option<Arc<AtomicBool>> = None;
    let mut is_interrupted = false;
    loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(Message::Started(started)) => flag = Some(started),
            Ok(Message::Ended(mut outcome)) => {
                let _ = running.join();
                if is_interrupted {
                    outcome.failures.push(format!("{}:1: it did not end by itself", case.name));
                }
                return outcome;
            }
            Ok(Message::Panicked(message)) => {
                let _ = running.join();
                return failure(format!("panic: {message}"));
            }
            Err(RecvTimeoutError::Timeout) if !is_interrupted => {
                is_interrupted = true;
                if let Some(flag) = &flag {
                    flag.store(true, Ordering::Relaxed);
                }
            }
            Err(RecvTimeoutError::Timeout) => return failure("it does not end, and cannot be interrupted".into()),
            Err(RecvTimeoutError::Disconnected) => return failure("its thread ended without a word".into()),
        }
    }
}

thread_local! {
    /// The message of the panic that the thread is about to unwind from.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
    static IS_GUARDED: RefCell<bool> = const { RefCell::new(false) };
}

/// From here on panics inside [`guarded`] are noted with their place instead of printed.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if IS_GUARDED.with_borrow(|guarded| *guarded) {
                PANIC.set(Some(info.to_string().replace('\n', " ")));
            } else {
                usual(info);
            }
        }));
    });
}

/// Runs `f`; a panic in it becomes its message.
pub fn guarded<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    note_panics();
    IS_GUARDED.set(true);
    let result = panic::catch_unwind(panic::AssertUnwindSafe(f));
    IS_GUARDED.set(false);
    result.map_err(|_| PANIC.take().unwrap_or_default())
}
