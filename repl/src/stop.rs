//! A program that has stopped at an error: what is said about it, how an edit lets it go on, and the commands of a session for it.

use crate::command::{Next, complain, write};
use crate::diagnostics::Report as Style;
use crate::output::output;
use crate::repl::show;
use crate::session::Session;
use std::fmt::Write as _;
use vm::embed::{Error, Restart, StoppedProgram, Vm};
use vm::object::Interrupt;

/// Says where the program has stopped, and with which variables.
pub fn tell(vm: &mut Vm) {
    let Some(stopped) = vm.stopped() else { return };
    output().note(&Style::for_stderr().stopped(&stopped));
    output().note("reload: stopped at the error, nothing is unwound; waiting for an edit, then the program goes on; Ctrl-C ends");
}

/// After a commit: lets the program go on in the way that fits best. True if `main` is to be called again, which is not done within the
/// program: its last call ends first, with the tasks that it has started.
pub fn go_on_after_edit(vm: &mut Vm) -> bool {
    let Some(stopped) = vm.stopped() else { return false };
    let how = vm.restart_after_edit();
    output().note(&format!("reload: {}", going_on(&stopped, &how)));
    let is_main = match how {
        Restart::Abort => true,
        Restart::Retry(number) => number + 1 == stopped.calls.len(),
        Restart::Continue(_) | Restart::Return(..) => false,
    };
    if let Err(error) = vm.restart(if is_main { &Restart::Abort } else { &how }) {
        output().note(&Style::for_stderr().error(&error));
    }
    is_main
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
            output().note(&format!(
                "stopped, nothing is unwound: `:frame` and `:eval` look around;{define} `:retry`, `:use`, `:continue`, `:abort` go on"
            ));
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

const NOT_STOPPED: &str = "nothing has stopped at an error";

/// `:bt`
pub fn calls(session: &mut Session, _: &str) -> Next {
    match session.vm().stopped() {
        Some(stopped) => write(&Style::for_stdout().calls(&stopped.calls, usize::MAX)),
        None => complain(NOT_STOPPED),
    }
}

/// The number of a call, or the one that is looked at.
fn number(session: &Session, argument: &str) -> Result<usize, String> {
    match argument {
        "" => Ok(session.chosen),
        digits => digits.parse().map_err(|_| format!("`{digits}` is no number of a call; `:bt` lists them")),
    }
}

/// `:frame [N]`
pub fn frame(session: &mut Session, argument: &str) -> Next {
    let Some(stopped) = session.vm().stopped() else { return complain(NOT_STOPPED) };
    let number = match number(session, argument) {
        Ok(number) => number,
        Err(message) => return complain(&message),
    };
    let Some(call) = stopped.calls.get(number) else { return complain(&no_call(number)) };
    session.chosen = number;
    let mut text = format!("#{number} {}\n", call.place.function);
    text.push_str(&Style::for_stdout().place(&call.place.source, call.place.span));
    for (name, value) in &call.locals {
        let _ = writeln!(text, "  {name} = {value}");
    }
    let _ = match &call.retry {
        Ok(()) => writeln!(text, "  `:retry {number}` makes it again"),
        Err(why) => writeln!(text, "  it cannot be made again: {why}"),
    };
    if call.go_on.is_ok() {
        let _ = writeln!(text, "  `:continue` goes on in it");
    }
    write(&text)
}

fn no_call(number: usize) -> String {
    format!("there is no call {number}; `:bt` lists them")
}

/// `:eval TEXT`
pub fn eval(session: &mut Session, text: &str) -> Next {
    if text.is_empty() {
        return complain("write `:eval TEXT`");
    }
    if !session.vm().is_stopped() {
        return complain(NOT_STOPPED);
    }
    let number = session.chosen;
    let value = session.vm().eval_in_call(number, text);
    match value.and_then(|value| value.map_or(Ok(()), |value| show(session, &value))) {
        Ok(()) => Next::Input,
        Err(error) => failed(session, &error),
    }
}

/// `:retry [N]`: without a number the innermost call whose text has changed, else the innermost.
pub fn retry(session: &mut Session, argument: &str) -> Next {
    let Some(stopped) = session.vm().stopped() else { return complain(NOT_STOPPED) };
    let best = || {
        let can = |changed: bool| stopped.calls.iter().position(|call| call.retry.is_ok() && (call.stale.is_some() || !changed));
        can(true).or_else(|| can(false)).unwrap_or(0)
    };
    match if argument.is_empty() { Ok(best()) } else { number(session, argument) } {
        Ok(number) => resume(session, &Restart::Retry(number)),
        Err(message) => complain(&message),
    }
}

/// `:use TEXT`
pub fn use_value(session: &mut Session, text: &str) -> Next {
    if text.is_empty() {
        return complain("write `:use TEXT`: the value that the call returns, `nil` for none");
    }
    if !session.vm().is_stopped() {
        return complain(NOT_STOPPED);
    }
    let number = session.chosen;
    match session.vm().eval_in_call(number, text) {
        Ok(value) => {
            let value = value.unwrap_or_else(|| session.vm().make(|_| vm::heap::Value::Nil));
            resume(session, &Restart::Return(number, value))
        }
        Err(error) => failed(session, &error),
    }
}

/// `:define TEXT`
pub fn define(session: &mut Session, text: &str) -> Next {
    let Some(stopped) = session.vm().stopped() else { return complain(NOT_STOPPED) };
    let Some((namespace, name)) = stopped.missing else { return complain("the error is not about a name that does not exist") };
    if text.is_empty() {
        return complain(&format!("write `:define TEXT`: the value of `{name}`"));
    }
    match session.vm().eval(&namespace, "<define>", &format!("let {name} = {text}")) {
        Ok(_) => resume(session, &Restart::Continue(0)),
        Err(error) => failed(session, &error),
    }
}

/// `:continue`
pub fn go_on(session: &mut Session, _: &str) -> Next {
    if !session.vm().is_stopped() {
        return complain(NOT_STOPPED);
    }
    let number = session.chosen;
    resume(session, &Restart::Continue(number))
}

/// `:abort`
pub fn abort(session: &mut Session, _: &str) -> Next {
    if !session.vm().is_stopped() {
        return complain(NOT_STOPPED);
    }
    session.chosen = 0;
    // Its text was shown when it stopped.
    match session.resume(&Restart::Abort) {
        Err(Error::Interrupted(Interrupt::Exit(status))) => Next::Exit(status),
        Err(Error::Raised { .. }) => write("the calls are ended\n"),
        Err(error) => failed(session, &error),
        Ok(_) => Next::Input,
    }
}

/// Goes on with what has stopped, and shows what comes of it.
fn resume(session: &mut Session, how: &Restart) -> Next {
    let result = session.resume(how);
    if !matches!(result, Err(Error::Host(_))) {
        session.chosen = 0;
    }
    match result.and_then(|value| value.map_or(Ok(()), |value| show(session, &value))).and_then(|()| session.run_ready_tasks()) {
        Ok(()) => Next::Input,
        Err(error) => failed(session, &error),
    }
}

fn failed(session: &mut Session, error: &Error) -> Next {
    if let Error::Interrupted(Interrupt::Exit(status)) = error {
        return Next::Exit(*status);
    }
    tell_error(session.vm(), error);
    Next::Input
}
