//! The profile `lldap`: what transcripts of a real lldap say (golden/lldap, lldap.md 1 to 46), asked of a
//! directory with the transcripts' people.

mod changes;
mod filters;

use crate::support::{Answer, Client};
use crate::support::{attribute, modify};
use forestbed_mock_ldap::{Effect, Port, Session};
use forestbed_sim::directory::{Filter, NewObject, ObjectId, UpdateContext};
use forestbed_sim::spec::{DefectMix, DirectoryProfile, EstateSpec, ForestSpec, PopulationSpec};
use forestbed_sim::world::World;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::*;
use std::sync::Arc;

const PEOPLE: &str = "ou=people,dc=example,dc=com";
const GROUPS: &str = "ou=groups,dc=example,dc=com";
const SUFFIX: &str = "dc=example,dc=com";

/// A photograph's first bytes.
const JPEG: &[u8] = b"\xff\xd8\xff\xe0photograph";

/// The people of golden/lldap/00: id, display name, first name, last name.
const USERS: [(&str, &str, &str, &str); 12] = [
    ("alice", "Alice Anderson", "Alice", "Anderson"),
    ("bob", "Bob Brown", "Bob", "Brown"),
    ("carol", "Carol Clark", "Carol", "Clark"),
    ("dave", "Dave Davis", "Dave", "Davis"),
    ("erin", "Erin Evans", "Erin", "Evans"),
    ("zoe", "Zoë Müller-Łukasz", "Zoë", "Müller-Łukasz"),
    ("frank", "", "", ""),
    ("Grace", "Grace Green", "Grace", "Green"),
    ("heidi.smith", "Heidi Smith", "Heidi", "Smith"),
    ("ro_svc", "Read Only Service", "", ""),
    ("pwmgr", "Password Manager Service", "", ""),
    ("admin2", "Second Admin", "", ""),
];
/// Its groups with their members.
const TEAMS: [(&str, &[&str]); 4] = [
    ("engineering", &["alice", "bob", "carol", "zoe", "grace"]),
    ("Sales Team", &["dave", "erin"]),
    ("family", &["alice"]),
    ("empty", &[]),
];

/// The filter of a text; the other implementation's own parser takes no `_` in names and no `=` in values.
fn filter(filter: &Filter) -> LdapFilter {
    let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
    let all = |filters: &[Filter]| filters.iter().map(self::filter).collect();
    match filter {
        Filter::And(filters) => LdapFilter::And(all(filters)),
        Filter::Or(filters) => LdapFilter::Or(all(filters)),
        Filter::Not(inner) => LdapFilter::Not(Box::new(self::filter(inner))),
        Filter::Present(name) => LdapFilter::Present(name.clone()),
        Filter::Equality { attribute, value } => LdapFilter::Equality(attribute.clone(), text(value)),
        Filter::GreaterOrEqual { attribute, value } => {
            LdapFilter::GreaterOrEqual(attribute.clone(), text(value))
        }
        Filter::LessOrEqual { attribute, value } => LdapFilter::LessOrEqual(attribute.clone(), text(value)),
        Filter::Approx { attribute, value } => LdapFilter::Approx(attribute.clone(), text(value)),
        Filter::Substrings { attribute, initial, any, last } => {
            let part = |part: &Option<Vec<u8>>| part.as_ref().map(text);
            let any = any.iter().map(text).collect();
            let parts = LdapSubstringFilter { initial: part(initial), any, final_: part(last) };
            LdapFilter::Substring(attribute.clone(), parts)
        }
        Filter::Extensible { attribute, rule, value, dn_attributes } => {
            LdapFilter::Extensible(LdapMatchingRuleAssertion {
                matching_rule: rule.clone(),
                type_: attribute.clone(),
                match_value: text(value),
                dn_attributes: *dn_attributes,
            })
        }
    }
}

fn request(base: &str, scope: LdapSearchScope, text: &str, names: &[&str]) -> LdapSearchRequest {
    let filter = filter(&Filter::parse(text).unwrap());
    LdapSearchRequest { filter, ..crate::support::request(base, scope, "(objectClass=*)", names) }
}

fn below(base: &str, text: &str, names: &[&str]) -> LdapSearchRequest {
    request(base, LdapSearchScope::Subtree, text, names)
}

