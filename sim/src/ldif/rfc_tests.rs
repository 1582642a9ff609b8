//! The examples of RFC 2849, section "Examples of LDAP Data Interchange Format": what each one says.

use super::{Body, Reader, Record, SpecOp, Value};

fn read(text: &str) -> Vec<Record> {
    let records: Result<Vec<_>, _> = Reader::new(text.as_bytes()).collect();
    records.unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn entry(record: &Record) -> Vec<(&str, String)> {
    let (Body::Entry(attributes) | Body::Add(attributes)) = &record.body else {
        panic!("not an entry: {record:?}")
    };
    let text = |value: &Value| match value {
        Value::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        Value::Url(url) => format!("<{url}"),
    };
    attributes.iter().map(|a| (a.name.as_str(), text(&a.value))).collect()
}

fn values<'a>(entry: &'a [(&str, String)], name: &str) -> Vec<&'a str> {
    entry.iter().filter(|(n, _)| *n == name).map(|(_, v)| v.as_str()).collect()
}

#[test]
fn example_1_two_entries() {
    let records = read(
        "version: 1\n\
         dn: cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com\n\
         objectclass: top\nobjectclass: person\nobjectclass: organizationalPerson\n\
         cn: Barbara Jensen\ncn: Barbara J Jensen\ncn: Babs Jensen\nsn: Jensen\nuid: bjensen\n\
         telephonenumber: +1 408 555 1212\ndescription: A big sailing fan.\n\n\
         dn: cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com\n\
         objectclass: top\ncn: Bjorn Jensen\nsn: Jensen\ntelephonenumber: +1 408 555 1212\n",
    );
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].dn, "cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com");
    let first = entry(&records[0]);
    assert_eq!(values(&first, "cn"), ["Barbara Jensen", "Barbara J Jensen", "Babs Jensen"]);
    assert_eq!(values(&first, "telephonenumber"), ["+1 408 555 1212"]);
    assert_eq!((records[0].line, records[1].line), (2, 14));
}

#[test]
fn example_2_a_folded_value() {
    let records = read(
        "version: 1\ndn:cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com\nobjectclass:top\n\
         description:Babs is a big sailing fan, and travels extensively in sea\n \
         rch of perfect sailing conditions.\ntitle:Product Manager, Rod and Reel Division\n",
    );
    assert_eq!(
        values(&entry(&records[0]), "description"),
        ["Babs is a big sailing fan, and travels extensively in search of perfect sailing conditions."]
    );
    assert_eq!(values(&entry(&records[0]), "title"), ["Product Manager, Rod and Reel Division"]);
}

#[test]
fn example_3_a_value_in_base64() {
    let records = read(
        "version: 1\ndn: cn=Gern Jensen, ou=Product Testing, dc=airius, dc=com\nobjectclass: top\n\
         description:: V2hhdCBhIGNhcmVmdWwgcmVhZGVyIHlvdSBhcmUhICBUaGlzIHZhbHVl\n \
         IGlzIGJhc2UtNjQtZW5jb2RlZCBiZWNhdXNlIGl0IGhhcyBhIGNvbnRyb2wgY2hhcmFjdG\n \
         VyIGluIGl0IChhIENSKS4NICBCeSB0aGUgd2F5LCB5b3Ugc2hvdWxkIHJlYWxseSBnZXQg\n \
         b3V0IG1vcmUu\n",
    );
    assert_eq!(
        values(&entry(&records[0]), "description"),
        ["What a careful reader you are!  This value is base-64-encoded because it has a control character \
          in it (a CR).\r  By the way, you should really get out more."]
    );
}

#[test]
fn example_4_names_and_values_in_utf_8_with_language_options() {
    let records = read(
        "version: 1\ndn:: b3U95Za25qWt6YOoLG89QWlyaXVz\n# dn:: ou=<JapaneseOU>,o=Airius\n\
         objectclass: organizationalUnit\nou:: 5Za25qWt6YOo\n# ou:: <JapaneseOU>\n\
         ou;lang-ja:: 5Za25qWt6YOo\nou;lang-ja;phonetic:: 44GI44GE44GO44KH44GG44G2\n\
         ou;lang-en: Sales\ndescription: Japanese office\n",
    );
    assert_eq!(records[0].dn, "ou=\u{55b6}\u{696d}\u{90e8},o=Airius");
    let all = entry(&records[0]);
    assert_eq!(values(&all, "ou;lang-ja"), ["\u{55b6}\u{696d}\u{90e8}"]);
    assert_eq!(values(&all, "ou;lang-ja;phonetic").len(), 1);
    let Body::Entry(attributes) = &records[0].body else { panic!() };
    assert_eq!(attributes[3].base_name(), "ou");
    assert_eq!(attributes[3].options().collect::<Vec<_>>(), ["lang-ja", "phonetic"]);
}

