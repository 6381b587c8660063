//! The syntax tree: what a file says, with places, before any name is resolved.
//!
//! Plain data. Invariants kept by the parser:
//! * every [`Expr`] and [`Pattern`] has a height of at most [`HEIGHT_MAX`]; deeper text is a diagnostic, so that walking
//!   and dropping a tree needs a bounded native stack;
//! * every [`NodeId`] is unique within its file; side tables (see `resolve`) are indexed by it.

pub mod print;
pub mod visit;
pub mod walk;

use crate::source::Span;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Deepest nesting of expressions and blocks that is accepted.
pub const HEIGHT_MAX: u16 = 1000;

/// An identifier's text; cheap to clone and shared within a file.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub Arc<str>);

impl Name {
    /// A name with this text.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Identifies a name use, a binding, a function literal or a block within one file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeId(pub u32);

/// A name with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ident {
    /// The text.
    pub name: Name,
    /// Where it stands.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// `namespace a.b` on the first line, as path segments.
    pub namespace: Option<Vec<Ident>>,
    /// Doc text of the namespace.
    pub doc: Option<String>,
    /// Top-level statements in text order.
    pub stmts: Vec<Stmt>,
    /// One more than the largest [`NodeId`] used.
    pub node_count: u32,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// From its first to its last token, decorators included.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// An expression evaluated for its effect or as the value of its block.
    Expr(Expr),
    /// `let`, `const` or `once`.
    Let(LetDecl),
    /// `target op= value`.
    Assign(Box<Assign>),
    /// `fn name(…) { … }`.
    Fn(Box<FnDecl>),
    /// `class Name(…) { … }`.
    Class(Box<ClassDecl>),
    /// `enum Name { … }`.
    Enum(Box<EnumDecl>),
    /// `extend Name { … }`.
    Extend(Box<ExtendDecl>),
    /// Any form of import.
    Import(Import),
    /// `test "name" { … }`; top level only.
    Test(Box<TestDecl>),
    /// `assert condition, message`.
    Assert(Expr, Option<Expr>),
    /// Text that did not parse; a diagnostic exists.
    Error,
}

/// What a `let`-like statement makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LetKind {
    /// `let`
    Let,
    /// `const`
    Const,
    /// `once`; top level only.
    Once,
}

/// `let pattern = value`, `const …`, `once …`.
#[derive(Clone, Debug)]
pub struct LetDecl {
    /// Which keyword.
    pub kind: LetKind,
    /// What is bound. `const` and `once` of a plain name are the usual case.
    pub pattern: Pattern,
    /// `was old`: the definition this one is renamed from. Only with a plain name at top level.
    pub was: Option<Ident>,
    /// The initialiser; absent in `let x`.
    pub value: Option<Expr>,
    /// `##` lines above.
    pub doc: Option<String>,
}

/// `target op= value`; `op` is `None` for plain `=`.
#[derive(Clone, Debug)]
pub struct Assign {
    /// What is assigned to: a name, member, index, or a tuple/list/map of targets in pattern shape.
    pub target: Target,
    /// The operator of a compound assignment.
    pub op: Option<AssignOp>,
    /// The right side.
    pub value: Expr,
}

/// Operator of a compound assignment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssignOp {
    /// An arithmetic or bitwise operator.
    Binary(BinaryOp),
    /// `??=`: assigns when the target is nil.
    Coalesce,
}

/// An assignable place.
#[derive(Clone, Debug)]
pub enum Target {
    /// A variable.
    Name(NodeId, Ident),
    /// `object.name`
    Member(Box<Expr>, Ident),
    /// `object[index]`
    Index(Box<Expr>, Box<Expr>, Span),
    /// `(a, b) = …`; `Rest` allowed once.
    Tuple(Vec<TargetItem>, Span),
    /// `[a, ...b] = …`
    List(Vec<TargetItem>, Span),
    /// Not assignable; a diagnostic exists.
    Error(Span),
}

