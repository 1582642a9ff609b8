//! Decoding against a second implementation's encoder, and against what peers may send.

use super::*;
use crate::ber::{Malformed, Writer, tag};
use bytes::BytesMut;
use forestbed_sim::directory::ModifyOp;
use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::*;
use proptest::prelude::*;
use tokio_util::codec::Encoder;

const DEPTH: usize = 512;

fn encoded(id: i32, op: LdapOp, ctrl: Vec<LdapControl>) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    LdapCodec::default().encode(LdapMsg { msgid: id, op, ctrl }, &mut bytes).unwrap();
    bytes.to_vec()
}

fn check(op: LdapOp, expected: impl FnOnce(Operation<'_>) -> bool) {
    let bytes = encoded(7, op.clone(), Vec::new());
    let request = decode(&bytes, DEPTH).unwrap();
    assert_eq!(request.id, 7);
    assert!(expected(request.operation), "{op:?}");
}

#[test]
fn every_operation_is_read_as_another_implementation_writes_it() {
    let dn = || "CN=Zoë,DC=contoso,DC=local".to_owned();
    let values = || LdapPartialAttribute { atype: "mail".to_owned(), vals: vec![b"a".to_vec(), vec![0xff]] };
    let simple = LdapBindCred::Simple("secret".to_owned());
    check(LdapOp::BindRequest(LdapBindRequest { version: 3, dn: dn(), cred: simple }), |operation| {
        matches!(operation, Operation::Bind { version: 3, name, authentication: Authentication::Simple(b"secret") }
            if name == dn())
    });
    let sasl = SaslCredentials { mechanism: "GSS-SPNEGO".to_owned(), credentials: vec![1] };
    check(
        LdapOp::BindRequest(LdapBindRequest {
            version: 3,
            dn: String::new(),
            cred: LdapBindCred::SASL(sasl),
        }),
        |o| {
            matches!(
                o,
                Operation::Bind {
                    authentication: Authentication::Sasl { mechanism: "GSS-SPNEGO", credentials: Some([1]) },
                    ..
                }
            )
        },
    );
    check(LdapOp::UnbindRequest, |operation| matches!(operation, Operation::Unbind));
    check(LdapOp::AbandonRequest(300), |operation| matches!(operation, Operation::Abandon { id: 300 }));
    check(
        LdapOp::DelRequest(dn()),
        |operation| matches!(operation, Operation::Delete { dn: name } if name == dn()),
    );
    check(LdapOp::AddRequest(LdapAddRequest { dn: dn(), attributes: vec![values()] }), |operation| {
        matches!(operation, Operation::Add { attributes, .. }
            if attributes == [("mail".to_owned(), vec![b"a".to_vec(), vec![0xff]])])
    });
    let change = LdapModify { operation: LdapModifyType::Replace, modification: values() };
    check(LdapOp::ModifyRequest(LdapModifyRequest { dn: dn(), changes: vec![change] }), |operation| {
        matches!(operation, Operation::Modify { changes, .. }
            if changes.len() == 1 && changes[0].op == ModifyOp::Replace && changes[0].values[1] == [0xff])
    });
    let rename = LdapModifyDNRequest {
        dn: dn(),
        newrdn: "CN=B".to_owned(),
        deleteoldrdn: true,
        new_superior: Some("OU=X".to_owned()),
    };
    check(LdapOp::ModifyDNRequest(rename), |operation| {
        matches!(
            operation,
            Operation::ModifyDn { new_rdn: "CN=B", delete_old_rdn: true, new_superior: Some("OU=X"), .. }
        )
    });
    let compare = LdapCompareRequest { dn: dn(), atype: "cn".to_owned(), val: vec![0, 1] };
    check(LdapOp::CompareRequest(compare), |operation| {
        matches!(operation, Operation::Compare { attribute: "cn", value: &[0, 1], .. })
    });
    let extended = LdapExtendedRequest { name: "1.2.3".to_owned(), value: None };
    check(LdapOp::ExtendedRequest(extended), |operation| {
        matches!(operation, Operation::Extended { oid: "1.2.3", .. })
    });
}

fn search(filter: LdapFilter) -> LdapOp {
    LdapOp::SearchRequest(LdapSearchRequest {
        base: "DC=contoso,DC=local".to_owned(),
        scope: LdapSearchScope::Subtree,
        aliases: LdapDerefAliases::Never,
        sizelimit: 5,
        timelimit: 6,
        typesonly: true,
        filter,
        attrs: vec!["cn".to_owned(), "member;range=0-*".to_owned()],
    })
}

#[test]
fn a_search_keeps_all_its_parts_and_its_controls() {
    let paged = LdapControl::SimplePagedResults { size: 1000, cookie: vec![1, 2] };
    let unknown =
        LdapControl::Unknown { oid: "1.2.3.4.5".to_owned(), criticality: true, value: Some(vec![9]) };
    let bytes = encoded(9, search(LdapFilter::Present("objectClass".to_owned())), vec![paged, unknown]);
    let request = decode(&bytes, DEPTH).unwrap();
    let Operation::Search(search) = &request.operation else { panic!("{:?}", request.operation) };
    assert_eq!((search.base, search.scope), ("DC=contoso,DC=local", Scope::Subtree));
    assert_eq!((search.size_limit, search.time_limit, search.types_only), (5, 6, true));
    assert_eq!(search.attributes, ["cn", "member;range=0-*"]);
    assert_eq!(request.controls[1], Control { oid: "1.2.3.4.5", critical: true, value: Some(&[9]) });
    assert_eq!(Controls::read(&request.controls[..1]).unwrap().paged, Some((1000, &[1u8, 2][..])));
}

fn filters() -> impl Strategy<Value = LdapFilter> {
    let text = || "[a-zA-Zäß*()]{0,6}";
    let item = prop_oneof![
        (text(), text()).prop_map(|(a, v)| LdapFilter::Equality(a, v)),
        (text(), text()).prop_map(|(a, v)| LdapFilter::GreaterOrEqual(a, v)),
        (text(), text()).prop_map(|(a, v)| LdapFilter::LessOrEqual(a, v)),
        (text(), text()).prop_map(|(a, v)| LdapFilter::Approx(a, v)),
        text().prop_map(LdapFilter::Present),
        (text(), prop::option::of(text()), prop::collection::vec(text(), 1..3), prop::option::of(text()))
            .prop_map(|(a, initial, any, final_)| LdapFilter::Substring(
                a,
                LdapSubstringFilter { initial, any, final_ }
            )),
    ];
    item.prop_recursive(6, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(LdapFilter::And),
            prop::collection::vec(inner.clone(), 0..4).prop_map(LdapFilter::Or),
            inner.prop_map(|part| LdapFilter::Not(Box::new(part))),
        ]
    })
}

