//! Step 2: what a commit would do. Pure: from the changes and the facts.

use super::contribution::{Holder, NewText, Verdict, verdict};
use super::diff::{Change, DefinitionChange, FileChange, diff};
use super::options::{Mode, Policy, ReloadOptions};
use super::report::Note;
use super::survey::{Fact, Facts};
use crate::image::{DefinitionImage, DefinitionKind, ModuleImage, UnitKind};
use crate::object::{Direction, Kind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// What the commit does with one definition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It comes into being.
    Add,
    /// A function or class gets its new text; identity stays.
    Redefine,
    /// A value is evaluated from its new text.
    Evaluate,
    /// A value is evaluated anew because something that it was computed from changed.
    Recompute,
    /// A variable would be evaluated anew but the program has changed it: it is kept, and reported.
    Conflict,
    /// A `once` whose text changed: kept.
    Keep,
    /// Nothing but place and doc text.
    Follow,
    /// The file no longer defines it: it becomes a leak.
    Leak,
    /// The file no longer defines it, another file of the commit does.
    GiveUp,
    /// It was a leak of the file and is defined again.
    Restore,
    /// It belonged to a session: the file becomes its contributor.
    Adopt,
    /// It belonged to another file, or had another name.
    Move,
    /// It had another name, which `was` tells.
    Rename,
    /// Another kind of thing takes its place.
    Replace,
    /// A new object takes its place; the old one goes on for those who hold it.
    Overwrite,
    /// Refused by `check`.
    Refuse(Verdict),
}

/// One definition of a plan.
#[derive(Clone, Debug)]
pub struct PlannedDefinition {
    /// Its name.
    pub name: Arc<str>,
    /// What happens.
    pub action: Action,
    /// Index in the new image, unless it leaves.
    pub index: Option<usize>,
    /// Whether its initialiser or its decorators run.
    pub evaluates: bool,
    /// Whether it has another text than what runs.
    pub is_edited: bool,
    /// Whether it gets what it was before the commit that is taken back, instead of being evaluated or made.
    pub is_put_back: bool,
    /// Whether it comes back, or from elsewhere, with another text, but the program has changed its value, which is kept.
    pub is_conflict: bool,
    /// Qualified name that it had before, if another.
    pub from: Option<Arc<str>>,
    /// The file that it comes from, if it moves.
    pub from_file: Option<Arc<str>>,
    /// What it is in the running program.
    pub old_kind: Option<Kind>,
    /// Of a class: shared slots and decorated members that were computed from something that changes.
    pub parts: Vec<Arc<str>>,
}

/// One file of a plan.
#[derive(Clone, Debug)]
pub struct PlannedFile {
    /// Its path.
    pub path: Arc<str>,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// The new text, compiled.
    pub image: Arc<ModuleImage>,
    /// Namespaces of its imports.
    pub imports: Vec<Arc<str>>,
    /// Its definitions.
    pub definitions: Vec<PlannedDefinition>,
    /// Statement units to run, in text order.
    pub statements: Vec<u32>,
    /// `extend` units to apply.
    pub extensions: Vec<u32>,
    /// Whether anything but place and doc text differs.
    pub changed: bool,
    /// Whether it is loaded for the first time.
    pub is_new: bool,
    /// Whether the file is gone.
    pub is_removed: bool,
    /// How the running program takes it in.
    pub mode: Mode,
    /// Edits of what is no definition, in words.
    pub notes: Vec<Note>,
}

/// What one commit would do. Has no effect; prints; see `check`.
#[derive(Clone, Debug, Default)]
pub struct ReloadPlan {
    /// The files.
    pub files: Vec<PlannedFile>,
    /// Whether subclasses in other files get overwritten classes as their base.
    pub rebase: bool,
    /// Whether variables elsewhere that hold an overwritten object get the new one.
    pub relink: bool,
    /// Which way it goes.
    pub direction: Direction,
    /// What changes or was computed from something that does, by qualified name: leaks among it are no longer up to date.
    pub outdated: Vec<String>,
}

