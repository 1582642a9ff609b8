//! Distinguished names as lldap reads them: split on raw commas and equal signs, without escapes (lldap.md 6).

use super::answer::Refusal;

/// A name as pairs of attribute and value, in lower case, blanks around them left out.
pub(super) fn parse(dn: &str) -> Result<Vec<(String, String)>, Refusal> {
    let pair = |part: &str| {
        let pieces: Vec<&str> = part.split('=').map(str::trim).collect();
        match pieces[..] {
            [name, value] => Ok((name.to_ascii_lowercase(), value.to_ascii_lowercase())),
            [_] => Err(("lldap-dn-value", Vec::new())),
            _ => {
                let shown: Vec<String> = pieces.iter().map(|piece| format!("{piece:?}")).collect();
                Err(("lldap-dn-elements", vec![shown.join(", ")]))
            }
        }
    };
    dn.split(',').map(pair).collect()
}

/// What a name below the suffix stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Suffix,
    People,
    Groups,
    /// Below `ou=people`: attribute and value of its relative name.
    User(String, String),
    /// Below `ou=groups`.
    Group(String, String),
    /// Elsewhere below the suffix.
    Unknown,
    /// Not below the suffix.
    Outside,
}

/// Reads a name; `suffix` is in lower case.
pub(super) fn place(dn: &str, suffix: &[(String, String)]) -> Result<Place, Refusal> {
    let parts = parse(dn)?;
    let Some(head) = parts.strip_suffix(suffix) else { return Ok(Place::Outside) };
    let unit = |pair: &(String, String), name: &str| pair.0 == "ou" && pair.1 == name;
    Ok(match head {
        [] => Place::Suffix,
        [one] if unit(one, "people") => Place::People,
        [one] if unit(one, "groups") => Place::Groups,
        [(name, value), one] if unit(one, "people") => Place::User(name.clone(), value.clone()),
        [(name, value), one] if unit(one, "groups") => Place::Group(name.clone(), value.clone()),
        _ => Place::Unknown,
    })
}

/// The user id of a name of the form `uid=id,ou=people,SUFFIX`; `cn=` does as well.
pub(super) fn user_id(dn: &str, suffix: &[(String, String)], suffix_text: &str) -> Result<String, Refusal> {
    match place(dn, suffix)? {
        Place::User(name, value) if name == "uid" || name == "cn" => Ok(value),
        Place::Outside => Err(("lldap-dn-outside", Vec::new())),
        _ => Err(("lldap-dn-user", vec![dn.to_owned(), suffix_text.to_owned()])),
    }
}

/// Whether a user or a group is named, for additions and deletions.
pub(super) fn user_or_group(
    dn: &str,
    suffix: &[(String, String)],
    suffix_text: &str,
) -> Result<Place, Refusal> {
    match place(dn, suffix)? {
        Place::Outside => Err(("lldap-dn-outside", Vec::new())),
        Place::User(name, value) if name == "uid" || name == "cn" => Ok(Place::User(name, value)),
        Place::Group(name, value) if name == "uid" || name == "cn" => Ok(Place::Group(name, value)),
        _ => Err(("lldap-dn-either", vec![dn.to_owned(), suffix_text.to_owned()])),
    }
}
