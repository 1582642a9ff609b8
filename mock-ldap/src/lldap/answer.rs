//! lldap's answers: texts without an end mark, and a paged results control on each search's end.

use crate::ber::{Writer, tag};
use crate::data;
pub(super) use crate::reply::op;

const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// The answers to one request.
pub(super) struct Answers<'o> {
    out: &'o mut Vec<u8>,
    id: i32,
    /// The last result's code.
    pub(super) code: u32,
    /// Entries so far.
    pub(super) entries: u32,
}

/// A result: a key of texts.tsv and what fills its places.
pub(super) type Refusal = (&'static str, Vec<String>);

impl<'o> Answers<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>, id: i32) -> Answers<'o> {
        Answers { out, id, code: 0, entries: 0 }
    }

    pub(super) fn success(&mut self, answer: u8, text: &str) {
        self.write(answer, 0, "", text);
    }

    /// The result of a key of texts.tsv, its places `{0}` and `{1}` filled.
    pub(super) fn result(&mut self, answer: u8, key: &str, details: &[&str]) {
        let text = data::text(key);
        // a row without a text holds a hyphen
        let shown = filled(text.with(""), details);
        self.write(answer, text.code, "", if shown == "-" { "" } else { &shown });
    }

    pub(super) fn refuse(&mut self, answer: u8, (key, details): &Refusal) {
        let details: Vec<&str> = details.iter().map(String::as_str).collect();
        self.result(answer, key, &details);
    }

    pub(super) fn code(&mut self, answer: u8, code: u32, matched: &str) {
        self.write(answer, code, matched, "");
    }

    fn write(&mut self, answer: u8, code: u32, matched: &str, text: &str) {
        self.code = code;
        let mut writer = Writer::new(self.out);
        let message = writer.begin(tag::SEQUENCE);
        writer.integer(i64::from(self.id));
        let result = writer.begin(answer);
        writer.enumerated(code);
        writer.octets(matched.as_bytes());
        writer.octets(text.as_bytes());
        writer.end(result);
        if answer == op::SEARCH_DONE {
            let mut value = Vec::new();
            let mut inner = Writer::new(&mut value);
            let page = inner.begin(tag::SEQUENCE);
            inner.integer(i64::from(self.entries));
            inner.octets(b"");
            inner.end(page);
            let controls = writer.begin(tag::context_constructed(0));
            let control = writer.begin(tag::SEQUENCE);
            writer.octets(PAGED_RESULTS.as_bytes());
            writer.octets(&value);
            writer.end(control);
            writer.end(controls);
        }
        writer.end(message);
    }

    pub(super) fn entry(&mut self, dn: &str, attributes: &[(String, Vec<Vec<u8>>)]) {
        self.entries += 1;
        let mut writer = Writer::new(self.out);
        let message = writer.begin(tag::SEQUENCE);
        writer.integer(i64::from(self.id));
        let body = writer.begin(op::SEARCH_ENTRY);
        writer.octets(dn.as_bytes());
        let all = writer.begin(tag::SEQUENCE);
        for (name, values) in attributes {
            let one = writer.begin(tag::SEQUENCE);
            writer.octets(name.as_bytes());
            let set = writer.begin(tag::SET);
            values.iter().for_each(|value| writer.octets(value));
            writer.end(set);
            writer.end(one);
        }
        writer.end(all);
        writer.end(body);
        writer.end(message);
    }
}

/// The text of a refusal.
pub(super) fn text_of((key, details): &Refusal) -> String {
    let details: Vec<&str> = details.iter().map(String::as_str).collect();
    filled(data::text(key).with(""), &details)
}

fn filled(text: String, details: &[&str]) -> String {
    let places = ["{0}", "{1}", "{2}"];
    // filled in one pass: a detail may hold what looks like a place
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text.as_str();
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match places.iter().position(|place| rest.starts_with(place)) {
            Some(number) => {
                out.push_str(details.get(number).copied().unwrap_or_default());
                rest = &rest[3..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}
