//! Discovery: openid-configuration, key sets, instances.

use super::error::StsError;
use super::form::Form;
use super::route::Version;
use super::{LoginCall, LoginReply, Named, resolve};
use serde_json::{Value, json};

/// Hosts of Microsoft's clouds, for instance discovery: preferred network name, preferred cache name, aliases
/// (microsoft-graph.md 1.1, shape from memory).
const CLOUDS: [(&str, &str, &[&str]); 3] = [
    (
        "login.microsoftonline.com",
        "login.windows.net",
        &["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
    ),
    (
        "login.partner.microsoftonline.cn",
        "login.partner.microsoftonline.cn",
        &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
    ),
    (
        "login.microsoftonline.us",
        "login.microsoftonline.us",
        &["login.microsoftonline.us", "login.usgovcloudapi.net"],
    ),
];

/// Where a tenant of the public cloud says to live (`tenant_region_scope`): members of the European Union and
/// its neighbours.
const EUROPE: &str = "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO \
                      SE SI SK";
const NORTH_AMERICA: &str = "CA MX US";

/// `tenant_region_scope` of a country.
pub(super) fn region(country: &str) -> &'static str {
    let one_of = |list: &str| list.split(' ').any(|code| code.eq_ignore_ascii_case(country));
    match () {
        () if one_of(EUROPE) => "EU",
        () if one_of(NORTH_AMERICA) => "NA",
        () => "WW",
    }
}

/// The segment under which a tenant's endpoints lie, and the tenant's part of an issuer.
fn segment(call: &LoginCall<'_>, name: &str) -> Result<(String, String), StsError> {
    Ok(match resolve(call.tenant, name).map_err(|error| error.called("invalid_tenant"))? {
        Named::Tenant => (call.tenant.id().to_string(), call.tenant.id().to_string()),
        Named::Any => (name.to_ascii_lowercase(), "{tenantid}".to_owned()),
    })
}

/// The issuer of one generation of tokens.
fn issuer(base: &str, tenant: &str, version: Version) -> String {
    match version {
        Version::V1 => format!("https://sts.windows.net/{tenant}/"),
        Version::V2 => format!("{base}/{tenant}/v2.0"),
    }
}

/// `openid-configuration` (microsoft-graph.md 1.2).
pub(super) fn configuration(call: &LoginCall<'_>, name: &str, version: Version) -> LoginReply {
    let (segment, tenant) = match segment(call, name) {
        Ok(found) => found,
        Err(error) => return error.reply(call),
    };
    let root = format!("{}/{segment}", call.base);
    let (oauth, keys) = match version {
        Version::V1 => (format!("{root}/oauth2"), format!("{}/common/discovery/keys", call.base)),
        Version::V2 => (format!("{root}/oauth2/v2.0"), format!("{root}/discovery/v2.0/keys")),
    };
    let microsoft = call.authority().ends_with(".microsoftonline.com");
    let graph_host = if microsoft { "graph.microsoft.com" } else { call.authority() };
    let userinfo = match microsoft {
        true => "https://graph.microsoft.com/oidc/userinfo".to_owned(),
        false => format!("{}/oidc/userinfo", call.base),
    };
    let region = match tenant.as_str() {
        "{tenantid}" => Value::Null,
        _ => json!(region(&call.tenant.organization().country_letter_code)),
    };
    LoginReply::document(&json!({
        "token_endpoint": format!("{oauth}/token"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic", "self_signed_tls_client_auth"],
        "jwks_uri": keys,
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer(call.base, &tenant, version),
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": userinfo,
        "authorization_endpoint": format!("{oauth}/authorize"),
        "device_authorization_endpoint": format!("{oauth}/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{oauth}/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
            "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name",
            "tid", "ver", "at_hash", "c_hash", "email",
        ],
        "kerberos_endpoint": format!("{root}/kerberos"),
        "mtls_endpoint_aliases": { "token_endpoint": format!("{oauth}/token") },
        "tls_client_certificate_bound_access_tokens": true,
        "tenant_region_scope": region,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": graph_host,
        "rbac_url": "https://pas.windows.net",
    }))
}

/// The key set of a tenant.
pub(super) fn keys(call: &LoginCall<'_>, name: &str, version: Version) -> LoginReply {
    match segment(call, name) {
        Ok((_, tenant)) => {
            let issuer = (version == Version::V2).then(|| issuer(call.base, &tenant, version));
            LoginReply::document(&call.keys.set(issuer.as_deref(), call.epoch()))
        }
        Err(error) => error.reply(call),
    }
}

/// Instance discovery: whether a host is one of Microsoft's, or the one that was asked.
pub(super) fn instance(call: &LoginCall<'_>) -> LoginReply {
    let form = Form::parse(call.query.as_bytes());
    let Some(endpoint) = form.get("authorization_endpoint") else {
        return StsError::new(900_144).with("parameter", "authorization_endpoint").reply(call);
    };
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("", endpoint));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let own = host.eq_ignore_ascii_case(call.authority());
    let aliases = || CLOUDS.iter().flat_map(|(_, _, aliases)| aliases.iter());
    let known = aliases().any(|alias| host.eq_ignore_ascii_case(alias));
    if !(own || known && scheme.eq_ignore_ascii_case("https")) {
        return StsError::new(50_049).reply(call);
    }
    let cloud = |network: &str, cache: &str, aliases: &[&str]| json!({ "preferred_network": network, "preferred_cache": cache, "aliases": aliases });
    let mut metadata: Vec<Value> = CLOUDS.iter().map(|(n, c, a)| cloud(n, c, a)).collect();
    if own && !known {
        metadata.push(cloud(host, host, &[host]));
    }
    let tenant = path.split('/').next().unwrap_or("common");
    let version = if path.to_ascii_lowercase().contains("/v2.0/") { "/v2.0" } else { "" };
    let root = if own { call.base.to_owned() } else { format!("https://{host}") };
    LoginReply::document(&json!({
        "tenant_discovery_endpoint": format!("{root}/{tenant}{version}/.well-known/openid-configuration"),
        "api-version": form.get("api-version").unwrap_or("1.1"),
        "metadata": metadata,
    }))
}
