//! References: managers, owners, members.

use super::census::Settled;
use super::facts::{Facts, TargetClass, TargetFacts, dn_key};
use super::person::is_user;
use super::sheet::{Broken, MANAGED_BY, MANAGER, MEMBER, OBJECT_SID, OTHERS_MAX, PRIMARY_GROUP_ID, Sheet};
use super::skip::is_of_a_service;
use super::{ObjectView, Settings};

/// Members outside the scope that are named one by one.
const NAMED_MAX: usize = 100;
/// Domain Users, Domain Guests, Domain Computers, Domain Controllers, read-only domain controllers: the primary
/// groups that accounts are born with, none of which is synchronized.
const BORN_WITH: [&str; 5] = ["513", "514", "515", "516", "521"];

/// What is synchronized.
pub(super) struct Scope {
    /// Containers with a comma before them, without white space after commas.
    containers: Vec<String>,
}

impl Scope {
    pub(super) fn new(settings: &Settings) -> Scope {
        let tidy = |dn: &String| {
            let parts: Vec<&str> = dn.split(',').map(str::trim).collect();
            format!(",{}", parts.join(","))
        };
        Scope { containers: settings.scope.iter().map(tidy).collect() }
    }

    /// The scope is known, and this object does not lie in it.
    fn leaves_out(&self, dn: &str) -> bool {
        let below = |container: &String| {
            let start = dn.len().checked_sub(container.len());
            start.and_then(|start| dn.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(container))
                || dn.eq_ignore_ascii_case(&container[1..])
        };
        !self.containers.is_empty() && !self.containers.iter().any(below)
    }
}

/// What rules look at beside the object.
pub(super) struct Surroundings<'a> {
    pub(super) facts: &'a Facts,
    pub(super) settled: &'a Settled,
    pub(super) settings: &'a Settings,
    pub(super) scope: &'a Scope,
}

pub(super) fn check_links(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, around: &Surroundings<'_>) {
    if view.class == "group" {
        if !is_of_a_service(view) {
            check_owner(sheet, object, view, around);
        }
        check_members(sheet, object, view, around);
    } else if is_user(view) {
        check_manager(sheet, object, view, around);
        check_primary_group(sheet, object, view, around);
    }
}

fn is_gone(target: Option<TargetFacts>) -> bool {
    target.is_some_and(|target| target.class == TargetClass::User && !target.enabled)
}

fn check_manager(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, around: &Surroundings<'_>) {
    let Some(manager) = view.slot(MANAGER).first() else { return };
    let key = dn_key(manager);
    let target = around.facts.of_key(key);
    let reason = if target.is_some_and(|t| t.object == object) || key == dn_key(&view.dn) {
        "its own manager"
    } else if is_gone(target) {
        "the manager's account is disabled"
    } else if around.scope.leaves_out(manager) {
        "the manager is not synchronized"
    } else {
        return;
    };
    let mut broken = Broken::error("GA14", reason).of(manager).decided(false);
    broken.others = target.map(|t| t.object).filter(|target| *target != object).into_iter().collect();
    sheet.row(object, MANAGER).broken.push(broken);
}

fn check_owner(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, around: &Surroundings<'_>) {
    let Some(owner) = view.slot(MANAGED_BY).first() else {
        // where no object has an owner, the attribute was not read
        if around.settled.has_seen(MANAGED_BY) {
            let broken = Broken::warning("GR11", "nobody owns the group").decided(false);
            sheet.row(object, MANAGED_BY).broken.push(broken);
        }
        return;
    };
    let target = around.facts.of_dn(owner);
    if is_gone(target) {
        let mut broken = Broken::warning("GR11", "the owner's account is disabled").of(owner).decided(false);
        broken.others = target.map(|target| target.object).into_iter().collect();
        sheet.row(object, MANAGED_BY).broken.push(broken);
    }
}

fn check_members(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, around: &Surroundings<'_>) {
    let members = view.slot(MEMBER);
    let mut broken = Vec::new();
    if members.is_empty() && around.settled.has_seen(MEMBER) && !is_of_a_service(view) {
        broken.push(Broken::warning("GR08", "nobody is in the group").decided(false));
    }
    if let Some(max) = around.settings.max_group_members.filter(|max| members.len() > *max) {
        let reason = format!("{} members; {max} is the most that is synchronized", members.len());
        broken.push(Broken::error("GR02", reason).decided(false));
    }
    let outside = members.iter().filter(|member| around.scope.leaves_out(member));
    for member in outside.take(NAMED_MAX) {
        let (rule, reason) = match is_foreign_principal(member) {
            true => ("GR04", "a foreign security principal that is not synchronized"),
            false => ("GR03", "a member that is not synchronized"),
        };
        broken.push(Broken::error(rule, reason).of(member).decided(false));
    }
    let circle = around.settled.circle_of(object);
    if !circle.is_empty() {
        // which nesting to end is for a person to say
        let on_circle = |dn: &&String| {
            let member = around.facts.of_dn(dn).map(|target| target.object);
            member.is_some_and(|member| circle.iter().any(|(_, to)| *to == member))
        };
        let reason = "a member of one of its own members";
        let mut nested = Broken::warning("GR01", reason).decided(false);
        nested.value = members.iter().find(on_circle).cloned();
        let others = circle.iter().map(|(_, member)| *member).filter(|member| *member != object);
        nested.others = others.take(OTHERS_MAX).collect();
        broken.push(nested);
    }
    if !broken.is_empty() {
        sheet.row(object, MEMBER).broken.extend(broken);
    }
}

/// An account of a domain elsewhere. Well-known identities (Authenticated Users) lie there too and are none.
fn is_foreign_principal(dn: &str) -> bool {
    let Some((name, rest)) = dn.split_once(',') else { return false };
    let starts = |text: &str, start: &str| {
        text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
    };
    starts(name, "CN=S-1-5-21-") && starts(rest.trim_start(), "CN=ForeignSecurityPrincipals,")
}

/// Synchronization reads `member`, where the members of a primary group do not stand.
fn check_primary_group(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, around: &Surroundings<'_>) {
    let Some(rid) = view.slot(PRIMARY_GROUP_ID).first() else { return };
    if BORN_WITH.contains(&rid.as_str()) {
        return;
    }
    let Some((domain, _)) = view.slot(OBJECT_SID).first().and_then(|sid| sid.rsplit_once('-')) else {
        return;
    };
    // the system's own groups are not among these, and not synchronized either
    let Some(group) = around.settled.group_of_sid(&format!("{domain}-{rid}")) else { return };
    let reason = "a member by the primary group only, which synchronization does not read";
    let mut broken = Broken::warning("GR05", reason).of(rid).decided(false);
    broken.others = vec![group];
    sheet.row(object, PRIMARY_GROUP_ID).broken.push(broken);
}

#[cfg(test)]
mod tests;
