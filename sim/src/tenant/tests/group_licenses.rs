//! Licences through groups: microsoft-graph.md 5.3, 5.4, Appendices A10 and B; docs/decisions/0025.

use super::*;

const E1: &str = "18181a46-0d4e-45cd-891e-60aabd171b4e";
const PHONE: &str = "e43b5b99-8dfb-405f-9987-dc307f34bcbd";
const FLOW: &str = "f30db892-07e9-47e9-837c-80727f46fd3d";

struct Estate {
    tenant: Tenant,
    now: SimTime,
}

impl Estate {
    fn new(seats: &[(&str, u32)]) -> Estate {
        Estate::switched(seats, &[])
    }

    fn switched(seats: &[(&str, u32)], switches: &[(&str, &str)]) -> Estate {
        let licenses = seats.iter().map(|(sku, n)| ((*sku).to_owned(), Seats::Exactly(*n))).collect();
        let switches = switches.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Estate { tenant: tenant_of(&TenantSpec { licenses, switches, ..spec() }), now: DEFAULT_START }
    }

    fn ctx(&self) -> CallContext {
        CallContext { now: self.now, app: None }
    }

    fn user(&mut self, name: &str, location: Option<&str>) -> Guid {
        let mut body = user_body(&format!("{name}@contoso.com"));
        location.map(|place| body.insert("usageLocation".to_owned(), place.into()));
        self.tenant.create_user(&self.ctx(), &body).unwrap()
    }

    fn group(&mut self, name: &str, members: &[Guid], skus: &[&str]) -> Guid {
        let group = security_group(&mut self.tenant, name);
        members.iter().for_each(|member| self.join(group, *member));
        if !skus.is_empty() {
            self.hand(group, skus, &[]).unwrap();
        }
        group
    }

    fn join(&mut self, group: Guid, member: Guid) {
        self.tenant.add_member(&self.ctx(), group, member).unwrap();
    }

    fn leave(&mut self, group: Guid, member: Guid) {
        self.tenant.remove_member(&self.ctx(), group, member).unwrap();
    }

    fn hand(&mut self, group: Guid, add: &[&str], remove: &[&str]) -> Result<(), TenantError> {
        let add: Vec<AddLicense> = add.iter().map(|sku| whole(sku)).collect();
        let remove: Vec<Guid> = remove.iter().map(|sku| guid(sku)).collect();
        self.tenant.assign_group_license(&self.ctx(), group, &add, &remove)
    }

    fn direct(&mut self, user: Guid, add: &[&str], remove: &[&str]) -> Result<(), TenantError> {
        let add: Vec<AddLicense> = add.iter().map(|sku| whole(sku)).collect();
        let remove: Vec<Guid> = remove.iter().map(|sku| guid(sku)).collect();
        self.tenant.assign_license(&self.ctx(), user, &add, &remove)
    }

    fn reprocess(&mut self, user: Guid) -> Result<(), TenantError> {
        self.tenant.reprocess_license_assignment(&self.ctx(), user)
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
        self.tenant.run_due(self.now);
    }

    fn json(&self, id: Guid, property: Property) -> Value {
        self.tenant.property(self.tenant.object(id).unwrap(), property).to_json()
    }

    /// Product, whether through a group, state, error of each assignment.
    fn states(&self, user: Guid) -> Vec<(String, bool, String, String)> {
        let states = self.json(user, Property::LicenseAssignmentStates);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let one = |state: &Value| {
            let part = Catalogue::get().by_id(guid(state["skuId"].as_str().unwrap())).unwrap().part_number;
            let inherited = !state["assignedByGroup"].is_null();
            (part.to_owned(), inherited, text(&state["state"]), text(&state["error"]))
        };
        states.as_array().unwrap().iter().map(one).collect()
    }

