//! What members of a class continue under another name: what `was` says, and what takes it back.

use crate::object::{Class, Cx, Symbol, SymbolMap, Was};
use gc_arena::Gc;

/// A name that may go on with what another one had.
pub struct Claim<T> {
    /// The name.
    pub name: T,
    /// The other one.
    pub was: T,
    /// Whether it is this edit that says so: then names can be exchanged, and passed on in a row.
    pub is_new: bool,
}

/// Those claims that hold, as pairs of a name and the one it had. `is_before` and `is_now` tell which names there were, and are. A name that was there
/// before keeps what it has, unless another one takes that over; one that stays keeps it, too, unless it gets something else itself. Of two that claim
/// the same, the first gets it.
pub fn claims_that_hold<T: Copy + PartialEq>(
    claims: impl IntoIterator<Item = Claim<T>>,
    is_before: impl Fn(T) -> bool,
    is_now: impl Fn(T) -> bool,
) -> Vec<(T, T)> {
    let mut held: Vec<Claim<T>> = Vec::new();
    for claim in claims {
        if is_before(claim.was) && claim.name != claim.was && !held.iter().any(|other| other.was == claim.was) {
            held.push(claim);
        }
    }
    loop {
        let is_given_up = |claim: &Claim<T>| !is_before(claim.name) || claim.is_new && held.iter().any(|o| o.was == claim.name);
        let is_free = |claim: &Claim<T>| !is_now(claim.was) || claim.is_new && held.iter().any(|o| o.name == claim.was);
        match held.iter().position(|claim| !(is_given_up(claim) && is_free(claim))) {
            Some(at) => drop(held.remove(at)),
            None => return held.into_iter().map(|claim| (claim.name, claim.was)).collect(),
        }
    }
}

/// What the members of a class's new text continue. `said` has its names, each with what it says that it was; the class has its old body yet.
pub(super) fn continued<'gc>(
    cx: &Cx<'_, 'gc>,
    class: Gc<'gc, Class<'gc>>,
    said: &[(Symbol<'gc>, Option<Symbol<'gc>>)],
) -> SymbolMap<'gc, Was<'gc>> {
    let body = class.body();
    let is_before = |name: Symbol<'gc>| body.own.contains_key(&name) || body.own_slots.iter().any(|slot| slot.name == name);
    let is_now = |name: Symbol<'gc>| said.iter().any(|(other, _)| *other == name);
    let says = |name: Symbol<'gc>| said.iter().find_map(|(other, was)| was.filter(|_| *other == name));
    let commit = Some(cx.world.commits_tried);
    let mut found = SymbolMap::default();
    for (name, _) in said {
        let (name, said) = (*name, says(*name));
        let known = body.was.get(&name);
        let is_new = said.is_some() && known.and_then(|known| known.said) != said;
        let was = if cx.world.loading.direction.is_undo() {
            // What the text that is taken back has said is the other way round.
            let mut others = body.was.iter().filter(|(other, _)| says(**other) != Some(name));
            let taker = others.clone().find(|(_, was)| was.said == Some(name)).map(|(taker, _)| (*taker, commit));
            let taker = taker.or_else(|| others.find(|(_, was)| was.from == name).map(|(taker, _)| (*taker, None)));
            taker.or(said.map(|said| (said, None)))
        } else {
            // A name that comes back means what it had become.
            let mut takers = body.was.iter().filter(|(taker, was)| was.from == name && !is_now(**taker));
            let back = takers.next().filter(|_| !is_before(name)).map(|(taker, _)| (*taker, None));
            let said = said.map(|said| (said, commit.filter(|_| is_new)));
            said.filter(|(said, _)| is_before(*said)).or(back).or(said)
        };
        if let Some((from, since)) = was.or(known.map(|known| (known.from, None))) {
            found.insert(name, Was { from, said, since });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(
        claims: &[(&'static str, &'static str)],
        is_new: bool,
        before: &[&str],
        now: &[&str],
    ) -> Vec<(&'static str, &'static str)> {
        let claims = claims.iter().map(|(name, was)| Claim { name: *name, was: *was, is_new });
        claims_that_hold(claims, |name| before.contains(&name), |name| now.contains(&name))
    }

    #[test]
    fn names_go_on_where_they_are_free() {
        assert_eq!(hold(&[("b", "a")], false, &["a"], &["b"]), [("b", "a")]);
        assert_eq!(hold(&[("b", "a")], true, &["a", "b"], &["b"]), [], "`b` has a value of its own");
        assert_eq!(hold(&[("b", "a")], true, &["a"], &["a", "b"]), [], "`a` stays");
        assert_eq!(hold(&[("b", "a"), ("c", "a")], true, &["a"], &["b", "c"]), [("b", "a")]);
    }

    #[test]
    fn names_are_exchanged_by_the_edit_that_says_so() {
        let circle = [("b", "a"), ("a", "b")];
        assert_eq!(hold(&circle, true, &["a", "b"], &["a", "b"]), circle);
        assert_eq!(hold(&circle, false, &["a", "b"], &["a", "b"]), []);
        let row = [("b", "a"), ("c", "b")];
        assert_eq!(hold(&row, true, &["a", "b"], &["b", "c"]), row);
        assert_eq!(hold(&row, true, &["a", "b", "c"], &["b", "c"]), [], "`c` keeps what it has, so `b` does");
    }
}
