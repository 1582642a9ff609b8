//! One address on objects of different classes or of different forests: who it is matters more than which
//! attribute holds it.

use super::{Card, MAIL, PROXY, Resolver, UPN};
use crate::rules::ObjectView;
use crate::rules::index::{ALONE, CONTACT, GROUP, Key, LINKED};
use crate::rules::sheet::{MASTER_ACCOUNT_SID, OBJECT_SID};
use crate::rules::stream::CheckError;
use crate::rules::verdicts::{Cross, Decision};

fn is_account(card: &Card) -> bool {
    !card.is(CONTACT) && !card.is(GROUP)
}

/// Accounts of several forests are among these: probably one person, whom no rule takes an address from.
fn spans_forests(group: &[Card]) -> bool {
    let mut forests = group.iter().filter(|card| is_account(card)).map(|card| card.marks.forest());
    let first = forests.next();
    forests.any(|forest| Some(forest) != first)
}

/// A contact that has no address but this one, which is an account's: it is the account once more. To delete
/// it is the repair, which no value of an attribute says.
fn is_copy(card: &Card, group: &[Card]) -> bool {
    card.is(CONTACT) && card.is(ALONE) && group.iter().any(is_account)
}

/// No rule singles out who keeps the address.
pub(super) fn is_open(group: &[Card]) -> bool {
    spans_forests(group) || group.iter().any(|card| is_copy(card, group))
}

/// The attributes of a holder, each once.
fn slots(card: &Card) -> impl Iterator<Item = u8> {
    [MAIL, PROXY, UPN].into_iter().filter(|slot| card.holds(*slot))
}

impl Resolver<'_> {
    /// A linked mailbox and the account that it belongs to: one person by design.
    pub(super) fn is_linked_pair(&self, group: &[Card]) -> Result<bool, CheckError> {
        let [one, other] = group else { return Ok(false) };
        if !is_account(one) || !is_account(other) || one.is(LINKED) == other.is(LINKED) {
            return Ok(false);
        }
        let (mailbox, account) = if one.is(LINKED) { (one, other) } else { (other, one) };
        let first = |view: &ObjectView, slot| view.slot(slot).first().cloned();
        let master = first(&*(self.look)(mailbox.object)?, MASTER_ACCOUNT_SID);
        Ok(master.is_some() && master == first(&*(self.look)(account.object)?, OBJECT_SID))
    }

    /// Says what kinds of objects share the address, with the repair of the rules before: `settled` tells
    /// whether one of them named who keeps it in an attribute.
    pub(super) fn report_kinds(
        &mut self,
        key: Key,
        group: &[Card],
        settled: &dyn Fn(u8) -> bool,
    ) -> Result<(), CheckError> {
        let accounts = || group.iter().filter(|card| is_account(card));
        if accounts().next().is_none() {
            return Ok(());
        }
        if spans_forests(group) {
            let note = self.notes.holders(accounts().map(|card| card.object), None)?;
            for card in accounts() {
                let slot = slots(card).next().unwrap_or(MAIL);
                self.verdict(key, card, slot, Cross::OtherForest, Decision::Left, note)?;
            }
        }
        let decision = |slot: u8| if settled(slot) { Decision::Settled } else { Decision::Left };
        let of_accounts = self.notes.holders(accounts().map(|card| card.object), None)?;
        let groups = || group.iter().filter(|card| card.is(GROUP));
        if groups().next().is_some() {
            let of_groups = self.notes.holders(groups().map(|card| card.object), None)?;
            // the clash is where both have it; what follows from that elsewhere is not said again
            let held = |cards: &mut dyn Iterator<Item = &Card>| cards.fold(0, |all, card| all | card.slots);
            let common = held(&mut accounts()) & held(&mut groups());
            let both =
                accounts().map(|card| (card, of_groups)).chain(groups().map(|card| (card, of_accounts)));
            for (card, note) in both {
                let clashing = slots(card).filter(|slot| common & slot != 0 || common == 0);
                for slot in clashing.take(if common == 0 { 1 } else { usize::MAX }) {
                    self.verdict(key, card, slot, Cross::AccountAndGroup, decision(slot), note)?;
                }
            }
        }
        for card in group.iter().filter(|card| card.is(CONTACT)) {
            if card.holds(MAIL) {
                self.verdict(key, card, MAIL, Cross::ContactMail, decision(MAIL), of_accounts)?;
            }
            let slot = if card.holds(PROXY) { PROXY } else { MAIL };
            self.verdict(key, card, slot, Cross::ContactAddress, decision(slot), of_accounts)?;
        }
        Ok(())
    }
}
