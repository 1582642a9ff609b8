//! The device flow: codes for a device, and the page on which its user lets it in.

use super::super::error::StsError;
use super::super::flows::{DEVICE_CODE_LIFETIME, Device, Verdict};
use super::super::form::Form;
use super::super::page::{self, Field};
use super::super::route::Version;
use super::super::{LoginCall, LoginReply, Named, resolve};
use super::delegated::wanted;
use super::log::Log;
use super::{client, missing, scope, user};
use crate::jwt::base64url;
use forestbed_sim::tenant::SignInKind;
use http::Method;
use serde_json::{Map, Value, json};

/// Seconds between two polls.
const INTERVAL: u64 = 5;
/// Letters of a user code: none that look alike.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Letters that a user types.
const USER_CODE: usize = 9;
/// The page where they are typed.
const PAGE: &str = "common/oauth2/deviceauth";

/// `devicecode`.
pub(crate) fn codes(call: &LoginCall<'_>, tenant: &str, version: Version) -> LoginReply {
    let form = match *call.method {
        Method::POST => Form::of_body(call.headers, call.body),
        // the older endpoint's clients may ask by GET
        _ => Form::parse(call.query.as_bytes()),
    };
    match give(call, tenant, version, &form) {
        Ok(reply) => reply,
        Err(error) => error.with_version(version).reply(call),
    }
}

fn give(call: &LoginCall<'_>, tenant: &str, version: Version, form: &Form) -> Result<LoginReply, StsError> {
    if *call.method != Method::POST && version == Version::V2 {
        return Err(StsError::new(900_561).with("method", call.method.as_str()));
    }
    resolve(call.tenant, tenant)?;
    let client = form.get("client_id").ok_or_else(|| missing("client_id"))?;
    let client = client::known(call, client)?;
    if !client.allows_public_flows {
        return Err(StsError::new(7_000_218));
    }
    let scope = wanted(form, version).ok_or_else(|| match version {
        Version::V1 => missing("resource"),
        Version::V2 => missing("scope"),
    })?;
    scope::delegated(call, &client, &scope)?;
    let drawn = call.seal.draw("device code", call.flows.serial());
    let user_code: String =
        drawn.iter().take(USER_CODE).map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    let device_code = base64url(&drawn);
    let device = Device {
        user_code: user_code.clone(),
        client: client.app_id,
        scope,
        issued: call.now,
        verdict: Verdict::Pending,
    };
    call.flows.wait(device_code.clone(), device);
    let address = format!("{}/{PAGE}", call.base);
    let text = format!(
        "To sign in, use a web browser to open the page {address} and enter the code {user_code} to authenticate."
    );
    let number = |number: u64| match version {
        Version::V1 => json!(number.to_string()),
        Version::V2 => json!(number),
    };
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("user_code", json!(user_code));
    put("device_code", json!(device_code));
    put(if version == Version::V1 { "verification_url" } else { "verification_uri" }, json!(address));
    put("expires_in", number(DEVICE_CODE_LIFETIME.as_secs()));
    put("interval", number(INTERVAL));
    put("message", json!(text));
    Ok(LoginReply { client: client.app_id.to_string(), ..LoginReply::json(200, &Value::Object(body)) })
}

/// The page: shows its form, and takes what is typed there.
pub(crate) fn verification(call: &LoginCall<'_>) -> LoginReply {
    if *call.method != Method::POST {
        let form = Form::parse(call.query.as_bytes());
        return show(call, form.get("user_code").or_else(|| form.get("otc")).unwrap_or(""), None);
    }
    let form = Form::of_body(call.headers, call.body);
    let mut log = Log::new(SignInKind::InteractiveUser, true);
    let code = form.get("otc").or_else(|| form.get("user_code")).unwrap_or("");
    let (mut reply, failed) = match decide(call, &form, code, &mut log) {
        Ok(text) => (page::text(200, "Sign in to your device", &text), None),
        Err(error) => {
            let wrong = (error.status(), error.description(call));
            (show(call, code, Some(wrong)), Some(error.summary()))
        }
    };
    reply.noted = log.finish(call, failed);
    reply
}

fn decide(call: &LoginCall<'_>, form: &Form, code: &str, log: &mut Log) -> Result<String, StsError> {
    let device = call.flows.of_user_code(code).filter(|device| !device.expired(call.now));
    let device = device.ok_or_else(|| StsError::new(70_018))?;
    let client = call.tenant.client(device.client).ok_or_else(|| StsError::new(70_018))?;
    let asked = scope::delegated(call, &client, &device.scope)?;
    let name = client.display_name.clone();
    if form.get("decline").is_some() {
        let declined = call.flows.decide(code, Verdict::Declined);
        return declined
            .then(|| format!("You have declined the sign-in to {name} on your device."))
            .ok_or_else(|| StsError::new(70_018));
    }
    log.app(client.app_id);
    log.resource(&asked.resource);
    let typed = (form.get("login").unwrap_or(""), form.get("passwd").unwrap_or(""));
    let second = form.get("mfa").is_some();
    let user = user::check(call, Named::Any, typed, second, log)?;
    asked.granted(call, &client, user.id())?;
    let mut methods = vec!["pwd".to_owned()];
    methods.extend(second.then(|| "mfa".to_owned()));
    let verdict = Verdict::Approved { user: user.id(), session: user.session(), methods };
    let approved = call.flows.decide(code, verdict);
    let text = format!(
        "You have signed in to the {name} application on your device. You may now close this window."
    );
    approved.then_some(text).ok_or_else(|| StsError::new(70_018))
}

fn show(call: &LoginCall<'_>, code: &str, wrong: Option<(u16, String)>) -> LoginReply {
    let mut fields = vec![
        Field::Text { name: "otc", label: "Code", value: code },
        Field::Text { name: "login", label: "User name", value: "" },
        Field::Password { name: "passwd", label: "Password" },
    ];
    if call.tenant.switches().require_mfa {
        fields.push(Field::Tick { name: "mfa", label: "The second factor approves" });
    }
    fields.push(Field::Button { name: "submit", label: "Sign in" });
    fields.push(Field::Button { name: "decline", label: "Decline" });
    page::form("Enter the code of your device", &format!("/{PAGE}"), &fields, wrong)
}