    fn check(&self, user: Guid, expected: &[(&str, bool, &str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(sku, by, state, error)| ((*sku).to_owned(), *by, (*state).to_owned(), (*error).to_owned()))
            .collect();
        assert_eq!(self.states(user), expected);
    }

    fn consumed(&self, sku: &str) -> u32 {
        self.tenant.subscription(guid(sku)).unwrap().consumed
    }

    fn processing(&self, group: Guid) -> String {
        self.json(group, Property::LicenseProcessingState)["state"].as_str().unwrap_or("").to_owned()
    }
}

fn whole(sku: &str) -> AddLicense {
    AddLicense { sku_id: guid(sku), disabled_plans: Vec::new() }
}

const FINE: (&str, &str) = ("Active", "None");

#[test]
fn a_group_is_processed_on_the_clock_member_by_member() {
    let mut estate = Estate::switched(&[("ENTERPRISEPACK", 9)], &[("license_processing_rate", "1")]);
    let mut members: Vec<Guid> = (0..3).map(|n| estate.user(&format!("user{n}"), Some("NL"))).collect();
    let nested = estate.user("nested", Some("NL"));
    let inner = estate.group("inner", &[nested], &[]);
    let group = estate.group("licensed", &members, &[]);
    estate.join(group, inner);
    assert_eq!(estate.json(group, Property::LicenseProcessingState), Value::Null);
    estate.hand(group, &[E3], &[]).unwrap();
    members.sort_unstable();
    let mut seen = vec![(estate.processing(group), 0)];
    for _ in 0..12 {
        estate.wait(1);
        // in the order of their ids
        let held = members.iter().map(|user| estate.tenant.object(*user).unwrap().licenses().len());
        let held: Vec<usize> = held.collect();
        assert!(held.is_sorted_by(|a, b| a >= b), "{held:?}");
        let state = (estate.processing(group), held.iter().sum());
        if seen.last() != Some(&state) {
            seen.push(state);
        }
    }
    let seen: Vec<(&str, usize)> = seen.iter().map(|(state, held)| (state.as_str(), *held)).collect();
    assert_eq!(seen[0], ("QueuedForProcessing", 0));
    assert_eq!(seen[1], ("ProcessingInProgress", 0));
    assert!(seen[2..seen.len() - 1].iter().all(|(state, _)| *state == "ProcessingInProgress"), "{seen:?}");
    assert_eq!(seen.last(), Some(&("ProcessingComplete", 3)));
    // first-level members only
    estate.check(nested, &[]);
    assert_eq!(estate.consumed(E3), 3);
}

#[test]
fn joining_and_leaving_a_licensed_group_gives_and_takes_licences() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 9)]);
    let ada = estate.user("ada", None);
    let group = estate.group("licensed", &[], &[E3]);
    estate.wait(10);
    estate.join(group, ada);
    estate.check(ada, &[]);
    estate.wait(10);
    // who has no location inherits the organization's, and keeps none (microsoft-graph.md 5.4)
    estate.check(ada, &[("ENTERPRISEPACK", true, "Active", "None")]);
    assert_eq!(estate.json(ada, Property::UsageLocation), Value::Null);
    assert_eq!(
        estate.direct(ada, &[E3], &[]).unwrap_err().message,
        "License assignment cannot be done for user with invalid usage location."
    );
    let error = estate.direct(ada, &[], &[E3]).unwrap_err();
    assert_eq!(
        error.message,
        "User license is inherited from a group membership and it cannot be removed directly from the user."
    );
    estate.leave(group, ada);
    assert_eq!(estate.consumed(E3), 1);
    estate.wait(10);
    estate.check(ada, &[]);
    assert_eq!(estate.consumed(E3), 0);
    // without the switch it is an error of its own
    let mut strict =
        Estate::switched(&[("ENTERPRISEPACK", 9)], &[("unknown_usage_location_by_group", "error")]);
    let bob = strict.user("bob", None);
    strict.group("licensed", &[bob], &[E3]);
    strict.wait(10);
    strict.check(bob, &[("ENTERPRISEPACK", true, "Error", "ProhibitedInUsageLocationViolation")]);
}

