//! Documents of another implementation, round trips, and octets that are no document.

use super::{Attribute, Element, Label, Limits, Node, Text, decode};
use forestbed_sim::ids::Guid;
use proptest::prelude::*;

/// A call as PyPI's `wcf` 0.5.5 writes it: text as UTF-16, numbers and booleans as such, base64 as octets.
const OF_WCF: &str = "56020b0173040b0161065608440a1e0082b7b668007400740070003a002f002f0073006300680065006d00610073002e\
006d006900630072006f0073006f00660074002e0063006f006d002f006f006e006c0069006e0065002f006100770073002f006300680061006e\
00670065002f0032003000310030002f00300031002f004900500072006f0076006900730069006f006e0069006e00670057006500620053006500\
720076006900630065002f004300610070006100620069006c0069007400690065007300441aad1e1c8a0f3c2b5e4d8f90a1b2c3d4e5f601560e40\
0c4361706162696c69746965730836687474703a2f2f736368656d61732e6d6963726f736f66742e636f6d2f6f6e6c696e652f6177732f6368616e\
67652f323031302f303140016e14f606860b0169f206014005636f756e748b2c0140036269678f00f2052a0100000040037965738740066f637465\
74739f040001020340046e616d65b710630061006600e90020006f006e006500429e07b11e1c8a0f3c2b5e4d8f90a1b2c3d4e5f6010101";

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

