//! What all files together say: namespaces, and where each name is explained.

use lang::docs::{DocImport, DocItem, DocKind, FileDocs, is_public};
use lang::source::Source;
use std::collections::{BTreeMap, BTreeSet};

/// A namespace.
#[derive(Default)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// The doc texts of its files.
    pub docs: Vec<String>,
    /// Its public definitions and extensions.
    pub entries: Vec<Entry>,
    /// The file that was read first.
    file: String,
    /// The imports of each of its files.
    imports: Vec<Vec<DocImport>>,
}

/// A definition or extension.
pub struct Entry {
    /// What it is; only public members.
    pub item: DocItem,
    /// Index of its file among those of its namespace.
    file: usize,
    /// Where its name stands, and that of each member.
    places: Vec<Place>,
}

/// A line of a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: String,
    line: u32,
}

/// All namespaces.
#[derive(Default)]
pub struct Tree {
    namespaces: BTreeMap<String, Namespace>,
    /// Qualified names that are explained somewhere: `a.b`, `a.b.Class`, `a.b.Class.method`; with their namespaces.
    targets: BTreeMap<String, String>,
}

/// Where a name is mentioned.
#[derive(Clone, Copy)]
pub struct Scope<'t> {
    /// The namespace.
    pub namespace: &'t Namespace,
    /// The entry.
    pub entry: Option<&'t Entry>,
}

/// Where a name is explained.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target<'t> {
    /// The namespace.
    pub namespace: &'t str,
    /// The qualified name.
    pub name: &'t str,
}

impl Tree {
    /// Adds a file. `name` is the namespace that its path stands for.
    pub fn add(&mut self, name: &str, source: &Source, docs: FileDocs) {
        let name = docs.namespace.unwrap_or_else(|| name.to_owned());
        let namespace = self.namespaces.entry(name.clone()).or_default();
        if namespace.imports.is_empty() {
            (namespace.name, namespace.file) = (name.clone(), source.name().to_owned());
        }
        namespace.docs.extend(docs.doc);
        self.targets.insert(name.clone(), name.clone());
        for mut item in docs.items {
            item.members.retain(|member| is_public(&member.name));
            let is_empty_extension = item.kind == DocKind::Extension && item.members.is_empty();
            if !is_public(&item.name) || is_empty_extension {
                continue;
            }
            let place = |item: &DocItem| Place { file: source.name().to_owned(), line: source.line(item.span.lo) };
            let places = std::iter::once(&item).chain(&item.members).map(place).collect();
            if item.kind != DocKind::Extension {
                self.targets.insert(format!("{name}.{}", item.name), name.clone());
            }
            for member in item.members.iter().filter(|member| is_word(&member.name)) {
                self.targets.entry(format!("{name}.{}.{}", item.name, member.name)).or_insert_with(|| name.clone());
            }
            namespace.entries.push(Entry { item, file: namespace.imports.len(), places });
        }
        namespace.imports.push(docs.imports);
    }

    /// The namespaces, by name.
    pub fn namespaces(&self) -> impl Iterator<Item = &Namespace> {
        self.namespaces.values()
    }

    /// What a name means where it is mentioned: a member of the class, a name of the namespace, an import, or a name in full.
    pub fn resolve(&self, name: &str, scope: Scope<'_>) -> Option<Target<'_>> {
        let name = name.split('(').next().unwrap_or_default();
        let name = name.strip_prefix("self.").unwrap_or(name);
        if !name.split('.').all(is_word) {
            return None;
        }
        let namespace = &scope.namespace.name;
        let member = scope.entry.map(|entry| format!("{namespace}.{}.{name}", entry.item.name));
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let imports = scope.entry.and_then(|entry| scope.namespace.imports.get(entry.file));
        let import = imports.into_iter().chain(&scope.namespace.imports).flatten().find(|import| import.name == first);
        let imported = import.map(|import| rest.map_or(import.path.clone(), |rest| format!("{}.{rest}", import.path)));
        let candidates = [member, Some(format!("{namespace}.{name}")), imported, Some(name.to_owned())];
        let found = candidates.into_iter().flatten().find_map(|name| self.targets.get_key_value(&name));
        found.map(|(name, namespace)| Target { namespace, name })
    }

    /// Lines about public names without doc text. Operators and `init` need none: what they do is known.
    pub fn missing(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for namespace in self.namespaces() {
            if namespace.docs.is_empty() {
                let place = Place { file: namespace.file.clone(), line: 1 };
                found.insert((place, format!("namespace `{}`", namespace.name)));
            }
            for entry in &namespace.entries {
                let item = &entry.item;
                let qualified = format!("{}.{}", namespace.name, item.name);
                let mut check = |item: &DocItem, name: &str, place: &Place| {
                    if item.doc.is_none() {
                        found.insert((place.clone(), format!("{} `{name}`", item.kind.text())));
                    }
                };
                if item.kind != DocKind::Extension {
                    check(item, &qualified, &entry.places[0]);
                }
                for (member, place) in item.members.iter().zip(&entry.places[1..]) {
                    if is_word(&member.name) && member.name != "init" {
                        check(member, &format!("{qualified}.{}", member.name), place);
                    }
                }
            }
        }
        found.iter().map(|(Place { file, line }, what)| format!("{file}:{line}: {what} has no doc text")).collect()
    }
}

/// Whether it is a name rather than an operator.
pub fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
