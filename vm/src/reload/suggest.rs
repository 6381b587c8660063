//! Guesses that are only ever said, never acted upon: a definition or slot that leaves and one that comes may be one with a new name.

use super::codes;
use super::diff::{Change, FileChange, same_kind};
use super::plan::{Action, Draft, FileInput, ReloadPlan, fits, name_before};
use super::report::a_kind;
use super::survey::{Fact, Facts};
use crate::image::{ClassImage, DefinitionImage, DefinitionKind, ModuleImage};
use crate::object::{Cx, Definition, Kind, Linked};
use gc_arena::Gc;
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

/// How much of two texts has to be the same, in parts of a hundred.
const LIKENESS_MIN: usize = 75;

/// Fewer words than this say nothing, unless all are the same.
const WORDS_MIN: usize = 8;

/// Pairs of definitions that left and came that are compared at most.
const PAIRS_MAX: usize = 2_500;

/// What may have been renamed.
pub(super) fn renamings(draft: &Draft, facts: &Facts) -> Vec<(Source, Diagnostic)> {
    let mut found = Vec::new();
    for (input, change) in draft.inputs.iter().zip(&draft.changes) {
        let is_known = |name: &str| {
            let is_leak = facts.get(&format!("{}.{name}", input.namespace)).is_some_and(|fact| fact.leak_of.is_some());
            is_leak || draft.is_taken(&input.namespace, name, &input.path)
        };
        found.extend(suggestions(input, change, is_known).into_iter().map(|d| (input.new.source.clone(), d)));
    }
    found.extend(moves_with_edits(draft, facts));
    found
}

/// What leaves one namespace, while another one gets a definition of this name with another text.
fn moves_with_edits(draft: &Draft, facts: &Facts) -> Vec<(Source, Diagnostic)> {
    let mut gone: HashMap<&str, Vec<(&FileInput, &DefinitionImage)>> = HashMap::new();
    for (input, change) in draft.inputs.iter().zip(&draft.changes) {
        for definition in change.definitions.iter().filter(|d| d.change == Change::Removed) {
            let image = input.old.as_ref().and_then(|old| old.definition(&definition.name));
            if let Some(image) = image.filter(|image| !draft.is_taken(&input.namespace, &image.name, &input.path)) {
                gone.entry(&image.name).or_default().push((input, image));
            }
        }
    }
    let mut found = Vec::new();
    for (input, change) in draft.inputs.iter().zip(&draft.changes) {
        for definition in change.definitions.iter().filter(|d| d.change == Change::Added) {
            let Some(image) = definition.index.map(|i| &input.new.definitions[i]).filter(|image| image.was.is_none()) else {
                continue;
            };
            // It comes back to its old name.
            if facts.get(&format!("{}.{}", input.namespace, image.name)).is_some_and(|fact| fact.now.is_some()) {
                continue;
            }
            let is_like = |(other, before): &&(&FileInput, &DefinitionImage)| {
                other.namespace != input.namespace && before.fingerprint != image.fingerprint && same_kind(before.kind, image.kind)
            };
            let mut like = gone.get(&*image.name).into_iter().flatten().filter(is_like);
            if let (Some((other, before)), None) = (like.next(), like.next()) {
                let before = format!("{}.{}", other.namespace, before.name);
                let word = super::report::kind_text(image.kind);
                let message = format!("{word} `{}.{}` has the name of `{before}`, which leaves", input.namespace, image.name);
                let help = format!("if it has moved and was edited, write `{} was {before}` once", written(image, &input.new));
                found.push((input.new.source.clone(), Diagnostic::new(&codes::RENAMED, image.name_span, message).help(help)));
            }
        }
    }
    found
}

