//! A client of the control API, for the command line.

use crate::Error;

/// The control API of a running estate.
#[derive(Debug, Clone, Copy)]
pub struct ControlClient<'a> {
    url: &'a str,
    token: &'a str,
}

impl<'a> ControlClient<'a> {
    /// The API at this address, with its bearer token.
    pub fn new(url: &'a str, token: &'a str) -> ControlClient<'a> {
        ControlClient { url, token }
    }

    /// `GET` of a path, as text.
    ///
    /// # Errors
    /// When nothing answers there, or with the API's own words.
    pub async fn get(&self, path: &str) -> Result<String, Error> {
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        let cannot =
            |e: reqwest::Error| Error::harness(format!("no estate answers at {url}: {}", e.without_url()));
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_backend_preconfigured(no_tls())
            .build()
            .map_err(cannot)?;
        let answer = http.get(&url).bearer_auth(self.token).send().await.map_err(cannot)?;
        let status = answer.status();
        let text = answer.text().await.map_err(cannot)?;
        if status.is_success() { Ok(text) } else { Err(Error::input(format!("{url}: {status}: {text}"))) }
    }
}

/// The control API speaks plain HTTP on loopback; the client still wants to be told which TLS it has.
fn no_tls() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider supports the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
