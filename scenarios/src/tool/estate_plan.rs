//! What the administrators of an estate have planned: which containers are synchronized, and who gets licences.

use super::{PlanAudience, ToolError};
use forestbed_sim::spec::Synchronize;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file that `FORESTBED_PLAN` names, which is also the answer of `GET /api/plan`: what a checker or fixer cannot
/// read from the directories and administrators know. It says nothing of defects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstatePlan {
    /// Version of the format: 1.
    pub format: u32,
    /// The containers that are synchronized, by distinguished name; none when nothing was decided about it.
    #[serde(default)]
    pub scope: Vec<String>,
    /// The most members that a group may have to be synchronized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_group_members: Option<usize>,
    /// For whom licences are planned: the audiences of the licence plan, in its order.
    #[serde(default)]
    pub licensed: Vec<PlanAudience>,
    /// The groups on premises whose members get licences, by distinguished name.
    #[serde(default)]
    pub license_groups: Vec<String>,
    /// How people of several forests are recognised: `sid` (an account and the mailbox that names it as its master),
    /// `mail`, `account-and-alias`, or `attribute:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people_match: Option<String>,
    /// What the customer wants synchronized; none: everything, as an express installation does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synchronize: Option<Synchronize>,
    /// Where people are who have no country of their own: the organization's, an ISO 3166 alpha-2 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_location: Option<String>,
}

impl EstatePlan {
    /// Reads the file; an empty path, of a contract without one, is a plan that says nothing.
    ///
    /// # Errors
    /// When it is not there or not a plan.
    pub fn read(path: &Path) -> Result<EstatePlan, ToolError> {
        if path.as_os_str().is_empty() {
            return Ok(EstatePlan { format: 1, ..EstatePlan::default() });
        }
        let wrong = |reason: String| {
            ToolError::CannotStart(format!("the estate's plan {}: {reason}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
    }
}
