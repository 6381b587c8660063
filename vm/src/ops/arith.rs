//! Arithmetic: `+ - * / // % ** & | ^ << >>`, unary `-` and `~`.
//!
//! Two numbers first, then the built-in joins and repetitions, then the left operand's method, else a TypeError. Bools are not
//! numbers. The interpreter handles two small ints and two floats itself; everything here is right for those too.

use super::call::{call, method_of};
use super::number::{
    big_floor_div, big_mod, float_floor_div, float_mod, int_floor_div, int_from_big, int_mod, to_big, to_float, true_div,
};
use super::work;
use crate::heap::{Str, Value};
use crate::limits;
use crate::object::{Bytes, Control, Cx, ErrorKind, List, NativeResult, Symbol, Symbols, Tuple};
use gc_arena::Gc;
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// A binary operator of arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named like the opcodes")]
pub enum ArithOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
}

impl ArithOp {
    /// The operator as written.
    pub fn text(self) -> &'static str {
        match self {
            ArithOp::Add => "+",
            ArithOp::Sub => "-",
            ArithOp::Mul => "*",
            ArithOp::Div => "/",
            ArithOp::FloorDiv => "//",
            ArithOp::Mod => "%",
            ArithOp::Pow => "**",
            ArithOp::BitAnd => "&",
            ArithOp::BitOr => "|",
            ArithOp::BitXor => "^",
            ArithOp::Shl => "<<",
            ArithOp::Shr => ">>",
        }
    }

    /// Name of the method that a class defines for it.
    pub fn symbol<'gc>(self, symbols: &Symbols<'gc>) -> Symbol<'gc> {
        match self {
            ArithOp::Add => symbols.add,
            ArithOp::Sub => symbols.sub,
            ArithOp::Mul => symbols.mul,
            ArithOp::Div => symbols.div,
            ArithOp::FloorDiv => symbols.floor_div,
            ArithOp::Mod => symbols.modulo,
            ArithOp::Pow => symbols.pow,
            ArithOp::BitAnd => symbols.bit_and,
            ArithOp::BitOr => symbols.bit_or,
            ArithOp::BitXor => symbols.bit_xor,
            ArithOp::Shl => symbols.shl,
            ArithOp::Shr => symbols.shr,
        }
    }
}

/// `a op b`
pub fn arith<'gc>(cx: &mut Cx<'_, 'gc>, op: ArithOp, a: Value<'gc>, b: Value<'gc>) -> NativeResult<'gc> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => int_arith(cx, op, x, y),
        (Value::Float(x), Value::Float(y)) => float_arith(cx, op, x, y),
        (Value::Int(_) | Value::BigInt(_), Value::Int(_) | Value::BigInt(_)) => big_arith(cx, op, a, b),
        (Value::Int(_) | Value::BigInt(_) | Value::Float(_), Value::Int(_) | Value::BigInt(_) | Value::Float(_)) => {
            let (Some(x), Some(y)) = (to_float(&a), to_float(&b)) else { return undefined(cx, op, a, b) };
            float_arith(cx, op, x, y)
        }
        _ => other_arith(cx, op, a, b),
    }
}

/// `-a`
pub fn neg<'gc>(cx: &mut Cx<'_, 'gc>, a: Value<'gc>) -> NativeResult<'gc> {
    match a {
        Value::Int(i) => Ok(i.checked_neg().map_or_else(|| int_from_big(cx.mc, -BigInt::from(i)), Value::Int)),
        Value::Float(f) => Ok(Value::Float(-f)),
        Value::BigInt(big) => Ok(big_int(cx, -&big.0)),
        _ => unary(cx, a, cx.world.symbols.neg, "-"),
    }
}

/// `~a`
pub fn bit_not<'gc>(cx: &mut Cx<'_, 'gc>, a: Value<'gc>) -> NativeResult<'gc> {
    match a {
        Value::Int(i) => Ok(Value::Int(!i)),
        Value::BigInt(big) => Ok(big_int(cx, !&big.0)),
        _ => unary(cx, a, cx.world.symbols.bit_not, "~"),
    }
}

fn unary<'gc>(cx: &mut Cx<'_, 'gc>, a: Value<'gc>, name: Symbol<'gc>, text: &str) -> NativeResult<'gc> {
    if let Some(method) = method_of(cx.world, &a, name) {
        return call(method, vec![a]);
    }
    let message = format!("unary `{text}` is not defined for {}", cx.type_name(&a));
    Err(cx.type_error(message))
}