fn load(world: &World, class: &'static str, name: &str, values: &[(&str, &[u8])]) -> ObjectId {
    let mut directory = world.directory_mut(0);
    let attributes = values
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (directory.schema().attribute_id(name).unwrap(), vec![value.to_vec()]))
        .collect();
    let parent = directory.info().users;
    let context = UpdateContext::lenient(world.clock.now());
    directory
        .load(&context, NewObject { parent, rdn: name.to_owned(), class, attributes, guid: None, rid: None })
}

fn join(world: &World, group: ObjectId, members: &[ObjectId]) {
    let mut directory = world.directory_mut(0);
    let member = directory.schema().attribute_id("member").unwrap();
    directory.load_links(&UpdateContext::lenient(world.clock.now()), group, member, members);
}

/// The directory of the transcripts. Everybody's password is `pw-` and the id; frank has none.
fn world() -> Arc<World> {
    let forest = ForestSpec {
        domain: "example.com".to_owned(),
        upn_suffixes: Vec::new(),
        population: PopulationSpec::NOBODY,
        defects: DefectMix::none(),
        decoys: 0,
        ..ForestSpec::default()
    };
    let spec =
        EstateSpec { forests: vec![forest], profile: DirectoryProfile::Lldap, ..EstateSpec::default() };
    let world = World::generate(spec, 1).unwrap();
    let mut ids = Vec::new();
    for (id, display, first, last) in USERS {
        let lower = id.to_lowercase();
        let mail =
            if id == "Grace" { "Grace.Green@Example.com".to_owned() } else { format!("{id}@example.com") };
        let photo: &[u8] = if id == "bob" { JPEG } else { b"" };
        let values: [(&str, &[u8]); 7] = [
            ("sAMAccountName", id.as_bytes()),
            ("userAccountControl", b"512"),
            ("mail", mail.as_bytes()),
            ("displayName", display.as_bytes()),
            ("givenName", first.as_bytes()),
            ("sn", last.as_bytes()),
            ("jpegPhoto", photo),
        ];
        let object = load(&world, "user", id, &values);
        if id != "frank" {
            world.directory_mut(0).set_password(object, &format!("pw-{lower}"), world.clock.now());
        }
        ids.push((lower, object));
    }
    let of = |name: &str| ids.iter().find(|(id, _)| id == name).unwrap().1;
    for (name, members) in TEAMS {
        let group = load(
            &world,
            "group",
            name,
            &[("sAMAccountName", name.as_bytes()), ("groupType", b"-2147483646")],
        );
        join(&world, group, &members.iter().map(|id| of(id)).collect::<Vec<_>>());
    }
    for (member, rid) in [("admin2", 512), ("pwmgr", 548), ("ro_svc", 554)] {
        let directory = world.directory(0);
        let sid = directory.info().sid.with_rid(rid);
        let builtin = forestbed_sim::ids::Sid::parse(&format!("S-1-5-32-{rid}")).unwrap();
        let group = directory.by_sid(&sid).or_else(|| directory.by_sid(&builtin)).unwrap();
        drop(directory);
        join(&world, group, &[of(member)]);
    }
    Arc::new(world)
}

fn client(world: &Arc<World>, id: &str) -> Client {
    let mut client = Client::new(world, false);
    let password = match id {
        "admin" => world.domains()[0].admin_password.clone(),
        id => format!("pw-{id}"),
    };
    let answer = client.bind(&format!("uid={id},{PEOPLE}"), &password);
    assert_eq!((answer.code, answer.text.as_str()), (0, ""));
    client
}

fn scope(name: &str) -> LdapSearchScope {
    match name {
        "base" => LdapSearchScope::Base,
        "one" => LdapSearchScope::OneLevel,
        _ => LdapSearchScope::Subtree,
    }
}

/// The short names of an answer's entries: `alice`, `engineering`.
fn found(answer: &Answer) -> Vec<&str> {
    let short = |dn: &&str| dn.split([',', '=']).nth(1).unwrap_or_default().to_owned();
    answer.dns().iter().map(|dn| &dn[dn.find('=').map_or(0, |at| at + 1)..][..short(dn).len()]).collect()
}

