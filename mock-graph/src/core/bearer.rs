//! Access tokens that come back: what each says, checked strictly, its signature checked once.

use crate::jwt::{self, Broken};
use crate::login::{GRAPH_APP_ID, GRAPH_URI, Keys, LIFETIME_SECONDS, issued_at};
use crate::resources::Caller;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Most verified tokens that are kept; the oldest one goes first.
const CACHE_MAX: usize = 1024;

/// Whom a token is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Microsoft Graph.
    Graph,
    /// Azure Resource Manager.
    Management,
    /// The directory service behind Azure AD Graph, whose tokens the provisioning service takes.
    DirectoryService,
    /// Anybody else.
    Other,
}

impl Audience {
    /// What Resource Manager takes, in the order in which it lists them (issue go-azure-helpers#51).
    pub(crate) const MANAGEMENT: [&str; 4] = [
        "https://management.core.windows.net/",
        "https://management.core.windows.net",
        "https://management.azure.com/",
        "https://management.azure.com",
    ];

    /// What the provisioning service takes (provisioning-service.md; with a slash at the end: assumed).
    const DIRECTORY_SERVICE: [&str; 3] =
        ["https://graph.windows.net", "https://graph.windows.net/", "00000002-0000-0000-c000-000000000000"];

    fn named(claim: &str) -> Audience {
        match claim {
            GRAPH_APP_ID | GRAPH_URI => Audience::Graph,
            _ if Audience::DIRECTORY_SERVICE.contains(&claim) => Audience::DirectoryService,
            _ if Audience::MANAGEMENT.contains(&claim) => Audience::Management,
            _ => Audience::Other,
        }
    }
}

/// What a token with a good signature says.
#[derive(Debug)]
pub(crate) struct Token {
    /// The application and its roles.
    pub(crate) caller: Caller,
    tenant: Option<Guid>,
    audience: Audience,
    not_before: u64,
    expires: u64,
    issued: Option<SimTime>,
    /// The place of the key that signed it.
    key: usize,
}

impl Token {
    fn read(claims: &Value, key: usize) -> Option<Token> {
        let guid = |name: &str| claims[name].as_str().and_then(Guid::parse);
        let roles = claims["roles"].as_array().map(Vec::as_slice).unwrap_or_default();
        // only a token for a user carries scopes
        let scopes = claims["scp"].as_str();
        let audience = claims["aud"].as_str()?;
        let tenant = guid("tid");
        let issuer = tenant.map(|tenant| format!("https://sts.windows.net/{tenant}/"));
        Some(Token {
            caller: Caller {
                app_id: guid("appid")?,
                roles: match scopes {
                    Some(_) => Vec::new(),
                    None => roles.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                },
                unchecked: false,
                user: scopes.and_then(|_| guid("oid")),
                scopes: scopes.unwrap_or("").split_ascii_whitespace().map(str::to_owned).collect(),
            },
            tenant: tenant.filter(|_| claims["iss"].as_str() == issuer.as_deref()),
            audience: Audience::named(audience),
            not_before: claims["nbf"].as_u64()?,
            expires: claims["exp"].as_u64()?,
            issued: claims["aio"].as_str().and_then(issued_at),
            key,
        })
    }

    /// What any text says when nothing is looked at: a token's application, user and permissions, as far as it
    /// has them.
    pub(crate) fn unchecked(text: &str) -> Token {
        let claims = jwt::Parts::read(text).map_or(Value::Null, |parts| parts.claims);
        let mut known = claims.as_object().cloned().unwrap_or_default();
        for (name, value) in [("aud", json!(GRAPH_URI)), ("nbf", json!(0)), ("exp", json!(u64::MAX))] {
            known.insert(name.to_owned(), value);
        }
        if claims["appid"].as_str().and_then(Guid::parse).is_none() {
            known.insert("appid".to_owned(), json!(Guid::NIL.to_string()));
        }
        let caller = Caller::default();
        let nothing = Token {
            caller,
            tenant: None,
            audience: Audience::Graph,
            not_before: 0,
            expires: 0,
            issued: None,
            key: 0,
        };
        let mut token = Token::read(&Value::Object(known), 0).unwrap_or(nothing);
        token.caller.unchecked = true;
        token
    }

    /// The token in a request's header; none when there is none.
    pub(crate) fn text(headers: &HeaderMap) -> Option<&str> {
        let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("").trim();
        let (scheme, token) = text.split_once(' ')?;
        Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
    }
}

/// What a token is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// Whom it must be meant for.
    pub(crate) audience: Audience,
    /// The tenant that must have given it.
    pub(crate) tenant: Guid,
    /// Seconds since 1970 by the client's clock.
    pub(crate) wall_seconds: u64,
    /// The virtual instant, where virtual time alone decides over lifetimes: on a frozen clock, which moves
    /// only when somebody says so. On the other clocks virtual time runs ahead of the one clock that a client
    /// can see, so only that one counts.
    pub(crate) virtual_now: Option<SimTime>,
    /// Which of the keys are listed.
    pub(crate) epoch: u64,
}

/// The tokens that were seen, and the check of each.
#[derive(Default)]
pub(crate) struct Bearer {
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    tokens: HashMap<Arc<str>, Arc<Token>>,
    order: VecDeque<Arc<str>>,
}

impl Bearer {
    /// A token as its bearer sent it, or the key of the error that refuses it.
    pub(crate) fn check(
        &self,
        text: &str,
        keys: &Keys,
        expected: Expected,
    ) -> Result<Arc<Token>, &'static str> {
        let token = self.verified(text, keys)?;
        if !keys.is_listed(token.key, expected.epoch) {
            return Err("token-signature");
        }
        if token.audience != expected.audience {
            return Err("token-audience");
        }
        if token.tenant != Some(expected.tenant) {
            return Err("token-tenant");
        }
        let aged = |now: SimTime| {
            let lifetime = Duration::from_secs(LIFETIME_SECONDS);
            token.issued.is_some_and(|issued| now >= issued.plus(lifetime))
        };
        let wall = token.not_before <= expected.wall_seconds && expected.wall_seconds < token.expires;
        if !wall || expected.virtual_now.is_some_and(aged) {
            return Err("token-lifetime");
        }
        Ok(token)
    }

    fn verified(&self, text: &str, keys: &Keys) -> Result<Arc<Token>, &'static str> {
        if let Some(token) = self.lock().tokens.get(text) {
            return Ok(Arc::clone(token));
        }
        let (claims, key) = jwt::verify(text, keys.all()).map_err(|broken| match broken {
            Broken::Malformed => "token-malformed",
            Broken::Signature => "token-signature",
        })?;
        let token = Arc::new(Token::read(&claims, key).ok_or("token-signature")?);
        let mut seen = self.lock();
        let key: Arc<str> = Arc::from(text);
        if seen.tokens.insert(Arc::clone(&key), Arc::clone(&token)).is_none() {
            seen.order.push_back(key);
        }
        if seen.order.len() > CACHE_MAX {
            let oldest = seen.order.pop_front();
            oldest.map(|oldest| seen.tokens.remove(&oldest));
        }
        Ok(token)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
