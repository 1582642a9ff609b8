//! The sliver of Azure Resource Manager that programs ask while they sign in: subscriptions and tenants.
//!
//! The tenant has no Azure subscription, so the list is empty (decision 0021).

mod error;

pub(crate) use error::ArmError;

use crate::odata::rows;
use forestbed_sim::clock::SimTime;
use forestbed_sim::tenant::Tenant;
use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Its hosts in the real cloud (proxy-hosts.tsv).
const HOSTS: [&str; 2] = ["management.azure.com", "management.core.windows.net"];
/// First segments of its paths, for clients that know the tenant by an address of its own.
const ROOTS: [&str; 3] = ["subscriptions", "tenants", "providers"];
/// From this version on a tenant has names and domains (which version brought them is from memory).
const NAMED_FROM: &str = "2019-06-01";
/// From this version on it has a default domain and a kind (which version brought them is from memory).
const KIND_FROM: &str = "2020-01-01";

/// version, source, confidence; the newest first.
static VERSIONS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    rows(include_str!("../../data/arm-api-versions.tsv")).filter_map(|cells| cells.first().copied()).collect()
});

/// One request.
pub(crate) struct ArmCall<'a> {
    /// The HTTP method.
    pub(crate) method: &'a Method,
    /// The path, still percent-encoded.
    pub(crate) path: &'a str,
    /// What follows the question mark, still percent-encoded.
    pub(crate) query: &'a str,
    /// Scheme and host as the client named them.
    pub(crate) base: &'a str,
}

/// Whether a request is Resource Manager's: by its host, or by the beginning of its path. Graph's paths and the
/// token service's go before.
pub(crate) fn serves(base: &str, path: &str) -> bool {
    let authority = base.split_once("://").map_or(base, |(_, authority)| authority);
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    let first = path.trim_start_matches('/').split('/').next().unwrap_or("");
    HOSTS.iter().any(|known| known.eq_ignore_ascii_case(host))
        || ROOTS.iter().any(|known| known.eq_ignore_ascii_case(first))
}

/// The version that a request names: it is looked for before the token is.
pub(crate) fn version(query: &str) -> Result<String, ArmError> {
    let named = query.split('&').filter_map(|pair| pair.split_once('='));
    let value = named
        .filter(|(name, _)| name.eq_ignore_ascii_case("api-version"))
        .map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
        .find(|value| !value.is_empty());
    let version = value.ok_or_else(|| ArmError::of("version-missing", &[]))?;
    match VERSIONS.iter().find(|known| known.eq_ignore_ascii_case(&version)) {
        Some(known) => Ok((*known).to_owned()),
        None => {
            let shown: String = version.chars().take(64).collect();
            let known = VERSIONS.join(",");
            let error = ArmError::of("version-invalid", &[("version", &shown), ("versions", &known)]);
            Err(error.with_unknown(format!("api-version {shown}")))
        }
    }
}

/// The answer to somebody whose token is good: its body, and how many objects it has.
pub(crate) fn handle(tenant: &Tenant, call: &ArmCall<'_>, version: &str) -> Result<(Value, u32), ArmError> {
    let lower = call.path.to_ascii_lowercase();
    let segments: Vec<&str> = lower.split('/').filter(|segment| !segment.is_empty()).collect();
    let value: Vec<Value> = match segments[..] {
        ["subscriptions"] => Vec::new(),
        ["tenants"] => vec![tenant_json(tenant, version)],
        ["subscriptions", id, ..] => return Err(ArmError::of("subscription", &[("id", &short(id))])),
        ["providers", namespace, ..] => {
            // names of namespaces are shown as they were asked
            let at = call.path.to_ascii_lowercase().find(namespace).unwrap_or(0);
            let shown = call.path.get(at..at + namespace.len()).unwrap_or(namespace);
            let values = [("namespace", &*short(shown)), ("version", version)];
            return Err(ArmError::of("type", &values).with_unknown(unknown(call)));
        }
        _ => {
            let uri = short(&format!("{}{}?{}", call.base, call.path, call.query));
            return Err(ArmError::of("path", &[("uri", &uri)]).with_unknown(unknown(call)));
        }
    };
    if *call.method != Method::GET {
        let error = ArmError::of("method", &[("method", call.method.as_str())]);
        return Err(error.with_unknown(format!("method {}", call.method)));
    }
    let count = value.len();
    Ok((json!({ "value": value, "count": { "type": "Total", "value": count } }), count as u32))
}

fn tenant_json(tenant: &Tenant, version: &str) -> Value {
    let organization = tenant.organization();
    let mut object = json!({
        "id": format!("/tenants/{}", organization.id),
        "tenantId": organization.id.to_string(),
    });
    if version >= NAMED_FROM {
        let verified = tenant.domains().iter().filter(|domain| domain.is_verified);
        object["countryCode"] = json!(organization.country_letter_code);
        object["displayName"] = json!(organization.display_name);
        object["domains"] = verified.map(|domain| json!(domain.name)).collect();
        object["tenantCategory"] = json!("Home");
    }
    if version >= KIND_FROM {
        let default = tenant.domains().iter().find(|domain| domain.is_default);
        object["defaultDomain"] = json!(default.map(|domain| &domain.name));
        object["tenantType"] = json!("AAD");
    }
    object
}

fn unknown(call: &ArmCall<'_>) -> String {
    format!("path {}", short(call.path))
}

fn short(text: &str) -> String {
    text.chars().take(256).collect()
}

/// An instant as the texts of this service have it: `3/19/2023 8:55:46 AM`.
pub(crate) fn told(time: SimTime) -> String {
    let (year, month, day, hour, minute, second) = time.civil();
    let half = if hour < 12 { "AM" } else { "PM" };
    format!("{month}/{day}/{year} {}:{minute:02}:{second:02} {half}", (hour + 11) % 12 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_paths_lead_here() {
        let check =
            |base: &str, path: &str, expected: bool| assert_eq!(serves(base, path), expected, "{base}{path}");
        check("https://management.azure.com", "/anything", true);
        check("https://Management.Core.Windows.Net:443", "/", true);
        check("https://localhost:8443", "/Subscriptions", true);
        check("https://localhost:8443", "/providers/Microsoft.Compute", true);
        check("https://localhost:8443", "/users", false);
        check("https://management.azure.com.evil.test", "/users", false);
    }

    #[test]
    fn an_instant_is_told_as_the_real_service_tells_it() {
        // issues terraform-provider-azurerm#20867 and migAz#249
        for (time, expected) in [
            ("2023-03-19T08:55:46Z", "3/19/2023 8:55:46 AM"),
            ("2019-09-30T12:25:11Z", "9/30/2019 12:25:11 PM"),
            ("2020-01-12T15:08:40Z", "1/12/2020 3:08:40 PM"),
        ] {
            assert_eq!(told(SimTime::parse_rfc3339(time).unwrap()), expected);
        }
    }
}
