//! What can go wrong, for the host.

use super::handle::Handle;
use crate::interp::Trace;
use crate::object::Interrupt;
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::fmt;

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
        trace: Trace,
        /// The error value itself.
        value: Handle,
        /// The error that led to it.
        cause: Option<Box<Error>>,
    },
    /// Execution was stopped from outside, ran out of fuel, or the program called `exit`.
    Interrupted(Interrupt),
    /// The host asked for something impossible: a missing name, a value of the wrong type, a handle of another VM.
    Host(String),
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
            Error::Interrupted(Interrupt::Exit(status)) => write!(f, "exit with status {status}"),
            Error::Host(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

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
