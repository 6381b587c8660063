//! What a statement mentions: names that are found when they are reached, and imports of the file.

use crate::ast::walk::with_stack;
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

    fn stmts(&mut self, stmts: &[Stmt]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        with_stack(|| match &stmt.kind {
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Let(decl) => {
                self.pattern(&decl.pattern);
                self.exprs(&decl.value);
            }
            StmtKind::Assign(assign) => {
                self.target(&assign.target);
                self.expr(&assign.value);
            }
            StmtKind::Fn(decl) => self.fn_decl(decl),
            StmtKind::Class(decl) => {
                self.decorators(&decl.decorators);
                self.exprs(&decl.bases);
                self.members(&decl.members);
            }
            StmtKind::Enum(decl) => {
                self.decorators(&decl.decorators);
                self.members(&decl.members);
            }
            StmtKind::Extend(decl) => {
                self.expr(&decl.target);
                self.members(&decl.members);
            }
            StmtKind::Test(test) => self.func(&test.func),
            StmtKind::Assert(condition, message) => {
                self.expr(condition);
                self.exprs(message);
            }
            StmtKind::Import(_) | StmtKind::Error => {}
        });
    }

    fn target(&mut self, target: &Target) {
        with_stack(|| match target {
            Target::Name(id, _) => {
                self.mention(*id, None);
                if let Some(Res::Name(name)) = self.resolved.names.get(id.0 as usize) {
                    self.assigned.insert(name.clone());
                }
            }
            Target::Member(object, name) => self.member_access(object, &name.name),
            Target::Index(object, index, _) => {
                self.expr(object);
                self.expr(index);
            }
            Target::Tuple(items, _) | Target::List(items, _) => {
                for TargetItem::One(target) | TargetItem::Rest(target) in items {
                    self.target(target);
                }
            }
            Target::Error(_) => {}
        });
    }

    fn member_access(&mut self, object: &Expr, name: &Name) {
        match &*object.kind {
            ExprKind::Name(id, _) => self.mention(*id, Some(name)),
            _ => self.expr(object),
        }
    }

    // ── Definitions ────────────────────────────────────────────────────────────────────────────────────────────────

    fn decorators(&mut self, decorators: &[Decorator]) {
        decorators.iter().for_each(|decorator| self.expr(&decorator.expr));
    }

    fn fn_decl(&mut self, decl: &FnDecl) {
        self.decorators(&decl.decorators);
        self.func(&decl.func);
    }

    fn func(&mut self, func: &Func) {
        for param in &func.params {
            self.pattern(&param.pattern);
            self.exprs(&param.default);
        }
        self.stmts(&func.body.stmts);
    }

    fn members(&mut self, members: &[Member]) {
        for member in members {
            match &member.kind {
                MemberKind::Slot(slot) => self.exprs(&slot.default),
                MemberKind::Shared { value, .. } => self.exprs(value),
                MemberKind::Method(decl) | MemberKind::Static(decl) | MemberKind::Getter(decl) | MemberKind::Setter(decl) => {
                    self.fn_decl(decl);
                }
                MemberKind::Migrate { func, .. } => self.func(func),
            }
        }
    }

    // ── Expressions ────────────────────────────────────────────────────────────────────────────────────────────────

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn block(&mut self, block: &Block) {
        self.stmts(&block.stmts);
    }

    fn expr(&mut self, expr: &Expr) {
        with_stack(|| self.expr_here(expr));
    }

    fn expr_here(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Name(id, _) => self.mention(*id, None),
            ExprKind::Interp(parts) => {
                for part in parts {
                    if let InterpPart::Expr(expr, _) = part {
                        self.expr(expr);
                    }
                }
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                for Element::One(expr) | Element::Spread(expr) in items {
                    self.expr(expr);
                }
            }
            ExprKind::Map(entries) => {
                for entry in entries {
                    match entry {
                        MapElement::Pair(key, value) => self.exprs([key, value]),
                        MapElement::Spread(expr) => self.expr(expr),
                    }
                }
            }
            ExprKind::Range { lo, hi, .. } => {
                self.exprs(lo);
                self.exprs(hi);
            }
            ExprKind::Member { object, name, .. } => self.member_access(object, &name.name),
            ExprKind::Index { object, index } => self.exprs([object, index]),
            ExprKind::Call { callee, args } => {
                self.expr(callee);
                for Arg::One(expr) | Arg::Named(_, expr) | Arg::Spread(expr) in args {
                    self.expr(expr);
                }
            }
            ExprKind::OptChain(inner) | ExprKind::Unary(_, inner) | ExprKind::Throw(inner) => self.expr(inner),
            ExprKind::Binary(_, left, right) | ExprKind::Logical(_, left, right) => self.exprs([left, right]),
            ExprKind::Is { value, class: other, .. } | ExprKind::In { value, container: other, .. } => self.exprs([value, other]),
            ExprKind::Fn(func) => self.func(func),
            ExprKind::Do(block) => self.block(block),
            ExprKind::Return(value) | ExprKind::Yield(value) => self.exprs(value),
            ExprKind::If { cond, then, otherwise } => {
                self.expr(cond);
                self.block(then);
                otherwise.iter().for_each(|block| self.block(block));
            }
            ExprKind::While { cond, body, .. } => {
                self.expr(cond);
                self.block(body);
            }
            ExprKind::For { pattern, iter, body, .. } => {
                self.pattern(pattern);
                self.expr(iter);
                self.block(body);
            }
            ExprKind::Match { value, arms } => {
                self.expr(value);
                for arm in arms {
                    self.pattern(&arm.pattern);
                    self.exprs(&arm.guard);
                    self.block(&arm.body);
                }
            }
            ExprKind::Try { body, catches, finally } => {
                self.block(body);
                for catch in catches {
                    self.exprs(&catch.classes);
                    self.block(&catch.body);
                }
                finally.iter().for_each(|block| self.block(block));
            }
            ExprKind::Nil
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::BigInt(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::SelfRef(_)
            | ExprKind::Super(..)
            | ExprKind::Break(_)
            | ExprKind::Continue(_)
            | ExprKind::Error => {}
        }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        with_stack(|| match &*pattern.kind {
            PatternKind::BindIs(_, _, expr) | PatternKind::Is(expr) | PatternKind::Value(expr) => self.expr(expr),
            PatternKind::Range { lo, hi, .. } => {
                self.exprs(lo);
                self.exprs(hi);
            }
            PatternKind::Tuple(items) | PatternKind::List(items) => {
                for item in items {
                    if let PatternItem::One(pattern) = item {
                        self.pattern(pattern);
                    }
                }
            }
            PatternKind::Map(items) => {
                for item in items {
                    if let MapPatternItem::Pair(key, pattern) = item {
                        self.expr(key);
                        self.pattern(pattern);
                    }
                }
            }
            PatternKind::Class { class, slots } => {
                self.expr(class);
                slots.iter().for_each(|slot| self.pattern(&slot.pattern));
            }
            PatternKind::Or(alternatives) => alternatives.iter().for_each(|pattern| self.pattern(pattern)),
            PatternKind::Wildcard | PatternKind::Bind(..) | PatternKind::Error => {}
        });
    }
}
