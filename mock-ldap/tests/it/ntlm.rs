//! NTLM in both dresses. Messages are those of a client made from MS-NLMP (`support/ntlm.rs`); its known
//! answers are tested beside the server's.

use crate::support::ntlm::{Layer, Login, PLAIN, SEALED, SIGNED};
use crate::support::{
    ADMINISTRATOR, Client, DOMAIN, PASSWORD, Wire, administrator, decode, element, object, parts, server,
    world_of,
};
use forestbed_mock_ldap::{Effect, Port, Session};
use forestbed_sim::limits::Limits;
use forestbed_sim::spec::{
    ChannelBinding, DefectMix, DomainSpec, EstateSpec, ForestSpec, LdapSecurity, PopulationSpec,
};
use forestbed_sim::world::World;
use ldap3_proto::proto::{LdapModify, LdapModifyRequest, LdapModifyType, LdapOp, LdapPartialAttribute};
use std::sync::Arc;

/// SASL's mechanism; SPNEGO's and NTLM's object identifiers.
const MECHANISM: &str = "GSS-SPNEGO";
const SPNEGO: &[u8] = &[6, 6, 0x2b, 6, 1, 5, 5, 2];
const NTLM: &[u8] = &[6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10];
const KERBEROS: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
const IN_PROGRESS: i64 = 14;

fn refused(data: &str) -> String {
    // active-directory.md 8
    format!("80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data {data}, v4563\0")
}

/// A world with an account `bob`.
fn with_bob() -> Arc<World> {
    let mut admin = administrator(Limits::default());
    let staff = admin.add_ou("Staff");
    admin.add_user(&staff, "bob");
    Arc::clone(&admin.world)
}

fn sicily(client: &mut Client, login: &Login<'_>) -> (i64, String) {
    let (code, challenge, text) = client.sicily(10, &login.negotiate());
    assert_eq!((code, text.as_str()), (0, ""));
    let (code, credentials, text) = client.sicily(11, &login.authenticate(&challenge));
    assert_eq!(credentials, b"");
    (code, text)
}

fn bare(client: &mut Client, login: &Login<'_>) -> (i64, String, Vec<Effect>) {
    let answer = client.sasl(MECHANISM, &login.negotiate());
    assert_eq!((answer.code, answer.effects), (IN_PROGRESS, vec![]));
    let challenge = answer.credentials.expect("a challenge");
    let answer = client.sasl(MECHANISM, &login.authenticate(&challenge));
    (answer.code, answer.text, answer.effects)
}

/// The list of mechanisms and the first message of the negotiation.
fn initial(mechanisms: &[&[u8]], token: Option<&[u8]>) -> (Vec<u8>, Vec<u8>) {
    let list = element(0x30, &mechanisms.concat());
    let mut fields = element(0xa0, &list);
    fields.extend(token.map(|token| element(0xa2, &element(4, token))).unwrap_or_default());
    let inner = element(0xa0, &element(0x30, &fields));
    (list, element(0x60, &[SPNEGO, &inner].concat()))
}

fn response(token: &[u8], signature: Option<&[u8]>) -> Vec<u8> {
    let mut fields = element(0xa2, &element(4, token));
    fields.extend(signature.map(|octets| element(0xa3, &element(4, octets))).unwrap_or_default());
    element(0xa1, &element(0x30, &fields))
}

/// State, token and signature of an answer.
fn told(credentials: &[u8]) -> (u8, Option<Vec<u8>>, Option<Vec<u8>>) {
    let (tag, sequence) = parts(credentials).remove(0);
    assert_eq!(tag, 0xa1);
    let fields = parts(&parts(&sequence)[0].1);
    let field =
        |number: u8| fields.iter().find(|(tag, _)| *tag == number).map(|(_, field)| parts(field).remove(0).1);
    (field(0xa0).expect("a state")[0], field(0xa2), field(0xa3))
}

