//! Simple binds: name forms, password, lockout (active-directory.md 8).

use super::dn::Dn;
use super::error::{self, BindError};
use super::store::same_folded;
use super::update::{Principal, nt_hash_of, packed_int};
use super::{Directory, Entry, ObjectId, Value, attr};
use crate::clock::SimTime;
use crate::ids::Guid;

/// What a domain controller keeps of a password: MD4 of its UTF-16 text, least significant byte first
/// (MS-NLMP 3.3.1, NTOWFv1).
pub type NtHash = [u8; 16];

/// Sub-codes of result 49.
const UNKNOWN_NAME: u32 = 0x525;
const BAD_PASSWORD: u32 = 0x52e;
const LOGON_HOURS: u32 = 0x530;
const WORKSTATION: u32 = 0x531;
const PASSWORD_EXPIRED: u32 = 0x532;
const DISABLED: u32 = 0x533;
const ACCOUNT_EXPIRED: u32 = 0x701;
const MUST_CHANGE: u32 = 0x773;
const LOCKED_OUT: u32 = 0x775;
/// `userAccountControl`: disabled.
const DISABLED_BIT: i64 = 0x2;
/// `lastLogonTimestamp` is brought up to date when it is older than 14 days, in 100 ns.
const LOGON_STAMP_AGE: i64 = 14 * 86_400 * 10_000_000;

impl Directory {
    /// Checks a name and a password as a simple bind does.
    ///
    /// Names: a distinguished name, `<GUID=>`, `<SID=>`, `{guid}`, a user principal name, `account@domain`,
    /// `DOMAIN\account`, a canonical name; in any case. Failures are counted and lock the account when the
    /// domain's `lockoutThreshold` says so; a success is noted.
    ///
    /// # Errors
    /// Result 49 with a sub-code: 52e for a wrong password and for an unknown name alike (525 where
    /// [`crate::spec::Constraints`] say so); and when the
    /// password is right, 775 locked out, 533 disabled, 701 account expired, 530 outside its logon hours, 531
    /// not from this workstation (a simple bind comes from the domain controller itself), 532 password
    /// expired, 773 must change it.
    pub fn authenticate(
        &mut self,
        name: &str,
        password: &[u8],
        now: SimTime,
    ) -> Result<Principal, BindError> {
        let text = std::str::from_utf8(password).unwrap_or_default();
        self.authenticate_with(name, now, |held| !text.is_empty() && nt_hash_of(text) == *held)
    }

    /// As [`Directory::authenticate`], for a proof of another kind: `right` says whether it proves the
    /// knowledge of the password that the hash is of. An account without a password cannot be proved.
    ///
    /// # Errors
    /// As [`Directory::authenticate`].
    pub fn authenticate_with(
        &mut self,
        name: &str,
        now: SimTime,
        right: impl FnOnce(&NtHash) -> bool,
    ) -> Result<Principal, BindError> {
        self.log_on(self.account_named(name), now, right)
    }

    /// As [`Directory::authenticate_with`], for an account that [`Directory::account_of`] or a certificate
    /// has found; none is an unknown name.
    ///
    /// # Errors
    /// As [`Directory::authenticate`].
    pub fn log_on(
        &mut self,
        account: Option<ObjectId>,
        now: SimTime,
        right: impl FnOnce(&NtHash) -> bool,
    ) -> Result<Principal, BindError> {
        let workstation = self.info.dc_name.clone();
        self.log_on_from(account, &workstation, now, right)
    }

    /// As [`Directory::log_on`], from a workstation by its NetBIOS name.
    ///
    /// # Errors
    /// As [`Directory::authenticate`].
    pub fn log_on_from(
        &mut self,
        account: Option<ObjectId>,
        workstation: &str,
        now: SimTime,
        right: impl FnOnce(&NtHash) -> bool,
    ) -> Result<Principal, BindError> {
        let unknown = if self.constraints.tell_unknown_names { UNKNOWN_NAME } else { BAD_PASSWORD };
        let id = account.ok_or_else(|| error::bind(unknown))?;
        let right = self.nt_hash(id).is_some_and(|held| right(&held));
        self.admit(id, right, now, |entry| refusal(entry, workstation, now))
    }

    /// As [`Directory::log_on`], for an account that a certificate has named: what its password is like does
    /// not matter, the rest does.
    ///
    /// # Errors
    /// As [`Directory::authenticate`], without 532 and 773.
    pub fn log_on_by_certificate(
        &mut self,
        account: Option<ObjectId>,
        now: SimTime,
    ) -> Result<Principal, BindError> {
        let id = account.ok_or_else(|| error::bind(BAD_PASSWORD))?;
        let workstation = self.info.dc_name.clone();
        let of_password = |data: &u32| matches!(*data, PASSWORD_EXPIRED | MUST_CHANGE);
        self.admit(id, true, now, |entry| refusal(entry, &workstation, now).filter(|data| !of_password(data)))
    }

