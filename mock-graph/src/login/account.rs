//! What is told of accounts beside tokens: GetCredentialType, userinfo, logout.

use super::error::StsError;
use super::form::Form;
use super::grant::claims::pairwise;
use super::realm::{Realm, realm_of};
use super::{LoginCall, LoginReply, authorize, page};
use crate::resources::Caller;
use forestbed_sim::tenant::{Property, SignInRefusal};
use http::Method;
use serde_json::{Map, Value, json};

/// `POST /common/GetCredentialType` (microsoft-graph.md 1.6).
pub(super) fn credential_type(call: &LoginCall<'_>) -> LoginReply {
    if *call.method != Method::POST {
        return LoginReply::empty(405, Some(format!("{} of GetCredentialType", call.method)));
    }
    let asked: Option<Value> = serde_json::from_slice(call.body).ok();
    let find = |value: &Value| {
        let object = value.as_object()?;
        let found = object.iter().find(|(name, _)| name.eq_ignore_ascii_case("username"));
        found.and_then(|(_, name)| name.as_str()).map(str::to_owned)
    };
    let Some(name) = asked.as_ref().and_then(find) else {
        return StsError::new(900_144).with("parameter", "username").reply(call);
    };
    let user = call.tenant.user(&name).filter(|_| name.contains('@'));
    let locked =
        user.is_some_and(|user| call.tenant.check_sign_in(user, "", call.now) == Err(SignInRefusal::Locked));
    let realm = realm_of(call, &name);
    let domain_type = match realm {
        Realm::Managed(_) => 3,
        Realm::Federated(_) => 4,
        Realm::Unknown => 1,
    };
    let mut credentials = Map::new();
    let federated = matches!(realm, Realm::Federated(_));
    credentials.insert("PrefCredential".to_owned(), json!(if federated { 4 } else { 1 }));
    credentials.insert("HasPassword".to_owned(), json!(true));
    for none in
        ["RemoteNgcParams", "FidoParams", "SasParams", "CertAuthParams", "GoogleParams", "FacebookParams"]
    {
        credentials.insert(none.to_owned(), Value::Null);
    }
    if let Realm::Federated(domain) = &realm {
        credentials.insert("FederationRedirectUrl".to_owned(), json!(domain.passive(&name)));
    }
    LoginReply::json(
        200,
        &json!({
            "Username": name,
            "Display": name,
            "IfExistsResult": if user.is_some() || federated { 0 } else { 1 },
            "IsUnmanaged": false,
            "ThrottleStatus": i32::from(locked),
            "Credentials": credentials,
            "EstsProperties": { "UserTenantBranding": null, "DomainType": domain_type },
            "IsSignupDisallowed": true,
        }),
    )
}

/// `userinfo` (OpenID Connect Core 5.3) for the user of a Graph token; none when the token is for nobody or was
/// not asked with the scope `openid`.
pub(super) fn user_info(call: &LoginCall<'_>, caller: &Caller) -> LoginReply {
    let has = |scope: &str| caller.scopes.iter().any(|held| held == scope);
    let Some(user) = caller.user.and_then(|user| call.tenant.object(user)).filter(|_| has("openid")) else {
        let error = json!({ "code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation." });
        return LoginReply::json(403, &json!({ "error": error }));
    };
    let mut body = Map::new();
    body.insert("sub".to_owned(), json!(pairwise(caller.app_id, user.id())));
    if has("profile") {
        for (claim, property) in [
            ("name", Property::DisplayName),
            ("family_name", Property::Surname),
            ("given_name", Property::GivenName),
        ] {
            if let Some(text) = user.text(property) {
                body.insert(claim.to_owned(), json!(text));
            }
        }
        body.insert("picture".to_owned(), json!(format!("{}/v1.0/me/photo/$value", call.base)));
    }
    if let Some(mail) = user.text(Property::Mail).filter(|_| has("email")) {
        body.insert("email".to_owned(), json!(mail));
    }
    LoginReply::json(200, &Value::Object(body))
}

/// `logout`: nobody stays signed in here, so there is nothing to end but the way back.
pub(super) fn logout(call: &LoginCall<'_>) -> LoginReply {
    let mut form = Form::parse(call.query.as_bytes());
    form.extend(&Form::of_body(call.headers, call.body));
    let known = |address: &&str| {
        let clients = call.tenant.applications().iter().filter_map(|app| call.tenant.client(app.app_id));
        clients.into_iter().any(|client| authorize::registered(&client, address))
    };
    match form.get("post_logout_redirect_uri").filter(known) {
        Some(address) => {
            let state = form.get("state").map(|state| {
                let encoded =
                    percent_encoding::utf8_percent_encode(state, percent_encoding::NON_ALPHANUMERIC);
                format!("{}state={encoded}", if address.contains('?') { '&' } else { '?' })
            });
            page::redirect(&format!("{address}{}", state.unwrap_or_default()))
        }
        None => page::text(200, "Sign out", "You signed out of your account."),
    }
}
