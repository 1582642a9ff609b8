//! How an estate is asked for.

use forestbed_sim::clock::ClockMode;
use forestbed_sim::spec::{EstateSpec, PopulationSpec};

/// Describes an estate. The default: the default estate on a frozen clock, every port chosen by the system.
#[derive(Debug, Clone, Default)]
pub struct LabBuilder {
    spec: EstateSpec,
    ports: Ports,
}

/// Ports of the servers; 0 lets the system choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ports {
    /// LDAP and StartTLS of the first forest.
    pub ldap: u16,
    /// LDAPS of the first forest.
    pub ldaps: u16,
    /// Graph and login over https.
    pub graph: u16,
    /// Graph and login over http.
    pub graph_http: u16,
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
}
