//! How many of what a population has.

use super::profile::PopulationProfile;
use crate::spec::{DefectMix, EstateSpec, ForestSpec};

/// A population: which kind of organisation, and counts by kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PopulationSpec {
    /// What the organisation is like.
    pub profile: PopulationProfile,
    /// People with an account. Built-in, service, room, shared and administrative accounts are extra.
    pub users: u32,
    /// Groups, built-in ones not counted.
    pub groups: u32,
    /// Contacts of partners.
    pub contacts: u32,
    /// Mailboxes of rooms and equipment (disabled accounts).
    pub rooms: u32,
    /// Shared mailboxes (disabled accounts).
    pub shared: u32,
    /// Computers, the domain controller not counted.
    pub computers: u32,
    /// Service accounts.
    pub services: u32,
    /// Second accounts of administrators (`adm-...`).
    pub admins: u32,
}

impl PopulationSpec {
    /// Nobody and nothing.
    pub const NOBODY: PopulationSpec = PopulationSpec {
        profile: PopulationProfile::DEFAULT,
        users: 0,
        groups: 0,
        contacts: 0,
        rooms: 0,
        shared: 0,
        computers: 0,
        services: 0,
        admins: 0,
    };

    /// The default profile's proportions for a number of people.
    pub fn of_users(users: u32) -> PopulationSpec {
        PopulationSpec::of(PopulationProfile::DEFAULT, users)
    }

    /// A profile's proportions for a number of people.
    pub fn of(profile: PopulationProfile, users: u32) -> PopulationSpec {
        let habits = profile.habits(0);
        PopulationSpec {
            profile,
            users,
            groups: habits.groups.of(users),
            contacts: habits.contacts.of(users),
            rooms: habits.rooms.of(users),
            shared: habits.shared.of(users),
            computers: habits.computers.of(users),
            services: habits.services.of(users),
            admins: habits.admins.of(users),
        }
    }
}

impl EstateSpec {
    /// Puts the further forests beside the only one, when its population consists of several: the people are
    /// shared out, and the tenant verifies the domains of all. Otherwise the estate stays as it is.
    pub fn complete_forests(&mut self) {
        let [first] = &mut self.forests[..] else { return };
        let profile = first.population.profile;
        if profile.forests() < 2 || first.ldif.is_some() || first.population.users < 2 {
            return;
        }
        let whole = first.population.users;
        let share = |percent: u32| (u64::from(whole) * u64::from(percent) / 100).max(1) as u32;
        let own = share(profile.habits(0).share);
        // what was said of the whole is the first company's, but for how many people it has
        first.population = PopulationSpec { users: own, ..first.population.scaled(own, whole) };
        let rest = (whole - own) / (profile.forests() - 1) as u32;
        let further: Vec<ForestSpec> =
            (1..profile.forests()).map(|n| further(first, n, rest.max(1))).collect();
        for forest in &further {
            let domain = forest.mail_domain();
            if !self.tenant.verified_domains.iter().any(|known| known.eq_ignore_ascii_case(domain)) {
                self.tenant.verified_domains.push(domain.to_owned());
            }
        }
        self.forests.extend(further);
    }
}

/// A further forest of the first one's organisation.
fn further(first: &ForestSpec, number: usize, users: u32) -> ForestSpec {
    let profile = first.population.profile;
    let habits = profile.habits(number);
    let defects = match &first.defects {
        profile @ DefectMix::Profile { .. } => profile.clone(),
        // so many of each were asked for: they are in the first one
        DefectMix::Exact(_) => DefectMix::none(),
    };
    ForestSpec {
        domain: habits.domain.unwrap_or("fabrikam.local").to_owned(),
        netbios: None,
        upn_suffixes: habits.suffix.iter().map(|suffix| (*suffix).to_owned()).collect(),
        population: PopulationSpec::of(profile, users),
        defects,
        children: Vec::new(),
        ..first.clone()
    }
}

impl PopulationSpec {
    /// Every count in proportion, `part` of `whole`.
    fn scaled(self, part: u32, whole: u32) -> PopulationSpec {
        let of = |count: u32| (u64::from(count) * u64::from(part)).div_ceil(u64::from(whole.max(1))) as u32;
        PopulationSpec {
            profile: self.profile,
            users: of(self.users),
            groups: of(self.groups),
            contacts: of(self.contacts),
            rooms: of(self.rooms),
            shared: of(self.shared),
            computers: of(self.computers),
            services: of(self.services),
            admins: of(self.admins),
        }
    }
}
