//! One function while it is being made: its code, labels, registers and tables.
//!
//! Registers are handed out like a stack: locals in the order of their declarations, temporaries above what is in use. `free` is
//! the first register that nothing holds; giving temporaries back means setting `free` to what it was before.
//!
//! Code that cannot be reached is not emitted: after an instruction that does not go on, `reachable` is false until a label that
//! something jumps to is bound. Callers need not care, except when they take a position of the code as a jump target.

use super::constants::Constants;
use super::exits::Exit;
use super::spill::Spill;
use crate::bytecode::verify::{CODE_WORDS_MAX, REGISTERS_MAX};
use crate::bytecode::{Insn, Op};
use crate::image::{Capture, Const, Handler, LocalName, LoopImage, ProtoId, ProtoKind};
use lang::ast::Name;
use lang::resolve::{FnScope, LocalId, UpvalueId, UpvalueSource};
use lang::source::Span;
use std::sync::Arc;

/// A register of the frame.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Reg(pub u8);

impl Reg {
    /// The register `n` behind this one. Past the last register it stays there: the function is refused anyway.
    pub(super) fn offset(self, n: usize) -> Reg {
        Reg((self.0 as usize + n).min(u8::MAX as usize) as u8)
    }
}

/// A place in the code that is jumped to from before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Label(u32);

/// What makes a function impossible to encode. The first one is reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Limit {
    /// More registers than an operand can name.
    Registers,
    /// More captured variables than an operand can name.
    Captures,
    /// More constants, nested functions or classes than a 16-bit operand can name.
    Indices,
    /// More code than a jump is meant to cross.
    Code,
    /// A count or position that an 8-bit operand cannot hold.
    Operand,
}

/// Where a local of the function is.
#[derive(Clone, Default)]
pub(super) struct LocalState {
    /// Its register, while it is in scope.
    pub reg: Option<Reg>,
    /// Its item of the list of spilled variables, in the place of a register.
    pub spilled: Option<u16>,
    /// It lives in a box.
    pub boxed: bool,
    /// The box is made at the start of the block, before the variable has a value.
    pub box_made: bool,
    /// Uses have to check for a value.
    pub may_be_unset: bool,
}

/// Where a captured variable of the function is.
#[derive(Clone, Copy)]
pub(super) struct UpvalueState {
    /// Position among the captures.
    pub index: u8,
    /// It is a box.
    pub boxed: bool,
    /// Uses have to check for a value.
    pub may_be_unset: bool,
}

/// The running end of an optional chain: where it goes when an object is nil.
#[derive(Clone, Copy)]
pub(super) struct Chain {
    /// The chain's result register.
    pub dst: Reg,
    /// Goes here with nil in `dst` already.
    pub done: Label,
    /// Goes here when `dst` has yet to become nil.
    pub nil: Label,
}

/// `MatchFail` code that waits for the end of the function, out of the way.
struct Cold {
    label: Label,
    value: Reg,
    span: Span,
}

/// One function in the making.
pub(super) struct Function<'a> {
    /// As in the prototype.
    pub name: Arc<str>,
    /// As in the prototype.
    pub kind: ProtoKind,
    /// As in the prototype.
    pub place: Option<Arc<str>>,
    /// Its variables.
    pub scope: &'a FnScope,
    /// As in the prototype.
    pub yields: bool,
    /// The whole function.
    pub span: Span,
    /// It has no scope of its own but uses the names of the function around it, which it captures when it meets them.
    pub borrows: bool,
    /// Variables borrowed so far, in step with `captures`.
    pub borrowed: Vec<UpvalueSource>,
    /// By [`LocalId`].
    pub locals: Vec<LocalState>,
    /// By [`UpvalueId`].
    pub upvalues: Vec<UpvalueState>,
    /// As in the prototype.
    pub captures: Vec<Capture>,
    /// As in the prototype.
    pub capture_names: Vec<Arc<str>>,
    /// As in the prototype.
    pub nested: Vec<ProtoId>,
    /// As in the prototype.
    pub handlers: Vec<Handler>,
    /// How many ranges of `handlers` to be are open.
    pub handler_depth: usize,
    /// Enclosing loops and `finally` clauses, outermost first.
    pub exits: Vec<Exit>,
    /// Enclosing optional chains, outermost first.
    pub chains: Vec<Chain>,
    /// Names of a destructuring top-level statement and where their values are.
    pub unit_names: Vec<(Name, Reg)>,
    /// Variables that have no register.
    pub spill: Option<Spill>,
    /// The first limit that was exceeded.
    pub limit: Option<Limit>,
    /// The first free register.
    free: usize,
    /// Most registers in use at one time.
    registers: usize,
    /// Registers that hold locals in scope: not to be used as scratch.
    owned: Vec<bool>,
    code: Vec<u32>,
    /// Whether control gets to the end of the code.
    reachable: bool,
    /// By [`Label`]: words that wait for it.
    labels: Vec<Vec<usize>>,
    constants: Constants,
    spans: Vec<(u32, Span)>,
    debug: Vec<LocalName>,
    /// As in the prototype; those without code have no words.
    pub loops: Vec<LoopImage>,
    /// Entries of `debug` whose scope is open.
    debug_open: Vec<usize>,
    /// Locals that have a register, in the order of their declarations.
    declared: Vec<LocalId>,
    cold: Vec<Cold>,
}

