//! What each method cannot see. A client that does not know is out of step, and nothing tells it.

use super::plan::bound;
use crate::support::{Client, DOMAIN, below, control, modify, object, world};
use forestbed_sim::limits::Limits;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapModifyType, LdapOp};

struct Group {
    client: Client,
    team: String,
    ann: String,
}

/// A group with one member.
fn group(bin: bool) -> Group {
    let world = world(Limits::default());
    if bin {
        world.controller_mut(0).enable_recycle_bin(world.clock.now());
    }
    let mut client = bound(&world, 0);
    let ou = client.add_ou("Staff");
    let (ann, team) = (client.add_contact(&ou, "ann"), format!("CN=team,{ou}"));
    let attributes: [(&str, &[&str]); 3] =
        [("objectClass", &["group"]), ("sAMAccountName", &["team"]), ("member", &[&ann])];
    assert_eq!(client.add(&team, &attributes).code, 0);
    Group { client, team, ann }
}

impl Group {
    fn usn(&mut self) -> u64 {
        let root = self.client.search(object("", &["highestCommittedUSN"]));
        root.entries[0].text("highestCommittedUSN").parse().expect("a number")
    }

    fn delete(&mut self) {
        assert_eq!(self.client.ask(LdapOp::DelRequest(self.ann.clone())).code, 0);
    }

    fn undelete(&mut self) {
        let shown = || vec![control("1.2.840.113556.1.4.417", true, None)];
        let found = self.client.search_with(below(DOMAIN, "(cn=ann*)", &["1.1"]), shown());
        let steps: [(LdapModifyType, &str, &[&str]); 2] = [
            (LdapModifyType::Delete, "isDeleted", &[]),
            (LdapModifyType::Replace, "distinguishedName", &[&self.ann]),
        ];
        let answer = self.client.ask_with(modify(&found.entries[0].dn.clone(), &steps), shown());
        assert_eq!(answer.code, 0, "{answer:?}");
    }

    /// First parts of the names of what changed after a number.
    fn polled(&mut self, usn: u64, controls: Vec<LdapControl>) -> Vec<String> {
        let found =
            self.client.search_with(below(DOMAIN, &format!("(uSNChanged>={})", usn + 1), &["1.1"]), controls);
        let name = |dn: &str| dn.split([',', '\\']).next().unwrap_or_default().to_owned();
        found.dns().into_iter().map(name).collect()
    }

    /// The cookie of now, or the names of what a round from a cookie tells, with the values of `member`.
    fn dir_sync(&mut self, cookie: &[u8], controls: Vec<LdapControl>) -> (Vec<(String, String)>, Vec<u8>) {
        let (told, more, next) = self.answer(cookie, 0, controls);
        assert!(!more, "a round of one answer");
        (told, next)
    }

    /// One answer of a round: names with values of `member`, whether there is more, the next cookie.
    fn answer(
        &mut self,
        cookie: &[u8],
        max_bytes: i64,
        controls: Vec<LdapControl>,
    ) -> (Vec<(String, String)>, bool, Vec<u8>) {
        let dir_sync = LdapControl::AdDirsync { flags: 0, max_bytes, cookie: Some(cookie.to_vec()) };
        let request = below(DOMAIN, "(objectClass=*)", &["*"]);
        let answer = self.client.search_with(request, [vec![dir_sync], controls].concat());
        let [LdapControl::AdDirsync { flags: more, cookie: Some(next), .. }] = &answer.controls[..] else {
            panic!("{answer:?}")
        };
        let name = |dn: &str| dn.split([',', '\\']).next().unwrap_or_default().to_owned();
        let told = answer.entries.iter().map(|entry| (name(&entry.dn), entry.text("member")));
        (told.collect(), *more != 0, next.clone())
    }

    fn describe(&mut self, text: &str) {
        let change = [(LdapModifyType::Replace, "description", &[text][..])];
        assert_eq!(self.client.ask(modify(&self.ann, &change)).code, 0);
    }

    fn change_member(&mut self, kind: LdapModifyType) {
        assert_eq!(self.client.ask(modify(&self.team, &[(kind, "member", &[&self.ann])])).code, 0);
    }

    fn members(&mut self) -> Vec<String> {
        self.client.search(object(&self.team, &["member"])).entries[0].texts("member")
    }
}

fn only(name: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), String::new())]
}

#[test]
fn polling_without_show_deleted_misses_deletions() {
    let mut group = group(false);
    let usn = group.usn();
    group.delete();
    assert_eq!(group.polled(usn, Vec::new()), Vec::<String>::new());
    assert_eq!(group.polled(usn, vec![control("1.2.840.113556.1.4.417", true, None)]), ["CN=ann"]);
}

#[test]
fn no_method_tells_of_a_group_that_lost_a_member_by_its_deletion() {
    for bin in [false, true] {
        let mut group = group(bin);
        let (usn, cookie) = (group.usn(), group.dir_sync(&[], Vec::new()).1);
        assert_eq!(group.members().len(), 1);
        group.delete();
        assert_eq!(group.members().len(), 0);
        let deleted = vec![control("1.2.840.113556.1.4.417", true, None)];
        assert_eq!(group.polled(usn, deleted), ["CN=ann"]);
        assert_eq!(group.dir_sync(&cookie, Vec::new()).0, only("CN=ann"));
    }
}

