//! Variables: where a name's value is, how it is read and written, how locals come and go, and what closures capture.

use super::Compiler;
use super::function::{Function, Limit, Reg, UpvalueState};
use crate::bytecode::{Insn, Op};
use crate::image::{Capture, Const, NameRef};
use lang::ast::NodeId;
use lang::resolve::{FnScope, LocalId, Res, UpvalueId, UpvalueSource};
use lang::source::Span;
use std::sync::Arc;

/// Where the value of a name is.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Place {
    /// In a register.
    Reg(Reg),
    /// In the box that a register holds.
    Box(Reg),
    /// In the list of spilled variables.
    Spilled(u16),
    /// In a captured value.
    Up(u8),
    /// In a captured box.
    UpBox(u8),
    /// In a definition, found when it is reached.
    Global(NameRef),
    /// It is the namespace of an import.
    Namespace(u32),
}

/// A name in use.
pub(super) struct Variable {
    /// Where its value is.
    pub place: Place,
    /// Its name, if a read has to check that it has a value.
    pub check: Option<Arc<str>>,
}

impl<'a> Compiler<'a> {
    /// What a name use or binding means here.
    pub(super) fn variable(&mut self, id: NodeId) -> Variable {
        let global = |name: NameRef| Variable { place: Place::Global(name), check: None };
        match self.resolved.res(id) {
            Res::Local(local) => self.local_variable(*local),
            Res::Upvalue(upvalue) => self.captured_variable(*upvalue),
            Res::ImportedNamespace(import) => Variable { place: Place::Namespace(import.0), check: None },
            Res::ImportedName(import, name) => global(NameRef::Imported { import: import.0, name: name.0.clone() }),
            Res::Name(name) => global(NameRef::Own(name.0.clone())),
            // Only text that did not parse or resolve has no meaning, and such a file is refused.
            Res::None => global(NameRef::Own("".into())),
        }
    }

    fn local_variable(&mut self, id: LocalId) -> Variable {
        let state = self.fun.locals.get(id.0 as usize).cloned().unwrap_or_default();
        if let Some(item) = state.spilled {
            return Variable { place: Place::Spilled(item), check: None };
        }
        let Some(reg) = state.reg else { return self.borrowed_variable(UpvalueSource::Local(id)) };
        let place = if state.boxed { Place::Box(reg) } else { Place::Reg(reg) };
        let check = state.may_be_unset.then(|| self.fun.scope.locals[id.0 as usize].name.0.clone());
        Variable { place, check }
    }

    fn captured_variable(&mut self, id: UpvalueId) -> Variable {
        if self.fun.borrows {
            return self.borrowed_variable(UpvalueSource::Upvalue(id));
        }
        captured(self.fun.upvalue(id), &self.fun.scope.upvalues[id.0 as usize].name.0)
    }

    /// A variable of the function around one that has no scope of its own.
    fn borrowed_variable(&mut self, source: UpvalueSource) -> Variable {
        let state = self.borrow(self.outer.len(), source);
        captured(state, &source_name(self.fun.scope, source))
    }

    /// The register of a name that is a plain local, read without check.
    pub(super) fn plain_local(&mut self, id: NodeId) -> Option<Reg> {
        match self.variable(id) {
            Variable { place: Place::Reg(reg), check: None } => Some(reg),
            _ => None,
        }
    }

    /// `dst` = value of a variable.
    pub(super) fn load(&mut self, span: Span, variable: &Variable, dst: Reg) {
        match &variable.place {
            Place::Reg(reg) => self.copy(span, dst, *reg),
            Place::Box(reg) => self.fun.emit(span, Insn::abc(Op::GetBox, dst.0, reg.0, 0)),
            Place::Spilled(item) => self.load_spilled(span, *item, dst),
            Place::Up(index) => self.fun.emit(span, Insn::abc(Op::GetUp, dst.0, *index, 0)),
            Place::UpBox(index) => self.fun.emit(span, Insn::abc(Op::GetUpBox, dst.0, *index, 0)),
            Place::Global(name) => {
                let index = self.fun.constant_wide(Const::Name(name.clone()));
                self.fun.emit(span, Insn::abx(Op::GetGlobal, dst.0, index));
            }
            Place::Namespace(import) => {
                let index = self.fun.constant_wide(Const::Name(NameRef::Namespace { import: *import }));
                self.fun.emit(span, Insn::abx(Op::GetGlobal, dst.0, index));
            }
        }
        self.check_set(span, variable, dst);
    }

