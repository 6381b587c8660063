//! What a file tells its readers: its namespace, definitions and members with their signatures and doc texts.

use crate::ast::{
    ClassDecl, EnumDecl, Expr, ExtendDecl, File, FnDecl, ImportPath, ImportWhat, LetDecl, LetKind, Member, MemberKind, SlotDecl,
    StmtKind, Variant, walk::path_text,
};
use crate::outline::{bound_names, class_text, one_line, params_text};
use crate::source::{Source, Span};

/// What a definition or member is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the words of the language")]
pub enum DocKind {
    Constant,
    Variable,
    Function,
    Class,
    Enum,
    /// `extend`
    Extension,
    Variant,
    Slot,
    /// A slot of the class.
    Shared,
    Property,
    /// A function of the class.
    Static,
    Method,
}

impl DocKind {
    /// The word for it.
    pub fn text(self) -> &'static str {
        match self {
            DocKind::Constant => "constant",
            DocKind::Variable => "variable",
            DocKind::Function => "function",
            DocKind::Class => "class",
            DocKind::Enum => "enum",
            DocKind::Extension => "extension",
            DocKind::Variant => "variant",
            DocKind::Slot => "slot",
            DocKind::Shared => "shared slot",
            DocKind::Property => "property",
            DocKind::Static => "static function",
            DocKind::Method => "method",
        }
    }
}

/// A definition or member.
#[derive(Clone, Debug)]
pub struct DocItem {
    /// What it is.
    pub kind: DocKind,
    /// Its name; of an extension the class.
    pub name: String,
    /// How it is written, on one line.
    pub signature: String,
    /// Its doc text.
    pub doc: Option<String>,
    /// Base classes, as written.
    pub bases: Vec<String>,
    /// Members of a class, enum or extension, in text order.
    pub members: Vec<DocItem>,
    /// Where its name stands.
    pub span: Span,
}

/// A name that a file imports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocImport {
    /// The name in the file.
    pub name: String,
    /// What it stands for: `a.b` or `a.b.name`.
    pub path: String,
}

/// What one file tells.
#[derive(Clone, Debug, Default)]
pub struct FileDocs {
    /// `namespace a.b`, when the file says so.
    pub namespace: Option<String>,
    /// Doc text of the namespace.
    pub doc: Option<String>,
    /// Definitions and extensions in text order.
    pub items: Vec<DocItem>,
    /// Imports of namespaces and their names.
    pub imports: Vec<DocImport>,
}

/// Whether a name is for everybody: those that begin with `_` are not.
pub fn is_public(name: &str) -> bool {
    !name.starts_with('_')
}

/// What a file tells.
pub fn docs(source: &Source, file: &File) -> FileDocs {
    let mut out = FileDocs { namespace: file.namespace.as_deref().map(path_text), doc: file.doc.clone(), ..FileDocs::default() };
    for stmt in &file.stmts {
        match &stmt.kind {
            StmtKind::Fn(decl) => out.items.push(function(source, DocKind::Function, decl)),
            StmtKind::Class(decl) => out.items.push(class(source, decl)),
            StmtKind::Enum(decl) => out.items.push(enumeration(source, decl)),
            StmtKind::Extend(decl) => out.items.push(extension(source, decl)),
            StmtKind::Let(decl) => out.items.extend(variables(source, decl)),
            StmtKind::Import(import) => {
                let ImportPath::Namespace(path) = &import.from else { continue };
                let from = path_text(path);
                match &import.what {
                    ImportWhat::Namespace(alias) => {
                        let name = alias.as_ref().or(path.last()).map(|name| name.name.to_string());
                        out.imports.extend(name.map(|name| DocImport { name, path: from }));
                    }
                    ImportWhat::Items(items) => out.imports.extend(items.iter().map(|item| {
                        let name = item.alias.as_ref().unwrap_or(&item.name).name.to_string();
                        DocImport { name, path: format!("{from}.{}", item.name.name) }
                    })),
                }
            }
            _ => {}
        }
    }
    out
}

fn item(kind: DocKind, name: &crate::ast::Ident, signature: String, doc: Option<&String>) -> DocItem {
    DocItem {
        kind,
        name: name.name.to_string(),
        signature,
        doc: doc.cloned(),
        bases: Vec::new(),
        members: Vec::new(),
        span: name.span,
    }
}

