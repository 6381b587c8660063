//! Closures whose code lost its place in the text: they go on as they are, and follow again when a later text has a place for them.

use super::closures::{Matcher, Work};
use super::pairs::{Trait, again};
use crate::image::ProtoKind;
use crate::object::{Cx, Kin, Linked, Proto, Undo};
use gc_arena::Gc;

/// Why closures stay old whose code the text does not have any more.
pub(super) const NO_PLACE: &str = "nothing in the text that runs continues it for certain";

impl<'gc> Cx<'_, 'gc> {
    /// Before a commit changes any code: forgets orphans that are gone, and notes the others for undoing.
    pub(super) fn keep_orphans(&mut self) {
        self.world.orphans.sweep(self.mc);
        self.world.undo.push(Undo::Orphans(Box::new(self.world.orphans.clone())));
    }

    /// Notes code that closures may have and that no text continues.
    pub(super) fn orphan(&mut self, code: Gc<'gc, Proto<'gc>>, kin: Kin<'gc>, why: &'static str) {
        self.world.orphans.insert(code, kin, why);
    }

    /// Why code has no successor, if it is an orphan.
    pub(super) fn why_orphan(&self, code: Gc<'gc, Proto<'gc>>) -> Option<&'static str> {
        self.world.orphans.get(self.mc, code).map(|orphan| orphan.why)
    }

    /// The code `old` has become `new`: gives what closures it made and lost a successor in it, if there is one for certain.
    pub(super) fn find_again(
        &mut self,
        old: Gc<'gc, Proto<'gc>>,
        new: Gc<'gc, Proto<'gc>>,
        work: &mut Work<'gc>,
        matcher: &mut Matcher,
    ) {
        let lost = self.world.orphans.take(self.mc, Kin::maker(old));
        let traits: Vec<Trait<'_>> = lost.iter().map(|code| Trait::of(&Gc::as_ref(*code).image)).collect();
        let found = again(&traits, &Trait::all(Gc::as_ref(new.linked), &Gc::as_ref(new).image.nested));
        for (code, found) in lost.into_iter().zip(found) {
            match found {
                Some(at) => self.continue_in(code, new.linked.proto(new.image.nested[at]), work, matcher),
                None => self.orphan(code, Kin::maker(new), NO_PLACE),
            }
        }
    }

    /// The closures that a top-level statement has made have lost their place with it.
    pub(super) fn lose_unit(&mut self, unit: Gc<'gc, Proto<'gc>>) {
        for id in &unit.image.nested {
            self.orphan(unit.linked.proto(*id), Kin::maker(unit), NO_PLACE);
        }
    }

    /// Top-level statements of earlier texts of a file that have made closures which follow nothing.
    pub(super) fn lost_units(&self, file: Gc<'gc, Linked<'gc>>) -> Vec<Gc<'gc, Proto<'gc>>> {
        let mut units: Vec<Gc<'gc, Proto<'gc>>> = Vec::new();
        for orphan in self.world.orphans.iter() {
            let Kin::Maker(maker) = orphan.kin else { continue };
            let Some(maker) = maker.upgrade(self.mc).filter(|maker| maker.image.kind == ProtoKind::Unit) else { continue };
            let is_of_file = maker.linked.module.path == file.module.path && !Gc::ptr_eq(maker.linked, file);
            if is_of_file && units.iter().all(|unit| !Gc::ptr_eq(*unit, maker)) {
                units.push(maker);
            }
        }
        units.sort_by_key(|unit| (unit.version.get(), unit.image.span.lo));
        units
    }
}
