//! JSON written straight into a buffer, member by member in the order of the calls.

/// Writes a string with its quotes.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[start..at]);
        start = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}

/// An object that is being written; [`Object::end`] closes it.
pub(crate) struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> Object<'o> {
    /// Opens it.
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Object<'o> {
        out.push(b'{');
        Object { out, first: true }
    }

    /// Writes a member's name (which needs no escaping) and gives the place of its value.
    pub(crate) fn key(&mut self, name: &str) -> &mut Vec<u8> {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A string.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        string(self.key(name), value);
    }

    /// What needs no quotes: a number, true, null.
    pub(crate) fn bare(&mut self, name: &str, value: impl std::fmt::Display) {
        let text = value.to_string();
        self.key(name).extend_from_slice(text.as_bytes());
    }

    /// A collection, each element written by `write`.
    pub(crate) fn array<T>(
        &mut self,
        name: &str,
        elements: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Vec<u8>, T),
    ) {
        let out = self.key(name);
        out.push(b'[');
        for (at, element) in elements.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write(out, element);
        }
        out.push(b']');
    }

    /// Closes it.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_reads_back(text in any::<String>()) {
            let mut out = Vec::new();
            string(&mut out, &text);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn members_keep_their_order() {
        let mut out = Vec::new();
        let mut object = Object::new(&mut out);
        object.text("b", "x\"\u{1}");
        object.bare("a", 7);
        object.array("c", ["1", "2"], string);
        object.end();
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"b":"x\"\u0001","a":7,"c":["1","2"]}"#);
    }
}
