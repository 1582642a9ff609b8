//! Where objects come from: live servers, LDIF and CSV files.
//!
//! Each source gives [`Entry`]s, one at a time; [`Entry::view`] is what the rules see of one. Several sources
//! are several forests, numbered from 0 in their order.

mod csv;
mod decode;
mod entry;
mod file;
pub mod ldap;
mod ldif;

pub use entry::Entry;
pub use file::{FileKind, FileSource, Problem};

/// The DNS name of the domain that a distinguished name lies in: `contoso.local`.
pub fn domain_of(dn: &str) -> Option<String> {
    let label = |rdn: &str| {
        let (kind, value) = rdn.split_once('=')?;
        kind.trim().eq_ignore_ascii_case("DC").then(|| value.trim().to_ascii_lowercase())
    };
    let mut labels: Vec<String> = dn.rsplit(',').map_while(label).collect();
    labels.reverse();
    (!labels.is_empty()).then(|| labels.join("."))
}

#[cfg(test)]
mod tests {
    use super::domain_of;

    #[test]
    fn the_domain_is_the_end_of_the_name() {
        assert_eq!(domain_of("CN=a\\, b,OU=x,DC=Contoso,DC=local").as_deref(), Some("contoso.local"));
        assert_eq!(domain_of("dc = fabrikam , dc=com").as_deref(), Some("fabrikam.com"));
        assert_eq!(domain_of("cn=a,o=contoso"), None);
        assert_eq!(domain_of(""), None);
    }
}
