//! Duplicates across objects and attributes: who holds a value too many, who should keep it, and what the
//! others should have instead.

use super::account::{ALIAS_MAX, USER_ACCOUNT_MAX, own_alias};
use super::index::{Held, Index, Space, key};
use super::proxy::{primary, promote, smtp};
use super::sheet::{
    Broken, MAIL, MAIL_NICKNAME, PROXY_ADDRESSES, SAM_ACCOUNT_NAME, Sheet, Slot, TARGET_ADDRESS,
    USER_PRINCIPAL_NAME,
};
use super::text::cut;
use super::{ObjectView, Severity};

pub(super) fn check_duplicates(sheet: &mut Sheet<'_>, skipped: &[bool]) {
    let mut index = Index::build(sheet, skipped);
    let runs: Vec<Vec<Held>> = index.shared().map(<[Held]>::to_vec).collect();
    for run in runs {
        // equal hashes are equal values, but for an accident that costs one comparison to exclude
        let mut groups: Vec<(String, Space, Vec<Held>)> = Vec::new();
        for held in run {
            let value = &sheet.compared(held.object, held.slot)[usize::from(held.nth)];
            let (space, text) = key(held.slot, value);
            let text = text.to_lowercase();
            match groups.iter_mut().find(|(known, s, _)| *known == text && *s == space) {
                Some((_, _, group)) => group.push(held),
                None => groups.push((text, space, vec![held])),
            }
        }
        for (text, space, group) in groups {
            if group.iter().any(|held| held.object != group[0].object) {
                let mut shared = Shared { text, group, sheet, index: &mut index };
                shared.report(space);
            }
        }
    }
}

/// One value that several objects hold.
struct Shared<'a, 'b> {
    text: String,
    group: Vec<Held>,
    sheet: &'a mut Sheet<'b>,
    index: &'a mut Index,
}

impl Shared<'_, '_> {
    fn report(&mut self, space: Space) {
        match space {
            Space::Address => self.report_addresses(),
            Space::OtherProxy => {
                self.report_plain(PROXY_ADDRESSES, "PA27", "another object has this address")
            }
            Space::Target => {
                self.report_plain(TARGET_ADDRESS, "TA06", "another object has this targetAddress")
            }
            Space::Alias => self.report_aliases(),
            Space::Account => self.report_accounts(),
        }
    }

    /// The objects that hold the value in this attribute, ascending.
    fn holders(&self, slot: Slot) -> Vec<u32> {
        let mut holders: Vec<u32> = self.group.iter().filter(|h| h.slot == slot).map(|h| h.object).collect();
        holders.dedup();
        holders
    }

    fn view(&self, object: u32) -> &ObjectView {
        &self.sheet.objects[object as usize]
    }

    /// The value as this object really holds it; none when only its repaired form is the duplicate.
    fn raw(&self, object: u32, slot: Slot) -> Option<String> {
        let held = |value: &&String| key(slot, value).1.to_lowercase() == self.text;
        self.sheet.original(object, slot).iter().find(held).cloned()
    }

    fn push(&mut self, object: u32, slot: Slot, mut broken: Broken, holders: &[u32]) {
        broken.value = self.raw(object, slot).or_else(|| self.sheet.original(object, slot).first().cloned());
        broken.others = holders.iter().copied().filter(|other| *other != object).collect();
        self.sheet.row(object, slot).broken.push(broken);
    }

    fn report_plain(&mut self, slot: Slot, rule: &'static str, reason: &str) {
        let holders = self.holders(slot);
        for object in holders.clone() {
            self.push(object, slot, Broken::error(rule, reason).decided(false), &holders);
        }
    }

    /// Narrows the holders by one criterion after the other until one is left.
    fn owner(&self, holders: &[u32], criteria: &[&dyn Fn(u32) -> bool]) -> Option<u32> {
        let mut left = holders.to_vec();
        for criterion in criteria {
            let fitting: Vec<u32> = left.iter().copied().filter(|object| criterion(*object)).collect();
            if !fitting.is_empty() {
                left = fitting;
            }
            if let [owner] = left[..] {
                return Some(owner);
            }
        }
        None
    }

    fn holds(&self, object: u32, slot: Slot) -> bool {
        self.group.iter().any(|held| held.object == object && held.slot == slot)
    }

    fn is_primary(&self, object: u32) -> bool {
        primary(self.sheet.current(object, PROXY_ADDRESSES))
            .is_some_and(|address| address.to_lowercase() == self.text)
    }

