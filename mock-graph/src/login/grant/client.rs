//! Who the client is: its secret, or an assertion signed with the key of its certificate (RFC 7523).

use super::super::error::StsError;
use super::super::form::Form;
use super::super::{LoginCall, x509};
use crate::jwt::{self, base64url};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{Client, ClientCertificate};
use serde_json::Value;

/// `client_assertion_type` of a signed assertion.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Seconds by which clocks may differ.
const SKEW_SECONDS: u64 = 300;
/// The longest `jti` that is taken.
const MAX_JTI: usize = 1024;

/// How a client proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Not at all: a public client.
    None,
    /// By a secret.
    Secret,
    /// By a certificate.
    Certificate,
}

impl Proof {
    /// `appidacr`, `azpacr`.
    pub(crate) fn claim(self) -> &'static str {
        match self {
            Proof::None => "0",
            Proof::Secret => "1",
            Proof::Certificate => "2",
        }
    }
}

/// The application that a request names.
pub(crate) fn known(call: &LoginCall<'_>, client: &str) -> Result<Client, StsError> {
    let id = Guid::parse(client)
        .filter(|id| *id != Guid::NIL)
        .ok_or_else(|| StsError::new(700_038).with("client", client))?;
    call.tenant.client(id).ok_or_else(|| {
        let directory = call.tenant.organization().display_name.as_str();
        StsError::new(700_016).with("client", client).with("tenant", directory)
    })
}

/// How the client proves who it is; `must` says that it has to.
pub(crate) fn authenticate(
    call: &LoginCall<'_>,
    client: &Client,
    form: &Form,
    basic: Option<&(String, String)>,
    must: bool,
) -> Result<Proof, StsError> {
    if let Some(assertion) = form.get("client_assertion") {
        return match form.get("client_assertion_type") {
            None => Err(StsError::new(900_144).with("parameter", "client_assertion_type")),
            Some(JWT_BEARER) => check_assertion(call, client, assertion).map(|()| Proof::Certificate),
            Some(_) => Err(StsError::new(7_000_218)),
        };
    }
    let secret = basic.map(|(_, secret)| secret.as_str()).or_else(|| form.get("client_secret"));
    match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) => check_secret(call, client, secret).map(|()| Proof::Secret),
        None if must || !client.allows_public_flows => Err(StsError::new(7_000_218)),
        None => Ok(Proof::None),
    }
}

fn check_secret(call: &LoginCall<'_>, client: &Client, secret: &str) -> Result<(), StsError> {
    let of_app = |code| StsError::new(code).with("client", client.app_id.to_string());
    let mut same = client.secrets.iter().filter(|known| known.value == secret).peekable();
    if same.peek().is_none() {
        return Err(of_app(7_000_215));
    }
    let live = |start: Option<_>, end: Option<_>| {
        start.is_none_or(|start| start <= call.now) && end.is_none_or(|end| call.now < end)
    };
    match same.any(|known| live(known.start, known.end)) {
        true => Ok(()),
        false => Err(of_app(7_000_222)),
    }
}

/// Which certificate a header names, by either thumbprint; as Microsoft's libraries write them.
fn named<'a>(client: &'a Client, header: &Value) -> Option<&'a ClientCertificate> {
    let thumbprint = |algorithm, der: &[u8]| base64url(ring::digest::digest(algorithm, der).as_ref());
    let is = |known: &ClientCertificate, claim: &str, algorithm| {
        let given = header[claim].as_str()?.trim_end_matches('=');
        Some(given == thumbprint(algorithm, &known.der))
    };
    client.certificates.iter().find(|known| {
        let sha1 = || is(known, "x5t", &ring::digest::SHA1_FOR_LEGACY_USE_ONLY);
        is(known, "x5t#S256", &ring::digest::SHA256).or_else(sha1) == Some(true)
    })
}

/// Checks a client's assertion. The same one may come again while it is good: Microsoft's libraries keep one for
/// minutes and send it with each request.
fn check_assertion(call: &LoginCall<'_>, client: &Client, assertion: &str) -> Result<(), StsError> {
    let unsigned = |reason: &str| {
        let app = client.app_id.to_string();
        StsError::new(700_027).with("reason", reason).with("client", app)
    };
    let token = jwt::Parts::read(assertion)
        .ok_or_else(|| StsError::new(50_027).with("reason", "the token is not well formed"))?;
    let algorithm = token.header["alg"].as_str().and_then(jwt::Algorithm::named);
    let algorithm = algorithm.ok_or_else(|| unsigned("The algorithm is not supported"))?;
    let certificate = named(client, &token.header).ok_or_else(|| unsigned("The key was not found"))?;
    let key = x509::rsa_public_key(&certificate.der).ok_or_else(|| unsigned("The key is no RSA key"))?;
    if !token.verifies(algorithm, key) {
        return Err(unsigned("The key was found, but use of the key to verify the signature failed"));
    }
    let dead = certificate.end.is_some_and(|end| end <= call.now);
    if dead || certificate.start.is_some_and(|start| call.now < start) {
        return Err(unsigned("The key used is expired"));
    }
    check_claims(call, client, &token.claims)
}

fn check_claims(call: &LoginCall<'_>, client: &Client, claims: &Value) -> Result<(), StsError> {
    let own = |claim: &str| claims[claim].as_str().and_then(Guid::parse) == Some(client.app_id);
    if !own("iss") || !own("sub") {
        return Err(StsError::new(700_021).with("client", client.app_id.to_string()));
    }
    if !audiences(&claims["aud"]).any(|audience| is_own_endpoint(call, audience)) {
        return Err(StsError::new(700_023));
    }
    let seconds = |claim: &str| claims[claim].as_u64().or_else(|| Some(claims[claim].as_f64()? as u64));
    let now = call.wall_seconds;
    let expired = seconds("exp").is_none_or(|exp| exp.saturating_add(SKEW_SECONDS) <= now);
    let from = seconds("nbf").or_else(|| seconds("iat"));
    if expired || from.is_some_and(|from| from > now.saturating_add(SKEW_SECONDS)) {
        return Err(StsError::new(700_024));
    }
    let jti = claims["jti"].as_str().filter(|jti| (1..=MAX_JTI).contains(&jti.len()));
    jti.map(|_| ()).ok_or_else(|| StsError::new(50_027).with("reason", "the token has no jti claim"))
}

fn audiences(claim: &Value) -> impl Iterator<Item = &str> {
    let several = claim.as_array().map(Vec::as_slice).unwrap_or_default();
    several.iter().chain(std::iter::once(claim)).filter_map(Value::as_str)
}

/// Whether an address is a token endpoint or issuer of this tenant, on the host that was asked or on one of
/// Microsoft's.
fn is_own_endpoint(call: &LoginCall<'_>, address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let own = host.eq_ignore_ascii_case(call.authority());
    let microsoft = ["login.microsoftonline.com", "login.windows.net", "sts.windows.net"]
        .iter()
        .any(|known| host.eq_ignore_ascii_case(known));
    let mut segments = path.trim_end_matches('/').splitn(2, '/');
    let tenant = segments.next().unwrap_or("");
    let known = super::super::resolve(call.tenant, tenant).is_ok();
    let tail = segments.next().unwrap_or("").to_ascii_lowercase();
    let endpoint = matches!(tail.as_str(), "" | "v2.0" | "oauth2/token" | "oauth2/v2.0/token");
    (own || microsoft && scheme.eq_ignore_ascii_case("https")) && known && endpoint
}