/// A file for the plan: what runs of it, and its new text.
pub struct FileInput {
    /// Its path.
    pub path: Arc<str>,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// What runs of it.
    pub old: Option<Arc<ModuleImage>>,
    /// Its new text.
    pub new: Arc<ModuleImage>,
    /// Namespaces of its imports.
    pub imports: Vec<Arc<str>>,
    /// Whether the file is gone; `new` is empty then.
    pub is_removed: bool,
    /// How the running program takes it in.
    pub mode: Mode,
}

/// The new texts with what they change, before it is known what the program has done to its values.
pub struct Draft {
    /// The files.
    pub inputs: Vec<FileInput>,
    /// What happened to each.
    pub changes: Vec<FileChange>,
    /// Definitions that change, and everything computed from them.
    dirty: FxHashSet<String>,
    /// Definitions that a file of the commit no longer has.
    given: Holders,
    /// Definitions of the new texts; with the last file that has one.
    taken: Holders,
}

impl Draft {
    /// Definitions whose values have to be looked at: those that may be evaluated anew.
    pub fn concerned(&self) -> Vec<String> {
        let mut names: Vec<String> = self.dirty.iter().cloned().collect();
        for (input, change) in self.inputs.iter().zip(&self.changes) {
            let has_was = |d: &DefinitionChange| d.index.is_some_and(|i| input.new.definitions[i].was.is_some());
            let is_concerned = |d: &&DefinitionChange| d.change != Change::Unchanged || has_was(d);
            for definition in change.definitions.iter().filter(is_concerned) {
                names.push(format!("{}.{}", input.namespace, definition.name));
                let was = definition.index.and_then(|i| input.new.definitions[i].was.as_ref());
                names.extend(was.map(|was| name_before(&input.namespace, was)));
            }
        }
        names
    }

    /// Namespaces in which something changes or is computed anew.
    pub fn namespaces(&self) -> FxHashSet<&str> {
        namespaces(&self.dirty)
    }

    /// Whether another file of the commit defines a name that `path` no longer has.
    pub fn is_taken(&self, namespace: &str, name: &str, path: &str) -> bool {
        self.inputs.iter().any(|other| *other.namespace == *namespace && *other.path != *path && other.new.position(name).is_some())
    }
}

/// Compares the texts; facts tell what was computed from what.
pub fn draft(inputs: Vec<FileInput>, facts: &Facts) -> Draft {
    let changes: Vec<FileChange> = inputs.iter().map(|f| diff(f.old.as_deref(), &f.new)).collect();
    let mut dirty: FxHashSet<String> = FxHashSet::default();
    // Functions whose cells get another object, which matters to those that only passed the old one on.
    let mut remade: FxHashSet<String> = FxHashSet::default();
    let given = holders(&inputs, &changes, |d| d.change == Change::Removed);
    let taken = holders(&inputs, &changes, |d| d.index.is_some());
    for (input, change) in inputs.iter().zip(&changes) {
        let all_new = change.is_made_anew(input.mode);
        for definition in &change.definitions {
            let qualified = format!("{}.{}", input.namespace, definition.name);
            // What got another name together with another text has changed for those that know it by the old one.
            if let Some(before) = says_was(input, definition, facts).map(|was| name_before(&input.namespace, was))
                && let Some(fact) = facts.get(&before).filter(|fact| fact.leak_of.is_some() || given.contains_key(&before))
                && definition.index.is_some_and(|i| fact.fingerprint != input.new.definitions[i].fingerprint)
            {
                dirty.insert(before);
            }
            // What comes back, or from another file, has changed for those that were computed from what it was.
            let comes_back_changed = || {
                let image = definition.index.map(|i| &input.new.definitions[i]);
                let was = facts.get(&qualified).filter(|fact| fact.leak_of.is_some() || definition.change == Change::Added);
                let was = was.filter(|fact| fact.kind != Kind::Absent);
                image.zip(was).is_some_and(|(image, was)| was.is_outdated || was.fingerprint != image.fingerprint)
            };
            if definition
                .index
                .is_some_and(|i| all_new || is_no_function_any_more(facts.get(&qualified), &input.new.definitions[i].kind))
            {
                remade.insert(qualified.clone());
            }
            if definition.change == Change::Changed || all_new && definition.index.is_some() || comes_back_changed() {
                dirty.insert(qualified);
            }
        }
    }
    spread(&mut dirty, &remade, facts);
    Draft { inputs, changes, dirty, given, taken }
}

