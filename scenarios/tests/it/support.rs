//! What the tests share.

use forestbed_scenarios::tool::{BoxFuture, Tool, ToolEnv, ToolError, ToolOutcome};
use forestbed_scenarios::{Lab, runner};
use reqwest::{Client, Method, Response};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A small clean estate as the head of a scenario file.
pub(crate) const SMALL: &str = "format: 1
name: small
forests:
  - domain: contoso.local
    upn_suffixes: [contoso.com]
    population: { users: 12, groups: 3, contacts: 1, rooms: 1, computers: 1, services: 1 }
    defects: {}
    decoys: 0
";

/// A scenario file in a folder of its own.
pub(crate) struct File {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

impl File {
    /// The small estate with these steps.
    pub(crate) fn small(steps: &str) -> File {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("small.yaml");
        std::fs::write(&path, format!("{SMALL}steps:\n{steps}")).unwrap();
        File { folder, path }
    }

    pub(crate) fn options(&self) -> runner::RunOptions {
        runner::RunOptions { progress: false, folder: self.folder.path().to_owned(), ..Default::default() }
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.folder.path().join(name).exists()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

/// A lab of a small clean estate.
pub(crate) async fn small_lab() -> Lab {
    Lab::builder().spec(small_spec()).start().await.unwrap()
}

/// The small estate on a frozen clock.
pub(crate) fn small_spec() -> forestbed_sim::spec::EstateSpec {
    let scenario = forestbed_scenarios::format::Scenario::parse("small.yaml", SMALL).unwrap();
    let mut spec = scenario.estate();
    spec.clock = forestbed_sim::clock::ClockMode::Frozen;
    spec
}

/// A client that trusts the lab and sends nothing of its own accord.
pub(crate) fn client(ca_file: &Path) -> reqwest::Client {
    let provider = rustls::crypto::ring::default_provider();
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls::pki_types::pem::PemObject::pem_file_iter(ca_file).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(config).no_proxy().build().unwrap()
}

/// A tool that is a function.
pub(crate) struct Function(pub(crate) fn(&ToolEnv) -> Result<ToolOutcome, ToolError>);

impl Tool for Function {
    fn name(&self) -> &str {
        "function"
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(async { (self.0)(env) })
    }
}

/// The control API of a lab.
pub(crate) struct Api {
    pub(crate) lab: Lab,
    pub(crate) client: Client,
}

impl Api {
    pub(crate) async fn start() -> Api {
        let client = client("/dev/null".as_ref());
        Api { lab: small_lab().await, client }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.lab.control_url());
        self.client.request(method, url).bearer_auth(&self.lab.env()["FORESTBED_CONTROL_TOKEN"])
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        self.request(Method::GET, path).send().await.unwrap().text().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path).json(&body).send().await.unwrap()
    }
}