    fn admit(
        &mut self,
        id: ObjectId,
        right: bool,
        now: SimTime,
        refusal: impl FnOnce(&Entry<'_>) -> Option<u32>,
    ) -> Result<Principal, BindError> {
        let Some(entry) = self.entry(id) else { return Err(error::bind(BAD_PASSWORD)) };
        if entry.is_locked_out(now) {
            return Err(error::bind(LOCKED_OUT));
        }
        if !right {
            self.count_failure(id, now);
            return Err(error::bind(BAD_PASSWORD));
        }
        if let Some(data) = refusal(&entry) {
            return Err(error::bind(data));
        }
        let principal = self.principal(id).ok_or_else(|| error::bind(BAD_PASSWORD))?;
        self.note_logon(id, now);
        Ok(principal)
    }

    /// The hash of an account's password; none when it has no password.
    pub fn nt_hash(&self, id: ObjectId) -> Option<NtHash> {
        self.packed_values(id, attr::UNICODE_PWD).first()?.as_slice().try_into().ok()
    }

    /// The live account that a certificate names: by the principal name in it, else by one of the texts that
    /// the account's `altSecurityIdentities` may hold about it.
    pub fn account_of_certificate(&self, principal: Option<&str>, identities: &[String]) -> Option<ObjectId> {
        if let Some(principal) = principal.filter(|name| name.contains('@')) {
            return self.account_named(principal);
        }
        let mut holders = identities.iter().flat_map(|text| {
            self.holders(attr::ALT_SECURITY_IDENTITIES, text.as_bytes()).collect::<Vec<_>>()
        });
        let first = holders.next()?;
        holders
            .all(|other| other == first)
            .then_some(first)
            .filter(|id| self.entry(*id).is_some_and(|entry| !entry.is_deleted() && entry.has_class("user")))
    }

    /// The live user or computer account that a pair of names of the NTLM protocol means: the domain by its
    /// NetBIOS or DNS name, or empty; the user by account name, or with an empty domain also by principal
    /// name.
    pub fn account_of(&self, domain: &str, user: &str) -> Option<ObjectId> {
        match (domain, user.contains('@')) {
            ("", true) => self.account_named(user),
            ("", false) => self.account_named(&format!("{}\\{user}", self.info.netbios)),
            _ => self.account_named(&format!("{domain}\\{user}")),
        }
    }

    /// Who an account is: for servers that know their callers.
    pub fn principal(&self, id: ObjectId) -> Option<Principal> {
        let entry = self.entry(id)?;
        let account = entry.text(attr::SAM_ACCOUNT_NAME)?;
        let netbios_name = format!("{}\\{account}", self.info.netbios).into();
        Some(Principal { id, sid: entry.sid()?, netbios_name, role: self.role_of(id) })
    }

    /// The one account that a name means, in the order in which the forms are tried.
    fn account_named(&self, name: &str) -> Option<ObjectId> {
        let id = self.by_name_form(name)?;
        let entry = self.entry(id)?;
        (!entry.is_deleted() && entry.has_class("user") && !self.is_partial(id)).then_some(id)
    }

    /// Whether a name means an account of this controller's domain.
    pub fn knows_account(&self, name: &str) -> bool {
        self.account_named(name).is_some()
    }

    /// Who an account of another domain of the forest is here: what it may do follows from the groups that the
    /// global catalog shows it in.
    pub fn foreign_principal(&self, proved: Principal) -> Option<Principal> {
        let id = self.by_sid(&proved.sid)?;
        Some(Principal { id, role: self.role_of(id), ..proved })
    }

    fn by_name_form(&self, name: &str) -> Option<ObjectId> {
        if name.starts_with('<') || name.contains('=') && Dn::parse(name).is_ok() {
            return self.resolve(name).ok();
        }
        if name.starts_with('{') {
            return self.by_guid(Guid::parse(name)?);
        }
        let only = |mut found: Box<dyn Iterator<Item = ObjectId> + '_>| {
            let first = found.next();
            first.filter(|_| found.next().is_none())
        };
        let account = |text: &str| {
            only(Box::new(
                self.holders(attr::SAM_ACCOUNT_NAME, text.as_bytes()).filter(|id| !self.is_partial(*id)),
            ))
        };
        let own =
            |domain: &str| same_folded(domain, &self.info.dns) || same_folded(domain, &self.info.netbios);
        if let Some((domain, user)) = name.split_once('\\') {
            return if own(domain) { account(user) } else { None };
        }
        if name.contains('@') {
            let mut explicit = self.holders(attr::USER_PRINCIPAL_NAME, name.as_bytes());
            match (explicit.next(), explicit.next()) {
                (Some(id), None) => return Some(id),
                (Some(_), Some(_)) => return None,
                _ => {}
            }
            let (user, domain) = name.rsplit_once('@')?;
            return if own(domain) { account(user) } else { None };
        }
        // last of all (MS-ADTS 5.1.1.1.1): a name that is shown, or that a service has, if only one account has it
        let shown = |attribute| {
            let users = self.holders(attribute, name.as_bytes());
            only(Box::new(users.filter(|id| self.entry(*id).is_some_and(|entry| !entry.is_deleted()))))
        };
        self.by_canonical_name(name)
            .or_else(|| shown(attr::DISPLAY_NAME))
            .or_else(|| shown(attr::SERVICE_PRINCIPAL_NAME))
    }

