//! Calls of functions and classes of the program whose arguments cannot be taken: too many, too few, or by a name that no parameter has.

use super::{Known, LintFile, Program};
use crate::ast::visit::{Visitor, walk_expr, walk_stmts};
use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::near::suggestion;
use crate::outline::params_text;

struct Calls<'p> {
    program: &'p Program,
    file: &'p LintFile,
    found: Vec<Diagnostic>,
}

/// What takes the arguments of a call.
struct Callee<'p> {
    /// As in the text: `area(w, h = w)`.
    signature: String,
    func: &'p Func,
    /// The file it is in, if another than that of the call.
    elsewhere: Option<&'p str>,
}

/// Warnings about calls that raise ArityError.
pub(super) fn wrong_calls(program: &Program, file: &LintFile) -> Vec<Diagnostic> {
    let mut calls = Calls { program, file, found: Vec::new() };
    walk_stmts(&mut calls, &file.tree.stmts);
    calls.found
}

impl<'p> Calls<'p> {
    fn callee(&self, callee: &Expr) -> Option<Callee<'p>> {
        let (namespace, name) = self.file.named(callee)?;
        let (file, known) = self.program.known(namespace, name)?;
        let func = match known {
            Known::Function(decl) if decl.decorators.is_empty() => &decl.func,
            // A decorator may call it with other arguments.
            Known::Class(decl) if decl.decorators.is_empty() => own_init(decl)?,
            _ => return None,
        };
        let signature = format!("{name}{}", params_text(&file.source, func));
        let elsewhere = Some(file.source.name()).filter(|path| *path != self.file.source.name());
        Some(Callee { signature, func, elsewhere })
    }

    fn look(&mut self, expr: &Expr, callee: &Expr, args: &[Arg]) {
        // What a spread gives is not known.
        if args.iter().any(|arg| matches!(arg, Arg::Spread(_))) {
            return;
        }
        let Some(callee) = self.callee(callee) else { return };
        if let Some((span, message)) = problem(expr, args, &callee) {
            let place = callee.elsewhere.map_or_else(String::new, |path| format!(" in `{path}`"));
            let diagnostic = Diagnostic::new(&codes::WRONG_ARGUMENTS, span, message)
                .label("raises ArityError")
                .help(format!("the parameters are those of `{}`{place}", callee.signature));
            self.found.push(diagnostic);
        }
    }
}

impl Visitor for Calls<'_> {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Call { callee, args } = &*expr.kind {
            self.look(expr, callee, args);
        }
        walk_expr(self, expr);
    }
}

/// The `init` of a class itself.
fn own_init(class: &ClassDecl) -> Option<&Func> {
    class.members.iter().find_map(|member| match &member.kind {
        MemberKind::Method(decl) if &*decl.name.name == "init" && decl.decorators.is_empty() => Some(&decl.func),
        _ => None,
    })
}

/// What is wrong with the arguments, and where.
fn problem(call: &Expr, args: &[Arg], callee: &Callee<'_>) -> Option<(crate::source::Span, String)> {
    let params: Vec<&Param> = callee.func.params.iter().filter(|param| param.kind == ParamKind::Normal).collect();
    let takes_more = params.len() < callee.func.params.len();
    let name = |param: &Param| match &*param.pattern.kind {
        PatternKind::Bind(_, ident) => Some(ident.name.clone()),
        _ => None,
    };
    let called = callee.signature.split('(').next().unwrap_or_default();
    let positional: Vec<&Expr> = args.iter().filter_map(|arg| if let Arg::One(expr) = arg { Some(expr) } else { None }).collect();
    if positional.len() > params.len() && !takes_more {
        let most = params.len();
        let arguments = if most == 1 { "argument" } else { "arguments" };
        let message = format!("`{called}` takes at most {most} {arguments}, but is given {}", positional.len());
        return Some((positional[most].span, message));
    }
    let mut is_given = vec![false; params.len()];
    is_given.iter_mut().take(positional.len()).for_each(|given| *given = true);
    for arg in args {
        let Arg::Named(ident, _) = arg else { continue };
        match params.iter().position(|param| name(param).is_some_and(|name| name == ident.name)) {
            Some(at) if is_given[at] => {
                return Some((ident.span, format!("`{called}` is given `{}` twice", ident.name)));
            }
            Some(at) => is_given[at] = true,
            None => {
                let known: Vec<Name> = params.iter().filter_map(|param| name(param)).collect();
                let near = suggestion(&ident.name, known.iter().map(|name| &**name));
                return Some((ident.span, format!("`{called}` has no parameter `{}`{near}", ident.name)));
            }
        }
    }
    let missing = params.iter().zip(&is_given).find(|(param, given)| !**given && param.default.is_none())?;
    let what = name(missing.0).map_or("an argument".to_owned(), |name| format!("the argument `{name}`"));
    Some((call.span, format!("`{called}` is called without {what}")))
}
