//! The prompt of a session: an editor where the terminal can move its cursor, else plain lines.

use crate::editor::LineEditor;
use crate::plain::{PlainPrompt, is_plain_terminal};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use vm::session::Completions;

/// What the word at the end of a line could become.
pub type Completes = Box<dyn Fn(&str) -> Completions>;

/// How what a name stands for is called.
pub type Signature = Box<dyn Fn(&str) -> Option<String>>;

/// What helps while somebody types.
pub struct Assistance {
    /// Completes words.
    pub completes: Completes,
    /// Tells how something is called, if that can be told at once.
    pub signature: Option<Signature>,
}

/// What stands before an input.
pub const PROMPT: &str = "> ";

/// The same while the edit of a file is refused.
pub const PROMPT_REFUSED: &str = "refused> ";

/// The same while a call has stopped at an error.
pub const PROMPT_STOPPED: &str = "stopped> ";

/// What the user did at the prompt.
pub enum Typed {
    /// An input.
    Text(String),
    /// Ctrl-C: nothing is left of the input.
    Cleared,
    /// Ctrl-D.
    End,
    /// The terminal is gone.
    Failed(String),
}

/// Where inputs come from.
pub enum Prompt {
    /// With history, colours and completion.
    Editor(Box<LineEditor>),
    /// Lines as they come.
    Plain(PlainPrompt),
}

impl Prompt {
    /// The prompt that fits the terminal. `interrupted` is what Ctrl-C sets.
    pub fn new(interrupted: Arc<AtomicBool>, completes: Completes) -> Result<Prompt, String> {
        if is_plain_terminal() {
            return Ok(Prompt::Plain(PlainPrompt::new(interrupted)));
        }
        Ok(Prompt::Editor(Box::new(LineEditor::new(Assistance { completes, signature: None })?)))
    }

    /// Reads lines up to Ctrl-D.
    pub fn read_lines(&mut self) -> Typed {
        match self {
            Prompt::Editor(editor) => editor.read_lines(),
            Prompt::Plain(plain) => plain.read_lines(),
        }
    }

    /// Reads an input behind a prompt.
    pub fn read(&mut self, prompt: &str) -> Typed {
        match self {
            Prompt::Editor(editor) => editor.read(prompt),
            Prompt::Plain(plain) => plain.read(prompt),
        }
    }
}
