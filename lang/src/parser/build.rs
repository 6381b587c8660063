//! What the actions of the grammar call: makes nodes, counts their height, and reports what the grammar lets pass so that
//! it can be reported well.
//!
//! Invariant: nothing made here is higher than [`HEIGHT_MAX`]; what would be is replaced by an error node.

use super::literal::{self, Piece};
use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::format::Spec;
use crate::lexer::{Quotes, REPORTS_MAX};
use crate::source::Span;
use rustc_hash::FxHashMap;

/// A part of the tree that does not store its own height, with its height.
#[derive(Debug, Default)]
pub(crate) struct High<T> {
    pub(crate) node: T,
    pub(crate) height: u16,
}

impl<T> High<T> {
    pub(crate) fn new(node: T, height: u16) -> Self {
        Self { node, height }
    }

    pub(crate) fn list(first: High<T>) -> High<Vec<T>> {
        High::new(vec![first.node], first.height)
    }

    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> High<U> {
        High::new(f(self.node), self.height)
    }
}

impl<T> High<Vec<T>> {
    pub(crate) fn push(mut self, item: High<T>) -> Self {
        self.node.push(item.node);
        self.height = self.height.max(item.height);
        self
    }

    pub(crate) fn maybe(first: High<Option<Box<T>>>) -> Self {
        High::new(first.node.into_iter().map(|item| *item).collect(), first.height)
    }

    pub(crate) fn push_maybe(mut self, item: High<Option<Box<T>>>) -> Self {
        self.node.extend(item.node.map(|item| *item));
        self.height = self.height.max(item.height);
        self
    }

    /// Joins items that carry their own heights.
    fn of(items: Vec<High<T>>) -> Self {
        let height = items.iter().map(|item| item.height).max().unwrap_or(0);
        High::new(items.into_iter().map(|item| item.node).collect(), height)
    }
}

/// An operand with its calls, indexes and members.
#[derive(Debug)]
pub(crate) struct Chain {
    expr: Expr,
    /// It contains a `?.`.
    optional: bool,
}

impl Chain {
    pub(crate) fn new(expr: Expr) -> Self {
        Self { expr, optional: false }
    }
}

/// The right part of a comparison.
#[derive(Debug)]
pub(crate) enum CompareTail {
    Binary(BinaryOp, Expr),
    In(bool, Expr),
    Is(bool, Expr),
}

/// The keywords of lowest precedence.
#[derive(Debug)]
pub(crate) enum Low {
    Return,
    Yield,
    Throw,
}

/// A loop without its label.
#[derive(Debug)]
pub(crate) enum Loop {
    While(Expr, High<Block>),
    For(High<Pattern>, Expr, High<Block>),
}

/// A part of a string with interpolation.
#[derive(Debug)]
pub(crate) enum StrPart {
    Text(u32, u32),
    Expr(Expr, Option<(u32, u32)>),
}

/// An item of a tuple or list pattern, with its place.
#[derive(Debug)]
pub(crate) struct PatItem {
    item: PatternItem,
    span: Span,
}

impl PatItem {
    pub(crate) fn one(pattern: High<Pattern>) -> High<PatItem> {
        let span = pattern.node.span;
        pattern.map(|pattern| PatItem { item: PatternItem::One(pattern), span })
    }
}

/// An item of a map pattern, with its place.
#[derive(Debug)]
pub(crate) struct MapPatItem {
    item: MapPatternItem,
    span: Span,
}

impl MapPatItem {
    pub(crate) fn pair(key: Expr, pattern: High<Pattern>) -> High<MapPatItem> {
        let span = key.span.to(pattern.node.span);
        let height = key.height.max(pattern.height);
        High::new(MapPatItem { item: MapPatternItem::Pair(key, pattern.node), span }, height)
    }
}

/// What one top-level statement is built from.
pub(crate) struct Builder<'a> {
    /// The whole text.
    pub(super) text: &'a str,
    /// Doc texts by the offset of what they describe.
    docs: &'a [(u32, String)],
    names: FxHashMap<&'a str, Name>,
    next_id: u32,
    /// What was found while building; discarded when the statement has to be parsed again.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// How many warnings and errors were reported.
    reported: [usize; 2],
    /// `namespace a.b`, once seen.
    pub(super) namespace: Option<Vec<Ident>>,
    /// Offset at which `namespace` may stand; `None` when it may not.
    pub(super) namespace_at: Option<u32>,
    /// A diagnostic for too deep nesting exists already, for this statement or for the text.
    deep: bool,
    deep_text: bool,
}

