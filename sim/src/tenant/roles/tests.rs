use super::*;
use crate::clock::DEFAULT_START;
use crate::seed::Seed;
use crate::spec::TenantSpec;
use crate::tenant::CallContext;
use serde_json::{Value, json};

#[test]
fn every_template_is_read_and_says_where_it_comes_from() {
    let table = include_str!("../../../data/role-templates.tsv").lines();
    let lines: Vec<&str> = table.filter(|line| !line.starts_with('#')).skip(1).collect();
    assert_eq!(RoleTemplate::all().len(), lines.len());
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        assert!(cells.len() == 4 && !cells[2].is_empty(), "{line}");
        assert!(["observed", "documented", "assumed"].contains(&cells[3]), "{line}");
    }
    let global = Guid::parse(GLOBAL_ADMINISTRATOR).unwrap();
    assert_eq!(RoleTemplate::find(global).map(|template| template.name), Some("Global Administrator"));
}

#[test]
fn a_role_held_through_a_group_makes_an_administrator() {
    let mut tenant = Tenant::new(&TenantSpec::default(), 10, Seed::new(1), DEFAULT_START).unwrap();
    let ctx = CallContext { now: DEFAULT_START, app: None };
    let users: Vec<Guid> = tenant.iter(ObjectKind::User).map(|user| user.id()).collect();
    let [admin, second, third, ..] = users[..] else { panic!() };
    let group = |tenant: &mut Tenant, name: &str, assignable: bool| {
        let body = json!({ "displayName": name, "mailNickname": name, "mailEnabled": false,
            "securityEnabled": true, "isAssignableToRole": assignable });
        let Value::Object(body) = body else { panic!() };
        tenant.create_group(&ctx, &body).unwrap()
    };
    let (plain, able) = (group(&mut tenant, "plain", false), group(&mut tenant, "able", true));
    let helpdesk = Guid::parse("729827e3-9c14-49f7-bb1b-9608f156bbb8").unwrap();
    assert!(tenant.add_role_assignment(&ctx, plain, helpdesk, None).is_err());
    let given = tenant.add_role_assignment(&ctx, able, helpdesk, None).unwrap();
    assert!(!tenant.has_admin_role(second));
    tenant.add_member(&ctx, able, second).unwrap();
    assert!(tenant.has_admin_role(second) && !tenant.is_global_administrator(second));
    // what may be done to whom by whom
    let check = |tenant: &Tenant, caller, target, names: &[&'static str]| {
        tenant.check_sensitive(caller, target, Some(names)).map_err(|error| error.status)
    };
    for (caller, target, name, expected) in [
        (None, second, "otherMails", Err(403)),
        (None, second, "jobTitle", Ok(())),
        (None, third, "otherMails", Ok(())),
        (Some(third), second, "passwordProfile", Err(403)),
        (Some(admin), second, "passwordProfile", Ok(())),
        (Some(second), second, "mobilePhone", Ok(())),
    ] {
        assert_eq!(check(&tenant, caller, target, &[name]), expected, "{name}");
    }
    assert_eq!(tenant.check_sensitive(None, admin, None).map_err(|error| error.status), Err(403));
    tenant.remove_role_assignment(&ctx, &given.id).unwrap();
    assert!(!tenant.has_admin_role(second));
    // the last global administrator keeps the role
    let role = tenant.active_role(Guid::parse(GLOBAL_ADMINISTRATOR).unwrap()).unwrap();
    assert_eq!(tenant.unassign_role(&ctx, role, admin).map_err(|error| error.status), Err(400));
}

#[test]
fn an_assignment_goes_with_its_administrative_unit() {
    let mut tenant = Tenant::new(&TenantSpec::default(), 10, Seed::new(1), DEFAULT_START).unwrap();
    let ctx = CallContext { now: DEFAULT_START, app: None };
    let user = tenant.iter(ObjectKind::User).nth(1).unwrap().id();
    let Value::Object(body) = json!({ "displayName": "Seattle" }) else { panic!() };
    let unit = tenant.create_administrative_unit(&ctx, &body).unwrap();
    let helpdesk = Guid::parse("729827e3-9c14-49f7-bb1b-9608f156bbb8").unwrap();
    let given = tenant.add_role_assignment(&ctx, user, helpdesk, Some(unit)).unwrap();
    assert!(tenant.role_assignments().contains(&given));
    tenant.delete(&ctx, unit).unwrap();
    assert!(!tenant.role_assignments().contains(&given));
    assert_eq!(tenant.remove_role_assignment(&ctx, &given.id).map_err(|error| error.status), Err(404));
}
