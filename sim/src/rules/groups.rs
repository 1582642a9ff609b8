//! Groups by themselves: their type, and whether mail reaches them.

use super::proxy::smtp;
use super::sheet::{Broken, GROUP_TYPE, MAIL, MAIL_NICKNAME, PROXY_ADDRESSES, Sheet};
use super::{ObjectView, Severity};

const GLOBAL: i32 = 2;
const DOMAIN_LOCAL: i32 = 4;
const UNIVERSAL: i32 = 8;

pub(super) fn check_group(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView) {
    let held = |slot| !view.slot(slot).is_empty();
    let address = view.slot(PROXY_ADDRESSES).iter().any(|value| smtp(value).is_some());
    if (held(MAIL) || address)
        && let Some(text) = view.slot(GROUP_TYPE).first()
        && let Some(kind) = text.parse::<i32>().ok().filter(|kind| kind & UNIVERSAL == 0)
    {
        // mail alone is a note in the directory; an alias or addresses make it a recipient of Exchange
        let severity = if address || held(MAIL_NICKNAME) { Severity::Error } else { Severity::Warning };
        let row = sheet.row(object, GROUP_TYPE);
        row.broken.push(Broken::new("GR06", severity, "a group with mail that is not universal").of(text));
        row.repaired = vec![(kind & !(GLOBAL | DOMAIN_LOCAL) | UNIVERSAL).to_string()];
    }
    if (held(MAIL_NICKNAME) || held(PROXY_ADDRESSES)) && !held(MAIL) && !address {
        let reason = "an alias or addresses, but neither mail nor an SMTP address";
        sheet.row(object, MAIL).broken.push(Broken::error("GR07", reason).decided(false));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ObjectView, Settings, check};

    #[test]
    fn groups_with_mail_are_universal() {
        let check = |kind: &str, mail: bool, expected: Option<&str>| {
            let mut view = ObjectView::new("CN=g", "group").with("groupType", vec![kind.to_owned()]);
            view.set("displayName", vec!["g".to_owned()]);
            view.set("sAMAccountName", vec!["g".to_owned()]);
            if mail {
                view.set("mail", vec!["g@contoso.com".to_owned()]);
                view.set("proxyAddresses", vec!["SMTP:g@contoso.com".to_owned()]);
            }
            let found = check(&[view], &Settings::default());
            let suggested = found.first().and_then(|f| f.suggestion.as_ref()).map(|s| s[0].as_str());
            assert_eq!((found.len(), suggested), (usize::from(expected.is_some()), expected), "{kind}");
        };
        // groupType: active-directory.md, GLOBAL 2, DOMAIN_LOCAL 4, UNIVERSAL 8, SECURITY 0x80000000
        check("-2147483646", true, Some("-2147483640"));
        check("-2147483644", true, Some("-2147483640"));
        check("2", true, Some("8"));
        check("8", true, None);
        check("-2147483640", true, None);
        check("-2147483646", false, None);
        check("no number", true, None);
    }

    #[test]
    fn an_alias_alone_reaches_nobody() {
        let view = ObjectView::new("CN=g", "group")
            .with("displayName", vec!["g".to_owned()])
            .with("sAMAccountName", vec!["g".to_owned()])
            .with("groupType", vec!["8".to_owned()])
            .with("mailNickname", vec!["g".to_owned()])
            .with("proxyAddresses", vec!["X500:/o=Contoso/cn=g".to_owned()]);
        let found = check(&[view], &Settings::default());
        assert_eq!((found.len(), found[0].rule.as_ref(), found[0].needs_decision()), (1, "GR07", true));
    }
}
