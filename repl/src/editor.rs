//! The line editor of the session: input over several lines, colours, completion, history.

use crate::candidates::listed;
use crate::command::is_command;
use crate::diagnostics::wants_colour;
use crate::history::history_files;
use crate::output::output;
use crate::prompt::{Assistance, PROMPT_REFUSED, PROMPT_STOPPED, Typed};
use crate::terminal;
use anstyle::{AnsiColor, Style};
use lang::outline::{TokenClass, highlight};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::{FileHistory, History};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Cmd, ColorMode, CompletionType, Config, Context, Editor, ExternalPrinter, Helper, KeyCode, KeyEvent, Modifiers};
use std::borrow::Cow;
use std::cell::RefCell;
use std::path::PathBuf;
use vm::session::{is_incomplete, open_call};

/// How long Escape waits for the rest of what a key sends, in milliseconds.
const ESCAPE_MS: u16 = 200;

/// Columns and rows of a terminal that does not tell them.
const SIZE: (usize, usize) = (80, 24);

/// Inputs that are remembered.
const HISTORY_MAX: usize = 10_000;

/// Longest input that is coloured while it is typed, in bytes.
const COLOURED_MAX: usize = 20_000;

/// The keys that end a line: Enter, and what it becomes when it is pressed before the terminal gives single keys.
const LINE_ENDS: [KeyEvent; 2] = [KeyEvent(KeyCode::Enter, Modifiers::NONE), KeyEvent(KeyCode::Char('J'), Modifiers::CTRL)];

/// Prints whole lines above the prompt; false if that cannot be done.
pub type Printer = Box<dyn FnMut(String) -> bool + Send>;

/// The editor with its history.
pub struct LineEditor {
    editor: Editor<Assistant, FileHistory>,
    histories: Vec<Kept>,
}

/// A history in a file. That of the editor is all of them behind each other.
struct Kept {
    inputs: FileHistory,
    file: PathBuf,
}

impl Kept {
    fn new(file: PathBuf, config: &Config) -> Kept {
        let mut inputs = FileHistory::with_config(config);
        let _ = inputs.load(&file);
        Kept { inputs, file }
    }

    fn add(&mut self, text: &str) -> rustyline::Result<()> {
        if self.inputs.add(text)? {
            self.inputs.append(&self.file)?;
        }
        Ok(())
    }
}

impl LineEditor {
    /// An editor with this help.
    pub fn new(assistance: Assistance) -> Result<LineEditor, String> {
        let is_coloured = wants_colour(output().is_terminal());
        let failed = |error: ReadlineError| format!("the terminal cannot be used: {error}");
        let config = Config::builder()
            .max_history_size(HISTORY_MAX)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(failed)?
            .history_ignore_space(true)
            .keyseq_timeout(Some(ESCAPE_MS))
            .completion_type(CompletionType::List)
            // What is listed fits the screen.
            .completion_prompt_limit(usize::MAX)
            .color_mode(if is_coloured { ColorMode::Enabled } else { ColorMode::Disabled })
            .build();
        let mut editor = Editor::with_config(config.clone()).map_err(failed)?;
        editor.set_helper(Some(Assistant { assistance, is_coloured, takes_lines: false, known: RefCell::default() }));
        let files = history_files();
        for file in &files {
            // A history that is not there or cannot be read is an empty one.
            let _ = editor.load_history(file);
        }
        let histories = files.into_iter().map(|file| Kept::new(file, &config)).collect();
        Ok(LineEditor { editor, histories })
    }

    /// What prints above the prompt while an input is read.
    pub fn printer(&mut self) -> Result<Printer, String> {
        let printer = self.editor.create_external_printer();
        let mut printer = printer.map_err(|error| format!("the terminal cannot be used: {error}"))?;
        Ok(Box::new(move |text| printer.print(text).is_ok()))
    }

    /// Reads an input.
    pub fn read(&mut self, prompt: &str) -> Typed {
        match self.editor.readline(prompt) {
            Ok(text) => {
                self.remember(text.trim_end());
                Typed::Text(text)
            }
            Err(ReadlineError::Interrupted) => Typed::Cleared,
            Err(ReadlineError::Eof) => Typed::End,
            Err(error) => Typed::Failed(error.to_string()),
        }
    }

    /// Reads lines up to Ctrl-D. They are one input of the editor: between inputs the terminal is another's for a moment, and a Ctrl-D that
    /// arrives then is lost.
    pub fn read_lines(&mut self) -> Typed {
        self.set_taking_lines(true);
        let typed = self.read("");
        self.set_taking_lines(false);
        match typed {
            Typed::Text(text) if !text.ends_with('\n') => Typed::Text(text + "\n"),
            typed => typed,
        }
    }

