//! What an initialiser uses, noted while it runs.
//!
//! A function counts as used when it is called, not when it is only passed on: its object stays the same whatever its code becomes. What a task
//! calls counts if the task has ended before the initialiser: then it may have had a part in the value.

use super::{Definition, Function};
use crate::heap::Value;
use gc_arena::{Collect, Gc};
use rustc_hash::FxHashSet;

/// Who is noted: the initialiser itself, or the task with this number.
pub type Caller = Option<u64>;

/// What an initialiser uses.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub struct Recording<'gc> {
    /// Its number.
    pub serial: u32,
    /// Calls that may still be noted one by one. Afterwards calls run at full speed and everything that the noted functions mention
    /// counts as used.
    pub calls_left: u32,
    /// Constants that were read and functions that were called by their names.
    used: Vec<(Caller, Gc<'gc, Definition<'gc>>)>,
    /// Functions that were read as values.
    read: Vec<(Caller, Gc<'gc, Definition<'gc>>)>,
    /// Function objects that were called, by address, which is kept by what was read.
    called: FxHashSet<(Caller, usize)>,
    /// What stands in `used` and `read`, by address; the flag says which.
    seen: FxHashSet<(Caller, usize, bool)>,
}

impl<'gc> Recording<'gc> {
    /// A recording that has noted nothing.
    pub fn new(serial: u32, calls_left: u32) -> Self {
        Recording { serial, calls_left, ..Recording::default() }
    }

    /// Notes a constant that is read, or a function that is called by its name.
    pub fn note_use(&mut self, caller: Caller, cell: Gc<'gc, Definition<'gc>>) {
        if self.seen.insert((caller, Gc::as_ptr(cell) as usize, true)) {
            self.used.push((caller, cell));
        }
    }

    /// Notes a function that is read as a value.
    pub fn note_read(&mut self, caller: Caller, cell: Gc<'gc, Definition<'gc>>) {
        if self.seen.insert((caller, Gc::as_ptr(cell) as usize, false)) {
            self.read.push((caller, cell));
        }
    }

    /// Notes the call of a function object.
    pub fn note_call(&mut self, caller: Caller, function: Gc<'gc, Function<'gc>>) {
        self.called.insert((caller, Gc::as_ptr(function) as usize));
    }

    /// What counts as used, and the functions that were only passed on; `counts` says of callers whether they count.
    pub fn used(&self, counts: impl Fn(Caller) -> bool) -> (Vec<Gc<'gc, Definition<'gc>>>, Vec<Gc<'gc, Definition<'gc>>>) {
        let called: FxHashSet<usize> = self.called.iter().filter(|(caller, _)| counts(*caller)).map(|(_, at)| *at).collect();
        let is_called = |cell: &Gc<'gc, Definition<'gc>>| match cell.value() {
            Value::Function(function) => called.contains(&(Gc::as_ptr(function) as usize)),
            Value::Decorated(decorated) => [decorated.original.get(), decorated.target.get()].iter().any(|inner| match inner {
                Value::Function(function) => called.contains(&(Gc::as_ptr(*function) as usize)),
                _ => true,
            }),
            _ => true,
        };
        // Who does not note calls any more cannot tell.
        let (read, passed_on): (Vec<_>, Vec<_>) = self.read.iter().partition(|(_, cell)| self.calls_left == 0 || is_called(cell));
        let once_each = |all: &mut dyn Iterator<Item = &(Caller, Gc<'gc, Definition<'gc>>)>| {
            let mut seen = FxHashSet::default();
            let counted = all.filter(|(caller, cell)| counts(*caller) && seen.insert(Gc::as_ptr(*cell) as usize));
            counted.map(|(_, cell)| *cell).collect()
        };
        (once_each(&mut self.used.iter().chain(read)), once_each(&mut passed_on.into_iter()))
    }
}
