//! Proofs of identity other than a password in the clear, and what protects the messages after them: NTLM
//! (MS-NLMP), the negotiation round it (RFC 4178 and MS-SPNG), client certificates.

pub(crate) mod certificate;
pub(crate) mod ntlm;
pub(crate) mod spnego;

pub use ntlm::SecurityLayer;

/// The digest by which NTLM is bound to a TLS channel: that of GSS-API's channel bindings (RFC 2744 3.11) with
/// the server's certificate in them (RFC 5929 4; its signature is taken to use SHA-256).
pub(crate) fn channel_binding(certificate: &[u8]) -> [u8; 16] {
    let mut data = b"tls-server-end-point:".to_vec();
    data.extend_from_slice(ring::digest::digest(&ring::digest::SHA256, certificate).as_ref());
    // no addresses: types and lengths of the initiator's and the acceptor's
    let mut bindings = vec![0; 16];
    bindings.extend_from_slice(&(data.len() as u32).to_le_bytes());
    bindings.extend_from_slice(&data);
    ntlm::md5(&[&bindings])
}