/// A state that [`Builder::reset`] goes back to.
pub(crate) struct Mark {
    next_id: u32,
    diagnostics: usize,
    reported: [usize; 2],
    namespace: Option<Vec<Ident>>,
}

impl<'a> Builder<'a> {
    /// `deep_text`: the lexer has reported too deep nesting.
    pub(crate) fn new(text: &'a str, docs: &'a [(u32, String)], deep_text: bool) -> Self {
        Self {
            text,
            docs,
            names: FxHashMap::default(),
            next_id: 0,
            diagnostics: Vec::new(),
            reported: [0; 2],
            namespace: None,
            namespace_at: None,
            deep: deep_text,
            deep_text,
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            next_id: self.next_id,
            diagnostics: self.diagnostics.len(),
            reported: self.reported,
            namespace: self.namespace.clone(),
        }
    }

    /// Forgets what was built since `mark`.
    pub(crate) fn reset(&mut self, mark: &Mark) {
        self.next_id = mark.next_id;
        self.diagnostics.truncate(mark.diagnostics);
        self.reported = mark.reported;
        self.namespace = mark.namespace.clone();
        self.deep = self.deep_text;
    }

    /// One more than the largest id given out.
    pub(crate) fn node_count(&self) -> u32 {
        self.next_id
    }

    pub(super) fn id(&mut self) -> NodeId {
        let id = NodeId(self.next_id);
        self.next_id += 1;
        id
    }

