//! What flows as it is: the attributes whose cloud value depends on one attribute on premises
//! (directory-sync.md 1.4, 1.7; table data/attribute-flows.tsv).

use super::model::{CloudRecord, OnPremDomain, OnPremObject, SyncKind};
use super::scope;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Values of one property that are right. Text is compared without white space at its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted(BTreeSet<Option<String>>);

impl Permitted {
    /// One of these; none stands for null.
    pub fn one_of(values: impl IntoIterator<Item = Option<String>>) -> Permitted {
        Permitted(values.into_iter().map(normalized).collect())
    }

    /// Exactly this text.
    pub fn exactly(value: &str) -> Permitted {
        Permitted::one_of([Some(value.to_owned())])
    }

    /// Whether a cloud value is right.
    pub fn allows(&self, value: Option<&str>) -> bool {
        self.0.contains(&normalized(value.map(str::to_owned)))
    }

    /// The permitted values, for a message.
    pub fn describe(&self) -> String {
        let texts: Vec<String> = self.0.iter().map(|v| describe(v.as_deref())).collect();
        texts.join(" or ")
    }
}

/// A value, or `null`, for a message.
pub(crate) fn describe(value: Option<&str>) -> String {
    value.map_or_else(|| "null".to_owned(), |text| format!("\"{text}\""))
}

/// Line breaks stay; a text of white space only is none.
fn normalized(value: Option<String>) -> Option<String> {
    value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

struct Flow {
    attribute: String,
    property: &'static str,
    kinds: [bool; 3],
    cut: Option<usize>,
}

static FLOWS: LazyLock<Vec<Flow>> = LazyLock::new(|| {
    let table = include_str!("../../data/attribute-flows.tsv");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let [attribute, property, user, group, contact, transform, ..] = cells[..] else { return None };
            Some(Flow {
                attribute: attribute.to_ascii_lowercase(),
                property,
                kinds: [user, group, contact].map(|cell| cell == "yes"),
                cut: transform.strip_prefix("cut-").and_then(|most| most.parse().ok()),
            })
        })
        .collect()
});

/// The lengths above which the cloud may refuse an object, in characters
/// (mission.md, attribute rules; directory-sync.md 6).
const LIMITS: [(&str, usize); 6] = [
    ("displayname", 256),
    ("givenname", 64),
    ("sn", 64),
    ("mail", 256),
    ("mailnickname", 64),
    ("targetaddress", 256),
];

/// How many values, or how large a value, the cloud may refuse (directory-sync.md 2.4, LargeObject; the size of a
/// photograph is the schema's, preparation-rules.md 3).
const MOST: [(&str, usize); 3] =
    [("usercertificate", 15), ("usersmimecertificate", 15), ("proxyaddresses", 332)];
const PHOTO: (&str, usize) = ("thumbnailphoto", 102_400);

/// An attribute that is larger than the cloud takes, if there is one.
pub(super) fn too_large(object: &OnPremObject) -> Option<&'static str> {
    let values = |name: &str| object.attributes.get(name).map_or(&[][..], Vec::as_slice);
    let many = MOST.iter().find(|(name, most)| values(name).len() > *most).map(|(name, _)| *name);
    many.or_else(|| values(PHOTO.0).iter().any(|photo| photo.len() > PHOTO.1).then_some(PHOTO.0))
}

/// An attribute that is longer than the cloud takes, if there is one.
pub(super) fn too_long(object: &OnPremObject) -> Option<&'static str> {
    let long = |name: &str, most: usize| object.texts(name).any(|v| v.trim().chars().count() > most);
    let single = LIMITS.iter().find(|(name, most)| long(name, *most)).map(|(name, _)| *name);
    single.or_else(|| long("proxyaddresses", 256).then_some("proxyaddresses"))
}

/// The permitted values of every property that flows.
///
/// `taken_over` is the cloud-only object that this one was matched to: a value of its own stays where
/// nothing comes from on premises.
pub(super) fn properties(
    object: &OnPremObject,
    domain: &OnPremDomain,
    taken_over: Option<&CloudRecord>,
) -> BTreeMap<&'static str, Permitted> {
    let kind = object.kind as usize;
    let mut permitted = BTreeMap::new();
    for flow in FLOWS.iter().filter(|flow| flow.kinds[kind]) {
        let value = object.text(&flow.attribute).map(str::to_owned);
        let mut values = vec![cut(value.clone(), flow.cut)];
        if let Some((_, most)) = LIMITS.iter().find(|(name, _)| *name == flow.attribute) {
            values.push(cut(value.clone(), Some(*most)));
        }
        if normalized(value).is_none() {
            match flow.property {
                "displayName" => values.extend(blank_display_name(object)),
                _ => values.extend(taken_over.map(|record| record.text(flow.property).map(str::to_owned))),
            }
        }
        permitted.insert(flow.property, Permitted::one_of(values));
    }
    calculated(object, domain, &mut permitted);
    permitted
}

