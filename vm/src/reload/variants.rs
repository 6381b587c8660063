//! Warnings for code that mentions variants which leave their enums with an edit.

use super::codes;
use super::leaving::places_text;
use super::matches::EnumEdit;
use super::names::Names;
use super::plan::{FileInput, ReloadPlan};
use super::texts::texts;
use lang::ast::visit::{Visitor, walk_expr, walk_stmts};
use lang::ast::{Expr, ExprKind};
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where variants that leave are mentioned: places by qualified name.
type Places = BTreeMap<String, Vec<(Source, Span)>>;

/// Mentions of variants that leave with a plan, in its files and in the others of the program.
pub(super) fn variants_missed(plan: &ReloadPlan, others: &[FileInput], edits: &[EnumEdit<'_>]) -> Vec<(Source, Diagnostic)> {
    let mut leaving: BTreeMap<String, Vec<Arc<str>>> = BTreeMap::new();
    for EnumEdit { name, variants, now, .. } in edits {
        let is_there = |name: &str| now.variants.iter().any(|v| *v.name == *name) || now.members.iter().any(|m| *m.name == *name);
        let gone: Vec<Arc<str>> = variants.iter().filter(|name| !is_there(name)).cloned().collect();
        if !gone.is_empty() {
            leaving.insert(name.clone(), gone);
        }
    }
    if leaving.is_empty() {
        return Vec::new();
    }
    let mut places = Places::new();
    for text in texts(plan, others) {
        let (source, leaving, places) = (text.source, &leaving, &mut places);
        text.look(|names, stmts| walk_stmts(&mut Walk { names, source, leaving, places }, stmts));
    }
    places.into_iter().map(|(variant, places)| warning(&variant, places)).collect()
}

fn warning(variant: &str, places: Vec<(Source, Span)>) -> (Source, Diagnostic) {
    let (first, text) = places_text(places);
    let message = format!("the variant `{variant}` leaves, and code mentions it: {text}");
    let diagnostic = Diagnostic::new(&codes::MENTIONS_LEAK, first.1, message);
    (first.0, diagnostic.label("raises SlotError when it is reached"))
}

struct Walk<'a> {
    names: Names<'a>,
    source: &'a Source,
    leaving: &'a BTreeMap<String, Vec<Arc<str>>>,
    places: &'a mut Places,
}

impl Visitor for Walk<'_> {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Member { object, name, .. } = &*expr.kind
            && let Some(of) = self.names.qualified(object)
            && self.leaving.get(&of).is_some_and(|gone| gone.iter().any(|gone| **gone == *name.name.0))
        {
            let places = self.places.entry(format!("{of}.{}", name.name.0)).or_default();
            places.push((self.source.clone(), expr.span));
        }
        walk_expr(self, expr);
    }
}
