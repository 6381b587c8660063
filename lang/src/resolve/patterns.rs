//! Patterns: the names they bind, and that they bind them soundly.

use super::Res;
use super::scope::Resolver;
use crate::ast::walk::with_stack;
use crate::ast::{Arm, ExprKind, Ident, MapPatternItem, Name, NodeId, Param, Pattern, PatternItem, PatternKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

/// The names that a pattern binds.
#[derive(Default)]
struct Binders {
    /// Ids and names that make the variables, in text order.
    makes: Vec<(NodeId, Ident)>,
    /// Ids in further alternatives of `|`: the same variables again.
    again: Vec<(NodeId, Name)>,
}

/// Where the names of a pattern live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// Variables of the innermost block.
    Local,
    /// Constants of the innermost block.
    LocalConst,
    /// Definitions of the file.
    TopLevel,
}

impl Resolver<'_> {
    /// Resolves the expressions of a pattern, then makes its names visible.
    pub(super) fn pattern(&mut self, pattern: &Pattern, place: Place) {
        self.pattern_exprs(pattern);
        let mut binders = Binders::default();
        self.binders(pattern, &mut binders);
        self.check_bound_once(&binders.makes);
        let mut made: FxHashMap<Name, Res> = FxHashMap::default();
        for (id, ident) in &binders.makes {
            let res = match made.get(&ident.name) {
                Some(res) => res.clone(),
                None => match place {
                    Place::TopLevel => Res::Name(ident.name.clone()),
                    Place::Local | Place::LocalConst => Res::Local(self.declare(ident, place == Place::LocalConst)),
                },
            };
            made.insert(ident.name.clone(), res.clone());
            self.set_res(*id, res);
        }
        for (id, name) in &binders.again {
            if let Some(res) = made.get(name) {
                self.set_res(*id, res.clone());
            }
        }
    }

    /// The names that the patterns of parameters bind.
    pub(super) fn param_names(&mut self, params: &[Param]) -> Vec<Ident> {
        let mut binders = Binders::default();
        for param in params {
            self.binders(&param.pattern, &mut binders);
        }
        binders.makes.into_iter().map(|(_, ident)| ident).collect()
    }

    /// The names that a pattern binds.
    pub(super) fn pattern_names(&mut self, pattern: &Pattern) -> Vec<Ident> {
        let mut binders = Binders::default();
        self.binders(pattern, &mut binders);
        binders.makes.into_iter().map(|(_, ident)| ident).collect()
    }

    fn check_bound_once(&mut self, makes: &[(NodeId, Ident)]) {
        let mut seen: FxHashMap<&str, &Ident> = FxHashMap::default();
        for (_, ident) in makes {
            if let Some(first) = seen.insert(&ident.name, ident) {
                self.diagnostics.push(
                    Diagnostic::new(&codes::BOUND_TWICE, ident.span, format!("this pattern binds `{}` twice", ident.name))
                        .label("bound again")
                        .note(first.span, "first bound here")
                        .help("choose another name; to demand equal values add a guard: `if a == b`"),
                );
            }
        }
    }

    fn binders(&mut self, pattern: &Pattern, out: &mut Binders) {
        with_stack(|| match &*pattern.kind {
            PatternKind::Bind(id, ident) | PatternKind::BindIs(id, ident, _) => out.makes.push((*id, ident.clone())),
            PatternKind::Tuple(items) | PatternKind::List(items) => {
                for item in items {
                    match item {
                        PatternItem::One(pattern) => self.binders(pattern, out),
                        PatternItem::Rest(binding) => out.makes.extend(binding.clone()),
                    }
                }
            }
            PatternKind::Map(items) => {
                for item in items {
                    match item {
                        MapPatternItem::Pair(_, pattern) => self.binders(pattern, out),
                        MapPatternItem::Rest(binding) => out.makes.extend(binding.clone()),
                    }
                }
            }
            PatternKind::Class { slots, .. } => slots.iter().for_each(|slot| self.binders(&slot.pattern, out)),
            PatternKind::Or(alternatives) => self.alternatives(alternatives, out),
            PatternKind::Wildcard | PatternKind::Is(_) | PatternKind::Value(_) | PatternKind::Range { .. } | PatternKind::Error => {
            }
        });
    }

    /// The first alternative makes the names; the others must bind the same.
    fn alternatives(&mut self, alternatives: &[Pattern], out: &mut Binders) {
        let Some((first, others)) = alternatives.split_first() else { return };
        let mut made = Binders::default();
        self.binders(first, &mut made);
        for other in others {
            let mut again = Binders::default();
            self.binders(other, &mut again);
            self.check_same_names(&made.makes, first, &again.makes, other);
            out.again.extend(again.makes.into_iter().map(|(id, ident)| (id, ident.name)));
            out.again.append(&mut again.again);
        }
        out.makes.append(&mut made.makes);
        out.again.append(&mut made.again);
    }

    fn check_same_names(&mut self, made: &[(NodeId, Ident)], first: &Pattern, again: &[(NodeId, Ident)], other: &Pattern) {
        let names = |bound: &[(NodeId, Ident)]| bound.iter().map(|(_, ident)| ident.name.clone()).collect::<FxHashSet<Name>>();
        let (names_made, names_again) = (names(made), names(again));
        let missing = made.iter().find(|(_, ident)| !names_again.contains(&ident.name)).map(|(_, ident)| (ident, other));
        let extra = || again.iter().find(|(_, ident)| !names_made.contains(&ident.name)).map(|(_, ident)| (ident, first));
        let Some((ident, lacking)) = missing.or_else(extra) else { return };
        let mut diagnostic = Diagnostic::new(
            &codes::ALTERNATIVES_DIFFER,
            lacking.span,
            format!("this alternative does not bind `{}`, another one does", ident.name),
        )
        .label(format!("`{}` is missing", ident.name))
        .note(ident.span, "bound here");
        diagnostic.help = Some(match (&*first.kind, &*other.kind) {
            (PatternKind::BindIs(_, name, class), PatternKind::Bind(_, other)) => match &*class.kind {
                ExprKind::Name(_, class) => {
                    format!("to test for several classes write `{0} is {class} | {0} is {1}`", name.name, other.name)
                }
                _ => format!("to test for several classes repeat the name: `… | {} is {}`", name.name, other.name),
            },
            (_, PatternKind::Bind(_, other)) => format!("a bare name binds; to compare with its value write `== {}`", other.name),
            _ => "all alternatives bind the same names".into(),
        });
        self.diagnostics.push(diagnostic);
    }

    /// Arms behind one that matches everything.
    pub(super) fn check_arms(&mut self, arms: &[Arm]) {
        let Some((last, before_last)) = arms.split_last() else { return };
        for arm in arms {
            let is_refused = !std::ptr::eq(arm, last) && arm.guard.is_none();
            if !(is_refused && matches!(&*arm.pattern.kind, PatternKind::Bind(..))) {
                self.check_variants(&arm.pattern);
            }
        }
        for arm in before_last.iter().filter(|arm| arm.guard.is_none()) {
            match &*arm.pattern.kind {
                PatternKind::Bind(_, ident) if let Some(owner) = self.variants.get(&ident.name) => self.diagnostics.push(
                    Diagnostic::new(
                        &codes::UNREACHABLE_ARM,
                        arm.pattern.span,
                        format!("later arms cannot be reached; write `{owner}.{}`", ident.name),
                    )
                    .label("a bare name matches everything and binds it")
                    .help(format!("a variant is written with its enum: `{owner}.{}`", ident.name)),
                ),
                PatternKind::Bind(_, ident) => self.diagnostics.push(
                    Diagnostic::new(
                        &codes::UNREACHABLE_ARM,
                        arm.pattern.span,
                        format!("later arms cannot be reached; write `== {}`", ident.name),
                    )
                    .label("a bare name matches everything and binds it")
                    .help(format!("`== {}` compares with its value; put an arm for everything else last", ident.name)),
                ),
                PatternKind::Wildcard => self.diagnostics.push(
                    Diagnostic::new(&codes::UNREACHABLE_WILDCARD, arm.pattern.span, "later arms cannot be reached")
                        .label("matches everything")
                        .help("put `_` last"),
                ),
                _ => {}
            }
        }
    }

    /// Variants that are written without their enum: names that bind, or classes that do not exist.
    fn check_variants(&mut self, pattern: &Pattern) {
        with_stack(|| match &*pattern.kind {
            PatternKind::Bind(_, ident) => self.check_variant(&ident.name, ident.span, "matches everything and binds it"),
            PatternKind::Class { class, slots } => {
                if let ExprKind::Name(_, name) = &*class.kind {
                    self.check_variant(name, class.span, "no class of this name is defined here");
                }
                slots.iter().for_each(|slot| self.check_variants(&slot.pattern));
            }
            PatternKind::Tuple(items) | PatternKind::List(items) => items.iter().for_each(|item| {
                if let PatternItem::One(pattern) = item {
                    self.check_variants(pattern);
                }
            }),
            PatternKind::Map(items) => items.iter().for_each(|item| {
                if let MapPatternItem::Pair(_, pattern) = item {
                    self.check_variants(pattern);
                }
            }),
            PatternKind::Or(alternatives) => alternatives.iter().for_each(|pattern| self.check_variants(pattern)),
            PatternKind::BindIs(..)
            | PatternKind::Is(_)
            | PatternKind::Value(_)
            | PatternKind::Range { .. }
            | PatternKind::Wildcard
            | PatternKind::Error => {}
        });
    }

    fn check_variant(&mut self, name: &Name, span: Span, label: &str) {
        let Some(owner) = self.variants.get(name) else { return };
        self.diagnostics.push(
            Diagnostic::new(&codes::BARE_VARIANT, span, format!("`{name}` is not the variant of `{owner}` here"))
                .label(label)
                .help(format!("a variant is written with its enum: `{owner}.{name}`")),
        );
    }

    /// The expressions in a pattern: classes, values, bounds, keys.
    pub(super) fn pattern_exprs(&mut self, pattern: &Pattern) {
        with_stack(|| match &*pattern.kind {
            PatternKind::BindIs(_, _, expr) | PatternKind::Is(expr) | PatternKind::Value(expr) => self.expr(expr),
            PatternKind::Range { lo, hi, .. } => lo.iter().chain(hi).for_each(|end| self.expr(end)),
            PatternKind::Tuple(items) | PatternKind::List(items) => {
                for item in items {
                    if let PatternItem::One(pattern) = item {
                        self.pattern_exprs(pattern);
                    }
                }
            }
            PatternKind::Map(items) => {
                for item in items {
                    if let MapPatternItem::Pair(key, pattern) = item {
                        self.expr(key);
                        self.pattern_exprs(pattern);
                    }
                }
            }
            PatternKind::Class { class, slots } => {
                self.expr(class);
                slots.iter().for_each(|slot| self.pattern_exprs(&slot.pattern));
            }
            PatternKind::Or(alternatives) => alternatives.iter().for_each(|pattern| self.pattern_exprs(pattern)),
            PatternKind::Wildcard | PatternKind::Bind(..) | PatternKind::Error => {}
        });
    }
}
