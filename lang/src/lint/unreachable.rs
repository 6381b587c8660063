//! Code behind `return`, `break`, `continue` and `throw`, which never runs.

use crate::ast::visit::{Visitor, walk_stmts};
use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

struct Unreachable {
    found: Vec<Diagnostic>,
}

/// Warnings about code that never runs, one for each block.
pub(super) fn unreachable_code(file: &File) -> Vec<Diagnostic> {
    let mut unreachable = Unreachable { found: Vec::new() };
    unreachable.look(&file.stmts);
    walk_stmts(&mut unreachable, &file.stmts);
    unreachable.found
}

impl Unreachable {
    fn look(&mut self, stmts: &[Stmt]) {
        let Some((at, word)) = stmts.iter().enumerate().find_map(|(at, stmt)| Some((at, leaves(stmt)?))) else { return };
        // Functions, classes and enums are made when their block is entered.
        let runs = |stmt: &&Stmt| {
            matches!(
                stmt.kind,
                StmtKind::Expr(_) | StmtKind::Let(_) | StmtKind::Assign(_) | StmtKind::Assert(..) | StmtKind::Extend(_)
            )
        };
        let mut dead = stmts[at + 1..].iter().filter(runs);
        let Some(first) = dead.next() else { return };
        let span = Span { lo: first.span.lo, hi: first.span.hi };
        let diagnostic = Diagnostic::new(&codes::UNREACHABLE, span, "this is never reached")
            .label("never runs")
            .note(stmts[at].span, format!("{word} leaves the block here"))
            .help("remove it, or put the way out under a condition");
        self.found.push(diagnostic);
    }
}

impl Visitor for Unreachable {
    fn block(&mut self, block: &Block) {
        self.look(&block.stmts);
        walk_stmts(self, &block.stmts);
    }
}

/// The word for how a statement leaves its block whatever happens, if it does.
fn leaves(stmt: &Stmt) -> Option<&'static str> {
    let StmtKind::Expr(expr) = &stmt.kind else { return None };
    match &*expr.kind {
        ExprKind::Return(_) => Some("`return`"),
        ExprKind::Throw(_) => Some("`throw`"),
        ExprKind::Break(_) => Some("`break`"),
        ExprKind::Continue(_) => Some("`continue`"),
        ExprKind::Do(block) => block.stmts.iter().find_map(leaves),
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            let both = then.stmts.iter().find_map(leaves).and(otherwise.stmts.iter().find_map(leaves));
            both.map(|_| "each branch of `if`")
        }
        _ => None,
    }
}
