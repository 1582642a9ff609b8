//! Objects that no rule looks at: the system's own, which synchronization leaves out too.

use super::ObjectView;
use super::attributes::{
    CN, DISPLAY_NAME, HIDDEN, IS_CRITICAL, MAIL_NICKNAME, RECIPIENT_TYPE, SAM_ACCOUNT_NAME, Slot,
};

/// Public folders, system attendants, arbitration, plans, discovery: bits of msExchRecipientTypeDetails that
/// keep a user out of the cloud.
const SYSTEM_MAILBOXES: i64 = 0x21C0_7000;
/// Names of accounts, by their exact text.
const NAMES: [&str; 6] =
    ["administrator", "guest", "krbtgt", "defaultaccount", "wdagutilityaccount", "support_388945a0"];
/// Names of accounts that a number or an identifier follows.
const PREFIXES: [&str; 9] = [
    "msol_",
    "aad_",
    "healthmailbox",
    "systemmailbox{",
    "discoverysearchmailbox {",
    "federatedemail.",
    "iusr_",
    "iwam_",
    "exchange online-applicationaccount",
];

/// Whether the object is the system's own. A person whose name merely begins like a system account's
/// (`Administratie`, `Guesthouse`) is not.
pub(super) fn is_skipped(view: &ObjectView) -> bool {
    if !is_checked(view) {
        return true;
    }
    let first = |slot: Slot| view.slot(slot).first().map(String::as_str);
    if first(IS_CRITICAL).is_some_and(|v| v.eq_ignore_ascii_case("TRUE")) {
        return true;
    }
    if is_conflict(view) {
        return true;
    }
    let names = [first(CN), first(SAM_ACCOUNT_NAME)];
    names.into_iter().flatten().any(is_system_name)
        || first(MAIL_NICKNAME).is_some_and(is_system_alias)
        || is_hidden_msol(view)
        || first(RECIPIENT_TYPE)
            .and_then(|bits| bits.parse::<i64>().ok())
            .is_some_and(|bits| bits & SYSTEM_MAILBOXES != 0)
}

/// Of a class that rules look at.
pub(super) fn is_checked(view: &ObjectView) -> bool {
    matches!(view.class.as_str(), "user" | "inetOrgPerson" | "contact" | "group")
}

/// The loser of a replication conflict: two domain controllers made an object of one name.
pub(super) fn is_conflict(view: &ObjectView) -> bool {
    // most names have neither, and one character is found quicker than several
    view.dn.contains('\\') && view.dn.contains("\\0ACNF:")
        || view.slot(CN).first().is_some_and(|cn| cn.contains('\n') && cn.contains("\nCNF:"))
}

/// A group that a service of the system makes and nobody fills: neither owner nor members are missed.
pub(super) fn is_of_a_service(view: &ObjectView) -> bool {
    const GROUPS: [&str; 8] = [
        "DnsAdmins",
        "DnsUpdateProxy",
        "DHCP Users",
        "DHCP Administrators",
        "WINS Users",
        "WSUS Reporters",
        "WSUS Administrators",
        "TelnetClients",
    ];
    let name = view.one(SAM_ACCOUNT_NAME).or_else(|| view.one(CN));
    name.is_some_and(|name| GROUPS.iter().any(|group| group.eq_ignore_ascii_case(name)))
}

fn is_system_name(name: &str) -> bool {
    NAMES.iter().any(|n| n.len() == name.len() && starts_with(name, n))
        || PREFIXES.iter().any(|p| starts_with(name, p))
        || name.ends_with('$')
        || starts_with(name, "CAS_{") && name.contains('}')
}

fn is_system_alias(alias: &str) -> bool {
    starts_with(alias, "SystemMailbox{") || starts_with(alias, "CAS_") && alias.contains('}')
}

/// Synchronization leaves such users out by the start of the name, such contacts by `(MSOL)` within it.
fn is_hidden_msol(view: &ObjectView) -> bool {
    let contact = view.class == "contact";
    let named = |name: &str| starts_with(name, "MSOL") || contact && name.contains("(MSOL)");
    let hidden = view.slot(HIDDEN).first().is_some_and(|hidden| hidden.eq_ignore_ascii_case("TRUE"));
    hidden && view.slot(DISPLAY_NAME).first().is_some_and(|name| named(name))
}

fn starts_with(text: &str, prefix: &str) -> bool {
    // most differ in the first letter
    let first = |text: &str| text.bytes().next().map(|octet| octet.to_ascii_lowercase());
    first(text) == first(prefix)
        && text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
