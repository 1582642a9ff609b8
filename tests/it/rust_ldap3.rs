//! The Rust crate ldap3, unmodified, against `forestbed up`: StartTLS and LDAPS, pages, ranges, changes, passwords, and
//! DirSync by a raw control.

use forestbed_witness::record;
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult, Mod, Scope, SearchEntry, SearchResult};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;
use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

const DIR_SYNC: &str = "1.2.840.113556.1.4.841";

/// `forestbed up`, ended when it is dropped.
struct Up {
    process: Child,
    env: Value,
}

impl Up {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forestbed"));
        command.args(["up", "--users", "300"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("forestbed runs");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("one line of JSON when it is ready");
        Self { process, env: ready["env"].clone() }
    }

    fn get(&self, name: &str) -> &str {
        self.env[name].as_str().expect("an environment variable")
    }

    async fn connect(&self, url: &str, start_tls: bool) -> Ldap {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(self.get("FORESTBED_CA_FILE")).expect("the bundle") {
            roots.add_parsable_certificates([certificate.expect("a certificate")]);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let settings = LdapConnSettings::new().set_config(Arc::new(config)).set_starttls(start_tls);
        let (connection, ldap) =
            LdapConnAsync::with_settings(settings, self.get(url)).await.expect("a connection");
        ldap3::drive!(connection);
        ldap
    }

    async fn administrator(&self, url: &str, start_tls: bool) -> Ldap {
        let mut ldap = self.connect(url, start_tls).await;
        let bound =
            ldap.simple_bind(self.get("FORESTBED_BIND_UPN"), self.get("FORESTBED_BIND_PASSWORD")).await;
        bound.and_then(LdapResult::success).expect("the administrator signs in");
        ldap
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn set<const N: usize>(values: [&str; N]) -> HashSet<Vec<u8>> {
    values.iter().map(|value| value.as_bytes().to_vec()).collect()
}

fn entries(found: Vec<ldap3::ResultEntry>) -> Vec<SearchEntry> {
    let entries = found.into_iter().filter(|entry| !entry.is_ref() && !entry.is_intermediate());
    entries.map(SearchEntry::construct).collect()
}

async fn one(ldap: &mut Ldap, dn: &str, attribute: &str) -> SearchEntry {
    let found = ldap.search(dn, Scope::Base, "(objectClass=*)", vec![attribute]).await;
    let (found, _) = found.and_then(SearchResult::success).expect("the object");
    entries(found).pop().expect("one entry")
}

async fn all_people(ldap: &mut Ldap, base: &str) -> usize {
    let adapters: Vec<Box<dyn Adapter<_, _>>> =
        vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(50))];
    let filter = "(&(objectCategory=person)(objectClass=user))";
    let search = ldap.streaming_search_with(adapters, base, Scope::Subtree, filter, vec!["cn"]).await;
    let (mut search, mut names) = (search.expect("a search"), HashSet::new());
    while let Some(entry) = search.next().await.expect("an entry") {
        assert!(names.insert(SearchEntry::construct(entry).dn), "nobody comes twice");
    }
    search.finish().await.success().expect("the search ends well");
    names.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_over_every_kind_of_connection() {
    let up = Up::start();
    let base = up.get("FORESTBED_BASE_DN");
    let mut counts = Vec::new();
    for (url, start_tls) in
        [("FORESTBED_LDAP_URL", false), ("FORESTBED_LDAP_URL", true), ("FORESTBED_LDAPS_URL", false)]
    {
        let mut ldap = up.administrator(url, start_tls).await;
        counts.push(all_people(&mut ldap, base).await);
        let who = ldap.extended(ldap3::exop::WhoAmI).await.and_then(|answer| answer.success());
        let who: ldap3::exop::WhoAmIResp = who.expect("who am I").0.parse();
        assert_eq!(who.authzid.to_lowercase(), "u:contoso\\administrator");
        ldap.unbind().await.expect("the end");
    }
    assert!(counts[0] > 300 && counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    record("CLIENT-RUST-LDAP3", 3, "tests/it/rust_ldap3.rs");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_signs_in_and_is_refused_as_by_a_domain_controller() {
    let up = Up::start();
    let users = format!("CN=Users,{}", up.get("FORESTBED_BASE_DN"));
    let (dn, group) = (format!("CN=Rusty Test,{users}"), format!("CN=Rusty Group,{users}"));
    let mut ldap = up.administrator("FORESTBED_LDAPS_URL", false).await;
    let password: Vec<u8> = "\"Str0ng-enough!\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let user = vec![
        (b"objectClass".to_vec(), set(["user"])),
        (b"sAMAccountName".to_vec(), set(["rusty"])),
        (b"userPrincipalName".to_vec(), set(["rusty@contoso.com"])),
        (b"userAccountControl".to_vec(), set(["512"])),
        (b"unicodePwd".to_vec(), HashSet::from([password])),
    ];
    ldap.add(&dn, user).await.and_then(LdapResult::success).expect("a user with a password");
    let made = vec![
        (b"objectClass".to_vec(), set(["group"])),
        (b"sAMAccountName".to_vec(), set(["rustygroup"])),
        (b"member".to_vec(), set([dn.as_str()])),
    ];
    ldap.add(&group, made).await.and_then(LdapResult::success).expect("a group");
    assert_eq!(one(&mut ldap, &dn, "memberOf").await.attrs["memberOf"], [group.as_str()]);

    let mut other = up.connect("FORESTBED_LDAP_URL", false).await;
    let wrong = other.simple_bind("rusty@contoso.com", "wrong").await.expect("an answer");
    assert!(wrong.rc == 49 && wrong.text.contains("data 52e"), "{wrong}");
    let right = other.simple_bind("rusty@contoso.com", "Str0ng-enough!").await;
    right.and_then(LdapResult::success).expect("the user signs in");
    let refused = other.delete(&group).await.expect("an answer");
    assert!(refused.rc == 50 && refused.text.contains("SecErr"), "{refused}");

    let again = ldap.modify(&group, vec![Mod::Add(b"member".to_vec(), set([dn.as_str()]))]).await;
    let again = again.expect("an answer");
    assert!(again.rc == 68 && again.text.starts_with("00000562: UpdErr"), "{again}");
    assert!(
        ldap.compare(&dn, "sAMAccountName", "RUSTY").await.and_then(|it| it.equal()).expect("a comparison")
    );
    ldap.modifydn(&dn, "CN=Rusty Renamed", true, None).await.and_then(LdapResult::success).expect("a rename");
    let renamed = format!("CN=Rusty Renamed,{users}");
    assert_eq!(one(&mut ldap, &group, "member").await.attrs["member"], [renamed.as_str()]);
    ldap.delete(&renamed).await.and_then(LdapResult::success).expect("a deletion");
    assert_eq!(ldap.delete(&renamed).await.expect("an answer").rc, 32);

    let unknown = RawControl { ctype: "1.2.3.4.5.6".to_owned(), crit: true, val: None };
    let search =
        ldap.with_controls(unknown).search(&users, Scope::Base, "(objectClass=*)", vec!["1.1"]).await;
    assert_eq!(search.expect("an answer").1.rc, 12);
    record("CLIENT-RUST-LDAP3", 12, "tests/it/rust_ldap3.rs");
}

/// One round of DirSync over the users named roundtrip*: how many came, and the next cookie.
async fn round(ldap: &mut Ldap, base: &str, cookie: &[u8]) -> (usize, Vec<u8>) {
    let mut value = vec![0x02, 0x01, 0x00, 0x02, 0x03, 0x10, 0x00, 0x00, 0x04];
    wrap_length(&mut value, cookie);
    let mut control = vec![0x30];
    wrap_length(&mut control, &value);
    let control = RawControl { ctype: DIR_SYNC.to_owned(), crit: true, val: Some(control) };
    let filter = "(sAMAccountName=roundtrip*)";
    let found = ldap.with_controls(control).search(base, Scope::Subtree, filter, vec!["department"]).await;
    let (found, done) = found.and_then(SearchResult::success).expect("a round");
    let told = done.ctrls.iter().find(|control| control.1.ctype == DIR_SYNC).expect("the control comes back");
    let told = told.1.val.clone().expect("it has a value");
    // SEQUENCE { moreResults INTEGER, unused INTEGER, cookie OCTET STRING }
    let (sequence, _) = content(&told);
    let (more, rest) = content(sequence);
    assert_eq!(more, [0], "all of it fits into one answer");
    let (_, rest) = content(rest);
    (entries(found).len(), content(rest).0.to_vec())
}

fn wrap_length(to: &mut Vec<u8>, content: &[u8]) {
    let length = u16::try_from(content.len()).expect("a short value").to_be_bytes();
    to.push(0x82);
    to.extend(length);
    to.extend(content);
}

/// The content of the first element, and what follows it.
fn content(element: &[u8]) -> (&[u8], &[u8]) {
    let short = usize::from(element[1]);
    let (start, length) = match short < 0x80 {
        true => (2, short),
        false => {
            let octets = short - 0x80;
            let length = element[2..2 + octets].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (2 + octets, length)
        }
    };
    element[start..].split_at(length)
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_changes_by_dirsync() {
    let up = Up::start();
    let base = up.get("FORESTBED_BASE_DN");
    let mut ldap = up.administrator("FORESTBED_LDAP_URL", false).await;
    for number in 0..20 {
        let name = format!("roundtrip{number}");
        let user = vec![
            ("objectClass", HashSet::from(["user"])),
            ("sAMAccountName", HashSet::from([name.as_str()])),
            ("department", HashSet::from(["Sales"])),
        ];
        let added = ldap.add(&format!("CN={name},CN=Users,{base}"), user).await;
        added.and_then(LdapResult::success).expect("a user");
    }
    let (first, cookie) = round(&mut ldap, base, &[]).await;
    let (second, cookie) = round(&mut ldap, base, &cookie).await;
    let change = vec![Mod::Replace("department", HashSet::from(["IT"]))];
    let changed = ldap.modify(&format!("CN=roundtrip7,CN=Users,{base}"), change).await;
    changed.and_then(LdapResult::success).expect("a change");
    let (third, _) = round(&mut ldap, base, &cookie).await;
    assert_eq!((first, second, third), (20, 0, 1));
    record("CLIENT-RUST-LDAP3", 24, "tests/it/rust_ldap3.rs");
    record("LDAP-DIRSYNC", 3, "tests/it/rust_ldap3.rs");
}
