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
        if let Some(fuel) = &mut self.world.fuel {
            *fuel = fuel.saturating_sub(turns);
            if *fuel == 0 {
                return Err(Box::new(Control::Interrupt(Interrupt::Fuel)));
            }
        }
        self.world.look_soon();
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

/// Loop turns of a multiplication.
pub(super) fn multiplication(a_bits: u64, b_bits: u64) -> u64 {
    let (short, long) = (digits(a_bits.min(b_bits)), digits(a_bits.max(b_bits)));
    // Digit by digit below 32; then by thirds and halves.
    let per_digit = if short <= 32 { short } else { 32 + (short as f64).sqrt() as u64 * 4 };
    long.saturating_mul(per_digit) / 16
}

/// Loop turns of a power that has so many bits.
pub(super) fn power(bits: u64) -> u64 {
    multiplication(bits / 2, bits / 2).saturating_mul(2)
}

/// Loop turns of a division, which goes digit by digit.
pub(super) fn division<'gc>(cx: &mut Cx<'_, 'gc>, a: &BigInt, b: &BigInt) -> Result<u64, Box<Control<'gc>>> {
    let work = digits(a.bits().saturating_sub(b.bits())).saturating_mul(digits(b.bits()));
    if work > limits::DIVISION_WORK_MAX {
        let message = format!("dividing an int of {} bits by one of {} bits would take too long", a.bits(), b.bits());
        return Err(cx.raise(ErrorKind::LimitError, message));
    }
    Ok(work / 8)
}

/// Loop turns of writing or reading an int in a base that is no power of two.
pub fn digits_work(bits: u64) -> u64 {
    digits(bits).saturating_mul(digits(bits)) / 40
}
