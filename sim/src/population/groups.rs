//! Groups: departments, offices, projects; security and distribution; nested; of very different sizes.

use super::card::{Card, Recipient, Surroundings, load};
use super::draw::{Draw, Purpose};
use super::layout::Layout;
use super::naming::login_part;
use super::people::{Names, assign_common_name};
use super::person::{Person, Rank};
use super::tables::tables;
use crate::directory::{Directory, ObjectId, UpdateContext, attr};
use crate::seed::Seed;
use std::collections::BTreeSet;
use std::time::Duration;

const GLOBAL_SECURITY: i32 = -2_147_483_646;
const UNIVERSAL_SECURITY: i32 = -2_147_483_640;
const UNIVERSAL_DISTRIBUTION: i32 = 8;
const PROJECTS: [&str; 24] = [
    "Aurora", "Beacon", "Cobalt", "Delta", "Ember", "Falcon", "Granite", "Harbor", "Indigo", "Juniper",
    "Keystone", "Lantern", "Meridian", "Nimbus", "Orchid", "Pioneer", "Quartz", "Redwood", "Summit",
    "Tundra", "Umbra", "Vertex", "Willow", "Zephyr",
];
/// Largest project group.
const PROJECT_MAX: usize = 400;

/// What a group is about, by its index alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theme {
    /// Everybody: holds the lists of the departments.
    All,
    /// A department's security group.
    Department(usize),
    /// A department's distribution list.
    DepartmentList(usize),
    /// An office's distribution list.
    Office(usize),
    Project,
}

fn theme(index: usize) -> Theme {
    let (departments, offices) = (tables().departments.len(), tables().offices.len());
    match index {
        0 => Theme::All,
        i if i <= 2 * departments && i % 2 == 1 => Theme::Department(i / 2),
        i if i <= 2 * departments => Theme::DepartmentList(i / 2 - 1),
        i if i <= 2 * departments + offices => Theme::Office(i - 2 * departments - 1),
        _ => Theme::Project,
    }
}

struct Group {
    theme: Theme,
    name: String,
    about: String,
    kind: i32,
    mail: bool,
}

fn draw_group(index: usize, draw: &mut Draw) -> Group {
    let theme = theme(index);
    let (name, about, kind, mail) = match theme {
        Theme::All => ("All Employees".to_owned(), "Everybody".to_owned(), UNIVERSAL_DISTRIBUTION, true),
        Theme::Department(d) => {
            let department = &tables().departments[d];
            (format!("GG-{}", department.name), "Access of a department".to_owned(), GLOBAL_SECURITY, false)
        }
        Theme::DepartmentList(d) => {
            let department = &tables().departments[d];
            (department.name.to_owned(), "A department".to_owned(), UNIVERSAL_DISTRIBUTION, true)
        }
        Theme::Office(o) => {
            let office = &tables().offices[o];
            (format!("Office {}", office.name), "An office".to_owned(), UNIVERSAL_DISTRIBUTION, true)
        }
        Theme::Project => {
            let project = format!("{} {}", draw.pick(&PROJECTS), 2020 + draw.below(6));
            match draw.weighted(&[50, 20, 30]) {
                0 => (format!("GG-{project}"), format!("Access of {project}"), GLOBAL_SECURITY, false),
                1 => (format!("Team {project}"), format!("Team of {project}"), UNIVERSAL_SECURITY, true),
                _ => {
                    (format!("News {project}"), format!("Readers of {project}"), UNIVERSAL_DISTRIBUTION, true)
                }
            }
        }
    };
    Group { theme, name, about, kind, mail }
}

/// Everything that groups are made from.
pub(super) struct GroupMaker<'a> {
    pub(super) people: &'a [Person],
    pub(super) ids: &'a [ObjectId],
    pub(super) world: &'a Surroundings<'a>,
    pub(super) seed: Seed,
}

