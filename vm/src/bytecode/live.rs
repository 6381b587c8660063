//! Which registers code still needs: what a frame has to have when it enters the code in its middle.
//!
//! A backward data flow: a register is needed before an instruction that reads it, and before one that does not write it and leads to where
//! it is needed; also where an error leads. Where an instruction may or may not write, it counts as not writing.

use super::boxes::innermost_handlers;
use super::verify::closes_over;
use super::{Insn, Op, Operand, Registers};
use crate::image::{Capture, ClassRef, ModuleImage, ProtoImage};

/// The registers that are needed before the instruction at word `at`. The code must be verified.
pub fn needed_registers(image: &ModuleImage, proto: &ProtoImage, at: u32) -> Registers {
    let code = instructions(proto);
    let mut before = vec![Registers::default(); proto.code.len() + 1];
    let handler_of = innermost_handlers(proto);
    loop {
        let mut changed = false;
        for (pc, op, insn) in code.iter().rev().copied() {
            let end = pc + op.words();
            let mut needed = Registers::default();
            if !op.ends_flow() {
                needed = before[end];
                written(op, insn, false).for_each(|register| needed.remove(register));
            }
            if op.is_jump() {
                let target = (end as i64 + i64::from(proto.code[end - 1] as i32)) as usize;
                let mut there = before[target];
                written(op, insn, true).for_each(|register| there.remove(register));
                needed = needed.or(there);
            }
            if let Some(handler) = handler_of[pc].map(|at| &proto.handlers[at as usize]) {
                let mut there = before[handler.target as usize];
                there.remove(handler.register);
                needed = needed.or(there);
            }
            read(image, proto, (pc, op, insn), &mut |register| needed.insert(register));
            changed |= needed != before[pc];
            before[pc] = needed;
        }
        if !changed {
            return before[at as usize];
        }
    }
}

fn instructions(proto: &ProtoImage) -> Vec<(usize, Op, Insn)> {
    let mut pc = 0;
    let mut all = Vec::new();
    while let Some(word) = proto.code.get(pc) {
        let insn = Insn(*word);
        let op = Op::from_byte(insn.op_byte()).expect("verified code");
        all.push((pc, op, insn));
        pc += op.words();
    }
    all
}

/// The registers that an instruction certainly writes on its way to the next one, or to where it jumps.
fn written(op: Op, insn: Insn, jumps: bool) -> impl Iterator<Item = u8> {
    let operands = [insn.a(), insn.b(), insn.c()];
    // These write what they give only when they go on, `ForLoop` when it jumps.
    let gives = match op {
        Op::Next | Op::MapItem | Op::SlotItem | Op::ForPrep => !jumps,
        Op::ForLoop => jumps,
        _ => true,
    };
    let counter = matches!(op, Op::ForPrep | Op::ForLoop).then(|| insn.a() + 2);
    let position = matches!(op, Op::Iter).then(|| insn.a() + 1);
    let plain = operands.into_iter().zip(op.info().operands).filter(|(_, operand)| *operand == Operand::W).map(|(r, _)| r);
    plain.chain(counter).chain(position).filter(move |_| gives)
}

/// Tells every register that an instruction reads.
fn read(image: &ModuleImage, proto: &ProtoImage, (pc, op, insn): (usize, Op, Insn), tell: &mut dyn FnMut(u8)) {
    let (a, b, c) = (insn.a(), insn.b(), insn.c());
    let imm = || proto.code[pc + op.words() - 1] as u8;
    // The run of registers that an instruction names by its first one, which may be empty.
    let run = match op {
        Op::Call | Op::CallShape => Some((a, b + 1)),
        Op::CallGlobal => Some((a + 1, b)),
        Op::CallMethod | Op::CallSuper | Op::CallMethodShape | Op::CallSuperShape => Some((a + 1, b + 1)),
        Op::NewTuple | Op::NewList | Op::Concat => Some((b, c)),
        Op::NewMap => Some((b, 2 * c)),
        Op::Slice => Some((c, 2)),
        Op::Next | Op::ForPrep | Op::ForLoop => Some((a, 2)),
        Op::MapRest => Some((c, imm())),
        Op::AssertFail => Some((a, b + c + 1)),
        Op::Class => Some((a + 1, class_operands(image, insn.bx()))),
        _ => None,
    };
    if let Some((first, count)) = run {
        (first..first + count).for_each(&mut *tell);
    }
    let skipped = match op {
        Op::NewTuple | Op::NewList | Op::Concat | Op::NewMap => 1,
        Op::MapRest | Op::Slice => 2,
        Op::AssertFail => 0,
        _ => 3,
    };
    for (place, (register, operand)) in [a, b, c].into_iter().zip(op.info().operands).enumerate() {
        if matches!(operand, Operand::R | Operand::M) && place != skipped {
            tell(register);
        }
    }
    for inner in closes_over(image, proto, op, insn.bx()) {
        for capture in &image.protos[inner.0 as usize].captures {
            if let Capture::Register(register) = capture {
                tell(*register);
            }
        }
    }
}

fn class_operands(image: &ModuleImage, index: u16) -> u8 {
    let bases = image.classes[usize::from(index)].bases.iter();
    let registers = bases.map(|base| match base {
        ClassRef::Register(n) => n + 1,
        ClassRef::Path(..) => 0,
    });
    registers.max().unwrap_or(0)
}
