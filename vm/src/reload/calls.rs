//! Warnings for calls that fit the parameters of a function as it runs, and do not fit those that an edit gives it.
//!
//! Known are calls by the names of functions, static functions, variants, classes with an `init` and classes without bases, and those of a class's
//! own methods on `self`.
//! Asked only by edits that change parameters; texts that have such a name in them are looked through then.

use super::codes;
use super::names::Names;
use super::plan::{FileInput, PlannedFile, ReloadPlan};
use super::texts::{Text, texts};
use crate::image::{ClassImage, DefinitionKind, MemberRole, ModuleImage, ProtoImage, VariantImage};
use crate::interp::signature;
use lang::ast::visit::{Visitor, walk_expr, walk_stmt, walk_stmts};
use lang::ast::{Arg, Expr, ExprKind, Stmt, StmtKind};
use lang::diagnostic::Diagnostic;
use lang::source::{Source, Span};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The method that a call of a class calls.
const INIT: &str = "init";

/// What can be given in a call.
struct Params<'a> {
    /// Names in order, and whether the argument has to be there.
    names: Vec<(&'a str, bool)>,
    takes_more: bool,
    /// For messages: `name(a, b = 1)`.
    shown: String,
}

impl<'a> Params<'a> {
    fn of_function(function: &'a ProtoImage) -> Self {
        let names = function.params.iter().map(|param| (&*param.name, param.default.is_none())).collect();
        Params { names, takes_more: function.rest.is_some(), shown: signature(function) }
    }

    /// Of a class without `init` and bases: its slots.
    fn of_slots(class: &'a ClassImage) -> Self {
        Params::of_names(&class.name, class.slots.iter().map(|slot| (&*slot.name, false)).collect())
    }

    fn of_variant(variant: &'a VariantImage) -> Option<Self> {
        let names = variant.fields.as_ref()?.iter().map(|field| (&**field, true)).collect();
        Some(Params::of_names(&variant.name, names))
    }

    fn of_names(name: &str, names: Vec<(&'a str, bool)>) -> Self {
        let shown = format!("{name}({})", names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "));
        Params { names, takes_more: false, shown }
    }
}

/// A function before and after an edit of its parameters.
struct Edited<'a> {
    /// What a text has to mention to call it.
    word: &'a str,
    /// Whether it has a receiver, which a call through the class gives as first argument.
    is_method: bool,
    old: Params<'a>,
    new: Params<'a>,
}

/// By qualified names; of methods with their classes.
type EditedFunctions<'a> = FxHashMap<String, Edited<'a>>;

/// Calls that a plan leaves without the arguments that it asks for, in its files and in the others of the program.
pub(super) fn misfitting_calls(
    plan: &ReloadPlan,
    others: &[FileInput],
    running: &[(Arc<str>, Arc<ModuleImage>)],
) -> Vec<(Source, Diagnostic)> {
    let mut edited = EditedFunctions::default();
    for file in plan.files.iter().filter(|file| file.changed) {
        if let Some((_, old)) = running.iter().find(|(path, _)| *path == file.path) {
            collect(file, old, &mut edited);
        }
    }
    if edited.is_empty() {
        return Vec::new();
    }
    let mentions = |text: &Text<'_>| edited.values().any(|function| text.has(function.word));
    texts(plan, others).filter(mentions).flat_map(|text| look_through(&text, &edited)).collect()
}

/// Functions of a file whose parameters differ.
fn collect<'a>(file: &'a PlannedFile, old: &'a ModuleImage, edited: &mut EditedFunctions<'a>) {
    let new = &*file.image;
    for definition in file.definitions.iter().filter(|d| d.is_edited) {
        let Some(now) = definition.index.map(|i| &new.definitions[i]) else { continue };
        // A decorator may call it with other arguments.
        let Some(before) = old.definition(&definition.name).filter(|d| d.unit.is_none() && now.unit.is_none()) else { continue };
        let name = format!("{}.{}", file.namespace, definition.name);
        match (before.kind, now.kind) {
            (DefinitionKind::Function(a), DefinitionKind::Function(b)) => {
                let (a, b) = (&old.protos[a.0 as usize], &new.protos[b.0 as usize]);
                note((name, &now.name, false), Params::of_function(a), Params::of_function(b), edited);
            }
            (DefinitionKind::Enum(a), DefinitionKind::Enum(b)) => {
                let (before, now) = (&old.enums[a.0 as usize].variants, &new.enums[b.0 as usize].variants);
                for is in now {
                    let was = before.iter().find(|variant| variant.name == is.name).and_then(Params::of_variant);
                    let (Some(was), Some(params)) = (was, Params::of_variant(is)) else { continue };
                    note((format!("{name}.{}", is.name), &is.name, false), was, params, edited);
                }
            }
            (DefinitionKind::Class(a), DefinitionKind::Class(b)) => {
                collect_members(&name, (old, &old.classes[a.0 as usize]), (new, &new.classes[b.0 as usize]), edited);
            }
            _ => {}
        }
    }
}

