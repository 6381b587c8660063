//! What every name of a file refers to: a local, a captured variable, an import of the file, or a late-bound name.
//!
//! Side tables over the syntax tree, indexed by [`NodeId`]. Nothing is looked up in any namespace here: a name that is no
//! local and no import is [`Res::Name`] and is found when it is reached.

mod members;
mod patterns;
mod scope;
mod top;
mod walk;

pub use top::bundle_name;

use crate::ast::{File, Ident, ImportPath, Name, NodeId};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Finds what every name of `file` refers to, and what is wrong with names and places.
pub fn resolve(file: &File, diagnostics: &mut Vec<Diagnostic>) -> Resolved {
    scope::Resolver::new(file, diagnostics).run(file)
}

/// Index of a local within its function; parameters come first (`self` before them in methods).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LocalId(pub u32);

/// Index of a captured variable within its function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct UpvalueId(pub u32);

/// Index of an entry of [`Resolved::imports`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ImportId(pub u32);

/// What a name use or a binding refers to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Res {
    /// No name has this id (it belongs to a function or block), or it is in text that did not parse.
    #[default]
    None,
    /// A local of the innermost function or unit.
    Local(LocalId),
    /// A variable captured from an enclosing function.
    Upvalue(UpvalueId),
    /// The namespace that an import binds.
    ImportedNamespace(ImportId),
    /// A definition that a from-import binds; the name is the one in the source namespace.
    ImportedName(ImportId, Name),
    /// A definition of the file's namespace, or of `core`, or nothing yet: found when reached.
    Name(Name),
}

/// One local variable of a function.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name; parameters that are patterns have an empty name.
    pub name: Name,
    /// Where it is bound.
    pub span: Span,
    /// `const`: assigning to it is a diagnostic.
    pub is_const: bool,
    /// It is assigned after its initialisation.
    pub assigned: bool,
    /// An inner function captures it.
    pub captured: bool,
    /// It must live in a heap box: it is captured, and is assigned after its initialisation or captured before it
    /// (for instance by a hoisted `fn`). A captured local that is not boxed is captured by value.
    pub boxed: bool,
    /// Some use may run before it is set, so that uses have to check.
    pub may_be_unset: bool,
}

/// Where a function takes a captured variable from when it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpvalueSource {
    /// A local of the enclosing function.
    Local(LocalId),
    /// A captured variable of the enclosing function.
    Upvalue(UpvalueId),
}

/// One captured variable of a function.
#[derive(Clone, Debug)]
pub struct Upvalue {
    /// The variable's name.
    pub name: Name,
    /// Where it comes from.
    pub source: UpvalueSource,
    /// Whether the variable lives in a box (see [`Local::boxed`]).
    pub boxed: bool,
    /// See [`Local::may_be_unset`].
    pub may_be_unset: bool,
    /// See [`Local::is_const`].
    pub is_const: bool,
}

/// Variables of one function, or of one top-level statement (a *unit*).
#[derive(Clone, Debug, Default)]
pub struct FnScope {
    /// All locals of all its blocks. For methods, getters, setters, static functions, slot defaults and `migrate`,
    /// local 0 is `self`; parameters follow in order, one local each (destructured ones have an empty name and are followed by
    /// their names later).
    pub locals: Vec<Local>,
    /// Captured variables in order of first use.
    pub upvalues: Vec<Upvalue>,
    /// Whether local 0 is `self`.
    pub has_self: bool,
    /// Whether it contains a `yield` of its own.
    pub yields: bool,
    /// Whether it contains a loop of its own.
    pub loops: bool,
}

/// An import of the file.
#[derive(Clone, Debug)]
pub struct ImportEntry {
    /// What is imported from.
    pub path: ImportPath,
    /// Where the statement stands.
    pub span: Span,
    /// Names bound by a from-import: (name in the source namespace, name in this file).
    pub items: Vec<(Ident, Ident)>,
    /// The name that a whole-namespace import binds.
    pub binds: Option<Ident>,
}

/// The side tables of one file.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// For each [`NodeId`] of a name use or binding, what it refers to.
    pub names: Vec<Res>,
    /// For each [`NodeId`] of a function (`Func::id`, `SlotDecl::id`, the id of a `shared`), its variables.
    pub functions: Vec<Option<Box<FnScope>>>,
    /// For each top-level statement, in order, the variables of its nested blocks; local definitions of the top level itself are
    /// [`Res::Name`].
    pub units: Vec<FnScope>,
    /// Imports in text order.
    pub imports: Vec<ImportEntry>,
}

impl Resolved {
    /// What a name use or binding refers to.
    pub fn res(&self, id: NodeId) -> &Res {
        &self.names[id.0 as usize]
    }

    /// Variables of the function with this id.
    pub fn scope(&self, id: NodeId) -> &FnScope {
        self.functions[id.0 as usize].as_deref().expect("resolve makes a scope for every function of the tree")
    }
}
