//! A client in process: no socket between it and the session.

use super::{PASSWORD, attribute, element, parts};
use bytes::BytesMut;
use forestbed_mock_ldap::{Effect, Port, Session};
use forestbed_sim::world::World;
use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::*;
use std::sync::Arc;
use tokio_util::codec::{Decoder, Encoder};

/// Largest answer that the decoder takes.
const MOST: usize = 64 * 1024 * 1024;

/// What a request came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i64,
    pub(crate) matched_dn: String,
    pub(crate) text: String,
    /// The answer as it came: the decoder leaves referrals out.
    pub(crate) raw: Vec<u8>,
    pub(crate) entries: Vec<Shown>,
    pub(crate) references: Vec<String>,
    pub(crate) controls: Vec<LdapControl>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) extended: Option<Vec<u8>>,
    /// The server's credentials in the answer to a SASL bind.
    pub(crate) credentials: Option<Vec<u8>>,
}

impl Answer {
    pub(crate) fn dns(&self) -> Vec<&str> {
        self.entries.iter().map(|entry| entry.dn.as_str()).collect()
    }

    /// The cookie of the paged results control.
    pub(crate) fn cookie(&self) -> Option<&[u8]> {
        self.controls.iter().find_map(|control| match control {
            LdapControl::SimplePagedResults { cookie, .. } => Some(cookie.as_slice()),
            _ => None,
        })
    }
}

/// An entry of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    pub(crate) dn: String,
    pub(crate) attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Shown {
    pub(crate) fn names(&self) -> Vec<&str> {
        self.attributes.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<Vec<u8>> {
        let found = self.attributes.iter().find(|(other, _)| other == name);
        found.map(|(_, values)| values.clone()).unwrap_or_default()
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        self.bytes(name).iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.texts(name).join("|")
    }
}

/// A client over a session of its own.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) world: Arc<World>,
    pub(crate) session: Session,
    id: i32,
}

impl Client {
    pub(crate) fn new(world: &Arc<World>, secure: bool) -> Client {
        let session = Session::new(Arc::clone(world), 0, Port::Directory, secure);
        Client { world: Arc::clone(world), session, id: 0 }
    }

    /// At a port of a domain controller, over TLS.
    pub(crate) fn at(world: &Arc<World>, controller: usize, port: Port) -> Client {
        let session = Session::new(Arc::clone(world), controller, port, true);
        Client { world: Arc::clone(world), session, id: 0 }
    }

    pub(crate) fn encode(&mut self, op: LdapOp, ctrl: Vec<LdapControl>) -> Vec<u8> {
        self.id += 1;
        let mut bytes = BytesMut::new();
        let message = LdapMsg { msgid: self.id, op, ctrl };
        LdapCodec::new(Some(MOST), None).encode(message, &mut bytes).expect("a request");
        bytes.to_vec()
    }

    pub(crate) fn ask_with(&mut self, op: LdapOp, controls: Vec<LdapControl>) -> Answer {
        let bytes = self.encode(op, controls);
        self.ask_raw(&bytes)
    }

    pub(crate) fn ask(&mut self, op: LdapOp) -> Answer {
        self.ask_with(op, Vec::new())
    }

    /// Sends bytes as they are.
    pub(crate) fn ask_raw(&mut self, request: &[u8]) -> Answer {
        let reply = self.session.handle(request);
        let effects = reply.effects;
        let bytes = reply.messages.rest(&mut self.session);
        let mut answer = decode(&bytes);
        answer.effects = effects;
        answer
    }

    pub(crate) fn search(&mut self, request: LdapSearchRequest) -> Answer {
        self.ask(LdapOp::SearchRequest(request))
    }

    pub(crate) fn search_with(&mut self, request: LdapSearchRequest, controls: Vec<LdapControl>) -> Answer {
        self.ask_with(LdapOp::SearchRequest(request), controls)
    }

    pub(crate) fn bind(&mut self, name: &str, password: &str) -> Answer {
        let cred = LdapBindCred::Simple(password.to_owned());
        self.ask(LdapOp::BindRequest(LdapBindRequest { version: 3, dn: name.to_owned(), cred }))
    }

    /// One step of a SASL bind.
    pub(crate) fn sasl(&mut self, mechanism: &str, credentials: &[u8]) -> Answer {
        let (mechanism, credentials) = (mechanism.to_owned(), credentials.to_vec());
        let cred = LdapBindCred::SASL(SaslCredentials { mechanism, credentials });
        self.ask(LdapOp::BindRequest(LdapBindRequest { version: 3, dn: String::new(), cred }))
    }

    /// One step of the bind of Microsoft's older clients: code, credentials, text. The other implementation
    /// cannot read its answers, which have octets where others have a DN.
    pub(crate) fn sicily(&mut self, choice: u8, token: &[u8]) -> (i64, Vec<u8>, String) {
        let bind = [&[2, 1, 3, 4, 0][..], &element(0x80 | choice, token)].concat();
        let request = element(0x30, &[&[2, 1, 1][..], &element(0x60, &bind)].concat());
        let reply = self.session.handle(&request);
        let bytes = reply.messages.rest(&mut self.session);
        let message = parts(&bytes).remove(0).1;
        let (tag, result) = parts(&message).remove(1);
        assert_eq!(tag, 0x61);
        let fields = parts(&result);
        assert_eq!(fields.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(), [0x0a, 4, 4]);
        let text = String::from_utf8(fields[2].1.clone()).expect("a text");
        (i64::from(fields[0].1[0]), fields[1].1.clone(), text)
    }