#[test]
fn the_older_bind_tells_its_packages_and_proves_an_account() {
    let world = with_bob();
    let mut client = Client::new(&world, false);
    // MS-ADTS 5.1.1.1.3: package discovery answers with their names
    assert_eq!(client.sicily(9, b""), (0, b"NTLM".to_vec(), String::new()));
    for (domain, user) in
        [("CONTOSO", "bob"), ("contoso.local", "BOB"), ("", "bob"), ("", "bob@contoso.local")]
    {
        let outcome = sicily(&mut client, &Login::new(domain, user, PASSWORD));
        assert_eq!(outcome, (0, String::new()), "{domain} {user}");
        assert_eq!(client.who_am_i(), "u:CONTOSO\\bob");
    }
    for (domain, user, password) in
        [("CONTOSO", "bob", "wrong"), ("CONTOSO", "nobody", PASSWORD), ("FABRIKAM", "bob", PASSWORD)]
    {
        let outcome = sicily(&mut client, &Login::new(domain, user, password));
        assert_eq!(outcome, (49, refused("52e")), "{domain} {user}");
        assert_eq!(client.who_am_i(), "");
    }
}

/// A challenge, and what it says of the server: kinds and values of MS-NLMP 2.2.2.1.
fn challenged(client: &mut Client) -> (Vec<u8>, Vec<(u8, Vec<u8>)>) {
    let (_, challenge, _) = client.sicily(10, &Login::new("", "", "").negotiate());
    let number = |at: usize| usize::from(u16::from_le_bytes([challenge[at], challenge[at + 1]]));
    let mut info = &challenge[number(44)..number(44) + number(40)];
    let mut found = Vec::new();
    while let [kind, 0, length, 0, rest @ ..] = info {
        let (value, rest) = rest.split_at(usize::from(*length));
        found.push((*kind, value.to_vec()));
        info = rest;
    }
    (challenge, found)
}

#[test]
fn the_challenge_of_a_child_domain_names_its_forest() {
    let nobody = PopulationSpec::NOBODY;
    let child = DomainSpec {
        domain: "emea.contoso.local".to_owned(),
        netbios: None,
        upn_suffixes: Vec::new(),
        population: nobody,
        defects: DefectMix::none(),
        decoys: 0,
        controllers: 1,
    };
    let forest = ForestSpec {
        population: nobody,
        defects: DefectMix::none(),
        decoys: 0,
        children: vec![child],
        ..ForestSpec::default()
    };
    let world = World::generate(EstateSpec { forests: vec![forest], ..EstateSpec::default() }, 1).unwrap();
    let world = Arc::new(world);
    let mut client = Client::new(&world, false);
    client.session = Session::new(Arc::clone(&world), 1, Port::Directory, false);
    let (_, found) = challenged(&mut client);
    // MsvAvDnsDomainName and MsvAvDnsTreeName
    for (kind, expected) in [(4, "emea.contoso.local"), (5, "contoso.local")] {
        let text: Vec<u8> = expected.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(found.contains(&(kind, text)), "{kind}: {expected} in {found:?}");
    }
}

#[test]
fn the_challenge_names_the_domain_and_its_time() {
    let mut client = Client::new(&with_bob(), false);
    let (challenge, found) = challenged(&mut client);
    let text = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    // MS-NLMP 2.2.2.1; the world's clock stands at 2026-01-05T08:00:00Z
    let expected = [
        (2, text("CONTOSO")),
        (1, text("DC1")),
        (4, text("contoso.local")),
        (3, text("DC1.contoso.local")),
        (5, text("contoso.local")),
        (7, 134_120_736_000_000_000u64.to_le_bytes().to_vec()),
        (0, Vec::new()),
    ];
    assert_eq!(found, expected);
    let (_, again, _) = client.sicily(10, &Login::new("", "", "").negotiate());
    assert_ne!(again[24..32], challenge[24..32], "a challenge serves once");
}

#[test]
fn the_negotiation_is_taken_with_and_without_its_dress() {
    let world = with_bob();
    let login = Login::new("CONTOSO", "bob", PASSWORD);
    let mut client = Client::new(&world, false);
    assert_eq!(bare(&mut client, &login), (0, String::new(), vec![]));
    assert_eq!(client.who_am_i(), "u:CONTOSO\\bob");

    let (_, first) = initial(&[NTLM, KERBEROS], Some(&login.negotiate()));
    let answer = client.sasl(MECHANISM, &first);
    let (state, challenge, signature) = told(&answer.credentials.expect("an answer"));
    assert_eq!((answer.code, state, signature), (IN_PROGRESS, 1, None));
    assert_eq!(client.who_am_i(), "", "a bind has begun");
    let last = response(&login.authenticate(&challenge.expect("a challenge")), None);
    let answer = client.sasl(MECHANISM, &last);
    assert_eq!((answer.code, told(&answer.credentials.expect("an answer"))), (0, (0, None, None)));
    assert_eq!(client.who_am_i(), "u:CONTOSO\\bob");
}

