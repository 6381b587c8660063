//! The walk over statements and expressions.

use super::Res;
use super::patterns::Place;
use super::scope::{Access, FnKind, Item, Resolver};
use crate::ast::walk::with_stack;
use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use rustc_hash::FxHashMap;

impl Resolver<'_> {
    // ── Blocks and statements ──────────────────────────────────────────────────────────────────────────────────────

    /// A block with a scope of its own.
    pub(super) fn scoped_block(&mut self, block: &Block) {
        self.enter_block();
        for (i, stmt) in block.stmts.iter().enumerate() {
            let (id, name, late) = match &stmt.kind {
                StmtKind::Fn(decl) => (decl.id, &decl.name, !decl.decorators.is_empty()),
                StmtKind::Class(decl) => (decl.id, &decl.name, true),
                StmtKind::Enum(decl) => (decl.id, &decl.name, true),
                _ => continue,
            };
            let local = self.declare_hoisted(name, i, late);
            self.set_res(id, Res::Local(local));
        }
        for (i, stmt) in block.stmts.iter().enumerate() {
            self.set_item(Item::Stmt(i));
            self.inner_stmt(stmt, i);
        }
        self.leave_block();
    }

    /// Statement `index` of the innermost block.
    pub(super) fn inner_stmt(&mut self, stmt: &Stmt, index: usize) {
        with_stack(|| self.inner_stmt_here(stmt, index));
    }

    fn inner_stmt_here(&mut self, stmt: &Stmt, index: usize) {
        match &stmt.kind {
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Let(decl) => self.local_let(decl, stmt.span),
            StmtKind::Assign(assign) => {
                self.target(&assign.target);
                self.expr(&assign.value);
            }
            StmtKind::Fn(decl) => {
                self.check_was(decl.was.as_ref());
                self.decorators(&decl.decorators);
                let before = self.hoist_at(index).map(|hoist| self.set_item(Item::Hoist(hoist)));
                self.func(&decl.func, None);
                if let Some(before) = before {
                    self.set_item(before);
                }
            }
            StmtKind::Class(decl) => {
                self.check_was(decl.was.as_ref());
                self.decorators(&decl.decorators);
                decl.bases.iter().for_each(|base| self.expr(base));
                let hoist = self.hoist_at(index);
                self.members(&[], &decl.members, hoist);
            }
            StmtKind::Enum(decl) => {
                self.check_was(decl.was.as_ref());
                self.decorators(&decl.decorators);
                let hoist = self.hoist_at(index);
                self.members(&decl.variants, &decl.members, hoist);
            }
            StmtKind::Extend(decl) => {
                self.expr(&decl.target);
                self.members(&[], &decl.members, None);
            }
            StmtKind::Import(_) => self.not_top_level("an import", stmt.span, "move it to the top of the file"),
            StmtKind::Test(test) => {
                self.not_top_level("a `test`", stmt.span, "move it out of the block");
                self.func(&test.func, None);
            }
            StmtKind::Assert(condition, message) => {
                self.expr(condition);
                message.iter().for_each(|message| self.expr(message));
            }
            StmtKind::Error => {}
        }
    }

    fn not_top_level(&mut self, what: &str, span: Span, help: &str) {
        self.diagnostics.push(
            Diagnostic::new(&codes::NOT_TOP_LEVEL, span, format!("{what} may stand at top level only"))
                .label("inside a block")
                .help(help),
        );
    }

    /// `was` renames definitions and slots; a local has no history.
    fn check_was(&mut self, was: Option<&Ident>) {
        if let Some(was) = was {
            self.diagnostics.push(
                Diagnostic::new(&codes::WAS_PLACE, was.span, "`was` has no meaning inside a block")
                    .label("a local is not kept from one version to the next")
                    .help("remove it"),
            );
        }
    }

    fn local_let(&mut self, decl: &LetDecl, span: Span) {
        self.check_was(decl.was.as_ref());
        if decl.kind == LetKind::Once {
            self.not_top_level("`once`", span, "a block has nothing that survives a reload: use `let`");
        }
        let is_const = decl.kind == LetKind::Const;
        if let (PatternKind::Bind(id, ident), Some(value)) = (&*decl.pattern.kind, &decl.value)
            && matches!(*value.kind, ExprKind::Fn(_))
        {
            let local = self.declare_own(ident, is_const);
            self.set_res(*id, Res::Local(local));
            self.expr(value);
            self.own_is_set(ident);
            return;
        }
        decl.value.iter().for_each(|value| self.expr(value));
        self.pattern(&decl.pattern, if is_const { Place::LocalConst } else { Place::Local });
    }

    fn target(&mut self, target: &Target) {
        with_stack(|| match target {
            Target::Name(id, ident) => self.use_name(*id, &ident.name, ident.span, Access::Write),
            Target::Member(object, _) => self.expr(object),
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

    // ── Functions ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Any function; `self_span` for those that have a `self`.
    pub(super) fn func(&mut self, func: &Func, self_span: Option<Span>) {
        self.push_function(FnKind::Function);
        if let Some(span) = self_span {
            self.declare_self(span);
        }
        self.params(&func.params);
        self.scoped_block(&func.body);
        self.pop_function_of(func.id);
    }

    fn params(&mut self, params: &[Param]) {
        self.check_params(params);
        let locals: Vec<_> = params
            .iter()
            .map(|param| match &*param.pattern.kind {
                PatternKind::Bind(_, ident) => self.new_local(ident.name.clone(), ident.span, false),
                _ => self.new_local(Name::new(""), param.pattern.span, false),
            })
            .collect();
        for (param, local) in params.iter().zip(locals) {
            param.default.iter().for_each(|default| self.expr(default));
            match &*param.pattern.kind {
                PatternKind::Bind(id, ident) => {
                    self.set_res(*id, Res::Local(local));
                    self.make_visible(&ident.name, local);
                }
                _ => self.quietly_bind(&param.pattern),
            }
        }
    }

    /// The pattern of a parameter: names that are there twice are reported as parameters already.
    fn quietly_bind(&mut self, pattern: &Pattern) {
        let before = self.diagnostics.len();
        self.pattern(pattern, Place::Local);
        let mut at = 0;
        self.diagnostics.retain(|diagnostic| {
            at += 1;
            at <= before || diagnostic.code != &codes::DUPLICATE_LOCAL && diagnostic.code != &codes::BOUND_TWICE
        });
    }

    fn check_params(&mut self, params: &[Param]) {
        let errors = self.diagnostics.len();
        let names = self.param_names(params);
        self.diagnostics.truncate(errors);
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        for ident in &names {
            if let Some(first) = seen.insert(&ident.name, ident.span) {
                self.diagnostics.push(
                    Diagnostic::new(&codes::DUPLICATE_PARAMETER, ident.span, format!("two parameters are called `{}`", ident.name))
                        .label("the name again")
                        .note(first, "first used here")
                        .help("rename one of them, or write `_` for one that is not used"),
                );
            }
        }
    }

    // ── Expressions ────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn expr(&mut self, expr: &Expr) {
        // Most expressions are leaves: no need to look at the stack for them.
        match &*expr.kind {
            ExprKind::Name(id, name) => self.use_name(*id, name, expr.span, Access::Read),
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Str(_) | ExprKind::Nil | ExprKind::Bool(_) => {}
            _ => with_stack(|| self.expr_here(expr)),
        }
    }

    fn opt_expr(&mut self, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn expr_here(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Nil
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::BigInt(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Error => {}
            ExprKind::Name(id, name) => self.use_name(*id, name, expr.span, Access::Read),
            ExprKind::SelfRef(id) => self.self_ref(*id, "self", expr.span),
            ExprKind::Super(id, _) => self.self_ref(*id, "super", expr.span),
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
                        MapElement::Pair(key, value) => {
                            self.expr(key);
                            self.expr(value);
                        }
                        MapElement::Spread(expr) => self.expr(expr),
                    }
                }
            }
            ExprKind::Range { lo, hi, .. } => {
                self.opt_expr(lo.as_ref());
                self.opt_expr(hi.as_ref());
            }
            ExprKind::Member { object, .. } => self.expr(object),
            ExprKind::Index { object, index } => {
                self.expr(object);
                self.expr(index);
            }
            ExprKind::Call { callee, args } => {
                self.expr(callee);
                for Arg::One(expr) | Arg::Named(_, expr) | Arg::Spread(expr) in args {
                    self.expr(expr);
                }
            }
            ExprKind::OptChain(inner) | ExprKind::Unary(_, inner) | ExprKind::Throw(inner) => self.expr(inner),
            ExprKind::Binary(_, left, right) | ExprKind::Logical(_, left, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Is { value, class: other, .. } | ExprKind::In { value, container: other, .. } => {
                self.expr(value);
                self.expr(other);
            }
            ExprKind::Fn(func) => self.func(func, None),
            ExprKind::Do(block) => self.scoped_block(block),
            ExprKind::Return(value) => {
                self.check_return(expr.span);
                self.opt_expr(value.as_ref());
            }
            ExprKind::Yield(value) => {
                self.check_yield(expr.span);
                self.opt_expr(value.as_ref());
            }
            ExprKind::Break(label) => self.check_jump("break", label.as_ref(), expr.span),
            ExprKind::Continue(label) => self.check_jump("continue", label.as_ref(), expr.span),
            ExprKind::If { .. } | ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Match { .. } | ExprKind::Try { .. } => {
                self.control(&expr.kind);
            }
        }
    }

    fn control(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::If { cond, then, otherwise } => {
                self.expr(cond);
                self.scoped_block(then);
                otherwise.iter().for_each(|block| self.scoped_block(block));
            }
            ExprKind::While { label, cond, body } => {
                self.expr(cond);
                self.loop_body(label.as_ref(), body);
            }
            ExprKind::For { label, pattern, iter, body } => {
                self.expr(iter);
                self.enter_block();
                self.pattern(pattern, Place::Local);
                self.loop_body(label.as_ref(), body);
                self.leave_block();
            }
            ExprKind::Match { value, arms } => {
                self.expr(value);
                self.check_arms(arms);
                for arm in arms {
                    self.enter_block();
                    self.pattern(&arm.pattern, Place::Local);
                    self.opt_expr(arm.guard.as_ref());
                    self.scoped_block(&arm.body);
                    self.leave_block();
                }
            }
            ExprKind::Try { body, catches, finally } => {
                self.scoped_block(body);
                for catch in catches {
                    self.enter_block();
                    catch.classes.iter().for_each(|class| self.expr(class));
                    if let Some((id, ident)) = &catch.binding {
                        let local = self.declare(ident, false);
                        self.set_res(*id, Res::Local(local));
                    }
                    self.scoped_block(&catch.body);
                    self.leave_block();
                }
                finally.iter().for_each(|block| self.scoped_block(block));
            }
            _ => {}
        }
    }

    fn loop_body(&mut self, label: Option<&Ident>, body: &Block) {
        self.function().has_loops = true;
        self.function().loops.push(label.map(|label| label.name.clone()));
        self.scoped_block(body);
        self.function().loops.pop();
    }

    // ── Places ─────────────────────────────────────────────────────────────────────────────────────────────────────

    fn self_ref(&mut self, id: NodeId, word: &str, span: Span) {
        if !self.use_self(id) {
            self.diagnostics.push(
                Diagnostic::new(&codes::SELF_OUTSIDE, span, format!("`{word}` outside a class"))
                    .label("no instance here")
                    .help("it has a meaning in methods, properties, static functions, slot defaults and `migrate`"),
            );
        }
    }

    fn check_return(&mut self, span: Span) {
        if self.function().kind != FnKind::Function {
            self.diagnostics.push(
                Diagnostic::new(&codes::RETURN_OUTSIDE, span, "`return` outside a function")
                    .label("nothing to return from")
                    .help("put the code into a function, such as `fn main() { … }`"),
            );
        }
    }

    fn check_yield(&mut self, span: Span) {
        if self.function().kind == FnKind::Unit {
            self.diagnostics.push(
                Diagnostic::new(&codes::YIELD_OUTSIDE, span, "`yield` outside a function")
                    .label("no fiber to suspend")
                    .help("put the code into a function and make a fiber of it: `fiber(f)`"),
            );
        }
        self.note_yield();
    }

    fn check_jump(&mut self, word: &str, label: Option<&Ident>, span: Span) {
        let loop_outside = self.stack.iter().rev().skip(1).any(|function| !function.loops.is_empty());
        let loops = &self.function().loops;
        if loops.is_empty() {
            let mut diagnostic =
                Diagnostic::new(&codes::OUTSIDE_LOOP, span, format!("`{word}` outside a loop")).label("no loop around");
            if loop_outside {
                diagnostic = diagnostic.help("a loop around the function does not count: leave the function with `return`");
            }
            self.diagnostics.push(diagnostic);
            return;
        }
        let Some(label) = label else { return };
        let known: Vec<String> = loops.iter().flatten().map(|name| format!("`{name}`")).collect();
        if !loops.iter().flatten().any(|name| *name == label.name) {
            let mut diagnostic =
                Diagnostic::new(&codes::UNKNOWN_LABEL, label.span, format!("no loop around is labelled `{}`", label.name))
                    .label("unknown label");
            diagnostic.help = Some(if known.is_empty() {
                format!("label the loop: `{}: while …`", label.name)
            } else {
                format!("the labels here are {}", known.join(", "))
            });
            self.diagnostics.push(diagnostic);
        }
    }
}
