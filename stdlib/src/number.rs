//! Methods of ints and floats, and rounding.

use crate::args::{self, Raised, given, given_not_nil, new_int, new_string, wrong_receiver};
use crate::convert::{self, float_to_int};
use crate::table::{Row, row};
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use vm::heap::Value;
use vm::object::{Cx, NativeResult};
use vm::ops;

/// Methods of ints and of floats.
pub(crate) const METHODS: &[Row] = &[
    row("abs", &[], abs, "`abs()`: the number without its sign."),
    row("sign", &[], sign, "`sign()`: -1, 0 or 1."),
    row("floor", &[], floor, "`floor()`: the largest int that is not above the number."),
    row("ceil", &[], ceil, "`ceil()`: the smallest int that is not below the number."),
    row("trunc", &[], trunc, "`trunc()`: the whole part, as an int."),
    row(
        "round",
        &["digits"],
        round,
        "`round(digits = nil)`: the nearest int, halves away from zero. With digits, a number of the same type with so many decimals.",
    )
    .optional(1),
    row("sqrt", &[], sqrt, "`sqrt()`: the square root, as a float."),
    row("clamp", &["least", "most"], clamp, "`clamp(least, most)`: the number, or the bound that it is beyond."),
    row("to_int", &[], trunc, "`to_int()`: the whole part, as an int; `int(x)`."),
    row("to_float", &[], to_float, "`to_float()`: the number as a float; `float(x)`."),
    row("format", &["spec"], format, "`format(spec)`: the text that `${x:spec}` gives."),
    row("is_nan", &[], is_nan, "`is_nan()`: whether it is not a number."),
    row("is_finite", &[], is_finite, "`is_finite()`: whether it is neither infinite nor nan."),
    row("is_infinite", &[], is_infinite, "`is_infinite()`: whether it is infinite."),
    row("is_whole", &[], is_whole, "`is_whole()`: whether it has no fraction."),
];

/// Methods of ints.
pub(crate) const INT_METHODS: &[Row] = &[
    row("to_str", &["base"], int_to_str, "`to_str(base = 10)`: the digits of the number in a base.").optional(1),
    row("bit_count", &[], bit_count, "`bit_count()`: how many bits of the absolute value are set."),
    row("bit_length", &[], bit_length, "`bit_length()`: how many bits the absolute value takes."),
    row("digits", &["base"], digits, "`digits(base = 10)`: a list of the digits of the absolute value, the first one first.")
        .optional(1),
    row("is_even", &[], is_even, "`is_even()`: whether it is divisible by 2."),
    row("is_odd", &[], is_odd, "`is_odd()`: whether it is not divisible by 2."),
];

/// Methods of floats.
pub(crate) const FLOAT_METHODS: &[Row] = &[
    row("to_str", &[], float_to_str, "`to_str()`: the shortest text that reads as the same number."),
    row("ratio", &[], ratio, "`ratio()`: a pair of ints, in lowest terms, whose quotient is exactly this number."),
    row("fract", &[], fract, "`fract()`: what is behind the point, with the number's sign."),
];

/// A number as the natives here see it.
enum Number {
    Small(i64),
    Big(BigInt),
    Float(f64),
}

fn known_number(value: Option<&Value<'_>>) -> Option<Number> {
    match value? {
        Value::Int(i) => Some(Number::Small(*i)),
        Value::BigInt(big) => Some(Number::Big(big.0.clone())),
        Value::Float(f) => Some(Number::Float(*f)),
        _ => None,
    }
}

/// The number that a function or method is called with.
fn number<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, args: &[Value<'gc>]) -> Result<Number, Raised<'gc>> {
    known_number(args.first()).ok_or_else(|| args::wrong(cx, native, "x", "a number", &args[0]))
}

/// `abs(x)`, as a function and as a method.
pub(crate) fn abs<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(match number(cx, "abs", args)? {
        Number::Small(i) => match i.checked_abs() {
            Some(i) => Value::Int(i),
            None => ops::big_int(cx, BigInt::from(i).abs()),
        },
        Number::Big(big) => ops::big_int(cx, big.abs()),
        Number::Float(f) => Value::Float(f.abs()),
    })
}

/// The sign of a number as an int; 0 for nan.
pub(crate) fn sign<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::Int(match number(cx, "sign", args)? {
        Number::Small(i) => i.signum(),
        Number::Big(big) => big.signum().to_i64().unwrap_or(0),
        Number::Float(f) => i64::from(f > 0.0) - i64::from(f < 0.0),
    }))
}

