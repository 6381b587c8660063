//! Membership: `value in container`.

use super::call::{Resume, call, method_of, suspend};
use super::compare::{equal, item};
use super::mapping::{map_contains, set_contains};
use super::number::float_as_int;
use crate::heap::Value;
use crate::object::{Control, Cx, Kind, NativeResult, RangeObject};
use gc_arena::Collect;
use memchr::{memchr, memmem};

/// `value in container`. The result of a method of the program comes back as it is; its truthiness counts.
pub fn contains<'gc>(cx: &mut Cx<'_, 'gc>, value: Value<'gc>, container: Value<'gc>) -> NativeResult<'gc> {
    Ok(Value::bool(match container {
        Value::List(_) | Value::Tuple(_) => return Scan { value, container, next: 0 }.go(cx),
        Value::Map(map) => return map_contains(cx, map, value),
        Value::Set(set) => return set_contains(cx, set, value),
        Value::Str(text) => match value {
            Value::Str(part) => {
                cx.world.spend(text.byte_len() / 64);
                text.as_str().contains(part.as_str())
            }
            _ => return Err(wrong_part(cx, &value, "a String contains strings")),
        },
        Value::Bytes(bytes) => match value {
            Value::Int(byte) => {
                cx.world.spend(bytes.data.len() / 64);
                u8::try_from(byte).is_ok_and(|byte| memchr(byte, &bytes.data).is_some())
            }
            Value::Bytes(part) => {
                cx.world.spend(bytes.data.len() / 16);
                memmem::find(&bytes.data, &part.data).is_some()
            }
            _ => return Err(wrong_part(cx, &value, "Bytes contain ints and bytes")),
        },
        Value::Range(range) => in_range(&range, &value),
        Value::Namespace(namespace) => match value {
            Value::Str(name) => {
                let name = cx.world.intern(cx.mc, name.as_str());
                namespace.get(name).is_some_and(|d| d.kind() != Kind::Absent && !d.value().is_unset())
            }
            _ => return Err(wrong_part(cx, &value, "a Namespace contains names")),
        },
        _ => {
            if let Some(method) = method_of(cx.world, &container, cx.world.symbols.contains) {
                return call(method, vec![container, value]);
            }
            let message = format!("`in` is not defined for {}", cx.type_name(&container));
            return Err(cx.type_error(message));
        }
    }))
}

fn wrong_part<'gc>(cx: &mut Cx<'_, 'gc>, value: &Value<'gc>, rule: &str) -> Box<Control<'gc>> {
    let message = format!("{rule}, not {}", cx.type_name(value));
    cx.type_error(message)
}

fn in_range(range: &RangeObject, value: &Value<'_>) -> bool {
    match value {
        Value::Int(i) => range.contains(*i),
        Value::Float(f) => float_as_int(*f).is_some_and(|i| range.contains(i)),
        _ => false,
    }
}

/// A search through the items of a list or tuple.
#[derive(Collect)]
#[collect(no_drop)]
struct Scan<'gc> {
    value: Value<'gc>,
    container: Value<'gc>,
    next: usize,
}

impl<'gc> Scan<'gc> {
    fn go(mut self, cx: &mut Cx<'_, 'gc>) -> NativeResult<'gc> {
        let first = self.next;
        let result = self.scan(cx);
        cx.world.spend((self.next - first) / 4);
        match result {
            Ok(found) => Ok(Value::bool(found)),
            Err(control) => suspend(cx, control, self),
        }
    }

    fn scan(&mut self, cx: &mut Cx<'_, 'gc>) -> Result<bool, Box<Control<'gc>>> {
        while let Some(item) = item(&self.container, self.next) {
            self.next += 1;
            if item.same(&self.value) {
                return Ok(true);
            }
            if equal(cx, item, self.value)?.is_truthy() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl<'gc> Resume<'gc> for Scan<'gc> {
    fn resume(self, cx: &mut Cx<'_, 'gc>, result: Value<'gc>) -> NativeResult<'gc> {
        if result.is_truthy() { Ok(Value::True) } else { self.go(cx) }
    }
}
