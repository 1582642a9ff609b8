//! Counts of several rows as one.

use super::{MAX_EXAMPLES, Outcomes, Tally};

impl Tally {
    /// Adds another count; the examples go on while there is room.
    pub fn merge(&mut self, other: Tally) {
        self.count += other.count;
        let room = MAX_EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(other.examples.into_iter().take(room));
    }
}

impl Outcomes {
    /// Adds other rows.
    pub fn merge(&mut self, other: Outcomes) {
        self.injected += other.injected;
        self.repaired += other.repaired;
        self.wrong += other.wrong;
        self.missed += other.missed;
        self.worse += other.worse;
    }
}
