//! Closures follow: which function inside the new text continues which one of the old text.
//!
//! Functions of one place are matched in `pairs.rs`. What is not matched keeps its old code and is reported (`orphans.rs`). A closure also has
//! to fit the code it gets: the same captured variables in the same order, and the same ones in boxes, its own and those it hands on to
//! functions inside it.

use super::orphans::NO_PLACE;
use super::pairs::{Trait, pairs};
use super::plan::PlannedFile;
use super::stale::StaleCode;
use crate::bytecode::{CapturedBoxes, Insn, Op, captured_boxes};
use crate::image::{ClassImage, MemberImage, ModuleImage, ProtoId, ProtoImage, UnitImage, UnitKind};
use crate::object::{Cx, Kin, Linked, Maker, Proto, Undo};
use gc_arena::Gc;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::Arc;

/// Code whose inner functions have yet to be matched: old and new.
pub(super) type Work<'gc> = Vec<(Gc<'gc, Proto<'gc>>, Gc<'gc, Proto<'gc>>)>;

/// Matches the functions of two versions of texts.
#[derive(Default)]
pub(super) struct Matcher {
    boxes: Vec<(Arc<ModuleImage>, CapturedBoxes)>,
    /// Classes that functions have made and that keep their old code, with the reason.
    pub(super) stale: Vec<StaleCode>,
    /// Top-level statements that are running, and what continues them: file, unit of its old text, unit of its new one.
    pub(super) running: Vec<(Arc<str>, u32, u32)>,
}

impl Matcher {
    /// A matcher that knows which top-level statements are running.
    pub(super) fn new(running: Vec<(Arc<str>, u32, u32)>) -> Self {
        Matcher { running, ..Self::default() }
    }

    /// Whether captured value `at` of a function is a box.
    fn is_box(&mut self, image: &Arc<ModuleImage>, proto: ProtoId, at: usize) -> bool {
        let known = self.boxes.iter().position(|(of, _)| Arc::ptr_eq(of, image));
        let known = known.unwrap_or_else(|| {
            self.boxes.push((image.clone(), captured_boxes(image)));
            self.boxes.len() - 1
        });
        self.boxes[known].1.is_box(proto, at)
    }

    /// Why closures of `old` cannot take the code of `new`.
    fn misfit(&mut self, old: Gc<'_, Proto<'_>>, new: Gc<'_, Proto<'_>>) -> Option<&'static str> {
        let (a, b) = (&old.image, &new.image);
        if a.capture_names != b.capture_names {
            return Some("it captures other variables");
        }
        let same = (0..a.captures.len())
            .all(|at| self.is_box(&old.linked.image, old.id, at) == self.is_box(&new.linked.image, new.id, at));
        (!same || a.kind != b.kind).then_some("a variable that it captures is assigned in one version only")
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Gives closures made by the code of `old` the code inside `new`.
    pub(super) fn follow_closures(&mut self, old: Gc<'gc, Proto<'gc>>, new: Gc<'gc, Proto<'gc>>, matcher: &mut Matcher) {
        let mut work = vec![(old, new)];
        while let Some((old, new)) = work.pop() {
            self.follow_local_classes((old, new), &mut work, matcher);
            let ids = (&Gc::as_ref(old).image.nested, &Gc::as_ref(new).image.nested);
            let found = pairs(&Trait::all(Gc::as_ref(old.linked), ids.0), &Trait::all(Gc::as_ref(new.linked), ids.1));
            self.find_again(old, new, &mut work, matcher);
            for (id, found) in ids.0.iter().zip(found) {
                let inner = old.linked.proto(*id);
                match found {
                    // An earlier commit had lost its place, and this one has found it.
                    _ if inner.successor().is_some() => {}
                    Some(at) => self.continue_in(inner, new.linked.proto(ids.1[at]), &mut work, matcher),
                    None => {
                        for code in self.world.orphans.take(self.mc, Kin::heir(inner)).into_iter().chain([inner]) {
                            self.orphan(code, Kin::maker(new), NO_PLACE);
                        }
                    }
                }
            }
        }
    }

