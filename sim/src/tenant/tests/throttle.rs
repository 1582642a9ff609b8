//! Limits on virtual time (microsoft-graph.md 4, directory-sync.md 6).

use super::*;
use std::time::Duration;

fn charge(write: bool, units: u32) -> Charge {
    Charge { app: guid(E3), units, write, priority: Priority::Normal, requests: 1 }
}

fn refusal(admission: Admission) -> (u64, String, &'static str) {
    let Admission::Refused { retry_after, scope, information, .. } = admission else {
        panic!("{admission:?}")
    };
    (retry_after.as_secs(), scope, information)
}

#[test]
fn writes_stop_at_three_thousand_and_go_on_after_exactly_the_time_that_was_named() {
    let (tenant, limits) = (tenant(), Limits::default());
    let mut now = DEFAULT_START;
    let mut admitted = 0;
    let (mut waits, mut span) = (Vec::new(), Duration::ZERO);
    while admitted < 10_000 {
        match tenant.admit(charge(true, 1), now, &limits) {
            Admission::Admitted { .. } => {
                admitted += 1;
                now = now.plus(crate::clock::STEP);
                span += crate::clock::STEP;
            }
            refused => {
                let (seconds, scope, information) = refusal(refused);
                assert_eq!(scope, format!("Tenant_Application/ReadWrite/{E3}/{}", tenant.id()));
                assert_eq!(information, "WriteLimitExceeded");
                waits.push(admitted);
                now = now.plus(Duration::from_secs(seconds));
                span += Duration::from_secs(seconds);
                let admission = tenant.admit(charge(true, 1), now, &limits);
                assert!(matches!(admission, Admission::Admitted { .. }), "a kept Retry-After is honoured");
                admitted += 1;
            }
        }
    }
    assert_eq!(waits, [3000, 6000, 9000]);
    assert!(span >= Duration::from_secs(3 * 150) && span < Duration::from_secs(3 * 151 + 100), "{span:?}");
}

#[test]
fn resource_units_depend_on_the_size_of_the_tenant() {
    // below 50 users 3,500 units in ten seconds
    let tenant = tenant();
    let limits = Limits::default();
    assert!(matches!(tenant.admit(charge(false, 3500), DEFAULT_START, &limits), Admission::Admitted { .. }));
    let (seconds, _, information) = refusal(tenant.admit(charge(false, 1), DEFAULT_START, &limits));
    assert_eq!((seconds, information), (10, "ResourceUnitLimitExceeded"));
    let large = tenant_of(&TenantSpec { cloud_users: 60, ..spec() });
    assert!(matches!(large.admit(charge(false, 3500), DEFAULT_START, &limits), Admission::Admitted { .. }));
    assert!(matches!(large.admit(charge(false, 1500), DEFAULT_START, &limits), Admission::Admitted { .. }));
    refusal(large.admit(charge(false, 1), DEFAULT_START, &limits));
}

#[test]
fn each_application_has_windows_of_its_own_and_part_of_a_second_is_rounded_up() {
    let tenant = tenant();
    let limits = Limits { graph_writes: 1, ..Limits::default() };
    assert!(matches!(tenant.admit(charge(true, 1), DEFAULT_START, &limits), Admission::Admitted { .. }));
    let later = DEFAULT_START.plus(Duration::from_millis(10));
    let (seconds, ..) = refusal(tenant.admit(charge(true, 1), later, &limits));
    assert_eq!(seconds, 150);
    let other = Charge { app: guid(EXCHANGE), ..charge(true, 1) };
    assert!(matches!(tenant.admit(other, later, &limits), Admission::Admitted { .. }));
}

