//! Case files: from text to steps.

use crate::asking::Ask;
use std::fmt;
use std::path::{Path, PathBuf};
use vm::host::Effect;

/// A case: its steps in order.
#[derive(Debug)]
pub struct Case {
    /// Where it was read from.
    pub path: PathBuf,
    /// How it is called in messages: the path from the repository's root.
    pub name: String,
    /// The sentence on top, without `#`.
    pub sentence: String,
    /// What happens.
    pub steps: Vec<Step>,
    /// The whole text, for rewriting goldens.
    pub text: String,
}

/// One step of a case.
#[derive(Debug)]
pub enum Step {
    /// Files that are loaded together.
    Load(Vec<Text>),
    /// A file that is written but not loaded.
    Write(Text),
    /// Statements.
    Run(Text),
    /// Lines that the program can read.
    Input(Vec<String>),
    /// What is done, in order, where the program stops at errors in the next statements.
    Stop(Vec<Deed>),
    /// What a client asks of the program.
    Ask(Ask),
    /// What the host does not allow, from the start of the case on.
    Refuse(Effect),
    /// A save.
    Save(Save),
    /// The save before must have been refused.
    Refused {
        /// Line of the section.
        line: u32,
        /// What a reason must contain.
        text: String,
    },
    /// A text that is compared with what is recorded here.
    Golden(Golden),
}

/// Something that is done while the program has stopped at an error.
#[derive(Clone, Debug)]
pub enum Deed {
    /// The calls and their variables are printed.
    Calls,
    /// A text is evaluated in a call, and its value printed.
    Eval(usize, String),
    /// A file is saved.
    Edit(String, String),
    /// A call is made again.
    Retry(usize),
    /// A call returns the value of a text, which is evaluated in it.
    Use(usize, String),
    /// A call goes on.
    Continue(usize),
    /// The program goes on as it does after an edit.
    Edited,
    /// The error goes on up.
    Abort,
}

/// A text with its place in the case.
#[derive(Debug)]
pub struct Text {
    /// Name of the file; empty for statements.
    pub name: String,
    /// The text.
    pub body: String,
    /// Line of the case in which it starts.
    pub first_line: u32,
    /// Marks, by lines of the case.
    pub marks: Vec<Mark>,
}

/// Edits that are saved together.
#[derive(Debug)]
pub struct Save {
    /// Line of the first section.
    pub line: u32,
    /// New texts.
    pub edits: Vec<Text>,
    /// Files that are removed.
    pub deletions: Vec<String>,
    /// Arguments, as `name=value`.
    pub args: Vec<(String, String)>,
}

/// A recorded text.
#[derive(Debug)]
pub struct Golden {
    /// Which text it is.
    pub kind: GoldenKind,
    /// What follows the kind on its line: the name of a file.
    pub name: String,
    /// Line of the section.
    pub line: u32,
    /// What is recorded.
    pub body: String,
}

/// The texts that can be recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GoldenKind {
    /// The report of the save or load before.
    Report,
    /// The plan of the save before, as made before it was carried out.
    Plan,
    /// The compiled form of a file.
    Bytecode,
    /// The syntax tree of a file.
    Ast,
    /// The diagnostics of all files, as on disk.
    Diagnostics,
    /// What was answered to the question before.
    Reply,
    /// What a check of all files, as on disk, as one program says.
    Check,
}

/// What a line promises.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Line of the case.
    pub line: u32,
    /// The promise.
    pub kind: MarkKind,
}

/// The kinds of promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MarkKind {
    /// This line is printed.
    Expect(String),
    /// The statement raises.
    Raises {
        /// Name of the error's class.
        class: String,
        /// Part of its message.
        message: String,
    },
    /// Compiling reports an error.
    Error(Wanted),
    /// Compiling reports a warning.
    Warning(Wanted),
}

/// How a diagnostic is recognised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// By its code.
    Code(String),
    /// By a part of its message, label or help.
    Text(String),
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Code(code) => f.write_str(code),
            Wanted::Text(text) => write!(f, "{text:?}"),
        }
    }
}

/// Why a file is no case.
#[derive(Debug)]
pub struct Malformed {
    /// Line of the case.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

impl Case {
    /// Reads the case at `path`; `name` is what messages call it.
    pub fn read(path: &Path, name: String) -> Result<Case, Malformed> {
        let text = std::fs::read_to_string(path).map_err(|e| Malformed { line: 0, message: e.to_string() })?;
        Case::parse(path, name, text)
    }

