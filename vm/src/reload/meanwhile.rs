//! An edit that comes while code runs which it is about: top-level code of a load that has not ended, and functions.
//!
//! What runs goes on as it is. Of a file whose top level is running, that is one statement, say a loop; what is left to run behind it is
//! what stands there in the new text.

use super::closures::matched_units;
use super::options::Mode;
use super::plan::{Action, PlannedFile, ReloadPlan};
use super::queue::{Item, Queue};
use super::report::{Entry, Report, Statement};
use super::stale::StaleCode;
use crate::embed::Vm;
use crate::image::{ClassImage, ModuleImage, UnitKind};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Top-level code that is running.
///
/// ```
/// use embed::prelude::*;
/// use std::cell::RefCell;
/// use std::rc::Rc;
///
/// let seen = Rc::new(RefCell::new(None));
/// let see = seen.clone();
/// let mut vm = Vm::new();
/// vm.define_function("host", "look()", move |vm: &mut Vm| *see.borrow_mut() = vm.running_code());
/// vm.load_text("game.lang", "import host\nhost.look()")?;
/// let code = seen.take().expect("the top level was running");
/// assert_eq!((&*code.file, code.line, code.is_statement), ("game.lang", 2, true));
/// assert!(vm.running_code().is_none());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunningCode {
    /// The file.
    pub file: String,
    /// One-based line where it begins; 0 if it is a part of a class.
    pub line: u32,
    /// Whether it is a statement; else it belongs to a definition.
    pub is_statement: bool,
}

/// The item of a queue that is running.
#[derive(Clone, Debug)]
pub(super) struct Running {
    /// What it is called in messages.
    code: RunningCode,
    /// Where it stands among the units of the text that runs.
    place: Place,
}

impl Running {
    /// The statement that it is, for reports.
    pub(super) fn statement(&self) -> Option<Statement> {
        let RunningCode { file, line, is_statement } = &self.code;
        is_statement.then(|| Statement { file: file.clone(), line: *line })
    }
}

/// A place among the units of a text.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// It is this unit, in this or in earlier words.
    At(u32),
    /// It has gone from the text; it stood in front of this unit.
    Before(u32),
}

/// What an edit means for a file whose top-level code has not all run.
struct Rest {
    /// The unit of the new text that is running, in this or in earlier words.
    place: Option<Place>,
    /// Whether the running statement has other words in the new text, or none.
    is_edited: bool,
    /// Units of the new text that are left to run.
    left: Vec<u32>,
    /// New statements of the new text from here on run when it is their turn, those above at once.
    later: usize,
    /// Units of the new text, all of them left to run, that give variables and constants their first values.
    initialisers: Vec<u32>,
}

impl Rest {
    fn of(old: &ModuleImage, new: &ModuleImage, queue: &Queue) -> Rest {
        let found = matched_units(&old.units, &new.units);
        let left_before: Vec<usize> = queue.units().collect();
        let place = queue.running.as_ref().map(|running| running.place);
        let bound = match place {
            Some(Place::At(at) | Place::Before(at)) => at as usize,
            None => 0,
        };
        let continued = match place {
            Some(Place::At(at)) => found[at as usize],
            _ => None,
        };
        // Behind what stood above it and has run.
        let above = (0..bound).filter(|i| !left_before.contains(i)).filter_map(|i| found[i]).max();
        let from = above.map_or(0, |above| above + 1);
        let is_new = |j: usize| new.units[j].kind == UnitKind::Statement && !found.contains(&Some(j));
        let in_other_words = match place {
            Some(Place::At(_)) if continued.is_none() => {
                let until = (bound + 1..old.units.len()).filter_map(|i| found[i]).filter(|j| *j >= from).min();
                (from..until.unwrap_or(new.units.len())).find(|j| is_new(*j))
            }
            _ => None,
        };
        let at = continued.or(in_other_words);
        let later = at.map_or(from, |at| at + 1);
        let matched = left_before.iter().filter_map(|i| found[*i]);
        let mut left: Vec<u32> = matched.chain((later..new.units.len()).filter(|j| is_new(*j))).map(|j| j as u32).collect();
        let is_first = |j: usize| match found.iter().position(|found| *found == Some(j)) {
            Some(i) => left_before.contains(&i),
            None => j >= later,
        };
        let initialisers: Vec<u32> = (0..new.units.len())
            .filter(|j| matches!(new.units[*j].kind, UnitKind::Value(_) | UnitKind::Values(_)) && is_first(*j))
            .map(|j| j as u32)
            .collect();
        left.extend(&initialisers);
        left.sort_unstable();
        left.dedup();
        let place = place.map(|_| at.map_or(Place::Before(from as u32), |at| Place::At(at as u32)));
        Rest {
            place,
            is_edited: matches!(queue.running, Some(Running { place: Place::At(_), .. })) && continued.is_none(),
            left,
            later,
            initialisers,
        }
    }

