//! A module image: one compiled file, unlinked. Plain data that never sees the heap; it can be printed, diffed, hashed and sent
//! between threads.
//!
//! A file compiles to prototypes (code), classes, enums and extensions, a list of *definitions*, and a list of *units*: one for each
//! top-level statement that runs code. Loading links the prototypes, makes functions, classes and enums, then runs the units in text
//! order. Each unit is a function without parameters; what it returns is what it defines (see [`UnitKind`]).

mod codec;
mod print;

pub use codec::{decode, encode};
pub(crate) use print::class_text;
pub use print::print;

use lang::source::{Source, Span};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// Index of a prototype in [`ModuleImage::protos`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ProtoId(pub u32);

/// Index of a class in [`ModuleImage::classes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ClassId(pub u32);

/// Index of an enum in [`ModuleImage::enums`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct EnumId(pub u32);

/// One compiled file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModuleImage {
    /// The text, for traces and for the next diff.
    #[serde(skip, default = "codec::no_source")]
    pub source: Source,
    /// `namespace a.b`, if the file names its namespace.
    pub namespace: Option<String>,
    /// Doc text of the namespace.
    pub doc: Option<String>,
    /// Imports in text order; [`NameRef`]s point into it.
    pub imports: Vec<ImportImage>,
    /// All functions, units and defaults of the file.
    pub protos: Vec<Arc<ProtoImage>>,
    /// All classes, local ones too.
    pub classes: Vec<Arc<ClassImage>>,
    /// All enums, local ones too.
    pub enums: Vec<Arc<EnumImage>>,
    /// All `extend` blocks.
    pub extensions: Vec<Arc<ExtensionImage>>,
    /// Top-level names in text order.
    pub definitions: Vec<DefinitionImage>,
    /// Top-level code in text order.
    pub units: Vec<UnitImage>,
    /// `test` blocks in text order.
    pub tests: Vec<TestImage>,
    /// Positions of the definitions, once somebody has asked.
    #[serde(skip)]
    pub(crate) names: OnceLock<FxHashMap<Arc<str>, usize>>,
}

/// An import of the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportImage {
    /// What is imported from.
    pub from: ImportFrom,
    /// Names of a from-import in the source namespace; empty when the namespace itself is bound.
    pub items: Vec<String>,
    /// Names that it binds in the file: those of the items, or that of the namespace.
    pub binds: Vec<String>,
    /// Where the statement stands.
    pub span: Span,
}

/// The source of an import.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ImportFrom {
    /// `a.b`
    Namespace(String),
    /// A path relative to the importing file.
    File(String),
    /// A native bundle.
    Native(String),
}

/// A late-bound name in a constant table; linked to a definition cell.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum NameRef {
    /// A name of the file's namespace, else of `core`.
    Own(Arc<str>),
    /// A name of the namespace of import `import` (index into [`ModuleImage::imports`]): from `ns.name` or a from-import.
    Imported {
        /// Which import.
        import: u32,
        /// The name there.
        name: Arc<str>,
    },
    /// The namespace of an import as a value. Linked to the namespace, not to a definition.
    Namespace {
        /// Which import.
        import: u32,
    },
}

/// A constant of a prototype.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Const {
    /// nil
    Nil,
    /// true or false
    Bool(bool),
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// An int beyond 64 bits, in decimal digits.
    BigInt(Arc<str>),
    /// A string; also names of attributes.
    Str(Arc<str>),
    /// A late-bound name.
    Name(NameRef),
    /// How the arguments of a call are to be read.
    Shape(Arc<CallShape>),
    /// Texts of sub-expressions, for `AssertFail`.
    Texts(Arc<[Arc<str>]>),
}

/// How the values of a call's window are to be read.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct CallShape {
    /// One entry for each value, in order.
    pub args: Vec<ArgShape>,
}

/// One argument of a call shape.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ArgShape {
    /// By position.
    One,
    /// By name.
    Named(Arc<str>),
    /// Spread: list, tuple, set, range by position; map by name.
    Spread,
}

/// Where a closure takes a captured value from when it is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Capture {
    /// A register of the enclosing frame (the box, if the variable is boxed).
    Register(u8),
    /// A captured value of the enclosing closure.
    Upvalue(u8),
}

/// A parameter as the caller sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ParamImage {
    /// Its name; empty for a destructured one, which is positional only.
    pub name: Arc<str>,
    /// Text of its default, if it has one.
    pub default: Option<Arc<str>>,
}

