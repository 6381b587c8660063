//! Step 6: what happened, as data. Its text form is what the command line prints.

use super::check::Reason;
use super::data;
use super::options::Mode;
use super::plan::{Action, ReloadPlan};
use super::stale::Stale;
use super::transition::Uncovered;
use crate::embed::Error;
use crate::image::DefinitionKind;
use crate::object::{Interrupt, Kind, LayoutChange, SharedChanges};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// A definition in a report.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// let report = vm.load_text("game.lang", "let score = 7\nfn hit(n) { score += n }")?;
/// let hit = &report.added[1];
/// assert_eq!((hit.kind, hit.to_string(), hit.line), ("function", "game.hit".into(), 2));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// `function`, `class`, `variable` …
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// The file.
    pub file: String,
    /// One-based line; 0 when it left.
    pub line: u32,
    /// Qualified name that it had before, if another.
    pub from: Option<String>,
    /// The file of the same namespace that it comes from, if it moved.
    pub from_file: Option<String>,
    /// Of a name that has left: the qualified name of the definition that it goes on as.
    pub forwards_to: Option<String>,
    /// Of a conflict: the text of the initialiser that was not evaluated.
    pub initial: Option<String>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == "extension" {
            return f.write_str(&self.name);
        }
        write!(f, "{}.{}", self.namespace, self.name)
    }
}

impl Entry {
    /// It, and what it was before if it has moved or got another name.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// let report = vm.reload_text("game.lang", "let points was score = 7");
    /// assert_eq!(report.renamed[0].with_origin(), "game.score to game.points");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_origin(&self) -> String {
        match (&self.from, &self.from_file) {
            (Some(from), _) => format!("{from} to {self}"),
            (None, Some(file)) => format!("{self} (from {file})"),
            (None, None) => self.to_string(),
        }
    }
}

/// A top-level statement in a report.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// let report = vm.load_text("game.lang", "let log = []\nlog.push(1)")?;
/// let ran = &report.ran_statements[0];
/// assert_eq!((&*ran.file, ran.line), ("game.lang", 2));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct Statement {
    /// The file.
    pub file: String,
    /// One-based line.
    pub line: u32,
}

/// An edit of something that is no definition.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "let log = []")?;
/// let report = vm.reload_text("game.lang", "import math\nlet log = []");
/// assert_eq!(report.notes[0].to_string(), "game.lang:1 imports math");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// What happened: `imports m`, `no longer extends C`.
    pub text: String,
    /// The file.
    pub file: String,
    /// One-based line; 0 when it left.
    pub line: u32,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{} {}", self.file, self.text),
            line => write!(f, "{}:{line} {}", self.file, self.text),
        }
    }
}

