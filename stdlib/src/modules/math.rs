//! The module `math`. Functions of floats follow IEEE: `sqrt(-1)` is nan, `log(0)` is minus infinity.

use crate::args::{self, Raised, given};
use crate::number;
use crate::table::{Row, define, row};
use gc_arena::Gc;
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::f64::consts;
use vm::heap::Value;
use vm::object::{Cx, Kind, Namespace, NativeResult};
use vm::ops;

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("sqrt", &["x"], sqrt, "`sqrt(x)`: the square root."),
    row("cbrt", &["x"], cbrt, "`cbrt(x)`: the cube root."),
    row("pow", &["x", "y"], pow, "`pow(x, y)`: x to the power of y, as a float."),
    row("hypot", &["x", "y"], hypot, "`hypot(x, y)`: the length of the diagonal of a rectangle."),
    row("exp", &["x"], exp, "`exp(x)`: e to the power of x."),
    row("expm1", &["x"], expm1, "`expm1(x)`: `exp(x) - 1`, exact also near 0."),
    row("exp2", &["x"], exp2, "`exp2(x)`: 2 to the power of x."),
    row("log", &["x", "base"], log, "`log(x, base = e)`: the logarithm.").optional(1),
    row("log2", &["x"], log2, "`log2(x)`: the logarithm to base 2."),
    row("log10", &["x"], log10, "`log10(x)`: the logarithm to base 10."),
    row("log1p", &["x"], log1p, "`log1p(x)`: `log(1 + x)`, exact also near 0."),
    row("sin", &["x"], sin, "`sin(x)`: the sine."),
    row("cos", &["x"], cos, "`cos(x)`: the cosine."),
    row("tan", &["x"], tan, "`tan(x)`: the tangent."),
    row("asin", &["x"], asin, "`asin(x)`: the angle of a sine."),
    row("acos", &["x"], acos, "`acos(x)`: the angle of a cosine."),
    row("atan", &["x"], atan, "`atan(x)`: the angle of a tangent."),
    row("atan2", &["y", "x"], atan2, "`atan2(y, x)`: the angle of a point, from -pi to pi."),
    row("sinh", &["x"], sinh, "`sinh(x)`: the hyperbolic sine."),
    row("cosh", &["x"], cosh, "`cosh(x)`: the hyperbolic cosine."),
    row("tanh", &["x"], tanh, "`tanh(x)`: the hyperbolic tangent."),
    row("asinh", &["x"], asinh, "`asinh(x)`: the inverse of `sinh`."),
    row("acosh", &["x"], acosh, "`acosh(x)`: the inverse of `cosh`."),
    row("atanh", &["x"], atanh, "`atanh(x)`: the inverse of `tanh`."),
    row("degrees", &["x"], degrees, "`degrees(x)`: an angle in degrees, from radians."),
    row("radians", &["x"], radians, "`radians(x)`: an angle in radians, from degrees."),
    row("floor", &["x"], number::floor, "`floor(x)`: the largest int that is not above x."),
    row("ceil", &["x"], number::ceil, "`ceil(x)`: the smallest int that is not below x."),
    row("trunc", &["x"], number::trunc, "`trunc(x)`: the whole part, as an int."),
    row("fract", &["x"], fract, "`fract(x)`: what is behind the point, with the sign of x."),
    row("abs", &["x"], number::abs, "`abs(x)`: x without its sign; also in `core`."),
    row("sign", &["x"], number::sign, "`sign(x)`: -1, 0 or 1."),
    row("copysign", &["x", "y"], copysign, "`copysign(x, y)`: x with the sign of y."),
    row("clamp", &["x", "least", "most"], number::clamp, "`clamp(x, least, most)`: x, or the bound that it is beyond."),
    row("lerp", &["a", "b", "t"], lerp, "`lerp(a, b, t)`: the number that is the part t of the way from a to b."),
    row("fmod", &["x", "y"], fmod, "`fmod(x, y)`: the remainder with the sign of x; `%` has that of y."),
    row("is_nan", &["x"], number::is_nan, "`is_nan(x)`: whether x is not a number."),
    row("is_finite", &["x"], number::is_finite, "`is_finite(x)`: whether x is neither infinite nor nan."),
    row("is_infinite", &["x"], number::is_infinite, "`is_infinite(x)`: whether x is infinite."),
    row(
        "is_close",
        &["a", "b"],
        is_close,
        "`is_close(a, b, relative: 1e-9, absolute: 0.0)`: whether two numbers are nearly equal.",
    )
    .only(&["relative", "absolute"]),
    row("gcd", &["a", "b"], gcd, "`gcd(a, b)`: the greatest common divisor of two ints."),
    row("lcm", &["a", "b"], lcm, "`lcm(a, b)`: the least common multiple of two ints."),
    row("isqrt", &["n"], isqrt, "`isqrt(n)`: the whole part of the square root of an int, exactly."),
    row("factorial", &["n"], factorial, "`factorial(n)`: the product of the ints from 1 to n."),
    row(
        "pow_mod",
        &["base", "exponent", "modulus"],
        pow_mod,
        "`pow_mod(base, exponent, modulus)`: `base ** exponent % modulus`, quickly.",
    ),
    row("next_after", &["x", "towards"], next_after, "`next_after(x, towards)`: the float next to x on the way to another."),
    row("perm", &["n", "k"], perm, "`perm(n, k)`: how many ways there are to arrange k of n things."),
    row("comb", &["n", "k"], comb, "`comb(n, k)`: how many ways there are to choose k of n things."),
];

