//! Every grant, and what is refused (microsoft-graph.md 1.1 to 1.5).

use super::support::{Answer, HOST_NAME, Lab, WALL, at, decode, world};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::spec::EstateSpec;
use forestbed_sim::tenant::{CallContext, Client};
use forestbed_sim::world::World;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const ADMIN: &str = "admin@contoso.onmicrosoft.com";
const TOKEN: &str = "/contoso.com/oauth2/v2.0/token";
const SCOPE: &str = "openid profile offline_access User.Read";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        let keep = |b: &u8| b.is_ascii_alphanumeric();
        text.bytes()
            .map(|b| if keep(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>().join("&")
}

pub(crate) fn with_switches(mode: ClockMode, switches: &[(&str, &str)]) -> Lab {
    let mut spec = EstateSpec { clock: mode, ..EstateSpec::default() };
    spec.forests.clear();
    for (name, value) in switches {
        spec.tenant.switches.insert((*name).to_owned(), (*value).to_owned());
    }
    Lab::of(Arc::new(World::generate(spec, 1).unwrap()))
}

impl Lab {
    pub(crate) fn password(&self) -> String {
        self.world.tenant().first_password()
    }

    fn app_id(&self) -> String {
        self.app.app_id.to_string()
    }

    /// Posts a form for the estate's application as a public client.
    fn ask(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let id = self.app_id();
        let all: Vec<(&str, &str)> = [("client_id", id.as_str())].iter().chain(fields).copied().collect();
        self.token(path, &encode(&all))
    }

    pub(crate) fn sign_in(&self, user: &str, password: &str) -> Answer {
        let fields =
            [("grant_type", "password"), ("username", user), ("password", password), ("scope", SCOPE)];
        self.ask(TOKEN, &fields)
    }

    fn refresh(&self, token: &str) -> Answer {
        self.ask(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", SCOPE)])
    }

    /// A page: status, where it leads to, and its text.
    pub(crate) fn page(&self, method: Method, path: &str, form: &[(&str, &str)]) -> (u16, String, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, HOST_NAME)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(encode(form)))
            .unwrap();
        let response = self.core.handle(&request, at(WALL, Duration::ZERO)).response;
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        (response.status().as_u16(), location.unwrap_or_default(), text)
    }
}

/// Status, OAuth code and number of a refusal.
fn refusal(answer: &Answer) -> (u16, &str, u64) {
    let number = answer.body["error_codes"][0].as_u64().unwrap_or(0);
    (answer.status, answer.body["error"].as_str().unwrap_or(""), number)
}

pub(crate) fn text<'a>(answer: &'a Answer, key: &str) -> &'a str {
    answer.body[key].as_str().unwrap_or("")
}

/// A value of a query or fragment.
fn part(location: &str, name: &str) -> Option<String> {
    let (_, fields) = location.split_once(['?', '#'])?;
    let value = fields.split('&').find_map(|field| field.strip_prefix(&format!("{name}=")))?;
    Some(percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned())
}

#[test]
fn a_password_gives_tokens_for_its_user() {
    let lab = Lab::new();
    let answer = lab.sign_in(ADMIN, &lab.password());
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (_, claims) = decode(text(&answer, "access_token"));
    let (oid, name) = {
        let tenant = lab.world.tenant();
        let user = tenant.user(ADMIN).unwrap();
        (user.id().to_string(), ADMIN)
    };
    for (claim, expected) in [
        ("aud", json!("https://graph.microsoft.com")),
        ("ver", json!("1.0")),
        ("idtyp", json!("user")),
        ("oid", json!(oid)),
        ("upn", json!(name)),
        ("unique_name", json!(name)),
        ("appid", json!(lab.app_id())),
        // a public client proves nothing
        ("appidacr", json!("0")),
        ("amr", json!(["pwd"])),
        ("tid", json!(lab.tenant.to_string())),
    ] {
        assert_eq!(claims[claim], expected, "{claim}");
    }
    assert!(claims.get("roles").is_none());
    let scopes: Vec<&str> = claims["scp"].as_str().unwrap().split(' ').collect();
    assert!(
        scopes.contains(&"User.Read") && scopes.contains(&"openid") && !scopes.contains(&"offline_access")
    );
    // the global administrator's role template
    assert!(claims["wids"].as_array().unwrap().contains(&json!("62e90394-69f5-4237-9190-012177145e10")));
    let (_, identity) = decode(text(&answer, "id_token"));
    assert_eq!((&identity["aud"], &identity["preferred_username"]), (&json!(lab.app_id()), &json!(name)));
    assert_eq!(identity["iss"], format!("https://{HOST_NAME}/{}/v2.0", lab.tenant));
    assert!(text(&answer, "scope").split(' ').any(|scope| scope == "User.Read"));
    assert!(!text(&answer, "refresh_token").is_empty());
    // without offline_access and openid there is neither
    let fields = [("grant_type", "password"), ("username", ADMIN), ("password", &lab.password())];
    let less = lab.ask(TOKEN, &[&fields[..], &[("scope", "User.Read"), ("client_info", "1")]].concat());
    assert!(less.body.get("refresh_token").is_none() && less.body.get("id_token").is_none());
    let info = URL_SAFE_NO_PAD.decode(text(&less, "client_info")).unwrap();
    let info: Value = serde_json::from_slice(&info).unwrap();
    assert_eq!(info, json!({ "uid": oid, "utid": lab.tenant.to_string() }));
}

