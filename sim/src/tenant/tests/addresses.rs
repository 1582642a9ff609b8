//! The vectors of directory-sync.md 2.2: C is contoso.com, the initial domain contoso.onmicrosoft.com.

use super::*;

/// One row of the table of proxy calculation.
struct Row {
    sent: Value,
    licensed: bool,
    mail: Option<&'static str>,
    nickname: &'static str,
    proxies: &'static [&'static str],
}

fn check(row: &Row) {
    let mut tenant = tenant();
    let id = id_of(&set(&mut tenant, "anchor1", row.sent.clone()));
    if row.licensed {
        locate(&mut tenant, id);
        license(&mut tenant, id, E3).unwrap();
    }
    assert_eq!(text(&tenant, id, Property::Mail).as_deref(), row.mail, "{}", row.sent);
    assert_eq!(text(&tenant, id, Property::MailNickname).as_deref(), Some(row.nickname), "{}", row.sent);
    assert_eq!(proxies(&tenant, id), row.proxies, "{}", row.sent);
}

#[test]
fn proxy_addresses_are_calculated_as_the_knowledge_base_says() {
    let (one, two, three) = (
        json!({ "userPrincipalName": "user1upn@contoso.com", "displayName": "1" }),
        json!({ "userPrincipalName": "user2upn@contoso.com", "mail": "user2mail@contoso.com" }),
        json!({ "userPrincipalName": "user3upn@contoso.com", "proxyAddresses": [
            "SMTP:user3pa1@contoso.com",
            "smtp:user3pa2@contoso.onmicrosoft.com",
            "smtp:user3pa3@Fabrikam.microsoftonline.com",
        ] }),
    );
    let rows = [
        Row { sent: one.clone(), licensed: false, mail: None, nickname: "user1upn", proxies: &[] },
        Row {
            sent: one,
            licensed: true,
            mail: Some("user1upn@contoso.com"),
            nickname: "user1upn",
            proxies: &["SMTP:user1upn@contoso.com", "smtp:user1upn@contoso.onmicrosoft.com"],
        },
        Row {
            sent: two.clone(),
            licensed: false,
            mail: Some("user2mail@contoso.com"),
            nickname: "user2mail",
            proxies: &["SMTP:user2mail@contoso.com"],
        },
        Row {
            sent: two,
            licensed: true,
            mail: Some("user2mail@contoso.com"),
            nickname: "user2mail",
            proxies: &[
                "SMTP:user2mail@contoso.com",
                "smtp:user2upn@contoso.com",
                "smtp:user2mail@contoso.onmicrosoft.com",
            ],
        },
        Row {
            sent: three,
            licensed: true,
            mail: Some("user3pa1@contoso.com"),
            nickname: "user3pa1",
            proxies: &[
                "SMTP:user3pa1@contoso.com",
                "smtp:user3upn@contoso.com",
                "smtp:user3pa1@contoso.onmicrosoft.com",
            ],
        },
    ];
    rows.iter().for_each(check);
}

#[test]
fn a_new_primary_address_keeps_the_initial_domain_address_and_the_nickname() {
    // row 3b
    let mut tenant = tenant();
    let upn = "user3upn@contoso.com";
    let sent =
        |primary: &str| json!({ "userPrincipalName": upn, "proxyAddresses": [format!("SMTP:{primary}")] });
    let id = id_of(&set(&mut tenant, "anchor3", sent("user3pa1@contoso.com")));
    locate(&mut tenant, id);
    license(&mut tenant, id, E3).unwrap();
    set(&mut tenant, "anchor3", sent("user3new1@contoso.com"));
    assert_eq!(
        proxies(&tenant, id),
        ["SMTP:user3new1@contoso.com", "smtp:user3upn@contoso.com", "smtp:user3pa1@contoso.onmicrosoft.com"]
    );
    assert_eq!(text(&tenant, id, Property::MailNickname).as_deref(), Some("user3pa1"));
}

#[test]
fn without_its_licence_a_user_keeps_the_initial_domain_address_as_primary() {
    // rows 4 and 4b
    let mut tenant = tenant();
    let id = id_of(&set(&mut tenant, "anchor4", json!({ "userPrincipalName": "user4upn@contoso.com" })));
    locate(&mut tenant, id);
    license(&mut tenant, id, E3).unwrap();
    tenant.assign_license(&ctx(), id, &[], &[guid(E3)]).unwrap();
    assert_eq!(proxies(&tenant, id), ["SMTP:user4upn@contoso.onmicrosoft.com"]);
    assert_eq!(text(&tenant, id, Property::Mail).as_deref(), Some("user4upn@contoso.onmicrosoft.com"));
    set(&mut tenant, "anchor4", json!({ "proxyAddresses": ["smtp:user4new@contoso.com"] }));
    assert_eq!(
        proxies(&tenant, id),
        ["SMTP:user4upn@contoso.onmicrosoft.com", "smtp:user4new@contoso.com", "smtp:user4upn@contoso.com"]
    );
}

#[test]
fn a_new_nickname_changes_no_address() {
    // row 5
    let mut tenant = tenant();
    let id = id_of(&set(&mut tenant, "anchor5", json!({ "userPrincipalName": "user5upn@contoso.com" })));
    locate(&mut tenant, id);
    license(&mut tenant, id, E3).unwrap();
    let before = (text(&tenant, id, Property::Mail), proxies(&tenant, id));
    set(&mut tenant, "anchor5", json!({ "alias": "user5new1" }));
    assert_eq!(text(&tenant, id, Property::MailNickname).as_deref(), Some("user5new1"));
    assert_eq!((text(&tenant, id, Property::Mail), proxies(&tenant, id)), before);
}

