//! Lines from a socket, of which none is longer than is allowed, and none is waited for longer than is allowed.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longest line of a request or reply, in bytes.
pub(super) const LINE_MAX: usize = 16 << 20;

/// Bytes read at once.
const CHUNK: usize = 16 * 1024;

/// What is read from a socket.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// A line without its line break.
    Text(Vec<u8>),
    /// One that was longer than is allowed. It is left out.
    TooLong,
    /// There are no more. What has no line break behind it is none.
    End,
}

/// Reads a socket line by line.
pub(super) struct Lines {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes of `buffer` known to contain no line break.
    searched: usize,
    /// Whether what comes up to the next line break belongs to a line that was too long.
    is_left_out: bool,
}

impl Lines {
    pub(super) fn new(stream: TcpStream) -> Lines {
        Lines { stream, buffer: Vec::new(), searched: 0, is_left_out: false }
    }

    /// The next line of at most `max` bytes, which must have come until then. That one is longer is told as soon as it is known.
    pub(super) fn next(&mut self, max: usize, until: Option<Instant>) -> io::Result<Line> {
        loop {
            if let Some(at) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(self.searched + at + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                self.searched = 0;
                if std::mem::take(&mut self.is_left_out) {
                    continue;
                }
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(if line.len() > max { Line::TooLong } else { Line::Text(line) });
            }
            self.searched = self.buffer.len();
            if self.is_left_out || self.buffer.len() > max {
                self.buffer = Vec::new();
                self.searched = 0;
                if !std::mem::replace(&mut self.is_left_out, true) {
                    return Ok(Line::TooLong);
                }
            }
            if !self.read_more(until)? {
                return Ok(Line::End);
            }
        }
    }

    /// False at the end.
    fn read_more(&mut self, until: Option<Instant>) -> io::Result<bool> {
        let mut chunk = [0; CHUNK];
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Err(ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(left)?;
            match self.stream.read(&mut chunk) {
                Ok(count) => {
                    self.buffer.extend_from_slice(&chunk[..count]);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(ErrorKind::TimedOut.into()),
                Err(error) => return Err(error),
            }
        }
    }
}
