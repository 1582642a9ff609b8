//! Wrong copies of the engine, for tests of those who judge engines: each makes one mistake that real ones make.
//!
//! No configuration can ask for them. [`crate::Engine::open_mistaken`] can, and nothing else.

mod spoil;
mod steps;
#[cfg(test)]
mod tests;

pub(crate) use spoil::{rules, spoil};

use std::collections::BTreeSet;

/// The mistakes with the scenarios that catch them (`data/mistakes.tsv`, from directory-sync.md, section 8).
const TABLE: &str = include_str!("../../data/mistakes.tsv");

macro_rules! mistakes {
    ($($variant:ident $name:literal,)*) => {
        /// A mistake; what each does is in `data/mistakes.tsv` ([`Mistake::about`]).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs)]
        pub enum Mistake { $($variant,)* }

        impl Mistake {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

mistakes! {
    GuidByteOrder "guid-byte-order",
    SyncsCriticalObjects "syncs-critical-objects",
    ExportsBeforeAnchor "exports-before-anchor",
    ResendsEverything "resends-everything",
    LosesCookie "loses-cookie",
    LoopsOnQuarantine "loops-on-quarantine",
    DropsSecondDuplicate "drops-second-duplicate",
    DropsFirstDuplicate "drops-first-duplicate",
    StripsDuplicates "strips-duplicates",
    LosesMailboxName "loses-mailbox-name",
    NeverRetries "never-retries",
    OneRefusalStopsAll "one-refusal-stops-all",
    SkipsBlankUpn "skips-blank-upn",
    SendsEmptyText "sends-empty-text",
    WritesProxiesBack "writes-proxies-back",
    RepairsMail "repairs-mail",
    NewObjectOnReturn "new-object-on-return",
    RecreatesOnAnchorChange "recreates-on-anchor-change",
    NoJoins "no-joins",
    IgnoresThreshold "ignores-threshold",
    DeletesUpToThreshold "deletes-up-to-threshold",
    ExpiredIsDisabled "expired-is-disabled",
    DisabledAccountWins "disabled-account-wins",
    OrderDependence "order-dependence",
    ContactsApart "contacts-apart",
    FirstMembers "first-1500-members",
    LoopsOnNestedGroups "loops-on-nested-groups",
    ReferencesNotResent "references-not-resent",
    DanglingReferences "dangling-references",
    NeverDeletes "never-deletes",
    FilteredIsFalse "filtered-is-false",
    PartialImportDeletes "partial-import-deletes",
    ExportsInStaging "exports-in-staging",
    IgnoresQuota "ignores-quota",
    KeepsClass "keeps-class",
    FightsTheService "fights-the-service",
}

impl Mistake {
    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|mistake| mistake.name() == name)
    }

    /// The numbers of the scenarios that have to catch it (directory-sync.md, section 8).
    pub fn scenarios(self) -> Vec<u32> {
        let column = self.column(1).split(',');
        column.filter_map(|number| number.parse().ok()).collect()
    }

    /// What the mistaken engine does, in a sentence.
    pub fn about(self) -> &'static str {
        self.column(2)
    }

    fn column(self, at: usize) -> &'static str {
        let row = TABLE.lines().find(|line| line.split('\t').next() == Some(self.name()));
        row.and_then(|line| line.split('\t').nth(at)).unwrap_or_default()
    }
}

/// The mistakes of one engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes {
    made: BTreeSet<Mistake>,
    /// FILETIME that [`Mistake::ExpiredIsDisabled`] takes for now: the engine has no clock.
    now: i64,
}

impl Mistakes {
    /// These mistakes; `now` is a FILETIME, for the one that looks at a clock.
    pub fn new(made: impl IntoIterator<Item = Mistake>, now: i64) -> Self {
        Self { made: made.into_iter().collect(), now }
    }

    pub(crate) fn make(&self, mistake: Mistake) -> bool {
        !self.made.is_empty() && self.made.contains(&mistake)
    }

    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// For the fingerprint of the rules.
    pub(crate) fn names(&self) -> String {
        self.made.iter().map(|mistake| mistake.name()).collect::<Vec<_>>().join(",")
    }
}

/// Octets of a GUID as its text would order them.
pub(crate) fn text_order(guid: &[u8]) -> Vec<u8> {
    let mut octets = guid.to_vec();
    if octets.len() == 16 {
        octets[0..4].reverse();
        octets[4..6].reverse();
        octets[6..8].reverse();
    }
    octets
}