/// The tables of a finished function.
pub(super) struct Finished {
    pub registers: u8,
    pub code: Vec<u32>,
    pub consts: Vec<Const>,
    pub spans: Vec<(u32, Span)>,
    pub locals: Vec<LocalName>,
    pub loops: Vec<LoopImage>,
}

impl<'a> Function<'a> {
    /// An empty function.
    pub(super) fn new(name: Arc<str>, kind: ProtoKind, scope: &'a FnScope, span: Span) -> Self {
        Self {
            name,
            kind,
            place: None,
            scope,
            yields: scope.yields,
            span,
            borrows: false,
            borrowed: Vec::new(),
            locals: local_states(scope),
            upvalues: Vec::new(),
            captures: Vec::new(),
            capture_names: Vec::new(),
            nested: Vec::new(),
            handlers: Vec::new(),
            handler_depth: 0,
            exits: Vec::new(),
            chains: Vec::new(),
            unit_names: Vec::new(),
            spill: None,
            limit: None,
            free: 0,
            registers: 0,
            owned: vec![false; 256],
            code: Vec::new(),
            reachable: true,
            labels: Vec::new(),
            constants: Constants::default(),
            spans: Vec::new(),
            debug: Vec::new(),
            loops: Vec::new(),
            debug_open: Vec::new(),
            declared: Vec::new(),
            cold: Vec::new(),
        }
    }

    /// Notes that the function cannot be encoded.
    pub(super) fn exceed(&mut self, limit: Limit) {
        self.limit.get_or_insert(limit);
    }

    // Registers.

    /// The next register, for a local or a temporary.
    pub(super) fn alloc(&mut self) -> Reg {
        let reg = self.free.min(REGISTERS_MAX - 1);
        self.free += 1;
        self.grow(self.free);
        Reg(reg as u8)
    }

    /// `count` registers in a row; the first one.
    pub(super) fn alloc_run(&mut self, count: usize) -> Reg {
        let first = self.free.min(REGISTERS_MAX - 1);
        self.free += count;
        self.grow(self.free);
        Reg(first as u8)
    }

    /// The first register that nothing holds.
    pub(super) fn mark(&self) -> usize {
        self.free
    }

    /// Gives back everything taken since `mark`.
    pub(super) fn release(&mut self, mark: usize) {
        debug_assert!(mark <= self.free, "registers are given back in the reverse order");
        self.free = mark;
    }

    /// Makes the frame hold `count` registers.
    pub(super) fn grow(&mut self, count: usize) {
        self.registers = self.registers.max(count);
        if count > REGISTERS_MAX {
            self.exceed(Limit::Registers);
        }
    }

    /// Whether `reg` is the topmost register in use and nothing but its own value is in it.
    pub(super) fn is_top(&self, reg: Reg) -> bool {
        reg.0 as usize + 1 == self.free && !self.is_owned(reg)
    }

    /// Whether `reg` holds a local that code can see.
    pub(super) fn is_owned(&self, reg: Reg) -> bool {
        self.owned[reg.0 as usize]
    }

    // Locals.

    /// State of a local.
    pub(super) fn local(&mut self, id: LocalId) -> &mut LocalState {
        &mut self.locals[id.0 as usize]
    }

    /// State of a captured variable.
    pub(super) fn upvalue(&self, id: UpvalueId) -> UpvalueState {
        self.upvalues[id.0 as usize]
    }

    /// From here on `reg` holds the variable `name`.
    pub(super) fn open_local(&mut self, name: &Name, reg: Reg, boxed: bool) {
        if !self.owned[reg.0 as usize] {
            self.owned[reg.0 as usize] = true;
            self.open_hidden(&name.0, reg, boxed);
        }
    }

