//! A session: text goes in, values come out, definitions stay. What terminals, sockets and editors do with a program they do through it.
//!
//! A [`Session`] is what is remembered between inputs; the program is a [`Vm`] of its own, which may run meanwhile and have several
//! sessions. [`Session::answer`] carries out a [`Request`] at a safe point and gives a [`Reply`]; both are plain data, so that an adapter
//! has nothing to do but to bring them there and back. Debuggers and notebooks have their place here, too.

mod answer;
mod client;
mod completeness;
mod completion;
mod describe;
mod desk;
mod files;
mod imports;
mod inspect;
mod lines;
mod listing;
mod lookup;
mod patch;
mod provenance;
mod record;
mod region;
mod request;
mod rights;
mod server;
mod signature;
mod stopped;
mod threads;
mod token;

pub use answer::{failed, note, reported, selection};
pub use client::{Client, ClientError, Interrupter};
pub use completeness::is_incomplete;
pub use completion::{candidate, complete, open_call};
pub use describe::{Trouble, disassembly, doc, instances, ls, migrate, namespace, source, type_of, who};
pub use desk::{Desk, Door, Interrupted, Visitor};
pub use files::{SessionFile, session_directory, sessions, sessions_in};
pub use imports::{Imported, Imports};
pub use inspect::{inspect, text as inspected_text};
pub use lookup::{entry, is_chain};
pub use patch::in_place;
pub use provenance::{drift, history, leaks, listed, why};
pub use record::{End, Record};
pub use region::{Found, Members, Missing, cells, find, offset, range};
pub use request::*;
pub use rights::Rights;
pub use server::{Announced, Server, ServerOptions, Welcome};
pub use signature::{OpenCall, call_around, callable, of_entry as signature_of, signature};
pub use stopped::{COMMANDS as STOP_COMMANDS, Done, carry_out, described};
pub use threads::threads;

use crate::compile::compile_source;
use crate::embed::{Error, Handle, Problem, Restart, Vm};
use crate::heap::Value;
use crate::object::{Cx, Kind};
use lang::ast::{File, StmtKind};
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::sync::atomic::Ordering;

/// The variable that holds the last value; those of earlier values have their number behind it.
const LAST: &str = "_";

/// The variable that holds the last error.
const LAST_ERROR: &str = "_e";

/// Values that are kept under their numbers.
const VALUES_MAX: usize = 100;

/// What is remembered between inputs.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Request, Session};
///
/// let mut vm = Vm::new();
/// let mut session = Session::new("user");
/// let evaluate = |code: &str| Request::Evaluate { code: code.into(), namespace: None, file: None, at: None };
/// assert!(session.answer(&mut vm, &evaluate("fn double(n) { n * 2 }")).ok);
/// let reply = session.answer(&mut vm, &evaluate("double(21)"));
/// assert_eq!((reply.value.as_deref(), reply.number), (Some("42"), Some(1)));
/// // Values are kept: `_` is the last one, `_1` the first.
/// assert_eq!(session.answer(&mut vm, &evaluate("_ + _1")).value.as_deref(), Some("84"));
/// ```
pub struct Session {
    /// Where definitions go that were typed.
    namespace: String,
    /// The namespace that it began with, which is its own.
    home: String,
    /// What was imported.
    pub imports: Imports,
    /// What was imported at home, while text belongs to another namespace.
    imports_at_home: Option<Imports>,
    /// Texts evaluated so far.
    count: u32,
    /// Values kept so far.
    values: usize,
    /// What was inspected last, and what it is called.
    inspected: Option<(Handle, String)>,
    /// What has been typed, as a program.
    pub record: Record,
    /// The call that is looked at while calls have stopped at an error, with the number of the stop.
    pub chosen: (u64, usize),
    /// Told the warnings of a text before it is evaluated.
    pub warn: Option<fn(&[Problem])>,
    /// Warnings of what was evaluated last.
    warnings: Vec<Problem>,
}

impl Session {
    /// A session whose definitions belong to a namespace.
    pub fn new(namespace: &str) -> Session {
        Session {
            namespace: namespace.to_owned(),
            home: namespace.to_owned(),
            imports: Imports::default(),
            imports_at_home: None,
            count: 0,
            values: 0,
            inspected: None,
            record: Record::default(),
            chosen: (0, 0),
            warn: None,
            warnings: Vec::new(),
        }
    }

    /// What can be said where a file of the program ends: its names, and what it imports. Nothing of it is kept.
    fn of_file(vm: &mut Vm, file: &str, text: Option<&str>) -> Session {
        let running = vm.running_text(file);
        let source = Source::new(file, text.map(str::to_owned).or(running).unwrap_or_default());
        let parsed = lang::parse(&source).file;
        let mut session = Session::new(&namespace_of(vm, file, &parsed));
        session.imports.take_in(&source, &parsed);
        session
    }

