//! What the tests of this room share.

use super::{Directory, DirectoryConfig, Filter, Scope, SearchOptions, UpdateContext};
use crate::clock::DEFAULT_START;
use crate::seed::Seed;
use crate::spec::SchemaExtensions;
use base64::Engine as _;
use std::sync::LazyLock;

/// The forest of the transcripts, without the Exchange schema.
pub(super) fn forest() -> Directory {
    static FOREST: LazyLock<Directory> = LazyLock::new(|| Directory::new(&config(false)));
    FOREST.clone()
}

pub(super) fn config(exchange: bool) -> DirectoryConfig {
    DirectoryConfig {
        domain: "contoso.local".to_owned(),
        netbios: "CONTOSO".to_owned(),
        upn_suffixes: vec!["contoso.com".to_owned()],
        extensions: SchemaExtensions { exchange, skype: false, server_2016: false },
        dc_name: "DC1".to_owned(),
        admin_password: "Passw0rd!1".to_owned(),
        time: DEFAULT_START,
        seed: Seed::new(42),
    }
}

pub(super) fn system() -> UpdateContext {
    UpdateContext::system(DEFAULT_START)
}

/// The names that a search finds, in the order of ids.
pub(super) fn search(directory: &Directory, base: &str, scope: Scope, filter: &str) -> Vec<String> {
    search_with(directory, base, scope, filter, SearchOptions::default())
}

pub(super) fn search_with(
    directory: &Directory,
    base: &str,
    scope: Scope,
    filter: &str,
    options: SearchOptions,
) -> Vec<String> {
    let filter = directory.compile(&Filter::parse(filter).unwrap());
    let base = directory.resolve(base).unwrap();
    let candidates = directory.candidates(base, scope, &filter, options);
    let found = candidates.filter(|id| directory.matches(*id, &filter));
    found.map(|id| directory.entry(id).unwrap().dn()).collect()
}

/// Attributes of a request, from `name: value` lines; `name:: base64` for bytes.
pub(super) fn attributes(lines: &[&str]) -> Vec<(String, Vec<Vec<u8>>)> {
    let mut out: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        let value = match value.strip_prefix(':') {
            Some(base64) => base64::engine::general_purpose::STANDARD.decode(base64.trim()).unwrap(),
            None => value.strip_prefix(' ').unwrap_or(value).as_bytes().to_vec(),
        };
        match out.iter_mut().find(|(other, _)| other == name) {
            Some((_, values)) => values.push(value),
            None => out.push((name.to_owned(), vec![value])),
        }
    }
    out
}

