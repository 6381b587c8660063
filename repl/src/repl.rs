//! `lang` without arguments: reads, evaluates, prints.
//!
//! On a terminal inputs are typed, may span lines, and their values are shown. Otherwise standard input is one text; its statements are
//! evaluated one after the other, each after those before it have taken effect, until one fails; then its `main` is called, as `lang run`
//! does.

use crate::command::{self, Next, is_command};
use crate::diagnostics::Report as Style;
use crate::history;
use crate::interrupt;
use crate::output::output;
use crate::plain::{PlainPrompt, is_plain_terminal};
use crate::prompt::{PROMPT, PROMPT_REFUSED, PROMPT_STOPPED, Typed};
use crate::session::Session;
use crate::stop;
use crate::typing::Typing;
use lang::source::{Source, Span};
use std::cell::RefCell;
use std::io::{IsTerminal, Read};
use std::rc::Rc;
use vm::embed::{Error, Handle, OnError, Problem};
use vm::object::Interrupt;
use vm::session::in_place;

/// Presses of Ctrl-C of which a program may take no notice.
const PRESSES_MAX_SCRIPT: u32 = 2;

/// The same where a session would be lost.
const PRESSES_MAX_SESSION: u32 = 3;

/// What becomes of the file that the user wants to be evaluated when a session begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Init {
    /// It is evaluated.
    Evaluated,
    /// It is left alone.
    Ignored,
}

/// Runs a session; gives the process's status.
pub fn repl(init: Init) -> i32 {
    if std::io::stdin().is_terminal() { typed(init) } else { piped() }
}

/// How inputs are read.
enum Reader {
    /// With the line editor, while tasks go on.
    Beside(Typing),
    /// Line by line.
    Plain(PlainPrompt),
}

impl Reader {
    fn new(session: &Rc<RefCell<Session>>) -> Result<Reader, String> {
        if is_plain_terminal() {
            return Ok(Reader::Plain(PlainPrompt::new(session.borrow().cancel_flag())));
        }
        Typing::begin().map(Reader::Beside)
    }

    fn read(&mut self, prompt: &'static str, session: &Rc<RefCell<Session>>) -> Typed {
        match self {
            Reader::Beside(typing) => typing.read(prompt, session),
            Reader::Plain(plain) => plain.read(prompt),
        }
    }

    fn read_lines(&mut self, session: &Rc<RefCell<Session>>) -> Typed {
        match self {
            Reader::Beside(typing) => typing.read_lines(session),
            Reader::Plain(plain) => plain.read_lines(),
        }
    }
}

fn typed(init: Init) -> i32 {
    let mut session = Session::new(PRESSES_MAX_SESSION);
    if init == Init::Evaluated {
        evaluate_init(&mut session);
    }
    session.vm().on_error(OnError::Return);
    session.tasks_go_on = !is_plain_terminal();
    let session = Rc::new(RefCell::new(session));
    let mut reader = match Reader::new(&session) {
        Ok(reader) => reader,
        Err(message) => return fail(&message),
    };
    let _ = output().write(&format!("lang {}; `:help` lists commands, Ctrl-D ends\n", env!("CARGO_PKG_VERSION")));
    loop {
        output().fresh_line();
        let prompt = prompt_of(&mut session.borrow_mut());
        let mut text = match reader.read(prompt, &session) {
            Typed::Text(text) => text,
            Typed::Cleared => continue,
            Typed::End => return 0,
            Typed::Failed(message) => return fail(&message),
        };
        if is_command(&text) {
            let next = command::execute(&mut session.borrow_mut(), &text);
            match next {
                Next::Input => continue,
                Next::Quit => return 0,
                Next::Exit(status) => return status,
                Next::Paste => {
                    output().note("lines up to Ctrl-D are one input; Ctrl-C forgets them");
                    text = match reader.read_lines(&session) {
                        Typed::Text(text) => text,
                        Typed::Cleared | Typed::End => continue,
                        Typed::Failed(message) => return fail(&message),
                    };
                }
            }
        }
        let mut session = session.borrow_mut();
        if let Some(message) = command::meant(&mut session, &text) {
            output().note(message);
            continue;
        }
        let answered = answer(&mut session, &text);
        if let Err(error) = answered.and_then(|()| session.run_ready_tasks()) {
            if let Error::Interrupted(Interrupt::Exit(status)) = error {
                return status;
            }
            stop::tell_error(session.vm(), &error);
        }
    }
}

