//! Duplicates across objects and attributes: who holds a value too many, who should keep it, and what the
//! others should have instead.
//!
//! Works on the sorted records of [`super::index`] alone, so that a directory of any size will do; an object
//! is only looked at when it needs a new name. What comes out are [`Verdict`]s, which are applied to each
//! object on its own.

mod across;

use super::account::{ALIAS_MAX, USER_ACCOUNT_MAX, own_alias};
use super::index::{
    ENABLED, GROUP, HAS_UPN, Held, Key, MAILBOX, Marks, OWN, PRIMARY, RAW, SETTLED, Space, key, key_of,
};
use super::local::check_names;
use super::proxy::primary;
use super::sheet::{MAIL_NICKNAME, PROXY_ADDRESSES, SAM_ACCOUNT_NAME, Sheet, Slot, USER_PRINCIPAL_NAME};
use super::stream::{Blob, CheckError, Room, Sorted, Sorter};
use super::text::cut;
use super::verdicts::{Cross, Decision, NONE, Notes, Owner, Verdict, Verdicts, Why};
use super::{ObjectView, Settings};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Where an object can be looked at again.
pub(super) type Look<'a> = &'a dyn Fn(u32) -> Result<Cow<'a, ObjectView>, CheckError>;

// bits, each at the place of its attribute in `KEYED`
const PROXY: u8 = 0x01;
const MAIL: u8 = 0x02;
const ALIAS: u8 = 0x04;
const ACCOUNT: u8 = 0x08;
const TARGET: u8 = 0x10;
const UPN: u8 = 0x20;
const ANCHOR: u8 = 0x40;
const OTHER_PROXY: u8 = 0x80;

/// Highest number that is tried behind a name.
const NUMBER_MAX: u32 = 10_000_000;

/// What is to be said of every value that several objects hold.
pub(super) fn resolve<'a>(
    held: &'a Sorted<Held>,
    settings: &'a Settings,
    room: &Room,
    look: Look<'a>,
) -> Result<Verdicts, CheckError> {
    let mut resolver = Resolver {
        held,
        settings,
        look,
        claimed: BTreeSet::new(),
        verdicts: Sorter::new(room),
        notes: Notes(Blob::new(room)),
    };
    let mut reader = held.reader();
    let mut group: Vec<Card> = Vec::new();
    let mut current: Option<Key> = None;
    while let Some(record) = reader.next()? {
        if current != Some(record.key) {
            resolver.report(current, &group)?;
            group.clear();
            current = Some(record.key);
        }
        match group.last_mut() {
            Some(card) if card.object == record.object => card.add(record.marks),
            _ => group.push(Card::new(&record)),
        }
    }
    resolver.report(current, &group)?;
    Ok(Verdicts { sorted: resolver.verdicts.finish()?, notes: resolver.notes })
}

/// One object that holds the value at hand. Those of one value come with the eldest object first.
#[derive(Debug, Clone, Copy)]
struct Card {
    created: u64,
    object: u32,
    marks: Marks,
    /// In which attributes.
    slots: u8,
    /// In which attributes it stands as it is, not only once repaired.
    raw: u8,
}

impl Card {
    fn new(record: &Held) -> Card {
        let mut card =
            Card { created: record.created(), object: record.object, marks: record.marks, slots: 0, raw: 0 };
        card.add(record.marks);
        card
    }

    fn add(&mut self, marks: Marks) {
        self.slots |= 1 << marks.phase();
        if marks.has(RAW) {
            self.raw |= 1 << marks.phase();
        }
        self.marks = self.marks.with(marks);
    }

    fn holds(&self, slots: u8) -> bool {
        self.slots & slots != 0
    }

    fn is_raw(&self, slots: u8) -> bool {
        self.raw & slots != 0
    }

    fn is(&self, bits: u32) -> bool {
        self.marks.has(bits)
    }
}

type Criterion<'a> = &'a dyn Fn(&Card) -> bool;

