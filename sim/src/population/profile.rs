//! Kinds of organisations: the rows of `data/population-profiles.tsv`.

use super::template::Template;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// The names, as the table has them; the first is the one that the others fall back on.
const NAMES: [&str; 6] =
    ["default", "small-business", "school", "enterprise", "merged-companies", "hospital"];

/// A kind of organisation: `default`, `small-business`, `school`, `enterprise`, `merged-companies`, `hospital`.
///
/// What it is like stands in `sim/data/population-profiles.tsv`, and `docs/population.md` shows what comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PopulationProfile(u8);

impl PopulationProfile {
    /// The company of the default estate.
    pub const DEFAULT: PopulationProfile = PopulationProfile(0);

    /// All of them, the default one first.
    pub fn all() -> impl Iterator<Item = PopulationProfile> {
        (0..NAMES.len() as u8).map(PopulationProfile)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0)]
    }

    /// What it is, in a sentence.
    pub fn about(self) -> &'static str {
        self.habits(0).about
    }

    /// The forests that it consists of.
    pub fn forests(self) -> usize {
        self.habits(0).forests
    }

    /// The habits of one of its forests, counted from 0; beyond those that it describes the first one's.
    pub(super) fn habits(self, forest: usize) -> &'static Habits {
        let all = &habits()[usize::from(self.0)];
        all.get(forest).unwrap_or(&all[0])
    }
}

impl Default for PopulationProfile {
    fn default() -> PopulationProfile {
        PopulationProfile::DEFAULT
    }
}

impl fmt::Display for PopulationProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PopulationProfile {
    type Err = String;

    /// # Errors
    /// When there is none of that name: with those that there are.
    fn from_str(name: &str) -> Result<PopulationProfile, String> {
        PopulationProfile::all()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| format!("no population profile '{name}': there are {}", NAMES.join(", ")))
    }
}

/// So many of a kind: per thousand people, and at least so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    per_thousand: u32,
    least: u32,
}

impl Rate {
    pub(super) fn of(self, users: u32) -> u32 {
        let share = u64::from(users) * u64::from(self.per_thousand) / 1000;
        (share as u32).max(self.least)
    }
}

/// What one forest of an organisation is like. Shares are so many in a hundred.
#[derive(Debug, Clone)]
pub(super) struct Habits {
    about: &'static str,
    forests: usize,
    /// The first forest's share of the people of all of them.
    pub(super) share: u32,
    /// Domain, mail domain and company, where they are not the estate's.
    pub(super) domain: Option<&'static str>,
    pub(super) suffix: Option<&'static str>,
    pub(super) company: Option<&'static str>,
    /// What account names and addresses of groups, rooms and programs begin with.
    pub(super) prefix: &'static str,
    /// The set of departments.
    pub(super) departments: &'static str,
    /// `home`, `core`, `all`, or codes of countries.
    pub(super) countries: &'static str,
    /// At most so many offices; 0 for all.
    pub(super) offices: usize,
    /// How many times as often the tenant's own country is drawn.
    pub(super) home_factor: usize,
    /// People with a name of the country that they work in.
    pub(super) names_home: usize,
    pub(super) login: Template,
    pub(super) contractor_login: Template,
    pub(super) pupil_login: Template,
    /// sAMAccountName; none for the login.
    pub(super) account: Option<Template>,
    pub(super) alias: Template,
    pub(super) display: Template,
    pub(super) units: &'static str,
    /// People that a manager leads, roughly.
    pub(super) span: usize,
    pub(super) leaver: usize,
    pub(super) contractor: usize,
    pub(super) mailbox: usize,
    pub(super) mobile: usize,
    pub(super) fax: usize,
    pub(super) photo: usize,
    pub(super) certificate: usize,
    /// People who have an account in the first forest too.
    pub(super) overlap: usize,
    /// People who are called as somebody of the first forest is, and are somebody else.
    pub(super) namesakes: usize,
    pub(super) groups: Rate,
    pub(super) contacts: Rate,
    pub(super) rooms: Rate,
    pub(super) shared: Rate,
    pub(super) computers: Rate,
    pub(super) services: Rate,
    pub(super) admins: Rate,
}

