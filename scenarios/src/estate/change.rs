//! The change step: what life does to a directory between two cycles. Whom it hits is drawn from the seed, and
//! everything goes through the directory's own update operations, with their constraints.

use super::names::{escape, parent, relative};
use super::people::{draw, people};
use super::wanted::check_names;
use crate::format::{ChangeStep, Modify, MoveOu, SynchronizeSection};
use forestbed_sim::clock::SimTime;
use forestbed_sim::directory::{
    Directory, DirectoryError, Modification, ModifyOp, ObjectId, ResultCode, UpdateContext,
};
use forestbed_sim::seed::Seed;
use forestbed_sim::tenant::{Catalogue, Tenant};
use forestbed_sim::world::World;
use serde::Serialize;
use std::fmt;

/// How many numbers are tried before a new account gives up finding a free name.
const NAME_TRIES: u64 = 200;

/// What was changed, by distinguished name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ChangeReport {
    /// New people.
    pub(crate) created: Vec<String>,
    /// People with a new name: from, to.
    pub(crate) renamed: Vec<(String, String)>,
    /// People in another organizational unit: from, to.
    pub(crate) moved: Vec<(String, String)>,
    /// People with a new value.
    pub(crate) modified: Vec<String>,
    /// People who left.
    pub(crate) deleted: Vec<String>,
    /// Objects that came back from the recycle bin.
    pub(crate) restored: Vec<String>,
    /// Subscriptions that changed, by part number.
    pub(crate) subscriptions: Vec<String>,
    /// Requests that an administrator of the tenant sent, with the status of each answer.
    pub(crate) graph: Vec<String>,
    /// Something else is to be synchronized.
    pub(crate) selected: bool,
}

/// Why a change was not carried out, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChangeRefusal {
    /// The estate is not what the step says, or its directory refuses: nothing was changed.
    #[error("{0}")]
    Estate(String),
    /// The tenant answered an administrator otherwise than the step says: what comes before stays.
    #[error("{0}")]
    Tenant(String),
}

impl fmt::Display for ChangeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.created.len(), "created"),
            (self.renamed.len(), "renamed"),
            (self.moved.len(), "moved"),
            (self.modified.len(), "modified"),
            (self.deleted.len(), "deleted"),
            (self.restored.len(), "restored"),
            (self.subscriptions.len(), "subscriptions changed"),
            (self.graph.len(), "requests to Graph"),
            (usize::from(self.selected), "selection for synchronization"),
        ];
        let done: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        f.write_str(if done.is_empty() { "nothing changed" } else { "" })?;
        f.write_str(&done.join(", "))
    }
}

/// Applies a change to its forest; `nth` is the number of the change in this run.
///
/// # Errors
/// In words, when the directory has too few people, no such unit, or refuses an update.
pub(crate) fn apply_change(world: &World, step: &ChangeStep, nth: u64) -> Result<ChangeReport, String> {
    // all or nothing: the copy shares its pages until it is written
    let mut cloud = world.tenant().clone();
    let subscriptions = change_subscriptions(&mut cloud, step, world.clock.now())?;
    let mut report =
        if is_of_directory(step) { change_directory(world, step, nth)? } else { nothing_but(world, step)? };
    drop(change_subscriptions(&mut world.tenant_mut(), step, world.clock.now())?);
    report.subscriptions = subscriptions;
    Ok(report)
}

/// Whether a step asks for anything of a directory.
fn is_of_directory(step: &ChangeStep) -> bool {
    let elsewhere = ChangeStep {
        subscriptions: step.subscriptions.clone(),
        graph: step.graph.clone(),
        synchronize: step.synchronize.clone(),
        ..ChangeStep::default()
    };
    elsewhere == ChangeStep::default() || *step != elsewhere
}

/// A change that leaves directories alone.
fn nothing_but(world: &World, step: &ChangeStep) -> Result<ChangeReport, String> {
    let wanted = step.synchronize.as_ref().map(SynchronizeSection::spec);
    wanted.map_or(Ok(()), |wanted| check_names(world, None, &wanted))?;
    Ok(ChangeReport::default())
}