fn int_arith<'gc>(cx: &mut Cx<'_, 'gc>, op: ArithOp, a: i64, b: i64) -> NativeResult<'gc> {
    let small = match op {
        ArithOp::Add => a.checked_add(b),
        ArithOp::Sub => a.checked_sub(b),
        ArithOp::Mul => a.checked_mul(b),
        ArithOp::Div => return Ok(Value::Float(int_div(a, b))),
        ArithOp::FloorDiv if b != 0 => int_floor_div(a, b),
        ArithOp::Mod if b != 0 => Some(int_mod(a, b)),
        ArithOp::FloorDiv | ArithOp::Mod => return Err(zero_divisor(cx, op)),
        ArithOp::Pow => match u32::try_from(b) {
            Ok(exponent) => a.checked_pow(exponent),
            Err(_) if b < 0 => return Ok(Value::Float((a as f64).powf(b as f64))),
            Err(_) => None,
        },
        ArithOp::BitAnd => Some(a & b),
        ArithOp::BitOr => Some(a | b),
        ArithOp::BitXor => Some(a ^ b),
        ArithOp::Shl if (0..64).contains(&b) => {
            let shifted = a << b;
            (shifted >> b == a).then_some(shifted)
        }
        ArithOp::Shl => None,
        ArithOp::Shr if b >= 0 => Some(a >> b.min(63)),
        ArithOp::Shr => None,
    };
    match small {
        Some(n) => Ok(Value::Int(n)),
        None => big_arith(cx, op, Value::Int(a), Value::Int(b)),
    }
}

/// `a / b`, correctly rounded; IEEE for a zero divisor.
fn int_div(a: i64, b: i64) -> f64 {
    const EXACT: u64 = 1 << 53;
    if b == 0 || (a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT) {
        a as f64 / b as f64
    } else {
        true_div(&BigInt::from(a), &BigInt::from(b))
    }
}

fn float_arith<'gc>(cx: &mut Cx<'_, 'gc>, op: ArithOp, a: f64, b: f64) -> NativeResult<'gc> {
    Ok(Value::Float(match op {
        ArithOp::Add => a + b,
        ArithOp::Sub => a - b,
        ArithOp::Mul => a * b,
        ArithOp::Div => a / b,
        ArithOp::FloorDiv => float_floor_div(a, b),
        ArithOp::Mod => float_mod(a, b),
        ArithOp::Pow => a.powf(b),
        _ => {
            let message = format!("`{}` is defined for ints only, not for Float", op.text());
            return Err(cx.type_error(message));
        }
    }))
}

fn big_arith<'gc>(cx: &mut Cx<'_, 'gc>, op: ArithOp, a: Value<'gc>, b: Value<'gc>) -> NativeResult<'gc> {
    let (Some(x), Some(y)) = (to_big(&a), to_big(&b)) else { return undefined(cx, op, a, b) };
    let big = match op {
        ArithOp::Add => x + y,
        ArithOp::Sub => x - y,
        ArithOp::Mul => {
            check_bits(cx, Some(x.bits() + y.bits()))?;
            cx.pay(work::multiplication(x.bits(), y.bits()))?;
            x * y
        }
        ArithOp::Div if y.is_zero() => return Ok(Value::Float(to_float(&a).unwrap_or(f64::NAN) / 0.0)),
        ArithOp::Div => {
            cx.world.spend(work::look(x.bits() + y.bits()));
            return Ok(Value::Float(true_div(&x, &y)));
        }
        ArithOp::FloorDiv | ArithOp::Mod if y.is_zero() => return Err(zero_divisor(cx, op)),
        ArithOp::FloorDiv | ArithOp::Mod => {
            let turns = work::division(cx, &x, &y)?;
            cx.pay(turns)?;
            if op == ArithOp::Mod { big_mod(&x, &y) } else { big_floor_div(&x, &y) }
        }
        ArithOp::Pow => return big_pow(cx, &x, &y),
        ArithOp::BitAnd => x & y,
        ArithOp::BitOr => x | y,
        ArithOp::BitXor => x ^ y,
        ArithOp::Shl | ArithOp::Shr => return big_shift(cx, op, x, &y),
    };
    Ok(big_int(cx, big))
}

