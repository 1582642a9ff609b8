//! Worlds to ask, and clients that ask them. Answers are decoded by `ldap3_proto`: a second implementation
//! reads everything that is written here.

mod core;
pub(crate) mod ntlm;
mod wire;

pub(crate) use self::core::{Answer, Client, Shown, decode, delete, rename, renaming};
pub(crate) use wire::{Wire, server, trust};

use forestbed_sim::limits::Limits;
use forestbed_sim::spec::{DefectMix, EstateSpec, ForestSpec, PopulationSpec};
use forestbed_sim::world::World;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapDerefAliases, LdapFilter, LdapModify, LdapModifyRequest, LdapModifyType, LdapOp,
    LdapPartialAttribute, LdapSearchRequest, LdapSearchScope,
};
use std::sync::Arc;

pub(crate) const DOMAIN: &str = "DC=contoso,DC=local";
pub(crate) const ADMINISTRATOR: &str = "CN=Administrator,CN=Users,DC=contoso,DC=local";
/// Password of everybody who is added here.
pub(crate) const PASSWORD: &str = "Passw0rd!1";

/// A world with built-in objects only.
pub(crate) fn world(limits: Limits) -> Arc<World> {
    world_of(EstateSpec { limits, ..EstateSpec::default() })
}

/// A world of a specification, with built-in objects only.
pub(crate) fn world_of(spec: EstateSpec) -> Arc<World> {
    let nobody = PopulationSpec::NOBODY;
    let forest =
        ForestSpec { population: nobody, defects: DefectMix::none(), decoys: 0, ..ForestSpec::default() };
    let spec = EstateSpec { forests: vec![forest], ..spec };
    Arc::new(World::generate(spec, 1).expect("a world without people"))
}

pub(crate) fn administrators_password(world: &World) -> &str {
    &world.domains()[0].admin_password
}

/// A client that is bound as the administrator, over a connection with TLS.
pub(crate) fn administrator(limits: Limits) -> Client {
    let world = world(limits);
    let mut client = Client::new(&world, true);
    assert_eq!(client.bind(ADMINISTRATOR, administrators_password(&world)).code, 0);
    client
}

/// A search request for everything below a base.
pub(crate) fn below(base: &str, filter: &str, attributes: &[&str]) -> LdapSearchRequest {
    request(base, LdapSearchScope::Subtree, filter, attributes)
}

/// A search request for one object.
pub(crate) fn object(dn: &str, attributes: &[&str]) -> LdapSearchRequest {
    request(dn, LdapSearchScope::Base, "(objectClass=*)", attributes)
}

pub(crate) fn request(
    base: &str,
    scope: LdapSearchScope,
    filter: &str,
    attributes: &[&str],
) -> LdapSearchRequest {
    LdapSearchRequest {
        base: base.to_owned(),
        scope,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        filter: self::filter(filter),
        attrs: attributes.iter().map(|name| (*name).to_owned()).collect(),
    }
}

pub(crate) fn filter(text: &str) -> LdapFilter {
    ldap3_proto::parse_ldap_filter_str(text).expect("a filter")
}

pub(crate) fn attribute(name: &str, values: &[&str]) -> LdapPartialAttribute {
    let vals = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    LdapPartialAttribute { atype: name.to_owned(), vals }
}

pub(crate) fn modify(dn: &str, changes: &[(LdapModifyType, &str, &[&str])]) -> LdapOp {
    let change = |(operation, name, values): &(LdapModifyType, &str, &[&str])| LdapModify {
        operation: operation.clone(),
        modification: attribute(name, values),
    };
    LdapOp::ModifyRequest(LdapModifyRequest {
        dn: dn.to_owned(),
        changes: changes.iter().map(change).collect(),
    })
}

/// A control that this program's other implementation has no type for.
pub(crate) fn control(oid: &str, critical: bool, value: Option<&[u8]>) -> LdapControl {
    LdapControl::Unknown { oid: oid.to_owned(), criticality: critical, value: value.map(<[u8]>::to_vec) }
}

pub(crate) fn paged(size: i64, cookie: &[u8]) -> Vec<LdapControl> {
    vec![LdapControl::SimplePagedResults { size, cookie: cookie.to_vec() }]
}

/// One BER element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("short enough").to_be_bytes();
    [&[tag, 0x84][..], &length, content].concat()
}

/// The elements of a run of them: tags and contents.
pub(crate) fn parts(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    while let [tag, length, rest @ ..] = bytes {
        let octets = if *length < 0x80 { 0 } else { usize::from(length & 0x7f) };
        let long = rest[..octets].iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
        let length = if octets == 0 { usize::from(*length) } else { long };
        found.push((*tag, rest[octets..octets + length].to_vec()));
        bytes = &rest[octets + length..];
    }
    found
}

/// A subtree search with a filter in BER, for values that are no text; message id 1, no attributes.
pub(crate) fn raw_search(base: &str, filter: &[u8]) -> Vec<u8> {
    let parts = [
        &element(4, base.as_bytes())[..],
        &[0x0a, 1, 2, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0],
        filter,
        &element(0x30, &element(4, b"1.1")),
    ];
    element(0x30, &[&[2, 1, 1][..], &element(0x63, &parts.concat())].concat())
}
