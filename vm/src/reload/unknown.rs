//! Warnings for names that nobody defines. Names are found when they are reached, so this is no error: one may still come to exist.

use super::check::Reason;
use super::codes;
use super::load::Compiled;
use crate::bytecode::{Extra, Insn, Op};
use crate::embed::{Problem, Vm};
use crate::image::{Const, ImportFrom, ModuleImage, NameRef, ProtoImage};
use crate::object::Cx;
use crate::ops;
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Vm {
    /// Compiles texts and what they import, and runs nothing: the warnings, or what stands in the way of loading them.
    pub fn check(&mut self, texts: Vec<(String, String)>) -> Result<Vec<Problem>, Vec<Reason>> {
        let (compiled, warnings) = self.gather(texts)?;
        // Other files, which need not be among these, contribute to a namespace that is named.
        let is_shared =
            |source: &Source| compiled.iter().any(|file| *file.path == *source.name() && file.image.namespace.is_some());
        let certain = warnings.into_iter().filter(|(source, d)| d.code != &codes::UNKNOWN_NAME || !is_shared(source));
        Ok(certain.map(|(source, diagnostic)| Problem { source, diagnostic }).collect())
    }
}

impl Cx<'_, '_> {
    /// What the files import or mention and neither they nor the living program define.
    pub(super) fn unknown_names(&mut self, files: &[Compiled]) -> Vec<(Source, Diagnostic)> {
        let mut warnings = Vec::new();
        for file in files {
            let imports = file.image.imports.iter().zip(&file.imports);
            let items = imports.flat_map(|(import, namespace)| import.items.iter().map(move |item| (import, namespace, item)));
            let mut found: Vec<Diagnostic> = Vec::new();
            for (import, namespace, item) in items {
                if !self.defines(files, namespace, item) {
                    let message = self.missing_in(files, namespace, item);
                    found.push(Diagnostic::new(&codes::UNKNOWN_IMPORT, import.span, message));
                }
            }
            for (name, span) in mentions(&file.image) {
                let message = match name {
                    NameRef::Own(name) if !self.defines(files, &file.namespace, name) && !self.defines(&[], "core", name) => {
                        format!("`{name}` does not exist{}", self.hint(files, &file.namespace, name))
                    }
                    NameRef::Imported { import, name }
                        if !file.image.imports[*import as usize].items.iter().any(|i| **i == **name) =>
                    {
                        let namespace = &file.imports[*import as usize];
                        let is_native = matches!(file.image.imports[*import as usize].from, ImportFrom::Native(_));
                        if is_native || self.defines(files, namespace, name) {
                            continue;
                        }
                        self.missing_in(files, namespace, name)
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

    fn missing_in(&self, files: &[Compiled], namespace: &str, name: &str) -> String {
        let known = self.names_of(files, namespace);
        let near = ops::suggestion(name, known.iter().map(|known| &**known));
        format!("`{name}` does not exist in namespace `{namespace}`{near}")
    }

    fn hint(&self, files: &[Compiled], namespace: &str, name: &str) -> String {
        if let Some(instead) = ops::instead_of_name(name) {
            return format!("; {instead}");
        }
        if self.world.library.contains(&name) {
            return format!("; `import {name}` makes the module of this name visible");
        }
        let mut known = self.names_of(files, namespace);
        known.extend(self.names_of(&[], "core"));
        ops::suggestion(name, known.iter().map(|known| &**known))
    }

    fn defines(&mut self, files: &[Compiled], namespace: &str, name: &str) -> bool {
        let in_texts = files
            .iter()
            .filter(|file| *file.namespace == *namespace)
            .any(|file| file.image.definitions.iter().any(|definition| *definition.name == *name));
        in_texts || {
            let symbol = self.world.intern(self.mc, name);
            let is_hidden = namespace == "core" && name.starts_with('_');
            let living = if namespace == "core" { Some(self.world.core) } else { self.world.namespaces.get(namespace).copied() };
            !is_hidden && living.is_some_and(|living| living.get(symbol).is_some())
        }
    }

    fn names_of(&self, files: &[Compiled], namespace: &str) -> Vec<Arc<str>> {
        let texts = files.iter().filter(|file| *file.namespace == *namespace);
        let mut names: Vec<Arc<str>> = texts.flat_map(|file| file.image.definitions.iter().map(|d| d.name.clone())).collect();
        let living = if namespace == "core" { Some(self.world.core) } else { self.world.namespaces.get(namespace).copied() };
        names.extend(living.iter().flat_map(|living| living.definitions()).map(|cell| Arc::from(cell.name.as_str())));
        names
    }
}

/// The names that a file's code mentions, each once, with its first place.
fn mentions(image: &ModuleImage) -> Vec<(&NameRef, Span)> {
    let mut places: BTreeMap<String, (&NameRef, Span)> = BTreeMap::new();
    for proto in &image.protos {
        for (index, span) in uses(proto) {
            let Const::Name(name) = &proto.consts[index] else { continue };
            let place = places.entry(format!("{name:?}")).or_insert((name, span));
            if span.lo < place.1.lo {
                *place = (name, span);
            }
        }
    }
    places.into_values().collect()
}

/// The constants that instructions about definitions name, with their places.
fn uses(proto: &ProtoImage) -> Vec<(usize, Span)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(word) = proto.code.get(at) {
        let Some(op) = Op::from_byte(Insn(*word).op_byte()) else { break };
        let index = match op {
            Op::GetGlobal | Op::SetGlobal | Op::GetDef => Some(Insn(*word).bx() as usize),
            Op::CallGlobal => {
                let extra = op.info().extra.iter().position(|extra| *extra == Extra::Const);
                extra.map(|i| proto.code[at + 1 + i] as usize)
            }
            _ => None,
        };
        let after = proto.spans.partition_point(|(word, _)| *word as usize <= at);
        let span = after.checked_sub(1).map_or(proto.span, |i| proto.spans[i].1);
        found.extend(index.map(|index| (index, span)));
        at += op.words();
    }
    found
}
