//! The claims of access tokens and ID tokens (microsoft-graph.md 1.4).

use super::super::{LoginCall, discovery};
use super::LIFETIME_SECONDS;
use super::client::Proof;
use super::scope::Resource;
use crate::jwt::{base64url, from_base64url};
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{Client, CloudObject, Property};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

/// `iat` and `nbf` lie five minutes back, so that clocks that differ a little do no harm.
pub(crate) const BACKDATED_SECONDS: u64 = 300;
/// The role template that an application's token names when it holds no directory role.
const APPLICATION_WIDS: &str = "0997a1d0-0d1d-4acb-b408-d5ca73121e90";
/// The same for users (the template of the role User).
const USER_WIDS: &str = "b79fbf4d-3ef9-4689-8143-76b194e85509";
/// Where every request comes from: an estate listens on loopback.
pub(crate) const ADDRESS: &str = "127.0.0.1";

/// A user who signed in, and how.
#[derive(Debug, Clone)]
pub(crate) struct Signed<'a> {
    /// The user.
    pub(crate) user: &'a CloudObject,
    /// `pwd`, `mfa`.
    pub(crate) methods: &'a [String],
    /// The permissions that the client got.
    pub(crate) scopes: &'a [String],
}

fn put(claims: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    claims.insert(name.to_owned(), value.into());
}

/// The claims that every access token has.
fn common(call: &LoginCall<'_>, client: &Client, proof: Proof, resource: &Resource) -> Map<String, Value> {
    let tenant = call.tenant.organization();
    let from = call.wall_seconds.saturating_sub(BACKDATED_SECONDS);
    let own = is_own(call, resource);
    let issuer = match own {
        true => format!("{}/{}/v2.0", call.base, tenant.id),
        false => format!("https://sts.windows.net/{}/", tenant.id),
    };
    let mut claims = Map::new();
    put(&mut claims, "aud", resource.audience.as_str());
    put(&mut claims, "iss", issuer.as_str());
    put(&mut claims, "iat", from);
    put(&mut claims, "nbf", from);
    put(&mut claims, "exp", call.wall_seconds + LIFETIME_SECONDS);
    put(&mut claims, "aio", opaque(call.now));
    if own {
        put(&mut claims, "azp", client.app_id.to_string());
        put(&mut claims, "azpacr", proof.claim());
        put(&mut claims, "ver", "2.0");
    } else {
        put(&mut claims, "app_displayname", client.display_name.as_str());
        put(&mut claims, "appid", client.app_id.to_string());
        put(&mut claims, "appidacr", proof.claim());
        put(&mut claims, "idp", issuer);
        put(&mut claims, "tenant_region_scope", discovery::region(&tenant.country_letter_code));
        put(&mut claims, "ver", "1.0");
        put(&mut claims, "xms_tcdt", tenant.created.seconds());
    }
    put(&mut claims, "tid", tenant.id.to_string());
    put(&mut claims, "uti", base64url(&call.request_id.to_bytes()));
    claims
}

/// Whether a resource is an application of the tenant: its tokens are of the second generation.
fn is_own(call: &LoginCall<'_>, resource: &Resource) -> bool {
    call.tenant.application(resource.app_id).is_some()
}

/// The claims of a token that an application gets for itself.
pub(crate) fn app_only(call: &LoginCall<'_>, client: &Client, proof: Proof, resource: &Resource) -> Value {
    let mut claims = common(call, client, proof, resource);
    let principal = client.service_principal_id.to_string();
    put(&mut claims, "oid", principal.as_str());
    put(&mut claims, "sub", principal);
    if !is_own(call, resource) {
        put(&mut claims, "idtyp", "app");
        put(&mut claims, "wids", json!([APPLICATION_WIDS]));
        let roles: &[String] = if resource.is_graph() { &client.roles } else { &[] };
        put(&mut claims, "roles", json!(roles));
    }
    Value::Object(claims)
}

