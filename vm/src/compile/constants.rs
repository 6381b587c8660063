//! The constant table of one function while it is being made: equal constants share an entry.

use crate::image::{CallShape, Const, NameRef};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Constants in order of first use.
#[derive(Default)]
pub(super) struct Constants {
    list: Vec<Const>,
    index: FxHashMap<Key, u32>,
}

/// What makes two constants the same: floats by their bits, so that `0.0` and `-0.0` stay apart.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Nil,
    Bool(bool),
    Int(i64),
    Float(u64),
    BigInt(Arc<str>),
    Str(Arc<str>),
    Name(NameRef),
    Shape(Arc<CallShape>),
    Texts(Arc<[Arc<str>]>),
}

impl Key {
    fn of(constant: &Const) -> Key {
        match constant {
            Const::Nil => Key::Nil,
            Const::Bool(value) => Key::Bool(*value),
            Const::Int(value) => Key::Int(*value),
            Const::Float(value) => Key::Float(value.to_bits()),
            Const::BigInt(digits) => Key::BigInt(digits.clone()),
            Const::Str(text) => Key::Str(text.clone()),
            Const::Name(name) => Key::Name(name.clone()),
            Const::Shape(shape) => Key::Shape(shape.clone()),
            Const::Texts(texts) => Key::Texts(texts.clone()),
        }
    }
}

impl Constants {
    /// Index of `constant`, which is added unless it is there.
    pub(super) fn add(&mut self, constant: Const) -> u32 {
        let next = self.list.len() as u32;
        let index = *self.index.entry(Key::of(&constant)).or_insert(next);
        if index == next {
            self.list.push(constant);
        }
        index
    }

    /// The finished table.
    pub(super) fn finish(self) -> Vec<Const> {
        self.list
    }
}
