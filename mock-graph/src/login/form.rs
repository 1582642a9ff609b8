//! `application/x-www-form-urlencoded`, and HTTP Basic credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use percent_encoding::percent_decode;

/// More fields than any token request has; the rest is not looked at.
const MAX_FIELDS: usize = 64;

/// The fields of a form, in order.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// From the text of a body or a query. Bytes that are not UTF-8 become replacement characters.
    pub(crate) fn parse(bytes: &[u8]) -> Form {
        let decode = |part: &[u8]| {
            let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
            percent_decode(&spaced).decode_utf8_lossy().into_owned()
        };
        let pair = |field: &[u8]| {
            let at = field.iter().position(|b| *b == b'=').unwrap_or(field.len());
            (decode(&field[..at]), decode(field.get(at + 1..).unwrap_or_default()))
        };
        let fields = bytes.split(|b| *b == b'&').filter(|field| !field.is_empty());
        Form(fields.take(MAX_FIELDS).map(pair).collect())
    }

    /// The form of a request body; empty when its media type says that it is none: the token service then
    /// misses its parameters.
    pub(crate) fn of_body(headers: &HeaderMap, body: &[u8]) -> Form {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let kind = kind.split(';').next().unwrap_or("").trim();
        if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Form::parse(body)
        } else {
            Form::default()
        }
    }

    /// Adds the fields of another form behind its own.
    pub(crate) fn extend(&mut self, other: &Form) {
        self.0.extend(other.0.iter().cloned());
    }

    /// The fields that are not empty, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(_, value)| !value.is_empty())
    }

    /// A field that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty())
    }
}

/// User and password of `Authorization: Basic`; both are form-encoded before (RFC 6749 section 2.3.1).
pub(crate) fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let at = decoded.iter().position(|b| *b == b':')?;
    let text = |part: &[u8]| percent_decode(part).decode_utf8_lossy().into_owned();
    Some((text(&decoded[..at]), text(&decoded[at + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let form = Form::parse(b"a=1&b=x+y%2Fz&empty=&&flag&a=2&bad=%zz%ff");
        let got: Vec<_> = ["a", "b", "empty", "flag", "bad", "none"].map(|name| form.get(name)).into();
        assert_eq!(got, [Some("1"), Some("x y/z"), None, None, Some("%zz\u{fffd}"), None]);
    }

    #[test]
    fn basic_credentials_may_hold_colons_and_escapes() {
        let check = |value: &str, expected: Option<(&str, &str)>| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            let got = basic_credentials(&headers);
            assert_eq!(got, expected.map(|(u, p)| (u.to_owned(), p.to_owned())), "{value}");
        };
        check(&format!("Basic {}", STANDARD.encode("id:se:cr%7Eet")), Some(("id", "se:cr~et")));
        check("basic !!!", None);
        check("Bearer abc", None);
        check(&format!("Basic {}", STANDARD.encode("nocolon")), None);
    }
}
