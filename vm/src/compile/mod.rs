//! The compiler: from the resolved syntax tree of a file to its module image.
//!
//! One pass over the tree. A function is made by `function::Function`; this type drives it and the functions around it. Values go
//! straight to where they are wanted (see `Dest`); conditions become jumps (`condition.rs`); every top-level statement becomes a
//! definition, a unit, or both (`top.rs`).
//!
//! What the code promises to the rest of the engine:
//! * evaluation is strictly from left to right;
//! * nothing above a call's window is needed after the call;
//! * the locals of a frame are named in [`ProtoImage::locals`]. Names in round brackets are the engine's own: `(for)` is the state of a
//!   loop, in order; `(finally)` how a `finally` region was left; `(match)` a value whose arms are tried; `(temporary)` an intermediate value around a loop: a
//!   frame there cannot be described by its locals alone;
//! * equal functions have equal fingerprints (`fingerprint.rs`).
//!
//! Limits of the code become diagnostics; the text of a program cannot make the compiler panic.

mod assertion;
mod assign;
mod assigned;
mod call;
mod class;
pub mod codes;
mod condition;
mod constants;
mod control;
mod errors;
mod exits;
mod expr;
mod fingerprint;
mod function;
mod hoist;
mod literal;
mod member;
mod operator;
mod pattern;
mod places;
mod proto;
mod scope;
mod spill;
mod top;

use crate::bytecode::verify;
use crate::image::{ClassImage, EnumImage, ExtensionImage, ModuleImage, ProtoId, ProtoImage};
use assertion::Kept;
use assigned::Assigned;
use function::{Function, Reg};
use lang::ast::{File, NodeId};
use lang::diagnostic::Diagnostic;
use lang::resolve::Resolved;
use lang::source::Source;
use places::Places;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Where the value of an expression or block goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dest {
    /// Nowhere: it is evaluated for its effect.
    Discard,
    /// To a register.
    Reg(Reg),
    /// It is the result of the function.
    Return,
}

/// The state of one file's compilation.
struct Compiler<'a> {
    source: &'a Source,
    resolved: &'a Resolved,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// Where plain variables are assigned.
    assigned: Assigned,
    /// Where functions without name stand.
    places: Places,
    /// Names that the file defines at top level; true for variables.
    top_names: FxHashMap<Arc<str>, bool>,
    /// Sub-expressions of the `assert` in the making whose values are kept.
    kept: Vec<Kept>,
    /// The function in the making.
    fun: Function<'a>,
    /// The functions around it, outermost first.
    outer: Vec<Function<'a>>,
    /// Finished functions by their key in the side tables: slot defaults are compiled twice, what is inside them once.
    made: FxHashMap<NodeId, ProtoId>,
    protos: Vec<Arc<ProtoImage>>,
    classes: Vec<Arc<ClassImage>>,
    enums: Vec<Arc<EnumImage>>,
    extensions: Vec<Arc<ExtensionImage>>,
}

/// Compiles a file that has parsed and resolved without errors. Limits that the file exceeds are added to `diagnostics`; with an error
/// among them the image must not be used.
pub fn compile(source: &Source, file: &File, resolved: &Resolved, diagnostics: &mut Vec<Diagnostic>) -> ModuleImage {
    top::compile(source, file, resolved, diagnostics)
}

/// What [`compile_source`] gives.
#[derive(Debug)]
pub struct Compiled {
    /// The image; none if there is an error among the diagnostics.
    pub image: Option<ModuleImage>,
    /// What is wrong, in the order of the passes.
    pub diagnostics: Vec<Diagnostic>,
    /// More text could complete it.
    pub incomplete: bool,
}

/// Parses, resolves and compiles a text. Never fails: problems are among the diagnostics.
pub fn compile_source(source: &Source) -> Compiled {
    let parsed = lang::parse(source);
    let mut diagnostics = parsed.diagnostics;
    let resolved = lang::resolve(&parsed.file, &mut diagnostics);
    let mut image = None;
    if !diagnostics.iter().any(Diagnostic::is_error) {
        let made = compile(source, &parsed.file, &resolved, &mut diagnostics);
        image = Some(made).filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
    }
    if let Some(image) = &image
        && let Err(error) = verify(image)
    {
        // The interpreter relies on it: better a panic than undefined behaviour.
        unreachable!("the compiler made code for `{}` that does not verify: {error}", source.name());
    }
    Compiled { image, diagnostics, incomplete: parsed.incomplete }
}
