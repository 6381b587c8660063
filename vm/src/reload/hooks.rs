//! What a program wants to know of its reloads: `before_reload` and `after_reload` of its files, and listeners.
//!
//! A file's `before_reload` is that of the text that runs; it may keep something for later, or refuse by raising. `after_reload` is that of
//! the new text; when it raises, the commit is taken back. Neither runs when a file is loaded for the first time. Tasks that have asked for it
//! (`task.on_code_change`) are told after the files, in the same way.

use super::check::{Place, Reason};
use super::codes;
use super::plan::{PlannedFile, ReloadPlan};
use super::report::Report;
use crate::embed::{Error, Handle, Vm};
use crate::heap::Value;
use crate::image::{DefinitionKind, ModuleImage};
use crate::object::{LateHook, List};
use lang::diagnostic::Diagnostic;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Told what came of each reload, until it breaks.
pub type Watcher = Box<dyn Fn(&Report) -> ControlFlow<()>>;

/// Called with the plan before anything changes.
const BEFORE: &str = "before_reload";

/// Called with the change when everything is in place.
const AFTER: &str = "after_reload";

/// The part of the library that gives reports a form for the language.
const MODULE: &str = "live";

/// The part of the library that knows which tasks have asked for it.
const TASKS: &str = "task";

/// A file that is told.
struct Told {
    path: Arc<str>,
    /// Qualified names of its hooks.
    before: Option<String>,
    after: Option<String>,
    /// Whether the edit gives `before_reload` another text: then it cannot refuse, lest a mistake in it can never be mended.
    is_hook_edited: bool,
    /// Version of the text that ran.
    version: u32,
    /// What its first hook returned.
    data: Option<Handle>,
}

/// Listeners at a moment; none before the first one could be.
pub(super) struct Listeners(Option<Handle>);

/// The hooks of one commit.
#[derive(Default)]
pub(super) struct Hooks {
    /// Dependencies first.
    files: Vec<Told>,
    /// Whether code changes that ran before.
    is_edit: bool,
    /// The hook that has raised, for the reason of the refusal.
    pub(super) failed: Option<String>,
    /// What hooks have raised that could not refuse.
    pub(super) overruled: Vec<Reason>,
}

impl Hooks {
    /// Their qualified names, in the order in which they run.
    pub(super) fn names(&self) -> Vec<String> {
        let before = self.files.iter().rev().filter_map(|told| told.before.as_ref());
        let after = self.files.iter().filter_map(|told| told.after.as_ref());
        before.chain(after).map(|name| format!("function {name}")).collect()
    }

