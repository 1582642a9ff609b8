//! Wrong copies of the fixer, for tests of those who judge fixers: each makes one mistake that real ones make.

use super::octets::Octets;
use super::plan::{Review, take_suggestion};
use super::request::{Op, Part};
use super::target::{ObjectName, Stored, Target, Trouble};
use crate::tool::BoxFuture;
use forestbed_sim::rules::{Finding, ObjectView};
use std::time::Duration;

/// The mistakes with the scenarios that catch them (directory-sync.md, section 8).
const TABLE: &str = include_str!("../../data/fixer-mistakes.tsv");

crate::tools::mistakes! {
    /// A mistake of a fixer; what each does is in `data/fixer-mistakes.tsv` ([`FixerMistake::about`]).
    FixerMistake from TABLE {
        EditsMailNotUpn "edits-mail-not-upn",
        TakesFromBoth "takes-from-both",
        TakesFromOwner "takes-from-the-owner",
        InventsDisplayNames "invents-display-names",
        SkipsBlanks "skips-blanks",
        RepairsLookAlikes "repairs-look-alikes",
        Guesses "guesses",
        LeavesWithoutWord "leaves-without-a-word",
    }
}

impl FixerMistake {
    /// What such a fixer does about a finding; none when it does what a right one does.
    pub(super) fn review(self) -> Option<Review> {
        match self {
            FixerMistake::TakesFromBoth => Some(take_from_both),
            FixerMistake::TakesFromOwner => Some(take_from_owner),
            FixerMistake::InventsDisplayNames => Some(invent),
            FixerMistake::SkipsBlanks => Some(skip_blank),
            FixerMistake::Guesses => Some(guess),
            FixerMistake::EditsMailNotUpn
            | FixerMistake::RepairsLookAlikes
            | FixerMistake::LeavesWithoutWord => None,
        }
    }
}

/// All values of an attribute but the one that the finding is about.
fn without(finding: &Finding, view: &ObjectView) -> Vec<String> {
    let goes = |value: &&String| finding.value.as_ref().is_none_or(|bad| !value.eq_ignore_ascii_case(bad));
    view.all(&finding.attribute).iter().filter(goes).cloned().collect()
}

fn take_from_both(finding: &Finding, view: &ObjectView) -> Option<Vec<String>> {
    if finding.others.is_empty() { take_suggestion(finding, view) } else { Some(without(finding, view)) }
}

fn take_from_owner(finding: &Finding, view: &ObjectView) -> Option<Vec<String>> {
    match finding.owner.as_ref() {
        None => take_suggestion(finding, view),
        Some(owner) if *owner == view.dn => Some(without(finding, view)),
        Some(_) => Some(view.all(&finding.attribute).to_vec()),
    }
}

fn is_blank(finding: &Finding) -> bool {
    finding.attribute == "displayName" && finding.value.as_ref().is_none_or(|value| value.trim().is_empty())
}

fn invent(finding: &Finding, view: &ObjectView) -> Option<Vec<String>> {
    if is_blank(finding) { Some(vec!["No Name".to_owned()]) } else { take_suggestion(finding, view) }
}

fn skip_blank(finding: &Finding, view: &ObjectView) -> Option<Vec<String>> {
    if is_blank(finding) { None } else { take_suggestion(finding, view) }
}

fn guess(finding: &Finding, view: &ObjectView) -> Option<Vec<String>> {
    take_suggestion(finding, view).or_else(|| Some(without(finding, view)))
}

/// A server whose userPrincipalName is taken for mail.
pub(super) struct Misdirected(pub(super) Box<dyn Target>);

impl Target for Misdirected {
    fn read<'a>(
        &'a mut self,
        object: &'a ObjectName,
        attributes: &'a [String],
    ) -> BoxFuture<'a, Result<Option<Stored>, Trouble>> {
        self.0.read(object, attributes)
    }

    fn modify<'a>(
        &'a mut self,
        object: &'a ObjectName,
        dn: &'a str,
        parts: &'a [Part],
        version: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Trouble>> {
        let is_name = |part: &&Part| part.attribute.eq_ignore_ascii_case("userPrincipalName");
        let names: Vec<Octets> =
            parts.iter().filter(is_name).filter(|p| p.op == Op::Add).flat_map(|p| p.values.clone()).collect();
        let mut sent: Vec<Part> = parts.iter().filter(|part| !is_name(part)).cloned().collect();
        if !names.is_empty() {
            sent.push(Part { attribute: "mail".to_owned(), op: Op::Replace, values: names });
        }
        Box::pin(async move { self.0.modify(object, dn, &sent, version).await })
    }

    fn wait(&mut self, span: Duration) -> BoxFuture<'_, ()> {
        self.0.wait(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_a_fixer_has_its_row() {
        crate::tools::check_mistakes(TABLE, FixerMistake::ALL.iter().map(|mistake| mistake.name()));
    }
}