fn change_subscriptions(tenant: &mut Tenant, step: &ChangeStep, now: SimTime) -> Result<Vec<String>, String> {
    let mut changed = Vec::new();
    for (product, section) in &step.subscriptions {
        let sku = Catalogue::get().find(&product.0).map_err(|error| error.to_string())?;
        tenant.change_subscription(sku.id, &section.change(), now).map_err(|error| error.to_string())?;
        changed.push(sku.part_number.to_owned());
    }
    Ok(changed)
}

fn change_directory(world: &World, step: &ChangeStep, nth: u64) -> Result<ChangeReport, String> {
    let forest = step.forest.map_or(0, |forest| forest.0 as usize - 1);
    let Some(cell) = world.domains().get(forest) else {
        return Err(format!("there is no forest {}: the estate has {}", forest + 1, world.domains().len()));
    };
    let mut directory = world.directory_mut(forest);
    // all or nothing: the copy shares its pages until it is written
    let mut scratch = directory.clone();
    let mut change = Change {
        directory: &mut scratch,
        context: UpdateContext::system(world.clock.now()),
        seed: world.seed,
        purpose: format!("change/{forest}/{nth}"),
        mail_domain: cell.spec.mail_domain(),
        report: ChangeReport::default(),
    };
    change.apply(step)?;
    let report = change.report;
    if let Some(section) = &step.synchronize {
        check_names(world, Some((forest, &scratch)), &section.spec())?;
    }
    *directory = scratch;
    Ok(report)
}

struct Change<'a> {
    directory: &'a mut Directory,
    context: UpdateContext,
    seed: Seed,
    purpose: String,
    mail_domain: &'a str,
    report: ChangeReport,
}

