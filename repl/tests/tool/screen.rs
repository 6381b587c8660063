//! The tool in a terminal: keys go in, and a screen shows what a user would see.

use crate::folder::Folder;
use crate::{LANG, PATIENCE};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rustix::termios::{LocalModes, tcgetattr};
use std::io::{Read, Write};
use std::num::NonZero;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

pub const CTRL_A: &str = "\x01";
pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";
pub const ENTER: &str = "\r";
pub const UP: &str = "\x1b[A";

/// Rows of the screen: enough that nothing a test waits for is scrolled away.
const ROWS: u16 = 60;

/// Between two looks at what tells nobody that it has changed.
const LOOK: Duration = Duration::from_millis(5);

/// A terminal that runs the tool. Ended when dropped.
pub struct Terminal {
    child: Child,
    pty: Arc<Pty>,
    shown: Arc<Shown>,
}

/// How a terminal is left.
pub struct Ended {
    pub status: ExitStatus,
    /// Whether it gives single keys.
    pub gives_keys: bool,
    /// What the screen shows.
    pub text: String,
}

/// What has come out of the terminal.
struct Shown {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    /// Whether nothing writes to it any more.
    has_ended: bool,
}

impl Terminal {
    /// A session in a terminal of 80 columns, at its prompt.
    #[track_caller]
    pub fn session(folder: &Folder) -> Terminal {
        let terminal = Terminal::start(folder, 80, &[], &[]);
        terminal.wait_for_prompt();
        terminal
    }

    /// Runs the tool in a folder, where it also keeps its history.
    pub fn start(folder: &Folder, columns: u16, args: &[&str], envs: &[(&str, &str)]) -> Terminal {
        let (pty, pts) = open().expect("the system has terminals");
        pty.resize(Size::new(ROWS, columns)).expect("a new terminal");
        let child = Command::new(LANG)
            .args(args)
            .current_dir(folder.path())
            .env_remove("NO_COLOR")
            .env("TERM", "xterm-256color")
            .env("XDG_DATA_HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .envs(envs.iter().copied())
            .spawn(pts)
            .expect("the tool has been built");
        let state = State { parser: vt100::Parser::new(size(ROWS), size(columns), 0), bytes: Vec::new(), has_ended: false };
        let shown = Arc::new(Shown { state: Mutex::new(state), changed: Condvar::new() });
        let pty = Arc::new(pty);
        let (from, to) = (pty.clone(), shown.clone());
        thread::spawn(move || to.follow(&from));
        Terminal { child, pty, shown }
    }

    /// Presses keys.
    pub fn press(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("the terminal is open");
    }

    /// Types a line and waits until `answer`, which was not on the screen before, and a new prompt are.
    #[track_caller]
    pub fn ask(&self, line: &str, answer: &str) {
        assert!(!self.text().contains(answer), "`{answer}` is there already:\n{}", self.text());
        self.press(line);
        self.press(ENTER);
        self.wait(answer, |screen| screen.contents().contains(answer) && is_at_prompt(screen));
    }

    /// Waits until the screen contains a text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits for an empty prompt.
    #[track_caller]
    pub fn wait_for_prompt(&self) {
        self.wait("a prompt", is_at_prompt);
    }

    /// Waits until something holds of the screen.
    #[track_caller]
    pub fn wait(&self, what: &str, is_there: impl Fn(&vt100::Screen) -> bool) {
        let until = Instant::now() + PATIENCE;
        let mut state = self.shown.lock();
        while !is_there(state.parser.screen()) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "`{what}` is not on the screen:\n{}", state.parser.screen().contents());
            state = self.shown.changed.wait_timeout(state, left).expect("no panic in the thread").0;
        }
    }

    /// What the screen shows.
    pub fn text(&self) -> String {
        self.shown.lock().parser.screen().contents()
    }

    /// All that was ever written to the terminal.
    pub fn bytes(&self) -> Vec<u8> {
        self.shown.lock().bytes.clone()
    }

    /// Makes the window so many columns wide.
    pub fn resize(&self, columns: u16) {
        self.shown.lock().parser.screen_mut().set_size(size(ROWS), size(columns));
        self.pty.resize(Size::new(ROWS, columns)).expect("the terminal is open");
    }

    /// Whether single keys arrive, without lines and echo.
    pub fn gives_keys(&self) -> bool {
        let modes = tcgetattr(&*self.pty).expect("the terminal is open").local_modes;
        !modes.intersects(LocalModes::ICANON | LocalModes::ECHO)
    }

    /// Waits until something holds of the terminal that writes nothing to it.
    #[track_caller]
    pub fn wait_until(&self, what: &str, holds: impl Fn(&Terminal) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < until, "`{what}` does not come about:\n{}", self.text());
            thread::park_timeout(LOOK);
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("it runs");
    }

    /// The status it ends with.
    pub fn status(mut self) -> Option<i32> {
        self.child.wait().expect("a child").code()
    }

    /// How it ends, and leaves the terminal.
    pub fn end(mut self) -> Ended {
        let status = self.child.wait().expect("a child");
        let gives_keys = self.gives_keys();
        // What was written last may be on its way.
        let mut state = self.shown.lock();
        while !state.has_ended {
            state = self.shown.changed.wait_timeout(state, PATIENCE).expect("no panic in the thread").0;
        }
        let text = state.parser.screen().contents();
        drop(state);
        Ended { status, gives_keys, text }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic in the thread")
    }

    fn follow(&self, mut pty: &Pty) {
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = pty.read(&mut chunk) {
            let mut state = self.lock();
            state.parser.process(&chunk[..count]);
            state.bytes.extend_from_slice(&chunk[..count]);
            self.changed.notify_all();
        }
        self.lock().has_ended = true;
        self.changed.notify_all();
    }
}

/// Whether the cursor stands behind a prompt on a line that is otherwise empty.
fn is_at_prompt(screen: &vt100::Screen) -> bool {
    let (row, column) = screen.cursor_position();
    let line = screen.rows(0, u16::MAX).nth(row as usize).unwrap_or_default();
    [">", "refused>"].contains(&line.trim_end()) && usize::from(column) == line.trim_end().len() + 1
}

fn size(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a screen is not empty")
}
