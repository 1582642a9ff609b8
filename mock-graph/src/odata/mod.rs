//! OData as Graph speaks it: the grammar of `$filter`, which property allows which operator, evaluation, the
//! other query options, and the tokens of paging.

mod ast;
mod bind;
mod condition;
#[cfg(test)]
mod condition_tests;
#[cfg(test)]
mod conformance_tests;
mod error;
mod lexer;
mod metadata;
mod options;
mod parser;
#[cfg(test)]
mod parser_tests;
mod record;
mod schema;
mod search;
mod support;
mod token;
mod words;

pub(crate) use condition::{Condition, Record, lookups};
pub(crate) use error::QueryError;
pub(crate) use metadata::{Entity, PropertyInfo, Type, described, members, rows};
pub(crate) use options::{Expand, Options, decode};
pub(crate) use record::record_filter;
pub(crate) use schema::{Described, Member, SERVICE, Target, entity, schema, walk};
pub(crate) use search::search;
pub(crate) use token::{Position, TokenError, Tokens};

/// Reads a `$filter` and checks it for objects of a type. `advanced` says that the request has both
/// `ConsistencyLevel: eventual` and `$count=true`.
pub(crate) fn filter(entity: Entity, advanced: bool, text: &str) -> Result<Condition, QueryError> {
    bind::bind(entity, advanced, &parser::parse(text)?)
}
