//! A host whose effects are data: output is kept, the clock goes only when the program waits, files are in memory.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::rc::Rc;
use std::time::Duration;
use vm::host::{FileInfo, FileKind, Host, HostError, WriteMode};

/// Everything a program can see and has done.
#[derive(Debug, Default)]
pub struct Effects {
    /// What it printed and nobody has taken yet.
    pub output: String,
    /// Lines it can read.
    pub input: VecDeque<String>,
    /// Files by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Directories by path, beside the current one.
    pub directories: BTreeSet<String>,
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

/// Time starts on the first of January 2000.
const START: f64 = 946_684_800.0;

fn failed<T>(kind: io::ErrorKind) -> Result<T, HostError> {
    Err(HostError::Failed(kind.into()))
}

/// A path as it is kept: without `.` and doubled `/`. The current directory is empty.
fn key(path: &str) -> String {
    let key = vm::reload::normalise(path);
    if key == "/" { String::new() } else { key }
}

impl Effects {
    fn is_directory(&self, key: &str) -> bool {
        key.is_empty() || self.directories.contains(key) || self.has_inside(key)
    }

    fn has_inside(&self, key: &str) -> bool {
        let inside = format!("{key}/");
        self.files.keys().chain(&self.directories).any(|path| path.starts_with(&inside))
    }

    /// Whether the directory that something is to be made in is there.
    fn has_parent(&self, key: &str) -> bool {
        self.is_directory(key.rsplit_once('/').map_or("", |(parent, _)| parent))
    }
}

impl Host for FakeHost {
    fn write(&mut self, text: &str) -> Result<(), HostError> {
        self.with(|effects| effects.output.push_str(text));
        Ok(())
    }

    fn write_error(&mut self, text: &str) -> Result<(), HostError> {
        self.with(|effects| effects.output.push_str(&format!("message: {text}")));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), HostError> {
        Ok(())
    }

    fn read_line(&mut self, prompt: &str) -> Result<Option<String>, HostError> {
        Ok(self.with(|effects| {
            effects.output.push_str(prompt);
            effects.input.pop_front()
        }))
    }

    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, HostError> {
        let path = key(path);
        self.with(|effects| match effects.files.get(&path) {
            Some(data) => Ok(data.clone()),
            None if effects.is_directory(&path) => failed(io::ErrorKind::IsADirectory),
            None => failed(io::ErrorKind::NotFound),
        })
    }

    fn file_exists(&mut self, path: &str) -> bool {
        self.with(|effects| effects.files.contains_key(&key(path)))
    }

    fn file_info(&mut self, path: &str) -> Result<Option<FileInfo>, HostError> {
        let path = key(path);
        Ok(self.with(|effects| {
            let info = |kind, size| FileInfo { kind, is_link: false, size, modified: Some(START) };
            match effects.files.get(&path) {
                Some(data) => Some(info(FileKind::File, data.len() as u64)),
                None => effects.is_directory(&path).then(|| info(FileKind::Directory, 0)),
            }
        }))
    }

    fn list_directory(&mut self, path: &str) -> Result<Vec<String>, HostError> {
        let path = key(path);
        self.with(|effects| {
            if effects.files.contains_key(&path) {
                return failed(io::ErrorKind::NotADirectory);
            }
            if !effects.is_directory(&path) {
                return failed(io::ErrorKind::NotFound);
            }
            let inside = if path.is_empty() { String::new() } else { format!("{path}/") };
            let all = effects.files.keys().chain(&effects.directories);
            let names = all.filter_map(|path| path.strip_prefix(&inside)).filter_map(|rest| rest.split('/').next());
            // In the order in which no program should rely on.
            Ok(names.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().rev().collect())
        })
    }

    fn write_file(&mut self, path: &str, data: &[u8], mode: WriteMode) -> Result<(), HostError> {
        let path = key(path);
        self.with(|effects| {
            if effects.is_directory(&path) {
                return failed(io::ErrorKind::IsADirectory);
            }
            if !effects.has_parent(&path) {
                return failed(io::ErrorKind::NotFound);
            }
            let file = effects.files.entry(path).or_default();
            if mode == WriteMode::Replace {
                file.clear();
            }
            file.extend_from_slice(data);
            Ok(())
        })
    }

    fn remove_file(&mut self, path: &str) -> Result<(), HostError> {
        let path = key(path);
        self.with(|effects| match effects.files.remove(&path) {
            Some(_) => {
                // The directory stays when its last file goes.
                effects.directories.extend(path.rsplit_once('/').map(|(parent, _)| parent.to_owned()));
                Ok(())
            }
            None if effects.is_directory(&path) => failed(io::ErrorKind::IsADirectory),
            None => failed(io::ErrorKind::NotFound),
        })
    }

    fn make_directory(&mut self, path: &str) -> Result<(), HostError> {
        let path = key(path);
        self.with(|effects| {
            if effects.files.contains_key(&path) || effects.is_directory(&path) {
                return failed(io::ErrorKind::AlreadyExists);
            }
            if !effects.has_parent(&path) {
                return failed(io::ErrorKind::NotFound);
            }
            effects.directories.insert(path);
            Ok(())
        })
    }

    fn remove_directory(&mut self, path: &str) -> Result<(), HostError> {
        let path = key(path);
        self.with(|effects| {
            if effects.files.contains_key(&path) {
                return failed(io::ErrorKind::NotADirectory);
            }
            if effects.has_inside(&path) {
                return failed(io::ErrorKind::DirectoryNotEmpty);
            }
            if effects.directories.remove(&path) { Ok(()) } else { failed(io::ErrorKind::NotFound) }
        })
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), HostError> {
        let (from, to) = (key(from), key(to));
        self.with(|effects| {
            if !effects.has_parent(&to) {
                return failed(io::ErrorKind::NotFound);
            }
            if effects.files.contains_key(&from) && effects.is_directory(&to) {
                return failed(io::ErrorKind::IsADirectory);
            }
            if let Some(data) = effects.files.remove(&from) {
                effects.files.insert(to, data);
                return Ok(());
            }
            if from.is_empty() || !effects.is_directory(&from) {
                return failed(io::ErrorKind::NotFound);
            }
            let moved = |path: &str| match path.strip_prefix(&from) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{to}{rest}"),
                _ => path.to_owned(),
            };
            effects.files = effects.files.iter().map(|(path, data)| (moved(path), data.clone())).collect();
            effects.directories = effects.directories.iter().map(|path| moved(path)).collect();
            Ok(())
        })
    }

    fn wall_clock(&mut self) -> Result<f64, HostError> {
        Ok(START + self.with(|effects| effects.clock.as_secs_f64()))
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

    fn environment(&mut self) -> Result<Vec<(String, String)>, HostError> {
        Ok([("USER", "somebody"), ("LANGUAGE", "en")].map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec())
    }

    fn arguments(&mut self) -> Result<Vec<String>, HostError> {
        Ok(vec!["first".to_owned(), "second".to_owned()])
    }

    fn current_directory(&mut self) -> Result<String, HostError> {
        Ok("/current".to_owned())
    }

    fn platform(&mut self) -> Result<String, HostError> {
        Ok("memory".to_owned())
    }

    fn process_id(&mut self) -> Result<u32, HostError> {
        Ok(1)
    }
}
