//! Warnings for `was` of slots and other members where it does nothing.

use super::codes;
use super::plan::ReloadPlan;
use super::report::a_kind;
use crate::heap::Value;
use crate::image::{DefinitionImage, DefinitionKind, MemberImage, MemberRole, SharedImage, SlotImage};
use crate::link::{Claim, claims_that_hold};
use crate::object::{Class, Cx, Member, Symbol};
use gc_arena::Gc;
use lang::diagnostic::Diagnostic;
use lang::source::Source;
use std::sync::Arc;

/// What a member is, in a word.
type Kind = &'static str;

/// A member of a new text: its name, what it is, what it says that it was.
type Said<'gc> = (Symbol<'gc>, Kind, Option<Symbol<'gc>>);

impl<'gc> Cx<'_, 'gc> {
    /// Members of classes and enums that say `was` for the first time, and to no effect.
    pub(super) fn idle_members(&mut self, plan: &ReloadPlan) -> Vec<(Source, Diagnostic)> {
        let mut found = Vec::new();
        for file in &plan.files {
            for definition in &file.definitions {
                let Some(image) = definition.index.map(|i| &file.image.definitions[i]) else { continue };
                let said = match image.kind {
                    DefinitionKind::Class(id) => {
                        let class = &file.image.classes[id.0 as usize];
                        self.said(&class.slots, &class.shared, &class.members)
                    }
                    DefinitionKind::Enum(id) => self.said(&[], &[], &file.image.enums[id.0 as usize].members),
                    _ => continue,
                };
                let qualified = format!("{}.{}", file.namespace, definition.name);
                let before = definition.from.as_deref().unwrap_or(&qualified);
                let Some(Value::Class(running)) = self.find_cell(before).map(|cell| cell.value()) else { continue };
                let notes = self.idle(running, &qualified, image, &said);
                found.extend(notes.into_iter().map(|note| (file.image.source.clone(), note)));
            }
        }
        found
    }

    fn said(&mut self, slots: &[SlotImage], shared: &[SharedImage], members: &[MemberImage]) -> Vec<Said<'gc>> {
        let slots = slots.iter().map(|slot| (&slot.name, "slot", &slot.was));
        let shared = shared.iter().map(|slot| (&slot.name, "shared slot", &slot.was));
        let members = members.iter().map(|member| (&member.name, kind_of_role(member.role), &member.was));
        let mut symbol = |name: &Arc<str>| self.world.intern(self.mc, name);
        slots.chain(shared).chain(members).map(|(name, kind, was)| (symbol(name), kind, was.as_ref().map(&mut symbol))).collect()
    }

    fn idle(&self, class: Gc<'gc, Class<'gc>>, qualified: &str, image: &DefinitionImage, said: &[Said<'gc>]) -> Vec<Diagnostic> {
        let body = class.body();
        let before = |name: Symbol<'gc>| kind_before(class, name);
        let is_now = |name: Symbol<'gc>| said.iter().any(|(other, ..)| *other == name);
        let is_new = |name: &Symbol<'gc>, was: Symbol<'gc>| body.was.get(name).and_then(|known| known.said) != Some(was);
        let claims =
            said.iter().filter_map(|(name, _, was)| Some(Claim { name: *name, was: (*was)?, is_new: is_new(name, (*was)?) }));
        let held = claims_that_hold(claims, |name| before(name).is_some(), is_now);
        let mut notes = Vec::new();
        for (name, kind, was) in said {
            let Some(was) = was.filter(|was| is_new(name, *was)) else { continue };
            let (old, new) = (was.as_str(), name.as_str());
            let taker = held.iter().find(|(_, other)| *other == was).map(|(taker, _)| *taker);
            if *kind == "shared slot" && body.members.get(&was).is_none() && self.is_shared_nearby(class, was) {
                // It may move with a new name: what is in the other class decides.
                continue;
            }
            let (why, help) = match before(was) {
                None => (
                    format!("`{qualified}` has no `{old}` in the running program"),
                    "it acts in the edit in which the old name leaves; leave it out".to_owned(),
                ),
                Some(before) if !fits(before, kind) => (
                    format!("`{old}` is {}, not {}", a_kind(before), a_kind(kind)),
                    "a member continues another one of its kind".to_owned(),
                ),
                _ if taker == Some(*name) => continue,
                _ if let Some(taker) = taker => (
                    format!("`{old}` is `{}` now", taker.as_str()),
                    "one member continues another one; leave `was` out of the others".to_owned(),
                ),
                _ if before(*name).is_some() => (
                    format!("`{new}` is there already, and keeps what it has"),
                    format!("bring the text without `{new}` back, and write `was {old}` in the edit that renames it"),
                ),
                _ => (format!("`{old}` stays"), format!("take `{old}` out, or leave `was` out")),
            };
            let message = format!("`was {old}` of `{qualified}.{new}` does nothing: {why}");
            notes.push(Diagnostic::new(&codes::IDLE_WAS, image.name_span, message).help(help));
        }
        notes
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// Whether a class above or below this one has a shared slot of this name.
    fn is_shared_nearby(&self, class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>) -> bool {
        let has_it = |class: &Gc<'gc, Class<'gc>>| matches!(class.body().members.get(&name), Some(Member::Shared(_)));
        let above = class.body().linearisation.clone();
        let mut below = vec![class];
        let mut at = 0;
        while let Some(class) = below.get(at).copied() {
            at += 1;
            let more: Vec<_> = class.body().subclasses.iter().filter_map(|c| c.upgrade(self.mc)).collect();
            below.extend(more.into_iter().filter(|c| !below.iter().any(|known| Gc::ptr_eq(*known, *c))).collect::<Vec<_>>());
        }
        above.iter().chain(&below).any(has_it)
    }
}

fn kind_of_role(role: MemberRole) -> Kind {
    match role {
        MemberRole::Method => "method",
        MemberRole::Static => "static function",
        MemberRole::Getter | MemberRole::Setter => "property",
    }
}

/// What a name is in a class as it runs; slots may be those of its bases.
fn kind_before<'gc>(class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>) -> Option<Kind> {
    if class.has_layout() && class.layout().index.contains_key(&name) {
        return Some("slot");
    }
    class.body().members.get(&name).map(|member| match member {
        Member::Method(_) => "method",
        Member::Static(_) => "static function",
        Member::Property { .. } => "property",
        Member::Shared(_) => "shared slot",
    })
}

/// Whether a member that is one thing can be continued by another one.
fn fits(before: Kind, now: Kind) -> bool {
    before == now || before == "shared slot" && now == "slot"
}
