//! Connections of nREPL clients: messages in, messages out. A session is a visitor of the desk; it ends with the connection that has made
//! it.

use super::bencode::{Value, decode};
use super::link::Link;
use super::replies::{self, Message, message, text};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use vm::session::{Door, Interrupted, Reply, Request, Rights, Visitor};

/// Connections at once.
const CONNECTIONS_MAX: usize = 32;

/// Sessions at once.
const SESSIONS_MAX: usize = 256;

/// Messages for a client that it has not read, of which it may ask for more.
const UNREAD_MAX: usize = 256;

/// How long a client may take to read what it is answered.
const WRITE: Duration = Duration::from_secs(30);

/// How long the end of the server waits until the last messages are written.
const LAST_REPLIES: Duration = Duration::from_secs(1);

/// What listens, and what connections share.
pub struct Listener {
    door: Door,
    link: Link,
    /// Sessions by id. Any connection may use them.
    sessions: Mutex<BTreeMap<String, Arc<Session>>>,
    connections: AtomicUsize,
    unwritten: Mutex<usize>,
    written: Condvar,
}

/// A session.
struct Session {
    id: String,
    visitor: Visitor,
    /// Numbers of requests that have not been answered, by the ids of their messages.
    asked: Mutex<HashMap<String, u64>>,
}

/// Where answers of one connection go.
#[derive(Clone)]
struct Outbox {
    messages: Sender<Message>,
    /// Those that have not been written.
    unwritten: Arc<AtomicUsize>,
}

/// A connection.
struct Connection {
    listener: Arc<Listener>,
    outbox: Outbox,
    /// For messages without session.
    own: Arc<Session>,
    /// The sessions that it has made.
    made: Vec<String>,
}

/// To whom a message is an answer.
#[derive(Clone)]
struct Reader {
    listener: Arc<Listener>,
    outbox: Outbox,
    id: Option<Value>,
    session: Option<String>,
}

impl Reader {
    fn send(&self, mut message: Message) {
        if let Some(id) = &self.id {
            message.insert("id".into(), id.clone());
        }
        if let Some(session) = &self.session {
            message.insert("session".into(), Value::text(session));
        }
        self.listener.count_unwritten(&self.outbox.unwritten, |count| count + 1);
        if self.outbox.messages.send(message).is_err() {
            self.listener.count_unwritten(&self.outbox.unwritten, |count| count - 1);
        }
    }

    fn status(&self, status: &[&str]) {
        self.send(message([("status", Value::texts(status))]));
    }
}

impl Listener {
    /// For clients that are let in at a door.
    pub fn new(door: Door, link: Link) -> Listener {
        let (sessions, connections) = (Mutex::default(), AtomicUsize::new(0));
        Listener { door, link, sessions, connections, unwritten: Mutex::new(0), written: Condvar::new() }
    }

    /// Begins to listen.
    pub fn start(self: Arc<Self>, listener: TcpListener) -> io::Result<()> {
        let listen = move || {
            loop {
                let Ok((stream, _)) = listener.accept() else {
                    // As a rule there are too many open files, which passes.
                    thread::sleep(Duration::from_millis(50));
                    continue;
                };
                let shared = self.clone();
                let is_room = self.connections.fetch_add(1, Ordering::Relaxed) < CONNECTIONS_MAX;
                let serve = move || {
                    if is_room {
                        shared.attend(&stream);
                    } else {
                        send_away(&stream);
                    }
                    shared.connections.fetch_sub(1, Ordering::Relaxed);
                };
                if thread::Builder::new().name("nrepl".into()).spawn(serve).is_err() {
                    self.connections.fetch_sub(1, Ordering::Relaxed);
                }
            }
        };
        thread::Builder::new().name("nrepl".into()).spawn(listen).map(drop)
    }

    /// Waits until what was answered is written.
    pub fn last_replies(&self) {
        let until = Instant::now() + LAST_REPLIES;
        let mut unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner);
        while *unwritten > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            unwritten = self.written.wait_timeout(unwritten, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Counts a message, among all and among those of its connection.
    fn count_unwritten(&self, of: &AtomicUsize, change: impl Fn(usize) -> usize) {
        let mut unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner);
        *unwritten = change(*unwritten);
        of.store(change(of.load(Ordering::Relaxed)), Ordering::Relaxed);
        self.written.notify_all();
    }

