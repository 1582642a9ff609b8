//! Replication metadata: what was changed when and where, from the stamps.

use crate::clock::SimTime;
use crate::directory::error::att_number;
use crate::directory::{AttrId, Entry, Stamp, attr};
use std::fmt::Write as _;

/// The instant that stands for never.
const NEVER: &str = "1601-01-01T00:00:00Z";
/// Seconds between 1601 and 1970.
const EPOCH: i64 = 11_644_473_600;

/// An element of one value: two lines of indentation are one tab, as the real texts have it.
fn element(text: &mut String, name: &str, value: &str) {
    let _ = write!(text, "\t<{name}>");
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            c => text.push(c),
        }
    }
    let _ = writeln!(text, "</{name}>");
}

fn instant(time: SimTime) -> String {
    SimTime::from_millis(time.seconds() * 1000).rfc3339()
}

/// One value, with the NUL that ends it on the wire.
fn value(kind: &str, fill: impl FnOnce(&mut String)) -> Vec<u8> {
    let mut text = format!("<{kind}>\n");
    fill(&mut text);
    let _ = write!(text, "</{kind}>\n\0");
    text.into_bytes()
}

impl Entry<'_> {
    /// Attributes that replicate, with their stamps: links carry theirs on each value.
    fn replicated_stamps(&self) -> Vec<(AttrId, Stamp)> {
        let schema = self.directory.schema();
        let replicates = |(id, _): &(AttrId, Stamp)| {
            let row = schema.attribute(*id);
            !row.not_replicated && !row.constructed && row.link_id.is_none() && schema.is_installed(*id)
        };
        self.stamps().into_iter().filter(replicates).collect()
    }

    fn origin(&self, text: &mut String, stamp: &Stamp) {
        let info = self.directory.info();
        element(text, "ftimeLastOriginatingChange", &instant(stamp.time));
        element(text, "uuidLastOriginatingDsaInvocationID", &stamp.invocation.to_string());
        element(text, "usnOriginatingChange", &stamp.usn.to_string());
        element(text, "usnLocalChange", &stamp.usn.to_string());
        let here = stamp.invocation == info.invocation_id;
        element(text, "pszLastOriginatingDsaDN", if here { &info.ds_service_dn } else { "" });
    }

    /// `msDS-ReplAttributeMetaData`.
    pub(super) fn attribute_metadata(&self) -> Vec<Vec<u8>> {
        let stamps = self.replicated_stamps();
        let texts = stamps.iter().map(|(id, stamp)| {
            value("DS_REPL_ATTR_META_DATA", |text| {
                element(text, "pszAttributeName", self.directory.schema().name(*id));
                element(text, "dwVersion", &stamp.version.to_string());
                self.origin(text, stamp);
            })
        });
        texts.collect()
    }

    /// `msDS-ReplValueMetaData`.
    pub(super) fn value_metadata(&self) -> Vec<Vec<u8>> {
        let mut texts = Vec::new();
        for attribute in self.linked_attributes() {
            for link in self.link_stamps(attribute) {
                let name = self.directory.entry(link.target).map(|entry| entry.dn()).unwrap_or_default();
                texts.push(value("DS_REPL_VALUE_META_DATA", |text| {
                    element(text, "pszAttributeName", self.directory.schema().name(attribute));
                    element(text, "pszObjectDn", &name);
                    element(text, "cbData", "0");
                    element(text, "pbData", "");
                    let time = instant(link.stamp.time);
                    element(text, "ftimeDeleted", if link.present { NEVER } else { &time });
                    element(text, "ftimeCreated", &time);
                    element(text, "dwVersion", &link.stamp.version.to_string());
                    self.origin(text, &link.stamp);
                }));
            }
        }
        texts
    }

    /// `replPropertyMetaData`: a vector of version 1 (MS-DRSR 5.163), ordered by attribute number.
    pub(super) fn property_metadata(&self) -> Vec<u8> {
        let schema = self.directory.schema();
        let stamps = self.replicated_stamps();
        let mut rows: Vec<(u32, Stamp)> =
            stamps.iter().map(|(id, stamp)| (att_number(schema.attribute(*id).oid), *stamp)).collect();
        rows.sort_by_key(|(number, _)| *number);
        let mut out = Vec::with_capacity(16 + rows.len() * 48);
        for word in [1, 0, rows.len() as u32, 0] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for (number, stamp) in rows {
            out.extend_from_slice(&number.to_le_bytes());
            out.extend_from_slice(&stamp.version.to_le_bytes());
            out.extend_from_slice(&(stamp.time.seconds() + EPOCH).to_le_bytes());
            out.extend_from_slice(&stamp.invocation.to_bytes_le());
            out.extend_from_slice(&stamp.usn.to_le_bytes());
            out.extend_from_slice(&stamp.usn.to_le_bytes());
        }
        out
    }

    /// `msDS-KeyVersionNumber`: how often the password was set.
    pub(super) fn key_version(&self) -> Option<i64> {
        Some(i64::from(self.stamp(attr::UNICODE_PWD)?.version))
    }

    /// `msDS-NCReplCursors` of the head of a naming context: how far this server has come with each instance
    /// of the database that it knows of.
    pub(super) fn cursors(&self) -> Option<Vec<Vec<u8>>> {
        let directory = self.directory;
        if directory.instance_type(self.id) == 4 {
            return None;
        }
        let info = directory.info();
        Some(vec![value("DS_REPL_CURSOR", |text| {
            element(text, "uuidSourceDsaInvocationID", &info.invocation_id.to_string());
            element(text, "usnAttributeFilter", &directory.highest_usn().to_string());
            element(text, "ftimeLastSyncSuccess", &instant(directory.latest));
            element(text, "pszSourceDsaDN", &info.ds_service_dn);
        })])
    }
}
