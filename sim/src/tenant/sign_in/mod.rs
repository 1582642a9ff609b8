//! Signing in: what the tenant knows of its clients, of users' passwords, and of failed attempts.
//!
//! What it is: who may have a token. What it is not: the token's form, which the mock of Graph puts on the wire.

mod client;
mod password;
mod synced;
#[cfg(test)]
mod tests;

pub(crate) use client::{CERTIFICATE_DER, REDIRECTS, first_scopes};
pub use client::{Client, ClientCertificate, ClientSecret};
pub(crate) use password::Credential;
pub use password::SignInRefusal;
pub use synced::SyncedHash;
