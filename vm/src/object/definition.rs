//! Definitions, namespaces and loaded files.
//!
//! A definition is a named cell of a namespace. Code holds the cell, so every use is late bound; the cell stays the same for the life
//! of the namespace, also while the name has no value.

use super::{Class, Proto, Symbol, SymbolMap};
use crate::heap::{Value, write_barrier};
use crate::image::ModuleImage;
use gc_arena::lock::{Lock, RefLock};
use gc_arena::{Collect, Gc, GcWeak, Mutation};
use std::cell::Cell;
use std::sync::Arc;

/// What a definition is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Mentioned by code but contributed by nobody.
    Absent,
    /// `fn`
    Function,
    /// `class`
    Class,
    /// `enum`
    Enum,
    /// `let`
    Variable,
    /// `const`
    Constant,
    /// `once`
    Once,
}

impl Kind {
    /// The word for messages.
    pub fn text(self) -> &'static str {
        match self {
            Kind::Absent => "absent",
            Kind::Function => "function",
            Kind::Class => "class",
            Kind::Enum => "enum",
            Kind::Variable => "variable",
            Kind::Constant => "constant",
            Kind::Once => "once",
        }
    }

    /// Whether a program may assign to it.
    pub fn is_assignable(self) -> bool {
        matches!(self, Kind::Variable | Kind::Once)
    }
}

/// A named cell of a namespace.
#[derive(Collect)]
#[collect(no_drop)]
#[repr(C)]
pub struct Definition<'gc> {
    /// Its value; unset while it has none.
    value: Lock<Value<'gc>>,
    /// Whether `SetGlobal` may store without looking further.
    assignable: Cell<bool>,
    /// Whether it was assigned since its initialiser ended.
    assigned: Cell<bool>,
    /// What it is.
    #[collect(require_static)]
    kind: Cell<Kind>,
    /// The recording that has noted its use last, so that each notes it once.
    pub recorded: Cell<u32>,
    /// The commit whose undo log has noted its state last, so that each notes it once.
    pub logged: Cell<u32>,
    /// Whether it is a leak that nothing used when somebody looked, and whose name nobody has looked up since.
    pub unused: Cell<bool>,
    /// Its name.
    pub name: Symbol<'gc>,
    /// Its namespace.
    pub namespace: Gc<'gc, Namespace<'gc>>,
    meta: RefLock<DefinitionMeta<'gc>>,
}

/// What is known of a definition besides its value.
#[derive(Clone, Collect, Default)]
#[collect(no_drop)]
pub struct DefinitionMeta<'gc> {
    /// Counts changes of its text, from 1.
    pub version: u32,
    /// The file that contributes it.
    pub contributor: Option<Gc<'gc, Module<'gc>>>,
    /// Where it comes from, if no file defines it any more and it is kept for those who use it.
    #[collect(require_static)]
    pub leak: Option<Arc<Leak>>,
    /// Doc text.
    pub doc: Option<Arc<str>>,
    /// What its text says it `was`, if that has been acted upon, or has nothing to act upon since its file is loaded for the first time.
    pub was: Option<Arc<str>>,
    /// Hash of the text that runs.
    pub fingerprint: u64,
    /// Hash of the initialiser alone: another name is no other one.
    pub initialiser: u64,
    /// Digest of the value when its initialiser ended; `None` when the value can never count as untouched.
    pub initial_digest: Option<u64>,
    /// Constants that the initialiser read, and functions that it called.
    pub computed_from: Vec<Gc<'gc, Definition<'gc>>>,
    /// Functions that the initialiser only passed on: its value has to do with their objects, not with their code.
    pub passes_on: Vec<Gc<'gc, Definition<'gc>>>,
    /// Byte offset of the name in the contributor's text.
    pub offset: u32,
    /// Whether its initialiser has changed and the value was kept, because the program had changed it.
    pub is_conflict: bool,
    /// Of a leak that has moved, or got another name: the definition that it is now. A function or class is the value of both; the value of
    /// a variable, constant or `once` is that of the new name only, and the old one forwards to it.
    pub now: Option<Gc<'gc, Definition<'gc>>>,
    /// Whether it is a leak, and something that it was computed from has changed since: it is evaluated anew when it comes back.
    pub is_outdated: bool,
    /// Whether what runs was evaluated in a session and is not the contributor's text.
    pub is_evaluated: bool,
    /// Hash of the text that was evaluated.
    pub evaluated: u64,
}