#[test]
fn the_older_endpoint_gives_them_by_resource() {
    let lab = Lab::new();
    let fields = [
        ("grant_type", "password"),
        ("username", ADMIN),
        ("password", &lab.password()),
        ("resource", "https://graph.microsoft.com"),
    ];
    for tenant in ["common", "organizations", "contoso.com"] {
        let answer = lab.ask(&format!("/{tenant}/oauth2/token"), &fields);
        assert_eq!(answer.body["expires_in"], "3599", "{tenant} {}", answer.body);
        assert_eq!(answer.body["resource"], "https://graph.microsoft.com");
        let again = [("grant_type", "refresh_token"), ("refresh_token", text(&answer, "refresh_token"))];
        let again = lab.ask(&format!("/{tenant}/oauth2/token"), &again);
        assert_eq!((again.status, &again.body["expires_in"]), (200, &json!("3599")), "{}", again.body);
    }
}

#[test]
fn users_who_do_not_get_in_are_told_why() {
    let lab = Lab::new();
    let right = lab.password();
    let check = |lab: &Lab, user: &str, password: &str, error: &str, code: u64| {
        assert_eq!(refusal(&lab.sign_in(user, password)), (400, error, code), "{user}");
    };
    check(&lab, ADMIN, "Wrong-1234", "invalid_grant", 50_126);
    check(&lab, "nobody@contoso.com", &right, "invalid_grant", 50_034);
    let answer = lab.sign_in("nobody@contoso.com", &right);
    assert!(text(&answer, "error_description").starts_with(&format!(
        "AADSTS50034: The user account nobody@contoso.com does not exist in the {} directory.",
        lab.tenant
    )));
    // an object id signs nobody in
    let id = lab.world.tenant().user(ADMIN).unwrap().id();
    check(&lab, &id.to_string(), &right, "invalid_grant", 50_034);
    let ctx = CallContext { now: lab.world.clock.now(), app: None };
    let set = |body: Value| lab.world.tenant_mut().update(&ctx, id, body.as_object().unwrap()).unwrap();
    set(json!({ "accountEnabled": false }));
    check(&lab, ADMIN, &right, "invalid_grant", 50_057);
    set(json!({ "accountEnabled": true }));
    let forced = json!({ "password": "Second-1234", "forceChangePasswordNextSignIn": true });
    set(json!({ "passwordProfile": forced }));
    check(&lab, ADMIN, "Second-1234", "invalid_grant", 50_055);
    assert_eq!(lab.sign_in(ADMIN, "Second-1234").body["suberror"], "user_password_expired");
    for nth in 0..10 {
        check(&lab, ADMIN, &format!("Wrong-{nth}"), "invalid_grant", 50_126);
    }
    check(&lab, ADMIN, "Second-1234", "invalid_grant", 50_053);
    let mfa = with_switches(ClockMode::Frozen, &[("require_mfa", "on")]);
    check(&mfa, ADMIN, &right, "interaction_required", 50_076);
    let answer = mfa.sign_in(ADMIN, &right);
    assert_eq!(answer.body["suberror"], "basic_action");
    assert!(serde_json::from_str::<Value>(text(&answer, "claims")).unwrap().is_object());
    let fields = [("grant_type", "password"), ("username", ADMIN), ("password", &right)];
    let older = [&fields[..], &[("resource", "https://graph.microsoft.com")]].concat();
    assert_eq!(refusal(&mfa.ask("/contoso.com/oauth2/token", &older)), (400, "invalid_grant", 50_076));
}

