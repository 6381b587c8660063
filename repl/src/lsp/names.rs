//! What names at a place of a text mean, as far as texts tell: locals, definitions of the file, what it imports, the library, and members
//! of classes that are written there. Works on half-written texts.

use super::document::{Analysis, Document};
use super::files::Texts;
use super::library::{CORE, Library};
use lang::ast::visit::{self, Visitor};
use lang::ast::{Expr, ExprKind, File, Func, Ident, ImportPath, ImportWhat, LetDecl, Member, Name, Stmt, StmtKind};
use lang::docs::{DocItem, DocKind};
use lang::outline::{TokenClass, highlight};
use lang::resolve::{FnScope, Resolved};
use lang::source::{Source, Span};

/// Base classes that are followed: texts may name themselves as their base.
const BASES_MAX: usize = 16;

/// Names with dots between them, as they stand in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// What stands before the last dot: names; `None`: something else, such as a call.
    pub before: Option<Vec<String>>,
    /// The last name; it may be empty.
    pub word: String,
    /// Where it stands.
    pub span: Span,
}

/// What a name means.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// A variable of a function or block.
    Local {
        /// Its name.
        name: String,
        /// Where it is bound.
        span: Span,
    },
    /// Something that a file defines, or a member of it.
    Item {
        /// The text that defines it.
        source: Source,
        /// What it tells.
        item: DocItem,
    },
    /// A namespace of a file.
    File(Source),
    /// Something of the library, by its chain of names.
    Library(String),
}

/// A name that could stand somewhere.
#[derive(Clone, Debug)]
pub struct Known {
    /// The name.
    pub name: String,
    /// What it is: `function`, `slot`, `keyword`.
    pub kind: String,
    /// How it is written, on one line, if it is more than the name.
    pub detail: String,
    /// Its doc text.
    pub doc: String,
    /// How near it is: smaller is nearer.
    pub distance: u8,
}

impl Known {
    /// A name of which nothing else is known.
    fn named(name: String, distance: u8) -> Known {
        Known { name, kind: "variable".to_owned(), detail: String::new(), doc: String::new(), distance }
    }
}

/// A name that an import binds.
struct Binding {
    name: String,
    from: ImportPath,
    /// The name there; `None`: the namespace itself.
    item: Option<String>,
}

/// The names at a place; `None` in comments, texts and numbers.
pub fn chain_at(source: &Source, offset: usize, reach: Reach) -> Option<Chain> {
    let text = source.text();
    let quiet = [TokenClass::Comment, TokenClass::Doc, TokenClass::String, TokenClass::Number];
    let is_quiet = highlight(text).into_iter().any(|(span, class)| {
        let (lo, hi) = (span.lo as usize, span.hi as usize);
        let is_open = matches!(class, TokenClass::Comment | TokenClass::Doc | TokenClass::Number);
        quiet.contains(&class) && lo < offset && (offset < hi || is_open && offset == hi)
    });
    if is_quiet {
        return None;
    }
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    let start_of = |end: usize| text[..end].char_indices().rev().take_while(|(_, c)| is_part(*c)).last().map_or(end, |(at, _)| at);
    let lo = start_of(offset);
    let hi = match reach {
        Reach::Before => offset,
        Reach::Around => text[offset..].char_indices().find(|(_, c)| !is_part(*c)).map_or(text.len(), |(at, _)| offset + at),
    };
    let mut before = Some(Vec::new());
    let mut at = lo;
    while let Some(end) = text[..at].strip_suffix('.').map(|rest| rest.strip_suffix('?').unwrap_or(rest).len()) {
        if text[..end].ends_with('.') {
            // `...` of a spread.
            break;
        }
        let start = start_of(end);
        let is_name = text[start..end].starts_with(|c: char| c == '_' || c.is_alphabetic());
        match &mut before {
            Some(names) if is_name => names.insert(0, text[start..end].to_owned()),
            _ => {
                before = None;
                break;
            }
        }
        at = start;
    }
    Some(Chain { before, word: text[lo..hi].to_owned(), span: Span::new(lo, hi) })
}

/// Which part of a word counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// What stands before the cursor.
    Before,
    /// The whole word.
    Around,
}

