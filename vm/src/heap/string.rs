//! Strings: immutable UTF-8 in one allocation for short texts, with a boxed buffer for long ones.
//!
//! A `Str` is the head of one of a few size classes (`Sized<N>`): short texts stand right behind it. Hash and ASCII-ness are found on
//! first use and kept. Run-time strings are not interned (that is what makes string building slow in Lua); names and literals are,
//! by the world's table.

use gc_arena::{Collect, Gc, Mutation};
use std::cell::Cell;

/// A string.
#[derive(Collect)]
#[collect(require_static)]
#[repr(C)]
pub struct Str {
    /// Length in bytes.
    len: u32,
    /// Hash of the bytes; 0: not computed yet.
    hash: Cell<u32>,
    /// Length in characters; `u32::MAX`: not counted yet. Equal to `len` exactly when the text is ASCII.
    chars: Cell<u32>,
    /// Whether the text is in a [`Boxed`] buffer instead of behind the head.
    boxed: bool,
    /// Whether the world's table of names holds it: two interned strings are equal only if they are the same.
    interned: Cell<bool>,
}

/// A head with room for a text of up to N bytes behind it.
#[derive(Collect)]
#[collect(require_static)]
#[repr(C)]
struct Sized<const N: usize> {
    head: Str,
    bytes: [u8; N],
}

/// A head with a buffer of its own.
#[repr(C)]
struct Boxed {
    head: Str,
    /// A place that was looked for last: the number of a character, and its offset in bytes. The next one is often near.
    place: Cell<(u32, u32)>,
    text: Box<str>,
}

// SAFETY: it holds no pointers of the heap; it is traced only so that its weight is known.
unsafe impl<'gc> Collect<'gc> for Boxed {
    fn trace<T: gc_arena::collect::Trace<'gc>>(&self, _: &mut T) {
        super::note_marked(self.text.len());
    }
}

impl Str {
    /// Longest text that is stored behind the head.
    const INLINE_MAX: usize = 64;

