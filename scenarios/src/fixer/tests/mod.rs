//! The machine against a directory in memory: what is planned is what is done, nothing is lost, all of it can be
//! taken back, and a crash at any point does not matter.

mod memory;
mod order;
mod properties;

use super::*;
use forestbed_sim::rules::Settings;
use memory::{Accident, Memory, same};
use std::collections::BTreeMap;
use std::path::Path;

fn settings() -> Settings {
    let domain_map = BTreeMap::from([("contoso.local".to_owned(), "contoso.com".to_owned())]);
    Settings { verified_domains: vec!["contoso.com".to_owned()], domain_map, ..Settings::default() }
}

/// Three people with defects that rules can repair, and one without.
fn estate() -> Memory {
    let memory = Memory::default();
    let person = |name: &str, attributes: &[(&str, &[&str])]| {
        let dn = format!("CN={name},OU=Staff,DC=contoso,DC=local");
        let mut all: Vec<(&str, &[&str])> =
            vec![("objectClass", &["top", "person", "organizationalPerson", "user"])];
        let name = [name];
        all.push(("cn", &name));
        all.extend(attributes);
        memory.add(&dn, &all);
    };
    person(
        "Ada",
        &[
            ("sAMAccountName", &["ada"]),
            ("displayName", &["  Ada Lovelace "]),
            ("userPrincipalName", &["ada@contoso.local"]),
            ("proxyAddresses", &["SMTP:ada@contoso.com", "smtp:ada lovelace@contoso.com"]),
            ("mail", &["ada@contoso.com"]),
        ],
    );
    person(
        "Bob",
        &[
            ("sAMAccountName", &["bob"]),
            ("displayName", &["Bob"]),
            ("userPrincipalName", &["bob@contoso.local"]),
            ("mail", &["bob@contoso.com"]),
            ("proxyAddresses", &["smtp:bob@contoso.com", "SMTP:other bob@contoso.com"]),
        ],
    );
    person(
        "Cyd",
        &[
            ("sAMAccountName", &["cyd"]),
            ("displayName", &["Cyd\u{200b}"]),
            ("userPrincipalName", &["cyd@contoso.com"]),
            ("mailNickname", &[".cyd"]),
        ],
    );
    person(
        "Dee",
        &[
            ("sAMAccountName", &["dee"]),
            ("displayName", &["Dee"]),
            ("userPrincipalName", &["dee@contoso.com"]),
        ],
    );
    memory
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn run(
    memory: &Memory,
    journal: Option<&mut Journal>,
    limit: Option<usize>,
    decisions: &Decisions,
) -> Repair {
    let settings = settings();
    let orders = Orders { settings: &settings, decisions, review: take_suggestion, limit };
    let mut targets: Vec<Box<dyn Target>> = vec![Box::new(memory.clone())];
    runtime().block_on(repair(&mut memory.clone(), &mut targets, journal, orders)).unwrap()
}

fn fix(memory: &Memory, journal: &mut Journal) -> Repair {
    run(memory, Some(journal), None, &Decisions::none())
}

fn take_back(memory: &Memory, journal: &mut Journal, apply: bool) -> Vec<Undone> {
    let mut targets: Vec<Box<dyn Target>> = vec![Box::new(memory.clone())];
    runtime().block_on(undo(journal, &mut targets, apply)).unwrap()
}

fn journal(folder: &Path) -> Journal {
    Journal::create(&folder.join("undo.jsonl"), vec![JournalSource::default()]).unwrap()
}

fn value(memory: &Memory, name: &str, attribute: &str) -> Vec<String> {
    let dn = format!("CN={name},OU=Staff,DC=contoso,DC=local");
    let objects = memory.objects();
    objects[&dn].get(attribute).into_iter().flatten().map(Octets::shown).collect()
}

#[test]
fn what_is_planned_is_done_once_an_object_and_nothing_is_left_to_do() {
    let (memory, folder) = (estate(), tempfile::tempdir().unwrap());
    let mut journal = journal(folder.path());
    let done = fix(&memory, &mut journal);
    assert!(done.is_complete(), "{:?}", done.applied);
    assert_eq!((done.plan.objects, done.plan.changes.len(), done.count(State::Done)), (4, 3, 3));
    for change in &done.plan.changes {
        for edit in &change.edits {
            let objects = memory.objects();
            let held = objects[&change.object.dn].get(&edit.attribute.to_ascii_lowercase());
            let mut held: Vec<String> = held.into_iter().flatten().map(Octets::shown).collect();
            let mut after = edit.after.clone();
            held.sort();
            after.sort();
            assert_eq!(held, after, "{} {}", change.object.dn, edit.attribute);
        }
    }
    assert_eq!(memory.world().writes.len(), 3);
    // preparation-rules.md: surrounding spaces go (DN03), .local becomes the verified domain (UP15), a leading
    // period of the alias goes (MN01), invisible characters go (DN07)
    assert_eq!(value(&memory, "Ada", "displayname"), ["Ada Lovelace"]);
    assert_eq!(value(&memory, "Ada", "userprincipalname"), ["ada@contoso.com"]);
    assert_eq!(value(&memory, "Cyd", "displayname"), ["Cyd"]);
    assert_eq!(value(&memory, "Cyd", "mailnickname"), ["cyd"]);
    let again = run(&memory, None, None, &Decisions::none());
    assert_eq!((again.plan.changes.len(), memory.world().writes.len()), (0, 3));
}

#[test]
fn undo_restores_every_octet_and_doing_it_twice_does_nothing() {
    let (memory, folder) = (estate(), tempfile::tempdir().unwrap());
    let before = memory.objects();
    let mut journal = journal(folder.path());
    fix(&memory, &mut journal);
    assert!(!same(&memory.objects(), &before));
    let looked = take_back(&memory, &mut journal, false);
    assert_eq!((looked.len(), memory.world().writes.len()), (3, 3));
    take_back(&memory, &mut journal, true);
    assert!(same(&memory.objects(), &before), "{:#?}", memory.objects());
    let again = take_back(&memory, &mut journal, true);
    assert!(again.iter().all(|one| one.applied.state == State::Already), "{again:?}");
    assert_eq!(memory.world().writes.len(), 6);
}

#[test]
fn undo_leaves_alone_what_somebody_changed_since() {
    let (memory, folder) = (estate(), tempfile::tempdir().unwrap());
    let before = memory.objects();
    let mut journal = journal(folder.path());
    fix(&memory, &mut journal);
    let ada = "CN=Ada,OU=Staff,DC=contoso,DC=local";
    memory.world().objects.get_mut(ada).unwrap().insert("mail".into(), vec![Octets::from("new@contoso.com")]);
    memory.world().objects.get_mut(ada).unwrap().insert("displayname".into(), vec![Octets::from("Countess")]);
    let kept = memory.objects()[ada].clone();
    let undone = take_back(&memory, &mut journal, true);
    let of_ada = undone.iter().find(|one| one.applied.dn == ada).unwrap();
    assert_eq!(
        (of_ada.applied.state, of_ada.applied.text.as_str()),
        (State::Conflict, "displayName has changed since")
    );
    let mut expected = before;
    expected.insert(ada.to_owned(), kept);
    assert!(same(&memory.objects(), &expected));
}

#[test]
fn more_objects_than_the_limit_are_refused_before_anything_is_written() {
    let memory = estate();
    let refused = run(&memory, None, Some(2), &Decisions::none());
    assert_eq!((refused.over_limit, refused.is_complete(), memory.world().requests), (Some(3), false, 0));
    let done = run(&memory, None, Some(3), &Decisions::none());
    assert_eq!((done.over_limit, done.is_complete()), (None, true));
}

/// What became of the first object when its request met this.
#[track_caller]
fn accident(accidents: &[(usize, Accident)], expected: &[State], writes: usize) -> Memory {
    let (memory, folder) = (estate(), tempfile::tempdir().unwrap());
    memory.world().accidents = accidents.iter().copied().collect();
    let mut journal = journal(folder.path());
    let done = fix(&memory, &mut journal);
    let states: Vec<State> = done.applied.iter().map(|applied| applied.state).collect();
    assert_eq!(states, expected, "{accidents:?}: {:?}", done.applied);
    assert_eq!(memory.world().writes.len(), writes, "{accidents:?}");
    assert_eq!(done.is_complete(), states.iter().all(|state| *state == State::Done));
    memory
}

#[test]
fn a_server_that_is_busy_or_breaks_off_is_asked_again_and_nothing_is_written_twice() {
    use State::*;
    let memory = accident(&[(0, Accident::Busy), (1, Accident::Busy)], &[Done, Done, Done], 3);
    // pauses of 1 and 2 seconds
    assert_eq!(memory.world().waited.as_secs(), 3);
    accident(&[(0, Accident::LostBefore)], &[Done, Done, Done], 3);
    accident(&[(0, Accident::LostAfter)], &[Done, Done, Done], 3);
    let all: Vec<_> = (0..7).map(|number| (number, Accident::Busy)).collect();
    accident(&all, &[NotTried, NotTried, NotTried], 0);
    let all: Vec<_> = (0..7).map(|number| (number, Accident::LostBefore)).collect();
    accident(&all, &[Unknown, NotTried, NotTried], 0);
}

#[test]
fn a_refusal_changes_nothing_and_the_others_go_on() {
    use State::*;
    // tried again in the second round, since the others succeeded
    accident(&[(0, Accident::Refused(50)), (3, Accident::Refused(50))], &[Refused, Done, Done], 2);
    accident(&[(0, Accident::Refused(19))], &[Done, Done, Done], 3);
}

#[test]
fn what_somebody_changed_between_look_and_write_is_a_conflict_and_stays() {
    use State::*;
    let memory = accident(&[(0, Accident::Foreign("userprincipalname"))], &[Conflict, Done, Done], 2);
    assert_eq!(value(&memory, "Ada", "userprincipalname"), ["foreign@contoso.com"]);
    assert_eq!(value(&memory, "Ada", "displayname"), ["  Ada Lovelace "]);
    // an attribute that is no concern of the change
    let memory = accident(&[(0, Accident::Foreign("description"))], &[Done, Done, Done], 3);
    assert_eq!(value(&memory, "Ada", "description"), ["foreign@contoso.com"]);
}

/// Kills the process at one request, cuts the journal as a crash may, runs again, and undoes all of it.
fn crash(number: usize, after: bool, torn: usize) {
    let (memory, folder) = (estate(), tempfile::tempdir().unwrap());
    let (before, path) = (memory.objects(), folder.path().join("undo.jsonl"));
    memory.world().accidents.insert(number, Accident::Killed(after));
    drop({
        let mut journal = journal(folder.path());
        fix(&memory, &mut journal);
        journal
    });
    // what a dead process writes about its own death never reaches the disk; a part of it may
    let text = std::fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let changes = lines.iter().enumerate().filter(|(_, line)| line.starts_with(b"{\"record\":\"change\""));
    let (last, _) = changes.clone().nth(number).unwrap();
    let mut kept: Vec<u8> = lines[..=last].concat();
    let next = b"{\"record\":\"outcome\",\"number\":1,\"result\":\"done\"}";
    kept.extend_from_slice(&next[..torn]);
    std::fs::write(&path, &kept).unwrap();

    memory.world().killed = false;
    memory.world().accidents.clear();
    let mut again = Journal::open(&path).unwrap();
    let done = fix(&memory, &mut again);
    assert!(done.is_complete(), "{number} {after} {torn}: {:?}", done.applied);
    assert_eq!(memory.world().writes.len(), 3, "{number} {after} {torn}");
    let whole = estate();
    run(&whole, None, None, &Decisions::none());
    assert!(same(&memory.objects(), &whole.objects()));
    drop(again);
    let mut again = Journal::open(&path).unwrap();
    take_back(&memory, &mut again, true);
    assert!(same(&memory.objects(), &before), "{number} {after} {torn}");
}

#[test]
fn a_crash_at_any_request_is_gone_on_from_and_undone_exactly() {
    for number in 0..3 {
        for after in [false, true] {
            [0, 1, 20].into_iter().for_each(|torn| crash(number, after, torn));
        }
    }
}

#[test]
fn a_journal_that_was_cut_in_a_change_never_saw_its_request() {
    let (memory, folder) = (estate(), tempfile::tempdir().unwrap());
    let path = folder.path().join("undo.jsonl");
    drop(journal(folder.path()));
    let head = std::fs::read(&path).unwrap();
    for cut in [1, 10, 40] {
        let torn = [&head[..], &b"{\"record\":\"change\",\"number\":1,\"dn\":\"CN=Ada"[..cut]].concat();
        std::fs::write(&path, torn).unwrap();
        let opened = Journal::open(&path).unwrap();
        assert_eq!(opened.contents().changes, []);
        drop(opened);
        assert_eq!(std::fs::read(&path).unwrap(), head);
    }
    let mut again = Journal::open(&path).unwrap();
    assert!(fix(&memory, &mut again).is_complete());
}

#[test]
fn one_process_has_a_journal_and_a_wrong_file_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let open = journal(folder.path());
    let path = open.path().to_owned();
    assert!(Journal::open(&path).unwrap_err().to_string().contains("another process"));
    assert_eq!(Journal::create(&path, Vec::new()).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    drop(open);
    let wrong = |text: &str, expected: &str| {
        std::fs::write(&path, text).unwrap();
        let error = Journal::open(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{text:?}: {error}");
    };
    wrong("", "no line of a journal");
    wrong("dn: CN=a\n", "line 1: ");
    wrong("{\"record\":\"journal\",\"format\":2,\"sources\":[]}\n", "line 1: a journal of format 2");
    wrong("{\"record\":\"undo\"}\n", "line 1: a journal begins with its format");
    let head = "{\"record\":\"journal\",\"format\":1,\"sources\":[]}\n";
    wrong(
        &format!("{head}{{\"record\":\"outcome\",\"number\":1,\"result\":\"done\"}}\n"),
        "line 2: no change 1",
    );
    wrong(&format!("{head}{{\"record\":\"other\"}}\n"), "line 2: ");
}

#[test]
fn decisions_are_applied_by_the_same_machine_and_win_over_suggestions() {
    let memory = estate();
    let staff = |name: &str| format!("CN={name},OU=Staff,DC=contoso,DC=local");
    let sheet = format!(
        "dn,attribute,value\n\"{}\",userPrincipalName,countess@contoso.com\n\"{}\",displayName,leave\n\"{}\",mail,x@contoso.com\n",
        staff("Ada"),
        staff("Cyd"),
        staff("Nobody")
    );
    let decisions = Decisions::read(sheet.as_bytes()).unwrap();
    let done = run(&memory, None, None, &decisions);
    assert_eq!(value(&memory, "Ada", "userprincipalname"), ["countess@contoso.com"]);
    assert_eq!(value(&memory, "Ada", "displayname"), ["Ada Lovelace"]);
    assert_eq!(value(&memory, "Cyd", "displayname"), ["Cyd\u{200b}"]);
    assert_eq!(done.plan.unmet, [(4, format!("{}: no such object was read", staff("Nobody")))]);
    assert!(done.left.iter().any(|left| left.rule == "DN07" && left.because == Because::Decided));
    let alone = estate();
    let mut only = decisions;
    only.only = true;
    run(&alone, None, None, &only);
    assert_eq!(value(&alone, "Ada", "displayname"), ["  Ada Lovelace "]);
    assert_eq!(value(&alone, "Ada", "userprincipalname"), ["countess@contoso.com"]);
}

#[test]
fn a_choice_whose_value_is_gone_is_not_applied() {
    let memory = estate();
    let dn = "CN=Ada,OU=Staff,DC=contoso,DC=local";
    let sheet = format!("dn,attribute,old,value\n\"{dn}\",mail,ada@contoso.org,ada@contoso.net\n");
    let done = run(&memory, None, None, &Decisions::read(sheet.as_bytes()).unwrap());
    assert_eq!(done.plan.unmet, [(2, format!("{dn}: mail no longer holds the value"))]);
    assert_eq!(value(&memory, "Ada", "mail"), ["ada@contoso.com"]);
}
