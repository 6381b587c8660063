//! Members of classes, enums and `extend`: their functions, and that each name is defined once.

use super::scope::{FnKind, Item, Resolver};
use crate::ast::{Decorator, FnDecl, Ident, Member, MemberKind, Name, Variant};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use rustc_hash::FxHashMap;

/// Members that may share a name with members of other kinds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Family {
    /// Slots, methods and getters: what `object.name` reads.
    Read,
    /// Setters.
    Write,
    /// Static functions, shared slots and variants: what `Class.name` reads.
    Class,
}

impl Resolver<'_> {
    /// Walks the members. `hoist`: the index of the class among the hoists of its block, inside functions.
    pub(super) fn members(&mut self, variants: &[Variant], members: &[Member], hoist: Option<usize>) {
        self.check_members(variants, members);
        for member in members {
            self.decorators_of(member);
            let before = match (hoist, &member.kind) {
                // The value of a shared slot is evaluated with the class statement itself.
                (Some(hoist), kind) if !matches!(kind, MemberKind::Shared { .. }) => Some(self.set_item(Item::Hoist(hoist))),
                _ => None,
            };
            self.member(member);
            if let Some(before) = before {
                self.set_item(before);
            }
        }
    }

    fn decorators_of(&mut self, member: &Member) {
        if let MemberKind::Method(decl) | MemberKind::Static(decl) | MemberKind::Getter(decl) | MemberKind::Setter(decl) =
            &member.kind
        {
            self.decorators(&decl.decorators);
        }
    }

    pub(super) fn decorators(&mut self, decorators: &[Decorator]) {
        decorators.iter().for_each(|decorator| self.expr(&decorator.expr));
    }

    fn member(&mut self, member: &Member) {
        match &member.kind {
            MemberKind::Slot(slot) => {
                self.push_function(FnKind::Initialiser);
                self.declare_self(slot.name.span);
                slot.default.iter().for_each(|default| self.expr(default));
                self.pop_function_of(slot.id);
            }
            MemberKind::Shared { id, value, .. } => {
                self.push_function(FnKind::Initialiser);
                value.iter().for_each(|value| self.expr(value));
                self.pop_function_of(*id);
            }
            MemberKind::Method(decl) | MemberKind::Static(decl) | MemberKind::Getter(decl) | MemberKind::Setter(decl) => {
                self.method(decl);
            }
            MemberKind::Migrate { func, .. } => self.func(func, Some(func.span)),
        }
    }

    fn method(&mut self, decl: &FnDecl) {
        self.func(&decl.func, Some(decl.name.span));
    }

    /// Each name once, where names may clash.
    fn check_members(&mut self, variants: &[Variant], members: &[Member]) {
        let mut seen: FxHashMap<(Family, Name), Span> = FxHashMap::default();
        for variant in variants {
            self.check_member(&mut seen, Family::Class, &variant.name);
            let mut fields: FxHashMap<&str, Span> = FxHashMap::default();
            for field in variant.fields.iter().flatten() {
                if let Some(first) = fields.insert(&field.name, field.span) {
                    self.duplicate_member(field, first);
                }
            }
        }
        let mut migrations: FxHashMap<Option<u32>, Span> = FxHashMap::default();
        for member in members {
            match &member.kind {
                MemberKind::Slot(slot) => {
                    self.check_member(&mut seen, Family::Read, &slot.name);
                    self.check_member(&mut seen, Family::Write, &slot.name);
                }
                MemberKind::Method(decl) => {
                    self.check_member(&mut seen, Family::Read, &decl.name);
                    self.check_member(&mut seen, Family::Write, &decl.name);
                }
                MemberKind::Getter(decl) => self.check_member(&mut seen, Family::Read, &decl.name),
                MemberKind::Setter(decl) => self.check_member(&mut seen, Family::Write, &decl.name),
                MemberKind::Static(decl) => self.check_member(&mut seen, Family::Class, &decl.name),
                // A shared slot is also read through instances.
                MemberKind::Shared { name, .. } => {
                    self.check_member(&mut seen, Family::Class, name);
                    self.check_member(&mut seen, Family::Read, name);
                }
                MemberKind::Migrate { from, func } => {
                    let span = Span { lo: member.span.lo, hi: func.span.lo };
                    if let Some(first) = migrations.insert(*from, span) {
                        let name = Ident { name: Name::new("migrate"), span };
                        self.duplicate_member(&name, first);
                    }
                }
            }
        }
    }

    fn check_member(&mut self, seen: &mut FxHashMap<(Family, Name), Span>, family: Family, name: &Ident) {
        match seen.get(&(family, name.name.clone())) {
            // A slot clashes with a slot in two families: one report is enough.
            Some(first) if *first != name.span && !self.reported_at(name.span) => self.duplicate_member(name, *first),
            Some(_) => {}
            None => {
                seen.insert((family, name.name.clone()), name.span);
            }
        }
    }

    fn reported_at(&self, span: Span) -> bool {
        self.diagnostics.last().is_some_and(|last| last.code == &codes::DUPLICATE_MEMBER && last.span == span)
    }

    fn duplicate_member(&mut self, name: &Ident, first: Span) {
        self.diagnostics.push(
            Diagnostic::new(&codes::DUPLICATE_MEMBER, name.span, format!("`{}` is defined twice", name.name))
                .label("defined again")
                .note(first, "first defined here")
                .help("remove or rename one of the two"),
        );
    }
}
