//! What the directories on premises say of people, by source anchor.

use crate::checker::source::Entry;
use crate::checker::source::ldap::{LdapSource, LdapTarget};
use crate::tool::{ToolEnv, ToolError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// One value of each account that has it, by the source anchor that a sync engine gives the account:
/// ms-DS-ConsistencyGuid, else objectGUID.
pub(super) async fn values(env: &ToolEnv, attribute: &str) -> Result<BTreeMap<String, String>, ToolError> {
    let cannot = |error: crate::Error| ToolError::CannotStart(error.to_string());
    let filter = format!("(&(objectCategory=person)(objectClass=user)({attribute}=*))");
    let mut found = BTreeMap::new();
    for target in LdapTarget::of_env(env) {
        let mut source = LdapSource::connect(&target).await.map_err(cannot)?;
        let mut take = |entry: Entry| {
            let value = entry.texts(attribute).next().map(str::to_owned);
            found.extend(source_anchor(&entry).zip(value));
            Ok(())
        };
        let wanted = ["objectGUID", attribute, "mS-DS-ConsistencyGuid"];
        source.each_of(&filter, &wanted, &mut take).await.map_err(ToolError::failed)?;
    }
    Ok(found)
}

fn source_anchor(entry: &Entry) -> Option<String> {
    let own = entry.octets("mS-DS-ConsistencyGuid").next().or_else(|| entry.octets("objectGUID").next());
    own.map(|octets| STANDARD.encode(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_of_its_own_goes_before_the_guid() {
        let mut entry = Entry::new("CN=Ann,DC=contoso,DC=local");
        assert_eq!(source_anchor(&entry), None);
        // directory-sync.md 1.4: these octets are Z0UjAauJ780BI0VniavN7w==
        let guid =
            [0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        entry.push("objectGUID", guid.to_vec());
        assert_eq!(source_anchor(&entry).as_deref(), Some("Z0UjAauJ780BI0VniavN7w=="));
        entry.push("ms-ds-consistencyguid", vec![0; 16]);
        assert_eq!(source_anchor(&entry).as_deref(), Some("AAAAAAAAAAAAAAAAAAAAAA=="));
    }
}