fn collect_members<'a>(
    name: &str,
    (old, before): (&'a ModuleImage, &'a ClassImage),
    (new, now): (&'a ModuleImage, &'a ClassImage),
    edited: &mut EditedFunctions<'a>,
) {
    for member in now.members.iter().filter(|m| matches!(m.role, MemberRole::Method | MemberRole::Static)) {
        let mut same = before.members.iter().filter(|m| m.name == member.name && m.role == member.role);
        let Some(was) = same.next().filter(|was| was.decorate.is_none() && member.decorate.is_none()) else { continue };
        let (was, is) = (&old.protos[was.proto.0 as usize], &new.protos[member.proto.0 as usize]);
        let is_method = member.role == MemberRole::Method;
        let params = || (Params::of_function(was), Params::of_function(is));
        let ((a, b), qualified) = (params(), format!("{name}.{}", member.name));
        note((qualified, &member.name, is_method), a, b, edited);
        if *member.name == *INIT {
            let (a, b) = params();
            note((name.to_owned(), &now.name, false), a, b, edited);
        }
    }
    let takes_slots = |class: &ClassImage| class.bases.is_empty() && class.members.iter().all(|member| *member.name != *INIT);
    if takes_slots(before) && takes_slots(now) {
        note((name.to_owned(), &now.name, false), Params::of_slots(before), Params::of_slots(now), edited);
    }
}

fn note<'a>((name, word, is_method): (String, &'a str, bool), old: Params<'a>, new: Params<'a>, edited: &mut EditedFunctions<'a>) {
    if old.shown != new.shown {
        edited.insert(name, Edited { word, is_method, old, new });
    }
}

fn look_through(text: &Text<'_>, edited: &EditedFunctions<'_>) -> Vec<(Source, Diagnostic)> {
    let found = text.look(|names, stmts| {
        let mut walk = Walk { names, edited, class: None, found: Vec::new() };
        walk_stmts(&mut walk, stmts);
        walk.found
    });
    found.into_iter().map(|diagnostic| (text.source.clone(), diagnostic)).collect()
}

struct Walk<'a> {
    names: Names<'a>,
    edited: &'a EditedFunctions<'a>,
    /// Qualified name of the class that is looked at.
    class: Option<String>,
    found: Vec<Diagnostic>,
}

impl Walk<'_> {
    /// The name under which what is called is known.
    fn called(&self, callee: &Expr) -> Option<String> {
        if let Some(name) = self.names.qualified(callee) {
            return Some(name);
        }
        let ExprKind::Member { object, name, .. } = &*callee.kind else { return None };
        let class = match &*object.kind {
            ExprKind::SelfRef(_) => self.class.clone()?,
            _ => self.names.qualified(object)?,
        };
        Some(format!("{class}.{}", name.name.0))
    }

    fn look(&mut self, callee: &Expr, args: &[Arg], span: Span) {
        let Some(name) = self.called(callee) else { return };
        let is_on_self = matches!(&*callee.kind, ExprKind::Member { object, .. } if matches!(&*object.kind, ExprKind::SelfRef(_)));
        let Some(function) = self.edited.get(&name).filter(|function| !function.is_method || is_on_self) else { return };
        // What a spread gives is not known.
        if args.iter().any(|arg| matches!(arg, Arg::Spread(_))) || misfit(&function.old, args).is_some() {
            return;
        }
        let Some(why) = misfit(&function.new, args) else { return };
        let diagnostic = Diagnostic::new(&codes::MISFIT, span, format!("this call no longer fits `{name}`: {why}"))
            .label("raises ArityError")
            .help(format!("its parameters are those of `{}` now", function.new.shown));
        self.found.push(diagnostic);
    }
}

impl Visitor for Walk<'_> {
    fn stmt(&mut self, stmt: &Stmt) {
        let outer = self.class.clone();
        if let StmtKind::Class(class) = &stmt.kind {
            self.class = Some(format!("{}.{}", self.names.namespace, class.name.name.0));
        }
        walk_stmt(self, stmt);
        self.class = outer;
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Call { callee, args } = &*expr.kind {
            self.look(callee, args, expr.span);
        }
        walk_expr(self, expr);
    }
}

/// Why arguments cannot be taken.
fn misfit(params: &Params<'_>, args: &[Arg]) -> Option<String> {
    let names = &params.names;
    let count = args.iter().filter(|arg| matches!(arg, Arg::One(_))).count();
    if count > names.len() && !params.takes_more {
        return Some(format!("it takes at most {}, and {count} are given", names.len()));
    }
    let mut given = vec![false; names.len()];
    given.iter_mut().take(count).for_each(|given| *given = true);
    for arg in args {
        let Arg::Named(name, _) = arg else { continue };
        match names.iter().position(|(other, _)| **other == *name.name.0) {
            Some(at) if !given[at] => given[at] = true,
            Some(_) => return Some(format!("`{}` is given twice", name.name.0)),
            None => return Some(format!("it has no parameter `{}`", name.name.0)),
        }
    }
    let (missing, _) = names.iter().zip(given).find(|((_, is_required), given)| !given && *is_required)?.0;
    let missing = if missing.is_empty() { "an argument".to_owned() } else { format!("the argument `{missing}`") };
    Some(format!("{missing} is missing"))
}
