//! The prompt of a terminal that cannot move its cursor, such as `TERM=dumb` in an editor's window: lines as the terminal gives them.

use crate::command::is_command;
use crate::engine::plain;
use crate::input::Input;
use crate::output::output;
use crate::prompt::Typed;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use vm::session::is_incomplete;

/// Between two looks at whether Ctrl-C has been pressed.
const LOOK: Duration = Duration::from_millis(50);

/// Terminals on which nothing but text may be written.
const TERMS: [&str; 3] = ["dumb", "cons25", "emacs"];

/// Whether the terminal is used as if it were of this kind.
static IS_CHOSEN: AtomicBool = AtomicBool::new(false);

/// Uses the terminal as if it could not move its cursor, and knew no colours.
pub fn choose_plain() {
    IS_CHOSEN.store(true, Ordering::Relaxed);
}

/// Whether that has been chosen.
pub fn is_plain_chosen() -> bool {
    IS_CHOSEN.load(Ordering::Relaxed)
}

/// Whether the terminal is of this kind.
pub fn is_plain_terminal() -> bool {
    is_plain_chosen() || std::env::var_os("TERM").is_some_and(|term| TERMS.iter().any(|plain| term == *plain))
}

/// Reads inputs line by line.
pub struct PlainPrompt {
    input: Input,
    /// Set by Ctrl-C.
    interrupted: Arc<AtomicBool>,
}

impl PlainPrompt {
    /// A prompt that `interrupted` clears.
    pub fn new(interrupted: Arc<AtomicBool>) -> PlainPrompt {
        PlainPrompt { input: Input::default(), interrupted }
    }

    /// Reads an input behind a prompt.
    pub fn read(&mut self, prompt: &str) -> Typed {
        // Before the prompt is there: a key that is pressed behind it counts.
        self.interrupted.store(false, Ordering::Relaxed);
        if let Err(error) = output().write(prompt) {
            return Typed::Failed(plain(&error));
        }
        self.read_until(|text| is_command(text) || !is_incomplete(text)).unwrap_or(Typed::End)
    }

    /// Reads lines up to Ctrl-D.
    pub fn read_lines(&mut self) -> Typed {
        self.interrupted.store(false, Ordering::Relaxed);
        self.read_until(|_| false).unwrap_or_else(Typed::Text)
    }

    /// Reads lines until they are a whole input; what there is of one when Ctrl-D comes before.
    fn read_until(&mut self, is_whole: impl Fn(&str) -> bool) -> Result<Typed, String> {
        let mut text = String::new();
        loop {
            match self.line() {
                Ok(Line::Text(line)) => text.push_str(&line),
                Ok(Line::Cleared) => {
                    output().end_line_of_key();
                    return Ok(Typed::Cleared);
                }
                Ok(Line::End) => return Err(text),
                Err(error) => return Ok(Typed::Failed(plain(&error))),
            }
            output().end_line();
            if is_whole(&text) {
                return Ok(Typed::Text(text));
            }
            text.push('\n');
        }
    }

    fn line(&mut self) -> io::Result<Line> {
        while !self.input.is_ready_within(LOOK) {
            if self.interrupted.swap(false, Ordering::Relaxed) {
                return Ok(Line::Cleared);
            }
        }
        Ok(self.input.read_line()?.map_or(Line::End, Line::Text))
    }
}

/// What came instead of, or as, a line.
enum Line {
    Text(String),
    Cleared,
    End,
}
