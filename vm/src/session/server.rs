//! Serves clients of other processes: a socket on this machine, of which each line is a JSON object.
//!
//! A client greets with `{"token":…, "client":…}` and is told what the program is and what it may ask ([`Welcome`]). Then each line is a
//! [`Request`] with an `id`, and is answered by a line with this `id` and the [`Reply`]. `{"id":…, "op":"interrupt"}` ends what is being
//! evaluated for this client, or with `"of":…` the request with that id, and is answered at once. So is `{"id":…, "op":"listen"}`, after which
//! what happens to the program is told as well, in lines whose `id` is null ([`Event`](super::Event)).
//!
//! Every connection has a thread that reads and one that writes, so that nothing a client does or omits holds up the program. Requests are
//! carried out where the host calls [`Server::serve`].

use super::Session;
use super::desk::{Desk, Door, Interrupted, Served, Visitor};
use super::files::{SessionFile, now, session_directory};
use super::lines::{LINE_MAX, Line, Lines};
use super::request::{FailureKind, Reply, Request};
use super::rights::Rights;
use super::token::Token;
use crate::embed::Vm;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a client may take for its greeting.
const GREETING: Duration = Duration::from_secs(2);

/// Connections at once that have not greeted. Whoever is on this machine can open them.
const STRANGERS_MAX: usize = 32;

/// Replies of a client that it has not read, of which it may ask for more.
const UNREAD_MAX: usize = 64;

/// Longest greeting, in bytes.
const GREETING_MAX: usize = 4096;

/// How long a client may take to read what it is answered.
const WRITE: Duration = Duration::from_secs(30);

/// How long the end of the server waits until the last replies are written.
const LAST_REPLIES: Duration = Duration::from_secs(1);

/// Clients that are let in at once, unless the host decides otherwise.
const CLIENTS_MAX: usize = 32;

/// How a program serves.
///
/// See the example of [`Server`].
pub struct ServerOptions {
    /// What clients see it called: the path of the program, as a rule.
    pub program: String,
    /// What clients may ask.
    pub rights: Rights,
    /// Clients that are let in at once.
    pub clients_max: usize,
    /// Where clients of this user find it.
    pub announced: Announced,
    /// Called, on other threads, when a request begins to wait: for hosts whose VM may stand still.
    pub wake: Option<Box<dyn Fn() + Send + Sync>>,
}

/// Where clients find a server.
///
/// See the example of [`Server`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Announced {
    /// Where [`sessions`](super::sessions) looks.
    ToUser,
    /// In this directory. It is made if need be, and only the user can enter it then; one that others can write is refused.
    In(PathBuf),
    /// Nowhere: the host tells them.
    Nowhere,
}

impl Default for ServerOptions {
    fn default() -> Self {
        let program = std::env::args().next().unwrap_or_default();
        let (clients_max, announced) = (CLIENTS_MAX, Announced::ToUser);
        ServerOptions { program, rights: Rights::ALL, clients_max, announced, wake: None }
    }
}

/// What a client is told when it has been let in.
///
/// See the example of [`Client`](super::Client).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// What the program is called.
    pub program: String,
    /// The directory that it was started in.
    pub directory: PathBuf,
    /// The process.
    pub pid: u32,
    /// When it began to serve, in seconds since the Unix epoch.
    pub started: u64,
    /// What this client may ask.
    pub rights: Rights,
    /// Where what it types belongs.
    pub namespace: String,
    /// The version of the engine.
    pub version: String,
}

/// A program that clients of other processes can ask. It stays with its VM; dropped, it ends all connections.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Announced, Client, Request, Rights, Server, ServerOptions};
/// use std::thread;
///
/// let mut vm = Vm::new();
/// let options = ServerOptions { rights: Rights::LOOK, announced: Announced::Nowhere, ..ServerOptions::default() };
/// let server = Server::start(&vm, options).expect("this machine has sockets");
/// let session = server.session().clone();
/// let asks = thread::spawn(move || {
///     let mut client = Client::connect(&session, "a client").expect("it is let in");
///     client.ask(&Request::Describe).expect("it is answered")
/// });
/// while !asks.is_finished() {
///     server.serve(&mut vm);    // A running program does so where `Vm::on_safe_point` calls.
/// }
/// assert!(asks.join().expect("it ends").ok);
/// ```
pub struct Server {
    desk: Desk,
    shared: Arc<Shared>,
    file: Cell<Option<PathBuf>>,
    listening: Cell<Option<JoinHandle<()>>>,
}