    /// Takes a case's text apart.
    pub fn parse(path: &Path, name: String, text: String) -> Result<Case, Malformed> {
        let (head, sections) = sections(&text);
        let sentence: Vec<&str> = head.lines().filter_map(|line| line.strip_prefix('#')).map(str::trim).collect();
        let mut builder = Builder::default();
        for section in sections {
            builder.section(&section)?;
        }
        let steps = builder.finish()?;
        Ok(Case { path: path.to_owned(), name, sentence: sentence.join(" "), steps, text })
    }
}

/// A section as written.
struct Section<'a> {
    /// The first word after `#-`.
    word: &'a str,
    /// What follows it.
    rest: &'a str,
    /// Its line.
    line: u32,
    body: String,
}

/// What stands above the first section, and the sections.
fn sections(text: &str) -> (String, Vec<Section<'_>>) {
    let mut head = String::new();
    let mut sections: Vec<Section<'_>> = Vec::new();
    for (i, line) in text.split_inclusive('\n').enumerate() {
        if let Some(title) = line.strip_prefix("#- ") {
            let (word, rest) = title.trim().split_once(' ').unwrap_or((title.trim(), ""));
            sections.push(Section { word, rest: rest.trim(), line: i as u32 + 1, body: String::new() });
        } else {
            sections.last_mut().map_or(&mut head, |section| &mut section.body).push_str(line);
        }
    }
    (head, sections)
}

#[derive(Default)]
struct Builder {
    steps: Vec<Step>,
    /// Arguments of the next save.
    args: Vec<(String, String)>,
    /// A `#- save` is open for the edits that follow.
    open: Option<Save>,
    /// What is done at stops of the next statements.
    deeds: Vec<Deed>,
}

impl Builder {
    fn section(&mut self, section: &Section<'_>) -> Result<(), Malformed> {
        if !matches!(section.word, "edit" | "delete") {
            self.close()?;
        }
        match section.word {
            "file" => self.file(text_of(section)?),
            "ask" => {
                let ask = Ask::parse(section.line, section.rest, &section.body);
                self.steps.push(Step::Ask(ask.or_else(|message| malformed(section.line, message))?));
            }
            "stop" => self.deeds.push(deed(section)?),
            "run" => {
                if !self.deeds.is_empty() {
                    self.steps.push(Step::Stop(std::mem::take(&mut self.deeds)));
                }
                self.steps.push(Step::Run(text_of(section)?));
            }
            "input" => self.steps.push(Step::Input(section.body.lines().map(str::to_owned).collect())),
            "refuse" => self.steps.push(Step::Refuse(effect(section)?)),
            "edit" => {
                let text = text_of(section)?;
                self.save(section.line, |save| save.edits.push(text));
            }
            "delete" => self.save(section.line, |save| save.deletions.push(section.rest.to_owned())),
            "save" => {
                let args = std::mem::take(&mut self.args);
                self.open = Some(Save { line: section.line, edits: Vec::new(), deletions: Vec::new(), args });
            }
            "args" => {
                for arg in section.rest.split_whitespace() {
                    let Some((name, value)) = arg.split_once('=') else {
                        return malformed(section.line, "arguments are `name=value`");
                    };
                    self.args.push((name.to_owned(), value.to_owned()));
                }
            }
            "refused" => {
                let text = section.rest.trim_matches('"').to_owned();
                self.steps.push(Step::Refused { line: section.line, text });
            }
            other => {
                let kind = match other {
                    "report" => GoldenKind::Report,
                    "plan" => GoldenKind::Plan,
                    "bytecode" => GoldenKind::Bytecode,
                    "ast" => GoldenKind::Ast,
                    "diagnostics" => GoldenKind::Diagnostics,
                    "check" => GoldenKind::Check,
                    "reply" => GoldenKind::Reply,
                    _ => return malformed(section.line, format!("unknown section `{other}`")),
                };
                let golden = Golden { kind, name: section.rest.to_owned(), line: section.line, body: section.body.clone() };
                self.steps.push(Step::Golden(golden));
            }
        }
        Ok(())
    }

    fn file(&mut self, text: Text) {
        match self.steps.last_mut() {
            None => self.steps.push(Step::Load(vec![text])),
            Some(Step::Load(texts)) if self.args.is_empty() => texts.push(text),
            Some(_) => self.steps.push(Step::Write(text)),
        }
    }

    fn save(&mut self, line: u32, add: impl FnOnce(&mut Save)) {
        match &mut self.open {
            Some(save) => add(save),
            None => {
                let args = std::mem::take(&mut self.args);
                let mut save = Save { line, edits: Vec::new(), deletions: Vec::new(), args };
                add(&mut save);
                self.steps.push(Step::Save(save));
            }
        }
    }