/// What can be looked up.
pub struct Reader<'a> {
    /// Files.
    pub texts: &'a Texts,
    /// The library.
    pub library: &'a mut Library,
}

impl Reader<'_> {
    /// What names at a place of an open file mean.
    pub fn meaning(&mut self, document: &Document, offset: usize, names: &[String]) -> Option<Meaning> {
        let (first, rest) = names.split_first()?;
        let mut here = self.first_meaning(document, offset, first)?;
        for name in rest {
            here = self.member(document, &here, name)?;
        }
        Some(here)
    }

    fn first_meaning(&mut self, document: &Document, offset: usize, name: &str) -> Option<Meaning> {
        let analysis = document.analysis();
        let source = document.source();
        if matches!(name, "self" | "super") {
            let item = class_around(source, analysis, offset)?;
            return Some(Meaning::Item { source: source.clone(), item: DocItem { kind: DocKind::Class, ..item } });
        }
        if let Some((name, span)) = locals_at(analysis, offset).into_iter().rfind(|(local, _)| local == name) {
            return Some(Meaning::Local { name, span });
        }
        if let Some((source, item)) = document.items().find(|(_, item)| item.name == name && item.kind != DocKind::Extension) {
            return Some(Meaning::Item { source: source.clone(), item: item.clone() });
        }
        self.imported(source, &analysis.file, name).or_else(|| {
            let chain = format!("{CORE}.{name}");
            self.library.entry(&chain).map(|_| Meaning::Library(chain))
        })
    }

    /// What a name means that a file imports.
    fn imported(&mut self, source: &Source, file: &File, name: &str) -> Option<Meaning> {
        let binding = bindings(file).into_iter().find(|binding| binding.name == name)?;
        if let Some(path) = self.texts.imported(source, &binding.from) {
            let (source, analysis) = self.texts.analysed(&path)?;
            return match &binding.item {
                None => Some(Meaning::File(source)),
                Some(item) => named(&source, &analysis.items, item),
            };
        }
        let ImportPath::Namespace(parts) = &binding.from else { return None };
        let module = parts.iter().map(|part| &*part.name).collect::<Vec<_>>().join(".");
        if !self.library.modules().contains(&module) {
            return None;
        }
        Some(Meaning::Library(binding.item.map_or(module.clone(), |item| format!("{module}.{item}"))))
    }

    /// What a name behind the dot means.
    fn member(&mut self, document: &Document, of: &Meaning, name: &str) -> Option<Meaning> {
        match of {
            Meaning::Library(chain) => {
                let chain = format!("{chain}.{name}");
                self.library.entry(&chain).map(|_| Meaning::Library(chain))
            }
            Meaning::File(source) => {
                let items = Analysis::of(source).items;
                named(source, &items, name)
            }
            _ => match self.holder(document, of, 0)? {
                Meaning::Library(chain) => self.member(document, &Meaning::Library(chain), name),
                Meaning::Item { source, item } => {
                    let members = self.all_members(&source, &item, 0);
                    members.into_iter().find(|(_, member)| member.name == name).map(|(source, item)| Meaning::Item { source, item })
                }
                _ => None,
            },
        }
    }

    /// What has the members of something: a class, for what is made of one; the library's, for literals.
    fn holder(&mut self, document: &Document, of: &Meaning, depth: usize) -> Option<Meaning> {
        let (source, span) = match of {
            Meaning::Item { item, .. } if !item.members.is_empty() || matches!(item.kind, DocKind::Class | DocKind::Enum) => {
                return Some(of.clone());
            }
            Meaning::Item { source, item } => (source.clone(), item.span),
            Meaning::Local { span, .. } => (document.source().clone(), *span),
            Meaning::File(_) | Meaning::Library(_) => return Some(of.clone()),
        };
        if depth > BASES_MAX {
            return None;
        }
        let file = lang::parse(&source).file;
        match initialiser(&source, &file, span)? {
            Initialiser::Literal(name) => Some(Meaning::Library(name.to_owned())),
            Initialiser::Made(names) => {
                let holder = self.in_file(&source, &file, &names)?;
                match &holder {
                    Meaning::Item { item, .. } if matches!(item.kind, DocKind::Class | DocKind::Enum | DocKind::Variant) => {
                        Some(holder)
                    }
                    _ => None,
                }
            }
        }
    }

    /// What names mean at the top level of a file.
    fn in_file(&mut self, source: &Source, file: &File, names: &[String]) -> Option<Meaning> {
        let (first, rest) = names.split_first()?;
        let items = lang::docs::docs(source, file).items;
        let mut here = named(source, &items, first).or_else(|| self.imported(source, file, first))?;
        for name in rest {
            here = match here {
                Meaning::File(source) => named(&source, &Analysis::of(&source).items, name)?,
                // A variant of an enum is one of its values.
                Meaning::Item { ref item, .. } if item.kind == DocKind::Enum => here,
                _ => return None,
            };
        }
        Some(here)
    }

    /// Members of a class with those of its bases and of what extends it in its file, the nearest first.
    fn all_members(&mut self, source: &Source, class: &DocItem, depth: usize) -> Vec<(Source, DocItem)> {
        let file = lang::parse(source).file;
        let mut found: Vec<(Source, DocItem)> = class.members.iter().map(|member| (source.clone(), member.clone())).collect();
        let extensions = lang::docs::docs(source, &file).items.into_iter();
        let extensions = extensions.filter(|item| item.kind == DocKind::Extension && item.name == class.name);
        found.extend(extensions.flat_map(|item| item.members).map(|member| (source.clone(), member)));
        if depth < BASES_MAX {
            for base in &class.bases {
                let names: Vec<String> = base.split('.').map(str::to_owned).collect();
                if let Some(Meaning::Item { source, item }) = self.in_file(source, &file, &names) {
                    found.extend(self.all_members(&source, &item, depth + 1));
                }
            }
        }
        found
    }

    /// All names that could stand at the beginning of an expression.
    pub fn visible(&mut self, document: &Document, offset: usize) -> Vec<Known> {
        let analysis = document.analysis();
        let plain = |name: String, kind: &str, distance| Known { kind: kind.to_owned(), ..Known::named(name, distance) };
        let mut found: Vec<Known> = locals_at(analysis, offset).into_iter().map(|(name, _)| plain(name, "variable", 0)).collect();
        found.reverse();
        found.extend(document.items().filter(|(_, item)| item.kind != DocKind::Extension).map(|(_, item)| known(item, 1)));
        for binding in bindings(&analysis.file) {
            let meaning = self.imported(document.source(), &analysis.file, &binding.name);
            found.push(match meaning {
                Some(Meaning::Item { item, .. }) => Known { name: binding.name, ..known(&item, 2) },
                Some(Meaning::Library(chain)) if binding.item.is_some() => match self.library.entry(&chain) {
                    Some(entry) => Known { detail: entry.signature.unwrap_or_default(), ..plain(binding.name, &entry.kind, 2) },
                    None => plain(binding.name, "variable", 2),
                },
                _ => plain(binding.name, if binding.item.is_some() { "variable" } else { "namespace" }, 2),
            });
        }
        let core = self.library.members(CORE).into_iter();
        found.extend(core.map(|candidate| plain(candidate.text, &candidate.kind, 4)));
        let words = lang::token::KEYWORDS.iter().chain(lang::token::SOFT_KEYWORDS);
        found.extend(words.map(|word| plain((*word).to_owned(), "keyword", 5)));
        found
    }

    /// What could stand at a word of an import, behind the names before it. `None`: the word is none of an import.
    pub fn imports(&mut self, document: &Document, word: Span, before: &[String]) -> Option<Vec<Known>> {
        let source = document.source();
        let line = source.text()[..word.lo as usize].rsplit('\n').next().unwrap_or("").trim_start();
        let plain = |name: String| Known { kind: "namespace".to_owned(), ..Known::named(name, 1) };
        if let Some((namespace, _)) = line.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) {
            let parts: Vec<_> =
                namespace.trim().split('.').map(|part| Ident { name: Name::new(part), span: Span::default() }).collect();
            if let Some(path) = self.texts.imported(source, &ImportPath::Namespace(parts)) {
                let (_, analysis) = self.texts.analysed(&path)?;
                return Some(
                    analysis.items.iter().filter(|item| item.kind != DocKind::Extension).map(|item| known(item, 1)).collect(),
                );
            }
            let members = self.library.members(namespace.trim()).into_iter();
            return Some(members.map(|found| Known { kind: found.kind.into_owned(), ..Known::named(found.text, 1) }).collect());
        }
        let path = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "))?;
        if !path.chars().all(|c| c == '_' || c == '.' || c.is_alphanumeric()) {
            return None;
        }
        let start = before.iter().map(|part| format!("{part}.")).collect::<String>();
        let modules = self.library.modules().iter().cloned();
        let names = self.texts.importable(source).into_iter().chain(modules);
        let mut parts: Vec<String> =
            names.filter_map(|name| Some(name.strip_prefix(&*start)?.split('.').next()?.to_owned())).collect();
        parts.sort();
        parts.dedup();
        Some(parts.into_iter().map(plain).collect())
    }

    /// All names that could stand behind the dot of something. `None`: texts do not tell.
    pub fn members(&mut self, document: &Document, offset: usize, before: &[String]) -> Option<Vec<Known>> {
        let meaning = self.meaning(document, offset, before)?;
        let found = match self.holder(document, &meaning, 0)? {
            Meaning::Library(chain) => {
                let candidates = self.library.members(&chain);
                let known = |candidate: vm::session::Candidate| Known {
                    name: candidate.text,
                    kind: candidate.kind.into_owned(),
                    detail: candidate.home.to_string(),
                    doc: String::new(),
                    distance: 1,
                };
                candidates.into_iter().map(known).collect()
            }
            Meaning::File(source) => Analysis::of(&source).items.iter().map(|item| known(item, 1)).collect(),
            Meaning::Item { source, item } => {
                self.all_members(&source, &item, 0).iter().map(|(_, member)| known(member, 1)).collect()
            }
            Meaning::Local { .. } => return None,
        };
        Some(found)
    }
}

