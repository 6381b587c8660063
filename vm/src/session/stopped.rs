//! What a session does with a program that has stopped at an error.

use super::{RestartKind, Session};
use crate::embed::{Error, Handle, Restart, StoppedCall, StoppedProgram, Vm, marked_line};
use crate::heap::Value;
use std::fmt::Write as _;

/// What has come of a look at the calls.
#[derive(Debug)]
pub enum Done {
    /// All calls are wanted.
    Calls(StoppedProgram),
    /// One is wanted.
    Call(usize, Box<StoppedCall>),
    /// The variables of one are wanted.
    Locals(String),
    /// A value.
    Value(Handle),
    /// No value.
    Quietly,
    /// It has raised.
    Failed(Error),
    /// The program is to go on.
    GoOn(Restart),
}

/// What there is to do with calls that have stopped: name, argument, what it does.
pub const COMMANDS: [(&str, &str, &str); 9] = [
    ("bt", "", "shows the calls that have stopped at an error"),
    ("frame", "[N]", "chooses one of them, and shows its text and variables"),
    ("locals", "", "shows its variables"),
    ("eval", "TEXT", "evaluates in it, with its variables"),
    ("retry", "[N]", "makes a call again with its arguments"),
    ("use", "TEXT", "lets the call return a value"),
    ("define", "TEXT", "gives the missing name a value, and goes on"),
    ("continue", "", "goes on: the missing name, or the turn of the loop"),
    ("abort", "", "lets the error end the calls"),
];

const NOT_STOPPED: &str = "nothing has stopped at an error";

/// Carries out one of [`COMMANDS`]. `chosen` is the call that is looked at, with the number of its stop.
pub fn carry_out(vm: &mut Vm, chosen: &mut (u64, usize), name: &str, argument: &str) -> Result<Done, String> {
    let stopped = begin(vm, chosen)?;
    let number = |default: usize| match argument {
        "" => Ok(default),
        digits => digits.parse::<usize>().map_err(|_| format!("`{digits}` is no number of a call; `:bt` lists them")),
    };
    let how = match name {
        "bt" => return Ok(Done::Calls(stopped)),
        "frame" => {
            let number = number(chosen.1)?;
            let call = numbered(&stopped, number)?.clone();
            chosen.1 = number;
            return Ok(Done::Call(number, Box::new(call)));
        }
        "locals" => return locals_of(&stopped, chosen.1).map(Done::Locals),
        "eval" if argument.is_empty() => return Err("write `:eval TEXT`: what is evaluated".into()),
        "eval" => return Ok(evaluate(vm, chosen.1, argument)),
        "retry" => {
            let call = if argument.is_empty() { None } else { Some(number(0)?) };
            return restart(vm, &stopped, RestartKind::Retry, call, chosen.1, "");
        }
        "use" => RestartKind::Use,
        "define" => RestartKind::Define,
        "continue" => RestartKind::Continue,
        _ => RestartKind::Abort,
    };
    restart(vm, &stopped, how, None, chosen.1, argument)
}

fn numbered(stopped: &StoppedProgram, number: usize) -> Result<&StoppedCall, String> {
    stopped.calls.get(number).ok_or_else(|| format!("there is no call {number}; `:bt` lists them"))
}

fn locals_of(stopped: &StoppedProgram, number: usize) -> Result<String, String> {
    let call = numbered(stopped, number)?;
    if call.locals.is_empty() {
        return Ok(format!("`{}` has no variables here\n", call.place.function));
    }
    Ok(call.locals.iter().map(|(name, value)| format!("{name} = {value}\n")).collect())
}

/// A call of the program that has stopped: its text, its variables, and what can be done with it.
pub fn call(vm: &mut Vm, number: usize) -> Result<String, String> {
    let stopped = vm.stopped().ok_or(NOT_STOPPED)?;
    let call = numbered(&stopped, number)?;
    Ok(described(number, call, &marked_line(&call.place)))
}

/// The same, with its text as the host shows it.
pub fn described(number: usize, call: &StoppedCall, text: &str) -> String {
    let mut out = format!("#{number} {}\n{text}", call.place.function);
    for (name, value) in &call.locals {
        let _ = writeln!(out, "  {name} = {value}");
    }
    let _ = match &call.retry {
        Ok(()) => writeln!(out, "  `:retry {number}` makes it again"),
        Err(why) => writeln!(out, "  it cannot be made again: {why}"),
    };
    if call.go_on.is_ok() {
        let _ = writeln!(out, "  `:continue` goes on in it");
    }
    out
}

/// The variables of such a call.
pub fn locals(vm: &mut Vm, number: usize) -> Result<String, String> {
    locals_of(&vm.stopped().ok_or(NOT_STOPPED)?, number)
}

/// The program that has stopped. A call that was chosen at an earlier stop is forgotten.
fn begin(vm: &mut Vm, (of, chosen): &mut (u64, usize)) -> Result<StoppedProgram, String> {
    let stopped = vm.stopped().ok_or(NOT_STOPPED)?;
    if *of != stopped.number {
        (*of, *chosen) = (stopped.number, 0);
    }
    Ok(stopped)
}

fn evaluate(vm: &mut Vm, call: usize, text: &str) -> Done {
    match vm.eval_in_call(call, text) {
        Ok(Some(value)) => Done::Value(value),
        Ok(None) => Done::Quietly,
        Err(error) => Done::Failed(error),
    }
}

/// How the program is to go on.
fn restart(
    vm: &mut Vm,
    stopped: &StoppedProgram,
    how: RestartKind,
    call: Option<usize>,
    chosen: usize,
    text: &str,
) -> Result<Done, String> {
    let needed = |name: &str, what: &str| if text.is_empty() { Err(format!("write `:{name} TEXT`: {what}")) } else { Ok(()) };
    Ok(match how {
        RestartKind::Retry => {
            let can =
                |changed: bool| stopped.calls.iter().position(|call| call.retry.is_ok() && (call.stale.is_some() || !changed));
            // The innermost call whose text has changed, else the innermost.
            Done::GoOn(Restart::Retry(call.or_else(|| can(true)).or_else(|| can(false)).unwrap_or(0)))
        }
        RestartKind::Use => {
            needed("use", "the value that the call returns, `nil` for none")?;
            let call = call.unwrap_or(chosen);
            match vm.eval_in_call(call, text) {
                Ok(value) => {
                    let value = value.unwrap_or_else(|| vm.make(|_| Value::Nil));
                    Done::GoOn(Restart::Return(call, value))
                }
                Err(error) => Done::Failed(error),
            }
        }
        RestartKind::Define => {
            let (namespace, name) = stopped.missing.clone().ok_or("the error is not about a name that does not exist")?;
            needed("define", &format!("the value of `{name}`"))?;
            match vm.eval_in(&namespace, "<define>", &format!("let {name} = {text}")) {
                Ok(_) => Done::GoOn(Restart::Continue(0)),
                Err(error) => Done::Failed(error),
            }
        }
        RestartKind::Continue => Done::GoOn(Restart::Continue(call.unwrap_or(chosen))),
        RestartKind::Abort => Done::GoOn(Restart::Abort),
    })
}

impl Session {
    /// What a request for a restart leads to: as a rule [`Done::GoOn`], which the host carries out.
    pub fn restart_asked(&mut self, vm: &mut Vm, how: RestartKind, call: Option<usize>, text: &str) -> Result<Done, String> {
        let stopped = begin(vm, &mut self.chosen)?;
        restart(vm, &stopped, how, call, self.chosen.1, text)
    }
}
