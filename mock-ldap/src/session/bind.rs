//! Binding: simple binds of LDAP versions 2 and 3.

use super::record::Record;
use super::{Bound, Reply, Session};
use crate::reply::{Outcome, op};
use crate::request::{Authentication, Controls};

impl Session {
    pub(super) fn bind(
        &mut self,
        id: i32,
        version: i64,
        name: &str,
        authentication: &Authentication<'_>,
        controls: &Controls<'_>,
    ) -> Reply {
        let mut record = Record::new(self, "bind", name, false);
        record.unknown(controls.unknown.iter().map(String::as_str));
        // whatever comes of it, who was bound is bound no more, and waiting pages are void
        self.bound = None;
        self.paged.clear();
        let outcome = match authentication {
            _ if !matches!(version, 2 | 3) => Outcome::of("bind-version"),
            Authentication::Sasl { .. } | Authentication::Other(_) if self.fast_bind => {
                Outcome::of("fast-bind")
            }
            Authentication::Simple(password) => self.simple_bind(name, password),
            Authentication::Sasl { mechanism } => {
                record.unknown([*mechanism]);
                Outcome::of("authentication-method")
            }
            Authentication::Other(method) => {
                record.unknown([format!("authentication-{method}").as_str()]);
                Outcome::of("authentication-method")
            }
        };
        record.answer(id, op::BIND, &outcome)
    }

    fn simple_bind(&mut self, name: &str, password: &[u8]) -> Outcome {
        if password.is_empty() {
            // an "unauthenticated bind" succeeds on Active Directory and leaves the client anonymous
            return Outcome::success();
        }
        let now = self.world.clock.now();
        let generation = self.world.generation();
        let proved = self.world.controller_mut(self.controller).authenticate(name, password, now);
        match proved {
            Ok(_) if self.fast_bind => Outcome::success(),
            Ok(principal) => {
                self.bound = Some(Bound { principal, generation });
                Outcome::success()
            }
            Err(refused) => Outcome { text: refused.text.clone(), ..Outcome::code(refused.code().number()) },
        }
    }
}
