//! What an edit leaves in an old text: calls that go on there, closures that nothing continues, and objects that were overwritten and are
//! held. Found when it is asked for. Everything alive is looked at only when something may be old.

use super::frames::{OldClosures, is_old_closure, latest};
use super::options::Mode;
use super::pairs::LAMBDA;
use super::report::{Entry, Report};
use super::stacks::{OldCall, State, calls_of};
use crate::embed::Vm;
use crate::heap::Value;
use crate::image::{ClassImage, ProtoKind};
use crate::object::{Cx, Definition, Fiber, Frame, Proto};
use gc_arena::Gc;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// What goes on in an old text, or is held as it was in one.
///
/// ```
/// use embed::prelude::*;
/// use std::cell::RefCell;
/// use std::rc::Rc;
///
/// let stale = Rc::new(RefCell::new(Vec::new()));
/// let tell = stale.clone();
/// let text = "import host\nfn run() { host.edit(); 1 }";
/// let mut vm = Vm::new();
/// vm.define_function("host", "edit()", move |vm: &mut Vm| {
///     let report = vm.reload_text("game.lang", "import host\nfn run() { 2 }");
///     tell.borrow_mut().extend(report.stale.iter().cloned());
/// });
/// vm.load_text("game.lang", text)?;
/// assert_eq!(vm.call::<_, i64>("game.run", ())?, 1, "the call that has begun goes on in its text");
/// let stale = stale.borrow();
/// assert_eq!((&*stale[0].name, stale[0].kind, stale[0].count), ("game.run", "call", 1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize)]
pub struct Stale {
    /// Calls that have begun and not ended.
    pub frames: Vec<StaleCode>,
    /// Closures.
    pub closures: Vec<StaleCode>,
    /// Objects that definitions held before they were overwritten, and classes that functions have made.
    pub objects: Vec<StaleCode>,
    /// Whether it was looked for.
    #[serde(skip)]
    pub(super) is_known: bool,
}

/// What becomes of calls that have stopped at an error.
const STOPPED: &str = "it is in its old text until it is called again";

impl Stale {
    /// All of it.
    ///
    /// See the example of [`Stale`].
    pub fn iter(&self) -> impl Iterator<Item = &StaleCode> {
        self.frames.iter().chain(&self.closures).chain(&self.objects)
    }
}

/// One kind of what is old. Prints as a line of the report.
///
/// See the example of [`Stale`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaleCode {
    /// Qualified name of the function, class or variable.
    pub name: String,
    /// `call`, `closure`, `function`, `class` or `variable`.
    pub kind: &'static str,
    /// The file.
    pub file: String,
    /// One-based line: where the first call is, or where a closure is written in its text; 0 for others.
    pub line: u32,
    /// Version of the definition; 0 where there is none.
    pub version: u32,
    /// How many there are.
    pub count: usize,
    /// Why it is old, and what becomes of it.
    pub reason: String,
    pub(super) text: String,
}

impl StaleCode {
    /// Classes that a function has made, and that keep something.
    pub(super) fn local_class(maker: Gc<'_, Proto<'_>>, class: &ClassImage, what: &str, why: &str) -> Self {
        let file = maker.linked.module.path.to_string();
        StaleCode {
            name: format!("{}.{}", maker.qualified, class.name),
            kind: "class",
            line: 0,
            version: 0,
            count: 1,
            reason: format!("it keeps {what}: {why}"),
            text: format!("{file}: classes `{}` made inside `{}` keep {what}: {why}", class.name, maker.qualified),
            file,
        }
    }
}

