//! A program that has stopped at an error: what is said about it, how an edit lets it go on, and the commands of a session for it.

use crate::command::{Next, complain, write};
use crate::diagnostics::Report as Style;
use crate::output::output;
use crate::plain::PlainPrompt;
use crate::prompt::{PROMPT_STOPPED, Typed};
use crate::repl::show;
use crate::session::Session;
use crate::wrap::wrapped;
use vm::embed::{Error, Restart, StoppedCall, StoppedProgram, Vm, nth_time};
use vm::object::Interrupt;
pub use vm::session::STOP_COMMANDS as COMMANDS;
use vm::session::{Done, carry_out};

/// Says where the program has stopped, and with which variables.
pub fn tell(stopped: &StoppedProgram) {
    output().note(&Style::for_stderr().stopped(stopped));
    let nth = nth_time(stopped.times);
    output().note(&wrapped(
        &format!(
            "reload: stopped at the error{nth}, nothing is unwound; waiting for an edit, then the program goes on; Ctrl-C ends"
        ),
        0,
    ));
}

/// Lets the program go on, as it does after an edit, or as is given. `Ok(true)` if `main` is to be called again, which is not done within the
/// program: its last call ends first, with the tasks that it has started.
pub fn go_on(vm: &mut Vm, how: Option<Restart>) -> Result<bool, Error> {
    let Some(stopped) = vm.stopped() else { return Ok(false) };
    let is_chosen = how.is_some();
    let how = how.unwrap_or_else(|| vm.restart_after_edit());
    let is_main = match how {
        Restart::Abort => !is_chosen,
        Restart::Retry(number) => number + 1 == stopped.calls.len(),
        Restart::Continue(_) | Restart::Return(..) => false,
    };
    vm.restart(if is_main { &Restart::Abort } else { &how })?;
    if is_main {
        vm.note_retry(&stopped);
    }
    if !(is_chosen && matches!(how, Restart::Abort)) {
        let is_mended = is_chosen || stopped.missing.is_some() || stopped.calls.iter().any(|call| call.stale.is_some());
        let unchanged = if is_mended { "" } else { "; no text of a call that has stopped was changed" };
        output().note(&format!("reload: {}{unchanged}", going_on(&stopped, &how)));
    }
    Ok(is_main)
}

/// How the program goes on, in words.
fn going_on(stopped: &StoppedProgram, how: &Restart) -> String {
    let name = |number: &usize| stopped.calls.get(*number).map_or("", |call| &*call.place.function);
    match how {
        Restart::Continue(0) if stopped.missing.is_some() && stopped.calls.first().is_some_and(|call| call.stale.is_none()) => {
            format!("`{}` goes on where it stood", name(&0))
        }
        Restart::Continue(number) => format!("`{}` goes on with the turn of its loop, from the turn's beginning", name(number)),
        Restart::Retry(number) => format!("`{}` is called again with the same arguments", name(number)),
        Restart::Return(number, _) => format!("`{}` returns", name(number)),
        Restart::Abort => "no call can go on, so `main` is called again".to_owned(),
    }
}

/// Shows an error of what was typed; if its calls are alive, with them.
pub fn tell_error(vm: &mut Vm, error: &Error) {
    let style = Style::for_stderr();
    match vm.stopped() {
        Some(stopped) if is_same(&stopped.error, error) => {
            output().note(&style.stopped(&stopped));
            let define = if stopped.missing.is_some() { " `:define`," } else { "" };
            let nth = nth_time(stopped.times);
            let text = format!(
                "stopped{nth}, nothing is unwound: `:frame` and `:eval` look around;{define} `:retry`, `:use`, `:continue`, `:abort` go on"
            );
            output().note(&wrapped(&text, 0));
        }
        _ => output().note(&style.error(error)),
    }
}

fn is_same(a: &Error, b: &Error) -> bool {
    match (a, b) {
        (Error::Raised { class: a, message: x, .. }, Error::Raised { class: b, message: y, .. }) => a == b && x == y,
        _ => false,
    }
}

/// A call with its place, its variables, and what can be done with it.
fn described(number: usize, call: &StoppedCall) -> String {
    vm::session::described(number, call, &Style::for_stdout().place(&call.place.source, call.place.span))
}