/// What a prototype is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ProtoKind {
    /// A function or lambda: parameters from register 0.
    Function,
    /// A method, getter, setter, static function, slot default, or `migrate`: `self` in register 0, parameters behind it.
    Method,
    /// A top-level statement.
    Unit,
}

/// Which errors a handler keeps from going further up, as far as that is known without running it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Catches {
    /// None: it is that of a `finally`.
    Nothing,
    /// All but those that have to be named.
    Everything,
    /// Some class that only its code knows.
    Unknown,
    /// Those of classes that constants name.
    Classes(Vec<u32>),
}

/// One entry of a prototype's handler table. Entries are ordered innermost first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Handler {
    /// First protected word.
    pub start: u32,
    /// One past the last protected word.
    pub end: u32,
    /// Where to go on.
    pub target: u32,
    /// Register that receives the error.
    pub register: u8,
    /// What it catches.
    pub catches: Catches,
}

/// Name of a register during a range of code; for inspection, and for matching frames with edited code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LocalName {
    /// The variable.
    pub name: Arc<str>,
    /// Where it is.
    pub register: u8,
    /// Whether the register holds a box.
    pub boxed: bool,
    /// First word at which it is in scope.
    pub start: u32,
    /// One past the last word.
    pub end: u32,
}

/// What a loop steps over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum LoopKind {
    /// `while`: nothing.
    While,
    /// `for` over an iterator.
    Items,
    /// `for` over a range that is written as one: it counts without making the range.
    Count,
}

/// A loop of a function; for matching frames with edited code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LoopImage {
    /// What it steps over.
    pub kind: LoopKind,
    /// First word of a turn, which may be that of a loop around it, too.
    pub start: u32,
    /// One past its last word.
    pub end: u32,
    /// The instruction with which the next turn begins: the first of a turn, for `Count` the back-edge itself.
    pub next: u32,
    /// The instructions that lead from one turn to the next.
    pub back_edges: Vec<u32>,
    /// First of the two registers in which a `for` keeps how far it is.
    pub state: u8,
    /// `outer:`
    pub label: Option<Arc<str>>,
    /// Hash of its condition, or of what it goes over.
    pub header: u64,
    /// Hash of all of it.
    pub fingerprint: u64,
}

/// One compiled function.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProtoImage {
    /// Its name: `hurt`, `Monster.hurt`, `<lambda>`, `<unit>`.
    pub name: Arc<str>,
    /// What it is.
    pub kind: ProtoKind,
    /// Of a function without name: where it stands in the code around it, as far as the text names that: `handlers["save"]`.
    #[serde(skip)]
    pub place: Option<Arc<str>>,
    /// Parameters, without `self` and without the rest parameter.
    pub params: Vec<ParamImage>,
    /// How many parameters (without `self`) have no default; those stand first in a call's positional arguments.
    pub required: u8,
    /// Name of the rest parameter, which is in the register behind the other parameters.
    pub rest: Option<Arc<str>>,
    /// Registers of a frame, windows included.
    pub registers: u8,
    /// The code.
    pub code: Vec<u32>,
    /// Constants.
    pub consts: Vec<Const>,
    /// What a closure of it captures.
    pub captures: Vec<Capture>,
    /// Names of the captured variables, in step with `captures`.
    pub capture_names: Vec<Arc<str>>,
    /// Nested functions, in step with the operand of `Closure`.
    pub nested: Vec<ProtoId>,
    /// Protected ranges, innermost first.
    pub handlers: Vec<Handler>,
    /// Place of the code from a word on, sorted by word.
    pub spans: Vec<(u32, Span)>,
    /// Names of registers.
    pub locals: Vec<LocalName>,
    /// Loops that are statements, outer ones before inner ones.
    pub loops: Vec<LoopImage>,
    /// Doc text.
    pub doc: Option<Arc<str>>,
    /// The whole function.
    pub span: Span,
    /// Hash of what it does, independent of position, spacing, comments and doc text. Equal fingerprints: the running code is kept.
    pub fingerprint: u64,
    /// Whether it contains a `yield`.
    pub yields: bool,
    /// The text it was compiled from; traces of replaced code show it.
    #[serde(skip, default = "codec::no_source")]
    pub source: Source,
}

/// How a class refers to a base or an extension to its target.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ClassRef {
    /// A late-bound name followed by members: `ns.sub.C`.
    Path(NameRef, Vec<Arc<str>>),
    /// Operand n of a local class: `R[A+1+n]`.
    Register(u8),
}

