//! Work of natives, counted as loop turns.

use super::World;
use crate::limits;
use lang::near;

impl World<'_> {
    /// Large objects take time as well.
    #[cold]
    pub(super) fn look_after(&self, bytes: usize) {
        self.look_soon();
        self.spend(bytes / limits::BYTES_PER_TICK);
    }

    /// Counts work that a native has done as so many loop turns, in fuel and in the time until the next look. Before work that may take long, there is
    /// [`Cx::pay`](super::Cx::pay).
    #[inline]
    pub fn spend(&self, turns: usize) {
        if turns > 0 {
            self.spend_some(i64::try_from(turns).unwrap_or(i64::MAX));
        }
    }

    /// Counts that a name is compared with so many known ones, for "did you mean".
    pub fn spend_on_near(&self, name: &str, known: usize) {
        let length = name.len().min(near::LONGEST);
        self.spend(known.saturating_mul(4 + length * length / 16));
    }

    fn spend_some(&self, turns: i64) {
        let beyond = match (self.ticks_saved.get(), self.ticks.get()) {
            (saved @ 1.., _) => {
                self.ticks_saved.set((saved - turns).max(1));
                turns - saved
            }
            (_, left) => {
                self.ticks.set(left.min((left - turns).max(0)));
                turns - left.max(0)
            }
        };
        self.owed.set(self.owed.get().saturating_add(u64::try_from(beyond).unwrap_or(0)));
    }

    /// Bytes that were charged since the last look: what one native has made, if it made much.
    pub fn charged(&self) -> usize {
        usize::try_from(limits::ALLOCATION_SLICE - self.allocation_budget.get()).unwrap_or(0)
    }
}
