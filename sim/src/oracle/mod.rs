//! The oracle: what a right sync engine and the cloud's rules make of a directory, computed apart from both.
//!
//! It shares no code with the sync engine nor with the tenant's provisioning; only tables. Where the real
//! cloud's result depends on the order of arrival or where the references leave a result open, the oracle
//! names every permitted result, and [`crate::score`] accepts exactly those.

mod address;
mod expected;
mod extract;
mod flow;
mod joins;
mod mailbox;
mod matching;
mod model;
mod scope;
mod switches;
#[cfg(test)]
pub(crate) mod testing;
mod wanted;

pub use address::UpnRule;
pub(crate) use address::is_quarantine_form;
pub(crate) use expected::is_upn_property;
pub use expected::{Expected, ExpectedObject, HeldBack, expect, expect_by};
pub(crate) use extract::ldap_values;
pub use extract::{PROPERTIES, expected, expected_by, read_directory, read_tenant};
pub use flow::Permitted;
pub(crate) use flow::describe;
pub use joins::PeopleMatch;
pub(crate) use mailbox::smtp_addresses;
pub use mailbox::{AddressRule, AddressRules};
pub use model::{
    CloudLicense, CloudRecord, CloudSubscription, CloudView, OnPremDomain, OnPremObject, SyncKind,
};
pub use switches::Switches;
pub use wanted::{IDENTIFYING, Synchronize, identifying};