/// A class.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClassImage {
    /// Its name.
    pub name: Arc<str>,
    /// Bases in order.
    pub bases: Vec<ClassRef>,
    /// `was Old`
    pub was: Option<Arc<str>>,
    /// Its own slots in text order.
    pub slots: Vec<SlotImage>,
    /// A method that fills every own slot whose default is [`SlotDefault::Code`] and that is still unset.
    pub slot_init: Option<ProtoId>,
    /// Shared slots in text order.
    pub shared: Vec<SharedImage>,
    /// Methods, properties, static functions.
    pub members: Vec<MemberImage>,
    /// Migration hooks: source layout of `from`, code.
    pub migrate: Vec<(Option<u32>, ProtoId)>,
    /// Doc text.
    pub doc: Option<Arc<str>>,
    /// The whole class.
    pub span: Span,
}

/// A slot of a class.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SlotImage {
    /// Its name.
    pub name: Arc<str>,
    /// `was old`
    pub was: Option<Arc<str>>,
    /// Left out of snapshots.
    pub transient: bool,
    /// Its initial value.
    pub default: SlotDefault,
    /// Hash of the default's text.
    pub fingerprint: u64,
    /// Doc text.
    pub doc: Option<Arc<str>>,
}

/// Initial value of a slot. Everything that needs no code is told apart, so that instances are made without calls.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum SlotDefault {
    /// No default: the slot starts unset.
    Unset,
    /// An immutable constant: nil, bool, int, float, string.
    Const(Const),
    /// `[]`
    EmptyList,
    /// `{}`
    EmptyMap,
    /// Evaluated by [`ClassImage::slot_init`], and alone by this function of `self`.
    Code(ProtoId),
}

/// A shared slot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SharedImage {
    /// Its name.
    pub name: Arc<str>,
    /// `was`
    pub was: Option<Arc<str>>,
    /// Initialiser, a method of the class object; absent: nil.
    pub init: Option<ProtoId>,
    /// Hash of the initialiser's text.
    pub fingerprint: u64,
    /// Doc text.
    pub doc: Option<Arc<str>>,
}

/// How a member of a class is used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum MemberRole {
    /// An instance method.
    Method,
    /// `static fn`
    Static,
    /// `get`
    Getter,
    /// `set`
    Setter,
}

/// A method, property or static function.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MemberImage {
    /// Its name, or the operator's text.
    pub name: Arc<str>,
    /// `was old`
    pub was: Option<Arc<str>>,
    /// How it is used.
    pub role: MemberRole,
    /// Its code.
    pub proto: ProtoId,
    /// For decorated members: a unit that is called with the undecorated function and returns what its decorators make of it.
    pub decorate: Option<ProtoId>,
    /// Doc text.
    pub doc: Option<Arc<str>>,
    /// The whole member.
    pub span: Span,
}

/// An enum.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnumImage {
    /// Its name.
    pub name: Arc<str>,
    /// `was Old`
    pub was: Option<Arc<str>>,
    /// Variants in text order.
    pub variants: Vec<VariantImage>,
    /// Methods, properties, static functions.
    pub members: Vec<MemberImage>,
    /// `migrate(old)`
    pub migrate: Option<ProtoId>,
    /// Doc text.
    pub doc: Option<Arc<str>>,
    /// The whole enum.
    pub span: Span,
}

/// A variant of an enum.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VariantImage {
    /// Its name.
    pub name: Arc<str>,
    /// Payload names; `None`: a plain value.
    pub fields: Option<Vec<Arc<str>>>,
    /// Doc text.
    pub doc: Option<Arc<str>>,
}

/// An `extend` block.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExtensionImage {
    /// The class it extends.
    pub target: ClassRef,
    /// What it adds.
    pub members: Vec<MemberImage>,
    /// The whole block.
    pub span: Span,
}

/// Kind of a definition, as the image knows it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum DefinitionKind {
    /// `fn`
    Function(ProtoId),
    /// `class`
    Class(ClassId),
    /// `enum`
    Enum(EnumId),
    /// `let`
    Variable,
    /// `const`
    Constant,
    /// `once`
    Once,
}

