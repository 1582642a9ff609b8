//! What administrators have planned, as tools are told it: names of the specification become distinguished names.

use crate::Error;
use crate::tool::{EstatePlan, LicensePlan, LicensePlanRow, PlanAudience};
use forestbed_sim::directory::{Directory, Entry, attr};
use forestbed_sim::fault::glob;
use forestbed_sim::oracle::Switches;
use forestbed_sim::world::World;

/// The plan of an estate that has just grown.
///
/// # Errors
/// When a container that is left out of synchronization is not there.
pub(super) fn plan_of(world: &World) -> Result<EstatePlan, Error> {
    let tenant = &world.spec.tenant;
    let switches = Switches::of(&tenant.profile, &tenant.switches).unwrap_or_default();
    let domains =
        || (0..world.domains().len()).map(|domain| (&world.domains()[domain], world.directory(domain)));
    let rows = LicensePlan::from_rows(&tenant.license_plan).rows;
    let accounts: Vec<String> = rows.iter().filter_map(group_of).collect();
    let mut plan = EstatePlan {
        format: 1,
        max_group_members: switches.number("group_member_limit"),
        licensed: rows
            .into_iter()
            .map(|row| row.to)
            .filter(|to| !matches!(to, PlanAudience::Group(_)))
            .collect(),
        people_match: Some(world.spec.people_match.to_string()),
        synchronize: Some(world.spec.synchronize.clone()).filter(|wanted| !wanted.is_default()),
        usage_location: Some(tenant.country.clone()),
        ..EstatePlan::default()
    };
    let decided = domains().any(|(cell, _)| !cell.spec.not_synchronized.is_empty());
    for (cell, directory) in domains() {
        if decided {
            plan.scope.extend(scope(&directory, &cell.spec.domain, &cell.spec.not_synchronized)?);
        }
        if !(tenant.license_groups.is_empty() && accounts.is_empty()) {
            plan.license_groups.extend(groups(&directory, &tenant.license_groups, &accounts));
        }
    }
    Ok(plan)
}

/// The containers right below the domain's head that are synchronized; the head itself where none is left out.
fn scope(directory: &Directory, domain: &str, left_out: &[String]) -> Result<Vec<String>, Error> {
    if left_out.is_empty() {
        return Ok(vec![directory.info().domain_dn.clone()]);
    }
    let children = || directory.children(directory.info().domain).filter_map(|id| directory.entry(id));
    if let Some(unknown) =
        left_out.iter().find(|name| !children().any(|entry| entry.rdn_value().eq_ignore_ascii_case(name)))
    {
        return Err(Error::input(format!(
            "not_synchronized: right below the head of {domain} there is no container '{unknown}'"
        )));
    }
    let stays = |name: &str| !left_out.iter().any(|left| left.eq_ignore_ascii_case(name));
    let kept = children().filter(|entry| !entry.is_deleted() && stays(entry.rdn_value()));
    Ok(kept.map(|entry| entry.dn()).collect())
}

/// The group whose members a row of the plan licenses.
fn group_of(row: &LicensePlanRow) -> Option<String> {
    match &row.to {
        PlanAudience::Group(account) => Some(account.clone()),
        PlanAudience::All | PlanAudience::First(_) | PlanAudience::Department(_) => None,
    }
}

/// The groups that one of the patterns names, and those with one of the account names.
fn groups(directory: &Directory, patterns: &[String], accounts: &[String]) -> Vec<String> {
    let entries = directory.ids().filter_map(|id| directory.entry(id));
    let named = |cn: &str| patterns.iter().any(|pattern| glob(pattern, cn));
    let known = |entry: &Entry<'_>| {
        let account = entry.text(attr::SAM_ACCOUNT_NAME);
        account.is_some_and(|account| accounts.iter().any(|known| known.eq_ignore_ascii_case(&account)))
    };
    let groups = entries.filter(|entry| !entry.is_deleted() && entry.is_class("group"));
    groups.filter(|entry| named(entry.rdn_value()) || known(entry)).map(|entry| entry.dn()).collect()
}
