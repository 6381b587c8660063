//! A session: text goes in, values come out, definitions stay.

use crate::engine;
use crate::host::Texts;
use crate::imports::{Imported, Imports};
use crate::output::output;
use crate::record::{End, Record};
use lang::ast::{File, StmtKind};
use lang::source::Source;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use vm::compile::compile_source;
use vm::embed::{Error, Handle, Problem, Restart, Vm};
use vm::heap::Value;
use vm::object::{Cx, Kind};
use vm::reload::{ReloadOptions, Report, normalise};

/// The namespace of what is typed.
pub const NAMESPACE: &str = "repl";

/// The variable that holds the last value; those of earlier values have their number behind it.
const LAST: &str = "_";

/// The variable that holds the last error.
const LAST_ERROR: &str = "_e";

/// Values that are kept under their numbers.
const VALUES_MAX: usize = 100;

/// A VM and what is remembered between inputs.
pub struct Session {
    vm: Vm,
    imports: Imports,
    /// Texts evaluated so far.
    count: u32,
    /// Values shown so far.
    values: usize,
    /// What has been typed, for `:save`.
    pub record: Record,
    /// The call that is looked at while calls have stopped at an error, with the number of the stop.
    pub chosen: (u64, usize),
}

impl Session {
    /// A session without definitions.
    pub fn new(presses_max: u32) -> Session {
        let mut vm = engine::new_vm(&Texts::default(), &[], presses_max);
        vm.add_root("");
        engine::add_roots(&mut vm, &[]);
        Session { vm, imports: Imports::default(), count: 0, values: 0, record: Record::default(), chosen: (0, 0) }
    }

    /// What Ctrl-C sets.
    pub fn cancel_flag(&self) -> Arc<AtomicBool> {
        self.vm.cancel_flag()
    }

    /// The names that imports have bound.
    pub fn imported_names(&self) -> impl Iterator<Item = &str> {
        self.imports.names()
    }

    /// Whether something of this name has been typed, or imported.
    pub fn defines(&mut self, name: &str) -> bool {
        self.imports.get(name).is_some() || engine::kind_of(&mut self.vm, &format!("{NAMESPACE}.{name}")).is_some()
    }

    /// Evaluates a text that was typed. Gives the value of its last statement, if that is an expression and not nil.
    pub fn evaluate(&mut self, text: &str) -> Result<Option<Handle>, Error> {
        let value = self.evaluate_unnumbered(text)?;
        Ok(value.and_then(|value| self.keep(value)))
    }

    /// Evaluates a text that was typed. Gives the value of its last statement, if that is an expression; it becomes no value of the session.
    pub fn evaluate_unnumbered(&mut self, text: &str) -> Result<Option<Handle>, Error> {
        self.count += 1;
        let name = format!("<repl {}>", self.count);
        refuse_what_stands_in_files(&lang::parse(&Source::new(&*name, text)).file)?;
        let result = self.evaluate_as(&name, text);
        if let Ok(value) = &result {
            let is_shown = value.as_ref().is_some_and(|value| !self.vm.is_nil(value));
            self.record.add(text, if is_shown { End::Value } else { End::Statement });
        }
        result
    }

    /// Evaluates a text that is reported under `name`. Gives the value of its last statement, if that is an expression.
    pub fn evaluate_as(&mut self, name: &str, text: &str) -> Result<Option<Handle>, Error> {
        let source = Source::new(name, text);
        let parsed = lang::parse(&source);
        let is_refused = parsed.diagnostics.iter().any(lang::diagnostic::Diagnostic::is_error);
        // Imports behind a text that does not parse would be taken for a part of it.
        let full = if is_refused { text.to_owned() } else { self.imports.write_behind(&source, &parsed.file) };
        self.check(&Source::new(name, full.clone()), text.len())?;
        // A key that was pressed before this input is not meant for it.
        self.vm.cancel_flag().store(false, Ordering::Relaxed);
        let result = self.vm.eval(NAMESPACE, name, &full);
        output().set_asking(false);
        let value = self.noting_error(result)?;
        self.imports.take_in(&source, &parsed.file);
        Ok(value)
    }

