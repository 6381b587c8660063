//! Step 2: what a commit would do. Pure: from the changes and the facts.

use super::diff::{Change, FileChange, diff};
use super::survey::Facts;
use crate::image::{DefinitionKind, ModuleImage};
use rustc_hash::FxHashSet;
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
    /// It was a leak, or belonged to `<repl>`: the file becomes its contributor.
    Adopt,
    /// Its kind changes: refused by `check`.
    OtherKind,
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
    /// Whether it was loaded before.
    pub is_new: bool,
}

/// What one commit would do. Has no effect; prints; see `check`.
#[derive(Clone, Debug, Default)]
pub struct ReloadPlan {
    /// The files.
    pub files: Vec<PlannedFile>,
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
}

/// Plans a commit. `others` are the loaded files that are not part of it: their values may have to be computed anew.
pub fn plan(inputs: Vec<FileInput>, others: &[FileInput], facts: &Facts) -> ReloadPlan {
    let changes: Vec<FileChange> = inputs.iter().map(|f| diff(f.old.as_deref(), &f.new)).collect();
    let mut dirty: FxHashSet<String> = FxHashSet::default();
    for (input, change) in inputs.iter().zip(&changes) {
        for definition in &change.definitions {
            if definition.change == Change::Changed {
                dirty.insert(format!("{}.{}", input.namespace, definition.name));
            }
        }
    }
    spread(&mut dirty, facts);
    let mut files: Vec<PlannedFile> =
        inputs.into_iter().zip(changes).map(|(input, change)| plan_file(input, change, &dirty, facts)).collect();
    for other in others {
        let image = &other.new;
        let touched: Vec<PlannedDefinition> = plan_definitions(other, &diff(Some(image), image), &dirty, facts)
            .into_iter()
            .filter(|d| d.action != Action::Follow)
            .collect();
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
            });
        }
    }
    ReloadPlan { files }
}

/// Adds everything that was computed from something dirty and will be evaluated anew.
fn spread(dirty: &mut FxHashSet<String>, facts: &Facts) {
    loop {
        let more: Vec<String> = facts
            .iter()
            .filter(|(name, fact)| {
                !dirty.contains(*name)
                    && fact.kind != crate::object::Kind::Once
                    && fact.computed_from.iter().any(|d| dirty.contains(d))
            })
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            return;
        }
        dirty.extend(more);
    }
}

fn plan_file(input: FileInput, change: FileChange, dirty: &FxHashSet<String>, facts: &Facts) -> PlannedFile {
    let definitions = plan_definitions(&input, &change, dirty, facts);
    let changed = !change.is_empty() || definitions.iter().any(|d| d.action != Action::Follow);
    PlannedFile {
        path: input.path,
        namespace: input.namespace,
        image: input.new,
        imports: input.imports,
        definitions,
        statements: change.statements,
        extensions: change.extensions,
        changed,
        is_new: input.old.is_none(),
    }
}

fn plan_definitions(input: &FileInput, change: &FileChange, dirty: &FxHashSet<String>, facts: &Facts) -> Vec<PlannedDefinition> {
    change
        .definitions
        .iter()
        .map(|definition| {
            let qualified = format!("{}.{}", input.namespace, definition.name);
            let fact = facts.get(&qualified);
            let kind = definition.index.map(|i| input.new.definitions[i].kind);
            let is_dirty = dirty.contains(&qualified);
            let untouched = fact.is_none_or(|f| f.untouched);
            let action = match (definition.change, kind) {
                (Change::Removed, _) | (_, None) => Action::Leak,
                (Change::OtherKind, _) => Action::OtherKind,
                (Change::Added, Some(kind)) => match fact {
                    None => Action::Add,
                    Some(fact) if !fits(fact.kind, kind) => Action::OtherKind,
                    Some(_) if kind == DefinitionKind::Once => Action::Keep,
                    Some(_) => Action::Adopt,
                },
                (change, Some(kind)) => {
                    let edited = change == Change::Changed;
                    match kind {
                        DefinitionKind::Function(_) | DefinitionKind::Class(_) | DefinitionKind::Enum(_) if edited => {
                            Action::Redefine
                        }
                        DefinitionKind::Constant if edited => Action::Evaluate,
                        DefinitionKind::Constant if is_dirty => Action::Recompute,
                        DefinitionKind::Variable if edited && untouched => Action::Evaluate,
                        DefinitionKind::Variable if is_dirty && untouched => Action::Recompute,
                        DefinitionKind::Variable if edited || is_dirty => Action::Conflict,
                        DefinitionKind::Once if edited => Action::Keep,
                        _ => Action::Follow,
                    }
                }
            };
            PlannedDefinition { name: definition.name.clone(), action, index: definition.index }
        })
        .collect()
}

/// Whether a cell of this kind can take a definition of that kind.
fn fits(cell: crate::object::Kind, kind: DefinitionKind) -> bool {
    use crate::object::Kind;
    match kind {
        DefinitionKind::Function(_) => cell == Kind::Function,
        DefinitionKind::Class(_) => cell == Kind::Class,
        DefinitionKind::Enum(_) => cell == Kind::Enum,
        DefinitionKind::Variable | DefinitionKind::Constant | DefinitionKind::Once => {
            matches!(cell, Kind::Variable | Kind::Constant | Kind::Once)
        }
    }
}
