//! What a migration hook reads of its `old`.

use crate::bytecode::{Insn, OPS, Op, Operand};
use crate::heap::Value;
use crate::image::Capture;
use crate::object::{Cx, Function, Symbol};
use gc_arena::Gc;
use rustc_hash::FxHashSet;

/// The slots of `old` that a hook reads by name, in functions inside it too.
pub(crate) fn read_of_old<'gc>(cx: &mut Cx<'_, 'gc>, hook: Gc<'gc, Function<'gc>>) -> Vec<Symbol<'gc>> {
    /// The register of the parameter.
    const OLD: u8 = 1;
    let mut names = Vec::new();
    // Code with its registers and captured values that hold `old`.
    let mut work = vec![(hook.proto(), vec![OLD], Vec::new())];
    while let Some((proto, mut registers, captured)) = work.pop() {
        let image = &proto.image;
        let mut at = 0;
        while let Some(op) = image.code.get(at).and_then(|word| Op::from_byte(Insn(*word).op_byte())) {
            let insn = Insn(image.code[at]);
            let is_old = match op {
                Op::Move | Op::GetBox => registers.contains(&insn.b()),
                Op::NewBox => registers.contains(&insn.a()),
                Op::GetUp | Op::GetUpBox => captured.contains(&insn.b()),
                _ => false,
            };
            match op {
                Op::GetAttr if registers.contains(&insn.b()) => {
                    if let Value::Str(name) = proto.const_at(image.code[at + 1] as usize) {
                        names.push(cx.world.intern(cx.mc, name.as_str()));
                    }
                }
                Op::Closure => {
                    let inner = proto.linked.proto(image.nested[usize::from(insn.bx())]);
                    let holds_old = |capture: &Capture| match capture {
                        Capture::Register(register) => registers.contains(register),
                        Capture::Upvalue(index) => captured.contains(index),
                    };
                    let captures = (0..).zip(&inner.image.captures);
                    let captured: Vec<u8> = captures.filter(|(_, capture)| holds_old(capture)).map(|(i, _)| i).collect();
                    if !captured.is_empty() {
                        work.push((inner, Vec::new(), captured));
                    }
                }
                _ => {}
            }
            if matches!(OPS[op as usize].operands[0], Operand::W | Operand::M) {
                registers.retain(|register| *register != insn.a());
            }
            if is_old {
                registers.push(insn.a());
            }
            at += op.words();
        }
    }
    let mut seen = FxHashSet::default();
    names.retain(|name| !["version", "added", "discarded"].contains(&name.as_str()) && seen.insert(*name));
    names
}
