//! Step 1: the new text of a file against the one that runs, definition by definition. Pure.

use super::options::Mode;
use super::report::Note;
use crate::image::{DefinitionImage, DefinitionKind, ImportFrom, ImportImage, ModuleImage, UnitImage, UnitKind};
use rustc_hash::FxHashMap;
use std::mem;
use std::sync::Arc;

/// What happened to a definition's text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// The file did not define it before.
    Added,
    /// Its text is different.
    Changed,
    /// Its text is the same; place and doc text may differ.
    Unchanged,
    /// The file defines something of another kind under this name.
    OtherKind,
    /// The file no longer defines it.
    Removed,
}

/// One definition.
#[derive(Clone, Debug)]
pub struct DefinitionChange {
    /// Its name.
    pub name: Arc<str>,
    /// What happened to it.
    pub change: Change,
    /// Its index in the new image; `None` when removed.
    pub index: Option<usize>,
    /// Whether nothing but bodies of functions without name differs in its initialiser.
    pub is_bodies: bool,
}

/// One file.
#[derive(Clone, Debug)]
pub struct FileChange {
    /// Its definitions: those of the new text in text order, then the removed ones.
    pub definitions: Vec<DefinitionChange>,
    /// Units of the new image that are statements the running text does not have.
    pub statements: Vec<u32>,
    /// Whether the running text has statements that the new one does not have.
    pub statements_removed: bool,
    /// Units of the new image that are `extend` blocks the running text does not have.
    pub extensions: Vec<u32>,
    /// Whether the running text has `extend` blocks that the new one does not have.
    pub extensions_removed: bool,
    /// Whether the imports differ.
    pub imports: bool,
    /// Edits of what is no definition, in words.
    pub notes: Vec<Note>,
    /// Whether bodies of functions without name differ in statements that stay.
    pub bodies: bool,
    /// Whether its parts stand in another order.
    pub is_reordered: bool,
}

impl FileChange {
    /// Whether the texts are equal but for comments, spacing and place.
    ///
    /// Statements that leave do not count: their effects stay, and nothing follows from it in update mode.
    pub fn is_empty(&self) -> bool {
        !self.imports
            && !self.bodies
            && self.statements.is_empty()
            && self.extensions.is_empty()
            && !self.extensions_removed
            && self.definitions.iter().all(|d| d.change == Change::Unchanged)
    }

    /// Whether a file that is overwritten is made anew: any difference of its text counts.
    pub fn is_made_anew(&self, mode: Mode) -> bool {
        mode == Mode::Overwrite && (!self.is_empty() || self.statements_removed || self.is_reordered)
    }
}

/// Whether two kinds may replace each other: `let`, `const` and `once` are one kind.
pub(super) fn same_kind(a: DefinitionKind, b: DefinitionKind) -> bool {
    use DefinitionKind::{Constant, Once, Variable};
    let is_value = |k| matches!(k, Variable | Constant | Once);
    is_value(a) && is_value(b) || mem::discriminant(&a) == mem::discriminant(&b)
}

/// Compares; `old` is the text that runs, if any.
pub fn diff(old: Option<&ModuleImage>, new: &ModuleImage) -> FileChange {
    let old_definitions: &[DefinitionImage] = old.map_or(&[], |i| &i.definitions);
    let mut definitions: Vec<DefinitionChange> = new
        .definitions
        .iter()
        .enumerate()
        .map(|(index, definition)| {
            let before = old.and_then(|old| old.definition(&definition.name));
            let change = match before {
                None => Change::Added,
                Some(before) if !same_kind(before.kind, definition.kind) => Change::OtherKind,
                Some(before) if before.fingerprint == definition.fingerprint => Change::Unchanged,
                Some(_) => Change::Changed,
            };
            let is_bodies = change == Change::Changed
                && before.is_some_and(|before| {
                    before.kind == definition.kind
                        && match (unit_of(old, before), unit_of(Some(new), definition)) {
                            (Some(a), Some(b)) => a.shape == b.shape && has_functions(new, b),
                            _ => false,
                        }
                });
            DefinitionChange { name: definition.name.clone(), change, index: Some(index), is_bodies }
        })
        .collect();
    definitions.extend(old_definitions.iter().filter(|old| new.position(&old.name).is_none()).map(|old| DefinitionChange {
        name: old.name.clone(),
        change: Change::Removed,
        index: None,
        is_bodies: false,
    }));
    let old_units: &[UnitImage] = old.map_or(&[], |i| &i.units);
    let mut statements = unmatched(old_units, &new.units, |k| matches!(k, UnitKind::Statement));
    let edited = statements.len();
    follow(old_units, new, &mut statements);
    FileChange {
        definitions,
        notes: old.map_or_else(Vec::new, |old| notes(old, new)),
        bodies: statements.len() < edited,
        statements,
        is_reordered: old.is_some_and(|old| parts(old) != parts(new)),
        statements_removed: !unmatched(&new.units, old_units, |k| matches!(k, UnitKind::Statement)).is_empty(),
        extensions: unmatched(old_units, &new.units, |k| matches!(k, UnitKind::Extend(_))),
        extensions_removed: !unmatched(&new.units, old_units, |k| matches!(k, UnitKind::Extend(_))).is_empty(),
        imports: old.is_none_or(|old| {
            let paths =
                |image: &ModuleImage| -> Vec<_> { image.imports.iter().map(|i| (i.from.clone(), i.items.clone())).collect() };
            paths(old) != paths(new)
        }),
    }
}