#[test]
fn the_second_of_two_equal_nicknames_gets_four_digits_in_its_initial_domain_address() {
    // row 6
    let mut tenant = tenant();
    let mut moeras = Vec::new();
    for name in ["user6a", "user6b"] {
        let sent = json!({ "userPrincipalName": format!("{name}@contoso.com"), "alias": "user6mnn" });
        let id = id_of(&set(&mut tenant, name, sent));
        locate(&mut tenant, id);
        license(&mut tenant, id, E3).unwrap();
        assert_eq!(text(&tenant, id, Property::MailNickname).as_deref(), Some("user6mnn"));
        moeras.push(proxies(&tenant, id).pop().unwrap());
    }
    assert_eq!(moeras[0], "smtp:user6mnn@contoso.onmicrosoft.com");
    let digits = moeras[1].strip_prefix("smtp:user6mnn").unwrap();
    let digits = digits.strip_suffix("@contoso.onmicrosoft.com").unwrap();
    assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{digits}");
}

#[test]
fn a_secondary_address_alone_makes_the_initial_domain_address_the_primary_one() {
    // directory-sync.md 2.2.7
    let mut tenant = tenant();
    let sent =
        json!({ "userPrincipalName": "user1@contoso.com", "proxyAddresses": ["smtp:user1@contoso.com"] });
    let id = id_of(&set(&mut tenant, "anchor7", sent));
    assert_eq!(proxies(&tenant, id), ["SMTP:user1@contoso.onmicrosoft.com", "smtp:user1@contoso.com"]);
}

#[test]
fn an_exchange_licence_drops_addresses_of_unverified_domains() {
    // directory-sync.md 2.2.6
    let mut tenant = tenant();
    let sent = json!({ "userPrincipalName": "u@contoso.com", "proxyAddresses": [
        "SMTP:u@contoso.com", "smtp:u@contoso.local", "x400:c=us;a= ;p=x", "u@contoso.com", "smtp:u v@contoso.com",
    ] });
    let id = id_of(&set(&mut tenant, "anchor8", sent));
    assert_eq!(proxies(&tenant, id), ["SMTP:u@contoso.com", "smtp:u@contoso.local"]);
    locate(&mut tenant, id);
    license(&mut tenant, id, E3).unwrap();
    assert_eq!(proxies(&tenant, id), ["SMTP:u@contoso.com", "smtp:u@contoso.onmicrosoft.com"]);
}

#[test]
fn the_scenarios_of_the_user_principal_name_article_come_out() {
    // directory-sync.md 2.2.4: contoso.com is not verified there
    let mut tenant =
        tenant_of(&TenantSpec { verified_domains: vec!["verified.contoso.com".to_owned()], ..spec() });
    let steps = [
        (
            json!({
                "userPrincipalName": "user3@contoso.com", "mail": "user2@contoso.com",
                "proxyAddresses": ["SMTP:user1@contoso.com"],
            }),
            "user1",
            "user1@contoso.onmicrosoft.com",
        ),
        (json!({ "alias": "user4" }), "user4", "user1@contoso.onmicrosoft.com"),
        (json!({ "userPrincipalName": "user5@contoso.com" }), "user4", "user4@contoso.onmicrosoft.com"),
        (
            json!({ "mail": "user7@contoso.com", "proxyAddresses": ["SMTP:user6@contoso.com"] }),
            "user4",
            "user4@contoso.onmicrosoft.com",
        ),
        (json!({ "userPrincipalName": "user5@verified.contoso.com" }), "user4", "user5@verified.contoso.com"),
    ];
    for (sent, nickname, upn) in steps {
        let id = id_of(&set(&mut tenant, "scenario", sent.clone()));
        assert_eq!(text(&tenant, id, Property::MailNickname).as_deref(), Some(nickname), "{sent}");
        assert_eq!(text(&tenant, id, Property::UserPrincipalName).as_deref(), Some(upn), "{sent}");
    }
}

#[test]
fn invalid_characters_of_a_name_follow_the_switch() {
    // tenant-switches.tsv invalid_upn
    for (value, expected) in [
        ("recalculate", Ok("jose@contoso.onmicrosoft.com")),
        ("underscore", Ok("jos__m_ller@contoso.com")),
        ("reject", Err("IdentityDataValidationFailed")),
    ] {
        let mut tenant = switched(&[("invalid_upn", value)]);
        let sent = json!({ "userPrincipalName": "jos m\u{fc}ller@contoso.com", "alias": "jose" });
        let sent = if value == "underscore" {
            json!({ "userPrincipalName": "jos\u{e9} m\u{fc}ller@contoso.com", "alias": "jose" })
        } else {
            sent
        };
        let result = set(&mut tenant, "anchor9", sent);
        match expected {
            Ok(upn) => {
                assert_eq!(text(&tenant, id_of(&result), Property::UserPrincipalName).as_deref(), Some(upn));
            }
            Err(code) => assert_eq!(result.error_code.as_deref(), Some(code)),
        }
    }
}
