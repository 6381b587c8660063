//! Shared slots that an edit moves up or down a hierarchy: like the slots of instances they keep their values by name, with their cells.

use super::classes::Made;
use super::closures::Matcher;
use super::parts::SharedChange;
use crate::link;
use crate::object::{BoxCell, Class, Cx, Definition, Function, Member, Part, Symbol, SymbolMap};
use gc_arena::Gc;

/// A shared slot that its class had before the commit and no longer has.
struct Left<'gc> {
    class: Gc<'gc, Class<'gc>>,
    name: Symbol<'gc>,
    cell: Gc<'gc, BoxCell<'gc>>,
    /// What the text before said that it was.
    was: Option<Symbol<'gc>>,
    init: Option<Gc<'gc, Function<'gc>>>,
    digest: Option<u64>,
    computed_from: Option<Vec<Gc<'gc, Definition<'gc>>>>,
    is_touched: bool,
    /// Whether another class goes on with its cell.
    is_taken: bool,
}

impl<'gc> Cx<'_, 'gc> {
    /// Lets shared slots that are new in their classes go on with those that classes above or below these have lost with the same edit.
    /// `made` are the classes of the edit, which have their places.
    pub(super) fn move_shared(&mut self, made: &mut [(usize, u32, Made<'gc>)], matcher: &mut Matcher) {
        let mut left = self.shared_that_left(made);
        if left.is_empty() {
            return;
        }
        for (_, _, (class, tasks)) in made {
            for (name, fresh) in self.shared_that_came(*class) {
                let Some(at) = self.origin_of_shared(*class, name, &left) else { continue };
                let cell = if left[at].is_taken { fresh } else { left[at].cell };
                // Several classes below may get what one had.
                BoxCell::set(cell, self.mc, left[at].cell.get());
                left[at].is_taken = true;
                let from = &left[at];
                let slot = Part { name: from.name, role: None };
                let text = from.class.body().shared_texts.get(&from.name).copied();
                Class::update(from.class, self.mc, |body| {
                    body.shared_gone.shift_remove(&from.name);
                    body.shared_digests.shift_remove(&from.name);
                    body.computed_from.remove(&slot);
                });
                Class::update(*class, self.mc, |body| {
                    body.members.insert(name, Member::Shared(cell));
                    body.own.insert(name, Member::Shared(cell));
                    body.shared_digests.extend(from.digest.map(|digest| (name, digest)));
                    body.computed_from.extend(from.computed_from.clone().map(|used| (Part { name, role: None }, used)));
                });
                let init = class.body().shared_inits.get(&name).copied();
                if let (Some(old), Some(new)) = (left[at].init, init) {
                    self.follow_closures(old.proto(), new.proto(), matcher);
                }
                let from = &left[at];
                let change = if text != class.body().shared_texts.get(&name).copied() {
                    SharedChange::Edited
                } else if self.stirred(from.class).contains(&from.name) {
                    SharedChange::Stirred
                } else {
                    SharedChange::None
                };
                self.keep_shared(*class, (name, name), (cell, fresh), change, tasks);
            }
        }
    }

    fn shared_that_left(&self, made: &[(usize, u32, Made<'gc>)]) -> Vec<Left<'gc>> {
        let mut left = Vec::new();
        for (_, _, (class, _)) in made {
            let now: Vec<_> = shared_slots(&class.body().members).collect();
            let before = link::with_body_before(self, *class, |body| {
                let was = |name| body.was.get(&name).map(|was| was.from);
                let init = |name| body.shared_inits.get(&name).copied();
                shared_slots(&body.members).map(|(name, cell)| (name, cell, was(name), init(name))).collect::<Vec<_>>()
            });
            for (name, cell, was, init) in before {
                if now.iter().any(|(_, other)| Gc::ptr_eq(*other, cell)) {
                    continue;
                }
                let is_touched = !self.is_shared_untouched(*class, name, cell);
                let body = class.body();
                let (digest, part) = (body.shared_digests.get(&name).copied(), Part { name, role: None });
                let computed_from = body.computed_from.get(&part).cloned();
                left.push(Left { class: *class, name, cell, was, init, digest, computed_from, is_touched, is_taken: false });
            }
        }
        left
    }

    /// Shared slots of a class that its text before did not have, and that have not come back.
    fn shared_that_came(&self, class: Gc<'gc, Class<'gc>>) -> Vec<(Symbol<'gc>, Gc<'gc, BoxCell<'gc>>)> {
        let known: Vec<_> = link::with_body_before(self, class, |body| {
            let members = shared_slots(&body.members).map(|(_, cell)| cell);
            members.chain(body.shared_gone.values().copied()).collect()
        });
        let is_new = |cell: Gc<'gc, BoxCell<'gc>>| !known.iter().any(|other| Gc::ptr_eq(*other, cell));
        shared_slots(&class.body().members).filter(|(_, cell)| is_new(*cell)).collect()
    }

    /// What a new shared slot of a class continues: what it says that it was, the slot of its name, or one that had said that it was this. Of
    /// several the one that the program has changed, since this is in use.
    fn origin_of_shared(&self, class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>, left: &[Left<'gc>]) -> Option<usize> {
        let commit = Some(self.world.commits_tried);
        let was = class.body().was.get(&name).filter(|was| was.since == commit).map(|was| was.from);
        let first = |is_meant: &dyn Fn(&Left<'gc>) -> bool| {
            let found = || left.iter().enumerate().filter(|(_, slot)| is_meant(slot) && self.are_related(class, slot.class));
            found().find(|(_, slot)| slot.is_touched).or_else(|| found().next()).map(|(at, _)| at)
        };
        let said = was.and_then(|was| first(&|slot| slot.name == was));
        said.or_else(|| first(&|slot| slot.name == name)).or_else(|| first(&|slot| slot.was == Some(name)))
    }

    /// Whether one class is below the other, or was before the commit.
    fn are_related(&self, a: Gc<'gc, Class<'gc>>, b: Gc<'gc, Class<'gc>>) -> bool {
        let was_below = |a, b| link::with_body_before(self, a, |body| body.linearisation.iter().any(|c| Gc::ptr_eq(*c, b)));
        a.is_subclass_of(b) || b.is_subclass_of(a) || was_below(a, b) || was_below(b, a)
    }
}

fn shared_slots<'a, 'gc>(
    members: &'a SymbolMap<'gc, Member<'gc>>,
) -> impl Iterator<Item = (Symbol<'gc>, Gc<'gc, BoxCell<'gc>>)> + 'a {
    members.iter().filter_map(|(name, member)| match member {
        Member::Shared(cell) => Some((*name, *cell)),
        _ => None,
    })
}