#[test]
fn what_a_user_cannot_be_asked_is_refused() {
    let lab = Lab::new();
    let right = lab.password();
    let check = |path: &str, scope: &str, error: &str, code: u64| {
        let fields =
            [("grant_type", "password"), ("username", ADMIN), ("password", &right), ("scope", scope)];
        let answer = lab.ask(path, &fields);
        assert_eq!(refusal(&answer), (400, error, code), "{path} {scope}: {}", answer.body);
    };
    check(TOKEN, "Mail.Send", "invalid_grant", 65_001);
    check(TOKEN, "No.Such.Permission", "invalid_client", 650_053);
    check(TOKEN, "https://fabrikam.com/Read", "invalid_resource", 500_011);
    check(TOKEN, "User.Read https://graph.windows.net/user_impersonation", "invalid_scope", 28_000);
    check("/common/oauth2/v2.0/token", "User.Read", "invalid_request", 9_001_023);
    let fields = [("grant_type", "password"), ("password", &right), ("scope", "User.Read")];
    assert_eq!(refusal(&lab.ask(TOKEN, &fields)), (400, "invalid_request", 900_144));
    let fields = [("grant_type", "password"), ("username", "ada@fabrikam.com"), ("password", &right)];
    let foreign = [&fields[..], &[("scope", "User.Read")]].concat();
    let answer = lab.ask("/organizations/oauth2/v2.0/token", &foreign);
    assert_eq!(refusal(&answer), (400, "invalid_request", 50_128));
}

#[test]
fn a_refresh_token_is_renewed_until_it_expires_or_the_session_ends() {
    let lab = Lab::new();
    let first = text(&lab.sign_in(ADMIN, &lab.password()), "refresh_token").to_owned();
    let day = Duration::from_secs(86_400);
    lab.world.advance(day * 89);
    let renewed = lab.refresh(&first);
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    let second = text(&renewed, "refresh_token").to_owned();
    assert_ne!(first, second);
    // the older one is good for its own 90 days
    assert_eq!(lab.refresh(&first).status, 200);
    lab.world.advance(day);
    assert_eq!(refusal(&lab.refresh(&first)), (400, "invalid_grant", 700_082));
    assert_eq!(lab.refresh(&second).status, 200);
    let ctx = CallContext { now: lab.world.clock.now(), app: None };
    let id = lab.world.tenant().user(ADMIN).unwrap().id();
    lab.world.tenant_mut().revoke_sessions(&ctx, id).unwrap();
    assert_eq!(refusal(&lab.refresh(&second)), (400, "invalid_grant", 50_173));
    let third = text(&lab.sign_in(ADMIN, &lab.password()), "refresh_token").to_owned();
    assert_eq!(lab.refresh(&third).status, 200);
    let profile = json!({ "passwordProfile": { "password": "Second-1234" } });
    lab.world.tenant_mut().update(&ctx, id, profile.as_object().unwrap()).unwrap();
    assert_eq!(refusal(&lab.refresh(&third)), (400, "invalid_grant", 50_173));
    for garbage in ["x", "1.", "1.AAAA", "1.%00", &"a".repeat(40_000)] {
        assert_eq!(refusal(&lab.refresh(garbage)), (400, "invalid_grant", 9_002_313), "{garbage:.9}");
    }
}