fn known(item: &DocItem, distance: u8) -> Known {
    Known {
        name: item.name.clone(),
        kind: item.kind.text().to_owned(),
        detail: item.signature.clone(),
        doc: item.doc.clone().unwrap_or_default(),
        distance,
    }
}

fn named(source: &Source, items: &[DocItem], name: &str) -> Option<Meaning> {
    let item = items.iter().find(|item| item.name == name && item.kind != DocKind::Extension)?;
    Some(Meaning::Item { source: source.clone(), item: item.clone() })
}

/// The names that the imports of a file bind.
fn bindings(file: &File) -> Vec<Binding> {
    let mut found = Vec::new();
    for stmt in &file.stmts {
        let StmtKind::Import(import) = &stmt.kind else { continue };
        let from = import.from.clone();
        match &import.what {
            ImportWhat::Items(items) => found.extend(items.iter().map(|item| Binding {
                name: item.alias.as_ref().unwrap_or(&item.name).name.to_string(),
                from: from.clone(),
                item: Some(item.name.name.to_string()),
            })),
            ImportWhat::Namespace(alias) => {
                let last = match &from {
                    ImportPath::Namespace(parts) => parts.last().map_or(String::new(), |part| part.name.to_string()),
                    ImportPath::Native(path, _) => lang::resolve::bundle_name(path).to_owned(),
                    ImportPath::File(path, _) => {
                        let name = path.rsplit('/').next().unwrap_or(path);
                        name.strip_suffix(".lang").unwrap_or(name).to_owned()
                    }
                };
                let name = alias.as_ref().map_or(last, |alias| alias.name.to_string());
                found.push(Binding { name, from, item: None });
            }
        }
    }
    found
}