/// Plans a commit. `others` are the loaded files that are not part of it: their values may have to be computed anew.
pub fn plan(draft: Draft, others: &[FileInput], facts: &Facts, options: &ReloadOptions) -> ReloadPlan {
    let origins = origins(&draft, facts);
    let Draft { inputs, changes, dirty, given, taken } = draft;
    let origin_names = origins.values().map(|origin| origin.name.clone()).collect();
    let planner = Planner { dirty, facts, options, origins, origin_names, given, taken };
    let mut files: Vec<PlannedFile> = inputs.into_iter().zip(changes).map(|(input, change)| planner.file(input, change)).collect();
    let concerned = namespaces(&planner.dirty);
    for other in others.iter().filter(|other| concerned.contains(&*other.namespace)) {
        let image = &other.new;
        let touched: Vec<PlannedDefinition> =
            planner.definitions(other, &diff(Some(image), image)).into_iter().filter(|d| d.action != Action::Follow).collect();
        if !touched.is_empty() {
            files.push(PlannedFile {
                path: other.path.clone(),
                namespace: other.namespace.clone(),
                image: image.clone(),
                imports: other.imports.clone(),
                definitions: touched,
                statements: Vec::new(),
                extensions: Vec::new(),
                changed: false,
                is_new: false,
                is_removed: false,
                mode: Mode::Update,
                notes: Vec::new(),
            });
        }
    }
    let outdated = planner.dirty.iter().cloned().collect();
    ReloadPlan { files, rebase: options.rebase, relink: options.relink, direction: Direction::Edit, outdated }
}

/// The namespaces of qualified names.
fn namespaces(names: &FxHashSet<String>) -> FxHashSet<&str> {
    names.iter().filter_map(|name| Some(name.rsplit_once('.')?.0)).collect()
}

fn is_no_function_any_more(fact: Option<&Fact>, now: &DefinitionKind) -> bool {
    fact.is_some_and(|fact| fact.kind == Kind::Function) && !matches!(now, DefinitionKind::Function(_))
}

/// Adds everything that was computed from something dirty, or has an object that is remade, and will be evaluated anew.
fn spread(dirty: &mut FxHashSet<String>, remade: &FxHashSet<String>, facts: &Facts) {
    loop {
        let more: Vec<String> = facts
            .iter()
            .filter(|(name, fact)| {
                let is_made_of_it = fact.computed_from.iter().any(|d| dirty.contains(d))
                    || fact.passes_on.iter().any(|d| remade.contains(d))
                    || fact.parts.iter().any(|(_, used)| used.iter().any(|d| dirty.contains(d)));
                !dirty.contains(*name) && fact.kind != Kind::Once && is_made_of_it
            })
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            return;
        }
        dirty.extend(more);
    }
}

/// Files by the qualified names of some of their definitions.
type Holders = FxHashMap<String, Arc<str>>;

fn holders(inputs: &[FileInput], changes: &[FileChange], is_meant: fn(&DefinitionChange) -> bool) -> Holders {
    let mut holders = Holders::default();
    for (input, change) in inputs.iter().zip(changes) {
        for definition in change.definitions.iter().filter(|d| is_meant(d)) {
            holders.insert(format!("{}.{}", input.namespace, definition.name), input.path.clone());
        }
    }
    holders
}

