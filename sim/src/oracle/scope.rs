//! Which objects the default rules leave on premises (directory-sync.md 1.2, 1.3).

use super::address::SmtpValue;
use super::model::{OnPremObject, SyncKind};

/// Recipient types that never leave: public folder, system attendant, mailbox database, groups' and plans'
/// mailboxes, discovery mailbox.
const SYSTEM_RECIPIENTS: i64 = 0x21C0_7000;
/// A role group of Exchange.
const ROLE_GROUP: i64 = 0x4000_0000;
/// A linked mailbox: it waits for the account of its own forest.
const LINKED_MAILBOX: i64 = 2;
/// The bit of `groupType` that makes a group a security group.
const SECURITY_GROUP: i64 = 0x8000_0000;

/// Why an object stays on premises; none when it is synchronized.
///
/// `member_limit` is the most members of a synchronized group.
pub(super) fn filtered(object: &OnPremObject, member_limit: usize) -> Option<&'static str> {
    if starts_with_ignoring_case(object.text("isdeleted"), "true") {
        return Some("deleted");
    }
    if object.text("iscriticalsystemobject").is_some_and(|v| v.eq_ignore_ascii_case("true")) {
        return Some("isCriticalSystemObject");
    }
    // a replication conflict victim: the name holds a line feed and CNF:, written \0ACNF: in the DN
    if object.dn.contains("\\0ACNF:") || object.text("cn").is_some_and(|cn| cn.contains("\nCNF:")) {
        return Some("replication conflict");
    }
    match object.kind {
        SyncKind::User => user(object),
        SyncKind::Group => group(object, member_limit),
        SyncKind::Contact => contact(object),
    }
}

/// Whether no rule reads the object, so that it joins nobody either: what the scopes of rules leave out (1.2).
pub(super) fn is_out_of_every_rule(object: &OnPremObject) -> bool {
    object.text("iscriticalsystemobject").is_some_and(|v| v.eq_ignore_ascii_case("true"))
        || (object.kind == SyncKind::User
            && starts_with_ignoring_case(object.text("admindescription"), "User_"))
}

fn user(object: &OnPremObject) -> Option<&'static str> {
    let Some(sam) = object.text("samaccountname").filter(|sam| !sam.is_empty()) else {
        return Some("sAMAccountName absent");
    };
    let alias = object.text("mailnickname");
    if starts_with_ignoring_case(object.text("admindescription"), "User_") {
        return Some("adminDescription");
    }
    if sam.eq_ignore_ascii_case("SUPPORT_388945a0")
        || ["AAD_", "MSOL_"].iter().any(|prefix| starts_with_ignoring_case(Some(sam), prefix))
    {
        return Some("service account of the sync engine or of support");
    }
    if starts_with_ignoring_case(alias, "SystemMailbox{") {
        return Some("system mailbox");
    }
    if is_cas(alias) || is_cas(Some(sam)) {
        return Some("client access server account");
    }
    match object.number("msexchrecipienttypedetails") {
        Some(LINKED_MAILBOX) => Some("linked mailbox"),
        Some(details) if details & SYSTEM_RECIPIENTS != 0 => Some("system recipient"),
        _ => None,
    }
}

fn group(object: &OnPremObject, member_limit: usize) -> Option<&'static str> {
    if object.text("samaccountname").is_some_and(|s| s.eq_ignore_ascii_case("MSOL_AD_Sync_RichCoexistence")) {
        return Some("group of the sync engine");
    }
    if starts_with_ignoring_case(object.text("admindescription"), "Group_") {
        return Some("adminDescription");
    }
    if object.number("msexchrecipienttypedetails").is_some_and(|details| details & ROLE_GROUP != 0) {
        return Some("role group");
    }
    if !is_security_group(object) && !is_mail_enabled(object) {
        return Some("distribution group that is not mail-enabled");
    }
    (object.members.len() > member_limit).then_some("more members than the limit")
}

fn contact(object: &OnPremObject) -> Option<&'static str> {
    let hidden = object.text("msexchhidefromaddresslists").is_some_and(|v| v.eq_ignore_ascii_case("true"));
    if hidden && object.text("displayname").is_some_and(|name| name.contains("(MSOL)")) {
        return Some("hidden (MSOL) contact");
    }
    if is_cas(object.text("mailnickname")) {
        return Some("client access server account");
    }
    (!is_mail_enabled(object)).then_some("contact that is not mail-enabled")
}

/// Whether the group type names a security group.
pub(super) fn is_security_group(object: &OnPremObject) -> bool {
    // groupType is a signed 32-bit number: a security group's is negative
    object.number("grouptype").is_some_and(|kind| kind & SECURITY_GROUP != 0)
}

