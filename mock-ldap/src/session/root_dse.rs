//! The root DSE: what a domain controller says of itself, to anybody.

use super::Session;
use crate::data::{self, Handling};
use crate::reply::Outcome;
use crate::request::SearchRequest;
use forestbed_sim::clock::SimTime;
use forestbed_sim::directory::{Directory, Filter, ObjectId, attr};
use forestbed_sim::ids::Sid;
use std::collections::BTreeSet;

/// Most unknown names that are kept.
const UNKNOWN_MOST: usize = 16;

/// Everyone, Network, Authenticated Users: the token of whoever logs on over the network has them (golden/01).
const EVERYBODY: [&str; 3] = ["S-1-1-0", "S-1-5-2", "S-1-5-11"];

/// Name and values.
type Attribute = (&'static str, Vec<Vec<u8>>);

/// What reading the root DSE gives.
pub(super) struct Read {
    /// None when the filter does not match it.
    pub(super) attributes: Option<Vec<Attribute>>,
    /// Names that it does not have.
    pub(super) unknown: Vec<String>,
}

pub(super) fn read(session: &mut Session, request: &SearchRequest<'_>) -> Result<Read, Outcome> {
    let mut read = Read { attributes: None, unknown: Vec::new() };
    if !matches(&request.filter) {
        return Ok(read);
    }
    let asked = |name: &str| request.attributes.iter().any(|asked| asked.eq_ignore_ascii_case(name));
    let all = request.attributes.is_empty() || asked("*");
    if asked("tokenGroups") && session.principal().is_none() {
        // it is the caller's, and there is none
        return Err(Outcome::of("not-bound"));
    }
    let attributes = data::root_attributes()
        .iter()
        .filter(|attribute| all && attribute.default || asked(attribute.name))
        .map(|attribute| (attribute.name, values(session, attribute.name)))
        .filter(|(_, values)| !values.is_empty())
        .collect();
    read.attributes = Some(attributes);
    let special = ["*", "+", "1.1", "objectClass"];
    read.unknown = request
        .attributes
        .iter()
        .filter(|asked| !special.iter().any(|name| name.eq_ignore_ascii_case(asked)))
        .filter(|asked| !data::root_attributes().iter().any(|known| known.name.eq_ignore_ascii_case(asked)))
        .take(UNKNOWN_MOST)
        .map(|asked| (*asked).to_owned())
        .collect();
    Ok(read)
}

/// Whether a filter is true for an object of class top.
fn matches(filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(matches),
        Filter::Or(parts) => parts.iter().any(matches),
        Filter::Not(part) => !matches(part),
        Filter::Present(attribute) => attribute.eq_ignore_ascii_case("objectClass"),
        Filter::Equality { attribute, value } => {
            attribute.eq_ignore_ascii_case("objectClass") && value.eq_ignore_ascii_case(b"top")
        }
        _ => false,
    }
}

fn values(session: &mut Session, name: &str) -> Vec<Vec<u8>> {
    match name {
        "tokenGroups" => return token_groups(session),
        "msDS-PrincipalName" => {
            let name = session.principal().map(|who| who.netbios_name.as_bytes().to_vec());
            return name.into_iter().collect();
        }
        "msDS-ReplQueueStatistics" => return vec![queue_statistics(session)],
        "currentTime" => return vec![session.world.clock.now().generalized().into_bytes()],
        "supportedControl" => {
            let listed = data::controls().iter().filter(|control| control.handling != Handling::Absent);
            return listed.map(|control| control.oid.as_bytes().to_vec()).collect();
        }
        _ => {}
    }
    let directory = session.world.controller(session.controller);
    match of_directory(&directory, name) {
        Some(values) => values.into_iter().map(String::into_bytes).collect(),
        None => data::root_values(name).map(|value| value.as_bytes().to_vec()).collect(),
    }
}

