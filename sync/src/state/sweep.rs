//! How far a full synchronization has come. What lies ahead of it needs no row that says it is to be done.

use super::{State, Table, keys};
use crate::error::{Error, Result};
use crate::value::CsKey;

/// The row that holds it.
const ROW: &str = "sweep";

/// A full synchronization: connector spaces by anchor, then the metaverse twice, by number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Sweep {
    /// There is none.
    #[default]
    None,
    /// The next synchronization is one.
    Wanted,
    /// Objects up to this row of [`Table::Anchor`] are done; none of them for an empty one.
    Inbound(Vec<u8>),
    /// It is decided where metaverse objects below this number have objects.
    Provision(u32),
    /// The flows of metaverse objects below this number are computed.
    Flow(u32),
}

impl Sweep {
    pub(super) fn read(octets: &[u8]) -> Result<Self> {
        let wrong = || Error::corrupt("the place of a full synchronization");
        let (kind, rest) = octets.split_first().ok_or_else(wrong)?;
        Ok(match kind {
            0 => Self::None,
            1 => Self::Wanted,
            2 => Self::Inbound(rest.to_vec()),
            3 => Self::Provision(keys::number(rest).ok_or_else(wrong)?),
            4 => Self::Flow(keys::number(rest).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        })
    }

    fn write(&self) -> Vec<u8> {
        match self {
            Self::None => vec![0],
            Self::Wanted => vec![1],
            Self::Inbound(after) => [&[2], after.as_slice()].concat(),
            Self::Provision(from) => [&[3], from.to_be_bytes().as_slice()].concat(),
            Self::Flow(from) => [&[4], from.to_be_bytes().as_slice()].concat(),
        }
    }

    /// Whether it will still decide where this metaverse object has objects.
    fn provisions(&self, number: u32) -> bool {
        match self {
            Self::Wanted | Self::Inbound(_) => true,
            Self::Provision(from) => number >= *from,
            _ => false,
        }
    }

    /// Whether it will still compute the flows of every metaverse object.
    pub(crate) fn all_flow(&self) -> bool {
        matches!(self, Self::Wanted | Self::Inbound(_) | Self::Provision(_))
    }

    fn flows(&self, number: u32) -> bool {
        self.all_flow() || matches!(self, Self::Flow(from) if number >= *from)
    }
}

impl State {
    pub(super) fn read_sweep(&self) -> Result<Sweep> {
        self.meta(ROW)?.map_or(Ok(Sweep::None), |octets| Sweep::read(&octets))
    }

    pub(crate) fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    /// Goes on; it is part of the next journal position.
    pub(crate) fn set_sweep(&mut self, sweep: Sweep) {
        self.sweep = sweep;
    }

    /// Puts the place into the next journal position, if it changed.
    pub(super) fn write_sweep(&mut self) {
        if self.sweep != self.swept {
            self.set_meta(ROW, self.sweep.write());
        }
    }

    /// Whether a present object is going to be synchronized in any case.
    pub(crate) fn all_inbound(&self) -> bool {
        self.sweep == Sweep::Wanted
    }

    /// Where a metaverse object has objects has to be decided.
    pub(crate) fn mark_provision(&mut self, number: u32) {
        if !self.sweep.provisions(number) {
            self.put(Table::Provision.at(number), Vec::new());
        }
    }

    /// The flows out of a metaverse object have to be computed.
    pub(crate) fn mark_flow(&mut self, number: u32) {
        if !self.sweep.flows(number) {
            self.put(Table::Flow.at(number), Vec::new());
        }
    }

    /// A mark is done with. One that a sweep spared is not looked for; one that outlives its object does no harm.
    pub(crate) fn done(&mut self, table: Table, number: u32) {
        let row = table.at(number);
        let there = matches!(self.pending.get(&row), Some(Some(_)));
        if there || self.sweep == Sweep::None {
            self.delete(row);
        }
    }

    /// The objects of a connector in the order of their anchors, after a row of [`Table::Anchor`].
    pub(crate) fn by_anchor(
        &self,
        connector: u8,
        after: Option<&[u8]>,
        most: usize,
    ) -> Result<Vec<(Vec<u8>, CsKey)>> {
        let rows = self.scan(&Table::Anchor.key(&[&[connector]]), after, most)?;
        let key = |octets: &[u8]| keys::number(octets).map(|id| CsKey { connector, id });
        Ok(rows.into_iter().filter_map(|(row, id)| Some((row, key(&id)?))).collect())
    }

    /// Numbers of metaverse objects from this one on; they are read with it.
    pub(crate) fn metaverse_from(&mut self, from: u32, most: usize) -> Result<Vec<u32>> {
        self.encode();
        let after = from.checked_sub(1).map(|last| Table::Metaverse.at(last));
        let rows = self.scan(&[Table::Metaverse as u8], after.as_deref(), most)?;
        let mut numbers = Vec::with_capacity(rows.len());
        for (row, octets) in rows {
            let number = super::tail(&row);
            self.keep_metaverse(number, &octets)?;
            numbers.push(number);
        }
        Ok(numbers)
    }
}
