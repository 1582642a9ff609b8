//! The three written forms of a dump: YAML for people and snapshots, JSON lines for programs, LDIF for
//! directory tools.

use super::{Dump, DumpObject, DumpValue, is_unsafe};
use crate::ldif::write_attribute;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::fmt::Write as _;

impl Dump {
    /// YAML with quoted scalars: `format: 1`, the part, then the objects.
    pub fn to_yaml(&self) -> String {
        self.to_yaml_within(usize::MAX).unwrap_or_default()
    }

    /// The same, unless it is longer than so many bytes: then no more than that is written before it gives up.
    pub fn to_yaml_within(&self, limit: usize) -> Option<String> {
        let mut out = format!("format: 1\npart: {}\nobjects:\n", self.title());
        if self.objects().is_empty() {
            out.truncate(out.len() - 1);
            out.push_str(" []\n");
        }
        for object in self.objects() {
            let _ = writeln!(out, "  - name: {}", quoted(&object.name));
            let _ = writeln!(out, "    class: {}", plain_or_quoted(&object.class));
            out.push_str("    attributes:\n");
            for (name, values) in &object.attributes {
                let _ = write!(out, "      {}:", plain_or_quoted(name));
                match values.as_slice() {
                    [single] => {
                        let _ = writeln!(out, " {}", yaml_value(single));
                    }
                    many => {
                        out.push('\n');
                        many.iter().for_each(|v| {
                            let _ = writeln!(out, "        - {}", yaml_value(v));
                        });
                    }
                }
            }
            if out.len() > limit {
                return None;
            }
        }
        (out.len() <= limit).then_some(out)
    }

    /// One JSON object a line: `{"name":...,"class":...,"attributes":{"mail":["..."]}}`; a value that is no
    /// text is `{"base64":"..."}`. The first line says `{"format":1,"part":...}`.
    pub fn to_jsonl(&self) -> String {
        let mut out = format!("{{\"format\":1,\"part\":{}}}\n", quoted(self.title()));
        for object in self.objects() {
            let _ = write!(
                out,
                "{{\"name\":{},\"class\":{},\"attributes\":{{",
                quoted(&object.name),
                quoted(&object.class)
            );
            for (i, (name, values)) in object.attributes.iter().enumerate() {
                let values: Vec<String> = values.iter().map(json_value).collect();
                let comma = if i == 0 { "" } else { "," };
                let _ = write!(out, "{comma}{}:[{}]", quoted(name), values.join(","));
            }
            out.push_str("}}\n");
        }
        out
    }

    /// LDIF content records (RFC 2849, `version: 1`). None where the objects have no distinguished names:
    /// a tenant is no directory.
    pub fn to_ldif(&self) -> Option<String> {
        let mut out = String::from("version: 1\n");
        for object in self.objects() {
            out.push('\n');
            write_attribute(&mut out, "dn", object.dn.as_ref()?.as_bytes());
            ldif_object(&mut out, object);
        }
        Some(out)
    }
}

fn ldif_object(out: &mut String, object: &DumpObject) {
    // objectClass first, as directory tools write it and as loaders like it
    let classes = object.attributes.iter().filter(|(name, _)| name.as_str() == "objectClass");
    let others = object.attributes.iter().filter(|(name, _)| name.as_str() != "objectClass");
    for (name, values) in classes.chain(others) {
        values.iter().for_each(|value| write_attribute(out, name, value.as_bytes()));
    }
}

fn yaml_value(value: &DumpValue) -> String {
    match value {
        DumpValue::Text(text) => quoted(text),
        DumpValue::Bytes(bytes) => format!("!!binary \"{}\"", BASE64.encode(bytes)),
    }
}

fn json_value(value: &DumpValue) -> String {
    match value {
        DumpValue::Text(text) => quoted(text),
        DumpValue::Bytes(bytes) => format!("{{\"base64\":\"{}\"}}", BASE64.encode(bytes)),
    }
}

fn plain_or_quoted(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && name.starts_with(|c: char| c.is_ascii_alphabetic());
    if plain { name.to_owned() } else { quoted(name) }
}

