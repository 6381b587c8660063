//! Which function of a new text continues which one of the old text, among those of one place. Pure.
//!
//! What the text names counts first: functions have names, and functions without name stand at places (`ProtoImage::place`). Then what they
//! do counts, wherever they stand, then, for those without name, their order, if as many are left on both sides. Nothing is guessed beyond
//! that. A function never continues one of another name, nor an entry of a table one with another key, unless it does the same.

use crate::image::{ProtoId, ProtoImage};
use crate::object::Linked;
use rustc_hash::{FxHashMap, FxHashSet};
use std::hash::Hash;

/// Name of functions without one.
pub(super) const LAMBDA: &str = "<lambda>";

/// What a function is matched by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Trait<'a> {
    /// Its own name: `make.inner` is `inner`.
    name: &'a str,
    /// Where it stands, if the text names that.
    place: Option<&'a str>,
    fingerprint: u64,
}

impl<'a> Trait<'a> {
    /// That of some code.
    pub(super) fn of(image: &'a ProtoImage) -> Self {
        let name = image.name.rsplit('.').next().unwrap_or(&image.name);
        Trait { name, place: image.place.as_deref(), fingerprint: image.fingerprint }
    }

    /// Those of functions of a text.
    pub(super) fn all(linked: &'a Linked<'_>, ids: &[ProtoId]) -> Vec<Self> {
        ids.iter().map(|id| Trait::of(&linked.image.protos[id.0 as usize])).collect()
    }

    fn is_lambda(&self) -> bool {
        self.name == LAMBDA
    }

    /// Whether it is an entry of a table, or an argument with a name.
    fn has_key(&self) -> bool {
        self.place.is_some_and(|place| place.contains('['))
    }

    /// What it does, with its name.
    fn act(&self) -> (&'a str, u64) {
        (self.name, self.fingerprint)
    }

    /// Where a function without name stands.
    fn lambda_place(&self) -> Option<&'a str> {
        self.place.filter(|_| self.is_lambda())
    }

    /// The name of a function that has one.
    fn own_name(&self) -> Option<&'a str> {
        (!self.is_lambda()).then_some(self.name)
    }
}

/// The new function for each old one, by position in the lists.
pub(super) fn pairs(old: &[Trait<'_>], new: &[Trait<'_>]) -> Vec<Option<usize>> {
    let mut pairs = Pairs { old, new, found: vec![None; old.len()], taken: vec![false; new.len()] };
    pairs.each(|t| *t);
    pairs.groups(Trait::lambda_place);
    pairs.each(Trait::act);
    let only = pairs.only_ones(Trait::own_name);
    pairs.groups(|t| t.own_name().filter(|name| only.contains(name)));
    pairs.renamed();
    let (mut rest_old, mut rest_new) = pairs.left(|t| !t.has_key());
    if rest_old.len() == rest_new.len() && rest_old.iter().zip(&rest_new).all(|(i, j)| old[*i].is_lambda() == new[*j].is_lambda()) {
        rest_old.retain(|i| old[*i].is_lambda());
        rest_new.retain(|j| new[*j].is_lambda());
        pairs.in_order(&rest_old, &rest_new);
    }
    pairs.found
}

/// The new function for each of those that earlier texts have lost: one that does the same, or the only one of its name or place.
pub(super) fn again(lost: &[Trait<'_>], new: &[Trait<'_>]) -> Vec<Option<usize>> {
    if lost.is_empty() {
        return Vec::new();
    }
    let (same, acts) = (certain(lost, new, |t| Some(*t), false), certain(lost, new, |t| Some(t.act()), false));
    let (names, places) = (certain(lost, new, Trait::own_name, true), certain(lost, new, Trait::lambda_place, true));
    (0..lost.len()).map(|at| same[at].or(acts[at]).or(names[at]).or(places[at])).collect()
}

