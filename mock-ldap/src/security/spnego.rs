//! The negotiation of a mechanism (RFC 4178, MS-SPNG), as far as NTLM needs it.

use crate::ber::{Malformed, Reader, tag};

/// 1.3.6.1.5.5.2: the negotiation itself.
const SPNEGO: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];
/// 1.3.6.1.4.1.311.2.2.10: NTLM.
const NTLM: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a];
/// Most mechanisms that a client may offer.
const MOST_MECHANISMS: usize = 64;
const OID: u8 = 0x06;
const INITIAL: u8 = 0x60;

/// A client's first message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Initial<'a> {
    /// The list of mechanisms as it came, which signatures cover.
    pub(crate) list: &'a [u8],
    /// Whether NTLM is among them.
    pub(crate) has_ntlm: bool,
    /// Whether it is the first one, to which the token belongs.
    pub(crate) prefers_ntlm: bool,
    pub(crate) token: Option<&'a [u8]>,
}

/// A client's later message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Response<'a> {
    pub(crate) token: Option<&'a [u8]>,
    /// The signature of the list of mechanisms.
    pub(crate) signature: Option<&'a [u8]>,
}

/// How far the negotiation is, in the server's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Completed = 0,
    Incomplete = 1,
    Rejected = 2,
    /// Incomplete, and the list of mechanisms must be signed: the client's favourite was not taken.
    RequestSignature = 3,
}

/// Reads the first message, with or without the frame of GSS-API's first tokens (RFC 2743 3.1).
pub(crate) fn read_initial(token: &[u8]) -> Result<Initial<'_>, Malformed> {
    let mut reader = Reader::new(token);
    if reader.peek() == Some(INITIAL) {
        let mut inside = reader.inside(INITIAL)?;
        if inside.content(OID)? != SPNEGO {
            return Err(Malformed::Value);
        }
        reader = inside;
    }
    let mut fields = reader.inside(tag::context_constructed(0))?.sequence()?;
    let list = fields.content(tag::context_constructed(0))?;
    let mut mechanisms = Reader::new(list).sequence()?;
    let (mut count, mut has_ntlm, mut prefers_ntlm) = (0, false, false);
    while !mechanisms.is_empty() {
        let is_ntlm = mechanisms.content(OID)? == NTLM;
        has_ntlm |= is_ntlm;
        prefers_ntlm |= is_ntlm && count == 0;
        count += 1;
        if count > MOST_MECHANISMS {
            return Err(Malformed::Value);
        }
    }
    fields.optional(tag::context_constructed(1))?;
    let token = octets(&mut fields, 2)?;
    Ok(Initial { list, has_ntlm, prefers_ntlm, token })
}

/// Reads a later message.
pub(crate) fn read_response(token: &[u8]) -> Result<Response<'_>, Malformed> {
    let mut fields = Reader::new(token).inside(tag::context_constructed(1))?.sequence()?;
    fields.optional(tag::context_constructed(0))?;
    fields.optional(tag::context_constructed(1))?;
    let token = octets(&mut fields, 2)?;
    Ok(Response { token, signature: octets(&mut fields, 3)? })
}

fn octets<'a>(fields: &mut Reader<'a>, number: u8) -> Result<Option<&'a [u8]>, Malformed> {
    let field = fields.optional(tag::context_constructed(number))?;
    field.map(|field| Reader::new(field).octets()).transpose()
}

/// Writes an answer. The first one names the mechanism (`chosen`).
pub(crate) fn write_response(
    state: State,
    chosen: bool,
    token: Option<&[u8]>,
    signature: Option<&[u8]>,
) -> Vec<u8> {
    let mut fields = element(tag::context_constructed(0), &element(tag::ENUMERATED, &[state as u8]));
    if chosen {
        fields.extend(element(tag::context_constructed(1), &element(OID, NTLM)));
    }
    for (number, octets) in [(2, token), (3, signature)] {
        if let Some(octets) = octets {
            fields.extend(element(tag::context_constructed(number), &element(tag::OCTET_STRING, octets)));
        }
    }
    element(tag::context_constructed(1), &element(tag::SEQUENCE, &fields))
}

/// An element with the shortest form of its length: these are DER, which some clients insist on.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let octets = (content.len() as u32).to_be_bytes();
    match content.len() {
        short @ 0..=0x7f => out.push(short as u8),
        0x80..=0xff => out.extend_from_slice(&[0x81, octets[3]]),
        0x100..=0xffff => out.extend_from_slice(&[0x82, octets[2], octets[3]]),
        _ => {
            out.push(0x84);
            out.extend_from_slice(&octets);
        }
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The list that impacket 0.13 signs: NTLM alone.
    const NTLM_ONLY: &[u8] = b"0\x0c\x06\n+\x06\x01\x04\x01\x827\x02\x02\n";

    #[test]
    fn a_first_message_comes_with_and_without_its_frame() {
        let mut fields = element(0xa0, NTLM_ONLY);
        fields.extend(element(0xa2, &element(4, b"token")));
        let bare = element(0xa0, &element(0x30, &fields));
        let framed = element(0x60, &[element(6, SPNEGO), bare.clone()].concat());
        let expected = Initial { list: NTLM_ONLY, has_ntlm: true, prefers_ntlm: true, token: Some(b"token") };
        assert_eq!(read_initial(&bare), Ok(expected));
        assert_eq!(read_initial(&framed), Ok(expected));
        // Kerberos first (1.2.840.113554.1.2.2), and the token is Kerberos' own
        let kerberos = element(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02]);
        let both = element(0x30, &[kerberos.clone(), element(6, NTLM)].concat());
        let second = element(0xa0, &element(0x30, &element(0xa0, &both)));
        let read = read_initial(&second).expect("a message");
        assert_eq!((read.has_ntlm, read.prefers_ntlm, read.token), (true, false, None));
        let only = element(0xa0, &element(0x30, &element(0xa0, &element(0x30, &kerberos))));
        assert!(!read_initial(&only).expect("a message").has_ntlm);
    }

    #[test]
    fn an_answer_is_read_back_by_its_own_rules() {
        for size in [0, 0x7f, 0x80, 0x100, 0x1_0000] {
            let token = vec![7; size];
            let written = write_response(State::Incomplete, true, Some(&token), Some(b"signature"));
            let read = read_response(&written).expect("an answer");
            assert_eq!((read.token, read.signature), (Some(&token[..]), Some(&b"signature"[..])));
        }
        // RFC 4178 4.2.2: a1 { 30 { a0 { 0a 01 00 } } }
        let done = write_response(State::Completed, false, None, None);
        assert_eq!(done, [0xa1, 7, 0x30, 5, 0xa0, 3, 0x0a, 1, 0]);
    }

    proptest! {
        #[test]
        fn no_token_makes_the_readers_panic(token: Vec<u8>) {
            let _ = (read_initial(&token), read_response(&token));
        }
    }
}
