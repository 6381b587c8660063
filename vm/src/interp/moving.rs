//! A running loop goes on in the new text of its function.
//!
//! A commit marks the back-edges of code that it replaces ([`Cx::loosen`]): nothing is looked for, and code that is not replaced pays
//! nothing. A frame that comes to a marked back-edge moves to the newest code if a loop there continues its own (`loops.rs`); else the mark is taken
//! away, since no other frame would fare better. The next commit that replaces anything sets the marks of all replaced code again.

use super::loops;
use crate::bytecode::{Insn, Op};
use crate::heap::Value;
use crate::object::{BoxCell, Cx, Frame, Function, Proto, Way};
use gc_arena::Gc;
use std::rc::Rc;

impl<'gc> Cx<'_, 'gc> {
    /// Makes frames that run `old` look for `new` at their next turn of a loop, once the commit that is running has ended.
    pub(crate) fn loosen(&mut self, old: Gc<'gc, Proto<'gc>>, new: Gc<'gc, Proto<'gc>>) {
        if old.code.mark_back_edges(true) {
            self.world.replaced.push(Gc::downgrade(old));
            new.is_tentative.set(true);
            self.world.loading.tentative.push(new);
        }
    }

    /// A commit has ended whose new code is given. All replaced code is marked again: what found no way may find one now.
    pub(crate) fn loosen_again(&mut self, tentative: &[Gc<'gc, Proto<'gc>>]) {
        let mc = self.mc;
        tentative.iter().for_each(|new| new.is_tentative.set(false));
        self.world.ways.borrow_mut().clear();
        if tentative.is_empty() {
            return;
        }
        self.world.replaced.retain(|proto| proto.upgrade(mc).is_some());
        for proto in &self.world.replaced {
            if let Some(proto) = proto.upgrade(mc) {
                proto.code.mark_back_edges(true);
            }
        }
    }

    /// Lets all replaced code name its newest successor, so that old code that is alive keeps no generation between the two. Only for a
    /// commit that nothing takes back any more.
    pub(crate) fn shorten_successions(&mut self) {
        for old in self.world.protos.iter().filter_map(|proto| proto.upgrade(self.mc)) {
            let Some(next) = old.successor() else { continue };
            let mut newest = next;
            while let Some(successor) = newest.successor() {
                newest = successor;
            }
            if !Gc::ptr_eq(newest, next) {
                Proto::supersede(old, self.mc, Some(newest));
            }
        }
    }

    /// The code that takes the place of a frame's. `callee` is what was called: it stands below the frame's first register.
    pub(crate) fn newest_code(&self, frame: &Frame<'gc>, callee: Value<'gc>) -> Gc<'gc, Proto<'gc>> {
        let mut proto = match callee {
            Value::Function(function) => function.proto(),
            _ => frame.proto,
        };
        while let Some(successor) = proto.successor() {
            proto = successor;
        }
        proto
    }

    /// Whether the code of a frame has been replaced by code that does something else.
    pub(crate) fn is_replaced(&self, frame: &Frame<'gc>, callee: Value<'gc>) -> bool {
        self.newest_code(frame, callee).image.fingerprint != frame.proto.image.fingerprint
    }

    /// Whether a frame on old code will go on in the new one at the next turn of its loop, and if not, why. `None`: it is in no loop.
    pub(crate) fn foresee(&self, frame: &Frame<'gc>, callee: Value<'gc>) -> Option<Result<(), String>> {
        let new = self.newest_code(frame, callee);
        let word = word_of(frame).saturating_sub(1);
        let image = &frame.proto.image;
        let mut found = None;
        let mut at = loops::loop_at(image, word);
        while let Some(i) = at {
            let entry = &image.loops[i];
            let back_edge = entry.back_edges.first().copied().unwrap_or(entry.next);
            match &*self.way(frame.proto, (i, back_edge), new) {
                Ok(_) => return Some(Ok(())),
                Err(why) => drop(found.get_or_insert_with(|| Err(why.clone()))),
            }
            at = (0..i).rev().find(|outer| image.loops[*outer].start <= entry.start && entry.end <= image.loops[*outer].end);
        }
        found
    }

    /// The way from a loop and its back-edge to `new`, remembered until the next commit: many frames may ask.
    pub(super) fn way(
        &self,
        old: Gc<'gc, Proto<'gc>>,
        (from, at): (usize, u32),
        new: Gc<'gc, Proto<'gc>>,
    ) -> Rc<Result<Way, String>> {
        let key = (Gc::as_ptr(old) as usize, at, Gc::as_ptr(new) as usize);
        if let Some(known) = self.world.ways.borrow().get(&key) {
            return known.clone();
        }
        let way = loops::way((&old.linked.image, &old.image), from, at, (&new.linked.image, &new.image));
        let way = Rc::new(way);
        self.world.ways.borrow_mut().insert(key, way.clone());
        way
    }

    /// At a marked back-edge of the top frame, whose `pc` stands behind the instruction's first word: goes on in the newest code, or takes
    /// the mark away. True if the frame has moved.
    pub(super) fn move_frame(&mut self) -> bool {
        let base = self.world.stack.base;
        let frame = *self.world.stack.frames.last().expect("the frame that runs");
        let callee = if base > 0 { self.world.stack.values[base - 1] } else { Value::Nil };
        let new = self.newest_code(&frame, callee);
        let old = frame.proto;
        let at = word_of(&frame) - 1;
        if Gc::ptr_eq(old, new) {
            old.code.mark_back_edges(false);
            return false;
        }
        if new.is_tentative.get() {
            // The commit that brought it may yet be taken back.
            return false;
        }
        let found = loops::loop_of_back_edge(&old.image, at).map(|from| self.way(old, (from, at), new));
        match found.as_deref() {
            Some(Ok(way)) if self.has_values(base, way) && self.world.stack.reserve(base + new.frame_slots as usize) => {
                if let Value::Function(function) = callee {
                    Function::set_proto(function, self.mc, new);
                }
                self.enter_at(new, way, 0);
                true
            }
            _ => {
                old.code.mark_back_edge(at as usize, false);
                false
            }
        }
    }

    /// The top frame gets the next item of its loop, for which it may have waited while its code was replaced: goes on there in the newest
    /// code. Gives the register that the item has in it; `None` if the frame has not moved.
    #[inline]
    pub(super) fn move_waiting_frame(&mut self) -> Option<u8> {
        let frame = *self.world.stack.frames.last()?;
        frame.proto.successor()?;
        self.move_at_next(&frame)
    }

    #[cold]
    fn move_at_next(&mut self, frame: &Frame<'gc>) -> Option<u8> {
        let base = self.world.stack.base;
        let callee = if base > 0 { self.world.stack.values[base - 1] } else { Value::Nil };
        let new = self.newest_code(frame, callee);
        let old = frame.proto;
        let at = word_of(frame).checked_sub(Op::Next.words() as u32)?;
        let is_next = |proto: Gc<'gc, Proto<'gc>>, word: u32| {
            let insn = Insn(proto.image.code[word as usize]);
            (Op::from_byte(insn.op_byte()) == Some(Op::Next)).then_some(insn)
        };
        is_next(old, at)?;
        let from = old.image.loops.iter().position(|entry| entry.next == at)?;
        if Gc::ptr_eq(old, new) || new.is_tentative.get() {
            return None;
        }
        let way = self.way(old, (from, at), new);
        let way = way.as_ref().as_ref().ok()?;
        let item = is_next(new, way.word)?.b();
        if !self.has_values(base, way) || !self.world.stack.reserve(base + new.frame_slots as usize) {
            return None;
        }
        if let Value::Function(function) = callee {
            Function::set_proto(function, self.mc, new);
        }
        self.enter_at(new, way, Op::Next.words());
        Some(item)
    }

    /// Whether the frame at `base` has all that it takes along: one that has moved before may be in the scope of a variable that was never given a
    /// value.
    pub(super) fn has_values(&self, base: usize, way: &Way) -> bool {
        way.registers.iter().all(|passed| !self.world.stack.values[base + usize::from(passed.from)].is_unset())
    }

    /// Gives the top frame other code, in the middle of it: `done` words, which are whole instructions, behind the place that the way leads to.
    pub(super) fn enter_at(&mut self, new: Gc<'gc, Proto<'gc>>, way: &Way, done: usize) {
        let stack = &mut self.world.stack;
        let base = stack.base;
        let old = stack.frames.last().expect("the frame that moves").proto;
        let arguments = kept_arguments(old, new, &stack.values[base..]);
        let registers: Vec<Value<'gc>> = way.registers.iter().map(|passed| stack.values[base + usize::from(passed.from)]).collect();
        let end = base + usize::from(new.frame_slots.max(old.frame_slots));
        // What is not taken along has no value: code that needs one is not entered later.
        stack.values[base..end].fill(Value::Unset);
        stack.values[base..][..arguments.len()].copy_from_slice(&arguments);
        for (passed, value) in way.registers.iter().zip(registers) {
            let value = if passed.into_box { Value::Box(BoxCell::new(self.mc, value)) } else { value };
            stack.values[base + usize::from(passed.to)] = value;
        }
        let frame = stack.frames.last_mut().expect("the frame that moves");
        frame.proto = new;
        frame.k = new.consts();
        // SAFETY: the word is the start of an instruction of verified code, with the registers that it needs: see `loops.rs`. A `Next` is
        // followed by another instruction.
        frame.pc = unsafe { new.code.start().add(way.word as usize + done) };
    }
}

/// The arguments of a call, which stay where they are if the new code has the same parameters: the call may be made once more.
fn kept_arguments<'gc>(old: Gc<'gc, Proto<'gc>>, new: Gc<'gc, Proto<'gc>>, values: &[Value<'gc>]) -> Vec<Value<'gc>> {
    let names = |proto: Gc<'gc, Proto<'gc>>| {
        (proto.is_method(), proto.image.params.iter().map(|param| param.name.clone()).collect::<Vec<_>>(), proto.image.rest.clone())
    };
    if names(old) != names(new) {
        return Vec::new();
    }
    let count = usize::from(old.is_method()) + old.image.params.len() + usize::from(old.image.rest.is_some());
    values[..count].to_vec()
}

/// Where a frame goes on, as a word of its code.
fn word_of(frame: &Frame<'_>) -> u32 {
    ((frame.pc as usize - frame.proto.code.start() as usize) / size_of::<u32>()) as u32
}