/// Defines the constants of the module.
pub(crate) fn constants<'gc>(cx: &mut Cx<'_, 'gc>, module: Gc<'gc, Namespace<'gc>>) {
    for (name, value) in [("pi", consts::PI), ("e", consts::E), ("tau", consts::TAU), ("inf", f64::INFINITY), ("nan", f64::NAN)] {
        define(cx, module, name, Kind::Constant, Value::Float(value));
    }
}

macro_rules! of_one {
    ($($name:ident = $f:expr;)*) => { $(
        fn $name<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
            let x = args::float(cx, stringify!($name), "x", args[0])?;
            let f: fn(f64) -> f64 = $f;
            Ok(Value::Float(f(x)))
        }
    )* };
}

of_one! {
    sqrt = f64::sqrt;
    cbrt = f64::cbrt;
    exp = f64::exp;
    exp2 = f64::exp2;
    expm1 = f64::exp_m1;
    log2 = f64::log2;
    log10 = f64::log10;
    log1p = f64::ln_1p;
    sin = f64::sin;
    cos = f64::cos;
    tan = f64::tan;
    asin = f64::asin;
    acos = f64::acos;
    atan = f64::atan;
    sinh = f64::sinh;
    cosh = f64::cosh;
    tanh = f64::tanh;
    asinh = f64::asinh;
    acosh = f64::acosh;
    atanh = f64::atanh;
    degrees = f64::to_degrees;
    radians = f64::to_radians;
    fract = f64::fract;
}

macro_rules! of_two {
    ($($name:ident($x:literal, $y:literal) = $f:expr;)*) => { $(
        fn $name<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
            let x = args::float(cx, stringify!($name), $x, args[0])?;
            let y = args::float(cx, stringify!($name), $y, args[1])?;
            let f: fn(f64, f64) -> f64 = $f;
            Ok(Value::Float(f(x, y)))
        }
    )* };
}

of_two! {
    pow("x", "y") = f64::powf;
    hypot("x", "y") = f64::hypot;
    atan2("y", "x") = f64::atan2;
    copysign("x", "y") = f64::copysign;
    fmod("x", "y") = |x, y| x % y;
}

fn log<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let x = args::float(cx, "log", "x", args[0])?;
    // The logarithm of an int beyond all floats is none of them.
    let ln = |value: &Value<'gc>, f: f64| match value {
        Value::BigInt(big) if f.is_infinite() && big.0.is_positive() => {
            let shift = big.0.bits() - 64;
            let top = (&big.0 >> shift).to_f64().unwrap_or(f64::INFINITY);
            top.ln() + shift as f64 * consts::LN_2
        }
        _ => f.ln(),
    };
    Ok(Value::Float(match given(args, 1) {
        None => ln(&args[0], x),
        Some(base_value) => match args::float(cx, "log", "base", base_value)? {
            2.0 if x.is_finite() => x.log2(),
            10.0 if x.is_finite() => x.log10(),
            base => ln(&args[0], x) / ln(&base_value, base),
        },
    }))
}

fn lerp<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let a = args::float(cx, "lerp", "a", args[0])?;
    let b = args::float(cx, "lerp", "b", args[1])?;
    let t = args::float(cx, "lerp", "t", args[2])?;
    Ok(Value::Float(a * (1.0 - t) + b * t))
}

fn is_close<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let mut tolerance = |i: usize, param: &str, default: f64| match given(args, i) {
        Some(value) => args::float(cx, "is_close", param, value),
        None => Ok(default),
    };
    let relative = tolerance(0, "relative", 1e-9)?;
    let absolute = tolerance(1, "absolute", 0.0)?;
    let a = args::float(cx, "is_close", "a", args[2])?;
    let b = args::float(cx, "is_close", "b", args[3])?;
    let near = (a - b).abs() <= (relative * a.abs().max(b.abs())).max(absolute);
    Ok(Value::bool(a == b || (near && a.is_finite() && b.is_finite())))
}

fn big<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<BigInt, Raised<'gc>> {
    match value {
        Value::Int(i) => Ok(BigInt::from(i)),
        Value::BigInt(big) => Ok(big.0.clone()),
        _ => Err(args::wrong(cx, native, param, "an Int", &value)),
    }
}