#[test]
fn direct_and_inherited_licences_of_a_product_use_one_unit_and_unite_their_plans() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 1)]);
    let ada = estate.user("ada", Some("NL"));
    let plan = |name: &str| Catalogue::get().plan_named(name).unwrap().id;
    let (mail, sites) = (plan("EXCHANGE_S_ENTERPRISE"), plan("SHAREPOINTENTERPRISE"));
    let ctx = estate.ctx();
    let direct = AddLicense { sku_id: guid(E3), disabled_plans: vec![mail, plan("TEAMS1")] };
    estate.tenant.assign_license(&ctx, ada, &[direct], &[]).unwrap();
    let group = estate.group("licensed", &[ada], &[]);
    let handed = AddLicense { sku_id: guid(E3), disabled_plans: vec![sites, mail] };
    estate.tenant.assign_group_license(&ctx, group, &[handed], &[]).unwrap();
    estate.wait(10);
    let (state, error) = FINE;
    estate.check(ada, &[("ENTERPRISEPACK", false, state, error), ("ENTERPRISEPACK", true, state, error)]);
    assert_eq!(estate.consumed(E3), 1);
    assert_eq!(
        estate.json(ada, Property::AssignedLicenses),
        json!([{ "disabledPlans": [mail.to_string()], "skuId": E3 }])
    );
    estate.direct(ada, &[], &[E3]).unwrap();
    assert_eq!(estate.consumed(E3), 1);
    estate.hand(group, &[], &[E3]).unwrap();
    estate.wait(10);
    assert_eq!((estate.consumed(E3), estate.states(ada)), (0, Vec::new()));
}

#[test]
fn one_product_that_fails_keeps_back_the_others_of_its_group() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 1), ("FLOW_FREE", 9), ("MCOEV", 9)]);
    let mut users = [estate.user("ada", Some("NL")), estate.user("bob", Some("NL"))];
    users.sort_unstable();
    let group = estate.group("licensed", &users, &[E3, FLOW]);
    estate.wait(10);
    estate.check(
        users[0],
        &[("ENTERPRISEPACK", true, "Active", "None"), ("FLOW_FREE", true, "Active", "None")],
    );
    estate.check(
        users[1],
        &[("ENTERPRISEPACK", true, "Error", "CountViolation"), ("FLOW_FREE", true, "Error", "Others")],
    );
    assert_eq!(estate.json(users[1], Property::AssignedLicenses), json!([]));
    assert_eq!((estate.consumed(E3), estate.consumed(FLOW)), (1, 1));
    assert_eq!(estate.json(group, Property::HasMembersWithLicenseErrors), json!(true));
    assert_eq!(estate.tenant.members_with_license_errors(group).collect::<Vec<_>>(), [users[1]]);
    // reprocessing tells the true text; nothing tries again by itself
    let error = estate.reprocess(users[1]).unwrap_err();
    assert_eq!(error.message, format!("Subscription with SKU {E3} does not have any available licenses."));
    estate.wait(24 * 3600);
    assert_eq!(estate.consumed(E3), 1);
    // not even when there are units again
    let more = SubscriptionChange { seats: Some(2), ..SubscriptionChange::default() };
    estate.tenant.change_subscription(guid(E3), &more, estate.now).unwrap();
    estate.wait(24 * 3600);
    assert_eq!((estate.consumed(E3), estate.consumed(FLOW)), (1, 1));
    assert_eq!(estate.reprocess(users[1]), Ok(()));
    estate.check(
        users[1],
        &[("ENTERPRISEPACK", true, "Active", "None"), ("FLOW_FREE", true, "Active", "None")],
    );
    assert_eq!(estate.json(group, Property::HasMembersWithLicenseErrors), json!(false));
}

#[test]
fn freed_seats_are_noticed_where_the_tenant_is_set_so() {
    let mut estate = Estate::switched(&[("ENTERPRISEPACK", 1)], &[("freed_seats", "retry")]);
    let mut users = [estate.user("ada", Some("NL")), estate.user("bob", Some("NL"))];
    users.sort_unstable();
    estate.group("licensed", &users, &[E3]);
    estate.wait(10);
    estate.check(users[1], &[("ENTERPRISEPACK", true, "Error", "CountViolation")]);
    let more = SubscriptionChange { seats: Some(2), ..SubscriptionChange::default() };
    estate.tenant.change_subscription(guid(E3), &more, estate.now).unwrap();
    estate.wait(10);
    estate.check(users[1], &[("ENTERPRISEPACK", true, "Active", "None")]);
}