    fn report_addresses(&mut self) {
        let (mails, proxies, upns) =
            (self.holders(MAIL), self.holders(PROXY_ADDRESSES), self.holders(USER_PRINCIPAL_NAME));
        if upns.len() > 1 {
            self.report_upns(&upns);
        }
        if proxies.len() > 1 {
            self.report_proxies(&proxies);
        }
        if mails.len() > 1 {
            self.report_mails(&mails);
        }
        for mail in mails.iter().copied().filter(|m| !proxies.contains(m)) {
            let others: Vec<u32> =
                proxies.iter().copied().filter(|p| *p != mail && !mails.contains(p)).collect();
            self.report_cross("XD01", mail, MAIL, &others, PROXY_ADDRESSES);
        }
        for upn in upns.iter().copied().filter(|u| !mails.contains(u) && !proxies.contains(u)) {
            let others: Vec<u32> = mails.iter().copied().filter(|m| !upns.contains(m)).collect();
            self.report_cross("XD02", upn, USER_PRINCIPAL_NAME, &others, MAIL);
            let others: Vec<u32> =
                proxies.iter().copied().filter(|p| !upns.contains(p) && !mails.contains(p)).collect();
            self.report_cross("XD03", upn, USER_PRINCIPAL_NAME, &others, PROXY_ADDRESSES);
        }
    }

    /// One object's attribute against another attribute of others. The first one's mail is set right when it
    /// has a primary address of its own; everything else needs a decision.
    fn report_cross(&mut self, rule: &'static str, one: u32, slot: Slot, others: &[u32], other_slot: Slot) {
        if others.is_empty() {
            return;
        }
        let settled = slot == MAIL
            && self
                .sheet
                .current_first(one, MAIL)
                .map(str::to_lowercase)
                .is_some_and(|mail| mail != self.text);
        let holders: Vec<u32> = others.iter().copied().chain([one]).collect();
        let reason = "another object has this address in another attribute";
        self.push(one, slot, Broken::error(rule, reason).decided(settled), &holders);
        for other in others {
            self.push(*other, other_slot, Broken::error(rule, reason).decided(settled), &[one]);
        }
    }

    fn report_upns(&mut self, holders: &[u32]) {
        let owner = {
            let own_address = |object: u32| self.holds(object, MAIL) || self.is_primary(object);
            let raw = |object: u32| self.raw(object, USER_PRINCIPAL_NAME).is_some();
            let enabled = |object: u32| self.view(object).is_enabled();
            let mailbox = |object: u32| self.view(object).has_mailbox();
            self.owner(holders, &[&raw, &own_address, &enabled, &mailbox])
        };
        for object in holders.iter().copied() {
            let replacement = owner.and_then(|owner| self.keep_or(owner, object, Self::other_upn));
            let reason = "another account has this userPrincipalName";
            self.settle(object, USER_PRINCIPAL_NAME, "UP18", reason, holders, owner, replacement);
        }
    }

    /// The values that the owner keeps, or what another holder gets.
    fn keep_or(
        &mut self,
        owner: u32,
        object: u32,
        other: fn(&mut Self, u32) -> Option<Vec<String>>,
    ) -> Option<Option<Vec<String>>> {
        if owner == object { Some(None) } else { other(self, object).map(Some) }
    }

    /// Writes one holder's finding: undecided, kept as it is, or replaced.
    #[expect(clippy::too_many_arguments, reason = "one row of a finding, written from one place each")]
    fn settle(
        &mut self,
        object: u32,
        slot: Slot,
        rule: &'static str,
        reason: &str,
        holders: &[u32],
        owner: Option<u32>,
        replacement: Option<Option<Vec<String>>>,
    ) {
        if replacement.is_none() && self.raw(object, slot).is_none() {
            // its own repair is what makes the duplicate: not to be applied as it stands
            self.sheet.withdraw(object, slot);
        }
        let mut broken = Broken::error(rule, reason).decided(replacement.is_some());
        broken.owner = owner;
        self.push(object, slot, broken, holders);
        if let Some(Some(values)) = replacement {
            self.sheet.row(object, slot).repaired = values;
        }
    }

    /// A free userPrincipalName: its primary address, else its account name, else a numbered one.
    fn other_upn(&mut self, object: u32) -> Option<Vec<String>> {
        let (local, domain) = self.text.split_once('@')?;
        let primary = primary(self.sheet.current(object, PROXY_ADDRESSES)).map(str::to_owned);
        let account =
            self.sheet.current_first(object, SAM_ACCOUNT_NAME).map(|name| format!("{name}@{domain}"));
        // its own primary address is in the index because it holds it itself
        let own = primary.filter(|address| address.to_lowercase() != self.text);
        let free = |candidate: &String| !self.index.is_taken(Space::Address, candidate);
        let plain = |candidate: &String| candidate.bytes().all(|b| b.is_ascii_graphic());
        let chosen = own.or_else(|| account.filter(plain).filter(free)).or_else(|| {
            (2..1000).map(|n| format!("{local}{n}@{domain}")).find(|candidate| free(candidate))
        })?;
        self.index.claim(Space::Address, &chosen);
        Some(vec![chosen])
    }

