//! Warnings for names that nobody defines. Names are found when they are reached, so this is no error: one may still come to exist.

use super::codes;
use super::load::Compiled;
use crate::bytecode::{Extra, Insn, Op};
use crate::image::{ClassRef, Const, ImportFrom, ModuleImage, NameRef, ProtoImage};
use crate::object::{Bundles, Cx, is_bundle};
use crate::ops;
use indexmap::IndexSet;
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Unknown names of a load for which it is looked what may have been meant.
const SUGGESTIONS_MAX: usize = 100;

/// What is defined, by the texts of a load and by the living program.
struct Defined<'a, 'm, 'gc> {
    cx: &'a mut Cx<'m, 'gc>,
    files: &'a [Compiled],
    /// Names of the namespaces that were asked for, those of leaks, too.
    namespaces: FxHashMap<String, IndexSet<Arc<str>>>,
    /// Names for which it was looked what may have been meant.
    suggestions: usize,
}

impl Cx<'_, '_> {
    /// What the files import or mention and neither they nor the living program define.
    pub(super) fn unknown_names(&mut self, files: &[Compiled]) -> Vec<(Source, Diagnostic)> {
        let mut defined = Defined { cx: self, files, namespaces: FxHashMap::default(), suggestions: 0 };
        let mut warnings = Vec::new();
        for file in files {
            let imports = file.image.imports.iter().zip(&file.imports);
            let items = imports.flat_map(|(import, namespace)| import.items.iter().map(move |item| (import, namespace, item)));
            let mut found: Vec<Diagnostic> = Vec::new();
            for (import, namespace, item) in items {
                let is_unknown = matches!(import.from, ImportFrom::Native(_)) && defined.names_of(namespace).is_empty();
                if !is_unknown && !defined.has(namespace, item) {
                    let message = defined.missing_in(namespace, item);
                    found.push(Diagnostic::new(&codes::UNKNOWN_IMPORT, import.span, message));
                }
            }
            for (name, span) in mentions(&file.image) {
                let message = match name {
                    NameRef::Own(name) if is_bundle(&file.path) && Bundles::is_native_name(name) => continue,
                    NameRef::Own(name) if !defined.has(&file.namespace, name) && !defined.has("core", name) => {
                        format!("`{name}` does not exist{}", defined.hint(&file.namespace, name))
                    }
                    NameRef::Imported { import, name }
                        if !file.image.imports[*import as usize].items.iter().any(|i| **i == **name) =>
                    {
                        let namespace = &file.imports[*import as usize];
                        let is_native = matches!(file.image.imports[*import as usize].from, ImportFrom::Native(_));
                        let is_unknown = is_native && defined.names_of(namespace).is_empty();
                        if is_unknown || defined.has(namespace, name) {
                            continue;
                        }
                        defined.missing_in(namespace, name)
                    }
                    _ => continue,
                };
                let diagnostic = Diagnostic::new(&codes::UNKNOWN_NAME, span, message);
                found.push(diagnostic.label("defined nowhere, so reaching this raises NameError"));
            }
            found.sort_by_key(|diagnostic| diagnostic.span.lo);
            warnings.extend(found.into_iter().map(|diagnostic| (file.image.source.clone(), diagnostic)));
        }
        warnings
    }
}

impl Defined<'_, '_, '_> {
    fn missing_in(&mut self, namespace: &str, name: &str) -> String {
        let near = self.suggestion(name, &[namespace]);
        format!("`{name}` does not exist in namespace `{namespace}`{near}")
    }

    fn hint(&mut self, namespace: &str, name: &str) -> String {
        if let Some(instead) = ops::instead_of_name(name) {
            return format!("; {instead}");
        }
        if self.cx.world.library.contains(&name) {
            return format!("; `import {name}` makes the module of this name visible");
        }
        self.suggestion(name, &[namespace, "core"])
    }

    /// What may have been meant. Every search looks at all names, so that there is a limit to them.
    fn suggestion(&mut self, name: &str, namespaces: &[&str]) -> String {
        if self.suggestions == SUGGESTIONS_MAX {
            return String::new();
        }
        self.suggestions += 1;
        let mut known: Vec<Arc<str>> = Vec::new();
        for namespace in namespaces {
            known.extend(self.names_of(namespace).iter().cloned());
        }
        ops::suggestion(name, known.iter().map(|known| &**known))
    }

    fn has(&mut self, namespace: &str, name: &str) -> bool {
        // What begins so in `core` is for the library alone.
        if namespace == "core" && name.starts_with('_') {
            return false;
        }
        self.names_of(namespace).contains(name)
    }

    fn names_of(&mut self, namespace: &str) -> &IndexSet<Arc<str>> {
        let (world, files) = (&*self.cx.world, self.files);
        self.namespaces.entry(namespace.to_owned()).or_insert_with(|| {
            let texts = files.iter().filter(|file| *file.namespace == *namespace);
            let mut names: IndexSet<Arc<str>> =
                texts.flat_map(|file| file.image.definitions.iter().map(|d| d.name.clone())).collect();
            let living = if namespace == "core" { Some(world.core) } else { world.namespaces.get(namespace).copied() };
            names.extend(living.iter().flat_map(|living| living.with_leaks()).map(|cell| Arc::from(cell.name.as_str())));
            names
        })
    }
}