impl GroupMaker<'_> {
    pub(super) fn load(
        &self,
        directory: &mut Directory,
        layout: &Layout,
        names: &mut Names,
        count: usize,
    ) -> Vec<ObjectId> {
        let purpose = Purpose::new(self.seed, "population/group");
        let groups: Vec<Group> = (0..count).map(|i| draw_group(i, &mut purpose.of(i))).collect();
        let made: Vec<ObjectId> =
            groups.iter().map(|group| self.load_group(directory, layout, names, group)).collect();
        let sorted = Sorted::of(self.people);
        let members = Purpose::new(self.seed, "population/member");
        for (index, group) in groups.iter().enumerate() {
            let targets = self.members(index, group, &groups, &made, &sorted, &mut members.of(index));
            let context = UpdateContext::lenient(self.world.now.minus(Duration::from_secs(86_400)));
            directory.load_links(&context, made[index], attr::MEMBER, &targets);
            if let Some(leader) = self.leader(group, &sorted, index) {
                directory.load_links(&context, made[index], attr::MANAGED_BY, &[leader]);
            }
        }
        made
    }

    fn load_group(
        &self,
        directory: &mut Directory,
        layout: &Layout,
        names: &mut Names,
        group: &Group,
    ) -> ObjectId {
        let parent = if group.kind > 0 { layout.distribution } else { layout.groups };
        let cn = assign_common_name(names, parent, &group.name);
        let mut card = Card::new(self.world);
        let stem: String = cn.split(' ').map(|part| login_part("*", part)).collect::<Vec<_>>().join("-");
        card.set(attr::CN, cn.as_str())
            .set(attr::SAM_ACCOUNT_NAME, names.accounts.assign(&stem, 60))
            .set(attr::DISPLAY_NAME, cn.as_str())
            .set(attr::DESCRIPTION, group.about.as_str())
            .set(attr::GROUP_TYPE, group.kind.to_string());
        if group.mail {
            let local = names.locals.assign(&stem, 60);
            let address = self.world.address(&local);
            card.set(attr::MAIL, address.as_str())
                .set_all(attr::PROXY_ADDRESSES, vec![format!("SMTP:{address}")])
                .exchange(attr::MAIL_NICKNAME, local);
            if group.kind > 0 { Recipient::DistributionGroup } else { Recipient::SecurityGroup }
                .write(&mut card);
        }
        let created = self.world.now.minus(Duration::from_secs(400 * 86_400));
        load(directory, card.into_object(parent, cn, "group"), created)
    }

    fn members(
        &self,
        index: usize,
        group: &Group,
        groups: &[Group],
        made: &[ObjectId],
        sorted: &Sorted,
        draw: &mut Draw,
    ) -> Vec<ObjectId> {
        let ids = |people: &[u32]| people.iter().map(|i| self.ids[*i as usize]).collect();
        match group.theme {
            Theme::All => {
                let list = |g: &Group| matches!(g.theme, Theme::DepartmentList(_));
                let lists: Vec<ObjectId> =
                    groups.iter().zip(made).filter(|(g, _)| list(g)).map(|(_, id)| *id).collect();
                // a small organisation has no such lists
                if lists.is_empty() { ids(&sorted.active) } else { lists }
            }
            Theme::Department(d) | Theme::DepartmentList(d) => ids(&sorted.departments[d]),
            Theme::Office(o) => ids(&sorted.offices[o]),
            Theme::Project => {
                let size = project_size(draw).min(sorted.active.len());
                let mut chosen = BTreeSet::new();
                for _ in 0..size {
                    chosen.insert(sorted.active[draw.below(sorted.active.len())]);
                }
                let mut members: Vec<ObjectId> = chosen.iter().map(|i| self.ids[*i as usize]).collect();
                // nested: only groups before it, so that there is never a circle
                if draw.percent(15) && index > 1 {
                    members.push(made[1 + draw.below(index - 1)]);
                }
                members
            }
        }
    }

    /// Who manages it: a manager of the department or office, or of anyone.
    fn leader(&self, group: &Group, sorted: &Sorted, index: usize) -> Option<ObjectId> {
        let fits = |i: &&u32| {
            let person = &self.people[**i as usize];
            match group.theme {
                Theme::Department(d) | Theme::DepartmentList(d) => usize::from(person.department) == d,
                Theme::Office(o) => usize::from(person.office) == o,
                Theme::All => person.rank == Rank::Chief,
                Theme::Project => true,
            }
        };
        let skip = if group.theme == Theme::Project { index % sorted.leaders.len().max(1) } else { 0 };
        sorted.leaders.iter().filter(fits).nth(skip).map(|i| self.ids[*i as usize])
    }
}

/// Many are small, few are large.
fn project_size(draw: &mut Draw) -> usize {
    let small = 3 + draw.below(12);
    match draw.below(10) {
        0..=6 => small,
        7..=8 => small * 4,
        _ => (small * 25).min(PROJECT_MAX),
    }
}

/// Active people by where they belong, each list in order of index.
struct Sorted {
    active: Vec<u32>,
    leaders: Vec<u32>,
    departments: Vec<Vec<u32>>,
    offices: Vec<Vec<u32>>,
}

impl Sorted {
    fn of(people: &[Person]) -> Sorted {
        let mut sorted = Sorted {
            active: Vec::new(),
            leaders: Vec::new(),
            departments: vec![Vec::new(); tables().departments.len()],
            offices: vec![Vec::new(); tables().offices.len()],
        };
        for (i, person) in people.iter().enumerate().filter(|(_, p)| p.is_active()) {
            sorted.active.push(i as u32);
            sorted.departments[usize::from(person.department)].push(i as u32);
            sorted.offices[usize::from(person.office)].push(i as u32);
            if person.rank != Rank::Staff {
                sorted.leaders.push(i as u32);
            }
        }
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_groups_are_everybody_departments_and_offices() {
        assert_eq!(theme(0), Theme::All);
        assert_eq!((theme(1), theme(2)), (Theme::Department(0), Theme::DepartmentList(0)));
        let departments = tables().departments.len();
        assert_eq!(theme(2 * departments), Theme::DepartmentList(departments - 1));
        assert_eq!(theme(2 * departments + 1), Theme::Office(0));
        assert_eq!(theme(2 * departments + tables().offices.len() + 1), Theme::Project);
    }
}