/// Brings a float to an int; an int stays as it is.
fn whole<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, args: &[Value<'gc>], of_float: impl Fn(f64) -> f64) -> NativeResult<'gc> {
    match number(cx, native, args)? {
        Number::Float(f) => float_to_int(cx, of_float(f)),
        _ => Ok(args[0]),
    }
}

pub(crate) fn floor<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    whole(cx, "floor", args, f64::floor)
}

pub(crate) fn ceil<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    whole(cx, "ceil", args, f64::ceil)
}

pub(crate) fn trunc<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    whole(cx, "trunc", args, f64::trunc)
}

/// `round(x, digits)`, as a function and as a method.
pub(crate) fn round<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let Some(digits) = given_not_nil(args, 1) else { return whole(cx, "round", args, f64::round) };
    let digits = args::bound(cx, "round", "digits", digits)?;
    match number(cx, "round", args)? {
        Number::Float(f) => Ok(Value::Float(round_float(f, digits))),
        _ if digits >= 0 => Ok(args[0]),
        Number::Small(i) => Ok(round_int(cx, &BigInt::from(i), digits)),
        Number::Big(big) => Ok(round_int(cx, &big, digits)),
    }
}

/// An int rounded to a multiple of a power of ten. `digits` is negative.
fn round_int<'gc>(cx: &mut Cx<'_, 'gc>, n: &BigInt, digits: i64) -> Value<'gc> {
    match round_big(n, digits) {
        Some(rounded) => ops::big_int(cx, rounded),
        None => Value::Int(0),
    }
}

/// `None` when the power of ten is far above the number.
fn round_big(n: &BigInt, digits: i64) -> Option<BigInt> {
    let zeros = u32::try_from(digits.unsigned_abs()).ok().filter(|zeros| u64::from(*zeros) * 3 <= n.bits() + 1)?;
    let unit = BigInt::from(10).pow(zeros);
    let rest = n.magnitude() % unit.magnitude();
    let up = rest.clone() * 2_u32 >= *unit.magnitude();
    let magnitude = n.magnitude() - rest + if up { unit.magnitude().clone() } else { num_bigint::BigUint::zero() };
    Some(BigInt::from_biguint(n.sign(), magnitude))
}

/// A float rounded to so many decimals, halves away from zero; exactly, so that 2.675, which is a little less, gives 2.67.
fn round_float(f: f64, digits: i64) -> f64 {
    if !f.is_finite() || digits > 330 {
        return f;
    }
    if digits < 0 {
        // The fraction never decides: the power of ten is even, so that no whole part is just below a half of it.
        let whole = num_traits::FromPrimitive::from_f64(f.trunc()).and_then(|whole: BigInt| round_big(&whole, digits));
        return whole.and_then(|whole| whole.to_f64()).unwrap_or(0.0).copysign(f);
    }
    let digits = digits as usize;
    // A half can only be exact if so many halvings of a unit reach it.
    let scaled = if digits < 60 { f * 2_f64.powi(digits as i32 + 1) } else { f64::NAN };
    let may_be_half = scaled.fract() == 0.0;
    if may_be_half {
        let exact = format!("{:.*}", digits + 1, f.abs());
        if let Some(cut) = exact.strip_suffix('5') {
            let unscaled: Option<BigInt> = cut.replace('.', "").parse().ok();
            let up = unscaled.map(|unscaled| format!("{}e-{digits}", unscaled + BigInt::one()));
            return up.and_then(|up| up.parse::<f64>().ok()).unwrap_or(f).copysign(f);
        }
    }
    format!("{f:.digits$}").parse().unwrap_or(f)
}

fn sqrt<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let f = to_f64(cx, args)?;
    Ok(Value::Float(f.sqrt()))
}

fn to_f64<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> Result<f64, Raised<'gc>> {
    ops::to_float(&args[0]).ok_or_else(|| wrong_receiver(cx, "a number", args.first()))
}

/// `x.clamp(least, most)`, as a method and as a function of `math`.
pub(crate) fn clamp<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    number(cx, "clamp", args)?;
    args::float(cx, "clamp", "least", args[1])?;
    args::float(cx, "clamp", "most", args[2])?;
    let order = |a: &Value<'gc>, b: &Value<'gc>| ops::compare_numbers(a, b).flatten();
    match order(&args[1], &args[2]) {
        Some(Ordering::Less | Ordering::Equal) => {}
        _ => return Err(cx.value_error("`clamp`: `least` must not be above `most`")),
    }
    Ok(if order(&args[0], &args[1]) == Some(Ordering::Less) {
        args[1]
    } else if order(&args[0], &args[2]) == Some(Ordering::Greater) {
        args[2]
    } else {
        args[0]
    })
}

fn to_float<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::Float(to_f64(cx, args)?))
}

