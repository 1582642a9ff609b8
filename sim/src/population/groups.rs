//! Groups: departments, offices, classes, shares, administrators, projects; security and distribution; nested; of
//! very different sizes.

use super::card::{Card, Recipient, Surroundings, load};
use super::draw::{Draw, Purpose};
use super::hierarchy::class_name;
use super::layout::Layout;
use super::naming::login_part;
use super::people::{Names, assign_common_name};
use super::person::{Kind, Person, Rank};
use super::tables::Department;
use crate::directory::{Directory, ObjectId, UpdateContext, attr};
use crate::seed::Seed;
use std::collections::BTreeSet;
use std::time::Duration;

const GLOBAL_SECURITY: i32 = -2_147_483_646;
const DOMAIN_LOCAL_SECURITY: i32 = -2_147_483_644;
const UNIVERSAL_SECURITY: i32 = -2_147_483_640;
const UNIVERSAL_DISTRIBUTION: i32 = 8;
const PROJECTS: [&str; 24] = [
    "Aurora", "Beacon", "Cobalt", "Delta", "Ember", "Falcon", "Granite", "Harbor", "Indigo", "Juniper",
    "Keystone", "Lantern", "Meridian", "Nimbus", "Orchid", "Pioneer", "Quartz", "Redwood", "Summit",
    "Tundra", "Umbra", "Vertex", "Willow", "Zephyr",
];
/// Tiers of administrators: of the domain, of servers, of workstations.
const TIERS: usize = 3;
/// Groups before one among which the one that it holds is chosen.
const NEAR: usize = 12;
/// Groups of a department's files: who reads, who changes.
const SHARES: usize = 2;

/// What a group is about.
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
    /// A class of pupils, by its place among the classes.
    Class(usize),
    /// Who may read (0) or change (1) a department's files.
    Share(usize, usize),
    /// Administrators of a tier.
    Tier(usize),
    Project,
}

struct Group {
    theme: Theme,
    name: String,
    about: String,
    kind: i32,
    mail: bool,
}

