//! Evaluating parts of texts in the program: what commands do, and what becomes of the answers.

use super::actions::{EVALUATIONS, INSPECT, INTERRUPT, RELOAD, UNDO, commands};
use super::attached::{Found, attach};
use super::client::{Failure, Grade};
use super::encoding::{session_position, session_span};
use super::files::is_same_file;
use super::living::{Ask, Purpose};
use super::program::Runner;
use super::results::{Shown, Trouble};
use super::server::{Answer, Server};
use super::uri::path_of;
use gen_lsp_types::Range;
use gen_lsp_types::json_rpc::Id;
use lang::source::{Source, Span};
use serde_json::{Value, json};
use vm::session::{FailureKind, Range as Region, RegionKind, Reply, Request, find};

/// Longest text of a value in the text of a program, in characters.
const LABEL_CHARS_MAX: usize = 120;

/// Longest message, in characters.
pub const MESSAGE_CHARS_MAX: usize = 400;

/// A place in a text that a command is about.
pub struct Place {
    /// The file.
    pub path: String,
    /// Its text.
    pub source: Source,
    /// Where it begins, as sessions count.
    pub at: vm::session::Position,
    /// Where it ends.
    pub to: vm::session::Position,
}

impl Server {
    /// Carries out a command.
    pub fn execute(&mut self, id: &Id, command: &str, arguments: &[Value]) -> Result<Answer, Failure> {
        if let Some((_, kind)) = EVALUATIONS.iter().find(|(name, _)| *name == command) {
            return self.evaluate(id, *kind, arguments);
        }
        match command {
            INSPECT => self.inspect(id, arguments),
            INTERRUPT => Ok(Answer::Now(json!(self.interrupt()))),
            UNDO => Ok(self.tell(id, Request::Undo, "the last commit has been taken back")),
            RELOAD => {
                let file = arguments.first().and_then(Value::as_str).and_then(path_of);
                let file = file.map(|path| self.living.runner().map_or(path.clone(), |runner| runner.name_of(&path)));
                Ok(self.tell(id, Request::Reload { file }, "what is on the disk has been taken in"))
            }
            _ => {
                let known = commands().join("`, `");
                Err(Failure::params(format!("there is no command `{command}`; there are `{known}`")))
            }
        }
    }

    fn evaluate(&mut self, id: &Id, kind: RegionKind, arguments: &[Value]) -> Result<Answer, Failure> {
        let uri = arguments.first().and_then(Value::as_str).ok_or_else(wrong_place)?;
        let Place { path, source, at, to } = self.place(uri, arguments.get(1), kind)?;
        self.start_own(&path);
        let roots = self.roots_for_program(&source);
        let file = self.name_for_program(&path);
        let request = Request::EvaluateRegion { file, text: source.text().to_owned(), kind, at, to: Some(to) };
        let number =
            self.ask(request, roots, Purpose::Evaluate { id: id.clone(), uri: uri.to_owned(), source: source.clone(), kind });
        if let (Some(document), Ok(found)) = (self.documents.get_mut(uri), find(&source, kind, at, Some(to))) {
            let length = source.slice(found.span).trim_end().len() as u32;
            document.results.expected.push((number, Span { hi: found.span.lo + length, ..found.span }));
        }
        Ok(Answer::Later)
    }

    /// The place that the arguments of a command name.
    pub fn place(&self, uri: &str, range: Option<&Value>, kind: RegionKind) -> Result<Place, Failure> {
        let range = match range {
            None | Some(Value::Null) if kind == RegionKind::File => Range::default(),
            Some(value) if value.get("line").is_some() => {
                let at = serde_json::from_value(value.clone()).map_err(|_| wrong_place())?;
                Range { start: at, end: at }
            }
            value => serde_json::from_value(value.cloned().unwrap_or_default()).map_err(|_| wrong_place())?,
        };
        let (path, source) = match self.documents.get(uri) {
            Some(document) => (document.path.clone(), document.source().clone()),
            None => {
                let path = path_of(uri).ok_or_else(|| Failure::params(format!("`{uri}` is no file; save it first")))?;
                let source = self.texts.read(&path).ok_or_else(|| Failure::params(format!("`{path}` cannot be read")))?;
                (path, source)
            }
        };
        let span = self.client.encoding.span(&source, range);
        let (at, to) = (session_position(&source, span.lo as usize), session_position(&source, span.hi as usize));
        Ok(Place { path, source, at, to })
    }

