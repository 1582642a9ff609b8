//! The client of the service: tokens, calls, what answers mean to the engine.

use super::soap::{self, ADDRESS, CONTENT_TYPE};
use crate::tool::{ToolEnv, ToolError};
use crate::tools::graph::{SILENCE, describe, form_encode};
use forestbed_mock_graph::binary_xml::{Element, Limits, decode};
use forestbed_sync::Fault;
use serde_json::Value;

/// The application id of Entra Connect (Microsoft's list of first-party applications).
const ENTRA_CONNECT: &str = "cb1056e2-e479-49de-ae31-7812af012ed8";
const SCOPE: &str = "https://graph.windows.net/.default";
const LOGIN: &str = "https://login.microsoftonline.com";
/// The largest answer that is read, in octets.
const ANSWER_MAX: usize = 512 << 20;

/// What a company is set to, as far as an engine looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sync) struct Company {
    /// Synchronization is switched on.
    pub(in crate::sync) is_syncing: bool,
    /// Most deletions of one export; none: no limit.
    pub(in crate::sync) deletion_threshold: Option<u32>,
}

/// The service behind its host name.
pub(in crate::sync) struct Service {
    http: reqwest::Client,
    env: ToolEnv,
    token: Option<String>,
    calls: u64,
    /// HTTP requests so far, those for tokens too.
    pub(in crate::sync) requests: u64,
}

