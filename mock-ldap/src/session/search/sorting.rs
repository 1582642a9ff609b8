//! Server-side sorting (RFC 2891), with the one key that Active Directory takes.

use crate::ber::{Writer, tag};
use crate::reply::Outcome;
use crate::request::SortKey;
use forestbed_sim::directory::{AttrId, Entry, ObjectId, Schema};

/// noSuchAttribute, as the sort result has it.
const NO_SUCH_ATTRIBUTE: u32 = 16;

/// An order that was asked for, and the matches gathered so far.
#[derive(Debug)]
pub(super) struct Sorting {
    /// None when the attribute is unknown: the answer says so, and nothing is sorted.
    key: Option<AttrId>,
    reverse: bool,
    /// The attribute is confidential and the reader does not see it: nobody seems to have it.
    hidden: bool,
    /// Matches are still being gathered.
    pub(super) gathering: bool,
    gathered: Vec<(Option<String>, ObjectId)>,
}

impl Sorting {
    pub(super) fn new(
        asked: Option<(SortKey<'_>, bool)>,
        schema: &Schema,
        confidential: bool,
    ) -> Result<Option<Sorting>, Outcome> {
        let Some((SortKey { attribute, reverse }, critical)) = asked else { return Ok(None) };
        let key = schema.attribute_id(attribute);
        if key.is_none() && critical {
            return Err(Outcome::of("control"));
        }
        let hidden = !confidential && key.is_some_and(|key| schema.attribute(key).is_confidential());
        Ok(Some(Sorting { key, reverse, hidden, gathering: key.is_some(), gathered: Vec::new() }))
    }

    pub(super) fn gather(&mut self, entry: &Entry<'_>) {
        let text =
            self.key.filter(|_| !self.hidden).and_then(|key| entry.text(key)).map(|text| text.to_lowercase());
        self.gathered.push((text, entry.id()));
    }

    /// Ends the gathering: the objects in the order that was asked for; those without the attribute come last either way.
    pub(super) fn sorted(&mut self) -> Vec<ObjectId> {
        self.gathering = false;
        let mut gathered = std::mem::take(&mut self.gathered);
        gathered.sort_by(|(a, _), (b, _)| match (a, b) {
            (Some(a), Some(b)) if self.reverse => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            _ => b.is_some().cmp(&a.is_some()),
        });
        gathered.into_iter().map(|(_, id)| id).collect()
    }

    /// The value of the control that goes with the answer.
    pub(super) fn answer(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        let value = writer.begin(tag::SEQUENCE);
        writer.enumerated(if self.key.is_some() { 0 } else { NO_SUCH_ATTRIBUTE });
        writer.end(value);
        out
    }
}
