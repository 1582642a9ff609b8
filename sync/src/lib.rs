//! The reference sync engine of forestbed: a client's brain, with no sockets, no clock and no randomness.
//!
//! It knows neither the world of the simulator nor the mocks. Directories and the cloud reach it as values,
//! through `Source` and `Target`; what it holds lies in a database that survives a crash at any point. The
//! specification is what is known of Entra Connect: connector spaces, a metaverse, rules with precedence.

pub mod config;
mod error;
pub mod expression;
pub mod rules;
pub mod value;

pub use config::Config;
pub use error::{Error, Result};

/// What tests over random plans begin with: the same plans each time, unless the environment names others.
#[cfg(test)]
pub(crate) fn plans(usual: u64) -> proptest::test_runner::RngSeed {
    let named = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|text| text.parse().ok());
    proptest::test_runner::RngSeed::Fixed(named.unwrap_or(usual))
}
