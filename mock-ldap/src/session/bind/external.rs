//! EXTERNAL: the client's certificate says who it is (MS-ADTS 5.1.1.2).

use crate::reply::Outcome;
use crate::session::Session;

impl Session {
    pub(super) fn external_bind(&mut self, authorization: &[u8]) -> Outcome {
        let _ = authorization;
        Outcome::of("external-no-certificate")
    }
}