/// cn stands in for a displayName that is absent (and, the references leave it open, for a blank one).
fn blank_display_name(object: &OnPremObject) -> Vec<Option<String>> {
    vec![object.text("cn").map(str::to_owned)]
}

fn cut(value: Option<String>, most: Option<usize>) -> Option<String> {
    match (value, most) {
        (Some(text), Some(most)) => Some(text.trim().chars().take(most).collect()),
        (value, _) => value,
    }
}

fn calculated(
    object: &OnPremObject,
    domain: &OnPremDomain,
    permitted: &mut BTreeMap<&'static str, Permitted>,
) {
    // absent displayName: cn, never null
    let absent = object.text("displayname").is_none();
    if let (true, Some(cn)) = (absent, object.text("cn")) {
        permitted.insert("displayName", Permitted::exactly(cn));
    }
    match object.kind {
        SyncKind::User => {
            if let Some(control) = object.number("useraccountcontrol") {
                let enabled = control & 2 == 0;
                permitted.insert("accountEnabled", Permitted::exactly(&enabled.to_string()));
            }
            permitted.insert("onPremisesDistinguishedName", Permitted::exactly(&object.dn));
            permitted.insert("onPremisesDomainName", Permitted::exactly(&domain.dns));
        }
        SyncKind::Group => {
            let security = scope::is_security_group(object);
            permitted.insert("securityEnabled", Permitted::exactly(&security.to_string()));
            permitted.insert("onPremisesDomainName", Permitted::exactly(&domain.dns));
            permitted.insert("onPremisesNetBiosName", Permitted::exactly(&domain.netbios));
        }
        SyncKind::Contact => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::testing::{domain, object, record};

    fn check(
        kind: SyncKind,
        attributes: &[(&'static str, &str)],
        property: &str,
        right: &[&str],
        wrong: &[&str],
    ) {
        let object = object(kind, 1, attributes);
        let permitted = properties(&object, &domain(Vec::new()), None);
        let allows = |text: &str| permitted[property].allows((text != "null").then_some(text));
        assert!(right.iter().all(|text| allows(text)), "{property} {attributes:?} {permitted:?}");
        assert!(!wrong.iter().any(|text| allows(text)), "{property} {attributes:?} {permitted:?}");
    }

    #[test]
    fn attributes_flow_as_the_default_rules_say() {
        use SyncKind::{Contact, Group, User};
        let cn = ("cn", "Ada Byron");
        // directory-sync.md 1.4: displayName falls back to cn, for every kind
        check(User, &[cn], "displayName", &["Ada Byron"], &["null", "Ada"]);
        check(Group, &[cn], "displayName", &["Ada Byron"], &["null"]);
        check(Contact, &[cn], "displayName", &["Ada Byron"], &["null"]);
        check(
            User,
            &[cn, ("displayName", " Ada ")],
            "displayName",
            &["Ada", " Ada "],
            &["Ada Byron", "null"],
        );
        check(User, &[("l", "Delft")], "city", &["Delft"], &["null", "delft"]);
        check(User, &[], "city", &["null"], &["Delft"]);
        check(User, &[("c", "NL"), ("co", "Netherlands")], "country", &["Netherlands"], &["NL", "null"]);
        // accountEnabled is bit 2 of userAccountControl; 512 enabled, 514 disabled
        check(User, &[("userAccountControl", "512")], "accountEnabled", &["true"], &["false", "null"]);
        check(User, &[("userAccountControl", "66050")], "accountEnabled", &["false"], &["true"]);
        // securityEnabled is the top bit of groupType
        check(Group, &[("groupType", "-2147483646")], "securityEnabled", &["true"], &["false"]);
        check(Group, &[("groupType", "8")], "securityEnabled", &["false"], &["true"]);
        check(Group, &[], "onPremisesNetBiosName", &["CONTOSO"], &["null"]);
    }

    #[test]
    fn a_description_is_trimmed_and_cut_to_448_characters() {
        let long = "\u{e9}".repeat(449);
        let cut: &str = &"\u{e9}".repeat(448);
        let attributes = [("description", long.as_str())];
        check(SyncKind::Group, &attributes, "description", &[cut], &[&long, "null"]);
    }

    #[test]
    fn a_cloud_value_stays_only_where_a_match_found_it_and_nothing_comes_from_on_premises() {
        let cloud = record(SyncKind::User, 9, None, &[("city", "Oslo"), ("department", "Sales")]);
        let object = object(SyncKind::User, 1, &[("department", "IT")]);
        let domain = domain(Vec::new());
        let permitted = properties(&object, &domain, Some(&cloud));
        assert!(permitted["city"].allows(Some("Oslo")) && permitted["city"].allows(None));
        assert!(permitted["department"].allows(Some("IT")) && !permitted["department"].allows(Some("Sales")));
        assert!(!properties(&object, &domain, None)["city"].allows(Some("Oslo")));
    }
}
