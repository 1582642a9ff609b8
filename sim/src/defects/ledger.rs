//! The ledger: what was made wrong, what it was before, and which repairs are right.

use crate::ids::Guid;
use serde::{Deserialize, Serialize};

/// The truth about one forest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The injected defects; a duplicate is one row with both holders.
    pub rows: Vec<LedgerRow>,
    /// The innocent look-alikes.
    pub decoys: Vec<Decoy>,
}

/// One injected defect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// 1, 2, 3... within the forest.
    pub number: u32,
    /// Id of the catalogue: `PA26`.
    pub defect: String,
    /// `defect` or `warning`, as the catalogue's role.
    pub severity: String,
    /// `yes`, `needs-settings` or `no`, as the catalogue's column.
    pub detectable: String,
    /// The attribute that carries it (of a cross-attribute duplicate: the first object's).
    pub attribute: String,
    /// The objects: the one that must change first; of a duplicate both.
    #[serde(with = "guid_texts")]
    pub objects: Vec<Guid>,
    /// Every attribute that the defect spans, with its value before and after injection. A change to one of
    /// these is judged by this row; it is never collateral.
    pub places: Vec<Place>,
    /// Which final states are right.
    pub accepted: Accepted,
    /// Of a duplicate: who keeps the value, where the catalogue's rule singles one out.
    #[serde(with = "guid_option")]
    pub owner: Option<Guid>,
    /// A domain controller would refuse this value: it got in by the generator's own door.
    pub lenient: bool,
    /// What was done, in words.
    pub note: String,
}

/// One attribute of one object that a defect spans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The object's objectGUID.
    #[serde(with = "guid_text")]
    pub object: Guid,
    /// `lDAPDisplayName`.
    pub attribute: String,
    /// The clean values; empty when the attribute was absent.
    pub before: Vec<String>,
    /// The values after injection; empty when the attribute was removed.
    pub injected: Vec<String>,
    /// Only these of the attribute's values are this row's affair: `before`, `injected` and the accepted sets
    /// speak of them alone. Other values belong to other rows, or stay as they are.
    #[serde(default, skip_serializing_if = "is_false")]
    pub share: bool,
}

/// What counts as right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "repair", rename_all = "snake_case")]
pub enum Accepted {
    /// A rule names the result: one of these outcomes.
    Exact {
        /// Each is one right repair.
        outcomes: Vec<Outcome>,
    },
    /// A decision is needed: one of these outcomes, or nothing changed and the finding reported.
    Decide {
        /// Leaving it alone and reporting it is right too.
        may_leave_and_report: bool,
        /// Each is one right repair.
        outcomes: Vec<Outcome>,
    },
}

impl Accepted {
    /// The right repairs.
    pub fn outcomes(&self) -> &[Outcome] {
        match self {
            Accepted::Exact { outcomes } | Accepted::Decide { outcomes, .. } => outcomes,
        }
    }
}

/// One right repair: every holding must be met. Places that it does not name must be as they were injected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What the places hold afterwards.
    pub holdings: Vec<Holding>,
    /// Objects that are deleted afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "guid_texts")]
    pub gone: Vec<Guid>,
}

/// What one attribute of one object holds after a right repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The object's objectGUID.
    #[serde(with = "guid_text")]
    pub object: Guid,
    /// `lDAPDisplayName`.
    pub attribute: String,
    /// The accepted sets of values; order does not matter, an empty set means absent.
    pub any_of: Vec<Vec<String>>,
    /// Also accepted: this text with a number (1 to 4 digits) after it or, of an address, before its `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub or_numbered: Option<String>,
}

/// An innocent look-alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decoy {
    /// Id of the catalogue: `FP01`; of a value at the very limit, the defect that begins one character later.
    pub kind: String,
    /// The object's objectGUID.
    #[serde(with = "guid_text")]
    pub object: Guid,
    /// The attribute that looks wrong.
    pub attribute: String,
    /// Its values, which must stay.
    pub value: Vec<String>,
}

