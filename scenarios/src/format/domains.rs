//! The further domains of a forest, as a scenario file describes them.

use super::population::PopulationSection;
use super::scalars::{Count, DnsName, NetbiosName, Whole};
use super::text_or_map::Defects;
use forestbed_sim::spec::DomainSpec;
use schemars::JsonSchema;
use serde::Deserialize;

/// People of a further domain whose file says nothing.
const USERS: u32 = 100;

/// How many domain controllers a domain has.
pub type Controllers = Whole<1, 32>;

/// A further domain of a forest: clean and small, with one controller, unless said.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainSection {
    /// DNS name of the domain, such as emea.contoso.local.
    pub domain: DnsName,
    /// NetBIOS name; the first label in capitals unless named.
    pub netbios: Option<NetbiosName>,
    /// UPN suffixes of its people, who get the first one; the forest's unless said.
    #[serde(default)]
    pub upn_suffixes: Vec<DnsName>,
    /// How many of what (100 users unless said).
    #[serde(default)]
    pub population: PopulationSection,
    /// Rows of the ledger by id of the defect catalogue, or the name of a profile (none unless said).
    #[serde(default)]
    pub defects: Option<Defects>,
    /// How many innocent look-alikes (none unless said).
    pub decoys: Option<Count>,
    /// Its domain controllers (1 unless said).
    pub controllers: Option<Controllers>,
}

impl DomainSection {
    pub(super) fn spec(&self) -> DomainSpec {
        let default = DomainSpec::new(self.domain.0.to_ascii_lowercase(), USERS);
        DomainSpec {
            netbios: self.netbios.as_ref().map(|name| name.0.to_ascii_uppercase()),
            upn_suffixes: self.upn_suffixes.iter().map(|name| name.0.to_ascii_lowercase()).collect(),
            population: self.population.spec_of(USERS),
            defects: self.defects.as_ref().map_or(default.defects, Defects::mix),
            decoys: self.decoys.map_or(default.decoys, Count::get),
            controllers: self.controllers.map_or(default.controllers, Whole::get),
            domain: default.domain,
        }
    }
}
