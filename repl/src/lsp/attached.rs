//! Programs that run somewhere else and serve sessions: the editor evaluates in the one that belongs to what is worked on. They are
//! looked for as long as there is none.

use super::program::{Program, Runner, Spelling, serve};
use super::server::Event;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime};
use vm::session::{Client, ClientError, FailureKind, Reply, Request, SessionFile, session_directory, sessions};

/// How often it is looked whether there are others.
const LOOK: Duration = Duration::from_millis(300);

/// What the program calls the editor.
const NAME: &str = "lang lsp";

/// Looks for programs whose file or directory is in one of these folders, and tells of the youngest one.
pub struct Search {
    /// Whether one has been found that is still there.
    is_attached: Arc<AtomicBool>,
}

/// A program that has been found, and lets the editor in.
pub struct Found {
    /// The connection.
    pub client: Client,
    /// What it says of itself.
    pub session: SessionFile,
}

impl Search {
    /// Begins to look.
    pub fn start(folders: Vec<String>, events: &Sender<Event>) -> Search {
        let is_attached = Arc::new(AtomicBool::new(false));
        let (flag, events) = (is_attached.clone(), events.clone());
        thread::spawn(move || look(&folders, &flag, &events));
        Search { is_attached }
    }

    /// The program that was found is gone.
    pub fn go_on(&self) {
        self.is_attached.store(false, Ordering::Relaxed);
    }
}

fn look(folders: &[String], is_attached: &AtomicBool, events: &Sender<Event>) {
    let mut last: Option<SystemTime> = None;
    // Programs that do not let the editor in.
    let mut refused: Vec<SessionFile> = Vec::new();
    loop {
        let was_attached = is_attached.load(Ordering::Relaxed);
        // To look at a program disturbs it a little.
        let changed = session_directory().and_then(|directory| directory.metadata().ok()?.modified().ok());
        if !was_attached && changed != last {
            last = changed;
            // One in which nothing may be evaluated would only be in the way of the editor's own.
            let is_wanted =
                |session: &SessionFile| session.rights.evaluate && belongs(session, folders) && !refused.contains(session);
            let found = sessions().into_iter().filter(is_wanted);
            for session in found.collect::<Vec<_>>().into_iter().rev() {
                let event = match connected(&session, events) {
                    Ok(client) => {
                        is_attached.store(true, Ordering::Relaxed);
                        Event::Attached(Box::new(Found { client, session }))
                    }
                    Err(error) => {
                        let message = format!("`{}` (process {}): {error}", session.program, session.pid);
                        refused.push(session);
                        Event::Printed(message)
                    }
                };
                if events.send(event).is_err() {
                    return;
                }
                if is_attached.load(Ordering::Relaxed) {
                    // What comes and goes meanwhile is looked at when this one has gone.
                    last = None;
                    break;
                }
            }
        }
        thread::sleep(LOOK);
    }
}

/// A connection to a program that tells what others do to it.
fn connected(session: &SessionFile, events: &Sender<Event>) -> Result<Client, ClientError> {
    let mut client = Client::connect(session, NAME)?;
    let events = events.clone();
    // A program that lets nobody look tells nothing; the server may have ended before.
    client.listen(move |reply| drop(events.send(Event::Happened(Box::new(reply)))))?;
    Ok(client)
}

/// Whether a program is one of what is worked on.
fn belongs(session: &SessionFile, folders: &[String]) -> bool {
    let program = session.directory.join(&session.program);
    let is_inside =
        |path: &Path, folder: &String| path.starts_with(folder) || path.canonicalize().is_ok_and(|path| path.starts_with(folder));
    folders.iter().any(|folder| is_inside(&program, folder) || is_inside(&session.directory, folder))
}

/// A program of another process, as the editor's own is asked.
struct Attached(Client);

impl Program for Attached {
    fn ask(&mut self, request: &Request, _: &[String]) -> Reply {
        self.0.ask(request).unwrap_or_else(|error| {
            let message = error.to_string();
            Reply::failed(FailureKind::Impossible, message.clone(), message)
        })
    }

    fn idle(&mut self) -> String {
        String::new()
    }
}

/// Asks a program that was found, from now on.
pub fn attach(found: Found, events: &Sender<Event>) -> Runner {
    let Found { client, session } = found;
    let (requests, waiting) = channel();
    let interrupter = client.interrupter();
    let gone = events.clone();
    // The server may have ended before.
    client.on_end(move || drop(gone.send(Event::Gone)));
    let events = events.clone();
    thread::spawn(move || serve(Attached(client), &waiting, &events));
    // If it cannot be told, it is gone, which is told elsewhere.
    let interrupt = Box::new(move || drop(interrupter.interrupt()));
    let name = format!("`{}` (process {})", session.program, session.pid);
    // It calls its files as it was told.
    let spelling = if session.program.starts_with('/') { Spelling::Absolute } else { Spelling::Relative };
    Runner::new(requests, interrupt, &session.directory.to_string_lossy(), spelling, name)
}
