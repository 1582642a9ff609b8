//! Several domains and several domain controllers of a forest: what each port shows, who binds where
//! (active-directory.md 6.4, 8, 9, 13).

use crate::support::{Client, PASSWORD, below, filter, modify, object, request};
use forestbed_mock_ldap::Port;
use forestbed_sim::spec::{DefectMix, DomainSpec, EstateSpec, ForestSpec, PopulationSpec};
use forestbed_sim::world::World;
use ldap3_proto::proto::{LdapFilter, LdapModifyType, LdapSearchRequest, LdapSearchScope};
use std::sync::Arc;
use std::time::Duration;

const ROOT: &str = "DC=contoso,DC=local";
const CHILD: &str = "DC=emea,DC=contoso,DC=local";
const ADMINISTRATOR: &str = "CN=Administrator,CN=Users,DC=contoso,DC=local";
const UNIVERSAL: &str = "-2147483640";

/// Two controllers of contoso.local (0, 1) and one of emea.contoso.local (2), without people.
fn forest() -> Arc<World> {
    let nobody = PopulationSpec::NOBODY;
    let child = DomainSpec {
        population: nobody,
        defects: DefectMix::none(),
        decoys: 0,
        ..DomainSpec::new("emea.contoso.local", 0)
    };
    let forest = ForestSpec {
        population: nobody,
        defects: DefectMix::none(),
        decoys: 0,
        children: vec![child],
        controllers: 2,
        replication_lag: Duration::from_secs(15),
        ..ForestSpec::default()
    };
    let spec = EstateSpec { forests: vec![forest], ..EstateSpec::default() };
    Arc::new(World::generate(spec, 1).expect("a forest of two domains"))
}

fn client(world: &Arc<World>, controller: usize, port: Port) -> Client {
    let mut client = Client::at(world, controller, port);
    let bound = client.bind(ADMINISTRATOR, &world.domains()[0].admin_password);
    assert_eq!(bound.code, 0, "{bound:?}");
    client
}

fn add_group(client: &mut Client, dn: &str, kind: &str, members: &[&str]) {
    let name = dn[3..].split(',').next().expect("a name");
    let answer = client.add(
        dn,
        &[
            ("objectClass", &["group"]),
            ("sAMAccountName", &[name]),
            ("groupType", &[kind]),
            ("member", members),
        ],
    );
    assert_eq!(answer.code, 0, "{answer:?}");
}

fn pass(world: &World) {
    world.advance(Duration::from_secs(60));
}

#[test]
fn accounts_of_the_forest_bind_at_every_controller() {
    let world = forest();
    let user = client(&world, 2, Port::Directory).add_user(&format!("CN=Users,{CHILD}"), "erika");
    pass(&world);
    for controller in 0..3 {
        for port in [Port::Directory, Port::Catalog] {
            for name in [user.as_str(), "EMEA\\erika", "erika@emea.contoso.local"] {
                let mut client = Client::at(&world, controller, port);
                let answer = client.bind(name, PASSWORD);
                assert_eq!(answer.code, 0, "{name} at {controller}: {answer:?}");
                assert_eq!(client.who_am_i(), "u:EMEA\\erika", "{name} at {controller}");
                // active-directory.md 8: 52e for a wrong password
                let answer = client.bind(name, "wrong");
                assert_eq!(answer.code, 49, "{name} at {controller}: {answer:?}");
                assert!(answer.text.contains("data 52e"), "{answer:?}");
            }
        }
    }
}

#[test]
fn names_of_the_other_domain_are_referred_to_it() {
    let world = forest();
    let mut root = client(&world, 0, Port::Directory);
    let answer = root.search(object(CHILD, &["1.1"]));
    assert_eq!(answer.code, 10);
    // active-directory.md 6.4
    assert!(answer.text.starts_with("0000202B: RefErr:"), "{}", answer.text);
    assert!(answer.text.contains("ref 1: 'emea.contoso.local'"), "{}", answer.text);
    for dn in [format!("CN=Users,{CHILD}"), format!("CN=Nobody,CN=Users,{CHILD}")] {
        let change = modify(&dn, &[(LdapModifyType::Replace, "description", &["x"])]);
        assert_eq!(root.ask(change).code, 10, "{dn}");
    }
    let references = root.search(below(ROOT, "(cn=nobody)", &["1.1"])).references;
    assert!(references.iter().any(|uri| uri.ends_with(&format!("/{CHILD}"))), "{references:?}");
    // an application partition lies below, too
    assert!(references.iter().any(|uri| uri.contains("DC=DomainDnsZones")), "{references:?}");
}

