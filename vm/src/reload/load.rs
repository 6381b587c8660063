//! Finding files: from a request to a set of compiled texts, imports included.

use super::check::{Place, Reason};
use super::codes;
use super::images::Images;
use super::options::Mode;
use super::report::Report;
use crate::embed::{Error, Handle, Vm};
use crate::image::{ImportFrom, ModuleImage};
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What a VM knows of files, beside the heap.
#[derive(Default)]
pub struct Files {
    /// Directories in which namespaces are looked for, in order.
    pub roots: Vec<String>,
    /// Namespaces of files that do not have the one of their path.
    assigned: FxHashMap<String, Arc<str>>,
    /// What several VMs have compiled for each other.
    images: Option<Images>,
    /// Units that have yet to run, file by file.
    pub(super) queues: Vec<super::queue::Queue>,
    /// The same of the loads and reloads within whose code the present one is made, the outermost first.
    pub(super) queues_outer: Vec<Vec<super::queue::Queue>>,
    /// Whether what runs is to be given up, as the host has asked at a safe point.
    pub(crate) is_abandoned: bool,
    /// Number of texts evaluated so far.
    pub(super) evaluations: u64,
    /// Loads and reloads that are being made: more than one while the code of one loads something.
    pub(super) commits_running: u32,
    /// The mode of reloads that do not name one.
    pub mode: Mode,
    /// What was committed.
    pub(super) history: super::history::History,
    /// Where modules come from that are no files.
    pub(super) library: Library,
    /// When to look for leaks that nothing uses.
    pub(crate) leak_watch: super::leaks::LeakWatch,
}

/// Modules that come with the engine and are made when they are first imported.
#[derive(Clone, Copy)]
pub struct Library {
    /// Their names, which no file can have.
    pub modules: &'static [&'static str],
    /// Makes one of them.
    pub load: fn(&mut Vm, &str) -> Result<(), Error>,
    /// Makes of a report what hooks and listeners of the program are given; the module `live` is loaded.
    pub report: fn(&mut Vm, &Report) -> Result<Handle, Error>,
}

impl Default for Library {
    fn default() -> Self {
        let report = |_: &mut Vm, _: &Report| Err(Error::Host("without a library there are no hooks".into()));
        Library { modules: &[], load: |_, _| Ok(()), report }
    }
}

/// A file for a reload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileText {
    /// Its path.
    pub path: String,
    /// Its new text; `None`: the file is gone.
    pub text: Option<String>,
}

/// One file, compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Its path, with `/` between the parts.
    pub path: Arc<str>,
    /// The namespace it contributes to.
    pub namespace: Arc<str>,
    /// The image.
    pub image: Arc<ModuleImage>,
    /// Namespaces of its imports.
    pub imports: Vec<Arc<str>>,
}

/// Compiled files with the warnings of their texts.
type Gathered = (Vec<Compiled>, Vec<(Source, Diagnostic)>);

/// A file that could not be compiled, or an import that could not be found.
type Refusal = Vec<Reason>;

impl Vm {
    /// Adds a directory in which `import a.b` looks for `a/b.lang`.
    pub fn add_root(&mut self, directory: &str) {
        let directory = normalise(directory);
        if !self.files.roots.contains(&directory) {
            self.files.roots.push(directory);
        }
    }

    /// Lets a file contribute to this namespace instead of the one of its path; what its first line says comes before that.
    pub fn assign_namespace(&mut self, path: &str, namespace: &str) {
        self.files.assigned.insert(normalise(path), namespace.into());
    }

    /// Takes compiled files from here instead of compiling a text that another VM has compiled before. For hosts that load one program
    /// many times.
    pub fn share_images(&mut self, images: &Images) {
        self.files.images = Some(images.clone());
    }

    /// Sets where modules come from that are no files.
    pub fn set_library(&mut self, library: Library) {
        self.files.library = library;
        self.enter(|cx| cx.world.library = library.modules);
    }

    /// The mode of reloads that do not name one, of files that do not either.
    pub fn set_mode(&mut self, mode: Mode) {
        self.files.mode = mode;
    }

    /// Makes a module of the library, unless it is there.
    pub(super) fn load_module(&mut self, name: &str) -> Result<(), String> {
        if self.has_namespace(name) {
            return Ok(());
        }
        // What is made here is no change of the program.
        let epoch = self.epoch();
        let loaded = (self.files.library.load)(self, name);
        self.enter(|cx| cx.world.epoch = epoch);
        loaded.map_err(|error| format!("the module `{name}` cannot be loaded: {error}"))
    }

