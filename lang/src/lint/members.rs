//! Members of `self` that no instance has: names that neither the class nor a base, a subclass or an `extend` of these gives.
//!
//! Only where all of them are known: classes of the program's files whose bases are, too.

use super::{Known, LintFile, Program};
use crate::ast::visit::{Visitor, walk_expr, walk_member, walk_stmt, walk_stmts, walk_target};
use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::near::suggestion;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A class or enum by namespace and name.
type Id = (Arc<str>, Name);

struct Members<'p> {
    file: &'p LintFile,
    program: &'p Program,
    /// Names that instances have, with the name of the class, while a method is looked at.
    known: Option<(Name, BTreeSet<Name>)>,
    found: Vec<Diagnostic>,
}

/// Warnings about members of `self` that do not exist.
pub(super) fn unknown_members(program: &Program, file: &LintFile) -> Vec<Diagnostic> {
    let mut members = Members { file, program, known: None, found: Vec::new() };
    walk_stmts(&mut members, &file.tree.stmts);
    members.found
}

impl Members<'_> {
    fn within(&mut self, known: Option<(Name, BTreeSet<Name>)>, look: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.known, known);
        look(self);
        self.known = outer;
    }

    fn access(&mut self, object: &Expr, name: &Ident) {
        let (ExprKind::SelfRef(_), Some((class, known))) = (&*object.kind, &self.known) else { return };
        if known.contains(&name.name) {
            return;
        }
        let near = suggestion(&name.name, known.iter().map(|name| &**name));
        let message = format!("`{class}` has no slot or method `{}`{near}", name.name);
        let diagnostic = Diagnostic::new(&codes::UNKNOWN_MEMBER, name.span, message)
            .label("no instance has it")
            .help(format!("declare it with `slot {0}` or `fn {0}`, or check all files of the program together", name.name));
        self.found.push(diagnostic);
    }

    /// The names that instances of a class may have, if all of them are known.
    fn names_of(&self, id: &Id) -> Option<BTreeSet<Name>> {
        let mut names = BTreeSet::new();
        let mut family: Vec<Id> = Vec::new();
        let mut waiting = vec![id.clone()];
        while let Some(id) = waiting.pop() {
            if family.contains(&id) {
                continue;
            }
            waiting.extend(self.program.bases(&id)?);
            family.push(id);
        }
        // A method may count on what each subclass gives.
        let own = id.clone();
        for below in self.program.below(&own) {
            if !family.contains(&below) {
                family.push(below);
            }
        }
        for id in &family {
            match self.program.known(&id.0, &id.1)?.1 {
                Known::Class(decl) => add_names(&decl.members, &mut names),
                Known::Enum(decl) => {
                    names.extend(["name", "ordinal"].map(Name::new));
                    for variant in &decl.variants {
                        names.extend(variant.fields.iter().flatten().map(|field| field.name.clone()));
                    }
                    add_names(&decl.members, &mut names);
                }
                Known::Function(_) => return None,
            }
        }
        for (file, extension) in self.program.extensions() {
            if file
                .named(&extension.target)
                .is_some_and(|(namespace, name)| family.iter().any(|(n, c)| **n == *namespace && c == name))
            {
                add_names(&extension.members, &mut names);
            }
        }
        Some(names)
    }

    fn known_in(&self, namespace: &str, name: &Name) -> Option<(Name, BTreeSet<Name>)> {
        let names = self.names_of(&(Arc::from(namespace), name.clone()))?;
        Some((name.clone(), names))
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
            StmtKind::Class(decl) if is_top && decl.decorators.is_empty() => self.known_in(&self.file.namespace, &decl.name.name),
            StmtKind::Enum(decl) if is_top && decl.decorators.is_empty() => self.known_in(&self.file.namespace, &decl.name.name),
            StmtKind::Extend(decl) if is_top => {
                let target = self.file.named(&decl.target);
                target.and_then(|(namespace, name)| self.known_in(namespace, name))
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

impl Program {
    /// The bases of a class; `None` if it or one of them is not known.
    fn bases(&self, id: &Id) -> Option<Vec<Id>> {
        match self.known(&id.0, &id.1)? {
            (file, Known::Class(decl)) => {
                let bases = decl.bases.iter().map(|base| {
                    let (namespace, name) = file.named(base)?;
                    self.known(namespace, name)?;
                    Some((Arc::from(namespace), name.clone()))
                });
                bases.collect()
            }
            (_, Known::Enum(_)) => Some(Vec::new()),
            (_, Known::Function(_)) => None,
        }
    }

    /// All classes below one.
    fn below(&self, id: &Id) -> Vec<Id> {
        let mut found: Vec<Id> = Vec::new();
        let mut waiting = vec![id.clone()];
        while let Some(above) = waiting.pop() {
            let children = self.definitions.keys().filter(|other| match self.known(&other.0, &other.1) {
                Some((file, Known::Class(decl))) => {
                    let bases = decl.bases.iter().filter_map(|base| file.named(base));
                    bases.into_iter().any(|(namespace, name)| *namespace == *above.0 && *name == above.1)
                }
                _ => false,
            });
            for child in children {
                if !found.contains(child) {
                    found.push(child.clone());
                    waiting.push(child.clone());
                }
            }
        }
        found
    }
}
