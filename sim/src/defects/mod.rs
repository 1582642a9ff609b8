//! Defects: the catalogue of what goes wrong in directories, and the ledger of what was made wrong here.
//!
//! [`catalogue`] is the table `data/defects.tsv`. [`inject`] spoils a clean population by exact counts or by
//! a profile (`data/defect-profiles.tsv`). The [`Ledger`] is the truth about one forest: every injected
//! defect with its places, what it was before, and every accepted repair; and the decoys, innocent
//! look-alikes that nobody may touch. No fixer may read it, and neither may [`crate::rules`].

mod bench;
mod catalogue;
mod cloud;
mod crowd;
mod decoys;
mod inject;
mod ledger;
mod mix;
mod objects;
pub mod octets;
mod overlap;
mod subject;
mod units;
mod values;
mod write;

pub use catalogue::{Catalogue, Detectable, Kind, Repair, Role, catalogue};
pub(crate) use cloud::{CloudAccount, in_cloud};
pub use inject::inject;
pub(crate) use inject::{Ground, Injection, inject_across, inject_in_cloud};
pub(crate) use ledger::holds;
pub use ledger::{Accepted, Decoy, Holding, Ledger, LedgerRow, Outcome, Place, Verdict};
pub use values::present;

/// The names of the defect profiles.
pub fn profiles() -> Vec<&'static str> {
    mix::names()
}

/// Ids of the catalogue that [`inject`] can make, in the order of the catalogue's themes.
pub fn injectable() -> impl Iterator<Item = &'static str> {
    units::UNITS.iter().map(|unit| unit.id)
}

/// How a defect is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HowMade {
    /// From which objects, in words: `a person with a mailbox`.
    pub from: &'static str,
    /// The second object, where it takes two.
    pub and: Option<&'static str>,
    /// The two lie in different domains.
    pub across_domains: bool,
    /// What is wrong lies in the cloud alone: the account that the tenant has for it, in words.
    pub in_cloud: Option<&'static str>,
    /// A domain controller would refuse it: it gets in by the generator's own door.
    pub lenient: bool,
}

/// How the defect of this id is made; none when it cannot be injected.
pub fn how_made(id: &str) -> Option<HowMade> {
    let unit = units::UNITS.iter().find(|unit| unit.id.eq_ignore_ascii_case(id))?;
    let (and, across_domains) = match unit.maker {
        units::Maker::One(_) | units::Maker::InCloud(_) => (None, false),
        units::Maker::Two(pool, _) => (Some(pool.in_words()), false),
        units::Maker::AcrossForests(pool, _) => (Some(pool.in_words()), true),
    };
    let in_cloud = cloud::IN_CLOUD.iter().find(|(known, _)| *known == unit.id).map(|(_, account)| *account);
    Some(HowMade { from: unit.pool.in_words(), and, across_domains, in_cloud, lenient: unit.lenient })
}

/// Why the defect of this id is never injected, in words; none when it is, or when it is no defect.
pub fn why_not_made(id: &str) -> Option<&'static str> {
    cloud::NO_STATE.iter().find(|(known, _)| known.eq_ignore_ascii_case(id)).map(|(_, why)| *why)
}

/// Ids of the decoys that are put into a directory.
pub fn decoy_kinds() -> impl Iterator<Item = &'static str> {
    decoys::DECOYS.iter().map(|kind| kind.id)
}

/// Ids and weights of a profile: the share of its defects that each row gets. None when there is no such profile.
pub fn profile(name: &str) -> Option<Vec<(&'static str, usize)>> {
    mix::profile(name).ok()
}

#[cfg(test)]
mod cloud_tests;
#[cfg(test)]
mod overlap_tests;
#[cfg(test)]
mod plenty_tests;
#[cfg(test)]
mod tests;
