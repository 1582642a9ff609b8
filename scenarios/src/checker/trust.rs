//! Which certificates are trusted.

use crate::error::Error;
use crate::lab::system_roots;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use std::sync::Arc;

/// TLS that trusts what a PEM file names, or what the system trusts.
///
/// # Errors
/// When the file cannot be read or holds no certificate.
pub(crate) fn tls_config(ca_file: Option<&Path>) -> Result<rustls::ClientConfig, Error> {
    let (name, pem) = match ca_file {
        Some(path) => {
            let read = std::fs::read(path).map_err(|error| {
                Error::input(format!("cannot read the CA file {}: {error}", path.display()))
            })?;
            (format!("the CA file {}", path.display()), read)
        }
        None => ("the system's certificate store".to_owned(), system_roots().into_bytes()),
    };
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
    let mut roots = rustls::RootCertStore::empty();
    // a bundle of the system's roots may hold one that this TLS library does not take
    let (added, _ignored) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        let error = Error::input(format!("{name} holds no certificate"));
        return Err(error.with_help("--ca-file takes a file with certificates in PEM (BEGIN CERTIFICATE)"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::harness(format!("TLS cannot be set up: {error}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
