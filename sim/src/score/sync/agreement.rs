//! Two implementations of the same references, apart from each other: what the tenant makes of what a right
//! engine sends is what the oracle permits; and where the engine is wrong, the score says so.

use super::*;
use crate::clock::DEFAULT_START;
use crate::oracle::testing::{domain, guid, object};
use crate::oracle::{OnPremObject, Switches, expect};
use crate::seed::Seed;
use crate::spec::TenantSpec;
use crate::tenant::{AddLicense, CallContext, SyncObject, SyncOperation, SyncType};
use serde_json::{Value, json};

fn context() -> CallContext {
    CallContext { now: DEFAULT_START, app: None }
}

fn new_tenant(changed: &[(&str, &str)]) -> (Tenant, Switches) {
    let changed: BTreeMap<String, String> =
        changed.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let spec = TenantSpec { switches: changed.clone(), ..TenantSpec::default() };
    let tenant = Tenant::new(&spec, 1000, Seed::new(7), DEFAULT_START).unwrap();
    (tenant, Switches::of("today", &changed).unwrap())
}

/// What a right engine sends for an object: directory-sync.md 1.4, keys of provisioning-service.md.
fn sent(object: &OnPremObject) -> SyncObject {
    let mut properties: BTreeMap<String, Value> = BTreeMap::new();
    let text = |name: &str| object.text(name).map(str::trim).filter(|v| !v.is_empty());
    for (attribute, key) in [
        ("givenname", "givenName"),
        ("sn", "surname"),
        ("department", "department"),
        ("l", "city"),
        ("co", "country"),
        ("mail", "mail"),
        ("mailnickname", "alias"),
        ("title", "title"),
        ("company", "company"),
        ("physicaldeliveryofficename", "physicalDeliveryOfficeName"),
        ("mobile", "mobile"),
        ("facsimiletelephonenumber", "facsimileTelephoneNumber"),
        ("streetaddress", "streetAddress"),
        ("st", "state"),
        ("postalcode", "postalCode"),
        ("employeeid", "employeeId"),
        ("description", "description"),
        ("telephonenumber", "telephoneNumber"),
        ("samaccountname", "onPremisesSamAccountName"),
    ] {
        properties.extend(text(attribute).map(|v| (key.to_owned(), json!(v))));
    }
    properties.insert("displayName".to_owned(), json!(text("displayname").or_else(|| text("cn"))));
    properties.insert("onPremisesDistinguishedName".to_owned(), json!(object.dn));
    properties.insert("dnsDomainName".to_owned(), json!("contoso.local"));
    properties.insert("netBiosName".to_owned(), json!("CONTOSO"));
    if let Some(sid) = text("objectsid").and_then(crate::ids::Sid::parse) {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.encode(sid.to_bytes());
        properties.insert("onPremiseSecurityIdentifier".to_owned(), json!(bytes));
    }
    let proxies: Vec<&str> = object.texts("proxyaddresses").map(str::trim).collect();
    if !proxies.is_empty() {
        properties.insert("proxyAddresses".to_owned(), json!(proxies));
    }
    let (object_type, links) = match object.kind {
        SyncKind::User => {
            let upn = text("userprincipalname").map(str::to_owned);
            let account = || format!("{}@contoso.local", text("samaccountname").unwrap_or_default());
            properties.insert("userPrincipalName".to_owned(), json!(upn.unwrap_or_else(account)));
            let enabled = object.number("useraccountcontrol").is_none_or(|control| control & 2 == 0);
            properties.insert("accountEnabled".to_owned(), json!(enabled));
            let manager = object.manager.map(Guid::immutable_id);
            (SyncType::User, manager.map(|manager| ("manager", json!(manager))))
        }
        SyncKind::Group => {
            let security = object.number("grouptype").is_some_and(|kind| kind < 0);
            properties.insert("securityEnabled".to_owned(), json!(security));
            let members: Vec<String> = object.members.iter().map(|m| m.immutable_id()).collect();
            (SyncType::Group, Some(("member", json!(members))))
        }
        SyncKind::Contact => {
            let alias = text("mailnickname").or_else(|| text("cn"));
            properties.insert("alias".to_owned(), json!(alias));
            (SyncType::Contact, None)
        }
    };
    properties.extend(links.map(|(key, value)| (key.to_owned(), value)));
    let source_anchor = object.guid.immutable_id();
    SyncObject { object_type, operation: SyncOperation::Set, source_anchor, properties }
}

