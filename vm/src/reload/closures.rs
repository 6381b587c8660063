//! Closures follow: which function inside the new text continues which one of the old text.
//!
//! Functions of one place are matched by what they do, then by name, then in text order when as many are left on both sides. Nothing is
//! guessed beyond that: what is not matched keeps its old code and is reported. A closure also has to fit the code it gets: the same
//! captured variables in the same order, and the same ones in boxes, its own and those it hands on to functions inside it.

use crate::bytecode::{CapturedBoxes, Insn, Op, captured_boxes};
use crate::image::{ClassImage, MemberImage, ModuleImage, ProtoId, ProtoImage, UnitImage};
use crate::object::{Cx, Linked, Proto, Undo};
use gc_arena::Gc;
use std::sync::Arc;

/// Name of functions without one.
const LAMBDA: &str = "<lambda>";

/// Matches the functions of two versions of texts.
#[derive(Default)]
pub(super) struct Matcher {
    boxes: Vec<(Arc<ModuleImage>, CapturedBoxes)>,
    /// Closures that keep their old code, with the reason.
    pub(super) stale: Vec<String>,
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
    fn misfit(&mut self, old: (&Arc<ModuleImage>, ProtoId), new: (&Arc<ModuleImage>, ProtoId)) -> Option<&'static str> {
        let (a, b) = (&old.0.protos[old.1.0 as usize], &new.0.protos[new.1.0 as usize]);
        if a.capture_names != b.capture_names {
            return Some("it captures other variables");
        }
        let same = (0..a.captures.len()).all(|at| self.is_box(old.0, old.1, at) == self.is_box(new.0, new.1, at));
        (!same || a.kind != b.kind).then_some("a variable that it captures is assigned in one version only")
    }
}

/// The new function for each old one, by position in the lists.
fn pairs(old: &[(&str, u64)], new: &[(&str, u64)]) -> Vec<Option<usize>> {
    let mut found = vec![None; old.len()];
    let mut taken = vec![false; new.len()];
    let mut pass = |fits: &dyn Fn(usize, usize) -> bool, found: &mut Vec<Option<usize>>| {
        for (i, found) in found.iter_mut().enumerate().filter(|(_, found)| found.is_none()) {
            if let Some(j) = (0..new.len()).find(|j| !taken[*j] && fits(i, *j)) {
                taken[j] = true;
                *found = Some(j);
            }
        }
    };
    pass(&|i, j| old[i] == new[j], &mut found);
    let is_only = |list: &[(&str, u64)], name: &str| list.iter().filter(|(n, _)| *n == name).count() == 1;
    let by_name =
        |i: usize, j: usize| old[i].0 != LAMBDA && old[i].0 == new[j].0 && is_only(old, old[i].0) && is_only(new, new[j].0);
    pass(&by_name, &mut found);
    let rest_old: Vec<usize> = (0..old.len()).filter(|i| found[*i].is_none()).collect();
    let rest_new: Vec<usize> = (0..new.len()).filter(|j| !taken[*j]).collect();
    if rest_old.len() == rest_new.len()
        && rest_old.iter().zip(&rest_new).all(|(i, j)| (old[*i].0 == LAMBDA) == (new[*j].0 == LAMBDA))
    {
        for (i, j) in rest_old.into_iter().zip(rest_new) {
            found[i] = Some(j);
        }
    }
    found
}