    /// Whether a new statement of the new text is to run at once.
    fn runs_at_once(&self, unit: u32) -> bool {
        (unit as usize) < self.later && !matches!(self.place, Some(Place::At(at)) if at == unit)
    }
}

impl Queue {
    /// Units that are left to run.
    fn units(&self) -> impl Iterator<Item = usize> {
        self.items.iter().filter_map(|(_, item)| if let Item::Unit(unit) = item { Some(*unit as usize) } else { None })
    }
}

impl Vm {
    /// The top-level code that is running, of the innermost load or reload.
    ///
    /// See the example of [`RunningCode`].
    pub fn running_code(&self) -> Option<RunningCode> {
        let queues = std::iter::once(&self.files.queues).chain(self.files.queues_outer.iter().rev());
        // Code that runs because a statement needs it comes before the statement.
        let innermost = |queues: &Vec<Queue>| {
            let running = queues.iter().filter_map(|queue| queue.running.as_ref());
            running.min_by_key(|running| running.code.is_statement).map(|running| running.code.clone())
        };
        queues.into_iter().find_map(innermost)
    }

    /// What an item of a file is while it runs.
    pub(super) fn running(&mut self, path: &Arc<str>, item: &Item) -> Running {
        let code = RunningCode { file: path.to_string(), line: 0, is_statement: false };
        let Item::Unit(at) = *item else { return Running { code, place: Place::Before(0) } };
        let (line, is_statement) = self.enter(|cx| {
            let image = &cx.linked_of(path).image;
            let unit = &image.units[at as usize];
            (image.source.line(unit.span.lo), unit.kind == UnitKind::Statement)
        });
        Running { code: RunningCode { line, is_statement, ..code }, place: Place::At(at) }
    }

    /// The queue of a file whose top-level code has not all run.
    fn unfinished(&self, path: &str) -> Option<&Queue> {
        let queues = std::iter::once(&self.files.queues).chain(self.files.queues_outer.iter().rev()).flatten();
        queues.into_iter().find(|queue| *queue.path == *path && (queue.running.is_some() || !queue.items.is_empty()))
    }

    fn rest_of(&mut self, file: &PlannedFile) -> Option<Rest> {
        self.unfinished(&file.path)?;
        let old = self.image_of(&file.path)?;
        self.unfinished(&file.path).map(|queue| Rest::of(&old, &file.image, queue))
    }

    /// Takes from a plan the statements and initialisers whose turn will come when those above have run, and what is running.
    pub(super) fn leave_for_later(&mut self, plan: &mut ReloadPlan) {
        for file in &mut plan.files {
            if let Some(rest) = self.rest_of(file) {
                file.statements.retain(|unit| rest.runs_at_once(*unit));
                for definition in &mut file.definitions {
                    let unit = definition.index.and_then(|index| file.image.definitions[index].unit);
                    if unit.is_some_and(|unit| rest.initialisers.contains(&unit)) {
                        definition.evaluates = false;
                        if definition.action == Action::Conflict {
                            definition.action = Action::Evaluate;
                        }
                    }
                }
            }
        }
    }

    /// The statements that are running and that have other words in the new texts, by their units in both; `Matcher::running`.
    pub(super) fn continued_statements(&mut self, plan: &ReloadPlan) -> Vec<(Arc<str>, u32, u32)> {
        let mut found = Vec::new();
        for file in plan.files.iter().filter(|file| file.mode == Mode::Update) {
            let Some(Rest { place: Some(Place::At(new)), .. }) = self.rest_of(file) else { continue };
            let running = self.unfinished(&file.path).and_then(|queue| queue.running.as_ref());
            if let Some(Place::At(old)) = running.map(|running| running.place) {
                found.push((file.path.clone(), old, new));
            }
        }
        found
    }

