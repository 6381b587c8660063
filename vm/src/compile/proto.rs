//! Functions: from entering one to its finished prototype. Parameters, defaults, captured variables, and the limits.

use super::function::{Function, Limit, Reg, UpvalueState};
use super::spill::SPILL_FROM;
use super::{Compiler, Dest, codes};
use crate::bytecode::{Insn, Op};
use crate::image::{Capture, ParamImage, ProtoId, ProtoImage, ProtoKind};
use lang::ast::{Func, NodeId, Param, ParamKind, PatternKind};
use lang::diagnostic::Diagnostic;
use lang::resolve::{FnScope, LocalId};
use lang::source::Span;
use std::sync::Arc;

/// What callers see of a function.
#[derive(Default)]
pub(super) struct Signature {
    pub params: Vec<ParamImage>,
    pub required: u8,
    pub rest: Option<Arc<str>>,
    pub doc: Option<Arc<str>>,
}

/// Where variables of a function go for which its frame is too small.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    /// Nowhere else: the frame is large enough, or the function is refused.
    Registers,
    /// To a list.
    List,
}

impl<'a> Compiler<'a> {
    /// Compiles a function literal or declaration.
    pub(super) fn function(&mut self, func: &'a Func, name: Arc<str>, kind: ProtoKind, doc: Option<&str>) -> ProtoId {
        let scope = self.resolved.scope(func.id);
        let captures = self.captures_of(scope);
        if let Some(id) = self.made_before(func.id, &captures) {
            return id;
        }
        let reported = self.diagnostics.len();
        let (mut function, mut signature) = self.function_code(func, &name, kind, &captures, Storage::Registers);
        if function.limit == Some(Limit::Registers) && scope.locals.len() > SPILL_FROM {
            self.diagnostics.truncate(reported);
            (function, signature) = self.function_code(func, &name, kind, &captures, Storage::List);
        }
        signature.doc = doc.map(Into::into);
        let id = self.finish_function(function, signature);
        self.made.insert(func.id, id);
        id
    }

    fn function_code(
        &mut self,
        func: &'a Func,
        name: &Arc<str>,
        kind: ProtoKind,
        captures: &[(Capture, UpvalueState)],
        storage: Storage,
    ) -> (Function<'a>, Signature) {
        let mut function = Function::new(name.clone(), kind, self.resolved.scope(func.id), func.span);
        function.place = self.places.place(func.id);
        capture(&mut function, captures);
        self.enter(function);
        let signature = self.params(&func.params);
        if storage == Storage::List {
            self.start_spill();
        }
        self.block(&func.body, Dest::Return);
        (self.leave_code(), signature)
    }

    /// The prototype of a function that was compiled before, with captures that fit this place.
    pub(super) fn made_before(&mut self, key: NodeId, captures: &[(Capture, UpvalueState)]) -> Option<ProtoId> {
        let id = *self.made.get(&key)?;
        let proto = &self.protos[id.0 as usize];
        let captures: Vec<Capture> = captures.iter().map(|(capture, _)| *capture).collect();
        if proto.captures == captures {
            return Some(id);
        }
        let mut proto = ProtoImage::clone(proto);
        proto.captures = captures;
        proto.fingerprint = self.fingerprint(&proto);
        Some(self.add_proto(proto))
    }

    /// Starts a function inside the current one.
    pub(super) fn enter(&mut self, function: Function<'a>) {
        self.outer.push(std::mem::replace(&mut self.fun, function));
        if self.fun.scope.has_self && self.fun.kind == ProtoKind::Method && !self.fun.borrows {
            self.bind_self();
        }
    }

    /// Declares `self`, the first local, in the first register.
    pub(super) fn bind_self(&mut self) {
        let reg = self.landing(LocalId(0));
        let span = self.fun.span;
        self.bind_local(span, LocalId(0), reg);
    }

    /// Ends the current function, makes its prototype, and goes on with the function around it.
    pub(super) fn leave_function(&mut self, signature: Signature) -> ProtoId {
        let function = self.leave_code();
        self.finish_function(function, signature)
    }