#[test]
fn the_wider_limits_of_tenant_and_application_hold_too() {
    // microsoft-graph.md 4: "Throttling (identity)"
    let tenant = tenant();
    let wide = Limits { graph_writes: 1_000_000, graph_resource_units: Some(1_000_000), ..Limits::default() };
    let wide = Limits { graph_requests_per_second: 1_000_000, ..wide };
    let admit =
        |tenant: &Tenant, charge: Charge, limits: &Limits| tenant.admit(charge, DEFAULT_START, limits);
    let fill = |charge: Charge, limits: &Limits, times: usize| {
        let tenant = tenant.clone();
        for _ in 0..times {
            assert!(matches!(admit(&tenant, charge, limits), Admission::Admitted { .. }));
        }
        refusal(admit(&tenant, charge, limits))
    };
    let scope = |kind: &str| format!("{kind}/ReadWrite/{E3}/{}", tenant.id());
    let tenants = fill(charge(true, 1), &wide, 18_000);
    assert_eq!(tenants, (300, scope("Tenant"), "WriteLimitExceeded"));
    let all = Limits { graph_tenant_writes: 1_000_000, ..wide.clone() };
    assert_eq!(fill(charge(true, 1), &all, 70_000), (300, scope("Application"), "WriteLimitExceeded"));
    let units = fill(charge(false, 1000), &wide, 150);
    assert_eq!(units, (20, scope("Application"), "ResourceUnitLimitExceeded"));
    let wide = Limits { graph_requests_per_second: 2000, ..wide };
    assert_eq!(fill(charge(false, 1), &wide, 2000), (1, scope("Application"), ""));
    // another application has its own windows, but for the tenant's
    let limits = Limits { graph_tenant_writes: 1, ..Limits::default() };
    let other = Charge { app: guid(EXCHANGE), ..charge(true, 1) };
    assert!(matches!(admit(&tenant, charge(true, 1), &limits), Admission::Admitted { .. }));
    assert_eq!(
        refusal(admit(&tenant, other, &limits)).1,
        format!("Tenant/ReadWrite/{EXCHANGE}/{}", tenant.id())
    );
    let read = Charge { write: false, ..other };
    assert!(matches!(admit(&tenant, read, &limits), Admission::Admitted { .. }));
}

#[test]
fn a_low_priority_is_refused_before_the_others() {
    let tenant = tenant();
    let limits = Limits { graph_resource_units: Some(10), ..Limits::default() };
    let of = |priority| Charge { priority, ..charge(false, 1) };
    let admitted =
        |priority| matches!(tenant.admit(of(priority), DEFAULT_START, &limits), Admission::Admitted { .. });
    let low: Vec<bool> = (0..10).map(|_| admitted(Priority::Low)).collect();
    assert_eq!(low.iter().filter(|admitted| **admitted).count(), 8);
    assert_eq!([Priority::Normal, Priority::High, Priority::High].map(admitted), [true, true, false]);
}

#[test]
fn the_used_part_is_told() {
    let tenant = tenant();
    let limits = Limits { graph_resource_units: Some(100), ..Limits::default() };
    let Admission::Admitted { percentage } = tenant.admit(charge(false, 85), DEFAULT_START, &limits) else {
        panic!("85 of 100 fit")
    };
    assert!((percentage - 0.85).abs() < 1e-9);
}

#[test]
fn the_provisioning_service_takes_seven_thousand_objects_in_five_minutes() {
    let (tenant, limits) = (tenant(), Limits::default());
    assert_eq!(tenant.admit_provisioning(7000, DEFAULT_START, &limits), Ok(()));
    let later = DEFAULT_START.plus(Duration::from_secs(60));
    let wait = tenant.admit_provisioning(1, later, &limits).unwrap_err();
    assert_eq!(wait, Duration::from_secs(240));
    assert_eq!(tenant.admit_provisioning(1, later.plus(wait), &limits), Ok(()));
}

#[test]
fn a_copy_of_the_tenant_keeps_its_own_count() {
    let tenant = tenant();
    let limits = Limits { graph_writes: 1, ..Limits::default() };
    let copy = tenant.clone();
    for own in [&tenant, &copy] {
        assert!(matches!(own.admit(charge(true, 1), DEFAULT_START, &limits), Admission::Admitted { .. }));
    }
}
