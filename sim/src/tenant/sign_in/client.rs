//! Applications as the token service sees them.

use crate::clock::SimTime;
use crate::ids::Guid;
use crate::tenant::{AppCertificate, AppSecret, Tenant};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::{Arc, LazyLock};

/// The delegated permissions of Microsoft Graph: name, whether the estate's application has an administrator's
/// consent for it, source, confidence.
const SCOPES: &str = include_str!("../../../data/delegated-scopes.tsv");
/// Where the estate's application lets answers go: a program on the user's own machine (any port), and the
/// page that embedded browsers watch for.
pub(crate) const REDIRECTS: [&str; 3] =
    ["http://localhost", "http://127.0.0.1", "https://login.microsoftonline.com/common/oauth2/nativeclient"];
/// The certificate by which the estate's application may authenticate instead of its secret.
const CERTIFICATE: &str = include_str!("../../../data/keys/client-certificate.pem");
/// Its key, which the estate hands to its tools.
const KEY: &str = include_str!("../../../data/keys/client-key.pem");

/// A secret of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSecret {
    /// Its key id, which its owner may take for the secret itself.
    pub key_id: Guid,
    /// The secret itself.
    pub value: String,
    /// From when on it is good; none means always.
    pub start: Option<SimTime>,
    /// Until when; none means for ever.
    pub end: Option<SimTime>,
}

/// A certificate whose key signs an application's assertions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Its key id.
    pub key_id: Guid,
    /// The certificate (X.509, DER).
    pub der: Arc<[u8]>,
    /// From when on it is good; none means always.
    pub start: Option<SimTime>,
    /// Until when; none means for ever.
    pub end: Option<SimTime>,
}

/// What the token service knows of an application that is installed in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its application (client) id.
    pub app_id: Guid,
    /// The object id of its service principal: the `oid` of the tokens it gets for itself.
    pub service_principal_id: Guid,
    /// Its name.
    pub display_name: String,
    /// Its secrets, expired ones too.
    pub secrets: Vec<ClientSecret>,
    /// Its certificates, expired ones too.
    pub certificates: Vec<ClientCertificate>,
    /// The application permissions of Microsoft Graph that it was granted, sorted.
    pub roles: Vec<String>,
    /// Whether it may get tokens for users without proving who it is (`isFallbackPublicClient`): password and
    /// device code, and codes of its redirect URIs.
    pub allows_public_flows: bool,
    /// Where answers of the sign-in page may go.
    pub redirect_uris: Vec<String>,
}

/// Microsoft's own public clients: app_id, name, scopes, source, confidence.
const FIRST_PARTY: &str = include_str!("../../../data/first-party-clients.tsv");

/// Identifier, name and scopes of one of Microsoft's own clients.
fn first_party(app_id: Guid) -> Option<(&'static str, &'static str)> {
    let mut rows = FIRST_PARTY.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.find_map(|line| {
        let mut cells = line.split('\t');
        let id = Guid::parse(cells.next()?)?;
        let (name, scopes) = (cells.next()?, cells.next()?);
        (id == app_id).then_some((name, scopes))
    })
}

/// Whether Microsoft Graph has a delegated permission of this name (any case): its own spelling.
fn known_scope(name: &str) -> Option<&'static str> {
    scopes().map(|(known, _)| known).find(|known| known.eq_ignore_ascii_case(name))
}

fn scopes() -> impl Iterator<Item = (&'static str, bool)> {
    let rows = SCOPES.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.filter_map(|line| {
        let mut cells = line.split('\t');
        Some((cells.next()?, cells.next()? == "yes"))
    })
}

pub(crate) static CERTIFICATE_DER: LazyLock<Arc<[u8]>> = LazyLock::new(|| {
    let text: String = CERTIFICATE.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(text).unwrap_or_default().into()
});

/// The scopes that an administrator consented to when the estate was made, separated by spaces.
pub(crate) fn first_scopes() -> String {
    let granted: Vec<&str> = scopes().filter(|(_, granted)| *granted).map(|(name, _)| name).collect();
    granted.join(" ")
}

impl Client {
    /// A delegated permission of Microsoft Graph in its own spelling; none when there is no such permission.
    pub fn scope(name: &str) -> Option<&'static str> {
        known_scope(name)
    }

    /// Certificate and RSA key (PEM) by which the estate's application may authenticate. They are committed:
    /// everybody knows them.
    pub fn certificate_and_key() -> (&'static str, &'static str) {
        (CERTIFICATE, KEY)
    }
}

impl Tenant {
    /// The application with this client id, as the token service sees it: one that is installed in the tenant, or a
    /// public client of Microsoft's own, which every tenant knows.
    pub fn client(&self, app_id: Guid) -> Option<Client> {
        let Some(known) = self.application(app_id) else { return self.first_party_client(app_id) };
        if !known.enabled {
            return None;
        }
        let secret = |secret: &AppSecret| ClientSecret {
            key_id: secret.key_id,
            value: secret.value.clone(),
            start: Some(secret.start),
            end: Some(secret.end),
        };
        let certificate = |certificate: &AppCertificate| ClientCertificate {
            key_id: certificate.key_id,
            der: Arc::clone(&certificate.der),
            start: Some(certificate.start),
            end: Some(certificate.end),
        };
        Some(Client {
            app_id,
            service_principal_id: known.service_principal_id,
            display_name: known.display_name.clone(),
            secrets: known.secrets.iter().map(secret).collect(),
            certificates: known.certificates.iter().map(certificate).collect(),
            roles: known.roles.clone(),
            allows_public_flows: known.public_client,
            redirect_uris: known.redirect_uris.clone(),
        })
    }

    fn first_party_client(&self, app_id: Guid) -> Option<Client> {
        let (name, _) = first_party(app_id)?;
        Some(Client {
            app_id,
            service_principal_id: self.seed.guid("first-party", &app_id.to_string(), 0),
            display_name: name.to_owned(),
            secrets: Vec::new(),
            certificates: Vec::new(),
            roles: Vec::new(),
            allows_public_flows: true,
            redirect_uris: REDIRECTS.map(str::to_owned).to_vec(),
        })
    }

    /// The delegated permissions of Microsoft Graph that an application has for a user: those that an
    /// administrator consented to for everybody, and the user's own; of Microsoft's own clients those that they have
    /// everywhere. Sorted.
    pub fn consented(&self, app_id: Guid, user: Guid) -> Vec<String> {
        match first_party(app_id).filter(|_| self.application(app_id).is_none()) {
            Some((_, scopes)) => scopes.split(' ').map(str::to_owned).collect(),
            None => self.granted_scopes(app_id, user),
        }
    }
}