/// One place of a destructuring assignment.
#[derive(Clone, Debug)]
pub enum TargetItem {
    /// One value.
    One(Target),
    /// `...rest`
    Rest(Target),
}

/// A decorator line: `@path` or `@path(args)`; the expression is evaluated to a callable.
#[derive(Clone, Debug)]
pub struct Decorator {
    /// The whole expression after `@`.
    pub expr: Expr,
}

/// A named function: top level, local or method.
#[derive(Clone, Debug)]
pub struct FnDecl {
    /// Its name; for operator methods the operator text, such as `==`, `[]=`, `unary -`, `()`.
    pub name: Ident,
    /// Binding of the name, for local functions.
    pub id: NodeId,
    /// `was old`
    pub was: Option<Ident>,
    /// Parameters and body.
    pub func: Func,
    /// Decorators, outermost first.
    pub decorators: Vec<Decorator>,
    /// `##` lines above.
    pub doc: Option<String>,
}

/// Parameters and body of any function literal.
#[derive(Clone, Debug)]
pub struct Func {
    /// Key of this function in the side tables.
    pub id: NodeId,
    /// Parameters in order.
    pub params: Vec<Param>,
    /// What runs.
    pub body: Block,
    /// From the first parameter bracket or bar to the end of the body.
    pub span: Span,
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// A name, or a destructuring pattern (positional only).
    pub pattern: Pattern,
    /// How arguments reach it.
    pub kind: ParamKind,
    /// Default expression, evaluated at each call.
    pub default: Option<Expr>,
}

/// How arguments reach a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// One argument by position or name.
    Normal,
    /// `...rest`: a list of what is left. Always last.
    Rest,
}

/// A braced sequence of statements, a scope of its own. Its value is that of its last statement.
#[derive(Clone, Debug)]
pub struct Block {
    /// Statements in order. An expression body `=> e` is a block of one statement.
    pub stmts: Vec<Stmt>,
    /// Braces included; the expression's span for expression bodies.
    pub span: Span,
}

/// A class.
#[derive(Clone, Debug)]
pub struct ClassDecl {
    /// Its name.
    pub name: Ident,
    /// Binding of the name, for classes inside functions.
    pub id: NodeId,
    /// Base classes, as expressions (names or dotted paths).
    pub bases: Vec<Expr>,
    /// `was Old`
    pub was: Option<Ident>,
    /// Members in text order.
    pub members: Vec<Member>,
    /// Decorators, outermost first.
    pub decorators: Vec<Decorator>,
    /// `##` lines above.
    pub doc: Option<String>,
}

/// An enum.
#[derive(Clone, Debug)]
pub struct EnumDecl {
    /// Its name.
    pub name: Ident,
    /// Binding of the name, for enums inside functions.
    pub id: NodeId,
    /// `was Old`
    pub was: Option<Ident>,
    /// Variants in text order.
    pub variants: Vec<Variant>,
    /// Methods, properties, statics; `migrate`.
    pub members: Vec<Member>,
    /// Decorators, outermost first.
    pub decorators: Vec<Decorator>,
    /// `##` lines above.
    pub doc: Option<String>,
}

/// One variant of an enum.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name.
    pub name: Ident,
    /// Payload names; `None` for a variant without brackets.
    pub fields: Option<Vec<Ident>>,
    /// `##` lines above.
    pub doc: Option<String>,
}

/// `extend Target { … }`.
#[derive(Clone, Debug)]
pub struct ExtendDecl {
    /// The class: a name or dotted path.
    pub target: Expr,
    /// Methods, properties, statics.
    pub members: Vec<Member>,
}

/// A member of a class, enum or `extend`.
#[derive(Clone, Debug)]
pub struct Member {
    /// What it is.
    pub kind: MemberKind,
    /// `##` lines above.
    pub doc: Option<String>,
    /// The whole member.
    pub span: Span,
}