fn same(theirs: &LdapFilter, ours: &Filter) -> bool {
    let is = |a: &str, v: &str, attribute: &str, value: &[u8]| a == attribute && v.as_bytes() == value;
    let bytes = |text: &Option<String>| text.as_ref().map(|text| text.clone().into_bytes());
    match (theirs, ours) {
        (LdapFilter::And(a), Filter::And(b)) | (LdapFilter::Or(a), Filter::Or(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (LdapFilter::Not(a), Filter::Not(b)) => same(a, b),
        (LdapFilter::Equality(a, v), Filter::Equality { attribute, value })
        | (LdapFilter::GreaterOrEqual(a, v), Filter::GreaterOrEqual { attribute, value })
        | (LdapFilter::LessOrEqual(a, v), Filter::LessOrEqual { attribute, value })
        | (LdapFilter::Approx(a, v), Filter::Approx { attribute, value }) => is(a, v, attribute, value),
        (LdapFilter::Present(a), Filter::Present(b)) => a == b,
        (LdapFilter::Substring(a, parts), Filter::Substrings { attribute, initial, any, last }) => {
            a == attribute
                && bytes(&parts.initial) == *initial
                && parts.any.iter().map(|part| part.as_bytes()).eq(any.iter().map(Vec::as_slice))
                && bytes(&parts.final_) == *last
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn filters_are_read_as_another_implementation_writes_them(filter in filters()) {
        let bytes = encoded(1, search(filter.clone()), Vec::new());
        let request = decode(&bytes, DEPTH).unwrap();
        let Operation::Search(search) = request.operation else { panic!("no search") };
        prop_assert!(same(&filter, &search.filter), "{:?}", search.filter);
    }

    #[test]
    fn no_message_makes_the_decoder_panic(bytes: Vec<u8>) {
        let _ = decode(&bytes, DEPTH);
        let _ = peek(&bytes);
    }

    #[test]
    fn no_damage_to_a_message_makes_the_decoder_panic(filter in filters(), at: prop::sample::Index, octet: u8) {
        let mut bytes = encoded(1, search(filter), vec![LdapControl::SimplePagedResults { size: 1, cookie: vec![] }]);
        let at = at.index(bytes.len());
        bytes[at] = octet;
        if let Ok(request) = decode(&bytes, DEPTH) {
            let _ = Controls::read(&request.controls);
        }
    }
}

/// A search whose filter is `(!(!(...(objectClass=*)...)))`, so many times.
fn nested(times: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    let message = writer.begin(tag::SEQUENCE);
    writer.integer(4);
    let body = writer.begin(op::SEARCH);
    writer.octets(b"");
    writer.enumerated(0);
    writer.enumerated(0);
    writer.integer(0);
    writer.integer(0);
    writer.primitive(tag::BOOLEAN, &[0]);
    let nots: Vec<_> = (0..times).map(|_| writer.begin(tag::context_constructed(2))).collect();
    writer.primitive(tag::context(7), b"objectClass");
    nots.into_iter().rev().for_each(|not| writer.end(not));
    let attributes = writer.begin(tag::SEQUENCE);
    writer.end(attributes);
    writer.end(body);
    writer.end(message);
    out
}

#[test]
fn a_filter_may_nest_to_the_limit_and_no_deeper() {
    assert!(decode(&nested(DEPTH), DEPTH).is_ok());
    for times in [DEPTH + 1, 10_000] {
        let refused = decode(&nested(times), DEPTH).map(drop).unwrap_err();
        assert_eq!(refused, Undecodable { addressed: Some((4, op::SEARCH)), why: Malformed::TooDeep });
    }
}

#[test]
fn a_malformed_request_keeps_its_message_id_when_it_can_be_read() {
    let id = Some((5, op::DELETE));
    for (bytes, addressed) in [
        // a delete request whose name is no UTF-8
        (&[0x30, 6, 2, 1, 5, 0x4a, 1, 0xff][..], id),
        // an operation that claims more than the message has
        (&[0x30, 5, 2, 1, 5, 0x4a, 9], id),
        // message id negative, too large
        (&[0x30, 5, 2, 1, 0x80, 0x42, 0], None),
        (&[0x30, 9, 2, 5, 1, 0, 0, 0, 0, 0x42, 0], None),
        (&[0x30, 0], None),
    ] {
        let refused = decode(bytes, DEPTH).map(drop).unwrap_err();
        assert_eq!(refused.addressed, addressed, "{bytes:02x?}");
    }
}
