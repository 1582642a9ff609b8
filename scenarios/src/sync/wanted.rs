//! What the plan wants synchronized, as the configuration of an engine.

use super::lies_in;
use super::setup::SyncSetup;
use crate::checker::source::domain_of;
use crate::error::Error;
use forestbed_sim::spec::Synchronize;
use forestbed_sync::rules::ConnectorKind;

/// Narrows a set-up of everything.
///
/// # Errors
/// A domain that no forest has.
pub(super) fn apply(setup: &mut SyncSetup, wanted: &Synchronize) -> Result<(), Error> {
    let SyncSetup { config, forests } = setup;
    let known = |name: &String| {
        let mut domains = config.connectors.iter().flat_map(|connector| &connector.domains);
        domains.any(|domain| domain.fqdn.eq_ignore_ascii_case(name))
    };
    if let Some(unknown) = wanted.domains.iter().find(|name| !known(name)) {
        return Err(Error::input(format!("synchronize: no forest has a domain '{unknown}'")));
    }
    for connector in config.connectors.iter_mut().filter(|c| c.kind == ConnectorKind::ActiveDirectory) {
        let Some(forest) = forests.iter_mut().find(|forest| forest.connector == connector.name) else {
            continue;
        };
        let heads: Vec<String> = forest.domains.iter().map(|domain| domain.base_dn.clone()).collect();
        let is_wanted = |name: &str| {
            wanted.domains.is_empty() || wanted.domains.iter().any(|w| w.eq_ignore_ascii_case(name))
        };
        // the name of a child domain ends like its parent's: the longest is the one that a container lies in
        let own = |dn: &&String| {
            let head = heads.iter().filter(|head| lies_in(dn, head)).max_by_key(|head| head.len());
            head.and_then(|head| domain_of(head)).is_some_and(|domain| is_wanted(&domain))
        };
        connector.include = wanted.include.iter().filter(own).cloned().collect();
        connector.exclude = wanted.exclude.iter().filter(own).cloned().collect();
        connector.group = wanted.group.as_ref().filter(own).cloned();
        let none_included = connector.include.is_empty() && !wanted.include.is_empty();
        if none_included || !connector.domains.iter().any(|domain| is_wanted(&domain.fqdn)) {
            // an engine never loses a connector: one of a forest that is not wanted finds nothing in scope
            connector.include.clear();
            connector.exclude = heads;
            continue;
        }
        connector.domains.retain(|domain| is_wanted(&domain.fqdn));
        forest.domains.retain(|domain| is_wanted(&domain_of(&domain.base_dn).unwrap_or_default()));
    }
    config.alternate_id.clone_from(&wanted.alternate_id);
    if let Some(anchor) = &wanted.anchor {
        config.anchor = anchor.clone().into();
    }
    config.check().map_err(|error| Error::input(error.to_string()))
}
