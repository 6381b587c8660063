//! How a frame goes on in other code, in the middle of it.

use rustc_hash::FxHashMap;
use std::rc::Rc;

/// A register that goes to another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passed {
    /// The register in the old code.
    pub from: u8,
    /// The register in the new code.
    pub to: u8,
    /// The new code has the variable in a box, the old one has not.
    pub into_box: bool,
}

/// How a frame goes on in the new code.
#[derive(Debug)]
pub struct Way {
    /// The word at which it goes on.
    pub word: u32,
    /// What it takes along.
    pub registers: Vec<Passed>,
}

/// Ways, or why there are none, by the address of the old code, the back-edge in it, and the address of the new code.
pub type Ways = FxHashMap<(usize, u32, usize), Rc<Result<Way, String>>>;
