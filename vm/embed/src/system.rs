//! The effects of the system: files, streams, the clock.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vm::host::{FileInfo, FileKind, Host, HostError, WriteMode};

/// Most bytes that are read of a pipe.
#[cfg(unix)]
const PIPE_MAX: usize = 1 << 30;

/// Lets everything through to the system: for scripts that may do what the program may. [`Sandbox`](crate::Sandbox) lets a part of it through.
///
/// Output goes to the process's standard streams, lines of input come from there; files are those of the process.
///
/// ```
/// use embed::prelude::*;
/// use embed::{Host, SystemHost};
///
/// let mut host = SystemHost::new();
/// assert_eq!(host.platform().expect("it is let through"), std::env::consts::OS);
/// assert_eq!(host.process_id().expect("it is let through"), std::process::id());
/// ```
#[derive(Debug)]
pub struct SystemHost {
    start: Instant,
    arguments: Vec<String>,
}

impl SystemHost {
    /// The system, for a program without arguments.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::{Host, SystemHost};
    ///
    /// assert!(SystemHost::new().arguments().expect("there are none").is_empty());
    /// ```
    pub fn new() -> SystemHost {
        SystemHost { start: Instant::now(), arguments: Vec::new() }
    }

    /// The system, for a program that was started with these arguments.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::SystemHost;
    ///
    /// let mut vm = Vm::builder().host(SystemHost::with_arguments(vec!["level-3".into()])).build();
    /// assert_eq!(vm.eval::<Vec<String>>("import os\nos.args()")?, ["level-3"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_arguments(arguments: Vec<String>) -> SystemHost {
        SystemHost { arguments, ..SystemHost::new() }
    }
}

impl Default for SystemHost {
    fn default() -> Self {
        SystemHost::new()
    }
}

impl Host for SystemHost {
    fn write(&mut self, text: &str) -> Result<(), HostError> {
        io::stdout().write_all(text.as_bytes()).map_err(HostError::Failed)
    }

    fn write_error(&mut self, text: &str) -> Result<(), HostError> {
        io::stderr().write_all(text.as_bytes()).map_err(HostError::Failed)
    }

    fn flush(&mut self) -> Result<(), HostError> {
        io::stdout().flush().map_err(HostError::Failed)
    }

    fn read_line(&mut self, prompt: &str) -> Result<Option<String>, HostError> {
        self.write(prompt)?;
        self.flush()?;
        let mut line = String::new();
        if io::stdin().read_line(&mut line).map_err(HostError::Failed)? == 0 {
            return Ok(None);
        }
        line.truncate(line.trim_end_matches(['\n', '\r']).len());
        Ok(Some(line))
    }

    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, HostError> {
        read(path).map_err(HostError::Failed)
    }

    fn file_exists(&mut self, path: &str) -> bool {
        fs::metadata(path).is_ok_and(|found| found.is_file())
    }

    fn write_file(&mut self, path: &str, data: &[u8], mode: WriteMode) -> Result<(), HostError> {
        let mut options = fs::OpenOptions::new();
        match mode {
            WriteMode::Replace => options.write(true).truncate(true),
            WriteMode::Append => options.append(true),
        };
        options.create(true).open(path).and_then(|mut file| file.write_all(data)).map_err(HostError::Failed)
    }

    fn remove_file(&mut self, path: &str) -> Result<(), HostError> {
        fs::remove_file(path).map_err(HostError::Failed)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), HostError> {
        fs::rename(from, to).map_err(HostError::Failed)
    }

    fn sleep(&mut self, duration: Duration) -> Result<(), HostError> {
        std::thread::sleep(duration);
        Ok(())
    }

    fn park(&mut self, duration: Duration) -> Result<(), HostError> {
        std::thread::park_timeout(duration);
        Ok(())
    }

