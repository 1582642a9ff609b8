//! The catalogue of defects, `data/defects.tsv`, as values.

use std::sync::LazyLock;

/// What a row of the catalogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Synchronization suffers: an error.
    Defect,
    /// Synchronization goes on: a warning.
    Warning,
    /// Innocent: it only looks wrong.
    Decoy,
    /// An innocent person who looks like a system account and carries another row's defect.
    DecoyCarrier,
}

/// Whether a checker can find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detectable {
    /// From the directory alone.
    Yes,
    /// Only with settings, such as the tenant's verified domains.
    NeedsSettings,
    /// Not from the directory.
    No,
}

/// How its repair is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// A rule names the result, or a small set of results.
    Exact,
    /// A person, or a stated policy, decides.
    Decide,
    /// There is nothing to repair.
    Leave,
}

/// One row of the catalogue.
#[derive(Debug, Clone)]
pub struct Kind {
    /// `PA26`.
    pub id: &'static str,
    /// What it is by default; context can soften a defect to a warning.
    pub role: Role,
    /// Whether a checker can find it.
    pub detectable: Detectable,
    /// How its repair is judged.
    pub repair: Repair,
    /// The attributes that it concerns, `lDAPDisplayName`s.
    pub attributes: Vec<&'static str>,
    /// The classes of objects that it concerns: `user`, `contact`, `group`, `inetOrgPerson`, or in words.
    pub object_class: &'static str,
    /// What is wrong, in words.
    pub description: &'static str,
    /// A bad value.
    pub example: &'static str,
    /// What IdFix 2.6 suggests, in words.
    pub idfix_suggestion: &'static str,
    /// Whether a real domain controller would store it, in words.
    pub exists_in_real_ad: &'static str,
    /// What IdFix calls it, in words; `none` with a reason where it does not see it.
    pub idfix_error: &'static str,
    /// The right repair, in words.
    pub correct_fix: &'static str,
    /// What synchronization makes of it, in words.
    pub entra_effect: &'static str,
    /// Where the row comes from.
    pub source: &'static str,
}

/// Every known kind of defect and decoy.
#[derive(Debug)]
pub struct Catalogue {
    rows: Vec<Kind>,
}

impl Role {
    /// As the table writes it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Defect => "defect",
            Role::Warning => "warning",
            Role::Decoy => "decoy",
            Role::DecoyCarrier => "decoy-carrier",
        }
    }
}

impl Detectable {
    /// As the table writes it.
    pub fn name(self) -> &'static str {
        match self {
            Detectable::Yes => "yes",
            Detectable::NeedsSettings => "needs-settings",
            Detectable::No => "no",
        }
    }
}

impl Repair {
    /// As the table writes it.
    pub fn name(self) -> &'static str {
        match self {
            Repair::Exact => "exact",
            Repair::Decide => "decide",
            Repair::Leave => "leave",
        }
    }
}

impl Catalogue {
    /// The innocent look-alikes of a defect: the decoys that concern one of its attributes.
    pub fn decoys_of<'a>(&'a self, kind: &'a Kind) -> impl Iterator<Item = &'a Kind> {
        let concerns = |decoy: &&Kind| decoy.attributes.iter().any(|name| kind.attributes.contains(name));
        let decoys = self.rows.iter().filter(|row| row.role == Role::Decoy && row.id != kind.id);
        decoys.filter(concerns)
    }

    /// The rows in the order of the table.
    pub fn rows(&self) -> &[Kind] {
        &self.rows
    }

    /// The row with this id, in any case.
    pub fn get(&self, id: &str) -> Option<&Kind> {
        self.rows.iter().find(|row| row.id.eq_ignore_ascii_case(id))
    }
}

/// The table that is compiled in.
pub fn catalogue() -> &'static Catalogue {
    static TABLE: LazyLock<Catalogue> = LazyLock::new(|| {
        let text = include_str!("../../data/defects.tsv");
        Catalogue { rows: text.lines().skip(1).filter_map(row).collect() }
    });
    &TABLE
}

fn row(line: &'static str) -> Option<Kind> {
    let cells: Vec<&str> = line.split('\t').collect();
    let role = match *cells.get(1)? {
        "defect" => Role::Defect,
        "warning" => Role::Warning,
        "decoy-carrier" => Role::DecoyCarrier,
        _ => Role::Decoy,
    };
    let detectable = match *cells.get(2)? {
        "yes" => Detectable::Yes,
        "needs-settings" => Detectable::NeedsSettings,
        _ => Detectable::No,
    };
    let repair = match *cells.get(3)? {
        "exact" => Repair::Exact,
        "decide" => Repair::Decide,
        _ => Repair::Leave,
    };
    Some(Kind {
        id: cells[0],
        role,
        detectable,
        repair,
        attributes: cells.get(4)?.split(',').collect(),
        object_class: cells.get(5)?,
        description: cells.get(6)?,
        example: cells.get(7)?,
        idfix_suggestion: cells.get(10)?,
        exists_in_real_ad: cells.get(8)?,
        idfix_error: cells.get(9)?,
        correct_fix: cells.get(11)?,
        entra_effect: cells.get(13)?,
        source: cells.get(14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_line_of_the_table_is_a_row_with_an_id_of_its_own() {
        // preparation-rules.md section 5: 169 rows
        assert_eq!(catalogue().rows().len(), 169);
        let ids: BTreeSet<&str> = catalogue().rows().iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), 169);
    }

    #[test]
    fn a_row_is_read_from_its_columns() {
        let row = catalogue().get("pa26").unwrap();
        assert_eq!(
            (row.id, row.role, row.detectable, row.repair),
            ("PA26", Role::Defect, Detectable::Yes, Repair::Decide)
        );
        assert_eq!(row.attributes, ["proxyAddresses"]);
        assert!(row.correct_fix.starts_with("remove from non-owner"));
        assert_eq!(catalogue().get("FP01").unwrap().role, Role::Decoy);
        assert_eq!(catalogue().get("SK01").unwrap().role, Role::DecoyCarrier);
        assert!(catalogue().get("PA99").is_none());
    }
}
