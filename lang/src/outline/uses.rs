//! What a statement mentions: names that are found when they are reached, and imports of the file.

use crate::ast::visit::{Visitor, walk_expr, walk_target};
use crate::ast::*;
use crate::resolve::{ImportId, Res, Resolved};
use std::collections::BTreeSet;

/// A mention of an import.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ImportUse {
    /// Which import.
    pub import: ImportId,
    /// The definition: that of a from-import, or `x` in `ns.x`. Absent when the namespace itself is the value.
    pub name: Option<Name>,
}

/// What a piece of code mentions, sorted, each once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Uses {
    /// Names that are neither local nor imported.
    pub names: Vec<Name>,
    /// Names that are assigned to; also among `names`.
    pub assigned: Vec<Name>,
    /// Imports.
    pub imports: Vec<ImportUse>,
}

/// What `stmt` mentions. The names it defines itself do not count, unless it mentions them.
pub(super) fn uses_of(stmt: &Stmt, resolved: &Resolved) -> Uses {
    let mut collector = Collector { resolved, names: BTreeSet::new(), assigned: BTreeSet::new(), imports: BTreeSet::new() };
    collector.stmt(stmt);
    Uses {
        names: collector.names.into_iter().collect(),
        assigned: collector.assigned.into_iter().collect(),
        imports: collector.imports.into_iter().collect(),
    }
}

struct Collector<'r> {
    resolved: &'r Resolved,
    names: BTreeSet<Name>,
    assigned: BTreeSet<Name>,
    imports: BTreeSet<ImportUse>,
}

impl Collector<'_> {
    /// A mention of the name with this id, of its member `member` if it is a namespace.
    fn mention(&mut self, id: NodeId, member: Option<&Name>) {
        match self.resolved.names.get(id.0 as usize) {
            Some(Res::Name(name)) => {
                self.names.insert(name.clone());
            }
            Some(Res::ImportedName(import, name)) => {
                self.imports.insert(ImportUse { import: *import, name: Some(name.clone()) });
            }
            Some(Res::ImportedNamespace(import)) => {
                self.imports.insert(ImportUse { import: *import, name: member.cloned() });
            }
            _ => {}
        }
    }

    fn member_access(&mut self, object: &Expr, name: &Name) {
        match &*object.kind {
            ExprKind::Name(id, _) => self.mention(*id, Some(name)),
            _ => self.expr(object),
        }
    }
}

impl Visitor for Collector<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Name(id, _) => self.mention(*id, None),
            ExprKind::Member { object, name, .. } => self.member_access(object, &name.name),
            _ => walk_expr(self, expr),
        }
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Name(id, _) => {
                self.mention(*id, None);
                if let Some(Res::Name(name)) = self.resolved.names.get(id.0 as usize) {
                    self.assigned.insert(name.clone());
                }
            }
            Target::Member(object, name) => self.member_access(object, &name.name),
            _ => walk_target(self, target),
        }
    }
}
