//! Synchronization: connector spaces, metaverse, connector spaces. It reads and writes the database only.

use crate::engine::Engine;
use crate::error::Result;
use crate::state::{Numbers, Sweep, Table, tail, tail_object};

/// Which objects a synchronization looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncKind {
    /// All.
    Full,
    /// Those of which an import told something, and those that refer to them. Where the rules changed since
    /// the last full one, it is a full one.
    Delta,
}

/// What a synchronization did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Objects of connector spaces looked at.
    pub objects: u64,
    /// Metaverse objects whose flows outwards were computed.
    pub flows: u64,
    /// Objects that could not be synchronized and stay as they were: distinguished name, reason.
    pub errors: Vec<(String, String)>,
    /// Errors beyond those listed.
    pub more_errors: u64,
    /// Whether all objects were looked at.
    pub full: bool,
}

/// Errors that a report lists.
const MAX_ERRORS: usize = 1_000;

impl Engine {
    /// Synchronizes. The order is fixed (forests by their creation, then the cloud; objects by anchor), and a
    /// crash between two positions repeats nothing that was done.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sync(&mut self, kind: SyncKind) -> Result<SyncReport> {
        self.state.fresh = Numbers::default();
        self.rest = None;
        let done = self.synchronize(kind);
        // what is joined and imported may change before the next one
        self.state.fresh = Numbers::default();
        if done.is_err() {
            self.state.roll_back();
        }
        done
    }

    fn synchronize(&mut self, kind: SyncKind) -> Result<SyncReport> {
        let mut report = SyncReport::default();
        if kind == SyncKind::Full {
            self.state.set_sweep(Sweep::Wanted);
            self.state.commit("sync: full wanted")?;
        }
        report.full = *self.state.sweep() != Sweep::None;
        self.wake_failed()?;
        let order = self.order();
        if *self.state.sweep() == Sweep::Wanted {
            self.state.set_sweep(Sweep::Inbound(Vec::new()));
        }
        self.sweep_inbound(&order, &mut report)?;
        while self.state.any(&[Table::Changed as u8])? {
            for connector in &order {
                self.all_inbound(*connector, &mut report)?;
            }
        }
        self.all_provision()?;
        self.all_outbound(&mut report)?;
        self.errors(&mut report)?;
        Ok(report)
    }

    /// Forests in the order of their creation, then the cloud.
    fn order(&self) -> Vec<u8> {
        let mut order: Vec<u8> = (0..).take(self.config.connectors.len()).collect();
        order.sort_by_key(|connector| (self.kind(*connector), *connector));
        order
    }

    /// All objects, by connector and anchor: their order does not depend on who was imported first.
    fn sweep_inbound(&mut self, order: &[u8], report: &mut SyncReport) -> Result<()> {
        let Sweep::Inbound(mut after) = self.state.sweep().clone() else { return Ok(()) };
        let begun = after.get(1).and_then(|of| order.iter().position(|connector| connector == of));
        for connector in &order[begun.unwrap_or(0)..] {
            loop {
                let from = Some(after.as_slice()).filter(|row| row.get(1) == Some(connector));
                let rows = self.state.by_anchor(*connector, from, self.config.batch)?;
                let Some((last, _)) = rows.last() else { break };
                after.clone_from(last);
                for (_, key) in rows {
                    if self.state.load(key)?.is_some_and(|object| object.present) {
                        self.inbound(key)?;
                        report.objects += 1;
                    }
                }
                self.state.set_sweep(Sweep::Inbound(after.clone()));
                self.state.commit("sync: inbound, all")?;
            }
        }
        Ok(())
    }

    /// What failed last time is tried again.
    fn wake_failed(&mut self) -> Result<()> {
        for (row, _) in self.state.scan(&[Table::Failed as u8], None, usize::MAX)? {
            let key = tail_object(&row);
            if let Some(object) = self.state.load(key)? {
                self.state.changed(key, &object);
            }
            self.state.delete(row);
        }
        for (row, _) in self.state.scan(&[Table::FailedOut as u8], None, usize::MAX)? {
            self.state.mark_provision(tail(&row));
            self.state.delete(row);
        }
        self.state.commit("sync: failures woken")
    }

    fn all_inbound(&mut self, connector: u8, report: &mut SyncReport) -> Result<()> {
        loop {
            let prefix = Table::Changed.key(&[&[connector]]);
            let rows = self.state.scan(&prefix, None, self.config.batch)?;
            if rows.is_empty() {
                return Ok(());
            }
            for (row, _) in rows {
                let key = crate::value::CsKey { connector, id: tail(&row) };
                self.state.delete(row);
                self.inbound(key)?;
                report.objects += 1;
            }
            self.state.commit("sync: inbound")?;
        }
    }

    fn all_provision(&mut self) -> Result<()> {
        if matches!(self.state.sweep(), Sweep::Inbound(_)) {
            // rules that lead out may have changed where nothing that leads in has
            self.state.set_sweep(Sweep::Provision(0));
        }
        while let Sweep::Provision(from) = *self.state.sweep() {
            let numbers = self.state.metaverse_from(from, self.config.batch)?;
            for number in &numbers {
                self.state.set_sweep(Sweep::Provision(number + 1));
                self.provision_one(*number)?;
            }
            self.state.commit("sync: provisioned, all")?;
            if numbers.is_empty() {
                break;
            }
        }
        loop {
            let rows = self.state.scan(&[Table::Provision as u8], None, self.config.batch)?;
            if rows.is_empty() {
                break;
            }
            for (row, _) in rows {
                self.state.delete(row.clone());
                self.provision_one(tail(&row))?;
            }
            self.state.commit("sync: provisioned")?;
        }
        if matches!(self.state.sweep(), Sweep::Provision(_)) {
            self.state.set_sweep(Sweep::Flow(0));
        }
        Ok(())
    }

    fn provision_one(&mut self, number: u32) -> Result<()> {
        if let Err(failure) = self.provision(number)? {
            self.state.put(Table::FailedOut.at(number), failure.0.into_bytes());
        }
        Ok(())
    }

    fn all_outbound(&mut self, report: &mut SyncReport) -> Result<()> {
        while let Sweep::Flow(from) = *self.state.sweep() {
            let numbers = self.state.metaverse_from(from, self.config.batch)?;
            for number in &numbers {
                self.state.set_sweep(Sweep::Flow(number + 1));
                self.outbound_one(*number, report)?;
            }
            if numbers.is_empty() {
                self.state.set_sweep(Sweep::None);
            }
            self.state.commit("sync: outbound, all")?;
        }
        loop {
            let rows = self.state.scan(&[Table::Flow as u8], None, self.config.batch)?;
            if rows.is_empty() {
                return Ok(());
            }
            for (row, _) in rows {
                self.state.delete(row.clone());
                self.outbound_one(tail(&row), report)?;
            }
            self.state.commit("sync: outbound")?;
        }
    }

    fn outbound_one(&mut self, number: u32, report: &mut SyncReport) -> Result<()> {
        if let Err(failure) = self.outbound(number, None)? {
            self.state.put(Table::FailedOut.at(number), failure.0.into_bytes());
        }
        report.flows += 1;
        Ok(())
    }

    fn errors(&self, report: &mut SyncReport) -> Result<()> {
        let mut tell = |name: String, text: String| {
            if report.errors.len() < MAX_ERRORS {
                report.errors.push((name, text));
            } else {
                report.more_errors += 1;
            }
        };
        for (row, _) in self.state.scan(&[Table::Failed as u8], None, usize::MAX)? {
            if let Some(object) = self.state.load(tail_object(&row))? {
                tell(object.dn.clone(), object.error.clone().unwrap_or_default());
            }
        }
        for (row, text) in self.state.scan(&[Table::FailedOut as u8], None, usize::MAX)? {
            let first = self.state.joined(tail(&row))?.first().copied();
            let object = first.map(|key| self.state.load(key)).transpose()?.flatten();
            tell(
                object.map(|object| object.dn.clone()).unwrap_or_default(),
                String::from_utf8_lossy(&text).into_owned(),
            );
        }
        report.errors.sort();
        Ok(())
    }
}
