//! Warnings for each `match` over an enum that had an arm for every variant and has not any more, because an edit adds some.
//!
//! Asked only by edits that add a variant; the texts of the program are looked through then.

use super::codes;
use super::names::Names;
use super::plan::{FileInput, PlannedFile, ReloadPlan};
use crate::image::{DefinitionKind, EnumImage, ModuleImage};
use lang::ast::visit::{Visitor, walk_expr};
use lang::ast::{Expr, ExprKind, Pattern, PatternKind};
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What runs of the files of a plan.
pub(super) type Running = [(Arc<str>, Arc<ModuleImage>)];

/// An enum that gets variants.
struct Grown {
    variants_old: Vec<Arc<str>>,
    variants_new: Vec<Arc<str>>,
}

/// Matches that a plan makes incomplete, in its files and in the others of the program.
pub(super) fn incomplete_matches(plan: &ReloadPlan, others: &[FileInput], old: &Running) -> Vec<(Source, Diagnostic)> {
    let mut grown: FxHashMap<String, Grown> = FxHashMap::default();
    for (name, before, new) in edited_enums(plan, old) {
        let names = |item: &EnumImage| item.variants.iter().map(|v| v.name.clone()).collect::<Vec<_>>();
        let (variants_old, variants_new) = (names(before), names(new));
        if variants_new.iter().any(|name| !variants_old.contains(name)) {
            grown.insert(name, Grown { variants_old, variants_new });
        }
    }
    if grown.is_empty() {
        return Vec::new();
    }
    let edited = plan.files.iter().filter(|f| !f.is_removed).map(|f| (&f.image.source, &f.namespace, &f.imports));
    let running = others.iter().map(|input| (&input.new.source, &input.namespace, &input.imports));
    edited.chain(running).flat_map(|(source, namespace, imports)| look_through(source, namespace, imports, &grown)).collect()
}

/// The enums of a plan that run already: qualified name, what runs, the new text.
pub(super) fn edited_enums<'a>(plan: &'a ReloadPlan, old: &'a Running) -> Vec<(String, &'a EnumImage, &'a EnumImage)> {
    let mut found = Vec::new();
    for file in &plan.files {
        let Some((_, image_old)) = old.iter().find(|(path, _)| *path == file.path) else { continue };
        for (definition, new) in file.image.definitions.iter().filter_map(|d| Some((d, enum_of(file, d.kind)?))) {
            let name_old = definition.was.as_ref().unwrap_or(&definition.name);
            let before = image_old.definitions.iter().find(|d| d.name == definition.name || d.name == *name_old);
            if let Some(DefinitionKind::Enum(id)) = before.map(|d| d.kind) {
                found.push((format!("{}.{}", file.namespace, definition.name), &*image_old.enums[id.0 as usize], new));
            }
        }
    }
    found
}

fn enum_of(file: &PlannedFile, kind: DefinitionKind) -> Option<&EnumImage> {
    match kind {
        DefinitionKind::Enum(id) => Some(&file.image.enums[id.0 as usize]),
        _ => None,
    }
}

fn look_through(
    source: &Source,
    namespace: &str,
    imports: &[Arc<str>],
    grown: &FxHashMap<String, Grown>,
) -> Vec<(Source, Diagnostic)> {
    let parsed = lang::parse(source);
    let resolved = lang::resolve::resolve(&parsed.file, &mut Vec::new());
    let names = Names { resolved: &resolved, namespace, imports };
    let mut walk = Walk { names, grown, found: Vec::new() };
    lang::ast::visit::walk_stmts(&mut walk, &parsed.file.stmts);
    walk.found.into_iter().map(|diagnostic| (source.clone(), diagnostic)).collect()
}

struct Walk<'a> {
    names: Names<'a>,
    grown: &'a FxHashMap<String, Grown>,
    found: Vec<Diagnostic>,
}

/// What the arms of a `match` take, as far as enums go.
#[derive(Default)]
struct Taken {
    variants: Vec<(String, String)>,
    everything: bool,
}

impl Walk<'_> {
    fn take(&self, pattern: &Pattern, taken: &mut Taken) {
        match &*pattern.kind {
            PatternKind::Wildcard | PatternKind::Bind(..) => taken.everything = true,
            PatternKind::Or(all) => all.iter().for_each(|pattern| self.take(pattern, taken)),
            PatternKind::Value(value) => self.take_variant(value, taken),
            PatternKind::Class { class, slots } => {
                let takes_all =
                    slots.iter().all(|slot| matches!(&*slot.pattern.kind, PatternKind::Wildcard | PatternKind::Bind(..)));
                if takes_all {
                    self.take_variant(class, taken);
                }
            }
            PatternKind::Is(class) | PatternKind::BindIs(_, _, class) => {
                self.take_variant(class, taken);
                if self.names.qualified(class).is_some_and(|name| self.grown.contains_key(&name)) {
                    taken.everything = true;
                }
            }
            _ => {}
        }
    }

    fn take_variant(&self, expr: &Expr, taken: &mut Taken) {
        if let ExprKind::Member { object, name, .. } = &*expr.kind
            && let Some(qualified) = self.names.qualified(object)
            && self.grown.contains_key(&qualified)
        {
            taken.variants.push((qualified, name.name.0.to_string()));
        }
    }

    fn look(&mut self, span: Span, taken: &Taken) {
        let Some((name, _)) = taken.variants.first() else { return };
        let grown = &self.grown[name];
        let takes = |variant: &Arc<str>| taken.variants.iter().any(|(of, taken)| of == name && **taken == **variant);
        if taken.everything || !grown.variants_old.iter().filter(|v| grown.variants_new.contains(v)).all(takes) {
            return;
        }
        let missing: Vec<String> = grown.variants_new.iter().filter(|v| !takes(v)).map(|v| format!("`{v}`")).collect();
        if missing.is_empty() {
            return;
        }
        let missing = missing.join(" and ");
        let diagnostic =
            Diagnostic::new(&codes::INCOMPLETE_MATCH, span, format!("`{name}` gets {missing}, for which this `match` has no arm"));
        self.found.push(diagnostic.label("raises MatchError for it"));
    }
}

impl Visitor for Walk<'_> {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Match { arms, .. } = &*expr.kind {
            let mut taken = Taken::default();
            arms.iter().filter(|arm| arm.guard.is_none()).for_each(|arm| self.take(&arm.pattern, &mut taken));
            self.look(Span { lo: expr.span.lo, hi: arms.first().map_or(expr.span.hi, |arm| arm.span.lo) }, &taken);
        }
        walk_expr(self, expr);
    }
}
