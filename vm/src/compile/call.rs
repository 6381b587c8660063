//! Calls. A call has a window of registers: the callee, for methods the receiver, then the arguments; the callee's frame begins behind
//! the first of these. Values are evaluated straight into the window, the result goes straight to its destination.

use super::Compiler;
use super::codes;
use super::expr::literal;
use super::function::Reg;
use super::scope::{Place, Variable};
use crate::bytecode::{Insn, Op};
use crate::image::{ArgShape, CallShape, Const, ImportFrom, NameRef};
use lang::ast::*;
use lang::diagnostic::Diagnostic;
use lang::source::Span;
use std::sync::Arc;

/// Functions of the module `live` whose first argument is a definition.
const TAKES_DEFINITION: &[&str] = &["diff", "drop", "history", "reset", "variants", "why"];

/// Arguments that are written out in one call: each needs a register.
const ARGUMENTS_MAX: usize = 240;

impl<'a> Compiler<'a> {
    /// `dst = callee(args)`
    pub(super) fn call(&mut self, span: Span, callee: &'a Expr, args: &'a [Arg], dst: Reg) {
        let window = if self.fun.is_top(dst) { dst } else { self.fun.alloc() };
        self.call_at(span, callee, args, window, dst);
    }

    /// The same with a window that is the topmost register in use. `dst` may be the register behind it.
    fn call_at(&mut self, span: Span, callee: &'a Expr, args: &'a [Arg], window: Reg, dst: Reg) {
        if self.definition(span, callee, args, dst) {
            return;
        }
        if args.len() > ARGUMENTS_MAX {
            let message = format!("this call has {} arguments, and there is room for {ARGUMENTS_MAX} at most", args.len());
            let problem = Diagnostic::new(&codes::TOO_MANY_REGISTERS, span, message);
            self.diagnostics.push(problem.help("pass one list, or spread one: `f(...[a, b, c])`"));
            return;
        }
        self.check_definition_argument(callee, args);
        if let Some(name) = self.definition_named(callee) {
            return self.call_definition(span, name, callee.span, args, window, dst);
        }
        match &*callee.kind {
            ExprKind::Super(id, name) => {
                let receiver = self.fun.alloc();
                let variable = self.variable(*id);
                self.load(callee.span, &variable, receiver);
                self.call_method(span, [Op::CallSuper, Op::CallSuperShape], name, args, window, dst);
            }
            ExprKind::Member { object, name, optional } => {
                let receiver = self.receiver(object, window);
                if *optional {
                    self.leave_chain_if_nil(object.span, receiver);
                }
                self.call_method(span, [Op::CallMethod, Op::CallMethodShape], name, args, window, dst);
            }
            _ => {
                self.expr_to(callee, window);
                self.call_value(span, args, window, dst);
            }
        }
    }

    fn call_definition(&mut self, span: Span, name: NameRef, place: Span, args: &'a [Arg], window: Reg, dst: Reg) {
        if shape(args).is_some() {
            self.load(place, &Variable { place: Place::Global(name), check: None }, window);
            return self.call_value(span, args, window, dst);
        }
        // The callee's register is not needed before the call, so that the first argument may use it.
        if let [Arg::One(first), rest @ ..] = args {
            self.receiver(first, window);
            self.arguments(rest);
        }
        let index = self.fun.constant(Const::Name(name));
        let count = self.fun.operand8(args.len());
        self.fun.emit_with(span, Insn::abc(Op::CallGlobal, window.0, count, dst.0), &[index]);
    }

    fn call_value(&mut self, span: Span, args: &'a [Arg], window: Reg, dst: Reg) {
        self.arguments(args);
        let count = self.fun.operand8(args.len());
        match shape(args) {
            None => self.fun.emit(span, Insn::abc(Op::Call, window.0, count, dst.0)),
            Some(shape) => {
                let index = self.fun.constant(shape);
                self.fun.emit_with(span, Insn::abc(Op::CallShape, window.0, count, dst.0), &[index]);
            }
        }
    }

    /// `ops`: the operation without and with a call shape. The receiver is in place.
    fn call_method(&mut self, span: Span, ops: [Op; 2], name: &Ident, args: &'a [Arg], window: Reg, dst: Reg) {
        self.arguments(args);
        let name = self.fun.constant(Const::Str(name.name.0.clone()));
        let count = self.fun.operand8(args.len());
        match shape(args) {
            None => {
                let insn = Insn::abc(ops[0], window.0, count, dst.0);
                let words = [name, 0, 0, 0];
                self.fun.emit_with(span, insn, &words[..ops[0].words() - 1]);
            }
            Some(shape) => {
                let index = self.fun.constant(shape);
                self.fun.emit_with(span, Insn::abc(ops[1], window.0, count, dst.0), &[name, index]);
            }
        }
    }

    /// Evaluates the arguments into the registers that follow.
    fn arguments(&mut self, args: &'a [Arg]) {
        for Arg::One(expr) | Arg::Named(_, expr) | Arg::Spread(expr) in args {
            let at = self.fun.alloc();
            self.expr_to(expr, at);
        }
    }