#[test]
fn what_was_given_before_a_reset_is_worth_nothing_after_it() {
    let lab = Lab::new();
    let poll = |device: &Answer| {
        let fields = [("grant_type", DEVICE), ("device_code", text(device, "device_code"))];
        lab.ask("/organizations/oauth2/v2.0/token", &fields)
    };
    lab.world.advance(Duration::from_secs(60));
    let device = lab.ask("/organizations/oauth2/v2.0/devicecode", &[("scope", SCOPE)]);
    let refresh = text(&lab.sign_in(ADMIN, &lab.password()), "refresh_token").to_owned();
    assert_eq!(refusal(&poll(&device)), (400, "authorization_pending", 70_016));
    assert_eq!(lab.refresh(&refresh).status, 200);
    lab.world.reset();
    assert_eq!(refusal(&poll(&device)).2, 70_018);
    assert_eq!(refusal(&lab.refresh(&refresh)).2, 700_082);
}

#[test]
fn a_device_waits_for_its_user() {
    let lab = Lab::new();
    let begin = || lab.ask("/organizations/oauth2/v2.0/devicecode", &[("scope", SCOPE)]);
    let device = begin();
    assert_eq!(
        (&device.body["expires_in"], &device.body["interval"]),
        (&json!(900), &json!(5)),
        "{}",
        device.body
    );
    let user_code = text(&device, "user_code").to_owned();
    assert!(text(&device, "message").contains(&user_code));
    let uri =
        text(&device, "verification_uri").strip_prefix(&format!("https://{HOST_NAME}")).unwrap().to_owned();
    let poll = |device: &Answer| {
        let fields = [("grant_type", DEVICE), ("device_code", text(device, "device_code"))];
        lab.ask("/organizations/oauth2/v2.0/token", &fields)
    };
    assert_eq!(refusal(&poll(&device)), (400, "authorization_pending", 70_016));
    let (status, _, page) = lab.page(Method::GET, &uri, &[]);
    assert!(
        status == 200 && page.contains("<form method=\"post\"") && page.contains("name=\"otc\""),
        "{page}"
    );
    let right = lab.password();
    let mut typed = [("otc", "WRONGCODE"), ("login", ADMIN), ("passwd", &right)];
    assert_eq!(lab.page(Method::POST, &uri, &typed).0, 400);
    typed[0].1 = &user_code;
    typed[2].1 = "Wrong-1234";
    let (status, _, page) = lab.page(Method::POST, &uri, &typed);
    assert!(status == 400 && page.contains("AADSTS50126"), "{page}");
    typed[2].1 = &right;
    assert_eq!(lab.page(Method::POST, &uri, &typed).0, 200);
    let answer = poll(&device);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (_, claims) = decode(text(&answer, "access_token"));
    assert_eq!(claims["upn"], ADMIN);
    assert_eq!(lab.refresh(text(&answer, "refresh_token")).status, 200);
    assert_eq!(refusal(&poll(&device)), (400, "bad_verification_code", 70_018));
    let declined = begin();
    let typed = [("otc", text(&declined, "user_code")), ("decline", "1")];
    assert_eq!(lab.page(Method::POST, &uri, &typed).0, 200);
    assert_eq!(refusal(&poll(&declined)).1, "authorization_declined");
    let expired = begin();
    lab.world.advance(Duration::from_secs(899));
    assert_eq!(refusal(&poll(&expired)).1, "authorization_pending");
    lab.world.advance(Duration::from_secs(1));
    assert_eq!(refusal(&poll(&expired)), (400, "expired_token", 70_020));
}

fn authorize(extra: &[(&str, &str)]) -> String {
    let fields = [("response_type", "code"), ("redirect_uri", "http://localhost:5005"), ("state", "a b&c")];
    let own = fields.iter().filter(|(name, _)| !extra.iter().any(|(other, _)| other == name));
    let mut all: Vec<(&str, &str)> = own.copied().chain(extra.iter().copied()).collect();
    if !all.iter().any(|(name, _)| *name == "scope") {
        all.push(("scope", SCOPE));
    }
    format!("/contoso.com/oauth2/v2.0/authorize?{}", encode(&all))
}