/// What a text consists of, in its order: definitions by name, statements and `extend` blocks by their hash.
fn parts(image: &ModuleImage) -> Vec<(Option<&str>, u64)> {
    let definitions = image.definitions.iter().map(|definition| (definition.name_span.lo, (Some(&*definition.name), 0)));
    let others = image.units.iter().filter(|unit| !unit.kind.is_named()).map(|unit| (unit.span.lo, (None, unit.fingerprint)));
    let mut parts: Vec<_> = definitions.chain(others).collect();
    parts.sort_by_key(|(at, _)| *at);
    parts.into_iter().map(|(_, part)| part).collect()
}

/// Imports that come and go.
fn notes(old: &ModuleImage, new: &ModuleImage) -> Vec<Note> {
    let file = new.source.name();
    let note = |text: String, line: u32| Note { text, file: file.to_owned(), line };
    let mut notes = Vec::new();
    let same = |a: &ImportImage, b: &ImportImage| a.from == b.from && a.items == b.items;
    for import in new.imports.iter().filter(|import| !old.imports.iter().any(|o| same(o, import))) {
        notes.push(note(format!("imports {}", imported(import)), new.source.line(import.span.lo)));
    }
    for import in old.imports.iter().filter(|import| !new.imports.iter().any(|n| same(n, import))) {
        notes.push(note(format!("no longer imports {}", imported(import)), 0));
    }
    notes
}

/// What an import names, as it is written.
fn imported(import: &ImportImage) -> String {
    let from = match &import.from {
        ImportFrom::Namespace(name) => name.clone(),
        ImportFrom::File(path) | ImportFrom::Native(path) => format!("{path:?}"),
    };
    if import.items.is_empty() { from } else { format!("{} from {from}", import.items.join(", ")) }
}

/// Units of a kind that occur more often in the new text than in the old: a moved statement is no change.
fn unmatched(old: &[UnitImage], new: &[UnitImage], of_kind: impl Fn(&UnitKind) -> bool) -> Vec<u32> {
    let mut left = Counts::of(old.iter().filter(|u| of_kind(&u.kind)).map(|u| u.fingerprint));
    let mut result = Vec::new();
    for (i, unit) in new.iter().enumerate().filter(|(_, u)| of_kind(&u.kind)) {
        if !left.take(unit.fingerprint) {
            result.push(i as u32);
        }
    }
    result
}

/// How often hashes occur.
struct Counts(FxHashMap<u64, usize>);

impl Counts {
    fn of(hashes: impl Iterator<Item = u64>) -> Self {
        let mut counts = FxHashMap::default();
        hashes.for_each(|hash| *counts.entry(hash).or_default() += 1);
        Counts(counts)
    }

    /// Takes one away, if there is one.
    fn take(&mut self, hash: u64) -> bool {
        let count = self.0.get_mut(&hash).filter(|count| **count > 0);
        count.map(|count| *count -= 1).is_some()
    }
}

/// The unit that gives a definition its value.
fn unit_of<'a>(image: Option<&'a ModuleImage>, definition: &DefinitionImage) -> Option<&'a UnitImage> {
    image?.units.get(definition.unit? as usize)
}

/// Whether a unit makes functions.
fn has_functions(image: &ModuleImage, unit: &UnitImage) -> bool {
    !image.protos[unit.proto.0 as usize].nested.is_empty()
}

/// Takes out of `statements` those that differ from one of the old text, which has gone otherwise, in bodies of functions without name
/// only: the functions follow, and the statement does not run again.
fn follow(old: &[UnitImage], new: &ModuleImage, statements: &mut Vec<u32>) {
    let is_statement = |unit: &&UnitImage| unit.kind == UnitKind::Statement;
    let mut kept = Counts::of(new.units.iter().filter(is_statement).map(|unit| unit.fingerprint));
    let gone = old.iter().filter(is_statement).filter(|unit| !kept.take(unit.fingerprint));
    let mut gone = Counts::of(gone.map(|unit| unit.shape));
    statements.retain(|i| {
        let unit = &new.units[*i as usize];
        !(has_functions(new, unit) && gone.take(unit.shape))
    });
}
