//! StartTLS and LDAPS, met with the Rust ldap3 client.

use crate::support::{Client, server, trust, world};
use forestbed_sim::limits::Limits;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchEntry};
use ldap3_proto::proto::{LdapExtendedRequest, LdapOp};

const START_TLS: &str = "1.3.6.1.4.1.1466.20037";

async fn connect(url: &str, start_tls: bool) -> Ldap {
    let settings = LdapConnSettings::new().set_starttls(start_tls).set_config(trust());
    let (connection, ldap) = LdapConnAsync::with_settings(settings, url).await.expect("a connection");
    ldap3::drive!(connection);
    ldap
}

async fn reads_the_root_dse(mut ldap: Ldap) {
    let (entries, _) = ldap
        .search("", Scope::Base, "(objectClass=*)", vec!["defaultNamingContext"])
        .await
        .and_then(ldap3::SearchResult::success)
        .expect("an answer");
    let entry = SearchEntry::construct(entries.into_iter().next().expect("an entry"));
    assert_eq!(entry.attrs["defaultNamingContext"], ["DC=contoso,DC=local"]);
    ldap.unbind().await.expect("unbound");
}

#[tokio::test]
async fn a_client_reads_over_plain_start_tls_and_ldaps() {
    let server = server(&world(Limits::default()));
    let plain = format!("ldap://localhost:{}", server.plain_addr().port());
    let tls = format!("ldaps://localhost:{}", server.tls_addr().port());
    reads_the_root_dse(connect(&plain, false).await).await;
    reads_the_root_dse(connect(&plain, true).await).await;
    reads_the_root_dse(connect(&tls, false).await).await;
    server.shutdown().await;
}

#[test]
fn tls_begins_once() {
    // active-directory.md 5: a second StartTLS, or one over LDAPS, is an operationsError
    let start = || LdapExtendedRequest { name: START_TLS.to_owned(), value: None };
    for (secure, code, effects) in [(false, 0, 1), (true, 1, 0)] {
        let mut client = Client::new(&world(Limits::default()), secure);
        let answer = client.ask(LdapOp::ExtendedRequest(start()));
        assert_eq!((answer.code, answer.effects.len()), (code, effects));
    }
}