/// The kinds of member.
#[derive(Clone, Debug)]
pub enum MemberKind {
    /// `slot name was old transient = default`
    Slot(SlotDecl),
    /// `shared name was old = value`
    Shared {
        /// Its name.
        name: Ident,
        /// Key of the initialiser's function in the side tables.
        id: NodeId,
        /// `was old`
        was: Option<Ident>,
        /// Evaluated once per class.
        value: Option<Expr>,
    },
    /// An instance method; decorators and doc are in the declaration.
    Method(FnDecl),
    /// `static fn`
    Static(FnDecl),
    /// `get name { … }`
    Getter(FnDecl),
    /// `set name(v) { … }`
    Setter(FnDecl),
    /// `migrate(old) { … }` or `migrate from 3 (old) { … }`
    Migrate {
        /// The source layout number of `from`.
        from: Option<u32>,
        /// One parameter, the old view.
        func: Func,
    },
}

/// An instance slot.
#[derive(Clone, Debug)]
pub struct SlotDecl {
    /// Its name.
    pub name: Ident,
    /// Key of the default's function in the side tables: defaults are evaluated as a function of `self`.
    pub id: NodeId,
    /// `was old`
    pub was: Option<Ident>,
    /// Left out of snapshots.
    pub transient: bool,
    /// Evaluated afresh for every instance.
    pub default: Option<Expr>,
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// What is imported from.
    pub from: ImportPath,
    /// What is bound.
    pub what: ImportWhat,
}

/// The source of an import.
#[derive(Clone, Debug)]
pub enum ImportPath {
    /// `a.b`
    Namespace(Vec<Ident>),
    /// `"./file.lang"`, relative to the importing file.
    File(String, Span),
    /// `native "path"`
    Native(String, Span),
}

/// What an import binds in the file.
#[derive(Clone, Debug)]
pub enum ImportWhat {
    /// The namespace, under the name after `as`, else its last segment (for a file: its stem).
    Namespace(Option<Ident>),
    /// `from … import x, y as z`
    Items(Vec<ImportItem>),
}

/// One item of a from-import.
#[derive(Clone, Debug)]
pub struct ImportItem {
    /// Its name in the source namespace.
    pub name: Ident,
    /// The name after `as`.
    pub alias: Option<Ident>,
}

/// `test "name" { … }`
#[derive(Clone, Debug)]
pub struct TestDecl {
    /// The title.
    pub name: String,
    /// The body, a function without parameters.
    pub func: Func,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: Box<ExprKind>,
    /// From its first to its last token.
    pub span: Span,
    /// Height of the tree below, at most [`HEIGHT_MAX`].
    pub height: u16,
}