    /// From here on `reg` holds a value of the engine's own, called `name`; it stays usable as scratch by its maker.
    pub(super) fn open_hidden(&mut self, name: &Arc<str>, reg: Reg, boxed: bool) {
        let start = self.pc();
        self.debug_open.push(self.debug.len());
        self.debug.push(LocalName { name: name.clone(), register: reg.0, boxed, start, end: start });
    }

    /// Gives a local its register until the scope ends.
    pub(super) fn declare_local(&mut self, id: LocalId, reg: Reg) {
        self.local(id).reg = Some(reg);
        self.declared.push(id);
    }

    /// Gives a local an item of the list of spilled variables until the scope ends.
    pub(super) fn spill_local(&mut self, id: LocalId, item: u16) {
        self.local(id).spilled = Some(item);
        self.declared.push(id);
    }

    /// What is in scope now, for [`Function::close_scope`].
    pub(super) fn open_scope(&self) -> (usize, usize) {
        (self.debug_open.len(), self.declared.len())
    }

    /// Ends the scope of the locals declared since `open`.
    pub(super) fn close_scope(&mut self, open: (usize, usize)) {
        let end = self.pc();
        for index in self.debug_open.drain(open.0..) {
            let local = &mut self.debug[index];
            local.end = end;
            self.owned[local.register as usize] = false;
        }
        for id in self.declared.drain(open.1..) {
            let local = &mut self.locals[id.0 as usize];
            local.reg = None;
            local.spilled = None;
            local.box_made = false;
        }
    }

    /// Registers in use that hold no named value: intermediate values of an expression around this place.
    pub(super) fn unnamed_registers(&self) -> Vec<Reg> {
        let mut named = [false; 256];
        for index in &self.debug_open {
            named[self.debug[*index].register as usize] = true;
        }
        (0..self.free.min(REGISTERS_MAX)).filter(|reg| !named[*reg]).map(|reg| Reg(reg as u8)).collect()
    }

    // Code.

    /// The word that the next instruction will have.
    pub(super) fn pc(&self) -> u32 {
        self.code.len() as u32
    }

    /// Whether control gets here.
    pub(super) fn is_reachable(&self) -> bool {
        self.reachable
    }

    /// Control gets here by the handler table.
    pub(super) fn enter_handler(&mut self) {
        self.reachable = true;
    }

    /// Appends an instruction without extra words.
    pub(super) fn emit(&mut self, span: Span, insn: Insn) {
        self.emit_with(span, insn, &[]);
    }

    /// Appends an instruction and its extra words.
    pub(super) fn emit_with(&mut self, span: Span, insn: Insn, extra: &[u32]) {
        if !self.reachable {
            return;
        }
        let op = Op::from_byte(insn.op_byte()).expect("made from an `Op`");
        debug_assert_eq!(op.words(), 1 + extra.len(), "{op:?} has the extra words of its row");
        if self.spans.last().is_none_or(|(_, before)| *before != span) {
            self.spans.push((self.pc(), span));
        }
        self.code.push(insn.0);
        self.code.extend_from_slice(extra);
        if self.code.len() > CODE_WORDS_MAX {
            self.exceed(Limit::Code);
            self.code.truncate(CODE_WORDS_MAX);
        }
        self.reachable = !op.ends_flow();
    }