/// The class, enum or extension at top level around a place.
fn class_around(source: &Source, analysis: &Analysis, offset: usize) -> Option<DocItem> {
    let around = |stmt: &&Stmt| (stmt.span.lo as usize..=stmt.span.hi as usize).contains(&offset);
    let stmt = analysis.file.stmts.iter().find(around)?;
    let one = File { stmts: vec![stmt.clone()], ..File::default() };
    let item = lang::docs::docs(source, &one).items.into_iter().next()?;
    if item.kind != DocKind::Extension {
        return Some(item);
    }
    let extended = analysis.items.iter().find(|other| other.name == item.name && other.kind == DocKind::Class);
    Some(extended.cloned().unwrap_or(item))
}

/// Variables that can be meant at a place, the nearest last.
fn locals_at(analysis: &Analysis, offset: usize) -> Vec<(String, Span)> {
    let mut finder = Scopes { resolved: &analysis.resolved, offset, found: Vec::new() };
    for (index, stmt) in analysis.file.stmts.iter().enumerate() {
        if (stmt.span.lo as usize..=stmt.span.hi as usize).contains(&offset) {
            finder.scope(analysis.resolved.units.get(index));
            finder.stmt(stmt);
        }
    }
    finder.found
}

/// Collects the variables of the functions around a place.
struct Scopes<'a> {
    resolved: &'a Resolved,
    offset: usize,
    found: Vec<(String, Span)>,
}

