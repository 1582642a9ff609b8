//! Entra ID on the wire: Microsoft Graph, and the endpoints that give out tokens.
//!
//! [`TenantCore`] is the whole tenant as a function of a request; it reads no socket and no wall clock. Around
//! it lie three shells: [`GraphServer`] (https and http on two ports), [`TenantService`] (a `tower::Service`
//! for tests in process), and `TenantResponder` (feature `wiremock`).

mod arm;
pub mod binary_xml;
mod core;
mod hosts;
mod jwt;
mod login;
mod odata;
mod provisioning;
mod resources;
mod shell;
pub mod validate;

pub use crate::core::{
    Effect, OutgoingPost, PostOutcome, Reception, Reply, TenantCore, Unread, Validation, administer,
};
pub use crate::hosts::microsoft_hosts;
#[cfg(feature = "wiremock")]
pub use shell::TenantResponder;
pub use shell::{Dropped, GraphOptions, GraphServer, ProxyOptions, ProxyServer, TenantService};
