//! End to end: the facade, the judge, determinism, throttling, and the house rules.

mod against;
mod cli;
mod determinism;
mod facade;
mod judge;
mod kills;
mod mutants;
mod parity;
mod population;
mod rust_ldap3;
mod seeds;
mod throttling;
mod tidy;

use forestbed::spec::{
    DefectMix, EstateSpec, ForestSpec, PlanRow, PlanTarget, PopulationSpec, Seats, TenantSpec, UsageLocation,
};
use forestbed::{Lab, clock::ClockMode};

/// A small estate with everything in it: defects by id, decoys, seats for all, a licence plan.
fn estate(seed: u64, users: u32, defects: &[(&str, u32)]) -> EstateSpec {
    EstateSpec {
        seed,
        clock: ClockMode::Stepped,
        forests: vec![ForestSpec {
            population: PopulationSpec::of_users(users),
            defects: DefectMix::Exact(defects.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect()),
            decoys: 6,
            ..ForestSpec::default()
        }],
        tenant: TenantSpec {
            licenses: vec![("ENTERPRISEPACK".to_owned(), Seats::MoreThanUsers)],
            license_plan: vec![PlanRow {
                sku: "ENTERPRISEPACK".to_owned(),
                to: PlanTarget::All,
                usage_location: UsageLocation::FromC,
                disabled_plans: Vec::new(),
                replaces: Vec::new(),
            }],
            ..TenantSpec::default()
        },
        ..EstateSpec::default()
    }
}

async fn start(spec: EstateSpec) -> Lab {
    Lab::builder().spec(spec).start().await.expect("the lab starts")
}
