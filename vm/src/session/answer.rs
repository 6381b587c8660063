//! Carries out requests.

use super::describe::{self, Trouble};
use super::patch::{class_of, class_text, in_place};
use super::region::{Missing, find, range};
use super::stopped::Done;
use super::{Failure, FailureKind, Note, Position, RegionKind, Reply, Request, Session, completion, evaluated, inspect, lookup};
use super::{namespace_of, provenance, signature, stopped, threads};
use crate::embed::{Error, Handle, Problem, Vm};
use crate::heap::Value;
use crate::object::{Interrupt, OnError};
use crate::reload::{FileText, ReloadOptions, Report};
use lang::source::{Source, Span};

/// Lines and columns of the place of a text. More would be a text that is refused.
const LINES_MAX: u32 = 10_000_000;

/// What can be told of an evaluation.
type Evaluated = Result<Option<Handle>, Error>;

impl Session {
    /// Carries out a request. Errors of what is evaluated end it and stop nothing; what is printed meanwhile becomes a part of the reply.
    pub fn answer(&mut self, vm: &mut Vm, request: &Request) -> Reply {
        self.answer_with(vm, |session, vm| session.carry_out(vm, request))
    }

    /// Does what a host carries out in its own way as [`Session::answer`] does: errors of what is evaluated stop nothing and are kept, and what
    /// is printed becomes a part of the reply.
    pub fn answer_with(&mut self, vm: &mut Vm, act: impl FnOnce(&mut Session, &mut Vm) -> Result<Reply, Trouble>) -> Reply {
        let outer = vm.enter(|cx| std::mem::replace(&mut cx.world.stopping.on_error, OnError::Unwind));
        let outer_output = vm.enter(|cx| cx.world.captured.replace(String::new()));
        let mut reply = act(self, vm).unwrap_or_else(|trouble| {
            let error = match trouble {
                Trouble::Asked(message) => return refused(message),
                Trouble::Error(error) => self.noting_error::<()>(vm, Err(error)).expect_err("it is one"),
            };
            failed(&error)
        });
        let output = vm.enter(|cx| std::mem::replace(&mut cx.world.captured, outer_output));
        reply.output = output.unwrap_or_default();
        vm.enter(|cx| cx.world.stopping.on_error = outer);
        reply
    }