#[test]
fn a_code_from_the_page_is_redeemed_once_with_its_verifier() {
    let lab = Lab::new();
    let (id, right) = (lab.app_id(), lab.password());
    let path = authorize(&[
        ("client_id", &id),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("nonce", "n-1"),
        ("login_hint", ADMIN),
    ]);
    let (status, _, page) = lab.page(Method::GET, &path, &[]);
    assert!(status == 200 && page.contains("name=\"passwd\"") && page.contains(ADMIN), "{page}");
    let (status, _, page) = lab.page(Method::POST, &path, &[("login", ADMIN), ("passwd", "Wrong-1")]);
    assert!(status == 400 && page.contains("AADSTS50126"), "{page}");
    let give = || lab.page(Method::POST, &path, &[("login", ADMIN), ("passwd", &right)]);
    let (status, location, _) = give();
    assert!(status == 302 && location.starts_with("http://localhost:5005?"), "{location}");
    assert_eq!(part(&location, "state").as_deref(), Some("a b&c"));
    let code = part(&location, "code").unwrap();
    let redeem = |code: &str, redirect: &str, verifier: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ];
        lab.ask(TOKEN, &fields)
    };
    let here = "http://localhost:5005";
    let wrong = CHALLENGE;
    assert_eq!(refusal(&redeem(&code, here, wrong)), (400, "invalid_grant", 501_481));
    assert_eq!(refusal(&redeem(&code, "http://localhost:1", VERIFIER)), (400, "invalid_grant", 500_112));
    let answer = redeem(&code, here, VERIFIER);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (_, identity) = decode(text(&answer, "id_token"));
    assert_eq!(identity["nonce"], "n-1");
    assert_eq!(refusal(&redeem(&code, here, VERIFIER)), (400, "invalid_grant", 54_005));
    let late = part(&give().1, "code").unwrap();
    lab.world.advance(Duration::from_secs(600));
    assert_eq!(refusal(&redeem(&late, here, VERIFIER)), (400, "invalid_grant", 70_008));
    // a refresh token is no code
    assert_eq!(refusal(&redeem(text(&answer, "refresh_token"), here, VERIFIER)).2, 9_002_313);
}

#[test]
fn the_page_answers_in_the_mode_that_was_asked() {
    let lab = Lab::new();
    let (id, right) = (lab.app_id(), lab.password());
    let typed = [("login", ADMIN), ("passwd", right.as_str())];
    let send = |extra: &[(&str, &str)]| {
        let all = [&[("client_id", id.as_str())], extra].concat();
        lab.page(Method::POST, &authorize(&all), &typed)
    };
    assert!(send(&[("response_mode", "fragment")]).1.starts_with("http://localhost:5005#code="));
    let (status, _, page) = send(&[("response_mode", "form_post")]);
    assert!(
        status == 200 && page.contains("action=\"http://localhost:5005\"") && page.contains("name=\"code\"")
    );
    let (_, location, _) = send(&[("response_type", "code id_token"), ("nonce", "n")]);
    let (_, identity) = decode(&part(&location, "id_token").unwrap());
    // OpenID Connect Core 3.3.2.11
    let code = part(&location, "code").unwrap();
    assert_eq!(identity["c_hash"], URL_SAFE_NO_PAD.encode(&digest(&SHA256, code.as_bytes()).as_ref()[..16]));
    let plain = [("code_challenge", VERIFIER), ("code_challenge_method", "plain")];
    let code = part(&send(&plain).1, "code").unwrap();
    let fields = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)];
    let fields = [&fields[..], &[("redirect_uri", "http://localhost:5005")]].concat();
    assert_eq!(lab.ask(TOKEN, &fields).status, 200);
}