    /// A new string.
    pub fn new<'gc>(mc: &Mutation<'gc>, text: &str) -> Gc<'gc, Str> {
        match text.len() {
            0..=8 => Self::new_sized::<8>(mc, text),
            9..=16 => Self::new_sized::<16>(mc, text),
            17..=24 => Self::new_sized::<24>(mc, text),
            25..=40 => Self::new_sized::<40>(mc, text),
            41..=Self::INLINE_MAX => Self::new_sized::<{ Self::INLINE_MAX }>(mc, text),
            _ => Self::from_string(mc, text.to_owned()),
        }
    }

    /// A new string that takes over the buffer if the text is long.
    pub fn from_string<'gc>(mc: &Mutation<'gc>, text: String) -> Gc<'gc, Str> {
        if text.len() <= Self::INLINE_MAX {
            return Self::new(mc, &text);
        }
        // The collector counts objects; tell it that this one is as heavy as its bytes.
        mc.metrics().adjust_debt((text.len() / 64) as f64);
        let gc = Gc::new(mc, Boxed { head: Self::head(text.len(), true), place: Cell::default(), text: text.into_boxed_str() });
        // SAFETY: `Boxed` is `repr(C)` and begins with a `Str`.
        unsafe { Gc::cast(gc) }
    }

    /// Two texts joined.
    pub fn joined<'gc>(mc: &Mutation<'gc>, a: &str, b: &str) -> Gc<'gc, Str> {
        if a.len() + b.len() > Self::INLINE_MAX {
            return Self::from_string(mc, [a, b].concat());
        }
        let mut bytes = [0; Self::INLINE_MAX];
        bytes[..a.len()].copy_from_slice(a.as_bytes());
        bytes[a.len()..][..b.len()].copy_from_slice(b.as_bytes());
        // SAFETY: two whole texts.
        Self::new(mc, unsafe { std::str::from_utf8_unchecked(&bytes[..a.len() + b.len()]) })
    }

    fn head(len: usize, boxed: bool) -> Str {
        let len = u32::try_from(len).expect("operations that make strings check limits::ALLOCATION_MAX");
        Str { len, hash: Cell::new(0), chars: Cell::new(u32::MAX), boxed, interned: Cell::new(false) }
    }

    fn new_sized<'gc, const N: usize>(mc: &Mutation<'gc>, text: &str) -> Gc<'gc, Str> {
        let mut bytes = [0; N];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        let gc = Gc::new(mc, Sized { head: Self::head(text.len(), false), bytes });
        // SAFETY: `Sized` is `repr(C)` and begins with a `Str`.
        unsafe { Gc::cast(gc) }
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: `len` initialised bytes that were copied from a `str`. Objects never move.
        unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(self.text_start(), self.len as usize)) }
    }

    /// Length in bytes.
    #[inline]
    pub fn byte_len(&self) -> usize {
        self.len as usize
    }

    /// Length in characters.
    #[inline]
    pub fn char_len(&self) -> usize {
        if self.chars.get() == u32::MAX {
            self.chars.set(self.as_str().chars().count() as u32);
        }
        self.chars.get() as usize
    }

    /// Length in characters, if it was counted before.
    #[inline(always)]
    pub fn known_char_len(&self) -> Option<usize> {
        (self.chars.get() != u32::MAX).then_some(self.chars.get() as usize)
    }

    /// Whether every character is one byte.
    #[inline]
    pub fn is_ascii(&self) -> bool {
        self.char_len() == self.byte_len()
    }

    /// The character at byte `i`, if the text is known to be ASCII and has so many.
    #[inline(always)]
    pub fn ascii_at(&self, i: usize) -> Option<u8> {
        if self.chars.get() != self.len || i >= self.len as usize {
            return None;
        }
        // SAFETY: in bounds. `text_start` says where the text stands.
        Some(unsafe { *self.text_start().add(i) })
    }

    /// Offset in bytes of character `n`; the length for one at or beyond the end.
    pub fn byte_offset(&self, n: usize) -> usize {
        if self.is_ascii() {
            return n.min(self.byte_len());
        }
        if n >= self.char_len() {
            return self.byte_len();
        }
        let (near, at) = self.place_near(|chars, _| chars.abs_diff(n));
        let text = self.as_str();
        let step = |c: char| c.len_utf8();
        let at = if n >= near {
            at + text[at..].chars().take(n - near).map(step).sum::<usize>()
        } else {
            at - text[..at].chars().rev().take(near - n).map(step).sum::<usize>()
        };
        self.note_place(n, at);
        at
    }

    /// Number of the character at an offset in bytes, which is the start of one or the end.
    pub fn char_index(&self, offset: usize) -> usize {
        if self.is_ascii() {
            return offset;
        }
        let (near, at) = self.place_near(|_, bytes| bytes.abs_diff(offset));
        let text = self.as_str();
        let n = if offset >= at { near + text[at..offset].chars().count() } else { near - text[offset..at].chars().count() };
        self.note_place(n, offset);
        n
    }

    /// Of the places that are known, number and offset of a character, the one with the least distance.
    fn place_near(&self, distance: impl Fn(usize, usize) -> usize) -> (usize, usize) {
        let (chars, bytes) = self.boxed().map_or((0, 0), |boxed| boxed.place.get());
        let places = [(0, 0), (self.char_len(), self.byte_len()), (chars as usize, bytes as usize)];
        places.into_iter().min_by_key(|(chars, bytes)| distance(*chars, *bytes)).unwrap_or_default()
    }

    fn note_place(&self, chars: usize, bytes: usize) {
        if let Some(boxed) = self.boxed() {
            boxed.place.set((chars as u32, bytes as u32));
        }
    }

    fn boxed(&self) -> Option<&Boxed> {
        // SAFETY: as in `text_start`.
        self.boxed.then(|| unsafe { &*std::ptr::from_ref(self).cast::<Boxed>() })
    }

    /// Address of the first byte.
    #[inline(always)]
    fn text_start(&self) -> *const u8 {
        // SAFETY: `Str` is not constructible outside this file, which puts it at the head of a `Boxed` when `boxed` is set, and of a
        // `Sized` otherwise.
        unsafe {
            if self.boxed {
                return (*std::ptr::from_ref(self).cast::<Boxed>()).text.as_ptr();
            }
            std::ptr::from_ref(self).cast::<u8>().add(std::mem::offset_of!(Sized<8>, bytes))
        }
    }

    /// Hash of the text, never 0.
    #[inline]
    pub fn hash(&self) -> u32 {
        if self.hash.get() == 0 {
            self.hash.set(hash_bytes(self.as_str().as_bytes()));
        }
        self.hash.get()
    }

    /// Whether the world's table of names holds it.
    #[inline]
    pub fn is_interned(&self) -> bool {
        self.interned.get()
    }

    /// To be called only by the table of names.
    pub fn set_interned(&self) {
        self.interned.set(true);
    }

    /// Whether the texts are equal; fast for the same string and for two interned ones.
    #[inline]
    pub fn text_eq(a: Gc<'_, Str>, b: Gc<'_, Str>) -> bool {
        std::ptr::eq(Gc::as_ptr(a), Gc::as_ptr(b)) || (!Self::differ_at_a_glance(a, b) && a.as_str() == b.as_str())
    }

    /// Whether two strings that are not the same object are known to differ without a look at their texts.
    #[inline(always)]
    pub fn differ_at_a_glance(a: Gc<'_, Str>, b: Gc<'_, Str>) -> bool {
        a.len != b.len || (a.interned.get() && b.interned.get())
    }
}

impl std::fmt::Debug for Str {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Hash of a byte string, never 0: eight bytes a step, multiply and fold (after wyhash and foldhash).
#[inline]
pub fn hash_bytes(bytes: &[u8]) -> u32 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut h = K ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        h = fold(h ^ u64::from_le_bytes(chunk.try_into().expect("chunks_exact gives eight")), K);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        h = fold(h ^ u64::from_le_bytes(last), K);
    }
    ((h ^ (h >> 32)) as u32).max(1)
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    wide as u64 ^ (wide >> 64) as u64
}