    fn leave_code(&mut self) -> Function<'a> {
        let outer = self.outer.pop().expect("`enter` has put it there");
        std::mem::replace(&mut self.fun, outer)
    }

    /// Makes the prototype of a function.
    pub(super) fn finish_function(&mut self, mut function: Function<'a>, signature: Signature) -> ProtoId {
        let finished = function.finish();
        if let Some(limit) = function.limit {
            self.report_limit(limit, function.span);
        }
        let mut proto = ProtoImage {
            name: function.name,
            kind: function.kind,
            place: function.place,
            params: signature.params,
            required: signature.required,
            rest: signature.rest,
            registers: finished.registers,
            code: finished.code,
            consts: finished.consts,
            captures: function.captures,
            capture_names: function.capture_names,
            nested: function.nested,
            handlers: function.handlers,
            spans: finished.spans,
            locals: finished.locals,
            loops: finished.loops,
            doc: signature.doc,
            span: function.span,
            fingerprint: 0,
            yields: function.yields,
            source: self.source.clone(),
        };
        proto.fingerprint = self.fingerprint(&proto);
        self.add_proto(proto)
    }

    fn add_proto(&mut self, proto: ProtoImage) -> ProtoId {
        self.protos.push(Arc::new(proto));
        ProtoId(self.protos.len() as u32 - 1)
    }

    fn report_limit(&mut self, limit: Limit, span: Span) {
        let (code, message, help) = match limit {
            Limit::Registers => (
                &codes::TOO_MANY_REGISTERS,
                "this function needs more than 250 variables and intermediate values at once",
                "split it, or put values that belong together into a list or a map",
            ),
            Limit::Captures => (
                &codes::TOO_MANY_CAPTURES,
                "this function captures more than 255 variables",
                "put values that belong together into a list, a map or an instance",
            ),
            Limit::Indices => (
                &codes::TOO_MANY_CONSTANTS,
                "this function mentions more than 65 536 different names, constants and inner functions",
                "split it, or read large tables from a file",
            ),
            Limit::Code => (&codes::TOO_MUCH_CODE, "this function is too long", "split it, or read large tables from a file"),
            Limit::Operand => (
                &codes::TOO_MANY_PARTS,
                "a pattern or a `finally` in this function has too many parts",
                "match the parts in several steps, or split the function",
            ),
        };
        self.diagnostics.push(Diagnostic::new(code, span, message).help(help));
    }

    /// `dst` = a closure of `proto`, which is directly inside the current function.
    pub(super) fn closure(&mut self, span: Span, proto: ProtoId, dst: Reg) {
        let known = self.fun.nested.iter().rposition(|id| *id == proto);
        let at = known.unwrap_or(self.fun.nested.len());
        if known.is_none() {
            self.fun.nested.push(proto);
        }
        let index = self.fun.index16(at);
        self.fun.emit(span, Insn::abx(Op::Closure, dst.0, index));
    }

    /// Declares parameters, computes missing ones, takes destructured ones apart.
    fn params(&mut self, params: &'a [Param]) -> Signature {
        let first = u32::from(self.fun.scope.has_self);
        let ids: Vec<LocalId> = (0..params.len() as u32).map(|at| LocalId(first + at)).collect();
        let regs: Vec<Reg> = ids.iter().map(|id| self.landing(*id)).collect();
        let mut signature = Signature::default();
        for ((param, id), reg) in params.iter().zip(ids).zip(regs) {
            self.signature_of(param, &mut signature);
            let span = param.pattern.span;
            let own = self.parameter(span, id, reg, param.default.is_some());
            if let Some(default) = &param.default {
                let given = self.fun.label();
                self.fun.jump(span, Insn::abc(Op::JumpSet, own.0, 0, 0), given);
                self.expr_to(default, own);
                self.fun.bind(given);
            }
            if let PatternKind::Bind(..) = &*param.pattern.kind {
                self.bind_local(span, id, own);
            } else {
                self.fun.open_hidden(&"(parameter)".into(), own, false);
                self.destructure(&param.pattern, own);
            }
        }
        signature
    }

    /// The register of a parameter's variable, which has its value: that of the argument, unless the two may come to differ, by an assignment, a
    /// default, or a loop that goes on in other code. Arguments stay as they were given, so that a call can be made once more.
    fn parameter(&mut self, span: Span, id: LocalId, argument: Reg, has_default: bool) -> Reg {
        let local = &self.fun.scope.locals[id.0 as usize];
        if !local.assigned && !local.boxed && !has_default && !self.fun.scope.loops {
            return argument;
        }
        self.fun.open_hidden(&"(argument)".into(), argument, false);
        let own = self.fun.alloc();
        self.fun.local(id).reg = Some(own);
        self.copy(span, own, argument);
        own
    }

    fn signature_of(&mut self, param: &Param, signature: &mut Signature) {
        let name: Arc<str> = match &*param.pattern.kind {
            PatternKind::Bind(_, name) => name.name.0.clone(),
            _ => "".into(),
        };
        if param.kind == ParamKind::Rest {
            signature.rest = Some(name);
            return;
        }
        let default = param.default.as_ref().map(|default| self.source.slice(default.span).into());
        if default.is_none() {
            // So many that they cannot be counted are refused for another reason.
            let required = signature.required;
            if required < u8::MAX && usize::from(required) < signature.params.len() {
                let message = "a parameter without default stands behind one with a default";
                let problem = Diagnostic::new(&codes::DEFAULT_BEFORE, param.pattern.span, message);
                self.diagnostics.push(problem.help("give it a default, or move it to the front"));
            }
            signature.required = signature.required.saturating_add(1);
        }
        signature.params.push(ParamImage { name, default });
    }
}

/// Makes the captures those of the function.
pub(super) fn capture(function: &mut Function<'_>, captures: &[(Capture, UpvalueState)]) {
    if captures.len() > u8::MAX as usize {
        function.exceed(Limit::Captures);
    }
    for ((capture, state), upvalue) in captures.iter().zip(&function.scope.upvalues) {
        function.captures.push(*capture);
        function.capture_names.push(upvalue.name.0.clone());
        function.upvalues.push(*state);
    }
}

/// The variables of a function without parameters or variables of its own.
pub(super) fn no_scope() -> &'static FnScope {
    static NONE: FnScope = FnScope { locals: Vec::new(), upvalues: Vec::new(), has_self: false, yields: false, loops: false };
    &NONE
}