#[test]
fn every_error_state_has_its_cause_and_its_text() {
    let seats = [("ENTERPRISEPACK", 9), ("STANDARDPACK", 9), ("MCOEV", 9), ("FLOW_FREE", 9)];
    type Prepare = fn(&mut Estate, Guid);
    let cases: [(Option<&str>, Prepare, &str, &str, &str); 4] = [
        (
            Some("NL"),
            |estate, user| estate.direct(user, &[E1], &[]).unwrap(),
            E3,
            "MutuallyExclusiveViolation",
            "License assignment failed because service plans ",
        ),
        (
            Some("NL"),
            |_, _| {},
            PHONE,
            "DependencyViolation",
            "License assignment failed because service plan 4828c8ec-dc2e-4779-b502-87ac9ce28ab7 depends on the service plan(s) ",
        ),
        (Some("KP"), |_, _| {}, FLOW, "ProhibitedInUsageLocationViolation", ""),
        (
            Some("NL"),
            |estate, _| {
                // another user has the address that the mailbox needs
                let other = estate.user("other", Some("NL"));
                let mail = object(json!({ "mail": "ada@contoso.com" }));
                estate.tenant.update(&estate.ctx(), other, &mail).unwrap();
            },
            E3,
            "UniquenessViolation",
            "",
        ),
    ];
    for (place, prepare, sku, error, text) in cases {
        let mut estate = Estate::new(&seats);
        let ada = estate.user("ada", place);
        prepare(&mut estate, ada);
        estate.group("licensed", &[ada], &[sku]);
        estate.wait(10);
        let states = estate.states(ada);
        let last = states.last().unwrap();
        assert_eq!((last.2.as_str(), last.3.as_str()), ("Error", error));
        for answer in [estate.reprocess(ada), estate.direct(ada, &[sku], &[])] {
            let answer = answer.unwrap_err();
            assert_eq!((answer.status, answer.code), (400, "Request_BadRequest"), "{error}");
            assert!(answer.message.starts_with(text), "{}", answer.message);
        }
    }
}

#[test]
fn a_licence_on_which_another_depends_stays_with_an_error() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 9), ("MCOEV", 9)]);
    let ada = estate.user("ada", Some("NL"));
    let group = estate.group("licensed", &[ada], &[E3]);
    estate.wait(10);
    estate.direct(ada, &[PHONE], &[]).unwrap();
    estate.leave(group, ada);
    estate.wait(10);
    let stuck = ("ENTERPRISEPACK", true, "ActiveWithError", "DependencyViolation");
    estate.check(ada, &[stuck, ("MCOEV", false, "Active", "None")]);
    assert_eq!(estate.consumed(E3), 1);
    assert_eq!(estate.tenant.members_with_license_errors(group).collect::<Vec<_>>(), [ada]);
    assert!(estate.reprocess(ada).unwrap_err().message.contains(" depends on the service plan(s) "));
    // once fixed, it goes when it is reprocessed and not before
    estate.direct(ada, &[], &[PHONE]).unwrap();
    estate.wait(3600);
    estate.check(ada, &[stuck]);
    assert_eq!(estate.reprocess(ada), Ok(()));
    assert_eq!((estate.states(ada), estate.consumed(E3)), (Vec::new(), 0));
}

#[test]
fn a_group_with_licences_is_not_deleted_and_a_group_without_security_gets_none() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 9)]);
    let group = estate.group("licensed", &[], &[E3]);
    let refused = estate.tenant.delete(&estate.ctx(), group).unwrap_err();
    assert_eq!((refused.status, refused.code), (400, "Request_BadRequest"));
    estate.hand(group, &[], &[E3]).unwrap();
    assert_eq!(estate.hand(group, &[], &[E3]).unwrap_err().status, 400);
    estate.tenant.delete(&estate.ctx(), group).unwrap();
    assert_eq!(estate.hand(group, &[E3], &[]).unwrap_err().status, 404);
    let body = object(json!({
        "displayName": "Team", "mailNickname": "team", "mailEnabled": true, "securityEnabled": false,
        "groupTypes": ["Unified"],
    }));
    let team = estate.tenant.create_group(&estate.ctx(), &body).unwrap();
    assert_eq!(estate.hand(team, &[E3], &[]).unwrap_err().status, 400);
}

