//! The top level of a file: definitions, units, tests and imports of the module image.

use super::assigned::Assigned;
use super::class::{text, was};
use super::fingerprint::Fingerprint;
use super::function::{Function, Reg};
use super::places::Places;
use super::proto::{Signature, no_scope};
use super::{Compiler, Dest};
use crate::bytecode::{Insn, Op};
use crate::image::{
    DefinitionImage, DefinitionKind, ImportFrom, ImportImage, ModuleImage, ProtoId, ProtoKind, TestImage, UnitImage, UnitKind,
};
use lang::ast::walk::Detail;
use lang::ast::*;
use lang::diagnostic::Diagnostic;
use lang::outline::fingerprint_stmt;
use lang::resolve::Resolved;
use lang::source::{Source, Span};
use rustc_hash::FxHashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Compiles a file that has parsed and resolved without errors.
pub(super) fn compile<'a>(
    source: &'a Source,
    file: &'a File,
    resolved: &'a Resolved,
    diagnostics: &'a mut Vec<Diagnostic>,
) -> ModuleImage {
    let root = Function::new("<unit>".into(), ProtoKind::Unit, no_scope(), Span::default());
    let compiler = Compiler {
        source,
        resolved,
        diagnostics,
        assigned: Assigned::of(file),
        places: Places::of(file),
        top_names: top_names(file),
        kept: Vec::new(),
        fun: root,
        outer: Vec::new(),
        made: FxHashMap::default(),
        protos: Vec::new(),
        classes: Vec::new(),
        enums: Vec::new(),
        extensions: Vec::new(),
    };
    let mut top = Top { compiler, definitions: Vec::new(), units: Vec::new(), tests: Vec::new() };
    for (at, stmt) in file.stmts.iter().enumerate() {
        top.stmt(at, stmt);
    }
    let Top { compiler, definitions, units, tests, .. } = top;
    ModuleImage {
        namespace: file.namespace.as_ref().map(|path| dotted(path)),
        doc: file.doc.clone(),
        imports: imports(resolved),
        protos: compiler.protos,
        classes: compiler.classes,
        enums: compiler.enums,
        extensions: compiler.extensions,
        definitions,
        units,
        tests,
        ..ModuleImage::empty(source.clone())
    }
}

/// The source of an import, as the image says it.
pub(super) fn import_from(path: &ImportPath) -> ImportFrom {
    match path {
        ImportPath::Namespace(path) => ImportFrom::Namespace(dotted(path)),
        ImportPath::File(path, _) => ImportFrom::File(path.clone()),
        ImportPath::Native(path, _) => ImportFrom::Native(path.clone()),
    }
}

fn dotted(path: &[Ident]) -> String {
    path.iter().map(|segment| &*segment.name).collect::<Vec<_>>().join(".")
}

fn imports(resolved: &Resolved) -> Vec<ImportImage> {
    let image = |import: &lang::resolve::ImportEntry| ImportImage {
        from: import_from(&import.path),
        items: import.items.iter().map(|(name, _)| name.name.to_string()).collect(),
        binds: import.items.iter().map(|(_, alias)| alias).chain(&import.binds).map(|name| name.name.to_string()).collect(),
        span: import.span,
    };
    resolved.imports.iter().map(image).collect()
}

/// The names that a file defines, and whether each is a variable.
fn top_names(file: &File) -> FxHashMap<Arc<str>, bool> {
    let mut names = FxHashMap::default();
    for stmt in &file.stmts {
        match &stmt.kind {
            StmtKind::Fn(decl) => {
                names.insert(decl.name.name.0.clone(), false);
            }
            StmtKind::Class(decl) => {
                names.insert(decl.name.name.0.clone(), false);
            }
            StmtKind::Enum(decl) => {
                names.insert(decl.name.name.0.clone(), false);
            }
            StmtKind::Let(decl) => {
                let mut bound = Vec::new();
                bound_names(&decl.pattern, &mut bound);
                names.extend(bound.into_iter().map(|name| (name.name.0.clone(), true)));
            }
            _ => {}
        }
    }
    names
}

