//! Methods and static functions that have left their classes: leaks for those who hold them.
//!
//! Nothing finds them by name any more; a bound method, a function taken from the class or an override may hold one. They are known weakly, so
//! that they are gone when nobody does.

use super::leaks::LeakEntry;
use super::report::{Entry, Report};
use super::uses::Uses;
use crate::heap::Value;
use crate::object::{Class, Cx, Member, MemberLeak, Symbol, Undo};
use gc_arena::Gc;
use rustc_hash::{FxHashMap, FxHashSet};

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
            self.world.undo.push(Undo::MemberLeak);
            self.world.member_leaks.push(leak);
        }
    }

    /// All that have left and that nothing has replaced, without knowing whether anybody holds them. Of one that has left more than once, the last.
    pub(super) fn members_leaked(&self) -> Vec<LeakedMember<'gc>> {
        let mut seen = FxHashSet::default();
        let mut last: Vec<_> = self.world.member_leaks.iter().rev().filter(|leak| seen.insert(leak.key())).collect();
        last.reverse();
        let all = last.into_iter();
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
        let unused = members.iter().zip(uses).filter(|(member, uses)| uses.is_empty() && !member.leak.is_unused);
        let unused: FxHashSet<_> = unused.map(|(member, _)| member.leak.key()).collect();
        let marked = self.world.member_leaks.iter_mut().filter(|leak| unused.contains(&leak.key()));
        marked.for_each(|leak| leak.is_unused = true);
        unused.len()
    }

    /// Forgets those that nothing uses. Gives their qualified names.
    pub(super) fn end_unused_members(&mut self, members: Vec<LeakedMember<'gc>>, uses: &[Uses]) -> Vec<String> {
        let unused = members.into_iter().zip(uses).filter(|(_, uses)| uses.is_empty());
        let unused: Vec<_> = unused.map(|(member, _)| member).collect();
        let keys: FxHashSet<_> = unused.iter().map(|member| member.leak.key()).collect();
        self.world.member_leaks.retain(|leak| !keys.contains(&leak.key()));
        // Who is left has been found in use.
        self.world.member_leaks.iter_mut().for_each(|leak| leak.is_unused = false);
        unused.iter().map(LeakedMember::qualified).collect()
    }

    /// Forgets those that nobody holds, whose classes are gone, or whose names mean something again. Between commits: those that are being made
    /// count on the order.
    pub(super) fn sweep_member_leaks(&mut self) {
        let mc = self.mc;
        if self.world.undo.is_empty() {
            self.world.member_leaks.retain(|leak| leak.class(mc).is_some() && leak.value(mc).is_some());
        }
    }

    /// Forgets one by force; false when there is none of this name. Who holds it goes on holding it.
    pub(super) fn drop_member_leak(&mut self, qualified: &str) -> bool {
        let found = self.members_leaked().into_iter().find(|member| member.qualified() == qualified);
        let Some(member) = found else { return false };
        self.world.log(|| Undo::MemberDropped(member.leak));
        self.world.member_leaks.retain(|leak| leak.key() != member.leak.key());
        true
    }
}

impl Report {
    /// Tells which of the members that leave become leaks.
    pub(super) fn add_leaked_members(&mut self, members: Vec<(String, &'static str)>) {
        if members.is_empty() {
            return;
        }
        let removed: FxHashMap<String, &Entry> = self.removed.iter().map(|entry| (entry.to_string(), entry)).collect();
        let leaked = members.iter().filter_map(|(name, kind)| Some(Entry { kind, ..(*removed.get(name)?).clone() }));
        self.leaked.extend(leaked);
    }
}
