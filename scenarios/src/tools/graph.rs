//! The HTTP side of the reference tools: tokens, Graph with paging and obeyed Retry-After, the provisioning
//! operation.

use crate::tool::{ToolEnv, ToolError};
use forestbed_sim::clock::ClockMode;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;

/// How often a request is tried again after 429, 503 or 504 before the tool gives up.
const RETRIES: u32 = 20;
/// What a client waits when a server says "later" without saying when.
const DEFAULT_WAIT: Duration = Duration::from_secs(5);

/// How long a server may say nothing.
pub(crate) const SILENCE: Duration = Duration::from_secs(300);

/// A client of one tenant.
pub(crate) struct GraphClient {
    http: reqwest::Client,
    env: ToolEnv,
    token: Mutex<Option<String>>,
    counts: Mutex<Counts>,
}

/// What it cost so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) requests: u64,
    pub(super) writes: u64,
    pub(super) waits: u64,
}

/// An answer that is not a success.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{method} {path}: {status} {code}: {message}")]
pub(crate) struct Refusal {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl From<Refusal> for ToolError {
    fn from(refusal: Refusal) -> ToolError {
        ToolError::failed(refusal)
    }
}

impl GraphClient {
    /// A client that trusts the lab's CA; it asks for its token when it first needs one.
    pub(crate) fn new(env: &ToolEnv) -> Result<GraphClient, ToolError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(super::tls_config(&env.ca_file)?)
            .no_proxy()
            .read_timeout(SILENCE)
            .build()
            .map_err(|e| ToolError::CannotStart(format!("no HTTP client: {e}")))?;
        Ok(GraphClient { http, env: env.clone(), token: Mutex::default(), counts: Mutex::default() })
    }

    /// What it cost so far.
    pub(super) fn counts(&self) -> Counts {
        *lock(&self.counts)
    }

    /// `GET` of one thing.
    pub(super) async fn get(&self, path: &str) -> Result<Value, ToolError> {
        Ok(self.call(Method::GET, &self.url(path), None).await?)
    }

    /// `GET` of all pages of a collection.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<Value>, ToolError> {
        let mut url = self.url(path);
        let mut found = Vec::new();
        loop {
            let mut page = self.call(Method::GET, &url, None).await?;
            match page["value"].take() {
                Value::Array(values) => found.extend(values),
                _ => return Err(ToolError::Failed(format!("GET {url}: the answer holds no collection"))),
            }
            match page["@odata.nextLink"].as_str() {
                Some(next) => url = next.to_owned(),
                None => return Ok(found),
            }
        }
    }

    /// A write; the refusal is the caller's to read.
    pub(crate) async fn write(&self, method: Method, path: &str, body: &Value) -> Result<Value, Refusal> {
        lock(&self.counts).writes += 1;
        self.call(method, &self.url(path), Some(body)).await
    }

    async fn call(&self, method: Method, url: &str, body: Option<&Value>) -> Result<Value, Refusal> {
        let known = lock(&self.token).clone();
        let token = match known {
            Some(token) => token,
            None => self.renew(&method, url).await?,
        };
        match self.send(method.clone(), url, body, &token).await {
            // a token lives about an hour: ask once for a new one
            Err(refusal) if refusal.status == 401 => {
                let token = self.renew(&method, url).await?;
                self.send(method, url, body, &token).await
            }
            answer => answer,
        }
    }

    async fn renew(&self, method: &Method, url: &str) -> Result<String, Refusal> {
        let env = &self.env;
        let endpoint =
            format!("{}/{}/oauth2/v2.0/token", env.authority_url.trim_end_matches('/'), env.tenant_id);
        let scope = "https://graph.microsoft.com/.default";
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &env.client_id),
            ("client_secret", &env.client_secret),
            ("scope", scope),
        ];
        let form: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", form_encode(value))).collect();
        let failed = |e: &dyn std::fmt::Display| refusal(method, url, 0, "token", &e.to_string());
        let request = self
            .http
            .post(&endpoint)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.join("&"));
        let answer = request.send().await.map_err(|e| failed(&e))?;
        let answer: Value = answer.json().await.map_err(|e| failed(&e))?;
        let Some(token) = answer["access_token"].as_str() else {
            return Err(refusal(
                method,
                url,
                401,
                "token",
                answer["error_description"].as_str().unwrap_or("no token"),
            ));
        };
        *lock(&self.token) = Some(token.to_owned());
        Ok(token.to_owned())
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        body: Option<&Value>,
        token: &str,
    ) -> Result<Value, Refusal> {
        for _ in 0..RETRIES {
            lock(&self.counts).requests += 1;
            let mut request = self.http.request(method.clone(), url).bearer_auth(token);
            if let Some(body) = body {
                request = request.json(body);
            }
            let failed = |e: reqwest::Error| refusal(&method, url, 0, "transport", &describe(&e));
            let response = request.send().await.map_err(failed)?;
            let status = response.status();
            if matches!(status.as_u16(), 429 | 503 | 504) {
                let told =
                    response.headers().get("Retry-After").and_then(|v| v.to_str().ok()?.parse::<f64>().ok());
                let wait = told.map_or(DEFAULT_WAIT, |s| Duration::from_secs_f64(s.clamp(0.0, 3600.0)));
                self.wait(wait).await.map_err(|why| refusal(&method, url, status.as_u16(), "wait", &why))?;
                continue;
            }
            let bytes = response.bytes().await.map_err(failed)?;
            let answer: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            return if status.is_success() {
                Ok(answer)
            } else {
                Err(refused(&method, url, status, &answer))
            };
        }
        Err(refusal(&method, url, 429, "TooManyRequests", "given up after too many attempts"))
    }

    /// Waits as told: virtually where time is virtual, else by the wall clock.
    pub(crate) async fn wait(&self, span: Duration) -> Result<(), String> {
        lock(&self.counts).waits += 1;
        if self.env.clock == ClockMode::Realtime {
            // the server asked for it: this is a client's pause, not a test's
            #[allow(clippy::disallowed_methods)]
            tokio::time::sleep(span).await;
            return Ok(());
        }
        let url = format!("{}/api/clock", self.env.control_url.trim_end_matches('/'));
        let body = json!({ "wait": format!("{}ms", span.as_millis()) });
        let sent = self.http.post(&url).bearer_auth(&self.env.control_token).json(&body).send().await;
        let sent = sent.and_then(reqwest::Response::error_for_status);
        sent.map(drop).map_err(|e| format!("POST {url}: {}", describe(&e)))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1.0{path}", self.env.graph_url.trim_end_matches('/'))
    }
}

fn refused(method: &Method, url: &str, status: StatusCode, answer: &Value) -> Refusal {
    let error = &answer["error"];
    let code = error["code"].as_str().unwrap_or("no code");
    let message = error["message"].as_str().or_else(|| answer["detail"].as_str()).unwrap_or("no message");
    refusal(method, url, status.as_u16(), code, message)
}

fn refusal(method: &Method, url: &str, status: u16, code: &str, message: &str) -> Refusal {
    let path = url.splitn(4, '/').nth(3).map_or_else(|| url.to_owned(), |path| format!("/{path}"));
    Refusal { method: method.clone(), path, status, code: code.to_owned(), message: message.to_owned() }
}

/// An error with its causes: the outermost alone says little.
pub(crate) fn describe(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

pub(crate) fn form_encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|b| if plain(b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
