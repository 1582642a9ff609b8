//! The scores: what a fixer repaired and broke, whether a sync engine converged, who holds which licence,
//! and what it all cost.
//!
//! Every score is a value: serializable, comparable between runs, and shown as a table by [`Scorecard`].

mod addresses;
mod card;
mod compare;
mod cost;
mod detection;
mod estate;
mod licensing;
mod merge;
mod repair;
mod sync;

pub use card::Scorecard;
pub use compare::{Comparison, compare};
pub use cost::{CostScore, SideCost};
pub use detection::detection;
pub use licensing::licensing;
pub use repair::repair;
pub use sync::sync;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most examples of one kind that a score names.
pub const MAX_EXAMPLES: usize = 20;

/// A count with the first few cases behind it, in an order that two equal runs share.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The first [`MAX_EXAMPLES`] of them, in words.
    pub examples: Vec<String>,
}

impl Tally {
    /// Counts one more; the words are made only while there is room for them.
    pub fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push(crate::dump::escape_text(&example()));
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// How the rows of one defect or of one attribute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcomes {
    /// Rows in the ledger.
    pub injected: u64,
    /// Rows with a right repair (or an accepted decision).
    pub repaired: u64,
    /// Rows that were changed into something that is not accepted.
    pub wrong: u64,
    /// Rows that nobody touched.
    pub missed: u64,
    /// Rows that are in a worse state than before: data lost, an owner stripped of its own.
    pub worse: u64,
}

/// What a fixer did to a dirty directory.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RepairScore {
    /// Rows repaired, as a share of all rows (1.0 when there are none).
    pub recall: f64,
    /// Rows in the ledger, but for those that no directory shows and nobody touched.
    pub injected: u64,
    /// Rows with a right repair.
    pub repaired: u64,
    /// Of these, the rows that were rightly left and reported.
    pub left_and_reported: u64,
    /// Rows changed into something that is not accepted.
    pub wrong: Tally,
    /// Rows that nobody touched.
    pub missed: Tally,
    /// Rows in a worse state than before.
    pub worse: Tally,
    /// Attributes changed, and objects added or deleted, that no row asked for.
    pub collateral: Tally,
    /// Innocent look-alikes that were touched (not counted as collateral).
    pub decoys_touched: Tally,
    /// By id of the defect catalogue.
    pub by_defect: BTreeMap<String, Outcomes>,
    /// By attribute.
    pub by_attribute: BTreeMap<String, Outcomes>,
    /// By severity: `defect` and `warning`.
    pub by_severity: BTreeMap<String, Outcomes>,
}

/// What a checker found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DetectionScore {
    /// Machine-decidable rows found, as a share of all of them (1.0 when there are none).
    pub recall: f64,
    /// Findings that a row stands behind, as a share of all findings (1.0 when there are none).
    pub precision: f64,
    /// Machine-decidable rows of the ledger.
    pub decidable: u64,
    /// Those that were found.
    pub found: u64,
    /// Findings.
    pub findings: u64,
    /// Findings that no row stands behind, those on decoys too.
    pub false_alarms: Tally,
    /// Decoys that were reported as errors.
    pub decoys_reported: Tally,
    /// Machine-decidable rows that were not found.
    pub missed: Tally,
    /// Found and all, by id of the defect catalogue.
    pub by_defect: BTreeMap<String, (u64, u64)>,
    /// Found and all, by attribute.
    pub by_attribute: BTreeMap<String, (u64, u64)>,
    /// Rows whose role is a warning, found and all: not part of recall.
    pub warnings: (u64, u64),
    /// The same by id of the defect catalogue.
    pub warnings_by_defect: BTreeMap<String, (u64, u64)>,
    /// Rows that show only with settings, such as the verified domains, found and all: not part of recall.
    pub with_settings: (u64, u64),
    /// The same by id of the defect catalogue.
    pub with_settings_by_defect: BTreeMap<String, (u64, u64)>,
    /// False alarms by the rule that the checker names.
    pub false_alarms_by_rule: BTreeMap<String, u64>,
    /// Warnings on objects that no row speaks of: no false alarms, but noise.
    pub stray_warnings: Tally,
}

/// The tenant against the oracle.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SyncScore {
    /// Nothing is missing, extra, wrong, orphaned or left undeleted.
    pub converged: bool,
    /// Objects that the cloud should hold after synchronization (those that it may refuse not counted).
    pub expected: u64,
    /// Of these, the ones that are there with every attribute right.
    pub right: u64,
    /// Objects that should be there and are not.
    pub missing: Tally,
    /// Objects that are known on premises and should have stayed there.
    pub extra: Tally,
    /// Attributes with a value that is not permitted.
    pub wrong_attributes: Tally,
    /// Wrong values by attribute.
    pub wrong_by_attribute: BTreeMap<String, u64>,
    /// Objects that were matched to the wrong cloud object, or made anew instead of matched.
    pub wrong_matches: Tally,
    /// Conflicts that ended as the tenant's rules say: quarantined, refused, or left out.
    pub conflicts: Tally,
    /// Synchronized cloud objects whose source anchor no directory knows.
    pub orphans: Tally,
    /// Synchronized objects that are gone on premises and still live in the cloud.
    pub deletes_missed: Tally,
    /// Synchronized objects that were deleted though they are still in scope on premises.
    pub wrong_deletes: Tally,
    /// So many wrong deletes that it is a mass deletion (ten, and a tenth of what was synchronized).
    pub mass_deletion: bool,
    /// Cloud-only objects that were deleted or taken over without a match.
    pub cloud_only_touched: Tally,
}

/// Who holds which licence, against the plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LicenseScore {
    /// Everybody holds what the plan gives, nobody more, and every seat is accounted for.
    pub complete: bool,
    /// By part number.
    pub skus: BTreeMap<String, SkuScore>,
    /// People who should hold a licence, have none of it, though a seat was free.
    pub stranded: Tally,
    /// People who hold a licence that the plan does not give them.
    pub unplanned: Tally,
    /// People who got a seat before somebody whom the plan names earlier.
    pub out_of_order: Tally,
    /// People whose usage location is missing or is not what the plan says.
    pub wrong_usage_location: Tally,
    /// Licences with other service plans off than the plan says.
    pub wrong_service_plans: Tally,
    /// People who hold two licences with the same exclusive kind of service plan, or one twice.
    pub double_assignments: Tally,
}

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SkuScore {
    /// Seats.
    pub seats: u64,
    /// Seats in use as the tenant counts them.
    pub consumed: u64,
    /// Live users that hold it.
    pub holders: u64,
    /// People whom the plan gives it to, seats or not.
    pub planned: u64,
    /// Of these, the ones that hold it.
    pub licensed: u64,
    /// People for whom no seat was left: a permitted shortage.
    pub shortage: u64,
}

/// A part of a whole; of nothing, all of it.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod numbers_tests;