/// What a load or reload did, or why it was refused.
///
/// As a text it is what the command line shows. It is plain data for serde, with the names of the report of `live.reload`; entries have `name`, `kind`,
/// `namespace`, `file`, `line`, `was` and `forwards_to`.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// let text = "let hits = 0\nfn hit(n) { hits += n }";
/// vm.load_text("game.lang", text)?;
///
/// let report = vm.reload_text("game.lang", &text.replace("+= n", "+= n * 2"));
/// assert!(report.ok && report.committed);
/// assert_eq!(report.changed[0].name, "hit");
/// assert_eq!(report.to_string(), "game.lang: committed (epoch 2)\n  changed    function game.hit\n");
/// let data = serde_json::to_value(&report).expect("it is data");
/// assert_eq!(data["changed"][0]["kind"], "function");
///
/// let report = vm.reload_text("game.lang", "fn hit(n) {");
/// assert!(!report.ok && report.error.is_some());
/// assert_eq!((&*report.reasons[0].file, report.reasons[0].line), ("game.lang", 1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Whether it was accepted. An accepted text that changes nothing makes no commit.
    pub ok: bool,
    /// Whether a commit was made.
    pub committed: bool,
    /// Whether it is a plan, and a commit would be made.
    pub planned: bool,
    /// Number of the commit, or of the last one if none was made.
    pub epoch: u64,
    /// How the running program took in the texts; overwrite if one file was taken in so.
    pub mode: Mode,
    /// Paths of the files.
    pub files: Vec<String>,
    /// Definitions that came into being.
    pub added: Vec<Entry>,
    /// Definitions with new text.
    pub changed: Vec<Entry>,
    /// Definitions of the files that stay as they are.
    pub untouched: Vec<Entry>,
    /// Names that have left: definitions of the files, and members of their classes.
    pub removed: Vec<Entry>,
    /// Definitions that the file no longer has; they serve whoever uses them. Names that go on as other definitions are among them.
    pub leaked: Vec<Entry>,
    /// Definitions that came from another file.
    pub moved: Vec<Entry>,
    /// Definitions that had another name.
    pub renamed: Vec<Entry>,
    /// Leaks of the file that it defines again.
    pub restored: Vec<Entry>,
    /// Definitions of a session that belong to the file now.
    pub adopted: Vec<Entry>,
    /// Variables whose initialiser changed but whose value was kept, because the program had changed it.
    #[serde(serialize_with = "data::conflicts")]
    pub conflicts: Vec<Entry>,
    /// Values evaluated anew because something they were computed from changed.
    pub recomputed: Vec<Entry>,
    /// Statements that ran; of a refused edit those that had begun before, in order.
    pub ran_statements: Vec<Statement>,
    /// Classes whose instances get another layout.
    pub layouts: Vec<LayoutChange>,
    /// Leaks of earlier commits that nothing used any more and that have ended: qualified names.
    pub released: Vec<String>,
    /// Overwrite mode: variables and shared slots elsewhere that have got the new object for the old one.
    pub relinked: usize,
    /// What else was edited: imports.
    pub notes: Vec<Note>,
    /// What goes on in an old text.
    pub stale: Stale,
    /// Of a plan: what is alive and would be left behind.
    pub uncovered: Vec<Uncovered>,
    /// Of a plan: what of the program would run, and may raise: initialisers, statements, decorators, hooks, tests.
    pub would_run: Vec<String>,
    /// Problems that do not stand in the way.
    pub warnings: Vec<Reason>,
    /// Why it was refused.
    pub reasons: Vec<Reason>,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "data::milliseconds")]
    pub duration: Duration,
    /// For the host: the error behind a refusal.
    #[serde(skip)]
    pub error: Option<Error>,
    /// For the host: what has stopped a listener while it was told. It undoes nothing.
    #[serde(skip)]
    pub listener_stopped: Option<Interrupt>,
    /// When a program could not be loaded: the errors of further files.
    #[serde(skip)]
    pub further_errors: Vec<Error>,
}

