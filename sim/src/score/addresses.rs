//! Mail properties of one object against their rule.

use super::sync::Verdict;
use crate::ids::Guid;
use crate::oracle::{AddressRule, CloudRecord, Expected, ExpectedObject, SyncKind, describe, smtp_addresses};
use std::collections::{BTreeMap, BTreeSet};

/// Who holds which address or user principal name in the cloud now.
pub(super) struct Holders<'a> {
    by_value: BTreeMap<String, Vec<Guid>>,
    expected: &'a Expected,
}

impl<'a> Holders<'a> {
    pub(super) fn of(live: &BTreeMap<Guid, &CloudRecord>, expected: &'a Expected) -> Holders<'a> {
        let mut by_value: BTreeMap<String, Vec<Guid>> = BTreeMap::new();
        for (id, record) in live {
            let mut values = smtp_addresses(record);
            values.extend(other_values(record));
            values.extend(record.text("userPrincipalName").map(str::to_lowercase));
            values.into_iter().for_each(|value| by_value.entry(value).or_default().push(*id));
        }
        Holders { by_value, expected }
    }

    /// Another object than `own` that holds the value.
    pub(super) fn other(&self, value: &str, own: Option<Guid>) -> Option<Guid> {
        self.by_value.get(value)?.iter().copied().find(|id| Some(*id) != own)
    }

    /// Whether an object may lack a value because another one holds it: not if it had it before.
    fn excuses(&self, value: &str, record: &CloudRecord) -> bool {
        let before = self.expected.before.get(&record.id);
        let had = before.is_some_and(|b| smtp_addresses(b).contains(value));
        !had && self.other(value, Some(record.id)).is_some()
    }
}

/// Values of other protocols than SMTP, in lower case.
fn other_values(record: &CloudRecord) -> BTreeSet<String> {
    let values = record.texts("proxyAddresses").iter().map(|value| value.to_lowercase());
    values.filter(|value| !value.starts_with("smtp:")).collect()
}

/// Checks mail and proxyAddresses.
pub(super) fn check_addresses(
    object: &ExpectedObject,
    record: &CloudRecord,
    holders: &Holders<'_>,
    expected: &Expected,
    verdict: &mut Verdict,
) {
    let check = |rule: &AddressRule, mailbox: bool| {
        let mut result = Verdict::default();
        let check =
            Check { rule, mailbox: mailbox && object.kind == SyncKind::User, record, holders, expected };
        check.all(&mut result);
        result
    };
    let plain = || check(&object.addresses.plain, false);
    let mailbox = || check(&object.addresses.mailbox, true);
    let result = match (record.exchange, record.exchange_foundation) {
        (true, _) => mailbox(),
        (false, true) => Some(plain()).filter(|r| r.wrong.is_empty()).unwrap_or_else(mailbox),
        (false, false) => plain(),
    };
    verdict.wrong.extend(result.wrong);
    verdict.conflicts.extend(result.conflicts);
}

struct Check<'a> {
    rule: &'a AddressRule,
    mailbox: bool,
    record: &'a CloudRecord,
    holders: &'a Holders<'a>,
    expected: &'a Expected,
}