/// Everything that groups are made from.
pub(super) struct GroupMaker<'a> {
    pub(super) people: &'a [Person],
    pub(super) ids: &'a [ObjectId],
    /// Everybody's manager by index.
    pub(super) leaders: &'a [Option<u32>],
    pub(super) admins: &'a [ObjectId],
    pub(super) contacts: &'a [ObjectId],
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
        let sorted = Sorted::of(self);
        let mut themes = self.themes(&sorted);
        themes.resize(count, Theme::Project);
        let group = |(i, theme): (usize, &Theme)| self.draw_group(*theme, &sorted, &mut purpose.of(i));
        let groups: Vec<Group> = themes.iter().enumerate().map(group).collect();
        let made: Vec<ObjectId> =
            groups.iter().map(|group| self.load_group(directory, layout, names, group)).collect();
        let members = Purpose::new(self.seed, "population/member");
        let context = UpdateContext::lenient(self.world.now.minus(Duration::from_secs(86_400)));
        for (index, group) in groups.iter().enumerate() {
            let targets = self.members(index, group, &groups, &made, &sorted, &mut members.of(index));
            directory.load_links(&context, made[index], attr::MEMBER, &targets);
            if let Some(leader) = self.leader(group, &sorted, index) {
                directory.load_links(&context, made[index], attr::MANAGED_BY, &[leader]);
            }
        }
        made
    }

    /// What an organization has groups for before it has projects: nothing that nobody would belong to.
    fn themes(&self, sorted: &Sorted) -> Vec<Theme> {
        let some = |lists: &[Vec<u32>]| -> Vec<usize> {
            (0..lists.len()).filter(|i| !lists[*i].is_empty()).collect()
        };
        let departments = some(&sorted.departments);
        let mut themes = vec![Theme::All];
        themes.extend(departments.iter().flat_map(|d| [Theme::Department(*d), Theme::DepartmentList(*d)]));
        themes.extend(some(&sorted.offices).into_iter().map(Theme::Office));
        themes.extend(some(&sorted.classes).into_iter().map(Theme::Class));
        themes.extend((0..TIERS.min(self.admins.len())).map(Theme::Tier));
        for department in departments {
            themes.extend((0..SHARES).map(|right| Theme::Share(department, right)));
        }
        themes
    }

    fn department(&self, department: usize) -> &'static Department {
        self.world.organisation.departments[department]
    }

    fn draw_group(&self, theme: Theme, sorted: &Sorted, draw: &mut Draw) -> Group {
        let (name, about, kind, mail) = match theme {
            Theme::All => ("All Employees".to_owned(), "Everybody".to_owned(), UNIVERSAL_DISTRIBUTION, true),
            Theme::Department(d) => {
                let name = format!("GG-{}", self.department(d).name);
                (name, "Access of a department".to_owned(), GLOBAL_SECURITY, false)
            }
            Theme::DepartmentList(d) => {
                let name = self.department(d).name.to_owned();
                (name, "A department".to_owned(), UNIVERSAL_DISTRIBUTION, true)
            }
            Theme::Office(o) => {
                let office = &self.world.organisation.offices[o];
                (format!("Office {}", office.name), "An office".to_owned(), UNIVERSAL_DISTRIBUTION, true)
            }
            Theme::Class(c) => {
                let (department, class) = sorted.class_names[c];
                let name = class_name(self.department(department).name, class);
                (format!("Class {name}"), format!("Pupils of {name}"), UNIVERSAL_SECURITY, true)
            }
            Theme::Tier(tier) => {
                let about = ["the domain", "servers", "workstations"][tier];
                let about = format!("Administrators of {about}");
                (format!("GG-Admins-Tier{tier}"), about, GLOBAL_SECURITY, false)
            }
            Theme::Share(d, right) => {
                let right = ["Read", "Change"][right];
                let name = format!("DL-Share-{}-{right}", self.department(d).code);
                (name, format!("Rights on a department's files: {right}"), DOMAIN_LOCAL_SECURITY, false)
            }
            Theme::Project => {
                let project = format!("{} {}", draw.pick(&PROJECTS), 2020 + draw.below(6));
                match draw.weighted(&[50, 20, 30]) {
                    0 => (format!("GG-{project}"), format!("Access of {project}"), GLOBAL_SECURITY, false),
                    1 => (format!("Team {project}"), format!("Team of {project}"), UNIVERSAL_SECURITY, true),
                    _ => {
                        let about = format!("Readers of {project}");
                        (format!("News {project}"), about, UNIVERSAL_DISTRIBUTION, true)
                    }
                }
            }
        };
        Group { theme, name, about, kind, mail }
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
        let parts: Vec<String> = cn.split(' ').map(|part| login_part("*", part)).collect();
        let stem = format!("{}{}", self.world.organisation.habits.prefix, parts.join("-"));
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
        let with = |fits: &dyn Fn(Theme) -> bool| -> Vec<ObjectId> {
            groups.iter().zip(made).filter(|(g, _)| fits(g.theme)).map(|(_, id)| *id).collect()
        };
        let found = match group.theme {
            Theme::All => {
                let lists = with(&|theme| matches!(theme, Theme::DepartmentList(_)));
                // a small organization has no such lists
                if lists.is_empty() { ids(&sorted.active) } else { lists }
            }
            Theme::Department(d) | Theme::DepartmentList(d) => ids(&sorted.departments[d]),
            Theme::Office(o) => ids(&sorted.offices[o]),
            Theme::Class(c) => ids(&sorted.classes[c]),
            Theme::Tier(tier) => self.admins.iter().skip(tier).step_by(TIERS).copied().collect(),
            // accounts in global groups, those in domain local ones: who may change is there himself
            Theme::Share(d, 0) => with(&|theme| theme == Theme::Department(d)),
            Theme::Share(d, _) => {
                let leads = |i: &&u32| self.people[**i as usize].rank != Rank::Staff;
                sorted.departments[d].iter().filter(leads).map(|i| self.ids[*i as usize]).collect()
            }
            Theme::Project => self.project_members(index, group, groups, made, sorted, draw),
        };
        match group.theme {
            // nobody leads there, or the group that it would hold was not asked for
            Theme::Share(d, _) if found.is_empty() => ids(&sorted.departments[d]),
            _ => found,
        }
    }

    fn project_members(
        &self,
        index: usize,
        group: &Group,
        groups: &[Group],
        made: &[ObjectId],
        sorted: &Sorted,
        draw: &mut Draw,
    ) -> Vec<ObjectId> {
        if sorted.staff.is_empty() {
            return Vec::new();
        }
        let size = project_size(draw, sorted.staff.len() / 2 + 1);
        let mut chosen = BTreeSet::new();
        for _ in 0..size {
            chosen.insert(sorted.staff[draw.below(sorted.staff.len())]);
        }
        let mut members: Vec<ObjectId> = chosen.iter().map(|i| self.ids[*i as usize]).collect();
        // nested: only groups before it, so that there is never a circle, and of a scope that may be in it
        if draw.percent(25) && index > 1 {
            // most often a group of the same time
            let other = index - 1 - draw.below((index - 1).min(NEAR));
            let fits = match group.kind {
                GLOBAL_SECURITY => groups[other].kind == GLOBAL_SECURITY,
                _ => groups[other].kind != DOMAIN_LOCAL_SECURITY,
            };
            members.extend(fits.then(|| made[other]));
        }
        if group.kind == UNIVERSAL_DISTRIBUTION && draw.percent(25) && !self.contacts.is_empty() {
            let chosen: BTreeSet<usize> =
                (0..1 + draw.below(4)).map(|_| draw.below(self.contacts.len())).collect();
            members.extend(chosen.iter().map(|contact| self.contacts[*contact]));
        }
        members
    }

    /// Who manages it: a manager of the department or office, a class's teacher, or any manager.
    fn leader(&self, group: &Group, sorted: &Sorted, index: usize) -> Option<ObjectId> {
        let any = || sorted.leaders.get(index % sorted.leaders.len().max(1));
        let found = match group.theme {
            Theme::Department(d) | Theme::DepartmentList(d) | Theme::Share(d, _) => {
                self.leading(&sorted.departments[d])
            }
            Theme::Office(o) => self.leading(&sorted.offices[o]),
            Theme::Class(c) => sorted.teachers[c].as_ref(),
            Theme::All | Theme::Tier(_) => {
                sorted.leaders.iter().max_by_key(|i| self.people[**i as usize].rank)
            }
            Theme::Project => any(),
        };
        found.or_else(any).map(|i| self.ids[*i as usize])
    }

    /// The highest of these people, if any leads.
    fn leading<'a>(&self, people: &'a [u32]) -> Option<&'a u32> {
        let leads = |i: &&u32| self.people[**i as usize].rank != Rank::Staff;
        people.iter().filter(leads).max_by_key(|i| self.people[**i as usize].rank)
    }
}

