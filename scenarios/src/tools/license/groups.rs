//! Licences through groups: the group gets the licence, the tenant hands it on to direct members in its own time, and
//! who got nothing stays so until somebody asks for it again (directory-sync.md 5.3).

use super::Work;
use super::mistakes::LicenserMistake;
use super::tenant::{self, Group, Held, Person};
use crate::tool::{LicensePlanRow, ToolError};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a group's licences may take to reach its members, asked for so often.
const ASKED: usize = 90;
const PAUSE: Duration = Duration::from_secs(10);

impl Work<'_> {
    /// Gives the group of a row the row's licence, waits until its members have it, and asks again for those who could
    /// not get it and could now.
    pub(super) async fn license_group(
        &mut self,
        row: &LicensePlanRow,
        account: &str,
    ) -> Result<(), ToolError> {
        let at = self.subscription(&row.sku)?;
        let groups = tenant::groups(&self.graph).await?;
        let named = groups.into_iter().find(|group| group.account.eq_ignore_ascii_case(account));
        let Some(group) = named else {
            return Err(ToolError::Failed(format!("the tenant has no synchronized group {account}")));
        };
        self.hand_over(row, at, &group).await?;
        self.await_members(&group).await?;
        // the tenant has given seats away meanwhile
        self.read().await?;
        self.look_again(&group).await?;
        self.be_mistaken(row, at, &group).await?;
        self.read().await
    }

    async fn hand_over(&mut self, row: &LicensePlanRow, at: usize, group: &Group) -> Result<(), ToolError> {
        let sku = &self.subscriptions[at].id;
        let mut off: BTreeSet<String> =
            row.disabled_plans.iter().map(|plan| self.subscriptions[at].plan_id(plan)).collect();
        let known = group.licences.get(sku);
        off.extend(known.into_iter().flatten().cloned());
        if known == Some(&off) {
            return Ok(());
        }
        let body = json!({ "addLicenses": [{ "skuId": sku, "disabledPlans": off }], "removeLicenses": [] });
        self.graph.write(Method::POST, &format!("/groups/{}/assignLicense", group.id), &body).await?;
        self.tally.groups += 1;
        Ok(())
    }

    async fn await_members(&self, group: &Group) -> Result<(), ToolError> {
        for _ in 0..ASKED {
            if tenant::group(&self.graph, &group.id).await?.settled {
                return Ok(());
            }
            self.graph.wait(PAUSE).await.map_err(ToolError::Failed)?;
        }
        let minutes = PAUSE.as_secs() * ASKED as u64 / 60;
        let account = &group.account;
        Err(ToolError::Failed(format!("after {minutes} minutes the licences of {account} are not processed")))
    }

    /// The tenant does not try again by itself: whoever has an error is asked for again, one for want of a seat only
    /// when there is a seat.
    async fn look_again(&mut self, group: &Group) -> Result<(), ToolError> {
        let erring =
            self.graph.list(&format!("/groups/{}/membersWithLicenseErrors?$select=id", group.id)).await?;
        for id in erring.iter().filter_map(|user| tenant::text(user, "id")) {
            let person = tenant::person(&self.graph, &id).await?;
            let failed = |held: &&Held| held.group.as_ref() == Some(&group.id) && held.error != "None";
            let failed: Vec<&Held> = person.licences.iter().filter(failed).collect();
            let sold_out =
                failed.iter().any(|held| held.error == "CountViolation" && self.free(&held.sku) <= 0);
            if sold_out || self.makes(LicenserMistake::NoReprocess) {
                self.tally.no_seat += 1;
                self.tally.say(format!("{}: no seat through {}", who(&person), group.account));
                continue;
            }
            let wanted: Vec<String> =
                failed.iter().filter(|held| !held.is_active()).map(|held| held.sku.clone()).collect();
            let path = format!("/users/{id}/reprocessLicenseAssignment");
            match self.graph.write(Method::POST, &path, &json!({})).await {
                Ok(_) => {
                    self.tally.reprocessed += 1;
                    self.take_seats(&wanted);
                }
                Err(refusal) if refusal.status == 400 && !self.makes(LicenserMistake::StopsAtError) => {
                    self.tally.refused += 1;
                    self.tally.say(format!(
                        "{}: through {}: {}",
                        who(&person),
                        group.account,
                        refusal.message
                    ));
                }
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Ok(())
    }

    fn free(&self, sku: &str) -> i64 {
        self.subscriptions.iter().find(|subscription| subscription.id == sku).map_or(0, |s| s.free)
    }

    fn take_seats(&mut self, skus: &[String]) {
        let taken = self.subscriptions.iter_mut().filter(|subscription| skus.contains(&subscription.id));
        taken.for_each(|subscription| subscription.free -= 1);
    }

    async fn be_mistaken(&mut self, row: &LicensePlanRow, at: usize, group: &Group) -> Result<(), ToolError> {
        let (nested, twice) =
            (self.makes(LicenserMistake::CountsNested), self.makes(LicenserMistake::LicensesTwice));
        if !nested && !twice {
            return Ok(());
        }
        let relation = if nested { "transitiveMembers" } else { "members" };
        let members = self.graph.list(&format!("/groups/{}/{relation}?$select=id", group.id)).await?;
        let members: BTreeSet<String> =
            members.iter().filter_map(|member| tenant::text(member, "id")).collect();
        for person in 0..self.people.len() {
            let lacks =
                twice || !self.people[person].licences.iter().any(|h| h.group.as_ref() == Some(&group.id));
            if lacks && members.contains(&self.people[person].id) {
                self.license_directly(row, at, person).await?;
            }
        }
        Ok(())
    }
}

fn who(person: &Person) -> &str {
    if person.account.is_empty() { &person.upn } else { &person.account }
}