    fn file_info(&mut self, path: &str) -> Result<Option<FileInfo>, HostError> {
        let entry = match fs::symlink_metadata(path) {
            Ok(entry) => entry,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(HostError::Failed(error)),
        };
        let is_link = entry.file_type().is_symlink();
        // A link that leads nowhere is neither file nor directory.
        let found = if is_link { fs::metadata(path).unwrap_or(entry) } else { entry };
        let kind = match (found.is_file(), found.is_dir()) {
            (true, _) => FileKind::File,
            (_, true) => FileKind::Directory,
            _ => FileKind::Other,
        };
        let size = if kind == FileKind::File { found.len() } else { 0 };
        Ok(Some(FileInfo { kind, is_link, size, modified: found.modified().ok().map(seconds) }))
    }

    fn list_directory(&mut self, path: &str) -> Result<Vec<String>, HostError> {
        let entries = fs::read_dir(if path.is_empty() { "." } else { path }).map_err(HostError::Failed)?;
        let name = |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name().to_string_lossy().into_owned());
        entries.map(name).collect::<io::Result<_>>().map_err(HostError::Failed)
    }

    fn make_directory(&mut self, path: &str) -> Result<(), HostError> {
        fs::create_dir(path).map_err(HostError::Failed)
    }

    fn remove_directory(&mut self, path: &str) -> Result<(), HostError> {
        fs::remove_dir(path).map_err(HostError::Failed)
    }

    fn wall_clock(&mut self) -> Result<f64, HostError> {
        Ok(seconds(SystemTime::now()))
    }

    fn monotonic(&mut self) -> Result<Duration, HostError> {
        Ok(self.start.elapsed())
    }

    fn random_seed(&mut self) -> Result<u64, HostError> {
        Ok(RandomState::new().build_hasher().finish())
    }

    fn environment(&mut self) -> Result<Vec<(String, String)>, HostError> {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Ok(std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect())
    }

    fn arguments(&mut self) -> Result<Vec<String>, HostError> {
        Ok(self.arguments.clone())
    }

    fn current_directory(&mut self) -> Result<String, HostError> {
        let directory = std::env::current_dir().map_err(HostError::Failed)?;
        Ok(directory.to_string_lossy().into_owned())
    }

    fn platform(&mut self) -> Result<String, HostError> {
        Ok(std::env::consts::OS.to_owned())
    }

    fn load_native(&mut self, _: &str) -> Result<(), HostError> {
        Ok(())
    }

    fn process_id(&mut self) -> Result<u32, HostError> {
        Ok(std::process::id())
    }
}

/// Seconds from the start of 1970 to a moment.
fn seconds(moment: SystemTime) -> f64 {
    match moment.duration_since(UNIX_EPOCH) {
        Ok(passed) => passed.as_secs_f64(),
        Err(error) => -error.duration().as_secs_f64(),
    }
}

/// Reads a whole file. What is no file gets an error that says so.
pub fn read(path: &str) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    if found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    read_special(path, &found).unwrap_or_else(|| fs::read(path))
}

/// Reads what is no ordinary file: a device would never end, a pipe that nobody writes to would never begin.
#[cfg(unix)]
fn read_special(path: &str, found: &fs::Metadata) -> Option<io::Result<Vec<u8>>> {
    use std::os::unix::fs::FileTypeExt;
    let kind = found.file_type();
    if kind.is_char_device() || kind.is_block_device() {
        return Some(Err(io::Error::other("it is a device, not a file")));
    }
    kind.is_fifo().then(|| read_pipe(path))
}

#[cfg(not(unix))]
fn read_special(_: &str, _: &fs::Metadata) -> Option<io::Result<Vec<u8>>> {
    None
}

/// Reads a pipe to its end.
#[cfg(unix)]
fn read_pipe(path: &str) -> io::Result<Vec<u8>> {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::io::Read;
    use std::os::fd::AsFd;
    use std::os::unix::fs::OpenOptionsExt;
    let mut pipe = fs::OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path)?;
    let mut content = Vec::new();
    let mut has_writer = false;
    let mut buffer = [0; 1 << 16];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) if has_writer => return Ok(content),
            Ok(0) => return Err(io::Error::other("it is a pipe that nobody writes to")),
            Ok(count) => content.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll(&mut [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        has_writer = true;
        if content.len() > PIPE_MAX {
            return Err(io::Error::other("it has no end"));
        }
    }
}