fn new_big<'gc>(cx: &mut Cx<'_, 'gc>, big: BigInt) -> Value<'gc> {
    cx.world.charge(32 + big.bits() as usize / 8);
    ops::int_from_big(cx.mc, big)
}

fn greatest_divisor(a: &BigInt, b: &BigInt) -> BigInt {
    let (mut a, mut b) = (a.abs(), b.abs());
    while !b.is_zero() {
        (a, b) = (b.clone(), a % b);
    }
    a
}

fn gcd<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    if let (Value::Int(a), Value::Int(b)) = (args[0], args[1]) {
        let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        return Ok(ops::int_from_u64(cx.mc, a));
    }
    let (a, b) = (big(cx, "gcd", "a", args[0])?, big(cx, "gcd", "b", args[1])?);
    Ok(new_big(cx, greatest_divisor(&a, &b)))
}

fn lcm<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (a, b) = (big(cx, "lcm", "a", args[0])?, big(cx, "lcm", "b", args[1])?);
    if a.is_zero() || b.is_zero() {
        return Ok(Value::Int(0));
    }
    let multiple = (&a / greatest_divisor(&a, &b) * b).abs();
    Ok(new_big(cx, multiple))
}

fn isqrt<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let n = big(cx, "isqrt", "n", args[0])?;
    if n.is_negative() {
        return Err(cx.value_error("`isqrt` of a negative int"));
    }
    Ok(new_big(cx, n.sqrt()))
}

/// Largest argument of `factorial` and `comb`: the results have some 18 million bits.
const PRODUCT_MAX: i64 = 1_000_000;

fn product_argument<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<u64, Raised<'gc>> {
    let n = args::int(cx, native, param, value)?;
    if n > PRODUCT_MAX {
        return Err(cx.value_error(format!("`{native}`: `{param}` must not be above {PRODUCT_MAX}, but is {n}")));
    }
    u64::try_from(n).map_err(|_| cx.value_error(format!("`{native}`: `{param}` must not be negative, but is {n}")))
}

/// The product of the ints from `from` to `to`: halves of similar size multiply fastest.
fn product(from: u64, to: u64) -> BigInt {
    if from > to {
        return BigInt::one();
    }
    if to - from < 8 {
        return (from..=to).map(BigInt::from).product();
    }
    let middle = from.midpoint(to);
    product(from, middle) * product(middle + 1, to)
}

fn factorial<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let n = product_argument(cx, "factorial", "n", args[0])?;
    Ok(new_big(cx, product(2, n)))
}

fn pow_mod<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let base = big(cx, "pow_mod", "base", args[0])?;
    let exponent = big(cx, "pow_mod", "exponent", args[1])?;
    let modulus = big(cx, "pow_mod", "modulus", args[2])?;
    if modulus.is_zero() {
        return Err(cx.value_error("`pow_mod`: `modulus` must not be 0"));
    }
    if exponent.is_negative() {
        return Err(cx.value_error("`pow_mod`: `exponent` must not be negative"));
    }
    // The time grows with the product of both lengths, and for the modulus with its square.
    const BITS_MAX: u64 = 1 << 14;
    if exponent.bits().max(modulus.bits()) > BITS_MAX {
        return Err(cx.value_error(format!("`pow_mod` takes ints of up to {BITS_MAX} bits")));
    }
    Ok(new_big(cx, base.modpow(&exponent, &modulus)))
}

fn next_after<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let x = args::float(cx, "next_after", "x", args[0])?;
    let towards = args::float(cx, "next_after", "towards", args[1])?;
    Ok(Value::Float(match x.partial_cmp(&towards) {
        Some(std::cmp::Ordering::Less) => x.next_up(),
        Some(std::cmp::Ordering::Greater) => x.next_down(),
        Some(std::cmp::Ordering::Equal) => towards,
        None => f64::NAN,
    }))
}

fn perm<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let n = product_argument(cx, "perm", "n", args[0])?;
    let k = product_argument(cx, "perm", "k", args[1])?;
    if k > n { Ok(Value::Int(0)) } else { Ok(new_big(cx, product(n - k + 1, n))) }
}

fn comb<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let n = product_argument(cx, "comb", "n", args[0])?;
    let k = product_argument(cx, "comb", "k", args[1])?;
    if k > n {
        return Ok(Value::Int(0));
    }
    let k = k.min(n - k);
    Ok(new_big(cx, product(n - k + 1, n) / product(2, k)))
}

#[cfg(test)]
mod tests {
    use super::{greatest_divisor, product};
    use num_bigint::BigInt;

    #[test]
    fn products_and_divisors() {
        assert_eq!(product(2, 20), BigInt::from(2_432_902_008_176_640_000_u64));
        assert_eq!(product(2, 1), BigInt::from(1));
        assert_eq!(greatest_divisor(&BigInt::from(-12), &BigInt::from(18)), BigInt::from(6));
        assert_eq!(greatest_divisor(&BigInt::from(0), &BigInt::from(0)), BigInt::from(0));
    }
}
