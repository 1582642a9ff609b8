//! Defects: the catalogue of what goes wrong in directories, and the ledger of what was made wrong here.
//!
//! [`catalogue`] is the table `data/defects.tsv`. The [`Ledger`] is the truth about one forest: every
//! injected defect with its places, what it was before, and every accepted repair; and the decoys, innocent
//! look-alikes that nobody may touch. No fixer may read it, and neither may [`crate::rules`].

mod catalogue;
mod ledger;

pub use catalogue::{Catalogue, Detectable, Kind, Repair, Role, catalogue};
pub use ledger::{Accepted, Decoy, Holding, Ledger, LedgerRow, Outcome, Place, Verdict};