#[test]
fn a_client_that_prefers_another_mechanism_must_sign_the_list() {
    let world = with_bob();
    let login = Login::new("CONTOSO", "bob", PASSWORD);
    for (signs, code) in [(Some(true), 0), (Some(false), 49), (None, 49)] {
        let mut client = Client::new(&world, false);
        let (list, first) = initial(&[KERBEROS, NTLM], Some(b"a ticket"));
        let answer = client.sasl(MECHANISM, &first);
        // RFC 4178 4.2.2: request-mic
        let credentials = answer.credentials.expect("an answer");
        assert_eq!((answer.code, told(&credentials)), (IN_PROGRESS, (3, None, None)));
        let answer = client.sasl(MECHANISM, &response(&login.negotiate(), None));
        let (_, challenge, _) = told(&answer.credentials.expect("an answer"));
        let mut layer = Layer::new(PLAIN);
        let signature = signs.map(|right| layer.sign_list(if right { &list } else { b"another" }));
        let token = login.authenticate(&challenge.expect("a challenge"));
        let answer = client.sasl(MECHANISM, &response(&token, signature.as_deref()));
        assert_eq!(answer.code, code, "{signs:?}");
        assert_eq!(client.who_am_i() == "u:CONTOSO\\bob", code == 0);
        if code == 0 {
            let (state, _, signature) = told(&answer.credentials.expect("an answer"));
            assert_eq!((state, signature), (0, Some(layer.servers_signature_of_list(&list))));
        }
    }
    let mut client = Client::new(&world, false);
    let answer = client.sasl(MECHANISM, &initial(&[KERBEROS], None).1);
    assert_eq!((answer.code, told(&answer.credentials.expect("an answer")).0), (49, 2));
}

#[test]
fn an_integrity_code_that_does_not_fit_is_refused() {
    let world = with_bob();
    for (integrity, code) in [(Some(true), 0), (None, 0), (Some(false), 49)] {
        let login = Login { integrity, ..Login::new("CONTOSO", "bob", PASSWORD) };
        let mut client = Client::new(&world, false);
        let (found, text, _) = bare(&mut client, &login);
        assert_eq!(found, code, "{integrity:?} {text}");
        // SEC_E_MESSAGE_ALTERED
        assert!(code == 0 || text.starts_with("8009030F: LdapErr"), "{text}");
        assert_eq!(client.who_am_i() == "u:CONTOSO\\bob", code == 0);
    }
}

#[test]
fn steps_count_in_their_order_only() {
    let world = with_bob();
    let login = Login::new("CONTOSO", "bob", PASSWORD);
    let mut client = Client::new(&world, false);
    let (_, challenge, _) = client.sicily(10, &login.negotiate());
    let proof = login.authenticate(&challenge);
    // another bind in between makes the challenge void
    assert_eq!(client.bind("", "").code, 0);
    assert_eq!(client.sicily(11, &proof).0, 49);
    // so does its use
    let (_, challenge, _) = client.sicily(10, &login.negotiate());
    let proof = login.authenticate(&challenge);
    assert_eq!(client.sicily(11, &proof).0, 0);
    assert_eq!(client.sicily(11, &proof), (49, vec![], refused("57")));
    assert_eq!(client.who_am_i(), "");
    // and the dresses are not mixed
    let (_, challenge, _) = client.sicily(10, &login.negotiate());
    let answer = client.sasl(MECHANISM, &login.authenticate(&challenge));
    assert_eq!((answer.code, answer.text), (49, refused("57")));
    for token in [&b""[..], b"NTLMSSP\0", b"\x60\0", &[0xa1, 0], &[0; 48_001]] {
        let answer = client.sasl(MECHANISM, token);
        assert_eq!((answer.code, answer.text, answer.credentials), (49, refused("57"), None));
        assert_eq!(client.sicily(10, token).0, 49);
    }
}

