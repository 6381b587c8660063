//! What long operations cost: work of a single operation that counts as many loop turns, so that fuel bounds time, and who stops a program need not
//! wait for millions of them.
//!
//! A loop turn is taken as ten nanoseconds or so. What is said of large ints is what `num-bigint` takes.

use crate::limits;
use crate::object::{Control, Cx, ErrorKind, Interrupt};
use num_bigint::BigInt;
use std::sync::atomic::Ordering;

impl<'gc> Cx<'_, 'gc> {
    /// Counts an operation as so many loop turns, before it is done. Ends the program if there is not so much fuel left, or if it is to be stopped.
    ///
    /// # Errors
    /// The request to end it.
    #[inline]
    pub fn pay(&mut self, turns: u64) -> Result<(), Box<Control<'gc>>> {
        if turns < limits::LONG_OPERATION {
            self.world.spend(turns as usize);
            return Ok(());
        }
        self.pay_much(turns)
    }

    #[cold]
    fn pay_much(&mut self, turns: u64) -> Result<(), Box<Control<'gc>>> {
        if self.world.cancel.swap(false, Ordering::Relaxed) {
            return Err(Box::new(Control::Interrupt(Interrupt::Cancelled)));
        }
        // A task's budget is paid, too; but what is more than it goes on in the next one.
        if self.world.fuel.is_some_and(|fuel| fuel.saturating_sub(self.world.owed.get()) <= turns) {
            self.world.fuel = Some(0);
            return Err(Box::new(Control::Interrupt(Interrupt::Fuel)));
        }
        self.world.spend(usize::try_from(turns).unwrap_or(usize::MAX));
        Ok(())
    }

    /// Refuses to go on making things if one native has made more than may be alive, before the collector could look.
    ///
    /// # Errors
    /// LimitError.
    #[inline]
    pub fn check_growth(&mut self) -> Result<(), Box<Control<'gc>>> {
        let made = self.world.charged();
        if self.world.memory_limit.is_none_or(|limit| made <= limit) { Ok(()) } else { Err(self.too_much_made(made)) }
    }

    #[cold]
    fn too_much_made(&mut self, made: usize) -> Box<Control<'gc>> {
        self.raise(ErrorKind::LimitError, format!("the result would be too large (more than {made} bytes)"))
    }
}

/// Digits of 64 bits.
fn digits(bits: u64) -> u64 {
    bits / 64 + 1
}

/// Loop turns of a look at all of an int.
pub fn look(bits: u64) -> usize {
    (bits / 1024) as usize
}

/// Loop turns of a multiplication.
pub fn multiplication(a_bits: u64, b_bits: u64) -> u64 {
    let (short, long) = (digits(a_bits.min(b_bits)), digits(a_bits.max(b_bits)));
    // Digit by digit below 32; then by thirds and halves.
    let per_digit = if short <= 32 { short } else { 32 + (short as f64).sqrt() as u64 * 4 };
    long.saturating_mul(per_digit) / 16
}

/// Loop turns of a power that has so many bits.
pub fn power(bits: u64) -> u64 {
    multiplication(bits / 2, bits / 2).saturating_mul(2)
}

/// Loop turns of a division, which goes digit by digit.
pub fn division<'gc>(cx: &mut Cx<'_, 'gc>, a: &BigInt, b: &BigInt) -> Result<u64, Box<Control<'gc>>> {
    let work = digits(a.bits().saturating_sub(b.bits())).saturating_mul(digits(b.bits()));
    if work > limits::DIVISION_WORK_MAX {
        let message = format!("dividing an int of {} bits by one of {} bits would take too long", a.bits(), b.bits());
        return Err(cx.raise(ErrorKind::LimitError, message));
    }
    Ok(work / 8)
}

/// Loop turns of the greatest common divisor of two ints of so many bits at most.
pub fn common_divisor(bits: u64) -> u64 {
    3 * digits(bits).saturating_mul(digits(bits))
}

/// Loop turns of a square root.
pub fn square_root(bits: u64) -> u64 {
    digits(bits).saturating_mul(digits(bits)) / 10
}

/// Loop turns of a product of many small ints that has so many bits.
pub fn product(bits: u64) -> u64 {
    8 * power(bits)
}

/// Loop turns of a power modulo an int.
pub fn modular_power(exponent_bits: u64, modulus_bits: u64) -> u64 {
    exponent_bits.saturating_mul(digits(modulus_bits).saturating_mul(digits(modulus_bits))) / 2
}

/// Loop turns of writing or reading an int in a base that is no power of two.
pub fn digits_work(bits: u64) -> u64 {
    digits(bits).saturating_mul(digits(bits)) / 40
}
