//! Locals that nothing uses: `let` and `const`, functions and classes inside blocks. Parameters, loop variables, caught errors and names
//! in patterns of `match` are there for their places; names that begin with `_` say that they are not used.

use super::LintFile;
use crate::ast::visit::{Visitor, walk_expr, walk_func, walk_member, walk_stmt, walk_target};
use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::outline::bindings;
use crate::resolve::{FnScope, LocalId, Res};
use crate::source::Span;
use std::collections::{BTreeMap, HashSet};

/// What is declared, for the advice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Variable,
    Definition,
}

/// A function, or a statement of the top level, that is being looked at.
struct Frame<'f> {
    scope: Option<&'f FnScope>,
    declared: BTreeMap<LocalId, (Name, Span, What)>,
    used: HashSet<LocalId>,
}

struct Locals<'f> {
    file: &'f LintFile,
    frames: Vec<Frame<'f>>,
    found: Vec<Diagnostic>,
}

/// Warnings about locals that nothing uses.
pub(super) fn unused_locals(file: &LintFile) -> Vec<Diagnostic> {
    let mut locals = Locals { file, frames: Vec::new(), found: Vec::new() };
    for (stmt, scope) in file.tree.stmts.iter().zip(&file.resolved.units) {
        locals.within(Some(scope), |v| v.stmt(stmt));
    }
    locals.found
}

impl<'f> Locals<'f> {
    fn within(&mut self, scope: Option<&'f FnScope>, look: impl FnOnce(&mut Self)) {
        self.frames.push(Frame { scope, declared: BTreeMap::new(), used: HashSet::new() });
        look(self);
        let Some(frame) = self.frames.pop() else { return };
        for (local, (name, span, what)) in frame.declared {
            let is_captured = frame.scope.and_then(|scope| scope.locals.get(local.0 as usize)).is_none_or(|local| local.captured);
            if is_captured || frame.used.contains(&local) || name.starts_with('_') {
                continue;
            }
            let help = match what {
                What::Variable => format!("remove it, or call it `_{name}` if it has to be there"),
                What::Definition => "remove it".to_owned(),
            };
            let diagnostic = Diagnostic::new(&codes::UNUSED_LOCAL, span, format!("`{name}` is never used"));
            self.found.push(diagnostic.label("nothing mentions it").help(help));
        }
    }

    fn scope_of(&self, id: NodeId) -> Option<&'f FnScope> {
        self.file.resolved.functions.get(id.0 as usize)?.as_deref()
    }

    fn local(&self, id: NodeId) -> Option<LocalId> {
        match self.file.resolved.names.get(id.0 as usize) {
            Some(Res::Local(local)) => Some(*local),
            _ => None,
        }
    }

    fn mention(&mut self, id: NodeId) {
        let local = self.local(id);
        if let Some(frame) = self.frames.last_mut() {
            frame.used.extend(local);
        }
    }

    fn declare(&mut self, id: NodeId, ident: &Ident, what: What) {
        let local = self.local(id);
        if let (Some(frame), Some(local)) = (self.frames.last_mut(), local) {
            frame.declared.insert(local, (ident.name.clone(), ident.span, what));
        }
    }
}

impl Visitor for Locals<'_> {
    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(decl) => bindings(&decl.pattern, &mut |id, ident| self.declare(id, ident, What::Variable)),
            StmtKind::Fn(decl) => self.declare(decl.id, &decl.name, What::Definition),
            StmtKind::Class(decl) => self.declare(decl.id, &decl.name, What::Definition),
            StmtKind::Enum(decl) => self.declare(decl.id, &decl.name, What::Definition),
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn func(&mut self, func: &Func) {
        let scope = self.scope_of(func.id);
        self.within(scope, |v| walk_func(v, func));
    }

    fn member(&mut self, member: &Member) {
        match &member.kind {
            MemberKind::Slot(SlotDecl { id, .. }) | MemberKind::Shared { id, .. } => {
                let scope = self.scope_of(*id);
                self.within(scope, |v| walk_member(v, member));
            }
            _ => walk_member(self, member),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Name(id, _) => self.mention(*id),
            _ => walk_expr(self, expr),
        }
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Name(id, _) => self.mention(*id),
            _ => walk_target(self, target),
        }
    }
}
