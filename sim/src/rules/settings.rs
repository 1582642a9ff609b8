//! What the rules must be told: domains.

use std::collections::BTreeMap;

/// Settings of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The tenant's verified domains, the default domain first. When it is empty, nothing is said about
    /// routable domains, and a non-routable one has no replacement unless [`Settings::domain_map`] names it.
    pub verified_domains: Vec<String>,
    /// On-premises domain to the verified domain that replaces it on objects that have no verified domain of
    /// their own: `contoso.local` to `contoso.com`.
    pub domain_map: BTreeMap<String, String>,
}