/// A command of a session.
pub fn in_session(session: &mut Session, name: &str, argument: &str) -> Next {
    let (vm, core) = session.parts();
    let done = carry_out(vm, &mut core.chosen, name, argument);
    let failed = match done {
        Ok(Done::Calls(stopped)) => return write(&Style::for_stdout().calls(&stopped.calls, usize::MAX)),
        Ok(Done::Call(number, call)) => return write(&described(number, &call)),
        Ok(Done::Locals(text)) => return write(&text),
        Ok(Done::Quietly) => return Next::Input,
        Ok(Done::Value(value)) => show(session, &value).err(),
        Err(message) => return complain(&message),
        Ok(Done::Failed(error)) => Some(error),
        Ok(Done::GoOn(how)) => resume(session, &how),
    };
    told(session, failed.map_or(Ok(()), Err))
}

/// What follows a command: its error is told.
pub fn told(session: &mut Session, result: Result<(), Error>) -> Next {
    match session.noting_error(result) {
        Ok(()) => Next::Input,
        Err(Error::Interrupted(Interrupt::Exit(status))) => Next::Exit(status),
        Err(error) => {
            tell_error(session.vm(), &error);
            Next::Input
        }
    }
}

/// Goes on with what has stopped, and shows what comes of it. Gives an error that is to be told.
fn resume(session: &mut Session, how: &Restart) -> Option<Error> {
    let result = session.resume(how);
    // Its text was shown when it stopped.
    if let (Restart::Abort, Err(Error::Raised { .. })) = (how, &result) {
        write("the calls are ended\n");
        return None;
    }
    let shown = result.and_then(|value| value.map_or(Ok(()), |value| show(session, &value)));
    shown.and_then(|()| session.run_ready_tasks()).err()
}

/// Lets lines be typed about a program that has stopped beside its terminal: commands, with or without `:`, and text to evaluate in the call
/// that is looked at. `go_on` is given how the program is to go on; an empty line ends this, too.
pub fn ask(vm: &mut Vm, mut go_on: impl FnMut(&mut Vm, Restart) -> Result<(), Error>) {
    let mut chosen = (0, 0);
    let mut prompt = PlainPrompt::new(vm.cancel_flag());
    output().note(&wrapped(ABOUT_ASKING, 0));
    loop {
        let line = match prompt.read(PROMPT_STOPPED) {
            Typed::Text(line) if !line.trim().is_empty() => line,
            Typed::Text(_) | Typed::Cleared | Typed::End | Typed::Failed(_) => {
                return output().note("reload: the program stays stopped; waiting for an edit");
            }
        };
        let line = line.trim().trim_start_matches(':');
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let (name, argument) = match COMMANDS.iter().find(|(name, ..)| *name == first) {
            Some((name, ..)) => (*name, rest.trim()),
            None if matches!(line, "help" | "h" | "?") => {
                output().note(&wrapped(ABOUT_ASKING, 0));
                continue;
            }
            None => ("eval", line),
        };
        let done = carry_out(vm, &mut chosen, name, argument);
        let text = match done {
            Ok(Done::Calls(stopped)) => Style::for_stdout().calls(&stopped.calls, usize::MAX),
            Ok(Done::Call(number, call)) => described(number, &call),
            Ok(Done::Locals(text)) => text,
            Ok(Done::Quietly) => continue,
            Ok(Done::Value(value)) => match vm.shown(&value) {
                Ok(text) => text,
                Err(error) => Style::for_stderr().error(&error),
            },
            Err(message) => Style::for_stderr().failure(&message),
            Ok(Done::Failed(error)) => Style::for_stderr().error(&error),
            Ok(Done::GoOn(how)) => match go_on(vm, how) {
                Ok(()) => return,
                Err(error) => Style::for_stderr().error(&error),
            },
        };
        output().note(text.trim_end());
    }
}

const ABOUT_ASKING: &str = "reload: `bt`, `frame N`, `locals`, `retry`, `use TEXT`, `define TEXT`, `continue`, `abort`, or text to evaluate; an empty line ends \
                            this, and edits are taken in behind it";
