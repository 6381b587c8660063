//! Digests of values made of plain data, to see whether a variable still holds what its initialiser built.

use crate::heap::{Value, hash_bytes};
use crate::object::EnumValue;
use std::collections::HashSet;

/// Parts looked at before a value counts as too large to be called untouched.
const PARTS_MAX: usize = 1_000_000;

/// A digest, or `None` when the value contains an instance, function, fiber, host object or another thing with an identity.
pub(super) fn digest(value: Value<'_>) -> Option<u64> {
    let mut work = vec![value];
    let mut seen = HashSet::new();
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    let mut parts = 0;
    while let Some(value) = work.pop() {
        parts += 1;
        if parts > PARTS_MAX {
            return None;
        }
        let mut add = |word: u64| state = (state ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        add(value.tag());
        // A container seen before is a cycle or sharing: its shape is in the digest already.
        if matches!(value, Value::List(_) | Value::Map(_) | Value::Set(_) | Value::Tuple(_))
            && !seen.insert(value.heap_pointer().map(|p| gc_arena::Gc::as_ptr(p) as usize))
        {
            continue;
        }
        match value {
            Value::Nil | Value::False | Value::True | Value::Unset | Value::Stop => {}
            Value::Int(i) => add(i as u64),
            Value::Float(f) => add(f.to_bits()),
            Value::Str(s) => add(u64::from(hash_bytes(s.as_str().as_bytes())) | (s.byte_len() as u64) << 32),
            Value::BigInt(n) => n.0.iter_u64_digits().for_each(&mut add),
            Value::Bytes(b) => add(u64::from(hash_bytes(&b.data))),
            Value::Range(r) => [r.lo as u64, r.hi as u64, r.step as u64, u64::from(r.inclusive)].into_iter().for_each(add),
            Value::Tuple(t) => {
                add(t.items().len() as u64);
                work.extend_from_slice(t.items());
            }
            Value::List(l) => {
                add(l.len() as u64);
                work.extend_from_slice(&l.items());
            }
            Value::Map(m) => {
                add(m.len() as u64);
                work.extend(m.table().iter().flat_map(|e| [e.key, e.value]));
            }
            Value::Set(s) => {
                add(s.len() as u64);
                work.extend(s.table().iter().map(|e| e.key));
            }
            Value::EnumValue(e) => {
                let e = EnumValue::now(e);
                add(u64::from(e.variant.name.0.hash()));
                work.extend_from_slice(&e.payload);
            }
            _ => return None,
        }
    }
    Some(state)
}
