//! The texts of a program as a plan will leave them: those of its files, and of the files that it does not touch.

use super::names::Names;
use super::plan::{FileInput, ReloadPlan};
use lang::ast::Stmt;
use lang::source::Source;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// One of them.
pub(super) struct Text<'a> {
    pub(super) source: &'a Source,
    pub(super) namespace: &'a str,
    /// Namespaces of its imports.
    pub(super) imports: &'a [Arc<str>],
}

/// All of them, each once.
pub(super) fn texts<'a>(plan: &'a ReloadPlan, others: &'a [FileInput]) -> impl Iterator<Item = Text<'a>> {
    // A file that is not edited is in a plan when values of it are computed anew.
    let planned: FxHashSet<&str> = plan.files.iter().map(|file| &*file.path).collect();
    let edited = plan.files.iter().filter(|file| !file.is_removed);
    let edited = edited.map(|file| Text { source: &file.image.source, namespace: &file.namespace, imports: &file.imports });
    let others = others.iter().filter(move |other| !planned.contains(&*other.path));
    let others = others.map(|other| Text { source: &other.new.source, namespace: &other.namespace, imports: &other.imports });
    edited.chain(others)
}

impl Text<'_> {
    /// Whether these letters are in it.
    pub(super) fn has(&self, word: &str) -> bool {
        self.source.text().contains(word)
    }

    /// Looks at its tree, and at what the names in it mean.
    pub(super) fn look<R>(&self, look: impl FnOnce(Names<'_>, &[Stmt]) -> R) -> R {
        let parsed = lang::parse(self.source);
        let resolved = lang::resolve::resolve(&parsed.file, &mut Vec::new());
        look(Names { resolved: &resolved, namespace: self.namespace, imports: self.imports }, &parsed.file.stmts)
    }
}