#[test]
fn the_page_tells_the_client_or_the_user_what_is_wrong() {
    let lab = Lab::new();
    let (id, right) = (lab.app_id(), lab.password());
    let typed = [("login", ADMIN), ("passwd", right.as_str())];
    // the user, when nobody knows where to send an answer
    for (client, redirect, code) in [
        ("6fd2c87f-b296-42f0-b197-1e91e994b900", "http://localhost", "AADSTS700016"),
        (id.as_str(), "https://evil.example", "AADSTS50011"),
        (id.as_str(), "http://localhost.evil.example", "AADSTS50011"),
        (id.as_str(), "http://localhost:80@evil.example", "AADSTS50011"),
    ] {
        let path = authorize(&[("client_id", client), ("redirect_uri", redirect)]);
        let (status, location, page) = lab.page(Method::POST, &path, &typed);
        assert!(status == 400 && location.is_empty() && page.contains(code), "{redirect}: {page}");
    }
    // the client otherwise
    for (name, value, error, code) in [
        ("prompt", "none", "login_required", "AADSTS50058"),
        ("response_type", "token", "unsupported_response_type", "AADSTS700051"),
        ("scope", "Mail.Send", "consent_required", "AADSTS65001"),
        ("code_challenge", "short", "invalid_request", "AADSTS501491"),
    ] {
        let path = authorize(&[("client_id", &id), (name, value)]);
        let (status, location, _) = lab.page(Method::POST, &path, &typed);
        assert_eq!((status, part(&location, "error").as_deref()), (302, Some(error)), "{name}");
        assert_eq!(part(&location, "state").as_deref(), Some("a b&c"));
        assert!(part(&location, "error_description").unwrap().starts_with(code), "{location}");
    }
    let path = authorize(&[("client_id", &id)]);
    let (_, location, _) = lab.page(Method::POST, &path, &[("cancel", "1")]);
    assert_eq!(part(&location, "error").as_deref(), Some("access_denied"));
    let mfa = with_switches(ClockMode::Frozen, &[("require_mfa", "on")]);
    assert_eq!(mfa.page(Method::POST, &path, &typed).0, 400);
    let second = [&typed[..], &[("mfa", "1")]].concat();
    let code = part(&mfa.page(Method::POST, &path, &second).1, "code").unwrap();
    let fields =
        [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "http://localhost:5005")];
    let (_, claims) = decode(text(&mfa.ask(TOKEN, &fields), "access_token"));
    assert_eq!(claims["amr"], json!(["pwd", "mfa"]));
}

/// An assertion signed apart from the code under test.
fn assertion(lab: &Lab, header: &Value, change: impl FnOnce(&mut Value)) -> String {
    let pem: String = Client::certificate_and_key().1.lines().filter(|line| !line.starts_with('-')).collect();
    let key = ring::rsa::KeyPair::from_der(&STANDARD.decode(pem).unwrap()).unwrap();
    let mut claims = json!({
        "aud": format!("https://{HOST_NAME}/{}/oauth2/v2.0/token", lab.tenant),
        "iss": lab.app_id(),
        "sub": lab.app_id(),
        "jti": "6fd2c87f-b296-42f0-b197-1e91e994b900",
        "nbf": WALL,
        "exp": WALL + 600,
    });
    change(&mut claims);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(&claims));
    let mut signature = vec![0; key.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    let padding: &dyn ring::signature::RsaEncoding = match header["alg"].as_str() {
        Some("PS256") => &ring::signature::RSA_PSS_SHA256,
        _ => &ring::signature::RSA_PKCS1_SHA256,
    };
    key.sign(padding, &random, message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_certificate_stands_for_a_secret() {
    let lab = Lab::new();
    let pem: String = Client::certificate_and_key().0.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(pem).unwrap();
    let sha1 = URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &der));
    let sha256 = URL_SAFE_NO_PAD.encode(digest(&SHA256, &der));
    let ask = |assertion: &str| {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        lab.ask(TOKEN, &fields)
    };
    let good = json!({ "alg": "RS256", "x5t": sha1 });
    let either = json!({ "alg": "PS256", "x5t": sha1 });
    for header in [good.clone(), either, json!({ "alg": "PS256", "x5t#S256": sha256 })] {
        let answer = ask(&assertion(&lab, &header, |_| {}));
        assert_eq!(answer.status, 200, "{header} {}", answer.body);
        let (_, claims) = decode(text(&answer, "access_token"));
        assert_eq!((&claims["appidacr"], &claims["roles"]), (&json!("2"), &json!(lab.app.roles)));
    }
    let check = |header: &Value, claim: &str, value: Value, status: u16, code: u64| {
        let answer = ask(&assertion(&lab, header, |claims| claims[claim] = value.clone()));
        let (got, error, number) = refusal(&answer);
        let expected = if status == 401 { "invalid_client" } else { "invalid_request" };
        assert_eq!((got, error, number), (status, expected, code), "{header} {claim} {value}");
    };
    let stranger = json!("6fd2c87f-b296-42f0-b197-1e91e994b900");
    check(&good, "iss", stranger.clone(), 401, 700_021);
    check(&good, "sub", stranger, 401, 700_021);
    check(&good, "aud", json!("https://fabrikam.com/token"), 401, 700_023);
    check(&good, "exp", json!(WALL - 301), 401, 700_024);
    check(&good, "nbf", json!(WALL + 301), 401, 700_024);
    check(&good, "jti", Value::Null, 400, 50_027);
    check(&json!({ "alg": "RS256", "x5t": "AAAA" }), "x", json!(1), 401, 700_027);
    check(&json!({ "alg": "none", "x5t": sha1 }), "x", json!(1), 401, 700_027);
}