#[test]
fn no_method_tells_of_a_group_that_got_a_member_back_from_the_recycle_bin() {
    let mut group = group(true);
    group.delete();
    let (usn, cookie) = (group.usn(), group.dir_sync(&[], Vec::new()).1);
    group.undelete();
    assert_eq!(group.members().len(), 1);
    assert_eq!(group.polled(usn, Vec::new()), ["CN=ann"]);
    assert_eq!(group.dir_sync(&cookie, Vec::new()).0, only("CN=ann"));
}

#[test]
fn a_deletion_undone_between_two_rounds_takes_memberships_along_untold() {
    let mut group = group(false);
    let cookie = group.dir_sync(&[], Vec::new()).1;
    group.delete();
    group.undelete();
    assert_eq!(group.members().len(), 0, "a tombstone has lost its links for good");
    assert_eq!(group.dir_sync(&cookie, Vec::new()).0, only("CN=ann"));
}

#[test]
fn a_deletion_undone_between_two_answers_of_a_round_reads_as_one_before_it() {
    // before the round; the member is given anew, and changed once more
    let mut before = group(false);
    let cookie = before.dir_sync(&[], Vec::new()).1;
    before.delete();
    before.undelete();
    before.change_member(LdapModifyType::Add);
    before.describe("changed");
    let (first, more, next) = before.answer(&cookie, 1, Vec::new());
    let (second, end, _) = before.answer(&next, 1, Vec::new());
    assert_eq!((more, end, before.members().len()), (true, false, 1));
    // between its answers: the membership that the first one told is gone, and nothing says so
    let mut between = group(false);
    let cookie = between.dir_sync(&[], Vec::new()).1;
    between.change_member(LdapModifyType::Delete);
    between.change_member(LdapModifyType::Add);
    between.describe("changed");
    let told = between.answer(&cookie, 1, Vec::new());
    assert_eq!((&told.0, told.1), (&first, more));
    between.delete();
    between.undelete();
    let told = between.answer(&told.2, 1, Vec::new());
    assert_eq!((told.0, told.1, between.members().len()), (second, end, 0));
}

#[test]
fn a_link_given_and_hidden_between_two_rounds_is_told_with_deactivated_links_only() {
    let mut group = group(true);
    group.change_member(LdapModifyType::Delete);
    let cookie = group.dir_sync(&[], Vec::new()).1;
    group.change_member(LdapModifyType::Add);
    group.delete();
    let of_team =
        |told: Vec<(String, String)>| told.into_iter().find(|(name, _)| name == "CN=team").expect("told").1;
    assert_eq!(of_team(group.dir_sync(&cookie, Vec::new()).0), "");
    let deactivated = vec![control("1.2.840.113556.1.4.2065", true, None)];
    assert!(of_team(group.dir_sync(&cookie, deactivated).0).starts_with("CN=ann\\0ADEL:"));
}

#[test]
fn notification_misses_what_happens_while_nobody_is_connected() {
    let mut group = group(false);
    let watch = |group: &Group| {
        let mut client = bound(&group.client.world, 0);
        let notification = control("1.2.840.113556.1.4.528", true, None);
        client.search_with(below(DOMAIN, "(objectClass=*)", &[]), vec![notification]);
        client
    };
    let heard = |client: &mut Client| {
        let mut out = Vec::new();
        while client.session.notify(&mut out) {}
        crate::support::decode(&out).entries.len()
    };
    let mut first = watch(&group);
    group.describe("heard");
    assert_eq!(heard(&mut first), 1);
    drop(first);
    group.describe("missed");
    let mut second = watch(&group);
    assert_eq!(heard(&mut second), 0);
    group.describe("heard again");
    assert_eq!(heard(&mut second), 1);
}

#[test]
fn numbers_and_cookies_of_one_controller_say_little_to_another() {
    let estate = super::plan::Estate::new(false, 2);
    let group_of = |controller| Group {
        client: bound(&estate.world, controller),
        team: String::new(),
        ann: format!("CN=ann,OU=Place0,{DOMAIN}"),
    };
    let (mut one, mut two) = (group_of(0), group_of(1));
    // the first one gives more numbers than the second one, which takes many changes of an object as one
    for turn in 0..50 {
        let text = turn.to_string();
        let change = [(LdapModifyType::Replace, "description", &[text.as_str()][..])];
        assert_eq!(one.client.ask(modify(&format!("OU=Place0,{DOMAIN}"), &change)).code, 0);
    }
    estate.replicate();
    let (known, cookie) = (one.usn(), one.dir_sync(&[], Vec::new()).1);
    assert!(known > two.usn());
    one.client.add_contact(&format!("OU=Place0,{DOMAIN}"), "ann");
    estate.replicate();
    // polling the other controller from there finds nothing, though it has the new object
    assert_eq!(two.client.search(object(&two.ann, &["1.1"])).entries.len(), 1);
    assert_eq!(two.polled(known, Vec::new()), Vec::<String>::new());
    // a cookie is not misunderstood: all is told again, the new object with it
    let (told, next) = two.dir_sync(&cookie, Vec::new());
    assert!(told.iter().any(|(name, _)| name == "CN=ann"), "{told:?}");
    assert_eq!(told, two.dir_sync(&[], Vec::new()).0);
    assert_eq!(two.dir_sync(&next, Vec::new()).0, []);
}
