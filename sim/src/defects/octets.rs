//! Octets in the ledger: `base64:` and the octets in base64. One way there, one way back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "base64:";

/// The octets as a text of the ledger: `base64:3q2+7w==`.
pub fn to_text(octets: &[u8]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(octets))
}

/// The octets of such a text; none when it is none.
pub fn from_text(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.strip_prefix(PREFIX)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_come_back_as_they_went() {
        for octets in [&b""[..], b"\xde\xad\xbe\xef", &[0; 300]] {
            assert_eq!(from_text(&to_text(octets)).as_deref(), Some(octets));
        }
        // RFC 4648 section 10
        assert_eq!(to_text(b"foobar"), "base64:Zm9vYmFy");
        assert_eq!((from_text("Zm9vYmFy"), from_text("base64:***")), (None, None));
    }
}