    fn close(&mut self) -> Result<(), Malformed> {
        match self.open.take() {
            Some(save) if save.edits.is_empty() && save.deletions.is_empty() => malformed(save.line, "nothing is saved"),
            Some(save) => {
                self.steps.push(Step::Save(save));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Vec<Step>, Malformed> {
        self.close()?;
        match self.deeds.first() {
            Some(deed) => malformed(1, format!("nothing runs that could stop for {deed:?}")),
            None if self.steps.is_empty() => malformed(1, "no sections"),
            None => Ok(self.steps),
        }
    }
}

fn deed(section: &Section<'_>) -> Result<Deed, Malformed> {
    let (word, rest) = section.rest.split_once(' ').unwrap_or((section.rest, ""));
    let (number, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let number: usize = match number.parse() {
        Ok(number) => number,
        Err(_) if matches!(word, "calls" | "edit" | "edited" | "abort") => 0,
        Err(_) => return malformed(section.line, format!("`{word}` is of a call: `#- stop {word} 0`")),
    };
    Ok(match word {
        "calls" => Deed::Calls,
        "eval" => Deed::Eval(number, text.to_owned()),
        "edit" => Deed::Edit(rest.to_owned(), section.body.clone()),
        "retry" => Deed::Retry(number),
        "use" => Deed::Use(number, text.to_owned()),
        "continue" => Deed::Continue(number),
        "edited" => Deed::Edited,
        "abort" => Deed::Abort,
        other => return malformed(section.line, format!("nothing called `{other}` is done at a stop")),
    })
}

fn effect(section: &Section<'_>) -> Result<Effect, Malformed> {
    Ok(match section.rest {
        "output" => Effect::Output,
        "input" => Effect::Input,
        "reading" => Effect::ReadFiles,
        "writing" => Effect::WriteFiles,
        "clock" => Effect::Clock,
        "randomness" => Effect::Randomness,
        "environment" => Effect::Environment,
        other => return malformed(section.line, format!("unknown effect `{other}`")),
    })
}

fn malformed<T>(line: u32, message: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed { line, message: message.into() })
}

fn text_of(section: &Section<'_>) -> Result<Text, Malformed> {
    let first_line = section.line + 1;
    let mut marks = Vec::new();
    for (i, line) in section.body.lines().enumerate() {
        marks_of(line, first_line + i as u32, &mut marks)?;
    }
    Ok(Text { name: section.rest.to_owned(), body: section.body.clone(), first_line, marks })
}

/// The marks at the end of a line: one `expect`, or any number of others.
fn marks_of(line: &str, number: u32, marks: &mut Vec<Mark>) -> Result<(), Malformed> {
    const WORDS: [&str; 4] = ["# expect:", "# raises:", "# error:", "# warning:"];
    let Some((at, word)) = WORDS.iter().filter_map(|word| line.find(word).map(|at| (at, *word))).min() else { return Ok(()) };
    let rest = &line[at + word.len()..];
    if word == "# expect:" {
        let text = rest.strip_prefix(' ').unwrap_or(rest).trim_end().to_owned();
        marks.push(Mark { line: number, kind: MarkKind::Expect(text) });
        return Ok(());
    }
    let rest = rest.trim_start();
    let (name, rest) = rest.split_at(rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()));
    let rest = rest.trim_start();
    let (text, rest) = match rest.strip_prefix('"').map(|rest| rest.split_once('"')) {
        Some(Some((text, rest))) => (Some(text.to_owned()), rest),
        Some(None) => return malformed(number, "the text of the mark has no end"),
        None => (None, rest),
    };
    let kind = match (word, name, text) {
        ("# raises:", "", _) => return malformed(number, "`raises` names the error's class"),
        ("# raises:", class, text) => MarkKind::Raises { class: class.to_owned(), message: text.unwrap_or_default() },
        (_, "", None) => return malformed(number, "the mark names a code or a text"),
        (word, "", Some(text)) => diagnostic_mark(word, Wanted::Text(text)),
        (word, code, None) => diagnostic_mark(word, Wanted::Code(code.to_owned())),
        (_, _, Some(_)) => return malformed(number, "the mark names a code or a text, not both"),
    };
    marks.push(Mark { line: number, kind });
    if rest.trim().is_empty() { Ok(()) } else { marks_of(rest, number, marks) }
}

fn diagnostic_mark(word: &str, wanted: Wanted) -> MarkKind {
    if word == "# error:" { MarkKind::Error(wanted) } else { MarkKind::Warning(wanted) }
}

impl Text {
    /// The lines it promises to print, with their places.
    pub fn expected(&self) -> impl Iterator<Item = (u32, &str)> {
        self.marks.iter().filter_map(|mark| match &mark.kind {
            MarkKind::Expect(text) => Some((mark.line, text.as_str())),
            _ => None,
        })
    }

    /// Whether it promises errors of the compiler.
    pub fn has_error_marks(&self) -> bool {
        self.marks.iter().any(|mark| matches!(mark.kind, MarkKind::Error(_)))
    }
}

impl Save {
    /// Whether it promises errors of the compiler or of check.
    pub fn has_error_marks(&self) -> bool {
        self.edits.iter().any(Text::has_error_marks)
    }
}
