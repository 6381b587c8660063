//! Which loop of an edited function continues which one of its old text, and what a frame takes along from one to the other.
//!
//! Loops of one place are matched by what they are, then by label, then by what they go over, then in text order when as many of the same
//! kinds are left on both sides. A frame may enter the new loop when the old one has every variable that the new code still reads
//! there. Nothing is guessed beyond that.

use crate::bytecode::{Registers, box_registers, needed_registers};
use crate::image::{LocalName, LoopImage, LoopKind, ModuleImage, ProtoImage};
use crate::object::{Passed, Way};

/// A version of a function, in the file it is from.
pub(super) type Version<'a> = (&'a ModuleImage, &'a ProtoImage);

/// The way from the back-edge at word `at` of loop number `from` into another version, or why there is none.
pub(super) fn way(old: Version<'_>, from: usize, at: u32, new: Version<'_>) -> Result<Way, String> {
    if old.1.capture_names != new.1.capture_names {
        return Err("it captures other variables in the new text".to_owned());
    }
    let matched = matched_loops(&old.1.loops, &new.1.loops);
    let Some(to) = matched[from] else { return Err("the new text has no loop that continues the one it is in".to_owned()) };
    let (entry, target) = (&old.1.loops[from], &new.1.loops[to]);
    let boxes = (box_registers(old.1)[at as usize], box_registers(new.1)[target.next as usize]);
    let needed = needed_registers(new.0, new.1, target.next);
    let scopes = (in_scope(old.1, entry.next), in_scope(new.1, target.next));
    let mut registers = Vec::new();
    // How far the loop is, and those around it.
    let around = (0..=from).filter(|i| contains(&old.1.loops[*i], entry));
    for (a, b) in around.filter_map(|i| matched[i].map(|j| (&old.1.loops[i], &new.1.loops[j]))) {
        if a.kind != LoopKind::While {
            registers.extend((0..2).map(|i| Passed { from: a.state + i, to: b.state + i, into_box: false }));
        }
    }
    for local in &scopes.1 {
        if registers.iter().any(|passed| passed.to == local.register) {
            continue;
        }
        match source_of(local, &scopes, boxes) {
            Ok(passed) => registers.push(passed),
            // How a `finally` was reached is written before it is read, on every way there.
            Err(_) if *local.name == *"(finally)" => {}
            Err(why) if needed.contains(local.register) => return Err(why),
            Err(_) => {}
        }
    }
    // Whatever is alive where a loop begins has a name, so that other registers are written before they are read, though not on every way
    // that the flow knows: a `finally` finds an error in its register only if there is one.
    Ok(Way { word: target.next, registers })
}

/// Where a variable of the new code comes from.
fn source_of(
    local: &LocalName,
    (old, new): &(Vec<&LocalName>, Vec<&LocalName>),
    boxes: (Registers, Registers),
) -> Result<Passed, String> {
    let name = &local.name;
    if name.starts_with('(') {
        return Err("the loop is in the middle of an expression".to_owned());
    }
    let namesakes = |scope: &[&LocalName]| scope.iter().filter(|l| l.name == *name).count();
    if namesakes(old) == 0 {
        return Err(format!("the new text needs `{name}` there, which this call does not have"));
    }
    if namesakes(old) != namesakes(new) {
        return Err(format!("several variables are called `{name}`"));
    }
    let nth = new.iter().take_while(|l| !std::ptr::eq(**l, local)).filter(|l| l.name == *name).count();
    let source = old.iter().filter(|l| l.name == *name).nth(nth).expect("as many on both sides");
    match (boxes.0.contains(source.register), boxes.1.contains(local.register)) {
        (true, false) => Err(format!("closures of the old text share `{name}` with it")),
        (had, has) => Ok(Passed { from: source.register, to: local.register, into_box: has && !had }),
    }
}

/// The variables in scope at a word, outer ones first.
fn in_scope(proto: &ProtoImage, word: u32) -> Vec<&LocalName> {
    proto.locals.iter().filter(|local| (local.start..local.end).contains(&word)).collect()
}

fn contains(outer: &LoopImage, inner: &LoopImage) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The innermost loop whose turn the word is in.
pub(super) fn loop_at(proto: &ProtoImage, word: u32) -> Option<usize> {
    (0..proto.loops.len()).rev().find(|i| (proto.loops[*i].start..proto.loops[*i].end).contains(&word))
}