/// Where new definitions come from, by their qualified names.
type Origins = FxHashMap<String, Origin>;

#[derive(Clone)]
struct Origin {
    /// Qualified name.
    name: Arc<str>,
    /// Whether it is another name in the same namespace, or `was` says so.
    is_renamed: bool,
    /// Whether the name comes back and means what it has become meanwhile.
    is_back: bool,
}

/// The name that a definition had, if the text says so and it has not come of it already.
fn says_was<'a>(input: &'a FileInput, definition: &DefinitionChange, facts: &Facts) -> Option<&'a Arc<str>> {
    let was = input.new.definitions[definition.index?].was.as_ref()?;
    let fact = facts.get(&format!("{}.{}", input.namespace, definition.name));
    fact.is_none_or(|fact| fact.leak_of.is_some() || fact.was.as_ref() != Some(was)).then_some(was)
}

/// The qualified name that `was` means: one without a dot is of the file's namespace.
pub(super) fn name_before(namespace: &str, was: &str) -> String {
    if was.contains('.') { was.to_owned() } else { format!("{namespace}.{was}") }
}

/// Definitions that get the names of each other, in a circle or in a row: each is defined anew, its text says that it was another one, and yet
/// another one takes over what it is.
fn exchanged(Draft { inputs, changes, given, .. }: &Draft, facts: &Facts) -> FxHashSet<String> {
    let mut found: FxHashMap<String, String> = FxHashMap::default();
    let mut wanted: FxHashSet<String> = FxHashSet::default();
    for (input, change) in inputs.iter().zip(changes) {
        for definition in &change.definitions {
            let (Some(was), Some(index)) = (says_was(input, definition, facts), definition.index) else { continue };
            let (name, before) = (format!("{}.{}", input.namespace, definition.name), name_before(&input.namespace, was));
            let is_its_own = facts.get(&name).is_some_and(|fact| fact.contributor.as_deref() == Some(&*input.path));
            if facts.get(&before).is_some_and(|fact| fits(fact.kind, input.new.definitions[index].kind)) {
                wanted.insert(before.clone());
                if is_its_own {
                    found.insert(name, before);
                }
            }
        }
    }
    loop {
        let lost: Vec<String> = found
            .iter()
            .filter(|(_, before)| !found.contains_key(*before) && !given.contains_key(*before))
            .map(|(name, _)| name.clone())
            .collect();
        if lost.is_empty() {
            break;
        }
        lost.iter().for_each(|name| drop(found.remove(name)));
    }
    // One whose old name is just given up has been defined in between, and joins it.
    found.into_keys().filter(|name| wanted.contains(name)).collect()
}

