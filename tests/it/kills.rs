//! The process of the sync engine is killed after each of its requests, and started again.

use super::{estate, start};
use forestbed::Lab;
use forestbed::directory::{Modification, ModifyOp, UpdateContext};
use forestbed::dump::{self, DumpOptions};
use forestbed::journal::Side;
use forestbed::spec::{ForestSpec, PopulationSpec};
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

const KILLED: i32 = 9;

/// The process that is to die, and after how many more requests.
#[derive(Default)]
struct Victim(Mutex<Option<(Child, u64)>>);

impl Victim {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Child, u64)>> {
        self.0.lock().expect("nobody panics with it")
    }

    /// A request was carried out; nobody has been answered yet.
    fn request(&self) {
        if let Some((child, left)) = self.lock().as_mut() {
            *left = left.saturating_sub(1);
            if *left == 0 {
                child.kill().expect("it runs, or has ended");
            }
        }
    }

    /// Runs the engine until it ends or has sent so many requests.
    fn run(&self, lab: &Lab, cycle: &str, dies_after: u64) -> ExitStatus {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forestbed"));
        command.arg("sync").envs(lab.env()).env("FORESTBED_CYCLE", cycle);
        let mut slot = self.lock();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut out = child.stdout.take().expect("its output");
        *slot = Some((child, dies_after));
        drop(slot);
        // its output ends with it
        let mut said = Vec::new();
        out.read_to_end(&mut said).expect("its output");
        let (mut child, _) = self.lock().take().expect("it was put there");
        child.wait().expect("it ends")
    }
}

/// What was written since an entry of the journal: modifications in the forest, objects sent to the tenant.
fn written(lab: &Lab, since: u64) -> [u64; 2] {
    let entries = lab.world().journal.since(since, usize::MAX);
    let modified = entries.iter().filter(|entry| entry.side == Side::Ldap && entry.write).count() as u64;
    let sent = entries.iter().filter(|entry| entry.operation.contains("ProvisionAzureADSyncObjects"));
    [modified, sent.map(|entry| u64::from(entry.returned)).sum()]
}

fn tenant(lab: &Lab) -> String {
    dump::tenant(&lab.world().tenant(), DumpOptions::default()).to_yaml()
}

/// Somebody leaves, somebody joins, a group gains her, somebody has a new title.
fn a_day(lab: &Lab) {
    let mut directory = lab.world().directory_mut(0);
    let is_person = |id: &_| {
        directory.entry(*id).is_some_and(|entry| entry.is_class("user") && entry.text("employeeID").is_some())
    };
    let mut people: Vec<String> =
        directory.ids().filter(is_person).filter_map(|id| Some(directory.entry(id)?.dn())).collect();
    people.sort();
    let context = UpdateContext::lenient(lab.world().clock.now());
    let text = |name: &str, value: &str| (name.to_owned(), vec![value.as_bytes().to_vec()]);
    directory.delete(&context, &people[0]).expect("a leaf");
    let account = |name: &str| {
        [
            text("objectClass", "user"),
            text("sAMAccountName", name),
            text("userPrincipalName", &format!("{name}@contoso.com")),
            text("userAccountControl", "544"),
        ]
    };
    let newcomer = "CN=Niels Nieuw,CN=Users,DC=contoso,DC=local";
    directory.add(&context, newcomer, &account("niels")).expect("a newcomer");
    let group = [text("objectClass", "group"), text("sAMAccountName", "new-team"), text("member", newcomer)];
    directory.add(&context, "CN=New Team,CN=Users,DC=contoso,DC=local", &group).expect("a group");
    let values = vec![b"Astronaut".to_vec()];
    let change = Modification { op: ModifyOp::Replace, attribute: "title".to_owned(), values };
    directory.modify(&context, &people[1], &[change]).expect("a title");
}

/// Kills the engine after each request of a cycle in turn; another cycle has to finish what it began.
async fn killed_after_each_request(day: bool) {
    let mut spec = estate(7, 5, &[]);
    let population = PopulationSpec::of_users(5);
    spec.forests = vec![ForestSpec { population, decoys: 0, ..spec.forests[0].clone() }];
    let lab = Arc::new(start(spec).await);
    let victim = Arc::new(Victim::default());
    let told = Arc::clone(&victim);
    lab.world().journal.listen(move |_| told.request());
    let own = Arc::clone(&lab);
    let played = tokio::task::spawn_blocking(move || {
        let lab = &*own;
        let begin = || {
            lab.reset().expect("it goes back");
            if day {
                assert!(victim.run(lab, "initial", u64::MAX).success());
                a_day(lab);
            }
            lab.world().journal.last_seq()
        };
        let cycle = if day { "delta" } else { "initial" };
        let from = begin();
        assert!(victim.run(lab, cycle, u64::MAX).success());
        let requests = lab.world().journal.last_seq() - from;
        let (wanted, wrote) = (tenant(lab), written(lab, from));
        assert!(requests > 8 && wrote.iter().all(|count| *count > 0), "{requests} requests, {wrote:?}");
        for dies_after in 1..=requests {
            let place = format!("killed after request {dies_after} of {requests}, day: {day}");
            let from = begin();
            let died = victim.run(lab, cycle, dies_after);
            // the last request may be a goodbye
            let killed = died.signal() == Some(KILLED) || dies_after == requests && died.success();
            assert!(killed, "{place}: {died}");
            assert!(victim.run(lab, "delta", u64::MAX).success(), "{place}");
            assert_eq!(written(lab, from), wrote, "{place}: something was written twice, or not at all");
            assert_eq!(tenant(lab), wanted, "{place}");
        }
        requests
    });
    let requests = played.await.expect("it was played");
    forestbed_witness::record("SYNC-KILLED", requests, "tests/it/kills.rs");
    Arc::into_inner(lab).expect("nobody else has it").shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_cycle_that_is_killed_after_any_request_is_finished_by_the_next_one() {
    killed_after_each_request(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delta_that_is_killed_after_any_request_is_finished_by_the_next_one() {
    killed_after_each_request(true).await;
}
