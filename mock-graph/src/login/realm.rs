//! Home-realm discovery: is a user's domain managed here, federated, or unknown (microsoft-graph.md 1.6).

use super::form::Form;
use super::{LoginCall, LoginReply};
use forestbed_sim::tenant::Domain;
use serde_json::{Map, Value, json};

/// What is known of a user's domain.
pub(super) enum Realm {
    Managed(String),
    Federated(Federation),
    Unknown,
}

/// Where a federated domain's users sign in: at the addresses of its configuration, or at those that a federation
/// server has by custom.
pub(super) struct Federation {
    domain: String,
    passive: String,
    active: String,
    metadata: String,
}

impl Federation {
    fn of(domain: &Domain) -> Federation {
        let configured = |name: &str, custom: &str| {
            let text = domain.federation.as_ref().and_then(|own| own.text(name));
            text.map_or_else(|| format!("https://sts.{}/adfs/{custom}", domain.name), str::to_owned)
        };
        Federation {
            domain: domain.name.clone(),
            passive: configured("passiveSignInUri", "ls/"),
            active: configured("activeSignInUri", "services/trust/2005/usernamemixed"),
            metadata: configured("metadataExchangeUri", "services/trust/mex"),
        }
    }

    /// The sign-in page, for a user.
    pub(super) fn passive(&self, user: &str) -> String {
        let user = percent_encoding::utf8_percent_encode(user, percent_encoding::NON_ALPHANUMERIC);
        let mark = if self.passive.contains('?') { '&' } else { '?' };
        let rest = "wa=wsignin1.0&wtrealm=urn%3afederation%3aMicrosoftOnline";
        format!("{}{mark}username={user}&{rest}", self.passive)
    }
}

pub(super) fn realm_of(call: &LoginCall<'_>, user: &str) -> Realm {
    let domain = user.rsplit_once('@').map_or("", |(_, domain)| domain);
    let known = call.tenant.domains().iter().find(|known| known.name.eq_ignore_ascii_case(domain));
    match known {
        Some(known) if known.is_federated => Realm::Federated(Federation::of(known)),
        Some(known) if known.is_verified => Realm::Managed(known.name.clone()),
        _ => Realm::Unknown,
    }
}

/// `/common/userrealm/{user}?api-version=1.0|2.0`.
pub(super) fn user_realm(call: &LoginCall<'_>, user: &str) -> LoginReply {
    match Form::parse(call.query.as_bytes()).get("api-version") {
        Some("2.0" | "2.1") => sign_in_style(call, user, false),
        _ => wstrust_style(call, user),
    }
}

/// `/GetUserRealm.srf?login={user}`.
pub(super) fn sign_in_realm(call: &LoginCall<'_>) -> LoginReply {
    let form = Form::parse(call.query.as_bytes());
    sign_in_style(call, form.get("login").unwrap_or(""), true)
}

fn wstrust_style(call: &LoginCall<'_>, user: &str) -> LoginReply {
    let common = |kind: &str, domain: &str| {
        let mut body = Map::new();
        for (key, value) in [
            ("ver", "1.0"),
            ("account_type", kind),
            ("domain_name", domain),
            ("cloud_instance_name", "microsoftonline.com"),
            ("cloud_audience_urn", "urn:federation:MicrosoftOnline"),
        ] {
            body.insert(key.to_owned(), json!(value));
        }
        body
    };
    let body = match realm_of(call, user) {
        Realm::Managed(domain) => common("Managed", &domain),
        Realm::Federated(federation) => {
            let mut body = common("Federated", &federation.domain);
            for (key, value) in [
                ("federation_protocol", "WSTrust".to_owned()),
                ("federation_metadata_url", federation.metadata),
                ("federation_active_auth_url", federation.active),
            ] {
                body.insert(key.to_owned(), json!(value));
            }
            body
        }
        Realm::Unknown => {
            let mut body = common("Unknown", "");
            body.remove("domain_name");
            body
        }
    };
    LoginReply::json(200, &Value::Object(body))
}

fn sign_in_style(call: &LoginCall<'_>, user: &str, with_state: bool) -> LoginReply {
    let realm = realm_of(call, user);
    let (kind, state, domain) = match &realm {
        Realm::Managed(domain) => ("Managed", 4, Some(domain)),
        Realm::Federated(federation) => ("Federated", 3, Some(&federation.domain)),
        Realm::Unknown => ("Unknown", -1, None),
    };
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("Login", json!(user));
    put("NameSpaceType", json!(kind));
    let cloud = if with_state { "CloudInstanceName" } else { "cloud_instance_name" };
    put(cloud, json!("microsoftonline.com"));
    if with_state {
        put("State", json!(state));
        put("UserState", json!(if domain.is_some() { 1 } else { 2 }));
    }
    if let Some(domain) = domain {
        if let Realm::Federated(federation) = &realm {
            put("federation_protocol", json!("WSTrust"));
            put("AuthURL", json!(federation.passive(user)));
            if with_state {
                put("FederationGlobalVersion", json!(-1));
            }
        }
        put("FederationBrandName", json!(call.tenant.organization().display_name));
        put("DomainName", json!(domain));
    }
    LoginReply::json(200, &Value::Object(body))
}
