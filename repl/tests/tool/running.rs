//! The tool while it goes on running, with its lines as they come.

use crate::folder::Folder;
use crate::{LANG, PATIENCE};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, PipeReader, pipe};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks at what tells nobody that it has changed.
const LOOK: Duration = Duration::from_millis(5);

/// The running tool, with both its streams in one pipe, so that their order is known. Ended when dropped.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    /// Lines read so far.
    seen: Vec<String>,
}

impl Running {
    /// Runs a program of a folder with `--reload`.
    pub fn start(folder: &Folder, file: &str) -> Running {
        Running::with(folder, &["run", "--reload", file])
    }

    /// Runs the tool in a folder with these arguments.
    pub fn with(folder: &Folder, args: &[&str]) -> Running {
        Running::of(Command::new(LANG).args(args).current_dir(folder.path()))
    }

    /// Runs a command that is the tool in the end.
    pub fn of(command: &mut Command) -> Running {
        let (output, both) = pipe().expect("the system has pipes");
        let child = command
            .stdin(Stdio::null())
            .stdout(both.try_clone().expect("just made"))
            .stderr(both)
            .spawn()
            .expect("the tool has been built");
        let (sender, lines) = channel();
        pass_lines(output, sender);
        Running { child, lines, seen: Vec::new() }
    }

    /// The next line that contains `part`.
    #[track_caller]
    pub fn wait_for(&mut self, part: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("`{part}` did not come; this did:\n{}", self.seen.join("\n"));
            };
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Waits until something holds that no line tells.
    #[track_caller]
    pub fn wait_until(&self, what: &str, holds: impl Fn(&Running) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < until, "`{what}` does not come about:\n{}", self.seen.join("\n"));
            thread::park_timeout(LOOK);
        }
    }

    /// All lines so far.
    pub fn seen(&self) -> &[String] {
        &self.seen
    }

    /// Memory that it occupies, in bytes; 0 where the system does not tell.
    pub fn memory(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let kilobytes = text.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
        kilobytes.unwrap_or(0) * 1024
    }

    /// What Ctrl-C does.
    pub fn interrupt(&self) {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGINT).expect("it runs");
    }

    /// What ends a process that is asked to.
    pub fn terminate(&self) {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM).expect("it runs");
    }

    /// What the end of a terminal does, and who asks for a reload.
    pub fn hang_up(&self) {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGHUP).expect("it runs");
    }

    /// The status it ends with.
    #[track_caller]
    pub fn status(self) -> Option<i32> {
        self.end().code()
    }

    /// How it ends.
    #[track_caller]
    pub fn end(mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(Instant::now() < until, "it does not end; this came:\n{}", self.seen.join("\n"));
            thread::park_timeout(LOOK);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pass_lines(stream: PipeReader, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
}
