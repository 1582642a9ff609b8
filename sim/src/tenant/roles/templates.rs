//! The built-in roles: role-templates.tsv.

use crate::ids::Guid;
use std::sync::LazyLock;

/// A role that every tenant can activate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleTemplate {
    /// Its id, the same in every tenant.
    pub id: Guid,
    /// Its name.
    pub name: &'static str,
}

static TEMPLATES: LazyLock<Vec<RoleTemplate>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/role-templates.tsv").lines();
    let rows = lines.filter(|line| !line.starts_with('#')).skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        Some(RoleTemplate { name: cells.next()?, id: Guid::parse(cells.next()?)? })
    });
    rows.collect()
});

impl RoleTemplate {
    /// Every built-in role, by name.
    pub fn all() -> &'static [RoleTemplate] {
        &TEMPLATES
    }

    /// The built-in role with this id.
    pub fn find(id: Guid) -> Option<&'static RoleTemplate> {
        TEMPLATES.iter().find(|template| template.id == id)
    }
}
