//! The effects of a program run by the tool: the terminal, the files, the clock.

use crate::input::Input;
use crate::output::output;
use crate::watch::{Print, print_of};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vm::host::{Host, HostError};

/// Program texts that were read or looked for, with what was in them then.
pub type Texts = Rc<RefCell<BTreeMap<String, Print>>>;

/// The host of the command line.
pub struct Console {
    input: Input,
    start: Instant,
    texts: Texts,
}

impl Console {
    /// A host that notes in `texts` which program texts are read and looked for.
    pub fn new(texts: Texts) -> Console {
        Console { input: Input::default(), start: Instant::now(), texts }
    }

    fn note_text(&self, path: &str, content: Option<&Vec<u8>>) {
        if is_program_text(path) {
            self.texts.borrow_mut().insert(path.to_owned(), content.map(|content| print_of(content)));
        }
    }
}

/// Whether a path has the ending of program texts.
pub fn is_program_text(path: &str) -> bool {
    path.ends_with(".lang")
}

impl Host for Console {
    fn write(&mut self, text: &str) -> Result<(), HostError> {
        output().write(text).map_err(HostError::Failed)
    }

    fn line_ready(&mut self, prompt: &str) -> bool {
        if !output().is_asking() {
            if !prompt.is_empty() && output().write(prompt).is_err() {
                return true;
            }
            let _ = output().flush();
            output().set_asking(true);
        }
        self.input.is_ready()
    }

    fn read_line(&mut self, prompt: &str) -> Result<Option<String>, HostError> {
        self.line_ready(prompt);
        let line = self.input.read_line();
        output().set_asking(false);
        line.map_err(HostError::Failed)
    }

    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, HostError> {
        let content = read(path).map_err(HostError::Failed);
        self.note_text(path, content.as_ref().ok());
        content
    }

    fn file_exists(&mut self, path: &str) -> bool {
        let exists = fs::metadata(path).is_ok_and(|found| found.is_file());
        if !exists {
            self.note_text(path, None);
        }
        exists
    }

    fn wall_clock(&mut self) -> Result<f64, HostError> {
        let now = SystemTime::now();
        Ok(match now.duration_since(UNIX_EPOCH) {
            Ok(passed) => passed.as_secs_f64(),
            Err(error) => -error.duration().as_secs_f64(),
        })
    }

    fn monotonic(&mut self) -> Result<Duration, HostError> {
        Ok(self.start.elapsed())
    }

    fn sleep(&mut self, duration: Duration) -> Result<(), HostError> {
        let _ = output().flush();
        std::thread::sleep(duration);
        Ok(())
    }

    fn random_seed(&mut self) -> Result<u64, HostError> {
        Ok(RandomState::new().build_hasher().finish())
    }
}

/// Reads a whole file. What is no file gets an error that says so.
pub fn read(path: &str) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    if found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    if is_endless(&found) {
        return Err(io::Error::other("it is a device, not a file"));
    }
    fs::read(path)
}

#[cfg(unix)]
fn is_endless(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    found.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_endless(_: &fs::Metadata) -> bool {
    false
}
