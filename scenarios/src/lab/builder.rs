//! How an estate is asked for.

use super::Lab;
use crate::Error;
use crate::format::Scenario;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::spec::{EstateSpec, PopulationSpec};
use std::path::Path;

/// Describes an estate. The default: the default estate on a frozen clock, every port chosen by the system.
///
/// ```no_run
/// # async fn example() -> Result<(), forestbed_scenarios::Error> {
/// let lab = forestbed_scenarios::Lab::builder().seed(7).users(100).start().await?;
/// println!("{}", lab.env()["FORESTBED_LDAP_URL"]);
/// lab.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct LabBuilder {
    pub(super) spec: EstateSpec,
    pub(super) ports: Ports,
    pub(super) threads: usize,
    pub(super) public_url: Option<String>,
    pub(super) allow_hosts: Vec<String>,
    pub(super) check_answers: bool,
}

/// Ports of the servers; 0 lets the system choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ports {
    /// LDAP and StartTLS of the first domain controller; further ones take the next free ports.
    pub ldap: u16,
    /// LDAPS of the first domain controller; further ones take the next free ports.
    pub ldaps: u16,
    /// The global catalog of the first domain controller; further ones take the next free ports.
    pub gc: u16,
    /// The global catalog over TLS of the first domain controller; further ones take the next free ports.
    pub gc_tls: u16,
    /// Graph and login over https.
    pub graph: u16,
    /// Graph and login over http.
    pub graph_http: u16,
    /// The proxy for programs with built-in host names.
    pub proxy: u16,
    /// The control API.
    pub control: u16,
}

impl LabBuilder {
    /// What everything random is drawn from (42 unless said).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> LabBuilder {
        self.spec.seed = seed;
        self
    }

    /// How many people each forest has; groups, contacts and the rest follow in the usual proportions.
    #[must_use]
    pub fn users(mut self, users: u32) -> LabBuilder {
        for forest in &mut self.spec.forests {
            forest.population = PopulationSpec::of_users(users);
        }
        self
    }

    /// The whole estate; calls that come later change parts of it.
    #[must_use]
    pub fn spec(mut self, spec: EstateSpec) -> LabBuilder {
        self.spec = spec;
        self
    }

    /// The estate of a scenario file; calls that come later change parts of it.
    ///
    /// # Errors
    /// With file, line, column and what is allowed there.
    pub fn scenario(self, path: impl AsRef<Path>) -> Result<LabBuilder, Error> {
        Ok(self.spec(Scenario::load(path.as_ref())?.estate()))
    }

    /// How virtual time moves (frozen unless said).
    #[must_use]
    pub fn clock(mut self, mode: ClockMode) -> LabBuilder {
        self.spec.clock = mode;
        self
    }

    /// The ports; 0 lets the system choose.
    #[must_use]
    pub fn ports(mut self, ports: Ports) -> LabBuilder {
        self.ports = ports;
        self
    }

    /// On how many threads the estate is grown (all of them unless said). It does not change the result.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> LabBuilder {
        self.threads = threads;
        self
    }

    /// Which address links in Graph's answers begin with, instead of the request's own scheme and host.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> LabBuilder {
        self.public_url = Some(url.into());
        self
    }

    /// Whether Graph's answers are held against the property tables (no unless said): one that does not fit
    /// becomes a 500 that says where, so that a test with a real client fails on it.
    #[must_use]
    pub fn check_answers(mut self, check: bool) -> LabBuilder {
        self.check_answers = check;
        self
    }

    /// Hosts beside the lab's own and Microsoft's that the proxy passes on to, by name or address without port; every
    /// other one is refused, with a line in the journal.
    #[must_use]
    pub fn allow_hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> LabBuilder {
        self.allow_hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// Grows the estate and starts its servers; needs a tokio runtime.
    ///
    /// # Errors
    /// When the estate cannot be made as asked ([`ErrorKind::Input`](crate::ErrorKind)), a port is taken
    /// ([`ErrorKind::PortInUse`](crate::ErrorKind)), or the run's folder cannot be written.
    pub async fn start(self) -> Result<Lab, Error> {
        Lab::start(self).await
    }
}
