//! Exchange hybrid write-back (directory-sync.md, section 3.4).

use super::fakes::{World, told};
use super::{cycle, quiet};
use crate::rules::EXCHANGE_HYBRID_RULES;
use crate::{ImportKind, Told};

const ADA: [u8; 16] = [1; 16];

/// A person with a mailNickname and two addresses, one of them from before.
fn estate(addresses: &str) -> World {
    let mut world = World::new(1);
    let fields = [
        ("userAccountControl", "512"),
        ("sAMAccountName", "ada"),
        ("displayName", "Ada"),
        ("mailNickname", "ada"),
        ("userPrincipalName", "ada@contoso.com"),
        ("proxyAddresses", addresses),
    ];
    world.forests[0].put(&ADA, "CN=Ada,DC=contoso,DC=com", "user", &fields);
    world.custom = EXCHANGE_HYBRID_RULES.to_owned();
    world
}

fn forest(world: &World, name: &str) -> Vec<String> {
    let values = world.forests[0].things[ADA.as_slice()].fields.get(name).cloned().unwrap_or_default();
    let text = |value: Told| match value {
        Told::Text(text) => text,
        Told::Octets(octets) => String::from_utf8_lossy(&octets).into_owned(),
        Told::Integer(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let mut values: Vec<String> = values.into_iter().map(text).collect();
    values.sort();
    values
}

#[test]
fn the_mailboxs_old_name_is_added_once_and_what_the_forest_has_stays() {
    let mut world = estate("SMTP:ada@contoso.com|smtp:a@contoso.com");
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    world.cloud.set("Ada", "cloudLegacyExchangeDN", "/o=ExchangeLabs/cn=ada");
    (0..3).for_each(|_| drop(cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle")));
    let three = ["SMTP:ada@contoso.com", "smtp:a@contoso.com", "x500:/o=ExchangeLabs/cn=ada"];
    assert_eq!(forest(&world, "proxyAddresses"), three);
    let writes = world.forests[0].written.iter().filter(|what| what.starts_with("proxyAddresses"));
    assert_eq!(writes.count(), 1);
    for kind in [ImportKind::Delta, ImportKind::Full] {
        assert!(quiet(&cycle(&mut world, &mut engine, kind).expect("a cycle")), "no loop of its own making");
    }
}

#[test]
fn an_address_that_differs_in_case_only_is_there_already() {
    let mut world = estate("SMTP:ada@contoso.com|X500:/O=EXCHANGELABS/CN=ADA");
    let mut engine = world.open().expect("opens");
    cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
    world.cloud.set("Ada", "cloudLegacyExchangeDN", "/o=ExchangeLabs/cn=ada");
    (0..2).for_each(|_| drop(cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle")));
    assert_eq!(forest(&world, "proxyAddresses"), ["SMTP:ada@contoso.com", "X500:/O=EXCHANGELABS/CN=ADA"]);
}

#[test]
fn lists_of_senders_come_back_only_for_a_mailbox_in_the_cloud() {
    // the lower octet of the display type is 0 for a mailbox in the cloud
    for (kind, comes) in [(0, true), (1_073_741_824, true), (6, false), (-2_147_483_642, false)] {
        let mut world = estate("SMTP:ada@contoso.com");
        let mut engine = world.open().expect("opens");
        cycle(&mut world, &mut engine, ImportKind::Full).expect("a cycle");
        let (anchor, thing) = world.cloud.things.iter_mut().next().expect("Ada");
        let anchor = anchor.clone();
        thing.fields.insert("cloudMSExchRecipientDisplayType".to_owned(), vec![Told::Integer(kind)]);
        thing.fields.insert("cloudMSExchSafeSendersHash".to_owned(), vec![told("hash")]);
        thing.fields.insert("cloudMSExchArchiveStatus".to_owned(), vec![Told::Integer(1)]);
        world.cloud.touch(&anchor);
        (0..2).for_each(|_| drop(cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle")));
        assert_eq!(!forest(&world, "msExchSafeSendersHash").is_empty(), comes, "{kind}");
        assert_eq!(forest(&world, "msExchArchiveStatus"), ["1"], "wherever the mailbox is");
        assert_eq!(forest(&world, "msExchUserHoldPolicies"), [""; 0], "empty is ignored");
        assert_eq!(forest(&world, "msDS-ExternalDirectoryObjectID"), ["User_0001"]);
    }
}
