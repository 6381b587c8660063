//! Code and functions.
//!
//! A `Proto` is one linked piece of code; a `Function` is the object a program holds. A redefinition gives the function object
//! another `Proto`: identity and captured values stay, and running frames keep the `Proto` they started with.

use super::{Class, Linked};
use crate::bytecode::{Extra, Insn, Op};
use crate::heap::{Value, note_marked};
use crate::image::{ProtoId, ProtoImage, ProtoKind};
use crate::limits;
use gc_arena::collect::Trace;
use gc_arena::lock::Lock;
use gc_arena::{Collect, Gc, Mutation};
use std::cell::{Cell, UnsafeCell};
use std::sync::Arc;

/// The words of a prototype. They change at run time: inline caches and quickened opcodes.
pub struct Code {
    words: Box<[Cell<u32>]>,
    /// Position of the low half of every cached target.
    targets: Box<[u32]>,
}

impl Code {
    /// Takes verified code.
    pub fn new(words: &[u32]) -> Self {
        let mut targets = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let Some(op) = Op::from_byte(Insn(words[at]).op_byte()) else { break };
            if let Some(i) = op.info().extra.iter().position(|x| *x == Extra::Target) {
                targets.push((at + 1 + i) as u32);
            }
            at += op.words();
        }
        Code { words: words.iter().map(|w| Cell::new(*w)).collect(), targets: targets.into() }
    }

    /// The first word.
    #[inline(always)]
    pub fn start(&self) -> *const u32 {
        self.words.as_ptr().cast()
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are none; never so for verified code.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Marks every back-edge as one of replaced code, or no longer; false if there are none.
    pub fn mark_back_edges(&self, old: bool) -> bool {
        let mut any = false;
        let mut at = 0;
        while at < self.words.len() {
            let Some(op) = Op::from_byte(Insn(self.words[at].get()).op_byte()) else { break };
            if op.is_back_edge() {
                any = true;
                self.mark_back_edge(at, old);
            }
            at += op.words();
        }
        any
    }

    /// Does so with the back-edge at a word.
    pub fn mark_back_edge(&self, at: usize, old: bool) {
        let word = self.words[at].get();
        if let Some(op) = Op::from_byte(Insn(word).op_byte()) {
            self.words[at].set(word & !0xff | op.as_back_edge_of(old) as u32);
        }
    }

    /// Empties every inline cache.
    pub fn clear_caches(&self) {
        let mut at = 0;
        while at < self.words.len() {
            let Some(op) = Op::from_byte(Insn(self.words[at].get()).op_byte()) else { break };
            for (i, extra) in op.info().extra.iter().enumerate() {
                if matches!(extra, Extra::Layout | Extra::Target) {
                    self.words[at + 1 + i].set(0);
                }
            }
            at += op.words();
        }
    }
}

/// A linked prototype.
#[repr(C)]
pub struct Proto<'gc> {
    /// The code.
    pub code: Code,
    consts: Box<[UnsafeCell<Value<'gc>>]>,
    /// Registers of a frame.
    pub registers: u16,
    /// Slots of a frame: its registers and room for the windows of slow paths.
    pub frame_slots: u16,
    /// Values in the window of a plain call, `self` included, when every call must have just so many; [`Proto::VARIADIC`] when
    /// there are defaults or a rest parameter.
    arity: Cell<u16>,
    /// Its number in its text.
    pub id: ProtoId,
    /// The compiled form, for names, places and call shapes.
    pub image: Arc<ProtoImage>,
    /// The version of the file it comes from.
    pub linked: Gc<'gc, Linked<'gc>>,
    /// Qualified name for traces: `game.monster.Monster.hurt`.
    pub qualified: Arc<str>,
    /// Version of the definition it belongs to; of the file, for statements of the top level.
    pub version: Cell<u32>,
    /// The version of the definition in which its parameters became what they are.
    pub signature_version: Cell<u32>,
    /// Whether the commit that brought it has not ended.
    pub is_tentative: Cell<bool>,
    /// Whether a call of it was ever suspended in a fiber.
    pub was_suspended: Cell<bool>,
    /// Whether calls of a function that has it go elsewhere (`World::detours`).
    is_detoured: Cell<bool>,
    /// The code that functions which still have this one take at their next call.
    successor: Lock<Option<Gc<'gc, Proto<'gc>>>>,
}

// SAFETY: traces every pointer: constants, cached targets, and the linked file. Constants change only through
// `set_const`, cached targets only through `note_target`, both of which run the barrier.
unsafe impl<'gc> Collect<'gc> for Proto<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        for value in &self.consts {
            // SAFETY: nothing mutates while the collector traces.
            unsafe { &*value.get() }.trace(cc);
        }
        for at in &self.code.targets {
            if let Some(target) = self.target(*at as usize) {
                cc.trace_gc(target);
            }
        }
        self.linked.trace(cc);
        self.successor.trace(cc);
    }
}

impl<'gc> Proto<'gc> {
    /// The arity that says "look closer".
    pub const VARIADIC: u16 = u16::MAX;