    fn set_taking_lines(&mut self, takes_lines: bool) {
        if let Some(assistant) = self.editor.helper_mut() {
            assistant.takes_lines = takes_lines;
        }
        let keys = LINE_ENDS.map(|end| (end, Cmd::Newline)).into_iter().chain([(KeyEvent::ctrl('D'), Cmd::AcceptLine)]);
        for (key, command) in keys {
            if takes_lines {
                self.editor.bind_sequence(key, command);
            } else {
                self.editor.unbind_sequence(key);
            }
        }
    }

    fn remember(&mut self, text: &str) {
        // What cannot be remembered can still be evaluated.
        let _ = self.editor.add_history_entry(text);
        self.histories.retain_mut(|kept| {
            let is_kept = kept.add(text).is_ok();
            if !is_kept {
                // Said once: the next inputs would fail in the same way.
                output().note(&format!("warning: the history cannot be written to `{}`", kept.file.display()));
            }
            is_kept
        });
    }
}

/// Helps with the input while it is typed.
struct Assistant {
    assistance: Assistance,
    is_coloured: bool,
    /// Whether every line is an input.
    takes_lines: bool,
    /// What was called last, and how.
    known: RefCell<(String, Option<String>)>,
}

impl Helper for Assistant {}

impl Hinter for Assistant {
    type Hint = Shown;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Shown> {
        let signature = self.assistance.signature.as_ref()?;
        let (callee, _) = open_call(line.get(..pos)?).filter(|_| pos == line.len() && !self.takes_lines)?;
        let mut known = self.known.borrow_mut();
        if known.0 != callee {
            *known = (callee.to_owned(), signature(callee));
        }
        known.1.as_ref().map(|signature| Shown(format!("   {signature}")))
    }
}

/// What is shown behind an input, and cannot be taken into it.
struct Shown(String);

impl Hint for Shown {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let found = (self.assistance.completes)(&line[..pos]);
        let (columns, rows) = terminal::size().filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or(SIZE);
        Ok((found.start, listed(&found.items, columns, rows)))
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let goes_on = !self.takes_lines && !is_command(text) && is_incomplete(text);
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.is_coloured || line.len() > COLOURED_MAX || is_command(line) {
            return Cow::Borrowed(line);
        }
        Cow::Owned(paint(line))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        let colour = match prompt {
            PROMPT_REFUSED => AnsiColor::Yellow,
            PROMPT_STOPPED => AnsiColor::Red,
            _ => AnsiColor::BrightBlue,
        };
        let style = colour.on_default().bold();
        if self.is_coloured { Cow::Owned(format!("{style}{prompt}{style:#}")) } else { Cow::Borrowed(prompt) }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        let style = AnsiColor::BrightBlack.on_default();
        if self.is_coloured { Cow::Owned(format!("{style}{hint}{style:#}")) } else { Cow::Borrowed(hint) }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.is_coloured && kind != CmdKind::MoveCursor
    }
}

/// The line in colour.
fn paint(line: &str) -> String {
    let mut out = String::with_capacity(line.len() * 2);
    let mut at = 0;
    for (span, class) in highlight(line) {
        let (lo, hi) = (span.lo as usize, span.hi as usize);
        let (Some(between), Some(text)) = (line.get(at..lo), line.get(lo..hi)) else { continue };
        let style = style_of(class);
        out.push_str(between);
        out.push_str(&format!("{style}{text}{style:#}"));
        at = hi;
    }
    out.push_str(&line[at..]);
    out
}

fn style_of(class: TokenClass) -> Style {
    match class {
        TokenClass::Keyword => AnsiColor::Magenta.on_default(),
        TokenClass::Constant | TokenClass::Number => AnsiColor::Cyan.on_default(),
        TokenClass::Receiver => AnsiColor::Cyan.on_default().italic(),
        TokenClass::Function => AnsiColor::Blue.on_default(),
        TokenClass::Type => AnsiColor::Yellow.on_default(),
        TokenClass::String => AnsiColor::Green.on_default(),
        TokenClass::Interpolation => AnsiColor::Magenta.on_default(),
        TokenClass::Comment | TokenClass::Doc => AnsiColor::BrightBlack.on_default(),
        TokenClass::Name | TokenClass::Operator | TokenClass::Punctuation => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_text() {
        for line in ["let x = \"é ${y:.2}\" # ç", "fn f(", "'open", "\u{1F600} + 1", ""] {
            let painted = paint(line);
            let mut plain = String::new();
            let mut rest = painted.as_str();
            while let Some(at) = rest.find('\u{1b}') {
                plain.push_str(&rest[..at]);
                rest = rest[at..].split_once('m').expect("a style ends with m").1;
            }
            plain.push_str(rest);
            assert_eq!(plain, line);
        }
    }
}