impl Scopes<'_> {
    fn scope(&mut self, scope: Option<&FnScope>) {
        let locals = scope.into_iter().flat_map(|scope| &scope.locals);
        let bound =
            locals.filter(|local| !local.name.is_empty() && &*local.name != "self" && (local.span.lo as usize) <= self.offset);
        self.found.extend(bound.map(|local| (local.name.to_string(), local.span)));
    }

    fn function(&mut self, id: lang::ast::NodeId) {
        let resolved = self.resolved;
        self.scope(resolved.functions.get(id.0 as usize).and_then(Option::as_deref));
    }
}

impl Visitor for Scopes<'_> {
    fn func(&mut self, func: &Func) {
        if (func.span.lo as usize..=func.span.hi as usize).contains(&self.offset) {
            self.function(func.id);
            visit::walk_func(self, func);
        }
    }

    fn member(&mut self, member: &Member) {
        if (member.span.lo as usize..=member.span.hi as usize).contains(&self.offset) {
            visit::walk_member(self, member);
        }
    }
}

/// What a variable begins with.
enum Initialiser {
    /// A literal: what the library calls one like it.
    Literal(&'static str),
    /// A call of names.
    Made(Vec<String>),
}

/// What the variable begins with that is bound at a place.
fn initialiser(source: &Source, file: &File, span: Span) -> Option<Initialiser> {
    struct Lets<'a> {
        source: &'a Source,
        span: Span,
        found: Option<Initialiser>,
    }
    impl Lets<'_> {
        fn of(&self, decl: &LetDecl) -> Option<Initialiser> {
            let value = decl.value.as_ref().filter(|_| self.source.slice(decl.pattern.span) == self.source.slice(self.span))?;
            of_value(self.source, value)
        }
    }
    impl Visitor for Lets<'_> {
        fn stmt(&mut self, stmt: &Stmt) {
            match &stmt.kind {
                StmtKind::Let(decl) if decl.pattern.span.lo == self.span.lo => self.found = self.of(decl),
                _ if stmt.span.lo <= self.span.lo && self.span.hi <= stmt.span.hi => visit::walk_stmt(self, stmt),
                _ => {}
            }
        }
    }
    let mut lets = Lets { source, span, found: None };
    visit::walk_stmts(&mut lets, &file.stmts);
    lets.found
}

fn of_value(source: &Source, value: &Expr) -> Option<Initialiser> {
    Some(Initialiser::Literal(match &*value.kind {
        ExprKind::Str(_) | ExprKind::Interp(_) => "text_literal",
        ExprKind::Int(_) | ExprKind::BigInt(_) => "number_literal",
        ExprKind::Float(_) => "float_literal",
        ExprKind::Bool(_) => "bool_literal",
        ExprKind::List(_) => "list_literal",
        ExprKind::Map(_) => "map_literal",
        ExprKind::Tuple(_) => "tuple_literal",
        ExprKind::Call { callee, .. } => return made(source.slice(callee.span)),
        ExprKind::Member { .. } => return made(source.slice(value.span)),
        _ => return None,
    }))
}

fn made(callee: &str) -> Option<Initialiser> {
    vm::session::is_chain(callee).then(|| Initialiser::Made(callee.split('.').map(str::to_owned).collect()))
}
