//! What goes on in the program: its main part, its tasks and its suspended fibers, and where each stands.

use crate::embed::Vm;
use crate::reload::{CodePlace, Thread};
use std::fmt::Write as _;

/// Calls of one of them that are shown.
const CALLS_MAX: usize = 8;

/// What goes on in the program, as text.
pub fn threads(vm: &mut Vm) -> String {
    text(&vm.threads())
}

/// What each of them does, with its calls, innermost first.
pub fn text(threads: &[Thread]) -> String {
    if threads.is_empty() {
        return "nothing of the program runs or waits\n".into();
    }
    threads.iter().map(one).collect()
}

fn one(thread: &Thread) -> String {
    let name = thread.task.as_ref().map_or("a fiber".to_owned(), |task| format!("`{task}`"));
    let mut out = format!("{name} {}\n", thread.state);
    for (number, CodePlace { function, file, line, stale, .. }) in thread.calls.iter().enumerate().take(CALLS_MAX) {
        let _ = writeln!(out, "  #{number} {function} ({file}:{line})");
        if let Some(why) = stale {
            let _ = writeln!(out, "     old: {why}");
        }
    }
    if let Some(left) = thread.calls.len().checked_sub(CALLS_MAX).filter(|left| *left > 0) {
        let _ = writeln!(out, "  … and {left} more");
    }
    out
}

/// The same as data.
pub fn data(threads: &[Thread]) -> serde_json::Value {
    let call = |call: &CodePlace| {
        serde_json::json!({
            "function": call.function, "file": call.file, "line": call.line, "version": call.version, "stale": call.stale,
        })
    };
    let thread = |thread: &Thread| {
        let calls: Vec<_> = thread.calls.iter().map(call).collect();
        serde_json::json!({ "task": thread.task, "state": thread.state, "calls": calls })
    };
    serde_json::json!({ "threads": threads.iter().map(thread).collect::<Vec<_>>() })
}
