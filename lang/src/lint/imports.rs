//! Imports that nothing uses. One that has an effect, because the file it loads extends classes, runs statements, registers something by
//! decorators or adds to a namespace that it names, is used in any case.

use super::{LintFile, Program};
use crate::ast::{Element, Expr, ExprKind, File, LetKind, Name, StmtKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::{ImportId, Res};
use std::collections::HashSet;

/// Warnings about imports that nothing uses.
pub(super) fn unused_imports(program: &Program, file: &LintFile) -> Vec<Diagnostic> {
    let mut used: HashSet<(ImportId, Option<Name>)> = HashSet::new();
    for res in &file.resolved.names {
        match res {
            Res::ImportedNamespace(import) => used.insert((*import, None)),
            Res::ImportedName(import, name) => used.insert((*import, Some(name.clone()))),
            _ => false,
        };
    }
    let mut found = Vec::new();
    for (at, import) in file.resolved.imports.iter().enumerate() {
        let id = ImportId(at as u32);
        let Some(namespace) = file.imports.get(at) else { continue };
        if *namespace == file.namespace || loading_acts(program, namespace) {
            continue;
        }
        let unused = import.items.iter().filter(|(item, _)| !used.contains(&(id, Some(item.name.clone()))));
        let whole = import.binds.iter().filter(|_| !used.contains(&(id, None)));
        for name in unused.map(|(_, local)| local).chain(whole).filter(|name| !name.name.starts_with('_')) {
            let diagnostic = Diagnostic::new(&codes::UNUSED_IMPORT, name.span, format!("the import `{}` is never used", name.name));
            found.push(diagnostic.label("nothing mentions it").help("remove it from the import"));
        }
    }
    found
}

/// Whether loading a namespace, and what that imports, does more than to make definitions.
fn loading_acts(program: &Program, namespace: &str) -> bool {
    let mut seen = HashSet::from([namespace]);
    let mut waiting = vec![namespace];
    while let Some(namespace) = waiting.pop() {
        for file in program.files_of(namespace) {
            if has_effect(&file.tree) || file.tree.namespace.is_some() {
                return true;
            }
            waiting.extend(file.imports.iter().map(|import| &**import).filter(|import| seen.insert(*import)));
        }
    }
    false
}

/// Whether a variable's initialiser may do something beside giving a value.
fn may_act(value: &Expr) -> bool {
    let element = |element: &Element| match element {
        Element::One(value) => may_act(value),
        Element::Spread(_) => true,
    };
    match &*value.kind {
        ExprKind::Nil | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::BigInt(_) | ExprKind::Float(_) | ExprKind::Str(_) => false,
        ExprKind::Name(..) | ExprKind::Fn(_) => false,
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().any(element),
        ExprKind::Map(items) => !items.is_empty(),
        ExprKind::Unary(_, value) => may_act(value),
        _ => true,
    }
}

/// Whether loading a file does more than to make its definitions.
fn has_effect(file: &File) -> bool {
    file.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Expr(_) | StmtKind::Assign(_) | StmtKind::Assert(..) | StmtKind::Extend(_) => true,
        StmtKind::Fn(decl) => !decl.decorators.is_empty(),
        StmtKind::Class(decl) => !decl.decorators.is_empty(),
        StmtKind::Enum(decl) => !decl.decorators.is_empty(),
        // Constants are for values.
        StmtKind::Let(decl) => decl.kind != LetKind::Const && decl.value.as_ref().is_some_and(may_act),
        StmtKind::Import(_) | StmtKind::Test(_) | StmtKind::Error => false,
    })
}