fn all_users() -> Vec<&'static str> {
    vec![
        "admin",
        "admin2",
        "alice",
        "bob",
        "carol",
        "dave",
        "erin",
        "frank",
        "grace",
        "heidi.smith",
        "pwmgr",
        "ro_svc",
        "zoe",
    ]
}

fn all_groups() -> Vec<&'static str> {
    vec![
        "empty",
        "engineering",
        "family",
        "lldap_admin",
        "lldap_password_manager",
        "lldap_strict_readonly",
        "Sales Team",
    ]
}

#[test]
fn bases_and_scopes_are_lldaps_own() {
    let world = world();
    let mut admin = client(&world, "admin");
    let everything: Vec<&str> = all_users().into_iter().chain(all_groups()).collect();
    // facts 1 to 9: base, scope, filter, then code, text, entries (golden/lldap/03)
    let none: Vec<&str> = Vec::new();
    let many = r#"Too many elements in distinguished name: "uid", "a", "b""#;
    for (base, in_scope, code, text, expected) in [
        (SUFFIX, "base", 0, "", everything.clone()),
        (SUFFIX, "one", 0, "", everything.clone()),
        (SUFFIX, "sub", 0, "", everything.clone()),
        (PEOPLE, "one", 0, "", all_users()),
        (PEOPLE, "sub", 0, "", all_users()),
        (GROUPS, "one", 0, "", all_groups()),
        (PEOPLE, "base", 0, "", vec!["people"]),
        ("uid=alice,ou=people,dc=example,dc=com", "base", 0, "", vec!["alice"]),
        ("uid=alice,ou=people,dc=example,dc=com", "one", 0, "", vec!["alice"]),
        ("UID=ALICE , OU=PEOPLE,DC=EXAMPLE,DC=COM", "sub", 0, "", vec!["alice"]),
        ("cn=Alice Anderson,ou=people,dc=example,dc=com", "base", 32, "", none.clone()),
        ("mail=alice@example.com,ou=people,dc=example,dc=com", "base", 0, "", vec!["alice"]),
        ("uid=engineering,ou=groups,dc=example,dc=com", "base", 0, "", vec!["engineering"]),
        ("uid=nobody,ou=people,dc=example,dc=com", "base", 32, "", none.clone()),
        ("uid=nobody,ou=people,dc=example,dc=com", "sub", 0, "", none.clone()),
        ("ou=other,dc=example,dc=com", "base", 32, "", none.clone()),
        ("ou=other,dc=example,dc=com", "sub", 0, "", none.clone()),
        ("dc=com", "base", 32, "", none.clone()),
        ("dc=other,dc=org", "sub", 0, "", none.clone()),
        ("people", "sub", 34, "Missing DN value", none.clone()),
        ("", "sub", 34, "Missing DN value", none.clone()),
        ("uid=a=b,ou=people,dc=example,dc=com", "base", 34, many, none.clone()),
        ("uid=alice,,ou=people,dc=example,dc=com", "base", 34, "Missing DN value", none.clone()),
    ] {
        let answer = admin.search(request(base, scope(in_scope), "(objectClass=*)", &["1.1"]));
        assert_eq!(
            (answer.code, answer.text.as_str(), found(&answer)),
            (code, text, expected),
            "{base} {in_scope}"
        );
        assert_eq!(answer.matched_dn, "");
        // fact 20: a paged results control on every end, with the number of entries and no cookie
        let [LdapControl::SimplePagedResults { size, cookie }] = &answer.controls[..] else {
            panic!("{:?}", answer.controls)
        };
        assert_eq!((*size as usize, cookie.as_slice()), (answer.entries.len(), &b""[..]), "{base}");
    }
    let units = admin.search(request("OU=People,DC=Example,DC=com", scope("base"), "(ou=nonsense)", &["ou"]));
    assert_eq!(units.dns(), ["OU=People,DC=Example,DC=com"]);
    assert_eq!(units.entries[0].text("objectClass"), "top|organizationalUnit");
    assert_eq!(units.entries[0].names(), ["objectClass"]);
}

