//! Scores of several forests as one.

use super::{DetectionScore, MAX_EXAMPLES, Outcomes, RepairScore, Tally, share};

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

impl RepairScore {
    /// Adds another forest's score.
    pub fn merge(&mut self, other: RepairScore) {
        self.injected += other.injected;
        self.repaired += other.repaired;
        self.left_and_reported += other.left_and_reported;
        self.wrong.merge(other.wrong);
        self.missed.merge(other.missed);
        self.worse.merge(other.worse);
        self.collateral.merge(other.collateral);
        self.decoys_touched.merge(other.decoys_touched);
        for (id, outcomes) in other.by_defect {
            self.by_defect.entry(id).or_default().merge(outcomes);
        }
        for (attribute, outcomes) in other.by_attribute {
            self.by_attribute.entry(attribute).or_default().merge(outcomes);
        }
        self.recall = share(self.repaired, self.injected);
    }
}

impl DetectionScore {
    /// Adds another forest's score.
    pub fn merge(&mut self, other: DetectionScore) {
        self.decidable += other.decidable;
        self.found += other.found;
        self.findings += other.findings;
        self.false_alarms.merge(other.false_alarms);
        self.decoys_reported.merge(other.decoys_reported);
        self.missed.merge(other.missed);
        for (id, (found, all)) in other.by_defect {
            let sum = self.by_defect.entry(id).or_default();
            sum.0 += found;
            sum.1 += all;
        }
        self.recall = share(self.found, self.decidable);
        self.precision = share(self.findings - self.false_alarms.count, self.findings);
    }
}