/// An object that an overwriting reload has taken out of its definition.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Generation<'gc> {
    /// The definition.
    pub cell: Gc<'gc, Definition<'gc>>,
    /// The object.
    pub object: GcWeak<'gc, ()>,
    /// The object, if it is a class.
    pub class: Option<GcWeak<'gc, Class<'gc>>>,
}

/// Where a leak comes from.
#[derive(Debug)]
pub struct Leak {
    /// The file that contributed the definition.
    pub file: Arc<str>,
    /// The last version of the file that had it.
    pub version: u32,
    /// The commit that removed it.
    pub epoch: u64,
}

impl<'gc> Definition<'gc> {
    /// A cell without value.
    pub fn new(mc: &Mutation<'gc>, namespace: Gc<'gc, Namespace<'gc>>, name: Symbol<'gc>) -> Gc<'gc, Self> {
        Gc::new(
            mc,
            Definition {
                value: Lock::new(Value::Unset),
                assignable: Cell::new(false),
                assigned: Cell::new(false),
                kind: Cell::new(Kind::Absent),
                recorded: Cell::new(0),
                logged: Cell::new(0),
                unused: Cell::new(false),
                name,
                namespace,
                meta: RefLock::default(),
            },
        )
    }

    /// Its value; unset while it has none. Of a name that forwards, the value of what it is now.
    #[inline(always)]
    pub fn value(&self) -> Value<'gc> {
        let value = self.value.get();
        if value.is_unset() { self.value_now() } else { value }
    }

    #[cold]
    fn value_now(&self) -> Value<'gc> {
        self.meta().now.map_or(Value::Unset, |now| now.value())
    }

    /// Its own value: unset if it forwards.
    pub(super) fn own_value(&self) -> Value<'gc> {
        self.value.get()
    }

    /// Whether it is a name that a variable, constant or `once` had: what is read and assigned here is the definition that it is now.
    pub fn forwards(&self) -> bool {
        self.value.get().is_unset() && self.meta().now.is_some()
    }

    /// The definition that holds the value: itself, unless it forwards.
    pub fn holder(this: Gc<'gc, Self>) -> Gc<'gc, Self> {
        let mut cell = this;
        while cell.value.get().is_unset() {
            let Some(now) = cell.meta().now else { break };
            cell = now;
        }
        cell
    }

    /// The definition that it is now: itself, unless it has moved or got another name.
    pub fn newest(this: Gc<'gc, Self>) -> Gc<'gc, Self> {
        let mut cell = this;
        loop {
            let now = cell.meta().now;
            let Some(next) = now else { return cell };
            cell = next;
        }
    }

    /// Lets an old name mean the definition that it is now.
    pub fn forward(this: Gc<'gc, Self>, mc: &Mutation<'gc>, now: Gc<'gc, Self>) {
        this.clear_assigned();
        Self::set(this, mc, Value::Unset);
        Self::update_meta(this, mc, |meta| meta.now = Some(now));
    }

    /// Address of the value, for the interpreter.
    #[inline(always)]
    pub fn value_ptr(&self) -> *mut Value<'gc> {
        self.value.as_ptr()
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind.get()
    }

    /// Whether a program may assign to it.
    #[inline(always)]
    pub fn is_assignable(&self) -> bool {
        self.assignable.get()
    }

    /// Remembers that the program assigned to it.
    #[inline(always)]
    pub fn note_assigned(&self) {
        self.assigned.set(true);
    }

    /// Whether it was assigned since its initialiser ended.
    pub fn is_assigned(&self) -> bool {
        self.assigned.get()
    }

    /// Forgets that it was assigned: its initialiser has ended.
    pub fn clear_assigned(&self) {
        self.assigned.set(false);
    }

    /// Stores a value of its own: initialisation, commit and undo, and assignment to what is no name that forwards.
    pub fn set(this: Gc<'gc, Self>, mc: &Mutation<'gc>, value: Value<'gc>) {
        write_barrier(mc, Gc::erase(this), &value);
        // SAFETY: the barrier has run.
        unsafe { this.value.as_cell() }.set(value);
    }

    /// Changes what it is.
    pub fn set_kind(&self, kind: Kind) {
        self.kind.set(kind);
        self.note_assignable();
    }

    /// To a name that forwards nothing is assigned: the slow way finds the definition that it is now.
    fn note_assignable(&self) {
        self.assignable.set(self.kind().is_assignable() && !self.forwards());
    }

    /// Version, contributor and so on.
    pub fn meta(&self) -> std::cell::Ref<'_, DefinitionMeta<'gc>> {
        self.meta.borrow()
    }

    /// Changes version, contributor and so on.
    pub fn update_meta(this: Gc<'gc, Self>, mc: &Mutation<'gc>, f: impl FnOnce(&mut DefinitionMeta<'gc>)) {
        Gc::write(mc, this);
        // SAFETY: `Gc::write` has run the barrier of the whole cell.
        f(&mut unsafe { this.meta.as_ref_cell() }.borrow_mut());
        this.note_assignable();
    }

    /// `namespace.name`
    pub fn qualified_name(&self) -> String {
        format!("{}.{}", self.namespace.name, self.name.as_str())
    }
}

/// A namespace.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Namespace<'gc> {
    /// Its dotted name.
    pub name: Arc<str>,
    definitions: RefLock<SymbolMap<'gc, Gc<'gc, Definition<'gc>>>>,
    doc: RefLock<Option<Arc<str>>>,
    /// Whether no file may contribute to it.
    locked: Cell<bool>,
}