#[test]
fn a_catalog_shows_the_forest_and_takes_no_change() {
    let world = forest();
    let user = client(&world, 2, Port::Directory).add_user(&format!("CN=Users,{CHILD}"), "erika");
    let set = modify(
        &user,
        &[(LdapModifyType::Replace, "title", &["Head"]), (LdapModifyType::Replace, "mail", &["e@x"])],
    );
    assert_eq!(client(&world, 2, Port::Directory).ask(set).code, 0);
    pass(&world);
    for controller in 0..3 {
        let mut catalog = client(&world, controller, Port::Catalog);
        let answer = catalog.search(below("", "(sAMAccountName=erika)", &["title", "mail"]));
        assert_eq!(answer.dns(), [user.as_str()], "{controller}");
        assert_eq!(answer.references, Vec::<String>::new());
        // in the partial attribute set: mail, not title (ad-schema-attributes.psv)
        assert_eq!(
            (answer.entries[0].text("mail"), answer.entries[0].text("title")),
            ("e@x".into(), String::new())
        );
        assert_eq!(catalog.search(below("", "(title=Head)", &[])).dns(), Vec::<&str>::new());
        let change = modify(&user, &[(LdapModifyType::Replace, "mail", &["y@x"])]);
        assert_eq!(catalog.ask(change).code, 53, "{controller}");
    }
}

#[test]
fn groups_of_other_domains_are_neither_shown_nor_found_at_the_directorys_own_port() {
    let world = forest();
    let user = client(&world, 2, Port::Directory).add_user(&format!("CN=Users,{CHILD}"), "erika");
    pass(&world);
    let (abroad, own) = (format!("CN=Everywhere,CN=Users,{ROOT}"), format!("CN=Here,CN=Users,{CHILD}"));
    add_group(&mut client(&world, 0, Port::Directory), &abroad, UNIVERSAL, &[&user]);
    pass(&world);
    let erika = || filter("(sAMAccountName=erika)");
    let held = || filter("(memberOf=*)");
    let by_name = |group: &str| LdapFilter::Equality("memberOf".to_owned(), group.to_owned());
    let asks = |port: Port, condition: LdapFilter| {
        let all = request(CHILD, LdapSearchScope::Subtree, "(cn=*)", &["memberOf"]);
        let filter = LdapFilter::And(vec![erika(), condition]);
        let answer = client(&world, 2, port).search(LdapSearchRequest { filter, ..all });
        answer.entries.first().map(|entry| entry.texts("memberOf"))
    };
    assert_eq!(asks(Port::Directory, erika()), Some(vec![]));
    assert_eq!(asks(Port::Directory, by_name(&abroad)), None);
    assert_eq!(asks(Port::Directory, held()), None);
    assert_eq!(asks(Port::Directory, LdapFilter::Not(Box::new(held()))), Some(vec![]));
    for condition in [erika(), by_name(&abroad), held()] {
        assert_eq!(asks(Port::Catalog, condition.clone()), Some(vec![abroad.clone()]), "{condition:?}");
    }
    add_group(&mut client(&world, 2, Port::Directory), &own, UNIVERSAL, &[&user]);
    assert_eq!(asks(Port::Directory, held()), Some(vec![own.clone()]));
    assert_eq!(asks(Port::Directory, by_name(&own)), Some(vec![own]));
}

#[test]
fn a_partner_learns_of_a_change_after_the_lag() {
    let world = forest();
    let user = client(&world, 0, Port::Directory).add_user(&format!("CN=Users,{ROOT}"), "lag");
    let found = |controller: usize| {
        let mut client = client(&world, controller, Port::Directory);
        client.search(object(&user, &["uSNChanged"])).entries.first().map(|entry| entry.text("uSNChanged"))
    };
    let here = found(0);
    assert_eq!((here.is_some(), found(1)), (true, None));
    pass(&world);
    let there = found(1);
    assert!(there.is_some() && there != here, "{here:?} {there:?}");
}
