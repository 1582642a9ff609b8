//! Who leads whom: a tree, department by department, with a chief above all.

use super::organisation::Organisation;
use super::person::{Kind, Person, Rank};
use super::tables::Belonging;

/// Pupils of a class.
const CLASS: usize = 26;

/// Ranks, and everybody's manager by index. Of a department's employees those of highest standing lead: one
/// directs it, and below him there are as many layers of managers as it takes that nobody leads many more people
/// than the profile's span. Who works in the same office is led from there where that can be. Pupils have a
/// teacher; who left has nobody.
pub(super) fn appoint(people: &mut [Person], organisation: &Organisation) -> Vec<Option<u32>> {
    let mut leaders = vec![None; people.len()];
    let Some(chief) = first_of(people, |p| p.is_active() && p.kind == Kind::Employee)
        .or_else(|| first_of(people, Person::is_active))
    else {
        return leaders;
    };
    people[chief as usize].rank = Rank::Chief;
    let mut departments: Vec<Vec<u32>> = vec![Vec::new(); organisation.departments.len()];
    for (index, person) in people.iter().enumerate() {
        if person.is_active() && person.kind != Kind::Pupil && index as u32 != chief {
            departments[usize::from(person.department)].push(index as u32);
        }
    }
    for mut members in departments {
        // contractors lead nobody
        members.sort_unstable_by_key(|i| {
            let person = &people[*i as usize];
            (person.kind != Kind::Employee, person.standing, *i)
        });
        let employees = members.iter().filter(|i| people[**i as usize].kind == Kind::Employee).count();
        let mut above = vec![chief];
        let mut rest = &members[..];
        let layers = layers(members.len(), employees, organisation.habits.span);
        for (depth, size) in layers.iter().enumerate() {
            let (layer, below) = rest.split_at(*size);
            for i in layer {
                people[*i as usize].rank = match (depth, depth + 1 == layers.len()) {
                    (0, _) => Rank::Director,
                    (_, true) => Rank::Manager,
                    (_, false) => Rank::Head,
                };
            }
            share_out(layer, &above, people, &mut leaders);
            above = layer.to_vec();
            rest = below;
        }
        share_out(rest, &above, people, &mut leaders);
    }
    assign_classes(people, organisation, chief, &mut leaders);
    for person in people.iter_mut().filter(|p| p.rank != Rank::Staff) {
        person.mailbox = true;
    }
    leaders
}

fn first_of(people: &[Person], fits: impl Fn(&Person) -> bool) -> Option<u32> {
    let fitting = people.iter().enumerate().filter(|(_, person)| fits(person));
    fitting.min_by_key(|(index, person)| (person.standing, *index)).map(|(index, _)| index as u32)
}

/// How many lead in each layer of a department, from its director down.
fn layers(members: usize, employees: usize, span: usize) -> Vec<usize> {
    if employees == 0 {
        return Vec::new();
    }
    let mut sizes = Vec::new();
    // what one more layer would have to be shared out among
    let mut below = members - 1;
    while below * 2 > span * 3 {
        below = below.div_ceil(span + 1);
        sizes.push(below);
    }
    sizes.push(1);
    sizes.reverse();
    let mut left = employees;
    for size in &mut sizes {
        *size = (*size).min(left);
        left -= *size;
    }
    sizes.retain(|size| *size > 0);
    sizes
}

/// Shares people out among leaders, who have very different numbers of them.
fn share_out(members: &[u32], leaders: &[u32], people: &[Person], of: &mut [Option<u32>]) {
    let by_office = |all: &[u32]| {
        let mut all = all.to_vec();
        all.sort_unstable_by_key(|i| (people[*i as usize].office, *i));
        all
    };
    let (members, leaders) = (by_office(members), by_office(leaders));
    let weight = |i: &u32| 4 + u64::from(people[*i as usize].standing.rotate_left(11) % 13);
    let total: u64 = leaders.iter().map(weight).sum();
    let mut led = members.iter().enumerate().peekable();
    let mut passed = 0;
    for leader in &leaders {
        passed += weight(leader);
        let end = (members.len() as u64 * passed).div_ceil(total.max(1));
        while let Some((_, member)) = led.next_if(|(at, _)| (*at as u64) < end) {
            of[*member as usize] = Some(*leader);
        }
    }
}

/// Puts pupils into classes of their year, and gives each class a teacher.
fn assign_classes(
    people: &mut [Person],
    organisation: &Organisation,
    chief: u32,
    leaders: &mut [Option<u32>],
) {
    let is = |p: &Person, belonging: Belonging| p.department(organisation).belonging == belonging;
    let teaches = |p: &Person| p.is_active() && p.kind == Kind::Employee && is(p, Belonging::Teacher);
    let teachers: Vec<u32> = (0..).zip(&*people).filter(|(_, p)| teaches(p)).map(|(i, _)| i).collect();
    let classes = classes_by_department(people, organisation);
    let mut seen = vec![0; organisation.departments.len()];
    for (index, person) in people.iter_mut().enumerate().filter(|(_, p)| p.kind == Kind::Pupil) {
        let department = usize::from(person.department);
        let sections = classes[department].max(1);
        person.class = (seen[department] % sections) as u16;
        seen[department] += 1;
        if person.is_active() && index as u32 != chief {
            let before: usize = classes[..department].iter().sum();
            let class = before + usize::from(person.class);
            let teacher = teachers.get(class % teachers.len().max(1)).copied();
            leaders[index] = teacher.filter(|t| *t as usize != index).or(Some(chief));
        }
    }
}

/// How many classes each department of pupils has.
pub(super) fn classes_by_department(people: &[Person], organisation: &Organisation) -> Vec<usize> {
    let mut pupils = vec![0usize; organisation.departments.len()];
    for person in people.iter().filter(|p| p.kind == Kind::Pupil) {
        pupils[usize::from(person.department)] += 1;
    }
    pupils.iter().map(|count| count.div_ceil(CLASS)).collect()
}

/// `7A`, `7B`... `7AA`: the year's number and letters.
pub(super) fn class_name(department: &str, class: u16) -> String {
    let year = department.rsplit(' ').next().unwrap_or(department);
    let mut letters = Vec::new();
    let mut left = usize::from(class);
    loop {
        letters.push(char::from(b'A' + (left % 26) as u8));
        match left / 26 {
            0 => break,
            rest => left = rest - 1,
        }
    }
    year.chars().chain(letters.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_department_has_as_many_layers_as_its_size_asks_for() {
        let check = |members: usize, employees: usize, span: usize, expected: &[usize]| {
            assert_eq!(layers(members, employees, span), expected, "{members} {employees} {span}");
        };
        check(0, 0, 8, &[]);
        check(5, 0, 8, &[]);
        check(1, 1, 8, &[1]);
        check(13, 13, 8, &[1]);
        check(14, 14, 8, &[1, 2]);
        // 99 people: 11 managers of 9 each with themselves, who answer to the director
        check(100, 100, 8, &[1, 11]);
        // 999 under 111 managers, 111 under 13, and 13 are more than one and a half times 8
        check(1000, 1000, 8, &[1, 2, 13, 111]);
        check(100, 4, 8, &[1, 3]);
    }

    #[test]
    fn classes_are_named_after_their_year() {
        let check = |class, expected: &str| assert_eq!(class_name("Year 7", class), expected);
        check(0, "7A");
        check(25, "7Z");
        check(26, "7AA");
        check(53, "7BB");
    }
}
