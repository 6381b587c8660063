//! Members of `self` that no instance has: names that neither the class nor a base, a subclass or an `extend` of these gives.
//!
//! Only where all of them are known: classes of the program's files whose bases are, too.

use super::{Known, LintFile, Program};
use crate::ast::visit::{Visitor, walk_expr, walk_member, walk_stmt, walk_stmts, walk_target};
use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::near::suggestion;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A class or enum by namespace and name.
type Id = (Arc<str>, Name);

/// Unknown members of a file for which it is looked what may have been meant.
const SUGGESTIONS_MAX: usize = 50;

/// The classes and enums of a program by index, with what is above and below each.
pub(super) struct Classes {
    index: FxHashMap<Id, usize>,
    names: Vec<Name>,
    /// Names that instances have by the class itself or an `extend` of it.
    own: Vec<BTreeSet<Name>>,
    /// Indices of the bases.
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
    /// Whether all bases of it, and theirs, are known.
    is_known: Vec<bool>,
    /// The classes that have a member of this name.
    with: FxHashMap<Name, Vec<usize>>,
}

/// The use of a member of `self`.
struct Access {
    class: usize,
    name: Ident,
}

struct Members<'p> {
    file: &'p LintFile,
    classes: &'p Classes,
    /// The class whose method is looked at, if all of its family is known.
    class: Option<usize>,
    accesses: Vec<Access>,
}

/// Warnings about members of `self` that do not exist.
pub(super) fn unknown_members(classes: &Classes, file: &LintFile) -> Vec<Diagnostic> {
    let mut members = Members { file, classes, class: None, accesses: Vec::new() };
    walk_stmts(&mut members, &file.tree.stmts);
    let mut by_name: FxHashMap<&Name, Vec<&Access>> = FxHashMap::default();
    for access in members.accesses.iter().filter(|access| !classes.own[access.class].contains(&access.name.name)) {
        by_name.entry(&access.name.name).or_default().push(access);
    }
    let mut unknown: Vec<&Access> = Vec::new();
    for (name, accesses) in by_name {
        let families = classes.families_with(name);
        unknown.extend(accesses.into_iter().filter(|access| !families.contains(&access.class)));
    }
    unknown.sort_by_key(|access| access.name.span.lo);
    unknown.iter().enumerate().map(|(count, access)| classes.problem(access, count < SUGGESTIONS_MAX)).collect()
}

impl Classes {
    /// The classes of a program.
    pub(super) fn new(program: &Program) -> Classes {
        let mut ids: Vec<&Id> = program.definitions.keys().collect();
        ids.sort_unstable();
        ids.retain(|id| matches!(program.known(&id.0, &id.1), Some((_, Known::Class(_) | Known::Enum(_)))));
        let index: FxHashMap<Id, usize> = ids.iter().enumerate().map(|(at, id)| ((*id).clone(), at)).collect();
        let mut classes = Classes {
            names: ids.iter().map(|id| id.1.clone()).collect(),
            own: vec![BTreeSet::new(); ids.len()],
            above: vec![Vec::new(); ids.len()],
            below: vec![Vec::new(); ids.len()],
            is_known: vec![true; ids.len()],
            with: FxHashMap::default(),
            index,
        };
        for (at, id) in ids.into_iter().enumerate() {
            match program.known(&id.0, &id.1) {
                Some((file, Known::Class(decl))) => {
                    add_names(&decl.members, &mut classes.own[at]);
                    for base in &decl.bases {
                        match file.named(base).and_then(|(namespace, name)| classes.find(namespace, name)) {
                            Some(above) => {
                                classes.above[at].push(above);
                                classes.below[above].push(at);
                            }
                            None => classes.is_known[at] = false,
                        }
                    }
                }
                Some((_, Known::Enum(decl))) => {
                    let own = &mut classes.own[at];
                    own.extend(["name", "ordinal"].map(Name::new));
                    own.extend(decl.variants.iter().flat_map(|v| v.fields.iter().flatten()).map(|field| field.name.clone()));
                    add_names(&decl.members, own);
                }
                _ => {}
            }
        }
        for (file, extension) in program.extensions() {
            if let Some(at) = file.named(&extension.target).and_then(|(namespace, name)| classes.find(namespace, name)) {
                add_names(&extension.members, &mut classes.own[at]);
            }
        }
        // What is below a class with a base that is not known is not known either.
        let unknown: Vec<usize> = (0..classes.names.len()).filter(|at| !classes.is_known[*at]).collect();
        for at in reach(&unknown, &classes.below) {
            classes.is_known[at] = false;
        }
        for (at, names) in classes.own.iter().enumerate() {
            for name in names {
                classes.with.entry(name.clone()).or_default().push(at);
            }
        }
        classes
    }