#[test]
fn a_deleted_user_frees_its_unit_and_gets_it_back_if_one_is_left() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 1)]);
    let (ada, bob) = (estate.user("ada", Some("NL")), estate.user("bob", Some("NL")));
    let group = estate.group("licensed", &[ada], &[E3]);
    estate.wait(10);
    for taken in [false, true] {
        estate.tenant.delete(&estate.ctx(), ada).unwrap();
        assert_eq!(estate.consumed(E3), 0);
        let kept = estate.tenant.deleted_object(ada).unwrap();
        assert_eq!(kept.licenses().len(), 1, "the deleted object still shows them");
        if taken {
            estate.direct(bob, &[E3], &[]).unwrap();
        }
        estate.tenant.restore_deleted(&estate.ctx(), ada).unwrap();
        estate.wait(10);
        assert!(estate.tenant.members(group).contains(&ada));
        let (state, error) = if taken { ("Error", "CountViolation") } else { FINE };
        estate.check(ada, &[("ENTERPRISEPACK", true, state, error)]);
        assert_eq!(estate.consumed(E3), 1);
    }
    // a unit that is freed goes to who waits for one, once she is looked at again
    estate.direct(bob, &[], &[E3]).unwrap();
    estate.reprocess(ada).unwrap();
    estate.check(ada, &[("ENTERPRISEPACK", true, "Active", "None")]);
}

#[test]
fn a_licence_through_a_group_gives_and_takes_addresses_like_a_direct_one() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 9)]);
    // directory-sync.md 2.2: a mailbox has the initial-domain address beside the name
    let properties =
        json!({ "userPrincipalName": "ada@contoso.com", "mailNickname": "ada", "accountEnabled": true });
    let ada = id_of(&set(&mut estate.tenant, "anchor", properties));
    assert_eq!(proxies(&estate.tenant, ada), [] as [&str; 0]);
    let group = estate.group("licensed", &[ada], &[E3]);
    estate.wait(10);
    assert_eq!(proxies(&estate.tenant, ada), ["SMTP:ada@contoso.com", "smtp:ada@contoso.onmicrosoft.com"]);
    // without the plan that has the mailbox, the addresses are calculated anew
    let mail = Catalogue::get().plan_named("EXCHANGE_S_ENTERPRISE").unwrap().id;
    let without = AddLicense { sku_id: guid(E3), disabled_plans: vec![mail] };
    estate.tenant.assign_group_license(&estate.ctx(), group, &[without], &[]).unwrap();
    estate.wait(10);
    assert_eq!(proxies(&estate.tenant, ada), ["SMTP:ada@contoso.onmicrosoft.com"]);
}

#[test]
fn a_subscription_goes_through_its_states_by_itself() {
    let day = 24 * 3600;
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 5)]);
    let (ada, bob) = (estate.user("ada", Some("NL")), estate.user("bob", Some("NL")));
    estate.direct(ada, &[E3], &[]).unwrap();
    estate.wait(day);
    let ends =
        SubscriptionChange { ends: Some(estate.now.plus(Duration::from_secs(day))), ..Default::default() };
    estate.tenant.change_subscription(guid(E3), &ends, estate.now).unwrap();
    // days from subscription-states.tsv
    for (wait, status, state, assignable) in [
        (0, "Enabled", "Active", true),
        (day, "Warning", "Active", true),
        (30 * day, "Suspended", "Disabled", false),
        (90 * day, "Deleted", "Disabled", false),
        (400 * day, "Deleted", "Disabled", false),
    ] {
        let before = estate.tenant.last_change();
        estate.wait(wait);
        let owned = estate.tenant.subscription(guid(E3)).unwrap();
        assert_eq!((owned.status.name(), owned.consumed), (status, 1));
        estate.check(ada, &[("ENTERPRISEPACK", false, state, "None")]);
        let plans = estate.json(ada, Property::AssignedPlans);
        assert!(plans.as_array().unwrap().iter().all(|plan| plan["capabilityStatus"] == status), "{plans}");
        assert_eq!(estate.direct(bob, &[E3], &[]).is_ok(), assignable, "{status}");
        if assignable {
            estate.direct(bob, &[], &[E3]).unwrap();
        }
        let told = estate.tenant.changes_since(before).any(|change| change.object == ada);
        assert_eq!(told, wait > 0 && wait < 400 * day, "{status}");
    }
    let again = SubscriptionChange { status: Some(SubscriptionStatus::Enabled), ..Default::default() };
    estate.tenant.change_subscription(guid(E3), &again, estate.now).unwrap();
    estate.check(ada, &[("ENTERPRISEPACK", false, "Active", "None")]);
    let ends = SubscriptionChange {
        ends: Some(estate.now),
        status: Some(SubscriptionStatus::LockedOut),
        ..Default::default()
    };
    assert!(estate.tenant.change_subscription(guid(E3), &ends, estate.now).is_err());
    assert_eq!(
        estate.tenant.subscription(guid(E3)).unwrap().status.name(),
        "Enabled",
        "all of it or nothing"
    );
}

