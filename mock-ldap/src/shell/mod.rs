//! The shell: sockets, TLS and timeouts round the synchronous core.

mod connection;
mod protected;
mod server;
mod stream;

pub use server::{LdapOptions, LdapServer};
