//! Where functions without name stand in the code around them, as the text names it: the variable or slot that is bound, literal keys of maps, names
//! of arguments. `let handlers = {save: || …}` has one at `handlers["save"]`. Versions of a function are matched by these places.

use lang::ast::visit::{Visitor, walk_expr, walk_func, walk_member, walk_stmt, walk_stmts};
use lang::ast::*;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Places of functions, those that have one.
#[derive(Default)]
pub(super) struct Places {
    of: FxHashMap<NodeId, Arc<str>>,
    /// The place that is being looked at.
    here: String,
}

impl Places {
    /// Collects the places of a file.
    pub(super) fn of(file: &File) -> Self {
        let mut places = Self::default();
        walk_stmts(&mut places, &file.stmts);
        places
    }

    /// The place of a function.
    pub(super) fn place(&self, func: NodeId) -> Option<Arc<str>> {
        self.of.get(&func).cloned()
    }

    /// Looks at what stands at a place inside this one.
    fn at(&mut self, step: &str, look: impl FnOnce(&mut Self)) {
        let length = self.here.len();
        self.here.push_str(step);
        look(self);
        self.here.truncate(length);
    }
}

impl Visitor for Places {
    fn stmt(&mut self, stmt: &Stmt) {
        // The value of a branch is the value of what is around it.
        if let StmtKind::Expr(expr) = &stmt.kind {
            return self.expr(expr);
        }
        // What a statement inside an expression binds is no part of a place.
        let outer = std::mem::take(&mut self.here);
        match &stmt.kind {
            StmtKind::Let(LetDecl { pattern, value: Some(value), .. }) => match &*pattern.kind {
                PatternKind::Bind(_, name) => self.at(&name.name, |places| places.expr(value)),
                _ => walk_stmt(self, stmt),
            },
            StmtKind::Assign(assign) => match &assign.target {
                Target::Name(_, name) => self.at(&name.name, |places| places.expr(&assign.value)),
                _ => walk_stmt(self, stmt),
            },
            _ => walk_stmt(self, stmt),
        }
        self.here = outer;
    }

    fn member(&mut self, member: &Member) {
        match &member.kind {
            MemberKind::Slot(SlotDecl { name, default: Some(value), .. }) | MemberKind::Shared { name, value: Some(value), .. } => {
                let outer = std::mem::take(&mut self.here);
                self.at(&name.name, |places| places.expr(value));
                self.here = outer;
            }
            _ => walk_member(self, member),
        }
    }

    fn func(&mut self, func: &Func) {
        if !self.here.is_empty() {
            self.of.insert(func.id, self.here.as_str().into());
        }
        let outer = std::mem::take(&mut self.here);
        walk_func(self, func);
        self.here = outer;
    }

    fn expr(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Map(entries) => {
                for entry in entries {
                    match entry {
                        MapElement::Pair(key, value) => {
                            self.expr(key);
                            match super::expr::literal(key) {
                                Some(key) => self.at(&format!("[{key:?}]"), |places| places.expr(value)),
                                None => self.expr(value),
                            }
                        }
                        MapElement::Spread(expr) => self.expr(expr),
                    }
                }
            }
            ExprKind::Call { callee, args } => {
                self.expr(callee);
                for arg in args {
                    match arg {
                        Arg::Named(name, value) => self.at(&format!("[{}:]", name.name), |places| places.expr(value)),
                        Arg::One(value) | Arg::Spread(value) => self.expr(value),
                    }
                }
            }
            _ => walk_expr(self, expr),
        }
    }
}