/// The kinds of expression.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `nil`
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// A larger integer, in decimal digits.
    BigInt(String),
    /// A float.
    Float(f64),
    /// A string without interpolation.
    Str(String),
    /// A string with interpolation.
    Interp(Vec<InterpPart>),
    /// `(a, b)`
    Tuple(Vec<Element>),
    /// `[a, ...b]`
    List(Vec<Element>),
    /// `{a: 1, [k]: v, ...m}`
    Map(Vec<MapElement>),
    /// `lo..hi`, `lo..=hi`; ends may be absent inside an index only.
    Range {
        /// First value.
        lo: Option<Expr>,
        /// Bound.
        hi: Option<Expr>,
        /// `..=`
        inclusive: bool,
    },
    /// A name in value position.
    Name(NodeId, Name),
    /// `self`
    SelfRef(NodeId),
    /// `super.name`; `name` may be an operator text. Only called or taken as bound method.
    Super(NodeId, Ident),
    /// `object.name`, or `object?.name` when `optional`.
    Member {
        /// Left side.
        object: Expr,
        /// Right side.
        name: Ident,
        /// `?.`: the enclosing [`ExprKind::OptChain`] is nil when the object is.
        optional: bool,
    },
    /// `object[index]`; the index may be a range with absent ends.
    Index {
        /// Left side.
        object: Expr,
        /// In brackets.
        index: Expr,
    },
    /// `callee(args)`
    Call {
        /// What is called; a `Member` callee is a method call.
        callee: Expr,
        /// Arguments in order.
        args: Vec<Arg>,
    },
    /// Extent of a `?.` chain: `a?.b.c` is one chain.
    OptChain(Expr),
    /// `-x`, `~x`, `not x`
    Unary(UnaryOp, Expr),
    /// Arithmetic, bitwise, comparison.
    Binary(BinaryOp, Expr, Expr),
    /// `and`, `or`, `??`
    Logical(LogicalOp, Expr, Expr),
    /// `x is C`, `x is not C`
    Is {
        /// Left side.
        value: Expr,
        /// The class.
        class: Expr,
        /// `is not`
        negated: bool,
    },
    /// `x in c`, `x not in c`
    In {
        /// Left side.
        value: Expr,
        /// Right side.
        container: Expr,
        /// `not in`
        negated: bool,
    },
    /// `|x| body` or `fn(x) { … }`
    Fn(Func),
    /// `if c { } else …`; `otherwise` is a block (an `else if` is a block of one `if`).
    If {
        /// The condition.
        cond: Expr,
        /// When truthy.
        then: Block,
        /// When falsy.
        otherwise: Option<Block>,
    },
    /// `while`; value nil.
    While {
        /// `outer:`
        label: Option<Ident>,
        /// The condition.
        cond: Expr,
        /// The body.
        body: Block,
    },
    /// `for pattern in iter`; value nil.
    For {
        /// `outer:`
        label: Option<Ident>,
        /// Bound afresh in each iteration.
        pattern: Pattern,
        /// What is iterated over.
        iter: Expr,
        /// The body.
        body: Block,
    },
    /// `match value { arms }`
    Match {
        /// The scrutinee.
        value: Expr,
        /// Arms in order.
        arms: Vec<Arm>,
    },
    /// `try { } catch … finally { }`
    Try {
        /// Guarded.
        body: Block,
        /// In order.
        catches: Vec<Catch>,
        /// Runs on every way out.
        finally: Option<Block>,
    },
    /// `do { … }`
    Do(Block),
    /// `return value`
    Return(Option<Expr>),
    /// `throw value`
    Throw(Expr),
    /// `yield value`
    Yield(Option<Expr>),
    /// `break label`
    Break(Option<Ident>),
    /// `continue label`
    Continue(Option<Ident>),
    /// Text that did not parse; a diagnostic exists.
    Error,
}

/// A part of an interpolated string.
#[derive(Clone, Debug)]
pub enum InterpPart {
    /// Literal text.
    Text(String),
    /// `${expr}` or `${expr:spec}`
    Expr(Expr, Option<FormatSpec>),
}

/// What stands after the colon in `${x:…}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FormatSpec {
    /// The text of the specification, as written; checked by the parser.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// An element of a tuple or list literal.
#[derive(Clone, Debug)]
pub enum Element {
    /// One value.
    One(Expr),
    /// `...xs`
    Spread(Expr),
}

/// An element of a map literal.
#[derive(Clone, Debug)]
pub enum MapElement {
    /// `key: value`; a bare name has become a string.
    Pair(Expr, Expr),
    /// `...m`
    Spread(Expr),
}

/// An argument.
#[derive(Clone, Debug)]
pub enum Arg {
    /// By position.
    One(Expr),
    /// `name: value`
    Named(Ident, Expr),
    /// `...xs`: a list or tuple by position, a map by name.
    Spread(Expr),
}

/// Operators with one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `~`
    BitNot,
    /// `not`
    Not,
}