/// The loop that a back-edge belongs to, which may be one around others that it leaves.
pub(super) fn loop_of_back_edge(proto: &ProtoImage, word: u32) -> Option<usize> {
    proto.loops.iter().position(|entry| entry.back_edges.contains(&word))
}

/// For each loop of a text the one that continues it in another.
fn matched_loops(old: &[LoopImage], new: &[LoopImage]) -> Vec<Option<usize>> {
    let (parents_old, parents_new) = (parents(old), parents(new));
    let mut found = vec![None; old.len()];
    let mut places = vec![(None, None)];
    while let Some((a, b)) = places.pop() {
        let of = |parents: &[Option<usize>], place| (0..parents.len()).filter(|i| parents[*i] == place).collect::<Vec<_>>();
        for (i, j) in matched_siblings(old, of(&parents_old, a), new, of(&parents_new, b)) {
            found[i] = Some(j);
            places.push((Some(i), Some(j)));
        }
    }
    found
}

/// For each loop the one around it; outer ones come before inner ones.
fn parents(loops: &[LoopImage]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let mut parents = Vec::with_capacity(loops.len());
    for (i, inner) in loops.iter().enumerate() {
        while open.last().is_some_and(|outer| !contains(&loops[*outer], inner)) {
            open.pop();
        }
        parents.push(open.last().copied());
        open.push(i);
    }
    parents
}

fn matched_siblings(old: &[LoopImage], mut a: Vec<usize>, new: &[LoopImage], mut b: Vec<usize>) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let same: [fn(&LoopImage, &LoopImage) -> bool; 3] = [
        |a, b| a.fingerprint == b.fingerprint,
        |a, b| a.kind == b.kind && a.label.is_some() && a.label == b.label,
        |a, b| a.kind == b.kind && a.header == b.header,
    ];
    for (pass, fits) in same.into_iter().enumerate() {
        for i in std::mem::take(&mut a) {
            let mut found = (0..b.len()).filter(|at| fits(&old[i], &new[b[*at]]));
            let first = found.next();
            // Whole loops that are equal may stand for one another; others that look alike may not.
            match first {
                Some(at) if pass == 0 || found.next().is_none() => pairs.push((i, b.remove(at))),
                _ => a.push(i),
            }
        }
    }
    if a.len() == b.len() && a.iter().zip(&b).all(|(i, j)| old[*i].kind == new[*j].kind) {
        pairs.extend(a.into_iter().zip(b));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: LoopKind, range: std::ops::Range<u32>, header: u64, fingerprint: u64) -> LoopImage {
        let (start, end) = (range.start, range.end);
        LoopImage { kind, start, end, next: start, back_edges: Vec::new(), state: 0, label: None, header, fingerprint }
    }

    #[test]
    fn loops_are_matched_by_what_they_are_before_their_order() {
        use LoopKind::While;
        let old = [entry(While, 0..10, 1, 1), entry(While, 20..30, 2, 2)];
        let new = [entry(While, 0..10, 3, 3), entry(While, 12..20, 1, 1), entry(While, 22..30, 2, 5)];
        assert_eq!(matched_loops(&old, &new), [Some(1), Some(2)]);
        assert_eq!(matched_loops(&old, &new[..1]), [None, None]);
        let edited = [entry(While, 0..10, 8, 8), entry(While, 20..30, 9, 9)];
        assert_eq!(matched_loops(&old, &edited), [Some(0), Some(1)]);
    }

    #[test]
    fn loops_that_look_alike_are_not_guessed() {
        use LoopKind::{Items, While};
        let old = [entry(While, 0..10, 1, 1)];
        let new = [entry(While, 0..10, 1, 2), entry(While, 20..30, 1, 3)];
        assert_eq!(matched_loops(&old, &new), [None]);
        assert_eq!(matched_loops(&old, &[entry(Items, 0..10, 1, 4)]), [None]);
    }

    #[test]
    fn inner_loops_need_their_outer_ones() {
        use LoopKind::{Items, While};
        let old = [entry(While, 0..30, 1, 1), entry(Items, 5..20, 2, 2)];
        assert_eq!(matched_loops(&old, &[entry(While, 0..40, 1, 3), entry(Items, 5..25, 2, 2)]), [Some(0), Some(1)]);
        assert_eq!(matched_loops(&old, &[entry(Items, 5..20, 2, 2)]), [None, None]);
    }
}
