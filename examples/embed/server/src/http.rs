//! As much of HTTP/1.1 as the example needs: one request for each connection.

use embed::prelude::*;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

/// Longest body that is taken.
const BODY_MAX: usize = 1 << 20;

/// Longest line that is taken.
const LINE_MAX: u64 = 8 << 10;

/// How long a client may say nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a client asks.
#[derive(Class, Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, …
    #[script(get)]
    pub method: String,
    /// The path without what follows `?`.
    #[script(get)]
    pub path: String,
    /// What follows `?`.
    #[script(get)]
    pub query: String,
    /// The body.
    #[script(get)]
    pub body: String,
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Response {
    /// A response with a text.
    pub fn new(status: u16, body: &str) -> Response {
        Response { status, body: body.to_owned() }
    }
}

/// A request with the way back.
pub struct Answered {
    /// The request.
    pub request: Request,
    /// Where the response goes.
    pub answer: Sender<Response>,
}

/// Accepts clients for ever, each in a thread of its own.
pub fn accept(listener: &TcpListener, requests: &Sender<Answered>) {
    for stream in listener.incoming().flatten() {
        let requests = requests.clone();
        // A broken connection is a closed one.
        thread::spawn(move || drop(converse(&stream, &requests)));
    }
}

fn converse(mut stream: &TcpStream, requests: &Sender<Answered>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let response = match read(&mut BufReader::new(stream)) {
        Ok(request) => {
            let (answer, answered) = channel();
            if requests.send(Answered { request, answer }).is_err() {
                return Ok(());
            }
            answered.recv().unwrap_or_else(|_| Response::new(503, "the server ends\n"))
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Response::new(400, &format!("{error}\n")),
        Err(error) => return Err(error),
    };
    let (status, length) = (response.status, response.body.len());
    let head = format!(
        "HTTP/1.1 {status} -\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(response.body.as_bytes())
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A line without its end.
fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.take(LINE_MAX).read_line(&mut line)?;
    line.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| wrong("a line has no end"))
}

fn read(stream: &mut impl BufRead) -> io::Result<Request> {
    let first = line(stream)?;
    let [method, target, "HTTP/1.1"] = first.split(' ').collect::<Vec<_>>()[..] else {
        return Err(wrong("that is no request of HTTP/1.1"));
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut length = 0;
    loop {
        let header = line(stream)?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value
                .trim()
                .parse()
                .ok()
                .filter(|length| *length <= BODY_MAX)
                .ok_or_else(|| wrong("a body of this length is not taken"))?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let body = String::from_utf8(body).map_err(|_| wrong("the body is no text"))?;
    Ok(Request { method: method.to_owned(), path: path.to_owned(), query: query.to_owned(), body })
}
