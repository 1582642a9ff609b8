//! Shells around the core: a server on two ports, a tower service, a wiremock responder. They alone know
//! sockets and the wall clock.

mod connection;
mod courier;
mod effects;
mod proxy;
mod server;
mod service;
mod wall;
#[cfg(feature = "wiremock")]
mod wiremock;

pub use effects::Dropped;
pub use proxy::{ProxyOptions, ProxyServer};
pub use server::{GraphOptions, GraphServer};
pub use service::TenantService;
#[cfg(feature = "wiremock")]
pub use wiremock::TenantResponder;