/// The prompt that says what is to be seen to.
fn prompt_of(session: &mut Session) -> &'static str {
    match session.vm().is_stopped() {
        true => PROMPT_STOPPED,
        false if session.is_refused => PROMPT_REFUSED,
        false => PROMPT,
    }
}

/// Evaluates the user's file. What is wrong with it is told; the session begins all the same.
fn evaluate_init(session: &mut Session) {
    let Some(path) = history::config_directory().map(|directory| directory.join("init.lang")).filter(|path| path.exists()) else {
        return;
    };
    let path = path.to_string_lossy();
    let evaluated = match crate::engine::read_source(&path) {
        Ok(source) => session.evaluate_file("<init.lang>", source.text()).and_then(|()| session.run_ready_tasks()),
        Err(message) => Err(Error::Host(message)),
    };
    if let Err(error) = evaluated {
        output().note(&Style::for_stderr().error(&error));
        output().note(&format!("`{path}` has not been evaluated to its end; `lang --no-init` leaves it alone"));
    }
}

/// Says why there can be no session; gives the status.
fn fail(message: &str) -> i32 {
    output().note(&Style::for_stderr().failure(message));
    1
}

/// Evaluates and shows the value.
fn answer(session: &mut Session, text: &str) -> Result<(), Error> {
    match session.evaluate(text)? {
        Some(value) => show(session, &value),
        None => Ok(()),
    }
}

/// Shows a value.
pub fn show(session: &mut Session, value: &Handle) -> Result<(), Error> {
    let shown = session.show(value)?;
    output().fresh_line();
    let _ = output().write(&format!("{shown}\n"));
    Ok(())
}

fn piped() -> i32 {
    let style = Style::for_stderr();
    let mut bytes = Vec::new();
    if let Err(error) = std::io::stdin().lock().read_to_end(&mut bytes) {
        output().note(&style.failure(&format!("cannot read standard input: {}", crate::engine::plain(&error))));
        return 1;
    }
    let Ok(text) = String::from_utf8(bytes) else {
        output().note(&style.failure("standard input is not UTF-8"));
        return 1;
    };
    match evaluate_statements(&text) {
        Ok(failed_tasks) => i32::from(failed_tasks > 0),
        Err(Error::Interrupted(Interrupt::Exit(status))) => status,
        Err(Error::Interrupted(Interrupt::Cancelled)) => interrupt::STATUS,
        Err(error) => {
            output().note(&style.error(&error));
            1
        }
    }
}

/// Gives how many tasks have failed.
fn evaluate_statements(text: &str) -> Result<usize, Error> {
    const NAME: &str = "<stdin>";
    let source = Source::new(NAME, text);
    let parsed = lang::parse(&source);
    if parsed.diagnostics.iter().any(lang::diagnostic::Diagnostic::is_error) {
        let problems = parsed.diagnostics.into_iter().map(|diagnostic| Problem { source: source.clone(), diagnostic });
        return Err(Error::Refused(problems.collect()));
    }
    let mut session = Session::new(PRESSES_MAX_SCRIPT);
    let mut start = 0;
    for stmt in &parsed.file.stmts {
        let end = stmt.span.hi as usize;
        session.evaluate_part(NAME, &in_place(&source, from_code(&source, start, end)))?;
        start = end;
    }
    session.call_main()?;
    session.finish_tasks()
}

/// A part of a text without the separators before it.
fn from_code(source: &Source, start: usize, end: usize) -> Span {
    let part = source.text().get(start..end).unwrap_or("");
    Span::new(start + part.len() - part.trim_start_matches([' ', '\t', ';']).len(), end)
}
