//! The licence plan: which SKU for whom, in which order. The runner writes it, a licenser reads it.

use super::ToolError;
use forestbed_sim::spec::{PlanRow, PlanTarget, UsageLocation};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file that `FORESTBED_LICENSE_PLAN` names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicensePlan {
    /// Version of the format: 1.
    pub format: u32,
    /// Its rows, to be carried out in this order; people within a row in order of sAMAccountName.
    pub rows: Vec<LicensePlanRow>,
}

/// One row: a subscription and its audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicensePlanRow {
    /// Part number or skuId.
    pub sku: String,
    /// For whom.
    pub to: PlanAudience,
    /// Where the usage location comes from, which must be set before the licence.
    pub usage_location: PlanLocation,
    /// Service plans that stay off, by name or id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disabled_plans: Vec<String>,
    /// Subscriptions, by part number or skuId, that people give up for this one: who has one of them directly loses it
    /// in the call that gives the new one, and keeps it where no seat of the new one is left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
}

/// For whom a licence is meant: `"all"`, `{"first":100}`, `{"department":"Sales"}` or `{"group":"team"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanAudience {
    /// Every synchronized, enabled person, as far as the seats go.
    All,
    /// The first so many of them.
    First(u32),
    /// Those of one department.
    Department(String),
    /// The direct members of a synchronized group, by its sAMAccountName: the licence is the group's.
    Group(String),
}

/// Where a usage location comes from: `"from-c"` or `{"fixed":"NL"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanLocation {
    /// From the person's country (`c`).
    FromC,
    /// The same country for all.
    Fixed(String),
}

impl LicensePlan {
    /// The plan of an estate.
    pub fn from_rows(rows: &[PlanRow]) -> LicensePlan {
        let rows = rows
            .iter()
            .map(|row| LicensePlanRow {
                sku: row.sku.clone(),
                to: match &row.to {
                    PlanTarget::All => PlanAudience::All,
                    PlanTarget::First(count) => PlanAudience::First(*count),
                    PlanTarget::Department(name) => PlanAudience::Department(name.clone()),
                    PlanTarget::Group(name) => PlanAudience::Group(name.clone()),
                },
                usage_location: match &row.usage_location {
                    UsageLocation::FromC => PlanLocation::FromC,
                    UsageLocation::Fixed(country) => PlanLocation::Fixed(country.clone()),
                },
                disabled_plans: row.disabled_plans.clone(),
                replaces: row.replaces.clone(),
            })
            .collect();
        LicensePlan { format: 1, rows }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// When it is not there or not a plan.
    pub fn read(path: &Path) -> Result<LicensePlan, ToolError> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| ToolError::CannotStart(format!("the licence plan {}: {e}", path.display())))?;
        serde_json::from_str(&text)
            .map_err(|e| ToolError::CannotStart(format!("the licence plan {}: {e}", path.display())))
    }
}