fn function(source: &Source, kind: DocKind, decl: &FnDecl) -> DocItem {
    let word = if kind == DocKind::Static { "static fn" } else { "fn" };
    let signature = format!("{word} {}{}", decl.name.name, params_text(source, &decl.func));
    item(kind, &decl.name, signature, decl.doc.as_ref())
}

fn texts(source: &Source, exprs: &[Expr]) -> Vec<String> {
    exprs.iter().map(|expr| source.slice(expr.span).to_owned()).collect()
}

fn class(source: &Source, decl: &ClassDecl) -> DocItem {
    let head = item(DocKind::Class, &decl.name, class_text(source, decl), decl.doc.as_ref());
    DocItem { bases: texts(source, &decl.bases), members: members(source, &decl.members), ..head }
}

fn enumeration(source: &Source, decl: &EnumDecl) -> DocItem {
    let head = item(DocKind::Enum, &decl.name, format!("enum {}", decl.name.name), decl.doc.as_ref());
    let mut all: Vec<DocItem> = decl.variants.iter().map(variant).collect();
    all.extend(members(source, &decl.members));
    DocItem { members: all, ..head }
}

fn variant(variant: &Variant) -> DocItem {
    let fields = variant.fields.as_ref().map(|fields| {
        let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
        format!("({})", names.join(", "))
    });
    let signature = format!("{}{}", variant.name.name, fields.unwrap_or_default());
    item(DocKind::Variant, &variant.name, signature, variant.doc.as_ref())
}

fn extension(source: &Source, decl: &ExtendDecl) -> DocItem {
    let name = source.slice(decl.target.span).to_owned();
    DocItem {
        kind: DocKind::Extension,
        signature: format!("extend {name}"),
        name,
        doc: None,
        bases: Vec::new(),
        members: members(source, &decl.members),
        span: decl.target.span,
    }
}

fn variables(source: &Source, decl: &LetDecl) -> Vec<DocItem> {
    let (kind, word) = match decl.kind {
        LetKind::Const => (DocKind::Constant, "const"),
        LetKind::Let => (DocKind::Variable, "let"),
        LetKind::Once => (DocKind::Variable, "once"),
    };
    let mut names = Vec::new();
    bound_names(&decl.pattern, &mut names);
    let value = decl.value.as_ref().filter(|_| names.len() == 1 && kind == DocKind::Constant);
    let value = value.map_or(String::new(), |value| format!(" = {}", one_line(source.slice(value.span))));
    names.iter().map(|name| item(kind, name, format!("{word} {}{value}", name.name), decl.doc.as_ref())).collect()
}

fn members(source: &Source, members: &[Member]) -> Vec<DocItem> {
    let mut out: Vec<DocItem> = Vec::new();
    for member in members {
        match &member.kind {
            MemberKind::Slot(slot) => out.push(item(DocKind::Slot, &slot.name, slot_text(source, slot), member.doc.as_ref())),
            MemberKind::Shared { name, value, .. } => {
                let signature = format!("shared {}{}", name.name, default_text(source, value.as_ref()));
                out.push(item(DocKind::Shared, name, signature, member.doc.as_ref()));
            }
            MemberKind::Method(decl) => out.push(function(source, DocKind::Method, decl)),
            MemberKind::Static(decl) => out.push(function(source, DocKind::Static, decl)),
            MemberKind::Getter(decl) => property(&mut out, decl, &format!("get {}", decl.name.name)),
            MemberKind::Setter(decl) => {
                property(&mut out, decl, &format!("set {}{}", decl.name.name, params_text(source, &decl.func)));
            }
            MemberKind::Migrate { .. } => {}
        }
    }
    out
}

/// What reads and what writes a property are one item.
fn property(out: &mut Vec<DocItem>, decl: &FnDecl, signature: &str) {
    let is_same = |item: &&mut DocItem| item.kind == DocKind::Property && item.name == *decl.name.name;
    if let Some(item) = out.iter_mut().find(is_same) {
        item.signature = format!("{}, {signature}", item.signature);
        item.doc = item.doc.take().or_else(|| decl.doc.clone());
    } else {
        out.push(item(DocKind::Property, &decl.name, signature.to_owned(), decl.doc.as_ref()));
    }
}

fn slot_text(source: &Source, slot: &SlotDecl) -> String {
    format!("slot {}{}", slot.name.name, default_text(source, slot.default.as_ref()))
}

fn default_text(source: &Source, value: Option<&Expr>) -> String {
    value.map_or(String::new(), |value| format!(" = {}", one_line(source.slice(value.span))))
}