    /// Raises NameError if `value`, just read from `variable`, is unset.
    pub(super) fn check_set(&mut self, span: Span, variable: &Variable, value: Reg) {
        if let Some(name) = &variable.check {
            let index = self.fun.constant_wide(Const::Str(name.clone()));
            self.fun.emit(span, Insn::abx(Op::CheckSet, value.0, index));
        }
    }

    /// Assigns the value in `value`.
    pub(super) fn store(&mut self, span: Span, place: &Place, value: Reg) {
        match place {
            Place::Reg(reg) => self.copy(span, *reg, value),
            Place::Box(reg) => self.fun.emit(span, Insn::abc(Op::SetBox, reg.0, value.0, 0)),
            Place::Spilled(item) => self.store_spilled(span, *item, value),
            Place::UpBox(index) => self.fun.emit(span, Insn::abc(Op::SetUpBox, value.0, *index, 0)),
            Place::Global(name) => {
                let index = self.fun.constant_wide(Const::Name(name.clone()));
                self.fun.emit(span, Insn::abx(Op::SetGlobal, value.0, index));
            }
            // A captured variable that is assigned lives in a box; assigning to an import is refused before.
            Place::Up(_) | Place::Namespace(_) => {}
        }
    }

    /// `dst = src`, nothing if they are the same.
    pub(super) fn copy(&mut self, span: Span, dst: Reg, src: Reg) {
        if dst != src {
            self.fun.emit(span, Insn::abc(Op::Move, dst.0, src.0, 0));
        }
    }

    // Declarations.

