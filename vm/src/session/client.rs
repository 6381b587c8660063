//! Asks a program of another process that serves.

use super::files::SessionFile;
use super::lines::{LINE_MAX, Line, Lines};
use super::request::{Reply, Request};
use super::server::Welcome;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the program may take to let a client in.
const GREETING: Duration = Duration::from_secs(10);

/// A connection to a program that serves.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Announced, Client, Request, Rights, Server, ServerOptions};
/// use std::thread;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "let score = 7")?;
/// let options = ServerOptions { program: "game".into(), rights: Rights::LOOK, announced: Announced::Nowhere, ..ServerOptions::default() };
/// let server = Server::start(&vm, options).expect("this machine has sockets");
/// # let session = server.session().clone();
/// // In another process; `session` is one of `embed::session::sessions()`.
/// let asks = thread::spawn(move || {
///     let mut client = Client::connect(&session, "a client").expect("it is let in");
///     let program = client.welcome().program.clone();
///     let reply = client.ask(&Request::Inspect { what: "game.score".into(), path: vec![], from: 0 }).expect("it is answered");
///     (program, reply.inspected.map(|value| value.shown))
/// });
/// while !asks.is_finished() {
///     server.serve(&mut vm);
/// }
/// assert_eq!(asks.join().expect("it ends"), ("game".to_owned(), Some("7".to_owned())));
/// # Ok::<(), Error>(())
/// ```
pub struct Client {
    writing: Writing,
    replies: Receiver<Result<Answered, ClientError>>,
    on_end: OnEnd,
    on_event: OnEvent,
    welcome: Welcome,
    last: u64,
}

/// Called when the connection has ended.
type OnEnd = Arc<Mutex<Ending>>;

/// Whether the connection has ended, and who is to be told when it does.
#[derive(Default)]
struct Ending {
    has_ended: bool,
    tell: Option<Box<dyn FnOnce() + Send>>,
}

/// Called with what happens to the program.
type OnEvent = Arc<Mutex<Option<Box<dyn FnMut(Reply) + Send>>>>;

/// Where requests are written, whole lines at a time.
type Writing = Arc<Mutex<TcpStream>>;

/// Interrupts, from any thread, what a client has asked and is being carried out. The client itself gets the reply.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Announced, Client, FailureKind, Request, Server, ServerOptions};
/// use std::thread;
/// use std::time::Duration;
///
/// let mut vm = Vm::new();
/// let server = Server::start(&vm, ServerOptions { announced: Announced::Nowhere, ..ServerOptions::default() }).expect("this machine has sockets");
/// let session = server.session().clone();
/// let asks = thread::spawn(move || {
///     let mut client = Client::connect(&session, "a client").expect("it is let in");
///     let interrupter = client.interrupter();
///     let key = thread::spawn(move || {
///         thread::sleep(Duration::from_millis(20));
///         interrupter.interrupt().expect("the program is there");
///     });
///     let code = "while true { }".to_owned();
///     let reply = client.ask(&Request::Evaluate { code, namespace: None, file: None, at: None }).expect("it is answered");
///     key.join().expect("it ends");
///     reply.error.map(|error| error.kind)
/// });
/// while !asks.is_finished() {
///     server.serve(&mut vm);
/// }
/// assert_eq!(asks.join().expect("it ends"), Some(FailureKind::Interrupted));
/// ```
#[derive(Clone)]
pub struct Interrupter(Writing);

/// Why there is no reply.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Announced, Client, ClientError, Server, ServerOptions};
///
/// let vm = Vm::new();
/// let server = Server::start(&vm, ServerOptions { announced: Announced::Nowhere, ..ServerOptions::default() }).expect("this machine has sockets");
/// let mut session = server.session().clone();
/// session.token = "a guess".into();
/// assert!(matches!(Client::connect(&session, "a stranger"), Err(ClientError::Refused(_) | ClientError::Ended)));
/// ```
#[derive(Debug)]
pub enum ClientError {
    /// The program has ended, or has closed the connection.
    Ended,
    /// The reply has not come in time.
    Late,
    /// The program does not let the client in; its reason.
    Refused(String),
    /// What has come is no reply.
    Garbage(String),
    /// The socket cannot be used.
    Io(io::Error),
}

/// A request with what tells its reply from others.
#[derive(Serialize)]
struct Asked<'a> {
    id: u64,
    #[serde(flatten)]
    request: &'a Request,
}

#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    id: Value,
    #[serde(flatten)]
    reply: Reply,
}

impl Client {
    /// Connects to a program; `name` tells it who asks.
    ///
    /// # Errors
    /// [`ClientError::Ended`] if the program is not there any more.
    pub fn connect(session: &SessionFile, name: &str) -> Result<Client, ClientError> {
        let stream = TcpStream::connect_timeout(&session.address, GREETING)?;
        // A request is one small packet, for whose reply somebody waits.
        stream.set_nodelay(true)?;
        let mut lines = Lines::new(stream.try_clone()?);
        let writing = Arc::new(Mutex::new(stream));
        write(&writing, &json!({"token": session.token, "client": name}))?;
        let Answered { reply, .. } = next(&mut lines, Some(Instant::now() + GREETING))?;
        if let Some(error) = reply.error {
            return Err(ClientError::Refused(error.text));
        }
        let garbage = || ClientError::Garbage("a greeting without what the program is".into());
        let welcome = serde_json::from_value(reply.data.ok_or_else(garbage)?).map_err(|_| garbage())?;
        let (sender, replies) = channel();
        let (on_end, on_event) = (OnEnd::default(), OnEvent::default());
        let (told, told_events) = (on_end.clone(), on_event.clone());
        thread::Builder::new().name("replies".into()).spawn(move || {
            read(&mut lines, &sender, &told_events);
            let tell = {
                let mut ending = told.lock().unwrap_or_else(PoisonError::into_inner);
                ending.has_ended = true;
                ending.tell.take()
            };
            if let Some(tell) = tell {
                tell();
            }
        })?;
        Ok(Client { writing, replies, on_end, on_event, welcome, last: 0 })
    }

