//! Where the next delta import of a forest goes on: a place for each of its domains.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The place of one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Place {
    /// The cookie of the DirSync control, in base64.
    DirSync(String),
    /// The highest committed USN of one controller, before its objects were read.
    Usn {
        /// `dsServiceName`: a USN means nothing to another controller.
        server: String,
        /// The USN.
        usn: u64,
    },
}

impl Place {
    /// Of a DirSync cookie.
    pub(super) fn dir_sync(cookie: &[u8]) -> Place {
        Place::DirSync(STANDARD.encode(cookie))
    }
}

/// Naming contexts with their places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Places(Vec<(String, Place)>);

impl Places {
    /// Reads a cookie; none when it is not one of a forest.
    pub(super) fn read(cookie: &[u8]) -> Option<Places> {
        serde_json::from_slice(cookie).ok()
    }

    /// The cookie.
    pub(super) fn write(&self) -> Vec<u8> {
        // a list of texts and numbers has a JSON form
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The place of a naming context.
    pub(super) fn get(&self, context: &str) -> Option<&Place> {
        self.0.iter().find(|(of, _)| of.eq_ignore_ascii_case(context)).map(|(_, place)| place)
    }

    /// Adds one.
    pub(super) fn push(&mut self, context: &str, place: Place) {
        self.0.push((context.to_owned(), place));
    }
}

/// The octets of a DirSync cookie; none when they are damaged.
pub(super) fn octets(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_back_as_they_were_and_nothing_else_does() {
        let mut places = Places::default();
        places.push("DC=contoso,DC=local", Place::dir_sync(&[0, 255]));
        let usn = Place::Usn { server: "CN=NTDS Settings,CN=DC1".to_owned(), usn: 7 };
        places.push("DC=child,DC=contoso,DC=local", usn.clone());
        let read = Places::read(&places.write()).unwrap();
        assert_eq!(read, places);
        assert_eq!(read.get("dc=CHILD,dc=contoso,dc=local"), Some(&usn));
        assert_eq!(Places::read(b"MSDS"), None);
    }
}