/// Sends objects one after the other and judges what comes of it.
fn synchronize(
    objects: &[OnPremObject],
    tenant: &mut Tenant,
    switches: &Switches,
    order: impl Fn(Vec<SyncObject>) -> Vec<SyncObject>,
) -> SyncScore {
    let expected = expect(&[domain(objects.to_vec())], read_tenant(tenant), switches);
    let batch = objects.iter().filter(|object| expected.objects.contains_key(&object.guid.immutable_id()));
    for object in order(batch.map(sent).collect()) {
        tenant.provision(&context(), &[object]);
    }
    sync(&expected, tenant)
}

fn in_order(objects: Vec<SyncObject>) -> Vec<SyncObject> {
    objects
}

fn backwards(mut objects: Vec<SyncObject>) -> Vec<SyncObject> {
    objects.reverse();
    objects
}

/// What is wrong, in one line.
fn said(score: &SyncScore) -> String {
    let tallies = [
        &score.missing,
        &score.extra,
        &score.wrong_attributes,
        &score.wrong_matches,
        &score.orphans,
        &score.deletes_missed,
        &score.wrong_deletes,
        &score.cloud_only_touched,
    ];
    tallies.iter().flat_map(|tally| &tally.examples).cloned().collect::<Vec<_>>().join("; ")
}

fn described(objects: &[OnPremObject]) -> String {
    let texts = |object: &OnPremObject| {
        let all = object
            .attributes
            .keys()
            .map(|name| format!("{name}={:?}", object.texts(name).collect::<Vec<_>>()));
        all.collect::<Vec<_>>().join(" ")
    };
    objects.iter().map(texts).collect::<Vec<_>>().join(" / ")
}

const UPN: &str = "userPrincipalName";
const MAIL: &str = "mail";
const NICK: &str = "mailNickname";
const PROXY: &str = "proxyAddresses";

/// Inputs of one user, clean and dirty: the rows of directory-sync.md 2.2 and of data/defects.tsv.
fn inputs() -> Vec<Vec<(&'static str, &'static str)>> {
    vec![
        vec![(UPN, "user1upn@contoso.com")],
        vec![(UPN, "user2upn@contoso.com"), (MAIL, "user2mail@contoso.com")],
        vec![
            (UPN, "user3upn@contoso.com"),
            (PROXY, "SMTP:user3pa1@contoso.com"),
            (PROXY, "smtp:user3pa2@contoso.onmicrosoft.com"),
            (PROXY, "smtp:user3pa3@Fabrikam.microsoftonline.com"),
        ],
        vec![],
        vec![(UPN, "ada@contoso.local")],
        vec![(UPN, "ada@contoso.local"), (MAIL, "ada.b@contoso.com"), (PROXY, "SMTP:ada.b@contoso.com")],
        vec![(UPN, "ada@fabrikam.com"), (NICK, "adab")],
        vec![(UPN, "ada byron@contoso.com"), (MAIL, "ada@contoso.com")],
        vec![(UPN, "m\u{fc}ller@contoso.com"), (MAIL, "mueller@contoso.com")],
        vec![(UPN, "@contoso.com")],
        vec![(UPN, "ada.@contoso.com")],
        vec![(UPN, "ada")],
        vec![(UPN, "a@da@contoso.com")],
        vec![(UPN, "o'neil@contoso.com")],
        vec![(UPN, "ada$@contoso.com")],
        vec![(UPN, "a@contoso.com"), (MAIL, "not an address")],
        vec![(UPN, "a@contoso.com"), (MAIL, "bare")],
        vec![(UPN, "a@contoso.com"), (PROXY, "smtp:second@contoso.com")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "SMTP:c@contoso.com")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "smtp:B@contoso.com")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "smtp:in ner@contoso.com")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "smtp:x;y@contoso.com")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "bare@contoso.com")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "smtp:smtp:c@contoso.com")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "X400:c=US;a= ;p=First")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "X500:/o=Contoso/cn=a")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "SIP:b@contoso.com")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "smtp:b@contoso.local")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "smtp:b.@contoso.com")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "smtp:b@contoso.com.")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b@contoso.local")],
        vec![(UPN, "a@contoso.com"), (PROXY, "SMTP:b c@contoso.com"), (MAIL, "b@contoso.com")],
        vec![(UPN, "a@contoso.com"), (PROXY, "X500:/o=Contoso/cn=a"), (MAIL, "b@contoso.com")],
        vec![(UPN, "a@contoso.com"), (NICK, ".ada")],
        vec![(UPN, "a@contoso.local"), (NICK, ".ada")],
        vec![(UPN, "a@contoso.local"), (NICK, "ada byron")],
        vec![(UPN, "a@contoso.local"), (NICK, "ada@contoso.com")],
        vec![(UPN, "a@contoso.local"), (NICK, "ada&co")],
        vec![(UPN, "a@contoso.com"), ("displayName", "  Ada ")],
        vec![(UPN, "a@contoso.com"), ("displayName", "   ")],
        vec![(UPN, "a@contoso.com"), ("department", "Sales"), ("l", "Delft"), ("co", "Netherlands")],
        vec![(UPN, "a@contoso.com"), ("userAccountControl", "514")],
    ]
}

