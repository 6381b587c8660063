//! Ctrl-C: asks the running program to stop, which it does at its next safe point.

use crate::output::output;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Status of a process that was interrupted.
pub const STATUS: i32 = 130;

/// Presses since the program last took notice of one.
static PRESSED: AtomicU32 = AtomicU32::new(0);

/// Lets Ctrl-C set `flag`. After `presses_max` presses of which the program took no notice, because it is deep in one long operation, the
/// process ends; who has pressed more than once is told so before.
pub fn listen(flag: Arc<AtomicBool>, presses_max: u32) {
    let result = ctrlc::set_handler(move || {
        if !flag.swap(true, Ordering::Relaxed) {
            PRESSED.store(0, Ordering::Relaxed);
        }
        let pressed = PRESSED.fetch_add(1, Ordering::Relaxed) + 1;
        if pressed >= presses_max {
            std::process::exit(STATUS);
        }
        if pressed > 1 && pressed + 1 == presses_max {
            // Not by `output`, which the program may be holding.
            let _ = writeln!(std::io::stderr(), "\nstill busy with one long operation; Ctrl-C once more ends lang");
        }
    });
    if let Err(error) = result {
        output().note(&format!("warning: Ctrl-C cannot be handled: {error}"));
    }
}
