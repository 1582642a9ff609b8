//! What the tests of this room share.

use super::{Directory, DirectoryConfig, Filter, Scope, SearchOptions, UpdateContext};
use crate::clock::DEFAULT_START;
use crate::seed::Seed;
use crate::spec::SchemaExtensions;
use std::sync::LazyLock;

/// The forest of the transcripts, without the Exchange schema.
pub(super) fn forest() -> Directory {
    static FOREST: LazyLock<Directory> = LazyLock::new(|| Directory::new(&config(false)));
    FOREST.clone()
}

pub(super) fn config(exchange: bool) -> DirectoryConfig {
    DirectoryConfig {
        domain: "contoso.local".to_owned(),
        netbios: "CONTOSO".to_owned(),
        upn_suffixes: vec!["contoso.com".to_owned()],
        extensions: SchemaExtensions { exchange, skype: false, server_2016: false },
        dc_name: "DC1".to_owned(),
        admin_password: "Passw0rd!1".to_owned(),
        time: DEFAULT_START,
        seed: Seed::new(42),
    }
}

pub(super) fn system() -> UpdateContext {
    UpdateContext::system(DEFAULT_START)
}

/// The names that a search finds, in the order of ids.
pub(super) fn search(directory: &Directory, base: &str, scope: Scope, filter: &str) -> Vec<String> {
    search_with(directory, base, scope, filter, SearchOptions::default())
}

pub(super) fn search_with(
    directory: &Directory,
    base: &str,
    scope: Scope,
    filter: &str,
    options: SearchOptions,
) -> Vec<String> {
    let filter = directory.compile(&Filter::parse(filter).unwrap());
    let base = directory.resolve(base).unwrap();
    let candidates = directory.candidates(base, scope, &filter, options);
    let found = candidates.filter(|id| directory.matches(*id, &filter));
    found.map(|id| directory.entry(id).unwrap().dn()).collect()
}
