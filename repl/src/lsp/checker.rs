//! What is wrong with open files: what `lang check` says, of texts as they stand in the editor, found on a thread of its own. Texts that
//! are older than others that wait are not looked at.

use super::files::Texts;
use super::server::Event;
use crate::host::{Console, Texts as Read};
use crate::test::suite;
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use vm::compile::compile_source;
use vm::embed::{Vm, VmOptions};
use vm::host::{FileInfo, Host, HostError};
use vm::reload::{Extent, Images, Reason};

/// Checks that are made with one engine before the next is made: what a check has noted in it is forgotten then.
const CHECKS_MAX: usize = 200;

/// Something to look at.
pub struct Job {
    /// Which texts these are: later ones have larger numbers.
    pub generation: u64,
    /// The texts.
    pub texts: Texts,
    /// Files that are looked at; they need not be open.
    pub paths: BTreeSet<String>,
}

/// Something wrong with a text.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Where.
    pub span: Span,
    /// Whether it is an error.
    pub is_error: bool,
    /// The code that `lang explain` knows.
    pub code: String,
    /// What has happened.
    pub message: String,
    /// What is said at the place.
    pub label: String,
    /// What to do.
    pub help: String,
    /// Further places with what is said there.
    pub notes: Vec<(Source, Span, String)>,
}

/// What is wrong with a file.
pub struct Checked {
    /// The text that was looked at.
    pub source: Source,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

/// What has been found.
pub struct Outcome {
    /// Which texts.
    pub generation: u64,
    /// By path.
    pub files: BTreeMap<String, Checked>,
}

/// Begins to wait for texts.
pub fn start(events: Sender<Event>) -> Sender<Job> {
    let (jobs, waiting) = channel();
    thread::spawn(move || run(&waiting, &events));
    jobs
}

fn run(waiting: &Receiver<Job>, events: &Sender<Event>) {
    let mut checker = Checker::default();
    while let Ok(mut job) = waiting.recv() {
        while let Ok(mut newer) = waiting.try_recv() {
            let asked = std::mem::take(&mut job.paths);
            newer.paths.extend(asked);
            job = newer;
        }
        let generation = job.generation;
        let files = checker.check(&job);
        if events.send(Event::Checked(Outcome { generation, files })).is_err() {
            return;
        }
    }
}

/// Engines in which texts are looked at.
#[derive(Default)]
struct Checker {
    images: Images,
    texts: Rc<RefCell<Texts>>,
    /// By the directories from which imports are looked for.
    engines: BTreeMap<Vec<String>, Vm>,
    count: usize,
}

impl Checker {
    fn check(&mut self, job: &Job) -> BTreeMap<String, Checked> {
        self.count += 1;
        if self.count.is_multiple_of(CHECKS_MAX) {
            self.engines.clear();
            self.images = Images::default();
        }
        self.texts.borrow_mut().clone_from(&job.texts);
        let files = job.paths.iter().filter_map(|path| {
            let source = job.texts.read(path)?;
            let findings = self.findings(&job.texts, &source);
            Some((path.clone(), Checked { source, findings }))
        });
        files.collect()
    }

    fn findings(&mut self, texts: &Texts, source: &Source) -> Vec<Finding> {
        let compiled = compile_source(source);
        let own = || compiled.diagnostics.iter().map(|diagnostic| of_diagnostic(source, diagnostic)).collect();
        if compiled.image.is_none() {
            return own();
        }
        let roots = texts.roots_of(source);
        let vm = self.engine(&roots, texts);
        let mut asked = vec![(source.name().to_owned(), source.text().to_owned())];
        if let Some(tested) = suite::tested(source.name(), &roots[0], texts.sharing) {
            vm.assign_namespace(source.name(), &tested.namespace);
            asked.extend(texts.read(&tested.path).map(|text| (tested.path, text.text().to_owned())));
        }
        match vm.check(asked, Extent::Files) {
            Ok(problems) => {
                let here = problems.iter().filter(|problem| problem.source.name() == source.name());
                here.map(|problem| of_diagnostic(&problem.source, &problem.diagnostic)).collect()
            }
            Err(reasons) => {
                let mut findings: Vec<Finding> = own();
                findings.extend(reasons.iter().map(|reason| of_reason(source, reason)));
                findings
            }
        }
    }

