//! Leaving a region of code early: `break`, `continue` and `return`, and the `finally` clauses on their way.
//!
//! A `finally` body is compiled once. Whoever leaves its region writes a number into the clause's *kind* register, for `return`
//! also the result into its *value* register, and jumps to the body; behind the body the number is compared and the way out is
//! resumed, which may lead to the next `finally` further out. The numbers are positions in [`Finally::ways`].

use super::Compiler;
use super::function::{Label, Limit, Reg};
use crate::bytecode::{Insn, Op};
use lang::ast::{Ident, Name};
use lang::source::Span;

/// An enclosing construct that an early exit has to know.
pub(super) enum Exit {
    /// A loop.
    Loop(Loop),
    /// The region that a `finally` protects.
    Finally(Finally),
}

/// A loop around the place that is compiled.
pub(super) struct Loop {
    /// `outer:`
    pub label: Option<Name>,
    /// Its place in `Function::loops`.
    pub number: usize,
    /// Behind the loop.
    pub done: Label,
    /// The instruction that goes on with the next iteration.
    pub next: Label,
    /// Where a back-edge goes, unless only `next` does it.
    pub top: Option<u32>,
}

/// A `finally` whose region is being compiled.
pub(super) struct Finally {
    /// Register of the number that says how the region was left.
    pub kind: Reg,
    /// Register of the error or result.
    pub value: Reg,
    /// The body.
    pub body: Label,
    /// How the region is left, by number.
    pub ways: Vec<Way>,
    /// Which of `ways` occur.
    pub used: Vec<bool>,
}

/// How a region is left. Loops are named by their position in `Function::exits`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// At its end.
    Normal,
    /// By an error, in the value register.
    Throw,
    /// By `return`, the result in the value register.
    Return,
    /// By `break`.
    Break(usize),
    /// By `continue`.
    Continue(usize),
}

impl Finally {
    /// A clause with these registers and nothing but the two ways that need no statement.
    pub(super) fn new(kind: Reg, value: Reg, body: Label) -> Self {
        Self { kind, value, body, ways: vec![Way::Normal, Way::Throw], used: vec![false, false] }
    }

    /// The number of `way`.
    fn number(&mut self, way: Way) -> usize {
        let at = self.ways.iter().position(|known| *known == way).unwrap_or(self.ways.len());
        if at == self.ways.len() {
            self.ways.push(way);
            self.used.push(false);
        }
        self.used[at] = true;
        at
    }
}

impl Compiler<'_> {
    /// Position of the loop that `break label` or `continue label` means.
    pub(super) fn loop_of(&self, label: Option<&Ident>) -> Option<usize> {
        self.fun.exits.iter().rposition(|exit| match exit {
            Exit::Loop(inner) => label.is_none_or(|label| inner.label.as_ref() == Some(&label.name)),
            Exit::Finally(_) => false,
        })
    }

    /// The innermost `finally` whose region `way` leaves.
    fn finally_of(&self, way: Way) -> Option<usize> {
        let inside = match way {
            Way::Break(at) | Way::Continue(at) => at + 1,
            Way::Normal | Way::Throw | Way::Return => 0,
        };
        let innermost = self.fun.exits[inside..].iter().rposition(|exit| matches!(exit, Exit::Finally(_)));
        innermost.map(|at| at + inside)
    }

    /// The register in which a result has to be when `return` leaves the region of a `finally`.
    pub(super) fn result_register(&self) -> Option<Reg> {
        self.fun.exits.iter().rev().find_map(|exit| match exit {
            Exit::Finally(finally) => Some(finally.value),
            Exit::Loop(_) => None,
        })
    }

    /// The label that `break` or `continue` jumps to, if no `finally` is on the way.
    pub(super) fn direct_exit(&self, way: Way) -> Option<Label> {
        let (Way::Break(at) | Way::Continue(at)) = way else { return None };
        match (&self.fun.exits[at], self.finally_of(way)) {
            (Exit::Loop(inner), None) => Some(if way == Way::Break(at) { inner.done } else { inner.next }),
            _ => None,
        }
    }

    /// Leaves by `way`. For `return` out of a `finally` region, the result is in [`Compiler::result_register`].
    pub(super) fn leave(&mut self, span: Span, way: Way) {
        if !self.fun.is_reachable() {
            return;
        }
        if let Some(at) = self.finally_of(way) {
            return self.leave_through(span, way, at);
        }
        match way {
            Way::Normal | Way::Throw | Way::Return => unreachable!("leaves a `finally` region"),
            Way::Break(at) | Way::Continue(at) => {
                let Exit::Loop(inner) = &self.fun.exits[at] else { return };
                let number = inner.number;
                match (way, inner.top) {
                    (Way::Continue(_), Some(top)) => self.fun.next_turn(span, Insn::abc(Op::Loop, 0, 0, 0), number, top),
                    (Way::Continue(_), None) => self.fun.goto(span, inner.next),
                    _ => self.fun.goto(span, inner.done),
                }
            }
        }
    }

    fn leave_through(&mut self, span: Span, way: Way, at: usize) {
        let Exit::Finally(finally) = &mut self.fun.exits[at] else { return };
        let number = finally.number(way);
        let (kind, body) = (finally.kind, finally.body);
        if number > i8::MAX as usize {
            return self.fun.exceed(Limit::Operand);
        }
        self.fun.emit(span, Insn::abx(Op::LoadInt, kind.0, number as u16));
        self.fun.goto(span, body);
    }

    /// Behind the body of `finally`, which is no longer in `exits`: resumes the way out that its kind register names.
    /// Normal flow goes to `done`, which the caller binds next.
    pub(super) fn resume_exit(&mut self, span: Span, finally: &Finally, done: Label) {
        let used: Vec<usize> = (0..finally.ways.len()).filter(|at| finally.used[*at]).collect();
        for (index, &number) in used.iter().enumerate() {
            let way = finally.ways[number];
            let is_last = index + 1 == used.len();
            let kind = finally.kind.0;
            if way == Way::Normal {
                if !is_last {
                    self.fun.jump(span, Insn::abc(Op::JumpLeI, kind, number as u8, 0), done);
                }
                continue;
            }
            let next = self.fun.label();
            if !is_last {
                self.fun.jump(span, Insn::abc(Op::JumpGtI, kind, number as u8, 0), next);
            }
            self.resume_way(span, way, finally.value);
            self.fun.bind(next);
        }
    }

    fn resume_way(&mut self, span: Span, way: Way, value: Reg) {
        match way {
            Way::Throw => self.fun.emit(span, Insn::abc(Op::Throw, value.0, 0, 0)),
            Way::Return => self.return_register(span, value),
            Way::Normal | Way::Break(_) | Way::Continue(_) => self.leave(span, way),
        }
    }

    /// Returns what is in `value`, by way of the enclosing `finally` if there is one.
    pub(super) fn return_register(&mut self, span: Span, value: Reg) {
        match self.result_register() {
            Some(result) => {
                self.copy(span, result, value);
                self.leave(span, Way::Return);
            }
            None => self.fun.emit(span, Insn::abc(Op::Return, value.0, 0, 0)),
        }
    }
}
