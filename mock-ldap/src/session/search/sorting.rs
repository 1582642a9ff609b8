//! Server-side sorting (RFC 2891), with the one key that Active Directory takes.

use crate::ber::{Writer, tag};
use crate::reply::Outcome;
use crate::request::SortKey;
use forestbed_sim::directory::{
    AttrId, Directory, Entry, ObjectId, Port, QueryPolicy, Schema, Syntax, Value,
};

/// Sort results (RFC 2891 1.2).
const SUCCESS: u32 = 0;
const ADMIN_LIMIT_EXCEEDED: u32 = 11;
const NO_SUCH_ATTRIBUTE: u32 = 16;
const INAPPROPRIATE_MATCHING: u32 = 18;
const UNWILLING_TO_PERFORM: u32 = 53;
/// Ordering rules that a key may name: those of RFC 4517, and the phonetic and language rules of Active
/// Directory (MS-ADTS 3.1.1.3.4.1.13).
const RULES: [(&str, std::ops::RangeInclusive<u32>); 2] =
    [("2.5.13.", 1..=29), ("1.2.840.113556.1.4.", 1461..=1665)];

/// What an entry is sorted by: numbers before texts before octets, as there is only one kind in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Number(i64),
    Text(String),
    Octets(Vec<u8>),
}

impl Rank {
    fn of(directory: &Directory, value: Value<'_>) -> Rank {
        match value {
            Value::Int(number) => Rank::Number(number),
            Value::Bool(flag) => Rank::Number(i64::from(flag)),
            Value::Time(time) => Rank::Number(time.seconds()),
            Value::Text(text) => Rank::Text(text.to_lowercase()),
            value => {
                let mut out = Vec::new();
                value.write_ldap(directory, &mut out);
                match value {
                    Value::Dn(_) | Value::Class(_) => {
                        Rank::Text(String::from_utf8_lossy(&out).to_lowercase())
                    }
                    _ => Rank::Octets(out),
                }
            }
        }
    }
}

/// An order that was asked for, and the matches gathered so far.
#[derive(Debug)]
pub(super) struct Sorting {
    key: Option<AttrId>,
    /// The sort result: nothing is sorted unless it is success, and the answer says why.
    result: u32,
    critical: bool,
    reverse: bool,
    /// The reader or the port does not see the attribute: nobody seems to have it.
    hidden: bool,
    /// Matches are still being gathered.
    pub(super) gathering: bool,
    gathered: Vec<(Option<Rank>, ObjectId)>,
    /// Most entries that are sorted.
    most: usize,
}

impl Sorting {
    pub(super) fn new(
        asked: Option<(SortKey<'_>, bool)>,
        schema: &Schema,
        (port, confidential): (Port, bool),
        policy: &QueryPolicy,
    ) -> Result<Option<Sorting>, Outcome> {
        let Some((asked, critical)) = asked else { return Ok(None) };
        let (key, result) = judge(&asked, schema);
        if result != SUCCESS && critical {
            return Err(Outcome::of("control"));
        }
        let sees = |key| {
            (confidential || !schema.attribute(key).is_confidential())
                && (port == Port::Directory || schema.is_in_catalog(key))
        };
        let hidden = key.is_some_and(|key| !sees(key));
        let most = policy.max_temp_table_size;
        let gathering = result == SUCCESS;
        let reverse = asked.reverse;
        Ok(Some(Sorting { key, result, critical, reverse, hidden, gathering, gathered: Vec::new(), most }))
    }

    /// Takes a match. False when there are more than may be sorted: then nothing is.
    pub(super) fn gather(&mut self, directory: &Directory, entry: &Entry<'_>) -> bool {
        if self.gathered.len() >= self.most {
            self.gathering = false;
            self.gathered = Vec::new();
            self.result = ADMIN_LIMIT_EXCEEDED;
            return false;
        }
        let key = self.key.filter(|_| !self.hidden);
        let values = key.map(|key| entry.values(key)).into_iter().flatten();
        let rank = values.map(|value| Rank::of(directory, value)).min();
        self.gathered.push((rank, entry.id()));
        true
    }

    /// The answer when a critical sort cannot be made.
    pub(super) fn refusal(&self) -> Option<Outcome> {
        (self.critical && self.result != SUCCESS).then(|| Outcome::of("control"))
    }

    /// Whether the sort failed.
    pub(super) fn failed(&self) -> bool {
        self.result != SUCCESS
    }

    /// Ends the gathering: the objects in the order that was asked for; those without the attribute come last
    /// either way. `from` is where the first one stands whose value is at or behind an assertion.
    pub(super) fn sorted(&mut self, assertion: Option<&Rank>) -> (Vec<ObjectId>, usize) {
        self.gathering = false;
        let mut gathered = std::mem::take(&mut self.gathered);
        let reverse = self.reverse;
        gathered.sort_by(|(a, _), (b, _)| match (a, b) {
            (Some(a), Some(b)) if reverse => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            _ => b.is_some().cmp(&a.is_some()),
        });
        let before = |rank: &Option<Rank>| match (rank, assertion) {
            (Some(rank), Some(assertion)) if reverse => rank > assertion,
            (Some(rank), Some(assertion)) => rank < assertion,
            _ => false,
        };
        let from = gathered.partition_point(|(rank, _)| before(rank));
        (gathered.into_iter().map(|(_, id)| id).collect(), from)
    }

    /// An assertion value in the terms of the key; none when it is not of its syntax.
    pub(super) fn rank(&self, directory: &Directory, assertion: &[u8]) -> Option<Rank> {
        let text = || std::str::from_utf8(assertion).ok();
        let syntax = directory.schema().attribute(self.key?).syntax;
        Some(match syntax {
            Syntax::Integer | Syntax::LargeInteger => Rank::Number(text()?.trim().parse().ok()?),
            Syntax::Boolean => Rank::Number(i64::from(assertion.eq_ignore_ascii_case(b"TRUE"))),
            Syntax::Time => {
                Rank::Number(forestbed_sim::clock::SimTime::parse_generalized(text()?)?.seconds())
            }
            Syntax::OctetString | Syntax::Sid | Syntax::SecurityDescriptor => {
                Rank::Octets(assertion.to_vec())
            }
            _ => Rank::Text(text()?.to_lowercase()),
        })
    }

    /// The value of the control that goes with the answer.
    pub(super) fn answer(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        let value = writer.begin(tag::SEQUENCE);
        writer.enumerated(self.result);
        writer.end(value);
        out
    }
}

/// The key of a request and whether it can be sorted by.
fn judge(asked: &SortKey<'_>, schema: &Schema) -> (Option<AttrId>, u32) {
    let Some(key) = schema.attribute_id(asked.attribute) else { return (None, NO_SUCH_ATTRIBUTE) };
    let known = |rule: &str| {
        RULES.iter().any(|(arc, numbers)| {
            rule.strip_prefix(arc).and_then(|last| last.parse().ok()).is_some_and(|n| numbers.contains(&n))
        })
    };
    let result = match asked.rule {
        _ if asked.more => UNWILLING_TO_PERFORM,
        Some(rule) if !known(rule) => INAPPROPRIATE_MATCHING,
        // what is computed is in no index and no table
        _ if schema.attribute(key).constructed => INAPPROPRIATE_MATCHING,
        _ => SUCCESS,
    };
    (Some(key), result)
}