    /// A label that is not bound yet.
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(Vec::new());
        Label(self.labels.len() as u32 - 1)
    }

    /// Appends an instruction whose last extra word is a jump to `label`.
    pub(super) fn jump_with(&mut self, span: Span, insn: Insn, extra: &[u32], label: Label) {
        if !self.reachable {
            return;
        }
        let mut words = extra.to_vec();
        words.push(0);
        self.emit_with(span, insn, &words);
        let word = self.code.len() - 1;
        self.labels[label.0 as usize].push(word);
    }

    /// Appends an instruction whose only extra word is a jump to `label`.
    pub(super) fn jump(&mut self, span: Span, insn: Insn, label: Label) {
        self.jump_with(span, insn, &[], label);
    }

    /// Appends the unconditional jump to `label`.
    pub(super) fn goto(&mut self, span: Span, label: Label) {
        self.jump(span, Insn::abc(Op::Jump, 0, 0, 0), label);
    }

    /// Appends the jump to the next turn of a loop.
    pub(super) fn next_turn(&mut self, span: Span, insn: Insn, number: usize, target: u32) {
        if self.reachable {
            let at = self.pc();
            self.loops[number].back_edges.push(at);
        }
        self.back_edge(span, insn, target);
    }

    /// Appends a jump back to word `target`.
    pub(super) fn back_edge(&mut self, span: Span, insn: Insn, target: u32) {
        let end = i64::from(self.pc()) + 2;
        let offset = (i64::from(target) - end) as i32;
        self.emit_with(span, insn, &[offset as u32]);
    }

    /// Whether something jumps to `label`.
    pub(super) fn is_used(&self, label: Label) -> bool {
        !self.labels[label.0 as usize].is_empty()
    }

    /// Makes `label` mean the next instruction.
    pub(super) fn bind(&mut self, label: Label) {
        let target = self.code.len();
        for word in std::mem::take(&mut self.labels[label.0 as usize]) {
            self.reachable = true;
            if let Some(place) = self.code.get_mut(word) {
                *place = (target as i64 - word as i64 - 1) as u32;
            }
        }
    }

    /// Raises MatchError for `value` when something jumps to `label`. The code stands out of the way, at the end of the function, unless an
    /// error handler covers this place.
    pub(super) fn match_fails(&mut self, span: Span, label: Label, value: Reg) {
        if !self.is_used(label) {
            return;
        }
        if self.handler_depth == 0 {
            self.cold.push(Cold { label, value, span });
            return;
        }
        let matched = self.label();
        self.goto(span, matched);
        self.bind(label);
        self.emit(span, Insn::abc(Op::MatchFail, value.0, 0, 0));
        self.bind(matched);
    }

    // Constants.

    /// Index of a constant, for an extra word.
    pub(super) fn constant(&mut self, constant: Const) -> u32 {
        self.constants.add(constant)
    }

    /// Index of a constant, for a 16-bit operand.
    pub(super) fn constant_wide(&mut self, constant: Const) -> u16 {
        let index = self.constants.add(constant);
        self.index16(index as usize)
    }

    /// Index of a constant if an 8-bit operand can hold it.
    pub(super) fn constant_narrow(&mut self, constant: Const) -> Option<u8> {
        u8::try_from(self.constants.add(constant)).ok()
    }

    /// A table index as a 16-bit operand.
    pub(super) fn index16(&mut self, index: usize) -> u16 {
        u16::try_from(index).unwrap_or_else(|_| {
            self.exceed(Limit::Indices);
            0
        })
    }

    /// A count or position as an 8-bit operand.
    pub(super) fn operand8(&mut self, count: usize) -> u8 {
        u8::try_from(count).unwrap_or_else(|_| {
            self.exceed(Limit::Operand);
            0
        })
    }

    /// `dst = constant`
    pub(super) fn load_constant(&mut self, span: Span, constant: Const, dst: Reg) {
        let index = self.constants.add(constant);
        match u16::try_from(index) {
            Ok(index) => self.emit(span, Insn::abx(Op::LoadK, dst.0, index)),
            Err(_) => self.emit_with(span, Insn::abc(Op::LoadKx, dst.0, 0, 0), &[index]),
        }
    }

    // The end.

    /// Returns nil where the code runs out, places what stands out of the way, and gives the tables.
    pub(super) fn finish(&mut self) -> Finished {
        let end = Span { lo: self.span.hi.saturating_sub(1).max(self.span.lo), hi: self.span.hi };
        self.close_scope((0, 0));
        self.emit(end, Insn::abc(Op::ReturnNil, 0, 0, 0));
        for cold in std::mem::take(&mut self.cold) {
            self.bind(cold.label);
            self.emit(cold.span, Insn::abc(Op::MatchFail, cold.value.0, 0, 0));
        }
        debug_assert!(self.labels.iter().all(Vec::is_empty), "every label that is jumped to is bound");
        let mut locals = std::mem::take(&mut self.debug);
        locals.retain(|local| local.start < local.end);
        let mut loops = std::mem::take(&mut self.loops);
        loops.retain(|entry| entry.start < entry.end);
        Finished {
            registers: self.registers.min(REGISTERS_MAX) as u8,
            code: std::mem::take(&mut self.code),
            consts: std::mem::take(&mut self.constants).finish(),
            spans: std::mem::take(&mut self.spans),
            locals,
            loops,
        }
    }
}

/// The locals of a scope, none of them declared yet.
pub(super) fn local_states(scope: &FnScope) -> Vec<LocalState> {
    let state = |local: &lang::resolve::Local| LocalState {
        reg: None,
        spilled: None,
        boxed: local.boxed,
        box_made: false,
        may_be_unset: local.may_be_unset,
    };
    scope.locals.iter().map(state).collect()
}
