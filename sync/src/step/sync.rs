//! Synchronization: connector spaces, metaverse, connector spaces. It reads and writes the database only.

use crate::engine::Engine;
use crate::error::Result;
use crate::space::CsObject;
use crate::state::{Numbers, Table, tail, tail_object};
use crate::value::codec::Reader;

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
        let done = self.synchronize(kind);
        self.state.all_flow = false;
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
            self.state.set_meta("full", Vec::new());
            self.state.commit("sync: full wanted")?;
        }
        if self.state.meta("full")?.is_some() {
            report.full = true;
            self.mark_all()?;
        }
        self.wake_failed()?;
        let order = self.order();
        while self.state.any(&[Table::Changed as u8])? {
            for connector in &order {
                self.all_inbound(*connector, &mut report)?;
            }
        }
        self.all_provision()?;
        self.state.all_flow = false;
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

    fn mark_all(&mut self) -> Result<()> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.state.scan(&[Table::Object as u8], after.as_deref(), self.config.batch)?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (row, octets) in &rows {
                let head = CsObject::read_head(&mut Reader(octets))?;
                if head.present {
                    self.state.changed(tail_object(row), &head);
                }
            }
            self.state.commit("sync: marked")?;
        }
        // rules that lead out of the metaverse may have changed where nothing that leads in has
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.state.scan(&[Table::Metaverse as u8], after.as_deref(), self.config.batch)?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (row, _) in &rows {
                self.state.put(Table::Provision.at(tail(row)), Vec::new());
            }
            self.state.commit("sync: metaverse marked")?;
        }
        // from here on each metaverse object is to be provisioned, and its flows are computed after that
        self.state.all_flow = true;
        self.state.clear_meta("full");
        self.state.commit("sync: all marked")
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
            self.state.put(Table::Provision.at(tail(&row)), Vec::new());
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
        loop {
            let rows = self.state.scan(&[Table::Provision as u8], None, self.config.batch)?;
            if rows.is_empty() {
                return Ok(());
            }
            for (row, _) in rows {
                let number = tail(&row);
                if let Err(failure) = self.provision(number)? {
                    self.state.put(Table::FailedOut.at(number), failure.0.into_bytes());
                }
            }
            self.state.commit("sync: provisioned")?;
        }
    }

    fn all_outbound(&mut self, report: &mut SyncReport) -> Result<()> {
        loop {
            let rows = self.state.scan(&[Table::Flow as u8], None, self.config.batch)?;
            if rows.is_empty() {
                return Ok(());
            }
            for (row, _) in rows {
                let number = tail(&row);
                if let Err(failure) = self.outbound(number, None)? {
                    self.state.put(Table::FailedOut.at(number), failure.0.into_bytes());
                }
                report.flows += 1;
            }
            self.state.commit("sync: outbound")?;
        }
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
                tell(object.dn, object.error.unwrap_or_default());
            }
        }
        for (row, text) in self.state.scan(&[Table::FailedOut as u8], None, usize::MAX)? {
            let first = self.state.joined(tail(&row))?.first().copied();
            let object = first.map(|key| self.state.load(key)).transpose()?.flatten();
            tell(
                object.map(|object| object.dn).unwrap_or_default(),
                String::from_utf8_lossy(&text).into_owned(),
            );
        }
        report.errors.sort();
        Ok(())
    }
}