    /// Where definitions go that were typed.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// From now on what is typed belongs to this namespace. What was imported in another one is not seen there, and is back at home.
    pub fn set_namespace(&mut self, vm: &mut Vm, namespace: &str) {
        if namespace == self.namespace {
            return;
        }
        if !self.is_at_home() {
            self.forget_values_in(vm, &self.namespace);
        }
        let imports = if namespace == self.home { self.imports_at_home.take() } else { None };
        let left = std::mem::replace(&mut self.imports, imports.unwrap_or_default());
        if self.is_at_home() {
            self.imports_at_home = Some(left);
        }
        namespace.clone_into(&mut self.namespace);
    }

    /// Whether what is typed belongs to the session, and not to the program.
    fn is_at_home(&self) -> bool {
        self.namespace == self.home
    }

    /// Whether something of this name has been typed, or imported.
    pub fn defines(&self, vm: &mut Vm, name: &str) -> bool {
        self.imports.get(name).is_some() || kind_of(vm, &format!("{}.{name}", self.namespace)).is_some()
    }

    /// Evaluates a text that was typed. Gives the value of its last statement, if that is an expression and not nil.
    ///
    /// # Errors
    /// As for [`Vm::eval_in`](crate::embed::Vm::eval_in).
    pub fn evaluate(&mut self, vm: &mut Vm, text: &str) -> Result<Option<Handle>, Error> {
        let value = self.evaluate_unnumbered(vm, text)?;
        Ok(value.and_then(|value| self.keep(vm, value)))
    }

    /// The same, and the value becomes none of the session.
    pub fn evaluate_unnumbered(&mut self, vm: &mut Vm, text: &str) -> Result<Option<Handle>, Error> {
        self.count += 1;
        let name = format!("<{} {}>", self.namespace, self.count);
        self.refuse_what_stands_in_files(&lang::parse(&Source::new(&*name, text)).file)?;
        let result = self.evaluate_as(vm, &name, text);
        if let Ok(value) = &result
            && self.is_at_home()
        {
            let is_shown = value.as_ref().is_some_and(|value| !vm.is_nil(value));
            self.record.add(text, if is_shown { End::Value } else { End::Statement });
        }
        result
    }

    /// Evaluates a text that is reported under `name`. Gives the value of its last statement, if that is an expression.
    pub fn evaluate_as(&mut self, vm: &mut Vm, name: &str, text: &str) -> Result<Option<Handle>, Error> {
        let source = Source::new(name, text);
        let parsed = lang::parse(&source);
        let is_refused = parsed.diagnostics.iter().any(Diagnostic::is_error);
        // Imports behind a text that does not parse would be taken for a part of it.
        let full = if is_refused { text.to_owned() } else { self.imports.write_behind(&source, &parsed.file) };
        self.check(&Source::new(name, full.clone()), text.len())?;
        let result = evaluated(vm, &self.namespace, name, &full);
        let value = self.noting_error(vm, result)?;
        self.imports.take_in(&source, &parsed.file);
        Ok(value)
    }

    /// Evaluates the text of a file as if it were typed.
    pub fn evaluate_file(&mut self, vm: &mut Vm, path: &str, text: &str) -> Result<(), Error> {
        self.refuse_what_stands_in_files(&lang::parse(&Source::new(path, text)).file)?;
        self.evaluate_as(vm, path, text).map(|_| ())
    }

    /// Evaluates a part of a text, and keeps its value.
    pub fn evaluate_part(&mut self, vm: &mut Vm, name: &str, text: &str) -> Result<(), Error> {
        let value = self.evaluate_as(vm, name, text)?;
        value.and_then(|value| self.keep(vm, value));
        Ok(())
    }