impl fmt::Display for StaleCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Vm {
    /// Finds out what is old of the files of a report, unless that is known. A reload leaves it to this when
    /// [`Survey::WhenRead`](super::Survey) was asked for.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::reload::Survey;
    /// use embed::{FileText, ReloadOptions};
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "fn f() { 1 }")?;
    /// let edit = vec![FileText { path: "game.lang".into(), text: Some("fn f() { 2 }".into()) }];
    /// let mut report = vm.reload(edit, &ReloadOptions { survey: Survey::WhenRead, ..ReloadOptions::default() });
    /// vm.survey_stale(&mut report);
    /// assert_eq!(report.stale.iter().count(), 0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn survey_stale(&mut self, report: &mut Report) {
        if std::mem::replace(&mut report.stale.is_known, true) || !(report.committed && report.ok) {
            return;
        }
        let (frames, closures, objects) =
            self.enter(|cx| (cx.old_calls(report), cx.closures_left(report), cx.objects_left(report)));
        report.stale.frames.extend(frames);
        report.stale.closures.extend(closures);
        report.stale.objects.extend(objects);
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Calls that have begun of functions that a commit has changed or overwritten, and statements.
    fn old_calls(&self, report: &Report) -> Vec<StaleCode> {
        let mut found: Vec<(OldCode, StaleCode)> = Vec::new();
        let mut at: FxHashMap<(usize, State), usize> = FxHashMap::default();
        self.each_stack(&self.fibers_left(report), &mut |stack, owner| {
            for (frame, callee) in calls_of(stack) {
                let proto = frame.proto;
                let Some(old) = self.old_call(frame, callee) else { continue };
                if let Some(at) = at.get(&(Gc::as_ptr(proto) as usize, owner.state)) {
                    found[*at].0.count += 1;
                    continue;
                }
                let path = &proto.linked.module.path;
                let is_statement = proto.image.kind == ProtoKind::Unit;
                if !self.is_concerned(report, frame, &old) {
                    continue;
                }
                let (what, end) = if is_statement {
                    let line = proto.linked.image.source.line(proto.image.span.lo);
                    (format!("the statement at {path}:{line}"), "it ends")
                } else {
                    (format!("`{}`", proto.qualified), "it returns")
                };
                let is_stopped = owner.state == State::Stopped;
                let reason = if is_stopped { STOPPED.to_owned() } else { old.reason(end) };
                let line = crate::interp::places_of(self.world, std::slice::from_ref(frame)).first().map_or(0, |(_, at)| at.line());
                let code = StaleCode {
                    name: if is_statement { "a statement".to_owned() } else { proto.qualified.to_string() },
                    kind: "call",
                    file: path.to_string(),
                    line,
                    version: proto.version.get(),
                    count: 1,
                    reason,
                    text: if is_stopped || matches!(old, OldCall::Moves) { ";".to_owned() } else { " and".to_owned() },
                };
                at.insert((Gc::as_ptr(proto) as usize, owner.state), found.len());
                found.push((OldCode { what, state: owner.state, task: owner.task.clone(), count: 1 }, code));
            }
        });
        let told = |(old, code): (OldCode, StaleCode)| {
            let rest = code.reason.strip_prefix("it ").filter(|_| code.text != ";").unwrap_or(&code.reason);
            StaleCode { count: old.count, text: format!("{old}{} {rest}", code.text), ..code }
        };
        found.into_iter().map(told).collect()
    }

    /// Whether a report is about the code of a call.
    fn is_concerned(&self, report: &Report, frame: &Frame<'gc>, old: &OldCall) -> bool {
        let proto = frame.proto;
        let is_of_file = report.files.iter().any(|file| **file == *proto.linked.module.path);
        match (old, proto.image.kind) {
            // Overwriting runs all statements again, also the one that has called what goes on.
            (OldCall::Overwritten, kind) => is_of_file && report.mode == Mode::Overwrite && kind != ProtoKind::Unit,
            (_, ProtoKind::Unit) => is_of_file,
            _ => {
                let mut entries = report.changed.iter().chain(&report.renamed).chain(&report.moved).chain(&report.restored);
                entries.any(|entry| is_of(&proto.qualified, entry))
            }
        }
    }

    /// Suspended fibers with calls in code that files of a report no longer have. The fibers are looked at only if such code was ever
    /// suspended, and everything alive only if one of them has a call in it.
    fn fibers_left(&self, report: &Report) -> Vec<Gc<'gc, Fiber<'gc>>> {
        let may_be_suspended = |code: &Gc<'gc, Proto<'gc>>| code.was_suspended.get() || self.world.has_deep_fibers;
        let codes = self.codes_of_files(report).filter(may_be_suspended);
        let old: FxHashSet<usize> = codes.filter(|code| is_left(*code)).map(address).collect();
        let is_in_old = |fiber: &Gc<'gc, Fiber<'gc>>| {
            fiber.stack().with_frames(|frames| frames.iter().any(|frame| old.contains(&address(frame.proto))))
        };
        if old.is_empty() || !self.known_fibers().iter().any(is_in_old) {
            return Vec::new();
        }
        let held: FxHashSet<usize> = self.held_fibers().into_iter().map(|fiber| Gc::as_ptr(fiber) as usize).collect();
        let is_held = |fiber: &Gc<'gc, Fiber<'gc>>| held.contains(&(Gc::as_ptr(*fiber) as usize));
        self.known_fibers().into_iter().filter(|fiber| is_in_old(fiber) && is_held(fiber)).collect()
    }

    /// All code of files of a report, also of their old texts.
    fn codes_of_files(&self, report: &Report) -> impl Iterator<Item = Gc<'gc, Proto<'gc>>> {
        let files: FxHashSet<&str> = report.files.iter().map(String::as_str).collect();
        let all = self.world.protos.iter().filter_map(|code| code.upgrade(self.mc));
        all.filter(move |code| files.contains(&*code.linked.module.path))
    }

    /// Closures of files of a report that keep an old text.
    fn closures_left(&self, report: &Report) -> Vec<StaleCode> {
        if !self.codes_of_files(report).any(|code| code.image.kind == ProtoKind::Function && is_old_closure(code)) {
            return Vec::new();
        }
        let mut old = OldClosures::default();
        let mut found: Vec<StaleCode> = Vec::new();
        let mut at: FxHashMap<(Arc<str>, u32, u32), usize> = FxHashMap::default();
        for value in self.values_in_a_walk(&|value| matches!(value, Value::Function(_))) {
            let Value::Function(function) = value else { continue };
            let Some((code, reason)) = old.of(self, function) else { continue };
            let file = code.linked.module.path.to_string();
            if !report.files.contains(&file) {
                continue;
            }
            let line = code.image.source.line(code.image.span.lo);
            let key = (code.qualified.clone(), line, code.version.get());
            if let Some(at) = at.get(&key) {
                found[*at].count += 1;
                continue;
            }
            at.insert(key, found.len());
            found.push(StaleCode {
                name: code.qualified.to_string(),
                kind: "closure",
                file,
                line,
                version: code.version.get(),
                count: 1,
                reason: reason.to_owned(),
                text: String::new(),
            });
        }
        for code in &mut found {
            let StaleCode { name, file, line, version, count, reason, .. } = &*code;
            let what = if name.ends_with(LAMBDA) { String::new() } else { format!(" `{name}`") };
            let (closures, keep) = if *count == 1 { ("closure", "keeps its") } else { ("closures", "keep their") };
            code.text = format!("{count} {closures}{what} of {file}:{line}, version {version}, {keep} old code: {reason}");
        }
        found.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        found
    }

    /// Objects that definitions of a report held before they were overwritten, as far as something holds them.
    fn objects_left(&self, report: &Report) -> Vec<StaleCode> {
        let mut cells: FxHashMap<usize, Gc<'gc, Definition<'gc>>> = FxHashMap::default();
        for generation in &self.world.generations {
            let file = generation.cell.meta().contributor.map(|module| module.path.to_string());
            if let (Some(object), true) =
                (generation.object.upgrade(self.mc), file.is_some_and(|file| report.files.contains(&file)))
            {
                let is_present = generation.cell.value().heap_pointer().is_some_and(|now| Gc::ptr_eq(now, object));
                if !is_present {
                    cells.insert(Gc::as_ptr(object) as usize, generation.cell);
                }
            }
        }
        if report.mode != Mode::Overwrite || cells.is_empty() {
            return Vec::new();
        }
        let cell_of = |value: &Value<'gc>| cells.get(&(Gc::as_ptr(value.heap_pointer()?) as usize)).copied();
        let mut found: Vec<(Gc<'gc, Definition<'gc>>, usize, String)> = Vec::new();
        let mut seen = FxHashSet::default();
        for met in self.met_in_a_walk(&|value, _| cell_of(value).is_some()) {
            let Some(cell) = cell_of(&met.value) else { continue };
            // A call holds the function that was called.
            let is_call = met.by_frame || matches!(met.from, Value::Fiber(_));
            if is_call || !seen.insert(met.value.heap_pointer().map(Gc::as_ptr)) {
                continue;
            }
            match found.iter_mut().find(|(known, ..)| Gc::ptr_eq(*known, cell)) {
                Some((_, count, _)) => *count += 1,
                None => found.push((cell, 1, met.path)),
            }
        }
        let told = |(cell, count, path): (Gc<'gc, Definition<'gc>>, usize, String)| {
            let (name, kind) = (cell.qualified_name(), cell.kind().text());
            let (objects, are) = if count == 1 { ("object", "is") } else { ("objects", "are") };
            let reason = format!("held from before it was overwritten ({path})");
            StaleCode {
                text: format!("{count} old {objects} of {kind} `{name}` {are} {reason}"),
                file: cell.meta().contributor.map_or_else(String::new, |module| module.path.to_string()),
                name,
                kind,
                line: 0,
                version: 0,
                count,
                reason,
            }
        };
        found.into_iter().map(told).collect()
    }
}