    /// Errors and warnings are bounded apart, so that warnings cannot hide that there is an error.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        let count = &mut self.reported[usize::from(diagnostic.is_error())];
        if *count < REPORTS_MAX {
            *count += 1;
            self.diagnostics.push(diagnostic);
        }
    }

    pub(super) fn slice(&self, lo: u32, hi: u32) -> &'a str {
        self.text.get(lo as usize..hi as usize).unwrap_or("")
    }

    /// Doc text directly above what begins at `lo`.
    pub(super) fn doc(&self, lo: u32) -> Option<String> {
        let found = self.docs.binary_search_by_key(&lo, |(at, _)| *at).ok()?;
        Some(self.docs[found].1.clone())
    }

    /// Doc text above the decorators or, failing that, between them and the definition.
    pub(super) fn doc_of(&self, lo: u32, at: u32) -> Option<String> {
        self.doc(lo).or_else(|| self.doc(at))
    }

    pub(super) fn intern(&mut self, text: &'a str) -> Name {
        self.names.entry(text).or_insert_with(|| Name::new(text)).clone()
    }

    pub(crate) fn ident(&mut self, lo: u32, hi: u32) -> Ident {
        let text = self.slice(lo, hi);
        Ident { name: self.intern(text), span: Span { lo, hi } }
    }

    /// The name of an operator method: `unary -` with one space, all others without.
    pub(crate) fn operator_ident(&mut self, lo: u32, hi: u32) -> Ident {
        let compact: String = self.slice(lo, hi).chars().filter(|c| !c.is_whitespace()).collect();
        let name = if compact == "unary-" { Name::new("unary -") } else { Name::new(&compact) };
        Ident { name, span: Span { lo, hi } }
    }

    /// A path as one name: `a.b.c`.
    pub(crate) fn dotted(&mut self, path: Vec<Ident>) -> Ident {
        let span = path_span(&path);
        match <[Ident; 1]>::try_from(path) {
            Ok([ident]) => ident,
            Err(path) => {
                let text = path.iter().map(|ident| &*ident.name).collect::<Vec<_>>().join(".");
                Ident { name: Name::new(&text), span }
            }
        }
    }

    // ── Heights ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// One more than `below`; `None`, and a diagnostic, when that is too high.
    pub(super) fn above(&mut self, below: u16, span: Span) -> Option<u16> {
        if below < HEIGHT_MAX {
            return Some(below + 1);
        }
        if !std::mem::replace(&mut self.deep, true) {
            let message = format!("this nests more than {HEIGHT_MAX} levels deep");
            self.report(
                Diagnostic::new(&codes::TOO_DEEP, span, message)
                    .label("operators of a chain count too")
                    .help("name the inner parts with `let`, or build long sums and texts in a loop"),
            );
        }
        None
    }

    /// An expression over parts of height `below`.
    pub(super) fn expr(&mut self, kind: ExprKind, span: Span, below: u16) -> Expr {
        match self.above(below, span) {
            Some(height) => Expr { kind: Box::new(kind), span, height },
            None => Expr { kind: Box::new(ExprKind::Error), span, height: 1 },
        }
    }

    /// A statement over parts of height `below`.
    pub(super) fn stmt(&mut self, kind: StmtKind, span: Span, below: u16) -> High<Stmt> {
        match self.above(below, span) {
            Some(height) => High::new(Stmt { kind, span }, height),
            None => High::new(Stmt { kind: StmtKind::Error, span }, 1),
        }
    }

    pub(crate) fn pattern(&mut self, kind: PatternKind, lo: u32, hi: u32, below: u16) -> High<Pattern> {
        let span = Span { lo, hi };
        match self.above(below, span) {
            Some(height) => High::new(Pattern { kind: Box::new(kind), span }, height),
            None => High::new(Pattern { kind: Box::new(PatternKind::Error), span }, 1),
        }
    }

    pub(crate) fn leaf(&mut self, kind: ExprKind, lo: u32, hi: u32) -> Expr {
        self.expr(kind, Span { lo, hi }, 0)
    }

    // ── Operators ──────────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn binary(&mut self, op: BinaryOp, left: Expr, right: Expr) -> Expr {
        let (span, below) = (left.span.to(right.span), left.height.max(right.height));
        self.expr(ExprKind::Binary(op, left, right), span, below)
    }

    pub(crate) fn logical(&mut self, op: LogicalOp, left: Expr, right: Expr) -> Expr {
        let (span, below) = (left.span.to(right.span), left.height.max(right.height));
        self.expr(ExprKind::Logical(op, left, right), span, below)
    }

    /// A prefix operator. A minus before a number is part of it, so that the smallest integer can be written.
    pub(crate) fn unary(&mut self, op: UnaryOp, operand: Expr, lo: u32) -> Expr {
        let span = Span { lo, hi: operand.span.hi };
        let below = operand.height;
        if op == UnaryOp::Neg {
            let folded = match &*operand.kind {
                ExprKind::Int(value) => value.checked_neg().map(ExprKind::Int),
                ExprKind::Float(value) => Some(ExprKind::Float(-value)),
                ExprKind::BigInt(digits) if digits == "9223372036854775808" => Some(ExprKind::Int(i64::MIN)),
                _ => None,
            };
            if let Some(kind) = folded {
                return self.expr(kind, span, 0);
            }
        }
        self.expr(ExprKind::Unary(op, operand), span, below)
    }

    pub(crate) fn compare(&mut self, left: Expr, tail: CompareTail) -> Expr {
        match tail {
            CompareTail::Binary(op, right) => self.binary(op, left, right),
            CompareTail::In(negated, container) => {
                let (span, below) = (left.span.to(container.span), left.height.max(container.height));
                self.expr(ExprKind::In { value: left, container, negated }, span, below)
            }
            CompareTail::Is(negated, class) => {
                let (span, below) = (left.span.to(class.span), left.height.max(class.height));
                self.expr(ExprKind::Is { value: left, class, negated }, span, below)
            }
        }
    }

    /// A comparison of the result of a comparison, which is never meant.
    pub(crate) fn compare_chain(&mut self, left: Expr, tail: CompareTail) -> Expr {
        let expr = self.compare(left, tail);
        let text = |part: &Expr| self.slice(part.span.lo, part.span.hi);
        let help = match &*expr.kind {
            ExprKind::Binary(second, first, c) => match &*first.kind {
                ExprKind::Binary(op, a, b) if expr.span.hi - expr.span.lo < 80 => {
                    let (a, b, c) = (text(a), text(b), text(c));
                    Some(format!("write `{a} {} {b} and {b} {} {c}`", op.text(), second.text()))
                }
                _ => None,
            },
            _ => None,
        };
        let help = help.unwrap_or_else(|| "join two comparisons with `and`, or put one in brackets".into());
        self.report(
            Diagnostic::new(&codes::COMPARISON_CHAIN, expr.span, "comparisons do not chain")
                .label("two comparisons in a row")
                .help(help),
        );
        expr
    }

    pub(crate) fn range(&mut self, lo: Expr, hi: Expr, inclusive: bool) -> Expr {
        let (span, below) = (lo.span.to(hi.span), lo.height.max(hi.height));
        self.check_range_method(span, &hi);
        self.expr(ExprKind::Range { lo: Some(lo), hi: Some(hi), inclusive }, span, below)
    }

    /// `0..10.step(2)`
    fn check_range_method(&mut self, span: Span, hi: &Expr) {
        let ExprKind::Call { callee, .. } = &*hi.kind else { return };
        let ExprKind::Member { object, name, .. } = &*callee.kind else { return };
        let number = matches!(*object.kind, ExprKind::Int(_) | ExprKind::Float(_));
        let written_bare = hi.span.lo == object.span.lo && !self.slice(hi.span.lo, hi.span.hi).starts_with('(');
        if written_bare && (number || &*name.name == "step") {
            let range = self.slice(span.lo, object.span.hi).to_owned();
            let call = self.slice(object.span.hi, hi.span.hi);
            let help = format!("write `({range}){call}`");
            let message = format!("`.{}` is called on the end of the range, not on the range", name.name);
            self.report(Diagnostic::new(&codes::RANGE_METHOD, hi.span, message).label("binds tighter than `..`").help(help));
        }
    }

    pub(crate) fn open_range(&mut self, from: Option<Expr>, to: Option<Expr>, inclusive: bool, lo: u32, hi: u32) -> Expr {
        let below = from.iter().chain(&to).map(|e| e.height).max().unwrap_or(0);
        self.expr(ExprKind::Range { lo: from, hi: to, inclusive }, Span { lo, hi }, below)
    }

    pub(crate) fn assign_in_condition(&mut self, target: Expr, value: Expr, lo: u32, hi: u32) -> Expr {
        let help = format!("write `{} == …`", super::shorten(self.slice(target.span.lo, target.span.hi)));
        self.report(
            Diagnostic::new(&codes::ASSIGN_IN_CONDITION, Span { lo, hi }, "`=` assigns; a condition compares with `==`")
                .label("expected `==`")
                .help(help),
        );
        self.binary(BinaryOp::Eq, target, value)
    }

    pub(crate) fn low(&mut self, low: Low, value: Option<Expr>, lo: u32, hi: u32) -> Expr {
        let below = value.as_ref().map_or(0, |value| value.height);
        let span = Span { lo, hi: value.as_ref().map_or(hi, |value| value.span.hi) };
        let kind = match (low, value) {
            (Low::Return, value) => ExprKind::Return(value),
            (Low::Yield, value) => ExprKind::Yield(value),
            (Low::Throw, Some(value)) => ExprKind::Throw(value),
            (Low::Throw, None) => ExprKind::Error,
        };
        self.expr(kind, span, below)
    }

    // ── Operands ───────────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn name(&mut self, ident: Ident) -> Expr {
        let id = self.id();
        self.expr(ExprKind::Name(id, ident.name), ident.span, 0)
    }

    /// A name or dotted path as an expression.
    pub(crate) fn path(&mut self, path: Vec<Ident>) -> Expr {
        let mut idents = path.into_iter();
        let Some(first) = idents.next() else { return self.leaf(ExprKind::Error, 0, 0) };
        let mut expr = self.name(first);
        for name in idents {
            let (span, below) = (expr.span.to(name.span), expr.height);
            expr = self.expr(ExprKind::Member { object: expr, name, optional: false }, span, below);
        }
        expr
    }

    pub(crate) fn self_ref(&mut self, lo: u32, hi: u32) -> Expr {
        let id = self.id();
        self.leaf(ExprKind::SelfRef(id), lo, hi)
    }

    pub(crate) fn super_ref(&mut self, name: Ident, lo: u32, hi: u32) -> Expr {
        let id = self.id();
        self.leaf(ExprKind::Super(id, name), lo, hi)
    }

    /// An expression in brackets: the brackets belong to its place, not to the tree.
    pub(crate) fn paren(&mut self, mut expr: Expr, lo: u32, hi: u32) -> Expr {
        expr.span = Span { lo, hi };
        expr
    }

    pub(crate) fn tuple(&mut self, items: Vec<Element>, lo: u32, hi: u32) -> Expr {
        let below = elements_height(&items);
        self.expr(ExprKind::Tuple(items), Span { lo, hi }, below)
    }

    pub(crate) fn tuple_with(&mut self, mut items: Vec<Element>, last: Option<Element>, lo: u32, hi: u32) -> Expr {
        items.extend(last);
        self.tuple(items, lo, hi)
    }

    pub(crate) fn list(&mut self, items: Vec<Element>, lo: u32, hi: u32) -> Expr {
        let below = elements_height(&items);
        self.expr(ExprKind::List(items), Span { lo, hi }, below)
    }

    pub(crate) fn map(&mut self, entries: Vec<MapElement>, lo: u32, hi: u32) -> Expr {
        let height = |entry: &MapElement| match entry {
            MapElement::Pair(key, value) => key.height.max(value.height),
            MapElement::Spread(value) => value.height,
        };
        let below = entries.iter().map(height).max().unwrap_or(0);
        self.expr(ExprKind::Map(entries), Span { lo, hi }, below)
    }

    pub(super) fn key_of(&mut self, ident: &Ident) -> Expr {
        self.expr(ExprKind::Str(ident.name.to_string()), ident.span, 0)
    }

    pub(crate) fn named_entry(&mut self, key: Ident, value: Expr) -> MapElement {
        MapElement::Pair(self.key_of(&key), value)
    }

    /// `{x}`: a key without a value.
    pub(crate) fn bare_entry(&mut self, ident: Ident) -> MapElement {
        let text = &ident.name;
        self.report(
            Diagnostic::new(&codes::MAP_KEY, ident.span, format!("expected `: value` after the key `{text}`"))
                .label("a key without a value")
                .help(format!("write `{text}: {text}`; a block on its own is `do {{ … }}`")),
        );
        let key = self.key_of(&ident);
        let value = self.name(ident);
        MapElement::Pair(key, value)
    }

    pub(crate) fn bad_entry(&mut self, lo: u32, hi: u32) -> MapElement {
        MapElement::Spread(self.leaf(ExprKind::Error, lo, hi))
    }

    pub(crate) fn call(&mut self, chain: Chain, args: Vec<Arg>, hi: u32) -> Chain {
        let height = |arg: &Arg| match arg {
            Arg::One(e) | Arg::Named(_, e) | Arg::Spread(e) => e.height,
        };
        let named = args.iter().position(|arg| matches!(arg, Arg::Named(..)));
        if let Some(named) = named
            && let (Arg::Named(name, _), Some(Arg::One(late))) =
                (&args[named], args[named..].iter().find(|arg| matches!(arg, Arg::One(_))))
        {
            let diagnostic =
                Diagnostic::new(&codes::POSITIONAL_AFTER_NAMED, late.span, "an argument by position after one by name")
                    .label("by position")
                    .note(name.span, "by name")
                    .help("put the arguments by position first");
            self.report(diagnostic);
        }
        let below = args.iter().map(height).max().unwrap_or(0).max(chain.expr.height);
        let span = Span { lo: chain.expr.span.lo, hi };
        let expr = self.expr(ExprKind::Call { callee: chain.expr, args }, span, below);
        Chain { expr, optional: chain.optional }
    }

    pub(crate) fn index(&mut self, chain: Chain, index: Expr, hi: u32) -> Chain {
        let below = index.height.max(chain.expr.height);
        let span = Span { lo: chain.expr.span.lo, hi };
        let expr = self.expr(ExprKind::Index { object: chain.expr, index }, span, below);
        Chain { expr, optional: chain.optional }
    }

    pub(crate) fn member_access(&mut self, chain: Chain, name: Ident, optional: bool) -> Chain {
        let (span, below) = (chain.expr.span.to(name.span), chain.expr.height);
        let expr = self.expr(ExprKind::Member { object: chain.expr, name, optional }, span, below);
        Chain { expr, optional: chain.optional || optional }
    }

    /// The end of an operand: the extent of its `?.`.
    pub(crate) fn finish_chain(&mut self, chain: Chain) -> Expr {
        if !chain.optional {
            return chain.expr;
        }
        let (span, below) = (chain.expr.span, chain.expr.height);
        self.expr(ExprKind::OptChain(chain.expr), span, below)
    }

    // ── Literals ───────────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn number(&mut self, lo: u32, hi: u32) -> Expr {
        let kind = literal::number(self.slice(lo, hi)).unwrap_or_else(|message| {
            self.report(
                Diagnostic::new(&codes::BAD_NUMBER, Span { lo, hi }, format!("malformed number: {message}"))
                    .label("not a number")
                    .help("numbers are written `1_000`, `0xff`, `0o17`, `0b1010`, `1.5`, `2e-3`"),
            );
            ExprKind::Error
        });
        self.leaf(kind, lo, hi)
    }

    /// The value of a string token without interpolation.
    pub(super) fn string_text(&mut self, lo: u32, hi: u32) -> String {
        let text = self.slice(lo, hi);
        let quotes = Quotes::of(text);
        let len = quotes.text().len();
        let end = if text.len() >= 2 * len && text.ends_with(quotes.text()) { hi - len as u32 } else { hi };
        let start = (lo + len as u32).min(end);
        if quotes == Quotes::Raw
            && let Some((at, len)) = literal::raw_slip(self.slice(start, end))
        {
            let at = start as usize + at;
            self.report(
                Diagnostic::new(&codes::RAW_ESCAPE, Span::new(at, at + len), "a raw string has no interpolations")
                    .label("looks like an interpolation, but is text")
                    .help("write the string with `\"…\"` if it is meant as one"),
            );
        }
        let mut texts = literal::texts(self.text, quotes, &[Piece::Text(start, end)], &mut self.diagnostics);
        texts.pop().unwrap_or_default()
    }

    pub(crate) fn string(&mut self, lo: u32, hi: u32) -> Expr {
        let text = self.string_text(lo, hi);
        self.leaf(ExprKind::Str(text), lo, hi)
    }

    pub(crate) fn interp(&mut self, parts: Vec<StrPart>, lo: u32, hi: u32) -> Expr {
        let quotes = Quotes::of(self.slice(lo, hi));
        let pieces: Vec<Piece> = parts.iter().map(Piece::from).collect();
        let mut texts = literal::texts(self.text, quotes, &pieces, &mut self.diagnostics).into_iter();
        let mut out = Vec::new();
        let mut below = 0;
        for part in parts {
            match part {
                StrPart::Text(..) => {
                    let text = texts.next().unwrap_or_default();
                    if !text.is_empty() {
                        out.push(InterpPart::Text(text));
                    }
                }
                StrPart::Expr(expr, spec) => {
                    below = below.max(expr.height);
                    let spec = spec.map(|(lo, hi)| self.format_spec(lo + 1, hi));
                    out.push(InterpPart::Expr(expr, spec));
                }
            }
        }
        self.expr(ExprKind::Interp(out), Span { lo, hi }, below)
    }

    fn format_spec(&mut self, lo: u32, hi: u32) -> FormatSpec {
        let text = self.slice(lo, hi);
        let span = Span { lo, hi };
        if let Err(message) = Spec::parse(text) {
            self.report(
                Diagnostic::new(&codes::BAD_FORMAT, span, format!("malformed format: {message}"))
                    .label("after the colon")
                    .help("formats look like `${x:>8}`, `${x:.2}`, `${x:08b}`, `${x:*^20}`"),
            );
        }
        FormatSpec { text: text.to_owned(), span }
    }
}

fn elements_height(items: &[Element]) -> u16 {
    let height = |item: &Element| match item {
        Element::One(e) | Element::Spread(e) => e.height,
    };
    items.iter().map(height).max().unwrap_or(0)
}

/// From the first to the last name of a path.
pub(super) fn path_span(path: &[Ident]) -> Span {
    match (path.first(), path.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => Span::default(),
    }
}

pub(crate) use super::build_decl::{Decl, EnumItems, FnParts, MethodKind};

impl<T> High<T> {
    /// Joins items of lists.
    pub(super) fn join(items: Vec<High<T>>) -> High<Vec<T>> {
        High::<Vec<T>>::of(items)
    }
}

impl PatItem {
    pub(super) fn new(item: PatternItem, span: Span) -> Self {
        Self { item, span }
    }

    pub(super) fn into_parts(self) -> (PatternItem, Span) {
        (self.item, self.span)
    }
}

impl MapPatItem {
    pub(super) fn new(item: MapPatternItem, span: Span) -> Self {
        Self { item, span }
    }

    pub(super) fn into_parts(self) -> (MapPatternItem, Span) {
        (self.item, self.span)
    }
}