impl Service {
    /// A client that goes through the estate's proxy and trusts its CA.
    pub(in crate::sync) fn new(env: &ToolEnv) -> Result<Service, ToolError> {
        let cannot = |what: &str| ToolError::CannotStart(what.to_owned());
        if env.proxy_url.is_empty() {
            return Err(cannot(
                "the variable FORESTBED_PROXY_URL is missing: the provisioning service is behind the proxy",
            ));
        }
        let proxy = reqwest::Proxy::all(&env.proxy_url);
        let proxy = proxy.map_err(|error| cannot(&format!("the proxy {}: {error}", env.proxy_url)))?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::tools::tls_config(&env.ca_file)?)
            .proxy(proxy)
            .read_timeout(SILENCE)
            .build()
            .map_err(|error| cannot(&format!("no HTTP client: {error}")))?;
        Ok(Service { http, env: env.clone(), token: None, calls: 0, requests: 0 })
    }

    /// `GetCompanyConfiguration`.
    pub(in crate::sync) async fn company(&mut self) -> Result<Company, Fault> {
        let parameters = || vec![soap::parameter("includeLicenseInformation", Some("false"))];
        let result = self.call("GetCompanyConfiguration", parameters).await?;
        let is_syncing = soap::text_of(&result, "IsDirSyncing").is_some_and(|text| text == "true");
        let own = result.child("DirSyncConfiguration");
        let prevention = own.and_then(|own| own.child("PreventAccidentalDeletion"));
        let number = |element: &Element, name: &str| {
            soap::text_of(element, name).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default()
        };
        let threshold = prevention.and_then(|prevention| {
            let mode = soap::text_of(prevention, "DeletionPrevention").unwrap_or_default();
            match &*mode {
                "EnabledForCount" => Some(number(prevention, "ThresholdCount")),
                "EnabledForPercentage" => {
                    let all = own.and_then(|own| own.child("CurrentExport"));
                    let all = all.map_or(0, |export| number(export, "TotalConnectorSpaceObjects"));
                    Some(all.saturating_mul(number(prevention, "ThresholdPercentage")) / 100)
                }
                _ => None,
            }
        });
        let deletion_threshold = threshold.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
        Ok(Company { is_syncing, deletion_threshold })
    }

    /// `FinalizeExport`: so many were sent, so many taken.
    pub(in crate::sync) async fn finalize(&mut self, sent: u64, taken: u64) -> Result<(), Fault> {
        let parameters = || {
            vec![
                soap::parameter("totalExported", Some(&sent.to_string())),
                soap::parameter("successfulExportCount", Some(&taken.to_string())),
            ]
        };
        self.call("FinalizeExport", parameters).await.map(drop)
    }

    /// Calls an operation, with parameters that are made for each call; its result element.
    pub(super) async fn call(
        &mut self,
        operation: &'static str,
        parameters: impl Fn() -> Vec<Element>,
    ) -> Result<Element, Fault> {
        let is_new = self.token.is_none();
        match self.once(operation, parameters()).await {
            // a token lives about an hour: one that is refused is renewed once
            Err(Fault::Refused(text))
                if !is_new && text.contains("Access to Azure Active Directory has been denied") =>
            {
                self.token = None;
                self.once(operation, parameters()).await
            }
            answer => answer,
        }
    }

    async fn once(&mut self, operation: &'static str, parameters: Vec<Element>) -> Result<Element, Fault> {
        let token = match self.token.clone() {
            Some(token) => token,
            None => self.sign_in().await?,
        };
        self.calls += 1;
        self.requests += 1;
        let body = soap::request(operation, parameters, &token, self.calls).encode();
        let request = self
            .http
            .post(ADDRESS)
            .header("Content-Type", CONTENT_TYPE)
            .header("x-ms-aadmsods-apiaction", operation)
            .body(body);
        let lost = |error: reqwest::Error| Fault::Interrupted(format!("{operation}: {}", describe(&error)));
        let answer = request.send().await.map_err(lost)?;
        let status = answer.status().as_u16();
        let retry_after = retry_after(&answer);
        let octets = read(answer, operation).await?;
        let envelope = decode(&octets, &Limits::default());
        let is_envelope = envelope.is_ok();
        let outcome = match envelope {
            Ok(envelope) => soap::result(envelope, operation),
            Err(error) => Err(format!("no answer of the service: {error}")),
        };
        match (status, outcome) {
            (200, Ok(result)) => Ok(result),
            (200, Err(text)) => Err(Fault::Interrupted(format!("{operation}: {text}"))),
            (429 | 503, Err(text)) => Err(Fault::Busy { retry_after, text: format!("{operation}: {text}") }),
            (413, _) => {
                Err(Fault::Refused(format!("{operation}: the service takes no request as large as this")))
            }
            // a gateway that gave up waiting does not know what became of it
            (502 | 504, _) => Err(Fault::Interrupted(format!("{operation}: status {status}"))),
            (_, Err(text)) if is_envelope => Err(Fault::Refused(format!("{operation}: {text}"))),
            _ => Err(Fault::Interrupted(format!("{operation}: status {status}"))),
        }
    }

    /// Signs the administrator in with the application id of Entra Connect.
    async fn sign_in(&mut self) -> Result<String, Fault> {
        self.requests += 1;
        let form = [
            ("grant_type", "password"),
            ("client_id", ENTRA_CONNECT),
            ("username", &self.env.admin_upn),
            ("password", &self.env.cloud_password),
            ("scope", SCOPE),
        ];
        let form: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", form_encode(value))).collect();
        let url = format!("{LOGIN}/{}/oauth2/v2.0/token", self.env.tenant_id);
        let request = self.http.post(url).header("Content-Type", "application/x-www-form-urlencoded");
        let lost = |error: reqwest::Error| Fault::Interrupted(format!("no token: {}", describe(&error)));
        let answer = request.body(form.join("&")).send().await.map_err(lost)?;
        let status = answer.status().as_u16();
        let retry_after = retry_after(&answer);
        let octets = read(answer, "a token").await?;
        let body: Value = serde_json::from_slice(&octets).unwrap_or_default();
        let why = body["error_description"].as_str().unwrap_or("no token in the answer");
        match (body["access_token"].as_str(), status) {
            (Some(token), _) => {
                self.token = Some(token.to_owned());
                Ok(token.to_owned())
            }
            (None, 429 | 503) => Err(Fault::Busy { retry_after, text: why.to_owned() }),
            (None, 500..) => Err(Fault::Interrupted(format!("no token: status {status}"))),
            (None, _) => Err(Fault::Refused(format!("no token for {}: {why}", self.env.admin_upn))),
        }
    }
}

/// The whole answer, unless it is longer than any answer is.
async fn read(mut answer: reqwest::Response, what: &str) -> Result<Vec<u8>, Fault> {
    let mut octets = Vec::new();
    let lost = |error: reqwest::Error| Fault::Interrupted(format!("{what}: {}", describe(&error)));
    while let Some(chunk) = answer.chunk().await.map_err(lost)? {
        if octets.len() + chunk.len() > ANSWER_MAX {
            return Err(Fault::Refused(format!("{what}: an answer of more than {ANSWER_MAX} octets")));
        }
        octets.extend_from_slice(&chunk);
    }
    Ok(octets)
}

fn retry_after(answer: &reqwest::Response) -> Option<u64> {
    let told = answer.headers().get("Retry-After")?.to_str().ok()?.parse::<f64>().ok()?;
    // a number between 0 and a day fits
    Some(told.clamp(0.0, 86_400.0).ceil() as u64)
}
