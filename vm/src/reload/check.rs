//! Step 3: the plan against the living program. The only step that refuses, and the only maker of a [`CheckedPlan`].

use super::codes;
use super::contribution::Verdict;
use super::plan::{Action, ReloadPlan};
use super::report::a_kind;
use super::report::kind_text;
use super::survey::{Fact, Facts};
use crate::image::DefinitionKind;
use lang::source::{Source, Span};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::sync::Arc;

/// Why a reload is refused, or a warning: what speaks against it without standing in the way.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// let report = vm.reload_text("game.lang", "import nothing");
/// let reason = &report.reasons[0];
/// assert_eq!((reason.code, &*reason.file, reason.line), ("R0107", "game.lang", 1));
/// assert!(!reason.remedy.is_empty());
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    /// Stable identifier, such as `R0101`.
    pub code: &'static str,
    /// What it is.
    pub message: String,
    /// The file.
    pub file: String,
    /// One-based line; 0 when no line is to blame.
    pub line: u32,
    /// What to do.
    pub remedy: String,
    /// The rendered place, when the reason is a problem of the text or an error of the program.
    pub detail: String,
    /// The place that `detail` shows, for front ends that render it themselves.
    #[serde(skip)]
    pub place: Option<Place>,
}

/// A place in a text with what to say about it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The text.
    pub source: Source,
    /// Where.
    pub span: Span,
    /// Short text beside the marked place.
    pub label: String,
    /// Further places, each with a short text.
    pub notes: Vec<(Span, String)>,
}

impl Place {
    /// A place without words.
    pub(super) fn new(source: &Source, span: Span) -> Place {
        Place { source: source.clone(), span, label: String::new(), notes: Vec::new() }
    }
}

/// A plan that nothing speaks against.
pub struct CheckedPlan(ReloadPlan);

impl CheckedPlan {
    /// An evaluation in the REPL is never refused: definitions take effect.
    pub(super) fn for_evaluation(plan: ReloadPlan) -> Self {
        CheckedPlan(plan)
    }

    /// The plan, to look at.
    pub fn plan(&self) -> &ReloadPlan {
        &self.0
    }

    /// The plan.
    pub fn into_plan(self) -> ReloadPlan {
        self.0
    }
}

/// Checks; gives the plan or all reasons against it.
pub(super) fn check(plan: ReloadPlan, facts: &Facts) -> Result<CheckedPlan, Vec<Reason>> {
    let mut reasons = Vec::new();
    let mut defined: FxHashMap<String, &Arc<str>> = FxHashMap::default();
    for file in &plan.files {
        let source = &file.image.source;
        for definition in &file.definitions {
            let Some(index) = definition.index else { continue };
            let image = &file.image.definitions[index];
            let reason = |code, message: String, remedy: &str| Reason {
                code,
                message,
                file: file.path.to_string(),
                line: source.line(image.name_span.lo),
                remedy: remedy.to_owned(),
                detail: mark(source, image.name_span),
                place: Some(Place::new(source, image.name_span)),
            };
            let name = &definition.name;
            let qualified = format!("{}.{name}", file.namespace);
            // A file that is not edited is in the plan for what it computes anew.
            let also = defined.get(&qualified).filter(|_| file.changed || file.is_new);
            if let Some(other) = also {
                let message = format!("`{qualified}` is defined by `{other}` and by `{}`", file.path);
                reasons.push(reason(codes::DUPLICATE.id, message, "remove one of the two definitions"));
            } else if let Action::Refuse(verdict) = definition.action {
                let held = definition.from.as_deref().unwrap_or(&qualified);
                let (code, message, remedy) = refusal(verdict, held, image.kind, facts.get(held));
                reasons.push(reason(code, message, remedy));
            }
            defined.entry(qualified).or_insert(&file.path);
        }
    }
    if reasons.is_empty() { Ok(CheckedPlan(plan)) } else { Err(reasons) }
}

/// Code, message and remedy of a refusal by the decision table.
fn refusal(verdict: Verdict, qualified: &str, kind: DefinitionKind, fact: Option<&Fact>) -> (&'static str, String, &'static str) {
    let old = fact.map_or("something else", |f| f.kind.text());
    let new = kind_text(kind);
    let other = fact.and_then(|f| f.leak_of.as_deref().or(f.contributor.as_deref())).unwrap_or("the host");
    match verdict {
        Verdict::RefuseDuplicate => (
            codes::DUPLICATE.id,
            format!("`{qualified}` is defined by `{other}` already"),
            "remove one of the two definitions, or save both files together to move it",
        ),
        Verdict::RefuseOwned => (
            codes::OWNED.id,
            format!(
                "`{qualified}` belongs to {}",
                if fact.is_some_and(|f| f.is_locked) { "a locked namespace" } else { "the host" }
            ),
            "choose another name",
        ),
        Verdict::RefuseAdoption => (
            codes::STRICT.id,
            format!("`{qualified}` is a leak of `{other}`, and the policy is strict"),
            "choose another name, or reload with the policy `adopt` to move it",
        ),
        Verdict::RefuseLeakKind => (
            codes::LEAK_KIND.id,
            format!("`{qualified}` was {}, which is still in use, and is {} in the new text", a_kind(old), a_kind(new)),
            "choose another name, or end the old one with `live.drop` first",
        ),
        _ => (
            codes::OTHER_KIND.id,
            format!("`{qualified}` is {} in the running program and {} in the new text", a_kind(old), a_kind(new)),
            "choose another name, or ask for the replacement with `live.reload(replace: true)`",
        ),
    }
}

/// A place as `file:line`, the line, and a mark under it.
fn mark(source: &Source, span: lang::source::Span) -> String {
    let (line, column) = source.line_column(span.lo);
    let width = source.slice(span).chars().count().max(1);
    format!(
        " --> {}:{line}:{column}\n  | {}\n  | {}{}\n",
        source.name(),
        source.line_text(line),
        " ".repeat(column as usize - 1),
        "^".repeat(width)
    )
}
