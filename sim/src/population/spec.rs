//! How many of what a population has.

use super::profile::PopulationProfile;

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
        PopulationSpec {
            profile,
            users,
            groups: (users * 3 / 50).max(5),
            contacts: users * 3 / 100,
            rooms: users / 100,
            computers: users * 3 / 40,
            services: (users / 250).clamp(2, 200),
            ..PopulationSpec::NOBODY
        }
    }
}
