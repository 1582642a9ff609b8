//! Searches of golden/05 over the objects of golden/00, where Active Directory and the oracle agree.

use crate::directory::testing::{search, seeded, system};
use crate::directory::{Filter, Modification, ModifyOp, ResultCode, Scope, SearchOptions};

const STAFF: &str = "OU=Staff,DC=contoso,DC=local";
const GROUPS: &str = "OU=Groups,DC=contoso,DC=local";
const BASE: &str = "DC=contoso,DC=local";

/// Checks the common names that a subtree search finds.
fn check(base: &str, filter: &str, expected: &[&str]) {
    let directory = seeded();
    let found = search(&directory, base, Scope::Subtree, filter);
    let mut names: Vec<String> = found
        .iter()
        .map(|dn| directory.entry(directory.resolve(dn).unwrap()).unwrap().rdn_value().to_owned())
        .collect();
    let mut expected = expected.to_vec();
    names.sort();
    expected.sort_unstable();
    assert_eq!(names, expected, "{filter}");
}

const USERS: [&str; 6] =
    ["Alice Müller", "Bob Stone", "Dora Disabled", "Eve Expired", "Mia Mustchange", "Lou Lockout"];

#[test]
fn matching_rules() {
    let enabled = ["Alice Müller", "Bob Stone", "Eve Expired", "Mia Mustchange", "Lou Lockout"];
    check(STAFF, "(userAccountControl:1.2.840.113556.1.4.803:=2)", &["Dora Disabled"]);
    check(STAFF, "(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))", &enabled);
    check(GROUPS, "(groupType:1.2.840.113556.1.4.804:=10)", &["Sales Team", "Dist List", "All Staff"]);
    check(GROUPS, "(groupType:1.2.840.113556.1.4.803:=2147483648)", &["Sales Team", "All Staff"]);
    check(GROUPS, "(groupType:1.2.840.113556.1.4.803:=-2147483648)", &["Sales Team", "All Staff"]);
    check(
        BASE,
        "(memberOf:1.2.840.113556.1.4.1941:=CN=All Staff,OU=Groups,DC=contoso,DC=local)",
        &["Sales Team", "Alice Müller", "Bob Stone"],
    );
    check(
        GROUPS,
        "(member:1.2.840.113556.1.4.1941:=CN=Alice Müller,OU=Staff,DC=contoso,DC=local)",
        &["Sales Team", "All Staff"],
    );
    check(
        BASE,
        "(manager:1.2.840.113556.1.4.1941:=CN=Alice Müller,OU=Staff,DC=contoso,DC=local)",
        &["Bob Stone"],
    );
    check(STAFF, "(cn:1.2.3.4:=x)", &[]);
    check(STAFF, "(!(cn:1.2.3.4:=x))", &[]);
}

#[test]
fn strings_match_without_regard_to_case() {
    check(STAFF, "(SAMACCOUNTNAME=ALICE)", &["Alice Müller"]);
    check(STAFF, "(cn=*ston*)", &["Bob Stone"]);
    check(STAFF, "(cn=ALICE MÜLLER)", &["Alice Müller"]);
    check(STAFF, "(proxyAddresses=smtp:alice*)", &["Alice Müller"]);
    check(STAFF, "(proxyAddresses=smtp:alice@contoso.com)", &["Alice Müller"]);
    check(STAFF, "(proxyAddresses=*@contoso.com)", &["Alice Müller"]);
    check(STAFF, "(name=Bob Stone)", &["Bob Stone"]);
    check(STAFF, "(cn~=Bob Stone)", &["Bob Stone"]);
    check(STAFF, "(sn=Muller)", &[]);
    check(STAFF, "(department=sales)", &["Alice Müller"]);
}

#[test]
fn presence_and_its_absence() {
    check(STAFF, "(mail=*)", &["Alice Müller", "Carl Contact"]);
    check(
        STAFF,
        "(&(objectCategory=person)(!(mail=*)))",
        &["Bob Stone", "Dora Disabled", "Eve Expired", "Mia Mustchange", "Lou Lockout"],
    );
}

#[test]
fn categories_and_classes() {
    let people: Vec<&str> = USERS.into_iter().chain(["Carl Contact"]).collect();
    check(STAFF, "(objectCategory=person)", &people);
    check(STAFF, "(objectCategory=user)", &people);
    check(STAFF, "(objectCategory=CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=local)", &people);
    check(STAFF, "(objectClass=1.2.840.113556.1.5.9)", &USERS);
    check(STAFF, "(&(objectCategory=person)(objectClass=user))", &USERS);
    check("CN=Computers,DC=contoso,DC=local", "(objectClass=user)", &["WS001"]);
    check("CN=Computers,DC=contoso,DC=local", "(objectCategory=person)", &[]);
    check(STAFF, "(primaryGroupID=513)", &USERS);
}

