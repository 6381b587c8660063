//! Standard input, line by line, without a buffer between the file and us that others do not know of: the line editor reads the same
//! file, and whether a line is there must be known before it is read.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::time::Duration;

/// How long is waited at once.
const LONG: Duration = Duration::from_secs(1);

/// Bytes read at once.
const CHUNK: usize = 8 * 1024;

/// Standard input.
#[derive(Default)]
pub struct Input {
    file: Option<File>,
    /// What has been read but not taken.
    buffer: Vec<u8>,
    /// Bytes of `buffer` known to contain no line break.
    searched: usize,
    ended: bool,
}

impl Input {
    /// Whether [`Input::read_line`] would not wait.
    pub fn is_ready(&mut self) -> bool {
        self.is_ready_within(Duration::ZERO)
    }

    /// The same, after waiting for up to `time` for it to become so.
    pub fn is_ready_within(&mut self, time: Duration) -> bool {
        loop {
            if self.ended || self.find_break().is_some() {
                return true;
            }
            match self.has_bytes(time) {
                Ok(true) => match self.read_some() {
                    Ok(true) => {}
                    Ok(false) => return false,
                    Err(_) => return true,
                },
                Ok(false) => return false,
                Err(_) => return true,
            }
        }
    }

    /// All that is there, maybe nothing; `None` at the end.
    pub fn take_ready(&mut self) -> Option<Vec<u8>> {
        while !self.ended && self.has_bytes(Duration::ZERO).unwrap_or(false) {
            match self.read_some() {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => self.ended = true,
            }
        }
        let taken = std::mem::take(&mut self.buffer);
        self.searched = 0;
        (!taken.is_empty() || !self.ended).then_some(taken)
    }

    /// Puts something behind what has been read and not taken.
    pub fn put(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next line without its line break; `None` at the end.
    pub fn read_line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(at) = self.find_break() {
                let rest = self.buffer.split_off(at + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                self.searched = 0;
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(Some(text(line)));
            }
            if self.ended {
                // On a terminal the user can go on after an end of input.
                self.ended = false;
                self.searched = 0;
                let line = std::mem::take(&mut self.buffer);
                return Ok((!line.is_empty()).then(|| text(line)));
            }
            self.read_more()?;
        }
    }

    fn find_break(&mut self) -> Option<usize> {
        let at = self.buffer[self.searched..].iter().position(|b| *b == b'\n').map(|at| at + self.searched);
        if at.is_none() {
            self.searched = self.buffer.len();
        }
        at
    }

    fn file(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            self.file = Some(open()?);
        }
        Ok(self.file.as_mut().expect("set above"))
    }

    /// Reads what there is, and waits for it.
    fn read_more(&mut self) -> io::Result<()> {
        while !self.read_some()? {
            self.has_bytes(LONG)?;
        }
        Ok(())
    }

    /// Reads what there is; false if that is nothing.
    fn read_some(&mut self) -> io::Result<bool> {
        let mut chunk = [0; CHUNK];
        let count = loop {
            match self.file()?.read(&mut chunk) {
                Ok(count) => break count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        };
        self.ended = count == 0;
        self.buffer.extend_from_slice(&chunk[..count]);
        Ok(true)
    }

    #[cfg(unix)]
    fn has_bytes(&mut self, time: Duration) -> io::Result<bool> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        use std::os::fd::AsFd;
        let file = self.file()?;
        let mut waiting = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
        match poll(&mut waiting, PollTimeout::try_from(time).unwrap_or(PollTimeout::ZERO)) {
            Ok(count) => Ok(count > 0),
            Err(nix::errno::Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(unix))]
    fn has_bytes(&mut self, _: Duration) -> io::Result<bool> {
        Ok(true)
    }
}

fn text(line: Vec<u8>) -> String {
    String::from_utf8(line).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// A terminal is opened once more, so that it can be read without waiting: what `poll` has seen is gone when Ctrl-C comes before the read.
#[cfg(unix)]
fn open() -> io::Result<File> {
    use std::ffi::OsStr;
    use std::os::fd::AsFd;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::OpenOptionsExt;
    if let Ok(name) = rustix::termios::ttyname(io::stdin(), Vec::new()) {
        let flags = (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits().cast_signed();
        let opened = File::options().read(true).custom_flags(flags).open(OsStr::from_bytes(name.as_bytes()));
        if let Ok(terminal) = opened {
            return Ok(terminal);
        }
    }
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn open() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    io::stdin().as_handle().try_clone_to_owned().map(File::from)
}
