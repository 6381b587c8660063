//! Finding files: from a request to a set of compiled texts, imports included.

use super::bundles::{bundle_reason, namespace_of_bundle};
use super::check::{Place, Reason};
use super::codes;
use super::directory::is_program_file;
use super::images::Images;
use super::options::Mode;
use super::order::imports_first;
use super::report::Report;
use crate::embed::{Error, Handle, Vm};
use crate::image::{ImportFrom, ModuleImage};
use crate::object::{BundleProblem, is_bundle};
use crate::ops;
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// What a VM knows of files, beside the heap.
#[derive(Default)]
pub struct Files {
    /// Directories in which namespaces are looked for, in order.
    pub roots: Vec<String>,
    /// The current directory, if the host tells it.
    here: Option<String>,
    /// Which files share a namespace.
    pub sharing: Sharing,
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
    /// Files whose top level has failed, with their errors, if the others go on nevertheless.
    pub(super) failures: Option<Vec<(Arc<str>, Error)>>,
    /// Statements of files that the commit which is being made has begun.
    pub(super) ran: Vec<super::report::Statement>,
    /// What went wrong in the last commit beside the error that it ended with.
    pub(super) further_errors: Vec<Error>,
    /// Files that imports of the last load or reload have been looked for at, in vain.
    pub(super) sought: BTreeSet<String>,
    /// Number of texts evaluated so far.
    pub(super) evaluations: u64,
    /// Loads and reloads that are being made: more than one while the code of one loads something.
    pub(crate) commits_running: u32,
    /// The mode of reloads that do not name one.
    pub mode: Mode,
    /// What was committed.
    pub(super) history: super::history::History,
    /// Which way the commit goes that is evaluating patches.
    pub(super) direction: crate::object::Direction,
    /// What the disk holds beside what runs.
    pub(super) disk: super::disk::Disk,
    /// Where modules come from that are no files.
    pub(super) library: Library,
    /// Who opens native bundles.
    pub(super) bundle_loader: Option<Box<dyn crate::object::BundleLoader>>,
    /// Whether texts are only looked at: what native bundles have is not known if they cannot be loaded.
    pub(super) is_checking: bool,
    /// What has been reloaded within the commits that are being made, the outermost first.
    pub(super) within: Vec<super::history::Within>,
    /// The module of the library that is being made.
    pub(super) making: Option<String>,
    /// Tasks that errors have ended, as long as no report has told of them.
    pub(super) ended_tasks: VecDeque<super::ended::EndedTask>,
    /// What the host has decided about reloads.
    pub(super) hosting: super::hosting::Hosting,
    /// When to look for leaks that nothing uses.
    pub(crate) leak_watch: super::leaks::LeakWatch,
    /// Who of the host is told of reloads.
    pub(super) watchers: RefCell<Vec<super::hooks::Watcher>>,
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

/// Which files contribute to one namespace, unless their first lines say.
///
/// ```
/// use embed::reload::Sharing;
///
/// assert_eq!(Sharing::Nothing.namespace_of("ui/menu"), "ui.menu");
/// assert_eq!(Sharing::Directory.namespace_of("ui/menu"), "ui");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sharing {
    /// Each has its own: `a/b.lang` is `a.b`.
    #[default]
    Nothing,
    /// Those of one directory: `a/b.lang` contributes to `a`, and files directly in a root to `main`.
    Directory,
}

impl Sharing {
    /// The namespace of a file without a first line that names one, by its path below its root without `.lang`.
    ///
    /// See the example of [`Sharing`].
    pub fn namespace_of(self, relative: &str) -> String {
        match self {
            Sharing::Nothing => relative.replace('/', "."),
            Sharing::Directory => {
                relative.rsplit_once('/').map_or(ROOT_NAMESPACE.to_owned(), |(directory, _)| directory.replace('/', "."))
            }
        }
    }
}

/// The namespace of files directly in a root when directories are namespaces.
const ROOT_NAMESPACE: &str = "main";

