//! Repeated reading: the DirSync control tells what changed since the last time, the state file keeps the rest.

use super::search::{Sink, Stopped, cookie_of, wanted};
use super::state::{Memory, State};
use super::{DIR_SYNC, LdapSource, wire};
use crate::error::Error;
use ldap3::Scope;
use std::path::Path;

/// People, contacts, groups, and what they can lie in, whose new names move what lies in them. By class: what
/// was deleted has no category.
const FILTER: &str = "(&(|(objectClass=user)(objectClass=contact)(objectClass=group)(objectClass=organizationalUnit)\
                      (objectClass=container)(objectClass=builtinDomain))(!(objectClass=computer)))";
/// Octets of an answer: a domain controller gives no more either.
const ANSWER_OCTETS: i64 = 1024 * 1024;
/// Answers of one round at most; each of them brings something, or the round has ended.
const ANSWERS_MAX: usize = 1_000_000;

/// How a repeated reading went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Objects that the server told of.
    pub told: u64,
    /// Why everything was read anew; none when only changes were.
    pub in_full: Option<String>,
}

impl LdapSource {
    /// Brings a state file up to date and hands every entry on, changed or not. A file that is not there, or does
    /// not fit the server, or whose cookie the server refuses, is replaced after a full read.
    ///
    /// # Errors
    /// A server that does not know DirSync (exit code 2); one that refuses or goes away, a file that cannot be
    /// read or written (3). The file then stays as it was.
    pub async fn each_since(&mut self, file: &Path, sink: &mut Sink<'_>) -> Result<Refreshed, Error> {
        if !self.knows_dir_sync {
            let message = format!("{} does not know the DirSync control", self.name);
            return Err(Error::input(message).with_help("leave --dirsync out: everything is read each time"));
        }
        let context = self.naming_context.clone().unwrap_or_else(|| self.base_dn.clone());
        let attributes = wanted();
        let mut refreshed = Refreshed::default();
        let mut state = match State::read(file, &context, &attributes)? {
            Memory::Fits(state) => state,
            Memory::Missing(why) => {
                refreshed.in_full = Some(why);
                State::default()
            }
        };
        loop {
            match self.round(&context, &attributes, &mut state).await {
                Ok(told) => {
                    refreshed.told = told;
                    break;
                }
                Err(Stopped::Refused(result))
                    if !state.cookie.is_empty() && is_about_the_cookie(result.rc) =>
                {
                    refreshed.in_full = Some(format!("the server refused the cookie (result {})", result.rc));
                    state = State::default();
                }
                Err(stopped) => return Err(self.dir_sync_stopped(&context, stopped)),
            }
        }
        state.settle();
        state.write(file, &context, &attributes)?;
        let below = self.base_dn.to_lowercase();
        for entry in state.into_entries() {
            if is_below(&entry.dn, &below) {
                sink(entry)?;
                self.read += 1;
            }
        }
        Ok(refreshed)
    }

    async fn round(&mut self, context: &str, attributes: &[&str], state: &mut State) -> Result<u64, Stopped> {
        // what became of an object, beside what the rules read
        let wanted: Vec<&str> = attributes.iter().copied().chain(["isDeleted", "name"]).collect();
        let mut told = 0;
        for _ in 0..ANSWERS_MAX {
            let control = wire::cookie_control(DIR_SYNC, true, &[0, ANSWER_OCTETS], &state.cookie);
            let done = {
                let mut take = |entry| {
                    told += 1;
                    state.take(entry);
                    Ok(())
                };
                self.one_search(context, Scope::Subtree, FILTER, &wanted, vec![control], &mut take).await?
            };
            let Some((numbers, cookie)) = cookie_of(&done, DIR_SYNC) else { return Err(Stopped::Malformed) };
            state.cookie = cookie;
            if numbers.first().copied().unwrap_or_default() == 0 {
                return Ok(told);
            }
        }
        Err(Stopped::Malformed)
    }

    fn dir_sync_stopped(&self, context: &str, stopped: Stopped) -> Error {
        const INSUFFICIENT_ACCESS: u32 = 50;
        match stopped {
            Stopped::Refused(result) if result.rc == INSUFFICIENT_ACCESS => {
                let error = self.stopped(context, Stopped::Refused(result));
                error.with_help("DirSync asks for the right 'Replicating Directory Changes' on the domain")
            }
            Stopped::Malformed => Error::tool(format!("{}: the answer to DirSync is malformed", self.name)),
            other => self.stopped(context, other),
        }
    }
}

/// What servers answer to a cookie that they cannot use: protocolError, operationsError,
/// unavailableCriticalExtension, unwillingToPerform, other.
fn is_about_the_cookie(code: u32) -> bool {
    matches!(code, 1 | 2 | 12 | 53 | 80)
}

/// Whether the name lies below (or is) the one that is given in lower case.
fn is_below(dn: &str, base: &str) -> bool {
    let dn = dn.to_lowercase();
    dn.strip_suffix(base).is_some_and(|rest| rest.is_empty() || rest.ends_with(',')) || base.is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn a_name_is_below_another_by_whole_parts() {
        assert!(is_below("CN=a,OU=Staff,DC=x", "ou=staff,dc=x"));
        assert!(is_below("OU=Staff,DC=x", "ou=staff,dc=x"));
        assert!(!is_below("CN=a,OU=NoStaff,DC=x", "staff,dc=x"));
        assert!(!is_below("CN=a,DC=y", "dc=x"));
    }
}