/// What became of one defect, as far as its own places tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// One of the accepted outcomes.
    Repaired,
    /// Nothing changed in any of its places.
    Untouched,
    /// Something changed, to none of the accepted outcomes.
    Wrong,
}

impl LedgerRow {
    /// Judges the state after a repair. `now` gives the present values of an attribute of an object (empty
    /// when it is absent), as the ledger writes them, or none when the object is gone. Whether
    /// [`Verdict::Untouched`] is right is for the caller, who knows what was reported: see
    /// [`LedgerRow::may_leave_and_report`].
    pub fn judge(&self, mut now: impl FnMut(Guid, &str) -> Option<Vec<String>>) -> Verdict {
        let present: Vec<Option<Vec<String>>> =
            self.places.iter().map(|place| now(place.object, &place.attribute)).collect();
        let untouched = |i: usize| {
            let place = &self.places[i];
            present[i].as_ref().is_some_and(|values| place.is_untouched(values))
        };
        if (0..self.places.len()).all(untouched) {
            return Verdict::Untouched;
        }
        let met = |outcome: &Outcome| {
            self.places.iter().enumerate().all(|(i, place)| {
                let Some(values) = &present[i] else { return outcome.gone.contains(&place.object) };
                let named = outcome
                    .holdings
                    .iter()
                    .find(|h| h.object == place.object && h.attribute.eq_ignore_ascii_case(&place.attribute));
                !outcome.gone.contains(&place.object)
                    && named.map_or_else(|| untouched(i), |holding| holding.is_met_by(place, values))
            })
        };
        if self.accepted.outcomes().iter().any(met) { Verdict::Repaired } else { Verdict::Wrong }
    }

    /// Whether some right repair deletes this object.
    pub fn may_be_deleted(&self, object: Guid) -> bool {
        self.accepted.outcomes().iter().any(|outcome| outcome.gone.contains(&object))
    }

    /// Leaving it alone is right if it is reported.
    pub fn may_leave_and_report(&self) -> bool {
        matches!(self.accepted, Accepted::Decide { may_leave_and_report: true, .. })
    }

    /// Whether a change to this attribute of this object is judged by this row.
    pub fn spans(&self, object: Guid, attribute: &str) -> bool {
        self.places.iter().any(|p| p.object == object && p.attribute.eq_ignore_ascii_case(attribute))
    }
}

impl Place {
    /// Whether the attribute's values are still as injected, as far as they are this row's affair.
    pub fn is_untouched(&self, values: &[String]) -> bool {
        if !self.share {
            return same_values(&self.attribute, values, &self.injected);
        }
        match self.injected.is_empty() {
            true => !self.before.iter().any(|value| holds(&self.attribute, values, value)),
            false => self.injected.iter().all(|value| holds(&self.attribute, values, value)),
        }
    }
}

impl Holding {
    /// Whether these values of the attribute at `place` are accepted.
    pub fn is_met_by(&self, place: &Place, values: &[String]) -> bool {
        let numbered = |stem: &str| match values {
            [value] => is_numbered(stem, value),
            _ => false,
        };
        let holds = |value: &String| holds(&self.attribute, values, value);
        let met = |set: &Vec<String>| match place.share {
            false => same_values(&self.attribute, set, values),
            true => {
                let bad = place.injected.iter().filter(|bad| !self::holds(&self.attribute, set, bad));
                set.iter().all(holds) && !bad.into_iter().any(holds)
            }
        };
        self.any_of.iter().any(met) || self.or_numbered.as_deref().is_some_and(numbered)
    }
}

/// Whether one of the values means the same as this one.
pub(crate) fn holds(attribute: &str, values: &[String], value: &str) -> bool {
    let key = comparison_key(attribute, value);
    values.iter().any(|held| comparison_key(attribute, held) == key)
}

fn is_false(value: &bool) -> bool {
    !value
}