    /// Gives closures of `old`, and those that have lost their place to it, the code `new`, if they fit.
    pub(super) fn continue_in(
        &mut self,
        old: Gc<'gc, Proto<'gc>>,
        new: Gc<'gc, Proto<'gc>>,
        work: &mut Work<'gc>,
        matcher: &mut Matcher,
    ) {
        if Gc::ptr_eq(old, new) {
            return;
        }
        for code in self.world.orphans.take(self.mc, Kin::heir(old)).into_iter().chain([old]) {
            match matcher.misfit(code, new) {
                None => self.hand_over(code, new, work),
                Some(why) => self.orphan(code, Kin::heir(new), why),
            }
        }
    }

    /// Makes `new` the successor of `old`.
    fn hand_over(&mut self, old: Gc<'gc, Proto<'gc>>, new: Gc<'gc, Proto<'gc>>, work: &mut Work<'gc>) {
        self.world.undo.push(Undo::Superseded(old));
        Proto::supersede(old, self.mc, Some(new));
        self.loosen(old, new);
        new.keep_signature_of(old);
        work.push((old, new));
    }

    /// Gives the methods of classes that the code of `old` has made the code of their namesakes in those that `new` makes.
    fn follow_local_classes(
        &mut self,
        (old, new): (Gc<'gc, Proto<'gc>>, Gc<'gc, Proto<'gc>>),
        work: &mut Work<'gc>,
        matcher: &mut Matcher,
    ) {
        let (a, b) = (&old.linked.image, &new.linked.image);
        let classes_new = local_classes(b, &new.image);
        for class in local_classes(a, &old.image) {
            let kept = |what: &str, why: &str| StaleCode::local_class(old, class, what, why);
            let mut namesakes = classes_new.iter().filter(|c| c.name == class.name);
            let (Some(namesake), None) = (namesakes.next(), namesakes.next()) else {
                matcher.stale.push(kept("their old code", "nothing in the new text continues it"));
                continue;
            };
            let slots = |class: &ClassImage| class.slots.iter().map(|slot| slot.name.clone()).collect::<Vec<_>>();
            if slots(class) != slots(namesake) {
                matcher.stale.push(kept("their old code", "the new text has other slots"));
                continue;
            }
            if let (Some(a), Some(b)) = (class.slot_init, namesake.slot_init) {
                work.push((old.linked.proto(a), new.linked.proto(b)));
            }
            for member in &class.members {
                let same = |m: &&MemberImage| m.name == member.name && m.role == member.role;
                let Some(found) = namesake.members.iter().find(same) else {
                    matcher.stale.push(kept(&format!("`{}`", member.name), "the new text does not have it"));
                    continue;
                };
                let (inner_old, inner_new) = (old.linked.proto(member.proto), new.linked.proto(found.proto));
                if Gc::ptr_eq(inner_old, inner_new) {
                    continue;
                }
                match matcher.misfit(inner_old, inner_new) {
                    None => self.hand_over(inner_old, inner_new, work),
                    Some(why) => matcher.stale.push(kept(&format!("the old code of `{}`", member.name), why)),
                }
            }
        }
    }

    /// Gives closures made by the top level of a file the code of its new version.
    pub(super) fn follow_units(
        &mut self,
        file: &PlannedFile,
        old: Option<Gc<'gc, Linked<'gc>>>,
        new: Gc<'gc, Linked<'gc>>,
        matcher: &mut Matcher,
    ) {
        let lost = self.lost_units(new);
        let b = &new.image.units;
        let mut taken = vec![false; b.len()];
        if let Some(old) = old {
            for (i, j) in self.continued_units(old, new, matcher).into_iter().enumerate() {
                let unit_old = old.proto(old.image.units[i].proto);
                match j {
                    Some(j) => {
                        taken[j] = true;
                        if !unit_old.image.nested.is_empty() || lost.iter().any(|unit| Gc::ptr_eq(*unit, unit_old)) {
                            self.follow_closures(unit_old, new.proto(b[j].proto), matcher);
                        }
                    }
                    None => self.lose_unit(unit_old),
                }
            }
        }
        let left: Vec<usize> = (0..b.len()).filter(|j| !taken[*j]).collect();
        let of = |unit: &Gc<'gc, Proto<'gc>>| unit.linked.image.units.iter().find(|u| u.proto == unit.id).cloned();
        let (lost, images): (Vec<_>, Vec<UnitImage>) = lost.into_iter().filter_map(|unit| Some((unit, of(&unit)?))).unzip();
        let new_images: Vec<UnitImage> = left.iter().map(|j| b[*j].clone()).collect();
        for ((unit, image), at) in lost.into_iter().zip(&images).zip(matched_units(&images, &new_images)) {
            let Some(j) = at.map(|at| left[at]) else { continue };
            // Another statement, which runs, makes closures of its own.
            if b[j].fingerprint == image.fingerprint || !file.statements.contains(&(j as u32)) {
                self.follow_closures(unit, new.proto(b[j].proto), matcher);
            }
        }
    }