    /// Compiles the given texts and everything they import that is not loaded.
    pub(super) fn gather(&mut self, requests: Vec<(String, String)>) -> Result<Gathered, Refusal> {
        let mut compiled: Vec<Compiled> = Vec::new();
        let mut reasons = Vec::new();
        let mut warnings = Vec::new();
        let mut waiting: Vec<(String, String)> = requests.into_iter().map(|(path, text)| (normalise(&path), text)).collect();
        waiting.reverse();
        let mut parsed: Vec<(Arc<str>, Arc<ModuleImage>)> = Vec::new();
        while let Some((path, text)) = waiting.pop() {
            if parsed.iter().any(|(p, _)| **p == *path) {
                continue;
            }
            let source = Source::new(path.clone(), text);
            let result = Images::compile(self.files.images.as_ref(), &source);
            for diagnostic in &result.diagnostics {
                if diagnostic.is_error() {
                    reasons.push(reason_of(&source, diagnostic));
                } else {
                    warnings.push((source.clone(), diagnostic.clone()));
                }
            }
            let Some(image) = result.image else { continue };
            if let Some(module) = self.files.library.modules.iter().find(|module| *self.namespace_of(&path, &image) == ***module) {
                reasons.push(named_like_module(&source, module));
            }
            for import in &image.imports {
                match self.find_import(&path, &import.from, &parsed, &waiting) {
                    Ok(Some(file)) => match self.read_text(&file) {
                        Ok(text) => waiting.push((file, text)),
                        Err(message) => reasons.push(import_reason(&source, import.span, message)),
                    },
                    Ok(None) => {}
                    Err(message) => reasons.push(import_reason(&source, import.span, message)),
                }
            }
            parsed.push((path.into(), image));
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        // Imported files come first: their values are needed first.
        parsed.reverse();
        for (path, image) in &parsed {
            let namespace = self.namespace_of(path, image);
            let imports = image.imports.iter().map(|import| self.import_namespace(path, &import.from, &parsed)).collect();
            compiled.push(Compiled { path: path.clone(), namespace, image: image.clone(), imports });
        }
        warnings.extend(self.enter(|cx| cx.unknown_names(&compiled)));
        Ok((compiled, warnings))
    }

    /// Reads a file through the host.
    pub(super) fn read_text(&mut self, path: &str) -> Result<String, String> {
        let bytes = self.host(|host| host.read_file(path)).map_err(|e| format!("cannot read `{path}`: {e}"))?;
        if bytes.len() > Source::BYTES_MAX {
            return Err(format!("`{path}` is larger than {} MB", Source::BYTES_MAX >> 20));
        }
        String::from_utf8(bytes).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            format!("`{path}` is not UTF-8: byte {at} cannot be read; save the file as UTF-8")
        })
    }

    /// The namespace that a file contributes to: its first line's, else the one of its path under a root.
    fn namespace_of(&self, path: &str, image: &ModuleImage) -> Arc<str> {
        if let Some(namespace) = &image.namespace {
            return namespace.as_str().into();
        }
        if let Some(namespace) = self.files.assigned.get(path) {
            return namespace.clone();
        }
        let relative = self
            .files
            .roots
            .iter()
            .filter_map(|root| if root.is_empty() { Some(path) } else { path.strip_prefix(root.as_str())?.strip_prefix('/') })
            .min_by_key(|p| p.len())
            .unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path));
        relative.strip_suffix(".lang").unwrap_or(relative).replace('/', ".").into()
    }

    fn import_namespace(&self, from_path: &str, from: &ImportFrom, parsed: &[(Arc<str>, Arc<ModuleImage>)]) -> Arc<str> {
        match from {
            ImportFrom::Namespace(name) => name.as_str().into(),
            ImportFrom::File(relative) => {
                let path = join(from_path, relative);
                match parsed.iter().find(|(p, _)| **p == *path) {
                    Some((path, image)) => self.namespace_of(path, image),
                    None => self.namespace_of(&path, &ModuleImage::empty(Source::new(path.clone(), ""))),
                }
            }
            ImportFrom::Native(path) => path.as_str().into(),
        }
    }

    /// The file to load for an import; `None` when it is loaded or about to be.
    fn find_import(
        &mut self,
        from_path: &str,
        from: &ImportFrom,
        parsed: &[(Arc<str>, Arc<ModuleImage>)],
        waiting: &[(String, String)],
    ) -> Result<Option<String>, String> {
        let known = |path: &str| parsed.iter().any(|(p, _)| **p == *path) || waiting.iter().any(|(p, _)| p == path);
        match from {
            ImportFrom::File(relative) => {
                let path = join(from_path, relative);
                if known(&path) || self.is_loaded(&path) {
                    return Ok(None);
                }
                if self.file_exists(&path) { Ok(Some(path)) } else { Err(format!("file `{path}` does not exist")) }
            }
            ImportFrom::Native(path) => {
                Err(format!("native bundle `{path}` cannot be loaded: this build has no support for native bundles"))
            }
            ImportFrom::Namespace(name) if self.files.library.modules.contains(&name.as_str()) => {
                self.load_module(name).map(|()| None)
            }
            ImportFrom::Namespace(name) => {
                let relative = format!("{}.lang", name.replace('.', "/"));
                let candidates: Vec<String> = self
                    .files
                    .roots
                    .iter()
                    .map(|root| if root.is_empty() { relative.clone() } else { format!("{root}/{relative}") })
                    .collect();
                if candidates.iter().any(|c| known(c)) || self.has_namespace(name) || self.is_contributed(name, parsed, waiting) {
                    return Ok(None);
                }
                for path in &candidates {
                    if self.file_exists(path) {
                        return Ok(Some(path.clone()));
                    }
                }
                let looked = candidates.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
                let looked = if looked.is_empty() { looked } else { format!("; looked for {looked}") };
                Err(format!("namespace `{name}` does not exist{looked}"))
            }
        }
    }

    /// Whether a text of the set names this namespace on its first line.
    fn is_contributed(&self, name: &str, parsed: &[(Arc<str>, Arc<ModuleImage>)], waiting: &[(String, String)]) -> bool {
        parsed.iter().any(|(path, image)| *self.namespace_of(path, image) == *name)
            || waiting.iter().any(|(path, text)| {
                let parsed = lang::parse(&Source::new(path.clone(), text.clone()));
                parsed
                    .file
                    .namespace
                    .is_some_and(|segments| segments.iter().map(|s| &*s.name).collect::<Vec<_>>().join(".") == name)
            })
    }

    pub(super) fn file_exists(&mut self, path: &str) -> bool {
        self.host(|host| Ok(host.file_exists(path))).unwrap_or(false)
    }

    /// Whether a file of this path is loaded.
    pub fn is_loaded(&mut self, path: &str) -> bool {
        self.enter(|cx| cx.world.modules.get(path).is_some_and(|m| m.state().linked.is_some()))
    }

    /// Paths of the loaded files.
    pub fn loaded_files(&mut self) -> Vec<String> {
        self.enter(|cx| {
            let files = cx.world.modules.values().filter(|module| !module.path.starts_with('<') && module.state().linked.is_some());
            files.map(|module| module.path.to_string()).collect()
        })
    }

    fn has_namespace(&mut self, name: &str) -> bool {
        self.enter(|cx| cx.world.namespaces.get(name).is_some_and(|n| !n.with_leaks().is_empty()))
    }
}