    /// Keeps an error that was raised as the last one.
    pub fn noting_error<T>(&mut self, vm: &mut Vm, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Raised { value, .. }) = &result {
            self.define(vm, LAST_ERROR, Some(value));
        }
        result
    }

    /// Keeps a value, unless it is nil, as the last one and under its number. The oldest is forgotten.
    fn keep(&mut self, vm: &mut Vm, value: Handle) -> Option<Handle> {
        if vm.is_nil(&value) {
            return None;
        }
        self.values += 1;
        self.define(vm, LAST, Some(&value));
        self.define(vm, &format!("{LAST}{}", self.values), Some(&value));
        if let Some(old) = self.values.checked_sub(VALUES_MAX).filter(|old| *old > 0) {
            self.define(vm, &format!("{LAST}{old}"), None);
        }
        Some(value)
    }

    /// Gives a name a value, or nil, at home and where text belongs.
    fn define(&self, vm: &mut Vm, name: &str, value: Option<&Handle>) {
        let elsewhere = (!self.is_at_home()).then_some(&self.namespace);
        for namespace in [&self.home].into_iter().chain(elsewhere) {
            match value {
                Some(value) => vm.define_value(namespace, name, value),
                None => vm.define_value(namespace, name, ()),
            };
        }
    }

    /// Values and errors that it has kept are nobody's any more: who has its namespace next shall not see them.
    fn forget_values(self, vm: &mut Vm) {
        self.forget_values_in(vm, &self.home);
        self.forget_values_in(vm, &self.namespace);
    }

    fn forget_values_in(&self, vm: &mut Vm, namespace: &str) {
        let first = self.values.saturating_sub(VALUES_MAX) + 1;
        let numbered = (first..=self.values).map(|number| format!("{LAST}{number}"));
        for name in numbered.chain([LAST.to_owned(), LAST_ERROR.to_owned()]) {
            if kind_of(vm, &format!("{namespace}.{name}")).is_some() {
                vm.define_value(namespace, &name, ());
            }
        }
    }

    /// The numbered values that are kept, newest first, on a line each.
    pub fn kept_values(&self, vm: &mut Vm) -> String {
        let last = self.values;
        let first = last.saturating_sub(VALUES_MAX) + 1;
        vm.enter(|cx| {
            let lines = (first..=last).rev().filter_map(|i| {
                let value = value_in(cx, &self.home, &format!("{LAST}{i}"))?;
                Some(format!("{LAST}{i} = {}\n", crate::ops::describe(cx, &value)))
            });
            lines.collect()
        })
    }

    /// Goes on with what has stopped at an error. Gives the value of what was typed then, unless it is nil.
    pub fn resume(&mut self, vm: &mut Vm, how: &Restart) -> Result<Option<Handle>, Error> {
        vm.cancel_flag().store(false, Ordering::Relaxed);
        let result = vm.resume(how);
        self.noting_error(vm, result).map(|value| self.keep(vm, value))
    }

    /// Refuses a text that does not compile; tells the warnings of one that does. What lies behind `end` is not the user's.
    fn check(&mut self, source: &Source, end: usize) -> Result<(), Error> {
        let problems: Vec<Problem> = compile_source(source)
            .diagnostics
            .into_iter()
            .filter(|diagnostic| diagnostic.is_error() || (diagnostic.span.lo as usize) < end)
            .map(|diagnostic| Problem { source: source.clone(), diagnostic })
            .collect();
        if problems.iter().any(|problem| problem.diagnostic.is_error()) {
            return Err(Error::Refused(problems));
        }
        if let Some(warn) = self.warn.filter(|_| !problems.is_empty()) {
            warn(&problems);
        }
        self.warnings = problems;
        Ok(())
    }

    /// The qualified name of what a name means in this session: something typed, something imported, or a qualified name. `None`: no name.
    pub fn qualified(&self, vm: &mut Vm, name: &str) -> Option<String> {
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        if first.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        let meant = match self.imports.get(first).cloned() {
            Some(Imported { namespace: Some(namespace), item: Some(item), .. }) => format!("{namespace}.{item}"),
            Some(Imported { namespace: Some(namespace), item: None, .. }) => namespace,
            _ if self.defines(vm, first) => format!("{}.{first}", self.namespace),
            _ if kind_of(vm, &format!("core.{first}")).is_some() => format!("core.{first}"),
            _ => first.to_owned(),
        };
        Some(rest.map_or(meant.clone(), |rest| format!("{meant}.{rest}")))
    }

    /// Whether a qualified name is that of something typed.
    pub fn is_typed(&self, qualified: &str) -> bool {
        qualified.strip_prefix(&*self.home).is_some_and(|rest| rest.starts_with('.'))
    }

    /// Refuses what cannot be typed.
    fn refuse_what_stands_in_files(&self, parsed: &File) -> Result<(), Error> {
        if parsed.namespace.is_some() {
            let message = format!(
                "what is typed belongs to namespace `{}`; a `namespace` line stands in a file, which `:load FILE` loads",
                self.namespace
            );
            return Err(Error::Host(message));
        }
        if parsed.stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Test(_))) {
            return Err(Error::Host(
                "a `test` stands in a file, and `lang test FILE` runs it; statements can be typed without it".into(),
            ));
        }
        Ok(())
    }
}

/// Evaluates a text. A key that was pressed before is not meant for it.
fn evaluated(vm: &mut Vm, namespace: &str, name: &str, text: &str) -> Result<Option<Handle>, Error> {
    vm.cancel_flag().store(false, Ordering::Relaxed);
    vm.eval_in(namespace, name, text)
}

/// What kind of definition a qualified name is, if it exists.
pub fn kind_of(vm: &mut Vm, qualified: &str) -> Option<Kind> {
    vm.enter(|cx| cx.find_cell(qualified).filter(|cell| !cell.value().is_unset()).map(|cell| cell.kind()))
}

/// The namespace that a file contributes to: that which it has been loaded into, else what its text says, else what follows from its path.
fn namespace_of(vm: &mut Vm, file: &str, parsed: &File) -> String {
    let loaded = vm.enter(|cx| cx.world.modules.get(file).map(|module| module.namespace.name.to_string()));
    let declared = || parsed.namespace.as_ref().map(|path| path.iter().map(|part| &*part.name).collect::<Vec<_>>().join("."));
    loaded.or_else(declared).unwrap_or_else(|| vm.namespace_of_path(file).to_string())
}

fn value_in<'gc>(cx: &mut Cx<'_, 'gc>, namespace: &str, name: &str) -> Option<Value<'gc>> {
    let namespace = *cx.world.namespaces.get(namespace)?;
    let name = cx.world.intern(cx.mc, name);
    namespace.get(name).map(|cell| cell.value()).filter(|value| !value.is_unset())
}
