//! The tenant switches that decide what the oracle permits, read from the table by the oracle itself.

use crate::Error;
use crate::tenant::Tenant;
use std::collections::BTreeMap;

const TABLE: &str = include_str!("../../data/tenant-switches.tsv");

/// Switches by name: the profile's values and what a scenario changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switches {
    values: BTreeMap<String, String>,
}

impl Default for Switches {
    /// The profile `today`.
    fn default() -> Switches {
        Switches { values: rows().map(|row| (row[0].to_owned(), row[2].to_owned())).collect() }
    }
}

fn rows() -> impl Iterator<Item = [&'static str; 4]> {
    TABLE.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        Some([cells.next()?, cells.next()?, cells.next()?, cells.next()?])
    })
}

impl Switches {
    /// The switches of a tenant profile (`today` or `documents`) with single ones changed.
    ///
    /// # Errors
    /// An unknown profile or switch; the message lists the known ones.
    pub fn of(profile: &str, changed: &BTreeMap<String, String>) -> Result<Switches, Error> {
        let column = match profile {
            "today" => 2,
            "documents" => 3,
            other => {
                return Err(Error::invalid_spec(format!("no tenant profile '{other}'"))
                    .with_help("use today or documents"));
            }
        };
        let mut values: BTreeMap<String, String> =
            rows().map(|row| (row[0].to_owned(), row[column].to_owned())).collect();
        for (name, value) in changed {
            match values.get_mut(name) {
                Some(slot) => slot.clone_from(value),
                None => {
                    let known: Vec<&str> = rows().map(|row| row[0]).collect();
                    return Err(Error::invalid_spec(format!("no tenant switch '{name}'"))
                        .with_help(format!("use one of: {}", known.join(", "))));
                }
            }
        }
        Ok(Switches { values })
    }

    /// The same, with the features of synchronization that an administrator has switched in the tenant.
    #[must_use]
    pub fn as_set(mut self, tenant: &Tenant) -> Switches {
        for (switch, feature) in [
            ("update_upn_of_licensed", "synchronizeUpnForManagedUsersEnabled"),
            ("block_soft_match", "blockSoftMatchEnabled"),
            ("block_hard_match_takeover", "blockCloudObjectTakeoverThroughHardMatchEnabled"),
            ("soft_match_upn", "softMatchOnUpnEnabled"),
        ] {
            let value = if tenant.sync_feature(feature) { "on" } else { "off" };
            self.values.insert(switch.to_owned(), value.to_owned());
        }
        self
    }

    /// The value of a switch; empty when the table has no such row.
    pub fn get(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// Whether a switch has this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }

    /// A number, or none for `off`.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.get(name).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_a_column_of_the_table_and_single_switches_override_it() {
        let today = Switches::of("today", &BTreeMap::new()).unwrap();
        assert_eq!(today, Switches::default());
        assert!(today.is("duplicate_attribute", "resiliency"));
        let changed = BTreeMap::from([("block_soft_match".to_owned(), "on".to_owned())]);
        let documents = Switches::of("documents", &changed).unwrap();
        assert!(documents.is("duplicate_attribute", "first-wins"));
        assert!(documents.is("block_soft_match", "on"));
        assert_eq!(documents.number("group_member_limit"), Some(50_000));
    }

    #[test]
    fn unknown_names_are_refused_with_the_known_ones() {
        assert!(Switches::of("tomorrow", &BTreeMap::new()).unwrap_err().help().unwrap().contains("today"));
        let changed = BTreeMap::from([("gravity".to_owned(), "off".to_owned())]);
        let error = Switches::of("today", &changed).unwrap_err();
        assert!(error.to_string().contains("gravity") && error.help().unwrap().contains("soft_match_upn"));
    }
}
