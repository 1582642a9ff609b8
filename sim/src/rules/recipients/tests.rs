//! Recipients by example.

use super::super::{Licensed, ObjectView, Settings, check};
use crate::clock::{DEFAULT_START, SimTime};
use std::time::Duration;

fn view(class: &str, attributes: &[(&str, &str)]) -> ObjectView {
    let mut view = ObjectView::new("CN=ada,OU=Staff,DC=contoso,DC=local", class);
    let complete = [
        ("displayName", "Ada"),
        ("givenName", "Ada"),
        ("sn", "Jansen"),
        ("sAMAccountName", "ada"),
        ("userPrincipalName", "ada@contoso.com"),
        ("mail", "ada@contoso.com"),
        ("mailNickname", "ada"),
        ("proxyAddresses", "SMTP:ada@contoso.com"),
        ("msExchRecipientTypeDetails", "1"),
        ("userAccountControl", "512"),
    ];
    for (attribute, value) in complete.iter().chain(attributes) {
        view.set(attribute, if value.is_empty() { Vec::new() } else { vec![(*value).to_owned()] });
    }
    view
}

fn told(view: ObjectView, settings: &Settings, expected: &[(&str, Option<&str>)]) {
    let found = check(std::slice::from_ref(&view), settings);
    let found: Vec<(&str, Option<&str>)> =
        found.iter().map(|f| (&*f.rule, f.suggestion.as_ref().map(|s| s[0].as_str()))).collect();
    assert_eq!(found, expected, "{view:?}");
}

#[test]
fn accounts_that_log_on_are_people_and_shown() {
    let none = Settings::default();
    told(view("user", &[]), &none, &[]);
    told(view("user", &[("msExchRecipientTypeDetails", "16")]), &none, &[("AC04", None)]);
    let shared = [("msExchRecipientTypeDetails", "4"), ("userAccountControl", "514")];
    told(view("user", &shared), &none, &[]);
    let hidden = ("msExchHideFromAddressLists", "TRUE");
    told(view("user", &[shared[0], shared[1], hidden]), &none, &[]);
    told(view("user", &[hidden]), &none, &[("AC05", None)]);
    told(view("user", &[("msExchHideFromAddressLists", "FALSE")]), &none, &[]);
    told(view("user", &[hidden, ("userAccountControl", "514")]), &none, &[]);
    told(view("user", &[("pwdLastSet", "0")]), &none, &[("AC07", None)]);
    told(view("user", &[("pwdLastSet", "0"), ("userAccountControl", "514")]), &none, &[]);
}

#[test]
fn the_hide_flag_needs_an_alias() {
    let hidden =
        [("msExchHideFromAddressLists", "TRUE"), ("userAccountControl", "514"), ("mailNickname", "")];
    told(view("user", &hidden), &Settings::default(), &[("AC06", Some("ada"))]);
    let bare = [hidden[0], hidden[1], hidden[2], ("mail", ""), ("proxyAddresses", "")];
    told(view("user", &bare), &Settings::default(), &[("AC06", None)]);
}

#[test]
fn disabled_accounts_hold_no_licence() {
    let disabled =
        || view("user", &[("userAccountControl", "514"), ("memberOf", "CN=Licence E3,DC=contoso")]);
    let groups = |dn: &str| Settings { license_groups: vec![dn.to_owned()], ..Settings::default() };
    let named = |licensed| Settings { licensed, ..Settings::default() };
    told(disabled(), &Settings::default(), &[]);
    told(disabled(), &groups("cn=licence e3, DC=contoso"), &[("AC01", None)]);
    told(disabled(), &groups("CN=Licence E5,DC=contoso"), &[]);
    told(disabled(), &named(Licensed::these(["ada"])), &[("AC01", None)]);
    told(disabled(), &named(Licensed::All), &[]);
}

#[test]
fn nobody_has_logged_on_for_half_a_year() {
    let settings = Settings { now: Some(DEFAULT_START), ..Settings::default() };
    let days_ago = |days: u64| {
        let time: SimTime = DEFAULT_START.minus(Duration::from_secs(days * 86_400));
        time.filetime().to_string()
    };
    let last = |days: u64| view("user", &[("lastLogonTimestamp", &days_ago(days))]);
    told(last(181), &settings, &[("AC02", None)]);
    told(last(179), &settings, &[]);
    told(last(400), &Settings::default(), &[]);
    told(view("user", &[("lastLogonTimestamp", "0")]), &settings, &[]);
}

#[test]
fn a_linked_mailbox_comes_with_its_account() {
    let linked = || {
        view(
            "user",
            &[
                ("msExchRecipientTypeDetails", "2"),
                ("userAccountControl", "514"),
                ("msExchMasterAccountSid", "S-1-5-21-4-5-6-1104"),
            ],
        )
    };
    let scope = Settings { scope: vec!["OU=Staff,DC=contoso,DC=local".to_owned()], ..Settings::default() };
    told(linked(), &Settings::default(), &[]);
    told(linked(), &scope, &[("AC03", None)]);
    let account = |sid: &str| {
        let mut account = ObjectView::new("CN=ada,DC=fabrikam,DC=local", "user").in_forest(1);
        for (attribute, value) in
            [("displayName", "Ada"), ("sn", "J"), ("sAMAccountName", "ada.j"), ("objectSid", sid)]
        {
            account.set(attribute, vec![value.to_owned()]);
        }
        // the account of a linked mailbox carries its address too, and that is no duplicate
        account.set("mail", vec!["ada@contoso.com".to_owned()]);
        account
    };
    let rules = |sid: &str| -> Vec<String> {
        let mut found: Vec<String> =
            check(&[linked(), account(sid)], &scope).iter().map(|f| f.rule.to_string()).collect();
        found.retain(|rule| rule.starts_with("AC03") || rule.starts_with("XD") || rule.starts_with("ML0"));
        found
    };
    assert_eq!(rules("S-1-5-21-4-5-6-1104"), Vec::<String>::new());
    assert!(rules("S-1-5-21-4-5-6-1105").contains(&"AC03".to_owned()));
    assert!(rules("S-1-5-21-4-5-6-1105").contains(&"XD06".to_owned()));
}

#[test]
fn extensions_have_at_most_250_characters() {
    let with = |length: usize| view("user", &[("extensionAttribute4", &"é".repeat(length))]);
    told(with(250), &Settings::default(), &[]);
    told(with(251), &Settings::default(), &[("OB05", None)]);
}

#[test]
fn contacts_have_addresses() {
    let partner = |proxies: &str| {
        view(
            "contact",
            &[
                ("mail", "x@fabrikam.com"),
                ("targetAddress", "SMTP:x@fabrikam.com"),
                ("proxyAddresses", proxies),
                ("sAMAccountName", ""),
                ("userPrincipalName", ""),
                ("msExchRecipientTypeDetails", "64"),
            ],
        )
    };
    // where no object has addresses, they were not read
    told(partner(""), &Settings::default(), &[]);
    let objects = [partner(""), view("user", &[])];
    let found = check(&objects, &Settings::default());
    let contact = found.iter().find(|f| f.rule == "CO01").unwrap();
    assert_eq!(contact.suggestion, Some(vec!["SMTP:x@fabrikam.com".to_owned()]));
    let mut hidden = partner("");
    hidden.set("displayName", vec!["x (MSOL)".to_owned()]);
    hidden.set("msExchHideFromAddressLists", vec!["TRUE".to_owned()]);
    assert!(check(&[hidden, view("user", &[])], &Settings::default()).iter().all(|f| f.rule != "CO01"));
}
