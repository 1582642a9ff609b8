//! Kinds of organisations by name.

use std::fmt;
use std::str::FromStr;

const NAMES: [&str; 6] =
    ["default", "small-business", "school", "enterprise", "merged-companies", "hospital"];

/// A kind of organisation: `default`, `small-business`, `school`, `enterprise`, `merged-companies`, `hospital`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PopulationProfile(u8);

impl PopulationProfile {
    /// The company of the default estate.
    pub const DEFAULT: PopulationProfile = PopulationProfile(0);

    /// All of them, the default one first.
    pub fn all() -> impl Iterator<Item = PopulationProfile> {
        (0..NAMES.len() as u8).map(PopulationProfile)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0)]
    }
}

impl Default for PopulationProfile {
    fn default() -> PopulationProfile {
        PopulationProfile::DEFAULT
    }
}

impl fmt::Display for PopulationProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PopulationProfile {
    type Err = String;

    /// # Errors
    /// When there is none of that name: with those that there are.
    fn from_str(name: &str) -> Result<PopulationProfile, String> {
        PopulationProfile::all()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| format!("no population profile '{name}': there are {}", NAMES.join(", ")))
    }
}