    /// What the program calls a file.
    pub fn name_for_program(&self, path: &str) -> String {
        self.living.runner().map_or(path.to_owned(), |runner| runner.name_of(path))
    }

    /// Begins a program of the editor's own if none is there.
    pub fn start_own(&mut self, path: &str) {
        if self.living.runner().is_none() {
            let directory = self.texts.folder_of(path);
            // Paths of the program begin there. If it is gone, they begin where the editor has started the server.
            let _ = std::env::set_current_dir(&directory);
            self.living.own = Some(Runner::own(&directory, self.texts.sharing, &self.events));
        }
    }

    /// Where the imports of a text are looked for, as the program calls it.
    pub fn roots_for_program(&self, source: &Source) -> Vec<String> {
        let Some(runner) = self.living.runner() else { return Vec::new() };
        let roots = self.texts.roots_of(source).into_iter();
        roots.map(|root| if root == runner.directory { String::new() } else { runner.name_of(&root) }).collect()
    }

    /// Asks for something that changes the program and tells what it has done.
    fn tell(&mut self, id: &Id, request: Request, done: &'static str) -> Answer {
        if self.living.runner().is_none() {
            self.client.show(Grade::Info, "no program lives yet; evaluate something first");
            return Answer::Now(Value::Null);
        }
        self.ask(request, Vec::new(), Purpose::Tell { id: id.clone(), done });
        Answer::Later
    }

    /// Stops what is evaluated, and forgets what waits. Whether there was anything.
    pub fn interrupt(&mut self) -> bool {
        if !self.living.is_evaluating() {
            self.client.show(Grade::Info, "nothing is evaluated");
            return false;
        }
        for ask in std::mem::take(&mut self.living.waiting) {
            self.give_up(ask.number, ask.purpose, "it was interrupted before it began");
        }
        self.living.is_interrupted = true;
        self.living.keep_interrupting();
        true
    }

    /// The client does not want the answer of a request any more. What is evaluated for it is stopped.
    pub fn cancel(&mut self, cancelled: &Id) {
        let is_meant = |purpose: &Purpose| match purpose {
            Purpose::Evaluate { id, .. } | Purpose::Tell { id, .. } | Purpose::Inspect { id, .. } | Purpose::Name { id, .. } => {
                id == cancelled
            }
            Purpose::Nobody => false,
        };
        if let Some(at) = self.living.waiting.iter().position(|ask| is_meant(&ask.purpose)) {
            if let Some(ask) = self.living.waiting.remove(at) {
                self.give_up(ask.number, ask.purpose, "it was cancelled");
            }
        } else if let Some((ask, _)) = self.living.running.as_ref().filter(|(ask, _)| is_meant(&ask.purpose)) {
            if ask.purpose.evaluates() {
                self.living.is_interrupted = true;
                self.living.keep_interrupting();
            }
        } else if let Some(at) = self.pulls.iter().position(|pull| pull.id == *cancelled) {
            self.pulls.remove(at);
            self.client.respond(cancelled, Err(Failure::new(Failure::CANCELLED, "it was cancelled")));
        }
    }

