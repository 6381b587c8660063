//! The instruction set: the opcode table, instruction words, and what is derived from them.

mod boxes;
mod disasm;
mod flow;
mod insn;
mod live;
mod op;
pub mod verify;

pub use boxes::{CapturedBoxes, Registers, box_registers};
pub use disasm::{constant_text, disassemble, name_text};
pub use insn::Insn;
pub use live::needed_registers;
pub use op::{Extra, OPS, Op, OpInfo, Operand};
pub use verify::{VerifyError, captured_boxes, verify};