/// For each that was lost the new function of the same key: the only one, or, unless `is_single`, the one in its order if they are as many.
fn certain<'a, K: Hash + Eq>(
    lost: &[Trait<'a>],
    new: &[Trait<'a>],
    key: impl Fn(&Trait<'a>) -> Option<K>,
    is_single: bool,
) -> Vec<Option<usize>> {
    let (lost_by, new_by) = (by_key(lost, &key), by_key(new, &key));
    let mut found = vec![None; lost.len()];
    for (key, lost) in lost_by {
        let Some(new) = new_by.get(&key) else { continue };
        for (order, at) in lost.iter().enumerate() {
            found[*at] = match (new.len(), lost.len()) {
                (1, 1) => Some(new[0]),
                _ if is_single => None,
                (all, count) if all == count => Some(new[order]),
                (1, _) => Some(new[0]),
                _ => None,
            };
        }
    }
    found
}

/// Positions of the functions with each key.
fn by_key<'a, K: Hash + Eq>(list: &[Trait<'a>], key: impl Fn(&Trait<'a>) -> Option<K>) -> FxHashMap<K, Vec<usize>> {
    let mut found: FxHashMap<K, Vec<usize>> = FxHashMap::default();
    for (at, function) in list.iter().enumerate() {
        if let Some(key) = key(function) {
            found.entry(key).or_default().push(at);
        }
    }
    found
}

/// Pairs on the way.
struct Pairs<'t, 'a> {
    old: &'t [Trait<'a>],
    new: &'t [Trait<'a>],
    found: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl<'a> Pairs<'_, 'a> {
    /// Pairs each that is left with the first one that is left and has the same key.
    fn each<K: Hash + Eq>(&mut self, key: impl Fn(&Trait<'a>) -> K) {
        let free = by_key(self.new, |t| Some(key(t)));
        let mut free: FxHashMap<K, _> = free.into_iter().map(|(key, all)| (key, all.into_iter())).collect();
        for i in 0..self.found.len() {
            if self.found[i].is_some() {
                continue;
            }
            let next = free.get_mut(&key(&self.old[i])).and_then(|all| all.find(|j| !self.taken[*j]));
            if let Some(j) = next {
                self.found[i] = Some(j);
                self.taken[j] = true;
            }
        }
    }

    /// Pairs those that are left and have the same key in their order, if they are as many on both sides.
    fn groups<K: Hash + Eq>(&mut self, key: impl Fn(&Trait<'a>) -> Option<K>) {
        let (mut old, mut new) = (by_key(self.old, &key), by_key(self.new, &key));
        for (key, old) in &mut old {
            let Some(new) = new.get_mut(key) else { continue };
            old.retain(|i| self.found[*i].is_none());
            new.retain(|j| !self.taken[*j]);
            self.in_order(old, new);
        }
    }

    /// Keys that one function has on each side.
    fn only_ones<K: Hash + Eq>(&self, key: impl Fn(&Trait<'a>) -> Option<K>) -> FxHashSet<K> {
        let (old, new) = (by_key(self.old, &key), by_key(self.new, &key));
        let is_only = |(key, all): &(K, Vec<usize>)| all.len() == 1 && new.get(key).is_some_and(|all| all.len() == 1);
        old.into_iter().filter(is_only).map(|(key, _)| key).collect()
    }

    /// Pairs functions with names that are left, and do the same as one other and no third.
    fn renamed(&mut self) {
        let (old, new) = self.left(|t| !t.is_lambda());
        let does = |list: &[Trait<'_>], at: &usize, other: usize| list[*at].fingerprint == list[other].fingerprint;
        for i in &old {
            let same: Vec<usize> = new.iter().copied().filter(|j| self.new[*j].fingerprint == self.old[*i].fingerprint).collect();
            if same.len() == 1 && old.iter().filter(|other| does(self.old, other, *i)).count() == 1 {
                self.in_order(&[*i], &same);
            }
        }
    }

    /// Those that are left.
    fn left(&self, is_meant: impl Fn(&Trait<'a>) -> bool) -> (Vec<usize>, Vec<usize>) {
        let old = (0..self.found.len()).filter(|i| self.found[*i].is_none() && is_meant(&self.old[*i])).collect();
        let new = (0..self.taken.len()).filter(|j| !self.taken[*j] && is_meant(&self.new[*j])).collect();
        (old, new)
    }

    /// Pairs functions in their order, if they are as many on both sides.
    fn in_order(&mut self, old: &[usize], new: &[usize]) {
        if old.len() == new.len() {
            for (i, j) in old.iter().zip(new) {
                self.found[*i] = Some(*j);
                self.taken[*j] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lambda(fingerprint: u64) -> Trait<'static> {
        Trait { name: LAMBDA, place: None, fingerprint }
    }

    fn at(place: &'static str, fingerprint: u64) -> Trait<'static> {
        Trait { name: LAMBDA, place: Some(place), fingerprint }
    }

    fn named(name: &'static str, fingerprint: u64) -> Trait<'static> {
        Trait { name, place: None, fingerprint }
    }

    #[test]
    fn equal_code_is_matched_wherever_it_is() {
        let old = [lambda(1), lambda(2)];
        assert_eq!(pairs(&old, &[lambda(2), lambda(1)]), [Some(1), Some(0)]);
        assert_eq!(pairs(&old, &[lambda(3), lambda(2)]), [Some(0), Some(1)]);
        assert_eq!(pairs(&old, &[lambda(3), lambda(4)]), [Some(0), Some(1)]);
        assert_eq!(pairs(&[at("[a]", 1)], &[at("[b]", 1)]), [Some(0)]);
    }

    #[test]
    fn places_come_before_what_is_done() {
        let old = [at("[a]", 1), at("[b]", 2)];
        assert_eq!(pairs(&old, &[at("[a]", 2), at("[b]", 1)]), [Some(0), Some(1)]);
        assert_eq!(pairs(&old, &[at("[c]", 3), at("[b]", 4)]), [None, Some(1)]);
        assert_eq!(pairs(&[at("f", 1)], &[at("g", 2)]), [Some(0)]);
        assert_eq!(pairs(&[at("f", 1)], &[lambda(2)]), [Some(0)]);
    }

    #[test]
    fn nothing_is_guessed() {
        assert_eq!(pairs(&[lambda(1)], &[lambda(2), lambda(3)]), [None]);
        assert_eq!(pairs(&[at("[a]", 1)], &[at("[b]", 2)]), [None]);
        assert_eq!(pairs(&[named("f", 1)], &[lambda(2)]), [None]);
        assert_eq!(pairs(&[named("f", 1)], &[named("g", 2)]), [None]);
        assert_eq!(pairs(&[named("f", 1)], &[named("g", 1)]), [Some(0)]);
        assert_eq!(pairs(&[named("f", 1), named("g", 1)], &[named("h", 1)]), [None, None]);
        assert_eq!(pairs(&[named("f", 1), lambda(2)], &[named("g", 3), lambda(4)]), [None, Some(1)]);
        assert_eq!(pairs(&[named("f", 1), named("g", 2)], &[named("g", 3), named("f", 4)]), [Some(1), Some(0)]);
    }

    #[test]
    fn what_was_lost_needs_its_own_text_or_name() {
        assert_eq!(again(&[lambda(1)], &[lambda(2)]), [None]);
        assert_eq!(again(&[lambda(1)], &[lambda(2), lambda(1)]), [Some(1)]);
        assert_eq!(again(&[lambda(1)], &[lambda(1), lambda(1)]), [None]);
        assert_eq!(again(&[lambda(1), lambda(1)], &[lambda(1), lambda(1)]), [Some(0), Some(1)]);
        assert_eq!(again(&[named("f", 1)], &[named("f", 2)]), [Some(0)]);
        assert_eq!(again(&[at("[a]", 1)], &[at("[a]", 2), at("[b]", 1)]), [Some(1)]);
        assert_eq!(again(&[at("[a]", 1)], &[at("[a]", 2)]), [Some(0)]);
    }
}