impl Report {
    /// A report of what a plan does, before it is done.
    pub(super) fn of(plan: &ReloadPlan) -> Report {
        let mut report = Report { ok: true, ..Report::default() };
        report.mode = plan.files.iter().map(|file| file.mode).find(|mode| *mode == Mode::Overwrite).unwrap_or_default();
        for file in &plan.files {
            if (file.changed || file.is_new) && !report.files.iter().any(|path| **path == *file.path) {
                report.files.push(file.path.to_string());
            }
            if !file.is_new {
                report.notes.extend(file.notes.iter().cloned());
            }
            let source = &file.image.source;
            for definition in &file.definitions {
                let image = definition.index.map(|i| &file.image.definitions[i]);
                let entry = Entry {
                    name: definition.name.to_string(),
                    kind: image.map_or(definition.old_kind.map_or("definition", Kind::text), |d| kind_text(d.kind)),
                    namespace: file.namespace.to_string(),
                    file: file.path.to_string(),
                    line: image.map_or(0, |d| source.line(d.name_span.lo)),
                    from: definition.from.as_ref().map(ToString::to_string),
                    from_file: definition.from_file.as_ref().map(ToString::to_string),
                    forwards_to: None,
                    initial: None,
                };
                // What it computes with may have changed instead.
                let text = image.filter(|_| definition.is_edited).and_then(|d| source.slice(d.span).split_once('='));
                let conflict = || Entry { initial: text.map(|(_, text)| text.trim().to_owned()), ..entry.clone() };
                if definition.is_conflict {
                    report.conflicts.push(conflict());
                }
                match definition.action {
                    Action::Add => report.added.push(entry),
                    Action::Redefine | Action::Evaluate => report.changed.push(entry),
                    // Shared slots are told when it is known which have been changed by the program.
                    Action::Recompute if !definition.evaluates => report.untouched.push(entry),
                    Action::Recompute => report.recomputed.push(entry),
                    Action::Conflict => report.conflicts.push(conflict()),
                    Action::Leak => {
                        report.removed.push(entry.clone());
                        report.leaked.push(entry);
                    }
                    Action::Adopt => report.adopted.push(entry),
                    Action::Restore => report.restored.push(entry),
                    Action::Move => report.moved.push(entry),
                    Action::Rename => report.renamed.push(entry),
                    Action::Replace | Action::Overwrite => report.changed.push(entry),
                    Action::Follow if definition.index.is_some() => report.untouched.push(entry),
                    // Another file has it now.
                    Action::GiveUp => report.removed.push(entry),
                    Action::Keep | Action::Follow | Action::Refuse(_) => {}
                }
            }
            for unit in &file.statements {
                let line = source.line(file.image.units[*unit as usize].span.lo);
                report.ran_statements.push(Statement { file: file.path.to_string(), line });
            }
        }
        report.note_forwarding();
        report
    }

    /// Says of the names that leave which of them go on as another definition.
    fn note_forwarding(&mut self) {
        let came = self.renamed.iter().chain(&self.moved);
        let taken: FxHashMap<String, String> = came.filter_map(|entry| Some((entry.from.clone()?, entry.to_string()))).collect();
        for entry in self.leaked.iter_mut().chain(&mut self.removed) {
            entry.forwards_to = taken.get(&entry.to_string()).cloned();
        }
    }

    /// Names that have left and do not go on as another definition.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7\nfn old() { 1 }\nfn user() { old() }")?;
    /// let report = vm.reload_text("game.lang", "let points was score = 7\nfn user() { old() }");
    /// let lost: Vec<String> = report.lost().map(|entry| entry.to_string()).collect();
    /// assert_eq!(lost, ["game.old"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn lost(&self) -> impl Iterator<Item = &Entry> {
        self.leaked.iter().filter(|entry| entry.forwards_to.is_none())
    }

    /// Blocks of `extend` that have left, and with them the members that they had added.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "extend Int { fn doubled() { self * 2 } }\nlet score = 7")?;
    /// let report = vm.reload_text("game.lang", "let score = 7");
    /// assert_eq!(report.retracted().count(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn retracted(&self) -> impl Iterator<Item = &Entry> {
        self.removed.iter().filter(|entry| entry.kind == "extension")
    }

    /// Adds shared slots that keep their values though their initialisers have changed, and those that are evaluated anew; and members that
    /// are decorated again.
    pub(super) fn add_shared(&mut self, changes: &SharedChanges) {
        let classes = [&self.changed, &self.restored, &self.renamed, &self.moved, &self.recomputed, &self.untouched];
        let classes: Vec<Entry> = classes.into_iter().flatten().filter(|entry| entry.kind == "class").cloned().collect();
        let entry_of = |slot: &String, kind: &'static str| {
            let class = classes.iter().find(|entry| {
                let rest = slot.strip_prefix(&entry.namespace).and_then(|rest| rest.strip_prefix('.'));
                rest.and_then(|rest| rest.strip_prefix(&entry.name)).is_some_and(|rest| rest.starts_with('.'))
            })?;
            let name = slot[class.namespace.len() + 1..].to_owned();
            Some(Entry { name, kind, from: None, from_file: None, ..class.clone() })
        };
        self.conflicts.extend(changes.conflicts.iter().filter_map(|slot| entry_of(slot, "shared slot")));
        self.recomputed.extend(changes.recomputed.iter().filter_map(|slot| entry_of(slot, "shared slot")));
        self.recomputed.extend(changes.decorated.iter().filter_map(|member| entry_of(member, "member")));
    }

    /// Why the program is to stop: its code in the commit, or a listener, was interrupted or has called `exit`.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Interrupt;
    ///
    /// let mut vm = Vm::new();
    /// let report = vm.reload_text("game.lang", "exit(3)");
    /// assert!(matches!(report.interrupt(), Some(Interrupt::Exit(3))));
    /// ```
    pub fn interrupt(&self) -> Option<Interrupt> {
        match self.error {
            Some(Error::Interrupted(interrupt)) => Some(interrupt),
            _ => self.listener_stopped,
        }
    }

    /// A refusal.
    pub(super) fn refused(files: Vec<String>, reasons: Vec<Reason>) -> Report {
        Report { files, reasons, ..Report::default() }
    }
}

