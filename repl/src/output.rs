//! Standard output and standard error of the tool.
//!
//! What the program prints appears promptly and in order: on a terminal at once; in a pipe or file it is collected and written at the
//! latest [`DELAY`] later by a thread of its own. Everything the tool itself says goes through [`Output::note`], which writes what the
//! program printed before. A reader that has gone away (`| head`) ends the process quietly, as a signal would.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

/// How long output to a pipe or file may be held back.
const DELAY: Duration = Duration::from_millis(20);

/// Bytes that are collected before they are written.
const COLLECTED_MAX: usize = 64 * 1024;

/// Longest beginning of a line that is kept to be shown again, in bytes.
const LINE_START_MAX: usize = 400;

/// Status of a process whose reader has gone away: that of one ended by SIGPIPE.
const STATUS_BROKEN_PIPE: i32 = 141;

/// The process's output.
pub struct Output {
    state: Mutex<State>,
    /// Wakes the thread that writes what has been collected.
    collected: Condvar,
    is_terminal: bool,
    notes_on_terminal: bool,
}

#[derive(Default)]
struct State {
    /// What has not been written yet.
    buffer: Vec<u8>,
    /// The line that has no line break yet, as far as it is needed to show it again.
    line_start: String,
    /// Whether the program waits for a line of input behind `line_start`.
    asks: bool,
    /// Whether the thread that writes runs.
    has_writer: bool,
    /// What went wrong when that thread wrote.
    failed: Option<io::Error>,
}

/// The process's output; made at the first use.
pub fn output() -> &'static Output {
    static OUTPUT: OnceLock<Output> = OnceLock::new();
    OUTPUT.get_or_init(|| Output {
        state: Mutex::default(),
        collected: Condvar::new(),
        is_terminal: io::stdout().is_terminal(),
        notes_on_terminal: io::stderr().is_terminal(),
    })
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether standard output is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Writes what the program prints.
    pub fn write(&'static self, text: &str) -> io::Result<()> {
        let mut state = self.lock();
        if let Some(error) = state.failed.take() {
            return Err(error);
        }
        state.follow(text);
        if self.is_terminal {
            return put(text.as_bytes());
        }
        state.buffer.extend_from_slice(text.as_bytes());
        if state.buffer.len() >= COLLECTED_MAX {
            return state.write_out();
        }
        if state.has_writer {
            self.collected.notify_one();
        } else {
            state.has_writer = thread::Builder::new().name("output".into()).spawn(|| self.write_collected()).is_ok();
            if !state.has_writer {
                return state.write_out();
            }
        }
        Ok(())
    }

    fn write_collected(&self) {
        let mut state = self.lock();
        loop {
            while state.buffer.is_empty() {
                state = self.collected.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            drop(state);
            thread::sleep(DELAY);
            state = self.lock();
            if let Err(error) = state.write_out() {
                state.failed = Some(error);
            }
        }
    }

    /// Writes what has been collected.
    pub fn flush(&self) -> io::Result<()> {
        let mut state = self.lock();
        match state.failed.take() {
            Some(error) => Err(error),
            None => state.write_out(),
        }
    }

    /// Whether the program waits for a line of input.
    pub fn is_asking(&self) -> bool {
        self.lock().asks
    }

    /// Notes that the program begins or ends to wait for a line of input.
    pub fn set_asking(&self, asks: bool) {
        let mut state = self.lock();
        if state.asks && !asks {
            // The user's line break ends the line.
            state.line_start.clear();
        }
        state.asks = asks;
    }

    /// Ends a line that the program has begun, if both streams end up on one screen. Used before something of the tool's own is shown.
    pub fn fresh_line(&self) {
        let mut state = self.lock();
        if self.is_terminal && !state.line_start.is_empty() {
            state.line_start.clear();
            let _ = put(b"\n");
        }
    }

    /// Notes that the user has ended the line that was begun.
    pub fn end_line(&self) {
        self.lock().line_start.clear();
    }

    /// Ends the line on which the terminal shows a pressed Ctrl-C.
    pub fn end_line_of_key(&self) {
        let mut state = self.lock();
        state.line_start.clear();
        if self.is_terminal && io::stdin().is_terminal() {
            let _ = put(b"\n");
        }
    }

    /// Says something on standard error, on lines of its own. If the program waits for input behind a prompt, the prompt is shown again.
    pub fn note(&self, text: &str) {
        let mut state = self.lock();
        let _ = state.write_out();
        let shared = self.is_terminal && self.notes_on_terminal;
        let is_behind_text = shared && !state.line_start.is_empty();
        let mut bytes = Vec::with_capacity(text.len() + 2);
        if is_behind_text || (shared && state.asks) {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(text.as_bytes());
        if !text.ends_with('\n') {
            bytes.push(b'\n');
        }
        let _ = io::stderr().write_all(&bytes);
        if is_behind_text {
            if state.asks {
                let _ = put(state.line_start.as_bytes());
            } else {
                state.line_start.clear();
            }
        }
    }

    /// Writes messages, one after the other.
    pub fn notes(&self, texts: &[String]) {
        for text in texts {
            self.note(text);
        }
    }

    /// Writes everything and ends the process.
    pub fn exit(&self, status: i32) -> ! {
        let written = self.flush();
        if let Err(error) = written
            && status == 0
        {
            let _ = writeln!(io::stderr(), "error: cannot write to standard output: {error}");
            std::process::exit(1);
        }
        std::process::exit(status)
    }
}

impl State {
    /// Keeps track of the line that is being written.
    fn follow(&mut self, text: &str) {
        let rest = match text.rfind('\n') {
            Some(at) => {
                self.line_start.clear();
                &text[at + 1..]
            }
            None => text,
        };
        if self.line_start.len() < LINE_START_MAX {
            self.line_start.extend(rest.chars().take(LINE_START_MAX));
        }
    }

    fn write_out(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let result = put(&self.buffer);
        self.buffer.clear();
        result
    }
}

/// Writes to standard output, all of it.
fn put(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let mut rest = bytes;
    while !rest.is_empty() {
        match stdout.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(n) => rest = &rest[n..],
            Err(error) => wait_or_fail(error)?,
        }
    }
    loop {
        match stdout.flush() {
            Ok(()) => return Ok(()),
            Err(error) => wait_or_fail(error)?,
        }
    }
}

/// Decides about an error while writing: go on, fail, or end the process.
fn wait_or_fail(error: io::Error) -> io::Result<()> {
    match error.kind() {
        ErrorKind::Interrupted => Ok(()),
        ErrorKind::WouldBlock => {
            thread::sleep(Duration::from_millis(1));
            Ok(())
        }
        ErrorKind::BrokenPipe => std::process::exit(STATUS_BROKEN_PIPE),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_line_is_known() {
        let mut state = State::default();
        state.follow("a\nname? ");
        assert_eq!(state.line_start, "name? ");
        state.follow("x");
        assert_eq!(state.line_start, "name? x");
        state.follow("\n");
        assert_eq!(state.line_start, "");
        state.follow(&"é".repeat(1000));
        assert_eq!(state.line_start.chars().count(), LINE_START_MAX);
    }
}