/// Values that come from the directory; none when they come from the table.
fn of_directory(directory: &Directory, name: &str) -> Option<Vec<String>> {
    let info = directory.info();
    let one = |value: &str| vec![value.to_owned()];
    Some(match name {
        "configurationNamingContext" => one(&info.configuration_dn),
        "defaultNamingContext" => one(&info.domain_dn),
        "rootDomainNamingContext" => one(&info.root_dn),
        "schemaNamingContext" => one(&info.schema_dn),
        "namingContexts" => naming_contexts(directory),
        "dnsHostName" => one(&info.dc_dns_name),
        "dsServiceName" => one(&info.ds_service_dn),
        "serverName" => one(&info.server_dn),
        "subschemaSubentry" => vec![format!("CN=Aggregate,{}", info.schema_dn)],
        "highestCommittedUSN" => vec![directory.highest_usn().to_string()],
        "ldapServiceName" => {
            let host = info.dc_name.to_lowercase();
            vec![format!("{}:{host}$@{}", info.root_dns, info.dns.to_uppercase())]
        }
        "dsSchemaAttrCount" => vec![directory.schema().attributes().count().to_string()],
        "dsSchemaPrefixCount" => vec![directory.schema().prefix_count().to_string()],
        "dsSchemaClassCount" => vec![directory.schema().classes().count().to_string()],
        "validFSMOs" => fsmo_roles(directory),
        _ => return None,
    })
}

/// What this server holds in full.
fn naming_contexts(directory: &Directory) -> Vec<String> {
    let contexts = directory.naming_contexts().iter();
    contexts.filter(|context| context.kind.is_full()).map(|context| context.dn.clone()).collect()
}

/// The objects whose role owner is this server.
fn fsmo_roles(directory: &Directory) -> Vec<String> {
    let info = directory.info();
    let owners = [
        info.schema_dn.clone(),
        format!("CN=Partitions,{}", info.configuration_dn),
        info.domain_dn.clone(),
        format!("CN=RID Manager$,CN=System,{}", info.domain_dn),
        format!("CN=Infrastructure,{}", info.domain_dn),
    ];
    let mine = |dn: &String| {
        let owner = directory.resolve(dn).ok().and_then(|id| directory.entry(id));
        owner.is_some_and(|entry| {
            entry
                .text(attr::FSMO_ROLE_OWNER)
                .is_some_and(|owner| owner.eq_ignore_ascii_case(&info.ds_service_dn))
        })
    };
    owners.into_iter().filter(mine).collect()
}

/// The SIDs of who asks: its own, its groups', and those that everybody has who logs on over the network,
/// with what they are members of.
fn token_groups(session: &mut Session) -> Vec<Vec<u8>> {
    let Some(id) = session.principal().map(|principal| principal.id) else { return Vec::new() };
    let directory = session.world.controller(session.controller);
    let of_groups = |id: ObjectId| {
        let groups = directory.entry(id).map(|entry| entry.security_groups()).unwrap_or_default();
        groups.into_iter().filter_map(|id| directory.entry(id)?.sid()).collect::<Vec<Sid>>()
    };
    let mut sids: Vec<Sid> = directory.entry(id).and_then(|entry| entry.sid()).into_iter().collect();
    sids.extend(of_groups(id));
    for everybody in EVERYBODY.iter().filter_map(|text| Sid::parse(text)) {
        let member = directory.by_sid(&everybody);
        sids.push(everybody);
        sids.extend(member.map(of_groups).unwrap_or_default());
    }
    let mut seen = BTreeSet::new();
    sids.retain(|sid| seen.insert(sid.clone()));
    sids.iter().map(Sid::to_bytes).collect()
}

/// What waits to be replicated: nothing does.
fn queue_statistics(session: &Session) -> Vec<u8> {
    let numbers: String = [
        "cNumPendingOps",
        "cNumPendingSyncs",
        "cNumPendingAdds",
        "cNumPendingMods",
        "cNumPendingDels",
        "cNumPendingUpdRefs",
    ]
    .iter()
    .map(|name| format!("\t<{name}>0</{name}>\n"))
    .collect();
    let now = SimTime::from_millis(session.world.clock.now().seconds() * 1000).rfc3339();
    let started = format!("\t<ftimeCurrentOpStarted>{now}</ftimeCurrentOpStarted>\n");
    format!("<DS_REPL_QUEUE_STATISTICS>\n{started}{numbers}</DS_REPL_QUEUE_STATISTICS>\n\0").into_bytes()
}
