//! Classes, enums and extensions: their images, and the code that makes local ones.

use super::expr::literal;
use super::function::{Function, Reg, UpvalueState, local_states};
use super::proto::{Signature, no_scope};
use super::scope::Place;
use super::{Compiler, Dest};
use crate::bytecode::{Insn, Op};
use crate::image::{
    Capture, ClassId, ClassImage, ClassRef, Const, EnumId, EnumImage, ExtensionImage, MemberImage, MemberRole, NameRef, ParamImage,
    ProtoId, ProtoKind, SharedImage, SlotDefault, SlotImage, VariantImage,
};
use lang::ast::*;
use lang::source::Span;
use std::sync::Arc;

impl<'a> Compiler<'a> {
    // Local definitions.

    /// Makes a local class.
    pub(super) fn local_class(&mut self, decl: &'a ClassDecl, span: Span) {
        self.bind_definition(span, decl.id, |compiler, dst| {
            let window = if compiler.fun.is_top(dst) { dst } else { compiler.fun.alloc() };
            for base in &decl.bases {
                let at = compiler.fun.alloc();
                compiler.expr_to(base, at);
            }
            let bases = (0..decl.bases.len()).map(|at| ClassRef::Register(at.min(255) as u8)).collect();
            let id = compiler.class(decl, bases, span);
            let index = compiler.fun.index16(id.0 as usize);
            compiler.fun.emit(decl.name.span, Insn::abx(Op::Class, window.0, index));
            compiler.decorators(&decl.decorators, window, dst);
        });
    }

    /// Makes a local enum.
    pub(super) fn local_enum(&mut self, decl: &'a EnumDecl, span: Span) {
        self.bind_definition(span, decl.id, |compiler, dst| {
            let id = compiler.enumeration(decl, span);
            let index = compiler.fun.index16(id.0 as usize);
            compiler.fun.emit(decl.name.span, Insn::abx(Op::Enum, dst.0, index));
            compiler.decorators(&decl.decorators, dst, dst);
        });
    }

    /// `extend` inside a function.
    pub(super) fn local_extend(&mut self, decl: &'a ExtendDecl, span: Span) {
        let mark = self.fun.mark();
        let class = self.expr_any(&decl.target);
        let index = self.extension(decl, ClassRef::Register(0), span);
        let index = self.fun.index16(index as usize);
        self.fun.emit(decl.target.span, Insn::abx(Op::Extend, class.0, index));
        self.fun.release(mark);
    }

    /// `result` = what decorators make of the value in `value`. The expressions are evaluated in text order; the last one is
    /// applied first.
    pub(super) fn decorators(&mut self, decorators: &'a [Decorator], value: Reg, result: Reg) {
        if decorators.is_empty() {
            return self.copy(self.fun.span, result, value);
        }
        let mark = self.fun.mark();
        let mut windows = Vec::with_capacity(decorators.len());
        for decorator in decorators {
            let window = self.fun.alloc();
            self.expr_to(&decorator.expr, window);
            windows.push((window, decorator.expr.span));
        }
        let argument = self.fun.alloc();
        let place = windows.first().map_or(self.fun.span, |(_, span)| *span);
        self.copy(place, argument, value);
        for (window, span) in windows.iter().rev() {
            self.fun.emit(*span, Insn::abc(Op::Call, window.0, 1, window.0));
        }
        self.copy(place, result, windows.first().map_or(argument, |(window, _)| *window));
        self.fun.release(mark);
    }

    // Images.

    /// The image of a class.
    pub(super) fn class(&mut self, decl: &'a ClassDecl, bases: Vec<ClassRef>, span: Span) -> ClassId {
        let name = &decl.name.name;
        let mut class = ClassImage {
            name: name.0.clone(),
            bases,
            was: was(decl.was.as_ref()),
            slots: Vec::new(),
            slot_init: None,
            shared: Vec::new(),
            members: Vec::new(),
            migrate: Vec::new(),
            doc: text(decl.doc.as_ref()),
            span,
        };
        for member in &decl.members {
            match &member.kind {
                MemberKind::Slot(slot) => class.slots.push(self.slot_image(slot, member, name)),
                MemberKind::Shared { name: shared, id, was: before, value } => {
                    let image = self.shared_image(shared, *id, value.as_ref(), member, name);
                    class.shared.push(SharedImage { was: was(before.as_ref()), ..image });
                }
                MemberKind::Migrate { from, func } => class.migrate.push((*from, self.migrate(func, name))),
                _ => class.members.extend(self.member(member, name)),
            }
        }
        class.slot_init = self.slot_init(decl, span);
        self.classes.push(Arc::new(class));
        ClassId(self.classes.len() as u32 - 1)
    }

