//! Logarithms, also of ints that are larger than every float.

use crate::args::{self, Raised, given};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};
use std::f64::consts;
use vm::heap::Value;
use vm::object::{Cx, NativeResult};

/// A base whose logarithms are exact where they can be.
#[derive(Clone, Copy)]
enum Base {
    Two,
    Ten,
    E,
}

impl Base {
    fn log(self, x: f64) -> f64 {
        match self {
            Base::Two => x.log2(),
            Base::Ten => x.log10(),
            Base::E => x.ln(),
        }
    }

    /// The logarithm of a positive int.
    fn log_of_big(self, big: &BigInt) -> f64 {
        // Powers of ten take time to divide by.
        const BITS_MAX: u64 = 1 << 20;
        if matches!(self, Base::Ten) && big.bits() <= BITS_MAX {
            let zeros = ((big.bits() - 64) as f64 * consts::LOG10_2) as u32;
            let top = big / BigInt::from(10).pow(zeros);
            return top.to_f64().unwrap_or(f64::INFINITY).log10() + f64::from(zeros);
        }
        let shift = big.bits() - 64;
        let top = (big >> shift).to_f64().unwrap_or(f64::INFINITY);
        self.log(top) + shift as f64 * self.log(2.0)
    }

    /// The logarithm of a number.
    fn log_of<'gc>(self, cx: &mut Cx<'_, 'gc>, native: &str, param: &str, value: Value<'gc>) -> Result<f64, Raised<'gc>> {
        let x = args::float(cx, native, param, value)?;
        Ok(match value {
            Value::BigInt(big) if x.is_infinite() && big.0.is_positive() => self.log_of_big(&big.0),
            _ => self.log(x),
        })
    }
}

/// `log(x, base = e)`
pub(super) fn log<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let Some(base) = given(args, 1) else { return Base::E.log_of(cx, "log", "x", args[0]).map(Value::Float) };
    Ok(Value::Float(match args::float(cx, "log", "base", base)? {
        2.0 => Base::Two.log_of(cx, "log", "x", args[0])?,
        10.0 => Base::Ten.log_of(cx, "log", "x", args[0])?,
        _ => Base::E.log_of(cx, "log", "x", args[0])? / Base::E.log_of(cx, "log", "base", base)?,
    }))
}

/// `log2(x)`
pub(super) fn log2<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Base::Two.log_of(cx, "log2", "x", args[0]).map(Value::Float)
}

/// `log10(x)`
pub(super) fn log10<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    Base::Ten.log_of(cx, "log10", "x", args[0]).map(Value::Float)
}
