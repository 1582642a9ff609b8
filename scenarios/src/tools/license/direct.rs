//! Licences assigned to people themselves.

use super::super::graph::Refusal;
use super::Work;
use super::mistakes::LicenserMistake;
use super::tenant::{Person, Subscription};
use crate::tool::{LicensePlanRow, PlanAudience, PlanLocation, ToolError};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;

/// What one call does to a person.
struct Wish {
    /// The product, with the service plans that stay off; none when only something goes.
    add: Option<BTreeSet<String>>,
    /// Products that go.
    remove: Vec<String>,
    /// It takes a seat that the person does not have.
    seat: bool,
}

impl Work<'_> {
    /// Gives everybody of a row the row's licence: location first, as far as seats go.
    pub(super) async fn license_people(&mut self, row: &LicensePlanRow) -> Result<(), ToolError> {
        let at = self.subscription(&row.sku)?;
        let mut given_up = Vec::new();
        for sku in &row.replaces {
            given_up.push(self.subscriptions[self.subscription(sku)?].id.clone());
        }
        given_up.retain(|sku| *sku != self.subscriptions[at].id);
        // who has moved on to another subscription is not given the old one again
        let later: Vec<String> = self
            .plan
            .rows
            .iter()
            .filter(|other| other.replaces.iter().any(|sku| self.subscriptions[at].is(sku)))
            .filter_map(|other| self.subscription(&other.sku).ok())
            .map(|other| self.subscriptions[other].id.clone())
            .collect();
        let first = if let PlanAudience::First(count) = row.to { count as usize } else { usize::MAX };
        let audience: Vec<usize> = self
            .people
            .iter()
            .enumerate()
            .filter(|(_, person)| is_meant(row, person))
            .map(|(at, _)| at)
            .take(first)
            .collect();
        for person in audience {
            let moved = later.iter().any(|sku| self.people[person].holds(sku));
            if !moved && !self.waiting.contains(&self.people[person].id) {
                self.license_person(row, at, &given_up, person).await?;
            }
        }
        Ok(())
    }

    async fn license_person(
        &mut self,
        row: &LicensePlanRow,
        at: usize,
        given_up: &[String],
        person: usize,
    ) -> Result<(), ToolError> {
        let Some(mut wish) = self.wish(row, at, given_up, person) else { return Ok(()) };
        if self.makes(LicenserMistake::RemovesBeforeMoving) && !wish.remove.is_empty() {
            let goes = Wish { add: None, remove: std::mem::take(&mut wish.remove), seat: false };
            self.call(at, person, &goes).await?;
        }
        if wish.seat && self.subscriptions[at].free <= 0 && !self.makes(LicenserMistake::OverConsumes) {
            self.tally.no_seat += 1;
            return Ok(());
        }
        let late = self.makes(LicenserMistake::AssignsBeforeLocation);
        if self.licenser.locate && !late && !self.locate(row, person).await? {
            return Ok(());
        }
        let refused_before = self.tally.refused;
        self.call(at, person, &wish).await?;
        if late && self.tally.refused > refused_before {
            self.locate(row, person).await?;
        }
        Ok(())
    }

    /// What a person lacks; none when nothing is to be done.
    fn wish(&self, row: &LicensePlanRow, at: usize, given_up: &[String], person: usize) -> Option<Wish> {
        let (person, subscription) = (&self.people[person], &self.subscriptions[at]);
        let replaces = self.makes(LicenserMistake::ReplacesDisabledPlans);
        let mut off: BTreeSet<String> =
            row.disabled_plans.iter().map(|plan| subscription.plan_id(plan)).collect();
        let remove: Vec<String> =
            given_up.iter().filter(|sku| person.direct(sku).is_some()).cloned().collect();
        if !replaces {
            // what somebody switched off before stays off, as far as the product has it
            let known = remove.iter().chain([&subscription.id]).filter_map(|sku| person.direct(sku));
            let known: Vec<&String> = known.flat_map(|held| &held.disabled).collect();
            off.extend(known.into_iter().filter(|plan| subscription.has_plan(plan)).cloned());
        }
        let add = match person.direct(&subscription.id) {
            Some(held) if held.disabled == off => None,
            // it has it through a group: a direct one beside it gives nothing more
            None if person.holds(&subscription.id) => None,
            _ => Some(off),
        };
        let seat = add.is_some() && !person.holds(&subscription.id);
        (add.is_some() || !remove.is_empty()).then_some(Wish { add, remove, seat })
    }

    async fn call(&mut self, at: usize, person: usize, wish: &Wish) -> Result<(), ToolError> {
        let (graph, subscription) = (&self.graph, &self.subscriptions[at]);
        let added = wish.add.as_ref().map(|off| (subscription.id.as_str(), off));
        match assign(graph, &self.people[person].id, &added.into_iter().collect::<Vec<_>>(), &wish.remove)
            .await
        {
            Ok(()) => {
                match wish.seat {
                    true => self.tally.assigned += 1,
                    false => self.tally.changed += 1,
                }
                let id = subscription.id.clone();
                self.people[person].changed(wish.add.as_ref().map(|off| (id.as_str(), off)), &wish.remove);
                self.subscriptions[at].free -= i64::from(wish.seat);
                let gone = |subscription: &&mut Subscription| wish.remove.contains(&subscription.id);
                self.subscriptions.iter_mut().filter(gone).for_each(|subscription| subscription.free += 1);
                Ok(())
            }
            Err(refusal) if refusal.status == 400 && !self.makes(LicenserMistake::StopsAtError) => {
                self.tally.refused += 1;
                let line = format!("{}: {}", self.people[person].account, refusal.message);
                self.tally.say(line);
                Ok(())
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Without a usage location a direct licence is refused: sets it first. False when none is known.
    async fn locate(&mut self, row: &LicensePlanRow, person: usize) -> Result<bool, ToolError> {
        let person = &mut self.people[person];
        if person.usage_location.is_some() {
            return Ok(true);
        }
        let country = match &row.usage_location {
            PlanLocation::Fixed(country) => Some(country.clone()),
            PlanLocation::FromC => {
                person.anchor.as_ref().and_then(|anchor| self.countries.get(anchor).cloned())
            }
        };
        let Some(country) = country else {
            // nothing failed: the plan says where the location comes from, and there it is not
            self.tally.no_country += 1;
            self.tally.say(format!("{}: no country is known, so no usage location", person.account));
            return Ok(false);
        };
        let (path, body) = (format!("/users/{}", person.id), json!({ "usageLocation": country }));
        self.graph.write(Method::PATCH, &path, &body).await?;
        self.tally.located += 1;
        person.usage_location = Some(country);
        Ok(true)
    }

    /// Gives one person one licence directly, where the person does not have it so.
    pub(super) async fn license_directly(
        &mut self,
        row: &LicensePlanRow,
        at: usize,
        person: usize,
    ) -> Result<(), ToolError> {
        let off = row.disabled_plans.iter().map(|plan| self.subscriptions[at].plan_id(plan)).collect();
        let sku = &self.subscriptions[at].id;
        if self.people[person].direct(sku).is_some() {
            return Ok(());
        }
        let wish = Wish { add: Some(off), remove: Vec::new(), seat: !self.people[person].holds(sku) };
        if self.locate(row, person).await? { self.call(at, person, &wish).await } else { Ok(()) }
    }
}

/// One call: all of it or nothing.
pub(super) async fn assign(
    graph: &super::GraphClient,
    user: &str,
    add: &[(&str, &BTreeSet<String>)],
    remove: &[String],
) -> Result<(), Refusal> {
    let add: Vec<_> = add.iter().map(|(sku, off)| json!({ "skuId": sku, "disabledPlans": off })).collect();
    let body = json!({ "addLicenses": add, "removeLicenses": remove });
    graph.write(Method::POST, &format!("/users/{user}/assignLicense"), &body).await.map(drop)
}

fn is_meant(row: &LicensePlanRow, person: &Person) -> bool {
    match &row.to {
        PlanAudience::All | PlanAudience::First(_) => true,
        PlanAudience::Department(name) => {
            person.department.as_deref().is_some_and(|held| held.eq_ignore_ascii_case(name))
        }
        PlanAudience::Group(_) => false,
    }
}
