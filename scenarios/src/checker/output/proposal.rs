//! What a finding proposes about its value.

use forestbed_sim::rules::{Finding, ObjectView};
use std::collections::{BTreeMap, BTreeSet};

/// What a finding proposes about its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// No rule can say: a person decides.
    Decide,
    /// The value stays: its holder is the one who keeps it.
    Keep,
    /// Another value instead.
    Replace(String),
    /// The value goes.
    Remove,
    /// These come to an attribute that was absent, or that lacks them.
    Add(Vec<String>),
}

impl Action {
    /// Its word in tables and files.
    pub const fn name(&self) -> &'static str {
        match self {
            Action::Decide => "decide",
            Action::Keep => "keep",
            Action::Replace(_) => "replace",
            Action::Remove => "remove",
            Action::Add(_) => "add",
        }
    }

    /// What stands in a column for the suggestion: nothing where a person decides, and where the value goes.
    pub fn text(&self, value: Option<&str>) -> String {
        match self {
            Action::Decide | Action::Remove => String::new(),
            Action::Keep => value.unwrap_or_default().to_owned(),
            Action::Replace(new) => new.clone(),
            Action::Add(new) => new.join("; "),
        }
    }
}

/// What the findings about one attribute propose: the difference between what it holds and what it should hold,
/// worked out once for all of them.
#[derive(Debug, Default)]
pub struct Proposals {
    of: Option<(usize, String)>,
    /// Values that go, each with what comes in its place.
    gone: BTreeMap<String, Option<String>>,
    /// Values that come and take no other's place.
    new: Vec<String>,
}

impl Proposals {
    /// What this finding proposes. Findings about the same attribute come one after the other.
    pub fn action(&mut self, view: &ObjectView, finding: &Finding) -> Action {
        let Some(wanted) = &finding.suggestion else { return Action::Decide };
        let is_same = self
            .of
            .as_ref()
            .is_some_and(|(object, name)| *object == finding.object && *name == finding.attribute);
        if !is_same {
            self.of = Some((finding.object, finding.attribute.to_string()));
            self.compare(view.all(&finding.attribute), wanted);
        }
        match &finding.value {
            Some(value) => match self.gone.get(value) {
                Some(Some(new)) => Action::Replace(new.clone()),
                Some(None) if self.gone.len() == 1 && !self.new.is_empty() => Action::Add(self.new.clone()),
                Some(None) => Action::Remove,
                None if self.new.is_empty() => Action::Keep,
                None => Action::Add(self.new.clone()),
            },
            None if self.new.is_empty() => match self.gone.values().flatten().next() {
                Some(new) => Action::Replace(new.clone()),
                None => Action::Keep,
            },
            None => Action::Add(self.new.clone()),
        }
    }

    fn compare(&mut self, present: &[String], wanted: &[String]) {
        let (held, kept): (BTreeSet<&String>, BTreeSet<&String>) =
            (present.iter().collect(), wanted.iter().collect());
        let gone: Vec<&String> = present.iter().filter(|value| !kept.contains(value)).collect();
        let new: Vec<&String> = wanted.iter().filter(|value| !held.contains(value)).collect();
        // a repaired value keeps its place; when numbers differ, what belongs together shows in the letters
        let pairs = gone.len() == new.len();
        let mut left: Vec<Option<&String>> = new.iter().copied().map(Some).collect();
        self.gone = gone
            .iter()
            .enumerate()
            .map(|(at, value)| {
                let fits = |new: &&String| pairs || new.to_lowercase() == value.to_lowercase();
                let place =
                    if pairs { Some(at) } else { left.iter().position(|n| n.as_ref().is_some_and(fits)) };
                let new = place.and_then(|place| left[place].take());
                ((*value).clone(), new.cloned())
            })
            .collect();
        self.new = left.into_iter().flatten().cloned().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forestbed_sim::rules::Severity;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn check(present: &[&str], value: Option<&str>, wanted: Option<&[&str]>, expected: &Action) {
        let view = ObjectView::new("CN=a", "user").with("proxyAddresses", texts(present));
        let finding = Finding {
            object: 0,
            dn: "CN=a".to_owned(),
            guid: None,
            attribute: "proxyAddresses".into(),
            rule: "PA01".into(),
            severity: Severity::Error,
            value: value.map(str::to_owned),
            suggestion: wanted.map(texts),
            others: Vec::new(),
            owner: None,
            reason: String::new(),
        };
        assert_eq!(
            Proposals::default().action(&view, &finding),
            *expected,
            "{present:?} {value:?} {wanted:?}"
        );
    }

    #[test]
    fn the_proposal_is_the_difference_about_the_value() {
        check(&["a", "b b"], Some("b b"), Some(&["a", "bb"]), &Action::Replace("bb".to_owned()));
        check(&["a", "b"], Some("b"), Some(&["a"]), &Action::Remove);
        check(&["a"], Some("a"), Some(&["a"]), &Action::Keep);
        check(&["a"], Some("a"), None, &Action::Decide);
        check(&[], None, Some(&["a"]), &Action::Add(texts(&["a"])));
        check(&["a", "smtp:b"], Some("a"), Some(&["SMTP:b"]), &Action::Remove);
        check(&["a", "smtp:b"], Some("smtp:b"), Some(&["SMTP:b"]), &Action::Replace("SMTP:b".to_owned()));
        check(&["a"], Some("a"), Some(&["a", "c"]), &Action::Add(texts(&["c"])));
    }
}