/// A problem of the text as a reason for refusal.
pub(super) fn reason_of(source: &Source, diagnostic: &Diagnostic) -> Reason {
    let rendered = diagnostic.plain(source);
    Reason {
        code: diagnostic.code.id,
        message: diagnostic.message.clone(),
        file: source.name().to_owned(),
        line: source.line(diagnostic.span.lo),
        remedy: diagnostic.help.clone().unwrap_or_default(),
        detail: rendered.lines().skip(1).filter(|l| !l.starts_with("  = help")).collect::<Vec<_>>().join("\n"),
        place: Some(Place {
            source: source.clone(),
            span: diagnostic.span,
            label: diagnostic.label.clone(),
            notes: diagnostic.notes.clone(),
        }),
    }
}

fn named_like_module(source: &Source, module: &str) -> Reason {
    Reason {
        code: codes::MODULE_NAME.id,
        message: format!("`{}` has the name of the standard module `{module}`", source.name()),
        file: source.name().to_owned(),
        line: 1,
        remedy: "give the file, or the namespace on its first line, another name".into(),
        detail: String::new(),
        place: None,
    }
}

fn import_reason(source: &Source, span: lang::source::Span, message: String) -> Reason {
    let (line, column) = source.line_column(span.lo);
    Reason {
        code: codes::UNKNOWN_NAMESPACE.id,
        message,
        file: source.name().to_owned(),
        line,
        remedy: "correct the import, or add the directory with `--path`".into(),
        detail: format!(" --> {}:{line}:{column}\n  | {}", source.name(), source.line_text(line)),
        place: Some(Place::new(source, span)),
    }
}

/// A path with `/` between its parts and without `.` parts: the form in which files are known.
pub fn normalise(path: &str) -> String {
    let path = path.replace('\\', "/");
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

/// `relative` as seen from the file `from`.
fn join(from: &str, relative: &str) -> String {
    match from.rsplit_once('/') {
        Some((directory, _)) if !relative.starts_with('/') => normalise(&format!("{directory}/{relative}")),
        _ => normalise(relative),
    }
}
