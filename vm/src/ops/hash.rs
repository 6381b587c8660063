//! Hashing: `hash(x)`, and the hashes of keys.
//!
//! Equal values hash alike, across ints, big ints and floats. Tuples and enum values are hashed by their items, with an explicit list
//! of what is left to do; instances by what their class says, else by identity. Mutable containers, and instances of classes that
//! define `==` without `hash`, are not hashable.

use super::call::{Resume, call_then, method_of};
use super::mapping::unhashable_error;
use super::number::float_as_int;
use super::work;
use crate::heap::{Value, hash_bytes};
use crate::object::{Cx, EnumValue, HashSource, NativeResult, RangeObject, World};
use gc_arena::{Collect, Gc};
use num_bigint::BigInt;
use num_traits::FromPrimitive;
use rustc_hash::FxHashMap;

/// What hashing without a method of the program gives.
#[derive(Clone, Copy)]
pub enum HashResult<'gc> {
    /// The hash.
    Hash(u32),
    /// This value, which may be a part of the one that was hashed, has none.
    Unhashable(Value<'gc>),
    /// Only a method of the program can tell.
    NeedsCall,
}

/// Hash of an int.
#[inline(always)]
pub fn hash_int(i: i64) -> u32 {
    (i as u32) ^ ((i >> 32) as u32).wrapping_mul(0x9e37_79b1)
}

/// Hash of a value, if it can be told without a method of the program.
#[inline]
pub fn hash_now<'gc>(world: &World<'gc>, value: &Value<'gc>) -> HashResult<'gc> {
    match value {
        Value::Int(i) => HashResult::Hash(hash_int(*i)),
        Value::Str(s) => HashResult::Hash(s.hash()),
        _ => hash_slow(world, *value),
    }
}

fn hash_slow<'gc>(world: &World<'gc>, value: Value<'gc>) -> HashResult<'gc> {
    match shallow(world, &value) {
        Shallow::Hash(hash) => HashResult::Hash(hash),
        Shallow::Unhashable => HashResult::Unhashable(value),
        Shallow::Call(_) => HashResult::NeedsCall,
        Shallow::Open(_) => match Hashing::new(value).run(world) {
            Outcome::Hash(hash) => HashResult::Hash(hash),
            Outcome::Unhashable(part) => HashResult::Unhashable(part),
            Outcome::Call { .. } => HashResult::NeedsCall,
        },
    }
}

/// Hash of a value as an int, or a TypeError.
pub fn hash<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>) -> NativeResult<'gc> {
    match hash_now(cx.world, &value) {
        HashResult::Hash(hash) => Ok(Value::Int(i64::from(hash))),
        HashResult::Unhashable(part) => Err(unhashable_error(cx, &part)),
        HashResult::NeedsCall => Hashing::new(value).go(cx),
    }
}

/// What a look at the outermost level tells.
enum Shallow<'gc> {
    Hash(u32),
    Unhashable,
    /// This method of the value knows.
    Call(Value<'gc>),
    /// The items must be hashed, starting from this.
    Open(u32),
}

fn shallow<'gc>(world: &World<'gc>, value: &Value<'gc>) -> Shallow<'gc> {
    Shallow::Hash(match value {
        Value::Int(i) => hash_int(*i),
        Value::Float(f) => hash_float(*f),
        Value::BigInt(big) => {
            world.spend(work::look(big.0.bits()));
            hash_big(&big.0)
        }
        Value::Str(s) => s.hash(),
        Value::Tuple(tuple) => return Shallow::Open(tuple.items().len() as u32),
        Value::Instance(instance) => {
            let class = world.class_of_instance(*instance);
            if class.body().unhashable {
                return Shallow::Unhashable;
            }
            return by_class(world, value).unwrap_or_else(|| Shallow::Hash(hash_address(value)));
        }
        Value::EnumValue(x) => {
            let open = || match world.following {
                Some(following) if EnumValue::is_obsolete(*x) => Shallow::Call(following.hash),
                _ => Shallow::Open(hash_variant(EnumValue::now(*x))),
            };
            return by_class(world, value).unwrap_or_else(open);
        }
        Value::Variant(variant) => hash_variant_name(variant.class.own_id.0, variant.name.0.hash()),
        Value::Range(range) => hash_range(range),
        Value::Bytes(bytes) => {
            world.spend(bytes.data.len() / 32);
            hash_bytes(&bytes.data)
        }
        Value::Bound(bound) => mix(hash_address(&bound.receiver), bound.name.0.hash()),
        Value::List(_) | Value::Map(_) | Value::Set(_) => return Shallow::Unhashable,
        Value::Nil | Value::False | Value::True | Value::Unset | Value::Stop => value.tag() as u32 ^ 0x5bd1_e995,
        _ => hash_address(value),
    })
}

/// What the class of an instance or enum value says; `None` if nothing.
fn by_class<'gc>(world: &World<'gc>, value: &Value<'gc>) -> Option<Shallow<'gc>> {
    if let Value::Instance(instance) = value
        && world.class_of_instance(*instance).hashing.get() == HashSource::Identity
    {
        return None;
    }
    if let Some(method) = method_of(world, value, world.symbols.hash) {
        return Some(Shallow::Call(method));
    }
    method_of(world, value, world.symbols.eq).map(|_| Shallow::Unhashable)
}

