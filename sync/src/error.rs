//! What can go wrong in the engine itself; what happens to single objects is a value of their state.

/// An error of the engine. It never speaks of a single object's data: those are reported with the object.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Kind);

/// A result of the engine.
pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("the database: {0}")]
    Storage(String),
    #[error("the database holds what this version cannot read: {0}")]
    Corrupt(String),
    #[error("rules: {0}")]
    Rules(String),
    #[error("configuration: {0}")]
    Config(String),
    #[error("{0}")]
    Order(String),
}

impl Error {
    /// What a [`crate::Storage`] says when it fails.
    pub fn storage(text: impl std::fmt::Display) -> Self {
        Kind::Storage(text.to_string()).into()
    }

    pub(crate) fn corrupt(text: impl std::fmt::Display) -> Self {
        Kind::Corrupt(text.to_string()).into()
    }

    pub(crate) fn rules(text: impl std::fmt::Display) -> Self {
        Kind::Rules(text.to_string()).into()
    }

    pub(crate) fn config(text: impl std::fmt::Display) -> Self {
        Kind::Config(text.to_string()).into()
    }

    pub(crate) fn order(text: impl std::fmt::Display) -> Self {
        Kind::Order(text.to_string()).into()
    }

    /// The database could not be read or written (a full disk, another writer, damage).
    pub fn is_storage(&self) -> bool {
        matches!(self.0, Kind::Storage(_) | Kind::Corrupt(_))
    }

    /// The rules or the configuration are wrong: nothing was run.
    pub fn is_configuration(&self) -> bool {
        matches!(self.0, Kind::Rules(_) | Kind::Config(_))
    }

    /// A step was asked for that another one has to precede (a delta import before any full one).
    pub fn is_out_of_order(&self) -> bool {
        matches!(self.0, Kind::Order(_))
    }
}
