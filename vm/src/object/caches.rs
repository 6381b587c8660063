//! What look-ups of methods have given lately.

use super::{Found, Symbol};
use crate::heap::Value;
use crate::limits;
use gc_arena::Collect;

/// Results of recent look-ups, by receiver id and name.
#[derive(Collect)]
#[collect(no_drop)]
pub struct MethodCache<'gc> {
    entries: Vec<(u32, usize, Found<'gc>)>,
}

impl<'gc> MethodCache<'gc> {
    pub(super) fn new() -> Self {
        MethodCache { entries: vec![(0, 0, Found::None); limits::METHOD_CACHE_SIZE] }
    }

    fn slot(id: u32, name: Symbol<'gc>) -> usize {
        (id as usize ^ (name.address() >> 4)) & (limits::METHOD_CACHE_SIZE - 1)
    }

    /// The remembered result.
    #[inline]
    pub fn get(&self, id: u32, name: Symbol<'gc>) -> Option<Found<'gc>> {
        let entry = &self.entries[Self::slot(id, name)];
        (entry.0 == id && entry.1 == name.address()).then_some(entry.2)
    }

    /// Remembers a result.
    pub fn put(&mut self, id: u32, name: Symbol<'gc>, found: Found<'gc>) {
        self.entries[Self::slot(id, name)] = (id, name.address(), found);
    }

    /// Forgets everything: after any change of a class.
    pub fn clear(&mut self) {
        *self = Self::new();
    }
}

/// Results of recent `super` look-ups, by class of the receiver, class of the running method, and name.
#[derive(Collect)]
#[collect(no_drop)]
pub struct SuperCache<'gc> {
    entries: Vec<(SuperKey, Value<'gc>)>,
}

type SuperKey = (u32, usize, usize);

impl<'gc> SuperCache<'gc> {
    pub(super) fn new() -> Self {
        SuperCache { entries: vec![(SuperKey::default(), Value::Nil); limits::SUPER_CACHE_SIZE] }
    }

    fn slot((class, home, name): SuperKey) -> usize {
        (class as usize ^ (home >> 5) ^ (name >> 4)) & (limits::SUPER_CACHE_SIZE - 1)
    }

    /// The remembered method.
    #[inline]
    pub fn get(&self, key: SuperKey) -> Option<Value<'gc>> {
        let entry = &self.entries[Self::slot(key)];
        (entry.0 == key).then_some(entry.1)
    }

    /// Remembers a method.
    pub fn put(&mut self, key: SuperKey, method: Value<'gc>) {
        self.entries[Self::slot(key)] = (key, method);
    }
}
