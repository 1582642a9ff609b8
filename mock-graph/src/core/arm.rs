//! Resource Manager's side of the core: version, token, faults, then the sliver that is served.

use super::bearer::{Audience, Token};
use super::{
    Effect, Exchange, TenantCore, Unread, fault, head_bytes, headers, status_code, tell_retry_after,
};
use crate::arm::{self, ArmCall, ArmError};
use crate::hosts::is_microsoft;
use crate::jwt;
use crate::login::{LIFETIME_SECONDS, issued_at};
use bytes::Bytes;
use forestbed_sim::clock::SimTime;
use forestbed_sim::fault::HttpAction;
use forestbed_sim::journal::Side;
use http::header::{ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Response};
use serde_json::Value;
use std::time::Duration;

const JSON: &str = "application/json; charset=utf-8";

impl TenantCore {
    pub(super) fn arm(&self, exchange: &mut Exchange<'_>, unread: Option<Unread>) -> Response<Bytes> {
        let struck = if unread.is_none() { self.struck(exchange, Side::Login) } else { None };
        let mut wait = None;
        let mut answer = match struck {
            Some(fault) if !fault.carries_out() => Err(ArmError::fault(fault::NO_ANSWER)),
            _ => self.managed(exchange, unread),
        };
        if let Some(fault) = struck {
            match fault.action {
                HttpAction::Status { status, retry_after } => {
                    answer = Err(ArmError::fault(status));
                    wait = retry_after;
                }
                action => fault::act(exchange, action),
            }
        }
        let (status, body) = match answer {
            Ok((body, returned)) => {
                exchange.entry.returned = returned;
                (200, body)
            }
            Err(error) => {
                exchange.entry.unknown.clone_from(&error.unknown);
                (error.status, error.body())
            }
        };
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = status_code(status);
        let fields = response.headers_mut();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        headers::arm(fields, exchange.id, exchange.now, status < 400);
        if status == 405 {
            fields.insert(ALLOW, HeaderValue::from_static("GET"));
        }
        let challenge = (status == 401).then(|| HeaderValue::from_str(&self.challenge(exchange)).ok());
        if let Some(challenge) = challenge.flatten() {
            fields.insert(WWW_AUTHENTICATE, challenge);
        }
        tell_retry_after(&mut response, &mut exchange.entry, wait);
        response
    }

    fn managed(&self, exchange: &mut Exchange<'_>, unread: Option<Unread>) -> Result<(Value, u32), ArmError> {
        if let Some(why) = unread {
            exchange.effects.push(Effect::Close);
            let key = match why {
                Unread::TooLarge => "too-large",
                Unread::TimedOut => "timed-out",
                Unread::Broken => "broken",
            };
            return Err(ArmError::of(key, &[]));
        }
        let request = exchange.request;
        if head_bytes(request) > self.world.limits.max_head_bytes {
            return Err(ArmError::of("head-too-large", &[]));
        }
        let call = ArmCall {
            method: request.method(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or(""),
            base: &exchange.base,
        };
        // without a version not even the token is looked at: MicrosoftDocs/feedback#2279
        let version = arm::version(call.query)?;
        let token = self.token(exchange, Audience::Management).map_err(|key| refusal(exchange, key))?;
        let answer = arm::handle(&self.world.tenant(), &call, &version);
        exchange.entry.client = token.caller.app_id.to_string();
        answer
    }

    /// Where tokens are given: clients find the tenant by it (the header is from memory).
    fn challenge(&self, exchange: &Exchange<'_>) -> String {
        let authority = exchange.base.split_once("://").map_or("", |(_, authority)| authority);
        let real = is_microsoft(authority);
        let base = if real { "https://login.windows.net" } else { &exchange.base };
        let tenant = self.world.tenant().id();
        format!("Bearer authorization_uri=\"{base}/{tenant}\", error=\"invalid_token\"")
    }
}

/// The error of a token that is not taken, with what the token says.
fn refusal(exchange: &Exchange<'_>, key: &str) -> ArmError {
    let fields = exchange.request.headers();
    let text = Token::text(fields);
    if key == "token-empty" && text.is_none() && fields.contains_key(http::header::AUTHORIZATION) {
        return ArmError::of("token-header", &[]);
    }
    let claims = text.and_then(jwt::Parts::read).map_or(Value::Null, |parts| parts.claims);
    let claim = |name: &str| claims[name].as_str().unwrap_or("").chars().take(256).collect::<String>();
    let wall = exchange.reception.wall_seconds;
    let seconds =
        |seconds: u64| SimTime::from_millis(i64::try_from(seconds).unwrap_or(0).saturating_mul(1000));
    match key {
        "token-audience" => {
            let audiences = Audience::MANAGEMENT.map(|known| format!("'{known}'")).join(",");
            ArmError::of(key, &[("audience", &claim("aud")), ("audiences", &audiences)])
        }
        "token-tenant" => ArmError::of(key, &[("issuer", &claim("iss"))]),
        "token-lifetime" => {
            if claims["nbf"].as_u64().is_some_and(|from| wall < from) {
                return ArmError::of("token-early", &[]);
            }
            let by_wall = claims["exp"].as_u64().filter(|expires| *expires <= wall);
            let by_virtual = issued_at(&claim("aio"));
            let (expiry, now) = match (by_wall, by_virtual) {
                (None, Some(issued)) => (issued.plus(Duration::from_secs(LIFETIME_SECONDS)), exchange.now),
                (expires, _) => (seconds(expires.unwrap_or(wall)), seconds(wall)),
            };
            ArmError::of(key, &[("expiry", &arm::told(expiry)), ("now", &arm::told(now))])
        }
        other => ArmError::of(other, &[]),
    }
}
