//! Proofs of identity other than a password in the clear, and what protects the messages after them: NTLM
//! (MS-NLMP), the negotiation round it (RFC 4178 and MS-SPNG).

pub(crate) mod ntlm;
pub(crate) mod spnego;

pub use ntlm::SecurityLayer;
