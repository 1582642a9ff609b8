//! The keys of one run: a certificate authority and one leaf for every listener.
//!
//! They come from the operating system's randomness, live 30 days, are constrained to the lab's own names, and
//! lie in the run's folder with mode 0600. They are never installed in a trust store.

use crate::Error;
use forestbed_mock_graph::microsoft_hosts;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, OtherNameValue, PKCS_ECDSA_P256_SHA256, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The kind of name by which Windows finds the account of a certificate.
const USER_PRINCIPAL_NAME: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
/// How long certificates live.
const LIFETIME: Duration = Duration::from_secs(30 * 86_400);
/// How far back they begin, for clients whose clock is behind.
const LEEWAY: Duration = Duration::from_secs(86_400);
/// Where systems keep their roots, first come first served.
const SYSTEM_ROOTS: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
];

/// The keys of one run.
#[derive(Debug)]
pub(super) struct Keys {
    /// For LDAP, without protocol negotiation.
    pub(super) ldap: Arc<ServerConfig>,
    /// For HTTP, with h2 and http/1.1.
    pub(super) https: Arc<ServerConfig>,
    /// PEM file with the system's roots and the lab's CA.
    pub(super) bundle: PathBuf,
    /// The servers' certificate, in DER.
    pub(super) leaf: Vec<u8>,
    /// PEM files with the administrator's certificate and its key.
    pub(super) client: (PathBuf, PathBuf),
}

impl Keys {
    /// Makes the keys for these domain controllers and writes them below `folder`; with a certificate for the
    /// account that `administrator` names (a user principal name).
    pub(super) fn make(
        folder: &Path,
        domains: &[String],
        controllers: &[String],
        administrator: &str,
    ) -> Result<Keys, Error> {
        let wrong = |e: &dyn Display| Error::harness(format!("cannot make the lab's keys: {e}"));
        let ca_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|e| wrong(&e))?;
        let leaf_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|e| wrong(&e))?;
        let ca_params = authority(domains);
        let ca = ca_params.self_signed(&ca_key).map_err(|e| wrong(&e))?;
        let issuer = Issuer::from_params(&ca_params, &ca_key);
        let leaf = leaf_params(controllers)
            .and_then(|params| params.signed_by(&leaf_key, &issuer))
            .map_err(|e| wrong(&e))?;
        let client_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|e| wrong(&e))?;
        let client_leaf =
            client_params(administrator).signed_by(&client_key, &issuer).map_err(|e| wrong(&e))?;
        let client = (folder.join("client.pem"), folder.join("client-key.pem"));
        write_private(&client.0, &client_leaf.pem())?;
        write_private(&client.1, &client_key.serialize_pem())?;
        let bundle = folder.join("ca-bundle.pem");
        write_private(&folder.join("ca-key.pem"), &ca_key.serialize_pem())?;
        write_private(&folder.join("server-key.pem"), &leaf_key.serialize_pem())?;
        write_private(&folder.join("server.pem"), &leaf.pem())?;
        write_private(&folder.join("ca.pem"), &ca.pem())?;
        write_private(&bundle, &format!("{}{}", system_roots(), ca.pem()))?;
        let verifier = trust_clients_of(ca.der())?;
        let config = |protocols: &[&[u8]], clients: bool| -> Result<Arc<ServerConfig>, Error> {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
            let mut config = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .and_then(|builder| {
                    let chain = vec![leaf.der().clone(), ca.der().clone()];
                    let builder = match clients {
                        true => builder.with_client_cert_verifier(verifier.clone()),
                        false => builder.with_no_client_auth(),
                    };
                    builder.with_single_cert(chain, key)
                })
                .map_err(|e| wrong(&e))?;
            config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            Ok(Arc::new(config))
        };
        let (ldap, https) = (config(&[], true)?, config(&[b"h2", b"http/1.1"], false)?);
        Ok(Keys { ldap, https, bundle, leaf: leaf.der().to_vec(), client })
    }
}

/// What asks clients for a certificate and takes none, or one of this CA.
fn trust_clients_of(ca: &CertificateDer<'static>) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let wrong = |e: &dyn Display| Error::harness(format!("cannot trust the lab's CA: {e}"));
    let mut roots = RootCertStore::empty();
    roots.add(ca.clone()).map_err(|e| wrong(&e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    builder.allow_unauthenticated().build().map_err(|e| wrong(&e))
}

/// A certificate by which an account logs on (MS-ADTS 5.1.1.2): its principal name is among the other names.
fn client_params(principal: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, principal);
    let name = OtherNameValue::Utf8String(principal.to_owned());
    params.subject_alt_names.push(SanType::OtherName((USER_PRINCIPAL_NAME.to_vec(), name)));
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    validity(&mut params);
    params
}

fn validity(params: &mut CertificateParams) {
    #[expect(clippy::disallowed_methods, reason = "clients check certificates against the wall clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(LEEWAY);
    params.not_after = epoch + now + LIFETIME;
}

fn authority(domains: &[String]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "forestbed lab CA (for this run only)");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let names = std::iter::once("localhost")
        .chain(microsoft_hosts().iter().copied())
        .chain(domains.iter().map(String::as_str))
        .map(|name| GeneralSubtree::DnsName(name.to_owned()));
    let addresses = [
        CidrSubnet::from_v4_prefix(Ipv4Addr::LOCALHOST.octets(), 32),
        CidrSubnet::from_v6_prefix(Ipv6Addr::LOCALHOST.octets(), 128),
    ];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: names.chain(addresses.into_iter().map(GeneralSubtree::IpAddress)).collect(),
        excluded_subtrees: Vec::new(),
    });
    validity(&mut params);
    params
}

fn leaf_params(controllers: &[String]) -> Result<CertificateParams, rcgen::Error> {
    let names: Vec<String> = std::iter::once("localhost")
        .chain(controllers.iter().map(String::as_str))
        .chain(microsoft_hosts().iter().copied())
        .map(str::to_owned)
        .collect();
    let mut params = CertificateParams::new(names)?;
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    params.distinguished_name.push(DnType::CommonName, "forestbed lab");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    validity(&mut params);
    Ok(params)
}

/// The roots that the system trusts, as PEM; empty when it keeps none in a known place.
pub(crate) fn system_roots() -> String {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let known = SYSTEM_ROOTS.iter().map(PathBuf::from);
    let mut text = named
        .into_iter()
        .chain(known)
        .find_map(|path| std::fs::read_to_string(path).ok())
        .unwrap_or_default();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

pub(super) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| Error::io(path, "write", &e))
}