    fn carry_out(&mut self, vm: &mut Vm, request: &Request) -> Result<Reply, Trouble> {
        Ok(match request {
            Request::Evaluate { code, namespace, file, at } => {
                let value = match (file, namespace) {
                    (Some(file), _) => self.evaluate_in_file(vm, file, code, *at)?,
                    (None, Some(namespace)) => {
                        self.count += 1;
                        let name = format!("<{namespace} {}>", self.count);
                        self.check(&Source::new(&*name, &**code), code.len())?;
                        let result = evaluated(vm, namespace, &name, code);
                        self.noting_error(vm, result)?
                    }
                    (None, None) => self.evaluate_unnumbered(vm, code)?,
                };
                self.shown(vm, value)?
            }
            Request::EvaluateRegion { file, text, kind, at, to } => self.evaluate_region(vm, file, text, (*kind, *at, *to))?,
            Request::Complete { code, file } => {
                let completions = match file {
                    Some(file) => {
                        let session = {
                            let file = vm.known_path(file);
                            Session::of_file(vm, &file, None)
                        };
                        completion::complete(vm, &session, code)
                    }
                    None => completion::complete(vm, self, code),
                };
                Reply { completions: Some(completions), ..done() }
            }
            Request::Signature { code, file } => {
                let of_file = file.as_ref().map(|file| {
                    let file = vm.known_path(file);
                    Session::of_file(vm, &file, None)
                });
                Reply { signature: signature::at_end(vm, of_file.as_ref().unwrap_or(self), code), ..done() }
            }
            Request::LookUp { name, file } => {
                let entry = match file {
                    Some(file) => {
                        let session = {
                            let file = vm.known_path(file);
                            Session::of_file(vm, &file, None)
                        };
                        lookup::entry(vm, &session, name)
                    }
                    None => lookup::entry(vm, self, name),
                };
                let entry = entry.map_err(Trouble::Asked)?;
                Reply { text: Some(describe::doc_text(&entry)), entry: Some(entry), ..done() }
            }
            Request::List { what } => told(describe::ls(vm, self, what)?),
            Request::Who { name } => told(describe::who(vm, self, name)?),
            Request::Instances { class } => told(describe::instances(vm, self, class)?),
            Request::Migrate { class } => told(describe::migrate(vm, self, class)?),
            Request::Disassemble { name } => told(describe::disassembly(vm, self, name)?),
            Request::Threads => {
                let threads = vm.threads();
                Reply { data: Some(threads::data(&threads)), ..told(threads::text(&threads)) }
            }
            Request::Namespace { name } => told(describe::namespace(vm, self, name)?),
            Request::Inspect { what, path, from } => {
                let inspected = inspect::inspect(vm, self, what, path, *from)?;
                Reply { text: Some(inspect::text(&inspected)), inspected: Some(inspected), ..done() }
            }
            Request::InspectRegion { file, text, at, to, code } => {
                self.inspect_region(vm, file, text, (*at, *to), code.as_deref())?
            }
            Request::Stopped => {
                let Some(stopped) = vm.stopped() else { return Err(Trouble::Asked("nothing has stopped at an error".into())) };
                Reply { text: Some(stopped.to_string()), data: Some(serde_json::json!({ "stopped": stopped })), ..done() }
            }
            Request::Call { call } => told(stopped::call(vm, *call).map_err(Trouble::Asked)?),
            Request::Locals { call } => told(stopped::locals(vm, *call).map_err(Trouble::Asked)?),
            Request::EvaluateInCall { call, code } => {
                let value = vm.eval_in_call(*call, code)?;
                self.shown(vm, value)?
            }
            Request::Restart { how, call, code } => match self.restart_asked(vm, *how, *call, code).map_err(Trouble::Asked)? {
                Done::GoOn(how) => {
                    vm.restart(&how)?;
                    told("the program goes on\n".into())
                }
                Done::Failed(error) => return Err(error.into()),
                _ => done(),
            },
            Request::Trace { name, on } => self.trace(vm, name, *on)?,
            Request::Reload { file } => {
                let what = selection(vm, file.as_deref()).map_err(Trouble::Asked)?;
                let mut report = vm.reload_selected(what, &ReloadOptions::default());
                vm.count_instances(&mut report);
                reported(&report)
            }
            Request::Plan { file } => {
                let what = selection(vm, file.as_deref()).map_err(Trouble::Asked)?;
                reported(&vm.plan_selected(what, &ReloadOptions::default()))
            }
            Request::Undo => reported(&vm.undo().ok_or_else(|| Trouble::Asked("there is no commit to undo".into()))?),
            Request::Redo => {
                let nothing = || Trouble::Asked("no commit has been undone, or another one was made since then".into());
                reported(&vm.redo().ok_or_else(nothing)?)
            }
            Request::Drift => told(provenance::drift(vm, self)),
            Request::Leaks => told(provenance::leaks(vm)),
            Request::Why { name } => told(provenance::why(vm, self, name)?),
            Request::History { name } => told(provenance::history(vm, self, name)?),
            Request::Describe => {
                let (files, epoch, is_stopped) = (vm.loaded_files(), vm.epoch(), vm.is_stopped());
                let data = serde_json::json!({
                    "files": files, "epoch": epoch, "stopped": is_stopped, "mode": vm.mode().text(),
                    "namespace": self.namespace, "leaks": vm.count_leaks(), "version": env!("CARGO_PKG_VERSION"),
                });
                Reply { data: Some(data), ..done() }
            }
            // A session alone has nobody to tell: the desk listens for its visitors.
            Request::Listen => {
                return Err(Trouble::Asked("only clients of a program that serves are told what happens to it".into()));
            }
        })
    }

    /// Evaluates code that stands at a place in a file, with the names of that file.
    fn evaluate_in_file(&mut self, vm: &mut Vm, file: &str, code: &str, at: Option<Position>) -> Evaluated {
        let text = placed(at.unwrap_or(Position { line: 1, column: 1 }), code)?;
        self.evaluate_text_of_file(vm, file, None, &text)
    }

