//! A program in which texts are evaluated: on a thread of its own, so that nothing else waits for it.

use super::server::Event;
use crate::engine;
use crate::host::{Captured, Console, Texts, Written};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;
use vm::embed::Vm;
use vm::reload::Sharing;
use vm::session::{Reply, Request, Session};

/// How long tasks of a program may wait for their turn.
const TURN: Duration = Duration::from_millis(20);

/// The namespace of what has no file.
const NAMESPACE: &str = "editor";

/// A program that can be asked.
pub trait Program {
    /// Carries out a request. Imports of its file are looked for in these directories, unless the program has its own.
    fn ask(&mut self, request: &Request, roots: &[String]) -> Reply;

    /// Lets tasks go on. Gives what they have printed.
    fn idle(&mut self) -> String;
}

/// A program with its thread.
pub struct Runner {
    requests: Sender<(u64, Request, Vec<String>)>,
    interrupt: Box<dyn Fn()>,
    /// The directory that the program's relative paths begin at.
    pub directory: String,
    spelling: Spelling,
    /// What people call it.
    pub name: String,
}

/// How a program calls its files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spelling {
    /// As seen from the directory that it was started in, if they are below it.
    Relative,
    /// From the root on.
    Absolute,
}

impl Runner {
    /// A program that is asked on a thread.
    pub fn new(
        requests: Sender<(u64, Request, Vec<String>)>,
        interrupt: Box<dyn Fn()>,
        directory: &str,
        spelling: Spelling,
        name: String,
    ) -> Runner {
        Runner { requests, interrupt, directory: directory.to_owned(), spelling, name }
    }

    /// A program that is only there for the editor; it begins empty.
    pub fn own(directory: &str, sharing: Sharing, events: &Sender<Event>) -> Runner {
        let (ready, started) = channel();
        let (requests, waiting) = channel();
        let events = events.clone();
        thread::spawn(move || {
            let program = Own::new(sharing);
            // Whoever has begun this waits for it.
            let _ = ready.send(program.vm.cancel_flag());
            serve(program, &waiting, &events);
        });
        let flag: Arc<AtomicBool> = started.recv().unwrap_or_default();
        let interrupt = Box::new(move || flag.store(true, Ordering::Relaxed));
        Runner::new(requests, interrupt, directory, Spelling::Relative, "the editor's own program".to_owned())
    }

    /// Asks; the answer comes as an event with this number. `false`: the program is gone.
    pub fn ask(&self, number: u64, request: Request, roots: Vec<String>) -> bool {
        self.requests.send((number, request, roots)).is_ok()
    }

    /// Stops what it does.
    pub fn interrupt(&self) {
        (self.interrupt)();
    }

    /// How the program calls a file.
    pub fn name_of(&self, path: &str) -> String {
        if self.spelling == Spelling::Absolute {
            return path.to_owned();
        }
        let inside = |path: &str| Some(path.strip_prefix(&*self.directory)?.strip_prefix('/')?.to_owned());
        // The way to it may lead over a link.
        let canonical = || inside(&std::fs::canonicalize(path).ok()?.to_string_lossy());
        inside(path).or_else(canonical).unwrap_or_else(|| path.to_owned())
    }

    /// The path of what the program calls so.
    pub fn path_of(&self, name: &str) -> String {
        if name.starts_with('/') { name.to_owned() } else { vm::reload::normalise(&format!("{}/{name}", self.directory)) }
    }
}

/// Answers until nobody asks any more.
pub fn serve(mut program: impl Program, waiting: &Receiver<(u64, Request, Vec<String>)>, events: &Sender<Event>) {
    loop {
        match waiting.recv_timeout(TURN) {
            Ok((number, request, roots)) => {
                let reply = program.ask(&request, &roots);
                if events.send(Event::Answered(number, Box::new(reply))).is_err() {
                    return;
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let printed = program.idle();
                if !printed.is_empty() && events.send(Event::Printed(printed)).is_err() {
                    return;
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// A program of the editor's own.
struct Own {
    vm: Vm,
    session: Session,
    printed: Captured,
}

impl Own {
    fn new(sharing: Sharing) -> Own {
        let printed = Captured::default();
        let mut vm = engine::with_host(Console::captured(Texts::default(), Written::default(), printed.clone()));
        vm.set_namespace_sharing(sharing);
        let told = printed.clone();
        vm.on_task_error(move |name, error| told.push(&format!("task `{name}` failed\n{error}\n")));
        Own { vm, session: Session::new(NAMESPACE), printed }
    }
}

impl Program for Own {
    fn ask(&mut self, request: &Request, roots: &[String]) -> Reply {
        roots.iter().for_each(|root| self.vm.add_root(root));
        let mut reply = self.session.answer(&mut self.vm, request);
        reply.output.push_str(&self.printed.take());
        reply
    }

    fn idle(&mut self) -> String {
        // An error of a task is told by the task; what interrupts it ends the turn.
        let ended = self.vm.run_ready_tasks();
        let mut printed = self.printed.take();
        if let Err(error) = ended {
            printed.push_str(&error.to_string());
        }
        printed
    }
}