    /// What the program said about itself.
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Has `tell` called when the connection ends, be it while something is asked or not: on another thread, or at once if it has ended.
    pub fn on_end(&self, tell: impl FnOnce() + Send + 'static) {
        let mut ending = self.on_end.lock().unwrap_or_else(PoisonError::into_inner);
        if ending.has_ended {
            drop(ending);
            return tell();
        }
        ending.tell = Some(Box::new(tell));
    }

    /// Has `tell` called, on another thread, with what happens to the program from now on, whoever has done it. Waits until the program knows
    /// of it, and gives what it says to that.
    ///
    /// # Errors
    /// As for [`Client::ask`].
    pub fn listen(&mut self, tell: impl FnMut(Reply) + Send + 'static) -> Result<Reply, ClientError> {
        *self.on_event.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(tell));
        self.ask(&Request::Listen)
    }

    /// Asks, and waits for the reply.
    ///
    /// # Errors
    /// [`ClientError`]; a request that the program refuses is a reply.
    pub fn ask(&mut self, request: &Request) -> Result<Reply, ClientError> {
        self.ask_until(request, None)
    }

    /// Asks what is worth so much time.
    ///
    /// # Errors
    /// [`ClientError::Late`] if there is no reply then. The program may carry it out later.
    pub fn ask_within(&mut self, request: &Request, time: Duration) -> Result<Reply, ClientError> {
        self.ask_until(request, Some(Instant::now() + time))
    }

    fn ask_until(&mut self, request: &Request, until: Option<Instant>) -> Result<Reply, ClientError> {
        self.last += 1;
        write(&self.writing, &Asked { id: self.last, request })?;
        loop {
            let answered = match until {
                None => self.replies.recv().map_err(|_| ClientError::Ended)?,
                Some(until) => match self.replies.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(answered) => answered,
                    Err(RecvTimeoutError::Timeout) => return Err(ClientError::Late),
                    Err(RecvTimeoutError::Disconnected) => return Err(ClientError::Ended),
                },
            }?;
            if answered.id == json!(self.last) {
                return Ok(answered.reply);
            }
            // Others are those of interrupts, and late ones; without an id it is a complaint.
            if let (Value::Null, Some(error)) = (answered.id, answered.reply.error) {
                return Err(ClientError::Garbage(error.text));
            }
        }
    }

    /// What interrupts it.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.writing.clone())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.writing.lock().unwrap_or_else(PoisonError::into_inner).shutdown(Shutdown::Both);
    }
}

/// Passes replies on, and tells events, to the end of the connection.
fn read(lines: &mut Lines, replies: &Sender<Result<Answered, ClientError>>, on_event: &OnEvent) {
    loop {
        let answered = next(lines, None);
        if let Ok(Answered { reply, .. }) = &answered
            && reply.event.is_some()
        {
            if let Some(tell) = &mut *on_event.lock().unwrap_or_else(PoisonError::into_inner) {
                tell(reply.clone());
            }
            continue;
        }
        let is_end = answered.is_err();
        if replies.send(answered).is_err() || is_end {
            return;
        }
    }
}

impl Interrupter {
    /// Interrupts what is being carried out, if anything is.
    ///
    /// # Errors
    /// If the connection has ended.
    pub fn interrupt(&self) -> Result<(), ClientError> {
        write(&self.0, &json!({"id": "interrupt", "op": "interrupt"}))
    }
}

fn write(writing: &Writing, message: &impl Serialize) -> Result<(), ClientError> {
    let mut line = serde_json::to_vec(message).map_err(io::Error::other)?;
    if line.len() > LINE_MAX {
        let message = format!("the request has more than {} MB", LINE_MAX >> 20);
        return Err(ClientError::Io(io::Error::new(ErrorKind::InvalidInput, message)));
    }
    line.push(b'\n');
    let mut stream = writing.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(stream.write_all(&line)?)
}

fn next(lines: &mut Lines, until: Option<Instant>) -> Result<Answered, ClientError> {
    match lines.next(usize::MAX, until)? {
        Line::Text(line) => serde_json::from_slice(&line).map_err(|error| ClientError::Garbage(error.to_string())),
        Line::TooLong => Err(ClientError::Garbage("a line that is too long".into())),
        Line::End => Err(ClientError::Ended),
    }
}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> ClientError {
        match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
                ClientError::Ended
            }
            _ => ClientError::Io(error),
        }
    }
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ClientError::Ended => write!(f, "the program has ended"),
            ClientError::Late => write!(f, "the program has not answered in time"),
            ClientError::Refused(reason) => write!(f, "the program does not let clients in: {reason}"),
            ClientError::Garbage(what) => write!(f, "the program has answered what is no reply: {what}"),
            ClientError::Io(error) => write!(f, "the program cannot be asked: {error}"),
        }
    }
}

impl std::error::Error for ClientError {}
