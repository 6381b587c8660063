//! What the expressions of a text name, as far as definitions go.

use lang::ast::{Expr, ExprKind, Ident, NodeId, Target};
use lang::resolve::{Res, Resolved};
use std::sync::Arc;

/// The names of one text.
pub(super) struct Names<'a> {
    /// What its names mean.
    pub(super) resolved: &'a Resolved,
    /// Its namespace.
    pub(super) namespace: &'a str,
    /// Namespaces of its imports.
    pub(super) imports: &'a [Arc<str>],
}

impl Names<'_> {
    /// The qualified name of the definition that an expression names.
    pub(super) fn qualified(&self, expr: &Expr) -> Option<String> {
        match &*expr.kind {
            ExprKind::Name(id, _) => self.named(*id),
            ExprKind::Member { object, name, .. } => self.member(object, name),
            _ => None,
        }
    }

    /// The qualified name of the definition that is assigned.
    pub(super) fn assigned(&self, target: &Target) -> Option<String> {
        match target {
            Target::Name(id, _) => self.named(*id),
            Target::Member(object, name) => self.member(object, name),
            _ => None,
        }
    }

    fn named(&self, id: NodeId) -> Option<String> {
        match self.resolved.res(id) {
            Res::Name(name) => Some(format!("{}.{}", self.namespace, name.0)),
            Res::ImportedName(import, name) => Some(format!("{}.{}", self.imports.get(import.0 as usize)?, name.0)),
            _ => None,
        }
    }

    fn member(&self, object: &Expr, name: &Ident) -> Option<String> {
        let ExprKind::Name(id, _) = &*object.kind else { return None };
        let Res::ImportedNamespace(import) = self.resolved.res(*id) else { return None };
        Some(format!("{}.{}", self.imports.get(import.0 as usize)?, name.name.0))
    }
}
