//! One instruction word and its fields. The only place that packs and unpacks operands.

use super::Op;

/// An instruction word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Insn(pub u32);

impl Insn {
    /// `op A B C`
    #[inline]
    pub const fn abc(op: Op, a: u8, b: u8, c: u8) -> Self {
        Insn(op as u32 | (a as u32) << 8 | (b as u32) << 16 | (c as u32) << 24)
    }

    /// `op A Bx`
    #[inline]
    pub const fn abx(op: Op, a: u8, bx: u16) -> Self {
        Insn(op as u32 | (a as u32) << 8 | (bx as u32) << 16)
    }

    /// The low byte: the opcode.
    #[inline(always)]
    pub const fn op_byte(self) -> u8 {
        self.0 as u8
    }

    /// Operand A.
    #[inline(always)]
    pub const fn a(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// Operand B.
    #[inline(always)]
    pub const fn b(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// Operand C.
    #[inline(always)]
    pub const fn c(self) -> u8 {
        (self.0 >> 24) as u8
    }

    /// Operand C as a signed number.
    #[inline(always)]
    pub const fn sc(self) -> i8 {
        (self.0 >> 24) as i8
    }

    /// Operand B as a signed number.
    #[inline(always)]
    pub const fn sb(self) -> i8 {
        (self.0 >> 16) as i8
    }

    /// B and C as one unsigned number.
    #[inline(always)]
    pub const fn bx(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// B and C as one signed number.
    #[inline(always)]
    pub const fn sbx(self) -> i16 {
        (self.0 >> 16) as i16
    }
}