    pub(super) fn run_before(&mut self, vm: &mut Vm, report: &Report) -> Result<(), Error> {
        for told in self.files.iter_mut().rev() {
            let Some(name) = &told.before else { continue };
            let plan = vm.report_value(report)?;
            let hook = vm.handle(name)?;
            match vm.logging_assignments(|vm| vm.call_raw(&hook, (&plan,))) {
                Ok(data) => told.data = Some(data),
                Err(error @ Error::Raised { .. }) if told.is_hook_edited => {
                    let remedy = "the edit is about this hook, so it cannot refuse";
                    let who = format!("the old `{BEFORE}` of `{}`", told.path);
                    self.overruled.push(raised(&format!("{who} has raised"), &error, remedy));
                }
                Err(error) => {
                    self.failed = Some(format!("`{BEFORE}` of `{}` has refused it", told.path));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    pub(super) fn run_after(&mut self, vm: &mut Vm, report: &Report) -> Result<(), Error> {
        for told in &self.files {
            let Some(name) = &told.after else { continue };
            let report = vm.report_value(report)?;
            let nothing = vm.make(|_| Value::Nil);
            let data = told.data.as_ref().unwrap_or(&nothing);
            let (make, hook) = (vm.handle(&format!("{MODULE}._change"))?, vm.handle(name)?);
            let change = vm.call_raw(&make, (data, &report, i64::from(told.version)))?;
            if let Err(error) = vm.logging_assignments(|vm| vm.call_raw(&hook, (&change,))) {
                self.failed = Some(format!("`{AFTER}` of `{}` failed, and the edit is taken back", told.path));
                return Err(error);
            }
        }
        if self.is_edit { self.tell_tasks(vm, report) } else { Ok(()) }
    }

    /// Calls what tasks have given to `task.on_code_change`.
    fn tell_tasks(&mut self, vm: &mut Vm, report: &Report) -> Result<(), Error> {
        let Some(list) = vm.library_value(TASKS, "_code_changes").filter(|list| vm.length(list) > 0) else { return Ok(()) };
        let reports = vm.reports_for(&list, report)?;
        let tell = vm.handle(&format!("{TASKS}._tell_of_code"))?;
        vm.logging_assignments(|vm| vm.call_raw(&tell, (&reports,))).map(drop).inspect_err(|_| {
            self.failed = Some("what a task has given to `task.on_code_change` failed, and the edit is taken back".into());
        })
    }
}

impl Vm {
    /// The hooks of the files that a plan changes.
    pub(super) fn hooks_of(&mut self, plan: &ReloadPlan) -> Hooks {
        let mut files = Vec::new();
        for file in dependencies_first(plan) {
            if !file.changed || file.is_new {
                continue;
            }
            let Some(old) = self.image_of(&file.path) else { continue };
            let version = self.enter(|cx| cx.world.modules[&file.path].state().version);
            let before = has_function(&old, BEFORE).then(|| format!("{}.{BEFORE}", file.namespace));
            let after = has_function(&file.image, AFTER).then(|| format!("{}.{AFTER}", file.namespace));
            let is_hook_edited = file.definitions.iter().any(|d| *d.name == *BEFORE && d.is_edited && d.index.is_some());
            if before.is_some() || after.is_some() {
                files.push(Told { path: file.path.clone(), before, after, is_hook_edited, version, data: None });
            }
        }
        let is_edit = plan.files.iter().any(|file| file.changed && !file.is_new);
        Hooks { files, is_edit, ..Hooks::default() }
    }

    /// Loads what hooks need to be called.
    pub(super) fn prepare_hooks(&mut self, hooks: &Hooks) {
        let is_heard = self.library_value(TASKS, "_code_changes").is_some_and(|list| self.length(&list) > 0);
        if is_heard || !hooks.files.is_empty() {
            // What this makes is no part of the commit; if it fails, the first hook says so.
            drop(self.load_module(MODULE));
        }
    }

    /// A report in the form that the language has for it.
    fn report_value(&mut self, report: &Report) -> Result<Handle, Error> {
        self.load_module(MODULE).map_err(Error::Host)?;
        (self.files.library.report)(self, report)
    }

    /// The program's listeners as they are: those that a reload which begins now is told to.
    pub(super) fn listeners(&mut self) -> Listeners {
        let Some(list) = self.listener_list() else { return Listeners(None) };
        Listeners(Some(self.make(|cx| match list.value_in(cx.world) {
            Value::List(list) => Value::List(List::new(cx.mc, list.items().clone())),
            other => other,
        })))
    }

    /// Tells the program's listeners what came of a reload. What they raise becomes a warning.
    pub(super) fn tell(&mut self, report: &mut Report) {
        self.holding_panics(|vm| {
            let listeners = vm.listeners();
            vm.tell_to(&listeners, report);
        });
    }

    /// As `tell`: those listeners that were there when the reload began and are still. The host's watchers hear it last.
    pub(super) fn tell_to(&mut self, listeners: &Listeners, report: &mut Report) {
        self.tell_program(listeners, report);
        // A panic of theirs goes on when the reload has ended.
        let told = self.held_host_code(|vm| vm.files.watchers.borrow_mut().retain(|tell| tell(report).is_continue()));
        if let Err(panicked) = told {
            report.warnings.push(raised("a watcher of reports has not heard of it:", &panicked, ""));
        }
    }

    /// Has `tell` called with what comes of each reload from now on, made or refused, until it breaks.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::cell::RefCell;
    /// use std::ops::ControlFlow;
    /// use std::rc::Rc;
    ///
    /// let told = Rc::new(RefCell::new(Vec::new()));
    /// let tell = told.clone();
    /// let mut vm = Vm::new();
    /// vm.watch_reports(move |report| {
    ///     tell.borrow_mut().push(report.ok);
    ///     ControlFlow::Continue(())
    /// });
    /// vm.load_text("game.lang", "let score = 7")?;
    /// vm.reload_text("game.lang", "let = 7");
    /// assert_eq!(*told.borrow(), [true, false]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn watch_reports(&self, tell: impl Fn(&Report) -> ControlFlow<()> + 'static) {
        self.files.watchers.borrow_mut().push(Box::new(tell));
    }

    fn tell_program(&mut self, listeners: &Listeners, report: &mut Report) {
        let Some(known) = &listeners.0 else { return };
        if report.ok && !report.committed || self.listener_count() == 0 {
            return;
        }
        let told = self.reports_for(known, report).and_then(|value| {
            let tell = self.handle(&format!("{MODULE}._tell"))?;
            let (is_rollback, ok) = (matches!(report.error, Some(Error::Raised { .. } | Error::Interrupted(_))), report.ok);
            self.files.commits_running += 1;
            let result = self.call_handle::<_, Vec<(String, Handle)>>(&tell, (known, &value, ok, is_rollback));
            self.files.commits_running -= 1;
            result
        });
        match told {
            Ok(errors) => {
                for (event, error) in errors {
                    let error = self.raised(error);
                    report.warnings.push(raised(&format!("a listener of \"{event}\" has raised"), &error, ""));
                }
            }
            Err(error @ Error::Interrupted(interrupt)) => {
                report.warnings.push(raised("a listener was stopped before it had ended:", &error, ""));
                report.listener_stopped = Some(interrupt);
            }
            Err(error) => report.warnings.push(raised("a listener could not be told:", &error, "")),
        }
    }

    /// Warnings of migration hooks that have raised and were forgiven, unless they have been told.
    pub(super) fn forgiven_hooks(&mut self) -> Vec<Reason> {
        let errors = self.take_forgiven();
        errors.into_iter().map(|error| forgiven(&self.raised(error))).collect()
    }

    fn take_forgiven(&mut self) -> Vec<Handle> {
        self.enter(|cx| {
            let errors = std::mem::take(&mut cx.world.forgiven);
            errors.into_iter().map(|error| Handle::new(cx.world, error)).collect()
        })
    }

    /// Tells of migration hooks that have raised and were forgiven since the commit that brought them: the program's listeners, or without any the
    /// host's stream for messages.
    pub(crate) fn tell_forgiven(&mut self) {
        let can_tell = self.enter(|cx| !cx.world.forgiven.is_empty() && cx.world.migrating.is_empty());
        if !can_tell || self.is_committing() {
            return;
        }
        for error in self.take_forgiven() {
            let warnings = match self.holding_panics(|vm| vm.tell_of_hook(&error)) {
                Ok(Some(warnings)) => warnings,
                Ok(None) => vec![forgiven(&self.raised(error))],
                Err(error) => vec![raised("a listener could not be told:", &error, "")],
            };
            for warning in warnings {
                let text = format!("warning[{}]: {}\n{}\n", warning.code, warning.message, warning.detail);
                // A host that refuses messages does not want to know.
                let _ = self.host(|host| host.write_error(&text));
            }
        }
    }

    /// Tells the listeners of one; gives what they have raised, or `None` if there are no listeners.
    fn tell_of_hook(&mut self, error: &Handle) -> Result<Option<Vec<Reason>>, Error> {
        if self.listener_count() == 0 {
            return Ok(None);
        }
        let tell = self.handle(&format!("{MODULE}._tell_of_hook"))?;
        self.files.commits_running += 1;
        let told = self.call_handle::<_, Option<Vec<Handle>>>(&tell, (error,));
        self.files.commits_running -= 1;
        let failed = told?.map(|errors| errors.into_iter().map(|error| self.raised(error)).collect::<Vec<_>>());
        let warning = |error: &Error| raised("a listener of \"hook_failed\" has raised", error, "");
        Ok(failed.map(|errors| errors.iter().map(warning).collect()))
    }

    /// A list with a report for each of those in a list, so that what one of them does to its own shows nobody else something else.
    fn reports_for(&mut self, list: &Handle, report: &Report) -> Result<Handle, Error> {
        let count = self.length(list);
        let reports = (0..count).map(|_| self.report_value(report)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.make(|cx| {
            let reports = reports.iter().map(|report| report.value_in(cx.world)).collect();
            Value::List(List::new(cx.mc, reports))
        }))
    }

    /// What a variable of the library holds, if that part of it is loaded.
    fn library_value(&mut self, module: &str, name: &str) -> Option<Handle> {
        let is_loaded = self.enter(|cx| cx.world.namespaces.contains_key(module));
        is_loaded.then(|| self.handle(&format!("{module}.{name}")).ok()).flatten()
    }

    fn listener_list(&mut self) -> Option<Handle> {
        self.library_value(MODULE, "_listeners")
    }

    fn listener_count(&mut self) -> usize {
        self.listener_list().map_or(0, |list| self.length(&list))
    }

    fn length(&mut self, list: &Handle) -> usize {
        self.enter(|cx| if let Value::List(list) = list.value_in(cx.world) { list.len() } else { 0 })
    }
}

/// The warning of a migration hook that was forgiven, with the place where it has raised.
fn forgiven(error: &Error) -> Reason {
    let place = match error {
        Error::Raised { cause: Some(cause), .. } => cause,
        _ => error,
    };
    let text = error.to_string();
    let message = text.lines().next().unwrap_or_default();
    Reason {
        code: codes::HOOK_SKIPPED.id,
        message: format!("instances follow without their hook, by `on_hook_error: \"use_defaults\"`: {message}"),
        remedy: "correct the hook, or set the slots of these instances: those that have taken the step do not take it again".into(),
        ..raised("", place, "")
    }
}

/// The warning of a migration hook that is edited when what it reads has long left.
pub(super) fn late(hook: &LateHook) -> Reason {
    let names: Vec<String> = hook.missing.iter().map(|name| format!("`old.{name}`")).collect();
    let (class, layout, names) = (&hook.class, hook.layout, names.join(", "));
    let message = format!(
        "this hook runs only for instances of `{class}` that have yet to come to layout {layout}: it reads {names}, which layout {layout} lacks"
    );
    let remedy = "it takes the place of the earlier hook; a hook of this edit reads slots that instances have now";
    let diagnostic = Diagnostic::new(&codes::LATE_HOOK, hook.span, message).help(remedy);
    super::load::reason_of(&hook.source, &diagnostic)
}

/// A warning of an error that undoes nothing.
fn raised(what: &str, error: &Error, remedy: &str) -> Reason {
    let text = error.to_string();
    let mut lines = text.lines();
    let message = format!("{what} {}", lines.next().unwrap_or_default());
    let frame = match error {
        Error::Raised { trace, .. } => trace.shown(),
        _ => None,
    };
    Reason {
        code: codes::RAISED.id,
        message,
        file: frame.map_or(String::new(), |frame| frame.source.name().to_owned()),
        line: frame.map_or(0, |frame| frame.line()),
        remedy: remedy.to_owned(),
        detail: lines.collect::<Vec<_>>().join("\n"),
        place: frame.filter(|frame| !frame.source.text().is_empty()).map(|frame| Place::new(&frame.source, frame.span)),
    }
}

fn has_function(image: &ModuleImage, name: &str) -> bool {
    image.definition(name).is_some_and(|d| matches!(d.kind, DefinitionKind::Function(_)))
}

/// The files of a plan, those that others import before those that import them.
fn dependencies_first(plan: &ReloadPlan) -> Vec<&PlannedFile> {
    fn visit<'a>(plan: &'a ReloadPlan, at: usize, seen: &mut [bool], ordered: &mut Vec<&'a PlannedFile>) {
        if std::mem::replace(&mut seen[at], true) {
            return;
        }
        let file = &plan.files[at];
        for (i, _) in plan.files.iter().enumerate().filter(|(_, other)| file.imports.contains(&other.namespace)) {
            visit(plan, i, seen, ordered);
        }
        ordered.push(file);
    }
    let mut ordered = Vec::new();
    let mut seen = vec![false; plan.files.len()];
    for at in 0..plan.files.len() {
        visit(plan, at, &mut seen, &mut ordered);
    }
    ordered
}
