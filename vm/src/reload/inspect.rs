//! Looking at texts without running them: `lang check`, and editors.

use super::check::Reason;
use super::codes;
use super::cycles::needed_too_early;
use super::load::{FileText, normalise};
use super::options::ReloadOptions;
use crate::embed::{Problem, Vm};
use lang::lint::{LintFile, Program};
use lang::source::Source;
use std::collections::HashSet;

/// What the texts of a check are.
///
/// See the example of [`Vm::check`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// Some files; others may contribute to the same namespaces.
    Files,
    /// All files of a program, which are loaded together.
    Program,
}

impl Vm {
    /// Compiles texts and what they import, and runs nothing: what there is to say about the texts, or what stands in the way of loading
    /// them. Says more than a load does: also what can be meant so, such as a variable that nothing uses.
    ///
    /// Of native bundles that cannot be loaded it says nothing.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::reload::Extent;
    ///
    /// let mut vm = Vm::new();
    /// let problems = vm.check(vec![("game.lang".into(), "fn f() { let unused = 1; 2 }".into())], Extent::Files).expect("it would load");
    /// assert!(problems[0].diagnostic.plain(&problems[0].source).contains("`unused`"));
    /// let reasons = vm.check(vec![("game.lang".into(), "fn f( {".into())], Extent::Files).expect_err("it would not load");
    /// assert_eq!((&*reasons[0].file, reasons[0].line), ("game.lang", 1));
    /// assert!(!vm.is_loaded("game.lang"));
    /// ```
    ///
    /// # Errors
    /// The reasons for which the texts would not be loaded.
    pub fn check(&mut self, texts: Vec<(String, String)>, extent: Extent) -> Result<Vec<Problem>, Vec<Reason>> {
        let outer = std::mem::replace(&mut self.files.is_checking, true);
        let found = self.look_at(texts, extent);
        self.files.is_checking = outer;
        self.release_bundles();
        found
    }

    fn look_at(&mut self, texts: Vec<(String, String)>, extent: Extent) -> Result<Vec<Problem>, Vec<Reason>> {
        let asked: HashSet<String> = texts.iter().map(|(path, _)| normalise(path)).collect();
        if extent == Extent::Program {
            let files = texts.iter().map(|(path, text)| FileText { path: path.clone(), text: Some(text.clone()) });
            let plan = self.plan(files.collect(), &ReloadOptions::default());
            if !plan.ok {
                return Err(plan.reasons);
            }
        }
        let (compiled, warnings) = self.gather(texts)?;
        let is_shared = |source: &Source| {
            extent == Extent::Files && compiled.iter().any(|file| *file.path == *source.name() && file.image.namespace.is_some())
        };
        let mut found: Vec<(Source, lang::diagnostic::Diagnostic)> =
            warnings.into_iter().filter(|(source, d)| d.code != &codes::UNKNOWN_NAME || !is_shared(source)).collect();
        found.extend(needed_too_early(&compiled));
        let files =
            compiled.iter().map(|file| LintFile::new(file.image.source.clone(), file.namespace.clone(), file.imports.clone()));
        let program = Program::new(files.collect());
        for (at, file) in compiled.iter().enumerate().filter(|(_, file)| asked.contains(&*file.path)) {
            found.extend(program.lint(at).into_iter().map(|diagnostic| (file.image.source.clone(), diagnostic)));
        }
        found.sort_by(|(a, first), (b, second)| (a.name(), first.span.lo).cmp(&(b.name(), second.span.lo)));
        Ok(found.into_iter().map(|(source, diagnostic)| Problem { source, diagnostic }).collect())
    }
}
