//! Wrong copies of the licenser, for tests of those who judge licensers: each makes one mistake that real ones make.

/// The mistakes with the scenarios that catch them (directory-sync.md, section 8).
const TABLE: &str = include_str!("../../../data/licenser-mistakes.tsv");

crate::tools::mistakes! {
    /// A mistake of a licenser; what each does is in `data/licenser-mistakes.tsv` ([`LicenserMistake::about`]).
    LicenserMistake from TABLE {
        AssignsBeforeLocation "assigns-before-location",
        OverConsumes "over-consumes",
        IgnoresSecondPage "ignores-page-2",
        CountsNested "counts-nested",
        NoReprocess "no-reprocess-after-fix",
        LicensesTwice "licenses-members-twice",
        RemovesAndForgets "removes-and-forgets",
        GivesBackEverything "gives-back-everything",
        ReplacesDisabledPlans "replaces-disabled-plans",
        RemovesBeforeMoving "removes-before-moving",
        StopsAtError "stops-at-an-error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_a_licenser_has_its_row() {
        crate::tools::check_mistakes(TABLE, LicenserMistake::ALL.iter().map(|mistake| mistake.name()));
    }
}