impl Check<'_> {
    fn all(&self, verdict: &mut Verdict) {
        let held = smtp_addresses(self.record);
        let mut left_out = false;
        for address in self.rule.required.difference(&held) {
            left_out |= self.lacks(address, verdict);
        }
        let upn = self.record.text("userPrincipalName").unwrap_or_default().to_lowercase();
        if self.mailbox && self.rule.with_upn && !held.contains(&upn) {
            self.lacks(&upn, verdict);
        }
        for address in &held {
            let known = self.rule.required.contains(address) || self.rule.optional.contains(address);
            let of_mailbox = self.mailbox && (*address == upn || self.is_moera(address));
            let promoted = left_out && self.is_promoted(address, &held);
            if !(known || of_mailbox || promoted) {
                verdict.wrong.push(("proxyAddresses", format!("{address}, which is not permitted")));
            }
        }
        if self.mailbox && !self.rule.moera.is_empty() && !held.iter().any(|a| self.is_moera(a)) {
            let words = "without an address at the initial domain".to_owned();
            verdict.wrong.push(("proxyAddresses", words));
        }
        self.others(verdict);
        self.primary(&upn, left_out, verdict);
    }

    /// A required address is not there: right if another object holds it and the conflict is on record.
    fn lacks(&self, address: &str, verdict: &mut Verdict) -> bool {
        let recorded = self.record.quarantined.iter().any(|(_, value)| names_address(value, address));
        let before = self.expected.before.get(&self.record.id);
        // the sweep has not come yet
        let waits = recorded
            && before.is_some_and(|b| b.quarantined.iter().any(|(_, value)| names_address(value, address)));
        if !waits && !self.holders.excuses(address, self.record) {
            verdict.wrong.push(("proxyAddresses", format!("without {address}")));
            return false;
        }
        let resilient = self.expected.switches.is("duplicate_attribute", "resiliency");
        // a conflict with an object's user principal name alone is on record under that name
        if resilient && !recorded && self.record.quarantined.is_empty() {
            let words = format!("without the conflict about {address}");
            verdict.wrong.push(("onPremisesProvisioningErrors", words));
        }
        verdict.conflicts.push(format!("{address} belongs to another object"));
        true
    }

    /// Nickname, or nickname and four digits when it is taken, at the initial domain.
    fn is_moera(&self, address: &str) -> bool {
        let suffix = format!("@{}", self.expected.tenant.initial_domain);
        let Some(local) = address.strip_suffix(&suffix) else { return false };
        let stem = local
            .split_at_checked(local.len().saturating_sub(4))
            .filter(|(_, digits)| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
            .map(|(stem, _)| stem.strip_suffix('+').unwrap_or(stem));
        self.rule.moera.contains(local) || stem.is_some_and(|stem| self.rule.moera.contains(stem))
    }

    /// The address at the initial domain that stands in for a primary address set aside: while secondary
    /// addresses are left and none of them is primary, it becomes the primary one.
    fn is_promoted(&self, address: &str, held: &BTreeSet<String>) -> bool {
        let nickname = self.record.text("mailNickname").unwrap_or_default().to_lowercase();
        let secondary = held.iter().any(|other| self.rule.required.contains(other));
        secondary && address == format!("{nickname}@{}", self.expected.tenant.initial_domain)
    }

    fn others(&self, verdict: &mut Verdict) {
        let held = other_values(self.record);
        for value in self.rule.other_required.difference(&held) {
            match self.holders.other(value, Some(self.record.id)) {
                Some(_) => verdict.conflicts.push(format!("{value} belongs to another object")),
                None => verdict.wrong.push(("proxyAddresses", format!("without {value}"))),
            }
        }
        for value in held {
            if !self.rule.other_required.contains(&value) && !self.rule.other_optional.contains(&value) {
                verdict.wrong.push(("proxyAddresses", format!("{value}, which is not permitted")));
            }
        }
    }

    fn primary(&self, upn: &str, left_out: bool, verdict: &mut Verdict) {
        let primaries: Vec<String> = self
            .record
            .texts("proxyAddresses")
            .iter()
            .filter_map(|value| value.strip_prefix("SMTP:"))
            .map(str::to_lowercase)
            .collect();
        let mail = self.record.text("mail").map(str::to_lowercase);
        if primaries.len() > 1 || primaries.first() != mail.as_ref() {
            let words = format!("{}, the primary address {primaries:?}", describe(mail.as_deref()));
            verdict.wrong.push(("mail", words));
            return;
        }
        let own_choice = match self.mailbox {
            true => {
                self.rule.primaries.is_empty() && mail.as_ref().is_some_and(|m| m == upn || self.is_moera(m))
            }
            false => false,
        };
        if self.rule.primaries.contains(&mail) || own_choice || left_out {
            return;
        }
        let permitted: Vec<String> = self.rule.primaries.iter().map(|p| describe(p.as_deref())).collect();
        let words = format!("{}, permitted {}", describe(mail.as_deref()), permitted.join(" or "));
        verdict.wrong.push(("mail", words));
    }
}

/// A provisioning error names an address with its prefix or without.
fn names_address(value: &str, address: &str) -> bool {
    value.to_lowercase().trim_start_matches("smtp:") == address
}

#[cfg(test)]
mod tests;