    fn give_up(&mut self, number: u64, purpose: Purpose, why: &str) {
        match purpose {
            Purpose::Evaluate { id, uri, .. } => {
                self.forget_expected(&uri, number);
                self.client.respond(&id, Err(Failure::new(Failure::CANCELLED, why)));
            }
            Purpose::Tell { id, .. } | Purpose::Inspect { id, .. } => {
                self.client.respond(&id, Err(Failure::new(Failure::CANCELLED, why)));
            }
            Purpose::Name { id, asked } => {
                let known = self.joined(&asked, None).unwrap_or(Value::Null);
                self.client.respond(&id, Ok(known));
            }
            Purpose::Nobody => {}
        }
    }

    fn forget_expected(&mut self, uri: &str, number: u64) -> Option<Span> {
        let expected = &mut self.documents.get_mut(uri)?.results.expected;
        let at = expected.iter().position(|(of, _)| *of == number)?;
        Some(expected.remove(at).1)
    }

    /// Asks the program as soon as it has time. Gives the number of what is asked.
    pub fn ask(&mut self, request: Request, roots: Vec<String>, purpose: Purpose) -> u64 {
        let number = self.living.number();
        self.living.waiting.push_back(Ask { number, request, roots, purpose, is_of_attached: false });
        self.go_on();
        number
    }

    /// Lets the program begin what waits.
    pub fn go_on(&mut self) {
        while let Some(ask) = self.living.go_on() {
            self.give_up(ask.number, ask.purpose, "the program is gone");
            // It tells its end itself, if it is another one's.
            if self.living.attached.is_none() {
                self.living.own = None;
            }
        }
    }

    /// From now on a program evaluates that was found running.
    pub fn attach(&mut self, found: Found) {
        let runner = attach(found, &self.events);
        self.client.show(Grade::Info, &format!("attached to {}: texts are evaluated there", runner.name));
        self.living.attached = Some(runner);
    }

    /// The program that was found is gone.
    pub fn detach(&mut self) {
        let Some(runner) = self.living.attached.take() else { return };
        let message = format!("{} has ended: from now on texts are evaluated in a program of the editor's own", runner.name);
        self.client.show(Grade::Warning, &message);
        if let Some((ask, _)) = self.living.running.take_if(|(ask, _)| ask.is_of_attached) {
            self.give_up(ask.number, ask.purpose, "the program is gone");
        }
        self.forget_refused();
        if let Some(search) = &self.search {
            search.go_on();
        }
        self.go_on();
    }

    /// Takes in what the program has answered.
    pub fn answered(&mut self, number: u64, reply: &Reply) {
        let Some(ask) = self.living.answered(number) else { return };
        match ask.purpose {
            Purpose::Nobody => {}
            Purpose::Name { id, asked } => {
                let found = self.joined(&asked, Some(reply)).unwrap_or(Value::Null);
                self.client.respond(&id, Ok(found));
            }
            Purpose::Tell { id, done } => {
                self.show_reply(reply, done);
                self.client.respond(&id, Ok(json!(reply)));
            }
            Purpose::Inspect { id, shown_by } => {
                self.show_inspected(reply, shown_by);
                self.client.respond(&id, Ok(json!(reply)));
            }
            Purpose::Evaluate { id, uri, source, kind } => {
                let expected = self.forget_expected(&uri, number);
                self.mark(&uri, &source, kind, expected, reply);
                self.show_reply(reply, "evaluated");
                self.client.respond(&id, Ok(json!(reply)));
            }
        }
        self.go_on();
    }

    /// Shows the result of an evaluation in the texts.
    fn mark(&mut self, uri: &str, source: &Source, kind: RegionKind, expected: Option<Span>, reply: &Reply) {
        let is_same = self.documents.get(uri).is_some_and(|document| document.source().text() == source.text());
        if let Some(document) = self.documents.get_mut(uri) {
            document.results.troubles.clear();
            let region = reply.region.map(|region| session_span(source, region)).filter(|_| is_same);
            let trimmed = |span: Span| Span { hi: span.lo + source.slice(span).trim_end().len() as u32, ..span };
            if let Some(span) = region.map(trimmed).or(expected) {
                match label(reply) {
                    _ if kind == RegionKind::File && reply.ok => document.results.values.clear(),
                    Some(label) => document.results.show(Shown { span, label, detail: detail(reply) }),
                    None => document.results.forget(span),
                }
            }
        }
        self.mark_troubles(uri, source, kind, is_same, reply);
        self.client.refresh("inlayHint");
        self.live_changed();
    }