fn big_pow<'gc>(cx: &mut Cx<'_, 'gc>, base: &BigInt, exponent: &BigInt) -> NativeResult<'gc> {
    if exponent.is_negative() {
        let as_float = |n: &BigInt| super::number::big_to_float(n);
        return Ok(Value::Float(as_float(base).powf(as_float(exponent))));
    }
    if base.is_zero() || base.is_one() || (-base).is_one() {
        // No growth, whatever the exponent: only zero and whether it is odd matter.
        let exponent = if exponent.is_zero() { 0 } else { 2 + u32::from(exponent.bit(0)) };
        return Ok(big_int(cx, base.pow(exponent)));
    }
    let bits = exponent.to_u64().and_then(|n| (base.bits() - 1).max(1).checked_mul(n));
    check_bits(cx, bits)?;
    cx.pay(work::power(bits.unwrap_or_default()))?;
    let exponent = exponent.to_u32().expect("at most as large as the number of bits");
    Ok(big_int(cx, base.pow(exponent)))
}

fn big_shift<'gc>(cx: &mut Cx<'_, 'gc>, op: ArithOp, a: BigInt, count: &BigInt) -> NativeResult<'gc> {
    if count.is_negative() {
        return Err(cx.value_error(format!("`{}` by a negative count", op.text())));
    }
    if a.is_zero() {
        return Ok(Value::Int(0));
    }
    let result = if op == ArithOp::Shl {
        check_bits(cx, count.to_u64().and_then(|n| a.bits().checked_add(n)))?;
        a << count.to_u64().expect("below the limit")
    } else if let Some(count) = count.to_u64().filter(|n| *n <= a.bits()) {
        a >> count
    } else {
        BigInt::from(if a.is_negative() { -1 } else { 0 })
    };
    Ok(big_int(cx, result))
}

/// Refuses results of more than [`limits::BIGINT_BITS_MAX`] bits; `None`: too many to count.
fn check_bits<'gc>(cx: &mut Cx<'_, 'gc>, bits: Option<u64>) -> Result<(), Box<Control<'gc>>> {
    if bits.is_some_and(|n| n <= limits::BIGINT_BITS_MAX) {
        return Ok(());
    }
    let message = format!("the int would have more than {} bits", limits::BIGINT_BITS_MAX);
    Err(cx.raise(ErrorKind::LimitError, message))
}

/// The value of an int, whose making and whose bytes are counted.
pub fn big_int<'gc>(cx: &Cx<'_, 'gc>, big: BigInt) -> Value<'gc> {
    cx.world.charge(32 + big.bits() as usize / 8);
    cx.world.spend(big.bits() as usize / 1024);
    int_from_big(cx.mc, big)
}

#[cold]
fn zero_divisor<'gc>(cx: &mut Cx<'_, 'gc>, op: ArithOp) -> Box<Control<'gc>> {
    let what = if op == ArithOp::Mod { "remainder of a division" } else { "integer division" };
    cx.value_error(format!("{what} by zero (`{}`)", op.text()))
}

/// Joins and repetitions of built-in sequences, else the left operand's method.
fn other_arith<'gc>(cx: &mut Cx<'_, 'gc>, op: ArithOp, a: Value<'gc>, b: Value<'gc>) -> NativeResult<'gc> {
    match (op, a, b) {
        (ArithOp::Add, Value::Str(x), Value::Str(y)) => join_strings(cx, x, y),
        (ArithOp::Add, Value::List(x), Value::List(y)) => {
            let items = join(cx, &x.items(), &y.items())?;
            Ok(Value::List(List::new(cx.mc, items)))
        }
        (ArithOp::Add, Value::Tuple(x), Value::Tuple(y)) => {
            let items = join(cx, x.items(), y.items())?;
            Ok(Value::Tuple(Tuple::new(cx.mc, items)))
        }
        (ArithOp::Add, Value::Bytes(x), Value::Bytes(y)) => {
            let data = join(cx, &x.data, &y.data)?;
            Ok(Value::Bytes(Gc::new(cx.mc, Bytes { data: data.into() })))
        }
        (ArithOp::Mul, Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Bytes(_), Value::Int(n)) => repeat(cx, a, n),
        (ArithOp::Mul, Value::Int(n), Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Bytes(_)) => repeat(cx, b, n),
        _ => match method_of(cx.world, &a, op.symbol(&cx.world.symbols)) {
            Some(method) => call(method, vec![a, b]),
            None => undefined(cx, op, a, b),
        },
    }
}