/// A file for a reload.
///
/// ```
/// use embed::prelude::*;
/// use embed::{FileText, ReloadOptions};
///
/// let mut vm = Vm::new();
/// vm.load_text("a.lang", "let x = 1")?;
/// let edits = vec![
///     FileText { path: "a.lang".into(), text: None },
///     FileText { path: "b.lang".into(), text: Some("let y = 2".into()) },
/// ];
/// assert!(vm.reload(edits, &ReloadOptions::default()).committed);
/// assert_eq!(vm.loaded_files(), ["b.lang"]);
/// # Ok::<(), Error>(())
/// ```
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
    ///
    /// ```
    /// use embed::prelude::*;
    /// use std::fs;
    ///
    /// # let folder = std::env::temp_dir().join(format!("lang-doc-add-root-{}", std::process::id()));
    /// # fs::create_dir_all(&folder)?;
    /// fs::write(folder.join("rules.lang"), "let lives = 3")?;
    /// let mut vm = Vm::new();
    /// vm.add_root(&folder.to_string_lossy());
    /// vm.load_text("game.lang", "import rules\nlet start = rules.lives")?;
    /// assert_eq!(vm.get::<i64>("game.start")?, 3);
    /// # fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_root(&mut self, directory: &str) {
        let directory = normalise(directory);
        if !self.files.roots.contains(&directory) {
            self.files.roots.push(directory);
        }
    }

    /// Lets a file contribute to this namespace instead of the one of its path; what its first line says comes before that.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.assign_namespace("level-3.lang", "level");
    /// vm.load_text("level-3.lang", "let size = 9")?;
    /// assert_eq!(vm.get::<i64>("level.size")?, 9);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn assign_namespace(&mut self, path: &str, namespace: &str) {
        self.files.assigned.insert(normalise(path), namespace.into());
    }

    /// Takes compiled files from here instead of compiling a text that another VM has compiled before. For hosts that load one program
    /// many times.
    ///
    /// See the example of [`Images`].
    pub fn share_images(&mut self, images: &Images) {
        self.files.images = Some(images.clone());
    }

    /// Sets where modules come from that are no files.
    pub fn set_library(&mut self, library: Library) {
        self.files.library = library;
        self.enter(|cx| cx.world.library = library.modules);
    }

    /// The mode of reloads that do not name one, of files that do not either.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::Mode;
    ///
    /// let mut vm = Vm::new();
    /// assert_eq!(vm.mode(), Mode::Update);
    /// vm.set_mode(Mode::Overwrite);
    /// vm.load_text("game.lang", "let score = 7")?;
    /// vm.set("game.score", 8)?;
    /// vm.reload_text("game.lang", "let score = 7\nlet lives = 3");
    /// assert_eq!(vm.get::<i64>("game.score")?, 7, "everything is made anew");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_mode(&mut self, mode: Mode) {
        self.files.mode = mode;
    }

    /// The mode of reloads that do not name one.
    ///
    /// See the example of [`Vm::set_mode`].
    pub fn mode(&self) -> Mode {
        self.files.mode
    }

    /// Makes a module of the library, unless it is there.
    pub(super) fn load_module(&mut self, name: &str) -> Result<(), String> {
        if self.has_namespace(name) {
            return Ok(());
        }
        // What is made here is no change of the program.
        let epoch = self.epoch();
        let outer = self.files.making.replace(name.to_owned());
        let loaded = (self.files.library.load)(self, name);
        self.files.making = outer;
        self.enter(|cx| cx.world.epoch = epoch);
        loaded.map_err(|error| format!("the module `{name}` cannot be loaded: {error}"))
    }

    /// Decides which files contribute to one namespace. Call it before anything is loaded.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::reload::Sharing;
    ///
    /// let mut vm = Vm::new();
    /// vm.add_root("");
    /// vm.set_namespace_sharing(Sharing::Directory);
    /// vm.load_text("ui/menu.lang", "let items = 3")?;
    /// assert_eq!(vm.get::<i64>("ui.items")?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_namespace_sharing(&mut self, sharing: Sharing) {
        self.files.sharing = sharing;
    }

    /// Compiles the given texts and everything they import that is not loaded.
    pub(super) fn gather(&mut self, requests: Vec<(String, String)>) -> Result<Gathered, Refusal> {
        // A host without one, or that does not tell it, spells paths as it likes.
        self.files.here = self.host(|host| host.current_directory()).ok().map(|here| normalise(&here));
        let mut reasons = Vec::new();
        let mut warnings = Vec::new();
        let mut waiting: VecDeque<(String, String)> = requests.into_iter().map(|(path, text)| (normalise(&path), text)).collect();
        // Also those that do not compile.
        let mut seen: FxHashSet<String> = FxHashSet::default();
        let mut parsed: Vec<(Arc<str>, Arc<ModuleImage>)> = Vec::new();
        let mut followed = 0;
        loop {
            while let Some((path, text)) = waiting.pop_front() {
                if !seen.insert(path.clone()) {
                    continue;
                }
                if is_bundle(&path)
                    && let Some(reason) = self.prepare_bundle(&path, &text)
                {
                    reasons.push(reason);
                    continue;
                }
                let source = Source::new(path.clone(), text);
                let result = Images::compile(self.files.images.as_ref(), &source);
                for diagnostic in result.diagnostics {
                    if diagnostic.is_error() {
                        reasons.push(reason_of(&source, &diagnostic));
                    } else {
                        warnings.push((source.clone(), diagnostic));
                    }
                }
                let Some(image) = result.image else { continue };
                if let Some(module) =
                    self.files.library.modules.iter().find(|module| *self.namespace_of(&path, &image) == ***module)
                {
                    reasons.push(named_like_module(&source, module));
                }
                parsed.push((path.into(), image));
            }
            let Some((path, image)) = parsed.get(followed).cloned() else { break };
            followed += 1;
            for import in &image.imports {
                match self.find_import(&path, &import.from, &parsed, &seen) {
                    Ok(files) => {
                        for file in files {
                            if is_bundle(&file) {
                                match self.read_bundle(&file) {
                                    Ok(text) => waiting.push_back((file, text)),
                                    Err(_) if self.files.is_checking => {}
                                    Err(problem) => reasons.push(bundle_reason(&image.source, Some(import.span), problem)),
                                }
                                continue;
                            }
                            match self.read_text(&file) {
                                Ok(text) => waiting.push_back((file, text)),
                                Err(message) => reasons.push(import_reason(&image.source, import.span, message, PATH_REMEDY)),
                            }
                        }
                    }
                    Err(message) if matches!(import.from, ImportFrom::Native(_)) => {
                        let problem = BundleProblem::new(
                            message,
                            "correct the import, or build the library; its path begins at the file that imports it",
                        );
                        reasons.push(bundle_reason(&image.source, Some(import.span), problem));
                    }
                    Err(message) => reasons.push(import_reason(&image.source, import.span, message, PATH_REMEDY)),
                }
            }
        }
        let mut compiled = Vec::new();
        for (path, image) in &parsed {
            let namespace = self.namespace_of(path, image);
            let imports = image.imports.iter().map(|import| self.import_namespace(path, &import.from, &parsed)).collect();
            compiled.push(Compiled { path: path.clone(), namespace, image: image.clone(), imports });
        }
        if reasons.is_empty() {
            reasons.extend(self.misnamed_imports(&compiled));
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let compiled = imports_first(compiled);
        warnings.extend(self.enter(|cx| cx.unknown_names(&compiled)));
        warnings.extend(self.enter(|cx| cx.overridden_members(&compiled)));
        Ok((compiled, warnings))
    }

    /// Imports of namespaces that exist by the path of a file, whose first line names another one.
    fn misnamed_imports(&mut self, compiled: &[Compiled]) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for file in compiled {
            for import in &file.image.imports {
                let ImportFrom::Namespace(name) = &import.from else { continue };
                if compiled.iter().any(|other| *other.namespace == **name) || self.has_namespace(name) {
                    continue;
                }
                let candidates = self.candidates(name);
                let Some(other) = compiled.iter().find(|other| candidates.iter().any(|path| **path == *other.path)) else {
                    continue;
                };
                let message =
                    format!("namespace `{name}` does not exist: `{}` contributes to namespace `{}`", other.path, other.namespace);
                let remedy = format!("write `import {}`, or change the first line of `{}`", other.namespace, other.path);
                reasons.push(import_reason(&file.image.source, import.span, message, &remedy));
            }
        }
        reasons
    }

    /// Reads a file through the host.
    pub(super) fn read_text(&mut self, path: &str) -> Result<String, String> {
        if is_bundle(path) {
            return self.read_bundle(path).map_err(|problem| problem.message);
        }
        let bytes = self.host(|host| host.read_file(path)).map_err(|e| format!("cannot read `{path}`: {e}"))?;
        self.files.disk.note_read(path);
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
        image.namespace.as_deref().map_or_else(|| self.namespace_of_path(path), Arc::from)
    }

    /// The namespace of a file whose first line names none.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let vm = Vm::new();
    /// assert_eq!(&*vm.namespace_of_path("rules.lang"), "rules");
    /// ```
    pub fn namespace_of_path(&self, path: &str) -> Arc<str> {
        if let Some(namespace) = self.files.assigned.get(path) {
            return namespace.clone();
        }
        if is_bundle(path) {
            return namespace_of_bundle(path);
        }
        let outside = outside_here(path);
        let from_here = outside.as_deref().unwrap_or(path);
        let relative = self
            .files
            .roots
            .iter()
            .filter_map(|root| if root.is_empty() { Some(from_here) } else { path.strip_prefix(root.as_str())?.strip_prefix('/') })
            .min_by_key(|p| p.len())
            .unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path));
        let relative = relative.strip_suffix(".lang").unwrap_or(relative);
        self.files.sharing.namespace_of(relative).into()
    }

    /// `relative` as seen from the file `from`. What is below the current directory has no other spelling than that from there on, unless the
    /// program's own paths begin at the root.
    pub(super) fn join(&self, from: &str, relative: &str) -> String {
        let path = match from.rsplit_once('/') {
            Some((directory, _)) if !relative.starts_with('/') => normalise(&format!("{directory}/{relative}")),
            _ => normalise(relative),
        };
        let is_outside = path.starts_with("../") || path.starts_with('/');
        let Some(here) = self.files.here.as_deref().filter(|_| is_outside && !from.starts_with('/')) else { return path };
        let absolute = if path.starts_with('/') { path.clone() } else { normalise(&format!("{here}/{path}")) };
        absolute.strip_prefix(here).and_then(|inside| inside.strip_prefix('/')).map_or(path, str::to_owned)
    }

    /// The path by which the program knows a file, or would: one below the current directory has no other spelling than that from there on,
    /// unless it was loaded by one from the root on.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("ui/menu.lang", "let items = 3")?;
    /// assert_eq!(vm.known_path("./ui/menu.lang"), "ui/menu.lang");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn known_path(&mut self, path: &str) -> String {
        let path = normalise(path);
        if self.is_loaded(&path) {
            return path;
        }
        let Some(here) = self.host(|host| host.current_directory()).ok().map(|here| normalise(&here)) else { return path };
        let other = match path.strip_prefix(&*here).and_then(|inside| inside.strip_prefix('/')) {
            Some(inside) => inside.to_owned(),
            None if path.starts_with('/') => return path,
            None => {
                let absolute = normalise(&format!("{here}/{path}"));
                return if self.is_loaded(&absolute) { absolute } else { path };
            }
        };
        // A program whose own paths begin at the root gets more of them.
        let is_from_root = self.loaded_files().iter().any(|file| file.starts_with('/'));
        if self.is_loaded(&other) || !is_from_root { other } else { path }
    }

    fn import_namespace(&self, from_path: &str, from: &ImportFrom, parsed: &[(Arc<str>, Arc<ModuleImage>)]) -> Arc<str> {
        match from {
            ImportFrom::Namespace(name) => name.as_str().into(),
            ImportFrom::File(relative) => {
                let path = self.join(from_path, relative);
                match parsed.iter().find(|(p, _)| **p == *path) {
                    Some((path, image)) => self.namespace_of(path, image),
                    None => self.namespace_of(&path, &ModuleImage::empty(Source::new(path.clone(), ""))),
                }
            }
            ImportFrom::Native(written) => {
                let candidates = self.bundle_candidates(from_path, written);
                let path = candidates.first().expect("there is at least one");
                self.namespace_of_path(path)
            }
        }
    }

    /// The files to load for an import; none when they are loaded or about to be.
    fn find_import(
        &mut self,
        from_path: &str,
        from: &ImportFrom,
        parsed: &[(Arc<str>, Arc<ModuleImage>)],
        seen: &FxHashSet<String>,
    ) -> Result<Vec<String>, String> {
        match from {
            ImportFrom::File(relative) => {
                let path = self.join(from_path, relative);
                if seen.contains(&path) || self.is_loaded(&path) {
                    return Ok(Vec::new());
                }
                if self.file_exists(&path) {
                    return Ok(vec![path]);
                }
                let message = format!("file `{path}` does not exist");
                self.files.sought.insert(path);
                Err(message)
            }
            ImportFrom::Native(written) => {
                let candidates = self.bundle_candidates(from_path, written);
                if candidates.iter().any(|path| seen.contains(path) || self.is_loaded(path)) {
                    return Ok(Vec::new());
                }
                if let Some(path) = candidates.iter().find(|path| self.file_exists(path)) {
                    return Ok(vec![path.clone()]);
                }
                if self.files.is_checking {
                    return Ok(Vec::new());
                }
                // It may be the host that does not want it to be seen.
                let allowed = self.host(|host| host.load_native(written)).map_err(|error| error.to_string());
                let looked = candidates.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
                Err(allowed.err().unwrap_or_else(|| format!("there is no native bundle `{written}`; looked for {looked}")))
            }
            ImportFrom::Namespace(name) if self.files.library.modules.contains(&name.as_str()) => {
                self.load_module(name).map(|()| Vec::new())
            }
            ImportFrom::Namespace(name) => {
                let candidates = self.candidates(name);
                if self.files.sharing == Sharing::Directory {
                    let files: Vec<String> = candidates.iter().flat_map(|directory| self.files_directly_in(directory)).collect();
                    if !files.is_empty() {
                        return Ok(files.into_iter().filter(|file| !seen.contains(file) && !self.is_loaded(file)).collect());
                    }
                }
                if candidates.iter().any(|path| seen.contains(path)) || self.has_namespace(name) && !self.is_only_evaluated(name) {
                    return Ok(Vec::new());
                }
                for path in &candidates {
                    if self.file_exists(path) {
                        return Ok(vec![path.clone()]);
                    }
                }
                let is_given = parsed.iter().any(|(path, image)| *self.namespace_of(path, image) == **name);
                if is_given || self.has_namespace(name) {
                    return Ok(Vec::new());
                }
                self.files.sought.extend(candidates.iter().filter(|path| is_program_file(path)).cloned());
                let ending = if self.files.sharing == Sharing::Directory { "/*.lang" } else { "" };
                let looked = candidates.iter().map(|c| format!("`{c}{ending}`")).collect::<Vec<_>>().join(", ");
                let looked = if looked.is_empty() { looked } else { format!("; looked for {looked}") };
                let modules = &self.files.library.modules;
                let near = match name.rsplit_once('.') {
                    // `os.path` of Python.
                    Some((_, last)) if modules.contains(&last) => format!("; did you mean `{last}`?"),
                    _ => ops::suggestion(name, modules.iter().copied()),
                };
                Err(format!("namespace `{name}` does not exist{looked}{near}"))
            }
        }
    }

    /// Whether all that a namespace has was evaluated, as parts of a file that is not loaded.
    fn is_only_evaluated(&mut self, name: &str) -> bool {
        self.enter(|cx| {
            let Some(namespace) = cx.world.namespaces.get(name) else { return false };
            let definitions = namespace.definitions();
            !definitions.is_empty()
                && definitions.iter().all(|cell| cell.meta().contributor.is_some_and(|module| module.path.starts_with('<')))
        })
    }

    /// Where a namespace is looked for: files, or directories if those are namespaces.
    fn candidates(&self, name: &str) -> Vec<String> {
        let relative = match self.files.sharing {
            Sharing::Nothing => format!("{}.lang", name.replace('.', "/")),
            Sharing::Directory if name == ROOT_NAMESPACE => String::new(),
            Sharing::Directory => name.replace('.', "/"),
        };
        self.files.roots.iter().map(|root| under(root, &relative)).collect()
    }

    /// Program texts directly in a directory, in order.
    fn files_directly_in(&mut self, directory: &str) -> Vec<String> {
        let names = self.host(|host| host.list_directory(directory)).unwrap_or_default();
        let names = names.into_iter().filter(|name| !name.starts_with('.') && is_program_file(name));
        let mut files: Vec<String> = names.map(|name| under(directory, &name)).collect();
        files.sort_unstable();
        files
    }

    pub(super) fn file_exists(&mut self, path: &str) -> bool {
        self.host(|host| Ok(host.file_exists(path))).unwrap_or(false)
    }

    /// Whether a file of this path is loaded.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// assert!(vm.is_loaded("game.lang") && !vm.is_loaded("rules.lang"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_loaded(&mut self, path: &str) -> bool {
        self.enter(|cx| cx.world.modules.get(path).is_some_and(|m| m.state().linked.is_some()))
    }

    /// Paths of the loaded files.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// assert_eq!(vm.loaded_files(), ["game.lang"]);
    /// # Ok::<(), Error>(())
    /// ```
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

