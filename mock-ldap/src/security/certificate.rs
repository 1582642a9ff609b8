//! What a client's certificate says about who it is.

/// The names in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {}