/// Finds renamed definitions (`was`), those that moved to another namespace with the same text, and names that come back.
fn origins(draft: &Draft, facts: &Facts) -> Origins {
    let Draft { inputs, changes, given, taken, .. } = draft;
    let mut origins = Origins::default();
    // Of two that say that they were the same one, the first is.
    let mut claimed: FxHashSet<String> = FxHashSet::default();
    let exchanged = exchanged(draft, facts);
    let removed: Vec<(&FileInput, &DefinitionImage)> = inputs
        .iter()
        .zip(changes)
        .flat_map(|(input, change)| {
            let gone = change.definitions.iter().filter(|d| d.change == Change::Removed);
            gone.filter_map(move |d| {
                let old = input.old.as_ref()?.definition(&d.name)?;
                Some((input, old))
            })
        })
        .collect();
    for (input, change) in inputs.iter().zip(changes) {
        for definition in &change.definitions {
            let Some(image) = definition.index.map(|i| &input.new.definitions[i]) else { continue };
            let qualified = format!("{}.{}", input.namespace, definition.name);
            let fact = facts.get(&qualified);
            let was = says_was(input, definition, facts);
            let before = was.map(|was| name_before(&input.namespace, was));
            let leaves = before.as_ref().is_some_and(|before| given.contains_key(before) || exchanged.contains(before));
            // It has come before `was` says where from: then it is the file's, or was. A leak that comes back as it was says nothing new.
            let is_there = fact.is_some_and(|fact| {
                let file = fact.leak_of.as_deref().or(fact.contributor.as_deref());
                let is_said = fact.leak_of.is_some() && !leaves && fact.was.as_ref() == was;
                was.is_none() || is_said || file != Some(&*input.path) || !fits(fact.kind, image.kind)
            });
            // A name that comes back when what it has become leaves.
            let now = fact.filter(|fact| fact.leak_of.is_some() && fits(fact.kind, image.kind)).and_then(|fact| fact.now.as_ref());
            if let Some(now) = now.filter(|now| now.is_leak || given.contains_key(&now.name))
                && !taken.contains_key(&now.name)
                && !leaves
            {
                let is_renamed = now.name.rsplit_once('.').is_some_and(|(namespace, _)| *namespace == *input.namespace);
                if claimed.insert(now.name.clone()) {
                    origins.insert(qualified, Origin { name: now.name.as_str().into(), is_renamed, is_back: true });
                }
                continue;
            }
            if is_there {
                continue;
            }
            if let Some(before) = before {
                let fact = facts.get(&before);
                // What it has become meanwhile is meant, unless that stays what it is.
                let now = fact.and_then(|fact| fact.now.as_ref());
                let is_free = now.is_none_or(|now| now.is_leak || given.contains_key(&now.name) && !taken.contains_key(&now.name));
                let is_leak = fact.is_some_and(|fact| fact.leak_of.is_some()) && is_free;
                let is_same_kind = fact.is_some_and(|fact| fits(fact.kind, image.kind));
                let name = now.map_or(before, |now| now.name.clone());
                if (leaves || is_leak) && is_same_kind && name != qualified && claimed.insert(name.clone()) {
                    origins.insert(qualified, Origin { name: name.into(), is_renamed: true, is_back: false });
                }
                continue;
            }
            if definition.change != Change::Added {
                continue;
            }
            let mut same = removed.iter().filter(|(other, old)| {
                other.namespace != input.namespace
                    && old.name == image.name
                    && old.fingerprint == image.fingerprint
                    && std::mem::discriminant(&old.kind) == std::mem::discriminant(&image.kind)
            });
            if let (Some((other, old)), None) = (same.next(), same.next()) {
                let name = format!("{}.{}", other.namespace, old.name);
                if claimed.insert(name.clone()) {
                    origins.insert(qualified, Origin { name: name.into(), is_renamed: false, is_back: false });
                }
            }
        }
    }
    origins
}

struct Planner<'a> {
    /// Definitions that change, and everything computed from them.
    dirty: FxHashSet<String>,
    facts: &'a Facts,
    options: &'a ReloadOptions,
    origins: Origins,
    /// What they come from.
    origin_names: FxHashSet<Arc<str>>,
    given: Holders,
    taken: Holders,
}