type Rows = BTreeMap<&'static str, &'static str>;

/// By profile and forest.
fn habits() -> &'static [Vec<Habits>] {
    static HABITS: LazyLock<Vec<Vec<Habits>>> = LazyLock::new(|| {
        let rows = |name: &str, forest: &str| -> Rows {
            super::tables::rows(include_str!("../../data/population-profiles.tsv"))
                .filter(|row| row[0] == name && row[1] == forest)
                .map(|row| (row[2], row[3]))
                .collect()
        };
        let base = rows(NAMES[0], "1");
        let over = |under: &Rows, own: Rows| -> Rows { under.clone().into_iter().chain(own).collect() };
        let profile = |name: &&str| {
            let first = over(&base, rows(name, "1"));
            let count = number(&first, "forests").max(1);
            let further = (2..=count).map(|forest| read(&over(&first, rows(name, &forest.to_string()))));
            std::iter::once(read(&first)).chain(further).collect()
        };
        NAMES.iter().map(profile).collect()
    });
    &HABITS
}

fn number(rows: &Rows, key: &str) -> usize {
    rows.get(key).and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn read(rows: &Rows) -> Habits {
    let text = |key: &str| rows.get(key).copied().unwrap_or_default();
    let template = |key: &str| Template::parse(text(key));
    let rate = |key: &str| {
        let (share, least) = text(key).split_once(' ').unwrap_or((text(key), "0"));
        Rate { per_thousand: share.parse().unwrap_or(0), least: least.parse().unwrap_or(0) }
    };
    let number = |key: &str| number(rows, key);
    Habits {
        about: text("about"),
        forests: number("forests").max(1),
        share: number("share") as u32,
        domain: rows.get("domain").copied(),
        suffix: rows.get("suffix").copied(),
        company: rows.get("company").copied(),
        prefix: text("prefix"),
        departments: text("departments"),
        countries: text("countries"),
        offices: number("offices"),
        home_factor: number("home_factor").max(1),
        names_home: number("names_home"),
        login: template("login"),
        contractor_login: template("contractor_login"),
        pupil_login: template("pupil_login"),
        account: (text("account") != "{login}").then(|| template("account")),
        alias: template("alias"),
        display: template("display"),
        units: text("units"),
        span: number("span").max(2),
        leaver: number("leaver"),
        contractor: number("contractor"),
        mailbox: number("mailbox"),
        mobile: number("mobile"),
        fax: number("fax"),
        photo: number("photo"),
        certificate: number("certificate"),
        overlap: number("overlap"),
        namesakes: number("namesakes"),
        groups: rate("groups"),
        contacts: rate("contacts"),
        rooms: rate("rooms"),
        shared: rate("shared"),
        computers: rate("computers"),
        services: rate("services"),
        admins: rate("admins"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_belongs_to_a_profile_and_says_something_that_is_read() {
        let known: Vec<&str> = super::super::tables::rows(include_str!("../../data/population-profiles.tsv"))
            .filter(|row| row[0] == "default")
            .map(|row| row[2])
            .chain(["forests", "share", "domain", "suffix", "company", "prefix"])
            .collect();
        for row in super::super::tables::rows(include_str!("../../data/population-profiles.tsv")) {
            assert_eq!(row.len(), 6, "{row:?}");
            assert!(NAMES.contains(&row[0]) && known.contains(&row[2]), "{row:?}");
            assert!(["observed", "documented", "assumed"].contains(&row[5]), "{row:?}");
        }
    }

    #[test]
    fn a_profile_has_what_its_rows_say_and_the_default_for_the_rest() {
        let of = |name: &str| name.parse::<PopulationProfile>().unwrap();
        assert_eq!(of("school").habits(0).departments, "school");
        assert_eq!(of("school").habits(0).home_factor, of("default").habits(0).home_factor);
        let merged = of("merged-companies");
        assert_eq!((merged.forests(), merged.habits(1).suffix), (2, Some("fabrikam.com")));
        assert_eq!(merged.habits(7).suffix, None, "a third forest has the habits of the first");
        assert!("merger".parse::<PopulationProfile>().unwrap_err().contains("there are default, small"));
    }
}
