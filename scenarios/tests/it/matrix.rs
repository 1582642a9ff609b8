//! Scenario by mistake: a wrong copy of the engine must fail a scenario that is there to catch it. The table lies in
//! docs/sync-mistakes.md; `FORESTBED_UPDATE_DOCS=1` writes it anew.

use forestbed_scenarios::Role;
use forestbed_scenarios::runner::{self, RunOptions, SnapshotMode};
use forestbed_scenarios::sync::{ReferenceSync, SyncOptions};
use forestbed_sync::Mistake;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files by the numbers of the catalogue (directory-sync.md, section 8).
const FILES: &[(u32, &str)] = &[
    (1, "clean-first-sync"),
    (1, "anchor-not-written"),
    (2, "idempotent-second-cycle"),
    (3, "dup-proxy-two-users"),
    (4, "dup-proxy-fixed-on-prem"),
    (5, "dup-upn"),
    (6, "dup-with-resiliency-off"),
    (9, "invalid-upn-chars"),
    (10, "blank-upn"),
    (11, "blank-display-name"),
    (12, "mail-vs-proxies"),
    (16, "licence-remove-proxies"),
    (19, "hard-match-restore"),
    (19, "recycle-bin-restore"),
    (19, "filters"),
    (20, "anchor-change"),
    (21, "forest-move"),
    (21, "same-account-and-alias"),
    (21, "matched-by-number"),
    (22, "mass-delete-guard"),
    (22, "renamed-unit"),
    (23, "expired-account"),
    (25, "account-resource-forests"),
    (26, "galsync-mesh"),
    (27, "large-group"),
    (27, "member-limit"),
    (27, "nested-groups"),
    (28, "filters"),
    (28, "filtered-in-one-forest"),
    (28, "references-return"),
    (28, "selected-containers"),
    (28, "selected-domains"),
    (28, "pilot-group"),
    (30, "lost-connections"),
    (30, "faulty-first-sync"),
    (30, "other-controller"),
    (31, "staging-switchover"),
    (31, "older-tool"),
    (32, "dirsync-off-on"),
    (33, "object-quota"),
    (34, "large-object"),
    (35, "contact-becomes-user"),
    (36, "mobile-override"),
];

fn files(number: u32) -> impl Iterator<Item = &'static str> {
    FILES.iter().filter(move |(known, _)| *known == number).map(|(_, name)| *name)
}

/// Whether the scenario fails with an engine that makes the mistake.
async fn catches(name: &str, mistake: Mistake) -> bool {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("library/{name}.yaml"));
    let options = SyncOptions { mistake: Some(mistake), ..SyncOptions::default() };
    let engine = Arc::new(ReferenceSync::with_options(options));
    let options = RunOptions::default().snapshots(None, SnapshotMode::Compare).tool(Role::Sync, engine);
    runner::run(&path, options).await.unwrap().exit_code() == 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mistake_survives_the_scenarios_that_are_there_to_catch_it() {
    let mut table = String::from(
        "# Mistakes of sync engines, and the scenarios that catch them\n\nEach row is a wrong copy of the reference \
         engine (`sync/data/mistakes.tsv`), played through the scenarios that the catalogue names for it. A test plays \
         them all and writes this table.\n\n| mistake | what it does | caught by | not noticed by |\n|---|---|---|---|\n",
    );
    let mut survivors = Vec::new();
    for mistake in Mistake::ALL.iter().copied() {
        let (mut caught, mut missed) = (Vec::new(), Vec::new());
        for name in mistake.scenarios().into_iter().flat_map(files) {
            match catches(name, mistake).await {
                true => caught.push(name),
                false => missed.push(name),
            }
        }
        if caught.is_empty() {
            survivors.push(mistake.name());
        }
        let list = |names: &[&str]| if names.is_empty() { "-".to_owned() } else { names.join(", ") };
        let (by, missed) = (list(&caught), list(&missed));
        // writing to a string cannot fail
        let _ = writeln!(table, "| {} | {} | {by} | {missed} |", mistake.name(), mistake.about());
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sync-mistakes.md");
    if std::env::var_os("FORESTBED_UPDATE_DOCS").is_some() {
        std::fs::write(&page, &table).unwrap();
    }
    assert_eq!(survivors, [""; 0], "{table}");
    assert_eq!(std::fs::read_to_string(&page).unwrap_or_default(), table);
}
