//! The worked example of active-directory.md 15, taken from golden/04: same steps, same answer.

use super::{ALL, INCREMENTAL, Request, ask_with, cookie, delete, rename, round, split, told};
use crate::support::{Client, DOMAIN, Shown, administrator, control, modify, object};
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::LdapModifyType;

/// Staff with its people, and the Sales Team: the state at the first cookie.
fn before(client: &mut Client) -> Vec<u8> {
    let staff = client.add_ou("Staff");
    let groups = client.add_ou("Teams");
    let answer = client.add(&format!("OU=Sales,{staff}"), &[("objectClass", &["organizationalUnit"])]);
    assert_eq!(answer.code, 0);
    let mut person = |name: &str, more: &[(&str, &[&str])]| {
        let sam = name.to_lowercase().replace(' ', "");
        let mut attributes: Vec<(&str, &[&str])> = vec![("objectClass", &["user"])];
        let sam = [sam.as_str()];
        attributes.push(("sAMAccountName", &sam));
        attributes.extend_from_slice(more);
        let dn = format!("CN={name},{staff}");
        assert_eq!(client.add(&dn, &attributes).code, 0);
        dn
    };
    let addresses = ["SMTP:alice@contoso.com", "smtp:alice.mueller@contoso.com"];
    let alice = person(
        "Alice Mueller",
        &[("mail", &["alice2@contoso.com"]), ("department", &["Sales"]), ("proxyAddresses", &addresses)],
    );
    person("Bob Stone", &[]);
    person("Eve Expired", &[]);
    person("Temp Tom", &[("mail", &["tom@contoso.com"])]);
    let team: [(&str, &[&str]); 3] =
        [("objectClass", &["group"]), ("sAMAccountName", &["Sales Team"]), ("member", &[&alice])];
    assert_eq!(client.add(&format!("CN=Sales Team,{groups}"), &team).code, 0);
    cookie(client)
}

/// What happened after it.
fn change(client: &mut Client) {
    let staff = format!("OU=Staff,{DOMAIN}");
    let (alice, eve) = (format!("CN=Alice Mueller,{staff}"), format!("CN=Eve Expired,{staff}"));
    let steps = [
        (LdapModifyType::Replace, "mail", &["alice3@contoso.com"][..]),
        (LdapModifyType::Add, "proxyAddresses", &["smtp:a3@contoso.com"]),
        (LdapModifyType::Delete, "department", &[]),
    ];
    assert_eq!(client.ask(modify(&alice, &steps)).code, 0);
    let members = [
        (LdapModifyType::Delete, "member", &[alice.as_str()][..]),
        (LdapModifyType::Add, "member", &[eve.as_str()]),
    ];
    let team = format!("CN=Sales Team,OU=Teams,{DOMAIN}");
    assert_eq!(client.ask(modify(&team, &members)).code, 0);
    let tim: [(&str, &[&str]); 3] =
        [("objectClass", &["user"]), ("sAMAccountName", &["tim"]), ("mail", &["tim@contoso.com"])];
    assert_eq!(client.add(&format!("CN=Temp Tim,{staff}"), &tim).code, 0);
    delete(client, &format!("CN=Temp Tom,{staff}"));
    rename(client, &format!("CN=Bob Stone,{staff}"), "CN=Bob Stone", Some(&format!("OU=Sales,{staff}")));
}

fn find<'e>(entries: &'e [Shown], beginning: &str) -> &'e Shown {
    entries.iter().find(|entry| entry.dn.starts_with(beginning)).expect(beginning)
}

fn guid_of(client: &mut Client, dn: &str) -> Vec<Vec<u8>> {
    client.search(object(dn, &["objectGUID"])).entries[0].bytes("objectGUID")
}

#[test]
fn one_round_tells_every_kind_of_change() {
    let mut client = administrator(Limits::default());
    let known = before(&mut client);
    change(&mut client);
    let (entries, next) = round(&mut client, &ALL, &known);
    assert_eq!(entries.len(), 5, "{:?}", super::rdns(&entries));
    assert_ne!(next, known);

    let bob = find(&entries, "CN=Bob Stone,OU=Sales,OU=Staff,");
    assert_eq!(split(bob), (vec!["instanceType", "name", "objectGUID", "parentGUID"], vec![]));
    assert_eq!(bob.bytes("parentGUID"), guid_of(&mut client, &format!("OU=Sales,OU=Staff,{DOMAIN}")));

    let tom = find(&entries, "CN=Temp Tom\\0ADEL:");
    assert!(tom.dn.ends_with(&format!(",CN=Deleted Objects,{DOMAIN}")), "{}", tom.dn);
    let (set, emptied) = split(tom);
    // msDS-LastKnownRDN: MS-ADTS 3.1.1.5.5.1; Samba does not set it
    let last = "msDS-LastKnownRDN";
    let kept = [
        "instanceType",
        "isDeleted",
        "isRecycled",
        "lastKnownParent",
        last,
        "name",
        "objectGUID",
        "parentGUID",
    ];
    assert_eq!(set, kept);
    let gone = ["accountExpires", "codePage", "countryCode", "mail", "objectCategory"];
    let gone = [&gone[..], &["primaryGroupID", "pwdLastSet", "sAMAccountType"]].concat();
    assert_eq!(emptied, gone);
    assert_eq!((tom.text("isDeleted"), tom.text("isRecycled")), ("TRUE".to_owned(), "TRUE".to_owned()));
    assert_eq!(tom.text("lastKnownParent"), format!("OU=Staff,{DOMAIN}"));
    assert!(tom.text("name").starts_with("Temp Tom\nDEL:"));

    let team = find(&entries, "CN=Sales Team,");
    assert_eq!(split(team), (vec!["instanceType", "member", "objectGUID"], vec![]));
    assert_eq!(team.text("member"), format!("CN=Eve Expired,OU=Staff,{DOMAIN}"));

    let tim = find(&entries, "CN=Temp Tim,");
    let (set, _) = split(tim);
    // golden/04
    let golden = [
        "accountExpires",
        "codePage",
        "countryCode",
        "instanceType",
        "mail",
        "nTSecurityDescriptor",
        "name",
        "objectCategory",
        "objectClass",
        "objectGUID",
        "objectSid",
        "parentGUID",
        "primaryGroupID",
        "pwdLastSet",
        "sAMAccountName",
        "sAMAccountType",
        "userAccountControl",
        "whenCreated",
    ];
    assert_eq!(set, golden);

    let alice = find(&entries, "CN=Alice Mueller,");
    assert_eq!(
        split(alice),
        (vec!["instanceType", "mail", "objectGUID", "proxyAddresses"], vec!["department"])
    );
    assert_eq!(alice.bytes("proxyAddresses").len(), 3, "all values of a list that changed");

    let (again, same) = round(&mut client, &ALL, &next);
    assert_eq!((again, same), (Vec::new(), next), "nothing has changed since");
}

