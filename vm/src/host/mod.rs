//! The one door for effects: output, input, files, clock, randomness, environment. An embedder implements it, fakes it, or refuses.
//!
//! [`NoHost`] refuses everything; [`Sandbox`] lets through what it is told to and refuses the rest.

mod sandbox;

pub use sandbox::{Effect, Sandbox};

use std::io;
use std::time::Duration;

/// Why an effect did not happen.
///
/// ```
/// use embed::prelude::*;
/// use embed::HostError;
/// use std::io;
///
/// assert_eq!(HostError::Refused("the clock".into()).to_string(), "the host does not allow the clock");
/// assert_eq!(HostError::Failed(io::ErrorKind::NotFound.into()).to_string(), "it does not exist");
/// ```
#[derive(Debug)]
pub enum HostError {
    /// The host does not allow it. The text names what was refused.
    Refused(String),
    /// It was tried and failed.
    Failed(io::Error),
}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HostError::Refused(what) => write!(f, "the host does not allow {what}"),
            HostError::Failed(error) => f.write_str(&reason(error)),
        }
    }
}

/// What an error of the system means, in words that are the same on every system.
fn reason(error: &io::Error) -> String {
    let known = match error.kind() {
        io::ErrorKind::NotFound => "it does not exist",
        io::ErrorKind::AlreadyExists => "it exists already",
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::IsADirectory => "it is a directory",
        io::ErrorKind::NotADirectory => "it is not a directory",
        io::ErrorKind::DirectoryNotEmpty => "the directory is not empty",
        _ => {
            let text = error.to_string();
            return text.rfind(" (os error ").map_or(text.clone(), |at| text[..at].to_lowercase());
        }
    };
    known.to_owned()
}

/// What a path names.
///
/// See the example of [`FileInfo`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// Something else: a device, a pipe.
    Other,
}

/// What is known of a file without reading it.
///
/// ```
/// use embed::prelude::*;
/// use embed::{FileKind, Host, SystemHost};
///
/// let info = SystemHost::new().file_info("Cargo.toml").expect("it may be looked at").expect("it is there");
/// assert!(info.kind == FileKind::File && !info.is_link && info.size > 0);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FileInfo {
    /// What it is.
    pub kind: FileKind,
    /// Whether it was reached by a symbolic link; everything else is then of what the link names.
    pub is_link: bool,
    /// Bytes in it; 0 for what is no file.
    pub size: u64,
    /// When it was changed last, in seconds since the Unix epoch, if the system knows.
    pub modified: Option<f64>,
}

/// What becomes of what is in a file that is written.
///
/// ```
/// use embed::prelude::*;
/// use embed::{Host, HostError, WriteMode};
/// use std::cell::RefCell;
/// use std::rc::Rc;
///
/// /// One file, whatever its path.
/// struct Notes(Rc<RefCell<Vec<u8>>>);
///
/// impl Host for Notes {
///     fn write_file(&mut self, _path: &str, data: &[u8], mode: WriteMode) -> Result<(), HostError> {
///         let mut notes = self.0.borrow_mut();
///         if mode == WriteMode::Replace {
///             notes.clear();
///         }
///         notes.extend(data);
///         Ok(())
///     }
/// }
///
/// let notes = Rc::new(RefCell::new(Vec::new()));
/// let mut vm = Vm::builder().host(Notes(notes.clone())).build();
/// vm.eval::<()>("import fs\nfs.write(\"a\", \"one\")\nfs.write(\"a\", \"two\")\nfs.append(\"a\", \" three\")\nnil")?;
/// assert_eq!(*notes.borrow(), b"two three");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteMode {
    /// It is replaced.
    Replace,
    /// It stays, and the new text comes behind it.
    Append,
}

/// Effects of a running program. Every method has a default that refuses.
///
/// ```
/// use embed::prelude::*;
/// use embed::{Host, HostError};
/// use std::cell::RefCell;
/// use std::rc::Rc;
///
/// /// Keeps what scripts print, and lets them do nothing else.
/// #[derive(Clone, Default)]
/// struct Printed(Rc<RefCell<String>>);
///
/// impl Host for Printed {
///     fn write(&mut self, text: &str) -> Result<(), HostError> {
///         self.0.borrow_mut().push_str(text);
///         Ok(())
///     }
/// }
///
/// let printed = Printed::default();
/// let mut vm = Vm::builder().host(printed.clone()).build();
/// vm.eval::<()>("print(1 + 1)")?;
/// assert_eq!(*printed.0.borrow(), "2\n");
/// assert!(vm.eval::<f64>("import time\ntime.now()").is_err());
/// # Ok::<(), Error>(())
/// ```
pub trait Host {
    /// Writes program output.
    fn write(&mut self, text: &str) -> Result<(), HostError> {
        let _ = text;
        Err(HostError::Refused("output".into()))
    }

    /// Writes to the stream for messages beside the output.
    fn write_error(&mut self, text: &str) -> Result<(), HostError> {
        let _ = text;
        Err(HostError::Refused("output".into()))
    }

