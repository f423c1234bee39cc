//! Which secret verified what: tallies, spans of time, and what was refused.

use std::collections::BTreeMap;

use proptest::prelude::*;
use signature::{KeyState, MatchedKey, Outcome, Scheme};
use store::{NewDelivery, Options, SignedBin, Signer, Store, Unverified};

use crate::sample::{NOON, SECOND, attempt, file, history, history_with, integrity, plain};

/// Verified by this key, `after` seconds past noon.
fn by(key: &str, scheme: Scheme, after: i64) -> NewDelivery {
    let mut delivery = plain("{}");
    delivery.received_ns = NOON + after * SECOND;
    delivery.verdict.scheme = Some(scheme);
    let (hint, state) = ("whsec_…a91f".into(), KeyState::Current);
    delivery.verdict.key = Some(MatchedKey { id: key.into(), index: 0, hint, state });
    delivery
}

fn signer(key: &str, deliveries: u64, last_delivery: i64, last_ns: i64) -> Signer {
    Signer { key: key.into(), deliveries, last_delivery, last_ns }
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn ids(found: &[Unverified]) -> Vec<i64> {
    found.iter().map(|found| found.row.id).collect()
}

#[tokio::test]
async fn only_secrets_that_verified_are_counted() {
    let (folder, store) = history().await;
    let mut rejected = by("old", Scheme::V1, 3);
    rejected.verdict.outcome = Outcome::Rejected;
    for delivery in [
        by("old", Scheme::V1, 0),
        by("new", Scheme::V1a, 1),
        by("of a key set", Scheme::Jwt, 2),
        rejected,
        plain("no key"),
        // Stored later than one that arrived after it.
        by("old", Scheme::V1, -4),
    ] {
        store.insert(delivery).await.unwrap();
    }
    let all = keys(&["new", "of a key set", "", "old"]);
    let expected = [signer("new", 1, 2, NOON + SECOND), signer("old", 2, 6, NOON - 4 * SECOND)];
    assert_eq!(store.signers(&all).await.unwrap(), expected);
    let bins = store.signed(1, NOON, SECOND).await.unwrap();
    let bin = |key: &str, bin, last| SignedBin { key: key.into(), bin, count: 1, last, last_ns: NOON + bin * SECOND };
    assert_eq!(bins, [bin("old", 0, 1), bin("new", 1, 2)]);
    assert_eq!(store.signed(2, NOON, SECOND).await.unwrap(), [], "of another project");
    store.close().await;
    // No sender chooses what is in the table.
    let conn = rusqlite::Connection::open(file(&folder)).unwrap();
    assert_eq!(conn.query_row("SELECT count(*) FROM signer", [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn tallies_hold_over_batches_failures_processes_and_restarts() {
    let (folder, store) = history().await;
    let second = Store::open(&file(&folder), Options::default()).unwrap();
    let mut expected: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
    for round in 0..4 {
        let tasks: Vec<_> = (0..120)
            .map(|n| {
                let store = if round > 0 && n % 3 == 0 { second.clone() } else { store.clone() };
                let key = ["a", "b", "c", "d"][(n % (round + 1)) as usize];
                let mut delivery = by(key, Scheme::V1, n);
                // Refused, so its neighbours may have to be retried alone.
                delivery.project = if n % 20 == 7 { 99 } else { 1 };
                tokio::spawn(async move { (key, store.insert(delivery).await.map(|inserted| inserted.id)) })
            })
            .collect();
        for task in tasks {
            let (key, Ok(id)) = task.await.unwrap() else { continue };
            let (count, last) = expected.entry(key).or_default();
            (*count, *last) = (*count + 1, id.max(*last));
        }
    }
    let all = keys(&["a", "b", "c", "d", "e"]);
    let read = |signers: Vec<Signer>| -> Vec<(String, u64, i64)> {
        signers.into_iter().map(|signer| (signer.key, signer.deliveries, signer.last_delivery)).collect()
    };
    let expected: Vec<_> = expected.into_iter().map(|(key, (count, last))| (key.to_owned(), count, last)).collect();
    assert_eq!(expected.iter().map(|(_, count, _)| count).sum::<u64>(), 4 * 114);
    assert_eq!(read(store.signers(&all).await.unwrap()), expected);
    let newest = store.rows(&expected.iter().map(|(_, _, last)| *last).collect::<Vec<_>>()).await.unwrap();
    let arrivals: Vec<_> = store.signers(&all).await.unwrap().iter().map(|signer| signer.last_ns).collect();
    assert_eq!(arrivals, newest.iter().map(|row| row.received_ns).collect::<Vec<_>>());
    second.close().await;
    store.close().await;
    let store = Store::open(&file(&folder), Options::default()).unwrap();
    assert_eq!(read(store.signers(&all).await.unwrap()), expected);
    let id = store.insert(by("a", Scheme::V1, 0)).await.unwrap().id;
    assert_eq!(store.signers(&keys(&["a"])).await.unwrap(), [signer("a", expected[0].1 + 1, id, NOON)]);
    store.close().await;
    assert_eq!(integrity(&file(&folder)), "ok");
}

#[tokio::test]
async fn what_is_undone_is_not_counted() {
    let mut options = Options::default();
    options.max_bytes = Some(600 << 10);
    let (_folder, store) = history_with(options).await;
    store.insert(by("a", Scheme::V1, 0)).await.unwrap();
    let mut large = by("a", Scheme::V1, 1);
    large.body = vec![b'x'; 1 << 20].into();
    assert_eq!(store.insert(large.clone()).await.unwrap_err().code(), "disk_full");
    large.verdict.key.as_mut().unwrap().id = "b".into();
    assert_eq!(store.insert(large).await.unwrap_err().code(), "disk_full");
    let last = store.insert(by("b", Scheme::V1, 2)).await.unwrap().id;
    let expected = [signer("a", 1, 1, NOON), signer("b", 1, last, NOON + 2 * SECOND)];
    assert_eq!(store.signers(&keys(&["a", "b"])).await.unwrap(), expected);
    let bins = store.signed(1, NOON, 10 * SECOND).await.unwrap();
    assert_eq!(bins.iter().map(|bin| (&*bin.key, bin.count)).collect::<Vec<_>>(), [("a", 1), ("b", 1)]);
}

#[tokio::test]
async fn unanswered_are_events_whose_newest_attempt_failed() {
    let (_folder, store) = history().await;
    let other = store.projects().ensure("Other", false, "other").await.unwrap();
    let mut eventless = plain("{}");
    eventless.answer.status = 404;
    eventless.path = "/sandbox/deep".into();
    let mut elsewhere = attempt("e", Outcome::Verified, 500, 0);
    elsewhere.project = other;
    for delivery in [
        attempt("too old", Outcome::Rejected, 401, -1),
        attempt("failed, then not", Outcome::Verified, 500, 1),
        attempt("failed twice", Outcome::Verified, 500, 1),
        attempt("failed, then not", Outcome::Verified, 200, 2),
        attempt("failed twice", Outcome::Rejected, 401, 3),
        // A redirect does not accept it; a later attempt may fail again.
        attempt("redirected", Outcome::Verified, 302, 4),
        attempt("not, then failed", Outcome::Verified, 299, 4),
        attempt("not, then failed", Outcome::Verified, 503, 5),
        eventless,
        plain("fine"),
        attempt("unchecked, but accepted", Outcome::Unchecked, 200, 6),
        elsewhere,
    ] {
        store.insert(delivery).await.unwrap();
    }
    let unanswered = store.unanswered(1, NOON, 10).await.unwrap();
    assert_eq!(ids(&unanswered), [9, 8, 6, 5]);
    assert_eq!((&*unanswered[0].path, &*unanswered[1].path), ("/sandbox/deep", "/sandbox"));
    assert_eq!((unanswered[3].row.attempt, unanswered[3].row.message_id.as_deref()), (2, Some("failed twice")));
    assert_eq!(ids(&store.unanswered(1, NOON, 2).await.unwrap()), [9, 8]);
    assert_eq!(ids(&store.unanswered(1, NOON - SECOND, 10).await.unwrap()), [9, 8, 6, 5, 1]);
    assert_eq!(ids(&store.unanswered(other, 0, 10).await.unwrap()), [12]);
    assert_eq!(ids(&store.unverified(1, NOON, 10).await.unwrap()), [11, 5]);
    assert_eq!(ids(&store.unverified(1, NOON - SECOND, 10).await.unwrap()), [11, 5, 1]);
    assert_eq!(ids(&store.unverified(1, NOON + 7 * SECOND, 10).await.unwrap()), [0; 0]);
    assert_eq!(ids(&store.unverified(1, i64::MIN, 1).await.unwrap()), [11]);
    assert_eq!(ids(&store.unverified(1, i64::MAX, 1).await.unwrap()), [0; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Compared with a count of all deliveries, with arrivals up to ten minutes before an earlier one's.
    #[test]
    fn spans_add_up_to_what_is_counted_one_by_one(
        deliveries in proptest::collection::vec((0..1000_i64, 0..600_i64, 0..4_usize, 1..3_i64, any::<bool>()), 0..60),
        from in -100..30_000_i64,
        bin in 1..5000_i64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_folder, store) = history().await;
            store.projects().ensure("Other", false, "other").await.unwrap();
            let (mut expected, mut unverified) = (BTreeMap::<_, SignedBin>::new(), Vec::new());
            let mut clock = 0;
            let from_ns = NOON + from * SECOND;
            for (step, late, key, project, verified) in deliveries {
                clock += step;
                let mut delivery = by(["a", "b", "c", "d"][key], Scheme::V1, clock - late);
                delivery.project = project;
                if !verified {
                    delivery.verdict.outcome = Outcome::Rejected;
                }
                let last_ns = delivery.received_ns;
                let last = store.insert(delivery).await.unwrap().id;
                if project != 1 || last_ns < from_ns {
                    continue;
                }
                if !verified {
                    unverified.insert(0, last);
                    continue;
                }
                let span = (last_ns - from_ns) / (bin * SECOND);
                let key = ["a", "b", "c", "d"][key].to_owned();
                let empty = SignedBin { key: key.clone(), bin: span, count: 0, last, last_ns };
                let entry = expected.entry((span, key)).or_insert(empty);
                (entry.count, entry.last, entry.last_ns) = (entry.count + 1, last, last_ns);
            }
            let bins = store.signed(1, from_ns, bin * SECOND).await.unwrap();
            prop_assert!(bins.is_sorted_by_key(|bin| bin.bin));
            let found: BTreeMap<_, _> = bins.iter().map(|bin| ((bin.bin, bin.key.clone()), bin.clone())).collect();
            prop_assert_eq!(found.len(), bins.len());
            prop_assert_eq!(found, expected);
            prop_assert_eq!(ids(&store.unverified(1, from_ns, 100).await.unwrap()), unverified);
            Ok(())
        })?;
    }
}