    /// Shows the error of an evaluation at its places, also in other open files.
    fn mark_troubles(&mut self, uri: &str, source: &Source, kind: RegionKind, is_same: bool, reply: &Reply) {
        let Some(failure) = reply.error.as_ref().filter(|failure| failure.kind != FailureKind::Interrupted) else { return };
        for note in &failure.notes {
            let path = self.living.runner().map_or(note.file.clone(), |runner| runner.path_of(&note.file));
            let is_evaluated = is_same_file(&path, source.name());
            let Some(document) = self.documents.values_mut().find(|document| is_same_file(&document.path, &path)) else { continue };
            if is_evaluated && !(is_same && document.uri == uri) {
                continue;
            }
            let mut message = note.message.clone();
            if !note.help.is_empty() {
                message.push_str("\nhelp: ");
                message.push_str(&note.help);
            }
            // Imports of the file that are made for this part stand behind it.
            let is_behind =
                |region: Region| note.range.start.line > region.end.line && failure.class.as_deref() == Some("ImportError");
            let region = reply.region.filter(|region| is_evaluated && kind != RegionKind::File && is_behind(*region));
            let span = session_span(document.source(), region.unwrap_or(note.range));
            document.results.troubles.push(Trouble { span, message, code: note.code.clone() });
        }
    }

    /// Tells people the result of something.
    pub fn show_reply(&self, reply: &Reply, done: &str) {
        if !reply.output.is_empty() {
            self.client.log(reply.output.trim_end_matches('\n'));
        }
        if let Some(failure) = &reply.error {
            let first = failure.message.lines().next().unwrap_or_default();
            let message = match &failure.class {
                Some(class) => format!("{class}: {first}"),
                None => first.to_owned(),
            };
            if failure.text.trim() != failure.message.trim() {
                self.client.log(&failure.text);
            }
            let grade = if failure.kind == FailureKind::Interrupted { Grade::Warning } else { Grade::Error };
            self.client.show(grade, &cut(&message, MESSAGE_CHARS_MAX));
            return;
        }
        for warning in &reply.warnings {
            self.client.log(&format!("{}:{}: {}", warning.file, warning.range.start.line, warning.message));
        }
        let message = match (&reply.value, &reply.text) {
            (Some(value), _) => format!("=> {value}"),
            (None, Some(text)) if !text.trim().is_empty() => text.trim().to_owned(),
            _ if !reply.output.trim().is_empty() => reply.output.trim().to_owned(),
            _ => done.to_owned(),
        };
        self.client.show(Grade::Info, &cut(&message, MESSAGE_CHARS_MAX));
    }
}

fn wrong_place() -> Failure {
    Failure::params("the arguments of this command are the URI of a file and a range, or a position")
}

/// What stands behind what was evaluated; `None` for errors, which are shown at their place.
fn label(reply: &Reply) -> Option<String> {
    if !reply.ok {
        return None;
    }
    let Some(value) = &reply.value else { return Some("✓".to_owned()) };
    let one_line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(format!("=> {}", cut(if value.contains('\n') { &one_line } else { value }, LABEL_CHARS_MAX)))
}

fn detail(reply: &Reply) -> String {
    let value = reply.value.clone().unwrap_or_default();
    let class = reply.class.as_ref().map(|class| format!("\n{class}")).unwrap_or_default();
    let number = reply.number.map(|number| format!(" · _{number}")).unwrap_or_default();
    let output = if reply.output.is_empty() { String::new() } else { format!("\n\nprinted:\n{}", reply.output) };
    format!("{value}{class}{number}{output}").trim().to_owned()
}

/// A text that is not longer than this.
pub fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max).chain(['…']).collect()
}
