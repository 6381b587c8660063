//! The module `random`.
//!
//! The generator is xoshiro256** of Blackman and Vigna, its state filled from the seed by SplitMix64; both as published at
//! <https://prng.di.unimi.it>. Floats are the upper 53 bits divided by 2^53. Ints below a bound are the upper half of a product with
//! 64 bits, drawn again where that would favour some (Lemire). Normal numbers are made by Marsaglia's polar method with a logarithm that
//! uses nothing but the four operations. So a seed gives the same numbers on every machine.

use crate::args::{self, Raised, given_not_nil, host_error, new_bytes};
use crate::table::{Row, row};
use std::cell::Cell;
use vm::heap::Value;
use vm::object::{Cx, List, NativeResult, World};

/// Functions of the module, all for the part that is written in the language.
pub(crate) const FUNCTIONS: &[Row] = &[
    row("_generator", &["seed"], generator, "`_generator(seed = nil)`: a generator; without seed, one that the host gives.")
        .optional(1),
    row("_unit", &["generator"], unit, "`_unit(generator)`: a float from 0 up to, not including, 1."),
    row("_between", &["generator", "low", "high"], between, "`_between(generator, low, high)`: an int from low to high."),
    row("_normal", &["generator"], normal, "`_normal(generator)`: a number of the standard normal distribution."),
    row("_shuffle", &["generator", "items"], shuffle, "`_shuffle(generator, items)`: brings a list into a random order."),
    row("_bytes", &["generator", "count"], bytes, "`_bytes(generator, count)`: random bytes."),
];

/// xoshiro256**
struct Generator(Cell<[u64; 4]>);

impl Generator {
    fn of_seed(seed: u64) -> Generator {
        let mut at = seed;
        let state = std::array::from_fn(|_| {
            at = at.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = at;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^ (word >> 31)
        });
        Generator(Cell::new(state))
    }

    fn next(&self) -> u64 {
        let mut state = self.0.get();
        let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        self.0.set(state);
        result
    }

    fn unit(&self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An int below `bound`; any if that is 0.
    fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            return self.next();
        }
        let favoured = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next()) * u128::from(bound);
            if product as u64 >= favoured {
                return (product >> 64) as u64;
            }
        }
    }

    fn normal(&self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * logarithm(square) / square).sqrt();
            }
        }
    }
}

/// The natural logarithm of a normal positive number, by a series that is exact to the last bit or two, the same on every machine.
fn logarithm(x: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    let mut exponent = (x.to_bits() >> 52) as i64 - 1023;
    let mut mantissa = f64::from_bits(x.to_bits() & MANTISSA | 1023 << 52);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let square = z * z;
    let series = (0..14).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    2.0 * z * series + exponent as f64 * std::f64::consts::LN_2
}

fn generator<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let seed = match given_not_nil(args, 0) {
        None => cx.world.host.random_seed().map_err(|error| host_error(cx, &error))?,
        Some(Value::Int(seed)) => seed as u64,
        // Of a big int the lowest 64 bits count.
        Some(Value::BigInt(big)) => big.0.iter_u64_digits().next().unwrap_or(0),
        Some(other) => return Err(args::wrong(cx, "seed", "seed", "an Int", &other)),
    };
    Ok(World::host_object(cx.mc, "Generator", Generator::of_seed(seed)))
}

/// Uses the generator that is the first argument.
fn with<'gc, R>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>], f: impl FnOnce(&Generator) -> R) -> Result<R, Raised<'gc>> {
    if let Value::Host(object) = args[0]
        && let Some(generator) = object.data.downcast_ref::<Generator>()
    {
        return Ok(f(generator));
    }
    Err(args::wrong(cx, "random", "generator", "a Generator", &args[0]))
}

fn unit<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    with(cx, args, Generator::unit).map(Value::Float)
}

fn between<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let mut bounds = [0; 2];
    for (bound, (param, value)) in bounds.iter_mut().zip([("low", args[1]), ("high", args[2])]) {
        *bound = match value {
            Value::Int(i) => i,
            Value::BigInt(_) => return Err(cx.value_error(format!("`int`: `{param}` must fit 64 bits"))),
            other => return Err(args::wrong(cx, "int", param, "an Int", &other)),
        };
    }
    let [low, high] = bounds;
    if low > high {
        return Err(cx.value_error(format!("`int`: there is no int from {low} to {high}")));
    }
    // The count of all 64-bit ints wraps to 0, which means any.
    let count = (high.wrapping_sub(low) as u64).wrapping_add(1);
    with(cx, args, |generator| Value::Int(low.wrapping_add(generator.below(count) as i64)))
}

fn normal<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    with(cx, args, Generator::normal).map(Value::Float)
}

fn shuffle<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let Value::List(list) = args[1] else { return Err(args::wrong(cx, "shuffle", "items", "a List", &args[1])) };
    let mut items = list.to_vec();
    with(cx, args, |generator| {
        for end in (1..items.len()).rev() {
            items.swap(end, generator.below(end as u64 + 1) as usize);
        }
    })?;
    List::modify(list, cx.mc, |target| *target = items);
    Ok(Value::Nil)
}

fn bytes<'gc>(cx: &mut Cx<'_, 'gc>, args: &[Value<'gc>]) -> NativeResult<'gc> {
    let count = args::count(cx, "bytes", "count", args[1])?;
    let mut data: Vec<u8> = args::with_room(cx, count)?;
    with(cx, args, |generator| {
        while data.len() < count {
            let word = generator.next().to_le_bytes();
            data.extend_from_slice(&word[..word.len().min(count - data.len())]);
        }
    })?;
    Ok(new_bytes(cx, data))
}

#[cfg(test)]
mod tests {
    use super::{Generator, logarithm};
    use std::cell::Cell;

    /// The first outputs of the published implementation for the state 1, 2, 3, 4, and of SplitMix64 for the seed 1234567.
    #[test]
    fn outputs_are_those_of_the_publication() {
        let generator = Generator(Cell::new([1, 2, 3, 4]));
        let first: [u64; 4] = std::array::from_fn(|_| generator.next());
        assert_eq!(first, [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240]);
        let state = Generator::of_seed(1_234_567).0.get();
        assert_eq!(state[..3], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn logarithms_are_exact() {
        for x in [1e-300, 1e-9, 0.1, 0.5, 0.7, 0.999_999, 1.0, 1.5, 3.0, 1e10] {
            let (own, std) = (logarithm(x), x.ln());
            assert!((own - std).abs() <= 4.0 * f64::EPSILON * std.abs(), "{x}: {own} is not {std}");
        }
    }

    #[test]
    fn bounds_are_kept_and_reached() {
        let generator = Generator::of_seed(1);
        let mut seen = [0; 6];
        for _ in 0..6000 {
            seen[generator.below(6) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (800..1200).contains(count)), "{seen:?}");
    }
}
