//! Where definitions come from, and what is not as a cold start would make it.

use super::commit::{Done, Stages, evaluation_plan};
use super::report::Report;
use crate::embed::{Error, Vm};
use crate::heap::Value;
use crate::object::{Cx, Definition, Kind};
use gc_arena::Gc;
use std::hash::{Hash, Hasher};

/// Where a definition comes from.
///
/// ```
/// use embed::prelude::*;
///
/// let mut vm = Vm::new();
/// vm.load_text("game.lang", "let lives = 3\nfn f() { 1 }")?;
/// vm.reload_text("game.lang", "let lives = 3\nfn f() { 2 }");
/// let origin = vm.origin_of("game.f").expect("it is there");
/// assert_eq!((origin.kind, origin.version, origin.line, origin.state), ("function", 2, 2, "current"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Origin {
    /// What it is.
    pub kind: &'static str,
    /// Number of its version.
    pub version: u32,
    /// The file that contributes it, or did.
    pub file: Option<String>,
    /// One-based line; 0 when it has left.
    pub line: u32,
    /// Version of the file.
    pub file_version: u32,
    /// The commit that brought this version, if it is remembered.
    pub epoch: Option<u64>,
    /// `current`, `leak`, `evaluated` or `host`.
    pub state: &'static str,
}

impl Vm {
    /// Where the definition with this qualified name comes from.
    ///
    /// See the example of [`Origin`].
    pub fn origin_of(&mut self, qualified: &str) -> Option<Origin> {
        let mut origin = self.enter(|cx| cx.find_cell(qualified).map(origin))?;
        let versions = self.history(qualified);
        origin.epoch = versions.iter().find(|v| v.version == origin.version).map(|v| v.epoch);
        Some(origin)
    }

    /// Definitions that are not as a cold start would make them: qualified name, kind, why.
    pub(super) fn drift_of_definitions(&mut self) -> Vec<(String, &'static str, &'static str)> {
        self.enter(|cx| {
            let cells: Vec<_> = cx.world.namespaces.values().filter(|n| !n.is_locked()).flat_map(|n| n.with_leaks()).collect();
            let why = |cell: Gc<'_, Definition<'_>>| {
                let meta = cell.meta();
                if meta.leak.is_some() {
                    // An old name goes on as the new one.
                    return meta.now.is_none().then_some("no file defines it any more");
                }
                if meta.is_evaluated {
                    return Some("it was evaluated in a session");
                }
                if meta.contributor.is_some_and(|module| module.path.starts_with('<')) {
                    return Some("no file defines it");
                }
                if meta.is_conflict {
                    return Some("it keeps its value, though its initialiser has changed");
                }
                let is_other = || meta.initial_digest.is_some_and(|initial| super::digest::digest(cell.value()) != Some(initial));
                let is_changed = cell.kind() == Kind::Variable && (cell.is_assigned() || is_other());
                is_changed.then_some("the program has changed its value")
            };
            cells.into_iter().filter_map(|cell| Some((cell.qualified_name(), cell.kind().text(), why(cell)?))).collect()
        })
    }

    /// Evaluates a variable, constant or `once` anew from its file's text.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// vm.set("game.score", 9)?;
    /// vm.reload_text("game.lang", "let score = 8");
    /// assert_eq!(vm.get::<i64>("game.score")?, 9);
    /// vm.reset("game.score")?;
    /// assert_eq!(vm.get::<i64>("game.score")?, 8);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Host`] if there is no such definition, or no file has its text; what the initialiser raises.
    pub fn reset(&mut self, qualified: &str) -> Result<(), Error> {
        let found = self.enter(|cx| {
            let cell = cx.find_cell(qualified).filter(|c| matches!(c.kind(), Kind::Variable | Kind::Constant | Kind::Once))?;
            let module = cell.meta().contributor?;
            let linked = module.state().linked?;
            let imports = linked.imports.iter().map(|n| n.name.clone()).collect();
            Some((module.path.clone(), module.namespace.name.clone(), linked.image.clone(), imports, cell.name.as_str().to_owned()))
        });
        let Some((path, namespace, image, imports, name)) = found else {
            return Err(Error::Host(format!("`{qualified}` is no variable, constant or `once` of a file")));
        };
        self.expect_changes_of(qualified)?;
        let plan = evaluation_plan(path, namespace, image, imports, &name);
        let mut judged = Judged { name: qualified, report: Report::of(plan.plan()) };
        self.holding_panics(|vm| vm.commit(plan, &mut judged)).map(|_| ())
    }

