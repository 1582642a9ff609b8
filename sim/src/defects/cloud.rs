//! The cloud's side of the defects that no directory shows: accounts of the tenant that hold names of people.

use super::ledger::Ledger;

/// An account that the tenant has beside those of its specification, because a ledger's row says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CloudAccount {
    /// Somebody else's, with this primary address (XD07).
    WithAddress(String),
    /// An administrator's, with this userPrincipalName (UP24).
    Administrator(String),
}

/// Rows of the catalogue that need a cloud-only account, and that account in words.
pub(super) const IN_CLOUD: [(&str, &str); 2] = [
    ("XD07", "a cloud-only account of somebody else, with the same primary address"),
    ("UP24", "a cloud-only global administrator, with the same userPrincipalName"),
];

/// Rows that are no state of an estate before it is synchronized, and why.
pub(super) const NO_STATE: [(&str, &str); 1] = [(
    "UP23",
    "it is a history and no state: synchronize, then let a change step of a scenario give people of a federated \
     domain another userPrincipalName",
)];

/// The accounts that the tenant must have for the ledger to be true, in the ledger's order.
pub(crate) fn in_cloud(ledger: &Ledger) -> Vec<CloudAccount> {
    let account = |row: &super::LedgerRow| {
        let held = |attribute: &str| {
            let place = row.places.iter().find(|place| place.attribute == attribute);
            place.map_or(&[][..], |place| place.injected.as_slice())
        };
        match row.defect.as_str() {
            "XD07" => {
                let primary = held("proxyAddresses").iter().find_map(|value| value.strip_prefix("SMTP:"));
                primary.map(|address| CloudAccount::WithAddress(address.to_owned()))
            }
            "UP24" => held("userPrincipalName").first().cloned().map(CloudAccount::Administrator),
            _ => None,
        }
    };
    ledger.rows.iter().filter_map(account).collect()
}
