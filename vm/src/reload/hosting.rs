//! What a host decides about reloads: when they are made, what they must satisfy, and where edits come from.

use super::check::Reason;
use super::codes;
use super::load::FileText;
use super::options::ReloadOptions;
use super::report::Report;
use crate::embed::{Error, HotType, Vm};
use crate::heap::Value;
use crate::image::{ClassRef, ImportFrom, ModuleImage, NameRef};
use crate::object::Cx;
use lang::source::Span;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::rc::Rc;

/// What a definition has to be; else what is wrong.
type Fits = for<'a, 'gc> fn(&mut Cx<'a, 'gc>, Value<'gc>) -> Result<(), String>;

/// Looks at the program as it would go on.
type Validate = Rc<dyn Fn(&mut Vm, &Report) -> Result<(), String>>;

/// Gives the edits there have been since it was called last.
type ChangeSource = Box<dyn FnMut(&mut Vm) -> Vec<FileText>>;

/// What a host has decided.
#[derive(Default)]
pub(super) struct Hosting {
    /// Tokens that are alive.
    blocks: Rc<Cell<usize>>,
    required: Vec<(String, Fits)>,
    validate: Option<Validate>,
    source: Option<ChangeSource>,
    /// Edits that were refused, by path: they are tried again with the next.
    pending: BTreeMap<String, Option<String>>,
    /// Files that were edited and cannot be read, with the reason.
    unreadable: BTreeMap<String, String>,
    /// What keeps the source from its work, until it was told.
    troubles: Vec<String>,
    /// Whether there are edits that were not tried.
    is_due: bool,
    /// Whether what is loaded stays as it is for ever.
    is_frozen: bool,
}

/// As long as it is alive the VM makes no reload: what [`Vm::block_reloads`] gives.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// let block = vm.block_reloads();
/// assert_eq!(vm.reload_text("a.lang", "let x = 1").reasons[0].message, "the host has blocked reloads");
/// drop(block);
/// assert!(vm.reload_text("a.lang", "let x = 1").ok);
/// ```
#[must_use = "reloads are blocked as long as it is alive"]
#[derive(Debug)]
pub struct ReloadBlock(Rc<Cell<usize>>);

impl Drop for ReloadBlock {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Vm {
    /// Blocks changes of definitions until the token is dropped: requested reloads and those of [`Vm::poll_reload`] wait; others are refused, and so are evaluations that
    /// define or extend something, and `live.reset`. For phases in which the host
    /// holds more than one thing of the program that must fit together.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let block = vm.block_reloads();
    /// assert!(!vm.reload_text("a.lang", "let x = 1").ok);
    /// drop(block);
    /// assert!(vm.reload_text("a.lang", "let x = 1").ok);
    /// ```
    pub fn block_reloads(&self) -> ReloadBlock {
        let blocks = self.files.hosting.blocks.clone();
        blocks.set(blocks.get() + 1);
        ReloadBlock(blocks)
    }

    /// Whether a [`ReloadBlock`] is alive.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let vm = Vm::new();
    /// let (one, two) = (vm.block_reloads(), vm.block_reloads());
    /// drop(one);
    /// assert!(vm.is_reload_blocked());
    /// drop(two);
    /// assert!(!vm.is_reload_blocked());
    /// ```
    pub fn is_reload_blocked(&self) -> bool {
        self.files.hosting.blocks.get() > 0
    }

    /// What is loaded stays as it is from now on, whoever wants it otherwise: every reload of it, undo, evaluation of a definition, `live.reset` and `extend` is refused, and what was kept for them,
    /// earlier texts and versions, is given up. Files that are not loaded yet can still be, and may extend what comes with them. For programs that are done; nothing else about them changes, and nothing that runs gets faster, since definitions
    /// cost no more than an indirection that is there in any case.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "fn f() { 1 }")?;
    /// vm.freeze();
    /// assert!(!vm.reload_text("game.lang", "fn f() { 2 }").ok);
    /// assert_eq!(vm.call::<_, i64>("game.f", ())?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn freeze(&mut self) {
        self.files.hosting.is_frozen = true;
        self.forget_history();
    }

    /// Whether [`Vm::freeze`] was called.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// assert!(!vm.is_frozen());
    /// vm.freeze();
    /// assert!(vm.is_frozen());
    /// ```
    pub fn is_frozen(&self) -> bool {
        self.files.hosting.is_frozen
    }

    /// The refusal of a reload of something that is frozen.
    pub(super) fn refused_as_frozen(&mut self, files: Vec<String>) -> Report {
        let file = files.iter().find(|path| self.is_loaded(path)).cloned().unwrap_or_default();
        let reason = Reason {
            code: codes::FROZEN.id,
            message: "the host has frozen what is loaded".into(),
            file,
            line: 0,
            remedy: "restart the program with the new text".into(),
            detail: String::new(),
            place: None,
        };
        self.refused_with(files, reason)
    }

    /// Has every load and reload, and every evaluation that defines or extends something, looked at before it is kept: `validate` is called when all of its code has run, with the VM as it would go on, and with the
    /// report. What it refuses is taken back as if it had never been, with its text as the reason.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.on_validate(|vm, _| match vm.get::<i64>("game.players") {
    ///     Ok(count) if count > 8 => Err(format!("{count} players are too many")),
    ///     _ => Ok(()),
    /// });
    /// vm.load_text("game.lang", "const players = 4")?;
    /// let report = vm.reload_text("game.lang", "const players = 40");
    /// assert_eq!(report.reasons[0].message, "the host refuses it: 40 players are too many");
    /// assert_eq!(vm.get::<i64>("game.players")?, 4);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_validate(&mut self, validate: impl Fn(&mut Vm, &Report) -> Result<(), String> + 'static) {
        self.files.hosting.validate = Some(Rc::new(validate));
    }

    /// Says what scripts must have: `namespace.name` of a type as for [`Hot`](crate::embed::Hot). From now on a load or reload of a file of this namespace is refused
    /// if it is missing, of another type, or cannot be called with so many arguments; and an evaluation of the definition if it makes it so.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.require::<fn(f64)>("game.update");
    /// vm.require::<String>("game.title");
    /// vm.load_text("game.lang", "const title = \"Pong\"\nfn update(dt) { }")?;
    /// let report = vm.reload_text("game.lang", "const title = \"Pong\"\nfn update() { }");
    /// assert!(report.reasons[0].message.starts_with("the host needs `game.update`: the host gives 1 argument"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn require<T: HotType>(&mut self, qualified: &str) {
        self.files.hosting.required.retain(|(name, _)| name != qualified);
        self.files.hosting.required.push((qualified.to_owned(), T::fits));
    }

    /// Sets where [`Vm::poll_reload`] gets edits from: a watcher of files, a network, an editor. A file without text is gone.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::FileText;
    ///
    /// let mut vm = Vm::new();
    /// let mut edits = vec![FileText { path: "a.lang".into(), text: Some("let x = 1".into()) }];
    /// vm.set_change_source(move |_| std::mem::take(&mut edits));
    /// assert!(vm.poll_reload().expect("there is an edit").committed);
    /// assert_eq!(vm.get::<i64>("a.x")?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_change_source(&mut self, source: impl FnMut(&mut Vm) -> Vec<FileText> + 'static) {
        self.files.hosting.source = Some(Box::new(source));
    }

    /// Brings in what has been edited since it was called last, in one commit: the host's way to reload from its own thread, where it is right for it.
    /// `None` if there is nothing new, and as long as reloads are blocked. Edits that are refused are tried again together with the next.
    ///
    /// ```
    /// use embed::prelude::*;
    /// use embed::FileText;
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// let saved = Rc::new(RefCell::new(Vec::new()));
    /// let source = saved.clone();
    /// let save = |path: &str, text: &str| saved.borrow_mut().push(FileText { path: path.into(), text: Some(text.into()) });
    /// let mut vm = Vm::new();
    /// vm.set_change_source(move |_| source.take());
    ///
    /// save("a.lang", "import b\nlet x = b.y");
    /// assert!(!vm.poll_reload().expect("there is an edit").ok, "there is no `b`");
    /// assert!(vm.poll_reload().is_none());
    /// save("b.lang", "let y = 2");
    /// assert!(vm.poll_reload().expect("both of them").committed);
    /// assert_eq!(vm.get::<i64>("a.x")?, 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn poll_reload(&mut self) -> Option<Report> {
        let report = self.poll_source();
        let troubles = std::mem::take(&mut self.files.hosting.troubles);
        if troubles.is_empty() {
            return report;
        }
        let mut report = report.unwrap_or_else(|| Report { ok: true, epoch: self.epoch(), ..Report::default() });
        report.warnings.extend(troubles.into_iter().map(|message| Reason {
            code: codes::UNREADABLE.id,
            message,
            file: String::new(),
            line: 0,
            remedy: String::new(),
            detail: String::new(),
            place: None,
        }));
        Some(report)
    }

    fn poll_source(&mut self) -> Option<Report> {
        if let Some(mut source) = self.files.hosting.source.take() {
            let edits = self.host_code(&mut source);
            self.files.hosting.source.get_or_insert(source);
            let edits = edits.unwrap_or_else(|panic| resume_unwind(panic));
            let hosting = &mut self.files.hosting;
            hosting.is_due |= !edits.is_empty();
            hosting.unreadable.retain(|path, _| edits.iter().all(|edit| edit.path != *path));
            hosting.pending.extend(edits.into_iter().map(|edit| (edit.path, edit.text)));
        }
        if !self.files.hosting.is_due || self.is_reload_blocked() || self.is_committing() {
            return None;
        }
        self.files.hosting.is_due = false;
        if let Some((path, problem)) = self.files.hosting.unreadable.first_key_value() {
            let (path, problem) = (path.clone(), problem.clone());
            return Some(self.refusal(vec![path], problem));
        }
        let edits = self.files.hosting.pending.iter().map(|(path, text)| FileText { path: path.clone(), text: text.clone() });
        let report = self.reload(edits.collect(), &ReloadOptions::default());
        if report.ok {
            self.files.hosting.pending.clear();
        }
        Some(report)
    }

    /// For a change source: a file was edited and its text cannot be had, as when it is no UTF-8. Until it is edited again, what is polled is refused with this reason.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.set_change_source(|_| Vec::new());
    /// vm.note_unreadable("a.lang", "`a.lang` is not UTF-8");
    /// let report = vm.poll_reload().expect("there was an edit");
    /// assert_eq!(report.reasons[0].message, "`a.lang` is not UTF-8");
    /// ```
    pub fn note_unreadable(&mut self, path: &str, problem: &str) {
        self.files.hosting.unreadable.insert(path.to_owned(), problem.to_owned());
        self.files.hosting.is_due = true;
    }

    /// For a change source: something keeps it from its work. What is polled next says so among its warnings, also if there is no edit.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.set_change_source(|_| Vec::new());
    /// vm.note_trouble("the disk is gone");
    /// let report = vm.poll_reload().expect("there is something to say");
    /// assert!(report.to_string().contains("the disk is gone"));
    /// ```
    pub fn note_trouble(&mut self, problem: &str) {
        self.files.hosting.troubles.push(problem.to_owned());
    }

    /// Files that the texts of the last load or reload import and that do not exist: what a watcher waits for.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let refused = vm.load_text("game.lang", "import \"nowhere.lang\"").expect_err("there is no such file");
    /// assert!(refused.to_string().contains("nowhere.lang"));
    /// assert_eq!(vm.missing_files(), ["nowhere.lang"]);
    /// ```
    pub fn missing_files(&self) -> Vec<String> {
        self.files.sought.iter().cloned().collect()
    }

    /// Why the program as it would go on cannot be kept, if the host says so.
    pub(super) fn validated(&mut self, report: &Report, is_concerned: impl Fn(&str) -> bool) -> Result<(), String> {
        let required = self.files.hosting.required.clone();
        for (name, fits) in required {
            if !is_concerned(&name) {
                continue;
            }
            self.enter(|cx| match cx.definition(&name) {
                Ok(cell) if cell.meta().leak.is_some() => Err(format!("the host needs `{name}`, which no file defines any more")),
                Ok(cell) => fits(cx, cell.value()).map_err(|problem| format!("the host needs `{name}`: {problem}")),
                Err(error) => Err(format!("the host needs `{name}`: {error}")),
            })?;
        }
        match self.files.hosting.validate.clone() {
            Some(validate) => match self.held_host_code(|vm| validate(vm, report)) {
                Ok(judged) => judged.map_err(|problem| format!("the host refuses it: {problem}")),
                Err(panicked) => Err(panicked.to_string()),
            },
            None => Ok(()),
        }
    }

    /// Where a text extends a class that is loaded already, or may. `texts` are those that come with it, by their namespaces: what they define is not loaded.
    pub(super) fn extends_frozen(&mut self, image: &ModuleImage, texts: &[(&str, &ModuleImage)]) -> Option<Span> {
        let own = texts.iter().find(|(_, text)| std::ptr::eq(*text, image)).map(|(namespace, _)| *namespace)?;
        let is_new = |vm: &mut Vm, namespace: &str, name: &str| {
            let is_given = texts.iter().any(|(of, text)| *of == namespace && text.definition(name).is_some());
            is_given && !vm.is_defined_in(namespace, name)
        };
        let namespace_of = |import: u32| match &image.imports[import as usize].from {
            ImportFrom::Namespace(name) => Some(name.clone()),
            // What a path leads to is found when it is loaded.
            ImportFrom::File(_) | ImportFrom::Native(_) => None,
        };
        let extension = image.extensions.iter().find(|extension| {
            let ClassRef::Path(name, members) = &extension.target else { return true };
            !match (name, members.first()) {
                (NameRef::Own(name), _) => is_new(self, own, name),
                (NameRef::Imported { import, name }, _) => namespace_of(*import).is_some_and(|of| is_new(self, &of, name)),
                (NameRef::Namespace { import }, Some(name)) => namespace_of(*import).is_some_and(|of| is_new(self, &of, name)),
                (NameRef::Namespace { .. }, None) => false,
            }
        });
        extension.map(|extension| extension.span)
    }

    /// Why a definition cannot be evaluated anew, if the host does not want it.
    pub(super) fn expect_changes_of(&self, qualified: &str) -> Result<(), Error> {
        let refused = |code: &str, what: &str| {
            Err(Error::Host(format!("error[{code}]: the host has {what}, so `{qualified}` stays as it is")))
        };
        match (self.is_frozen(), self.is_reload_blocked()) {
            (true, _) => refused(codes::FROZEN.id, "frozen what is loaded"),
            (false, true) => refused(codes::BLOCKED.id, "blocked reloads"),
            (false, false) => Ok(()),
        }
    }

    /// A reload that is asked for while reloads are blocked.
    pub(super) fn refused_as_blocked(&mut self, files: Vec<String>) -> Report {
        let reason = Reason {
            code: codes::BLOCKED.id,
            message: "the host has blocked reloads".into(),
            file: files.first().cloned().unwrap_or_default(),
            line: 0,
            remedy: "ask again when the host lets them through".into(),
            detail: String::new(),
            place: None,
        };
        self.refused_with(files, reason)
    }
}