#[test]
fn attributes_have_lldaps_names_and_order() {
    let world = world();
    let mut admin = client(&world, "admin");
    let mut entry = |base: &str, names: &[&str]| {
        admin.search(request(base, scope("base"), "(objectClass=*)", names)).entries.remove(0)
    };
    let alice = "uid=alice,ou=people,dc=example,dc=com";
    // facts 11 to 15, golden/lldap/04 without its custom attributes
    let all = [
        "cn",
        "createtimestamp",
        "entryuuid",
        "first_name",
        "givenname",
        "last_name",
        "mail",
        "objectclass",
        "sn",
        "uid",
    ];
    for list in [&[][..], &["*"], &["*", "+"]] {
        assert_eq!(entry(alice, list).names(), all, "{list:?}");
    }
    for list in
        [&["+"][..], &["1.1"], &["cn;lang-en", "2.5.4.3", "sAMAccountName", "userPassword", "dn", "name"]]
    {
        assert!(entry(alice, list).names().is_empty(), "{list:?}");
    }
    assert_eq!(entry(alice, &["mail", "MAIL", "Mail"]).names(), ["Mail"]);
    let asked = entry(alice, &["UID", "Mail", "displayName", "memberOf", "entryDN", "modifyTimestamp"]);
    assert_eq!(asked.names(), ["displayName", "entryDN", "Mail", "memberOf", "modifyTimestamp", "UID"]);
    assert_eq!(asked.text("memberOf"), format!("cn=engineering,{GROUPS}|cn=family,{GROUPS}"));
    assert_eq!(asked.text("entryDN"), alice);
    let shown = entry(alice, &[]);
    assert_eq!(shown.text("objectclass"), "inetOrgPerson|posixAccount|mailAccount|person");
    assert_eq!((shown.text("givenname"), shown.text("createtimestamp").len()), ("Alice".to_owned(), 15));
    let bob = entry("uid=bob,ou=people,dc=example,dc=com", &[]);
    assert_eq!((bob.bytes("avatar"), bob.bytes("jpegPhoto")), (vec![JPEG.to_vec()], vec![JPEG.to_vec()]));
    let frank = entry("uid=frank,ou=people,dc=example,dc=com", &["cn", "memberOf", "isMemberOf"]);
    assert_eq!(frank.names(), ["isMemberOf", "memberOf"]);
    assert!(frank.bytes("memberOf").is_empty());
    // groups: golden/lldap/05
    let team = entry("cn=engineering,ou=groups,dc=example,dc=com", &[]);
    assert_eq!(team.names(), ["cn", "entryuuid", "member", "objectclass", "uid", "uniquemember"]);
    let member = |id: &str| format!("uid={id},{PEOPLE}");
    let members: Vec<String> = ["alice", "bob", "carol", "zoe", "grace"].map(member).into();
    assert_eq!((team.texts("member"), team.texts("uniquemember")), (members.clone(), members));
    assert_eq!(team.text("objectclass"), "groupOfUniqueNames|groupOfNames");
    let more = entry(
        "cn=engineering,ou=groups,dc=example,dc=com",
        &["entrydn", "createTimestamp", "memberUid", "mail"],
    );
    assert_eq!(more.names(), ["createTimestamp", "entrydn"]);
    assert_eq!(more.text("entrydn"), "uid=engineering,ou=groups,dc=example,dc=com");
    assert!(more.text("createTimestamp").ends_with("+00:00"));
    let numbers: Vec<String> = ["lldap_admin", "lldap_password_manager", "lldap_strict_readonly"]
        .map(|name| entry(&format!("cn={name},{GROUPS}"), &["groupid"]).text("groupid"))
        .into();
    assert_eq!(numbers, ["1", "2", "3"]);
}