/// Operators with two operands, both evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[expect(missing_docs, reason = "the operator is the documentation, see `text`")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl BinaryOp {
    /// The operator as written.
    pub fn text(self) -> &'static str {
        use BinaryOp::*;
        match self {
            Add => "+",
            Sub => "-",
            Mul => "*",
            Div => "/",
            FloorDiv => "//",
            Mod => "%",
            Pow => "**",
            BitAnd => "&",
            BitOr => "|",
            BitXor => "^",
            Shl => "<<",
            Shr => ">>",
            Eq => "==",
            Ne => "!=",
            Lt => "<",
            Le => "<=",
            Gt => ">",
            Ge => ">=",
        }
    }
}

/// Operators that may leave the right side unevaluated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum LogicalOp {
    /// `and`
    And,
    /// `or`
    Or,
    /// `??`
    Coalesce,
}

/// `pattern if guard => body`
#[derive(Clone, Debug)]
pub struct Arm {
    /// What must match.
    pub pattern: Pattern,
    /// Checked after the pattern has bound its names.
    pub guard: Option<Expr>,
    /// The value; a scope together with the pattern's names.
    pub body: Block,
    /// The whole arm.
    pub span: Span,
}

/// `catch e is A | B { … }`
#[derive(Clone, Debug)]
pub struct Catch {
    /// The error's name.
    pub binding: Option<(NodeId, Ident)>,
    /// Classes that are caught; empty catches every ordinary error.
    pub classes: Vec<Expr>,
    /// The handler; a scope together with the binding.
    pub body: Block,
    /// The whole clause.
    pub span: Span,
}

/// A pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// What it is.
    pub kind: Box<PatternKind>,
    /// From its first to its last token.
    pub span: Span,
}

/// The kinds of pattern.
#[derive(Clone, Debug)]
pub enum PatternKind {
    /// `_`
    Wildcard,
    /// A name: matches anything and binds it.
    Bind(NodeId, Ident),
    /// `name is Class`
    BindIs(NodeId, Ident, Expr),
    /// `is Class` without a name, or `_ is Class`.
    Is(Expr),
    /// A literal, a dotted name, or `== expr`: compares with `==`.
    Value(Expr),
    /// `2..=9`, `2..`, `..9`
    Range {
        /// First value.
        lo: Option<Expr>,
        /// Bound.
        hi: Option<Expr>,
        /// `..=`
        inclusive: bool,
    },
    /// `(a, b)`
    Tuple(Vec<PatternItem>),
    /// `[a, ...rest]`
    List(Vec<PatternItem>),
    /// `{name, age: years, "k": p, ...rest}`; open.
    Map(Vec<MapPatternItem>),
    /// `Point(x: 0, y)`, `Shape.Circle(r)`: class or enum variant, slots by name.
    Class {
        /// The class or variant: a name or dotted path.
        class: Expr,
        /// Slot patterns.
        slots: Vec<SlotPattern>,
    },
    /// `a | b`: all bind the same names. The names of the first alternative are the binding ones; the others carry their own
    /// ids and are unified by `resolve`.
    Or(Vec<Pattern>),
    /// Text that did not parse; a diagnostic exists.
    Error,
}

/// One item of a tuple or list pattern.
#[derive(Clone, Debug)]
pub enum PatternItem {
    /// One value.
    One(Pattern),
    /// `...rest` or `...`; at most one.
    Rest(Option<(NodeId, Ident)>),
}

/// One item of a map pattern.
#[derive(Clone, Debug)]
pub enum MapPatternItem {
    /// `key: pattern`; `{name}` has become `name: name`.
    Pair(Expr, Pattern),
    /// `...rest`
    Rest(Option<(NodeId, Ident)>),
}

/// `name: pattern` in a class pattern; a bare `y` has become `y: y`.
#[derive(Clone, Debug)]
pub struct SlotPattern {
    /// The slot.
    pub name: Ident,
    /// What its value must match.
    pub pattern: Pattern,
}