/// What to do about an import of what is not there.
const PATH_REMEDY: &str = "correct the import, or add the directory with `--path`";

fn import_reason(source: &Source, span: lang::source::Span, message: String, remedy: &str) -> Reason {
    let (line, column) = source.line_column(span.lo);
    Reason {
        code: codes::UNKNOWN_NAMESPACE.id,
        message,
        file: source.name().to_owned(),
        line,
        remedy: remedy.to_owned(),
        detail: format!(" --> {}:{line}:{column}\n  | {}", source.name(), source.line_text(line)),
        place: Some(Place::new(source, span)),
    }
}

/// A path with `/` between its parts and without `.` parts: the form in which files are known.
///
/// ```
/// use embed::reload::normalise;
///
/// assert_eq!(normalise("./ui/./menu.lang"), "ui/menu.lang");
/// ```
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

/// A path that is not below the current directory, in words that no path below it begins with as a rule.
fn outside_here(path: &str) -> Option<String> {
    if let Some(rest) = path.strip_prefix('/') {
        return Some(format!("root/{rest}"));
    }
    let inside = path.trim_start_matches("../");
    let levels = (path.len() - inside.len()) / "../".len();
    (levels > 0).then(|| format!("{}{inside}", "parent/".repeat(levels)))
}

/// `relative` below a directory, which may be empty: the current one.
pub(super) fn under(directory: &str, relative: &str) -> String {
    match (directory, relative) {
        ("", _) => relative.to_owned(),
        (_, "") => directory.to_owned(),
        _ => format!("{}/{relative}", directory.trim_end_matches('/')),
    }
}