    fn report_proxies(&mut self, holders: &[u32]) {
        let owner = {
            let upn = |object: u32| self.holds(object, USER_PRINCIPAL_NAME);
            let mail = |object: u32| self.holds(object, MAIL);
            let enabled = |object: u32| self.view(object).is_enabled();
            let mailbox = |object: u32| self.view(object).has_mailbox();
            self.owner(holders, &[&upn, &mail, &enabled, &mailbox])
        };
        for object in holders.iter().copied() {
            let replacement = owner.and_then(|owner| self.keep_or(owner, object, Self::without_address));
            self.settle(
                object,
                PROXY_ADDRESSES,
                "PA26",
                "another object has this address",
                holders,
                owner,
                replacement,
            );
        }
    }

    fn without_address(&mut self, object: u32) -> Option<Vec<String>> {
        let mut values = self.sheet.current(object, PROXY_ADDRESSES).to_vec();
        values.retain(|value| smtp(value).is_none_or(|(address, _)| address.to_lowercase() != self.text));
        if primary(&values).is_none() {
            promote(self.view(object), &mut values);
        }
        Some(values)
    }

    fn report_mails(&mut self, holders: &[u32]) {
        let owner = {
            let upn = |object: u32| self.holds(object, USER_PRINCIPAL_NAME);
            let own = |object: u32| self.is_primary(object);
            let enabled = |object: u32| self.view(object).is_enabled();
            let mailbox = |object: u32| self.view(object).has_mailbox();
            self.owner(holders, &[&upn, &own, &enabled, &mailbox])
        };
        let as_it_is = |object: u32| {
            self.sheet.original(object, MAIL).first().is_some_and(|mail| mail.to_lowercase() == self.text)
        };
        let plain: Vec<bool> = holders.iter().map(|object| as_it_is(*object)).collect();
        // where only white space tells two apart, that is what both have to hear
        let several = plain.iter().filter(|plain| **plain).count() > 1;
        for (object, plain) in holders.iter().copied().zip(plain) {
            let rule = if plain && several { "ML01" } else { "ML02" };
            let replacement = owner.and_then(|owner| self.keep_or(owner, object, Self::other_mail));
            self.settle(object, MAIL, rule, "another object has this mail", holders, owner, replacement);
        }
    }

    /// Its own primary address, else none.
    fn other_mail(&mut self, object: u32) -> Option<Vec<String>> {
        let primary = primary(self.sheet.current(object, PROXY_ADDRESSES));
        Some(primary.filter(|p| p.to_lowercase() != self.text).map(str::to_owned).into_iter().collect())
    }

    fn report_aliases(&mut self) {
        let holders = self.holders(MAIL_NICKNAME);
        let owner = {
            let raw = |object: u32| self.raw(object, MAIL_NICKNAME).is_some();
            let own =
                |object: u32| own_alias(self.sheet, object).is_some_and(|a| a.to_lowercase() == self.text);
            let created = |object: u32| self.view(object).first("whenCreated").unwrap_or("~").to_owned();
            let first = holders.iter().map(|object| created(*object)).min().unwrap_or_default();
            let eldest = |object: u32| created(object) == first;
            self.owner(&holders, &[&raw, &own, &eldest])
        };
        for object in holders.clone() {
            let replacement = owner.and_then(|owner| self.keep_or(owner, object, Self::other_alias));
            let reason = "another object has this alias";
            self.settle(object, MAIL_NICKNAME, "MN09", reason, &holders, owner, replacement);
        }
    }

    fn other_alias(&mut self, object: u32) -> Option<Vec<String>> {
        let own = own_alias(self.sheet, object).filter(|alias| !self.index.is_taken(Space::Alias, alias));
        let chosen = own.or_else(|| self.numbered(Space::Alias, ALIAS_MAX))?;
        self.index.claim(Space::Alias, &chosen);
        Some(vec![chosen])
    }

    /// The shared name with the first free number, cut so that it fits.
    fn numbered(&self, space: Space, max: usize) -> Option<String> {
        (2..1000)
            .map(|n: u32| {
                let number = n.to_string();
                format!("{}{number}", cut(&self.text, max - number.len()))
            })
            .find(|candidate| !self.index.is_taken(space, candidate))
    }

    /// Within one domain this cannot be; between domains and forests it can, and hurts only those who have no
    /// userPrincipalName. A name that only a repair made equal gets a number.
    fn report_accounts(&mut self) {
        let holders = self.holders(SAM_ACCOUNT_NAME);
        let kept = holders.iter().filter(|o| self.raw(**o, SAM_ACCOUNT_NAME).is_some()).count();
        for object in holders.clone() {
            let repaired = self.raw(object, SAM_ACCOUNT_NAME).is_none();
            if repaired {
                if let Some(name) = self.numbered(Space::Account, USER_ACCOUNT_MAX) {
                    self.index.claim(Space::Account, &name);
                    self.sheet.row(object, SAM_ACCOUNT_NAME).repaired = vec![name];
                }
            } else if kept > 1 {
                let upn = self.view(object).first("userPrincipalName").is_some();
                let severity = if upn { Severity::Warning } else { Severity::Error };
                let reason = "another account has this sAMAccountName";
                let broken = Broken::new("SA08", severity, reason).decided(false);
                self.push(object, SAM_ACCOUNT_NAME, broken, &holders);
            }
        }
    }
}
