//! What happens at the start of a block, before its first statement; and local functions.
//!
//! The plain functions of a block are visible in the whole block, so they are made at its start, in text order. Classes, enums and
//! decorated functions are made where they stand. A variable that is captured before it has its value gets its box at the start,
//! unset, and whoever captures it shares the box; the same holds for a definition or function literal that uses its own name.
//! A variable that some use may reach before it is set starts out unset, so that the use can tell.

use super::Compiler;
use super::function::Reg;
use crate::bytecode::{Insn, Op};
use crate::image::ProtoKind;
use lang::ast::*;
use lang::resolve::{LocalId, UpvalueSource};
use lang::source::Span;

impl<'a> Compiler<'a> {
    /// Makes what the block has at its start.
    pub(super) fn hoist(&mut self, stmts: &'a [Stmt]) {
        if !stmts.iter().any(declares) {
            return;
        }
        self.share_boxes(stmts);
        for stmt in stmts {
            for id in self.declared_by(stmt) {
                let state = self.fun.local(id);
                if state.may_be_unset || state.box_made {
                    self.predeclare(stmt.span, id);
                }
            }
        }
        for stmt in stmts {
            if let StmtKind::Fn(decl) = &stmt.kind
                && is_early(decl)
            {
                self.local_fn(decl, stmt.span);
            }
        }
    }

    /// The locals that a statement declares in its block.
    fn declared_by(&self, stmt: &Stmt) -> Vec<LocalId> {
        let mut ids = Vec::new();
        match &stmt.kind {
            StmtKind::Let(decl) => super::pattern::bindings(&decl.pattern, &mut ids),
            StmtKind::Fn(decl) => ids.push(decl.id),
            StmtKind::Class(decl) => ids.push(decl.id),
            StmtKind::Enum(decl) => ids.push(decl.id),
            _ => {}
        }
        ids.into_iter().filter_map(|id| self.local_of(id)).collect()
    }

    /// Decides which locals get a box before they have a value, by marking `box_made`.
    fn share_boxes(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match &stmt.kind {
                // What is made at the start of the block captures what has its value later, or itself.
                StmtKind::Fn(decl) if is_early(decl) => {
                    let made = self.local_of(decl.id);
                    for local in self.captured_by(decl.func.id) {
                        if !self.is_made_before(local, made, stmts) {
                            self.share_box(local);
                        }
                    }
                }
                // What is made where it stands may be captured before, and captures itself.
                StmtKind::Fn(_) | StmtKind::Class(_) | StmtKind::Enum(_) => {
                    for local in self.declared_by(stmt) {
                        if self.fun.local(local).boxed {
                            self.share_box(local);
                        }
                    }
                }
                // A function literal that is the initialiser sees its own name.
                StmtKind::Let(LetDecl { value: Some(value), .. }) => {
                    if let ExprKind::Fn(func) = &*value.kind {
                        let own = self.declared_by(stmt);
                        for local in self.captured_by(func.id) {
                            if own.contains(&local) {
                                self.share_box(local);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether a captured local has its value when the function in `made` is made at the start of its block: it is no local of the block,
    /// or an earlier function of it.
    fn is_made_before(&self, local: LocalId, made: Option<LocalId>, stmts: &[Stmt]) -> bool {
        let declared = stmts.iter().find(|stmt| declares(stmt) && self.declared_by(stmt).contains(&local));
        match declared.map(|stmt| &stmt.kind) {
            None => true,
            Some(StmtKind::Fn(decl)) => is_early(decl) && made.is_some_and(|made| local < made),
            Some(_) => false,
        }
    }

    /// The locals of this function that the function `id` captures.
    fn captured_by(&self, id: NodeId) -> Vec<LocalId> {
        let local = |source: UpvalueSource| match source {
            UpvalueSource::Local(local) => Some(local),
            UpvalueSource::Upvalue(_) => None,
        };
        self.resolved.scope(id).upvalues.iter().filter_map(|upvalue| local(upvalue.source)).collect()
    }

    fn share_box(&mut self, local: LocalId) {
        let state = self.fun.local(local);
        state.boxed = true;
        state.box_made = true;
    }

    /// Gives the local of a definition what `make` makes in a register.
    pub(super) fn bind_definition(&mut self, span: Span, id: NodeId, make: impl FnOnce(&mut Self, Reg)) {
        let Some(local) = self.local_of(id) else { return };
        self.declare(local);
        let mark = self.fun.mark();
        let value = self.landing(local);
        make(self, value);
        self.bind_local(span, local, value);
        self.fun.release(mark);
    }

    /// A local function: made, decorated if it is, and bound.
    pub(super) fn local_fn(&mut self, decl: &'a FnDecl, span: Span) {
        let name = decl.name.name.0.clone();
        self.bind_definition(span, decl.id, |compiler, dst| {
            let proto = compiler.function(&decl.func, name, ProtoKind::Function, decl.doc.as_deref());
            compiler.closure(decl.func.span, proto, dst);
            if !decl.decorators.is_empty() {
                let result = compiler.fun.alloc();
                compiler.decorators(&decl.decorators, dst, result);
                compiler.fun.emit(decl.name.span, Insn::abc(Op::Decorated, dst.0, result.0, 0));
            }
        });
    }
}

/// Whether the statement declares a name of its block.
fn declares(stmt: &Stmt) -> bool {
    matches!(stmt.kind, StmtKind::Fn(_) | StmtKind::Class(_) | StmtKind::Enum(_) | StmtKind::Let(_))
}

/// Whether a function is made at the start of its block.
pub(super) fn is_early(decl: &FnDecl) -> bool {
    decl.decorators.is_empty()
}
