//! A file as seen from outside: its definitions with their signatures, fingerprints and uses, its statements, its imports.
//!
//! Two texts of a file are compared by their outlines: a definition changed exactly when its fingerprint did. Fingerprints
//! are taken over the tree, so that comments, spacing, brackets, position, doc text and `was` do not show in them.

mod fingerprint;
mod highlight;
mod uses;

pub use fingerprint::{fingerprint_expr, fingerprint_stmt};
pub use highlight::{TokenClass, highlight};
pub use uses::{ImportUse, Uses};

use crate::ast::walk::Detail;
use crate::ast::{ClassDecl, File, Func, Ident, LetDecl, LetKind, NodeId, Param, ParamKind, Pattern, PatternKind, Stmt, StmtKind};
use crate::ast::{MapPatternItem, PatternItem};
use crate::resolve::Resolved;
use crate::source::{Source, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// The kinds of definition. In the rules for reloads `Variable`, `Constant` and `Once` are one kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DefinitionKind {
    /// `fn`
    Function,
    /// `class`
    Class,
    /// `enum`
    Enum,
    /// `let`
    Variable,
    /// `const`
    Constant,
    /// `once`
    Once,
}

impl DefinitionKind {
    /// The word for it in messages.
    pub fn text(self) -> &'static str {
        match self {
            DefinitionKind::Function => "function",
            DefinitionKind::Class => "class",
            DefinitionKind::Enum => "enum",
            DefinitionKind::Variable => "variable",
            DefinitionKind::Constant => "constant",
            DefinitionKind::Once => "once",
        }
    }
}

/// One top-level name that the file defines.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its name and where the name stands.
    pub name: Ident,
    /// Index of its statement in [`File::stmts`]; the names of one destructuring `let` share it.
    pub stmt: usize,
    /// The whole statement, decorators included.
    pub span: Span,
    /// Doc text.
    pub doc: Option<String>,
    /// One line: `area(w, h = w)`, `class Goblin(Monster)`, `let x`.
    pub signature: String,
    /// What it is renamed from; may be a path `a.b.name`.
    pub was: Option<Ident>,
    /// Equal in two texts exactly when the definition means the same.
    pub fingerprint: u64,
    /// The same without the bodies of lambdas.
    pub shape: u64,
    /// What it mentions; shared by the names of one statement.
    pub uses: Arc<Uses>,
}

/// The kinds of top-level statement that are neither definition nor import.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StatementKind {
    /// Runs when the file is loaded.
    Code,
    /// `extend`
    Extend,
    /// `test`
    Test,
}

/// One top-level statement that is neither definition nor import.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Index in [`File::stmts`].
    pub stmt: usize,
    /// Where it stands.
    pub span: Span,
    /// Equal in two texts exactly when the statement means the same.
    pub fingerprint: u64,
    /// The same without the bodies of lambdas: statements of two texts are matched by shape and occurrence.
    pub shape: u64,
    /// How many statements of the same shape stand before it.
    pub occurrence: u32,
    /// What it mentions.
    pub uses: Arc<Uses>,
}

/// One import.
#[derive(Clone, Debug)]
pub struct ImportOutline {
    /// Index in [`File::stmts`].
    pub stmt: usize,
    /// Where it stands.
    pub span: Span,
    /// Equal in two texts exactly when the import says the same.
    pub fingerprint: u64,
    /// How many equal imports stand before it.
    pub occurrence: u32,
}

/// A file as seen from outside.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// `namespace a.b`, when the file says so.
    pub namespace: Option<String>,
    /// Doc text of the namespace.
    pub doc: Option<String>,
    /// Definitions in text order.
    pub definitions: Vec<Definition>,
    /// Other statements in text order.
    pub statements: Vec<Statement>,
    /// Imports in text order; the index is the [`crate::resolve::ImportId`].
    pub imports: Vec<ImportOutline>,
}

impl Outline {
    /// The definition of this name.
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.definitions.iter().find(|definition| &*definition.name.name == name)
    }
}

/// Makes the outline of a file. Statements that did not parse are left out.
pub fn outline(source: &Source, file: &File, resolved: &Resolved) -> Outline {
    let mut out = Outline {
        namespace: file.namespace.as_deref().map(crate::ast::walk::path_text),
        doc: file.doc.clone(),
        ..Outline::default()
    };
    let mut shapes: FxHashMap<u64, u32> = FxHashMap::default();
    for (index, stmt) in file.stmts.iter().enumerate() {
        let heads = heads(source, stmt);
        if heads.is_empty() && matches!(stmt.kind, StmtKind::Error | StmtKind::Let(_)) {
            continue;
        }
        let fingerprint = fingerprint_stmt(stmt, Detail::Meaning);
        if let StmtKind::Import(_) = stmt.kind {
            let occurrence = next_occurrence(&mut shapes, fingerprint);
            out.imports.push(ImportOutline { stmt: index, span: stmt.span, fingerprint, occurrence });
            continue;
        }
        let shape = fingerprint_stmt(stmt, Detail::Shape);
        let uses = Arc::new(uses::uses_of(stmt, resolved));
        if heads.is_empty() {
            let kind = match stmt.kind {
                StmtKind::Extend(_) => StatementKind::Extend,
                StmtKind::Test(_) => StatementKind::Test,
                _ => StatementKind::Code,
            };
            let occurrence = next_occurrence(&mut shapes, shape);
            out.statements.push(Statement { kind, stmt: index, span: stmt.span, fingerprint, shape, occurrence, uses });
            continue;
        }
        for head in heads {
            out.definitions.push(Definition {
                kind: head.kind,
                name: head.name,
                stmt: index,
                span: stmt.span,
                doc: head.doc,
                signature: head.signature,
                was: head.was,
                fingerprint,
                shape,
                uses: Arc::clone(&uses),
            });
        }
    }
    out
}