/// What connections share.
struct Shared {
    door: Door,
    session: SessionFile,
    token: Token,
    clients_max: usize,
    clients: AtomicUsize,
    /// Connections that have not greeted.
    strangers: AtomicUsize,
    /// The sockets of clients that have been let in.
    streams: Mutex<HashMap<u64, TcpStream>>,
    is_closed: AtomicBool,
    /// Replies that have not been written, and who waits for that.
    unwritten: Mutex<Unwritten>,
    written: Condvar,
}

/// Replies that have not been written: all, and those of each client.
#[derive(Default)]
struct Unwritten {
    all: usize,
    of: HashMap<u64, usize>,
}

/// What a client says first.
#[derive(Deserialize)]
struct Greeting {
    token: String,
    #[serde(default)]
    client: String,
}

/// What every line has.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    id: Value,
    op: String,
    #[serde(default)]
    of: Option<Value>,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a Value,
    #[serde(flatten)]
    reply: &'a Reply,
}

impl Server {
    /// Begins to listen, on this machine only. Nothing is carried out before [`Server::serve`].
    ///
    /// # Errors
    /// Those of the system: there is no socket, no thread, or no place for the file by which clients find it.
    pub fn start(vm: &Vm, options: ServerOptions) -> io::Result<Server> {
        let directory = match options.announced {
            Announced::ToUser => Some(session_directory().ok_or_else(no_place)?),
            Announced::In(directory) => Some(directory),
            Announced::Nowhere => None,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let token = Token::random()?;
        let session = SessionFile {
            address: listener.local_addr()?,
            token: token.text().to_owned(),
            pid: std::process::id(),
            program: options.program,
            directory: std::env::current_dir().unwrap_or_default(),
            started: now(),
            rights: options.rights,
        };
        let desk = Desk::new(vm, options.wake);
        let shared = Arc::new(Shared {
            door: desk.door(),
            session,
            token,
            clients_max: options.clients_max,
            clients: AtomicUsize::new(0),
            strangers: AtomicUsize::new(0),
            streams: Mutex::default(),
            is_closed: AtomicBool::new(false),
            unwritten: Mutex::default(),
            written: Condvar::new(),
        });
        let listening = shared.clone();
        let listening = thread::Builder::new().name("server".into()).spawn(move || listening.listen(&listener))?;
        let server = Server { desk, shared, file: Cell::default(), listening: Cell::new(Some(listening)) };
        server.file.set(directory.map(|directory| server.shared.session.write(&directory)).transpose()?);
        Ok(server)
    }

    /// What a client needs to connect: what the file says.
    pub fn session(&self) -> &SessionFile {
        &self.shared.session
    }

    /// Carries out what clients have asked. A host calls it where [`Vm::on_safe_point`] calls; if nothing waits, that costs next to nothing.
    /// Gives how many requests there were.
    pub fn serve(&self, vm: &mut Vm) -> usize {
        self.desk.serve(vm)
    }

    /// The same, for a host that carries out some requests in its own way: [`Session::answer`] does the rest. A reply that it gives as
    /// [`ControlFlow::Break`](std::ops::ControlFlow) is the last one: the VM is stopped.
    pub fn serve_with(&self, vm: &mut Vm, carry_out: impl FnMut(&mut Vm, &mut Session, &Request) -> Served) -> usize {
        self.desk.serve_with(vm, carry_out)
    }

    /// The desk behind it, which other adapters can share.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Ends all connections, once the last replies are written, and removes the file by which clients find the server. Dropping it does the
    /// same.
    pub fn end(&self) {
        let Some(listening) = self.listening.take() else { return };
        if let Some(file) = self.file.take() {
            // It may have been removed by somebody who took the program for dead.
            let _ = std::fs::remove_file(file);
        }
        self.shared.is_closed.store(true, Ordering::Relaxed);
        // The thread that listens wakes up and sees it.
        if TcpStream::connect_timeout(&self.shared.session.address, LAST_REPLIES).is_ok() {
            // From now on nobody is connected. A panic of the thread was told when it happened.
            let _ = listening.join();
        }
        let until = Instant::now() + LAST_REPLIES;
        let mut unwritten = self.shared.unwritten();
        while unwritten.all > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            unwritten = self.shared.written.wait_timeout(unwritten, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(unwritten);
        for stream in self.shared.streams().values() {
            // It may have ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        // What was asked meanwhile is never answered: its client sees the end of the connection.
        self.desk.door().close();
    }
}

/// One of so many places, until it is dropped.
struct Place {
    shared: Arc<Shared>,
    of: fn(&Shared) -> &AtomicUsize,
}

impl Place {
    fn take(shared: &Arc<Shared>, max: usize, of: fn(&Shared) -> &AtomicUsize) -> Option<Place> {
        let place = Place { shared: shared.clone(), of };
        if of(shared).fetch_add(1, Ordering::Relaxed) < max { Some(place) } else { None }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        (self.of)(&self.shared).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn streams(&self) -> MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(self: &Arc<Self>, listener: &TcpListener) {
        loop {
            let accepted = listener.accept();
            if self.is_closed.load(Ordering::Relaxed) {
                return;
            }
            let Ok((stream, address)) = accepted else {
                // As a rule there are too many open files, which passes.
                thread::sleep(Duration::from_millis(50));
                continue;
            };
            if !is_local(address) {
                continue;
            }
            let Some(stranger) = Place::take(self, STRANGERS_MAX, |shared| &shared.strangers) else {
                // Who is sent away need not know why; so little fits into the socket, and nobody waits.
                let _ = write_line(&stream, &Value::Null, &refused("many connect at once; try it again"));
                continue;
            };
            let shared = self.clone();
            // Without a thread the connection ends.
            let _ = thread::Builder::new().name("client".into()).spawn(move || shared.attend(stream, stranger));
        }
    }

    /// Serves one client to its end. What goes wrong with its socket ends it.
    fn attend(self: &Arc<Self>, stream: TcpStream, stranger: Place) {
        let Ok(reading) = stream.try_clone() else { return };
        let mut lines = Lines::new(reading);
        let let_in = self.let_in(&mut lines);
        drop(stranger);
        let (visitor, _place) = match let_in {
            Ok(let_in) => let_in,
            Err(message) => {
                // Who is sent away need not know why.
                let _ = write_line(&stream, &Value::Null, &refused(&message));
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
        };
        let (outbox, replies) = channel::<(Value, Reply)>();
        let shared = self.clone();
        let id = visitor.id();
        let Ok(writing) = stream.try_clone() else { return };
        if thread::Builder::new().name("replies".into()).spawn(move || shared.write(id, &writing, &replies)).is_err() {
            return;
        }
        if let Ok(stream) = stream.try_clone() {
            self.streams().insert(id, stream);
        }
        let is_greeted = !self.is_closed.load(Ordering::Relaxed) && self.welcome(&visitor, &stream).is_ok();
        if is_greeted {
            let mut connection = Connection { shared: self.clone(), visitor, outbox, asked: Asked::default() };
            while let Ok(line) = lines.next(LINE_MAX, None) {
                match line {
                    Line::Text(line) => connection.take(&line),
                    Line::TooLong => {
                        let message = format!("a line is longer than {} MB; it has been left out", LINE_MAX >> 20);
                        connection.answer(Value::Null, refused(&message));
                    }
                    Line::End => break,
                }
                self.wait_for_reader(id);
            }
        }
        self.streams().remove(&id);
        // A reply that is being written to a client that does not read ends with this.
        let _ = stream.shutdown(Shutdown::Both);
    }

    fn let_in(self: &Arc<Self>, lines: &mut Lines) -> Result<(Visitor, Place), String> {
        const EXAMPLE: &str = "write {\"token\":…, \"client\":…} on the first line; the token is in the session file";
        let line = match lines.next(GREETING_MAX, Some(Instant::now() + GREETING)) {
            Ok(Line::Text(line)) => line,
            Ok(Line::TooLong) => return Err(format!("the greeting is too long; {EXAMPLE}")),
            Ok(Line::End) | Err(_) => return Err(format!("there was no greeting; {EXAMPLE}")),
        };
        let greeting: Greeting = serde_json::from_slice(&line).map_err(|_| format!("this is no greeting; {EXAMPLE}"))?;
        if !self.token.is(&greeting.token) {
            return Err(format!("`{}` has a wrong token; {EXAMPLE}", greeting.client));
        }
        let place = Place::take(self, self.clients_max, |shared| &shared.clients)
            .ok_or_else(|| format!("{} clients are connected already; end one of them", self.clients_max))?;
        let visitor = self.door.enter(self.session.rights).ok_or("the program answers no more")?;
        Ok((visitor, place))
    }

    fn welcome(&self, visitor: &Visitor, stream: &TcpStream) -> io::Result<()> {
        let session = self.session.clone();
        let welcome = Welcome {
            program: session.program,
            directory: session.directory,
            pid: session.pid,
            started: session.started,
            rights: session.rights,
            namespace: visitor.namespace().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let data = serde_json::to_value(welcome).map_err(io::Error::other)?;
        write_line(stream, &Value::Null, &Reply { ok: true, data: Some(data), ..Reply::default() })
    }

    /// Writes replies until there can be no more.
    fn write(&self, visitor: u64, stream: &TcpStream, replies: &Receiver<(Value, Reply)>) {
        let mut is_open = true;
        for (id, reply) in replies {
            if is_open && write_line(stream, &id, &reply).is_err() {
                is_open = false;
                // The thread that reads ends, too.
                let _ = stream.shutdown(Shutdown::Both);
            }
            self.count_written(visitor);
        }
    }

    /// Waits until a client has read of its replies what lets it ask for more.
    fn wait_for_reader(&self, visitor: u64) {
        let mut unwritten = self.unwritten();
        // Somebody always writes, if only to a socket that is closed for it.
        while unwritten.of.get(&visitor).is_some_and(|count| *count > UNREAD_MAX) {
            unwritten = self.written.wait(unwritten).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn unwritten(&self) -> MutexGuard<'_, Unwritten> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replies that a client has not read.
    fn unread(&self, visitor: u64) -> usize {
        self.unwritten().of.get(&visitor).copied().unwrap_or(0)
    }

    fn count_unwritten(&self, visitor: u64) {
        let mut unwritten = self.unwritten();
        unwritten.all += 1;
        *unwritten.of.entry(visitor).or_default() += 1;
    }

    fn count_written(&self, visitor: u64) {
        let mut unwritten = self.unwritten();
        unwritten.all -= 1;
        if let Some(count) = unwritten.of.get_mut(&visitor) {
            *count -= 1;
            if *count == 0 {
                unwritten.of.remove(&visitor);
            }
        }
        self.written.notify_all();
    }
}

/// Requests that have not been answered: their numbers by their ids, as text.
type Asked = Arc<Mutex<HashMap<String, u64>>>;

/// A client that has been let in.
struct Connection {
    shared: Arc<Shared>,
    visitor: Visitor,
    outbox: Sender<(Value, Reply)>,
    asked: Asked,
}

impl Connection {
    /// Does what a line asks.
    fn take(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let envelope: Envelope = match serde_json::from_slice(line) {
            Ok(envelope) => envelope,
            Err(error) => {
                return self.answer(
                    Value::Null,
                    refused(&format!("this is no request: {error}; write {{\"id\":1, \"op\":\"describe\"}}")),
                );
            }
        };
        let id = envelope.id;
        if !matches!(id, Value::Null | Value::Number(_) | Value::String(_)) {
            return self.answer(Value::Null, refused("an `id` is a number or a string"));
        }
        if envelope.op == "interrupt" {
            let reply = self.interrupt(envelope.of);
            return self.answer(id, reply);
        }
        match serde_json::from_slice::<Request>(line) {
            Ok(Request::Listen) => self.listen(id),
            Ok(request) => self.ask(id, request),
            Err(error) => self.answer(id, refused(&format!("this is no request: {error}"))),
        }
    }

    fn ask(&self, id: Value, request: Request) {
        let (shared, outbox, asked, key) = (self.shared.clone(), self.outbox.clone(), self.asked.clone(), id.to_string());
        let lock = |asked: &Asked, change: &mut dyn FnMut(&mut HashMap<String, u64>)| {
            change(&mut asked.lock().unwrap_or_else(PoisonError::into_inner));
        };
        let answered = key.clone();
        let is_answered = Arc::new(AtomicBool::new(false));
        let noted = is_answered.clone();
        let visitor = self.visitor.id();
        let serial = self.visitor.ask(request, move |reply| {
            lock(&asked, &mut |asked| {
                noted.store(true, Ordering::Relaxed);
                asked.remove(&answered);
            });
            send(&shared, visitor, &outbox, id, reply);
        });
        lock(&self.asked, &mut |asked| {
            if !is_answered.load(Ordering::Relaxed) {
                asked.insert(key.clone(), serial);
            }
        });
    }

    /// What happens to the program goes where replies go. What would be too much to read is counted.
    fn listen(&self, id: Value) {
        let (shared, outbox, visitor) = (self.shared.clone(), self.outbox.clone(), self.visitor.id());
        let missed = AtomicUsize::new(0);
        let reply = self.visitor.listen(move |mut reply| {
            if shared.unread(visitor) > UNREAD_MAX {
                missed.fetch_add(1, Ordering::Relaxed);
                return;
            }
            if let Some(event) = &mut reply.event {
                event.missed = missed.swap(0, Ordering::Relaxed);
            }
            send(&shared, visitor, &outbox, Value::Null, reply);
        });
        self.answer(id, reply);
    }

    fn interrupt(&self, of: Option<Value>) -> Reply {
        let serial = match &of {
            None => None,
            Some(id) => {
                let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
                match asked.get(&id.to_string()) {
                    Some(serial) => Some(*serial),
                    None => return said("nothing with this id is being carried out"),
                }
            }
        };
        said(match self.visitor.interrupt(serial) {
            Interrupted::Running => "interrupted",
            Interrupted::Waiting => "interrupted before it was begun",
            Interrupted::Other | Interrupted::Nothing => "nothing of this client is being carried out",
        })
    }

    fn answer(&self, id: Value, reply: Reply) {
        send(&self.shared, self.visitor.id(), &self.outbox, id, reply);
    }
}

fn send(shared: &Shared, visitor: u64, outbox: &Sender<(Value, Reply)>, id: Value, reply: Reply) {
    shared.count_unwritten(visitor);
    if outbox.send((id, reply)).is_err() {
        shared.count_written(visitor);
    }
}

fn no_place() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "there is no place for the file by which clients find it: HOME is not set")
}

fn said(text: &str) -> Reply {
    Reply { ok: true, text: Some(text.to_owned()), ..Reply::default() }
}

/// What is answered to what is no request.
fn refused(message: &str) -> Reply {
    Reply::failed(FailureKind::Impossible, message.to_owned(), message.to_owned())
}

fn write_line(mut stream: &TcpStream, id: &Value, reply: &Reply) -> io::Result<()> {
    stream.set_write_timeout(Some(WRITE))?;
    let mut line = serde_json::to_vec(&Answer { id, reply }).map_err(io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line)
}

/// Whether somebody on this machine calls.
fn is_local(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}