/// A double-quoted string that JSON and YAML read alike, with every character that could trick a reader
/// escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_unsafe(c) => {
                let mut units = [0u16; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn dump(attributes: &[(&str, &[&[u8]])]) -> Dump {
        let values = |v: &[&[u8]]| v.iter().map(|b| DumpValue::from_bytes(b.to_vec())).collect();
        let attributes: BTreeMap<_, _> =
            attributes.iter().map(|(n, v)| ((*n).to_owned(), values(v))).collect();
        let dn = "CN=Ada,DC=contoso,DC=local".to_owned();
        let object = DumpObject {
            key: dn.to_lowercase(),
            name: dn.clone(),
            dn: Some(dn),
            class: "user".to_owned(),
            attributes,
        };
        Dump::new("directory", vec![object])
    }

    #[test]
    fn ldif_encodes_what_rfc_2849_says_is_not_safe() {
        // value, whether RFC 2849 asks for base64
        for (value, encoded) in [
            (&b"plain"[..], false),
            (b" leading space", true),
            (b":colon first", true),
            (b"<less first", true),
            (b"a:b<c", false),
            (b"trailing space ", true),
            (b"line\nfeed", true),
            (b"nul\0", true),
            ("m\u{fc}ller".as_bytes(), true),
            (&[0xff, 0xfe], true),
            (b"esc\x1b[31m", true),
        ] {
            let text = dump(&[("description", &[value])]).to_ldif().unwrap();
            assert!(text.starts_with("version: 1\n\ndn: CN=Ada,DC=contoso,DC=local\n"), "{text}");
            let line = text.lines().last().unwrap();
            assert_eq!(line.starts_with("description:: "), encoded, "{line}");
            if let Some(base64) = line.strip_prefix("description:: ") {
                assert_eq!(BASE64.decode(base64).unwrap(), value);
            }
        }
    }

    #[test]
    fn long_ldif_lines_fold_and_unfold_to_themselves() {
        let long = "x".repeat(400);
        let text = dump(&[("info", &[long.as_bytes()])]).to_ldif().unwrap();
        assert!(text.lines().all(|line| line.len() <= 76), "{text}");
        assert!(text.replace("\n ", "").contains(&format!("info: {long}\n")));
    }

    #[test]
    fn every_json_line_is_json_and_bidi_marks_are_escaped() {
        let text = dump(&[
            ("displayName", &["a\u{202e}b\u{1b}\"\\\u{e0041}".as_bytes()]),
            ("objectGUID", &[&[0xff, 0x00]]),
        ])
        .to_jsonl();
        assert!(!text.contains(|c| is_unsafe(c) && c != '\n'), "{text}");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["format"], 1);
        assert_eq!(lines[1]["attributes"]["displayName"][0], "a\u{202e}b\u{1b}\"\\\u{e0041}");
        assert_eq!(lines[1]["attributes"]["objectGUID"][0]["base64"], "/wA=");
    }

    #[test]
    fn yaml_shows_one_value_on_its_line_and_several_as_a_list() {
        let text = dump(&[("c", &[b"NO"]), ("proxyAddresses", &[b"SMTP:a@b.c", b"smtp:d@e.f"])]).to_yaml();
        assert_eq!(
            text,
            "format: 1\npart: directory\nobjects:\n  - name: \"CN=Ada,DC=contoso,DC=local\"\n    \
             class: user\n    attributes:\n      c: \"NO\"\n      proxyAddresses:\n        \
             - \"SMTP:a@b.c\"\n        - \"smtp:d@e.f\"\n"
        );
    }

    #[test]
    fn the_digest_changes_with_any_part_of_an_object() {
        let base = dump(&[("cn", &[b"Ada"]), ("sn", &[b"L"])]);
        for other in [
            dump(&[("cn", &[b"Ada"]), ("sn", &[b"M"])]),
            dump(&[("cn", &[b"Ada", b"L"])]),
            dump(&[("cn", &[b"AdaL"]), ("sn", &[b""])]),
            dump(&[("cn", &[b"Ada"]), ("st", &[b"L"])]),
        ] {
            assert_ne!(base.digest(), other.digest(), "{other:?}");
        }
        assert_eq!(base.digest(), dump(&[("sn", &[b"L"]), ("cn", &[b"Ada"])]).digest());
    }
}
