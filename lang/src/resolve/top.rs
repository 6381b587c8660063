//! The top level of a file: what it imports and what it defines, each name once.

use super::patterns::Place;
use super::scope::{Fixed, Resolver};
use super::{ImportEntry, ImportId, Res};
use crate::ast::{File, Ident, Import, ImportPath, ImportWhat, LetKind, Name, Stmt, StmtKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

impl Resolver<'_> {
    pub(super) fn collect_imports(&mut self, file: &File) {
        let mut bound: FxHashMap<Name, (Span, String)> = FxHashMap::default();
        for stmt in &file.stmts {
            let StmtKind::Import(import) = &stmt.kind else { continue };
            let id = ImportId(self.imports.len() as u32);
            let mut entry = ImportEntry { path: import.from.clone(), span: stmt.span, items: Vec::new(), binds: None };
            let from = path_key(&import.from);
            match &import.what {
                ImportWhat::Namespace(_) => {
                    entry.binds = self.namespace_name(import);
                    if let Some(ident) = &entry.binds {
                        self.bind_import(&mut bound, ident, Res::ImportedNamespace(id), from);
                    }
                }
                ImportWhat::Items(items) => {
                    for item in items {
                        let local = item.alias.as_ref().unwrap_or(&item.name);
                        let res = Res::ImportedName(id, item.name.name.clone());
                        self.bind_import(&mut bound, local, res, format!("{from}.{}", item.name.name));
                        entry.items.push((item.name.clone(), local.clone()));
                    }
                }
            }
            self.imports.push(entry);
        }
    }

    /// Warns of tests that cannot be told apart.
    pub(super) fn check_test_names(&mut self, file: &File) {
        let mut known: FxHashMap<&str, Span> = FxHashMap::default();
        for stmt in &file.stmts {
            let StmtKind::Test(test) = &stmt.kind else { continue };
            let span = Span { lo: stmt.span.lo, hi: test.func.span.lo.min(stmt.span.hi) };
            match known.entry(&test.name) {
                Entry::Vacant(entry) => {
                    entry.insert(span);
                }
                Entry::Occupied(first) => self.diagnostics.push(
                    Diagnostic::new(&codes::SAME_TEST, span, format!("a second test is called \"{}\"", test.name))
                        .label("the same name again")
                        .note(*first.get(), "the first one is here")
                        .help("give each test of a file a name of its own"),
                ),
            }
        }
    }

    /// The name under which a whole namespace is imported.
    fn namespace_name(&mut self, import: &Import) -> Option<Ident> {
        if let ImportWhat::Namespace(Some(alias)) = &import.what {
            return Some(alias.clone());
        }
        let (path, span) = match &import.from {
            ImportPath::Namespace(path) => return path.last().cloned(),
            ImportPath::File(path, span) => (path, *span),
            ImportPath::Native(path, span) => (path, *span),
        };
        let stem = match &import.from {
            ImportPath::Native(path, _) => bundle_name(path),
            _ => stem(path),
        };
        if is_name(stem) && !crate::token::is_keyword(stem) {
            return Some(Ident { name: Name::new(stem), span });
        }
        self.diagnostics.push(
            Diagnostic::new(&codes::IMPORT_NAME, span, format!("`{stem}` is no name that an import can bind"))
                .label("not a name")
                .help("give it one with `as`: `import \"…\" as name`"),
        );
        None
    }

    fn bind_import(&mut self, bound: &mut FxHashMap<Name, (Span, String)>, ident: &Ident, res: Res, from: String) {
        match bound.get(&ident.name) {
            // The same import again is harmless.
            Some((_, first)) if *first == from => {}
            Some((first, _)) => self.diagnostics.push(
                Diagnostic::new(&codes::IMPORTED_TWICE, ident.span, format!("`{}` is imported twice", ident.name))
                    .label("imported again")
                    .note(*first, "first imported here")
                    .help("give one of them another name with `as`"),
            ),
            None => {
                bound.insert(ident.name.clone(), (ident.span, from));
                self.imported.insert(ident.name.clone(), res);
            }
        }
    }

    pub(super) fn collect_definitions(&mut self, file: &File) {
        let mut defined: FxHashMap<Name, Span> = FxHashMap::default();
        let imported: FxHashMap<Name, Span> = self
            .imports
            .iter()
            .flat_map(|entry| entry.items.iter().map(|(_, local)| local).chain(&entry.binds))
            .map(|ident| (ident.name.clone(), ident.span))
            .collect();
        for stmt in &file.stmts {
            let (names, fixed) = match &stmt.kind {
                StmtKind::Fn(decl) => (vec![decl.name.clone()], Some(Fixed::Function)),
                StmtKind::Class(decl) => (vec![decl.name.clone()], Some(Fixed::Class)),
                StmtKind::Enum(decl) => (vec![decl.name.clone()], Some(Fixed::Enum)),
                StmtKind::Let(decl) => {
                    let errors = self.diagnostics.len();
                    let names = self.pattern_names(&decl.pattern);
                    // Problems within the pattern are reported when it is walked.
                    self.diagnostics.truncate(errors);
                    (names, (decl.kind == LetKind::Const).then_some(Fixed::Const))
                }
                _ => continue,
            };
            for ident in names {
                self.define(&mut defined, &imported, &ident);
                if let Some(fixed) = fixed {
                    self.fixed.insert(ident.name.clone(), (fixed, ident.span));
                }
            }
        }
        for stmt in &file.stmts {
            let StmtKind::Enum(decl) = &stmt.kind else { continue };
            for variant in &decl.variants {
                let name = &variant.name.name;
                if !defined.contains_key(name) && !imported.contains_key(name) {
                    self.variants.insert(name.clone(), decl.name.name.clone());
                }
            }
        }
    }

    fn define(&mut self, defined: &mut FxHashMap<Name, Span>, imported: &FxHashMap<Name, Span>, ident: &Ident) {
        if let Some(first) = defined.get(&ident.name) {
            self.diagnostics.push(
                Diagnostic::new(
                    &codes::DUPLICATE_DEFINITION,
                    ident.span,
                    format!("`{}` is defined twice in this file", ident.name),
                )
                .label("defined again")
                .note(*first, "first defined here")
                .help("remove or rename one of the two; to change a variable, assign without `let`"),
            );
            return;
        }
        if let Some(import) = imported.get(&ident.name) {
            self.diagnostics.push(
                Diagnostic::new(
                    &codes::DEFINED_AND_IMPORTED,
                    ident.span,
                    format!("`{}` is defined here and also imported", ident.name),
                )
                .label("defined")
                .note(*import, "imported here")
                .help("import it under another name with `as`, or rename the definition"),
            );
        }
        defined.insert(ident.name.clone(), ident.span);
    }

    /// A statement of the file itself: its names are definitions, not variables.
    pub(super) fn top_stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(decl) => {
                decl.value.iter().for_each(|value| self.expr(value));
                self.pattern(&decl.pattern, Place::TopLevel);
            }
            StmtKind::Fn(decl) => {
                self.set_res(decl.id, Res::Name(decl.name.name.clone()));
                self.decorators(&decl.decorators);
                self.func(&decl.func, None);
            }
            StmtKind::Class(decl) => {
                self.set_res(decl.id, Res::Name(decl.name.name.clone()));
                self.decorators(&decl.decorators);
                decl.bases.iter().for_each(|base| self.expr(base));
                self.members(&[], &decl.members, None);
            }
            StmtKind::Enum(decl) => {
                self.set_res(decl.id, Res::Name(decl.name.name.clone()));
                self.decorators(&decl.decorators);
                self.members(&decl.variants, &decl.members, None);
            }
            StmtKind::Import(_) => {}
            StmtKind::Test(test) => self.func(&test.func, None),
            StmtKind::Expr(_) | StmtKind::Assign(_) | StmtKind::Extend(_) | StmtKind::Assert(..) | StmtKind::Error => {
                self.inner_stmt(stmt, 0);
            }
        }
    }
}

/// The name of a native bundle: that of its file, without its ending and without the `lib` that some systems begin it with.
///
/// ```
/// assert_eq!(lang::resolve::bundle_name("build/libgeometry.so"), "geometry");
/// assert_eq!(lang::resolve::bundle_name("geometry"), "geometry");
/// ```
pub fn bundle_name(path: &str) -> &str {
    let stem = stem(path);
    stem.strip_prefix("lib").filter(|rest| is_name(rest)).unwrap_or(stem)
}

/// The name of a file without its ending.
fn stem(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.split('.').next().unwrap_or(file)
}

fn is_name(text: &str) -> bool {
    let fits = |(i, c)| match i {
        0 => c == '_' || unicode_ident::is_xid_start(c),
        _ => unicode_ident::is_xid_continue(c),
    };
    !text.is_empty() && text.chars().enumerate().all(fits)
}

/// What an import comes from, as text.
fn path_key(path: &ImportPath) -> String {
    match path {
        ImportPath::Namespace(path) => crate::ast::walk::path_text(path),
        ImportPath::File(path, _) => format!("file {path}"),
        ImportPath::Native(path, _) => format!("native {path}"),
    }
}