impl<'gc> Cx<'_, 'gc> {
    /// Gives closures made by the code of `old` the code inside `new`.
    pub(super) fn follow_closures(&mut self, old: Gc<'gc, Proto<'gc>>, new: Gc<'gc, Proto<'gc>>, matcher: &mut Matcher) {
        let mut work = vec![(old, new)];
        while let Some((old, new)) = work.pop() {
            let ids = (&old.image.nested, &new.image.nested);
            let of = |linked: Gc<'gc, Linked<'gc>>, ids: &[ProtoId]| -> Vec<(Arc<str>, u64)> {
                ids.iter().map(|id| &linked.image.protos[id.0 as usize]).map(|p| (p.name.clone(), p.fingerprint)).collect()
            };
            self.follow_local_classes((old, new), &mut work, matcher);
            let (all_old, all_new) = (of(old.linked, ids.0), of(new.linked, ids.1));
            let (a, b) = (by_own_name(&all_old), by_own_name(&all_new));
            for (i, found) in pairs(&a, &b).into_iter().enumerate() {
                let inner_old = old.linked.proto(ids.0[i]);
                let Some(j) = found else {
                    let what = if a[i].0 == LAMBDA { "a function without name".to_owned() } else { format!("`{}`", a[i].0) };
                    matcher.stale.push(format!(
                        "{}: {what} made inside `{}` keeps its old code: nothing in the new text continues it",
                        old.linked.module.path, old.qualified
                    ));
                    continue;
                };
                let inner_new = new.linked.proto(ids.1[j]);
                if Gc::ptr_eq(inner_old, inner_new) {
                    continue;
                }
                match matcher.misfit((&old.linked.image, ids.0[i]), (&new.linked.image, ids.1[j])) {
                    None => {
                        self.world.undo.push(Undo::Superseded(inner_old));
                        Proto::supersede(inner_old, self.mc, Some(inner_new));
                        self.loosen(inner_old, inner_new);
                        inner_new.keep_signature_of(inner_old);
                        work.push((inner_old, inner_new));
                    }
                    Some(why) => matcher.stale.push(format!(
                        "{}: closures made inside `{}` (line {}) keep their old code: {why}",
                        old.linked.module.path,
                        old.qualified,
                        old.linked.image.source.line(inner_old.image.span.lo)
                    )),
                }
            }
        }
    }

    /// Gives the methods of classes that the code of `old` has made the code of their namesakes in those that `new` makes.
    fn follow_local_classes(
        &mut self,
        (old, new): (Gc<'gc, Proto<'gc>>, Gc<'gc, Proto<'gc>>),
        work: &mut Vec<(Gc<'gc, Proto<'gc>>, Gc<'gc, Proto<'gc>>)>,
        matcher: &mut Matcher,
    ) {
        let (a, b) = (&old.linked.image, &new.linked.image);
        let classes_new = local_classes(b, &new.image);
        for class in local_classes(a, &old.image) {
            let maker = format!("{}: classes `{}` made inside `{}`", old.linked.module.path, class.name, old.qualified);
            let mut namesakes = classes_new.iter().filter(|c| c.name == class.name);
            let (Some(namesake), None) = (namesakes.next(), namesakes.next()) else {
                matcher.stale.push(format!("{maker} keep their old code: nothing in the new text continues it"));
                continue;
            };
            let slots = |class: &ClassImage| class.slots.iter().map(|slot| slot.name.clone()).collect::<Vec<_>>();
            if slots(class) != slots(namesake) {
                matcher.stale.push(format!("{maker} keep their old code: the new text has other slots"));
                continue;
            }
            for member in &class.members {
                let same = |m: &&MemberImage| m.name == member.name && m.role == member.role;
                let Some(found) = namesake.members.iter().find(same) else {
                    matcher.stale.push(format!("{maker} keep `{}`, which the new text does not have", member.name));
                    continue;
                };
                let (inner_old, inner_new) = (old.linked.proto(member.proto), new.linked.proto(found.proto));
                if Gc::ptr_eq(inner_old, inner_new) {
                    continue;
                }
                match matcher.misfit((a, member.proto), (b, found.proto)) {
                    None => {
                        self.world.undo.push(Undo::Superseded(inner_old));
                        Proto::supersede(inner_old, self.mc, Some(inner_new));
                        self.loosen(inner_old, inner_new);
                        inner_new.keep_signature_of(inner_old);
                        work.push((inner_old, inner_new));
                    }
                    Some(why) => matcher.stale.push(format!("{maker} keep the old code of `{}`: {why}", member.name)),
                }
            }
        }
    }

    /// Gives closures made by the top level of a file the code of its new version.
    pub(super) fn follow_units(&mut self, old: Gc<'gc, Linked<'gc>>, new: Gc<'gc, Linked<'gc>>, matcher: &mut Matcher) {
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
        for (i, j) in matched.into_iter().enumerate() {
            let Some(j) = j else { continue };
            let (unit_old, unit_new) = (old.proto(a[i].proto), new.proto(b[j].proto));
            if !unit_old.image.nested.is_empty() {
                self.follow_closures(unit_old, unit_new, matcher);
            }
        }
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

/// For each unit of a text the one of another version of it that continues it.
pub(super) fn matched_units(old: &[UnitImage], new: &[UnitImage]) -> Vec<Option<usize>> {
    let mut taken = vec![false; new.len()];
    let same: [fn(&UnitImage, &UnitImage) -> bool; 3] = [
        |a, b| a.kind == b.kind && a.fingerprint == b.fingerprint,
        |a, b| a.kind == b.kind && a.shape == b.shape,
        |a, b| a.kind == b.kind && a.kind.is_named(),
    ];
    let mut found: Vec<Option<usize>> = vec![None; old.len()];
    for fits in same {
        for i in 0..old.len() {
            if found[i].is_none()
                && let Some(j) = (0..new.len()).find(|j| !taken[*j] && fits(&old[i], &new[*j]))
            {
                taken[j] = true;
                found[i] = Some(j);
            }
        }
    }
    found
}

/// With the functions' own names: `make.inner` is `inner`.
fn by_own_name(functions: &[(Arc<str>, u64)]) -> Vec<(&str, u64)> {
    functions.iter().map(|(name, fingerprint)| (name.rsplit('.').next().unwrap_or(name), *fingerprint)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_code_is_matched_wherever_it_is() {
        let old = [(LAMBDA, 1), (LAMBDA, 2)];
        assert_eq!(pairs(&old, &[(LAMBDA, 2), (LAMBDA, 1)]), [Some(1), Some(0)]);
        assert_eq!(pairs(&old, &[(LAMBDA, 3), (LAMBDA, 2)]), [Some(0), Some(1)]);
        assert_eq!(pairs(&old, &[(LAMBDA, 3), (LAMBDA, 4)]), [Some(0), Some(1)]);
    }

    #[test]
    fn nothing_is_guessed() {
        assert_eq!(pairs(&[(LAMBDA, 1)], &[(LAMBDA, 2), (LAMBDA, 3)]), [None]);
        assert_eq!(pairs(&[("f", 1)], &[(LAMBDA, 2)]), [None]);
        assert_eq!(pairs(&[("f", 1), ("g", 2)], &[("g", 3), ("f", 4)]), [Some(1), Some(0)]);
    }
}
