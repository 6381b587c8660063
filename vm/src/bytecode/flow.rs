//! How control leaves an instruction. Shared by the compiler, which drops unreachable code, and by the verifier.

use super::{Extra, Op};

impl Op {
    /// Whether control never goes on to the next instruction.
    pub fn ends_flow(self) -> bool {
        matches!(
            self,
            Op::Jump
                | Op::Loop
                | Op::LoopOld
                | Op::Return
                | Op::ReturnNil
                | Op::MatchFail
                | Op::Throw
                | Op::AssertFail
                | Op::Halt
                | Op::Trap
        )
    }

    /// Whether it jumps backwards: the safe points of loops. All other jumps go forward.
    pub fn is_back_edge(self) -> bool {
        matches!(self, Op::Loop | Op::ForLoop | Op::LoopOld | Op::ForLoopOld)
    }

    /// Whether its last extra word is a jump offset.
    pub fn is_jump(self) -> bool {
        self.info().extra.last() == Some(&Extra::Jump)
    }

    /// Whether only the running program makes it, out of another one.
    pub fn is_quickened(self) -> bool {
        use Op::*;
        matches!(self, AddF | SubF | MulF | DivF | AddKF | SubKF | MulKF | DivKF | LoopOld | ForLoopOld)
    }

    /// The back-edge in code that has been replaced (`old`), or again in code that has not.
    pub fn as_back_edge_of(self, old: bool) -> Op {
        match (self, old) {
            (Op::Loop, true) => Op::LoopOld,
            (Op::ForLoop, true) => Op::ForLoopOld,
            (Op::LoopOld, false) => Op::Loop,
            (Op::ForLoopOld, false) => Op::ForLoop,
            _ => self,
        }
    }

    /// Whether only the engine's own stubs contain it.
    pub fn is_stub(self) -> bool {
        matches!(self, Op::Halt | Op::Resume | Op::Trap)
    }
}