/// The names that a file's code mentions, each once, with its first place.
pub(super) fn mentions(image: &ModuleImage) -> Vec<(&NameRef, Span)> {
    let mut places: BTreeMap<String, (&NameRef, Span)> = BTreeMap::new();
    for (name, span) in all_mentions(image, |_| true) {
        let place = places.entry(format!("{name:?}")).or_insert((name, span));
        if span.lo < place.1.lo {
            *place = (name, span);
        }
    }
    places.into_values().collect()
}

/// Every place where a file's code mentions a name that is wanted. Code that has none costs a look at its constants.
pub(super) fn all_mentions<'a>(image: &'a ModuleImage, is_wanted: impl Fn(&NameRef) -> bool) -> Vec<(&'a NameRef, Span)> {
    let mut found = Vec::new();
    let wanted = |constant: &'a Const| if let Const::Name(name) = constant { Some(name).filter(|n| is_wanted(n)) } else { None };
    for proto in image.protos.iter().filter(|proto| proto.consts.iter().any(|constant| wanted(constant).is_some())) {
        found.extend(uses(proto).into_iter().filter_map(|(index, span)| Some((wanted(&proto.consts[index])?, span))));
    }
    // Bases and what is extended; a class has no place for each of its bases.
    let bases = image.classes.iter().flat_map(|class| class.bases.iter().map(|base| (base, class.span)));
    let targets = image.extensions.iter().map(|extension| (&extension.target, extension.span));
    for (class, span) in bases.chain(targets) {
        if let ClassRef::Path(name, _) = class
            && is_wanted(name)
        {
            found.push((name, first_line(image, span)));
        }
    }
    found
}

/// The part of a span that is in its first line.
fn first_line(image: &ModuleImage, span: Span) -> Span {
    let text = &image.source.text()[span.lo as usize..span.hi as usize];
    let end = text.find(['\n', '{']).map_or(text.len(), |at| text[..at].trim_end().len());
    Span { lo: span.lo, hi: span.lo + end as u32 }
}

/// The constants that instructions about definitions name, with their places.
pub(super) fn uses(proto: &ProtoImage) -> Vec<(usize, Span)> {
    let found = instructions(proto).filter_map(|(at, op)| {
        let index = match op {
            Op::GetGlobal | Op::SetGlobal | Op::GetDef => Insn(proto.code[at]).bx() as usize,
            Op::CallGlobal => first_constant(proto, at, op)?,
            _ => return None,
        };
        let after = proto.spans.partition_point(|(word, _)| *word as usize <= at);
        Some((index, after.checked_sub(1).map_or(proto.span, |i| proto.spans[i].1)))
    });
    found.collect()
}

/// The constants that instructions name as members of what they have in hand.
pub(super) fn members_named(proto: &ProtoImage) -> Vec<usize> {
    let is_meant = |op: Op| matches!(op, Op::GetAttr | Op::SetAttr | Op::CallMethod | Op::CallMethodShape);
    instructions(proto).filter(|(_, op)| is_meant(*op)).filter_map(|(at, op)| first_constant(proto, at, op)).collect()
}

/// The constant that a word of an instruction names, the first if there are several.
fn first_constant(proto: &ProtoImage, at: usize, op: Op) -> Option<usize> {
    let extra = op.info().extra.iter().position(|extra| *extra == Extra::Const);
    extra.map(|i| proto.code[at + 1 + i] as usize)
}

/// The instructions of some code, with their places in it.
fn instructions(proto: &ProtoImage) -> impl Iterator<Item = (usize, Op)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let op = Op::from_byte(Insn(*proto.code.get(at)?).op_byte())?;
        at += op.words();
        Some((at - op.words(), op))
    })
}
