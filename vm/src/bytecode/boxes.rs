//! Which registers and captured values are boxes: the one fact about types that the interpreter trusts without looking.
//!
//! The box operations read a pointer without a test of its tag, so the verifier proves that it is one. A register is a box at a word if
//! on every way to it `NewBox` has made it one and nothing has written to it since: a forward data flow whose join is intersection, also
//! into error handlers, from every instruction they cover. A captured value has to be a box if the closure reads it as one, or
//! hands it on to a closure that does; whoever makes the closure has to have a box there.

use super::{Insn, Op, Operand};
use crate::image::{Capture, ModuleImage, ProtoId, ProtoImage};

/// A set of registers of one frame.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Registers([u64; 4]);

impl Registers {
    /// Every register.
    const ALL: Registers = Registers([u64::MAX; 4]);

    /// Whether the register is in the set.
    pub fn contains(&self, register: u8) -> bool {
        self.0[usize::from(register >> 6)] >> (register & 63) & 1 == 1
    }

    /// Adds a register.
    pub fn insert(&mut self, register: u8) {
        self.0[usize::from(register >> 6)] |= 1 << (register & 63);
    }

    /// Takes a register out.
    pub fn remove(&mut self, register: u8) {
        self.0[usize::from(register >> 6)] &= !(1 << (register & 63));
    }

    fn remove_from(&mut self, first: u8) {
        for (at, word) in self.0.iter_mut().enumerate() {
            let start = 64 * at;
            let keep = usize::from(first).saturating_sub(start);
            if keep < 64 {
                *word &= (1 << keep) - 1;
            }
        }
    }

    /// The registers of both.
    pub fn or(self, other: Registers) -> Registers {
        Registers(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |register| self.contains(*register))
    }

    fn and(self, other: Registers) -> Registers {
        Registers(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }
}

/// For each prototype, which of its captured values have to be boxes.
pub struct CapturedBoxes(Vec<Vec<bool>>);

impl CapturedBoxes {
    /// Looks through an image whose prototypes are given with inner ones first. `closes_over` gives the prototypes whose closures an
    /// instruction of a prototype makes.
    pub(super) fn of(
        image: &ModuleImage,
        inner_first: &[ProtoId],
        closes_over: impl Fn(&ModuleImage, &ProtoImage, Op, u16) -> Vec<ProtoId>,
    ) -> Self {
        let mut out = CapturedBoxes(image.protos.iter().map(|proto| vec![false; proto.captures.len()]).collect());
        for id in inner_first {
            let proto = &image.protos[id.0 as usize];
            for (_, op, insn) in instructions(proto) {
                match op {
                    Op::GetUpBox | Op::SetUpBox => out.0[id.0 as usize][usize::from(insn.b())] = true,
                    _ => {
                        for inner in closes_over(image, proto, op, insn.bx()) {
                            out.hand_on(image, *id, inner);
                        }
                    }
                }
            }
        }
        out
    }

    fn hand_on(&mut self, image: &ModuleImage, outer: ProtoId, inner: ProtoId) {
        for (at, capture) in image.protos[inner.0 as usize].captures.iter().enumerate() {
            if let Capture::Upvalue(upvalue) = capture
                && self.0[inner.0 as usize][at]
            {
                self.0[outer.0 as usize][usize::from(*upvalue)] = true;
            }
        }
    }

    /// Whether captured value `upvalue` of a prototype has to be a box.
    pub fn is_box(&self, proto: ProtoId, upvalue: usize) -> bool {
        self.0[proto.0 as usize][upvalue]
    }
}

fn instructions(proto: &ProtoImage) -> impl Iterator<Item = (usize, Op, Insn)> + '_ {
    let mut pc = 0;
    std::iter::from_fn(move || {
        let insn = Insn(*proto.code.get(pc)?);
        let op = Op::from_byte(insn.op_byte())?;
        let at = pc;
        pc += op.words();
        Some((at, op, insn))
    })
}

/// For each word that starts an instruction, the registers that are boxes before it; words that nothing reaches have all. The code must
/// have been checked otherwise.
pub fn box_registers(proto: &ProtoImage) -> Vec<Registers> {
    let mut before = vec![Registers::ALL; proto.code.len()];
    if !instructions(proto).any(|(_, op, _)| op == Op::NewBox) {
        // Nothing is a box anywhere.
        before.fill(Registers::default());
        return before;
    }
    before[0] = Registers::default();
    let handler_of = innermost_handlers(proto);
    loop {
        // Whether something flowed to a word that this round has passed already.
        let mut again = false;
        let mut flow = |from: usize, target: usize, state: Registers, before: &mut [Registers]| {
            let joined = before[target].and(state);
            again |= joined != before[target] && target <= from;
            before[target] = joined;
        };
        for (pc, op, insn) in instructions(proto) {
            let state = before[pc];
            let after = apply(op, insn, state);
            let end = pc + op.words();
            if !op.ends_flow() {
                flow(pc, end, after, &mut before);
            }
            if op.is_jump() {
                let target = end as i64 + i64::from(proto.code[end - 1] as i32);
                flow(pc, target as usize, after, &mut before);
            }
            if let Some(handler) = handler_of[pc].map(|at| &proto.handlers[at as usize]) {
                let mut raised = scratched(op, insn, state);
                raised.remove(handler.register);
                flow(pc, handler.target as usize, raised, &mut before);
            }
        }
        if !again {
            return before;
        }
    }
}

/// For each word the handler that an error there goes to.
pub(super) fn innermost_handlers(proto: &ProtoImage) -> Vec<Option<u32>> {
    let mut handler_of = vec![None; proto.code.len()];
    for (at, handler) in proto.handlers.iter().enumerate().rev() {
        handler_of[handler.start as usize..handler.end as usize].fill(Some(at as u32));
    }
    handler_of
}

/// What an instruction may destroy even if it raises: the window of a call.
fn scratched(op: Op, insn: Insn, mut state: Registers) -> Registers {
    use Op::*;
    if matches!(op, Call | CallGlobal | CallMethod | CallSuper | CallShape | CallMethodShape | CallSuperShape) {
        state.remove_from(insn.a());
    }
    state
}

/// The boxes after an instruction.
fn apply(op: Op, insn: Insn, state: Registers) -> Registers {
    let mut after = scratched(op, insn, state);
    let operands = [insn.a(), insn.b(), insn.c()];
    for (register, operand) in operands.into_iter().zip(op.info().operands) {
        if matches!(operand, Operand::W | Operand::M) {
            after.remove(register);
        }
    }
    match op {
        Op::NewBox => after.insert(insn.a()),
        Op::Move if state.contains(insn.b()) => after.insert(insn.a()),
        Op::Iter | Op::Next => after.remove(insn.a().saturating_add(1)),
        Op::ForPrep | Op::ForLoop => {
            after.remove(insn.a().saturating_add(1));
            after.remove(insn.a().saturating_add(2));
        }
        _ => {}
    }
    after
}
