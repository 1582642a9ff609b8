//! What a scenario expects. A share is a lower bound, a count of harm an upper one, a number of seats exact.

use super::objects::{LicenseError, ObjectExpectation};
use super::scalars::{Share, Span, Whole};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A number of things.
pub type Number = Whole<0, 1_000_000_000>;

/// Everything that one step expects; what is left out is not judged.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    /// How well the directory was repaired.
    pub repairs: Option<RepairExpectations>,
    /// How well defects were found.
    pub detection: Option<DetectionExpectations>,
    /// How well the tenant agrees with the directory.
    pub sync: Option<SyncExpectations>,
    /// Single objects of the tenant.
    #[serde(default)]
    pub objects: Vec<ObjectExpectation>,
    /// Seats by part number or skuId.
    #[serde(default)]
    pub licenses: BTreeMap<String, LicenseExpectations>,
    /// What the flow cost so far.
    pub cost: Option<CostExpectations>,
    /// What the last run of a tool cost.
    pub last_run: Option<LastRunExpectations>,
}

/// How well the directory was repaired.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepairExpectations {
    /// At least this share of the injected defects has one right repair.
    pub recall: Option<Share>,
    /// At most so many other values changed.
    pub collateral: Option<Number>,
    /// At most so many decoys were touched.
    pub decoys_touched: Option<Number>,
}

/// How well defects were found.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetectionExpectations {
    /// At least this share of the decidable defects was reported.
    pub recall: Option<Share>,
    /// At least this share of the findings is a defect.
    pub precision: Option<Share>,
}

/// How well the tenant agrees with the directory.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncExpectations {
    /// Whether the tenant is what the oracle permits.
    pub converged: Option<bool>,
    /// At most so many writes when the sync tool runs once more on a checkpoint, which is then restored.
    pub second_run_writes: Option<Number>,
}

/// Seats of one subscription.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseExpectations {
    /// Exactly so many seats are consumed.
    pub consumed: Option<Number>,
    /// How many assignments of it to users have an error, by the error's name; those that are not named: none.
    pub errors: Option<BTreeMap<LicenseError, Number>>,
}

/// What the flow cost so far, over every side but the control API; each is an upper bound.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostExpectations {
    /// Requests.
    pub requests: Option<Number>,
    /// Requests that may change the world.
    pub writes: Option<Number>,
    /// Requests that failed.
    pub failures: Option<Number>,
    /// Answers with 429.
    pub throttled: Option<Number>,
    /// Retry-After values that a client broke.
    pub retry_after_broken: Option<Number>,
    /// Virtual time, waits and `advance` steps included.
    pub virtual_time: Option<Span>,
}

/// What the last run of a tool cost, over every side but the control API; each is an upper bound.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastRunExpectations {
    /// Requests.
    pub requests: Option<Number>,
    /// Requests that may change the directories or the tenant.
    pub writes: Option<Number>,
    /// Entries that domain controllers told it, whatever it asked them for.
    pub entries_read: Option<Number>,
}