    /// Evaluates the text of a file as if it were typed.
    pub fn evaluate_file(&mut self, path: &str, text: &str) -> Result<(), Error> {
        refuse_what_stands_in_files(&lang::parse(&Source::new(path, text)).file)?;
        self.evaluate_as(path, text).map(|_| ())
    }

    /// Evaluates a part of a text, and keeps its value.
    pub fn evaluate_part(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let value = self.evaluate_as(name, text)?;
        value.and_then(|value| self.keep(value));
        Ok(())
    }

    /// Keeps an error that was raised as the last one.
    pub fn noting_error<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Raised { value, .. }) = &result {
            self.vm.define_value(NAMESPACE, LAST_ERROR, value);
        }
        result
    }

    /// Keeps a value, unless it is nil, as the last one and under its number. The oldest is forgotten.
    fn keep(&mut self, value: Handle) -> Option<Handle> {
        if self.vm.is_nil(&value) {
            return None;
        }
        self.values += 1;
        self.vm.define_value(NAMESPACE, LAST, &value);
        self.vm.define_value(NAMESPACE, &format!("{LAST}{}", self.values), &value);
        if let Some(old) = self.values.checked_sub(VALUES_MAX).filter(|old| *old > 0) {
            self.vm.define_value(NAMESPACE, &format!("{LAST}{old}"), ());
        }
        Some(value)
    }

    /// The numbered values that are kept, newest first, on a line each.
    pub fn kept_values(&mut self) -> String {
        let last = self.values;
        let first = last.saturating_sub(VALUES_MAX) + 1;
        self.vm.enter(|cx| {
            let lines = (first..=last).rev().filter_map(|i| {
                let value = value_in(cx, NAMESPACE, &format!("{LAST}{i}"))?;
                Some(format!("{LAST}{i} = {}\n", vm::ops::describe(cx, &value)))
            });
            lines.collect()
        })
    }

    /// Goes on with what has stopped at an error. Gives the value of what was typed then, unless it is nil.
    pub fn resume(&mut self, how: &Restart) -> Result<Option<Handle>, Error> {
        self.vm.cancel_flag().store(false, Ordering::Relaxed);
        let result = self.vm.resume(how);
        output().set_asking(false);
        self.noting_error(result).map(|value| self.keep(value))
    }

    /// Calls the function `main`, if there is one, without arguments.
    pub fn call_main(&mut self) -> Result<(), Error> {
        let main = format!("{NAMESPACE}.main");
        if engine::kind_of(&mut self.vm, &main) != Some(Kind::Function) {
            return Ok(());
        }
        let result = engine::call_with_texts(&mut self.vm, &main, &[]);
        output().set_asking(false);
        result.map(|_| ())
    }

    /// Refuses a text that does not compile; shows warnings of one that does. What lies behind `end` is not the user's.
    fn check(&self, source: &Source, end: usize) -> Result<(), Error> {
        let problems: Vec<Problem> = compile_source(source)
            .diagnostics
            .into_iter()
            .filter(|diagnostic| diagnostic.is_error() || (diagnostic.span.lo as usize) < end)
            .map(|diagnostic| Problem { source: source.clone(), diagnostic })
            .collect();
        if problems.iter().any(|problem| problem.diagnostic.is_error()) {
            return Err(Error::Refused(problems));
        }
        if !problems.is_empty() {
            output().note(&crate::diagnostics::Report::for_stderr().problems(&problems));
        }
        Ok(())
    }

    /// Lets tasks go on until all of them wait.
    pub fn run_ready_tasks(&mut self) -> Result<(), Error> {
        self.vm.run_ready_tasks()
    }

    /// Waits for the end of all tasks. Gives how many were ended by an error that nobody waited for.
    pub fn finish_tasks(&mut self) -> Result<usize, Error> {
        self.vm.run_tasks()?;
        Ok(self.vm.failed_tasks())
    }

    /// The text that shows a value; long ones are cut.
    pub fn show(&mut self, value: &Handle) -> Result<String, Error> {
        self.vm.shown(value)
    }

    /// Loads a file, and imports its namespace. Gives the name it is imported under.
    pub fn load(&mut self, path: &str) -> (Report, Option<String>) {
        let path = normalise(path);
        self.vm.add_root(engine::directory(&path));
        let report = self.vm.reload_files(std::slice::from_ref(&path));
        let namespace = engine::namespace_of(&mut self.vm, &path).filter(|_| report.ok);
        let name = namespace.and_then(|namespace| {
            let statement = format!("import {namespace}");
            let is_written = lang::parse(&Source::new("<import>", statement)).diagnostics.is_empty();
            is_written.then(|| self.imports.add_namespace(&namespace).to_owned())
        });
        (report, name)
    }

    /// Brings a file, or without one all loaded ones, to what is on the disk, as `live.reload` does: a file that is gone is a deletion, and
    /// one that was gone may be back.
    pub fn reload(&mut self, path: &str) -> Result<Report, String> {
        let what = self.selection(path)?;
        let mut report = self.vm.reload_selected(what, &ReloadOptions::default());
        self.vm.count_instances(&mut report);
        Ok(report)
    }

    /// What `reload` would do.
    pub fn plan(&mut self, path: &str) -> Result<Report, String> {
        let what = self.selection(path)?;
        Ok(self.vm.plan_selected(what, &ReloadOptions::default()))
    }

    /// The files that a path stands for; `None`: all.
    fn selection(&mut self, path: &str) -> Result<Option<Vec<String>>, String> {
        let mut loaded = self.vm.loaded_files();
        loaded.extend(self.vm.unloaded_files());
        let path = if path.is_empty() { None } else { Some(normalise(path)) };
        match path {
            Some(path) if !loaded.contains(&path) => Err(format!("`{path}` is not loaded; `:load {path}` loads it")),
            _ if loaded.is_empty() => Err("no file is loaded".into()),
            path => Ok(path.map(|path| vec![path])),
        }
    }

    /// The statements of the session's imports.
    pub fn import_statements(&self) -> Vec<String> {
        self.imports.statements()
    }

    /// The engine.
    pub fn vm(&mut self) -> &mut Vm {
        &mut self.vm
    }

    /// The qualified name of what a name means in this session: something typed, something imported, or a qualified name. `None`: no name.
    pub fn qualified(&mut self, name: &str) -> Option<String> {
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        if first.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        let meant = match self.imports.get(first).cloned() {
            Some(Imported { namespace: Some(namespace), item: Some(item), .. }) => format!("{namespace}.{item}"),
            Some(Imported { namespace: Some(namespace), item: None, .. }) => namespace,
            _ if self.defines(first) => format!("{NAMESPACE}.{first}"),
            _ if engine::kind_of(&mut self.vm, &format!("core.{first}")).is_some() => format!("core.{first}"),
            _ => first.to_owned(),
        };
        Some(rest.map_or(meant.clone(), |rest| format!("{meant}.{rest}")))
    }

    /// Whether a qualified name is that of something typed.
    pub fn is_typed(qualified: &str) -> bool {
        qualified.strip_prefix(NAMESPACE).is_some_and(|rest| rest.starts_with('.'))
    }
}

/// Refuses what cannot be typed.
fn refuse_what_stands_in_files(parsed: &File) -> Result<(), Error> {
    if parsed.namespace.is_some() {
        let message = format!(
            "what is typed belongs to namespace `{NAMESPACE}`; a `namespace` line stands in a file, which `:load FILE` loads"
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

fn value_in<'gc>(cx: &mut Cx<'_, 'gc>, namespace: &str, name: &str) -> Option<Value<'gc>> {
    let namespace = *cx.world.namespaces.get(namespace)?;
    let name = cx.world.intern(cx.mc, name);
    namespace.get(name).map(|cell| cell.value()).filter(|value| !value.is_unset())
}
