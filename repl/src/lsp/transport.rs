//! Messages over standard input and output, each behind a header with its length. A message that cannot be read is told as such, and
//! reading goes on with the next one.

use super::server::Event;
use gen_lsp_types::json_rpc::Id;
use serde_json::{Value, json};
use std::io::{self, BufRead, Read, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// Longest line of a header, in bytes.
const HEADER_BYTES_MAX: u64 = 8 * 1024;

/// Largest message, in bytes: four times the largest program text.
const MESSAGE_BYTES_MAX: u64 = 1 << 30;

/// What the client sends.
#[derive(Debug, PartialEq)]
pub enum Message {
    /// It wants an answer.
    Request {
        /// What the answer carries, too.
        id: Id,
        /// What it wants.
        method: String,
        /// About what.
        params: Value,
    },
    /// It wants no answer.
    Notification {
        /// What it tells.
        method: String,
        /// About what.
        params: Value,
    },
    /// An answer to the server.
    Response {
        /// The error, if it could not be done.
        error: Option<Value>,
    },
}

/// Why a message cannot be taken in.
#[derive(Debug, PartialEq)]
pub struct Malformed {
    /// Of the request, if it has one.
    pub id: Id,
    /// The number that the protocol has for it.
    pub code: i32,
    /// What is wrong.
    pub message: String,
}

/// Is no JSON.
const PARSE_ERROR: i32 = -32700;

/// Is no message.
const INVALID_REQUEST: i32 = -32600;

/// Reads standard input on a thread of its own.
pub fn read(events: Sender<Event>) {
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let event = match next(&mut input) {
                Ok(Some(Ok(message))) => Event::Message(message),
                Ok(Some(Err(malformed))) => Event::Malformed(malformed),
                Ok(None) | Err(_) => {
                    // The server may have ended already.
                    let _ = events.send(Event::Closed);
                    return;
                }
            };
            if events.send(event).is_err() {
                return;
            }
        }
    });
}

/// The next message; `None` at the end.
fn next(input: &mut impl BufRead) -> io::Result<Option<Result<Message, Malformed>>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(HEADER_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            match length {
                Some(length) => break body(input, length).map(Some),
                None => continue,
            }
        }
        let given = line.split_once(':').filter(|(name, _)| name.trim().eq_ignore_ascii_case("Content-Length"));
        if let Some((_, number)) = given {
            match number.trim().parse::<u64>() {
                Ok(number) if number <= MESSAGE_BYTES_MAX => length = Some(number),
                _ => return Ok(Some(Err(malformed(PARSE_ERROR, format!("`{line}` is no length of a message"))))),
            }
        }
    }
}

fn body(input: &mut impl BufRead, length: u64) -> io::Result<Result<Message, Malformed>> {
    let mut bytes = Vec::new();
    input.by_ref().take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(match serde_json::from_slice(&bytes) {
        Ok(value) => message(value),
        Err(error) => Err(malformed(PARSE_ERROR, format!("the message is no JSON: {error}"))),
    })
}

fn malformed(code: i32, message: String) -> Malformed {
    Malformed { id: Id::Null, code, message }
}

/// What a value means.
fn message(value: Value) -> Result<Message, Malformed> {
    let Value::Object(mut fields) = value else {
        return Err(malformed(INVALID_REQUEST, "a message is an object; lists of messages are not read".to_owned()));
    };
    let id = fields.remove("id").map(serde_json::from_value::<Id>);
    let params = fields.remove("params").unwrap_or(Value::Null);
    match (fields.remove("method"), id) {
        (Some(Value::String(method)), None) => Ok(Message::Notification { method, params }),
        (Some(Value::String(method)), Some(Ok(id))) if id != Id::Null => Ok(Message::Request { id, method, params }),
        (None, Some(_)) => Ok(Message::Response { error: fields.remove("error") }),
        (_, Some(Ok(id))) => Err(Malformed { id, code: INVALID_REQUEST, message: "`method` is no text".to_owned() }),
        _ => Err(malformed(INVALID_REQUEST, "a request has a `method`, and an `id` that is a whole number or a text".to_owned())),
    }
}

/// Writes to standard output on a thread of its own, so that a client that does not read lets nobody wait.
pub struct Writer {
    messages: Sender<Value>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Begins.
    pub fn start() -> Writer {
        let (messages, waiting) = channel();
        let thread = thread::spawn(move || write_all(&waiting));
        Writer { messages, thread }
    }

    /// Sends a message, without the field that all have.
    pub fn send(&self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        // A client that has gone reads nothing.
        let _ = self.messages.send(message);
    }

    /// Waits until all is written.
    pub fn finish(self) {
        drop(self.messages);
        // It does not panic: it only writes.
        let _ = self.thread.join();
    }
}

fn write_all(waiting: &Receiver<Value>) {
    let mut output = io::stdout().lock();
    for message in waiting {
        let text = message.to_string();
        let written = write!(output, "Content-Length: {}\r\n\r\n{text}", text.len()).and_then(|()| output.flush());
        if written.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<Result<Message, Malformed>> {
        let mut input = text.as_bytes();
        std::iter::from_fn(|| next(&mut input).ok().flatten()).collect()
    }

    fn framed(text: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{text}", text.len())
    }

    #[test]
    fn reading_goes_on_behind_what_cannot_be_read() {
        let text = ["{", "[]", r#"{"id":1.5,"method":"a"}"#, r#"{"id":1,"method":2}"#, r#"{"method":"b","params":[1]}"#]
            .map(framed)
            .concat();
        let found = read_all(&format!("rubbish\r\n\r\nContent-Length: -1\r\n\r\n{text}Content-Length: 9\r\n\r\nshort"));
        assert_eq!(found.len(), 6, "{found:?}");
        assert!(found[..5].iter().all(Result::is_err), "{found:?}");
        assert_eq!(found[5], Ok(Message::Notification { method: "b".to_owned(), params: json!([1]) }));
    }

    #[test]
    fn headers_are_read_as_they_come() {
        let found = read_all("Content-Type: x\r\ncontent-length:  14\r\n\r\n{\"method\":\"a\"}");
        assert_eq!(found, [Ok(Message::Notification { method: "a".to_owned(), params: Value::Null })]);
    }
}
