//! Warnings for each `match` over an enum that had an arm for every variant and has not any more, because an edit adds some.
//!
//! Asked only by edits that add a variant; the texts of the program are looked through then.

use super::codes;
use super::names::Names;
use super::plan::{FileInput, PlannedFile, ReloadPlan};
use super::texts::{Text, texts};
use crate::heap::Value;
use crate::image::{DefinitionKind, EnumImage};
use crate::object::{ClassKind, Cx};
use lang::ast::visit::{Visitor, walk_expr, walk_stmts};
use lang::ast::{Expr, ExprKind, Pattern, PatternKind};
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// An enum that a name means, and will mean.
pub(super) struct EnumEdit<'a> {
    /// The qualified name.
    pub(super) name: String,
    /// Names of the variants that code finds under this name in the running program.
    pub(super) variants: Vec<Arc<str>>,
    /// Those of the enum that the name will mean.
    before: Vec<Arc<str>>,
    /// Its new text.
    pub(super) now: &'a EnumImage,
}

/// An enum that gets variants.
struct Grown {
    /// Those that code knows by its name; and those of the enum that gets this name, for code that has been edited with it.
    variants_old: [Vec<Arc<str>>; 2],
    variants_new: Vec<Arc<str>>,
}

/// Matches that a plan makes incomplete, in its files and in the others of the program.
pub(super) fn incomplete_matches(plan: &ReloadPlan, others: &[FileInput], edits: &[EnumEdit<'_>]) -> Vec<(Source, Diagnostic)> {
    let mut grown: FxHashMap<String, Grown> = FxHashMap::default();
    for EnumEdit { name, variants, before, now } in edits {
        let variants_new: Vec<_> = now.variants.iter().map(|v| v.name.clone()).collect();
        let variants_old = [variants.clone(), before.clone()];
        if variants_old.iter().any(|old| variants_new.iter().any(|name| !old.contains(name))) {
            grown.insert(name.clone(), Grown { variants_old, variants_new });
        }
    }
    if grown.is_empty() {
        return Vec::new();
    }
    texts(plan, others).flat_map(|text| look_through(&text, &grown)).collect()
}

impl Cx<'_, '_> {
    /// The enums of a plan that run already, under the names that code has for them: each that it defines, and the old one of each that moves or gets another
    /// name.
    pub(super) fn edited_enums<'a>(&mut self, plan: &'a ReloadPlan) -> Vec<EnumEdit<'a>> {
        let mut found = Vec::new();
        for file in &plan.files {
            for definition in &file.definitions {
                let Some(now) = definition.index.and_then(|i| enum_of(file, file.image.definitions[i].kind)) else { continue };
                let name = format!("{}.{}", file.namespace, definition.name);
                let from = definition.from.as_deref();
                let Some(before) = self.variants_of(from.unwrap_or(&name)) else { continue };
                if let Some(from) = from.filter(|from| !is_defined(plan, from)) {
                    found.push(EnumEdit { name: from.to_owned(), variants: before.clone(), before: before.clone(), now });
                }
                let variants = self.variants_of(&name).unwrap_or_else(|| before.clone());
                found.push(EnumEdit { name, variants, before, now });
            }
        }
        found
    }

    fn variants_of(&mut self, name: &str) -> Option<Vec<Arc<str>>> {
        match self.find_cell(name)?.value() {
            Value::Class(class) if class.kind == ClassKind::Enum => {
                Some(class.body().variants.iter().map(|variant| variant.name.as_str().into()).collect())
            }
            _ => None,
        }
    }
}

/// Whether files of a plan define a name.
fn is_defined(plan: &ReloadPlan, qualified: &str) -> bool {
    let mut all = plan.files.iter().flat_map(|file| file.definitions.iter().map(move |d| (&file.namespace, d)));
    all.any(|(namespace, d)| d.index.is_some() && *qualified == *format!("{namespace}.{}", d.name))
}

fn enum_of(file: &PlannedFile, kind: DefinitionKind) -> Option<&EnumImage> {
    match kind {
        DefinitionKind::Enum(id) => Some(&file.image.enums[id.0 as usize]),
        _ => None,
    }
}

fn look_through(text: &Text<'_>, grown: &FxHashMap<String, Grown>) -> Vec<(Source, Diagnostic)> {
    let found = text.look(|names, stmts| {
        let mut walk = Walk { names, grown, found: Vec::new() };
        walk_stmts(&mut walk, stmts);
        walk.found
    });
    found.into_iter().map(|diagnostic| (text.source.clone(), diagnostic)).collect()
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
        let mut old = grown.variants_old.iter();
        let was_complete = old.any(|old| {
            let mut stay = old.iter().filter(|v| grown.variants_new.contains(v)).peekable();
            stay.peek().is_some() && stay.all(takes)
        });
        if taken.everything || !was_complete {
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
