//! Extended operations: StartTLS and Who am I.

use super::record::Record;
use super::{Effect, Reply, Session};
use crate::reply::{Answer, Outcome, op, write_result};
use crate::request::Controls;

const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";

impl Session {
    pub(super) fn extended(&mut self, id: i32, oid: &str, controls: &Controls<'_>) -> Reply {
        let mut record = Record::new(self, "extended", oid, false);
        record.unknown(controls.unknown.iter().map(String::as_str));
        let (mut name, mut value) = (None, None);
        let outcome = match oid {
            START_TLS => {
                name = Some(START_TLS);
                if self.secure { Outcome::of("tls-in-effect") } else { Outcome::success() }
            }
            WHO_AM_I => {
                value =
                    Some(self.principal().map(|who| format!("u:{}", who.netbios_name)).unwrap_or_default());
                Outcome::success()
            }
            _ => {
                record.unknown([oid]);
                Outcome::with("extended-unknown", oid)
            }
        };
        let mut out = Vec::new();
        let extended = Some((name, value.as_ref().map(String::as_bytes)));
        write_result(&mut out, id, op::EXTENDED, &outcome, &Answer { extended, controls: &[] });
        record.finish(outcome.code, 0);
        let reply = Reply::ready(out);
        if oid == START_TLS && outcome.code == 0 { reply.then(Effect::StartTls) } else { reply }
    }
}