/// `jan.jansen27` of `jan.jansen`, `jan.jansen27@contoso.com` of `jan.jansen@contoso.com`.
fn is_numbered(stem: &str, value: &str) -> bool {
    let (stem, value) = (stem.to_lowercase(), value.to_lowercase());
    let (stem, tail) = stem.split_at(stem.find('@').unwrap_or(stem.len()));
    value
        .strip_prefix(stem)
        .and_then(|rest| rest.strip_suffix(tail))
        .is_some_and(|digits| (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The same set of values, as the attribute's meaning compares them: names of people exactly, addresses and
/// names of accounts without regard to case, but the prefix of a proxy address (`SMTP:` or `smtp:`) exactly.
pub(crate) fn same_values(attribute: &str, a: &[String], b: &[String]) -> bool {
    let keys = |values: &[String]| {
        let mut keys: Vec<String> = values.iter().map(|value| comparison_key(attribute, value)).collect();
        keys.sort_unstable();
        keys
    };
    a.len() == b.len() && keys(a) == keys(b)
}

fn comparison_key(attribute: &str, value: &str) -> String {
    match attribute.to_ascii_lowercase().as_str() {
        "mail" | "mailnickname" | "userprincipalname" | "samaccountname" | "targetaddress" => {
            value.to_lowercase()
        }
        "proxyaddresses" => match value.split_once(':') {
            Some((prefix, rest)) => format!("{prefix}:{}", rest.to_lowercase()),
            None => value.to_lowercase(),
        },
        _ => value.to_owned(),
    }
}

mod guid_text {
    use crate::ids::Guid;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(guid: &Guid, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(guid)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Guid, D::Error> {
        parse(&String::deserialize(d)?)
    }

    pub(super) fn parse<E: serde::de::Error>(text: &str) -> Result<Guid, E> {
        Guid::parse(text).ok_or_else(|| E::custom(format!("'{text}' is no GUID")))
    }
}

mod guid_option {
    use super::guid_text;
    use crate::ids::Guid;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(guid: &Option<Guid>, s: S) -> Result<S::Ok, S::Error> {
        guid.map(|guid| guid.to_string()).serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Guid>, D::Error> {
        Option::<String>::deserialize(d)?.map(|text| guid_text::parse(&text)).transpose()
    }
}

mod guid_texts {
    use super::guid_text;
    use crate::ids::Guid;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(guids: &[Guid], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(guids.iter().map(Guid::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Guid>, D::Error> {
        Vec::<String>::deserialize(d)?.iter().map(|text| guid_text::parse(text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> LedgerRow {
        let (owner, other) = (Guid::from_bytes([1; 16]), Guid::from_bytes([2; 16]));
        let place = |object, before: &[&str], injected: &[&str]| Place {
            object,
            attribute: "proxyAddresses".to_owned(),
            before: texts(before),
            injected: texts(injected),
            share: false,
        };
        LedgerRow {
            number: 1,
            defect: "PA26".to_owned(),
            severity: "defect".to_owned(),
            detectable: "yes".to_owned(),
            attribute: "proxyAddresses".to_owned(),
            objects: vec![other, owner],
            places: vec![
                place(owner, &["SMTP:a@contoso.com"], &["SMTP:a@contoso.com"]),
                place(other, &["SMTP:b@contoso.com"], &["SMTP:b@contoso.com", "smtp:a@contoso.com"]),
            ],
            accepted: Accepted::Decide {
                may_leave_and_report: true,
                outcomes: vec![Outcome {
                    holdings: vec![Holding {
                        object: other,
                        attribute: "proxyAddresses".to_owned(),
                        any_of: vec![texts(&["SMTP:b@contoso.com"])],
                        or_numbered: None,
                    }],
                    gone: Vec::new(),
                }],
            },
            owner: Some(owner),
            lenient: false,
            note: String::new(),
        }
    }

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|v| (*v).to_owned()).collect()
    }

    #[test]
    fn only_the_owner_may_keep_the_value() {
        let check = |owner: &[&str], other: &[&str], expected: Verdict| {
            let row = row();
            let verdict =
                row.judge(|object, _| Some(texts(if Some(object) == row.owner { owner } else { other })));
            assert_eq!(verdict, expected, "{owner:?} {other:?}");
        };
        check(&["SMTP:a@contoso.com"], &["smtp:A@contoso.com", "SMTP:b@contoso.com"], Verdict::Untouched);
        check(&["SMTP:a@contoso.com"], &["SMTP:B@contoso.com"], Verdict::Repaired);
        check(&[], &["SMTP:b@contoso.com", "smtp:a@contoso.com"], Verdict::Wrong);
        check(&[], &["SMTP:b@contoso.com"], Verdict::Wrong);
        check(&["SMTP:a@contoso.com"], &["smtp:b@contoso.com"], Verdict::Wrong);
    }

    #[test]
    fn of_an_attribute_that_rows_share_each_judges_its_own_values() {
        let mut row = row();
        row.places = vec![Place {
            object: Guid::from_bytes([2; 16]),
            attribute: "proxyAddresses".to_owned(),
            before: texts(&["SMTP:b@contoso.com"]),
            injected: texts(&["SMTP:b(@contoso.com"]),
            share: true,
        }];
        let check = |values: &[&str], expected: Verdict| {
            assert_eq!(row.judge(|_, _| Some(texts(values))), expected, "{values:?}");
        };
        check(&["SMTP:b(@contoso.com", "smtp:c d@contoso.com"], Verdict::Untouched);
        check(&["smtp:c d@contoso.com", "SMTP:b@contoso.com"], Verdict::Repaired);
        check(&["SMTP:b@contoso.com", "smtp:cd@contoso.com"], Verdict::Repaired);
        check(&["SMTP:B@contoso.com"], Verdict::Repaired);
        check(&["smtp:b@contoso.com"], Verdict::Wrong);
        check(&["smtp:c d@contoso.com"], Verdict::Wrong);
        check(&["SMTP:b@contoso.com", "SMTP:b(@contoso.com"], Verdict::Untouched);
    }

    #[test]
    fn an_object_may_go_where_an_outcome_says_so() {
        let mut row = row();
        let check = |row: &LedgerRow, expected| {
            let gone = row.objects[0];
            let present = |object, _: &str| (object != gone).then(|| texts(&["SMTP:a@contoso.com"]));
            assert_eq!(row.judge(present), expected);
        };
        check(&row, Verdict::Wrong);
        let outcome = Outcome { holdings: Vec::new(), gone: vec![row.objects[0]] };
        row.accepted = Accepted::Decide { may_leave_and_report: true, outcomes: vec![outcome] };
        check(&row, Verdict::Repaired);
    }

    #[test]
    fn a_numbered_name_is_its_stem_and_a_few_digits() {
        let check = |stem: &str, value: &str, expected: bool| {
            assert_eq!(is_numbered(stem, value), expected, "{stem} {value}");
        };
        check("jan.jansen", "jan.jansen2", true);
        check("jan.jansen", "Jan.Jansen27", true);
        check("jan.jansen@contoso.com", "jan.jansen2@contoso.com", true);
        check("jan.jansen", "jan.jansen", false);
        check("jan.jansen", "jan.jansen12345", false);
        check("jan.jansen", "jan.jansenx2", false);
        check("jan.jansen@contoso.com", "jan.jansen2@fabrikam.com", false);
    }

    #[test]
    fn the_json_form_reads_back_as_the_same_ledger() {
        let ledger = Ledger {
            rows: vec![row()],
            decoys: vec![Decoy {
                kind: "FP01".to_owned(),
                object: Guid::from_bytes([3; 16]),
                attribute: "userPrincipalName".to_owned(),
                value: texts(&["o'brien@contoso.com"]),
            }],
        };
        let json = serde_json::to_value(&ledger).unwrap();
        assert_eq!(json["rows"][0]["owner"], "01010101-0101-0101-0101-010101010101");
        assert_eq!(json["rows"][0]["accepted"]["repair"], "decide");
        assert_eq!(serde_json::from_value::<Ledger>(json).unwrap(), ledger);
    }
}
