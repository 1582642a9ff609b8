//! The reference tools: a fixer, a sync engine and a licenser that do it right, and show how.
//!
//! Each is a client as any other: LDAP by the checker's source, HTTP by `reqwest`, the environment contract of
//! [`ToolEnv`](crate::ToolEnv). None of them sees the world behind the servers, so that a scenario judges them
//! as it judges a stranger's tool.

pub(crate) mod graph;
mod license;
mod mistaken;

pub(crate) use graph::GraphClient;
#[cfg(test)]
pub(crate) use mistaken::check_mistakes;
pub(crate) use mistaken::mistakes;

pub use crate::checker::{ReferenceChecker, RuleSetChecker};
pub use crate::fixer::{FixerMistake, FixerOptions, ReferenceFixer};
pub use crate::sync::{Mistake as SyncMistake, ReferenceSync, SyncOptions};
pub use license::{LicenserMistake, ReferenceLicenser};

use crate::tool::ToolError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use std::sync::Arc;

/// TLS that trusts what the lab's CA file names.
pub(crate) fn tls_config(ca_file: &Path) -> Result<rustls::ClientConfig, ToolError> {
    let cannot = |why: String| ToolError::CannotStart(format!("the CA file {}: {why}", ca_file.display()));
    let mut roots = rustls::RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(ca_file).map_err(|e| cannot(e.to_string()))?;
    let certificates: Vec<_> = certificates.filter_map(Result::ok).collect();
    // a bundle of the system's roots may hold one that this TLS library does not take: the lab's is what counts
    let (added, _ignored) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(cannot("it holds no certificate".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| cannot(e.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
