//! The instruction set: the opcode table, instruction words, and what is derived from them.

mod insn;
mod op;

pub use insn::Insn;
pub use op::{Extra, OPS, Op, OpInfo, Operand};