    /// `contoso.local/Staff/Bob`.
    fn by_canonical_name(&self, name: &str) -> Option<ObjectId> {
        let (domain, path) = name.split_once('/')?;
        if !same_folded(domain, &self.info.dns) {
            return None;
        }
        path.split('/').try_fold(self.info.domain, |parent, part| {
            let named = [attr::CN, attr::OU];
            named.into_iter().find_map(|attribute| self.child_named(parent, attribute, part))
        })
    }

    /// Counts a wrong password; the one that reaches the threshold locks the account.
    fn count_failure(&mut self, id: ObjectId, now: SimTime) {
        let number = |directory: &Directory, attribute| {
            directory.entry(id).and_then(|entry| entry.int(attribute)).unwrap_or(0)
        };
        let window = self.policy_interval(attr::LOCKOUT_OBSERVATION_WINDOW).unwrap_or(i64::MAX);
        let last = number(self, attr::BAD_PASSWORD_TIME);
        let recent = now.filetime().saturating_sub(last) < window;
        let count = if recent { number(self, attr::BAD_PWD_COUNT) + 1 } else { 1 };
        self.put_local(id, attr::BAD_PWD_COUNT, &[packed_int(count)]);
        self.put_local(id, attr::BAD_PASSWORD_TIME, &[packed_int(now.filetime())]);
        let threshold = self.entry(self.info.domain).and_then(|head| head.int(attr::LOCKOUT_THRESHOLD));
        if threshold.is_some_and(|threshold| threshold > 0 && count >= threshold) {
            self.put_stamped(id, attr::LOCKOUT_TIME, now.filetime(), now);
        }
    }

    fn note_logon(&mut self, id: ObjectId, now: SimTime) {
        let Some(entry) = self.entry(id) else { return };
        let locked_before = entry.int(attr::LOCKOUT_TIME).is_some_and(|since| since != 0);
        let logons = entry.int(attr::LOGON_COUNT).unwrap_or(0);
        let stamp = entry.int(attr::LAST_LOGON_TIMESTAMP).unwrap_or(0);
        self.put_local(id, attr::LAST_LOGON, &[packed_int(now.filetime())]);
        self.put_local(id, attr::LOGON_COUNT, &[packed_int((logons + 1).min(65_535))]);
        self.put_local(id, attr::BAD_PWD_COUNT, &[packed_int(0)]);
        if locked_before {
            self.put_stamped(id, attr::LOCKOUT_TIME, 0, now);
        }
        if now.filetime().saturating_sub(stamp) > LOGON_STAMP_AGE {
            self.put_stamped(id, attr::LAST_LOGON_TIMESTAMP, now.filetime(), now);
        }
    }

    /// Writes a number that replicates.
    fn put_stamped(&mut self, id: ObjectId, attribute: super::AttrId, number: i64, now: SimTime) {
        let write = self.begin(now);
        self.put_values(write, id, &[(attribute, vec![packed_int(number)])]);
        self.touch(write, id);
    }
}

/// Why an account with the right password may not log on.
fn refusal(entry: &Entry<'_>, workstation: &str, now: SimTime) -> Option<u32> {
    let number = |id| entry.int(id).unwrap_or(0);
    let expires = number(attr::ACCOUNT_EXPIRES);
    let password_expires = entry.password_expiry();
    if number(attr::USER_ACCOUNT_CONTROL) & DISABLED_BIT != 0 {
        return Some(DISABLED);
    }
    if expires != 0 && expires != i64::MAX && expires <= now.filetime() {
        return Some(ACCOUNT_EXPIRED);
    }
    if !within_logon_hours(entry, now) {
        return Some(LOGON_HOURS);
    }
    if !may_log_on_from(entry, workstation) {
        return Some(WORKSTATION);
    }
    match password_expires {
        Some(0) => Some(MUST_CHANGE),
        Some(at) if at <= now.filetime() => Some(PASSWORD_EXPIRED),
        _ => None,
    }
}

/// `logonHours`: a bit an hour of the week from Sunday midnight UTC, the least significant bit first. No value
/// means always, and so does one that is no week.
fn within_logon_hours(entry: &Entry<'_>, now: SimTime) -> bool {
    const HOURS: i64 = 24 * 7;
    let Some(Value::Bytes(hours)) = entry.values(attr::LOGON_HOURS).next() else { return true };
    // 1 January 1970 was a Thursday
    let hour = (now.seconds().div_euclid(3600) + 4 * 24).rem_euclid(HOURS) as usize;
    hours.len() * 8 != HOURS as usize || hours[hour / 8] >> (hour % 8) & 1 == 1
}

/// `userWorkstations`: NetBIOS names, separated by commas; no value means any.
fn may_log_on_from(entry: &Entry<'_>, workstation: &str) -> bool {
    let Some(names) = entry.text(attr::USER_WORKSTATIONS) else { return true };
    names.trim().is_empty() || names.split(',').any(|name| same_folded(name.trim(), workstation))
}
