//! Groups by themselves.

use super::super::bench::{Bench, Draft, Subject, Wanted, guid_texts};
use crate::population::Draw;

pub(super) fn not_universal(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let before = subject.one("groupType")?;
    let global = if subject.distribution { "2" } else { "-2147483646" };
    // an alias without an address would be no mail: another defect that takes the address away has no place here
    subject.one("mailNickname")?;
    subject.one("mail").and(subject.one("proxyAddresses"))?;
    let draft = Draft::value("groupType", global.to_owned(), vec![before.to_owned()]);
    Some(draft.note("a global group with mail"))
}

pub(super) fn unreachable(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (mail, name) = (subject.one("mail")?, subject.one("mailNickname")?);
    let x500 = format!("X500:/o=Contoso/ou=Exchange Administrative Group/cn=Recipients/cn={name}");
    let right = |attribute, values: Vec<String>| Wanted {
        subject: 0,
        attribute,
        any_of: vec![values],
        or_numbered: None,
    };
    let draft = Draft::default()
        .change(0, "mail", Vec::new())
        .change(0, "proxyAddresses", vec![x500])
        .accept_all(vec![
            right("mail", vec![mail.to_owned()]),
            right("proxyAddresses", subject.all("proxyAddresses").to_vec()),
        ]);
    Some(draft.note("an alias and an X500 address, neither mail nor an SMTP address"))
}

pub(super) fn empty(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let members = subject.links("member");
    (1..=500).contains(&members.len()).then(|| {
        Draft::values("member", Vec::new(), vec![guid_texts(members)]).accept_gone(0).note("nobody in it")
    })
}
