//! Passwords over time: history, least age, policy hints, userPassword, logon hours, workstations
//! (active-directory.md 8; golden/02 for the policy of a new domain: 7 characters, complex, 24 remembered, a
//! day at least, 42 at most).

use crate::clock::{DEFAULT_START, SimTime};
use crate::directory::testing::{seeded, system};
use crate::directory::{Directory, Modification, ModifyOp, UpdateContext, attr};
use std::time::Duration;

const ALICE: &str = "CN=Alice Müller,OU=Staff,DC=contoso,DC=local";
const BOB: &str = "CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local";
const SERVICE: &str = "CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,DC=contoso,DC=local";

fn day(n: u64) -> SimTime {
    DEFAULT_START.plus(Duration::from_secs(n * 86_400))
}

fn quoted(text: &str) -> Vec<u8> {
    format!("\"{text}\"").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn step(op: ModifyOp, attribute: &str, value: Vec<u8>) -> Modification {
    Modification { op, attribute: attribute.to_owned(), values: vec![value] }
}

/// Bob changes his own password; the hexadecimal number of the refusal.
fn change(directory: &mut Directory, now: SimTime, old: &str, new: &str) -> String {
    let bob = directory.resolve(BOB).unwrap();
    let steps =
        [step(ModifyOp::Delete, "unicodePwd", quoted(old)), step(ModifyOp::Add, "unicodePwd", quoted(new))];
    let context = UpdateContext::account(now, bob, true);
    directory
        .modify(&context, BOB, &steps)
        .map_or_else(|error| error.text[..8].to_owned(), |_| "ok".to_owned())
}

fn reset(directory: &mut Directory, context: &UpdateContext, new: &str) -> String {
    let steps = [step(ModifyOp::Replace, "unicodePwd", quoted(new))];
    directory
        .modify(context, BOB, &steps)
        .map_or_else(|error| error.text[..8].to_owned(), |_| "ok".to_owned())
}

#[test]
fn a_change_obeys_history_and_least_age_and_a_reset_does_not() {
    let mut directory = seeded();
    assert_eq!(change(&mut directory, DEFAULT_START, "Passw0rd!1", "Second-22"), "0000052D");
    assert_eq!(change(&mut directory, day(1), "Passw0rd!1", "Passw0rd!1"), "0000052D");
    assert_eq!(change(&mut directory, day(1), "Passw0rd!1", "Second-22"), "ok");
    assert_eq!(change(&mut directory, day(1), "Second-22", "Third-333"), "0000052D");
    assert_eq!(change(&mut directory, day(2), "Second-22", "Third-333"), "ok");
    for earlier in ["Passw0rd!1", "Second-22", "Third-333"] {
        assert_eq!(change(&mut directory, day(3), "Third-333", earlier), "0000052D", "{earlier}");
    }
    let hints = UpdateContext { policy_hints: true, ..UpdateContext::system(day(3)) };
    assert_eq!(reset(&mut directory, &hints, "Second-22"), "0000052D");
    assert_eq!(reset(&mut directory, &UpdateContext::system(day(3)), "Second-22"), "ok");
    assert!(directory.authenticate("bob@contoso.local", b"Second-22", day(3)).is_ok());
    let bob = directory.entry(directory.resolve(BOB).unwrap()).unwrap();
    assert!(!bob.has("ntPwdHistory") && bob.stamp(attr::NT_PWD_HISTORY).is_some());
}

#[test]
fn as_many_passwords_are_remembered_as_the_policy_says() {
    let mut directory = seeded();
    let head = directory.info().domain;
    let context = UpdateContext::lenient(DEFAULT_START);
    directory.load_values(&context, head, attr::PWD_HISTORY_LENGTH, vec![b"2".to_vec()]);
    assert_eq!(change(&mut directory, day(1), "Passw0rd!1", "Second-22"), "ok");
    assert_eq!(change(&mut directory, day(2), "Second-22", "Passw0rd!1"), "0000052D");
    assert_eq!(change(&mut directory, day(2), "Second-22", "Third-333"), "ok");
    assert_eq!(change(&mut directory, day(3), "Third-333", "Passw0rd!1"), "ok");
}

#[test]
fn who_must_change_a_password_may_at_once() {
    let mut directory = seeded();
    let must = [step(ModifyOp::Replace, "pwdLastSet", b"0".to_vec())];
    directory.modify(&system(), BOB, &must).unwrap();
    assert_eq!(change(&mut directory, DEFAULT_START, "Passw0rd!1", "Second-22"), "ok");
    assert!(directory.authenticate("bob@contoso.local", b"Second-22", DEFAULT_START).is_ok());
}

#[test]
fn a_password_expires_after_the_longest_age() {
    let mut directory = seeded();
    let data = |directory: &mut Directory, now| {
        directory.authenticate("bob@contoso.local", b"Passw0rd!1", now).err().map(|error| error.data)
    };
    assert_eq!(data(&mut directory, day(41)), None);
    assert_eq!(data(&mut directory, day(42)), Some(0x532));
}

#[test]
fn user_password_is_an_attribute_unless_the_heuristics_say_it_is_the_password() {
    let mut directory = seeded();
    let write = |directory: &mut Directory, value: &str| {
        let steps = [step(ModifyOp::Replace, "userPassword", value.as_bytes().to_vec())];
        directory
            .modify(&system(), ALICE, &steps)
            .map_or_else(|error| error.text[..8].to_owned(), |_| "ok".to_owned())
    };
    assert_eq!(write(&mut directory, "any"), "ok");
    assert!(directory.authenticate("alice@contoso.local", b"any", DEFAULT_START).is_err());
    let heuristics = |directory: &mut Directory, value: &str| {
        let steps = [step(ModifyOp::Replace, "dSHeuristics", value.as_bytes().to_vec())];
        directory.modify(&system(), SERVICE, &steps).map_or_else(|error| error.code.number(), |_| 0)
    };
    assert_eq!(heuristics(&mut directory, "000000001"), 0);
    assert_eq!(write(&mut directory, "weak"), "0000052D");
    assert_eq!(write(&mut directory, "Unquoted-1"), "ok");
    assert!(directory.authenticate("alice@contoso.local", b"Unquoted-1", DEFAULT_START).is_ok());
    // the tenth place counts the places
    assert_eq!((heuristics(&mut directory, "0000000000"), heuristics(&mut directory, "0000000001")), (19, 0));
}

#[test]
fn the_heuristics_let_principal_names_repeat() {
    let take = |value: &str| {
        let mut directory = seeded();
        let steps = [step(ModifyOp::Replace, "dSHeuristics", value.as_bytes().to_vec())];
        directory.modify(&system(), SERVICE, &steps).unwrap();
        let mut code = |attribute: &str, value: &str| {
            let steps = [step(ModifyOp::Replace, attribute, value.as_bytes().to_vec())];
            directory.modify(&system(), ALICE, &steps).map_or_else(|error| error.code.number(), |_| 0)
        };
        (code("userPrincipalName", "BOB@contoso.local"), code("servicePrincipalName", "HOST/ws001"))
    };
    assert_eq!(take("000000000100000000020"), (19, 19));
    assert_eq!(take("000000000100000000021"), (0, 19));
    assert_eq!(take("000000000100000000022"), (19, 0));
    assert_eq!(take("000000000100000000023"), (0, 0));
}

#[test]
fn logon_hours_and_workstations_bar_with_sub_codes_of_their_own() {
    let mut directory = seeded();
    let bob = directory.resolve(BOB).unwrap();
    let context = UpdateContext::lenient(DEFAULT_START);
    let mut hours = vec![0u8; 21];
    // 5 January 2026 08:00 UTC is a Monday: hour 24 + 8 of a week that begins on Sunday
    hours[4] = 1;
    directory.load_values(&context, bob, attr::LOGON_HOURS, vec![hours]);
    let at = |directory: &mut Directory, minutes: u64| {
        let now = DEFAULT_START.plus(Duration::from_secs(minutes * 60));
        directory.authenticate("bob@contoso.local", b"Passw0rd!1", now).err().map(|error| error.data)
    };
    assert_eq!((at(&mut directory, 0), at(&mut directory, 59)), (None, None));
    assert_eq!((at(&mut directory, 60), at(&mut directory, 7 * 24 * 60)), (Some(0x530), None));
    let wrong = directory.authenticate("bob@contoso.local", b"wrong", day(1)).unwrap_err();
    assert_eq!(wrong.data, 0x52e);
    directory.load_values(&context, bob, attr::USER_WORKSTATIONS, vec![b"PC1,pc2".to_vec()]);
    assert_eq!(at(&mut directory, 0), Some(0x531));
    let mut from = |workstation: &str| {
        let logged_on = directory.log_on_from(Some(bob), workstation, DEFAULT_START, |_| true);
        logged_on.err().map(|error| error.data)
    };
    assert_eq!((from("PC2"), from("PC3")), (None, Some(0x531)));
    directory.load_values(&context, bob, attr::USER_WORKSTATIONS, vec![b"PC1,DC1".to_vec()]);
    assert_eq!(at(&mut directory, 0), None);
}
