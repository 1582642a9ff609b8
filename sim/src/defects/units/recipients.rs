//! Accounts and contacts as recipients.

use super::super::bench::{Addition, Below, Bench, Draft, Subject, Wanted};
use crate::ids::Sid;
use crate::population::Draw;

const HIDE: &str = "msExchHideFromAddressLists";
const KIND: &str = "msExchRecipientTypeDetails";
const FLAGS: &str = "userAccountControl";

fn right(attribute: &'static str, any_of: Vec<Vec<String>>) -> Wanted {
    Wanted { subject: 0, attribute, any_of, or_numbered: None }
}

/// userAccountControl with the account enabled, or disabled.
fn flags(subject: &Subject, disabled: bool) -> Option<String> {
    let flags: i64 = subject.one(FLAGS)?.parse().ok()?;
    Some(if disabled { flags | 2 } else { flags & !2 }.to_string())
}

pub(super) fn contact_without(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let mail = subject.one("mail")?;
    let accepted = vec![vec![format!("SMTP:{mail}")], subject.all("proxyAddresses").to_vec()];
    Some(Draft::values("proxyAddresses", Vec::new(), accepted).note("removed"))
}

/// A linked mailbox: its account is disabled, and belongs to an account of a forest that is not there.
pub(super) fn linked(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (kind, before) = (subject.one(KIND).filter(|kind| *kind == "1")?, subject.one(FLAGS)?);
    if bench.crowd.leaders.contains(&subject.guid) || !subject.is_enabled() {
        return None;
    }
    let part = |draw: &mut Draw| 1_000_000 + draw.below(3_000_000_000) as u32;
    let sid = Sid::domain(part(draw), part(draw), part(draw)).with_rid(1100 + draw.below(5000) as u32);
    let draft = Draft::default()
        .change(0, KIND, vec!["2".to_owned()])
        .change(0, FLAGS, vec![flags(subject, true)?])
        .change(0, "msExchMasterAccountSid", vec![sid.to_string()])
        .accept_all(vec![
            right(KIND, vec![vec![kind.to_owned()]]),
            right(FLAGS, vec![vec![before.to_owned()]]),
            right("msExchMasterAccountSid", vec![Vec::new()]),
        ]);
    Some(draft.note("a linked mailbox of an account that is not there"))
}

pub(super) fn room_that_logs_on(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let before = subject.one(FLAGS).filter(|_| !subject.is_enabled())?;
    let mut draft = Draft::value(FLAGS, flags(subject, false)?, vec![before.to_owned()]);
    draft.watched.push((0, KIND));
    Some(draft.note("a room's or shared mailbox's account is enabled"))
}

pub(super) fn hidden(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    if !subject.is_enabled() || subject.one(HIDE).is_some() || subject.one(KIND) != Some("1") {
        return None;
    }
    let accepted = vec![Vec::new(), vec!["FALSE".to_owned()]];
    let draft = Draft::values(HIDE, vec!["TRUE".to_owned()], accepted);
    let disabled = flags(subject, true)?;
    Some(draft.accept(0, FLAGS, vec![vec![disabled]]).note("hidden, but enabled"))
}

pub(super) fn hidden_without_alias(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let alias = subject.one("mailNickname")?;
    let (_, primary) = subject.primary()?;
    if subject.one(HIDE) != Some("TRUE") || primary.split('@').next() != Some(alias) {
        return None;
    }
    let mut draft = Draft::values("mailNickname", Vec::new(), vec![vec![alias.to_owned()]]);
    draft.watched.push((0, HIDE));
    Some(draft.note("hidden, and the alias removed"))
}

pub(super) fn must_change_password(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let before = subject.one("pwdLastSet").filter(|set| *set != "0" && subject.is_enabled())?;
    let draft = Draft::value("pwdLastSet", "0".to_owned(), vec![before.to_owned()]);
    Some(draft.note("must change the password at the next logon"))
}

/// 100-nanosecond intervals of a day.
const DAY: i64 = 864_000_000_000;

pub(super) fn stale(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let before = subject.one("lastLogonTimestamp").filter(|_| subject.is_enabled())?;
    let last: i64 = before.parse().ok()?;
    let days = 200 + draw.below(500) as i64;
    let since = last - days * DAY;
    let draft = Draft::value("lastLogonTimestamp", since.to_string(), vec![before.to_owned()]);
    // who logs on again, or is disabled, is no longer stale
    let draft = draft.accept(0, FLAGS, vec![vec![flags(subject, true)?]]);
    (since > subject.created.filetime()).then(|| draft.note(format!("no logon for {days} days")))
}

pub(super) fn long_extension(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let attribute = *draw.pick(&["extensionAttribute3", "extensionAttribute7", "extensionAttribute15"]);
    subject.one("mailNickname")?;
    let before = subject.all(attribute).to_vec();
    let long = "cost centre 4711; ".repeat(20);
    let first: String = long.chars().take(250).collect();
    let accepted = vec![before, vec![first]];
    Some(Draft::values(attribute, vec![long.trim().to_owned()], accepted).note("more than 250 characters"))
}

/// What is left when two domain controllers make the same person at the same time.
pub(super) fn conflict(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let cn = subject.one("cn").filter(|cn| cn.len() < 24)?;
    let digits: String = (0..32).map(|_| char::from(b"0123456789abcdef"[draw.below(16)])).collect();
    let guid = format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    );
    let name = format!("{cn}\nCNF:{guid}");
    let account = format!("$DUPLICATE-{}", &digits[..6]);
    if !bench.is_free('s', &account) {
        return None;
    }
    let text = |value: &str| vec![value.to_owned()];
    let loser = Addition {
        class: "user",
        name: name.clone(),
        below: Below::Beside(0),
        attributes: vec![
            ("cn", text(&name)),
            ("displayName", text(subject.one("displayName")?)),
            ("sAMAccountName", text(&account)),
            ("userAccountControl", text("514")),
        ],
    };
    let mut draft = Draft::default().add(loser).accept_gone(1);
    draft.note = "the loser of a replication conflict".to_owned();
    Some(draft)
}
