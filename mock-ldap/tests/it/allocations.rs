//! How often requests allocate: a page of a search as often for many entries as for few. Counted, not timed:
//! the same on every machine.

use crate::support::{Client, administrators_password, below, modify, paged};
use forestbed_sim::spec::{DefectMix, EstateSpec, ForestSpec, PopulationSpec};
use forestbed_sim::world::World;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapModifyType, LdapOp};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

thread_local! {
    /// Of this thread alone: tests run beside one another.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

fn count() {
    // a thread that ends may allocate when this is gone already
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

#[allow(
    unsafe_code,
    reason = "the one way to count allocations; it hands everything on to the system's allocator"
)]
// SAFETY: every call goes unchanged to `System`, which keeps the contract of `GlobalAlloc`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are handed on
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are handed on
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Room for the answers, so that the buffer of what would be a socket does not grow.
const ROOM: usize = 4 * 1024 * 1024;

fn populated() -> Client {
    let population = PopulationSpec::of_users(600);
    let forest = ForestSpec { population, defects: DefectMix::none(), decoys: 0, ..ForestSpec::default() };
    let spec = EstateSpec { forests: vec![forest], ..EstateSpec::default() };
    let world = Arc::new(World::generate(spec, 1).expect("an estate"));
    let mut client = Client::new(&world, true);
    let name = format!("Administrator@{}", world.directory(0).info().dns);
    assert_eq!(client.bind(&name, administrators_password(&world)).code, 0);
    client
}

/// Allocations of one request, from its bytes to the bytes of its answer.
fn allocations(client: &mut Client, op: LdapOp, controls: Vec<LdapControl>) -> u64 {
    let request = client.encode(op, controls);
    let mut out = Vec::with_capacity(ROOM);
    let before = COUNT.get();
    let mut reply = client.session.handle(&request);
    while reply.messages.next_chunk(&mut client.session, &mut out) {}
    drop(reply);
    let counted = COUNT.get() - before;
    assert!(out.len() < ROOM && !out.is_empty());
    counted
}

fn base(client: &Client) -> String {
    client.world.directory(0).info().domain_dn.clone()
}

#[test]
fn a_page_allocates_as_often_for_five_hundred_entries_as_for_ten() {
    let mut client = populated();
    let base = base(&client);
    let mut page = |size| {
        // now and then a request meets the growth of the journal's rings; the first one makes what the session
        // keeps, its cache of names
        let once = |_| {
            let request = below(&base, "(&(objectCategory=person)(objectClass=user))", &[]);
            allocations(&mut client, LdapOp::SearchRequest(request), paged(size, b""))
        };
        (0..4).map(once).min().unwrap_or_default()
    };
    let (few, many) = (page(10), page(500));
    assert_eq!(few, many, "allocations of a page of 10 and of one of 500");
    assert!(many <= PAGE_MOST, "{many} allocations a page");
}

#[test]
fn a_search_and_a_change_keep_to_their_allocations() {
    let mut client = populated();
    let base = base(&client);
    let person = {
        let directory = client.world.directory(0);
        let mut entries = directory.ids().filter_map(|id| directory.entry(id));
        let person = entries.find(|entry| entry.has("employeeID")).expect("a person");
        (person.text("sAMAccountName").expect("a name").into_owned(), person.dn())
    };
    let mut search = || {
        let request = below(&base, &format!("(sAMAccountName={})", person.0), &[]);
        allocations(&mut client, LdapOp::SearchRequest(request), Vec::new())
    };
    let (_, second) = (search(), search().min(search()));
    assert!(second <= EQUALITY_MOST, "{second} allocations a search");
    let mut change = |text: &str| {
        let change = modify(&person.1, &[(LdapModifyType::Replace, "description", &[text])]);
        allocations(&mut client, change, Vec::new())
    };
    let (_, second) = (change("one"), change("two").min(change("three")));
    assert!(second <= MODIFY_MOST, "{second} allocations a change");
}

/// Ceilings: what the code needs today. A change that needs less lowers them, one that needs more says why.
const PAGE_MOST: u64 = 36;
const EQUALITY_MOST: u64 = 8;
const MODIFY_MOST: u64 = 36;