/// The names that a pattern binds, with their places, in text order.
fn bound_names<'p>(pattern: &'p Pattern, out: &mut Vec<&'p Ident>) {
    lang::ast::walk::with_stack(|| match &*pattern.kind {
        PatternKind::Bind(_, name) | PatternKind::BindIs(_, name, _) => out.push(name),
        PatternKind::Tuple(items) | PatternKind::List(items) => {
            for item in items {
                match item {
                    PatternItem::One(inner) => bound_names(inner, out),
                    PatternItem::Rest(rest) => out.extend(rest.iter().map(|(_, name)| name)),
                }
            }
        }
        PatternKind::Map(items) => {
            for item in items {
                match item {
                    MapPatternItem::Pair(_, inner) => bound_names(inner, out),
                    MapPatternItem::Rest(rest) => out.extend(rest.iter().map(|(_, name)| name)),
                }
            }
        }
        PatternKind::Class { slots, .. } => slots.iter().for_each(|slot| bound_names(&slot.pattern, out)),
        PatternKind::Or(alternatives) => alternatives.iter().take(1).for_each(|first| bound_names(first, out)),
        PatternKind::Wildcard | PatternKind::Is(_) | PatternKind::Value(_) | PatternKind::Range { .. } | PatternKind::Error => {}
    });
}

/// What a file compiles to, apart from functions and classes.
struct Top<'a> {
    compiler: Compiler<'a>,
    definitions: Vec<DefinitionImage>,
    units: Vec<UnitImage>,
    tests: Vec<TestImage>,
}

impl<'a> Top<'a> {
    fn stmt(&mut self, at: usize, stmt: &'a Stmt) {
        let scope = self.compiler.resolved.units.get(at).unwrap_or_else(|| no_scope());
        self.compiler.fun = Function::new("<unit>".into(), ProtoKind::Unit, scope, stmt.span);
        match &stmt.kind {
            StmtKind::Fn(decl) => {
                let name = &decl.name;
                let proto = self.compiler.function(&decl.func, name.name.0.clone(), ProtoKind::Function, decl.doc.as_deref());
                let entry = Entry { name, was: decl.was.as_ref(), doc: decl.doc.as_ref() };
                self.decorated(stmt, entry, DefinitionKind::Function(proto), &decl.decorators);
            }
            StmtKind::Class(decl) => {
                let bases = decl.bases.iter().map(|base| self.compiler.class_ref(base)).collect();
                let class = self.compiler.class(decl, bases, stmt.span);
                let entry = Entry { name: &decl.name, was: decl.was.as_ref(), doc: decl.doc.as_ref() };
                self.decorated(stmt, entry, DefinitionKind::Class(class), &decl.decorators);
            }
            StmtKind::Enum(decl) => {
                let item = self.compiler.enumeration(decl, stmt.span);
                let entry = Entry { name: &decl.name, was: decl.was.as_ref(), doc: decl.doc.as_ref() };
                self.decorated(stmt, entry, DefinitionKind::Enum(item), &decl.decorators);
            }
            StmtKind::Let(decl) => self.variables(stmt, decl),
            StmtKind::Extend(decl) => {
                let target = self.compiler.class_ref(&decl.target);
                let index = self.compiler.extension(decl, target, stmt.span);
                self.unit(stmt, UnitKind::Extend(index), Signature::default());
            }
            StmtKind::Test(decl) => {
                let name = format!("test {:?}", decl.name).into();
                let proto = self.compiler.function(&decl.func, name, ProtoKind::Function, None);
                self.tests.push(TestImage { name: decl.name.as_str().into(), proto, span: stmt.span });
            }
            StmtKind::Expr(expr) => {
                self.compiler.expr_dest(expr, Dest::Return);
                self.unit(stmt, UnitKind::Statement, Signature::default());
            }
            StmtKind::Assign(_) | StmtKind::Assert(..) => {
                self.compiler.stmt(stmt, Dest::Discard);
                self.unit(stmt, UnitKind::Statement, Signature::default());
            }
            StmtKind::Import(_) | StmtKind::Error => {}
        }
    }