/// Mail-enabled: an SMTP address (primary or not) with an `@` in proxyAddresses, or an `@` in mail.
pub(super) fn is_mail_enabled(object: &OnPremObject) -> bool {
    let proxies = object.texts("proxyaddresses").any(|value| {
        value.contains('@') && SmtpValue::prefix_of(value).is_some_and(|p| p.eq_ignore_ascii_case("smtp"))
    });
    proxies || object.text("mail").is_some_and(|mail| mail.contains('@'))
}

fn is_cas(name: Option<&str>) -> bool {
    starts_with_ignoring_case(name, "CAS_") && name.is_some_and(|n| n.contains('}'))
}

fn starts_with_ignoring_case(text: Option<&str>, prefix: &str) -> bool {
    text.and_then(|t| t.get(..prefix.len())).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::testing::object;

    fn check(kind: SyncKind, attributes: &[(&'static str, &str)], synchronized: bool) {
        let object = object(kind, 1, attributes);
        assert_eq!(filtered(&object, 3).is_none(), synchronized, "{kind:?} {attributes:?}");
    }

    #[test]
    fn users_are_filtered_as_the_default_rules_say() {
        // directory-sync.md 1.3, row User
        let sam = ("sAMAccountName", "ada");
        check(SyncKind::User, &[sam], true);
        check(SyncKind::User, &[], false);
        check(SyncKind::User, &[sam, ("isCriticalSystemObject", "TRUE")], false);
        check(SyncKind::User, &[sam, ("isCriticalSystemObject", "FALSE")], true);
        check(SyncKind::User, &[sam, ("adminDescription", "User_NoSync")], false);
        check(SyncKind::User, &[sam, ("mailNickname", "SystemMailbox{1f05a927}")], false);
        check(SyncKind::User, &[sam, ("mailNickname", "CAS_{1f05a927}")], false);
        check(SyncKind::User, &[sam, ("mailNickname", "CAS_brackets")], true);
        for name in ["SUPPORT_388945a0", "AAD_1234", "MSOL_56789", "CAS_{ab}"] {
            check(SyncKind::User, &[("sAMAccountName", name)], false);
        }
        for name in ["SUPPORT_helpdesk", "Msolberg", "krbadmin"] {
            check(SyncKind::User, &[("sAMAccountName", name)], true);
        }
        // the bits of 0x21C07000 one by one; 2 is a linked mailbox; 1 a user mailbox, 16 a room
        for details in ["4096", "8192", "16384", "4194304", "8388608", "16777216", "536870912", "2"] {
            check(SyncKind::User, &[sam, ("msExchRecipientTypeDetails", details)], false);
        }
        for details in ["1", "16", "128"] {
            check(SyncKind::User, &[sam, ("msExchRecipientTypeDetails", details)], true);
        }
        check(SyncKind::User, &[sam, ("cn", "Ada\nCNF:d7a51b71-e1e1-411b-be67-c97ca6b456a9")], false);
    }

    #[test]
    fn groups_are_filtered_as_the_default_rules_say() {
        let security = ("groupType", "-2147483646");
        let distribution = ("groupType", "8");
        check(SyncKind::Group, &[security], true);
        check(SyncKind::Group, &[distribution], false);
        check(SyncKind::Group, &[distribution, ("mail", "all@contoso.com")], true);
        check(SyncKind::Group, &[distribution, ("mail", "all")], false);
        // a secondary address makes it mail-enabled, an X500 address alone does not
        check(SyncKind::Group, &[distribution, ("proxyAddresses", "smtp:all@contoso.com")], true);
        check(SyncKind::Group, &[distribution, ("proxyAddresses", "X500:/o=C/cn=a@b")], false);
        check(SyncKind::Group, &[security, ("isCriticalSystemObject", "TRUE")], false);
        check(SyncKind::Group, &[security, ("adminDescription", "Group_x")], false);
        check(SyncKind::Group, &[security, ("adminDescription", "User_x")], true);
        check(SyncKind::Group, &[security, ("msExchRecipientTypeDetails", "1073741824")], false);
        let mut big = object(SyncKind::Group, 1, &[security]);
        big.members = (0..4).map(|n| crate::ids::Guid::from_bytes([n; 16])).collect();
        assert!(filtered(&big, 3).is_some());
        assert!(filtered(&big, 4).is_none());
    }

    #[test]
    fn contacts_are_filtered_as_the_default_rules_say() {
        let mail = ("mail", "eve@fabrikam.com");
        check(SyncKind::Contact, &[mail], true);
        check(SyncKind::Contact, &[], false);
        let msol = ("displayName", "Eve (MSOL)");
        check(SyncKind::Contact, &[mail, msol], true);
        check(SyncKind::Contact, &[mail, msol, ("msExchHideFromAddressLists", "TRUE")], false);
    }
}