fn hash_float(f: f64) -> u32 {
    if let Some(i) = float_as_int(f) {
        return hash_int(i);
    }
    if f.fract() == 0.0
        && let Some(big) = BigInt::from_f64(f)
    {
        return hash_big(&big);
    }
    let bits = if f.is_nan() { f64::NAN.to_bits() } else { f.to_bits() };
    (bits ^ (bits >> 32)) as u32
}

fn hash_big(big: &BigInt) -> u32 {
    big.iter_u64_digits().fold(big.sign() as u32, |hash, digit| mix(hash, hash_int(digit as i64)))
}

fn hash_range(range: &RangeObject) -> u32 {
    let len = range.len();
    let first = if len > 0 { hash_int(range.lo) } else { 0 };
    let step = if len > 1 { hash_int(range.step) } else { 0 };
    mix(mix(hash_int(len as i64), first), step)
}

fn hash_variant<'gc>(value: Gc<'gc, EnumValue<'gc>>) -> u32 {
    hash_variant_name(value.variant.class.own_id.0, value.variant.name.0.hash())
}

fn hash_variant_name(class: u32, name: u32) -> u32 {
    mix(class, name)
}

/// Objects never move, so their address serves as identity.
fn hash_address(value: &Value<'_>) -> u32 {
    hash_int((address(value) >> 4) as i64)
}

fn address(value: &Value<'_>) -> usize {
    value.heap_pointer().map_or(0, |pointer| Gc::as_ptr(pointer) as usize)
}

#[inline]
fn mix(hash: u32, next: u32) -> u32 {
    let wide = u64::from(hash.rotate_left(5) ^ next).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (wide >> 32) as u32 ^ wide as u32
}

/// A container on the way down to what is being hashed.
#[derive(Collect)]
#[collect(no_drop)]
struct Level<'gc> {
    value: Value<'gc>,
    next: usize,
    hash: u32,
}

/// Hashing of a nested value.
#[derive(Collect)]
#[collect(no_drop)]
struct Hashing<'gc> {
    levels: Vec<Level<'gc>>,
    /// What is to be hashed next; `None` while `hash` is what the last part gave.
    part: Option<Value<'gc>>,
    hash: u32,
    /// Containers opened so far.
    opened: usize,
    /// Hashes of finished containers by address. Filled only once so many were opened that parts are probably shared: without it, a
    /// value whose parts are shared on many levels would be walked for ever.
    finished: FxHashMap<usize, u32>,
}

enum Outcome<'gc> {
    Hash(u32),
    Unhashable(Value<'gc>),
    Call { method: Value<'gc>, receiver: Value<'gc> },
}

impl<'gc> Hashing<'gc> {
    /// Containers that are opened before the first hash is remembered.
    const UNTRACKED: usize = 256;

    fn new(value: Value<'gc>) -> Self {
        Hashing { levels: Vec::new(), part: Some(value), hash: 0, opened: 0, finished: FxHashMap::default() }
    }

    fn run(&mut self, world: &World<'gc>) -> Outcome<'gc> {
        let mut parts = 0;
        let outcome = self.walk(world, &mut parts);
        world.spend(parts / 4);
        outcome
    }

    fn walk(&mut self, world: &World<'gc>, parts: &mut usize) -> Outcome<'gc> {
        loop {
            *parts += 1;
            if let Some(part) = self.part.take() {
                match shallow(world, &part) {
                    Shallow::Hash(hash) => self.hash = hash,
                    Shallow::Unhashable => return Outcome::Unhashable(part),
                    Shallow::Call(method) => return Outcome::Call { method, receiver: part },
                    Shallow::Open(_) if self.finished.contains_key(&address(&part)) => self.hash = self.finished[&address(&part)],
                    Shallow::Open(hash) => {
                        self.opened += 1;
                        self.levels.push(Level { value: part, next: 0, hash });
                        self.part = self.next_part();
                        continue;
                    }
                }
            }
            let Some(level) = self.levels.last_mut() else { return Outcome::Hash(self.hash) };
            level.hash = mix(level.hash, self.hash);
            self.part = self.next_part();
        }
    }

    /// The next item of the innermost container. An exhausted one leaves its hash behind.
    fn next_part(&mut self) -> Option<Value<'gc>> {
        let level = self.levels.last_mut()?;
        let item = super::compare::item(&level.value, level.next);
        level.next += 1;
        if item.is_none() {
            self.hash = level.hash;
            if self.opened > Self::UNTRACKED {
                self.finished.insert(address(&level.value), level.hash);
            }
            self.levels.pop();
        }
        item
    }

    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        match self.run(cx.world) {
            Outcome::Hash(hash) => Ok(Value::Int(i64::from(hash))),
            Outcome::Unhashable(part) => Err(unhashable_error(cx, &part)),
            Outcome::Call { method, receiver } => call_then(cx, method, vec![receiver], self),
        }
    }
}

impl<'gc> Resume<'gc> for Hashing<'gc> {
    fn resume(mut self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        self.hash = match &result {
            Value::Int(i) => hash_int(*i),
            Value::BigInt(big) => hash_big(&big.0),
            _ => {
                let message = format!("a method `hash` must return an int, not {}", cx.type_name(&result));
                return Err(cx.type_error(message));
            }
        };
        self.go(cx)
    }
}
