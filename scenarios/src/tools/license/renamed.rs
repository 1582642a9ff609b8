//! New sign-in names of licensed people in tenants that refuse them (directory-sync.md 2.2.3, 2.2.5): the licences go,
//! the name is changed on premises once more and synchronized, the licences come back.

use super::direct::assign;
use super::mistakes::LicenserMistake;
use super::note::{Note, Owed};
use super::{Work, forest, tenant};
use crate::tool::ToolError;
use std::collections::BTreeSet;

impl Work<'_> {
    /// Gives back what an earlier run took away, then takes away what stands in the way of new names.
    pub(super) async fn follow_names(&mut self, mut note: Note) -> Result<(), ToolError> {
        self.give_back(&mut note).await?;
        if tenant::names_follow(&self.graph).await? {
            return Ok(());
        }
        let names = forest::values(self.env, "userPrincipalName").await?;
        let domains = tenant::verified_domains(&self.graph).await?;
        for at in 0..self.people.len() {
            let person = &self.people[at];
            let Some(name) = person.anchor.as_ref().and_then(|anchor| names.get(anchor)) else { continue };
            let suffix = name.rsplit_once('@').map(|(_, suffix)| suffix.to_lowercase());
            let tried = note.tried.get(&person.id).is_some_and(|tried| tried.eq_ignore_ascii_case(name));
            let refused = !name.eq_ignore_ascii_case(&person.upn) && !person.name_in_conflict;
            if !refused || tried || suffix.is_none_or(|suffix| !domains.contains(&suffix)) {
                continue;
            }
            self.set_aside(at, name, &mut note).await?;
        }
        Ok(())
    }

    /// One call takes all of a person's direct licences; it is written down first what they are.
    async fn set_aside(&mut self, at: usize, name: &str, note: &mut Note) -> Result<(), ToolError> {
        let person = &self.people[at];
        let direct = person.licences.iter().filter(|held| held.group.is_none());
        let licences: std::collections::BTreeMap<String, BTreeSet<String>> =
            direct.map(|held| (held.sku.clone(), held.disabled.clone())).collect();
        if person.licences.iter().any(|held| held.group.is_some() && held.is_active()) {
            let line =
                format!("{}: the name stays {}: a group licenses this person", person.account, person.upn);
            self.tally.say(line);
            return Ok(());
        }
        if licences.is_empty() {
            return Ok(());
        }
        let (id, account) = (person.id.clone(), person.account.clone());
        let skus: Vec<String> = licences.keys().cloned().collect();
        let (former, name) = (person.upn.clone(), name.to_owned());
        note.tried.insert(id.clone(), name.clone());
        note.owed.insert(id.clone(), Owed { licences, taken: false, former, name });
        note.write()?;
        assign(&self.graph, &id, &[], &skus).await?;
        note.owed.get_mut(&id).into_iter().for_each(|owed| owed.taken = true);
        note.write()?;
        // the seats are not free: they wait for this person, and the count of free ones does not rise
        self.people[at].changed(None, &skus);
        self.waiting.insert(id);
        self.tally.set_aside += 1;
        self.tally
            .say(format!("{account}: licences wait for the name: write it on premises once more, synchronize, run this again"));
        Ok(())
    }

    async fn give_back(&mut self, note: &mut Note) -> Result<(), ToolError> {
        let owed: Vec<(String, Owed)> =
            note.owed.iter().map(|(id, owed)| (id.clone(), owed.clone())).collect();
        for (id, owed) in owed {
            if self.makes(LicenserMistake::RemovesAndForgets) {
                self.waiting.insert(id);
                continue;
            }
            let Some(at) = self.people.iter().position(|person| person.id == id) else {
                self.tally.say(format!("{id} ({}) is not there any more: nothing is given back", owed.name));
                note.owed.remove(&id);
                note.write()?;
                continue;
            };
            let none = BTreeSet::new();
            let whole = self.makes(LicenserMistake::GivesBackEverything);
            let add: Vec<(&str, &BTreeSet<String>)> = owed
                .licences
                .iter()
                .filter(|(sku, _)| self.people[at].direct(sku).is_none())
                .map(|(sku, off)| (sku.as_str(), if whole { &none } else { off }))
                .collect();
            let person = &self.people[at];
            if add.is_empty() {
                // the run ended before it took anything away, and may try again; or somebody gave it back by hand
                if !owed.taken {
                    note.tried.remove(&id);
                }
                note.owed.remove(&id);
                note.write()?;
                continue;
            }
            match assign(&self.graph, &id, &add, &[]).await {
                Ok(()) => {}
                Err(refusal) if refusal.status == 400 => {
                    self.tally.refused += 1;
                    let line =
                        format!("{}: licences cannot be given back: {}", person.account, refusal.message);
                    self.tally.say(line);
                    self.waiting.insert(id);
                    continue;
                }
                Err(refusal) => return Err(refusal.into()),
            }
            if person.upn.eq_ignore_ascii_case(&owed.former) {
                let line = format!("{}: the name is still {}, not {}", person.account, person.upn, owed.name);
                self.tally.say(line);
            }
            for (sku, off) in add {
                self.people[at].changed(Some((sku, off)), &[]);
                self.subscriptions.iter_mut().filter(|s| s.id == sku).for_each(|s| s.free -= 1);
            }
            self.tally.given_back += 1;
            note.owed.remove(&id);
            note.write()?;
        }
        Ok(())
    }
}
