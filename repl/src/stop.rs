//! A program that has stopped at an error: what is said about it, and how an edit lets it go on.

use crate::diagnostics::Report as Style;
use crate::output::output;
use std::fmt::Write as _;
use vm::embed::{Restart, StoppedCall, Vm};

/// Calls that are shown with their variables.
const CALLS_MAX: usize = 8;

/// Says where the program has stopped, and with which variables.
pub fn tell(vm: &mut Vm) {
    let Some(stopped) = vm.stopped() else { return };
    output().note(&Style::for_stderr().error(&stopped.error));
    output().note(calls_text(&stopped.calls).trim_end());
    output().note("reload: stopped at the error, nothing is unwound; a saved edit lets the program go on; Ctrl-C ends");
}

/// Calls with their variables, a line for each.
pub fn calls_text(calls: &[StoppedCall]) -> String {
    let mut text = String::new();
    for (number, call) in calls.iter().take(CALLS_MAX).enumerate() {
        text.push_str(&call_line(number, call));
        text.push('\n');
    }
    if calls.len() > CALLS_MAX {
        let _ = writeln!(text, "  … and {} more", calls.len() - CALLS_MAX);
    }
    text
}

/// A call with its number, its place and its variables.
pub fn call_line(number: usize, call: &StoppedCall) -> String {
    let place = &call.place;
    let mut line = format!("  #{number} {} ({}:{})", place.function, place.source.name(), place.line());
    for (name, value) in &call.locals {
        let _ = write!(line, "  {name} = {value}");
    }
    if let Some(why) = &call.stale {
        let _ = write!(line, "  [{why}]");
    }
    line
}

/// After a commit: lets the program go on in the way that fits best.
pub fn go_on_after_edit(vm: &mut Vm) {
    let Some(stopped) = vm.stopped() else { return };
    let how = vm.restart_after_edit();
    let name = |number: &usize| stopped.calls.get(*number).map_or("", |call| &*call.place.function);
    let said = match &how {
        Restart::Continue(0) if stopped.missing.is_some() => format!("`{}` goes on where it stood", name(&0)),
        Restart::Continue(number) => format!("`{}` begins the turn of its loop again", name(number)),
        Restart::Retry(number) => format!("`{}` is called again with the same arguments", name(number)),
        Restart::Return(number, _) => format!("`{}` returns", name(number)),
        Restart::Abort => "no call can be made again; the error ends `main`".to_owned(),
    };
    if let Err(error) = vm.restart(&how) {
        output().note(&Style::for_stderr().error(&error));
        return;
    }
    output().note(&format!("reload: {said}"));
}