    /// For the report: running statements that a plan takes away.
    pub(super) fn running_statements(&mut self, plan: &ReloadPlan) -> Vec<StaleCode> {
        let mut found = Vec::new();
        for file in &plan.files {
            let is_gone = |rest: &Rest| rest.is_edited && (!matches!(rest.place, Some(Place::At(_))) || file.mode != Mode::Update);
            if !self.rest_of(file).is_some_and(|rest| is_gone(&rest)) {
                continue;
            }
            let running = self.unfinished(&file.path).and_then(|queue| queue.running.as_ref());
            if let Some(RunningCode { file, line, is_statement: true }) = running.map(|running| &running.code) {
                found.push(StaleCode {
                    name: "a statement".to_owned(),
                    kind: "call",
                    file: file.clone(),
                    line: *line,
                    version: 0,
                    count: 1,
                    reason: "it goes on in its old text until it ends".to_owned(),
                    text: format!("the statement at {file}:{line} is running and goes on in its old text until it ends"),
                });
            }
        }
        found
    }

    /// What will be left to run of unfinished files once a plan is carried out.
    pub(super) fn rests_of(&mut self, plan: &ReloadPlan) -> Vec<Queue> {
        let mut rests = Vec::new();
        for file in &plan.files {
            let Some(rest) = self.rest_of(file) else { continue };
            let mut items = self.class_tasks_of(file);
            let Some(queue) = self.unfinished(&file.path) else { continue };
            let is_evaluated = |name: &Arc<str>| file.definitions.iter().any(|d| d.name == *name && d.evaluates);
            let mut defines = Vec::new();
            for at in rest.left {
                let unit = &file.image.units[at as usize];
                let names = unit.kind.names();
                if !names.iter().any(is_evaluated) {
                    defines.extend(names.iter().cloned());
                    items.push((unit.span.lo, Item::Unit(at)));
                }
            }
            items.sort_by_key(|(order, item)| (*order, matches!(item, Item::Unit(_))));
            let items = items.into();
            let running = queue.running.clone().map(|running| match rest.place {
                Some(place) => Running { place, ..running },
                None => running,
            });
            let (turn, needs) = (queue.turn, queue.needs.clone());
            rests.push(Queue { path: queue.path.clone(), items, defines, namespace: file.namespace.clone(), running, turn, needs });
        }
        rests
    }

    /// What is left to run of the classes of an unfinished file, where they stand in its new text; those that it does not have any more have
    /// nothing left.
    fn class_tasks_of(&mut self, file: &PlannedFile) -> Vec<(u32, Item)> {
        let items = self.unfinished(&file.path).into_iter().flat_map(|queue| queue.items.iter().map(|(_, item)| item.clone()));
        let mut found = Vec::new();
        for item in items.collect::<Vec<_>>() {
            let Item::ClassTasks(at) = item else { continue };
            let name = self.enter(|cx| {
                let (class, _) = cx.world.loading.class_tasks[at].as_ref()?;
                Some(class.name().as_str().to_owned())
            });
            let definition = name.and_then(|name| file.image.definition(&name));
            found.extend(definition.map(|definition| (definition.span.lo, item)));
        }
        found
    }

    /// Carries over to their new texts what is left to run of unfinished files.
    pub(super) fn replace_rests(&mut self, rests: Vec<Queue>) {
        for rest in rests {
            self.enter(|cx| {
                let namespace = cx.world.namespace(cx.mc, &rest.namespace);
                for name in &rest.defines {
                    let name = cx.world.intern(cx.mc, name);
                    if let Some(cell) = namespace.cell(name).filter(|cell| cell.value().is_unset()) {
                        cx.world.set_pending(cell, true);
                    }
                }
            });
            let queues = std::iter::once(&mut self.files.queues).chain(self.files.queues_outer.iter_mut().rev()).flatten();
            if let Some(queue) = queues.into_iter().find(|queue| queue.path == rest.path) {
                *queue = rest;
            }
        }
    }

    /// Adds to a report, made before its plan is carried out, what the plan does to parts of definitions and to `extend` blocks.
    pub(super) fn add_parts(&mut self, plan: &ReloadPlan, report: &mut Report) {
        for file in &plan.files {
            let old = self.image_of(&file.path);
            if let Some(old) = &old {
                report.removed.extend(members_removed(old, file));
                report.renamed.extend(members_renamed(old, file));
            }
        }
        self.add_extensions(plan, report);
    }