    /// A prototype of verified code. `consts` are the linked constants, in step with the image's.
    pub fn new(
        mc: &Mutation<'gc>,
        id: ProtoId,
        image: Arc<ProtoImage>,
        linked: Gc<'gc, Linked<'gc>>,
        consts: Vec<Value<'gc>>,
        qualified: Arc<str>,
    ) -> Gc<'gc, Self> {
        let arity = arity_of(&image);
        Gc::new(
            mc,
            Proto {
                code: Code::new(&image.code),
                consts: consts.into_iter().map(UnsafeCell::new).collect(),
                registers: u16::from(image.registers),
                frame_slots: u16::from(image.registers) + limits::SCRATCH_SLOTS as u16,
                arity: Cell::new(arity),
                id,
                image,
                linked,
                qualified,
                version: Cell::new(1),
                signature_version: Cell::new(1),
                is_tentative: Cell::new(false),
                was_suspended: Cell::new(false),
                is_detoured: Cell::new(false),
                successor: Lock::new(None),
            },
        )
    }

    /// Notes, of code that takes the place of `old`, since when it has its parameters.
    pub fn keep_signature_of(&self, old: Gc<'gc, Self>) {
        let (a, b) = (&old.image, &self.image);
        let is_same =
            a.rest == b.rest && a.params.iter().map(|p| (&p.name, &p.default)).eq(b.params.iter().map(|p| (&p.name, &p.default)));
        self.signature_version.set(if is_same { old.signature_version.get() } else { self.version.get() });
    }

    /// See the field.
    #[inline(always)]
    pub fn arity(&self) -> u16 {
        self.arity.get()
    }

    /// The code that replaces this one, if a redefinition has.
    pub fn successor(&self) -> Option<Gc<'gc, Proto<'gc>>> {
        self.successor.get()
    }

    /// Makes every function that has this code take `successor` at its next call. No heap walk is needed: the arity no longer
    /// matches any call, so that the next one goes the slow way, which looks here.
    pub fn supersede(this: Gc<'gc, Self>, mc: &Mutation<'gc>, successor: Option<Gc<'gc, Proto<'gc>>>) {
        if let Some(successor) = successor {
            mc.backward_barrier(Gc::erase(this), Some(Gc::erase(successor)));
        }
        // SAFETY: the barrier has run.
        unsafe { this.successor.as_cell() }.set(successor);
        this.note_arity();
    }

    /// Lets every call of a function that has this code go the slow way, which looks whether it goes elsewhere.
    pub fn set_detoured(&self, is_detoured: bool) {
        self.is_detoured.set(is_detoured);
        self.note_arity();
    }

    fn note_arity(&self) {
        let is_plain = self.successor().is_none() && !self.is_detoured.get();
        self.arity.set(if is_plain { arity_of(&self.image) } else { Self::VARIADIC });
    }

    /// Address of the first constant.
    #[inline(always)]
    pub fn consts(&self) -> *const Value<'gc> {
        self.consts.as_ptr().cast()
    }

    /// Constant `i`.
    pub fn const_at(&self, i: usize) -> Value<'gc> {
        // SAFETY: constants change only in `set_const`, which lends nothing.
        unsafe { *self.consts[i].get() }
    }

    /// Links constant `i` to something else.
    pub fn set_const(this: Gc<'gc, Self>, mc: &Mutation<'gc>, i: usize, value: Value<'gc>) {
        Gc::write(mc, this);
        // SAFETY: `Gc::write` has run the barrier; nobody holds a reference into the constants.
        unsafe { *this.consts[i].get() = value };
    }

    /// The heap entity that the cache at word `at` names. The lowest bit of the pointer tells natives from functions.
    fn target(&self, at: usize) -> Option<Gc<'gc, ()>> {
        let bits = u64::from(self.code.words[at].get()) | u64::from(self.code.words[at + 1].get()) << 32;
        let pointer = (bits & !1) as usize as *const ();
        // SAFETY: a non-zero target was written by the interpreter from a `Gc` of this arena and is traced from then on.
        (!pointer.is_null()).then(|| unsafe { Gc::from_ptr(pointer) })
    }

    /// Barrier for a target just written into the code.
    pub fn note_target(this: Gc<'gc, Self>, mc: &Mutation<'gc>, target: Gc<'gc, ()>) {
        mc.backward_barrier(Gc::erase(this), Some(target));
    }

    /// Whether it is a method: `self` in register 0.
    pub fn is_method(&self) -> bool {
        self.image.kind == ProtoKind::Method
    }

    /// Place of the instruction at word `at`.
    pub fn span_at(&self, at: usize) -> lang::source::Span {
        let i = self.image.spans.partition_point(|(word, _)| *word as usize <= at);
        i.checked_sub(1).map_or(self.image.span, |i| self.image.spans[i].1)
    }
}

/// Values in the window of a plain call, if every call must have just so many.
fn arity_of(image: &ProtoImage) -> u16 {
    let fixed = image.rest.is_none() && image.params.iter().all(|p| p.default.is_none());
    if fixed { image.params.len() as u16 + u16::from(image.kind == ProtoKind::Method) } else { Proto::VARIADIC }
}