/// The objects of golden/00, in its order.
const SEED: [(&str, &[&str]); 15] = [
    ("OU=Staff,DC=contoso,DC=local", &["objectClass: organizationalUnit", "description: All staff"]),
    ("OU=Sales,OU=Staff,DC=contoso,DC=local", &["objectClass: organizationalUnit"]),
    ("OU=Groups,DC=contoso,DC=local", &["objectClass: organizationalUnit"]),
    ("OU=Bulk,DC=contoso,DC=local", &["objectClass: organizationalUnit"]),
    (
        "CN=Alice Müller,OU=Staff,DC=contoso,DC=local",
        &[
            "objectClass: user",
            "sAMAccountName: alice",
            "userPrincipalName: alice@contoso.local",
            "givenName: Alice",
            "sn: Müller",
            "displayName: Alice Müller",
            "mail: alice@contoso.com",
            "proxyAddresses: SMTP:alice@contoso.com",
            "proxyAddresses: smtp:alice.mueller@contoso.com",
            "proxyAddresses: sip:alice@contoso.com",
            "telephoneNumber: +49 30 1234567",
            "department: Sales",
            "title: Manager",
            "employeeID: 1001",
            "userAccountControl: 512",
            "unicodePwd:: IgBQAGEAcwBzAHcAMAByAGQAIQAxACIA",
            "jpegPhoto:: /9j/4AAQSkZJRgABAQEASABIAAD/2Q==",
            "thumbnailPhoto:: /9j/4AAQSkZJRgABAQEASABIAAD/2Q==",
        ],
    ),
    (
        "CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local",
        &[
            "objectClass: user",
            "sAMAccountName: bob",
            "userPrincipalName: bob@contoso.local",
            "givenName: Bob",
            "sn: Stone",
            "displayName: Bob Stone",
            "manager: CN=Alice Müller,OU=Staff,DC=contoso,DC=local",
            "userAccountControl: 512",
            "unicodePwd:: IgBQAGEAcwBzAHcAMAByAGQAIQAxACIA",
        ],
    ),
    (
        "CN=Dora Disabled,OU=Staff,DC=contoso,DC=local",
        &[
            "objectClass: user",
            "sAMAccountName: dora",
            "userPrincipalName: dora@contoso.local",
            "userAccountControl: 514",
            "unicodePwd:: IgBQAGEAcwBzAHcAMAByAGQAIQAxACIA",
        ],
    ),
    (
        "CN=Eve Expired,OU=Staff,DC=contoso,DC=local",
        &[
            "objectClass: user",
            "sAMAccountName: eve",
            "userPrincipalName: eve@contoso.local",
            "userAccountControl: 512",
            "accountExpires: 130000000000000000",
            "unicodePwd:: IgBQAGEAcwBzAHcAMAByAGQAIQAxACIA",
        ],
    ),
    (
        "CN=Mia Mustchange,OU=Staff,DC=contoso,DC=local",
        &[
            "objectClass: user",
            "sAMAccountName: mia",
            "userPrincipalName: mia@contoso.local",
            "userAccountControl: 512",
            "pwdLastSet: 0",
            "unicodePwd:: IgBQAGEAcwBzAHcAMAByAGQAIQAxACIA",
        ],
    ),
    (
        "CN=Lou Lockout,OU=Staff,DC=contoso,DC=local",
        &[
            "objectClass: user",
            "sAMAccountName: lou",
            "userPrincipalName: lou@contoso.local",
            "userAccountControl: 512",
            "unicodePwd:: IgBQAGEAcwBzAHcAMAByAGQAIQAxACIA",
        ],
    ),
    (
        "CN=Carl Contact,OU=Staff,DC=contoso,DC=local",
        &[
            "objectClass: contact",
            "givenName: Carl",
            "sn: Contact",
            "displayName: Carl Contact",
            "mail: carl@fabrikam.com",
            "proxyAddresses: SMTP:carl@fabrikam.com",
        ],
    ),
    (
        "CN=WS001,CN=Computers,DC=contoso,DC=local",
        &[
            "objectClass: computer",
            "sAMAccountName: WS001$",
            "userAccountControl: 4096",
            "dNSHostName: ws001.contoso.local",
            "servicePrincipalName: HOST/ws001",
            "servicePrincipalName: HOST/ws001.contoso.local",
        ],
    ),
    (
        "CN=Sales Team,OU=Groups,DC=contoso,DC=local",
        &[
            "objectClass: group",
            "sAMAccountName: SalesTeam",
            "groupType: -2147483646",
            "mail: sales@contoso.com",
            "member: CN=Alice Müller,OU=Staff,DC=contoso,DC=local",
            "member: CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local",
        ],
    ),
    (
        "CN=All Staff,OU=Groups,DC=contoso,DC=local",
        &[
            "objectClass: group",
            "sAMAccountName: AllStaff",
            "groupType: -2147483640",
            "member: CN=Sales Team,OU=Groups,DC=contoso,DC=local",
        ],
    ),
    (
        "CN=Dist List,OU=Groups,DC=contoso,DC=local",
        &[
            "objectClass: group",
            "sAMAccountName: DistList",
            "groupType: 2",
            "managedBy: CN=Alice Müller,OU=Staff,DC=contoso,DC=local",
        ],
    ),
];

/// The forest of the transcripts with the objects of golden/00.
pub(super) fn seeded() -> Directory {
    static SEEDED: LazyLock<Directory> = LazyLock::new(|| {
        let mut directory = forest();
        for (dn, lines) in SEED {
            directory.add(&system(), dn, &attributes(lines)).unwrap_or_else(|error| panic!("{dn}: {error}"));
        }
        directory
    });
    SEEDED.clone()
}