    /// Evaluates text whose lines are those of a file. `whole` is the text of the file as it stands in an editor.
    fn evaluate_text_of_file(&mut self, vm: &mut Vm, file: &str, whole: Option<&str>, text: &str) -> Evaluated {
        let file = vm.known_path(file);
        let is_loaded = vm.is_loaded(&file);
        let session = Session::of_file(vm, &file, whole);
        let source = Source::new(&*file, text);
        let parsed = lang::parse(&source);
        let is_refused = parsed.diagnostics.iter().any(lang::diagnostic::Diagnostic::is_error);
        // What a file that runs imports is seen of itself.
        let full = if is_refused || is_loaded { text.to_owned() } else { session.imports.write_behind(&source, &parsed.file) };
        self.check(&Source::new(&*file, full.clone()), text.len())?;
        let result = evaluated(vm, &session.namespace, &file, &full);
        self.noting_error(vm, result)
    }

    fn evaluate_region(
        &mut self,
        vm: &mut Vm,
        file: &str,
        text: &str,
        (kind, at, to): (RegionKind, Position, Option<Position>),
    ) -> Result<Reply, Trouble> {
        let file = vm.known_path(file);
        let source = Source::new(&*file, text);
        let found = match find(&source, kind, at, to) {
            Ok(found) => found,
            Err(missing) => return Ok(nothing_found(&source, missing)),
        };
        let whole = range(&source, Span::new(0, text.trim_end().len()));
        let region = Some(range(&source, found.span));
        if kind == RegionKind::File {
            let texts = vec![FileText { path: file, text: Some(text.to_owned()) }];
            let mut report = vm.reload(texts, &ReloadOptions::default());
            vm.count_instances(&mut report);
            return Ok(Reply { region, ..reported(&report) });
        }
        let code = match class_of(&source, &found) {
            Some(class) => {
                let namespace = namespace_of(vm, &file, &lang::parse(&source).file);
                let running = vm.running_definition(&format!("{namespace}.{class}"));
                class_text(&source, &found, running.as_deref()).unwrap_or_else(|| in_place(&source, found.span))
            }
            None => in_place(&source, found.span),
        };
        let reply = match self.evaluate_text_of_file(vm, &file, Some(text), &code) {
            Ok(value) => self.shown(vm, value)?,
            Err(error) => {
                let mut reply = failed(&error);
                if let (Some(failure), Error::Refused(_)) = (&mut reply.error, &error) {
                    failure.is_incomplete = lang::parse(&Source::new("", code)).incomplete;
                }
                reply
            }
        };
        let mut reply = Reply { region, ..reply };
        if let Some(error) = &mut reply.error
            && let Some(help) = not_loaded_help(vm, &source, &file, error)
        {
            error.text.push_str(&format!("  = help: {help}\n"));
            error.notes.iter_mut().for_each(|note| note.help.clone_from(&help));
        }
        for note in reply.error.iter_mut().flat_map(|error| &mut error.notes) {
            // An import of the file that was written behind the text.
            if *note.file == *file && note.range.start > whole.end {
                note.range = range(&source, found.span);
            }
        }
        Ok(reply)
    }

    /// Looks into the value of what is selected, or of the expression at a place. What is a name is looked up, and not evaluated.
    fn inspect_region(
        &mut self,
        vm: &mut Vm,
        file: &str,
        text: &str,
        (at, to): (Position, Option<Position>),
        code: Option<&str>,
    ) -> Result<Reply, Trouble> {
        let file = vm.known_path(file);
        let source = Source::new(&*file, text);
        let kind = if to.is_some_and(|to| to != at) { RegionKind::Region } else { RegionKind::Expression };
        let (code, at_its_place, region) = match (code, find(&source, kind, at, to)) {
            (Some(code), _) => (code.trim(), placed(at, code)?, None),
            (None, Ok(found)) => (source.slice(found.span).trim(), in_place(&source, found.span), Some(range(&source, found.span))),
            (None, Err(missing)) => return Ok(nothing_found(&source, missing)),
        };
        let names = Session::of_file(vm, &file, Some(text));
        let value = match lookup::held_handle(vm, &names, code).map_err(Trouble::Asked)? {
            Some(value) => value,
            None => {
                let value = self.evaluate_text_of_file(vm, &file, Some(text), &at_its_place)?;
                value.unwrap_or_else(|| vm.make(|_| Value::Nil))
            }
        };
        let name = if lookup::is_chain(code) { code } else { inspect::NAMELESS };
        self.inspected = Some((value, name.to_owned()));
        let inspected = inspect::inspect(vm, self, "", &[], 0)?;
        Ok(Reply { text: Some(inspect::text(&inspected)), inspected: Some(inspected), region, ..done() })
    }

