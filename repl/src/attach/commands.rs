//! Single commands to a program that serves: `lang eval`, `lang reload`, `lang undo`, `lang redo`, `lang sessions`.

use super::choose::{choose, listed};
use crate::diagnostics::Report as Style;
use crate::engine;
use crate::host::Texts;
use crate::interrupt;
use crate::output::output;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use vm::embed::Error;
use vm::object::Interrupt;
use vm::session::{Client, ClientError, FailureKind, Reply, Request};

/// Presses of Ctrl-C of which a program may take no notice.
const PRESSES_MAX: u32 = 3;

/// Where what is evaluated by `lang eval` belongs.
const NAMESPACE: &str = "repl";

/// What is asked of a program beside evaluation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Takes in what is on the disk.
    Reload,
    /// Takes the last commit back.
    Undo,
    /// Makes the commit again that was taken back last.
    Redo,
}

/// `lang sessions`. Gives the process's status.
pub fn list(as_json: bool) -> i32 {
    let sessions = vm::session::sessions();
    if as_json {
        let shown = sessions.iter().map(|session| {
            let mut shown = serde_json::json!(session);
            // Whoever may read the file has it; what is shown on screens is seen by others.
            if let Some(fields) = shown.as_object_mut() {
                fields.remove("token");
            }
            shown
        });
        let _ = output().write(&format!("{}\n", serde_json::Value::from_iter(shown)));
    } else if sessions.is_empty() {
        output().note("no program serves; `lang run --reload --serve PATH` starts one that does");
    } else {
        let _ = output().write(&listed(&sessions));
    }
    0
}

/// `lang reload`, `lang undo`, `lang redo`. Gives the process's status.
pub fn act(which: &str, action: Action) -> i32 {
    let request = match action {
        Action::Reload => Request::Reload { file: None },
        Action::Undo => Request::Undo,
        Action::Redo => Request::Redo,
    };
    ask(which, &request)
}

/// `lang eval --attach`. Gives the process's status.
pub fn evaluate(which: &str, code: &str) -> i32 {
    match read_code(code) {
        Ok(code) => ask(which, &Request::Evaluate { code, namespace: None, file: None, at: None }),
        Err(message) => fail(&message),
    }
}

/// `lang eval`: in a program of its own. Gives the process's status.
pub fn evaluate_here(code: &str) -> i32 {
    let code = match read_code(code) {
        Ok(code) => code,
        Err(message) => return fail(&message),
    };
    let mut vm = engine::new_vm(&Texts::default(), &[], 2);
    vm.add_root("");
    engine::add_roots(&mut vm, &[]);
    let value = vm.eval_in(NAMESPACE, "<eval>", &code);
    let shown =
        value.and_then(|value| value.map(|value| if vm.is_nil(&value) { Ok(String::new()) } else { vm.shown(&value) }).transpose());
    let ended = shown.and_then(|shown| vm.run_tasks().map(|()| shown));
    match ended {
        Ok(shown) => {
            if let Some(shown) = shown.filter(|shown| !shown.is_empty()) {
                let _ = output().write(&format!("{shown}\n"));
            }
            i32::from(vm.failed_tasks() > 0)
        }
        Err(Error::Interrupted(Interrupt::Exit(status))) => status,
        Err(Error::Interrupted(Interrupt::Cancelled)) => interrupt::STATUS,
        Err(error) => {
            output().note(&Style::for_stderr().error(&error));
            1
        }
    }
}

/// The code that is meant: `-` stands for what comes from standard input.
fn read_code(code: &str) -> Result<String, String> {
    if code != "-" {
        return Ok(code.to_owned());
    }
    let mut text = String::new();
    match std::io::stdin().lock().read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(format!("cannot read standard input: {}", engine::plain(&error))),
    }
}

/// Asks a program, and shows what it answers. Gives the process's status.
fn ask(which: &str, request: &Request) -> i32 {
    let mut client = match connect(which, "lang") {
        Ok(client) => client,
        Err(message) => return fail(&message),
    };
    let interrupter = client.interrupter();
    interrupt::listen(Arc::new(AtomicBool::new(false)), PRESSES_MAX);
    interrupt::also(move || {
        // The program may have ended meanwhile, which is told otherwise.
        let _ = interrupter.interrupt();
    });
    match client.ask(request) {
        Ok(reply) => show(&reply),
        Err(error) => fail(&error.to_string()),
    }
}

/// Connects to the program that is meant.
pub fn connect(which: &str, name: &str) -> Result<Client, String> {
    let session = choose(which)?;
    Client::connect(&session, name).map_err(|error| match error {
        ClientError::Ended => format!("`{}` (pid {}) has ended", session.program, session.pid),
        error => error.to_string(),
    })
}

/// Shows a reply: what was printed, what is told and the value on standard output, what is wrong on standard error. Gives the process's
/// status.
pub fn show(reply: &Reply) -> i32 {
    let text = reply.text.as_deref().filter(|_| reply.ok).unwrap_or("");
    let value = reply.value.as_ref().map(|value| format!("{value}\n")).unwrap_or_default();
    for part in [&*reply.output, text, &*value] {
        let line_break = if part.is_empty() || part.ends_with('\n') { "" } else { "\n" };
        let _ = output().write(&format!("{part}{line_break}"));
    }
    for warning in &reply.warnings {
        let at = warning.range.start;
        output().note(&format!("warning: {} ({}:{}:{})", warning.message, warning.file, at.line, at.column));
    }
    match &reply.error {
        None => 0,
        Some(error) => match (error.kind, error.exit) {
            (FailureKind::Exit, Some(status)) => {
                output().note(&format!("the program has ended itself, with status {status}"));
                status
            }
            (FailureKind::Interrupted, _) => {
                output().note(error.text.trim_end());
                interrupt::STATUS
            }
            (FailureKind::Refused | FailureKind::Raised, _) => {
                output().note(error.text.trim_end());
                1
            }
            _ => fail(error.text.trim_end()),
        },
    }
}

/// Says why nothing was done; gives the status.
pub fn fail(message: &str) -> i32 {
    output().note(&Style::for_stderr().failure(message));
    1
}
