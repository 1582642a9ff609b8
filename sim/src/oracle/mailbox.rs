//! Nickname and addresses of one object, as the cloud calculates them (directory-sync.md 2.2).

use super::address::{self, SmtpValue, Verdict, judge_address, local_part};
use super::model::{CloudRecord, CloudView, OnPremObject, SyncKind};
use super::switches::Switches;
use std::collections::BTreeSet;

/// What an object's mail properties may be. All addresses are in lower case and without prefix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressRule {
    /// Addresses that must be there, unless another object holds them.
    pub required: BTreeSet<String>,
    /// Addresses that may be there.
    pub optional: BTreeSet<String>,
    /// Values of other protocols that must be there (with prefix).
    pub other_required: BTreeSet<String>,
    /// Values of other protocols that may be there (with prefix).
    pub other_optional: BTreeSet<String>,
    /// What `mail` and the primary address may be; none stands for no primary address.
    pub primaries: BTreeSet<Option<String>>,
    /// User parts of the address at the initial domain that a mailbox must have; empty when it need not.
    pub moera: BTreeSet<String>,
    /// Whether the user principal name must be among the addresses.
    pub with_upn: bool,
}

/// The two rules of an object: for a mailbox (an Exchange Online plan is on) and without one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressRules {
    /// Without an Exchange Online plan.
    pub plain: AddressRule,
    /// With one.
    pub mailbox: AddressRule,
}

/// The values of `proxyAddresses` by what the cloud makes of them.
struct Source {
    sure: Vec<(String, bool)>,
    doubtful: Vec<(String, bool)>,
    x500: BTreeSet<String>,
    other: BTreeSet<String>,
    /// Something was there, so `mail` is masked.
    masks_mail: bool,
    /// A primary address was there and was discarded.
    lost_primary: bool,
    mail: Option<(String, Verdict)>,
}

impl Source {
    fn read(object: &OnPremObject) -> Source {
        let mut source = Source {
            sure: Vec::new(),
            doubtful: Vec::new(),
            x500: BTreeSet::new(),
            other: BTreeSet::new(),
            masks_mail: false,
            lost_primary: false,
            mail: object.text("mail").map(str::trim).filter(|m| !m.is_empty()).map(|mail| {
                let verdict = if address::is_reserved(mail) { Verdict::Invalid } else { judge_address(mail) };
                (mail.to_lowercase(), verdict)
            }),
        };
        for value in object.texts("proxyaddresses").map(str::trim) {
            source.masks_mail = true;
            match SmtpValue::parse(value) {
                SmtpValue::Smtp { address, primary } => merge(&mut source.sure, address, primary),
                SmtpValue::Doubtful { address, primary } => merge(&mut source.doubtful, address, primary),
                SmtpValue::X500(text) => drop(source.x500.insert(text)),
                SmtpValue::Other(text) => drop(source.other.insert(text)),
                SmtpValue::Discarded => source.lost_primary |= value.starts_with("SMTP:"),
            }
        }
        source
    }

    fn primaries(list: &[(String, bool)]) -> impl Iterator<Item = &String> {
        list.iter().filter(|(_, primary)| *primary).map(|(address, _)| address)
    }
}

/// The same address twice is one; it is primary if one of the two is.
fn merge(list: &mut Vec<(String, bool)>, address: String, primary: bool) {
    match list.iter_mut().find(|(known, _)| *known == address) {
        Some((_, known)) => *known |= primary,
        None => list.push((address, primary)),
    }
}

/// The addresses of an object. `upn` is what comes from on premises, `nicknames` are the permitted ones.
pub(super) fn address_rules(
    object: &OnPremObject,
    nicknames: &[String],
    upn: Option<&str>,
    before: Option<&CloudRecord>,
    cloud: &CloudView,
    switches: &Switches,
) -> AddressRules {
    let source = Source::read(object);
    let plain = plain_rule(object, &source, nicknames, upn, before, cloud);
    let mailbox = match object.kind {
        SyncKind::User => mailbox_rule(&plain, nicknames, upn, before, cloud, switches),
        _ => plain.clone(),
    };
    AddressRules { plain, mailbox }
}

