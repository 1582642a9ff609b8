//! How directories and the cloud reach the engine: as values.

use crate::space::Operation;

/// One value as a directory tells it. Octets become what the schema says of their attribute, so that an LDAP
/// client can hand over what it read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// Octets: of text in UTF-8, of a number, of TRUE or FALSE, of a distinguished name, or as they are.
    Octets(Vec<u8>),
    /// Text.
    Text(String),
    /// A number.
    Integer(i64),
    /// A truth value.
    Boolean(bool),
    /// Another object of the same directory, by name, and by anchor where that is known.
    Object {
        /// Distinguished name.
        dn: String,
        /// Its anchor (`<GUID=...>` of an extended name).
        anchor: Option<Vec<u8>>,
    },
}

/// What became of an attribute since the last import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patch {
    /// These are its values now; none: it is gone.
    Replace(Vec<Told>),
    /// These came and those went (linked values of DirSync).
    Change {
        /// New ones.
        add: Vec<Told>,
        /// Gone ones.
        remove: Vec<Told>,
    },
}

/// What a directory tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// All attributes that were asked for and that it has.
    Whole(Vec<(String, Vec<Told>)>),
    /// Only what changed. In a full import the first of it is told against nothing: what it does not name is
    /// not there, but for references, which may follow.
    Changed(Vec<(String, Patch)>),
    /// It was deleted.
    Deleted,
}

/// One object of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `objectGUID`, or the cloud anchor: never changes.
    pub anchor: Vec<u8>,
    /// Distinguished name; of the cloud, [`crate::cloud_dn`] of the source anchor.
    pub dn: String,
    /// Most special structural class (`user`, `group`...); may be empty where it is not known to have changed.
    pub class: String,
    /// What is told.
    pub news: News,
}

/// What an import asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRequest {
    /// Name of the connector.
    pub connector: String,
    /// `None`: everything. Else only what changed since this was given out.
    pub cookie: Option<Vec<u8>>,
    /// The attributes that the rules use.
    pub attributes: Vec<String>,
    /// The classes that the rules speak of.
    pub classes: Vec<String>,
}

/// A part of an import. Only [`Part::End`] says that nothing is missing: what stops without it, however
/// politely, is an import cut short, and never deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Some objects, and there may be more.
    More(Vec<Entry>),
    /// The last objects. The directory itself said that this is all.
    End {
        /// The last objects.
        entries: Vec<Entry>,
        /// For the next delta import.
        cookie: Vec<u8>,
    },
}

/// Why a directory did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It did nothing and wants to be asked later; seconds, if it said how many.
    Busy {
        /// Retry-After in seconds.
        retry_after: Option<u64>,
        /// Its words.
        text: String,
    },
    /// The connection was lost: whether what was sent arrived is not known.
    Interrupted(String),
    /// The cookie is too old or of another server: a full import is needed.
    CookieRefused(String),
    /// It refused the whole request, and did nothing.
    Refused(String),
}

/// A directory that can be read.
pub trait Source {
    /// Begins an import; a former one that did not end is forgotten.
    ///
    /// # Errors
    /// See [`Fault`].
    fn begin(&mut self, request: &ImportRequest) -> Result<(), Fault>;

    /// The next part.
    ///
    /// # Errors
    /// See [`Fault`].
    fn next(&mut self) -> Result<Part, Fault>;
}

/// One value as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sent {
    /// Text.
    Text(String),
    /// Octets.
    Octets(Vec<u8>),
    /// A number.
    Integer(i64),
    /// A truth value.
    Boolean(bool),
    /// Another object of the same directory; of the cloud, [`crate::source_anchor_of`] its name.
    Object {
        /// Distinguished name.
        dn: String,
    },
}

/// One operation of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportItem {
    /// What to do.
    pub operation: Operation,
    /// Class of the object.
    pub class: String,
    /// Distinguished name; of the cloud, [`crate::source_anchor_of`] it is the source anchor.
    pub dn: String,
    /// Its anchor, if the directory has told one (the cloud anchor).
    pub anchor: Vec<u8>,
    /// Attributes with all their values; none clears the attribute.
    pub attributes: Vec<(String, Vec<Sent>)>,
}

/// What a directory made of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemResult {
    /// Done; also when a value was set aside, which the note tells as code and text.
    Accepted {
        /// The anchor of a new object, where it is told.
        anchor: Option<Vec<u8>>,
        /// Code and text.
        note: Option<(String, String)>,
    },
    /// Not done.
    Refused {
        /// Code of the error.
        code: String,
        /// Its text.
        text: String,
    },
}

/// A directory that can be written.
pub trait Target {
    /// Most items of one call.
    fn batch(&self) -> usize;

    /// Most references of the items of one call together; an item that alone has more goes alone. Any number by
    /// default.
    fn references(&self) -> usize {
        usize::MAX
    }

    /// Sends items; a result for each, in their order. [`Fault::Busy`] and [`Fault::Refused`] say that nothing
    /// was done.
    ///
    /// # Errors
    /// See [`Fault`].
    fn export(&mut self, items: &[ExportItem]) -> Result<Vec<ItemResult>, Fault>;
}
