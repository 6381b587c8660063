//! Native bundles: shared libraries whose functions are definitions of a program (`docs/design/bundles.md`).
//!
//! The engine opens no library. A [`BundleLoader`] that the host installs does, and gives what a library has registered as plain functions. Of that
//! the engine makes a program text, so that a bundle is a file like any other; the text mentions the functions by names that no program can
//! define, `_native_3_0`: function 0 of the third version of a library that was seen. Linking finds them here.

use super::{Cx, Definition, HostFn, Keywords, Kind, Linked, NativeBody, NativeFunction};
use crate::heap::Value;
use gc_arena::Gc;
use std::cell::Cell;
use std::rc::{Rc, Weak};

/// What the names of native functions begin with in the texts of bundles.
const PREFIX: &str = "_native_";

/// Endings of shared libraries.
const ENDINGS: [&str; 3] = [".so", ".dylib", ".dll"];

/// Whether a path has the ending of shared libraries.
pub fn is_bundle(path: &str) -> bool {
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}

/// Why a bundle cannot be loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BundleProblem {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl BundleProblem {
    /// A problem, and what to do about it.
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> BundleProblem {
        BundleProblem { message: message.into(), remedy: remedy.into() }
    }
}

/// Opens shared libraries: the one place that runs native code which the program brings.
pub trait BundleLoader {
    /// Keeps the content of a library, which is opened later, perhaps several times, and whatever becomes of the file. What it defines belongs
    /// to `namespace`.
    ///
    /// # Errors
    /// If it cannot be kept.
    fn keep(&mut self, path: &str, namespace: &str, content: Vec<u8>) -> Result<Box<dyn BundleCopy>, BundleProblem>;
}

/// One version of a library.
pub trait BundleCopy {
    /// Opens the library and asks it what it has. The library stays open as long as one of the functions is there, or a value of one of its types.
    ///
    /// # Errors
    /// If it is no library of this system, or no bundle, or if it says that it cannot work.
    fn open(&self) -> Result<BundleTable, BundleProblem>;

    /// What is in the file.
    ///
    /// # Errors
    /// Those of the system.
    fn content(&self) -> std::io::Result<Vec<u8>>;
}

/// What a library has registered.
#[derive(Default)]
pub struct BundleTable {
    /// What it is for, in Markdown.
    pub doc: String,
    /// Its functions, and the methods of its types.
    pub functions: Vec<BundleFunction>,
    /// Its constants.
    pub constants: Vec<(String, BundleConstant)>,
    /// Its types.
    pub types: Vec<BundleType>,
}

/// A function of a library.
pub struct BundleFunction {
    /// Its signature as for functions of a host, `"spawn(name, hp = 10, ...tags): adds an enemy"`; `Type.name(…)` is a method.
    pub signature: String,
    /// What it does. It gets all arguments of the signature one after the other, a method its instance first.
    pub body: Box<HostFn>,
}

/// The value of a constant.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the kinds of plain values")]
pub enum BundleConstant {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

/// A type of values that only the library looks into.
#[derive(Clone)]
pub struct BundleType {
    /// Name of its class.
    pub name: String,
    /// Says how the values are laid out in memory: another number, another layout.
    pub layout: u64,
    /// How many values there are.
    pub live: Rc<Cell<usize>>,
}

/// One version of a library, as the engine knows it.
pub struct BundleVersion {
    /// Number of the version.
    pub number: u64,
    /// Path of the library.
    pub path: String,
    /// Hash of its content.
    pub digest: u64,
    /// The text that stands for it.
    pub text: String,
    /// Its types.
    pub types: Vec<BundleType>,
    /// The content.
    pub copy: Box<dyn BundleCopy>,
    /// What it has registered, while the library is open.
    pub table: Weak<BundleTable>,
    /// Keeps it open until a reload has ended.
    pub hold: Option<Rc<BundleTable>>,
}

/// The versions of libraries that a VM knows.
#[derive(Default)]
pub struct Bundles {
    /// In order of their numbers.
    pub versions: Vec<BundleVersion>,
    /// Number of the last one.
    pub last: u64,
}

impl Bundles {
    /// The name that a text has for a function of a version.
    pub fn name_of(number: u64, function: usize) -> String {
        format!("{PREFIX}{number}_{function}")
    }

    /// Whether a name stands for a native function, in the text of a bundle.
    pub fn is_native_name(name: &str) -> bool {
        name.starts_with(PREFIX)
    }

    /// What a version has registered, with the position of the function that a name stands for.
    fn find(&self, path: &str, name: &str) -> Option<(Rc<BundleTable>, usize)> {
        let (number, function) = name.strip_prefix(PREFIX)?.split_once('_')?;
        let (number, function) = (number.parse::<u64>().ok()?, function.parse::<usize>().ok()?);
        let version = self.versions.iter().find(|version| version.number == number && version.path == path)?;
        let table = version.table.upgrade()?;
        (function < table.functions.len()).then_some((table, function))
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// A cell of no namespace with the native function that a name of a bundle's text stands for.
    pub fn bundle_cell(&mut self, name: &str, linked: Gc<'gc, Linked<'gc>>) -> Option<Gc<'gc, Definition<'gc>>> {
        if !Bundles::is_native_name(name) || !is_bundle(&linked.module.path) {
            return None;
        }
        let (table, at) = self.world.bundles.find(&linked.module.path, name)?;
        let signature = &table.functions[at].signature;
        let shown = signature.split('(').next().unwrap_or(signature).trim().to_owned();
        // What calls it holds it, and with it the library.
        let native = NativeFunction {
            name: self.world.intern(self.mc, &shown).0,
            body: NativeBody::Host(Box::new(move |cx, args| (table.functions[at].body)(cx, args))),
            least: 0,
            most: u8::MAX,
            keywords: Keywords::default(),
            intrinsic: Cell::default(),
            doc: "".into(),
        };
        let name = self.world.intern(self.mc, name);
        let cell = Definition::new(self.mc, linked.module.namespace, name);
        cell.set_kind(Kind::Function);
        Definition::set(cell, self.mc, Value::Native(Gc::new(self.mc, native)));
        Some(cell)
    }
}
