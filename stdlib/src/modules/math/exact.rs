//! Sums and means as if they were computed exactly and rounded once.

use crate::args::{self, Raised};
use crate::items::{WithItems, collect};
use gc_arena::Collect;
use num_bigint::BigInt;
use num_traits::{Float, One};
use vm::heap::Value;
use vm::object::{Cx, NativeResult};
use vm::ops;

/// `exact_sum(items)`
pub(super) fn exact_sum<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    collect(cx, args[0], Wanted::Sum)
}

/// `mean(items)`
pub(super) fn mean<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    collect(cx, args[0], Wanted::Mean)
}

/// What is made of the items.
#[derive(Clone, Copy, Collect)]
#[collect(require_static)]
enum Wanted {
    Sum,
    Mean,
}

impl<'gc> WithItems<'gc> for Wanted {
    fn with_items(self, cx: &mut Cx<'_, 'gc>, items: Vec<Value<'gc>>) -> NativeResult<'gc> {
        let divisor = match self {
            Wanted::Sum => 1,
            Wanted::Mean if items.is_empty() => return Err(cx.value_error("`mean` of nothing")),
            Wanted::Mean => items.len(),
        };
        let mut total = Total::default();
        for item in items {
            total.add(cx, self, item)?;
        }
        Ok(Value::Float(total.divided_by(divisor)))
    }
}

/// What was added up so far.
#[derive(Default)]
struct Total {
    /// The sum of the finite numbers, in units of the smallest float.
    units: BigInt,
    /// The sum of the others; 0 if there are none.
    special: f64,
}

/// The exponent of the smallest float.
const UNIT: i32 = -1074;

impl Total {
    fn add<'gc>(&mut self, cx: &mut Cx<'_, 'gc>, wanted: Wanted, item: Value<'gc>) -> Result<(), Raised<'gc>> {
        match item {
            Value::Float(f) if f.is_finite() => {
                let (mantissa, exponent, sign) = f.integer_decode();
                // An exponent below that of the unit belongs to a mantissa whose lowest bit is 0.
                let (mantissa, shift) = match i32::from(exponent) - UNIT {
                    shift if shift < 0 => (mantissa >> 1, 0),
                    shift => (mantissa, shift),
                };
                self.units += BigInt::from(i64::from(sign) * mantissa as i64) << shift;
            }
            Value::Float(f) => self.special += f,
            Value::Int(i) => self.units += BigInt::from(i) << -UNIT,
            Value::BigInt(big) => self.units += &big.0 << -UNIT,
            other => {
                let native = if matches!(wanted, Wanted::Sum) { "exact_sum" } else { "mean" };
                return Err(args::wrong(cx, native, "items", "numbers", &other));
            }
        }
        Ok(())
    }

    fn divided_by(&self, divisor: usize) -> f64 {
        if self.special == 0.0 { ops::true_div(&self.units, &((BigInt::one() << -UNIT) * divisor)) } else { self.special }
    }
}