    /// Makes everything that was written visible now.
    fn flush(&mut self) -> Result<(), HostError> {
        Err(HostError::Refused("output".into()))
    }

    /// Reads a line of input without its line break; `None` at the end of input.
    fn read_line(&mut self, prompt: &str) -> Result<Option<String>, HostError> {
        let _ = prompt;
        Err(HostError::Refused("input".into()))
    }

    /// Whether `read_line` with the same prompt would return at once. While the answer is no, the program waits as it does for `sleep`, so
    /// that reloads and cancellation are noticed. A host that answers no has shown the prompt.
    fn line_ready(&mut self, prompt: &str) -> bool {
        let _ = prompt;
        true
    }

    /// Reads a whole file; also how imported files are found.
    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, HostError> {
        Err(HostError::Refused(format!("reading `{path}`")))
    }

    /// Whether a file exists and may be read.
    fn file_exists(&mut self, path: &str) -> bool {
        let _ = path;
        false
    }

    /// What a path names; `None` if there is nothing.
    fn file_info(&mut self, path: &str) -> Result<Option<FileInfo>, HostError> {
        Err(HostError::Refused(format!("reading `{path}`")))
    }

    /// Names of what is in a directory, in any order.
    fn list_directory(&mut self, path: &str) -> Result<Vec<String>, HostError> {
        Err(HostError::Refused(format!("reading `{path}`")))
    }

    /// Writes a file, which is made if there is none.
    fn write_file(&mut self, path: &str, data: &[u8], mode: WriteMode) -> Result<(), HostError> {
        let _ = (data, mode);
        Err(HostError::Refused(format!("writing `{path}`")))
    }

    /// Removes a file.
    fn remove_file(&mut self, path: &str) -> Result<(), HostError> {
        Err(HostError::Refused(format!("removing `{path}`")))
    }

    /// Makes a directory in one that exists.
    fn make_directory(&mut self, path: &str) -> Result<(), HostError> {
        Err(HostError::Refused(format!("making `{path}`")))
    }

    /// Removes a directory in which nothing is.
    fn remove_directory(&mut self, path: &str) -> Result<(), HostError> {
        Err(HostError::Refused(format!("removing `{path}`")))
    }

    /// Gives a file or directory another path; a file that is there is replaced.
    fn rename(&mut self, from: &str, to: &str) -> Result<(), HostError> {
        let _ = to;
        Err(HostError::Refused(format!("renaming `{from}`")))
    }

    /// Seconds since the Unix epoch.
    fn wall_clock(&mut self) -> Result<f64, HostError> {
        Err(HostError::Refused("the clock".into()))
    }

    /// Time since some fixed moment; never goes back.
    fn monotonic(&mut self) -> Result<Duration, HostError> {
        Err(HostError::Refused("the clock".into()))
    }

    /// Waits. The engine calls it only while nothing else can run; it should return early when the program is to be interrupted
    /// or a reload is due.
    fn sleep(&mut self, duration: Duration) -> Result<(), HostError> {
        let _ = duration;
        Err(HostError::Refused("waiting".into()))
    }

    /// Waits while a future of the host is awaited, too. Whoever completes one unparks the thread ([`std::thread::Thread::unpark`]), so that a host which waits by
    /// [`std::thread::park_timeout`] goes on at once; one whose time is not that of the clock lets it pass here. Without it, as [`Host::sleep`].
    fn park(&mut self, duration: Duration) -> Result<(), HostError> {
        self.sleep(duration)
    }

    /// A seed for random numbers and hashing.
    fn random_seed(&mut self) -> Result<u64, HostError> {
        Err(HostError::Refused("randomness".into()))
    }

    /// Variables of the environment, in any order.
    fn environment(&mut self) -> Result<Vec<(String, String)>, HostError> {
        Err(HostError::Refused("the environment".into()))
    }

    /// Arguments that the program was started with.
    fn arguments(&mut self) -> Result<Vec<String>, HostError> {
        Err(HostError::Refused("the program's arguments".into()))
    }

    /// The directory that relative paths start from.
    fn current_directory(&mut self) -> Result<String, HostError> {
        Err(HostError::Refused("the current directory".into()))
    }

    /// The system: `linux`, `macos`, `windows`, …
    fn platform(&mut self) -> Result<String, HostError> {
        Err(HostError::Refused("the name of the system".into()))
    }

    /// Asks whether the native code in a shared library may become a part of the program. What it does then, nobody controls.
    fn load_native(&mut self, path: &str) -> Result<(), HostError> {
        Err(HostError::Refused(format!("native code, such as that of `{path}`")))
    }

    /// The number of the process.
    fn process_id(&mut self) -> Result<u32, HostError> {
        Err(HostError::Refused("the number of the process".into()))
    }
}

/// Refuses everything.
///
/// ```
/// use embed::prelude::*;
/// use embed::NoHost;
///
/// let mut vm = Vm::builder().host(NoHost).build();
/// let error = vm.eval::<()>("print(1)").expect_err("nothing is let through");
/// assert!(error.to_string().contains("the host does not allow output"), "{error}");
/// ```
pub struct NoHost;

impl Host for NoHost {}
