//! The files of programs as editors show them: what is open lies over what is on the disk.

use super::document::Analysis;
use crate::engine;
use lang::ast::{ImportPath, StmtKind};
use lang::source::Source;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vm::reload::{Sharing, normalise};

/// Texts of open files by their paths.
#[derive(Clone, Default)]
pub struct Texts {
    /// What is open.
    pub open: BTreeMap<String, Source>,
    /// The folders that are worked in, without the last `/`.
    pub folders: Vec<String>,
    /// Which files share a namespace.
    pub sharing: Sharing,
}

impl Texts {
    /// The text of a file: that of the editor, else that of the disk.
    pub fn read(&self, path: &str) -> Option<Source> {
        self.open.get(path).cloned().or_else(|| engine::read_source(path).ok())
    }

    /// Whether there is such a file.
    fn exists(&self, path: &str) -> bool {
        self.open.contains_key(path) || Path::new(path).is_file()
    }

    /// The folder that is worked in and has this file; else that of the file.
    pub fn folder_of(&self, path: &str) -> String {
        let around = self.folders.iter().filter(|folder| Path::new(path).starts_with(folder));
        around.max_by_key(|folder| folder.len()).cloned().unwrap_or_else(|| engine::directory(path).to_owned())
    }

    /// The directories from which imports of a file are looked for, the first that of its program: the outermost in the folder with a
    /// `main.lang`, else the innermost from which most of its imports are found.
    pub fn roots_of(&self, source: &Source) -> Vec<String> {
        let path = source.name();
        let top = self.folder_of(path);
        let around = || Path::new(path).ancestors().skip(1).take_while(|directory| directory.starts_with(&top));
        let text = |directory: &Path| directory.to_string_lossy().into_owned();
        let with_main = around().filter(|directory| directory.join("main.lang").is_file()).last();
        let root = with_main.map(text).unwrap_or_else(|| {
            let imports = imported_namespaces(source);
            let found = |root: &Path| imports.iter().filter(|name| self.in_root(&text(root), name).is_some()).count();
            // The first of those that are equal.
            let best = around().fold(None, |best: Option<(usize, &Path)>, directory| match (best, found(directory)) {
                (Some((count, _)), here) if here <= count => best,
                (_, here) => Some((here, directory)),
            });
            best.map_or_else(|| engine::directory(path).to_owned(), |(_, directory)| text(directory))
        });
        let mut roots = vec![root];
        if let Some(paths) = std::env::var_os("LANG_PATH") {
            roots.extend(std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty()).map(|path| text(&path)));
        }
        roots
    }

    /// The file of a namespace below a directory.
    fn in_root(&self, root: &str, namespace: &str) -> Option<String> {
        let path: PathBuf = Path::new(root).join(format!("{}.lang", namespace.replace('.', "/")));
        Some(normalise(&path.to_string_lossy())).filter(|path| self.exists(path))
    }

    /// The file that an import means; `None`: there is none, as for modules of the library.
    pub fn imported(&self, from: &Source, import: &ImportPath) -> Option<String> {
        match import {
            ImportPath::Namespace(parts) => {
                let name = parts.iter().map(|part| &*part.name).collect::<Vec<_>>().join(".");
                self.roots_of(from).iter().find_map(|root| self.in_root(root, &name))
            }
            ImportPath::File(relative, _) => {
                let path = Path::new(engine::directory(from.name())).join(relative);
                Some(normalise(&path.to_string_lossy())).filter(|path| self.exists(path))
            }
            ImportPath::Native(..) => None,
        }
    }

    /// The namespaces that a file can import, as far as they are files.
    pub fn importable(&self, from: &Source) -> Vec<String> {
        let Some(root) = self.roots_of(from).into_iter().next() else { return Vec::new() };
        // What cannot be listed has nothing to offer.
        let files = crate::format::files_below(&root).unwrap_or_default();
        let open = self.open.keys().cloned();
        let name = |path: &String| {
            let inside = path.strip_prefix(&*root)?.trim_start_matches('/').strip_suffix(".lang")?;
            (path != from.name() && !inside.ends_with("_test")).then(|| inside.replace('/', "."))
        };
        let mut names: Vec<String> = files.into_iter().chain(open).filter_map(|path| name(&normalise(&path))).collect();
        names.sort();
        names.dedup();
        names
    }

    /// What a file says.
    pub fn analysed(&self, path: &str) -> Option<(Source, Analysis)> {
        let source = self.read(path)?;
        let analysis = Analysis::of(&source);
        Some((source, analysis))
    }
}

/// Whether two paths lead to one file.
pub fn is_same_file(a: &str, b: &str) -> bool {
    let canonical = |path: &str| std::fs::canonicalize(path).ok();
    a == b || canonical(a).is_some_and(|a| Some(a) == canonical(b))
}

/// The namespaces that a text imports.
fn imported_namespaces(source: &Source) -> Vec<String> {
    let file = lang::parse(source).file;
    let imports = file.stmts.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Import(import) => Some(&import.from),
        _ => None,
    });
    let named = imports.filter_map(|from| match from {
        ImportPath::Namespace(parts) => Some(parts.iter().map(|part| &*part.name).collect::<Vec<_>>().join(".")),
        _ => None,
    });
    named.collect()
}
