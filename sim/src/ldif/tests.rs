use super::*;
use proptest::prelude::*;

fn first_error(text: &[u8]) -> Option<(usize, usize, LdifErrorKind)> {
    let error = Reader::new(text).find_map(Result::err)?;
    Some((error.line, error.column, error.kind))
}

#[test]
fn what_is_wrong_is_named_with_line_and_column() {
    use LdifErrorKind as Kind;
    let unexpected = |found: &str, expected| Kind::Unexpected { found: found.to_owned(), expected };
    for (text, line, column, kind) in [
        (&b"\xff\xfev\0"[..], 1, 1, Kind::Utf16),
        (b"version: 2\n\ndn: dc=x\ndc: x\n", 1, 9, Kind::Version("2".to_owned())),
        (b"dn: dc=x\ndc: x\n\n dc: x\n", 4, 1, Kind::NothingToContinue),
        (b"dn: dc=x\ndc x\n", 2, 5, Kind::NoColon),
        (b"dn: dc=x\nd c: x\n", 2, 1, Kind::AttributeName("d c".to_owned())),
        (b"dn: dc=x\ndc:: not!base64\n", 2, 5, Kind::Base64),
        (b"dn: dc=x\ndc:< file:\ra\n", 2, 5, Kind::BadUrl),
        (b"dn: dc=x\ndc:< file:\xff\n", 2, 5, Kind::BadUrl),
        (b"cn: x\n", 1, 1, Kind::NoName("cn".to_owned())),
        (b"dn:: /w==\ncn: x\n", 1, 4, Kind::NameNotUtf8),
        (b"dn:< file:///x\ncn: x\n", 1, 4, Kind::NameByUrl),
        (b"dn: dc=x\nchangetype: rename\n", 2, 12, Kind::ChangeType("rename".to_owned())),
        (b"dn: dc=x\ncontrol: tree\nchangetype: delete\n", 2, 9, Kind::Control),
        (b"dn: dc=x\nchangetype: modrdn\nnewrdn: dc=y\ndeleteoldrdn: yes\n", 4, 14, Kind::DeleteOldRdn),
        (b"dn: dc=x\n", 1, 1, Kind::Missing("an attribute or a changetype")),
        (
            b"dn: dc=x\ndc: x\ndn: dc=y\n",
            3,
            1,
            unexpected("dn", "an attribute, or an empty line before the next record"),
        ),
        (b"dn: dc=x\nchangetype: delete\ndc: x\n", 3, 1, unexpected("dc", "an empty line after a deletion")),
        (
            b"dn: dc=x\nchangetype: modify\nadd: cn\ncn: a\nsn: b\n",
            5,
            1,
            Kind::OtherAttribute { head: "cn".to_owned(), found: "sn".to_owned() },
        ),
        // on a folded line the place is the one in the file
        (b"dn: dc=x\ndescription: abc\n def\nattri\n bute\n", 5, 6, Kind::NoColon),
    ] {
        assert_eq!(first_error(text), Some((line, column, kind)), "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn what_the_field_writes_is_read() {
    let entry = |text: &[u8]| match Reader::new(text).next().unwrap().unwrap().body {
        Body::Entry(attributes) | Body::Add(attributes) => attributes,
        body => panic!("{body:?}"),
    };
    let value = |text: &[u8]| entry(text)[0].value.clone();
    let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
    for (text, expected) in [
        // CR LF, a byte order mark, no version
        (&b"\xef\xbb\xbfdn: dc=x\r\ncn: a\r\n b\r\n\r\n"[..], bytes(b"ab")),
        (b"dn: dc=x\ncn: m\xc3\xbcller", bytes("m\u{fc}ller".as_bytes())),
        (b"dn: dc=x\ncn: m\xfcller\n", bytes(b"m\xfcller")),
        (b"dn: dc=x\ncn:\n", bytes(b"")),
        (b"dn: dc=x\ncn:   a \n", bytes(b"a ")),
        (b"dn: dc=x\ncn:: YQ\n", bytes(b"a")),
        (b"dn: dc=x\nmember;range=0-1499: cn=a\n", bytes(b"cn=a")),
        (b"dn: dc=x\n2.5.4.3: a\n", bytes(b"a")),
        // ldifde writes a changetype for every entry
        (b"dn: dc=x\nchangetype: add\ncn: a\n", bytes(b"a")),
        (b"# refldap://contoso.local\n# folded\n  comment\n\n\ndn: dc=x\n# within\ncn: a\n", bytes(b"a")),
    ] {
        assert_eq!(value(text), expected, "{}", String::from_utf8_lossy(text));
    }
    assert!(Reader::new(b"").next().is_none());
    assert!(Reader::new(b"version: 1\n\n\n").next().is_none());
}

#[test]
fn a_wrong_record_does_not_hide_the_next_one() {
    for (text, line) in [
        (&b"dn: dc=a\nwrong\ncn: x\n\ndn: dc=b\ncn: y\n"[..], 2),
        (b"dn: dc=a\n\ndn: dc=b\ncn: y\n", 1),
        (b"\n cn: x\n\ndn: dc=b\ncn: y\n", 2),
    ] {
        let read: Vec<_> = Reader::new(text).map(|r| r.map(|r| r.dn).map_err(|e| e.line)).collect();
        assert_eq!(read, [Err(line), Ok("dc=b".to_owned())]);
    }
}

#[test]
fn limits_are_kept() {
    let limits = LdifLimits { max_line_bytes: 20, max_record_lines: 2 };
    let errors = |text: &[u8]| {
        Reader::with_limits(text, limits).filter_map(Result::err).map(|e| e.kind).collect::<Vec<_>>()
    };
    let long = LdifErrorKind::TooLarge { limit: "max_line_bytes", value: 20 };
    assert_eq!(errors(b"dn: dc=x\ncn: aaaaaaaaaa\n aaaaaaaaaa\n"), [long]);
    let many = LdifErrorKind::TooLarge { limit: "max_record_lines", value: 2 };
    assert_eq!(errors(b"dn: dc=x\ncn: a\ncn: b\ncn: c\n"), [many]);
    assert_eq!(errors(b"# a comment of more than twenty bytes\ndn: dc=x\ncn: a\ncn: b\n"), []);
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..120).prop_map(Value::Bytes),
        4 => "\\PC{0,40}".prop_map(|text| Value::Bytes(text.into_bytes())),
        1 => "file:///[a-z/]{1,90}".prop_map(Value::Url),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let reserved = |name: &String| {
        !["dn", "control", "changetype", "version"].contains(&name.split(';').next().unwrap())
    };
    "[a-z][a-z0-9-]{0,20}(;[a-z0-9=-]{1,10}){0,2}".prop_filter("a keyword", reserved)
}

fn body() -> impl Strategy<Value = Body> {
    let attribute = || (name(), value()).prop_map(|(name, value)| Attribute { line: 0, name, value });
    let attributes = || prop::collection::vec(attribute(), 1..6);
    let op =
        prop_oneof![Just(SpecOp::Add), Just(SpecOp::Delete), Just(SpecOp::Replace), Just(SpecOp::Increment)];
    let part = (op, name(), prop::collection::vec(value(), 0..4))
        .prop_map(|(op, attribute, values)| ModifySpec { op, attribute, values });
    let dn = || "\\PC{0,60}";
    prop_oneof![
        attributes().prop_map(Body::Entry),
        attributes().prop_map(Body::Add),
        Just(Body::Delete),
        prop::collection::vec(part, 0..4).prop_map(Body::Modify),
        (dn(), any::<bool>(), prop::option::of(dn())).prop_map(|(new_rdn, delete_old_rdn, new_superior)| {
            Body::ModifyDn { new_rdn, delete_old_rdn, new_superior }
        }),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let control = ("[0-9](\\.[0-9]{1,4}){0,4}", any::<bool>(), prop::option::of(value()))
        .prop_map(|(oid, critical, value)| Control { oid, critical, value });
    ("\\PC{0,60}", prop::collection::vec(control, 0..3), body()).prop_map(|(dn, controls, body)| {
        // an entry has no controls
        let controls = if body.change_type().is_some() { controls } else { Vec::new() };
        Record { line: 0, dn, controls, body }
    })
}

fn without_lines(mut record: Record) -> Record {
    record.line = 0;
    if let Body::Entry(attributes) | Body::Add(attributes) = &mut record.body {
        attributes.iter_mut().for_each(|attribute| attribute.line = 0);
    }
    record
}

proptest! {
    #[test]
    fn what_is_written_reads_as_itself(records in prop::collection::vec(record(), 0..5)) {
        let mut text = String::from("version: 1\n\n");
        records.iter().for_each(|record| write_record(&mut text, record));
        for text in [text.clone(), text.replace('\n', "\r\n")] {
            let read: Result<Vec<_>, _> = Reader::new(text.as_bytes()).collect();
            let read: Vec<_> = read.map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?
                .into_iter().map(without_lines).collect();
            prop_assert_eq!(&read, &records, "{}", text);
        }
    }

    #[test]
    fn arbitrary_bytes_end_in_records_or_errors(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        // each item ends a record: there are no more than lines
        prop_assert!(Reader::new(&bytes).count() <= bytes.len() + 1);
    }

    #[test]
    fn arbitrary_lines_end_in_records_or_errors(
        lines in prop::collection::vec(
            prop::sample::select(vec![
                "dn: dc=x", "dn:: eA==", "", " ", " x", "-", "changetype: modify", "changetype: modrdn",
                "add: cn", "cn: a", "cn:: !", "cn:< file:///x", "# c", "newrdn: cn=a", "deleteoldrdn: 1",
                "control: 1.2 true: x", "version: 1", ":", "cn",
            ]),
            0..30,
        ),
        limit in 1usize..12,
    ) {
        let text = lines.join("\n");
        let limits = LdifLimits { max_line_bytes: limit * 3, max_record_lines: limit };
        let errors = Reader::with_limits(text.as_bytes(), limits).filter_map(Result::err);
        for error in errors {
            prop_assert!((1..=lines.len() + 1).contains(&error.line), "{}\n{}", error, text);
        }
    }
}
