//! The oracle: what a right sync engine and the cloud's rules make of a directory, computed apart from both.
//!
//! It shares no code with the sync engine nor with the tenant's provisioning; only tables. Where the real
//! cloud's result depends on the order of arrival or where the references leave a result open, the oracle
//! names every permitted result, and [`crate::score`] accepts exactly those.

mod address;
mod model;
mod scope;
mod switches;
#[cfg(test)]
pub(crate) mod testing;

pub use model::{
    CloudLicense, CloudRecord, CloudSubscription, CloudView, OnPremDomain, OnPremObject, SyncKind,
};
pub use switches::Switches;
