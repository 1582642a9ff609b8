//! How the forests of an estate belong together (directory-sync.md, section 4): separate, in full mesh with the
//! contacts that GALSync makes, accounts here and mailboxes there, or on their way into one.
//!
//! It is laid over forests that have grown already, so that a forest of its own is the same whatever stands beside it,
//! and is a pure function of them.

mod account_resource;
mod consolidation;
mod full_mesh;
mod person;
#[cfg(test)]
mod tests;

use crate::clock::SimTime;
use crate::directory::Directory;
use crate::error::Error;
use crate::seed::Seed;
use std::fmt;
use std::str::FromStr;

/// How the forests of an estate belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Topology {
    /// Each has its own people and knows nothing of the others.
    #[default]
    Separate,
    /// Each has the people of the others as contacts with the same `mail`, as GALSync keeps them.
    FullMesh,
    /// The first forest has the accounts; the second one has their mailboxes, on disabled accounts that name their
    /// master by its SID (`msExchMasterAccountSid`); some mailboxes have no master any more.
    AccountResource,
    /// A fifth of the first forest's people have moved to the second one, every other with the old source anchor in
    /// `mS-DS-ConsistencyGuid`; the first forest names those who moved as foreign security principals in a group.
    Consolidation,
}

impl Topology {
    /// All of them, the usual one first.
    pub const ALL: [Topology; 4] =
        [Topology::Separate, Topology::FullMesh, Topology::AccountResource, Topology::Consolidation];

    /// Its name: `separate`, `full-mesh`, `account-resource`, `consolidation`.
    pub fn name(self) -> &'static str {
        match self {
            Topology::Separate => "separate",
            Topology::FullMesh => "full-mesh",
            Topology::AccountResource => "account-resource",
            Topology::Consolidation => "consolidation",
        }
    }

    /// What it is, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Topology::Separate => "Each forest has its own people.",
            Topology::FullMesh => "Each forest has the others' people as contacts with the same mail.",
            Topology::AccountResource => {
                "Accounts in the first forest, their linked mailboxes in the second."
            }
            Topology::Consolidation => "A fifth of the first forest's people have moved to the second.",
        }
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Topology {
    type Err = String;

    /// # Errors
    /// When there is none of that name: with those that there are.
    fn from_str(name: &str) -> Result<Topology, String> {
        Topology::ALL.into_iter().find(|topology| topology.name() == name).ok_or_else(|| {
            let names = Topology::ALL.map(Topology::name).join(", ");
            format!("no topology '{name}': there are {names}")
        })
    }
}

/// Lays a topology over the root domains of forests.
///
/// # Errors
/// When there are too few forests for it, or when they lack the schema of Exchange.
pub(crate) fn arrange(
    topology: Topology,
    forests: &mut [&mut Directory],
    seed: Seed,
    now: SimTime,
) -> Result<(), Error> {
    if topology == Topology::Separate {
        return Ok(());
    }
    if forests.len() < 2 {
        let message = format!("topology {topology} needs two forests, and the estate has {}", forests.len());
        return Err(Error::invalid_spec(message).with_help("describe a second one under forests"));
    }
    let without =
        |directory: &&mut Directory| directory.schema().attribute_id("msExchMasterAccountSid").is_none();
    if let Some(bare) = forests.iter().find(|directory| without(directory)) {
        let message = format!("topology {topology} needs Exchange's schema in {}", bare.info().dns);
        return Err(Error::invalid_spec(message).with_help("leave out schema: { exchange: false }"));
    }
    match topology {
        Topology::Separate => {}
        Topology::FullMesh => full_mesh::arrange(forests, now),
        Topology::AccountResource => {
            if let [accounts, resources, ..] = forests {
                account_resource::arrange(accounts, resources, seed, now);
            }
        }
        Topology::Consolidation => {
            if let [from, to, ..] = forests {
                consolidation::arrange(from, to, now);
            }
        }
    }
    Ok(())
}