    pub(crate) fn who_am_i(&mut self) -> String {
        let name = "1.3.6.1.4.1.4203.1.11.3".to_owned();
        let answer = self.ask(LdapOp::ExtendedRequest(LdapExtendedRequest { name, value: None }));
        assert_eq!(answer.code, 0, "{answer:?}");
        String::from_utf8(answer.extended.unwrap_or_default()).expect("an authorization id")
    }

    pub(crate) fn add(&mut self, dn: &str, attributes: &[(&str, &[&str])]) -> Answer {
        let attributes = attributes.iter().map(|(name, values)| attribute(name, values)).collect();
        self.ask(LdapOp::AddRequest(LdapAddRequest { dn: dn.to_owned(), attributes }))
    }

    pub(crate) fn add_ou(&mut self, name: &str) -> String {
        let dn = format!("OU={name},{}", super::DOMAIN);
        let answer = self.add(&dn, &[("objectClass", &["organizationalUnit"])]);
        assert_eq!(answer.code, 0, "{answer:?}");
        dn
    }

    /// An enabled account that can bind with [`PASSWORD`].
    pub(crate) fn add_user(&mut self, parent: &str, name: &str) -> String {
        let dn = format!("CN={name},{parent}");
        let principal = format!("{name}@contoso.local");
        let quoted: Vec<u8> = format!("\"{PASSWORD}\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut attributes = vec![
            attribute("objectClass", &["user"]),
            attribute("sAMAccountName", &[name]),
            attribute("userPrincipalName", &[&principal]),
            attribute("userAccountControl", &["512"]),
        ];
        attributes.push(LdapPartialAttribute { atype: "unicodePwd".to_owned(), vals: vec![quoted] });
        let answer = self.ask(LdapOp::AddRequest(LdapAddRequest { dn: dn.clone(), attributes }));
        assert_eq!(answer.code, 0, "{answer:?}");
        dn
    }

    pub(crate) fn add_contact(&mut self, parent: &str, name: &str) -> String {
        let dn = format!("CN={name},{parent}");
        let answer = self.add(&dn, &[("objectClass", &["contact"])]);
        assert_eq!(answer.code, 0, "{answer:?}");
        dn
    }

    /// The operations that the journal has, with their results and what was unknown.
    pub(crate) fn journal(&self) -> Vec<(String, u16, Option<String>)> {
        let entries = self.world.journal.since(0, usize::MAX);
        entries.into_iter().map(|entry| (entry.operation, entry.status, entry.unknown)).collect()
    }
}

/// Decodes a whole answer.
pub(crate) fn decode(bytes: &[u8]) -> Answer {
    let mut answer = Answer {
        code: -1,
        matched_dn: String::new(),
        text: String::new(),
        raw: bytes.to_vec(),
        entries: Vec::new(),
        references: Vec::new(),
        controls: Vec::new(),
        effects: Vec::new(),
        extended: None,
        credentials: None,
    };
    let mut bytes = BytesMut::from(bytes);
    let mut codec = LdapCodec::new(Some(MOST), None);
    while let Some(message) = codec.decode(&mut bytes).expect("an answer that another implementation reads") {
        collect(&mut answer, message);
    }
    assert!(bytes.is_empty(), "octets are left over: {bytes:?}");
    answer
}

fn collect(answer: &mut Answer, message: LdapMsg) {
    let result = match message.op {
        LdapOp::SearchResultEntry(entry) => {
            let attributes = entry.attributes.into_iter().map(|a| (a.atype, a.vals)).collect();
            answer.entries.push(Shown { dn: entry.dn, attributes });
            return;
        }
        LdapOp::SearchResultReference(reference) => {
            answer.references.extend(reference.uris);
            return;
        }
        LdapOp::BindResponse(response) => {
            answer.credentials = response.saslcreds;
            response.res
        }
        LdapOp::ExtendedResponse(response) => {
            answer.extended = response.value;
            response.res
        }
        LdapOp::SearchResultDone(result)
        | LdapOp::AddResponse(result)
        | LdapOp::ModifyResponse(result)
        | LdapOp::ModifyDNResponse(result)
        | LdapOp::DelResponse(result)
        | LdapOp::CompareResult(result) => result,
        other => panic!("no answer: {other:?}"),
    };
    answer.code = result.code as i64;
    answer.matched_dn = result.matcheddn;
    answer.text = result.message;
    answer.controls = message.ctrl;
}

/// The request that renames or moves an object.
pub(crate) fn renaming(dn: &str, rdn: &str, superior: Option<&str>) -> LdapOp {
    LdapOp::ModifyDNRequest(LdapModifyDNRequest {
        dn: dn.to_owned(),
        newrdn: rdn.to_owned(),
        deleteoldrdn: true,
        new_superior: superior.map(str::to_owned),
    })
}

/// Renames or moves an object, which has to succeed.
pub(crate) fn rename(client: &mut Client, dn: &str, rdn: &str, superior: Option<&str>) {
    let answer = client.ask(renaming(dn, rdn, superior));
    assert_eq!(answer.code, 0, "{answer:?}");
}

/// Deletes an object, which has to succeed.
pub(crate) fn delete(client: &mut Client, dn: &str) {
    let answer = client.ask(LdapOp::DelRequest(dn.to_owned()));
    assert_eq!(answer.code, 0, "{answer:?}");
}
