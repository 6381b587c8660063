//! A host whose effects are data: output is kept, the clock goes only when the program waits, files are in memory.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::rc::Rc;
use std::time::Duration;
use vm::host::{Host, HostError};

/// Everything a program can see and has done.
#[derive(Debug, Default)]
pub struct Effects {
    /// What it printed and nobody has taken yet.
    pub output: String,
    /// Lines it can read.
    pub input: VecDeque<String>,
    /// Files by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Time that has passed.
    pub clock: Duration,
    /// The next seed.
    pub seed: u64,
}

/// Shared access to [`Effects`]: one is given to the VM, another is kept by the test.
#[derive(Clone, Debug, Default)]
pub struct FakeHost(Rc<RefCell<Effects>>);

impl FakeHost {
    /// Nothing printed, no input, no files, at the start of time.
    pub fn new() -> FakeHost {
        FakeHost::default()
    }

    /// Looks at or changes the effects.
    pub fn with<R>(&self, f: impl FnOnce(&mut Effects) -> R) -> R {
        f(&mut self.0.borrow_mut())
    }

    /// What was printed since this was last asked.
    pub fn take_output(&self) -> String {
        self.with(|effects| std::mem::take(&mut effects.output))
    }

    /// Writes a file.
    pub fn write_file(&self, path: &str, text: &str) {
        self.with(|effects| effects.files.insert(path.to_owned(), text.as_bytes().to_vec()));
    }

    /// Removes a file.
    pub fn remove_file(&self, path: &str) {
        self.with(|effects| effects.files.remove(path));
    }

    /// Lets time pass.
    pub fn advance(&self, duration: Duration) {
        self.with(|effects| effects.clock += duration);
    }
}

impl Host for FakeHost {
    fn write(&mut self, text: &str) -> Result<(), HostError> {
        self.with(|effects| effects.output.push_str(text));
        Ok(())
    }

    fn read_line(&mut self, prompt: &str) -> Result<Option<String>, HostError> {
        Ok(self.with(|effects| {
            effects.output.push_str(prompt);
            effects.input.pop_front()
        }))
    }

    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, HostError> {
        self.with(|effects| effects.files.get(path).cloned()).ok_or_else(|| HostError::Failed(io::ErrorKind::NotFound.into()))
    }

    fn file_exists(&mut self, path: &str) -> bool {
        self.with(|effects| effects.files.contains_key(path))
    }

    /// Time starts on the first of January 2000.
    fn wall_clock(&mut self) -> Result<f64, HostError> {
        Ok(946_684_800.0 + self.with(|effects| effects.clock.as_secs_f64()))
    }

    fn monotonic(&mut self) -> Result<Duration, HostError> {
        Ok(self.with(|effects| effects.clock))
    }

    fn sleep(&mut self, duration: Duration) -> Result<(), HostError> {
        self.advance(duration);
        Ok(())
    }

    fn random_seed(&mut self) -> Result<u64, HostError> {
        Ok(self.with(|effects| {
            effects.seed += 1;
            effects.seed
        }))
    }
}