/// What the edit of a file looks like. `is_known` tells names that come from somewhere: leaks that come back, and what moves.
fn suggestions(input: &FileInput, change: &FileChange, is_known: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
    let Some(old) = &input.old else { return Vec::new() };
    let new = &input.new;
    let of = |wanted: Change| change.definitions.iter().filter(move |d| d.change == wanted);
    let gone: Vec<&DefinitionImage> =
        of(Change::Removed).filter_map(|d| old.definition(&d.name)).filter(|d| !is_known(&d.name)).collect();
    let come: Vec<&DefinitionImage> = of(Change::Added)
        .filter_map(|d| d.index.map(|i| &new.definitions[i]))
        .filter(|d| d.was.is_none() && !is_known(&d.name))
        .collect();
    let mut found = Vec::new();
    // Where whole files are exchanged there is nothing to guess, and every pair would have to be compared.
    let pairs = if gone.len() * come.len() > PAIRS_MAX { 0 } else { come.len() };
    for added in &come[..pairs] {
        let mut near = gone.iter().filter(|removed| are_alike(old, removed, new, added));
        // One that is like several is none of them.
        let (Some(removed), None) = (near.next(), near.next()) else { continue };
        if come.iter().filter(|other| are_alike(old, removed, new, other)).count() == 1 {
            let word = super::report::kind_text(added.kind);
            let message = format!("{word} `{}` is like `{}`, which has left", added.name, removed.name);
            let help = format!("if it is the same with a new name, write `{} was {}` once", written(added, new), removed.name);
            found.push(Diagnostic::new(&codes::RENAMED, added.name_span, message).help(help));
        }
    }
    for definition in of(Change::Changed) {
        let Some(image) = definition.index.map(|i| &new.definitions[i]) else { continue };
        if let Some((before, now)) = classes_of(old, new, &definition.name) {
            found.extend(slots(before, now, image));
        }
    }
    found
}