#[test]
fn what_cannot_be_evaluated_matches_neither_way() {
    check(STAFF, "(nosuchattr=1)", &[]);
    // active-directory.md 6.1 leaves it open what real systems do; the rule chosen is: no match either way
    check(STAFF, "(!(nosuchattr=1))", &[]);
    check(STAFF, "(|(nosuchattr=1)(cn=Bob Stone))", &["Bob Stone"]);
    check(STAFF, "(userAccountControl=abc)", &[]);
    check(STAFF, "(canonicalName=contoso.local/Staff)", &[]);
    check(STAFF, "(distinguishedName=*Stone*)", &[]);
    check(STAFF, "(memberOf=CN=*)", &[]);
}

#[test]
fn names_identifiers_and_times() {
    check(STAFF, "(distinguishedName=CN=Alice Müller,OU=Staff,DC=contoso,DC=local)", &["Alice Müller"]);
    check(STAFF, "(memberOf=CN=Sales Team,OU=Groups,DC=contoso,DC=local)", &["Alice Müller", "Bob Stone"]);
    check(GROUPS, "(member=CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local)", &["Sales Team"]);
    check(
        STAFF,
        "(whenCreated>=20200101000000.0Z)",
        &[&USERS[..], &["Carl Contact", "Staff", "Sales"]].concat(),
    );
    check(STAFF, "(whenCreated<=20200101000000.0Z)", &[]);
    check(STAFF, "(&(uSNChanged>=1)(cn=Bob*))", &["Bob Stone"]);
    let directory = seeded();
    let alice = directory.resolve("CN=Alice Müller,OU=Staff,DC=contoso,DC=local").unwrap();
    let entry = directory.entry(alice).unwrap();
    let escaped: String = entry.guid().to_bytes_le().iter().map(|byte| format!("\\{byte:02x}")).collect();
    check(STAFF, &format!("(objectGUID={escaped})"), &["Alice Müller"]);
    check(STAFF, &format!("(objectGUID={})", entry.guid()), &["Alice Müller"]);
    let sid = entry.sid().unwrap();
    check(STAFF, &format!("(objectSid={sid})"), &["Alice Müller"]);
    let escaped: String = sid.to_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
    check(STAFF, &format!("(objectSid={escaped})"), &["Alice Müller"]);
}

#[test]
fn bases_are_found_in_every_spelling() {
    let directory = seeded();
    let alice = directory.resolve("CN=Alice Müller,OU=Staff,DC=contoso,DC=local").unwrap();
    let entry = directory.entry(alice).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sid = entry.sid().unwrap();
    for base in [
        "cn=alice müller , ou=STAFF,dc=CONTOSO,dc=local".to_owned(),
        format!("<GUID={}>", entry.guid()),
        format!("<GUID={}>", hex(&entry.guid().to_bytes_le())),
        format!("<SID={sid}>"),
        format!("<SID={}>", hex(&sid.to_bytes())),
    ] {
        assert_eq!(directory.resolve(&base), Ok(alice), "{base}");
    }
    for (base, code, matched) in [
        ("<WKGUID=00000000000000000000000000000000,DC=contoso,DC=local>", 32, ""),
        ("<GUID=00000000-0000-0000-0000-000000000000>", 32, ""),
        ("garbage", 34, ""),
        ("OU=Nope,OU=Staff,DC=contoso,DC=local", 32, STAFF),
        ("OU=x,OU=Nope,DC=contoso,DC=local", 32, BASE),
        ("DC=child,DC=contoso,DC=local", 32, BASE),
        // active-directory.md 6.4: names of other domains are referred
        ("DC=fabrikam,DC=com", 10, ""),
    ] {
        let error = directory.resolve(base).unwrap_err();
        assert_eq!(
            (error.code, error.matched_dn.as_str()),
            (ResultCode::from_number(code), matched),
            "{base}"
        );
    }
    let referral = directory.resolve("DC=fabrikam,DC=com").unwrap_err();
    assert_eq!(referral.referrals, ["ldap://fabrikam.com/DC=fabrikam,DC=com"]);
    assert_eq!(
        referral.text,
        "0000202B: RefErr: DSID-0310082F, data 0, 1 access points\n\tref 1: 'fabrikam.com'\n"
    );
}

#[test]
fn ten_thousand_nested_filters_are_evaluated() {
    let directory = seeded();
    let text = format!("{}(cn=Bob Stone){}", "(&(!(!".repeat(3333), ")))".repeat(3333));
    assert_eq!(search(&directory, STAFF, Scope::Subtree, &text).len(), 1);
}