fn plain_rule(
    object: &OnPremObject,
    source: &Source,
    nicknames: &[String],
    upn: Option<&str>,
    before: Option<&CloudRecord>,
    cloud: &CloudView,
) -> AddressRule {
    let mut rule = AddressRule {
        required: source.sure.iter().map(|(a, _)| a.clone()).collect(),
        optional: source.doubtful.iter().map(|(a, _)| a.clone()).collect(),
        other_required: source.x500.clone(),
        other_optional: source.other.clone(),
        ..AddressRule::default()
    };
    let moeras: BTreeSet<String> =
        nicknames.iter().map(|n| format!("{n}@{}", cloud.initial_domain).to_lowercase()).collect();
    // what a mailbox got and kept when its licence went, and what groups get from Exchange
    let cloud_made = |a: &String| address::domain_of(a).as_deref() == Some(cloud.initial_domain.as_str());
    let held = before.map(smtp_addresses).unwrap_or_default();
    rule.optional.extend(held.iter().filter(|a| cloud_made(a)).cloned());
    rule.optional.extend(held.iter().any(&cloud_made).then(|| upn_of(before)).flatten());
    if object.kind == SyncKind::Group {
        rule.optional.extend(moeras.iter().cloned());
    }
    rule.primaries.extend(Source::primaries(&source.sure).cloned().map(Some));
    rule.primaries.extend(Source::primaries(&source.doubtful).cloned().map(Some));
    let sure_primary = Source::primaries(&source.sure).next().is_some();
    let mail = source.mail.as_ref().filter(|(_, verdict)| *verdict != Verdict::Invalid);
    if let (Some((mail, verdict)), false) = (mail, sure_primary) {
        let only_source = !source.masks_mail && *verdict == Verdict::Valid;
        match only_source {
            true => drop(rule.required.insert(mail.clone())),
            // mail behind proxy addresses that hold no (sure) primary: the references leave it open
            false => drop(rule.optional.insert(mail.clone())),
        }
        if !source.masks_mail || source.lost_primary || source.sure.is_empty() {
            rule.primaries.insert(Some(mail.clone()));
        }
        if only_source {
            return rule;
        }
    }
    if !sure_primary {
        rule.primaries.insert(None);
        let has_secondary = !source.sure.is_empty() || !source.doubtful.is_empty();
        if has_secondary || held.iter().any(&cloud_made) {
            rule.optional.extend(moeras.iter().cloned());
            rule.optional.extend(upn.map(str::to_lowercase));
            rule.primaries.extend(rule.optional.iter().filter(|a| cloud_made(a)).cloned().map(Some));
        }
    }
    rule
}

fn mailbox_rule(
    plain: &AddressRule,
    nicknames: &[String],
    upn: Option<&str>,
    before: Option<&CloudRecord>,
    cloud: &CloudView,
    switches: &Switches,
) -> AddressRule {
    let verified =
        |a: &String| address::domain_of(a).is_some_and(|domain| cloud.verified_domains.contains(&domain));
    let keep = |set: &BTreeSet<String>| set.iter().filter(|a| verified(a)).cloned().collect();
    let mut rule = AddressRule {
        required: keep(&plain.required),
        optional: keep(&plain.optional),
        with_upn: true,
        ..plain.clone()
    };
    // the old address at the initial domain is kept when the nickname changes
    let held = before.map(smtp_addresses).unwrap_or_default();
    let suffix = format!("@{}", cloud.initial_domain);
    rule.optional.extend(held.into_iter().filter(|a| a.ends_with(&suffix)));
    rule.moera = match (switches.is("moera_from", "upn"), upn) {
        (true, Some(upn)) => BTreeSet::from([local_part(upn).to_lowercase()]),
        _ => nicknames.iter().flat_map(|n| address::user_part_forms(n)).map(|n| n.to_lowercase()).collect(),
    };
    rule.moera.extend(before.and_then(|b| b.text("mailNickname")).map(str::to_lowercase));
    // an address that the cloud made is primary where it was already; else the user principal name is
    let mail = before.and_then(|b| b.text("mail")).map(str::to_lowercase);
    let chosen = |a: &&String| verified(a) && (!a.ends_with(&suffix) || mail.as_ref() == Some(a));
    rule.primaries = plain.primaries.iter().flatten().filter(chosen).cloned().map(Some).collect();
    rule
}

fn upn_of(before: Option<&CloudRecord>) -> Option<String> {
    before.and_then(|b| b.text("userPrincipalName")).map(str::to_lowercase)
}

/// The SMTP addresses of a cloud object, in lower case, without prefix.
pub(crate) fn smtp_addresses(record: &CloudRecord) -> BTreeSet<String> {
    record
        .texts("proxyAddresses")
        .iter()
        .filter_map(|value| value.split_once(':'))
        .filter(|(prefix, _)| prefix.eq_ignore_ascii_case("smtp"))
        .map(|(_, address)| address.to_lowercase())
        .collect()
}

