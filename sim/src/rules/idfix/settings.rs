//! What IdFix's settings dialog offers that changes what its rules say.

use super::super::{IdFixMode, Settings};

/// Settings of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IdFixSettings {
    /// Which of IdFix's two collections of rules: "Multi-Tenant", its default, or "Dedicated".
    pub mode: IdFixMode,
    /// "Use alternate login": takes the whole rule of userPrincipalName away.
    pub alternate_login_id: bool,
}

impl From<&Settings> for IdFixSettings {
    fn from(settings: &Settings) -> IdFixSettings {
        IdFixSettings { mode: settings.idfix, alternate_login_id: settings.alternate_login_id }
    }
}