/// Many are small, few are large: three to five, and nearly half of the time twice as many, again and again.
fn project_size(draw: &mut Draw, most: usize) -> usize {
    let mut size = 3;
    while size < most && draw.percent(46) {
        size *= 2;
    }
    (size + draw.below(size)).min(most)
}

/// Active people by where they belong, each list in order of index.
struct Sorted {
    active: Vec<u32>,
    /// Without pupils.
    staff: Vec<u32>,
    leaders: Vec<u32>,
    departments: Vec<Vec<u32>>,
    offices: Vec<Vec<u32>>,
    classes: Vec<Vec<u32>>,
    /// Department and number of each class.
    class_names: Vec<(usize, u16)>,
    teachers: Vec<Option<u32>>,
}

impl Sorted {
    fn of(maker: &GroupMaker<'_>) -> Sorted {
        let organisation = maker.world.organisation;
        let counts = super::hierarchy::classes_by_department(maker.people, organisation);
        let class_names: Vec<(usize, u16)> = (0..)
            .zip(&counts)
            .flat_map(|(d, count)| (0..*count as u16).map(move |class| (d, class)))
            .collect();
        let mut sorted = Sorted {
            active: Vec::new(),
            staff: Vec::new(),
            leaders: Vec::new(),
            departments: vec![Vec::new(); organisation.departments.len()],
            offices: vec![Vec::new(); organisation.offices.len()],
            classes: vec![Vec::new(); class_names.len()],
            teachers: vec![None; class_names.len()],
            class_names,
        };
        for (i, person) in (0..).zip(maker.people).filter(|(_, p)| p.is_active()) {
            let department = usize::from(person.department);
            sorted.active.push(i);
            sorted.departments[department].push(i);
            sorted.offices[usize::from(person.office)].push(i);
            if person.rank != Rank::Staff {
                sorted.leaders.push(i);
            }
            if person.kind == Kind::Pupil {
                let class = counts[..department].iter().sum::<usize>() + usize::from(person.class);
                sorted.classes[class].push(i);
                sorted.teachers[class] = maker.leaders[i as usize];
            } else {
                sorted.staff.push(i);
            }
        }
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_projects_have_a_heavy_tail() {
        let purpose = Purpose::new(Seed::new(8), "test");
        let mut sizes: Vec<usize> = (0..10_000).map(|i| project_size(&mut purpose.of(i), 1500)).collect();
        sizes.sort_unstable();
        assert!((3..=6).contains(&sizes[5000]), "{}", sizes[5000]);
        assert!((40..=250).contains(&sizes[9800]), "{}", sizes[9800]);
        assert!(sizes[9999] > 700 && sizes[9999] <= 1500, "{}", sizes[9999]);
    }
}