/// The permitted mail nicknames, the likeliest first: at the first synchronization the first present of
/// mailNickname, primary address, mail, user principal name, secondary address; later only mailNickname
/// changes it.
pub(super) fn nicknames(
    object: &OnPremObject,
    upn: Option<&str>,
    before: Option<&CloudRecord>,
) -> Vec<String> {
    let alias = object.text("mailnickname").filter(|alias| !alias.trim().is_empty());
    let kept = before.and_then(|b| b.text("mailNickname"));
    if let (None, Some(kept)) = (alias, kept) {
        return vec![kept.to_owned()];
    }
    let proxies: Vec<&str> = object.texts("proxyaddresses").map(str::trim).collect();
    let smtp = |value: &str| value.get(..5).is_some_and(|p| p.eq_ignore_ascii_case("smtp:"));
    let primary = proxies.iter().filter(|v| v.starts_with("SMTP:"));
    let secondary = proxies.iter().filter(|v| smtp(v) && !v.starts_with("SMTP:"));
    let cn = object.text("cn").filter(|_| object.kind == SyncKind::Contact);
    let mut sources: Vec<(String, bool)> = Vec::new();
    sources.extend(alias.map(|a| (a.to_owned(), address::is_clean_nickname(a))));
    // a contact's alias falls back to cn in the engine; the cloud's order stands behind it
    sources.extend(cn.map(|cn| (cn.to_owned(), false)));
    sources.extend(primary.map(|value| from_address(&value[5..])));
    sources.extend(object.text("mail").map(from_address));
    sources.extend(upn.map(|upn| (local_part(upn).to_owned(), address::is_clean_nickname(local_part(upn)))));
    sources.extend(secondary.map(|value| from_address(&value[5..])));
    let mut names: Vec<String> = Vec::new();
    for (name, settles) in sources {
        names.extend(address::nickname_forms(&name));
        if settles {
            break;
        }
    }
    // a malformed alias may also be taken for no alias at all
    names.extend(kept.map(str::to_owned).filter(|_| alias.is_some_and(|a| !address::is_clean_nickname(a))));
    let mut seen = BTreeSet::new();
    names.retain(|name| !name.is_empty() && seen.insert(name.clone()));
    names
}

