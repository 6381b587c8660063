//! Where in a file plain variables are assigned, by position in the text.
//!
//! An operand may stay in its local's own register only if nothing that is evaluated between reading and using it assigns the local:
//! `x + (do { x = 2; x })` has to copy. One walk over the file collects the places; a query looks at those inside a span. Only
//! assignments count: a declaration makes another variable, and what an inner function assigns lives in a box.

use lang::ast::*;
use lang::source::Span;

/// Assigned names of a file, sorted by position.
pub(super) struct Assigned(Vec<(u32, NodeId)>);

impl Assigned {
    /// Collects the assignments of a file.
    pub(super) fn of(file: &File) -> Self {
        let mut walk = Walk(Vec::new());
        walk.stmts(&file.stmts);
        walk.0.sort_unstable();
        Self(walk.0)
    }

    /// The names assigned inside `span`.
    pub(super) fn inside(&self, span: Span) -> impl Iterator<Item = NodeId> + '_ {
        let from = self.0.partition_point(|(at, _)| *at < span.lo);
        self.0[from..].iter().take_while(move |(at, _)| *at < span.hi).map(|(_, id)| *id)
    }
}

struct Walk(Vec<(u32, NodeId)>);

impl Walk {
    fn stmts(&mut self, stmts: &[Stmt]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn block(&mut self, block: &Block) {
        self.stmts(&block.stmts);
    }

    fn maybe(&mut self, expr: Option<&Expr>) {
        expr.into_iter().for_each(|expr| self.expr(expr));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Let(decl) => {
                self.pattern(&decl.pattern);
                self.maybe(decl.value.as_ref());
            }
            StmtKind::Assign(assign) => {
                self.target(&assign.target);
                self.expr(&assign.value);
            }
            StmtKind::Fn(decl) => self.decl(decl),
            StmtKind::Class(decl) => {
                decl.bases.iter().for_each(|base| self.expr(base));
                decl.decorators.iter().for_each(|decorator| self.expr(&decorator.expr));
                self.members(&decl.members);
            }
            StmtKind::Enum(decl) => {
                decl.decorators.iter().for_each(|decorator| self.expr(&decorator.expr));
                self.members(&decl.members);
            }
            StmtKind::Extend(decl) => {
                self.expr(&decl.target);
                self.members(&decl.members);
            }
            StmtKind::Test(decl) => self.func(&decl.func),
            StmtKind::Assert(condition, message) => {
                self.expr(condition);
                self.maybe(message.as_ref());
            }
            StmtKind::Import(_) | StmtKind::Error => {}
        }
    }

    fn decl(&mut self, decl: &FnDecl) {
        decl.decorators.iter().for_each(|decorator| self.expr(&decorator.expr));
        self.func(&decl.func);
    }

    fn func(&mut self, func: &Func) {
        for param in &func.params {
            self.pattern(&param.pattern);
            self.maybe(param.default.as_ref());
        }
        self.block(&func.body);
    }

    fn members(&mut self, members: &[Member]) {
        for member in members {
            match &member.kind {
                MemberKind::Slot(slot) => self.maybe(slot.default.as_ref()),
                MemberKind::Shared { value, .. } => self.maybe(value.as_ref()),
                MemberKind::Method(decl) | MemberKind::Static(decl) | MemberKind::Getter(decl) | MemberKind::Setter(decl) => {
                    self.decl(decl)
                }
                MemberKind::Migrate { func, .. } => self.func(func),
            }
        }
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Name(id, name) => self.0.push((name.span.lo, *id)),
            Target::Member(object, _) => self.expr(object),
            Target::Index(object, index, _) => {
                self.expr(object);
                self.expr(index);
            }
            Target::Tuple(items, _) | Target::List(items, _) => {
                for TargetItem::One(inner) | TargetItem::Rest(inner) in items {
                    self.target(inner);
                }
            }
            Target::Error(_) => {}
        }
    }

    fn expr(&mut self, expr: &Expr) {
        super::with_stack(|| self.expr_kind(&expr.kind));
    }

    fn expr_kind(&mut self, kind: &ExprKind) {
        match kind {
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
            ExprKind::Interp(parts) => {
                for part in parts {
                    if let InterpPart::Expr(expr, _) = part {
                        self.expr(expr);
                    }
                }
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                for Element::One(item) | Element::Spread(item) in items {
                    self.expr(item);
                }
            }
            ExprKind::Map(items) => {
                for item in items {
                    match item {
                        MapElement::Pair(key, value) => {
                            self.expr(key);
                            self.expr(value);
                        }
                        MapElement::Spread(map) => self.expr(map),
                    }
                }
            }
            ExprKind::Range { lo, hi, .. } => {
                self.maybe(lo.as_ref());
                self.maybe(hi.as_ref());
            }
            ExprKind::Member { object, .. } => self.expr(object),
            ExprKind::Index { object, index } => {
                self.expr(object);
                self.expr(index);
            }
            ExprKind::Call { callee, args } => {
                self.expr(callee);
                for Arg::One(arg) | Arg::Named(_, arg) | Arg::Spread(arg) in args {
                    self.expr(arg);
                }
            }
            ExprKind::OptChain(inner) | ExprKind::Unary(_, inner) | ExprKind::Throw(inner) => self.expr(inner),
            ExprKind::Binary(_, left, right)
            | ExprKind::Logical(_, left, right)
            | ExprKind::Is { value: left, class: right, .. }
            | ExprKind::In { value: left, container: right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Fn(func) => self.func(func),
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
                    self.maybe(arm.guard.as_ref());
                    self.block(&arm.body);
                }
            }
            ExprKind::Try { body, catches, finally } => {
                self.block(body);
                for catch in catches {
                    catch.classes.iter().for_each(|class| self.expr(class));
                    self.block(&catch.body);
                }
                finally.iter().for_each(|block| self.block(block));
            }
            ExprKind::Do(block) => self.block(block),
            ExprKind::Return(value) | ExprKind::Yield(value) => self.maybe(value.as_ref()),
        }
    }

    /// Patterns contain expressions: classes, and values to compare with.
    fn pattern(&mut self, pattern: &Pattern) {
        match &*pattern.kind {
            PatternKind::Wildcard | PatternKind::Bind(..) | PatternKind::Error => {}
            PatternKind::BindIs(_, _, expr) | PatternKind::Is(expr) | PatternKind::Value(expr) => self.expr(expr),
            PatternKind::Range { lo, hi, .. } => {
                self.maybe(lo.as_ref());
                self.maybe(hi.as_ref());
            }
            PatternKind::Tuple(items) | PatternKind::List(items) => {
                for item in items {
                    if let PatternItem::One(inner) = item {
                        self.pattern(inner);
                    }
                }
            }
            PatternKind::Map(items) => {
                for item in items {
                    if let MapPatternItem::Pair(key, inner) = item {
                        self.expr(key);
                        self.pattern(inner);
                    }
                }
            }
            PatternKind::Class { class, slots } => {
                self.expr(class);
                slots.iter().for_each(|slot| self.pattern(&slot.pattern));
            }
            PatternKind::Or(alternatives) => alternatives.iter().for_each(|inner| self.pattern(inner)),
        }
    }
}
