//! Building statements, blocks and control flow; see [`super::build`].

use super::build::{Builder, High, Loop, path_span};
use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

impl Builder<'_> {
    // ── Blocks ─────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn block(&mut self, stmts: High<Vec<Stmt>>, lo: u32, hi: u32) -> High<Block> {
        self.check_signs(&stmts.node);
        stmts.map(|stmts| Block { stmts, span: Span { lo, hi } })
    }

    /// A body without braces.
    pub(crate) fn body_of(&mut self, stmt: High<Stmt>) -> High<Block> {
        let span = stmt.node.span;
        stmt.map(|stmt| Block { stmts: vec![stmt], span })
    }

    /// A line that begins with `-` after a statement that could have gone on, and whose value nobody uses.
    pub(super) fn check_signs(&mut self, stmts: &[Stmt]) {
        for stmt in stmts.iter().filter(|stmt| matches!(stmt.kind, StmtKind::Expr(_))) {
            let text = self.slice(stmt.span.lo, stmt.span.hi);
            if text.starts_with("--") {
                let diagnostic = Diagnostic::new(&codes::UNUSED_SIGN, stmt.span, "`--` negates twice, which changes nothing");
                self.report(diagnostic.label("without effect").help("a comment begins with `#`; to take away one write `x -= 1`"));
            }
        }
        for pair in stmts.windows(2).take(stmts.len().saturating_sub(2)) {
            let [before, stmt] = pair else { continue };
            let continuable = matches!(before.kind, StmtKind::Expr(_) | StmtKind::Let(_) | StmtKind::Assign(_));
            let text = self.slice(stmt.span.lo, stmt.span.hi);
            if continuable && matches!(stmt.kind, StmtKind::Expr(_)) && text.starts_with('-') && !text.starts_with("--") {
                self.report(
                    Diagnostic::new(
                        &codes::UNUSED_SIGN,
                        stmt.span,
                        "the value of this line is unused: the statement before it has ended",
                    )
                    .label("a statement of its own")
                    .help("to continue the line above, end it with the `-`"),
                );
            }
        }
    }

    // ── Simple statements ──────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn expr_stmt(&mut self, expr: Expr) -> High<Stmt> {
        let (span, height) = (expr.span, expr.height);
        High::new(Stmt { kind: StmtKind::Expr(expr), span }, height)
    }

    pub(crate) fn assign(&mut self, target: Expr, op: Option<AssignOp>, value: Expr) -> High<Stmt> {
        let (span, below) = (target.span.to(value.span), target.height.max(value.height));
        if op.is_some() && matches!(*target.kind, ExprKind::Tuple(_) | ExprKind::List(_)) {
            self.report(
                Diagnostic::new(&codes::NOT_ASSIGNABLE, target.span, "an operator with `=` needs one target")
                    .label("several targets")
                    .help("assign to each of them on its own"),
            );
        }
        let target = self.target(target);
        self.stmt(StmtKind::Assign(Box::new(Assign { target, op, value })), span, below)
    }

    /// The left side of an assignment. Its depth is bounded like that of every expression.
    fn target(&mut self, expr: Expr) -> Target {
        crate::ast::walk::with_stack(|| self.target_here(expr))
    }

    fn target_here(&mut self, expr: Expr) -> Target {
        let span = expr.span;
        match *expr.kind {
            ExprKind::Name(id, name) => Target::Name(id, Ident { name, span }),
            ExprKind::Member { object, name, optional: false } => Target::Member(Box::new(object), name),
            ExprKind::Index { object, index } => Target::Index(Box::new(object), Box::new(index), span),
            ExprKind::Tuple(items) => Target::Tuple(self.target_items(items), span),
            ExprKind::List(items) => Target::List(self.target_items(items), span),
            ExprKind::Error => Target::Error(span),
            other => {
                self.not_assignable(&other, span);
                Target::Error(span)
            }
        }
    }

    fn target_items(&mut self, items: Vec<Element>) -> Vec<TargetItem> {
        let last = items.len().saturating_sub(1);
        let mut out = Vec::with_capacity(items.len());
        for (i, item) in items.into_iter().enumerate() {
            out.push(match item {
                Element::One(expr) => TargetItem::One(self.target(expr)),
                Element::Spread(expr) => {
                    if i != last {
                        self.rest_not_last(expr.span);
                    }
                    TargetItem::Rest(self.target(expr))
                }
            });
        }
        out
    }

    pub(super) fn rest_not_last(&mut self, span: Span) {
        self.report(
            Diagnostic::new(&codes::REST_NOT_LAST, span, "`...` takes what is left, so nothing can follow it")
                .label("not last")
                .help("put the rest last"),
        );
    }

    fn not_assignable(&mut self, kind: &ExprKind, span: Span) {
        if let ExprKind::Call { callee, .. } = kind
            && let ExprKind::Name(_, name) = &*callee.kind
            && &**name == "once"
        {
            self.report(
                Diagnostic::new(&codes::ONCE_PATTERN, span, "`once` binds one name")
                    .label("reads as a call of `once`")
                    .help("keep the value under one name, and take it apart with `let`: `once pair = f()`, `let (a, b) = pair`"),
            );
            return;
        }
        let (what, help) = match kind {
            ExprKind::Call { .. } => ("the result of a call", "assign to a name, `object.name` or `object[index]`"),
            ExprKind::OptChain(_) => ("what `?.` reaches", "check for nil first: `if x != nil { x.name = … }`"),
            ExprKind::Map(_) => ("a map", "to take a map apart write `let {name, age} = …`"),
            ExprKind::Binary(BinaryOp::Eq, ..) => ("a comparison", "`==` compares, `=` assigns"),
            ExprKind::SelfRef(_) => ("`self`", "assign to its slots: `self.name = …`"),
            ExprKind::Super(..) => ("a method of a base", "define the method in this class"),
            ExprKind::Str(_) | ExprKind::Interp(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::BigInt(_) => {
                ("a literal", "assign to a name, `object.name` or `object[index]`")
            }
            ExprKind::Nil | ExprKind::Bool(_) => ("a constant of the language", "assign to a name"),
            _ => ("this expression", "assign to a name, `object.name` or `object[index]`"),
        };
        self.report(
            Diagnostic::new(&codes::NOT_ASSIGNABLE, span, format!("{what} cannot be assigned to"))
                .label("not assignable")
                .help(help),
        );
    }

    pub(crate) fn assert_stmt(&mut self, condition: Expr, message: Option<Expr>, lo: u32, hi: u32) -> High<Stmt> {
        if matches!(*condition.kind, ExprKind::Tuple(_)) {
            self.report(
                Diagnostic::new(&codes::ASSERT_TUPLE, condition.span, "this assertion always holds: a tuple is true")
                    .label("a tuple")
                    .help("write the message behind the condition, without brackets: `assert x > 0, \"message\"`"),
            );
        }
        let below = message.as_ref().map_or(0, |m| m.height).max(condition.height);
        self.stmt(StmtKind::Assert(condition, message), Span { lo, hi }, below)
    }

    // ── Imports and namespace ──────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn import_file(&mut self, lo: u32, hi: u32) -> ImportPath {
        ImportPath::File(self.string_text(lo, hi), Span { lo, hi })
    }

    pub(crate) fn import_native(&mut self, lo: u32, hi: u32) -> ImportPath {
        ImportPath::Native(self.string_text(lo, hi), Span { lo, hi })
    }

    pub(crate) fn import_stmt(&mut self, from: ImportPath, what: ImportWhat, lo: u32, hi: u32) -> High<Stmt> {
        self.stmt(StmtKind::Import(Import { from, what }), Span { lo, hi }, 0)
    }

    /// `namespace a.b`: kept beside the statements; the error node it leaves is dropped by the driver.
    pub(crate) fn namespace_stmt(&mut self, path: Vec<Ident>, lo: u32, hi: u32) -> High<Stmt> {
        if self.namespace_at == Some(lo) {
            self.namespace = Some(path);
        } else {
            let mut diagnostic =
                Diagnostic::new(&codes::NAMESPACE_PLACE, Span { lo, hi }, "`namespace` must be the first statement of its file")
                    .label("too late")
                    .help("move it to the first line");
            if let Some(first) = &self.namespace {
                diagnostic = diagnostic.note(path_span(first), "the namespace of this file");
            }
            self.report(diagnostic);
        }
        self.stmt(StmtKind::Error, Span { lo, hi }, 0)
    }

    // ── Control flow ───────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn labelled(&mut self, label: Ident, parts: Loop, lo: u32, at: u32, hi: u32) -> High<Stmt> {
        let mut expr = self.loop_expr(Some(label), parts, at, hi);
        expr.span.lo = lo;
        self.expr_stmt(expr)
    }

    pub(crate) fn loop_expr(&mut self, label: Option<Ident>, parts: Loop, lo: u32, hi: u32) -> Expr {
        let span = Span { lo, hi };
        match parts {
            Loop::While(cond, body) => {
                let below = cond.height.max(body.height);
                self.expr(ExprKind::While { label, cond, body: body.node }, span, below)
            }
            Loop::For(pattern, iter, body) => {
                let below = pattern.height.max(iter.height).max(body.height);
                self.expr(ExprKind::For { label, pattern: pattern.node, iter, body: body.node }, span, below)
            }
        }
    }

    pub(crate) fn if_expr(&mut self, cond: Expr, then: High<Block>, otherwise: Option<High<Block>>, lo: u32, hi: u32) -> Expr {
        let below = cond.height.max(then.height).max(otherwise.as_ref().map_or(0, |block| block.height));
        let otherwise = otherwise.map(|block| block.node);
        self.expr(ExprKind::If { cond, then: then.node, otherwise }, Span { lo, hi }, below)
    }

    pub(crate) fn else_if(&mut self, cond: Expr, then: High<Block>, otherwise: Expr, lo: u32, hi: u32) -> Expr {
        let stmt = self.expr_stmt(otherwise);
        let block = self.body_of(stmt);
        self.if_expr(cond, then, Some(block), lo, hi)
    }

    pub(crate) fn match_expr(&mut self, value: Expr, arms: Vec<High<Option<Arm>>>, lo: u32, hi: u32) -> Expr {
        let arms = High::join(arms);
        let below = value.height.max(arms.height);
        let arms = arms.node.into_iter().flatten().collect();
        self.expr(ExprKind::Match { value, arms }, Span { lo, hi }, below)
    }

    pub(crate) fn arm(
        &mut self,
        pattern: High<Pattern>,
        guard: Option<Expr>,
        body: High<Block>,
        lo: u32,
        hi: u32,
    ) -> High<Option<Arm>> {
        let height = pattern.height.max(body.height).max(guard.as_ref().map_or(0, |guard| guard.height));
        High::new(Some(Arm { pattern: pattern.node, guard, body: body.node, span: Span { lo, hi } }), height)
    }

    pub(crate) fn try_expr(
        &mut self,
        body: High<Block>,
        catches: Vec<High<Catch>>,
        finally: Option<High<Block>>,
        lo: u32,
        try_hi: u32,
        hi: u32,
    ) -> Expr {
        if catches.is_empty() && finally.is_none() {
            self.report(
                Diagnostic::new(&codes::LONELY_TRY, Span { lo, hi: try_hi }, "`try` needs a `catch` or a `finally`")
                    .label("handles nothing")
                    .help("add `catch e { … }` or `finally { … }`"),
            );
        }
        let catches = High::join(catches);
        let below = body.height.max(catches.height).max(finally.as_ref().map_or(0, |block| block.height));
        let finally = finally.map(|block| block.node);
        self.expr(ExprKind::Try { body: body.node, catches: catches.node, finally }, Span { lo, hi }, below)
    }

    pub(crate) fn catch(
        &mut self,
        name: Option<Ident>,
        classes: Option<Vec<Expr>>,
        body: High<Block>,
        lo: u32,
        hi: u32,
    ) -> High<Catch> {
        if let (Some(name), None) = (&name, &classes)
            && names_class(&name.name)
        {
            self.report(
                Diagnostic::new(
                    &codes::CATCH_CLASS,
                    name.span,
                    format!("`catch {0}` would catch every error and call it `{0}`", name.name),
                )
                .label("a name for the error, not its class")
                .help(format!("to catch errors of a class write `catch e is {}`; `catch e` catches all", name.name)),
            );
        }
        let binding = name.map(|name| (self.id(), name));
        let classes = classes.unwrap_or_default();
        let height = classes.iter().map(|class| class.height).max().unwrap_or(0).max(body.height);
        High::new(Catch { binding, classes, body: body.node, span: Span { lo, hi } }, height)
    }

    pub(crate) fn do_expr(&mut self, body: High<Block>, lo: u32, hi: u32) -> Expr {
        self.expr(ExprKind::Do(body.node), Span { lo, hi }, body.height)
    }
}

/// Whether a name is written like that of a class: `KeyError`.
fn names_class(name: &str) -> bool {
    name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
}