/// The user part of an address, and whether the references leave no doubt that it counts.
fn from_address(address: &str) -> (String, bool) {
    let local = local_part(address).to_owned();
    let sure = judge_address(address) == Verdict::Valid && address::is_clean_nickname(&local);
    (local, sure && !address::is_reserved(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::testing::{object, record, tenant};

    const NICK: &str = "mailNickname";

    /// The first nickname, and what comes out of a first synchronization.
    fn first(attributes: &[(&'static str, &str)]) -> Vec<String> {
        let object = object(SyncKind::User, 1, attributes);
        nicknames(&object, object.text("userprincipalname"), None)
    }

    #[test]
    fn the_nickname_is_the_first_present_of_five_sources() {
        // directory-sync.md 2.2.2
        let upn = ("userPrincipalName", "user3@contoso.com");
        let mail = ("mail", "user2@contoso.com");
        let primary = ("proxyAddresses", "SMTP:user1@contoso.com");
        let secondary = ("proxyAddresses", "smtp:user0@contoso.com");
        let check = |attributes: &[(&'static str, &str)], expected: &[&str]| {
            assert_eq!(first(attributes), expected, "{attributes:?}");
        };
        check(&[(NICK, "user4"), primary, mail, upn], &["user4"]);
        check(&[secondary, primary, mail, upn], &["user1"]);
        check(&[secondary, mail, upn], &["user2"]);
        check(&[secondary, upn], &["user3"]);
        check(&[secondary], &["user0"]);
    }

    #[test]
    fn later_only_an_alias_from_on_premises_changes_the_nickname() {
        // scenario of directory-sync.md 2.2: steps 1 to 5
        let before = record(SyncKind::User, 9, Some("x"), &[(NICK, "user1")]);
        let without = object(SyncKind::User, 1, &[("mail", "user7@contoso.com")]);
        assert_eq!(nicknames(&without, None, Some(&before)), ["user1"]);
        let with = object(SyncKind::User, 1, &[(NICK, "user4"), ("mail", "user7@contoso.com")]);
        assert_eq!(nicknames(&with, None, Some(&before)), ["user4"]);
    }

    fn rules(
        attributes: &[(&'static str, &str)],
        verified: &[&str],
        before: Option<&CloudRecord>,
    ) -> AddressRules {
        let object = object(SyncKind::User, 1, attributes);
        let upn = object.text("userprincipalname");
        let names = nicknames(&object, upn, before);
        address_rules(&object, &names, upn, before, &tenant(verified, vec![]), &Switches::default())
    }

    fn set(values: &[&str]) -> BTreeSet<String> {
        values.iter().map(|v| (*v).to_owned()).collect()
    }

    fn primaries(values: &[&str]) -> BTreeSet<Option<String>> {
        values.iter().map(|v| (*v != "none").then(|| (*v).to_owned())).collect()
    }

    #[test]
    fn addresses_are_calculated_as_in_the_table_of_the_knowledge_base() {
        // directory-sync.md 2.2, rows 1 to 3 (C = contoso.com)
        let one = rules(&[("userPrincipalName", "user1upn@contoso.com")], &["contoso.com"], None);
        assert_eq!((one.plain.required, one.plain.optional), (set(&[]), set(&[])));
        assert_eq!(one.plain.primaries, primaries(&["none"]));
        assert_eq!((one.mailbox.with_upn, one.mailbox.moera), (true, set(&["user1upn"])));

        let row = [("userPrincipalName", "user2upn@contoso.com"), ("mail", "user2mail@contoso.com")];
        let two = rules(&row, &["contoso.com"], None);
        assert_eq!(two.plain.required, set(&["user2mail@contoso.com"]));
        assert_eq!(two.plain.primaries, primaries(&["user2mail@contoso.com"]));
        assert_eq!(two.mailbox.required, set(&["user2mail@contoso.com"]));
        assert_eq!(two.mailbox.primaries, primaries(&["user2mail@contoso.com"]));
        assert_eq!(two.mailbox.moera, set(&["user2mail"]));

        let row = [
            ("userPrincipalName", "user3upn@contoso.com"),
            ("proxyAddresses", "SMTP:user3pa1@contoso.com"),
            ("proxyAddresses", "smtp:user3pa2@contoso.onmicrosoft.com"),
            ("proxyAddresses", "smtp:user3pa3@Fabrikam.microsoftonline.com"),
        ];
        let three = rules(&row, &["contoso.com"], None);
        assert_eq!(three.plain.required, set(&["user3pa1@contoso.com"]));
        assert_eq!(three.plain.optional, set(&[]));
        assert_eq!(three.mailbox.required, set(&["user3pa1@contoso.com"]));
        assert_eq!(three.mailbox.moera, set(&["user3pa1"]));
    }

    #[test]
    fn a_mailbox_loses_addresses_of_unverified_domains_and_keeps_its_old_initial_address() {
        // directory-sync.md 2.2.6 and row 3b
        let row = [
            ("userPrincipalName", "user3upn@contoso.com"),
            ("proxyAddresses", "SMTP:user3new1@contoso.com"),
            ("proxyAddresses", "smtp:user3@contoso.lan"),
        ];
        let properties = [(NICK, "user3pa1"), ("proxyAddresses", "smtp:user3pa1@contoso.onmicrosoft.com")];
        let before = record(SyncKind::User, 9, Some("x"), &properties);
        let rules = rules(&row, &["contoso.com"], Some(&before));
        assert_eq!(rules.mailbox.required, set(&["user3new1@contoso.com"]));
        assert_eq!(rules.mailbox.moera, set(&["user3pa1"]));
        assert!(rules.mailbox.optional.contains("user3pa1@contoso.onmicrosoft.com"));
        assert!(rules.plain.required.contains("user3@contoso.lan"));
        assert!(!rules.mailbox.optional.contains("user3@contoso.lan"));
    }

    #[test]
    fn values_that_the_cloud_discards_are_neither_required_nor_permitted() {
        let values = [
            "SMTP:ok@contoso.com",
            "smtp:in ner@contoso.com",
            "smtp:a;b@contoso.com",
            "smtp:smtp:twice@contoso.com",
            "bare@contoso.com",
            "smtp:noat",
            "X400:c=US;a= ;p=First",
            "MS:ORG/PO/ADA",
            "NOTES:Ada",
            "X500:/o=Contoso/cn=Ada",
            "SIP:ada@contoso.com",
        ];
        let row: Vec<(&'static str, &str)> = values.iter().map(|v| ("proxyAddresses", *v)).collect();
        let rule = rules(&row, &["contoso.com"], None).plain;
        assert_eq!(rule.required, set(&["ok@contoso.com"]));
        assert_eq!(rule.optional, set(&[]));
        assert_eq!(rule.other_required, set(&["x500:/o=contoso/cn=ada"]));
        assert_eq!(rule.other_optional, set(&["sip:ada@contoso.com", "ms:org/po/ada"]));
    }

    #[test]
    fn proxy_addresses_mask_mail_and_no_primary_means_the_initial_address() {
        // directory-sync.md 2.2.7
        let row = [(NICK, "ada"), ("mail", "mail@contoso.com"), ("proxyAddresses", "smtp:user1@contoso.com")];
        let rule = rules(&row, &["contoso.com"], None).plain;
        assert_eq!(rule.required, set(&["user1@contoso.com"]));
        assert_eq!(rule.primaries, primaries(&["none", "ada@contoso.onmicrosoft.com"]));
    }
}
