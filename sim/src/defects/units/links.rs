//! References: managers, owners, members.

use super::super::bench::{Addition, Below, Bench, Draft, Right, Subject, Wanted, guid_texts};
use crate::ids::{Guid, Sid};
use crate::population::Draw;

/// Largest group whose members a row of the ledger repeats.
const MEMBERS_MAX: usize = 2000;

fn wanted(subject: usize, attribute: &'static str, values: Vec<String>) -> Wanted {
    Wanted { subject, attribute, any_of: vec![values], or_numbered: None }
}

/// Members of a group of a size that a row can hold.
fn members(group: &Subject) -> Option<&[Guid]> {
    Some(group.links("member")).filter(|members| (1..=MEMBERS_MAX).contains(&members.len()))
}

fn and(members: &[Guid], more: Guid) -> Vec<String> {
    let mut texts = guid_texts(members);
    texts.push(more.to_string());
    texts
}

pub(super) fn manager(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let before = subject.links("manager").first()?;
    let leavers = &bench.crowd.leavers;
    let (target, note) = match leavers.is_empty() || draw.percent(40) {
        true => (subject.guid, "its own manager"),
        false => (*draw.pick(leavers), "a manager who left"),
    };
    if !subject.is_enabled() || target == *before {
        return None;
    }
    Some(Draft::links("manager", &[target], &[vec![*before]]).note(note))
}

pub(super) fn owner(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let before = subject.links("managedBy").first()?;
    let leavers = &bench.crowd.leavers;
    let (target, note) = match leavers.is_empty() || draw.percent(40) {
        true => (None, "no owner"),
        false => (Some(*draw.pick(leavers)), "an owner who left"),
    };
    let injected: Vec<Guid> = target.into_iter().collect();
    Some(Draft::links("managedBy", &injected, &[vec![*before]]).note(note))
}

/// Two groups without groups in them, each a member of the other: nothing else is on the circle.
pub(super) fn circle(bench: &Bench<'_>, [one, other]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let (first, second) = (members(one)?, members(other)?);
    let nested = |members: &[Guid]| members.iter().any(|member| bench.crowd.groups.contains(member));
    if nested(first) || nested(second) || one.one("groupType") != other.one("groupType") {
        return None;
    }
    let draft = Draft::default()
        .change(0, "member", and(first, other.guid))
        .change(1, "member", and(second, one.guid))
        .accept(0, "member", vec![guid_texts(first)])
        .accept(1, "member", vec![guid_texts(second)])
        .accept_all(vec![wanted(0, "member", guid_texts(first)), wanted(1, "member", guid_texts(second))]);
    Some(draft.note("two groups, each a member of the other"))
}

/// Everybody; where the tenant names a limit of its own, also contacts and mailboxes of rooms and teams, if all of
/// them are more than that. A group that gives licences is none: there leavers are a defect of their own.
pub(super) fn too_many(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let before = members(subject)?;
    let limit = bench.tenant.switches.get("group_member_limit").and_then(|limit| limit.parse().ok());
    let mut crowd = bench.crowd.people.clone();
    if limit.is_some() {
        crowd.extend(&bench.crowd.others);
    }
    let gives = bench.gives_licences(subject.one("cn")?);
    let note = format!("{} members", crowd.len());
    (crowd.len() > limit.unwrap_or(0).max(before.len()) && !gives)
        .then(|| Draft::links("member", &crowd, &[before.to_vec()]).note(note))
}

/// A service account, which nobody synchronizes.
pub(super) fn outside(_: &Bench<'_>, [group, service]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let before = members(group)?;
    let draft = Draft::values("member", and(before, service.guid), vec![guid_texts(before)]);
    Some(draft.note("a member that is not synchronized"))
}

/// An account of a domain that is not there.
pub(super) fn foreign(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let before = members(subject)?;
    let part = |draw: &mut Draw| 1_000_000 + draw.below(3_000_000_000) as u32;
    let sid = Sid::domain(part(draw), part(draw), part(draw)).with_rid(1000 + draw.below(9000) as u32);
    let principal = Addition {
        class: "foreignSecurityPrincipal",
        name: sid.to_string(),
        below: Below::Container("ForeignSecurityPrincipals"),
        attributes: vec![("objectSid", vec![sid.to_string()])],
    };
    let mut injected = guid_texts(before);
    injected.push(Draft::added(0));
    let mut draft = Draft::values("member", injected, vec![guid_texts(before)]).add(principal);
    let clean = wanted(0, "member", guid_texts(before));
    draft.outcomes.push(Right { wanted: vec![clean], gone: vec![1] });
    Some(draft.note("a foreign security principal of a domain that is not there"))
}

/// A member, but by the primary group only: Active Directory takes the member out of `member` then.
pub(super) fn primary_group(_: &Bench<'_>, [person, group]: [&Subject; 2], _: &mut Draw) -> Option<Draft> {
    let before = members(group).filter(|members| members.contains(&person.guid) && members.len() > 1)?;
    let sid = group.one("objectSid")?;
    let (_, rid) = sid.rsplit_once('-')?;
    let without: Vec<Guid> = before.iter().copied().filter(|member| *member != person.guid).collect();
    let primary = person.one("primaryGroupID")?.to_owned();
    let draft = Draft::default()
        .change(0, "primaryGroupID", vec![rid.to_owned()])
        .change(1, "member", guid_texts(&without))
        .accept_all(vec![
            wanted(0, "primaryGroupID", vec![primary]),
            wanted(1, "member", guid_texts(before)),
        ]);
    Some(draft.note("a member by the primary group only"))
}

/// A leaver in a group that gives licences: one that the tenant names, or any where it names none.
pub(super) fn licensed_leaver(
    bench: &Bench<'_>,
    [leaver, group]: [&Subject; 2],
    _: &mut Draw,
) -> Option<Draft> {
    let before = members(group)?;
    let gives = bench.tenant.license_groups.is_empty() || bench.gives_licences(group.one("cn")?);
    if leaver.is_enabled() || before.contains(&leaver.guid) || !gives {
        return None;
    }
    let mut draft = Draft::default().change(1, "member", and(before, leaver.guid)).accept(
        1,
        "member",
        vec![guid_texts(before)],
    );
    draft.watched.push((0, "userAccountControl"));
    Some(draft.note("a disabled account in a group that gives licences"))
}
