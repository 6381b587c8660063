//! Ctrl-C: asks the running program to stop, which it does at its next safe point.

use crate::output::output;
use crate::terminal;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Status of a process that was interrupted.
pub const STATUS: i32 = 130;

/// Presses since the program last took notice of one.
static PRESSED: AtomicU32 = AtomicU32::new(0);

/// Presses of which the program may take no notice.
static PRESSES_MAX: AtomicU32 = AtomicU32::new(1);

/// What a press sets; none before somebody listens.
static FLAG: Mutex<Option<Arc<AtomicBool>>> = Mutex::new(None);

/// What a press does beside that.
static ALSO: Mutex<Option<Box<dyn Fn() + Send>>> = Mutex::new(None);

/// Lets Ctrl-C do this, too.
pub fn also(act: impl Fn() + Send + 'static) {
    *ALSO.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(act));
}

/// Lets Ctrl-C set `flag`, and no longer the one before. After `presses_max` presses of which the program took no notice, because it is deep in
/// one long operation, the process ends; who has pressed more than once is told so before.
pub fn listen(flag: Arc<AtomicBool>, presses_max: u32) {
    PRESSES_MAX.store(presses_max, Ordering::Relaxed);
    if FLAG.lock().unwrap_or_else(PoisonError::into_inner).replace(flag).is_some() {
        return;
    }
    if let Err(error) = ctrlc::set_handler(pressed) {
        output().note(&format!("warning: Ctrl-C cannot be handled: {error}"));
    }
}

fn pressed() {
    if let Some(act) = &*ALSO.lock().unwrap_or_else(PoisonError::into_inner) {
        act();
    }
    let flag = FLAG.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if flag.is_some_and(|flag| !flag.swap(true, Ordering::Relaxed)) {
        PRESSED.store(0, Ordering::Relaxed);
    }
    let presses_max = PRESSES_MAX.load(Ordering::Relaxed);
    let pressed = PRESSED.fetch_add(1, Ordering::Relaxed) + 1;
    if pressed >= presses_max {
        output().try_end_status();
        terminal::restore();
        std::process::exit(STATUS);
    }
    if pressed > 1 && pressed + 1 == presses_max {
        output().note_at_once("still busy with one long operation; Ctrl-C once more ends lang");
    }
}
