//! Warnings for assignments to variables that an edit makes constants: they raise when they are reached.
//!
//! Asked only by edits that do so; texts that have such a name in them are looked through then.

use super::codes;
use super::names::Names;
use super::plan::{FileInput, PlannedDefinition, PlannedFile, ReloadPlan};
use super::survey::Facts;
use super::texts::{Text, texts};
use crate::image::DefinitionKind;
use crate::object::Kind;
use lang::ast::Target;
use lang::ast::visit::{Visitor, walk_stmts, walk_target};
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use rustc_hash::FxHashSet;

/// Assignments to what a plan makes constant, in its files and in the others of the program.
pub(super) fn assignments_to_constants(plan: &ReloadPlan, others: &[FileInput], facts: &Facts) -> Vec<(Source, Diagnostic)> {
    let all = plan.files.iter().flat_map(|file| file.definitions.iter().map(move |definition| (file, definition)));
    let frozen: FxHashSet<String> = all.flat_map(|(file, definition)| frozen_names(file, definition, facts)).collect();
    if frozen.is_empty() {
        return Vec::new();
    }
    let mentions = |text: &Text<'_>| frozen.iter().any(|name| text.has(name.rsplit('.').next().unwrap_or_default()));
    texts(plan, others).filter(mentions).flat_map(|text| look_through(&text, &frozen)).collect()
}

/// The qualified names under which code may assign a variable that becomes a constant: its own, and the one that it had before.
fn frozen_names(file: &PlannedFile, definition: &PlannedDefinition, facts: &Facts) -> Vec<String> {
    let is_constant = |index: usize| file.image.definitions[index].kind == DefinitionKind::Constant;
    if !definition.index.is_some_and(is_constant) {
        return Vec::new();
    }
    let names = definition.from.iter().map(|from| from.to_string());
    let names = names.chain([format!("{}.{}", file.namespace, definition.name)]);
    let is_variable = |name: &String| facts.get(name).is_some_and(|fact| matches!(fact.kind, Kind::Variable | Kind::Once));
    names.filter(is_variable).collect()
}

fn look_through(text: &Text<'_>, frozen: &FxHashSet<String>) -> Vec<(Source, Diagnostic)> {
    let found = text.look(|names, stmts| {
        let mut walk = Walk { names, frozen, found: Vec::new() };
        walk_stmts(&mut walk, stmts);
        walk.found
    });
    found.into_iter().map(|diagnostic| (text.source.clone(), diagnostic)).collect()
}

struct Walk<'a> {
    names: Names<'a>,
    frozen: &'a FxHashSet<String>,
    found: Vec<Diagnostic>,
}

impl Visitor for Walk<'_> {
    fn target(&mut self, target: &Target) {
        if let Some(name) = self.names.assigned(target).filter(|name| self.frozen.contains(name)) {
            let message = format!("`{name}` becomes a constant, and code assigns it");
            self.found.push(Diagnostic::new(&codes::ASSIGNS_CONSTANT, span_of(target), message).label("raises TypeError"));
        }
        walk_target(self, target);
    }
}

fn span_of(target: &Target) -> Span {
    match target {
        Target::Name(_, name) => name.span,
        Target::Member(object, name) => Span { lo: object.span.lo, hi: name.span.hi },
        Target::Index(.., span) | Target::Tuple(_, span) | Target::List(_, span) | Target::Error(span) => *span,
    }
}
