//! A server on TCP whose answers come from a script that is edited while it serves: `daemon [SCRIPT [ADDRESS]]`.
//!
//! A thread for each connection reads lines and waits for answers. The VM lives in the main thread, which answers one line after the other and
//! looks between two of them, and when there is nothing to do, whether the script has been saved.

use embed::prelude::*;
use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Between two looks at the script when there is nothing to do.
const IDLE: Duration = Duration::from_millis(20);

/// What connections have to say, each with its number.
enum Event {
    Line { connection: u64, line: String, answer: Sender<String> },
    Closed { connection: u64 },
}

/// The script, and what it keeps of each connection.
struct Server {
    vm: Vm,
    path: String,
    /// What was last found in the script's file, whether it was taken in or refused.
    text: String,
    sessions: HashMap<u64, Handle>,
}

impl Server {
    fn new(path: String) -> Result<Server, Box<dyn std::error::Error>> {
        let text = fs::read_to_string(&path)?;
        let mut vm = Vm::new();
        vm.assign_namespace(&path, "session");
        vm.load_text(&path, &text)?;
        Ok(Server { vm, path, text, sessions: HashMap::new() })
    }

    /// Brings the script to what is on the disk. What does not hold, half-written text too, is refused and tried again when the file has changed.
    fn follow(&mut self) {
        // While an editor replaces the file there is none.
        let Ok(text) = fs::read_to_string(&self.path) else { return };
        if text != self.text {
            self.text.clone_from(&text);
            eprint!("{}", self.vm.reload_text(&self.path, &text));
        }
    }

    fn answer(&mut self, connection: u64, line: &str) -> Result<String, Error> {
        let session = match self.sessions.get(&connection) {
            Some(session) => session.clone(),
            None => self.vm.call("session.open", ())?,
        };
        self.sessions.insert(connection, session.clone());
        self.vm.call("session.answer", (&session, line))
    }

    fn serve(&mut self, events: &Receiver<Event>) {
        loop {
            let event = events.recv_timeout(IDLE);
            self.follow();
            match event {
                Ok(Event::Line { connection, line, answer }) => {
                    let text = self.answer(connection, &line).unwrap_or_else(|error| format!("error: {error}"));
                    // The client may have gone.
                    let _ = answer.send(text);
                }
                Ok(Event::Closed { connection }) => drop(self.sessions.remove(&connection)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// Passes the lines of a client on, and the answers back, one after the other.
fn converse(connection: u64, stream: &TcpStream, events: &Sender<Event>) -> io::Result<()> {
    let (answer, answers) = channel();
    for line in BufReader::new(stream).lines() {
        let event = Event::Line { connection, line: line?, answer: answer.clone() };
        let (Ok(()), Ok(text)) = (events.send(event), answers.recv()) else { break };
        // An answer is one line, whatever the script gives.
        let mut stream = stream;
        stream.write_all(format!("{}\n", text.trim_end().replace('\n', " / ")).as_bytes())?;
    }
    Ok(())
}

/// Accepts clients for ever.
fn accept(listener: &TcpListener, events: &Sender<Event>) {
    for (connection, stream) in (1..).zip(listener.incoming()) {
        let Ok(stream) = stream else { continue };
        let events = events.clone();
        thread::spawn(move || {
            // A broken connection is a closed one.
            let _ = converse(connection, &stream, &events);
            let _ = events.send(Event::Closed { connection });
        });
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().unwrap_or_else(|| "examples/daemon/session.lang".to_owned());
    let address = args.next().unwrap_or_else(|| "127.0.0.1:7070".to_owned());
    let mut server = Server::new(path)?;
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    let (sender, events) = channel();
    thread::spawn(move || accept(&listener, &sender));
    server.serve(&events);
    Ok(())
}