/// The claims of a token that an application gets for a user.
pub(crate) fn delegated(
    call: &LoginCall<'_>,
    client: &Client,
    proof: Proof,
    resource: &Resource,
    signed: &Signed<'_>,
) -> Value {
    let mut claims = common(call, client, proof, resource);
    let user = signed.user;
    let name = user.user_principal_name().unwrap_or("");
    for (claim, property) in [
        ("name", Property::DisplayName),
        ("given_name", Property::GivenName),
        ("family_name", Property::Surname),
        ("onprem_sid", Property::OnPremisesSecurityIdentifier),
    ] {
        if let Some(text) = user.text(property) {
            put(&mut claims, claim, text);
        }
    }
    put(&mut claims, "acct", i32::from(user.text(Property::UserType) == Some("Guest")));
    put(&mut claims, "acr", "1");
    put(&mut claims, "amr", json!(signed.methods));
    put(&mut claims, "idtyp", "user");
    put(&mut claims, "ipaddr", ADDRESS);
    put(&mut claims, "oid", user.id().to_string());
    put(&mut claims, "puid", puid(user.id()));
    put(&mut claims, "scp", signed.scopes.join(" "));
    put(&mut claims, "sub", pairwise(resource.app_id, user.id()));
    put(&mut claims, "unique_name", name);
    put(&mut claims, "upn", name);
    put(&mut claims, "wids", json!(role_templates(call, user.id())));
    Value::Object(claims)
}

/// The claims of an ID token for the client itself.
pub(crate) fn identity(
    call: &LoginCall<'_>,
    client: &Client,
    user: &CloudObject,
    openid: &[&str],
    nonce: Option<&str>,
) -> Value {
    let tenant = call.tenant.id();
    let from = call.wall_seconds.saturating_sub(BACKDATED_SECONDS);
    let mut claims = Map::new();
    put(&mut claims, "aud", client.app_id.to_string());
    put(&mut claims, "iss", format!("{}/{tenant}/v2.0", call.base));
    put(&mut claims, "iat", from);
    put(&mut claims, "nbf", from);
    put(&mut claims, "exp", call.wall_seconds + LIFETIME_SECONDS);
    put(&mut claims, "aio", opaque(call.now));
    if openid.contains(&"email")
        && let Some(mail) = user.text(Property::Mail)
    {
        put(&mut claims, "email", mail);
    }
    if openid.contains(&"profile") {
        put(&mut claims, "name", user.text(Property::DisplayName).unwrap_or(""));
        put(&mut claims, "oid", user.id().to_string());
        put(&mut claims, "preferred_username", user.user_principal_name().unwrap_or(""));
    }
    if let Some(nonce) = nonce {
        put(&mut claims, "nonce", nonce);
    }
    put(&mut claims, "sub", pairwise(client.app_id, user.id()));
    put(&mut claims, "tid", tenant.to_string());
    put(&mut claims, "uti", base64url(&call.request_id.to_bytes()));
    put(&mut claims, "ver", "2.0");
    Value::Object(claims)
}

/// `c_hash`, `at_hash`: the left half of a digest (OpenID Connect Core 3.3.2.11).
pub(crate) fn half_hash(text: &str) -> String {
    base64url(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}

/// `sub` is another one for each client (`subject_types_supported`: pairwise).
pub(crate) fn pairwise(client: Guid, user: Guid) -> String {
    let both = [client.to_bytes(), user.to_bytes()].concat();
    base64url(digest(&SHA256, &both).as_ref())
}

/// The user's number in Microsoft's passport system: sixteen hexadecimal digits.
fn puid(user: Guid) -> String {
    let digits = user.to_bytes().iter().take(5).map(|byte| format!("{byte:02X}")).collect::<String>();
    format!("100320{digits}")
}

/// The templates of the directory roles that a user holds.
fn role_templates(call: &LoginCall<'_>, user: Guid) -> Vec<String> {
    let held = call.tenant.roles_of(user).map(|template| template.to_string());
    held.chain(std::iter::once(USER_WIDS.to_owned())).collect()
}

/// `aio` is Microsoft's own note in a token, opaque to everyone else. Here it holds the virtual instant at
/// which the token was given, which no other claim may: clients hold those against the wall clock.
fn opaque(now: SimTime) -> String {
    base64url(&now.millis().to_be_bytes())
}

/// The virtual instant at which a token with this `aio` was given.
pub(crate) fn issued_at(aio: &str) -> Option<SimTime> {
    let bytes = from_base64url(aio)?;
    Some(SimTime::from_millis(i64::from_be_bytes(bytes.try_into().ok()?)))
}
