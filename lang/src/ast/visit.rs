//! A walk over the tree for those who look at some kinds of node: each method may be replaced, and goes on with the parts of the node by
//! the `walk` function of the same name.

use super::walk::with_stack;
use super::*;

/// Looks at nodes.
pub trait Visitor {
    /// A statement.
    fn stmt(&mut self, stmt: &Stmt) {
        walk_stmt(self, stmt);
    }
    /// The statements of a block.
    fn block(&mut self, block: &Block) {
        walk_stmts(self, &block.stmts);
    }
    /// A function of any form.
    fn func(&mut self, func: &Func) {
        walk_func(self, func);
    }
    /// A member of a class, enum or `extend`.
    fn member(&mut self, member: &Member) {
        walk_member(self, member);
    }
    /// An expression.
    fn expr(&mut self, expr: &Expr) {
        walk_expr(self, expr);
    }
    /// What is assigned to.
    fn target(&mut self, target: &Target) {
        walk_target(self, target);
    }
    /// A pattern.
    fn pattern(&mut self, pattern: &Pattern) {
        walk_pattern(self, pattern);
    }
}

/// Statements in order.
pub fn walk_stmts<V: Visitor + ?Sized>(v: &mut V, stmts: &[Stmt]) {
    stmts.iter().for_each(|stmt| v.stmt(stmt));
}

fn walk_exprs<'e, V: Visitor + ?Sized>(v: &mut V, exprs: impl IntoIterator<Item = &'e Expr>) {
    exprs.into_iter().for_each(|expr| v.expr(expr));
}

/// The parts of a statement.
pub fn walk_stmt<V: Visitor + ?Sized>(v: &mut V, stmt: &Stmt) {
    with_stack(|| match &stmt.kind {
        StmtKind::Expr(expr) => v.expr(expr),
        StmtKind::Let(decl) => {
            v.pattern(&decl.pattern);
            walk_exprs(v, &decl.value);
        }
        StmtKind::Assign(assign) => {
            v.target(&assign.target);
            v.expr(&assign.value);
        }
        StmtKind::Fn(decl) => walk_fn(v, decl),
        StmtKind::Class(decl) => {
            walk_decorators(v, &decl.decorators);
            walk_exprs(v, &decl.bases);
            decl.members.iter().for_each(|member| v.member(member));
        }
        StmtKind::Enum(decl) => {
            walk_decorators(v, &decl.decorators);
            decl.members.iter().for_each(|member| v.member(member));
        }
        StmtKind::Extend(decl) => {
            v.expr(&decl.target);
            decl.members.iter().for_each(|member| v.member(member));
        }
        StmtKind::Test(test) => v.func(&test.func),
        StmtKind::Assert(condition, message) => {
            v.expr(condition);
            walk_exprs(v, message);
        }
        StmtKind::Import(_) | StmtKind::Error => {}
    });
}

fn walk_decorators<V: Visitor + ?Sized>(v: &mut V, decorators: &[Decorator]) {
    decorators.iter().for_each(|decorator| v.expr(&decorator.expr));
}

fn walk_fn<V: Visitor + ?Sized>(v: &mut V, decl: &FnDecl) {
    walk_decorators(v, &decl.decorators);
    v.func(&decl.func);
}

/// Parameters and body of a function.
pub fn walk_func<V: Visitor + ?Sized>(v: &mut V, func: &Func) {
    for param in &func.params {
        v.pattern(&param.pattern);
        walk_exprs(v, &param.default);
    }
    v.block(&func.body);
}

/// The parts of a member.
pub fn walk_member<V: Visitor + ?Sized>(v: &mut V, member: &Member) {
    match &member.kind {
        MemberKind::Slot(slot) => walk_exprs(v, &slot.default),
        MemberKind::Shared { value, .. } => walk_exprs(v, value),
        MemberKind::Method(decl) | MemberKind::Static(decl) | MemberKind::Getter(decl) | MemberKind::Setter(decl) => {
            walk_fn(v, decl);
        }
        MemberKind::Migrate { func, .. } => v.func(func),
    }
}

/// The parts of what is assigned to.
pub fn walk_target<V: Visitor + ?Sized>(v: &mut V, target: &Target) {
    with_stack(|| match target {
        Target::Name(..) | Target::Error(_) => {}
        Target::Member(object, _) => v.expr(object),
        Target::Index(object, index, _) => {
            v.expr(object);
            v.expr(index);
        }
        Target::Tuple(items, _) | Target::List(items, _) => {
            for TargetItem::One(target) | TargetItem::Rest(target) in items {
                v.target(target);
            }
        }
    });
}