impl<'gc> Namespace<'gc> {
    /// An empty namespace.
    pub fn new(mc: &Mutation<'gc>, name: Arc<str>) -> Gc<'gc, Self> {
        Gc::new(mc, Namespace { name, definitions: RefLock::default(), doc: RefLock::default(), locked: Cell::new(false) })
    }

    /// The cell of a name, also when it has no value.
    pub fn cell(&self, name: Symbol<'gc>) -> Option<Gc<'gc, Definition<'gc>>> {
        self.definitions.borrow().get(&name).copied()
    }

    /// The definition of a name, if it is contributed.
    pub fn get(&self, name: Symbol<'gc>) -> Option<Gc<'gc, Definition<'gc>>> {
        let cell = self.cell(name).filter(|d| d.kind() != Kind::Absent)?;
        cell.unused.set(false);
        Some(cell)
    }

    /// The cell of a name, made if there is none.
    pub fn cell_or_new(this: Gc<'gc, Self>, mc: &Mutation<'gc>, name: Symbol<'gc>) -> Gc<'gc, Definition<'gc>> {
        if let Some(cell) = this.cell(name) {
            return cell;
        }
        let cell = Definition::new(mc, this, name);
        Gc::write(mc, this);
        // SAFETY: `Gc::write` has run the barrier of the whole namespace.
        unsafe { this.definitions.as_ref_cell() }.borrow_mut().insert(name, cell);
        cell
    }

    /// Contributed definitions in order of their making.
    pub fn definitions(&self) -> Vec<Gc<'gc, Definition<'gc>>> {
        self.with_leaks().into_iter().filter(|cell| cell.meta().leak.is_none()).collect()
    }

    /// Contributed definitions, and leaks, in order of their making.
    pub fn with_leaks(&self) -> Vec<Gc<'gc, Definition<'gc>>> {
        self.definitions.borrow().values().copied().filter(|cell| self.is_own(*cell)).collect()
    }

    /// Calls the function with what `with_leaks` gives.
    pub fn each_with_leaks(&self, mut f: impl FnMut(Gc<'gc, Definition<'gc>>)) {
        for cell in self.definitions.borrow().values().copied().filter(|cell| self.is_own(*cell)) {
            f(cell);
        }
    }

    /// Whether a cell is one of its own definitions or leaks.
    fn is_own(&self, cell: Gc<'gc, Definition<'gc>>) -> bool {
        std::ptr::eq(Gc::as_ptr(cell.namespace), self) && cell.kind() != Kind::Absent
    }

    /// Makes `name` mean a definition of another namespace: an import of a session, which outlives the text that it stands in. The
    /// namespace does not contribute it.
    pub fn alias(this: Gc<'gc, Self>, mc: &Mutation<'gc>, name: Symbol<'gc>, cell: Gc<'gc, Definition<'gc>>) {
        Gc::write(mc, this);
        // SAFETY: `Gc::write` has run the barrier of the whole namespace.
        unsafe { this.definitions.as_ref_cell() }.borrow_mut().insert(name, cell);
    }

    /// All cells, contributed or not.
    pub fn cells(&self) -> Vec<Gc<'gc, Definition<'gc>>> {
        self.definitions.borrow().values().copied().collect()
    }

    /// Whether no file may contribute to it.
    pub fn is_locked(&self) -> bool {
        self.locked.get()
    }

    /// Decides whether files may contribute to it.
    pub fn set_locked(&self, locked: bool) {
        self.locked.set(locked);
    }

    /// Doc text.
    pub fn doc(&self) -> Option<Arc<str>> {
        self.doc.borrow().clone()
    }

    /// Sets the doc text.
    pub fn set_doc(&self, doc: Option<Arc<str>>) {
        // SAFETY: no pointers of the heap are stored.
        *unsafe { self.doc.as_ref_cell() }.borrow_mut() = doc;
    }
}

/// One loaded file: its text as it runs, and the prototypes made from it.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Module<'gc> {
    /// Path or label, such as `<repl>`.
    pub path: Arc<str>,
    /// The namespace it contributes to.
    pub namespace: Gc<'gc, Namespace<'gc>>,
    state: RefLock<ModuleState<'gc>>,
}

