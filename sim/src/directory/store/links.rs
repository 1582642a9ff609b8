//! Links between objects: forward values with their stamps, and their mirror.

use super::super::schema::AttrId;

const ABSENT: u16 = 1 << 15;
/// The recycle bin holds one end.
const DEACTIVATED: u16 = 1 << 14;
const VERSION: u16 = DEACTIVATED - 1;

/// A value of a forward link. Twenty bytes: a large group has many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) attribute: AttrId,
    pub(crate) origin: u16,
    version: u16,
    usn_high: u16,
    pub(crate) target: u32,
    usn_low: u32,
    seconds: u32,
}

impl Link {
    /// A value given now.
    pub(crate) fn new(attribute: AttrId, target: u32, usn: u64, millis: i64, origin: u16) -> Link {
        let link = Link { attribute, origin, version: 0, usn_high: 0, target, usn_low: 0, seconds: 0 };
        link.changed(true, usn, millis, origin)
    }

    /// A value with a stamp that it brings from elsewhere: attribute and target; whether it is there and whether
    /// the recycle bin hides it; version and milliseconds; local USN and number of the origin.
    pub(crate) fn stamped(
        (attribute, target): (AttrId, u32),
        (present, hidden): (bool, bool),
        (version, millis): (u32, i64),
        (usn, origin): (u64, u16),
    ) -> Link {
        let version = (version.min(u32::from(VERSION))) as u16;
        let version = if present { version } else { version | ABSENT };
        Link {
            attribute,
            origin,
            version: if hidden { version | DEACTIVATED } else { version },
            usn_high: (usn >> 32) as u16,
            target,
            usn_low: usn as u32,
            seconds: u32::try_from(millis.div_euclid(1000)).unwrap_or(0),
        }
    }

    /// The same value, given or taken now.
    pub(crate) fn changed(self, present: bool, usn: u64, millis: i64, origin: u16) -> Link {
        let version = ((self.version & VERSION) + 1).min(VERSION);
        Link {
            version: if present { version } else { version | ABSENT },
            usn_high: (usn >> 32) as u16,
            usn_low: usn as u32,
            seconds: u32::try_from(millis.div_euclid(1000)).unwrap_or(0),
            origin,
            ..self
        }
    }

    /// The same value and stamp, hidden because the recycle bin holds one end, or shown again.
    pub(crate) fn deactivated(self, hidden: bool) -> Link {
        let version = self.version & !DEACTIVATED;
        Link { version: if hidden { version | DEACTIVATED } else { version }, ..self }
    }

    /// The value is there to see: neither removed nor deactivated.
    #[inline]
    pub(crate) fn is_present(&self) -> bool {
        self.version & (ABSENT | DEACTIVATED) == 0
    }

    /// The value is there, though hidden.
    pub(crate) fn is_deactivated(&self) -> bool {
        self.version & (ABSENT | DEACTIVATED) == DEACTIVATED
    }

    /// The value is there, hidden or not.
    pub(crate) fn exists(&self) -> bool {
        self.version & ABSENT == 0
    }

    pub(crate) fn version(&self) -> u32 {
        u32::from(self.version & VERSION)
    }

    pub(crate) fn usn(&self) -> u64 {
        u64::from(self.usn_high) << 32 | u64::from(self.usn_low)
    }

    pub(crate) fn millis(&self) -> i64 {
        i64::from(self.seconds) * 1000
    }

    fn key(&self) -> (AttrId, u32) {
        (self.attribute, self.target)
    }
}

/// A value of a back link: which object points here, by which forward attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BackLink {
    pub(crate) forward: AttrId,
    /// The recycle bin holds one end.
    pub(crate) deactivated: bool,
    pub(crate) source: u32,
}

impl BackLink {
    pub(crate) fn key(&self) -> (AttrId, u32) {
        (self.forward, self.source)
    }
}

/// The slice of one attribute's values.
pub(crate) fn of_attribute(links: &[Link], attribute: AttrId) -> &[Link] {
    let start = links.partition_point(|link| link.attribute < attribute);
    let end = start + links[start..].partition_point(|link| link.attribute == attribute);
    &links[start..end]
}

/// The slice of one forward attribute's mirror.
pub(crate) fn of_forward(links: &[BackLink], forward: AttrId) -> &[BackLink] {
    let start = links.partition_point(|link| link.forward < forward);
    let end = start + links[start..].partition_point(|link| link.forward == forward);
    &links[start..end]
}

/// Where a value is, or where it belongs.
pub(crate) fn position(links: &[Link], attribute: AttrId, target: u32) -> Result<usize, usize> {
    match links.last() {
        Some(last) if last.key() < (attribute, target) => Err(links.len()),
        _ => links.binary_search_by_key(&(attribute, target), Link::key),
    }
}