/// The parts of an expression.
pub fn walk_expr<V: Visitor + ?Sized>(v: &mut V, expr: &Expr) {
    with_stack(|| walk_expr_here(v, expr));
}

fn walk_expr_here<V: Visitor + ?Sized>(v: &mut V, expr: &Expr) {
    match &*expr.kind {
        ExprKind::Interp(parts) => {
            for part in parts {
                if let InterpPart::Expr(expr, _) = part {
                    v.expr(expr);
                }
            }
        }
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            for Element::One(expr) | Element::Spread(expr) in items {
                v.expr(expr);
            }
        }
        ExprKind::Map(entries) => {
            for entry in entries {
                match entry {
                    MapElement::Pair(key, value) => walk_exprs(v, [key, value]),
                    MapElement::Spread(expr) => v.expr(expr),
                }
            }
        }
        ExprKind::Range { lo, hi, .. } => {
            walk_exprs(v, lo);
            walk_exprs(v, hi);
        }
        ExprKind::Index { object, index } => walk_exprs(v, [object, index]),
        ExprKind::Call { callee, args } => {
            v.expr(callee);
            for Arg::One(expr) | Arg::Named(_, expr) | Arg::Spread(expr) in args {
                v.expr(expr);
            }
        }
        ExprKind::Member { object: inner, .. } | ExprKind::OptChain(inner) | ExprKind::Unary(_, inner) | ExprKind::Throw(inner) => {
            v.expr(inner)
        }
        ExprKind::Binary(_, left, right) | ExprKind::Logical(_, left, right) => walk_exprs(v, [left, right]),
        ExprKind::Is { value, class: other, .. } | ExprKind::In { value, container: other, .. } => walk_exprs(v, [value, other]),
        ExprKind::Fn(func) => v.func(func),
        ExprKind::Do(block) => v.block(block),
        ExprKind::Return(value) | ExprKind::Yield(value) => walk_exprs(v, value),
        ExprKind::If { cond, then, otherwise } => {
            v.expr(cond);
            v.block(then);
            otherwise.iter().for_each(|block| v.block(block));
        }
        ExprKind::While { cond, body, .. } => {
            v.expr(cond);
            v.block(body);
        }
        ExprKind::For { pattern, iter, body, .. } => {
            v.pattern(pattern);
            v.expr(iter);
            v.block(body);
        }
        ExprKind::Match { value, arms } => {
            v.expr(value);
            for arm in arms {
                v.pattern(&arm.pattern);
                walk_exprs(v, &arm.guard);
                v.block(&arm.body);
            }
        }
        ExprKind::Try { body, catches, finally } => {
            v.block(body);
            for catch in catches {
                walk_exprs(v, &catch.classes);
                v.block(&catch.body);
            }
            finally.iter().for_each(|block| v.block(block));
        }
        ExprKind::Nil
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::BigInt(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_)
        | ExprKind::Name(..)
        | ExprKind::SelfRef(_)
        | ExprKind::Super(..)
        | ExprKind::Break(_)
        | ExprKind::Continue(_)
        | ExprKind::Error => {}
    }
}

/// The parts of a pattern.
pub fn walk_pattern<V: Visitor + ?Sized>(v: &mut V, pattern: &Pattern) {
    with_stack(|| match &*pattern.kind {
        PatternKind::BindIs(_, _, expr) | PatternKind::Is(expr) | PatternKind::Value(expr) => v.expr(expr),
        PatternKind::Range { lo, hi, .. } => {
            walk_exprs(v, lo);
            walk_exprs(v, hi);
        }
        PatternKind::Tuple(items) | PatternKind::List(items) => {
            for item in items {
                if let PatternItem::One(pattern) = item {
                    v.pattern(pattern);
                }
            }
        }
        PatternKind::Map(items) => {
            for item in items {
                if let MapPatternItem::Pair(key, pattern) = item {
                    v.expr(key);
                    v.pattern(pattern);
                }
            }
        }
        PatternKind::Class { class, slots } => {
            v.expr(class);
            slots.iter().for_each(|slot| v.pattern(&slot.pattern));
        }
        PatternKind::Or(alternatives) => alternatives.iter().for_each(|pattern| v.pattern(pattern)),
        PatternKind::Wildcard | PatternKind::Bind(..) | PatternKind::Error => {}
    });
}
