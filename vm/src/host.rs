//! The one door for effects: output, input, files, clock, randomness. An embedder implements it, fakes it, or refuses.

use std::time::Duration;

/// Why an effect did not happen.
#[derive(Debug)]
pub enum HostError {
    /// The host does not allow it. The text names what was refused.
    Refused(String),
    /// It was tried and failed.
    Failed(std::io::Error),
}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HostError::Refused(what) => write!(f, "the host does not allow {what}"),
            HostError::Failed(error) => write!(f, "{error}"),
        }
    }
}

/// Effects of a running program. Every method has a default that refuses.
pub trait Host {
    /// Writes program output.
    fn write(&mut self, text: &str) -> Result<(), HostError> {
        let _ = text;
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

    /// A seed for random numbers and hashing.
    fn random_seed(&mut self) -> Result<u64, HostError> {
        Err(HostError::Refused("randomness".into()))
    }
}

/// Refuses everything.
pub struct NoHost;

impl Host for NoHost {}