impl Planner<'_> {
    fn file(&self, input: FileInput, change: FileChange) -> PlannedFile {
        let is_overwritten = change.is_made_anew(input.mode) && !input.is_removed && input.old.is_some();
        let mut definitions = self.definitions(&input, &change);
        let (mut statements, mut extensions) = (change.statements.clone(), change.extensions.clone());
        if is_overwritten {
            for definition in &mut definitions {
                overwrite(definition, &input.new);
            }
            let units = |of_kind: fn(&UnitKind) -> bool| -> Vec<u32> {
                (0..).zip(&input.new.units).filter(|(_, unit)| of_kind(&unit.kind)).map(|(i, _)| i).collect()
            };
            statements = units(|kind| matches!(kind, UnitKind::Statement));
            extensions = units(|kind| matches!(kind, UnitKind::Extend(_)));
        }
        let changed = !change.is_empty() || definitions.iter().any(|d| d.action != Action::Follow) || input.is_removed;
        PlannedFile {
            path: input.path,
            namespace: input.namespace,
            image: input.new,
            imports: input.imports,
            definitions,
            statements,
            extensions,
            changed,
            is_new: input.old.is_none(),
            is_removed: input.is_removed,
            mode: if is_overwritten { Mode::Overwrite } else { Mode::Update },
            notes: change.notes,
        }
    }

    fn definitions(&self, input: &FileInput, change: &FileChange) -> Vec<PlannedDefinition> {
        change.definitions.iter().map(|definition| self.definition(input, definition)).collect()
    }

    fn definition(&self, input: &FileInput, definition: &DefinitionChange) -> PlannedDefinition {
        let qualified = format!("{}.{}", input.namespace, definition.name);
        let fact = self.facts.get(&qualified);
        let image = definition.index.map(|i| &input.new.definitions[i]);
        let holder = self.holder(input, &qualified, fact);
        let text = match (image, fact) {
            (None, _) => NewText::Nothing,
            (Some(image), Some(fact)) if fact.kind != Kind::Absent && !fits(fact.kind, image.kind) => NewText::OtherKind,
            _ => NewText::SameKind,
        };
        let holder = match holder {
            Holder::OwnLeak if text == NewText::SameKind && self.lives_elsewhere(fact) => Holder::Nobody,
            Holder::OtherLeak
                if text == NewText::SameKind && self.lives_elsewhere(fact) && self.options.policy == Policy::Adopt =>
            {
                Holder::Nobody
            }
            holder => holder,
        };
        let verdict = verdict(holder, text, self.options.policy, self.options.replace.allows(&qualified));
        let mut planned = PlannedDefinition {
            name: definition.name.clone(),
            action: Action::Follow,
            index: definition.index,
            evaluates: false,
            is_edited: definition.change != Change::Unchanged,
            is_put_back: false,
            is_conflict: false,
            from: None,
            from_file: None,
            old_kind: fact.map(|fact| fact.kind),
            parts: fact.map_or_else(Vec::new, |fact| self.parts(fact)),
        };
        let Some(image) = image else {
            planned.action = match verdict {
                Verdict::Leak if self.is_taken(input, &qualified) => Action::GiveUp,
                Verdict::Leak => Action::Leak,
                _ => Action::Follow,
            };
            return planned;
        };
        match verdict {
            // Of two values that the program has made, the one that is in use stays.
            Verdict::Change | Verdict::Restore
                if is_touched_variable(fact) && fact.is_some_and(|fact| fact.now.is_none()) && self.joins(&qualified) =>
            {
                planned.action = Action::Conflict;
            }
            Verdict::Add | Verdict::Change | Verdict::Restore | Verdict::Move
                if let Some(origin) = self.origins.get(&qualified) =>
            {
                let namespace = origin.name.rsplit_once('.').map_or("", |(namespace, _)| namespace);
                let is_here = *namespace == *input.namespace;
                planned.action = if is_here { Action::Rename } else { Action::Move };
                planned.is_edited = true;
                planned.from = Some(origin.name.clone());
                let old = self.facts.get(&*origin.name);
                let is_outdated = old.is_some_and(|old| old.is_outdated) || self.dirty.contains(&*origin.name);
                let is_edited = origin.is_renamed || old.is_none_or(|old| old.fingerprint != image.fingerprint);
                planned.evaluates = (is_edited || is_outdated) && evaluates_again(image.kind, old, true);
                let is_other = old.is_some_and(|old| old.initialiser != input.new.initialiser_of(image));
                planned.is_conflict = is_other && is_initialised(image) && is_touched_variable(old);
                let leak_of = old.and_then(|old| old.leak_of.as_deref());
                if self.options.policy == Policy::Strict && leak_of.is_some_and(|file| *file != *input.path) {
                    planned.action = Action::Refuse(Verdict::RefuseAdoption);
                }
            }
            Verdict::Add => {
                planned.action = Action::Add;
                planned.evaluates = true;
            }
            Verdict::Change => self.change(&mut planned, image, &qualified, fact, definition.is_bodies),
            Verdict::Restore | Verdict::Move | Verdict::Adopt => {
                planned.is_edited = fact.is_none_or(|fact| fact.fingerprint != image.fingerprint);
                planned.is_conflict = planned.is_edited && is_initialised(image) && is_touched_variable(fact);
                planned.action = match verdict {
                    Verdict::Restore => Action::Restore,
                    Verdict::Move => Action::Move,
                    _ => Action::Adopt,
                };
                let is_outdated = fact.is_some_and(|fact| fact.is_outdated) || self.dirty.contains(&qualified);
                planned.evaluates = evaluates_again(image.kind, fact, planned.is_edited || is_outdated);
                if verdict == Verdict::Move {
                    planned.from_file = fact.and_then(|fact| fact.leak_of.clone().or_else(|| fact.contributor.clone()));
                }
            }
            Verdict::Replace => {
                planned.action = Action::Replace;
                planned.evaluates = true;
            }
            Verdict::Nothing | Verdict::Leak => {}
            refusal => planned.action = Action::Refuse(refusal),
        }
        planned
    }

    /// Parts of a class that were computed from something that changes.
    fn parts(&self, fact: &Fact) -> Vec<Arc<str>> {
        let is_meant = |(_, used): &&(Arc<str>, Vec<String>)| used.iter().any(|d| self.dirty.contains(d));
        fact.parts.iter().filter(is_meant).map(|(name, _)| name.clone()).collect()
    }

    fn holder(&self, input: &FileInput, qualified: &str, fact: Option<&Fact>) -> Holder {
        let Some(fact) = fact.filter(|fact| fact.kind != Kind::Absent) else { return Holder::Nobody };
        if let Some(file) = &fact.leak_of {
            return if **file == *input.path { Holder::OwnLeak } else { Holder::OtherLeak };
        }
        match &fact.contributor {
            _ if fact.is_locked => Holder::Host,
            None => Holder::Host,
            Some(file) if **file == *input.path => Holder::This,
            Some(file) if file.starts_with('<') => Holder::Session,
            Some(file) if self.given.get(qualified).is_some_and(|giver| giver == file) => Holder::OtherGivesUp,
            Some(_) => Holder::Other,
        }
    }

    /// Whether what a leak held is another definition now, and stays that: then a definition of its name is a new one.
    fn lives_elsewhere(&self, leak: Option<&Fact>) -> bool {
        let now = leak.and_then(|leak| leak.now.as_ref());
        now.is_some_and(|now| !now.is_leak && !self.given.contains_key(&now.name) || self.taken.contains_key(&now.name))
    }

    /// Whether a definition comes from elsewhere, and what it was itself is nowhere else then.
    fn joins(&self, qualified: &str) -> bool {
        self.origins.get(qualified).is_some_and(|origin| !origin.is_back) && !self.origin_names.contains(qualified)
    }

    /// Whether another file of the commit defines what `input` no longer has.
    fn is_taken(&self, input: &FileInput, qualified: &str) -> bool {
        self.taken.get(qualified).is_some_and(|taker| **taker != *input.path)
    }

    /// What an edit, or something that it was computed from, does to a definition of the file.
    fn change(
        &self,
        planned: &mut PlannedDefinition,
        image: &DefinitionImage,
        qualified: &str,
        fact: Option<&Fact>,
        is_bodies: bool,
    ) {
        let is_edited = planned.is_edited;
        let is_dirty = self.dirty.contains(qualified);
        let is_own = || fact.is_some_and(|fact| fact.computed_from.iter().any(|d| self.dirty.contains(d)));
        let is_decorated_anew = image.unit.is_some() && is_dirty && (planned.parts.is_empty() || is_own());
        // The file has the text now that a session has evaluated.
        if is_edited && fact.is_some_and(|fact| fact.evaluated == Some(image.fingerprint)) {
            planned.action = Action::Adopt;
            planned.is_edited = false;
            return;
        }
        let untouched = fact.is_none_or(|f| f.untouched);
        // A value that holds functions keeps them, and they follow; one that was computed with them is computed anew.
        if is_bodies && fact.is_some_and(|fact| !fact.is_plain) {
            planned.action = Action::Redefine;
            return;
        }
        planned.action = match image.kind {
            DefinitionKind::Function(_) | DefinitionKind::Class(_) | DefinitionKind::Enum(_) if is_edited => Action::Redefine,
            // Its decorators, or what they use, have changed.
            DefinitionKind::Function(_) | DefinitionKind::Class(_) if is_decorated_anew => Action::Recompute,
            DefinitionKind::Class(_) | DefinitionKind::Enum(_) if !planned.parts.is_empty() => Action::Recompute,
            DefinitionKind::Constant if is_edited && is_touched_variable(fact) => Action::Conflict,
            DefinitionKind::Constant if is_edited => Action::Evaluate,
            DefinitionKind::Constant if is_dirty => Action::Recompute,
            DefinitionKind::Variable if is_edited && untouched => Action::Evaluate,
            DefinitionKind::Variable if is_dirty && untouched => Action::Recompute,
            DefinitionKind::Variable if is_edited || is_dirty => Action::Conflict,
            DefinitionKind::Once if is_edited => Action::Keep,
            _ => Action::Follow,
        };
        let is_parts_only = planned.action == Action::Recompute && !planned.parts.is_empty() && !is_decorated_anew;
        planned.evaluates = matches!(planned.action, Action::Redefine | Action::Evaluate | Action::Recompute) && !is_parts_only;
    }
}