    /// A reply with a value, which is kept.
    fn shown(&mut self, vm: &mut Vm, value: Option<Handle>) -> Result<Reply, Trouble> {
        let mut reply = done();
        reply.warnings = self.warnings.drain(..).map(|problem| note(&problem)).collect();
        if let Some(value) = value.and_then(|value| self.keep(vm, value)) {
            reply.number = Some(self.values);
            reply.class = Some(vm.enter(|cx| lookup::name_of_class(cx, &value.value_in(cx.world))));
            reply.value = Some(vm.shown(&value)?);
        }
        Ok(reply)
    }

    /// Has the calls of a function written to the stream for messages, or ends that: `live.trace`.
    pub fn trace(&mut self, vm: &mut Vm, name: &str, on: bool) -> Result<Reply, Trouble> {
        // A namespace for itself: what is typed shall not see the import.
        const NAMESPACE: &str = "<trace>";
        if name.is_empty() && on {
            let text = "import live\nlive.overrides().filter(|o| o.how == \"trace\").map(|o| live.lineage(o.target)).join(\"\\n\")";
            let names = evaluated(vm, NAMESPACE, NAMESPACE, text)?;
            let names: String = names.map_or(Ok(String::new()), |names| vm.read(&names))?;
            return Ok(told(if names.is_empty() { "nothing is traced\n".into() } else { names + "\n" }));
        }
        let change = if on { "live.trace" } else { "live.untrace" };
        let change = evaluated(vm, NAMESPACE, NAMESPACE, &format!("import live\n{change}"))?;
        let change = change.ok_or_else(|| Trouble::Asked("the library has no module `live`".into()))?;
        if name.is_empty() {
            let ended: i64 = vm.call_handle(&change, ())?;
            return Ok(told(format!("{ended} traces are ended\n")));
        }
        let target = self.value_of(vm, name)?;
        if vm.enter(|cx| matches!(target.value_in(cx.world), Value::Native(_))) {
            return Err(Trouble::Asked(format!("`{name}` is built in: calls of it cannot be traced")));
        }
        vm.call_raw(&change, (target,))?;
        Ok(told(match on {
            true => format!("calls of {name} are written; `:untrace {name}` ends that\n"),
            false => format!("calls of {name} are not written\n"),
        }))
    }

    /// The value of a name, found without running code.
    fn value_of(&mut self, vm: &mut Vm, name: &str) -> Result<Handle, Trouble> {
        let chain = lookup::chain_of(vm, self, name).map_err(Trouble::Asked)?;
        let value = vm.enter(|cx| lookup::held_value(cx, &chain).map(|value| Handle::new(cx.world, value)));
        match value {
            Some(value) => Ok(value),
            None => Err(Trouble::Asked(lookup::missing(vm, self, name))),
        }
    }
}

/// Code behind so many line breaks and spaces that it stands at its place.
fn placed(at: Position, code: &str) -> Result<String, Error> {
    if at.line > LINES_MAX || at.column > LINES_MAX {
        return Err(Error::Host(format!("a file has at most {LINES_MAX} lines, of as many columns")));
    }
    let (lines, columns) = (at.line.saturating_sub(1) as usize, at.column.saturating_sub(1) as usize);
    Ok(format!("{}{}{code}", "\n".repeat(lines), " ".repeat(columns)))
}

/// A reply to a place at which there is nothing.
fn nothing_found(source: &Source, missing: Missing) -> Reply {
    let note = Note {
        file: source.name().to_owned(),
        range: range(source, missing.span),
        message: missing.message.clone(),
        help: String::new(),
        code: String::new(),
        is_error: true,
    };
    let mut reply = refused(missing.message);
    if let Some(error) = &mut reply.error {
        error.notes.push(note);
    }
    reply
}

/// What to do about a name that the text defines and the program does not know, because it has not loaded the file.
fn not_loaded_help(vm: &mut Vm, source: &Source, file: &str, error: &Failure) -> Option<String> {
    if error.class.as_deref() != Some("NameError") || vm.is_loaded(file) {
        return None;
    }
    let name = error.message.strip_prefix('`')?.split('`').next()?.to_owned();
    let parsed = lang::parse(source).file;
    let outline = lang::outline(source, &parsed, &lang::resolve(&parsed, &mut Vec::new()));
    let defines = outline.definition(&name).is_some();
    defines
        .then(|| format!("the program has not loaded this file: evaluate the form that defines `{name}`, or the whole file, first"))
}