    /// For each unit of `old` the one of `new` that continues it. One that runs goes on there.
    fn continued_units(
        &mut self,
        old: Gc<'gc, Linked<'gc>>,
        new: Gc<'gc, Linked<'gc>>,
        matcher: &mut Matcher,
    ) -> Vec<Option<usize>> {
        let (a, b) = (&old.image.units, &new.image.units);
        let mut matched = matched_units(a, b);
        for (file, i, j) in std::mem::take(&mut matcher.running) {
            if file != old.module.path {
                matcher.running.push((file, i, j));
                continue;
            }
            matched[i as usize] = Some(j as usize);
            let (unit_old, unit_new) = (old.proto(a[i as usize].proto), new.proto(b[j as usize].proto));
            if !Gc::ptr_eq(unit_old, unit_new) {
                self.world.undo.push(Undo::Superseded(unit_old));
                Proto::supersede(unit_old, self.mc, Some(unit_new));
                self.loosen(unit_old, unit_new);
            }
        }
        matched
    }
}

/// The classes that code makes when it runs.
fn local_classes<'a>(image: &'a ModuleImage, code: &ProtoImage) -> Vec<&'a ClassImage> {
    let mut classes = Vec::new();
    let mut pc = 0;
    while let Some(word) = code.code.get(pc) {
        let insn = Insn(*word);
        let Some(op) = Op::from_byte(insn.op_byte()) else { break };
        if op == Op::Class {
            classes.push(&*image.classes[usize::from(insn.bx())]);
        }
        pc += op.words();
    }
    classes
}

/// What a unit is matched by: its kind, with the names that it defines, and one of its hashes.
type UnitKey<'a> = (&'a UnitKind, u64);

/// For each unit of a text that of another one that continues it, by the addresses of both while they are held.
pub(crate) type MatchedTexts = FxHashMap<(*const ModuleImage, *const ModuleImage), Vec<Option<usize>>>;

impl Cx<'_, '_> {
    /// The same part of a file's top level in the text that runs; `None` if it is not there any more.
    pub(crate) fn maker_now(&self, maker: &Maker, matched: &mut MatchedTexts) -> Option<Maker> {
        let image = self.world.modules.get(&maker.path)?.state().linked?.image.clone();
        let unit = match maker.unit {
            Some(unit) if !Arc::ptr_eq(&image, &maker.image) => {
                let texts = (Arc::as_ptr(&maker.image), Arc::as_ptr(&image));
                let units = matched.entry(texts).or_insert_with(|| matched_units(&maker.image.units, &image.units));
                Some(units[unit as usize]? as u32)
            }
            unit => unit,
        };
        Some(Maker { path: maker.path.clone(), image, unit })
    }
}

/// For each unit of a text the one of another version of it that continues it.
pub(super) fn matched_units(old: &[UnitImage], new: &[UnitImage]) -> Vec<Option<usize>> {
    let mut taken = vec![false; new.len()];
    let mut found: Vec<Option<usize>> = vec![None; old.len()];
    let keys: [fn(&UnitImage) -> Option<UnitKey<'_>>; 3] = [
        |unit| Some((&unit.kind, unit.fingerprint)),
        |unit| Some((&unit.kind, unit.shape)),
        |unit| unit.kind.is_named().then_some((&unit.kind, 0)),
    ];
    for key in keys {
        let mut free: FxHashMap<UnitKey<'_>, VecDeque<usize>> = FxHashMap::default();
        for (j, unit) in new.iter().enumerate().filter(|(j, _)| !taken[*j]) {
            if let Some(key) = key(unit) {
                free.entry(key).or_default().push_back(j);
            }
        }
        for (found, unit) in found.iter_mut().zip(old).filter(|(found, _)| found.is_none()) {
            *found = key(unit).and_then(|key| free.get_mut(&key)?.pop_front());
            if let Some(j) = *found {
                taken[j] = true;
            }
        }
    }
    found
}
