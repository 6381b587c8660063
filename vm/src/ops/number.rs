//! Exact numbers: order across ints, big ints and floats, division as the language defines it, conversion.
//!
//! Invariant of the representation: a [`BigNumber`] never fits 64 bits; [`int_from_big`] is the only maker.

use crate::heap::{BigNumber, Value};
use gc_arena::{Gc, Mutation};
use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;

/// An int value of any size.
pub fn int_from_big<'gc>(mc: &Mutation<'gc>, big: BigInt) -> Value<'gc> {
    match big.to_i64() {
        Some(small) => Value::Int(small),
        None => {
            mc.metrics().adjust_debt((big.bits() / 512) as f64);
            Value::BigInt(Gc::new(mc, BigNumber(big)))
        }
    }
}

/// An int value of an unsigned number, such as a length.
pub fn int_from_u64<'gc>(mc: &Mutation<'gc>, n: u64) -> Value<'gc> {
    i64::try_from(n).map_or_else(|_| int_from_big(mc, BigInt::from(n)), Value::Int)
}

/// The number as a float, correctly rounded; `None` if it is none.
pub fn to_float(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Int(i) => Some(*i as f64),
        Value::Float(f) => Some(*f),
        Value::BigInt(big) => Some(big_to_float(&big.0)),
        _ => None,
    }
}

/// The int as a big int; `None` if it is none.
pub(super) fn to_big(value: &Value<'_>) -> Option<BigInt> {
    match value {
        Value::Int(i) => Some(BigInt::from(*i)),
        Value::BigInt(big) => Some(big.0.clone()),
        _ => None,
    }
}

/// A big int as the nearest float, infinite when out of range.
pub(super) fn big_to_float(big: &BigInt) -> f64 {
    let infinite = if big.is_negative() { f64::NEG_INFINITY } else { f64::INFINITY };
    big.to_f64().unwrap_or(infinite)
}

/// Order of two numbers by their exact values. The outer `None`: not two numbers; the inner one: a NaN is among them.
#[inline]
pub fn compare_numbers(a: &Value<'_>, b: &Value<'_>) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Float(b)) => compare_int_float(*a, *b),
        (Value::Float(a), Value::Int(b)) => compare_int_float(*b, *a).map(Ordering::reverse),
        (Value::BigInt(a), Value::BigInt(b)) => Some(a.0.cmp(&b.0)),
        (Value::BigInt(a), Value::Int(_)) => Some(sign_order(&a.0)),
        (Value::Int(_), Value::BigInt(b)) => Some(sign_order(&b.0).reverse()),
        (Value::BigInt(a), Value::Float(b)) => compare_big_float(&a.0, *b),
        (Value::Float(a), Value::BigInt(b)) => compare_big_float(&b.0, *a).map(Ordering::reverse),
        _ => return None,
    })
}

/// Order of a big int and anything that fits 64 bits.
fn sign_order(big: &BigInt) -> Ordering {
    if big.is_negative() { Ordering::Less } else { Ordering::Greater }
}

/// 2 to the power of 63: the first float above all 64-bit ints.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;

fn compare_int_float(a: i64, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    if b >= TWO_63 {
        return Some(Ordering::Less);
    }
    if b < -TWO_63 {
        return Some(Ordering::Greater);
    }
    let whole = b.trunc();
    Some(a.cmp(&(whole as i64)).then_with(|| whole.partial_cmp(&b).expect("neither is NaN")))
}

fn compare_big_float(a: &BigInt, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    if b.is_infinite() {
        return Some(if b > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = b.trunc();
    let order = a.cmp(&BigInt::from_f64(whole).expect("finite"));
    Some(order.then_with(|| whole.partial_cmp(&b).expect("neither is NaN")))
}

/// The int that a float equals, if it fits 64 bits.
#[inline]
pub fn float_as_int(f: f64) -> Option<i64> {
    let whole = f as i64;
    ((-TWO_63..TWO_63).contains(&f) && whole as f64 == f).then_some(whole)
}

/// `a // b` for `b` other than 0; `None` on overflow.
#[inline]
pub fn int_floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// `a % b` for `b` other than 0; has the sign of `b`.
#[inline]
pub fn int_mod(a: i64, b: i64) -> i64 {
    let rest = a.wrapping_rem(b);
    if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
}

/// `a // b`: the largest whole float that is not above the quotient. IEEE for a zero divisor.
pub fn float_floor_div(a: f64, b: f64) -> f64 {
    if b == 0.0 {
        return a / b;
    }
    // After CPython: the quotient is taken from the exact remainder, because a / b may round up to a whole number.
    let rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 && (b < 0.0) != (rest < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return 0.0_f64.copysign(a / b);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

/// `a % b`; has the sign of `b`. NaN for a zero divisor.
pub fn float_mod(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest == 0.0 {
        0.0_f64.copysign(b)
    } else if (b < 0.0) != (rest < 0.0) {
        rest + b
    } else {
        rest
    }
}

/// `a // b` for `b` other than 0.
pub(super) fn big_floor_div(a: &BigInt, b: &BigInt) -> BigInt {
    let (quotient, rest) = (a / b, a % b);
    if !rest.is_zero() && rest.is_negative() != b.is_negative() { quotient - 1 } else { quotient }
}

/// `a % b` for `b` other than 0; has the sign of `b`.
pub(super) fn big_mod(a: &BigInt, b: &BigInt) -> BigInt {
    let rest = a % b;
    if !rest.is_zero() && rest.is_negative() != b.is_negative() { rest + b } else { rest }
}

/// `a / b` of two ints, correctly rounded. `b` is not 0.
pub fn true_div(a: &BigInt, b: &BigInt) -> f64 {
    let magnitude = true_div_magnitude(a.magnitude(), b.magnitude());
    if (a.sign() == Sign::Minus) == (b.sign() == Sign::Minus) { magnitude } else { -magnitude }
}

fn true_div_magnitude(a: &BigUint, b: &BigUint) -> f64 {
    if a.is_zero() {
        return 0.0;
    }
    let exponent = a.bits() as i64 - b.bits() as i64;
    if exponent > 1025 {
        return f64::INFINITY;
    }
    if exponent < -1100 {
        return 0.0;
    }
    // quotient * 2^-shift is the result, with 64 or 65 bits of quotient and whatever is below them in its lowest bit.
    let shift = 64 - exponent;
    let (quotient, rest) = if shift >= 0 {
        let a = a << shift as usize;
        (&a / b, &a % b)
    } else {
        let b = b << (-shift) as usize;
        (a / &b, a % &b)
    };
    let sticky = u128::from(!rest.is_zero());
    let quotient = quotient.to_u128().expect("65 bits at most") | sticky;
    if exponent > -1020 {
        // Halves of the scale, because the whole of it may be out of range.
        let half = -(shift as i32) / 2;
        return quotient as f64 * 2f64.powi(half) * 2f64.powi(-(shift as i32) - half);
    }
    // Below the normal floats: round to whole multiples of the smallest one, half to even. Its multiples are its bit patterns.
    let dropped = shift - 1074;
    if dropped > 100 {
        return 0.0;
    }
    let whole = (quotient >> dropped) as u64;
    let (rest, half) = (quotient & ((1 << dropped) - 1), 1_u128 << (dropped - 1));
    let up = rest > half || (rest == half && whole & 1 == 1);
    f64::from_bits(whole + u64::from(up))
}