impl Change<'_> {
    fn apply(&mut self, step: &ChangeStep) -> Result<(), String> {
        if let Some(count) = step.create_users {
            self.create(u64::from(count.get()))?;
        }
        if let Some(count) = step.rename {
            self.rename(count.get() as usize)?;
        }
        if let Some(units) = &step.move_ou {
            self.move_people(units)?;
        }
        if let Some(modify) = &step.modify {
            self.modify(modify)?;
        }
        if let Some(count) = step.delete_users {
            for id in self.draw(count.get() as usize, "delete")? {
                let name = self.dn(id);
                self.directory.delete(&self.context, &name).map_err(|e| refused("delete", &name, &e))?;
                self.report.deleted.push(name);
            }
        }
        for name in &step.restore {
            super::restore::restore(self.directory, &self.context, name)?;
            self.report.restored.push(name.clone());
        }
        if let Some(changes) = &step.ldif {
            super::ldif_changes::apply(self.directory, &self.context, &changes.0, &mut self.report)?;
        }
        Ok(())
    }

    fn draw(&self, count: usize, what: &str) -> Result<Vec<ObjectId>, String> {
        let people = people(self.directory);
        if people.len() < count {
            return Err(format!("cannot {what} {count} people: the directory has {}", people.len()));
        }
        Ok(draw(&people, count, self.seed, &format!("{}/{what}", self.purpose)))
    }

    fn dn(&self, id: ObjectId) -> String {
        self.directory.entry(id).map(|entry| entry.dn()).unwrap_or_default()
    }

    fn text(&self, id: ObjectId, attribute: &str) -> String {
        let entry = self.directory.entry(id);
        entry.and_then(|entry| entry.text(attribute).map(|text| text.into_owned())).unwrap_or_default()
    }

    /// People whose given name and surname are plain ASCII, so that addresses can be made of them.
    fn plainly_named(&self) -> Result<Vec<ObjectId>, String> {
        let plain = |text: String| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic());
        let named: Vec<ObjectId> = people(self.directory)
            .into_iter()
            .filter(|id| plain(self.text(*id, "givenName")) && plain(self.text(*id, "sn")))
            .collect();
        if named.is_empty() {
            Err("the directory has nobody to take a name from".to_owned())
        } else {
            Ok(named)
        }
    }

    fn pick(&self, from: &[ObjectId], what: &str, index: u64) -> ObjectId {
        from[(self.seed.hash(&self.purpose, what, index) % from.len() as u64) as usize]
    }

    fn create(&mut self, count: u64) -> Result<(), String> {
        let named = self.plainly_named()?;
        for index in 0..count {
            let model = self.pick(&named, "create/model", index);
            let given = self.text(self.pick(&named, "create/given", index), "givenName");
            let surname = self.text(self.pick(&named, "create/surname", index), "sn");
            let model_dn = self.dn(model);
            let parent = parent(&model_dn);
            let mut last = None;
            for number in 0..NAME_TRIES {
                let number = 2 + (self.seed.hash(&self.purpose, "create/number", index) + number) % 998;
                let account = format!("{}.{}", given.to_lowercase(), surname.to_lowercase());
                let account = format!("{}{number}", &account[..account.len().min(16)]);
                let name = format!("CN={given} {surname} {number},{parent}");
                let attributes = self.newcomer(model, &given, &surname, &account);
                match self.directory.add(&self.context, &name, &attributes) {
                    Ok(_) => {
                        self.report.created.push(name);
                        last = None;
                        break;
                    }
                    Err(error) => last = Some(refused("create", &name, &error)),
                }
            }
            if let Some(error) = last {
                return Err(error);
            }
        }
        Ok(())
    }

    fn newcomer(
        &self,
        model: ObjectId,
        given: &str,
        surname: &str,
        account: &str,
    ) -> Vec<(String, Vec<Vec<u8>>)> {
        let address = format!("{account}@{}", self.mail_domain);
        // no part of a name: the password policy refuses that
        let password = format!("Fb-{:010x}!", self.seed.hash(&self.purpose, account, 0) & 0xff_ffff_ffff);
        let one = |name: &str, value: String| (name.to_owned(), vec![value.into_bytes()]);
        let mut attributes = vec![
            one("objectClass", "user".to_owned()),
            one("sAMAccountName", account.to_owned()),
            one("userPrincipalName", address.clone()),
            one("givenName", given.to_owned()),
            one("sn", surname.to_owned()),
            one("displayName", format!("{given} {surname}")),
            one("mail", address.clone()),
            one("proxyAddresses", format!("SMTP:{address}")),
            one("mailNickname", account.to_owned()),
            one("userAccountControl", "512".to_owned()),
            ("unicodePwd".to_owned(), vec![quoted_utf16(&password)]),
        ];
        for name in [
            "department",
            "title",
            "company",
            "c",
            "co",
            "countryCode",
            "l",
            "st",
            "postalCode",
            "streetAddress",
        ] {
            let value = self.text(model, name);
            if !value.is_empty() {
                attributes.push(one(name, value));
            }
        }
        attributes
    }

    fn rename(&mut self, count: usize) -> Result<(), String> {
        let named = self.plainly_named()?;
        for (index, id) in self.draw(count, "rename")?.into_iter().enumerate() {
            let surname = self.text(self.pick(&named, "rename/surname", index as u64), "sn");
            let display = format!("{} {surname}", self.text(id, "givenName")).trim().to_owned();
            let old = self.dn(id);
            let changes = [replace("sn", &surname), replace("displayName", &display)];
            self.directory.modify(&self.context, &old, &changes).map_err(|e| refused("rename", &old, &e))?;
            // the account name keeps the relative name unique within its unit
            let account = self.text(id, "sAMAccountName");
            let rdn = format!("CN={}", escape(&format!("{display} ({account})")));
            self.directory
                .modify_dn(&self.context, &old, &rdn, true, None)
                .map_err(|e| refused("rename", &old, &e))?;
            let new = self.dn(id);
            self.report.renamed.push((old, new));
        }
        Ok(())
    }

    fn move_people(&mut self, units: &MoveOu) -> Result<(), String> {
        let from = self.unit(&units.from).ok_or_else(|| {
            format!("there is no organizational unit '{}': the directory has {}", units.from, self.units())
        })?;
        let target = match self.unit(&units.to) {
            Some(unit) => self.dn(unit),
            None => {
                let name = format!("OU={},{}", escape(&units.to), parent(&self.dn(from)));
                let class = [("objectClass".to_owned(), vec![b"organizationalUnit".to_vec()])];
                self.directory.add(&self.context, &name, &class).map_err(|e| refused("create", &name, &e))?;
                name
            }
        };
        let mut movers: Vec<ObjectId> = people(self.directory);
        movers.retain(|id| self.is_below(*id, from));
        for id in movers {
            let old = self.dn(id);
            self.move_one(id, &old, &target)?;
            let new = self.dn(id);
            self.report.moved.push((old, new));
        }
        Ok(())
    }

    fn is_below(&self, id: ObjectId, unit: ObjectId) -> bool {
        let parent = |id: ObjectId| self.directory.entry(id).and_then(|entry| entry.parent());
        std::iter::successors(parent(id), |above| parent(*above)).any(|above| above == unit)
    }

    /// Moves a person; where the new unit has one of that name already, the account name tells them apart.
    fn move_one(&mut self, id: ObjectId, old: &str, target: &str) -> Result<(), String> {
        let plain = self.directory.modify_dn(&self.context, old, relative(old), true, Some(target));
        if !matches!(&plain, Err(error) if error.code == ResultCode::ENTRY_ALREADY_EXISTS) {
            return plain.map(|_| ()).map_err(|e| refused("move", old, &e));
        }
        let name = format!("{} ({})", self.text(id, "cn"), self.text(id, "sAMAccountName"));
        let rdn = format!("CN={}", escape(&name));
        let moved = self.directory.modify_dn(&self.context, old, &rdn, true, Some(target));
        moved.map(|_| ()).map_err(|e| refused("move", old, &e))
    }

    fn modify(&mut self, modify: &Modify) -> Result<(), String> {
        let values = modify.value.iter().map(|value| value.clone().into_bytes()).collect();
        let change = [Modification { op: ModifyOp::Replace, attribute: modify.attribute.clone(), values }];
        for id in self.draw(modify.users.get() as usize, "modify")? {
            let name = self.dn(id);
            self.directory.modify(&self.context, &name, &change).map_err(|e| refused("modify", &name, &e))?;
            self.report.modified.push(name);
        }
        Ok(())
    }

    fn all_units(&self) -> impl Iterator<Item = (ObjectId, &str)> {
        self.directory
            .ids()
            .filter_map(|id| self.directory.entry(id))
            .filter(|entry| entry.is_class("organizationalUnit") && !entry.is_deleted())
            .map(|entry| (entry.id(), entry.rdn_value()))
    }

    fn unit(&self, name: &str) -> Option<ObjectId> {
        self.all_units().find(|(_, rdn)| rdn.eq_ignore_ascii_case(name)).map(|(id, _)| id)
    }

    fn units(&self) -> String {
        let mut names: Vec<&str> = self.all_units().map(|(_, rdn)| rdn).collect();
        names.sort_unstable();
        names.dedup();
        names.join(", ")
    }
}

fn replace(attribute: &str, value: &str) -> Modification {
    Modification {
        op: ModifyOp::Replace,
        attribute: attribute.to_owned(),
        values: vec![value.as_bytes().to_vec()],
    }
}

pub(super) fn refused(what: &str, name: &str, error: &DirectoryError) -> String {
    format!("cannot {what} {name}: result {} {}", error.code.number(), error.text)
}

/// A password as `unicodePwd` takes it: in quotes, UTF-16, little-endian.
fn quoted_utf16(password: &str) -> Vec<u8> {
    format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect()
}