    /// The image of an enum.
    pub(super) fn enumeration(&mut self, decl: &'a EnumDecl, span: Span) -> EnumId {
        let variants = decl.variants.iter().map(|variant| VariantImage {
            name: variant.name.name.0.clone(),
            fields: variant.fields.as_ref().map(|fields| fields.iter().map(|field| field.name.0.clone()).collect()),
            doc: text(variant.doc.as_ref()),
        });
        let mut item = EnumImage {
            name: decl.name.name.0.clone(),
            was: was(decl.was.as_ref()),
            variants: variants.collect(),
            members: Vec::new(),
            migrate: None,
            doc: text(decl.doc.as_ref()),
            span,
        };
        for member in &decl.members {
            match &member.kind {
                MemberKind::Migrate { func, .. } => item.migrate = Some(self.migrate(func, &decl.name.name)),
                _ => item.members.extend(self.member(member, &decl.name.name)),
            }
        }
        self.enums.push(Arc::new(item));
        EnumId(self.enums.len() as u32 - 1)
    }

    /// The image of an `extend` block; its index.
    pub(super) fn extension(&mut self, decl: &'a ExtendDecl, target: ClassRef, span: Span) -> u32 {
        let name = Name::new(self.source.slice(decl.target.span));
        let members = decl.members.iter().filter_map(|member| self.member(member, &name)).collect();
        self.extensions.push(Arc::new(ExtensionImage { target, members, span }));
        self.extensions.len() as u32 - 1
    }

    /// The class that a base or the target of `extend` names, late bound.
    pub(super) fn class_ref(&mut self, expr: &Expr) -> ClassRef {
        let mut members = Vec::new();
        let mut rest = expr;
        let name = loop {
            if let Some(name) = self.definition_named(rest) {
                break name;
            }
            match &*rest.kind {
                ExprKind::Member { object, name, .. } => {
                    members.push(name.name.0.clone());
                    rest = object;
                }
                ExprKind::Name(id, _) if let Place::Namespace(import) = self.variable(*id).place => {
                    break NameRef::Namespace { import };
                }
                // The parser lets names and dotted names through only.
                _ => break NameRef::Own("".into()),
            }
        };
        members.reverse();
        ClassRef::Path(name, members)
    }

    fn member(&mut self, member: &'a Member, class: &Name) -> Option<MemberImage> {
        let (decl, role) = match &member.kind {
            MemberKind::Method(decl) => (decl, MemberRole::Method),
            MemberKind::Static(decl) => (decl, MemberRole::Static),
            MemberKind::Getter(decl) => (decl, MemberRole::Getter),
            MemberKind::Setter(decl) => (decl, MemberRole::Setter),
            MemberKind::Slot(_) | MemberKind::Shared { .. } | MemberKind::Migrate { .. } => return None,
        };
        let doc = decl.doc.as_ref().or(member.doc.as_ref());
        let name = format!("{class}.{}", decl.name.name);
        let proto = self.function(&decl.func, name.into(), ProtoKind::Method, doc.map(String::as_str));
        let decorate = (!decl.decorators.is_empty()).then(|| self.decorate_member(decl, member.span));
        let was = was(decl.was.as_ref());
        Some(MemberImage { name: decl.name.name.0.clone(), was, role, proto, decorate, doc: text(doc), span: member.span })
    }

    /// The unit that decorates a member. It has no scope of its own.
    fn decorate_member(&mut self, decl: &'a FnDecl, span: Span) -> ProtoId {
        let name = format!("<decorators of {}>", decl.name.name).into();
        let mut function = Function::new(name, ProtoKind::Unit, self.fun.scope, span);
        function.borrows = true;
        self.enter(function);
        let signature = self.decorate_argument(&decl.decorators);
        self.leave_function(signature)
    }

    /// Code that takes the undecorated object as only argument and returns what decorators make of it.
    pub(super) fn decorate_argument(&mut self, decorators: &'a [Decorator]) -> Signature {
        let value = self.fun.alloc();
        self.decorators(decorators, value, value);
        let span = self.fun.span;
        self.fun.emit(span, Insn::abc(Op::Return, value.0, 0, 0));
        let param = ParamImage { name: "".into(), default: None };
        Signature { params: vec![param], required: 1, rest: None, doc: None }
    }

    fn migrate(&mut self, func: &'a Func, class: &Name) -> ProtoId {
        self.function(func, format!("{class}.migrate").into(), ProtoKind::Method, None)
    }

    // Slots.

    fn slot_image(&mut self, slot: &'a SlotDecl, member: &Member, class: &Name) -> SlotImage {
        let default = match &slot.default {
            None => SlotDefault::Unset,
            Some(expr) => match plain_default(expr) {
                Some(plain) => plain,
                None => {
                    let name = format!("{class}.<slot {}>", slot.name.name);
                    SlotDefault::Code(self.initialiser(slot.id, expr, name.into()))
                }
            },
        };
        SlotImage {
            name: slot.name.name.0.clone(),
            was: was(slot.was.as_ref()),
            transient: slot.transient,
            fingerprint: self.default_fingerprint(&default),
            default,
            doc: text(member.doc.as_ref()),
        }
    }