    /// Adds to a report, made before its plan is carried out, the `extend` blocks that the plan is about.
    fn add_extensions(&mut self, plan: &ReloadPlan, report: &mut Report) {
        for file in &plan.files {
            let old = self.image_of(&file.path);
            let extensions = |image: &ModuleImage| -> Vec<(String, u64, u32)> {
                let units = image.units.iter();
                let all = units.filter_map(|unit| match unit.kind {
                    UnitKind::Extend(index) => {
                        let extension = &image.extensions[index as usize];
                        let name = crate::image::class_text(image, &extension.target);
                        Some((name, unit.fingerprint, image.source.line(unit.span.lo)))
                    }
                    _ => None,
                });
                all.collect()
            };
            let (before, now) = (old.as_deref().map(extensions).unwrap_or_default(), extensions(&file.image));
            let is_in = |list: &[(String, u64, u32)], (name, fingerprint, _): &(String, u64, u32)| {
                list.iter().any(|(n, f, _)| n == name && f == fingerprint)
            };
            let came = now.iter().filter(|e| !is_in(&before, e)).cloned();
            let left = before.iter().filter(|e| !is_in(&now, e)).map(|(name, fingerprint, _)| (name.clone(), *fingerprint, 0));
            let mut seen = FxHashSet::default();
            for (name, _, line) in came.chain(left) {
                if !seen.insert(name.clone()) {
                    continue;
                }
                let entry = Entry {
                    name: format!("extend {name}"),
                    kind: "extension",
                    namespace: file.namespace.to_string(),
                    file: file.path.to_string(),
                    line,
                    from: None,
                    from_file: None,
                    forwards_to: None,
                    initial: None,
                };
                let (was, is) = (before.iter().any(|(n, ..)| *n == name), now.iter().any(|(n, ..)| *n == name));
                match (was, is) {
                    (false, _) => report.added.push(entry),
                    (true, false) => report.removed.push(entry),
                    (true, true) => report.changed.push(entry),
                }
            }
        }
    }
}

/// Members that classes and enums of a file do not have any more.
fn members_removed(old: &ModuleImage, file: &PlannedFile) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (before, now) in classes_in_both(old, file) {
        let is_in = |name: &Arc<str>| {
            let slots = now.slots.iter().map(|slot| &slot.name).chain(now.shared.iter().map(|slot| &slot.name));
            slots.chain(now.members.iter().map(|member| &member.name)).any(|other| other == name)
        };
        let slots = before.slots.iter().filter(|slot| now.slots.iter().all(|other| other.was.as_ref() != Some(&slot.name)));
        let shared = before.shared.iter().filter(|slot| now.shared.iter().all(|other| other.was.as_ref() != Some(&slot.name)));
        let slots = slots.map(|slot| (&slot.name, "slot")).chain(shared.map(|slot| (&slot.name, "shared slot")));
        let members =
            before.members.iter().filter(|member| now.members.iter().all(|other| other.was.as_ref() != Some(&member.name)));
        for (name, kind) in slots.chain(members.map(|member| (&member.name, "member"))) {
            if !is_in(name) {
                entries.push(member_entry(file, &now.name, name, kind));
            }
        }
    }
    entries
}

/// Shared slots, methods and the like of classes of a file that have another name, by `was`.
fn members_renamed(old: &ModuleImage, file: &PlannedFile) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (before, now) in classes_in_both(old, file) {
        // One name continues as one other.
        let mut taken = FxHashSet::default();
        let shared = now.shared.iter().map(|slot| (&slot.name, "shared slot", &slot.was));
        let members = now.members.iter().map(|member| (&member.name, "member", &member.was));
        for (name, kind, was) in shared.chain(members) {
            let Some(was) = was else { continue };
            let has = |class: &ClassImage, name: &Arc<str>| {
                class.shared.iter().any(|slot| slot.name == *name) || class.members.iter().any(|member| member.name == *name)
            };
            if has(before, was) && !has(before, name) && !has(now, was) && taken.insert(was) {
                let from = Some(format!("{}.{}.{was}", file.namespace, now.name));
                entries.push(Entry { from, ..member_entry(file, &now.name, name, kind) });
            }
        }
    }
    entries
}

/// The classes at the top level of a file as they run and as they will.
fn classes_in_both<'a>(old: &'a ModuleImage, file: &'a PlannedFile) -> impl Iterator<Item = (&'a ClassImage, &'a ClassImage)> {
    let is_top = |name: &Arc<str>| file.image.position(name).is_some();
    let known = old.classes.iter().filter(move |class| is_top(&class.name));
    known.filter_map(|before| Some((&**before, &**file.image.classes.iter().find(|class| class.name == before.name)?)))
}

fn member_entry(file: &PlannedFile, class: &Arc<str>, name: &Arc<str>, kind: &'static str) -> Entry {
    let line = file.image.definition(class).map_or(0, |d| file.image.source.line(d.name_span.lo));
    let (namespace, file) = (file.namespace.to_string(), file.path.to_string());
    let name = format!("{class}.{name}");
    Entry { name, kind, namespace, file, line, from: None, from_file: None, forwards_to: None, initial: None }
}