pub(super) fn kind_text(kind: DefinitionKind) -> &'static str {
    match kind {
        DefinitionKind::Function(_) => "function",
        DefinitionKind::Class(_) => "class",
        DefinitionKind::Enum(_) => "enum",
        DefinitionKind::Variable => "variable",
        DefinitionKind::Constant => "constant",
        DefinitionKind::Once => "once",
    }
}

/// A change of a layout in one line.
///
/// ```
/// use embed::prelude::*;
/// use embed::reload::layout_text;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "class Hero { slot hp = 7 }")?;
/// let report = vm.reload_text("game.lang", "class Hero { slot hp = 7; slot level = 1 }");
/// assert_eq!(layout_text(&report.layouts[0]), "class game.Hero, from 1 to 2: added level");
/// # Ok::<(), Error>(())
/// ```
pub fn layout_text(change: &LayoutChange) -> String {
    let renamed: Vec<String> = change.renamed.iter().map(|(old, new)| format!("{old} as {new}")).collect();
    let note = |names: &[String], noted: &[String], note: &str| -> Vec<String> {
        names.iter().map(|name| if noted.contains(name) { format!("{name} ({note})") } else { name.clone() }).collect()
    };
    let parts = [
        ("added", &note(&change.added, &change.unset, "without a value")),
        ("discarded", &change.discarded),
        ("renamed", &renamed),
        ("shared", &change.shared),
        ("filled", &note(&change.filled, &change.filled, "where it has no value")),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(_, names)| !names.is_empty()).map(|(word, names)| format!("{word} {}", names.join(", "))).collect();
    let parts = match (parts.is_empty(), change.is_reordered) {
        (true, true) => "other order".to_owned(),
        (true, false) => "the same slots".to_owned(),
        (false, _) => parts.join("; "),
    };
    let instances = match change.instances {
        None | Some(0) => String::new(),
        Some(1) => " (1 instance)".to_owned(),
        Some(count) => format!(" ({count} instances)"),
    };
    format!("class {}, from {} to {}{instances}: {parts}", change.class, change.from, change.to)
}

/// What is to be known of statements that a refused edit has run.
const STAYS: &str = "and what it did to objects and outside stays";

