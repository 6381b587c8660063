//! What can go wrong, for the host.

use super::handle::Handle;
use crate::interp::Trace;
use crate::object::{ErrorKind, Interrupt};
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::fmt;
use std::sync::Arc;

/// An error of the host's that a script was told.
///
/// ```
/// use embed::prelude::*;
/// use std::io;
///
/// let mut vm = Vm::new();
/// vm.define_function("host", "read(path)", |path: String| std::fs::read_to_string(path));
/// let error = vm.eval::<String>("import host\nhost.read(\"no/such/file\")").expect_err("there is none");
/// let Error::Raised { source: Some(source), .. } = error else { panic!("a function of the host has failed") };
/// assert_eq!(source.downcast_ref::<io::Error>().map(io::Error::kind), Some(io::ErrorKind::NotFound));
/// ```
pub type HostSource = Arc<Box<dyn std::error::Error + Send + Sync>>;

/// Why something the host asked for did not succeed.
///
/// As a text it shows the line and the calls, as the command line does.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("rules.lang", "fn half(n) { n // 0 }")?;
/// match vm.call::<_, i64>("rules.half", (4,)) {
///     Err(Error::Raised { class, message, trace, .. }) => {
///         assert_eq!((&*class, &*message), ("ValueError", "integer division by zero (`//`)"));
///         assert_eq!(trace.frames.len(), 1);
///     }
///     other => panic!("{other:?}"),
/// }
/// assert!(matches!(vm.eval::<i64>("1 +"), Err(Error::Refused(_))));
/// assert!(matches!(vm.eval::<i64>("\"text\""), Err(Error::Host(_))));
/// assert!(matches!(vm.eval::<i64>("exit(2)"), Err(Error::Interrupted(_))));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
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
    /// use embed::prelude::*;
    /// use embed::ErrorKind;
    ///
    /// let mut vm = Vm::new();
    /// vm.define_function("game", "tile(at)", |at: usize| -> Result<String, Error> {
    ///     let tiles = ["grass", "rock"];
    ///     tiles.get(at).map(|tile| tile.to_string()).ok_or_else(|| Error::raise(ErrorKind::IndexError, "the map ends there"))
    /// });
    /// let caught = "import game\ntry { game.tile(7) } catch e is IndexError { e.message }";
    /// assert_eq!(vm.eval::<String>(caught)?, "the map ends there");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn raise(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::Raise { kind, message: message.into() }
    }

    /// A `ValueError`, for a host function: a value of the right type that is not acceptable.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.define_function("game", "level(n)", |n: i64| if n < 1 { Err(Error::value_error("levels begin with 1")) } else { Ok(n) });
    /// assert!(vm.eval::<bool>("import game\ntry { game.level(0); false } catch e is ValueError { true }")?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn value_error(message: impl Into<String>) -> Error {
        Error::raise(ErrorKind::ValueError, message)
    }

    /// A `TypeError`, for a host function: a value of the wrong type.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.define_function("game", "name(of)", |vm: &mut Vm, of: Handle| -> Result<String, Error> {
    ///     vm.read::<String>(&of).map_err(|_| Error::type_error("only texts have names"))
    /// });
    /// assert!(vm.eval::<bool>("import game\ntry { game.name(7); false } catch e is TypeError { true }")?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn type_error(message: impl Into<String>) -> Error {
        Error::raise(ErrorKind::TypeError, message)
    }
}

/// A diagnostic with its text.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// let Err(Error::Refused(problems)) = vm.eval::<i64>("let n = 1\nlet n = ") else { panic!("it ends too early") };
/// let line = problems[0].source.line(problems[0].diagnostic.span.lo);
/// assert_eq!((problems[0].diagnostic.code.id.len(), line), (5, 2));
/// ```
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

/// The same text as for users, without the line break at its end: what a `main` that fails with it shows.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_string().trim_end())
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
///
/// ```
/// use embed::prelude::*;
/// use embed::marked_line;
///
/// let mut vm = Vm::new();
/// vm.load_text("rules.lang", "fn half(n) { n // 0 }")?;
/// let Err(Error::Raised { trace, .. }) = vm.call::<_, i64>("rules.half", (4,)) else { panic!("it raises") };
/// assert!(marked_line(&trace.frames[0]).contains("1 | fn half(n) { n // 0 }\n"));
/// # Ok::<(), Error>(())
/// ```
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