/// Whether it is a variable or constant, whose initialiser runs again when it is edited.
fn is_initialised(image: &DefinitionImage) -> bool {
    matches!(image.kind, DefinitionKind::Variable | DefinitionKind::Constant)
}

/// Whether the cell holds a variable or a `once` that the program has changed, or may have.
fn is_touched_variable(fact: Option<&Fact>) -> bool {
    fact.is_some_and(|fact| matches!(fact.kind, Kind::Variable | Kind::Once) && !fact.untouched)
}

/// Whether a definition that comes back, or comes from elsewhere, is evaluated anew; functions and classes: whether decorators run.
fn evaluates_again(kind: DefinitionKind, old: Option<&Fact>, is_edited: bool) -> bool {
    match kind {
        DefinitionKind::Once => false,
        DefinitionKind::Variable => is_edited && old.is_none_or(|fact| fact.untouched),
        DefinitionKind::Constant => is_edited && !is_touched_variable(old),
        _ => is_edited,
    }
}

/// Makes a definition of an overwritten file a new one.
fn overwrite(definition: &mut PlannedDefinition, image: &ModuleImage) {
    let Some(index) = definition.index else { return };
    let is_ours = matches!(
        definition.action,
        Action::Redefine | Action::Evaluate | Action::Recompute | Action::Conflict | Action::Follow | Action::Restore
    );
    if is_ours && image.definitions[index].kind != DefinitionKind::Once {
        definition.action = Action::Overwrite;
        definition.evaluates = true;
        definition.is_conflict = false;
    }
}

/// Whether a cell of this kind can take a definition of that kind.
pub(super) fn fits(cell: Kind, kind: DefinitionKind) -> bool {
    match kind {
        DefinitionKind::Function(_) => cell == Kind::Function,
        DefinitionKind::Class(_) => cell == Kind::Class,
        DefinitionKind::Enum(_) => cell == Kind::Enum,
        DefinitionKind::Variable | DefinitionKind::Constant | DefinitionKind::Once => {
            matches!(cell, Kind::Variable | Kind::Constant | Kind::Once)
        }
    }
}
