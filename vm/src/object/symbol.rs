//! Interned names: compared and hashed by address.

use crate::heap::{Str, hash_bytes};
use gc_arena::{Collect, Gc, Mutation};
use hashbrown::HashTable;
use indexmap::IndexMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// An interned string: two symbols are equal exactly when they are the same string. Made by `World::intern` only.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub struct Symbol<'gc>(pub Gc<'gc, Str>);

impl<'gc> Symbol<'gc> {
    /// The text.
    #[inline]
    pub fn as_str(&self) -> &'gc str {
        Gc::as_ref(self.0).as_str()
    }

    /// The address, for cache keys.
    #[inline]
    pub fn address(&self) -> usize {
        Gc::as_ptr(self.0) as usize
    }
}

impl PartialEq for Symbol<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        Gc::ptr_eq(self.0, other.0)
    }
}

impl Eq for Symbol<'_> {}

impl Hash for Symbol<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.0.hash());
    }
}

impl fmt::Debug for Symbol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An insertion-ordered map from symbols.
pub type SymbolMap<'gc, T> = IndexMap<Symbol<'gc>, T, BuildHasherDefault<rustc_hash::FxHasher>>;

/// All interned names.
#[derive(Collect, Default)]
#[collect(no_drop)]
pub(super) struct Names<'gc> {
    all: Vec<Gc<'gc, Str>>,
    #[collect(require_static)]
    index: HashTable<u32>,
}

impl<'gc> Names<'gc> {
    pub(super) fn intern(&mut self, mc: &Mutation<'gc>, text: &str) -> Symbol<'gc> {
        let hash = u64::from(hash_bytes(text.as_bytes())).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let all = &self.all;
        if let Some(i) = self.index.find(hash, |i| all[*i as usize].as_str() == text) {
            return Symbol(all[*i as usize]);
        }
        let string = Str::new(mc, text);
        string.set_interned();
        let i = self.all.len() as u32;
        self.all.push(string);
        let all = &self.all;
        self.index.insert_unique(hash, i, |i| u64::from(all[*i as usize].hash()).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Symbol(string)
    }
}
