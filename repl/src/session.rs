//! The session of the terminal: a program, and what is remembered between inputs.

use crate::engine;
use crate::host::Texts;
use crate::output::output;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use vm::embed::{Error, Handle, Problem, Restart, Vm};
use vm::object::Kind;
use vm::reload::{ReloadOptions, Report, normalise};
use vm::session;

/// The namespace of what is typed.
pub const NAMESPACE: &str = "repl";

/// How long tasks run before the prompt comes back behind which they go on.
const MOMENT: Duration = Duration::from_millis(100);

/// A VM with its session.
pub struct Session {
    vm: Vm,
    /// What is remembered.
    pub core: session::Session,
    /// Whether the last reload was refused.
    pub is_refused: bool,
    /// The file whose cells were listed last.
    pub cells: String,
    /// Whether tasks go on while somebody types.
    pub tasks_go_on: bool,
}

impl Session {
    /// A session without definitions.
    pub fn new(presses_max: u32) -> Session {
        let mut vm = engine::new_vm(&Texts::default(), &[], presses_max);
        vm.add_root("");
        engine::add_roots(&mut vm, &[]);
        let mut core = session::Session::new(NAMESPACE);
        core.warn = Some(warn);
        Session { vm, core, is_refused: false, cells: String::new(), tasks_go_on: false }
    }

    /// What Ctrl-C sets.
    pub fn cancel_flag(&self) -> Arc<AtomicBool> {
        self.vm.cancel_flag()
    }

    /// The engine.
    pub fn vm(&mut self) -> &mut Vm {
        &mut self.vm
    }

    /// Engine and session.
    pub fn parts(&mut self) -> (&mut Vm, &mut session::Session) {
        (&mut self.vm, &mut self.core)
    }

    /// Whether something of this name has been typed, or imported.
    pub fn defines(&mut self, name: &str) -> bool {
        self.core.defines(&mut self.vm, name)
    }

    /// Evaluates a text that was typed. Gives the value of its last statement, if that is an expression and not nil.
    pub fn evaluate(&mut self, text: &str) -> Result<Option<Handle>, Error> {
        asked(self.core.evaluate(&mut self.vm, text))
    }

    /// Evaluates the text of a file as if it were typed.
    pub fn evaluate_file(&mut self, path: &str, text: &str) -> Result<(), Error> {
        asked(self.core.evaluate_file(&mut self.vm, path, text))
    }

    /// Evaluates a part of a text, and keeps its value.
    pub fn evaluate_part(&mut self, name: &str, text: &str) -> Result<(), Error> {
        asked(self.core.evaluate_part(&mut self.vm, name, text))
    }

    /// Keeps an error that was raised as the last one.
    pub fn noting_error<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.core.noting_error(&mut self.vm, result)
    }

    /// Goes on with what has stopped at an error. Gives the value of what was typed then, unless it is nil.
    pub fn resume(&mut self, how: &Restart) -> Result<Option<Handle>, Error> {
        asked(self.core.resume(&mut self.vm, how))
    }

    /// Calls the function `main`, if there is one, without arguments.
    pub fn call_main(&mut self) -> Result<(), Error> {
        let main = format!("{NAMESPACE}.main");
        if session::kind_of(&mut self.vm, &main) != Some(Kind::Function) {
            return Ok(());
        }
        asked(engine::call_with_texts(&mut self.vm, &main, &[]).map(|_| ()))
    }

    /// Lets tasks go on until all of them wait; where they go on at the prompt, for a moment at most.
    pub fn run_ready_tasks(&mut self) -> Result<(), Error> {
        if self.tasks_go_on { self.vm.run_ready_tasks_for(MOMENT) } else { self.vm.run_ready_tasks() }
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
            let is_written = lang::parse(&lang::source::Source::new("<import>", statement)).diagnostics.is_empty();
            is_written.then(|| self.core.imports.add_namespace(&namespace).to_owned())
        });
        (report, name)
    }

    /// How what a name stands for is called.
    pub fn signature(&mut self, name: &str) -> Option<String> {
        let entry = session::entry(&mut self.vm, &self.core, name).ok()?;
        entry.signature.map(|signature| signature.trim_start_matches("fn ").to_owned())
    }

    /// Brings a file, or without one all loaded ones, to what is on the disk, as `live.reload` does: a file that is gone is a deletion, and
    /// one that was gone may be back.
    pub fn reload(&mut self, path: &str) -> Result<Report, String> {
        let what = session::selection(&mut self.vm, Some(path))?;
        let mut report = self.vm.reload_selected(what, &ReloadOptions::default());
        self.vm.count_instances(&mut report);
        self.is_refused = !report.ok;
        Ok(report)
    }

    /// What `reload` would do.
    pub fn plan(&mut self, path: &str) -> Result<Report, String> {
        let what = session::selection(&mut self.vm, Some(path))?;
        Ok(self.vm.plan_selected(what, &ReloadOptions::default()))
    }
}

/// The program asks for nothing any more.
fn asked<T>(result: T) -> T {
    output().set_asking(false);
    result
}

/// Shows warnings of what is evaluated.
fn warn(problems: &[Problem]) {
    output().note(&crate::diagnostics::Report::for_stderr().problems(problems));
}
