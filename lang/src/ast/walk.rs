//! One walk over the tree as a run of events, for everything that looks at all of it the same way: printing and
//! fingerprints.
//!
//! Two trees give the same events exactly when they mean the same: places, ids, spacing, brackets and the way a literal
//! is written do not show.

use super::*;

/// What receives the events. `open` and `close` nest.
pub trait Sink {
    /// A node begins.
    fn open(&mut self, tag: &str);
    /// A word: a name, number or keyword.
    fn atom(&mut self, text: &str);
    /// A text: the value of a string.
    fn text(&mut self, text: &str);
    /// A node ends.
    fn close(&mut self);
}

/// How much of the tree is walked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// Everything.
    Full,
    /// All but doc texts and `was`: what decides whether a definition changed.
    Meaning,
    /// Also without the bodies of functions without a name: what decides whether a statement is the same.
    Shape,
}

/// A walk that reports to a sink.
pub struct Walk<'s, S: Sink> {
    sink: &'s mut S,
    detail: Detail,
}

/// Runs `f` with enough native stack for one more level of a tree.
pub fn with_stack<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, f)
}

impl<'s, S: Sink> Walk<'s, S> {
    /// A walk of this detail.
    pub fn new(sink: &'s mut S, detail: Detail) -> Self {
        Self { sink, detail }
    }

    fn node(&mut self, tag: &str, parts: impl FnOnce(&mut Self)) {
        self.sink.open(tag);
        parts(self);
        self.sink.close();
    }

    fn atom(&mut self, text: &str) {
        self.sink.atom(text);
    }

    fn doc(&mut self, doc: Option<&str>) {
        if let (Some(doc), Detail::Full) = (doc, self.detail) {
            self.node("doc", |w| w.sink.text(doc));
        }
    }

    fn was(&mut self, was: Option<&Ident>) {
        if let (Some(was), Detail::Full) = (was, self.detail) {
            self.node("was", |w| w.atom(&was.name));
        }
    }

    /// A file.
    pub fn file(&mut self, file: &File) {
        self.node("file", |w| {
            if let Some(path) = &file.namespace {
                w.node("namespace", |w| w.atom(&path_text(path)));
            }
            w.doc(file.doc.as_deref());
            w.stmts(&file.stmts);
        });
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    /// A statement.
    pub fn stmt(&mut self, stmt: &Stmt) {
        with_stack(|| self.stmt_here(stmt));
    }

    fn stmt_here(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Let(decl) => self.let_decl(decl),
            StmtKind::Assign(assign) => {
                let tag = match assign.op {
                    None => "=".to_owned(),
                    Some(AssignOp::Binary(op)) => format!("{}=", op.text()),
                    Some(AssignOp::Coalesce) => "??=".to_owned(),
                };
                self.node(&tag, |w| {
                    w.target(&assign.target);
                    w.expr(&assign.value);
                });
            }
            StmtKind::Fn(decl) => self.fn_decl("fn", decl),
            StmtKind::Class(decl) => self.node("class", |w| {
                w.atom(&decl.name.name);
                w.decorators(&decl.decorators);
                w.doc(decl.doc.as_deref());
                if !decl.bases.is_empty() {
                    w.node("bases", |w| w.exprs(&decl.bases));
                }
                w.was(decl.was.as_ref());
                w.members(&decl.members);
            }),
            StmtKind::Enum(decl) => self.node("enum", |w| {
                w.atom(&decl.name.name);
                w.decorators(&decl.decorators);
                w.doc(decl.doc.as_deref());
                w.was(decl.was.as_ref());
                for variant in &decl.variants {
                    w.variant(variant);
                }
                w.members(&decl.members);
            }),
            StmtKind::Extend(decl) => self.node("extend", |w| {
                w.expr(&decl.target);
                w.members(&decl.members);
            }),
            StmtKind::Import(import) => self.import(import),
            StmtKind::Test(test) => self.node("test", |w| {
                w.sink.text(&test.name);
                w.stmts(&test.func.body.stmts);
            }),
            StmtKind::Assert(condition, message) => self.node("assert", |w| {
                w.expr(condition);
                w.exprs(message);
            }),
            StmtKind::Error => self.atom("<error>"),
        }
    }

    fn let_decl(&mut self, decl: &LetDecl) {
        let tag = match decl.kind {
            LetKind::Let => "let",
            LetKind::Const => "const",
            LetKind::Once => "once",
        };
        self.node(tag, |w| {
            w.pattern(&decl.pattern);
            w.was(decl.was.as_ref());
            w.doc(decl.doc.as_deref());
            w.exprs(&decl.value);
        });
    }

