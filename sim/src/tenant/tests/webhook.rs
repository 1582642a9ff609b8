//! Which changes a subscription is told of: microsoft-graph.md 2.7.

use super::*;

fn subscribed(tenant: &mut Tenant, change_type: &str, watched: Watched) -> ChangeSubscription {
    let number = tenant.change_subscriptions().count() as u8;
    let subscription = ChangeSubscription {
        id: Guid::from_bytes([number + 1; 16]),
        app_id: Guid::NIL,
        creator_id: Guid::NIL,
        change_type: change_type.to_owned(),
        resource: "users".to_owned(),
        watched,
        notification_url: "http://localhost/".to_owned(),
        lifecycle_url: None,
        client_state: None,
        expires: DEFAULT_START.plus(std::time::Duration::from_secs(3600)),
        since: 0,
    };
    tenant.add_change_subscription(subscription.clone()).unwrap();
    tenant.find_change_subscription(subscription.id).unwrap().clone()
}

#[test]
fn a_subscription_is_told_of_later_changes_of_its_kind_only() {
    let mut tenant = tenant();
    let before = tenant.create_user(&ctx(), &user_body("old@contoso.com")).unwrap();
    let users = subscribed(&mut tenant, "updated,deleted", Watched::All(ObjectKind::User));
    let deletions = subscribed(&mut tenant, "deleted", Watched::All(ObjectKind::User));
    let one = subscribed(&mut tenant, "updated", Watched::One(ObjectKind::User, before));
    let new = tenant.create_user(&ctx(), &user_body("new@contoso.com")).unwrap();
    tenant.update(&ctx(), before, &object(json!({ "jobTitle": "Clerk" }))).unwrap();
    tenant.delete(&ctx(), new).unwrap();
    let told = |tenant: &Tenant, of: &ChangeSubscription, after| -> Vec<(NoticeKind, Guid)> {
        tenant.notices(of, after).iter().map(|notice| (notice.kind, notice.object)).collect()
    };
    use NoticeKind::{Deleted, Updated};
    assert_eq!(told(&tenant, &users, 0), [(Updated, new), (Updated, before), (Deleted, new)]);
    assert_eq!(told(&tenant, &deletions, 0), [(Deleted, new)]);
    assert_eq!(told(&tenant, &one, 0), [(Updated, before)]);
    assert_eq!(told(&tenant, &users, tenant.last_change()), []);
}

#[test]
fn members_of_a_group_are_told_with_who_came_and_who_left() {
    let mut tenant = tenant();
    let user = tenant.create_user(&ctx(), &user_body("ada@contoso.com")).unwrap();
    let body =
        json!({ "displayName": "S", "mailNickname": "s", "mailEnabled": false, "securityEnabled": true });
    let group = tenant.create_group(&ctx(), &object(body)).unwrap();
    let members = subscribed(&mut tenant, "updated", Watched::Members(group));
    tenant.add_member(&ctx(), group, user).unwrap();
    tenant.update(&ctx(), group, &object(json!({ "description": "x" }))).unwrap();
    tenant.remove_member(&ctx(), group, user).unwrap();
    let told: Vec<_> = tenant.notices(&members, 0).iter().map(|notice| notice.member).collect();
    assert_eq!(told, [Some((user, false)), Some((user, true))]);
}

#[test]
fn a_subscription_ends_when_it_expires_and_only_its_maker_may_touch_it() {
    let mut tenant = tenant();
    let own = CallContext { now: DEFAULT_START, app: Some(Guid::NIL) };
    let other = CallContext { now: DEFAULT_START, app: Some(Guid::from_bytes([9; 16])) };
    let first = subscribed(&mut tenant, "updated", Watched::All(ObjectKind::User)).id;
    let second = subscribed(&mut tenant, "updated", Watched::All(ObjectKind::User)).id;
    assert_eq!(tenant.remove_change_subscription(&other, first).unwrap_err().status, 404);
    tenant.remove_change_subscription(&own, first).unwrap();
    assert_eq!(tenant.remove_change_subscription(&own, first).unwrap_err().status, 404);
    let later = DEFAULT_START.plus(std::time::Duration::from_secs(7200));
    tenant.edit_change_subscription(&own, second, |own| own.expires = later).unwrap();
    tenant.run_due(DEFAULT_START.plus(std::time::Duration::from_secs(5000)));
    assert_eq!(tenant.change_subscriptions().count(), 1);
    tenant.run_due(later);
    assert_eq!(tenant.change_subscriptions().count(), 0);
}
