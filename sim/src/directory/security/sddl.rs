//! The text form of security descriptors (MS-DTYP 2.5.1), as the schema's defaults are written: read into
//! templates, whose trustees are filled in by the domain.

use super::ace::{Ace, CONTAINER_INHERIT, INHERIT_ONLY, Kind, NO_PROPAGATE, OBJECT_INHERIT};
use crate::ids::{Guid, Sid};

/// What GENERIC_ALL means for objects of a directory (MS-ADTS 5.1.3.2).
const EVERYTHING: u32 = 0x000f_01ff;

/// Whom an entry of a template concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trustee {
    /// The same everywhere.
    Fixed(Sid),
    /// A principal of the object's domain, by relative id.
    Domain(u32),
    /// A principal of the forest's first domain.
    Forest(u32),
    /// The owner of the object.
    Owner,
}

/// A list of a template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TemplateList {
    pub(super) protected: bool,
    pub(super) aces: Vec<Ace<Trustee>>,
}

/// A security descriptor whose trustees are placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Template {
    pub(super) owner: Option<Trustee>,
    pub(super) group: Option<Trustee>,
    pub(super) dacl: TemplateList,
    pub(super) sacl: TemplateList,
}

impl Template {
    /// Reads a whole text; none when it is malformed.
    pub(super) fn parse(sddl: &str) -> Option<Template> {
        let mut template = Template::default();
        let mut rest = sddl.trim();
        while !rest.is_empty() {
            let (part, after) = rest.split_once(':')?;
            // a part ends where the next letter with a colon stands outside of parentheses
            let end = next_part(after);
            let (content, next) = after.split_at(end);
            match part {
                "O" => template.owner = Some(trustee(content)?),
                "G" => template.group = Some(trustee(content)?),
                "D" => template.dacl = list(content)?,
                "S" => template.sacl = list(content)?,
                _ => return None,
            }
            rest = next;
        }
        Some(template)
    }
}

fn next_part(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ':' if depth == 0 => return at - 1,
            _ => {}
        }
    }
    text.len()
}

fn list(content: &str) -> Option<TemplateList> {
    let (flags, aces) = content.split_at(content.find('(').unwrap_or(content.len()));
    let aces = aces.split('(').skip(1).map(|text| ace(text.trim().strip_suffix(')')?));
    Some(TemplateList { protected: flags.starts_with('P'), aces: aces.collect::<Option<_>>()? })
}

fn ace(text: &str) -> Option<Ace<Trustee>> {
    let fields: Vec<&str> = text.split(';').collect();
    let [kind, flags, rights, object, inherited, whom] = fields[..] else { return None };
    let guid = |text: &str| if text.is_empty() { Some(None) } else { Guid::parse(text).map(Some) };
    Some(Ace {
        kind: match kind {
            "A" | "OA" => Kind::Allow,
            "D" | "OD" => Kind::Deny,
            "AU" | "OU" => Kind::Audit,
            _ => return None,
        },
        flags: pairs(flags, |flag| {
            Some(match flag {
                "OI" => OBJECT_INHERIT,
                "CI" => CONTAINER_INHERIT,
                "NP" => NO_PROPAGATE,
                "IO" => INHERIT_ONLY,
                "SA" => 0x40,
                "FA" => 0x80,
                _ => return None,
            })
        })?,
        mask: pairs(rights, right)?,
        object: guid(object)?,
        inherited_object: guid(inherited)?,
        trustee: trustee(whom)?,
    })
}

/// The union of what two-letter codes stand for.
fn pairs<T: Default + std::ops::BitOr<Output = T>>(
    text: &str,
    code: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let mut all = T::default();
    let mut at = 0;
    while at < text.len() {
        all = all | code(text.get(at..at + 2)?)?;
        at += 2;
    }
    Some(all)
}

fn right(code: &str) -> Option<u32> {
    Some(match code {
        "CC" => 0x1,
        "DC" => 0x2,
        "LC" => 0x4,
        "SW" => 0x8,
        "RP" => 0x10,
        "WP" => 0x20,
        "DT" => 0x40,
        "LO" => 0x80,
        "CR" => 0x100,
        "SD" => 0x1_0000,
        "RC" => 0x2_0000,
        "WD" => 0x4_0000,
        "WO" => 0x8_0000,
        "GA" => EVERYTHING,
        _ => return None,
    })
}

fn trustee(text: &str) -> Option<Trustee> {
    let fixed = |text: &str| Sid::parse(text).map(Trustee::Fixed);
    match text {
        "WD" => fixed("S-1-1-0"),
        "CO" => Some(Trustee::Owner),
        "AN" => fixed("S-1-5-7"),
        "ED" => fixed("S-1-5-9"),
        "PS" => fixed("S-1-5-10"),
        "AU" => fixed("S-1-5-11"),
        "SY" => fixed("S-1-5-18"),
        "BA" => fixed("S-1-5-32-544"),
        "BU" => fixed("S-1-5-32-545"),
        "AO" => fixed("S-1-5-32-548"),
        "PO" => fixed("S-1-5-32-550"),
        "RU" => fixed("S-1-5-32-554"),
        "DA" => Some(Trustee::Domain(512)),
        "DU" => Some(Trustee::Domain(513)),
        "DC" => Some(Trustee::Domain(515)),
        "DD" => Some(Trustee::Domain(516)),
        "CA" => Some(Trustee::Domain(517)),
        "PA" => Some(Trustee::Domain(520)),
        "RS" => Some(Trustee::Domain(553)),
        "RO" => Some(Trustee::Forest(498)),
        "SA" => Some(Trustee::Forest(518)),
        "EA" => Some(Trustee::Forest(519)),
        text => fixed(text),
    }
}