    /// Evaluates a receiver, or a first argument, into the register behind `window`, the topmost register in use. A chain of calls and members runs through one
    /// window, however long it is.
    fn receiver(&mut self, expr: &'a Expr, window: Reg) -> Reg {
        lang::ast::walk::with_stack(|| {
            let receiver = window.offset(1);
            let mark = self.fun.mark();
            match &*expr.kind {
                ExprKind::Call { callee, args } => {
                    self.fun.grow(mark + 1);
                    self.call_at(expr.span, callee, args, window, receiver);
                    self.fun.release(mark);
                    self.fun.alloc();
                    self.keep(expr, receiver);
                }
                ExprKind::Member { object, name, optional } if self.definition_in(object, name).is_none() => {
                    let object_reg = self.inner_receiver(object, window);
                    self.member_of(object_reg, object.span, name, *optional, receiver);
                    self.keep(expr, receiver);
                }
                ExprKind::Index { object, index } => {
                    let object_reg = self.inner_receiver(object, window);
                    let mark = self.fun.mark();
                    let stays = object_reg == receiver || !self.is_assigned_inside(object_reg, index.span);
                    if !stays {
                        self.copy(object.span, receiver, object_reg);
                    }
                    self.item_of(if stays { object_reg } else { receiver }, index, expr.span, receiver);
                    self.keep(expr, receiver);
                    self.fun.release(mark);
                }
                _ => {
                    self.fun.alloc();
                    self.expr_to(expr, receiver);
                }
            }
            receiver
        })
    }

    /// The object of a member or item: a local's own register, or the register behind `window`, which is in use afterwards.
    fn inner_receiver(&mut self, object: &'a Expr, window: Reg) -> Reg {
        if let ExprKind::Name(id, _) | ExprKind::SelfRef(id) = &*object.kind
            && let Some(reg) = self.plain_local(*id)
        {
            self.fun.alloc();
            return reg;
        }
        self.receiver(object, window)
    }

    // Definitions as arguments.

    /// `definition(name)`: the definition itself. Gives false for any other call.
    fn definition(&mut self, span: Span, callee: &Expr, args: &'a [Arg], dst: Reg) -> bool {
        let ExprKind::Name(id, name) = &*callee.kind else { return false };
        let is_core = matches!(self.resolved.res(*id), lang::resolve::Res::Name(_)) && &**name == "definition";
        if !is_core || self.top_names.contains_key("definition") {
            return false;
        }
        let [Arg::One(arg)] = args else { return false };
        if let Some(name) = self.definition_named(arg) {
            let index = self.fun.constant_wide(Const::Name(name));
            self.fun.emit(span, Insn::abx(Op::GetDef, dst.0, index));
            return true;
        }
        if let ExprKind::Member { .. } = &*arg.kind
            && let Some(path) = self.full_path(arg)
        {
            // The name of a namespace that the file has not imported, or of one inside an import: `definition` looks it up.
            let mark = self.fun.mark();
            let window = self.fun.alloc();
            let text = self.fun.alloc();
            self.load_literal(arg.span, Const::Str(path.into()), text);
            let index = self.fun.constant(Const::Name(NameRef::Own("definition".into())));
            self.fun.emit_with(span, Insn::abc(Op::CallGlobal, window.0, 1, dst.0), &[index]);
            self.fun.release(mark);
            return true;
        }
        if !matches!(literal(arg), Some(Const::Str(_))) {
            let problem = Diagnostic::new(&codes::NOT_A_DEFINITION, arg.span, "this is not the name of a definition");
            self.diagnostics.push(problem.help("write the name out, such as `definition(game.score)`"));
        }
        false
    }

    /// The dotted name that an expression spells, from the root of all namespaces.
    fn full_path(&mut self, expr: &Expr) -> Option<String> {
        let mut members = Vec::new();
        let mut expr = expr;
        while let ExprKind::Member { object, name, optional: false } = &*expr.kind {
            members.push(&*name.name);
            expr = object;
        }
        let ExprKind::Name(id, _) = &*expr.kind else { return None };
        let mut path = match self.variable(*id).place {
            Place::Global(NameRef::Own(name)) => name.to_string(),
            Place::Namespace(import) => match self.import_from(import) {
                ImportFrom::Namespace(path) => path,
                _ => return None,
            },
            _ => return None,
        };
        for name in members.iter().rev() {
            path.push('.');
            path.push_str(name);
        }
        Some(path)
    }

    /// A variable of this file where a function of `live` takes a definition is a mistake.
    fn check_definition_argument(&mut self, callee: &Expr, args: &[Arg]) {
        let Some(Arg::One(arg)) = args.first() else { return };
        let ExprKind::Name(_, shown) = &*arg.kind else { return };
        let Some(NameRef::Imported { import, name }) = self.definition_named(callee) else { return };
        let is_live = matches!(self.import_from(import), ImportFrom::Namespace(path) if path == "live");
        if !is_live || !TAKES_DEFINITION.contains(&&*name) {
            return;
        }
        let Some(NameRef::Own(variable)) = self.definition_named(arg) else { return };
        if self.top_names.get(&*variable) == Some(&true) {
            let message = format!("`live.{name}` would get the value of `{shown}`, not its definition");
            let problem = Diagnostic::new(&codes::VARIABLE_FOR_DEFINITION, arg.span, message);
            self.diagnostics.push(problem.help(format!("write `definition({shown})`")));
        }
    }
}

/// The call shape that names and spreads need.
fn shape(args: &[Arg]) -> Option<Const> {
    if args.iter().all(|arg| matches!(arg, Arg::One(_))) {
        return None;
    }
    let args = args.iter().map(|arg| match arg {
        Arg::One(_) => ArgShape::One,
        Arg::Named(name, _) => ArgShape::Named(name.name.0.clone()),
        Arg::Spread(_) => ArgShape::Spread,
    });
    Some(Const::Shape(Arc::new(CallShape { args: args.collect() })))
}
