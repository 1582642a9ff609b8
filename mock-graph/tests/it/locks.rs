//! No answer asks for the tenant while it holds it: between the two a writer may begin to wait, and then all do.

use super::support::{Lab, WALL, at};
use forestbed_sim::tenant::ObjectKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// How long the readers may take: they need a fraction of a second unless they wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn readers_and_a_writer_do_not_wait_for_each_other() {
    let lab = Lab::new();
    let bearer = lab.lasting_bearer();
    let group = lab.world.tenant().iter(ObjectKind::Group).next().expect("a group").id();
    let latest = lab.graph("GET", "/v1.0/users/delta?$deltatoken=latest", &bearer, at(WALL, Duration::ZERO));
    let link = latest.body["@odata.deltaLink"].as_str().expect("a link").to_owned();
    let over = link.split_once("/v1.0").map(|(_, path)| format!("/v1.0{path}")).expect("a path");
    lab.world.reset();
    let paths = [
        (format!("/v1.0/groups/{group}/members/$ref"), 200),
        (format!("/v1.0/groups/{group}/owners/$ref"), 200),
        (format!("/v1.0/groups/{group}/members/$count"), 400),
        ("/v1.0/users/admin@contoso.onmicrosoft.com/displayName/$value".to_owned(), 200),
        ("/v1.0/users/admin@contoso.onmicrosoft.com/memberOf".to_owned(), 200),
        ("/v1.0/users?$filter=startswith(displayName,'a')&$expand=manager".to_owned(), 200),
        (over, 410),
    ];
    let world = Arc::clone(&lab.world);
    let done = Arc::new(AtomicBool::new(false));
    let (over, until) = (Arc::clone(&done), channel());
    let writer = thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            drop(world.tenant_mut());
        }
    });
    let (tell, told) = until;
    thread::spawn(move || {
        for _ in 0..300 {
            for (path, expected) in &paths {
                let answer = lab.graph("GET", path, &bearer, at(WALL, Duration::ZERO));
                assert_eq!(answer.status, *expected, "{path}: {}", answer.body);
            }
        }
        tell.send(()).expect("someone who waits");
    });
    told.recv_timeout(PATIENCE).expect("readers and the writer wait for each other");
    done.store(true, Ordering::Relaxed);
    writer.join().expect("the writer");
}