    /// Ends the code of a unit and lists it; its index.
    fn unit(&mut self, stmt: &Stmt, kind: UnitKind, signature: Signature) -> u32 {
        let function = Function::new("<unit>".into(), ProtoKind::Unit, no_scope(), stmt.span);
        let function = std::mem::replace(&mut self.compiler.fun, function);
        let proto = self.compiler.finish_function(function, signature);
        let fingerprint = self.unit_fingerprint(stmt, &kind, proto);
        let is_expression = matches!(stmt.kind, StmtKind::Expr(_));
        let shape = fingerprint_stmt(stmt, Detail::Shape);
        self.units.push(UnitImage { kind, proto, span: stmt.span, fingerprint, shape, is_expression });
        self.units.len() as u32 - 1
    }

    /// What the statement says, and what the file's imports make of it.
    fn unit_fingerprint(&self, stmt: &Stmt, kind: &UnitKind, proto: ProtoId) -> u64 {
        let mut hash = Fingerprint::default();
        fingerprint_stmt(stmt, Detail::Meaning).hash(&mut hash);
        if let UnitKind::Extend(index) = kind {
            self.compiler.extension_hash(*index, &mut hash);
        }
        self.compiler.proto_hash(proto, &mut hash);
        hash.finish()
    }

    /// A function, class or enum, with a unit if it is decorated.
    fn decorated(&mut self, stmt: &Stmt, entry: Entry<'_>, kind: DefinitionKind, decorators: &'a [Decorator]) {
        let unit = (!decorators.is_empty()).then(|| {
            let signature = self.compiler.decorate_argument(decorators);
            self.unit(stmt, UnitKind::Decorate(entry.name.name.0.clone()), signature)
        });
        self.define(stmt, entry, kind, unit);
    }

    fn define(&mut self, stmt: &Stmt, entry: Entry<'_>, kind: DefinitionKind, unit: Option<u32>) {
        let mut hash = Fingerprint::default();
        fingerprint_stmt(stmt, Detail::Meaning).hash(&mut hash);
        self.compiler.definition_hash(kind, &mut hash);
        unit.iter().for_each(|unit| self.units[*unit as usize].fingerprint.hash(&mut hash));
        self.definitions.push(DefinitionImage {
            name: entry.name.name.0.clone(),
            kind,
            was: was(entry.was),
            doc: text(entry.doc),
            span: stmt.span,
            name_span: entry.name.span,
            fingerprint: hash.finish(),
            unit,
        });
    }

    /// `let`, `const`, `once`
    fn variables(&mut self, stmt: &'a Stmt, decl: &'a LetDecl) {
        let kind = match decl.kind {
            LetKind::Let => DefinitionKind::Variable,
            LetKind::Const => DefinitionKind::Constant,
            LetKind::Once => DefinitionKind::Once,
        };
        let mut names = Vec::new();
        bound_names(&decl.pattern, &mut names);
        let unit_kind = match &*decl.pattern.kind {
            PatternKind::Bind(_, name) => {
                match &decl.value {
                    Some(value) => self.compiler.expr_dest(value, Dest::Return),
                    None => self.compiler.nil(stmt.span, Dest::Return),
                }
                UnitKind::Value(name.name.0.clone())
            }
            _ => {
                self.destructured(stmt, decl);
                UnitKind::Values(names.iter().map(|name| name.name.0.clone()).collect())
            }
        };
        let unit = self.unit(stmt, unit_kind, Signature::default());
        for name in names {
            let entry = Entry { name, was: decl.was.as_ref(), doc: decl.doc.as_ref() };
            self.define(stmt, entry, kind, Some(unit));
        }
    }

    /// Takes the value apart and returns the tuple of what its names are bound to.
    fn destructured(&mut self, stmt: &'a Stmt, decl: &'a LetDecl) {
        let compiler = &mut self.compiler;
        compiler.declare_pattern(&decl.pattern);
        compiler.let_parts(decl, stmt.span);
        let first = compiler.fun.unit_names.first().map_or(Reg(0), |(_, reg)| *reg);
        let result = compiler.fun.alloc();
        let count = compiler.fun.operand8(compiler.fun.unit_names.len());
        compiler.fun.emit(stmt.span, Insn::abc(Op::NewTuple, result.0, first.0, count));
        compiler.fun.emit(stmt.span, Insn::abc(Op::Return, result.0, 0, 0));
    }
}

/// What a definition says of its name.
struct Entry<'e> {
    name: &'e Ident,
    was: Option<&'e Ident>,
    doc: Option<&'e String>,
}