    fn shared_image(&mut self, shared: &Ident, id: NodeId, value: Option<&'a Expr>, member: &Member, class: &Name) -> SharedImage {
        let init = value.map(|value| {
            let name = format!("{class}.<shared {}>", shared.name);
            self.initialiser(id, value, name.into())
        });
        let fingerprint = match init {
            Some(id) => self.default_fingerprint(&SlotDefault::Code(id)),
            None => self.default_fingerprint(&SlotDefault::Unset),
        };
        SharedImage { name: shared.name.0.clone(), was: None, init, fingerprint, doc: text(member.doc.as_ref()) }
    }

    /// A method without parameters that returns the value of an expression.
    fn initialiser(&mut self, id: NodeId, expr: &'a Expr, name: Arc<str>) -> ProtoId {
        let scope = self.resolved.scope(id);
        let captures = self.captures_of(scope);
        if let Some(proto) = self.made_before(id, &captures) {
            return proto;
        }
        let mut function = Function::new(name, ProtoKind::Method, scope, expr.span);
        super::proto::capture(&mut function, &captures);
        self.enter(function);
        if !scope.has_self {
            // Called as a method all the same.
            self.fun.alloc();
        }
        self.expr_dest(expr, Dest::Return);
        let proto = self.leave_function(Signature::default());
        self.made.insert(id, proto);
        proto
    }

    /// The method that fills every slot whose default is code and that is unset. Each default has variables of its own; what they
    /// capture is put together.
    fn slot_init(&mut self, decl: &'a ClassDecl, span: Span) -> Option<ProtoId> {
        let coded = |member: &'a Member| match &member.kind {
            MemberKind::Slot(slot) => match &slot.default {
                Some(expr) if plain_default(expr).is_none() => Some((slot, expr)),
                _ => None,
            },
            _ => None,
        };
        let slots: Vec<(&'a SlotDecl, &'a Expr)> = decl.members.iter().filter_map(coded).collect();
        if slots.is_empty() {
            return None;
        }
        let mut function = Function::new(format!("{}.<slots>", decl.name.name).into(), ProtoKind::Method, no_scope(), span);
        let mut all: Vec<(Capture, UpvalueState)> = Vec::new();
        let mut upvalues = Vec::with_capacity(slots.len());
        for (slot, _) in &slots {
            let scope = self.resolved.scope(slot.id);
            let captures = self.captures_of(scope);
            let mut states = Vec::with_capacity(captures.len());
            for (at, (capture, mut state)) in captures.into_iter().enumerate() {
                let known = all.iter().position(|(other, _)| *other == capture).unwrap_or(all.len());
                state.index = known.min(u8::MAX as usize) as u8;
                if known == all.len() {
                    all.push((capture, state));
                    function.captures.push(capture);
                    function.capture_names.push(scope.upvalues[at].name.0.clone());
                }
                states.push(state);
            }
            upvalues.push(states);
        }
        if all.len() > u8::MAX as usize {
            function.exceed(super::function::Limit::Captures);
        }
        if let Some(proto) = self.made_before(decl.id, &all) {
            return Some(proto);
        }
        self.enter(function);
        for ((slot, expr), states) in slots.into_iter().zip(upvalues) {
            self.fill_slot(slot, expr, states);
        }
        let proto = self.leave_function(Signature::default());
        self.made.insert(decl.id, proto);
        Some(proto)
    }

    fn fill_slot(&mut self, slot: &'a SlotDecl, expr: &'a Expr, upvalues: Vec<UpvalueState>) {
        let scope = self.resolved.scope(slot.id);
        self.fun.scope = scope;
        self.fun.yields |= scope.yields;
        self.fun.locals = local_states(scope);
        self.fun.upvalues = upvalues;
        let name = Const::Str(slot.name.name.0.clone());
        self.scoped(|compiler| {
            compiler.bind_self();
            let this = Reg(0);
            let value = compiler.fun.alloc();
            let index = compiler.fun.constant(name);
            let unset = compiler.fun.label();
            let done = compiler.fun.label();
            let span = slot.name.span;
            compiler.fun.jump_with(span, Insn::abc(Op::SlotItem, value.0, this.0, 0), &[index], unset);
            compiler.fun.goto(span, done);
            compiler.fun.bind(unset);
            compiler.expr_to(expr, value);
            compiler.fun.emit_with(span, Insn::abc(Op::SetAttr, this.0, value.0, 0), &[index, 0]);
            compiler.fun.bind(done);
        });
        self.fun.scope = no_scope();
    }
}

/// The default of a slot if it needs no code.
fn plain_default(expr: &Expr) -> Option<SlotDefault> {
    match &*expr.kind {
        ExprKind::List(items) if items.is_empty() => return Some(SlotDefault::EmptyList),
        ExprKind::Map(items) if items.is_empty() => return Some(SlotDefault::EmptyMap),
        _ => {}
    }
    literal(expr).filter(|constant| !matches!(constant, Const::BigInt(_))).map(SlotDefault::Const)
}

pub(super) fn was(name: Option<&Ident>) -> Option<Arc<str>> {
    name.map(|name| name.name.0.clone())
}

pub(super) fn text(doc: Option<&String>) -> Option<Arc<str>> {
    doc.map(|doc| doc.as_str().into())
}
