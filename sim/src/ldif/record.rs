//! What a text holds.

/// One record: an entry, or a change to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The line of its `dn:`, from 1 on; 0 for one that was not read.
    pub line: usize,
    /// The distinguished name, as written; empty for the root.
    pub dn: String,
    /// What was asked along with a change.
    pub controls: Vec<Control>,
    /// What it says.
    pub body: Body,
}

impl Record {
    /// The text that it was read from begins so many lines further down.
    pub(super) fn shift(&mut self, lines: usize) {
        self.line += lines;
        if let Body::Entry(attributes) | Body::Add(attributes) = &mut self.body {
            attributes.iter_mut().for_each(|attribute| attribute.line += lines);
        }
    }
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// An entry: a content record, which has no `changetype`.
    Entry(Vec<Attribute>),
    /// `changetype: add`.
    Add(Vec<Attribute>),
    /// `changetype: delete`.
    Delete,
    /// `changetype: modify`; without a part it changes nothing.
    Modify(Vec<ModifySpec>),
    /// `changetype: modrdn` or `moddn`, which mean the same.
    ModifyDn {
        /// The new relative name.
        new_rdn: String,
        /// Whether the old relative name's value goes.
        delete_old_rdn: bool,
        /// The new parent; none to stay where it is.
        new_superior: Option<String>,
    },
}

impl Body {
    /// The `changetype`; none for a content record.
    pub fn change_type(&self) -> Option<&'static str> {
        match self {
            Body::Entry(_) => None,
            Body::Add(_) => Some("add"),
            Body::Delete => Some("delete"),
            Body::Modify(_) => Some("modify"),
            Body::ModifyDn { .. } => Some("modrdn"),
        }
    }
}

/// One value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The line that it begins on, from 1 on; 0 for one that was not read.
    pub line: usize,
    /// Name or OID with its options, as written: `mail`, `jpegPhoto;binary`.
    pub name: String,
    /// The value.
    pub value: Value,
}

impl Attribute {
    /// The name without options.
    pub fn base_name(&self) -> &str {
        self.name.split(';').next().unwrap_or_default()
    }

    /// The options, in the order of the text.
    pub fn options(&self) -> impl Iterator<Item = &str> {
        self.name.split(';').skip(1)
    }
}

/// A value, or where it is to come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// The bytes themselves.
    Bytes(Vec<u8>),
    /// `attr:< file:///...`: nothing was opened.
    Url(String),
}

/// A control of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Its OID.
    pub oid: String,
    /// Whether a server that does not know it has to refuse; false where the text does not say.
    pub critical: bool,
    /// Its value.
    pub value: Option<Value>,
}

/// What a part of a modification does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecOp {
    /// `add:`
    Add,
    /// `delete:`; without values all go.
    Delete,
    /// `replace:`; without values all go.
    Replace,
    /// `increment:` (RFC 4525).
    Increment,
}

/// One part of a `changetype: modify`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifySpec {
    /// What it does.
    pub op: SpecOp,
    /// To which attribute, as its head writes it.
    pub attribute: String,
    /// With which values.
    pub values: Vec<Value>,
}