/// What changes of a file when it is reloaded.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub struct ModuleState<'gc> {
    /// The linked text that runs; `None` before the first load and after deletion.
    pub linked: Option<Gc<'gc, Linked<'gc>>>,
    /// Number of the file's version, from 1.
    pub version: u32,
}

/// One version of a file, linked.
#[derive(Collect)]
#[collect(no_drop)]
pub struct Linked<'gc> {
    /// The compiled text.
    #[collect(require_static)]
    pub image: Arc<ModuleImage>,
    /// The file.
    pub module: Gc<'gc, Module<'gc>>,
    /// Namespaces of its imports, in step with the image's.
    pub imports: Vec<Gc<'gc, Namespace<'gc>>>,
    /// Number of the file's version.
    pub version: u32,
    /// Whether another generation of the file has taken its place: what began in it ends in it.
    #[collect(require_static)]
    pub is_overwritten: Cell<bool>,
    protos: RefLock<Vec<Gc<'gc, Proto<'gc>>>>,
}

impl<'gc> Linked<'gc> {
    /// A version without prototypes yet.
    pub fn new(
        mc: &Mutation<'gc>,
        image: Arc<ModuleImage>,
        module: Gc<'gc, Module<'gc>>,
        imports: Vec<Gc<'gc, Namespace<'gc>>>,
        version: u32,
    ) -> Gc<'gc, Self> {
        Gc::new(mc, Linked { image, module, imports, version, is_overwritten: Cell::new(false), protos: RefLock::default() })
    }

    /// The prototype with this index.
    pub fn proto(&self, id: crate::image::ProtoId) -> Gc<'gc, Proto<'gc>> {
        self.protos.borrow()[id.0 as usize]
    }

    /// All prototypes, in step with the image's.
    pub fn protos(&self) -> Vec<Gc<'gc, Proto<'gc>>> {
        self.protos.borrow().clone()
    }

    /// Sets the prototypes: once, by the linker.
    pub fn set_protos(this: Gc<'gc, Self>, mc: &Mutation<'gc>, protos: Vec<Gc<'gc, Proto<'gc>>>) {
        Gc::write(mc, this);
        // SAFETY: `Gc::write` has run the barrier.
        *unsafe { this.protos.as_ref_cell() }.borrow_mut() = protos;
    }
}

impl<'gc> Module<'gc> {
    /// A file that is not loaded yet.
    pub fn new(mc: &Mutation<'gc>, path: Arc<str>, namespace: Gc<'gc, Namespace<'gc>>) -> Gc<'gc, Self> {
        Gc::new(mc, Module { path, namespace, state: RefLock::default() })
    }

    /// What runs of it.
    pub fn state(&self) -> std::cell::Ref<'_, ModuleState<'gc>> {
        self.state.borrow()
    }

    /// Changes what runs of it.
    pub fn update<R>(this: Gc<'gc, Self>, mc: &Mutation<'gc>, f: impl FnOnce(&mut ModuleState<'gc>) -> R) -> R {
        Gc::write(mc, this);
        // SAFETY: `Gc::write` has run the barrier of the whole module.
        f(&mut unsafe { this.state.as_ref_cell() }.borrow_mut())
    }
}