#[test]
fn example_5_a_value_in_a_file_is_named_and_not_opened() {
    let records = read(
        "version: 1\ndn: cn=Horatio Jensen, ou=Product Testing, dc=airius, dc=com\nobjectclass: top\n\
         jpegphoto:< file:///usr/local/directory/photos/hjensen.jpg\n",
    );
    let all = entry(&records[0]);
    assert_eq!(values(&all, "jpegphoto"), ["<file:///usr/local/directory/photos/hjensen.jpg"]);
}

#[test]
fn example_6_changes() {
    let records = read(
        "version: 1\n# Add a new entry\ndn: cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com\n\
         changetype: add\nobjectclass: top\njpegphoto:< file:///usr/local/directory/photos/fiona.jpg\n\n\
         # Delete an existing entry\ndn: cn=Robert Jensen, ou=Marketing, dc=airius, dc=com\n\
         changetype: delete\n\n\
         # Modify an entry's relative distinguished name\n\
         dn: cn=Paul Jensen, ou=Product Development, dc=airius, dc=com\n\
         changetype: modrdn\nnewrdn: cn=Paula Jensen\ndeleteoldrdn: 1\n\n\
         # Rename an entry and move all of its children\n\
         dn: ou=PD Accountants, ou=Product Development, dc=airius, dc=com\nchangetype: modrdn\n\
         newrdn: ou=Product Development Accountants\ndeleteoldrdn: 0\n\
         newsuperior: ou=Accounting, dc=airius, dc=com\n\n\
         dn: cn=Paula Jensen, ou=Product Development, dc=airius, dc=com\nchangetype: modify\n\
         add: postaladdress\npostaladdress: 123 Anystreet $ Sunnyvale, CA $ 94086\n-\n\
         delete: description\n-\n\
         replace: telephonenumber\ntelephonenumber: +1 408 555 1234\ntelephonenumber: +1 408 555 5678\n-\n\
         delete: facsimiletelephonenumber\nfacsimiletelephonenumber: +1 408 555 9876\n-\n\n\
         dn: cn=Ingrid Jensen, ou=Product Support, dc=airius, dc=com\nchangetype: modify\n\
         replace: postaladdress\n-\ndelete: description\n-\n",
    );
    let kinds: Vec<_> = records.iter().map(|r| r.body.change_type()).collect();
    let expected = ["add", "delete", "modrdn", "modrdn", "modify", "modify"];
    assert_eq!(kinds, expected.map(Some));
    assert_eq!(
        records[2].body,
        Body::ModifyDn { new_rdn: "cn=Paula Jensen".into(), delete_old_rdn: true, new_superior: None }
    );
    assert_eq!(
        records[3].body,
        Body::ModifyDn {
            new_rdn: "ou=Product Development Accountants".into(),
            delete_old_rdn: false,
            new_superior: Some("ou=Accounting, dc=airius, dc=com".into()),
        }
    );
    let Body::Modify(parts) = &records[4].body else { panic!() };
    let shape: Vec<_> = parts.iter().map(|p| (p.op, p.attribute.as_str(), p.values.len())).collect();
    assert_eq!(
        shape,
        [
            (SpecOp::Add, "postaladdress", 1),
            (SpecOp::Delete, "description", 0),
            (SpecOp::Replace, "telephonenumber", 2),
            (SpecOp::Delete, "facsimiletelephonenumber", 1),
        ]
    );
    let Body::Modify(parts) = &records[5].body else { panic!() };
    assert_eq!(parts.len(), 2);
}

#[test]
fn example_7_a_change_with_a_control() {
    let records = read(
        "version: 1\n# Delete an entry. The operation will attach the LDAPv3 Tree Delete Control. The criticality\n \
         field is true\ndn: ou=Product Development, dc=airius, dc=com\n\
         control: 1.2.840.113556.1.4.805 true\nchangetype: delete\n",
    );
    assert_eq!(records[0].body, Body::Delete);
    let control = &records[0].controls[0];
    assert_eq!((control.oid.as_str(), control.critical), ("1.2.840.113556.1.4.805", true));
    assert_eq!(control.value, None);
}
