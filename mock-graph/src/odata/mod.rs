//! OData as Graph speaks it: the grammar of `$filter`, which property allows which operator, evaluation, the
//! other query options, and the tokens of paging.

mod ast;
mod error;
mod lexer;
mod parser;
#[cfg(test)]
mod parser_tests;

pub(crate) use error::QueryError;
