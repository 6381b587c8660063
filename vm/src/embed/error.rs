//! What can go wrong, for the host.

use super::handle::Handle;
use crate::interp::Trace;
use crate::object::{ErrorKind, Interrupt};
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::fmt;
use std::sync::Arc;

/// An error of the host's that a script was told.
pub type HostSource = Arc<Box<dyn std::error::Error + Send + Sync>>;

/// Why something the host asked for did not succeed.
#[derive(Clone, Debug)]
pub enum Error {
    /// The text was refused: every problem with its source.
    Refused(Vec<Problem>),
    /// The program raised an error that nothing caught.
    Raised {
        /// Name of the error's class.
        class: String,
        /// Its message.
        message: String,
        /// Where it was raised.
        trace: Box<Trace>,
        /// The error value itself.
        value: Handle,
        /// The error that led to it.
        cause: Option<Box<Error>>,
        /// The error of the host's that it was made of, if a host function has returned one: also what [`source`](std::error::Error::source) gives.
        source: Option<HostSource>,
    },
    /// Execution was stopped from outside, ran out of fuel, or the program called `exit`.
    Interrupted(Interrupt),
    /// The host asked for something impossible: a missing name, a value of the wrong type, a handle of another VM.
    Host(String),
    /// What a host function asks to be raised in the script that has called it.
    Raise {
        /// Its class.
        kind: ErrorKind,
        /// Its message.
        message: String,
    },
}

impl Error {
    /// What a host function returns to raise an error of a built-in class other than `Error`.
    ///
    /// ```
    /// use vm::embed::Error;
    /// use vm::object::ErrorKind;
    /// fn level(number: i64) -> Result<i64, Error> {
    ///     if number < 1 { Err(Error::raise(ErrorKind::ValueError, "levels begin with 1")) } else { Ok(number) }
    /// }
    /// assert!(level(0).is_err());
    /// ```
    pub fn raise(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::Raise { kind, message: message.into() }
    }

    /// A `ValueError`, for a host function: a value of the right type that is not acceptable.
    pub fn value_error(message: impl Into<String>) -> Error {
        Error::raise(ErrorKind::ValueError, message)
    }

    /// A `TypeError`, for a host function: a value of the wrong type.
    pub fn type_error(message: impl Into<String>) -> Error {
        Error::raise(ErrorKind::TypeError, message)
    }
}

/// A diagnostic with its text.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The text it is about.
    pub source: Source,
    /// The problem.
    pub diagnostic: Diagnostic,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(problems) => {
                for problem in problems {
                    f.write_str(&problem.diagnostic.plain(&problem.source))?;
                }
                Ok(())
            }
            Error::Raised { class, message, trace, cause, .. } => {
                writeln!(f, "{class}: {message}")?;
                if let Some(frame) = trace.shown() {
                    f.write_str(&marked_line(frame))?;
                }
                write!(f, "{trace}")?;
                match cause {
                    Some(cause) => write!(f, "caused by {cause}"),
                    None => Ok(()),
                }
            }
            Error::Interrupted(Interrupt::Fuel) => f.write_str("the fuel limit is used up"),
            Error::Interrupted(Interrupt::Cancelled) => f.write_str("interrupted"),
            Error::Interrupted(Interrupt::Panicked) => f.write_str("code of the host has panicked"),
            Error::Interrupted(Interrupt::Exit(status)) => write!(f, "exit with status {status}"),
            Error::Host(message) | Error::Raise { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let Error::Raised { cause, source, .. } = self else { return None };
        match (source, cause) {
            (Some(source), _) => Some(&***source),
            (None, Some(cause)) => Some(&**cause),
            (None, None) => None,
        }
    }
}

/// Errors, and the handles in them, are sent to other threads and put into the errors of a program.
const _: () = {
    const fn is_sent<T: Send + Sync + 'static>() {}
    is_sent::<Error>();
    is_sent::<Handle>();
};

/// The source line of a frame with the place marked.
pub fn marked_line(frame: &crate::object::TraceFrame) -> String {
    let (line, column) = frame.source.line_column(frame.span.lo);
    let text: String = frame.source.line_text(line).chars().take(160).collect();
    if text.is_empty() {
        return String::new();
    }
    let width = frame.source.slice(frame.span).lines().next().map_or(1, |l| l.chars().count()).clamp(1, 160);
    let gutter = line.to_string();
    let pad = " ".repeat(gutter.len());
    let mut out = format!("{pad} --> {}:{line}:{column}\n{gutter} | {text}\n", frame.source.name());
    if column <= 160 {
        out.push_str(&format!("{pad} | {}{}\n", " ".repeat(column as usize - 1), "^".repeat(width)));
    }
    out
}
