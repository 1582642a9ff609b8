//! The scenarios that come with the program.

use crate::Error;
use crate::format::Scenario;

/// A scenario of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LibraryFile {
    /// Its name: `first-sync-and-license`.
    pub name: &'static str,
    /// Its text, with its comments.
    pub text: &'static str,
}

macro_rules! files {
    ($($name:literal),*) => {
        &[$(LibraryFile { name: $name, text: include_str!(concat!("../library/", $name, ".yaml")) }),*]
    };
}

/// All of them, sorted by name; `default` is the estate of `up` and `exec` and has no steps.
pub const LIBRARY: &[LibraryFile] = files![
    "account-resource-forests",
    "alternate-id",
    "anchor-change",
    "anchor-not-written",
    "blank-display-name",
    "blank-upn",
    "clean-first-sync",
    "consolidation-and-foreign-members",
    "contact-becomes-user",
    "default",
    "deleted-in-the-cloud",
    "dirsync-off-on",
    "dup-proxy-fixed-on-prem",
    "dup-proxy-two-users",
    "dup-upn",
    "dup-with-resiliency-off",
    "duplicates-and-conflicts",
    "expired-account",
    "faulty-first-sync",
    "filtered-in-one-forest",
    "filters",
    "first-sync-and-license",
    "fix-by-sync-error",
    "fixer-first",
    "forest-move",
    "galsync-mesh",
    "hard-match-restore",
    "idempotent-second-cycle",
    "innocent-look-alikes",
    "invalid-upn-chars",
    "large-group",
    "large-object",
    "licence-flow-direct",
    "licence-flow-group",
    "licence-group-errors",
    "licence-plans-and-moves",
    "licence-remove-proxies",
    "licence-throttling",
    "lost-connections",
    "mail-nickname-clash",
    "mail-vs-proxies",
    "mass-delete-guard",
    "matched-by-number",
    "member-limit",
    "merger",
    "mobile-override",
    "nested-groups",
    "non-routable-suffix",
    "object-quota",
    "older-tool",
    "other-controller",
    "photos-and-groups",
    "pilot-group",
    "recycle-bin-restore",
    "references-return",
    "renamed-unit",
    "rooms-and-shared-mailboxes",
    "same-account-and-alias",
    "school-rollover",
    "selected-containers",
    "selected-domains",
    "soft-match-admin",
    "soft-match-takeover",
    "staging-switchover",
    "upn-change-licensed"
];

impl LibraryFile {
    /// The file of this name.
    pub fn find(name: &str) -> Option<LibraryFile> {
        LIBRARY.iter().copied().find(|file| file.name == name)
    }

    /// Reads it.
    ///
    /// # Errors
    /// Never for a released library: a test reads all of them.
    pub fn scenario(self) -> Result<Scenario, Error> {
        Scenario::parse(&format!("{}.yaml", self.name), self.text)
    }
}