#[test]
fn a_client_without_a_name_stays_anonymous() {
    let mut client = Client::new(&with_bob(), false);
    let (_, challenge, _) = client.sicily(10, &Login::new("", "", "").negotiate());
    assert_eq!(challenge[..8], *b"NTLMSSP\0");
    // MS-NLMP 3.2.5.1.2: no user, no response, one octet of LM response
    let mut message = b"NTLMSSP\0\x03\0\0\0\x01\0\x01\0\x58\0\0\0".to_vec();
    (0..5).for_each(|_| message.extend([0, 0, 0, 0, 88, 0, 0, 0]));
    message.extend(PLAIN.to_le_bytes());
    message.extend([0; 25]);
    assert_eq!(client.sicily(11, &message), (0, vec![], String::new()));
    assert_eq!(client.who_am_i(), "");
}

#[test]
fn failures_lock_the_account_as_those_of_simple_binds_do() {
    let mut admin = administrator(Limits::default());
    let staff = admin.add_ou("Staff");
    admin.add_user(&staff, "lou");
    let limit = [(LdapModifyType::Replace, "lockoutThreshold", &["3"][..])];
    assert_eq!(admin.ask(crate::support::modify(DOMAIN, &limit)).code, 0);
    let mut client = Client::new(&admin.world, false);
    for password in ["x", "y"] {
        assert_eq!(sicily(&mut client, &Login::new("", "lou", password)), (49, refused("52e")));
    }
    assert_eq!(client.bind("lou@contoso.local", "z").text, refused("52e"));
    assert_eq!(sicily(&mut client, &Login::new("", "lou", PASSWORD)), (49, refused("775")));
}

fn demanding(ldap: LdapSecurity) -> Arc<World> {
    world_of(EstateSpec { ldap, ..EstateSpec::default() })
}

#[test]
fn a_controller_may_require_signatures() {
    // active-directory.md 8
    const TEXT: &str = "00002028: LdapErr: DSID-0C090259, comment: The server requires binds to turn on integrity checking if SSL\\TLS are not already active on the connection, data 0, v4563\0";
    let world = demanding(LdapSecurity { signing_required: true, ..LdapSecurity::default() });
    let password = crate::support::administrators_password(&world).to_owned();
    for (secure, code) in [(false, 8), (true, 0)] {
        let mut client = Client::new(&world, secure);
        let answer = client.bind(ADMINISTRATOR, &password);
        assert_eq!((answer.code, answer.text.as_str()), (code, if code == 0 { "" } else { TEXT }));
        assert_eq!(client.bind("", "").code, 0, "anonymous clients need no signature");
        let plain = Login::new("", "Administrator", &password);
        assert_eq!(bare(&mut client, &plain).0, code);
        assert_eq!(sicily(&mut client, &plain).0, code);
    }
    let mut client = Client::new(&world, false);
    for flags in [SIGNED, SEALED] {
        let login = Login { flags, ..Login::new("", "Administrator", &password) };
        assert_eq!(bare(&mut client, &login), (0, String::new(), vec![Effect::Protect]));
    }
}

#[test]
fn inside_tls_there_is_no_other_layer() {
    // MS-ADTS 5.1.1.1.2
    let world = with_bob();
    for (flags, code) in [(PLAIN, 0), (SIGNED, 53), (SEALED, 53)] {
        let login = Login { flags, ..Login::new("CONTOSO", "bob", PASSWORD) };
        let mut client = Client::new(&world, true);
        assert_eq!(bare(&mut client, &login).0, code);
    }
}

/// A client of the plain port, with a layer or on its way to one.
struct Protected {
    wire: Wire,
    layer: Option<Layer>,
    encoder: Client,
}

impl Protected {
    async fn ask(&mut self, request: &[u8]) -> crate::support::Answer {
        let Some(layer) = &mut self.layer else {
            self.wire.send(request).await;
            return self.wire.answer().await;
        };
        self.wire.send(&layer.wrap(request)).await;
        let buffer = self.wire.buffer().await;
        decode(&layer.unwrap(&buffer))
    }

    async fn bind(&mut self, login: &Login<'_>) {
        let request = |token: &[u8]| {
            let sasl = element(0xa3, &[element(4, MECHANISM.as_bytes()), element(4, token)].concat());
            let bind = [&[2, 1, 3, 4, 0][..], &sasl].concat();
            element(0x30, &[&[2, 1, 1][..], &element(0x60, &bind)].concat())
        };
        let answer = self.ask(&request(&login.negotiate())).await;
        let challenge = answer.credentials.expect("a challenge");
        let answer = self.ask(&request(&login.authenticate(&challenge))).await;
        assert_eq!(answer.code, 0, "{}", answer.text);
        self.layer = Some(Layer::new(login.flags));
    }