#[test]
fn binds_and_identities_are_lldaps_own() {
    let world = world();
    let unexpected = |dn: &str| {
        format!(r#"Unexpected DN format. Got "{dn}", expected: "uid=id,ou=people,dc=example,dc=com""#)
    };
    // facts 31 and 32, golden/lldap/12: name, password, code, text
    for (name, password, code, text) in [
        ("cn=alice,ou=people,dc=example,dc=com", "pw-alice", 0, String::new()),
        ("UID=Alice , OU = People,DC=Example,DC=COM", "pw-alice", 0, String::new()),
        ("uid=alice,ou=people,dc=example,dc=com", "wrong", 49, String::new()),
        ("uid=alice,ou=people,dc=example,dc=com", "", 49, String::new()),
        ("uid=nobody,ou=people,dc=example,dc=com", "x", 49, String::new()),
        ("uid=frank,ou=people,dc=example,dc=com", "x", 49, String::new()),
        ("", "", 48, "Anonymous bind not allowed".to_owned()),
        ("alice@example.com", "pw-alice", 64, "Missing DN value".to_owned()),
        ("EXAMPLE\\alice", "pw-alice", 64, "Missing DN value".to_owned()),
        ("uid=alice,ou=people,dc=other,dc=org", "x", 64, "Not a subtree of the base tree".to_owned()),
        (
            "cn=engineering,ou=groups,dc=example,dc=com",
            "x",
            64,
            unexpected("cn=engineering,ou=groups,dc=example,dc=com"),
        ),
        (
            "mail=alice@example.com,ou=people,dc=example,dc=com",
            "x",
            64,
            unexpected("mail=alice@example.com,ou=people,dc=example,dc=com"),
        ),
    ] {
        let answer = Client::new(&world, false).bind(name, password);
        assert_eq!((answer.code, answer.text), (code, text), "{name}");
    }
}

#[test]
fn identities_and_the_root_dse_are_lldaps_own() {
    let world = world();
    // fact 33: a failed bind keeps who was bound; fact 41: the identity stands in the text
    let mut alice = client(&world, "alice");
    alice.bind("uid=alice,ou=people,dc=example,dc=com", "wrong");
    let who = |client: &mut Client| {
        let name = "1.3.6.1.4.1.4203.1.11.3".to_owned();
        let answer = client.ask(LdapOp::ExtendedRequest(LdapExtendedRequest { name, value: None }));
        (answer.code, answer.text, answer.extended)
    };
    assert_eq!(who(&mut alice), (0, format!("dn:uid=alice,{PEOPLE}"), None));
    let mut nobody = Client::new(&world, false);
    assert_eq!(who(&mut nobody), (0, String::new(), None));
    let unbound = nobody.search(below(SUFFIX, "(objectClass=*)", &[]));
    assert_eq!((unbound.code, unbound.text.as_str()), (50, "No user currently bound"));
    let root = nobody.search(request("", scope("base"), "(objectclass=*)", &["namingContexts"]));
    assert_eq!(
        root.entries[0].names(),
        [
            "objectClass",
            "vendorName",
            "vendorVersion",
            "supportedLDAPVersion",
            "supportedExtension",
            "supportedControl",
            "supportedFeatures",
            "defaultNamingContext",
            "namingContexts",
            "isGlobalCatalogReady",
            "subschemaSubentry"
        ]
    );
    assert_eq!(root.entries[0].text("vendorVersion"), "lldap_0.1.1");
    let schema = alice.search(request("cn=Subschema", scope("base"), "(objectClass=nonsense)", &[]));
    assert_eq!(schema.entries[0].texts("ldapSyntaxes").len(), 12);
    assert_eq!(schema.entries[0].texts("matchingRules").len(), 10);
    assert_eq!(schema.entries[0].texts("objectClasses").len(), 2);
    // facts 42 and 43
    let extended = |client: &mut Client, name: &str| {
        let name = name.to_owned();
        let answer = client.ask(LdapOp::ExtendedRequest(LdapExtendedRequest { name, value: None }));
        (answer.code, answer.text)
    };
    let start_tls = "1.3.6.1.4.1.1466.20037";
    assert_eq!(extended(&mut alice, start_tls), (53, format!("Unsupported extended operation: {start_tls}")));
}

#[test]
fn roles_decide_what_is_seen_and_set() {
    let world = world();
    // fact 33, golden/lldap/13
    for (id, users) in [("admin2", 13), ("pwmgr", 13), ("ro_svc", 13), ("alice", 1)] {
        let answer = client(&world, id).search(below(PEOPLE, "(objectClass=*)", &["1.1"]));
        assert_eq!(answer.entries.len(), users, "{id}");
    }
    let mut alice = client(&world, "alice");
    let groups = alice.search(below(GROUPS, "(objectClass=*)", &["member"]));
    assert_eq!(found(&groups), ["engineering", "family"]);
    assert!(groups.entries.iter().all(|group| group.text("member") == format!("uid=alice,{PEOPLE}")));
    // fact 34: a filter sees members that are not shown
    assert_eq!(
        found(&alice.search(below(GROUPS, "(member=uid=bob,ou=people,dc=example,dc=com)", &[]))),
        ["engineering"]
    );
    // facts 35 and 36, golden/lldap/16: who, whom, code, text
    let other = |a: &str, b: &str| format!("User `{a}` cannot modify the password of user `{b}`");
    for (who, whom, code, text) in [
        ("admin", "carol", 0, String::new()),
        ("alice", "alice", 0, String::new()),
        ("alice", "bob", 50, "User `alice` cannot modify user `bob`".to_owned()),
        ("ro_svc", "bob", 50, other("ro_svc", "bob")),
        ("pwmgr", "bob", 0, String::new()),
        ("pwmgr", "admin2", 50, other("pwmgr", "admin2")),
        (
            "admin",
            "nobody",
            1,
            "Internal error while requesting user's groups: EntityNotFound(\n    \"nobody\",\n)".to_owned(),
        ),
    ] {
        let password = format!("pw-{whom}");
        let change = modify(
            &format!("uid={whom},{PEOPLE}"),
            &[(LdapModifyType::Replace, "userPassword", &[&password])],
        );
        let answer = client(&world, who).ask(change);
        assert_eq!((answer.code, answer.text), (code, text), "{who} {whom}");
    }
}

#[test]
fn what_lldap_hangs_up_on_ends_the_connection() {
    let world = world();
    let mut admin = client(&world, "admin");
    let add = |dn: &str| {
        LdapOp::AddRequest(LdapAddRequest { dn: dn.to_owned(), attributes: vec![attribute("mail", &["x"])] })
    };
    // facts 22 and 39
    let large = LdapOp::SearchRequest(below(PEOPLE, &format!("(uid={})", "x".repeat(32_800)), &[]));
    let deep = |depth: usize| {
        LdapOp::SearchRequest(below(
            PEOPLE,
            &format!("{}(uid=alice){}", "(!".repeat(depth), ")".repeat(depth)),
            &["1.1"],
        ))
    };
    for (op, closes) in [
        (add("UID=New,ou=people,dc=example,dc=com"), true),
        (LdapOp::DelRequest("CN=Family,OU=Groups,DC=Example,DC=Com".to_owned()), true),
        (large, true),
        (deep(126), false),
        (deep(128), true),
        (LdapOp::UnbindRequest, true),
    ] {
        let request = admin.encode(op, Vec::new());
        let mut session = Session::new(Arc::clone(&world), 0, Port::Directory, false);
        let binding = admin.encode(
            LdapOp::BindRequest(LdapBindRequest {
                version: 3,
                dn: format!("uid=admin,{PEOPLE}"),
                cred: LdapBindCred::Simple(world.domains()[0].admin_password.clone()),
            }),
            Vec::new(),
        );
        let _ = session.handle(&binding);
        let reply = session.handle(&request);
        assert_eq!(reply.effects == [Effect::Close], closes, "{request:02x?}");
        assert_eq!(reply.messages.rest(&mut session).is_empty(), closes);
    }
}

#[test]
fn the_view_follows_what_happens_to_the_directory() {
    let world = world();
    let mut admin = client(&world, "admin");
    let group =
        load(&world, "group", "nested", &[("sAMAccountName", b"nested"), ("groupType", b"-2147483646")]);
    let directory = world.directory(0);
    let team = directory.resolve("CN=Sales Team,CN=Users,DC=example,DC=com").unwrap();
    drop(directory);
    join(&world, group, &[team]);
    let answer = admin.search(below(PEOPLE, "(memberOf=nested)", &["1.1"]));
    assert_eq!(found(&answer), ["dave", "erin"], "members of a group in a group");
    // a distribution group and a tombstone are none of lldap's
    load(&world, "group", "list", &[("sAMAccountName", b"list"), ("groupType", b"2")]);
    world
        .directory_mut(0)
        .delete(&UpdateContext::system(world.clock.now()), "CN=erin,CN=Users,DC=example,DC=com")
        .unwrap();
    assert_eq!(found(&admin.search(below(GROUPS, "(cn=list)", &[]))), Vec::<&str>::new());
    assert_eq!(found(&admin.search(below(PEOPLE, "(memberOf=nested)", &[]))), ["dave"]);
    let lines = admin.journal();
    assert!(lines.iter().any(|(operation, status, _)| operation == "search" && *status == 0));
}