/// Whether the text of a file has something else for this code.
fn is_left<'gc>(code: Gc<'gc, Proto<'gc>>) -> bool {
    let latest = latest(code);
    latest.linked.is_overwritten.get() || latest.image.fingerprint != code.image.fingerprint
}

fn address(code: Gc<'_, Proto<'_>>) -> usize {
    Gc::as_ptr(code) as usize
}

/// Code that calls are in, those of one state together.
struct OldCode {
    what: String,
    state: State,
    task: Option<String>,
    count: usize,
}

impl fmt::Display for OldCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OldCode { what, state, task, count } = self;
        match (state, count, task) {
            (State::Running, ..) => write!(f, "{what} is running"),
            (State::Stopped, ..) => write!(f, "{what} has stopped at an error"),
            (State::Waiting, 1, Some(task)) => write!(f, "{what} waits in task `{task}`"),
            (State::Waiting, ..) => write!(f, "{what} waits in {count} calls of tasks"),
            (State::Suspended, 1, _) => write!(f, "{what} is suspended in a fiber"),
            (State::Suspended, ..) => write!(f, "{what} is suspended in {count} calls of fibers"),
        }
    }
}

/// Whether code is that of a definition, by the name that it had when it was linked, or stands within it.
pub(super) fn is_of(qualified: &str, entry: &Entry) -> bool {
    let rest = qualified.strip_prefix(&entry.namespace).and_then(|rest| rest.strip_prefix('.'));
    let rest = rest.and_then(|rest| rest.strip_prefix(&entry.name));
    let rest = rest.or_else(|| qualified.strip_prefix(entry.from.as_deref()?));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
