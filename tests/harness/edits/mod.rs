//! Random sequences of edits, and what must hold after each: what is reachable by name is what a cold start of the same texts makes;
//! variables follow the rules of the two modes; a refused edit leaves no trace; undo and redo go back and forth; an instance touched after
//! every edit equals one that is touched at the end. `suites/edits.rs` runs them.

mod change;
mod oracle;
mod program;

use crate::folder::guarded;
use crate::random::Random;
pub use oracle::Trial;
use std::sync::{Arc, Mutex};

/// A sequence as numbers: what each step is, and its edits, drawn from them and from what the program has become.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The world that it runs in, and the form of the program.
    pub seed: u64,
    /// The definitions of the first texts.
    pub start: Vec<u64>,
    /// The steps.
    pub steps: Vec<Vec<u64>>,
}

impl Sequence {
    /// The sequence of a seed.
    pub fn of_seed(seed: u64) -> Sequence {
        let mut random = Random::new(seed.wrapping_add(1));
        let numbers = |count: usize, random: &mut Random| (0..count).map(|_| random.next_u64()).collect::<Vec<_>>();
        let count = 3 + random.below(12);
        let start = numbers(count, &mut random);
        let steps = 3 + random.below(8);
        let steps = (0..steps).map(|_| {
            let count = 2 + random.below(5);
            numbers(count, &mut random)
        });
        Sequence { seed, start, steps: steps.collect() }
    }

    /// Runs it. Gives what is wrong, and what was done until then as the text of a case.
    pub fn run(&self) -> Result<(), (String, String)> {
        let transcript = Arc::new(Mutex::new(String::new()));
        let written = transcript.clone();
        let result = guarded(move || Trial::new(self.seed, written).run(self));
        let message = match result {
            Ok(None) => return Ok(()),
            Ok(Some(message)) => message,
            Err(message) => message,
        };
        let transcript = transcript.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        Err((message, transcript))
    }

    /// The shortest sequence found that fails too.
    pub fn shrunk(mut self) -> Sequence {
        loop {
            let smaller = self.smaller().into_iter().find(|smaller| smaller.run().is_err());
            match smaller {
                Some(smaller) => self = smaller,
                None => return self,
            }
        }
    }

    /// Sequences with one part less, larger parts first.
    fn smaller(&self) -> Vec<Sequence> {
        let mut all = Vec::new();
        for at in (0..self.steps.len()).rev() {
            let mut smaller = self.clone();
            smaller.steps.remove(at);
            all.push(smaller);
        }
        for at in 0..self.start.len() {
            let mut smaller = self.clone();
            smaller.start.remove(at);
            all.push(smaller);
        }
        for (step, numbers) in self.steps.iter().enumerate() {
            // The first number says what the step is.
            for at in 1..numbers.len() {
                let mut smaller = self.clone();
                smaller.steps[step].remove(at);
                all.push(smaller);
            }
        }
        all
    }
}