/// A kind with its article: "a function", "an enum".
pub(super) fn a_kind(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// What becomes of a variable or shared slot that is in conflict, and what to do, in one line.
///
/// ```
/// use embed::prelude::*;
/// use embed::reload::conflict_text;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "let score = 7")?;
/// vm.set("game.score", 9)?;
/// let report = vm.reload_text("game.lang", "let score = 8");
/// assert!(conflict_text(&report.conflicts[0]).ends_with("`live.reset(\"game.score\")` evaluates it anew"));
/// assert_eq!(vm.get::<i64>("game.score")?, 9);
/// # Ok::<(), Error>(())
/// ```
pub fn conflict_text(entry: &Entry) -> String {
    let remedy = match entry.kind {
        "shared slot" => "it changes when it is assigned".to_owned(),
        _ => format!("`live.reset(\"{}.{}\")` evaluates it anew", entry.namespace, entry.name),
    };
    format!("keeps its value, though its initialiser or what that computes with has changed; {remedy}")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = if self.files.is_empty() { "all files".to_owned() } else { self.files.join(", ") };
        if !self.ok {
            writeln!(f, "{files}: refused, the running program is unchanged (epoch {})", self.epoch)?;
            self.reasons.iter().try_for_each(|reason| write_reason(f, reason.code, reason))?;
            self.ran_statements.iter().try_for_each(|s| writeln!(f, "  ran        {}:{}, {STAYS}", s.file, s.line))?;
            return self.write_warnings(f);
        }
        match (self.committed, self.planned) {
            (true, _) => writeln!(f, "{files}: committed (epoch {})", self.epoch)?,
            (false, true) if self.would_run.is_empty() => writeln!(f, "{files}: would be committed (epoch {})", self.epoch)?,
            (false, true) => writeln!(f, "{files}: would be committed, if what it runs raises no error (epoch {})", self.epoch)?,
            (false, false) => {
                writeln!(f, "{files}: no change (epoch {})", self.epoch)?;
                return self.write_warnings(f);
            }
        }
        let groups = [
            ("added", &self.added),
            ("changed", &self.changed),
            ("recomputed", &self.recomputed),
            ("adopted", &self.adopted),
            ("restored", &self.restored),
            ("moved", &self.moved),
            ("renamed", &self.renamed),
        ];
        for (word, entries) in groups {
            for entry in entries {
                writeln!(f, "  {word:<10} {} {}", entry.kind, entry.with_origin())?;
            }
        }
        for entry in self.retracted() {
            writeln!(f, "  removed    {} {entry}", entry.kind)?;
        }
        for entry in self.lost() {
            writeln!(f, "  leaked     {} {entry}", entry.kind)?;
        }
        for change in &self.layouts {
            writeln!(f, "  layout     {}", layout_text(change))?;
        }
        for entry in &self.conflicts {
            writeln!(f, "  conflict   {} {entry} {}", entry.kind, conflict_text(entry))?;
        }
        for note in &self.notes {
            writeln!(f, "  edited     {note}")?;
        }
        if self.relinked > 0 {
            writeln!(f, "  relinked   {} variables and shared slots that held what was overwritten", self.relinked)?;
        }
        for name in &self.released {
            writeln!(f, "  released   {name}: nothing used it any more")?;
        }
        for name in &self.would_run {
            writeln!(f, "  runs       {name}")?;
        }
        for statement in self.ran_statements.iter().filter(|_| !self.planned) {
            writeln!(f, "  ran        {}:{}", statement.file, statement.line)?;
        }
        for stale in self.stale.iter() {
            writeln!(f, "  stale      {stale}")?;
        }
        for left in &self.uncovered {
            writeln!(f, "  uncovered  {left}")?;
        }
        self.write_warnings(f)
    }
}

impl Report {
    fn write_warnings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.warnings.iter().try_for_each(|warning| write_reason(f, &format!("warning[{}]", warning.code), warning))
    }
}

fn write_reason(f: &mut fmt::Formatter<'_>, title: &str, reason: &Reason) -> fmt::Result {
    writeln!(f, "  {title}: {}", reason.message)?;
    for line in reason.detail.lines() {
        writeln!(f, "    {line}")?;
    }
    if reason.remedy.is_empty() { Ok(()) } else { writeln!(f, "    help: {}", reason.remedy) }
}