    /// Waits until a client has read of its messages what lets it ask for more.
    fn wait_for_reader(&self, outbox: &Outbox) {
        let mut unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody always writes, if only to a socket that is closed for it.
        while outbox.unwritten.load(Ordering::Relaxed) > UNREAD_MAX {
            unwritten = self.written.wait(unwritten).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn sessions(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> Option<Arc<Session>> {
        let visitor = self.door.enter(Rights::ALL)?;
        Some(Arc::new(Session { id: format!("session-{}", visitor.id()), visitor, asked: Mutex::default() }))
    }

    /// Serves a client to its end. What goes wrong with its socket, and what is no bencode, ends it.
    fn attend(self: &Arc<Self>, stream: &TcpStream) {
        let (Ok(reading), Ok(writing), Some(own)) = (stream.try_clone(), stream.try_clone(), self.session()) else { return };
        let (sender, messages) = channel();
        let outbox = Outbox { messages: sender, unwritten: Arc::default() };
        let (shared, unwritten) = (self.clone(), outbox.unwritten.clone());
        let write = move || shared.write(&writing, &messages, &unwritten);
        if thread::Builder::new().name("replies".into()).spawn(write).is_err() {
            return;
        }
        let mut connection = Connection { listener: self.clone(), outbox, own, made: Vec::new() };
        let mut reading = BufReader::new(reading);
        loop {
            match decode(&mut reading) {
                Ok(Some(Value::Dict(message))) => connection.take(&message),
                Ok(Some(_)) => connection.complain("a message is a dictionary"),
                Ok(None) => break,
                Err(error) => {
                    // Where the next message begins is not known any more.
                    if error.kind() == io::ErrorKind::InvalidData {
                        connection.complain(&error.to_string());
                        self.last_replies();
                    }
                    break;
                }
            }
            self.wait_for_reader(&connection.outbox);
        }
        connection.leave();
        // A message that is being written to a client that does not read ends with this.
        let _ = stream.shutdown(Shutdown::Both);
    }

    fn write(&self, mut stream: &TcpStream, messages: &Receiver<Message>, unwritten: &AtomicUsize) {
        let mut is_open = stream.set_write_timeout(Some(WRITE)).is_ok() && stream.set_nodelay(true).is_ok();
        for message in messages {
            let mut bytes = Vec::new();
            Value::Dict(message).encode(&mut bytes);
            if is_open && stream.write_all(&bytes).is_err() {
                is_open = false;
                // The thread that reads ends, too.
                let _ = stream.shutdown(Shutdown::Both);
            }
            self.count_unwritten(unwritten, |count| count - 1);
        }
    }
}

/// Says why there is no connection.
fn send_away(mut stream: &TcpStream) {
    let why = format!("{CONNECTIONS_MAX} clients are connected already; end one of them\n");
    let mut bytes = Vec::new();
    Value::Dict(complaint(&why)).encode(&mut bytes);
    // Who is sent away need not know why.
    let _ = stream.set_write_timeout(Some(WRITE)).and_then(|()| stream.write_all(&bytes));
}

/// A message about what is no request.
fn complaint(what: &str) -> Message {
    message([("err", Value::text(what)), ("status", Value::texts(&["error", "done"]))])
}

impl Connection {
    fn complain(&self, what: &str) {
        let reader = Reader { listener: self.listener.clone(), outbox: self.outbox.clone(), id: None, session: None };
        reader.send(complaint(&format!("{what}\n")));
    }

    /// What it has made ends with it; what is evaluated for it is interrupted.
    fn leave(self) {
        for id in &self.made {
            self.close(id);
        }
        self.listener.link.forget(&self.own.id, self.own.visitor.namespace());
        self.own.visitor.interrupt(None);
    }

    fn close(&self, id: &str) -> bool {
        let Some(session) = self.listener.sessions().remove(id) else { return false };
        self.listener.link.forget(id, session.visitor.namespace());
        session.visitor.interrupt(None);
        true
    }

    fn take(&mut self, message_: &Message) {
        let named = text(message_, "session");
        let reader = Reader {
            listener: self.listener.clone(),
            outbox: self.outbox.clone(),
            id: message_.get("id").cloned(),
            session: named.map(str::to_owned),
        };
        let session = match named {
            None => self.own.clone(),
            Some(id) => match self.listener.sessions().get(id) {
                Some(session) => session.clone(),
                None => return reader.status(&["error", "unknown-session", "done"]),
            },
        };
        let namespace = session.visitor.namespace().to_owned();
        match text(message_, "op").unwrap_or_default() {
            "clone" => self.clone_session(&reader),
            "close" => match named {
                Some(id) if self.close(id) => reader.status(&["session-closed", "done"]),
                _ => reader.status(&["error", "no-session", "done"]),
            },
            "describe" => {
                reader.send(replies::description(&namespace));
                reader.status(&["done"]);
            }
            "eval" => self.evaluate(&session, &reader, replies::evaluation(message_, &namespace), "no-code"),
            "load-file" => self.evaluate(&session, &reader, replies::load(message_), "no-file"),
            "interrupt" => Self::interrupt(&session, &reader, text(message_, "interrupt-id")),
            "stdin" => {
                self.listener.link.put(text(message_, "stdin").unwrap_or_default());
                reader.status(&["done"]);
            }
            "completions" => {
                let prefix = text(message_, "prefix").unwrap_or_default().to_owned();
                let request = Request::Complete { code: prefix.clone(), file: None };
                ask(&session, &reader, request, move |reader, reply| {
                    reader.send(replies::completions(reply, &prefix, &namespace));
                    reader.status(&["done"]);
                });
            }
            "lookup" => {
                let name = text(message_, "sym").unwrap_or_default().to_owned();
                ask(&session, &reader, Request::LookUp { name, file: None }, |reader, reply| {
                    reader.send(replies::looked_up(reply));
                    reader.status(if reply.ok { &["done"] } else { &["done", "no-info"] });
                });
            }
            "inspect" => {
                let Some(request) = replies::inspection(message_) else { return reader.status(&["error", "no-path", "done"]) };
                ask(&session, &reader, request, move |reader, reply| {
                    match &reply.inspected {
                        Some(inspected) => {
                            if !reply.output.is_empty() {
                                reader.send(message([("out", Value::text(&reply.output))]));
                            }
                            reader.send(replies::inspected(inspected, reply.text.as_deref().unwrap_or_default()));
                        }
                        None => replies::evaluated(reply, &namespace).into_iter().for_each(|message| reader.send(message)),
                    }
                    reader.status(&["done"]);
                });
            }
            "ls-sessions" => {
                let ids = self.listener.sessions().keys().map(Value::text).collect();
                reader.send(message([("sessions", Value::List(ids))]));
                reader.status(&["done"]);
            }
            "forward-system-output" => {
                let forward = reader.clone();
                let tell = move |output: &str| forward.send(message([("out", Value::text(output))]));
                self.listener.link.listen(&session.id, Arc::new(tell));
                reader.status(&["done"]);
            }
            _ => reader.status(&["error", "unknown-op", "done"]),
        }
    }

    fn clone_session(&mut self, reader: &Reader) {
        let room = self.listener.sessions().len() < SESSIONS_MAX;
        let Some(session) = room.then(|| self.listener.session()).flatten() else {
            return reader.status(&["error", "too-many-sessions", "done"]);
        };
        self.made.push(session.id.clone());
        reader.send(message([("new-session", Value::text(&session.id)), ("status", Value::texts(&["done"]))]));
        self.listener.sessions().insert(session.id.clone(), session);
    }

    fn evaluate(&self, session: &Arc<Session>, reader: &Reader, request: Option<Request>, missing: &str) {
        let Some(request) = request else { return reader.status(&["error", missing, "done"]) };
        let namespace = match &request {
            Request::Evaluate { namespace: Some(namespace), .. } => namespace.clone(),
            _ => session.visitor.namespace().to_owned(),
        };
        let asking = reader.clone();
        let ask_for_input = move |_: &str| asking.status(&["need-input"]);
        self.listener.link.set_asker(session.visitor.namespace(), Arc::new(ask_for_input));
        ask(session, reader, request, move |reader, reply| {
            for message in replies::evaluated(reply, &namespace) {
                reader.send(message);
            }
            reader.status(&["done"]);
        });
    }

    fn interrupt(session: &Session, reader: &Reader, id: Option<&str>) {
        let serial = id.and_then(|id| session.asked().get(id).copied());
        let met = match (id, serial) {
            // Nothing with this id has been asked, or it is over.
            (Some(_), None) if session.asked().is_empty() => Interrupted::Nothing,
            (Some(_), None) => Interrupted::Other,
            _ => session.visitor.interrupt(serial),
        };
        reader.status(match met {
            Interrupted::Running | Interrupted::Waiting => &["done"],
            Interrupted::Other => &["error", "interrupt-id-mismatch", "done"],
            Interrupted::Nothing => &["session-idle", "done"],
        });
    }
}

impl Session {
    fn asked(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks for a message; `tell` sends what is answered.
fn ask(session: &Arc<Session>, reader: &Reader, request: Request, tell: impl FnOnce(&Reader, &Reply) + Send + 'static) {
    let (reader, weak) = (reader.clone(), Arc::downgrade(session));
    let key = match &reader.id {
        Some(Value::Text(id)) => id.clone(),
        Some(Value::Int(id)) => id.to_string(),
        _ => String::new(),
    };
    let answered = key.clone();
    let is_answered = Arc::new(AtomicBool::new(false));
    let noted = is_answered.clone();
    let serial = session.visitor.ask(request, move |reply| {
        if let Some(session) = weak.upgrade() {
            let mut asked = session.asked();
            noted.store(true, Ordering::Relaxed);
            asked.remove(&answered);
        }
        tell(&reader, &reply);
    });
    let mut asked = session.asked();
    // What is refused is answered by now.
    if !is_answered.load(Ordering::Relaxed) {
        asked.insert(key, serial);
    }
}
