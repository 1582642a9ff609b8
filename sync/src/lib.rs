//! The reference sync engine of forestbed: a client's brain, with no sockets, no clock and no randomness.
//!
//! It knows neither the world of the simulator nor the mocks. Directories and the cloud reach it as values,
//! through [`Source`] and [`Target`]; what it holds lies in a database that survives a crash at any point. The
//! specification is what is known of Entra Connect: connector spaces, a metaverse, rules with precedence.
//!
//! A cycle, as a shell runs it: import from every forest and from the cloud, [`Engine::sync`], export to the
//! forests (anchors are written back before the cloud learns of them), export to the cloud. Each step may be
//! repeated after an error or a crash. After an export that was interrupted, the next cycle begins with an
//! import from that directory: what arrived is recognised there, and not sent again.

mod anchor;
pub mod config;
mod engine;
mod error;
pub mod expression;
mod metaverse;
mod mistakes;
pub mod rules;
pub mod schedule;
mod space;
mod state;
mod step;
pub mod value;

pub use config::Config;
pub use engine::Engine;
pub use error::{Error, Result};
pub use metaverse::Origin;
pub use mistakes::{Mistake, Mistakes};
pub use space::{Operation, Rejection, Retry, cloud_dn, source_anchor_of};
pub use state::{Database, Memory, Storage};
pub use step::{
    Contribution, Entry, ExportItem, ExportOutcome, ExportReport, Fault, ImportKind, ImportReport,
    ImportRequest, ItemResult, News, Part, Patch, PlanCounts, Preview, PreviewedAttribute, PreviewedExport,
    Sent, Source, SyncKind, SyncReport, Target, Told,
};

/// What tests over random plans begin with: the same plans each time, unless the environment names others.
#[cfg(test)]
pub(crate) fn plans(usual: u64) -> proptest::test_runner::RngSeed {
    let named = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|text| text.parse().ok());
    proptest::test_runner::RngSeed::Fixed(named.unwrap_or(usual))
}