impl<'gc> Cx<'_, 'gc> {
    /// What may have moved to another namespace in two saves: one of them took it out, the other one wrote it there. Small functions that
    /// two namespaces have are no sign of it.
    pub(super) fn moves_in_two_saves(&mut self, draft: &Draft, facts: &Facts) -> Vec<(Source, Diagnostic)> {
        let mut found = Vec::new();
        let mut leaks: HashMap<&str, Vec<(&str, &str, &Fact)>> = HashMap::new();
        for (qualified, fact) in facts.iter().filter(|(_, fact)| fact.leak_of.is_some() && fact.now.is_none()) {
            let (namespace, name) = qualified.rsplit_once('.').unwrap_or_default();
            leaks.entry(name).or_default().push((namespace, qualified, fact));
        }
        for (input, change) in draft.inputs.iter().zip(&draft.changes) {
            for definition in &change.definitions {
                match (definition.change, definition.index) {
                    (Change::Added, Some(index)) => {
                        let image = &input.new.definitions[index];
                        let is_same = |(namespace, _, fact): &&(&str, &str, &Fact)| {
                            *namespace != &*input.namespace && fact.fingerprint == image.fingerprint && fits(fact.kind, image.kind)
                        };
                        let mut same = leaks.get(&*image.name).into_iter().flatten().filter(is_same);
                        if let (Some((_, before, _)), None, None) = (same.next(), same.next(), &image.was) {
                            found.push((input.new.source.clone(), moved(&input.namespace, &input.new, image, before)));
                        }
                    }
                    (Change::Removed, _) => {
                        let Some(old) = input.old.as_ref().and_then(|old| Some((old, old.definition(&definition.name)?))) else {
                            continue;
                        };
                        let is_edited = |namespace: &str| draft.inputs.iter().any(|other| *other.namespace == *namespace);
                        if words(old.0.source.slice(old.1.span), "").len() >= WORDS_MIN
                            && let Some((linked, image)) = self.twin_of(&input.namespace, old.1)
                            && !is_edited(&linked.module.namespace.name)
                        {
                            let before = format!("{}.{}", input.namespace, definition.name);
                            let note = moved(&linked.module.namespace.name, &linked.image, image, &before);
                            found.push((linked.image.source.clone(), note));
                        }
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The only definition of another namespace with this name and text.
    fn twin_of(&mut self, namespace: &str, image: &DefinitionImage) -> Option<(Gc<'gc, Linked<'gc>>, &'gc DefinitionImage)> {
        let name = self.world.intern(self.mc, &image.name);
        let cells = self.world.namespaces.values().filter(|other| *other.name != *namespace).filter_map(|other| other.cell(name));
        let is_same = |cell: &Gc<'gc, Definition<'gc>>| {
            let meta = cell.meta();
            meta.leak.is_none() && meta.fingerprint == image.fingerprint && fits(cell.kind(), image.kind)
        };
        let mut same = cells.filter(is_same);
        let (Some(cell), None) = (same.next(), same.next()) else { return None };
        let linked = cell.meta().contributor?.state().linked?;
        let own = Gc::as_ref(linked).image.definition(&image.name)?;
        Some((linked, own))
    }
}

/// What says `was` for the first time, and to no effect. `running` has the texts that run, by path.
pub(super) fn idle_renames(
    plan: &ReloadPlan,
    running: &[(Arc<str>, Arc<ModuleImage>)],
    facts: &Facts,
) -> Vec<(Source, Diagnostic)> {
    let mut found = Vec::new();
    for file in &plan.files {
        let Some((_, old)) = running.iter().find(|(path, _)| *path == file.path) else { continue };
        for definition in file.definitions.iter().filter(|d| d.from.is_none() && d.action != Action::Conflict) {
            let Some(image) = definition.index.map(|i| &file.image.definitions[i]) else { continue };
            let Some(was) = &image.was else { continue };
            let qualified = format!("{}.{}", file.namespace, image.name);
            let is_said = old.definition(&image.name).is_some_and(|d| d.was.as_ref() == Some(was))
                || facts.get(&qualified).is_some_and(|fact| fact.was.as_ref() == Some(was));
            if is_said {
                continue;
            }
            let before = name_before(&file.namespace, was);
            let fact = facts.get(&before).filter(|fact| fact.kind != Kind::Absent);
            let (message, help) = match fact {
                Some(fact) if !fits(fact.kind, image.kind) => (
                    format!(
                        "`was {was}` does nothing: `{before}` is {}, not {}",
                        a_kind(fact.kind.text()),
                        a_kind(super::report::kind_text(image.kind))
                    ),
                    "a definition takes over another one of its kind",
                ),
                _ if let Some(other) = taker(plan, &before) => (
                    format!("`was {was}` does nothing: `{before}` is `{other}` now"),
                    "one definition takes over another one; leave `was` out of the others",
                ),
                Some(Fact { now: Some(now), .. }) if !now.is_leak => (
                    format!("`was {was}` does nothing: `{before}` is `{}` now", now.name),
                    "write the name that it has now after `was`, and take that definition out",
                ),
                _ => (
                    format!("`was {was}` does nothing: `{before}` neither leaves with this edit nor has left before"),
                    "take the definition with the old name out, or leave `was` out",
                ),
            };
            found.push((file.image.source.clone(), Diagnostic::new(&codes::IDLE_WAS, image.name_span, message).help(help)));
        }
    }
    found
}

/// Who takes over the definition with this qualified name.
fn taker(plan: &ReloadPlan, before: &str) -> Option<String> {
    plan.files.iter().find_map(|file| {
        let definition = file.definitions.iter().find(|d| d.from.as_deref() == Some(before))?;
        Some(format!("{}.{}", file.namespace, definition.name))
    })
}

/// What says that a definition has the text of one that has left another namespace.
fn moved(namespace: &str, image: &ModuleImage, definition: &DefinitionImage, before: &str) -> Diagnostic {
    let word = super::report::kind_text(definition.kind);
    let message = format!("{word} `{namespace}.{}` has the text of `{before}`, which has left", definition.name);
    let help = format!("if it has moved, write `{} was {before}` once", written(definition, image));
    Diagnostic::new(&codes::RENAMED, definition.name_span, message).help(help)
}

/// The beginning of a definition, as it is written.
fn written(definition: &DefinitionImage, image: &ModuleImage) -> String {
    let name = &definition.name;
    match definition.kind {
        DefinitionKind::Function(_) => {
            let text = image.source.slice(definition.span);
            let head = text.find("fn ").map(|at| &text[at..]).and_then(|text| text.split_once(')'));
            head.map_or_else(|| format!("fn {name}"), |(head, _)| format!("{head})"))
        }
        DefinitionKind::Class(_) => format!("class {name}"),
        DefinitionKind::Enum(_) => format!("enum {name}"),
        DefinitionKind::Variable => format!("let {name}"),
        DefinitionKind::Constant => format!("const {name}"),
        DefinitionKind::Once => format!("once {name}"),
    }
}

fn are_alike(old: &ModuleImage, removed: &DefinitionImage, new: &ModuleImage, added: &DefinitionImage) -> bool {
    if mem::discriminant(&removed.kind) != mem::discriminant(&added.kind) {
        return false;
    }
    let a = words(old.source.slice(removed.span), &removed.name);
    let b = words(new.source.slice(added.span), &added.name);
    a == b || a.len().min(b.len()) >= WORDS_MIN && likeness(&a, &b) >= LIKENESS_MIN
}

/// Words and signs of a text without its comments and without `was old`; the definition's own name is left out.
fn words<'a>(text: &'a str, own: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '#' {
            rest = rest.find('\n').map_or("", |end| rest[end..].trim_start());
            continue;
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, after) = rest.split_at(end);
        found.push(if word == own { "" } else { word });
        rest = after.trim_start();
    }
    if let Some(at) = found.iter().position(|word| *word == "was") {
        found.drain(at..(at + 2).min(found.len()));
    }
    found
}

/// Neighbouring words that both have, in parts of a hundred: Dice's coefficient.
fn likeness(a: &[&str], b: &[&str]) -> usize {
    let mut pairs: HashMap<(&str, &str), usize> = HashMap::new();
    for pair in a.windows(2) {
        *pairs.entry((pair[0], pair[1])).or_default() += 1;
    }
    let mut both: usize = 0;
    for pair in b.windows(2) {
        if let Some(left) = pairs.get_mut(&(pair[0], pair[1])).filter(|left| **left > 0) {
            *left -= 1;
            both += 1;
        }
    }
    let all = a.len() + b.len() - 2;
    (200 * both).checked_div(all).unwrap_or(0)
}

fn classes_of<'a>(old: &'a ModuleImage, new: &'a ModuleImage, name: &Arc<str>) -> Option<(&'a ClassImage, &'a ClassImage)> {
    let of = |image: &'a ModuleImage| image.classes.iter().find(|class| class.name == *name);
    Some((of(old)?, of(new)?))
}

/// A slot that leaves and the only one that comes, or the only one with the same default.
fn slots(before: &ClassImage, now: &ClassImage, class: &DefinitionImage) -> Option<Diagnostic> {
    let is_in = |class: &ClassImage, name: &str| {
        class.slots.iter().any(|slot| *slot.name == *name)
            || class.shared.iter().any(|slot| *slot.name == *name)
            || class.members.iter().any(|member| *member.name == *name)
    };
    // A hook says what becomes of the old values.
    if now.migrate.len() > before.migrate.len() {
        return None;
    }
    let gone: Vec<_> = before.slots.iter().filter(|slot| !is_in(now, &slot.name)).collect();
    let come: Vec<_> = now.slots.iter().filter(|slot| !is_in(before, &slot.name)).collect();
    let ([gone], [come]) = (gone.as_slice(), come.as_slice()) else { return None };
    if come.was.is_some() || gone.fingerprint != come.fingerprint {
        return None;
    }
    let message = format!("slot `{}` of `{}` is like `{}`, which has left", come.name, class.name, gone.name);
    let help = format!(
        "if its values belong to the new slot, bring the old text back, and write `slot {} was {}` when you rename it",
        come.name, gone.name
    );
    Some(Diagnostic::new(&codes::RENAMED, class.name_span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_their_own_do_not_count() {
        assert_eq!(words("let a = f(a1)", "a"), ["let", "", "=", "f", "(", "a1", ")"]);
        assert_eq!(words("fn b() { }", "b"), words("fn c() was d {}    # nothing", "c"));
    }

    #[test]
    fn likeness_is_a_part_of_a_hundred() {
        let text = words("a b c d e", "");
        assert_eq!(likeness(&text, &text), 100);
        assert_eq!(likeness(&text, &words("v w x y z", "")), 0);
        assert_eq!(likeness(&text, &words("a b c d z", "")), 75);
    }
}