    /// Runs `inner` as a block: locals and temporaries that it takes are given back.
    pub(super) fn scoped<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.fun.mark();
        let open = self.fun.open_scope();
        let result = inner(self);
        self.fun.close_scope(open);
        self.fun.release(mark);
        result
    }

    /// The local that a binding declares, unless it declares a top-level name.
    pub(super) fn local_of(&self, id: NodeId) -> Option<LocalId> {
        match self.resolved.res(id) {
            Res::Local(local) => Some(*local),
            _ => None,
        }
    }

    /// Gives a local its place, if it has none yet from the start of its block.
    pub(super) fn declare(&mut self, id: LocalId) {
        let state = self.fun.local(id);
        if state.reg.is_none() && state.spilled.is_none() && !self.spill(id) {
            let reg = self.fun.alloc();
            self.fun.declare_local(id, reg);
        }
    }

    /// Where the value of a local has to be put before [`Compiler::bind_local`]: its own register, or a temporary if its place is
    /// elsewhere or the register holds its box already.
    pub(super) fn landing(&mut self, id: LocalId) -> Reg {
        self.declare(id);
        let state = self.fun.local(id);
        state.reg.filter(|_| !state.box_made).unwrap_or_else(|| self.fun.alloc())
    }

    /// The local has its value, in what [`Compiler::landing`] gave: from here on it is in scope.
    pub(super) fn bind_local(&mut self, span: Span, id: LocalId, value: Reg) {
        self.declare(id);
        let state = self.fun.local(id).clone();
        if let Some(item) = state.spilled {
            return self.store_spilled(span, item, value);
        }
        let Some(reg) = state.reg else { return };
        if state.box_made {
            self.fun.emit(span, Insn::abc(Op::SetBox, reg.0, value.0, 0));
            return;
        }
        self.copy(span, reg, value);
        if state.boxed {
            self.fun.emit(span, Insn::abc(Op::NewBox, reg.0, 0, 0));
        }
        let name = &self.fun.scope.locals[id.0 as usize].name;
        self.fun.open_local(name, reg, state.boxed);
    }

    /// Makes a local known before it has a value: unset, in its box if it has one.
    pub(super) fn predeclare(&mut self, span: Span, id: LocalId) {
        self.declare(id);
        let Some(reg) = self.fun.local(id).reg else { return };
        self.fun.emit(span, Insn::abc(Op::LoadUnset, reg.0, 0, 0));
        let boxed = self.fun.local(id).boxed;
        if boxed {
            self.fun.emit(span, Insn::abc(Op::NewBox, reg.0, 0, 0));
        }
        self.fun.local(id).box_made = boxed;
        let name = &self.fun.scope.locals[id.0 as usize].name;
        self.fun.open_local(name, reg, boxed);
    }

    /// Whether something inside `span` assigns the local in `reg`.
    pub(super) fn is_assigned_inside(&self, reg: Reg, span: Span) -> bool {
        self.assigned.inside(span).any(|id| match self.resolved.res(id) {
            Res::Local(local) => self.fun.locals.get(local.0 as usize).is_some_and(|state| state.reg == Some(reg)),
            _ => false,
        })
    }

    /// Names the registers that hold intermediate values around a loop, so that a running frame in it is known not to be
    /// describable by its locals alone.
    pub(super) fn name_temporaries(&mut self) {
        let name: Arc<str> = "(temporary)".into();
        for reg in self.fun.unnamed_registers() {
            self.fun.open_hidden(&name, reg, false);
        }
    }

    // Captures. Functions in the making are numbered by level: `outer` from the outside in, then `fun`.

    fn level(&mut self, level: usize) -> &mut Function<'a> {
        if level == self.outer.len() { &mut self.fun } else { &mut self.outer[level] }
    }

    /// What a function directly inside `fun` captures, by its scope: where from, and how it is kept.
    pub(super) fn captures_of(&mut self, scope: &'a FnScope) -> Vec<(Capture, UpvalueState)> {
        let level = self.outer.len();
        let mut out = Vec::with_capacity(scope.upvalues.len());
        for upvalue in &scope.upvalues {
            let (capture, mut state) = self.capture(level, upvalue.source);
            state.may_be_unset |= upvalue.may_be_unset;
            state.index = out.len().min(u8::MAX as usize) as u8;
            out.push((capture, state));
        }
        out
    }

    /// How a function inside the one at `level` captures a variable of that one.
    fn capture(&mut self, level: usize, source: UpvalueSource) -> (Capture, UpvalueState) {
        let function = self.level(level);
        match source {
            UpvalueSource::Local(id) => {
                let state = function.locals.get(id.0 as usize).cloned().unwrap_or_default();
                if let Some(reg) = state.reg {
                    let kept = UpvalueState { index: 0, boxed: state.boxed, may_be_unset: state.may_be_unset };
                    return (Capture::Register(reg.0), kept);
                }
            }
            UpvalueSource::Upvalue(id) if !function.borrows => {
                let state = function.upvalue(id);
                return (Capture::Upvalue(state.index), state);
            }
            UpvalueSource::Upvalue(_) => {}
        }
        let state = self.borrow(level, source);
        (Capture::Upvalue(state.index), state)
    }

    /// Makes the function at `level`, which has no scope of its own, capture a variable of the one around it.
    fn borrow(&mut self, level: usize, source: UpvalueSource) -> UpvalueState {
        if level == 0 || !self.level(level).borrows {
            // A spilled variable that only a decorator of a local class's member uses is captured although nobody said so.
            assert!(
                self.level(level).spill.is_some(),
                "the resolver lets a function capture variables that are declared before it only"
            );
            self.level(level).exceed(Limit::Registers);
            return UpvalueState { index: 0, boxed: false, may_be_unset: false };
        }
        let (capture, state) = self.capture(level - 1, source);
        let name = source_name(self.level(level - 1).scope, source);
        let function = self.level(level);
        let next = function.captures.len();
        let known = function.borrowed.iter().position(|other| *other == source);
        let at = known.unwrap_or(next);
        if known.is_none() {
            function.borrowed.push(source);
            function.captures.push(capture);
            function.capture_names.push(name);
        }
        if at > u8::MAX as usize {
            function.exceed(Limit::Captures);
        }
        UpvalueState { index: at.min(u8::MAX as usize) as u8, ..state }
    }
}

fn captured(state: UpvalueState, name: &Arc<str>) -> Variable {
    let place = if state.boxed { Place::UpBox(state.index) } else { Place::Up(state.index) };
    Variable { place, check: state.may_be_unset.then(|| name.clone()) }
}

/// Name of a variable of the function with this scope.
fn source_name(scope: &FnScope, source: UpvalueSource) -> Arc<str> {
    let name = match source {
        UpvalueSource::Local(id) => scope.locals.get(id.0 as usize).map(|local| &local.name),
        UpvalueSource::Upvalue(id) => scope.upvalues.get(id.0 as usize).map(|upvalue| &upvalue.name),
    };
    name.map_or_else(|| "".into(), |name| name.0.clone())
}
