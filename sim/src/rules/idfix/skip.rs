//! Objects that IdFix leaves out before any rule.

use super::super::{IdFixMode, ObjectView};
use super::collation::{contains, starts_with};
use super::text::boolean;
use std::sync::LazyLock;

/// What the filter made of an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The rules look at it.
    Checked,
    /// No rule looks at it, and its values are in no comparison.
    Skipped,
    /// The filter ended in an exception of this text, which IdFix logs; the rules look at the object.
    Failed(&'static str),
}

/// What .NET says of a null reference.
const NULL_REFERENCE: &str = "Object reference not set to an instance of an object";
/// What .NET says of a text that is no boolean.
const NO_BOOLEAN: &str = "String was not recognized as a valid Boolean.";
/// What .NET says of a text that is no number.
const NO_NUMBER: &str = "Input string was not in a correct format.";

/// One row of `idfix-exclusions.tsv`.
struct Exclusion {
    multi_tenant_only: bool,
    class: Option<&'static str>,
    attribute: &'static str,
    test: Test,
}

enum Test {
    Suffix(&'static str),
    Prefix(&'static str),
    Contains(&'static str),
    Equals(&'static str),
    True,
    /// A prefix that counts only on objects which are hidden from address lists.
    HiddenPrefix(&'static str),
}

fn exclusions() -> &'static [Exclusion] {
    static TABLE: LazyLock<Vec<Exclusion>> = LazyLock::new(|| {
        include_str!("../../../data/idfix-exclusions.tsv").lines().skip(1).filter_map(exclusion).collect()
    });
    &TABLE
}

fn exclusion(row: &'static str) -> Option<Exclusion> {
    let cells: Vec<&str> = row.split('\t').collect();
    let text = *cells.get(4)?;
    let test = match cells[3] {
        "suffix" => Test::Suffix(text),
        "prefix" => Test::Prefix(text),
        "contains" => Test::Contains(text),
        "equals" => Test::Equals(text),
        "true" => Test::True,
        "hidden-prefix" => Test::HiddenPrefix(text),
        _ => return None,
    };
    Some(Exclusion {
        multi_tenant_only: cells[0] == "multi_tenant",
        class: (cells[1] != "any").then_some(cells[1]),
        attribute: cells[2],
        test,
    })
}

/// What IdFix's filter makes of this object, whose cn is given.
pub(super) fn judge(view: &ObjectView, cn: &str, mode: IdFixMode) -> Verdict {
    for row in exclusions() {
        if row.multi_tenant_only && mode == IdFixMode::Dedicated {
            continue;
        }
        if row.class.is_some_and(|class| !view.class.eq_ignore_ascii_case(class)) {
            continue;
        }
        let value = match row.attribute {
            "cn" => Some(cn),
            "distinguishedName" => Some(view.dn.as_str()),
            attribute => view.first(attribute),
        };
        match value.map_or(Ok(false), |value| applies(&row.test, value, view)) {
            Ok(false) => {}
            Ok(true) => return Verdict::Skipped,
            Err(message) => return Verdict::Failed(message),
        }
    }
    if mode == IdFixMode::MultiTenant && view.class.eq_ignore_ascii_case("group") {
        return judge_group(view);
    }
    Verdict::Checked
}

fn applies(test: &Test, value: &str, view: &ObjectView) -> Result<bool, &'static str> {
    Ok(match test {
        Test::Suffix(text) => value.ends_with(text),
        Test::Prefix(text) => starts_with(value, text),
        Test::Contains(text) => contains(value, text),
        Test::Equals(text) => value == *text,
        Test::True => boolean(value).ok_or(NO_BOOLEAN)?,
        Test::HiddenPrefix(text) => match view.first("msExchHideFromAddressLists") {
            Some(hidden) => boolean(hidden).ok_or(NO_BOOLEAN)? && starts_with(value, text),
            None => false,
        },
    })
}

/// Security groups without mail and distribution groups without proxyAddresses are left out.
fn judge_group(view: &ObjectView) -> Verdict {
    let Some(kind) = view.first("groupType") else {
        return Verdict::Failed(NULL_REFERENCE);
    };
    let Ok(kind) = kind.trim().parse::<i64>() else {
        return Verdict::Failed(NO_NUMBER);
    };
    let needed = if kind < 0 { "mail" } else { "proxyAddresses" };
    if view.all(needed).is_empty() { Verdict::Skipped } else { Verdict::Checked }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_exclusion_of_both_modes() {
        // preparation-rules.md section 2.0: cn $, fifteen prefixes, the DN; then MultiTenant's own
        let (own, both): (Vec<_>, Vec<_>) = exclusions().iter().partition(|row| row.multi_tenant_only);
        assert_eq!(both.len(), 1 + 15 + 1);
        assert_eq!(own.len(), 1 + 3 + 2 + 1 + 7);
    }

    #[test]
    fn a_filter_that_throws_lets_the_object_through() {
        let group = ObjectView::new("CN=g", "group");
        assert_eq!(judge(&group, "g", IdFixMode::MultiTenant), Verdict::Failed(NULL_REFERENCE));
        assert_eq!(judge(&group, "g", IdFixMode::Dedicated), Verdict::Checked);
        let odd = group.clone().with("isCriticalSystemObject", vec!["yes".into()]);
        assert_eq!(judge(&odd, "g", IdFixMode::MultiTenant), Verdict::Failed(NO_BOOLEAN));
        let odd = group.with("groupType", vec!["global".into()]);
        assert_eq!(judge(&odd, "g", IdFixMode::MultiTenant), Verdict::Failed(NO_NUMBER));
    }

    #[test]
    fn conflict_objects_are_left_out_by_a_part_of_their_name() {
        let judged = |dn: &str| judge(&ObjectView::new(dn, "user"), "Jan", IdFixMode::MultiTenant);
        assert_eq!(judged("CN=Jan\\0ACNF:9c6a,OU=Lab,DC=contoso,DC=com"), Verdict::Skipped);
        // the literal's first character is passed over, so that any name with the rest of it is left out too
        assert_eq!(judged("CN=MACNF: Jan,OU=Lab,DC=contoso,DC=com"), Verdict::Skipped);
        assert_eq!(judged("CN=Jan,OU=Lab,DC=contoso,DC=com"), Verdict::Checked);
    }

    #[test]
    fn a_group_of_type_zero_is_a_distribution_group() {
        // preparation-rules.md 2.0: groupType < 0 is security, >= 0 distribution
        let group = |kind: &str, attribute: &str| {
            let view = ObjectView::new("CN=g", "group").with("groupType", vec![kind.into()]);
            judge(&view.with(attribute, vec!["x".into()]), "g", IdFixMode::MultiTenant)
        };
        assert_eq!(group("-1", "mail"), Verdict::Checked);
        assert_eq!(group("-1", "proxyAddresses"), Verdict::Skipped);
        for kind in ["0", "1"] {
            assert_eq!(group(kind, "mail"), Verdict::Skipped, "{kind}");
            assert_eq!(group(kind, "proxyAddresses"), Verdict::Checked, "{kind}");
        }
    }

    #[test]
    fn a_hidden_system_account_is_left_out_by_its_name() {
        // preparation-rules.md 2.0: displayName starts MSOL and msExchHideFromAddressLists TRUE
        let judged = |name: &str, hidden: &str| {
            let view = ObjectView::new("CN=x", "user").with("displayName", vec![name.into()]);
            judge(&view.with("msExchHideFromAddressLists", vec![hidden.into()]), "x", IdFixMode::MultiTenant)
        };
        assert_eq!(judged("MSOL x", "TRUE"), Verdict::Skipped);
        assert_eq!(judged("MSOL x", "FALSE"), Verdict::Checked);
        assert_eq!(judged("x", "TRUE"), Verdict::Checked);
    }
}