/// The files that a path stands for; `None`: all.
pub fn selection(vm: &mut Vm, path: Option<&str>) -> Result<Option<Vec<String>>, String> {
    let mut loaded = vm.loaded_files();
    loaded.extend(vm.unloaded_files());
    match path.filter(|path| !path.is_empty()).map(|path| vm.known_path(path)) {
        Some(path) if !loaded.contains(&path) => {
            Err(format!("the program has not loaded `{path}`; an `import` of it, or `:load {path}` in a session, does"))
        }
        _ if loaded.is_empty() => Err("no file is loaded".into()),
        path => Ok(path.map(|path| vec![path])),
    }
}

fn done() -> Reply {
    Reply { ok: true, ..Reply::default() }
}

fn told(text: String) -> Reply {
    Reply { text: Some(text), ..done() }
}

/// A reply that is the report of a commit or plan.
pub fn reported(report: &Report) -> Reply {
    let text = report.to_string();
    let error = (!report.ok).then(|| {
        let first = report.reasons.first();
        let notes = report.reasons.iter().filter(|reason| reason.line > 0).map(|reason| {
            let at = |column| Position { line: reason.line, column };
            let whole_line = super::Range { start: at(1), end: Position { line: reason.line + 1, column: 1 } };
            let range = reason.place.as_ref().map_or(whole_line, |place| range(&place.source, place.span));
            let (message, help) = (reason.message.clone(), reason.remedy.clone());
            Note { file: reason.file.clone(), range, message, help, code: reason.code.into(), is_error: true }
        });
        Failure {
            kind: FailureKind::Refused,
            class: None,
            message: first.map_or_else(|| "refused".to_owned(), |reason| reason.message.clone()),
            text: text.clone(),
            notes: notes.collect(),
            is_incomplete: false,
            exit: None,
        }
    });
    Reply { ok: report.ok, error, data: Some(serde_json::json!(report)), text: Some(text), ..Reply::default() }
}

/// A reply to what cannot be done.
fn refused(message: String) -> Reply {
    let failure = Failure {
        kind: FailureKind::Impossible,
        class: None,
        text: message.clone(),
        message,
        notes: Vec::new(),
        is_incomplete: false,
        exit: None,
    };
    Reply { error: Some(failure), ..Reply::default() }
}

/// A reply to what has failed.
pub fn failed(error: &Error) -> Reply {
    let (kind, class, message, notes, exit) = match error {
        Error::Refused(problems) => {
            let message = problems.first().map_or_else(String::new, |problem| problem.diagnostic.message.clone());
            (FailureKind::Refused, None, message, problems.iter().map(note).collect(), None)
        }
        Error::Raised { class, message, trace, .. } => {
            let at = trace.shown().map(|frame| Note {
                file: frame.source.name().to_owned(),
                range: range(&frame.source, frame.span),
                message: format!("{class}: {message}"),
                help: String::new(),
                code: String::new(),
                is_error: true,
            });
            (FailureKind::Raised, Some(class.clone()), message.clone(), at.into_iter().collect(), None)
        }
        Error::Interrupted(Interrupt::Exit(status)) => (FailureKind::Exit, None, error.to_string(), Vec::new(), Some(*status)),
        Error::Interrupted(_) => (FailureKind::Interrupted, None, error.to_string(), Vec::new(), None),
        Error::Host(message) | Error::Raise { message, .. } => (FailureKind::Impossible, None, message.clone(), Vec::new(), None),
    };
    let failure = Failure { kind, class, message, text: error.to_string(), notes, is_incomplete: false, exit };
    Reply { error: Some(failure), ..Reply::default() }
}

/// A problem of a text.
pub fn note(problem: &Problem) -> Note {
    let diagnostic = &problem.diagnostic;
    Note {
        file: problem.source.name().to_owned(),
        range: range(&problem.source, diagnostic.span),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone().unwrap_or_default(),
        code: diagnostic.code.id.to_owned(),
        is_error: diagnostic.is_error(),
    }
}
