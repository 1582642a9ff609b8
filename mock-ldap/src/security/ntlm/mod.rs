//! The NT LAN Manager protocol, server side (MS-NLMP): version 2 of its responses only.
//!
//! A client says what it can do (NEGOTIATE), is given a challenge (CHALLENGE), and proves that it knows an
//! account's hash (AUTHENTICATE). Both sides then share a key, from which messages may be signed and sealed.

mod acceptor;
mod arcfour;
mod keys;
mod layer;
mod message;
#[cfg(test)]
mod tests;

pub(crate) use acceptor::{Challenged, Claim, Refused, ServerNames, SessionKey};
pub(crate) use keys::md5;
pub use layer::SecurityLayer;
pub(crate) use message::SIGNATURE;