    fn engine(&mut self, roots: &[String], texts: &Texts) -> &mut Vm {
        self.engines.entry(roots.to_vec()).or_insert_with(|| {
            let host = Overlay { texts: self.texts.clone(), disk: Console::new(Read::default(), Vec::new()) };
            let mut vm = stdlib::new_vm(VmOptions { host: Box::new(host), ..VmOptions::default() });
            vm.set_namespace_sharing(texts.sharing);
            vm.share_images(&self.images);
            roots.iter().for_each(|root| vm.add_root(root));
            vm
        })
    }
}

fn of_diagnostic(source: &Source, diagnostic: &Diagnostic) -> Finding {
    Finding {
        span: diagnostic.span,
        is_error: diagnostic.is_error(),
        code: diagnostic.code.id.to_owned(),
        message: diagnostic.message.clone(),
        label: diagnostic.label.clone(),
        help: diagnostic.help.clone().unwrap_or_default(),
        notes: diagnostic.notes.iter().map(|(span, text)| (source.clone(), *span, text.clone())).collect(),
    }
}

/// What stands in the way of loading a text. If it is the text of an import, the import says so.
fn of_reason(source: &Source, reason: &Reason) -> Finding {
    let place = reason.place.as_ref();
    let finding = |span: Span, message: String, notes| Finding {
        span,
        is_error: true,
        code: reason.code.to_owned(),
        message,
        label: place.map(|place| place.label.clone()).unwrap_or_default(),
        help: reason.remedy.clone(),
        notes,
    };
    let whole_line = |line: u32| {
        let start = source.line_start(line) as usize;
        Span::new(start, start + source.line_text(line).trim_end().len())
    };
    if reason.file == source.name() {
        let span = place.filter(|place| place.source.name() == source.name()).map(|place| place.span);
        return finding(span.unwrap_or_else(|| whole_line(reason.line.max(1))), reason.message.clone(), Vec::new());
    }
    let notes = place.map(|place| (place.source.clone(), place.span, reason.message.clone())).into_iter().collect();
    let file = reason.file.rsplit('/').next().unwrap_or(&reason.file);
    let span = import_of(source, file.strip_suffix(".lang").unwrap_or(file)).unwrap_or_else(|| whole_line(1));
    Finding { label: String::new(), ..finding(span, format!("`{file}` cannot be loaded: {}", reason.message), notes) }
}

/// The import by which a file of this name may have come in; else the first.
fn import_of(source: &Source, stem: &str) -> Option<Span> {
    let file = lang::parse(source).file;
    let imports = || file.stmts.iter().filter(|stmt| matches!(stmt.kind, lang::ast::StmtKind::Import(_))).map(|stmt| stmt.span);
    let is_meant = |span: &Span| source.slice(*span).contains(stem);
    imports().find(is_meant).or_else(|| imports().next())
}

/// Files of which those that are open are read from the editor.
struct Overlay {
    texts: Rc<RefCell<Texts>>,
    disk: Console,
}

impl Host for Overlay {
    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, HostError> {
        if let Some(source) = self.texts.borrow().open.get(path) {
            return Ok(source.text().as_bytes().to_vec());
        }
        self.disk.read_file(path)
    }

    fn file_exists(&mut self, path: &str) -> bool {
        self.texts.borrow().open.contains_key(path) || self.disk.file_exists(path)
    }

    fn file_info(&mut self, path: &str) -> Result<Option<FileInfo>, HostError> {
        self.disk.file_info(path)
    }

    fn list_directory(&mut self, path: &str) -> Result<Vec<String>, HostError> {
        self.disk.list_directory(path)
    }

    fn current_directory(&mut self) -> Result<String, HostError> {
        self.disk.current_directory()
    }
}
