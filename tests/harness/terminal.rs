//! A program at a terminal: lines are typed into it, and what it writes is read.

use nix::pty::{OpenptyResult, openpty};
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// What a session writes when it waits for an input.
const PROMPT: &str = "> ";

/// The other prompts, which say what is to be seen to.
const OTHER_PROMPTS: [&str; 2] = ["stopped> ", "refused> "];

/// Longest time to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long nothing more must come until an answer that is not the expected one counts as complete, when answers are recorded. When they
/// are checked there is no such time: a busy machine is not a wrong answer.
const QUIET: Duration = Duration::from_millis(1500);

/// A running program. It is ended with the value.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// What was read and not taken yet.
    bytes: Vec<u8>,
    /// Whether the last thing on the screen is a prompt.
    is_asking: bool,
    /// Whether the last answer ended without a prompt, which may still come.
    owes_prompt: bool,
    /// The prompt behind which the next line is typed.
    prompt: &'static str,
    quiet: Duration,
}

impl Terminal {
    /// Starts a program at a terminal that neither echoes nor moves cursors.
    pub fn start(binary: &Path, args: &[&str], folder: &Path) -> io::Result<Terminal> {
        let OpenptyResult { master, slave } = openpty(None, None)?;
        let mut modes = tcgetattr(&slave)?;
        modes.local_flags.remove(LocalFlags::ECHO);
        modes.output_flags.remove(OutputFlags::OPOST);
        tcsetattr(&slave, SetArg::TCSANOW, &modes)?;
        let mut command = Command::new(binary);
        command.args(args).current_dir(folder).env_remove("LANG_PATH").env("TERM", "dumb");
        command.env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder).env("XDG_RUNTIME_DIR", folder.join(".runtime"));
        command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
        let child = command.spawn()?;
        let keyboard = File::from(master.try_clone()?);
        let mut reader = File::from(master);
        let quiet = if std::env::var_os("UPDATE").is_some() { QUIET } else { PATIENCE };
        let (sender, screen) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The end of the program is an error of the terminal.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Ok(Terminal { child, keyboard, screen, bytes: Vec::new(), is_asking: false, owes_prompt: false, prompt: PROMPT, quiet })
    }

    /// Types a line.
    pub fn send(&mut self, line: &str) {
        // A program that has ended is noticed by its missing answer.
        let _ = writeln!(self.keyboard, "{line}");
        self.is_asking = false;
    }

    /// The prompt behind which the next line is typed.
    pub fn prompt(&self) -> &'static str {
        self.prompt
    }

    /// Waits for the first prompt and forgets what stands before it.
    pub fn greeting(&mut self) {
        self.answer("\0");
    }

    /// What the program writes until it asks again, or until it has written what is expected and is quiet.
    pub fn answer(&mut self, expected: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = String::from_utf8_lossy(&self.bytes).into_owned();
            let prompt = OTHER_PROMPTS.into_iter().find(|prompt| text.ends_with(prompt)).unwrap_or(PROMPT);
            let text = OTHER_PROMPTS.into_iter().fold(text, |text, other| text.replace(other, PROMPT));
            // A line break ends a prompt that something interrupts.
            let text = text.strip_prefix(PROMPT).filter(|rest| self.owes_prompt && !rest.is_empty()).unwrap_or(&text).to_owned();
            let shown = without_prompts(text.strip_prefix('\n').filter(|_| self.is_asking).unwrap_or(&text));
            let is_asking = text.ends_with(&format!("\n{PROMPT}")) || text == PROMPT;
            let is_complete = is_asking && (!shown.is_empty() || expected.is_empty());
            if is_complete || (shown == expected && !expected.is_empty()) {
                if let Ok(more) = self.screen.recv_timeout(Duration::from_millis(if is_asking { 0 } else { 300 })) {
                    self.bytes.extend(more);
                    continue;
                }
                self.bytes.clear();
                self.is_asking = is_asking;
                self.prompt = prompt;
                self.owes_prompt = !is_asking;
                return shown;
            }
            let wait = if Instant::now() > deadline { Duration::ZERO } else { self.quiet };
            match self.screen.recv_timeout(wait) {
                Ok(more) => self.bytes.extend(more),
                Err(_) if Instant::now() > deadline || !text.is_empty() => {
                    self.bytes.clear();
                    self.owes_prompt = true;
                    return shown;
                }
                Err(_) => {}
            }
        }
    }
}

/// The text without the prompt that ends it, and without one that was interrupted by what follows it.
fn without_prompts(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        if line != PROMPT && line.trim_end() != PROMPT.trim_end() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