fn user(number: u8, attributes: &[(&'static str, &'static str)]) -> OnPremObject {
    let mut all = vec![("cn", "Ada Byron"), ("sAMAccountName", "ada")];
    all.extend(attributes);
    object(SyncKind::User, number, &all)
}

#[test]
fn the_tenant_makes_of_every_input_what_the_oracle_permits() {
    let mut problems = Vec::new();
    for profile in [&[][..], &[("invalid_upn", "reject")], &[("invalid_upn", "underscore")]] {
        for attributes in inputs() {
            let (mut tenant, switches) = new_tenant(profile);
            let score = synchronize(&[user(1, &attributes)], &mut tenant, &switches, in_order);
            if !score.converged {
                problems.push(format!("{profile:?} {attributes:?} {}", said(&score)));
            }
            // once more: nothing changes that a second run could object to
            let again = synchronize(&[user(1, &attributes)], &mut tenant, &switches, in_order);
            if !again.converged {
                problems.push(format!("again {profile:?} {attributes:?} {}", said(&again)));
            }
        }
    }
    assert!(problems.is_empty(), "{} of them:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn a_mailbox_gets_the_addresses_that_the_oracle_permits() {
    let mut problems = Vec::new();
    for attributes in inputs() {
        let (mut tenant, switches) = new_tenant(&[]);
        let person = [user(1, &attributes)];
        let expected = expect(&[domain(person.to_vec())], read_tenant(&tenant), &switches);
        tenant.provision(&context(), &[sent(&person[0])]);
        let synchronized = tenant.iter(crate::tenant::ObjectKind::User).find(|user| user.is_synchronized());
        let Some(id) = synchronized.map(|user| user.id()) else {
            let score = sync(&expected, &tenant);
            assert!(score.converged, "{attributes:?} {}", said(&score));
            continue;
        };
        let location = serde_json::Map::from_iter([("usageLocation".to_owned(), json!("NL"))]);
        tenant.update(&context(), id, &location).unwrap();
        let sku = tenant.skus().iter().find(|s| s.sku.part_number == "ENTERPRISEPACK").unwrap().sku.id;
        let add = [AddLicense { sku_id: sku, disabled_plans: Vec::new() }];
        tenant.assign_license(&context(), id, &add, &[]).unwrap();
        let score = sync(&expected, &tenant);
        if !score.converged {
            problems.push(format!("{attributes:?} {}", said(&score)));
        }
    }
    assert!(problems.is_empty(), "{} of them:\n{}", problems.len(), problems.join("\n"));
}

/// Pairs and groups that fight for a value, and what refers to them.
fn contested() -> Vec<Vec<OnPremObject>> {
    let numbered = |number: u8, name: &'static str, attributes: &[(&'static str, &'static str)]| {
        let mut all = vec![("cn", name), ("sAMAccountName", name)];
        all.extend(attributes);
        object(SyncKind::User, number, &all)
    };
    let a = |attributes: &[(&'static str, &'static str)]| numbered(1, "ada", attributes);
    let b = |attributes: &[(&'static str, &'static str)]| numbered(2, "bob", attributes);
    let mut group = object(
        SyncKind::Group,
        3,
        &[("cn", "All"), ("sAMAccountName", "All"), ("groupType", "-2147483640"), (MAIL, "x@contoso.com")],
    );
    group.members = vec![guid(1), guid(2)];
    let contact = object(SyncKind::Contact, 4, &[("cn", "Eve"), (MAIL, "x@contoso.com")]);
    vec![
        vec![a(&[(UPN, "x@contoso.com")]), b(&[(UPN, "X@contoso.com")])],
        vec![
            a(&[(UPN, "a@contoso.com"), (PROXY, "SMTP:a@contoso.com"), (PROXY, "smtp:x@contoso.com")]),
            b(&[(UPN, "b@contoso.com"), (PROXY, "SMTP:b@contoso.com"), (PROXY, "smtp:x@contoso.com")]),
        ],
        vec![
            a(&[(UPN, "a@contoso.com"), (PROXY, "SMTP:x@contoso.com")]),
            b(&[(UPN, "b@contoso.com"), (PROXY, "SMTP:x@contoso.com")]),
        ],
        vec![
            a(&[(UPN, "a@contoso.com"), (PROXY, "SMTP:x@contoso.com"), (MAIL, "x@contoso.com")]),
            b(&[(UPN, "b@contoso.com"), (PROXY, "smtp:x@contoso.com"), (PROXY, "SMTP:b@contoso.com")]),
        ],
        vec![
            a(&[(UPN, "a@contoso.com"), (MAIL, "x@contoso.com")]),
            b(&[(UPN, "b@contoso.com"), (MAIL, "x@contoso.com")]),
        ],
        vec![a(&[(UPN, "a@contoso.local"), (NICK, "x")]), b(&[(UPN, "b@contoso.local"), (NICK, "x")])],
        vec![a(&[(UPN, "x@contoso.com")]), b(&[(UPN, "b@contoso.com"), (PROXY, "SMTP:x@contoso.com")])],
        vec![a(&[(UPN, "a@contoso.com")]), b(&[(UPN, "b@contoso.com")]), group.clone()],
        vec![a(&[(UPN, "a@contoso.com"), (MAIL, "x@contoso.com")]), group],
        vec![a(&[(UPN, "a@contoso.com"), (MAIL, "x@contoso.com")]), contact],
    ]
}

