//! Which function of a new text continues which one of the old text, among those of one place. Pure.
//!
//! What the text names counts first: functions have names, and functions without name stand at places (`ProtoImage::place`). Then what they
//! do counts, wherever they stand, then their order, if as many are left on both sides. Nothing is guessed beyond that. An entry of a table
//! never continues one with another key unless it does the same.

use crate::image::{ProtoId, ProtoImage};
use crate::object::Linked;

/// Name of functions without one.
pub(super) const LAMBDA: &str = "<lambda>";

/// What a function is matched by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

    fn does_the_same(&self, other: &Self) -> bool {
        self.name == other.name && self.fingerprint == other.fingerprint
    }

    fn stands_at_the_same_place(&self, other: &Self) -> bool {
        self.is_lambda() && other.is_lambda() && self.place.is_some() && self.place == other.place
    }

    fn has_the_same_name(&self, other: &Self) -> bool {
        !self.is_lambda() && self.name == other.name
    }
}

/// The new function for each old one, by position in the lists.
pub(super) fn pairs(old: &[Trait<'_>], new: &[Trait<'_>]) -> Vec<Option<usize>> {
    let mut pairs = Pairs { found: vec![None; old.len()], taken: vec![false; new.len()] };
    pairs.each(|i, j| old[i] == new[j]);
    for i in 0..old.len() {
        pairs.in_order(|o| old[o].stands_at_the_same_place(&old[i]), |n| new[n].stands_at_the_same_place(&old[i]));
    }
    pairs.each(|i, j| old[i].does_the_same(&new[j]));
    for i in 0..old.len() {
        let is_only = |list: &[Trait<'_>]| list.iter().filter(|t| t.has_the_same_name(&old[i])).count() == 1;
        if is_only(old) && is_only(new) {
            pairs.in_order(|o| o == i, |n| new[n].has_the_same_name(&old[i]));
        }
    }
    let (rest_old, rest_new) = pairs.left(|o| !old[o].has_key(), |n| !new[n].has_key());
    if rest_old.iter().zip(&rest_new).all(|(i, j)| old[*i].is_lambda() == new[*j].is_lambda()) {
        pairs.in_order(|o| !old[o].has_key(), |n| !new[n].has_key());
    }
    pairs.found
}

/// The new function for each of those that earlier texts have lost: one that does the same, or the only one of its name or place.
pub(super) fn again(lost: &[Trait<'_>], new: &[Trait<'_>]) -> Vec<Option<usize>> {
    let certain = |at: usize, is_like: &dyn Fn(&Trait<'_>) -> bool| {
        let mut like = (0..new.len()).filter(|j| is_like(&new[*j]));
        let before = lost[..at].iter().filter(|t| is_like(t)).count();
        let all = lost.iter().filter(|t| is_like(t)).count();
        let count = like.clone().count();
        like.nth(if count == all { before } else { 0 }).filter(|_| count == 1 || count == all)
    };
    let only = |at: usize, is_like: &dyn Fn(&Trait<'_>) -> bool| {
        let is_only = |list: &[Trait<'_>]| list.iter().filter(|t| is_like(t)).count() == 1;
        if is_only(lost) && is_only(new) { certain(at, is_like) } else { None }
    };
    let one = |(at, old): (usize, &Trait<'_>)| {
        certain(at, &|t| t == old)
            .or_else(|| certain(at, &|t| t.does_the_same(old)))
            .or_else(|| only(at, &|t| t.has_the_same_name(old)))
            .or_else(|| only(at, &|t| t.stands_at_the_same_place(old)))
    };
    lost.iter().enumerate().map(one).collect()
}

/// Pairs on the way.
struct Pairs {
    found: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Pairs {
    /// Pairs each that is left with the first one that is left and fits.
    fn each(&mut self, fits: impl Fn(usize, usize) -> bool) {
        for i in 0..self.found.len() {
            if self.found[i].is_none()
                && let Some(j) = (0..self.taken.len()).find(|j| !self.taken[*j] && fits(i, *j))
            {
                self.found[i] = Some(j);
                self.taken[j] = true;
            }
        }
    }

    /// Those that are left.
    fn left(&self, is_old: impl Fn(usize) -> bool, is_new: impl Fn(usize) -> bool) -> (Vec<usize>, Vec<usize>) {
        let old = (0..self.found.len()).filter(|i| self.found[*i].is_none() && is_old(*i)).collect();
        let new = (0..self.taken.len()).filter(|j| !self.taken[*j] && is_new(*j)).collect();
        (old, new)
    }

    /// Pairs those that are left in their order, if they are as many on both sides.
    fn in_order(&mut self, is_old: impl Fn(usize) -> bool, is_new: impl Fn(usize) -> bool) {
        let (old, new) = self.left(is_old, is_new);
        if old.len() == new.len() {
            for (i, j) in old.into_iter().zip(new) {
                self.found[i] = Some(j);
                self.taken[j] = true;
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