/// A function object. The captured values stand behind the head, or in a buffer once a redefinition has added some.
#[repr(C)]
pub struct Function<'gc> {
    proto: Lock<Gc<'gc, Proto<'gc>>>,
    /// Class whose method it is; where `super` goes on from.
    home: Lock<Option<Gc<'gc, Class<'gc>>>>,
    /// First captured value.
    captures: Cell<*const Value<'gc>>,
    capture_count: Cell<u32>,
}

// SAFETY: traces prototype, home and all captured values, wherever they stand. They change only through methods with barriers.
unsafe impl<'gc> Collect<'gc> for Function<'gc> {
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        self.proto.trace(cc);
        self.home.trace(cc);
        if self.capture_count.get() > 4 {
            note_marked(self.capture_count.get() as usize * size_of::<Value<'gc>>());
        }
        for i in 0..self.capture_count.get() as usize {
            // SAFETY: `captures` points to `capture_count` initialised values.
            unsafe { &*self.captures.get().add(i) }.trace(cc);
        }
    }
}

#[repr(C)]
struct Sized<'gc, const N: usize> {
    head: Function<'gc>,
    captures: [UnsafeCell<Value<'gc>>; N],
}

// SAFETY: the head traces the captured values behind it.
unsafe impl<'gc, const N: usize> Collect<'gc> for Sized<'gc, N> {
    #[inline]
    fn trace<T: Trace<'gc>>(&self, cc: &mut T) {
        self.head.trace(cc);
    }
}

impl<'gc> Function<'gc> {
    /// A function object that captures these values.
    #[inline]
    pub fn new(
        mc: &Mutation<'gc>,
        proto: Gc<'gc, Proto<'gc>>,
        home: Option<Gc<'gc, Class<'gc>>>,
        captures: impl ExactSizeIterator<Item = Value<'gc>>,
    ) -> Gc<'gc, Self> {
        match captures.len() {
            0 => Self::new_sized::<0>(mc, proto, home, captures),
            1 => Self::new_sized::<1>(mc, proto, home, captures),
            2 => Self::new_sized::<2>(mc, proto, home, captures),
            3 => Self::new_sized::<3>(mc, proto, home, captures),
            4 => Self::new_sized::<4>(mc, proto, home, captures),
            5..=8 => Self::new_sized::<8>(mc, proto, home, captures),
            9..=16 => Self::new_sized::<16>(mc, proto, home, captures),
            17..=64 => Self::new_sized::<64>(mc, proto, home, captures),
            _ => Self::new_sized::<255>(mc, proto, home, captures),
        }
    }

    #[inline(always)]
    fn new_sized<const N: usize>(
        mc: &Mutation<'gc>,
        proto: Gc<'gc, Proto<'gc>>,
        home: Option<Gc<'gc, Class<'gc>>>,
        mut captures: impl ExactSizeIterator<Item = Value<'gc>>,
    ) -> Gc<'gc, Self> {
        assert!(captures.len() <= N, "the compiler allows 255 captured variables");
        let count = captures.len() as u32;
        let gc = Gc::new(
            mc,
            Sized::<N> {
                head: Function {
                    proto: Lock::new(proto),
                    home: Lock::new(home),
                    captures: Cell::new(std::ptr::null()),
                    capture_count: Cell::new(count),
                },
                captures: std::array::from_fn(|_| UnsafeCell::new(captures.next().unwrap_or_default())),
            },
        );
        gc.head.captures.set(gc.captures.as_ptr().cast());
        // SAFETY: `Sized` is `repr(C)` and begins with a `Function`.
        unsafe { Gc::cast(gc) }
    }

    /// Its code.
    #[inline(always)]
    pub fn proto(&self) -> Gc<'gc, Proto<'gc>> {
        self.proto.get()
    }

    /// Gives it other code; captured values stay.
    pub fn set_proto(this: Gc<'gc, Self>, mc: &Mutation<'gc>, proto: Gc<'gc, Proto<'gc>>) {
        mc.backward_barrier(Gc::erase(this), Some(Gc::erase(proto)));
        // SAFETY: the barrier has run.
        unsafe { this.proto.as_cell() }.set(proto);
    }

    /// Class whose method it is.
    #[inline]
    pub fn home(&self) -> Option<Gc<'gc, Class<'gc>>> {
        self.home.get()
    }

    /// Sets the class whose method it is.
    pub fn set_home(this: Gc<'gc, Self>, mc: &Mutation<'gc>, home: Gc<'gc, Class<'gc>>) {
        mc.backward_barrier(Gc::erase(this), Some(Gc::erase(home)));
        // SAFETY: the barrier has run.
        unsafe { this.home.as_cell() }.set(Some(home));
    }

    /// First captured value.
    #[inline(always)]
    pub fn captures(&self) -> *const Value<'gc> {
        self.captures.get()
    }

    /// All captured values.
    pub fn capture_values(&self) -> Vec<Value<'gc>> {
        // SAFETY: `captures` points to `capture_count` initialised values.
        (0..self.capture_count.get() as usize).map(|i| unsafe { *self.captures.get().add(i) }).collect()
    }
}
