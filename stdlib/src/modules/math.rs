//! The module `math`. Functions of floats follow IEEE: `sqrt(-1)` is nan, `log(0)` is minus infinity.

mod exact;
mod logarithm;

use crate::args::{self, Raised, given};
use crate::number;
use crate::table::{Row, define, row};
use gc_arena::Gc;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};
use std::f64::consts;
use vm::heap::Value;
use vm::object::{Cx, Kind, Namespace, NativeResult};
use vm::ops::{self, work};

/// Functions of the module.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("sqrt", &["x"], sqrt, "`sqrt(x)`: the square root."),
    row("cbrt", &["x"], cbrt, "`cbrt(x)`: the cube root."),
    row("pow", &["x", "y"], pow, "`pow(x, y)`: x to the power of y, as a float."),
    row("hypot", &["x", "y"], hypot, "`hypot(x, y)`: the length of the diagonal of a rectangle."),
    row("exp", &["x"], exp, "`exp(x)`: e to the power of x."),
    row("expm1", &["x"], expm1, "`expm1(x)`: `exp(x) - 1`, exact also near 0."),
    row("exp2", &["x"], exp2, "`exp2(x)`: 2 to the power of x."),
    row("log", &["x", "base"], logarithm::log, "`log(x, base = e)`: the logarithm.").optional(1),
    row("log2", &["x"], logarithm::log2, "`log2(x)`: the logarithm to base 2."),
    row("log10", &["x"], logarithm::log10, "`log10(x)`: the logarithm to base 10."),
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
    row(
        "exact_sum",
        &["items"],
        exact::exact_sum,
        "`exact_sum(items)`: the sum of numbers as a float, as if it were computed exactly and rounded once.",
    ),
    row(
        "mean",
        &["items"],
        exact::mean,
        "`mean(items)`: the arithmetic mean of the items as a float, as if it were computed exactly and rounded once.",
    ),
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

/// Most bits of the smaller argument of `gcd` and `lcm`: the time grows with their square.
const DIVISOR_BITS_MAX: u64 = 1 << 18;

fn greatest_divisor<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, a: &BigInt, b: &BigInt) -> Result<BigInt, Raised<'gc>> {
    let (small, large) = if a.magnitude() < b.magnitude() { (a, b) } else { (b, a) };
    if small.is_zero() {
        return Ok(large.abs());
    }
    if small.bits() > DIVISOR_BITS_MAX {
        return Err(cx.value_error(format!("`{native}`: one of the ints must have at most {DIVISOR_BITS_MAX} bits")));
    }
    let turns = work::division(cx, large, small)?.saturating_add(work::common_divisor(small.bits()));
    cx.pay(turns)?;
    Ok(small.gcd(&(large % small)))
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
    let divisor = greatest_divisor(cx, "gcd", &a, &b)?;
    Ok(ops::big_int(cx, divisor))
}

fn lcm<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let (a, b) = (big(cx, "lcm", "a", args[0])?, big(cx, "lcm", "b", args[1])?);
    if a.is_zero() || b.is_zero() {
        return Ok(Value::Int(0));
    }
    let divisor = greatest_divisor(cx, "lcm", &a, &b)?;
    let turns = work::division(cx, &a, &divisor)?.saturating_add(work::multiplication(a.bits(), b.bits()));
    cx.pay(turns)?;
    let multiple = (a / divisor * b).abs();
    Ok(ops::big_int(cx, multiple))
}

fn isqrt<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let n = big(cx, "isqrt", "n", args[0])?;
    if n.is_negative() {
        return Err(cx.value_error("`isqrt` of a negative int"));
    }
    const BITS_MAX: u64 = 1 << 20;
    if n.bits() > BITS_MAX {
        return Err(cx.value_error(format!("`isqrt` takes ints of up to {BITS_MAX} bits")));
    }
    cx.pay(work::square_root(n.bits()))?;
    Ok(ops::big_int(cx, n.sqrt()))
}

/// Most bits of the products of `factorial`, `perm` and `comb`, estimated from above.
const PRODUCT_BITS_MAX: u64 = 1 << 23;

/// An argument of `factorial`, `perm` and `comb`.
fn things<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<u64, Raised<'gc>> {
    let n = args::int(cx, native, param, value)?;
    u64::try_from(n).map_err(|_| cx.value_error(format!("`{native}`: `{param}` must not be negative, but is {n}")))
}

/// The product of the ints from `from` to `to`; ValueError if that would take too long.
fn checked_product<'gc>(cx: &mut Cx<'_, 'gc>, native: &str, from: u64, to: u64) -> Result<BigInt, Raised<'gc>> {
    let factors = (to + 1).saturating_sub(from);
    let bits = factors.saturating_mul(u64::from(to.max(1).ilog2()) + 1);
    if bits > PRODUCT_BITS_MAX {
        return Err(
            cx.value_error(format!("`{native}`: the product would have more than {PRODUCT_BITS_MAX} bits, or nearly so many"))
        );
    }
    cx.pay(work::product(bits))?;
    Ok(product(from, to))
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
    let n = things(cx, "factorial", "n", args[0])?;
    let result = checked_product(cx, "factorial", 2, n)?;
    Ok(ops::big_int(cx, result))
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
    let turns = work::division(cx, &base, &modulus)?.saturating_add(work::modular_power(exponent.bits(), modulus.bits()));
    cx.pay(turns)?;
    Ok(ops::big_int(cx, base.modpow(&exponent, &modulus)))
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
    let n = things(cx, "perm", "n", args[0])?;
    let k = things(cx, "perm", "k", args[1])?;
    if k > n {
        return Ok(Value::Int(0));
    }
    let result = checked_product(cx, "perm", n - k + 1, n)?;
    Ok(ops::big_int(cx, result))
}

fn comb<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let n = things(cx, "comb", "n", args[0])?;
    let k = things(cx, "comb", "k", args[1])?;
    if k > n {
        return Ok(Value::Int(0));
    }
    let k = k.min(n - k);
    let arranged = checked_product(cx, "comb", n - k + 1, n)?;
    let below = checked_product(cx, "comb", 2, k)?;
    let turns = work::division(cx, &arranged, &below)?;
    cx.pay(turns)?;
    Ok(ops::big_int(cx, arranged / below))
}

#[cfg(test)]
mod tests {
    use super::product;
    use num_bigint::BigInt;

    #[test]
    fn products() {
        assert_eq!(product(2, 20), BigInt::from(2_432_902_008_176_640_000_u64));
        assert_eq!(product(2, 1), BigInt::from(1));
    }
}
