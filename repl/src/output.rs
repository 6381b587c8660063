//! Standard output and standard error of the tool.
//!
//! What the program prints appears promptly and in order: on a terminal at once; in a pipe or file it is collected and written at the
//! latest [`DELAY`] later by a thread of its own. Everything the tool itself says goes through [`Output::note`], which writes what the
//! program printed before. A reader that has gone away (`| head`) ends the process quietly, as a signal would.
//!
//! Below all this there may be a [status line](StatusLine), which is taken away for everything that is written.

use crate::editor::Printer;
use crate::status::{Due, Facts, StatusLine, Work};
use crate::terminal;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// How long output to a pipe or file may be held back.
const DELAY: Duration = Duration::from_millis(20);

/// Bytes that are collected before they are written.
const COLLECTED_MAX: usize = 64 * 1024;

/// How often one who may not wait long tries to get at the output, a millisecond apart.
const LOCK_TRIES: u32 = 100;

/// Longest beginning of a line that is kept to be shown again, in bytes.
const LINE_START_MAX: usize = 400;

/// What an editor of lines has switched on and no mode of the terminal tells: pastes are marked.
pub const EDITOR_OFF: &str = "\x1b[?2004l\r\n";

/// Bytes that are printed above a prompt at once, or little more. The editor of lines looks at keys in between.
const AT_ONCE: usize = 8 * 1024;

/// Bytes that wait to be printed above a prompt before the program is held up a little.
const ABOVE_MAX: usize = 256 * 1024;

/// Status of a process whose reader has gone away: that of one ended by SIGPIPE.
const STATUS_BROKEN_PIPE: i32 = 141;

/// The process's output.
pub struct Output {
    state: Mutex<State>,
    /// Wakes the thread that writes what has been collected.
    collected: Condvar,
    /// Wakes the thread that draws the status line.
    status_changed: Condvar,
    /// Wakes the thread that prints above the prompt, and who waits for it.
    above_changed: Condvar,
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
    status: StatusLine,
    /// Whether a prompt is open that somebody types behind while the program goes on.
    has_prompt: bool,
    /// Lines that are to be printed above it.
    above: String,
    /// The line that was begun while it is.
    begun: String,
    /// What the thread that draws it waits for.
    drawer: Drawer,
}

/// What the thread that draws the status line does.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Drawer {
    #[default]
    Works,
    /// It looks again soon; what is set until then may be due earlier.
    WaitsForTime,
    /// There is nothing to be drawn until something is set or written.
    Sleeps,
}

