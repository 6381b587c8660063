//! Methods and static functions that have left their classes: leaks for those who hold them.
//!
//! Nothing finds them by name any more; a bound method, a function taken from the class or an override may hold one. They are known weakly, so
//! that they are gone when nobody does.

use super::leaks::LeakEntry;
use super::report::Report;
use super::uses::Uses;
use crate::heap::Value;
use crate::object::{Class, Cx, Member, MemberLeak, Symbol, Undo};
use gc_arena::Gc;

/// One of them, which may have no holder any more.
pub(super) struct LeakedMember<'gc> {
    pub(super) leak: MemberLeak<'gc>,
    class: Gc<'gc, Class<'gc>>,
    value: Option<Value<'gc>>,
}

/// What of a member is looked for in a walk; nil where there is nothing left of it.
pub(super) fn values_of<'gc>(members: &[LeakedMember<'gc>]) -> Vec<Value<'gc>> {
    members.iter().map(|member| member.value.unwrap_or(Value::Nil)).collect()
}

impl LeakedMember<'_> {
    /// The namespace of its class.
    pub(super) fn namespace(&self) -> String {
        let qualified = self.class.qualified();
        qualified.rsplit_once('.').map_or_else(String::new, |(namespace, _)| namespace.to_owned())
    }

    fn qualified(&self) -> String {
        format!("{}.{}", self.class.qualified(), self.leak.name.as_str())
    }

    /// It in a list of leaks.
    pub(super) fn entry(&self, uses: Uses) -> LeakEntry {
        let code = match self.value {
            Some(Value::Function(function)) => Some(function.proto()),
            Some(Value::Decorated(decorated)) => match decorated.original.get() {
                Value::Function(function) => Some(function.proto()),
                _ => None,
            },
            _ => None,
        };
        LeakEntry {
            name: format!("{}.{}", self.class.name().as_str(), self.leak.name.as_str()),
            namespace: self.namespace(),
            kind: self.leak.kind,
            file: code.map_or_else(String::new, |code| code.linked.module.path.to_string()),
            origin_version: code.map_or(0, |code| code.linked.version),
            removed_in: self.leak.epoch,
            forwards_to: None,
            uses,
        }
    }
}

impl<'gc> Cx<'_, 'gc> {
    /// A member leaves the text of its class.
    pub(super) fn note_member_leak(&mut self, class: Gc<'gc, Class<'gc>>, name: Symbol<'gc>, member: &Member<'gc>) {
        let epoch = self.world.epoch + 1;
        if let Some(leak) = MemberLeak::of(class, name, member, epoch) {
            self.world.undo.push(Undo::MemberLeaks(self.world.member_leaks.clone()));
            self.world.member_leaks.retain(|known| !known.is_of(class, name));
            self.world.member_leaks.push(leak);
        }
    }

    /// All that have left and that nothing has replaced, without knowing whether anybody holds them.
    pub(super) fn members_leaked(&self) -> Vec<LeakedMember<'gc>> {
        let all = self.world.member_leaks.iter();
        all.filter_map(|leak| Some(LeakedMember { leak: *leak, class: leak.class(self.mc)?, value: leak.value(self.mc) })).collect()
    }

    /// Qualified names and kinds of those that leave with the commit that is being made.
    pub(super) fn members_leaking(&self) -> Vec<(String, &'static str)> {
        let epoch = self.world.epoch + 1;
        let all = self.members_leaked().into_iter().filter(|member| member.leak.epoch == epoch);
        all.map(|member| (member.qualified(), member.leak.kind)).collect()
    }

    /// Remembers of which nothing uses; how many.
    pub(super) fn mark_unused_members(&mut self, members: &[LeakedMember<'gc>], uses: &[Uses]) -> usize {
        let mut count = 0;
        for (member, _) in members.iter().zip(uses).filter(|(member, uses)| uses.is_empty() && !member.leak.is_unused) {
            let mut all = self.world.member_leaks.iter_mut();
            if let Some(leak) = all.find(|leak| leak.is_of(member.class, member.leak.name)) {
                leak.is_unused = true;
                count += 1;
            }
        }
        count
    }

    /// Forgets those that nothing uses. Gives their qualified names.
    pub(super) fn end_unused_members(&mut self, members: Vec<LeakedMember<'gc>>, uses: &[Uses]) -> Vec<String> {
        let (mc, unused) = (self.mc, members.into_iter().zip(uses).filter(|(_, uses)| uses.is_empty()));
        let unused: Vec<_> = unused.map(|(member, _)| member).collect();
        // Those whose names mean something again, or whose classes are gone, are no leaks any more, either.
        self.world
            .member_leaks
            .retain(|leak| leak.class(mc).is_some() && !unused.iter().any(|member| leak.is_of(member.class, member.leak.name)));
        unused.iter().map(LeakedMember::qualified).collect()
    }

    /// Forgets one by force; false when there is none of this name. Who holds it goes on holding it.
    pub(super) fn drop_member_leak(&mut self, qualified: &str) -> bool {
        let found = self.members_leaked().into_iter().find(|member| member.qualified() == qualified);
        let Some(member) = found else { return false };
        let before = self.world.member_leaks.clone();
        self.world.log(|| Undo::MemberLeaks(before));
        self.world.member_leaks.retain(|leak| !leak.is_of(member.class, member.leak.name));
        true
    }
}

impl Report {
    /// Tells which of the members that leave become leaks.
    pub(super) fn add_leaked_members(&mut self, members: Vec<(String, &'static str)>) {
        for (name, kind) in members {
            let entry = self.removed.iter().find(|entry| entry.to_string() == name).cloned();
            self.leaked.extend(entry.map(|entry| super::Entry { kind, ..entry }));
        }
    }
}