fn next_occurrence(seen: &mut FxHashMap<u64, u32>, key: u64) -> u32 {
    let count = seen.entry(key).or_insert(0);
    *count += 1;
    *count - 1
}

/// The part of a definition that its statement says directly.
struct Head {
    kind: DefinitionKind,
    name: Ident,
    doc: Option<String>,
    signature: String,
    was: Option<Ident>,
}

fn heads(source: &Source, stmt: &Stmt) -> Vec<Head> {
    match &stmt.kind {
        StmtKind::Fn(decl) => vec![Head {
            kind: DefinitionKind::Function,
            name: decl.name.clone(),
            doc: decl.doc.clone(),
            signature: format!("{}{}", decl.name.name, params_text(source, &decl.func)),
            was: decl.was.clone(),
        }],
        StmtKind::Class(decl) => vec![Head {
            kind: DefinitionKind::Class,
            name: decl.name.clone(),
            doc: decl.doc.clone(),
            signature: class_text(source, decl),
            was: decl.was.clone(),
        }],
        StmtKind::Enum(decl) => vec![Head {
            kind: DefinitionKind::Enum,
            name: decl.name.clone(),
            doc: decl.doc.clone(),
            signature: format!("enum {}", decl.name.name),
            was: decl.was.clone(),
        }],
        StmtKind::Let(decl) => let_heads(decl),
        _ => Vec::new(),
    }
}

fn let_heads(decl: &LetDecl) -> Vec<Head> {
    let (kind, word) = match decl.kind {
        LetKind::Let => (DefinitionKind::Variable, "let"),
        LetKind::Const => (DefinitionKind::Constant, "const"),
        LetKind::Once => (DefinitionKind::Once, "once"),
    };
    let mut names = Vec::new();
    bound_names(&decl.pattern, &mut names);
    let mut seen = FxHashSet::default();
    names.retain(|ident| seen.insert(ident.name.clone()));
    let head =
        |name: Ident| Head { kind, signature: format!("{word} {}", name.name), name, doc: decl.doc.clone(), was: decl.was.clone() };
    names.into_iter().map(head).collect()
}

/// The names that a pattern binds. Patterns are bounded in height.
pub(crate) fn bound_names(pattern: &Pattern, out: &mut Vec<Ident>) {
    bindings(pattern, &mut |_, ident| out.push(ident.clone()));
}

/// Tells of the names that a pattern binds, each with its id; of alternatives the first one's.
pub(crate) fn bindings(pattern: &Pattern, tell: &mut impl FnMut(NodeId, &Ident)) {
    match &*pattern.kind {
        PatternKind::Bind(id, ident) | PatternKind::BindIs(id, ident, _) => tell(*id, ident),
        PatternKind::Tuple(items) | PatternKind::List(items) => {
            for item in items {
                match item {
                    PatternItem::One(pattern) => bindings(pattern, tell),
                    PatternItem::Rest(binding) => binding.iter().for_each(|(id, ident)| tell(*id, ident)),
                }
            }
        }
        PatternKind::Map(items) => {
            for item in items {
                match item {
                    MapPatternItem::Pair(_, pattern) => bindings(pattern, tell),
                    MapPatternItem::Rest(binding) => binding.iter().for_each(|(id, ident)| tell(*id, ident)),
                }
            }
        }
        PatternKind::Class { slots, .. } => slots.iter().for_each(|slot| bindings(&slot.pattern, tell)),
        PatternKind::Or(alternatives) => alternatives.iter().take(1).for_each(|first| bindings(first, tell)),
        PatternKind::Wildcard | PatternKind::Is(_) | PatternKind::Value(_) | PatternKind::Range { .. } | PatternKind::Error => {}
    }
}

/// Longest text of a default in a signature.
const DEFAULT_CHARS_MAX: usize = 40;

/// The parameters of a function on one line: `(w, h = w, ...rest)`.
pub fn params_text(source: &Source, func: &Func) -> String {
    let params: Vec<String> = func.params.iter().map(|param| param_text(source, param)).collect();
    format!("({})", params.join(", "))
}

fn param_text(source: &Source, param: &Param) -> String {
    let pattern = match &*param.pattern.kind {
        PatternKind::Bind(_, ident) if param.kind == ParamKind::Rest => format!("...{}", ident.name),
        _ => one_line(source.slice(param.pattern.span)),
    };
    match &param.default {
        None => pattern,
        Some(default) => format!("{pattern} = {}", one_line(source.slice(default.span))),
    }
}

/// A piece of source on one line; `…` when it is long or spans lines.
pub(crate) fn one_line(text: &str) -> String {
    if text.contains('\n') || text.chars().count() > DEFAULT_CHARS_MAX { "…".to_owned() } else { text.to_owned() }
}

pub(crate) fn class_text(source: &Source, decl: &ClassDecl) -> String {
    let bases: Vec<&str> = decl.bases.iter().map(|base| source.slice(base.span)).collect();
    if bases.is_empty() { format!("class {}", decl.name.name) } else { format!("class {}({})", decl.name.name, bases.join(", ")) }
}