#[test]
fn a_document_of_another_implementation_is_read() {
    let envelope = decode(&octets(OF_WCF), &Limits::default()).unwrap();
    assert_eq!((&*envelope.prefix, &*envelope.name), ("s", "Envelope"));
    assert_eq!(&*envelope.namespaces[1].1, "http://www.w3.org/2005/08/addressing");
    let action = envelope.descend(&["Header", "Action"]).unwrap();
    assert_eq!(action.attribute("mustUnderstand"), Some(&Text::Int(1)));
    assert!(action.text().ends_with("/2010/01/IProvisioningWebService/Capabilities"), "{}", action.text());
    let id = envelope.descend(&["Header", "MessageID"]).unwrap();
    assert_eq!(id.text(), "urn:uuid:0f8a1c1e-2b3c-4d5e-8f90-a1b2c3d4e5f6");
    let call = envelope.descend(&["Body", "Capabilities"]).unwrap();
    let texts: Vec<(String, String)> =
        call.elements().map(|element| (element.name.to_string(), element.text())).collect();
    let expected = [
        ("n", ""),
        ("count", "300"),
        ("big", "5000000000"),
        ("yes", "true"),
        ("octets", "AAECAw=="),
        ("name", "caf\u{e9} one"),
        ("guid", "0f8a1c1e-2b3c-4d5e-8f90-a1b2c3d4e5f6"),
    ];
    assert_eq!(texts, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    assert_eq!(call.child("n").unwrap().attribute("nil"), Some(&Text::Bool(true)));
}

#[test]
fn records_are_read_as_the_specification_shows_them() {
    let check = |hex: &str, expected: Element| {
        assert_eq!(decode(&octets(hex), &Limits::default()), Ok(expected), "{hex}");
    };
    let doc = || Element::new("", "doc");
    // [MC-NBFX] 2.2.1 to 2.2.3
    check("40 03 646f63 01", doc());
    check("41 03 707265 03 646f63 09 03 707265 0a 687474703a2f2f616263 01", {
        Element::new("pre", "doc").with_namespace("pre", "http://abc")
    });
    check("42 02 01", Element::new("", "Envelope"));
    check("40 03 646f63 04 04 61747472 84 01", doc().with_attribute("", "attr", Text::Bool(false)));
    check("40 03 646f63 99 05 68656c6c6f", doc().with_text("hello"));
    check("40 03 646f63 a4 88 7b 98 05 68656c6c6f 86 a6 01", {
        doc().with_text(Text::List(vec![Text::Int(123), Text::from("hello"), Text::Bool(true)]))
    });
    check("40 03 646f63 02 05 68656c6c6f bd 11 02", doc().with_text(Text::Name("r:Envelope".into())));
    check("40 01 72 03 40 03 617272 01 8b 03 3333 8888 dddd 01", {
        let of = |value| Element::new("", "arr").with_text(Text::Int(value));
        Element::new("", "r").with(of(13107)).with(of(-30584)).with(of(-8739))
    });
}

#[test]
fn what_is_no_document_is_refused_with_the_place() {
    let check = |hex: &str, expected: &str| {
        let error = decode(&octets(hex), &Limits::default()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{hex}: {error}");
    };
    check("", "there is no element (octet 0)");
    check("40 03 646f63", "an element has no end (octet 5)");
    check("01", "an element ends that has not begun");
    check("86", "a text stands outside");
    check("40 01 61 01 40 01 62 01", "there is a second element");
    check("40 03 64", "the stream ends too early");
    check("40 ff ff ff ff 7f", "a number has more than 31 bits");
    check("40 80 80 80 80 80 01", "a number has more than five octets");
    check("40 01 ff 01", "a string is not UTF-8");
    check("40 00 01", "an element has no name");
    check("42 01 01", "the static dictionary has no such string");
    check("42 ce 07 01", "the static dictionary has no such string");
    check("40 01 61 04 01 62 01", "an attribute has no value");
    check("40 01 61 ff", "there is no such record");
    check("40 01 61 9c ff ff ff ff", "a length is negative");
    check("40 01 61 a2 ff ff ff 7f", "the stream ends too early");
    check("40 01 61 b6 03 61 00 62 01", "a text is not UTF-16");
    check("40 01 61 b6 02 00 d8 01", "a text is not UTF-16");
    check("40 01 61 b4 02 01", "a boolean is neither");
    check("40 01 61 a4 40", "a list holds something that is no text");
    check("40 01 61 a4 a4 a6 a6 01", "a list holds something that is no text");
    check("40 01 72 03 40 01 61 01 99 01 01 61 01", "an array holds values of another type");
    check("03 40 01 61 01 b5 01 01", "an array stands outside");
}

#[test]
fn a_small_document_cannot_become_a_large_one() {
    let deep = [0x40, 0x01, b'a'].repeat(100_000);
    assert_eq!(decode(&deep, &Limits::default()).unwrap_err().what, "elements are nested too deep");
    // 1,000,000 times an element whose name has 100,000 letters
    let mut bomb = vec![0x40, 0x01, b'r', 0x03, 0x40, 0xA0, 0x8D, 0x06];
    bomb.extend(std::iter::repeat_n(b'a', 100_000));
    bomb.extend([0x01, 0xB5, 0xC0, 0x84, 0x3D]);
    bomb.extend(std::iter::repeat_n(0, 1_000_000));
    assert_eq!(decode(&bomb, &Limits::default()).unwrap_err().what, "an array unfolds to too much");
    let many = [&[0x40, 0x01, b'r'][..], &[0x86; 100]].concat();
    let limits = Limits { nodes: 50, ..Limits::default() };
    assert_eq!(decode(&many, &limits).unwrap_err().what, "there are too many nodes");
}

fn name() -> impl Strategy<Value = Label> {
    prop_oneof!["[a-zA-Z][a-zA-Z0-9]{0,8}", Just("Envelope".to_owned()), Just("Key".to_owned())]
        .prop_map(Label::Owned)
}

fn prefix() -> impl Strategy<Value = Label> {
    prop_oneof![Just(String::new()), "[a-z]", "[a-z]{2,4}", Just("B".to_owned())].prop_map(Label::Owned)
}

fn text() -> impl Strategy<Value = Text> {
    let plain = prop_oneof![
        "\\PC{0,300}".prop_map(Text::Chars),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Text::Bytes),
        any::<bool>().prop_map(Text::Bool),
        any::<i64>().prop_map(Text::Int),
        (-200_i64..200).prop_map(Text::Int),
        (i64::MAX as u64 + 1..=u64::MAX).prop_map(Text::UInt),
        (-1.0e9..1.0e9).prop_map(Text::Float),
        any::<[u8; 16]>().prop_map(Text::Decimal),
        any::<u64>().prop_map(Text::DateTime),
        any::<i64>().prop_map(Text::TimeSpan),
        any::<[u8; 16]>().prop_map(|octets| Text::Guid(Guid::from_bytes(octets))),
        any::<[u8; 16]>().prop_map(|octets| Text::UniqueId(Guid::from_bytes(octets))),
    ];
    let list = proptest::collection::vec(plain.clone(), 0..4).prop_map(Text::List);
    prop_oneof![8 => plain, 1 => list]
}

fn element() -> impl Strategy<Value = Element> {
    let attribute =
        (prefix(), name(), text()).prop_map(|(prefix, name, value)| Attribute { prefix, name, value });
    let namespace = (prefix(), prop_oneof![name(), Just("http://www.w3.org/2005/08/addressing".into())]);
    let head = (
        prefix(),
        name(),
        proptest::collection::vec(namespace, 0..3),
        proptest::collection::vec(attribute, 0..3),
    )
        .boxed();
    let build = |(prefix, name, namespaces, attributes), children| Element {
        prefix,
        name,
        namespaces,
        attributes,
        children,
    };
    let leaf = (head.clone(), proptest::collection::vec(text().prop_map(Node::Text), 0..3))
        .prop_map(move |(head, children)| build(head, children));
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let node = prop_oneof![inner.prop_map(Node::Element), text().prop_map(Node::Text)];
        (head.clone(), proptest::collection::vec(node, 0..5))
            .prop_map(move |(head, children)| build(head, children))
    })
}

/// An empty text has a record that says nothing: it is not there when it comes back.
fn without_empty_texts(mut element: Element) -> Element {
    element.children.retain(|node| !matches!(node, Node::Text(Text::Chars(text)) if text.is_empty()));
    for node in &mut element.children {
        if let Node::Element(child) = node {
            *child = without_empty_texts(std::mem::take(child));
        }
    }
    element
}

proptest! {
    #[test]
    fn what_is_written_reads_back_as_it_was(element in element()) {
        let read = decode(&element.encode(), &Limits::default());
        prop_assert_eq!(read, Ok(without_empty_texts(element)));
    }

    #[test]
    fn no_octets_break_the_reader(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&octets, &Limits::default());
    }

    #[test]
    fn no_change_of_an_octet_breaks_the_reader(at in 0_usize..397, octet in any::<u8>(), cut in 0_usize..397) {
        let mut document = octets(OF_WCF);
        document[at] = octet;
        let _ = decode(&document, &Limits::default());
        let _ = decode(&document[..cut], &Limits::default());
    }
}