    async fn op(&mut self, op: LdapOp) -> crate::support::Answer {
        let request = self.encoder.encode(op, Vec::new());
        self.ask(&request).await
    }
}

fn reset(password: &str) -> LdapOp {
    let quoted = format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let modification = LdapPartialAttribute { atype: "unicodePwd".to_owned(), vals: vec![quoted] };
    LdapOp::ModifyRequest(LdapModifyRequest {
        dn: format!("CN=bob,OU=Staff,{DOMAIN}"),
        changes: vec![LdapModify { operation: LdapModifyType::Replace, modification }],
    })
}

#[tokio::test]
async fn a_client_signs_and_seals_over_a_socket() {
    let world = with_bob();
    let server = server(&world);
    let password = crate::support::administrators_password(&world).to_owned();
    for (flags, code) in [(SIGNED, 53), (SEALED, 0)] {
        let wire = Wire::connect(&server).await;
        let mut client = Protected { wire, layer: None, encoder: Client::new(&world, false) };
        let login = Login { flags, ..Login::new("CONTOSO", "Administrator", &password) };
        client.bind(&login).await;
        for _ in 0..3 {
            let answer = client.op(LdapOp::SearchRequest(object(DOMAIN, &["objectClass"]))).await;
            assert_eq!((answer.code, answer.dns()), (0, vec![DOMAIN]));
        }
        // a password is written under a seal, not under a signature alone (active-directory.md 8)
        let answer = client.op(reset("Passw0rd!2")).await;
        assert_eq!((answer.code, answer.text.starts_with("0000001F: SvcErr")), (code, code == 53));
        // a second bind is made under the first one's protection and replaces it
        client.bind(&login).await;
        let answer = client.op(LdapOp::SearchRequest(object(DOMAIN, &["objectClass"]))).await;
        assert_eq!(answer.dns(), [DOMAIN]);
    }
    server.shutdown().await;
}

#[tokio::test]
async fn what_does_not_fit_its_signature_ends_the_connection() {
    let world = with_bob();
    let server = server(&world);
    for damage in
        [&[0, 0, 0, 20, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 9, 9, 9, 9][..], &[0xff; 8], &[0; 4]]
    {
        let wire = Wire::connect(&server).await;
        let mut client = Protected { wire, layer: None, encoder: Client::new(&world, false) };
        let login = Login { flags: SEALED, ..Login::new("", "bob", PASSWORD) };
        client.bind(&login).await;
        client.wire.send(damage).await;
        let rest = client.wire.rest().await;
        let notice = client.layer.expect("a layer").unwrap(&rest[4..]);
        let answer = decode(&notice);
        assert_eq!((answer.code, answer.text.starts_with("00000057: LdapErr")), (2, true));
    }
    server.shutdown().await;
}

#[test]
fn a_controller_may_require_channel_bindings() {
    // active-directory.md 8; LdapEnforceChannelBinding: never, when supported, always
    use ChannelBinding::{Always, Never, WhenSupported};
    const CHANNEL: [u8; 16] = [7; 16];
    for (channel_binding, token, code) in [
        (Never, None, 0),
        (Never, Some([8; 16]), 0),
        (WhenSupported, None, 0),
        (WhenSupported, Some([0; 16]), 0),
        (WhenSupported, Some(CHANNEL), 0),
        (WhenSupported, Some([8; 16]), 49),
        (Always, None, 49),
        (Always, Some([0; 16]), 49),
        (Always, Some(CHANNEL), 0),
    ] {
        let world = demanding(LdapSecurity { channel_binding, ..LdapSecurity::default() });
        let password = crate::support::administrators_password(&world).to_owned();
        let mut client = Client::new(&world, true);
        client.session.set_channel_binding(CHANNEL);
        let login = Login { channel_binding: token, ..Login::new("CONTOSO", "Administrator", &password) };
        let (found, text, _) = bare(&mut client, &login);
        assert_eq!(found, code, "{channel_binding:?} {token:?}");
        assert!(code == 0 || text.contains("data 80090346"), "{text}");
    }
}
