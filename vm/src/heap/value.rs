//! The value: 16 bytes, a tag word and a payload word.
//!
//! The tag is a whole `u64` so that both halves are copied as machine words: copying a value as one 16-byte vector right
//! after it was written as two words stalls the load (measured: 15–26 % of whole programs). Hot code therefore copies through
//! [`copy_value`]. `Int` is tag 0, so that "both are ints" is one `or` and a test; nil and false are adjacent, so that
//! truthiness is one subtraction and a compare.

use super::Str;
use crate::object::{
    Bound, BoxCell, Bytes, Class, Continuation, Decorated, Definition, EnumValue, Fiber, Function, HostObject, Instance,
    IteratorObject, List, Map, Namespace, NativeFunction, RangeObject, Set, Tuple, Variant,
};
use gc_arena::collect::Trace;
use gc_arena::{Collect, Gc};
use num_bigint::BigInt;
use std::mem::MaybeUninit;

/// A value of the language.
#[derive(Clone, Copy, Collect, Default)]
#[collect(no_drop)]
#[repr(u64)]
#[expect(missing_docs, reason = "variants are named like the types of the language")]
pub enum Value<'gc> {
    Int(i64) = 0,
    Float(f64) = 1,
    #[default]
    Nil = 2,
    False = 3,
    True = 4,
    /// Mark of a variable, parameter or slot without a value. Never reaches a program.
    Unset = 5,
    /// The value `stop`, which ends an iteration.
    Stop = 6,
    Str(Gc<'gc, Str>) = 8,
    BigInt(Gc<'gc, BigNumber>) = 9,
    Tuple(Gc<'gc, Tuple<'gc>>) = 10,
    List(Gc<'gc, List<'gc>>) = 11,
    Map(Gc<'gc, Map<'gc>>) = 12,
    Set(Gc<'gc, Set<'gc>>) = 13,
    Range(Gc<'gc, RangeObject>) = 14,
    Function(Gc<'gc, Function<'gc>>) = 15,
    Bound(Gc<'gc, Bound<'gc>>) = 16,
    Native(Gc<'gc, NativeFunction<'gc>>) = 17,
    Class(Gc<'gc, Class<'gc>>) = 18,
    Instance(Gc<'gc, Instance<'gc>>) = 19,
    Variant(Gc<'gc, Variant<'gc>>) = 20,
    EnumValue(Gc<'gc, EnumValue<'gc>>) = 21,
    Namespace(Gc<'gc, Namespace<'gc>>) = 22,
    Definition(Gc<'gc, Definition<'gc>>) = 23,
    Fiber(Gc<'gc, Fiber<'gc>>) = 24,
    Bytes(Gc<'gc, Bytes>) = 25,
    Decorated(Gc<'gc, Decorated<'gc>>) = 26,
    Iterator(Gc<'gc, IteratorObject<'gc>>) = 27,
    Host(Gc<'gc, HostObject>) = 28,
    /// A heap box of a captured variable. Never reaches a program.
    Box(Gc<'gc, BoxCell<'gc>>) = 29,
    /// A native that waits for the result of a call. Never reaches a program.
    Continuation(Gc<'gc, Continuation<'gc>>) = 30,
}

/// An integer beyond 64 bits.
pub struct BigNumber(pub BigInt);

// SAFETY: it holds no pointers of the heap; it is traced only so that its weight is known.
unsafe impl<'gc> Collect<'gc> for BigNumber {
    fn trace<T: Trace<'gc>>(&self, _: &mut T) {
        super::note_marked(self.0.bits() as usize / 8);
    }
}

/// The tag words that hot code tests.
pub struct Tag;

#[expect(missing_docs, reason = "named like the variants of Value")]
impl Tag {
    pub const INT: u64 = 0;
    pub const FLOAT: u64 = 1;
    pub const NIL: u64 = 2;
    pub const FALSE: u64 = 3;
    pub const TRUE: u64 = 4;
    pub const UNSET: u64 = 5;
    pub const STR: u64 = 8;
    pub const TUPLE: u64 = 10;
    pub const LIST: u64 = 11;
    pub const MAP: u64 = 12;
    pub const FUNCTION: u64 = 15;
    pub const NATIVE: u64 = 17;
    pub const CLASS: u64 = 18;
    pub const INSTANCE: u64 = 19;
    pub const ENUM_VALUE: u64 = 21;
    pub const NAMESPACE: u64 = 22;
    pub const FIBER: u64 = 24;
    /// Tags from here on carry a heap pointer.
    pub const HEAP: u64 = 8;
}

impl<'gc> Value<'gc> {
    /// The tag word.
    #[inline(always)]
    pub fn tag(&self) -> u64 {
        // SAFETY: `repr(u64)` puts the discriminant, a u64, first in every variant.
        unsafe { *std::ptr::from_ref(self).cast::<u64>() }
    }

    /// A bool.
    #[inline(always)]
    pub fn bool(b: bool) -> Self {
        if b { Value::True } else { Value::False }
    }

    /// Whether conditions take it as true: everything but nil and false.
    #[inline(always)]
    pub fn is_truthy(&self) -> bool {
        self.tag().wrapping_sub(Tag::NIL) > 1
    }

    /// Whether it is nil.
    #[inline(always)]
    pub fn is_nil(&self) -> bool {
        self.tag() == Tag::NIL
    }

    /// Whether it is the mark of a missing value.
    #[inline(always)]
    pub fn is_unset(&self) -> bool {
        self.tag() == Tag::UNSET
    }

    /// The heap entity it points to, type erased; `None` for immediates.
    #[inline]
    pub fn heap_pointer(&self) -> Option<Gc<'gc, ()>> {
        if self.tag() < Tag::HEAP {
            return None;
        }
        // SAFETY: every variant with a tag from `Tag::HEAP` on has one `Gc` as its only field, which follows the tag word; a
        // `Gc<T>` of a sized T is one pointer made by gc-arena.
        unsafe {
            let pointer = *std::ptr::from_ref(self).cast::<*const ()>().add(1);
            Some(Gc::from_ptr(pointer))
        }
    }

    /// Whether both are the same object, or equal immediates.
    pub fn same(&self, other: &Value<'gc>) -> bool {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            _ => {
                self.tag() == other.tag()
                    && match (self.heap_pointer(), other.heap_pointer()) {
                        (Some(a), Some(b)) => Gc::ptr_eq(a, b),
                        _ => true,
                    }
            }
        }
    }
}

/// Copies a value as two words, see the head of this file.
///
/// # Safety
/// `src` must be valid for reads and hold a value, `dst` valid for writes, both aligned for [`Value`].
#[inline(always)]
pub unsafe fn copy_value<'gc>(dst: *mut Value<'gc>, src: *const Value<'gc>) {
    // SAFETY: the caller's. A payload word may be uninitialised (nil has none), hence `MaybeUninit`; the volatile reads keep
    // the compiler from merging the two words into one vector move.
    unsafe {
        let src = src.cast::<MaybeUninit<u64>>();
        let dst = dst.cast::<MaybeUninit<u64>>();
        let tag = src.read_volatile();
        let payload = src.add(1).read_volatile();
        dst.write(tag);
        dst.add(1).write(payload);
    }
}

const _: () = assert!(size_of::<Value<'static>>() == 16);