#[test]
fn of_contested_values_the_oracle_permits_what_the_tenant_does_in_either_order() {
    let mut problems = Vec::new();
    for profile in [&[][..], &[("quarantine_upn_form", "digits")], &[("duplicate_attribute", "first-wins")]] {
        for objects in contested() {
            for (name, order) in [("in order", in_order as fn(_) -> _), ("backwards", backwards)] {
                let (mut tenant, switches) = new_tenant(profile);
                // references need both sides: a right engine sends them again once their targets exist
                synchronize(&objects, &mut tenant, &switches, order);
                let score = synchronize(&objects, &mut tenant, &switches, order);
                if !score.converged {
                    problems.push(format!("{profile:?} {name} {} {}", described(&objects), said(&score)));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{} of them:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn a_generated_forest_arrives_as_the_oracle_expects_and_its_built_in_accounts_stay() {
    use crate::directory::{Directory, DirectoryConfig};
    use crate::spec::{ForestSpec, PopulationSpec};
    let forest = ForestSpec { population: PopulationSpec::of_users(120), ..ForestSpec::default() };
    let mut directory = Directory::new(&DirectoryConfig {
        domain: forest.domain.clone(),
        netbios: forest.netbios(),
        upn_suffixes: forest.upn_suffixes.clone(),
        extensions: forest.schema,
        dc_name: "DC1".to_owned(),
        admin_password: "P@ssw0rd!".to_owned(),
        time: DEFAULT_START,
        seed: Seed::new(7),
    });
    let spec = TenantSpec::default();
    crate::population::populate(&mut directory, &forest, &spec, Seed::new(7), DEFAULT_START, 1);
    let (mut tenant, switches) = new_tenant(&[]);
    let expected = crate::oracle::expected(&[&directory], &tenant, &switches);
    let administrator = directory.entry(directory.info().administrator).unwrap().guid().immutable_id();
    assert!(expected.filtered.contains_key(&administrator));
    assert!(expected.objects.len() > 120, "{}", expected.objects.len());
    let objects = crate::oracle::read_directory(&directory).objects;
    // twice: references need both sides
    for _ in 0..2 {
        for object in objects.iter().filter(|o| expected.objects.contains_key(&o.guid.immutable_id())) {
            tenant.provision(&context(), &[sent(object)]);
        }
    }
    let score = sync(&expected, &tenant);
    assert!(score.converged, "{}", said(&score));
    assert_eq!(score.right, expected.objects.len() as u64);
}