/// A top-level name of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DefinitionImage {
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    pub kind: DefinitionKind,
    /// `was old`
    pub was: Option<Arc<str>>,
    /// Doc text.
    pub doc: Option<Arc<str>>,
    /// The whole statement.
    pub span: Span,
    /// The name alone.
    pub name_span: Span,
    /// Hash of its text without comments, spacing, position and doc text.
    pub fingerprint: u64,
    /// The unit that gives it its value: always for variables, constants and `once`; for functions and classes when decorated.
    pub unit: Option<u32>,
}

/// What a unit's result means.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum UnitKind {
    /// `let`, `const`, `once` of one name: the result is its value.
    Value(Arc<str>),
    /// A destructuring `let`, `const` or `once`: the result is a tuple with the values of these names.
    Values(Vec<Arc<str>>),
    /// Decorators of a function or class: the unit takes the undecorated object as its only argument; its result is what the
    /// decorators made of it.
    Decorate(Arc<str>),
    /// `extend`: index into [`ModuleImage::extensions`]; its `proto` is unused by the loader.
    Extend(u32),
    /// A statement. The result is its value if it is an expression (shown by the REPL), else nil.
    Statement,
}

impl UnitKind {
    /// Whether it belongs to definitions, by whose names it can be found in another version of the file.
    pub fn is_named(&self) -> bool {
        !self.names().is_empty()
    }

    /// The names of these definitions.
    pub fn names(&self) -> &[Arc<str>] {
        match self {
            UnitKind::Value(name) | UnitKind::Decorate(name) => std::slice::from_ref(name),
            UnitKind::Values(names) => names,
            UnitKind::Extend(_) | UnitKind::Statement => &[],
        }
    }
}

/// A top-level statement that runs code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnitImage {
    /// What its result means.
    pub kind: UnitKind,
    /// Its code.
    pub proto: ProtoId,
    /// The whole statement.
    pub span: Span,
    /// Hash of its text without comments, spacing and position.
    pub fingerprint: u64,
    /// The same without the bodies of functions that have no name.
    pub shape: u64,
    /// Whether it is an expression whose value the REPL shows.
    pub is_expression: bool,
}

/// A `test` block.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TestImage {
    /// Its title.
    pub name: Arc<str>,
    /// Its body, a function without parameters.
    pub proto: ProtoId,
    /// The whole block.
    pub span: Span,
}

impl ModuleImage {
    /// About how many bytes it takes, with what is made of it when it is linked.
    pub fn bytes(&self) -> usize {
        let protos = self.protos.iter().map(|proto| 512 + 8 * proto.code.len() + 12 * proto.spans.len() + 48 * proto.consts.len());
        self.source.text().len() + protos.sum::<usize>()
    }

    /// The position of a definition.
    pub fn position(&self, name: &str) -> Option<usize> {
        let names = self.names.get_or_init(|| self.definitions.iter().enumerate().map(|(i, d)| (d.name.clone(), i)).collect());
        names.get(name).copied()
    }

    /// The definition of a name.
    pub fn definition(&self, name: &str) -> Option<&DefinitionImage> {
        self.position(name).map(|at| &self.definitions[at])
    }

    /// Hash of the initialiser of one of its definitions, whatever the name is.
    pub fn initialiser_of(&self, definition: &DefinitionImage) -> u64 {
        definition.unit.map_or(0, |unit| self.protos[self.units[unit as usize].proto.0 as usize].fingerprint)
    }

    /// An image that contributes nothing.
    pub fn empty(source: Source) -> Self {
        ModuleImage {
            source,
            namespace: None,
            doc: None,
            imports: Vec::new(),
            protos: Vec::new(),
            classes: Vec::new(),
            enums: Vec::new(),
            extensions: Vec::new(),
            definitions: Vec::new(),
            units: Vec::new(),
            tests: Vec::new(),
            names: OnceLock::new(),
        }
    }
}

impl ProtoImage {
    /// A function without parameters and code.
    pub fn empty(name: Arc<str>, source: Source) -> Self {
        ProtoImage {
            name,
            kind: ProtoKind::Function,
            place: None,
            params: Vec::new(),
            required: 0,
            rest: None,
            registers: 0,
            code: Vec::new(),
            consts: Vec::new(),
            captures: Vec::new(),
            capture_names: Vec::new(),
            nested: Vec::new(),
            handlers: Vec::new(),
            spans: Vec::new(),
            locals: Vec::new(),
            loops: Vec::new(),
            doc: None,
            span: Span::default(),
            fingerprint: 0,
            yields: false,
            source,
        }
    }
}