#[test]
fn ambiguous_names() {
    // golden/05: ANR single, two words, exact
    check(STAFF, "(anr=alic)", &["Alice Müller"]);
    check(STAFF, "(anr=bob sto)", &["Bob Stone"]);
    check(STAFF, "(anr==bob)", &["Bob Stone"]);
    // active-directory.md 3.1: a prefix of any, or first and last name in both orders
    check(STAFF, "(anr=sto bob)", &["Bob Stone"]);
    check(STAFF, "(anr=BO)", &["Bob Stone"]);
    check(STAFF, "(anr=mül)", &["Alice Müller"]);
    check(STAFF, "(anr=smtp:alice@)", &["Alice Müller"]);
    check(STAFF, "(&(objectClass=user)(anr=stone))", &["Bob Stone"]);
    check(STAFF, "(anr==bob stone)", &["Bob Stone"]);
    check(STAFF, "(anr==ali)", &[]);
    check(STAFF, "(anr=bob x)", &[]);
    check(STAFF, "(anr=*)", &[]);
}

#[test]
fn the_heuristics_take_an_order_of_names_away() {
    // MS-ADTS 6.1.1.2.4.1.2: fSupFirstLastANR, fSupLastFirstANR
    let mut directory = seeded();
    let mut found = |heuristics: &str| {
        let dn = "CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,DC=contoso,DC=local";
        let (op, attribute) = (ModifyOp::Replace, "dSHeuristics".to_owned());
        let values = vec![heuristics.as_bytes().to_vec()];
        directory.modify(&system(), dn, &[Modification { op, attribute, values }]).unwrap();
        // by given name and surname alone: displayName and name begin with neither
        let count = |filter: &str| search(&directory, STAFF, Scope::Subtree, filter).len();
        (count("(anr=bo st)"), count("(anr=st bo)"))
    };
    assert_eq!((found("00"), found("01"), found("1")), ((1, 1), (1, 0), (0, 1)));
}

#[test]
fn the_index_of_first_characters_loses_nothing() {
    let mut directory = seeded();
    let everything = |directory: &crate::directory::Directory, filter: &str| {
        let filter = directory.compile(&Filter::parse(filter).unwrap());
        let ids = directory.ids().filter(|id| directory.matches(*id, &filter));
        let head = directory.info().domain;
        let all: Vec<_> = directory
            .candidates(
                head,
                Scope::Subtree,
                &filter,
                SearchOptions {
                    all_naming_contexts: true,
                    show_deleted: true,
                    show_recycled: true,
                    ..SearchOptions::default()
                },
            )
            .filter(|id| directory.matches(*id, &filter))
            .collect();
        (ids.collect::<Vec<_>>(), all)
    };
    let filters = [
        "(anr=dom)",
        "(anr=Admi)",
        "(displayName=ali*)",
        "(proxyAddresses=SMTP:*)",
        "(anr=d)",
        "(name=cer*)",
        "(sn=Mül*er)",
    ];
    for filter in filters {
        let (slow, quick) = everything(&directory, filter);
        assert_eq!(slow, quick, "{filter}");
        assert!(!slow.is_empty(), "{filter}");
    }
    let alice = "CN=Alice Müller,OU=Staff,DC=contoso,DC=local";
    let op = ModifyOp::Replace;
    let change = Modification { op, attribute: "displayName".into(), values: vec![b"Zoe Zimt".to_vec()] };
    directory.modify(&system(), alice, &[change]).unwrap();
    assert_eq!(search(&directory, BASE, Scope::Subtree, "(displayName=zoe*)").len(), 1);
    assert_eq!(search(&directory, BASE, Scope::Subtree, "(displayName=alice*)").len(), 0);
}

#[test]
fn values_with_data() {
    let users = "A9D1CA15768811D1ADED00C04FD8D5CD";
    let rule = "wellKnownObjects:1.2.840.113556.1.4.2253:";
    let domain = &["contoso"];
    check(BASE, &format!("(wellKnownObjects=B:32:{users}:CN=Users,DC=contoso,DC=local)"), domain);
    check(BASE, &format!("(wellKnownObjects=B:32:{users}:CN=Computers,DC=contoso,DC=local)"), &[]);
    // MS-ADTS 3.1.1.3.4.4.4: the rule compares the data alone
    check(BASE, &format!("({rule}={users})"), domain);
    let octets: String =
        users.as_bytes().chunks(2).map(|pair| format!("\\{}{}", pair[0] as char, pair[1] as char)).collect();
    check(BASE, &format!("({rule}={octets})"), domain);
    // golden/05
    check(BASE, &format!("({rule}=B:32:{users}:CN=Users,DC=contoso,DC=local)"), &[]);
}
