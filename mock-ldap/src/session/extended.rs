//! Extended operations: StartTLS, Who am I, fast bind, refresh of dynamic objects.

use super::record::Record;
use super::{Effect, Reply, Session};
use crate::ber::{Malformed, Reader, integer, tag, text};
use crate::reply::{Answer, Outcome, op, write_result};
use crate::request::Controls;

const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";
const FAST_BIND: &str = "1.2.840.113556.1.4.1781";
const TTL_REFRESH: &str = "1.3.6.1.4.1.1466.101.119.1";

impl Session {
    pub(super) fn extended(
        &mut self,
        id: i32,
        oid: &str,
        asked: Option<&[u8]>,
        controls: &Controls<'_>,
    ) -> Reply {
        let mut record = Record::new(self, "extended", oid, false);
        record.unknown(controls.unknown.iter().map(String::as_str));
        let (mut name, mut value) = (None, None);
        let outcome = match oid {
            START_TLS => {
                name = Some(START_TLS);
                if self.is_protected() { Outcome::of("tls-in-effect") } else { Outcome::success() }
            }
            WHO_AM_I => {
                value =
                    Some(self.principal().map(|who| format!("u:{}", who.netbios_name)).unwrap_or_default());
                Outcome::success()
            }
            FAST_BIND => self.begin_fast_bind(),
            TTL_REFRESH => self.refresh(asked.unwrap_or_default()),
            _ => {
                record.unknown([oid]);
                Outcome::with("extended-unknown", oid)
            }
        };
        let mut out = Vec::new();
        let extended = Some((name, value.as_ref().map(String::as_bytes)));
        write_result(&mut out, id, op::EXTENDED, &outcome, &Answer { extended, ..Answer::default() });
        record.finish(outcome.code, 0);
        let reply = Reply::ready(out);
        if oid == START_TLS && outcome.code == 0 { reply.then(Effect::StartTls) } else { reply }
    }

    /// From here on the connection only proves passwords (MS-ADTS 3.1.1.3.4.2.1).
    fn begin_fast_bind(&mut self) -> Outcome {
        if self.principal().is_some() {
            return Outcome::of("fast-bind-bound");
        }
        self.fast_bind = true;
        Outcome::success()
    }

    /// Lengthens the life of a dynamic object (RFC 2589). No object here is one: what can be refreshed comes
    /// with auxiliary classes at run time.
    fn refresh(&mut self, asked: &[u8]) -> Outcome {
        if self.principal().is_none() {
            return Outcome::of("not-bound");
        }
        match refreshed(asked) {
            Err(_) => Outcome::of("malformed"),
            Ok(name) => match self.world.controller(self.controller).resolve(name) {
                Err(refused) => refused.into(),
                Ok(_) => Outcome::of("not-dynamic"),
            },
        }
    }
}

/// The name in `SEQUENCE { [0] entryName, [1] requestTtl }`.
fn refreshed(asked: &[u8]) -> Result<&str, Malformed> {
    let mut fields = Reader::new(asked).sequence()?;
    let name = text(fields.content(tag::context(0))?)?;
    integer(fields.content(tag::context(1))?)?;
    fields.end().map(|()| name)
}
