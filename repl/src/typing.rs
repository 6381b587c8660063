//! The prompt of a session beside its program: keys are read on a thread of their own, so that tasks go on while somebody types. What they
//! print appears above the prompt.
//!
//! While the program runs for an input, nothing is read: the terminal is the program's then, and Ctrl-C stops it.

use crate::completion::complete;
use crate::editor::{LineEditor, Printer};
use crate::output::output;
use crate::prompt::{Assistance, Typed};
use crate::session::Session;
use crate::terminal::Saved;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;
use vm::embed::Error;
use vm::object::Interrupt;
use vm::session::Completions;

/// How long tasks run between two looks at what has been typed.
const PIECE: Duration = Duration::from_millis(10);

/// How long a key waits for what the program knows. A task that does not wait for anything keeps it longer.
const PATIENCE: Duration = Duration::from_millis(300);

/// What is to be read.
enum Wanted {
    Input(&'static str),
    Lines,
}

/// What comes from the thread that reads.
enum Event {
    /// Whether the terminal can be used, and what prints above the prompt.
    Ready(Result<Printer, String>),
    /// What the word at the end of a line could become.
    Complete(String, Sender<Completions>),
    /// How something is called.
    Signature(String, Sender<Option<String>>),
    Typed(Typed),
}

/// A prompt on a thread of its own.
pub struct Typing {
    wanted: Sender<Wanted>,
    events: Receiver<Event>,
    /// The terminal as it was.
    saved: Saved,
}

impl Typing {
    /// Begins to use the terminal.
    pub fn begin() -> Result<Typing, String> {
        let saved = Saved::now();
        saved.put_back_at_end();
        let (wanted, to_read) = channel();
        let (to_tell, events) = channel();
        let spawned = thread::Builder::new().name("typing".into()).spawn(move || read(&to_read, &to_tell));
        spawned.map_err(|error| format!("cannot start a thread: {}", crate::engine::plain(&error)))?;
        match events.recv() {
            Ok(Event::Ready(Ok(printer))) => {
                let printing = output().set_printer(printer);
                printing.map_err(|error| format!("cannot start a thread: {}", crate::engine::plain(&error)))?;
                Ok(Typing { wanted, events, saved })
            }
            Ok(Event::Ready(Err(message))) => Err(message),
            _ => Err("the terminal cannot be used".into()),
        }
    }

    /// Reads an input behind a prompt; tasks go on meanwhile.
    pub fn read(&self, prompt: &'static str, session: &Rc<RefCell<Session>>) -> Typed {
        self.wait(Wanted::Input(prompt), session)
    }

    /// Reads lines up to Ctrl-D.
    pub fn read_lines(&self, session: &Rc<RefCell<Session>>) -> Typed {
        self.wait(Wanted::Lines, session)
    }

    fn wait(&self, wanted: Wanted, session: &Rc<RefCell<Session>>) -> Typed {
        let gone = || Typed::Failed("the terminal cannot be read any more".into());
        output().begin_prompt();
        if self.wanted.send(wanted).is_err() {
            return gone();
        }
        let typed = loop {
            let has_tasks = session.borrow_mut().vm().has_tasks();
            let event = if has_tasks { self.events.recv_timeout(Duration::ZERO) } else { self.events.recv().map_err(Into::into) };
            match event {
                // Who has asked may not wait any more.
                Ok(Event::Complete(line, reply)) => drop(reply.send(complete(&mut session.borrow_mut(), &line))),
                Ok(Event::Signature(name, reply)) => drop(reply.send(session.borrow_mut().signature(&name))),
                Ok(Event::Typed(typed)) => break typed,
                Ok(Event::Ready(_)) => {}
                Err(RecvTimeoutError::Timeout) => self.run_tasks(session),
                Err(RecvTimeoutError::Disconnected) => break gone(),
            }
        };
        output().end_prompt();
        typed
    }

    fn run_tasks(&self, session: &Rc<RefCell<Session>>) {
        let ran = session.borrow_mut().vm().run_tasks_for(PIECE);
        match ran {
            Ok(()) => {}
            Err(Error::Interrupted(Interrupt::Exit(status))) => {
                // The thread that reads waits for a key, which nobody has to press for this.
                self.saved.put_back();
                output().leave_prompt();
                output().exit(status);
            }
            Err(error) => output().note(&crate::diagnostics::Report::for_stderr().error(&error)),
        }
    }
}

/// Reads what is wanted until nobody wants anything.
fn read(wanted: &Receiver<Wanted>, events: &Sender<Event>) {
    let (completing, signing) = (events.clone(), events.clone());
    let completes = move |line: &str| {
        let nothing = Completions { start: line.len(), items: Vec::new() };
        let (reply, answer) = channel();
        match completing.send(Event::Complete(line.to_owned(), reply)) {
            Ok(()) => answer.recv_timeout(PATIENCE).unwrap_or(nothing),
            Err(_) => nothing,
        }
    };
    let signature = move |name: &str| {
        let (reply, answer) = channel();
        signing.send(Event::Signature(name.to_owned(), reply)).ok()?;
        answer.recv_timeout(PATIENCE).ok()?
    };
    let assistance = Assistance { completes: Box::new(completes), signature: Some(Box::new(signature)) };
    let made = LineEditor::new(assistance).and_then(|mut editor| {
        let printer = editor.printer()?;
        Ok((editor, printer))
    });
    let mut editor = match made {
        Ok((editor, printer)) => {
            if events.send(Event::Ready(Ok(printer))).is_err() {
                return;
            }
            editor
        }
        Err(message) => return drop(events.send(Event::Ready(Err(message)))),
    };
    while let Ok(wanted) = wanted.recv() {
        let typed = match wanted {
            Wanted::Input(prompt) => editor.read(prompt),
            Wanted::Lines => editor.read_lines(),
        };
        if events.send(Event::Typed(typed)).is_err() {
            return;
        }
    }
}
