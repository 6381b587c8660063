//! What is wrong or pointless in texts beyond a single name: calls that cannot succeed, members of `self` that do not exist, and what
//! nothing uses or reaches. These look at several files at once, run nothing, and speak only where they can be certain of what a name
//! means; what may be given to a class or namespace from elsewhere is left alone.

mod calls;
mod imports;
mod locals;
mod members;
mod unreachable;

use crate::ast::{ClassDecl, EnumDecl, Expr, ExprKind, ExtendDecl, File, FnDecl, Name, StmtKind};
use crate::diagnostic::Diagnostic;
use crate::resolve::{Res, Resolved};
use crate::source::Source;
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::sync::Arc;

/// A file to look at.
#[derive(Debug)]
pub struct LintFile {
    /// Its text.
    pub source: Source,
    tree: File,
    resolved: Resolved,
    /// The namespace it contributes to.
    namespace: Arc<str>,
    /// Namespaces of its imports, in text order.
    imports: Vec<Arc<str>>,
}

impl LintFile {
    /// A file of a program. `imports` are the namespaces of its imports, in text order.
    pub fn new(source: Source, namespace: Arc<str>, imports: Vec<Arc<str>>) -> LintFile {
        let tree = crate::parse(&source).file;
        let resolved = crate::resolve(&tree, &mut Vec::new());
        LintFile { source, tree, resolved, namespace, imports }
    }

    /// The definition that an expression names, as namespace and name: `name`, or `namespace.name`.
    fn named<'f>(&'f self, expr: &'f Expr) -> Option<(&'f str, &'f Name)> {
        match &*expr.kind {
            ExprKind::Name(id, _) => match self.resolved.names.get(id.0 as usize)? {
                Res::Name(name) => Some((&self.namespace, name)),
                Res::ImportedName(import, name) => Some((self.imports.get(import.0 as usize)?, name)),
                _ => None,
            },
            ExprKind::Member { object, name, optional: false } => {
                let ExprKind::Name(id, _) = &*object.kind else { return None };
                match self.resolved.names.get(id.0 as usize)? {
                    Res::ImportedNamespace(import) => Some((self.imports.get(import.0 as usize)?, &name.name)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// A definition whose text is known.
#[derive(Clone, Copy)]
enum Known<'p> {
    Function(&'p FnDecl),
    Class(&'p ClassDecl),
    Enum(&'p EnumDecl),
}

/// Files that know each other.
pub struct Program {
    files: Vec<LintFile>,
    by_namespace: FxHashMap<Arc<str>, Vec<usize>>,
    /// File and statement of functions, classes and enums, by namespace and name.
    definitions: FxHashMap<(Arc<str>, Name), (usize, usize)>,
    /// File and statement of `extend` blocks at top level.
    extensions: Vec<(usize, usize)>,
    /// Made when they are needed.
    classes: OnceCell<members::Classes>,
}

impl Program {
    /// Takes in the files.
    pub fn new(files: Vec<LintFile>) -> Program {
        let mut by_namespace: FxHashMap<Arc<str>, Vec<usize>> = FxHashMap::default();
        let mut definitions = FxHashMap::default();
        let mut extensions = Vec::new();
        for (at, file) in files.iter().enumerate() {
            by_namespace.entry(file.namespace.clone()).or_default().push(at);
            for (index, stmt) in file.tree.stmts.iter().enumerate() {
                let name = match &stmt.kind {
                    StmtKind::Fn(decl) => &decl.name.name,
                    StmtKind::Class(decl) => &decl.name.name,
                    StmtKind::Enum(decl) => &decl.name.name,
                    StmtKind::Extend(_) => {
                        extensions.push((at, index));
                        continue;
                    }
                    _ => continue,
                };
                definitions.insert((file.namespace.clone(), name.clone()), (at, index));
            }
        }
        Program { files, by_namespace, definitions, extensions, classes: OnceCell::new() }
    }

    /// What there is to say about the file with this index.
    pub fn lint(&self, at: usize) -> Vec<Diagnostic> {
        let file = &self.files[at];
        let mut found = locals::unused_locals(file);
        found.extend(imports::unused_imports(self, file));
        found.extend(unreachable::unreachable_code(&file.tree));
        found.extend(calls::wrong_calls(self, file));
        found.extend(members::unknown_members(self.classes.get_or_init(|| members::Classes::new(self)), file));
        found.sort_by_key(|diagnostic| diagnostic.span.lo);
        found
    }

    fn files_of(&self, namespace: &str) -> impl Iterator<Item = &LintFile> {
        self.by_namespace.get(namespace).into_iter().flatten().map(|at| &self.files[*at])
    }

    /// The definition of a name, with its file.
    fn known(&self, namespace: &str, name: &Name) -> Option<(&LintFile, Known<'_>)> {
        let (at, stmt) = self.definitions.get(&(Arc::from(namespace), name.clone()))?;
        let file = &self.files[*at];
        let known = match &file.tree.stmts[*stmt].kind {
            StmtKind::Fn(decl) => Known::Function(decl),
            StmtKind::Class(decl) => Known::Class(decl),
            StmtKind::Enum(decl) => Known::Enum(decl),
            _ => return None,
        };
        Some((file, known))
    }

    fn extensions(&self) -> impl Iterator<Item = (&LintFile, &ExtendDecl)> {
        self.extensions.iter().filter_map(|(at, stmt)| match &self.files[*at].tree.stmts[*stmt].kind {
            StmtKind::Extend(decl) => Some((&self.files[*at], &**decl)),
            _ => None,
        })
    }
}