/// The one whom the criteria single out, the first one first; none when two are alike. The reason is the
/// criterion at which the last rival falls behind.
fn owner<'c>(cards: impl Iterator<Item = &'c Card>, criteria: &[(Why, Criterion<'_>)]) -> Option<Owner> {
    let (mut best, mut second): (Option<(u32, u32)>, u32) = (None, 0);
    for card in cards {
        let score = criteria.iter().fold(0, |score, (_, criterion)| score << 1 | u32::from(criterion(card)));
        match best {
            Some((highest, _)) if score <= highest => second = second.max(score),
            _ => {
                second = best.map_or(0, |(highest, _)| highest);
                best = Some((score, card.object));
            }
        }
    }
    let (score, object) = best.filter(|(score, _)| *score != second)?;
    let bit = (score ^ second).ilog2() as usize;
    let (why, _) = criteria[criteria.len() - 1 - bit];
    Some(Owner { object, why })
}

struct Resolver<'a> {
    held: &'a Sorted<Held>,
    settings: &'a Settings,
    look: Look<'a>,
    /// Names that were given out.
    claimed: BTreeSet<Key>,
    verdicts: Sorter<Verdict>,
    notes: Notes,
}

impl Resolver<'_> {
    fn report(&mut self, key: Option<Key>, group: &[Card]) -> Result<(), CheckError> {
        let Some(key) = key.filter(|_| group.len() > 1) else { return Ok(()) };
        let slots = group[0].slots;
        match () {
            () if slots & (PROXY | MAIL | UPN) != 0 => self.report_addresses(key, group),
            () if slots & OTHER_PROXY != 0 => self.report_plain(key, group, OTHER_PROXY, Cross::OtherProxy),
            () if slots & TARGET != 0 => self.report_plain(key, group, TARGET, Cross::Target),
            () if slots & ALIAS != 0 => self.report_aliases(key, group),
            () if slots & ACCOUNT != 0 => self.report_accounts(key, group),
            () => self.report_anchors(key, group),
        }
    }

    fn verdict(
        &mut self,
        key: Key,
        card: &Card,
        slot: u8,
        cross: Cross,
        decision: Decision,
        note: u64,
    ) -> Result<(), CheckError> {
        let phase = slot.trailing_zeros() as u8;
        let object = card.object;
        self.verdicts.push(Verdict { object, phase, rule: cross as u8, decision, key, note, value: NONE })
    }

    fn report_plain(&mut self, key: Key, group: &[Card], slot: u8, cross: Cross) -> Result<(), CheckError> {
        let note = self.notes.holders(group.iter().map(|card| card.object), None)?;
        group.iter().try_for_each(|card| self.verdict(key, card, slot, cross, Decision::Left, note))
    }

    fn report_addresses(&mut self, key: Key, group: &[Card]) -> Result<(), CheckError> {
        if self.is_linked_pair(group)? {
            return Ok(());
        }
        let open = across::is_open(group);
        let count = |slot: u8| group.iter().filter(|card| card.holds(slot)).count();
        if count(UPN) > 1 {
            self.report_upns(key, group, open)?;
        }
        let proxy_owner = if count(PROXY) > 1 { self.report_proxies(key, group, open)? } else { None };
        // whoever loses the address no longer has it as the primary one
        let lost =
            |card: &Card| card.holds(PROXY) && proxy_owner.is_some_and(|owner| owner.object != card.object);
        let primary = |card: &Card| card.is(PRIMARY) && !lost(card);
        let mail_owner = if count(MAIL) > 1 { self.report_mails(key, group, &primary, open)? } else { None };
        self.report_crossed(key, group, mail_owner)?;
        let settled = |slot: u8| match slot {
            PROXY => proxy_owner.is_some(),
            MAIL => mail_owner.is_some(),
            _ => false,
        };
        self.report_kinds(key, group, &settled)
    }

    /// One attribute against another attribute of others. A mail is set right when its object has a primary
    /// address of its own; everything else needs a decision.
    fn report_crossed(
        &mut self,
        key: Key,
        group: &[Card],
        mail_owner: Option<Owner>,
    ) -> Result<(), CheckError> {
        let settled =
            |card: &Card| card.is(SETTLED) || mail_owner.is_some_and(|owner| owner.object != card.object);
        let mail = |card: &Card| card.holds(MAIL) && !card.holds(PROXY);
        let proxy = |card: &Card| card.holds(PROXY) && !card.holds(MAIL);
        self.report_cross(key, group, Cross::MailAndProxy, (&mail, MAIL), (&proxy, PROXY), &settled)?;
        let upn = |card: &Card| card.holds(UPN) && !card.holds(MAIL | PROXY);
        let mail = |card: &Card| card.holds(MAIL) && !card.holds(UPN);
        self.report_cross(key, group, Cross::UpnAndMail, (&upn, UPN), (&mail, MAIL), &|_| false)?;
        let proxy = |card: &Card| card.holds(PROXY) && !card.holds(UPN | MAIL);
        self.report_cross(key, group, Cross::UpnAndProxy, (&upn, UPN), (&proxy, PROXY), &|_| false)
    }

    fn report_cross(
        &mut self,
        key: Key,
        group: &[Card],
        cross: Cross,
        (one, slot): (Criterion<'_>, u8),
        (other, other_slot): (Criterion<'_>, u8),
        settled: Criterion<'_>,
    ) -> Result<(), CheckError> {
        let ones = || group.iter().filter(|card| one(card));
        let others = || group.iter().filter(|card| other(card));
        if ones().next().is_none() || others().next().is_none() {
            return Ok(());
        }
        let decision = |settled: bool| if settled { Decision::Settled } else { Decision::Left };
        let (of_ones, of_others) = (
            self.notes.holders(ones().map(|card| card.object), None)?,
            self.notes.holders(others().map(|card| card.object), None)?,
        );
        for card in ones() {
            self.verdict(key, card, slot, cross, decision(settled(card)), of_others)?;
        }
        let all = ones().all(settled);
        others().try_for_each(|card| self.verdict(key, card, other_slot, cross, decision(all), of_ones))
    }

    fn report_upns(&mut self, key: Key, group: &[Card], open: bool) -> Result<(), CheckError> {
        let holders = || group.iter().filter(|card| card.holds(UPN));
        let owner = owner(
            holders(),
            &[
                (Why::AsItStands, &|card| card.is_raw(UPN)),
                (Why::OwnAddress, &|card| card.holds(MAIL) || card.is(PRIMARY)),
                (Why::Enabled, &|card| card.is(ENABLED)),
                (Why::Mailbox, &|card| card.is(MAILBOX)),
            ],
        )
        .filter(|_| !open);
        let note = self.notes.holders(holders().map(|card| card.object), owner)?;
        let mut number = 2;
        for card in holders() {
            let name = |this: &mut Self| this.other_upn(key, card.object, &mut number);
            self.settle(key, card, UPN, Cross::Upn, owner, note, name)?;
        }
        Ok(())
    }

    /// One holder's verdict: undecided, kept as it is, or replaced by a new name.
    #[expect(clippy::too_many_arguments, reason = "one row of a verdict, written from two places")]
    fn settle(
        &mut self,
        key: Key,
        card: &Card,
        slot: u8,
        cross: Cross,
        owner: Option<Owner>,
        note: u64,
        name: impl FnOnce(&mut Self) -> Result<Option<String>, CheckError>,
    ) -> Result<(), CheckError> {
        let (decision, value) = match owner {
            None => (Decision::Open, NONE),
            Some(owner) if owner.object == card.object => (Decision::Keep, NONE),
            Some(_) => match name(self)? {
                Some(name) => (Decision::Replace, self.notes.text(&name)?),
                None => (Decision::Open, NONE),
            },
        };
        let phase = slot.trailing_zeros() as u8;
        let object = card.object;
        self.verdicts.push(Verdict { object, phase, rule: cross as u8, decision, key, note, value })
    }

    fn report_proxies(&mut self, key: Key, group: &[Card], open: bool) -> Result<Option<Owner>, CheckError> {
        let holders = || group.iter().filter(|card| card.holds(PROXY));
        let owner = owner(
            holders(),
            &[
                (Why::Upn, &|card| card.holds(UPN)),
                (Why::Mail, &|card| card.holds(MAIL)),
                (Why::Enabled, &|card| card.is(ENABLED)),
                (Why::Mailbox, &|card| card.is(MAILBOX)),
            ],
        )
        .filter(|_| !open);
        self.keep_or_drop(key, group, PROXY, owner, &|_| Cross::Proxy)?;
        Ok(owner)
    }

    fn report_mails(
        &mut self,
        key: Key,
        group: &[Card],
        primary: Criterion<'_>,
        open: bool,
    ) -> Result<Option<Owner>, CheckError> {
        let holders = || group.iter().filter(|card| card.holds(MAIL));
        let owner = owner(
            holders(),
            &[
                (Why::Upn, &|card| card.holds(UPN)),
                (Why::Primary, primary),
                (Why::Enabled, &|card| card.is(ENABLED)),
                (Why::Mailbox, &|card| card.is(MAILBOX)),
            ],
        )
        .filter(|_| !open);
        // where only white space tells two apart, that is what both have to hear
        let several = holders().filter(|card| card.is_raw(MAIL)).count() > 1;
        let rule = |card: &Card| match card.is_raw(MAIL) && several {
            true => Cross::Mail,
            false => Cross::RepairedMail,
        };
        self.keep_or_drop(key, group, MAIL, owner, &rule)?;
        Ok(owner)
    }

    fn keep_or_drop(
        &mut self,
        key: Key,
        group: &[Card],
        slot: u8,
        owner: Option<Owner>,
        rule: &dyn Fn(&Card) -> Cross,
    ) -> Result<(), CheckError> {
        let holders = || group.iter().filter(|card| card.holds(slot));
        let note = self.notes.holders(holders().map(|card| card.object), owner)?;
        for card in holders() {
            let decision = match owner {
                None => Decision::Open,
                Some(owner) if owner.object == card.object => Decision::Keep,
                Some(_) => Decision::Drop,
            };
            self.verdict(key, card, slot, rule(card), decision, note)?;
        }
        Ok(())
    }

    fn report_aliases(&mut self, key: Key, group: &[Card]) -> Result<(), CheckError> {
        let first = group[0].created;
        let owner = owner(
            group.iter(),
            &[
                (Why::AsItStands, &|card| card.is_raw(ALIAS)),
                (Why::OwnAlias, &|card| card.is(OWN)),
                (Why::Eldest, &|card| card.created == first),
            ],
        );
        let note = self.notes.holders(group.iter().map(|card| card.object), owner)?;
        let mut number = 2;
        for card in group {
            let name = |this: &mut Self| this.other_alias(key, card.object, &mut number);
            self.settle(key, card, ALIAS, Cross::Alias, owner, note, name)?;
        }
        Ok(())
    }

    /// Within one domain this cannot be; between domains and forests it can, and hurts only those who have no
    /// userPrincipalName. A name that only a repair made equal gets a number.
    /// What two groups are called in their domains meets nowhere in the cloud: built-in ones are called the same in
    /// every domain.
    fn report_accounts(&mut self, key: Key, group: &[Card]) -> Result<(), CheckError> {
        if group.iter().all(|card| card.is(GROUP)) {
            return Ok(());
        }
        let kept = group.iter().filter(|card| card.is_raw(ACCOUNT)).count();
        let note = self.notes.holders(group.iter().map(|card| card.object), None)?;
        let mut number = 2;
        for card in group {
            if card.is_raw(ACCOUNT) {
                let cross = if card.is(HAS_UPN) { Cross::AccountBesideUpn } else { Cross::Account };
                if kept > 1 {
                    self.verdict(key, card, ACCOUNT, cross, Decision::Left, note)?;
                }
                continue;
            }
            let text =
                self.with(card.object, |sheet, object| text_of(sheet, object, SAM_ACCOUNT_NAME, key))?;
            let Some(text) = text else { continue };
            if let Some(name) = self.numbered(Space::Account, &text, USER_ACCOUNT_MAX, &mut number)? {
                let value = self.notes.text(&name)?;
                let (object, phase) = (card.object, ACCOUNT.trailing_zeros() as u8);
                let (rule, decision) = (Cross::Account as u8, Decision::Rename);
                self.verdicts.push(Verdict { object, phase, rule, decision, key, note, value })?;
            }
        }
        Ok(())
    }

    /// Who has the anchor as the object's own objectGUID should keep it.
    fn report_anchors(&mut self, key: Key, group: &[Card]) -> Result<(), CheckError> {
        let written = |card: &&Card| card.is_raw(ANCHOR);
        if group.iter().filter(written).count() == 0 {
            return Ok(());
        }
        let owner = owner(group.iter(), &[(Why::ObjectGuid, &|card| card.is(OWN))]);
        let note = self.notes.holders(group.iter().map(|card| card.object), owner)?;
        let mut written = group.iter().filter(written);
        written.try_for_each(|card| self.verdict(key, card, ANCHOR, Cross::Anchor, Decision::Left, note))
    }

    /// Looks at an object again, with what its names would be when repaired.
    fn with<R>(&self, object: u32, what: impl FnOnce(&Sheet<'_>, u32) -> R) -> Result<R, CheckError> {
        let view = (self.look)(object)?;
        let mut sheet = Sheet::at(std::slice::from_ref(&*view), object);
        let mut domains = super::domains::Domains::new(self.settings);
        check_names(&mut sheet, object, &view, &mut domains);
        Ok(what(&sheet, object))
    }

    /// Whether any object holds it, or it was given out before.
    fn is_taken(&self, key: Key) -> Result<bool, CheckError> {
        if self.claimed.contains(&key) {
            return Ok(true);
        }
        Ok(self.held.seek(|held| held.key < key)?.next()?.is_some_and(|held| held.key == key))
    }

    /// Whether anybody but this object holds it, or it was given out before.
    fn is_anothers(&self, key: Key, object: u32) -> Result<bool, CheckError> {
        if self.claimed.contains(&key) {
            return Ok(true);
        }
        let mut holders = self.held.seek(|held| held.key < key)?;
        while let Some(held) = holders.next()?.filter(|held| held.key == key) {
            if held.object != object {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A free userPrincipalName: its primary address, else its account name, else a numbered one.
    fn other_upn(&mut self, key: Key, object: u32, number: &mut u32) -> Result<Option<String>, CheckError> {
        let found = self.with(object, |sheet, object| {
            let text = text_of(sheet, object, USER_PRINCIPAL_NAME, key)?;
            let primary = primary(sheet.current(object, PROXY_ADDRESSES)).map(str::to_owned);
            let account = sheet.current_first(object, SAM_ACCOUNT_NAME).map(str::to_owned);
            Some((text, primary, account))
        })?;
        let Some((text, primary, account)) = found else { return Ok(None) };
        let Some((local, domain)) = text.split_once('@') else { return Ok(None) };
        let address = |text: &str| Key::of(Space::Address, text);
        let mut chosen = None;
        if let Some(own) = primary
            && address(own.trim()) != key
            && !self.is_anothers(address(own.trim()), object)?
        {
            chosen = Some(own);
        }
        if let Some(account) = account.filter(|_| chosen.is_none()) {
            let candidate = format!("{account}@{domain}");
            if candidate.bytes().all(|b| b.is_ascii_graphic()) && !self.is_taken(address(&candidate))? {
                chosen = Some(candidate);
            }
        }
        while chosen.is_none() && *number < NUMBER_MAX {
            let candidate = format!("{local}{number}@{domain}");
            *number += 1;
            if !self.is_taken(address(&candidate))? {
                chosen = Some(candidate);
            }
        }
        self.claimed.extend(chosen.as_deref().map(address));
        Ok(chosen)
    }

    /// The local part of its own address if that is free, else a number behind the alias.
    fn other_alias(&mut self, key: Key, object: u32, number: &mut u32) -> Result<Option<String>, CheckError> {
        let found = self.with(object, |sheet, object| {
            Some((text_of(sheet, object, MAIL_NICKNAME, key)?, own_alias(sheet, object)))
        })?;
        let Some((text, own)) = found else { return Ok(None) };
        if let Some(own) = own
            && !self.is_taken(Key::of(Space::Alias, &own))?
        {
            self.claimed.insert(Key::of(Space::Alias, &own));
            return Ok(Some(own));
        }
        self.numbered(Space::Alias, &text, ALIAS_MAX, number)
    }

    /// The shared name with the next free number, cut so that it fits.
    fn numbered(
        &mut self,
        space: Space,
        text: &str,
        max: usize,
        number: &mut u32,
    ) -> Result<Option<String>, CheckError> {
        while *number < NUMBER_MAX {
            let digits = number.to_string();
            *number += 1;
            let candidate = format!("{}{digits}", cut(text, max - digits.len()));
            let key = Key::of(space, &candidate);
            if !self.is_taken(key)? {
                self.claimed.insert(key);
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }
}

/// The text that is compared of the value with this key, in lower case.
fn text_of(sheet: &Sheet<'_>, object: u32, slot: Slot, wanted: Key) -> Option<String> {
    let value = sheet.compared(object, slot).iter().find(|value| key_of(slot, value) == wanted)?;
    Some(key(slot, value).1.to_lowercase())
}
