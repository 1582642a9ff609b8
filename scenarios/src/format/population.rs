//! What a forest's organisation is like, as a scenario file describes it.

use super::scalars::{Count, checked};
use forestbed_sim::spec::{PopulationProfile, PopulationSpec};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::Deserializer;
use std::borrow::Cow;

/// The name of a population profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileName(pub PopulationProfile);

impl<'de> Deserialize<'de> for ProfileName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ProfileName, D::Error> {
        checked(deserializer, "the name of a population profile", |text| text.parse().map(ProfileName))
    }
}

impl JsonSchema for ProfileName {
    fn schema_name() -> Cow<'static, str> {
        "PopulationProfile".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |profile: PopulationProfile| json_schema!({ "const": profile.name(), "description": profile.about() });
        json_schema!({ "oneOf": PopulationProfile::all().map(one).collect::<Vec<_>>() })
    }
}

/// A population: a profile, and counts by kind; what is left out follows from the number of users in the profile's
/// proportions. The only forest of a file whose profile consists of several forests gets the others beside it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PopulationSection {
    /// What the organisation is like: the default company unless said.
    pub profile: Option<ProfileName>,
    /// People with an account (1000 unless said); built-in, service, room, shared and administrative accounts are extra.
    pub users: Option<Count>,
    /// Groups, built-in ones not counted.
    pub groups: Option<Count>,
    /// Contacts of partners.
    pub contacts: Option<Count>,
    /// Room mailboxes.
    pub rooms: Option<Count>,
    /// Shared mailboxes.
    pub shared: Option<Count>,
    /// Computers, the domain controller not counted.
    pub computers: Option<Count>,
    /// Service accounts.
    pub services: Option<Count>,
    /// Second accounts of administrators.
    pub admins: Option<Count>,
}

impl PopulationSection {
    pub(super) fn says_anything(&self) -> bool {
        let mailboxes = [self.rooms, self.shared];
        let counts = [self.users, self.groups, self.contacts, self.computers, self.services, self.admins];
        self.profile.is_some() || counts.iter().chain(&mailboxes).any(Option::is_some)
    }

    /// The forests that come with its profile, if it is the only one of its file.
    pub(super) fn forests_beside(&self) -> usize {
        self.profile.map_or(0, |name| name.0.forests() - 1)
    }

    pub(super) fn spec(&self) -> PopulationSpec {
        self.spec_of(1000)
    }

    pub(super) fn spec_of(&self, users: u32) -> PopulationSpec {
        let profile = self.profile.map_or(PopulationProfile::DEFAULT, |name| name.0);
        let usual = PopulationSpec::of(profile, self.users.map_or(users, Count::get));
        let or = |count: Option<Count>, usual| count.map_or(usual, Count::get);
        PopulationSpec {
            groups: or(self.groups, usual.groups),
            contacts: or(self.contacts, usual.contacts),
            rooms: or(self.rooms, usual.rooms),
            shared: or(self.shared, usual.shared),
            computers: or(self.computers, usual.computers),
            services: or(self.services, usual.services),
            admins: or(self.admins, usual.admins),
            ..usual
        }
    }
}
