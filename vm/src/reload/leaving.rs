//! Code that mentions what no file defines any more: it works, and would not after a restart.

use super::codes;
use super::plan::{Action, FileInput, ReloadPlan};
use super::survey::Facts;
use super::unknown::{all_mentions, mentions, uses};
use super::uses::has_name;
use crate::heap::Value;
use crate::image::{ModuleImage, NameRef};
use crate::object::{Cx, Definition, Member, Proto};
use gc_arena::Gc;
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Places that one warning names at most.
const PLACES_MAX: usize = 5;

/// Names that leave with a plan.
pub(super) struct Leaving<'a> {
    /// By namespace.
    names: BTreeMap<Arc<str>, FxHashSet<Arc<str>>>,
    /// Names of `core`: code of a namespace that loses one of them means that of `core` after a restart.
    core: &'a FxHashSet<String>,
}

impl<'a> Leaving<'a> {
    /// What no file defines any more once the plan is carried out, and one did until then.
    pub(super) fn of(plan: &ReloadPlan, core: &'a FxHashSet<String>) -> Leaving<'a> {
        let mut names: BTreeMap<Arc<str>, FxHashSet<Arc<str>>> = BTreeMap::new();
        for file in &plan.files {
            for definition in file.definitions.iter().filter(|definition| definition.action == Action::Leak) {
                names.entry(file.namespace.clone()).or_default().insert(definition.name.clone());
            }
        }
        Leaving { names, core }
    }

    /// Whether nothing leaves.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn has(&self, namespace: &str, name: &str) -> bool {
        self.names.get(namespace).is_some_and(|names| names.contains(name))
    }

    /// Warnings for what leaves though code that is not edited mentions it: files of the plan that stay as they are, other files, and
    /// definitions of sessions, which `missed` knows already.
    pub(super) fn warnings(&self, plan: &ReloadPlan, others: &[FileInput], mut missed: Missed) -> Vec<(Source, Diagnostic)> {
        let is_other = |path: &Arc<str>| others.iter().any(|other| other.path == *path);
        for file in plan.files.iter().filter(|file| !file.changed && !file.is_removed && !is_other(&file.path)) {
            missed.look_into(self, &file.namespace, &file.imports, &file.image);
        }
        for other in others {
            missed.look_into(self, &other.namespace, &other.imports, &other.new);
        }
        missed.0.into_iter().map(|(qualified, places)| warning(&qualified, places)).collect()
    }
}

/// Where code that is not edited mentions what leaves: places by qualified name.
#[derive(Default)]
pub(super) struct Missed(BTreeMap<String, Vec<(Source, Span)>>);

impl Missed {
    fn add(&mut self, namespace: &str, name: &str, source: &Source, span: Span) {
        self.0.entry(format!("{namespace}.{name}")).or_default().push((source.clone(), span));
    }

    /// Looks for mentions in a file, if it has to do with a namespace that loses a name.
    fn look_into(&mut self, leaving: &Leaving<'_>, namespace: &Arc<str>, imports: &[Arc<str>], image: &ModuleImage) {
        if !leaving.names.contains_key(namespace) && !imports.iter().any(|import| leaving.names.contains_key(import)) {
            return;
        }
        for (import, from) in image.imports.iter().zip(imports) {
            for item in import.items.iter().filter(|item| leaving.has(from, item)) {
                self.add(from, item, &image.source, import.span);
            }
        }
        let meant = |name: &NameRef| match name {
            NameRef::Own(name) if leaving.core.contains(&**name) => None,
            NameRef::Own(name) => Some((namespace.clone(), name.clone())),
            NameRef::Imported { import, name } => Some((imports[*import as usize].clone(), name.clone())),
            NameRef::Namespace { .. } => None,
        };
        let is_missed = |name: &NameRef| meant(name).is_some_and(|(namespace, name)| leaving.has(&namespace, &name));
        for (name, span) in all_mentions(image, is_missed) {
            let (namespace, name) = meant(name).expect("a name that leaves");
            self.add(&namespace, &name, &image.source, span);
        }
    }
}

fn warning(qualified: &str, places: Vec<(Source, Span)>) -> (Source, Diagnostic) {
    let ((source, span), text) = places_text(places);
    let message = format!("`{qualified}` leaves, and code that stays mentions it: {text}");
    let diagnostic = Diagnostic::new(&codes::MENTIONS_LEAK, span, message);
    (source, diagnostic.label(WORKS_HERE))
}