    fn find(&self, namespace: &str, name: &Name) -> Option<usize> {
        self.index.get(&(Arc::from(namespace), name.clone())).copied()
    }

    /// A class all of whose bases are known.
    fn find_known(&self, namespace: &str, name: &Name) -> Option<usize> {
        self.find(namespace, name).filter(|at| self.is_known[*at])
    }

    /// The classes whose instances may have this member: by themselves, by a base, or by a subclass, on which a method may count.
    fn families_with(&self, name: &Name) -> FxHashSet<usize> {
        let Some(with) = self.with.get(name) else { return FxHashSet::default() };
        let mut families = reach(with, &self.below);
        families.extend(reach(with, &self.above));
        families
    }

    fn problem(&self, access: &Access, wants_suggestion: bool) -> Diagnostic {
        let (class, name) = (&self.names[access.class], &access.name);
        let near = if wants_suggestion {
            let mut family = reach(&[access.class], &self.below);
            family.extend(reach(&[access.class], &self.above));
            let known: BTreeSet<&Name> = family.iter().flat_map(|at| &self.own[*at]).collect();
            suggestion(&name.name, known.into_iter().map(|name| &**name))
        } else {
            String::new()
        };
        Diagnostic::new(&codes::UNKNOWN_MEMBER, name.span, format!("`{class}` has no slot or method `{}`{near}", name.name))
            .label("no instance has it")
            .help(format!("declare it with `slot {0}` or `fn {0}`, or check all files of the program together", name.name))
    }
}

/// These, and what is reached from them.
fn reach(from: &[usize], next: &[Vec<usize>]) -> FxHashSet<usize> {
    let mut reached: FxHashSet<usize> = from.iter().copied().collect();
    let mut waiting = from.to_vec();
    while let Some(at) = waiting.pop() {
        waiting.extend(next[at].iter().filter(|next| reached.insert(**next)));
    }
    reached
}

impl Members<'_> {
    fn within(&mut self, class: Option<usize>, look: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.class, class);
        look(self);
        self.class = outer;
    }

    fn access(&mut self, object: &Expr, name: &Ident) {
        if let (ExprKind::SelfRef(_), Some(class)) = (&*object.kind, self.class) {
            self.accesses.push(Access { class, name: name.clone() });
        }
    }
}

/// Everything that an instance of a class with these members answers to.
fn add_names(members: &[Member], names: &mut BTreeSet<Name>) {
    for member in members {
        match &member.kind {
            MemberKind::Slot(slot) => {
                names.insert(slot.name.name.clone());
            }
            MemberKind::Shared { name, .. } => {
                names.insert(name.name.clone());
            }
            MemberKind::Method(decl) | MemberKind::Getter(decl) | MemberKind::Setter(decl) => {
                names.insert(decl.name.name.clone());
            }
            MemberKind::Static(_) | MemberKind::Migrate { .. } => {}
        }
    }
}

impl Visitor for Members<'_> {
    fn stmt(&mut self, stmt: &Stmt) {
        // Those of blocks may be made anew with other bases; only classes of the top level are looked at.
        let is_top = self.file.tree.stmts.iter().any(|top| std::ptr::eq(top, stmt));
        let known = match &stmt.kind {
            StmtKind::Class(decl) if is_top && decl.decorators.is_empty() => {
                self.classes.find_known(&self.file.namespace, &decl.name.name)
            }
            StmtKind::Enum(decl) if is_top && decl.decorators.is_empty() => {
                self.classes.find_known(&self.file.namespace, &decl.name.name)
            }
            StmtKind::Extend(decl) if is_top => {
                let target = self.file.named(&decl.target);
                target.and_then(|(namespace, name)| self.classes.find_known(namespace, name))
            }
            StmtKind::Class(_) | StmtKind::Enum(_) | StmtKind::Extend(_) => None,
            _ => return walk_stmt(self, stmt),
        };
        self.within(known, |v| walk_stmt(v, stmt));
    }

    fn member(&mut self, member: &Member) {
        match &member.kind {
            // There `self` is the class.
            MemberKind::Static(_) | MemberKind::Shared { .. } => self.within(None, |v| walk_member(v, member)),
            _ => walk_member(self, member),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Member { object, name, .. } = &*expr.kind {
            self.access(object, name);
        }
        walk_expr(self, expr);
    }

    fn target(&mut self, target: &Target) {
        if let Target::Member(object, name) = target {
            self.access(object, name);
        }
        walk_target(self, target);
    }
}
