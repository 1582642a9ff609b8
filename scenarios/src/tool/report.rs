//! What a checker or fixer says it found: the JSON of `check --json`, left in `FORESTBED_REPORT_FILE`.

use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// The largest report that is read, in bytes.
const MAX_REPORT_BYTES: u64 = 512 * 1024 * 1024;

/// The findings of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolReport {
    /// Version of the format: 1.
    pub format: u32,
    /// What it found, repaired or not.
    pub findings: Vec<Finding>,
}

/// One finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The object's GUID in text form (`objectGUID` read with the first three fields little-endian). May be
    /// left out where `dn` still names the object when the report is read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub object: String,
    /// Its distinguished name when it was found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dn: String,
    /// The attribute, as the schema spells it.
    pub attribute: String,
    /// Id of the defect catalogue (`PA26`), or the tool's own word for the rule.
    pub rule: String,
    /// `error` or `warning`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub severity: String,
    /// The value that is wrong.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What it proposed or wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Of a duplicate: the other holders, by distinguished name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// True when it left the value on purpose, for a person to decide.
    #[serde(default)]
    pub left: bool,
}

impl ToolReport {
    /// A report of these findings.
    pub fn new(findings: Vec<Finding>) -> ToolReport {
        ToolReport { format: 1, findings }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        std::fs::write(path, text)
    }

    /// Reads the file; none when there is no such file.
    ///
    /// # Errors
    /// When it cannot be read, is larger than 512 MiB, or is not a report of format 1.
    pub fn read(path: &Path) -> io::Result<Option<ToolReport>> {
        let size = match std::fs::metadata(path) {
            Ok(meta) => meta.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if size > MAX_REPORT_BYTES {
            return Err(io::Error::other(format!(
                "the report is {size} bytes long, more than {MAX_REPORT_BYTES}"
            )));
        }
        let report: ToolReport = serde_json::from_slice(&std::fs::read(path)?)?;
        if report.format != 1 {
            return Err(io::Error::other(format!("the report has format {}, not 1", report.format)));
        }
        Ok(Some(report))
    }
}
