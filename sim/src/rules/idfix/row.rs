//! One line of IdFix's grid.

use crate::ids::Guid;

/// What a rule of IdFix found: its flags, in the order in which it prints those of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorType {
    /// No well-formed address, even after the repair.
    Format,
    /// Absent, or an empty string.
    Blank,
    /// Another object came first with this value.
    Duplicate,
    /// A character that is not admitted.
    Character,
    /// The last label is not in IdFix's list.
    TopLevelDomain,
    /// What follows the at sign.
    DomainPart,
    /// What precedes the at sign, or how many at signs there are.
    LocalPart,
    /// Too long, in UTF-16 code units.
    Length,
}

impl ErrorType {
    /// Its name in the column ERROR.
    pub fn name(self) -> &'static str {
        match self {
            ErrorType::Format => "Format",
            ErrorType::Blank => "Blank",
            ErrorType::Duplicate => "Duplicate",
            ErrorType::Character => "Character",
            ErrorType::TopLevelDomain => "TopLevelDomain",
            ErrorType::DomainPart => "DomainPart",
            ErrorType::LocalPart => "LocalPart",
            ErrorType::Length => "Length",
        }
    }
}

/// What IdFix proposes to do about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Write UPDATE in place of VALUE.
    Edit,
    /// Leave it as it is: somebody has judged it.
    Complete,
    /// Delete the value.
    Remove,
}

impl Action {
    /// Its name in the column PROPOSEDACTION.
    pub fn name(self) -> &'static str {
        match self {
            Action::Edit => "Edit",
            Action::Complete => "Complete",
            Action::Remove => "Remove",
        }
    }
}

/// How a row came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// A rule failed on this object.
    Finding,
    /// The object is the first holder of a value that a later object repeats: everything in the row but the
    /// names is the later object's, its class included.
    AddedOriginal,
}

/// One line of IdFix's grid: one attribute of one object, or one value of proxyAddresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdFixRow {
    /// Index of the object that the row names, among those that were handed in.
    pub object: usize,
    /// That object's objectGUID, if it was read. IdFix does not show it.
    pub guid: Option<Guid>,
    /// DISTINGUISHEDNAME.
    pub dn: String,
    /// COMMONNAME.
    pub common_name: String,
    /// OBJECTCLASS. Of a row of kind [`RowKind::AddedOriginal`] it is the other object's.
    pub object_class: String,
    /// ATTRIBUTE, as IdFix spells it: `mailnickname` in lower case.
    pub attribute: &'static str,
    /// The flags of the rules that failed, rule by rule. One may stand there twice.
    pub errors: Vec<ErrorType>,
    /// VALUE: what the directory holds; none when the attribute is absent.
    pub value: Option<String>,
    /// UPDATE: what the last failing rule made of it. It may equal the value, and it may be missing.
    pub update: Option<String>,
    /// PROPOSEDACTION: that of the last failing rule.
    pub proposed_action: Action,
    /// Whether the object itself failed.
    pub kind: RowKind,
}

impl IdFixRow {
    /// ERROR as the grid shows it: `Format, TopLevelDomain`.
    pub fn error_text(&self) -> String {
        let names: Vec<&str> = self.errors.iter().map(|error| error.name()).collect();
        names.join(", ")
    }

    /// The attribute's `lDAPDisplayName` as the schema spells it.
    pub fn ldap_display_name(&self) -> &'static str {
        if self.attribute == "mailnickname" { "mailNickname" } else { self.attribute }
    }
}