#[test]
fn group_based_licensing_is_told_in_the_audit_log() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 0)]);
    let ada = estate.user("ada", Some("NL"));
    estate.group("licensed", &[ada], &[E3]);
    estate.wait(10);
    let entry = estate.tenant.audits().last().unwrap().1.event.clone();
    // microsoft-graph.md 2.4
    assert_eq!(entry.activity.name, "Change user license");
    assert_eq!(entry.initiator, Some(Initiator::Service("Microsoft Entra ID Group-Based Licensing")));
    assert_eq!(
        entry.failure,
        Some(format!("Subscription with SKU {E3} does not have any available licenses."))
    );
}

#[test]
fn a_licensed_group_that_synchronization_deletes_takes_its_licences_along() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 1)]);
    let person = json!({ "userPrincipalName": "ada@contoso.com", "accountEnabled": true });
    let ada = id_of(&set(&mut estate.tenant, "u", person));
    let team = json!({ "displayName": "G", "securityEnabled": true, "member": ["u"] });
    let group = id_of(&set_kind(&mut estate.tenant, SyncType::Group, "g", team));
    estate.hand(group, &[E3], &[]).unwrap();
    estate.wait(10);
    assert_eq!(estate.consumed(E3), 1);
    assert_eq!(remove(&mut estate.tenant, SyncType::Group, "g").result, SyncOutcome::Success);
    estate.wait(10);
    assert_eq!((estate.states(ada), estate.consumed(E3)), (Vec::new(), 0));
    // undone, it hands on what it had
    estate.tenant.restore_deleted(&estate.ctx(), group).unwrap();
    estate.wait(10);
    estate.check(ada, &[("ENTERPRISEPACK", true, "Active", "None")]);
}

#[test]
fn who_joins_or_leaves_a_licensed_group_on_premises_gets_or_loses_its_licence() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 5)]);
    let person = |estate: &mut Estate, name: &str| {
        let body = json!({ "userPrincipalName": format!("{name}@contoso.com"), "accountEnabled": true });
        id_of(&set(&mut estate.tenant, name, body))
    };
    let (ada, bob) = (person(&mut estate, "ada"), person(&mut estate, "bob"));
    let members = |estate: &mut Estate, members: &[&str]| {
        let team = json!({ "displayName": "G", "securityEnabled": true, "member": members });
        id_of(&set_kind(&mut estate.tenant, SyncType::Group, "g", team))
    };
    let group = members(&mut estate, &["ada"]);
    estate.hand(group, &[E3], &[]).unwrap();
    estate.wait(10);
    assert_eq!((estate.states(ada).len(), estate.states(bob).len()), (1, 0));
    members(&mut estate, &["bob"]);
    estate.wait(10);
    assert_eq!((estate.states(ada).len(), estate.states(bob).len()), (0, 1));
}

#[test]
fn a_judge_sees_one_licence_a_product_whoever_assigned_it() {
    let mut estate = Estate::new(&[("ENTERPRISEPACK", 1)]);
    let mut users = [estate.user("ada", Some("NL")), estate.user("bob", Some("NL"))];
    users.sort_unstable();
    estate.direct(users[0], &[E3], &[]).unwrap();
    estate.group("licensed", &users, &[E3]);
    estate.wait(10);
    assert_eq!((estate.states(users[0]).len(), estate.states(users[1]).len()), (2, 1));
    let view = crate::oracle::read_tenant(&estate.tenant);
    let held = |user: Guid| {
        let record = view.objects.iter().find(|record| record.id == user).unwrap();
        (record.licenses.iter().map(|license| license.sku).collect::<Vec<_>>(), record.exchange)
    };
    assert_eq!(held(users[0]), (vec![guid(E3)], true));
    assert_eq!(held(users[1]), (vec![], false));
    let owned = &view.subscriptions[0];
    assert_eq!((owned.enabled, owned.consumed), (1, 1));
}