/// The first of some places, and the lines of all, in order, as text.
pub(super) fn places_text(mut places: Vec<(Source, Span)>) -> ((Source, Span), String) {
    let line = |(source, span): &(Source, Span)| (source.name().to_owned(), source.line(span.lo));
    places.sort_by_key(|place| (line(place), place.1.lo));
    let mut lines: Vec<String> = places.iter().map(line).map(|(file, line)| format!("{file}:{line}")).collect();
    lines.dedup();
    let more = lines.len().saturating_sub(PLACES_MAX);
    lines.truncate(PLACES_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (places.swap_remove(0), format!("{}{more}", lines.join(", ")))
}

impl Cx<'_, '_> {
    /// Names that every namespace knows. What begins with `_` is for the library alone.
    pub(super) fn core_names(&self) -> FxHashSet<String> {
        let names = self.world.core.definitions().into_iter().map(|cell| cell.name.as_str().to_owned());
        names.filter(|name| !name.starts_with('_')).collect()
    }
}

/// What is said beside a mention.
const WORKS_HERE: &str = "works here, and would raise NameError after a restart";

impl<'gc> Cx<'_, 'gc> {
    /// Where definitions of sessions mention what leaves. What was evaluated and is over is not looked at.
    pub(super) fn missed_by_sessions(&self, leaving: &Leaving<'_>) -> Missed {
        let mut missed = Missed::default();
        for namespace in self.world.namespaces.values() {
            namespace.each_with_leaks(|cell| {
                let contributor = cell.meta().contributor;
                if cell.meta().is_evaluated || contributor.is_some_and(|module| module.path.starts_with('<')) {
                    codes_of(cell).into_iter().for_each(|proto| missed_by(proto, leaving, &mut missed));
                }
            });
        }
        missed
    }
}

/// The code of a definition, if it was evaluated in a session.
fn codes_of<'gc>(cell: Gc<'gc, Definition<'gc>>) -> Vec<Gc<'gc, Proto<'gc>>> {
    let mut values = vec![cell.value()];
    let mut found = Vec::new();
    while let Some(value) = values.pop() {
        match value {
            Value::Function(function) => found.push(function.proto()),
            Value::Decorated(decorated) => values.push(decorated.original.get()),
            Value::Class(class) => values.extend(class.body().own.values().flat_map(|member| match member {
                Member::Method(value) | Member::Static(value) => vec![*value],
                Member::Property { getter, setter } => getter.iter().chain(setter).copied().collect(),
                Member::Shared(_) => Vec::new(),
            })),
            _ => {}
        }
    }
    found.retain(|proto| proto.linked.module.path.starts_with('<'));
    found
}

/// Notes what code, and the code inside it, mentions of what leaves. Code of sessions names what it imports through the namespace.
fn missed_by<'gc>(proto: Gc<'gc, Proto<'gc>>, leaving: &Leaving<'_>, missed: &mut Missed) {
    let mut work = vec![proto];
    while let Some(proto) = work.pop() {
        work.extend(proto.image.nested.iter().map(|id| proto.linked.proto(*id)));
        let source = &proto.image.source;
        for (index, span) in uses(&proto.image) {
            let Value::Definition(cell) = proto.const_at(index) else { continue };
            let is_own = Gc::ptr_eq(cell.namespace, proto.linked.module.namespace);
            if is_own && leaving.core.contains(cell.name.as_str()) {
                continue;
            }
            if leaving.has(&cell.namespace.name, cell.name.as_str()) {
                missed.add(&cell.namespace.name, cell.name.as_str(), source, span);
            } else if let Value::Namespace(namespace) = cell.value() {
                let names = leaving.names.get(&namespace.name).into_iter().flatten();
                for name in names.filter(|name| has_name(proto, name)) {
                    missed.add(&namespace.name, name, source, span);
                }
            }
        }
    }
}

/// Mentions of what no file defines any more once the plan is carried out.
pub(super) fn leaks_mentioned(plan: &ReloadPlan, facts: &Facts, core: &FxHashSet<String>) -> Vec<(Source, Diagnostic)> {
    let mut defined: FxHashSet<String> = FxHashSet::default();
    let mut leaving: FxHashSet<String> = FxHashSet::default();
    for file in &plan.files {
        for definition in &file.definitions {
            let qualified = format!("{}.{}", file.namespace, definition.name);
            let is_leaving = definition.action == Action::Leak;
            if is_leaving {
                leaving.insert(qualified)
            } else {
                definition.index.is_some() && defined.insert(qualified)
            };
        }
    }
    let is_leak = |qualified: &String| {
        !defined.contains(qualified)
            && (leaving.contains(qualified) || facts.get(qualified).is_some_and(|fact| fact.leak_of.is_some()))
    };
    let mut warnings = Vec::new();
    for file in plan.files.iter().filter(|file| file.changed && !file.is_removed) {
        let imports = file.image.imports.iter().zip(&file.imports);
        let items = imports.flat_map(|(import, from)| import.items.iter().map(move |item| (format!("{from}.{item}"), import.span)));
        let names = mentions(&file.image).into_iter().filter_map(|(name, span)| match name {
            NameRef::Own(name) if core.contains(&**name) => None,
            NameRef::Own(name) => Some((format!("{}.{name}", file.namespace), span)),
            NameRef::Imported { import, name } => Some((format!("{}.{name}", file.imports[*import as usize]), span)),
            NameRef::Namespace { .. } => None,
        });
        let mut told: FxHashSet<String> = FxHashSet::default();
        let mut found: Vec<(String, Span)> =
            items.chain(names).filter(|(qualified, _)| is_leak(qualified) && told.insert(qualified.clone())).collect();
        found.sort_by_key(|(_, span)| span.lo);
        warnings.extend(found.into_iter().map(|(qualified, span)| {
            let diagnostic =
                Diagnostic::new(&codes::MENTIONS_LEAK, span, format!("`{qualified}` is a leak: no file defines it any more"));
            (file.image.source.clone(), diagnostic.label(WORKS_HERE))
        }));
    }
    warnings
}
