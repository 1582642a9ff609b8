//! What IdFix's settings dialog offers that changes what its rules say.

/// Which of IdFix's two collections of rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// "Multi-Tenant", its default: for Microsoft 365 and Entra ID.
    #[default]
    MultiTenant,
    /// "Dedicated": for the former dedicated offerings of Exchange.
    Dedicated,
}

/// Settings of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IdFixSettings {
    /// The collection of rules.
    pub mode: Mode,
    /// "Use alternate login": takes the whole rule of userPrincipalName away.
    pub alternate_login_id: bool,
}