fn format<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let spec = args::text(cx, "format", "spec", args[1])?;
    ops::format_value(cx, args[0], spec)
}

/// A test of a number by its float, of which an int beyond all floats has an infinite one.
fn test<'gc>(
    cx: &mut Cx<'_, 'gc>,
    native: &str,
    args: &[Value<'gc>],
    of_int: bool,
    of_float: impl Fn(f64) -> bool,
) -> NativeResult<'gc> {
    Ok(Value::bool(match number(cx, native, args)? {
        Number::Float(f) => of_float(f),
        _ => of_int,
    }))
}

pub(crate) fn is_nan<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    test(cx, "is_nan", args, false, f64::is_nan)
}

pub(crate) fn is_finite<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    test(cx, "is_finite", args, true, f64::is_finite)
}

pub(crate) fn is_infinite<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    test(cx, "is_infinite", args, false, f64::is_infinite)
}

fn is_whole<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    test(cx, "is_whole", args, true, |f| f.is_finite() && f.fract() == 0.0)
}

/// An int receiver.
fn big<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> Result<BigInt, Raised<'gc>> {
    match known_number(args.first()) {
        Some(Number::Small(i)) => Ok(BigInt::from(i)),
        Some(Number::Big(big)) => Ok(big),
        _ => Err(wrong_receiver(cx, "an Int", args.first())),
    }
}

fn int_to_str<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let base = convert::base(cx, "to_str", given(args, 1))?;
    let number = big(cx, args)?;
    let digits = ops::big_digits(cx, &number, base)?;
    new_string(cx, digits)
}

fn bit_count<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::Int(big(cx, args)?.magnitude().count_ones() as i64))
}

fn bit_length<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(new_int(big(cx, args)?.bits() as usize))
}

fn digits<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let base = convert::base(cx, "digits", given(args, 1))?;
    let number = big(cx, args)?;
    let digits = ops::big_digits(cx, &number.abs(), base)?;
    let digits = digits.chars().filter_map(|digit| digit.to_digit(base)).map(|digit| Value::Int(i64::from(digit)));
    Ok(args::new_list(cx, digits.collect()))
}

fn is_even<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(!big(cx, args)?.bit(0)))
}

fn is_odd<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::bool(big(cx, args)?.bit(0)))
}

fn float_to_str<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    ops::to_str(cx, args[0])
}

fn ratio<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let f = to_f64(cx, args)?;
    if !f.is_finite() {
        return Err(cx.value_error("only a finite float is a ratio of ints"));
    }
    let (mut mantissa, mut exponent, sign) = num_traits::Float::integer_decode(f);
    let zeros = if mantissa == 0 { 0 } else { mantissa.trailing_zeros().min(u32::from(exponent.min(0).unsigned_abs())) };
    mantissa >>= zeros;
    exponent = if mantissa == 0 { 0 } else { exponent + zeros as i16 };
    let above = (BigInt::from(mantissa) * sign) << exponent.max(0) as u32;
    let below = BigInt::one() << (-exponent).max(0) as u32;
    let pair = [ops::big_int(cx, above), ops::big_int(cx, below)];
    Ok(args::new_tuple(cx, pair))
}

fn fract<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Ok(Value::Float(to_f64(cx, args)?.fract()))
}

#[cfg(test)]
mod tests {
    use super::{round_big, round_float};
    use num_bigint::BigInt;

    #[test]
    fn floats_are_rounded_exactly() {
        for (f, digits, expected) in [
            (2.675, 2, 2.67),
            (0.125, 2, 0.13),
            (-0.125, 2, -0.13),
            (0.5, 0, 1.0),
            (2.5, 0, 3.0),
            (1.005, 2, 1.0),
            (1234.5678, 3, 1234.568),
            (1234.0, -2, 1200.0),
            (-1250.0, -2, -1300.0),
            (49.99, -2, 0.0),
            (50.0, -2, 100.0),
            (1e300, 5, 1e300),
            (5e-324, 400, 5e-324),
            (1.5, 18, 1.5),
        ] {
            assert_eq!(round_float(f, digits), expected, "{f} to {digits}");
        }
    }

    #[test]
    fn ints_are_rounded() {
        let round = |n: i64, digits| round_big(&BigInt::from(n), digits).unwrap_or_default();
        assert_eq!(round(1249, -2), BigInt::from(1200));
        assert_eq!(round(1250, -2), BigInt::from(1300));
        assert_eq!(round(-1250, -2), BigInt::from(-1300));
        assert_eq!(round(5, -1), BigInt::from(10));
        assert_eq!(round(4, -1), BigInt::from(0));
        assert_eq!(round(7, -1000), BigInt::from(0));
    }
}