    /// Definitions that keep their value though their initialiser has been edited, or what it was computed from: qualified names that
    /// [`Vm::reset`] takes.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// vm.set("game.score", 9)?;
    /// vm.reload_text("game.lang", "let score = 8");
    /// assert_eq!(vm.conflicts(), ["game.score"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn conflicts(&mut self) -> Vec<String> {
        self.enter(|cx| {
            let cells = cx.world.namespaces.values().filter(|n| !n.is_locked()).flat_map(|n| n.definitions());
            let kept = cells.filter(|cell| cell.meta().is_conflict && cell.meta().contributor.is_some());
            kept.map(|cell| cell.qualified_name()).collect()
        })
    }

    /// A number for the state of the program's definitions: their kinds, texts and plain values; leaks are among them.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.load_text("game.lang", "let score = 7")?;
    /// let before = vm.state_digest();
    /// assert!(!vm.reload_text("game.lang", "let =").ok);
    /// assert_eq!(vm.state_digest(), before);
    /// vm.set("game.score", 8)?;
    /// assert_ne!(vm.state_digest(), before);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn state_digest(&mut self) -> u64 {
        self.enter(|cx| {
            let mut hash = std::hash::DefaultHasher::new();
            for namespace in cx.world.namespaces.values().filter(|n| !n.is_locked()) {
                for cell in namespace.with_leaks() {
                    let meta = cell.meta();
                    cell.qualified_name().hash(&mut hash);
                    meta.leak.as_ref().map(|leak| &leak.file).hash(&mut hash);
                    (cell.kind(), meta.fingerprint, super::digest::digest(cell.value())).hash(&mut hash);
                }
            }
            hash.finish()
        })
    }

    /// Whether the running code is a part of a load or reload.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// vm.define_function("host", "is_committing()", |vm: &mut Vm| vm.is_committing());
    /// vm.load_text("game.lang", "import host\nlet at_load = host.is_committing()\nfn now() { host.is_committing() }")?;
    /// assert!(vm.get::<bool>("game.at_load")? && !vm.call::<_, bool>("game.now", ())?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_committing(&self) -> bool {
        self.files.commits_running > 0
    }
}

/// A definition that is evaluated anew: the host looks at what has come of it.
struct Judged<'a> {
    name: &'a str,
    report: Report,
}

impl Stages for Judged<'_> {
    fn end(&mut self, vm: &mut Vm, _: &Done) -> Result<(), Error> {
        self.report.epoch = vm.epoch() + 1;
        vm.validated(&self.report, |name| name == self.name).map_err(Error::Host)
    }
}

fn origin<'gc>(cell: Gc<'gc, Definition<'gc>>) -> Origin {
    let meta = cell.meta();
    let linked = meta.contributor.and_then(|module| module.state().linked);
    let file = match &meta.leak {
        Some(leak) => Some(leak.file.to_string()),
        None => meta.contributor.map(|module| module.path.to_string()),
    };
    let state = match (&meta.leak, meta.is_evaluated, &file) {
        (Some(_), ..) => "leak",
        (None, true, _) => "evaluated",
        (None, false, None) => "host",
        (None, false, Some(_)) => "current",
    };
    Origin {
        kind: cell.kind().text(),
        version: meta.version,
        file,
        line: linked.map_or(0, |linked| linked.image.source.line(meta.offset)),
        file_version: meta.leak.as_ref().map_or(linked.map_or(0, |linked| linked.version), |leak| leak.version),
        epoch: None,
        state,
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// The definition or leak with this qualified name.
    pub(crate) fn find_cell(&mut self, qualified: &str) -> Option<Gc<'gc, Definition<'gc>>> {
        let (namespace, name) = qualified.rsplit_once('.')?;
        let namespace = *self.world.namespaces.get(namespace)?;
        let symbol = self.world.intern(self.mc, name);
        namespace.get(symbol)
    }

    /// The qualified name of a function, class or enum that is the value of a definition.
    ///
    /// ```
    /// use embed::prelude::*;
    ///
    /// let mut vm = Vm::new();
    /// let f: Handle = vm.eval("fn f() { 1 }\nf")?;
    /// let name = vm.enter(|cx| cx.name_of_value(&f.value_in(cx.world)));
    /// assert_eq!(name.as_deref(), Some("main.f"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn name_of_value(&self, value: &Value<'gc>) -> Option<String> {
        let pointer = value.heap_pointer()?;
        if !matches!(value, Value::Function(_) | Value::Decorated(_) | Value::Class(_) | Value::Native(_)) {
            return None;
        }
        let cells = self.world.namespaces.values().flat_map(|namespace| namespace.with_leaks());
        let holders = cells.filter(|cell| cell.value().heap_pointer().is_some_and(|p| Gc::ptr_eq(p, pointer)));
        // A variable may hold it too, and so does the leak of what has moved; its own definition is meant.
        let own = holders.min_by_key(|cell| {
            let is_definition = matches!(cell.kind(), Kind::Function | Kind::Class | Kind::Enum);
            (!is_definition, cell.meta().leak.is_some())
        });
        Some(own?.qualified_name())
    }
}
