//! A bind of several steps that waits for its next one.

use crate::security::ntlm::Challenged;

/// What the client said so far.
#[derive(Debug)]
pub(in crate::session) enum Negotiation {
    /// NTLM was chosen, its first message is still to come. The list of mechanisms that was offered.
    Chosen(Vec<u8>),
    /// NTLM's challenge was given.
    Challenged { challenged: Box<Challenged>, dress: Dress },
}

/// How NTLM's messages are dressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) enum Dress {
    /// SPNEGO within SASL, with the list of mechanisms that was offered; whether that must be signed.
    Spnego { list: Vec<u8>, must_sign: bool },
    /// NTLM's messages as they are, within SASL.
    Bare,
    /// The older bind.
    Sicily,
}
