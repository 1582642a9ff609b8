//! A whole hybrid identity estate in one process: an Active Directory forest that real LDAP clients take for
//! Active Directory, and an Entra ID tenant that real Graph clients take for Entra ID, grown from one seed, dirty
//! on purpose, each defect on record; and a judge of the tools that clean, synchronize and license it.
//!
//! This crate is the face: it re-exports what a test needs. [`Lab`] is a running estate; a [`Tool`] is what works
//! on it; [`Scorecard`](score::Scorecard) says how it did.
//!
//! ```
//! use forestbed::tools::{ReferenceFixer, ReferenceSync};
//! use forestbed::{Lab, Role};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let lab = Lab::builder().seed(7).users(30).start().await?;
//! lab.run(Role::Fixer, &ReferenceFixer::default()).await?;
//! lab.run(Role::Sync, &ReferenceSync::default()).await?;
//! let score = lab.score();
//! assert!(score.sync.is_some_and(|sync| sync.converged));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! What it is not: a directory for production, or a mock that answers what it is told. The servers are real ones
//! on loopback, and refuse what Active Directory and Graph refuse.

pub mod cli;

pub use forestbed_scenarios::lab::Ports;
pub use forestbed_scenarios::{
    BoxFuture, Error, ErrorKind, Lab, LabBuilder, Role, Tool, ToolEnv, ToolError, ToolOutcome, format,
    runner, tool, tools,
};
pub use forestbed_sim::{clock, defects, directory, dump, ids, journal, score, seed, spec, tenant, world};
