//! Code that closures may have and that no text continues at present.

use super::Proto;
use gc_arena::{Collect, Gc, GcWeak, Mutation};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// Code that a commit has left without a successor. It gets one when a later text has one for it.
#[derive(Collect, Clone)]
#[collect(no_drop)]
pub struct Orphan<'gc> {
    /// The code.
    pub code: GcWeak<'gc, Proto<'gc>>,
    /// Where its successor may come from.
    pub kin: Kin<'gc>,
    /// Why it has none.
    #[collect(require_static)]
    pub why: &'static str,
}

/// Where the successor of an orphan may come from.
#[derive(Collect, Clone, Copy)]
#[collect(no_drop)]
pub enum Kin<'gc> {
    /// The newest code of what made its closures: they may have a place there again.
    Maker(GcWeak<'gc, Proto<'gc>>),
    /// The code at its place in the text that runs, which does not fit its closures.
    Heir(GcWeak<'gc, Proto<'gc>>),
}

impl<'gc> Kin<'gc> {
    /// Code that gives its closures places.
    pub fn maker(code: Gc<'gc, Proto<'gc>>) -> Self {
        Kin::Maker(Gc::downgrade(code))
    }

    /// Code that does not fit.
    pub fn heir(code: Gc<'gc, Proto<'gc>>) -> Self {
        Kin::Heir(Gc::downgrade(code))
    }

    fn address(&self) -> (bool, usize) {
        match self {
            Kin::Maker(code) => (true, code.as_ptr() as usize),
            Kin::Heir(code) => (false, code.as_ptr() as usize),
        }
    }
}

/// All orphans. They are found by their code, and together by their kin, in the order in which they came. Addresses of code stay its own
/// while weak references to it are here.
#[derive(Collect, Clone, Default)]
#[collect(no_drop)]
pub struct Orphans<'gc> {
    by_code: IndexMap<usize, Orphan<'gc>, FxBuildHasher>,
    /// Addresses of code, also of some that is no orphan of this kin any more.
    by_kin: FxHashMap<(bool, usize), Vec<usize>>,
}

impl<'gc> Orphans<'gc> {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Orphan<'gc>> {
        self.by_code.values()
    }

    /// That of some code.
    pub fn get(&self, mc: &Mutation<'gc>, code: Gc<'gc, Proto<'gc>>) -> Option<&Orphan<'gc>> {
        let orphan = self.by_code.get(&(Gc::as_ptr(code) as usize));
        orphan.filter(|orphan| orphan.code.upgrade(mc).is_some())
    }

    /// Adds code, or gives it other kin.
    pub fn insert(&mut self, code: Gc<'gc, Proto<'gc>>, kin: Kin<'gc>, why: &'static str) {
        let at = Gc::as_ptr(code) as usize;
        self.by_code.insert(at, Orphan { code: Gc::downgrade(code), kin, why });
        self.by_kin.entry(kin.address()).or_default().push(at);
    }

    /// Takes out those of some kin.
    pub fn take(&mut self, mc: &Mutation<'gc>, kin: Kin<'gc>) -> Vec<Gc<'gc, Proto<'gc>>> {
        let Some(codes) = self.by_kin.remove(&kin.address()) else { return Vec::new() };
        let mut taken = Vec::new();
        for at in codes {
            if self.by_code.get(&at).is_some_and(|orphan| orphan.kin.address() == kin.address()) {
                taken.extend(self.by_code.swap_remove(&at).and_then(|orphan| orphan.code.upgrade(mc)));
            }
        }
        taken
    }

    /// Forgets those that are gone.
    pub fn sweep(&mut self, mc: &Mutation<'gc>) {
        let Orphans { by_code, by_kin } = self;
        by_code.retain(|_, orphan| orphan.code.upgrade(mc).is_some());
        by_kin.retain(|kin, codes| {
            codes.retain(|at| by_code.get(at).is_some_and(|orphan| orphan.kin.address() == *kin));
            !codes.is_empty()
        });
    }
}
