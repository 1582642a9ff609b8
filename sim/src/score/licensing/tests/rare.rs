//! People whom the plan leaves alone, products by any name, and what was there before.

use super::*;
use crate::clock::DEFAULT_START;
use crate::seed::Seed;
use crate::spec::TenantSpec;

#[test]
fn a_tenant_is_judged_as_it_stands() {
    let tenant = Tenant::new(&TenantSpec::default(), 1000, Seed::new(7), DEFAULT_START).unwrap();
    let expected = expect(&[], read_tenant(&tenant), &Switches::default());
    let score = licensing(&[plan(PlanTarget::All)], &expected, &tenant);
    // DESIGN.md, section 4: more seats than users
    assert!(score.complete && score.skus["ENTERPRISEPACK"].seats > 1000, "{score:#?}");
}

#[test]
fn a_product_is_named_by_part_number_or_sku_id() {
    for name in ["STANDARDPACK", "standardpack", E1] {
        let mut now = given(&[], 9);
        give(&mut now.objects, "ada", E1);
        now.subscriptions[1].consumed = 1;
        let score = judged(PlanRow { sku: name.to_owned(), ..plan(PlanTarget::First(1)) }, &now);
        assert!(score.complete, "{name} {score:#?}");
        assert_eq!((score.skus["STANDARDPACK"].planned, score.skus["ENTERPRISEPACK"].planned), (1, 0));
    }
}

#[test]
fn everybody_planned_is_counted_for_each_product() {
    let score = judged(plan(PlanTarget::All), &given(&["ada", "bob", "cyd", "dan"], 9));
    assert_eq!((score.skus["ENTERPRISEPACK"].planned, score.skus["ENTERPRISEPACK"].licensed), (6, 4));
    let lacking = PlanRow { sku: "SPE_E5".to_owned(), ..plan(PlanTarget::First(2)) };
    assert_eq!(judged(lacking, &given(&[], 9)).skus["SPE_E5"].planned, 2);
}

#[test]
fn deleted_people_are_not_in_the_plan() {
    let mut now = given(&["ada", "cyd", "dan"], 9);
    now.objects[1].deleted = true;
    let score = judged(plan(PlanTarget::All), &now);
    assert!(score.complete, "{score:#?}");
    assert_eq!(score.skus["ENTERPRISEPACK"].planned, 5);
}

#[test]
fn who_has_no_country_code_may_be_licensed_or_not() {
    // ISO 3166: two letters, of which UK is none
    let stranded = |country: &str| {
        let mut people = directory();
        people[0].attributes.insert("c", vec![country.as_bytes().to_vec()]);
        let before = tenant(&["contoso.com"], unlicensed());
        let expected = expect(&[domain(people)], before, &Switches::default());
        judge(&[plan(PlanTarget::All)], &expected, &given(&["bob", "cyd", "dan"], 9)).stranded.count
    };
    for country in ["NLD", "Netherlands", "N1", "31", "UK", "uk", ""] {
        assert_eq!(stranded(country), 0, "{country}");
    }
    assert_eq!((stranded("GB"), stranded(" nl ")), (1, 1));
}

#[test]
fn a_usage_location_that_was_there_may_stay_and_none_other_may_come() {
    let wrong = |was: Option<&str>, is: &str| {
        let mut people = unlicensed();
        people[0].properties.extend(was.map(|was| ("usageLocation", vec![was.to_owned()])));
        let before = tenant(&["contoso.com"], people);
        let mut now = given(&["ada"], 9);
        now.objects[0].properties.insert("usageLocation", vec![is.to_owned()]);
        let expected = expect(&[domain(directory())], before, &Switches::default());
        judge(&[plan(PlanTarget::First(1))], &expected, &now).wrong_usage_location.count
    };
    assert_eq!((wrong(Some("US"), "US"), wrong(Some("US"), "NL"), wrong(None, "NL")), (0, 0, 0));
    assert_eq!((wrong(Some("US"), "DE"), wrong(None, "DE")), (1, 1));
}

#[test]
fn an_unplanned_licence_is_told_by_its_own_part_number() {
    let mut now = given(&[], 9);
    give(&mut now.objects, "bob", E1);
    let score = judged(plan(PlanTarget::First(0)), &now);
    assert_eq!(score.unplanned.examples, ["bob@contoso.com: STANDARDPACK"]);
}
