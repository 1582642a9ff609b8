//! A licenser that writes ten thousand times meets the write limit, waits as told, and finishes.

use forestbed::journal::{RetryAfter, Side};
use forestbed::spec::{DefectMix, Seats};
use forestbed::tools::{ReferenceLicenser, ReferenceSync};
use forestbed::{Lab, Role};
use forestbed_witness::record;

/// Each person who has not left costs two writes, a usage location and a licence.
const PEOPLE: u32 = 5400;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_writes_are_throttled_and_every_retry_after_is_kept() {
    let mut spec = super::estate(7, PEOPLE, &[]);
    spec.forests[0].defects = DefectMix::none();
    spec.tenant.licenses = vec![("ENTERPRISEPACK".to_owned(), Seats::MoreThanUsers)];
    let lab: Lab = super::start(spec).await;
    lab.run(Role::Sync, &ReferenceSync::default()).await.expect("the sync engine");
    let before = lab.world().journal.last_seq();
    let totals = lab.world().journal.totals(Side::Graph);
    let outcome = lab.run(Role::Licenser, &ReferenceLicenser::default()).await.expect("the licenser");
    assert_eq!(outcome.exit, 0, "{}", outcome.output);

    let spent = lab.world().journal.totals(Side::Graph).since(totals);
    assert!(spent.writes >= 10_000, "{spent:?}");
    // 3,000 writes in 150 s: ten thousand cannot pass without at least three waits
    assert!(spent.throttled >= 3, "{spent:?}");
    assert_eq!(spent.retry_after_broken, 0, "{spent:?}");
    assert_eq!(spent.retry_after_kept, spent.throttled, "{spent:?}");
    let entries = lab.world().journal.since(before, usize::MAX);
    let told = entries.iter().filter(|entry| entry.retry_after_ms.is_some()).count() as u64;
    let kept = entries.iter().filter(|entry| entry.after_retry == Some(RetryAfter::Kept)).count() as u64;
    assert_eq!((told, kept), (spent.throttled, spent.throttled));
    assert!(lab.score().licenses.expect("a licenser ran").complete);
    record("GRAPH-THROTTLING", spent.requests, "tests/it/throttling.rs");
    record(
        "PROVISIONING-JSON",
        lab.world().journal.totals(Side::Provisioning).requests,
        "tests/it/throttling.rs",
    );
    lab.shutdown().await;
}
