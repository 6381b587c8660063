//! Building definitions, members and functions; see [`super::build`].

use super::build::{Builder, High};
use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// A named function without its decorators and doc text.
#[derive(Debug)]
pub(crate) struct FnParts {
    name: Ident,
    was: Option<Ident>,
    func: High<Func>,
}

/// A definition without its decorators and doc text.
#[derive(Debug)]
pub(crate) enum Decl {
    Fn(Box<FnParts>),
    Class(Ident, Vec<Expr>, Option<Ident>, High<Vec<Member>>),
    Enum(Ident, Option<Ident>, EnumItems),
}

/// What stands in the braces of an enum.
#[derive(Debug, Default)]
pub(crate) struct EnumItems {
    variants: Vec<Variant>,
    members: Vec<Member>,
    height: u16,
}

impl EnumItems {
    pub(crate) fn member(mut self, member: High<Option<Box<Member>>>) -> Self {
        self.members.extend(member.node.map(|member| *member));
        self.height = self.height.max(member.height);
        self
    }
}

/// Members that are functions with brackets.
#[derive(Debug)]
pub(crate) enum MethodKind {
    Method,
    Static,
    Setter,
}

impl Builder<'_> {
    // ── Functions ──────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn func(&mut self, params: High<Vec<Param>>, body: High<Block>, at: u32) -> High<Func> {
        let id = self.id();
        let height = params.height.max(body.height);
        let span = Span { lo: at, hi: body.node.span.hi };
        High::new(Func { id, params: params.node, body: body.node, span }, height)
    }

    pub(crate) fn fn_parts(
        &mut self,
        name: Ident,
        params: High<Vec<Param>>,
        was: Option<Ident>,
        body: High<Block>,
        at: u32,
    ) -> Box<FnParts> {
        Box::new(FnParts { name, was, func: self.func(params, body, at) })
    }

    pub(crate) fn fn_literal(&mut self, params: High<Vec<Param>>, body: High<Block>, lo: u32, at: u32, hi: u32) -> Expr {
        let func = self.func(params, body, at);
        self.expr(ExprKind::Fn(func.node), Span { lo, hi }, func.height)
    }

    pub(crate) fn lambda(&mut self, params: Vec<High<Param>>, body: High<Block>, lo: u32) -> Expr {
        let params = self.params(params);
        let hi = body.node.span.hi;
        let func = self.func(params, body, lo);
        self.expr(ExprKind::Fn(func.node), Span { lo, hi }, func.height)
    }

    pub(crate) fn params(&mut self, params: Vec<High<Param>>) -> High<Vec<Param>> {
        let last = params.len().saturating_sub(1);
        let misplaced = params[..last].iter().find(|p| p.node.kind == ParamKind::Rest).map(|p| p.node.pattern.span);
        if let Some(span) = misplaced {
            self.rest_not_last(span);
        }
        High::join(params)
    }

    pub(crate) fn param(&mut self, pattern: High<Pattern>, default: Option<Expr>) -> High<Param> {
        let height = pattern.height.max(default.as_ref().map_or(0, |default| default.height));
        High::new(Param { pattern: pattern.node, kind: ParamKind::Normal, default }, height)
    }

    pub(crate) fn rest_param(&mut self, name: Ident, lo: u32) -> High<Param> {
        let mut pattern = self.pat_bind(name);
        pattern.node.span.lo = lo;
        pattern.map(|pattern| Param { pattern, kind: ParamKind::Rest, default: None })
    }

    fn fn_decl(&mut self, parts: FnParts, decorators: Vec<Decorator>, doc: Option<String>) -> High<FnDecl> {
        let below = decorators_height(&decorators).max(parts.func.height);
        let id = self.id();
        High::new(FnDecl { name: parts.name, id, was: parts.was, func: parts.func.node, decorators, doc }, below)
    }

    // ── Definitions ────────────────────────────────────────────────────────────────────────────────────────────────

    /// A definition that begins at `lo`, after its decorators at `at`.
    pub(crate) fn decl_stmt(&mut self, decl: Decl, decorators: Vec<Decorator>, lo: u32, at: u32, hi: u32) -> High<Stmt> {
        let doc = self.doc_of(lo, at);
        let span = Span { lo, hi };
        match decl {
            Decl::Fn(parts) => {
                if !parts.name.name.starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c))
                    || &*parts.name.name == "unary -"
                {
                    self.operator_outside(&parts.name);
                }
                let decl = self.fn_decl(*parts, decorators, doc);
                self.stmt(StmtKind::Fn(Box::new(decl.node)), span, decl.height)
            }
            Decl::Class(name, bases, was, members) => {
                let bases_height = bases.iter().map(|base| base.height).max().unwrap_or(0);
                let below = decorators_height(&decorators).max(bases_height).max(members.height);
                let id = self.id();
                let class = ClassDecl { name, id, bases, was, members: members.node, decorators, doc };
                self.stmt(StmtKind::Class(Box::new(class)), span, below)
            }
            Decl::Enum(name, was, items) => {
                let below = decorators_height(&decorators).max(items.height);
                self.check_members(&items.members, "an enum", |kind| {
                    !matches!(kind, MemberKind::Slot(_) | MemberKind::Shared { .. })
                });
                let id = self.id();
                let decl = EnumDecl { name, id, was, variants: items.variants, members: items.members, decorators, doc };
                self.stmt(StmtKind::Enum(Box::new(decl)), span, below)
            }
        }
    }

    fn operator_outside(&mut self, name: &Ident) {
        self.report(
            Diagnostic::new(&codes::BAD_MEMBER, name.span, format!("`{}` can be defined in a class or enum only", name.name))
                .label("an operator")
                .help("move it into the class, or add it with `extend`"),
        );
    }

    pub(crate) fn extend_stmt(&mut self, target: Expr, members: High<Vec<Member>>, lo: u32, hi: u32) -> High<Stmt> {
        let below = target.height.max(members.height);
        self.check_members(&members.node, "`extend`", |kind| {
            !matches!(kind, MemberKind::Slot(_) | MemberKind::Shared { .. } | MemberKind::Migrate { .. })
        });
        self.stmt(StmtKind::Extend(Box::new(ExtendDecl { target, members: members.node })), Span { lo, hi }, below)
    }

    /// Reports members that may not stand in `place`.
    fn check_members(&mut self, members: &[Member], place: &str, fits: impl Fn(&MemberKind) -> bool) {
        for member in members.iter().filter(|member| !fits(&member.kind)) {
            let what = match member.kind {
                MemberKind::Slot(_) => "a slot",
                MemberKind::Shared { .. } => "a shared slot",
                _ => "`migrate`",
            };
            self.report(
                Diagnostic::new(&codes::BAD_MEMBER, member.span, format!("{place} cannot have {what}"))
                    .label("not here")
                    .help("it may have methods, properties and static functions"),
            );
        }
    }

    /// `let` and `const`.
    pub(crate) fn let_stmt(
        &mut self,
        kind: LetKind,
        pattern: High<Pattern>,
        was: Option<Ident>,
        value: Option<Expr>,
        lo: u32,
        hi: u32,
    ) -> High<Stmt> {
        let span = Span { lo, hi };
        if kind != LetKind::Let && value.is_none() {
            let word = if kind == LetKind::Const { "const" } else { "once" };
            self.report(
                Diagnostic::new(&codes::MISSING_VALUE, span, format!("`{word}` needs a value"))
                    .label("no value")
                    .help("add `= value`"),
            );
        }
        if value.is_none() && kind == LetKind::Let && !matches!(*pattern.node.kind, PatternKind::Bind(..) | PatternKind::Error) {
            self.report(
                Diagnostic::new(&codes::MISSING_VALUE, span, "taking something apart needs a value")
                    .label("no value")
                    .help("add `= value`"),
            );
        }
        if let Some(was) = &was
            && !matches!(*pattern.node.kind, PatternKind::Bind(..))
        {
            self.report(
                Diagnostic::new(&codes::WAS_PLACE, was.span, "`was` needs one plain name before it")
                    .label("renames one definition")
                    .help("use one `let` for each renamed name"),
            );
        }
        let below = pattern.height.max(value.as_ref().map_or(0, |value| value.height));
        let decl = LetDecl { kind, pattern: pattern.node, was, value, doc: self.doc(lo) };
        self.stmt(StmtKind::Let(decl), span, below)
    }

    pub(crate) fn once_stmt(&mut self, name: Ident, was: Option<Ident>, value: Option<Expr>, lo: u32, hi: u32) -> High<Stmt> {
        let pattern = self.pat_bind(name);
        self.let_stmt(LetKind::Once, pattern, was, value, lo, hi)
    }

    pub(crate) fn test_stmt(&mut self, name_lo: u32, name_hi: u32, body: High<Block>, lo: u32, hi: u32) -> High<Stmt> {
        let name = self.string_text(name_lo, name_hi);
        let at = body.node.span.lo;
        let func = self.func(High::default(), body, at);
        self.stmt(StmtKind::Test(Box::new(TestDecl { name, func: func.node })), Span { lo, hi }, func.height)
    }

    // ── Members ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// A member that begins at `lo`, after its decorators at `at`.
    pub(crate) fn member(
        &mut self,
        kind: High<Box<MemberKind>>,
        decorators: Vec<Decorator>,
        lo: u32,
        at: u32,
        hi: u32,
    ) -> High<Option<Box<Member>>> {
        let doc = self.doc_of(lo, at);
        let span = Span { lo, hi };
        let mut height = kind.height.max(decorators_height(&decorators));
        let mut kind = kind.node;
        match &mut *kind {
            MemberKind::Method(decl) | MemberKind::Static(decl) => {
                decl.decorators = decorators;
                decl.doc.clone_from(&doc);
            }
            MemberKind::Getter(decl) | MemberKind::Setter(decl) => {
                self.refuse_decorators(&decorators);
                decl.doc.clone_from(&doc);
            }
            _ => self.refuse_decorators(&decorators),
        }
        // A member is a level of its own: its function nests in the class.
        match self.above(height, span) {
            Some(above) => height = above,
            None => return High::new(None, 1),
        }
        High::new(Some(Box::new(Member { kind: *kind, doc, span })), height)
    }

    fn refuse_decorators(&mut self, decorators: &[Decorator]) {
        if let Some(first) = decorators.first() {
            self.report(
                Diagnostic::new(&codes::BAD_MEMBER, first.expr.span, "only functions, methods and classes can be decorated")
                    .label("decorates something else")
                    .help("call the decorator on the value instead"),
            );
        }
    }

    pub(crate) fn method(&mut self, parts: FnParts, kind: MethodKind) -> High<Box<MemberKind>> {
        let decl = self.fn_decl(parts, Vec::new(), None);
        if let MethodKind::Setter = kind {
            self.check_one_param(&decl.node.func, "a setter", "set name(value) { … }");
        }
        decl.map(|decl| {
            Box::new(match kind {
                MethodKind::Method => MemberKind::Method(decl),
                MethodKind::Static => MemberKind::Static(decl),
                MethodKind::Setter => MemberKind::Setter(decl),
            })
        })
    }

    pub(crate) fn getter(&mut self, name: Ident, was: Option<Ident>, body: High<Block>, at: u32) -> High<Box<MemberKind>> {
        let parts = self.fn_parts(name, High::default(), was, body, at);
        self.fn_decl(*parts, Vec::new(), None).map(|decl| Box::new(MemberKind::Getter(decl)))
    }

    pub(crate) fn slot(
        &mut self,
        name: Ident,
        was: Option<Ident>,
        transient: bool,
        default: Option<Expr>,
    ) -> High<Box<MemberKind>> {
        let id = self.id();
        let height = default.as_ref().map_or(0, |default| default.height);
        High::new(Box::new(MemberKind::Slot(SlotDecl { name, id, was, transient, default })), height)
    }

    pub(crate) fn shared(&mut self, name: Ident, was: Option<Ident>, value: Option<Expr>) -> High<Box<MemberKind>> {
        let id = self.id();
        let height = value.as_ref().map_or(0, |value| value.height);
        High::new(Box::new(MemberKind::Shared { name, id, was, value }), height)
    }

    pub(crate) fn migrate(
        &mut self,
        from: Option<(u32, u32)>,
        params: High<Vec<Param>>,
        body: High<Block>,
        at: u32,
    ) -> High<Box<MemberKind>> {
        let from = from.and_then(|(lo, hi)| match super::literal::number(self.slice(lo, hi)) {
            Ok(ExprKind::Int(value)) if u32::try_from(value).is_ok() => u32::try_from(value).ok(),
            _ => {
                self.report(
                    Diagnostic::new(&codes::BAD_NUMBER, Span { lo, hi }, "this is no number of a layout")
                        .label("not a layout")
                        .help("layouts are numbered 1, 2, 3 …: `migrate from 3 (old) { … }`"),
                );
                None
            }
        });
        let func = self.func(params, body, at);
        self.check_one_param(&func.node, "`migrate`", "migrate(old) { … }");
        func.map(|func| Box::new(MemberKind::Migrate { from, func }))
    }

    fn check_one_param(&mut self, func: &Func, what: &str, shape: &str) {
        if !matches!(func.params.as_slice(), [Param { kind: ParamKind::Normal, default: None, .. }]) {
            let span = Span { lo: func.span.lo, hi: func.body.span.lo.max(func.span.lo + 1) };
            self.report(
                Diagnostic::new(&codes::BAD_MEMBER, span, format!("{what} takes exactly one parameter"))
                    .label("not one parameter")
                    .help(format!("write `{shape}`")),
            );
        }
    }

    // ── Enums ──────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn variant(&mut self, mut items: EnumItems, (name, fields): (Ident, Option<Vec<Ident>>)) -> EnumItems {
        let doc = self.doc(name.span.lo);
        items.variants.push(Variant { name, fields, doc });
        items
    }

    pub(crate) fn unseparated_variant(&mut self, items: EnumItems, variant: (Ident, Option<Vec<Ident>>)) -> EnumItems {
        self.report(
            Diagnostic::new(&codes::VARIANT_SEPARATOR, variant.0.span, "expected `,` or a newline between variants")
                .label("a second variant on the line")
                .help("separate variants with `,`"),
        );
        self.variant(items, variant)
    }
}

fn decorators_height(decorators: &[Decorator]) -> u16 {
    decorators.iter().map(|decorator| decorator.expr.height).max().unwrap_or(0)
}