/// The process's output; made at the first use.
pub fn output() -> &'static Output {
    static OUTPUT: OnceLock<Output> = OnceLock::new();
    OUTPUT.get_or_init(|| Output {
        state: Mutex::default(),
        collected: Condvar::new(),
        status_changed: Condvar::new(),
        above_changed: Condvar::new(),
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

    /// From now on there are prompts that somebody types behind while the program goes on. What prints above them may wait until such a prompt
    /// is read again: it has a thread of its own.
    pub fn set_printer(&'static self, mut printer: Printer) -> io::Result<()> {
        let print = move || {
            loop {
                let lines = self.lines_above();
                if !printer(lines.clone()) {
                    let _ = put(lines.as_bytes());
                }
                // Keys come to their turn.
                thread::sleep(DELAY);
            }
        };
        thread::Builder::new().name("printer".into()).spawn(print).map(|_| ())
    }

    /// Lines to print above the prompt, once there are some.
    fn lines_above(&self) -> String {
        let mut state = self.lock();
        while state.above.is_empty() || !state.has_prompt {
            state = self.above_changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        self.above_changed.notify_all();
        let end =
            state.above.char_indices().find(|(at, c)| *c == '\n' && *at >= AT_ONCE).map_or(state.above.len(), |(at, _)| at + 1);
        let rest = state.above.split_off(end);
        std::mem::replace(&mut state.above, rest)
    }

    /// Such a prompt is open from now on: whole lines are printed above it.
    pub fn begin_prompt(&self) {
        self.lock().has_prompt = true;
    }

    /// It is closed. What has not been printed above it comes below, a line that was begun too.
    pub fn end_prompt(&self) {
        let mut state = self.lock();
        state.has_prompt = false;
        let left = std::mem::take(&mut state.above) + &std::mem::take(&mut state.begun);
        if !left.is_empty() {
            state.follow(&left);
            let _ = put(left.as_bytes());
        }
    }

    /// Has text printed above the prompt, if one is open. What is no whole line yet waits for its end.
    fn print_above<'s>(&'s self, mut state: MutexGuard<'s, State>, text: &str) -> Result<(), MutexGuard<'s, State>> {
        if !state.has_prompt {
            return Err(state);
        }
        state.begun.push_str(text);
        if let Some(end) = state.begun.rfind('\n') {
            let rest = state.begun.split_off(end + 1);
            let lines = std::mem::replace(&mut state.begun, rest);
            state.above.push_str(&lines);
            self.above_changed.notify_all();
        }
        if state.above.len() > ABOVE_MAX {
            // For a moment only: whoever reads the prompt may be waiting for this thread.
            drop(self.above_changed.wait_timeout(state, DELAY).unwrap_or_else(PoisonError::into_inner));
        }
        Ok(())
    }

    /// It is left as it is, because the process ends: what the editor has switched on is switched off.
    pub fn leave_prompt(&self) {
        self.lock().has_prompt = false;
        let _ = put(EDITOR_OFF.as_bytes());
        self.end_prompt();
    }

    /// Writes what the program prints.
    pub fn write(&'static self, text: &str) -> io::Result<()> {
        let Err(mut state) = self.print_above(self.lock(), text) else { return Ok(()) };
        if let Some(error) = state.failed.take() {
            return Err(error);
        }
        state.follow(text);
        if self.is_terminal {
            let asks = state.asks;
            let around = state.status.around(text, Instant::now(), asks);
            let result = put(around.as_bytes());
            self.wake_if_missing(&mut state);
            return result;
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

    /// Writes what the program says on standard error.
    pub fn write_error(&self, text: &str) -> io::Result<()> {
        let mut state = self.lock();
        if self.notes_on_terminal {
            match self.print_above(state, text) {
                Ok(()) => return Ok(()),
                Err(unchanged) => state = unchanged,
            }
        }
        state.write_out()?;
        let asks = state.asks;
        let around = state.status.around(text, Instant::now(), asks);
        let result = io::stderr().write_all(around.as_bytes());
        self.wake_if_missing(&mut state);
        result
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

    /// From now on there may be a status line, and it is told what takes its time.
    pub fn expect_status(&'static self) {
        let mut state = self.lock();
        if self.is_terminal && self.notes_on_terminal {
            state.status.expect();
        }
        drop(state);
        // Without the thread there is no such line.
        let _ = thread::Builder::new().name("status".into()).spawn(|| self.keep_status());
    }

    /// There is a status line from now on.
    pub fn begin_status(&self) {
        self.change_status(StatusLine::begin);
    }

    /// There is no status line any more.
    pub fn end_status(&self) {
        self.change_status(|status| show(status.end()));
    }

    /// The same where the program may be in the middle of a write, which then stays as it is.
    pub fn try_end_status(&self) {
        if let Some(mut state) = self.lock_soon() {
            show(state.status.end());
        }
    }

    /// Takes the status line away until something changes.
    pub fn hide_status(&self) {
        if let Some(mut state) = self.lock_soon() {
            show(state.status.erase());
        }
    }

    /// Draws the status line again, as the window is now.
    pub fn redraw(&self) {
        if let Some(mut state) = self.lock_soon() {
            self.change(&mut state, StatusLine::touch);
        }
    }

    /// Sets what the status line says.
    pub fn set_facts(&self, facts: Facts) {
        self.change_status(|status| status.set_facts(facts));
    }

    /// Sets what is being done that may take its time.
    pub fn set_work(&self, work: Option<Work>) {
        self.change_status(|status| status.set_work(work));
    }

    fn change_status(&self, change: impl FnOnce(&mut StatusLine)) {
        self.change(&mut self.lock(), change);
    }

    fn change(&self, state: &mut State, change: impl FnOnce(&mut StatusLine)) {
        change(&mut state.status);
        if std::mem::take(&mut state.drawer) != Drawer::Works {
            self.status_changed.notify_one();
        }
    }

    fn wake_if_missing(&self, state: &mut State) {
        // Each wake-up costs as much as a write: a program that writes all the time wakes it once.
        if state.drawer == Drawer::Sleeps && state.status.is_missing(state.asks) {
            state.drawer = Drawer::Works;
            self.status_changed.notify_one();
        }
    }

    fn keep_status(&self) {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            match state.status.due(now, state.asks) {
                Due::Draw => show(&state.status.draw(now)),
                Due::Tell => {
                    let text = state.status.tell();
                    drop(state);
                    self.notes(text.as_slice());
                    state = self.lock();
                }
                Due::After(time) => {
                    state.drawer = Drawer::WaitsForTime;
                    state = self.status_changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0;
                    state.drawer = Drawer::Works;
                }
                Due::Never => {
                    state.drawer = Drawer::Sleeps;
                    state = self.status_changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    state.drawer = Drawer::Works;
                }
            }
        }
    }

    /// The state, unless the program is held up in the middle of a write, or this thread was.
    fn lock_soon(&self) -> Option<MutexGuard<'_, State>> {
        for _ in 0..LOCK_TRIES {
            match self.state.try_lock() {
                Ok(state) => return Some(state),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
            }
        }
        None
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
        let is_open = !state.line_start.is_empty();
        state.line_start.clear();
        // A terminal that gives single keys shows none.
        if self.is_terminal && io::stdin().is_terminal() && (is_open || !terminal::has_keys()) {
            let asks = state.asks;
            let _ = put(state.status.around("\n", Instant::now(), asks).as_bytes());
        }
    }

    /// Says something on standard error, on lines of its own. If the program waits for input behind a prompt, the prompt is shown again.
    pub fn note(&self, text: &str) {
        let mut state = self.lock();
        if self.notes_on_terminal {
            match self.print_above(state, &format!("{}\n", text.trim_end_matches('\n'))) {
                Ok(()) => return,
                Err(unchanged) => state = unchanged,
            }
        }
        self.note_in(&mut state, text);
    }

    /// The same from where the program may be in the middle of a write; then it may come in the midst of that.
    pub fn note_at_once(&self, text: &str) {
        match self.lock_soon() {
            Some(mut state) => self.note_in(&mut state, text),
            None => {
                let _ = writeln!(io::stderr(), "\n{text}");
            }
        }
    }

    fn note_in(&self, state: &mut State, text: &str) {
        let _ = state.write_out();
        let shared = self.is_terminal && self.notes_on_terminal;
        let is_behind_text = shared && !state.line_start.is_empty();
        let mut bytes = Vec::with_capacity(text.len() + 2);
        bytes.extend_from_slice(state.status.erase().as_bytes());
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
        state.status.follow_lines();
        self.wake_if_missing(state);
    }

    /// Writes messages, one after the other.
    pub fn notes(&self, texts: &[String]) {
        for text in texts {
            self.note(text);
        }
    }

    /// Writes everything and ends the process.
    pub fn exit(&self, status: i32) -> ! {
        self.end_status();
        terminal::restore();
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

/// Writes a part of the status line.
fn show(text: &str) {
    if !text.is_empty() {
        // A terminal that is gone shows nothing.
        let _ = io::stderr().write_all(text.as_bytes());
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
        ErrorKind::BrokenPipe => {
            terminal::restore();
            std::process::exit(STATUS_BROKEN_PIPE)
        }
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