#[test]
fn other_applications_and_resources_get_tokens_of_their_own() {
    let lab = Lab::new();
    // microsoft-graph.md 1.4: a token for the application itself is of the second generation
    let form = lab.form().replace("https%3A%2F%2Fgraph.microsoft.com", &lab.app_id());
    let (header, claims) = decode(text(&lab.token(TOKEN, &form), "access_token"));
    assert_eq!((&claims["ver"], &claims["aud"]), (&json!("2.0"), &json!(lab.app_id())));
    assert_eq!(claims["iss"], format!("https://{HOST_NAME}/{}/v2.0", lab.tenant));
    for claim in ["azp", "azpacr", "oid", "sub", "tid", "uti", "aio"] {
        assert!(claims.get(claim).is_some(), "{claim}");
    }
    assert!(header["kid"].is_string());
    let form =
        lab.form().replace("https%3A%2F%2Fgraph.microsoft.com", "https%3A%2F%2Fmanagement.azure.com%2F");
    let answer = lab.token(TOKEN, &form);
    let token = format!("Bearer {}", text(&answer, "access_token"));
    assert_eq!(lab.graph("GET", "/v1.0/users", &token, at(WALL, Duration::ZERO)).status, 401);
}

#[test]
fn signing_keys_take_turns_on_virtual_time() {
    let lab = with_switches(ClockMode::Stepped, &[("signing_key_rotation", "10d")]);
    let kids = || -> Vec<String> {
        let set = lab.get("/common/discovery/keys").body;
        let keys = set["keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let kid =
        |bearer: &str| decode(bearer.strip_prefix("Bearer ").unwrap()).0["kid"].as_str().unwrap().to_owned();
    let status = |bearer: &str| lab.graph("GET", "/v1.0/users", bearer, at(WALL, Duration::ZERO)).status;
    let (first, listed) = (lab.bearer(), kids());
    assert_eq!(kid(&first), listed[0]);
    lab.world.advance(Duration::from_secs(10 * 86_400));
    let second = lab.bearer();
    // the next one was announced, and the former one is still good
    assert_eq!(kid(&second), listed[1]);
    assert!(kids().contains(&kid(&first)));
    assert_eq!((status(&first), status(&second)), (200, 200));
    lab.world.advance(Duration::from_secs(10 * 86_400));
    assert!(!kids().contains(&kid(&first)) && kids().contains(&kid(&second)));
    assert_eq!((status(&first), status(&second)), (401, 200));
}

#[test]
fn any_token_will_do_when_checks_are_relaxed() {
    let lab = with_switches(ClockMode::Frozen, &[("token_checks", "relaxed")]);
    let status = |bearer: &str| lab.graph("GET", "/v1.0/users", bearer, at(WALL, Duration::ZERO)).status;
    assert_eq!((status("Bearer anything"), status("")), (200, 401));
    let strict = Lab::of(world(ClockMode::Frozen, |_| {}));
    assert_eq!(strict.graph("GET", "/v1.0/users", "Bearer anything", at(WALL, Duration::ZERO)).status, 401);
}

#[test]
fn every_sign_in_is_logged() {
    let lab = Lab::new();
    lab.bearer();
    lab.sign_in(ADMIN, &lab.password());
    lab.sign_in(ADMIN, "Wrong-1234");
    let tenant = lab.world.tenant();
    let log: Vec<(&str, u32, &str)> = tenant
        .sign_ins()
        .map(|entry| {
            let event = &entry.1.event;
            (event.kind.name(), event.error_code, event.user_principal_name.as_str())
        })
        .collect();
    let expected =
        [("servicePrincipal", 0, ""), ("interactiveUser", 0, ADMIN), ("interactiveUser", 50_126, ADMIN)];
    assert_eq!(log, expected);
    assert!(tenant.sign_ins().all(|entry| entry.1.event.resource == "Microsoft Graph"));
}
