//! Defects: the catalogue of what goes wrong in directories, and the ledger of what was made wrong here.
//!
//! [`catalogue`] is the table `data/defects.tsv`. [`inject`] spoils a clean population by exact counts or by
//! a profile (`data/defect-profiles.tsv`). The [`Ledger`] is the truth about one forest: every injected
//! defect with its places, what it was before, and every accepted repair; and the decoys, innocent
//! look-alikes that nobody may touch. No fixer may read it, and neither may [`crate::rules`].

mod bench;
mod catalogue;
mod crowd;
mod decoys;
mod inject;
mod ledger;
mod mix;
mod objects;
pub mod octets;
mod subject;
mod units;
mod values;
mod write;

pub use catalogue::{Catalogue, Detectable, Kind, Repair, Role, catalogue};
pub use inject::inject;
pub(crate) use inject::{Ground, Injection, inject_across};
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

#[cfg(test)]
mod tests;
