//! What the rules must be told: domains, what is planned, the date.

use super::ObjectView;
use super::attributes::SAM_ACCOUNT_NAME;
use crate::clock::SimTime;
use std::collections::{BTreeMap, BTreeSet};

/// Which rules are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RuleSet {
    /// The documents' rules.
    #[default]
    Documented,
    /// The rules of IdFix 2.6 as it behaves, right or wrong: for those who must compare.
    IdFix,
}

/// How IdFix was set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdFixMode {
    /// The rules for Microsoft 365.
    #[default]
    MultiTenant,
    /// The rules for Office 365 Dedicated.
    Dedicated,
}

/// Who is to get a licence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Licensed {
    /// Nothing is known: rules about licences say nothing.
    #[default]
    Unknown,
    /// Every user.
    All,
    /// These, by sAMAccountName or distinguished name in lower case.
    These(BTreeSet<String>),
}

impl Licensed {
    /// These, by sAMAccountName or distinguished name in any case.
    pub fn these<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Licensed {
        Licensed::These(names.into_iter().map(|name| name.as_ref().trim().to_lowercase()).collect())
    }

    /// Whether this user is to get one.
    pub fn covers(&self, view: &ObjectView) -> bool {
        match self {
            Licensed::Unknown => false,
            Licensed::All => matches!(view.class.as_str(), "user" | "inetOrgPerson"),
            Licensed::These(names) => {
                let named = |name: &str| names.contains(&name.to_lowercase());
                named(&view.dn) || view.one(SAM_ACCOUNT_NAME).is_some_and(named)
            }
        }
    }
}

/// Settings of a check. Rules that need one say nothing where it is not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Which rules are applied.
    pub rules: RuleSet,
    /// How IdFix was set up, for its rules.
    pub idfix: IdFixMode,
    /// People sign in with another attribute than userPrincipalName, as IdFix's option of that name says.
    pub alternate_login_id: bool,
    /// The tenant's verified domains, the default domain first. When it is empty, nothing is said about
    /// routable domains, and a non-routable one has no replacement unless [`Settings::domain_map`] names it.
    pub verified_domains: Vec<String>,
    /// On-premises domain to the verified domain that replaces it on objects that have no verified domain of
    /// their own: `contoso.local` to `contoso.com`.
    pub domain_map: BTreeMap<String, String>,
    /// The UPN suffixes of the forests, their domains included. When it is empty, nothing is said about
    /// suffixes that no forest has.
    pub upn_suffixes: Vec<String>,
    /// Whose licence is planned.
    pub licensed: Licensed,
    /// Groups whose members get licences, by distinguished name.
    pub license_groups: Vec<String>,
    /// The containers that are synchronized, by distinguished name. When it is empty, nothing is said about
    /// references that leave them.
    pub scope: Vec<String>,
    /// The most members that a group may have to be synchronized: 250,000 through the V2 endpoint, 50,000
    /// through the first.
    pub max_group_members: Option<usize>,
    /// Where users are who have no country: an ISO 3166 alpha-2 code.
    pub default_usage_location: Option<String>,
    /// When the check takes place: decides which certificates have expired. None to leave that out.
    pub now: Option<SimTime>,
}
