//! The imports of a session. Each input is a text of its own, and imports belong to their text; so those of earlier inputs are written
//! again behind every later one, where they move nothing.

use lang::ast::{File, Import, ImportPath, ImportWhat, StmtKind};
use lang::outline::outline;
use lang::resolve;
use lang::source::Source;
use std::collections::{BTreeMap, HashSet};

/// What a name was imported from.
///
/// See the example of [`Imports`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The statement that imports this name and no other.
    pub statement: String,
    /// The namespace, unless it is given by a file.
    pub namespace: Option<String>,
    /// The name in it; `None`: the namespace itself.
    pub item: Option<String>,
}

/// Imports by the name they bind.
///
/// ```
/// use embed::prelude::*;
/// use embed::session::{Request, Session};
///
/// let mut vm = Vm::new();
/// let mut session = Session::new("user");
/// session.evaluate(&mut vm, "import math\nfrom text import Template")?;
/// let names: Vec<&str> = session.imports.names().collect();
/// assert_eq!(names, ["Template", "math"]);
/// assert_eq!(session.imports.get("Template").expect("it is one").namespace.as_deref(), Some("text"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Default, Debug)]
pub struct Imports(BTreeMap<String, Imported>);

impl Imports {
    /// What a name was imported from.
    pub fn get(&self, name: &str) -> Option<&Imported> {
        self.0.get(name)
    }

    /// The names that are bound.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The statements that import them, one for each name.
    pub fn statements(&self) -> Vec<String> {
        self.0.values().map(|imported| plain(&imported.statement)).collect()
    }

    /// Binds the last part of a namespace's name to it.
    pub fn add_namespace(&mut self, namespace: &str) -> &str {
        let name = namespace.rsplit('.').next().unwrap_or(namespace);
        let statement = format!("import {namespace} as {name}");
        let imported = Imported { statement, namespace: Some(namespace.to_owned()), item: None };
        self.0.insert(name.to_owned(), imported);
        self.0.get_key_value(name).map_or("", |(name, _)| name)
    }

    /// The text with the imports of the session behind it, those left out whose names it binds itself.
    pub fn write_behind(&self, source: &Source, file: &File) -> String {
        let own = bound_by(source, file);
        let mut out = source.text().to_owned();
        out.push('\n');
        for (_, imported) in self.0.iter().filter(|(name, _)| !own.contains(*name)) {
            out.push_str(&imported.statement);
            out.push('\n');
        }
        out
    }

    /// Takes in what a text imports; names that it defines are no longer those imported before.
    pub fn take_in(&mut self, source: &Source, file: &File) {
        for name in bound_by(source, file) {
            self.0.remove(&name);
        }
        for stmt in &file.stmts {
            if let StmtKind::Import(import) = &stmt.kind {
                self.0.extend(bindings(source, import));
            }
        }
    }
}

/// An import without an `as` that changes nothing.
fn plain(statement: &str) -> String {
    match statement.rsplit_once(" as ") {
        Some((rest, name)) if rest.rsplit([' ', '.']).next() == Some(name) => rest.to_owned(),
        _ => statement.to_owned(),
    }
}

/// Names that a text defines or imports at top level.
fn bound_by(source: &Source, file: &File) -> HashSet<String> {
    let resolved = resolve(file, &mut Vec::new());
    let mut names: HashSet<String> = outline(source, file, &resolved).definitions.iter().map(|d| d.name.name.to_string()).collect();
    for stmt in &file.stmts {
        if let StmtKind::Import(import) = &stmt.kind {
            names.extend(bindings(source, import).into_iter().map(|(name, _)| name));
        }
    }
    names
}

/// The names that an import binds, each with a statement of its own.
fn bindings(source: &Source, import: &Import) -> Vec<(String, Imported)> {
    let (from, namespace, stem) = match &import.from {
        ImportPath::Namespace(parts) => {
            let path = parts.iter().map(|part| &*part.name).collect::<Vec<_>>().join(".");
            let last = parts.last().map_or(String::new(), |part| part.name.to_string());
            (path.clone(), Some(path), last)
        }
        ImportPath::File(path, span) => {
            let name = path.rsplit('/').next().unwrap_or(path);
            (source.slice(*span).to_owned(), None, name.strip_suffix(".lang").unwrap_or(name).to_owned())
        }
        ImportPath::Native(path, span) => {
            (format!("native {}", source.slice(*span)), None, lang::resolve::bundle_name(path).to_owned())
        }
    };
    match &import.what {
        ImportWhat::Namespace(alias) => {
            let name = alias.as_ref().map_or(stem, |alias| alias.name.to_string());
            let statement = format!("import {from} as {name}");
            vec![(name, Imported { statement, namespace, item: None })]
        }
        ImportWhat::Items(items) => items
            .iter()
            .map(|item| {
                let name = item.alias.as_ref().unwrap_or(&item.name).name.to_string();
                let statement = format!("from {from} import {} as {name}", item.name.name);
                (name, Imported { statement, namespace: namespace.clone(), item: Some(item.name.name.to_string()) })
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Source, File) {
        let source = Source::new("<test>", text);
        let parsed = lang::parse(&source);
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        (source, parsed.file)
    }

    #[test]
    fn imports_last_until_their_name_is_taken() {
        let mut imports = Imports::default();
        let (source, file) = parse("import math\nfrom a.b import x, y as z");
        imports.take_in(&source, &file);
        assert_eq!(imports.names().collect::<Vec<_>>(), ["math", "x", "z"]);
        let (source, file) = parse("let x = math.sqrt(2)");
        assert_eq!(imports.write_behind(&source, &file), "let x = math.sqrt(2)\nimport math as math\nfrom a.b import y as z\n");
        imports.take_in(&source, &file);
        assert_eq!(imports.names().collect::<Vec<_>>(), ["math", "z"]);
    }
}
