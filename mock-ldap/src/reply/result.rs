//! Results: code, matched DN, text, referrals; with what an extended or controlled answer carries on top.

use super::op;
use crate::ber::{Writer, tag};
use crate::data;
use forestbed_sim::directory::DirectoryError;

/// The unsolicited notice by which a server says that it ends the connection.
const NOTICE_OF_DISCONNECTION: &str = "1.3.6.1.4.1.1466.20036";

/// What an operation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: u32,
    pub(crate) matched_dn: String,
    pub(crate) text: String,
    pub(crate) referrals: Vec<String>,
}

impl Outcome {
    pub(crate) fn success() -> Outcome {
        Outcome::code(0)
    }

    /// A result without a text.
    pub(crate) fn code(code: u32) -> Outcome {
        Outcome { code, matched_dn: String::new(), text: String::new(), referrals: Vec::new() }
    }

    /// The result of a key of texts.tsv.
    pub(crate) fn of(key: &str) -> Outcome {
        Outcome::with(key, "")
    }

    /// The result of a key of texts.tsv, its text filled with `detail`.
    pub(crate) fn with(key: &str, detail: &str) -> Outcome {
        let text = data::text(key);
        Outcome { text: text.with(detail), ..Outcome::code(text.code) }
    }
}

impl From<DirectoryError> for Outcome {
    fn from(error: DirectoryError) -> Outcome {
        Outcome {
            code: error.code.number(),
            matched_dn: error.matched_dn,
            text: error.text,
            referrals: error.referrals,
        }
    }
}

/// A result with what goes round it.
#[derive(Debug, Default)]
pub(crate) struct Answer<'a> {
    /// OID and value of an extended answer.
    pub(crate) extended: Option<(Option<&'a str>, Option<&'a [u8]>)>,
    /// The server's credentials in the answer to a SASL bind.
    pub(crate) sasl: Option<&'a [u8]>,
    /// The server's credentials in the answer to a bind of Microsoft's older clients, which has them where
    /// others have the matched DN.
    pub(crate) sicily: Option<&'a [u8]>,
    /// OIDs and values of the answer's controls.
    pub(crate) controls: &'a [(&'static str, Vec<u8>)],
}

/// Writes a result message. `answer` is the tag of its operation.
pub(crate) fn write_result(out: &mut Vec<u8>, id: i32, answer: u8, outcome: &Outcome, around: &Answer<'_>) {
    let mut writer = Writer::new(out);
    let message = writer.begin(tag::SEQUENCE);
    writer.integer(i64::from(id));
    let result = writer.begin(answer);
    writer.enumerated(outcome.code);
    writer.octets(around.sicily.unwrap_or(outcome.matched_dn.as_bytes()));
    writer.octets_with(|out| {
        // Active Directory ends every text with a NUL byte
        let end: &[u8] = if outcome.text.is_empty() { b"" } else { b"\0" };
        out.extend_from_slice(outcome.text.as_bytes());
        out.extend_from_slice(end);
    });
    if !outcome.referrals.is_empty() {
        let referrals = writer.begin(tag::context_constructed(3));
        outcome.referrals.iter().for_each(|url| writer.octets(url.as_bytes()));
        writer.end(referrals);
    }
    around.sasl.iter().for_each(|credentials| writer.primitive(tag::context(7), credentials));
    if let Some((oid, value)) = around.extended {
        oid.iter().for_each(|oid| writer.primitive(tag::context(10), oid.as_bytes()));
        value.iter().for_each(|value| writer.primitive(tag::context(11), value));
    }
    writer.end(result);
    if !around.controls.is_empty() {
        let controls = writer.begin(tag::context_constructed(0));
        for (oid, value) in around.controls {
            let control = writer.begin(tag::SEQUENCE);
            writer.octets(oid.as_bytes());
            writer.octets(value);
            writer.end(control);
        }
        writer.end(controls);
    }
    writer.end(message);
}

/// Writes a continuation reference.
pub(crate) fn write_search_reference(out: &mut Vec<u8>, id: i32, url: &str) {
    let mut writer = Writer::new(out);
    let message = writer.begin(tag::SEQUENCE);
    writer.integer(i64::from(id));
    let reference = writer.begin(op::SEARCH_REFERENCE);
    writer.octets(url.as_bytes());
    writer.end(reference);
    writer.end(message);
}

/// Writes the notice that ends a connection.
pub(crate) fn notice_of_disconnection(out: &mut Vec<u8>, outcome: &Outcome) {
    let around = Answer { extended: Some((Some(NOTICE_OF_DISCONNECTION), None)), ..Answer::default() };
    write_result(out, 0, op::EXTENDED, outcome, &around);
}