    fn import(&mut self, import: &Import) {
        let tag = if matches!(import.what, ImportWhat::Items(_)) { "from" } else { "import" };
        self.node(tag, |w| {
            match &import.from {
                ImportPath::Namespace(path) => w.atom(&path_text(path)),
                ImportPath::File(path, _) => w.sink.text(path),
                ImportPath::Native(path, _) => w.node("native", |w| w.sink.text(path)),
            }
            match &import.what {
                ImportWhat::Namespace(None) => {}
                ImportWhat::Namespace(Some(alias)) => w.node("as", |w| w.atom(&alias.name)),
                ImportWhat::Items(items) => {
                    for item in items {
                        match &item.alias {
                            None => w.atom(&item.name.name),
                            Some(alias) => w.node("as", |w| {
                                w.atom(&item.name.name);
                                w.atom(&alias.name);
                            }),
                        }
                    }
                }
            }
        });
    }

    fn target(&mut self, target: &Target) {
        with_stack(|| match target {
            Target::Name(_, name) => self.atom(&name.name),
            Target::Member(object, name) => self.node(".", |w| {
                w.expr(object);
                w.atom(&name.name);
            }),
            Target::Index(object, index, _) => self.node("index", |w| {
                w.expr(object);
                w.expr(index);
            }),
            Target::Tuple(items, _) => self.node("tuple", |w| w.target_items(items)),
            Target::List(items, _) => self.node("list", |w| w.target_items(items)),
            Target::Error(_) => self.atom("<error>"),
        });
    }

    fn target_items(&mut self, items: &[TargetItem]) {
        for item in items {
            match item {
                TargetItem::One(target) => self.target(target),
                TargetItem::Rest(target) => self.node("...", |w| w.target(target)),
            }
        }
    }

    // ── Definitions ────────────────────────────────────────────────────────────────────────────────────────────────

    fn decorators(&mut self, decorators: &[Decorator]) {
        for decorator in decorators {
            self.node("@", |w| w.expr(&decorator.expr));
        }
    }

    /// A named function under `tag`.
    pub fn fn_decl(&mut self, tag: &str, decl: &FnDecl) {
        self.node(tag, |w| {
            w.atom(&decl.name.name);
            w.decorators(&decl.decorators);
            w.was(decl.was.as_ref());
            w.doc(decl.doc.as_deref());
            w.func(&decl.func);
        });
    }

    fn func(&mut self, func: &Func) {
        self.params(&func.params);
        self.stmts(&func.body.stmts);
    }

    fn params(&mut self, params: &[Param]) {
        self.node("params", |w| {
            for param in params {
                match (&param.kind, &param.default) {
                    (ParamKind::Rest, _) => w.node("...", |w| w.pattern(&param.pattern)),
                    (ParamKind::Normal, None) => w.pattern(&param.pattern),
                    (ParamKind::Normal, Some(default)) => w.node("=", |w| {
                        w.pattern(&param.pattern);
                        w.expr(default);
                    }),
                }
            }
        });
    }

    fn variant(&mut self, variant: &Variant) {
        self.node("variant", |w| {
            w.atom(&variant.name.name);
            w.doc(variant.doc.as_deref());
            if let Some(fields) = &variant.fields {
                w.node("fields", |w| fields.iter().for_each(|field| w.atom(&field.name)));
            }
        });
    }

    fn members(&mut self, members: &[Member]) {
        for member in members {
            self.member(member);
        }
    }

    /// A member of a class, enum or `extend`.
    pub fn member(&mut self, member: &Member) {
        match &member.kind {
            MemberKind::Slot(slot) => self.node("slot", |w| {
                w.atom(&slot.name.name);
                w.doc(member.doc.as_deref());
                w.was(slot.was.as_ref());
                if slot.transient {
                    w.node("transient", |_| {});
                }
                w.exprs(&slot.default);
            }),
            MemberKind::Shared { name, was, value, .. } => self.node("shared", |w| {
                w.atom(&name.name);
                w.doc(member.doc.as_deref());
                w.was(was.as_ref());
                w.exprs(value);
            }),
            MemberKind::Method(decl) => self.fn_decl("method", decl),
            MemberKind::Static(decl) => self.fn_decl("static", decl),
            MemberKind::Getter(decl) => self.fn_decl("get", decl),
            MemberKind::Setter(decl) => self.fn_decl("set", decl),
            MemberKind::Migrate { from, func } => self.node("migrate", |w| {
                if let Some(from) = from {
                    w.node("from", |w| w.atom(&from.to_string()));
                }
                w.func(func);
            }),
        }
    }

    // ── Expressions ────────────────────────────────────────────────────────────────────────────────────────────────

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn block(&mut self, block: &Block) {
        self.node("do", |w| w.stmts(&block.stmts));
    }

    /// An expression.
    pub fn expr(&mut self, expr: &Expr) {
        with_stack(|| self.expr_here(expr));
    }

