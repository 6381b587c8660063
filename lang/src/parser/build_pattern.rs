//! Building patterns; see [`super::build`].

use super::build::{Builder, High, MapPatItem, PatItem};
use crate::ast::*;
use crate::source::Span;

impl Builder<'_> {
    /// A bare name: binds, or `_`.
    pub(crate) fn pat_bind(&mut self, name: Ident) -> High<Pattern> {
        let Span { lo, hi } = name.span;
        let kind = match self.binding(name) {
            Some((id, name)) => PatternKind::Bind(id, name),
            None => PatternKind::Wildcard,
        };
        self.pattern(kind, lo, hi, 0)
    }

    /// What a name in a pattern binds; nothing for `_`.
    fn binding(&mut self, name: Ident) -> Option<(NodeId, Ident)> {
        if &*name.name == "_" { None } else { Some((self.id(), name)) }
    }

    pub(crate) fn pat_bind_is(&mut self, name: Ident, class: Expr, lo: u32, hi: u32) -> High<Pattern> {
        let below = class.height;
        let kind = match self.binding(name) {
            Some((id, name)) => PatternKind::BindIs(id, name, class),
            None => PatternKind::Is(class),
        };
        self.pattern(kind, lo, hi, below)
    }

    pub(crate) fn pat_value(&mut self, value: Expr, lo: u32, hi: u32) -> High<Pattern> {
        let below = value.height;
        self.pattern(PatternKind::Value(value), lo, hi, below)
    }

    pub(crate) fn pat_range(&mut self, from: Option<Expr>, to: Option<Expr>, inclusive: bool, lo: u32, hi: u32) -> High<Pattern> {
        let below = from.iter().chain(&to).map(|e| e.height).max().unwrap_or(0);
        self.pattern(PatternKind::Range { lo: from, hi: to, inclusive }, lo, hi, below)
    }

    pub(crate) fn pat_or(&mut self, alternatives: Vec<High<Pattern>>) -> High<Pattern> {
        let alternatives = High::join(alternatives);
        let lo = alternatives.node.first().map_or(0, |p| p.span.lo);
        let hi = alternatives.node.last().map_or(0, |p| p.span.hi);
        let height = alternatives.height;
        self.pattern(PatternKind::Or(alternatives.node), lo, hi, height)
    }

    // ── Tuples and lists ───────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn pat_rest(&mut self, name: Option<Ident>, lo: u32, hi: u32) -> High<PatItem> {
        let binding = name.and_then(|name| self.binding(name));
        High::new(PatItem::new(PatternItem::Rest(binding), Span { lo, hi }), 0)
    }

    fn pat_items(&mut self, items: Vec<High<PatItem>>) -> High<Vec<PatternItem>> {
        let items = High::join(items);
        let last = items.node.len().saturating_sub(1);
        let height = items.height;
        let mut out = Vec::with_capacity(items.node.len());
        for (i, item) in items.node.into_iter().enumerate() {
            let (item, span) = item.into_parts();
            if matches!(item, PatternItem::Rest(_)) && i != last {
                self.rest_not_last(span);
            }
            out.push(item);
        }
        High::new(out, height)
    }

    pub(crate) fn pat_tuple(&mut self, items: Vec<High<PatItem>>, lo: u32, hi: u32) -> High<Pattern> {
        let items = self.pat_items(items);
        self.pattern(PatternKind::Tuple(items.node), lo, hi, items.height)
    }

    pub(crate) fn pat_tuple_with(
        &mut self,
        mut items: Vec<High<PatItem>>,
        last: Option<High<PatItem>>,
        lo: u32,
        hi: u32,
    ) -> High<Pattern> {
        items.extend(last);
        self.pat_tuple(items, lo, hi)
    }

    pub(crate) fn pat_tuple_rest(&mut self, name: Option<Ident>, rest_lo: u32, rest_hi: u32, lo: u32, hi: u32) -> High<Pattern> {
        let rest = self.pat_rest(name, rest_lo, rest_hi);
        self.pat_tuple(vec![rest], lo, hi)
    }

    pub(crate) fn pat_list(&mut self, items: Vec<High<PatItem>>, lo: u32, hi: u32) -> High<Pattern> {
        let items = self.pat_items(items);
        self.pattern(PatternKind::List(items.node), lo, hi, items.height)
    }

    // ── Maps and classes ───────────────────────────────────────────────────────────────────────────────────────────

    /// `{name}`: the key and the name it is bound to.
    pub(crate) fn map_pat_short(&mut self, name: Ident) -> High<MapPatItem> {
        let key = self.key_of(&name);
        let pattern = self.pat_bind(name);
        MapPatItem::pair(key, pattern)
    }

    pub(crate) fn map_pat_named(&mut self, name: Ident, pattern: High<Pattern>) -> High<MapPatItem> {
        let key = self.key_of(&name);
        MapPatItem::pair(key, pattern)
    }

    pub(crate) fn map_pat_rest(&mut self, name: Option<Ident>, lo: u32, hi: u32) -> High<MapPatItem> {
        let binding = name.and_then(|name| self.binding(name));
        High::new(MapPatItem::new(MapPatternItem::Rest(binding), Span { lo, hi }), 0)
    }

    pub(crate) fn map_pat_bad(&mut self, lo: u32, hi: u32) -> High<MapPatItem> {
        let key = self.leaf(ExprKind::Error, lo, hi);
        let pattern = self.pattern(PatternKind::Error, lo, hi, 0);
        MapPatItem::pair(key, pattern)
    }

    pub(crate) fn pat_map(&mut self, items: Vec<High<MapPatItem>>, lo: u32, hi: u32) -> High<Pattern> {
        let items = High::join(items);
        let last = items.node.len().saturating_sub(1);
        let mut out = Vec::with_capacity(items.node.len());
        for (i, item) in items.node.into_iter().enumerate() {
            let (item, span) = item.into_parts();
            if matches!(item, MapPatternItem::Rest(_)) && i != last {
                self.rest_not_last(span);
            }
            out.push(item);
        }
        self.pattern(PatternKind::Map(out), lo, hi, items.height)
    }

    /// `y` in a class pattern, short for `y: y`.
    pub(crate) fn slot_pat_short(&mut self, name: Ident) -> High<SlotPattern> {
        let pattern = self.pat_bind(name.clone());
        self.slot_pat(name, pattern)
    }

    pub(crate) fn slot_pat(&mut self, name: Ident, pattern: High<Pattern>) -> High<SlotPattern> {
        pattern.map(|pattern| SlotPattern { name, pattern })
    }

    pub(crate) fn pat_class(&mut self, class: Expr, slots: Vec<High<SlotPattern>>, lo: u32, hi: u32) -> High<Pattern> {
        let slots = High::join(slots);
        let below = slots.height.max(class.height);
        self.pattern(PatternKind::Class { class, slots: slots.node }, lo, hi, below)
    }
}