#[cold]
fn undefined<'gc>(cx: &mut Cx<'_, 'gc>, op: ArithOp, a: Value<'gc>, b: Value<'gc>) -> NativeResult<'gc> {
    let mut message = format!("`{}` is not defined for {} and {}", op.text(), cx.type_name(&a), cx.type_name(&b));
    if op == ArithOp::Add && (matches!(a, Value::Str(_)) || matches!(b, Value::Str(_))) {
        message.push_str("; convert with str(…) or write \"${…}\"");
    }
    if op == ArithOp::Mod && matches!(a, Value::Str(_)) {
        message.push_str("; values are put into a text as \"${x}\" or \"{}\".format(x)");
    }
    Err(cx.type_error(message))
}

fn join_strings<'gc>(cx: &mut Cx<'_, 'gc>, a: Gc<'gc, Str>, b: Gc<'gc, Str>) -> NativeResult<'gc> {
    let (x, y) = (a.as_str(), b.as_str());
    if x.is_empty() {
        return Ok(Value::Str(b));
    }
    if y.is_empty() {
        return Ok(Value::Str(a));
    }
    check_size(cx, x.len() + y.len())?;
    cx.world.charge(40 + x.len() + y.len());
    Ok(Value::Str(Str::joined(cx.mc, x, y)))
}

fn join<'gc, T: Copy>(cx: &mut Cx<'_, 'gc>, a: &[T], b: &[T]) -> Result<Vec<T>, Box<Control<'gc>>> {
    let mut joined = reserve(cx, a.len() + b.len())?;
    joined.extend_from_slice(a);
    joined.extend_from_slice(b);
    Ok(joined)
}

/// `a * n` for a built-in sequence; nothing for a negative count.
fn repeat<'gc>(cx: &mut Cx<'_, 'gc>, a: Value<'gc>, n: i64) -> NativeResult<'gc> {
    let n = n.max(0) as u64;
    Ok(match a {
        Value::Str(s) => {
            let bytes = repeat_items(cx, s.as_str().as_bytes(), n)?;
            let text = String::from_utf8(bytes).expect("repeated UTF-8 is UTF-8");
            cx.string(text)
        }
        Value::List(list) => {
            let items = repeat_items(cx, &list.items(), n)?;
            Value::List(List::new(cx.mc, items))
        }
        Value::Tuple(tuple) => {
            let items = repeat_items(cx, tuple.items(), n)?;
            Value::Tuple(Tuple::new(cx.mc, items))
        }
        Value::Bytes(bytes) => {
            let data = repeat_items(cx, &bytes.data, n)?;
            Value::Bytes(Gc::new(cx.mc, Bytes { data: data.into() }))
        }
        other => other,
    })
}

fn repeat_items<'gc, T: Copy>(cx: &mut Cx<'_, 'gc>, items: &[T], n: u64) -> Result<Vec<T>, Box<Control<'gc>>> {
    let length = (items.len() as u64).checked_mul(n).and_then(|n| usize::try_from(n).ok());
    let length = length.unwrap_or(usize::MAX);
    let mut result = reserve(cx, length)?;
    if let [item] = items {
        result.resize(length, *item);
    } else if !items.is_empty() {
        for _ in 0..n {
            result.extend_from_slice(items);
        }
    }
    Ok(result)
}

/// An empty vector with room for `length` items; a LimitError if that is too much.
pub fn reserve<'gc, T>(cx: &mut Cx<'_, 'gc>, length: usize) -> Result<Vec<T>, Box<Control<'gc>>> {
    let bytes = length.saturating_mul(size_of::<T>());
    check_size(cx, bytes)?;
    let mut items = Vec::new();
    if items.try_reserve_exact(length).is_err() {
        return Err(too_large(cx, bytes));
    }
    cx.world.charge(48 + bytes);
    Ok(items)
}

/// Refuses to make something of so many bytes if that is beyond the limits.
pub fn check_size<'gc>(cx: &mut Cx<'_, 'gc>, bytes: usize) -> Result<(), Box<Control<'gc>>> {
    if bytes < limits::ALLOCATION_MAX && cx.world.memory_limit.is_none_or(|limit| bytes <= limit) {
        return Ok(());
    }
    Err(too_large(cx, bytes))
}

#[cold]
fn too_large<'gc>(cx: &mut Cx<'_, 'gc>, bytes: usize) -> Box<Control<'gc>> {
    let message = format!("the result would be too large ({bytes} bytes)");
    cx.raise(ErrorKind::LimitError, message)
}