    fn expr_here(&mut self, expr: &Expr) {
        match &*expr.kind {
            ExprKind::Nil => self.atom("nil"),
            ExprKind::Bool(value) => self.atom(if *value { "true" } else { "false" }),
            ExprKind::Int(value) => self.atom(&value.to_string()),
            ExprKind::BigInt(digits) => self.atom(digits),
            ExprKind::Float(value) => self.atom(&format!("{value:?}")),
            ExprKind::Str(text) => self.sink.text(text),
            ExprKind::Interp(parts) => self.node("str", |w| parts.iter().for_each(|part| w.interp_part(part))),
            ExprKind::Tuple(items) => self.node("tuple", |w| w.elements(items)),
            ExprKind::List(items) => self.node("list", |w| w.elements(items)),
            ExprKind::Map(entries) => self.node("map", |w| entries.iter().for_each(|entry| w.map_element(entry))),
            ExprKind::Range { lo, hi, inclusive } => self.range(lo.as_ref(), hi.as_ref(), *inclusive),
            ExprKind::Name(_, name) => self.atom(name),
            ExprKind::SelfRef(_) => self.atom("self"),
            ExprKind::Super(_, name) => self.node("super", |w| w.atom(&name.name)),
            ExprKind::Member { object, name, optional } => self.node(if *optional { "?." } else { "." }, |w| {
                w.expr(object);
                w.atom(&name.name);
            }),
            ExprKind::Index { object, index } => self.node("index", |w| w.exprs([object, index])),
            ExprKind::Call { callee, args } => self.node("call", |w| {
                w.expr(callee);
                args.iter().for_each(|arg| w.arg(arg));
            }),
            ExprKind::OptChain(inner) => self.node("chain", |w| w.expr(inner)),
            ExprKind::Unary(op, operand) => {
                let tag = match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::BitNot => "~",
                    UnaryOp::Not => "not",
                };
                self.node(tag, |w| w.expr(operand));
            }
            ExprKind::Binary(op, left, right) => self.node(op.text(), |w| w.exprs([left, right])),
            ExprKind::Logical(op, left, right) => {
                let tag = match op {
                    LogicalOp::And => "and",
                    LogicalOp::Or => "or",
                    LogicalOp::Coalesce => "??",
                };
                self.node(tag, |w| w.exprs([left, right]));
            }
            ExprKind::Is { value, class, negated } => {
                self.node(if *negated { "is-not" } else { "is" }, |w| w.exprs([value, class]))
            }
            ExprKind::In { value, container, negated } => {
                self.node(if *negated { "not-in" } else { "in" }, |w| w.exprs([value, container]));
            }
            ExprKind::Fn(func) => self.node("fn", |w| match w.detail {
                Detail::Shape => w.params(&func.params),
                _ => w.func(func),
            }),
            ExprKind::Do(block) => self.block(block),
            ExprKind::Return(value) => self.node("return", |w| w.exprs(value)),
            ExprKind::Throw(value) => self.node("throw", |w| w.expr(value)),
            ExprKind::Yield(value) => self.node("yield", |w| w.exprs(value)),
            ExprKind::Break(label) => self.node("break", |w| w.label(label.as_ref())),
            ExprKind::Continue(label) => self.node("continue", |w| w.label(label.as_ref())),
            ExprKind::Error => self.atom("<error>"),
            ExprKind::If { .. } | ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Match { .. } | ExprKind::Try { .. } => {
                self.control(&expr.kind);
            }
        }
    }

    fn control(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::If { cond, then, otherwise } => self.node("if", |w| {
                w.expr(cond);
                w.block(then);
                otherwise.iter().for_each(|block| w.block(block));
            }),
            ExprKind::While { label, cond, body } => self.node("while", |w| {
                w.labelled(label.as_ref());
                w.expr(cond);
                w.block(body);
            }),
            ExprKind::For { label, pattern, iter, body } => self.node("for", |w| {
                w.labelled(label.as_ref());
                w.pattern(pattern);
                w.expr(iter);
                w.block(body);
            }),
            ExprKind::Match { value, arms } => self.node("match", |w| {
                w.expr(value);
                for arm in arms {
                    w.node("=>", |w| {
                        w.pattern(&arm.pattern);
                        if let Some(guard) = &arm.guard {
                            w.node("when", |w| w.expr(guard));
                        }
                        w.block(&arm.body);
                    });
                }
            }),
            ExprKind::Try { body, catches, finally } => self.node("try", |w| {
                w.block(body);
                for catch in catches {
                    w.node("catch", |w| {
                        if let Some((_, name)) = &catch.binding {
                            w.atom(&name.name);
                        }
                        if !catch.classes.is_empty() {
                            w.node("is", |w| w.exprs(&catch.classes));
                        }
                        w.block(&catch.body);
                    });
                }
                if let Some(finally) = finally {
                    w.node("finally", |w| w.block(finally));
                }
            }),
            _ => {}
        }
    }

    fn label(&mut self, label: Option<&Ident>) {
        if let Some(label) = label {
            self.atom(&label.name);
        }
    }

    fn labelled(&mut self, label: Option<&Ident>) {
        if let Some(label) = label {
            self.node("label", |w| w.atom(&label.name));
        }
    }

    fn range(&mut self, lo: Option<&Expr>, hi: Option<&Expr>, inclusive: bool) {
        self.node(if inclusive { "..=" } else { ".." }, |w| {
            for end in [lo, hi] {
                match end {
                    Some(end) => w.expr(end),
                    None => w.atom("_"),
                }
            }
        });
    }

    fn interp_part(&mut self, part: &InterpPart) {
        match part {
            InterpPart::Text(text) => self.sink.text(text),
            InterpPart::Expr(expr, None) => self.expr(expr),
            InterpPart::Expr(expr, Some(spec)) => self.node("format", |w| {
                w.expr(expr);
                w.sink.text(&spec.text);
            }),
        }
    }

    fn elements(&mut self, items: &[Element]) {
        for item in items {
            match item {
                Element::One(expr) => self.expr(expr),
                Element::Spread(expr) => self.node("...", |w| w.expr(expr)),
            }
        }
    }

    fn map_element(&mut self, element: &MapElement) {
        match element {
            MapElement::Pair(key, value) => self.node(":", |w| w.exprs([key, value])),
            MapElement::Spread(expr) => self.node("...", |w| w.expr(expr)),
        }
    }

    fn arg(&mut self, arg: &Arg) {
        match arg {
            Arg::One(expr) => self.expr(expr),
            Arg::Named(name, expr) => self.node(":", |w| {
                w.atom(&name.name);
                w.expr(expr);
            }),
            Arg::Spread(expr) => self.node("...", |w| w.expr(expr)),
        }
    }

    // ── Patterns ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// A pattern.
    pub fn pattern(&mut self, pattern: &Pattern) {
        with_stack(|| self.pattern_here(pattern));
    }

    fn pattern_here(&mut self, pattern: &Pattern) {
        match &*pattern.kind {
            PatternKind::Wildcard => self.atom("_"),
            PatternKind::Bind(_, name) => self.atom(&name.name),
            PatternKind::BindIs(_, name, class) => self.node("is", |w| {
                w.atom(&name.name);
                w.expr(class);
            }),
            PatternKind::Is(class) => self.node("is", |w| {
                w.atom("_");
                w.expr(class);
            }),
            PatternKind::Value(value) => match &*value.kind {
                ExprKind::Nil
                | ExprKind::Bool(_)
                | ExprKind::Int(_)
                | ExprKind::BigInt(_)
                | ExprKind::Float(_)
                | ExprKind::Str(_)
                | ExprKind::Interp(_) => self.expr(value),
                _ => self.node("==", |w| w.expr(value)),
            },
            PatternKind::Range { lo, hi, inclusive } => self.range(lo.as_ref(), hi.as_ref(), *inclusive),
            PatternKind::Tuple(items) => self.node("tuple", |w| w.pattern_items(items)),
            PatternKind::List(items) => self.node("list", |w| w.pattern_items(items)),
            PatternKind::Map(items) => self.node("map", |w| {
                for item in items {
                    match item {
                        MapPatternItem::Pair(key, pattern) => w.node(":", |w| {
                            w.expr(key);
                            w.pattern(pattern);
                        }),
                        MapPatternItem::Rest(binding) => w.rest(binding.as_ref()),
                    }
                }
            }),
            PatternKind::Class { class, slots } => self.node("class", |w| {
                w.expr(class);
                for slot in slots {
                    w.node(":", |w| {
                        w.atom(&slot.name.name);
                        w.pattern(&slot.pattern);
                    });
                }
            }),
            PatternKind::Or(alternatives) => self.node("|", |w| alternatives.iter().for_each(|p| w.pattern(p))),
            PatternKind::Error => self.atom("<error>"),
        }
    }

    fn pattern_items(&mut self, items: &[PatternItem]) {
        for item in items {
            match item {
                PatternItem::One(pattern) => self.pattern(pattern),
                PatternItem::Rest(binding) => self.rest(binding.as_ref()),
            }
        }
    }

    fn rest(&mut self, binding: Option<&(NodeId, Ident)>) {
        self.node("...", |w| {
            if let Some((_, name)) = binding {
                w.atom(&name.name);
            }
        });
    }
}

/// A path as it is written: `a.b.c`.
pub fn path_text(path: &[Ident]) -> String {
    path.iter().map(|ident| &*ident.name).collect::<Vec<_>>().join(".")
}