#[test]
fn incremental_values_are_those_that_came_and_went() {
    let mut client = administrator(Limits::default());
    let known = before(&mut client);
    change(&mut client);
    let request =
        Request { filter: "(objectClass=group)", attributes: &["member"], flags: INCREMENTAL, ..ALL };
    let (entries, _) = round(&mut client, &request, &known);
    assert_eq!(entries.len(), 1);
    let (set, emptied) = split(&entries[0]);
    assert_eq!(set, ["instanceType", "member;range=0-0", "member;range=1-1", "objectGUID"]);
    assert_eq!(emptied, Vec::<&str>::new());
    assert_eq!(entries[0].text("member;range=0-0"), format!("CN=Alice Mueller,OU=Staff,{DOMAIN}"));
    assert_eq!(entries[0].text("member;range=1-1"), format!("CN=Eve Expired,OU=Staff,{DOMAIN}"));
    // nothing was known: every value came
    let (entries, _) = round(&mut client, &request, &[]);
    let team = find(&entries, "CN=Sales Team,");
    assert_eq!(team.text("member;range=1-1"), format!("CN=Eve Expired,OU=Staff,{DOMAIN}"));
    assert!(entries.iter().all(|entry| !entry.names().contains(&"member;range=0-0")));
}

#[test]
fn the_attribute_list_is_a_filter_too() {
    let mut client = administrator(Limits::default());
    let known = before(&mut client);
    change(&mut client);
    let mut check = |attributes: &[&str], expected: &[(&str, &[&str])]| {
        let (entries, _) = round(&mut client, &Request { attributes, ..ALL }, &known);
        assert_eq!(entries.len(), expected.len(), "{attributes:?}: {:?}", super::rdns(&entries));
        for (beginning, names) in expected {
            let entry = find(&entries, beginning);
            let mut found = entry.names();
            found.sort_unstable();
            assert_eq!(found, *names, "{attributes:?}");
        }
    };
    let of_mail: &[&str] = &["instanceType", "mail", "objectGUID"];
    let mail = [("CN=Temp Tom\\0ADEL:", of_mail), ("CN=Temp Tim,", of_mail), ("CN=Alice Mueller,", of_mail)];
    check(&["mail"], &mail);
    let of_team: &[&str] = &["instanceType", "member", "objectGUID"];
    check(&["member", "mail"], &[&mail[..], &[("CN=Sales Team,", of_team)]].concat());
    let moved: &[&str] = &["instanceType", "name", "objectGUID", "parentGUID"];
    check(&["name"], &[("CN=Temp Tom\\0ADEL:", moved), ("CN=Temp Tim,", moved), ("CN=Bob Stone,", moved)]);
    // the naming attribute, back links, constructed and unreplicated ones never come
    check(&["cn", "ou", "memberOf", "canonicalName", "parentGUID", "whenChanged", "uSNChanged", "1.1"], &[]);
}

#[test]
fn names_come_extended_when_asked_for() {
    let mut client = administrator(Limits::default());
    let known = before(&mut client);
    change(&mut client);
    let request = Request { attributes: &["member", "mail"], ..ALL };
    let extended = control("1.2.840.113556.1.4.529", true, None);
    let answer = ask_with(&mut client, &request, &known, vec![extended]);
    told(&answer);
    assert_eq!(answer.entries.len(), 4);
    assert!(
        answer
            .entries
            .iter()
            .all(|entry| entry.dn.starts_with("<GUID=") && entry.dn.contains(">;<SID=01050000"))
    );
    let team = answer.entries.iter().find(|entry| entry.dn.contains("CN=Sales Team,")).expect("the group");
    let member = team.text("member");
    assert!(member.starts_with("<GUID=") && member.contains(">;<SID=01050000"), "{member}");
    assert!(member.ends_with(&format!(">;CN=Eve Expired,OU=Staff,{DOMAIN}")), "{member}");
}
